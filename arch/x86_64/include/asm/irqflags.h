/*
 * asm/irqflags.h - interrupts on and off on this CPU
 */
#ifndef ASM_IRQFLAGS_H
#define ASM_IRQFLAGS_H

#include <types.h>

#define X86_EFLAGS_IF 0x200UL

static inline unsigned long local_save_flags(void)
{
	unsigned long f;

	asm volatile("pushfq; popq %0" : "=r"(f) :: "memory");
	return f;
}
static inline void local_irq_disable(void) { asm volatile("cli" ::: "memory"); }
static inline void local_irq_enable(void) { asm volatile("sti" ::: "memory"); }
static inline unsigned long local_irq_save(void)
{
	unsigned long f = local_save_flags();

	local_irq_disable();
	return f;
}
static inline void local_irq_restore(unsigned long f)
{
	if (f & X86_EFLAGS_IF)
		local_irq_enable();
}
static inline bool irqs_disabled(void) { return !(local_save_flags() & X86_EFLAGS_IF); }
static inline void cpu_relax(void) { asm volatile("pause" ::: "memory"); }

#endif
