/*
 * mm/page_alloc.c - the page allocator: zones, buddies, per-CPU lists
 *
 * Purpose:    hand out 2^order page frames that lie together, and get them back.
 *
 *   order 0:  CPU's own list  <-- a batch at a time -->  buddies of the zone
 *   order 1..10:                                         buddies of the zone
 *
 *             A block of 2^n frames is aligned to its size; its buddy is the other half of
 *             the block of 2^(n+1): pfn ^ 2^n.  Allocation halves a larger block until it
 *             fits; freeing joins a block with its buddy as long as that is free too.
 *
 * Invariants: a free frame is in exactly one place: inside a buddy block on its zone's list
 *             of that order (PG_buddy and ->order on the first frame only), or on one CPU's
 *             list (PG_pcp); its _refcount is 0.
 *             No two buddies of the same order are both free (below the largest order).
 *             free_area[o].nr_free and zone->nr_free are exact under zone->lock; a per-CPU
 *             count is exact with interrupts off on that CPU.
 *             An allocated block is aligned to its size, has _refcount 1, no flags, no
 *             mapping, and _mapcount says unmapped.
 *             Without __GFP_HIGH no zone falls below its min watermark, nor into what is
 *             kept for allocations that can go nowhere else (lowmem_reserve).
 *             Debug: a free page is filled with 0xaa, and still is when it is handed out.
 * Lock order: zone->lock is innermost; interrupts are off while it is held.
 * Simplified: one node; no migrate types (movable and unmovable pages share blocks); no
 *             compaction.  Reclaim is mm/vmscan.c's: kswapd is woken below the low mark.
 * Sources:    Knuth, "The Art of Computer Programming", vol. 1, "Dynamic Storage
 *             Allocation" (buddy system); Gorman, "Understanding the Linux Virtual Memory
 *             Manager", chapter "Physical Page Allocation"; Bonwick and Adams, "Magazines
 *             and Vmem" (per-CPU caches).
 */
#include <asm/smp.h>
#include <kasan.h>
#include <mm.h>
#include <printk.h>
#include <rmap.h>
#include <sched.h>
#include <seq_file.h>
#include <string.h>
#include <swap.h>
#include "internal.h"
#include "page_internal.h"

#define POISON_FREE 0xaaaaaaaaaaaaaaaaUL
#define COSTLY_ORDER 3			/* beyond this an allocation may simply fail */
#define RECLAIM_RETRIES 16

/* Flags that a page must not have when it is freed, or when it is handed out. */
#define FLAGS_IN_USE (BIT(PG_locked) | BIT(PG_lru) | BIT(PG_reserved) | BIT(PG_buddy) | \
		      BIT(PG_slab) | BIT(PG_table) | BIT(PG_mlocked) | BIT(PG_writeback) | \
		      BIT(PG_pcp))

struct zone zones[MAX_NR_ZONES];
unsigned int *page_debug_trap;

struct zone *zonelists[MAX_NR_ZONES][MAX_NR_ZONES + 1];
struct zone *best_zone[4];

/* ---- frames and zones --------------------------------------------------------- */

struct zone *page_zone(const struct page *p)
{
	return &zones[page_zonenum(p)];
}

/* What an allocation may take at most: free pages in the buddies and on CPUs' lists. */
unsigned long zone_free_pages(const struct zone *z)
{
	long sum = atomic_long_read(&z->nr_free);
	unsigned int cpu;

	for (cpu = 0; cpu < nr_cpus; cpu++)
		sum += READ_ONCE(z->pcp[cpu].count);
	return sum;
}

unsigned long nr_free_pages(void)
{
	unsigned long sum = 0;
	int i;

	for (i = 0; i < MAX_NR_ZONES; i++)
		sum += zone_free_pages(&zones[i]);
	return sum;
}

unsigned long totalram_pages(void)
{
	unsigned long sum = 0;
	int i;

	for (i = 0; i < MAX_NR_ZONES; i++)
		sum += zones[i].managed_pages;
	return sum;
}

