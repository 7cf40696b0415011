/*
 * tests/user/lazy.c - memory comes at the first touch: zero page, counters
 */
#include "mem.h"

#define PAGES	1024UL

/* Field of /proc/self/statm, in pages: 0 size, 1 resident, 2 shared, 3 text, 5 data. */
static long statm(int field)
{
	char text[128], *rest = text;
	int fd = OK(open("/proc/self/statm", O_RDONLY));
	ssize_t n = read(fd, text, sizeof(text) - 1);

	close(fd);
	CMP(n, >, 0);
	text[n] = '\0';
	while (field--)
		strsep(&rest, " ");
	return strtol(rest, NULL, 10);
}

TEST(mmap_grows_size_and_not_rss)
{
	long size = statm(0), rss = statm(1), data = statm(5);

	map_pages(PAGES);
	EQ(statm(0) - size, PAGES);
	EQ(statm(5) - data, PAGES);
	CMP(statm(1) - rss, <=, RSS_SLACK / 4);
}

TEST(an_untouched_page_has_no_frame)
{
	EQ(frame(map_pages(1)), 0);
}

TEST(a_page_read_first_is_the_zero_page)
{
	char *p = map_pages(3);

	EQ(peek(p) + peek(p + PAGE), 0);
	CHECK(frame(p));
	EQ(frame(p), frame(p + PAGE));
	EQ(frame(p + 2 * PAGE), 0);
}

TEST(writing_replaces_the_zero_page_by_a_frame_of_ones_own)
{
	char *p = map_pages(2);
	unsigned long zero;

	EQ(peek(p) + peek(p + PAGE), 0);
	zero = frame(p);
	poke(p, 1);
	CHECK(frame(p) != zero && frame(p));
	EQ(frame(p + PAGE), zero);
	EQ(p[PAGE], 0);
	EQ(p[1], 0);
}

TEST(reading_zero_pages_does_not_count_as_rss)
{
	char *p = map_pages(PAGES);
	long rss = status_value("VmRSS");

	for (unsigned long i = 0; i < PAGES; i++)
		peek(p + i * PAGE);
	CMP(status_value("VmRSS") - rss, <=, RSS_SLACK);
}

TEST(each_written_page_counts_as_rss)
{
	char *p = map_pages(PAGES);
	long rss = status_value("VmRSS"), anon = status_value("RssAnon");

	memset(p, 1, PAGES * PAGE);
	CMP(status_value("VmRSS") - rss, >=, PAGES * 4 - RSS_SLACK);
	CMP(status_value("RssAnon") - anon, >=, PAGES * 4 - RSS_SLACK);
	CMP(status_value("VmHWM"), >=, PAGES * 4 - RSS_SLACK);
}

TEST(each_first_touch_is_one_minor_fault)
{
	char *p = map_pages(64);

	EQ(MINFLT(for (int i = 0; i < 64; i++) peek(p + i * PAGE)), 64);
	EQ(MINFLT(for (int i = 0; i < 64; i++) peek(p + i * PAGE)), 0);
	EQ(MINFLT(for (int i = 0; i < 64; i++) poke(p + i * PAGE, 1)), 64);
	EQ(MINFLT(for (int i = 0; i < 64; i++) poke(p + i * PAGE, 1)), 0);
	p = map_pages(64);
	EQ(MINFLT(for (int i = 0; i < 64; i++) poke(p + i * PAGE, 1)), 64);
}

TEST(a_huge_reservation_costs_nothing)
{
	char *p = map_at(NULL, 1UL << 24, PROT_READ | PROT_WRITE, MAP_NORESERVE);

	poke(p + (1UL << 35), 1);
	EQ(p[1UL << 35], 1);
	OK(munmap(p, 1UL << 36));
}

TEST(madvise_dontneed_gives_zero_pages_again)
{
	char *p = map_pages(4);

	memset(p, 'x', 4 * PAGE);
	OK(madvise(p + PAGE, 2 * PAGE, MADV_DONTNEED));
	EQ(frame(p + PAGE), 0);
	EQ(p[0], 'x');
	EQ(p[PAGE], 0);
	EQ(p[3 * PAGE - 1], 0);
	EQ(p[3 * PAGE], 'x');
}

TEST(madvise_dontneed_gives_frames_back)
{
	char *p = map_pages(PAGES);
	long rss;

	memset(p, 1, PAGES * PAGE);
	rss = status_value("VmRSS");
	OK(madvise(p, PAGES * PAGE, MADV_DONTNEED));
	CMP(rss - status_value("VmRSS"), >=, PAGES * 4 - RSS_SLACK);
}

TEST(madvise_rejects_nonsense)
{
	char *p = lonely(3);

	ERR(madvise(p, PAGE, MADV_DONTNEED), ENOMEM);
	map_at(p, 1, PROT_READ, MAP_FIXED);
	ERR(madvise(p + 1, PAGE, MADV_DONTNEED), EINVAL);
	ERR(madvise(p, PAGE, 12345), EINVAL);
	OK(madvise(p, 0, MADV_DONTNEED));
	OK(madvise(p, PAGE, MADV_NORMAL));
}

TEST(the_kernel_fills_a_buffer_that_has_no_pages_yet)
{
	char *p = map_pages(4);
	int fd = OK(open("/proc/self/exe", O_RDONLY));

	EQ(read(fd, p + 100, 2 * PAGE), 2 * PAGE);
	EQ(p[101], 'E');
	EQ(p[99], 0);
}

TEST(the_kernel_reads_zeros_from_a_buffer_that_has_no_pages_yet)
{
	char *p = map_pages(1), back[16];
	int fds[2];

	OK(pipe(fds));
	EQ(write(fds[1], p, 16), 16);
	EQ(read(fds[0], back, 16), 16);
	EQ(memchr_inv(back, 0, 16), 0);
}

TEST(mincore_tells_which_pages_are_there)
{
	unsigned char vec[4];
	char *p = map_pages(4);

	poke(p, 1);
	poke(p + 2 * PAGE, 1);
	OK(mincore(p, 4 * PAGE, vec));
	EQ(vec[0] & 1, 1);
	EQ(vec[1] & 1, 0);
	EQ(vec[2] & 1, 1);
	EQ(vec[3] & 1, 0);
	ERR(mincore(lonely(1), PAGE, vec), ENOMEM);
}
