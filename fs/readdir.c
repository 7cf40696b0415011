/*
 * fs/readdir.c - getdents: the entries of a directory, as programs read them
 *
 * Simplified: one actor for each of the two record shapes; the position after the last record
 *             that fitted is kept in f_pos.
 */
#include <fs.h>
#include <asm/uaccess.h>
#include <mm.h>
#include <sched.h>
#include <string.h>
#include <syscalls_fs.h>
#include "internal.h"

struct dents {
	struct dir_context ctx;
	char __user *buf;		/* where the next record goes */
	unsigned int left;
	char __user *prev;		/* the record before: its d_off is set when the next one is known */
	int err;
	bool old;			/* getdents(2): struct linux_dirent */
};

#define OFF_OFFSET offsetof(struct linux_dirent64, d_off)

/* The position that follows a record is where the next entry stands. */
static bool patch_prev(struct dents *d, loff_t off)
{
	return !d->prev || !put_user(off, (loff_t __user *)(d->prev + OFF_OFFSET));
}

static size_t record_len(const struct dents *d, int len)
{
	if (d->old)	/* name, NUL, and the type as the last byte */
		return ALIGN_UP(offsetof(struct linux_dirent, d_name) + len + 2, 8UL);
	return ALIGN_UP(offsetof(struct linux_dirent64, d_name) + len + 1, 8UL);
}

static bool put_dirent(struct dir_context *ctx, const char *name, int len, loff_t off, u64 ino,
		       unsigned int type)
{
	struct dents *d = container_of(ctx, struct dents, ctx);
	size_t reclen = record_len(d, len);
	union {
		struct linux_dirent64 d64;
		struct linux_dirent d32;
		char bytes[sizeof(struct linux_dirent64) + NAME_MAX + 10];
	} rec;

	if (reclen > d->left) {
		d->err = -EINVAL;	/* told only if nothing fitted */
		return false;
	}
	if (d->prev && signal_pending(current))
		return false;
	memset(&rec, 0, reclen);
	if (d->old) {
		rec.d32.d_ino = ino;
		rec.d32.d_reclen = reclen;
		memcpy(rec.d32.d_name, name, len);
		rec.bytes[reclen - 1] = type;
	} else {
		rec.d64.d_ino = ino;
		rec.d64.d_reclen = reclen;
		rec.d64.d_type = type;
		memcpy(rec.d64.d_name, name, len);
	}
	if (!patch_prev(d, off) || copy_to_user(d->buf, &rec, reclen)) {
		d->err = -EFAULT;
		return false;
	}
	d->prev = d->buf;
	d->buf += reclen;
	d->left -= reclen;
	return true;
}

/* Call the directory's own iterator from f_pos on. */
static int iterate_dir(struct file *f, struct dir_context *ctx)
{
	struct inode *dir = f->f_inode;
	int err;

	if (!f->f_op->iterate)
		return -ENOTDIR;
	mutex_lock(&f->f_pos_lock);
	inode_lock_shared(dir);
	err = -ENOENT;
	if (dir->i_nlink) {
		ctx->pos = f->f_pos;
		err = f->f_op->iterate(f, ctx);
		f->f_pos = ctx->pos;
		file_accessed(f);
	}
	inode_unlock_shared(dir);
	mutex_unlock(&f->f_pos_lock);
	return err;
}

static long do_getdents(unsigned int fd, void __user *buf, unsigned int count, bool old)
{
	struct dents d = { .ctx.actor = put_dirent, .buf = buf, .left = count, .old = old };
	struct file *f = fget(fd);
	long err;

	if (!f)
		return -EBADF;
	err = access_ok(buf, count) ? iterate_dir(f, &d.ctx) : -EFAULT;
	if (!err && d.err)
		err = d.err;
	if (d.prev)
		err = patch_prev(&d, d.ctx.pos) ? (long)(count - d.left) : -EFAULT;
	fput(f);
	return err;
}

long sys_getdents64(unsigned int fd, struct linux_dirent64 __user *dirent, unsigned int count)
{
	return do_getdents(fd, dirent, count, false);
}

long sys_getdents(unsigned int fd, struct linux_dirent __user *dirent, unsigned int count)
{
	return do_getdents(fd, dirent, count, true);
}
