/*
 * kernel/exit.c - how a task ends, and how its parent learns of it
 *
 * Purpose:    do_exit() gives back what the task has, hands its children to somebody else,
 *             tells the parent and switches away for ever.  What remains, a zombie, is the
 *             exit code and the times; wait4() takes them and release_task() forgets it.
 *
 *                 running -> EXIT_ZOMBIE -> EXIT_DEAD -> released     a process
 *                 running ----------------> EXIT_DEAD -> released     a thread, a kernel
 *                                             thread, a child of who ignores SIGCHLD
 *
 * Invariants: a process leader stays a zombie until all its threads are released.
 *             exit_state only grows; who sets EXIT_DEAD (under tasklist_lock) releases it.
 *             A task with exit_state has no mm, files or fs.
 *             Every live task but the first two has a live parent; orphans go to a thread
 *             of the same process, else to process 1.  If process 1 ends, the kernel panics.
 * Lock order: tasklist_lock > siglock; interrupts off.
 * Simplified: no tracing, no sub-reapers, no accounting files.
 * Sources:    Love, "Process Termination"; POSIX.1-2017, "_exit" and "waitid".
 */
#include <asm/mmu_context.h>
#include <asm/uaccess.h>
#include <bug.h>
#include <coredump.h>
#include <err.h>
#include <fs.h>
#include <ipc_shm.h>
#include <mm.h>
#include <pidfd.h>
#include <sched.h>
#include <string.h>
#include <syscalls_proc.h>
#include <syscalls_sys.h>
#include <tty.h>
#include <uapi/wait.h>

/* ---- forgetting a task ------------------------------------------------------------- */

/* Its times and faults live on in the process. */
static void add_to_process(struct task_struct *t)
{
	struct signal_struct *s = t->signal;
	u64 charged = t->utime + t->stime, total = task_cputime(t);

	/* A thread that buries itself has not been charged for its last stretch. */
	if (total > charged)
		*(t->ran_in_user ? &s->utime : &s->stime) += total - charged;
	s->utime += t->utime;
	s->stime += t->stime;
	s->min_flt += t->min_flt;
	s->maj_flt += t->maj_flt;
}

static void unlink_task(struct task_struct *t)
{
	nr_threads--;
	detach_pid(t);
	list_del_init(&t->thread_node);
	t->signal->nr_threads--;
	if (thread_group_leader(t)) {
		list_del_init(&t->tasks);
		list_del_init(&t->sibling);
		set_pgrp_session(t->signal, 0, 0);
	} else if (t->signal->group_exit_task) {
		wake_up_process(t->signal->group_exit_task);	/* execve counts the others */
	}
}

/* If @t was the last thread but a zombie leader, the parent may know now; true: reap the leader too. */
static bool last_thread_gone(struct task_struct *t)
{
	struct task_struct *leader = t->group_leader;

	if (leader == t || leader->exit_state != EXIT_ZOMBIE || leader->signal->nr_threads != 1)
		return false;
	if (!do_notify_parent(leader, leader->exit_signal))
		return false;
	leader->exit_state = EXIT_DEAD;
	return true;
}

/* Enter: @t is EXIT_DEAD and ours alone; no lock held.  Afterwards only references keep it. */
void release_task(struct task_struct *t)
{
	while (t) {
		struct task_struct *leader = t->group_leader;
		struct sighand_struct *sh;
		bool reap_leader;

		spin_lock_irq(&tasklist_lock);
		VM_BUG_ON(t->exit_state != EXIT_DEAD);
		sh = t->sighand;
		spin_lock(&sh->siglock);
		add_to_process(t);
		flush_sigqueue(&t->pending);
		if (leader == t)
			flush_sigqueue(&t->signal->shared_pending);
		unlink_task(t);
		t->sighand = NULL;
		spin_unlock(&sh->siglock);
		reap_leader = last_thread_gone(t);
		trace_reap(t->pid);
		spin_unlock_irq(&tasklist_lock);

		free_pid(t->pid);
		put_sighand(sh);
		put_task_struct(t);
		t = reap_leader ? leader : NULL;
	}
}

