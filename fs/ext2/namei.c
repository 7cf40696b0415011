/*
 * fs/ext2/namei.c - names: made, linked, moved, taken away
 *
 * Purpose:    what the VFS asks of a directory, as changes of records and link counts.
 * Invariants: an inode is complete on the way to the disk before a name leads to it; i_nlink counts names, and for a
 *             directory its "." and the ".." of those in it.  A count that the disk has wrong never
 *             goes below what is counted here.
 * Lock order: the VFS holds the i_rwsem of the directories, and of an existing victim.
 * Sources:    rename(2), unlink(2), link(2); POSIX.1-2017.
 */
#include <mm.h>
#include <string.h>
#include "ext2.h"

static void set_nlink(struct inode *inode, unsigned int n)
{
	inode->i_nlink = n;
	inode->i_ctime = current_time_ns();
	mark_inode_dirty(inode);
}

static void drop_nlink(struct inode *inode)
{
	if (!inode->i_nlink)
		ext2_error(inode->i_sb, "inode %lu has more names than links", (unsigned long)inode->i_ino);
	else
		set_nlink(inode, inode->i_nlink - 1);
}

/* ---- looking up ---- */

static int ext2_lookup(struct inode *dir, struct dentry *dentry)
{
	struct ext2_entry e;
	struct inode *inode;
	u32 ino;
	int err;

	if (dentry->d_len > EXT2_NAME_LEN)
		return -ENAMETOOLONG;
	err = ext2_find_entry(dir, dentry->d_name, dentry->d_len, &e);
	if (err)
		return err == -ENOENT ? 0 : err;
	ino = e.de->inode;
	ext2_brelse(&e.buf);
	inode = ext2_iget(dir->i_sb, ino);
	if (PTR_ERR(inode) == -ESTALE)
		return ext2_error(dir->i_sb, "directory %lu: a name of inode %u, which is free", (unsigned long)dir->i_ino, ino);
	if (IS_ERR(inode))
		return PTR_ERR(inode);
	if (!S_ISDIR(inode->i_mode)) {
		d_instantiate(dentry, inode);
		return 0;
	}
	err = d_instantiate_dir(dentry, inode);
	if (err) {
		ext2_error(dir->i_sb, "directory %u has several names", ino);
		iput(inode);
	}
	return err;
}

/* ---- making ---- */

/* Give up a new inode that got no name. */
static void discard(struct inode *inode)
{
	inode->i_nlink = 0;
	iput(inode);
}

/* A new inode gets its name. */
static int add_nondir(struct inode *dir, struct dentry *dentry, struct inode *inode)
{
	int err = ext2_add_link(dir, dentry->d_name, dentry->d_len, inode);

	if (err)
		discard(inode);
	else
		d_instantiate(dentry, inode);
	return err;
}

static int ext2_create(struct inode *dir, struct dentry *dentry, umode_t mode)
{
	struct inode *inode = ext2_new_inode(dir, mode);

	return IS_ERR(inode) ? PTR_ERR(inode) : add_nondir(dir, dentry, inode);
}

static int ext2_tmpfile(struct inode *dir, struct dentry *dentry, umode_t mode)
{
	struct inode *inode = ext2_new_inode(dir, mode);

	if (IS_ERR(inode))
		return PTR_ERR(inode);
	set_nlink(inode, 0);
	d_instantiate(dentry, inode);
	return 0;
}

static int ext2_mknod(struct inode *dir, struct dentry *dentry, umode_t mode, dev_t dev)
{
	struct inode *inode = ext2_new_inode(dir, mode);

	if (IS_ERR(inode))
		return PTR_ERR(inode);
	inode->i_rdev = dev;
	return add_nondir(dir, dentry, inode);
}

