/* links: */
/*
 * tests/host/test_xhci.c - how an xHCI controller is found, and left when the machine ends (drivers/usb/xhci_pci.c, xhci.c)
 *
 * Its registers are an array, as the firmware has left them.
 */
#include "cmocka_shim.h"
#include <string.h>
#define xhci_read	real_read
#define xhci_write	real_write
#include "drivers/usb/xhci.h"
#undef xhci_read
#undef xhci_write
static u32 xhci_read(volatile u8 *base, u32 offset);
static void xhci_write(volatile u8 *base, u32 offset, u32 v);
#include "drivers/usb/xhci.c"
#undef RECOVERY_MS
#include "drivers/usb/xhci_pci.c"

#define REGS_LEN	0x1000
#define OP		0x40
#define RUNTIME		0x600

bool fake_irqs_off;
static u32 regs[REGS_LEN / 4];
static struct xhci *found;
static bool quiet_when_enabled, acknowledged, has_registers;
static int looking, threads, allocated, mapped;
static bool no_memory, no_mapping, no_thread, no_interrupt;

/* ---- PCI ---- */

#define MAX_DEVICES	4
static struct function {
	u32 class;
	u16 vendor, device;
	u32 config[64];
	u8 power;
} bus[MAX_DEVICES];
static unsigned int nr_functions;
static u64 bar_len;

/* ---- time, and what a reset does with it ---- */

static u64 now, reset_at, reset_ns;
static u64 read_after = ~0UL;		/* ns between a reset and the first read */
static u64 clock_step;			/* ns that pass when the clock is read */
static u64 halted_at;			/* ns; 0: at once */

/* ---- what was done when the machine ended: s(topped), h(alted), a port w(ritten), res(e)t, r(outed back), d(3hot) ---- */

static char ending[32];
static void (*quiet)(bool power_off);

static void happens(char what)
{
	assert_true(strlen(ending) + 1 < sizeof(ending));
	ending[strlen(ending)] = what;
}

void machine_quiet_with(void (*fn)(bool power_off)) { quiet = fn; }

/* ---- what the drivers call ---- */

void *kzalloc(size_t size, gfp_t gfp)
{
	static struct xhci x;

	assert_int_equal(size, sizeof(x));
	if (no_memory)
		return NULL;
	allocated++;
	return memset(&x, 0, size);
}

void kfree(const void *p)
{
	assert_non_null(p);
	allocated--;
}

static u32 xhci_read(volatile u8 *base, u32 offset)
{
	if (reset_at && read_after == ~0UL)
		read_after = now - reset_at;
	if (reset_at && now - reset_at >= reset_ns)
		regs[(OP + USBCMD) / 4] &= ~CMD_RESET;
	if (halted_at && now >= halted_at) {
		halted_at = 0;
		regs[(OP + USBSTS) / 4] = STS_HALTED;
		happens('h');
	}
	return bus[0].power ? ~0U : real_read(base, offset);
}

static void xhci_write(volatile u8 *base, u32 offset, u32 v)
{
	real_write(base, offset, v);
	if (base == (volatile u8 *)regs + OP && offset >= PORTSC(1))
		happens('w');
	if (base == (volatile u8 *)regs + OP && offset == USBCMD) {
		regs[(OP + USBSTS) / 4] = v & CMD_RUN || halted_at ? 0 : STS_HALTED;
		if (!(v & CMD_RUN))
			happens(v & CMD_RESET ? 'e' : 's');
		if (v & CMD_RESET)
			reset_at = now;
	}
}

int printk(const char *fmt, ...) { return 0; }
u64 clock_read_ns(void) { return now += clock_step; }
void msleep(unsigned int ms) { now += ms * 1000000UL; }
void *kmalloc(size_t size, gfp_t gfp) { return NULL; }
unsigned long __get_free_pages(gfp_t gfp, unsigned int order) { return 0; }
unsigned long xhci_page(struct xhci *x) { return 0; }
bool xhci_make_ring(struct xhci *x, struct usb_ring *r) { return false; }
int xhci_command(struct xhci *x, u64 param, u32 control, u8 *slot) { return -EIO; }
void xhci_sleep(struct xhci *x, unsigned int ms) { }
struct usb_device *usb_new_device(struct xhci *x, struct usb_device *parent, unsigned int port, enum usb_speed speed) { return NULL; }
void usb_disconnect(struct usb_device *d) { }
void usb_look_begin(void) { looking++; }
void usb_look_end(void) { looking--; }
int khubd(void *arg) { return 0; }
void init_waitqueue_head(wait_queue_head_t *q) { }
void __wake_up(wait_queue_head_t *q, unsigned int mode, int nr) { }

