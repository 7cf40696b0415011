/*
 * tests/user/accessed.c - read(2) is a use of a page: read once it is referenced, read again it is active
 *
 * The fourth disk (tools/diskimage.py), and a file in memory.  /proc/kpageflags tells.
 */
#include "proc.h"

#define N	64			/* Linux moves pages to the active list fifteen at a time */
#define ACTIVE		(1UL << 6)

static unsigned long flags_of(const volatile char *p)
{
	unsigned long word, pfn;
	int fd = OK(open("/proc/kpageflags", O_RDONLY));

	peek(p);
	pfn = pagemap(p) & ((1UL << 55) - 1);
	EQ(pread(fd, &word, 8, pfn * 8), 8);
	close(fd);
	return word;
}

/*
 * How many of the file's pages have this flag.  Mapped for this moment, and on Linux the end of the mapping is a use as well:
 * to be asked once.
 */
static int count(int fd, unsigned long flag)
{
	char *p = mmap(NULL, N * PAGE, PROT_READ, MAP_SHARED, fd, 0);
	int n = 0;

	CHECK(p != MAP_FAILED);
	for (int i = 0; i < N; i++)
		n += !!(flags_of(p + i * PAGE) & flag);
	OK(munmap(p, N * PAGE));
	return n;
}

static void read_all(int fd, int piece)
{
	char buf[PAGE];

	for (unsigned long at = 0; at < N * PAGE; at += piece)
		EQ(pread(fd, buf, piece, at), piece);
}

static void drop_caches(void)
{
	sync();
	EQ(put_text("/proc/sys/vm/drop_caches", "3"), 1);
}

TEST(read_twice_a_page_of_a_disk_is_active)
{
	int fd = OK(open("/dev/vdd", O_RDONLY));

	drop_caches();
	read_all(fd, PAGE);
	EQ(count(fd, ACTIVE), 0);
	drop_caches();
	read_all(fd, PAGE);
	read_all(fd, PAGE);
	CMP(count(fd, ACTIVE), >=, N - 16);
}

TEST(small_reads_of_one_page_are_one_use)
{
	int fd = OK(open("/dev/vdd", O_RDONLY));

	drop_caches();
	read_all(fd, 512);
	EQ(count(fd, ACTIVE), 0);
	drop_caches();
	read_all(fd, 512);
	read_all(fd, 512);
	CMP(count(fd, ACTIVE), >=, N - 16);
}

TEST(write_to_a_disk_is_no_use)
{
	int fd = OK(open("/dev/vdd", O_RDWR));
	char buf[PAGE] = "x";

	drop_caches();
	for (int round = 0; round < 4; round++)
		for (int i = 0; i < N; i++)
			EQ(pwrite(fd, buf, PAGE, i * PAGE), PAGE);
	EQ(count(fd, ACTIVE), 0);
}

/* Of a file in memory a write is a use as well. */
TEST(a_page_in_memory_written_and_read_is_active)
{
	int fd = OK(syscall(__NR_memfd_create, "m", 0));
	char buf[PAGE] = "x";

	for (int i = 0; i < N; i++)
		EQ(write(fd, buf, PAGE), PAGE);
	read_all(fd, 512);
	CMP(count(fd, ACTIVE), >=, N - 16);
}

TEST(a_page_in_memory_written_twice_is_active)
{
	int fd = OK(syscall(__NR_memfd_create, "m", 0));
	char buf[PAGE] = "x";

	for (int round = 0; round < 2; round++)
		for (int i = 0; i < N; i++)
			EQ(pwrite(fd, buf, PAGE, i * PAGE), PAGE);
	CMP(count(fd, ACTIVE), >=, N - 16);
}

TEST(a_hole_that_is_written_through_a_mapping_is_not_referenced)
{
	int fd = OK(syscall(__NR_memfd_create, "m", 0));
	char *p;

	OK(ftruncate(fd, N * PAGE));
	p = mmap(NULL, N * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	for (int i = 0; i < N; i++)
		poke(p + i * PAGE, 'x');
	read_all(fd, 512);
	EQ(count(fd, ACTIVE), 0);
}
