/*
 * asm/extable.h - instructions of the kernel that may fault, and where to go on then
 *
 * Purpose:    a user copy meets a bad address in the middle of an instruction.  The table
 *             maps the address of each such instruction to its fix-up code.
 * Invariants: an EX_USER entry excuses only faults on user addresses; a fault on a kernel
 *             address there is a kernel bug.  EX_PROBE entries excuse every fault,
 *             repair none, and report which it was.  An EX_OVERFLOW entry excuses a double fault,
 *             if it comes from the guard page of a stack.
 * Sources:    Linux Documentation/x86/exception-tables.rst describes the same idea.
 */
#ifndef ASM_EXTABLE_H
#define ASM_EXTABLE_H

#define EX_USER		0
#define EX_PROBE	1
#define EX_OVERFLOW	2

/* What a probe reports: PROBE_FAULTED with the error code of the page fault, PROBE_GP, or PROBE_DF. */
#define PROBE_FAULTED	0x100
#define PROBE_GP	0x200
#define PROBE_DF	0x400		/* double fault: there was no stack for the page fault */

#ifndef __ASSEMBLY__
#include <types.h>

struct pt_regs;

struct extable_entry {		/* offsets from the field itself */
	s32 insn;
	s32 fixup;
	u32 type;
};

void sort_extable(void);	/* once, before the table becomes read-only */
const struct extable_entry *find_extable(unsigned long ip);
/* Continue at the fix-up of the instruction that faulted; false if it has none. */
bool fixup_exception(struct pt_regs *regs, unsigned long result);

/*
 * Try one access to any address with the kernel's rights, for self tests.
 * Returns 0, or PROBE_FAULTED | error code, or PROBE_GP.
 */
long probe_read(const volatile void *addr);	/* one byte */
long probe_write(volatile void *addr);		/* one byte, with its own value */
long probe_exec(const void *addr);		/* call it: there must be a RET */
/* Read a register that this CPU may not have: 0, or PROBE_GP with *@value as it was.  From idt_init() on. */
long probe_rdmsr(u32 msr, u64 *value);
/* Overflow this stack.  Enter: interrupts off, nothing below on the stack that is needed.  PROBE_DF. */
long probe_stack_overflow(void);
/* 1 if the jump target of probe_exec faulted: the fault handler asks. */
extern char probe_exec_return[], probe_exec_fault[];
#endif

#endif
