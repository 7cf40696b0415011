/*
 * arch/x86_64/process.c - a task's registers: made by fork, replaced by exec, switched
 *
 * Invariants: the user registers of a task lie at the top of its kernel stack
 *             (task_pt_regs).  Below them a task that does not run has what
 *             __switch_to_asm() pops.  cpu->kernel_sp and TSS.rsp0 name the top of the
 *             running task's stack.
 *             The segment bases of a task that does not run are in its thread_struct; those of
 *             current are in the CPU, where user mode writes them itself if it has FSGSBASE.
 * Sources:    AMD64 psABI, "Process Initialization"; Intel SDM vol. 2, "SWAPGS".
 */
#include <asm/desc.h>
#include <asm/processor.h>
#include <asm/ptrace.h>
#include <asm/uaccess.h>
#include <boot.h>
#include <printk.h>
#include <sched.h>
#include <string.h>
#include <uapi/unistd.h>

void ret_from_fork(void);
struct task_struct *__switch_to(struct task_struct *prev, struct task_struct *next);

/* What __switch_to_asm() pops, lowest address first. */
struct switch_frame {
	unsigned long r15, r14, r13, r12, bx, bp;
	unsigned long ret;
};

/* The user segment bases that are in this CPU's registers: writing them is slow. */
static struct {
	unsigned long fs, gs;
} loaded_base[NR_CPUS];

static void load_bases(const struct thread_struct *th)
{
	unsigned int cpu = smp_processor_id();

	if (loaded_base[cpu].fs != th->fsbase) {
		loaded_base[cpu].fs = th->fsbase;
		wrmsr(MSR_FS_BASE, th->fsbase);
	}
	if (loaded_base[cpu].gs != th->gsbase) {
		loaded_base[cpu].gs = th->gsbase;
		wrmsr(MSR_KERNEL_GS_BASE, th->gsbase);
	}
}

static u64 rdfsbase(void)
{
	u64 base;

	asm volatile("rdfsbase %0" : "=r"(base));
	return base;
}

/* @th: of the task that runs. */
static void save_bases(struct thread_struct *th)
{
	unsigned int cpu = smp_processor_id();

	if (!cpu_features.fsgsbase)		/* nobody but us can have changed them */
		return;
	th->fsbase = loaded_base[cpu].fs = rdfsbase();
	th->gsbase = loaded_base[cpu].gs = rdmsr(MSR_KERNEL_GS_BASE);
}

void save_segment_bases(void)
{
	save_bases(&current->thread);
}

/* The part of a switch that C can say.  On @next's stack already; returns @prev to the caller. */
struct task_struct *__switch_to(struct task_struct *prev, struct task_struct *next)
{
	struct cpu *cpu = this_cpu();

	if (prev->thread.fpu)
		save_bases(&prev->thread);
	cpu->curr = next;
	cpu->kernel_sp = (unsigned long)next->stack + KERNEL_STACK_SIZE;
	cpu->tss->rsp0 = cpu->kernel_sp;
	if (prev->thread.fpu)
		fpu_save(prev->thread.fpu);
	if (next->thread.fpu) {
		fpu_restore(next->thread.fpu);
		load_bases(&next->thread);
	}
	return prev;
}

/* A kernel thread has no user registers; exec may give it some later. */
static void kernel_thread_regs(struct pt_regs *regs)
{
	memset(regs, 0, sizeof(*regs));
	regs->cs = KERNEL_CS;
	regs->orig_ax = -1UL;
}

static void child_user_regs(struct pt_regs *regs, unsigned long usp)
{
	*regs = *task_pt_regs(current);
	regs->ax = 0;
	if (usp)
		regs->sp = usp;
}

int copy_thread(struct task_struct *p, unsigned long usp, unsigned long tls, bool settls,
		int (*fn)(void *), void *arg)
{
	struct pt_regs *regs = task_pt_regs(p);
	struct switch_frame *frame = (struct switch_frame *)regs - 1;

	if (!fn) {
		if (settls && tls >= TASK_SIZE_MAX)
			return -EPERM;
		p->thread.fpu = fpu_alloc();
		if (!p->thread.fpu)
			return -ENOMEM;
		save_segment_bases();
		p->thread.fsbase = settls ? tls : current->thread.fsbase;
		p->thread.gsbase = current->thread.gsbase;
		fpu_save(p->thread.fpu);	/* ours, live in the CPU */
		child_user_regs(regs, usp);
	} else {
		p->thread.fpu = NULL;
		p->thread.fsbase = 0;
		p->thread.gsbase = 0;
		kernel_thread_regs(regs);
	}
	memset(frame, 0, sizeof(*frame));
	frame->bx = (unsigned long)fn;
	frame->r12 = (unsigned long)arg;
	frame->ret = (unsigned long)ret_from_fork;
	p->thread.sp = (unsigned long)frame;
	return 0;
}

/* Once, for the log: how long the boot took, in ticks that are instructions under -icount. */
static void report_boot_time(void)
{
	static bool done;

	if (done || current->pid != 1)
		return;
	done = true;
	pr_info("boot: %lu TSC ticks from kernel entry to the first user instruction\n",
		(unsigned long)(rdtsc() - boot_tsc));
}

void start_thread(struct pt_regs *regs, unsigned long ip, unsigned long sp)
{
	report_boot_time();
	if (!current->thread.fpu)	/* a kernel thread becomes a program: init */
		current->thread.fpu = fpu_alloc();
	if (!current->thread.fpu) {
		force_sig(SIGKILL);
		return;
	}
	memset(regs, 0, sizeof(*regs));
	regs->ip = ip;
	regs->sp = sp;
	regs->cs = USER_CS;
	regs->ss = USER_DS;
	regs->flags = X86_EFLAGS_FIXED | X86_EFLAGS_IF;
	regs->orig_ax = -1UL;		/* not the frame of a system call any more */
	preempt_disable();
	save_segment_bases();		/* notes what is loaded */
	current->thread.fsbase = 0;
	current->thread.gsbase = 0;
	load_bases(&current->thread);
	fpu_reset(current->thread.fpu);
	fpu_restore(current->thread.fpu);
	preempt_enable();
}

static int set_base(unsigned long *base, unsigned long addr)
{
	if (addr >= TASK_SIZE_MAX)
		return -EPERM;
	preempt_disable();
	*base = addr;
	load_bases(&current->thread);
	preempt_enable();
	return 0;
}

long do_arch_prctl(int code, unsigned long addr)
{
	struct thread_struct *th = &current->thread;

	save_segment_bases();
	switch (code) {
	case ARCH_SET_FS:
		return set_base(&th->fsbase, addr);
	case ARCH_SET_GS:
		return set_base(&th->gsbase, addr);
	case ARCH_GET_FS:
		return put_user(th->fsbase, (unsigned long __user *)addr);
	case ARCH_GET_GS:
		return put_user(th->gsbase, (unsigned long __user *)addr);
	default:
		return -EINVAL;
	}
}
