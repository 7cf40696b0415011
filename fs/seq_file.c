/*
 * fs/seq_file.c - text files made on reading
 *
 * Purpose:    a /proc file is a list of records, and a function that prints one of them; this turns
 *             it into something that can be read in pieces of any size.
 * Invariants: the records are visited in order, as many at a time as fit the buffer, so that a
 *             file may be longer than memory; the text of one record is never torn: what a reader
 *             did not take of it stays in the buffer for the next read.
 *             Between two reads no lock of the records is held (->stop): `index` says where to
 *             go on, in the file's own terms (a number, an address).
 *             Who jumps (lseek, pread) gets the text made again from its beginning.
 * Lock order: m->lock > whatever ->start takes; user memory is touched after ->stop.
 * Sources:    the interface is Linux's (start, show, next, stop).
 */
#include <seq_file.h>
#include <asm/uaccess.h>
#include <fs.h>
#include <mm.h>
#include <slab.h>
#include <string.h>
#include <vmalloc.h>
#include "internal.h"

#define SEQ_MAX (16UL << 20)		/* no record of the kernel is longer */

static void *buffer_alloc(size_t size)
{
	return size <= 4 * PAGE_SIZE ? kmalloc(size, GFP_KERNEL) : vmalloc(size);
}

static void buffer_free(void *buf)
{
	if (is_vmalloc_addr(buf))
		vfree(buf);
	else
		kfree(buf);
}

int seq_printf(struct seq_file *m, const char *fmt, ...)
{
	size_t room = m->size - m->count;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(m->buf + m->count, room, fmt, ap);
	va_end(ap);
	if ((size_t)n >= room) {
		m->overflow = true;
		m->count = m->size;
	} else {
		m->count += n;
	}
	return n;
}

void seq_write(struct seq_file *m, const void *data, size_t len)
{
	if (len >= m->size - m->count) {
		m->overflow = true;
		m->count = m->size;
		return;
	}
	memcpy(m->buf + m->count, data, len);
	m->count += len;
}

void seq_puts(struct seq_file *m, const char *s)
{
	seq_write(m, s, strlen(s));
}

void seq_putc(struct seq_file *m, char c)
{
	seq_write(m, &c, 1);
}

void seq_pad(struct seq_file *m, size_t start, size_t width)
{
	while (!m->overflow && m->count - start < width)
		seq_putc(m, ' ');
}

/* ---- open and release ---- */

int seq_open(struct file *file, const struct seq_operations *op, void *private)
{
	struct seq_file *m = kzalloc(sizeof(*m), GFP_KERNEL);

	if (!m)
		return -ENOMEM;
	mutex_init_class(&m->lock, "seq_file->lock");
	m->op = op;
	m->private = private;
	file->private_data = m;
	return 0;
}

void seq_release(struct inode *inode, struct file *file)
{
	struct seq_file *m = file->private_data;

	buffer_free(m->buf);
	kfree(m);
}

/* A file of one record. */
static void *single_start(struct seq_file *m, loff_t *pos)
{
	return *pos ? NULL : m;
}

static void *single_next(struct seq_file *m, void *v, loff_t *pos)
{
	++*pos;
	return NULL;
}

static void single_stop(struct seq_file *m, void *v)
{
}

static int single_show(struct seq_file *m, void *v)
{
	return m->single_show(m);
}

static const struct seq_operations single_ops = {
	.start = single_start, .next = single_next, .stop = single_stop, .show = single_show,
};

int single_open(struct file *file, int (*show)(struct seq_file *), void *private)
{
	int err = seq_open(file, &single_ops, private);

	if (!err)
		((struct seq_file *)file->private_data)->single_show = show;
	return err;
}

void single_release(struct inode *inode, struct file *file)
{
	seq_release(inode, file);
}

/* ---- read ---- */

