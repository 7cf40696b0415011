/*
 * arch/x86_64/signal.c - the way back to user mode, and signal frames on its stack
 *
 * Purpose:    before a thread runs user code again: reschedule, deliver signals, restart
 *             interrupted system calls.  To run a handler the interrupted registers are
 *             written to the user stack (struct rt_sigframe) and changed so that user mode
 *             continues in the handler; rt_sigreturn(2) reads them back.
 * Invariants: nothing that user space can write into a frame gives it more than it had:
 *             segments stay user segments, only harmless flags are taken over, the CPU itself
 *             checks the FPU state, the instruction pointer lies in the user half.
 *             A frame that cannot be written or read ends in SIGSEGV.
 * Sources:    AMD64 psABI, "Stack Frame", "red zone"; Linux's struct rt_sigframe layout;
 *             fpu_signal.c has the FPU part.
 */
#include <asm/fpu.h>
#include <asm/ptrace.h>
#include <asm/uaccess.h>
#include <mm.h>
#include <rseq.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <uapi/sigcontext.h>
#include <uapi/unistd.h>

#define RED_ZONE 128
#define TIF_WORK ((1UL << TIF_SIGPENDING) | (1UL << TIF_NEED_RESCHED) | \
		  (1UL << TIF_RESTORE_SIGMASK) | (1UL << TIF_NOTIFY_RESUME))

/* ---- the alternate stack -------------------------------------------------------- */

static bool on_sig_stack(unsigned long sp)
{
	const struct task_struct *t = current;

	/* With SS_AUTODISARM the stack is not armed while a handler runs on it. */
	if (t->sas_ss_flags & SS_AUTODISARM)
		return false;
	return sp > t->sas_ss_sp && sp - t->sas_ss_sp <= t->sas_ss_size;
}

static unsigned int sas_ss_state(unsigned long sp)
{
	if (!current->sas_ss_size)
		return SS_DISABLE;
	return on_sig_stack(sp) ? SS_ONSTACK : 0;
}

static void sas_ss_reset(void)
{
	current->sas_ss_sp = 0;
	current->sas_ss_size = 0;
	current->sas_ss_flags = SS_DISABLE;
}

static int set_altstack(const stack_t *ss, unsigned long sp)
{
	unsigned int mode = ss->ss_flags & ~SS_AUTODISARM;

	if (on_sig_stack(sp))
		return -EPERM;
	if (mode != SS_DISABLE && mode != SS_ONSTACK && mode != 0)
		return -EINVAL;
	if (mode == SS_DISABLE) {
		sas_ss_reset();
		current->sas_ss_flags = ss->ss_flags;
		return 0;
	}
	if (ss->ss_size < MINSIGSTKSZ)
		return -ENOMEM;
	current->sas_ss_sp = (unsigned long)ss->ss_sp;
	current->sas_ss_size = ss->ss_size;
	current->sas_ss_flags = ss->ss_flags;
	return 0;
}

static void get_altstack(stack_t *ss, unsigned long sp)
{
	memset(ss, 0, sizeof(*ss));
	ss->ss_sp = (void *)current->sas_ss_sp;
	ss->ss_size = current->sas_ss_size;
	ss->ss_flags = sas_ss_state(sp) | (current->sas_ss_flags & SS_AUTODISARM);
}

long sys_sigaltstack(const stack_t __user *uss, stack_t __user *uoss)
{
	unsigned long sp = task_pt_regs(current)->sp;
	stack_t new, old;
	int err = 0;

	if (uss && copy_from_user(&new, uss, sizeof(new)))
		return -EFAULT;
	get_altstack(&old, sp);
	if (uss)
		err = set_altstack(&new, sp);
	if (!err && uoss && copy_to_user(uoss, &old, sizeof(old)))
		err = -EFAULT;
	return err;
}

/* ---- building a frame --------------------------------------------------------------- */