struct task_struct *kthread_run(int (*fn)(void *), void *arg, const char *name)
{
	if (no_thread)
		return ERR_PTR(-ENOMEM);
	threads++;
	looking--;		/* that khubd's part of it */
	return NULL;
}

bool pci_find_class(u32 class, unsigned int nth, struct pci_dev *out)
{
	for (unsigned int i = 0; i < nr_functions; i++) {
		if (bus[i].class != class || nth--)
			continue;
		*out = (struct pci_dev){ .devfn = i, .vendor = bus[i].vendor, .device = bus[i].device };
		return true;
	}
	return false;
}

u8 pci_read8(const struct pci_dev *d, u16 reg) { return bus[d->devfn].config[reg / 4] >> reg % 4 * 8; }
u16 pci_read16(const struct pci_dev *d, u16 reg) { return bus[d->devfn].config[reg / 4]; }
u32 pci_read32(const struct pci_dev *d, u16 reg) { return bus[d->devfn].config[reg / 4]; }

void pci_write32(const struct pci_dev *d, u16 reg, u32 v)
{
	bus[d->devfn].config[reg / 4] = v;
	if (!v)
		happens('r');
}

void pci_write16(const struct pci_dev *d, u16 reg, u16 v)
{
	assert_int_equal(reg, PCI_COMMAND);
	bus[d->devfn].config[reg / 4] = v;
}

u8 pci_set_power(const struct pci_dev *d, u8 state)
{
	u8 before = bus[d->devfn].power;

	bus[d->devfn].power = state;
	if (state == PCI_D3HOT)
		happens('d');
	return before;
}

u64 pci_bar_len(const struct pci_dev *d, unsigned int bar) { return bar_len; }

void *pci_map_bar(const struct pci_dev *d, unsigned int bar, u32 offset, u32 len)
{
	if (no_mapping)
		return NULL;
	mapped++;
	return regs;
}

void iounmap(void *p)
{
	assert_ptr_equal(p, regs);
	mapped--;
}

int pci_enable_msix(const struct pci_dev *d, irq_handler_t fn, void *arg, const char *name) { return -ENODEV; }
int pci_enable_msi(const struct pci_dev *d, irq_handler_t fn, void *arg, const char *name) { return -ENODEV; }

/* From here on the pin interrupts as long as both are set; firmware in the background may yet switch it on again. */
int pci_enable_intx(const struct pci_dev *d, irq_handler_t fn, void *arg)
{
	if (no_interrupt)
		return -ENODEV;
	found = arg;
	quiet_when_enabled = !(regs[(OP + USBCMD) / 4] & CMD_INTERRUPTS);
	has_registers = found->runtime;
	regs[(OP + USBSTS) / 4] = 0;
	fn(0, arg);
	acknowledged = regs[(OP + USBSTS) / 4] & STS_EVENT;
	return 0;
}

/* ---- the controller ---- */

static void firmware_leaves(u32 command)
{
	memset(regs, 0, sizeof(regs));
	regs[0] = OP;
	regs[HCSPARAMS1 / 4] = 4U << 24 | 8;
	regs[DBOFF / 4] = 0x800;
	regs[RTSOFF / 4] = RUNTIME;
	regs[(OP + USBCMD) / 4] = command;
	regs[(OP + PAGESIZE) / 4] = 1;
	regs[(RUNTIME + IMAN) / 4] = IMAN_PENDING | IMAN_ENABLE;
	quiet_when_enabled = acknowledged = has_registers = false;
	threads = looking = allocated = mapped = 0;
	no_memory = no_mapping = no_thread = no_interrupt = false;
	bar_len = REGS_LEN;
	now = 1000000000;
	clock_step = halted_at = 0;
	nr_controllers = 0;
	memset(ending, 0, sizeof(ending));
	quiet = NULL;
	reset_at = 0;			/* none yet */
	reset_ns = 3000000;
	read_after = ~0UL;
	memset(bus, 0, sizeof(bus));
	bus[0] = (struct function){ .class = CLASS_XHCI, .vendor = 0x1234, .config[PCI_COMMAND / 4] = 0x0403 };
	nr_functions = 1;
}

