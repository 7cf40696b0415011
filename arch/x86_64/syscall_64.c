/*
 * arch/x86_64/syscall_64.c - telling the CPU where SYSCALL goes
 *
 * Invariants: SYSCALL clears every flag that would harm the kernel: interrupts (the stack is
 *             still the user's), trap, direction, AC (user memory stays closed), NT.
 * Sources:    Intel SDM vol. 2, "SYSCALL" and "SYSRET"; AMD APM vol. 2, "SYSCALL and SYSRET".
 */
#include <asm/desc.h>
#include <asm/processor.h>
#include <asm/smp.h>
#include <trace.h>

void entry_syscall(void);
void entry_syscall_traced(void);

static u64 syscall_entry = (u64)entry_syscall;	/* of all CPUs */

void syscall_init(void)
{
	wrmsr(MSR_FS_BASE, 0);		/* what process.c believes is loaded */
	wrmsr(MSR_KERNEL_GS_BASE, 0);
	wrmsr(MSR_STAR, (u64)USER32_CS << 48 | (u64)KERNEL_CS << 32);
	wrmsr(MSR_LSTAR, READ_ONCE(syscall_entry));
	wrmsr(MSR_SYSCALL_MASK, X86_EFLAGS_IF | X86_EFLAGS_TF | X86_EFLAGS_DF | X86_EFLAGS_IOPL |
				X86_EFLAGS_NT | X86_EFLAGS_AC | X86_EFLAGS_RF);
	wrmsr(MSR_EFER, rdmsr(MSR_EFER) | EFER_SCE);
}

static void load_entry(void *unused)
{
	wrmsr(MSR_LSTAR, READ_ONCE(syscall_entry));
}

/* The plain entry has no trace point: tracing has an entry of its own. */
void arch_trace_syscalls(bool on)
{
	WRITE_ONCE(syscall_entry, (u64)(on ? entry_syscall_traced : entry_syscall));
	load_entry(NULL);
	smp_call_others(load_entry, NULL);
}
