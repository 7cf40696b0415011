/*
 * asm/ptrace.h - the registers of an interrupted context, as the entry code pushes them
 *
 * The order is the ABI's struct user_regs up to ss.  Sources: AMD64 psABI, Linux
 * struct pt_regs field names.
 */
#ifndef ASM_PTRACE_H
#define ASM_PTRACE_H

#include <types.h>

struct pt_regs {
	unsigned long r15, r14, r13, r12, bp, bx;
	unsigned long r11, r10, r9, r8, ax, cx, dx, si, di;
	unsigned long orig_ax;		/* system call number, or error code, or ~vector */
	unsigned long ip, cs, flags, sp, ss;
};

static inline bool user_mode(const struct pt_regs *regs) { return regs->cs & 3; }
/* Set when the frame was made by SYSCALL and no restart decision was taken yet. */
static inline bool in_syscall(const struct pt_regs *regs) { return (long)regs->orig_ax >= 0; }

#endif
