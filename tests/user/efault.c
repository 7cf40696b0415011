/*
 * tests/user/efault.c - bad pointers: EFAULT from every call that takes one
 *
 * Each is tried with an unmapped address, NULL where that means nothing else, an address of
 * the kernel, and a non-canonical one.
 */
#include <dirent.h>
#include <poll.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <termios.h>
#include <time.h>
#include <uapi/futex.h>
#include "mem.h"

/* Make the call with the bad address in `bad`. */
#define FOR_EACH_BAD(call) do {							\
	const unsigned long list_[] = { (unsigned long)lonely(1), 0xffffffff80000000, \
		0xffff888000000000, 0x8000000000000000, 0x00fffffffffff000, -8UL };	\
	for (size_t i_ = 0; i_ < sizeof(list_) / sizeof(list_[0]); i_++) {	\
		unsigned long bad = list_[i_];					\
		long r_ = (call);						\
		if (r_ != -1 || errno != EFAULT)				\
			FAIL("%s with 0x%lx: %ld %s", #call, bad, r_, strerrorname(errno)); \
	}									\
} while (0)

#define S(name, ...)	syscall(__NR_##name, ##__VA_ARGS__)

static int file(void)
{
	int fd = OK(open("/tmp/efault", O_RDWR | O_CREAT | O_TRUNC, 0644));

	OK(write(fd, "0123456789", 10));
	OK(lseek(fd, 0, SEEK_SET));
	return fd;
}

TEST(read_and_write)
{
	int fd = file(), fds[2], zero = OK(open("/dev/zero", O_RDWR));

	OK(pipe(fds));
	OK(write(fds[1], "abc", 3));
	FOR_EACH_BAD(S(read, fd, bad, 5));
	FOR_EACH_BAD(S(write, fd, bad, 5));
	FOR_EACH_BAD(S(pread64, fd, bad, 5, 0));
	FOR_EACH_BAD(S(pwrite64, fd, bad, 5, 0));
	FOR_EACH_BAD(S(read, fds[0], bad, 3));
	FOR_EACH_BAD(S(write, fds[1], bad, 3));
	FOR_EACH_BAD(S(read, zero, bad, 3));
	FOR_EACH_BAD(S(readv, fd, bad, 1));
	FOR_EACH_BAD(S(writev, fd, bad, 1));
	FOR_EACH_BAD(S(readv, fd, &((struct iovec){ (void *)bad, 5 }), 1));
	FOR_EACH_BAD(S(writev, fd, &((struct iovec){ (void *)bad, 5 }), 1));
	for (int i = 0; i < 3; i++) {		/* NULL is no special case */
		int list[3] = { fd, zero, fds[0] };

		ERR(S(read, list[i], 0, 3), EFAULT);
		ERR(S(readv, list[i], &((struct iovec){ NULL, 3 }), 1), EFAULT);
	}
	ERR(S(write, fd, 0, 3), EFAULT);
	ERR(S(write, fds[1], 0, 3), EFAULT);
	ERR(S(pread64, fd, 0, 3, 5), EFAULT);
	ERR(S(pwrite64, fd, 0, 3, 5), EFAULT);
	EQ(lseek(fd, 0, SEEK_CUR), 0);
	EQ(read(fds[0], &zero, 3), 3);		/* the bytes are still in the pipe */
}

TEST(a_transfer_stops_at_the_first_bad_page)
{
	int fd = file(), fds[2];
	char *p = map_at(lonely(1), 1, PROT_READ | PROT_WRITE, MAP_FIXED) + PAGE - 4;

	EQ(read(fd, p, 10), 4);
	EQ(memcmp(p, "0123", 4), 0);
	EQ(lseek(fd, 0, SEEK_CUR), 4);
	EQ(pwrite(fd, p, 10, 6), 4);
	OK(pipe(fds));
	ERR(write(fds[1], p + 4, 10), EFAULT);
}

TEST(read_only_and_prot_none_buffers)
{
	char *ro = map_at(NULL, 1, PROT_READ, 0), *none = map_at(NULL, 1, PROT_NONE, 0);
	int fd = file();

	ERR(read(fd, ro, 5), EFAULT);
	EQ(pwrite(fd, ro, 5, 0), 5);
	ERR(read(fd, none, 5), EFAULT);
	ERR(write(fd, none, 5), EFAULT);
}

TEST(paths)
{
	struct stat st;
	char buf[16];

	FOR_EACH_BAD(S(open, bad, O_RDONLY, 0));
	FOR_EACH_BAD(S(openat, AT_FDCWD, bad, O_RDONLY, 0));
	FOR_EACH_BAD(S(stat, bad, &st));
	FOR_EACH_BAD(S(lstat, bad, &st));
	FOR_EACH_BAD(S(newfstatat, AT_FDCWD, bad, &st, 0));
	FOR_EACH_BAD(S(access, bad, F_OK));
	FOR_EACH_BAD(S(mkdir, bad, 0755));
	FOR_EACH_BAD(S(rmdir, bad));
	FOR_EACH_BAD(S(unlink, bad));
	FOR_EACH_BAD(S(unlinkat, AT_FDCWD, bad, 0));
	FOR_EACH_BAD(S(rename, bad, "/tmp/x"));
	FOR_EACH_BAD(S(rename, "/tmp/efault", bad));
	FOR_EACH_BAD(S(link, bad, "/tmp/x"));
	FOR_EACH_BAD(S(symlink, bad, "/tmp/x"));
	FOR_EACH_BAD(S(symlink, "x", bad));
	FOR_EACH_BAD(S(readlink, bad, buf, 16));
	FOR_EACH_BAD(S(readlink, "/proc/self", bad, 16));
	FOR_EACH_BAD(S(chdir, bad));
	FOR_EACH_BAD(S(chmod, bad, 0644));
	FOR_EACH_BAD(S(truncate, bad, 0));
	FOR_EACH_BAD(S(mount, "x", bad, "tmpfs", 0, 0));
	FOR_EACH_BAD(S(umount2, bad, 0));
	FOR_EACH_BAD(S(execve, bad, 0, 0));
	FOR_EACH_BAD(S(execve, "/proc/self/exe", bad, 0));
}

