/*
 * fs/ext2/balloc.c - which blocks are free: one bit for each, a bitmap for each group
 *
 * Purpose:    find blocks near where they are wanted, in a row if there are so many; give them back.
 * Invariants: a block of the file system's own (super block, descriptors, bitmaps, inode tables) is never handed out
 *             nor freed, whatever the bitmap says; a group's counter follows its bitmap; the file system's sum
 *             follows the counters.
 * Lock order: sbi->s_lock, then pages of the device's cache.
 * Simplified: no reservation windows: writers of two files in one group take turns.
 * Sources:    Card, Ts'o, Tweedie, "Design and Implementation of the Second Extended Filesystem", Performance
 *             optimizations.
 */
#include <mm.h>
#include <sched.h>
#include <string.h>
#include "ext2.h"

#define BITMAP_BLOCKS_GOOD	1	/* sbi->s_checked: looked at, and it can be used ... */
#define BITMAP_BLOCKS_BAD	2	/* ... or not */

/* ---- the file system's own blocks ---- */

static bool is_power_of(u32 n, u32 base)
{
	while (n > base && !(n % base))
		n /= base;
	return n == base;
}

/* Does @group begin with a copy of the super block and the descriptors? */
bool ext2_has_super(const struct super_block *sb, u32 group)
{
	if (!(EXT2_SB(sb)->s_es->s_feature_ro_compat & EXT2_RO_COMPAT_SPARSE_SUPER) || group <= 1)
		return true;
	return is_power_of(group, 3) || is_power_of(group, 5) || is_power_of(group, 7);
}

static u32 group_of(const struct ext2_sb_info *sbi, u32 block)
{
	return (block - sbi->s_first_data_block) / sbi->s_blocks_per_group;
}

/* Blocks in @group: fewer in the last one. */
static u32 group_size(const struct ext2_sb_info *sbi, u32 group)
{
	return min(sbi->s_blocks_per_group, sbi->s_blocks_count - ext2_group_first_block(sbi, group));
}

/* Does any of [@block, @block + @count), all in @group, hold what describes the file system? */
static bool is_system_zone(struct super_block *sb, u32 group, u32 block, u32 count)
{
	struct ext2_sb_info *sbi = EXT2_SB(sb);
	const struct ext2_group_desc *gd = ext2_get_group_desc(sb, group);
	u32 last = block + count - 1, first = ext2_group_first_block(sbi, group);

	if (ext2_has_super(sb, group) && block <= first + sbi->s_gdb_count)
		return true;
	if (block <= gd->bg_block_bitmap && gd->bg_block_bitmap <= last)
		return true;
	if (block <= gd->bg_inode_bitmap && gd->bg_inode_bitmap <= last)
		return true;
	return block < gd->bg_inode_table + sbi->s_itb_per_group && gd->bg_inode_table <= last;
}

bool ext2_block_valid(const struct super_block *sb, u32 block)
{
	const struct ext2_sb_info *sbi = EXT2_SB(sb);

	if (block < sbi->s_first_data_block || block >= sbi->s_blocks_count)
		return false;
	return !is_system_zone((struct super_block *)sb, group_of(sbi, block), block, 1);
}

/* ---- bitmaps ---- */

static bool test_bit_le(const u8 *map, u32 bit)
{
	return map[bit >> 3] & (1U << (bit & 7));
}

static u32 next_bit(const u8 *map, u32 from, u32 end, bool value)
{
	const u8 skip = value ? 0 : 0xff;

	while (from < end) {
		if (!(from & 7) && map[from >> 3] == skip)
			from += 8;
		else if (test_bit_le(map, from) == value)
			return from;
		else
			from++;
	}
	return end;
}

