/*
 * signal.h - signals: queueing, delivery, what a thread does about them
 *
 * Code: kernel/signal.c (queueing, system calls), arch/x86_64/signal.c (frames).
 */
#ifndef SIGNAL_H
#define SIGNAL_H

#include <list.h>
#include <spinlock.h>
#include <types.h>
#include <uapi/signal.h>
#include <uapi/time.h>

struct task_struct;
struct pt_regs;

/* sigset_t (uapi) is one word: bit n - 1 stands for signal n. */
static inline u64 sigmask(int sig) { return 1UL << (sig - 1); }
static inline bool sigismember(const sigset_t *s, int sig) { return *s & sigmask(sig); }
static inline void sigaddset(sigset_t *s, int sig) { *s |= sigmask(sig); }
static inline void sigdelset(sigset_t *s, int sig) { *s &= ~sigmask(sig); }

/* One queued signal; several of a real-time signal may wait. */
struct sigqueue {
	struct list_head list;
	siginfo_t info;
};

struct sigpending {
	struct list_head list;		/* of sigqueue: siglock */
	sigset_t signal;
};

struct k_sigaction {			/* as the system call passes it */
	void __user *handler;
	unsigned long flags;
	void __user *restorer;
	sigset_t mask;
};

struct sighand_struct {
	atomic_t count;
	spinlock_t siglock;		/* interrupts off */
	struct k_sigaction action[_NSIG];
};

/* How restart_syscall goes on with an interrupted sleep. */
struct restart_block {
	long (*fn)(struct restart_block *);
	u64 expires;			/* monotonic ns */
	int clockid;
	void __user *rem;
	u32 __user *uaddr;		/* futex */
	u32 val, bitset, flags;
};

/* Is anything to be delivered to @t, or is it to die? */
bool signal_pending(struct task_struct *t);
bool fatal_signal_pending(struct task_struct *t);
/* Re-evaluate TIF_SIGPENDING of current; siglock held or current->blocked just changed. */
void recalc_sigpending(void);
void set_current_blocked(sigset_t set);
/* Temporarily replace the mask for one call (sigsuspend, ppoll): restored on return to user. */
int set_user_sigmask(const sigset_t __user *set, size_t size);
void restore_saved_sigmask_unless(bool interrupted);

/* Send: -ESRCH if the target is gone, -EAGAIN if the queue is full.  Any context but NMI. */
int send_sig(int sig, struct task_struct *t, bool priv);		/* to the thread; SI_USER or SI_KERNEL */
int send_sig_info(int sig, siginfo_t *info, struct task_struct *t);	/* to the thread */
bool may_kill(struct task_struct *t, int sig);	/* may current send it? */
int group_send_sig_info(int sig, siginfo_t *info, struct task_struct *t);	/* to the process */
int kill_pgrp(pid_t pgrp, int sig, bool priv);		/* every process of the group; takes tasklist_lock */
int __kill_pgrp(pid_t pgrp, int sig, bool priv);	/* the same with tasklist_lock held */
int kill_pid(pid_t pid, int sig, bool priv);
/* A fault of current: cannot be blocked or ignored (then the default action kills). */
void force_sig_fault(int sig, int code, unsigned long addr);
void force_sig_pkuerr(unsigned long addr, u32 pkey);	/* SIGSEGV: the page's key forbids it */
void force_sig(int sig);			/* SI_KERNEL */
/* Tell the parent that @t ended, stopped or went on (SIGCHLD, wait queue); tasklist_lock held. */
bool do_notify_parent(struct task_struct *t, int sig);	/* true: the parent ignores it, reap at once */
void do_notify_parent_cldstop(struct task_struct *t, int why);
/* Every other thread of current's process must die (exec, exit_group); siglock held. Returns how many. */
int zap_other_threads(struct task_struct *t);
void flush_signal_handlers(struct task_struct *t, bool force_default);	/* exec */
void flush_sigqueue(struct sigpending *q);
void init_sigpending(struct sigpending *s);
void signals_init(void);
unsigned long nr_queued_signals(void);	/* entries in all queues: SigQ of /proc/PID/status */
struct sighand_struct *dup_sighand(void);	/* a copy of current's handlers, or NULL */
int copy_sighand(u64 clone_flags, struct task_struct *t);
void put_sighand(struct sighand_struct *s);
void exit_signals(struct task_struct *t);	/* the thread dies: pass shared signals on */

/* Slow return to user mode, from the entry code: leaves with interrupts off and no flag set (arch/x86_64/signal.c). */
void exit_to_user_mode(struct pt_regs *regs);

struct ksignal {
	struct k_sigaction ka;
	siginfo_t info;
	int sig;
};
/* Take the next signal not in @mask, the thread's own before the process's; its number or 0.  siglock held. */
int dequeue_signal(struct task_struct *t, const sigset_t *mask, siginfo_t *info);
/* Next signal with a handler for current, or false; performs default actions (stop, die) itself. */
bool get_signal(struct ksignal *ksig);
void signal_delivered(struct ksignal *ksig);	/* mask after the frame was written */

long sys_rt_sigreturn(void);
long sys_rt_sigaction(int sig, const struct k_sigaction __user *act, struct k_sigaction __user *oact, size_t size);
long sys_rt_sigprocmask(int how, const sigset_t __user *set, sigset_t __user *oset, size_t size);
long sys_rt_sigpending(sigset_t __user *set, size_t size);
long sys_rt_sigtimedwait(const sigset_t __user *set, siginfo_t __user *info, const struct timespec __user *ts, size_t size);
long sys_rt_sigqueueinfo(pid_t pid, int sig, siginfo_t __user *info);
long sys_rt_tgsigqueueinfo(pid_t tgid, pid_t pid, int sig, siginfo_t __user *info);
long sys_rt_sigsuspend(const sigset_t __user *set, size_t size);
long sys_sigaltstack(const stack_t __user *uss, stack_t __user *uoss);
long sys_kill(pid_t pid, int sig);
long sys_tkill(pid_t pid, int sig);
long sys_tgkill(pid_t tgid, pid_t pid, int sig);
long sys_pause(void);

#endif
