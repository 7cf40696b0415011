/* links: */
/*
 * tests/host/test_reboot.c - switching the machine off (arch/x86_64/reboot.c): what is written to which port, in order
 *
 * The machine stays on whatever is written, so that all of it is seen: the end is the first HLT.
 */
#include "cmocka_shim.h"
#include <asm/irqflags.h>
#include <types.h>

static u8 inb(u16 port);
static u16 inw(u16 port);
static void outb(u16 port, u8 v);
static void outw(u16 port, u16 v);
static void outl(u16 port, u32 v);
static void native_halt(void);
void machine_halt(void) __noreturn;
bool have_debug_exit(void);
void debug_exit(u8 value);
#include "arch/x86_64/reboot.c"

#define STS_A	0x600
#define CNT_A	0x604
#define STS_B	0x700
#define CNT_B	0x704
#define SLEEP_CNT 0x800
#define SLEEP_STS 0x801
#define SMI	0xb2
#define ENABLE	0xf1

/* In the list of what happened: the other CPUs were stopped, or printk stopped waiting for locks. */
#define STOPPED	0xfff0
#define PANIC_MODE 0xfff1
#define QUIET	0xfff2		/* devices were stopped; to switch off? */

struct step { u16 port, value; };
static struct step steps[64];
static unsigned int nr_steps;
static u16 cnt_a, cnt_b;		/* what they read as */
static jmp_buf halted;

bool fake_irqs_off;
struct acpi_info acpi_info;
struct boot_info boot_info;

static void happened(u16 port, u16 value)
{
	assert_true(nr_steps < ARRAY_SIZE(steps));
	steps[nr_steps++] = (struct step){ port, value };
}

static u8 inb(u16 port) { return 0xff; }

static u16 inw(u16 port)
{
	assert_true(port == CNT_A || port == CNT_B);
	return port == CNT_A ? cnt_a : cnt_b;
}

static void outb(u16 port, u8 v)
{
	if (port == BOCHS_SHUTDOWN_PORT)
		return;
	if (port == SMI && v == ENABLE)
		cnt_a |= SCI_EN;
	happened(port, v);
}

static void outw(u16 port, u16 v) { happened(port, v); }
static void outl(u16 port, u32 v) { fail(); }
static void native_halt(void) { longjmp(halted, 1); }

void nmi_stop_others(void)
{
	assert_true(fake_irqs_off);
	happened(STOPPED, 0);
}

void printk_panic_mode(void) { happened(PANIC_MODE, 0); }
int printk(const char *fmt, ...) { return 0; }

/* What follows is ports and a triple fault. */
const char *cmdline_get(const char *name, char *buf, size_t size) { longjmp(halted, 1); }

u64 clock_read_ns(void)
{
	static u64 now;

	return now += 1000000;
}

static void until_halted(void (*end)(void))
{
	nr_steps = 0;
	fake_irqs_off = false;
	if (!setjmp(halted))
		end();
}

static void power_off(void)
{
	until_halted(machine_power_off);
}

static void check_steps(const struct step *wanted, unsigned int n)
{
	assert_int_equal(nr_steps, n);
	for (unsigned int i = 0; i < n; i++) {
		assert_int_equal(steps[i].port, wanted[i].port);
		assert_int_equal(steps[i].value, wanted[i].value);
	}
}

static struct acpi_reg port(u16 addr)
{
	return (struct acpi_reg){ ACPI_SPACE_IO, addr, NULL };
}

/* SCI_EN, bus master reload, a bit without a name, and what is to be replaced: another sleep type; 1s that order something. */
static void make_machine(void)
{
	acpi_info = (struct acpi_info){
		.present = true, .have_s5 = true, .s5_typa = 5, .s5_typb = 7, .smi_cmd = SMI, .acpi_enable = ENABLE,
		.pm1a_sts = port(STS_A), .pm1b_sts = port(STS_B), .pm1a_cnt = port(CNT_A), .pm1b_cnt = port(CNT_B),
	};
	cnt_a = 0xc203 | 0x0800 | SLP_EN | GBL_RLS;
	cnt_b = 0x0041;
}

static void sleep_type_is_written_before_the_order_and_other_bits_stay(void **state)
{
	static const struct step wanted[] = {
		{ STOPPED, 0 }, { PANIC_MODE, 0 },
		{ STS_A, 0x8731 }, { STS_B, 0x8731 },
		{ CNT_A, 0xc203 | 5 << 10 }, { CNT_B, 0x0041 | 7 << 10 },
		{ CNT_A, 0xc203 | 5 << 10 | 0x2000 }, { CNT_B, 0x0041 | 7 << 10 | 0x2000 },
	};

	make_machine();
	power_off();
	check_steps(wanted, ARRAY_SIZE(wanted));
}

/* The firmware's: it hands the registers over by an SMI, whose effect is kept. */
static void registers_are_taken_over_first(void **state)
{
	static const struct step wanted[] = {
		{ STOPPED, 0 }, { PANIC_MODE, 0 }, { SMI, ENABLE }, { STS_A, 0x8731 },
		{ CNT_A, 0x0201 | 5 << 10 }, { CNT_A, 0x0201 | 5 << 10 | 0x2000 },
	};

	make_machine();
	cnt_a = 0x0200;
	acpi_info.pm1b_sts = acpi_info.pm1b_cnt = (struct acpi_reg){ ACPI_SPACE_IO, 0, NULL };	/* there is no second block */
	power_off();
	check_steps(wanted, ARRAY_SIZE(wanted));
}

