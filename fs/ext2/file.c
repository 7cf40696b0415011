/*
 * fs/ext2/file.c - the data of files: pages of the cache from and to blocks
 *
 * Purpose:    a page is one to four blocks, which may lie anywhere or nowhere.  Blocks in a row go in one bio.
 * Invariants: a block is found on the disk when the page is about to be written (->prepare_write), so that want of
 *             room is told to who writes; what is written later has its place.  A block that is new and whose page
 *             is not to be filled whole is zeroes, and dirty: what lay there before is never seen.
 *             While blocks of a page are under way page->private counts their bios.
 * Lock order: page lock > truncate_mutex.
 * Sources:    Gorman, "Understanding the Linux Virtual Memory Manager", Page Cache Management; lseek(2).
 */
#include <mm.h>
#include <mpage.h>
#include <pagemap.h>
#include <sched.h>
#include <string.h>
#include <uapi/unistd.h>
#include "ext2.h"

static unsigned int blocks_per_page(const struct inode *inode)
{
	return PAGE_SIZE >> EXT2_SB(inode->i_sb)->s_blocksize_bits;
}

static u64 first_block(const struct inode *inode, const struct page *page)
{
	return (u64)page->index << (PAGE_SHIFT - EXT2_SB(inode->i_sb)->s_blocksize_bits);
}

static sector_t block_sector(const struct inode *inode, u32 block)
{
	return (sector_t)block << (EXT2_SB(inode->i_sb)->s_blocksize_bits - SECTOR_SHIFT);
}

/* ---- reading ---- */

/* Blocks [@at, @at + @n) of the page, which lie in a row from @block on; 0: a hole. */
static int read_run(struct inode *inode, struct page *page, unsigned int at, unsigned int n, u32 block)
{
	unsigned int bits = EXT2_SB(inode->i_sb)->s_blocksize_bits;
	struct bio *bio;
	int err;

	if (!block) {
		memset(page_address(page) + (at << bits), 0, n << bits);
		return 0;
	}
	bio = bio_alloc(inode->i_sb->s_bdev, BIO_READ, block_sector(inode, block), 1, GFP_KERNEL);
	if (!bio)
		return -ENOMEM;
	bio_add_page(bio, page, at << bits, n << bits);
	err = submit_bio_wait(bio);
	bio_put(bio);
	return err;
}

static int ext2_readpage(struct address_space *m, struct page *page)
{
	struct inode *inode = m->host;
	unsigned int nr = blocks_per_page(inode), at = 0;
	u64 first = first_block(inode, page);

	while (at < nr) {
		u32 block;
		long n = ext2_get_blocks(inode, first + at, nr - at, false, &block, NULL);
		int err = n < 0 ? n : read_run(inode, page, at, n, block);

		if (err == -EFBIG)		/* the last page of the largest file reaches further */
			err = read_run(inode, page, at, n = nr - at, 0);
		if (err)
			return err == -ENOMEM ? err : -EIO;	/* whatever is wrong, to who reads it is this */
		at += n;
	}
	SetPageUptodate(page);
	return 0;
}

/* ---- about to be written ---- */

/* Have all blocks [@at, @end) of the page a place?  1: yes, 0: not all, or -errno. */
static int all_mapped(struct inode *inode, u64 first, unsigned int at, unsigned int end)
{
	while (at < end) {
		u32 block;
		long n = ext2_get_blocks(inode, first + at, end - at, false, &block, NULL);

		if (n < 0)
			return n;
		if (!block)
			return 0;
		at += n;
	}
	return 1;
}

/* What new blocks hold is what the page holds: zeroes, as long as it was a hole. */
static void settle_new(struct page *page)
{
	if (!PageUptodate(page)) {
		memset(page_address(page), 0, PAGE_SIZE);
		SetPageUptodate(page);
	}
	set_page_dirty(page);
}

/* Blocks [@at, @end) of the page get a place.  Those that got one before an error keep it. */
static int map_blocks(struct inode *inode, struct page *page, unsigned int at, unsigned int end)
{
	u64 first = first_block(inode, page);

	while (at < end) {
		bool new;
		u32 block;
		long n = ext2_get_blocks(inode, first + at, end - at, true, &block, &new);

		if (n < 0)
			return n;
		if (new)
			settle_new(page);
		at += n;
	}
	return 0;
}

/* Blocks that were found for a write that did not come about, beyond the end, are free again. */
static void drop_beyond_end(struct inode *inode)
{
	ext2_truncate_blocks(inode, ((u64)inode->i_size + inode->i_sb->s_blocksize - 1) >>
				    EXT2_SB(inode->i_sb)->s_blocksize_bits);
}

