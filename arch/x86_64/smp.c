/*
 * arch/x86_64/smp.c - the other CPUs: waking them up, and interrupting them
 *
 * Purpose:    one after the other, each CPU that ACPI names is told INIT and STARTUP; it comes
 *             through trampoline.asm to secondary_start(), gets what cpu_init() and the others made
 *             for the first, and idles.  Later they interrupt each other: to reschedule, and to run a
 *             function (a TLB flush) while somebody waits.
 * Invariants: CPUs are numbered in the order in which they answered: 0 .. nr_cpus-1 are all there.
 *             A CPU that answers too late finds in the trampoline that nobody waits for it, and stops; so does one
 *             without NX, which the kernel's page tables need.
 *             One function call at a time, for the machine: call_lock.  Who asks has interrupts on, so
 *             that it can be asked while it waits: no lock that is taken with interrupts off may be held.
 * Lock order: call_lock is the last of all; interrupts on.
 * Command line: maxcpus=N no more than N CPUs (default: all, up to NR_CPUS); nosmp, or maxcpus=0: one;
 *             smp.late=ID (tests): the CPU with that APIC id is told to start only when it has been given up.
 * Simplified: CPUs never go away.  The APIC mode is the one the firmware left.
 * Sources:    Intel SDM vol. 3A, "Multiple-Processor (MP) Initialization", "Issuing
 *             Interprocessor Interrupts"; ACPI specification, "Multiple APIC Description Table".
 */
#include <asm/acpi.h>
#include <asm/apic.h>
#include <asm/desc.h>
#include <asm/memtype.h>
#include <asm/mmu_context.h>
#include <asm/processor.h>
#include <asm/ptrace.h>
#include <asm/smp.h>
#include <boot.h>
#include <boot_info.h>
#include <err.h>
#include <irq.h>
#include <memblock.h>
#include <mm.h>
#include <printk.h>
#include <sched.h>
#include <slab.h>
#include <spinlock.h>
#include <string.h>
#include <time.h>
#include <trace.h>
#include <vmalloc.h>

/* ---- from real mode to C --------------------------------------------------------------------- */

/* trampoline.asm: what the CPU that is started now needs. */
struct trampoline_args {
	struct cpu *cpu;
	void *stack;			/* its upper end */
	void (*entry)(struct cpu *cpu);
	u32 cr3, cr4, efer;
	u32 wanted;			/* APIC id of the CPU that may go on; atomic: who comes takes it away */
	u32 *wanted_at;			/* where that word can be written */
	u32 far_pointer;		/* from here on: + the address of the page */
	u16 code_selector;
	u16 gdt_limit;
	u32 gdt_base;
} __packed;

extern char trampoline_start[], trampoline_end[];
extern struct trampoline_args trampoline_args;

#define BIOS_RAM_END	0xa0000UL
#define ANSWER_NS	(10 * NSEC_PER_SEC)	/* how long a CPU may take to come up: as Linux; a busy host may starve a virtual one */
#define LATE_NS		(NSEC_PER_SEC)		/* for the one that will not: smp.late= */
#define INIT_WAIT_NS	10000000UL		/* between INIT and the first STARTUP, as the SDM says */
#define STARTUP_WAIT_NS	200000UL		/* between the first and the second */
#define NOBODY		0xffffffffU	/* in wanted, as in trampoline.asm */
#define HAS_NO_NX	0xfffffffeU	/* the same: the answer of the CPU that was wanted */

static bool answered;			/* the CPU that was waited for has come */
static phys_addr_t trampoline_pa;	/* 0: there is no page below 1 MiB */

void __init smp_reserve_trampoline(void)
{
	trampoline_pa = memblock_phys_alloc(PAGE_SIZE, PAGE_SIZE, BIOS_RAM_END);
}

static struct trampoline_args *args_in_page(void)
{
	return __va(trampoline_pa + ((char *)&trampoline_args - trampoline_start));
}

/* The tables that map the page at its own address, from the top down, under a pgd like init_pgd. */
static struct page *ident_pgd, *ident[4];

static unsigned long __init ident_table(unsigned int i)
{
	return page_to_phys(ident[i]) | _KERNPG_TABLE;
}

