/*
 * asm/traps.h - what helps do_exception() to an answer
 */
#ifndef ASM_TRAPS_H
#define ASM_TRAPS_H

#include <types.h>

struct pt_regs;

/*
 * umip.c: a general protection fault of user mode, process context, interrupts on.  True: it was SGDT or
 * its like, and is done with (perhaps by a signal); false: it is a fault like any other.
 */
bool fixup_umip(struct pt_regs *regs);

#endif
