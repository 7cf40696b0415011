/*
 * kernel/sched.c - who runs next
 *
 * Purpose:    share the CPU fairly.  Each task has a clock, vruntime, that runs while the
 *             task runs, slower the more weight its nice value gives it.  The task whose
 *             clock is furthest behind runs next; so all clocks stay together, and CPU
 *             time is shared in proportion to weight.
 *
 *                 run queue of a CPU, a red-black tree ordered by vruntime
 *                 leftmost: runs next          curr: running, not in the tree
 *
 * Invariants: a task is in the tree exactly if on_rq and not rq->curr.  The idle task is
 *             never in the tree and never on_rq.
 *             min_vruntime never goes backwards; a task that wakes or is born is put at
 *             most SLEEPER_CREDIT behind it, so that sleeping does not save up time.
 *             Kernel code is never preempted: the tick and wake-ups only set
 *             TIF_NEED_RESCHED, which is looked at on return to user mode and in
 *             cond_resched().  schedule() with a spinlock held or in an interrupt is a BUG.
 *             CR3 changes only when a task with another mm comes; a kernel thread borrows
 *             what is loaded (active_mm) and holds it by mm_count.
 *             A dead task's stack is freed by the task that runs after it.
 * Lock order: siglock > wait queue > run-queue lock; interrupts off.
 * Simplified: tasks stay on the CPU where they were born (one CPU now); no real-time
 *             classes, no group scheduling.
 * Sources:    Love, "Process Scheduling"; Linux's table of weights: one step of nice is a
 *             factor of 1.25, which is 10 % of the CPU between two tasks.
 */
#include <asm/mmu_context.h>
#include <asm/processor.h>
#include <asm/uaccess.h>
#include <bug.h>
#include <mm.h>
#include <printk.h>
#include <sched.h>
#include <vmalloc.h>

#define SCHED_LATENCY	(12 * 1000000UL)	/* everybody runs once in this time ... */
#define MIN_SLICE	(2 * 1000000UL)		/* ... unless the slices become too short */
#define WAKEUP_GRAN	(1 * 1000000UL)		/* a woken task must be this far behind to preempt */
#define SLEEPER_CREDIT	(SCHED_LATENCY / 2)
#define NICE_0_WEIGHT	1024UL

struct rq {
	spinlock_t lock;
	struct rb_root tree;		/* runnable, not running, by vruntime */
	struct task_struct *leftmost;	/* of the tree */
	struct task_struct *curr, *idle;
	unsigned int nr;		/* runnable tasks, curr included, idle not */
	unsigned long load;		/* the sum of their weights */
	u64 min_vruntime;
	struct mm_struct *prev_mm;	/* borrowed by the task we came from: drop after the switch */
	long nr_uninterruptible;
};

static struct rq runqueues[NR_CPUS];

u64 cpu_user_ns, cpu_system_ns, cpu_idle_ns;
unsigned long nr_context_switches;
unsigned long avenrun[3];

static struct rq *this_rq(void)
{
	return &runqueues[smp_processor_id()];
}

/* ---- weights ------------------------------------------------------------------- */

static const unsigned int nice_weight[40] = {
	88761, 71755, 56483, 46273, 36291, 29154, 23254, 18705, 14949, 11916,
	9548, 7620, 6100, 4904, 3906, 3121, 2501, 1991, 1586, 1277,
	1024, 820, 655, 526, 423, 335, 272, 215, 172, 137,
	110, 87, 70, 56, 45, 36, 29, 23, 18, 15,
};

static unsigned long weight_of(const struct task_struct *t)
{
	return nice_weight[t->nice + 20];
}

static u64 weighted(u64 delta, const struct task_struct *t)
{
	return likely(t->nice == 0) ? delta : delta * NICE_0_WEIGHT / weight_of(t);
}

/* Clocks may wrap: compare by difference. */
static bool before(u64 a, u64 b)
{
	return (s64)(a - b) < 0;
}

/* ---- the tree --------------------------------------------------------------------- */

static void tree_insert(struct rq *rq, struct task_struct *t)
{
	struct rb_node **link = &rq->tree.rb_node, *parent = NULL;
	bool leftmost = true;

	while (*link) {
		parent = *link;
		if (before(t->vruntime, rb_entry(parent, struct task_struct, run_node)->vruntime)) {
			link = &parent->rb_left;
		} else {
			link = &parent->rb_right;
			leftmost = false;
		}
	}
	rb_link_node(&t->run_node, parent, link);
	rb_insert(&rq->tree, &t->run_node, NULL);
	if (leftmost)
		rq->leftmost = t;
}

