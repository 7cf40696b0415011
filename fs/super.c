/*
 * fs/super.c - file system types, and super blocks: one per file system in use
 *
 * Invariants: s_active counts the mounts of a super block; with the last one kill_sb frees it.
 *             A device that is mounted has one super block, which all its mounts share.
 * Lock order: supers_mutex > whatever a file system takes to be mounted, synced and unmounted.
 *             s_dev of what has no device is anonymous: major 0.
 */
#include <blkdev.h>
#include <err.h>
#include <fs.h>
#include <mm.h>
#include <pagemap.h>
#include <printk.h>
#include <seq_file.h>
#include <slab.h>
#include <string.h>
#include "internal.h"

static DEFINE_SPINLOCK(fs_types_lock);
static struct file_system_type *fs_types;	/* fs_types_lock; types are never taken away */

int register_filesystem(struct file_system_type *t)
{
	struct file_system_type **p;

	spin_lock(&fs_types_lock);
	for (p = &fs_types; *p; p = &(*p)->next) {
		if (!strcmp((*p)->name, t->name)) {
			spin_unlock(&fs_types_lock);
			return -EBUSY;
		}
	}
	t->next = NULL;
	*p = t;
	spin_unlock(&fs_types_lock);
	return 0;
}

struct file_system_type *find_filesystem(const char *name)
{
	struct file_system_type *t;

	spin_lock(&fs_types_lock);
	for (t = fs_types; t; t = t->next)
		if (!strcmp(t->name, name))
			break;
	spin_unlock(&fs_types_lock);
	return t;
}

int filesystems_show(struct seq_file *m)
{
	for (struct file_system_type *t = READ_ONCE(fs_types); t; t = READ_ONCE(t->next))
		seq_printf(m, "%s\t%s\n", t->nodev ? "nodev" : "", t->name);
	return 0;
}

struct super_block *alloc_super(struct file_system_type *t)
{
	static unsigned int next_minor = 1;
	struct super_block *sb = kzalloc(sizeof(*sb), GFP_KERNEL);

	if (!sb)
		return NULL;
	sb->s_type = t;
	sb->s_dev = MKDEV(0, __atomic_fetch_add(&next_minor, 1, __ATOMIC_RELAXED));
	atomic_set(&sb->s_active, 1);
	INIT_LIST_HEAD(&sb->s_list);
	INIT_LIST_HEAD(&sb->s_inodes);
	INIT_LIST_HEAD(&sb->s_dirty);
	mutex_init_class(&sb->s_sync_mutex, "sb->s_sync_mutex");
	return sb;
}

void free_super(struct super_block *sb)
{
	kfree(sb);
}

bool sb_readonly(const struct super_block *sb)
{
	return READ_ONCE(sb->s_flags) & MS_RDONLY;
}

void deactivate_super(struct super_block *sb)
{
	if (!atomic_dec_and_test(&sb->s_active))
		return;
	if (sb->s_type->kill_sb) {
		sb->s_type->kill_sb(sb);
	} else {		/* nothing is pinned: only the cache knows names of it */
		drop_dcache();
		dput(sb->s_root);
	}
	kfree(sb);
}

/* For file systems whose dentries are pinned: nobody holds a path into it any more. */
void kill_litter_super(struct super_block *sb)
{
	if (!sb->s_root)
		return;
	d_kill_tree(sb->s_root);
	dput(sb->s_root);
	sb->s_root = NULL;
}

/* ---- file systems on a device ---- */

static DEFINE_MUTEX(supers_mutex);	/* mounting, unmounting and the list */
static LIST_HEAD(supers);		/* supers_mutex */
static DECLARE_WAIT_QUEUE_HEAD(supers_wait);	/* for one to leave the list */

/* The super block of a device that is mounted; supers_mutex held. */
static struct super_block *find_super(struct file_system_type *t, dev_t dev)
{
	struct super_block *sb;

	list_for_each_entry(sb, &supers, s_list)
		if (sb->s_type == t && sb->s_dev == dev)
			return sb;
	return NULL;
}

/* One more mount of @sb; not of one whose last mount is going. */
static bool get_active(struct super_block *sb)
{
	int c = atomic_read(&sb->s_active);

	while (c > 0) {
		int was = atomic_cmpxchg(&sb->s_active, c, c + 1);

		if (was == c)
			return true;
		c = was;
	}
	return false;
}

/*
 * The super block of a device that is mounted, one mount more; NULL: none.  One that is just going is waited
 * for.  supers_mutex held; let go meanwhile.
 */
static struct super_block *share_super(struct file_system_type *t, dev_t dev)
{
	struct super_block *sb;
	DEFINE_WAIT(wait);

	while ((sb = find_super(t, dev)) && !get_active(sb)) {
		prepare_to_wait(&supers_wait, &wait, TASK_UNINTERRUPTIBLE);
		mutex_unlock(&supers_mutex);
		schedule();
		finish_wait(&supers_wait, &wait);
		mutex_lock(&supers_mutex);
	}
	return sb;
}

