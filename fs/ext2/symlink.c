/*
 * fs/ext2/symlink.c - symbolic links: the text in the inode itself, or in a block
 *
 * Purpose:    up to 59 bytes fit where a file has its block numbers; a longer text has a block, and less than that.
 * Sources:    Card, Ts'o, Tweedie, "Design and Implementation of the Second Extended Filesystem".
 */
#include <mm.h>
#include <string.h>
#include "ext2.h"

bool ext2_is_fast_symlink(const struct inode *inode)
{
	const struct ext2_inode_info *ei = EXT2_I(inode);

	return S_ISLNK(inode->i_mode) && inode->i_blocks == (ei->i_file_acl ? ext2_sectors(inode->i_sb, 1) : 0);
}

static ssize_t fast_readlink(struct inode *inode, char *buf, size_t size)
{
	size_t n = min((size_t)inode->i_size, size);

	memcpy(buf, EXT2_I(inode)->i_data, n);
	return strnlen(buf, n);
}

static ssize_t slow_readlink(struct inode *inode, char *buf, size_t size)
{
	size_t n = min((size_t)inode->i_size, size);
	struct ext2_buf b;
	u32 block;
	long got = ext2_get_blocks(inode, 0, 1, false, &block, NULL);

	if (got < 0)
		return got;
	if (!block)
		return ext2_error(inode->i_sb, "symbolic link %lu has no text", (unsigned long)inode->i_ino);
	got = ext2_bread(inode->i_sb, block, &b);
	if (got)
		return got;
	memcpy(buf, b.data, n);
	ext2_brelse(&b);
	return strnlen(buf, n);
}

static int write_text(struct inode *inode, const char *target, unsigned int len)
{
	struct ext2_buf b;
	int err = ext2_first_block(inode, &b);

	if (err)
		return err;
	memcpy(b.data, target, len);
	ext2_bdirty(inode->i_sb, &b);
	ext2_brelse(&b);
	return 0;
}

/* The text of a new link.  0, -ENAMETOOLONG, -ENOSPC, -EIO. */
int ext2_set_symlink(struct inode *inode, const char *target, unsigned int len)
{
	int err = 0;

	if (len >= inode->i_sb->s_blocksize)
		return -ENAMETOOLONG;
	if (len < sizeof(EXT2_I(inode)->i_data)) {
		memcpy(EXT2_I(inode)->i_data, target, len);
		inode->i_op = &ext2_fast_symlink_inode_operations;
	} else {
		err = write_text(inode, target, len);
		inode->i_op = &ext2_symlink_inode_operations;
	}
	inode->i_size = len;
	mark_inode_dirty(inode);
	return err;
}

const struct inode_operations ext2_symlink_inode_operations = {
	.readlink = slow_readlink, .getattr = ext2_getattr,
};
const struct inode_operations ext2_fast_symlink_inode_operations = {
	.readlink = fast_readlink, .getattr = ext2_getattr,
};
