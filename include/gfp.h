/*
 * gfp.h - asking the page allocator: how hard to try, and from which zone
 */
#ifndef GFP_H
#define GFP_H

#include <types.h>

struct page;

#define __GFP_DMA	BIT(0)		/* below 16 MiB */
#define __GFP_DMA32	BIT(1)		/* below 4 GiB */
#define __GFP_HIGH	BIT(2)		/* may use the reserve below the min watermark */
#define __GFP_WAIT	BIT(3)		/* may sleep and reclaim */
#define __GFP_ZERO	BIT(4)		/* hand it out filled with zeroes */
#define __GFP_NOWARN	BIT(5)
#define __GFP_NOFAIL	BIT(6)		/* boot only: panic instead of NULL */
#define __GFP_MOVABLE	BIT(7)		/* a user page: can be reclaimed or moved */
#define __GFP_COMP	BIT(8)		/* compound page: tail pages know their head */

#define GFP_KERNEL	(__GFP_WAIT)
#define GFP_ATOMIC	(__GFP_HIGH)	/* interrupts, spinlocks: never sleeps */
#define GFP_USER	(__GFP_WAIT)
#define GFP_HIGHUSER_MOVABLE (__GFP_WAIT | __GFP_MOVABLE)

#define MAX_ORDER	11		/* orders 0 .. 10: 4 KiB .. 4 MiB */

/*
 * 2^order contiguous pages, aligned to their size, with _refcount 1; NULL when
 * there is no memory.  Any context if !__GFP_WAIT.
 */
struct page *alloc_pages(gfp_t gfp, unsigned int order);
void __free_pages(struct page *page, unsigned int order);
static inline struct page *alloc_page(gfp_t gfp) { return alloc_pages(gfp, 0); }
static inline void __free_page(struct page *page) { __free_pages(page, 0); }
#ifdef QUIRE_DEBUG
/*
 * Tests of the way out of every error: current's @nth allocation (fail_nth.h) from now on
 * fails, and with @for_good all after it (not those with __GFP_NOFAIL).
 * 0 ends it.  Returns how many failed since the last call.
 */
unsigned long fail_alloc(unsigned long nth, bool for_good);
#endif
/* The same by direct-map address; 0 when there is no memory. */
unsigned long __get_free_pages(gfp_t gfp, unsigned int order);
void free_pages(unsigned long addr, unsigned int order);
static inline unsigned long get_zeroed_page(gfp_t gfp)
{
	return __get_free_pages(gfp | __GFP_ZERO, 0);
}
static inline void free_page(unsigned long addr) { free_pages(addr, 0); }
/* Free @nr order-0 pages whose last reference is gone, in one go (mmu_gather). */
void free_page_batch(struct page **pages, unsigned int nr);

#endif
