/*
 * watchdog.h - a CPU that hangs is noticed and shown
 */
#ifndef WATCHDOG_H
#define WATCHDOG_H

#include <types.h>

struct pt_regs;

/* Once, when the CPUs run. */
void watchdog_init(void);
/* The timer interrupt: this CPU lives, and looks at its neighbour.  When it wants to come again, ~0: never. */
u64 watchdog_beat(u64 now);
/* The tick. */
void watchdog_tick(const struct pt_regs *regs);
extern unsigned long watchdog_reports;		/* how many hangs were told; atomic */

#endif
