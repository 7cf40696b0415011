/*
 * arch/x86_64/calibrate.c - how fast a counter runs, by another whose speed is known
 *
 * Purpose:    one number that all times of the machine hang on, from measurements that a busy host, a
 *             management interrupt or a broken chip may each have spoiled.
 * Invariants: nothing is divided by 0, whatever the reference shows; a result lies between 50 MHz and 20 GHz.
 *             One measurement is never believed alone.
 * Lock order: none: boot runs on one CPU.
 * Sources:    Intel SDM vol. 3B, "Time-Stamp Counter"; vol. 2A, "CPUID", leaf 15H.
 */
#include <asm/calibrate.h>

#define WINDOW_US	4000		/* length of one measurement */
#define MAX_TRIES	9
#define ENOUGH		3		/* measurements for a median */
#define MAX_SPINS	50000000UL	/* a reference that has not got on by then has stopped */
#define KHZ_MIN		50000
#define KHZ_MAX		20000000

static bool possible(u64 khz)
{
	return khz >= KHZ_MIN && khz <= KHZ_MAX;
}

/*
 * Read the reference and the counter as near to each other as can be: of several attempts the one that took
 * the least time.
 */
static u64 read_pair(const struct reference *ref, u64 (*counter)(void), u32 *value)
{
	u64 best = ~0UL, at = 0;

	*value = 0;
	for (int i = 0; i < 4; i++) {
		u64 before = counter();
		u32 v = ref->read();
		u64 after = counter();

		if (after - before < best) {
			best = after - before;
			at = before + (after - before) / 2;
			*value = v;
		}
	}
	return at;
}

/* a * b / c with 128 bits in between; the result must fit in 64. */
static u64 mul_div(u64 a, u64 b, u64 c)
{
	u64 quotient, high;

	asm("mulq %3\n\tdivq %4" : "=a"(quotient), "=&d"(high) : "0"(a), "r"(b), "r"(c));
	return quotient;
}

/* One measurement: kHz, or 0 if it is spoiled.  False: the reference has stopped. */
static bool measure_once(const struct reference *ref, u64 (*counter)(void), u64 *khz)
{
	u32 start, now, passed, window = ref->hz * WINDOW_US / 1000000;
	u64 ticks = read_pair(ref, counter, &start);
	unsigned long spins = 0;

	*khz = 0;
	do {
		now = ref->read();
		if (++spins > MAX_SPINS)
			return false;
	} while (((now - start) & ref->mask) < window);
	ticks = read_pair(ref, counter, &now) - ticks;
	passed = (now - start) & ref->mask;
	if (passed >= window && ticks < 1UL << 40)	/* else it wrapped, or the counter went back */
		*khz = mul_div(ticks, ref->hz, (u64)passed * 1000);
	return true;
}

static void sort(u64 *v, unsigned int n)
{
	for (unsigned int i = 1; i < n; i++)
		for (unsigned int j = i; j > 0 && v[j] < v[j - 1]; j--) {
			u64 t = v[j];

			v[j] = v[j - 1];
			v[j - 1] = t;
		}
}

/* One of the first @n that differs from the last by no more than one part in 4096; 0: none. */
static u64 agreeing(const u64 *khz, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++) {
		u64 diff = khz[i] > khz[n] ? khz[i] - khz[n] : khz[n] - khz[i];

		if (diff <= khz[n] / 4096)
			return khz[i];
	}
	return 0;
}

u64 calibrate(const struct reference *ref, u64 (*counter)(void), bool *sure)
{
	u64 khz[MAX_TRIES], other;
	unsigned int n = 0;

	*sure = false;
	for (unsigned int i = 0; i < MAX_TRIES; i++) {
		if (!measure_once(ref, counter, &khz[n]))
			return 0;
		if (!possible(khz[n]))
			continue;
		other = agreeing(khz, n);
		if (other) {
			*sure = true;
			return (other + khz[n]) / 2;
		}
		n++;
	}
	if (n < ENOUGH)
		return 0;
	sort(khz, n);
	return khz[n / 2];
}

u64 crystal_khz(u32 denominator, u32 numerator, u32 crystal_hz)
{
	u64 khz;

	if (!denominator || !numerator || !crystal_hz)
		return 0;
	khz = (u64)crystal_hz * numerator / denominator / 1000;
	return possible(khz) ? khz : 0;
}

u64 calibrate_pick(u64 told_khz, u64 measured_khz)
{
	u64 diff = told_khz > measured_khz ? told_khz - measured_khz : measured_khz - told_khz;

	if (!possible(told_khz))
		return measured_khz;
	return measured_khz && diff > measured_khz / 64 ? measured_khz : told_khz;
}