static void tree_remove(struct rq *rq, struct task_struct *t)
{
	struct rb_node *root = rq->tree.rb_node;

	if (root == &t->run_node && !root->rb_left && !root->rb_right) {
		rq->tree = RB_ROOT;	/* the only one, as often: nothing to rebalance */
		rq->leftmost = NULL;
		return;
	}
	if (rq->leftmost == t) {
		struct rb_node *next = rb_next(&t->run_node);

		rq->leftmost = next ? rb_entry(next, struct task_struct, run_node) : NULL;
	}
	rb_erase(&rq->tree, &t->run_node, NULL);
}

/* ---- time --------------------------------------------------------------------------- */

static void update_min_vruntime(struct rq *rq)
{
	struct task_struct *curr = rq->curr;
	u64 v;

	if (curr->on_rq && rq->leftmost)
		v = before(curr->vruntime, rq->leftmost->vruntime) ? curr->vruntime
								   : rq->leftmost->vruntime;
	else if (curr->on_rq)
		v = curr->vruntime;
	else if (rq->leftmost)
		v = rq->leftmost->vruntime;
	else
		return;
	if (before(rq->min_vruntime, v))
		rq->min_vruntime = v;
}

/* Charge the running task for the time since it was charged last. */
static void update_curr(struct rq *rq, u64 now)
{
	struct task_struct *curr = rq->curr;
	u64 delta = now - curr->exec_start;

	curr->exec_start = now;
	if (curr == rq->idle) {
		cpu_idle_ns += delta;
		return;
	}
	if (curr->ran_in_user) {
		curr->utime += delta;
		cpu_user_ns += delta;
	} else {
		curr->stime += delta;
		cpu_system_ns += delta;
	}
	curr->vruntime += weighted(delta, curr);
	update_min_vruntime(rq);
}

u64 task_cputime(struct task_struct *t)
{
	u64 ns = t->utime + t->stime;

	if (READ_ONCE(t->on_cpu))
		ns += ktime_get() - t->exec_start;
	return ns;
}

/* How long curr may run at a stretch: its share of the latency. */
static u64 slice_of(const struct rq *rq)
{
	u64 slice = SCHED_LATENCY * weight_of(rq->curr) / rq->load;

	return slice > MIN_SLICE ? slice : MIN_SLICE;
}

/* SIGXCPU each second beyond the soft limit of CPU time, SIGKILL at the hard one. */
static void check_cpu_limit(struct task_struct *t)
{
	struct signal_struct *s = t->signal;
	u64 soft = s->rlim[RLIMIT_CPU].rlim_cur, used;

	if (likely(soft == RLIM_INFINITY))
		return;
	used = (s->utime + s->stime + t->utime + t->stime) / NSEC_PER_SEC;
	if (used >= s->rlim[RLIMIT_CPU].rlim_max) {
		send_sig(SIGKILL, t, true);
	} else if (used >= soft) {
		s->rlim[RLIMIT_CPU].rlim_cur = used + 1;
		send_sig(SIGXCPU, t, true);
	}
}

void sched_tick(bool user)
{
	struct rq *rq = this_rq();
	struct task_struct *curr = rq->curr;

	spin_lock(&rq->lock);
	curr->ran_in_user = user;
	update_curr(rq, ktime_get());
	if (curr != rq->idle && rq->leftmost && curr->exec_start - curr->slice_start >= slice_of(rq))
		set_tsk_flag(curr, TIF_NEED_RESCHED);
	spin_unlock(&rq->lock);
	calc_load_tick();
	if (user)
		check_cpu_limit(curr);
}

/* ---- load average -------------------------------------------------------------------- */

#define LOAD_PERIOD	(5 * NSEC_PER_SEC)
#define FIXED_1		(1UL << 11)

/* exp(-5 s / 1, 5, 15 minutes) in units of 1/2048. */
static const unsigned long load_decay[3] = { 1884, 2014, 2037 };

static void calc_load(unsigned long active)
{
	for (int i = 0; i < 3; i++) {
		unsigned long load = avenrun[i] * load_decay[i] + active * (FIXED_1 - load_decay[i]);

		if (active >= avenrun[i])
			load += FIXED_1 - 1;
		avenrun[i] = load / FIXED_1;
	}
}

void calc_load_tick(void)
{
	static u64 next = LOAD_PERIOD;
	u64 now = ktime_get();
	long active = 0;

	if (likely(now < next))
		return;
	for (unsigned int i = 0; i < nr_cpus; i++)
		active += runqueues[i].nr + runqueues[i].nr_uninterruptible;
	/* Periods without any tick were idle. */
	for (next += LOAD_PERIOD; next <= now; next += LOAD_PERIOD)
		calc_load(0);
	calc_load((active > 0 ? active : 0) * FIXED_1);
}

