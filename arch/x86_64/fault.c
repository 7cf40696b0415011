/*
 * arch/x86_64/fault.c - from CR2 to handle_mm_fault(), or to a signal
 *
 * Purpose:    decide whose fault it was.
 *
 *   who     address    what
 *   user    kernel     SIGSEGV, SEGV_MAPERR
 *   user    no VMA     SIGSEGV, SEGV_MAPERR (a stack VMA above it grows first)
 *   user    VMA        SIGSEGV, SEGV_ACCERR if its flags forbid the access,
 *                      SEGV_PKUERR if the thread's PKRU forbids it for the VMA's key,
 *                      else handle_mm_fault(): done, SIGBUS, out of memory
 *   kernel  user       the same, but only at an instruction with a fix-up: EFAULT, no signal
 *   kernel  kernel     a kernel bug: panic (self tests may probe)
 *
 * The questions, one by one, are in fault_table.h, from which mm/explain.c is made as well.
 *
 * Invariants: CR2 was read by the entry code before anything else could fault.  vmalloc never
 *             faults: all address spaces share the kernel's tables.  The stack grows only with
 *             mmap_sem held for writing.  With spinlocks held (in_atomic) a user access never
 *             sleeps: it fails.
 * Sources:    Intel SDM vol. 3A, "Page-Fault Exceptions"; POSIX, "Signal Actions".
 */
#include <asm/extable.h>
#include <asm/pkeys.h>
#include <asm/processor.h>
#include <asm/ptrace.h>
#include <asm/uaccess.h>
#include <explain.h>
#include <fault_table.h>
#include <mm.h>
#include <panic.h>
#include <printk.h>
#include <sched.h>
#include <signal.h>
#include <trace.h>
#include <vmalloc.h>

#define PF_PROT		0x01UL		/* the page is present, the access is not allowed */
#define PF_WRITE	0x02UL
#define PF_USER		0x04UL
#define PF_RSVD		0x08UL
#define PF_INSTR	0x10UL
#define PF_PK		0x20UL		/* the page's protection key forbids it */

#define TRAP_PF 14

void do_page_fault(struct pt_regs *regs, unsigned long error, unsigned long addr);

/* ---- what cannot be repaired ---------------------------------------------------------------------- */

static void __noreturn kernel_oops(struct pt_regs *regs, unsigned long error, unsigned long addr)
{
	const char *why = "kernel page fault";

	if (error & PF_RSVD)
		why = "page table entry with reserved bits";
	else if (is_stack_guard(addr))
		why = "kernel stack overflow";
	else if (error & PF_INSTR)
		why = addr < TASK_SIZE_MAX ? "kernel jumped to user memory"
					   : "kernel jumped to what is not code";
	else if (addr < PAGE_SIZE)
		why = "kernel NULL pointer dereference";
	else if (addr < TASK_SIZE_MAX)
		why = "kernel access to user memory outside uaccess";
	else if ((error & PF_PROT) && (error & PF_WRITE))
		why = "kernel write to read-only memory";
	die(regs, why, error, addr);
}

/* A self test jumped to @addr, which cannot be executed: go on in probe_exec(). */
static bool fixup_probe_exec(struct pt_regs *regs, unsigned long error, unsigned long addr)
{
	unsigned long *sp = (unsigned long *)regs->sp;

	if (!(error & PF_INSTR) || regs->ip != addr || *sp != (unsigned long)probe_exec_return)
		return false;
	regs->sp += sizeof(*sp);
	regs->ax = PROBE_FAULTED | error;
	regs->ip = (unsigned long)probe_exec_fault;
	return true;
}

/* The kernel touched @addr and nothing can map it: a fix-up, or the end. */
static void kernel_fault(struct pt_regs *regs, unsigned long error, unsigned long addr)
{
	const struct extable_entry *e = find_extable(regs->ip);

	if (e && (e->type == EX_PROBE || addr < TASK_SIZE_MAX) && !(error & PF_RSVD)) {
		fixup_exception(regs, PROBE_FAULTED | error);
		return;
	}
	if (fixup_probe_exec(regs, error, addr))
		return;
	kernel_oops(regs, error, addr);
}

/* Ten faults in five seconds at most: a program can fault as fast as it likes. */
static bool log_allowed(void)
{
	static DEFINE_SPINLOCK(logged_lock);
	static u64 window;		/* logged_lock */
	static unsigned int count;	/* logged_lock */
	u64 now = ktime_get();
	bool allowed;

	spin_lock(&logged_lock);
	if (now - window > 5 * NSEC_PER_SEC) {
		window = now;
		count = 0;
	}
	allowed = count++ < 10;
	spin_unlock(&logged_lock);
	return allowed;
}

/* Will @sig, of which current cannot get past, end it? */
static bool signal_ends(int sig)
{
	const struct k_sigaction *sa = &current->sighand->action[sig - 1];

	return sa->handler == SIG_DFL || sa->handler == SIG_IGN || sigismember(&current->blocked, sig);
}

