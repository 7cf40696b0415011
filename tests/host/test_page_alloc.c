/* links: mm/page_alloc.c mm/lru.c mm/shrinker.c tests/host/no_reclaim.c mm/mm_init.c mm/memblock.c mm/debug.c mm/fail_alloc.c tests/host/shim.c tests/host/shim_tlb.c */
/*
 * tests/host/test_page_alloc.c - the page allocator against one owner a frame
 */
#include "cmocka_shim.h"
#include <memblock.h>
#include <mm.h>
#include <seq_file.h>
#include <string.h>
#include "mm/page_internal.h"
#include "shim.h"

#define FRAMES (FAKE_RAM_SIZE / PAGE_SIZE)

static u64 seed = 11;

static u32 rnd(void)
{
	seed = seed * 6364136223846793005UL + 1442695040888963407UL;
	return seed >> 33;
}

static void free_pages_at_boot_are_ram_minus_reserved(void **state)
{
	unsigned long pfn, free = 0, ram = 0;

	drain_all_pages();
	for (pfn = 0; pfn < FRAMES; pfn++) {
		if (!pfn_valid(pfn))
			continue;
		ram++;
		if (PageBuddy(pfn_to_page(pfn)))
			free += 1UL << pfn_to_page(pfn)->order;
	}
	assert_int_equal(free, nr_free_pages());
	assert_int_equal(free + 1, totalram_pages());	/* the zero page */
	assert_true(ram > free);
	assert_false(pfn_valid((28UL << 20) >> PAGE_SHIFT));
	assert_int_equal(page_alloc_verify(), 0);
}

static void reserved_memory_is_never_handed_out(void **state)
{
	static struct page *got[FRAMES];
	unsigned long n = 0, i;

	while ((got[n] = alloc_page(__GFP_HIGH | __GFP_NOWARN)))
		n++;
	for (i = 0; i < n; i++) {
		phys_addr_t pa = page_to_phys(got[i]);

		assert_true(memblock_is_memory(pa) && memblock_is_memory(pa + 4095));
		assert_false(memblock_is_reserved(pa) || memblock_is_reserved(pa + 4095));
	}
	for (i = 0; i < n; i++)
		__free_page(got[i]);
	assert_true(n > FRAMES / 2);
	assert_int_equal(page_alloc_verify(), 0);
}

/* Random orders on two CPUs; every frame has at most one owner. */
static void no_frame_has_two_owners_over_random_steps(void **state)
{
	static struct { struct page *page; unsigned int order; } held[400];
	static u16 owner[FRAMES];
	unsigned long before, step, i, n = 0;

	nr_cpus = 2;
	before = nr_free_pages();
	for (step = 0; step < 200000; step++) {
		unsigned long at = rnd() % 400;

		fake_cpu = rnd() & 1;
		if (held[at].page) {
			n = page_to_pfn(held[at].page);
			for (i = 0; i < 1UL << held[at].order; i++) {
				assert_int_equal(owner[n + i], at + 1);
				owner[n + i] = 0;
			}
			__free_pages(held[at].page, held[at].order);
			held[at].page = NULL;
			continue;
		}
		held[at].order = rnd() % 16 ? rnd() % 3 : rnd() % MAX_ORDER;
		held[at].page = alloc_pages(rnd() & 1 ? __GFP_NOWARN : __GFP_NOWARN | __GFP_DMA,
					    held[at].order);
		if (!held[at].page)
			continue;
		n = page_to_pfn(held[at].page);
		assert_int_equal(n & ((1UL << held[at].order) - 1), 0);
		for (i = 0; i < 1UL << held[at].order; i++) {
			assert_int_equal(owner[n + i], 0);
			owner[n + i] = at + 1;
		}
		if (step % 5000 == 0)
			assert_int_equal(page_alloc_verify(), 0);
	}
	for (i = 0; i < 400; i++) {
		if (held[i].page)
			__free_pages(held[i].page, held[i].order);
		held[i].page = NULL;
	}
	assert_int_equal(nr_free_pages(), before);
	fake_cpu = 1;
	drain_all_pages();
	fake_cpu = 0;
	drain_all_pages();
	nr_cpus = 1;
	assert_int_equal(page_alloc_verify(), 0);
}

static void everything_freed_joins_into_the_largest_blocks(void **state)
{
	static struct page *got[FRAMES];
	unsigned long before[MAX_ORDER], n = 0, i;

	drain_all_pages();
	for (i = 0; i < MAX_ORDER; i++)
		before[i] = zones[ZONE_DMA32].free_area[i].nr_free;
	while (n < 5000 && (got[n] = alloc_page(__GFP_NOWARN)))
		n++;
	for (i = 0; i < n; i++) {	/* in a scrambled order */
		unsigned long j = rnd() % (n - i) + i;
		struct page *p = got[j];

		got[j] = got[i];
		__free_page(p);
	}
	drain_all_pages();
	for (i = 0; i < MAX_ORDER; i++)
		assert_int_equal(zones[ZONE_DMA32].free_area[i].nr_free, before[i]);
}

