/*
 * mm/page-writeback.c - from dirty pages to the disk, and what is told of errors
 *
 * Purpose:    write what is dirty in a file, wait for it, and remember what went wrong until those who ask by fsync
 *             have been told.
 * Invariants: PG_dirty: memory is newer than the disk.  It is cleared, under the page lock, before the transfer
 *             starts (PG_writeback): what is written to the page meanwhile makes it dirty again.
 *             An error is told once to each who had the file open when it happened, and to the first who opens
 *             it later if nobody else was told.
 * Lock order: page lock > mapping->tree_lock.  Errors are noted in interrupts, by atomic operations.
 * Sources:    Bovet & Cesati, "Understanding the Linux Kernel", chapter "The Page Cache".
 */
#include <blkdev.h>
#include <fs.h>
#include <pagemap.h>
#include <sched.h>
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

/* ---- write ---- */

void clear_page_dirty(struct page *page)
{
	VM_BUG_ON_PAGE(!PageLocked(page), page);
	ClearPageDirty(page);
}

/* Start to write @page if it is dirty and still of this file.  0 or -errno. */
static int write_one(struct address_space *m, struct page *page)
{
	lock_page(page);
	if (page->mapping == m)
		wait_on_page_writeback(page);
	if (page->mapping != m || !PageDirty(page)) {
		unlock_page(page);
		return 0;
	}
	return m->a_ops->writepage(m, page);
}

/* The pages [*next, last], a batch of them with a reference each; moves *next. */
static unsigned int get_batch(struct address_space *m, pgoff_t *next, pgoff_t last, struct page **pages)
{
	unsigned int n;

	spin_lock(&m->tree_lock);
	n = page_tree_gang_lookup(&m->page_tree, *next, pages, BATCH);
	while (n && pages[n - 1]->index > last)
		n--;
	for (unsigned int i = 0; i < n; i++)
		get_page(pages[i]);
	if (n)
		*next = pages[n - 1]->index + 1;
	spin_unlock(&m->tree_lock);
	return n;
}

/* Start to write all that is dirty in [@start, @end], bytes.  0, or the first -errno; the rest is written all the same. */
int filemap_fdatawrite_range(struct address_space *m, loff_t start, loff_t end)
{
	pgoff_t next = (unsigned long)start >> PAGE_SHIFT, last = (unsigned long)end >> PAGE_SHIFT;
	struct page *pages[BATCH];
	struct blk_plug plug;
	unsigned int n;
	int ret = 0;

	if (!m->a_ops || !m->a_ops->writepage || !m->nrpages)
		return 0;
	blk_start_plug(&plug);
	while (next <= last && (n = get_batch(m, &next, last, pages))) {
		for (unsigned int i = 0; i < n; i++) {
			int err = PageDirty(pages[i]) ? write_one(m, pages[i]) : 0;

			put_page(pages[i]);
			if (err && !ret)
				ret = err;
		}
		cond_resched();
		if (!next)
			break;
	}
	blk_finish_plug(&plug);
	return ret;
}

void filemap_fdatawait_range(struct address_space *m, loff_t start, loff_t end)
{
	pgoff_t next = (unsigned long)start >> PAGE_SHIFT, last = (unsigned long)end >> PAGE_SHIFT;
	struct page *pages[BATCH];
	unsigned int n;

	if (!m->a_ops || !m->a_ops->writepage)
		return;
	while (next <= last && (n = get_batch(m, &next, last, pages))) {
		for (unsigned int i = 0; i < n; i++) {
			wait_on_page_writeback(pages[i]);
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

int filemap_write_and_wait(struct address_space *m)
{
	return filemap_write_and_wait_range(m, 0, ~0UL >> 1);
}
