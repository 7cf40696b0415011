/*
 * mm/mm_init.c - from the boot-time map of memory to zones full of free pages
 *
 * Purpose:    mem_init() gives every frame of RAM its struct page, sorts the frames into
 *             zones, hands what memblock has not reserved to the buddies, and decides how
 *             much must stay free.
 * Invariants: a frame has a struct page if and only if its subsection (64 frames, whose
 *             struct pages fill one page) holds RAM: pfn_valid().
 *             Every frame is reserved, with one reference, until it is released here; then
 *             it is the allocator's for ever.  Frame 0 never is: address 0 means none.
 *             managed_pages of a zone counts what was released to it.
 * Lock order: zone->lock, for free_reserved_area(); boot itself runs alone.
 * Simplified: all struct pages are set up at once; Linux defers most on large machines.
 * Sources:    Gorman, "Understanding the Linux Virtual Memory Manager", chapter
 *             "Describing Physical Memory".
 */
#include <kasan.h>
#include <memblock.h>
#include <mm.h>
#include <printk.h>
#include <string.h>
#include "page_internal.h"

struct page *empty_zero_page;
unsigned long max_pfn;
bool page_alloc_ready;

static unsigned long *subsection_map;	/* bit: this subsection has struct pages */
/* Frames that follow each other and have struct pages; sorted; at most one run for each region of RAM. */
static struct frame_run {
	unsigned long start, end;
	unsigned long before;		/* frames in the runs before this one */
} frame_runs[MEMBLOCK_MAX];
static unsigned int nr_frame_runs;
static unsigned long zone_min_total;

bool pfn_valid(unsigned long pfn)
{
	return pfn < max_pfn && subsection_map &&
	       test_bit(pfn / SUBSECTION_PAGES, subsection_map);
}

