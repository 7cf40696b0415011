/*
 * boot/la57.c - five levels of page tables, where they are asked for and the CPU has them
 *
 * Purpose:    the word "la57" on the command line doubles the upper end of user space eight
 *             times over: 57-bit addresses, one more level of tables.  "no5lvl" says no to that.
 * Invariants: runs once, on the boot tables, before the first table of the final kind is made
 *             and before any CPU but the first is started; afterwards neither CR4.LA57 nor
 *             __pgtable_l5_enabled ever changes.
 *             Kernel addresses stay where they are: what was the top table with 4 levels hangs
 *             below the last entry of the new one, at the same indices.
 * Simplified: the question is asked here, in C and after the command line was read, for all
 *             entries alike.  So the first CPU is in long mode already and must leave it for
 *             a moment (la57.asm); a 64-bit entry would have to do so in any case.
 * Sources:    Intel, "5-Level Paging and 5-Level EPT" (white paper), "Enumeration and Enabling".
 */
#include <asm/pgtable.h>
#include <asm/processor.h>
#include <boot.h>
#include <boot_info.h>
#include <mm.h>
#include <printk.h>
#include <sched.h>

void la57_switch(void);		/* la57.asm */

static bool __init cpu_has_la57(void)
{
	u32 max, a, b, c, d;

	cpuid(0, 0, &max, &b, &c, &d);
	if (max < 7)
		return false;
	cpuid(7, 0, &a, &b, &c, &d);
	return c & BIT(16);
}

void __init la57_init(void)
{
	if (!cmdline_has("la57") || cmdline_has("no5lvl"))
		return;
	if (!cpu_has_la57()) {
		pr_warn("la57: this processor has no 5-level paging: going on with 4 levels\n");
		return;
	}
	la57_switch();
	__pgtable_l5_enabled = true;
	__task_size_max = TASK_SIZE_L5;
	init_mm.task_size = TASK_SIZE_L5;
	pr_info("la57: 5-level paging, user addresses up to %#lx by hint\n", TASK_SIZE_MAX);
}
