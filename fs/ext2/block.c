/*
 * fs/ext2/block.c - blocks of metadata: bitmaps, descriptors, inode tables, indirect blocks, directories
 *
 * Purpose:    they are parts of pages of the device's cache, read when they are needed, changed in place, and
 *             written like any dirty page.
 * Invariants: a page may hold several blocks, and some of them may be a file's, of which the file's own pages
 *             know more than this one.  So a page here remembers which of its parts were changed (bdev_dirty_part()),
 *             and only these are written; a block that is freed is taken back from them, so that a late
 *             write cannot fall on the data of the file that got it next.
 * Lock order: page lock of the data > truncate_mutex > s_lock > page lock of the device's pages, with nothing
 *             taken under that.
 * Simplified: no buffer heads.
 */
#include <mm.h>
#include <pagemap.h>
#include <string.h>
#include <time.h>
#include "ext2.h"

static unsigned int blocks_per_page_bits(const struct super_block *sb)
{
	return PAGE_SHIFT - EXT2_SB(sb)->s_blocksize_bits;
}

int ext2_bread(struct super_block *sb, u32 block, struct ext2_buf *b)
{
	unsigned int bits = blocks_per_page_bits(sb);
	struct page *page = read_mapping_page(bdev_inode(sb->s_bdev)->i_mapping, block >> bits);

	if (IS_ERR(page))
		return PTR_ERR(page);
	b->page = page;
	b->block = block;
	b->data = page_address(page) + ((block & ((1U << bits) - 1)) << EXT2_SB(sb)->s_blocksize_bits);
	return 0;
}

/*
 * The same for who gives back: what was half freed would be lost, so want of memory is waited for; not for ever,
 * since whoever could end it may be waiting for us.
 */
int ext2_bread_patient(struct super_block *sb, u32 block, struct ext2_buf *b)
{
	int err = -ENOMEM;

	for (unsigned int tries = 0; tries < 1000 && err == -ENOMEM; tries++) {
		if (tries)
			msleep(1);
		err = ext2_bread(sb, block, b);
	}
	return err;
}

int ext2_bnew(struct super_block *sb, u32 block, struct ext2_buf *b)
{
	int err = ext2_bread(sb, block, b);

	if (!err)
		memset(b->data, 0, sb->s_blocksize);
	return err;
}

int ext2_first_block(struct inode *inode, struct ext2_buf *b)
{
	u32 block;
	long n = ext2_get_blocks(inode, 0, 1, true, &block, NULL);

	return n < 0 ? (int)n : ext2_bnew(inode->i_sb, block, b);
}

void ext2_brelse(struct ext2_buf *b)
{
	if (b->page)
		put_page(b->page);
	b->page = NULL;
}

void ext2_bdirty(struct super_block *sb, struct ext2_buf *b)
{
	bdev_dirty_part(b->page, offset_in_page((unsigned long)b->data), sb->s_blocksize);
}

void ext2_bforget(struct super_block *sb, u32 block)
{
	unsigned int bits = blocks_per_page_bits(sb);
	struct page *page = find_get_page(bdev_inode(sb->s_bdev)->i_mapping, block >> bits);

	if (!page)
		return;
	bdev_clean_part(page, (block & ((1U << bits) - 1)) << EXT2_SB(sb)->s_blocksize_bits, sb->s_blocksize);
	put_page(page);
}
