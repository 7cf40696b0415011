/*
 * fs/devtmpfs.c - /dev: a tmpfs whose nodes the kernel makes itself
 *
 * Purpose:    every registered device is there as soon as devtmpfs is mounted.
 * Invariants: one super block for all mounts of it; it lives for ever.
 * Simplified: the links fd, stdin, stdout, stderr and the directory shm are made here too;
 *             on Linux an init script or udev does that.
 */
#include <fs.h>
#include <err.h>
#include <mm.h>
#include <string.h>
#include "internal.h"

static struct super_block *dev_sb;	/* NULL until devtmpfs_init() */

static struct super_block *devtmpfs_mount(struct file_system_type *t, unsigned long flags,
					  const char *source, const char *data)
{
	atomic_inc(&dev_sb->s_active);
	return dev_sb;
}

static struct file_system_type devtmpfs_type = {
	.name = "devtmpfs", .mount = devtmpfs_mount, .nodev = true,
};

/* Make @name in the root of devtmpfs by @make; 0 or -errno. */
static int make_node(const char *name, int (*make)(struct inode *dir, struct dentry *d, void *arg),
		     void *arg)
{
	struct inode *dir = dev_sb->s_root->d_inode;
	size_t len = strlen(name);
	struct dentry *d;
	int err = -EEXIST;

	inode_lock(dir);
	d = d_lookup(dev_sb->s_root, name, len);
	if (!d) {
		err = -ENOMEM;
		d = d_alloc(dev_sb->s_root, name, len);
		if (d)
			err = make(dir, d, arg);
		if (!err)
			d_rehash(d);
	}
	inode_unlock(dir);
	dput(d);
	return err;
}

struct node_args {
	umode_t mode;
	dev_t dev;
};

static int make_device(struct inode *dir, struct dentry *d, void *arg)
{
	struct node_args *a = arg;

	return S_ISDIR(a->mode) ? dir->i_op->mkdir(dir, d, a->mode) :
				  dir->i_op->mknod(dir, d, a->mode, a->dev);
}

static int make_link(struct inode *dir, struct dentry *d, void *target)
{
	return dir->i_op->symlink(dir, d, target);
}

/* Before devtmpfs_init() nothing happens: that call makes the nodes of all that is registered. */
int devtmpfs_create(const char *name, umode_t mode, dev_t dev)
{
	struct node_args a = { .mode = mode, .dev = dev };

	return dev_sb ? make_node(name, make_device, &a) : 0;
}

void devtmpfs_remove(const char *name)
{
	struct inode *dir = dev_sb->s_root->d_inode;
	struct dentry *d;

	inode_lock(dir);
	d = d_lookup(dev_sb->s_root, name, strlen(name));
	if (d && d->d_inode && !is_mountpoint(d)) {
		inode_lock_victim(d->d_inode);
		dir->i_op->unlink(dir, d);
		inode_unlock(d->d_inode);
	}
	inode_unlock(dir);
	dput(d);
}

void __init devtmpfs_init(void)
{
	static const char *const links[][2] = {
		{ "fd", "/proc/self/fd" }, { "stdin", "/proc/self/fd/0" },
		{ "stdout", "/proc/self/fd/1" }, { "stderr", "/proc/self/fd/2" },
	};
	struct super_block *sb = tmpfs_mount_sb(&devtmpfs_type, "mode=0755");

	if (IS_ERR(sb))
		panic("no memory for devtmpfs");
	dev_sb = sb;
	register_filesystem(&devtmpfs_type);
	chrdev_make_nodes();
	for (unsigned int i = 0; i < ARRAY_SIZE(links); i++)
		make_node(links[i][0], make_link, (void *)links[i][1]);
	devtmpfs_create("shm", S_IFDIR | 01777, 0);
}