/*
 * May @z give away 2^order frames and keep @mark, plus its reserve if the caller
 * could have used a higher zone?
 */
bool zone_watermark_ok(const struct zone *z, unsigned int order, unsigned long mark,
		       unsigned int wanted_zone)
{
	long left = atomic_long_read(&z->nr_free) - (1L << order);

	if ((unsigned long)(z - zones) < wanted_zone)
		mark += z->lowmem_reserve;
	return left >= (long)mark;
}

/* ---- debug: owners and poison ---------------------------------------------------- */

#ifdef QUIRE_DEBUG
struct page_owner *page_owners;

struct page_owner *page_owner_of(const struct page *page)
{
	return page_owners ? &page_owners[frame_index(page_to_pfn(page))] : NULL;
}

static void page_violation(struct page *page, const char *what)
{
	if (page_debug_trap) {
		++*page_debug_trap;
		return;
	}
	dump_page(page, what);
	panic("page allocator: %s", what);
}

static void note_free(struct page *page, unsigned int nr, unsigned long caller)
{
	for (; nr--; page++) {
		page_owner_of(page)->free_caller = caller ?: 1;
		memset(page_address(page), POISON_FREE & 0xff, PAGE_SIZE);
	}
}

static bool poison_intact(const unsigned long *word)
{
	const unsigned long *end = word + PAGE_SIZE / 8;
	unsigned long diff = 0;

	for (; word < end; word += 8)
		diff |= (word[0] ^ POISON_FREE) | (word[1] ^ POISON_FREE) |
			(word[2] ^ POISON_FREE) | (word[3] ^ POISON_FREE) |
			(word[4] ^ POISON_FREE) | (word[5] ^ POISON_FREE) |
			(word[6] ^ POISON_FREE) | (word[7] ^ POISON_FREE);
	return !diff;
}

/* The first word of @page that is not poison: what was written there tells who it was. */
static void log_written(const struct page *page)
{
	const unsigned long *word = page_address(page);
	unsigned int i, changed = 0;

	for (i = 0; i < PAGE_SIZE / 8; i++)
		if (word[i] != POISON_FREE && changed++ < 4)
			pr_err("  at offset 0x%x: 0x%016lx\n", i * 8, word[i]);
	pr_err("  %u words changed\n", changed);
}

static void note_alloc(struct page *page, unsigned int nr, unsigned long caller)
{
	for (; nr--; page++) {
		struct page_owner *owner = page_owner_of(page);

		owner->alloc_caller = caller;
		if (!owner->free_caller)
			continue;	/* free since boot: never poisoned */
		if (unlikely(!poison_intact(page_address(page)))) {
			if (!page_debug_trap)
				log_written(page);
			page_violation(page, "a free page was written to");
		}
		owner->free_caller = 0;
	}
}
#else
struct page_owner *page_owner_of(const struct page *page)
{
	return NULL;
}

static void page_violation(struct page *page, const char *what)
{
	dump_page(page, what);
	panic("page allocator: %s", what);
}

static inline void note_free(struct page *page, unsigned int nr, unsigned long caller) { }
static inline void note_alloc(struct page *page, unsigned int nr, unsigned long caller) { }
#endif

/* ---- the buddies: zone->lock held -------------------------------------------------- */

static void buddy_add(struct zone *z, struct page *page, unsigned int order)
{
	page->order = order;
	page->flags |= BIT(PG_buddy);
	list_add(&page->buddy_list, &z->free_area[order].free_list);
	z->free_area[order].nr_free++;
}

static void buddy_del(struct zone *z, struct page *page, unsigned int order)
{
	__list_unlink(&page->buddy_list);
	page->flags &= ~BIT(PG_buddy);
	z->free_area[order].nr_free--;
}

/*
 * Is @page a free block of exactly @order?  It is some block's buddy: below the order of a
 * subsection both lie in the same one, so that its struct page exists.
 */
