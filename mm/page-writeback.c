/*
 * mm/page-writeback.c - from dirty pages to the disk, and what is told of errors
 *
 * Purpose:    know what is dirty, write it, wait for it, slow down who makes too much dirty, and remember what went
 *             wrong until those who ask by fsync have been told.
 * Invariants: PG_dirty: memory is newer than the disk.  It is cleared, under the page lock, before the transfer
 *             starts (PG_writeback): what is written to the page meanwhile makes it dirty again; through a
 *             mapping too, whose entries are write-protected then (page_mkclean()).
 *             PG_dirty of a file that is written back, its tag in the tree, nr_dirty of the mapping and of all change
 *             together, under tree_lock.
 *             An error is told once to each who had the file open when it happened, and to the first who opens
 *             it later if nobody else was told.
 * Lock order: page lock > i_mmap_rwsem > ptl > mapping->tree_lock.  The end of a transfer is an interrupt: it takes no
 *             lock of the mapping; the tag of write-back stays until somebody waits.
 * Simplified: who writes through a mapping or by write(2) is slowed down alike, without a share for each disk.
 * Sources:    Bovet & Cesati, "Understanding the Linux Kernel", chapter "The Page Cache".
 */
#include <blkdev.h>
#include <fs.h>
#include <pagemap.h>
#include <sched.h>
#include <signal.h>
#include <time.h>
#include <wait.h>
#include "internal.h"

#define BATCH 16

/* ---- errors ---- */

/*
 * mapping->wb_err: the last error (errno, 0: none yet), whether anybody was told, and a count that makes
 * a new error another value once the last was told.
 */
#define WB_ERRNO	0xfffU
#define WB_SEEN		0x1000U
#define WB_STEP		0x2000U

void mapping_set_error(struct address_space *m, int err)
{
	u32 old = READ_ONCE(m->wb_err), new;

	if (!err)
		return;
	do {
		new = (old & ~(WB_ERRNO | WB_SEEN)) | (u32)-err;
		if (old & WB_SEEN)
			new += WB_STEP;
	} while (!__atomic_compare_exchange_n(&m->wb_err, &old, new, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED));
}

u32 mapping_sample_wb_err(const struct address_space *m)
{
	u32 now = READ_ONCE(m->wb_err);

	return now & WB_SEEN ? now : 0;
}

/* The error that is newer than *@since, which then is up to date; 0: none. */
static int check_wb_err(struct address_space *m, u32 *since)
{
	u32 now = READ_ONCE(m->wb_err);

	if (now == *since)
		return 0;
	now = __atomic_or_fetch(&m->wb_err, WB_SEEN, __ATOMIC_RELAXED);
	*since = now;
	return -(int)(now & WB_ERRNO);
}

int file_check_wb_err(struct file *f)
{
	return check_wb_err(f->f_inode->i_mapping, &f->f_wb_err);
}

/* ---- dirty ---- */

atomic_long_t nr_dirty_pages, nr_writeback_pages;

/*
 * The flag, the tag in the tree and the counts change together under tree_lock: a page that is dirty is found.
 * Whether @page is still of @m is known only there.
 */
int mark_page_dirty(struct address_space *m, struct page *page)
{
	bool first, was = true;

	spin_lock(&m->tree_lock);
	first = page->mapping == m && !m->nr_dirty;
	if (page->mapping == m) {
		trace_dirty(page);
		was = TestSetPageDirty(page);
	}
	if (!was) {
		page_tree_tag_set(&m->page_tree, page->index, PAGE_TAG_DIRTY);
		m->nr_dirty++;
		if (first)
			m->dirtied_when = ktime_get();
	}
	spin_unlock(&m->tree_lock);
	if (was)
		return 0;
	atomic_long_inc(&nr_dirty_pages);
	count_vm_event(NR_DIRTIED);
	__mark_inode_dirty(m->host, I_DIRTY_PAGES);
	return 1;
}

int set_page_dirty_lock(struct page *page)
{
	int ret;

	lock_page(page);
	ret = set_page_dirty(page);
	unlock_page(page);
	return ret;
}

void account_page_cleaned(struct address_space *m, struct page *page)
{
	assert_spin_locked(&m->tree_lock);
	if (!TestClearPageDirty(page) || !m->a_ops || !m->a_ops->writepage)
		return;
	page_tree_tag_clear(&m->page_tree, page->index, PAGE_TAG_DIRTY);
	m->nr_dirty--;
	atomic_long_dec(&nr_dirty_pages);
}

