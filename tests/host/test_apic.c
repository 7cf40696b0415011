/* links: tests/host/shim_min.c */
/*
 * tests/host/test_apic.c - the local APIC's modes, and interrupts to other CPUs (arch/x86_64/apic.c)
 *
 * In xAPIC mode the local APIC is an array.  In x2APIC mode it is registers that a processor in another mode, or an
 * access to the array, does not have.
 */
#include "cmocka_shim.h"
#include <asm/percpu.h>
#include <asm/processor.h>
#include <string.h>

static u64 rdmsr(u32 msr);
static void wrmsr(u32 msr, u64 v);
static inline void cpuid(u32 leaf, u32 sub, u32 *a, u32 *b, u32 *c, u32 *d) { *a = *b = *c = 0; *d = BIT(9); }
static inline void outb(u16 port, u8 v) { }
#define MSR_APIC_BASE 0x1b
static unsigned int waited;
#define cpu_relax() (waited++)
#include "arch/x86_64/apic.c"

bool fake_irqs_off;
struct cpu cpus[NR_CPUS];
unsigned int nr_cpus = 1, fake_cpu;
struct acpi_info acpi_info;
static unsigned int said;

int printk(const char *fmt, ...)
{
	assert_false(fake_irqs_off);
	said++;
	return 0;
}

u64 clock_read_ns(void) { return 0; }
void request_mem_region(phys_addr_t start, phys_addr_t size) { }

static u32 regs[0x400];			/* xAPIC mode: a page */
static u64 x2regs[0x40];		/* x2APIC mode */
static u64 base_msr;			/* IA32_APIC_BASE of the CPU that runs */
static unsigned int base_writes;

#define BASE	0xfee00000UL
#define OFF	BASE
#define XAPIC	(BASE | APIC_BASE_ENABLE)
#define X2APIC	(BASE | APIC_BASE_ENABLE | APIC_BASE_X2APIC)

void *ioremap(phys_addr_t pa, size_t size)
{
	assert_int_equal(base_msr, XAPIC);
	assert_int_equal(pa, BASE);
	return regs;
}

static u64 rdmsr(u32 msr)
{
	if (msr == MSR_APIC_BASE)
		return base_msr;
	assert_int_equal(base_msr, X2APIC);
	assert_in_range(msr, X2APIC_MSR, X2APIC_MSR + ARRAY_SIZE(x2regs) - 1);
	return x2regs[msr - X2APIC_MSR];
}

/* A step between two modes that there is not would be a general protection fault, as would the high half of the ICR. */
static void wrmsr(u32 msr, u64 v)
{
	if (msr == MSR_APIC_BASE) {
		if (base_msr == X2APIC)
			assert_true(v == X2APIC || v == OFF);
		else
			assert_true(v == OFF || v == XAPIC || (v == X2APIC && base_msr == XAPIC));
		base_msr = v;
		base_writes++;
		return;
	}
	assert_int_equal(base_msr, X2APIC);
	assert_in_range(msr, X2APIC_MSR, X2APIC_MSR + ARRAY_SIZE(x2regs) - 1);
	assert_int_not_equal(msr, X2APIC_MSR + (APIC_ID >> 4));
	assert_int_not_equal(msr, X2APIC_MSR + (APIC_ICR_HIGH >> 4));
	x2regs[msr - X2APIC_MSR] = v;
}

/* A CPU comes out of the firmware with IA32_APIC_BASE = @base and this id. */
static void enter(unsigned int cpu, u64 base, u32 id)
{
	fake_cpu = cpu;
	cpus[cpu] = (struct cpu){ .id = cpu };
	base_msr = base;
	base_writes = 0;
	memset(regs, 0, sizeof(regs));
	memset(x2regs, 0, sizeof(x2regs));
	regs[APIC_ID / 4] = id << 24;
	x2regs[APIC_ID >> 4] = id;
	if (!cpu)
		lapic = NULL;
}

static void check_no_xapic_register_was_written(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(regs); i++)
		assert_true(!regs[i] || i == APIC_ID / 4);
}

/* ---- modes ---- */