static inline bool is_free_buddy(unsigned long pfn, const struct page *page, unsigned int order)
{
	if (order >= SUBSECTION_ORDER && !pfn_valid(pfn))
		return false;
	return PageBuddy(page) && page->order == order;
}

/* Join the block with its buddy while that is free, then queue it.  nr_free is the caller's. */
static inline void buddy_join(struct zone *z, struct page *page, unsigned int order)
{
	unsigned long pfn = page_to_pfn(page);

	VM_BUG_ON_PAGE(pfn & ((1UL << order) - 1), page);
	for (; order < MAX_ORDER - 1; order++) {
		unsigned long buddy_pfn = pfn ^ (1UL << order);
		struct page *buddy = pfn_to_page(buddy_pfn);

		if (!is_free_buddy(buddy_pfn, buddy, order))
			break;
		buddy_del(z, buddy, order);
		pfn &= buddy_pfn;
		trace_page_coalesce(pfn, order + 1);
	}
	buddy_add(z, pfn_to_page(pfn), order);
}

void buddy_free(struct zone *z, struct page *page, unsigned int order)
{
	atomic_long_add(1L << order, &z->nr_free);
	buddy_join(z, page, order);
}

/* The smallest order >= @order with a free block; MAX_ORDER if there is none. */
static unsigned int smallest_free_order(const struct zone *z, unsigned int order)
{
	while (order < MAX_ORDER && list_empty(&z->free_area[order].free_list))
		order++;
	return order;
}

/* Take a free block of order @from and give the halves beyond @order back. */
static struct page *take_and_split(struct zone *z, unsigned int from, unsigned int order)
{
	struct page *page = list_first_entry(&z->free_area[from].free_list, struct page,
					     buddy_list);

	buddy_del(z, page, from);
	while (from > order) {
		trace_page_split(page_to_pfn(page), from);
		from--;
		buddy_add(z, page + (1UL << from), from);
	}
	atomic_long_sub(1L << order, &z->nr_free);
	return page;
}

static struct page *buddy_alloc(struct zone *z, unsigned int order)
{
	unsigned int from = smallest_free_order(z, order);

	return from < MAX_ORDER ? take_and_split(z, from, order) : NULL;
}

/* ---- per-CPU lists: interrupts off ---------------------------------------------------- */

static inline struct page *pcp_pop(struct per_cpu_pages *pcp)
{
	struct page *page = list_first_entry(&pcp->list, struct page, buddy_list);

	__list_unlink(&page->buddy_list);
	pcp->count--;
	page->flags &= ~BIT(PG_pcp);
	return page;
}

static inline void pcp_push(struct per_cpu_pages *pcp, struct page *page)
{
	page->flags |= BIT(PG_pcp);
	list_add(&page->buddy_list, &pcp->list);
	pcp->count++;
}

/* Give the @nr pages that were used longest ago back to the buddies. */
static noinline void pcp_drain(struct zone *z, struct per_cpu_pages *pcp, int nr)
{
	int i;

	nr = min(nr, pcp->count);
	spin_lock(&z->lock);
	for (i = 0; i < nr; i++) {
		struct page *page = list_last_entry(&pcp->list, struct page, buddy_list);

		__list_unlink(&page->buddy_list);
		page->flags &= ~BIT(PG_pcp);
		trace_pcp_out(page_to_pfn(page));
		buddy_join(z, page, 0);
	}
	pcp->count -= nr;
	atomic_long_add(nr, &z->nr_free);
	spin_unlock(&z->lock);
}

/*
 * Fetch up to a batch of pages that the watermark allows: whole blocks, the smallest there
 * are first, so that large ones stay whole and small ones are not split page by page.
 */
