/*
 * tests/kernel/test_page_alloc.c - the page allocator's promises
 */
#include <ktest.h>
#include <mm.h>
#include <sched.h>
#include <string.h>
#include "../../mm/page_internal.h"

KTEST(page_alloc, block_is_aligned_to_its_size)
{
	unsigned int order;

	for (order = 0; order < MAX_ORDER; order++) {
		struct page *page = alloc_pages(GFP_KERNEL | __GFP_NOWARN, order);

		if (!page)
			continue;	/* a small machine may have none this large */
		if (page_to_pfn(page) & ((1UL << order) - 1))
			ktest_fail(t, __FILE__, __LINE__, "order %u not aligned", order);
		__free_pages(page, order);
	}
}

KTEST(page_alloc, fresh_page_has_one_reference_and_no_past)
{
	struct page *page = alloc_page(GFP_KERNEL);
	bool ok;

	EXPECT(page);
	ok = page_count(page) == 1 && page_mapcount(page) == 0 && !page->mapping &&
	     !page->private && (page->flags << 8) == 0;
	__free_page(page);
	EXPECT(ok);
}

KTEST(page_alloc, zeroed_pages_are_zero)
{
	unsigned long addr = __get_free_pages(GFP_KERNEL, 2), i, sum = 0;

	EXPECT(addr);
	memset((void *)addr, 0x77, 4 * PAGE_SIZE);
	free_pages(addr, 2);
	addr = __get_free_pages(GFP_KERNEL | __GFP_ZERO, 2);
	EXPECT(addr);
	for (i = 0; i < 4 * PAGE_SIZE / 8; i++)
		sum |= ((unsigned long *)addr)[i];
	free_pages(addr, 2);
	EXPECT_EQ(sum, 0);
}

KTEST(page_alloc, free_count_falls_and_rises_by_the_size_of_the_block)
{
	unsigned long before = nr_free_pages(), during;
	struct page *page = alloc_pages(GFP_KERNEL, 3);

	EXPECT(page);
	during = nr_free_pages();
	__free_pages(page, 3);
	EXPECT_EQ(before - during, 8);
	EXPECT_EQ(nr_free_pages(), before);
}

KTEST(page_alloc, halves_join_again_when_both_are_free)
{
	struct page *page[16];
	struct zone *z;
	unsigned long flags, before[MAX_ORDER], after[MAX_ORDER];
	int i, o;

	drain_all_pages();
	flags = local_irq_save();
	z = NULL;
	for (i = 0; i < 16; i++) {
		page[i] = alloc_pages(GFP_ATOMIC, 1);
		if (!page[i])
			break;
	}
	while (i--)
		__free_pages(page[i], 1);
	for (i = 0; i < MAX_NR_ZONES; i++)
		if (zones[i].managed_pages)
			z = &zones[i];
	for (o = 0; o < MAX_ORDER; o++)
		before[o] = z->free_area[o].nr_free;
	for (i = 0; i < 16; i++)
		page[i] = alloc_pages(GFP_ATOMIC, 1);
	for (i = 0; i < 16; i += 2)
		if (page[i])
			__free_pages(page[i], 1);
	for (i = 1; i < 16; i += 2)
		if (page[i])
			__free_pages(page[i], 1);
	for (o = 0; o < MAX_ORDER; o++)
		after[o] = z->free_area[o].nr_free;
	local_irq_restore(flags);
	for (o = 0; o < MAX_ORDER; o++)
		EXPECT_EQ(after[o], before[o]);
	EXPECT_EQ(page_alloc_verify(), 0);
}

KTEST(page_alloc, dma_request_stays_below_16_mib)
{
	struct page *page = alloc_page(GFP_KERNEL | __GFP_DMA);
	unsigned long pa;

	EXPECT(page);
	pa = page_to_phys(page);
	__free_page(page);
	EXPECT(pa < (16UL << 20));
}

KTEST(page_alloc, dma32_request_stays_below_4_gib)
{
	struct page *page = alloc_page(GFP_KERNEL | __GFP_DMA32);
	unsigned long pa;

	EXPECT(page);
	pa = page_to_phys(page);
	__free_page(page);
	EXPECT(pa < (4UL << 30));
}

KTEST(page_alloc, tail_pages_know_their_head)
{
	struct page *page = alloc_pages(GFP_KERNEL | __GFP_COMP, 2);
	bool ok = true;
	int i;

	EXPECT(page);
	for (i = 0; i < 4; i++)
		ok = ok && compound_head(page + i) == page;
	ok = ok && compound_order(page) == 2 && !page_is_tail(page) && page_is_tail(page + 3);
	put_page(page);			/* the last reference frees the whole */
	EXPECT(ok);
}

KTEST(page_alloc, order_beyond_the_largest_is_refused)
{
	EXPECT(!alloc_pages(GFP_KERNEL | __GFP_NOWARN, MAX_ORDER));
}

