/*
 * fs/dcache.c - names in memory: the tree of dentries
 *
 * Purpose:    a path walk asks here first; only a name that is not here costs a call into the
 *             file system.  For tmpfs and devtmpfs the tree is the directory itself: every
 *             name has a pinned dentry.
 * Invariants: a hashed dentry stands in its parent's d_subdirs and in one hash chain;
 *             a dentry holds a reference on its parent and on its inode;
 *             d_count is 0 only for dentries on the LRU (hashed, positive, kept for speed).
 * Lock order: dcache_lock is the innermost lock of fs/; inodes are put after it is dropped.
 *             prune_mutex above it; reclaim only tries it, so it may be held while memory is asked for.
 * Simplified: one lock and no RCU walk; negative dentries are not kept.
 * Sources:    Bovet & Cesati, "Understanding the Linux Kernel", The Virtual Filesystem.
 */
#include <fs.h>
#include <mm.h>
#include <sched.h>
#include <slab.h>
#include <string.h>
#include "internal.h"

#define DCACHE_HASH_BITS 10

DEFINE_SPINLOCK(dcache_lock);
static struct hlist_head dentry_hash[1 << DCACHE_HASH_BITS];	/* dcache_lock */
static LIST_HEAD(dentry_lru);					/* dcache_lock, oldest first */
static unsigned long nr_unused;					/* length of dentry_lru: dcache_lock */
static struct kmem_cache *dentry_cachep;

/* Somebody uses it again, or it goes.  dcache_lock held. */
static void lru_del(struct dentry *d)
{
	nr_unused -= !list_empty(&d->d_lru);
	list_del_init(&d->d_lru);
}

static u32 name_hash(const struct dentry *parent, const char *name, unsigned int len)
{
	u64 h = (unsigned long)parent >> 6;

	while (len--)
		h = (h ^ (unsigned char)*name++) * 0x100000001b3UL;
	return h ^ h >> 32;
}

static struct hlist_head *hash_chain(u32 hash)
{
	return &dentry_hash[(hash ^ hash >> DCACHE_HASH_BITS) & ((1 << DCACHE_HASH_BITS) - 1)];
}

/* A dentry that nobody can find yet, with a reference on @parent; NULL when there is no memory. */
struct dentry *d_alloc(struct dentry *parent, const char *name, unsigned int len)
{
	struct dentry *d = kmem_cache_alloc(dentry_cachep, GFP_KERNEL);

	if (!d)
		return NULL;
	memset(d, 0, sizeof(*d));
	d->d_name = kmalloc(len + 1, GFP_KERNEL);
	if (!d->d_name) {
		kmem_cache_free(dentry_cachep, d);
		return NULL;
	}
	memcpy(d->d_name, name, len);
	d->d_name[len] = 0;
	d->d_len = len;
	atomic_set(&d->d_count, 1);
	INIT_LIST_HEAD(&d->d_child);
	INIT_LIST_HEAD(&d->d_subdirs);
	INIT_LIST_HEAD(&d->d_lru);
	d->d_parent = d;
	if (parent) {
		d->d_parent = dget(parent);
		d->d_sb = parent->d_sb;
		d->d_hashval = name_hash(parent, name, len);
	}
	return d;
}

/* The top of a file system; takes over the reference on @root.  NULL: no memory, nothing taken. */
struct dentry *d_alloc_root(struct super_block *sb, struct inode *root)
{
	struct dentry *d = d_alloc(NULL, "/", 1);

	if (!d)
		return NULL;
	d->d_sb = sb;
	d_instantiate(d, root);
	root->i_alias = d;
	return d;
}

/* A dentry for an object without a path: pipes, anonymous inodes. */
struct dentry *d_alloc_pseudo(struct super_block *sb, const struct dentry_operations *op)
{
	struct dentry *d = d_alloc(NULL, "", 0);

	if (d) {
		d->d_sb = sb;
		d->d_op = op;
	}
	return d;
}

void d_instantiate(struct dentry *d, struct inode *inode)
{
	VM_BUG_ON(d->d_inode);
	d->d_inode = inode;
}

int d_instantiate_dir(struct dentry *d, struct inode *inode)
{
	bool taken;

	spin_lock(&dcache_lock);
	taken = inode->i_alias != NULL;
	if (!taken) {
		inode->i_alias = d;
		d->d_inode = inode;
	}
	spin_unlock(&dcache_lock);
	return taken ? -ELOOP : 0;
}

/* The name is no longer one under which the directory is found. */
static void drop_alias(struct dentry *d)
{
	if (d->d_inode && d->d_inode->i_alias == d)
		d->d_inode->i_alias = NULL;
}