/* ---- orphans --------------------------------------------------------------------------- */

static bool has_stopped_process(pid_t pgrp)
{
	struct task_struct *p;

	for_each_process(p)
		if (p->signal->pgrp == pgrp && (p->signal->flags & SIGNAL_STOP_STOPPED))
			return true;
	return false;
}

/*
 * @t's process ends, or loses its parent (@parent then; NULL: the real one).  If this leaves
 * its group without anybody to continue stopped members, tell them.
 */
static void kill_orphaned_pgrp(struct task_struct *t, struct task_struct *parent)
{
	pid_t pgrp = t->signal->pgrp;
	struct task_struct *ignored = parent ? NULL : t;

	if (!parent)
		parent = t->real_parent;
	if (parent->signal->pgrp == pgrp || parent->signal->session != t->signal->session)
		return;		/* this link kept nothing */
	if (pgrp_is_orphaned(pgrp, ignored) && has_stopped_process(pgrp)) {
		__kill_pgrp(pgrp, SIGHUP, true);
		__kill_pgrp(pgrp, SIGCONT, true);
	}
}

static struct task_struct *find_new_reaper(struct task_struct *dying)
{
	struct task_struct *t;

	for_each_thread(dying->signal->leader, t)
		if (!(t->flags & PF_EXITING))
			return t;
	return init_process ? init_process : &init_task;
}

/* Child @c of @dying goes to @reaper, which is of another process. */
static void reparent_leader(struct task_struct *dying, struct task_struct *c,
			    struct list_head *dead)
{
	if (c->exit_signal != -1)
		c->exit_signal = SIGCHLD;
	if (c->exit_state == EXIT_ZOMBIE && c->signal->nr_threads == 1 &&
	    do_notify_parent(c, c->exit_signal)) {
		c->exit_state = EXIT_DEAD;
		list_move(&c->sibling, dead);
	}
	kill_orphaned_pgrp(c, dying);
}

static void set_parent(struct task_struct *c, struct task_struct *parent)
{
	struct task_struct *t;

	for_each_thread(c, t)
		t->parent = t->real_parent = parent;
	trace_reparent(c->tgid, parent->tgid);
}

/* Children that nobody will wait for are collected on @dead. */
static void forget_original_parent(struct task_struct *dying, struct list_head *dead)
{
	struct task_struct *c, *next, *reaper;

	if (list_empty(&dying->children))
		return;
	reaper = find_new_reaper(dying);
	list_for_each_entry_safe(c, next, &dying->children, sibling) {
		set_parent(c, reaper);
		if (c->pdeath_signal)
			send_sig(c->pdeath_signal, c, true);
		list_move_tail(&c->sibling, &reaper->children);
		if (reaper->signal != dying->signal)
			reparent_leader(dying, c, dead);
	}
}

/* ---- the end ------------------------------------------------------------------------------ */

static void exit_mm(struct task_struct *t)
{
	struct mm_struct *mm = t->mm;

	if (!mm)
		return;
	mm_release(t, mm);
	mmgrab(mm);		/* from here on we only borrow it */
	task_lock(t);
	t->mm = NULL;
	task_unlock(t);
	enter_lazy_tlb();
	trace_leave_mm(mm);
	memset(&t->vmacache, 0, sizeof(t->vmacache));
	mmput(mm);
}

/* The last thread ends: what belongs to the process as a whole. */
static void exit_process(struct task_struct *t, long code)
{
	struct signal_struct *s = t->signal;

	if (t->tgid == 1)
		panic("Attempted to kill init! exitcode=0x%08x",
		      (unsigned int)(s->group_exit ? s->group_exit_code : code));
	exit_itimers(s);
	if (t->mm)
		s->maxrss = max(s->maxrss, get_mm_hiwater_rss(t->mm));
	if (s->leader_of_session)
		disassociate_ctty(true);
}

