/* links: */
/*
 * tests/host/test_pci.c - which buses are found, what is on them, and functions that sleep (drivers/pci.c)
 *
 * A machine is a list of functions, of which one may be asleep; configuration space is reached by ports, in memory, or both.
 */
#include "cmocka_shim.h"
#include <string.h>
#include <types.h>

static u32 inl(u16 port);
static void outl(u16 port, u32 v);
static void outw(u16 port, u16 v);
#include "drivers/pci.c"

void *malloc(size_t size);
void free(void *p);

#define ECAM		0xb0000000UL
#define HOST_BRIDGE	0x060000
#define XHCI		0x0c0330

static struct function {
	u8 bus, devfn;
	u32 config[64];
} functions[32];
static unsigned int nr_functions;
static u8 bus_mask;		/* the bits of a bus's number that the chipset looks at */
static bool have_ports;
static u32 address;		/* what was last written to CONFIG_ADDRESS */
static unsigned int reads[256];	/* by ports, of each bus */

/* A function that can sleep, and forgets when it wakes up. */
#define PM_CAP		0x50
static u32 *sleeper;
static unsigned int busy_ms;	/* so long it does not answer */
static unsigned int written;	/* so often was something written to it */
static u64 now_ms;

struct acpi_info acpi_info;

/* ---- the machine ---- */

static u32 *config_of(u8 bus, u8 devfn)
{
	for (unsigned int i = 0; i < nr_functions; i++)
		if (functions[i].bus == (bus & bus_mask) && functions[i].devfn == devfn)
			return functions[i].config;
	return NULL;
}

static u32 inl(u16 port)
{
	u32 *config = config_of(address >> 16, address >> 8);

	if (!have_ports)
		return ~0U;
	if (port == CONFIG_ADDRESS)
		return address;
	assert_int_equal(port, CONFIG_DATA);
	reads[(u8)(address >> 16)]++;
	assert_false(config && config == sleeper && busy_ms);
	return config ? config[(address & 0xfc) / 4] : ~0U;
}

/* Only the sleeper may be written to. */
static void outl(u16 port, u32 v)
{
	if (port == CONFIG_ADDRESS) {
		address = v;
		return;
	}
	assert_int_equal(port, CONFIG_DATA);
	assert_true(sleeper && sleeper == config_of(address >> 16, address >> 8) && !busy_ms);
	assert_false(sleeper[PCI_COMMAND / 4] & PCI_COMMAND_MEMORY);	/* it must not move while it answers */
	sleeper[(address & 0xfc) / 4] = v;
	written++;
}

static void outw(u16 port, u16 v)
{
	u32 *at = &sleeper[(address & 0xfc) / 4];
	bool was_asleep = sleeper[(PM_CAP + 4) / 4] & PM_STATE;

	assert_true(port == CONFIG_DATA && sleeper == config_of(address >> 16, address >> 8) && !busy_ms);
	if (at == &sleeper[(PM_CAP + 4) / 4])		/* the status: a 1 written clears it */
		v = v & PM_PME_STATUS ? v & ~PM_PME_STATUS : v | (*at & PM_PME_STATUS);
	else
		assert_false(sleeper[PCI_COMMAND / 4] & PCI_COMMAND_MEMORY);
	*at = (*at & ~0xffffU) | v;
	written++;
	if (!was_asleep || sleeper[(PM_CAP + 4) / 4] & PM_STATE)
		return;
	busy_ms = 10;
	if (!(v & 8)) {			/* it does not promise to forget nothing */
		memset(&sleeper[PCI_BAR0 / 4], 0, 24);
		sleeper[PCI_CACHE_LINE / 4] &= 0xffff0000;
		sleeper[PCI_INTERRUPT_LINE / 4] &= ~0xffU;
		sleeper[PCI_COMMAND / 4] &= 0xffff0000;
	}
}

void msleep(unsigned int ms)
{
	now_ms += ms;
	busy_ms -= min(busy_ms, ms);
}

