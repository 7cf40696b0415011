/*
 * fs/ext2/dir.c - directories: files of records, a number and a name each
 *
 * Purpose:    find, add, change and take away a name; read all of them.
 * Invariants: records fill their block; none reaches over its end.  Nothing of a block is believed before the
 *             whole of what is passed on the way has been checked.
 * Lock order: the directory's i_rwsem (for writing, to change) > truncate_mutex > pages of the device's cache.
 * Simplified: directories are read through the device's cache, not their own; the index that others may have put
 *             there is not used, and its flag is taken away with the first change.
 * Sources:    Card, Ts'o, Tweedie, "Design and Implementation of the Second Extended Filesystem".
 */
#include <mm.h>
#include <sched.h>
#include <string.h>
#include <uapi/dirent.h>
#include <uapi/unistd.h>
#include "ext2.h"

static const unsigned char type_of[8] = {
	DT_UNKNOWN, DT_REG, DT_DIR, DT_CHR, DT_BLK, DT_FIFO, DT_SOCK, DT_LNK
};

static u8 file_type(struct super_block *sb, umode_t mode)
{
	if (!(EXT2_SB(sb)->s_es->s_feature_incompat & EXT2_INCOMPAT_FILETYPE))
		return 0;
	for (u8 t = 1; t < 8; t++)
		if (type_of[t] == mode >> 12)
			return t;
	return 0;
}

static u32 nr_blocks(const struct inode *dir)
{
	return dir->i_size >> EXT2_SB(dir->i_sb)->s_blocksize_bits;
}

/* Block @n of a directory. */
static int read_block(struct inode *dir, u32 n, struct ext2_buf *b)
{
	u32 block;
	long got = ext2_get_blocks(dir, n, 1, false, &block, NULL);

	if (got < 0)
		return got;
	if (!block)
		return ext2_error(dir->i_sb, "directory %lu: block %u is a hole", (unsigned long)dir->i_ino, n);
	return ext2_bread(dir->i_sb, block, b);
}

/* What is wrong with the record at @off of a block of @size bytes; NULL: nothing. */
static const char *record_fault(struct super_block *sb, const struct ext2_dirent *de, u32 off, u32 size)
{
	if (size - off < EXT2_DIR_REC_LEN(1))
		return "begins too near the end of the block";
	if (de->rec_len < EXT2_DIR_REC_LEN(1))
		return "is shorter than any";
	if (de->rec_len & (EXT2_DIR_PAD - 1))
		return "has a length that is no multiple of 4";
	if (de->rec_len < EXT2_DIR_REC_LEN(de->name_len))
		return "is too short for its name";
	if (de->rec_len > size - off)
		return "reaches over the end of the block";
	if (de->inode > EXT2_SB(sb)->s_inodes_count)
		return "names an inode that does not exist";
	return NULL;
}

/* The record at @off of block @n: NULL when it cannot be one. */
static struct ext2_dirent *record_at(struct inode *dir, const struct ext2_buf *b, u32 n, u32 off)
{
	struct ext2_dirent *de = b->data + off;
	const char *fault = record_fault(dir->i_sb, de, off, dir->i_sb->s_blocksize);

	if (!fault)
		return de;
	ext2_error(dir->i_sb, "directory %lu: the record at %u of block %u %s", (unsigned long)dir->i_ino, off, n, fault);
	return NULL;
}

static bool is_name(const struct ext2_dirent *de, const char *name, unsigned int len)
{
	return de->inode && de->name_len == len && !memcmp(de->name, name, len);
}

/* ---- finding ---- */

static int find_in_block(struct inode *dir, u32 n, const char *name, unsigned int len, struct ext2_entry *e)
{
	e->prev = NULL;
	for (u32 off = 0; off < dir->i_sb->s_blocksize; off += e->de->rec_len) {
		e->de = record_at(dir, &e->buf, n, off);
		if (!e->de)
			return -EUCLEAN;
		if (is_name(e->de, name, len))
			return 0;
		e->prev = e->de;
	}
	return -ENOENT;
}

