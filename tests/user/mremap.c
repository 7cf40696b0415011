/*
 * tests/user/mremap.c - growing, shrinking and moving areas
 */
#include "mem.h"

#define RW	(PROT_READ | PROT_WRITE)

TEST(mremap_grows_in_place_when_there_is_room)
{
	char *p = map_at(lonely(8), 2, RW, MAP_FIXED);

	memset(p, 'x', 2 * PAGE);
	EQ(mremap(p, 2 * PAGE, 4 * PAGE, 0), p);
	EQ(p[2 * PAGE - 1], 'x');
	EQ(p[2 * PAGE], 0);
	STREQ(areas(p, 8), "0+4 rw-p");
}

TEST(mremap_shrinks)
{
	char *p = map_at(lonely(4), 4, RW, MAP_FIXED);

	EQ(mremap(p, 4 * PAGE, PAGE, 0), p);
	STREQ(areas(p, 4), "0+1 rw-p");
	SEGV(peek(p + PAGE), SEGV_MAPERR, p + PAGE);
}

TEST(mremap_without_room_needs_maymove)
{
	char *p = map_at(lonely(4), 1, RW, MAP_FIXED), *q;

	map_at(p + PAGE, 1, PROT_READ, MAP_FIXED);
	strcpy(p, "moved");
	ERR(mremap(p, PAGE, 2 * PAGE, 0), ENOMEM);
	q = mremap(p, PAGE, 2 * PAGE, MREMAP_MAYMOVE);
	CHECK(q != MAP_FAILED && q != p);
	STREQ(q, "moved");
	SEGV(peek(p), SEGV_MAPERR, p);
}

TEST(mremap_moves_frames_and_copies_nothing)
{
	char *p = map_pages(3), *to = lonely(3);
	unsigned long old[3];

	for (int i = 0; i < 3; i++) {
		p[i * PAGE] = i;
		old[i] = frame(p + i * PAGE);
	}
	EQ(mremap(p, 3 * PAGE, 3 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, to), to);
	for (int i = 0; i < 3; i++) {
		EQ(to[i * PAGE], i);
		EQ(frame(to + i * PAGE), old[i]);
	}
	STREQ(areas(p, 3), "");
}

TEST(mremap_rejects_nonsense)
{
	char *p = map_pages(2);

	ERR(mremap(p + 1, PAGE, PAGE, 0), EINVAL);
	ERR(mremap(p, PAGE, 0, 0), EINVAL);
	ERR(mremap(p, PAGE, PAGE, MREMAP_FIXED, p), EINVAL);
	ERR(mremap(p, 2 * PAGE, 2 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, p + PAGE), EINVAL);
	ERR(mremap(lonely(1), PAGE, 2 * PAGE, MREMAP_MAYMOVE), EFAULT);
}

/* n pages at a lonely place, page i full of 'a' + i. */
static char *lettered(int n, int flags)
{
	char *p = map_at(lonely(n), n, RW, MAP_FIXED | flags);

	for (int i = 0; i < n; i++)
		memset(p + i * PAGE, 'a' + i, PAGE);
	return p;
}

static char *shared_letters(int n)
{
	char *p = mmap(lonely(n), n * PAGE, RW, MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED, -1, 0);

	for (int i = 0; i < n; i++)
		memset(p + i * PAGE, 'a' + i, PAGE);
	return p;
}

TEST(mremap_moves_a_part_and_leaves_a_hole)
{
	char *p = lettered(4, 0), *to = lonely(2);

	EQ(mremap(p + PAGE, 2 * PAGE, 2 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, to), to);
	EQ(to[0], 'b');
	EQ(to[2 * PAGE - 1], 'c');
	STREQ(areas(p, 4), "0+1 rw-p, 3+1 rw-p");
	EQ(mremap(to, 2 * PAGE, 2 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, p + PAGE), p + PAGE);
	STREQ(areas(p, 4), "0+4 rw-p");
	EQ(p[PAGE], 'b');
}

TEST(mremap_fixed_replaces_what_was_there)
{
	char *p = lettered(2, 0), *to = lettered(4, 0);

	EQ(mremap(p, 2 * PAGE, 3 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, to), to);
	EQ(to[0], 'a');
	EQ(to[2 * PAGE], 0);
	EQ(to[3 * PAGE], 'd');
	STREQ(areas(p, 2), "");
}

TEST(mremap_fixed_may_shrink)
{
	char *p = lettered(4, 0), *to = lonely(2);

	EQ(mremap(p, 4 * PAGE, 2 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, to), to);
	EQ(to[PAGE], 'b');
	STREQ(areas(p, 4), "");
	STREQ(areas(to, 3), "0+2 rw-p");
}