/* 0 or -ENOMEM.  A CPU that comes late needs them, too: they stay. */
static int __init map_trampoline(void)
{
	unsigned long pa = trampoline_pa;
	pgd_t *pgd;
	p4d_t *p4d;
	pud_t *pud;
	pmd_t *pmd;

	ident_pgd = alloc_page(GFP_KERNEL | __GFP_DMA32 | __GFP_ZERO);
	for (unsigned int i = 0; ident_pgd && i < ARRAY_SIZE(ident); i++) {
		ident[i] = alloc_page(GFP_KERNEL | __GFP_ZERO);
		if (!ident[i])
			return -ENOMEM;
	}
	if (!ident_pgd)
		return -ENOMEM;
	pgd = page_address(ident_pgd);
	memcpy(pgd, init_pgd, PAGE_SIZE);
	pgd = pgd_offset_pgd(pgd, pa);
	if (pgtable_l5_enabled())
		set_pgd(pgd, __pgd(ident_table(0)));
	p4d = p4d_offset(pgd, pa);
	set_p4d(p4d, __p4d(ident_table(1)));
	pud = pud_offset(p4d, pa);
	set_pud(pud, __pud(ident_table(2)));
	pmd = pmd_offset(pud, pa);
	set_pmd(pmd, __pmd(ident_table(3)));
	set_pte(pte_offset_kernel(pmd, pa),
		__pte(pa | (pgprot_val(PAGE_KERNEL_ROX) & ~_PAGE_GLOBAL)));
	return 0;
}

static void __init fill_trampoline(void)
{
	struct trampoline_args *args;

	memcpy(__va(trampoline_pa), trampoline_start, trampoline_end - trampoline_start);
	args = args_in_page();
	args->far_pointer += trampoline_pa;
	args->gdt_base += trampoline_pa;
	args->cr3 = page_to_phys(ident_pgd);
	args->cr4 = CR4_PAE | (pgtable_l5_enabled() ? CR4_LA57 : 0);
	args->efer = EFER_LME | EFER_NX;
	args->wanted_at = (void *)((char *)args + offsetof(struct trampoline_args, wanted));
}

/* ---- on the new CPU ---------------------------------------------------------------------------- */

/* On the stack of its idle task, interrupts off, GS set. */
static void secondary_start(struct cpu *cpu)
{
	write_cr3(__pa(init_pgd));
	cpu_init_secondary(cpu);
	apic_init_secondary();
	__atomic_store_n(&answered, true, __ATOMIC_RELEASE);
	while (__atomic_load_n(&nr_cpus, __ATOMIC_ACQUIRE) <= cpu->id)
		cpu_relax();		/* not counted yet: nobody would ask us for a flush */
	tick_idle_exit();
	local_irq_enable();
	cpu_idle();
}

/* ---- on the first ---------------------------------------------------------------------------------- */

static void __init wait_ns(u64 ns)
{
	u64 end = clock_read_ns() + ns;

	while (clock_read_ns() < end)
		cpu_relax();
}

static bool __init has_answered(void)
{
	return __atomic_load_n(&answered, __ATOMIC_ACQUIRE);
}

/* For tests: this CPU is told to start only when it has been given up, so that it comes too late. */
static bool __init start_is_held_back(u32 apic)
{
	return cmdline_num("smp.late", NOBODY) == apic;
}

/* It runs, or has said that it cannot. */
static bool __init has_decided(const u32 *place)
{
	return has_answered() || __atomic_load_n(place, __ATOMIC_ACQUIRE) == HAS_NO_NX;
}

/*
 * INIT, STARTUP, and once more for a CPU that missed it.
 * 0: it runs, and waits to be counted; -EIO: no answer; -EOPNOTSUPP: no NX.
 */
