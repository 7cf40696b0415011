/*
 * tests/user/readahead.c - what is read before anybody asks for it, and what advice changes
 *
 * On /dev/vda of tools/diskimage.py, whose sectors begin with their numbers.  What is cached is asked by mincore(), what
 * was transferred of /proc/diskstats.
 */
#include "test.h"
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <uapi/blkdev.h>

#define PAGE		4096
#define SIZE		(8L << 20)
#define PAGES		(SIZE / PAGE)

/* The disk with nothing cached, and a mapping to look at it. */
static int fd;
static char *map;

static void cold(int flags)
{
	fd = OK(open("/dev/vda", flags));
	OK(ioctl(fd, BLKFLSBUF, 0));
	map = mmap(NULL, SIZE, PROT_READ, MAP_SHARED, fd, 0);
	CHECK(map != MAP_FAILED);
}

static int cached(long page)
{
	unsigned char vec;

	OK(mincore(map + page * PAGE, PAGE, &vec));
	return vec & 1;
}

static int count_cached(long from, long to)
{
	int n = 0;

	for (; from < to; from++)
		n += cached(from);
	return n;
}

/* Requests to read that vda has been given. */
static unsigned long reads(void)
{
	static char text[4096];
	int f = OK(open("/proc/diskstats", O_RDONLY)), n = OK(read(f, text, sizeof(text) - 1));
	char *p;

	text[n] = '\0';
	close(f);
	p = strstr(text, " vda ");
	CHECK(p);
	return strtoul(p + 5, NULL, 10);
}

static uint64_t page_at(long page)
{
	static uint64_t buf[PAGE / 8];

	EQ(pread(fd, buf, PAGE, page * PAGE), PAGE);
	return buf[64];				/* its second sector's number; the first may be a table */
}

static long major_faults(void)
{
	struct rusage u;

	OK(getrusage(RUSAGE_SELF, &u));
	return u.ru_majflt;
}

TEST(reading_in_order_takes_few_requests)
{
	unsigned long before;

	cold(O_RDONLY);
	before = reads();
	for (long p = 0; p < 256; p++)
		EQ(page_at(p), p * 8 + 1);
	CMP(reads() - before, <=, 24);
	CMP(count_cached(256, 512), >, 0);		/* and it is ahead */
	CMP(count_cached(600, PAGES), ==, 0);		/* but not far */
}

TEST(the_first_read_of_a_file_opens_a_small_window)
{
	cold(O_RDONLY);
	page_at(0);
	EVENTUALLY(count_cached(0, 4) == 4);
	EQ(count_cached(4, 64), 0);
}

TEST(who_comes_to_the_mark_starts_the_next_window)
{
	cold(O_RDONLY);
	page_at(0);				/* 0 to 3, marked at 1 */
	EVENTUALLY(count_cached(0, 4) == 4);
	page_at(1);
	EVENTUALLY(count_cached(4, 12) == 8);	/* though 2 and 3 are still to be read */
	EQ(count_cached(12, 300), 0);
	page_at(4);				/* the mark is at the beginning of the window */
	EVENTUALLY(count_cached(12, 28) == 16);
	EQ(count_cached(28, 300), 0);
}

/* A second reader of the same disk has no window; the mark that he meets opens one. */
TEST(a_mark_of_another_reader_opens_a_window)
{
	int other;

	cold(O_RDONLY);
	page_at(0);
	EVENTUALLY(count_cached(0, 4) == 4);
	other = OK(open("/dev/vda", O_RDONLY));
	fd = other;
	page_at(1);
	EVENTUALLY(count_cached(4, 8) == 4);
}

TEST(reading_here_and_there_reads_what_is_asked)
{
	static const int pages[] = { 700, 300, 1500, 900, 100 };

	cold(O_RDONLY);
	for (int i = 0; i < 5; i++) {
		EQ(page_at(pages[i]), pages[i] * 8 + 1);
		EQ(count_cached(pages[i] - 30, pages[i] + 60), 1);
	}
	EQ(count_cached(0, PAGES), 5);
}

TEST(random_advice_turns_it_off)
{
	cold(O_RDONLY);
	EQ(syscall(__NR_fadvise64, fd, 0L, 0L, POSIX_FADV_RANDOM), 0);
	for (long p = 0; p < 20; p++)
		page_at(p);
	EQ(count_cached(0, 300), 20);
	EQ(syscall(__NR_fadvise64, fd, 0L, 0L, POSIX_FADV_NORMAL), 0);
	for (long p = 20; p < 40; p++)
		page_at(p);
	CMP(count_cached(40, 300), >, 0);
}

