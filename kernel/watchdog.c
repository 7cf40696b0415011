/*
 * kernel/watchdog.c - a CPU that hangs is noticed and shown
 *
 * Purpose:    each CPU serves a timer interrupt at least every PERIOD, idle or not, and counts it: its
 *             heartbeat.  At the same time it looks whether its neighbour's has changed.  If not for
 *             watchdog_thresh seconds the neighbour hangs with interrupts off: an NMI shows where.
 *             And a task that is not in user mode, and does not give the CPU away for twice that time
 *             although another one waits, is shown by its own ticks.
 * Invariants: what is counted is one's own looks, not time: a host that stops all CPUs for a while delays
 *             the looks as well, and each comes after a whole PERIOD.
 *             A hang is told once, until the heart beats again.
 * Lock order: none; called in the timer interrupt.
 * Command line: nowatchdog; watchdog_thresh=N seconds (default: 10).
 * Simplified: with one CPU nobody watches.  If all hang, nobody tells.
 * Sources:    Linux's admin-guide "Softlockup detector and hardlockup detector".
 */
#include <asm/nmi.h>
#include <asm/percpu.h>
#include <asm/ptrace.h>
#include <asm/smp.h>
#include <boot.h>
#include <boot_info.h>
#include <printk.h>
#include <sched.h>
#include <time.h>
#include <watchdog.h>

#define PERIOD		(NSEC_PER_SEC / 2)

static struct watch {
	unsigned long beats;		/* own CPU writes, its neighbour reads */
	unsigned long seen;		/* own CPU: the neighbour's, at the last look */
	unsigned int looks;		/* own CPU: since it changed */
	unsigned int unwilling;		/* own CPU: ticks in the kernel with another task waiting */
	u64 next;			/* own CPU: when to look */
} __aligned(64) watches[NR_CPUS];

static unsigned int thresh;		/* seconds; 0: nobody watches */
unsigned long watchdog_reports;

/* The neighbour of @me hangs, or is parked by somebody who may take his time. */
static void look_at(unsigned int me, unsigned int other)
{
	struct watch *w = &watches[me];
	unsigned long beats = READ_ONCE(watches[other].beats);

	if (beats != w->seen || smp_is_parked(other)) {
		w->seen = beats;
		w->looks = 0;
		return;
	}
	if (++w->looks != thresh * (NSEC_PER_SEC / PERIOD))
		return;
	pr_err("watchdog: CPU %u has served no interrupt for %u seconds\n", other, thresh);
	nmi_backtrace(other);
	__atomic_fetch_add(&watchdog_reports, 1, __ATOMIC_RELAXED);
}

u64 watchdog_beat(u64 now)
{
	unsigned int me = smp_processor_id();
	struct watch *w = &watches[me];

	if (!thresh)
		return ~0UL;
	WRITE_ONCE(w->beats, w->beats + 1);
	if (now < w->next)
		return w->next;
	w->next = now + PERIOD;
	look_at(me, (me + 1) % nr_cpus);
	return w->next;
}

void watchdog_tick(const struct pt_regs *regs)
{
	struct watch *w = &watches[smp_processor_id()];

	if (user_mode(regs) || !need_resched()) {
		w->unwilling = 0;
		return;
	}
	if (!thresh || ++w->unwilling != 2 * thresh * (NSEC_PER_SEC / TICK_NSEC))
		return;
	pr_err("watchdog: CPU %u, process %d (%.15s): another task has waited for %u seconds\n",
	       smp_processor_id(), current->pid, current->comm, 2 * thresh);
	dump_stack(regs);
	__atomic_fetch_add(&watchdog_reports, 1, __ATOMIC_RELAXED);
}

static void begin(void *unused)
{
	watches[smp_processor_id()].next = clock_read_ns() + PERIOD;
	tick_reprogram();
}

void __init watchdog_init(void)
{
	if (nr_cpus == 1 || cmdline_has("nowatchdog"))
		return;
	thresh = cmdline_num("watchdog_thresh", 10);
	if (thresh)
		on_each_cpu(begin, NULL);
}
