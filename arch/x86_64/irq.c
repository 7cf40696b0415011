/*
 * arch/x86_64/irq.c - from a vector to the driver's handler
 *
 * Purpose:    request_irq() for drivers, do_irq() for the entry code.
 * Invariants: the vector of line or GSI n is IRQ_BASE_VECTOR + n; a line has at most one
 *             handler; handlers run with interrupts off and irq_depth > 0.
 * Lock order: irq_lock > ioapic_lock; interrupts off.
 * Simplified: no sharing of lines, all interrupts go to the CPU that asked for them.
 * Sources:    ACPI specification, "Interrupt Source Override Structure"; Intel SDM vol. 3A,
 *             "Signaling Interrupt Servicing Completion".
 */
#include <asm/acpi.h>
#include <asm/apic.h>
#include <asm/percpu.h>
#include <asm/smp.h>
#include <err.h>
#include <irq.h>
#include <printk.h>
#include <spinlock.h>
#include <time.h>
#include <trace.h>

static struct irq_desc {
	irq_handler_t fn;		/* irq_lock to change; read in the interrupt */
	void *arg;
	const char *name;
	u32 gsi;
	bool level;
	bool warned;
} irq_desc[NR_IRQS];
static DEFINE_SPINLOCK(irq_lock);

unsigned int irq_counts[NR_CPUS][256];

unsigned long irq_count(unsigned int vector)
{
	unsigned long n = 0;

	for (unsigned int cpu = 0; cpu < nr_cpus; cpu++)
		n += irq_counts[cpu][vector];
	return n;
}

/* Where line @irq really arrives, and how: ISA lines by default edge, active high; others PCI's way. */
static u32 irq_to_gsi(unsigned int irq, bool *level, bool *low)
{
	u16 flags;

	if (irq >= 16) {
		*level = *low = true;
		return irq;
	}
	flags = acpi_info.isa_flags[irq];
	*level = (flags & MADT_LEVEL) == MADT_LEVEL;
	*low = (flags & MADT_ACTIVE_LOW) == MADT_ACTIVE_LOW;
	return acpi_info.isa_gsi[irq];
}

/* The CPU that devices interrupt: this one, if its number has room where eight bits are (I/O APIC, messages). */
static u32 irq_dest(void)
{
	u32 id = this_cpu()->apic_id;

	return id < 0xff ? id : cpus[0].apic_id;
}

int request_irq(unsigned int irq, irq_handler_t fn, void *arg, const char *name)
{
	bool level, low;
	unsigned long flags;
	struct irq_desc *d;
	int err = -EBUSY;
	u32 gsi;

	if (irq >= NR_IRQS)
		return -ENODEV;
	gsi = irq_to_gsi(irq, &level, &low);
	if (!ioapic_has(gsi))
		return -ENODEV;
	d = &irq_desc[irq];
	spin_lock_irqsave(&irq_lock, flags);
	if (!d->fn) {
		d->arg = arg;
		d->name = name;
		d->gsi = gsi;
		d->level = level;
		WRITE_ONCE(d->fn, fn);
		err = ioapic_route(gsi, IRQ_BASE_VECTOR + irq, irq_dest(), level, low);
	}
	spin_unlock_irqrestore(&irq_lock, flags);
	return err;
}

void free_irq(unsigned int irq, void *arg)
{
	unsigned long flags;

	if (irq >= NR_IRQS)
		return;
	spin_lock_irqsave(&irq_lock, flags);
	if (irq_desc[irq].fn && irq_desc[irq].arg == arg) {
		ioapic_mask(irq_desc[irq].gsi);
		WRITE_ONCE(irq_desc[irq].fn, NULL);
	}
	spin_unlock_irqrestore(&irq_lock, flags);
}

#define MSI_ADDRESS 0xfee00000UL		/* the local APICs; bits 19:12 choose one */

/* Vectors of messages are taken from the top, where no GSI reaches. */
int request_msi(irq_handler_t fn, void *arg, const char *name, u64 *addr, u32 *data)
{
	unsigned long flags;
	int err = -EBUSY;

	spin_lock_irqsave(&irq_lock, flags);
	for (unsigned int irq = NR_IRQS - 1; err && irq >= 16 && !ioapic_has(irq); irq--) {
		struct irq_desc *d = &irq_desc[irq];

		if (d->fn)
			continue;
		d->arg = arg;
		d->name = name;
		d->level = false;
		*addr = MSI_ADDRESS | (u64)irq_dest() << 12;
		*data = IRQ_BASE_VECTOR + irq;
		WRITE_ONCE(d->fn, fn);
		err = 0;
	}
	spin_unlock_irqrestore(&irq_lock, flags);
	return err;
}

/*
 * An edge is acknowledged first, so that the next one is not lost; a level only after the
 * handler has quieted the device, or it would interrupt again at once.
 */
static void device_irq(unsigned int irq)
{
	struct irq_desc *d = &irq_desc[irq];
	irq_handler_t fn = READ_ONCE(d->fn);
	bool level = d->level;

	if (!level)
		apic_eoi();
	if (fn) {
		fn(irq, d->arg);
	} else if (!d->warned) {
		d->warned = true;
		pr_warn("irq: line %u interrupts, but no driver asked for it\n", irq);
	}
	if (level)
		apic_eoi();
}

void do_irq(struct pt_regs *regs, unsigned int vector)
{
	struct cpu *cpu = this_cpu();
	unsigned int held = lockdep_irq_enter();

	cpu->irq_depth++;
	irq_counts[cpu->id][vector & 0xff]++;
	if (unlikely(trace_mask))
		trace_irq_begin();
	if (vector == LOCAL_TIMER_VECTOR) {
		apic_eoi();
		timer_interrupt(regs);
	} else if (vector - IRQ_BASE_VECTOR < NR_IRQS) {
		device_irq(vector - IRQ_BASE_VECTOR);
	} else if (vector >= PARK_VECTOR && vector <= CALL_VECTOR) {
		apic_eoi();
		smp_interrupt(regs, vector);
	} else if (vector != SPURIOUS_VECTOR) {		/* a spurious one wants no EOI */
		apic_eoi();
		pr_warn("irq: unexpected vector %u\n", vector);
	}
	cpu->irq_depth--;
	lockdep_irq_exit(held);
}
