/*
 * fs/pipe.c - pipes and FIFOs: a ring of pages between writers and readers
 *
 * Purpose:    bytes in order, at most 64 KiB waiting; a write of up to PIPE_BUF bytes is never
 *             mixed with another one.
 * Invariants: head - tail is the number of used slots, at most ->slots; every used slot has a page
 *             and at least one byte; only under ->mutex do head, tail and pages change;
 *             a small write goes into one page, so it is there as a whole or not at all.
 * Lock order: ->mutex > mmap_sem (user copies).  fifo_mutex > ->mutex.
 * Hot path:   one spare page is kept, so that a message needs no page allocator; sleepers are
 *             woken only when the pipe stops being empty or full.
 * Sources:    pipe(7), fifo(7); POSIX.1-2017, write().
 */
#include <fs.h>
#include <asm/uaccess.h>
#include <mm.h>
#include <sched.h>
#include <slab.h>
#include <string.h>
#include <syscalls_fs.h>
#include <uapi/termios.h>
#include "internal.h"

#define PIPE_SLOTS 16

struct pipe_buffer {
	struct page *page;
	unsigned int offset, len;
};

struct pipe_inode_info {
	struct mutex mutex;
	wait_queue_head_t rd_wait, wr_wait;
	unsigned int head, tail;	/* next slot to fill, to empty; free running */
	unsigned int slots;		/* a power of two */
	struct pipe_buffer *bufs;
	struct page *spare;
	unsigned int readers, writers;	/* open files that may read, write */
	unsigned int r_counter, w_counter;	/* opens so far: a FIFO's open waits for a change */
	unsigned int files;		/* open files: fifo_mutex for FIFOs */
};

/* Where the bytes of a write come from. */
struct pipe_source {
	const struct iovec *iov;	/* user memory; or ... */
	unsigned long nr;
	size_t offset;			/* in the first segment */
	const char *kbuf;		/* ... kernel memory */
	size_t left;
};

static DEFINE_MUTEX(fifo_mutex);	/* inode->i_pipe of FIFOs and ->files */
static struct kmem_cache *pipe_cachep;
static struct mount *pipe_mount;

static bool pipe_empty(const struct pipe_inode_info *p)
{
	return READ_ONCE(p->head) == READ_ONCE(p->tail);
}

static bool pipe_full(const struct pipe_inode_info *p)
{
	return READ_ONCE(p->head) - READ_ONCE(p->tail) >= READ_ONCE(p->slots);
}

static struct pipe_buffer *slot(struct pipe_inode_info *p, unsigned int n)
{
	return &p->bufs[n & (p->slots - 1)];
}

static struct pipe_inode_info *alloc_pipe(void)
{
	struct pipe_inode_info *p = kmem_cache_alloc(pipe_cachep, GFP_KERNEL);

	if (!p)
		return NULL;
	memset(p, 0, sizeof(*p));
	p->bufs = kcalloc(PIPE_SLOTS, sizeof(*p->bufs), GFP_KERNEL);
	if (!p->bufs) {
		kmem_cache_free(pipe_cachep, p);
		return NULL;
	}
	p->slots = PIPE_SLOTS;
	mutex_init_class(&p->mutex, "pipe->mutex");
	init_waitqueue_head(&p->rd_wait);
	init_waitqueue_head(&p->wr_wait);
	return p;
}

void pipe_free(struct pipe_inode_info *p)
{
	while (!pipe_empty(p))
		put_page(slot(p, p->tail++)->page);
	if (p->spare)
		put_page(p->spare);
	kfree(p->bufs);
	kmem_cache_free(pipe_cachep, p);
}

/* ---- reading ---- */

static void drop_slot(struct pipe_inode_info *p, struct pipe_buffer *b)
{
	if (p->spare)
		put_page(b->page);
	else
		p->spare = b->page;
	b->page = NULL;
	p->tail++;
}

/* Move bytes out until @len or empty; the count, or -EFAULT if none.  ->mutex held. */
static ssize_t take_bytes(struct pipe_inode_info *p, char __user *to, size_t len)
{
	size_t done = 0;

	while (done < len && !pipe_empty(p)) {
		struct pipe_buffer *b = slot(p, p->tail);
		size_t n = min((size_t)b->len, len - done);

		if (copy_to_user(to + done, page_address(b->page) + b->offset, n))
			return done ? (ssize_t)done : -EFAULT;
		b->offset += n;
		b->len -= n;
		done += n;
		if (!b->len)
			drop_slot(p, b);
	}
	return done;
}

