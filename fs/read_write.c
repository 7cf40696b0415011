/*
 * fs/read_write.c - reading, writing and moving about in open files
 *
 * Invariants: a call moves at most MAX_RW_COUNT bytes; f_pos of a file that can seek changes only
 *             under f_pos_lock; a transfer that moved something reports that, never an error.
 * Lock order: f_pos_lock > i_rwsem.
 * Sources:    read(2), write(2), readv(2), lseek(2), sendfile(2), copy_file_range(2).
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

static bool can_seek(const struct file *f)
{
	return f->f_op->llseek && f->f_op->llseek != no_llseek;
}

/* Files whose position threads share: everything that can seek. */
static bool lock_pos(struct file *f)
{
	if (!can_seek(f) || !(S_ISREG(f->f_inode->i_mode) || S_ISDIR(f->f_inode->i_mode) ||
			     S_ISBLK(f->f_inode->i_mode)))
		return false;
	mutex_lock(&f->f_pos_lock);
	return true;
}

static void unlock_pos(struct file *f, bool locked)
{
	if (locked)
		mutex_unlock(&f->f_pos_lock);
}

/* What every transfer must satisfy; the length to use, or -errno. */
static ssize_t check_area(const struct file *f, const void __user *buf, size_t len, loff_t pos)
{
	if (!access_ok(buf, len))
		return -EFAULT;
	if ((ssize_t)len < 0 || (pos < 0 && can_seek(f) && !(f->f_mode & FMODE_UNSIGNED_OFFSET)))
		return -EINVAL;
	return min(len, (size_t)MAX_RW_COUNT);
}

ssize_t vfs_read(struct file *f, char __user *buf, size_t len, loff_t *pos)
{
	ssize_t n;

	if (!(f->f_mode & FMODE_READ))
		return -EBADF;
	if (!f->f_op->read)
		return -EINVAL;
	n = check_area(f, buf, len, *pos);
	return n < 0 ? n : f->f_op->read(f, buf, n, pos);
}

ssize_t vfs_write(struct file *f, const char __user *buf, size_t len, loff_t *pos)
{
	ssize_t n;

	if (!(f->f_mode & FMODE_WRITE))
		return -EBADF;
	if (!f->f_op->write)
		return -EINVAL;
	n = check_area(f, buf, len, *pos);
	return n < 0 ? n : f->f_op->write(f, buf, n, pos);
}

long sys_read(unsigned int fd, char __user *buf, size_t count)
{
	struct file *f = fget(fd);
	bool locked;
	ssize_t n;

	if (!f)
		return -EBADF;
	locked = lock_pos(f);
	n = vfs_read(f, buf, count, &f->f_pos);
	unlock_pos(f, locked);
	fput(f);
	return n;
}

long sys_write(unsigned int fd, const char __user *buf, size_t count)
{
	struct file *f = fget(fd);
	bool locked;
	ssize_t n;

	if (!f)
		return -EBADF;
	locked = lock_pos(f);
	n = vfs_write(f, buf, count, &f->f_pos);
	unlock_pos(f, locked);
	fput(f);
	return n;
}

long sys_pread64(unsigned int fd, char __user *buf, size_t count, loff_t pos)
{
	struct file *f;
	ssize_t n;

	if (pos < 0)
		return -EINVAL;
	f = fget(fd);
	if (!f)
		return -EBADF;
	n = can_seek(f) ? vfs_read(f, buf, count, &pos) : -ESPIPE;
	fput(f);
	return n;
}

long sys_pwrite64(unsigned int fd, const char __user *buf, size_t count, loff_t pos)
{
	struct file *f;
	ssize_t n;

	if (pos < 0)
		return -EINVAL;
	f = fget(fd);
	if (!f)
		return -EBADF;
	n = can_seek(f) ? vfs_write(f, buf, count, &pos) : -ESPIPE;
	fput(f);
	return n;
}

