/*
 * tests/user/pidfd.c - processes as descriptors: wait, signal, advise
 */
#include <poll.h>
#include <sched.h>
#include <sys/stat.h>
#include <uapi/sched.h>
#include <uapi/uio.h>
#include "mem.h"

#define setresuid(r, e, s)	syscall(__NR_setresuid, r, e, s)

#define RW	(PROT_READ | PROT_WRITE)

static int pidfd_open(pid_t pid, unsigned int flags)
{
	return syscall(__NR_pidfd_open, pid, flags);
}

static int pidfd_kill(int fd, int sig)
{
	return syscall(__NR_pidfd_send_signal, fd, sig, NULL, 0);
}

static pid_t sleeper(void)
{
	return CHILD(for (;;) pause());
}

/* @ms -1: for ever, so that only a wake-up ends it. */
static int ready(int fd, int ms)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	int n = OK(poll(&p, 1, ms));

	return n ? p.revents : 0;
}

static long advise(int fd, struct iovec *v, unsigned long n, int advice)
{
	return syscall(__NR_process_madvise, fd, v, n, advice, 0);
}

TEST(pidfd_is_readable_when_the_process_has_ended)
{
	pid_t pid = sleeper();
	int fd = OK(pidfd_open(pid, 0));

	EQ(ready(fd, 0), 0);
	OK(pidfd_kill(fd, SIGKILL));
	EQ(ready(fd, -1), POLLIN);
	DIES(pid, SIGKILL);
	EQ(ready(fd, 0) & POLLIN, POLLIN);
}

TEST(a_sleeping_poll_is_woken)
{
	pid_t pid = CHILD(usleep(50000); _exit(3));
	int fd = OK(pidfd_open(pid, 0));

	EQ(ready(fd, -1), POLLIN);
	EXITS(pid, 3);
}

TEST(pidfd_is_closed_by_exec_and_can_not_be_read)
{
	int fd = OK(pidfd_open(getpid(), 0));
	char c;

	EQ(fcntl(fd, F_GETFD), FD_CLOEXEC);
	EQ(OK(fcntl(fd, F_GETFL)) & O_ACCMODE, O_RDWR);
	ERR(read(fd, &c, 1), EINVAL);
	ERR(write(fd, "x", 1), EINVAL);
	EQ(OK(fcntl(OK(pidfd_open(getpid(), O_NONBLOCK)), F_GETFL)) & O_NONBLOCK, O_NONBLOCK);
}

TEST(pidfd_open_rejects_nonsense)
{
	pid_t pid = CHILD(_exit(0));

	ERR(pidfd_open(0, 0), EINVAL);
	ERR(pidfd_open(-1, 0), EINVAL);
	ERR(pidfd_open(getpid(), 1), EINVAL);
	ERR(pidfd_open(getpid(), -1), EINVAL);
	EXITS(pid, 0);
	ERR(pidfd_open(pid, 0), ESRCH);
	ERR(pidfd_open(12345678, 0), ESRCH);
}

TEST(a_zombie_can_be_opened)
{
	pid_t pid = CHILD(_exit(7));
	siginfo_t info;
	int fd;

	OK(waitid(P_PID, pid, &info, WEXITED | WNOWAIT));
	fd = OK(pidfd_open(pid, 0));
	EQ(ready(fd, 0), POLLIN);
	OK(pidfd_kill(fd, 0));
	EXITS(pid, 7);
	ERR(pidfd_kill(fd, 0), ESRCH);
	ERR(pidfd_kill(fd, SIGTERM), ESRCH);
}

TEST(waitid_takes_a_pidfd)
{
	pid_t other = sleeper(), pid = CHILD(_exit(9));
	int fd = OK(pidfd_open(pid, 0)), fd2 = OK(pidfd_open(other, 0));
	siginfo_t info;

	memset(&info, 0, sizeof(info));
	OK(waitid(P_PIDFD, fd2, &info, WEXITED | WNOHANG));
	EQ(info.si_pid, 0);
	OK(waitid(P_PIDFD, fd, &info, WEXITED));
	EQ(info.si_pid, pid);
	EQ(info.si_status, 9);
	EQ(info.si_code, CLD_EXITED);
	ERR(waitid(P_PIDFD, fd, &info, WEXITED), ECHILD);
	OK(pidfd_kill(fd2, SIGKILL));
	OK(waitid(P_PIDFD, fd2, &info, WEXITED));
	EQ(info.si_code, CLD_KILLED);
	ERR(waitid(P_PIDFD, 99, &info, WEXITED), EBADF);
	ERR(waitid(P_PIDFD, -1, &info, WEXITED), EINVAL);
	ERR(waitid(P_PIDFD, 1, &info, WEXITED), EBADF);
	ERR(waitid(P_PIDFD, OK(pidfd_open(1, 0)), &info, WEXITED), ECHILD);
}