static ssize_t pipe_read(struct file *f, char __user *buf, size_t len, loff_t *pos)
{
	struct pipe_inode_info *p = f->f_inode->i_pipe;
	bool was_full;
	ssize_t n;

	if (!len)
		return 0;
	mutex_lock(&p->mutex);
	while (pipe_empty(p)) {
		n = 0;
		if (!p->writers)
			goto out;
		n = -EAGAIN;
		if (f->f_flags & O_NONBLOCK)
			goto out;
		mutex_unlock(&p->mutex);
		n = wait_event_interruptible(p->rd_wait, !pipe_empty(p) || !READ_ONCE(p->writers));
		if (n)
			return n;
		mutex_lock(&p->mutex);
	}
	was_full = pipe_full(p);
	n = take_bytes(p, buf, len);
	mutex_unlock(&p->mutex);
	if (was_full)
		wake_up(&p->wr_wait);
	if (n > 0)
		file_accessed(f);
	return n;
out:
	mutex_unlock(&p->mutex);
	return n;
}

/* ---- writing ---- */

/* Move up to @n bytes from @s to @to; how many could be moved. */
static size_t source_copy(struct pipe_source *s, char *to, size_t n)
{
	size_t done = 0;

	if (s->kbuf) {
		memcpy(to, s->kbuf, n);
		s->kbuf += n;
		s->left -= n;
		return n;
	}
	while (done < n) {
		size_t part = min(n - done, s->iov->iov_len - s->offset);
		size_t missed = copy_from_user(to + done, (char __user *)s->iov->iov_base + s->offset,
					       part);

		done += part - missed;
		if (missed)
			break;
		s->offset += part;
		if (s->offset == s->iov->iov_len) {
			s->iov++;
			s->offset = 0;
		}
	}
	s->left -= done;
	return done;
}

/* A small write behind what the last page holds already; true if it was taken. */
static ssize_t merge_tail(struct pipe_inode_info *p, struct pipe_source *s)
{
	size_t n = s->left & (PAGE_SIZE - 1);
	struct pipe_buffer *b = slot(p, p->head - 1);

	if (!n || pipe_empty(p) || b->offset + b->len + n > PAGE_SIZE)
		return 0;
	if (source_copy(s, page_address(b->page) + b->offset + b->len, n) < n)
		return -EFAULT;
	b->len += n;
	return n;
}

/* Fill one free slot; bytes, or -errno. */
static ssize_t fill_slot(struct pipe_inode_info *p, struct pipe_source *s)
{
	size_t want = min(s->left, PAGE_SIZE), n;
	struct pipe_buffer *b = slot(p, p->head);

	if (!p->spare)
		p->spare = alloc_page(GFP_HIGHUSER_MOVABLE);
	if (!p->spare)
		return -ENOMEM;
	n = source_copy(s, page_address(p->spare), want);
	if (n < want && (!n || want <= PIPE_BUF))
		return -EFAULT;
	b->page = p->spare;
	b->offset = 0;
	b->len = n;
	p->spare = NULL;
	p->head++;
	return n;
}

/* Write all of @s, sleeping for room unless O_NONBLOCK. */
static ssize_t pipe_write_source(struct file *f, struct pipe_source *s)
{
	struct pipe_inode_info *p = f->f_inode->i_pipe;
	bool was_empty;
	ssize_t done = 0, n;

	if (!s->left)
		return 0;
	mutex_lock(&p->mutex);
	was_empty = pipe_empty(p);
	n = p->readers ? merge_tail(p, s) : 0;
	if (n > 0)
		done = n;
	while (n >= 0 && s->left) {
		n = -EPIPE;
		if (!p->readers) {
			send_sig(SIGPIPE, current, false);
			break;
		}
		if (!pipe_full(p)) {
			n = fill_slot(p, s);
			if (n > 0)
				done += n;
			continue;
		}
		n = -EAGAIN;
		if (f->f_flags & O_NONBLOCK)
			break;
		mutex_unlock(&p->mutex);
		if (was_empty)
			wake_up(&p->rd_wait);
		n = wait_event_interruptible(p->wr_wait, !pipe_full(p) || !READ_ONCE(p->readers));
		mutex_lock(&p->mutex);
		was_empty = pipe_empty(p);
	}
	mutex_unlock(&p->mutex);
	if (was_empty && done)
		wake_up(&p->rd_wait);
	if (done)
		file_update_time(f);
	return done ? done : n;
}

