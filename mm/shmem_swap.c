/*
 * mm/shmem_swap.c - shared memory that is in swap
 *
 * Purpose:    a page of tmpfs, memfd or shared anonymous memory has no home on a disk.  When it must leave, it goes to a slot of
 *             swap, and the file's tree keeps the slot in its place.
 *
 *               tree of the file     [5] --> page                       [5] = slot, odd: a value
 *                                               |    shmem_writepage        |
 *               swap cache                      +-----------------> slot --> page --> the slot on the disk
 *                                                    swap_in
 *
 *             The entries of those who map it become none: they fault, and find the slot in the tree.  So one entry refers to the
 *             slot, however many map the page, and neither VmSwap nor pagemap know of it.
 * Invariants: mapping->nr_swapped is the number of slots in its tree, each of which counts once in its slot's map and carries
 *             PAGE_TAG_SWAPPED.  The page stays charged.  nr_lost is the number of SWP_LOST: these have no tag, no charge.
 *             A page leaves only if nobody but reclaim, the file and the swap cache has a reference: who finds one in the tree
 *             and holds it keeps it there.
 *             A page that is back has no slot and is dirty.
 *             shmem_swaplist has every file that may have values; swapoff, which walks it, keeps the file it is at.
 * Lock order: page lock > tree_lock; page lock > shmem_swaplist_lock.  Slots are counted with none of the two held.
 * Sources:    Gorman, "Understanding the Linux Virtual Memory Manager", "Shared Memory Virtual Filesystem"; tmpfs(5).
 */
#include <err.h>
#include <fs.h>
#include <pagemap.h>
#include <sched.h>
#include <swap.h>
#include <wait.h>
#include "internal.h"

#define BATCH 16

static DEFINE_SPINLOCK(shmem_swaplist_lock);
static LIST_HEAD(shmem_swaplist);
static DECLARE_WAIT_QUEUE_HEAD(unuse_wait);

/* ---- entries ---- */

/* What is at @index: a page with a reference, a value, NULL. */
static void *find_get_entry(struct address_space *m, pgoff_t index)
{
	void *entry;

	spin_lock(&m->tree_lock);
	entry = page_tree_lookup_entry(&m->page_tree, index);
	if (entry && !page_tree_is_value(entry))
		get_page(entry);
	spin_unlock(&m->tree_lock);
	return entry;
}

unsigned int find_get_entries(struct address_space *m, pgoff_t first, pgoff_t last, void **entries, pgoff_t *indices,
			      unsigned int max)
{
	unsigned int n;

	spin_lock(&m->tree_lock);
	n = page_tree_gang_entries(&m->page_tree, first, entries, indices, max, -1);
	while (n && indices[n - 1] > last)
		n--;
	for (unsigned int i = 0; i < n; i++)
		if (!page_tree_is_value(entries[i]))
			get_page(entries[i]);
	spin_unlock(&m->tree_lock);
	return n;
}

/* Up to BATCH values of [@first, @last]. */
static unsigned int find_values(struct address_space *m, pgoff_t first, pgoff_t last, void **values, pgoff_t *indices)
{
	unsigned int n = 0;

	if (!READ_ONCE(m->nr_swapped))
		return 0;
	spin_lock(&m->tree_lock);
	n = page_tree_gang_entries(&m->page_tree, first, values, indices, BATCH, PAGE_TAG_SWAPPED);
	spin_unlock(&m->tree_lock);
	while (n && indices[n - 1] > last)
		n--;
	return n;
}

/* The value at @index; NULL: a page, or nothing. */
static void *value_at(struct address_space *m, pgoff_t index)
{
	void *entry = NULL;

	if (!shmem_has_values(m))
		return NULL;
	spin_lock(&m->tree_lock);
	entry = page_tree_lookup_entry(&m->page_tree, index);
	spin_unlock(&m->tree_lock);
	return page_tree_is_value(entry) ? entry : NULL;
}

static void count_in_cache(long n)
{
	if (n > 0)
		count_vm_event(PGCACHE_ADD);
	else
		count_vm_event(PGCACHE_DEL);
	atomic_long_add(n, &nr_file_pages);
	atomic_long_add(n, &nr_shmem_pages);
}

/* ---- out ---- */

static void join_swaplist(struct address_space *m)
{
	if (!list_empty(&m->swaplist))		/* who joins has a page of it locked, and nobody leaves meanwhile */
		return;
	spin_lock(&shmem_swaplist_lock);
	if (list_empty(&m->swaplist))
		list_add_tail(&m->swaplist, &shmem_swaplist);
	spin_unlock(&shmem_swaplist_lock);
}