static void a_pin_is_quiet_before_it_may_interrupt(void **state)
{
	firmware_leaves(CMD_RUN | CMD_INTERRUPTS);
	usb_init();
	assert_int_equal(threads, 1);
	assert_true(quiet_when_enabled);
	assert_true(has_registers && acknowledged);
	assert_int_equal(regs[(OP + USBCMD) / 4], CMD_RUN);	/* it is the firmware's yet */
}

/* It may not be ready, and is not to be written to. */
static void one_that_is_quiet_is_left_alone(void **state)
{
	firmware_leaves(0);
	usb_init();
	assert_true(quiet_when_enabled && acknowledged);
	assert_int_equal(regs[(OP + USBCMD) / 4], 0);
}

static void one_with_impossible_registers_gets_no_interrupt(void **state)
{
	firmware_leaves(CMD_RUN | CMD_INTERRUPTS);
	regs[RTSOFF / 4] = REGS_LEN;
	found = NULL;
	usb_init();
	assert_null(found);
	assert_int_equal(threads, 0);
	assert_int_equal(looking, 0);
}

static void one_that_sleeps_is_woken_up(void **state)
{
	firmware_leaves(0);
	bus[0].power = PCI_D3HOT;
	usb_init();
	assert_int_equal(threads, 1);
	assert_int_equal(bus[0].power, PCI_D0);
}

/* ---- what is given back ---- */

static void fails_cleanly(void)
{
	usb_init();
	assert_int_equal(threads, 0);
	assert_int_equal(looking, 0);
	assert_int_equal(allocated, 0);
	assert_int_equal(mapped, 0);
	assert_int_equal(bus[0].config[PCI_COMMAND / 4], 0x0403);
	assert_int_equal(bus[0].config[XUSB2PR / 4], 0);
	assert_int_equal(bus[0].power, PCI_D3HOT);
}

/* With an EHCI controller beside it: the ports stay that one's. */
static void one_that_cannot_be_used(void)
{
	firmware_leaves(CMD_RUN | CMD_INTERRUPTS);
	bus[0].vendor = VENDOR_INTEL;
	bus[0].config[XUSB2PRM / 4] = 0xf;
	bus[0].power = PCI_D3HOT;
	bus[nr_functions++] = (struct function){ .class = CLASS_EHCI, .vendor = VENDOR_INTEL };
}

static void one_that_cannot_be_used_leaves_nothing_behind(void **state)
{
	one_that_cannot_be_used();
	no_memory = true;
	fails_cleanly();
	one_that_cannot_be_used();
	no_mapping = true;
	fails_cleanly();
	one_that_cannot_be_used();
	bar_len = MIN_REGISTERS - 1;
	fails_cleanly();
	one_that_cannot_be_used();
	regs[RTSOFF / 4] = REGS_LEN;
	fails_cleanly();
	one_that_cannot_be_used();
	regs[(OP + PAGESIZE) / 4] = 2;		/* no pages of 4 KiB; by then its registers are known */
	fails_cleanly();
}

/* Also when nobody serves it: the interrupt has its address. */
static void one_that_may_interrupt_stays(void **state)
{
	firmware_leaves(0);
	usb_init();
	assert_int_equal(allocated, 1);
	assert_int_equal(mapped, 1);
	assert_int_equal(bus[0].config[PCI_COMMAND / 4], 0x0403 | PCI_COMMAND_MASTER);
	firmware_leaves(0);
	no_thread = true;
	usb_init();
	assert_int_equal(allocated, 1);
	assert_int_equal(mapped, 1);
	assert_int_equal(looking, 0);
	firmware_leaves(0);
	no_interrupt = true;
	usb_init();
	assert_int_equal(threads, 1);
}

/* ---- ports that it shares ---- */

