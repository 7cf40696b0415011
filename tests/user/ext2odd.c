/*
 * tests/user/ext2odd.c - ext2 on images that are odd on purpose: which errors come, and what is left on the disk
 *
 * /dev/vdb holds a good image (tools/ext2test.py, blocks of 1 KiB, records of 256 bytes), /dev/vda gets a copy of it, with
 * something changed, for each case.
 */
#define TEST_OWN_MAIN
#include <dirent.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include "test.h"

#define GOOD	"/dev/vdb"
#define DISK	"/dev/vda"
#define M	"/mnt2"
#define SUPER	1024
#define INODE_SIZE 256

static unsigned char *image;
static long size;

static unsigned int get32(long at) { unsigned int v; memcpy(&v, image + at, 4); return v; }
static unsigned int get16(long at) { return image[at] | image[at + 1] << 8; }
static void put32(long at, unsigned int v) { memcpy(image + at, &v, 4); }
static void put16(long at, unsigned int v) { memcpy(image + at, &v, 2); }

/* A fresh copy, in memory. */
static void fresh(void)
{
	int fd = OK(open(GOOD, O_RDONLY));

	while (!umount2(M, 0))
		;			/* what a case that failed has left */
	size = OK(lseek(fd, 0, SEEK_END));
	image = malloc(size);
	EQ(pread(fd, image, size, 0), size);
	OK(close(fd));
}

static void to_disk(void)
{
	int fd = OK(open(DISK, O_RDWR));

	EQ(pwrite(fd, image, size, 0), size);
	OK(fsync(fd));
	OK(close(fd));
}

static void from_disk(void)
{
	int fd = OK(open(DISK, O_RDONLY));

	OK(syscall(__NR_ioctl, fd, 0x1261, 0));		/* BLKFLSBUF */
	EQ(pread(fd, image, size, 0), size);
	OK(close(fd));
}

static long group_desc(long g) { return 2048 + 32 * g; }

/* The record of an inode. */
static long inode_at(unsigned int ino)
{
	long per = get32(SUPER + 40), g = (ino - 1) / per;

	return get32(group_desc(g) + 8) * 1024L + (ino - 1) % per * INODE_SIZE;
}

/* Of a name, on the good image. */
static unsigned int ino_of(const char *name)
{
	struct stat st;

	fresh();
	to_disk();
	OK(mount(DISK, M, "ext2", MS_RDONLY, NULL));
	OK(lstat(name, &st));
	OK(umount2(M, 0));
	return st.st_ino;
}

static void refused(int error)
{
	to_disk();
	ERR(mount(DISK, M, "ext2", 0, NULL), error);
}

static void mounted(unsigned long flags)
{
	to_disk();
	OK(mount(DISK, M, "ext2", flags, "errors=continue"));
}

static void unmounted(void)
{
	OK(umount2(M, 0));
}

/* ---- the super block ---- */

TEST(super_blocks_that_cannot_be)
{
	static const struct { int at, bytes; unsigned int value; } odd[] = {
		{ 56, 2, 0xef54 },		/* magic */
		{ 24, 4, 7 }, { 24, 4, 31 }, { 24, 4, -1 },	/* block size */
		{ 32, 4, 0 }, { 32, 4, 1 << 20 },	/* blocks in a group */
		{ 40, 4, 0 }, { 40, 4, 1 << 20 },	/* inodes in a group */
		{ 4, 4, 0x7fffffff },		/* blocks */
		{ 20, 4, 0 }, { 20, 4, 1 << 30 },	/* the first block */
		{ 88, 2, 0 }, { 88, 2, 100 }, { 88, 2, 2048 }, { 88, 2, 192 },	/* size of inodes */
		{ 0, 4, 7 },			/* inodes */
	};

	for (unsigned int i = 0; i < sizeof(odd) / sizeof(*odd); i++) {
		fresh();
		if (odd[i].bytes == 2)
			put16(SUPER + odd[i].at, odd[i].value);
		else
			put32(SUPER + odd[i].at, odd[i].value);
		to_disk();
		if (mount(DISK, M, "ext2", 0, NULL) != -1)
			FAIL("mounted with %u at %d", odd[i].value, odd[i].at);
		if (errno != EINVAL)
			FAIL("%s with %u at %d", strerrorname(errno), odd[i].value, odd[i].at);
	}
}

