/*
 * fs/open.c - open and what works on one path or file as a whole: size, mode, owner, place
 *
 * Invariants: a file open for writing holds i_writecount above 0, one being executed below 0;
 *             the two exclude each other (ETXTBSY).
 * Sources:    open(2), truncate(2), access(2), chmod(2), chown(2), chdir(2); POSIX.1-2017.
 */
#include <fs.h>
#include <asm/uaccess.h>
#include <mm.h>
#include <pagemap.h>
#include <sched.h>
#include <slab.h>
#include <string.h>
#include <syscalls_fs.h>
#include "internal.h"

static const struct file_operations path_fops;	/* O_PATH: nothing works */

static int get_write_access(struct inode *i)
{
	int c = atomic_read(&i->i_writecount);

	while (c >= 0) {
		int was = atomic_cmpxchg(&i->i_writecount, c, c + 1);

		if (was == c)
			return 0;
		c = was;
	}
	return -ETXTBSY;
}

/* The operations of an object: its own, its device's, or the pipe's. */
static const struct file_operations *choose_fops(const struct inode *i)
{
	switch (i->i_mode & S_IFMT) {
	case S_IFCHR:
		return chrdev_fops(i->i_rdev);
	case S_IFIFO:
		return &pipefifo_fops;
	case S_IFBLK:
		return &def_blk_fops;
	case S_IFSOCK:
		return NULL;
	default:
		return i->i_fop;
	}
}

/* Open @path (own references are taken) with the access in @flags, no permission asked.  ERR_PTR. */
struct file *dentry_open(const struct path *path, unsigned int flags)
{
	struct inode *i = path->dentry->d_inode;
	struct file *f = alloc_empty_file(flags);
	bool writes;
	int err = 0;

	if (IS_ERR(f))
		return f;
	f->f_path = *path;
	f->f_inode = i;
	if (flags & O_PATH) {
		f->f_op = &path_fops;
		path_get(path);
		return f;
	}
	writes = (f->f_mode & FMODE_WRITE) && S_ISREG(i->i_mode);
	if (writes)
		err = get_write_access(i);
	if (err)
		goto out_free;
	f->f_op = choose_fops(i);
	err = -ENXIO;
	if (!f->f_op)
		goto out_write;
	path_get(path);
	f->f_flags |= flags & O_EXCL;		/* for ->open only */
	err = f->f_op->open ? f->f_op->open(i, f) : 0;
	f->f_flags &= ~O_EXCL;
	if (err)
		goto out_path;
	f->f_ra.ra_pages = read_ahead_pages;
	f->f_ra.prev_index = ~0UL;
	f->f_wb_err = mapping_sample_wb_err(i->i_mapping);
	return f;

out_path:
	path_put(path);
out_write:
	if (writes)
		atomic_dec(&i->i_writecount);
out_free:
	free_empty_file(f);
	return ERR_PTR(err);
}

/* A program to be executed: a regular file with x permission, kept from being written. */
struct file *open_exec_path(const struct path *path)
{
	struct inode *i = path->dentry->d_inode;
	struct file *f;
	int err;

	if (!S_ISREG(i->i_mode) || (path->mnt->flags & MS_NOEXEC))
		return ERR_PTR(-EACCES);
	err = inode_permission(i, MAY_EXEC);
	if (err)
		return ERR_PTR(err);
	err = deny_write_access(i);
	if (err)
		return ERR_PTR(err);
	f = dentry_open(path, O_RDONLY | O_LARGEFILE);
	if (IS_ERR(f))
		allow_write_access(i);
	else
		f->f_mode |= FMODE_EXEC;
	return f;
}

struct file *open_exec(const char *name)
{
	struct path path;
	struct file *f;
	int err = kern_path(AT_FDCWD, name, LOOKUP_FOLLOW, &path);

	if (err)
		return ERR_PTR(err);
	f = open_exec_path(&path);
	path_put(&path);
	return f;
}

/* ---- files without a name ---- */

static struct mount *anon_mount;
static struct inode *anon_inode;

/* A super block for objects that no path leads to. */
struct super_block *pseudo_mount(struct file_system_type *t, unsigned long flags,
				 const char *source, const char *data)
{
	struct super_block *sb = alloc_super(t);
	struct inode *root;

	if (!sb)
		return ERR_PTR(-ENOMEM);
	root = new_inode(sb, S_IFDIR | 0755);
	sb->s_root = root ? d_alloc_root(sb, root) : NULL;
	return sb->s_root ? sb : ERR_PTR(-ENOMEM);
}

static struct file_system_type anon_fs = { .name = "anon_inodefs", .mount = pseudo_mount,
					   .nodev = true };

