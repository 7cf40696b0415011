/*
 * tests/kernel/test_fpu.c - FPU states: clean ones, save and restore, sizes and images
 */
#include <asm/fpu.h>
#include <asm/pkeys.h>
#include <ktest.h>
#include <sched.h>
#include <slab.h>
#include <string.h>
#include <uapi/sigcontext.h>

static void set_xmm7(u64 v)
{
	asm volatile("movq %0, %%xmm7" :: "r"(v));
}

static u64 get_xmm7(void)
{
	u64 v;

	asm volatile("movq %%xmm7, %0" : "=r"(v));
	return v;
}

KTEST(fpu, new_state_is_clean)
{
	struct _fpstate_64 *fx = fpu_alloc();
	bool clean;

	EXPECT(fx != NULL);
	clean = fx->cwd == 0x37f && fx->mxcsr == 0x1f80 && fx->xmm_space[28] == 0;
	fpu_free(fx);
	EXPECT(clean);
}

KTEST(fpu, save_then_restore_keeps_registers)
{
	void *fpu = fpu_alloc();
	u64 got;

	EXPECT(fpu != NULL);
	preempt_disable();
	set_xmm7(0x1122334455667788UL);
	fpu_save(fpu);
	set_xmm7(0);
	fpu_restore(fpu);
	got = get_xmm7();
	preempt_enable();
	fpu_free(fpu);
	EXPECT_EQ(got, 0x1122334455667788UL);
}

KTEST(fpu, reset_forgets_the_old_program)
{
	struct _fpstate_64 *fx = fpu_alloc();
	u64 got;

	EXPECT(fx != NULL);
	preempt_disable();
	set_xmm7(42);
	fpu_save(fx);
	fpu_reset(fx);
	fpu_restore(fx);
	got = get_xmm7();
	preempt_enable();
	fpu_free(fx);
	EXPECT_EQ(got, 0);
}

static u64 xgetbv(u32 reg)
{
	u32 lo, hi;

	asm volatile("xgetbv" : "=a"(lo), "=d"(hi) : "c"(reg));
	return (u64)hi << 32 | lo;
}

/* ymm6, all of it. */
static void set_ymm6(const u64 *v) { asm volatile("vmovdqu (%0), %%ymm6" :: "r"(v)); }
static void get_ymm6(u64 *v) { asm volatile("vmovdqu %%ymm6, (%0)" :: "r"(v) : "memory"); }

KTEST(fpu, area_has_the_size_and_features_that_the_cpu_says)
{
	u32 a, size, max, d;

	if (!fpu_xfeatures) {
		EXPECT_EQ(fpu_state_size, 512);
		EXPECT_EQ(read_cr4() & CR4_OSXSAVE, 0);
		return;
	}
	EXPECT(read_cr4() & CR4_OSXSAVE);
	EXPECT_EQ(xgetbv(0), fpu_xfeatures);
	EXPECT_EQ(fpu_xfeatures & ~XFEATURE_MASK_SUPPORTED, 0);
	EXPECT_EQ(fpu_xfeatures & XFEATURE_MASK_FPSSE, XFEATURE_MASK_FPSSE);
	cpuid(0xd, 0, &a, &size, &max, &d);
	EXPECT_EQ(fpu_state_size, size);
	EXPECT(size <= max && size >= sizeof(struct xregs_state));
	for (int i = 2; i < 63; i++) {
		u32 len, offset, c;

		if (!(fpu_xfeatures & BIT(i)))
			continue;
		cpuid(0xd, i, &len, &offset, &c, &d);
		EXPECT(offset + len <= fpu_state_size);
	}
}

KTEST(fpu, upper_halves_are_saved_and_reset)
{
	const u64 in[4] = { 1, 2, 3, 4 }, zero[4] = { 0, 0, 0, 0 };
	u64 cleared[4], restored[4];
	void *fpu;

	if (!cpu_features.avx)
		return;
	fpu = fpu_alloc();
	EXPECT(fpu != NULL);
	preempt_disable();
	set_ymm6(in);
	fpu_save(fpu);
	fpu_clear_user_states();
	get_ymm6(cleared);
	fpu_restore(fpu);
	get_ymm6(restored);
	fpu_clear_user_states();
	preempt_enable();
	fpu_free(fpu);
	EXPECT_EQ(memcmp(cleared, zero, 32), 0);
	EXPECT_EQ(memcmp(restored, in, 32), 0);
}

KTEST(fpu, pkru_is_part_of_the_state)
{
	u32 first, changed, back;
	void *fpu;

	if (!arch_pkeys_enabled())
		return;
	fpu = fpu_alloc();
	EXPECT(fpu != NULL);
	preempt_disable();
	fpu_restore(fpu);
	first = rdpkru();
	wrpkru(0x55555550);
	fpu_save(fpu);
	fpu_init_components(XFEATURE_MASK_PKRU);
	changed = rdpkru();
	fpu_restore(fpu);
	back = rdpkru();
	wrpkru(PKRU_DEFAULT);
	preempt_enable();
	fpu_free(fpu);
	EXPECT_EQ(first, PKRU_DEFAULT);
	EXPECT_EQ(changed, 0);
	EXPECT_EQ(back, 0x55555550);
}

KTEST(fpu, image_for_a_core_dump)
{
	static struct task_struct stopped;
	struct xregs_state *x;
	void *fpu = fpu_alloc();
	size_t fx, all;
	u64 where;

	EXPECT(fpu != NULL);
	x = kmalloc(fpu_state_size, GFP_KERNEL);
	stopped.thread.fpu = fpu;
	fx = x ? fpu_get_image(&stopped, x, 512) : 0;
	where = x ? *(u64 *)&x->i387.sw_reserved : 1;
	all = x ? fpu_get_image(&stopped, x, 1 << 20) : 0;
	if (all > 512) {
		where |= *(u64 *)&x->i387.sw_reserved ^ fpu_xfeatures;
		where |= ~x->header.xfeatures & XFEATURE_MASK_FPSSE;
	}
	kfree(x);
	fpu_free(fpu);
	EXPECT_EQ(fx, 512);
	EXPECT_EQ(all, fpu_state_size);
	EXPECT_EQ(where, 0);
	EXPECT_EQ(fpu_get_image(current, x, 0), 0);
}

KTEST(fpu, kernel_threads_have_none)
{
	EXPECT(current->thread.fpu == NULL);
}
