/*
 * fs/ext2/inode.c - inodes: read, written, freed; and which blocks each has
 *
 * Purpose:    from a block of a file to a block of the disk:
 *
 *               i_data[0..11] -------------------------------> data
 *               i_data[12] -> indirect ----------------------> data
 *               i_data[13] -> doubly -> indirect ------------> data
 *               i_data[14] -> triply -> doubly -> indirect --> data
 *
 *             A number 0 anywhere is a hole, as large as what would hang from it.
 * Invariants: a block number from the disk is used only after ext2_block_valid(); new blocks are joined to the file
 *             when all of them have been found, so that a failure leaves it as it was; i_blocks counts all of them,
 *             indirect ones too.
 * Lock order: truncate_mutex > sbi->s_lock > pages of the device's cache.
 * Sources:    Bovet & Cesati, "Understanding the Linux Kernel", The Ext2 and Ext3 Filesystems.
 */
#include <mm.h>
#include <pagemap.h>
#include <sched.h>
#include <slab.h>
#include <string.h>
#include <time.h>
#include "ext2.h"

struct ext2_inode_info *ext2_alloc_info(void)
{
	struct ext2_inode_info *ei = kzalloc(sizeof(*ei), GFP_KERNEL);

	if (ei)
		mutex_init_class(&ei->truncate_mutex, "ext2_inode->truncate_mutex");
	return ei;
}

/* ---- the way to a block ---- */

/* A way through the tree: how many steps, and which slot is taken at each. */
struct path_to_block {
	unsigned int depth;
	u32 slot[4];
};

/* False: beyond what the tree can hold. */
static bool block_path(const struct ext2_sb_info *sbi, u64 iblock, struct path_to_block *p)
{
	u64 n = sbi->s_addr_per_block;

	if (iblock < EXT2_NDIR_BLOCKS) {
		p->depth = 1;
		p->slot[0] = iblock;
		return true;
	}
	iblock -= EXT2_NDIR_BLOCKS;
	for (p->depth = 2; p->depth <= 4; p->depth++) {
		u64 reach = 1;

		for (unsigned int i = 1; i < p->depth; i++)
			reach *= n;
		if (iblock < reach) {
			p->slot[0] = EXT2_IND_BLOCK + p->depth - 2;
			for (unsigned int i = p->depth - 1; i >= 1; i--) {
				p->slot[i] = iblock % n;
				iblock /= n;
			}
			return true;
		}
		iblock -= reach;
	}
	return false;
}

/* A table of block numbers on the way: the inode's own, or an indirect block. */
struct level {
	u32 *table;
	unsigned int size;		/* slots */
	struct ext2_buf buf;		/* page NULL: the inode's */
	u32 block;
};

static int bad_block(struct inode *inode, u32 block)
{
	return ext2_error(inode->i_sb, "inode %lu: block %u cannot belong to a file", (unsigned long)inode->i_ino, block);
}

/* Go down to the table in @block.  The table that @l was is released. */
static int descend(struct inode *inode, struct level *l, u32 block)
{
	struct ext2_buf next;
	int err;

	if (!ext2_block_valid(inode->i_sb, block))
		return bad_block(inode, block);
	err = ext2_bread(inode->i_sb, block, &next);
	if (err)
		return err;
	ext2_brelse(&l->buf);
	l->buf = next;
	l->table = next.data;
	l->size = EXT2_SB(inode->i_sb)->s_addr_per_block;
	l->block = block;
	return 0;
}

/* How many of @table from @slot on name blocks in a row (or, after 0, nothing), up to @max. */
static u32 run_length(const struct level *l, u32 slot, unsigned long max)
{
	u32 first = l->table[slot], n = 1;

	max = min(max, (unsigned long)(l->size - slot));
	while (n < max && l->table[slot + n] == (first ? first + n : 0))
		n++;
	return n;
}

/* Blocks of the file that a hole at step @step covers, from where we are to its end. */
static u64 hole_length(const struct ext2_sb_info *sbi, const struct path_to_block *p, unsigned int step)
{
	u64 span = 1, at = 0;

	for (unsigned int i = p->depth - 1; i > step; i--) {
		at += p->slot[i] * span;
		span *= sbi->s_addr_per_block;
	}
	return span - at;
}

