/*
 * fs/namei.c - from a path to the object it names
 *
 * Purpose:    the one walk behind every call that takes a path, and the calls that change names.
 * Invariants: the walk holds a reference on where it stands; at most 40 symbolic links are
 *             followed; ".." never leaves the process's root.
 * Lock order: rename_mutex > parent's i_rwsem > child's i_rwsem.
 * Simplified: no RCU walk: each step takes references.
 * Sources:    path_resolution(7); POSIX.1-2017, "Pathname Resolution".
 */
#include <fs.h>
#include <asm/uaccess.h>
#include <mm.h>
#include <sched.h>
#include <slab.h>
#include <string.h>
#include <syscalls_fs.h>
#include "internal.h"

enum last_type { LAST_NORM, LAST_DOT, LAST_DOTDOT, LAST_ROOT };

struct nameidata {
	struct path path;		/* where we stand; referenced */
	struct path root;		/* the process's root; referenced */
	const char *last;		/* the last component: not walked yet */
	unsigned int last_len;
	enum last_type last_type;
	bool trailing;			/* the last component was followed by '/' */
	unsigned int links;		/* followed so far */
	unsigned int depth;		/* link bodies being walked */
	struct {
		char *body;
		const char *rest;	/* of the path around it */
	} stack[MAX_SYMLINKS];
	char *last_body;		/* the body that ->last points into; freed at the end */
};

/* Two directories are locked at once only under this, so that the tree stands still. */
static DEFINE_MUTEX(rename_mutex);

/* ---- names from user space ---- */

static struct kmem_cache *names_cachep;

char *getname(const char __user *name)
{
	char *buf = kmem_cache_alloc(names_cachep, GFP_KERNEL);
	long len;

	if (!buf)
		return ERR_PTR(-ENOMEM);
	len = strncpy_from_user(buf, name, PATH_MAX);
	if (len > 0 && !buf[len - 1])	/* the NUL is within PATH_MAX */
		return buf;
	kmem_cache_free(names_cachep, buf);
	return ERR_PTR(len < 0 ? len : -ENAMETOOLONG);
}

void putname(char *name)
{
	if (!IS_ERR_OR_NULL(name))
		kmem_cache_free(names_cachep, name);
}

void path_get(const struct path *p)
{
	mntget(p->mnt);
	dget(p->dentry);
}

void path_put(const struct path *p)
{
	dput(p->dentry);
	mntput(p->mnt);
}

/* ---- one component ---- */

static bool dentry_stale(struct dentry *d)
{
	return d->d_op && d->d_op->revalidate && !d->d_op->revalidate(d);
}

/* Cached dentry, still true, or NULL. */
static struct dentry *lookup_fast(struct dentry *dir, const char *name, unsigned int len)
{
	struct dentry *d = d_lookup(dir, name, len);

	if (d && dentry_stale(d)) {
		d_drop(d);
		dput(d);
		d = NULL;
	}
	return d;
}

/*
 * The dentry of a name, negative if there is none.
 * Enter: the directory's i_rwsem held for writing.  ERR_PTR.
 */
static struct dentry *lookup_locked(struct dentry *dir, const char *name, unsigned int len)
{
	struct dentry *d = lookup_fast(dir, name, len);
	int err;

	if (d)
		return d;
	if (!dir->d_inode->i_op->lookup)
		return ERR_PTR(-ENOTDIR);
	d = d_alloc(dir, name, len);
	if (!d)
		return ERR_PTR(-ENOMEM);
	err = dir->d_inode->i_nlink ? dir->d_inode->i_op->lookup(dir->d_inode, d) : 0;
	if (err) {
		dput(d);
		return ERR_PTR(err);
	}
	d_rehash(d);
	return d;
}

/* The dentry of an existing name, or ERR_PTR(-ENOENT ...).  In tmpfs what is not cached is not there. */
static struct dentry *lookup_one(struct dentry *dir, const char *name, unsigned int len)
{
	struct dentry *d = lookup_fast(dir, name, len);

	if (!d) {
		if (dir->d_inode->i_op->lookup == simple_lookup)
			return ERR_PTR(-ENOENT);
		inode_lock(dir->d_inode);
		d = lookup_locked(dir, name, len);
		inode_unlock(dir->d_inode);
		if (IS_ERR(d))
			return d;
	}
	if (!d->d_inode) {
		dput(d);
		return ERR_PTR(-ENOENT);
	}
	return d;
}

static bool at_root(const struct nameidata *nd)
{
	return nd->path.dentry == nd->root.dentry && nd->path.mnt == nd->root.mnt;
}

static void step_dotdot(struct nameidata *nd)
{
	while (!at_root(nd)) {
		struct dentry *d = nd->path.dentry;

		if (d != nd->path.mnt->root) {
			spin_lock(&dcache_lock);
			nd->path.dentry = dget(d->d_parent);
			spin_unlock(&dcache_lock);
			dput(d);
			break;
		}
		if (!follow_up(&nd->path))
			break;
	}
	follow_mounts(&nd->path);
}

static void jump_to_root(struct nameidata *nd)
{
	path_put(&nd->path);
	nd->path = nd->root;
	path_get(&nd->path);
	follow_mounts(&nd->path);
}