/* The first run that ends behind @pfn; NULL: none does. */
static const struct frame_run *run_at_or_after(unsigned long pfn)
{
	unsigned int lo = 0, hi = nr_frame_runs;

	while (lo < hi) {
		unsigned int mid = (lo + hi) / 2;

		if (frame_runs[mid].end <= pfn)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < nr_frame_runs ? &frame_runs[lo] : NULL;
}

unsigned long next_valid_pfn(unsigned long pfn)
{
	const struct frame_run *run;

	if (pfn_valid(pfn))
		return pfn;
	run = run_at_or_after(pfn);
	return run ? run->start : max_pfn;
}

unsigned long frame_index(unsigned long pfn)
{
	const struct frame_run *run = run_at_or_after(pfn);

	VM_BUG_ON(!run || pfn < run->start);
	return run->before + pfn - run->start;
}

unsigned long nr_frames(void)
{
	const struct frame_run *last = &frame_runs[nr_frame_runs - 1];

	return last->before + last->end - last->start;
}

/* The sum of all min watermarks. */
unsigned long min_free_pages(void)
{
	return zone_min_total;
}

static enum zone_type zone_of_pfn(unsigned long pfn)
{
	if (pfn < (16UL << 20 >> PAGE_SHIFT))
		return ZONE_DMA;
	return pfn < (4UL << 30 >> PAGE_SHIFT) ? ZONE_DMA32 : ZONE_NORMAL;
}

static void *boot_alloc(phys_addr_t size, const char *what)
{
	phys_addr_t pa = memblock_phys_alloc(ALIGN_UP(size, PAGE_SIZE), PAGE_SIZE, 4UL << 30);

	if (!pa)
		panic("too little RAM for %s: give the machine more memory", what);
	memset(__va(pa), 0, ALIGN_UP(size, PAGE_SIZE));
	return __va(pa);
}

static void add_frame_run(unsigned long start, unsigned long end)
{
	unsigned long before = nr_frame_runs ? nr_frames() : 0;

	BUG_ON(nr_frame_runs == MEMBLOCK_MAX);
	frame_runs[nr_frame_runs++] = (struct frame_run){ start, end, before };
}

/* Mark all subsections that hold RAM and give them their struct pages. */
static void make_struct_pages(void)
{
	unsigned long nr = DIV_ROUND_UP(max_pfn, SUBSECTION_PAGES), i, first, pfn;
	unsigned int r;

	subsection_map = boot_alloc(DIV_ROUND_UP(nr, 64) * 8, "the map of sections");
	for (r = 0; r < memblock.memory.nr; r++) {
		const struct memblock_region *reg = &memblock.memory.regions[r];
		unsigned long last = PFN_DOWN(reg->base + reg->size - 1) / SUBSECTION_PAGES;

		for (i = PFN_DOWN(reg->base) / SUBSECTION_PAGES; i <= last; i++)
			__set_bit(i, subsection_map);
	}
	for (i = 0; i < nr; i++) {
		if (!test_bit(i, subsection_map))
			continue;
		for (first = i; i < nr && test_bit(i, subsection_map); i++)
			;
		vmemmap_populate(first * SUBSECTION_PAGES, i * SUBSECTION_PAGES);
		add_frame_run(first * SUBSECTION_PAGES, min(i * SUBSECTION_PAGES, max_pfn));
		for (pfn = first * SUBSECTION_PAGES; pfn < i * SUBSECTION_PAGES; pfn++) {
			struct page *page = pfn_to_page(pfn);

			page->flags = (unsigned long)zone_of_pfn(pfn) << PAGE_ZONE_SHIFT |
				      BIT(PG_reserved);
			atomic_set(&page->_mapcount, -1);
			atomic_set(&page->_refcount, 1);
		}
	}
}

static void init_zones(void)
{
	static const char *const names[] = { "DMA", "DMA32", "Normal" };
	static const unsigned long start[] = { 0, 16UL << 20 >> PAGE_SHIFT,
					       4UL << 30 >> PAGE_SHIFT, -1UL };
	int i;
	unsigned int o, cpu;

	for (i = 0; i < MAX_NR_ZONES; i++) {
		struct zone *z = &zones[i];

		z->name = names[i];
		spin_lock_init_class(&z->lock, "zone->lock");
		spin_lock_init_class(&z->lru_lock, "zone->lru_lock");
		for (int l = 0; l < NR_LRU_LISTS; l++)
			INIT_LIST_HEAD(&z->lru[l]);
		z->start_pfn = start[i];
		if (max_pfn > start[i])
			z->spanned_pages = min(max_pfn, start[i + 1]) - start[i];
		for (o = 0; o < MAX_ORDER; o++)
			INIT_LIST_HEAD(&z->free_area[o].free_list);
		for (cpu = 0; cpu < NR_CPUS; cpu++)
			INIT_LIST_HEAD(&z->pcp[cpu].list);
	}
}

/* Frames [pfn, end), reserved until now, become free: in the largest aligned blocks. */
static void release_range(unsigned long pfn, unsigned long end)
{
	while (pfn < end) {
		struct zone *z = &zones[zone_of_pfn(pfn)];
		unsigned int order = MAX_ORDER - 1;
		unsigned long i, flags;

		while ((pfn & ((1UL << order) - 1)) || pfn + (1UL << order) > end)
			order--;
		for (i = 0; i < 1UL << order; i++) {
			struct page *page = pfn_to_page(pfn + i);

			page->flags &= ~FLAGS_MASK;
			atomic_set(&page->_refcount, 0);
		}
		kasan_poison(__va(PFN_PHYS(pfn)), PAGE_SIZE << order, KASAN_FREE_PAGE);
		spin_lock_irqsave(&z->lock, flags);
		z->managed_pages += 1UL << order;
		buddy_free(z, pfn_to_page(pfn), order);
		spin_unlock_irqrestore(&z->lock, flags);
		pfn += 1UL << order;
	}
}

/* Free what of one RAM region memblock has not reserved.  Frame 0 stays out: 0 means none. */
static void release_region(const struct memblock_region *reg)
{
	unsigned long pfn = max(PFN_UP(reg->base), 1UL);
	unsigned long end = PFN_DOWN(reg->base + reg->size);
	unsigned int i;

	for (i = 0; i < memblock.reserved.nr && pfn < end; i++) {
		const struct memblock_region *res = &memblock.reserved.regions[i];
		unsigned long from = PFN_DOWN(res->base), to = PFN_UP(res->base + res->size);

		if (to <= pfn)
			continue;
		if (from >= end)
			break;
		if (from > pfn)
			release_range(pfn, from);
		pfn = to;
	}
	if (pfn < end)
		release_range(pfn, end);
}

static void count_present(void)
{
	unsigned int r;

	for (r = 0; r < memblock.memory.nr; r++) {
		const struct memblock_region *reg = &memblock.memory.regions[r];
		unsigned long pfn = PFN_UP(reg->base), end = PFN_DOWN(reg->base + reg->size);
		int i;

		for (i = 0; i < MAX_NR_ZONES; i++) {
			struct zone *z = &zones[i];
			unsigned long from = max(pfn, z->start_pfn);
			unsigned long to = min(end, z->start_pfn + z->spanned_pages);

			if (from < to)
				z->present_pages += to - from;
		}
	}
}

static unsigned long int_sqrt(unsigned long x)
{
	unsigned long r = 0, bit;

	for (bit = 1UL << 31; bit; bit >>= 1)
		if ((r | bit) * (r | bit) <= x)
			r |= bit;
	return r;
}

/*
 * A CPU may keep 1/256 of a zone for itself, up to 16 MiB, and at least six batches.  A
 * batch is a power of two: one block of the buddies.
 */
static void set_pcp_limits(struct zone *z)
{
	unsigned long share = min(max(z->managed_pages / 1024, 1UL), 32UL);
	int batch = 1 << (63 - __builtin_clzl(share));
	int high = min(max(z->managed_pages / 256, 6UL * batch), 4096UL);
	unsigned int cpu;

	for (cpu = 0; cpu < NR_CPUS; cpu++) {
		z->pcp[cpu].batch = batch;
		z->pcp[cpu].high = high;
	}
}

/*
 * Keep 4 * sqrt(RAM in KiB) KiB, between 128 KiB and 64 MiB, shared out by size: memory
 * that is asked for in a hurry grows slower than memory.
 */
static void set_watermarks(void)
{
	unsigned long total = totalram_pages(), higher = 0, min_pages;
	int i;

	min_pages = int_sqrt(total * (PAGE_SIZE / 1024) * 16);
	min_pages = min(max(min_pages, 128UL), 65536UL) / (PAGE_SIZE / 1024);
	zone_min_total = 0;
	for (i = MAX_NR_ZONES - 1; i >= 0; i--) {
		struct zone *z = &zones[i];
		unsigned long mark = total ? min_pages * z->managed_pages / total : 0;

		z->watermark[WMARK_MIN] = mark;
		z->watermark[WMARK_LOW] = mark + mark / 4;
		z->watermark[WMARK_HIGH] = mark + mark / 2;
		z->lowmem_reserve = higher / 256;
		higher += z->managed_pages;
		zone_min_total += mark;
		set_pcp_limits(z);
	}
}

static void build_zonelists(void)
{
	int wanted, i;

	for (wanted = 0; wanted < MAX_NR_ZONES; wanted++) {
		int n = 0;

		for (i = wanted; i >= 0; i--)
			if (zones[i].managed_pages)
				zonelists[wanted][n++] = &zones[i];
		if (!n)			/* never empty: an empty zone gives nothing */
			zonelists[wanted][n++] = &zones[wanted];
		zonelists[wanted][n] = NULL;
	}
	best_zone[0] = zonelists[ZONE_NORMAL][0];
	best_zone[__GFP_DMA] = zonelists[ZONE_DMA][0];
	best_zone[__GFP_DMA32] = zonelists[ZONE_DMA32][0];
	best_zone[__GFP_DMA | __GFP_DMA32] = zonelists[ZONE_DMA][0];
	if (trace_on(TRACE_BIT(PAGE)))
		page_alloc_trace(true);
}

void mem_init(void)
{
	unsigned int r;

	max_pfn = PFN_DOWN(memblock_end_of_ram());
	make_struct_pages();
	init_zones();
#ifdef QUIRE_DEBUG
	page_owners = boot_alloc(nr_frames() * sizeof(*page_owners), "the owners of pages");
#endif
	page_alloc_ready = true;	/* memblock's reservations are final from here */
	for (r = 0; r < memblock.memory.nr; r++)
		release_region(&memblock.memory.regions[r]);
	count_present();
	build_zonelists();
	set_watermarks();
	empty_zero_page = alloc_page(GFP_KERNEL | __GFP_ZERO | __GFP_NOFAIL);
	empty_zero_page->flags |= BIT(PG_reserved);
	pr_info("Memory: %luK of %luK RAM available, %luK for struct pages\n",
		totalram_pages() << (PAGE_SHIFT - 10),
		(unsigned long)(memblock_total() >> 10),
		DIV_ROUND_UP(nr_frames() * sizeof(struct page), 1024));
}

void free_reserved_area(phys_addr_t start, phys_addr_t end)
{
	unsigned long pfn = PFN_UP(start), stop = PFN_DOWN(end), p;

	BUG_ON(!page_alloc_ready);
	for (p = pfn; p < stop; p++) {
		struct page *page = pfn_to_page(p);

		BUG_ON(!pfn_valid(p) || !PageReserved(page) || page_count(page) != 1);
	}
	if (pfn < stop)
		release_range(pfn, stop);
	build_zonelists();
	set_watermarks();
}
