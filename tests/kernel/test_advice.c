/*
 * tests/kernel/test_advice.c - what advice changes inside: fault-around by counters, lazy pages
 */
#include "mm_util.h"

/* A shared area of 32 cached pages, read once in the middle: pages that one fault mapped. */
static long mapped_by_one_fault(struct mm_struct *mm, struct file *f, int advice)
{
	unsigned long before = vm_event_sum(FAULT_AROUND_PAGES);

	sys_madvise(AT(0), 32 * PAGE_SIZE, MADV_DONTNEED);
	if (sys_madvise(AT(0), 32 * PAGE_SIZE, advice))
		return -1;
	peek(AT(5));
	if ((long)(vm_event_sum(FAULT_AROUND_PAGES) - before) !=
	    (advice == MADV_RANDOM ? 0L : (long)get_mm_counter(mm, MM_SHMEMPAGES)))
		return -2;
	return get_mm_counter(mm, MM_SHMEMPAGES);
}

MM_TEST(advice, random_reading_maps_one_page_and_other_reading_sixteen)
{
	struct file *f = new_file(32 * PAGE_SIZE);

	EXPECT_EQ(map_file(f, 0, 32, RW, MAP_SHARED), AT(0));
	for (int i = 0; i < 32; i++)
		poke(AT(i), i);
	EXPECT_EQ(mapped_by_one_fault(mm, f, MADV_NORMAL), 16);
	EXPECT_EQ(mapped_by_one_fault(mm, f, MADV_RANDOM), 1);
	EXPECT_EQ(mapped_by_one_fault(mm, f, MADV_SEQUENTIAL), 16);
	fput(f);
}

MM_TEST(advice, lazily_freed_pages_are_clean_until_written)
{
	map_at(0, 2, RW);
	poke(AT(0), 7);
	EXPECT(pte_dirty(entry(mm, AT(0))) && PageSwapBacked(page_at(mm, AT(0))));
	EXPECT_EQ(sys_madvise(AT(0), 2 * PAGE_SIZE, MADV_FREE), 0);
	EXPECT(!pte_dirty(entry(mm, AT(0))) && !PageSwapBacked(page_at(mm, AT(0))));
	EXPECT_EQ(peek(AT(0)), 7);
	EXPECT(!pte_dirty(entry(mm, AT(0))));
	poke(AT(0), 8);
	EXPECT(pte_dirty(entry(mm, AT(0))));
}

MM_TEST(advice, cold_pages_lose_the_accessed_bit)
{
	map_at(0, 1, RW);
	poke(AT(0), 7);
	SetPageReferenced(page_at(mm, AT(0)));
	EXPECT_EQ(sys_madvise(AT(0), PAGE_SIZE, MADV_COLD), 0);
	EXPECT(!pte_young(entry(mm, AT(0))) && !PageReferenced(page_at(mm, AT(0))));
	peek(AT(0));
	EXPECT(pte_young(entry(mm, AT(0))));
}
