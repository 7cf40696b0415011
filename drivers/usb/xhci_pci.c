/*
 * drivers/usb/xhci_pci.c - xHCI controllers on the PCI bus
 *
 * Purpose:    find them, map their registers, arrange for an interrupt: MSI-X, MSI, the pin, or none; start a khubd each.
 * Invariants: configuration space is touched here only, at boot, by one task.
 *             An interrupt is let in only when the handler can acknowledge it, and the firmware's is switched off: a pin
 *             that stays low would interrupt for ever.
 * Simplified: controllers are not plugged in later.
 * Sources:    xHCI specification 1.2, 5.2 "PCI Configuration Registers"; Intel 7 Series PCH datasheet, "USB 3.0 Port
 *             SuperSpeed Enable", "xHC USB 2.0 Port Routing".
 */
#include "xhci.h"
#include <err.h>
#include <printk.h>
#include <sched.h>
#include <slab.h>

#define CLASS_XHCI		0x0c0330
#define VENDOR_INTEL		0x8086
#define MIN_REGISTERS		0x500
#define MAX_REGISTERS		0x100000

#define XUSB2PR			0xd0		/* which ports are xHCI's and not EHCI's; then: which can be */
#define XUSB2PRM		0xd4
#define USB3_PSSEN		0xd8
#define USB3PRM			0xdc

/* Chipsets of 2012 to 2014 have an old controller too, which has the ports until it is told otherwise. */
static void route_ports(const struct pci_dev *d)
{
	static const u16 shared[] = { 0x1e31, 0x8c31, 0x9c31 };

	for (size_t i = 0; i < ARRAY_SIZE(shared); i++) {
		if (d->vendor != VENDOR_INTEL || d->device != shared[i])
			continue;
		pci_write32(d, USB3_PSSEN, pci_read32(d, USB3PRM));
		pci_write32(d, XUSB2PR, pci_read32(d, XUSB2PRM));
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

static int probe(struct xhci *x)
{
	const struct pci_dev *d = &x->pci;
	int err;

	x->regs_len = pci_bar_len(d, 0);
	if (x->regs_len < MIN_REGISTERS)
		return -ENODEV;
	x->regs_len = min(x->regs_len, (u64)MAX_REGISTERS);
	pci_write16(d, PCI_COMMAND, pci_read16(d, PCI_COMMAND) | PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
	route_ports(d);
	x->regs = pci_map_bar(d, 0, 0, x->regs_len);
	if (!x->regs)
		return -ENOMEM;
	init_waitqueue_head(&x->wait);
	err = xhci_quiet(x);
	if (err)
		return err;
	arrange_interrupt(x);
	usb_look_begin();
	if (!IS_ERR(kthread_run(khubd, x, "khubd")))
		return 0;
	usb_look_end();
	return -ENOMEM;
}

void usb_init(void)
{
	struct pci_dev d;

	usb_look_begin();
	for (unsigned int n = 0; n < 8 && pci_find_class(CLASS_XHCI, n, &d); n++) {
		struct xhci *x = kzalloc(sizeof(*x), GFP_KERNEL);
		int err = -ENOMEM;

		if (x) {
			x->pci = d;
			x->number = n + 1;
			err = probe(x);		/* from here on its interrupt may know it: it stays */
		}
		if (err)
			pr_warn("xhci %u: cannot be used: error %d\n", n + 1, err);
	}
	usb_look_end();
}
