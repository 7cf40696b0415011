/*
 * arch/x86_64/nmi.c - the interrupt that cannot be switched off: looking at other CPUs, and stopping them
 *
 * Purpose:    a CPU that hangs with interrupts off answers nothing but an NMI.  Who asks gets the registers
 *             that the NMI found, and prints them itself: so only one CPU prints.
 * Invariants: a CPU fills its slot only when it was asked, and says so last.  One that was stopped never
 *             runs again.  An NMI that nobody asked for is only counted.
 * Lock order: none: an NMI may have interrupted the owner of any lock.
 * Simplified: one slot for each CPU, so two that ask for the same CPU at once may see the same answer.
 * Sources:    Intel SDM vol. 3A, "Nonmaskable Interrupt (NMI)".
 */
#include <asm/apic.h>
#include <asm/extable.h>
#include <asm/nmi.h>
#include <asm/percpu.h>
#include <asm/processor.h>
#include <asm/ptrace.h>
#include <boot.h>
#include <panic.h>
#include <printk.h>
#include <sched.h>
#include <time.h>

enum { NOTHING, SHOW, STOP };

static struct nmi_slot {
	u32 wanted;			/* atomic: NOTHING, SHOW, STOP */
	bool answered;			/* set last, by the CPU itself */
	struct pt_regs regs;
} slots[NR_CPUS];

/* Of the time stamp counter: the host may be busy. */
#define SHOW_MS 1500			/* with interrupts off: less than the least watchdog_thresh=, or others call that a hang */
#define STOP_MS 10000			/* for all together: a panic does not wait so long for each */

void nmi_received(const struct pt_regs *regs)
{
	struct nmi_slot *slot = &slots[smp_processor_id()];
	u32 wanted = __atomic_exchange_n(&slot->wanted, NOTHING, __ATOMIC_ACQUIRE);

	if (wanted == NOTHING)
		return;
	slot->regs = *regs;
	__atomic_store_n(&slot->answered, true, __ATOMIC_RELEASE);
	while (wanted == STOP)
		native_halt();
}

static void ask(unsigned int cpu, u32 what)
{
	__atomic_store_n(&slots[cpu].answered, false, __ATOMIC_RELAXED);
	__atomic_store_n(&slots[cpu].wanted, what, __ATOMIC_RELEASE);
	apic_send(cpus[cpu].apic_id, APIC_NMI);
}

static bool has_answered(unsigned int cpu)
{
	return __atomic_load_n(&slots[cpu].answered, __ATOMIC_ACQUIRE);
}

static bool wait_for_answer(unsigned int cpu, u64 since, unsigned int ms)
{
	while (!has_answered(cpu) && rdtsc() - since < (tsc_khz ?: 1000000) * ms)
		cpu_relax();
	return has_answered(cpu);
}

/* What @cpu was doing when it answered. */
static void show(unsigned int cpu)
{
	const struct pt_regs *regs = &slots[cpu].regs;
	const struct task_struct *t = cpus[cpu].curr;
	char name[128];

	if (t && !probe_read(t))
		pr_err("CPU %u, process %d (%.15s):\n", cpu, t->pid, t->comm);
	if (user_mode(regs)) {
		pr_err("  in user mode at %#lx\n", regs->ip);
		return;
	}
	pr_err("  RIP %016lx %s%s\n", regs->ip, sprint_symbol(name, sizeof(name), regs->ip),
	       regs->flags & X86_EFLAGS_IF ? "" : ", interrupts off");
	dump_stack(regs);
}

void nmi_backtrace(unsigned int cpu)
{
	ask(cpu, SHOW);
	if (wait_for_answer(cpu, rdtsc(), SHOW_MS))
		show(cpu);
	else
		pr_err("CPU %u does not answer an NMI\n", cpu);
}

void nmi_stop_others(void)
{
	static unsigned int stopper;		/* atomic: number of the CPU that does it, + 1; 0: none yet */
	unsigned int me = smp_processor_id(), nobody = 0;
	u64 since = rdtsc();

	if (!__atomic_compare_exchange_n(&stopper, &nobody, me + 1, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)) {
		if (nobody != me + 1)
			machine_halt();		/* until that one's NMI comes */
		return;
	}
	for (unsigned int cpu = 0; cpu < nr_cpus; cpu++)
		if (cpu != me)
			ask(cpu, STOP);
	for (unsigned int cpu = 0; cpu < nr_cpus; cpu++)
		if (cpu != me)
			wait_for_answer(cpu, since, STOP_MS);
}

void nmi_show_stopped(void)
{
	for (unsigned int cpu = 0; cpu < nr_cpus; cpu++) {
		if (cpu == smp_processor_id())
			continue;
		if (has_answered(cpu))
			show(cpu);
		else
			pr_err("CPU %u does not answer an NMI\n", cpu);
	}
}