/* Where the next block should lie: behind the one before it in the file, else near what leads to it. */
static u32 find_goal(struct inode *inode, u64 iblock, const struct level *l, u32 slot)
{
	const struct ext2_inode_info *ei = EXT2_I(inode);

	if (ei->i_last_iblock && iblock == ei->i_last_iblock + 1)
		return ei->i_last_block + 1;
	while (slot-- > 0)
		if (l->table[slot])
			return l->table[slot] + 1;
	if (l->block)
		return l->block + 1;
	return ext2_group_first_block(EXT2_SB(inode->i_sb), ei->i_block_group);
}

/* ---- new blocks ---- */

/* What is to be joined to the file: indirect blocks, one in the other, and a run of data blocks. */
struct branch {
	u32 meta[3];
	unsigned int nr_meta;
	u32 data, count;
};

static void free_branch(struct inode *inode, struct branch *b)
{
	if (b->data)
		ext2_free_blocks(inode->i_sb, b->data, b->count);
	while (b->nr_meta--) {
		ext2_bforget(inode->i_sb, b->meta[b->nr_meta]);
		ext2_free_blocks(inode->i_sb, b->meta[b->nr_meta], 1);
	}
}

static int alloc_branch(struct inode *inode, struct branch *b, unsigned int nr_meta, u32 count, u32 goal)
{
	u32 one;
	int err = 0;

	memset(b, 0, sizeof(*b));
	while (b->nr_meta < nr_meta) {
		one = 1;
		err = ext2_new_blocks(inode, goal, &one, &b->meta[b->nr_meta]);
		if (err)
			goto fail;
		goal = b->meta[b->nr_meta++] + 1;
	}
	b->count = count;
	err = ext2_new_blocks(inode, goal, &b->count, &b->data);
	if (!err)
		return 0;
	b->data = 0;
fail:
	free_branch(inode, b);
	return err;
}

/* Write the chain of indirect blocks, from the last one up; nobody can see it yet. */
static int fill_branch(struct inode *inode, struct branch *b, const struct path_to_block *p, unsigned int step)
{
	struct super_block *sb = inode->i_sb;
	struct ext2_buf buf;

	for (unsigned int i = b->nr_meta; i-- > 0; ) {
		bool last = i + 1 == b->nr_meta;
		u32 *table;
		int err = ext2_bnew(sb, b->meta[i], &buf);

		if (err)
			return err;
		table = (u32 *)buf.data + p->slot[step + 1 + i];
		for (u32 k = 0; k < (last ? b->count : 1); k++)
			table[k] = last ? b->data + k : b->meta[i + 1];
		ext2_bdirty(sb, &buf);
		ext2_brelse(&buf);
	}
	return 0;
}

/* From here on the blocks are the file's. */
static void join_branch(struct inode *inode, const struct branch *b, struct level *l, u32 slot, u64 iblock)
{
	struct ext2_inode_info *ei = EXT2_I(inode);

	if (b->nr_meta) {
		l->table[slot] = b->meta[0];
	} else {
		for (u32 k = 0; k < b->count; k++)
			l->table[slot + k] = b->data + k;
	}
	if (l->buf.page)
		ext2_bdirty(inode->i_sb, &l->buf);
	inode->i_blocks += ext2_sectors(inode->i_sb, b->nr_meta + b->count);
	ei->i_last_iblock = iblock + b->count - 1;
	ei->i_last_block = b->data + b->count - 1;
	inode->i_ctime = current_time_ns();
	mark_inode_dirty(inode);
}

/* The slot of step @step is empty: fill it, and what hangs from it.  How many data blocks, or -errno. */
static long grow(struct inode *inode, const struct path_to_block *p, unsigned int step, struct level *l,
		 u64 iblock, unsigned long max, u32 *block)
{
	const struct ext2_sb_info *sbi = EXT2_SB(inode->i_sb);
	u32 slot = p->slot[step], last = p->slot[p->depth - 1], count;
	unsigned int nr_meta = p->depth - 1 - step;
	struct branch b;
	int err;

	if (nr_meta)
		count = min(max, (unsigned long)(sbi->s_addr_per_block - last));
	else
		count = run_length(l, slot, max);
	if (p->depth == 1)
		count = min(count, (u32)EXT2_NDIR_BLOCKS - slot);
	err = alloc_branch(inode, &b, nr_meta, count, find_goal(inode, iblock, l, slot));
	if (err)
		return err;
	err = fill_branch(inode, &b, p, step);
	if (err) {
		free_branch(inode, &b);
		return err;
	}
	join_branch(inode, &b, l, slot, iblock);
	*block = b.data;
	return b.count;
}

