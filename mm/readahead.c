/*
 * mm/readahead.c - pages are read before anybody asks for them
 *
 * Purpose:    a disk gives a run of pages in hardly more time than one.  Who reads in order gets the next ones while he
 *             is still busy with those he has.
 *
 *               a file's window:   |------- size --------|
 *                                  start      ^ marker: async_size pages before the end
 *
 *             The first miss opens a window; a page with the marker (PG_readahead) starts the next one, twice as large,
 *             up to ra_pages.  Reads here and there open none.  What is read around a fault in a mapping
 *             is half before and half behind it.
 * Invariants: pages are put into the cache locked and in order, and handed to ->readahead, whose transfers unlock them.  No
 *             page is made beyond the end of the file.  A hint may fail: then the page is read when it is wanted.
 * Lock order: page locks of new pages, which nobody else can hold, then whatever ->readahead needs to find their place.
 * Simplified: no miss counter that gives up reading around faults.
 * Sources:    Linux documentation, core-api/mm-api.rst, "Readahead"; Wu Fengguang, "On the design of a new Linux
 *             readahead framework", 2008.
 */
#include <err.h>
#include <fs.h>
#include <pagemap.h>
#include <sched.h>
#include "internal.h"

#define RA_BATCH	32		/* pages handed over at once */

int read_ahead_pages = 32;		/* 128 KiB, as on Linux */

static bool can_read_ahead(const struct address_space *m)
{
	return m->a_ops && m->a_ops->readahead;
}

/* The page at @index, new, locked and in the cache, with a reference; NULL: there is one, or no memory, or the file ends. */
static struct page *new_page(struct address_space *m, pgoff_t index)
{
	struct page *page = find_get_page(m, index);

	if (page) {
		put_page(page);
		return NULL;
	}
	page = alloc_page(GFP_HIGHUSER_MOVABLE | __GFP_NOWARN);
	if (!page)
		return NULL;
	lock_new_page(page);
	if (add_to_page_cache(m, index, page)) {
		unlock_page(page);
		put_page(page);
		return NULL;
	}
	if ((loff_t)index << PAGE_SHIFT < READ_ONCE(m->host->i_size))
		return page;
	delete_from_page_cache(page);	/* truncated meanwhile */
	unlock_page(page);
	put_page(page);
	return NULL;
}

static void hand_over(struct address_space *m, struct page **pages, unsigned int *n)
{
	if (*n) {
		count_vm_events(READAHEAD_PAGES, *n);
		m->a_ops->readahead(m, pages, *n);
	}
	*n = 0;
}

/* Start to read those of [@start, @start + @nr) that are not cached; the one at @marker, if new, is marked. */
static void read_window(struct address_space *m, pgoff_t start, unsigned long nr, pgoff_t marker)
{
	loff_t size = READ_ONCE(m->host->i_size);
	pgoff_t end = DIV_ROUND_UP((unsigned long)size, PAGE_SIZE);
	struct page *pages[RA_BATCH];
	unsigned int n = 0;

	if (start >= end)
		return;
	end = min(end, start + nr);
	for (pgoff_t index = start; index < end; index++) {
		struct page *page = new_page(m, index);

		if (!page) {
			hand_over(m, pages, &n);	/* a run has ended */
			continue;
		}
		if (index == marker)
			SetPageReadahead(page);
		pages[n++] = page;
		if (n == RA_BATCH)
			hand_over(m, pages, &n);
	}
	hand_over(m, pages, &n);
}

void force_page_cache_readahead(struct address_space *m, pgoff_t start, unsigned long nr)
{
	loff_t size = READ_ONCE(m->host->i_size);
	pgoff_t end = DIV_ROUND_UP((unsigned long)size, PAGE_SIZE);

	if (!can_read_ahead(m) || start >= end)
		return;
	for (end = min(end, start + min(nr, end - start)); start < end; start += RA_BATCH) {
		read_window(m, start, min(end - start, (pgoff_t)RA_BATCH), ~0UL);
		cond_resched();
		if (fatal_signal_pending(current))
			return;
	}
}

