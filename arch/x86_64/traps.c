/*
 * arch/x86_64/traps.c - the exceptions of the CPU, page faults excepted
 *
 * Purpose:    a fault of user code becomes the signal that Linux sends for it; a fault of the
 *             kernel at an instruction with a fix-up continues there; any other one is a panic.
 * Invariants: interrupts are on while a signal for user code is made, if they were on in the
 *             code that faulted; never in the handlers with a stack of their own.
 * Sources:    Intel SDM vol. 3A, "Exception and Interrupt Reference", "Debug Exceptions"; vol. 1,
 *             "x87 FPU Status Register", "MXCSR Control and Status Register".
 */
#include <asm/extable.h>
#include <asm/nmi.h>
#include <asm/processor.h>
#include <asm/ptrace.h>
#include <asm/traps.h>
#include <boot.h>
#include <irq.h>
#include <mm.h>
#include <panic.h>
#include <printk.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <uapi/sigcontext.h>
#include <vmalloc.h>

enum {
	TRAP_DE, TRAP_DB, TRAP_NMI, TRAP_BP, TRAP_OF, TRAP_BR, TRAP_UD, TRAP_NM, TRAP_DF,
	TRAP_TS = 10, TRAP_NP, TRAP_SS, TRAP_GP, TRAP_MF = 16, TRAP_AC, TRAP_MC, TRAP_XM,
};

void do_exception(struct pt_regs *regs, unsigned int vector, unsigned long error);
struct pt_regs *fixup_bad_iret(struct pt_regs *regs);

/* What user code gets: code 0 means SI_KERNEL without an address. */
struct trap {
	const char *name;
	int signo;
	int code;
	bool addr_is_ip;
};

static const struct trap traps[32] = {
	[TRAP_DE] = { "divide error", SIGFPE, FPE_INTDIV, true },
	[TRAP_DB] = { "debug", SIGTRAP, TRAP_TRACE, true },
	[TRAP_NMI] = { "NMI", 0, 0, false },
	[TRAP_BP] = { "int3", SIGTRAP, 0, false },
	[TRAP_OF] = { "overflow", SIGSEGV, 0, false },
	[TRAP_BR] = { "bounds", SIGSEGV, 0, false },
	[TRAP_UD] = { "invalid opcode", SIGILL, ILL_ILLOPN, true },
	[TRAP_NM] = { "device not available", SIGSEGV, 0, false },
	[TRAP_DF] = { "double fault", 0, 0, false },
	[TRAP_TS] = { "invalid TSS", SIGSEGV, 0, false },
	[TRAP_NP] = { "segment not present", SIGBUS, 0, false },
	[TRAP_SS] = { "stack segment", SIGBUS, 0, false },
	[TRAP_GP] = { "general protection fault", SIGSEGV, 0, false },
	[TRAP_MF] = { "x87 FPU error", SIGFPE, 0, true },
	[TRAP_AC] = { "alignment check", SIGBUS, BUS_ADRALN, false },
	[TRAP_MC] = { "machine check", 0, 0, false },
	[TRAP_XM] = { "SIMD exception", SIGFPE, 0, true },
};

/* Which of the unmasked exceptions it was, the most specific first; 0: none is pending. */
static int fpu_code(unsigned int pending)
{
	if (pending & 0x01)
		return FPE_FLTINV;
	if (pending & 0x04)
		return FPE_FLTDIV;
	if (pending & 0x08)
		return FPE_FLTOVF;
	if (pending & 0x12)		/* denormal, underflow */
		return FPE_FLTUND;
	if (pending & 0x20)
		return FPE_FLTRES;
	return 0;
}

static int fpu_exception_code(unsigned int vector)
{
	struct _fpstate_64 *fx = current->thread.fpu;

	if (!fx)
		return 0;
	preempt_disable();
	fpu_save(fx);
	preempt_enable();
	if (vector == TRAP_MF)
		return fpu_code(fx->swd & ~fx->cwd & 0x3f);
	return fpu_code(fx->mxcsr & ~(fx->mxcsr >> 7) & 0x3f);
}

