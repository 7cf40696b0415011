/*
 * tests/user/nonlinear.c - remap_file_pages: file pages in an order of one's own
 */
#include "mem.h"

#define RW	(PROT_READ | PROT_WRITE)
#define PAGES	8

static long remap(void *addr, unsigned long pages, unsigned long pgoff, int flags)
{
	return syscall(__NR_remap_file_pages, addr, pages * PAGE, 0, pgoff, flags);
}

/* An empty file without a name; its descriptor. */
static int new_file(void)
{
	int fd = OK(open("/tmp/nonlinear", O_RDWR | O_CREAT | O_EXCL, 0600));

	OK(unlink("/tmp/nonlinear"));
	return fd;
}

/* A file of PAGES pages, page n full of '0' + n; its descriptor. */
static int numbered(void)
{
	static char page[PAGE];
	int fd = new_file();

	for (int i = 0; i < PAGES; i++) {
		memset(page, '0' + i, PAGE);
		EQ(write(fd, page, PAGE), PAGE);
	}
	return fd;
}

static char *shared(int fd, unsigned long pages)
{
	char *p = mmap(lonely(pages), pages * PAGE, RW, MAP_SHARED | MAP_FIXED, fd, 0);

	CHECK(p != MAP_FAILED);
	return p;
}

/* The first bytes of the pages, as text; both ends of each page must agree. */
static const char *seen(const char *p, int pages)
{
	static char text[PAGES * 2 + 1];

	for (int i = 0; i < pages; i++) {
		EQ(p[i * PAGE], p[i * PAGE + PAGE - 1]);
		text[i] = p[i * PAGE];
	}
	text[pages] = '\0';
	return text;
}

static const char *resident(char *p, int pages)
{
	static char text[PAGES + 1];
	unsigned char vec[PAGES];

	OK(mincore(p, pages * PAGE, vec));
	for (int i = 0; i < pages; i++)
		text[i] = vec[i] & 1 ? '1' : '0';
	text[pages] = '\0';
	return text;
}

TEST(pages_appear_in_the_order_asked_for)
{
	int fd = numbered();
	char *p = shared(fd, PAGES);

	STREQ(seen(p, PAGES), "01234567");
	OK(remap(p, 1, 3, 0));
	OK(remap(p + 2 * PAGE, 2, 6, 0));
	OK(remap(p + 7 * PAGE, 1, 0, 0));
	STREQ(seen(p, PAGES), "31674560");
}

TEST(remapped_before_the_first_touch)
{
	char *p = shared(numbered(), PAGES);

	OK(remap(p + PAGE, 4, 4, MAP_NONBLOCK));
	STREQ(seen(p, PAGES), "04567567");
}

TEST(a_remapped_page_is_the_same_frame)
{
	char *p = shared(numbered(), PAGES);

	OK(remap(p, 1, 5, 0));
	EQ(peek(p), '5');
	EQ(peek(p + 5 * PAGE), '5');
	CHECK(frame(p));
	EQ(frame(p), frame(p + 5 * PAGE));
}

TEST(writes_go_to_the_file_page_that_is_shown)
{
	int fd = numbered();
	char *p = shared(fd, 4), c;

	OK(remap(p, 2, 6, 0));
	p[PAGE] = 'x';
	EQ(pread(fd, &c, 1, 7 * PAGE), 1);
	EQ(c, 'x');
	EQ(pread(fd, &c, 1, PAGE), 1);
	EQ(c, '1');
	EQ(pwrite(fd, "y", 1, 6 * PAGE), 1);
	EQ(p[0], 'y');
}

TEST(remapping_back_and_remapping_again)
{
	char *p = shared(numbered(), 4);

	OK(remap(p, 4, 4, 0));
	STREQ(seen(p, 4), "4567");
	OK(remap(p + PAGE, 2, 1, 0));
	STREQ(seen(p, 4), "4127");
	OK(remap(p, 4, 0, 0));
	STREQ(seen(p, 4), "0123");
}

TEST(a_child_has_the_same_order)
{
	char *p = shared(numbered(), PAGES);

	OK(remap(p, 2, 4, 0));
	OK(remap(p + 2 * PAGE, 2, 0, MAP_NONBLOCK));
	EXITS(CHILD(
		STREQ(seen(p, PAGES), "45014567");
		p[0] = p[PAGE - 1] = 'c';
	), 0);
	STREQ(seen(p, PAGES), "c501c567");
}

TEST(dontneed_keeps_the_order)
{
	char *p = shared(numbered(), PAGES);

	OK(remap(p, 4, 4, 0));
	STREQ(seen(p, PAGES), "45674567");
	OK(madvise(p, PAGES * PAGE, MADV_DONTNEED));
	EQ(frame(p), 0);
	STREQ(seen(p, PAGES), "45674567");
}

TEST(mprotect_keeps_the_order)
{
	char *p = shared(numbered(), PAGES);

	OK(remap(p, 2, 4, 0));
	OK(remap(p + 2 * PAGE, 2, 0, MAP_NONBLOCK));
	OK(mprotect(p + PAGE, PAGE, PROT_READ));
	SEGV(poke(p + PAGE, 1), SEGV_ACCERR, p + PAGE);
	poke(p, '4');
	STREQ(seen(p, PAGES), "45014567");
	OK(mprotect(p + PAGE, PAGE, RW));
	poke(p + PAGE, '5');
	STREQ(seen(p, PAGES), "45014567");
}

