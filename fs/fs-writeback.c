/*
 * fs/fs-writeback.c - changed inodes on their way to the disk
 *
 * Purpose:    an inode changes in memory, often; now and then, and at sync, it is copied to the cached block that
 *             holds it on the disk, and that block is written like any other page.
 * Invariants: an inode whose I_DIRTY bits are set stands in its super block's s_dirty, in order of the time when
 *             it became dirty; one that is being freed does not. Whoever finds an inode clean finds its block dirty or
 *             written: the bits go when the copy begins, and until it has ended (I_SYNC) others wait.
 * Lock order: s_sync_mutex > page lock.  Inodes are looked at under inode_cache_lock and kept by a reference while
 *             they are written.
 * Simplified: file systems without write_inode (memory) have no dirty inodes.
 * Sources:    Bovet & Cesati, "Understanding the Linux Kernel", Writing Dirty Pages to Disk; sync(2), fsync(2).
 */
#include <blkdev.h>
#include <fs.h>
#include <mm.h>
#include <pagemap.h>
#include <sched.h>
#include <time.h>
#include "internal.h"

#define MAX_OFFSET ((loff_t)(~0UL >> 1))

void __mark_inode_dirty(struct inode *i, unsigned int flags)
{
	struct super_block *sb = i->i_sb;

	if (!sb->s_op || !sb->s_op->write_inode)
		return;
	if ((READ_ONCE(i->i_state) & flags) == flags)
		return;
	lock_inode_cache();
	if (!(i->i_state & I_FREEING) && !hlist_unhashed(&i->i_hash)) {
		if (!(i->i_state & I_DIRTY)) {
			i->i_dirtied_when = ktime_get();
			list_add_tail(&i->i_dirty, &sb->s_dirty);
		}
		i->i_state |= flags;
	}
	unlock_inode_cache();
}

/* Clear @flags; which of them were set.  What is still dirty stays in the list. */
static unsigned int take_dirty(struct inode *i, unsigned int flags)
{
	unsigned int was;

	lock_inode_cache();
	was = i->i_state & flags;
	i->i_state &= ~flags;
	if (!(i->i_state & I_DIRTY))
		list_del_init(&i->i_dirty);
	unlock_inode_cache();
	return was;
}

static DECLARE_WAIT_QUEUE_HEAD(sync_wait);		/* for I_SYNC to end */

/* The inode is ours to copy: what made it dirty is taken off.  False: there is nothing to copy, and nobody is at it. */
static bool begin_copy(struct inode *i, unsigned int flags)
{
	bool begun;

	lock_inode_cache();
	while (i->i_state & I_SYNC) {
		unlock_inode_cache();
		wait_event(sync_wait, !(READ_ONCE(i->i_state) & I_SYNC));
		lock_inode_cache();
	}
	begun = i->i_state & flags;
	if (begun) {
		i->i_state = (i->i_state & ~(I_DIRTY_SYNC | I_DIRTY_DATASYNC)) | I_SYNC;
		if (!(i->i_state & I_DIRTY))
			list_del_init(&i->i_dirty);
	}
	unlock_inode_cache();
	return begun;
}

static void end_copy(struct inode *i)
{
	lock_inode_cache();
	i->i_state &= ~I_SYNC;
	unlock_inode_cache();
	wake_up_all(&sync_wait);
}

int sync_inode_metadata(struct inode *i, unsigned int flags)
{
	int err;

	if (!i->i_sb->s_op || !i->i_sb->s_op->write_inode || !(READ_ONCE(i->i_state) & (flags | I_SYNC)))
		return 0;
	if (!begin_copy(i, flags))
		return 0;
	err = i->i_sb->s_op->write_inode(i);
	if (err == -ENOMEM)
		mark_inode_dirty(i);		/* may go better later; a disk error will not */
	end_copy(i);
	return err;
}