/* ---- looking up ---- */

static bool run_valid(struct super_block *sb, u32 block, u32 *count)
{
	for (u32 i = 0; i < *count; i++)
		if (!ext2_block_valid(sb, block + i)) {
			*count = i;
			break;
		}
	return *count;
}

/* truncate_mutex held. */
static long get_blocks_locked(struct inode *inode, const struct path_to_block *p, struct level *l,
			      u64 iblock, unsigned long max, bool create, u32 *block, bool *new)
{
	u32 count;

	for (unsigned int step = 0; ; step++) {
		u32 slot = p->slot[step];
		int err;

		if (!l->table[slot]) {
			*block = 0;
			if (!create && step + 1 == p->depth)
				return run_length(l, slot, p->depth == 1 ? min(max, (unsigned long)EXT2_NDIR_BLOCKS - slot) : max);
			if (!create)
				return min((u64)max, hole_length(EXT2_SB(inode->i_sb), p, step));
			*new = true;
			return grow(inode, p, step, l, iblock, max, block);
		}
		if (step + 1 == p->depth)
			break;
		err = descend(inode, l, l->table[slot]);
		if (err)
			return err;
	}
	*block = l->table[p->slot[p->depth - 1]];
	count = run_length(l, p->slot[p->depth - 1],
			   p->depth == 1 ? min(max, (unsigned long)EXT2_NDIR_BLOCKS - p->slot[0]) : max);
	return run_valid(inode->i_sb, *block, &count) ? (long)count : bad_block(inode, *block);
}

long ext2_get_blocks(struct inode *inode, u64 iblock, unsigned long max, bool create, u32 *block, bool *new)
{
	struct ext2_inode_info *ei = EXT2_I(inode);
	struct level l = { .table = ei->i_data, .size = EXT2_N_BLOCKS };
	struct path_to_block p;
	bool dummy;
	long n;

	*block = 0;
	if (!block_path(EXT2_SB(inode->i_sb), iblock, &p))
		return -EFBIG;
	if (!new)
		new = &dummy;
	*new = false;
	mutex_lock(&ei->truncate_mutex);
	n = get_blocks_locked(inode, &p, &l, iblock, max, create, block, new);
	mutex_unlock(&ei->truncate_mutex);
	ext2_brelse(&l.buf);
	return n;
}

/* ---- truncation ---- */

/* Blocks that were taken out of tables, a run at a time. */
struct freeing {
	struct inode *inode;
	u32 block, count;
	unsigned long blocks;		/* all so far */
	int err;			/* the first; ends it: what a damaged tree says is not believed further */
};

static void flush_run(struct freeing *f)
{
	int err;

	if (!f->count)
		return;
	err = ext2_free_blocks(f->inode->i_sb, f->block, f->count);
	if (err && !f->err)
		f->err = err;
	f->blocks += f->count;
	f->count = 0;
}

static void free_one(struct freeing *f, u32 block)
{
	if (!ext2_block_valid(f->inode->i_sb, block)) {
		f->err = bad_block(f->inode, block);
		return;
	}
	if (S_ISDIR(f->inode->i_mode) || S_ISLNK(f->inode->i_mode))
		ext2_bforget(f->inode->i_sb, block);
	if (f->count && block != f->block + f->count)
		flush_run(f);
	if (!f->count)
		f->block = block;
	f->count++;
}

static void free_below(struct freeing *f, u32 *table, u32 slots, unsigned int depth, u64 first);

static bool table_empty(const u32 *table, u32 slots)
{
	while (slots--)
		if (table[slots])
			return false;
	return true;
}

/* What hangs from *@slot, @depth tables of it, from its block @first on; with nothing left the slot is emptied. */
static void free_tree(struct freeing *f, u32 *slot, unsigned int depth, u64 first)
{
	struct super_block *sb = f->inode->i_sb;
	struct ext2_buf buf;
	u32 block = *slot;
	bool empty;

	if (!block || f->err)
		return;
	if (!depth) {
		*slot = 0;
		free_one(f, block);
		return;
	}
	if (!ext2_block_valid(sb, block)) {
		f->err = bad_block(f->inode, block);
		return;
	}
	f->err = ext2_bread_patient(sb, block, &buf);
	if (f->err)
		return;
	free_below(f, buf.data, EXT2_SB(sb)->s_addr_per_block, depth - 1, first);
	empty = table_empty(buf.data, EXT2_SB(sb)->s_addr_per_block);
	ext2_bdirty(sb, &buf);
	ext2_brelse(&buf);
	if (!empty || f->err)
		return;
	*slot = 0;
	flush_run(f);
	ext2_bforget(sb, block);
	free_one(f, block);
}