ssize_t pipe_writev(struct file *f, const struct iovec *iov, unsigned long nr)
{
	struct pipe_source s = { .iov = iov, .nr = nr };

	for (unsigned long i = 0; i < nr; i++)
		s.left += iov[i].iov_len;
	return pipe_write_source(f, &s);
}

static ssize_t pipe_write(struct file *f, const char __user *buf, size_t len, loff_t *pos)
{
	struct iovec v = { (void __user *)buf, len };

	return pipe_writev(f, &v, 1);
}

static ssize_t pipe_kwrite(struct file *f, const char *buf, size_t len, loff_t *pos)
{
	struct pipe_source s = { .kbuf = buf, .left = len };

	return pipe_write_source(f, &s);
}

/* ---- poll, ioctl, fcntl ---- */

static unsigned int pipe_poll(struct file *f, struct poll_table *pt)
{
	struct pipe_inode_info *p = f->f_inode->i_pipe;
	unsigned int mask = 0;

	if (f->f_mode & FMODE_READ)
		poll_wait(f, &p->rd_wait, pt);
	if (f->f_mode & FMODE_WRITE)
		poll_wait(f, &p->wr_wait, pt);
	if (f->f_mode & FMODE_READ) {
		if (!pipe_empty(p))
			mask |= POLLIN | POLLRDNORM;
		/* a FIFO opened without waiting has no end until the first writer came */
		if (!READ_ONCE(p->writers) && (unsigned long)f->private_data != p->w_counter)
			mask |= POLLHUP;
	}
	if (f->f_mode & FMODE_WRITE) {
		if (!pipe_full(p))
			mask |= POLLOUT | POLLWRNORM;
		if (!READ_ONCE(p->readers))
			mask |= POLLERR;
	}
	return mask;
}

static long pipe_ioctl(struct file *f, unsigned int cmd, unsigned long arg)
{
	struct pipe_inode_info *p = f->f_inode->i_pipe;
	int n = 0;

	if (cmd != FIONREAD)
		return -ENOTTY;
	mutex_lock(&p->mutex);
	for (unsigned int i = p->tail; i != p->head; i++)
		n += slot(p, i)->len;
	mutex_unlock(&p->mutex);
	return put_user(n, (int __user *)arg);
}

/* A ring of @slots slots in place of the old one; ->mutex held. */
static long resize_ring(struct pipe_inode_info *p, unsigned int slots)
{
	unsigned int used = p->head - p->tail;
	struct pipe_buffer *bufs;

	if (used > slots)
		return -EBUSY;
	bufs = kcalloc(slots, sizeof(*bufs), GFP_KERNEL);
	if (!bufs)
		return -ENOMEM;
	for (unsigned int i = 0; i < used; i++)
		bufs[i] = *slot(p, p->tail + i);
	kfree(p->bufs);
	p->bufs = bufs;
	p->tail = 0;
	p->head = used;
	p->slots = slots;
	return slots * PAGE_SIZE;
}

static long set_pipe_size(struct pipe_inode_info *p, unsigned long size)
{
	unsigned int slots = 1;
	long ret;

	if (size > 1UL << 31)
		return -EINVAL;
	while (slots * PAGE_SIZE < size)
		slots *= 2;
	if (slots * PAGE_SIZE > PIPE_MAX_SIZE && slots > p->slots && !capable_root())
		return -EPERM;
	if (slots > (4UL << 20) / sizeof(struct pipe_buffer))
		return -ENOMEM;
	mutex_lock(&p->mutex);
	ret = resize_ring(p, slots);
	mutex_unlock(&p->mutex);
	if (ret > 0)
		wake_up(&p->wr_wait);
	return ret;
}