/* Where the frame goes: below the red zone, or on the alternate stack; 0 if that has no room. */
static unsigned long frame_address(const struct ksignal *ksig, unsigned long sp, unsigned long *fp)
{
	bool nested = on_sig_stack(sp), entering = false;
	unsigned long frame;

	sp -= RED_ZONE;
	if ((ksig->ka.flags & SA_ONSTACK) && sas_ss_state(sp + RED_ZONE) == 0) {
		sp = current->sas_ss_sp + current->sas_ss_size;
		entering = true;
	}
	*fp = fpu_alloc_sigframe(sp);
	/* At function entry rsp + 8 is a multiple of 16. */
	frame = ALIGN_DOWN(*fp - sizeof(struct rt_sigframe), 16UL) - 8;
	if ((nested || entering) &&
	    (frame <= current->sas_ss_sp ||
	     frame - current->sas_ss_sp > current->sas_ss_size))
		return 0;
	return frame;
}

static void fill_sigcontext(struct sigcontext_64 *sc, const struct pt_regs *regs, sigset_t mask)
{
	const struct thread_struct *th = &current->thread;

	sc->r8 = regs->r8;
	sc->r9 = regs->r9;
	sc->r10 = regs->r10;
	sc->r11 = regs->r11;
	sc->r12 = regs->r12;
	sc->r13 = regs->r13;
	sc->r14 = regs->r14;
	sc->r15 = regs->r15;
	sc->di = regs->di;
	sc->si = regs->si;
	sc->bp = regs->bp;
	sc->bx = regs->bx;
	sc->dx = regs->dx;
	sc->ax = regs->ax;
	sc->cx = regs->cx;
	sc->sp = regs->sp;
	sc->ip = regs->ip;
	sc->flags = regs->flags;
	sc->cs = regs->cs;
	sc->ss = regs->ss;
	sc->err = th->error_code;
	sc->trapno = th->trap_nr;
	sc->cr2 = th->cr2;
	sc->oldmask = mask;
}

/* Write the frame for @ksig and point @regs at the handler.  0 or -EFAULT. */
static int setup_rt_frame(struct ksignal *ksig, struct pt_regs *regs)
{
	sigset_t mask = test_tsk_flag(current, TIF_RESTORE_SIGMASK) ? current->saved_sigmask
								    : current->blocked;
	struct rt_sigframe frame;
	unsigned long addr, fp;

	addr = frame_address(ksig, regs->sp, &fp);
	if (!addr || !(ksig->ka.flags & SA_RESTORER))
		return -EFAULT;
	memset(&frame, 0, sizeof(frame));
	frame.pretcode = ksig->ka.restorer;
	frame.info = ksig->info;
	frame.uc.uc_flags = (fpu_xfeatures ? UC_FP_XSTATE : 0) | UC_SIGCONTEXT_SS |
			    UC_STRICT_RESTORE_SS;
	get_altstack(&frame.uc.uc_stack, regs->sp);
	frame.uc.uc_sigmask = mask;
	fill_sigcontext(&frame.uc.uc_mcontext, regs, mask);
	frame.uc.uc_mcontext.fpstate = fp;

	if (fpu_save_sigframe(fp) || copy_to_user((void __user *)addr, &frame, sizeof(frame)))
		return -EFAULT;
	if (current->sas_ss_flags & SS_AUTODISARM)
		sas_ss_reset();

	regs->di = ksig->sig;
	regs->si = addr + offsetof(struct rt_sigframe, info);
	regs->dx = addr + offsetof(struct rt_sigframe, uc);
	regs->ax = 0;
	regs->ip = (unsigned long)ksig->ka.handler;
	regs->sp = addr;
	regs->cs = USER_CS;
	regs->ss = USER_DS;
	regs->flags &= ~(X86_EFLAGS_DF | X86_EFLAGS_RF | X86_EFLAGS_TF);
	fpu_clear_user_states();
	return 0;
}

/* ---- coming back ----------------------------------------------------------------------- */

static int restore_sigcontext(struct pt_regs *regs, const struct sigcontext_64 *sc)
{
	regs->r8 = sc->r8;
	regs->r9 = sc->r9;
	regs->r10 = sc->r10;
	regs->r11 = sc->r11;
	regs->r12 = sc->r12;
	regs->r13 = sc->r13;
	regs->r14 = sc->r14;
	regs->r15 = sc->r15;
	regs->di = sc->di;
	regs->si = sc->si;
	regs->bp = sc->bp;
	regs->bx = sc->bx;
	regs->dx = sc->dx;
	regs->ax = sc->ax;
	regs->cx = sc->cx;
	regs->sp = sc->sp;
	regs->ip = sc->ip;
	regs->cs = USER_CS;
	regs->ss = USER_DS;
	regs->flags = (regs->flags & ~X86_EFLAGS_USER) | (sc->flags & X86_EFLAGS_USER);
	return fpu_restore_sigframe(sc->fpstate);
}