void clear_page_dirty(struct page *page)
{
	struct address_space *m = page->mapping;

	VM_BUG_ON_PAGE(!PageLocked(page) || PageWriteback(page), page);
	page_mkclean(page);
	spin_lock(&m->tree_lock);
	trace_clean(page);
	account_page_cleaned(m, page);
	/* at once, or who waits for the file now would see it neither dirty nor on its way */
	if (m->a_ops && m->a_ops->writepage)
		page_tree_tag_set(&m->page_tree, page->index, PAGE_TAG_WRITEBACK);
	spin_unlock(&m->tree_lock);
}

/* ---- transfers ---- */

static DECLARE_WAIT_QUEUE_HEAD(writeback_wait);		/* those who made too much dirty */

void set_page_writeback(struct page *page)
{
	struct address_space *m = page->mapping;

	VM_BUG_ON_PAGE(!PageLocked(page) || PageWriteback(page), page);
	get_page(page);
	SetPageWriteback(page);
	trace_writeback(page);
	spin_lock(&m->tree_lock);
	page_tree_tag_set(&m->page_tree, page->index, PAGE_TAG_WRITEBACK);
	spin_unlock(&m->tree_lock);
	atomic_long_inc(&nr_writeback_pages);
}

/* Interrupt context: the tag in the tree stays until somebody waits for it. */
void end_page_writeback(struct page *page)
{
	trace_written(page);
	atomic_long_dec(&nr_writeback_pages);
	count_vm_event(NR_WRITTEN);
	page_end_writeback_bit(page);
	put_page(page);
	if (waitqueue_active(&writeback_wait))
		wake_up_all(&writeback_wait);
}

/* Start to write @page if it is dirty and still of this file.  0 or -errno; *began: did it? */
static int write_one(struct address_space *m, struct page *page, bool *began)
{
	lock_page(page);
	if (page->mapping == m)
		wait_on_page_writeback(page);
	*began = page->mapping == m && PageDirty(page);
	if (*began)
		return m->a_ops->writepage(m, page);
	unlock_page(page);
	return 0;
}

/* Pages of [*next, last] with @tag, a batch of them with a reference each; moves *next (0: that was the last possible). */
static unsigned int get_batch(struct address_space *m, pgoff_t *next, pgoff_t last, struct page **pages,
			      enum page_tag tag)
{
	unsigned int n;

	spin_lock(&m->tree_lock);
	n = page_tree_gang_lookup_tag(&m->page_tree, *next, pages, BATCH, tag);
	while (n && pages[n - 1]->index > last)
		n--;
	for (unsigned int i = 0; i < n; i++)
		get_page(pages[i]);
	if (n)
		*next = pages[n - 1]->index + 1;
	spin_unlock(&m->tree_lock);
	return n;
}

/* Up to @nr dirty pages of [*next, @last].  How many were begun; *err: the first error, after which it goes on. */
static unsigned long write_range(struct address_space *m, pgoff_t *next, pgoff_t last, unsigned long nr, int *err)
{
	unsigned long written = 0;
	struct page *pages[BATCH];
	struct blk_plug plug;
	unsigned int n;

	blk_start_plug(&plug);
	while (written < nr && *next <= last && (n = get_batch(m, next, last, pages, PAGE_TAG_DIRTY))) {
		for (unsigned int i = 0; i < n; i++) {
			bool began;
			int e = write_one(m, pages[i], &began);

			put_page(pages[i]);
			written += began;
			if (e && !*err)
				*err = e;
		}
		cond_resched();
		if (!*next)
			break;
	}
	blk_finish_plug(&plug);
	return written;
}

static bool written_back(const struct address_space *m)
{
	return m->a_ops && m->a_ops->writepage && READ_ONCE(m->nrpages);
}

int filemap_fdatawrite_range(struct address_space *m, loff_t start, loff_t end)
{
	pgoff_t next = (unsigned long)start >> PAGE_SHIFT;
	int err = 0;

	if (written_back(m))
		write_range(m, &next, (unsigned long)end >> PAGE_SHIFT, ~0UL, &err);
	return err;
}

unsigned long filemap_write_some(struct address_space *m, unsigned long nr)
{
	pgoff_t next = READ_ONCE(m->writeback_index);
	unsigned long n;
	int err = 0;

	if (!written_back(m))
		return 0;
	n = write_range(m, &next, ~0UL, nr, &err);
	if (n < nr)			/* the end of the file: go on at its beginning */
		next = 0;
	WRITE_ONCE(m->writeback_index, next);
	return n;
}

