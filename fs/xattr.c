/*
 * fs/xattr.c - extended attributes: no file system here has any
 *
 * Purpose:    ls -l and cp -a ask; they must hear EOPNOTSUPP for a file that exists, ENOENT
 *             for one that does not, and an empty list.
 */
#include <fs.h>
#include <asm/uaccess.h>
#include <mm.h>
#include <syscalls_fs.h>
#include "internal.h"

#define XATTR_NAME_MAX 255

/* The file is there and the name is a name: 0 or -errno. */
static long check_name(const char __user *name)
{
	char buf[XATTR_NAME_MAX + 1];
	long len = strncpy_from_user(buf, name, sizeof(buf));

	if (len < 0)
		return len;
	return len == 0 || len >= (long)sizeof(buf) ? -ERANGE : 0;
}

static long check_path(const char __user *path, unsigned int how)
{
	struct path p;
	long err = user_path_at(AT_FDCWD, path, how, &p);

	if (!err)
		path_put(&p);
	return err;
}

static long check_fd(int fd)
{
	struct file *f = fget(fd);

	if (!f)
		return -EBADF;
	fput(f);
	return 0;
}

static long refuse(long err, const char __user *name)
{
	if (!err)
		err = check_name(name);
	return err ? err : -EOPNOTSUPP;
}

long sys_setxattr(const char __user *path, const char __user *name, const void __user *value,
		  size_t size, int flags)
{
	return refuse(check_path(path, LOOKUP_FOLLOW), name);
}

long sys_lsetxattr(const char __user *path, const char __user *name, const void __user *value,
		   size_t size, int flags)
{
	return refuse(check_path(path, 0), name);
}

long sys_fsetxattr(int fd, const char __user *name, const void __user *value, size_t size,
		   int flags)
{
	return refuse(check_fd(fd), name);
}

long sys_getxattr(const char __user *path, const char __user *name, void __user *value,
		  size_t size)
{
	return refuse(check_path(path, LOOKUP_FOLLOW), name);
}

long sys_lgetxattr(const char __user *path, const char __user *name, void __user *value,
		   size_t size)
{
	return refuse(check_path(path, 0), name);
}

long sys_fgetxattr(int fd, const char __user *name, void __user *value, size_t size)
{
	return refuse(check_fd(fd), name);
}

long sys_listxattr(const char __user *path, char __user *list, size_t size)
{
	return check_path(path, LOOKUP_FOLLOW);
}

long sys_llistxattr(const char __user *path, char __user *list, size_t size)
{
	return check_path(path, 0);
}

long sys_flistxattr(int fd, char __user *list, size_t size)
{
	return check_fd(fd);
}

long sys_removexattr(const char __user *path, const char __user *name)
{
	return refuse(check_path(path, LOOKUP_FOLLOW), name);
}

long sys_lremovexattr(const char __user *path, const char __user *name)
{
	return refuse(check_path(path, 0), name);
}

long sys_fremovexattr(int fd, const char __user *name)
{
	return refuse(check_fd(fd), name);
}