static int __init wake(u32 apic)
{
	u32 *place = args_in_page()->wanted_at;
	u8 vector = trampoline_pa >> PAGE_SHIFT;
	bool late = start_is_held_back(apic);
	u32 wanted = apic;
	u64 end;

	__atomic_store_n(&answered, false, __ATOMIC_RELAXED);
	__atomic_store_n(place, apic, __ATOMIC_RELEASE);
	apic_send(apic, APIC_INIT);
	wait_ns(INIT_WAIT_NS);
	if (!late) {
		apic_send(apic, APIC_STARTUP | vector);
		wait_ns(STARTUP_WAIT_NS);
		if (!has_decided(place))
			apic_send(apic, APIC_STARTUP | vector);
	}
	for (end = clock_read_ns() + (late ? LATE_NS : ANSWER_NS); !has_decided(place) && clock_read_ns() < end;)
		cpu_relax();
	if (__atomic_compare_exchange_n(place, &wanted, NOBODY, false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
		return -EIO;
	if (wanted == HAS_NO_NX)
		return -EOPNOTSUPP;
	while (!has_answered())		/* it came at the last moment: it will go all the way */
		cpu_relax();
	return 0;
}

/* What a CPU needs of its own: stacks, idle task, places in the allocators, an event ring if events are told. */
static int __init prepare(struct cpu *cpu)
{
	struct task_struct *idle;
	int err;

	cpu->self = cpu;
	err = ist_stacks_alloc(cpu) ?: kmem_cache_cpu_up(cpu->id) ?: trace_cpu_up(cpu->id);
	if (err)
		return err;
	idle = fork_idle(cpu->id);
	if (IS_ERR(idle))
		return PTR_ERR(idle);
	cpu->idle = cpu->curr = idle;
	cpu->kernel_sp = (unsigned long)idle->stack + KERNEL_STACK_SIZE;
	tlb_cpu_init(cpu);
	sched_cpu_up(cpu->id, idle);
	return 0;
}

/* What prepare() made stays for the next CPU that is tried under this number. */
static int __init start_cpu(u32 apic)
{
	struct cpu *cpu = &cpus[nr_cpus];
	int err = 0;

	cpu->id = nr_cpus;
	cpu->apic_id = apic;
	if (!cpu->idle)
		err = prepare(cpu);
	if (err)
		return err;
	args_in_page()->cpu = cpu;
	args_in_page()->stack = (void *)cpu->kernel_sp;
	args_in_page()->entry = secondary_start;
	err = wake(apic);
	if (err)
		return err;
	__atomic_store_n(&nr_cpus, nr_cpus + 1, __ATOMIC_RELEASE);
	return 0;
}

/* All, unless maxcpus= or nosmp says less. */
static unsigned int __init wanted_cpus(void)
{
	unsigned long max = cmdline_num("maxcpus", NR_CPUS);

	if (cmdline_has("nosmp") || !max)
		return 1;
	return min(max, (unsigned long)NR_CPUS);
}

void __init smp_init(void)
{
	unsigned int wanted = wanted_cpus(), silent = 0;

	if (acpi_info.nr_lapics < 2 || wanted < 2)
		return;
	if (!trampoline_pa || map_trampoline()) {
		pr_warn("smp: no memory to start the other CPUs\n");
		return;
	}
	fill_trampoline();
	for (unsigned int i = 0; i < acpi_info.nr_lapics && nr_cpus < wanted; i++) {
		u32 apic = acpi_info.lapic_id[i];
		int err;

		if (apic == cpus[0].apic_id)
			continue;
		err = apic_can_reach(apic) ? start_cpu(apic) : -ENODEV;
		if (!err)
			continue;
		silent++;
		pr_warn("smp: CPU with APIC id %u is left out: %s\n", apic,
			err == -EIO ? "it does not answer" : err == -ENOMEM ? "no memory" :
			err == -EOPNOTSUPP ? "it cannot mark pages as not executable (NX)" : "no way to reach it");
		if (start_is_held_back(apic))
			apic_send(apic, APIC_STARTUP | (trampoline_pa >> PAGE_SHIFT));
	}
	pr_info("smp: %u CPUs%s\n", nr_cpus, silent ? " (see above)" : "");
}

/* ---- interrupts between CPUs --------------------------------------------------------------------------- */

static DEFINE_SPINLOCK(call_lock);
static struct {
	void (*fn)(void *arg);
	void *arg;
	unsigned long waiting[NR_CPUS / 64];	/* atomic: the CPUs that have not run it yet */
} call;

/* Run the function if this CPU is asked to. */
static void serve_call(void)
{
	unsigned int me = smp_processor_id();
	unsigned long flags = local_irq_save();

	if (__atomic_load_n(&call.waiting[me / 64], __ATOMIC_ACQUIRE) & BIT(me % 64)) {
		call.fn(call.arg);
		__atomic_fetch_and(&call.waiting[me / 64], ~BIT(me % 64), __ATOMIC_RELEASE);
	}
	local_irq_restore(flags);
}

static bool all_served(void)
{
	unsigned long left = 0;

	for (size_t i = 0; i < ARRAY_SIZE(call.waiting); i++)
		left |= __atomic_load_n(&call.waiting[i], __ATOMIC_ACQUIRE);
	return !left;
}

void smp_call_mask(const unsigned long *mask, void (*fn)(void *arg), void *arg)
{
	unsigned int me = smp_processor_id();
	unsigned long others[NR_CPUS / 64], any = 0;

	for (size_t i = 0; i < ARRAY_SIZE(others); i++) {
		others[i] = READ_ONCE(mask[i]) & ~(me / 64 == i ? BIT(me % 64) : 0);
		any |= others[i];
	}
	if (!any)
		return;
	VM_BUG_ON(in_interrupt() || irqs_disabled());
	spin_lock(&call_lock);
	call.fn = fn;
	call.arg = arg;
	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		__atomic_store_n(&call.waiting[i], others[i], __ATOMIC_RELEASE);
	for (unsigned int cpu = 0; cpu < nr_cpus; cpu++)
		if (others[cpu / 64] & BIT(cpu % 64))
			apic_send(cpus[cpu].apic_id, APIC_FIXED | CALL_VECTOR);
	while (!all_served())
		cpu_relax();
	spin_unlock(&call_lock);
}

void smp_call_others(void (*fn)(void *arg), void *arg)
{
	unsigned long all[NR_CPUS / 64] = { 0 };

	for (unsigned int cpu = 0; cpu < nr_cpus; cpu++)
		all[cpu / 64] |= BIT(cpu % 64);
	smp_call_mask(all, fn, arg);
}

void smp_send_reschedule(unsigned int cpu)
{
	apic_send(cpus[cpu].apic_id, APIC_FIXED | RESCHEDULE_VECTOR);
}

/* ---- standing still ---- */

enum { RUN, PARK_UNLOCKED, PARK_QUIET };
static u32 parking;				/* atomic: somebody has the machine for itself */
static unsigned long parked[NR_CPUS / 64];	/* atomic */

/* Who holds a spinlock goes on and is asked again: another one that is parked already cannot need it. */
static bool may_park(const struct pt_regs *regs)
{
	switch (READ_ONCE(parking)) {
	case PARK_UNLOCKED:
		return !__cpu_read(preempt_count, unsigned int);
	case PARK_QUIET:
		return user_mode(regs) || current == this_cpu()->idle;
	}
	return false;
}

static void park(const struct pt_regs *regs)
{
	unsigned int me = smp_processor_id();

	if (!may_park(regs))
		return;
	__atomic_fetch_or(&parked[me / 64], BIT(me % 64), __ATOMIC_ACQ_REL);
	while (__atomic_load_n(&parking, __ATOMIC_ACQUIRE)) {
		serve_call();		/* of one that still runs, and cannot stop before it is answered */
		cpu_relax();
	}
	__atomic_fetch_and(&parked[me / 64], ~BIT(me % 64), __ATOMIC_ACQ_REL);
}

bool smp_is_parked(unsigned int cpu)
{
	return __atomic_load_n(&parked[cpu / 64], __ATOMIC_ACQUIRE) & BIT(cpu % 64);
}

static void park_others(u32 how)
{
	u32 run;
	unsigned int left;

	VM_BUG_ON(in_atomic() || irqs_disabled());
	for (run = RUN; !__atomic_compare_exchange_n(&parking, &run, how, false, __ATOMIC_ACQ_REL,
						     __ATOMIC_RELAXED); run = RUN)
		msleep(1);		/* who parks quietly waits until we are idle */
	do {
		left = 0;
		for (unsigned int cpu = 0; cpu < nr_cpus; cpu++) {
			if (cpu == smp_processor_id() || smp_is_parked(cpu))
				continue;
			left++;
			apic_send(cpus[cpu].apic_id, APIC_FIXED | PARK_VECTOR);
		}
		for (int i = 0; left && i < 1000; i++)
			cpu_relax();
	} while (left);
}

void smp_park_others(void)
{
	park_others(PARK_UNLOCKED);
}

void smp_park_others_quiet(void)
{
	park_others(PARK_QUIET);
}

void smp_unpark(void)
{
	__atomic_store_n(&parking, 0, __ATOMIC_RELEASE);
	for (unsigned int cpu = 0; cpu < nr_cpus; cpu++)
		while (smp_is_parked(cpu))
			cpu_relax();	/* or it would take the next request for this one */
}

/* The flag that it came for is looked at on the way out (or in cpu_idle). */
void smp_interrupt(struct pt_regs *regs, unsigned int vector)
{
	if (vector == CALL_VECTOR)
		serve_call();
	else if (vector == PARK_VECTOR)
		park(regs);
}