/* The blocks of @table's slots, each with @depth tables below it, from the table's block @first on. */
static void free_below(struct freeing *f, u32 *table, u32 slots, unsigned int depth, u64 first)
{
	u64 span = 1;

	for (unsigned int i = 0; i < depth; i++)
		span *= EXT2_SB(f->inode->i_sb)->s_addr_per_block;
	for (u32 i = 0; i < slots && !f->err; i++) {
		if (first >= span) {
			first -= span;
			continue;
		}
		free_tree(f, &table[i], depth, first);
		first = 0;
		if (depth)
			cond_resched();
	}
}

int ext2_truncate_blocks(struct inode *inode, u64 first)
{
	struct ext2_inode_info *ei = EXT2_I(inode);
	struct freeing f = { .inode = inode };
	u64 reach = 1;

	mutex_lock(&ei->truncate_mutex);
	ei->i_last_iblock = ei->i_last_block = 0;
	if (first < EXT2_NDIR_BLOCKS)
		free_below(&f, ei->i_data, EXT2_NDIR_BLOCKS, 0, first);
	first -= min(first, (u64)EXT2_NDIR_BLOCKS);
	for (unsigned int depth = 1; depth <= 3; depth++) {
		reach *= EXT2_SB(inode->i_sb)->s_addr_per_block;
		if (first < reach)
			free_tree(&f, &ei->i_data[EXT2_IND_BLOCK + depth - 1], depth, first);
		first -= min(first, reach);
	}
	flush_run(&f);
	inode->i_blocks -= min(inode->i_blocks, ext2_sectors(inode->i_sb, f.blocks));
	mutex_unlock(&ei->truncate_mutex);
	mark_inode_dirty(inode);
	/*
	 * And into its block at once, which the next fsync of any file writes: an inode on the disk that still led to an
	 * indirect block, which is another file's data by then, would make e2fsck "repair" that file.
	 */
	return ext2_write_inode(inode) ?: f.err;
}

/* The rest of the last page as zeroes: it must be in memory, or old contents would come back from the disk. */
static int read_last_page(struct inode *inode, loff_t size)
{
	struct page *page;

	if (!offset_in_page(size) || size >= inode->i_size)
		return 0;
	page = read_mapping_page(inode->i_mapping, size >> PAGE_SHIFT);
	if (IS_ERR(page))
		return PTR_ERR(page);
	put_page(page);
	return 0;
}

int ext2_setsize(struct inode *inode, loff_t size)
{
	struct ext2_sb_info *sbi = EXT2_SB(inode->i_sb);
	int err;

	if ((u64)size > sbi->s_maxbytes)
		return -EFBIG;
	if (sb_readonly(inode->i_sb))
		return -EROFS;
	err = read_last_page(inode, size);
	if (err)
		return err;
	truncate_setsize(inode, size);
	err = ext2_truncate_blocks(inode, ((u64)size + inode->i_sb->s_blocksize - 1) >> sbi->s_blocksize_bits);
	mark_inode_dirty(inode);
	return err;
}

/* ---- inodes on the disk ---- */

/* The record of inode @ino; *b is to be released.  ERR_PTR(-EUCLEAN, -EIO, -ENOMEM). */
static struct ext2_inode *raw_inode(struct super_block *sb, u32 ino, struct ext2_buf *b, bool patient)
{
	struct ext2_sb_info *sbi = EXT2_SB(sb);
	u32 group, index;
	int err;

	if ((ino != EXT2_ROOT_INO && ino < sbi->s_first_ino) || ino > sbi->s_inodes_count)
		return ERR_PTR(ext2_error(sb, "inode %u does not exist", ino));
	group = (ino - 1) / sbi->s_inodes_per_group;
	index = (ino - 1) % sbi->s_inodes_per_group;
	err = (patient ? ext2_bread_patient : ext2_bread)(sb, ext2_get_group_desc(sb, group)->bg_inode_table +
							  index / sbi->s_inodes_per_block, b);
	if (err)
		return ERR_PTR(err);
	return b->data + index % sbi->s_inodes_per_block * sbi->s_inode_size;
}

