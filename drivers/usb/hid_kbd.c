/*
 * drivers/usb/hid_kbd.c - USB keyboards, by the boot protocol
 *
 * Purpose:    the simple language that firmware speaks with keyboards: eight bytes whenever something changes, bits for
 *             the modifiers and the numbers of up to six keys.  They become keys for drivers/keyboard.c.
 * Invariants: ->report is what keyboard.c knows; a key that is held when the keyboard goes is let go there.
 * Lock order: keyboard_lock > (set_leds) xhci's wait queue.
 * Simplified: the boot protocol has no media keys, and no more than six keys at a time.
 * Sources:    HID 1.11, 7.2 "Class-Specific Requests", appendix B.1 "Boot Interface Descriptors", F "Legacy Keyboard".
 */
#include "xhci.h"
#include <err.h>
#include <keyboard.h>
#include <slab.h>

#define HID_SET_REPORT		9
#define HID_SET_IDLE		10
#define HID_SET_PROTOCOL	11
#define BOOT_PROTOCOL		0
#define OUTPUT_REPORT		(2 << 8)
#define TO_US			(USB_CLASS | USB_TO_INTERFACE)

struct hid_kbd {
	struct usb_device *device;
	struct keyboard keyboard;
	u8 report[HID_REPORT_LEN];	/* the last one */
	u8 leds;			/* to be shown; keyboard_lock, and read by khubd */
	bool leds_changed;
};

static void kbd_key(void *arg, unsigned int key, bool down)
{
	keyboard_key(arg, key, down);
}

static void kbd_data(struct usb_device *d, const u8 *data, size_t len)
{
	struct hid_kbd *kbd = d->driver_data;

	hid_kbd_report(kbd->report, data, len, kbd_key, &kbd->keyboard);
}

static void kbd_set_leds(struct keyboard *k, u8 leds)
{
	struct hid_kbd *kbd = container_of(k, struct hid_kbd, keyboard);

	WRITE_ONCE(kbd->leds, leds);
	WRITE_ONCE(kbd->leds_changed, true);
	xhci_kick(kbd->device->xhci);
}

/* The lights; whether they really came on does not matter. */
static void kbd_work(struct usb_device *d)
{
	struct hid_kbd *kbd = d->driver_data;
	u8 leds;

	if (!__atomic_exchange_n(&kbd->leds_changed, false, __ATOMIC_SEQ_CST))
		return;
	leds = READ_ONCE(kbd->leds);
	usb_control(d, TO_US, HID_SET_REPORT, OUTPUT_REPORT, d->function.interface, &leds, 1);
}

static void kbd_stop(struct usb_device *d)
{
	struct hid_kbd *kbd = d->driver_data;

	keyboard_unregister(&kbd->keyboard);
	kfree(kbd);
}

int hid_kbd_start(struct usb_device *d)
{
	struct hid_kbd *kbd;
	int err = usb_control(d, TO_US, HID_SET_PROTOCOL, BOOT_PROTOCOL, d->function.interface, NULL, 0);

	if (err < 0 && err != -EPIPE)		/* one that knows no other protocol may refuse */
		return err;
	/* Reports only when something changes.  A keyboard may refuse: a report that says nothing new does nothing. */
	usb_control(d, TO_US, HID_SET_IDLE, 0, d->function.interface, NULL, 0);
	err = xhci_configure(d, 0, 0);
	if (err)
		return err;
	kbd = kzalloc(sizeof(*kbd), GFP_KERNEL);
	if (!kbd)
		return -ENOMEM;
	kbd->device = d;
	kbd->keyboard.name = "USB";
	kbd->keyboard.set_leds = kbd_set_leds;
	d->driver_data = kbd;
	d->on_data = kbd_data;
	d->work = kbd_work;
	d->stop = kbd_stop;
	keyboard_register(&kbd->keyboard);
	xhci_ask_in(d);
	return 0;
}