TEST(munmap_of_a_part_leaves_the_rest_in_order)
{
	char *p = shared(numbered(), PAGES);

	OK(remap(p, PAGES - 2, 2, MAP_NONBLOCK));
	OK(munmap(p + 2 * PAGE, PAGE));
	SEGV(peek(p + 2 * PAGE), SEGV_MAPERR, p + 2 * PAGE);
	STREQ(seen(p, 2), "23");
	STREQ(seen(p + 3 * PAGE, 5), "56767");
}

TEST(mremap_moves_the_order_along)
{
	char *p = shared(numbered(), PAGES), *to = lonely(PAGES);

	OK(remap(p, 2, 4, 0));
	EQ(mremap(p, 2 * PAGE, 2 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, to), to);
	STREQ(seen(to, 2), "45");
	STREQ(areas(p, PAGES), "2+6 rw-s");
	OK(madvise(to, 2 * PAGE, MADV_DONTNEED));
	STREQ(seen(to, 2), "45");
}

TEST(mremap_of_nothing_makes_a_second_view)
{
	char *p = shared(numbered(), PAGES), *q;

	OK(remap(p, 2, 4, 0));
	q = mremap(p + PAGE, 0, 3 * PAGE, MREMAP_MAYMOVE);
	CHECK(q != MAP_FAILED);
	STREQ(seen(q, 3), "567");
	q[0] = q[PAGE - 1] = 'q';
	STREQ(seen(p, PAGES), "4q234q67");
}

TEST(truncation_takes_remapped_pages_away)
{
	int fd = numbered();
	char *p = shared(fd, PAGES);

	OK(remap(p, 4, 4, 0));
	STREQ(seen(p, PAGES), "45674567");
	OK(ftruncate(fd, 5 * PAGE));
	EQ(p[0], '4');
	SIGBUS_AT(peek(p + PAGE), p + PAGE);
	SIGBUS_AT(peek(p + 5 * PAGE), p + 5 * PAGE);
	OK(ftruncate(fd, PAGES * PAGE));
	EQ(p[PAGE], 0);
	EQ(p[4 * PAGE], '4');
	EQ(pwrite(fd, "n", 1, 6 * PAGE), 1);
	EQ(p[2 * PAGE], 'n');
	EQ(p[6 * PAGE], 'n');
}

TEST(a_punched_hole_shows_wherever_the_page_is_shown)
{
	int fd = numbered();
	char *p = shared(fd, PAGES);

	OK(remap(p, 1, 6, 0));
	OK(syscall(__NR_fallocate, fd, 3, 6 * PAGE, PAGE));
	EQ(p[0], 0);
	EQ(p[6 * PAGE], 0);
	EQ(p[7 * PAGE], '7');
}

TEST(madv_remove_punches_what_is_shown)
{
	int fd = numbered();
	char *p = shared(fd, PAGES), c;

	OK(remap(p, 2, 5, 0));
	OK(madvise(p, 2 * PAGE, MADV_REMOVE));
	for (int i = 0; i < PAGES; i++) {
		EQ(pread(fd, &c, 1, i * PAGE), 1);
		EQ(c, i == 5 || i == 6 ? 0 : '0' + i);
	}
}

TEST(mincore_looks_at_the_page_that_is_shown)
{
	int fd = new_file();
	char *p;

	OK(ftruncate(fd, PAGES * PAGE));
	EQ(pwrite(fd, "x", 1, 5 * PAGE), 1);
	p = shared(fd, 4);
	STREQ(resident(p, 4), "0000");
	OK(remap(p + PAGE, 1, 5, MAP_NONBLOCK));
	STREQ(resident(p, 4), "0100");
	OK(remap(p + 2 * PAGE, 1, 6, MAP_NONBLOCK));
	STREQ(resident(p, 4), "0100");
}

TEST(remapped_pages_are_brought_in_unless_nonblock)
{
	char *p = shared(numbered(), 4);

	OK(remap(p, 1, 5, 0));
	CHECK(frame(p));
	OK(remap(p + PAGE, 1, 5, MAP_NONBLOCK));
	EQ(frame(p + PAGE), 0);
}

TEST(a_locked_area_stays_locked)
{
	char *p = shared(numbered(), 4);

	OK(mlock(p, 4 * PAGE));
	EQ(status_value("VmLck"), 16);
	OK(remap(p, 2, 5, MAP_NONBLOCK));
	CHECK(frame(p) && frame(p + PAGE));
	EQ(status_value("VmLck"), 16);
	OK(munlock(p, 4 * PAGE));
	EQ(status_value("VmLck"), 0);
	STREQ(seen(p, 4), "5623");
}

