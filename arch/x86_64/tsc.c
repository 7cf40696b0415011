/*
 * arch/x86_64/tsc.c - the clock: the CPU's time stamp counter, measured once
 *
 * Purpose:    clock_read_ns() on every path that needs the time, for the price of one
 *             instruction and one multiplication.
 * Invariants: readings never go back, also over the moment of calibration: until then the
 *             counter is taken for a 4 GHz one, which can only be too slow.
 * Simplified: the frequency is taken as constant (true for all CPUs since 2008, and for
 *             emulators, whose counter follows the host's clock).
 * Sources:    Intel SDM vol. 3B, "Time-Stamp Counter"; vol. 2A, CPUID leaf 15H;
 *             Intel 8254 datasheet; ACPI specification, "Power Management Timer".
 */
#include <asm/acpi.h>
#include <asm/apic.h>
#include <asm/vdso.h>
#include <asm/processor.h>
#include <asm/percpu.h>
#include <asm/atomic.h>
#include <printk.h>
#include <time.h>

#define PM_TIMER_HZ	3579545
#define PIT_HZ		1193182
#define PIT_CHANNEL0	0x40
#define PIT_COMMAND	0x43

#define WINDOW_US	4000		/* length of one measurement */
#define MAX_TRIES	7
#define KHZ_MIN		50000		/* 50 MHz .. 20 GHz, else the reference is broken */
#define KHZ_MAX		20000000
#define EARLY_KHZ	4000000
#define FALLBACK_KHZ	1000000

#define KHZ_TO_MULT(khz) ((1000000UL << 32) / (khz))	/* ns per count, << 32 */

u64 tsc_khz;
static u64 tsc_mult = KHZ_TO_MULT(EARLY_KHZ);
static u64 tsc_base;			/* the counter at the first reading */
static u64 last_ns;			/* highest reading handed out, with several CPUs */

/* ---- reference clocks: a counter that wraps at mask, of known frequency ---- */

struct reference {
	const char *name;
	bool (*init)(void);
	u32 (*read)(void);
	u64 hz;
	u32 mask;
};

static u32 pm_timer_read(void)
{
	return inl(acpi_info.pm_timer_port);
}

static bool counts(u32 (*read)(void))
{
	u32 before = read();

	for (int i = 0; i < 100000; i++)
		if (read() != before)
			return true;
	return false;
}

static bool pm_timer_init(void)
{
	return acpi_info.pm_timer_port && counts(pm_timer_read);
}

/* Channel 0 counts down; its latch command freezes both bytes at one moment. */
static u32 pit_read(void)
{
	u8 lo, hi;

	outb(PIT_COMMAND, 0x00);
	lo = inb(PIT_CHANNEL0);
	hi = inb(PIT_CHANNEL0);
	return 0xffff - (hi << 8 | lo);
}

static bool pit_init(void)
{
	outb(PIT_COMMAND, 0x34);	/* channel 0, both bytes, mode 2: reload for ever */
	outb(PIT_CHANNEL0, 0);
	outb(PIT_CHANNEL0, 0);		/* 65536 */
	return counts(pit_read);
}

static struct reference references[] = {
	{ "HPET", hpet_init, hpet_read, 0, 0xffffffff },
	{ "PM timer", pm_timer_init, pm_timer_read, PM_TIMER_HZ, 0xffffff },
	{ "PIT", pit_init, pit_read, PIT_HZ, 0xffff },
};

/*
 * Read the reference and the counter as near to each other as can be: of several
 * attempts the one that took the least time.
 */
static u64 read_pair(const struct reference *ref, u32 *value)
{
	u64 best = ~0UL, tsc = 0;

	for (int i = 0; i < 4; i++) {
		u64 before = rdtsc();
		u32 v = ref->read();
		u64 after = rdtsc();

		if (after - before < best) {
			best = after - before;
			tsc = before + (after - before) / 2;
			*value = v;
		}
	}
	return tsc;
}

/* a * b / c with 128 bits in between; the result must fit in 64. */
static u64 mul_div(u64 a, u64 b, u64 c)
{
	u64 quotient, high;

	asm("mulq %3\n\tdivq %4" : "=a"(quotient), "=&d"(high) : "0"(a), "r"(b), "r"(c));
	return quotient;
}

/* One measurement, in kHz; 0 if the reference stopped. */
static u64 measure_once(const struct reference *ref)
{
	u32 start, now, window = ref->hz * WINDOW_US / 1000000;
	u64 tsc = read_pair(ref, &start);
	unsigned long spins = 0;

	do {
		now = ref->read();
		if (++spins > 50000000)
			return 0;
	} while (((now - start) & ref->mask) < window);
	tsc = read_pair(ref, &now) - tsc;
	return mul_div(tsc, ref->hz, (u64)((now - start) & ref->mask) * 1000);
}

static void sort(u64 *v, int n)
{
	for (int i = 1; i < n; i++)
		for (int j = i; j > 0 && v[j] < v[j - 1]; j--) {
			u64 t = v[j];

			v[j] = v[j - 1];
			v[j - 1] = t;
		}
}

/*
 * Measure until two results agree to one part in 4096, or take the median: a host that
 * takes the CPU away in the middle of reading a pair spoils single results only.
 */
static u64 measure(const struct reference *ref)
{
	u64 khz[MAX_TRIES];

	for (int n = 0; n < MAX_TRIES; n++) {
		khz[n] = measure_once(ref);
		if (khz[n] < KHZ_MIN || khz[n] > KHZ_MAX)
			return 0;
		for (int i = 0; i < n; i++) {
			u64 diff = khz[i] > khz[n] ? khz[i] - khz[n] : khz[n] - khz[i];

			if (diff <= khz[n] / 4096)
				return (khz[i] + khz[n]) / 2;
		}
	}
	sort(khz, MAX_TRIES);
	return khz[MAX_TRIES / 2];
}

void clocksource_init(void)
{
	const char *how = NULL;

	clock_read_ns();		/* time begins here if nobody asked before */
	for (size_t i = 0; i < ARRAY_SIZE(references) && !how; i++) {
		struct reference *ref = &references[i];

		if (!ref->init())
			continue;
		if (!ref->hz)
			ref->hz = hpet_hz;
		tsc_khz = measure(ref);
		if (tsc_khz)
			how = ref->name;
	}
	if (!how) {
		tsc_khz = FALLBACK_KHZ;
		pr_warn("clock: nothing to measure the TSC by: taking it for 1 GHz\n");
	}
	tsc_mult = KHZ_TO_MULT(tsc_khz);
	vdso_set_clock(tsc_base, tsc_mult);
	if (how)
		pr_info("clock: TSC %lu.%03lu MHz, measured by the %s\n",
			(unsigned long)(tsc_khz / 1000), (unsigned long)(tsc_khz % 1000), how);
}

/* Two CPUs' counters may differ by a little: nobody sees a time before one already seen. */
static u64 never_back(u64 ns)
{
	u64 seen = READ_ONCE(last_ns);

	while (seen < ns)
		if (__atomic_compare_exchange_n(&last_ns, &seen, ns, false, __ATOMIC_RELAXED,
						__ATOMIC_RELAXED))
			return ns;
	return seen;
}

u64 clock_read_ns(void)
{
	u64 tsc = rdtsc(), ns;

	if (unlikely(!tsc_base))
		tsc_base = tsc;
	ns = ((unsigned __int128)(tsc - tsc_base) * tsc_mult) >> 32;
	return nr_cpus > 1 ? never_back(ns) : ns;
}
