/*
 * fs/inode.c - inodes: the objects that names stand for
 *
 * Purpose:    make, share and free inodes; who may do what with one; its times.
 * Invariants: i_count counts dentries and open pipes and sockets; when it reaches 0 the pages
 *             are dropped, the file system frees its part, and the inode goes back to the slab.
 *             An inode that has another home, a disk, is hashed by its number: a number has one inode
 *             in memory.  As long as it has a name it is kept at 0 too, on the LRU, until memory is
 *             short or the file system goes; it may still be dirty there.
 * Lock order: inode_cache_lock is innermost.  prune_one() waits for nothing, because who asks for memory
 *             may hold anything.
 * Simplified: one lock for all file systems; no quota, no ACL.
 * Sources:    POSIX.1-2017, "File Access Permissions", "File Times Update".
 */
#include <fs.h>
#include <mm.h>
#include <pagemap.h>
#include <sched.h>
#include <slab.h>
#include <string.h>
#include <wait.h>
#include "internal.h"

static struct kmem_cache *inode_cachep;

static const struct inode_operations no_iops;
static const struct file_operations no_fops;

u64 current_time_ns(void)
{
	return ktime_get_real();
}

static void set_rwsem_class(struct inode *i)
{
	if (S_ISDIR(i->i_mode))		/* a directory's stands above those of the files in it */
		init_rwsem_class(&i->i_rwsem, "directory->i_rwsem");
	else
		init_rwsem_class(&i->i_rwsem, "inode->i_rwsem");
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
	set_rwsem_class(i);
	INIT_LIST_HEAD(&i->i_locks);
	INIT_LIST_HEAD(&i->i_sb_list);
	INIT_LIST_HEAD(&i->i_lru);
	INIT_LIST_HEAD(&i->i_dirty);
	address_space_init(&i->i_data, i, NULL);
	i->i_mapping = &i->i_data;
	return i;
}

/* ---- the cache of inodes that have a number on a disk ---- */

#define INODE_HASH_BITS 10

static DEFINE_SPINLOCK(inode_cache_lock);
static struct hlist_head inode_hash[1 << INODE_HASH_BITS];	/* inode_cache_lock */
static LIST_HEAD(inode_lru);					/* inode_cache_lock, oldest first */
static unsigned long nr_unused;					/* its length: inode_cache_lock */
static DECLARE_WAIT_QUEUE_HEAD(inode_wait);			/* for I_NEW and I_FREEING to end */

void lock_inode_cache(void) { spin_lock(&inode_cache_lock); }
void unlock_inode_cache(void) { spin_unlock(&inode_cache_lock); }

static struct hlist_head *inode_chain(const struct super_block *sb, u64 ino)
{
	u64 h = (ino ^ (unsigned long)sb >> 6) * 0x9e3779b97f4a7c15UL;

	return &inode_hash[h >> (64 - INODE_HASH_BITS)];
}

static bool inode_hashed(const struct inode *i)
{
	return !hlist_unhashed(&i->i_hash);
}

/* inode_cache_lock held. */
static struct inode *find_inode(struct super_block *sb, u64 ino)
{
	struct inode *i;

	hlist_for_each_entry(i, inode_chain(sb, ino), i_hash)
		if (i->i_sb == sb && i->i_ino == ino)
			return i;
	return NULL;
}

static void inode_lru_add(struct inode *i)
{
	list_add_tail(&i->i_lru, &inode_lru);
	nr_unused++;
}

void inode_lru_del(struct inode *i)
{
	nr_unused -= !list_empty(&i->i_lru);
	list_del_init(&i->i_lru);
}

/* inode_cache_lock held. */
static void hash_inode(struct inode *i)
{
	hlist_add_head(&i->i_hash, inode_chain(i->i_sb, i->i_ino));
	list_add_tail(&i->i_sb_list, &i->i_sb->s_inodes);
}

/* Of nobody else any more; inode_cache_lock held. */
static void unhash_inode(struct inode *i)
{
	hlist_del_init(&i->i_hash);
	list_del_init(&i->i_sb_list);
	inode_lru_del(i);
	list_del_init(&i->i_dirty);
}

static bool inode_settled(struct inode *i, unsigned int state)
{
	bool settled;

	spin_lock(&inode_cache_lock);
	settled = !(i->i_state & state);
	spin_unlock(&inode_cache_lock);
	return settled;
}

/* A number that is on its way out: until it is gone.  It may be gone already. */
static void wait_until_freed(struct super_block *sb, u64 ino)
{
	DEFINE_WAIT(wait);
	struct inode *i;

	for (;;) {
		prepare_to_wait(&inode_wait, &wait, TASK_UNINTERRUPTIBLE);
		spin_lock(&inode_cache_lock);
		i = find_inode(sb, ino);
		if (i && !(i->i_state & I_FREEING))
			i = NULL;
		spin_unlock(&inode_cache_lock);
		if (!i)
			break;
		schedule();
	}
	finish_wait(&inode_wait, &wait);
}

