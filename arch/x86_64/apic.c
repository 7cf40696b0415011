/*
 * arch/x86_64/apic.c - the local APIC: interrupts of this CPU, and its timer
 *
 * Purpose:    silence the old 8259 pair, open the CPU for vectors, and give kernel/time.c
 *             a timer that fires once at a chosen moment.
 * Invariants: every accepted vector but the spurious one is ended by exactly one EOI;
 *             the timer is one-shot, so each interrupt was asked for.
 *             No wait for the hardware is without an end.
 * Lock order: none: a CPU touches only its own local APIC.
 * Simplified: TSC-deadline mode is not used; the counter's resolution is enough.
 * Sources:    Intel SDM vol. 3A, "Advanced Programmable Interrupt Controller (APIC)"; "Interrupt Command Register
 *             (ICR)": delivery status.
 */
#include <asm/acpi.h>
#include <asm/apic.h>
#include <asm/page.h>
#include <asm/processor.h>
#include <bug.h>
#include <ioport.h>
#include <irq.h>
#include <printk.h>
#include <time.h>
#include <vmalloc.h>

#define APIC_ID			0x020
#define APIC_TPR		0x080
#define APIC_EOI		0x0b0
#define APIC_SVR		0x0f0
#define APIC_ESR		0x280
#define APIC_ICR_LOW		0x300
#define APIC_ICR_HIGH		0x310
#define APIC_LVT_TIMER		0x320
#define APIC_LVT_LINT0		0x350
#define APIC_LVT_LINT1		0x360
#define APIC_LVT_ERROR		0x370
#define APIC_TIMER_INIT		0x380
#define APIC_TIMER_COUNT	0x390
#define APIC_TIMER_DIV		0x3e0

#define ICR_BUSY		BIT(12)
#define SVR_ENABLE		BIT(8)
#define LVT_MASKED		BIT(16)
#define LVT_NMI			(4 << 8)
#define TIMER_DIVIDE_BY_16	0x3

/*
 * How often the register is read before the last interrupt is given up: some tens of ns each on hardware, one or two
 * seconds in all where each read leaves a virtual machine.  Far less often once one was stuck: a panic sends to every CPU.
 */
#define SEND_TRIES		1000000
#define SEND_TRIES_STUCK	1000

#define APIC_BASE_ENABLE	BIT(11)
#define APIC_BASE_X2APIC	BIT(10)
#define X2APIC_MSR		0x800

#define CALIBRATE_NS		2000000UL
#define CALIBRATE_TRIES		3

static volatile u32 *lapic __ro_after_init;	/* NULL in x2APIC mode */
/* Timer counts per ns, << 32; 0 until measured.  One value: all CPUs share the bus clock. */
static u64 timer_mult;

u32 apic_read(unsigned int reg)
{
	if (!lapic)
		return rdmsr(X2APIC_MSR + (reg >> 4));
	return lapic[reg / 4];
}

void apic_write(unsigned int reg, u32 v)
{
	if (!lapic)
		wrmsr(X2APIC_MSR + (reg >> 4), v);
	else
		lapic[reg / 4] = v;
}

u32 apic_id(void)
{
	u32 id = apic_read(APIC_ID);

	return lapic ? id >> 24 : id;
}

void apic_eoi(void)
{
	apic_write(APIC_EOI, 0);
}

/*
 * Wait until the last interrupt has left; interrupts off.  One that is never accepted, by a broken CPU or a broken bus,
 * must not hold a panic up: then false.
 */
static bool wait_sent(bool was_stuck)
{
	unsigned int tries = was_stuck ? SEND_TRIES_STUCK : SEND_TRIES;

	while (apic_read(APIC_ICR_LOW) & ICR_BUSY) {
		if (!--tries)
			return false;
		cpu_relax();
	}
	return true;
}

/*
 * In xAPIC mode in two steps, which must belong together.  What is stuck is overwritten.  It is said by the first
 * sender that has interrupts on: one that has them off may hold a lock of the log's.  Each CPU has a register of its
 * own, which gets stuck and free again by itself.
 */
void apic_send(u32 id, u32 what)
{
	static bool said;
	unsigned long flags;
	bool stuck;

	if (!lapic) {
		wrmsr(X2APIC_MSR + (APIC_ICR_LOW >> 4), (u64)id << 32 | what);
		return;
	}
	flags = local_irq_save();
	stuck = !wait_sent(this_cpu()->icr_stuck);
	this_cpu()->icr_stuck = stuck;
	apic_write(APIC_ICR_HIGH, id << 24);
	apic_write(APIC_ICR_LOW, what);
	local_irq_restore(flags);
	if (stuck && flags & X86_EFLAGS_IF && !__atomic_exchange_n(&said, true, __ATOMIC_RELAXED))
		pr_warn("apic: interrupts to other CPUs do not leave in time; the next ones overwrite them\n");
}

bool apic_can_reach(u32 id)
{
	return !lapic || id < 0xff;
}

/*
 * Move the 8259 pair's vectors away from the exceptions, then mask all its lines.  Even
 * masked it can raise a spurious line 7, which then is a known vector.
 */
static void pic_disable(void)
{
	static const struct { u16 port; u8 v; } steps[] = {
		{ 0x20, 0x11 }, { 0xa0, 0x11 },			/* initialise, with ICW4 */
		{ 0x21, IRQ_BASE_VECTOR }, { 0xa1, IRQ_BASE_VECTOR + 8 },
		{ 0x21, 4 }, { 0xa1, 2 },			/* cascade on line 2 */
		{ 0x21, 1 }, { 0xa1, 1 },			/* 8086 mode */
		{ 0x21, 0xff }, { 0xa1, 0xff },			/* mask everything */
	};

	for (size_t i = 0; i < ARRAY_SIZE(steps); i++)
		outb(steps[i].port, steps[i].v);
}

