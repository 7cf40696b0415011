/*
 * tests/host/test_c1e.c - which CPUs would stop their timer in HLT, and what is written there (arch/x86_64/c1e.c)
 */
#include "cmocka_shim.h"
#include <asm/processor.h>
#include <string.h>

static void wrmsr(u32 msr, u64 v);
bool c1e_stops_timer(const struct cpu_features *f);
void c1e_cpu_init(void);
#include "arch/x86_64/c1e.c"

bool fake_irqs_off;
struct cpu_features cpu_features;
static bool has_msr;
static u64 msr_value;
static unsigned int reads, writes, said;

int printk(const char *fmt, ...) { said++; return 0; }

long probe_rdmsr(u32 msr, u64 *value)
{
	assert_int_equal(msr, 0xc0010055);
	reads++;
	if (!has_msr)
		return PROBE_GP;
	*value = msr_value;
	return 0;
}

static void wrmsr(u32 msr, u64 v)
{
	assert_int_equal(msr, 0xc0010055);
	assert_true(has_msr);
	writes++;
	msr_value = v;
}

static void init_cpu(const char *vendor, unsigned int family, unsigned int model, bool msr, u64 value)
{
	memcpy(cpu_features.vendor, vendor, sizeof(cpu_features.vendor));
	cpu_features.family = family;
	cpu_features.model = model;
	has_msr = msr;
	msr_value = value;
	reads = writes = said = 0;
	c1e_cpu_init();
}

#define AMD	"AuthenticAMD"
#define C1E	(3ULL << 27)

static const struct {
	const char *vendor;
	unsigned int family, model;
	bool stops;
} known[] = {
	{ AMD, 0x0f, 0x05, false }, { AMD, 0x0f, 0x3f, false },		/* before the NPT models */
	{ AMD, 0x0f, 0x40, true }, { AMD, 0x0f, 0x6b, true }, { AMD, 0x0f, 0xc1, true },
	{ AMD, 0x10, 0x02, true }, { AMD, 0x10, 0x0a, true }, { AMD, 0x11, 0x03, true },
	{ AMD, 0x06, 0x40, false }, { AMD, 0x12, 0x01, false }, { AMD, 0x14, 0x02, false },
	{ AMD, 0x15, 0x01, false }, { AMD, 0x17, 0x31, false }, { AMD, 0x1a, 0x44, false },
	{ "GenuineIntel", 0x0f, 0x43, false }, { "GenuineIntel", 0x06, 0x5e, false },
	{ "HygonGenuine", 0x18, 0x01, false }, { "CentaurHauls", 0x0f, 0x40, false },
};

static void only_amd_families_0fh_to_11h_stop_their_timer(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
		init_cpu(known[i].vendor, known[i].family, known[i].model, true, C1E | 0x123);
		assert_int_equal(c1e_stops_timer(&cpu_features), known[i].stops);
		assert_int_equal(reads, known[i].stops);
		assert_int_equal(msr_value, known[i].stops ? 0x123 : C1E | 0x123);
	}
}

static void each_of_the_two_bits_is_cleared_and_no_other(void **state)
{
	for (unsigned int bit = 27; bit <= 28; bit++) {
		init_cpu(AMD, 0x10, 4, true, ~C1E | BIT(bit));
		assert_true(msr_value == ~C1E);
		assert_int_equal(said, 1);
	}
}

static void where_c1e_is_off_nothing_is_written(void **state)
{
	init_cpu(AMD, 0x10, 4, true, ~C1E);
	assert_int_equal(writes + said, 0);
}

static void a_cpu_without_the_register_is_left_alone(void **state)
{
	init_cpu(AMD, 0x0f, 0x6b, false, C1E);
	assert_int_equal(reads, 1);
	assert_int_equal(writes + said, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_amd_families_0fh_to_11h_stop_their_timer),
		cmocka_unit_test(each_of_the_two_bits_is_cleared_and_no_other),
		cmocka_unit_test(where_c1e_is_off_nothing_is_written),
		cmocka_unit_test(a_cpu_without_the_register_is_left_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