TEST(waitid_with_a_nonblocking_pidfd)
{
	pid_t pid = sleeper();
	int fd = OK(pidfd_open(pid, O_NONBLOCK));
	siginfo_t info;

	ERR(waitid(P_PIDFD, fd, &info, WEXITED), EAGAIN);
	OK(waitid(P_PIDFD, fd, &info, WEXITED | WNOHANG));
	OK(pidfd_kill(fd, SIGKILL));
	EQ(ready(fd, -1), POLLIN);
	OK(waitid(P_PIDFD, fd, &info, WEXITED));
	EQ(info.si_pid, pid);
}

static volatile int got_code, got_pid, got_value;

static void note_signal(int sig, siginfo_t *info, void *context)
{
	got_code = info->si_code;
	got_pid = info->si_pid;
	got_value = info->si_value.sival_int;
}

TEST(pidfd_send_signal_says_who_and_what)
{
	struct sigaction act = { .sa_sigaction = note_signal, .sa_flags = SA_SIGINFO };
	int fd = OK(pidfd_open(getpid(), 0));
	siginfo_t info;

	sigaction(SIGUSR1, &act, NULL);
	OK(pidfd_kill(fd, SIGUSR1));
	EQ(got_code, SI_USER);
	EQ(got_pid, getpid());
	memset(&info, 0, sizeof(info));
	info.si_signo = SIGUSR1;
	info.si_code = SI_QUEUE;
	info.si_value.sival_int = 4711;
	OK(syscall(__NR_pidfd_send_signal, fd, SIGUSR1, &info, 0));
	EQ(got_code, SI_QUEUE);
	EQ(got_value, 4711);
	info.si_code = SI_USER;
	OK(syscall(__NR_pidfd_send_signal, fd, SIGUSR1, &info, 0));
}

TEST(pidfd_send_signal_rejects_nonsense)
{
	pid_t pid = sleeper();
	int fd = OK(pidfd_open(pid, 0));
	siginfo_t info;

	ERR(syscall(__NR_pidfd_send_signal, fd, SIGTERM, NULL, 1), EINVAL);
	ERR(pidfd_kill(fd, 65), EINVAL);
	ERR(pidfd_kill(fd, -1), EINVAL);
	ERR(pidfd_kill(99, SIGTERM), EBADF);
	ERR(pidfd_kill(-1, SIGTERM), EBADF);
	ERR(pidfd_kill(1, SIGTERM), EBADF);
	ERR(syscall(__NR_pidfd_send_signal, fd, SIGTERM, 8, 0), EFAULT);
	memset(&info, 0, sizeof(info));
	info.si_signo = SIGTERM;
	info.si_code = SI_USER;
	ERR(syscall(__NR_pidfd_send_signal, fd, SIGTERM, &info, 0), EPERM);
	ERR(syscall(__NR_pidfd_send_signal, fd, SIGINT, &info, 0), EINVAL);
	OK(pidfd_kill(fd, 0));
	EXITS(CHILD(
		OK(setresuid(1000, 1000, 1000));
		ERR(pidfd_kill(fd, SIGKILL), EPERM);
	), 0);
	EQ(ready(fd, 0), 0);
	OK(kill(pid, SIGKILL));
	DIES(pid, SIGKILL);
}

TEST(clone_gives_a_pidfd)
{
	int fd = -1;
	pid_t pid = syscall(__NR_clone, CLONE_PIDFD | SIGCHLD, 0, &fd, NULL, 0);
	siginfo_t info;

	OK(pid);
	if (!pid)
		_exit(5);
	CMP(fd, >=, 3);
	EQ(fcntl(fd, F_GETFD), FD_CLOEXEC);
	OK(waitid(P_PIDFD, fd, &info, WEXITED));
	EQ(info.si_pid, pid);
	EQ(info.si_status, 5);
}

TEST(clone3_gives_a_pidfd)
{
	int fd = -1, tid = -1;
	struct clone_args args = { .flags = CLONE_PIDFD | CLONE_PARENT_SETTID, .exit_signal = SIGCHLD,
				   .pidfd = (unsigned long)&fd, .parent_tid = (unsigned long)&tid };
	pid_t pid = OK(syscall(__NR_clone3, &args, sizeof(args)));

	if (!pid)
		_exit(fcntl(fd, F_GETFD) == -1 ? 6 : 1);
	EQ(tid, pid);
	EQ(ready(fd, -1), POLLIN);
	EXITS(pid, 6);
}

TEST(clone_pidfd_rejects_nonsense)
{
	int fd = -1, next = dup(0);

	close(next);
	ERR(syscall(__NR_clone, CLONE_PIDFD | CLONE_PARENT_SETTID | SIGCHLD, 0, &fd, NULL, 0), EINVAL);
	ERR(syscall(__NR_clone, CLONE_PIDFD | CLONE_DETACHED | SIGCHLD, 0, &fd, NULL, 0), EINVAL);
	ERR(syscall(__NR_clone, CLONE_PIDFD | CLONE_THREAD | CLONE_SIGHAND | CLONE_VM, 0, &fd, NULL, 0),
	    EINVAL);
	ERR(syscall(__NR_clone, CLONE_PIDFD | SIGCHLD, 0, 8, NULL, 0), EFAULT);
	EQ(dup(0), next);
	ERR(waitpid(-1, NULL, WNOHANG), ECHILD);
}

