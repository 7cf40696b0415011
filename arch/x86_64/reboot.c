/*
 * arch/x86_64/reboot.c - the ways a machine ends: restart, power off, halt, test exit
 *
 * Purpose:    one list of methods per goal, best first; each is tried and, should the
 *             machine still be running, the next.
 * Invariants: nothing here takes a lock (but to print, which a panic may), allocates, or returns (but
 *             debug_exit), so that a panic may call it from anywhere.  Before the machine is switched off or
 *             restarted the other CPUs are stopped: firmware that then takes over may wait for them for ever.
 *             Then USB controllers are: some would switch the machine on again.
 * Command line: reboot=a|k|p|t: the way that is tried first.
 * Sources:    ACPI specification, "Sleeping States", "PM1 Control Registers", "PM1 Status Registers", "Sleep Control and
 *             Status Registers" and "Reset Register"; QEMU's isa-debug-exit; Bochs manual, "Shutdown" port 0x8900.
 */
#include <asm/acpi.h>
#include <asm/nmi.h>
#include <asm/processor.h>
#include <boot_info.h>
#include <gcov_dump.h>
#include <panic.h>
#include <printk.h>
#include <time.h>

#define DEBUG_EXIT_PORT		0xf4
#define BOCHS_SHUTDOWN_PORT	0x8900
#define RESET_CONTROL_PORT	0xcf9
#define KEYBOARD_PORT		0x64
#define NOBODY_THERE		0xff	/* what a port reads as that no device has */
#define CONFIG_ADDRESS		0xcf8
#define CONFIG_DATA		0xcfc

#define SLP_EN			BIT(13)	/* in PM1x_CNT; reads as 0 */
#define SLP_TYP_SHIFT		10
#define SLP_TYP_MASK		(7 << SLP_TYP_SHIFT)
#define GBL_RLS			BIT(2)	/* write only: would tell the BIOS that a lock is free */
#define SCI_EN			BIT(0)
#define PM1_STS_ALL		0x8731	/* in PM1x_STS: woken up, buttons, clock, bus, lock, timer; a 1 written clears each */
#define REDUCED_SLP_EN		0x20	/* in the sleep control register */
#define REDUCED_WAK_STS		0x80	/* in the sleep status register; a 1 written clears it */
#define SLEEP_NS		10000000000UL	/* some chipsets look at their register as rarely as that */

/* The other CPUs stop where they are, whatever locks they hold: printk must wait for none from here on. */
static void stop_others(void)
{
	local_irq_disable();
	nmi_stop_others();
	printk_panic_mode();
}

static void (*quiet_devices)(bool power_off);

void machine_quiet_with(void (*quiet)(bool power_off))
{
	quiet_devices = quiet;
}

/* Once: if a panic's memory is so bad that it faults, the panic that follows must still reach the end. */
static void quiet(bool power_off)
{
	void (*devices)(bool) = quiet_devices;

	quiet_devices = NULL;
	if (devices)
		devices(power_off);
}

/* Busy-wait that also ends if the clock does not run. */
static void wait_ns(u64 ns)
{
	u64 end = clock_read_ns() + ns;

	for (unsigned long i = 0; i < min(ns, 1000000000UL) && clock_read_ns() < end; i++)
		cpu_relax();
}

static void wait_a_little(void)
{
	wait_ns(50000000);
}

/* A register in the configuration space of a device of bus 0, by ports: nothing else can be counted on here. */
static void pci_config_write(u64 addr, u8 v)
{
	u32 device = (addr >> 32) & 31, function = (addr >> 16) & 7, offset = addr & 0xff;

	outl(CONFIG_ADDRESS, 1U << 31 | device << 11 | function << 8 | (offset & 0xfc));
	outb(CONFIG_DATA + (offset & 3), v);
}

static void reg_write(struct acpi_reg r, u32 v, unsigned int bytes)
{
	if (r.addr && r.space == ACPI_SPACE_PCI_CONFIG) {
		pci_config_write(r.addr, v);
	} else if (r.addr && r.space == ACPI_SPACE_IO) {
		if (bytes == 2)
			outw(r.addr, v);
		else
			outb(r.addr, v);
	} else if (r.mapped) {
		if (bytes == 2)
			*(volatile u16 *)r.mapped = v;
		else
			*(volatile u8 *)r.mapped = v;
	}
}

/* 16 bits; 0 of a register that is absent, or where none can be. */
static u16 reg_read(struct acpi_reg r)
{
	if (r.addr && r.space == ACPI_SPACE_IO)
		return inw(r.addr);
	return r.mapped ? *(volatile u16 *)r.mapped : 0;
}

/* Legacy firmware may still own the power registers: take them over first. */
static void acpi_take_over(void)
{
	if (acpi_info.pm1a_cnt.space != ACPI_SPACE_IO || !acpi_info.pm1a_cnt.addr ||
	    !acpi_info.smi_cmd || !acpi_info.acpi_enable)
		return;
	if (inw(acpi_info.pm1a_cnt.addr) & SCI_EN)
		return;
	outb(acpi_info.smi_cmd, acpi_info.acpi_enable);
	for (int i = 0; i < 20 && !(inw(acpi_info.pm1a_cnt.addr) & SCI_EN); i++)
		wait_a_little();
}

