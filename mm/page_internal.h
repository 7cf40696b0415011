/*
 * mm/page_internal.h - what the allocators know of each other, and tests of them
 */
#ifndef MM_PAGE_INTERNAL_H
#define MM_PAGE_INTERNAL_H

#include <fail_nth.h>
#include <mm.h>
#include <slab.h>

/*
 * Compound pages: the head's PG_compound says that the next page is its tail; a tail's
 * compound_head is the head's address with bit 0 set, which no list pointer ever has.
 */
static inline bool page_is_tail(const struct page *page)
{
	return PageCompound(page) && ((unsigned long)page->compound_head & 1);
}

static inline struct page *compound_head(struct page *page)
{
	if (unlikely(page_is_tail(page)))
		return (struct page *)((unsigned long)page->compound_head - 1);
	return page;
}

static inline unsigned int compound_order(const struct page *head)
{
	return PageCompound(head) ? head[1].compound_order : 0;
}

static inline struct page *virt_to_head_page(const void *p)
{
	return compound_head(virt_to_page(p));
}

/*
 * While not NULL, a violation found by the page allocator's or slab's debug checks is
 * counted here and repaired instead of ending in a panic: the self tests provoke some.
 */
extern unsigned int *page_debug_trap;
extern unsigned int *slab_debug_trap;

/* Debug build: who allocated and who freed a frame last (low halves of text addresses). */
struct page_owner {
	u32 alloc_caller;
	u32 free_caller;	/* not 0: the page is poisoned while it is free */
};
struct page_owner *page_owner_of(const struct page *page);	/* NULL if not kept */
static inline unsigned long owner_address(u32 caller)
{
	return caller ? 0xffffffff00000000UL | caller : 0;
}

#ifdef QUIRE_DEBUG
extern struct page_owner *page_owners;	/* by frame_index(); made by mem_init() */
#endif

/* The architecture may look at pages that are about to become free: the host's asks its TLB. */
#ifndef HAVE_ARCH_FREE_PAGE
static inline void arch_free_page(struct page *page, unsigned int order) { }
#endif

/* Everything in page->flags but the zone. */
#define FLAGS_MASK ((1UL << PAGE_ZONE_SHIFT) - 1)

/* Struct pages exist by the subsection: 64 of them fill one page. */
#define SUBSECTION_ORDER 6
#define SUBSECTION_PAGES (1UL << SUBSECTION_ORDER)

/* Zones to try for a request that may use zones up to the index, best first, NULL last. */
extern struct zone *zonelists[MAX_NR_ZONES][MAX_NR_ZONES + 1];
/* The first of the list by the zone bits of a request. */
extern struct zone *best_zone[4];
/* zone->lock held: the block joins its buddies. */
void buddy_free(struct zone *z, struct page *page, unsigned int order);

/* alloc_pages() on behalf of @caller. */
struct page *__alloc_pages(gfp_t gfp, unsigned int order, unsigned long caller);

/* All caches and slabs, for who shows them; the machine is stopped (kernel/snapshot.c). */
struct slab_counts {
	const char *cache;
	unsigned int size, per, order;	/* a slot, slots in a slab, pages of a slab */
	unsigned long active, total;	/* objects handed out, slots */
	unsigned long kept;		/* in CPUs' arrays: neither handed out nor on a slab's free list */
};
struct slab_visitor {
	void (*begin)(const struct slab_counts *c, void *arg);
	/* @free: a bit for each of its slots that is not handed out. */
	void (*slab)(const struct page *page, const unsigned long *free, void *arg);
	void (*end)(void *arg);
};
void slab_visit_all(const struct slab_visitor *v, void *arg);

/* Zone watermarks and free counts, for tests and /proc. */
bool zone_watermark_ok(const struct zone *z, unsigned int order, unsigned long mark,
		       unsigned int wanted_zone);
unsigned long zone_free_pages(const struct zone *z);

unsigned long meminfo_available(void);

#endif
