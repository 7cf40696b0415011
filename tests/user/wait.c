/*
 * tests/user/wait.c - wait4(), waitid(), zombies and orphans
 */
#include <sys/resource.h>
#include "test.h"

TEST(exit_status_has_eight_bits)
{
	EXITS(CHILD(_exit(0)), 0);
	EXITS(CHILD(_exit(255)), 255);
	EXITS(CHILD(_exit(256 + 3)), 3);
	EXITS(CHILD(_exit(-1)), 255);
}

TEST(wait_returns_the_child_that_ended)
{
	int status;
	pid_t a = CHILD(pause()), b = CHILD(_exit(2));

	EQ(wait(&status), b);
	EQ(status, 2 << 8);
	OK(kill(a, SIGTERM));
	EQ(wait(&status), a);
	EQ(status, SIGTERM);
	ERR(wait(&status), ECHILD);
}

TEST(waitpid_waits_for_just_one)
{
	pid_t a = CHILD(_exit(1)), b = CHILD(_exit(2));

	EXITS(b, 2);
	EXITS(a, 1);
	ERR(waitpid(a, NULL, 0), ECHILD);
}

TEST(wnohang_does_not_wait)
{
	int status = 77;
	pid_t pid = CHILD(pause());

	EQ(waitpid(-1, &status, WNOHANG), 0);
	EQ(status, 77);
	OK(kill(pid, SIGKILL));
	DIES(pid, SIGKILL);
}

TEST(waiting_for_what_is_no_child_is_echild)
{
	ERR(waitpid(1, NULL, 0), ECHILD);
	ERR(waitpid(getpid(), NULL, 0), ECHILD);
	ERR(wait4(-1, NULL, 0x1000, NULL), EINVAL);
}

TEST(a_child_is_a_zombie_until_it_is_waited_for)
{
	char path[64], text[256] = "";
	pid_t pid = CHILD(_exit(3));
	siginfo_t info;
	int fd;

	OK(waitid(P_PID, pid, &info, WEXITED | WNOWAIT));
	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	fd = OK(open(path, O_RDONLY));
	CMP(read(fd, text, sizeof(text) - 1), >, 0);
	CHECK(strstr(text, ") Z "));
	EXITS(pid, 3);
	ERR(open(path, O_RDONLY), ENOENT);
}

TEST(waitid_tells_how_a_child_ended)
{
	siginfo_t info;
	pid_t pid = CHILD(_exit(9));

	EQ(waitid(P_ALL, 0, &info, WEXITED), 0);
	EQ(info.si_signo, SIGCHLD);
	EQ(info.si_code, CLD_EXITED);
	EQ(info.si_pid, pid);
	EQ(info.si_status, 9);
	pid = CHILD(raise(SIGTERM));
	EQ(waitid(P_PID, pid, &info, WEXITED), 0);
	EQ(info.si_code, CLD_KILLED);
	EQ(info.si_status, SIGTERM);
}

TEST(waitid_with_wnohang_and_nothing_to_tell_gives_pid_0)
{
	siginfo_t info;
	pid_t pid = CHILD(pause());

	memset(&info, 0xff, sizeof(info));
	EQ(waitid(P_PID, pid, &info, WEXITED | WNOHANG), 0);
	EQ(info.si_pid, 0);
	EQ(info.si_signo, 0);
	ERR(waitid(P_PID, pid, &info, 0), EINVAL);
	ERR(waitid(99, pid, &info, WEXITED), EINVAL);
	OK(kill(pid, SIGKILL));
	DIES(pid, SIGKILL);
}

TEST(stop_and_continue_are_told)
{
	int status;
	pid_t pid = CHILD(pause());

	OK(kill(pid, SIGSTOP));
	EQ(waitpid(pid, &status, WUNTRACED), pid);
	CHECK(WIFSTOPPED(status));
	EQ(WSTOPSIG(status), SIGSTOP);
	EQ(waitpid(pid, &status, WUNTRACED | WNOHANG), 0);
	OK(kill(pid, SIGCONT));
	EQ(waitpid(pid, &status, WCONTINUED), pid);
	EQ(status, 0xffff);
	OK(kill(pid, SIGKILL));
	DIES(pid, SIGKILL);
}

