/*
 * mm/oom.c - out of memory: which process has to go
 *
 * Purpose:    when reclaim finds nothing, one process dies so that the others live.  The one
 *             that gives most back: pages in memory, in swap, and its page tables.
 * Invariants: neither init nor a kernel thread is ever chosen.
 *             While a victim has not let go of its memory, no second one is chosen.
 * Lock order: tasklist_lock > task->alloc_lock; interrupts off, as siglock demands.
 * Simplified: no cgroups and no cpusets; no reaper thread that unmaps for a victim that is
 *             stuck: it wakes up by itself, because every long sleep is killable.
 * Sources:    Gorman, "Understanding the Linux Virtual Memory Manager", chapter "Out of
 *             Memory Management"; proc(5), "oom_score_adj".
 */
#include <mm.h>
#include <printk.h>
#include <sched.h>
#include <slab.h>
#include <time.h>
#include <vmalloc.h>

#define OOM_WAIT_MS 10
#define OOM_PATIENCE_NS (5 * NSEC_PER_SEC)	/* then a victim is given up as stuck */

static struct task_struct *victim;	/* with a reference: tasklist_lock */
static u64 victim_since;		/* tasklist_lock */

/* The mm of some thread of @p, with its alloc_lock held; NULL (and no lock) if none is left. */
static struct task_struct *lock_thread_with_mm(struct task_struct *p)
{
	struct task_struct *t;

	for_each_thread(p, t) {
		task_lock(t);
		if (t->mm)
			return t;
		task_unlock(t);
	}
	return NULL;
}

unsigned long oom_badness(struct task_struct *p)
{
	struct task_struct *t;
	long points;

	if (p->flags & PF_OOM_ORIGIN)
		return ~0UL >> 1;
	if (p == init_process || (p->flags & PF_KTHREAD) || p->signal->oom_score_adj == -1000)
		return 0;
	t = lock_thread_with_mm(p);
	if (!t)
		return 0;
	points = get_mm_rss(t->mm) + get_mm_counter(t->mm, MM_SWAPENTS) +
		 atomic_long_read(&t->mm->nr_tables);
	task_unlock(t);
	points += p->signal->oom_score_adj * (long)(totalram_pages() / 1000);
	return points > 0 ? points : 1;
}

/* tasklist_lock held. */
static struct task_struct *select_bad_process(unsigned long *points)
{
	struct task_struct *p, *worst = NULL;

	*points = 0;
	for_each_process(p) {
		unsigned long n = oom_badness(p);

		if (n > *points) {
			*points = n;
			worst = p;
		}
	}
	return worst;
}

static void log_tasks(void)
{
	struct task_struct *p, *t;

	pr_warn("[  pid  ]   uid  total_vm      rss pgtables name\n");
	for_each_process(p) {
		t = lock_thread_with_mm(p);
		if (!t)
			continue;
		pr_warn("[%7d] %5u %9lu %8lu %8ld %s\n", p->pid, p->cred.uid, t->mm->total_vm,
			get_mm_rss(t->mm), atomic_long_read(&t->mm->nr_tables), p->comm);
		task_unlock(t);
	}
}

static void log_situation(gfp_t gfp, unsigned int order)
{
	pr_warn("%s invoked oom-killer: gfp=0x%x, order=%u\n", current->comm, gfp, order);
	pr_warn("free %lu of %lu pages, slab %lu, page tables %ld, vmalloc %lu\n",
		nr_free_pages(), totalram_pages(), slab_total_pages(),
		atomic_long_read(&nr_page_table_pages), vmalloc_used_pages());
	log_tasks();
}

/* tasklist_lock held.  Does the last victim still hold memory, and may it yet let go? */
static bool victim_pending(struct task_struct **done)
{
	struct task_struct *t;

	if (!victim)
		return false;
	t = victim->exit_state ? NULL : lock_thread_with_mm(victim);
	if (t)
		task_unlock(t);
	if (t && ktime_get() - victim_since < OOM_PATIENCE_NS)
		return true;
	*done = victim;
	victim = NULL;
	return false;
}

/*
 * tasklist_lock held.  SIGKILL goes to the whole process.  1: somebody was killed,
 * 0: there is nobody to kill.
 */
static int kill_worst(gfp_t gfp, unsigned int order)
{
	unsigned long points;
	struct task_struct *p = select_bad_process(&points), *t;

	if (!p)
		return 0;
	log_situation(gfp, order);
	pr_err("Out of memory: Killed process %d (%s), %lu pages\n", p->pid, p->comm, points);
	count_vm_event(OOM_KILL);
	trace_oom(p->pid, points);
	get_task_struct(p);
	victim = p;
	victim_since = ktime_get();
	for_each_thread(p, t)
		send_sig(SIGKILL, t, true);
	return 1;
}

/*
 * Process context, no spinlock held.  True if memory may come free: the caller has been
 * given time to wait for it, or is itself to die.
 */
bool out_of_memory(gfp_t gfp, unsigned int order)
{
	struct task_struct *done = NULL;
	unsigned long flags;
	bool hope;

	if (!init_process)		/* boot: there is nobody to kill */
		return false;
	spin_lock_irqsave(&tasklist_lock, flags);
	hope = victim_pending(&done) || kill_worst(gfp, order);
	spin_unlock_irqrestore(&tasklist_lock, flags);
	if (done)
		put_task_struct(done);
	if (hope && !fatal_signal_pending(current))
		msleep(OOM_WAIT_MS);
	return hope;
}