static bool has_extra(const struct ext2_inode_info *ei)
{
	return ei->i_extra_isize >= EXT2_EXTRA_ISIZE;
}

/* Seconds since 1970, as 32 signed bits and, in @extra, two more and nanoseconds. */
static u64 decode_time(u32 sec, u32 extra)
{
	s64 s = (s64)(s32)sec + ((s64)(extra & 3) << 32);
	u32 nsec = extra >> 2;

	return s < 0 ? 0 : (u64)s * NSEC_PER_SEC + (nsec < NSEC_PER_SEC ? nsec : 0);
}

static u32 encode_extra(u64 ns)
{
	s64 s = ns / NSEC_PER_SEC;

	return ((s - (s32)s) >> 32 & 3) | (u32)(ns % NSEC_PER_SEC) << 2;
}

/* ->getattr: small records have whole seconds only, and that is what is seen before it is written, too. */
void ext2_getattr(struct inode *inode)
{
	if (has_extra(EXT2_I(inode)))
		return;
	inode->i_atime -= inode->i_atime % NSEC_PER_SEC;
	inode->i_mtime -= inode->i_mtime % NSEC_PER_SEC;
	inode->i_ctime -= inode->i_ctime % NSEC_PER_SEC;
}

static void decode_inode(struct inode *inode, const struct ext2_inode *raw)
{
	struct ext2_inode_info *ei = EXT2_I(inode);
	bool extra;

	ei->i_extra_isize = EXT2_SB(inode->i_sb)->s_inode_size > EXT2_GOOD_OLD_INODE_SIZE ? raw->i_extra_isize : 0;
	extra = has_extra(ei);
	inode->i_mode = raw->i_mode;
	inode->i_uid = raw->i_uid | (u32)raw->i_uid_high << 16;
	inode->i_gid = raw->i_gid | (u32)raw->i_gid_high << 16;
	inode->i_nlink = raw->i_links_count;
	inode->i_size = raw->i_size;
	if (S_ISREG(inode->i_mode))
		inode->i_size |= (u64)raw->i_size_high << 32;
	inode->i_atime = decode_time(raw->i_atime, extra ? raw->i_atime_extra : 0);
	inode->i_ctime = decode_time(raw->i_ctime, extra ? raw->i_ctime_extra : 0);
	inode->i_mtime = decode_time(raw->i_mtime, extra ? raw->i_mtime_extra : 0);
	inode->i_blocks = raw->i_blocks;
	inode->i_generation = raw->i_generation;
	ei->i_flags = raw->i_flags;
	ei->i_dtime = 0;
	ei->i_file_acl = raw->i_file_acl;
	ei->i_block_group = (inode->i_ino - 1) / EXT2_SB(inode->i_sb)->s_inodes_per_group;
	memcpy(ei->i_data, raw->i_block, sizeof(ei->i_data));
}

static bool has_blocks(const struct inode *inode)
{
	return S_ISREG(inode->i_mode) || S_ISDIR(inode->i_mode) ||
	       (S_ISLNK(inode->i_mode) && !ext2_is_fast_symlink(inode));
}

/* The numbers in the inode itself. */
static int check_blocks(struct inode *inode)
{
	const u32 *data = EXT2_I(inode)->i_data;

	for (unsigned int i = 0; has_blocks(inode) && i < EXT2_N_BLOCKS; i++)
		if (data[i] && !ext2_block_valid(inode->i_sb, data[i]))
			return bad_block(inode, data[i]);
	return 0;
}