TEST(mremap_of_no_old_length_is_a_second_view_of_shared_memory)
{
	char *p = shared_letters(4), *q = mremap(p + PAGE, 0, 2 * PAGE, MREMAP_MAYMOVE);

	CHECK(q != MAP_FAILED && q != p);
	EQ(q[0], 'b');
	q[PAGE] = 'Q';
	EQ(p[2 * PAGE], 'Q');
	STREQ(areas(p, 4), "0+4 rw-s");
	ERR(mremap(lettered(1, 0), 0, PAGE, MREMAP_MAYMOVE), EINVAL);
	ERR(mremap(p, 0, PAGE, 0), ENOMEM);
}

TEST(mremap_dontunmap_leaves_an_empty_area)
{
	char *p = lettered(4, 0), *q = mremap(p, 4 * PAGE, 4 * PAGE, MREMAP_MAYMOVE | MREMAP_DONTUNMAP, 0);

	CHECK(q != MAP_FAILED && q != p);
	EQ(q[PAGE], 'b');
	STREQ(areas(p, 4), "0+4 rw-p");
	EQ(frame(p), 0);
	EQ(p[0] | p[3 * PAGE], 0);
	p[0] = 'n';
	EQ(q[0], 'a');
}

TEST(mremap_dontunmap_to_a_place_and_of_a_part)
{
	char *p = lettered(4, 0), *to = lonely(2);

	EQ(mremap(p + PAGE, 2 * PAGE, 2 * PAGE, MREMAP_MAYMOVE | MREMAP_DONTUNMAP | MREMAP_FIXED, to), to);
	EQ(to[0], 'b');
	EQ(p[PAGE], 0);
	EQ(p[3 * PAGE], 'd');
	ERR(mremap(p, PAGE, 2 * PAGE, MREMAP_MAYMOVE | MREMAP_DONTUNMAP, 0), EINVAL);
	ERR(mremap(p, PAGE, PAGE, MREMAP_DONTUNMAP), EINVAL);
}

#define KEEP (MREMAP_MAYMOVE | MREMAP_DONTUNMAP | MREMAP_FIXED)

/* The copy of an untouched area is as good as new memory there, unless it touches its source. */
TEST(mremap_dontunmap_copy_merges_with_others_and_not_with_its_source)
{
	char *b = lonely(24), *src = b + 8 * PAGE;

	map_at(src, 4, PROT_READ | PROT_WRITE, MAP_FIXED);
	map_at(b + 4 * PAGE, 2, PROT_READ | PROT_WRITE, MAP_FIXED);
	map_at(b + 16 * PAGE, 2, PROT_READ | PROT_WRITE, MAP_FIXED);
	EQ(mremap(src, 2 * PAGE, 2 * PAGE, KEEP, b + 6 * PAGE), b + 6 * PAGE);
	STREQ(areas(b, 24), "4+2 rw-p, 6+2 rw-p, 8+4 rw-p, 16+2 rw-p");
	EQ(mremap(src, 2 * PAGE, 2 * PAGE, KEEP, b + 14 * PAGE), b + 14 * PAGE);
	EQ(mremap(src, 2 * PAGE, 2 * PAGE, KEEP, b + 2 * PAGE), b + 2 * PAGE);
	STREQ(areas(b, 24), "2+4 rw-p, 6+2 rw-p, 8+4 rw-p, 14+4 rw-p");
}

/* Touched pages keep their offsets: copies that follow each other as their sources do are one area. */
TEST(mremap_dontunmap_copies_in_order_become_one_area)
{
	char *b = lonely(24), *src = b + 8 * PAGE;

	map_at(src, 4, PROT_READ | PROT_WRITE, MAP_FIXED);
	src[3 * PAGE] = 4;
	EQ(mremap(src + 2 * PAGE, 2 * PAGE, 2 * PAGE, KEEP, b + 14 * PAGE), b + 14 * PAGE);
	EQ(mremap(src, 2 * PAGE, 2 * PAGE, KEEP, b + 12 * PAGE), b + 12 * PAGE);
	STREQ(areas(b, 24), "8+4 rw-p, 12+4 rw-p");
	EQ(b[15 * PAGE], 4);
}