/* A page that an fallocate made and nobody has used reads as zeroes.  False: that call may have to take it back. */
static bool settle_unused(struct address_space *m, struct page *page)
{
	bool refused;

	if (PageUptodate(page))
		return true;
	spin_lock(&m->tree_lock);
	refused = m->falloc && page->index >= m->falloc->first;
	if (refused)
		m->falloc->refused++;
	spin_unlock(&m->tree_lock);
	if (refused)
		return false;
	clear_page(page_address(page));
	SetPageUptodate(page);
	return true;
}

/* The slot takes the page's place.  False: somebody else has found the page. */
static bool leave_tree(struct address_space *m, struct page *page, swp_entry_t e)
{
	bool alone;

	spin_lock(&m->tree_lock);
	alone = page_count(page) == 3 && !page_mapped(page);	/* reclaim's, the swap cache's, the file's */
	if (alone) {
		trace_cache_del(page);
		page_tree_replace(&m->page_tree, page->index, page, swp_to_radix_entry(e));
		trace_file_swap(true, m->host->i_ino, page->index, e.val);
		m->nr_swapped++;
		m->nrpages--;
		page->mapping = NULL;
	}
	spin_unlock(&m->tree_lock);
	return alone;
}

bool shmem_writepage(struct page *page)
{
	struct address_space *m = page->mapping;
	swp_entry_t e;

	VM_BUG_ON_PAGE(!PageLocked(page) || page_mapped(page) || PageWriteback(page), page);
	if (mapping_unevictable(m) || !settle_unused(m, page))
		return false;
	join_swaplist(m);
	if (!add_to_swap(page))
		return false;
	e = page_swap_entry(page);
	swap_duplicate(e);
	if (!leave_tree(m, page, e)) {
		swap_free(e);
		delete_from_swap_cache(page);
		return false;
	}
	count_in_cache(-1);
	put_page(page);			/* the file's */
	swap_writepage(page);
	return true;
}

/* ---- in ---- */

/* @page, locked, in the swap cache and filled, goes where its slot @e is in @m.  False: the tree has changed. */
static bool enter_tree(struct address_space *m, pgoff_t index, struct page *page, swp_entry_t e)
{
	bool ok;

	get_page(page);
	spin_lock(&m->tree_lock);
	ok = page_tree_replace(&m->page_tree, index, swp_to_radix_entry(e), page);
	if (ok) {
		page->mapping = m;	/* else it is somebody else's by now, who has got the slot */
		page->index = index;
		m->nrpages++;
		m->nr_swapped--;
		trace_file_swap(false, m->host->i_ino, index, e.val);
		trace_cache_add(page);
	}
	spin_unlock(&m->tree_lock);
	if (!ok) {
		put_page(page);
		return false;
	}
	count_in_cache(1);
	swap_free(e);
	delete_from_swap_cache(page);
	SetPageDirty(page);
	ClearPageReclaim(page);
	if (unlikely(mapping_unevictable(m)))
		lru_set_unevictable(page, true);
	return true;
}

/*
 * The disk could not read @page, locked, of slot @e: the slot goes, and the file keeps the place, which is EIO from now on, as
 * on Linux.  -EIO; 0: the tree has changed, look again.
 */
static int lose_page(struct address_space *m, pgoff_t index, struct page *page, swp_entry_t e)
{
	bool ok;

	spin_lock(&m->tree_lock);
	ok = page_tree_replace(&m->page_tree, index, swp_to_radix_entry(e), swp_to_radix_entry(SWP_LOST));
	if (ok) {
		page_tree_tag_clear(&m->page_tree, index, PAGE_TAG_SWAPPED);
		m->nr_lost++;		/* first: shmem_has_values() */
		m->nr_swapped--;
		trace_file_swap(false, m->host->i_ino, index, e.val);
	}
	spin_unlock(&m->tree_lock);
	if (!ok)
		return 0;
	swap_free(e);
	delete_from_swap_cache(page);
	shmem_acct_pages(m->host, -1);
	return -EIO;
}

/* The page of slot @e, which is at @index: locked, with a reference.  NULL: look again; ERR_PTR(-ENOMEM, -EIO). */
static struct page *swap_in(struct address_space *m, pgoff_t index, swp_entry_t e)
{
	struct page *page;
	int err = 0;

	if (swp_is_lost(e))
		return ERR_PTR(-EIO);
	page = swapin_readahead(e);
	if (!page)
		return value_at(m, index) == swp_to_radix_entry(e) ? ERR_PTR(-ENOMEM) : NULL;
	lock_page(page);
	if (PageSwapCache(page) && page_swap_entry(page).val == e.val) {
		wait_on_page_writeback(page);
		if (PageUptodate(page) && enter_tree(m, index, page, e))
			return page;
		err = PageUptodate(page) ? 0 : lose_page(m, index, page, e);
	}
	unlock_page(page);
	put_page(page);
	return err ? ERR_PTR(err) : NULL;
}