/*
 * The body of the symlink at @link into a new buffer; a magic link moves nd->path itself and
 * gives NULL.  ERR_PTR.
 */
static char *read_link(struct nameidata *nd, struct path *link)
{
	struct inode *i = link->dentry->d_inode;
	char *buf;
	ssize_t len;

	if (++nd->links > MAX_SYMLINKS)
		return ERR_PTR(-ELOOP);
	path_accessed(link);
	if (i->i_op->get_path) {
		struct path to;
		int err = i->i_op->get_path(i, &to);

		if (err)
			return ERR_PTR(err);
		path_put(&nd->path);
		nd->path = to;
		return NULL;
	}
	buf = kmem_cache_alloc(names_cachep, GFP_KERNEL);
	if (!buf)
		return ERR_PTR(-ENOMEM);
	len = i->i_op->readlink(i, buf, PATH_MAX - 1);
	if (len <= 0) {
		kmem_cache_free(names_cachep, buf);
		return ERR_PTR(len ? len : -ENOENT);
	}
	buf[len] = 0;
	return buf;
}

/*
 * Go to component @name.  If it is a symlink that is to be followed, its body is returned and
 * nd->path stays in the directory of the link; otherwise NULL, standing on the object.
 */
static char *step_into(struct nameidata *nd, const char *name, unsigned int len, bool follow)
{
	struct dentry *d = lookup_one(nd->path.dentry, name, len);
	struct path next;
	char *body;

	if (IS_ERR(d))
		return (char *)d;
	next.mnt = mntget(nd->path.mnt);
	next.dentry = d;
	follow_mounts(&next);
	if (follow && S_ISLNK(next.dentry->d_inode->i_mode)) {
		body = read_link(nd, &next);
		path_put(&next);
		return body;
	}
	path_put(&nd->path);
	nd->path = next;
	return NULL;
}

static enum last_type component_type(const char *name, unsigned int len)
{
	if (len == 1 && name[0] == '.')
		return LAST_DOT;
	if (len == 2 && name[0] == '.' && name[1] == '.')
		return LAST_DOTDOT;
	return LAST_NORM;
}

/* Begin with a link's body: from the root if it is absolute. */
static const char *enter_body(struct nameidata *nd, const char *body)
{
	if (*body == '/')
		jump_to_root(nd);
	return body;
}

static char *walk_component(struct nameidata *nd, const char *name, unsigned int len, bool follow)
{
	switch (component_type(name, len)) {
	case LAST_DOT:
		return NULL;
	case LAST_DOTDOT:
		step_dotdot(nd);
		return NULL;
	default:
		return step_into(nd, name, len, follow);
	}
}

/*
 * Walk all components of @name but the last, which is left in nd->last*.
 * 0, or -errno.
 */
static int walk_to_last(struct nameidata *nd, const char *name)
{
	nd->last_type = LAST_ROOT;
	nd->last = "";
	nd->last_len = 0;
	nd->trailing = false;
	for (;;) {
		const char *comp;
		unsigned int len;
		char *body;
		int err;

		while (*name == '/')
			name++;
		if (!*name) {
			if (!nd->depth)
				return 0;	/* nothing but slashes */
			nd->depth--;
			kmem_cache_free(names_cachep, nd->stack[nd->depth].body);
			name = nd->stack[nd->depth].rest;
			continue;
		}
		err = S_ISDIR(nd->path.dentry->d_inode->i_mode) ?
		      inode_permission(nd->path.dentry->d_inode, MAY_EXEC) : -ENOTDIR;
		if (err)
			return err;
		comp = name;
		while (*name && *name != '/')
			name++;
		len = name - comp;
		if (len > NAME_MAX)
			return -ENAMETOOLONG;
		if (!nd->depth) {
			const char *after = name;

			while (*after == '/')
				after++;
			if (!*after) {
				nd->last = comp;
				nd->last_len = len;
				nd->last_type = component_type(comp, len);
				nd->trailing = *name == '/';
				return 0;
			}
		}
		body = walk_component(nd, comp, len, true);
		if (IS_ERR(body))
			return PTR_ERR(body);
		if (body) {
			nd->stack[nd->depth].body = body;
			nd->stack[nd->depth].rest = name;
			nd->depth++;
			name = enter_body(nd, body);
		} else if (!S_ISDIR(nd->path.dentry->d_inode->i_mode)) {
			return -ENOTDIR;
		}
	}
}

/* The last component was a symlink: its body becomes the path to walk. */
static int walk_last_link(struct nameidata *nd, char *body)
{
	bool trailing = nd->trailing;
	int err;

	if (nd->last_body)
		kmem_cache_free(names_cachep, nd->last_body);
	nd->last_body = body;
	err = walk_to_last(nd, enter_body(nd, body));
	nd->trailing |= trailing;
	return err;
}

/* ---- beginning and end of a walk ---- */

static int start_dir(int dfd, struct path *path)
{
	struct file *f;

	if (dfd == AT_FDCWD) {
		get_fs_pwd(path);
		return 0;
	}
	f = fget_raw(dfd);
	if (!f)
		return -EBADF;
	*path = f->f_path;
	path_get(path);
	fput(f);
	return 0;
}

