/* links: tests/host/nx.asm */
/*
 * tests/host/test_nx.c - is there NX, and may its switch be touched (arch/x86_64/nx.inc)?
 *
 * CPUID, RDMSR and WRMSR of that code are functions here (nx.asm).  QEMU's CPU and Bochs' have no bit that hides NX.
 */
#include "cmocka_shim.h"
#include <string.h>
#include <types.h>

#define MISC_ENABLE	0x1a0
#define XD_DISABLE	(1ULL << 34)
#define OTHERS		0x850089ULL	/* bits of the MSR that must stay */

int ask_nx(void);
void fake_cpuid(void);
void fake_rdmsr(void);
void fake_wrmsr(void);
u32 regs[4];				/* eax, ebx, ecx, edx */

static struct {
	const char *vendor;
	u32 signature;			/* leaf 1 */
	bool has_nx;			/* in hardware */
	u64 misc_enable;
	unsigned int reads, writes;
} cpu;

void fake_cpuid(void)
{
	u32 leaf = regs[0];

	memset(regs, 0xff, sizeof(regs));
	switch (leaf) {
	case 0:
		memcpy(&regs[1], cpu.vendor, 4);
		memcpy(&regs[3], cpu.vendor + 4, 4);
		memcpy(&regs[2], cpu.vendor + 8, 4);
		return;
	case 1:
		regs[0] = cpu.signature;
		return;
	case 0x80000001:
		if (!cpu.has_nx || cpu.misc_enable & XD_DISABLE)
			regs[3] &= ~(1U << 20);
		return;
	}
	fail();
}

void fake_rdmsr(void)
{
	assert_int_equal(regs[2], MISC_ENABLE);
	cpu.reads++;
	regs[0] = cpu.misc_enable;
	regs[3] = cpu.misc_enable >> 32;
}

void fake_wrmsr(void)
{
	assert_int_equal(regs[2], MISC_ENABLE);
	cpu.writes++;
	cpu.misc_enable = (u64)regs[3] << 32 | regs[0];
}

static void make_cpu(const char *vendor, u32 signature, bool has_nx, u64 misc_enable)
{
	cpu.vendor = vendor;
	cpu.signature = signature;
	cpu.has_nx = has_nx;
	cpu.misc_enable = misc_enable;
	cpu.reads = cpu.writes = 0;
}

static const u32 with_switch[] = {
	0x6d8, 0x6f6, 0x10676, 0x106a5, 0x306c3, 0x906ea, 0xa0671, 0xb0671,	/* Pentium M to Raptor Lake */
	0xf43, 0xf64,								/* Pentium 4 */
	0x400f10,								/* family 19 */
};
static const u32 without_switch[] = { 0x543, 0x633, 0x681, 0x695, 0x6b1 };	/* Pentium to Pentium III, first Pentium M */

static void nx_that_firmware_hid_is_there_again(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(with_switch); i++) {
		make_cpu("GenuineIntel", with_switch[i], true, XD_DISABLE | OTHERS);
		assert_true(ask_nx());
		assert_int_equal(cpu.misc_enable, OTHERS);
		assert_int_equal(cpu.writes, 1);
	}
}

static void a_cpu_that_has_none_is_not_written_to(void **state)
{
	make_cpu("GenuineIntel", 0xf34, false, OTHERS);
	assert_false(ask_nx());
	assert_int_equal(cpu.writes, 0);
	make_cpu("GenuineIntel", 0xf34, false, OTHERS | XD_DISABLE);	/* and one that has the bit, but no NX behind it */
	assert_false(ask_nx());
}

static void a_cpu_that_tells_of_nx_is_not_asked_further(void **state)
{
	make_cpu("GenuineIntel", 0x906ea, true, OTHERS);
	assert_true(ask_nx());
	make_cpu("AuthenticAMD", 0x800f12, true, OTHERS);
	assert_true(ask_nx());
	assert_int_equal(cpu.reads, 0);
}

/* There the read would fault. */
static void other_cpus_have_no_such_register(void **state)
{
	static const char *const vendors[] = { "AuthenticAMD", "HygonGenuine", "CentaurHauls", "GenuineTMx86",
					       "Genuin\0Intel", "GenuineIntex", "GenuIneIntel" };

	for (size_t i = 0; i < ARRAY_SIZE(vendors); i++) {
		make_cpu(vendors[i], 0x306c3, true, XD_DISABLE | OTHERS);
		assert_false(ask_nx());
		assert_int_equal(cpu.reads + cpu.writes, 0);
	}
	for (size_t i = 0; i < ARRAY_SIZE(without_switch); i++) {
		make_cpu("GenuineIntel", without_switch[i], true, XD_DISABLE | OTHERS);
		assert_false(ask_nx());
		assert_int_equal(cpu.reads + cpu.writes, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nx_that_firmware_hid_is_there_again),
		cmocka_unit_test(a_cpu_that_has_none_is_not_written_to),
		cmocka_unit_test(a_cpu_that_tells_of_nx_is_not_asked_further),
		cmocka_unit_test(other_cpus_have_no_such_register),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