TEST(willneed_and_readahead_bring_what_they_name)
{
	cold(O_RDONLY);
	EQ(syscall(__NR_fadvise64, fd, 100L * PAGE, 50L * PAGE, POSIX_FADV_WILLNEED), 0);
	EVENTUALLY(count_cached(100, 150) == 50);
	EQ(syscall(__NR_readahead, fd, 300L * PAGE, 40L * PAGE), 0);
	EVENTUALLY(count_cached(300, 340) == 40);
	OK(madvise(map + 500 * PAGE, 30 * PAGE, MADV_WILLNEED));
	EVENTUALLY(count_cached(500, 530) == 30);
	EQ(count_cached(0, PAGES), 120);
	EQ(page_at(120), 961);
	EQ(page_at(510), 4081);
}

TEST(dontneed_drops_whole_pages)
{
	cold(O_RDONLY);
	EQ(syscall(__NR_fadvise64, fd, 0L, 64L * PAGE, POSIX_FADV_WILLNEED), 0);
	EVENTUALLY(count_cached(0, 64) == 64);
	EQ(syscall(__NR_fadvise64, fd, 8L * PAGE + 1, 8L * PAGE, POSIX_FADV_DONTNEED), 0);
	EQ(cached(8), 1);
	EQ(count_cached(9, 16), 0);
	EQ(cached(16), 1);
	EQ(count_cached(0, 64), 57);
	EQ(syscall(__NR_fadvise64, fd, 0L, 0L, POSIX_FADV_DONTNEED), 0);
	EQ(count_cached(0, PAGES), 0);
}

TEST(dontneed_keeps_what_was_written)
{
	char c = 0;

	cold(O_RDWR);
	EQ(pwrite(fd, "q", 1, 200 * PAGE + 5), 1);
	EQ(syscall(__NR_fadvise64, fd, 0L, 0L, POSIX_FADV_DONTNEED), 0);
	EQ(pread(fd, &c, 1, 200 * PAGE + 5), 1);
	EQ(c, 'q');
}

TEST(a_fault_reads_around_itself)
{
	long before;

	cold(O_RDONLY);
	before = major_faults();
	EQ(*(volatile uint64_t *)(map + 1000 * PAGE), 8000);
	EQ(major_faults() - before, 1);
	EVENTUALLY(count_cached(984, 1016) == 32);
	EQ(count_cached(0, 984) + count_cached(1016, PAGES), 0);
	EQ(*(volatile uint64_t *)(map + 990 * PAGE), 990 * 8);
	EQ(major_faults() - before, 1);
}

TEST(a_fault_where_access_is_random_reads_one_page)
{
	cold(O_RDONLY);
	OK(madvise(map, SIZE, MADV_RANDOM));
	EQ(*(volatile uint64_t *)(map + 1000 * PAGE), 8000);
	EQ(*(volatile uint64_t *)(map + 1001 * PAGE), 8008);
	EQ(count_cached(0, PAGES), 2);
}

TEST(a_fault_where_access_is_sequential_reads_ahead)
{
	unsigned long before;

	cold(O_RDONLY);
	OK(madvise(map, SIZE, MADV_SEQUENTIAL));
	before = reads();
	for (long p = 400; p < 600; p++)
		EQ(*(volatile uint64_t *)(map + p * PAGE + 512), p * 8 + 1);
	CMP(reads() - before, <=, 24);
	EQ(count_cached(0, 400), 0);
}

TEST(the_end_of_the_device_is_the_end)
{
	uint64_t n;

	fd = OK(open("/dev/vdb", O_RDONLY));
	OK(ioctl(fd, BLKFLSBUF, 0));
	for (long s = 0; s < 2049; s += 8) {
		EQ(pread(fd, &n, 8, s * 512), 8);
		EQ(n, s);
	}
	EQ(syscall(__NR_readahead, fd, 0L, 1L << 40), 0);
	EQ(syscall(__NR_readahead, fd, 1L << 40, 1L << 20), 0);
	EQ(syscall(__NR_fadvise64, fd, 1L << 40, 0L, POSIX_FADV_WILLNEED), 0);
	EQ(pread(fd, &n, 8, 2048 * 512), 8);
	EQ(n, 2048);
}

TEST(advice_has_rims)
{
	int p[2];

	cold(O_RDONLY);
	ERR(syscall(__NR_fadvise64, fd, 0L, -1L, POSIX_FADV_WILLNEED), EINVAL);
	ERR(syscall(__NR_fadvise64, fd, 0L, 0L, 6), EINVAL);
	ERR(syscall(__NR_fadvise64, fd, 0L, 0L, -1), EINVAL);
	ERR(syscall(__NR_fadvise64, 99, 0L, 0L, 0), EBADF);
	ERR(syscall(__NR_readahead, 99, 0L, 1L), EBADF);
	OK(pipe2(p, 0));
	ERR(syscall(__NR_fadvise64, p[0], 0L, 0L, 0), ESPIPE);
	ERR(syscall(__NR_readahead, p[0], 0L, 1L), EINVAL);
	ERR(syscall(__NR_readahead, OK(open("/dev/vda", O_WRONLY)), 0L, 1L), EBADF);
	EQ(count_cached(0, PAGES), 0);
}
