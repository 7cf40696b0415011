/*
 * fs/libfs.c - operations for file systems that need nothing special
 */
#include <fs.h>
#include <err.h>
#include "internal.h"

loff_t no_llseek(struct file *f, loff_t off, int whence)
{
	return -ESPIPE;
}

/* For devices whose position means nothing: any seek is fine and changes nothing. */
loff_t noop_llseek(struct file *f, loff_t off, int whence)
{
	return f->f_pos;
}

/* Data and holes are told apart by files that know them; here all up to i_size is data. */
static loff_t seek_data_hole(struct inode *i, loff_t off, int whence)
{
	if (off < 0 || off >= i->i_size)
		return -ENXIO;
	return whence == SEEK_DATA ? off : i->i_size;
}

loff_t generic_file_llseek(struct file *f, loff_t off, int whence)
{
	struct inode *i = f->f_inode;

	switch (whence) {
	case SEEK_SET:
		break;
	case SEEK_CUR:
		off += f->f_pos;
		break;
	case SEEK_END:
		off += i->i_size;
		break;
	case SEEK_DATA:
	case SEEK_HOLE:
		off = seek_data_hole(i, off, whence);
		if (off < 0)
			return off;
		break;
	default:
		return -EINVAL;
	}
	if (off < 0)
		return -EINVAL;
	f->f_pos = off;
	return off;
}

ssize_t generic_read_dir(struct file *f, char __user *buf, size_t len, loff_t *pos)
{
	return -EISDIR;
}

const struct file_operations dcache_dir_fops = {
	.read = generic_read_dir,
	.llseek = dcache_llseek,
	.iterate = dcache_iterate,
	.fsync = noop_fsync,
};

/* A name that is not in the dcache does not exist: the dentry stays negative. */
int simple_lookup(struct inode *dir, struct dentry *dentry)
{
	return 0;
}
