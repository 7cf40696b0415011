/*
 * fs/sync.c - sync and advice about file data
 *
 * Purpose:    what programs ask for by name: write everything, one file system, one file, a part of one.  Files in memory
 *             have no other home: for them the calls check what Linux checks and are done.
 * Invariants: an error of write-back is told once to each who has the file open (mm/page-writeback.c).
 */
#include <blkdev.h>
#include <fs.h>
#include <mm.h>
#include <pagemap.h>
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
	long err;

	if (!f)
		return -EBADF;
	err = sync_filesystem(f->f_inode->i_sb);
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

/* No metadata, no flush of the disk: only pages on their way.  @len 0: to the end. */
static long sync_range(struct file *f, loff_t off, loff_t len, unsigned int flags)
{
	struct address_space *m = f->f_inode->i_mapping;
	umode_t type = f->f_inode->i_mode;
	loff_t end = len ? off + len - 1 : (loff_t)(~0UL >> 1);
	int err = 0;

	if (flags & ~7U || off < 0 || len < 0 || len > (loff_t)(~0UL >> 1) - off)
		return -EINVAL;
	if (!S_ISREG(type) && !S_ISBLK(type) && !S_ISDIR(type) && !S_ISLNK(type))
		return -ESPIPE;
	if (flags & SYNC_FILE_RANGE_WAIT_BEFORE) {
		filemap_fdatawait_range(m, off, end);
		err = file_check_wb_err(f);
	}
	if (!err && (flags & SYNC_FILE_RANGE_WRITE))
		err = filemap_fdatawrite_range(m, off, end);
	if (!err && (flags & SYNC_FILE_RANGE_WAIT_AFTER)) {
		filemap_fdatawait_range(m, off, end);
		err = file_check_wb_err(f);
	}
	return err;
}

long sys_sync_file_range(int fd, loff_t off, loff_t len, unsigned int flags)
{
	struct file *f = fget(fd);
	long err;

	if (!f)
		return -EBADF;
	err = sync_range(f, off, len, flags);
	fput(f);
	return err;
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
