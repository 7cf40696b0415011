/*
 * tests/user/diskerr.c - what programs are told when the disk cannot
 *
 * On vde of tools/diskimage.py, which cannot read sector 800 nor write sector 1000, and vdf, which cannot be flushed.
 */
#include "swap.h"
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <uapi/blkdev.h>

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

/* ---- swap on such a disk ---- */

#define BAD_SWAP	"/dev/vde"
#define SLOTS		(BAD_WRITE - 5)	/* all can be written */
#define LAST_BATCH	15
#define PUSHED		(SLOTS - 10)	/* Linux forgets none of them once no slot is free */

/* A child uses memory up until what has been written has also left, but for a batch that waits to be moved on the list. */
static void squeeze(char *p)
{
	int pid = OK(fork());

	if (!pid) {
		while (pages_in_memory(p, PUSHED) > LAST_BATCH) {
			long n = number_in("/proc/meminfo", "MemFree:") > 32 << 10 ? 1024 : 8;

			memset(map_pages(n), 1, n * PAGE);
		}
		_exit(0);
	}
	OK(waitpid(pid, NULL, 0));	/* or killed for memory: whether it got there is seen by looking */
	CHECK(pages_in_memory(p, PUSHED) <= LAST_BATCH);
}

/* Pages are pushed out; they are read one by one, so that one alone cannot be. */
static void push_out_to_bad_swap(char *p)
{
	swapoff(BAD_SWAP);		/* what a case that failed has left */
	EQ(put_text("/proc/sys/vm/page-cluster", "0"), 1);
	fill_header(1, SLOTS, 0);
	write_header_to(BAD_SWAP);
	OK(swapon(BAD_SWAP, 0));
	number(p, PUSHED);
	OK(madvise(p, PUSHED * PAGE, MADV_PAGEOUT));
	squeeze(p);
}

/* The page whose contents are in the slot that cannot be read. */
static int lost_page(const char *p)
{
	for (int tries = 0; tries < 1000; tries++, sched_yield())
		for (int i = 0; i < PUSHED; i++)
			if (pagemap(p + i * PAGE) >> 62 & 1 && (pagemap(p + i * PAGE) & ((1UL << 55) - 1)) >> 5 == BAD_READ)
				return i;
	FAIL("no page is in slot %ld", BAD_READ);
	return -1;
}

/* All the others are as they were. */
static void check_rest(const char *p, int lost)
{
	EQ(wrong(p, lost), 0);
	for (int i = lost + 1; i < PUSHED; i++) {
		char want[32];

		snprintf(want, sizeof(want), "page %d", i);
		CHECK(!strcmp(p + i * PAGE, want));
	}
}

TEST(swapoff_gives_up_a_page_that_cannot_be_read)
{
	char *p = mmap(NULL, PUSHED * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int lost, fd[2];

	CHECK(p != MAP_FAILED);
	push_out_to_bad_swap(p);
	lost = lost_page(p);
	DIES(CHILD((void)*(volatile char *)(p + lost * PAGE)), SIGBUS);
	OK(swapoff(BAD_SWAP));
	EQ(smaps_kb(p, "Swap"), 0);
	check_rest(p, lost);
	DIES(CHILD((void)*(volatile char *)(p + lost * PAGE)), SIGBUS);
	DIES(CHILD(*(volatile char *)(p + lost * PAGE) = 1), SIGBUS);
	CHECK(!pipe(fd));
	ERR(write(fd[1], p + lost * PAGE, 1), EFAULT);
	OK(madvise(p + lost * PAGE, PAGE, MADV_DONTNEED));	/* a new one */
	EQ(p[lost * PAGE], 0);
	EQ(munmap(p, PUSHED * PAGE), 0);
}

TEST(madvise_free_forgets_that_a_page_is_lost)
{
	char *p = mmap(NULL, PUSHED * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int lost;

	CHECK(p != MAP_FAILED);
	push_out_to_bad_swap(p);
	lost = lost_page(p);
	OK(swapoff(BAD_SWAP));
	OK(madvise(p + lost * PAGE, PAGE, MADV_FREE));
	EQ(p[lost * PAGE], 0);
	check_rest(p, lost);
}

TEST(so_does_a_file_of_memory)
{
	int fd = OK(syscall(__NR_memfd_create, "lost", 0)), lost;
	char *p, c;

	OK(ftruncate(fd, PUSHED * PAGE));
	p = mmap(NULL, PUSHED * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	CHECK(p != MAP_FAILED);
	push_out_to_bad_swap(p);
	for (lost = 0; lost < PUSHED; lost++)
		if (pread(fd, &c, 1, lost * PAGE) != 1)
			break;
	CHECK(lost < PUSHED);
	ERR(pread(fd, &c, 1, lost * PAGE), EIO);
	DIES(CHILD((void)*(volatile char *)(p + lost * PAGE)), SIGBUS);
	OK(swapoff(BAD_SWAP));
	check_rest(p, lost);
	ERR(pread(fd, &c, 1, lost * PAGE), EIO);
	ERR(pwrite(fd, &c, 1, lost * PAGE), EIO);
	DIES(CHILD(*(volatile char *)(p + lost * PAGE) = 1), SIGBUS);
	OK(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, lost * PAGE, PAGE));
	EQ(pread(fd, &c, 1, lost * PAGE), 1);
	EQ(c, 0);
	OK(ftruncate(fd, 0));
	close(fd);
}

TEST(swapoff_gives_up_a_page_of_such_a_file_that_nobody_has_read)
{
	int fd = OK(syscall(__NR_memfd_create, "lost", 0)), lost = 0;
	char *p, c;

	OK(ftruncate(fd, PUSHED * PAGE));
	p = mmap(NULL, PUSHED * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	CHECK(p != MAP_FAILED);
	push_out_to_bad_swap(p);
	OK(swapoff(BAD_SWAP));
	for (int i = 0; i < PUSHED; i++)
		if (pread(fd, &c, 1, i * PAGE) != 1)
			lost++;
	EQ(lost, 1);
	OK(munmap(p, PUSHED * PAGE));
	close(fd);			/* with it */
}
