/*
 * tests/kernel/fs_util.h - a file system of its own for a case, and user memory to call from
 *
 * A case works in /kt, a tmpfs mounted for it.  Unmounting at the end must succeed: a path, file
 * or mount that somebody forgot to put makes it busy and fails the case.
 */
#ifndef FS_UTIL_H
#define FS_UTIL_H

#include <syscalls_fs.h>
#include <uapi/unistd.h>
#include "mm_util.h"

#define USER_PAGES 40
#define UBUF ((char __user *)AT(1))		/* 39 pages of data */

/* A string in user memory; eight of them live at a time. */
static inline char __user *U(const char *s)
{
	static unsigned int next;
	unsigned long at = AT(0) + next++ % 8 * 512;

	if (copy_to_user((void __user *)at, s, strlen(s) + 1))
		return NULL;
	return (char __user *)at;
}

#define FS_TEST(suite, name)							\
	static void suite##_##name(struct ktest_ctx *t);			\
	KTEST(suite, name)							\
	{									\
		struct mm_struct *mm = ktest_use_mm();				\
		long err;							\
										\
		EXPECT(mm);							\
		map_at(0, USER_PAGES, RW);					\
		do_mkdirat(AT_FDCWD, "/kt", 0755);				\
		err = do_mount("kt", "/kt", "tmpfs", 0, NULL);			\
		if (!err)							\
			suite##_##name(t);					\
		if (t->failed)							\
			sys_close_range(0, ~0U, 0);				\
		if (!err)							\
			err = sys_umount2(U("/kt"), t->failed ? MNT_DETACH : 0);	\
		do_rmdir(AT_FDCWD, "/kt");					\
		ktest_unuse_mm(mm);						\
		if (!t->failed)							\
			EXPECT_EQ(err, 0);					\
	}									\
	static void suite##_##name(struct ktest_ctx *t)

static inline long k_open(const char *name, int flags)
{
	return sys_openat(AT_FDCWD, U(name), flags, 0644);
}

/* Make a file with @text in it; 0 or -errno. */
static inline long k_file(const char *name, const char *text)
{
	long fd = k_open(name, O_WRONLY | O_CREAT | O_TRUNC), n;

	if (fd < 0)
		return fd;
	copy_to_user(UBUF, text, strlen(text));
	n = sys_write(fd, UBUF, strlen(text));
	sys_close(fd);
	return n == (long)strlen(text) ? 0 : -EIO;
}

/* Read the beginning of a file into @buf, NUL terminated; length or -errno. */
static inline long k_read(const char *name, char *buf, size_t size)
{
	long fd = k_open(name, O_RDONLY), n;

	if (fd < 0)
		return fd;
	n = sys_read(fd, UBUF, size - 1);
	sys_close(fd);
	if (n < 0)
		return n;
	if (copy_from_user(buf, UBUF, n))
		return -EFAULT;
	buf[n] = 0;
	return n;
}

/* lstat into kernel memory; 0 or -errno. */
static inline long k_lstat(const char *name, struct stat *st)
{
	long err = sys_lstat(U(name), (struct stat __user *)UBUF);

	if (!err && copy_from_user(st, UBUF, sizeof(*st)))
		err = -EFAULT;
	return err;
}

#endif