/* The NMI comes where the MADT says, or where every PC has had it: at LINT1. */
void apic_local_init(void)
{
	apic_write(APIC_TPR, 0);
	apic_write(APIC_LVT_TIMER, LVT_MASKED | LOCAL_TIMER_VECTOR);
	apic_write(APIC_LVT_LINT0, acpi_info.nmi_pins & BIT(0) ? LVT_NMI : LVT_MASKED);
	apic_write(APIC_LVT_LINT1, acpi_info.nmi_pins & BIT(1) || !acpi_info.nmi_pins ? LVT_NMI : LVT_MASKED);
	apic_write(APIC_LVT_ERROR, LVT_MASKED | SPURIOUS_VECTOR);
	apic_write(APIC_SVR, SVR_ENABLE | SPURIOUS_VECTOR);
	apic_write(APIC_TIMER_DIV, TIMER_DIVIDE_BY_16);
	apic_write(APIC_ESR, 0);
	apic_eoi();		/* whatever the firmware left in service */
}

void apic_init(void)
{
	u32 a, b, c, d;
	u64 base;

	cpuid(1, 0, &a, &b, &c, &d);
	if (!(d & BIT(9)))
		panic("this CPU has no local APIC, which Quire needs for its timer");
	base = rdmsr(MSR_APIC_BASE);
	if (!(base & APIC_BASE_ENABLE)) {
		base |= APIC_BASE_ENABLE;
		wrmsr(MSR_APIC_BASE, base);
	}
	if (!(base & APIC_BASE_X2APIC)) {
		lapic = ioremap(base & 0x000ffffffffff000UL, PAGE_SIZE);
		if (!lapic)
			panic("no memory to map the local APIC");
		request_mem_region(base & 0x000ffffffffff000UL, PAGE_SIZE);
	}
	pic_disable();
	apic_local_init();
	this_cpu()->apic_id = apic_id();
	pr_info("apic: local APIC id %u%s\n", apic_id(), lapic ? "" : " (x2APIC)");
}

/*
 * In the mode of the first CPU: the firmware may have left each as it liked.  There is no way from x2APIC mode
 * to the other but through "off", and none from "off" to x2APIC but through the other.
 */
void apic_init_secondary(void)
{
	u64 base = rdmsr(MSR_APIC_BASE);

	if (lapic && (base & APIC_BASE_X2APIC)) {
		base &= ~(APIC_BASE_ENABLE | APIC_BASE_X2APIC);
		wrmsr(MSR_APIC_BASE, base);
	}
	base |= APIC_BASE_ENABLE;
	wrmsr(MSR_APIC_BASE, base);
	if (!lapic && !(base & APIC_BASE_X2APIC))
		wrmsr(MSR_APIC_BASE, base | APIC_BASE_X2APIC);
	apic_local_init();
	this_cpu()->apic_id = apic_id();
	apic_write(APIC_LVT_TIMER, LOCAL_TIMER_VECTOR);
}

/* ---- the timer ---- */

void apic_timer_run_free(void)
{
	apic_write(APIC_LVT_TIMER, LVT_MASKED | LOCAL_TIMER_VECTOR);
	apic_write(APIC_TIMER_INIT, 0xffffffff);
}

u32 apic_timer_elapsed(void)
{
	return 0xffffffff - apic_read(APIC_TIMER_COUNT);
}

/* Counts in CALIBRATE_NS, scaled by what really passed. */
static u64 measure_once(void)
{
	u64 start, now;
	u32 count;

	apic_write(APIC_TIMER_INIT, 0xffffffff);
	start = clock_read_ns();
	do {
		cpu_relax();
		now = clock_read_ns();
	} while (now - start < CALIBRATE_NS);
	count = apic_timer_elapsed();
	return ((u64)count << 32) / (now - start);
}

/* The middle of three: one measurement may be spoiled by a host that was busy. */
void clockevent_init(void)
{
	u64 m[CALIBRATE_TRIES];

	apic_write(APIC_LVT_TIMER, LVT_MASKED | LOCAL_TIMER_VECTOR);
	for (int i = 0; i < CALIBRATE_TRIES; i++)
		m[i] = measure_once();
	apic_write(APIC_TIMER_INIT, 0);
	apic_write(APIC_LVT_TIMER, LOCAL_TIMER_VECTOR);		/* one-shot, open */
	timer_mult = max(min(m[0], m[1]), min(max(m[0], m[1]), m[2]));
	if (!timer_mult)
		panic("the local APIC timer does not count");
	pr_info("apic: timer %lu kHz\n",
		(unsigned long)(((unsigned __int128)timer_mult * APIC_TIMER_DIVISOR * 1000000) >> 32));
}

/* A distant event is cut to what the counter can hold: kernel/time.c then asks again. */
void clockevent_program(u64 delta_ns)
{
	u64 count;

	if (!timer_mult)
		return;
	delta_ns = min(delta_ns, 10 * NSEC_PER_SEC);
	count = ((unsigned __int128)delta_ns * timer_mult) >> 32;
	apic_write(APIC_TIMER_INIT, min_t(u64, max_t(u64, count, 1), 0xffffffff));
}
