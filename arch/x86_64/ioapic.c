/*
 * arch/x86_64/ioapic.c - the I/O APICs: from a device's line to a CPU's vector
 *
 * Purpose:    program the redirection entry of one global interrupt.
 * Invariants: every pin is masked unless a driver asked for it; an entry is changed only
 *             while masked (its two halves cannot be written at once).
 * Lock order: ioapic_lock is innermost, taken with interrupts off.
 * Sources:    Intel 82093AA datasheet; Intel SDM vol. 3A, "Issuing Interrupts: physical
 *             destination mode".
 */
#include <asm/acpi.h>
#include <asm/apic.h>
#include <asm/page.h>
#include <err.h>
#include <ioport.h>
#include <irq.h>
#include <memblock.h>
#include <printk.h>
#include <spinlock.h>
#include <vmalloc.h>

#define IOREGSEL	0x00
#define IOWIN		0x10
#define IOAPIC_VERSION	0x01
#define IOAPIC_REDIR	0x10		/* two registers per pin */

#define REDIR_MASKED	BIT(16)
#define REDIR_LEVEL	BIT(15)
#define REDIR_LOW	BIT(13)

static struct ioapic {
	volatile u32 *regs;
	u32 gsi_base, nr_pins;
} ioapics[ACPI_MAX_IOAPICS];
static unsigned int nr_ioapics;
static DEFINE_SPINLOCK(ioapic_lock);	/* the select/window pair of registers */

static u32 io_read(struct ioapic *io, u32 reg)
{
	io->regs[IOREGSEL / 4] = reg;
	return io->regs[IOWIN / 4];
}

static void io_write(struct ioapic *io, u32 reg, u32 v)
{
	io->regs[IOREGSEL / 4] = reg;
	io->regs[IOWIN / 4] = v;
}

static void mask_all(struct ioapic *io)
{
	for (u32 pin = 0; pin < io->nr_pins; pin++)
		io_write(io, IOAPIC_REDIR + 2 * pin, REDIR_MASKED);
}

void ioapic_init(void)
{
	for (unsigned int i = 0; i < acpi_info.nr_ioapics; i++) {
		struct ioapic *io = &ioapics[nr_ioapics];
		u32 version;

		if (memblock_is_memory(acpi_info.ioapic[i].addr)) {
			pr_warn("ioapic: %#x is RAM: left out\n", acpi_info.ioapic[i].addr);
			continue;
		}
		io->regs = ioremap(acpi_info.ioapic[i].addr, PAGE_SIZE);
		if (!io->regs)
			continue;
		version = io_read(io, IOAPIC_VERSION);
		if (version == 0xffffffff || version == 0) {	/* nobody there */
			iounmap((void *)io->regs);
			continue;
		}
		io->gsi_base = acpi_info.ioapic[i].gsi_base;
		io->nr_pins = ((version >> 16) & 0xff) + 1;
		mask_all(io);
		nr_ioapics++;
		request_mem_region(acpi_info.ioapic[i].addr, PAGE_SIZE);
		pr_info("ioapic: %#x, GSI %u-%u\n", acpi_info.ioapic[i].addr, io->gsi_base,
			io->gsi_base + io->nr_pins - 1);
	}
	if (!nr_ioapics)
		pr_warn("ioapic: none found: devices will be polled\n");
}

static struct ioapic *find_ioapic(u32 gsi)
{
	for (unsigned int i = 0; i < nr_ioapics; i++)
		if (gsi - ioapics[i].gsi_base < ioapics[i].nr_pins)
			return &ioapics[i];
	return NULL;
}

bool ioapic_has(u32 gsi)
{
	return find_ioapic(gsi) != NULL;
}

int ioapic_route(u32 gsi, u8 vector, u32 dest, bool level, bool active_low)
{
	struct ioapic *io = find_ioapic(gsi);
	unsigned long flags;
	u32 reg, low = vector;

	if (!io || dest > 0xfe)		/* eight bits, and all ones mean all CPUs */
		return -ENODEV;
	reg = IOAPIC_REDIR + 2 * (gsi - io->gsi_base);
	if (level)
		low |= REDIR_LEVEL;
	if (active_low)
		low |= REDIR_LOW;
	spin_lock_irqsave(&ioapic_lock, flags);
	io_write(io, reg, REDIR_MASKED);
	io_write(io, reg + 1, dest << 24);
	io_write(io, reg, low);
	spin_unlock_irqrestore(&ioapic_lock, flags);
	return 0;
}

void ioapic_mask(u32 gsi)
{
	struct ioapic *io = find_ioapic(gsi);
	unsigned long flags;

	if (!io)
		return;
	spin_lock_irqsave(&ioapic_lock, flags);
	io_write(io, IOAPIC_REDIR + 2 * (gsi - io->gsi_base), REDIR_MASKED);
	spin_unlock_irqrestore(&ioapic_lock, flags);
}