KTEST(page_alloc, page_is_freed_with_its_last_reference_only)
{
	struct page *page = alloc_page(GFP_KERNEL);
	unsigned long with, still, after;

	EXPECT(page);
	with = nr_free_pages();
	get_page(page);
	put_page(page);
	still = nr_free_pages();
	put_page(page);
	after = nr_free_pages();
	EXPECT_EQ(still, with);
	EXPECT_EQ(after, with + 1);
}

KTEST(page_alloc, batch_free_returns_every_page)
{
	struct page *pages[32];
	unsigned long before = nr_free_pages();
	int n, i;

	for (n = 0; n < 32; n++) {
		pages[n] = alloc_page(GFP_KERNEL);
		if (!pages[n])
			break;
	}
	for (i = 0; i < n; i++)
		atomic_set(&pages[i]->_refcount, 0);
	free_page_batch(pages, n);
	EXPECT_EQ(n, 32);
	EXPECT_EQ(nr_free_pages(), before);
}

/* Take pages of the DMA zone until @gfp gets no more; the pages hang on @list. */
static void exhaust_dma(gfp_t gfp, struct list_head *list)
{
	struct page *page;

	while ((page = alloc_page(gfp | __GFP_DMA | __GFP_NOWARN)))
		list_add(&page->lru, list);
}

static void free_list_of_pages(struct list_head *list)
{
	while (!list_empty(list)) {
		struct page *page = list_first_entry(list, struct page, lru);

		list_del(&page->lru);
		__free_page(page);
	}
}

KTEST(page_alloc, ordinary_requests_keep_the_min_watermark_and_urgent_ones_may_not)
{
	unsigned long ordinary, urgent, min_mark = zones[ZONE_DMA].watermark[WMARK_MIN];
	LIST_HEAD(list);

	exhaust_dma(0, &list);
	ordinary = zone_free_pages(&zones[ZONE_DMA]);
	exhaust_dma(__GFP_HIGH, &list);
	urgent = zone_free_pages(&zones[ZONE_DMA]);
	free_list_of_pages(&list);
	EXPECT(ordinary >= min_mark);
	EXPECT(urgent < ordinary || min_mark < 2);
	EXPECT(urgent >= min_mark / 2);
	EXPECT_EQ(page_alloc_verify(), 0);
}

KTEST(page_alloc, low_zone_keeps_its_reserve_from_those_who_could_go_higher)
{
	const struct zone *z = &zones[ZONE_DMA];
	unsigned long free = atomic_long_read(&z->nr_free);

	if (!z->lowmem_reserve || free < z->lowmem_reserve + 1) {
		ktest_skip(t, "no higher zone");
		return;
	}
	EXPECT(zone_watermark_ok(z, 0, free - z->lowmem_reserve, ZONE_DMA));
	EXPECT(!zone_watermark_ok(z, 0, free - z->lowmem_reserve, ZONE_NORMAL));
}

/* Random blocks, each stamped over its whole length: an overlap destroys a stamp. */
KTEST(page_alloc, random_blocks_never_overlap)
{
	static struct { unsigned long *mem; unsigned int order; unsigned long stamp; } held[64];
	u64 seed = 1;
	unsigned long step, i, words;
	bool ok = true;

	for (step = 0; step < 3000; step++) {
		unsigned int at = (seed = seed * 6364136223846793005UL + 99) >> 58;

		if (held[at].mem) {
			words = (PAGE_SIZE << held[at].order) / 8;
			for (i = 0; i < words; i += 64)
				ok = ok && held[at].mem[i] == held[at].stamp;
			free_pages((unsigned long)held[at].mem, held[at].order);
			held[at].mem = NULL;
			continue;
		}
		held[at].order = seed >> 40 & 3;
		held[at].stamp = step;
		held[at].mem = (void *)__get_free_pages(GFP_KERNEL | __GFP_NOWARN, held[at].order);
		words = held[at].mem ? (PAGE_SIZE << held[at].order) / 8 : 0;
		for (i = 0; i < words; i += 64)
			held[at].mem[i] = step;
	}
	for (i = 0; i < 64; i++) {
		free_pages((unsigned long)held[i].mem, held[i].order);
		held[i].mem = NULL;
	}
	EXPECT(ok);
	EXPECT_EQ(page_alloc_verify(), 0);
}

KTEST(page_alloc, verify_notices_a_wrong_count)
{
	int found;

	atomic_long_inc(&zones[ZONE_DMA].nr_free);
	found = page_alloc_verify();
	atomic_long_dec(&zones[ZONE_DMA].nr_free);
	EXPECT(found > 0);
	EXPECT_EQ(page_alloc_verify(), 0);
}

