/* links: */
/*
 * tests/host/test_nmi.c - stopping the other CPUs (arch/x86_64/nmi.c): by one CPU, and once
 */
#include "cmocka_shim.h"
#include <asm/percpu.h>
#include <types.h>

static u64 rdtsc(void);
static void native_halt(void);
void machine_halt(void) __noreturn;
#include "arch/x86_64/nmi.c"

bool fake_irqs_off = true;
struct cpu cpus[NR_CPUS];
unsigned int nr_cpus = 4, fake_cpu;
u64 tsc_khz = 1000;
static unsigned int sent[NR_CPUS];	/* NMIs to each */
static u64 now;
static jmp_buf halted;

static u64 rdtsc(void) { return now += 1000; }
static void native_halt(void) { longjmp(halted, 1); }
void machine_halt(void) { longjmp(halted, 2); }
int printk(const char *fmt, ...) { return 0; }
const char *sprint_symbol(char *buf, size_t size, unsigned long addr) { return buf; }
void dump_stack(const struct pt_regs *regs) { }
long probe_read(const volatile void *addr) { return 0; }

/* The other one is interrupted at once, but for number 3, which is broken. */
void apic_send(u32 id, u32 what)
{
	static const struct pt_regs regs;
	unsigned int sender = fake_cpu;

	assert_int_equal(what, APIC_NMI);
	sent[id]++;
	if (id == 3)
		return;
	fake_cpu = id;
	if (!setjmp(halted))
		nmi_received(&regs);
	fake_cpu = sender;
}

static void others_are_stopped_by_one_cpu_and_once(void **state)
{
	int how;

	for (unsigned int cpu = 0; cpu < nr_cpus; cpu++)
		cpus[cpu].apic_id = cpu;
	fake_cpu = 1;
	nmi_stop_others();
	nmi_stop_others();				/* a panic did it, and restarts the machine */
	assert_true(has_answered(0) && has_answered(2) && !has_answered(3));
	for (unsigned int cpu = 0; cpu < nr_cpus; cpu++)
		assert_int_equal(sent[cpu], cpu != 1);
	fake_cpu = 3;					/* its NMI has not come: it must not stop the one that stops it */
	how = setjmp(halted);
	if (!how) {
		nmi_stop_others();
		fail_msg("the other CPU went on");
	}
	assert_int_equal(how, 2);
	assert_int_equal(sent[1], 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(others_are_stopped_by_one_cpu_and_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