static void hash_locked(struct dentry *d)
{
	if (d->d_inode && S_ISDIR(d->d_inode->i_mode))
		d->d_inode->i_alias = d;
	hlist_add_head(&d->d_hash, hash_chain(d->d_hashval));
	list_add(&d->d_child, &d->d_parent->d_subdirs);
	d->d_seq = ++d->d_parent->d_next_seq;
	d->d_unlinked = false;
}

void d_rehash(struct dentry *d)
{
	spin_lock(&dcache_lock);
	VM_BUG_ON(!hlist_unhashed(&d->d_hash));
	hash_locked(d);
	spin_unlock(&dcache_lock);
}

static void unhash_locked(struct dentry *d)
{
	if (hlist_unhashed(&d->d_hash))
		return;
	hlist_del_init(&d->d_hash);
	list_del_init(&d->d_child);
	drop_alias(d);
}

void d_drop(struct dentry *d)
{
	spin_lock(&dcache_lock);
	unhash_locked(d);
	d->d_unlinked = true;
	spin_unlock(&dcache_lock);
}

struct dentry *d_lookup(struct dentry *parent, const char *name, unsigned int len)
{
	u32 hash = name_hash(parent, name, len);
	struct dentry *d;

	spin_lock(&dcache_lock);
	hlist_for_each_entry(d, hash_chain(hash), d_hash) {
		if (d->d_hashval != hash || d->d_parent != parent || d->d_len != len ||
		    memcmp(d->d_name, name, len))
			continue;
		lru_del(d);
		atomic_inc(&d->d_count);
		spin_unlock(&dcache_lock);
		return d;
	}
	spin_unlock(&dcache_lock);
	return NULL;
}

struct dentry *dget(struct dentry *d)
{
	VM_BUG_ON(atomic_read(&d->d_count) <= 0);
	atomic_inc(&d->d_count);
	return d;
}

/* Free an unhashed dentry without references; returns its parent, whose reference the caller drops. */
static struct dentry *free_dentry(struct dentry *d)
{
	struct dentry *parent = d->d_parent == d ? NULL : d->d_parent;

	VM_BUG_ON(!list_empty(&d->d_subdirs));
	if (d->d_inode) {
		spin_lock(&dcache_lock);
		drop_alias(d);
		spin_unlock(&dcache_lock);
		iput(d->d_inode);
	}
	kfree(d->d_name);
	kmem_cache_free(dentry_cachep, d);
	return parent;
}

static bool worth_keeping(const struct dentry *d)
{
	return d->d_inode && !hlist_unhashed(&d->d_hash) && !(d->d_op && d->d_op->uncached);
}

/* Drop one reference; true if it was the last one and @d is to be freed. */
static bool dput_last(struct dentry *d)
{
	int c = atomic_read(&d->d_count);

	while (c > 1) {
		int was = atomic_cmpxchg(&d->d_count, c, c - 1);

		if (was == c)
			return false;
		c = was;
	}
	spin_lock(&dcache_lock);
	VM_BUG_ON(atomic_read(&d->d_count) <= 0);
	if (!atomic_dec_and_test(&d->d_count)) {
		spin_unlock(&dcache_lock);
		return false;
	}
	if (worth_keeping(d)) {
		list_add_tail(&d->d_lru, &dentry_lru);
		nr_unused++;
		spin_unlock(&dcache_lock);
		return false;
	}
	unhash_locked(d);
	spin_unlock(&dcache_lock);
	return true;
}

void dput(struct dentry *d)
{
	while (d && dput_last(d))
		d = free_dentry(d);
}

/* Held while unused dentries are freed: who takes a file system away waits until none of its is under way. */
static DEFINE_MUTEX(prune_mutex);

/* Free up to @nr dentries that nobody uses; returns how many.  prune_mutex held. */
static unsigned long prune_dcache(unsigned long nr)
{
	unsigned long freed = 0;

	while (freed < nr) {
		struct dentry *d;

		spin_lock(&dcache_lock);
		d = list_first_entry_or_null(&dentry_lru, struct dentry, d_lru);
		if (d) {
			lru_del(d);
			unhash_locked(d);
		}
		spin_unlock(&dcache_lock);
		if (!d)
			break;
		dput(free_dentry(d));
		freed++;
	}
	return freed;
}

/* How many dentries there are; *unused: of them kept only for speed. */
unsigned long nr_dentries(unsigned long *unused)
{
	*unused = READ_ONCE(nr_unused);
	return kmem_cache_active(dentry_cachep);
}