long sys_lseek(unsigned int fd, loff_t off, unsigned int whence)
{
	struct file *f = fget(fd);
	bool locked;
	loff_t pos;

	if (!f)
		return -EBADF;
	if (whence > SEEK_HOLE) {
		pos = -EINVAL;
	} else if (!can_seek(f)) {
		pos = -ESPIPE;
	} else {
		locked = lock_pos(f);
		pos = f->f_op->llseek(f, off, whence);
		unlock_pos(f, locked);
	}
	fput(f);
	return pos;
}

/* ---- scattered buffers ---- */

struct iov_args {
	struct iovec fast[UIO_FASTIOV];
	struct iovec *vec;		/* ->fast, or its own memory */
	unsigned long nr;
};

/* Copy in and check the vector; 0 or -errno. */
static int import_iov(struct iov_args *a, const struct iovec __user *uvec, unsigned long nr)
{
	size_t total = 0;

	a->vec = a->fast;
	a->nr = nr;
	if (nr > UIO_MAXIOV)
		return -EINVAL;
	if (nr > UIO_FASTIOV) {
		a->vec = kmalloc(nr * sizeof(struct iovec), GFP_KERNEL);
		if (!a->vec) {
			a->vec = a->fast;
			return -ENOMEM;
		}
	}
	if (copy_from_user(a->vec, uvec, nr * sizeof(struct iovec)))
		return -EFAULT;
	for (unsigned long i = 0; i < nr; i++) {
		struct iovec *v = &a->vec[i];

		if ((ssize_t)v->iov_len < 0)
			return -EINVAL;
		if (!access_ok(v->iov_base, v->iov_len))
			return -EFAULT;
		if (v->iov_len > MAX_RW_COUNT - total)
			v->iov_len = MAX_RW_COUNT - total;
		total += v->iov_len;
	}
	return 0;
}

static void free_iov(struct iov_args *a)
{
	if (a->vec != a->fast)
		kfree(a->vec);
}

static ssize_t read_segments(struct file *f, const struct iov_args *a, loff_t *pos)
{
	ssize_t done = 0;

	for (unsigned long i = 0; i < a->nr; i++) {
		ssize_t n;

		if (!a->vec[i].iov_len)
			continue;
		n = f->f_op->read(f, a->vec[i].iov_base, a->vec[i].iov_len, pos);
		if (n < 0)
			return done ? done : n;
		done += n;
		if ((size_t)n < a->vec[i].iov_len)
			break;
	}
	return done;
}

static ssize_t write_segments(struct file *f, const struct iov_args *a, loff_t *pos)
{
	ssize_t done = 0;

	if (f->f_op == &pipefifo_fops)		/* small writes stay in one piece there */
		return pipe_writev(f, a->vec, a->nr);
	for (unsigned long i = 0; i < a->nr; i++) {
		ssize_t n;

		if (!a->vec[i].iov_len)
			continue;
		n = f->f_op->write(f, a->vec[i].iov_base, a->vec[i].iov_len, pos);
		if (n < 0)
			return done ? done : n;
		done += n;
		if ((size_t)n < a->vec[i].iov_len)
			break;
	}
	return done;
}

static ssize_t rw_vector(struct file *f, bool write, const struct iovec __user *uvec,
			 unsigned long nr, loff_t *pos)
{
	struct iov_args a;
	ssize_t n;

	n = import_iov(&a, uvec, nr);
	if (n)
		goto out;
	if (!(f->f_mode & (write ? FMODE_WRITE : FMODE_READ)))
		n = -EBADF;
	else if (write ? !f->f_op->write : !f->f_op->read)
		n = -EINVAL;
	else
		n = write ? write_segments(f, &a, pos) : read_segments(f, &a, pos);
out:
	free_iov(&a);
	return n;
}