/* Tell the family; true if nobody will wait for @t, which is then EXIT_DEAD. */
static bool notify_parent(struct task_struct *t)
{
	bool reap = true;

	t->exit_state = EXIT_ZOMBIE;
	trace_task_exit(t->exit_code);
	if (thread_group_leader(t)) {
		if (t->signal->nr_threads > 1)
			reap = false;	/* the last thread to be released does it */
		else if (t->exit_signal != -1)
			reap = do_notify_parent(t, t->exit_signal);
		if (t->signal->group_exit_task)
			wake_up_process(t->signal->group_exit_task);
	}
	if (reap)
		t->exit_state = EXIT_DEAD;
	return reap;
}

static void exit_notify(struct task_struct *t, bool group_dead)
{
	struct task_struct *c, *next;
	LIST_HEAD(dead);
	bool reap;

	spin_lock_irq(&tasklist_lock);
	forget_original_parent(t, &dead);
	if (group_dead)
		kill_orphaned_pgrp(t->group_leader, NULL);
	reap = notify_parent(t);
	spin_unlock_irq(&tasklist_lock);

	list_for_each_entry_safe(c, next, &dead, sibling) {
		list_del_init(&c->sibling);
		release_task(c);
	}
	if (reap)
		release_task(t);
}

void do_exit(long code)
{
	struct task_struct *t = current;
	bool group_dead;

	BUG_ON(in_interrupt());
	if (t == &init_task)
		panic("Attempted to kill the idle task!");
	coredump_task_exit(t);
	exit_signals(t);
	t->exit_code = code;
	group_dead = atomic_dec_and_test(&t->signal->live);
	if (group_dead)
		exit_process(t, code);
	exit_mm(t);
	exit_shm(t);
	exit_files(t);
	exit_fs(t);
	exit_notify(t, group_dead);

	lockdep_task_exit();
	preempt_disable();	/* no interrupt may find a half-dead task worth switching to */
	t->state = TASK_DEAD;
	preempt_enable();
	schedule();
	BUG();
}

void do_group_exit(int code)
{
	struct signal_struct *s = current->signal;

	spin_lock_irq(&current->sighand->siglock);
	if (s->group_exit) {
		code = s->group_exit_code;
	} else if (s->group_exit_task) {
		code = 0;		/* another thread execs: we only make room */
	} else {
		s->group_exit = true;
		s->group_exit_code = code;
		zap_other_threads(current);
	}
	spin_unlock_irq(&current->sighand->siglock);
	do_exit(code);
}

long sys_exit(int code)
{
	do_exit((code & 0xff) << 8);
}

long sys_exit_group(int code)
{
	do_group_exit((code & 0xff) << 8);
}

/* ---- wait ---------------------------------------------------------------------------------- */

struct wait_opts {
	int which;		/* P_PID, P_PGID, P_PIDFD, P_ALL */
	pid_t id;
	struct file *pidfd;	/* P_PIDFD */
	int options;
	int status;		/* as wait4 reports it */
	int code, value;	/* si_code and si_status of waitid */
	uid_t uid;
	struct rusage *ru;	/* NULL: not wanted */
	int nothing;		/* the answer if nothing is to be had: -ECHILD or 0 (wait) */
};

static bool eligible(const struct wait_opts *w, const struct task_struct *c)
{
	if (w->which == P_PID && c->pid != w->id)
		return false;
	if (w->which == P_PGID && c->signal->pgrp != w->id)
		return false;
	if (w->which == P_PIDFD && c->signal != w->pidfd->private_data)
		return false;
	/* __WCLONE: only children that do not send SIGCHLD; neither: only those that do. */
	return (w->options & __WALL) ||
	       (c->exit_signal != SIGCHLD) == !!(w->options & __WCLONE);
}

/* wait_task_* enter with tasklist_lock held; if they return a pid it has been dropped. */

static void describe_exit(struct wait_opts *w, const struct task_struct *c)
{
	w->status = c->signal->group_exit ? c->signal->group_exit_code : c->exit_code;
	w->uid = c->cred.uid;
	if (w->status & 0x7f) {
		w->code = w->status & 0x80 ? CLD_DUMPED : CLD_KILLED;
		w->value = w->status & 0x7f;
	} else {
		w->code = CLD_EXITED;
		w->value = w->status >> 8;
	}
}

