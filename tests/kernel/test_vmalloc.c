/*
 * tests/kernel/test_vmalloc.c - virtually contiguous memory, guard pages, kernel stacks
 */
#include <asm/extable.h>
#include <asm/processor.h>
#include <ktest.h>
#include <memblock.h>
#include <mm.h>
#include <string.h>
#include <vmalloc.h>

KTEST(vmalloc, memory_is_contiguous_and_keeps_its_contents)
{
	unsigned long *p = vmalloc(10 * PAGE_SIZE), i, bad = 0;

	EXPECT(p);
	for (i = 0; i < 10 * PAGE_SIZE / 8; i++)
		p[i] = i;
	for (i = 0; i < 10 * PAGE_SIZE / 8; i++)
		bad += p[i] != i;
	vfree(p);
	EXPECT_EQ(bad, 0);
}

KTEST(vmalloc, page_behind_an_area_is_a_guard)
{
	char *p = vmalloc(PAGE_SIZE + 1);	/* two pages */
	long last, guard;

	EXPECT(p);
	last = probe_write(p + 2 * PAGE_SIZE - 1);
	guard = probe_write(p + 2 * PAGE_SIZE);
	vfree(p);
	EXPECT_EQ(last, 0);
	EXPECT(guard & PROBE_FAULTED);
}

KTEST(vmalloc, freed_area_faults)
{
	char *p = vmalloc(PAGE_SIZE);
	long before, after;

	EXPECT(p);
	before = probe_read(p);
	vfree(p);
	after = probe_read(p);
	EXPECT_EQ(before, 0);
	EXPECT(after & PROBE_FAULTED);
}

KTEST(vmalloc, memory_is_not_executable)
{
	u8 *p = vmalloc(PAGE_SIZE);
	long r;

	EXPECT(p);
	p[0] = 0xc3;			/* ret */
	r = probe_exec(p);
	vfree(p);
	EXPECT(r & PROBE_FAULTED);
}

KTEST(vmalloc, areas_do_not_overlap_and_the_lowest_gap_is_used_again)
{
	char *p[8], *again;
	int i;
	bool apart = true;

	for (i = 0; i < 8; i++)
		p[i] = vmalloc((i % 3 + 1) * PAGE_SIZE);
	for (i = 1; i < 8; i++)
		apart = apart && p[i] && (p[i] >= p[i - 1] + PAGE_SIZE || p[i] < p[i - 1]);
	vfree(p[2]);			/* three pages */
	again = vmalloc(3 * PAGE_SIZE);
	for (i = 0; i < 8; i++)
		if (i != 2)
			vfree(p[i]);
	vfree(again);
	EXPECT(apart);
	EXPECT(again <= p[2]);
}

KTEST(vmalloc, random_areas_keep_their_stamps)
{
	static struct { u64 *mem; unsigned long pages; u64 stamp; } held[32];
	u64 seed = 3;
	unsigned long step, i, bad = 0;

	for (step = 0; step < 600; step++) {
		unsigned int at;

		seed = seed * 6364136223846793005UL + 1442695040888963407UL;
		at = seed >> 59;
		if (held[at].mem) {
			for (i = 0; i < held[at].pages; i++)
				bad += held[at].mem[i * 512] != held[at].stamp + i;
			vfree(held[at].mem);
			held[at].mem = NULL;
			continue;
		}
		held[at].pages = (seed >> 33) % 6 + 1;
		held[at].stamp = step * 1000;
		held[at].mem = vmalloc(held[at].pages << PAGE_SHIFT);
		for (i = 0; held[at].mem && i < held[at].pages; i++)
			held[at].mem[i * 512] = held[at].stamp + i;
	}
	for (i = 0; i < 32; i++) {
		vfree(held[i].mem);
		held[i].mem = NULL;
	}
	EXPECT_EQ(bad, 0);
}

KTEST(vmalloc, vzalloc_is_zero_and_counts_are_exact)
{
	unsigned long before = vmalloc_used_pages(), during, i, sum = 0;
	unsigned long *p = vzalloc(3 * PAGE_SIZE - 5);

	EXPECT(p);
	during = vmalloc_used_pages();
	for (i = 0; i < 3 * PAGE_SIZE / 8; i++)
		sum |= p[i];
	vfree(p);
	EXPECT_EQ(sum, 0);
	EXPECT_EQ(during, before + 3);
	EXPECT_EQ(vmalloc_used_pages(), before);
}

