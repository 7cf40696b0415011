/*
 * libc/unistd.c - system calls as C functions
 *
 * Purpose: a table: return type, name, types of the arguments. Each line becomes one
 *          function that makes the call of the same name and turns -errno into errno.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <sys/times.h>
#include <sys/uio.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>
#include <uapi/reboot.h>
#include "internal.h"

#define CALL0(T, name) \
	T name(void) { return (T)__ret(syscall0(__NR_##name)); }
#define CALL1(T, name, A) \
	T name(A a) { return (T)__ret(syscall1(__NR_##name, (long)a)); }
#define CALL2(T, name, A, B) \
	T name(A a, B b) { return (T)__ret(syscall2(__NR_##name, (long)a, (long)b)); }
#define CALL3(T, name, A, B, C) \
	T name(A a, B b, C c) \
	{ return (T)__ret(syscall3(__NR_##name, (long)a, (long)b, (long)c)); }
#define CALL4(T, name, A, B, C, D) \
	T name(A a, B b, C c, D d) \
	{ return (T)__ret(syscall4(__NR_##name, (long)a, (long)b, (long)c, (long)d)); }
#define CALL5(T, name, A, B, C, D, E) \
	T name(A a, B b, C c, D d, E e) \
	{ return (T)__ret(syscall5(__NR_##name, (long)a, (long)b, (long)c, (long)d, (long)e)); }
#define CALL6(T, name, A, B, C, D, E, F) \
	T name(A a, B b, C c, D d, E e, F f) \
	{ return (T)__ret(syscall6(__NR_##name, (long)a, (long)b, (long)c, (long)d, (long)e, (long)f)); }

/* files */
CALL3(ssize_t, read, int, void *, size_t)
CALL3(ssize_t, write, int, const void *, size_t)
CALL3(ssize_t, readv, int, const struct iovec *, int)
CALL3(ssize_t, writev, int, const struct iovec *, int)
CALL1(int, close, int)
CALL3(off_t, lseek, int, off_t, int)
CALL1(int, dup, int)
CALL2(int, dup2, int, int)
CALL3(int, dup3, int, int, int)
CALL1(int, pipe, int *)
CALL2(int, pipe2, int *, int)
CALL2(int, stat, const char *, struct stat *)
CALL2(int, lstat, const char *, struct stat *)
CALL2(int, fstat, int, struct stat *)
CALL5(int, statx, int, const char *, int, unsigned int, struct statx *)
CALL2(int, statfs, const char *, struct statfs *)
CALL2(int, access, const char *, int)
CALL2(int, truncate, const char *, off_t)
CALL2(int, ftruncate, int, off_t)
CALL4(int, fallocate, int, int, off_t, off_t)
CALL1(int, fsync, int)
CALL2(int, link, const char *, const char *)
CALL2(int, symlink, const char *, const char *)
CALL3(ssize_t, readlink, const char *, char *, size_t)
CALL1(int, unlink, const char *)
CALL3(int, unlinkat, int, const char *, int)
CALL2(int, rename, const char *, const char *)
CALL5(int, renameat2, int, const char *, int, const char *, unsigned int)
CALL2(int, mkdir, const char *, mode_t)
CALL3(int, mkdirat, int, const char *, mode_t)
CALL1(int, rmdir, const char *)
CALL3(int, mknod, const char *, mode_t, dev_t)
CALL2(int, chmod, const char *, mode_t)
CALL2(int, fchmod, int, mode_t)
CALL3(int, chown, const char *, uid_t, gid_t)
CALL1(mode_t, umask, mode_t)
CALL1(int, chdir, const char *)
CALL1(int, fchdir, int)
CALL1(int, chroot, const char *)
CALL3(ssize_t, getdents64, int, void *, size_t)
CALL3(int, poll, struct pollfd *, nfds_t, int)
CALL5(int, select, int, fd_set *, fd_set *, fd_set *, struct timeval *)
CALL5(int, mount, const char *, const char *, const char *, unsigned long, const void *)
CALL2(int, umount2, const char *, int)
CALL2(int, memfd_create, const char *, unsigned int)
CALL3(int, shmget, int, size_t, int)
CALL3(void *, shmat, int, const void *, int)
CALL1(int, shmdt, const void *)
CALL3(int, shmctl, int, int, void *)

/* memory */
CALL6(void *, mmap, void *, size_t, int, int, int, off_t)
CALL2(int, munmap, void *, size_t)
CALL3(int, mprotect, void *, size_t, int)
CALL3(int, madvise, void *, size_t, int)
CALL3(int, mincore, void *, size_t, unsigned char *)
CALL3(int, msync, void *, size_t, int)
CALL2(int, mlock, const void *, size_t)
CALL2(int, munlock, const void *, size_t)

