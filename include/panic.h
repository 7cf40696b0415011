/*
 * panic.h - the end of the kernel: what the trap handlers tell before it
 */
#ifndef PANIC_H
#define PANIC_H

#include <types.h>

struct pt_regs;

/* A trap that the kernel cannot survive: @why, its error code and (for a page fault) its address. */
void die(struct pt_regs *regs, const char *why, unsigned long error, unsigned long addr) __noreturn;
void show_regs(const struct pt_regs *regs);
/* printk.c: print everything from now on, whoever holds the locks: a panic, or the other CPUs are stopped for ever. */
void printk_panic_mode(void);

/*
 * arch: before the machine is switched off or restarted, @quiet stops devices that would live on; also after a panic.  It is
 * called once, with interrupts off and the other CPUs stopped: it takes no lock, does not sleep or allocate, and ends.
 * Boot, by one caller.
 */
void machine_quiet_with(void (*quiet)(bool power_off));

/* ---- for what shows a panic; only by the CPU that panics, in any state of the machine ---- */

/* printk.c: where in the log the panic begins (a position as log_panic_line() has it). */
u64 log_panic_start(void);
/*
 * printk.c: the line of the log at or after *@pos (0: the oldest) as the consoles show it, @len bytes with its newline, good
 * until the next call; *@pos is then behind it.  NULL: there is no more.
 */
const char *log_panic_line(u64 *pos, size_t *len);
/*
 * arch: [@pa, +@size) for drawing, uncached, for ever.  Once; NULL: it was asked for before, or there is no such memory, or
 * more than a GiB.
 */
void *panic_map(phys_addr_t pa, size_t size);
/* drivers/panic_screen.c: draw the end of the log, if the screen is there and nobody has it yet.  Once. */
void panic_screen_show(void);

#endif
