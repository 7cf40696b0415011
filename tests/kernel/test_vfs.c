/*
 * tests/kernel/test_vfs.c - the path walk, names and mounts
 */
#include "fs_util.h"

FS_TEST(vfs, dotdot_and_double_slashes_lead_where_they_say)
{
	struct stat a, b;

	EXPECT_EQ(do_mkdirat(AT_FDCWD, "/kt/a", 0755), 0);
	EXPECT_EQ(do_mkdirat(AT_FDCWD, "/kt/a/b", 0755), 0);
	EXPECT_EQ(k_file("/kt/f", "x"), 0);
	EXPECT_EQ(k_lstat("/kt/f", &a), 0);
	EXPECT_EQ(k_lstat("//kt//a/./b/../..//f", &b), 0);
	EXPECT_EQ(a.st_ino, b.st_ino);
	EXPECT_EQ(k_lstat("/../../kt/f", &b), 0);
	EXPECT_EQ(a.st_ino, b.st_ino);
}

FS_TEST(vfs, dotdot_leaves_a_mount)
{
	struct stat root, up;

	EXPECT_EQ(k_lstat("/", &root), 0);
	EXPECT_EQ(k_lstat("/kt/..", &up), 0);
	EXPECT_EQ(root.st_ino, up.st_ino);
	EXPECT_EQ(root.st_dev, up.st_dev);
}

FS_TEST(vfs, names_have_their_errors)
{
	char name[300] = "/kt/";
	struct path p;

	EXPECT_EQ(k_file("/kt/f", "x"), 0);
	EXPECT_EQ(kern_path(AT_FDCWD, "", 0, &p), -ENOENT);
	EXPECT_EQ(kern_path(AT_FDCWD, "/kt/none", 0, &p), -ENOENT);
	EXPECT_EQ(kern_path(AT_FDCWD, "/kt/f/x", 0, &p), -ENOTDIR);
	EXPECT_EQ(kern_path(AT_FDCWD, "/kt/f/", 0, &p), -ENOTDIR);
	EXPECT_EQ(kern_path(AT_FDCWD, "/kt/f/.", 0, &p), -ENOTDIR);
	EXPECT_EQ(kern_path(77, "f", 0, &p), -EBADF);
	memset(name + 4, 'x', 256);
	name[260] = 0;
	EXPECT_EQ(kern_path(AT_FDCWD, name, 0, &p), -ENAMETOOLONG);
	name[259] = 0;
	EXPECT_EQ(kern_path(AT_FDCWD, name, 0, &p), -ENOENT);
	EXPECT_EQ(sys_openat(AT_FDCWD, (char __user *)8, O_RDONLY, 0), -EFAULT);
}

FS_TEST(vfs, forty_symlinks_are_followed_and_no_more)
{
	char name[20], target[20];
	struct path p;

	EXPECT_EQ(k_file("/kt/0", "x"), 0);
	for (int i = 1; i <= 41; i++) {
		snprintf(name, sizeof(name), "/kt/%d", i);
		snprintf(target, sizeof(target), "%d", i - 1);
		EXPECT_EQ(do_symlinkat(target, AT_FDCWD, name), 0);
	}
	EXPECT_EQ(kern_path(AT_FDCWD, "/kt/40", LOOKUP_FOLLOW, &p), 0);
	path_put(&p);
	EXPECT_EQ(kern_path(AT_FDCWD, "/kt/41", LOOKUP_FOLLOW, &p), -ELOOP);
	EXPECT_EQ(do_symlinkat("self", AT_FDCWD, "/kt/self"), 0);
	EXPECT_EQ(kern_path(AT_FDCWD, "/kt/self", LOOKUP_FOLLOW, &p), -ELOOP);
	EXPECT_EQ(kern_path(AT_FDCWD, "/kt/self/x", 0, &p), -ELOOP);
	EXPECT_EQ(kern_path(AT_FDCWD, "/kt/self", 0, &p), 0);
	path_put(&p);
}