static char *anon_dname(struct dentry *d, char *buf, int size)
{
	snprintf(buf, size, "anon_inode:%s", (const char *)d->d_private);
	return buf;
}
static const struct dentry_operations anon_dops = { .dname = anon_dname, .uncached = true };

/* An open file for a kernel object, shown as anon_inode:@name (a constant).  ERR_PTR. */
struct file *alloc_anon_file(const char *name, const struct file_operations *fop, void *priv,
			     int flags)
{
	struct path path = { .mnt = anon_mount };
	struct file *f;

	path.dentry = d_alloc_pseudo(anon_mount->sb, &anon_dops);
	if (!path.dentry)
		return ERR_PTR(-ENOMEM);
	path.dentry->d_private = (void *)name;
	ihold(anon_inode);
	d_instantiate(path.dentry, anon_inode);
	f = alloc_file(&path, flags, fop);
	dput(path.dentry);
	if (!IS_ERR(f))
		f->private_data = priv;
	return f;
}

void __init anon_inode_init(void)
{
	anon_mount = kern_mount(&anon_fs);
	BUG_ON(IS_ERR(anon_mount));
	anon_inode = new_inode(anon_mount->sb, 0600);
	BUG_ON(!anon_inode);
}

/* ---- open(2) ---- */

long sys_openat(int dfd, const char __user *uname, int flags, umode_t mode)
{
	char *name = getname(uname);
	struct file *f;
	int fd;

	if (IS_ERR(name))
		return PTR_ERR(name);
	fd = get_unused_fd(0, flags);
	if (fd >= 0) {
		f = do_filp_open(dfd, name, flags | O_LARGEFILE, mode);
		if (IS_ERR(f)) {
			put_unused_fd(fd);
			fd = PTR_ERR(f);
		} else {
			fd_install(fd, f);
		}
	}
	putname(name);
	return fd;
}

long sys_open(const char __user *name, int flags, umode_t mode)
{
	return sys_openat(AT_FDCWD, name, flags, mode);
}

long sys_creat(const char __user *name, umode_t mode)
{
	return sys_openat(AT_FDCWD, name, O_CREAT | O_WRONLY | O_TRUNC, mode);
}

/* ---- size ---- */

/* Set a regular file's size; set-id bits go when somebody but root does it. */
int do_truncate(struct inode *i, loff_t len)
{
	int err;

	if (!i->i_op->truncate)
		return -EINVAL;
	inode_lock(i);
	err = IS_SWAPFILE(i) && len <= i->i_size ? -ETXTBSY : i->i_op->truncate(i, len);
	if (!err) {
		i->i_mtime = i->i_ctime = current_time_ns();
		mark_inode_dirty(i);
		if (!capable_root())
			i->i_mode &= ~(S_ISUID | (i->i_mode & S_IXGRP ? S_ISGID : 0));
	}
	inode_unlock(i);
	return err;
}

/* O_TRUNC, which also works on a file opened for reading only: -ETXTBSY for a running program. */
int truncate_opened(struct inode *i)
{
	int err = get_write_access(i);

	if (err)
		return err;
	err = do_truncate(i, 0);
	atomic_dec(&i->i_writecount);
	return err;
}

int inode_newsize_ok(const struct inode *i, loff_t len)
{
	if (len > i->i_size && (unsigned long)len > rlimit(RLIMIT_FSIZE)) {
		send_sig(SIGXFSZ, current, false);
		return -EFBIG;
	}
	return 0;
}

int vfs_truncate(struct path *path, loff_t len)
{
	struct inode *i = path->dentry->d_inode;
	int err;

	if (S_ISDIR(i->i_mode))
		return -EISDIR;
	if (!S_ISREG(i->i_mode))
		return -EINVAL;
	err = sb_writable(path);
	if (!err)
		err = inode_permission(i, MAY_WRITE);
	if (!err)
		err = get_write_access(i);
	if (err)
		return err;
	err = inode_newsize_ok(i, len);
	if (!err)
		err = do_truncate(i, len);
	atomic_dec(&i->i_writecount);
	return err;
}

long sys_truncate(const char __user *name, loff_t len)
{
	struct path path;
	long err;

	if (len < 0)
		return -EINVAL;
	err = user_path_at(AT_FDCWD, name, LOOKUP_FOLLOW, &path);
	if (err)
		return err;
	err = vfs_truncate(&path, len);
	path_put(&path);
	return err;
}

long sys_ftruncate(unsigned int fd, loff_t len)
{
	struct file *f;
	long err;

	if (len < 0)
		return -EINVAL;
	f = fget(fd);
	if (!f)
		return -EBADF;
	err = -EINVAL;
	if (S_ISREG(f->f_inode->i_mode) && (f->f_mode & FMODE_WRITE))
		err = inode_newsize_ok(f->f_inode, len);
	if (!err)
		err = do_truncate(f->f_inode, len);
	fput(f);
	return err;
}