TEST(msync_and_read_only_views)
{
	char *p = shared(numbered(), 4);

	OK(mprotect(p, 4 * PAGE, PROT_READ));
	OK(remap(p, 2, 6, 0));
	STREQ(seen(p, 4), "6723");
	OK(msync(p, 4 * PAGE, MS_SYNC));
	SEGV(poke(p, 1), SEGV_ACCERR, p);
}

TEST(prot_none_can_be_remapped_and_opened_later)
{
	char *p = shared(numbered(), 4);

	OK(mprotect(p, 4 * PAGE, PROT_NONE));
	OK(remap(p, 2, 6, 0));
	SEGV(peek(p), SEGV_ACCERR, p);
	OK(mprotect(p, 4 * PAGE, PROT_READ));
	STREQ(seen(p, 4), "6723");
}

TEST(beyond_the_end_of_the_file_is_sigbus)
{
	int fd = numbered();
	char *p = shared(fd, 4);

	OK(remap(p, 1, 100, 0));
	SIGBUS_AT(peek(p), p);
	OK(ftruncate(fd, 101 * PAGE));
	EQ(peek(p), 0);
}

TEST(shared_anonymous_memory_can_be_remapped)
{
	char *p = mmap(lonely(4), 4 * PAGE, RW, MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED, -1, 0);

	for (int i = 0; i < 4; i++)
		memset(p + i * PAGE, 'a' + i, PAGE);
	OK(remap(p, 1, 2, 0));
	OK(remap(p + 2 * PAGE, 1, 0, 0));
	STREQ(seen(p, 4), "cbad");
}

TEST(start_and_size_are_rounded_down)
{
	char *p = shared(numbered(), 4);

	OK(syscall(__NR_remap_file_pages, p + 100, 2 * PAGE + 4095, 0, 5, 0));
	STREQ(seen(p, 4), "5623");
}

TEST(unknown_flags_are_ignored)
{
	char *p = shared(numbered(), 4);

	OK(remap(p, 1, 5, -1));
	STREQ(seen(p, 4), "5123");
}

TEST(remap_rejects_nonsense)
{
	int fd = numbered(), ro;
	char *p = shared(fd, 4), *q, path[64];

	ERR(syscall(__NR_remap_file_pages, p, PAGE, PROT_READ, 0, 0), EINVAL);
	ERR(syscall(__NR_remap_file_pages, p, 0, 0, 0, 0), EINVAL);
	ERR(syscall(__NR_remap_file_pages, p, PAGE - 1, 0, 0, 0), EINVAL);
	ERR(syscall(__NR_remap_file_pages, p, -1UL, 0, 0, 0), EINVAL);
	ERR(syscall(__NR_remap_file_pages, -PAGE, PAGE, 0, 0, 0), EINVAL);
	ERR(syscall(__NR_remap_file_pages, 0, PAGE, 0, 0, 0), EINVAL);
	ERR(syscall(__NR_remap_file_pages, 0xffff800000000000UL, PAGE, 0, 0, 0), EINVAL);
	ERR(remap(p, 1, -1UL, 0), EINVAL);
	ERR(remap(p, 1, 1UL << 51, 0), EOVERFLOW);
	ERR(remap(p, 1, 1UL << 52, 0), EOVERFLOW);
	ERR(remap(p, 5, 0, 0), EINVAL);
	ERR(remap(p - PAGE, 2, 0, 0), EINVAL);
	ERR(remap(map_pages(1), 1, 0, 0), EINVAL);
	q = mmap(NULL, PAGE, RW, MAP_PRIVATE, fd, 0);
	ERR(remap(q, 1, 0, 0), EINVAL);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	ro = OK(open(path, O_RDONLY));
	q = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, ro, 0);
	CHECK(q != MAP_FAILED);
	ERR(remap(q, 1, 3, 0), EINVAL);
	STREQ(seen(p, 4), "0123");
	STREQ(areas(p, 4), "0+4 rw-s");
}

TEST(a_range_may_cross_equal_areas_but_no_others)
{
	int fd = numbered();
	char *p = shared(fd, 4);

	OK(mmap(p + 4 * PAGE, 2 * PAGE, RW, MAP_SHARED | MAP_FIXED, fd, 0));
	STREQ(seen(p, 6), "012301");
	OK(remap(p + 2 * PAGE, 4, 2, 0));
	STREQ(seen(p, 6), "012345");
	OK(mprotect(p + 5 * PAGE, PAGE, PROT_READ));
	ERR(remap(p + 4 * PAGE, 2, 0, 0), EINVAL);
	STREQ(seen(p, 6), "012345");
}

TEST(a_reversed_window_of_many_pages)
{
	enum { N = 1024 };
	int fd = new_file();
	int *p;

	OK(ftruncate(fd, N * PAGE));
	p = mmap(NULL, N * PAGE, RW, MAP_SHARED, fd, 0);
	CHECK(p != MAP_FAILED);
	for (int i = 0; i < N; i++)
		p[i * 1024] = i;
	for (int i = 0; i < N; i++)
		OK(remap((char *)p + i * PAGE, 1, N - 1 - i, MAP_NONBLOCK));
	for (int i = 0; i < N; i++)
		EQ(p[i * 1024], N - 1 - i);
	OK(munmap(p, N * PAGE));
}
