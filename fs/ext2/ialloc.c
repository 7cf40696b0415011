/*
 * fs/ext2/ialloc.c - which inodes are free, and in which group a new one goes
 *
 * Purpose:    files near their directory, directories apart from each other, so that each group
 *             has room for what will be put beside them.
 * Invariants: bit n of a group's bitmap is inode group * inodes_per_group + n + 1; those below s_first_ino are the
 *             file system's own.
 * Lock order: sbi->s_lock, then pages of the device's cache; the new inode is hashed outside.
 * Simplified: Orlov's idea without his debts: a directory in the root goes to a group of its own, others stay near
 *             their parent as long as that group is no worse than average.
 * Sources:    Card, Ts'o, Tweedie, "Design and Implementation of the Second Extended Filesystem"; McKusick and others,
 *             "A Fast File System for UNIX", Global policies.
 */
#include <mm.h>
#include <random.h>
#include <sched.h>
#include <string.h>
#include "ext2.h"

static int read_inode_bitmap(struct super_block *sb, u32 group, struct ext2_buf *b)
{
	return ext2_bread(sb, ext2_get_group_desc(sb, group)->bg_inode_bitmap, b);
}

/* ---- which group ---- */

static bool has_inodes(struct super_block *sb, u32 group)
{
	return ext2_get_group_desc(sb, group)->bg_free_inodes_count;
}

/* No fewer free inodes and blocks than the average. */
static bool roomy(struct super_block *sb, u32 group)
{
	struct ext2_sb_info *sbi = EXT2_SB(sb);
	const struct ext2_group_desc *gd = ext2_get_group_desc(sb, group);

	return gd->bg_free_inodes_count && gd->bg_free_inodes_count >= sbi->s_free_inodes / sbi->s_groups_count &&
	       gd->bg_free_blocks_count >= sbi->s_free_blocks / sbi->s_groups_count;
}

/* A directory in the root: the group with the fewest directories among the roomy ones. */
static u32 group_apart(struct super_block *sb, u32 parent)
{
	u32 n = EXT2_SB(sb)->s_groups_count, best = parent, dirs = ~0U;

	for (u32 i = 1; i <= n; i++) {
		u32 g = (parent + i) % n;

		if (roomy(sb, g) && ext2_get_group_desc(sb, g)->bg_used_dirs_count < dirs) {
			dirs = ext2_get_group_desc(sb, g)->bg_used_dirs_count;
			best = g;
		}
	}
	return best;
}

static u32 group_near(struct super_block *sb, u32 parent)
{
	u32 n = EXT2_SB(sb)->s_groups_count;

	for (u32 i = 0; i < n; i++)
		if (roomy(sb, (parent + i) % n))
			return (parent + i) % n;
	return parent;
}

/* A file: its directory's group, else one that the directory's number leads to, so that others go elsewhere. */
static u32 group_for_file(struct super_block *sb, struct inode *dir)
{
	u32 n = EXT2_SB(sb)->s_groups_count, parent = EXT2_I(dir)->i_block_group, g = parent;

	if (has_inodes(sb, g) && ext2_get_group_desc(sb, g)->bg_free_blocks_count)
		return g;
	g = (parent + dir->i_ino) % n;
	for (u32 i = 1; i < n; i <<= 1) {
		g = (g + i) % n;
		if (has_inodes(sb, g) && ext2_get_group_desc(sb, g)->bg_free_blocks_count)
			return g;
	}
	return parent;
}

static u32 find_group(struct super_block *sb, struct inode *dir, umode_t mode)
{
	if (!S_ISDIR(mode))
		return group_for_file(sb, dir);
	if (dir->i_ino == EXT2_ROOT_INO || (EXT2_I(dir)->i_flags & EXT2_TOPDIR_FL))
		return group_apart(sb, EXT2_I(dir)->i_block_group);
	return group_near(sb, EXT2_I(dir)->i_block_group);
}

/* ---- allocation ---- */

static u32 first_free(const struct ext2_sb_info *sbi, u32 group, const u8 *map)
{
	u32 bit = group ? 0 : sbi->s_first_ino - 1;

	while (bit < sbi->s_inodes_per_group && (map[bit >> 3] & (1U << (bit & 7))))
		bit++;
	return bit;
}

/* An inode of @group: its number in *@ino.  s_lock held.  0; -ENOSPC: none there; -EIO. */
static int new_in_group(struct super_block *sb, u32 group, umode_t mode, u32 *ino)
{
	struct ext2_sb_info *sbi = EXT2_SB(sb);
	struct ext2_group_desc *gd = ext2_get_group_desc(sb, group);
	struct ext2_buf map;
	u32 bit;
	int err;

	if (!gd->bg_free_inodes_count)
		return -ENOSPC;
	err = read_inode_bitmap(sb, group, &map);
	if (err)
		return err;
	bit = first_free(sbi, group, map.data);
	if (bit < sbi->s_inodes_per_group) {
		((u8 *)map.data)[bit >> 3] |= 1U << (bit & 7);
		ext2_bdirty(sb, &map);
		gd->bg_free_inodes_count--;
		gd->bg_used_dirs_count += S_ISDIR(mode);
		ext2_dirty_group_desc(sb, group);
		sbi->s_free_inodes -= !!sbi->s_free_inodes;
		*ino = group * sbi->s_inodes_per_group + bit + 1;
	} else {
		err = -ENOSPC;		/* the counter said otherwise */
	}
	ext2_brelse(&map);
	return err;
}