TEST(features_that_nobody_knows)
{
	fresh();
	put32(SUPER + 96, get32(SUPER + 96) | 0x80000000);
	refused(EINVAL);
	ERR(mount(DISK, M, "ext2", MS_RDONLY, NULL), EINVAL);
	fresh();
	put32(SUPER + 100, get32(SUPER + 100) | 0x80000000);
	refused(EINVAL);
	OK(mount(DISK, M, "ext2", MS_RDONLY, NULL));
	ERR(mount(NULL, M, NULL, MS_REMOUNT, NULL), EROFS);
	unmounted();
	fresh();
	put32(SUPER + 92, get32(SUPER + 92) | 0x40000000);	/* compatible: does not matter */
	mounted(0);
	unmounted();
}

TEST(damaged_group_descriptors)
{
	for (int field = 0; field < 3; field++) {
		fresh();
		put32(group_desc(0) + 4 * field, 0x7fffffff);
		refused(EUCLEAN);
		fresh();
		put32(group_desc(0) + 4 * field, 0);
		refused(EUCLEAN);
	}
}

TEST(damaged_root)
{
	fresh();
	put16(inode_at(2), S_IFREG | 0755);
	refused(EINVAL);
	fresh();
	put32(inode_at(2) + 4, 0);
	refused(EINVAL);
	fresh();
	put16(inode_at(2), 0);
	refused(EUCLEAN);
}

TEST(a_mount_is_noted_on_the_disk)
{
	unsigned int count;

	fresh();
	EQ(get16(SUPER + 58), 1);
	count = get16(SUPER + 52);
	mounted(0);
	from_disk();
	EQ(get16(SUPER + 58), 0);		/* not clean while it is mounted */
	EQ(get16(SUPER + 52), count + 1);
	unmounted();
	from_disk();
	EQ(get16(SUPER + 58), 1);
	mounted(MS_RDONLY);
	from_disk();
	EQ(get16(SUPER + 58), 1);
	EQ(get16(SUPER + 52), count + 1);
	unmounted();
	fresh();
	put16(SUPER + 58, 0);			/* it was not clean before: nor is it afterwards */
	mounted(0);
	unmounted();
	from_disk();
	EQ(get16(SUPER + 58), 0);
}

TEST(remounting_is_noted_on_the_disk)
{
	fresh();
	mounted(MS_RDONLY);
	OK(mount(NULL, M, NULL, MS_REMOUNT, NULL));
	from_disk();
	EQ(get16(SUPER + 58), 0);
	OK(mount(NULL, M, NULL, MS_REMOUNT | MS_RDONLY, NULL));
	from_disk();
	EQ(get16(SUPER + 58), 1);
	unmounted();
}

/* ---- inodes ---- */

TEST(links_have_a_limit)
{
	unsigned int ino = ino_of(M "/dir0/file1"), dir = ino_of(M "/dir1");

	fresh();
	put16(inode_at(ino) + 26, 65000);
	put16(inode_at(dir) + 26, 65000);
	mounted(0);
	ERR(link(M "/dir0/file1", M "/x"), EMLINK);
	ERR(mkdir(M "/dir1/x", 0755), EMLINK);
	ERR(rename(M "/dir2", M "/dir1/x"), EMLINK);
	unmounted();
	fresh();
	put16(inode_at(ino) + 26, 64999);
	mounted(0);
	OK(link(M "/dir0/file1", M "/x"));
	ERR(link(M "/dir0/file1", M "/y"), EMLINK);
	unmounted();
}

TEST(a_name_of_a_free_inode)
{
	unsigned int ino = ino_of(M "/dir0/file1");
	struct stat st;

	fresh();
	put16(inode_at(ino) + 26, 0);
	put16(inode_at(ino), 0);
	mounted(0);
	ERR(stat(M "/dir0/file1", &st), EUCLEAN);
	OK(stat(M "/dir0/file2", &st));
	unmounted();
	from_disk();
	CHECK(get16(SUPER + 58) & 2);		/* it has errors */
}

TEST(an_inode_of_no_kind)
{
	unsigned int ino = ino_of(M "/dir0/file1");
	struct stat st;

	fresh();
	put16(inode_at(ino), 0x3000);
	mounted(0);
	ERR(stat(M "/dir0/file1", &st), EUCLEAN);
	unmounted();
}