long pipe_fcntl(struct file *f, unsigned int cmd, unsigned long arg)
{
	if (f->f_op != &pipefifo_fops)
		return -EBADF;
	if (cmd == F_GETPIPE_SZ)
		return f->f_inode->i_pipe->slots * PAGE_SIZE;
	return set_pipe_size(f->f_inode->i_pipe, (unsigned int)arg);
}

/* ---- open and release ---- */

static void count_file(struct pipe_inode_info *p, const struct file *f, int by)
{
	if (f->f_mode & FMODE_READ)
		p->readers += by;
	if (f->f_mode & FMODE_WRITE)
		p->writers += by;
	p->files += by;
}

static void pipe_release(struct inode *inode, struct file *f)
{
	struct pipe_inode_info *p = inode->i_pipe;
	bool last;

	mutex_lock(&fifo_mutex);
	mutex_lock(&p->mutex);
	count_file(p, f, -1);
	last = !p->files;
	mutex_unlock(&p->mutex);
	if (last) {
		inode->i_pipe = NULL;
	} else {			/* under fifo_mutex: the other end may be closed right after */
		wake_up_all(&p->rd_wait);
		wake_up_all(&p->wr_wait);
	}
	mutex_unlock(&fifo_mutex);
	if (last)
		pipe_free(p);
}

/* The pipe behind a FIFO, counted for @f; made by the first open.  ERR_PTR. */
static struct pipe_inode_info *join_fifo(struct inode *inode, struct file *f)
{
	struct pipe_inode_info *p;

	mutex_lock(&fifo_mutex);
	p = inode->i_pipe;
	if (!p)
		p = alloc_pipe();
	if (p) {
		inode->i_pipe = p;
		mutex_lock(&p->mutex);
		count_file(p, f, 1);
		if (f->f_mode & FMODE_READ)
			p->r_counter++;
		if (f->f_mode & FMODE_WRITE)
			p->w_counter++;
		mutex_unlock(&p->mutex);
	}
	mutex_unlock(&fifo_mutex);
	return p ? p : ERR_PTR(-ENOMEM);
}

/* Wait for the other side to come: its counter moves on from @seen.  0 or -ERESTARTSYS. */
static int wait_for_partner(wait_queue_head_t *q, unsigned int *counter, unsigned int seen)
{
	return wait_event_interruptible(*q, READ_ONCE(*counter) != seen);
}

static int open_fifo_end(struct pipe_inode_info *p, struct file *f)
{
	/* counted before we look: who comes between the two is not missed */
	unsigned int seen_r = READ_ONCE(p->r_counter), seen_w = READ_ONCE(p->w_counter);

	switch (f->f_mode & (FMODE_READ | FMODE_WRITE)) {
	case FMODE_READ:
		wake_up_all(&p->wr_wait);
		if (READ_ONCE(p->writers))
			return 0;
		if (f->f_flags & O_NONBLOCK) {
			f->private_data = (void *)(unsigned long)seen_w;	/* no HUP yet */
			return 0;
		}
		return wait_for_partner(&p->rd_wait, &p->w_counter, seen_w);
	case FMODE_WRITE:
		if (!READ_ONCE(p->readers) && (f->f_flags & O_NONBLOCK))
			return -ENXIO;
		wake_up_all(&p->rd_wait);
		if (READ_ONCE(p->readers))
			return 0;
		return wait_for_partner(&p->wr_wait, &p->r_counter, seen_r);
	default:
		wake_up_all(&p->rd_wait);
		wake_up_all(&p->wr_wait);
		return 0;
	}
}

static int fifo_open(struct inode *inode, struct file *f)
{
	struct pipe_inode_info *p;
	int err;

	if (!(f->f_mode & (FMODE_READ | FMODE_WRITE)))	/* access mode 3 */
		return -EINVAL;
	f->private_data = (void *)-1UL;
	if (inode->i_sb == pipe_mount->sb) {		/* a pipe reopened through /proc/PID/fd */
		p = join_fifo(inode, f);
		return IS_ERR(p) ? PTR_ERR(p) : 0;
	}
	p = join_fifo(inode, f);
	if (IS_ERR(p))
		return PTR_ERR(p);
	err = open_fifo_end(p, f);
	if (err)
		pipe_release(inode, f);
	return err;
}

