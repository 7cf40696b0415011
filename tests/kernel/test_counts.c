/*
 * tests/kernel/test_counts.c - the goals in counts: flushes, faults, tables, and what 60,000 areas cost
 */
#include <asm/processor.h>
#include <lockdep.h>
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

/* ---- C6: the locks of a fault ---- */

enum { FAULTS = 8 };

/* The locks that FAULTS faults at page 0 and on take; @write or read.  Interrupts and other CPUs may add some. */
static unsigned long locks_of_faults(bool write)
{
	unsigned long before = lockdep_taken();

	for (int k = 0; k < FAULTS; k++)
		write ? (void)poke(AT(k), k) : (void)peek(AT(k));
	return lockdep_taken() - before;
}

/* mmap_sem and the table's lock; besides them a page's refill of its CPU's list, now and then. */
MM_TEST(counts, an_anonymous_fault_takes_two_locks)
{
	if (!lockdep_taken()) {
		ktest_skip(t, "only the lock checker counts locks");
		return;
	}
	for (int write = 0; write < 2; write++) {
		unsigned long least = ~0UL;

		for (int i = 0; i < 32; i++) {
			EXPECT(map_at(0, 64, RW) > 0);
			poke(AT(63), 1);		/* the table, the anon_vma */
			least = min(least, locks_of_faults(write));
			EXPECT_EQ(unmap(0, 64), 0);
		}
		EXPECT_EQ(least, 2UL * FAULTS);
	}
}

/* ---- C4: faults are pages touched and COW breaks; fault-around saves some with files ---- */

static unsigned long faults(void)
{
	return vm_event_sum(PGFAULT);
}

/* Read, or write, pages [0, n): the faults that took. */
static unsigned long read_pages(int n)
{
	unsigned long before = faults();

	for (int k = 0; k < n; k++)
		peek(AT(k));
	return faults() - before;
}

static unsigned long write_pages(int n)
{
	unsigned long before = faults();

	for (int k = 0; k < n; k++)
		poke(AT(k), k);
	return faults() - before;
}

MM_TEST(counts, a_cow_break_is_one_fault_and_reading_a_shared_page_none)
{
	unsigned long copies = vm_event_sum(COW_COPY), reuses = vm_event_sum(COW_REUSE);
	struct mm_struct *child;

	EXPECT(map_at(0, 64, RW) > 0);
	EXPECT_EQ(write_pages(64), 64);
	child = dup_mm(mm);
	EXPECT(!IS_ERR(child));
	flush_tlb_mm(mm);
	EXPECT_EQ(read_pages(64), 0);
	EXPECT_EQ(write_pages(32), 32);
	EXPECT_EQ(write_pages(32), 0);
	EXPECT_EQ(vm_event_sum(COW_COPY) - copies, 32);
	mmput(child);
	EXPECT_EQ(write_pages(64), 32);			/* the others are the only owners' now */
	EXPECT_EQ(vm_event_sum(COW_COPY) - copies, 32);
	EXPECT_EQ(vm_event_sum(COW_REUSE) - reuses, 32);
}

MM_TEST(counts, the_zero_page_costs_a_fault_to_read_and_one_to_write)
{
	EXPECT(map_at(0, 64, RW) > 0);
	EXPECT_EQ(read_pages(64), 64);
	EXPECT_EQ(read_pages(64), 0);
	EXPECT_EQ(write_pages(64), 64);
	EXPECT_EQ(write_pages(64), 0);
}

/* Faults of reading 64 cached pages of a file, mapped anew, under @advice. */
static unsigned long file_faults(struct file *f, int flags, int advice)
{
	unmap(0, 64);
	map_file(f, 0, 64, RW, flags);
	sys_madvise(AT(0), 64 * PAGE_SIZE, advice);
	return read_pages(64);
}

MM_TEST(counts, fault_around_lowers_the_faults_of_reading_files_alone)
{
	static const int flags[] = { MAP_SHARED, MAP_PRIVATE };
	struct file *f = new_file(64 * PAGE_SIZE);

	EXPECT_EQ(map_file(f, 0, 64, RW, MAP_SHARED), AT(0));
	EXPECT_EQ(write_pages(64), 64);			/* a write maps its own page only */
	for (int i = 0; i < 2; i++) {
		EXPECT_EQ(file_faults(f, flags[i], MADV_NORMAL), 4);
		EXPECT_EQ(file_faults(f, flags[i], MADV_SEQUENTIAL), 4);
		EXPECT_EQ(file_faults(f, flags[i], MADV_RANDOM), 64);
	}
	EXPECT_EQ(write_pages(64), 64);			/* private: each is a COW break */
	unmap(0, 64);
	EXPECT(map_at(0, 64, RW) > 0);
	EXPECT_EQ(sys_madvise(AT(0), 64 * PAGE_SIZE, MADV_SEQUENTIAL), 0);
	EXPECT_EQ(read_pages(64), 64);			/* no file: nothing is around */
	fput(f);
}

/* ---- C5: no table is left ---- */

static long tables(void)
{
	return atomic_long_read(&nr_page_table_pages);
}

/* One page in each of @nr tables @step bytes apart.  False: no memory. */
static bool use_tables(unsigned long from, unsigned long step, int nr)
{
	for (int i = 0; i < nr; i++) {
		unsigned long at = from + i * step;

		if (sys_mmap(at, PAGE_SIZE, RW, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1UL, 0) != (long)at ||
		    !poke(at, i))
			return false;
	}
	return true;
}

