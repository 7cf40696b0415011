/* links: */
/*
 * tests/host/test_xhci.c - how an xHCI controller is found (drivers/usb/xhci_pci.c, xhci.c)
 *
 * Its registers are an array, as the firmware has left them.
 */
#include "cmocka_shim.h"
#include <string.h>
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
static int looking, threads;

/* ---- what the drivers call ---- */

void *kzalloc(size_t size, gfp_t gfp)
{
	static struct xhci x;

	assert_int_equal(size, sizeof(x));
	return memset(&x, 0, size);
}

int printk(const char *fmt, ...) { return 0; }
u64 clock_read_ns(void) { return 0; }
void msleep(unsigned int ms) { }
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
	threads++;
	looking--;		/* that khubd's part of it */
	return NULL;
}

bool pci_find_class(u32 class, unsigned int nth, struct pci_dev *out)
{
	*out = (struct pci_dev){ 0 };
	return !nth;
}

u8 pci_read8(const struct pci_dev *d, u16 reg) { return 0; }
u16 pci_read16(const struct pci_dev *d, u16 reg) { return 0; }
u32 pci_read32(const struct pci_dev *d, u16 reg) { return 0; }
void pci_write16(const struct pci_dev *d, u16 reg, u16 v) { }
void pci_write32(const struct pci_dev *d, u16 reg, u32 v) { }
u64 pci_bar_len(const struct pci_dev *d, unsigned int bar) { return REGS_LEN; }
void *pci_map_bar(const struct pci_dev *d, unsigned int bar, u32 offset, u32 len) { return regs; }
int pci_enable_msix(const struct pci_dev *d, irq_handler_t fn, void *arg, const char *name) { return -ENODEV; }
int pci_enable_msi(const struct pci_dev *d, irq_handler_t fn, void *arg, const char *name) { return -ENODEV; }

/* From here on the pin interrupts as long as both are set; firmware in the background may yet switch it on again. */
int pci_enable_intx(const struct pci_dev *d, irq_handler_t fn, void *arg)
{
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
	threads = looking = 0;
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_pin_is_quiet_before_it_may_interrupt),
		cmocka_unit_test(one_that_is_quiet_is_left_alone),
		cmocka_unit_test(one_with_impossible_registers_gets_no_interrupt),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
