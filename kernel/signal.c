/*
 * kernel/signal.c - signals: send, queue, choose, act
 *
 * Purpose:    a signal is sent to a thread or to a process; it waits in a queue until a
 *             thread that does not block it returns to user mode; there it is ignored,
 *             stops or ends the process, or runs a handler (arch/x86_64/signal.c).
 * Invariants: pending.signal has bit n exactly if signal n may be in pending.list; a
 *             standard signal is queued at most once, a real-time one as often as sent.
 *             TIF_SIGPENDING is set whenever an unblocked signal waits for the thread.
 *             SIGKILL and SIGSTOP are never blocked, ignored or handled.
 *             A pending SIGCONT and a pending stop signal never exist together.
 *             When a process dies by a signal, every thread has SIGKILL pending.
 * Lock order: tasklist_lock > siglock > wait queue and run queue; interrupts off.
 *             t->sighand is stable for current, under tasklist_lock, and under its siglock.
 * Simplified: one limit on queued entries for the whole machine instead of one per user;
 *             no ptrace stops.
 * Sources:    POSIX.1-2017, "Signal Concepts"; Bovet & Cesati, chapter Signals.
 */
#include <asm/uaccess.h>
#include <coredump.h>
#include <err.h>
#include <nospec.h>
#include <sched.h>
#include <signal.h>
#include <slab.h>
#include <string.h>
#include <uapi/wait.h>

#define SIG_STOPS	(sigmask(SIGSTOP) | sigmask(SIGTSTP) | sigmask(SIGTTIN) | sigmask(SIGTTOU))
#define SIG_IGNORED	(sigmask(SIGCONT) | sigmask(SIGCHLD) | sigmask(SIGWINCH) | sigmask(SIGURG))
#define SIG_KERNEL_ONLY	(sigmask(SIGKILL) | sigmask(SIGSTOP))
/* Death by these leaves a core file, if limits and file system allow. */
#define SIG_COREDUMP	(sigmask(SIGQUIT) | sigmask(SIGILL) | sigmask(SIGTRAP) | sigmask(SIGABRT) | \
			 sigmask(SIGFPE) | sigmask(SIGSEGV) | sigmask(SIGBUS) | sigmask(SIGSYS) | \
			 sigmask(SIGXCPU) | sigmask(SIGXFSZ))
/* Faults come out first: the handler must see the registers that caused them. */
#define SIG_SYNCHRONOUS	(sigmask(SIGSEGV) | sigmask(SIGBUS) | sigmask(SIGILL) | \
			 sigmask(SIGTRAP) | sigmask(SIGFPE) | sigmask(SIGSYS))

static struct kmem_cache *sigqueue_cachep, *sighand_cachep;
static atomic_t nr_sigqueues;

void signals_init(void)
{
	sigqueue_cachep = KMEM_CACHE(sigqueue, SLAB_PANIC);
	sighand_cachep = KMEM_CACHE(sighand_struct, SLAB_PANIC | SLAB_HWCACHE_ALIGN);
}

unsigned long nr_queued_signals(void)
{
	return atomic_read(&nr_sigqueues);
}

/* ---- queues ---------------------------------------------------------------- */

void init_sigpending(struct sigpending *s)
{
	s->signal = 0;
	INIT_LIST_HEAD(&s->list);
}

static void sigqueue_free(struct sigqueue *q)
{
	kmem_cache_free(sigqueue_cachep, q);
	atomic_dec(&nr_sigqueues);
}

/* NULL when there is no memory or the receiver's limit is reached.  Any context. */
static struct sigqueue *sigqueue_alloc(struct task_struct *t)
{
	unsigned long limit = t->signal->rlim[RLIMIT_SIGPENDING].rlim_cur;
	struct sigqueue *q;

	if ((unsigned long)atomic_inc_return(&nr_sigqueues) > limit)
		goto none;
	q = kmem_cache_alloc(sigqueue_cachep, GFP_ATOMIC);
	if (q)
		return q;
none:
	atomic_dec(&nr_sigqueues);
	return NULL;
}

void flush_sigqueue(struct sigpending *p)
{
	struct sigqueue *q, *next;

	p->signal = 0;
	list_for_each_entry_safe(q, next, &p->list, list) {
		list_del_init(&q->list);
		sigqueue_free(q);
	}
}

/* Drop every queued signal of @mask. */
static void remove_pending(struct sigpending *p, u64 mask)
{
	struct sigqueue *q, *next;

	if (!(p->signal & mask))
		return;
	p->signal &= ~mask;
	list_for_each_entry_safe(q, next, &p->list, list) {
		if (sigmask(q->info.si_signo) & mask) {
			list_del_init(&q->list);
			sigqueue_free(q);
		}
	}
}

static int next_signal(u64 ready)
{
	if (ready & SIG_SYNCHRONOUS)
		ready &= SIG_SYNCHRONOUS;
	return ready ? __builtin_ctzl(ready) + 1 : 0;
}

