/*
 * tests/kernel/test_fpu.c - FPU states: clean ones, and save and restore
 */
#include <asm/processor.h>
#include <ktest.h>
#include <sched.h>
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

KTEST(fpu, kernel_threads_have_none)
{
	EXPECT(current->thread.fpu == NULL);
}