TEST(sizes_that_cannot_be)
{
	unsigned int ino = ino_of(M "/dir0/file1");
	struct stat st;

	fresh();
	put32(inode_at(ino) + 108, 0x80000000);	/* negative */
	mounted(0);
	ERR(stat(M "/dir0/file1", &st), EUCLEAN);
	unmounted();
}

TEST(blocks_that_do_not_exist)
{
	unsigned int ino = ino_of(M "/dir0/file3");
	struct stat st;
	char buf[4096];
	int fd;

	fresh();
	put32(inode_at(ino) + 40, 0x7fffffff);
	mounted(0);
	ERR(stat(M "/dir0/file3", &st), EUCLEAN);
	unmounted();
	fresh();
	put32(inode_at(ino) + 40, get32(group_desc(0) + 8));	/* the inode table */
	mounted(0);
	ERR(stat(M "/dir0/file3", &st), EUCLEAN);
	unmounted();
	ino = ino_of(M "/big");
	fresh();
	put32(get32(inode_at(ino) + 40 + 48) * 1024L + 4 * 60, 0x7fffffff);
	mounted(0);
	fd = OK(open(M "/big", O_RDWR));
	EQ(pread(fd, buf, 4096, 0), 4096);
	ERR(pread(fd, buf, 4096, 72 * 1024), EIO);
	ERR(pwrite(fd, buf, 10, 72 * 1024), EUCLEAN);
	OK(close(fd));
	unmounted();
}

TEST(a_bad_directory_block)
{
	unsigned int ino = ino_of(M "/dir0");
	struct stat st;

	fresh();
	put16(get32(inode_at(ino) + 40) * 1024L + 12 + 4, 7);	/* the length of ".." */
	mounted(0);
	CHECK(stat(M "/dir0/file1", &st) == -1);
	CHECK(errno == EUCLEAN || errno == EIO || errno == ENOENT);
	CHECK(open(M "/dir0/new", O_CREAT | O_WRONLY, 0644) == -1);
	CHECK(errno == EUCLEAN || errno == EIO);
	CHECK(rmdir(M "/dir0") == -1);
	OK(stat(M "/dir1/file1", &st));
	unmounted();
}

TEST(an_error_may_make_it_read_only)
{
	unsigned int ino = ino_of(M "/dir0/file1");
	struct stat st;

	fresh();
	put16(inode_at(ino), 0x3000);
	to_disk();
	OK(mount(DISK, M, "ext2", 0, "errors=remount-ro"));
	OK(mkdir(M "/x", 0755));
	ERR(stat(M "/dir0/file1", &st), EUCLEAN);
	/* Linux's ext4 driver, which serves ext2, says so in the log and goes on */
	CHECK(mkdir(M "/y", 0755) == 0 || errno == EROFS);
	unmounted();
	from_disk();
	CHECK(get16(SUPER + 58) & 2);
}

/* A directory that is its own grandchild. */
TEST(circles_in_the_tree)
{
	unsigned int sub = ino_of(M "/dir0/sub"), top = ino_of(M "/dir0");
	long at;
	struct stat st;

	fresh();
	at = get32(inode_at(sub) + 40) * 1024L + 24;	/* behind "." and ".." */
	put32(at, top);
	mounted(0);
	CHECK(stat(M "/dir0/sub/deep", &st) == -1 || st.st_ino == top);
	CHECK(stat(M "/dir0/sub/deep/sub/deep/sub/deep", &st) == -1);
	rename(M "/dir0/sub/deep", M "/dir1/x");
	rename(M "/dir1", M "/dir0/sub/deep/dir1");
	unmounted();
}

/* A damaged size of the free space: no block is given out twice, none of the file system's own. */
TEST(bitmaps_that_lie)
{
	int fd;

	fresh();
	memset(image + get32(group_desc(0)) * 1024L, 0, 128);	/* all blocks free, says the bitmap */
	mounted(0);
	fd = open(M "/new", O_CREAT | O_WRONLY, 0644);
	if (fd >= 0) {
		char buf[1024] = "x";

		for (int i = 0; i < 100; i++)
			if (write(fd, buf, sizeof(buf)) < 0)
				break;
		fsync(fd);
		close(fd);
	}
	unmounted();
	from_disk();
	EQ(get16(SUPER + 56), 0xef53);
	EQ(get16(inode_at(2)) & S_IFMT, S_IFDIR);
}

int main(int argc, char **argv)
{
	mkdir(M, 0755);
	return test_main(argv);
}