/* As it is now: nothing changes. */
void *ioremap(phys_addr_t pa, size_t size)
{
	u8 *p = malloc(size);

	assert_int_equal(size, ECAM_BUS_SIZE);
	memset(p, 0xff, size);
	for (unsigned int devfn = 0; devfn < 256; devfn++) {
		u32 *config = config_of((pa - ECAM) / ECAM_BUS_SIZE, devfn);

		if (config)
			memcpy(p + devfn * 4096, config, 256);
	}
	return p;
}

void iounmap(void *p) { free(p); }
bool memblock_is_memory(phys_addr_t pa) { return false; }
int printk(const char *fmt, ...) { return 0; }
const char *cmdline_get(const char *name, char *buf, size_t size) { return NULL; }
int request_irq(unsigned int irq, irq_handler_t fn, void *arg, const char *name) { return -EBUSY; }
int request_msi(irq_handler_t fn, void *arg, const char *name, u64 *addr, u32 *data) { return -EBUSY; }

static void new_machine(void)
{
	for (unsigned int bus = 0; bus < 256; bus++)
		free((void *)ecam_bus[bus]);
	memset(ecam_bus, 0, sizeof(ecam_bus));
	memset(ecam_tried, 0, sizeof(ecam_tried));
	memset(is_listed, 0, sizeof(is_listed));
	memset(reads, 0, sizeof(reads));
	memset(functions, 0, sizeof(functions));
	nr_buses = nr_functions = written = busy_ms = 0;
	sleeper = NULL;
	looked_through = false;
	acpi_info = (struct acpi_info){ };
	bus_mask = 0xff;
	have_ports = true;
}

static void has_ecam(u8 first, u8 last)
{
	acpi_info.ecam[acpi_info.nr_ecam++] = (struct acpi_ecam){ ECAM, first, last };
}

static u32 *function(u8 bus, u8 devfn, u32 class, u32 bar)
{
	struct function *f = &functions[nr_functions++];

	f->bus = bus;
	f->devfn = devfn;
	f->config[0] = 0x12348086;
	f->config[PCI_CLASS / 4] = class << 8;
	f->config[PCI_BAR0 / 4] = bar;
	return f->config;
}

static void bridge(u8 bus, u8 devfn, u8 first, u8 last)
{
	u32 *config = function(bus, devfn, 0x060400, 0);

	config[3] = HEADER_BRIDGE << 16;
	config[6] = last << 16 | first << 8 | bus;
}

/* Where controllers are: bus << 8 | devfn of each, in order, at most @max. */
static void check_controllers(const u16 *wanted, unsigned int n)
{
	struct pci_dev d;

	for (unsigned int i = 0; i < n; i++) {
		assert_true(pci_find_class(XHCI, i, &d));
		assert_int_equal(d.bus << 8 | d.devfn, wanted[i]);
	}
	assert_false(pci_find_class(XHCI, n, &d));
}
#define expect_at(...) do { \
		const u16 at[] = { __VA_ARGS__ }; \
		check_controllers(at, ARRAY_SIZE(at)); \
	} while (0)

/* ---- cases ---- */

/* As Intel's 800 series: nothing is at device 0 of the second root.  And one behind a bridge of a third. */
static void two_more_roots(void)
{
	new_machine();
	function(0, 0, HOST_BRIDGE, 0);
	bridge(0, 0x08, 1, 4);
	function(2, 0, XHCI, 0xa0000000);
	bridge(1, 0, 2, 3);
	function(0x80, 0xa0, XHCI, 0xa0100000);
	function(0xc0, 0, HOST_BRIDGE, 0);
	bridge(0xc0, 0x08, 0xc1, 0xc1);
	function(0xc1, 0, XHCI, 0xa0200000);
}

static void all_roots_are_found_and_what_is_behind_them(void **state)
{
	two_more_roots();
	expect_at(0x200, 0x80a0, 0xc100);
	two_more_roots();
	has_ecam(0, 255);
	expect_at(0x200, 0x80a0, 0xc100);
	assert_true(pci_uses_ecam(0x80));
	two_more_roots();
	has_ecam(0, 255);
	have_ports = false;
	expect_at(0x200, 0x80a0, 0xc100);
}

