/*
 * fs/procfs/snapshot.c - /proc/quire/snapshot: the whole state as JSON lines (kernel/snapshot.c)
 *
 * Each open file has a snapshot of its own, taken when it is first read; reading on, seeking and
 * pread() show the same one.  What is written before chooses a part ("mm 3", "pages 100 200", "all");
 * written later, it lets go of the snapshot, and the next read takes another.
 *
 * Invariants: the snapshot lives as long as the file is open, and no longer.
 * Lock order: snap_file.lock > mmap_sem (copying to the reader).
 */
#include <asm/uaccess.h>
#include <slab.h>
#include <snapshot.h>

#include "internal.h"

struct snap_file {
	struct mutex lock;		/* the rest */
	struct snap_what what;
	struct snapshot *snap;		/* NULL: not taken yet */
};

static int snap_open(struct inode *inode, struct file *file)
{
	struct snap_file *f = kzalloc(sizeof(*f), GFP_KERNEL);

	if (!f)
		return -ENOMEM;
	mutex_init_class(&f->lock, "snapshot_file->lock");
	file->private_data = f;
	return 0;
}

static void snap_release(struct inode *inode, struct file *file)
{
	struct snap_file *f = file->private_data;

	snapshot_free(f->snap);
	kfree(f);
}

static ssize_t snap_write(struct file *file, const char __user *ubuf, size_t len, loff_t *pos)
{
	struct snap_file *f = file->private_data;
	struct snap_what what;
	char text[64];

	if (len > sizeof(text))
		return -EINVAL;
	if (copy_from_user(text, ubuf, len))
		return -EFAULT;
	if (snap_parse(text, len, &what))
		return -EINVAL;
	mutex_lock(&f->lock);
	snapshot_free(f->snap);
	f->snap = NULL;
	f->what = what;
	mutex_unlock(&f->lock);
	*pos = 0;
	return len;
}

/* Enter: f->lock held. */
static ssize_t give(struct snap_file *f, char __user *ubuf, size_t len, loff_t *pos)
{
	size_t left;

	if (!f->snap) {
		struct snapshot *s = snapshot_take(&f->what);

		if (IS_ERR(s))
			return PTR_ERR(s);
		f->snap = s;
	}
	if (*pos < 0 || (size_t)*pos >= f->snap->len)
		return 0;
	len = min(len, f->snap->len - (size_t)*pos);
	left = copy_to_user(ubuf, f->snap->buf + *pos, len);
	if (left == len && len)
		return -EFAULT;
	*pos += len - left;
	return len - left;
}

static ssize_t snap_read(struct file *file, char __user *ubuf, size_t len, loff_t *pos)
{
	struct snap_file *f = file->private_data;
	ssize_t n;

	mutex_lock(&f->lock);
	n = give(f, ubuf, len, pos);
	mutex_unlock(&f->lock);
	return n;
}

const struct file_operations proc_snapshot_fops = {
	.open = snap_open,
	.release = snap_release,
	.read = snap_read,
	.write = snap_write,
	.llseek = generic_file_llseek,
};
