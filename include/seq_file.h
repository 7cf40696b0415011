/*
 * seq_file.h - text files made on reading: /proc
 */
#ifndef SEQ_FILE_H
#define SEQ_FILE_H

#include <mutex.h>
#include <types.h>

struct file;
struct inode;

/* A growing buffer; the whole text is made at the first read (and again after lseek to 0). */
struct seq_file {
	char *buf;
	size_t size, count;
	bool overflow;			/* it did not fit: grown and shown again */
	struct mutex lock;		/* readers that share the file */
	int (*show)(struct seq_file *m);
	void *private;
};

int seq_printf(struct seq_file *m, const char *fmt, ...) __printf(2, 3);
void seq_puts(struct seq_file *m, const char *s);
void seq_putc(struct seq_file *m, char c);
void seq_write(struct seq_file *m, const void *data, size_t len);
/* Fill with blanks up to column @width since @start. */
void seq_pad(struct seq_file *m, size_t start, size_t width);
int single_open(struct file *file, int (*show)(struct seq_file *), void *private);
/* The file_operations that belong to single_open(). */
ssize_t seq_read(struct file *file, char __user *buf, size_t len, loff_t *pos);
loff_t seq_lseek(struct file *file, loff_t off, int whence);
void single_release(struct inode *inode, struct file *file);

/* A file directly in /proc (name may contain one '/'): show on read, @write may be NULL. */
int proc_create(const char *name, umode_t mode, int (*show)(struct seq_file *m),
		ssize_t (*write)(const char *buf, size_t len));

#endif
