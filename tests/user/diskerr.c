/*
 * tests/user/diskerr.c - what programs are told when the disk cannot
 *
 * On vde of tools/diskimage.py, which cannot read sector 800 nor write sector 1000, and vdf, which cannot be flushed.
 */
#include "test.h"
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <uapi/blkdev.h>

#define PAGE		4096
#define BAD_READ	100L		/* pages */
#define BAD_WRITE	125L

static int disk(void)
{
	return OK(open("/dev/vde", O_RDWR));
}

TEST(what_cannot_be_read_is_EIO_and_the_rest_is_read)
{
	int fd = disk();
	static char buf[8 * PAGE];
	uint64_t n;

	for (int round = 0; round < 2; round++) {
		ERR(pread(fd, buf, 1, BAD_READ * PAGE), EIO);
		ERR(pread(fd, buf, PAGE, BAD_READ * PAGE + 100), EIO);
		EQ(pread(fd, &n, 8, (BAD_READ - 1) * PAGE), 8);
		EQ(n, (BAD_READ - 1) * 8);
		EQ(pread(fd, &n, 8, (BAD_READ + 1) * PAGE), 8);
		EQ(n, (BAD_READ + 1) * 8);
		EQ(pread(fd, buf, sizeof(buf), (BAD_READ - 3) * PAGE), 3 * PAGE);	/* up to there */
		EQ(ioctl(fd, BLKFLSBUF, 0), 0);
	}
	for (long p = 0; p < 256; p++)			/* read-ahead comes across it */
		if (p != BAD_READ) {
			EQ(pread(fd, &n, 8, p * PAGE), 8);
			EQ(n, p * 8);
		}
}

TEST(a_part_of_a_page_that_cannot_be_read_is_not_written)
{
	ERR(pwrite(disk(), "x", 1, BAD_READ * PAGE + 10), EIO);
}

TEST(a_mapping_of_it_is_a_SIGBUS)
{
	char *p = mmap(NULL, 256 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, disk(), 0);

	CHECK(p != MAP_FAILED);
	EQ(*(uint64_t *)(p + (BAD_READ + 1) * PAGE), (BAD_READ + 1) * 8);
	DIES(CHILD((void)*(volatile char *)(p + BAD_READ * PAGE)), SIGBUS);
	DIES(CHILD(*(volatile char *)(p + BAD_READ * PAGE) = 1), SIGBUS);
}

TEST(each_open_file_is_told_once_of_a_write_that_failed)
{
	int a = disk(), b = disk(), c;

	EQ(pwrite(a, "x", 1, BAD_WRITE * PAGE), 1);
	EQ(pwrite(a, "y", 1, 10 * PAGE), 1);
	ERR(fsync(a), EIO);
	EQ(fsync(a), 0);
	ERR(fsync(b), EIO);
	EQ(syscall(__NR_fdatasync, b), 0);
	c = disk();
	EQ(fsync(c), 0);
	EQ(pwrite(c, "z", 1, BAD_WRITE * PAGE), 1);
	ERR(syscall(__NR_fdatasync, c), EIO);
	ERR(fsync(a), EIO);
	ERR(fsync(b), EIO);
	EQ(fsync(a), 0);
	EQ(fsync(b), 0);
	EQ(fsync(c), 0);
}

TEST(who_comes_later_is_told_if_nobody_was)
{
	int a = disk(), b;

	EQ(pwrite(a, "x", 1, BAD_WRITE * PAGE), 1);
	sync();
	b = disk();
	ERR(fsync(b), EIO);
	EQ(fsync(b), 0);
	ERR(fsync(a), EIO);
}

TEST(msync_and_sync_file_range_tell_it_too)
{
	int fd = disk();
	char *p = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, BAD_WRITE * PAGE);

	CHECK(p != MAP_FAILED);
	p[5] = 1;
	ERR(msync(p, PAGE, MS_SYNC), EIO);
	EQ(msync(p, PAGE, MS_SYNC), 0);
	p[5] = 2;
	ERR(syscall(__NR_sync_file_range, fd, BAD_WRITE * PAGE, (long)PAGE, 7), EIO);
	EQ(syscall(__NR_sync_file_range, fd, BAD_WRITE * PAGE, (long)PAGE, 7), 0);
	EQ(p[5], 2);
}

TEST(a_flush_that_fails_is_EIO_each_time)
{
	int fd = OK(open("/dev/vdf", O_RDWR));

	EQ(pwrite(fd, "x", 1, 0), 1);
	ERR(fsync(fd), EIO);
	ERR(fsync(fd), EIO);
	EQ(syscall(__NR_sync_file_range, fd, 0L, 0L, 7), 0);
}
