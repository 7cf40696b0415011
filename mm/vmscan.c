/*
 * mm/vmscan.c - reclaim: make pages free before there are none
 *
 * Purpose:    take pages that were not used lately from their users: unmap, write where they belong, free.
 *             kswapd begins when a zone falls below its low mark and works until it is above the high one;
 *             who finds nothing free meanwhile does the same for himself (direct reclaim).
 *
 *               inactive list, old end
 *                 | used since we looked last?          --> active list, or once more round
 *                 | locked in memory?                   --> set aside
 *                 | anonymous and without a slot?       --> add_to_swap
 *                 | mapped?                             --> unmap: entries become swap entries, or none
 *                 | dirty?                              --> written; it comes by again when that is done
 *                 v nobody else refers to it            --> out of its cache, free
 *
 * Invariants: a page is looked at under its lock, which is only tried: whoever waits for memory may hold others.
 *             So are the locks that lead to its mappings.  A page that somebody has pinned stays.
 *             While a task reclaims (PF_MEMALLOC) its own allocations take from the reserve and do not
 *             reclaim again.
 *             Progress is counted in pages freed.  A round that has not freed enough is followed by one that looks at
 *             more; one that has sent enough to swap counts as progress once, for then the pages should be free.  What is
 *             on its way to the disk is waited for only when a whole round freed nothing; when it has arrived, it
 *             moves to the old end of its list.  No round takes much more than is wanted.
 *             The kernel's own caches shrink by the same part as the lists (mm/shrinker.c).
 * Lock order: page lock (tried) > i_mmap_rwsem or anon_vma root rwsem (tried) > ptl > zone->lru_lock
 * Simplified: one kswapd, lists of zones; no groups, no working-set shadows; dirty file pages are left to write-back,
 *             whose limits keep them few.
 * Sources:    Gorman, "Understanding the Linux Virtual Memory Manager", "Page Frame Reclamation".
 */
#include <blkdev.h>
#include <err.h>
#include <fs.h>
#include <pagemap.h>
#include <printk.h>
#include <rmap.h>
#include <sched.h>
#include <swap.h>
#include <wait.h>
#include "internal.h"
#include "page_internal.h"

#define BATCH		32		/* pages taken off a list at once */
#define DEF_PRIORITY	12		/* a round looks at 1/4096 of a list first, at all of it last */

int vm_swappiness = 60;		/* 0: swap only when nothing else helps; 200: as gladly as file pages are dropped */

/* ---- who uses a page ---- */

struct referenced {
	unsigned int young;		/* entries through which it was used since we looked last */
	bool locked, exec;		/* by an area that is locked, that is code */
};

static bool look_at_entry(struct page *page, struct vm_area_struct *vma, unsigned long addr, void *arg)
{
	pmd_t *pmd = mm_find_pmd(vma->vm_mm, addr);
	struct referenced *r = arg;
	spinlock_t *ptl;
	pte_t *pte;

	if (!pmd)
		return false;
	pte = pte_offset_map_lock(vma->vm_mm, pmd, addr, &ptl);
	if (pte_present(*pte) && !pte_special(*pte) && pte_pfn(*pte) == page_to_pfn(page)) {
		unsigned long old = pte->pte;

		r->locked |= !!(vma->vm_flags & VM_LOCKED);
		r->exec |= !!(vma->vm_flags & VM_EXEC);
		if (ptep_test_and_clear_young(pte)) {	/* no flush: a TLB that keeps it costs accuracy only */
			r->young += !(vma->vm_flags & VM_SEQ_READ);
			trace_pte_change(vma->vm_mm, addr, old, pte->pte);
		}
	}
	pte_unmap_unlock(pte, ptl);
	return false;
}

enum verdict { TAKE, KEEP, ACTIVATE };

static enum verdict judge(struct page *page)
{
	struct referenced r = { 0 };

	if (PageMlocked(page))
		return KEEP;		/* lru_set_unevictable() has said where it goes */
	if (page_mapped(page) && !rmap_try_walk(page, look_at_entry, &r))
		return KEEP;
	if (r.locked || (page->mapping && !PageAnon(page) && mapping_unevictable(page->mapping)))
		return ACTIVATE;
	if (r.young) {
		if (PageSwapBacked(page) || PageReferenced(page) || r.young > 1 || r.exec)
			return ACTIVATE;
		SetPageReferenced(page);	/* a file page once: again before it counts */
		return KEEP;
	}
	return TAKE;
}