FS_TEST(vfs, open_flags_meet_symlinks)
{
	long fd;

	EXPECT_EQ(do_symlinkat("new", AT_FDCWD, "/kt/l"), 0);
	EXPECT_EQ(k_open("/kt/l", O_WRONLY | O_CREAT | O_EXCL), -EEXIST);
	EXPECT_EQ(k_open("/kt/l", O_RDONLY | O_NOFOLLOW), -ELOOP);
	EXPECT_EQ(k_open("/kt/l", O_RDONLY | O_NOFOLLOW | O_DIRECTORY), -ENOTDIR);
	EXPECT_EQ(k_open("/kt/l", O_RDONLY), -ENOENT);
	fd = k_open("/kt/l", O_WRONLY | O_CREAT);	/* makes what the link names */
	EXPECT(fd >= 0);
	sys_close(fd);
	fd = k_open("/kt/new", O_RDONLY);
	EXPECT(fd >= 0);
	sys_close(fd);
	fd = k_open("/kt/l", O_PATH | O_NOFOLLOW);	/* the link itself */
	EXPECT(fd >= 0);
	EXPECT_EQ(sys_read(fd, UBUF, 1), -EBADF);
	EXPECT_EQ(sys_readlinkat(fd, U(""), UBUF, 100), 3);
	sys_close(fd);
}

FS_TEST(vfs, open_of_a_directory)
{
	long fd;

	EXPECT_EQ(k_open("/kt", O_WRONLY), -EISDIR);
	EXPECT_EQ(k_open("/kt/", O_RDONLY | O_CREAT), -EISDIR);
	EXPECT_EQ(k_open("/kt/new/", O_WRONLY | O_CREAT), -EISDIR);
	EXPECT_EQ(k_file("/kt/f", "x"), 0);
	EXPECT_EQ(k_open("/kt/f", O_RDONLY | O_DIRECTORY), -ENOTDIR);
	fd = k_open("/kt", O_RDONLY | O_DIRECTORY);
	EXPECT(fd >= 0);
	EXPECT_EQ(sys_read(fd, UBUF, 1), -EISDIR);
	EXPECT_EQ(sys_unlinkat(fd, U("f"), 0), 0);
	sys_close(fd);
}

FS_TEST(vfs, unlink_and_rmdir_know_what_they_are_given)
{
	EXPECT_EQ(do_mkdirat(AT_FDCWD, "/kt/d", 0755), 0);
	EXPECT_EQ(k_file("/kt/d/f", "x"), 0);
	EXPECT_EQ(do_unlinkat(AT_FDCWD, "/kt/d"), -EISDIR);
	EXPECT_EQ(do_unlinkat(AT_FDCWD, "/kt/d/f/"), -ENOTDIR);
	EXPECT_EQ(do_unlinkat(AT_FDCWD, "/kt/none"), -ENOENT);
	EXPECT_EQ(do_rmdir(AT_FDCWD, "/kt/d"), -ENOTEMPTY);
	EXPECT_EQ(do_rmdir(AT_FDCWD, "/kt/d/f"), -ENOTDIR);
	EXPECT_EQ(do_rmdir(AT_FDCWD, "/kt/d/."), -EINVAL);
	EXPECT_EQ(do_rmdir(AT_FDCWD, "/kt/d/.."), -ENOTEMPTY);
	EXPECT_EQ(do_rmdir(AT_FDCWD, "/"), -EBUSY);
	EXPECT_EQ(do_rmdir(AT_FDCWD, "/kt"), -EBUSY);		/* mounted on */
	EXPECT_EQ(do_mkdirat(AT_FDCWD, "/kt/d", 0755), -EEXIST);
	EXPECT_EQ(do_mkdirat(AT_FDCWD, "/kt/.", 0755), -EEXIST);
	EXPECT_EQ(do_mkdirat(AT_FDCWD, "/kt/n/", 0755), 0);
	EXPECT_EQ(do_unlinkat(AT_FDCWD, "/kt/d/f"), 0);
	EXPECT_EQ(do_rmdir(AT_FDCWD, "/kt/d/"), 0);
}

static long k_rename(const char *from, const char *to, unsigned int flags)
{
	return sys_renameat2(AT_FDCWD, U(from), AT_FDCWD, U(to), flags);
}