/*
 * Until a transfer of @page that has begun has ended: then nobody need look at it again.  Its lock, because a transfer
 * begins under it: the tag is set before PG_writeback is.
 */
static void wait_for_transfer(struct address_space *m, struct page *page)
{
	lock_page(page);
	wait_on_page_writeback(page);
	spin_lock(&m->tree_lock);
	if (page->mapping == m)
		page_tree_tag_clear(&m->page_tree, page->index, PAGE_TAG_WRITEBACK);
	spin_unlock(&m->tree_lock);
	unlock_page(page);
}

void filemap_fdatawait_range(struct address_space *m, loff_t start, loff_t end)
{
	pgoff_t next = (unsigned long)start >> PAGE_SHIFT, last = (unsigned long)end >> PAGE_SHIFT;
	struct page *pages[BATCH];
	unsigned int n;

	if (!written_back(m))
		return;
	while (next <= last && (n = get_batch(m, &next, last, pages, PAGE_TAG_WRITEBACK))) {
		for (unsigned int i = 0; i < n; i++) {
			wait_for_transfer(m, pages[i]);
			put_page(pages[i]);
		}
		cond_resched();
		if (!next)
			break;
	}
}

int filemap_write_and_wait_range(struct address_space *m, loff_t start, loff_t end)
{
	u32 since = READ_ONCE(m->wb_err);
	int err = filemap_fdatawrite_range(m, start, end);

	filemap_fdatawait_range(m, start, end);
	if (err)
		return err;
	return READ_ONCE(m->wb_err) == since ? 0 : -(int)(READ_ONCE(m->wb_err) & WB_ERRNO);
}

unsigned long count_dirty_tags(struct address_space *m)
{
	struct page *pages[BATCH];
	unsigned long count = 0;
	pgoff_t next = 0;
	unsigned int n;

	assert_spin_locked(&m->tree_lock);
	while ((n = page_tree_gang_lookup_tag(&m->page_tree, next, pages, BATCH, PAGE_TAG_DIRTY))) {
		for (unsigned int i = 0; i < n; i++)
			count += PageDirty(pages[i]);
		next = pages[n - 1]->index + 1;
	}
	return count;
}

int filemap_write_and_wait(struct address_space *m)
{
	return filemap_write_and_wait_range(m, 0, ~0UL >> 1);
}

/* ---- how much may be dirty ---- */

int dirty_background_ratio = 10, vm_dirty_ratio = 20;
int dirty_writeback_centisecs = 500, dirty_expire_centisecs = 3000;

#define MIN_DIRTY	32		/* pages: below, there would be no progress */
#define CHECK_EACH	16		/* pages that become dirty: adding up what is free costs more than a look */
#define HELP		64		/* pages that a writer writes himself before he waits */
#define NAP_NS		10000000UL	/* should nobody wake him */

/* Of the pages that could be filled with a file's data, as on Linux: what is free, and what files have. */
void dirty_limits(unsigned long *background, unsigned long *limit)
{
	long files = atomic_long_read(&nr_file_pages) - atomic_long_read(&nr_shmem_pages);
	unsigned long pages = nr_free_pages() + max(files, 0L);

	*limit = max(pages * READ_ONCE(vm_dirty_ratio) / 100, (unsigned long)MIN_DIRTY);
	*background = max(pages * READ_ONCE(dirty_background_ratio) / 100, (unsigned long)MIN_DIRTY / 2);
	if (*background >= *limit)
		*background = *limit / 2;
}

/* Over what limit, if any, is what waits for the disk? */
static bool over_background(bool *over_limit)
{
	unsigned long background, limit, dirty;

	dirty = atomic_long_read(&nr_dirty_pages) + atomic_long_read(&nr_writeback_pages);
	dirty_limits(&background, &limit);
	*over_limit = dirty > limit;
	return dirty > background;
}

/* Until a transfer ends, or a moment has passed. */
static void nap(void)
{
	DEFINE_WAIT(wait);
	bool over;

	prepare_to_wait(&writeback_wait, &wait, TASK_UNINTERRUPTIBLE);
	over_background(&over);
	if (over)
		schedule_until(ktime_get() + NAP_NS);
	finish_wait(&writeback_wait, &wait);
}

void balance_dirty_pages(struct address_space *m)
{
	bool over;

	if (!m->a_ops || !m->a_ops->writepage || atomic_long_read(&nr_dirty_pages) % CHECK_EACH || !over_background(&over))
		return;
	wakeup_flusher();
	while (over && !fatal_signal_pending(current)) {
		filemap_write_some(m, HELP);
		nap();
		over_background(&over);
	}
}
