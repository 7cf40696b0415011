/*
 * fs/flusher.c - the thread that writes what has been dirty for long, or when there is much of it
 *
 * Purpose:    nobody need call sync: each dirty_writeback_centisecs the thread looks for what has been dirty for
 *             dirty_expire_centisecs; and it is woken when more pages are dirty than dirty_background_ratio allows.
 * Invariants: it holds no lock while it sleeps; a machine without disks has no such thread.
 * Lock order: that of fs/super.c and mm/page-writeback.c.
 * Simplified: one thread for all disks; Linux has one for each.
 * Sources:    Linux documentation, admin-guide/sysctl/vm.rst.
 */
#include <err.h>
#include <fs.h>
#include <genhd.h>
#include <pagemap.h>
#include <printk.h>
#include <sched.h>
#include <time.h>
#include <wait.h>

#define CENTISEC_NS 10000000UL

static DECLARE_WAIT_QUEUE_HEAD(flusher_wait);
static bool wanted;			/* somebody has woken it */

void wakeup_flusher(void)
{
	WRITE_ONCE(wanted, true);
	if (waitqueue_active(&flusher_wait))
		wake_up_all(&flusher_wait);
}

static void write_older(u64 than)
{
	writeback_inodes(than);
	writeback_blockdevs(than);
}

static bool too_much(void)
{
	unsigned long background, limit;

	dirty_limits(&background, &limit);
	return (unsigned long)atomic_long_read(&nr_dirty_pages) > background;
}

/* Until @when (0: for ever), or until it is wanted. */
static void sleep_until(u64 when)
{
	DEFINE_WAIT(wait);

	prepare_to_wait(&flusher_wait, &wait, TASK_INTERRUPTIBLE);
	if (!READ_ONCE(wanted))
		schedule_until(when);
	finish_wait(&flusher_wait, &wait);
	WRITE_ONCE(wanted, false);
}

static int flusher(void *unused)
{
	for (;;) {
		u64 interval = READ_ONCE(dirty_writeback_centisecs) * CENTISEC_NS;
		u64 age = READ_ONCE(dirty_expire_centisecs) * CENTISEC_NS, now = ktime_get();

		if (interval && now > age)
			write_older(now - age);
		if (too_much())
			write_older(now);
		sleep_until(interval ? ktime_get() + interval : 0);
	}
	return 0;
}

void flusher_init(void)
{
	if (IS_ERR(kthread_run(flusher, NULL, "flusher")))
		pr_err("flusher: no memory for its thread; what is dirty waits for sync\n");
}
