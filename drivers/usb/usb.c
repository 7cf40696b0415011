/*
 * drivers/usb/usb.c - khubd: what has been plugged in, and what it is good for
 *
 * Purpose:    a thread for each controller.  It looks at ports that changed, asks new devices what they are, and starts
 *             hub.c or hid_kbd.c for those that are hubs or keyboards.
 *
 *               reset (port) -> slot and address -> device descriptor -> configuration -> hub or keyboard
 *
 * Invariants: a device that has got an address keeps its slot until it is gone, of use or not: no other may get the address.
 *             Nothing a device says is believed (usb_parse.c), and no device is waited for longer than a request may take.
 * Lock order: none: all of it belongs to khubd.
 * Simplified: hubs and boot keyboards.  No bulk or isochronous transfers, no other kinds of HID, no suspend,
 *             the first configuration only; no controllers but xHCI.
 * Sources:    USB 2.0, chapter 9, "USB Device Framework"; Linux's khubd was the model of the thread.
 */
#include "xhci.h"
#include <asm/atomic.h>
#include <bug.h>
#include <err.h>
#include <keyboard.h>
#include <printk.h>
#include <slab.h>
#include <string.h>
#include <time.h>

#define LOOK_NS		(1000 * 1000000UL)	/* most devices are found by then; later ones work too */
#define ADDRESS_MS	10	/* USB 2.0, 9.2.6.3: a device may take 2 ms to know its address; some take longer */
#define MAX_IN_ERRORS	5	/* one after the other: then it is left alone */

int usb_control(struct usb_device *d, u8 type, u8 request, u16 value, u16 index, void *data, u16 len)
{
	return xhci_control(d, type, request, value, index, data, len);
}

/* ---- a new device -------------------------------------------------------------------------- */

static int get_descriptor(struct usb_device *d, u8 type, void *buf, u16 len)
{
	return usb_control(d, USB_IN, USB_GET_DESCRIPTOR, type << 8, 0, buf, len);
}

/* The first eight bytes say how long packets may be, and only then may more be asked. */
static int read_device(struct usb_device *d)
{
	unsigned int max_packet;
	u8 buf[18];
	int n = get_descriptor(d, USB_DT_DEVICE, buf, 8);

	if (n < 0)
		return n;
	max_packet = n < 8 ? 0 : usb_max_packet0(d->speed, buf[7]);
	if (!max_packet)
		return -EINVAL;
	n = xhci_set_max_packet0(d, max_packet);
	if (!n)
		n = get_descriptor(d, USB_DT_DEVICE, buf, sizeof(buf));
	return n < 0 ? n : usb_parse_device(buf, n, &d->ids);
}

static int read_configuration(struct usb_device *d)
{
	u8 *buf = kmalloc(USB_MAX_DATA, GFP_KERNEL);
	int n;

	if (!buf)
		return -ENOMEM;
	n = get_descriptor(d, USB_DT_CONFIG, buf, 9);	/* some answer nonsense when more is asked at once */
	if (n >= 4)
		n = get_descriptor(d, USB_DT_CONFIG, buf, min(buf[2] | buf[3] << 8, USB_MAX_DATA));
	if (n >= 0)
		n = usb_parse_config(buf, n, &d->function);
	kfree(buf);
	return n;
}

static int start_function(struct usb_device *d)
{
	int err;

	if (d->function.kind == USB_UNUSED)
		return 0;
	err = usb_control(d, 0, USB_SET_CONFIGURATION, d->function.configuration, 0, NULL, 0);
	if (err < 0)
		return err;
	return d->function.kind == USB_HUB ? hub_start(d) : hid_kbd_start(d);
}

static void place_device(struct usb_device *d, struct usb_device *parent, unsigned int port)
{
	d->parent = parent;
	d->port = port;
	d->depth = parent ? parent->depth + 1 : 1;
	d->root_port = parent ? parent->root_port : port;
	if (parent) {
		d->route = parent->route | port << 4 * (parent->depth - 1);
		snprintf(d->path, sizeof(d->path), "%s.%u", parent->path, port);
	} else {
		snprintf(d->path, sizeof(d->path), "%u-%u", d->xhci->number, port);
	}
}