struct page *shmem_swapin_page(struct address_space *m, pgoff_t index)
{
	struct page *page;
	void *value;

	while ((value = value_at(m, index))) {
		page = swap_in(m, index, radix_to_swp_entry(value));
		if (page)
			return page;
		cond_resched();
	}
	return NULL;
}

struct page *shmem_get_page(struct address_space *m, pgoff_t index)
{
	void *entry;

	while (page_tree_is_value(entry = find_get_entry(m, index))) {
		struct page *page = swap_in(m, index, radix_to_swp_entry(entry));

		if (!IS_ERR_OR_NULL(page))
			unlock_page(page);
		if (page)
			return page;
		cond_resched();
	}
	return entry;
}

void shmem_swapin_range(struct address_space *m, pgoff_t first, pgoff_t end)
{
	pgoff_t indices[BATCH];
	void *values[BATCH];
	unsigned int n;

	while (first < end && (n = find_values(m, first, end - 1, values, indices))) {
		for (unsigned int i = 0; i < n; i++) {
			struct page *page = swapin_readahead(radix_to_swp_entry(values[i]));

			if (page)
				put_page(page);
		}
		first = indices[n - 1] + 1;
		cond_resched();
	}
}

/* ---- gone ---- */

bool shmem_free_swap(struct address_space *m, pgoff_t index, void *entry)
{
	bool lost = swp_is_lost(radix_to_swp_entry(entry)), ok;

	spin_lock(&m->tree_lock);
	ok = page_tree_replace(&m->page_tree, index, entry, NULL);
	m->nr_swapped -= ok && !lost;
	m->nr_lost -= ok && lost;
	if (ok && !lost)
		trace_file_swap(false, m->host->i_ino, index, radix_to_swp_entry(entry).val);
	spin_unlock(&m->tree_lock);
	if (!ok || lost)
		return ok;
	free_swap_entry(radix_to_swp_entry(entry));
	shmem_acct_pages(m->host, -1);
	return true;
}

/* ---- swapoff, and the end of a file ---- */

/* The file after @m (NULL: the first) that may have pages in swap; it stays until it is @m in the next call. */
static struct address_space *next_swapped(struct address_space *m)
{
	struct list_head *pos;
	struct address_space *next = NULL;

	spin_lock(&shmem_swaplist_lock);
	pos = m ? m->swaplist.next : shmem_swaplist.next;
	if (pos != &shmem_swaplist) {
		next = list_entry(pos, struct address_space, swaplist);
		next->unusers++;
	}
	if (m)
		m->unusers--;
	spin_unlock(&shmem_swaplist_lock);
	if (m)
		wake_up_all(&unuse_wait);
	return next;
}

static void done_with(struct address_space *m)
{
	spin_lock(&shmem_swaplist_lock);
	m->unusers--;
	spin_unlock(&shmem_swaplist_lock);
	wake_up_all(&unuse_wait);
}

static bool leave_swaplist(struct address_space *m)
{
	bool ok;

	spin_lock(&shmem_swaplist_lock);
	ok = !m->unusers;
	if (ok)
		list_del_init(&m->swaplist);
	spin_unlock(&shmem_swaplist_lock);
	return ok;
}

void shmem_evict(struct inode *inode)
{
	struct address_space *m = &inode->i_data;

	VM_BUG_ON(shmem_has_values(m));
	if (!list_empty(&m->swaplist))
		wait_event(unuse_wait, leave_swaplist(m));
}

/* All pages of @m that are in area @type come back.  0 or -errno. */
static int unuse_mapping(struct address_space *m, unsigned int type)
{
	pgoff_t indices[BATCH], first = 0;
	void *values[BATCH];
	unsigned int n;

	while ((n = find_values(m, first, ~0UL, values, indices))) {
		for (unsigned int i = 0; i < n; i++) {
			struct page *page;

			if (swp_type(radix_to_swp_entry(values[i])) != type)
				continue;
			if (signal_pending(current))
				return -EINTR;
			page = shmem_swapin_page(m, indices[i]);
			if (IS_ERR(page) && PTR_ERR(page) != -EIO)	/* that page is lost, the slot is free */
				return PTR_ERR(page);
			if (!IS_ERR_OR_NULL(page)) {
				unlock_page(page);
				put_page(page);
			}
		}
		first = indices[n - 1] + 1;
		cond_resched();
	}
	return 0;
}

int shmem_unuse(unsigned int type)
{
	for (struct address_space *m = next_swapped(NULL); m; m = next_swapped(m)) {
		int err = unuse_mapping(m, type);

		if (err) {
			done_with(m);
			return err;
		}
	}
	return 0;
}

