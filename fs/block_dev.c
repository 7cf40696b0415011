/*
 * fs/block_dev.c - block special files, and the cached blocks of a disk
 *
 * Purpose:    /dev/vda is a file as long as the disk: read, written and mapped through the page cache.  Its pages
 *             belong to an inode of the device's own, which no path leads to; the inodes of all nodes with the
 *             device's number point to its mapping.  File systems keep their metadata in the same pages.
 * Invariants: a device's inode and mapping live for ever; the pages go with the last who has it open.
 *             A page at an odd end holds zeroes behind it, which are never written.
 * Lock order: disk->open_mutex > inode->i_rwsem (of the device) > page lock
 * Simplified: blocks of the cache are pages; BLKBSZSET is not there.  No O_DIRECT: EINVAL, as a file system says that has none.
 * Sources:    Bovet & Cesati, "Understanding the Linux Kernel", chapter "Block Device Drivers".
 */
#include <asm/uaccess.h>
#include <err.h>
#include <genhd.h>
#include <fs.h>
#include <mm.h>
#include <mpage.h>
#include <pagemap.h>
#include <sched.h>
#include <string.h>
#include <uapi/blkdev.h>
#include "internal.h"

/* ---- pages to and from the disk ---- */

/* A bio to read the part of @page that lies on the device; NULL: no memory. */
static struct bio *page_bio(struct block_device *bdev, struct page *page)
{
	loff_t left = bdev->bd_inode->i_size - ((loff_t)page->index << PAGE_SHIFT);
	struct bio *bio;

	VM_BUG_ON_PAGE(left <= 0, page);
	bio = bio_alloc(bdev, BIO_READ, (sector_t)page->index << (PAGE_SHIFT - SECTOR_SHIFT), 1, GFP_KERNEL);
	if (bio)
		bio_add_page(bio, page, 0, min_t(loff_t, left, PAGE_SIZE));
	return bio;
}

static int blkdev_readpage(struct address_space *m, struct page *page)
{
	struct block_device *bdev = m->host->i_private;
	struct bio *bio = page_bio(bdev, page);
	unsigned int len;
	int err;

	if (!bio)
		return -ENOMEM;
	len = bio->bi_vec[0].bv_len;
	memset(page_address(page) + len, 0, PAGE_SIZE - len);
	err = submit_bio_wait(bio);
	bio_put(bio);
	if (!err)
		SetPageUptodate(page);
	return err;
}

/*
 * Which parts of a page are newer than the disk: page->private, one bit for each sector, and the number of bios
 * that carry some of them away.  A file system's metadata shares pages with what is a file's now, and
 * which the file's own pages know better: only what was changed here is written.
 */
#define PARTS_ALL	0xffUL
#define PARTS_BIO	(1UL << 16)

static unsigned long parts(unsigned int offset, unsigned int len)
{
	unsigned int first = offset >> SECTOR_SHIFT, end = (offset + len + SECTOR_SIZE - 1) >> SECTOR_SHIFT;

	return (1UL << end) - (1UL << first);
}

void bdev_dirty_part(struct page *page, unsigned int offset, unsigned int len)
{
	__atomic_fetch_or(&page->private, parts(offset, len), __ATOMIC_RELEASE);
	set_page_dirty(page);
}

void bdev_clean_part(struct page *page, unsigned int offset, unsigned int len)
{
	lock_page(page);		/* who is about to write them has taken them already, or will not */
	__atomic_fetch_and(&page->private, ~parts(offset, len), __ATOMIC_RELAXED);
	unlock_page(page);
	wait_on_page_writeback(page);
}

/* For write(2) and mappings of the special file. */
static int blkdev_prepare_write(struct address_space *m, struct page *page, unsigned int from, unsigned int to)
{
	int err = PageUptodate(page) || (!from && to == PAGE_SIZE) ? 0 : blkdev_readpage(m, page);

	if (!err)
		__atomic_fetch_or(&page->private, parts(from, to - from), __ATOMIC_RELEASE);
	return err;
}

static void end_write(struct bio *bio)
{
	struct page *page = bio->bi_vec[0].bv_page;

	if (bio->bi_status)
		mapping_set_error(page->mapping, bio->bi_status);
	if (__atomic_sub_fetch(&page->private, PARTS_BIO, __ATOMIC_ACQ_REL) < PARTS_BIO)
		end_page_writeback(page);
	bio_put(bio);
}

/* The sectors [@first, @end) of the page. */
static void write_parts(struct block_device *bdev, struct page *page, unsigned int first, unsigned int end)
{
	sector_t at = (sector_t)page->index << (PAGE_SHIFT - SECTOR_SHIFT);
	struct bio *bio = bio_alloc(bdev, BIO_WRITE, at + first, 1, GFP_KERNEL);

	bio_add_page(bio, page, first << SECTOR_SHIFT, (end - first) << SECTOR_SHIFT);
	bio->bi_end_io = end_write;
	submit_bio(bio);
}

