/*
 * asm/fpu.h - the XSAVE area, and what fpu.c and fpu_signal.c offer each other and the kernel
 */
#ifndef ASM_FPU_H
#define ASM_FPU_H

#include <asm/processor.h>
#include <uapi/sigcontext.h>

/* State components: bits of XCR0 and of an area's header. */
#define XFEATURE_PKRU		9
#define XFEATURE_MASK_FP	BIT(0)
#define XFEATURE_MASK_SSE	BIT(1)
#define XFEATURE_MASK_YMM	BIT(2)
#define XFEATURE_MASK_MPX	(BIT(3) | BIT(4))
#define XFEATURE_MASK_AVX512	(BIT(5) | BIT(6) | BIT(7))
#define XFEATURE_MASK_PKRU	BIT(XFEATURE_PKRU)
#define XFEATURE_MASK_FPSSE	(XFEATURE_MASK_FP | XFEATURE_MASK_SSE)
/* What the kernel switches on of what the CPU has: Linux's defaults. */
#define XFEATURE_MASK_SUPPORTED	(XFEATURE_MASK_FPSSE | XFEATURE_MASK_YMM | XFEATURE_MASK_MPX | \
				 XFEATURE_MASK_AVX512 | XFEATURE_MASK_PKRU)

struct xstate_header {
	u64 xfeatures;		/* components not in their first state */
	u64 xcomp_bv;		/* 0: the standard format */
	u64 reserved[6];
};

struct xregs_state {
	struct _fpstate_64 i387;
	struct xstate_header header;
	u8 extended[];
};
_Static_assert(sizeof(struct xregs_state) == 576, "XSAVE area");

extern unsigned int fpu_state_size;	/* bytes of an area */
extern u64 fpu_xfeatures;		/* components in it; 0: no XSAVE, FXSAVE's 512 bytes */

/* The registers as a program finds them at its start: also at the start of a signal handler. */
void fpu_clear_user_states(void);
/* These components only, as after the CPU's reset (PKRU: 0). */
void fpu_init_components(u64 components);
/*
 * Copy the state of @t, which is current or does not run, as a core dump has it: at most @size
 * bytes.  512 give the FXSAVE image, fpu_state_size the whole XSAVE image, with the components
 * that exist at byte 464.  Returns the bytes copied: 0 for a kernel thread.
 */
size_t fpu_get_image(struct task_struct *t, void *buf, size_t size);
/* PKRU in a saved area. */
u32 fpu_saved_pkru(const void *fpu);

/* arch/x86_64/fpu_signal.c.  Where the state goes in a frame that must end below @sp. */
unsigned long fpu_alloc_sigframe(unsigned long sp);
/* Write current's registers there.  0 or -EFAULT. */
int fpu_save_sigframe(unsigned long ufp);
/* Load them from there; @ufp 0: a clean state.  0 or -EFAULT with the registers clean. */
int fpu_restore_sigframe(unsigned long ufp);
/* AT_MINSIGSTKSZ: what the largest frame takes. */
unsigned long get_sigframe_size(void);

/* uaccess.asm: load from user memory, which the caller checked with access_ok().  0, or why not. */
long xrstor_user(const void __user *area, u64 components);
long fxrstor_user(const void __user *area);

#endif