/* Take signal @sig out of @p: its information, or a bare one if no entry could be queued. */
static void collect_signal(int sig, struct sigpending *p, siginfo_t *info)
{
	struct sigqueue *q, *first = NULL;
	bool more = false;

	list_for_each_entry(q, &p->list, list) {
		if (q->info.si_signo != sig)
			continue;
		if (first) {
			more = true;
			break;
		}
		first = q;
	}
	if (!more)
		sigdelset(&p->signal, sig);
	if (first) {
		*info = first->info;
		list_del_init(&first->list);
		sigqueue_free(first);
		return;
	}
	memset(info, 0, sizeof(*info));
	info->si_signo = sig;
	info->si_code = SI_USER;
}

int dequeue_signal(struct task_struct *t, const sigset_t *mask, siginfo_t *info)
{
	struct sigpending *p = &t->pending;
	int sig = next_signal(p->signal & ~*mask);

	if (!sig) {
		p = &t->signal->shared_pending;
		sig = next_signal(p->signal & ~*mask);
	}
	if (sig)
		collect_signal(sig, p, info);
	return sig;
}

static bool has_pending(struct task_struct *t)
{
	u64 all = t->pending.signal | t->signal->shared_pending.signal;

	return (all & ~t->blocked) || t->signal->group_stop_count > 0 ||
	       (t->signal->flags & SIGNAL_NOTIFY_CONT);
}

void recalc_sigpending(void)
{
	if (has_pending(current))
		set_tsk_flag(current, TIF_SIGPENDING);
	else
		clear_tsk_flag(current, TIF_SIGPENDING);
}

bool signal_pending(struct task_struct *t)
{
	return test_tsk_flag(t, TIF_SIGPENDING);
}

bool fatal_signal_pending(struct task_struct *t)
{
	return signal_pending(t) && sigismember(&t->pending.signal, SIGKILL);
}

/* Lock @t's siglock with interrupts off; false if @t has been released already. */
static bool lock_task_sighand(struct task_struct *t, unsigned long *flags)
{
	for (;;) {
		struct sighand_struct *sh;

		*flags = local_irq_save();
		sh = READ_ONCE(t->sighand);
		if (!sh)
			break;
		spin_lock(&sh->siglock);
		if (t->sighand == sh)
			return true;
		spin_unlock_irqrestore(&sh->siglock, *flags);
	}
	local_irq_restore(*flags);
	return false;
}

static void unlock_task_sighand(struct task_struct *t, unsigned long flags)
{
	spin_unlock_irqrestore(&t->sighand->siglock, flags);
}

/* ---- sending ------------------------------------------------------------------ */

static void *sig_handler(struct task_struct *t, int sig)
{
	return t->sighand->action[sig - 1].handler;
}

/* Would the signal do nothing if it were delivered now? */
static bool sig_ignored(struct task_struct *t, int sig)
{
	void *h = sig_handler(t, sig);

	if (sigismember(&t->blocked, sig) || sigismember(&t->real_blocked, sig))
		return false;		/* the handler may change before it is unblocked */
	if ((t->signal->flags & SIGNAL_UNKILLABLE) && h == (void *)SIG_DFL)
		return true;
	return h == (void *)SIG_IGN || (h == (void *)SIG_DFL && (sigmask(sig) & SIG_IGNORED));
}

/* Make @t look at its signals when it next returns to user mode, soon if it runs there. */
static void signal_look(struct task_struct *t)
{
	set_tsk_flag(t, TIF_SIGPENDING);
	kick_process(t);
}

/* Make @t look at its signals; a sleep that @fatal may end is ended too. */
static void signal_wake_up(struct task_struct *t, bool fatal)
{
	set_tsk_flag(t, TIF_SIGPENDING);
	if (!try_to_wake_up(t, TASK_INTERRUPTIBLE | (fatal ? TASK_WAKEKILL | TASK_STOPPED : 0)))
		kick_process(t);
}

/* SIGCONT and the stop signals cancel each other when they are sent, not when delivered. */
static void cancel_opposites(struct task_struct *t, int sig)
{
	struct signal_struct *s = t->signal;
	struct task_struct *x;

	if (sigmask(sig) & SIG_STOPS) {
		remove_pending(&s->shared_pending, sigmask(SIGCONT));
		for_each_thread(s->leader, x)
			remove_pending(&x->pending, sigmask(SIGCONT));
		return;
	}
	if (sig != SIGCONT)
		return;
	remove_pending(&s->shared_pending, SIG_STOPS);
	for_each_thread(s->leader, x) {
		remove_pending(&x->pending, SIG_STOPS);
		try_to_wake_up(x, TASK_STOPPED);
	}
	if (s->flags & SIGNAL_STOP_STOPPED || s->group_stop_count > 0) {
		s->flags &= ~(SIGNAL_STOP_STOPPED | SIGNAL_CLD_STOPPED);
		s->flags |= SIGNAL_CLD_CONTINUED | SIGNAL_NOTIFY_CONT;
		s->group_stop_count = 0;
		s->group_exit_code = 0;
		for_each_thread(s->leader, x)
			signal_look(x);
	}
	s->flags |= SIGNAL_STOP_CONTINUED;	/* a stop that is just beginning sees this */
}