static int nd_init(struct nameidata *nd, int dfd, const char *name)
{
	int err;

	nd->links = 0;
	nd->depth = 0;
	nd->last_body = NULL;
	get_fs_root(&nd->root);
	if (*name == '/') {
		nd->path = nd->root;
		path_get(&nd->path);
		follow_mounts(&nd->path);
		return 0;
	}
	err = start_dir(dfd, &nd->path);
	if (!err && *name && !S_ISDIR(nd->path.dentry->d_inode->i_mode)) {
		path_put(&nd->path);
		err = -ENOTDIR;
	}
	if (err)
		path_put(&nd->root);
	return err;
}

/* Everything but nd->path. */
static void nd_done(struct nameidata *nd)
{
	while (nd->depth)
		kmem_cache_free(names_cachep, nd->stack[--nd->depth].body);
	if (nd->last_body)
		kmem_cache_free(names_cachep, nd->last_body);
	path_put(&nd->root);
}

/* Walk @name's last component too, through links if @follow. */
static int finish_lookup(struct nameidata *nd, unsigned int flags)
{
	for (;;) {
		bool follow = (flags & LOOKUP_FOLLOW) || nd->trailing;
		char *body;
		int err;

		if (nd->last_type == LAST_ROOT)
			return 0;
		body = walk_component(nd, nd->last, nd->last_len, follow);
		if (IS_ERR(body))
			return PTR_ERR(body);
		if (!body)
			return 0;
		err = walk_last_link(nd, body);
		if (err)
			return err;
	}
}

int path_lookupat(int dfd, const char *name, unsigned int flags, struct path *path)
{
	struct nameidata nd;
	int err;

	if (!*name && !(flags & LOOKUP_EMPTY))
		return -ENOENT;
	err = nd_init(&nd, dfd, name);
	if (err)
		return err;
	err = walk_to_last(&nd, name);
	if (!err)
		err = finish_lookup(&nd, flags);
	if (!err && (nd.trailing || (flags & LOOKUP_DIRECTORY)) &&
	    !S_ISDIR(nd.path.dentry->d_inode->i_mode))
		err = -ENOTDIR;
	if (err)
		path_put(&nd.path);
	else
		*path = nd.path;
	nd_done(&nd);
	return err;
}

int kern_path(int dfd, const char *name, unsigned int flags, struct path *path)
{
	return path_lookupat(dfd, name, flags, path);
}

int user_path_at(int dfd, const char __user *uname, unsigned int flags, struct path *path)
{
	char *name = getname(uname);
	int err;

	if (IS_ERR(name))
		return PTR_ERR(name);
	err = path_lookupat(dfd, name, flags, path);
	putname(name);
	return err;
}

/* ---- changing names: may they? ---- */

static int may_create(struct inode *dir, const struct dentry *d)
{
	if (d->d_inode)
		return -EEXIST;
	if (!dir->i_nlink)
		return -ENOENT;
	return inode_permission(dir, MAY_WRITE | MAY_EXEC);
}

/* In a sticky directory only the owner of the file or of the directory takes names away. */
static bool sticky_forbids(const struct inode *dir, const struct inode *i)
{
	uid_t uid = current->cred.fsuid;

	return (dir->i_mode & S_ISVTX) && i->i_uid != uid && dir->i_uid != uid && !capable_root();
}

static int may_delete(struct inode *dir, const struct dentry *d, bool want_dir)
{
	int err;

	if (!d->d_inode)
		return -ENOENT;
	err = inode_permission(dir, MAY_WRITE | MAY_EXEC);
	if (err)
		return err;
	if (sticky_forbids(dir, d->d_inode) || IS_SWAPFILE(d->d_inode))
		return -EPERM;
	if (want_dir) {
		if (!S_ISDIR(d->d_inode->i_mode))
			return -ENOTDIR;
		if (d->d_parent == d)
			return -EBUSY;
	} else if (S_ISDIR(d->d_inode->i_mode)) {
		return -EISDIR;
	}
	return dir->i_nlink ? 0 : -ENOENT;
}

/* ---- the parent of a name, and the name in it ---- */

/* Where a name is to be made or removed: the walk stands on the parent directory. */
static int parent_lookup(struct nameidata *nd, int dfd, const char *name)
{
	int err;

	if (!*name)
		return -ENOENT;
	err = nd_init(nd, dfd, name);
	if (err)
		return err;
	err = walk_to_last(nd, name);
	if (!err && nd->last_type != LAST_ROOT && !S_ISDIR(nd->path.dentry->d_inode->i_mode))
		err = -ENOTDIR;
	if (err) {
		path_put(&nd->path);
		nd_done(nd);
	}
	return err;
}

static void parent_done(struct nameidata *nd)
{
	path_put(&nd->path);
	nd_done(nd);
}

static struct inode *nd_dir(const struct nameidata *nd)
{
	return nd->path.dentry->d_inode;
}

/*
 * The negative dentry for a new name, its directory locked for writing; end with
 * finish_create().  ERR_PTR after which there is nothing to undo.
 */
static struct dentry *start_create(struct nameidata *nd, int dfd, const char *name, bool is_dir)
{
	int err = parent_lookup(nd, dfd, name);
	struct dentry *d;

