/*
 * drivers/usb/xhci_pci.c - xHCI controllers on the PCI bus
 *
 * Purpose:    find them, map their registers, arrange for an interrupt: MSI-X, MSI, the pin, or none; start a khubd each.
 * Invariants: configuration space is touched here only, at boot, by one task; and when the machine ends.
 *             An interrupt is let in only when the handler can acknowledge it, and the firmware's is switched off: a pin
 *             that stays low would interrupt for ever.
 * Simplified: controllers are not plugged in later.
 * Sources:    xHCI specification 1.2, 5.2 "PCI Configuration Registers"; Intel 7 Series PCH datasheet, "USB 3.0 Port
 *             SuperSpeed Enable", "xHC USB 2.0 Port Routing".
 */
#include "xhci.h"
#include <err.h>
#include <panic.h>
#include <printk.h>
#include <sched.h>
#include <slab.h>
#include <vmalloc.h>

#define CLASS_XHCI		0x0c0330
#define CLASS_EHCI		0x0c0320
#define VENDOR_INTEL		0x8086
#define MIN_REGISTERS		0x500
#define MAX_REGISTERS		0x100000

#define XUSB2PR			0xd0		/* which ports are xHCI's and not EHCI's; then: which can be */
#define XUSB2PRM		0xd4
#define USB3_PSSEN		0xd8
#define USB3PRM			0xdc

#define MAX_CONTROLLERS		8

static struct xhci *controllers[MAX_CONTROLLERS];	/* for the machine's end; one is complete when it is counted */
static unsigned int nr_controllers;

static bool has_intel_ehci(void)
{
	struct pci_dev d;

	for (unsigned int n = 0; pci_find_class(CLASS_EHCI, n, &d); n++)
		if (d.vendor == VENDOR_INTEL)
			return true;
	return false;
}

/*
 * Intel's chipsets of 2012 to 2015 have an EHCI controller too, which has the ports until it is told otherwise.  Those that
 * have none have no such registers.
 */
static void route_ports(struct xhci *x)
{
	const struct pci_dev *d = &x->pci;

	if (d->vendor != VENDOR_INTEL || !has_intel_ehci())
		return;
	x->routed = true;
	pci_write32(d, USB3_PSSEN, pci_read32(d, USB3PRM));
	pci_write32(d, XUSB2PR, pci_read32(d, XUSB2PRM));
}

/*
 * Boards of those years switch themselves on again, seconds after they were switched off, while a controller runs, has the
 * EHCI controller's ports, or is awake; and any board, if it was told to wake up when a port loses its device, for that is
 * what giving the ports back does.  So the controller has forgotten that before.
 */
static void quiet_controllers(bool power_off)
{
	for (unsigned int i = 0; i < READ_ONCE(nr_controllers); i++) {
		struct xhci *x = controllers[i];

		xhci_stop(x, power_off);
		if (x->routed) {
			pci_write32(&x->pci, USB3_PSSEN, 0);
			pci_write32(&x->pci, XUSB2PR, 0);
		}
		if (power_off)
			pci_set_power(&x->pci, PCI_D3HOT);
	}
}

static void arrange_interrupt(struct xhci *x)
{
	x->has_irq = !pci_enable_msix(&x->pci, xhci_interrupt, x, "xhci") ||
		     !pci_enable_msi(&x->pci, xhci_interrupt, x, "xhci");
	if (x->has_irq)
		return;
	x->by_pin = true;
	x->has_irq = !pci_enable_intx(&x->pci, xhci_interrupt, x);
}

/* Its registers, and nothing interrupts; on failure it is as the firmware left it. */
static int take_registers(struct xhci *x)
{
	const struct pci_dev *d = &x->pci;
	u16 command = pci_read16(d, PCI_COMMAND);
	int err = -ENOMEM;

	x->regs_len = pci_bar_len(d, 0);
	if (x->regs_len < MIN_REGISTERS)
		return -ENODEV;
	x->regs_len = min(x->regs_len, (u64)MAX_REGISTERS);
	pci_write16(d, PCI_COMMAND, command | PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
	x->regs = pci_map_bar(d, 0, 0, x->regs_len);
	if (!x->regs)
		goto out_command;
	err = xhci_quiet(x);
	if (!err)
		return 0;
	iounmap((void *)x->regs);
out_command:
	pci_write16(d, PCI_COMMAND, command);
	return err;
}

static int start(struct xhci *x)
{
	controllers[nr_controllers] = x;
	WRITE_ONCE(nr_controllers, nr_controllers + 1);
	route_ports(x);
	init_waitqueue_head(&x->wait);
	arrange_interrupt(x);
	usb_look_begin();
	if (!IS_ERR(kthread_run(khubd, x, "khubd")))
		return 0;
	usb_look_end();
	return -ENOMEM;
}

static int probe(const struct pci_dev *d, unsigned int number)
{
	struct xhci *x = kzalloc(sizeof(*x), GFP_KERNEL);
	u8 power;
	int err;

	if (!x)
		return -ENOMEM;
	x->pci = *d;
	x->number = number;
	power = pci_set_power(d, PCI_D0);	/* asleep, all its registers read as ones */
	err = take_registers(x);
	if (err) {
		pci_set_power(d, power);
		kfree(x);
		return err;
	}
	return start(x);		/* from here on its interrupt may know it: it stays */
}

void usb_init(void)
{
	struct pci_dev d;

	usb_look_begin();
	machine_quiet_with(quiet_controllers);
	for (unsigned int n = 0; n < MAX_CONTROLLERS && pci_find_class(CLASS_XHCI, n, &d); n++) {
		int err = probe(&d, n + 1);

		if (err)
			pr_warn("xhci %u: cannot be used: error %d\n", n + 1, err);
	}
	usb_look_end();
}
