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
 *             t->cpu names the queue whose lock protects t's scheduling fields; it changes only
 *             while t is in no tree and does not run, or with both queues' locks held.  The lock is
 *             held over the whole switch, so a task in a tree or asleep has left its CPU.
 *             A task runs only on CPUs of cpus_allowed; one that may not stay is moved on by the
 *             task that runs after it.
 * Lock order: siglock > wait queue > run-queue locks, of two the lower CPU's first; interrupts off.
 * Simplified: load is the number of tasks; no caches, packages or nodes are known.  No real-time
 *             classes, no group scheduling.
 * Sources:    Love, "Process Scheduling"; Linux's table of weights: one step of nice is a
 *             factor of 1.25, which is 10 % of the CPU between two tasks.
 */
#include <asm/mmu_context.h>
#include <asm/processor.h>
#include <asm/smp.h>
#include <asm/uaccess.h>
#include <blkdev.h>
#include <bug.h>
#include <mm.h>
#include <printk.h>
#include <rseq.h>
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
	long nr_uninterruptible;	/* tasks may wake up on another CPU: only the sum means something */
	unsigned long switches;
	u64 next_balance;
	struct cpu_times times;
} __aligned(64);

static struct rq runqueues[NR_CPUS];

unsigned long avenrun[3];

static struct rq *this_rq(void)
{
	return &runqueues[smp_processor_id()];
}

static unsigned int cpu_of(const struct rq *rq)
{
	return rq - runqueues;
}

static bool may_run_on(const struct task_struct *t, unsigned int cpu)
{
	return READ_ONCE(t->cpus_allowed) & BIT(cpu);
}

/* The queue of @t, locked: it may be moved until then. */
static struct rq *task_rq_lock(struct task_struct *t, unsigned long *flags)
{
	for (;;) {
		struct rq *rq = &runqueues[READ_ONCE(t->cpu)];

		spin_lock_irqsave(&rq->lock, *flags);
		if (likely(rq == &runqueues[t->cpu]))
			return rq;
		spin_unlock_irqrestore(&rq->lock, *flags);
	}
}

/* Interrupts off. */
static void lock_both(struct rq *a, struct rq *b)
{
	spin_lock(a < b ? &a->lock : &b->lock);
	spin_lock_nested(a < b ? &b->lock : &a->lock, 1);
}

static void unlock_both(struct rq *a, struct rq *b)
{
	spin_unlock(&a->lock);
	spin_unlock(&b->lock);
}

/* What runs on @rq's CPU shall call schedule() soon. */
static void resched(struct rq *rq)
{
	if (test_and_set_bit(TIF_NEED_RESCHED, &rq->curr->ti_flags))
		return;
	if (rq != this_rq())
		smp_send_reschedule(cpu_of(rq));
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
		rq->times.idle += delta;
		return;
	}
	if (curr->ran_in_user) {
		curr->utime += delta;
		rq->times.user += delta;
	} else {
		curr->stime += delta;
		rq->times.system += delta;
	}
	curr->vruntime += weighted(delta, curr);
	update_min_vruntime(rq);
}

struct cpu_times sched_cpu_times(unsigned int cpu)
{
	return runqueues[cpu].times;
}

unsigned long nr_context_switches(void)
{
	unsigned long n = 0;

	for (unsigned int i = 0; i < nr_cpus; i++)
		n += READ_ONCE(runqueues[i].switches);
	return n;
}