/* Are the file system's own blocks taken, as they must be? */
static bool bitmap_plausible(struct super_block *sb, u32 group, const u8 *map)
{
	struct ext2_sb_info *sbi = EXT2_SB(sb);
	const struct ext2_group_desc *gd = ext2_get_group_desc(sb, group);
	u32 first = ext2_group_first_block(sbi, group), itb = gd->bg_inode_table - first;

	return test_bit_le(map, gd->bg_block_bitmap - first) && test_bit_le(map, gd->bg_inode_bitmap - first) &&
	       next_bit(map, itb, itb + sbi->s_itb_per_group, false) == itb + sbi->s_itb_per_group;
}

typedef int (*bread_t)(struct super_block *sb, u32 block, struct ext2_buf *b);

/* The block bitmap of @group.  s_lock held.  0, -EIO, -ENOMEM, -EUCLEAN: not to be used. */
static int read_block_bitmap(struct super_block *sb, u32 group, struct ext2_buf *b, bread_t bread)
{
	struct ext2_sb_info *sbi = EXT2_SB(sb);
	u32 where = ext2_get_group_desc(sb, group)->bg_block_bitmap;
	int err;

	if (sbi->s_checked[group] & BITMAP_BLOCKS_BAD)
		return -EUCLEAN;
	err = bread(sb, where, b);
	if (err || (sbi->s_checked[group] & BITMAP_BLOCKS_GOOD))
		return err;
	if (bitmap_plausible(sb, group, b->data)) {
		sbi->s_checked[group] |= BITMAP_BLOCKS_GOOD;
		return 0;
	}
	sbi->s_checked[group] |= BITMAP_BLOCKS_BAD;
	ext2_brelse(b);
	return ext2_error(sb, "block bitmap of group %u, block %u: blocks of the file system itself are free",
			  group, where);
}

/* ---- allocation ---- */

/* May current take a block?  s_lock held. */
static bool has_free_blocks(const struct ext2_sb_info *sbi)
{
	const struct cred_ids *c = &current->cred;

	if (sbi->s_free_blocks > sbi->s_es->s_r_blocks_count)
		return true;
	return sbi->s_free_blocks && (capable_root() || c->fsuid == sbi->s_resuid ||
				      (sbi->s_resgid && in_group(sbi->s_resgid)));
}

/* The first run of free blocks in @group from bit @from on, at most *@count long; false: none. */
static bool find_run(struct super_block *sb, u32 group, const u8 *map, u32 from, u32 *bit, u32 *count)
{
	struct ext2_sb_info *sbi = EXT2_SB(sb);
	u32 size = group_size(sbi, group), first = ext2_group_first_block(sbi, group), end;

	for (;;) {
		*bit = next_bit(map, from, size, false);
		if (*bit == size)
			return false;
		end = next_bit(map, *bit, min((u64)size, (u64)*bit + *count), true);
		while (end > *bit && is_system_zone(sb, group, first + *bit, end - *bit))
			end = *bit + (end - *bit) / 2;
		if (end > *bit) {
			*count = end - *bit;
			return true;
		}
		from = *bit + 1;		/* free, says the bitmap, but it is the file system's own */
	}
}

/* The bits are found: take them.  s_lock held; nothing can fail. */
static void take_run(struct super_block *sb, u32 group, struct ext2_buf *map, u32 bit, u32 count)
{
	struct ext2_sb_info *sbi = EXT2_SB(sb);
	struct ext2_group_desc *gd = ext2_get_group_desc(sb, group);

	for (u32 i = bit; i < bit + count; i++)
		((u8 *)map->data)[i >> 3] |= 1U << (i & 7);
	ext2_bdirty(sb, map);
	gd->bg_free_blocks_count -= min((u32)gd->bg_free_blocks_count, count);
	ext2_dirty_group_desc(sb, group);
	sbi->s_free_blocks -= min(sbi->s_free_blocks, (u64)count);
}

