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

struct inode;
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
/* In the tree of a file in memory, instead of a slot: a page that swap could not give back.  Of no area; to read it is EIO. */
#define SWP_LOST	swp_entry(MAX_SWAPFILES, 1)
static inline bool swp_is_lost(swp_entry_t e) { return e.val == SWP_LOST.val; }
/* What that tree has in the place of a page that is in swap (mm/page_tree.c). */
static inline void *swp_to_radix_entry(swp_entry_t e) { return (void *)(e.val << 1 | 1); }
static inline swp_entry_t radix_to_swp_entry(const void *entry)
{
	return (swp_entry_t){ (unsigned long)entry >> 1 };
}
static inline swp_entry_t page_swap_entry(const struct page *page)
{
	return (swp_entry_t){ page->private };
}

/* ---- mm/swapfile.c: slots ---- */
/* A free slot for a page of that zone; the swap cache then has it.  .val 0: none. */
swp_entry_t get_swap_page(enum zone_type zone);
/* One reference to a slot more (fork, unmapping), or less. */
void swap_duplicate(swp_entry_t e);
unsigned int swap_free(swp_entry_t e);		/* how many references are left */
/* swap_free() of an entry that is taken down: a page that was kept for it alone goes too (mm/swap_state.c). */
void free_swap_entry(swp_entry_t e);
/* The cache takes or leaves a slot.  -EEXIST: it has it; -ENOENT: nobody refers to it any more. */
int swapcache_prepare(swp_entry_t e);
void swapcache_free(swp_entry_t e);
/*
 * How many references to the slot there are, of entries of page tables and of files; 0 also if there is no such slot.  Without
 * a lock for who has a reference to it himself, or its page locked in the cache.
 */
unsigned int swap_count(swp_entry_t e);
unsigned int __swap_count(swp_entry_t e);
/*
 * The locked page of the cache, to its slot or from it.  Writing unlocks it and does not fail.  Reading unlocks it at the
 * end; false, and still locked: no memory for it.
 */
void swap_writepage(struct page *page);
bool swap_readpage(struct page *page);
unsigned long nr_swap_pages(void);		/* free slots */
unsigned long total_swap_pages(void);
/* Must a page that is back give its slot up, though keeping it would spare writing it again?  Less than half are free, or the area goes. */
bool swap_is_scarce(swp_entry_t e);
unsigned long swap_area_changes(void);		/* how often an area was taken into use or out of it */
unsigned long swap_references(void);		/* of all slots, for mm_verify_all() */
int swaps_show(struct seq_file *m);		/* /proc/swaps */
/* While the machine stands (snapshots): each slot in use, and its page in the cache or NULL, without a reference. */
struct page *swap_cache_peek(swp_entry_t e);
void swap_visit_slots(void (*fn)(swp_entry_t e, unsigned int count, void *arg), void *arg);

/* ---- mm/swap_extents.c: slots of a file ---- */
struct swap_extent {
	unsigned long slot, nr;			/* the first slot of a run on the disk; slots */
	unsigned long sector;			/* of 512 bytes: where the run begins */
};
struct swap_extents {
	struct swap_extent *extent;		/* in the order of their slots; NULL: the area is a whole device */
	unsigned long nr, slots;		/* extents; slots of all of them */
};
/* Where @inode, a file whose i_rwsem is held, has up to @max slots.  0, -EINVAL: holes, not one slot; -EIO, -ENOMEM. */
int swap_extents_make(struct swap_extents *e, struct inode *inode, unsigned long max);
void swap_extents_free(struct swap_extents *e);
unsigned long swap_extents_sector(const struct swap_extents *e, unsigned long slot);

/* ---- mm/swap_state.c: pages that have a slot ---- */
/* A locked page that has none gets one, and is dirty.  False: no slot, no memory. */
bool add_to_swap(struct page *page);
/* The page of a slot, if it is in memory; referenced, not locked. */
struct page *lookup_swap_cache(swp_entry_t e);
/* The same, read in if need be with its neighbours; NULL: no memory, or the slot is free by now. */
struct page *swapin_readahead(swp_entry_t e);
unsigned int swapin_window(swp_entry_t e);	/* mm/swap_readahead.c */
void swapin_used(struct page *page);
/* Page locked.  Out of the cache; its slot stays if entries refer to it. */
void delete_from_swap_cache(struct page *page);
/* Page locked.  The same if no entry refers to the slot and the disk does not read the page: true, or not in the cache. */
bool try_to_free_swap(struct page *page);
/* Somebody has dropped an entry that named the page: if that was the last, its slot goes too.  Any lock may be held. */
void free_swap_cache(struct page *page);
unsigned long nr_swapcache_pages(void);
/* Can a page without another home leave?  What is in the cache has its slot already. */
static inline bool swap_can_take(void) { return nr_swap_pages() > 0 || (total_swap_pages() && nr_swapcache_pages() > 32); }

/* ---- mm/fault.c: for swapoff ---- */
/* Entries of @mm that name slots of area @type get their pages back.  0, -ENOMEM, -EINTR.  Takes mmap_sem. */
int unuse_mm(struct mm_struct *mm, unsigned int type);

/* ---- mm/throttle.c: sleeps; false: current is to die and has no turn ---- */
bool throttle_direct_reclaim(void);
void end_direct_reclaim(unsigned long freed);	/* pages that it has brought, or found */

/* ---- mm/shmem_swap.c: for swapoff ---- */
int shmem_unuse(unsigned int type);		/* the same of all files in memory.  0, -ENOMEM, -EINTR, -EIO */

/* ---- mm/vmscan.c ---- */
void wait_for_lists(void);			/* before direct reclaim: until kswapd has made the lists, or 1 s.  Sleeps */
unsigned long try_to_free_pages(gfp_t gfp, unsigned int order);	/* direct reclaim: pages freed */
void wakeup_kswapd(void);
void vmscan_init(void);				/* start kswapd */
/* Write out and free these pages (isolated, a reference each): how many were freed. */
unsigned long reclaim_pages(struct list_head *pages);
extern int vm_swappiness;
extern int sysctl_page_cluster;	/* log2 of the slots that are read at once, at most */

#endif