static void registers_in_memory_are_treated_alike(void **state)
{
	static u16 sts[2], cnt[2];

	make_machine();
	sts[0] = sts[1] = 0;
	cnt[0] = cnt[1] = 0x1003;
	acpi_info.pm1a_sts = acpi_info.pm1b_sts = (struct acpi_reg){ ACPI_SPACE_MEMORY, 0xfed01000, sts };
	acpi_info.pm1a_cnt = (struct acpi_reg){ ACPI_SPACE_MEMORY, 0xfed01004, cnt };
	acpi_info.pm1b_cnt = (struct acpi_reg){ ACPI_SPACE_MEMORY, 0xfed01006, NULL };	/* no memory to map it */
	power_off();
	assert_int_equal(nr_steps, 2);
	assert_int_equal(sts[0], 0x8731);
	assert_int_equal(cnt[0], 0x0003 | 5 << 10 | 0x2000);
	assert_int_equal(sts[1] | (cnt[1] ^ 0x1003), 0);
}

/* Hardware-reduced ACPI: registers of a byte; a 1 written clears "woken up", the rest of the status is reserved. */
static void reduced_hardware_forgets_that_it_was_woken_up_first(void **state)
{
	static const struct step wanted[] = {
		{ STOPPED, 0 }, { PANIC_MODE, 0 }, { SLEEP_STS, 0x80 }, { SLEEP_CNT, 5 << 2 | 0x20 },
	};
	static u8 sts, cnt;

	make_machine();
	acpi_info.sleep_control = port(SLEEP_CNT);
	acpi_info.sleep_status = port(SLEEP_STS);
	power_off();
	check_steps(wanted, ARRAY_SIZE(wanted));

	acpi_info.sleep_control = (struct acpi_reg){ ACPI_SPACE_MEMORY, 0xfed02000, &cnt };
	acpi_info.sleep_status = (struct acpi_reg){ ACPI_SPACE_MEMORY, 0xfed02001, &sts };
	power_off();
	assert_int_equal(nr_steps, 2);
	assert_int_equal(sts, 0x80);
	assert_int_equal(cnt, 5 << 2 | 0x20);
}

static void without_a_sleep_type_nothing_is_written(void **state)
{
	make_machine();
	acpi_info.have_s5 = false;
	power_off();
	assert_int_equal(nr_steps, 2);
	assert_int_equal(steps[0].port, STOPPED);
}

static void a_restart_stops_the_others_first(void **state)
{
	make_machine();
	until_halted(machine_restart);
	assert_int_equal(nr_steps, 2);
	assert_int_equal(steps[0].port, STOPPED);
	assert_int_equal(steps[1].port, PANIC_MODE);
}

/* ---- devices ---- */

static void note_quiet(bool power_off)
{
	assert_true(fake_irqs_off);
	happened(QUIET, power_off);
}

static void devices_are_quiet_before_the_machine_is_off(void **state)
{
	static const struct step wanted[] = {
		{ STOPPED, 0 }, { PANIC_MODE, 0 }, { QUIET, true },
		{ STS_A, 0x8731 }, { STS_B, 0x8731 },
		{ CNT_A, 0xc203 | 5 << 10 }, { CNT_B, 0x0041 | 7 << 10 },
		{ CNT_A, 0xc203 | 5 << 10 | 0x2000 }, { CNT_B, 0x0041 | 7 << 10 | 0x2000 },
	};

	make_machine();
	machine_quiet_with(note_quiet);
	power_off();
	check_steps(wanted, ARRAY_SIZE(wanted));
}

static void devices_are_quiet_before_a_restart(void **state)
{
	static const struct step wanted[] = { { STOPPED, 0 }, { PANIC_MODE, 0 }, { QUIET, false } };

	make_machine();
	machine_quiet_with(note_quiet);
	until_halted(machine_restart);
	check_steps(wanted, ARRAY_SIZE(wanted));
}

static void quiet_that_faults(bool power_off)
{
	happened(QUIET, power_off);
	longjmp(halted, 1);
}

/* The panic that comes of it restarts the machine without. */
static void what_faults_is_not_called_again(void **state)
{
	static const struct step wanted[] = { { STOPPED, 0 }, { PANIC_MODE, 0 } };

	make_machine();
	machine_quiet_with(quiet_that_faults);
	until_halted(machine_restart);
	assert_int_equal(nr_steps, 3);
	until_halted(machine_restart);
	check_steps(wanted, ARRAY_SIZE(wanted));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sleep_type_is_written_before_the_order_and_other_bits_stay),
		cmocka_unit_test(registers_are_taken_over_first),
		cmocka_unit_test(registers_in_memory_are_treated_alike),
		cmocka_unit_test(reduced_hardware_forgets_that_it_was_woken_up_first),
		cmocka_unit_test(without_a_sleep_type_nothing_is_written),
		cmocka_unit_test(a_restart_stops_the_others_first),
		cmocka_unit_test(devices_are_quiet_before_the_machine_is_off),
		cmocka_unit_test(devices_are_quiet_before_a_restart),
		cmocka_unit_test(what_faults_is_not_called_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