unsigned long drop_dcache(void)
{
	unsigned long n;

	mutex_lock(&prune_mutex);
	n = prune_dcache(~0UL);
	mutex_unlock(&prune_mutex);
	prune_inodes();
	return n;
}

static unsigned long count_dentries(struct shrinker *s, struct shrink_control *sc)
{
	return READ_ONCE(nr_unused);
}

static unsigned long shrink_dentries(struct shrinker *s, struct shrink_control *sc)
{
	unsigned long freed;

	if (!mutex_trylock(&prune_mutex))
		return SHRINK_STOP;
	freed = prune_dcache(sc->nr_to_scan);
	mutex_unlock(&prune_mutex);
	sc->nr_scanned = freed;
	sc->nr_pages += kmem_cache_release_idle(dentry_cachep);
	return freed;
}

static struct shrinker dcache_shrinker = {
	.name = "dentry", .count_objects = count_dentries, .scan_objects = shrink_dentries, .seeks = DEFAULT_SEEKS,
};

static void take_place(struct dentry *d, struct dentry *parent, char *name, unsigned int len)
{
	d->d_parent = parent;
	d->d_name = name;
	d->d_len = len;
	d->d_hashval = name_hash(parent, name, len);
	hash_locked(d);
}

/*
 * Rename: @d takes the name and the parent of @target, which is forgotten.
 * Enter: both parents' i_rwsem held for writing, and rename_mutex if they differ.
 */
void d_move(struct dentry *d, struct dentry *target)
{
	struct dentry *old_parent, *new_parent = target->d_parent;
	char *name;
	unsigned int len;

	spin_lock(&dcache_lock);
	unhash_locked(target);
	target->d_unlinked = true;
	unhash_locked(d);
	old_parent = d->d_parent;
	name = d->d_name;
	len = d->d_len;
	take_place(d, new_parent, target->d_name, target->d_len);
	/* what is left to @target: the old name and a reference on the old parent */
	target->d_name = name;
	target->d_len = len;
	target->d_parent = old_parent;
	spin_unlock(&dcache_lock);
}

/* Rename with RENAME_EXCHANGE: the two change places.  Locks as for d_move. */
void d_exchange(struct dentry *a, struct dentry *b)
{
	struct dentry *parent_a = a->d_parent, *parent_b = b->d_parent;
	char *name_a = a->d_name, *name_b = b->d_name;
	unsigned int len_a = a->d_len, len_b = b->d_len;

	spin_lock(&dcache_lock);
	unhash_locked(a);
	unhash_locked(b);
	take_place(a, parent_b, name_b, len_b);
	take_place(b, parent_a, name_a, len_a);
	spin_unlock(&dcache_lock);
}

/* Is @d @ancestor itself or below it?  rename_mutex keeps the answer true. */
bool is_subdir(struct dentry *d, struct dentry *ancestor)
{
	bool found;

	spin_lock(&dcache_lock);
	while (d != ancestor && d->d_parent != d)
		d = d->d_parent;
	found = d == ancestor;
	spin_unlock(&dcache_lock);
	return found;
}

/* A file system whose dentries are pinned is going away, and nobody looks at it any more. */
void d_kill_tree(struct dentry *root)
{
	struct dentry *d = root;

	for (;;) {
		struct dentry *parent = d->d_parent;

		if (!list_empty(&d->d_subdirs)) {
			d = list_first_entry(&d->d_subdirs, struct dentry, d_child);
			continue;
		}
		if (d == root)
			return;
		VM_BUG_ON(atomic_read(&d->d_count) != 1);
		d_drop(d);
		dput(d);
		d = parent;
	}
}

/* ---- directories that are their dentries ---- */

bool dcache_empty(struct dentry *dir)
{
	struct dentry *d;
	bool empty = true;

	spin_lock(&dcache_lock);
	list_for_each_entry(d, &dir->d_subdirs, d_child)
		if (d->d_inode)
			empty = false;
	spin_unlock(&dcache_lock);
	return empty;
}

/*
 * Positions: 0 ".", 1 "..", then the newest entry first.  An entry's position comes from its
 * d_seq, so it stays true while others come and go between two calls.
 */
#define DIR_POS_TOP 0x7fffffffL

static struct dentry *next_entry(struct dentry *dir, loff_t pos)
{
	struct dentry *d;

	spin_lock(&dcache_lock);
	list_for_each_entry(d, &dir->d_subdirs, d_child) {
		if (!d->d_inode || DIR_POS_TOP - d->d_seq < pos)
			continue;
		lru_del(d);
		atomic_inc(&d->d_count);
		spin_unlock(&dcache_lock);
		return d;
	}
	spin_unlock(&dcache_lock);
	return NULL;
}

