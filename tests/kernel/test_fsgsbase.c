/*
 * tests/kernel/test_fsgsbase.c - an exception on a stack of its own finds its CPU whatever is in
 * GS.base
 *
 * Between the first instruction of a system call and SWAPGS the kernel runs with the user's base:
 * here an NMI comes then, and the base looks like one of the kernel's.
 */
#include <asm/irqflags.h>
#include <asm/percpu.h>
#include <asm/processor.h>
#include <irq.h>
#include <ktest.h>

/* What is in GS.base after an NMI that came while @base was in it. */
static noinline u64 base_after_nmi(u64 base)
{
	u64 after, own;

	asm volatile("rdgsbase %1\n\t"
		     "wrgsbase %2\n\t"
		     "int $2\n\t"
		     "rdgsbase %0\n\t"
		     "wrgsbase %1"
		     : "=&r"(after), "=&r"(own) : "r"(base) : "memory");
	return after;
}

KTEST(fsgsbase, an_nmi_does_not_trust_the_base)
{
	static const u64 bases[] = { 0, 0x1000, 0xffff888000001000, 0xffffffffffffff00, (u64)cpus };
	unsigned long flags, before = irq_count(2);

	if (!cpu_features.fsgsbase) {
		ktest_skip(t, "this CPU has no FSGSBASE");
		return;
	}
	for (unsigned int i = 0; i < ARRAY_SIZE(bases); i++) {
		u64 after;

		flags = local_irq_save();
		after = base_after_nmi(bases[i]);
		local_irq_restore(flags);
		EXPECT_EQ(after, bases[i]);
	}
	EXPECT_EQ(irq_count(2) - before, ARRAY_SIZE(bases));
	EXPECT(this_cpu() == &cpus[smp_processor_id()]);
}