static void pcp_refill(struct zone *z, struct per_cpu_pages *pcp, unsigned long mark,
		       unsigned int wanted_zone)
{
	int want = pcp->batch;

	spin_lock(&z->lock);
	while (want > 0) {
		unsigned int from = smallest_free_order(z, 0), order, i;
		struct page *page;

		if (from == MAX_ORDER)
			break;
		order = from;
		while (1 << order > want)
			order--;
		if (!zone_watermark_ok(z, order, mark, wanted_zone)) {
			if (!order || !zone_watermark_ok(z, 0, mark, wanted_zone))
				break;
			order = 0;
		}
		page = take_and_split(z, from, order);
		trace_pcp_in(page_to_pfn(page), order);
		for (i = 0; i < 1U << order; i++)
			pcp_push(pcp, page + i);
		want -= 1 << order;
	}
	spin_unlock(&z->lock);
}

static inline struct per_cpu_pages *this_pcp(struct zone *z)
{
	return &z->pcp[smp_processor_id()];
}

/* This CPU's lists back to the buddies.  Interrupts off. */
static void drain_local_pages(void *unused)
{
	int i;

	for (i = 0; i < MAX_NR_ZONES; i++) {
		struct per_cpu_pages *pcp = this_pcp(&zones[i]);

		if (pcp->count)
			pcp_drain(&zones[i], pcp, pcp->count);
	}
}

void drain_all_pages(void)
{
	on_each_cpu(drain_local_pages, NULL);
}

/* ---- allocation -------------------------------------------------------------------------- */

static inline unsigned int gfp_zone(gfp_t gfp)
{
	if (likely(!(gfp & (__GFP_DMA | __GFP_DMA32))))
		return ZONE_NORMAL;
	return gfp & __GFP_DMA ? ZONE_DMA : ZONE_DMA32;
}

/* One page from @z, from this CPU's list if it has any. */
static struct page *zone_alloc_one(struct zone *z, unsigned long mark, unsigned int wanted_zone)
{
	unsigned long flags = local_irq_save();
	struct per_cpu_pages *pcp = this_pcp(z);
	struct page *page = NULL;

	if (!pcp->count)
		pcp_refill(z, pcp, mark, wanted_zone);
	if (pcp->count)
		page = pcp_pop(pcp);
	local_irq_restore(flags);
	return page;
}

static struct page *zone_alloc_block(struct zone *z, unsigned int order, unsigned long mark,
				     unsigned int wanted_zone)
{
	struct page *page = NULL;
	unsigned long flags;

	spin_lock_irqsave(&z->lock, flags);
	if (zone_watermark_ok(z, order, mark, wanted_zone))
		page = buddy_alloc(z, order);
	spin_unlock_irqrestore(&z->lock, flags);
	return page;
}

enum alloc_effort {
	ALLOC_LOW,		/* keep the low watermark if any zone can */
	ALLOC_MIN,		/* the min watermark */
	ALLOC_HIGH,		/* half of it: interrupts */
	ALLOC_ALL,		/* everything: a process that is being killed to free memory */
};

static unsigned long effort_mark(const struct zone *z, enum alloc_effort effort)
{
	switch (effort) {
	case ALLOC_LOW:
		return z->watermark[WMARK_LOW];
	case ALLOC_MIN:
		return z->watermark[WMARK_MIN];
	case ALLOC_HIGH:
		return z->watermark[WMARK_MIN] / 2;
	default:
		return 0;
	}
}

/* Try each zone that @gfp allows, best first. */
static struct page *try_zones(gfp_t gfp, unsigned int order, enum alloc_effort effort)
{
	unsigned int wanted = effort == ALLOC_ALL ? 0 : gfp_zone(gfp);
	struct zone **zp, *z;

	for (zp = zonelists[gfp_zone(gfp)]; (z = *zp); zp++) {
		unsigned long mark = effort_mark(z, effort);
		struct page *page = order ? zone_alloc_block(z, order, mark, wanted)
					  : zone_alloc_one(z, mark, wanted);

		if (page)
			return page;
	}
	return NULL;
}