/*
 * The copy ended before what was prepared for: what lies behind the end of the file has never been written, and what
 * such blocks held before would be seen as soon as the file grows.
 */
static void ext2_write_stopped(struct address_space *m)
{
	drop_beyond_end(m->host);
}

static int ext2_prepare_write(struct address_space *m, struct page *page, unsigned int from, unsigned int to)
{
	struct inode *inode = m->host;
	unsigned int bits = EXT2_SB(inode->i_sb)->s_blocksize_bits;
	unsigned int at = from >> bits, end = (to + (1U << bits) - 1) >> bits;
	bool whole = !from && to == PAGE_SIZE;
	int err, mapped;

	if (sb_readonly(inode->i_sb))
		return -EROFS;
	mapped = all_mapped(inode, first_block(inode, page), at, end);
	if (mapped < 0)
		return mapped;
	if (mapped) {
		if (whole || PageUptodate(page))
			return 0;
		return ext2_readpage(m, page);
	}
	if (!PageUptodate(page) && !(whole && blocks_per_page(inode) == 1)) {
		err = ext2_readpage(m, page);
		if (err)
			return err;
	}
	err = map_blocks(inode, page, at, end);
	if (err && ((loff_t)page->index << PAGE_SHIFT) + to > inode->i_size)
		drop_beyond_end(inode);
	return err;
}

/* ---- writing ---- */

/* A transfer of a page's blocks has ended; with the last one the page's write-back. */
static void end_write(struct bio *bio)
{
	struct page *page = bio->bi_vec[0].bv_page;

	if (bio->bi_status)
		mapping_set_error(page->mapping, bio->bi_status);
	if (!__atomic_sub_fetch(&page->private, 1, __ATOMIC_ACQ_REL))
		end_page_writeback(page);
	bio_put(bio);
}

/* Blocks of a page in a row. */
struct run {
	u32 block;
	u8 at, n;
};

static bool all_zero(const void *p, size_t len)
{
	const u64 *w = p;

	for (size_t i = 0; i < len / sizeof(*w); i++)
		if (w[i])
			return false;
	return true;
}

/*
 * Where the first @nr blocks of the page go.  A hole stays one as long as it holds zeroes.  How many runs, or -errno:
 * only if somebody wrote into a hole without ->prepare_write.
 */
static int find_runs(struct inode *inode, struct page *page, unsigned int nr, struct run *runs)
{
	unsigned int bits = EXT2_SB(inode->i_sb)->s_blocksize_bits, at = 0;
	int count = 0;

	while (at < nr) {
		u64 iblock = first_block(inode, page) + at;
		u32 block;
		long n = ext2_get_blocks(inode, iblock, nr - at, false, &block, NULL);

		if (n < 0)
			return n;
		if (!block && !all_zero(page_address(page) + (at << bits), n << bits))
			n = ext2_get_blocks(inode, iblock, n, true, &block, NULL);
		if (n < 0)
			return n;
		if (block)
			runs[count++] = (struct run){ .block = block, .at = at, .n = n };
		at += n;
	}
	return count;
}

static void submit_run(struct inode *inode, struct page *page, const struct run *r)
{
	unsigned int bits = EXT2_SB(inode->i_sb)->s_blocksize_bits;
	struct bio *bio = bio_alloc(inode->i_sb->s_bdev, BIO_WRITE, block_sector(inode, r->block), 1, GFP_KERNEL);

	bio_add_page(bio, page, r->at << bits, r->n << bits);
	bio->bi_end_io = end_write;
	submit_bio(bio);
}

static int ext2_writepage(struct address_space *m, struct page *page)
{
	struct inode *inode = m->host;
	loff_t left = READ_ONCE(inode->i_size) - ((loff_t)page->index << PAGE_SHIFT);
	unsigned int bits = EXT2_SB(inode->i_sb)->s_blocksize_bits;
	struct run runs[PAGE_SIZE / EXT2_MIN_BLOCK_SIZE];
	int n = 0;

	if (left > 0) {
		if (left < (loff_t)PAGE_SIZE)	/* a mapping may have written behind the end */
			memset(page_address(page) + left, 0, PAGE_SIZE - left);
		n = find_runs(inode, page, (min_t(loff_t, left, PAGE_SIZE) + (1U << bits) - 1) >> bits, runs);
	}
	clear_page_dirty(page);
	if (n <= 0) {
		if (n < 0)
			mapping_set_error(m, n);
		unlock_page(page);
		return n;
	}
	page->private = n;
	set_page_writeback(page);
	unlock_page(page);
	for (int i = 0; i < n; i++)
		submit_run(inode, page, &runs[i]);
	return 0;
}