static void buses_are_looked_for_once(void **state)
{
	struct pci_dev d;

	two_more_roots();
	expect_at(0x200, 0x80a0, 0xc100);
	assert_int_equal(reads[0x40], 32);	/* function 0 of each device */
	assert_int_equal(reads[3], 32);
	memset(reads, 0, sizeof(reads));
	assert_false(pci_find(1, 2, 3, 0, &d));
	assert_int_equal(reads[0x40], 0);
	assert_true(reads[0x80]);
}

/* An entry may have been left out: too many, or not to be believed.  By ports its buses can be reached; else they cannot. */
static void mcfg_need_not_name_all_buses(void **state)
{
	two_more_roots();
	has_ecam(0, 0x7f);
	has_ecam(0xc0, 0xff);
	expect_at(0x200, 0x80a0, 0xc100);
	assert_true(pci_uses_ecam(2) && !pci_uses_ecam(0x80) && pci_uses_ecam(0xc1));
	two_more_roots();
	has_ecam(0, 0x7f);
	has_ecam(0xc0, 0xff);
	have_ports = false;
	expect_at(0x200, 0xc100);
	two_more_roots();		/* not true */
	has_ecam(0, 0x7f);
	acpi_info.ecam[0].base += 8 * ECAM_BUS_SIZE;
	expect_at(0x200, 0x80a0, 0xc100);
}

/* Its last bus is 255, as some firmware leaves it. */
static void a_bridge_hides_no_root(void **state)
{
	for (int way = 0; way < 3; way++) {
		two_more_roots();
		functions[1].config[6] |= 255 << 16;
		if (way)
			has_ecam(0, 255);
		have_ports = way < 2;
		expect_at(0x200, 0x80a0, 0xc100);
	}
}

static void a_bus_that_mirrors_another_is_left_out(void **state)
{
	for (unsigned int mask = 0x0f; mask < 0x100; mask = mask << 1 | 1) {
		new_machine();
		bus_mask = mask;
		function(0, 0, HOST_BRIDGE, 0);
		bridge(0, 0x08, 1, 1);
		function(0, 0x10, XHCI, 0xa0000000);
		function(1, 0, XHCI, 0xa0100000);
		function(5, 0, XHCI, 0xa0200000);	/* a root, mirrored too */
		expect_at(0x010, 0x100, 0x500);
	}
}

/* Two dies, each with a host bridge and a controller that differ in their addresses only; a third in what its bridge leads to. */
static void roots_with_the_same_devices_are_no_mirrors(void **state)
{
	new_machine();
	for (u8 bus = 0; bus <= 0x40; bus += 0x20) {
		function(bus, 0, HOST_BRIDGE, 0);
		function(bus, 0x08, HOST_BRIDGE, 0)[3] = HEADER_MULTI << 16;
		bridge(bus, 0x09, bus + 1, bus + 1);
		function(bus + 1, 0, XHCI, 0xa0000000 + bus);
	}
	expect_at(0x100, 0x2100, 0x4100);
	new_machine();
	function(0, 0, XHCI, 0xa0000000);
	function(0x20, 0, XHCI, 0xa0100000);
	expect_at(0x000, 0x2000);
}

static void bridges_that_lie_end_nothing(void **state)
{
	new_machine();
	bridge(0, 0, 0, 0);		/* not set up */
	bridge(0, 0x08, 1, 1);
	bridge(0, 0x10, 1, 1);		/* to the same bus */
	bridge(1, 0, 0, 255);		/* back */
	bridge(1, 0x08, 255, 254);
	function(1, 0x10, XHCI, 0xa0000000);
	function(255, 0xf8, XHCI, 0xa0100000);
	expect_at(0x110, 0xfff8);
}

static void without_pci_nothing_is_found(void **state)
{
	struct pci_dev d;

	new_machine();
	function(0, 0, XHCI, 0xa0000000);
	have_ports = false;
	assert_false(pci_find_class(XHCI, 0, &d));
	assert_int_equal(nr_buses, 0);
}