TEST(process_madvise_advises_another_process)
{
	char *p = map_pages(8);
	struct iovec v[3] = { { p, 2 * PAGE }, { p + 4 * PAGE, PAGE }, { p + 6 * PAGE, 0 } };
	pid_t pid;
	int fd;

	memset(p, 'x', 8 * PAGE);
	pid = sleeper();
	fd = OK(pidfd_open(pid, 0));
	EQ(advise(fd, v, 3, MADV_COLD), 3 * PAGE);
	EQ(advise(fd, v, 3, MADV_WILLNEED), 3 * PAGE);
	EQ(advise(fd, v, 3, MADV_PAGEOUT), 3 * PAGE);
	EQ(advise(fd, v, 0, MADV_COLD), 0);
	EQ(advise(OK(pidfd_open(getpid(), 0)), v, 1, MADV_COLD), 2 * PAGE);
	OK(pidfd_kill(fd, SIGKILL));
	DIES(pid, SIGKILL);
}

/* Field of smaps for the area of an address in another process, kB. */
static long smaps_of(pid_t pid, const void *addr, const char *name)
{
	char path[64], line[512];
	unsigned long start, end;
	int inside = 0;
	long value = -1;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/smaps", pid);
	f = fopen(path, "r");
	CHECK(f);
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%lx-%lx ", &start, &end) == 2)
			inside = (unsigned long)addr >= start && (unsigned long)addr < end;
		else if (inside && !strncmp(line, name, strlen(name)) && line[strlen(name)] == ':')
			value = strtol(line + strlen(name) + 1, NULL, 10);
	}
	fclose(f);
	return value;
}

TEST(process_madvise_cold_takes_the_accessed_bits_there)
{
	char *p = map_at(lonely(8), 8, RW, MAP_FIXED);
	struct iovec v = { p, 4 * PAGE };
	volatile char *ready = mmap(NULL, PAGE, RW, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t pid = CHILD(
		memset(p, 'y', 8 * PAGE);
		*ready = 1;
		for (;;)
			pause();
	);
	int fd = OK(pidfd_open(pid, 0));

	EVENTUALLY(*ready);
	EQ(smaps_of(pid, p, "Referenced"), 32);
	EQ(advise(fd, &v, 1, MADV_COLD), 4 * PAGE);
	EQ(smaps_of(pid, p, "Referenced"), 16);
	EQ(smaps_of(pid, p, "Rss"), 32);
	OK(pidfd_kill(fd, SIGKILL));
	DIES(pid, SIGKILL);
}

TEST(process_madvise_stops_at_the_first_error)
{
	char *p = map_at(lonely(8), 2, RW, MAP_FIXED);
	struct iovec v[3] = { { p, PAGE }, { p + 4 * PAGE, PAGE }, { p + PAGE, PAGE } };
	struct iovec odd[2] = { { p, PAGE }, { p + 1, PAGE } };
	int fd = OK(pidfd_open(getpid(), 0));

	EQ(advise(fd, v, 3, MADV_COLD), PAGE);
	ERR(advise(fd, v + 1, 2, MADV_COLD), ENOMEM);
	EQ(advise(fd, odd, 2, MADV_COLD), PAGE);
	ERR(advise(fd, odd + 1, 1, MADV_COLD), EINVAL);
}

TEST(process_madvise_rejects_nonsense)
{
	char *p = map_pages(1);
	struct iovec v = { p, PAGE }, bad = { p, -1UL }, kernel = { (void *)0xffff800000000000UL, PAGE };
	int me = OK(pidfd_open(getpid(), 0)), gone;
	pid_t pid = CHILD(_exit(0));

	gone = OK(pidfd_open(pid, 0));
	EQ(ready(gone, -1), POLLIN);
	ERR(advise(gone, &v, 1, MADV_COLD), ESRCH);
	EXITS(pid, 0);
	ERR(advise(gone, &v, 1, MADV_COLD), ESRCH);
	ERR(syscall(__NR_process_madvise, me, &v, 1, MADV_COLD, 1), EINVAL);
	ERR(advise(99, &v, 1, MADV_COLD), EBADF);
	ERR(advise(-1, &v, 1, MADV_COLD), EBADF);
	ERR(advise(1, &v, 1, MADV_COLD), EBADF);
	ERR(advise(me, &v, 1, MADV_DONTNEED), EINVAL);
	ERR(advise(me, &v, 1, MADV_FREE), EINVAL);
	ERR(advise(me, &v, 1, MADV_POPULATE_READ), EINVAL);
	ERR(advise(me, &v, 1, -1), EINVAL);
	ERR(advise(me, &v, 1025, MADV_COLD), EINVAL);
	ERR(advise(me, NULL, 1, MADV_COLD), EFAULT);
	ERR(advise(me, &bad, 1, MADV_COLD), EINVAL);
	ERR(advise(me, &kernel, 1, MADV_COLD), EFAULT);
	EXITS(CHILD(
		OK(setresuid(1000, 1000, 1000));
		ERR(advise(me, &v, 1, MADV_COLD), EACCES);
		ERR(advise(OK(pidfd_open(getpid(), 0)), &v, 1, MADV_COLD), EPERM);
	), 0);
}