/* processes */
CALL0(pid_t, fork)
CALL3(int, execve, const char *, char *const *, char *const *)
CALL0(pid_t, getpid)
CALL0(pid_t, getppid)
CALL0(pid_t, gettid)
CALL0(pid_t, getpgrp)
CALL1(pid_t, getpgid, pid_t)
CALL2(int, setpgid, pid_t, pid_t)
CALL1(pid_t, getsid, pid_t)
CALL0(pid_t, setsid)
CALL0(uid_t, getuid)
CALL0(uid_t, geteuid)
CALL0(gid_t, getgid)
CALL0(gid_t, getegid)
CALL1(int, setuid, uid_t)
CALL1(int, setgid, gid_t)
CALL4(pid_t, wait4, pid_t, int *, int, struct rusage *)
CALL0(int, sched_yield)
CALL2(int, getrusage, int, struct rusage *)
CALL2(int, getrlimit, int, struct rlimit *)
CALL2(int, setrlimit, int, const struct rlimit *)
CALL1(int, uname, struct utsname *)
CALL1(int, sysinfo, struct sysinfo *)
CALL1(long, times, struct tms *)
CALL5(int, prctl, int, unsigned long, unsigned long, unsigned long, unsigned long)
CALL3(ssize_t, getrandom, void *, size_t, unsigned int)
CALL2(int, sethostname, const char *, size_t)

/* signals and time */
CALL2(int, kill, pid_t, int)
CALL3(int, tgkill, pid_t, pid_t, int)
CALL2(int, sigaltstack, const stack_t *, stack_t *)
CALL0(int, pause)
CALL1(unsigned int, alarm, unsigned int)
CALL3(int, setitimer, int, const struct itimerval *, struct itimerval *)
CALL2(int, getitimer, int, struct itimerval *)
CALL2(int, nanosleep, const struct timespec *, struct timespec *)
CALL2(int, clock_gettime, int, struct timespec *)
CALL2(int, clock_getres, int, struct timespec *)
CALL2(int, gettimeofday, struct timeval *, void *)

/* What does not fit the table. */

void sync(void)
{
	syscall0(__NR_sync);
}

ssize_t pread(int fd, void *buf, size_t len, off_t pos)
{
	return __ret(syscall4(__NR_pread64, fd, (long)buf, len, pos));
}

ssize_t pwrite(int fd, const void *buf, size_t len, off_t pos)
{
	return __ret(syscall4(__NR_pwrite64, fd, (long)buf, len, pos));
}

int openat(int dir, const char *path, int flags, ...)
{
	va_list ap;
	mode_t mode;

	va_start(ap, flags);
	mode = va_arg(ap, mode_t);
	va_end(ap);
	return __ret(syscall4(__NR_openat, dir, (long)path, flags, mode));
}

int open(const char *path, int flags, ...)
{
	va_list ap;
	mode_t mode;

	va_start(ap, flags);
	mode = va_arg(ap, mode_t);
	va_end(ap);
	return openat(AT_FDCWD, path, flags, mode);
}

int fcntl(int fd, int cmd, ...)
{
	va_list ap;
	long arg;

	va_start(ap, cmd);
	arg = va_arg(ap, long);
	va_end(ap);
	return __ret(syscall3(__NR_fcntl, fd, cmd, arg));
}

int ioctl(int fd, unsigned long cmd, ...)
{
	va_list ap;
	long arg;

	va_start(ap, cmd);
	arg = va_arg(ap, long);
	va_end(ap);
	return __ret(syscall3(__NR_ioctl, fd, cmd, arg));
}

void *mremap(void *old, size_t old_len, size_t new_len, int flags, ...)
{
	va_list ap;
	long where = 0;

	va_start(ap, flags);
	if (flags & (MREMAP_FIXED | MREMAP_DONTUNMAP))
		where = va_arg(ap, long);
	va_end(ap);
	return (void *)__ret(syscall5(__NR_mremap, (long)old, old_len, new_len, flags, where));
}

/* Any call by number; returns -1 and errno. For tests and for calls without a wrapper. */
long syscall(long nr, ...)
{
	va_list ap;
	long a[6];

	va_start(ap, nr);
	for (int i = 0; i < 6; i++)
		a[i] = va_arg(ap, long);
	va_end(ap);
	return __ret(syscall6(nr, a[0], a[1], a[2], a[3], a[4], a[5]));
}

char *getcwd(char *buf, size_t size)
{
	return __ret(syscall2(__NR_getcwd, (long)buf, size)) < 0 ? NULL : buf;
}

/*
 * Set the end of the heap. The call itself never fails, it answers where the end is.
 */
int brk(void *end)
{
	if ((void *)syscall1(__NR_brk, (long)end) == end)
		return 0;
	__ret(-ENOMEM);
	return -1;
}

void *sbrk(intptr_t by)
{
	char *end = (char *)syscall1(__NR_brk, 0);

	if (!by || !brk(end + by))
		return end;
	return (void *)-1;
}

pid_t wait(int *status)
{
	return wait4(-1, status, 0, NULL);
}

pid_t waitpid(pid_t pid, int *status, int options)
{
	return wait4(pid, status, options, NULL);
}

int waitid(int type, int id, siginfo_t *info, int options)
{
	return __ret(syscall5(__NR_waitid, type, id, (long)info, options, 0));
}