/* ---- windows ---- */

static unsigned long first_size(unsigned long want, unsigned long max)
{
	unsigned long size = 1;

	while (size < want)
		size *= 2;
	if (size <= max / 32)
		size *= 4;
	else if (size <= max / 4)
		size *= 2;
	return min(size, max);
}

static unsigned long next_size(const struct file_ra_state *ra, unsigned long max)
{
	return min((unsigned long)ra->size * (ra->size < max / 16 ? 4 : 2), max);
}

static void submit_window(struct address_space *m, const struct file_ra_state *ra)
{
	read_window(m, ra->start, ra->size, ra->start + ra->size - ra->async_size);
}

static void open_window(struct file_ra_state *ra, pgoff_t index, unsigned long want, unsigned long max)
{
	ra->start = index;
	ra->size = first_size(want, max);
	ra->async_size = ra->size > want ? ra->size - want : ra->size;
}

/* The first page from @index on that is not cached, looked for in @max of them. */
static pgoff_t next_miss(struct address_space *m, pgoff_t index, unsigned long max)
{
	for (pgoff_t end = index + max; index < end; index++) {
		struct page *page = find_get_page(m, index);

		if (!page)
			return index;
		put_page(page);
	}
	return ~0UL;
}

/*
 * @index is not cached (or, @marked, it is, and says that the next window is due), and @want pages from it on are asked for.
 */
static void ondemand(struct address_space *m, struct file_ra_state *ra, pgoff_t index, unsigned long want, bool marked)
{
	unsigned long max = max_t(unsigned long, ra->ra_pages, 1);

	if (index && (index == ra->start + ra->size - ra->async_size || index == ra->start + ra->size)) {
		ra->start += ra->size;		/* in order */
		ra->size = next_size(ra, max);
		ra->async_size = ra->size;
	} else if (marked) {			/* another reader's window, or an older one of ours */
		pgoff_t start = next_miss(m, index + 1, max);

		if (start == ~0UL)
			return;
		ra->start = start;
		ra->size = min(first_size(start - index + want, max) * 2, max);
		ra->async_size = ra->size;
	} else if (!index || want > max || index - ra->prev_index <= 1) {
		open_window(ra, index, want, max);
	} else {
		read_window(m, index, want, ~0UL);	/* here and there */
		return;
	}
	submit_window(m, ra);
}

void page_cache_readahead(struct file *file, struct address_space *m, pgoff_t index, unsigned long want)
{
	struct file_ra_state *ra = &file->f_ra;
	struct page *page;

	if (!can_read_ahead(m))
		return;
	page = find_get_page(m, index);
	if (!page && (file->f_mode & FMODE_RANDOM || !ra->ra_pages))
		force_page_cache_readahead(m, index, want);
	else if (!page)
		ondemand(m, ra, index, want, false);
	else if (PageReadahead(page) && TestClearPageReadahead(page))
		ondemand(m, ra, index, want, true);
	if (page)
		put_page(page);
	ra->prev_index = index + want - 1;
}

/* A fault in a mapping; true: the page was not cached. */
bool fault_readahead(struct vm_area_struct *vma, struct address_space *m, pgoff_t index)
{
	struct file_ra_state *ra = &vma->vm_file->f_ra;
	struct page *page;

	if (!can_read_ahead(m))
		return false;
	page = find_get_page(m, index);
	if (page) {
		if (!(vma->vm_flags & VM_RAND_READ) && PageReadahead(page) && TestClearPageReadahead(page))
			ondemand(m, ra, index, ra->ra_pages, true);
		put_page(page);
		return false;
	}
	if (vma->vm_flags & VM_RAND_READ || !ra->ra_pages)
		return true;
	if (vma->vm_flags & VM_SEQ_READ) {
		ondemand(m, ra, index, ra->ra_pages, false);
		return true;
	}
	ra->start = index - min_t(pgoff_t, index, ra->ra_pages / 2);
	ra->size = ra->ra_pages;
	ra->async_size = ra->ra_pages / 4;
	submit_window(m, ra);
	return true;
}