/* The child's times, and those of its own children, become ours. */
static void inherit_times(struct task_struct *c)
{
	struct signal_struct *p = current->signal, *s = c->signal;

	p->cutime += s->utime + c->utime + s->cutime;
	p->cstime += s->stime + c->stime + s->cstime;
	p->cmin_flt += s->min_flt + c->min_flt + s->cmin_flt;
	p->cmaj_flt += s->maj_flt + c->maj_flt + s->cmaj_flt;
	p->cmaxrss = max(p->cmaxrss, max(s->maxrss, s->cmaxrss));
}

#define RUSAGE_BOTH (-2)

/* With the lock dropped: what @c used, unless nobody asked. */
static void get_usage(struct wait_opts *w, struct task_struct *c)
{
	if (w->ru)
		getrusage(c, RUSAGE_BOTH, w->ru);
}

static pid_t wait_task_zombie(struct wait_opts *w, struct task_struct *c)
{
	pid_t pid = c->pid;

	describe_exit(w, c);
	if (w->options & WNOWAIT) {
		get_task_struct(c);
		spin_unlock_irq(&tasklist_lock);
		get_usage(w, c);
		put_task_struct(c);
		return pid;
	}
	c->exit_state = EXIT_DEAD;	/* ours now */
	inherit_times(c);
	spin_unlock_irq(&tasklist_lock);
	get_usage(w, c);
	release_task(c);
	return pid;
}

/* A stop or continuation that was not reported yet.  @flag: SIGNAL_CLD_STOPPED or _CONTINUED. */
static pid_t wait_task_changed(struct wait_opts *w, struct task_struct *c, unsigned int flag)
{
	struct signal_struct *s = c->signal;
	pid_t pid = c->pid;

	spin_lock(&c->sighand->siglock);
	if (!(s->flags & flag)) {
		spin_unlock(&c->sighand->siglock);
		return 0;
	}
	if (!(w->options & WNOWAIT))
		s->flags &= ~flag;
	w->uid = c->cred.uid;
	if (flag == SIGNAL_CLD_STOPPED) {
		w->code = CLD_STOPPED;
		w->value = s->group_exit_code & 0xff;
		w->status = w->value << 8 | 0x7f;
	} else {
		w->code = CLD_CONTINUED;
		w->value = SIGCONT;
		w->status = 0xffff;
	}
	spin_unlock(&c->sighand->siglock);
	get_task_struct(c);
	spin_unlock_irq(&tasklist_lock);
	get_usage(w, c);
	put_task_struct(c);
	return pid;
}

/* Has child @c something to report?  Its pid with the lock dropped, or 0 with it held. */
static pid_t consider_child(struct wait_opts *w, struct task_struct *c)
{
	pid_t pid = 0;

	if (!eligible(w, c) || c->exit_state == EXIT_DEAD)
		return 0;
	w->nothing = 0;
	if (c->exit_state == EXIT_ZOMBIE && c->signal->nr_threads == 1)
		return w->options & WEXITED ? wait_task_zombie(w, c) : 0;
	if (w->options & WUNTRACED)
		pid = wait_task_changed(w, c, SIGNAL_CLD_STOPPED);
	if (!pid && (w->options & WCONTINUED))
		pid = wait_task_changed(w, c, SIGNAL_CLD_CONTINUED);
	return pid;
}

/* One look at all children: a pid, 0 (none has changed) or -ECHILD (none fits). */
static pid_t look_at_children(struct wait_opts *w)
{
	struct task_struct *t, *c;
	pid_t pid;

	w->nothing = -ECHILD;
	spin_lock_irq(&tasklist_lock);
	for_each_thread(current->signal->leader, t) {
		if ((w->options & __WNOTHREAD) && t != current)
			continue;
		list_for_each_entry(c, &t->children, sibling) {
			pid = consider_child(w, c);
			if (pid)
				return pid;
		}
	}
	spin_unlock_irq(&tasklist_lock);
	return w->nothing;
}