static noinline void warn_alloc(gfp_t gfp, unsigned int order)
{
	static unsigned int warned;

	if ((gfp & __GFP_NOWARN) || __atomic_fetch_add(&warned, 1, __ATOMIC_RELAXED) >= 10)
		return;
	pr_warn("page allocation of order %u failed, gfp 0x%x, %lu pages free\n", order, gfp,
		nr_free_pages());
}

/* Reclaim when it is our turn, and try again: a page, or NULL and how many were freed. */
static struct page *reclaim_by_turn(gfp_t gfp, unsigned int order, enum alloc_effort effort, unsigned long *freed)
{
	struct page *page;

	wait_for_lists();
	if (!throttle_direct_reclaim())
		return NULL;
	page = try_zones(gfp, order, effort);	/* who was before us may have left something */
	if (page) {
		end_direct_reclaim(~0UL);
		return page;
	}
	*freed = try_to_free_pages(gfp, order);
	page = try_zones(gfp, order, effort);
	if (!page) {
		drain_all_pages();
		page = try_zones(gfp, order, effort);
	}
	end_direct_reclaim(*freed);
	return page;
}

/*
 * Nothing above the low watermark.  Dip below it; then, if the caller may sleep, reclaim,
 * and as the last resort have a process killed.
 */
static noinline struct page *alloc_slowpath(gfp_t gfp, unsigned int order)
{
	enum alloc_effort effort = gfp & __GFP_HIGH ? ALLOC_HIGH : ALLOC_MIN;
	struct page *page;
	int retry = 0;

	if (current->flags & PF_MEMALLOC) {	/* it makes others free */
		page = try_zones(gfp, order, ALLOC_ALL);
		goto out;
	}
	if (gfp & __GFP_WAIT)
		wakeup_kswapd();
	page = try_zones(gfp, order, effort);
	if (page || !(gfp & __GFP_WAIT))
		goto out;
	for (;;) {
		unsigned long areas = swap_area_changes(), freed = 0;
		bool victim = tsk_is_oom_victim(current);

		page = victim ? NULL : reclaim_by_turn(gfp, order, effort, &freed);
		if (page)
			break;
		if (victim || fatal_signal_pending(current)) {
			/* it is on its way out: let it get there */
			page = try_zones(gfp, order, victim ? ALLOC_ALL : ALLOC_HIGH);
			break;
		}
		if (!freed && areas != swap_area_changes() && nr_swap_pages())
			continue;		/* a swapoff has failed meanwhile, or there is a new area */
		/* Others take what we free: after a while we are served first. */
		if (freed && ++retry >= RECLAIM_RETRIES) {
			page = try_zones(gfp, order, ALLOC_HIGH);
			if (page)
				break;
		}
		if (!freed || retry >= RECLAIM_RETRIES) {
			if (order > COSTLY_ORDER || !out_of_memory(gfp, order))
				break;
			retry = 0;
		}
		cond_resched();
	}
out:
	if (!page && (gfp & __GFP_NOFAIL))
		panic("out of memory: order %u, and the kernel cannot go on without", order);
	if (!page)
		warn_alloc(gfp, order);
	return page;
}

static void prep_compound(struct page *head, unsigned int order)
{
	unsigned long i;

	head->flags |= BIT(PG_compound);
	for (i = 1; i < 1UL << order; i++) {
		head[i].flags |= BIT(PG_compound);
		head[i].compound_head = (struct page *)((unsigned long)head | 1);
		head[i].compound_order = order;
	}
}

/* From free frames to a caller's page. */
static __always_inline void prep_new_page(struct page *page, gfp_t gfp, unsigned int order,
				 unsigned long caller)
{
	VM_BUG_ON_PAGE(page->flags & FLAGS_MASK, page);
	VM_BUG_ON_PAGE(page_count(page) != 0 || page_mapped(page), page);
	page->mapping = NULL;
	page->private = 0;
	if (unlikely(order))		/* there may still be the order of a free block in the others */
		for (unsigned long i = 1; i < 1UL << order; i++)
			page[i].mapping = NULL;
	kasan_unpoison(page_address(page), PAGE_SIZE << order);
	note_alloc(page, 1U << order, caller);
	if (gfp & __GFP_ZERO) {
		unsigned long i;

		for (i = 0; i < 1UL << order; i++)
			clear_page(page_address(page + i));
	}
	if (order && (gfp & __GFP_COMP))
		prep_compound(page, order);
	atomic_set(&page->_refcount, 1);
}

