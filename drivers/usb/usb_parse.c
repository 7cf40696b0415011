/*
 * drivers/usb/usb_parse.c - what devices say, read with distrust
 *
 * Purpose:    descriptors and keyboard reports, as pure functions on bytes, so that tests can feed them anything
 *             (tests/kernel/test_usb.c).
 * Invariants: nothing is read behind @len; each loop steps forward or ends.
 * Simplified: the first configuration, alternate setting 0, one function of a device.
 * Sources:    USB 2.0, chapter 9 "Standard USB Descriptor Definitions" and 11.23.2 "Class-specific Descriptors"; USB 3.2,
 *             "Hub Descriptor"; HID 1.11, 8.3 and appendix B "Boot Interface Descriptors"; HID Usage Tables,
 *             "Keyboard/Keypad Page".
 */
#include <err.h>
#include <keyboard.h>
#include <string.h>
#include <usb.h>

#define CLASS_HID		3
#define SUBCLASS_BOOT		1
#define PROTOCOL_KEYBOARD	1
#define CLASS_HUB		9
#define ENDPOINT_INTERRUPT	3
#define DT_HUB			0x29
#define DT_SUPER_HUB		0x2a

static u16 get_le16(const u8 *p)
{
	return p[0] | p[1] << 8;
}

/* ---- descriptors --------------------------------------------------------------------------- */

unsigned int usb_max_packet0(enum usb_speed speed, u8 b)
{
	switch (speed) {
	case USB_LOW:
		return b == 8 ? b : 0;
	case USB_FULL:
		return b == 8 || b == 16 || b == 32 || b == 64 ? b : 0;
	case USB_HIGH:
		return b == 64 ? b : 0;
	default:
		return b == 9 ? 512 : 0;	/* a power of two since USB 3 */
	}
}

int usb_parse_device(const u8 *d, size_t len, struct usb_ids *ids)
{
	if (len < 18 || d[0] < 18 || d[1] != USB_DT_DEVICE || !d[17])
		return -EINVAL;
	ids->vendor = get_le16(d + 8);
	ids->product = get_le16(d + 10);
	return 0;
}

static enum usb_kind kind_of_interface(const u8 *d)
{
	if (d[0] < 9 || d[3])			/* too short; not the setting that is on by default */
		return USB_UNUSED;
	if (d[5] == CLASS_HUB)
		return USB_HUB;
	return d[5] == CLASS_HID && d[6] == SUBCLASS_BOOT && d[7] == PROTOCOL_KEYBOARD ? USB_KEYBOARD : USB_UNUSED;
}

/* Does this endpoint send by itself?  Then @f has it. */
static bool take_endpoint(const u8 *d, struct usb_function *f)
{
	u16 max_packet = d[0] < 7 ? 0 : get_le16(d + 4) & 0x7ff;

	if (!max_packet || max_packet > 1024 || !(d[2] & USB_IN) || !(d[2] & 15) || (d[3] & 3) != ENDPOINT_INTERRUPT)
		return false;
	f->endpoint = d[2] & 15;
	f->max_packet = max_packet;
	f->interval = d[6];
	return true;
}

int usb_parse_config(const u8 *d, size_t len, struct usb_function *f)
{
	enum usb_kind kind = USB_UNUSED;

	*f = (struct usb_function){ .kind = USB_UNUSED };
	if (len < 9 || d[0] < 9 || d[1] != USB_DT_CONFIG)
		return -EINVAL;
	len = min_t(size_t, len, get_le16(d + 2));
	f->configuration = d[5];
	for (size_t at = d[0]; at + 2 <= len && d[at] >= 2 && d[at] <= len - at; at += d[at]) {
		if (d[at + 1] == USB_DT_INTERFACE) {
			kind = kind_of_interface(d + at);
			f->interface = kind ? d[at + 2] : 0;
		} else if (d[at + 1] == USB_DT_ENDPOINT && kind && take_endpoint(d + at, f)) {
			f->kind = kind;
			return 0;
		}
	}
	return 0;
}

unsigned int usb_interval(enum usb_speed speed, u8 interval)
{
	unsigned int n = 3;

	if (speed != USB_LOW && speed != USB_FULL)
		return interval ? min_t(unsigned int, interval - 1, 15) : 0;
	while (n < 10 && 2U << n <= interval * 8U)	/* frames of 1 ms: the power of two below */
		n++;
	return n;
}