/* A row of ones in @mask from bit @from on: false, or [*first, *end). */
static bool next_parts(unsigned long mask, unsigned int from, unsigned int *first, unsigned int *end)
{
	for (*first = from; *first < 8 && !(mask >> *first & 1); ++*first)
		;
	for (*end = *first; *end < 8 && (mask >> *end & 1); ++*end)
		;
	return *first < 8;
}

/* @mask in whole blocks of the device, and not beyond its end. */
static unsigned long whole_blocks(struct block_device *bdev, struct page *page, unsigned long mask)
{
	loff_t left = bdev->bd_inode->i_size - ((loff_t)page->index << PAGE_SHIFT);
	unsigned int n = bdev_logical_block_size(bdev) >> SECTOR_SHIFT;
	unsigned long block = (1UL << n) - 1, whole = 0;

	for (unsigned int i = 0; i < 8; i += n)
		if (mask >> i & block)
			whole |= block << i;
	return left < (loff_t)PAGE_SIZE ? whole & (parts(0, left)) : whole;
}

static int blkdev_writepage(struct address_space *m, struct page *page)
{
	struct block_device *bdev = m->host->i_private;
	unsigned int first, end = 0, bios = 0;
	unsigned long mask;

	clear_page_dirty(page);		/* before the mask is taken: what comes later makes it dirty again */
	mask = __atomic_fetch_and(&page->private, ~PARTS_ALL, __ATOMIC_ACQUIRE) & PARTS_ALL;
	mask = whole_blocks(bdev, page, mask);
	while (next_parts(mask, end, &first, &end))
		bios++;
	if (!bios) {
		unlock_page(page);
		return 0;
	}
	__atomic_fetch_add(&page->private, bios * PARTS_BIO, __ATOMIC_RELAXED);
	set_page_writeback(page);
	unlock_page(page);
	end = 0;
	while (next_parts(mask, end, &first, &end))
		write_parts(bdev, page, first, end);
	return 0;
}

static bool blkdev_map(struct address_space *m, pgoff_t index, struct mpage_run *run)
{
	loff_t left = m->host->i_size - ((loff_t)index << PAGE_SHIFT);

	run->bdev = m->host->i_private;
	run->sector = (sector_t)index << (PAGE_SHIFT - SECTOR_SHIFT);
	run->len = min_t(loff_t, left, PAGE_SIZE);
	return true;
}

static void blkdev_readahead(struct address_space *m, struct page **pages, unsigned int nr)
{
	mpage_readahead(m, pages, nr, blkdev_map);
}

static const struct address_space_operations blkdev_aops = {
	.readpage = blkdev_readpage, .readahead = blkdev_readahead, .writepage = blkdev_writepage, .prepare_write = blkdev_prepare_write,
};

/* ---- the inode of a device ---- */

static struct mount *bdev_mount;
static struct file_system_type bdev_fs = { .name = "bdev", .mount = pseudo_mount, .nodev = true };

int bdev_make_inode(struct block_device *bdev)
{
	struct inode *i;

	if (!bdev_mount) {
		struct mount *m = kern_mount(&bdev_fs);

		if (IS_ERR(m))
			return PTR_ERR(m);
		bdev_mount = m;
	}
	i = new_inode(bdev_mount->sb, S_IFBLK | 0600);
	if (!i)
		return -ENOMEM;
	i->i_rdev = bdev->bd_dev;
	i->i_private = bdev;
	i->i_data.a_ops = &blkdev_aops;
	set_bit(AS_BDEV, &i->i_data.flags);
	bdev->bd_inode = i;
	return 0;
}

void bdev_set_size(struct block_device *bdev)
{
	WRITE_ONCE(bdev->bd_inode->i_size, (loff_t)bdev->bd_nr_sectors << SECTOR_SHIFT);
}

void bdev_kill_cache(struct block_device *bdev)
{
	truncate_inode_pages(bdev->bd_inode->i_mapping, 0);
}

int sync_blockdev(struct block_device *bdev)
{
	int err = filemap_write_and_wait(bdev->bd_inode->i_mapping), flush = blkdev_issue_flush(bdev);

	return err ? err : flush;
}

/* ---- files ---- */

static struct block_device *file_bdev(const struct file *f)
{
	return f->private_data;
}