/* "." and ".." for any directory; false when the reader's buffer is full. */
bool dir_emit_dots(struct file *f, struct dir_context *ctx)
{
	struct dentry *dir = f->f_path.dentry;
	u64 parent_ino;

	if (ctx->pos == 0) {
		if (!dir_emit(ctx, ".", 1, dir->d_inode->i_ino, DT_DIR))
			return false;
		ctx->pos = 1;
	}
	if (ctx->pos == 1) {
		spin_lock(&dcache_lock);	/* a rename may change the parent */
		parent_ino = dir->d_parent->d_inode->i_ino;
		spin_unlock(&dcache_lock);
		if (!dir_emit(ctx, "..", 2, parent_ino, DT_DIR))
			return false;
		ctx->pos = 2;
	}
	return true;
}

/* The caller holds the directory's i_rwsem, so that names do not change under us. */
int dcache_iterate(struct file *f, struct dir_context *ctx)
{
	struct dentry *d;

	if (!dir_emit_dots(f, ctx))
		return 0;
	while ((d = next_entry(f->f_path.dentry, ctx->pos))) {
		bool room;

		ctx->pos = DIR_POS_TOP - d->d_seq;
		room = dir_emit(ctx, d->d_name, d->d_len, d->d_inode->i_ino,
				d->d_inode->i_mode >> 12 & 15);
		if (room)
			ctx->pos++;
		dput(d);
		if (!room)
			break;
	}
	return 0;
}

loff_t dcache_llseek(struct file *f, loff_t off, int whence)
{
	if (whence == SEEK_CUR)
		off += f->f_pos;
	else if (whence != SEEK_SET)
		return -EINVAL;
	if (off < 0)
		return -EINVAL;
	f->f_pos = off;
	return off;
}

/* ---- from an object back to its path ---- */

static char *prepend(char *p, char *buf, const char *s, unsigned int len)
{
	if (!p || p - buf < (long)len)
		return NULL;
	p -= len;
	memcpy(p, s, len);
	return p;
}

/*
 * Write the way from @root to @p in front of @end.  Returns its first byte, or NULL if it does
 * not fit; *unreachable: the walk upwards never met @root.
 * Enter: mount_lock and dcache_lock held.
 */
static char *prepend_path(const struct path *p, const struct path *root, char *buf, char *end,
			  bool *unreachable)
{
	struct dentry *d = p->dentry;
	struct mount *m = p->mnt;
	char *out = end;

	*unreachable = false;
	while (d != root->dentry || m != root->mnt) {
		if (d == m->root) {
			if (!m->parent) {
				*unreachable = true;
				break;
			}
			d = m->mountpoint;
			m = m->parent;
			continue;
		}
		if (d->d_parent == d) {
			*unreachable = true;
			break;
		}
		out = prepend(out, buf, d->d_name, d->d_len);
		out = prepend(out, buf, "/", 1);
		d = d->d_parent;
	}
	if (out == end)
		out = prepend(out, buf, "/", 1);
	return out;
}

char *path_from(const struct path *p, const struct path *root, char *buf, int size,
		bool *unreachable)
{
	static const char deleted[] = " (deleted)";
	char *out = buf + size;

	*--out = 0;
	spin_lock(&mount_lock);
	spin_lock(&dcache_lock);
	if (p->dentry->d_unlinked && p->dentry->d_parent != p->dentry)
		out = prepend(out, buf, deleted, sizeof(deleted) - 1);
	if (out)
		out = prepend_path(p, root, buf, out, unreachable);
	spin_unlock(&dcache_lock);
	spin_unlock(&mount_lock);
	return out ? out : ERR_PTR(-ENAMETOOLONG);
}

char *d_path(const struct path *p, char *buf, int size)
{
	struct path root;
	bool unreachable;
	char *s;

	if (p->dentry->d_op && p->dentry->d_op->dname)
		return p->dentry->d_op->dname(p->dentry, buf, size);
	get_fs_root(&root);
	s = path_from(p, &root, buf, size, &unreachable);
	path_put(&root);
	return s;
}

void __init dcache_init(void)
{
	dentry_cachep = kmem_cache_create("dentry", sizeof(struct dentry), 0,
					  SLAB_HWCACHE_ALIGN | SLAB_PANIC | SLAB_RECLAIM_ACCOUNT, NULL);
	register_shrinker(&dcache_shrinker);
}
