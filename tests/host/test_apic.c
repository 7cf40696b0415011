/* links: tests/host/shim_min.c */
/*
 * tests/host/test_apic.c - interrupts to other CPUs (arch/x86_64/apic.c), by a local APIC that is an array
 */
#include "cmocka_shim.h"
#include <asm/percpu.h>
#include <asm/processor.h>

static inline u64 rdmsr(u32 msr) { return 0; }
static inline void wrmsr(u32 msr, u64 v) { }
static inline void cpuid(u32 leaf, u32 sub, u32 *a, u32 *b, u32 *c, u32 *d) { *a = *b = *c = *d = 0; }
static inline void outb(u16 port, u8 v) { }
#define MSR_APIC_BASE 0x1b
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
void *ioremap(phys_addr_t pa, size_t size) { return NULL; }
void request_mem_region(phys_addr_t start, phys_addr_t size) { }

static u32 regs[0x100];

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
	lapic = regs;
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_stuck_holds_nobody_up_and_is_said_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