static bool wants_signal(int sig, struct task_struct *t)
{
	if (sigismember(&t->blocked, sig) || (t->flags & PF_EXITING))
		return false;
	return sig == SIGKILL || !(t->state & TASK_STOPPED);
}

/* The process is about to end by @sig: no thread shall run user code any more. */
static void start_group_exit(struct task_struct *t, int sig)
{
	struct signal_struct *s = t->signal;
	struct task_struct *x;

	s->group_exit = true;
	s->group_exit_code = sig;
	s->group_stop_count = 0;
	for_each_thread(s->leader, x) {
		sigaddset(&x->pending.signal, SIGKILL);
		signal_wake_up(x, true);
	}
}

/* Choose a thread for a queued signal and wake it; start the end of the process if it is fatal. */
static void complete_signal(int sig, struct task_struct *t, bool group)
{
	struct signal_struct *s = t->signal;
	struct task_struct *x, *chosen = NULL;

	if (wants_signal(sig, t)) {
		chosen = t;
	} else if (group) {
		for_each_thread(s->leader, x) {
			if (wants_signal(sig, x)) {
				chosen = x;
				break;
			}
		}
	}
	if (!chosen)
		return;

	/* A core dump begins in the thread itself (get_signal); SIGKILL ends one. */
	if (sig_handler(t, sig) == (void *)SIG_DFL &&
	    !(sigmask(sig) & (SIG_IGNORED | SIG_STOPS | SIG_COREDUMP)) &&
	    (!s->group_exit || s->core_state) && !s->group_exit_task &&
	    (sig == SIGKILL || !(s->flags & SIGNAL_UNKILLABLE)) &&
	    !sigismember(&chosen->real_blocked, sig)) {
		start_group_exit(t, sig);
		return;
	}
	signal_wake_up(chosen, sig == SIGKILL);
}

static void fill_info(siginfo_t *info, int sig, int code)
{
	memset(info, 0, sizeof(*info));
	info->si_signo = sig;
	info->si_code = code;
	if (code == SI_USER || code == SI_TKILL) {
		info->si_pid = current->tgid;
		info->si_uid = current->cred.uid;
	}
}

/*
 * Queue @sig for thread @t, or for its process if @group.  siglock held.
 * 0, or -EAGAIN if a signal that carries data cannot be queued.
 */
static int send_locked(int sig, const siginfo_t *info, struct task_struct *t, bool group)
{
	struct sigpending *p = group ? &t->signal->shared_pending : &t->pending;
	bool from_kernel = info->si_code > 0;
	struct sigqueue *q;

	assert_spin_locked(&t->sighand->siglock);
	if (t->signal->group_exit && sig != SIGKILL)
		return 0;		/* it dies anyway */
	cancel_opposites(t, sig);
	if (sig_ignored(t, sig))
		return 0;
	if (sig < SIGRTMIN && sigismember(&p->signal, sig))
		return 0;		/* a standard signal does not queue twice */
	if (sig != SIGKILL) {
		q = sigqueue_alloc(t);
		if (q) {
			q->info = *info;
			list_add_tail(&q->list, &p->list);
		} else if (sig >= SIGRTMIN && info->si_code != SI_USER && !from_kernel) {
			return -EAGAIN;
		}
	}
	sigaddset(&p->signal, sig);
	complete_signal(sig, t, group);
	return 0;
}

static int send_one(int sig, const siginfo_t *info, struct task_struct *t, bool group)
{
	unsigned long flags;
	int err = -ESRCH;

	if (sig < 0 || sig > _NSIG)
		return -EINVAL;
	if (!lock_task_sighand(t, &flags))
		return err;
	err = sig ? send_locked(sig, info, t, group) : 0;
	unlock_task_sighand(t, flags);
	return err;
}

int send_sig_info(int sig, siginfo_t *info, struct task_struct *t)
{
	return send_one(sig, info, t, false);
}

int group_send_sig_info(int sig, siginfo_t *info, struct task_struct *t)
{
	return send_one(sig, info, t, true);
}

int send_sig(int sig, struct task_struct *t, bool priv)
{
	siginfo_t info;

	fill_info(&info, sig, priv ? SI_KERNEL : SI_USER);
	return send_one(sig, &info, t, false);
}

bool may_kill(struct task_struct *t, int sig)
{
	const struct cred_ids *c = &current->cred, *o = &t->cred;

	if (c->euid == 0 || c->euid == o->suid || c->euid == o->uid || c->uid == o->suid ||
	    c->uid == o->uid)
		return true;
	return sig == SIGCONT && current->signal->session == t->signal->session;
}