static void x2apic_mode_of_the_firmware_stays_on(void **state)
{
	enter(0, X2APIC, 300);
	apic_init();
	assert_null(lapic);
	assert_int_equal(base_writes, 0);
	assert_int_equal(base_msr, X2APIC);
	assert_int_equal(this_cpu()->apic_id, 300);
	assert_int_equal(x2regs[APIC_SVR >> 4], SVR_ENABLE | SPURIOUS_VECTOR);
	assert_true(apic_can_reach(0xff) && apic_can_reach(70000));
	apic_send(70000, APIC_NMI);
	assert_true(x2regs[APIC_ICR_LOW >> 4] == (70000UL << 32 | APIC_NMI));
	check_no_xapic_register_was_written();
}

static void xapic_mode_is_entered_from_off(void **state)
{
	static const u64 left_as[] = { OFF, XAPIC };

	for (size_t i = 0; i < ARRAY_SIZE(left_as); i++) {
		enter(0, left_as[i], 7);
		apic_init();
		assert_ptr_equal(lapic, regs);
		assert_int_equal(base_msr, XAPIC);
		assert_int_equal(this_cpu()->apic_id, 7);
		assert_int_equal(regs[APIC_SVR / 4], SVR_ENABLE | SPURIOUS_VECTOR);
		assert_true(apic_can_reach(0xfe) && !apic_can_reach(0xff) && !apic_can_reach(300));
	}
}

static void other_cpus_follow_the_first_ones_mode(void **state)
{
	static const u64 modes[] = { OFF, XAPIC, X2APIC };

	for (size_t first = 1; first < ARRAY_SIZE(modes); first++) {
		enter(0, modes[first], 0);
		apic_init();
		for (size_t i = 0; i < ARRAY_SIZE(modes); i++) {
			enter(1, modes[i], first == 1 ? 9 : 301);
			apic_init_secondary();
			assert_int_equal(base_msr, modes[first]);
			assert_int_equal(this_cpu()->apic_id, first == 1 ? 9 : 301);
			if (first == 2)
				check_no_xapic_register_was_written();
		}
	}
	enter(0, XAPIC, 0);
}

/* ---- sending ---- */

static void send(u32 id, bool stuck)
{
	regs[APIC_ICR_LOW / 4] = stuck ? ICR_BUSY : 0;
	apic_send(id, APIC_NMI);
	assert_int_equal(regs[APIC_ICR_HIGH / 4], id << 24);
	assert_int_equal(regs[APIC_ICR_LOW / 4], APIC_NMI);
}

/* In a panic interrupts are off, and printing might wait for a CPU that was stopped. */
static void what_is_stuck_holds_nobody_up_and_is_said_once(void **state)
{
	enter(0, XAPIC, 0);
	lapic = regs;
	said = 0;
	send(1, false);
	assert_int_equal(said, 0);
	fake_irqs_off = true;
	for (u32 id = 0; id < 64; id++)
		send(id, true);
	assert_true(fake_irqs_off);
	assert_int_equal(said, 0);
	fake_irqs_off = false;
	send(2, true);
	send(3, true);
	assert_int_equal(said, 1);
	send(4, false);
	assert_int_equal(said, 1);
}

/* How often the CPU @cpu looks before it gives the last interrupt up. */
static unsigned int tries_of(unsigned int cpu, bool stuck)
{
	fake_cpu = cpu;
	waited = 0;
	send(1, stuck);
	return waited + stuck;
}

static void what_is_stuck_on_one_cpu_is_waited_for_on_another(void **state)
{
	enter(1, XAPIC, 1);
	enter(0, XAPIC, 0);
	lapic = regs;
	assert_int_equal(tries_of(0, true), SEND_TRIES);
	assert_int_equal(tries_of(0, true), SEND_TRIES_STUCK);
	assert_int_equal(tries_of(1, true), SEND_TRIES);
	assert_int_equal(tries_of(1, false), 0);
	assert_int_equal(tries_of(0, true), SEND_TRIES_STUCK);		/* the other's has left, this one's not */
	assert_int_equal(tries_of(0, false), 0);
	assert_int_equal(tries_of(0, true), SEND_TRIES);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(x2apic_mode_of_the_firmware_stays_on),
		cmocka_unit_test(xapic_mode_is_entered_from_off),
		cmocka_unit_test(other_cpus_follow_the_first_ones_mode),
		cmocka_unit_test(what_is_stuck_holds_nobody_up_and_is_said_once),
		cmocka_unit_test(what_is_stuck_on_one_cpu_is_waited_for_on_another),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
