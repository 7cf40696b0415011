/*
 * mm/swap_state.c - the swap cache: pages in memory that have a slot in a swap area
 *
 * Purpose:    between memory and swap every page passes through here, in both directions, so that all who
 *             share one page of swap find the same page in memory: who faults first reads it, the others
 *             find it.
 *
 *               out:  add_to_swap  -> unmap: entries become swap entries -> write -> delete, page freed
 *               in:   a fault finds the page here, or reads it           -> entries name the page again
 *
 * Invariants: PG_swapcache: page->private is its swap entry, the tree of the area has it under the slot's
 *             number and holds one reference, the slot's map says that the cache has it.  These change under the page
 *             lock.  page->mapping stays the anon_vma's.
 *             A page here without PG_dirty is what the slot holds.
 * Lock order: page lock > ptl > tree_lock; swap_lock (mm/swapfile.c) is never held together with tree_lock.
 * Simplified: no huge pages, no working-set shadows.
 * Sources:    Gorman, "Understanding the Linux Virtual Memory Manager", chapter "Swap Management".
 */
#include <blkdev.h>
#include <err.h>
#include <pagemap.h>
#include <swap.h>
#include "internal.h"

/*
 * Trees of pages by slot.  An area has several, which take turns every 256 slots (a MiB): CPUs that are at work in different
 * places of it do not wait for one lock.
 */
#define TREES		16
#define TREE_SHIFT	8
static struct address_space spaces[MAX_SWAPFILES][TREES];

static struct address_space *space_of(swp_entry_t e)
{
	return &spaces[swp_type(e)][swp_offset(e) >> TREE_SHIFT & (TREES - 1)];
}

void __init swap_cache_init(void)
{
	for (int i = 0; i < MAX_SWAPFILES; i++)
		for (int j = 0; j < TREES; j++)
			address_space_init(&spaces[i][j], NULL, NULL);
}

unsigned long nr_swapcache_pages(void)
{
	unsigned long n = 0;

	for (int i = 0; i < MAX_SWAPFILES; i++)
		for (int j = 0; j < TREES; j++)
			n += READ_ONCE(spaces[i][j].nrpages);
	return n;
}

struct page *lookup_swap_cache(swp_entry_t e)
{
	return find_get_page(space_of(e), swp_offset(e));
}

struct page *swap_cache_peek(swp_entry_t e)
{
	return page_tree_lookup(&space_of(e)->page_tree, swp_offset(e));
}

/* The slot is the cache's already.  Page locked.  0 or -ENOMEM. */
static int add_to_swap_cache(struct page *page, swp_entry_t e)
{
	struct address_space *s = space_of(e);
	int err;

	VM_BUG_ON_PAGE(!PageLocked(page) || PageSwapCache(page), page);
	get_page(page);
	page->private = e.val;
	spin_lock(&s->tree_lock);
	err = page_tree_insert(&s->page_tree, swp_offset(e), page);
	if (!err) {
		SetPageSwapCache(page);
		s->nrpages++;
		trace_swap(EV_FILE_SWAP_ADD, e.val, page_to_pfn(page), 0);
	}
	spin_unlock(&s->tree_lock);
	if (err) {
		page->private = 0;
		put_page(page);
	}
	return err;
}

bool add_to_swap(struct page *page)
{
	swp_entry_t e = get_swap_page(page_zonenum(page));

	if (!e.val)
		return false;
	if (add_to_swap_cache(page, e)) {
		swapcache_free(e);
		return false;
	}
	SetPageUptodate(page);
	SetPageDirty(page);
	return true;
}

void delete_from_swap_cache(struct page *page)
{
	swp_entry_t e = page_swap_entry(page);
	struct address_space *s = space_of(e);

	VM_BUG_ON_PAGE(!PageLocked(page) || !PageSwapCache(page) || PageWriteback(page), page);
	spin_lock(&s->tree_lock);
	trace_swap(EV_FILE_SWAP_DEL, e.val, page_to_pfn(page), 0);
	page_tree_delete(&s->page_tree, swp_offset(e));
	s->nrpages--;
	ClearPageSwapCache(page);
	page->private = 0;
	spin_unlock(&s->tree_lock);
	swapcache_free(e);
	put_page(page);
}

bool try_to_free_swap(struct page *page)
{
	if (!PageSwapCache(page))
		return true;
	if (PageWriteback(page) || __swap_count(page_swap_entry(page)))
		return false;
	delete_from_swap_cache(page);
	SetPageDirty(page);		/* nowhere else any more */
	return true;
}

void free_swap_cache(struct page *page)
{
	if (page_mapped(page) || !trylock_page(page))
		return;
	if (!page_mapped(page))
		try_to_free_swap(page);
	unlock_page(page);
}

void free_swap_entry(swp_entry_t e)
{
	struct page *page;

	if (swap_free(e))
		return;
	page = lookup_swap_cache(e);
	if (!page)
		return;
	free_swap_cache(page);
	put_page(page);
}

/* ---- reading ---- */

/*
 * The page of slot @e, in memory or on its way; *@fresh: we have started to read it.  Referenced.  NULL: no
 * memory, or the slot is free.
 */
static struct page *read_swap_cache(swp_entry_t e, bool *fresh)
{
	struct page *page, *new;
	int err;

	*fresh = false;
	for (;;) {
		page = lookup_swap_cache(e);
		if (page)
			return page;
		new = alloc_page(GFP_HIGHUSER_MOVABLE);
		if (!new)
			return NULL;
		err = swapcache_prepare(e);
		if (!err)
			break;
		put_page(new);
		if (err != -EEXIST)
			return NULL;
		cond_resched();		/* another one is about to put it there, or to take it away */
	}
	lock_new_page(new);
	SetPageSwapBacked(new);
	if (add_to_swap_cache(new, e)) {
		swapcache_free(e);
		unlock_page(new);
		put_page(new);
		return NULL;
	}
	if (!swap_readpage(new)) {
		delete_from_swap_cache(new);
		unlock_page(new);
		put_page(new);
		return NULL;
	}
	lru_cache_add(new);
	*fresh = true;
	return new;
}

struct page *swapin_readahead(swp_entry_t e)
{
	unsigned long first, off;
	unsigned int window;
	struct blk_plug plug;
	struct page *page;
	bool fresh;

	page = lookup_swap_cache(e);
	if (page) {
		swapin_used(page);
		return page;
	}
	window = swapin_window(e);
	first = swp_offset(e) & ~(window - 1UL);
	blk_start_plug(&plug);
	page = read_swap_cache(e, &fresh);
	for (off = max(first, 1UL); page && fresh && off < first + window; off++) {
		swp_entry_t near = swp_entry(swp_type(e), off);
		struct page *other;
		bool new;

		if (off == swp_offset(e) || !swap_count(near))
			continue;
		other = read_swap_cache(near, &new);
		if (new) {
			SetPageReadahead(other);
			count_vm_event(SWAP_RA);
		}
		if (other)
			put_page(other);
	}
	blk_finish_plug(&plug);
	return page;
}
