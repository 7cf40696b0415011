/*
 * mm/lru.c - which pages were used lately: the lists that reclaim takes its victims from
 *
 * Purpose:    keep the pages that can be reclaimed in an order of their last use, as far as that is known.
 *
 *               new page --> inactive list --(not used again)--> reclaimed
 *                              |     ^
 *               (used again)   v     |  (not used for a while)
 *                             active list
 *
 *             Two pairs, because they are written to different places: anonymous memory and shared
 *             memory to swap, file pages to their file.  What is locked in memory stands aside on a
 *             fifth list.
 *             As long as memory has never been short, anonymous pages are on no list, unless they are locked: most programs come and go
 *             without, and their faults do not pay for it.  kswapd makes the lists when it starts to work for the first
 *             time (mm/vmscan.c, list_all); from then on new pages join them at once.
 * Invariants: PG_lru: the page is on the list of its zone that its flags name, which is why PG_active,
 *             PG_swapbacked and PG_unevictable change under lru_lock while it is set.  The lists hold no
 *             reference: a page leaves them when it is freed.  zone->nr_lru[] is their length.
 *             Who takes a page off to look at it (PG_isolated) holds a reference and puts it back; until then nobody else
 *             puts it on a list, and flags that change say where it will go.
 * Lock order: page lock, ptl > zone->lru_lock > zone->lock; interrupts off, because pages are freed at the
 *             end of transfers.
 * Simplified: each page is put on its list by itself; Linux collects fifteen a CPU first.
 * Sources:    Gorman, "Understanding the Linux Virtual Memory Manager", "Page Frame Reclamation".
 */
#include <mm.h>
#include <printk.h>
#include "internal.h"
#include "page_internal.h"

static enum lru_list list_by(unsigned long flags)
{
	if (flags & BIT(PG_unevictable))
		return LRU_UNEVICTABLE;
	return (flags & BIT(PG_swapbacked) ? LRU_INACTIVE_ANON : LRU_INACTIVE_FILE) + !!(flags & BIT(PG_active));
}

static enum lru_list list_of(const struct page *page)
{
	return list_by(page->flags);
}

/* lru_lock held. */
static void add(struct zone *z, struct page *page)
{
	enum lru_list l = list_of(page);

	SetPageLRU(page);
	list_add(&page->lru, &z->lru[l]);
	z->nr_lru[l]++;
	trace_lru(page_to_pfn(page), l);
}

static void del(struct zone *z, struct page *page)
{
	VM_BUG_ON_PAGE(!PageLRU(page), page);
	z->nr_lru[list_of(page)]--;
	list_del(&page->lru);
	ClearPageLRU(page);
}

void lru_cache_add(struct page *page)
{
	struct zone *z = page_zone(page);
	unsigned long flags;

	spin_lock_irqsave(&z->lru_lock, flags);
	if (!PageLRU(page) && !PageIsolated(page))
		add(z, page);
	spin_unlock_irqrestore(&z->lru_lock, flags);
}

void lru_forget(struct page *page)
{
	struct zone *z = page_zone(page);
	unsigned long flags;

	spin_lock_irqsave(&z->lru_lock, flags);
	del(z, page);
	trace_lru(page_to_pfn(page), -1);
	ClearPageActive(page);
	ClearPageUnevictable(page);
	spin_unlock_irqrestore(&z->lru_lock, flags);
}

bool lru_listing;

/* Change the flags that say which list, and with them the list. */
static void move(struct page *page, unsigned long set, unsigned long clear)
{
	struct zone *z = page_zone(page);
	unsigned long flags, after;
	bool moves;

	spin_lock_irqsave(&z->lru_lock, flags);
	after = (page->flags | set) & ~clear;
	moves = PageLRU(page) && list_by(after) != list_of(page);
	if (moves)
		del(z, page);
	__atomic_fetch_or(&page->flags, set, __ATOMIC_RELAXED);
	__atomic_fetch_and(&page->flags, ~clear, __ATOMIC_RELAXED);
	if (moves)
		add(z, page);
	spin_unlock_irqrestore(&z->lru_lock, flags);
}

void deactivate_page(struct page *page)
{
	if (!PageActive(page))
		return;
	count_vm_event(PGDEACTIVATE);
	move(page, 0, BIT(PG_active) | BIT(PG_referenced));
}

/* The disk has it: reclaim, which has asked for that, finds it first.  Also in interrupts. */
void lru_rotate(struct page *page)
{
	struct zone *z = page_zone(page);
	unsigned long flags;

	spin_lock_irqsave(&z->lru_lock, flags);
	if (PageLRU(page) && !PageActive(page) && !PageUnevictable(page)) {
		list_move_tail(&page->lru, &z->lru[list_of(page)]);
		count_vm_event(PGROTATED);
	}
	spin_unlock_irqrestore(&z->lru_lock, flags);
}