	if (err)
		return ERR_PTR(err);
	if (nd->last_type != LAST_NORM) {
		err = -EEXIST;
		goto out_parent;
	}
	inode_lock(nd_dir(nd));
	d = lookup_locked(nd->path.dentry, nd->last, nd->last_len);
	if (IS_ERR(d)) {
		err = PTR_ERR(d);
		goto out_unlock;
	}
	if (d->d_inode)
		err = -EEXIST;
	else if (!is_dir && nd->trailing)
		err = -ENOENT;
	else
		err = sb_writable(&nd->path);
	if (!err)
		return d;
	dput(d);
out_unlock:
	inode_unlock(nd_dir(nd));
out_parent:
	parent_done(nd);
	return ERR_PTR(err);
}

static void finish_create(struct nameidata *nd, struct dentry *d)
{
	dput(d);
	inode_unlock(nd_dir(nd));
	parent_done(nd);
}

int do_mkdirat(int dfd, const char *name, umode_t mode)
{
	struct nameidata nd;
	struct dentry *d = start_create(&nd, dfd, name, true);
	int err;

	if (IS_ERR(d))
		return PTR_ERR(d);
	err = may_create(nd_dir(&nd), d);
	if (!err && !nd_dir(&nd)->i_op->mkdir)
		err = -EPERM;
	if (!err)
		err = nd_dir(&nd)->i_op->mkdir(nd_dir(&nd), d,
					       (mode & 01777 & ~current->fs->umask) | S_IFDIR);
	finish_create(&nd, d);
	return err;
}

static int mknod_op(struct inode *dir, struct dentry *d, umode_t mode, dev_t dev)
{
	if ((S_ISCHR(mode) || S_ISBLK(mode)) && !capable_root())
		return -EPERM;
	if (S_ISREG(mode))
		return dir->i_op->create ? dir->i_op->create(dir, d, mode) : -EACCES;
	return dir->i_op->mknod ? dir->i_op->mknod(dir, d, mode, dev) : -EPERM;
}

int do_mknodat(int dfd, const char *name, umode_t mode, dev_t dev)
{
	struct nameidata nd;
	struct dentry *d;
	int err;

	switch (mode & S_IFMT) {
	case 0:
		mode |= S_IFREG;
		break;
	case S_IFREG:
	case S_IFCHR:
	case S_IFBLK:
	case S_IFIFO:
	case S_IFSOCK:
		break;
	case S_IFDIR:
		return -EPERM;
	default:
		return -EINVAL;
	}
	d = start_create(&nd, dfd, name, false);
	if (IS_ERR(d))
		return PTR_ERR(d);
	err = may_create(nd_dir(&nd), d);
	if (!err)
		err = mknod_op(nd_dir(&nd), d, (mode & (S_IFMT | 07777)) & ~current->fs->umask, dev);
	finish_create(&nd, d);
	return err;
}

int do_symlinkat(const char *target, int dfd, const char *name)
{
	struct nameidata nd;
	struct dentry *d;
	int err;

	if (!*target)
		return -ENOENT;
	d = start_create(&nd, dfd, name, false);
	if (IS_ERR(d))
		return PTR_ERR(d);
	err = may_create(nd_dir(&nd), d);
	if (!err && !nd_dir(&nd)->i_op->symlink)
		err = -EPERM;
	if (!err)
		err = nd_dir(&nd)->i_op->symlink(nd_dir(&nd), d, target);
	finish_create(&nd, d);
	return err;
}

static int link_op(struct dentry *old, struct inode *dir, struct dentry *d)
{
	struct inode *i = old->d_inode;
	int err = may_create(dir, d);

	if (err)
		return err;
	if (dir->i_sb != i->i_sb)
		return -EXDEV;
	if (!dir->i_op->link || S_ISDIR(i->i_mode))
		return -EPERM;
	inode_lock(i);
	err = !i->i_nlink && !i->i_linkable ? -ENOENT : dir->i_op->link(old, dir, d);
	inode_unlock(i);
	return err;
}

int do_linkat(int odfd, const char *old, int ndfd, const char *name, int flags)
{
	unsigned int how = 0;
	struct nameidata nd;
	struct path from;
	struct dentry *d;
	int err;

	if (flags & ~(AT_SYMLINK_FOLLOW | AT_EMPTY_PATH))
		return -EINVAL;
	if (flags & AT_EMPTY_PATH)
		how |= LOOKUP_EMPTY;
	if (flags & AT_SYMLINK_FOLLOW)
		how |= LOOKUP_FOLLOW;
	if ((flags & AT_EMPTY_PATH) && !*old && !capable_root())
		return -ENOENT;
	err = path_lookupat(odfd, old, how, &from);
	if (err)
		return err;
	d = start_create(&nd, ndfd, name, false);
	if (IS_ERR(d)) {
		path_put(&from);
		return PTR_ERR(d);
	}
	err = from.mnt != nd.path.mnt ? -EXDEV : link_op(from.dentry, nd_dir(&nd), d);
	finish_create(&nd, d);
	path_put(&from);
	return err;
}

/* ---- taking names away ---- */