/* To every process for which @match holds: 0 if any got it, else the last error. */
static int kill_many(bool (*match)(struct task_struct *, pid_t), pid_t arg, int sig,
		     const siginfo_t *info, bool check)
{
	struct task_struct *p;
	int err = -ESRCH;
	bool sent = false;

	for_each_process(p) {
		int e;

		if (!match(p, arg))
			continue;
		e = check && !may_kill(p, sig) ? -EPERM : send_one(sig, info, p, true);
		if (e == 0)
			sent = true;
		else
			err = e;
	}
	return sent ? 0 : err;
}

static bool in_pgrp(struct task_struct *p, pid_t pgrp)
{
	return p->signal->pgrp == pgrp;
}

static bool not_init_or_self(struct task_struct *p, pid_t unused)
{
	return p->pid > 1 && p->tgid != current->tgid;
}

int __kill_pgrp(pid_t pgrp, int sig, bool priv)
{
	siginfo_t info;

	if (pgrp <= 0)
		return -ESRCH;
	fill_info(&info, sig, priv ? SI_KERNEL : SI_USER);
	return kill_many(in_pgrp, pgrp, sig, &info, !priv);
}

int kill_pgrp(pid_t pgrp, int sig, bool priv)
{
	unsigned long flags;
	int err;

	spin_lock_irqsave(&tasklist_lock, flags);
	err = __kill_pgrp(pgrp, sig, priv);
	spin_unlock_irqrestore(&tasklist_lock, flags);
	return err;
}

/* Send @info to process @pid, checking permission unless @priv. */
static int kill_one_process(pid_t pid, int sig, const siginfo_t *info, bool priv)
{
	struct task_struct *t;
	unsigned long flags;
	int err = -ESRCH;

	spin_lock_irqsave(&tasklist_lock, flags);
	t = find_task_by_pid(pid);
	if (t)
		err = !priv && !may_kill(t, sig) ? -EPERM : send_one(sig, info, t, true);
	spin_unlock_irqrestore(&tasklist_lock, flags);
	return err;
}

int kill_pid(pid_t pid, int sig, bool priv)
{
	siginfo_t info;

	fill_info(&info, sig, priv ? SI_KERNEL : SI_USER);
	return kill_one_process(pid, sig, &info, priv);
}

/* A signal that current has brought upon itself: it must not get past it. */
static void force_info(siginfo_t *info)
{
	struct task_struct *t = current;
	int sig = info->si_signo;
	struct k_sigaction *ka;
	unsigned long flags;

	spin_lock_irqsave(&t->sighand->siglock, flags);
	ka = &t->sighand->action[sig - 1];
	if (sigismember(&t->blocked, sig) || ka->handler == (void *)SIG_IGN) {
		ka->handler = (void *)SIG_DFL;
		sigdelset(&t->blocked, sig);
	}
	if (ka->handler == (void *)SIG_DFL)
		t->signal->flags &= ~SIGNAL_UNKILLABLE;
	remove_pending(&t->pending, sigmask(sig));
	send_locked(sig, info, t, false);
	recalc_sigpending();
	spin_unlock_irqrestore(&t->sighand->siglock, flags);
}

void force_sig_fault(int sig, int code, unsigned long addr)
{
	siginfo_t info;

	fill_info(&info, sig, code);
	info.si_addr = (void *)addr;
	force_info(&info);
}

void force_sig_pkuerr(unsigned long addr, u32 pkey)
{
	siginfo_t info;

	fill_info(&info, SIGSEGV, SEGV_PKUERR);
	info.si_addr = (void *)addr;
	info.si_pkey = pkey;
	force_info(&info);
}

void force_sig(int sig)
{
	siginfo_t info;

	fill_info(&info, sig, SI_KERNEL);
	force_info(&info);
}

/* ---- telling the parent ----------------------------------------------------------- */

static void fill_child_info(siginfo_t *info, struct task_struct *t, int sig)
{
	memset(info, 0, sizeof(*info));
	info->si_signo = sig;
	info->si_pid = t->pid;
	info->si_uid = t->cred.uid;
	info->_sifields._sigchld._utime = (t->utime + t->signal->utime) / (NSEC_PER_SEC / USER_HZ);
	info->_sifields._sigchld._stime = (t->stime + t->signal->stime) / (NSEC_PER_SEC / USER_HZ);
}

static void wake_parent(struct task_struct *parent)
{
	__wake_up(&parent->signal->wait_chldexit, TASK_INTERRUPTIBLE, 0);
}

