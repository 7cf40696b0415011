/*
 * mm/oom.c - out of memory: which process has to go
 *
 * Purpose:    when reclaim finds nothing, one process dies so that the others live: the one that gives most
 *             back, in memory, in swap and in page tables, unless oom_score_adj says otherwise.
 * Invariants: neither init nor a kernel thread is ever chosen, nor who has oom_score_adj -1000.
 *             While a victim has not let go of its memory (it is in the reaper's queue, mm/oom_reap.c), no second
 *             one is chosen.  That ends: by the victim's exit, by the reaper, or when the reaper gives up.
 *             All processes that run in the victim's address space die with it: else nothing would come free.
 *             Who needs memory sleeps until the victim has let go, instead of looking for what is not there: the
 *             victim, and the reaper, need the CPU.
 *             Nothing here allocates, and no lock is waited for that somebody who waits for memory may hold.
 * Lock order: oom_lock (tried only) > tasklist_lock > task->alloc_lock, victims_lock; interrupts off under the latter
 *             three, as siglock demands.
 * Simplified: no cgroups, cpusets, memory policies; who asked is told by name, without a backtrace.
 * Sources:    Gorman, "Understanding the Linux Virtual Memory Manager", chapter "Out of
 *             Memory Management"; proc(5), "oom_score", "oom_score_adj", "oom_adj"; Linux
 *             Documentation/admin-guide/sysctl/vm.rst.
 */
#include <mm.h>
#include <mutex.h>
#include <oom.h>
#include <panic.h>
#include <printk.h>
#include <sched.h>
#include <string.h>
#include <swap.h>
#include "internal.h"
#include "page_internal.h"

int sysctl_panic_on_oom;		/* 1, 2: nobody is killed, the machine stops */
int sysctl_oom_kill_allocating_task;	/* who asks dies, if it may: no search */
int sysctl_oom_dump_tasks = 1;		/* the report has the table of tasks */

static DEFINE_MUTEX(oom_lock);		/* one search at a time */

/* ---- what a process is worth ---- */

struct task_struct *find_lock_task_mm(struct task_struct *p)
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

static bool oom_unkillable(const struct task_struct *p)
{
	return p == init_process || (p->flags & PF_KTHREAD);
}

static bool oom_task_origin(struct task_struct *p)
{
	struct task_struct *t;

	for_each_thread(p, t)
		if (t->flags & PF_OOM_ORIGIN)
			return true;
	return false;
}

/* A child that still runs in its parent's memory, until it has exec'ed: it would give nothing back. */
static bool in_vfork(const struct task_struct *t)
{
	return t->vfork_done && t->real_parent->mm == t->mm;
}

/* The parts, from the task whose alloc_lock is held. */
static void count_points(struct oom_points *n, const struct task_struct *t, unsigned long totalpages)
{
	struct mm_struct *mm = t->mm;

	n->anon = get_mm_counter(mm, MM_ANONPAGES);
	n->file = get_mm_counter(mm, MM_FILEPAGES);
	n->shmem = get_mm_counter(mm, MM_SHMEMPAGES);
	n->swap = get_mm_counter(mm, MM_SWAPENTS);
	n->tables = atomic_long_read(&mm->nr_tables);
	n->adj = t->signal->oom_score_adj * (long)(totalpages / 1000);
	n->sum = n->anon + n->file + n->shmem + n->swap + n->tables + n->adj;
}

static void badness(struct oom_points *n, struct task_struct *p, unsigned long totalpages)
{
	struct task_struct *t;

	memset(n, 0, sizeof(*n));
	n->sum = OOM_NOT_THIS;
	if (oom_unkillable(p))
		return;
	t = find_lock_task_mm(p);
	if (!t)
		return;
	if (p->signal->oom_score_adj != OOM_SCORE_ADJ_MIN && !test_bit(MMF_OOM_SKIP, &t->mm->flags) && !in_vfork(t))
		count_points(n, t, totalpages);
	task_unlock(t);
}

long oom_badness(struct task_struct *p, unsigned long totalpages)
{
	struct oom_points n;

	badness(&n, p, totalpages);
	return n.sum;
}

static unsigned long all_pages(void)
{
	return totalram_pages() + total_swap_pages();
}

unsigned long oom_score(struct task_struct *p)
{
	long total = all_pages(), points = oom_badness(p, total);

	return points == OOM_NOT_THIS ? 0 : (1000 + points * 1000 / total) * 2 / 3;
}

/* ---- whom ---- */

/* tasklist_lock held. */
static void select_bad_process(struct oom_control *oc)
{
	struct task_struct *p;

	oc->points.sum = OOM_NOT_THIS;
	for_each_process(p) {
		struct oom_points n;

		badness(&n, p, oc->totalpages);
		if (oom_task_origin(p) && !oom_unkillable(p) && !p->signal->oom_victim)
			n.sum = OOM_FIRST;	/* whatever its oom_score_adj */
		if (n.sum == OOM_NOT_THIS)
			continue;
		if (oc->chosen && n.sum < oc->points.sum)
			continue;
		oc->chosen = p;
		oc->points = n;
	}
}