/* The victim's dentry, its directory locked for writing; as start_create() otherwise. */
static struct dentry *start_remove(struct nameidata *nd)
{
	struct dentry *d;
	int err = sb_writable(&nd->path);

	if (err)
		return ERR_PTR(err);
	inode_lock(nd_dir(nd));
	d = lookup_locked(nd->path.dentry, nd->last, nd->last_len);
	if (IS_ERR(d))
		inode_unlock(nd_dir(nd));
	return d;
}

static int remove_file(struct inode *dir, struct dentry *d)
{
	int err = may_delete(dir, d, false);

	if (err)
		return err;
	if (!dir->i_op->unlink)
		return -EPERM;
	if (is_mountpoint(d))
		return -EBUSY;
	inode_lock_victim(d->d_inode);
	err = dir->i_op->unlink(dir, d);
	inode_unlock(d->d_inode);
	return err;
}

static int unlink_slash_error(const struct dentry *d)
{
	if (!d->d_inode)
		return -ENOENT;
	return S_ISDIR(d->d_inode->i_mode) ? -EISDIR : -ENOTDIR;
}

int do_unlinkat(int dfd, const char *name)
{
	struct nameidata nd;
	struct inode *victim = NULL;
	struct dentry *d;
	int err = parent_lookup(&nd, dfd, name);

	if (err)
		return err;
	err = -EISDIR;
	if (nd.last_type != LAST_NORM)
		goto out;
	d = start_remove(&nd);
	err = PTR_ERR(d);
	if (IS_ERR(d))
		goto out;
	if (nd.trailing || !d->d_inode) {
		err = unlink_slash_error(d);
	} else {
		victim = d->d_inode;
		ihold(victim);
		err = remove_file(nd_dir(&nd), d);
	}
	dput(d);
	inode_unlock(nd_dir(&nd));
	if (victim)
		iput(victim);		/* truncates here, without the directory's lock */
out:
	parent_done(&nd);
	return err;
}

static int remove_dir(struct inode *dir, struct dentry *d)
{
	int err = may_delete(dir, d, true);

	if (err)
		return err;
	if (!dir->i_op->rmdir)
		return -EPERM;
	if (is_mountpoint(d))
		return -EBUSY;
	inode_lock_victim(d->d_inode);
	err = dir->i_op->rmdir(dir, d);
	inode_unlock(d->d_inode);
	return err;
}

int do_rmdir(int dfd, const char *name)
{
	static const int errors[] = {
		[LAST_DOT] = -EINVAL, [LAST_DOTDOT] = -ENOTEMPTY, [LAST_ROOT] = -EBUSY,
	};
	struct nameidata nd;
	struct dentry *d;
	int err = parent_lookup(&nd, dfd, name);

	if (err)
		return err;
	err = errors[nd.last_type];
	if (err)
		goto out;
	d = start_remove(&nd);
	err = PTR_ERR(d);
	if (IS_ERR(d))
		goto out;
	err = remove_dir(nd_dir(&nd), d);
	dput(d);
	inode_unlock(nd_dir(&nd));
out:
	parent_done(&nd);
	return err;
}

/* ---- rename ---- */

/*
 * Lock both directories, an ancestor first.  Returns the child of one directory that is an
 * ancestor of (or is) the other: renaming from or onto it would make a loop.  NULL: unrelated.
 */
static struct dentry *lock_rename(struct dentry *a, struct dentry *b)
{
	struct dentry *d, *trap = NULL, *first = a, *second = b;

	if (a == b) {
		inode_lock(a->d_inode);
		return NULL;
	}
	mutex_lock(&rename_mutex);
	for (d = b; d->d_parent != d && !trap; d = d->d_parent)
		if (d->d_parent == a)
			trap = d;
	for (d = a; d->d_parent != d && !trap; d = d->d_parent)
		if (d->d_parent == b) {
			trap = d;
			first = b;
			second = a;
		}
	if (!trap && (unsigned long)a->d_inode > (unsigned long)b->d_inode) {
		first = b;
		second = a;
	}
	inode_lock(first->d_inode);
	inode_lock_second(second->d_inode);
	return trap;
}

static void unlock_rename(struct dentry *a, struct dentry *b)
{
	inode_unlock(a->d_inode);
	if (a != b) {
		inode_unlock(b->d_inode);
		mutex_unlock(&rename_mutex);
	}
}

static int may_rename(struct inode *odir, struct dentry *old, struct inode *ndir,
		      struct dentry *new, unsigned int flags)
{
	bool is_dir = S_ISDIR(old->d_inode->i_mode);
	int err = may_delete(odir, old, is_dir);

	if (err)
		return err;
	if (!new->d_inode)
		err = may_create(ndir, new);
	else if (flags & RENAME_EXCHANGE)
		err = may_delete(ndir, new, S_ISDIR(new->d_inode->i_mode));
	else
		err = may_delete(ndir, new, is_dir);
	if (err)
		return err;
	if (!odir->i_op->rename)
		return -EPERM;
	if (is_dir && odir != ndir)	/* its ".." changes */
		err = inode_permission(old->d_inode, MAY_WRITE);
	if (!err && (flags & RENAME_EXCHANGE) && odir != ndir && S_ISDIR(new->d_inode->i_mode))
		err = inode_permission(new->d_inode, MAY_WRITE);
	return err;
}