bool do_notify_parent(struct task_struct *t, int sig)
{
	struct task_struct *parent = t->parent;
	struct k_sigaction *ka;
	bool reap = false;
	unsigned long flags;
	siginfo_t info;

	assert_spin_locked(&tasklist_lock);
	wake_up_all(&t->signal->wait_pidfd);
	fill_child_info(&info, t, sig);
	if (t->exit_code & 0x7f) {
		info.si_code = t->exit_code & 0x80 ? CLD_DUMPED : CLD_KILLED;
		info.si_status = t->exit_code & 0x7f;
	} else {
		info.si_code = CLD_EXITED;
		info.si_status = t->exit_code >> 8;
	}
	spin_lock_irqsave(&parent->sighand->siglock, flags);
	ka = &parent->sighand->action[SIGCHLD - 1];
	if (sig == SIGCHLD &&
	    (ka->handler == (void *)SIG_IGN || (ka->flags & SA_NOCLDWAIT))) {
		reap = true;
		if (ka->handler == (void *)SIG_IGN)
			sig = 0;
	}
	if (sig > 0 && sig <= _NSIG)
		send_locked(sig, &info, parent, true);
	spin_unlock_irqrestore(&parent->sighand->siglock, flags);
	wake_parent(parent);
	return reap;
}

void do_notify_parent_cldstop(struct task_struct *t, int why)
{
	struct task_struct *leader = t->group_leader, *parent = leader->parent;
	struct k_sigaction *ka;
	unsigned long flags;
	siginfo_t info;

	assert_spin_locked(&tasklist_lock);
	fill_child_info(&info, leader, SIGCHLD);
	info.si_code = why;
	info.si_status = why == CLD_CONTINUED ? SIGCONT : t->signal->group_exit_code & 0x7f;
	spin_lock_irqsave(&parent->sighand->siglock, flags);
	ka = &parent->sighand->action[SIGCHLD - 1];
	if (ka->handler != (void *)SIG_IGN && !(ka->flags & SA_NOCLDSTOP))
		send_locked(SIGCHLD, &info, parent, true);
	spin_unlock_irqrestore(&parent->sighand->siglock, flags);
	wake_parent(parent);
}

static void notify_cldstop(int why)
{
	unsigned long flags;

	spin_lock_irqsave(&tasklist_lock, flags);
	do_notify_parent_cldstop(current, why);
	spin_unlock_irqrestore(&tasklist_lock, flags);
}

int zap_other_threads(struct task_struct *t)
{
	struct task_struct *x;
	int n = 0;

	assert_spin_locked(&t->sighand->siglock);
	t->signal->group_stop_count = 0;
	for_each_thread(t->signal->leader, x) {
		if (x == t || x->exit_state)
			continue;
		sigaddset(&x->pending.signal, SIGKILL);
		signal_wake_up(x, true);
		n++;
	}
	return n;
}

/* ---- acting: what a thread does on its way to user mode ------------------------------ */

/* Count current among the stopped; the last one makes the process stopped.  siglock held. */
static bool join_group_stop(void)
{
	struct signal_struct *s = current->signal;

	if (s->group_stop_count == 0 || --s->group_stop_count > 0)
		return false;
	s->flags &= ~(SIGNAL_STOP_CONTINUED | SIGNAL_CLD_CONTINUED);
	s->flags |= SIGNAL_STOP_STOPPED | SIGNAL_CLD_STOPPED;
	return true;
}

/* Sleep as stopped until SIGCONT or SIGKILL.  Enter with siglock held, leave without. */
static void stop_here(void)
{
	struct sighand_struct *sh = current->sighand;
	bool last = join_group_stop();

	set_current_state(TASK_STOPPED);
	spin_unlock_irq(&sh->siglock);
	if (last)
		notify_cldstop(CLD_STOPPED);
	schedule();
}

/*
 * A stop signal was taken: begin a group stop, unless it was cancelled by SIGCONT or the
 * process group has nobody left to continue it.  Enter with siglock held, leave without.
 */
static void begin_group_stop(int sig)
{
	struct signal_struct *s = current->signal;
	struct sighand_struct *sh = current->sighand;
	struct task_struct *x;

	if (sig != SIGSTOP) {
		bool orphaned;

		/* tasklist_lock comes first; a SIGCONT may arrive in between and then wins. */
		s->flags &= ~SIGNAL_STOP_CONTINUED;
		spin_unlock_irq(&sh->siglock);
		spin_lock_irq(&tasklist_lock);
		orphaned = pgrp_is_orphaned(s->pgrp, NULL);
		spin_unlock_irq(&tasklist_lock);
		if (orphaned)
			return;
		spin_lock_irq(&sh->siglock);
		if (s->flags & SIGNAL_STOP_CONTINUED || s->group_exit) {
			spin_unlock_irq(&sh->siglock);
			return;
		}
	}
	if (s->group_stop_count == 0) {
		if (!(s->flags & SIGNAL_STOP_STOPPED))
			s->group_exit_code = sig;
		for_each_thread(s->leader, x) {
			if ((x->flags & PF_EXITING) || (x->state & TASK_STOPPED))
				continue;
			s->group_stop_count++;
			if (x != current)
				signal_wake_up(x, false);
		}
	}
	stop_here();
}

/*
 * Die by @sig unless the process is already on its way out for another reason.  Enter with siglock
 * held.  @info: of a signal that may dump core, else NULL.
 */
