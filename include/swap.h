/*
 * swap.h - where pages go when there is no room: slots of swap areas, and the cache before them
 *
 * A swap entry names a slot: which area, which page of it.  A page-table entry that is not present
 * may hold one (asm/pgtable.h).  Locks: see mm/swapfile.c and mm/swap_state.c.
 */
#ifndef SWAP_H
#define SWAP_H

#include <asm/pgtable.h>
#include <gfp.h>
#include <mm_types.h>

struct seq_file;
struct vm_area_struct;

typedef struct { unsigned long val; } swp_entry_t;	/* 0: none (slot 0 is the header) */

#define MAX_SWAPFILES	28
#define SWP_OFFSET_BITS	50

static inline swp_entry_t swp_entry(unsigned int type, unsigned long offset)
{
	return (swp_entry_t){ (unsigned long)type << SWP_OFFSET_BITS | offset };
}
static inline unsigned int swp_type(swp_entry_t e) { return e.val >> SWP_OFFSET_BITS; }
static inline unsigned long swp_offset(swp_entry_t e) { return e.val & ((1UL << SWP_OFFSET_BITS) - 1); }
static inline swp_entry_t pte_to_swp_entry(pte_t e)
{
	return swp_entry(pte_swp_type(e), pte_swp_offset(e));
}
static inline pte_t swp_entry_to_pte(swp_entry_t e) { return swp_pte(swp_type(e), swp_offset(e)); }
static inline swp_entry_t page_swap_entry(const struct page *page)
{
	return (swp_entry_t){ page->private };
}

/* ---- mm/swapfile.c: slots ---- */
/* A free slot, which the swap cache then has; .val 0: none. */
swp_entry_t get_swap_page(void);
/* One reference to a slot more (fork, unmapping), or less. */
void swap_duplicate(swp_entry_t e);
void swap_free(swp_entry_t e);
/* swap_free() of an entry that is taken down: a page that was kept for it alone goes too (mm/swap_state.c). */
void free_swap_entry(swp_entry_t e);
/* The cache takes or leaves a slot.  -EEXIST: it has it; -ENOENT: nobody refers to it any more. */
int swapcache_prepare(swp_entry_t e);
void swapcache_free(swp_entry_t e);
/* How many page-table entries refer to the slot; 0 also if there is no such slot. */
unsigned int swap_count(swp_entry_t e);
/*
 * The locked page of the cache, to its slot or from it.  Writing unlocks it and does not fail.  Reading unlocks it at the
 * end; false, and still locked: no memory for it.
 */
void swap_writepage(struct page *page);
bool swap_readpage(struct page *page);
unsigned long nr_swap_pages(void);		/* free slots */
unsigned long total_swap_pages(void);
/* More than half of the slots are in use: pages that are in memory give theirs up, or none are left for others. */
static inline bool vm_swap_full(void) { return nr_swap_pages() * 2 < total_swap_pages(); }
unsigned long swap_references(void);		/* of all slots, for mm_verify_all() */
int swaps_show(struct seq_file *m);		/* /proc/swaps */
/* While the machine stands (snapshots): each slot in use, and its page in the cache or NULL, without a reference. */
struct page *swap_cache_peek(swp_entry_t e);
void swap_visit_slots(void (*fn)(swp_entry_t e, unsigned int count, void *arg), void *arg);

/* ---- mm/swap_state.c: pages that have a slot ---- */
/* A locked page that has none gets one, and is dirty.  False: no slot, no memory. */
bool add_to_swap(struct page *page);
/* The page of a slot, if it is in memory; referenced, not locked. */
struct page *lookup_swap_cache(swp_entry_t e);
/* The same, read in if need be with its neighbours; NULL: no memory, or the slot is free by now. */
struct page *swapin_readahead(swp_entry_t e);
/* Page locked.  Out of the cache; its slot stays if entries refer to it. */
void delete_from_swap_cache(struct page *page);
/* Page locked.  The same if no entry refers to the slot and the disk does not read the page: true, or not in the cache. */
bool try_to_free_swap(struct page *page);
/* Somebody has dropped an entry that named the page: if that was the last, its slot goes too.  Any lock may be held. */
void free_swap_cache(struct page *page);
unsigned long nr_swapcache_pages(void);

/* ---- mm/fault.c: for swapoff ---- */
/* Entries of @mm that name slots of area @type get their pages back.  0, -ENOMEM, -EINTR.  Takes mmap_sem. */
int unuse_mm(struct mm_struct *mm, unsigned int type);

/* ---- mm/vmscan.c ---- */
unsigned long try_to_free_pages(gfp_t gfp, unsigned int order);	/* direct reclaim: pages freed */
void wakeup_kswapd(void);
void vmscan_init(void);				/* start kswapd */
/* Write out and free these pages (isolated, a reference each): how many were freed. */
unsigned long reclaim_pages(struct list_head *pages);
extern int vm_swappiness;

#endif