/* The record of a name; e->buf is to be released.  0, -ENOENT, -EUCLEAN, -EIO. */
int ext2_find_entry(struct inode *dir, const char *name, unsigned int len, struct ext2_entry *e)
{
	for (u32 n = 0; n < nr_blocks(dir); n++) {
		int err = read_block(dir, n, &e->buf);

		if (!err) {
			err = find_in_block(dir, n, name, len, e);
			if (!err)
				return 0;
			ext2_brelse(&e->buf);
		}
		if (err != -ENOENT)
			return err;
		cond_resched();
	}
	return -ENOENT;
}

int ext2_dotdot(struct inode *dir, struct ext2_entry *e)
{
	return ext2_find_entry(dir, "..", 2, e);
}

/* ---- changing ---- */

/* The directory has changed. */
static void touch_dir(struct inode *dir)
{
	dir->i_mtime = dir->i_ctime = current_time_ns();
	EXT2_I(dir)->i_flags &= ~EXT2_INDEX_FL;
	mark_inode_dirty(dir);
}

static void fill_record(struct super_block *sb, struct ext2_dirent *de, const char *name, unsigned int len,
			const struct inode *inode)
{
	de->name_len = len;
	de->file_type = file_type(sb, inode->i_mode);
	memcpy(de->name, name, len);
	de->inode = inode->i_ino;
}

/* Put a record of @need bytes into the unused rest of one in block @n.  0, -ENOSPC: no room, -EUCLEAN. */
static int add_in_block(struct inode *dir, u32 n, struct ext2_buf *b, const char *name, unsigned int len,
			const struct inode *inode)
{
	u32 need = EXT2_DIR_REC_LEN(len), used;
	struct ext2_dirent *de;

	for (u32 off = 0; off < dir->i_sb->s_blocksize; off += de->rec_len) {
		de = record_at(dir, b, n, off);
		if (!de)
			return -EUCLEAN;
		used = de->inode ? EXT2_DIR_REC_LEN(de->name_len) : 0;
		if (de->rec_len < used + need)
			continue;
		if (used) {
			struct ext2_dirent *rest = (void *)de + used;

			rest->rec_len = de->rec_len - used;
			de->rec_len = used;
			de = rest;
		}
		fill_record(dir->i_sb, de, name, len, inode);
		return 0;
	}
	return -ENOSPC;
}

/* A new block at the end, whose only record is this one. */
static int add_block(struct inode *dir, const char *name, unsigned int len, const struct inode *inode)
{
	struct super_block *sb = dir->i_sb;
	struct ext2_dirent *de;
	struct ext2_buf b;
	u32 block;
	long n;
	int err;

	n = ext2_get_blocks(dir, nr_blocks(dir), 1, true, &block, NULL);
	if (n < 0)
		return n;
	err = ext2_bnew(sb, block, &b);
	if (err) {
		ext2_truncate_blocks(dir, nr_blocks(dir));
		return err;
	}
	de = b.data;
	de->rec_len = sb->s_blocksize;
	fill_record(sb, de, name, len, inode);
	ext2_bdirty(sb, &b);
	ext2_brelse(&b);
	dir->i_size += sb->s_blocksize;
	return 0;
}

/* A name that is not there yet. */
int ext2_add_link(struct inode *dir, const char *name, unsigned int len, struct inode *inode)
{
	int err = -ENOSPC;

	for (u32 n = 0; n < nr_blocks(dir) && err == -ENOSPC; n++) {
		struct ext2_buf b;

		err = read_block(dir, n, &b);
		if (err)
			return err;
		err = add_in_block(dir, n, &b, name, len, inode);
		if (!err)
			ext2_bdirty(dir->i_sb, &b);
		ext2_brelse(&b);
		cond_resched();
	}
	if (err == -ENOSPC)
		err = add_block(dir, name, len, inode);
	if (!err)
		touch_dir(dir);
	return err;
}

/* The record before it takes its room; the first of a block becomes an empty one.  Releases e->buf. */
int ext2_delete_entry(struct inode *dir, struct ext2_entry *e)
{
	if (e->prev)
		e->prev->rec_len += e->de->rec_len;
	e->de->inode = 0;
	ext2_bdirty(dir->i_sb, &e->buf);
	ext2_brelse(&e->buf);
	touch_dir(dir);
	return 0;
}

