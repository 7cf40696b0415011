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
/* printk.c: print everything from now on, whoever holds the locks. */
void printk_panic_mode(void);

#endif