long sys_rt_sigreturn(void)
{
	struct pt_regs *regs = task_pt_regs(current);
	struct ucontext uc;

	current->restart_block.fn = NULL;
	if (copy_from_user(&uc, (void __user *)(regs->sp - 8 + offsetof(struct rt_sigframe, uc)),
			   sizeof(uc)))
		goto bad;
	set_current_blocked(uc.uc_sigmask);
	if (restore_sigcontext(regs, &uc.uc_mcontext))
		goto bad;
	/* Like Linux: a bad stack in the frame is not an error, it is not taken over. */
	set_altstack(&uc.uc_stack, regs->sp);
	regs->orig_ax = -1UL;		/* not a system call to restart */
	return regs->ax;
bad:
	force_sig(SIGSEGV);
	return 0;
}

/* ---- on the way to user mode -------------------------------------------------------------- */

static void restart_as(struct pt_regs *regs, unsigned long nr)
{
	regs->ax = nr;
	regs->ip -= 2;		/* the SYSCALL instruction */
}

/* A handler will run: does the interrupted call fail with EINTR, or start again afterwards? */
static void restart_after_handler(struct pt_regs *regs, unsigned long sa_flags)
{
	switch (-(long)regs->ax) {
	case ERESTARTSYS:
		if (!(sa_flags & SA_RESTART)) {
			regs->ax = -EINTR;
			break;
		}
		restart_as(regs, regs->orig_ax);
		break;
	case ERESTARTNOINTR:
		restart_as(regs, regs->orig_ax);
		break;
	case ERESTARTNOHAND:
	case ERESTART_RESTARTBLOCK:
		regs->ax = -EINTR;
		break;
	}
}

/* No handler ran (the signal was ignored, or stopped us): go on as if nothing had been. */
static void restart_silently(struct pt_regs *regs)
{
	switch (-(long)regs->ax) {
	case ERESTARTSYS:
	case ERESTARTNOHAND:
	case ERESTARTNOINTR:
		restart_as(regs, regs->orig_ax);
		break;
	case ERESTART_RESTARTBLOCK:
		restart_as(regs, __NR_restart_syscall);
		break;
	}
}

static void do_signal(struct pt_regs *regs)
{
	struct ksignal ksig;

	if (!get_signal(&ksig)) {
		if (in_syscall(regs))
			restart_silently(regs);
		restore_saved_sigmask_unless(false);
		return;
	}
	if (in_syscall(regs))
		restart_after_handler(regs, ksig.ka.flags);
	if (rseq_signal_deliver(regs) || setup_rt_frame(&ksig, regs)) {
		/* No stack to run the handler on, or a bad sequence; for SIGSEGV itself that is the end. */
		if (ksig.sig == SIGSEGV)
			do_group_exit(SIGSEGV);
		force_sig(SIGSEGV);
		return;
	}
	regs->orig_ax = -1UL;
	signal_delivered(&ksig);
}

void exit_to_user_mode(struct pt_regs *regs)
{
	for (;;) {
		unsigned long work;

		local_irq_disable();
		work = READ_ONCE(current->ti_flags) & TIF_WORK;
		if (!work) {
			lockdep_return_to_user();
			return;
		}
		local_irq_enable();
		if (work & (1UL << TIF_NEED_RESCHED))
			schedule();
		if (work & ((1UL << TIF_SIGPENDING) | (1UL << TIF_RESTORE_SIGMASK)))
			do_signal(regs);
		if (work & (1UL << TIF_NOTIFY_RESUME)) {
			clear_tsk_flag(current, TIF_NOTIFY_RESUME);
			if (rseq_resume(regs))
				force_sig(SIGSEGV);
		}
	}
}
