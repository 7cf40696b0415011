/*
 * tests/kernel/test_counts.c - the goals in counts: flushes and faults, exact on any machine
 */
#include "mm_util.h"

static unsigned long flushes(void)
{
	return vm_event_sum(TLB_FLUSH_ALL);
}

/* Up to 32 pages are flushed one by one, more at once; never both. */
MM_TEST(counts, munmap_and_mprotect_flush_at_most_once)
{
	static const int sizes[] = { 1, 32, 33, 200 };

	for (unsigned int i = 0; i < ARRAY_SIZE(sizes); i++) {
		int n = sizes[i];
		unsigned long all, one;

		EXPECT(map_at(0, n, RW) > 0);
		all = flushes();
		one = vm_event_sum(TLB_FLUSH_PAGE);
		for (int k = 0; k < n; k++)
			EXPECT(poke(AT(k), k));
		EXPECT_EQ(flushes(), all);		/* not present -> present: none */
		EXPECT_EQ(vm_event_sum(TLB_FLUSH_PAGE), one);
		EXPECT_EQ(protect(0, n, PROT_READ), 0);
		EXPECT(flushes() - all <= (n > 32));
		EXPECT(vm_event_sum(TLB_FLUSH_PAGE) - one <= (n > 32 ? 0UL : (unsigned long)n));
		all = flushes();
		one = vm_event_sum(TLB_FLUSH_PAGE);
		EXPECT_EQ(unmap(0, n), 0);
		EXPECT(flushes() - all <= (n > 32));
		EXPECT(vm_event_sum(TLB_FLUSH_PAGE) - one <= (n > 32 ? 0UL : (unsigned long)n));
	}
}

MM_TEST(counts, one_fault_for_each_page_touched)
{
	unsigned long before;

	EXPECT(map_at(0, 64, RW) > 0);
	before = vm_event_sum(PGFAULT);
	for (int k = 0; k < 64; k++)
		EXPECT(poke(AT(k), k));
	for (int k = 0; k < 64; k++)
		EXPECT_EQ(peek(AT(k)), (u64)k);
	EXPECT_EQ(vm_event_sum(PGFAULT) - before, 64UL);
}
