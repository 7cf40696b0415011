/* links: arch/x86_64/calibrate.c */
/*
 * tests/host/test_calibrate.c - measuring a counter (arch/x86_64/calibrate.c) on machines that are odd
 *
 * Time is a number: each reading of a counter lets some of it pass, and now and then a lot.
 */
#include "cmocka_shim.h"
#include <asm/calibrate.h>

#define TRUE_KHZ 2400000UL

static u64 now_ns, seed, khz = TRUE_KHZ, reads;
static unsigned int stall_every;	/* so many readings, the host is away */
static u64 stall_ns;
static struct reference ref;

static u32 rnd(u32 n)
{
	seed = seed * 6364136223846793005UL + 1442695040888963407UL;
	return (seed >> 33) % n;
}

static void pass_time(void)
{
	now_ns += 100 + rnd(20);
	if (stall_every && !rnd(stall_every))
		now_ns += rnd(stall_ns);
	reads++;
}

static u64 counter(void)
{
	pass_time();
	return now_ns * khz / 1000000;
}

static u32 read_ref(void)
{
	pass_time();
	return (now_ns * (ref.hz / 1000) / 1000000) & ref.mask;
}

static u32 read_stopped(void) { pass_time(); return 7; }
static u32 read_random(void) { pass_time(); return rnd(ref.mask); }
static u32 read_ones(void) { pass_time(); return ref.mask; }

static void use(u64 hz, u32 mask, u32 (*read)(void))
{
	ref = (struct reference){ "test", NULL, read, hz, mask };
	stall_every = 0;
	khz = TRUE_KHZ;
	now_ns = seed = 1;
}

static void assert_near(u64 got, u64 want, u64 part)
{
	u64 diff = got > want ? got - want : want - got;

	if (diff > want / part)
		fail_msg("seed %lu: %lu, not %lu", (unsigned long)seed, (unsigned long)got, (unsigned long)want);
}

static const struct { u64 hz; u32 mask; } kinds[] = {
	{ 14318180, 0xffffffff }, { 100000000, 0xffffffff }, { 3579545, 0xffffff }, { 1193182, 0xffff }, { 62500000, 0xffffffff },
};

static void quiet_machines_are_measured_exactly(void **state)
{
	static const u64 speeds[] = { 60000, 800000, 2400000, 5700000, 19000000 };
	bool sure;

	for (size_t k = 0; k < ARRAY_SIZE(kinds); k++)
		for (size_t s = 0; s < ARRAY_SIZE(speeds); s++) {
			use(kinds[k].hz, kinds[k].mask, read_ref);
			khz = speeds[s];
			now_ns = 40000000000UL;		/* wraps on the way */
			assert_near(calibrate(&ref, counter, &sure), khz, 1000);
			assert_true(sure);
		}
}

/* The host takes the CPU away for up to 80 ms, longer than the PIT needs to wrap. */
static void stalls_do_not_spoil_what_is_sure(void **state)
{
	unsigned int surely = 0;

	for (u64 s = 0; s < 400; s++) {
		size_t k = s % ARRAY_SIZE(kinds);
		bool sure;
		u64 got;

		use(kinds[k].hz, kinds[k].mask, read_ref);
		seed = s;
		stall_every = 20000 + rnd(100000);
		stall_ns = 80000000;
		got = calibrate(&ref, counter, &sure);
		surely += sure;
		if (sure)
			assert_near(got, khz, 400);
	}
	assert_true(surely > 350);
}

static void reference_that_does_not_count_gives_nothing(void **state)
{
	bool sure;

	use(3579545, 0xffffff, read_stopped);
	assert_int_equal(calibrate(&ref, counter, &sure), 0);
	assert_false(sure);
	use(1193182, 0xffff, read_ones);
	assert_int_equal(calibrate(&ref, counter, &sure), 0);
}

/* Nothing agrees, and no division faults: whatever comes out is a frequency, and not sure but by chance. */
static void noise_divides_by_nothing(void **state)
{
	unsigned int surely = 0;

	for (u64 s = 0; s < 3000; s++) {
		size_t k = s % ARRAY_SIZE(kinds);
		bool sure;
		u64 got;

		if (s % 2)
			use(kinds[k].hz, kinds[k].mask, read_random);
		else
			use(50000, 0xff, read_random);		/* often back where it began */
		seed = s;
		got = calibrate(&ref, counter, &sure);
		assert_true(!got || (got >= 50000 && got <= 20000000));
		surely += sure;
	}
	assert_true(surely < 300);
}

static void counter_that_is_impossible_gives_nothing(void **state)
{
	bool sure;

	use(3579545, 0xffffff, read_ref);
	khz = 0;
	assert_int_equal(calibrate(&ref, counter, &sure), 0);
	khz = 40000;
	assert_int_equal(calibrate(&ref, counter, &sure), 0);
	khz = 30000000;
	assert_int_equal(calibrate(&ref, counter, &sure), 0);
}

static void leaf_15h_is_taken_only_if_whole(void **state)
{
	assert_int_equal(crystal_khz(2, 216, 24000000), 2592000);
	assert_int_equal(crystal_khz(0, 216, 24000000), 0);
	assert_int_equal(crystal_khz(2, 0, 24000000), 0);
	assert_int_equal(crystal_khz(2, 216, 0), 0);
	assert_int_equal(crystal_khz(1, 0xffffffff, 0xffffffff), 0);
	assert_int_equal(crystal_khz(0xffffffff, 1, 1), 0);
}

static void what_is_told_is_taken_if_nothing_contradicts(void **state)
{
	assert_int_equal(calibrate_pick(2592000, 2591000), 2592000);
	assert_int_equal(calibrate_pick(2592000, 0), 2592000);
	assert_int_equal(calibrate_pick(0, 2591000), 2591000);
	assert_int_equal(calibrate_pick(2592000, 1000000), 1000000);
	assert_int_equal(calibrate_pick(1000, 1000000), 1000000);	/* 1 MHz: no */
	assert_int_equal(calibrate_pick(~0UL, 0), 0);
	assert_int_equal(calibrate_pick(0, 0), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(quiet_machines_are_measured_exactly),
		cmocka_unit_test(stalls_do_not_spoil_what_is_sure),
		cmocka_unit_test(reference_that_does_not_count_gives_nothing),
		cmocka_unit_test(noise_divides_by_nothing),
		cmocka_unit_test(counter_that_is_impossible_gives_nothing),
		cmocka_unit_test(leaf_15h_is_taken_only_if_whole),
		cmocka_unit_test(what_is_told_is_taken_if_nothing_contradicts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