/* ---- taking it from them ---- */

/* What is left in the entry of @addr when @page goes; a slot's count is raised for it. */
static pte_t left_behind(struct page *page, struct vm_area_struct *vma, unsigned long addr, pte_t was)
{
	pte_t e = __pte(0);

	if (PageSwapCache(page)) {
		e = swp_entry_to_pte(page_swap_entry(page));
		if (pte_soft_dirty(was))
			e = pte_swp_mksoft_dirty(e);
	} else if (!PageAnon(page) && page->index != linear_page_index(vma, addr)) {
		e = pgoff_to_pte(page->index);
	}
	return e;
}

/*
 * Address spaces that lost entries and whose TLBs do not know it yet.  One interrupt of other CPUs does for a
 * batch of pages; until then none of them is written or freed.
 */
#define STALE_MMS 4
struct stale {
	struct mm_struct *mm[STALE_MMS];	/* mm_count held */
	unsigned int nr;
};

static void flush_stale(struct stale *s)
{
	while (s->nr) {
		struct mm_struct *mm = s->mm[--s->nr];

		flush_tlb_mm(mm);
		mmdrop(mm);
	}
}

static void note_stale(struct stale *s, struct vm_area_struct *vma, unsigned long addr)
{
	for (unsigned int i = 0; i < s->nr; i++)
		if (s->mm[i] == vma->vm_mm)
			return;
	if (s->nr == STALE_MMS) {
		flush_tlb_page(vma, addr);
		return;
	}
	mmgrab(vma->vm_mm);
	s->mm[s->nr++] = vma->vm_mm;
}

/* One entry less.  True: stop, the page cannot be had. */
static bool unmap_entry(struct page *page, struct vm_area_struct *vma, unsigned long addr, void *arg)
{
	pmd_t *pmd = mm_find_pmd(vma->vm_mm, addr);
	struct mm_struct *mm = vma->vm_mm;
	struct stale *stale = arg;
	bool stop = false;
	spinlock_t *ptl;
	pte_t *pte, was, rest;

	if (!pmd)
		return false;
	pte = pte_offset_map_lock(mm, pmd, addr, &ptl);
	if (!pte_present(*pte) || pte_special(*pte) || pte_pfn(*pte) != page_to_pfn(page))
		goto out;
	if (vma->vm_flags & VM_LOCKED) {
		stop = true;
		goto out;
	}
	update_hiwater_rss(mm);
	was = ptep_get_and_clear(pte);
	note_stale(stale, vma, addr);
	if (pte_dirty(was) && PageAnon(page))
		SetPageDirty(page);
	else if (pte_dirty(was))
		set_page_dirty(page);
	rest = left_behind(page, vma, addr, was);
	if (PageAnon(page) && !PageSwapCache(page) && PageDirty(page)) {	/* given up, and written since */
		set_pte(pte, was);
		stop = true;
		goto out;
	}
	if (PageSwapCache(page))
		swap_duplicate(page_swap_entry(page));
	set_pte(pte, rest);
	if (pte_none(rest))
		pt_entries_add(ptl, -1);
	add_mm_counter(mm, mm_counter(page), -1);
	if (PageSwapCache(page))
		add_mm_counter(mm, MM_SWAPENTS, 1);
	page_remove_rmap(page, vma);
	trace_pte_change(mm, addr, was.pte, rest.pte);	/* behind it: it tells how often the page is mapped now */
	put_page(page);
out:
	pte_unmap_unlock(pte, ptl);
	return stop;
}

/* Page locked.  True: no entry names it any more. */
static bool try_to_unmap(struct page *page, struct stale *stale)
{
	return rmap_try_walk(page, unmap_entry, stale) && !page_mapped(page);
}

/* References that are no entry's: ours, and that of the cache it is in. */
static int expected_count(const struct page *page)
{
	return 1 + (PageSwapCache(page) || (page->mapping && !PageAnon(page)));
}

/* Out of its cache.  Page locked, not mapped, clean.  False: somebody else has it. */
static bool leave_cache(struct page *page)
{
	if (!PageSwapCache(page))
		return PageAnon(page) ? page_count(page) == 1 : drop_locked_page(page);
	/* nobody can find it but through the cache, and who does takes the page lock to keep it */
	if (page_count(page) != 2)
		return false;
	delete_from_swap_cache(page);
	return true;
}

