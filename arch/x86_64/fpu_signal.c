/*
 * arch/x86_64/fpu_signal.c - the FPU state in a signal frame
 *
 * Purpose:    a handler finds the interrupted program's vector registers in its frame, and what
 *             it writes there is loaded when it returns.
 * Invariants: XRSTOR reads the user's bytes itself: the CPU refuses those that are not a state
 *             (bits of no feature, MXCSR bits it does not know), and the kernel's own copy is
 *             never made from them.  No memory is allocated: returning cannot fail for that.
 *             A frame that does not say what it holds (magic words, sizes) is taken for FXSAVE's
 *             512 bytes, and the rest is as after the CPU's reset.
 * Sources:    Intel SDM vol. 1, "Managing State Using the XSAVE Feature Set"; what happens to
 *             each kind of broken frame was found by asking Linux 6.1.
 *
 *   ufp         struct _fpstate_64; its last 48 bytes (sw_reserved) tell what follows
 *   ufp + 512   struct xstate_header and the components, if the CPU has XSAVE
 *   ufp + size  FP_XSTATE_MAGIC2
 */
#include <asm/extable.h>
#include <asm/fpu.h>
#include <asm/uaccess.h>
#include <mm.h>
#include <sched.h>
#include <string.h>

#define MAGIC2_SIZE sizeof(u32)
/* The part of the largest frame that does not depend on the CPU: Linux counts the 32-bit one. */
#define SIGFRAME_FIXED 928

static unsigned long frame_size(void)
{
	return fpu_xfeatures ? fpu_state_size + MAGIC2_SIZE : fpu_state_size;
}

unsigned long get_sigframe_size(void)
{
	return ALIGN_UP(frame_size() + SIGFRAME_FIXED, 16UL);
}

unsigned long fpu_alloc_sigframe(unsigned long sp)
{
	return ALIGN_DOWN(sp - frame_size(), 64UL);
}

/* ---- writing ---------------------------------------------------------------------- */

int fpu_save_sigframe(unsigned long ufp)
{
	struct _fpstate_64 __user *ufx = (void __user *)ufp;
	struct xregs_state *x = current->thread.fpu;
	const struct _fpx_sw_bytes sw = {
		.magic1 = FP_XSTATE_MAGIC1,
		.extended_size = fpu_state_size + MAGIC2_SIZE,
		.xfeatures = fpu_xfeatures,
		.xstate_size = fpu_state_size,
	};

	fpu_save(x);
	if (fpu_xfeatures)	/* old programs change x87 and SSE without marking them */
		x->header.xfeatures |= XFEATURE_MASK_FPSSE;
	if (copy_to_user(ufx, x, fpu_state_size) ||
	    copy_to_user(&ufx->sw_reserved, &sw, sizeof(sw)))
		return -EFAULT;
	if (!fpu_xfeatures)
		return 0;
	return put_user(FP_XSTATE_MAGIC2, (u32 __user *)(ufp + fpu_state_size));
}

/* ---- reading ------------------------------------------------------------------------ */

/* Does the frame say that it holds XSAVE data?  1 and *xfeatures, 0 if not, or -EFAULT. */
static int frame_has_xstate(unsigned long ufp, u64 *xfeatures)
{
	const void __user *usw = (void __user *)(ufp + offsetof(struct _fpstate_64, sw_reserved));
	struct _fpx_sw_bytes sw;
	u32 magic2;

	if (copy_from_user(&sw, usw, sizeof(sw)))	/* ufp may be odd: no structure yet */
		return -EFAULT;
	if (sw.magic1 != FP_XSTATE_MAGIC1 || sw.xstate_size < sizeof(struct xregs_state) ||
	    sw.xstate_size > fpu_state_size || sw.xstate_size > sw.extended_size)
		return 0;
	if (get_user(magic2, (u32 __user *)(ufp + sw.xstate_size)))
		return -EFAULT;
	*xfeatures = sw.xfeatures & fpu_xfeatures;
	return magic2 == FP_XSTATE_MAGIC2;
}

/* Load the registers; pages may have to come in first. */
static int load_registers(unsigned long ufp, bool xstate, u64 xfeatures)
{
	unsigned long size = xstate ? fpu_state_size : sizeof(struct _fpstate_64);
	long fault;

	for (;;) {
		fault = xstate ? xrstor_user((void __user *)ufp, xfeatures)
			       : fxrstor_user((void __user *)ufp);
		if (!fault)
			break;
		if (!(fault & PROBE_FAULTED) || fault_in_readable((void __user *)ufp, size))
			return -EFAULT;
	}
	fpu_init_components(fpu_xfeatures & ~xfeatures);
	return 0;
}

static int restore_sigframe(unsigned long ufp)
{
	u64 xfeatures = XFEATURE_MASK_FPSSE;
	int xstate = 0;

	if (!access_ok((void __user *)ufp, frame_size()))
		return -EFAULT;
	if (fpu_xfeatures) {
		xstate = frame_has_xstate(ufp, &xfeatures);
		if (xstate < 0)
			return xstate;
		if (!xstate)
			xfeatures = XFEATURE_MASK_FPSSE;
	}
	return load_registers(ufp, xstate, xfeatures);
}

int fpu_restore_sigframe(unsigned long ufp)
{
	int err = ufp ? restore_sigframe(ufp) : 0;

	if (!ufp || err)
		fpu_clear_user_states();
	return err;
}
