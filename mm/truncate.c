/*
 * mm/truncate.c - a file becomes shorter under the eyes of its readers
 *
 * Purpose:    drop cached pages, whole (beyond the end, or a punched hole) or the rest of one.
 * Invariants: after truncate_setsize no mapping shows a page beyond the end and none can be
 *             mapped again; private copies go too, as on Linux.
 * Lock order: i_rwsem (held by the caller) > page lock > i_mmap_rwsem > ptl
 *
 * The race with faults, step by step: i_size first, so that new faults refuse; unmap all, which
 * is quick for many pages; then page by page under the page lock: whoever mapped it meanwhile is
 * found by page_mapped() and unmapped again, and nobody can map it after that because a fault
 * checks i_size under the same lock.
 */
#include <err.h>
#include <fs.h>
#include <pagemap.h>
#include <sched.h>
#include <string.h>
#include "internal.h"

#define BATCH 16

/* Enter: page locked, in the cache. */
static void drop_page(struct address_space *m, struct page *page)
{
	wait_on_page_writeback(page);
	if (page_mapped(page))
		unmap_mapping_range(m, (loff_t)page->index << PAGE_SHIFT, PAGE_SIZE, false);
	delete_from_page_cache(page);
}

/* One entry of a file.  False: it has changed; a page of shared memory may be in swap now, or back from there. */
static bool drop_entry(struct address_space *m, pgoff_t index, void *entry)
{
	struct page *page = entry;
	bool ours;

	if (page_tree_is_value(entry))
		return shmem_free_swap(m, index, entry);
	lock_page(page);
	ours = page->mapping == m;
	if (ours)
		drop_page(m, page);
	unlock_page(page);
	put_page(page);
	return ours || !mapping_is_shmem(m);
}

/* Whole pages [first, last], in memory or in swap. */
static void drop_pages(struct address_space *m, pgoff_t first, pgoff_t last)
{
	pgoff_t indices[BATCH], next;
	void *entries[BATCH];
	unsigned int n;

	for (; first <= last && (n = find_get_entries(m, first, last, entries, indices, BATCH)); first = next) {
		next = indices[n - 1] + 1;
		for (unsigned int i = 0; i < n; i++)
			if (!drop_entry(m, indices[i], entries[i]))
				next = min(next, indices[i]);
		if (!next)
			return;
		cond_resched();
	}
}

/*
 * Take @page out of its file if it shows what the file would show without it: never written (a hole,
 * read), mapped by nobody, and with no reference but the cache's and the caller's.
 */
void drop_clean_page(struct page *page)
{
	if (!trylock_page(page))
		return;
	drop_locked_page(page);
	unlock_page(page);
}

bool drop_locked_page(struct page *page)
{
	if (!page->mapping || PageDirty(page) || PageWriteback(page) || page_mapped(page) || page_count(page) != 2)
		return false;
	delete_from_page_cache(page);
	return true;
}

unsigned long invalidate_mapping_pages(struct address_space *m, pgoff_t first, pgoff_t last)
{
	struct page *pages[BATCH];
	unsigned long dropped = 0;
	unsigned int n;

	do {
		n = find_get_pages(m, first, last, pages, BATCH);
		if (n)
			first = pages[n - 1]->index + 1;
		for (unsigned int i = 0; i < n; i++) {
			drop_clean_page(pages[i]);
			dropped += !pages[i]->mapping;
			put_page(pages[i]);
		}
		cond_resched();
	} while (n && first);
	return dropped;
}

/* Zero [from, to) of one page, if it is cached (a page that is not has no contents to lose). */
static void zero_part(struct address_space *m, loff_t start, unsigned int from, unsigned int to)
{
	pgoff_t index = start >> PAGE_SHIFT;
	struct page *page = mapping_is_shmem(m) ? shmem_get_page(m, index) : find_get_page(m, index);

	if (IS_ERR_OR_NULL(page))		/* of shmem: the caller has made sure */
		return;
	lock_page(page);
	if (page->mapping == m && PageUptodate(page)) {
		memset(page_address(page) + from, 0, to - from);
		set_page_dirty(page);
	}
	unlock_page(page);
	put_page(page);
}

/* The bytes [start, end) are gone: read as zeroes, or lie beyond the end. */
void truncate_inode_range(struct address_space *m, loff_t start, loff_t end)
{
	pgoff_t first = DIV_ROUND_UP((unsigned long)start, PAGE_SIZE);
	pgoff_t past = (unsigned long)end >> PAGE_SHIFT;

	if (offset_in_page(start))
		zero_part(m, start, offset_in_page(start),
			  first > past && offset_in_page(end) ? offset_in_page(end) : PAGE_SIZE);
	if (offset_in_page(end) && first <= past)
		zero_part(m, end, 0, offset_in_page(end));
	if (first >= past)
		return;
	unmap_mapping_range(m, (loff_t)first << PAGE_SHIFT, (loff_t)(past - first) << PAGE_SHIFT,
			    false);
	drop_pages(m, first, past - 1);
}

void truncate_inode_pages(struct address_space *m, loff_t from)
{
	pgoff_t first = DIV_ROUND_UP((unsigned long)from, PAGE_SIZE);

	if (!m->nrpages && !mapping_is_shmem(m))
		return;
	if (offset_in_page(from))
		zero_part(m, from, offset_in_page(from), PAGE_SIZE);
	drop_pages(m, first, ~0UL);
}

int truncate_setsize(struct inode *inode, loff_t newsize)
{
	struct address_space *m = inode->i_mapping;
	loff_t old = inode->i_size;

	WRITE_ONCE(inode->i_size, newsize);
	inode->i_mtime = inode->i_ctime = current_time_ns();
	if (newsize > old)
		return 0;		/* the same size still drops what was allocated beyond */
	unmap_mapping_range(m, newsize, 0, true);
	truncate_inode_pages(m, newsize);
	unmap_mapping_range(m, newsize, 0, true);
	return 0;
}
