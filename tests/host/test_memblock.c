/* links: mm/memblock.c tests/host/shim_min.c */
/*
 * tests/host/test_memblock.c - the boot-time map against one flag a page
 */
#include "cmocka_shim.h"
#include <memblock.h>
#include <mm.h>
#include <string.h>

#define PAGES 512

bool page_alloc_ready;
static bool is_mem[PAGES], is_res[PAGES];
static u64 seed = 5;

static u32 rnd(void)
{
	seed = seed * 6364136223846793005UL + 1442695040888963407UL;
	return seed >> 33;
}

static void reset(void)
{
	memset(&memblock, 0, sizeof(memblock));
	memset(is_mem, 0, sizeof(is_mem));
	memset(is_res, 0, sizeof(is_res));
}

static void check_shape(const struct memblock_type *t)
{
	unsigned int i;

	for (i = 0; i < t->nr; i++) {
		assert_true(t->regions[i].size > 0);
		if (i)
			assert_true(t->regions[i - 1].base + t->regions[i - 1].size <
				    t->regions[i].base);
	}
}

static void check_model(void)
{
	unsigned long i, total = 0;

	check_shape(&memblock.memory);
	check_shape(&memblock.reserved);
	for (i = 0; i < PAGES; i++) {
		assert_int_equal(memblock_is_memory(i << 12), is_mem[i]);
		assert_int_equal(memblock_is_reserved((i << 12) + 4095), is_res[i]);
		total += is_mem[i] ? 4096 : 0;
	}
	assert_int_equal(memblock_total(), total);
}

static void map_equals_flags_over_random_steps(void **state)
{
	unsigned long step, i;

	reset();
	for (step = 0; step < 20000; step++) {
		unsigned long from = rnd() % PAGES, n = rnd() % 20 + 1;
		unsigned int what = rnd() % 4;

		if (from + n > PAGES)
			n = PAGES - from;
		for (i = from; i < from + n; i++) {
			if (what < 2)
				is_mem[i] = what == 0;
			else
				is_res[i] = what == 2;
		}
		if (what == 0)
			memblock_add(from << 12, n << 12);
		else if (what == 1)
			memblock_remove(from << 12, n << 12);
		else if (what == 2)
			memblock_reserve(from << 12, n << 12);
		else
			memblock_free(from << 12, n << 12);
		if (step % 20 == 0)
			check_model();
	}
}

static void allocations_are_free_ram_until_there_is_none(void **state)
{
	unsigned long i, n, got = 0;

	reset();
	memblock_add(10 << 12, 200 << 12);
	memblock_add(300 << 12, 100 << 12);
	memblock_reserve(50 << 12, 7 << 12);
	for (i = 0; i < PAGES; i++) {
		is_mem[i] = (i >= 10 && i < 210) || (i >= 300 && i < 400);
		is_res[i] = i >= 50 && i < 57;
	}
	for (;;) {
		phys_addr_t pa = memblock_phys_alloc(3 << 12, 2 << 12, 0);

		if (!pa)
			break;
		assert_int_equal(pa & 0x1fff, 0);
		for (n = pa >> 12, i = 0; i < 3; i++) {
			assert_true(is_mem[n + i] && !is_res[n + i]);
			is_res[n + i] = true;
		}
		got++;
	}
	check_model();
	assert_true(got >= 70);
}

static void range_at_the_end_of_addresses_does_not_wrap(void **state)
{
	reset();
	memblock_add(~0UL - 4095, 8192);
	memblock_add(0x1000, 0x1000);
	assert_int_equal(memblock.memory.nr, 2);
	assert_false(memblock_is_memory(0));
}

static void empty_ranges_change_nothing(void **state)
{
	reset();
	memblock_add(0x1000, 0);
	memblock_remove(0x1000, 0);
	assert_int_equal(memblock.memory.nr, 0);
	assert_int_equal(memblock_end_of_ram(), 0);
	assert_int_equal(memblock_phys_alloc(0x1000, 0x1000, 0), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(map_equals_flags_over_random_steps),
		cmocka_unit_test(allocations_are_free_ram_until_there_is_none),
		cmocka_unit_test(range_at_the_end_of_addresses_does_not_wrap),
		cmocka_unit_test(empty_ranges_change_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