static long rw_vector_here(unsigned int fd, bool write, const struct iovec __user *vec,
			   unsigned long nr)
{
	struct file *f = fget(fd);
	bool locked;
	ssize_t n;

	if (!f)
		return -EBADF;
	locked = lock_pos(f);
	n = rw_vector(f, write, vec, nr, &f->f_pos);
	unlock_pos(f, locked);
	fput(f);
	return n;
}

static long rw_vector_at(unsigned int fd, bool write, const struct iovec __user *vec,
			 unsigned long nr, loff_t pos)
{
	struct file *f;
	ssize_t n;

	if (pos < 0)
		return -EINVAL;
	f = fget(fd);
	if (!f)
		return -EBADF;
	n = can_seek(f) ? rw_vector(f, write, vec, nr, &pos) : -ESPIPE;
	fput(f);
	return n;
}

long sys_readv(unsigned long fd, const struct iovec __user *vec, unsigned long vlen)
{
	return rw_vector_here(fd, false, vec, vlen);
}

long sys_writev(unsigned long fd, const struct iovec __user *vec, unsigned long vlen)
{
	return rw_vector_here(fd, true, vec, vlen);
}

long sys_preadv(unsigned long fd, const struct iovec __user *vec, unsigned long vlen, loff_t pos)
{
	return rw_vector_at(fd, false, vec, vlen, pos);
}

long sys_pwritev(unsigned long fd, const struct iovec __user *vec, unsigned long vlen, loff_t pos)
{
	return rw_vector_at(fd, true, vec, vlen, pos);
}

/* Of the per-call flags only those are taken that memory file systems fulfil by nature. */
#define RWF_FINE (RWF_HIPRI | RWF_DSYNC | RWF_SYNC)

long sys_preadv2(unsigned long fd, const struct iovec __user *vec, unsigned long vlen, loff_t pos,
		 unsigned long pos_high, int flags)
{
	if (flags & ~RWF_FINE)
		return -EOPNOTSUPP;
	return pos == -1 ? sys_readv(fd, vec, vlen) : sys_preadv(fd, vec, vlen, pos);
}

long sys_pwritev2(unsigned long fd, const struct iovec __user *vec, unsigned long vlen, loff_t pos,
		  unsigned long pos_high, int flags)
{
	if (flags & ~RWF_FINE)
		return -EOPNOTSUPP;
	return pos == -1 ? sys_writev(fd, vec, vlen) : sys_pwritev(fd, vec, vlen, pos);
}

/* ---- from file to file, through a buffer of the kernel ---- */

#define BOUNCE_SIZE (16 * PAGE_SIZE)

/* Pages of the file can be read by the kernel itself. */
static bool in_page_cache(const struct file *f)
{
	return (S_ISREG(f->f_inode->i_mode) || S_ISBLK(f->f_inode->i_mode)) && f->f_inode->i_mapping->a_ops;
}

static bool kernel_writable(const struct file *f)
{
	return f->f_op->kwrite || (S_ISREG(f->f_inode->i_mode) && in_page_cache(f));
}

static ssize_t write_from_kernel(struct file *f, const char *buf, size_t len, loff_t *pos)
{
	ssize_t n;

	if (f->f_op->kwrite)
		return f->f_op->kwrite(f, buf, len, pos);
	n = kernel_write(f, buf, len, *pos);
	if (n > 0)
		*pos += n;
	return n;
}

/* Copy up to @count bytes; positions advance by what was written. */
static ssize_t bounce(struct file *in, loff_t *in_pos, struct file *out, loff_t *out_pos,
		      size_t count)
{
	char *buf = kmalloc(BOUNCE_SIZE, GFP_KERNEL);
	ssize_t done = 0, err = 0;

	if (!buf)
		return -ENOMEM;
	while (count) {
		ssize_t got = kernel_read(in, buf, min(count, BOUNCE_SIZE), *in_pos), put;

		err = got;
		if (got <= 0)
			break;
		put = write_from_kernel(out, buf, got, out_pos);
		err = put;
		if (put <= 0)
			break;
		*in_pos += put;
		done += put;
		count -= put;
		if (put < got)
			break;
		if (signal_pending(current))
			break;
		cond_resched();
	}
	kfree(buf);
	return done ? done : err;
}