FS_TEST(vfs, rename_refuses_loops_and_keeps_link_counts)
{
	struct stat st;

	EXPECT_EQ(do_mkdirat(AT_FDCWD, "/kt/a", 0755), 0);
	EXPECT_EQ(do_mkdirat(AT_FDCWD, "/kt/a/b", 0755), 0);
	EXPECT_EQ(do_mkdirat(AT_FDCWD, "/kt/c", 0755), 0);
	EXPECT_EQ(k_rename("/kt/a", "/kt/a/b/x", 0), -EINVAL);
	EXPECT_EQ(k_rename("/kt/a/b", "/kt/a", 0), -ENOTEMPTY);
	EXPECT_EQ(k_rename("/kt/a/b", "/kt/c", 0), 0);		/* over an empty directory */
	EXPECT_EQ(k_lstat("/kt/a", &st), 0);
	EXPECT_EQ(st.st_nlink, 2);
	EXPECT_EQ(st.st_size, 40);
	EXPECT_EQ(k_lstat("/kt", &st), 0);
	EXPECT_EQ(st.st_nlink, 4);
	EXPECT_EQ(k_file("/kt/f", "x"), 0);
	EXPECT_EQ(k_rename("/kt/f", "/kt/a", 0), -EISDIR);
	EXPECT_EQ(k_rename("/kt/a", "/kt/f", 0), -ENOTDIR);
	EXPECT_EQ(k_rename("/kt/f", "/kt/a/", RENAME_NOREPLACE), -EEXIST);
	EXPECT_EQ(k_rename("/kt/a", "/kt/f", RENAME_EXCHANGE), 0);
	EXPECT_EQ(k_lstat("/kt/a", &st), 0);
	EXPECT(S_ISREG(st.st_mode));
	EXPECT_EQ(k_rename("/kt/a", "/x-not-there/y", 0), -ENOENT);
	EXPECT_EQ(k_rename("/kt/a", "/tmp-kt", 0), -EXDEV);
}

FS_TEST(vfs, hard_links_count_and_outlive_the_first_name)
{
	struct stat st;
	char buf[8];

	EXPECT_EQ(k_file("/kt/a", "data"), 0);
	EXPECT_EQ(do_linkat(AT_FDCWD, "/kt/a", AT_FDCWD, "/kt/b", 0), 0);
	EXPECT_EQ(do_linkat(AT_FDCWD, "/kt/a", AT_FDCWD, "/kt/b", 0), -EEXIST);
	EXPECT_EQ(do_linkat(AT_FDCWD, "/kt", AT_FDCWD, "/kt/c", 0), -EPERM);
	EXPECT_EQ(k_lstat("/kt/b", &st), 0);
	EXPECT_EQ(st.st_nlink, 2);
	EXPECT_EQ(do_unlinkat(AT_FDCWD, "/kt/a"), 0);
	EXPECT_EQ(k_lstat("/kt/b", &st), 0);
	EXPECT_EQ(st.st_nlink, 1);
	EXPECT_EQ(k_read("/kt/b", buf, sizeof(buf)), 4);
	EXPECT(!strcmp(buf, "data"));
}

/* Be user 1000 for one expression. */
#define AS_USER(expr) ({ struct cred_ids _c = current->cred; long _r;		\
	current->cred.uid = current->cred.euid = current->cred.fsuid = 1000;	\
	current->cred.gid = current->cred.egid = current->cred.fsgid = 1000;	\
	_r = (expr); current->cred = _c; _r; })

