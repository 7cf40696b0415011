/*
 * rseq.h - restartable sequences: what the kernel owes a thread that registered an area (kernel/rseq.c)
 */
#ifndef RSEQ_H
#define RSEQ_H

#include <sched.h>
#include <types.h>
#include <uapi/rseq.h>

long sys_rseq(struct rseq __user *rseq, u32 len, int flags, u32 sig);

/* @t is taken from its CPU, or told so: before it runs user code again its area is looked at.  Any context. */
static inline void rseq_preempt(struct task_struct *t)
{
	if (!t->rseq)
		return;
	WRITE_ONCE(t->rseq_event, true);
	set_tsk_flag(t, TIF_NOTIFY_RESUME);
}

/*
 * Current is about to run user code at @regs: write its CPU into the area; if it was interrupted in a
 * sequence, go on at the abort handler.  Process context, interrupts on.  0 or -errno: it must die.
 */
int rseq_resume(struct pt_regs *regs);
/* The same before a handler's frame is made. */
static inline int rseq_signal_deliver(struct pt_regs *regs)
{
	if (!current->rseq)
		return 0;
	WRITE_ONCE(current->rseq_event, true);
	return rseq_resume(regs);
}

/* A new task, not running yet: threads register for themselves, a process goes on with its copy. */
void rseq_fork(struct task_struct *t, u64 clone_flags);

#endif