struct scan {
	enum quire_reclaimer by;
	bool may_swap;
	unsigned long want;		/* of each pair of lists: who takes more than he needs has it read again */
	unsigned long freed;
	unsigned long started;		/* pages on their way to swap: free when they are there */
	struct page *slow;		/* one on its way to the disk, referenced: what to wait for */
};

static void wait_later(struct scan *sc, struct page *page)
{
	if (!sc->slow) {
		get_page(page);
		sc->slow = page;
	}
}

/* Is there a place where the page can go when it is not in memory? */
static bool has_home(struct page *page, const struct scan *sc)
{
	if (PageAnon(page) || PageSwapCache(page))
		return !PageSwapBacked(page) || PageSwapCache(page) || sc->may_swap;
	if (page->mapping && mapping_is_shmem(page->mapping))
		return sc->may_swap || !PageDirty(page);
	return page->mapping && page->mapping->a_ops && page->mapping->a_ops->writepage;
}

/* First half, page locked.  TAKE: nobody maps it any more, though TLBs may not know yet. */
static enum verdict detach(struct page *page, struct scan *sc, struct stale *stale)
{
	enum verdict v;

	if (PageWriteback(page)) {
		SetPageReclaim(page);	/* it comes back to the old end of its list when the disk has it */
		if (!PageWriteback(page))
			ClearPageReclaim(page);		/* it has it already */
		wait_later(sc, page);
		return KEEP;
	}
	if (!page->mapping && !PageSwapCache(page))
		return KEEP;		/* truncated: it goes with its last reference */
	v = judge(page);
	if (v != TAKE)
		return v;
	if (!has_home(page, sc))
		return ACTIVATE;
	if (page_count(page) != page_mapcount(page) + expected_count(page))
		return KEEP;
	if (PageAnon(page) && PageSwapBacked(page) && !PageSwapCache(page) && !add_to_swap(page))
		return ACTIVATE;
	if (page_mapped(page) && !try_to_unmap(page, stale)) {
		if (PageAnon(page) && !PageSwapBacked(page))
			lru_set_swapbacked(page);
		return ACTIVATE;
	}
	return TAKE;
}

/* A dirty page of the swap cache, or of shared memory, which gets a slot now.  Unlocks it. */
static enum verdict swap_page_out(struct page *page, struct scan *sc)
{
	SetPageReclaim(page);
	if (PageSwapCache(page)) {
		swap_writepage(page);
	} else if (!shmem_writepage(page)) {
		ClearPageReclaim(page);
		unlock_page(page);
		return ACTIVATE;
	}
	count_vm_event(NR_VMSCAN_WRITE);
	sc->started++;
	if (PageWriteback(page))
		wait_later(sc, page);
	return KEEP;
}

/* Second half, TLBs flushed; unlocks the page.  TAKE: it is ours alone and in no cache. */
static enum verdict page_out(struct page *page, struct scan *sc)
{
	enum verdict v = KEEP;

	if (PageDirty(page) && (PageSwapCache(page) || (!PageAnon(page) && mapping_is_shmem(page->mapping))))
		return swap_page_out(page, sc);
	if (!PageDirty(page) && leave_cache(page))	/* dirty pages of files are write-back's matter */
		v = TAKE;
	unlock_page(page);
	return v;
}

static struct page *take_first(struct list_head *pages)
{
	struct page *page;

	if (list_empty(pages))
		return NULL;
	page = list_first_entry(pages, struct page, lru);
	list_del(&page->lru);
	return page;
}

/* Back on the list that @v says. */
static void put_back(struct page *page, enum verdict v)
{
	if (v == ACTIVATE) {
		ClearPageReclaim(page);
		SetPageActive(page);
		count_vm_event(PGACTIVATE);
	}
	lru_putback(page);
}

