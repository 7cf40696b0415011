/*
 * kernel/pid.c - process numbers, and finding a task by its number
 *
 * Purpose:    a number names a task, and it may also name a process group and a session.
 *             It is free again when nobody uses it in any of the three ways, so a new
 *             process never becomes the leader of a group that it does not know.
 * Invariants: pid_users[n] = tasks with pid n (0 or 1) + processes whose group is n +
 *             processes whose session is n.  A task is in the hash table exactly between
 *             attach_pid() and detach_pid().
 * Lock order: tasklist_lock > pid_lock; interrupts off.
 * Simplified: one name space; Linux has a struct pid per number and a tree of name spaces.
 * Sources:    Bovet & Cesati, "Identifying a Process".
 */
#include <bug.h>
#include <err.h>
#include <sched.h>

#define RESERVED_PIDS	300	/* after the first round low numbers are left to daemons */
#define PID_HASH_SIZE	1024

static DEFINE_SPINLOCK(pid_lock);
static u16 pid_users[PID_MAX];		/* pid_lock */
static pid_t last_pid;			/* pid_lock */
static struct hlist_head pid_hash[PID_HASH_SIZE];	/* tasklist_lock */

/* A process counts at most three times for one number, and all others at most twice. */
_Static_assert(2UL * (PID_MAX - 1) + 1 <= 0xffff, "pid_users[] could overflow");

/* The first free number in [from, to), or 0. */
static pid_t find_free(pid_t from, pid_t to)
{
	for (pid_t n = from; n < to; n++)
		if (!pid_users[n])
			return n;
	return 0;
}

pid_t alloc_pid(void)
{
	unsigned long flags;
	pid_t n;

	spin_lock_irqsave(&pid_lock, flags);
	n = find_free(last_pid + 1, PID_MAX);
	if (!n)
		n = find_free(RESERVED_PIDS, last_pid + 1);
	if (n) {
		pid_users[n] = 1;
		last_pid = n;
	}
	spin_unlock_irqrestore(&pid_lock, flags);
	return n ? n : -EAGAIN;
}

int alloc_pid_at(pid_t pid)
{
	unsigned long flags;
	int err = -EEXIST;

	BUG_ON(pid <= 0 || pid >= PID_MAX);
	spin_lock_irqsave(&pid_lock, flags);
	if (!pid_users[pid]) {
		pid_users[pid] = 1;
		err = 0;
	}
	spin_unlock_irqrestore(&pid_lock, flags);
	return err;
}

void hold_pid(pid_t pid)
{
	unsigned long flags;

	if (!pid)		/* the idle task's group and session: nobody's */
		return;
	spin_lock_irqsave(&pid_lock, flags);
	BUG_ON(!pid_users[pid]);
	pid_users[pid]++;
	spin_unlock_irqrestore(&pid_lock, flags);
}

void free_pid(pid_t pid)
{
	unsigned long flags;

	if (!pid)
		return;
	spin_lock_irqsave(&pid_lock, flags);
	BUG_ON(!pid_users[pid]);
	pid_users[pid]--;
	spin_unlock_irqrestore(&pid_lock, flags);
}

void set_pgrp_session(struct signal_struct *s, pid_t pgrp, pid_t session)
{
	assert_spin_locked(&tasklist_lock);
	hold_pid(pgrp);
	hold_pid(session);
	free_pid(s->pgrp);
	free_pid(s->session);
	s->pgrp = pgrp;
	s->session = session;
}

/* ---- number -> task ------------------------------------------------------------- */

static struct hlist_head *pid_bucket(pid_t pid)
{
	return &pid_hash[(unsigned int)pid % PID_HASH_SIZE];
}

void attach_pid(struct task_struct *t)
{
	assert_spin_locked(&tasklist_lock);
	hlist_add_head(&t->pid_node, pid_bucket(t->pid));
}

void detach_pid(struct task_struct *t)
{
	assert_spin_locked(&tasklist_lock);
	hlist_del_init(&t->pid_node);
}

struct task_struct *find_task_by_pid(pid_t pid)
{
	struct task_struct *t;

	assert_spin_locked(&tasklist_lock);
	hlist_for_each_entry(t, pid_bucket(pid), pid_node)
		if (t->pid == pid)
			return t;
	return NULL;
}

struct task_struct *find_get_task(pid_t pid)
{
	struct task_struct *t;
	unsigned long flags;

	spin_lock_irqsave(&tasklist_lock, flags);
	t = find_task_by_pid(pid);
	if (t)
		get_task_struct(t);
	spin_unlock_irqrestore(&tasklist_lock, flags);
	return t;
}

/* ---- process groups --------------------------------------------------------------- */

/* A process whose parent is in another group of the same session keeps its group from being an orphan. */
static bool has_controlling_parent(const struct task_struct *p)
{
	const struct task_struct *parent = p->real_parent;

	return parent != init_process && parent->signal->pgrp != p->signal->pgrp &&
	       parent->signal->session == p->signal->session;
}

bool pgrp_is_orphaned(pid_t pgrp, struct task_struct *ignored)
{
	struct task_struct *p;

	assert_spin_locked(&tasklist_lock);
	for_each_process(p) {
		if (p->signal->pgrp != pgrp || p == ignored)
			continue;
		if (p->exit_state && p->signal->nr_threads == 1)
			continue;
		if (has_controlling_parent(p))
			return false;
	}
	return true;
}

bool pgrp_in_session(pid_t pgrp, pid_t session)
{
	struct task_struct *p;

	assert_spin_locked(&tasklist_lock);
	for_each_process(p)
		if (p->signal->pgrp == pgrp && p->signal->session == session)
			return true;
	return false;
}
