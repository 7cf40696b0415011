/*
 * tests/kernel/test_traps.c - exceptions: error codes, the exception table, the registers that the
 * entries rely on; what the traps protect is in test_hardening.c
 */
#include <asm/desc.h>
#include <asm/extable.h>
#include <asm/processor.h>
#include <asm/ptrace.h>
#include <asm/uaccess.h>
#include <ktest.h>
#include <mm.h>
#include <sched.h>
#include <sections.h>
#include <slab.h>
#include <vmalloc.h>
#include "user_task.h"

extern const struct extable_entry __ex_table_start[], __ex_table_end[];

static const char constant[] = "read only";

KTEST(traps, page_fault_error_codes)
{
	EXPECT_EQ(probe_read((void *)VMALLOC_END - PAGE_SIZE), PROBE_FAULTED);
	EXPECT_EQ(probe_write((void *)VMALLOC_END - PAGE_SIZE), PROBE_FAULTED | 2);
	EXPECT_EQ(probe_write((void *)constant), PROBE_FAULTED | 3);
	EXPECT_EQ(probe_read(constant), 0);
}

KTEST(traps, exception_table_is_sorted_and_complete)
{
	unsigned long last = 0;

	EXPECT(__ex_table_end - __ex_table_start > 10);
	for (const struct extable_entry *e = __ex_table_start; e < __ex_table_end; e++) {
		unsigned long insn = (unsigned long)&e->insn + e->insn;

		EXPECT(insn > last);
		EXPECT(find_extable(insn) == e);
		EXPECT(find_extable(insn + 1) != e);
		EXPECT(insn >= (unsigned long)_text && insn < (unsigned long)_etext);
		EXPECT(search_exception_table(insn) >= (unsigned long)_text);
		last = insn;
	}
	EXPECT_EQ(search_exception_table((unsigned long)_text), 0);
}

/* One that is not there faults in Bochs (tools/test.py, bochs/no-msr); QEMU's CPU reads 0. */
KTEST(traps, a_register_is_probed)
{
	u64 v = 0;

	EXPECT_EQ(probe_rdmsr(MSR_STAR, &v), 0);
	EXPECT_EQ(v, rdmsr(MSR_STAR));
	EXPECT(v);
}

KTEST(traps, syscall_clears_the_flags_that_harm)
{
	u64 mask = rdmsr(MSR_SYSCALL_MASK);

	EXPECT(mask & X86_EFLAGS_IF);
	EXPECT(mask & X86_EFLAGS_TF);
	EXPECT(mask & X86_EFLAGS_DF);
	EXPECT(mask & X86_EFLAGS_AC);
	EXPECT(mask & X86_EFLAGS_NT);
}

KTEST(traps, sysret_computes_our_selectors)
{
	u64 base = rdmsr(MSR_STAR) >> 48;

	EXPECT_EQ((base + 16) | 3, USER_CS);
	EXPECT_EQ((base + 8) | 3, USER_DS);
	EXPECT_EQ((rdmsr(MSR_STAR) >> 32) & 0xffff, KERNEL_CS);
}

KTEST(traps, gs_names_this_cpu)
{
	EXPECT(rdmsr(MSR_GS_BASE) == (u64)this_cpu());
	EXPECT(this_cpu() == &cpus[smp_processor_id()]);
	EXPECT_EQ(this_cpu()->kernel_sp, (unsigned long)current->stack + KERNEL_STACK_SIZE);
	EXPECT_EQ(this_cpu()->tss->rsp0, this_cpu()->kernel_sp);
}

USER_CODE(spin, "1: jmp 1b\n");

/* Let the process return to user mode with this in its frame; how it ended. */
static int end_with_frame(unsigned long cs, unsigned long ss)
{
	struct task_struct *u;

	ktest_stay_here();		/* and the process too: while we run it does not */
	u = start_user(spin, spin_end, NULL, 0);
	if (IS_ERR(u))
		return (int)PTR_ERR(u);
	local_irq_disable();		/* its frame is at rest */
	task_pt_regs(u)->cs = cs;
	task_pt_regs(u)->ss = ss;
	local_irq_enable();
	return wait_user(u) & 0x7f;
}

KTEST(traps, a_fault_of_iretq_is_the_process_own)
{
	EXPECT_EQ(end_with_frame(0x53, USER_DS), SIGSEGV);	/* beyond the GDT */
	EXPECT_EQ(end_with_frame(USER_CS, 0x53), SIGSEGV);
	EXPECT_EQ(end_with_frame(USER_DS, USER_DS), SIGSEGV);	/* not code */
	EXPECT(rdmsr(MSR_GS_BASE) == (u64)this_cpu());
}