void mark_page_accessed(struct page *page)
{
	if (!PageReferenced(page)) {
		SetPageReferenced(page);
	} else if (!PageActive(page) && !PageUnevictable(page)) {
		count_vm_event(PGACTIVATE);
		move(page, BIT(PG_active), BIT(PG_referenced) | BIT(PG_reclaim));
	}
}

void lru_set_swapbacked(struct page *page)
{
	if (!PageSwapBacked(page))
		move(page, BIT(PG_swapbacked), 0);
}

void lru_lazyfree(struct page *page)
{
	if (PageSwapBacked(page))
		count_vm_event(PGLAZYFREE);
	move(page, 0, BIT(PG_swapbacked) | BIT(PG_active) | BIT(PG_referenced));
}

void lru_set_unevictable(struct page *page, bool yes)
{
	if (PageUnevictable(page) != yes)
		move(page, yes ? BIT(PG_unevictable) : 0, (yes ? 0 : BIT(PG_unevictable)) | BIT(PG_active));
	if (yes)
		lru_cache_add(page);		/* also an anonymous page that is on no list yet */
}

/* ---- for reclaim ---- */

unsigned int lru_isolate(struct zone *z, enum lru_list l, unsigned int max, struct list_head *taken)
{
	unsigned int n = 0, look = max * 2;
	unsigned long flags;

	spin_lock_irqsave(&z->lru_lock, flags);
	while (n < max && look-- && !list_empty(&z->lru[l])) {
		struct page *page = list_entry(z->lru[l].prev, struct page, lru);

		if (!get_page_unless_zero(page)) {	/* being freed: it will take itself off */
			list_move(&page->lru, &z->lru[l]);
			continue;
		}
		del(z, page);
		trace_lru(page_to_pfn(page), -1);
		SetPageIsolated(page);
		list_add(&page->lru, taken);
		n++;
	}
	spin_unlock_irqrestore(&z->lru_lock, flags);
	return n;
}

void lru_take(struct page *page, struct list_head *taken)
{
	struct zone *z = page_zone(page);
	unsigned long flags;

	spin_lock_irqsave(&z->lru_lock, flags);
	if (PageLRU(page)) {
		del(z, page);
		trace_lru(page_to_pfn(page), -1);
	} else if (READ_ONCE(lru_listing) || PageIsolated(page)) {
		goto out;
	}
	get_page(page);
	SetPageIsolated(page);
	list_add(&page->lru, taken);
out:
	spin_unlock_irqrestore(&z->lru_lock, flags);
}

void lru_putback(struct page *page)
{
	struct zone *z = page_zone(page);
	unsigned long flags;

	spin_lock_irqsave(&z->lru_lock, flags);
	ClearPageIsolated(page);
	add(z, page);
	spin_unlock_irqrestore(&z->lru_lock, flags);
	put_page(page);
}

unsigned long lru_pages(enum lru_list l)
{
	unsigned long sum = 0;

	for (int i = 0; i < MAX_NR_ZONES; i++)
		sum += READ_ONCE(zones[i].nr_lru[l]);
	return sum;
}

/* ---- checks ---- */

static int complain(const struct zone *z, const struct page *page, const char *what)
{
	pr_err("lru: zone %s, frame %#lx: %s, flags %#lx\n", z->name, page_to_pfn(page), what, page->flags);
	return 1;
}

static int verify_list(struct zone *z, enum lru_list l)
{
	unsigned long n = 0;
	int bad = 0;

	for (struct list_head *pos = z->lru[l].next; pos != &z->lru[l]; pos = pos->next) {
		struct page *page = list_entry(pos, struct page, lru);

		n++;
		if (!PageLRU(page) || list_of(page) != l || page_zone(page) != z)
			bad += complain(z, page, "page on the wrong LRU list");
		if (page_count(page) <= 0 || PageSlab(page) || PageTable(page) || PageBuddy(page))
			bad += complain(z, page, "page on an LRU list is free or the kernel's");
		if (n > z->present_pages)
			return bad + complain(z, page, "LRU list does not end");
	}
	if (n != z->nr_lru[l])
		pr_err("lru: zone %s, list %d: %lu pages, counted %lu\n", z->name, l, n, z->nr_lru[l]);
	return bad + (n != z->nr_lru[l]);
}

int lru_verify(void)
{
	int bad = 0;

	for (int i = 0; i < MAX_NR_ZONES; i++) {
		unsigned long flags;

		spin_lock_irqsave(&zones[i].lru_lock, flags);
		for (int l = 0; l < NR_LRU_LISTS; l++)
			bad += verify_list(&zones[i], l);
		spin_unlock_irqrestore(&zones[i].lru_lock, flags);
	}
	return bad;
}
