/*
 * tests/user/dir.c - directories, renaming, paths, mounts
 */
#include <dirent.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include "test.h"

#define D	"/tmp/dir-test"

/* An empty directory, and we are in it. */
static void enter(void)
{
	pid_t pid = CHILD(execvp("rm", (char *[]){ "rm", "-rf", D, NULL }));

	EXITS(pid, 0);
	OK(mkdir(D, 0755));
	OK(chdir(D));
}

static void touch(const char *path)
{
	close(OK(open(path, O_WRONLY | O_CREAT, 0644)));
}

/* How often a name is listed in a directory; -1 counts all but . and .. */
static int listed(const char *path, const char *name)
{
	DIR *d = opendir(path);
	struct dirent *e;
	int n = 0;

	CHECK(d);
	while ((e = readdir(d)))
		n += name ? !strcmp(e->d_name, name)
			  : strcmp(e->d_name, ".") && strcmp(e->d_name, "..");
	closedir(d);
	return n;
}

TEST(mkdir_and_rmdir)
{
	struct stat st;

	enter();
	OK(mkdir("a", 0750));
	OK(stat("a", &st));
	EQ(st.st_mode, S_IFDIR | 0750);
	EQ(st.st_nlink, 2);
	OK(stat(".", &st));
	EQ(st.st_nlink, 3);
	OK(rmdir("a"));
	ERR(stat("a", &st), ENOENT);
}

TEST(mkdir_errors)
{
	enter();
	touch("file");
	ERR(mkdir("file", 0755), EEXIST);
	ERR(mkdir(".", 0755), EEXIST);
	ERR(mkdir("none/x", 0755), ENOENT);
	ERR(mkdir("file/x", 0755), ENOTDIR);
	ERR(mkdir("", 0755), ENOENT);
	OK(mkdir("slash/", 0755));
}

TEST(rmdir_errors)
{
	enter();
	OK(mkdir("a", 0755));
	touch("a/file");
	ERR(rmdir("a"), ENOTEMPTY);
	ERR(rmdir("a/file"), ENOTDIR);
	ERR(rmdir("none"), ENOENT);
	ERR(rmdir("a/."), EINVAL);
	ERR(rmdir("a/.."), ENOTEMPTY);
	ERR(rmdir("/"), EBUSY);
	ERR(unlink("a"), EISDIR);
}

TEST(readdir_lists_each_name_once)
{
	char name[16];

	enter();
	for (int i = 0; i < 300; i++) {
		snprintf(name, sizeof(name), "f%d", i);
		touch(name);
	}
	EQ(listed(".", NULL), 300);
	EQ(listed(".", "."), 1);
	EQ(listed(".", ".."), 1);
	EQ(listed(".", "f0"), 1);
	EQ(listed(".", "f299"), 1);
}

TEST(getdents_tells_types_and_refuses_small_buffers)
{
	char buf[1024];
	struct linux_dirent64 *e;
	int fd, n;

	enter();
	touch("file");
	OK(mkdir("dir", 0755));
	OK(symlink("x", "sym"));
	fd = OK(open(".", O_RDONLY));
	ERR(getdents64(fd, buf, 10), EINVAL);
	n = OK(getdents64(fd, buf, sizeof(buf)));
	for (int at = 0; at < n; at += e->d_reclen) {
		e = (struct linux_dirent64 *)(buf + at);
		EQ(e->d_reclen % 8, 0);
		EQ(e->d_type, !strcmp(e->d_name, "file") ? DT_REG :
			      !strcmp(e->d_name, "sym") ? DT_LNK : DT_DIR);
	}
	EQ(getdents64(fd, buf, sizeof(buf)), 0);
	OK(lseek(fd, 0, SEEK_SET));
	EQ(getdents64(fd, buf, sizeof(buf)), n);
	ERR(getdents64(OK(open("file", O_RDONLY)), buf, sizeof(buf)), ENOTDIR);
	ERR(read(fd, buf, 10), EISDIR);
}

TEST(rename_moves_and_replaces)
{
	struct stat a, b;

	enter();
	touch("one");
	touch("two");
	OK(stat("one", &a));
	OK(rename("one", "two"));
	OK(stat("two", &b));
	EQ(a.st_ino, b.st_ino);
	ERR(stat("one", &a), ENOENT);
	OK(mkdir("dir", 0755));
	OK(rename("two", "dir/three"));
	OK(stat("dir/three", &a));
	EQ(a.st_ino, b.st_ino);
	OK(rename("dir", "other"));
	OK(access("other/three", F_OK));
	OK(rename("other/three", "other/three"));
}

TEST(rename_errors)
{
	enter();
	touch("file");
	OK(mkdir("dir", 0755));
	OK(mkdir("full", 0755));
	touch("full/x");
	ERR(rename("none", "x"), ENOENT);
	ERR(rename("file", "dir"), EISDIR);
	ERR(rename("dir", "file"), ENOTDIR);
	ERR(rename("dir", "full"), ENOTEMPTY);
	ERR(rename("full", "full/inside"), EINVAL);
	ERR(rename("file", "/proc/x"), EXDEV);
	OK(rename("full", "dir"));
	OK(access("dir/x", F_OK));
	ERR(renameat2(AT_FDCWD, "file", AT_FDCWD, "dir", RENAME_NOREPLACE), EEXIST);
}

