/*
 * arch/x86_64/idt.c - the interrupt descriptor table
 *
 * Purpose:    256 gates to the stubs of entry.asm.
 * Invariants: all are interrupt gates: the entry code runs with interrupts off.  Only #BP and
 *             #OF may be raised by an instruction of user mode.  #PF never has an IST stack,
 *             because faults nest.
 * Sources:    Intel SDM vol. 3A, "64-Bit Mode IDT", "Interrupt Stack Table".
 */
#include <asm/desc.h>
#include <asm/page.h>
#include <asm/processor.h>

struct idt_gate {
	u16 offset_low;
	u16 selector;
	u8 ist;
	u8 type;
	u16 offset_mid;
	u32 offset_high;
	u32 reserved;
};
_Static_assert(sizeof(struct idt_gate) == 16, "hardware layout");

#define GATE_INTERRUPT	0x8e
#define GATE_USER	0xee	/* INT3 and INTO may be executed in user mode */

extern const unsigned long idt_stubs[256];

static struct idt_gate idt[256] __ro_after_init __aligned(16);

static void set_gate(unsigned int vector, u8 type, u8 ist)
{
	unsigned long stub = idt_stubs[vector];

	idt[vector] = (struct idt_gate){
		.offset_low = stub & 0xffff,
		.selector = KERNEL_CS,
		.ist = ist,
		.type = type,
		.offset_mid = (stub >> 16) & 0xffff,
		.offset_high = stub >> 32,
	};
}

void idt_load(void)
{
	struct desc_ptr ptr = { sizeof(idt) - 1, (u64)__va(__pa(idt)) };	/* see gdt.c */

	asm volatile("lidt %0" :: "m"(ptr));
}

void __init idt_init(void)
{
	for (unsigned int v = 0; v < 256; v++)
		set_gate(v, GATE_INTERRUPT, 0);
	set_gate(1, GATE_INTERRUPT, IST_DB);
	set_gate(2, GATE_INTERRUPT, IST_NMI);
	set_gate(3, GATE_USER, 0);
	set_gate(4, GATE_USER, 0);
	set_gate(8, GATE_INTERRUPT, IST_DF);
	set_gate(18, GATE_INTERRUPT, IST_MC);
	idt_load();
}