/* Pop this CPU's list of the best zone; NULL if it is empty. */
static inline struct page *alloc_fast(gfp_t gfp)
{
	struct zone *z = best_zone[gfp & (__GFP_DMA | __GFP_DMA32)];
	unsigned long flags = local_irq_save();
	unsigned int cpu = smp_processor_id();
	struct per_cpu_pages *pcp = &z->pcp[cpu];
	struct page *page = NULL;

	if (likely(pcp->count)) {
		page = pcp_pop(pcp);
		count_vm_event(PGALLOC);
	}
	local_irq_restore(flags);
	return page;
}

static noinline struct page *alloc_other(gfp_t gfp, unsigned int order, unsigned long caller)
{
	struct page *page;

	if (order >= MAX_ORDER)
		return NULL;
	page = try_zones(gfp, order, ALLOC_LOW);
	if (!page)
		page = alloc_slowpath(gfp, order);
	if (!page)
		return NULL;
	count_vm_events(PGALLOC, 1UL << order);
	prep_new_page(page, gfp, order, caller);
	trace_page_alloc(page_to_pfn(page), order, gfp, caller);
	return page;
}

/* alloc_fast() has no trace point: while pages are traced it finds a zone without any. */
void page_alloc_trace(bool on)
{
	static struct zone no_zone;

	for (unsigned int i = 0; i < ARRAY_SIZE(best_zone); i++)
		WRITE_ONCE(best_zone[i], on ? &no_zone : zonelists[gfp_zone(i)][0]);
}

/* The usual request, one page of any zone, is met by alloc_fast(). */
static __always_inline struct page *do_alloc_pages(gfp_t gfp, unsigned int order,
						   unsigned long caller)
{
	struct page *page;

	VM_BUG_ON((gfp & __GFP_WAIT) && in_atomic());
	if (should_fail(gfp, FAIL_PAGE))
		return NULL;
	if (unlikely(order))
		return alloc_other(gfp, order, caller);
	page = alloc_fast(gfp);
	if (unlikely(!page))
		return alloc_other(gfp, 0, caller);
	prep_new_page(page, gfp, 0, caller);
	return page;
}

#define CALLER ((unsigned long)__builtin_return_address(0))

struct page *__alloc_pages(gfp_t gfp, unsigned int order, unsigned long caller)
{
	return do_alloc_pages(gfp, order, caller);
}

struct page *alloc_pages(gfp_t gfp, unsigned int order)
{
	return do_alloc_pages(gfp, order, CALLER);
}

unsigned long __get_free_pages(gfp_t gfp, unsigned int order)
{
	struct page *page = __alloc_pages(gfp, order, CALLER);

	return page ? (unsigned long)page_address(page) : 0;
}

/* ---- freeing ---------------------------------------------------------------------------- */

/*
 * The last reference is gone: check that nobody still uses the page, and strip it of all
 * but its zone.  False if it must not be freed (a violation that a test provoked).
 */
static __always_inline bool free_prepare(struct page *page, unsigned int order, unsigned long caller)
{
	unsigned long nr = 1UL << order, i;

	arch_free_page(page, order);
	if (PageAnon(page))
		page_anon_release(page);
	if (unlikely((page->flags & FLAGS_IN_USE) || page_mapped(page))) {
		if (PageLRU(page))
			lru_forget(page);
		if ((page->flags & FLAGS_IN_USE) || page_mapped(page)) {
			page_violation(page, "a page in use is freed");
			return false;
		}
	}
	page->flags &= ~FLAGS_MASK;
	for (i = 1; i < nr; i++)	/* tails of a compound page */
		page[i].flags &= ~FLAGS_MASK;
	kasan_unpoison(page_address(page), PAGE_SIZE << order);	/* a slab's objects, say */
	note_free(page, nr, caller);
	kasan_poison(page_address(page), PAGE_SIZE << order, KASAN_FREE_PAGE);
	return true;
}