const struct file_operations pipefifo_fops = {
	.open = fifo_open,
	.release = pipe_release,
	.read = pipe_read,
	.write = pipe_write,
	.kwrite = pipe_kwrite,
	.llseek = no_llseek,
	.poll = pipe_poll,
	.ioctl = pipe_ioctl,
};

/* ---- pipe(2) ---- */

static char *pipe_dname(struct dentry *d, char *buf, int size)
{
	snprintf(buf, size, "pipe:[%lu]", (unsigned long)d->d_inode->i_ino);
	return buf;
}

static const struct dentry_operations pipe_dops = { .dname = pipe_dname, .uncached = true };

static struct inode *new_pipe_inode(void)
{
	struct inode *i = new_inode(pipe_mount->sb, S_IFIFO | 0600);

	if (!i)
		return NULL;
	i->i_pipe = alloc_pipe();
	if (!i->i_pipe) {
		iput(i);
		return NULL;
	}
	i->i_pipe->r_counter = i->i_pipe->w_counter = 1;
	return i;
}

static struct file *pipe_end(const struct path *path, unsigned int flags)
{
	struct file *f = alloc_file(path, flags, &pipefifo_fops);

	if (!IS_ERR(f)) {
		f->private_data = (void *)-1UL;
		count_file(f->f_inode->i_pipe, f, 1);
	}
	return f;
}

/* Both ends as open files; 0 or -errno. */
static int create_pipe_files(struct file *ends[2], int flags)
{
	struct inode *i = new_pipe_inode();
	struct path path = { .mnt = pipe_mount };
	int err = 0;

	if (!i)
		return -ENFILE;
	path.dentry = d_alloc_pseudo(pipe_mount->sb, &pipe_dops);
	if (!path.dentry) {
		pipe_free(i->i_pipe);
		iput(i);
		return -ENOMEM;
	}
	d_instantiate(path.dentry, i);
	ends[0] = pipe_end(&path, O_RDONLY | (flags & O_NONBLOCK));
	if (IS_ERR(ends[0])) {
		pipe_free(i->i_pipe);
		err = PTR_ERR(ends[0]);
		goto out;
	}
	ends[1] = pipe_end(&path, O_WRONLY | (flags & O_NONBLOCK));
	if (IS_ERR(ends[1])) {
		fput(ends[0]);
		err = PTR_ERR(ends[1]);
	}
out:
	dput(path.dentry);
	return err;
}

int do_pipe(int fds[2], int flags)
{
	struct file *ends[2] = { NULL, NULL };
	int err;

	if (flags & ~(O_CLOEXEC | O_NONBLOCK))
		return -EINVAL;
	err = create_pipe_files(ends, flags);
	if (err)
		return err;
	fds[0] = err = get_unused_fd(0, flags);
	if (err < 0)
		goto out_files;
	fds[1] = err = get_unused_fd(0, flags);
	if (err < 0)
		goto out_fd;
	fd_install(fds[0], ends[0]);
	fd_install(fds[1], ends[1]);
	return 0;

out_fd:
	put_unused_fd(fds[0]);
out_files:
	fput(ends[0]);
	fput(ends[1]);
	return err;
}

long sys_pipe2(int __user *ufds, int flags)
{
	int fds[2];
	long err = do_pipe(fds, flags);

	if (err)
		return err;
	if (copy_to_user(ufds, fds, sizeof(fds))) {
		close_fd(fds[0]);
		close_fd(fds[1]);
		return -EFAULT;
	}
	return 0;
}

long sys_pipe(int __user *fds)
{
	return sys_pipe2(fds, 0);
}

static struct file_system_type pipe_fs = { .name = "pipefs", .mount = pseudo_mount, .nodev = true };

void __init pipe_init(void)
{
	pipe_cachep = KMEM_CACHE(pipe_inode_info, SLAB_HWCACHE_ALIGN | SLAB_PANIC);
	pipe_mount = kern_mount(&pipe_fs);
	BUG_ON(IS_ERR(pipe_mount));
	pipe_mount->sb->s_magic = PIPEFS_MAGIC;
}