static int source_device(const char *source, dev_t *dev)
{
	struct path path;
	int err;

	if (!source || !*source)
		return -EINVAL;
	err = kern_path(AT_FDCWD, source, LOOKUP_FOLLOW, &path);
	if (err)
		return err;
	*dev = path.dentry->d_inode->i_rdev;
	if (!S_ISBLK(path.dentry->d_inode->i_mode))
		err = -ENOTBLK;
	else if (path.mnt->flags & MS_NODEV)
		err = -EACCES;
	path_put(&path);
	return err;
}

/* A new super block for @bdev, which it takes over; ERR_PTR, with @bdev put. */
static struct super_block *new_bdev_super(struct file_system_type *t, struct block_device *bdev,
					  unsigned long flags, const char *data,
					  int (*fill_super)(struct super_block *sb, const char *data))
{
	struct super_block *sb = alloc_super(t);
	int err = -ENOMEM;

	if (!sb)
		goto out_put;
	sb->s_bdev = bdev;
	sb->s_dev = bdev_dev(bdev);
	sb->s_flags = flags & MS_RDONLY;
	err = bd_claim(bdev, sb);
	if (err)
		goto out_free;
	err = fill_super(sb, data);
	if (err)
		goto out_release;
	list_add_tail(&sb->s_list, &supers);
	return sb;

out_release:
	bd_release(bdev, sb);
out_free:
	kfree(sb);
out_put:
	blkdev_put(bdev);
	return ERR_PTR(err);
}

struct super_block *mount_bdev(struct file_system_type *t, unsigned long flags, const char *source,
			       const char *data,
			       int (*fill_super)(struct super_block *sb, const char *data))
{
	struct block_device *bdev;
	struct super_block *sb;
	dev_t dev;
	int err = source_device(source, &dev);

	if (err)
		return ERR_PTR(err);
	mutex_lock(&supers_mutex);
	sb = share_super(t, dev);
	if (!sb) {
		bdev = blkdev_get(dev, !(flags & MS_RDONLY));
		if (PTR_ERR(bdev) == -EROFS)
			bdev = ERR_PTR(-EACCES);	/* mount(8) tries again for reading only */
		sb = IS_ERR(bdev) ? ERR_PTR(PTR_ERR(bdev)) :
		     new_bdev_super(t, bdev, flags, data, fill_super);
	}
	mutex_unlock(&supers_mutex);
	if (!IS_ERR(sb) && !!(flags & MS_RDONLY) != sb_readonly(sb)) {
		deactivate_super(sb);
		return ERR_PTR(-EBUSY);
	}
	return sb;
}

/* The last mount has gone: nobody can find the super block but by the list. */
void kill_block_super(struct super_block *sb)
{
	struct block_device *bdev = sb->s_bdev;

	mutex_lock(&supers_mutex);
	drop_dcache();
	dput(sb->s_root);
	sync_filesystem(sb);
	if (!evict_inodes(sb))
		pr_err("%s: inodes of %s are in use after the last unmount\n", sb->s_type->name,
		       bdev_name(bdev));
	if (sb->s_op->put_super)
		sb->s_op->put_super(sb);
	sync_blockdev(bdev);
	list_del(&sb->s_list);
	bd_release(bdev, sb);
	blkdev_put(bdev);
	mutex_unlock(&supers_mutex);
	wake_up_all(&supers_wait);
}

int sync_all_filesystems(void)
{
	struct super_block *sb;
	int err = 0, e;

	mutex_lock(&supers_mutex);
	list_for_each_entry(sb, &supers, s_list) {
		e = sync_filesystem(sb);
		err = err ? err : e;
	}
	mutex_unlock(&supers_mutex);
	return err;
}

unsigned long writeback_inodes(u64 older_than)
{
	struct super_block *sb;
	unsigned long done = 0;

	mutex_lock(&supers_mutex);
	list_for_each_entry(sb, &supers, s_list)
		done += writeback_inodes_sb(sb, older_than);
	mutex_unlock(&supers_mutex);
	return done;
}

void drop_pagecache(void)
{
	struct super_block *sb;

	mutex_lock(&supers_mutex);
	list_for_each_entry(sb, &supers, s_list)
		drop_pagecache_sb(sb);
	mutex_unlock(&supers_mutex);
}

/* ---- options of mount(2) ---- */

int for_each_option(const char *data, int (*one)(void *arg, char *word), void *arg)
{
	char *copy, *word, *next;
	int err = 0;

	if (!data || !*data)
		return 0;
	copy = kstrdup(data, GFP_KERNEL);
	if (!copy)
		return -ENOMEM;
	for (word = copy; word && !err; word = next) {
		next = strchr(word, ',');
		if (next)
			*next++ = 0;
		if (*word)
			err = one(arg, word);
	}
	kfree(copy);
	return err;
}
