/*
 * usb.h - devices on the Universal Serial Bus
 *
 * One thread, khubd, does everything with the devices of a controller: it waits for events of the controller, finds
 * devices, talks to them, and takes them away.  So nothing here needs a lock; interrupts only wake khubd.
 *
 *      xhci_pci.c  finds controllers            usb.c      khubd; finds out what a device is
 *      xhci.c      starts one; root ports       hub.c      the ports of hubs
 *      xhci_ring.c commands, transfers, events  hid_kbd.c  keyboards
 *      xhci_dev.c  its idea of a device         usb_parse.c descriptors and reports: what strangers say
 */
#ifndef USB_H
#define USB_H

#include <types.h>

struct xhci;
struct usb_device;

/* As the controller numbers them (xHCI, "Default Speed ID Mapping"). */
enum usb_speed { USB_FULL = 1, USB_LOW, USB_HIGH, USB_SUPER, USB_SUPER_PLUS };

/* Requests: USB 2.0, table 9-4, and bmRequestType, table 9-2. */
enum { USB_GET_STATUS, USB_CLEAR_FEATURE, USB_SET_FEATURE = 3, USB_GET_DESCRIPTOR = 6, USB_SET_CONFIGURATION = 9 };
enum { USB_DT_DEVICE = 1, USB_DT_CONFIG, USB_DT_STRING, USB_DT_INTERFACE, USB_DT_ENDPOINT };
#define USB_IN			0x80
#define USB_CLASS		0x20
#define USB_TO_INTERFACE	0x01
#define USB_TO_ENDPOINT		0x02
#define USB_TO_OTHER		0x03	/* a port of a hub */

#define USB_MAX_DEPTH		6	/* hubs and a device, one behind the other: 5 hubs at most */
#define USB_MAX_PORTS		15	/* of a hub: a route has 4 bits for each */
#define USB_MAX_DATA		2048	/* bytes that a request may move */
#define USB_MAX_IN		64	/* bytes of an interrupt transfer */

/* ---- usb_parse.c: pure functions on bytes from a device ---- */

enum usb_kind { USB_UNUSED, USB_HUB, USB_KEYBOARD };

/* What we would do with a device, out of its configuration. */
struct usb_function {
	enum usb_kind kind;
	u8 configuration, interface;	/* their numbers, for requests */
	u8 endpoint;			/* number of the interrupt endpoint, 1 to 15 */
	u8 interval;			/* bInterval as it stands there */
	u16 max_packet;			/* 1 to 1024 */
};

struct usb_ids {
	u16 vendor, product;
};

/* bMaxPacketSize0 as bytes; 0: a device of this speed must not say that. */
unsigned int usb_max_packet0(enum usb_speed speed, u8 b);
/* 0, or -EINVAL. */
int usb_parse_device(const u8 *d, size_t len, struct usb_ids *ids);
/*
 * The first hub or boot keyboard with an interrupt endpoint among @len bytes of descriptors; kind USB_UNUSED: there is
 * none.  -EINVAL: this is no configuration at all.
 */
int usb_parse_config(const u8 *d, size_t len, struct usb_function *f);
/* How often the controller asks, as it wants to know it: every 2^n x 125 us. */
unsigned int usb_interval(enum usb_speed speed, u8 interval);
/* Ports of a hub (clamped to USB_MAX_PORTS), and ms until their power is good; -EINVAL. */
int usb_parse_hub(const u8 *d, size_t len, bool super, unsigned int *ports, unsigned int *power_ms);

#define HID_REPORT_LEN 8

/*
 * The keys that changed between the last report in @old and @report, to @key; @old becomes the new one.
 * A report that is too short changes nothing; one that says "too many keys" changes modifiers only.
 */
void hid_kbd_report(u8 old[HID_REPORT_LEN], const u8 *report, size_t len,
		    void (*key)(void *arg, unsigned int key, bool down), void *arg);

/* ---- a device ---- */

struct usb_ring {
	volatile struct xhci_trb *trbs;	/* a page of them, the last leads back to the first */
	unsigned int next;		/* where the next one goes */
	bool cycle;			/* as the controller expects it in a new one */
};

struct usb_device {
	struct xhci *xhci;
	struct usb_device *parent;	/* a hub, or NULL: at the controller itself */
	u8 slot;			/* the controller's number for it; 0: none */
	u8 port;			/* of the parent, from 1 */
	u8 root_port;
	u8 depth;			/* hubs between it and the controller, itself included: 1 ... USB_MAX_DEPTH */
	u32 route;
	enum usb_speed speed;
	char path[24];			/* 1-2.3: controller, root port, port of a hub */
	struct usb_ids ids;
	struct usb_function function;

	/* The controller's part of it: xhci_ring.c */
	u32 *in_context, *out_context;	/* a page each */
	u8 *buffer;			/* a page: data of a request, then what comes in by itself */
	struct usb_ring control, in;
	u64 control_trbs[3];		/* the request under way: set-up, data, status; 0: none */
	u8 control_code;		/* 0: not over yet */
	u32 control_left;		/* bytes that did not come */
	u64 in_trb;			/* asked for; 0: not now */
	u8 in_error;			/* completion code that stopped it; 0: none */
	u8 nr_in_errors;		/* one after the other */

	/* What comes in by itself, khubd; NULL: nothing does. */
	void (*on_data)(struct usb_device *d, const u8 *data, size_t len);
	/* When khubd has time: what on_data or others left to do. */
	void (*work)(struct usb_device *d);
	void (*stop)(struct usb_device *d);	/* it is gone */
	void *driver_data;
};

/* ---- usb.c.  khubd only, may sleep ---- */
/*
 * A device has appeared at @port of @parent (NULL: of the controller), was reset and is fast as @speed.
 * NULL: it does not answer, or there is no memory; the port must be reset before another try.
 */
struct usb_device *usb_new_device(struct xhci *x, struct usb_device *parent, unsigned int port, enum usb_speed speed);
/* It is gone, and all behind it. */
void usb_disconnect(struct usb_device *d);
/* Bytes moved (what is missing at the end is zero), or -EPIPE (refused), -ENODEV (gone), -ETIMEDOUT, -EIO. */
int usb_control(struct usb_device *d, u8 type, u8 request, u16 value, u16 index, void *data, u16 len);
/* Boot: somebody looks for keyboards; has looked.  Whoever is the last lets keyboard.c say what there is. */
void usb_look_begin(void);
void usb_look_end(void);
/* Look after all devices that want it. */
void usb_work(struct xhci *x);
/* Boot: after this khubd looks for keyboards, if there is a controller. */
void usb_init(void);
int khubd(void *xhci);

/* ---- hub.c, hid_kbd.c: 0 or -errno; on failure the device stays unused ---- */
int hub_start(struct usb_device *d);
int hid_kbd_start(struct usb_device *d);

#endif