/* Blocks of one group.  s_lock held.  0; -ENOSPC: none there; or why the group cannot be used. */
static int new_in_group(struct super_block *sb, u32 group, u32 from, u32 *count, u32 *block)
{
	struct ext2_sb_info *sbi = EXT2_SB(sb);
	struct ext2_buf map;
	int err;
	u32 bit;

	if (!ext2_get_group_desc(sb, group)->bg_free_blocks_count)
		return -ENOSPC;
	err = read_block_bitmap(sb, group, &map, ext2_bread);
	if (err)
		return err == -ENOMEM ? err : -EIO;
	err = -ENOSPC;
	if (find_run(sb, group, map.data, from, &bit, count)) {
		take_run(sb, group, &map, bit, *count);
		*block = ext2_group_first_block(sbi, group) + bit;
		err = 0;
	}
	ext2_brelse(&map);
	return err;
}

int ext2_new_blocks(struct inode *inode, u32 goal, u32 *count, u32 *block)
{
	struct super_block *sb = inode->i_sb;
	struct ext2_sb_info *sbi = EXT2_SB(sb);
	u32 group, from;
	int err = -ENOSPC, bad = 0;

	if (sb_readonly(sb))
		return -EROFS;
	if (goal < sbi->s_first_data_block || goal >= sbi->s_blocks_count)
		goal = sbi->s_first_data_block;
	mutex_lock(&sbi->s_lock);
	group = group_of(sbi, goal);
	from = goal - ext2_group_first_block(sbi, group);
	*count = min((u64)*count, sbi->s_free_blocks);
	/* once round, and the first group again from its beginning */
	for (u32 i = 0; i <= sbi->s_groups_count && err && err != -ENOMEM; i++) {
		if (!has_free_blocks(sbi))
			break;
		err = new_in_group(sb, group, from, count, block);
		bad |= err == -EIO;
		group = (group + 1) % sbi->s_groups_count;
		from = 0;
	}
	mutex_unlock(&sbi->s_lock);
	return err && bad ? -EIO : err;
}

/* ---- freeing ---- */

/* [@block, @block + @count) lies in @group.  s_lock held. */
static int free_in_group(struct super_block *sb, u32 group, u32 block, u32 count)
{
	struct ext2_sb_info *sbi = EXT2_SB(sb);
	struct ext2_group_desc *gd = ext2_get_group_desc(sb, group);
	u32 bit = block - ext2_group_first_block(sbi, group), freed = 0;
	struct ext2_buf map;
	int err;

	if (is_system_zone(sb, group, block, count))
		return ext2_error(sb, "blocks %u to %u to be freed are the file system's own", block, block + count - 1);
	err = read_block_bitmap(sb, group, &map, ext2_bread_patient);
	if (err)
		return err;
	for (u32 i = bit; i < bit + count; i++) {
		freed += test_bit_le(map.data, i);
		((u8 *)map.data)[i >> 3] &= ~(1U << (i & 7));
	}
	ext2_bdirty(sb, &map);
	ext2_brelse(&map);
	gd->bg_free_blocks_count += freed;
	ext2_dirty_group_desc(sb, group);
	sbi->s_free_blocks += freed;
	if (freed != count)
		return ext2_error(sb, "of blocks %u to %u %u were free already", block, block + count - 1,
				  count - freed);
	return 0;
}

int ext2_free_blocks(struct super_block *sb, u32 block, u32 count)
{
	struct ext2_sb_info *sbi = EXT2_SB(sb);
	int err = 0;

	if (block < sbi->s_first_data_block || block >= sbi->s_blocks_count || count > sbi->s_blocks_count - block)
		return ext2_error(sb, "blocks %u to %u to be freed do not exist", block, block + count - 1);
	mutex_lock(&sbi->s_lock);
	while (count && !err) {
		u32 group = group_of(sbi, block);
		u32 here = min(count, ext2_group_first_block(sbi, group) + group_size(sbi, group) - block);

		err = free_in_group(sb, group, block, here);
		block += here;
		count -= here;
	}
	mutex_unlock(&sbi->s_lock);
	return err;
}

u64 ext2_count_free_blocks(struct super_block *sb)
{
	u64 sum = 0;

	for (u32 g = 0; g < EXT2_SB(sb)->s_groups_count; g++)
		sum += ext2_get_group_desc(sb, g)->bg_free_blocks_count;
	return sum;
}
