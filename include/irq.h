/*
 * irq.h - device interrupts
 *
 * Vectors: 0-31 exceptions, 32-47 legacy ISA lines through the IOAPIC, 48-239 others,
 * 0xec the local timer, 0xff spurious.
 */
#ifndef IRQ_H
#define IRQ_H

#include <types.h>

struct pt_regs;

#define IRQ_BASE_VECTOR		32
#define LOCAL_TIMER_VECTOR	0xec
#define PARK_VECTOR		0xfb	/* between CPUs: asm/smp.h */
#define RESCHEDULE_VECTOR	0xfc
#define CALL_VECTOR		0xfd
#define SPURIOUS_VECTOR		0xff
#define NR_IRQS			192	/* GSI numbers */

typedef void (*irq_handler_t)(int irq, void *arg);

/* Route ISA line or GSI @irq to this CPU and call @fn in interrupt context.  0, -EBUSY, -ENODEV. */
int request_irq(unsigned int irq, irq_handler_t fn, void *arg, const char *name);
void free_irq(unsigned int irq, void *arg);
/*
 * For a device that interrupts by a message (MSI): a write of *@data to *@addr calls @fn on this CPU.
 * 0, or -EBUSY when no vector is left.  For ever.
 */
int request_msi(irq_handler_t fn, void *arg, const char *name, u64 *addr, u32 *data);
/* From the entry code, interrupts off: vector in @vector; acknowledges, calls the handler. */
void do_irq(struct pt_regs *regs, unsigned int vector);
extern unsigned int irq_counts[][256];	/* by CPU and vector; own CPU */
unsigned long irq_count(unsigned int vector);	/* on all CPUs */

/* Platform set-up in boot order (arch/x86_64/acpi.c, apic.c, ioapic.c, tsc.c). */
void acpi_init(void);
void apic_init(void);
void ioapic_init(void);
void apic_eoi(void);

#endif
