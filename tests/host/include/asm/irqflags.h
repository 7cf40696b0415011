/* tests/host asm/irqflags.h - an interrupt flag that nothing interrupts, but that is checked */
#ifndef ASM_IRQFLAGS_H
#define ASM_IRQFLAGS_H

#include <types.h>

#define X86_EFLAGS_IF 0x200UL

extern bool fake_irqs_off;

static inline unsigned long local_save_flags(void) { return fake_irqs_off ? 0 : X86_EFLAGS_IF; }
static inline void local_irq_disable(void) { fake_irqs_off = true; }
static inline void local_irq_enable(void) { fake_irqs_off = false; }
static inline unsigned long local_irq_save(void)
{
	unsigned long f = local_save_flags();

	fake_irqs_off = true;
	return f;
}
static inline void local_irq_restore(unsigned long f)
{
	if (f & X86_EFLAGS_IF)
		fake_irqs_off = false;
}
static inline bool irqs_disabled(void) { return fake_irqs_off; }
static inline void cpu_relax(void) { }

#endif
