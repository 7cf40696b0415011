/*
 * fs/seq_file.c - text files made on reading
 *
 * Purpose:    a /proc file is one function that prints; this turns it into something that can be
 *             read in pieces.
 * Invariants: the text is made as a whole at the first read from position 0, so that its lines
 *             belong together; later reads give parts of the same text.
 * Simplified: Linux makes such files piece by piece; here the buffer grows until all fits.
 */
#include <seq_file.h>
#include <asm/uaccess.h>
#include <fs.h>
#include <mm.h>
#include <slab.h>
#include <string.h>
#include <vmalloc.h>
#include "internal.h"

#define SEQ_MAX (16UL << 20)		/* no text of the kernel is longer */

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

int single_open(struct file *file, int (*show)(struct seq_file *), void *private)
{
	struct seq_file *m = kzalloc(sizeof(*m), GFP_KERNEL);

	if (!m)
		return -ENOMEM;
	mutex_init(&m->lock);
	m->show = show;
	m->private = private;
	file->private_data = m;
	return 0;
}

void single_release(struct inode *inode, struct file *file)
{
	struct seq_file *m = file->private_data;

	buffer_free(m->buf);
	kfree(m);
}

/* Make the text, in a buffer doubled until it fits.  0 or -errno. */
static int seq_fill(struct seq_file *m)
{
	size_t size = m->size ? m->size : PAGE_SIZE;

	for (;; size *= 2) {
		int err;

		if (size > m->size) {
			buffer_free(m->buf);
			m->size = 0;
			m->buf = size > SEQ_MAX ? NULL : buffer_alloc(size);
			if (!m->buf)
				return -ENOMEM;
			m->size = size;
		}
		m->count = 0;
		m->overflow = false;
		err = m->show(m);
		if (err < 0) {
			m->count = 0;
			return err;
		}
		if (!m->overflow)
			return 0;
	}
}

ssize_t seq_read(struct file *file, char __user *buf, size_t len, loff_t *pos)
{
	struct seq_file *m = file->private_data;
	ssize_t err = 0;

	mutex_lock(&m->lock);
	if (*pos == 0 || !m->buf)
		err = seq_fill(m);
	if (!err && (size_t)*pos < m->count) {
		len = min(len, m->count - (size_t)*pos);
		if (copy_to_user(buf, m->buf + *pos, len)) {
			err = -EFAULT;
		} else {
			*pos += len;
			err = len;
		}
	}
	mutex_unlock(&m->lock);
	return err;
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