int execv(const char *path, char *const argv[])
{
	return execve(path, argv, environ);
}

/* Simplified: a name without '/' is tried in each directory of PATH until one works. */
int execvp(const char *name, char *const argv[])
{
	const char *path = getenv("PATH");
	char list[512], file[PATH_MAX], *next = list, *dir;

	if (strchr(name, '/'))
		return execve(name, argv, environ);
	strlcpy(list, path ? path : "/bin:/sbin", sizeof(list));
	while ((dir = strsep(&next, ":"))) {
		snprintf(file, sizeof(file), "%s/%s", dir, name);
		execve(file, argv, environ);
		if (errno != ENOENT && errno != ENOTDIR)
			return -1;
	}
	return -1;
}

int reboot(int cmd)
{
	return __ret(syscall4(__NR_reboot, LINUX_REBOOT_MAGIC1, LINUX_REBOOT_MAGIC2, cmd, 0));
}

int sigaction(int sig, const struct sigaction *act, struct sigaction *old)
{
	struct k_sigaction_abi k, k_old;
	long err;

	if (act)
		k = (struct k_sigaction_abi){ act->sa_handler, (unsigned int)act->sa_flags | SA_RESTORER,
					      __restore_rt, act->sa_mask };
	err = syscall4(__NR_rt_sigaction, sig, (long)(act ? &k : NULL),
		       (long)(old ? &k_old : NULL), sizeof(sigset_t));
	if (err < 0)
		return __ret(err);
	if (old) {
		old->sa_handler = k_old.handler;
		old->sa_flags = k_old.flags & ~SA_RESTORER;
		old->sa_mask = k_old.mask;
	}
	return 0;
}

sighandler_t signal(int sig, sighandler_t handler)
{
	struct sigaction act = { .sa_handler = handler, .sa_flags = SA_RESTART };
	struct sigaction old = { .sa_handler = SIG_ERR };

	return sigaction(sig, &act, &old) < 0 ? SIG_ERR : old.sa_handler;
}

int sigprocmask(int how, const sigset_t *set, sigset_t *old)
{
	return __ret(syscall4(__NR_rt_sigprocmask, how, (long)set, (long)old, sizeof(*set)));
}

int sigpending(sigset_t *set)
{
	return __ret(syscall2(__NR_rt_sigpending, (long)set, sizeof(*set)));
}

int sigsuspend(const sigset_t *set)
{
	return __ret(syscall2(__NR_rt_sigsuspend, (long)set, sizeof(*set)));
}

int sigtimedwait(const sigset_t *set, siginfo_t *info, const struct timespec *timeout)
{
	return __ret(syscall4(__NR_rt_sigtimedwait, (long)set, (long)info, (long)timeout,
			      sizeof(*set)));
}

int sigqueue(pid_t pid, int sig, const union sigval value)
{
	siginfo_t info = { .si_signo = sig, .si_code = SI_QUEUE };

	info.si_pid = getpid();
	info.si_uid = getuid();
	info.si_value = value;
	return __ret(syscall3(__NR_rt_sigqueueinfo, pid, sig, (long)&info));
}

int raise(int sig)
{
	return tgkill(getpid(), gettid(), sig);
}

int clock_nanosleep(int clock, int flags, const struct timespec *t, struct timespec *rest)
{
	return -syscall4(__NR_clock_nanosleep, clock, flags, (long)t, (long)rest);
}

unsigned int sleep(unsigned int seconds)
{
	struct timespec t = { seconds, 0 }, rest = { 0, 0 };

	return nanosleep(&t, &rest) < 0 ? rest.tv_sec : 0;
}

int usleep(unsigned int usec)
{
	struct timespec t = { usec / 1000000, usec % 1000000 * 1000 };

	return nanosleep(&t, NULL);
}

time_t time(time_t *t)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	if (t)
		*t = now.tv_sec;
	return now.tv_sec;
}

int tcgetattr(int fd, struct termios *t)
{
	return ioctl(fd, TCGETS, t);
}

int tcsetattr(int fd, int when, const struct termios *t)
{
	return ioctl(fd, TCSETS + when, t);
}

void cfmakeraw(struct termios *t)
{
	t->c_iflag &= ~(IGNBRK | BRKINT | PARMRK | ISTRIP | INLCR | IGNCR | ICRNL | IXON);
	t->c_oflag &= ~OPOST;
	t->c_lflag &= ~(ECHO | ECHONL | ICANON | ISIG | IEXTEN);
	t->c_cflag = (t->c_cflag & ~(CSIZE | PARENB)) | CS8;
	t->c_cc[VMIN] = 1;
	t->c_cc[VTIME] = 0;
}

int isatty(int fd)
{
	struct termios t;

	return tcgetattr(fd, &t) == 0;
}

pid_t tcgetpgrp(int fd)
{
	int pgrp;

	return ioctl(fd, TIOCGPGRP, &pgrp) < 0 ? -1 : pgrp;
}

int tcsetpgrp(int fd, pid_t pgrp)
{
	return ioctl(fd, TIOCSPGRP, &pgrp);
}