static __noreturn void die_by_signal(int sig, const siginfo_t *info)
{
	current->flags |= PF_SIGNALED;
	spin_unlock_irq(&current->sighand->siglock);
	if (info && (sigmask(sig) & SIG_COREDUMP))
		do_coredump(info);
	do_group_exit(sig);
}

/* The default action of @sig.  siglock held on entry and on return; false: look again. */
static void default_action(int sig, const siginfo_t *info)
{
	struct signal_struct *s = current->signal;
	struct sighand_struct *sh = current->sighand;

	if (sigmask(sig) & SIG_IGNORED)
		return;
	if ((s->flags & SIGNAL_UNKILLABLE) && !(sigmask(sig) & SIG_KERNEL_ONLY))
		return;
	if (sigmask(sig) & SIG_STOPS) {
		begin_group_stop(sig);
		spin_lock_irq(&sh->siglock);
		return;
	}
	die_by_signal(sig, info);
}

bool get_signal(struct ksignal *ksig)
{
	struct sighand_struct *sh = current->sighand;
	struct signal_struct *s = current->signal;
	struct k_sigaction *ka;
	int sig;

	spin_lock_irq(&sh->siglock);
	for (;;) {
		if (sigismember(&current->pending.signal, SIGKILL))
			die_by_signal(SIGKILL, NULL);
		if (s->flags & SIGNAL_NOTIFY_CONT) {
			s->flags &= ~SIGNAL_NOTIFY_CONT;
			spin_unlock_irq(&sh->siglock);
			notify_cldstop(CLD_CONTINUED);
			spin_lock_irq(&sh->siglock);
			continue;
		}
		if (s->group_stop_count > 0) {
			stop_here();
			spin_lock_irq(&sh->siglock);
			continue;
		}
		sig = dequeue_signal(current, &current->blocked, &ksig->info);
		if (!sig)
			break;
		ka = &sh->action[sig - 1];
		if (ka->handler == (void *)SIG_IGN)
			continue;
		if (ka->handler == (void *)SIG_DFL) {
			default_action(sig, &ksig->info);
			continue;
		}
		ksig->ka = *ka;
		if (ka->flags & SA_RESETHAND)
			ka->handler = (void *)SIG_DFL;
		break;
	}
	recalc_sigpending();
	spin_unlock_irq(&sh->siglock);
	ksig->sig = sig;
	return sig != 0;
}

void set_current_blocked(sigset_t set)
{
	struct sighand_struct *sh = current->sighand;

	set &= ~SIG_KERNEL_ONLY;
	spin_lock_irq(&sh->siglock);
	current->blocked = set;
	recalc_sigpending();
	spin_unlock_irq(&sh->siglock);
}

void signal_delivered(struct ksignal *ksig)
{
	sigset_t set = current->blocked | ksig->ka.mask;

	clear_tsk_flag(current, TIF_RESTORE_SIGMASK);
	if (!(ksig->ka.flags & SA_NODEFER))
		sigaddset(&set, ksig->sig);
	set_current_blocked(set);
}

int set_user_sigmask(const sigset_t __user *uset, size_t size)
{
	sigset_t set;

	if (!uset)
		return 0;
	if (size != sizeof(sigset_t))
		return -EINVAL;
	if (get_user(set, uset))
		return -EFAULT;
	current->saved_sigmask = current->blocked;
	set_tsk_flag(current, TIF_RESTORE_SIGMASK);
	set_current_blocked(set);
	return 0;
}

void restore_saved_sigmask_unless(bool interrupted)
{
	if (!interrupted && test_tsk_flag(current, TIF_RESTORE_SIGMASK)) {
		clear_tsk_flag(current, TIF_RESTORE_SIGMASK);
		set_current_blocked(current->saved_sigmask);
	}
}

/* ---- a task's beginning and end ------------------------------------------------------ */

struct sighand_struct *dup_sighand(void)
{
	struct sighand_struct *sh = kmem_cache_alloc(sighand_cachep, GFP_KERNEL);

	if (!sh)
		return NULL;
	atomic_set(&sh->count, 1);
	spin_lock_init_class(&sh->siglock, "sighand->siglock");
	if (current->sighand) {
		spin_lock_irq(&current->sighand->siglock);
		memcpy(sh->action, current->sighand->action, sizeof(sh->action));
		spin_unlock_irq(&current->sighand->siglock);
	} else {
		memset(sh->action, 0, sizeof(sh->action));
	}
	return sh;
}

int copy_sighand(u64 clone_flags, struct task_struct *t)
{
	struct sighand_struct *sh = current->sighand;

	if (clone_flags & CLONE_SIGHAND)
		atomic_inc(&sh->count);
	else if (!(sh = dup_sighand()))
		return -ENOMEM;
	t->sighand = sh;
	return 0;
}

void put_sighand(struct sighand_struct *sh)
{
	if (atomic_dec_and_test(&sh->count))
		kmem_cache_free(sighand_cachep, sh);
}

