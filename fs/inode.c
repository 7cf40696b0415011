/*
 * fs/inode.c - inodes: the objects that names stand for
 *
 * Purpose:    make, share and free inodes; who may do what with one; its times.
 * Invariants: i_count counts dentries and open pipes and sockets; when it reaches 0 the pages
 *             are dropped, the file system frees its part, and the inode goes back to the slab.
 * Simplified: inodes are found through dentries only; no inode hash, no quota, no ACL.
 * Sources:    POSIX.1-2017, "File Access Permissions", "File Times Update".
 */
#include <fs.h>
#include <mm.h>
#include <pagemap.h>
#include <sched.h>
#include <slab.h>
#include <string.h>
#include "internal.h"

static struct kmem_cache *inode_cachep;

static const struct inode_operations no_iops;
static const struct file_operations no_fops;

u64 current_time_ns(void)
{
	return ktime_get_real();
}

struct inode *new_inode(struct super_block *sb, umode_t mode)
{
	struct inode *i = kmem_cache_alloc(inode_cachep, GFP_KERNEL);

	if (!i)
		return NULL;
	memset(i, 0, sizeof(*i));
	i->i_mode = mode;
	i->i_uid = current->cred.fsuid;
	i->i_gid = current->cred.fsgid;
	i->i_nlink = 1;
	i->i_sb = sb;
	i->i_ino = __atomic_add_fetch(&sb->s_next_ino, 1, __ATOMIC_RELAXED);
	i->i_atime = i->i_mtime = i->i_ctime = current_time_ns();
	i->i_op = &no_iops;
	i->i_fop = &no_fops;
	atomic_set(&i->i_count, 1);
	if (S_ISDIR(mode))		/* a directory's stands above those of the files in it */
		init_rwsem_class(&i->i_rwsem, "directory->i_rwsem");
	else
		init_rwsem_class(&i->i_rwsem, "inode->i_rwsem");
	INIT_LIST_HEAD(&i->i_locks);
	address_space_init(&i->i_data, i, NULL);
	i->i_mapping = &i->i_data;
	return i;
}

/* The last reference is gone. */
static void evict(struct inode *i)
{
	VM_BUG_ON(!list_empty(&i->i_locks));
	if (i->i_data.nrpages)
		truncate_inode_pages(&i->i_data, 0);
	if (i->i_sb->s_op && i->i_sb->s_op->evict_inode)
		i->i_sb->s_op->evict_inode(i);
	kmem_cache_free(inode_cachep, i);
}

void iput(struct inode *i)
{
	VM_BUG_ON(atomic_read(&i->i_count) <= 0);
	if (atomic_dec_and_test(&i->i_count))
		evict(i);
}

unsigned long nr_inodes(void)
{
	return kmem_cache_active(inode_cachep);
}

unsigned long shrink_inode_cache(void)
{
	return kmem_cache_shrink(inode_cachep);
}

/* ---- permissions ---- */

bool in_group(gid_t gid)
{
	const struct cred_ids *c = &current->cred;

	if (gid == c->fsgid)
		return true;
	for (int i = 0; i < c->ngroups; i++)
		if (c->groups[i] == gid)
			return true;
	return false;
}

bool inode_owner_or_root(const struct inode *inode)
{
	return current->cred.fsuid == inode->i_uid || capable_root();
}

/*
 * May current do @mask?  The owner is judged by the owner's bits alone, then the group, then
 * the rest.  Root may all, but execute a file only if somebody may.
 */
int inode_permission(struct inode *inode, int mask)
{
	umode_t mode = inode->i_mode;

	mask &= MAY_READ | MAY_WRITE | MAY_EXEC;
	if (current->cred.fsuid == inode->i_uid)
		mode >>= 6;
	else if (in_group(inode->i_gid))
		mode >>= 3;
	if ((mode & mask) == (umode_t)mask)
		return 0;
	if (current->cred.fsuid == 0 || capable_root()) {
		if (S_ISDIR(inode->i_mode) || !(mask & MAY_EXEC) || (inode->i_mode & 0111))
			return 0;
	}
	return -EACCES;
}

