/*
 * fs/do_mounts.c - another root than the initial archive: root=/dev/vda
 *
 * Purpose:    when no /init (rdinit=) is in the archive, mount what root= names and start init there, as Linux does.
 * Interface:  root=/dev/NAME, NAME or MAJOR:MINOR; rootfstype=TYPE[,TYPE...]; rootflags=OPTIONS; ro (the default), rw.
 * Simplified: disks are found before this, so there is nothing to wait for (rootwait, rootdelay); no PARTUUID, no nfs.
 * Sources:    Linux Documentation, kernel-parameters, "root=", "rootfstype=", "rootflags=", "ro", "rw".
 */
#include <blkdev.h>
#include <boot_info.h>
#include <fs.h>
#include <mm.h>
#include <printk.h>
#include <sched.h>
#include <string.h>
#include "internal.h"

#define NODE	"/dev/root"
#define PLACE	"/root"

/* Mount the device as @type (NULL: try all that live on one).  0 or the last -errno. */
static int try_types(char *types, unsigned long flags, const char *data)
{
	char *next;
	int err = -ENODEV;

	for (; types; types = next) {
		next = strchr(types, ',');
		if (next)
			*next++ = 0;
		err = do_mount(NODE, PLACE, types, flags, data);
		if (err == -EACCES && !(flags & MS_RDONLY))
			err = do_mount(NODE, PLACE, types, flags | MS_RDONLY, data);
		if (!err)
			return 0;
	}
	return err;
}

/* What is mounted at PLACE becomes the root of process 1, and with it of all programs. */
static int enter_root(void)
{
	struct path root;
	int err = kern_path(AT_FDCWD, PLACE, LOOKUP_FOLLOW | LOOKUP_DIRECTORY, &root);

	if (err)
		return err;
	path_get(&root);
	set_fs_path(&current->fs->pwd, &root);
	set_fs_path(&current->fs->root, &root);
	err = do_mount("devtmpfs", "/dev", "devtmpfs", MS_SILENT, NULL);
	if (err)
		pr_info("devtmpfs: not mounted on the root file system: error %d\n", err);
	return 0;
}

bool mount_root_device(void)
{
	char name[64], types[64] = "ext2", data[128];
	unsigned long flags = cmdline_has("rw") ? 0 : MS_RDONLY;
	bool has_data = cmdline_get("rootflags", data, sizeof(data));
	dev_t dev;
	int err;

	if (!cmdline_get("root", name, sizeof(name)))
		return false;
	cmdline_has("ro");
	cmdline_get("rootfstype", types, sizeof(types));
	dev = name_to_dev(name);
	if (!dev)
		panic("VFS: unable to mount root fs: there is no device \"%s\"; see root=", name);
	do_mkdirat(AT_FDCWD, PLACE, 0700);
	do_unlinkat(AT_FDCWD, NODE);
	err = do_mknodat(AT_FDCWD, NODE, S_IFBLK | 0600, dev);
	if (!err)
		err = try_types(types, flags, has_data ? data : NULL);
	if (!err)
		err = enter_root();
	if (err)
		panic("VFS: unable to mount root fs on %s (%u:%u): error %d", name, MAJOR(dev), MINOR(dev), err);
	pr_info("VFS: mounted root on device %u:%u\n", MAJOR(dev), MINOR(dev));
	return true;
}