static void shrink_page_list(struct list_head *pages, struct scan *sc)
{
	struct blk_plug plug;
	struct stale stale = { .nr = 0 };
	struct page *page;
	LIST_HEAD(detached);
	enum verdict v;

	while ((page = take_first(pages))) {
		if (!trylock_page(page)) {
			put_back(page, KEEP);
			continue;
		}
		v = detach(page, sc, &stale);
		if (v == TAKE) {
			list_add_tail(&page->lru, &detached);
			continue;
		}
		if (v == ACTIVATE && PageSwapCache(page) && swap_is_scarce(page_swap_entry(page)))
			try_to_free_swap(page);
		unlock_page(page);
		put_back(page, v);
	}
	flush_stale(&stale);
	blk_start_plug(&plug);
	while ((page = take_first(&detached))) {
		v = page_out(page, sc);
		if (v != TAKE) {
			put_back(page, v);
			continue;
		}
		VM_BUG_ON_PAGE(PageSwapCache(page) || page_mapped(page), page);
		sc->freed++;
		if (PageAnon(page) && !PageSwapBacked(page))
			count_vm_event(PGLAZYFREED);
		trace_steal(page_to_pfn(page));
		ClearPageDirty(page);
		ClearPageActive(page);
		ClearPageIsolated(page);
		put_page(page);
	}
	blk_finish_plug(&plug);
	cond_resched();
}

unsigned long reclaim_pages(struct list_head *pages)
{
	struct scan sc = { .by = RECLAIM_ADVICE, .may_swap = swap_can_take() };

	shrink_page_list(pages, &sc);
	trace_scan(0, -1, sc.by, 0, sc.freed);
	if (sc.slow)
		put_page(sc.slow);
	return sc.freed;
}

/* ---- lists ---- */

static bool lru_complete;		/* kswapd has put all on the lists */

static void count_scan(struct zone *z, enum lru_list l, const struct scan *sc, unsigned int scanned, unsigned long freed)
{
	if (sc->by == RECLAIM_KSWAPD) {
		count_vm_events(PGSCAN_KSWAPD, scanned);
		count_vm_events(PGSTEAL_KSWAPD, freed);
	} else {
		count_vm_events(PGSCAN_DIRECT, scanned);
		count_vm_events(PGSTEAL_DIRECT, freed);
	}
	if (l == LRU_INACTIVE_FILE) {
		count_vm_events(PGSCAN_FILE, scanned);
		count_vm_events(PGSTEAL_FILE, freed);
	} else {
		count_vm_events(PGSCAN_ANON, scanned);
		count_vm_events(PGSTEAL_ANON, freed);
	}
	trace_scan(z - zones, l, sc->by, scanned, freed);
}

/* Pages looked at. */
static unsigned int shrink_inactive(struct zone *z, enum lru_list l, unsigned int nr, struct scan *sc)
{
	LIST_HEAD(taken);
	unsigned int n = lru_isolate(z, l, nr, &taken);
	unsigned long before = sc->freed;

	if (!n)
		return 0;
	shrink_page_list(&taken, sc);
	count_scan(z, l, sc, n, sc->freed - before);
	return n;
}

/* Pages that were not used since the last look become inactive; code that was used stays. */
static unsigned int shrink_active(struct zone *z, enum lru_list l, unsigned int nr)
{
	LIST_HEAD(taken);
	unsigned int n = lru_isolate(z, l, nr, &taken);
	struct page *page;

	count_vm_events(PGREFILL, n);
	while ((page = take_first(&taken))) {
		struct referenced r = { 0 };

		if (page_mapped(page) && trylock_page(page)) {
			rmap_try_walk(page, look_at_entry, &r);
			unlock_page(page);
		}
		if (!r.locked && !(r.young && r.exec && !PageSwapBacked(page))) {
			ClearPageActive(page);
			count_vm_event(PGDEACTIVATE);
		}
		lru_putback(page);
	}
	cond_resched();
	return n;
}

static bool inactive_is_low(const struct zone *z, enum lru_list inactive)
{
	return z->nr_lru[inactive] < z->nr_lru[inactive + 1];
}

/* A pair of lists, by a part of 2^-@priority, until that has brought what is wanted. */
static void shrink_pair(struct zone *z, enum lru_list inactive, int priority, unsigned int weight, struct scan *sc)
{
	unsigned long nr = ((z->nr_lru[inactive] + z->nr_lru[inactive + 1]) * weight / 100) >> priority;

	unsigned long goal = sc->freed + sc->started + sc->want;
	unsigned int n = 1;

	for (nr = max(nr, (unsigned long)BATCH); nr && n && sc->freed + sc->started < goal; nr -= min(nr, (unsigned long)n)) {
		n = 0;
		if (inactive_is_low(z, inactive))
			n = shrink_active(z, inactive + 1, BATCH);
		n = max(n, shrink_inactive(z, inactive, min(nr, (unsigned long)BATCH), sc));
	}
}