FS_TEST(vfs, modes_and_the_sticky_bit_hold_for_users)
{
	EXPECT_EQ(k_file("/kt/f", "x"), 0);			/* 0644, root's */
	EXPECT_EQ(AS_USER(k_open("/kt/f", O_WRONLY)), -EACCES);
	EXPECT_EQ(AS_USER(sys_chmod(U("/kt/f"), 0666)), -EPERM);
	EXPECT_EQ(AS_USER(sys_chown(U("/kt/f"), 1000, 1000)), -EPERM);
	EXPECT_EQ(AS_USER(do_unlinkat(AT_FDCWD, "/kt/f")), -EPERM);	/* /kt is 01777 */
	EXPECT_EQ(do_mkdirat(AT_FDCWD, "/kt/d", 0700), 0);
	EXPECT_EQ(k_file("/kt/d/f", "x"), 0);
	EXPECT_EQ(AS_USER(k_open("/kt/d/f", O_RDONLY)), -EACCES);
	EXPECT_EQ(AS_USER(k_open("/kt/d/none", O_RDONLY)), -EACCES);
	EXPECT_EQ(sys_chmod(U("/kt/f"), 0), 0);
	EXPECT_EQ(AS_USER(sys_access(U("/kt/f"), MAY_READ)), -EACCES);
	EXPECT_EQ(sys_access(U("/kt/f"), MAY_READ | MAY_WRITE), 0);	/* root */
	EXPECT_EQ(sys_access(U("/kt/f"), MAY_EXEC), -EACCES);		/* nobody may */
}

FS_TEST(vfs, removed_directory_takes_no_new_names)
{
	long fd;

	EXPECT_EQ(do_mkdirat(AT_FDCWD, "/kt/d", 0755), 0);
	fd = k_open("/kt/d", O_RDONLY | O_DIRECTORY);
	EXPECT(fd >= 0);
	EXPECT_EQ(do_rmdir(AT_FDCWD, "/kt/d"), 0);
	EXPECT_EQ(do_mkdirat(fd, "x", 0755), -ENOENT);
	EXPECT_EQ(sys_openat(fd, U("f"), O_CREAT | O_WRONLY, 0644), -ENOENT);
	EXPECT_EQ(sys_getdents64(fd, (void __user *)UBUF, 4096), -ENOENT);
	sys_close(fd);
}

FS_TEST(vfs, readdir_lists_each_name_once_while_names_go)
{
	char name[20];
	long fd, n, seen = 0;

	for (int i = 0; i < 100; i++) {
		snprintf(name, sizeof(name), "/kt/%d", i);
		EXPECT_EQ(k_file(name, "x"), 0);
	}
	fd = k_open("/kt", O_RDONLY | O_DIRECTORY);
	EXPECT(fd >= 0);
	while ((n = sys_getdents64(fd, (void __user *)UBUF, 256)) > 0) {
		for (long at = 0; at < n;) {
			struct linux_dirent64 d;
			char entry[16];

			EXPECT(!copy_from_user(&d, UBUF + at, sizeof(d)));
			EXPECT(!copy_from_user(entry, UBUF + at + 19, sizeof(entry)));
			at += d.d_reclen;
			if (entry[0] == '.')
				continue;
			seen++;
			snprintf(name, sizeof(name), "/kt/%s", entry);
			EXPECT_EQ(do_unlinkat(AT_FDCWD, name), 0);
		}
	}
	EXPECT_EQ(n, 0);
	EXPECT_EQ(seen, 100);
	EXPECT_EQ(sys_getdents64(fd, (void __user *)UBUF, 4), 0);
	EXPECT_EQ(sys_lseek(fd, 0, 0), 0);
	EXPECT_EQ(sys_getdents64(fd, (void __user *)UBUF, 4), -EINVAL);
	sys_close(fd);
}

FS_TEST(mount, covers_and_uncovers)
{
	struct stat st;
	long fd;

	EXPECT_EQ(do_mkdirat(AT_FDCWD, "/kt/m", 0755), 0);
	EXPECT_EQ(k_file("/kt/m/below", "x"), 0);
	EXPECT_EQ(do_mount("x", "/kt/m", "tmpfs", 0, "size=64k,mode=0700"), 0);
	EXPECT_EQ(k_lstat("/kt/m/below", &st), -ENOENT);
	EXPECT_EQ(k_lstat("/kt/m", &st), 0);
	EXPECT_EQ(st.st_mode & 07777, 0700);
	EXPECT_EQ(k_file("/kt/m/above", "x"), 0);
	fd = k_open("/kt/m/above", O_RDONLY);
	EXPECT(fd >= 0);
	EXPECT_EQ(sys_umount2(U("/kt/m"), 0), -EBUSY);
	EXPECT_EQ(sys_umount2(U("/kt/m/above"), 0), -EINVAL);
	sys_close(fd);
	EXPECT_EQ(sys_umount2(U("/kt/m"), 0), 0);
	EXPECT_EQ(k_lstat("/kt/m/below", &st), 0);
	EXPECT_EQ(sys_umount2(U("/kt/m"), 0), -EINVAL);
}

