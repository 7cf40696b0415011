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

/* ---- advice ---- */

/* Whole pages of [@off, @off + @len) bytes (0: to the end) that nobody needs soon: clean ones go. */
static void advise_dontneed(struct address_space *m, loff_t off, loff_t len)
{
	loff_t end = len && off + len > off ? off + len : (loff_t)(~0UL >> 1);
	pgoff_t first = DIV_ROUND_UP((unsigned long)off, PAGE_SIZE), past = (unsigned long)end >> PAGE_SHIFT;

	if (end >= READ_ONCE(m->host->i_size))	/* the page at the end, though it is not full */
		past++;
	filemap_fdatawrite_range(m, off, end - 1);
	if (first < past)
		invalidate_mapping_pages(m, first, past - 1);
}

static void advise_willneed(struct address_space *m, loff_t off, loff_t len)
{
	pgoff_t first = (unsigned long)off >> PAGE_SHIFT;
	unsigned long pages = len ? (((unsigned long)off + len - 1) >> PAGE_SHIFT) - first + 1 : ~0UL >> PAGE_SHIFT;

	force_page_cache_readahead(m, first, pages);
}

static void advise(struct file *f, loff_t off, loff_t len, int advice)
{
	struct address_space *m = f->f_inode->i_mapping;

	switch (advice) {
	case POSIX_FADV_NORMAL:
		f->f_ra.ra_pages = read_ahead_pages;
		f->f_mode &= ~FMODE_RANDOM;
		break;
	case POSIX_FADV_RANDOM:
		f->f_mode |= FMODE_RANDOM;
		break;
	case POSIX_FADV_SEQUENTIAL:
		f->f_ra.ra_pages = 2 * read_ahead_pages;
		f->f_mode &= ~FMODE_RANDOM;
		break;
	case POSIX_FADV_WILLNEED:
		advise_willneed(m, off, len);
		break;
	case POSIX_FADV_DONTNEED:
		if (m->a_ops && m->a_ops->writepage)
			advise_dontneed(m, off, len);
		break;
	}
}

long sys_fadvise64(int fd, loff_t off, size_t len, int advice)
{
	struct file *f = fget(fd);
	umode_t type;
	long err = 0;

	if (!f)
		return -EBADF;
	type = f->f_inode->i_mode;
	if (S_ISFIFO(type))
		err = -ESPIPE;
	else if ((ssize_t)len < 0 || advice < 0 || advice > POSIX_FADV_NOREUSE)
		err = -EINVAL;
	else if ((S_ISREG(type) || S_ISBLK(type)) && off >= 0)
		advise(f, off, len, advice);
	fput(f);
	return err;
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
	else if (off >= 0)
		advise_willneed(f->f_inode->i_mapping, off, count);
	fput(f);
	return err;
}