void flush_signal_handlers(struct task_struct *t, bool force_default)
{
	for (int i = 0; i < _NSIG; i++) {
		struct k_sigaction *ka = &t->sighand->action[i];

		if (force_default || ka->handler != (void *)SIG_IGN)
			ka->handler = (void *)SIG_DFL;
		ka->flags = 0;
		ka->restorer = NULL;
		ka->mask = 0;
	}
}

void exit_signals(struct task_struct *t)
{
	struct signal_struct *s = t->signal;
	bool stopped = false;
	struct task_struct *x;

	spin_lock_irq(&t->sighand->siglock);
	t->flags |= PF_EXITING;
	if (!s->group_exit) {
		/* A shared signal that we were woken for is somebody else's now. */
		for_each_thread(s->leader, x) {
			if (x != t && !(x->flags & PF_EXITING) &&
			    (s->shared_pending.signal & ~x->blocked))
				signal_wake_up(x, false);
		}
		if (s->group_stop_count > 0)
			stopped = join_group_stop();
	}
	spin_unlock_irq(&t->sighand->siglock);
	if (stopped)
		notify_cldstop(CLD_STOPPED);
}

/* ---- system calls ---------------------------------------------------------------------- */

long sys_rt_sigaction(int sig, const struct k_sigaction __user *act,
		      struct k_sigaction __user *oact, size_t size)
{
	struct k_sigaction new, old, *ka;
	struct task_struct *t;

	if (size != sizeof(sigset_t))
		return -EINVAL;
	if (act && copy_from_user(&new, act, sizeof(new)))
		return -EFAULT;
	if (sig < 1 || sig > _NSIG || (act && (sigmask(sig) & SIG_KERNEL_ONLY)))
		return -EINVAL;

	ka = &current->sighand->action[array_index_nospec(sig - 1, _NSIG)];
	spin_lock_irq(&current->sighand->siglock);
	old = *ka;
	if (act) {
		new.mask &= ~SIG_KERNEL_ONLY;
		*ka = new;
		/* POSIX: a signal that is ignored from now on and pending is dropped. */
		if (new.handler == (void *)SIG_IGN ||
		    (new.handler == (void *)SIG_DFL && (sigmask(sig) & SIG_IGNORED))) {
			remove_pending(&current->signal->shared_pending, sigmask(sig));
			for_each_thread(current->signal->leader, t)
				remove_pending(&t->pending, sigmask(sig));
		}
	}
	spin_unlock_irq(&current->sighand->siglock);
	if (oact && copy_to_user(oact, &old, sizeof(old)))
		return -EFAULT;
	return 0;
}

long sys_rt_sigprocmask(int how, const sigset_t __user *uset, sigset_t __user *uold, size_t size)
{
	sigset_t set, old = current->blocked;

	if (size != sizeof(sigset_t))
		return -EINVAL;
	if (uset) {
		if (get_user(set, uset))
			return -EFAULT;
		switch (how) {
		case SIG_BLOCK:
			set |= old;
			break;
		case SIG_UNBLOCK:
			set = old & ~set;
			break;
		case SIG_SETMASK:
			break;
		default:
			return -EINVAL;
		}
		set_current_blocked(set);
	}
	if (uold && put_user(old, uold))
		return -EFAULT;
	return 0;
}

long sys_rt_sigpending(sigset_t __user *uset, size_t size)
{
	sigset_t set;

	if (size > sizeof(sigset_t))
		return -EINVAL;
	spin_lock_irq(&current->sighand->siglock);
	set = (current->pending.signal | current->signal->shared_pending.signal) & current->blocked;
	spin_unlock_irq(&current->sighand->siglock);
	return copy_to_user(uset, &set, size) ? -EFAULT : 0;
}

/* Take a signal of @set that is pending, siglock held around. */
static int take_signal(sigset_t set, siginfo_t *info)
{
	sigset_t others = ~set;
	int sig;

	spin_lock_irq(&current->sighand->siglock);
	sig = dequeue_signal(current, &others, info);
	recalc_sigpending();
	spin_unlock_irq(&current->sighand->siglock);
	return sig;
}

/* Unblock @set without running its handlers, sleep, block it again. */
static void sleep_for_signal(sigset_t set, u64 expires)
{
	struct sighand_struct *sh = current->sighand;
	bool pending;

	spin_lock_irq(&sh->siglock);
	current->real_blocked = current->blocked;
	current->blocked &= ~set;
	recalc_sigpending();
	pending = signal_pending(current);
	spin_unlock_irq(&sh->siglock);

	set_current_state(TASK_INTERRUPTIBLE);
	if (!pending && !signal_pending(current))
		schedule_until(expires);
	set_current_state(TASK_RUNNING);

	spin_lock_irq(&sh->siglock);
	current->blocked = current->real_blocked;
	current->real_blocked = 0;
	recalc_sigpending();
	spin_unlock_irq(&sh->siglock);
}