int write_inode_now(struct inode *i)
{
	int err, err2;

	take_dirty(i, I_DIRTY_PAGES);
	err = filemap_write_and_wait(&i->i_data);
	err2 = sync_inode_metadata(i, I_DIRTY_SYNC | I_DIRTY_DATASYNC);
	return err ? err : err2;
}

/* ---- all inodes of a file system ---- */

/* Call @fn for each inode of @sb that is in use or cached.  The first error; goes on after one. */
static int for_each_inode(struct super_block *sb, int (*fn)(struct inode *i))
{
	struct inode *i, *last = NULL;
	int err = 0, e;

	lock_inode_cache();
	list_for_each_entry(i, &sb->s_inodes, i_sb_list) {
		if (i->i_state & (I_NEW | I_FREEING))
			continue;
		atomic_inc(&i->i_count);
		inode_lru_del(i);
		unlock_inode_cache();
		if (last)
			iput(last);
		last = i;			/* keeps our place in the list */
		e = fn(i);
		err = err ? err : e;
		cond_resched();
		lock_inode_cache();
	}
	unlock_inode_cache();
	if (last)
		iput(last);
	return err;
}

static int start_data(struct inode *i)
{
	take_dirty(i, I_DIRTY_PAGES);
	return filemap_fdatawrite_range(&i->i_data, 0, MAX_OFFSET);
}

static int wait_data(struct inode *i)
{
	return filemap_write_and_wait(&i->i_data);
}

static int write_metadata(struct inode *i)
{
	return sync_inode_metadata(i, I_DIRTY_SYNC | I_DIRTY_DATASYNC);
}

/*
 * Data first, since finding room for it may change the inodes; then inodes, then the blocks that hold
 * them and all other blocks, at last what the disk itself keeps back.
 */
int sync_filesystem(struct super_block *sb)
{
	int err = 0, e;

	if (!sb->s_bdev || sb_readonly(sb))
		return 0;
	mutex_lock(&sb->s_sync_mutex);
	err = for_each_inode(sb, start_data);
	e = for_each_inode(sb, wait_data);
	err = err ? err : e;
	e = for_each_inode(sb, write_metadata);
	err = err ? err : e;
	e = sb->s_op->sync_fs ? sb->s_op->sync_fs(sb) : 0;
	err = err ? err : e;
	e = sync_blockdev(sb->s_bdev);
	mutex_unlock(&sb->s_sync_mutex);
	return err ? err : e;
}

static int drop_inode_pages(struct inode *i)
{
	invalidate_mapping_pages(&i->i_data, 0, ~0UL);
	return 0;
}

/* Clean pages that nobody uses, of all files of @sb. */
void drop_pagecache_sb(struct super_block *sb)
{
	for_each_inode(sb, drop_inode_pages);
}

/* The oldest dirty inode of @sb, referenced; NULL: none that old. */
static struct inode *oldest_dirty(struct super_block *sb, u64 older_than)
{
	struct inode *i;

	lock_inode_cache();
	i = list_first_entry_or_null(&sb->s_dirty, struct inode, i_dirty);
	if (i && (i->i_dirtied_when > older_than || (i->i_state & I_NEW)))
		i = NULL;
	if (i) {
		atomic_inc(&i->i_count);
		inode_lru_del(i);
	}
	unlock_inode_cache();
	return i;
}

unsigned long writeback_inodes_sb(struct super_block *sb, u64 older_than)
{
	unsigned long done = 0;
	struct inode *i;

	while ((i = oldest_dirty(sb, older_than))) {
		bool failed;

		if (take_dirty(i, I_DIRTY_PAGES))
			filemap_fdatawrite_range(&i->i_data, 0, MAX_OFFSET);
		failed = sync_inode_metadata(i, I_DIRTY_SYNC | I_DIRTY_DATASYNC) != 0;
		iput(i);
		if (failed)
			break;
		done++;
		cond_resched();
	}
	return done;
}