/* The inode of this number with a reference, or NULL; *freeing: wait_until_freed() and look again. */
static struct inode *grab_inode(struct super_block *sb, u64 ino, bool *freeing)
{
	struct inode *i;

	spin_lock(&inode_cache_lock);
	i = find_inode(sb, ino);
	*freeing = i && (i->i_state & I_FREEING);
	if (*freeing)
		i = NULL;
	if (i) {
		atomic_inc(&i->i_count);
		inode_lru_del(i);
	}
	spin_unlock(&inode_cache_lock);
	return i;
}

struct inode *iget_locked(struct super_block *sb, u64 ino)
{
	struct inode *i, *new;
	bool freeing;

	for (;;) {
		i = grab_inode(sb, ino, &freeing);
		if (i) {
			wait_event(inode_wait, inode_settled(i, I_NEW));
			if (inode_hashed(i))
				return i;
			iput(i);		/* could not be read */
			continue;
		}
		if (freeing) {
			wait_until_freed(sb, ino);
			continue;
		}
		new = new_inode(sb, 0);
		if (!new)
			return NULL;
		new->i_ino = ino;
		new->i_state = I_NEW;
		if (!insert_inode_hash(new))
			return new;
		new->i_state = 0;
		iput(new);			/* somebody was faster */
	}
}

int insert_inode_hash(struct inode *i)
{
	struct inode *old;
	bool freeing;

	do {
		spin_lock(&inode_cache_lock);
		old = find_inode(i->i_sb, i->i_ino);
		freeing = old && (old->i_state & I_FREEING);
		if (!old)
			hash_inode(i);
		spin_unlock(&inode_cache_lock);
		if (freeing)		/* its number is free already, it itself not yet */
			wait_until_freed(i->i_sb, i->i_ino);
	} while (freeing);
	return old ? -EEXIST : 0;
}

void unlock_new_inode(struct inode *i)
{
	set_rwsem_class(i);
	spin_lock(&inode_cache_lock);
	VM_BUG_ON(!(i->i_state & I_NEW));
	i->i_state &= ~I_NEW;
	spin_unlock(&inode_cache_lock);
	wake_up_all(&inode_wait);
}

void iget_failed(struct inode *i)
{
	spin_lock(&inode_cache_lock);
	unhash_inode(i);
	i->i_state &= ~I_NEW;
	spin_unlock(&inode_cache_lock);
	wake_up_all(&inode_wait);
	iput(i);
}

/* ---- the end of an inode ---- */

/* Nobody finds it any more, or whoever does waits. */
static void evict(struct inode *i)
{
	VM_BUG_ON(!list_empty(&i->i_locks));
	if (i->i_data.nrpages || test_bit(AS_SHMEM, &i->i_data.flags))	/* in swap, then */
		truncate_inode_pages(&i->i_data, 0);
	if (i->i_sb->s_op && i->i_sb->s_op->evict_inode)
		i->i_sb->s_op->evict_inode(i);
	if (inode_hashed(i)) {
		spin_lock(&inode_cache_lock);
		unhash_inode(i);
		spin_unlock(&inode_cache_lock);
		wake_up_all(&inode_wait);
	}
	kmem_cache_free(inode_cachep, i);
}

/* It is going: nobody takes it up again, to use or to write it.  inode_cache_lock held. */
static void set_freeing(struct inode *i)
{
	i->i_state |= I_FREEING;
	inode_lru_del(i);
	list_del_init(&i->i_dirty);
}

/* Drop what may be the last reference: true if the inode is to be evicted. */
static bool iput_last(struct inode *i)
{
	bool gone = false;

	if (!inode_hashed(i))
		return atomic_dec_and_test(&i->i_count);
	spin_lock(&inode_cache_lock);
	if (atomic_dec_and_test(&i->i_count)) {
		gone = !i->i_nlink;
		if (gone)
			set_freeing(i);
		else
			inode_lru_add(i);
	}
	spin_unlock(&inode_cache_lock);
	return gone;
}

void iput(struct inode *i)
{
	int c = atomic_read(&i->i_count);

	VM_BUG_ON(c <= 0);
	while (c > 1) {
		int was = atomic_cmpxchg(&i->i_count, c, c - 1);

		if (was == c)
			return;
		c = was;
	}
	if (iput_last(i))
		evict(i);
}

/* Clean pages that nobody uses go; nothing is waited for. */
static void drop_clean_pages(struct address_space *m)
{
	struct page *pages[16];
	pgoff_t next = 0;
	unsigned int n;

	do {
		spin_lock(&m->tree_lock);
		n = page_tree_gang_lookup(&m->page_tree, next, pages, ARRAY_SIZE(pages));
		for (unsigned int i = 0; i < n; i++)
			get_page(pages[i]);
		spin_unlock(&m->tree_lock);
		for (unsigned int i = 0; i < n; i++) {
			next = pages[i]->index + 1;
			if (!PageWriteback(pages[i]))
				drop_clean_page(pages[i]);
			put_page(pages[i]);
		}
	} while (n == ARRAY_SIZE(pages));
}