static int blkdev_open(struct inode *inode, struct file *f)
{
	struct block_device *bdev = f->f_flags & O_DIRECT ? ERR_PTR(-EINVAL) : blkdev_get(inode->i_rdev, false);
	int err = 0;

	if (IS_ERR(bdev))
		return PTR_ERR(bdev);
	if (f->f_flags & O_EXCL)
		err = bd_claim(bdev, f);
	if (err) {
		blkdev_put(bdev);
		return err;
	}
	f->private_data = bdev;
	inode->i_mapping = bdev->bd_inode->i_mapping;	/* the same each time */
	if (f->f_flags & O_EXCL)
		f->f_mode |= FMODE_EXCL;
	return 0;
}

static void blkdev_release(struct inode *inode, struct file *f)
{
	struct block_device *bdev = file_bdev(f);

	if (f->f_mode & FMODE_EXCL)
		bd_release(bdev, f);
	blkdev_put(bdev);
}

static int blkdev_fsync(struct file *f, int datasync)
{
	struct block_device *bdev = file_bdev(f);
	int err = filemap_write_and_wait(bdev->bd_inode->i_mapping);
	int flush = blkdev_issue_flush(bdev), seen = file_check_wb_err(f);

	return seen ? seen : err ? err : flush;
}

/* Nothing is written beyond the end: the device does not grow. */
static ssize_t blkdev_write(struct file *f, const char __user *buf, size_t len, loff_t *pos)
{
	loff_t size = file_bdev(f)->bd_inode->i_size;
	ssize_t n;

	if (file_bdev(f)->bd_disk->read_only)
		return -EPERM;
	if (!len)
		return 0;
	if (*pos >= size)
		return -ENOSPC;
	n = generic_file_write(f, buf, min_t(loff_t, len, size - *pos), pos);
	if (n > 0 && (f->f_flags & O_DSYNC)) {
		int err = blkdev_fsync(f, 1);

		if (err)
			return err;
	}
	return n;
}

static loff_t blkdev_llseek(struct file *f, loff_t off, int whence)
{
	loff_t size = file_bdev(f)->bd_inode->i_size;

	switch (whence) {
	case SEEK_SET:
		break;
	case SEEK_CUR:
		off += f->f_pos;
		break;
	case SEEK_END:
		off += size;
		break;
	default:
		return -EINVAL;
	}
	if (off < 0 || off > size)
		return -EINVAL;
	return f->f_pos = off;
}

/* The block of the cache as Linux chooses it: the largest power of two, up to a page, that the size is a multiple of. */
static unsigned int block_size(const struct block_device *bdev)
{
	unsigned int size = bdev_logical_block_size(bdev);

	while (size < PAGE_SIZE && !(bdev->bd_inode->i_size & size))
		size *= 2;
	return size;
}

/* Write and forget what is cached. */
static long flush_buffers(struct block_device *bdev)
{
	if (!capable_root())
		return -EACCES;
	filemap_write_and_wait(bdev->bd_inode->i_mapping);
	invalidate_mapping_pages(bdev->bd_inode->i_mapping, 0, ~0UL);
	return 0;
}

static long reread_partitions(struct block_device *bdev)
{
	long err;

	if (!capable_root())
		return -EACCES;
	if (bdev->bd_partno)
		return -EINVAL;
	mutex_lock(&bdev->bd_disk->open_mutex);
	err = rescan_partitions(bdev->bd_disk);
	mutex_unlock(&bdev->bd_disk->open_mutex);
	return err;
}

static long blkdev_ioctl(struct file *f, unsigned int cmd, unsigned long arg)
{
	struct block_device *bdev = file_bdev(f);

	switch (cmd) {
	case BLKGETSIZE64:
		return put_user((u64)bdev->bd_inode->i_size, (u64 __user *)arg);
	case BLKGETSIZE:
		return put_user(bdev->bd_nr_sectors, (unsigned long __user *)arg);
	case BLKSSZGET:
	case BLKPBSZGET:
	case BLKIOMIN:
		return put_user(bdev_logical_block_size(bdev), (unsigned int __user *)arg);
	case BLKIOOPT:
		return put_user(0U, (unsigned int __user *)arg);
	case BLKBSZGET:
		return put_user(block_size(bdev), (unsigned int __user *)arg);
	case BLKROGET:
		return put_user((unsigned int)bdev_read_only(bdev), (unsigned int __user *)arg);
	case BLKFLSBUF:
		return flush_buffers(bdev);
	case BLKRRPART:
		return reread_partitions(bdev);
	}
	return -ENOTTY;
}

static int blkdev_mmap(struct file *f, struct vm_area_struct *vma)
{
	file_accessed(f);
	return generic_file_mmap(f, vma);
}

const struct file_operations def_blk_fops = {
	.open = blkdev_open,
	.release = blkdev_release,
	.read = generic_file_read,
	.write = blkdev_write,
	.llseek = blkdev_llseek,
	.ioctl = blkdev_ioctl,
	.mmap = blkdev_mmap,
	.fsync = blkdev_fsync,
};