TEST(results_about_files)
{
	int fd = file(), dir = OK(open("/tmp", O_RDONLY));

	FOR_EACH_BAD(S(stat, "/tmp", bad));
	FOR_EACH_BAD(S(lstat, "/tmp", bad));
	FOR_EACH_BAD(S(fstat, fd, bad));
	FOR_EACH_BAD(S(newfstatat, AT_FDCWD, "/tmp", bad, 0));
	FOR_EACH_BAD(S(statx, AT_FDCWD, "/tmp", 0, STATX_BASIC_STATS, bad));
	FOR_EACH_BAD(S(statfs, "/tmp", bad));
	FOR_EACH_BAD(S(getdents64, dir, bad, 4096));
	FOR_EACH_BAD(S(getcwd, bad, 100));
	FOR_EACH_BAD(S(pipe, bad));
	FOR_EACH_BAD(S(pipe2, bad, 0));
	FOR_EACH_BAD(S(poll, bad, 1, 0));
	FOR_EACH_BAD(S(select, 5, bad, 0, 0, &((struct timespec){ 0, 0 })));
}

TEST(signals_and_waiting)
{
	pid_t pid = CHILD(_exit(1));

	FOR_EACH_BAD(S(rt_sigaction, SIGUSR1, bad, 0, 8));
	FOR_EACH_BAD(S(rt_sigaction, SIGUSR1, 0, bad, 8));
	FOR_EACH_BAD(S(rt_sigprocmask, SIG_BLOCK, bad, 0, 8));
	FOR_EACH_BAD(S(rt_sigprocmask, SIG_BLOCK, 0, bad, 8));
	FOR_EACH_BAD(S(rt_sigpending, bad, 8));
	FOR_EACH_BAD(S(rt_sigsuspend, bad, 8));
	FOR_EACH_BAD(S(sigaltstack, bad, 0));
	FOR_EACH_BAD(S(sigaltstack, 0, bad));
	ERR(S(rt_sigaction, SIGUSR1, 0, 0, 4), EINVAL);
	ERR(S(rt_sigprocmask, SIG_BLOCK, 0, 0, 16), EINVAL);
	ERR(S(wait4, pid, lonely(1), 0, 0), EFAULT);
	ERR(wait(NULL), ECHILD);		/* it was reaped all the same */
}

TEST(time_and_limits)
{
	FOR_EACH_BAD(S(nanosleep, bad, 0));
	FOR_EACH_BAD(S(clock_gettime, CLOCK_MONOTONIC, bad));
	FOR_EACH_BAD(S(clock_getres, CLOCK_MONOTONIC, bad));
	FOR_EACH_BAD(S(clock_nanosleep, CLOCK_MONOTONIC, 0, bad, 0));
	FOR_EACH_BAD(S(gettimeofday, bad, 0));
	FOR_EACH_BAD(S(setitimer, 0, bad, 0));
	FOR_EACH_BAD(S(getitimer, 0, bad));
	FOR_EACH_BAD(S(times, bad));
	FOR_EACH_BAD(S(getrlimit, RLIMIT_STACK, bad));
	FOR_EACH_BAD(S(setrlimit, RLIMIT_STACK, bad));
	FOR_EACH_BAD(S(prlimit64, 0, RLIMIT_STACK, bad, 0));
	FOR_EACH_BAD(S(prlimit64, 0, RLIMIT_STACK, 0, bad));
	FOR_EACH_BAD(S(getrusage, RUSAGE_SELF, bad));
}

TEST(other_calls)
{
	int word = 0;

	FOR_EACH_BAD(S(uname, bad));
	FOR_EACH_BAD(S(sysinfo, bad));
	FOR_EACH_BAD(S(getrandom, bad, 16, 0));
	FOR_EACH_BAD(S(prctl, PR_SET_NAME, bad));
	FOR_EACH_BAD(S(prctl, PR_GET_NAME, bad));
	FOR_EACH_BAD(S(futex, bad & ~7UL, FUTEX_WAIT, 0, 0, 0, 0));
	FOR_EACH_BAD(S(futex, &word, FUTEX_WAIT, 0, bad, 0, 0));
	FOR_EACH_BAD(S(sched_getaffinity, 0, 8, bad));
	FOR_EACH_BAD(S(mincore, (long)&word & -PAGE, PAGE, bad));
	FOR_EACH_BAD(S(ioctl, OK(open("/dev/console", O_RDWR | O_NOCTTY)), TCGETS, bad));
	FOR_EACH_BAD(S(ioctl, OK(open("/dev/console", O_RDWR | O_NOCTTY)), TIOCGWINSZ, bad));
}

/* The child exists by then; Linux does not take it back. */
TEST(clone_ignores_a_tid_address_that_it_can_not_write)
{
	long pid = S(clone, CLONE_CHILD_SETTID | CLONE_PARENT_SETTID | SIGCHLD, 0, lonely(1),
		     lonely(1), 0);

	if (!pid)
		_exit(4);
	EXITS(pid, 4);
}

TEST(the_end_of_the_address_space_is_not_wrapped_around)
{
	int fd = file();

	ERR(S(read, fd, 0x00007ffffffff000, 1UL << 46), EFAULT);
	ERR(S(write, fd, -4096, 8192), EFAULT);
	ERR(S(getrandom, -1L, 1, 0), EFAULT);
}