/* With the queue's lock: a CPU that is charging it changes three fields, one after the other. */
u64 task_cputime(struct task_struct *t)
{
	unsigned long flags;
	struct rq *rq = task_rq_lock(t, &flags);
	u64 ns = t->utime + t->stime;

	if (rq->curr == t)
		ns += ktime_get() - t->exec_start;
	spin_unlock_irqrestore(&rq->lock, flags);
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

static void balance_tick(struct rq *rq);

void sched_tick(bool user)
{
	struct rq *rq = this_rq();
	struct task_struct *curr = rq->curr;

	spin_lock(&rq->lock);
	curr->ran_in_user = user;
	update_curr(rq, ktime_get());
	if (curr != rq->idle && rq->leftmost && curr->exec_start - curr->slice_start >= slice_of(rq))
		resched(rq);
	spin_unlock(&rq->lock);
	calc_load_tick();
	balance_tick(rq);
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
	static DEFINE_SPINLOCK(load_lock);
	static u64 next = LOAD_PERIOD;		/* load_lock to change */
	u64 now = ktime_get();
	long active = 0;

	if (likely(now < READ_ONCE(next)) || !spin_trylock(&load_lock))
		return;
	if (now < next)
		goto out;		/* another CPU has done it */
	for (unsigned int i = 0; i < nr_cpus; i++)
		active += runqueues[i].nr + runqueues[i].nr_uninterruptible;
	/* Periods without any tick were idle. */
	for (next += LOAD_PERIOD; next <= now; next += LOAD_PERIOD)
		calc_load(0);
	calc_load((active > 0 ? active : 0) * FIXED_1);
out:
	spin_unlock(&load_lock);
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
		resched(rq);
}

/* ---- which CPU ---------------------------------------------------------------------------- */

static bool is_idle(unsigned int cpu)
{
	return !READ_ONCE(runqueues[cpu].nr);
}

/*
 * Where @t shall run that is about to become runnable: where it was, if nobody else runs there or no
 * CPU is idle; else on an idle one, the waker's rather than any.
 */
static unsigned int choose_cpu(const struct task_struct *t)
{
	unsigned int was = t->cpu, here = smp_processor_id();

	if (likely(nr_cpus == 1))
		return was;
	if (may_run_on(t, was) && is_idle(was))
		return was;
	if (may_run_on(t, here) && is_idle(here))
		return here;
	for (unsigned int cpu = 0; cpu < nr_cpus; cpu++)
		if (may_run_on(t, cpu) && is_idle(cpu))
			return cpu;
	for (unsigned int cpu = may_run_on(t, was) ? was : 0; cpu < nr_cpus; cpu++)
		if (may_run_on(t, cpu))
			return cpu;
	return was;		/* cpus_allowed never is empty */
}

/* A clock that is read against another queue's.  Locks of the queues held, or nobody else knows @t. */
static void change_clock(struct task_struct *t, u64 from_min, const struct rq *to)
{
	t->vruntime += to->min_vruntime - from_min;
}

/*
 * @t is woken, on no queue and known to nobody else as asleep; @rq, its old queue, is locked.  Returns the
 * queue where it shall go, locked instead.
 */
static struct rq *move_woken(struct rq *rq, struct task_struct *t)
{
	unsigned int cpu;

	while ((cpu = choose_cpu(t)) != t->cpu) {
		u64 from_min = rq->min_vruntime;

		spin_unlock(&rq->lock);
		rq = &runqueues[cpu];
		spin_lock(&rq->lock);
		change_clock(t, from_min, rq);
		WRITE_ONCE(t->cpu, cpu);
		if (may_run_on(t, cpu))
			break;
	}
	return rq;
}

/* Take @t, which waits in @from's tree, over to @to.  Both locked. */
static void move_waiting(struct rq *from, struct rq *to, struct task_struct *t)
{
	tree_remove(from, t);
	from->nr--;
	from->load -= weight_of(t);
	change_clock(t, from->min_vruntime, to);
	WRITE_ONCE(t->cpu, cpu_of(to));
	enqueue(to, t);
	check_preempt(to, t);
}

static bool waits_in(const struct rq *rq, const struct task_struct *t)
{
	return t->cpu == cpu_of(rq) && t->on_rq && rq->curr != t;
}

/* If @t waits where it may not run (any more), let it wait where it may. */
static void push_away(struct task_struct *t)
{
	unsigned long flags = local_irq_save();
	unsigned int cpu;

	while (!may_run_on(t, cpu = READ_ONCE(t->cpu))) {
		struct rq *from = &runqueues[cpu], *to = &runqueues[choose_cpu(t)];
		bool there;

		if (from == to)
			break;		/* the mask has just changed again */
		lock_both(from, to);
		there = t->cpu == cpu;
		if (waits_in(from, t) && may_run_on(t, cpu_of(to)))
			move_waiting(from, to, t);
		unlock_both(from, to);
		if (there)
			break;		/* moved, asleep, or running: schedule() sees to it */
	}
	local_irq_restore(flags);
}

/* The queue with the most tasks, if it has at least @min. */
static struct rq *busiest(unsigned int min)
{
	struct rq *most = NULL;

	for (unsigned int cpu = 0; cpu < nr_cpus; cpu++) {
		unsigned int nr = READ_ONCE(runqueues[cpu].nr);

		if (nr >= min) {
			most = &runqueues[cpu];
			min = nr + 1;
		}
	}
	return most;
}

/*
 * Fetch a task for @to from the queue that has most, at least @min.  Interrupts off, no lock held.
 * The one that has waited longest goes: its clock is furthest behind.
 */
static bool pull_one(struct rq *to, unsigned int min)
{
	struct rq *from = busiest(min);
	struct rb_node *n;
	bool pulled = false;

	if (!from || from == to)
		return false;
	lock_both(from, to);
	n = from->leftmost ? &from->leftmost->run_node : NULL;
	for (; n && !pulled && from->nr >= min; n = rb_next(n)) {
		struct task_struct *t = rb_entry(n, struct task_struct, run_node);

		if (may_run_on(t, cpu_of(to))) {
			move_waiting(from, to, t);
			pulled = true;
			break;
		}
	}
	unlock_both(from, to);
	return pulled;
}

#define BALANCE_PERIOD	(32 * 1000000UL)

/* A busy CPU looks now and then whether another one is much busier. */
static void balance_tick(struct rq *rq)
{
	u64 now = ktime_get();

	if (nr_cpus == 1 || now < rq->next_balance)
		return;
	rq->next_balance = now + BALANCE_PERIOD;
	pull_one(rq, rq->nr + 2);
}

bool try_to_wake_up(struct task_struct *t, unsigned int mask)
{
	unsigned long flags;
	struct rq *rq = task_rq_lock(t, &flags);
	bool woken = false;

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
	rq = move_woken(rq, t);
	place_woken(rq, t);
	enqueue(rq, t);
	check_preempt(rq, t);
out:
	spin_unlock_irqrestore(&rq->lock, flags);
	return woken;
}

void kick_process(struct task_struct *t)
{
	unsigned int cpu = READ_ONCE(t->cpu);

	if (cpu != smp_processor_id() && READ_ONCE(t->on_cpu))
		smp_send_reschedule(cpu);
}

void wake_up_new_task(struct task_struct *t)
{
	struct rq *rq;
	unsigned long flags = local_irq_save();

	t->cpu = smp_processor_id();
	rq = &runqueues[t->cpu];
	spin_lock(&rq->lock);
	rq = move_woken(rq, t);
	if (rq == this_rq())
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
	unsigned long flags;
	struct rq *rq = task_rq_lock(t, &flags);

	nice = nice < -20 ? -20 : nice > 19 ? 19 : nice;
	if (rq->curr == t)
		update_curr(rq, ktime_get());
	if (t->on_rq)
		rq->load -= weight_of(t);
	t->nice = nice;
	if (t->on_rq)
		rq->load += weight_of(t);
	spin_unlock_irqrestore(&rq->lock, flags);
}

/* Who runs where it may not moves on in schedule(), who waits there now. */
int set_cpus_allowed(struct task_struct *t, u64 mask)
{
	unsigned long flags;
	struct rq *rq;

	mask &= all_cpus();
	if (!mask)
		return -EINVAL;
	rq = task_rq_lock(t, &flags);
	WRITE_ONCE(t->cpus_allowed, mask);
	if (rq->curr == t && !may_run_on(t, cpu_of(rq)))
		resched(rq);		/* see finish_task_switch() */
	spin_unlock_irqrestore(&rq->lock, flags);
	push_away(t);
	if (t == current)
		cond_resched();
	return 0;
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
	bool stray = prev->on_rq && !may_run_on(prev, cpu_of(rq));

	rq->prev_mm = NULL;
	prev->on_cpu = false;
	if (unlikely(stray))
		get_task_struct(prev);
	spin_unlock_irq(&rq->lock);
	if (unlikely(stray)) {
		push_away(prev);
		put_task_struct(prev);
	}
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
		enter_lazy_tlb();
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
	rq->switches++;
	trace_switch_task(prev, next);
	rseq_preempt(prev);
	switch_address_space(rq, prev, next);
	rq->curr = next;
	next->on_cpu = true;
	finish_task_switch(__switch_to_asm(prev, next));
}

/* @prev has been charged.  It goes on if its clock is furthest behind and it does not yield. */
static struct task_struct *pick_next(struct rq *rq, struct task_struct *prev, bool yields)
{
	struct task_struct *left = rq->leftmost;
	bool stays = prev->on_rq && may_run_on(prev, cpu_of(rq));

	if (!left && prev->on_rq && !stays) {
		tree_insert(rq, prev);
		return rq->idle;
	}
	if (!left)
		return prev->on_rq ? prev : rq->idle;
	if (stays) {
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

	if (unlikely(in_atomic())) {
		might_sleep();		/* says what is held */
		BUG();
	}
	if (unlikely(prev->plug) && prev->state != TASK_RUNNING)
		blk_flush_plug(prev->plug);	/* what it sleeps for may be in there */
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

/* The idle task of another CPU, which has not begun yet. */
void sched_cpu_up(unsigned int cpu, struct task_struct *idle)
{
	struct rq *rq = &runqueues[cpu];

	idle->cpu = cpu;
	idle->on_cpu = true;
	idle->exec_start = ktime_get();
	rq->curr = rq->idle = idle;
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
		if (need_resched() || this_rq()->leftmost || (nr_cpus > 1 && pull_one(this_rq(), 2))) {
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
}