/* ---- power ---- */

static void sleeping_function(u16 control, struct pci_dev *d)
{
	new_machine();
	sleeper = function(0, 0x10, XHCI, 0xa0000004);
	sleeper[5] = 0x1;
	sleeper[PCI_COMMAND / 4] = PCI_STATUS_CAPS << 16 | PCI_COMMAND_MEMORY | PCI_COMMAND_NO_INTX;
	sleeper[PCI_CACHE_LINE / 4] = 0x00004010;
	sleeper[PCI_CAP_LIST / 4] = PM_CAP;
	sleeper[PCI_INTERRUPT_LINE / 4] = 0x0000010b;
	sleeper[PM_CAP / 4] = PCI_CAP_PM;
	sleeper[(PM_CAP + 4) / 4] = control;
	assert_true(pci_find_class(XHCI, 0, d));
	now_ms = 0;
}

static void a_function_that_wakes_up_has_its_registers_again(void **state)
{
	static const u16 not_forgetting[] = { 0, 8 };
	struct pci_dev d;

	for (size_t i = 0; i < ARRAY_SIZE(not_forgetting); i++) {
		sleeping_function(PM_PME_STATUS | PM_PME_ENABLE | not_forgetting[i] | PCI_D3HOT, &d);
		assert_int_equal(pci_set_power(&d, PCI_D0), PCI_D3HOT);
		assert_int_equal(now_ms, 10);
		assert_int_equal((u16)sleeper[(PM_CAP + 4) / 4], not_forgetting[i]);
		assert_int_equal(sleeper[4], 0xa0000004);
		assert_int_equal(sleeper[5], 1);
		assert_int_equal((u16)sleeper[PCI_COMMAND / 4], PCI_COMMAND_MEMORY | PCI_COMMAND_NO_INTX);
		assert_int_equal(sleeper[PCI_CACHE_LINE / 4], 0x00004010);
		assert_int_equal(sleeper[PCI_INTERRUPT_LINE / 4], 0x0000010b);
		assert_int_equal(written, not_forgetting[i] ? 1 : 6);
	}
}

static void a_function_that_is_awake_is_not_written_to(void **state)
{
	struct pci_dev d;

	sleeping_function(PM_PME_ENABLE, &d);
	assert_int_equal(pci_set_power(&d, PCI_D0), PCI_D0);
	sleeper[PM_CAP / 4] = PCI_CAP_MSI;		/* it cannot sleep */
	assert_int_equal(pci_set_power(&d, PCI_D3HOT), PCI_D0);
	assert_int_equal(written + now_ms, 0);
}

/* What it has noted to wake the machine up for is forgotten. */
static void a_function_falls_asleep_at_once_and_wakes_nobody(void **state)
{
	struct pci_dev d;

	sleeping_function(PM_PME_STATUS | PM_PME_ENABLE, &d);
	assert_int_equal(pci_set_power(&d, PCI_D3HOT), PCI_D0);
	assert_int_equal((u16)sleeper[(PM_CAP + 4) / 4], PCI_D3HOT);
	assert_int_equal(written, 1);
	assert_int_equal(now_ms, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_roots_are_found_and_what_is_behind_them),
		cmocka_unit_test(buses_are_looked_for_once),
		cmocka_unit_test(mcfg_need_not_name_all_buses),
		cmocka_unit_test(a_bridge_hides_no_root),
		cmocka_unit_test(a_bus_that_mirrors_another_is_left_out),
		cmocka_unit_test(roots_with_the_same_devices_are_no_mirrors),
		cmocka_unit_test(bridges_that_lie_end_nothing),
		cmocka_unit_test(without_pci_nothing_is_found),
		cmocka_unit_test(a_function_that_wakes_up_has_its_registers_again),
		cmocka_unit_test(a_function_that_is_awake_is_not_written_to),
		cmocka_unit_test(a_function_falls_asleep_at_once_and_wakes_nobody),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