static int rename_op(struct inode *odir, struct dentry *old, struct inode *ndir,
		     struct dentry *new, unsigned int flags)
{
	struct inode *target = new->d_inode;
	int err;

	if (old->d_inode == target)
		return 0;
	err = may_rename(odir, old, ndir, new, flags);
	if (err)
		return err;
	if (is_mountpoint(old) || is_mountpoint(new))
		return -EBUSY;
	if (target) {
		ihold(target);
		inode_lock_victim(target);
	}
	err = odir->i_op->rename(odir, old, ndir, new, flags);
	if (target) {
		inode_unlock(target);
		iput(target);
	}
	return err;
}

/* What the names alone forbid. */
static int check_rename_names(struct nameidata *from, struct nameidata *to, struct dentry *old,
			      struct dentry *new, struct dentry *trap, unsigned int flags)
{
	if (!old->d_inode)
		return -ENOENT;
	if ((flags & RENAME_NOREPLACE) && new->d_inode)
		return -EEXIST;
	if (flags & RENAME_EXCHANGE) {
		if (!new->d_inode)
			return -ENOENT;
		if (!S_ISDIR(new->d_inode->i_mode) && to->trailing)
			return -ENOTDIR;
	}
	if (!S_ISDIR(old->d_inode->i_mode)) {
		if (from->trailing)
			return -ENOTDIR;
		if (!(flags & RENAME_EXCHANGE) && to->trailing)
			return -ENOTDIR;
	}
	if (old == trap)
		return -EINVAL;
	if (new == trap)
		return flags & RENAME_EXCHANGE ? -EINVAL : -ENOTEMPTY;
	return 0;
}

static int rename_locked(struct nameidata *from, struct nameidata *to, unsigned int flags)
{
	struct dentry *odir = from->path.dentry, *ndir = to->path.dentry, *old, *new, *trap;
	int err;

	trap = lock_rename(odir, ndir);
	old = lookup_locked(odir, from->last, from->last_len);
	err = PTR_ERR(old);
	if (IS_ERR(old))
		goto out_unlock;
	new = lookup_locked(ndir, to->last, to->last_len);
	err = PTR_ERR(new);
	if (IS_ERR(new))
		goto out_old;
	err = check_rename_names(from, to, old, new, trap, flags);
	if (!err)
		err = rename_op(odir->d_inode, old, ndir->d_inode, new, flags);
	dput(new);
out_old:
	dput(old);
out_unlock:
	unlock_rename(odir, ndir);
	return err;
}

static int do_renameat2(int odfd, const char *old, int ndfd, const char *new, unsigned int flags)
{
	struct nameidata from, to;
	int err;

	if (flags & ~(RENAME_NOREPLACE | RENAME_EXCHANGE))
		return -EINVAL;
	if ((flags & RENAME_NOREPLACE) && (flags & RENAME_EXCHANGE))
		return -EINVAL;
	err = parent_lookup(&from, odfd, old);
	if (err)
		return err;
	err = parent_lookup(&to, ndfd, new);
	if (err)
		goto out_from;
	err = -EXDEV;
	if (from.path.mnt != to.path.mnt)
		goto out_to;
	err = -EBUSY;
	if (from.last_type != LAST_NORM)
		goto out_to;
	if (to.last_type != LAST_NORM) {
		err = flags & RENAME_NOREPLACE ? -EEXIST : -EBUSY;
		goto out_to;
	}
	err = sb_writable(&from.path);
	if (!err)
		err = rename_locked(&from, &to, flags);
out_to:
	parent_done(&to);
out_from:
	parent_done(&from);
	return err;
}

/* ---- open ---- */

static unsigned int open_access(int flags)
{
	unsigned int acc = (const unsigned int[]){ MAY_READ, MAY_WRITE, MAY_READ | MAY_WRITE,
						   MAY_READ | MAY_WRITE }[flags & O_ACCMODE];

	return flags & O_TRUNC ? acc | MAY_WRITE : acc;
}

/* The checks of open(2) on an object that is there. */
static int may_open(const struct path *p, unsigned int acc, int *flags)
{
	struct inode *i = p->dentry->d_inode;
	int err;

	switch (i->i_mode & S_IFMT) {
	case S_IFLNK:
		return -ELOOP;
	case S_IFDIR:
		if (acc & MAY_WRITE)
			return -EISDIR;
		if (acc & MAY_EXEC)
			return -EACCES;
		break;
	case S_IFBLK:
	case S_IFCHR:
		if (p->mnt->flags & MS_NODEV)
			return -EACCES;
		/* fall through */
	case S_IFIFO:
	case S_IFSOCK:
		if (acc & MAY_EXEC)
			return -EACCES;
		*flags &= ~O_TRUNC;
		break;
	case S_IFREG:
		if ((acc & MAY_EXEC) && (p->mnt->flags & MS_NOEXEC))
			return -EACCES;
		if ((acc & MAY_WRITE) && sb_writable(p))
			return -EROFS;
		break;
	}
	err = inode_permission(i, acc);
	if (err)
		return err;
	if ((*flags & O_NOATIME) && !inode_owner_or_root(i))
		return -EPERM;
	return 0;
}