static long do_wait(struct wait_opts *w)
{
	wait_queue_head_t *q = &current->signal->wait_chldexit;
	DEFINE_WAIT(wait);
	long ret;

	/* Often somebody is waiting to be collected: then do not even queue. */
	ret = look_at_children(w);
	if (ret || (w->options & WNOHANG))
		return ret;
	for (;;) {
		prepare_to_wait(q, &wait, TASK_INTERRUPTIBLE);
		ret = look_at_children(w);
		if (ret)
			break;
		ret = -ERESTARTSYS;
		if (signal_pending(current))
			break;
		schedule();
	}
	finish_wait(q, &wait);
	return ret;
}

long sys_wait4(pid_t pid, int __user *status, int options, struct rusage __user *uru)
{
	struct rusage ru;
	struct wait_opts w = { .options = options | WEXITED, .ru = uru ? &ru : NULL };
	long ret;

	if (options & ~(WNOHANG | WUNTRACED | WCONTINUED | __WNOTHREAD | __WCLONE | __WALL))
		return -EINVAL;
	if (pid == (pid_t)0x80000000)
		return -ESRCH;
	w.which = pid == -1 ? P_ALL : pid > 0 ? P_PID : P_PGID;
	w.id = pid > 0 ? pid : pid < -1 ? -pid : current->signal->pgrp;
	ret = do_wait(&w);
	if (ret <= 0)
		return ret;
	if (status && put_user(w.status, status))
		return -EFAULT;
	if (uru && copy_to_user(uru, &ru, sizeof(ru)))
		return -EFAULT;
	return ret;
}

static int waitid_target(struct wait_opts *w, int which, pid_t id)
{
	w->which = which;
	w->id = id;
	switch (which) {
	case P_ALL:
		return 0;
	case P_PID:
		return id > 0 ? 0 : -EINVAL;
	case P_PGID:
		if (!id)
			w->id = current->signal->pgrp;
		return id >= 0 ? 0 : -EINVAL;
	case P_PIDFD:
		if (id < 0)
			return -EINVAL;
		w->pidfd = pidfd_get(id);
		return w->pidfd ? 0 : -EBADF;
	default:
		return -EINVAL;
	}
}

/* A pidfd that does not wait: nothing to report yet is -EAGAIN.  Enter: after waitid_target(). */
static long wait_for_target(struct wait_opts *w)
{
	bool nonblock = w->pidfd && (w->pidfd->f_flags & O_NONBLOCK) && !(w->options & WNOHANG);
	long ret;

	if (nonblock)
		w->options |= WNOHANG;
	ret = do_wait(w);
	if (w->pidfd)
		fput(w->pidfd);
	return nonblock && !ret ? -EAGAIN : ret;
}

long sys_waitid(int which, pid_t id, siginfo_t __user *uinfo, int options,
		struct rusage __user *uru)
{
	struct rusage ru;
	struct wait_opts w = { .options = options, .ru = uru ? &ru : NULL };
	siginfo_t info;
	long ret;

	if (options & ~(WNOHANG | WNOWAIT | WEXITED | WSTOPPED | WCONTINUED | __WNOTHREAD |
			__WCLONE | __WALL))
		return -EINVAL;
	if (!(options & (WEXITED | WSTOPPED | WCONTINUED)))
		return -EINVAL;
	ret = waitid_target(&w, which, id);
	if (!ret)
		ret = wait_for_target(&w);
	if (ret < 0)
		return ret;
	memset(&info, 0, sizeof(info));
	if (ret > 0) {
		info.si_signo = SIGCHLD;
		info.si_code = w.code;
		info.si_pid = ret;
		info.si_uid = w.uid;
		info.si_status = w.value;
		if (uru && copy_to_user(uru, &ru, sizeof(ru)))
			return -EFAULT;
	}
	/* Only the fields that wait fills: the rest of the caller's structure stays. */
	if (uinfo && copy_to_user(uinfo, &info, offsetof(siginfo_t, si_status) + sizeof(int)))
		return -EFAULT;
	return 0;
}
