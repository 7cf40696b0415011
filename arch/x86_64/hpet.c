/*
 * arch/x86_64/hpet.c - the high precision event timer, as a counter to measure others by
 *
 * Purpose:    a clock of known frequency, told by its own register.
 * Simplified: its comparators are not used: the local APIC interrupts us.
 * Sources:    Intel, "IA-PC HPET Specification" 1.0a.
 */
#include <asm/acpi.h>
#include <asm/apic.h>
#include <asm/irqflags.h>
#include <asm/page.h>
#include <memblock.h>
#include <printk.h>
#include <vmalloc.h>

#define HPET_CAPABILITIES	0x00	/* upper half: period in femtoseconds */
#define HPET_CONFIG		0x10
#define HPET_COUNTER		0xf0
#define HPET_ENABLE		BIT(0)
#define HPET_LEGACY		BIT(1)
#define HPET_MAX_PERIOD		100000000UL	/* 100 ns, by the specification */
#define FEMTOSECONDS		1000000000000000UL

u64 hpet_hz;
static volatile u8 *hpet;

static u32 hpet_reg(unsigned int reg)
{
	return *(volatile u32 *)(hpet + reg);
}

u32 hpet_read(void)
{
	return hpet_reg(HPET_COUNTER);
}

/* Map it and let the counter run; false if there is none or it does not move. */
bool hpet_init(void)
{
	u32 period, before;

	if (!acpi_info.hpet_addr || memblock_is_memory(acpi_info.hpet_addr))
		return false;
	hpet = ioremap(acpi_info.hpet_addr, PAGE_SIZE);
	if (!hpet)
		return false;
	period = hpet_reg(HPET_CAPABILITIES + 4);
	if (!period || period > HPET_MAX_PERIOD)
		goto absent;
	*(volatile u32 *)(hpet + HPET_CONFIG) =
		(hpet_reg(HPET_CONFIG) | HPET_ENABLE) & ~(u32)HPET_LEGACY;
	before = hpet_read();
	for (int i = 0; i < 100000 && hpet_read() == before; i++)
		cpu_relax();
	if (hpet_read() == before)
		goto absent;
	hpet_hz = FEMTOSECONDS / period;
	return true;
absent:
	iounmap((void *)hpet);
	hpet = NULL;
	return false;
}
