/*
 * uapi/sigcontext.h - what a signal frame holds: registers, FPU state, ucontext
 *
 * Purpose: a handler with SA_SIGINFO gets `struct ucontext *` as its third argument, and
 *          rt_sigreturn() loads everything back from it.
 * Sources: Intel SDM vol. 1, "FXSAVE Area"; AMD64 psABI.
 */
#ifndef _UAPI_SIGCONTEXT_H
#define _UAPI_SIGCONTEXT_H

#include <uapi/signal.h>

#define FP_XSTATE_MAGIC1	0x46505853U	/* sw_reserved.magic1: XSAVE data follow */
#define FP_XSTATE_MAGIC2	0x46505845U	/* the word after them */

struct _fpx_sw_bytes {
	unsigned int	magic1;
	unsigned int	extended_size;
	unsigned long	xfeatures;
	unsigned int	xstate_size;
	unsigned int	padding[7];
};

/* The FXSAVE image. Its last 48 bytes are for software. */
struct _fpstate_64 {
	unsigned short	cwd;
	unsigned short	swd;
	unsigned short	twd;
	unsigned short	fop;
	unsigned long	rip;
	unsigned long	rdp;
	unsigned int	mxcsr;
	unsigned int	mxcsr_mask;
	unsigned int	st_space[32];	/* 8 x 16 bytes */
	unsigned int	xmm_space[64];	/* 16 x 16 bytes */
	unsigned int	reserved2[12];
	union {
		unsigned int		reserved3[12];
		struct _fpx_sw_bytes	sw_reserved;
	};
};
_Static_assert(sizeof(struct _fpstate_64) == 512, "FXSAVE area");

struct sigcontext_64 {
	unsigned long	r8, r9, r10, r11, r12, r13, r14, r15;
	unsigned long	di, si, bp, bx, dx, ax, cx, sp, ip, flags;
	unsigned short	cs, gs, fs, ss;
	unsigned long	err;
	unsigned long	trapno;
	unsigned long	oldmask;
	unsigned long	cr2;
	unsigned long	fpstate;	/* address of struct _fpstate_64, or 0 */
	unsigned long	reserved1[8];
};
_Static_assert(sizeof(struct sigcontext_64) == 256, "x86-64 ABI");

#define UC_FP_XSTATE		0x1
#define UC_SIGCONTEXT_SS	0x2
#define UC_STRICT_RESTORE_SS	0x4

struct ucontext {
	unsigned long		uc_flags;
	struct ucontext		*uc_link;
	stack_t			uc_stack;
	struct sigcontext_64	uc_mcontext;
	sigset_t		uc_sigmask;	/* last, to grow */
};

/* At the handler's first instruction RSP points here: pretcode is its return address. */
struct rt_sigframe {
	void			*pretcode;
	struct ucontext		uc;
	struct siginfo		info;
	/* the FPU state follows at the next 64-byte boundary (16 without XSAVE) */
};

#endif