/* Are there next to no file pages that could go? */
static bool file_is_tiny(void)
{
	unsigned long high = 0;

	for (int i = 0; i < MAX_NR_ZONES; i++)
		high += zones[i].watermark[WMARK_HIGH];
	return lru_pages(LRU_INACTIVE_FILE) + lru_pages(LRU_ACTIVE_FILE) + nr_free_pages() <= high;
}

/* Both pairs, each by its share of what is looked at: swappiness says how much of that is anonymous.  In the end all. */
static void shrink_zone(struct zone *z, int priority, struct scan *sc)
{
	unsigned int anon = sc->may_swap ? vm_swappiness / 2 : 0;

	shrink_pair(z, LRU_INACTIVE_FILE, priority, priority ? 100 - anon : 100, sc);
	if (sc->may_swap && (anon || (!priority && file_is_tiny())))	/* what MADV_FREE gave up is on the file lists */
		shrink_pair(z, LRU_INACTIVE_ANON, priority, priority ? anon : 100, sc);
}

static void end_scan(struct scan *sc, bool wait)
{
	if (!sc->slow)
		return;
	if (wait)
		wait_on_page_writeback(sc->slow);
	put_page(sc->slow);
	sc->slow = NULL;
}

/* As many pages as kswapd is to make free, about. */
static unsigned long high_marks(void)
{
	unsigned long sum = BATCH;

	for (int i = 0; i < MAX_NR_ZONES; i++)
		sum += zones[i].watermark[WMARK_HIGH];
	return sum;
}

/*
 * One round over all zones: pages freed.  *@hope: the next one need not look at more than this one did, for enough was
 * freed, or has been sent to the disk, which is good for one round: then it should be free.  After the last round anything
 * on its way is reason enough: to find nothing there has somebody killed.
 */
static unsigned long one_round(enum quire_reclaimer by, int priority, bool *hope)
{
	struct scan sc = { .by = by, .may_swap = swap_can_take(), .want = by == RECLAIM_KSWAPD ? high_marks() : BATCH };
	bool on_the_way;

	for (int i = 0; i < MAX_NR_ZONES; i++)
		if (zones[i].managed_pages)
			shrink_zone(&zones[i], priority, &sc);
	on_the_way = priority ? sc.started >= BATCH : sc.started || sc.slow;
	end_scan(&sc, !sc.freed);
	*hope = sc.freed >= BATCH || (!*hope && on_the_way);
	/* To ask each CPU for what it keeps costs all of them: only if there is little else. */
	return sc.freed + shrink_slab(sc.freed < BATCH ? priority : max(priority, SHRINK_HARD + 1));
}

unsigned long shrink_round(enum quire_reclaimer by, int priority)
{
	bool hope = false;

	return one_round(by, priority, &hope);
}

static DECLARE_WAIT_QUEUE_HEAD(kswapd_wait);
static bool kswapd_wanted;
static unsigned int kswapd_failures;	/* times in a row that it freed nothing */
static unsigned long kswapd_rounds;	/* times that it has made lists */
#define MAX_FAILURES	16		/* then it leaves it to those who need memory, until one of them succeeds */

/*
 * The lists are there, or as much of them as kswapd could make: who holds his mmap_sem for writing is not in them.
 * Not for ever: kswapd drops references on address spaces, and the last one may want a lock that we hold.
 */
void wait_for_lists(void)
{
	unsigned long before = READ_ONCE(kswapd_rounds);

	for (int ms = 0; ms < 1000 && READ_ONCE(kswapd_failures) < MAX_FAILURES && !READ_ONCE(lru_complete) &&
			 READ_ONCE(kswapd_rounds) == before; ms++) {
		wakeup_kswapd();
		msleep(1);
	}
}

/* Who could not go on without: by the zone that he would have liked best, as Linux counts. */
static void count_stall(gfp_t gfp)
{
	if (gfp & __GFP_DMA)
		count_vm_event(ALLOCSTALL_DMA);
	else if (gfp & __GFP_DMA32)
		count_vm_event(ALLOCSTALL_DMA32);
	else if (gfp & __GFP_MOVABLE)
		count_vm_event(ALLOCSTALL_MOVABLE);
	else
		count_vm_event(ALLOCSTALL_NORMAL);
}

