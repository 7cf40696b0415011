/*
 * drivers/usb/hub.c - the ports of hubs
 *
 * Purpose:    a hub says by its interrupt endpoint which ports have changed; then their devices come or go as at the
 *             controller's own ports (xhci.c).  A USB 3 hub is two hubs, each on its own wires, which differ a little.
 * Invariants: child[port] is the device that was found there, and nothing else points to it but its slot.
 * Simplified: no power budget; one transaction translator per hub; no over-current handling but the hub's own.
 * Sources:    USB 2.0, chapter 11, "Hub Specification"; USB 3.2, chapter 10, "Hub, Host Downstream Port".
 */
#include "xhci.h"
#include <err.h>
#include <printk.h>
#include <slab.h>

#define TO_HUB			USB_CLASS
#define TO_PORT			(USB_CLASS | USB_TO_OTHER)
#define SET_HUB_DEPTH		12
#define DT_HUB			0x29
#define DT_SUPER_HUB		0x2a

/* Features, and the bits of a port's status: USB 2.0, tables 11-17, 11-21, 11-22; USB 3.2, tables 10-13, 10-14. */
enum { PORT_ENABLE = 1, PORT_RESET = 4, PORT_POWER = 8, C_PORT_FIRST = 16, C_PORT_RESET = 20, C_PORT_LINK_STATE = 25,
       C_PORT_CONFIG_ERROR = 26, C_BH_PORT_RESET = 29 };
#define STATUS_CONNECTED	0x0001
#define STATUS_ENABLED		0x0002
#define STATUS_RESET		0x0010
#define STATUS_LOW		0x0200
#define STATUS_HIGH		0x0400
#define CHANGE_CONNECTION	0x0001

#define DEBOUNCE_MS		100		/* USB 2.0, 7.1.7.3: the plug has come to rest */
#define RECOVERY_MS		10		/* 7.1.7.5: after a reset */
#define RESET_TRIES		40		/* of 20 ms */
#define TRIES			3

struct usb_hub {
	unsigned int nr_ports;
	bool super;
	u16 changed;				/* bit n: look at port n */
	struct usb_device *child[USB_MAX_PORTS + 1];
};

static int port_feature(struct usb_device *d, u8 request, u16 feature, unsigned int port)
{
	return usb_control(d, TO_PORT, request, feature, port, NULL, 0);
}

static int port_status(struct usb_device *d, unsigned int port, u16 *status, u16 *change)
{
	u8 buf[4];
	int n = usb_control(d, USB_IN | TO_PORT, USB_GET_STATUS, 0, port, buf, sizeof(buf));

	if (n < 4)
		return n < 0 ? n : -EIO;
	*status = buf[0] | buf[1] << 8;
	*change = buf[2] | buf[3] << 8;
	return 0;
}

/* Tell the hub that its changes are known.  The bits of the change word have features of their own. */
static void clear_changes(struct usb_device *d, unsigned int port, u16 change)
{
	static const u8 features[8] = {
		C_PORT_FIRST, C_PORT_FIRST + 1, C_PORT_FIRST + 2, C_PORT_FIRST + 3, C_PORT_RESET,
		C_BH_PORT_RESET, C_PORT_LINK_STATE, C_PORT_CONFIG_ERROR,
	};

	for (unsigned int i = 0; i < 8; i++)
		if (change & 1 << i)
			port_feature(d, USB_CLEAR_FEATURE, features[i], port);
}

/* The speed of what is there, ready to get an address; or -errno. */
static int reset_port(struct usb_device *d, unsigned int port)
{
	struct usb_hub *hub = d->driver_data;
	u16 status, change;
	int err = port_feature(d, USB_SET_FEATURE, PORT_RESET, port);

	for (int i = 0; err >= 0 && i < RESET_TRIES; i++) {
		xhci_sleep(d->xhci, 20);
		err = port_status(d, port, &status, &change);
		if (err < 0 || !(status & STATUS_CONNECTED))
			return -ENODEV;
		if (status & STATUS_RESET || !(status & STATUS_ENABLED))
			continue;
		clear_changes(d, port, change & ~CHANGE_CONNECTION);
		xhci_sleep(d->xhci, RECOVERY_MS);
		return hub->super ? USB_SUPER : status & STATUS_LOW ? USB_LOW : status & STATUS_HIGH ? USB_HIGH : USB_FULL;
	}
	return err < 0 ? err : -ETIMEDOUT;
}

