/*
 * arch/x86_64/fpu.c - the floating-point and vector registers of user programs
 *
 * Purpose:    the kernel itself uses none of them, so they are saved and loaded only when
 *             tasks change: by XSAVE and XRSTOR where the CPU has them, else by FXSAVE and
 *             FXRSTOR.  PKRU, what a thread may do with each protection key, is one of them.
 * Invariants: while a task with thread.fpu runs, its state is in the CPU; while it does not,
 *             in thread.fpu.  What is there was written by [F]XSAVE or is the clean state, so
 *             loading it never faults.  The bytes of an area that no instruction writes are 0.
 * Simplified: plain XSAVE in the standard format, saved and loaded at every switch: no XSAVEOPT,
 *             XSAVES, or waiting until the return to user mode, which save time on hardware.
 *             No AMX: programs must ask for it first, and its state has 8 KiB.
 * Sources:    Intel SDM vol. 1, "Managing State Using the XSAVE Feature Set", "FXSAVE Area";
 *             vol. 2, "FXSAVE", "XSAVE", "XRSTOR", "CPUID" leaf 0xd.
 *
 *   byte 0     x87 and SSE: struct _fpstate_64, as FXSAVE writes it
 *   byte 512   struct xstate_header: which components are not in their first state
 *   then       a component each, where CPUID says: AVX at 576, ... PKRU
 */
#include <asm/fpu.h>
#include <asm/pkeys.h>
#include <mm.h>
#include <printk.h>
#include <sched.h>
#include <slab.h>
#include <string.h>

#define MXCSR_DEFAULT 0x1f80	/* all exceptions masked, round to nearest */
#define FCW_DEFAULT 0x37f

struct kmem_cache *fpu_cachep;
unsigned int fpu_state_size __ro_after_init = sizeof(struct _fpstate_64);
u64 fpu_xfeatures __ro_after_init;
static struct xregs_state *clean_state __ro_after_init;
static u32 pkru_offset __ro_after_init;	/* in an area, if fpu_xfeatures has it */

static void xsave(void *fpu)
{
	asm volatile("xsave64 (%0)" :: "r"(fpu), "a"(~0U), "d"(~0U) : "memory");
}

static void xrstor(const void *fpu, u64 components)
{
	asm volatile("xrstor64 (%0)" :: "r"(fpu), "a"((u32)components), "d"((u32)(components >> 32))
		     : "memory");
}

void fpu_save(void *fpu)
{
	if (fpu_xfeatures)
		xsave(fpu);
	else
		asm volatile("fxsave64 (%0)" :: "r"(fpu) : "memory");
}

void fpu_restore(void *fpu)
{
	if (fpu_xfeatures)
		xrstor(fpu, ~0UL);
	else
		asm volatile("fxrstor64 (%0)" :: "r"(fpu) : "memory");
}

void fpu_reset(void *fpu)
{
	memcpy(fpu, clean_state, fpu_state_size);
}

void fpu_clear_user_states(void)
{
	fpu_restore(clean_state);
}

void fpu_init_components(u64 components)
{
	if (!components)
		return;
	xrstor(clean_state, components & ~XFEATURE_MASK_PKRU);
	if (components & XFEATURE_MASK_PKRU)
		wrpkru(0);	/* the CPU's own first value, not what programs start with */
}

void *fpu_alloc(void)
{
	void *fpu = kmem_cache_alloc(fpu_cachep, GFP_KERNEL);

	if (fpu)
		fpu_reset(fpu);
	return fpu;
}

void fpu_free(void *fpu)
{
	if (fpu)
		kmem_cache_free(fpu_cachep, fpu);
}

size_t fpu_get_image(struct task_struct *t, void *buf, size_t size)
{
	struct _fpstate_64 *fx = buf;

	if (!t->thread.fpu)
		return 0;
	if (t == current) {
		preempt_disable();
		fpu_save(t->thread.fpu);
		preempt_enable();
	}
	size = min_t(size_t, size, fpu_state_size);
	memcpy(buf, t->thread.fpu, size);
	if (size > sizeof(*fx)) {
		((struct xregs_state *)buf)->header.xfeatures |= XFEATURE_MASK_FPSSE;
		*(u64 *)&fx->sw_reserved = fpu_xfeatures;
	}
	return size;
}

u32 fpu_saved_pkru(const void *fpu)
{
	const struct xregs_state *s = fpu;

	return s->header.xfeatures & XFEATURE_MASK_PKRU ? *(u32 *)((char *)fpu + pkru_offset) : 0;
}

/* Where component @nr lies in an area, by CPUID. */
static u32 __init component_offset(unsigned int nr)
{
	u32 size, offset, c, d;

	cpuid(0xd, nr, &size, &offset, &c, &d);
	return offset;
}

/* How large an area is with the components that XCR0 has now. */
static u32 __init area_size(void)
{
	u32 a, size, c, d;

	cpuid(0xd, 0, &a, &size, &c, &d);
	return size;
}

static void __init make_clean_state(void)
{
	clean_state = kmem_cache_alloc(fpu_cachep, GFP_KERNEL);
	if (!clean_state)
		panic("no memory for the first FPU state");
	memset(clean_state, 0, fpu_state_size);
	clean_state->i387.cwd = FCW_DEFAULT;
	clean_state->i387.mxcsr = MXCSR_DEFAULT;
	if (!fpu_xfeatures)
		return;
	clean_state->header.xfeatures = XFEATURE_MASK_FPSSE;
	if (arch_pkeys_enabled()) {
		clean_state->header.xfeatures |= XFEATURE_MASK_PKRU;
		pkru_offset = component_offset(XFEATURE_PKRU);
		*(u32 *)((char *)clean_state + pkru_offset) = PKRU_DEFAULT;
	}
}

void __init fpu_init(void)
{
	fpu_xfeatures = cpu_features.xfeatures;
	if (fpu_xfeatures)
		fpu_state_size = area_size();
	fpu_cachep = kmem_cache_create("fpu_state", fpu_state_size, 64,
				       SLAB_PANIC | SLAB_HWCACHE_ALIGN, NULL);
	asm volatile("fninit");
	make_clean_state();
	fpu_restore(clean_state);
	pkeys_init();
	if (fpu_xfeatures)
		pr_info("fpu: XSAVE, features %#lx, %u bytes\n", fpu_xfeatures, fpu_state_size);
}
