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
#include <asm/calibrate.h>
#include <asm/vdso.h>
#include <asm/processor.h>
#include <asm/percpu.h>
#include <asm/atomic.h>
#include <printk.h>
#include <string.h>
#include <time.h>

#define PM_TIMER_HZ	3579545
#define PIT_HZ		1193182
#define PIT_CHANNEL0	0x40
#define PIT_COMMAND	0x43

#define EARLY_KHZ	4000000
#define FALLBACK_KHZ	1000000
#define VIRTUAL_APIC_HZ	1000000000UL

#define KHZ_TO_MULT(khz) ((1000000UL << 32) / (khz))	/* ns per count, << 32 */

u64 tsc_khz;
static u64 tsc_mult = KHZ_TO_MULT(EARLY_KHZ);
static u64 tsc_base;			/* the counter at the first reading */
static u64 last_ns;			/* highest reading handed out, with several CPUs */

/* ---- reference clocks ---- */

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

/* ---- the hypervisor below, if there is one ---- */

#define HYPERVISOR	0x40000000	/* CPUID leaf: the last leaf, and a name */
#define HYPERVISOR_TSC	0x40000010	/* kHz of the TSC; VMware's, and of those who follow it */

static bool have_hypervisor(void)
{
	u32 a, b, c, d;

	cpuid(1, 0, &a, &b, &c, &d);
	return c & BIT(31);
}

/* QEMU and KVM let the local APIC's timer run at 1 GHz, whatever the CPU: a reference on a machine without any. */
static bool apic_timer_init(void)
{
	u32 a, name[3];

	if (!have_hypervisor())
		return false;
	cpuid(HYPERVISOR, 0, &a, &name[0], &name[1], &name[2]);
	if (memcmp(name, "TCGTCGTCGTCG", 12) && memcmp(name, "KVMKVMKVM\0\0\0", 12))
		return false;
	apic_timer_run_free();
	return counts(apic_timer_elapsed);
}

static struct reference references[] = {
	{ "HPET", hpet_init, hpet_read, 0, 0xffffffff },
	{ "PM timer", pm_timer_init, pm_timer_read, PM_TIMER_HZ, 0xffffff },
	{ "PIT", pit_init, pit_read, PIT_HZ, 0xffff },
	{ "local APIC timer", apic_timer_init, apic_timer_elapsed, VIRTUAL_APIC_HZ / APIC_TIMER_DIVISOR, 0xffffffff },
};

/* The first reference whose measurements agree; else what the best of the others gave.  0: there is none. */
static u64 measured_khz(const char **how)
{
	u64 unsure = 0;

	for (size_t i = 0; i < ARRAY_SIZE(references); i++) {
		struct reference *ref = &references[i];
		bool sure;
		u64 khz;

		if (!ref->init())
			continue;
		if (!ref->hz)
			ref->hz = hpet_hz;
		khz = calibrate(ref, rdtsc, &sure);
		if (!khz)
			pr_warn("clock: the %s counts, but not in a way to measure by\n", ref->name);
		if (khz && (sure || !unsure))
			*how = ref->name;
		if (khz && sure)
			return khz;
		unsure = unsure ?: khz;
	}
	if (unsure)
		pr_warn("clock: no two measurements of the TSC agree\n");
	return unsure;
}

/* What the processor, or the hypervisor, says of its TSC; 0: nothing. */
static u64 told_khz(const char **how)
{
	u32 max, a, b, c, d;
	u64 khz = 0;

	cpuid(0, 0, &max, &b, &c, &d);
	if (max >= 0x15) {
		cpuid(0x15, 0, &a, &b, &c, &d);
		khz = crystal_khz(a, b, c);
		*how = "told by the CPU";
	}
	if (!khz && have_hypervisor()) {
		cpuid(HYPERVISOR, 0, &max, &b, &c, &d);
		if (max >= HYPERVISOR_TSC && max < HYPERVISOR + 0x10000) {
			cpuid(HYPERVISOR_TSC, 0, &a, &b, &c, &d);
			khz = a;
			*how = "told by the hypervisor";
		}
	}
	return khz;
}

/* The frequency that the CPU is sold by: near the TSC's, if there is nothing better. */
static u64 nominal_khz(void)
{
	u32 max, a = 0, b, c, d;

	cpuid(0, 0, &max, &b, &c, &d);
	if (max >= 0x16)
		cpuid(0x16, 0, &a, &b, &c, &d);
	return (a & 0xffff) * 1000UL;
}

void clocksource_init(void)
{
	const char *told_how = "", *ref = "";
	u64 told, measured;

	clock_read_ns();		/* time begins here if nobody asked before */
	told = told_khz(&told_how);
	if (told && !calibrate_pick(told, 0)) {
		pr_warn("clock: %lu kHz, %s, cannot be\n", (unsigned long)told, told_how);
		told = 0;
	}
	measured = measured_khz(&ref);
	tsc_khz = calibrate_pick(told, measured) ?: calibrate_pick(nominal_khz(), 0) ?: FALLBACK_KHZ;
	tsc_mult = KHZ_TO_MULT(tsc_khz);
	vdso_set_clock(tsc_base, tsc_mult);
	if (!told && !measured)
		pr_warn("clock: nothing to measure the TSC by: taking it for %lu MHz\n", (unsigned long)tsc_khz / 1000);
	else
		pr_info("clock: TSC %lu.%03lu MHz, %s%s\n", (unsigned long)tsc_khz / 1000, (unsigned long)tsc_khz % 1000,
			tsc_khz == told ? told_how : "measured by the ", tsc_khz == told ? "" : ref);
	if (told && tsc_khz != told)
		pr_warn("clock: %lu kHz, %s, is not true\n", (unsigned long)told, told_how);
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