/* Interrupts off. */
static inline void free_to_pcp(struct page *page, struct zone *z, struct per_cpu_pages *pcp)
{
	pcp_push(pcp, page);
	if (unlikely(pcp->count >= pcp->high))
		pcp_drain(z, pcp, pcp->batch);
}

static noinline void free_block(struct page *page, unsigned int order, unsigned long caller)
{
	struct zone *z = page_zone(page);
	unsigned long flags;

	if (!free_prepare(page, order, caller))
		return;
	count_vm_events(PGFREE, 1UL << order);
	trace_page_free(page_to_pfn(page), order, caller);
	spin_lock_irqsave(&z->lock, flags);
	buddy_free(z, page, order);
	spin_unlock_irqrestore(&z->lock, flags);
}

/* @page's _refcount has reached 0. */
static inline void free_unref(struct page *page, unsigned int order, unsigned long caller)
{
	struct zone *z = page_zone(page);
	unsigned long flags;
	unsigned int cpu;

	if (unlikely(order)) {
		free_block(page, order, caller);
		return;
	}
	if (!free_prepare(page, 0, caller))
		return;
	trace_page_free(page_to_pfn(page), 0, caller);
	flags = local_irq_save();
	cpu = smp_processor_id();
	count_vm_event(PGFREE);
	free_to_pcp(page, z, &z->pcp[cpu]);
	local_irq_restore(flags);
}

void __put_page(struct page *page)
{
	VM_BUG_ON_PAGE(page_is_tail(page), page);
	free_unref(page, compound_order(page), CALLER);
}

/* Drop a reference; true if it was the last. */
static bool put_for_free(struct page *page)
{
	if (unlikely(page_count(page) <= 0)) {
		page_violation(page, "a page is freed twice");
		return false;
	}
	return atomic_dec_and_test(&page->_refcount);
}

void __free_pages(struct page *page, unsigned int order)
{
	if (put_for_free(page))
		free_unref(page, order, CALLER);
}

void free_pages(unsigned long addr, unsigned int order)
{
	struct page *page;

	if (!addr)
		return;
	page = virt_to_page((void *)addr);
	if (put_for_free(page))
		free_unref(page, order, CALLER);
}

/* One test for all of a batch. */
static noinline void trace_batch_free(struct page **pages, unsigned int nr, unsigned long caller)
{
	for (unsigned int i = 0; i < nr; i++) {
		if (PageLRU(pages[i]))		/* free_prepare() would, but after it was told to be free */
			lru_forget(pages[i]);
		trace_page_free(page_to_pfn(pages[i]), 0, caller);
	}
}

void free_page_batch(struct page **pages, unsigned int nr)
{
	unsigned long flags = local_irq_save();
	unsigned int cpu = smp_processor_id(), i;
	struct per_cpu_pages *pcp = NULL;
	struct zone *z = NULL;

	count_vm_events(PGFREE, nr);
	if (trace_on(TRACE_BIT(PAGE)))
		trace_batch_free(pages, nr, CALLER);
	for (i = 0; i < nr; i++) {
		struct page *page = pages[i];

		VM_BUG_ON_PAGE(page_count(page) != 0, page);
		if (unlikely(!free_prepare(page, 0, CALLER)))
			continue;
		if (unlikely(page_zone(page) != z)) {	/* they mostly come from one zone */
			z = page_zone(page);
			pcp = &z->pcp[cpu];
		}
		free_to_pcp(page, z, pcp);
	}
	local_irq_restore(flags);
}