static void watermark_and_reserve_hold_for_ordinary_requests(void **state)
{
	static struct page *got[FRAMES];
	unsigned long n = 0, i;
	int z;

	while ((got[n] = alloc_page(__GFP_NOWARN)))
		n++;
	for (z = ZONE_DMA; z <= ZONE_DMA32; z++)
		assert_true(zone_free_pages(&zones[z]) >= zones[z].watermark[WMARK_MIN]);
	assert_true(zones[ZONE_DMA].lowmem_reserve > 0);
	assert_true(zone_free_pages(&zones[ZONE_DMA]) >=
		    zones[ZONE_DMA].watermark[WMARK_MIN] + zones[ZONE_DMA].lowmem_reserve);
	for (i = 0; i < n; i++)
		__free_page(got[i]);
}

static unsigned long shrunk;

static unsigned long count_one(struct shrinker *s, struct shrink_control *sc)
{
	return 1;
}

static unsigned long count_shrink(struct shrinker *s, struct shrink_control *sc)
{
	shrunk++;
	return 0;
}

static void who_may_sleep_reclaims_before_giving_up(void **state)
{
	static struct shrinker s = { .name = "test", .count_objects = count_one, .scan_objects = count_shrink };
	static struct page *got[FRAMES];
	unsigned long n = 0, i;

	register_shrinker(&s);
	while ((got[n] = alloc_page(__GFP_NOWARN)))
		n++;
	assert_int_equal(shrunk, 0);
	assert_null(alloc_page(GFP_KERNEL | __GFP_NOWARN));
	assert_true(shrunk > 0);
	for (i = 0; i < n; i++)
		__free_page(got[i]);
}

static void violations_are_caught_and_counted(void **state)
{
	unsigned int caught = 0;
	struct page *page = alloc_page(GFP_KERNEL), *again;

	__free_page(page);
	page_debug_trap = &caught;
	__free_page(page);
	assert_int_equal(caught, 1);
	((char *)page_address(page))[77] = 0;
	again = alloc_page(GFP_KERNEL);
	assert_ptr_equal(again, page);
	assert_int_equal(caught, 2);
	page_debug_trap = NULL;
	__free_page(again);
}

static void verify_finds_what_is_broken_on_purpose(void **state)
{
	struct zone *z = &zones[ZONE_DMA32];
	struct page *page;
	unsigned int o;

	fake_log_quiet = true;
	drain_all_pages();
	for (o = 0; list_empty(&z->free_area[o].free_list); o++)
		;
	page = list_first_entry(&z->free_area[o].free_list, struct page, buddy_list);
	atomic_set(&page->_refcount, 1);
	assert_true(page_alloc_verify() > 0);
	atomic_set(&page->_refcount, 0);
	page->order = o + 1;
	assert_true(page_alloc_verify() > 0);
	page->order = o;
	z->free_area[o].nr_free++;
	assert_true(page_alloc_verify() > 0);
	z->free_area[o].nr_free--;
	fake_log_quiet = false;
	assert_int_equal(page_alloc_verify(), 0);
}

static void reserved_area_becomes_free_memory(void **state)
{
	unsigned long free = nr_free_pages(), total = totalram_pages();

	free_reserved_area(0x200000, 0x200000 + (64 << 12));
	assert_int_equal(nr_free_pages(), free + 64);
	assert_int_equal(totalram_pages(), total + 64);
	assert_int_equal(page_alloc_verify(), 0);
}

static void buddyinfo_has_linux_columns(void **state)
{
	char buf[1024];
	struct seq_file m = { .buf = buf, .size = sizeof(buf) };

	buddyinfo_show(&m);
	assert_non_null(strstr(buf, "Node 0, zone      DMA "));
	assert_non_null(strstr(buf, "Node 0, zone    DMA32 "));
	assert_null(strstr(buf, "Normal"));
}

static int setup(void **state)
{
	fake_boot();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(free_pages_at_boot_are_ram_minus_reserved),
		cmocka_unit_test(reserved_memory_is_never_handed_out),
		cmocka_unit_test(no_frame_has_two_owners_over_random_steps),
		cmocka_unit_test(everything_freed_joins_into_the_largest_blocks),
		cmocka_unit_test(watermark_and_reserve_hold_for_ordinary_requests),
		cmocka_unit_test(who_may_sleep_reclaims_before_giving_up),
		cmocka_unit_test(violations_are_caught_and_counted),
		cmocka_unit_test(verify_finds_what_is_broken_on_purpose),
		cmocka_unit_test(reserved_area_becomes_free_memory),
		cmocka_unit_test(buddyinfo_has_linux_columns),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