KTEST(vmalloc, request_larger_than_ram_is_refused_without_loss)
{
	unsigned long before = nr_free_pages();

	EXPECT(!vmalloc((totalram_pages() + 1) << PAGE_SHIFT));
	EXPECT(!vmalloc(0));
	EXPECT(!vmalloc(~0UL));
	EXPECT_EQ(nr_free_pages(), before);
}

KTEST(vmalloc, kernel_stack_has_a_guard_below)
{
	char *stack = alloc_kernel_stack();
	long low, top, below;
	bool known, inside;

	EXPECT(stack);
	low = probe_write(stack);
	top = probe_write(stack + KERNEL_STACK_SIZE - 1);
	below = probe_write(stack - 1);
	known = is_stack_guard((unsigned long)stack - 1);
	inside = is_stack_guard((unsigned long)stack);
	free_kernel_stack(stack);
	EXPECT_EQ(low, 0);
	EXPECT_EQ(top, 0);
	EXPECT(below & PROBE_FAULTED);
	EXPECT(known && !inside);
}

KTEST(vmalloc, freed_stack_serves_the_next_fork)
{
	void *a = alloc_kernel_stack(), *b;
	unsigned long free;
	bool no_allocation;

	EXPECT(a);
	free_kernel_stack(a);
	free = nr_free_pages();
	b = alloc_kernel_stack();
	no_allocation = nr_free_pages() == free;
	free_kernel_stack(b);
	EXPECT(b == a || no_allocation);
	EXPECT(no_allocation);
}

KTEST(vmalloc, memremap_of_ram_is_the_direct_map)
{
	unsigned long page = __get_free_pages(GFP_KERNEL, 0);
	void *p;

	EXPECT(page);
	p = memremap(__pa((void *)page) + 8, 100);
	iounmap(p);
	free_page(page);
	EXPECT(p == (void *)(page + 8));
}

/* Firmware names addresses; one with bits that the CPU does not have would fault when it is read. */
KTEST(vmalloc, addresses_that_the_cpu_does_not_have_are_not_mapped)
{
	phys_addr_t end = 1UL << cpu_features.phys_bits;
	static const u64 far[] = { 0, 1UL << 51, 1UL << 52, 1UL << 63 };
	unsigned long entry = 0;
	void *last, *p;
	int level;

	for (size_t i = 0; i < ARRAY_SIZE(far); i++) {
		p = memremap(end | far[i], 64);
		iounmap(p);
		EXPECT(!p);
		p = ioremap(end | far[i], 64);
		iounmap(p);
		EXPECT(!p);
	}
	p = memremap(end - PAGE_SIZE, 2 * PAGE_SIZE);
	iounmap(p);
	EXPECT(!p);
	p = memremap(end - 8, ~0UL - end);
	iounmap(p);
	EXPECT(!p);
	last = memremap(end - 8, 8);
	EXPECT(last);
	level = walk_leaf(init_pgd, (unsigned long)last, &entry);	/* it is not read: who knows what answers there */
	iounmap(last);
	EXPECT_EQ(level, 1);
	EXPECT_EQ(entry & PTE_PFN_MASK, end - PAGE_SIZE);
}

KTEST(vmalloc, ioremap_is_uncached_and_gone_after_iounmap)
{
	unsigned long entry = 0;
	char *p = ioremap(0xfec00010, 4);	/* the IOAPIC's page */
	int level;
	long after;

	EXPECT(p && offset_in_page(p) == 0x10);
	level = walk_leaf(init_pgd, (unsigned long)p, &entry);
	iounmap(p);
	after = probe_read(p);
	EXPECT_EQ(level, 1);
	EXPECT((entry & _PAGE_PCD) && (entry & _PAGE_NX));
	EXPECT_EQ(entry & PTE_PFN_MASK, 0xfec00000);
	EXPECT(after & PROBE_FAULTED);
}
