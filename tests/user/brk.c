/*
 * tests/user/brk.c - the heap
 */
#include "mem.h"

static char *end(void)
{
	return (char *)syscall1(__NR_brk, 0);
}

TEST(brk_grows_by_bytes_and_memory_is_zero)
{
	char *old = end();

	EQ(syscall1(__NR_brk, (long)old + 3 * PAGE + 10), old + 3 * PAGE + 10);
	for (unsigned long i = 0; i < 3 * PAGE + 10; i++)
		EQ(old[i], 0);
	old[3 * PAGE + 9] = 1;
	EQ(end(), old + 3 * PAGE + 10);
}

TEST(brk_shows_as_heap)
{
	char *old = end();

	EQ(syscall1(__NR_brk, (long)old + 4 * PAGE), old + 4 * PAGE);
	CHECK(strstr(maps_line(old + PAGE), "[heap]"));
	CHECK(strstr(maps_line(old + PAGE), " rw-p 00000000 00:00 0 "));
}

TEST(brk_shrinks_and_gives_memory_back)
{
	char *old = (char *)(((long)end() + PAGE - 1) & -PAGE);

	EQ(syscall1(__NR_brk, (long)old + 4 * PAGE), old + 4 * PAGE);
	memset(old, 'x', 4 * PAGE);
	EQ(syscall1(__NR_brk, (long)old + PAGE), old + PAGE);
	EQ(old[0], 'x');
	SEGV(peek(old + PAGE), SEGV_MAPERR, old + PAGE);
	EQ(syscall1(__NR_brk, (long)old + 4 * PAGE), old + 4 * PAGE);
	EQ(old[PAGE], 0);
}

TEST(brk_below_its_start_changes_nothing)
{
	char *old = end();

	EQ(syscall1(__NR_brk, 0x1000), old);
	EQ(end(), old);
}

TEST(brk_does_not_run_into_a_mapping)
{
	char *old = (char *)(((long)end() + PAGE - 1) & -PAGE);

	EQ(syscall1(__NR_brk, (long)old), old);
	map_at(old + 4 * PAGE, 1, PROT_READ, MAP_FIXED);
	EQ(syscall1(__NR_brk, (long)old + 8 * PAGE), old);
	EQ(syscall1(__NR_brk, (long)old + 2 * PAGE), old + 2 * PAGE);
	old[0] = 1;
}

TEST(brk_is_copied_by_fork)
{
	char *p = sbrk(PAGE);

	p[0] = 'p';
	EXITS(CHILD(
		EQ(p[0], 'p');
		p[0] = 'c';
		CHECK(sbrk(PAGE) != (void *)-1)
	), 0);
	EQ(p[0], 'p');
	EQ(end(), p + PAGE);
}

TEST(brk_obeys_rlimit_data)
{
	struct rlimit r = { 1 << 20, 1 << 20 };
	char *old = end();

	OK(setrlimit(RLIMIT_DATA, &r));
	EQ(syscall1(__NR_brk, (long)old + (8 << 20)), old);
}

TEST(malloc_and_free_of_many_sizes_keep_contents)
{
	static char *block[64];
	unsigned int r = 1;

	for (int i = 0; i < 20000; i++) {
		int k = (r = r * 1103515245 + 12345) >> 16 & 63;
		size_t size = ((r >> 8) & 1023) + (i % 100 ? 2 : 200000);

		if (block[k]) {
			EQ(block[k][0], k);
			EQ(block[k][1], ~k);
			free(block[k]);
		}
		block[k] = malloc(size);
		CHECK(block[k]);
		memset(block[k], 0x55, size);
		block[k][0] = k;
		block[k][1] = ~k;
	}
}
