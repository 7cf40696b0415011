/*
 * tests/user/pgrp.c - process groups and sessions
 */
#include "test.h"

TEST(setpgid_makes_and_joins_groups)
{
	pid_t a = CHILD(pause()), b = CHILD(pause());

	EQ(getpgid(a), getpgrp());
	OK(setpgid(a, 0));
	EQ(getpgid(a), a);
	OK(setpgid(b, a));
	EQ(getpgid(b), a);
	ERR(setpgid(b, 0x7ffffff), EPERM);
	ERR(setpgid(0x7ffffff, 0), ESRCH);
	ERR(setpgid(-1, 0), EINVAL);
	ERR(setpgid(a, -1), EINVAL);
	ERR(setpgid(1, 0), ESRCH);
	OK(kill(-a, SIGKILL));
	DIES(a, SIGKILL);
	DIES(b, SIGKILL);
	ERR(getpgid(a), ESRCH);
	ERR(kill(-a, 0), ESRCH);
}

TEST(setsid_makes_a_session)
{
	EXITS(CHILD(
		EQ(setsid(), getpid());
		EQ(getsid(0), getpid());
		EQ(getpgrp(), getpid());
		ERR(setsid(), EPERM);
		EXITS(CHILD(EQ(getsid(0), getppid())), 0)
	), 0);
	ERR(setsid(), EPERM);		/* the harness made us a group leader */
}

TEST(a_session_leader_stays_in_its_group)
{
	EXITS(CHILD(
		OK(setsid());
		ERR(setpgid(0, 0), EPERM)
	), 0);
}

TEST(a_child_after_exec_can_not_be_moved)
{
	char *argv[] = { "sleep", "10", NULL };
	pid_t pid = OK(vfork());

	if (!pid) {
		execvp("sleep", argv);
		_exit(99);
	}
	EVENTUALLY(setpgid(pid, 0) == -1 && errno == EACCES);
	OK(kill(pid, SIGKILL));
	DIES(pid, SIGKILL);
}

static volatile int got;

static void count(int sig)
{
	got++;
}

TEST(kill_of_a_group_reaches_all_in_it)
{
	pid_t pids[3];

	for (int i = 0; i < 3; i++) {
		pids[i] = CHILD(pause());
		OK(setpgid(pids[i], pids[0]));
	}
	OK(kill(-pids[0], SIGUSR1));
	for (int i = 0; i < 3; i++)
		DIES(pids[i], SIGUSR1);
}

TEST(kill_0_reaches_the_own_group)
{
	pid_t other = CHILD(OK(setpgid(0, 0)); pause()), same = CHILD(pause());

	EVENTUALLY(getpgid(other) == other);
	signal(SIGUSR1, count);
	OK(kill(0, SIGUSR1));
	EQ(got, 1);
	DIES(same, SIGUSR1);
	EQ(waitpid(other, NULL, WNOHANG), 0);
	OK(kill(other, SIGKILL));
	DIES(other, SIGKILL);
}

TEST(stop_signal_for_a_group_stops_all)
{
	int status;
	pid_t a = CHILD(pause()), b = CHILD(pause());

	OK(setpgid(a, a));
	OK(setpgid(b, a));
	OK(kill(-a, SIGTSTP));
	EQ(waitpid(a, &status, WUNTRACED), a);
	EQ(WSTOPSIG(status), SIGTSTP);
	EQ(waitpid(b, &status, WUNTRACED), b);
	OK(kill(-a, SIGCONT));
	EQ(waitpid(a, &status, WCONTINUED), a);
	EQ(waitpid(b, &status, WCONTINUED), b);
	OK(kill(-a, SIGKILL));
	DIES(a, SIGKILL);
	DIES(b, SIGKILL);
}

TEST(a_handler_for_sigtstp_runs_instead_of_stopping)
{
	signal(SIGTSTP, count);
	OK(raise(SIGTSTP));
	EQ(got, 1);
}

TEST(tty_stop_signals_do_nothing_in_an_orphaned_group)
{
	EXITS(CHILD(
		OK(setsid());
		OK(raise(SIGTSTP));
		OK(raise(SIGTTIN));
		OK(raise(SIGTTOU))
	), 0);
}

TEST(a_stopped_group_that_becomes_orphaned_gets_hup_and_cont)
{
	int fds[2];
	char c = 0;

	OK(pipe(fds));
	EXITS(CHILD(
		pid_t pid;

		OK(setsid());
		pid = CHILD(
			setpgid(0, 0);
			signal(SIGHUP, count);
			raise(SIGTSTP);
			write(fds[1], got ? "h" : "-", 1)
		);
		EQ(waitpid(pid, NULL, WUNTRACED), pid)
	), 0);
	EQ(read(fds[0], &c, 1), 1);
	EQ(c, 'h');
}