long sys_rt_sigtimedwait(const sigset_t __user *uset, siginfo_t __user *uinfo,
			 const struct timespec __user *uts, size_t size)
{
	u64 expires = 0;
	siginfo_t info;
	sigset_t set;
	int sig;

	if (size != sizeof(sigset_t))
		return -EINVAL;
	if (get_user(set, uset))
		return -EFAULT;
	set &= ~SIG_KERNEL_ONLY;
	if (uts) {
		int err = get_timeout_user(uts, CLOCK_MONOTONIC, false, &expires);

		if (err)
			return err;
	}
	sig = take_signal(set, &info);
	if (!sig && !(uts && expires <= ktime_get())) {
		sleep_for_signal(set, expires);
		sig = take_signal(set, &info);
	}
	if (!sig)
		return signal_pending(current) ? -EINTR : -EAGAIN;
	if (uinfo && copy_to_user(uinfo, &info, sizeof(info)))
		return -EFAULT;
	return sig;
}

long sys_rt_sigsuspend(const sigset_t __user *uset, size_t size)
{
	int err;

	if (size != sizeof(sigset_t))
		return -EINVAL;
	err = set_user_sigmask(uset, size);
	if (err || !uset)
		return err ? err : -EFAULT;
	while (!signal_pending(current)) {
		set_current_state(TASK_INTERRUPTIBLE);
		if (!signal_pending(current))
			schedule();
		set_current_state(TASK_RUNNING);
	}
	return -ERESTARTNOHAND;
}

long sys_pause(void)
{
	while (!signal_pending(current)) {
		set_current_state(TASK_INTERRUPTIBLE);
		if (!signal_pending(current))
			schedule();
		set_current_state(TASK_RUNNING);
	}
	return -ERESTARTNOHAND;
}

long sys_kill(pid_t pid, int sig)
{
	unsigned long flags;
	siginfo_t info;
	int err;

	if (sig < 0 || sig > _NSIG)
		return -EINVAL;
	fill_info(&info, sig, SI_USER);
	if (pid > 0)
		return kill_one_process(pid, sig, &info, false);
	spin_lock_irqsave(&tasklist_lock, flags);
	if (pid == -1)
		err = kill_many(not_init_or_self, 0, sig, &info, true);
	else if (pid == (pid_t)0x80000000)
		err = -ESRCH;
	else
		err = kill_many(in_pgrp, pid ? -pid : current->signal->pgrp, sig, &info, true);
	spin_unlock_irqrestore(&tasklist_lock, flags);
	return err;
}

/* To one thread; @tgid 0: of any process. */
static long send_to_thread(pid_t tgid, pid_t pid, int sig, const siginfo_t *info)
{
	struct task_struct *t;
	unsigned long flags;
	long err = -ESRCH;

	if (sig < 0 || sig > _NSIG)
		return -EINVAL;
	spin_lock_irqsave(&tasklist_lock, flags);
	t = find_task_by_pid(pid);
	if (t && (!tgid || t->tgid == tgid))
		err = may_kill(t, sig) ? send_one(sig, info, t, false) : -EPERM;
	spin_unlock_irqrestore(&tasklist_lock, flags);
	return err;
}

long sys_tgkill(pid_t tgid, pid_t pid, int sig)
{
	siginfo_t info;

	if (tgid <= 0 || pid <= 0)
		return -EINVAL;
	fill_info(&info, sig, SI_TKILL);
	return send_to_thread(tgid, pid, sig, &info);
}

long sys_tkill(pid_t pid, int sig)
{
	siginfo_t info;

	if (pid <= 0)
		return -EINVAL;
	fill_info(&info, sig, SI_TKILL);
	return send_to_thread(0, pid, sig, &info);
}

/* A process may not pretend to be the kernel or kill(2), except towards itself. */
static long get_queued_info(siginfo_t *info, const siginfo_t __user *uinfo, int sig, pid_t target)
{
	if (copy_from_user(info, uinfo, sizeof(*info)))
		return -EFAULT;
	info->si_signo = sig;
	if ((info->si_code >= 0 || info->si_code == SI_TKILL) && target != current->tgid)
		return -EPERM;
	return 0;
}

long sys_rt_sigqueueinfo(pid_t pid, int sig, siginfo_t __user *uinfo)
{
	siginfo_t info;
	long err = get_queued_info(&info, uinfo, sig, pid);

	if (err)
		return err;
	if (sig < 0 || sig > _NSIG)
		return -EINVAL;
	return kill_one_process(pid, sig, &info, false);
}

long sys_rt_tgsigqueueinfo(pid_t tgid, pid_t pid, int sig, siginfo_t __user *uinfo)
{
	siginfo_t info;
	long err = get_queued_info(&info, uinfo, sig, tgid);

	if (err)
		return err;
	if (tgid <= 0 || pid <= 0)
		return -EINVAL;
	return send_to_thread(tgid, pid, sig, &info);
}