static int alloc_ino(struct super_block *sb, struct inode *dir, umode_t mode, u32 *ino)
{
	struct ext2_sb_info *sbi = EXT2_SB(sb);
	u32 group;
	int err = -ENOSPC;

	mutex_lock(&sbi->s_lock);
	group = find_group(sb, dir, mode);
	for (u32 i = 0; i < sbi->s_groups_count && err == -ENOSPC; i++)
		err = new_in_group(sb, (group + i) % sbi->s_groups_count, mode, ino);
	mutex_unlock(&sbi->s_lock);
	return err;
}

/* Give a number back; s_lock not held. */
static void free_ino(struct super_block *sb, u32 ino, bool is_dir)
{
	struct ext2_sb_info *sbi = EXT2_SB(sb);
	u32 group = (ino - 1) / sbi->s_inodes_per_group, bit = (ino - 1) % sbi->s_inodes_per_group;
	struct ext2_group_desc *gd = ext2_get_group_desc(sb, group);
	struct ext2_buf map;
	u8 *byte;

	mutex_lock(&sbi->s_lock);
	if (ext2_bread_patient(sb, gd->bg_inode_bitmap, &map))
		goto out;
	byte = (u8 *)map.data + (bit >> 3);
	if (!(*byte & (1U << (bit & 7)))) {
		ext2_error(sb, "inode %u is freed a second time", ino);
	} else {
		*byte &= ~(1U << (bit & 7));
		ext2_bdirty(sb, &map);
		gd->bg_free_inodes_count++;
		gd->bg_used_dirs_count -= is_dir && gd->bg_used_dirs_count;
		ext2_dirty_group_desc(sb, group);
		sbi->s_free_inodes++;
	}
	ext2_brelse(&map);
out:
	mutex_unlock(&sbi->s_lock);
}

void ext2_free_inode(struct inode *inode)
{
	if (inode->i_ino >= EXT2_SB(inode->i_sb)->s_first_ino)
		free_ino(inode->i_sb, inode->i_ino, S_ISDIR(inode->i_mode));
}

/* Owner, group and flags, as the directory wants them. */
static void inherit(struct inode *inode, const struct inode *dir)
{
	u32 flags = EXT2_I(dir)->i_flags & EXT2_FL_INHERITED;

	if (EXT2_SB(dir->i_sb)->s_grpid) {
		inode->i_gid = dir->i_gid;
	} else if (dir->i_mode & S_ISGID) {
		inode->i_gid = dir->i_gid;
		if (S_ISDIR(inode->i_mode))
			inode->i_mode |= S_ISGID;
	}
	if (S_ISREG(inode->i_mode))
		flags &= ~EXT2_DIRSYNC_FL;
	else if (!S_ISDIR(inode->i_mode))
		flags &= EXT2_NODUMP_FL | EXT2_NOATIME_FL;
	EXT2_I(inode)->i_flags = flags;
}

/* What a new inode has beside its number: ERR_PTR(-ENOMEM). */
static struct inode *blank_inode(struct inode *dir, umode_t mode)
{
	struct inode *inode = new_inode(dir->i_sb, mode);

	if (!inode)
		return ERR_PTR(-ENOMEM);
	inode->i_private = ext2_alloc_info();
	if (!inode->i_private) {
		inode->i_nlink = 1;
		iput(inode);
		return ERR_PTR(-ENOMEM);
	}
	inherit(inode, dir);
	return inode;
}

struct inode *ext2_new_inode(struct inode *dir, umode_t mode)
{
	struct super_block *sb = dir->i_sb;
	struct ext2_sb_info *sbi = EXT2_SB(sb);
	struct inode *inode;
	u32 ino = 0;
	int err;

	if (!dir->i_nlink)
		return ERR_PTR(-ENOENT);
	inode = blank_inode(dir, mode);
	if (IS_ERR(inode))
		return inode;
	err = alloc_ino(sb, dir, mode, &ino);
	if (err)
		goto out;
	inode->i_ino = ino;
	EXT2_I(inode)->i_block_group = (ino - 1) / sbi->s_inodes_per_group;
	EXT2_I(inode)->i_extra_isize = sbi->s_inode_size >= EXT2_GOOD_OLD_INODE_SIZE + EXT2_EXTRA_ISIZE ?
				       min(32U, sbi->s_inode_size - EXT2_GOOD_OLD_INODE_SIZE) : 0;
	inode->i_generation = __atomic_fetch_add(&sbi->s_next_generation, 1, __ATOMIC_RELAXED);
	ext2_set_operations(inode);
	if (insert_inode_hash(inode)) {		/* somebody has it, though the bitmap says that it is free */
		err = ext2_error(sb, "inode %u is free and in use", ino);
		goto out;			/* the bit stays set */
	}
	mark_inode_dirty(inode);
	return inode;

out:
	iput(inode);
	return ERR_PTR(err);
}

u32 ext2_count_free_inodes(struct super_block *sb)
{
	u32 sum = 0;

	for (u32 g = 0; g < EXT2_SB(sb)->s_groups_count; g++)
		sum += ext2_get_group_desc(sb, g)->bg_free_inodes_count;
	return sum;
}