unsigned long try_to_free_pages(gfp_t gfp, unsigned int order)
{
	unsigned long freed = 0, want = max((unsigned long)BATCH, 2UL << order);
	bool hope = false;

	count_stall(gfp);
	current->flags |= PF_MEMALLOC;
	for (int priority = DEF_PRIORITY; priority >= 0 && freed < want; priority -= !hope)
		freed += one_round(RECLAIM_DIRECT, priority, &hope);
	current->flags &= ~PF_MEMALLOC;
	if (freed)
		WRITE_ONCE(kswapd_failures, 0);
	trace_direct_reclaim(order, gfp, freed);
	return freed;
}

/* ---- anonymous pages, when memory is short for the first time ---- */

/* Those that @vma maps.  mmap_sem held: an entry that names a page keeps it while its table is locked. */
static void list_area(struct vm_area_struct *vma)
{
	unsigned long addr = vma->vm_start, next;
	pmd_t *pmd;

	for (; (pmd = next_pte_table(vma->vm_mm, &addr, vma->vm_end)); addr = next) {
		spinlock_t *ptl;
		pte_t *first = pte_offset_map_lock(vma->vm_mm, pmd, addr, &ptl), *pte = first;

		next = pmd_addr_end(addr, vma->vm_end);
		for (; addr < next; addr += PAGE_SIZE, pte++) {
			struct page *page = pte_present(*pte) ? vm_normal_page(vma, addr, *pte) : NULL;

			if (page && PageAnon(page) && !PageLRU(page))
				lru_cache_add(page);
		}
		pte_unmap_unlock(first, ptl);
		cond_resched();
	}
}

static bool list_mm(struct mm_struct *mm)
{
	if (!down_read_trylock(&mm->mmap_sem))
		return false;
	for (struct vm_area_struct *vma = mm->mmap; vma; vma = vma->vm_next)
		if (vma->anon_vma)
			list_area(vma);
	up_read(&mm->mmap_sem);
	return true;
}

/* False: an mm was being changed: again later. */
static bool list_all(void)
{
	bool all = true;

	WRITE_ONCE(lru_listing, true);
	for (struct mm_struct *mm = next_mm(&init_mm); mm; mm = next_mm(mm))
		all &= list_mm(mm);
	return all;
}

/* ---- kswapd ---- */

bool is_balanced(void)
{
	struct zone *z;

	for (struct zone **zp = zonelists[ZONE_NORMAL]; (z = *zp); zp++)
		if (zone_watermark_ok(z, 0, z->watermark[WMARK_HIGH], ZONE_NORMAL))
			return true;
	return false;
}

void wakeup_kswapd(void)
{
	if (READ_ONCE(kswapd_wanted) || READ_ONCE(kswapd_failures) >= MAX_FAILURES)
		return;
	WRITE_ONCE(kswapd_wanted, true);
	wake_up(&kswapd_wait);
}

/* Until there is as much as should be, or a whole walk from the first to the last priority frees nothing. */
static void balance(void)
{
	unsigned long freed, sum = 0;
	bool hope = false;

	count_vm_event(PAGEOUTRUN);
	trace_kswapd_wake(nr_free_pages());
	if (!lru_complete) {
		WRITE_ONCE(lru_complete, list_all());
		WRITE_ONCE(kswapd_rounds, kswapd_rounds + 1);
	}
	do {
		freed = 0;
		for (int priority = DEF_PRIORITY; priority >= 0 && !is_balanced(); priority -= !hope) {
			freed += one_round(RECLAIM_KSWAPD, priority, &hope);
			trace_pause_thread();
			if (priority == SHRINK_HARD && !hope)
				freed += free_empty_tables();
		}
		sum += freed;
	} while (freed && !is_balanced());
	WRITE_ONCE(kswapd_failures, sum || is_balanced() ? 0 : kswapd_failures + 1);
	trace_kswapd_sleep(nr_free_pages(), sum);
}

static int kswapd(void *unused)
{
	current->flags |= PF_MEMALLOC;
	for (;;) {
		wait_event(kswapd_wait, READ_ONCE(kswapd_wanted));
		balance();
		WRITE_ONCE(kswapd_wanted, false);
	}
	return 0;
}

void __init vmscan_init(void)
{
	if (IS_ERR(kthread_run(kswapd, NULL, "kswapd0")))
		pr_warn("kswapd: no memory: pages are reclaimed by who needs them\n");
}
