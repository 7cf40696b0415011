/*
 * tests/kernel/test_memblock.c - the boot-time map of memory: merging, cutting, allocating
 *
 * The real map is put aside during a case; nothing else may look at it meanwhile.
 */
#include <asm/irqflags.h>
#include <ktest.h>
#include <memblock.h>
#include <mm.h>
#include <string.h>

static struct memblock saved;

/* Run @fn on an empty map with interrupts off; its answer. */
static bool on_empty_map(bool (*fn)(void))
{
	unsigned long flags = local_irq_save();
	bool ok;

	saved = memblock;
	memset(&memblock, 0, sizeof(memblock));
	page_alloc_ready = false;
	ok = fn();
	page_alloc_ready = true;
	memblock = saved;
	local_irq_restore(flags);
	return ok;
}

static bool region_is(const struct memblock_type *t, unsigned int i, phys_addr_t base,
		      phys_addr_t size)
{
	return i < t->nr && t->regions[i].base == base && t->regions[i].size == size;
}

static bool merges(void)
{
	memblock_add(0x1000, 0x1000);
	memblock_add(0x3000, 0x1000);
	if (memblock.memory.nr != 2)
		return false;
	memblock_add(0x2000, 0x1000);		/* touches both */
	return memblock.memory.nr == 1 && region_is(&memblock.memory, 0, 0x1000, 0x3000);
}

KTEST(memblock, adjacent_regions_become_one)
{
	EXPECT(on_empty_map(merges));
}

static bool overlaps(void)
{
	memblock_add(0x8000, 0x4000);
	memblock_add(0x2000, 0x1000);
	memblock_add(0x1000, 0x8000);		/* swallows one, overlaps the other */
	return memblock.memory.nr == 1 && region_is(&memblock.memory, 0, 0x1000, 0xb000);
}

KTEST(memblock, overlapping_regions_become_one)
{
	EXPECT(on_empty_map(overlaps));
}

static bool cuts(void)
{
	memblock_add(0x1000, 0x9000);
	memblock_remove(0x4000, 0x2000);
	return memblock.memory.nr == 2 && region_is(&memblock.memory, 0, 0x1000, 0x3000) &&
	       region_is(&memblock.memory, 1, 0x6000, 0x4000) && memblock_total() == 0x7000;
}

KTEST(memblock, removing_the_middle_leaves_both_ends)
{
	EXPECT(on_empty_map(cuts));
}

static bool membership(void)
{
	memblock_add(0x1000, 0x1000);
	memblock_add(0x5000, 0x1000);
	return !memblock_is_memory(0xfff) && memblock_is_memory(0x1000) &&
	       memblock_is_memory(0x1fff) && !memblock_is_memory(0x2000) &&
	       memblock_is_memory(0x5800) && memblock_end_of_ram() == 0x6000;
}

KTEST(memblock, membership_is_exact_at_the_borders)
{
	EXPECT(on_empty_map(membership));
}

static bool allocates(void)
{
	phys_addr_t a, b;

	memblock_add(0x100000, 0x100000);
	memblock_reserve(0x1f0000, 0x10000);
	a = memblock_phys_alloc(0x3000, 0x1000, 0);
	b = memblock_phys_alloc(0x10000, 0x10000, 0);
	return a == 0x1ed000 && b == 0x1d0000 && memblock_is_reserved(a) &&
	       memblock_is_reserved(b + 0xffff) && !memblock_is_reserved(0x1e0000);
}

KTEST(memblock, allocation_is_aligned_free_ram_and_reserved_afterwards)
{
	EXPECT(on_empty_map(allocates));
}

static bool limited(void)
{
	memblock_add(0x100000, 0x100000);
	memblock_add(0x10000000, 0x100000);
	return memblock_phys_alloc(0x1000, 0x1000, 0x180000) == 0x17f000 &&
	       memblock_phys_alloc(0x200000, 0x1000, 0) == 0 &&
	       memblock_phys_alloc(0x1000, 0x1000, 0x100000) == 0;
}

KTEST(memblock, allocation_stays_below_the_limit_or_fails)
{
	EXPECT(on_empty_map(limited));
}

static bool freed(void)
{
	phys_addr_t a;

	memblock_add(0x100000, 0x10000);
	a = memblock_phys_alloc(0x4000, 0x1000, 0);
	memblock_free(a, 0x4000);
	return !memblock_is_reserved(a) && memblock_phys_alloc(0x10000, 0x1000, 0) == 0x100000;
}

KTEST(memblock, freed_memory_is_allocated_again)
{
	EXPECT(on_empty_map(freed));
}

KTEST(memblock, real_map_is_sorted_and_disjoint)
{
	unsigned int i;

	for (i = 1; i < memblock.memory.nr; i++)
		EXPECT(memblock.memory.regions[i - 1].base + memblock.memory.regions[i - 1].size <
		       memblock.memory.regions[i].base);
	for (i = 1; i < memblock.reserved.nr; i++)
		EXPECT(memblock.reserved.regions[i - 1].base +
		       memblock.reserved.regions[i - 1].size < memblock.reserved.regions[i].base);
}