static ssize_t do_sendfile(struct file *out, struct file *in, loff_t *in_pos, size_t count)
{
	bool locked;
	ssize_t n;

	if (!(in->f_mode & FMODE_READ) || !(out->f_mode & FMODE_WRITE))
		return -EBADF;
	if (*in_pos < 0)
		return -EINVAL;
	if (!in_page_cache(in) || !kernel_writable(out) || (out->f_flags & O_APPEND))
		return -EINVAL;
	locked = lock_pos(out);
	n = bounce(in, in_pos, out, &out->f_pos, min(count, (size_t)MAX_RW_COUNT));
	unlock_pos(out, locked);
	return n;
}

long sys_sendfile(int out_fd, int in_fd, loff_t __user *uoff, size_t count)
{
	struct file *in = fget(in_fd), *out = fget(out_fd);
	ssize_t n = -EBADF;
	loff_t pos;

	if (!in || !out)
		goto out;
	pos = in->f_pos;
	n = -EFAULT;
	if (uoff && get_user(pos, uoff))
		goto out;
	n = -ESPIPE;
	if (uoff && !can_seek(in))
		goto out;
	n = do_sendfile(out, in, &pos, count);
	if (n > 0) {
		if (!uoff)
			in->f_pos = pos;
		else if (put_user(pos, uoff))
			n = -EFAULT;
	}
out:
	if (in)
		fput(in);
	if (out)
		fput(out);
	return n;
}

static ssize_t copy_range_checks(struct file *in, loff_t pin, struct file *out, loff_t pout,
				 size_t len)
{
	if (S_ISDIR(in->f_inode->i_mode) || S_ISDIR(out->f_inode->i_mode))
		return -EISDIR;
	if (!S_ISREG(in->f_inode->i_mode) || !S_ISREG(out->f_inode->i_mode))
		return -EINVAL;
	if (!(in->f_mode & FMODE_READ) || !(out->f_mode & FMODE_WRITE))
		return -EBADF;
	if (out->f_flags & O_APPEND)
		return -EBADF;
	if (in->f_inode->i_sb->s_type != out->f_inode->i_sb->s_type)
		return -EXDEV;
	if (pin < 0 || pout < 0 || pin + (loff_t)len < pin || pout + (loff_t)len < pout)
		return -EOVERFLOW;
	if (in->f_inode == out->f_inode && pin < pout + (loff_t)len && pout < pin + (loff_t)len)
		return -EINVAL;
	if (!in_page_cache(in) || !in_page_cache(out))
		return -EINVAL;
	return 0;
}

long sys_copy_file_range(int fd_in, loff_t __user *uin, int fd_out, loff_t __user *uout,
			 size_t len, unsigned int flags)
{
	struct file *in = fget(fd_in), *out = fget(fd_out);
	loff_t pin, pout;
	ssize_t n = -EBADF;

	if (!in || !out)
		goto out;
	pin = in->f_pos;
	pout = out->f_pos;
	n = -EFAULT;
	if ((uin && get_user(pin, uin)) || (uout && get_user(pout, uout)))
		goto out;
	n = -EINVAL;
	if (flags)
		goto out;
	len = min(len, (size_t)MAX_RW_COUNT);
	n = copy_range_checks(in, pin, out, pout, len);
	if (!n)
		n = bounce(in, &pin, out, &pout, len);
	if (n > 0) {
		if (!uin)
			in->f_pos = pin;
		else if (put_user(pin, uin))
			n = -EFAULT;
		if (!uout)
			out->f_pos = pout;
		else if (put_user(pout, uout))
			n = -EFAULT;
	}
out:
	if (in)
		fput(in);
	if (out)
		fput(out);
	return n;
}