FS_TEST(mount, detached_file_system_lives_until_its_last_file)
{
	long fd;

	EXPECT_EQ(do_mkdirat(AT_FDCWD, "/kt/m", 0755), 0);
	EXPECT_EQ(do_mount("x", "/kt/m", "tmpfs", 0, NULL), 0);
	EXPECT_EQ(k_file("/kt/m/f", "kept"), 0);
	fd = k_open("/kt/m/f", O_RDONLY);
	EXPECT(fd >= 0);
	EXPECT_EQ(sys_umount2(U("/kt/m"), MNT_DETACH), 0);
	EXPECT_EQ(sys_read(fd, UBUF, 10), 4);
	sys_close(fd);
}

FS_TEST(mount, has_its_errors)
{
	EXPECT_EQ(do_mount("x", "/kt", "no-such-type", 0, NULL), -ENODEV);
	EXPECT_EQ(do_mount("x", "/kt", NULL, 0, NULL), -EINVAL);
	EXPECT_EQ(do_mount("x", "/kt/none", "tmpfs", 0, NULL), -ENOENT);
	EXPECT_EQ(do_mount("x", "/kt", "tmpfs", 0, "size=lots"), -EINVAL);
	EXPECT_EQ(do_mount("x", "/kt", "tmpfs", 0, "colour=red"), -EINVAL);
	EXPECT_EQ(k_file("/kt/f", "x"), 0);
	EXPECT_EQ(do_mount("x", "/kt/f", "tmpfs", 0, NULL), -ENOTDIR);
	EXPECT_EQ(AS_USER(do_mount("x", "/kt", "tmpfs", 0, NULL)), -EPERM);
	EXPECT_EQ(sys_umount2(U("/"), 0), -EINVAL);
}

FS_TEST(mount, bound_directory_is_the_same_one)
{
	struct stat a, b;

	EXPECT_EQ(do_mkdirat(AT_FDCWD, "/kt/d", 0755), 0);
	EXPECT_EQ(do_mkdirat(AT_FDCWD, "/kt/m", 0755), 0);
	EXPECT_EQ(k_file("/kt/d/f", "x"), 0);
	EXPECT_EQ(do_mount("/kt/d", "/kt/m", NULL, MS_BIND, NULL), 0);
	EXPECT_EQ(k_lstat("/kt/d/f", &a), 0);
	EXPECT_EQ(k_lstat("/kt/m/f", &b), 0);
	EXPECT_EQ(a.st_ino, b.st_ino);
	EXPECT_EQ(do_linkat(AT_FDCWD, "/kt/d/f", AT_FDCWD, "/kt/m/g", 0), -EXDEV);
	EXPECT_EQ(sys_umount2(U("/kt/m"), 0), 0);
}

FS_TEST(mount, read_only_means_it)
{
	EXPECT_EQ(k_file("/kt/f", "x"), 0);
	EXPECT_EQ(do_mount("kt", "/kt", NULL, MS_REMOUNT | MS_RDONLY, NULL), 0);
	EXPECT_EQ(k_open("/kt/f", O_WRONLY), -EROFS);
	EXPECT_EQ(k_open("/kt/new", O_WRONLY | O_CREAT), -EROFS);
	EXPECT_EQ(do_mkdirat(AT_FDCWD, "/kt/d", 0755), -EROFS);
	EXPECT_EQ(do_unlinkat(AT_FDCWD, "/kt/f"), -EROFS);
	EXPECT_EQ(sys_chmod(U("/kt/f"), 0600), -EROFS);
	EXPECT_EQ(sys_truncate(U("/kt/f"), 0), -EROFS);
	EXPECT_EQ(do_mount("kt", "/kt", NULL, MS_REMOUNT, NULL), 0);
	EXPECT_EQ(do_unlinkat(AT_FDCWD, "/kt/f"), 0);
}
