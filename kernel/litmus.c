/*
 * kernel/litmus.c - a race, played again: yield the virtual CPU where chance says so
 *
 * Purpose:    an emulator that runs all CPUs in one host thread and counts instructions
 *             (-icount) goes from one CPU to the next only at certain points: the end of a time
 *             slice, hlt, and `pause`.  So whoever decides where a `pause` is executed decides the order
 *             in which CPUs see each other's steps; and a generator with a seed decides it the same
 *             way each time.
 * Invariants: nothing but `pause` is executed: no lock is taken, nothing sleeps, no order that real
 *             CPUs could not show as well.  The same seeds on the same machine give the same run.
 * Simplified: switches happen at locks, atomics and flushes alone, not between any two instructions.
 * Sources:    Intel SDM vol. 2B, "PAUSE"; Burckhardt and others, "A Randomized Scheduler with
 *             Probabilistic Guarantees of Finding Bugs"; Marsaglia, "Xorshift RNGs".
 */
#include <asm/irqflags.h>
#include <asm/percpu.h>
#include <boot_info.h>
#include <litmus.h>
#include <printk.h>

#ifdef QUIRE_DEBUG

#define DENSITIES 6			/* every point, every 2nd, 4th, ... 32nd */

bool litmus_on;
unsigned long litmus_seed;
static u64 yield_mask;

/* Each CPU's generator.  An interrupt between load and store repeats a number: still the same each time. */
static struct {
	u64 x;
} __attribute__((aligned(64))) chance[NR_CPUS];

void __litmus_yield(void)
{
	u64 *state = &chance[smp_processor_id()].x, x = *state;

	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	*state = x;
	if (!(x >> 32 & yield_mask))
		cpu_relax();
}

/* The seed also says how many points yield: some races need many switches, some one at the right place. */
void litmus_new_seed(void)
{
	for (unsigned int cpu = 0; cpu < NR_CPUS; cpu++)
		chance[cpu].x = (litmus_seed * NR_CPUS + cpu + 1) * 0x9e3779b97f4a7c15UL;
	yield_mask = (1UL << litmus_seed % DENSITIES) - 1;
	litmus_on = true;
}

void litmus_report(void)
{
	if (litmus_on)
		pr_emerg("litmus.seed=%lu\n", litmus_seed);
	litmus_on = false;
}

void litmus_init(void)
{
	if (!cmdline_has("litmus.seed"))
		return;
	litmus_seed = cmdline_num("litmus.seed", 1);
	litmus_new_seed();
}

#endif
