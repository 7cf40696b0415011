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