/* Which ports does it have in the end?  Those of its registers that say which it could have are 0xf and 0x3. */
static u64 routed(u16 vendor, u16 device, u16 ehci_vendor, u16 other_vendor)
{
	firmware_leaves(0);
	bus[0].vendor = vendor;
	bus[0].device = device;
	bus[0].config[XUSB2PRM / 4] = 0xf;
	bus[0].config[USB3PRM / 4] = 0x3;
	if (ehci_vendor)
		bus[nr_functions++] = (struct function){ .class = CLASS_EHCI, .vendor = ehci_vendor };
	if (other_vendor)
		bus[nr_functions++] = (struct function){ .class = CLASS_EHCI, .vendor = other_vendor };
	usb_init();
	assert_int_equal(threads, 1);
	assert_int_equal(bus[0].config[XUSB2PRM / 4], 0xf);
	assert_int_equal(bus[0].config[USB3PRM / 4], 0x3);
	for (unsigned int i = 1; i < nr_functions; i++)
		for (unsigned int reg = 0; reg < ARRAY_SIZE(bus[i].config); reg++)
			assert_int_equal(bus[i].config[reg], 0);
	return (u64)bus[0].config[USB3_PSSEN / 4] << 32 | bus[0].config[XUSB2PR / 4];
}

static void ports_that_an_intel_ehci_has_are_taken(void **state)
{
	static const u16 devices[] = { 0x1e31, 0x8c31, 0x9c31, 0x8cb1, 0x9cb1, 0x8d31 };	/* 7, 8, 9 series; Wellsburg */

	for (size_t i = 0; i < ARRAY_SIZE(devices); i++)
		assert_int_equal(routed(VENDOR_INTEL, devices[i], VENDOR_INTEL, 0), 0x30000000fUL);
	assert_int_equal(routed(VENDOR_INTEL, 0x8cb1, 0x1106, VENDOR_INTEL), 0x30000000fUL);
}

static void without_an_intel_ehci_ports_are_left_alone(void **state)
{
	assert_int_equal(routed(VENDOR_INTEL, 0xa12f, 0, 0), 0);		/* 100 series: these registers are others' */
	assert_int_equal(routed(VENDOR_INTEL, 0xa12f, 0x1106, 0), 0);
	assert_int_equal(routed(0x1912, 0x0014, VENDOR_INTEL, 0), 0);		/* a card in a chipset of Intel's */
}

/* ---- its start ---- */

static void a_reset_is_given_time_before_it_is_asked_about(void **state)
{
	firmware_leaves(CMD_RUN);
	usb_init();
	assert_int_equal(xhci_start(found), -ENOMEM);	/* that comes behind it */
	assert_true(reset_at);
	assert_true(read_after >= 1000000 && read_after < 100000000);
	assert_true(now >= reset_at + 3000000);
}

/* ---- its end ---- */

#define PORT(n)	regs[(OP + PORTSC(n)) / 4]
#define PORT_IN_USE	(PORT_POWER | PORT_CONNECTED | PORT_ENABLED | PORT_CONNECT_CHANGE | 1U << 14)

/*
 * A controller that runs, of the vendor @vendor, and an EHCI controller of Intel's; it takes @halt_ns to halt.  Two of its
 * ports would wake the machine up.
 */
static void running(u16 vendor, u64 halt_ns)
{
	routed(vendor, 0x1e31, VENDOR_INTEL, 0);
	assert_non_null(quiet);
	regs[(OP + USBCMD) / 4] = CMD_RUN | CMD_INTERRUPTS | 1U << 11;
	regs[(OP + USBSTS) / 4] = 0;
	PORT(1) = PORT(2) = PORT_IN_USE;
	PORT(2) |= BIT(26);
	PORT(4) |= BIT(25) | BIT(27);
	memset(ending, 0, sizeof(ending));
	clock_step = 1000;
	halted_at = halt_ns ? now + halt_ns : 0;
}

/* It runs no more when it is reset, and is given time before it is asked about that. */
static void it_is_stopped_and_reset_then_gives_ports_back_then_sleeps(void **state)
{
	running(VENDOR_INTEL, 16000000);
	quiet(true);
	assert_string_equal(ending, "shwwerrd");
	assert_int_equal(regs[(OP + USBCMD) / 4], 0);
	assert_true(read_after >= 1000000 && read_after < 100000000);
	assert_true(now >= reset_at + 3000000 && now < reset_at + 100000000);
	assert_int_equal(bus[0].config[USB3_PSSEN / 4] | bus[0].config[XUSB2PR / 4], 0);
}

