/*
 * tests/user/vfork.c - a child that borrows its parent's address space
 */
#include "mem.h"

static volatile int value;

TEST(vfork_parent_waits_and_sees_what_the_child_wrote)
{
	pid_t pid = vfork();

	if (!pid) {
		usleep(20000);
		value = 7;
		_exit(3);
	}
	EQ(value, 7);
	EXITS(pid, 3);
}

TEST(vfork_parent_goes_on_when_the_child_execs)
{
	static char *const argv[] = { "sh", "-c", "read line; exit 4", NULL };
	int status, fds[2];
	pid_t pid;

	OK(pipe2(fds, O_CLOEXEC));
	pid = vfork();
	if (!pid) {
		dup2(fds[0], 0);
		execv("/bin/sh", argv);
		_exit(99);
	}
	EQ(waitpid(pid, &status, WNOHANG), 0);
	EQ(write(fds[1], "\n", 1), 1);
	EXITS(pid, 4);
}

TEST(vfork_child_that_dies_by_a_signal_lets_the_parent_go_on)
{
	pid_t pid = vfork();

	if (!pid) {
		kill(getpid(), SIGKILL);
		_exit(99);
	}
	DIES(pid, SIGKILL);
}

TEST(vfork_child_has_descriptors_of_its_own)
{
	int fd = OK(open("/dev/null", O_RDONLY));
	pid_t pid = vfork();

	if (!pid) {
		close(fd);
		_exit(0);
	}
	EXITS(pid, 0);
	OK(fcntl(fd, F_GETFD));
}

TEST(vfork_copies_no_page)
{
	char *p = map_pages(1);
	unsigned long old;
	pid_t pid;

	poke(p, 1);
	old = frame(p);
	pid = vfork();
	if (!pid) {
		poke(p, 2);
		_exit(0);
	}
	EXITS(pid, 0);
	EQ(p[0], 2);
	EQ(frame(p), old);
}
