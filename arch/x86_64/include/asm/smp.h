/*
 * asm/smp.h - the other CPUs: starting them, and interrupting them
 */
#ifndef ASM_SMP_H
#define ASM_SMP_H

#include <asm/irqflags.h>
#include <asm/percpu.h>

/* Boot, before mem_init(): keep the page below 1 MiB in which CPUs begin. */
void smp_reserve_trampoline(void);
/* Start the CPUs that ACPI names, as far as maxcpus= and nosmp allow.  Process context, once. */
void smp_init(void);

/* Make CPU @cpu look at its need_resched flag.  Any context; not for this CPU. */
void smp_send_reschedule(unsigned int cpu);
/*
 * Run @fn(@arg) on every other CPU, with interrupts off there, and wait until all have.  Interrupts are on
 * here, and the caller stays on its CPU.
 */
void smp_call_others(void (*fn)(void *arg), void *arg);
/* The same, and on this CPU too. */
static inline void on_each_cpu(void (*fn)(void *arg), void *arg)
{
	unsigned long flags = local_irq_save();

	fn(arg);
	local_irq_restore(flags);
	if (nr_cpus > 1)
		smp_call_others(fn, arg);
}
/* The same on the CPUs of @mask (words of 64) but this one. */
void smp_call_mask(const unsigned long *mask, void (*fn)(void *arg), void *arg);
/*
 * Bring the other CPUs to a place where they hold no spinlock, and keep them there until smp_unpark().
 * Interrupts are on here and no spinlock is held; the machine is the caller's alone until then.
 */
void smp_park_others(void);
/*
 * The same, but in user mode or idle: no task but those that sleep is in the middle of anything.  A lock
 * that is taken may belong to one of them: who waits for it now waits for ever.
 */
void smp_park_others_quiet(void);
void smp_unpark(void);
bool smp_is_parked(unsigned int cpu);
/* do_irq(): the interrupts of this file. */
struct pt_regs;
void smp_interrupt(struct pt_regs *regs, unsigned int vector);

#endif
