/*
 * syscall.h - the table of system calls
 *
 * Arguments arrive in C order (rdi, rsi, rdx, r10, r8, r9); the result goes to rax.
 * A call that needs the user registers takes them from task_pt_regs(current).
 */
#ifndef SYSCALL_H
#define SYSCALL_H

#include <types.h>

#define NR_SYSCALLS 451

typedef long (*sys_call_ptr_t)(unsigned long, unsigned long, unsigned long, unsigned long,
			       unsigned long, unsigned long);
/* NULL: not implemented; the entry code then calls sys_ni_syscall(). */
extern const sys_call_ptr_t sys_call_table[NR_SYSCALLS];
/* -ENOSYS, and one log line with the call's name per program. */
long sys_ni_syscall(unsigned long nr);

#endif