unsigned int nr_running(void)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < nr_cpus; i++)
		n += runqueues[i].nr;
	return n;
}

/* ---- becoming runnable and ceasing to be ------------------------------------------------ */

static void enqueue(struct rq *rq, struct task_struct *t)
{
	t->on_rq = true;
	rq->nr++;
	rq->load += weight_of(t);
	tree_insert(rq, t);
}

/* Sleeping does not save up CPU time beyond a small credit, which makes a woken task prompt. */
static void place_woken(struct rq *rq, struct task_struct *t)
{
	u64 earliest = rq->min_vruntime - SLEEPER_CREDIT;

	if (before(t->vruntime, earliest))
		t->vruntime = earliest;
}

static void check_preempt(struct rq *rq, struct task_struct *t)
{
	struct task_struct *curr = rq->curr;

	if (curr == rq->idle || before(t->vruntime + weighted(WAKEUP_GRAN, t), curr->vruntime))
		set_tsk_flag(curr, TIF_NEED_RESCHED);
}

bool try_to_wake_up(struct task_struct *t, unsigned int mask)
{
	struct rq *rq = &runqueues[t->cpu];
	unsigned long flags;
	bool woken = false;

	spin_lock_irqsave(&rq->lock, flags);
	if (!(t->state & mask))
		goto out;
	woken = true;
	t->state = TASK_RUNNING;
	if (t->on_rq)		/* it was only about to sleep */
		goto out;
	if (t->in_load) {
		t->in_load = false;
		rq->nr_uninterruptible--;
	}
	place_woken(rq, t);
	enqueue(rq, t);
	check_preempt(rq, t);
out:
	spin_unlock_irqrestore(&rq->lock, flags);
	return woken;
}

void wake_up_new_task(struct task_struct *t)
{
	struct rq *rq;
	unsigned long flags = local_irq_save();

	t->cpu = smp_processor_id();
	rq = &runqueues[t->cpu];
	spin_lock(&rq->lock);
	update_curr(rq, ktime_get());
	t->state = TASK_RUNNING;
	/* Behind its parent, so that a fork does not take the CPU from anybody. */
	t->vruntime = rq->min_vruntime;
	if (rq->curr->on_rq && before(t->vruntime, rq->curr->vruntime))
		t->vruntime = rq->curr->vruntime;
	enqueue(rq, t);
	check_preempt(rq, t);
	spin_unlock_irqrestore(&rq->lock, flags);
}

/* prev wants to sleep; not if a signal that may end this sleep is there already. */
static void deactivate(struct rq *rq, struct task_struct *prev)
{
	unsigned int state = prev->state;

	if (((state & TASK_INTERRUPTIBLE) && signal_pending(prev)) ||
	    ((state & TASK_WAKEKILL) && fatal_signal_pending(prev))) {
		prev->state = TASK_RUNNING;
		return;
	}
	prev->on_rq = false;
	rq->nr--;
	rq->load -= weight_of(prev);
	if (state & TASK_UNINTERRUPTIBLE) {
		prev->in_load = true;
		rq->nr_uninterruptible++;
	}
}

void set_user_nice(struct task_struct *t, int nice)
{
	struct rq *rq = &runqueues[t->cpu];
	unsigned long flags;

	nice = nice < -20 ? -20 : nice > 19 ? 19 : nice;
	spin_lock_irqsave(&rq->lock, flags);
	if (rq->curr == t)
		update_curr(rq, ktime_get());
	if (t->on_rq)
		rq->load -= weight_of(t);
	t->nice = nice;
	if (t->on_rq)
		rq->load += weight_of(t);
	spin_unlock_irqrestore(&rq->lock, flags);
}

/* ---- the switch ---------------------------------------------------------------------------- */

/* What @prev and an mm that was borrowed leave behind is told, also if who runs now is muted. */
static noinline void drop_left_behind(struct mm_struct *mm, struct task_struct *prev, bool dead)
{
	bool muted = current->trace.muted;

	current->trace.muted = false;
	if (mm)
		mmdrop(mm);
	if (dead) {
		free_kernel_stack(prev->stack);
		prev->stack = NULL;
		put_task_struct(prev);
	}
	current->trace.muted = muted;
}

/*
 * The first thing after a switch, on the new task's stack: let the queue go, drop the mm that
 * a kernel thread had borrowed, bury the task we came from if it is dead.
 */