/* oom_kill_allocating_task: the one that asks, if it may be killed.  tasklist_lock held. */
static void select_current(struct oom_control *oc)
{
	if (!current->mm)
		return;
	badness(&oc->points, current->group_leader, oc->totalpages);
	if (oc->points.sum != OOM_NOT_THIS)
		oc->chosen = current->group_leader;
}

static void select_victim(struct oom_control *oc)
{
	unsigned long flags;

	spin_lock_irqsave(&tasklist_lock, flags);
	if (sysctl_oom_kill_allocating_task)
		select_current(oc);
	if (!oc->chosen)
		select_bad_process(oc);
	if (oc->chosen)
		get_task_struct(oc->chosen);
	spin_unlock_irqrestore(&tasklist_lock, flags);
}

/* ---- its end ---- */

bool tsk_is_oom_victim(const struct task_struct *t)
{
	return t->signal->oom_victim;
}

bool mm_is_oom_victim(const struct mm_struct *mm)
{
	return test_bit(MMF_OOM_VICTIM, &mm->flags);
}

/* @t, whose alloc_lock is held, has the mm: it and its process may use the reserve, and the reaper comes after them. */
static void mark_oom_victim(struct task_struct *t)
{
	set_bit(MMF_OOM_VICTIM, &t->mm->flags);
	t->signal->oom_victim = true;
	oom_queue_victim(t->group_leader, t->mm);
}

static bool shares_mm(struct task_struct *p, const struct mm_struct *mm)
{
	struct task_struct *t;

	for_each_thread(p, t)
		if (READ_ONCE(t->mm) == mm)
			return true;
	return false;
}

/* Its threads are all on their way out, and no core file is in the way. */
static bool is_dying(struct task_struct *p)
{
	const struct signal_struct *s = p->signal;

	if (s->core_state)
		return false;
	return s->group_exit || (s->nr_threads == 1 && (p->flags & PF_EXITING));
}

/*
 * Does memory come free without anybody being killed: is @p dying anyway, and all who run in its memory?
 * Then it is a victim, silently.  tasklist_lock held.
 */
static bool task_will_free_mem(struct task_struct *p)
{
	struct task_struct *t = find_lock_task_mm(p), *other;
	struct mm_struct *mm;
	bool will;

	if (!t)
		return false;
	mm = t->mm;
	will = is_dying(p) && !test_bit(MMF_OOM_SKIP, &mm->flags);
	if (will && test_bit(MMF_MULTIPROCESS, &mm->flags))
		for_each_process(other)
			if (other->signal != p->signal && !is_dying(other) && shares_mm(other, mm))
				will = false;
	if (will)
		mark_oom_victim(t);
	task_unlock(t);
	return will;
}

static void kill_process(struct task_struct *p)
{
	struct task_struct *t;

	for_each_thread(p, t)
		send_sig(SIGKILL, t, true);
}

/*
 * Who else runs in the victim's memory dies too.  If init does, it stays, and nothing can be had: no reaper.
 * Returns whether it does.  tasklist_lock held.
 */
static bool kill_sharers(struct task_struct *victim, struct mm_struct *mm)
{
	struct task_struct *p;
	bool pinned = false;

	for_each_process(p) {
		if (p->signal == victim->signal || !shares_mm(p, mm))
			continue;
		if (p == init_process) {
			set_bit(MMF_OOM_SKIP, &mm->flags);
			pinned = true;
		} else if (!(p->flags & PF_KTHREAD)) {
			kill_process(p);
		}
	}
	return pinned;
}

/* What is said of a victim: noted under the locks, printed when they are let go, since a serial line is slow. */
struct last_words {
	unsigned long total_vm, anon, file, shmem, tables;	/* pages */
	unsigned int uid;
	int adj;
	bool pinned;		/* init runs in its memory */
};

static void note_kill(struct last_words *w, const struct task_struct *p, struct mm_struct *mm)
{
	*w = (struct last_words) {
		.total_vm = mm->total_vm, .anon = get_mm_counter(mm, MM_ANONPAGES), .file = get_mm_counter(mm, MM_FILEPAGES),
		.shmem = get_mm_counter(mm, MM_SHMEMPAGES), .tables = atomic_long_read(&mm->nr_tables),
		.uid = p->cred.uid, .adj = p->signal->oom_score_adj,
	};
}

static unsigned long kib(unsigned long pages)
{
	return pages << (PAGE_SHIFT - 10);
}

