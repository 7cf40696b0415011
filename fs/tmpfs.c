/*
 * fs/tmpfs.c - files that live in memory: the root, /tmp, /dev
 *
 * Purpose:    names are pinned dentries, data are pages of the page cache that have no other home;
 *             mm/shmem.c makes the pages.
 * Invariants: a linked name holds one extra reference on its dentry; i_nlink counts such names
 *             (and "." and ".." for directories); i_size of a directory is 20 bytes an entry.
 * Lock order: the VFS holds the i_rwsem of the directories, and of an existing victim.
 * Sources:    tmpfs(5).
 */
#include <fs.h>
#include <mm.h>
#include <pagemap.h>
#include <sched.h>
#include <seq_file.h>
#include <slab.h>
#include <string.h>
#include "internal.h"

#define DIRENT_SIZE 20		/* what each name adds to the size of a directory, as on Linux */

static const struct inode_operations tmpfs_dir_iops, tmpfs_file_iops, tmpfs_link_iops,
	tmpfs_special_iops;
static const struct file_operations tmpfs_file_fops;

static struct tmpfs_sb_info *sb_info(const struct super_block *sb)
{
	return sb->s_fs_info;
}

/* ---- inodes ---- */

static bool charge_inode(struct tmpfs_sb_info *info)
{
	if (atomic_long_add_return(1, &info->used_inodes) <= info->max_inodes ||
	    !info->max_inodes)
		return true;
	atomic_long_dec(&info->used_inodes);
	return false;
}

static void set_operations(struct inode *i)
{
	switch (i->i_mode & S_IFMT) {
	case S_IFREG:
		i->i_op = &tmpfs_file_iops;
		i->i_fop = &tmpfs_file_fops;
		i->i_data.a_ops = &shmem_aops;
		set_bit(AS_SHMEM, &i->i_data.flags);
		break;
	case S_IFDIR:
		i->i_op = &tmpfs_dir_iops;
		i->i_fop = &dcache_dir_fops;
		i->i_nlink = 2;
		i->i_size = 2 * DIRENT_SIZE;
		break;
	case S_IFLNK:
		i->i_op = &tmpfs_link_iops;
		break;
	default:
		i->i_op = &tmpfs_special_iops;
	}
}

/* A new inode of @sb, for a name in @dir (NULL: none).  ERR_PTR(-ENOSPC). */
static struct inode *tmpfs_inode(struct super_block *sb, const struct inode *dir, umode_t mode,
				 dev_t dev)
{
	struct inode *i;

	if (!charge_inode(sb_info(sb)))
		return ERR_PTR(-ENOSPC);
	i = new_inode(sb, mode);
	if (!i) {
		atomic_long_dec(&sb_info(sb)->used_inodes);
		return ERR_PTR(-ENOSPC);
	}
	i->i_rdev = dev;
	if (dir && (dir->i_mode & S_ISGID)) {	/* the group is inherited */
		i->i_gid = dir->i_gid;
		if (S_ISDIR(mode))
			i->i_mode |= S_ISGID;
	}
	set_operations(i);
	return i;
}

static void tmpfs_evict(struct inode *i)
{
	if (S_ISLNK(i->i_mode))
		kfree(i->i_private);
	shmem_evict(i);
	atomic_long_dec(&sb_info(i->i_sb)->used_inodes);
}

/* ---- names ---- */

static void touch_dir(struct inode *dir, long entries)
{
	dir->i_size += entries * DIRENT_SIZE;
	dir->i_mtime = dir->i_ctime = current_time_ns();
}

/* @dentry becomes the name of @i and is pinned. */
static void add_name(struct inode *dir, struct dentry *dentry, struct inode *i)
{
	d_instantiate(dentry, i);
	dget(dentry);
	touch_dir(dir, 1);
}