KTEST(counts, no_table_is_left_of_an_address_space_or_of_its_copies)
{
	long before = tables(), used = 0, after_copy = 0;
	struct mm_struct *mm = ktest_use_mm(), *child;
	bool ok;

	EXPECT(mm);
	ok = use_tables(BASE, PMD_SIZE, 100) && use_tables(1UL << 40, PUD_SIZE, 50) &&
	     use_tables(1UL << 45, 1UL << 39, 20);
	used = tables() - before;
	for (int i = 0; ok && i < 3; i++) {
		child = dup_mm(mm);
		ok = !IS_ERR(child);
		if (ok && !after_copy)
			after_copy = tables() - before;
		if (ok)
			mmput(child);
	}
	sys_munmap(BASE, 100 * PMD_SIZE);
	ktest_unuse_mm(mm);
	EXPECT(ok);
	EXPECT(used >= 100 + 2 * 50 + 3 * 20);
	EXPECT(after_copy >= 2 * used - 4);
	EXPECT_EQ(tables(), before);
}

/* ---- C7: mmap, munmap and faults cost the same with 10 areas and with 60,000 ---- */

#define FEW 10
#define MANY 60000
#define PERCENT 130

struct cost {
	u64 touch, remap, beside;	/* instructions (icount) or cycles, the mean of many */
};

/* @nr areas of a page, every other one writable, cut in an order far from ascending. 0: no memory. */
static unsigned long make_areas(int nr)
{
	long p = map_any(nr, PROT_READ, MAP_PRIVATE | MAP_NORESERVE);
	const int step = 7919;		/* a prime */

	for (int i = 0; p > 0 && i < nr / 2; i++) {
		unsigned long at = p + (unsigned long)i * step % (nr / 2) * 2 * PAGE_SIZE;

		if (sys_mprotect(at, PAGE_SIZE, RW))
			return 0;
	}
	return p > 0 ? p : 0;
}

static u64 touch_cost(unsigned long at)
{
	u64 start;

	sys_madvise(at, PAGE_SIZE, MADV_DONTNEED);
	vmacache_invalidate(current->mm);
	start = rdtsc();
	poke(at, 1);
	return rdtsc() - start;
}

/* The hole is the highest that is large enough: it is found again.  0: it was not. */
static u64 remap_cost(unsigned long at)
{
	u64 start = rdtsc();

	if (sys_munmap(at, PAGE_SIZE) || map_any(1, RW, MAP_PRIVATE) != (long)at || !poke(at, 1))
		return 0;
	return rdtsc() - start;
}

/*
 * Below all areas a hole between two pages: whatever the addresses are, its page table is there, and stays.  Else the
 * next page would now and then be the only one of a table, which costs as much again.  0, or no memory.
 */
static long leave_hole(void)
{
	long at = map_any(3, PROT_READ, MAP_PRIVATE);

	if (at < 0)
		return at;
	peek(at);
	peek(at + 2 * PAGE_SIZE);
	return sys_munmap(at + PAGE_SIZE, PAGE_SIZE);
}

static u64 beside_cost(void)
{
	u64 start = rdtsc();
	long at = map_any(1, RW, MAP_PRIVATE);

	poke(at, 1);
	sys_munmap(at, PAGE_SIZE);
	return rdtsc() - start;
}

/* @times areas by chance, in the mean: a batch.  False: an answer was wrong. */
static bool cost_of_batch(unsigned long p, int nr, unsigned int first, unsigned int times, struct cost *c)
{
	*c = (struct cost){ 0 };
	for (unsigned int i = first; i < first + times; i++) {
		unsigned long at = p + i * 7919UL % (nr / 2) * 2 * PAGE_SIZE;
		u64 t = remap_cost(at);

		if (!t)
			return false;
		c->remap += t;
		c->touch += touch_cost(at);
		c->beside += beside_cost();
	}
	c->touch /= times;
	c->remap /= times;
	c->beside /= times;
	return true;
}

/*
 * In an address space of its own, the least of several batches: in the others a timer or a thread of the kernel was at
 * work too.  False: no memory, or an answer was wrong.
 */
static bool cost_of_areas(int nr, struct cost *c)
{
	enum { BATCHES = 10, TIMES = 100 };
	struct mm_struct *mm = ktest_use_mm();
	struct cost batch;
	unsigned long p;
	bool ok;

	*c = (struct cost){ ~0UL, ~0UL, ~0UL };
	if (!mm)
		return false;
	p = make_areas(nr);
	ok = p && mm->map_count >= nr - 1;
	for (int i = 0; ok && i < nr / 2; i++)		/* every table is there */
		poke(p + 2UL * i * PAGE_SIZE, 1);
	ok = ok && !leave_hole();
	for (int i = 0; ok && i < BATCHES; i++) {
		ok = cost_of_batch(p, nr, i * TIMES, TIMES, &batch);
		c->touch = min(c->touch, batch.touch);
		c->remap = min(c->remap, batch.remap);
		c->beside = min(c->beside, batch.beside);
	}
	ktest_unuse_mm(mm);
	return ok;
}

KTEST(counts, sixty_thousand_areas_cost_little_more_than_ten)
{
	struct cost few, many;

	if (totalram_pages() << PAGE_SHIFT < 512UL << 20) {
		ktest_skip(t, "too little RAM for 60,000 areas");
		return;
	}
	EXPECT(cost_of_areas(FEW, &few));
	EXPECT(cost_of_areas(MANY, &many));
	if (many.touch * 100 > few.touch * PERCENT || many.remap * 100 > few.remap * PERCENT ||
	    many.beside * 100 > few.beside * PERCENT)
		ktest_fail(t, __FILE__, __LINE__, "touch %lu %lu, unmap and map %lu %lu, beside %lu %lu",
			   few.touch, many.touch, few.remap, many.remap, few.beside, many.beside);
}
