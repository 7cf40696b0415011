/*
 * kernel/rseq.c - restartable sequences: data of a CPU, changed by user code without atomic operations
 *
 * Purpose:    a thread registers an area in which the kernel keeps the number of its CPU.  Before a short
 *             sequence of instructions it stores the address of a descriptor there:
 *
 *                 start_ip ... the last store, post_commit_offset behind   ; the sequence
 *                 signature, abort_ip                                       ; where to go instead
 *
 *             If the thread loses its CPU, or a handler runs, before that last store, it goes on at abort_ip.
 *             So the sequence is done whole, on one CPU, or not at all.
 * Invariants: an event (preemption, move, signal, membarrier) sets rseq_event and TIF_NOTIFY_RESUME; both
 *             are looked at before the thread runs user code again, and cpu_id is right from then on.
 *             abort_ip is preceded by the signature of the registration, so that nobody who can only write
 *             a descriptor chooses where the thread goes on; what does not fit ends in SIGSEGV.
 *             task->rseq is NULL in a new thread and after exec: the area belongs to the address space.
 * Lock order: none.  User memory may fault, interrupts are on.
 * Sources:    rseq(2); Desnoyers, "The 5-year journey to bring restartable sequences to Linux", 2019.
 */
#include <asm/ptrace.h>
#include <asm/uaccess.h>
#include <err.h>
#include <rseq.h>

#define RSEQ_SIZE 32		/* of the area, as Linux 6.1 wants it */

_Static_assert(sizeof(struct rseq) == RSEQ_SIZE, "the size is part of the call");

static int write_cpu(unsigned int start, unsigned int cpu)
{
	struct rseq __user *r = current->rseq;

	return put_user(start, &r->cpu_id_start) || put_user(cpu, &r->cpu_id) ? -EFAULT : 0;
}

/* Does a descriptor say something that can be done?  0 or -EINVAL. */
static int check_cs(const struct rseq_cs *cs)
{
	unsigned long end = cs->start_ip + cs->post_commit_offset;

	if (cs->start_ip >= TASK_SIZE_MAX || end >= TASK_SIZE_MAX || cs->abort_ip >= TASK_SIZE_MAX ||
	    cs->version > 0 || end < cs->start_ip)
		return -EINVAL;
	/* The handler must not be part of what it ends. */
	return cs->abort_ip - cs->start_ip < cs->post_commit_offset ? -EINVAL : 0;
}

/* The descriptor that current has stored, all zero if none.  0 or -errno. */
static int get_cs(struct rseq_cs *cs)
{
	unsigned long ptr;
	u32 sig;
	int err;

	*cs = (struct rseq_cs){ 0 };
	if (get_user(ptr, &current->rseq->rseq_cs))
		return -EFAULT;
	if (!ptr)
		return 0;
	if (ptr >= TASK_SIZE_MAX)
		return -EINVAL;
	if (copy_from_user(cs, (void __user *)ptr, sizeof(*cs)))
		return -EFAULT;
	err = check_cs(cs);
	if (err)
		return err;
	if (get_user(sig, (u32 __user *)(cs->abort_ip - sizeof(sig))))
		return -EFAULT;
	return sig == current->rseq_sig ? 0 : -EINVAL;
}

static int clear_cs(void)
{
	return put_user(0UL, &current->rseq->rseq_cs) ? -EFAULT : 0;
}

/* Leave the sequence that @regs is in, if an event demands it; forget one that it is not in. */
static int fix_ip(struct pt_regs *regs)
{
	struct rseq_cs cs;
	unsigned int flags;
	int err = get_cs(&cs);

	if (err)
		return err;
	if (regs->ip - cs.start_ip >= cs.post_commit_offset)
		return clear_cs();
	/* Flags once meant "do not restart for this event"; nobody may ask for that any more. */
	if (get_user(flags, &current->rseq->flags))
		return -EFAULT;
	if (cs.flags || flags)
		return -EINVAL;
	if (!__atomic_exchange_n(&current->rseq_event, false, __ATOMIC_RELAXED))
		return 0;
	err = clear_cs();
	if (!err)
		regs->ip = cs.abort_ip;
	return err;
}

int rseq_resume(struct pt_regs *regs)
{
	unsigned int cpu;
	int err;

	if (!current->rseq || (current->flags & PF_EXITING))
		return 0;
	err = fix_ip(regs);
	if (err)
		return err;
	/* Who moves to another CPU while this is written comes here again. */
	cpu = smp_processor_id();
	return write_cpu(cpu, cpu);
}

void rseq_fork(struct task_struct *t, u64 clone_flags)
{
	if (clone_flags & CLONE_VM) {
		t->rseq = NULL;
		t->rseq_sig = 0;
		t->rseq_event = false;
	}
	rseq_preempt(t);
}

/* @rseq is registered, or none is if that is NULL.  Do the arguments name it?  0 or -errno. */
static int check_registered(const struct rseq __user *rseq, u32 len, u32 sig)
{
	if (current->rseq != rseq || !current->rseq || len != RSEQ_SIZE)
		return -EINVAL;
	return current->rseq_sig == sig ? 0 : -EPERM;
}

static long unregister(struct rseq __user *rseq, u32 len, int flags, u32 sig)
{
	int err = flags & ~RSEQ_FLAG_UNREGISTER ? -EINVAL : check_registered(rseq, len, sig);

	if (!err)
		err = write_cpu(0, RSEQ_CPU_ID_UNINITIALIZED);
	if (err)
		return err;
	current->rseq = NULL;
	current->rseq_sig = 0;
	return 0;
}

long sys_rseq(struct rseq __user *rseq, u32 len, int flags, u32 sig)
{
	unsigned long cs;

	if (flags & RSEQ_FLAG_UNREGISTER)
		return unregister(rseq, len, flags, sig);
	if (flags)
		return -EINVAL;
	if (current->rseq)
		return check_registered(rseq, len, sig) ?: -EBUSY;
	if ((unsigned long)rseq % __alignof__(*rseq) || len != RSEQ_SIZE)
		return -EINVAL;
	/* A pointer that memory happens to hold is not one to a descriptor. */
	if (!access_ok(rseq, len) || get_user(cs, &rseq->rseq_cs) || (cs && put_user(0UL, &rseq->rseq_cs)))
		return -EFAULT;
	current->rseq = rseq;
	current->rseq_sig = sig;
	/* Its CPU is written on the way back; if that is not possible, the thread dies there. */
	set_tsk_flag(current, TIF_NOTIFY_RESUME);
	return 0;
}