static int tmpfs_mknod(struct inode *dir, struct dentry *dentry, umode_t mode, dev_t dev)
{
	struct inode *i = tmpfs_inode(dir->i_sb, dir, mode, dev);

	if (IS_ERR(i))
		return PTR_ERR(i);
	add_name(dir, dentry, i);
	return 0;
}

static int tmpfs_create(struct inode *dir, struct dentry *dentry, umode_t mode)
{
	return tmpfs_mknod(dir, dentry, mode, 0);
}

static int tmpfs_mkdir(struct inode *dir, struct dentry *dentry, umode_t mode)
{
	int err = tmpfs_mknod(dir, dentry, mode, 0);

	if (!err)
		dir->i_nlink++;
	return err;
}

static int tmpfs_tmpfile(struct inode *dir, struct dentry *dentry, umode_t mode)
{
	struct inode *i = tmpfs_inode(dir->i_sb, dir, mode, 0);

	if (IS_ERR(i))
		return PTR_ERR(i);
	i->i_nlink = 0;
	d_instantiate(dentry, i);
	return 0;
}

static int tmpfs_symlink(struct inode *dir, struct dentry *dentry, const char *target)
{
	struct inode *i = tmpfs_inode(dir->i_sb, dir, S_IFLNK | 0777, 0);

	if (IS_ERR(i))
		return PTR_ERR(i);
	i->i_size = strlen(target);
	i->i_private = kstrdup(target, GFP_KERNEL);
	if (!i->i_private) {
		iput(i);
		return -ENOMEM;
	}
	add_name(dir, dentry, i);
	return 0;
}

static ssize_t tmpfs_readlink(struct inode *i, char *buf, size_t size)
{
	size_t n = min((size_t)i->i_size, size);

	memcpy(buf, i->i_private, n);
	return n;
}

static int tmpfs_link(struct dentry *old, struct inode *dir, struct dentry *dentry)
{
	struct inode *i = old->d_inode;

	ihold(i);
	i->i_nlink++;
	i->i_ctime = current_time_ns();
	add_name(dir, dentry, i);
	return 0;
}

static int tmpfs_unlink(struct inode *dir, struct dentry *dentry)
{
	struct inode *i = dentry->d_inode;

	i->i_nlink--;
	touch_dir(dir, -1);
	i->i_ctime = dir->i_ctime;
	d_drop(dentry);
	dput(dentry);		/* the pin; the caller holds another reference */
	return 0;
}

static int tmpfs_rmdir(struct inode *dir, struct dentry *dentry)
{
	if (!dcache_empty(dentry))
		return -ENOTEMPTY;
	dentry->d_inode->i_nlink = 1;
	dir->i_nlink--;
	return tmpfs_unlink(dir, dentry);
}

static int tmpfs_exchange(struct inode *odir, struct dentry *old, struct inode *ndir,
			  struct dentry *new)
{
	bool old_dir = S_ISDIR(old->d_inode->i_mode), new_dir = S_ISDIR(new->d_inode->i_mode);

	if (odir != ndir && old_dir != new_dir) {
		struct inode *gains = old_dir ? ndir : odir, *loses = old_dir ? odir : ndir;

		gains->i_nlink++;
		loses->i_nlink--;
	}
	touch_dir(odir, 0);
	touch_dir(ndir, 0);
	old->d_inode->i_ctime = new->d_inode->i_ctime = ndir->i_ctime;
	d_exchange(old, new);
	return 0;
}

static int tmpfs_rename(struct inode *odir, struct dentry *old, struct inode *ndir,
			struct dentry *new, unsigned int flags)
{
	bool is_dir = S_ISDIR(old->d_inode->i_mode);

	if (flags & RENAME_EXCHANGE)
		return tmpfs_exchange(odir, old, ndir, new);
	if (new->d_inode) {
		int err = is_dir ? tmpfs_rmdir(ndir, new) : tmpfs_unlink(ndir, new);

		if (err)
			return err;
	}
	if (is_dir) {
		odir->i_nlink--;
		ndir->i_nlink++;
	}
	touch_dir(odir, -1);
	touch_dir(ndir, 1);
	old->d_inode->i_ctime = ndir->i_ctime;
	d_move(old, new);
	return 0;
}

