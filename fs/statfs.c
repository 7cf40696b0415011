/*
 * fs/statfs.c - how full a file system is
 */
#include <fs.h>
#include <asm/uaccess.h>
#include <mm.h>
#include <string.h>
#include <syscalls_fs.h>
#include "internal.h"

static long mount_flag_bits(const struct mount *m)
{
	static const struct { unsigned int ms; long st; } map[] = {
		{ MS_RDONLY, ST_RDONLY }, { MS_NOSUID, ST_NOSUID }, { MS_NODEV, ST_NODEV },
		{ MS_NOEXEC, ST_NOEXEC }, { MS_NOATIME, ST_NOATIME },
		{ MS_NODIRATIME, ST_NODIRATIME }, { MS_RELATIME, ST_RELATIME },
	};
	long flags = ST_VALID;

	for (unsigned int i = 0; i < ARRAY_SIZE(map); i++)
		if (m->flags & map[i].ms)
			flags |= map[i].st;
	return flags;
}

static long put_statfs(const struct path *p, struct statfs __user *ubuf)
{
	struct super_block *sb = p->dentry->d_sb;
	struct statfs s;
	int err = 0;

	memset(&s, 0, sizeof(s));
	s.f_type = sb->s_magic;
	s.f_bsize = s.f_frsize = PAGE_SIZE;
	s.f_namelen = NAME_MAX;
	s.f_fsid.val[0] = new_encode_dev(sb->s_dev);
	if (sb->s_op && sb->s_op->statfs)
		err = sb->s_op->statfs(sb, &s);
	if (err)
		return err;
	s.f_flags = mount_flag_bits(p->mnt);
	return copy_to_user(ubuf, &s, sizeof(s)) ? -EFAULT : 0;
}

long sys_statfs(const char __user *name, struct statfs __user *buf)
{
	struct path path;
	long err = user_path_at(AT_FDCWD, name, LOOKUP_FOLLOW, &path);

	if (err)
		return err;
	err = put_statfs(&path, buf);
	path_put(&path);
	return err;
}

long sys_fstatfs(unsigned int fd, struct statfs __user *buf)
{
	struct file *f = fget_raw(fd);
	long err;

	if (!f)
		return -EBADF;
	err = put_statfs(&f->f_path, buf);
	fput(f);
	return err;
}
