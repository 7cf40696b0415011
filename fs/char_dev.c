/*
 * fs/char_dev.c - character devices: from a device number to its operations
 *
 * Invariants: an entry, once registered, stays; so the operations found need no reference.
 */
#include <fs.h>
#include <err.h>
#include <genhd.h>
#include <seq_file.h>
#include <slab.h>
#include <string.h>
#include "internal.h"

struct chrdev {
	struct list_head list;
	dev_t dev;
	umode_t mode;
	const char *name;		/* in devtmpfs; may be NULL */
	const struct file_operations *fops;
};

static DEFINE_SPINLOCK(chrdev_lock);
static LIST_HEAD(chrdevs);		/* chrdev_lock to add; never taken away */

static struct chrdev *find_chrdev(dev_t dev)
{
	struct chrdev *c;

	list_for_each_entry(c, &chrdevs, list)
		if (c->dev == dev)
			return c;
	return NULL;
}

const struct file_operations *chrdev_fops(dev_t dev)
{
	struct chrdev *c;

	spin_lock(&chrdev_lock);
	c = find_chrdev(dev);
	spin_unlock(&chrdev_lock);
	return c ? c->fops : NULL;
}

int register_chrdev(unsigned int major, unsigned int minor, const char *name, umode_t mode,
		    const struct file_operations *fop)
{
	struct chrdev *c = kzalloc(sizeof(*c), GFP_KERNEL);
	bool taken;

	if (!c)
		return -ENOMEM;
	c->dev = MKDEV(major, minor);
	c->mode = mode;
	c->fops = fop;
	if (name) {
		c->name = kstrdup(name, GFP_KERNEL);
		if (!c->name) {
			kfree(c);
			return -ENOMEM;
		}
	}
	spin_lock(&chrdev_lock);
	taken = find_chrdev(c->dev) != NULL;
	if (!taken)
		list_add_tail(&c->list, &chrdevs);
	spin_unlock(&chrdev_lock);
	if (taken) {
		kfree(c->name);
		kfree(c);
		return -EBUSY;
	}
	return name ? devtmpfs_create(name, S_IFCHR | (mode & 07777), c->dev) : 0;
}

/* Nodes for what was registered before devtmpfs was there. */
void chrdev_make_nodes(void)
{
	struct chrdev *c;

	list_for_each_entry(c, &chrdevs, list)
		if (c->name)
			devtmpfs_create(c->name, S_IFCHR | (c->mode & 07777), c->dev);
}

static bool major_used(unsigned int major)
{
	struct chrdev *c;
	bool used = false;

	spin_lock(&chrdev_lock);
	list_for_each_entry(c, &chrdevs, list)
		if (MAJOR(c->dev) == major)
			used = true;
	spin_unlock(&chrdev_lock);
	return used;
}

int devices_show(struct seq_file *m)
{
	static const struct { unsigned int major; const char *name; } names[] = {
		{ 1, "mem" }, { 4, "tty" }, { 4, "ttyS" }, { 5, "/dev/tty" }, { 5, "/dev/console" },
		{ 10, "misc" }, { 29, "fb" },
	};

	seq_puts(m, "Character devices:\n");
	for (unsigned int i = 0; i < ARRAY_SIZE(names); i++)
		if (major_used(names[i].major))
			seq_printf(m, "%3u %s\n", names[i].major, names[i].name);
	seq_puts(m, "\nBlock devices:\n");
	if (have_disks())
		seq_printf(m, "%3u virtblk\n", VIRTBLK_MAJOR);
	return 0;
}