/* Could this inode be?  0, -ESTALE: it is free, -EUCLEAN. */
static int check_inode(struct inode *inode)
{
	struct super_block *sb = inode->i_sb;
	struct ext2_sb_info *sbi = EXT2_SB(sb);
	struct ext2_inode_info *ei = EXT2_I(inode);
	unsigned long ino = inode->i_ino;

	if (!inode->i_nlink)
		return -ESTALE;
	if (ei->i_extra_isize > sbi->s_inode_size - EXT2_GOOD_OLD_INODE_SIZE || (ei->i_extra_isize & 3))
		return ext2_error(sb, "inode %lu: %u extra bytes", ino, ei->i_extra_isize);
	if (inode->i_size < 0 || (S_ISREG(inode->i_mode) && (u64)inode->i_size > sbi->s_maxbytes))
		return ext2_error(sb, "inode %lu: size %ld", ino, (long)inode->i_size);
	if (ei->i_file_acl && !ext2_block_valid(sb, ei->i_file_acl))
		return ext2_error(sb, "inode %lu: attributes in block %u", ino, ei->i_file_acl);
	switch (inode->i_mode & S_IFMT) {
	case S_IFDIR:		/* it has no holes */
		if ((u64)inode->i_size >> sbi->s_blocksize_bits > sbi->s_blocks_count)
			return ext2_error(sb, "directory %lu: size %ld", ino, (long)inode->i_size);
		return 0;
	case S_IFLNK:
		if (inode->i_size >= (ext2_is_fast_symlink(inode) ? (loff_t)sizeof(ei->i_data) : (loff_t)sb->s_blocksize))
			return ext2_error(sb, "symbolic link %lu: size %ld", ino, (long)inode->i_size);
		return 0;
	case S_IFREG:
	case S_IFCHR:
	case S_IFBLK:
	case S_IFIFO:
	case S_IFSOCK:
		return 0;
	}
	return ext2_error(sb, "inode %lu: mode 0%o", ino, inode->i_mode);
}

void ext2_set_operations(struct inode *inode)
{
	const u32 *data = EXT2_I(inode)->i_data;

	switch (inode->i_mode & S_IFMT) {
	case S_IFREG:
		inode->i_op = &ext2_file_inode_operations;
		inode->i_fop = &ext2_file_operations;
		inode->i_data.a_ops = &ext2_aops;
		break;
	case S_IFDIR:
		inode->i_op = &ext2_dir_inode_operations;
		inode->i_fop = &ext2_dir_operations;
		break;
	case S_IFLNK:
		inode->i_op = ext2_is_fast_symlink(inode) ? &ext2_fast_symlink_inode_operations :
							    &ext2_symlink_inode_operations;
		break;
	default:
		inode->i_op = &ext2_special_inode_operations;
		/* the old form has eight bits for each half */
		inode->i_rdev = data[0] ? MKDEV(data[0] >> 8 & 0xff, data[0] & 0xff) : new_decode_dev(data[1]);
	}
}

static int read_inode(struct inode *inode)
{
	struct ext2_inode *raw;
	struct ext2_buf b;
	int err;

	inode->i_private = ext2_alloc_info();
	if (!inode->i_private)
		return -ENOMEM;
	raw = raw_inode(inode->i_sb, inode->i_ino, &b, false);
	if (IS_ERR(raw))
		return PTR_ERR(raw);
	decode_inode(inode, raw);
	ext2_brelse(&b);
	err = check_inode(inode);
	if (!err)
		err = check_blocks(inode);
	if (!err)
		ext2_set_operations(inode);
	return err;
}

struct inode *ext2_iget(struct super_block *sb, u32 ino)
{
	struct inode *inode = iget_locked(sb, ino);
	int err;

	if (!inode)
		return ERR_PTR(-ENOMEM);
	if (!(READ_ONCE(inode->i_state) & I_NEW))
		return inode;
	err = read_inode(inode);
	if (err) {
		inode->i_nlink = 1;		/* not ours to delete */
		iget_failed(inode);
		return ERR_PTR(err);
	}
	unlock_new_inode(inode);
	return inode;
}

static void encode_inode(const struct inode *inode, struct ext2_inode *raw)
{
	const struct ext2_inode_info *ei = EXT2_I(inode);

	raw->i_mode = inode->i_mode;
	raw->i_uid = inode->i_uid;
	raw->i_gid = inode->i_gid;
	raw->i_uid_high = ei->i_dtime ? 0 : inode->i_uid >> 16;
	raw->i_gid_high = ei->i_dtime ? 0 : inode->i_gid >> 16;
	raw->i_links_count = inode->i_nlink;
	raw->i_size = inode->i_size;
	raw->i_size_high = S_ISREG(inode->i_mode) ? (u64)inode->i_size >> 32 : 0;
	raw->i_atime = inode->i_atime / NSEC_PER_SEC;
	raw->i_ctime = inode->i_ctime / NSEC_PER_SEC;
	raw->i_mtime = inode->i_mtime / NSEC_PER_SEC;
	raw->i_dtime = ei->i_dtime;
	raw->i_blocks = inode->i_blocks;
	raw->i_flags = ei->i_flags;
	raw->i_generation = inode->i_generation;
	raw->i_file_acl = ei->i_file_acl;
	memcpy(raw->i_block, ei->i_data, sizeof(ei->i_data));
	if (S_ISCHR(inode->i_mode) || S_ISBLK(inode->i_mode)) {
		bool old = MAJOR(inode->i_rdev) < 256 && MINOR(inode->i_rdev) < 256;

		raw->i_block[0] = old ? MAJOR(inode->i_rdev) << 8 | MINOR(inode->i_rdev) : 0;
		raw->i_block[1] = old ? 0 : new_encode_dev(inode->i_rdev);
	}
}

