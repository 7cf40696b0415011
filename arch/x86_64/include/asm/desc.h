/*
 * asm/desc.h - descriptor tables: GDT, TSS, IDT
 *
 * Sources: Intel SDM vol. 3A, "Segment Descriptors", "TSS Descriptor in 64-bit mode",
 *          "64-Bit Mode IDT", "Interrupt Stack Table".
 */
#ifndef ASM_DESC_H
#define ASM_DESC_H

#include <types.h>
#include <asm/percpu.h>

struct tss {
	u32 reserved0;
	u64 rsp0;		/* stack for entries from user mode */
	u64 rsp1, rsp2;
	u64 reserved1;
	u64 ist[7];		/* ist[n - 1] is IST n */
	u64 reserved2;
	u16 reserved3;
	u16 iomap_base;
} __packed;
_Static_assert(sizeof(struct tss) == 104, "hardware layout");

struct desc_ptr {
	u16 limit;
	u64 base;
} __packed;

/* arch/x86_64/gdt.c: this CPU's GDT and TSS; segment registers loaded, GS.base kept. */
void gdt_init(struct cpu *cpu);
/* Stacks with guard pages for the IST entries of @cpu.  0 or -ENOMEM. */
int ist_stacks_alloc(const struct cpu *cpu);
/* Give the first CPU its own, once vmalloc works. */
void ist_stacks_init(void);
/* arch/x86_64/idt.c: the gates, shared by all CPUs. */
void idt_init(void);
void idt_load(void);
/* arch/x86_64/syscall_64.c: where SYSCALL goes on this CPU. */
void syscall_init(void);

#endif