KTEST(page_alloc, second_free_of_a_page_is_caught)
{
#ifdef QUIRE_DEBUG
	struct page *page = alloc_page(GFP_KERNEL);
	unsigned int caught = 0;

	EXPECT(page);
	__free_page(page);
	page_debug_trap = &caught;
	__free_page(page);
	page_debug_trap = NULL;
	EXPECT_EQ(caught, 1);
#else
	ktest_skip(t, "debug build only");
#endif
}

KTEST(page_alloc, free_of_a_page_in_use_is_caught)
{
#ifdef QUIRE_DEBUG
	struct page *page = alloc_page(GFP_KERNEL);
	unsigned int caught = 0;

	EXPECT(page);
	SetPageLocked(page);
	page_debug_trap = &caught;
	__free_page(page);
	page_debug_trap = NULL;
	ClearPageLocked(page);
	atomic_set(&page->_refcount, 1);
	__free_page(page);
	EXPECT_EQ(caught, 1);
#else
	ktest_skip(t, "debug build only");
#endif
}

KTEST(page_alloc, write_to_a_free_page_is_caught_when_it_is_handed_out)
{
#ifdef QUIRE_DEBUG
	struct page *page = alloc_page(GFP_KERNEL), *again;
	unsigned int caught = 0;
	unsigned long flags;

	EXPECT(page);
	flags = local_irq_save();	/* nobody else takes the page in between */
	__free_page(page);
	forbidden_write((char *)page_address(page) + 1234, 1);
	page_debug_trap = &caught;
	again = alloc_page(GFP_ATOMIC);
	page_debug_trap = NULL;
	local_irq_restore(flags);
	if (again)
		__free_page(again);
	EXPECT(again == page);
	EXPECT_EQ(caught, 1);
#else
	ktest_skip(t, "debug build only");
#endif
}

KTEST(page_alloc, zero_page_is_zero_and_never_free)
{
	const unsigned long *p = page_address(empty_zero_page);
	unsigned long i, sum = 0;

	for (i = 0; i < PAGE_SIZE / 8; i++)
		sum |= p[i];
	EXPECT_EQ(sum, 0);
	EXPECT(page_count(empty_zero_page) >= 1);
}

KTEST(page_alloc, every_frame_of_ram_has_a_struct_page_and_holes_have_none)
{
	EXPECT(pfn_valid(max_pfn - 1));
	EXPECT(!pfn_valid(max_pfn + 64));
	EXPECT(pfn_valid(1));
	EXPECT_EQ(sizeof(struct page), 64);
}

KTEST(page_alloc, frames_are_numbered_without_the_holes)
{
	unsigned long n = 0, wrong = 0;

	for (unsigned long pfn = next_valid_pfn(0); pfn < max_pfn; pfn = next_valid_pfn(pfn + 1))
		wrong += !pfn_valid(pfn) || frame_index(pfn) != n++;
	EXPECT_EQ(wrong, 0);
	EXPECT(n >= totalram_pages());
	EXPECT_EQ(next_valid_pfn(max_pfn), max_pfn);
}

static struct page *contended;
static volatile int lock_stage;

static int lock_taker(void *arg)
{
	lock_stage = 1;
	lock_page(contended);
	lock_stage = 2;
	unlock_page(contended);
	lock_stage = 3;
	return 0;
}

KTEST(page_alloc, lock_page_sleeps_until_the_page_is_unlocked)
{
	int before, i;

	contended = alloc_page(GFP_KERNEL);
	EXPECT(contended);
	lock_stage = 0;
	lock_page(contended);
	if (IS_ERR(kthread_run(lock_taker, NULL, "lock_taker"))) {
		unlock_page(contended);
		__free_page(contended);
		ktest_skip(t, "no memory for a thread");
		return;
	}
	for (i = 0; i < 100 && lock_stage == 0; i++)
		msleep(1);
	msleep(5);
	before = lock_stage;
	unlock_page(contended);
	for (i = 0; i < 200 && lock_stage != 3; i++)
		msleep(1);
	msleep(5);
	EXPECT_EQ(before, 1);
	EXPECT_EQ(lock_stage, 3);
	EXPECT(!PageLocked(contended));
	clear_bit(PG_waiters, &contended->flags);
	__free_page(contended);
}

/* A frame that was the first of a free block had its order where others have ->mapping. */
KTEST(page_alloc, every_page_of_a_block_comes_without_a_mapping)
{
	struct page *block = alloc_pages(GFP_KERNEL, 3), *again;

	EXPECT(block != NULL);
	for (int i = 1; i < 8; i++)
		block[i].order = 1;
	__free_pages(block, 3);
	again = alloc_pages(GFP_KERNEL, 3);
	EXPECT(again == block);
	for (int i = 0; i < 8; i++)
		EXPECT(again[i].mapping == NULL && !PageAnon(&again[i]));
	__free_pages(again, 3);
}