static void connect(struct usb_device *d, unsigned int port)
{
	struct usb_hub *hub = d->driver_data;

	xhci_sleep(d->xhci, DEBOUNCE_MS);
	port_feature(d, USB_CLEAR_FEATURE, C_PORT_FIRST, port);	/* that was the plug coming to rest */
	for (int i = 0; i < TRIES && !hub->child[port]; i++) {
		int speed = reset_port(d, port);

		if (speed == -ENODEV)
			return;
		if (speed > 0)
			hub->child[port] = usb_new_device(d->xhci, d, port, speed);
	}
	if (!hub->child[port] && !hub->super)
		port_feature(d, USB_CLEAR_FEATURE, PORT_ENABLE, port);	/* it must not listen to another's address */
}

static void port_changed(struct usb_device *d, unsigned int port)
{
	struct usb_hub *hub = d->driver_data;
	u16 status, change;

	if (port_status(d, port, &status, &change))
		return;
	clear_changes(d, port, change);
	if (hub->child[port] && (change & CHANGE_CONNECTION || !(status & STATUS_CONNECTED))) {
		usb_disconnect(hub->child[port]);
		hub->child[port] = NULL;
	}
	if (status & STATUS_CONNECTED && !hub->child[port])
		connect(d, port);
}

static void hub_data(struct usb_device *d, const u8 *data, size_t len)
{
	struct usb_hub *hub = d->driver_data;

	for (unsigned int port = 1; port <= hub->nr_ports && port / 8 < len; port++)
		if (data[port / 8] & 1 << port % 8)
			hub->changed |= 1 << port;
	WRITE_ONCE(d->xhci->work, true);
}

/* Each port once: a hub that goes on complaining does not keep khubd from others. */
static void hub_work(struct usb_device *d)
{
	struct usb_hub *hub = d->driver_data;
	u16 changed = hub->changed;

	hub->changed = 0;
	for (unsigned int port = 1; port <= hub->nr_ports; port++)
		if (changed & 1 << port && !d->xhci->dead && xhci_root_connected(d->xhci, d->root_port))
			port_changed(d, port);
}

static void hub_stop(struct usb_device *d)
{
	struct usb_hub *hub = d->driver_data;

	for (unsigned int port = 1; port <= hub->nr_ports; port++)
		if (hub->child[port])
			usb_disconnect(hub->child[port]);
	kfree(hub);
}

static int read_hub(struct usb_device *d, struct usb_hub *hub, unsigned int *power_ms, unsigned int *think_time)
{
	u8 buf[16];
	int n = usb_control(d, USB_IN | TO_HUB, USB_GET_DESCRIPTOR, (hub->super ? DT_SUPER_HUB : DT_HUB) << 8, 0, buf,
			    hub->super ? 12 : 9);

	if (n < 0)
		return n;
	*think_time = buf[3] >> 5 & 3;
	return usb_parse_hub(buf, n, hub->super, &hub->nr_ports, power_ms);
}

static int start_ports(struct usb_device *d, struct usb_hub *hub)
{
	unsigned int power_ms, think_time;
	int err = read_hub(d, hub, &power_ms, &think_time);

	if (!err && hub->super)
		err = usb_control(d, TO_HUB, SET_HUB_DEPTH, d->depth - 1, 0, NULL, 0);
	if (err >= 0)
		err = xhci_configure(d, hub->nr_ports, think_time);
	for (unsigned int port = 1; err >= 0 && port <= hub->nr_ports; port++)
		err = port_feature(d, USB_SET_FEATURE, PORT_POWER, port);
	if (err >= 0)
		xhci_sleep(d->xhci, power_ms);
	return err < 0 ? err : 0;
}

int hub_start(struct usb_device *d)
{
	struct usb_hub *hub = kzalloc(sizeof(*hub), GFP_KERNEL);
	int err;

	if (!hub)
		return -ENOMEM;
	hub->super = d->speed >= USB_SUPER;
	err = start_ports(d, hub);
	if (err) {
		kfree(hub);
		return err;
	}
	hub->changed = (u16)~1U;		/* what was there before us has changed nothing */
	d->driver_data = hub;
	d->on_data = hub_data;
	d->work = hub_work;
	d->stop = hub_stop;
	xhci_ask_in(d);
	xhci_kick(d->xhci);
	return 0;
}