/* dentry_open(), last of all: no file here is transferred past the page cache, and who asks for that is told so. */
static struct file *open_path(struct path *p, int flags)
{
	struct file *f = dentry_open(p, flags);

	if (!IS_ERR(f) && (flags & O_DIRECT)) {
		fput(f);
		return ERR_PTR(-EINVAL);
	}
	return f;
}

/* Open the object the walk stands on. */
static struct file *open_here(struct nameidata *nd, int flags, unsigned int acc, bool created)
{
	struct path *p = &nd->path;
	bool is_dir = S_ISDIR(p->dentry->d_inode->i_mode);
	struct file *f;
	int err;

	if (flags & O_CREAT) {
		if ((flags & O_EXCL) && !created)
			return ERR_PTR(-EEXIST);
		if (is_dir)
			return ERR_PTR(-EISDIR);
	}
	if (((flags & O_DIRECTORY) || nd->trailing) && !is_dir)
		return ERR_PTR(-ENOTDIR);
	if (created) {
		flags &= ~O_TRUNC;
		acc = 0;
	}
	if (!(flags & O_PATH)) {
		err = may_open(p, acc, &flags);
		if (err)
			return ERR_PTR(err);
	}
	f = open_path(p, flags);
	/* a file that is made on reading (/proc) has nothing to cut */
	if (!IS_ERR(f) && (flags & O_TRUNC) && p->dentry->d_inode->i_op->truncate) {
		err = truncate_opened(p->dentry->d_inode);
		if (err) {
			fput(f);
			return ERR_PTR(err);
		}
	}
	return f;
}

/*
 * O_CREAT: find or make nd->last.  Afterwards *link: it is a symlink to be followed, else the
 * walk stands on the object and *created says whether it is new.
 */
static int open_create(struct nameidata *nd, int flags, umode_t mode, bool *created, char **link)
{
	struct dentry *dir = nd->path.dentry, *d;
	bool follow = !(flags & (O_NOFOLLOW | O_EXCL));
	int err;

	*link = NULL;
	*created = false;
	inode_lock(dir->d_inode);
	d = lookup_locked(dir, nd->last, nd->last_len);
	if (IS_ERR(d)) {
		inode_unlock(dir->d_inode);
		return PTR_ERR(d);
	}
	if (!d->d_inode) {
		err = sb_writable(&nd->path);
		if (!err)
			err = may_create(dir->d_inode, d);
		if (!err && !dir->d_inode->i_op->create)
			err = -EACCES;
		if (!err)
			err = dir->d_inode->i_op->create(dir->d_inode, d,
				(mode & 07777 & ~current->fs->umask) | S_IFREG);
		*created = !err;
	} else {
		err = 0;
	}
	inode_unlock(dir->d_inode);
	dput(d);
	if (err)
		return err;
	*link = step_into(nd, nd->last, nd->last_len, follow);
	return IS_ERR(*link) ? PTR_ERR(*link) : 0;
}

/* The last component of an open, links included. */
static struct file *open_last(struct nameidata *nd, int flags, umode_t mode)
{
	unsigned int acc = flags & O_PATH ? 0 : open_access(flags);

	for (;;) {
		bool created = false;
		char *body = NULL;
		int err = 0;

		if (nd->last_type == LAST_ROOT)
			return open_here(nd, flags, acc, false);
		if ((flags & O_CREAT) && nd->last_type == LAST_NORM) {
			if (nd->trailing)
				return ERR_PTR(-EISDIR);
			err = open_create(nd, flags, mode, &created, &body);
		} else {
			bool follow = !(flags & O_NOFOLLOW) || nd->trailing;

			body = walk_component(nd, nd->last, nd->last_len, follow);
			if (IS_ERR(body))
				err = PTR_ERR(body);
		}
		if (err)
			return ERR_PTR(err);
		if (!body)
			return open_here(nd, flags, acc, created);
		err = walk_last_link(nd, body);
		if (err)
			return ERR_PTR(err);
	}
}

static struct file *open_tmpfile(struct nameidata *nd, int flags, umode_t mode)
{
	struct path *dir = &nd->path, p;
	struct inode *di;
	struct file *f;
	int err = finish_lookup(nd, LOOKUP_FOLLOW);

	if (err)
		return ERR_PTR(err);
	di = dir->dentry->d_inode;
	if (!S_ISDIR(di->i_mode))
		return ERR_PTR(-ENOTDIR);
	err = sb_writable(dir);
	if (!err)
		err = inode_permission(di, MAY_WRITE | MAY_EXEC);
	if (!err && !di->i_op->tmpfile)
		err = -EOPNOTSUPP;
	if (err)
		return ERR_PTR(err);
	p.mnt = dir->mnt;
	p.dentry = d_alloc(dir->dentry, "#tmpfile", 8);
	if (!p.dentry)
		return ERR_PTR(-ENOMEM);
	p.dentry->d_unlinked = true;
	err = di->i_op->tmpfile(di, p.dentry, (mode & 07777 & ~current->fs->umask) | S_IFREG);
	if (!err && !(flags & O_EXCL))
		p.dentry->d_inode->i_linkable = true;
	f = err ? ERR_PTR(err) : open_path(&p, flags & ~(O_TMPFILE | O_CREAT | O_EXCL | O_TRUNC));
	dput(p.dentry);
	return f;
}

