/*
 * fs/utimes.c - setting a file's times
 *
 * Simplified: times before 1970 are kept as 1970.
 * Sources:    utimensat(2).
 */
#include <fs.h>
#include <asm/uaccess.h>
#include <mm.h>
#include <sched.h>
#include <syscalls_fs.h>
#include "internal.h"

static bool nsec_valid(long ns)
{
	return ns == UTIME_OMIT || ns == UTIME_NOW || (ns >= 0 && ns < (long)NSEC_PER_SEC);
}

static u64 to_ns(const struct timespec *ts, u64 now)
{
	if (ts->tv_nsec == UTIME_NOW)
		return now;
	return ts->tv_sec < 0 ? 0 : ts->tv_sec * NSEC_PER_SEC + ts->tv_nsec;
}

static long set_times(struct path *path, const struct timespec *ts)
{
	struct iattr a = { 0 };
	u64 now = current_time_ns();

	if (ts && (!nsec_valid(ts[0].tv_nsec) || !nsec_valid(ts[1].tv_nsec)))
		return -EINVAL;
	if (!ts || (ts[0].tv_nsec == UTIME_NOW && ts[1].tv_nsec == UTIME_NOW)) {
		a.valid = ATTR_ATIME | ATTR_MTIME | ATTR_TOUCH;
		return notify_change(path, &a);
	}
	if (ts[0].tv_nsec != UTIME_OMIT) {
		a.valid |= ATTR_ATIME;
		a.atime = to_ns(&ts[0], now);
	}
	if (ts[1].tv_nsec != UTIME_OMIT) {
		a.valid |= ATTR_MTIME;
		a.mtime = to_ns(&ts[1], now);
	}
	return notify_change(path, &a);
}

/* @ts in kernel memory, or NULL: now. */
static long do_utimes(int dfd, const char __user *name, const struct timespec *ts, int flags)
{
	struct path path;
	long err;

	if (ts && ts[0].tv_nsec == UTIME_OMIT && ts[1].tv_nsec == UTIME_OMIT)
		return 0;
	if (flags & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH))
		return -EINVAL;
	if (!name) {				/* futimens(): the descriptor itself */
		struct file *f;

		if (dfd == AT_FDCWD)
			return -EFAULT;
		if (flags)
			return -EINVAL;
		f = fget(dfd);
		if (!f)
			return -EBADF;
		err = set_times(&f->f_path, ts);
		fput(f);
		return err;
	}
	err = user_path_at(dfd, name, (flags & AT_SYMLINK_NOFOLLOW ? 0 : LOOKUP_FOLLOW) |
			   (flags & AT_EMPTY_PATH ? LOOKUP_EMPTY : 0), &path);
	if (err)
		return err;
	err = set_times(&path, ts);
	path_put(&path);
	return err;
}

long sys_utimensat(int dfd, const char __user *name, const struct timespec __user *uts, int flags)
{
	struct timespec ts[2];

	if (uts && copy_from_user(ts, uts, sizeof(ts)))
		return -EFAULT;
	return do_utimes(dfd, name, uts ? ts : NULL, flags);
}

long sys_futimesat(int dfd, const char __user *name, const struct timeval __user *utv)
{
	struct timeval tv[2];
	struct timespec ts[2];

	if (!utv)
		return do_utimes(dfd, name, NULL, 0);
	if (copy_from_user(tv, utv, sizeof(tv)))
		return -EFAULT;
	for (int i = 0; i < 2; i++) {
		if (tv[i].tv_usec < 0 || tv[i].tv_usec >= 1000000)
			return -EINVAL;
		ts[i].tv_sec = tv[i].tv_sec;
		ts[i].tv_nsec = tv[i].tv_usec * 1000;
	}
	return do_utimes(dfd, name, ts, 0);
}

long sys_utimes(const char __user *name, const struct timeval __user *tv)
{
	return sys_futimesat(AT_FDCWD, name, tv);
}

long sys_utime(const char __user *name, const long __user *times)
{
	struct timespec ts[2] = { 0 };

	if (!times)
		return do_utimes(AT_FDCWD, name, NULL, 0);
	if (get_user(ts[0].tv_sec, &times[0]) || get_user(ts[1].tv_sec, &times[1]))
		return -EFAULT;
	return do_utimes(AT_FDCWD, name, ts, 0);
}