/* A buffer twice as large (a page at first), empty.  0 or -ENOMEM. */
static int seq_grow(struct seq_file *m)
{
	size_t size = m->size ? m->size * 2 : PAGE_SIZE;

	buffer_free(m->buf);
	m->size = 0;
	m->buf = size > SEQ_MAX ? NULL : buffer_alloc(size);
	if (!m->buf)
		return -ENOMEM;
	m->size = size;
	return 0;
}

/*
 * Print the records from *@v on, until @want bytes are there, the buffer is full or the records end.
 * 0; -ENOSPC: the buffer is too small for the first; or the error of the first.
 */
static int seq_collect(struct seq_file *m, void **v, size_t want)
{
	while (*v && !IS_ERR(*v) && m->count < want) {
		size_t before = m->count;
		int err = m->op->show(m, *v);

		if (err < 0 || m->overflow) {
			m->count = before;
			if (before)
				return 0;	/* it is the first of the next round */
			return err < 0 ? err : -ENOSPC;
		}
		*v = m->op->next(m, *v, &m->index);
	}
	return IS_ERR(*v) && !m->count ? PTR_ERR(*v) : 0;
}

/* Fill the empty buffer with @want bytes or more, if there are and if they fit.  0 or -errno. */
static int seq_fill(struct seq_file *m, size_t want)
{
	int err = m->buf ? 0 : seq_grow(m);

	while (!err) {
		void *v = m->op->start(m, &m->index);

		m->from = m->count = 0;
		m->overflow = false;
		err = seq_collect(m, &v, want);
		m->op->stop(m, v);
		if (err != -ENOSPC)
			break;
		err = seq_grow(m);
	}
	return err;
}

/* Take @n bytes from the front of the buffer. */
static void seq_consume(struct seq_file *m, size_t n)
{
	m->from += n;
	if (m->from == m->count)
		m->from = m->count = 0;
}

/* Somebody has jumped to @pos: make the text up to there again.  0 or -errno. */
static int seq_traverse(struct seq_file *m, loff_t pos)
{
	loff_t at = 0;
	int err;

	m->index = 0;
	m->from = m->count = 0;
	while (at < pos) {
		size_t n;

		err = seq_fill(m, pos - at);
		if (err)
			return err;
		if (!m->count)
			break;			/* behind the end */
		n = min(m->count, (size_t)(pos - at));
		seq_consume(m, n);
		at += n;
	}
	m->read_pos = pos;
	return 0;
}

/* What is in the buffer, at most @len bytes, to the reader.  Bytes, 0 if none could be copied. */
static size_t seq_give(struct seq_file *m, char __user *buf, size_t len)
{
	size_t n = min(len, m->count - m->from);

	n -= copy_to_user(buf, m->buf + m->from, n);
	seq_consume(m, n);
	m->read_pos += n;
	return n;
}

ssize_t seq_read(struct file *file, char __user *buf, size_t len, loff_t *pos)
{
	struct seq_file *m = file->private_data;
	size_t done = 0;
	int err = 0;

	if (!len)
		return 0;
	mutex_lock(&m->lock);
	if (*pos == 0 || *pos != m->read_pos)
		err = seq_traverse(m, *pos);
	if (err) {
		m->read_pos = 0;
		goto out;
	}
	if (m->count)
		done = seq_give(m, buf, len);		/* the rest of what was there */
	if (!m->count) {				/* as Linux: also when nobody has asked for more */
		err = seq_fill(m, max(len - done, 1UL));
		if (!err)
			done += seq_give(m, buf + done, len - done);
	}
	if (!done && m->count)
		err = -EFAULT;
	*pos += done;
out:
	mutex_unlock(&m->lock);
	return done ? (ssize_t)done : err;
}

loff_t seq_lseek(struct file *file, loff_t off, int whence)
{
	if (whence == SEEK_CUR)
		off += file->f_pos;
	else if (whence != SEEK_SET)
		return -EINVAL;
	if (off < 0)
		return -EINVAL;
	file->f_pos = off;
	return off;
}