/* ---- SHM_LOCK, fallocate ---- */

/* What is in memory, or comes back, stays there; what reclaim has in its hands at this moment may still go. */
void shmem_lock(struct inode *inode, bool lock)
{
	struct address_space *m = inode->i_mapping;
	pgoff_t first = 0, indices[BATCH];
	void *entries[BATCH];
	unsigned int n;

	if (lock) {
		set_bit(AS_UNEVICTABLE, &m->flags);
		return;
	}
	clear_bit(AS_UNEVICTABLE, &m->flags);
	while ((n = find_get_entries(m, first, ~0UL, entries, indices, BATCH))) {
		for (unsigned int i = 0; i < n; i++) {
			struct page *page = entries[i];

			if (page_tree_is_value(page))
				continue;
			if (!PageMlocked(page))
				lru_set_unevictable(page, false);
			put_page(page);
		}
		first = indices[n - 1] + 1;
		cond_resched();
	}
}

void shmem_falloc_begin(struct address_space *m, struct shmem_falloc *f)
{
	spin_lock(&m->tree_lock);
	m->falloc = f;
	spin_unlock(&m->tree_lock);
}

/* ---- numbers ---- */

/* The slot at @index; 0: none. */
static swp_entry_t slot_at(struct address_space *m, pgoff_t index)
{
	void *value = value_at(m, index);
	swp_entry_t e = value ? radix_to_swp_entry(value) : (swp_entry_t){ 0 };

	return swp_is_lost(e) ? (swp_entry_t){ 0 } : e;
}

bool shmem_in_swap_cache(struct address_space *m, pgoff_t index)
{
	swp_entry_t e = slot_at(m, index);
	struct page *page = e.val ? lookup_swap_cache(e) : NULL;
	bool yes = page && PageUptodate(page);

	if (page)
		put_page(page);
	return yes;
}

bool shmem_needs_disk(struct address_space *m, pgoff_t index)
{
	swp_entry_t e = slot_at(m, index);
	struct page *page = e.val ? lookup_swap_cache(e) : NULL;

	if (page)
		put_page(page);
	return e.val && !page;
}

unsigned long shmem_partial_swap_usage(struct address_space *m, pgoff_t first, pgoff_t end)
{
	unsigned long bytes = 0;
	pgoff_t indices[BATCH];
	void *values[BATCH];
	unsigned int n;

	while (first < end && (n = find_values(m, first, end - 1, values, indices))) {
		bytes += n * PAGE_SIZE;
		first = indices[n - 1] + 1;
		cond_resched();
	}
	return bytes;
}

unsigned long shmem_swap_usage(const struct vm_area_struct *vma)
{
	struct address_space *m = vma->vm_file->f_inode->i_mapping;

	return shmem_partial_swap_usage(m, vma->vm_pgoff, vma->vm_pgoff + vma_pages(vma));
}

unsigned long shmem_swapped_pages(bool (*of)(const struct inode *inode))
{
	unsigned long sum = 0;

	for (struct address_space *m = next_swapped(NULL); m; m = next_swapped(m))
		sum += of(m->host) ? READ_ONCE(m->nr_swapped) : 0;
	return sum;
}

/* ---- checks: nobody else runs ---- */

static int verify_swapped(struct address_space *m, unsigned long *entries)
{
	unsigned long n = 0, found = 0, lost = 0;
	pgoff_t first = 0, index;
	void *entry;
	int bad = 0;

	for (; page_tree_gang_entries(&m->page_tree, first, &entry, &index, 1, -1); first = index + 1) {
		unsigned int count;

		if (!page_tree_is_value(entry))
			continue;
		if (swp_is_lost(radix_to_swp_entry(entry))) {
			lost++;
			continue;
		}
		count = swap_count(radix_to_swp_entry(entry));
		n++;
		if (count != 1)
			bad += mm_complain(NULL, index, "count of a slot that a file refers to", count, 1);
	}
	for (first = 0; page_tree_gang_entries(&m->page_tree, first, &entry, &index, 1, PAGE_TAG_SWAPPED); first = index + 1)
		found += page_tree_is_value(entry);
	if (lost != m->nr_lost)
		bad += mm_complain(NULL, (unsigned long)m, "nr_lost of a file, such values in its tree", m->nr_lost, lost);
	if (n != m->nr_swapped || found != n)
		bad += mm_complain(NULL, (unsigned long)m, "nr_swapped of a file, values in its tree", m->nr_swapped, n);
	*entries += n;
	return bad;
}

int shmem_verify_swap(unsigned long *entries)
{
	int bad = 0;

	*entries = 0;
	for (struct address_space *m = next_swapped(NULL); m; m = next_swapped(m))
		bad += verify_swapped(m, entries);
	return bad;
}