#define OPEN_FLAGS (O_ACCMODE | O_CREAT | O_EXCL | O_NOCTTY | O_TRUNC | O_APPEND | O_NONBLOCK | \
		    O_DSYNC | FASYNC | O_DIRECT | O_LARGEFILE | O_DIRECTORY | O_NOFOLLOW | \
		    O_NOATIME | O_CLOEXEC | __O_SYNC | O_PATH | __O_TMPFILE)

struct file *do_filp_open(int dfd, const char *name, int flags, umode_t mode)
{
	struct nameidata nd;
	struct file *f;
	int err;

	flags &= OPEN_FLAGS;
	if (flags & O_PATH)
		flags &= O_DIRECTORY | O_NOFOLLOW | O_PATH | O_CLOEXEC;
	if (flags & __O_TMPFILE) {
		if ((flags & O_TMPFILE) != O_TMPFILE || !(open_access(flags) & MAY_WRITE) ||
		    (flags & O_CREAT))
			return ERR_PTR(-EINVAL);
	}
	if ((flags & (O_CREAT | O_DIRECTORY)) == (O_CREAT | O_DIRECTORY))
		return ERR_PTR(-EINVAL);
	if (!*name)
		return ERR_PTR(-ENOENT);
	err = nd_init(&nd, dfd, name);
	if (err)
		return ERR_PTR(err);
	err = walk_to_last(&nd, name);
	if (err)
		f = ERR_PTR(err);
	else if (flags & __O_TMPFILE)
		f = open_tmpfile(&nd, flags, mode);
	else
		f = open_last(&nd, flags, mode);
	path_put(&nd.path);
	nd_done(&nd);
	return f;
}

struct file *filp_open(const char *path, int flags, umode_t mode)
{
	return do_filp_open(AT_FDCWD, path, flags, mode);
}

/* ---- the system calls ---- */

/* Call a body with one user name copied in. */
#define with_name(uname, name, call) ({				\
	char *name = getname(uname);				\
	long _err = PTR_ERR(name);				\
	if (!IS_ERR(name)) {					\
		_err = (call);					\
		putname(name);					\
	}							\
	_err; })

long sys_mkdirat(int dfd, const char __user *uname, umode_t mode)
{
	return with_name(uname, name, do_mkdirat(dfd, name, mode));
}

long sys_mkdir(const char __user *uname, umode_t mode)
{
	return sys_mkdirat(AT_FDCWD, uname, mode);
}

long sys_mknodat(int dfd, const char __user *uname, umode_t mode, unsigned int dev)
{
	return with_name(uname, name, do_mknodat(dfd, name, mode & 0177777, new_decode_dev(dev)));
}

long sys_mknod(const char __user *uname, umode_t mode, unsigned int dev)
{
	return sys_mknodat(AT_FDCWD, uname, mode, dev);
}

long sys_rmdir(const char __user *uname)
{
	return with_name(uname, name, do_rmdir(AT_FDCWD, name));
}

long sys_unlinkat(int dfd, const char __user *uname, int flags)
{
	if (flags & ~AT_REMOVEDIR)
		return -EINVAL;
	if (flags & AT_REMOVEDIR)
		return with_name(uname, name, do_rmdir(dfd, name));
	return with_name(uname, name, do_unlinkat(dfd, name));
}

long sys_unlink(const char __user *uname)
{
	return sys_unlinkat(AT_FDCWD, uname, 0);
}

long sys_symlinkat(const char __user *utarget, int dfd, const char __user *uname)
{
	return with_name(utarget, target, with_name(uname, name, do_symlinkat(target, dfd, name)));
}

long sys_symlink(const char __user *utarget, const char __user *uname)
{
	return sys_symlinkat(utarget, AT_FDCWD, uname);
}

long sys_linkat(int odfd, const char __user *uold, int ndfd, const char __user *unew, int flags)
{
	return with_name(uold, old, with_name(unew, name, do_linkat(odfd, old, ndfd, name, flags)));
}

long sys_link(const char __user *uold, const char __user *unew)
{
	return sys_linkat(AT_FDCWD, uold, AT_FDCWD, unew, 0);
}

long sys_renameat2(int odfd, const char __user *uold, int ndfd, const char __user *unew,
		   unsigned int flags)
{
	return with_name(uold, old, with_name(unew, name,
					      do_renameat2(odfd, old, ndfd, name, flags)));
}

long sys_renameat(int odfd, const char __user *uold, int ndfd, const char __user *unew)
{
	return sys_renameat2(odfd, uold, ndfd, unew, 0);
}

long sys_rename(const char __user *uold, const char __user *unew)
{
	return sys_renameat2(AT_FDCWD, uold, AT_FDCWD, unew, 0);
}

void __init namei_init(void)
{
	names_cachep = kmem_cache_create("names_cache", PATH_MAX, 0, SLAB_PANIC, NULL);
}