/* Linux's line, to the letter: programs look for it. */
static void log_kill(const struct task_struct *p, const struct last_words *w, const char *message)
{
	pr_err("%s: Killed process %d (%s) total-vm:%lukB, anon-rss:%lukB, file-rss:%lukB, shmem-rss:%lukB, UID:%u "
	       "pgtables:%lukB oom_score_adj:%d\n", message, p->pid, p->comm, kib(w->total_vm), kib(w->anon), kib(w->file),
	       kib(w->shmem), w->uid, kib(w->tables), w->adj);
	if (w->pinned)
		pr_info("oom killer %d (%s) has mm pinned by %d (%s)\n", p->pid, p->comm, init_process->pid,
			init_process->comm);
}

/* tasklist_lock held.  False: it has let go of its memory meanwhile. */
static bool kill_victim(struct task_struct *victim, struct last_words *w)
{
	struct task_struct *t;
	struct mm_struct *mm;

	if (!victim->sighand)		/* released: its threads are on no list any more */
		return false;
	t = find_lock_task_mm(victim);
	if (!t)
		return false;
	mm = t->mm;
	mark_oom_victim(t);		/* it holds the mm from here on */
	note_kill(w, victim, mm);
	task_unlock(t);
	count_vm_event(OOM_KILL);
	kill_process(victim);
	w->pinned = kill_sharers(victim, mm);
	return true;
}

/* Ten reports in five seconds at most, as on Linux.  oom_lock held. */
static bool report_allowed(void)
{
	static unsigned int count;
	static u64 window;
	u64 now = ktime_get();

	if (!count || now - window > 5 * NSEC_PER_SEC) {
		window = now;
		count = 0;
	}
	return count++ < 10;
}

static void oom_kill_process(struct oom_control *oc, const char *message)
{
	struct last_words words;
	unsigned long flags;
	bool dying, killed;

	spin_lock_irqsave(&tasklist_lock, flags);
	dying = task_will_free_mem(oc->chosen);
	spin_unlock_irqrestore(&tasklist_lock, flags);
	if (dying)
		return;
	if (report_allowed())
		oom_report(oc);
	spin_lock_irqsave(&tasklist_lock, flags);
	killed = kill_victim(oc->chosen, &words);
	if (killed)
		trace_oom(oc->chosen->pid, oc->points.sum);
	spin_unlock_irqrestore(&tasklist_lock, flags);
	if (killed)
		log_kill(oc->chosen, &words, message);
	else
		pr_info("%s: OOM victim %d (%s) is already exiting. Skip killing the task\n", message, oc->chosen->pid,
			oc->chosen->comm);
}

static void check_panic_on_oom(struct oom_control *oc)
{
	if (!sysctl_panic_on_oom)
		return;
	oom_report(oc);
	panic("Out of memory: %s panic_on_oom is enabled", sysctl_panic_on_oom == 2 ? "compulsory" : "system-wide");
}

/* Memory comes free without a new victim. */
static bool somebody_is_going(void)
{
	unsigned long flags;
	bool going;

	spin_lock_irqsave(&tasklist_lock, flags);
	going = oom_victim_pending() || task_will_free_mem(current->group_leader);
	spin_unlock_irqrestore(&tasklist_lock, flags);
	return going;
}

/* Before process 1 is a program, the kernel alone has taken what there was. */
static bool programs_run(void)
{
	return init_process->mm != NULL;
}

static bool nobody_to_kill(struct oom_control *oc)
{
	if (programs_run() || report_allowed()) {
		oom_report(oc);
		pr_warn("Out of memory and no killable processes...\n");
	}
	if (programs_run())
		panic("System is deadlocked on memory");
	return false;
}

/* oom_lock held. */
static bool find_and_kill(struct oom_control *oc)
{
	if (somebody_is_going())
		return true;
	check_panic_on_oom(oc);
	select_victim(oc);
	if (!oc->chosen)
		return nobody_to_kill(oc);
	oom_kill_process(oc, sysctl_oom_kill_allocating_task && oc->chosen == current->group_leader ?
			     "Out of memory (oom_kill_allocating_task)" : "Out of memory");
	put_task_struct(oc->chosen);
	return true;
}

bool __out_of_memory(gfp_t gfp, unsigned int order)
{
	struct oom_control oc = { .gfp = gfp, .order = order, .totalpages = all_pages() };
	bool hope;

	if (!init_process)		/* boot: there is nobody to kill */
		return false;
	if (!mutex_trylock(&oom_lock)) {
		msleep(1);		/* somebody is at it */
		return true;
	}
	hope = find_and_kill(&oc);
	mutex_unlock(&oom_lock);
	return hope;
}

bool out_of_memory(gfp_t gfp, unsigned int order)
{
	/* Somebody has given memory back meanwhile, and more than the high mark: else we would be here again at once. */
	if (!(gfp & (__GFP_DMA | __GFP_DMA32)) && is_balanced())
		return order == 0;	/* killing would not put pages in a row */
	if (tsk_is_oom_victim(current))
		return false;		/* it would wait for itself */
	if (!__out_of_memory(gfp, order))
		return false;
	oom_wait_for_victims();
	return true;
}