/* As Linux's line; then why, and what is around. */
static noinline void log_user_fault(const struct pt_regs *regs, unsigned long error, unsigned long addr,
				    int signo)
{
	if (!signal_ends(signo) || !log_allowed())
		return;
	pr_info("%s[%d]: %s at %lx ip %lx sp %lx error %lx\n", current->comm, current->pid,
		signo == SIGSEGV ? "segfault" : "bus error", addr, regs->ip, regs->sp, error);
	explain_to_log(addr, error & PF_WRITE ? 'w' : error & PF_INSTR ? 'x' : 'r');
}

/* What a fault without tracing brings in besides VM_FAULT_*: nothing (arch_trace_faults). */
#define VM_FAULT_TRACED	0x1000
static vm_fault_t fault_traced;

static noinline void trace_bad_area(struct pt_regs *regs, unsigned long error, unsigned long addr,
				    int signo, int code)
{
	u32 reason = signo == SIGBUS ? OUTCOME_SIGBUS : code == SEGV_PKUERR ? OUTCOME_SEGV_PKUERR :
		     code == SEGV_ACCERR ? OUTCOME_SEGV_ACCERR : OUTCOME_SEGV_MAPERR;

	trace_fault_begin(error, addr, regs->ip, 0);
	if (user_mode(regs))
		trace_fault_sig(addr, signo, code, reason);
	trace_fault_end(addr, user_mode(regs) ? reason : OUTCOME_KERNEL_FIXUP);
}

/* @pkey: of SEGV_PKUERR. */
static void bad_area(struct pt_regs *regs, unsigned long error, unsigned long addr, int signo,
		     int code, int pkey)
{
	struct thread_struct *th = &current->thread;

	if (unlikely(fault_traced))
		trace_bad_area(regs, error, addr, signo, code);
	if (!user_mode(regs)) {
		kernel_fault(regs, error, addr);
		return;
	}
	if (addr >= TASK_SIZE_MAX)
		error |= PF_PROT;	/* what is mapped there is none of its business */
	th->cr2 = addr;
	th->error_code = error | PF_USER;
	th->trap_nr = TRAP_PF;
	log_user_fault(regs, error, addr, signo);
	if (code == SEGV_PKUERR && signo == SIGSEGV)
		force_sig_pkuerr(addr, pkey);
	else
		force_sig_fault(signo, code, addr);
}

/* ---- what can ----------------------------------------------------------------------------------------- */

/* What an error code asks for: the VMA must have one of vm_flags; mm/ is told fault_flags. */
struct access {
	unsigned int vm_flags, fault_flags;
};

#define NEEDS(e) FAULT_NEEDS((e) & PF_WRITE, (e) & PF_INSTR, (e) & PF_PROT)
#define FLAGS(e) (((e) & PF_WRITE ? FAULT_FLAG_WRITE : 0) | \
		  ((e) & PF_USER ? FAULT_FLAG_USER : 0) | \
		  ((e) & PF_INSTR ? FAULT_FLAG_INSTRUCTION : 0) | \
		  ((e) & PF_PROT ? FAULT_FLAG_PRESENT : 0))
#define ROW(e)	{ NEEDS(e), FLAGS(e) }
#define ROWS(e)	ROW(e), ROW(e + 1), ROW(e + 2), ROW(e + 3)

static struct access accesses[32] = {
	ROWS(0), ROWS(4), ROWS(8), ROWS(12), ROWS(16), ROWS(20), ROWS(24), ROWS(28),
};

/*
 * With protection keys, or while faults are traced, no flag of the VMA is enough: no row finds one,
 * access_error() decides.
 */
static void set_accesses(bool slow)
{
	for (size_t i = 0; i < ARRAY_SIZE(accesses); i++)
		accesses[i].vm_flags = slow ? 0 : NEEDS(i);
}

void __init fault_check_pkeys(void)
{
	set_accesses(true);
}

void arch_trace_faults(bool on)
{
	fault_traced = on ? VM_FAULT_TRACED : 0;
	set_accesses(on || arch_pkeys_enabled());
}

/*
 * May the access not be made?  Then mmap_sem is dropped and the signal (or fix-up) is under way.
 * The key is asked before a page is brought in: memory that cannot be read need not be filled.
 */
static noinline bool access_error(struct vm_area_struct *vma, struct pt_regs *regs,
				  unsigned long error, unsigned long addr)
{
	bool key_forbids = (error & PF_PK) || !arch_vma_access_permitted(vma, error & PF_WRITE,
									 error & PF_INSTR, false);
	unsigned int needs = NEEDS(error);
	int pkey = vma_pkey(vma);

	if (fault_traced)
		trace_fault_begin(error, addr, regs->ip, vma->vm_start);
	FAULT_KEY_QUESTIONS(FAULT_ASK)
	FAULT_ALLOWED_QUESTIONS(FAULT_ASK)
entry:
	return false;
segv_accerr:
	up_read(&vma->vm_mm->mmap_sem);
	bad_area(regs, error, addr, SIGSEGV, SEGV_ACCERR, 0);
	return true;
segv_pkuerr:
	up_read(&vma->vm_mm->mmap_sem);
	bad_area(regs, error, addr, SIGSEGV, SEGV_PKUERR, pkey);
	return true;
}

