/*
 * asm/apic.h - local APIC, I/O APIC and reference clocks, seen by arch/ alone
 */
#ifndef ASM_APIC_H
#define ASM_APIC_H

#include <types.h>

u32 apic_read(unsigned int reg);
void apic_write(unsigned int reg, u32 v);
u32 apic_id(void);
/* Set this CPU's local APIC up: every CPU calls it once. */
void apic_local_init(void);
/* The same and its timer, on a CPU that smp.c has started. */
void apic_init_secondary(void);

/* What apic_send() can send; a fixed interrupt with its vector. */
#define APIC_FIXED	0x4000
#define APIC_NMI	0x4400
#define APIC_INIT	0x4500
#define APIC_STARTUP	0x4600	/* | page number of the first instruction */
/* Interrupt the CPU with local APIC @id.  Any context. */
void apic_send(u32 id, u32 what);
/* Has apic_send() room for that number? */
bool apic_can_reach(u32 id);

/* Boot: let the timer count down from its greatest value, without interrupts; how far it has got. */
#define APIC_TIMER_DIVISOR 16
void apic_timer_run_free(void);
u32 apic_timer_elapsed(void);

/* Is there an I/O APIC pin for @gsi? */
bool ioapic_has(u32 gsi);
/* Send @gsi to CPU @dest as @vector, unmasked.  -ENODEV if no pin has that number. */
int ioapic_route(u32 gsi, u8 vector, u32 dest, bool level, bool active_low);
void ioapic_mask(u32 gsi);

/* arch/x86_64/hpet.c: a free-running counter, or absent */
bool hpet_init(void);
u32 hpet_read(void);
extern u64 hpet_hz;

#endif