static void tell(const struct usb_device *d)
{
	static const char *const speeds[] = { "", "full", "low", "high", "super", "super plus" };
	static const char *const kinds[] = { "not used here", "hub", "boot keyboard" };

	pr_info("usb %s: %04x:%04x, %s speed: %s\n", d->path, d->ids.vendor, d->ids.product, speeds[d->speed],
		kinds[d->function.kind]);
}

struct usb_device *usb_new_device(struct xhci *x, struct usb_device *parent, unsigned int port, enum usb_speed speed)
{
	struct usb_device *d;
	int err;

	if (parent && parent->depth >= USB_MAX_DEPTH)
		return NULL;
	d = kzalloc(sizeof(*d), GFP_KERNEL);
	if (!d)
		return NULL;
	d->xhci = x;
	d->speed = speed;
	place_device(d, parent, port);
	err = xhci_add_device(d);
	if (err)
		goto out_free;
	xhci_sleep(x, ADDRESS_MS);
	err = read_device(d);
	if (!err)
		err = read_configuration(d);
	if (err)
		goto out_remove;
	err = start_function(d);
	if (err == -ENODEV)
		goto out_remove;
	if (err) {
		pr_warn("usb %s: does not start: error %d\n", d->path, err);
		d->function.kind = USB_UNUSED;
	}
	tell(d);
	return d;

out_remove:
	xhci_remove_device(d);
out_free:
	if (err != -ENODEV)
		pr_warn("usb %s: error %d while asking what it is\n", d->path, err);
	kfree(d);
	return NULL;
}

void usb_disconnect(struct usb_device *d)
{
	struct xhci *x = d->xhci;

	if (d->stop)
		d->stop(d);		/* a hub takes away what is behind it: no deeper than USB_MAX_DEPTH */
	d->on_data = NULL;
	xhci_remove_device(d);
	pr_info("usb %s: gone, %u pages for what is left\n", d->path, x->nr_pages);
	kfree(d);
}

/* ---- khubd --------------------------------------------------------------------------------- */

static atomic_t looking = ATOMIC_INIT(0);

void usb_look_begin(void)
{
	atomic_inc(&looking);
}

void usb_look_end(void)
{
	if (atomic_dec_and_test(&looking))
		keyboard_all_looked();
}

/* Its interrupt endpoint has stopped.  Try again, but not for ever. */
static void recover(struct usb_device *d)
{
	d->in_error = 0;
	if (++d->nr_in_errors > MAX_IN_ERRORS) {
		pr_warn("usb %s: too many errors: it is left alone\n", d->path);
		if (d->stop)
			d->stop(d);
		d->stop = d->work = NULL;
		d->on_data = NULL;
		return;
	}
	usb_control(d, USB_TO_ENDPOINT, USB_CLEAR_FEATURE, 0, USB_IN | d->function.endpoint, NULL, 0);
	if (!xhci_recover(d, &d->in, xhci_in_dci(d)))
		xhci_ask_in(d);
}

void usb_work(struct xhci *x)
{
	for (unsigned int slot = 1; slot <= x->max_slots && !x->dead; slot++) {
		struct usb_device *d = x->devices[slot];

		if (d && d->in_error && xhci_root_connected(x, d->root_port))
			recover(d);
		if (d && d->work)
			d->work(d);	/* of a hub: other slots may change */
	}
}

static void disconnect_all(struct xhci *x)
{
	for (unsigned int port = 1; port <= x->nr_ports; port++) {
		if (x->root_devices[port])
			usb_disconnect(x->root_devices[port]);
		x->root_devices[port] = NULL;
	}
}

int khubd(void *arg)
{
	struct xhci *x = arg;
	int err = xhci_start(x);
	u64 look_until = ktime_get() + LOOK_NS;
	bool looked = false;

	if (err)
		pr_warn("xhci %u: cannot be used: error %d\n", x->number, err);
	while (!err && !x->dead) {
		WRITE_ONCE(x->work, false);
		xhci_handle_events(x);
		xhci_root_ports(x);
		usb_work(x);
		if (!READ_ONCE(x->work))	/* what came while we waited for an answer is still to be done */
			xhci_idle(x, looked ? 0 : look_until);
		if (!looked && ktime_get() >= look_until) {
			looked = true;
			usb_look_end();
		}
	}
	if (!looked)
		usb_look_end();
	disconnect_all(x);
	return 0;
}
