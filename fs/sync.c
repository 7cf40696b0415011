/*
 * fs/sync.c - sync and advice about file data
 *
 * Simplified: file systems in memory have no other home, so that their data is always where it belongs.
 */
#include <blkdev.h>
#include <fs.h>
#include <mm.h>
#include <syscalls_fs.h>
#include "internal.h"

long sys_sync(void)
{
	sync_all_filesystems();
	sync_all_blockdevs();
	return 0;
}

long sys_syncfs(int fd)
{
	struct file *f = fget(fd);
	int err;

	if (!f)
		return -EBADF;
	err = sync_filesystem(f->f_path.mnt->sb);
	fput(f);
	return err;
}

static long do_fsync(unsigned int fd, int datasync)
{
	struct file *f = fget(fd);
	long err;

	if (!f)
		return -EBADF;
	err = f->f_op->fsync ? f->f_op->fsync(f, datasync) : -EINVAL;
	fput(f);
	return err;
}

long sys_fsync(unsigned int fd)
{
	return do_fsync(fd, 0);
}

long sys_fdatasync(unsigned int fd)
{
	return do_fsync(fd, 1);
}

int noop_fsync(struct file *f, int datasync)
{
	return 0;
}

long sys_sync_file_range(int fd, loff_t off, loff_t len, unsigned int flags)
{
	struct file *f;
	umode_t type;

	f = fget(fd);
	if (!f)
		return -EBADF;
	type = f->f_inode->i_mode;
	fput(f);
	if (flags & ~7U || off < 0 || len < 0 || off + len < off)
		return -EINVAL;
	return S_ISREG(type) || S_ISBLK(type) || S_ISDIR(type) || S_ISLNK(type) ? 0 : -ESPIPE;
}

/* Advice of what will be read: nothing is ever read ahead from memory. */
long sys_fadvise64(int fd, loff_t off, size_t len, int advice)
{
	struct file *f = fget(fd);
	umode_t type;

	if (!f)
		return -EBADF;
	type = f->f_inode->i_mode;
	fput(f);
	if (S_ISFIFO(type))
		return -ESPIPE;
	if ((ssize_t)len < 0 || advice < 0 || advice > 5)
		return -EINVAL;
	return 0;
}

long sys_readahead(int fd, loff_t off, size_t count)
{
	struct file *f = fget(fd);
	long err = 0;

	if (!f)
		return -EBADF;
	if (!(f->f_mode & FMODE_READ))
		err = -EBADF;
	else if (!S_ISREG(f->f_inode->i_mode) && !S_ISBLK(f->f_inode->i_mode))
		err = -EINVAL;
	fput(f);
	return err;
}
