/*
 * tests/user/mmap.c - making, splitting, merging and removing areas
 */
#include "mem.h"

#define RW	(PROT_READ | PROT_WRITE)

/* The first page that no user may have, with 4 and with 5 levels of page tables. */
#define BEYOND	((void *)((1UL << 56) - PAGE))

TEST(mmap_gives_zeroed_memory)
{
	char *p = map_pages(4);

	for (unsigned long i = 0; i < 4 * PAGE; i++)
		EQ(p[i], 0);
}

TEST(mmap_keeps_what_is_written)
{
	long *p = (long *)map_pages(64);

	for (unsigned long i = 0; i < 64 * PAGE / sizeof(long); i++)
		p[i] = i * 3;
	for (unsigned long i = 0; i < 64 * PAGE / sizeof(long); i++)
		EQ(p[i], i * 3);
}

TEST(mmap_fixed_replaces_what_was_there)
{
	char *p = map_pages(3);

	memset(p, 'x', 3 * PAGE);
	EQ(map_at(p + PAGE, 1, RW, MAP_FIXED), p + PAGE);
	EQ(p[PAGE - 1], 'x');
	EQ(p[PAGE], 0);
	EQ(p[2 * PAGE - 1], 0);
	EQ(p[2 * PAGE], 'x');
}

TEST(mmap_fixed_noreplace_refuses_an_overlap)
{
	char *p = map_pages(2);

	p[0] = 'x';
	ERR(mmap(p + PAGE, 2 * PAGE, RW,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0), EEXIST);
	EQ(p[0], 'x');
	p = lonely(2);
	EQ(map_at(p, 2, RW, MAP_FIXED_NOREPLACE), p);
}

TEST(mmap_uses_a_free_hint_and_ignores_a_used_one)
{
	char *p = lonely(4), *q;

	EQ(map_at(p, 1, RW, 0), p);
	EQ(map_at(p + 100, 1, RW, 0) == p, 0);
	q = lonely(4) + 12;
	CHECK(map_at(q, 1, RW, 0) == q - 12);
}

TEST(mmap_goes_top_down)
{
	char *a = map_at(NULL, 300, PROT_READ, 0), *b = map_at(NULL, 300, PROT_NONE, 0);

	CHECK(b < a);
	EQ(a - b, 300 * PAGE);
}

TEST(mmap_reuses_the_hole_that_munmap_left)
{
	char *p = map_at(NULL, 50, PROT_READ, 0);

	OK(munmap(p + 10 * PAGE, 20 * PAGE));
	EQ(map_at(NULL, 20, PROT_NONE, 0), p + 10 * PAGE);
}

TEST(mmap_rejects_nonsense)
{
	ERR(mmap(NULL, 0, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), EINVAL);
	ERR(mmap(NULL, PAGE, RW, MAP_ANONYMOUS, -1, 0), EINVAL);
	ERR(mmap(NULL, PAGE, RW, MAP_PRIVATE, -1, 0), EBADF);
	ERR(mmap(NULL, PAGE, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1, 1), EINVAL);
	ERR(mmap((void *)1, PAGE, RW, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0), EINVAL);
}

TEST(mmap_refuses_what_does_not_fit)
{
	ERR(mmap(NULL, 1UL << 47, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), ENOMEM);
	ERR(mmap(NULL, ~0UL, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), ENOMEM);
	ERR(mmap(BEYOND, PAGE, PROT_NONE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0), ENOMEM);
	ERR(mmap((void *)0xffff888000000000, PAGE, PROT_NONE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0), ENOMEM);
}

TEST(mmap_length_is_rounded_up_to_pages)
{
	char *p = lonely(4);

	EQ(mmap(p, PAGE + 1, RW, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0), p);
	STREQ(areas(p, 4), "0+2 rw-p");
}

TEST(mmap_32bit_stays_below_2_gib)
{
	char *p = map_at(NULL, 1, RW, MAP_32BIT);

	CHECK((unsigned long)p < 0x80000000UL);
	p[0] = 1;
}

TEST(mmap_populate_makes_pages_at_once)
{
	char *p = map_at(NULL, 16, RW, MAP_POPULATE);

	for (int i = 0; i < 16; i++)
		CHECK(frame(p + i * PAGE));
	EQ(MINFLT(memset(p, 1, 16 * PAGE)), 0);
}

TEST(munmap_start_cuts_vma)
{
	char *p = map_at(lonely(4), 4, RW, MAP_FIXED);

	OK(munmap(p, PAGE));
	STREQ(areas(p, 4), "1+3 rw-p");
}

