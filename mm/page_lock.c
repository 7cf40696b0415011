/*
 * mm/page_lock.c - the page lock: one bit in page->flags, and where to sleep for it
 *
 * Purpose:    whoever changes a page's ->mapping, reads it in or truncates it holds
 *             PG_locked.  A wait queue in every struct page would cost 24 bytes a frame,
 *             so all pages share a small table of queues, picked by a hash of the address.
 * Invariants: PG_waiters is set before a task sleeps for the page, and is cleared only
 *             together with a wake-up of the whole queue: a sleeper is never forgotten.
 * Lock order: the page lock is above i_mmap and below mmap_sem (docs/locking.md); the
 *             queue's own lock is innermost.
 * Simplified: all sleepers of the queue wake up and look again; Linux wakes those of the
 *             page only, and hands the lock over to the first after a while.
 */
#include <mm.h>
#include <sched.h>
#include <wait.h>
#include "internal.h"

#define PAGE_WAIT_BITS 6

static wait_queue_head_t page_queues[1 << PAGE_WAIT_BITS] = {
	[0 ... (1 << PAGE_WAIT_BITS) - 1] = { .lock = SPIN_LOCK_OF(LOCK_CLASS_WAIT_QUEUE) }
};
static DEFINE_SPINLOCK(page_queues_lock);

/* The queue of @page; a list head that was never used is set up here. */
static wait_queue_head_t *page_queue(const struct page *page)
{
	unsigned long hash = (page_to_pfn(page) * 0x9e3779b97f4a7c15UL) >> (64 - PAGE_WAIT_BITS);
	wait_queue_head_t *q = &page_queues[hash];
	unsigned long flags;

	if (unlikely(!READ_ONCE(q->head.next))) {
		spin_lock_irqsave(&page_queues_lock, flags);
		if (!q->head.next) {
			q->head.prev = &q->head;
			WRITE_ONCE(q->head.next, &q->head);
		}
		spin_unlock_irqrestore(&page_queues_lock, flags);
	}
	return q;
}

static bool try_page(struct page *page)
{
	return !TestSetPageLocked(page);
}

bool trylock_page(struct page *page)
{
	if (!try_page(page))
		return false;
	lockdep_page_acquire(page, HELD_TRY, (unsigned long)__builtin_return_address(0));
	return true;
}

void lock_new_page(struct page *page)
{
	SetPageLocked(page);
	lockdep_page_acquire(page, HELD_TRY, (unsigned long)__builtin_return_address(0));
}

static noinline void lock_page_slow(struct page *page)
{
	wait_queue_head_t *q = page_queue(page);
	DEFINE_WAIT(wait);

	for (;;) {
		prepare_to_wait(q, &wait, TASK_UNINTERRUPTIBLE);
		set_bit(PG_waiters, &page->flags);
		if (try_page(page))
			break;
		schedule();
	}
	finish_wait(q, &wait);
}

void lock_page(struct page *page)
{
	VM_BUG_ON_PAGE(page_count(page) <= 0, page);
	might_sleep();
	lockdep_page_acquire(page, 0, (unsigned long)__builtin_return_address(0));
	if (unlikely(!try_page(page)))
		lock_page_slow(page);
}

/* Clear @bit and wake who waits for the page.  Any context. */
static void clear_and_wake(struct page *page, int bit)
{
	clear_bit(bit, &page->flags);
	if (unlikely(test_bit(PG_waiters, &page->flags))) {
		clear_bit(PG_waiters, &page->flags);
		wake_up_all(page_queue(page));
	}
}

void unlock_page(struct page *page)
{
	VM_BUG_ON_PAGE(!PageLocked(page), page);
	lockdep_page_release(page, (unsigned long)__builtin_return_address(0));
	clear_and_wake(page, PG_locked);
}

/* ---- transfers to and from a disk ---- */

void page_io_begin(struct page *page)
{
	VM_BUG_ON_PAGE(!PageLocked(page), page);
	lockdep_page_release(page, (unsigned long)__builtin_return_address(0));
}

void page_end_read(struct page *page, int err)
{
	VM_BUG_ON_PAGE(!PageLocked(page), page);
	if (!err)
		SetPageUptodate(page);
	clear_and_wake(page, PG_locked);
}

void page_end_writeback_bit(struct page *page)
{
	VM_BUG_ON_PAGE(!PageWriteback(page), page);
	if (PageReclaim(page)) {
		ClearPageReclaim(page);
		lru_rotate(page);
	}
	clear_and_wake(page, PG_writeback);
}

void wait_on_page_writeback(struct page *page)
{
	wait_queue_head_t *q = page_queue(page);
	DEFINE_WAIT(wait);

	might_sleep();
	while (PageWriteback(page)) {
		prepare_to_wait(q, &wait, TASK_UNINTERRUPTIBLE);
		set_bit(PG_waiters, &page->flags);
		if (PageWriteback(page))
			schedule();
		finish_wait(q, &wait);
	}
}