static int ext2_symlink(struct inode *dir, struct dentry *dentry, const char *target)
{
	struct inode *inode;
	int err;

	if (strlen(target) >= dir->i_sb->s_blocksize)
		return -ENAMETOOLONG;
	inode = ext2_new_inode(dir, S_IFLNK | 0777);
	if (IS_ERR(inode))
		return PTR_ERR(inode);
	err = ext2_set_symlink(inode, target, strlen(target));
	if (err) {
		discard(inode);
		return err;
	}
	return add_nondir(dir, dentry, inode);
}

static int ext2_link(struct dentry *old, struct inode *dir, struct dentry *dentry)
{
	struct inode *inode = old->d_inode;
	int err;

	if (inode->i_nlink >= EXT2_LINK_MAX)
		return -EMLINK;
	err = ext2_add_link(dir, dentry->d_name, dentry->d_len, inode);
	if (err)
		return err;
	set_nlink(inode, inode->i_nlink + 1);
	ihold(inode);
	d_instantiate(dentry, inode);
	return 0;
}

static int ext2_mkdir(struct inode *dir, struct dentry *dentry, umode_t mode)
{
	struct inode *inode;
	int err;

	if (dir->i_nlink >= EXT2_LINK_MAX)
		return -EMLINK;
	inode = ext2_new_inode(dir, mode);
	if (IS_ERR(inode))
		return PTR_ERR(inode);
	inode->i_nlink = 2;
	err = ext2_make_empty(inode, dir);
	if (!err)
		err = ext2_add_link(dir, dentry->d_name, dentry->d_len, inode);
	if (err) {
		discard(inode);
		return err;
	}
	set_nlink(dir, dir->i_nlink + 1);
	d_instantiate_dir(dentry, inode);
	return 0;
}

/* ---- taking away ---- */

/* The record of a name that the VFS has looked up: it must lead to this inode. */
static int find_victim(struct inode *dir, const struct dentry *dentry, struct ext2_entry *e)
{
	int err = ext2_find_entry(dir, dentry->d_name, dentry->d_len, e);

	if (err)
		return err;
	if (e->de->inode == dentry->d_inode->i_ino)
		return 0;
	ext2_brelse(&e->buf);
	return ext2_error(dir->i_sb, "directory %lu has changed behind our back", (unsigned long)dir->i_ino);
}

static int ext2_unlink(struct inode *dir, struct dentry *dentry)
{
	struct inode *inode = dentry->d_inode;
	struct ext2_entry e;
	int err = find_victim(dir, dentry, &e);

	if (err)
		return err;
	ext2_delete_entry(dir, &e);
	drop_nlink(inode);
	d_drop(dentry);
	return 0;
}

static int ext2_rmdir(struct inode *dir, struct dentry *dentry)
{
	struct inode *inode = dentry->d_inode;
	int err = ext2_empty_dir(inode);

	if (!err)
		err = ext2_unlink(dir, dentry);
	if (err)
		return err;
	set_nlink(inode, 0);
	drop_nlink(dir);
	return 0;
}

/* ---- rename ---- */

/* The records that a rename changes, found before the first is. */
struct renaming {
	struct inode *odir, *ndir, *inode, *target;
	struct ext2_entry old, new, dotdot, target_dotdot;
};

static void release(struct renaming *r)
{
	ext2_brelse(&r->old.buf);
	ext2_brelse(&r->new.buf);
	ext2_brelse(&r->dotdot.buf);
	ext2_brelse(&r->target_dotdot.buf);
}

static bool moves_dir(const struct renaming *r)
{
	return S_ISDIR(r->inode->i_mode) && r->odir != r->ndir;
}

/* One directory more or less that has @dir as its parent. */
static void adjust(struct inode *dir, int by)
{
	if (by > 0)
		set_nlink(dir, dir->i_nlink + 1);
	else if (by < 0)
		drop_nlink(dir);
}

static int find_records(struct renaming *r, struct dentry *old, struct dentry *new)
{
	int err = find_victim(r->odir, old, &r->old);

	if (!err && r->target)
		err = find_victim(r->ndir, new, &r->new);
	if (!err && moves_dir(r))
		err = ext2_dotdot(r->inode, &r->dotdot);
	return err == -ENOENT ? -EUCLEAN : err;
}

