/*
 * fs/super.c - file system types, and super blocks: one per file system in use
 *
 * Invariants: s_active counts the mounts of a super block; with the last one kill_sb frees it.
 * Simplified: no block devices yet, so every st_dev is anonymous: major 0.
 */
#include <fs.h>
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
	return sb;
}

void free_super(struct super_block *sb)
{
	kfree(sb);
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