/* For read-ahead: is the page, up to the end of the file, one run of blocks? */
static bool ext2_map(struct address_space *m, pgoff_t index, struct mpage_run *run)
{
	struct inode *inode = m->host;
	unsigned int bits = EXT2_SB(inode->i_sb)->s_blocksize_bits;
	loff_t left = READ_ONCE(inode->i_size) - ((loff_t)index << PAGE_SHIFT);
	unsigned int nr = (min_t(loff_t, left, PAGE_SIZE) + (1U << bits) - 1) >> bits;
	u32 block;

	if (left <= 0 || ext2_get_blocks(inode, (u64)index << (PAGE_SHIFT - bits), nr, false, &block, NULL) != nr || !block)
		return false;
	*run = (struct mpage_run){ inode->i_sb->s_bdev, block_sector(inode, block), nr << bits };
	return true;
}

static void ext2_readahead(struct address_space *m, struct page **pages, unsigned int nr)
{
	mpage_readahead(m, pages, nr, ext2_map);
}

static long ext2_bmap(struct address_space *m, u64 iblock, unsigned long max, u64 *at)
{
	u32 block;
	long n = ext2_get_blocks(m->host, iblock, max, false, &block, NULL);

	*at = block;
	return n;
}

const struct address_space_operations ext2_aops = {
	.readahead = ext2_readahead,
	.readpage = ext2_readpage,
	.writepage = ext2_writepage,
	.prepare_write = ext2_prepare_write,
	.write_stopped = ext2_write_stopped,
	.bmap = ext2_bmap,
};

/* ---- files ---- */

static ssize_t ext2_file_write(struct file *file, const char __user *buf, size_t len, loff_t *pos)
{
	u64 max = EXT2_SB(file->f_inode->i_sb)->s_maxbytes;
	u64 at = file->f_flags & O_APPEND ? READ_ONCE(file->f_inode->i_size) : *pos;
	ssize_t n;

	if (len && at >= max)
		return -EFBIG;
	n = generic_file_write(file, buf, min_t(u64, len, max - at), pos);
	if (n > 0 && ((file->f_flags & O_DSYNC) || (EXT2_I(file->f_inode)->i_flags & EXT2_SYNC_FL))) {
		int err = ext2_fsync(file, (file->f_flags & O_SYNC) != O_SYNC);

		if (err)
			return err;
	}
	return n;
}

int ext2_fsync(struct file *file, int datasync)
{
	struct inode *inode = file->f_inode;
	struct super_block *sb = inode->i_sb;
	int err = filemap_write_and_wait(&inode->i_data), e;

	e = sync_inode_metadata(inode, datasync ? I_DIRTY_DATASYNC : I_DIRTY_SYNC | I_DIRTY_DATASYNC);
	err = err ? err : e;
	/* all blocks of metadata: indirect ones of this file, bitmaps, and others' */
	e = sync_blockdev(sb->s_bdev);
	err = err ? err : e;
	e = file_check_wb_err(file);
	return e ? e : err;
}

/* The first position from @off on that is data, or a hole; the end of the file is one. */
static loff_t seek_block(struct inode *inode, loff_t off, bool want_data)
{
	unsigned int bits = EXT2_SB(inode->i_sb)->s_blocksize_bits;

	if (off < 0 || off >= inode->i_size)
		return -ENXIO;
	while (off < inode->i_size) {
		u32 block;
		long n = ext2_get_blocks(inode, off >> bits, 1UL << 30, false, &block, NULL);

		if (n < 0)
			return n;
		if (!!block == want_data)
			return off;
		off = ((off >> bits) + n) << bits;
		if (fatal_signal_pending(current))
			return -EINTR;
		cond_resched();
	}
	return want_data ? -ENXIO : inode->i_size;
}

static loff_t ext2_llseek(struct file *f, loff_t off, int whence)
{
	loff_t max = EXT2_SB(f->f_inode->i_sb)->s_maxbytes, old = f->f_pos;

	if (whence == SEEK_DATA || whence == SEEK_HOLE) {
		down_read(&f->f_inode->i_rwsem);
		off = seek_block(f->f_inode, off, whence == SEEK_DATA);
		up_read(&f->f_inode->i_rwsem);
		if (off >= 0)
			f->f_pos = off;
		return off;
	}
	off = generic_file_llseek(f, off, whence);
	if (off > max) {
		f->f_pos = old;
		return -EINVAL;
	}
	return off;
}

const struct file_operations ext2_file_operations = {
	.read = generic_file_read,
	.write = ext2_file_write,
	.llseek = ext2_llseek,
	.mmap = generic_file_mmap,
	.fsync = ext2_fsync,
};

const struct inode_operations ext2_file_inode_operations = {
	.truncate = ext2_setsize,
	.getattr = ext2_getattr,
};