TEST(stop_and_continue_through_waitid)
{
	siginfo_t info;
	pid_t pid = CHILD(pause());

	OK(kill(pid, SIGSTOP));
	EQ(waitid(P_PID, pid, &info, WSTOPPED), 0);
	EQ(info.si_code, CLD_STOPPED);
	EQ(info.si_status, SIGSTOP);
	OK(kill(pid, SIGCONT));
	EQ(waitid(P_PID, pid, &info, WCONTINUED), 0);
	EQ(info.si_code, CLD_CONTINUED);
	EQ(info.si_status, SIGCONT);
	OK(kill(pid, SIGKILL));
	DIES(pid, SIGKILL);
}

TEST(a_stopped_process_dies_by_sigkill_but_keeps_sigterm)
{
	int status;
	pid_t pid = CHILD(pause());

	OK(kill(pid, SIGSTOP));
	EQ(waitpid(pid, &status, WUNTRACED), pid);
	OK(kill(pid, SIGTERM));
	usleep(50000);
	EQ(waitpid(pid, &status, WNOHANG), 0);
	OK(kill(pid, SIGKILL));
	DIES(pid, SIGKILL);
	pid = CHILD(raise(SIGSTOP); pause());
	EQ(waitpid(pid, &status, WUNTRACED), pid);
	OK(kill(pid, SIGTERM));
	OK(kill(pid, SIGCONT));
	DIES(pid, SIGTERM);
}

TEST(a_stopped_process_does_not_run)
{
	int fds[2], status;
	char c;
	pid_t pid;

	OK(pipe2(fds, O_NONBLOCK));
	pid = CHILD(for (;;) { usleep(5000); write(fds[1], "x", 1); });
	usleep(50000);
	OK(kill(pid, SIGSTOP));
	EQ(waitpid(pid, &status, WUNTRACED), pid);
	while (read(fds[0], &c, 1) == 1)
		;
	usleep(50000);
	ERR(read(fds[0], &c, 1), EAGAIN);
	OK(kill(pid, SIGCONT));
	EVENTUALLY(read(fds[0], &c, 1) == 1);
	OK(kill(pid, SIGKILL));
	DIES(pid, SIGKILL);
}

TEST(orphans_get_process_1_as_parent)
{
	int fds[2], parent = 0;

	OK(pipe(fds));
	EXITS(CHILD(
		CHILD(
			while (getppid() != 1)
				usleep(5000);
			parent = getppid();
			write(fds[1], &parent, sizeof(parent))
		)
	), 0);
	EQ(read(fds[0], &parent, sizeof(parent)), sizeof(parent));
	EQ(parent, 1);
}

TEST(wait_selects_by_process_group)
{
	int status;
	pid_t a = CHILD(setpgid(0, 0); _exit(1)), b = CHILD(_exit(2));

	setpgid(a, a);
	EQ(waitpid(0, &status, 0), b);
	EQ(waitpid(-a, &status, 0), a);
	ERR(waitpid(-a, &status, 0), ECHILD);
}

TEST(wait4_gives_the_childs_resource_use)
{
	struct rusage use;
	int status;
	pid_t pid = CHILD(
		char *p = malloc(8 << 20);

		memset(p, 1, 8 << 20)
	);

	EQ(wait4(pid, &status, 0, &use), pid);
	EQ(status, 0);
	CMP(use.ru_minflt, >=, 2048);
	CMP(use.ru_maxrss, >=, 8192);
	OK(getrusage(RUSAGE_CHILDREN, &use));
	CMP(use.ru_minflt, >=, 2048);
}

TEST(many_children_are_all_found)
{
	int seen[100] = { 0 }, status;

	for (int i = 0; i < 100; i++)
		CHILD(_exit(i));
	for (int i = 0; i < 100; i++) {
		OK(wait(&status));
		seen[WEXITSTATUS(status)]++;
	}
	for (int i = 0; i < 100; i++)
		EQ(seen[i], 1);
	ERR(wait(NULL), ECHILD);
}