/*
 * The first VMA ends above @addr but starts above it too: let a stack grow down.
 * Enter and leave: mmap_sem held for reading; dropped and taken again on the way, so the VMA
 * is looked up anew.  NULL: no VMA covers @addr.
 */
static noinline struct vm_area_struct *grow_stack(struct mm_struct *mm, unsigned long addr)
{
	const struct task_struct *tsk = current;
	struct vm_area_struct *vma;

	up_read(&mm->mmap_sem);
	down_write(&mm->mmap_sem);
	vma = find_vma(mm, addr);
	FAULT_AREA_QUESTIONS(FAULT_ASK)
	FAULT_STACK_QUESTIONS(FAULT_ASK)
key:
	if (vma->vm_start > addr && expand_downwards(vma, addr & PAGE_MASK))
		goto segv_maperr;
	downgrade_write(&mm->mmap_sem);
	return vma;
segv_maperr:
	downgrade_write(&mm->mmap_sem);
	return NULL;
}

/* A test made memory run out (fail_nth.h): try again, unless that would fail for ever. */
static void injected_oom(void)
{
	if (fail_nth_is_for_good())
		force_sig(SIGKILL);
}

/* handle_mm_fault() failed; mmap_sem is released. */
static noinline void fault_error(struct pt_regs *regs, unsigned long error, unsigned long addr,
				 vm_fault_t fault)
{
	if (fatal_signal_pending(current)) {
		trace_fault_end(addr, OUTCOME_RETRY);
		if (!user_mode(regs))
			kernel_fault(regs, error, addr);
		return;
	}
	if (fault & VM_FAULT_OOM) {
		trace_fault_end(addr, OUTCOME_OOM);
		if (!user_mode(regs))
			kernel_fault(regs, error, addr);
		else if (failure_injected())
			injected_oom();
		else if (!out_of_memory(GFP_KERNEL, 0))
			force_sig(SIGKILL);
		return;			/* somebody was killed: try again */
	}
	if (fault & VM_FAULT_SIGBUS)
		bad_area(regs, error, addr, SIGBUS, BUS_ADRERR, 0);
	else
		bad_area(regs, error, addr, SIGSEGV, SEGV_MAPERR, 0);
}

/* May the kernel, at this instruction and in this state, fault on a user address? */
static bool kernel_may_fault(const struct pt_regs *regs)
{
	const struct extable_entry *e = find_extable(regs->ip);

	return current->mm && !in_atomic() && e && e->type == EX_USER;
}

/*
 * From the entry code: interrupts off, @addr is CR2.  The labels are those of fault_table.h.  That an entry
 * maps the page and allows the access (mapped, permitted), the CPU has denied.
 */
void do_page_fault(struct pt_regs *regs, unsigned long error, unsigned long addr)
{
	struct task_struct *tsk = current;
	struct mm_struct *mm = tsk->mm;
	const struct access *access = &accesses[error & 31];
	struct vm_area_struct *vma;
	unsigned int needs;
	vm_fault_t fault;

	/* Above TASK_SIZE_MAX in the lower half there is no VMA to find. */
	FAULT_HALF_QUESTIONS(FAULT_ASK)
mapped:
	if (unlikely(error & PF_RSVD))
		goto segv_kernel;
	if (unlikely(!user_mode(regs) && !kernel_may_fault(regs))) {
		kernel_fault(regs, error, addr);
		return;
	}
	if (likely(regs->flags & X86_EFLAGS_IF))
		local_irq_enable();
retry:
	down_read(&mm->mmap_sem);
	vma = find_vma(mm, addr);
	FAULT_AREA_QUESTIONS(FAULT_ASK)
room:
	vma = grow_stack(mm, addr);
	if (!vma)
		goto segv_maperr;
key:
	needs = access->vm_flags;	/* 0 if the key must be asked */
	FAULT_ALLOWED_QUESTIONS(FAULT_ASK)
segv_accerr:
	if (access_error(vma, regs, error, addr))
		return;
entry:
	fault = handle_mm_fault(vma, addr, access->fault_flags) | fault_traced;
	up_read(&mm->mmap_sem);
	if (unlikely(fault & (VM_FAULT_ERROR | VM_FAULT_RETRY | VM_FAULT_TRACED))) {
		if ((fault & VM_FAULT_RETRY) && !(fault & VM_FAULT_ERROR) &&
		    !fatal_signal_pending(tsk))
			goto retry;
		if (fault & (VM_FAULT_ERROR | VM_FAULT_RETRY)) {
			fault_error(regs, error, addr, fault);
			return;
		}
		trace_fault_end(addr, OUTCOME_RETRY);
	}
	if (fault & VM_FAULT_MAJOR)
		tsk->maj_flt++;
	else
		tsk->min_flt++;
	return;
segv_maperr:
	up_read(&mm->mmap_sem);
segv_kernel:
	if (user_mode(regs))
		local_irq_enable();	/* in the kernel they stay as they were */
	bad_area(regs, error, addr, SIGSEGV, SEGV_MAPERR, 0);
}