/* Nothing that is a change is taken for seen, and none is disabled; the rest was not written. */
static void its_ports_do_not_wake_the_machine_up(void **state)
{
	running(0x1912, 16000000);
	quiet(true);
	assert_int_equal(PORT(1), PORT_IN_USE);
	assert_int_equal(PORT(2), PORT_POWER | 1U << 14);
	assert_int_equal(PORT(3), 0);
	assert_int_equal(PORT(4), 0);
}

/* Whatever is written to a port: what firmware told it to wake up for is not said again. */
static void a_port_that_is_written_to_forgets_what_to_wake_up_for(void **state)
{
	running(0x1912, 16000000);
	write_port(found, 2, PORT_RESET);
	assert_int_equal(PORT(2), PORT_POWER | 1U << 14 | PORT_RESET);
}

static void for_a_restart_it_stays_awake(void **state)
{
	running(VENDOR_INTEL, 16000000);
	quiet(false);
	assert_string_equal(ending, "shrr");
	assert_int_equal(regs[(OP + USBCMD) / 4], 1U << 11);
	assert_int_equal(bus[0].power, PCI_D0);
}

static void ports_that_it_was_not_given_are_not_given_back(void **state)
{
	running(0x1912, 16000000);
	quiet(true);
	assert_string_equal(ending, "shwwed");
}

/* By a clock that runs, and by one that does not.  And it is not reset. */
static void one_that_does_not_halt_is_not_waited_for(void **state)
{
	u64 start;

	running(VENDOR_INTEL, 3600000000000);
	start = now;
	quiet(true);
	assert_string_equal(ending, "swwrrd");
	assert_true(now - start >= 16000000 && now - start < 1000000000);
	running(VENDOR_INTEL, 3600000000000);
	clock_step = 0;
	quiet(true);
	assert_string_equal(ending, "swwrrd");
	running(VENDOR_INTEL, 0);			/* nor one whose reset never ends */
	reset_ns = ~0UL / 2;
	start = now;
	quiet(true);
	assert_string_equal(ending, "swwerrd");
	assert_true(now - start < 1000000000);
	running(VENDOR_INTEL, 0);
	reset_ns = ~0UL / 2;
	clock_step = 0;
	quiet(true);
	assert_string_equal(ending, "swwerrd");
}

static void one_that_is_gone_is_not_stopped(void **state)
{
	running(VENDOR_INTEL, 16000000);
	regs[(OP + USBCMD) / 4] = ~0U;
	quiet(false);
	assert_string_equal(ending, "rr");
}

static void without_a_controller_nothing_is_done(void **state)
{
	firmware_leaves(0);
	nr_functions = 0;
	usb_init();
	quiet(true);
	assert_string_equal(ending, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_pin_is_quiet_before_it_may_interrupt),
		cmocka_unit_test(one_that_is_quiet_is_left_alone),
		cmocka_unit_test(one_with_impossible_registers_gets_no_interrupt),
		cmocka_unit_test(one_that_sleeps_is_woken_up),
		cmocka_unit_test(one_that_cannot_be_used_leaves_nothing_behind),
		cmocka_unit_test(one_that_may_interrupt_stays),
		cmocka_unit_test(ports_that_an_intel_ehci_has_are_taken),
		cmocka_unit_test(without_an_intel_ehci_ports_are_left_alone),
		cmocka_unit_test(a_reset_is_given_time_before_it_is_asked_about),
		cmocka_unit_test(it_is_stopped_and_reset_then_gives_ports_back_then_sleeps),
		cmocka_unit_test(its_ports_do_not_wake_the_machine_up),
		cmocka_unit_test(a_port_that_is_written_to_forgets_what_to_wake_up_for),
		cmocka_unit_test(for_a_restart_it_stays_awake),
		cmocka_unit_test(ports_that_it_was_not_given_are_not_given_back),
		cmocka_unit_test(one_that_does_not_halt_is_not_waited_for),
		cmocka_unit_test(one_that_is_gone_is_not_stopped),
		cmocka_unit_test(without_a_controller_nothing_is_done),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