/* ---- times ---- */

#define DAY_NS (24 * 3600 * NSEC_PER_SEC)

static bool relatime_due(const struct inode *i, u64 now)
{
	return i->i_atime <= i->i_mtime || i->i_atime <= i->i_ctime || now - i->i_atime >= DAY_NS;
}

static void touch_atime(struct mount *mnt, struct inode *i)
{
	u64 now = current_time_ns();

	if (mnt->flags & (MS_NOATIME | MS_RDONLY))
		return;
	if ((mnt->flags & MS_NODIRATIME) && S_ISDIR(i->i_mode))
		return;
	if ((mnt->flags & MS_STRICTATIME) || relatime_due(i, now))
		i->i_atime = now;
}

void path_accessed(const struct path *p)
{
	touch_atime(p->mnt, p->dentry->d_inode);
}

void file_accessed(struct file *f)
{
	if (!(f->f_flags & O_NOATIME))
		touch_atime(f->f_path.mnt, f->f_inode);
}

void file_update_time(struct file *f)
{
	f->f_inode->i_mtime = f->f_inode->i_ctime = current_time_ns();
}

/* ---- chmod, chown, utimes ---- */

static int may_setattr(const struct inode *i, const struct iattr *a)
{
	const struct cred_ids *c = &current->cred;

	if ((a->valid & ATTR_UID) && !capable_root() &&
	    (c->fsuid != i->i_uid || a->uid != i->i_uid))
		return -EPERM;
	if ((a->valid & ATTR_GID) && !capable_root() &&
	    (c->fsuid != i->i_uid || (!in_group(a->gid) && a->gid != i->i_gid)))
		return -EPERM;
	if ((a->valid & (ATTR_MODE | ATTR_ATIME | ATTR_MTIME)) && !(a->valid & ATTR_TOUCH) &&
	    !inode_owner_or_root(i))
		return -EPERM;
	return 0;
}

/* A changed owner takes the set-id bits away. */
static void chown_inode(struct inode *i, const struct iattr *a)
{
	if (a->valid & ATTR_UID)
		i->i_uid = a->uid;
	if (a->valid & ATTR_GID)
		i->i_gid = a->gid;
	if (S_ISDIR(i->i_mode))
		return;
	i->i_mode &= ~S_ISUID;
	if (i->i_mode & S_IXGRP)
		i->i_mode &= ~S_ISGID;
}

int notify_change(struct path *path, const struct iattr *a)
{
	struct inode *i = path->dentry->d_inode;
	u64 now = current_time_ns();
	int err = sb_writable(path);

	if (!err && i->i_sb->s_magic == PROC_SUPER_MAGIC)
		err = -EPERM;		/* made anew at each walk: nothing would be kept */
	if (err)
		return err;
	inode_lock(i);
	if ((a->valid & ATTR_TOUCH) && !inode_owner_or_root(i))
		err = inode_permission(i, MAY_WRITE);
	if (!err)
		err = may_setattr(i, a);
	if (!err) {
		if (a->valid & (ATTR_UID | ATTR_GID))
			chown_inode(i, a);
		if (a->valid & ATTR_MODE) {
			i->i_mode = (i->i_mode & S_IFMT) | (a->mode & 07777);
			if (!in_group(i->i_gid) && !capable_root())
				i->i_mode &= ~S_ISGID;
		}
		if (a->valid & ATTR_ATIME)
			i->i_atime = a->valid & ATTR_TOUCH ? now : a->atime;
		if (a->valid & ATTR_MTIME)
			i->i_mtime = a->valid & ATTR_TOUCH ? now : a->mtime;
		i->i_ctime = now;
	}
	inode_unlock(i);
	return err;
}

void __init inode_init(void)
{
	inode_cachep = kmem_cache_create("inode_cache", sizeof(struct inode), 0,
					 SLAB_HWCACHE_ALIGN | SLAB_PANIC, NULL);
}