int usb_parse_hub(const u8 *d, size_t len, bool super, unsigned int *ports, unsigned int *power_ms)
{
	if (len < 7 || d[0] < 7 || d[1] != (super ? DT_SUPER_HUB : DT_HUB))
		return -EINVAL;
	*ports = min_t(unsigned int, d[2], USB_MAX_PORTS);
	*power_ms = d[5] * 2;
	return 0;
}

/* ---- reports of keyboards ------------------------------------------------------------------ */

#define USAGE_ERROR_LAST	3	/* 1 too many keys, 2 self test failed, 3 undefined */
#define USAGE_A			4

/* By usage, from USAGE_A on. */
static const u8 usages[] = {
	30, 48, 46, 32, 18, 33, 34, 35, 23, 36, 37, 38, 50, 49, 24, 25, 16, 19, 31, 20, 22, 47, 17, 45, 21, 44,	/* a-z */
	2, 3, 4, 5, 6, 7, 8, 9, 10, 11,									/* 1-9, 0 */
	KEY_ENTER, KEY_ESC, KEY_BACKSPACE, KEY_TAB, KEY_SPACE, KEY_MINUS, KEY_EQUAL, KEY_LEFTBRACE, KEY_RIGHTBRACE,
	KEY_BACKSLASH, KEY_BACKSLASH, KEY_SEMICOLON, KEY_APOSTROPHE, KEY_GRAVE, KEY_COMMA, KEY_DOT, KEY_SLASH, KEY_CAPSLOCK,
	59, 60, 61, 62, 63, 64, 65, 66, 67, 68, KEY_F11, KEY_F12,
	KEY_SYSRQ, KEY_SCROLLLOCK, KEY_PAUSE, KEY_INSERT, KEY_HOME, KEY_PAGEUP, KEY_DELETE, KEY_END, KEY_PAGEDOWN,
	KEY_RIGHT, KEY_LEFT, KEY_DOWN, KEY_UP, KEY_NUMLOCK, KEY_KPSLASH, KEY_KPASTERISK, KEY_KPMINUS, KEY_KPPLUS, KEY_KPENTER,
	KEY_KP1, KEY_KP2, KEY_KP3, KEY_KP4, KEY_KP5, KEY_KP6, KEY_KP7, KEY_KP8, KEY_KP9, KEY_KP0, KEY_KPDOT,
	KEY_102ND, KEY_COMPOSE,
};
_Static_assert(ARRAY_SIZE(usages) == 0x65 - USAGE_A + 1, "every usage up to Application");

/* By bit of the first byte. */
static const u8 modifiers[8] = {
	KEY_LEFTCTRL, KEY_LEFTSHIFT, KEY_LEFTALT, KEY_LEFTMETA, KEY_RIGHTCTRL, KEY_RIGHTSHIFT, KEY_RIGHTALT, KEY_RIGHTMETA,
};

static unsigned int key_of_usage(u8 usage)
{
	return usage >= USAGE_A && usage - USAGE_A < (int)ARRAY_SIZE(usages) ? usages[usage - USAGE_A] : 0;
}

/* Is @usage one of the keys of this report, before place @end? */
static bool has_usage(const u8 *report, u8 usage, int end)
{
	for (int i = 2; i < end; i++)
		if (report[i] == usage)
			return true;
	return false;
}

static bool has_error(const u8 *report)
{
	for (int i = 2; i < HID_REPORT_LEN; i++)
		if (report[i] && report[i] <= USAGE_ERROR_LAST)
			return true;
	return false;
}

/* Keys that are in @a and not in @b have changed.  A key that stands there twice counts once. */
static void changes(const u8 *a, const u8 *b, bool down, void (*key)(void *arg, unsigned int key, bool down), void *arg)
{
	for (int i = 2; i < HID_REPORT_LEN; i++)
		if (key_of_usage(a[i]) && !has_usage(a, a[i], i) && !has_usage(b, a[i], HID_REPORT_LEN))
			key(arg, key_of_usage(a[i]), down);
}

void hid_kbd_report(u8 old[HID_REPORT_LEN], const u8 *report, size_t len,
		    void (*key)(void *arg, unsigned int key, bool down), void *arg)
{
	u8 changed;

	if (len < HID_REPORT_LEN)
		return;
	changed = old[0] ^ report[0];
	for (int i = 0; i < 8; i++)
		if (changed & 1 << i)
			key(arg, modifiers[i], report[0] & 1 << i);
	old[0] = report[0];
	if (has_error(report))
		return;
	changes(old, report, false, key, arg);
	changes(report, old, true, key, arg);
	memcpy(old, report, HID_REPORT_LEN);
}