static long vfs_fallocate(struct file *f, int mode, loff_t off, loff_t len)
{
	umode_t type = f->f_inode->i_mode;

	if (off < 0 || len <= 0)
		return -EINVAL;
	if (mode & ~(FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE | FALLOC_FL_COLLAPSE_RANGE |
		     FALLOC_FL_ZERO_RANGE | FALLOC_FL_INSERT_RANGE | FALLOC_FL_UNSHARE_RANGE))
		return -EOPNOTSUPP;
	if ((mode & FALLOC_FL_PUNCH_HOLE) &&
	    (!(mode & FALLOC_FL_KEEP_SIZE) || (mode & FALLOC_FL_ZERO_RANGE)))
		return -EOPNOTSUPP;
	if (((mode & FALLOC_FL_COLLAPSE_RANGE) && mode != FALLOC_FL_COLLAPSE_RANGE) ||
	    ((mode & FALLOC_FL_INSERT_RANGE) && mode != FALLOC_FL_INSERT_RANGE) ||
	    ((mode & FALLOC_FL_UNSHARE_RANGE) &&
	     (mode & ~(FALLOC_FL_UNSHARE_RANGE | FALLOC_FL_KEEP_SIZE))))
		return -EINVAL;
	if (!(f->f_mode & FMODE_WRITE))
		return -EBADF;
	if (IS_SWAPFILE(f->f_inode->i_mapping->host))
		return -ETXTBSY;
	if (S_ISFIFO(type))
		return -ESPIPE;
	if (S_ISDIR(type))
		return -EISDIR;
	if (!S_ISREG(type) && !S_ISBLK(type))
		return -ENODEV;
	if (len > (loff_t)(~0UL >> 1) - off)
		return -EFBIG;
	return f->f_op->fallocate ? f->f_op->fallocate(f, mode, off, len) : -EOPNOTSUPP;
}

long sys_fallocate(int fd, int mode, loff_t off, loff_t len)
{
	struct file *f = fget(fd);
	long err;

	if (!f)
		return -EBADF;
	err = vfs_fallocate(f, mode, off, len);
	fput(f);
	return err;
}

/* ---- access ---- */

long sys_faccessat2(int dfd, const char __user *name, int mode, int flags)
{
	struct cred_ids *c = &current->cred;
	uid_t fsuid = c->fsuid, euid = c->euid;
	gid_t fsgid = c->fsgid;
	struct path path;
	long err;

	if (mode & ~(MAY_READ | MAY_WRITE | MAY_EXEC))
		return -EINVAL;
	if (flags & ~(AT_EACCESS | AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH))
		return -EINVAL;
	if (!(flags & AT_EACCESS)) {		/* judge by the real ids */
		c->fsuid = c->euid = c->uid;
		c->fsgid = c->gid;
	}
	err = user_path_at(dfd, name, (flags & AT_SYMLINK_NOFOLLOW ? 0 : LOOKUP_FOLLOW) |
			   (flags & AT_EMPTY_PATH ? LOOKUP_EMPTY : 0), &path);
	if (!err) {
		struct inode *i = path.dentry->d_inode;

		if ((mode & MAY_EXEC) && S_ISREG(i->i_mode) && (path.mnt->flags & MS_NOEXEC))
			err = -EACCES;
		if (!err && (mode & MAY_WRITE) &&
		    (S_ISREG(i->i_mode) || S_ISDIR(i->i_mode) || S_ISLNK(i->i_mode)))
			err = sb_writable(&path);
		if (!err)
			err = inode_permission(i, mode);
		path_put(&path);
	}
	c->fsuid = fsuid;
	c->euid = euid;
	c->fsgid = fsgid;
	return err;
}

long sys_faccessat(int dfd, const char __user *name, int mode)
{
	return sys_faccessat2(dfd, name, mode, 0);
}

long sys_access(const char __user *name, int mode)
{
	return sys_faccessat2(AT_FDCWD, name, mode, 0);
}

/* ---- where the process stands ---- */

static long enter_dir(struct path *slot, const struct path *path)
{
	long err = inode_permission(path->dentry->d_inode, MAY_EXEC);

	if (err)
		return err;
	path_get(path);
	set_fs_path(slot, path);
	return 0;
}

long sys_chdir(const char __user *name)
{
	struct path path;
	long err = user_path_at(AT_FDCWD, name, LOOKUP_FOLLOW | LOOKUP_DIRECTORY, &path);

	if (err)
		return err;
	err = enter_dir(&current->fs->pwd, &path);
	path_put(&path);
	return err;
}