/* Over a target: its record leads to the inode from now on. */
static int replace_target(struct renaming *r)
{
	bool dir = S_ISDIR(r->target->i_mode);
	int err = dir ? ext2_empty_dir(r->target) : 0;

	if (err)
		return err;
	ext2_set_link(r->ndir, &r->new, r->inode);
	if (dir)
		set_nlink(r->target, 0);
	else
		drop_nlink(r->target);
	return 0;
}

/*
 * Adding the new name may split the very record that was found for the old one, or make it longer, so
 * it is looked up again before it goes.
 */
static int add_new_name(struct renaming *r, struct dentry *old, struct dentry *new)
{
	int err;

	if (moves_dir(r) && r->ndir->i_nlink >= EXT2_LINK_MAX)
		return -EMLINK;
	ext2_brelse(&r->old.buf);
	err = ext2_add_link(r->ndir, new->d_name, new->d_len, r->inode);
	return err ? err : find_victim(r->odir, old, &r->old);
}

static int exchange(struct renaming *r, struct dentry *old, struct dentry *new)
{
	bool old_dir = S_ISDIR(r->inode->i_mode), new_dir = S_ISDIR(r->target->i_mode);
	bool across = r->odir != r->ndir;
	int err = 0;

	if (across && new_dir)
		err = ext2_dotdot(r->target, &r->target_dotdot);
	if (err)
		return err == -ENOENT ? -EUCLEAN : err;
	ext2_set_link(r->ndir, &r->new, r->inode);
	ext2_set_link(r->odir, &r->old, r->target);
	if (across && old_dir)
		ext2_set_link(r->inode, &r->dotdot, r->ndir);
	if (across && new_dir)
		ext2_set_link(r->target, &r->target_dotdot, r->odir);
	if (across) {
		adjust(r->ndir, old_dir - new_dir);
		adjust(r->odir, new_dir - old_dir);
	}
	r->inode->i_ctime = r->target->i_ctime = current_time_ns();
	mark_inode_dirty(r->inode);
	mark_inode_dirty(r->target);
	d_exchange(old, new);
	return 0;
}

static int move(struct renaming *r, struct dentry *old, struct dentry *new)
{
	bool is_dir = S_ISDIR(r->inode->i_mode);
	int err = r->target ? replace_target(r) : add_new_name(r, old, new);

	if (err)
		return err;
	ext2_delete_entry(r->odir, &r->old);
	if (moves_dir(r))
		ext2_set_link(r->inode, &r->dotdot, r->ndir);
	if (is_dir) {
		adjust(r->odir, -1);
		if (!r->target)
			adjust(r->ndir, 1);
	}
	r->inode->i_ctime = current_time_ns();
	mark_inode_dirty(r->inode);
	d_move(old, new);
	return 0;
}

static int ext2_rename(struct inode *odir, struct dentry *old, struct inode *ndir, struct dentry *new,
		       unsigned int flags)
{
	struct renaming r = { .odir = odir, .ndir = ndir, .inode = old->d_inode, .target = new->d_inode };
	int err = find_records(&r, old, new);

	if (!err)
		err = flags & RENAME_EXCHANGE ? exchange(&r, old, new) : move(&r, old, new);
	release(&r);
	return err;
}

const struct inode_operations ext2_dir_inode_operations = {
	.lookup = ext2_lookup,
	.create = ext2_create,
	.link = ext2_link,
	.unlink = ext2_unlink,
	.symlink = ext2_symlink,
	.mkdir = ext2_mkdir,
	.rmdir = ext2_rmdir,
	.mknod = ext2_mknod,
	.tmpfile = ext2_tmpfile,
	.rename = ext2_rename,
	.getattr = ext2_getattr,
};

const struct inode_operations ext2_special_inode_operations = { .getattr = ext2_getattr };
