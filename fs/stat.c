/*
 * fs/stat.c - what is known about a file: stat, statx, readlink
 *
 * Sources: stat(2), statx(2), readlink(2).
 */
#include <fs.h>
#include <asm/uaccess.h>
#include <mm.h>
#include <sched.h>
#include <slab.h>
#include <string.h>
#include <syscalls_fs.h>
#include "internal.h"

static struct inode *refreshed(const struct path *p)
{
	struct inode *i = p->dentry->d_inode;

	if (i->i_op->getattr)
		i->i_op->getattr(i);
	return i;
}

static long blksize_of(const struct inode *i)
{
	if (i->i_sb->s_blocksize)
		return i->i_sb->s_blocksize;
	return i->i_sb->s_magic == PROC_SUPER_MAGIC ? 1024 : PAGE_SIZE;
}

static long put_stat(const struct path *p, struct stat __user *ust)
{
	const struct inode *i = refreshed(p);
	struct stat st;

	memset(&st, 0, sizeof(st));
	st.st_dev = new_encode_dev(i->i_sb->s_dev);
	st.st_ino = i->i_ino;
	st.st_nlink = i->i_nlink;
	st.st_mode = i->i_mode;
	st.st_uid = i->i_uid;
	st.st_gid = i->i_gid;
	st.st_rdev = new_encode_dev(i->i_rdev);
	st.st_size = i->i_size;
	st.st_blksize = blksize_of(i);
	st.st_blocks = i->i_blocks;
	st.st_atime = i->i_atime / NSEC_PER_SEC;
	st.st_atime_nsec = i->i_atime % NSEC_PER_SEC;
	st.st_mtime = i->i_mtime / NSEC_PER_SEC;
	st.st_mtime_nsec = i->i_mtime % NSEC_PER_SEC;
	st.st_ctime = i->i_ctime / NSEC_PER_SEC;
	st.st_ctime_nsec = i->i_ctime % NSEC_PER_SEC;
	return copy_to_user(ust, &st, sizeof(st)) ? -EFAULT : 0;
}

/* The object of a *stat call: by name, or the descriptor itself with AT_EMPTY_PATH and "". */
static long stat_path(int dfd, const char __user *uname, int flags, struct path *path)
{
	unsigned int how = 0;

	if (!(flags & AT_SYMLINK_NOFOLLOW))
		how |= LOOKUP_FOLLOW;
	if (flags & AT_EMPTY_PATH)
		how |= LOOKUP_EMPTY;
	return user_path_at(dfd, uname, how, path);
}

long sys_newfstatat(int dfd, const char __user *uname, struct stat __user *st, int flags)
{
	struct path path;
	long err;

	if (flags & ~(AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | AT_EMPTY_PATH | AT_STATX_SYNC_TYPE))
		return -EINVAL;
	err = stat_path(dfd, uname, flags, &path);
	if (err)
		return err;
	err = put_stat(&path, st);
	path_put(&path);
	return err;
}

long sys_stat(const char __user *name, struct stat __user *st)
{
	return sys_newfstatat(AT_FDCWD, name, st, 0);
}

long sys_lstat(const char __user *name, struct stat __user *st)
{
	return sys_newfstatat(AT_FDCWD, name, st, AT_SYMLINK_NOFOLLOW);
}

long sys_fstat(unsigned int fd, struct stat __user *st)
{
	struct file *f = fget_raw(fd);
	long err;

	if (!f)
		return -EBADF;
	err = put_stat(&f->f_path, st);
	fput(f);
	return err;
}

static struct statx_timestamp statx_time(u64 ns)
{
	return (struct statx_timestamp){ .tv_sec = ns / NSEC_PER_SEC, .tv_nsec = ns % NSEC_PER_SEC };
}

static long put_statx(const struct path *p, struct statx __user *ubuf)
{
	const struct inode *i = refreshed(p);
	struct statx x;

	memset(&x, 0, sizeof(x));
	x.stx_mask = STATX_BASIC_STATS | STATX_MNT_ID;
	x.stx_blksize = blksize_of(i);
	x.stx_nlink = i->i_nlink;
	x.stx_uid = i->i_uid;
	x.stx_gid = i->i_gid;
	x.stx_mode = i->i_mode;
	x.stx_ino = i->i_ino;
	x.stx_size = i->i_size;
	x.stx_blocks = i->i_blocks;
	x.stx_attributes_mask = STATX_ATTR_MOUNT_ROOT;
	if (p->mnt->root == p->dentry)
		x.stx_attributes = STATX_ATTR_MOUNT_ROOT;
	x.stx_atime = statx_time(i->i_atime);
	x.stx_ctime = statx_time(i->i_ctime);
	x.stx_mtime = statx_time(i->i_mtime);
	x.stx_rdev_major = MAJOR(i->i_rdev);
	x.stx_rdev_minor = MINOR(i->i_rdev);
	x.stx_dev_major = MAJOR(i->i_sb->s_dev);
	x.stx_dev_minor = MINOR(i->i_sb->s_dev);
	x.stx_mnt_id = p->mnt->id;
	return copy_to_user(ubuf, &x, sizeof(x)) ? -EFAULT : 0;
}

long sys_statx(int dfd, const char __user *uname, unsigned int flags, unsigned int mask,
	       struct statx __user *buf)
{
	struct path path;
	long err;

	if (mask & STATX__RESERVED)
		return -EINVAL;
	if ((flags & AT_STATX_SYNC_TYPE) == AT_STATX_SYNC_TYPE)
		return -EINVAL;
	if (flags & ~(AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | AT_EMPTY_PATH | AT_STATX_SYNC_TYPE))
		return -EINVAL;
	err = stat_path(dfd, uname, flags, &path);
	if (err)
		return err;
	err = put_statx(&path, buf);
	path_put(&path);
	return err;
}

/* The text of a link into @page; its length or -errno. */
static ssize_t link_text(const struct path *p, char *page)
{
	struct inode *i = p->dentry->d_inode;
	struct path to;
	ssize_t len;
	char *s;

	if (i->i_op->readlink)
		return i->i_op->readlink(i, page, PATH_MAX);
	if (!i->i_op->get_path)
		return -EINVAL;
	len = i->i_op->get_path(i, &to);
	if (len)
		return len;
	s = d_path(&to, page, PATH_MAX);
	path_put(&to);
	if (IS_ERR(s))
		return PTR_ERR(s);
	len = strlen(s);
	memmove(page, s, len);
	return len;
}

long sys_readlinkat(int dfd, const char __user *uname, char __user *buf, int size)
{
	struct path path;
	char *page, first;
	long err;

	if (size <= 0)
		return -EINVAL;
	err = user_path_at(dfd, uname, LOOKUP_EMPTY, &path);
	if (err)
		return err;
	page = kmalloc(PATH_MAX, GFP_KERNEL);
	err = -ENOMEM;
	if (!page)
		goto out;
	err = get_user(first, uname) || first ? -EINVAL : -ENOENT;	/* "" must be a link */
	if (S_ISLNK(path.dentry->d_inode->i_mode)) {
		path_accessed(&path);
		err = link_text(&path, page);
	}
	if (err > size)
		err = size;
	if (err > 0 && copy_to_user(buf, page, err))
		err = -EFAULT;
	kfree(page);
out:
	path_put(&path);
	return err;
}

long sys_readlink(const char __user *name, char __user *buf, int size)
{
	return sys_readlinkat(AT_FDCWD, name, buf, size);
}