TEST(munmap_end_cuts_vma)
{
	char *p = map_at(lonely(4), 4, RW, MAP_FIXED);

	OK(munmap(p + 3 * PAGE, PAGE));
	STREQ(areas(p, 4), "0+3 rw-p");
}

TEST(munmap_middle_splits_vma)
{
	char *p = map_at(lonely(4), 4, RW, MAP_FIXED);

	memset(p, 'x', 4 * PAGE);
	OK(munmap(p + PAGE, PAGE));
	STREQ(areas(p, 4), "0+1 rw-p, 2+2 rw-p");
	EQ(p[PAGE - 1], 'x');
	EQ(p[2 * PAGE], 'x');
	SEGV(peek(p + PAGE), SEGV_MAPERR, p + PAGE);
}

TEST(munmap_takes_several_vmas_and_the_holes_between)
{
	char *p = lonely(8);

	map_at(p, 2, RW, MAP_FIXED);
	map_at(p + 3 * PAGE, 1, PROT_READ, MAP_FIXED);
	map_at(p + 5 * PAGE, 3, RW, MAP_FIXED);
	OK(munmap(p + PAGE, 5 * PAGE));
	STREQ(areas(p, 8), "0+1 rw-p, 6+2 rw-p");
}

TEST(munmap_of_nothing_succeeds)
{
	OK(munmap(lonely(4), 4 * PAGE));
}

TEST(munmap_rejects_nonsense)
{
	char *p = map_pages(1);

	ERR(munmap(p + 1, PAGE), EINVAL);
	ERR(munmap(p, 0), EINVAL);
	ERR(munmap(BEYOND, PAGE), EINVAL);
	ERR(munmap(p, ~0UL - PAGE), EINVAL);
}

TEST(munmap_gives_the_frames_back)
{
	char *p = map_pages(1024);
	long before;

	memset(p, 1, 1024 * PAGE);
	before = status_value("VmRSS");
	OK(munmap(p, 1024 * PAGE));
	CMP(before - status_value("VmRSS"), >=, 4096 - RSS_SLACK);
}

TEST(neighbours_with_equal_rights_merge)
{
	char *p = lonely(4);

	map_at(p, 1, RW, MAP_FIXED);
	map_at(p + 2 * PAGE, 1, RW, MAP_FIXED);
	STREQ(areas(p, 4), "0+1 rw-p, 2+1 rw-p");
	map_at(p + PAGE, 1, RW, MAP_FIXED);
	STREQ(areas(p, 4), "0+3 rw-p");
}

TEST(neighbours_with_other_rights_stay_apart)
{
	char *p = lonely(4);

	map_at(p, 1, RW, MAP_FIXED);
	map_at(p + PAGE, 1, PROT_READ, MAP_FIXED);
	map_at(p + 2 * PAGE, 1, PROT_NONE, MAP_FIXED);
	map_at(p + 3 * PAGE, 1, PROT_READ | PROT_EXEC, MAP_FIXED);
	STREQ(areas(p, 4), "0+1 rw-p, 1+1 r--p, 2+1 ---p, 3+1 r-xp");
}

TEST(shared_mapping_is_seen_by_the_child)
{
	char *p = mmap(NULL, PAGE, RW, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	CHECK(p != MAP_FAILED);
	p[0] = 'p';
	EXITS(CHILD(EQ(p[0], 'p'); p[0] = 'c'), 0);
	EQ(p[0], 'c');
	CHECK(strstr(maps_line(p), " rw-s "));
}

TEST(ten_thousand_areas_can_be_made_and_removed)
{
	unsigned long n = 10000;
	char *p = map_at(NULL, n * 2, PROT_NONE, 0);

	for (unsigned long i = 0; i < n; i++)
		OK(mprotect(p + 2 * i * PAGE, PAGE, RW));
	for (unsigned long i = 0; i < n; i += 997) {
		poke(p + 2 * i * PAGE, 1);
		SEGV(poke(p + (2 * i + 1) * PAGE, 1), SEGV_ACCERR, p + (2 * i + 1) * PAGE);
	}
	OK(munmap(p, n * 2 * PAGE));
	STREQ(areas(p, n * 2), "");
}

TEST(map_count_has_a_limit)
{
	unsigned long n = 66000, made = 0;
	char *p = map_at(NULL, n * 2, PROT_NONE, MAP_NORESERVE);

	while (made < n && !mprotect(p + 2 * made * PAGE, PAGE, PROT_READ))
		made++;
	EQ(errno, ENOMEM);
	CMP(made, >, 32000);
	CMP(made, <, 32800);
	OK(munmap(p, n * 2 * PAGE));
}