/* ---- the file system ---- */

static int tmpfs_statfs(struct super_block *sb, struct statfs *s)
{
	struct tmpfs_sb_info *info = sb_info(sb);
	long free;

	if (info->max_pages) {
		free = info->max_pages - atomic_long_read(&info->used_pages);
		s->f_blocks = info->max_pages;
		s->f_bfree = s->f_bavail = max(free, 0L);
	}
	if (info->max_inodes) {
		s->f_files = info->max_inodes;
		s->f_ffree = info->max_inodes - atomic_long_read(&info->used_inodes);
	}
	return 0;
}

static long default_pages(void)
{
	return totalram_pages() / 2;
}

static void tmpfs_show_options(struct seq_file *m, struct super_block *sb)
{
	struct tmpfs_sb_info *info = sb_info(sb);

	if (info->max_pages != default_pages())
		seq_printf(m, ",size=%luk", info->max_pages << (PAGE_SHIFT - 10));
	if (info->max_inodes != default_pages())
		seq_printf(m, ",nr_inodes=%lu", info->max_inodes);
	if (info->mode != 01777)
		seq_printf(m, ",mode=%03o", info->mode);
	if (info->uid)
		seq_printf(m, ",uid=%u", info->uid);
	if (info->gid)
		seq_printf(m, ",gid=%u", info->gid);
	seq_puts(m, ",inode64");
}

/* A number with k, m, g or % (of all memory); the end must be the end of the word.  -1: wrong. */
static long parse_size(const char *s)
{
	unsigned long n = 0;
	int base = 10;

	if (*s < '0' || *s > '9')
		return -1;
	for (; *s >= '0' && *s <= '9'; s++) {
		if (n > (1UL << 58) / base)
			return -1;
		n = n * base + *s - '0';
	}
	switch (*s) {
	case 'g':
	case 'G':
		n <<= 10;
		/* fall through */
	case 'm':
	case 'M':
		n <<= 10;
		/* fall through */
	case 'k':
	case 'K':
		n <<= 10;
		s++;
		break;
	case '%':
		n = totalram_pages() * n / 100 * PAGE_SIZE;
		s++;
		break;
	}
	return *s ? -1 : (long)n;
}

static long parse_number(const char *s, unsigned int base)
{
	long n = 0;

	if (!*s)
		return -1;
	for (; *s; s++) {
		if (*s < '0' || *s >= (char)('0' + base) || n > 1L << 32)
			return -1;
		n = n * base + *s - '0';
	}
	return n;
}

/* One "name=value"; 0 or -EINVAL. */
static int parse_option(void *arg, char *word)
{
	struct tmpfs_sb_info *info = arg;
	char *eq = strchr(word, '=');
	long n;

	if (!eq)
		return !strcmp(word, "inode64") || !strcmp(word, "inode32") ? 0 : -EINVAL;
	*eq++ = 0;
	if (!strcmp(word, "size") || !strcmp(word, "nr_blocks") || !strcmp(word, "nr_inodes")) {
		n = parse_size(eq);
		if (n < 0)
			return -EINVAL;
		if (!strcmp(word, "size"))
			info->max_pages = DIV_ROUND_UP(n, (long)PAGE_SIZE);
		else if (!strcmp(word, "nr_blocks"))
			info->max_pages = n;
		else
			info->max_inodes = n;
		return 0;
	}
	n = parse_number(eq, strcmp(word, "mode") ? 10 : 8);
	if (n < 0)
		return -EINVAL;
	if (!strcmp(word, "mode"))
		info->mode = n & 07777;
	else if (!strcmp(word, "uid"))
		info->uid = n;
	else if (!strcmp(word, "gid"))
		info->gid = n;
	else
		return -EINVAL;
	return 0;
}