/* May it be freed, by somebody who must not wait?  inode_cache_lock held. */
static bool inode_idle(const struct inode *i)
{
	return !atomic_read(&i->i_count) && !(i->i_state & (I_NEW | I_FREEING | I_DIRTY)) &&
	       i->i_nlink && !i->i_data.nrpages;
}

/* It goes round once more; its clean pages, which nobody uses either, may go meanwhile.  inode_cache_lock held and dropped. */
static void pass_over(struct inode *i, bool pages)
{
	list_move_tail(&i->i_lru, &inode_lru);
	if (!pages || !i->i_data.nrpages) {
		spin_unlock(&inode_cache_lock);
		return;
	}
	atomic_inc(&i->i_count);
	inode_lru_del(i);
	spin_unlock(&inode_cache_lock);
	drop_clean_pages(&i->i_data);
	spin_lock(&inode_cache_lock);		/* not iput(): it may have to evict */
	if (atomic_dec_and_test(&i->i_count))
		inode_lru_add(i);
	spin_unlock(&inode_cache_lock);
}

/* The oldest inode of the LRU: freed, or moved to the end.  False: there is none. */
static bool prune_one(unsigned long *freed, bool pages)
{
	struct inode *i;

	spin_lock(&inode_cache_lock);
	i = list_first_entry_or_null(&inode_lru, struct inode, i_lru);
	if (!i) {
		spin_unlock(&inode_cache_lock);
		return false;
	}
	if (!inode_idle(i)) {
		pass_over(i, pages);
		return true;
	}
	set_freeing(i);
	spin_unlock(&inode_cache_lock);
	evict(i);
	++*freed;
	return true;
}

unsigned long prune_inodes(void)
{
	unsigned long freed = 0, tries = 2 * READ_ONCE(nr_unused);

	while (tries-- && prune_one(&freed, true))
		;
	return freed;
}

static unsigned long count_inodes(struct shrinker *s, struct shrink_control *sc)
{
	return READ_ONCE(nr_unused);
}

/* An inode with cached pages stays: its pages are reclaimed by their own use, and then it can go. */
static unsigned long shrink_inodes(struct shrinker *s, struct shrink_control *sc)
{
	unsigned long freed = 0, n = 0;

	while (n < sc->nr_to_scan && prune_one(&freed, false))
		n++;
	sc->nr_scanned = n;
	sc->nr_pages += kmem_cache_release_idle(inode_cachep);
	return freed;
}

static struct shrinker inode_shrinker = {
	.name = "inode", .count_objects = count_inodes, .scan_objects = shrink_inodes, .seeks = DEFAULT_SEEKS,
};

bool evict_inodes(struct super_block *sb)
{
	struct inode *i, *next, *victim;
	bool busy;

	do {
		victim = NULL;
		busy = false;
		spin_lock(&inode_cache_lock);
		list_for_each_entry_safe(i, next, &sb->s_inodes, i_sb_list) {
			if (atomic_read(&i->i_count) || (i->i_state & I_FREEING)) {
				busy = true;
				continue;
			}
			victim = i;
			set_freeing(i);
			break;
		}
		spin_unlock(&inode_cache_lock);
		if (victim)
			evict(victim);
	} while (victim);
	return !busy;
}

bool sb_busy_writing(struct super_block *sb)
{
	struct inode *i;
	bool busy = false;

	spin_lock(&inode_cache_lock);
	list_for_each_entry(i, &sb->s_inodes, i_sb_list)
		if (atomic_read(&i->i_count) && (!i->i_nlink || atomic_read(&i->i_writecount) > 0))
			busy = true;
	spin_unlock(&inode_cache_lock);
	return busy;
}

unsigned long nr_inodes(void)
{
	return kmem_cache_active(inode_cachep);
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

	if ((mnt->flags & (MS_NOATIME | MS_RDONLY)) || sb_readonly(mnt->sb))
		return;
	if ((mnt->flags & MS_NODIRATIME) && S_ISDIR(i->i_mode))
		return;
	if ((mnt->flags & MS_STRICTATIME) || relatime_due(i, now)) {
		i->i_atime = now;
		mark_inode_dirty_sync(i);
	}
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
	mark_inode_dirty_sync(f->f_inode);
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
		mark_inode_dirty(i);
	}
	inode_unlock(i);
	return err;
}

void __init inode_init(void)
{
	inode_cachep = kmem_cache_create("inode_cache", sizeof(struct inode), 0,
					 SLAB_HWCACHE_ALIGN | SLAB_PANIC | SLAB_RECLAIM_ACCOUNT, NULL);
	register_shrinker(&inode_shrinker);
}