static void encode_extra_times(const struct inode *inode, struct ext2_inode *raw)
{
	raw->i_extra_isize = EXT2_I(inode)->i_extra_isize;
	raw->i_atime_extra = encode_extra(inode->i_atime);
	raw->i_ctime_extra = encode_extra(inode->i_ctime);
	raw->i_mtime_extra = encode_extra(inode->i_mtime);
}

/* A file beyond 2 GiB: those who cannot have such may not write here any more. */
static void note_large_file(struct inode *inode)
{
	struct ext2_sb_info *sbi = EXT2_SB(inode->i_sb);

	if (!S_ISREG(inode->i_mode) || inode->i_size <= 0x7fffffff || !sbi->s_es->s_rev_level)
		return;
	mutex_lock(&sbi->s_lock);
	sbi->s_es->s_feature_ro_compat |= EXT2_RO_COMPAT_LARGE_FILE;
	mutex_unlock(&sbi->s_lock);
}

int ext2_write_inode(struct inode *inode)
{
	struct super_block *sb = inode->i_sb;
	struct ext2_inode_info *ei = EXT2_I(inode);
	struct ext2_inode *raw;
	struct ext2_buf b;

	if (sb_readonly(sb))
		return 0;
	raw = raw_inode(sb, inode->i_ino, &b, true);
	if (IS_ERR(raw))
		return PTR_ERR(raw);
	note_large_file(inode);
	mutex_lock(&ei->truncate_mutex);
	/* a record that was free, and no inode that we have read: nothing old may stay in it */
	if (!raw->i_links_count && inode->i_nlink && raw->i_generation != inode->i_generation)
		memset(raw, 0, EXT2_SB(sb)->s_inode_size);
	encode_inode(inode, raw);
	if (has_extra(ei))
		encode_extra_times(inode, raw);
	ext2_bdirty(sb, &b);
	mutex_unlock(&ei->truncate_mutex);
	ext2_brelse(&b);
	return 0;
}

/* ---- the end ---- */

/* The block of attributes may be shared by several inodes. */
static void free_xattr_block(struct inode *inode)
{
	struct super_block *sb = inode->i_sb;
	struct ext2_inode_info *ei = EXT2_I(inode);
	struct ext2_xattr_header *h;
	struct ext2_buf b;

	if (!ei->i_file_acl || ext2_bread_patient(sb, ei->i_file_acl, &b))
		return;
	h = b.data;
	if (h->h_magic != EXT2_XATTR_MAGIC) {
		ext2_error(sb, "inode %lu: no attributes in block %u", (unsigned long)inode->i_ino, ei->i_file_acl);
	} else if (h->h_refcount > 1) {
		h->h_refcount--;
		ext2_bdirty(sb, &b);
	} else {
		ext2_bforget(sb, ei->i_file_acl);
		ext2_free_blocks(sb, ei->i_file_acl, 1);
	}
	ext2_brelse(&b);
	ei->i_file_acl = 0;
}

/* No name and no user is left: blocks and number are free again. */
static void delete_inode(struct inode *inode)
{
	EXT2_I(inode)->i_dtime = current_time_ns() / NSEC_PER_SEC;
	if (has_blocks(inode)) {
		ext2_truncate_blocks(inode, 0);
		inode->i_size = 0;
	}
	free_xattr_block(inode);
	ext2_write_inode(inode);
	ext2_free_inode(inode);
}

void ext2_evict_inode(struct inode *inode)
{
	struct ext2_inode_info *ei = EXT2_I(inode);

	if (ei && !inode->i_nlink && inode->i_ino != EXT2_ROOT_INO && !sb_readonly(inode->i_sb))
		delete_inode(inode);
	kfree(ei);
}