static int parse_options(struct tmpfs_sb_info *info, const char *data)
{
	return for_each_option(data, parse_option, info);
}

static int tmpfs_remount(struct super_block *sb, unsigned long *flags, const char *data)
{
	struct tmpfs_sb_info *info = sb_info(sb), new = *info;
	int err = parse_options(&new, data);

	if (err)
		return err;
	if ((new.max_pages && new.max_pages < atomic_long_read(&info->used_pages)) ||
	    (new.max_inodes && new.max_inodes < atomic_long_read(&info->used_inodes)))
		return -EINVAL;
	info->max_pages = new.max_pages;
	info->max_inodes = new.max_inodes;
	return 0;
}

const struct super_operations tmpfs_super_ops = {
	.evict_inode = tmpfs_evict,
	.statfs = tmpfs_statfs,
	.show_options = tmpfs_show_options,
	.remount = tmpfs_remount,
};

/* A new tmpfs with the options of @data; ERR_PTR. */
struct super_block *tmpfs_mount_sb(struct file_system_type *t, const char *data)
{
	struct super_block *sb = alloc_super(t);
	struct tmpfs_sb_info *info = kzalloc(sizeof(*info), GFP_KERNEL);
	struct inode *root = NULL;
	int err = -ENOMEM;

	if (!sb || !info)
		goto fail;
	info->max_pages = info->max_inodes = default_pages();
	info->mode = 01777;
	err = parse_options(info, data);
	if (err)
		goto fail;
	sb->s_fs_info = info;
	sb->s_op = &tmpfs_super_ops;
	sb->s_magic = TMPFS_MAGIC;
	root = tmpfs_inode(sb, NULL, S_IFDIR | info->mode, 0);
	err = -ENOMEM;
	if (IS_ERR(root))
		goto fail;
	root->i_uid = info->uid;
	root->i_gid = info->gid;
	sb->s_root = d_alloc_root(sb, root);
	if (sb->s_root)
		return sb;
	iput(root);
fail:
	kfree(info);
	kfree(sb);
	return ERR_PTR(err);
}

static struct super_block *tmpfs_mount(struct file_system_type *t, unsigned long flags,
				       const char *source, const char *data)
{
	return tmpfs_mount_sb(t, data);
}

static void tmpfs_kill_sb(struct super_block *sb)
{
	kill_litter_super(sb);
	kfree(sb->s_fs_info);
}

static const struct inode_operations tmpfs_dir_iops = {
	.lookup = simple_lookup,
	.create = tmpfs_create,
	.link = tmpfs_link,
	.unlink = tmpfs_unlink,
	.symlink = tmpfs_symlink,
	.mkdir = tmpfs_mkdir,
	.rmdir = tmpfs_rmdir,
	.mknod = tmpfs_mknod,
	.tmpfile = tmpfs_tmpfile,
	.rename = tmpfs_rename,
};
static const struct inode_operations tmpfs_file_iops = {
	.truncate = shmem_truncate,
};
static const struct inode_operations tmpfs_link_iops = { .readlink = tmpfs_readlink };
static const struct inode_operations tmpfs_special_iops;

static const struct file_operations tmpfs_file_fops = {
	.read = generic_file_read,
	.write = generic_file_write,
	.llseek = shmem_file_llseek,
	.mmap = generic_file_mmap,
	.fsync = noop_fsync,
	.fallocate = shmem_fallocate,
};

/* The first mount; no program can mount another one, so it is not registered. */
static struct file_system_type rootfs_type = {
	.name = "rootfs", .mount = tmpfs_mount, .kill_sb = tmpfs_kill_sb, .nodev = true,
};
static struct file_system_type tmpfs_type = {
	.name = "tmpfs", .mount = tmpfs_mount, .kill_sb = tmpfs_kill_sb, .nodev = true,
};

struct file_system_type * __init rootfs_init(void)
{
	return &rootfs_type;
}

void __init tmpfs_init(void)
{
	register_filesystem(&tmpfs_type);
}
