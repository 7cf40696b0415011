/*
 * uapi/ptrace.h - user registers as a tracer and a core file see them
 */
#ifndef _UAPI_PTRACE_H
#define _UAPI_PTRACE_H

struct user_regs_struct {
	unsigned long	r15, r14, r13, r12, bp, bx, r11, r10, r9, r8;
	unsigned long	ax, cx, dx, si, di, orig_ax, ip, cs, flags, sp, ss;
	unsigned long	fs_base, gs_base, ds, es, fs, gs;
};
_Static_assert(sizeof(struct user_regs_struct) == 27 * 8, "x86-64 ABI");

#endif