static void finish_task_switch(struct task_struct *prev)
{
	struct rq *rq = this_rq();
	struct mm_struct *mm = rq->prev_mm;
	bool dead = prev->state == TASK_DEAD;

	rq->prev_mm = NULL;
	prev->on_cpu = false;
	spin_unlock_irq(&rq->lock);
	if (mm || unlikely(dead))
		drop_left_behind(mm, prev, dead);
}

/*
 * A kernel thread borrows the mm that is loaded; who lends is a user task (take a reference)
 * or another borrower (the reference goes on to the next).
 */
static void switch_address_space(struct rq *rq, struct task_struct *prev, struct task_struct *next)
{
	if (!next->mm) {
		next->active_mm = prev->active_mm;
		if (prev->mm) {
			mmgrab(prev->mm);
			trace_lazy(prev->mm, true);
		} else {
			prev->active_mm = NULL;
		}
		return;
	}
	switch_mm(prev->active_mm, next->mm);
	if (!prev->mm) {
		trace_lazy(prev->active_mm, false);
		rq->prev_mm = prev->active_mm;
		prev->active_mm = NULL;
	}
}

/* Enter: run-queue lock held, interrupts off.  Returns when @prev runs again, lock dropped. */
static void context_switch(struct rq *rq, struct task_struct *prev, struct task_struct *next)
{
	nr_context_switches++;
	trace_switch_task(prev, next);
	switch_address_space(rq, prev, next);
	rq->curr = next;
	next->on_cpu = true;
	finish_task_switch(__switch_to_asm(prev, next));
}

/* @prev has been charged.  It goes on if its clock is furthest behind and it does not yield. */
static struct task_struct *pick_next(struct rq *rq, struct task_struct *prev, bool yields)
{
	struct task_struct *left = rq->leftmost;

	if (!left)
		return prev->on_rq ? prev : rq->idle;
	if (prev->on_rq) {
		if (yields && before(prev->vruntime, left->vruntime))
			prev->vruntime = left->vruntime;
		if (!yields && before(prev->vruntime, left->vruntime))
			return prev;
	}
	tree_remove(rq, left);
	if (prev->on_rq)
		tree_insert(rq, prev);
	return left;
}

/*
 * A task that is still TASK_RUNNING and was not told to reschedule yields: it goes behind the
 * next one.
 */
void schedule(void)
{
	struct task_struct *prev = current, *next;
	struct rq *rq;
	bool yields;
	u64 now;

	BUG_ON(in_atomic());
	local_irq_disable();
	rq = this_rq();
	spin_lock(&rq->lock);
	now = ktime_get();
	update_curr(rq, now);
	yields = prev->state == TASK_RUNNING && !need_resched();
	clear_tsk_flag(prev, TIF_NEED_RESCHED);
	if (prev->state != TASK_RUNNING) {
		deactivate(rq, prev);
		if (!prev->on_rq)
			prev->nvcsw++;
	}
	next = pick_next(rq, prev, yields);
	next->exec_start = now;
	next->slice_start = now;
	if (next == prev) {
		spin_unlock_irq(&rq->lock);
		return;
	}
	if (prev->on_rq)
		prev->nivcsw++;
	context_switch(rq, prev, next);
}

void yield(void)
{
	set_current_state(TASK_RUNNING);
	clear_tsk_flag(current, TIF_NEED_RESCHED);
	schedule();
}

void schedule_tail(struct task_struct *prev)
{
	finish_task_switch(prev);
	if (current->set_child_tid)
		put_user(current->pid, current->set_child_tid);
}

/* ---- idle -------------------------------------------------------------------------------------- */

void cpu_idle(void)
{
	for (;;) {
		local_irq_disable();
		if (need_resched() || this_rq()->leftmost) {
			tick_idle_exit();
			local_irq_enable();
			schedule();
		} else {
			tick_idle_enter();
			safe_halt();
		}
	}
}

/* The boot context becomes the idle task of this CPU. */
void sched_init(void)
{
	for (unsigned int i = 0; i < NR_CPUS; i++) {
		struct rq *rq = &runqueues[i];

		spin_lock_init(&rq->lock);
		rq->tree = RB_ROOT;
		rq->curr = rq->idle = &init_task;
	}
	mmgrab(&init_mm);
	init_task.active_mm = &init_mm;
	init_task.on_cpu = true;
	init_task.exec_start = ktime_get();
	this_cpu()->idle = &init_task;
	this_cpu()->loaded_mm = &init_mm;
}
