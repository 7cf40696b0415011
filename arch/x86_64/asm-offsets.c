/*
 * arch/x86_64/asm-offsets.c - the numbers that C owns and assembly needs
 *
 * Purpose:    compiled to assembly only; the build turns each line "->NAME value" of it into
 *             "%define NAME value" in asm_offsets.inc.  So no constant is typed twice.
 */
#include <asm/desc.h>
#include <asm/percpu.h>
#include <asm/processor.h>
#include <asm/ptrace.h>
#include <asm/extable.h>
#include <boot.h>
#include <sched.h>
#include <syscall.h>

#define DEFINE(name, value) asm volatile("\n->" #name " %0 " :: "i"((long)(value)))
#define CONSTANT(name) asm volatile("\n->" #name " %0 " :: "i"((long)(name)))
#define PT(field) DEFINE(PT_##field, offsetof(struct pt_regs, field))

void asm_offsets(void);

void asm_offsets(void)
{
	CONSTANT(P4D_SHIFT);
	CONSTANT(PAGE_OFFSET);
	CONSTANT(KERNEL_VMA);
	CONSTANT(KASAN_SHADOW_START);
	CONSTANT(KASAN_SHADOW_END);
	CONSTANT(KERNEL_LINK_PHYS);
	CONSTANT(KERNEL_STACK_SIZE);

	CONSTANT(BOOT_PVH);
	CONSTANT(BOOT_MULTIBOOT2);
	CONSTANT(DEBUG_EXIT_PORT);
	CONSTANT(DEBUG_EXIT_FAILURE);

	DEFINE(CR4_LA57_BIT, CR4_LA57);
	DEFINE(MSR_EFER_NR, MSR_EFER);
	DEFINE(MSR_GS_BASE_NR, MSR_GS_BASE);
	DEFINE(EFER_LME_BIT, EFER_LME);
	DEFINE(EFER_NX_BIT, EFER_NX);
	DEFINE(FLAGS_NO_SYSRET, X86_EFLAGS_RF | X86_EFLAGS_TF);
	DEFINE(USER_CS_SEL, USER_CS);
	DEFINE(USER_DS_SEL, USER_DS);
	DEFINE(ENOSYS_NR, ENOSYS);
	DEFINE(EFAULT_NR, EFAULT);
	DEFINE(NR_SYSCALLS_NR, NR_SYSCALLS);
	DEFINE(EX_USER_TYPE, EX_USER);
	DEFINE(EX_PROBE_TYPE, EX_PROBE);
	DEFINE(EX_OVERFLOW_TYPE, EX_OVERFLOW);

	DEFINE(CPU_self, offsetof(struct cpu, self));
	DEFINE(CPU_current, offsetof(struct cpu, curr));
	DEFINE(CPU_kernel_sp, offsetof(struct cpu, kernel_sp));
	DEFINE(CPU_user_sp_scratch, offsetof(struct cpu, user_sp_scratch));
	DEFINE(CPU_SIZE, sizeof(struct cpu));
	DEFINE(FEATURES_fsgsbase, offsetof(struct cpu_features, fsgsbase));
	DEFINE(CPUNODE_SELECTOR, CPUNODE_SEL);
	DEFINE(TASK_ti_flags, offsetof(struct task_struct, ti_flags));
#ifdef QUIRE_LOCKDEP
	DEFINE(TASK_nr_held, offsetof(struct task_struct, held.n));
	DEFINE(CPU_preempt_count, offsetof(struct cpu, preempt_count));
#endif
	DEFINE(TASK_thread_sp, offsetof(struct task_struct, thread.sp));

	PT(r15);
	PT(r14);
	PT(r13);
	PT(r12);
	PT(bp);
	PT(bx);
	PT(r11);
	PT(r10);
	PT(r9);
	PT(r8);
	PT(ax);
	PT(cx);
	PT(dx);
	PT(si);
	PT(di);
	PT(orig_ax);
	PT(ip);
	PT(cs);
	PT(flags);
	PT(sp);
	PT(ss);
	DEFINE(PT_SIZE, sizeof(struct pt_regs));
}