/* ---- checks and pictures --------------------------------------------------------------------- */

static int complain(const struct page *page, const char *what)
{
	pr_err("page allocator: pfn 0x%lx: %s\n", page_to_pfn(page), what);
	return 1;
}

static int verify_free_block(const struct zone *z, const struct page *page, unsigned int order)
{
	unsigned long pfn = page_to_pfn(page), buddy_pfn = pfn ^ (1UL << order);
	int bad = 0;

	if (!pfn_valid(pfn) || !PageBuddy(page) || page->order != order)
		return complain(page, "on a free list but not a free block of its order");
	if (pfn & ((1UL << order) - 1))
		bad += complain(page, "free block not aligned to its size");
	if (page_zone(page) != z)
		bad += complain(page, "free block in another zone's list");
	if (page_count(page) || page_mapped(page))
		bad += complain(page, "free block in use");
	if (order < MAX_ORDER - 1 && is_free_buddy(buddy_pfn, pfn_to_page(buddy_pfn), order))
		bad += complain(page, "both buddies free and not joined");
	return bad;
}

static int verify_pcp(const struct zone *z, const struct per_cpu_pages *pcp)
{
	const struct page *page;
	int n = 0, bad = 0;

	list_for_each_entry(page, &pcp->list, buddy_list) {
		if (!PagePcp(page) || PageBuddy(page) || page_count(page) ||
		    page_zone(page) != z)
			bad += complain(page, "wrong state on a per-CPU list");
		if (++n > pcp->count)
			break;
	}
	if (n != pcp->count) {
		pr_err("page allocator: %s: per-CPU count %d, %d on the list\n", z->name,
		       pcp->count, n);
		bad++;
	}
	return bad;
}

static int verify_zone(struct zone *z)
{
	unsigned long flags, total = 0;
	unsigned int o, cpu;
	int bad = 0;

	spin_lock_irqsave(&z->lock, flags);
	for (o = 0; o < MAX_ORDER; o++) {
		const struct page *page;
		unsigned long n = 0;

		list_for_each_entry(page, &z->free_area[o].free_list, buddy_list) {
			bad += verify_free_block(z, page, o);
			if (bad > 10 || ++n > z->free_area[o].nr_free)
				break;
		}
		if (n != z->free_area[o].nr_free) {
			pr_err("page allocator: %s order %u: %lu counted, nr_free %lu\n", z->name,
			       o, n, z->free_area[o].nr_free);
			bad++;
		}
		total += n << o;
	}
	if (total != (unsigned long)atomic_long_read(&z->nr_free)) {
		pr_err("page allocator: %s: %lu pages free, nr_free %ld\n", z->name, total,
		       atomic_long_read(&z->nr_free));
		bad++;
	}
	if (total > z->managed_pages) {
		pr_err("page allocator: %s: more free than managed\n", z->name);
		bad++;
	}
	for (cpu = 0; cpu < nr_cpus; cpu++)
		bad += verify_pcp(z, &z->pcp[cpu]);
	spin_unlock_irqrestore(&z->lock, flags);
	return bad;
}

int page_alloc_verify(void)
{
	int i, bad = 0;

	for (i = 0; i < MAX_NR_ZONES; i++)
		bad += verify_zone(&zones[i]);
	if (page_count(empty_zero_page) < 1 || !PageReserved(empty_zero_page))
		bad += complain(empty_zero_page, "the zero page was freed");
	return bad;
}

int buddyinfo_show(struct seq_file *m)
{
	unsigned int o;
	int i;

	for (i = 0; i < MAX_NR_ZONES; i++) {
		struct zone *z = &zones[i];

		if (!z->managed_pages)
			continue;
		seq_printf(m, "Node 0, zone %8s ", z->name);
		for (o = 0; o < MAX_ORDER; o++)
			seq_printf(m, "%6lu ", READ_ONCE(z->free_area[o].nr_free));
		seq_printf(m, "\n");
	}
	return 0;
}
