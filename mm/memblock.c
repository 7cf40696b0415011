/*
 * mm/memblock.c - physical memory before there is a page allocator
 *
 * Purpose:    between the firmware's memory map and mem_init() somebody must know what is
 *             RAM and what of it is taken, and hand out memory for the first page tables
 *             and the struct page array.
 * Invariants: each array is sorted by base; its regions are not empty, disjoint and not
 *             adjacent (neighbours are merged).
 *             What memblock_phys_alloc() returns was RAM and not reserved, and is reserved
 *             from then on.
 *             After mem_init() nothing is allocated here any more.
 * Lock order: none: boot runs on one CPU.
 * Simplified: fixed arrays of MEMBLOCK_MAX regions and no NUMA nodes; Linux grows its
 *             arrays and keeps a node and flags per region.
 * Sources:    Gorman, "Understanding the Linux Virtual Memory Manager", chapter
 *             "Boot Memory Allocator".
 */
#include <asm/page.h>
#include <bug.h>
#include <memblock.h>
#include <mm.h>
#include <string.h>

struct memblock memblock;

static phys_addr_t region_end(const struct memblock_region *r)
{
	return r->base + r->size;
}

/* base + size, or the last address if that overflows. */
static phys_addr_t range_end(phys_addr_t base, phys_addr_t size)
{
	return base + size < base ? ~(phys_addr_t)0 : base + size;
}

/* Replace regions [from, to) by @n regions taken from @by. */
static void splice_regions(struct memblock_type *type, unsigned int from, unsigned int to,
			   const struct memblock_region *by, unsigned int n)
{
	unsigned int tail = type->nr - to;

	if (from + n + tail > MEMBLOCK_MAX)
		panic("memblock: the memory map has more than %d pieces", MEMBLOCK_MAX);
	memmove(&type->regions[from + n], &type->regions[to], tail * sizeof(*by));
	if (n)
		memcpy(&type->regions[from], by, n * sizeof(*by));
	type->nr = from + n + tail;
}

/* Add [base, base+size): one region swallows all it overlaps or touches. */
static void add_range(struct memblock_type *type, phys_addr_t base, phys_addr_t size)
{
	phys_addr_t end = range_end(base, size);
	struct memblock_region merged;
	unsigned int i = 0, j;

	if (base >= end)
		return;
	while (i < type->nr && region_end(&type->regions[i]) < base)
		i++;
	for (j = i; j < type->nr && type->regions[j].base <= end; j++) {
		base = min(base, type->regions[j].base);
		end = max(end, region_end(&type->regions[j]));
	}
	merged = (struct memblock_region){ base, end - base };
	splice_regions(type, i, j, &merged, 1);
}

/* Take [base, base+size) out; the regions it cuts keep what lies outside. */
static void remove_range(struct memblock_type *type, phys_addr_t base, phys_addr_t size)
{
	phys_addr_t end = range_end(base, size);
	struct memblock_region rest[2];
	unsigned int i = 0, j, n = 0;

	if (base >= end)
		return;
	while (i < type->nr && region_end(&type->regions[i]) <= base)
		i++;
	for (j = i; j < type->nr && type->regions[j].base < end; j++)
		;
	if (i == j)
		return;
	if (type->regions[i].base < base)
		rest[n++] = (struct memblock_region){ type->regions[i].base,
						      base - type->regions[i].base };
	if (region_end(&type->regions[j - 1]) > end)
		rest[n++] = (struct memblock_region){ end,
						      region_end(&type->regions[j - 1]) - end };
	splice_regions(type, i, j, rest, n);
}

/* There is RAM at [base, base+size). */
void memblock_add(phys_addr_t base, phys_addr_t size)
{
	add_range(&memblock.memory, base, size);
}

/* Forget the RAM at [base, base+size). */
void memblock_remove(phys_addr_t base, phys_addr_t size)
{
	remove_range(&memblock.memory, base, size);
}

/* [base, base+size) is taken, whether it is RAM or not. */
void memblock_reserve(phys_addr_t base, phys_addr_t size)
{
	add_range(&memblock.reserved, base, size);
}

/* [base, base+size) is free again. */
void memblock_free(phys_addr_t base, phys_addr_t size)
{
	remove_range(&memblock.reserved, base, size);
}

/*
 * The highest aligned place for @size bytes within [low, high) that no reserved region
 * overlaps; 0 if there is none.
 */
static phys_addr_t find_below(phys_addr_t low, phys_addr_t high, phys_addr_t size,
			      phys_addr_t align)
{
	unsigned int i = memblock.reserved.nr;

	while (high > low && high - low >= size) {
		phys_addr_t at = ALIGN_DOWN(high - size, align);
		const struct memblock_region *r;

		if (at < low)
			return 0;
		while (i && memblock.reserved.regions[i - 1].base >= at + size)
			i--;
		if (!i)
			return at;
		r = &memblock.reserved.regions[i - 1];
		if (region_end(r) <= at)
			return at;
		high = r->base;
	}
	return 0;
}

phys_addr_t memblock_phys_alloc(phys_addr_t size, phys_addr_t align, phys_addr_t limit)
{
	unsigned int i;

	BUG_ON(page_alloc_ready);
	if (!align)
		align = 1;
	for (i = memblock.memory.nr; i-- && size;) {
		const struct memblock_region *r = &memblock.memory.regions[i];
		phys_addr_t high = region_end(r), at;

		if (limit && high > limit)
			high = limit;
		at = find_below(r->base, high, size, align);
		if (at) {
			memblock_reserve(at, size);
			return at;
		}
	}
	return 0;
}

/* Binary search for the region that holds @pa. */
static bool type_contains(const struct memblock_type *type, phys_addr_t pa)
{
	unsigned int lo = 0, hi = type->nr;

	while (lo < hi) {
		unsigned int mid = (lo + hi) / 2;
		const struct memblock_region *r = &type->regions[mid];

		if (pa < r->base)
			hi = mid;
		else if (pa >= region_end(r))
			lo = mid + 1;
		else
			return true;
	}
	return false;
}

bool memblock_is_memory(phys_addr_t pa)
{
	return type_contains(&memblock.memory, pa);
}

bool memblock_is_reserved(phys_addr_t pa)
{
	return type_contains(&memblock.reserved, pa);
}

/* One past the last byte of RAM; 0 if there is none. */
phys_addr_t memblock_end_of_ram(void)
{
	unsigned int nr = memblock.memory.nr;

	return nr ? region_end(&memblock.memory.regions[nr - 1]) : 0;
}

/* Bytes of RAM, reserved ones included. */
phys_addr_t memblock_total(void)
{
	phys_addr_t sum = 0;
	unsigned int i;

	for (i = 0; i < memblock.memory.nr; i++)
		sum += memblock.memory.regions[i].size;
	return sum;
}