long sys_fchdir(unsigned int fd)
{
	struct file *f = fget_raw(fd);
	long err = -ENOTDIR;

	if (!f)
		return -EBADF;
	if (S_ISDIR(f->f_inode->i_mode))
		err = enter_dir(&current->fs->pwd, &f->f_path);
	fput(f);
	return err;
}

long sys_chroot(const char __user *name)
{
	struct path path;
	long err = user_path_at(AT_FDCWD, name, LOOKUP_FOLLOW | LOOKUP_DIRECTORY, &path);

	if (err)
		return err;
	err = inode_permission(path.dentry->d_inode, MAY_EXEC);
	if (!err)
		err = capable_root() ? enter_dir(&current->fs->root, &path) : -EPERM;
	path_put(&path);
	return err;
}

long sys_getcwd(char __user *ubuf, unsigned long size)
{
	static const char prefix[] = "(unreachable)";
	char *page = kmalloc(PATH_MAX, GFP_KERNEL), *s;
	struct path pwd, root;
	bool unreachable;
	long len;

	if (!page)
		return -ENOMEM;
	get_fs_pwd(&pwd);
	get_fs_root(&root);
	len = -ENOENT;
	if (pwd.dentry->d_unlinked && pwd.dentry->d_parent != pwd.dentry)
		goto out;
	s = path_from(&pwd, &root, page, PATH_MAX, &unreachable);
	len = PTR_ERR(s);
	if (IS_ERR(s))
		goto out;
	if (unreachable && s - page >= (long)sizeof(prefix) - 1) {
		s -= sizeof(prefix) - 1;
		memcpy(s, prefix, sizeof(prefix) - 1);
	}
	len = page + PATH_MAX - s;
	if ((unsigned long)len > size)
		len = -ERANGE;
	else if (copy_to_user(ubuf, s, len))
		len = -EFAULT;
out:
	path_put(&pwd);
	path_put(&root);
	kfree(page);
	return len;
}

long sys_umask(int mask)
{
	return __atomic_exchange_n(&current->fs->umask, mask & 0777, __ATOMIC_RELAXED);
}

/* ---- mode and owner ---- */

static int chmod_path(struct path *path, umode_t mode)
{
	struct iattr a = { .valid = ATTR_MODE, .mode = mode };

	if (S_ISLNK(path->dentry->d_inode->i_mode))
		return -EOPNOTSUPP;
	return notify_change(path, &a);
}

long sys_fchmodat(int dfd, const char __user *name, umode_t mode)
{
	struct path path;
	long err = user_path_at(dfd, name, LOOKUP_FOLLOW, &path);

	if (err)
		return err;
	err = chmod_path(&path, mode);
	path_put(&path);
	return err;
}

long sys_chmod(const char __user *name, umode_t mode)
{
	return sys_fchmodat(AT_FDCWD, name, mode);
}

long sys_fchmod(unsigned int fd, umode_t mode)
{
	struct file *f = fget(fd);
	long err;

	if (!f)
		return -EBADF;
	err = chmod_path(&f->f_path, mode);
	fput(f);
	return err;
}

static int chown_path(struct path *path, uid_t uid, gid_t gid)
{
	struct iattr a = { .uid = uid, .gid = gid };

	if (uid != (uid_t)-1)
		a.valid |= ATTR_UID;
	if (gid != (gid_t)-1)
		a.valid |= ATTR_GID;
	return notify_change(path, &a);
}

long sys_fchownat(int dfd, const char __user *name, uid_t uid, gid_t gid, int flags)
{
	struct path path;
	long err;

	if (flags & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH))
		return -EINVAL;
	err = user_path_at(dfd, name, (flags & AT_SYMLINK_NOFOLLOW ? 0 : LOOKUP_FOLLOW) |
			   (flags & AT_EMPTY_PATH ? LOOKUP_EMPTY : 0), &path);
	if (err)
		return err;
	err = chown_path(&path, uid, gid);
	path_put(&path);
	return err;
}

long sys_chown(const char __user *name, uid_t uid, gid_t gid)
{
	return sys_fchownat(AT_FDCWD, name, uid, gid, 0);
}

long sys_lchown(const char __user *name, uid_t uid, gid_t gid)
{
	return sys_fchownat(AT_FDCWD, name, uid, gid, AT_SYMLINK_NOFOLLOW);
}

long sys_fchown(unsigned int fd, uid_t uid, gid_t gid)
{
	struct file *f = fget(fd);
	long err;

	if (!f)
		return -EBADF;
	err = chown_path(&f->f_path, uid, gid);
	fput(f);
	return err;
}
