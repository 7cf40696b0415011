/*
 * seq_file.h - text files made on reading: /proc
 */
#ifndef SEQ_FILE_H
#define SEQ_FILE_H

#include <mutex.h>
#include <types.h>

struct file;
struct inode;

struct seq_file;

/*
 * A file as a list of records, read in pieces: each read goes from ->start to ->stop.  *@pos is the
 * file's own name for a record, 0 at the beginning; ->start finds the record at *@pos or the next, ->next
 * moves *@pos behind the record @v.  Both return NULL at the end, or ERR_PTR.  ->stop is called
 * after every ->start.  ->show prints one record: 0 or -errno.
 */
struct seq_operations {
	void *(*start)(struct seq_file *m, loff_t *pos);
	void *(*next)(struct seq_file *m, void *v, loff_t *pos);
	void (*stop)(struct seq_file *m, void *v);
	int (*show)(struct seq_file *m, void *v);
};

/* The state of one open file. */
struct seq_file {
	char *buf;
	size_t size, count;		/* of the buffer, and how much of it is text */
	size_t from;			/* what lies before has been read */
	bool overflow;			/* a record did not fit: shown again in a larger buffer */
	loff_t index;			/* the record to go on with */
	loff_t read_pos;		/* the place in the file of buf[from] */
	struct mutex lock;		/* readers that share the file; guards all above */
	const struct seq_operations *op;
	int (*single_show)(struct seq_file *m);	/* single_open(): prints all */
	void *private;
};

int seq_printf(struct seq_file *m, const char *fmt, ...) __printf(2, 3);
void seq_puts(struct seq_file *m, const char *s);
void seq_putc(struct seq_file *m, char c);
void seq_write(struct seq_file *m, const void *data, size_t len);
/* Fill with blanks up to column @width since @start. */
void seq_pad(struct seq_file *m, size_t start, size_t width);
/* Open a file of records, or (single_open) of one that @show prints.  0 or -ENOMEM. */
int seq_open(struct file *file, const struct seq_operations *op, void *private);
void seq_release(struct inode *inode, struct file *file);
int single_open(struct file *file, int (*show)(struct seq_file *), void *private);
/* The file_operations that belong to them; single_open() has its own release. */
ssize_t seq_read(struct file *file, char __user *buf, size_t len, loff_t *pos);
loff_t seq_lseek(struct file *file, loff_t off, int whence);
void single_release(struct inode *inode, struct file *file);

/* A file directly in /proc (name may contain one '/'): show on read, @write may be NULL. */
int proc_create(const char *name, umode_t mode, int (*show)(struct seq_file *m),
		ssize_t (*write)(const char *buf, size_t len));

#endif