TEST(mremap_dontunmap_of_shared_memory_shows_it_twice)
{
	char *p = shared_letters(2), *q = mremap(p, 2 * PAGE, 2 * PAGE, MREMAP_MAYMOVE | MREMAP_DONTUNMAP, 0);

	CHECK(q != MAP_FAILED);
	EQ(q[PAGE], 'b');
	EQ(p[PAGE], 'b');
	q[0] = 'Z';
	EQ(p[0], 'Z');
}

TEST(mremap_over_two_areas_is_refused_except_for_shrinking)
{
	char *p = lettered(4, 0);

	OK(mprotect(p + 2 * PAGE, 2 * PAGE, PROT_READ));
	ERR(mremap(p, 4 * PAGE, 5 * PAGE, MREMAP_MAYMOVE), EFAULT);
	ERR(mremap(p, 4 * PAGE, 4 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, lonely(4)), EFAULT);
	EQ(mremap(p, 4 * PAGE, 4 * PAGE, 0), p);
	EQ(mremap(p, 4 * PAGE, PAGE, 0), p);
	STREQ(areas(p, 4), "0+1 rw-p");
}

TEST(mremap_in_the_middle_can_not_grow_in_place)
{
	char *p = lettered(4, 0), *q;

	ERR(mremap(p, PAGE, 2 * PAGE, 0), ENOMEM);
	q = mremap(p, PAGE, 2 * PAGE, MREMAP_MAYMOVE);
	CHECK(q != MAP_FAILED && q != p);
	EQ(q[0], 'a');
	EQ(q[PAGE], 0);
	STREQ(areas(p, 4), "1+3 rw-p");
}

TEST(mremap_keeps_file_offsets)
{
	int fd = OK(open("/proc/self/exe", O_RDONLY));
	char *p = mmap(lonely(3), 3 * PAGE, PROT_READ, MAP_PRIVATE | MAP_FIXED, fd, 0), *to = lonely(2);
	char want[16];

	EQ(pread(fd, want, 16, PAGE), 16);
	EQ(mremap(p + PAGE, PAGE, 2 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, to), to);
	EQ(memcmp(to, want, 16), 0);
	EQ(pread(fd, want, 16, 2 * PAGE), 16);
	EQ(memcmp(to + PAGE, want, 16), 0);
}

TEST(rims_of_mremap)
{
	char *p = lettered(2, 0), *q = lonely(2);

	ERR(mremap(p, PAGE, PAGE, 8), EINVAL);
	ERR(mremap(p, PAGE, PAGE, -1), EINVAL);
	ERR(mremap(p, PAGE, -1UL, MREMAP_MAYMOVE), EINVAL);
	ERR(mremap(p, PAGE, -PAGE, MREMAP_MAYMOVE), ENOMEM);
	ERR(mremap(p, PAGE, 1UL << 47, MREMAP_MAYMOVE), ENOMEM);
	ERR(mremap(p, 3 * PAGE, 4 * PAGE, MREMAP_MAYMOVE), EFAULT);
	ERR(mremap(NULL, PAGE, PAGE, 0), EFAULT);
	ERR(mremap((void *)0xffff800000000000UL, PAGE, PAGE, 0), EFAULT);
	ERR(mremap((void *)-PAGE, PAGE, PAGE, 0), EFAULT);
	ERR(mremap(p, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, q + 1), EINVAL);
	ERR(mremap(p, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, p), EINVAL);
	ERR(mremap(p, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, 0xffff800000000000UL), EINVAL);
	ERR(mremap(p, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, 1UL << 60), EINVAL);
	ERR(mremap(p, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, -PAGE), EINVAL);
	ERR(mremap(p, PAGE, 1UL << 47, MREMAP_MAYMOVE | MREMAP_FIXED, q), EINVAL);
	STREQ(areas(p, 2), "0+2 rw-p");
	EQ(p[PAGE], 'b');
	EQ(mremap(p, 1, PAGE - 1, 0), p);
	EQ(mremap(p, 2 * PAGE, 1, 0), p);
	STREQ(areas(p, 2), "0+1 rw-p");
}

TEST(mremap_keeps_the_limit_of_the_address_space)
{
	char *p = lettered(2, 0);
	struct rlimit limit = { (status_value("VmSize") + 8) * 1024, RLIM_INFINITY };

	OK(setrlimit(RLIMIT_AS, &limit));
	ERR(mremap(p, 2 * PAGE, 1000 * PAGE, MREMAP_MAYMOVE), ENOMEM);
	ERR(mremap(p, 2 * PAGE, 5 * PAGE, 0), ENOMEM);
	EQ(p[PAGE], 'b');
	STREQ(areas(p, 2), "0+2 rw-p");
}