/* What the control register @cnt must become for the sleep type @typ.  Its other bits, some without a name, stay. */
static u16 with_sleep_type(struct acpi_reg cnt, u8 typ)
{
	u16 keep = reg_read(cnt) & ~(SLP_TYP_MASK | SLP_EN | GBL_RLS);

	return keep | (typ << SLP_TYP_SHIFT & SLP_TYP_MASK);
}

/*
 * A machine that still says "woken up", or that a button waits, might not fall asleep.  The type goes first, alone: some
 * hardware wants to have it before the order.
 */
static void pm1_power_off(void)
{
	u16 a, b;

	acpi_take_over();
	reg_write(acpi_info.pm1a_sts, PM1_STS_ALL, 2);
	reg_write(acpi_info.pm1b_sts, PM1_STS_ALL, 2);
	a = with_sleep_type(acpi_info.pm1a_cnt, acpi_info.s5_typa);
	b = with_sleep_type(acpi_info.pm1b_cnt, acpi_info.s5_typb);
	reg_write(acpi_info.pm1a_cnt, a, 2);
	reg_write(acpi_info.pm1b_cnt, b, 2);
	reg_write(acpi_info.pm1a_cnt, a | SLP_EN, 2);
	reg_write(acpi_info.pm1b_cnt, b | SLP_EN, 2);
}

/* Hardware-reduced ACPI: "woken up" goes first here too. */
static void reduced_power_off(void)
{
	reg_write(acpi_info.sleep_status, REDUCED_WAK_STS, 1);
	reg_write(acpi_info.sleep_control, acpi_info.s5_typa << 2 | REDUCED_SLP_EN, 1);
}

static void acpi_power_off(void)
{
	if (!acpi_info.have_s5)
		return;
	if (acpi_info.sleep_control.addr)
		reduced_power_off();
	else
		pm1_power_off();
	wait_ns(SLEEP_NS);
}

/* ACPI, then the emulators' own ways, then the person in front of the machine. */
void machine_power_off(void)
{
	stop_others();
	quiet(true);
	acpi_power_off();
	for (const char *s = "Shutdown"; *s; s++)
		outb(BOCHS_SHUTDOWN_PORT, *s);
	/* QEMU's pc and q35 without ACPI tables: the power block's usual ports */
	if (!acpi_info.present) {
		outw(0x604, SLP_EN);
		outw(0xb004, SLP_EN);
	}
	if (have_debug_exit())
		debug_exit(0);
	printk(KERN_EMERG "This machine cannot switch itself off: you may do it now.\n");
	machine_halt();
}

/* ---- restart ---- */

static bool have_reset_register(void)
{
	const struct acpi_reg *r = &acpi_info.reset_reg;

	return r->mapped || (r->addr && (r->space == ACPI_SPACE_IO || r->space == ACPI_SPACE_PCI_CONFIG));
}

static void acpi_reset(void)
{
	reg_write(acpi_info.reset_reg, acpi_info.reset_value, 1);
}

/* The controller's line that once led to the processor's reset pin. */
static bool have_keyboard_controller(void)
{
	return inb(KEYBOARD_PORT) != NOBODY_THERE;
}

static void keyboard_reset(void)
{
	for (int i = 0; i < 10; i++) {
		for (int j = 0; j < 1000 && (inb(KEYBOARD_PORT) & 2); j++)
			cpu_relax();
		outb(KEYBOARD_PORT, 0xfe);
	}
}

static void chipset_reset(void)
{
	outb(RESET_CONTROL_PORT, 0x02);		/* a hard reset ... */
	outb(RESET_CONTROL_PORT, 0x06);		/* ... now */
}

/* Without an interrupt table the breakpoint cannot be delivered, nor the double fault. */
static void triple_fault(void)
{
	struct { u16 limit; u64 base; } __packed none = { 0, 0 };

	asm volatile("lidt %0; int3" :: "m"(none));
}

static bool always(void) { return true; }

/* Best first.  The letters are those of Linux's word "reboot=". */
static const struct reset_way {
	char letter;
	const char *name;
	bool (*possible)(void);
	void (*reset)(void);
} reset_ways[] = {
	{ 'a', "ACPI's reset register", have_reset_register, acpi_reset },
	{ 'k', "the keyboard controller", have_keyboard_controller, keyboard_reset },
	{ 'p', "the chipset", always, chipset_reset },
	{ 't', "a triple fault", always, triple_fault },
};

static void try_reset(const struct reset_way *way)
{
	if (!way->possible())
		return;
	printk(KERN_EMERG "reboot: by %s\n", way->name);
	way->reset();
	wait_a_little();
}

/* reboot=LETTER is tried first. */
void machine_restart(void)
{
	char first[2] = "";

	stop_others();
	quiet(false);
	cmdline_get("reboot", first, sizeof(first));
	for (size_t i = 0; i < ARRAY_SIZE(reset_ways); i++)
		if (reset_ways[i].letter == first[0])
			try_reset(&reset_ways[i]);
	for (size_t i = 0; i < ARRAY_SIZE(reset_ways); i++)
		if (reset_ways[i].letter != first[0])
			try_reset(&reset_ways[i]);
	machine_halt();
}

void machine_halt(void)
{
	for (;;) {
		local_irq_disable();
		native_halt();
	}
}

/* Unassigned ports read as all ones; QEMU's device answers zero. */
bool have_debug_exit(void)
{
	return inb(DEBUG_EXIT_PORT) == 0;
}

void debug_exit(u8 value)
{
	if (have_debug_exit()) {
		gcov_dump();
		outb(DEBUG_EXIT_PORT, value);
	}
}