static void user_trap(struct pt_regs *regs, unsigned int vector, unsigned long error)
{
	const struct trap *t = &traps[vector];
	int code = t->code;

	current->thread.trap_nr = vector;
	current->thread.error_code = error;
	if (vector == TRAP_MF || vector == TRAP_XM) {
		code = fpu_exception_code(vector);
		if (!code)
			return;		/* spurious */
	}
	if (!t->signo)
		die(regs, t->name ?: "unknown exception", error, 0);
	if (code)
		force_sig_fault(t->signo, code, t->addr_is_ip ? regs->ip : 0);
	else
		force_sig(t->signo);
}

/* Only user code single-steps; in the kernel nothing does, so a stray step is switched off. */
static void debug_trap(struct pt_regs *regs, unsigned long error)
{
	unsigned long dr6;

	asm volatile("mov %%dr6, %0" : "=r"(dr6));
	asm volatile("mov %0, %%dr6" :: "r"(0xffff0ff0UL));
	if (user_mode(regs)) {
		local_irq_enable();
		user_trap(regs, TRAP_DB, error);
		return;
	}
	regs->flags &= ~X86_EFLAGS_TF;
	pr_warn("debug trap in the kernel at %#lx, DR6 %#lx\n", regs->ip, dr6);
}

static void double_fault(struct pt_regs *regs, unsigned long error)
{
	const struct extable_entry *e = find_extable(regs->ip);
	unsigned long cr2 = read_cr2();

	bool guard = is_stack_guard(cr2);

	if (guard && e && e->type == EX_OVERFLOW && fixup_exception(regs, PROBE_DF))
		return;
	if (guard || (unsigned long)boot_stack - cr2 - 1 < PAGE_SIZE)
		die(regs, "kernel stack overflow", error, cr2);
	die(regs, traps[TRAP_DF].name, error, cr2);
}

/* Enter: interrupts off, on the task's stack, or on an IST stack for #DB in the kernel, NMI, #DF, #MC. */
void do_exception(struct pt_regs *regs, unsigned int vector, unsigned long error)
{
	switch (vector) {
	case TRAP_DB:
		debug_trap(regs, error);
		return;
	case TRAP_NMI:
		irq_counts[smp_processor_id()][TRAP_NMI]++;		/* no printk: we may have interrupted one */
		nmi_received(regs);
		return;
	case TRAP_DF:
		double_fault(regs, error);
		return;
	case TRAP_MC:
		die(regs, traps[vector].name, error, 0);
	}
	if (user_mode(regs)) {
		if (regs->flags & X86_EFLAGS_IF)
			local_irq_enable();
		if (vector != TRAP_GP || !fixup_umip(regs))
			user_trap(regs, vector, error);
		return;
	}
	if (fixup_exception(regs, PROBE_GP))
		return;
#ifdef QUIRE_KASAN
	if (vector == TRAP_GP)		/* the shadow of such an address is not canonical */
		die(regs, "general protection fault: a null or user pointer, if a check did it", error, 0);
#endif
	die(regs, traps[vector].name ?: "unknown exception", error, 0);
}

/*
 * The IRETQ to user mode faulted: its frame had a bad segment or instruction pointer.
 * Enter: kernel GS; @regs has the user's general registers; the iret frame, at regs->sp, is the
 * end of task_pt_regs.  Returns the frame, made whole: now it is a fault of the user's code.
 */
struct pt_regs *fixup_bad_iret(struct pt_regs *regs)
{
	struct pt_regs *user = task_pt_regs(current);
	unsigned long error = regs->orig_ax;

	memmove(user, regs, offsetof(struct pt_regs, orig_ax));
	user->orig_ax = error;
	return user;
}