/* The name stands for another inode from now on.  Releases e->buf. */
void ext2_set_link(struct inode *dir, struct ext2_entry *e, struct inode *inode)
{
	e->de->inode = inode->i_ino;
	e->de->file_type = file_type(dir->i_sb, inode->i_mode);
	ext2_bdirty(dir->i_sb, &e->buf);
	ext2_brelse(&e->buf);
	touch_dir(dir);
}

/* The first block of a new directory: itself, and its parent. */
int ext2_make_empty(struct inode *inode, struct inode *parent)
{
	struct super_block *sb = inode->i_sb;
	struct ext2_dirent *de;
	struct ext2_buf b;
	int err = ext2_first_block(inode, &b);

	if (err)
		return err;
	de = b.data;
	de->rec_len = EXT2_DIR_REC_LEN(1);
	fill_record(sb, de, ".", 1, inode);
	de = b.data + de->rec_len;
	de->rec_len = sb->s_blocksize - EXT2_DIR_REC_LEN(1);
	fill_record(sb, de, "..", 2, parent);
	ext2_bdirty(sb, &b);
	ext2_brelse(&b);
	inode->i_size = sb->s_blocksize;
	mark_inode_dirty(inode);
	return 0;
}

static int block_is_empty(struct inode *dir, u32 n, const struct ext2_buf *b)
{
	const struct ext2_dirent *de;

	for (u32 off = 0; off < dir->i_sb->s_blocksize; off += de->rec_len) {
		de = record_at(dir, b, n, off);
		if (!de)
			return -EUCLEAN;
		if (de->inode && !is_name(de, ".", 1) && !is_name(de, "..", 2))
			return -ENOTEMPTY;
	}
	return 0;
}

int ext2_empty_dir(struct inode *dir)
{
	int err = 0;

	for (u32 n = 0; n < nr_blocks(dir) && !err; n++) {
		struct ext2_buf b;

		err = read_block(dir, n, &b);
		if (err)
			break;
		err = block_is_empty(dir, n, &b);
		ext2_brelse(&b);
		cond_resched();
	}
	return err;
}

/* ---- reading ---- */

/*
 * The first record of the block that begins at @from or behind it: a name that was there when the position was taken
 * may have gone, and its place with it.  The block's size: none; or -EUCLEAN.
 */
static int record_from(struct inode *dir, const struct ext2_buf *b, u32 n, u32 from)
{
	u32 off = 0;

	while (off < from) {
		const struct ext2_dirent *de = record_at(dir, b, n, off);

		if (!de)
			return -EUCLEAN;
		off += de->rec_len;
	}
	return off;
}

/* Give out the records of block @n from ctx->pos on.  1: all of them; 0: the reader's buffer is full; -EUCLEAN. */
static int emit_block(struct inode *dir, u32 n, const struct ext2_buf *b, struct dir_context *ctx)
{
	u32 size = dir->i_sb->s_blocksize;
	loff_t start = (loff_t)n * size;
	int off = record_from(dir, b, n, ctx->pos - start);

	if (off < 0)
		return off;
	ctx->pos = start + off;
	while ((u32)off < size) {
		const struct ext2_dirent *de = record_at(dir, b, n, off);

		if (!de)
			return -EUCLEAN;
		if (de->inode && !dir_emit(ctx, de->name, de->name_len, de->inode,
					   de->file_type < 8 ? type_of[de->file_type] : DT_UNKNOWN))
			return 0;
		off += de->rec_len;
		ctx->pos = start + off;		/* not to be given out again if the next one is damaged */
	}
	return 1;
}

static int ext2_readdir(struct file *f, struct dir_context *ctx)
{
	struct inode *dir = f->f_inode;
	unsigned int bits = EXT2_SB(dir->i_sb)->s_blocksize_bits;
	int more = 1;

	while (more == 1 && ctx->pos >> bits < nr_blocks(dir)) {
		u32 n = ctx->pos >> bits;
		struct ext2_buf b;

		more = read_block(dir, n, &b);
		if (more)
			break;
		more = emit_block(dir, n, &b, ctx);
		ext2_brelse(&b);
		if (fatal_signal_pending(current))
			return -EINTR;
		cond_resched();
	}
	return min(more, 0);
}

const struct file_operations ext2_dir_operations = {
	.read = generic_read_dir,
	.llseek = generic_file_llseek,
	.iterate = ext2_readdir,
	.fsync = ext2_fsync,
};