TEST(renamed_directory_has_a_new_parent)
{
	struct stat a, b;

	enter();
	OK(mkdir("x", 0755));
	OK(mkdir("y", 0755));
	OK(mkdir("x/d", 0755));
	OK(rename("x/d", "y/d"));
	OK(stat("y/d/..", &a));
	OK(stat("y", &b));
	EQ(a.st_ino, b.st_ino);
	EQ(b.st_nlink, 3);
	OK(stat("x", &a));
	EQ(a.st_nlink, 2);
}

TEST(getcwd_names_where_we_are)
{
	char buf[100];

	enter();
	STREQ(getcwd(buf, sizeof(buf)), D);
	OK(mkdir("sub", 0755));
	OK(chdir("sub"));
	STREQ(getcwd(buf, sizeof(buf)), D "/sub");
	ERR(syscall(__NR_getcwd, buf, 5), ERANGE);
	OK(chdir("../.."));
	STREQ(getcwd(buf, sizeof(buf)), "/tmp");
	ERR(chdir(D "/none"), ENOENT);
	OK(chdir("/"));
	STREQ(getcwd(buf, sizeof(buf)), "/");
	OK(chdir("../../.."));
	STREQ(getcwd(buf, sizeof(buf)), "/");
}

TEST(a_removed_directory_is_empty_for_those_inside)
{
	char buf[100];
	int fd;

	enter();
	OK(mkdir("gone", 0755));
	OK(chdir("gone"));
	OK(rmdir(D "/gone"));
	fd = open("x", O_WRONLY | O_CREAT, 0644);
	EQ(fd, -1);
	EQ(errno, ENOENT);
	ERR(syscall(__NR_getcwd, buf, sizeof(buf)), ENOENT);
}

TEST(paths_are_walked_component_by_component)
{
	enter();
	OK(mkdir("a", 0755));
	touch("a/f");
	OK(access("a//f", F_OK));
	OK(access("./a/./f", F_OK));
	OK(access("a/../a/f", F_OK));
	ERR(access("a/f/", F_OK), ENOTDIR);
	OK(access("a/", F_OK));
	OK(symlink("a", "s"));
	OK(access("s/f", F_OK));
	OK(access("s/../a/f", F_OK));
	OK(symlink(D "/a/f", "abs"));
	OK(access("abs", F_OK));
}

TEST(names_and_paths_have_a_limit)
{
	static char name[300], path[5000];

	enter();
	memset(name, 'n', 255);
	touch(name);
	OK(unlink(name));
	name[255] = 'n';
	ERR(open(name, O_WRONLY | O_CREAT, 0644), ENAMETOOLONG);
	memset(path, '/', 4096);
	ERR(access(path, F_OK), ENAMETOOLONG);
	path[4095] = '\0';
	OK(access(path, F_OK));
}

TEST(a_file_system_can_be_mounted_and_unmounted)
{
	struct stat before, inside;

	enter();
	OK(mkdir("m", 0755));
	touch("m/under");
	OK(stat("m", &before));
	OK(mount("x", "m", "tmpfs", 0, NULL));
	EQ(listed("m", NULL), 0);
	OK(stat("m", &inside));
	CHECK(inside.st_dev != before.st_dev);
	touch("m/over");
	ERR(rename("m/over", "out"), EXDEV);
	ERR(rmdir("m"), EBUSY);
	EXITS(CHILD(
		OK(chdir("m"));
		ERR(umount2(D "/m", 0), EBUSY)
	), 0);
	OK(umount2("m", 0));
	EQ(listed("m", "under"), 1);
	EQ(listed("m", "over"), 0);
	ERR(umount2("m", 0), EINVAL);
}

TEST(mount_errors)
{
	enter();
	touch("file");
	ERR(mount("x", "none", "tmpfs", 0, NULL), ENOENT);
	ERR(mount("x", "file", "tmpfs", 0, NULL), ENOTDIR);
	ERR(mount("x", D, "no-such-fs", 0, NULL), ENODEV);
	EXITS(CHILD(OK(setuid(1000)); ERR(mount("x", D, "tmpfs", 0, NULL), EPERM)), 0);
}

TEST(a_read_only_mount_refuses_changes)
{
	enter();
	OK(mkdir("m", 0755));
	OK(mount("x", "m", "tmpfs", MS_RDONLY, NULL));
	ERR(open("m/f", O_WRONLY | O_CREAT, 0644), EROFS);
	ERR(mkdir("m/d", 0755), EROFS);
	OK(umount2("m", 0));
}

TEST(statfs_names_the_file_system)
{
	struct statfs s;

	OK(statfs("/tmp", &s));
	EQ(s.f_type, TMPFS_MAGIC);
	EQ(s.f_bsize, 4096);
	EQ(s.f_namelen, 255);
	OK(statfs("/proc", &s));
	EQ(s.f_type, PROC_SUPER_MAGIC);
}

TEST(chroot_makes_another_root)
{
	enter();
	OK(mkdir("r", 0755));
	touch("r/inside");
	EXITS(CHILD(
		OK(chroot("r"));
		OK(chdir("/"));
		OK(access("/inside", F_OK));
		OK(access("../../inside", F_OK));
		ERR(access("/proc", F_OK), ENOENT)
	), 0);
}
