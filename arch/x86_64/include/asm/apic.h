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
