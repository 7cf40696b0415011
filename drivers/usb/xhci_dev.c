/*
 * drivers/usb/xhci_dev.c - what the controller has to know of a device: contexts
 *
 * Purpose:    a controller has a slot for each device, and for it two pages: we write the input context and command
 *             it to be taken over; the controller writes the output context.  In both: the slot (where the device is,
 *             how fast), then an entry per endpoint, 32 or 64 bytes each.
 * Invariants: dcbaa[slot] is the output context of devices[slot], or both are 0.
 * Simplified: two endpoints of a device: 0, and one that sends by itself.
 * Sources:    xHCI specification 1.2, 4.3 "USB Device Initialization", 6.2 "Contexts".
 */
#include "xhci.h"
#include <err.h>
#include <mm.h>
#include <printk.h>
#include <string.h>

#define ADD(n)			BIT(n)		/* the second word of an input context: what to take over */
#define SLOT			0
#define EP0			1
#define EP_INTERRUPT_IN		(7 << 3)
#define EP_CONTROL		(4 << 3)
#define EP_ERRORS		(3 << 1)	/* the controller tries so often by itself */
#define SLOT_HUB		BIT(26)

unsigned long xhci_page(struct xhci *x)
{
	unsigned long page = __get_free_pages(x->gfp | __GFP_ZERO, 0);

	if (page)
		x->nr_pages++;
	return page;
}

void xhci_free_page(struct xhci *x, void *p)
{
	if (!p)
		return;
	free_page((unsigned long)p);
	x->nr_pages--;
}

/* Entry @n of the input context, which begins with one that says what else counts. */
static u32 *input(struct usb_device *d, unsigned int n)
{
	return d->in_context + (n + 1) * d->xhci->context_size / 4;
}

static void start_input(struct usb_device *d, u32 add)
{
	memset(d->in_context, 0, PAGE_SIZE);
	d->in_context[1] = add;
}

/* The hub whose translator a slow device needs: the nearest fast one above it; @port: which port of it. */
static const struct usb_device *translator(const struct usb_device *d, unsigned int *port)
{
	if (d->speed != USB_LOW && d->speed != USB_FULL)
		return NULL;
	for (; d->parent; d = d->parent) {
		*port = d->port;
		if (d->parent->speed == USB_HIGH)
			return d->parent;
	}
	return NULL;
}

static void write_slot(struct usb_device *d, unsigned int last_endpoint)
{
	u32 *slot = input(d, SLOT);
	unsigned int port = 0;
	const struct usb_device *hub = translator(d, &port);

	slot[0] = d->route | d->speed << 20 | last_endpoint << 27;
	slot[1] = d->root_port << 16;
	slot[2] = hub ? hub->slot | port << 8 : 0;
}

static void write_endpoint(u32 *ep, u32 type, unsigned int max_packet, const struct usb_ring *r)
{
	u64 start = __pa((void *)&r->trbs[r->next]) | r->cycle;

	ep[1] = EP_ERRORS | type | max_packet << 16;
	ep[2] = start;
	ep[3] = start >> 32;
	ep[4] = 8;			/* bytes that a transfer has, about */
}

static unsigned int first_max_packet(enum usb_speed speed)
{
	return speed == USB_HIGH ? 64 : speed >= USB_SUPER ? 512 : 8;
}

static void free_memory(struct usb_device *d)
{
	struct xhci *x = d->xhci;

	xhci_free_page(x, d->in_context);
	xhci_free_page(x, d->out_context);
	xhci_free_page(x, d->buffer);
	xhci_free_page(x, (void *)d->control.trbs);
	xhci_free_page(x, (void *)d->in.trbs);
}

static bool get_memory(struct usb_device *d)
{
	struct xhci *x = d->xhci;

	d->in_context = (u32 *)xhci_page(x);
	d->out_context = (u32 *)xhci_page(x);
	d->buffer = (u8 *)xhci_page(x);
	return xhci_make_ring(x, &d->control) && xhci_make_ring(x, &d->in) && d->in_context && d->out_context && d->buffer;
}

static int enable_slot(struct usb_device *d)
{
	struct xhci *x = d->xhci;
	u8 slot = 0;
	int err = xhci_command(x, 0, TRB_TYPE(TRB_ENABLE_SLOT), &slot);

	if (err)
		return err;
	if (!slot || slot > x->max_slots || x->devices[slot])
		return -EIO;
	d->slot = slot;
	x->devices[slot] = d;
	x->dcbaa[slot] = __pa(d->out_context);
	return 0;
}

int xhci_add_device(struct usb_device *d)
{
	int err = get_memory(d) ? enable_slot(d) : -ENOMEM;

	if (!err) {
		start_input(d, ADD(SLOT) | ADD(EP0));
		write_slot(d, EP0);
		write_endpoint(input(d, EP0), EP_CONTROL, first_max_packet(d->speed), &d->control);
		err = xhci_command(d->xhci, __pa(d->in_context), TRB_TYPE(TRB_ADDRESS_DEVICE) | (u32)d->slot << 24, NULL);
	}
	if (err)
		xhci_remove_device(d);
	return err;
}

int xhci_set_max_packet0(struct usb_device *d, unsigned int bytes)
{
	if (bytes == first_max_packet(d->speed))
		return 0;
	start_input(d, ADD(EP0));
	write_endpoint(input(d, EP0), EP_CONTROL, bytes, &d->control);
	return xhci_command(d->xhci, __pa(d->in_context), TRB_TYPE(TRB_EVALUATE) | (u32)d->slot << 24, NULL);
}

int xhci_configure(struct usb_device *d, unsigned int hub_ports, unsigned int think_time)
{
	unsigned int dci = xhci_in_dci(d);
	u32 *slot = input(d, SLOT), *ep = input(d, dci);

	start_input(d, ADD(SLOT) | ADD(dci));
	write_slot(d, dci);
	if (hub_ports) {
		slot[0] |= SLOT_HUB;
		slot[1] |= hub_ports << 24;
		slot[2] |= d->speed == USB_HIGH ? think_time << 16 : 0;
	}
	write_endpoint(ep, EP_INTERRUPT_IN, d->function.max_packet, &d->in);
	ep[0] = usb_interval(d->speed, d->function.interval) << 16;
	ep[4] |= d->function.max_packet << 16;		/* bytes in an interval */
	return xhci_command(d->xhci, __pa(d->in_context), TRB_TYPE(TRB_CONFIGURE) | (u32)d->slot << 24, NULL);
}

void xhci_remove_device(struct usb_device *d)
{
	struct xhci *x = d->xhci;

	if (d->slot) {
		int err = xhci_command(x, 0, TRB_TYPE(TRB_DISABLE_SLOT) | (u32)d->slot << 24, NULL);

		x->devices[d->slot] = NULL;
		x->dcbaa[d->slot] = 0;
		if (err) {
			pr_warn("usb %s: its memory is lost, the controller may write into it\n", d->path);
			return;
		}
	}
	free_memory(d);
}
