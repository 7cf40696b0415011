/*
 * arch/x86_64/fpu.c - the floating-point and vector registers of user programs
 *
 * Purpose:    the kernel itself uses none of them, so they are saved and loaded only when
 *             tasks change.
 * Invariants: while a task with thread.fpu runs, its state is in the CPU; while it does not,
 *             in thread.fpu.  A state in memory has only MXCSR bits that the CPU knows:
 *             FXRSTOR would fault on others.
 * Simplified: FXSAVE (x87, MMX, SSE), saved eagerly; no XSAVE, so CR4.OSXSAVE stays off and
 *             CPUID tells programs that there is no AVX.
 * Sources:    Intel SDM vol. 1, "FXSAVE Area"; vol. 2, "FXSAVE", "FXRSTOR".
 */
#include <asm/processor.h>
#include <mm.h>
#include <slab.h>
#include <string.h>
#include <uapi/sigcontext.h>

#define MXCSR_DEFAULT 0x1f80	/* all exceptions masked, round to nearest */
#define FCW_DEFAULT 0x37f

struct kmem_cache *fpu_cachep;
u32 fpu_mxcsr_mask __ro_after_init = 0xffbf;
static struct _fpstate_64 clean_state __ro_after_init __aligned(16);

void fpu_save(void *fpu)
{
	asm volatile("fxsave64 (%0)" :: "r"(fpu) : "memory");
}

void fpu_restore(void *fpu)
{
	asm volatile("fxrstor64 (%0)" :: "r"(fpu) : "memory");
}

void fpu_reset(void *fpu)
{
	memcpy(fpu, &clean_state, sizeof(clean_state));
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

void __init fpu_init(void)
{
	static struct _fpstate_64 probe __initdata __aligned(16);

	asm volatile("fninit");
	fpu_save(&probe);
	if (probe.mxcsr_mask)
		fpu_mxcsr_mask = probe.mxcsr_mask;
	clean_state.cwd = FCW_DEFAULT;
	clean_state.mxcsr = MXCSR_DEFAULT;
	fpu_restore(&clean_state);
	fpu_cachep = kmem_cache_create("fpu_state", sizeof(struct _fpstate_64), 64,
				       SLAB_PANIC | SLAB_HWCACHE_ALIGN, NULL);
}
