/*
 * tests/kernel/test_usb.c - what USB devices say, and what they must not be able to do with it
 *
 * Bytes lie at the end of a page that is followed by a guard page: who reads one too many is seen.
 */
#include <asm/page.h>
#include <err.h>
#include <keyboard.h>
#include <ktest.h>
#include <string.h>
#include <usb.h>
#include <vmalloc.h>

static u8 *page;

/* @len bytes, and behind them nothing. */
static u8 *at_the_end(const void *bytes, size_t len)
{
	return memcpy(page + PAGE_SIZE - len, bytes, len);
}

static bool make_page(void)
{
	page = vzalloc(PAGE_SIZE);
	return page;
}

static void drop_page(void)
{
	vfree(page);
	page = NULL;
}

#define CONFIG(total)		9, 2, (total) & 0xff, (total) >> 8, 1, 7, 0, 0xa0, 50
#define INTERFACE(n, alt, class, sub, proto)	9, 4, n, alt, 1, class, sub, proto, 0
#define HID			9, 0x21, 0x11, 1, 0, 1, 0x22, 63, 0
#define ENDPOINT(addr, attr, size, interval)	7, 5, addr, attr, (size) & 0xff, (size) >> 8, interval

static const u8 keyboard[] = { CONFIG(34), INTERFACE(0, 0, 3, 1, 1), HID, ENDPOINT(0x81, 3, 8, 10) };
static const u8 mouse_and_keyboard[] = {
	CONFIG(59), INTERFACE(0, 0, 3, 1, 2), HID, ENDPOINT(0x81, 3, 4, 10),
	INTERFACE(1, 0, 3, 1, 1), HID, ENDPOINT(0x83, 3, 8, 1),
};
static const u8 hub[] = { CONFIG(25), INTERFACE(0, 0, 9, 0, 0), ENDPOINT(0x81, 3, 1, 12) };

static int parse(const void *bytes, size_t len, struct usb_function *f)
{
	return usb_parse_config(at_the_end(bytes, len), len, f);
}

KTEST(usb, keyboards_and_hubs_are_found_in_their_descriptors)
{
	struct usb_function f;
	bool found, second, a_hub;

	EXPECT(make_page());
	found = !parse(keyboard, sizeof(keyboard), &f) && f.kind == USB_KEYBOARD && f.configuration == 7 &&
		!f.interface && f.endpoint == 1 && f.max_packet == 8 && f.interval == 10;
	second = !parse(mouse_and_keyboard, sizeof(mouse_and_keyboard), &f) && f.kind == USB_KEYBOARD &&
		 f.interface == 1 && f.endpoint == 3;
	a_hub = !parse(hub, sizeof(hub), &f) && f.kind == USB_HUB && f.max_packet == 1;
	drop_page();
	EXPECT(found);
	EXPECT(second);
	EXPECT(a_hub);
}

KTEST(usb, a_configuration_cut_anywhere_is_no_keyboard)
{
	struct usb_function f;
	int wrong = -1;

	EXPECT(make_page());
	for (int len = 0; len < (int)sizeof(keyboard); len++) {
		int err = parse(keyboard, len, &f);

		if (f.kind != USB_UNUSED || (len < 9) != (err == -EINVAL))
			wrong = len;
	}
	drop_page();
	EXPECT_EQ(wrong, -1);
}

/* The byte at @at becomes @value; what is found then? */
static enum usb_kind changed(unsigned int at, u8 value)
{
	struct usb_function f;
	u8 bytes[sizeof(keyboard)];

	memcpy(bytes, keyboard, sizeof(bytes));
	bytes[at] = value;
	parse(bytes, sizeof(bytes), &f);
	return f.kind;
}

KTEST(usb, lengths_that_lie_end_the_search)
{
	bool lie = true, total;

	EXPECT(make_page());
	for (unsigned int at = 9; at < 27; at += 9)	/* of interface and HID descriptor */
		lie &= changed(at, 0) == USB_UNUSED && changed(at, 1) == USB_UNUSED && changed(at, 255) == USB_UNUSED;
	lie &= changed(27, 0) == USB_UNUSED && changed(27, 6) == USB_UNUSED && changed(27, 8) == USB_UNUSED;
	total = changed(2, 33) == USB_UNUSED && changed(2, 0) == USB_UNUSED && changed(3, 255) == USB_KEYBOARD;
	drop_page();
	EXPECT(lie);
	EXPECT(total);
}

KTEST(usb, only_an_interrupt_endpoint_that_sends_is_taken)
{
	bool good;

	EXPECT(make_page());
	good = changed(29, 0x01) == USB_UNUSED && changed(29, 0x80) == USB_UNUSED &&	/* receives; number 0 */
	       changed(30, 2) == USB_UNUSED &&						/* bulk */
	       changed(31, 0) == USB_UNUSED && changed(32, 7) == USB_UNUSED &&		/* 0 bytes; 1800 */
	       changed(12, 1) == USB_UNUSED &&						/* not the setting that is on */
	       changed(15, 0) == USB_UNUSED && changed(16, 2) == USB_UNUSED;		/* no boot protocol; a mouse */
	drop_page();
	EXPECT(good);
}

KTEST(usb, random_configurations_stay_inside_and_give_numbers_in_range)
{
	u64 seed = 12345;
	bool good = true;

	EXPECT(make_page());
	for (int round = 0; round < 20000; round++) {
		struct usb_function f;
		u8 bytes[64];
		size_t len = round % (sizeof(bytes) + 1);

		for (size_t i = 0; i < sizeof(bytes); i++) {
			seed = seed * 6364136223846793005UL + 1442695040888963407UL;
			bytes[i] = round & 1 && i < sizeof(keyboard) && seed >> 61 ? keyboard[i] : (seed >> 33) % 12;
		}
		parse(bytes, len, &f);
		if (f.kind)
			good &= f.endpoint >= 1 && f.endpoint <= 15 && f.max_packet >= 1 && f.max_packet <= 1024;
	}
	drop_page();
	EXPECT(good);
}

KTEST(usb, device_and_hub_descriptors_are_checked)
{
	u8 device[18] = { 18, 1, 0, 2, 0, 0, 0, 64, 0x27, 6, 1, 0, 0, 0, 1, 2, 3, 1 };
	u8 bytes[9] = { 9, 0x29, 255, 0, 0, 50, 0, 0, 0xff };
	unsigned int ports, ms;
	struct usb_ids ids;

	EXPECT(!usb_parse_device(device, sizeof(device), &ids) && ids.vendor == 0x627 && ids.product == 1);
	EXPECT_EQ(usb_parse_device(device, 17, &ids), -EINVAL);
	device[0] = 17;
	EXPECT_EQ(usb_parse_device(device, sizeof(device), &ids), -EINVAL);
	device[0] = 18;
	device[17] = 0;				/* no configuration */
	EXPECT_EQ(usb_parse_device(device, sizeof(device), &ids), -EINVAL);
	EXPECT(usb_max_packet0(USB_FULL, 64) == 64 && !usb_max_packet0(USB_FULL, 0) && !usb_max_packet0(USB_FULL, 255));
	EXPECT(usb_max_packet0(USB_LOW, 8) == 8 && !usb_max_packet0(USB_LOW, 64) && usb_max_packet0(USB_SUPER, 9) == 512);
	EXPECT(!usb_parse_hub(bytes, sizeof(bytes), false, &ports, &ms) && ports == USB_MAX_PORTS && ms == 100);
	EXPECT_EQ(usb_parse_hub(bytes, sizeof(bytes), true, &ports, &ms), -EINVAL);
	EXPECT_EQ(usb_parse_hub(bytes, 6, false, &ports, &ms), -EINVAL);
}

KTEST(usb, intervals_are_powers_of_two_within_limits)
{
	EXPECT_EQ(usb_interval(USB_FULL, 0), 3);
	EXPECT_EQ(usb_interval(USB_FULL, 1), 3);	/* 8 x 125 us */
	EXPECT_EQ(usb_interval(USB_LOW, 10), 6);	/* 8 ms, not 16 */
	EXPECT_EQ(usb_interval(USB_FULL, 255), 10);
	EXPECT_EQ(usb_interval(USB_HIGH, 0), 0);
	EXPECT_EQ(usb_interval(USB_HIGH, 7), 6);
	EXPECT_EQ(usb_interval(USB_SUPER, 255), 15);
}

/* ---- reports of keyboards ---- */

static struct {
	unsigned int nr;
	u8 keys[64];				/* with 0x80: it came up */
	u8 held[NR_KEYS];
	bool wrong;				/* down twice, up twice, no such key */
} seen;

static void see(void *arg, unsigned int key, bool down)
{
	if (!key || key >= NR_KEYS || seen.held[key] == down) {
		seen.wrong = true;
		return;
	}
	seen.held[key] = down;
	if (seen.nr < sizeof(seen.keys))
		seen.keys[seen.nr++] = key | (down ? 0 : 0x80);
}

static u8 old[HID_REPORT_LEN];

static void forget(void)
{
	memset(&seen, 0, sizeof(seen));
	memset(old, 0, sizeof(old));
}

#define REPORT(...) hid_kbd_report(old, (const u8[HID_REPORT_LEN]){ __VA_ARGS__ }, HID_REPORT_LEN, see, NULL)

KTEST(usb, reports_become_keys_down_and_up)
{
	forget();
	REPORT(0x02, 0, 4);				/* left shift and A */
	EXPECT(seen.nr == 2 && seen.keys[0] == KEY_LEFTSHIFT && seen.keys[1] == KEY_A);
	REPORT(0x02, 0, 4, 0x1d);			/* and Z */
	REPORT(0, 0, 0x1d);
	EXPECT(seen.nr == 5 && seen.keys[2] == KEY_Z && seen.keys[3] == (KEY_LEFTSHIFT | 0x80) &&
	       seen.keys[4] == (KEY_A | 0x80));
	REPORT(0, 0, 0, 0, 0x1d);			/* it has only moved */
	EXPECT_EQ(seen.nr, 5);
	REPORT(0);
	EXPECT(seen.nr == 6 && !seen.wrong);
}

KTEST(usb, too_many_keys_change_only_modifiers)
{
	forget();
	REPORT(0, 0, 4, 5);
	REPORT(0x40, 0, 1, 1, 1, 1, 1, 1);
	EXPECT(seen.nr == 3 && seen.keys[2] == KEY_RIGHTALT && seen.held[KEY_A]);
	REPORT(0, 0, 4);
	EXPECT(seen.nr == 5 && seen.held[KEY_A] && !seen.held[48]);
	EXPECT(!seen.wrong);
}

KTEST(usb, odd_reports_do_no_harm)
{
	forget();
	REPORT(0, 0, 4, 4, 4);				/* the same key three times */
	EXPECT_EQ(seen.nr, 1);
	hid_kbd_report(old, (const u8[]){ 0xff }, 1, see, NULL);
	hid_kbd_report(old, NULL, 0, see, NULL);
	EXPECT_EQ(seen.nr, 1);
	REPORT(0, 0xff, 0xff, 0xa5, 0x66);		/* usages that we do not know */
	EXPECT(seen.nr == 2 && !seen.held[KEY_A]);
}

KTEST(usb, after_any_reports_an_empty_one_lets_all_keys_go)
{
	u64 seed = 99;
	int held = 0;

	forget();
	for (int round = 0; round < 20000; round++) {
		u8 report[HID_REPORT_LEN];

		for (int i = 0; i < HID_REPORT_LEN; i++) {
			seed = seed * 6364136223846793005UL + 1442695040888963407UL;
			report[i] = seed >> 40 & 1 ? 0 : seed >> 56;
			if (report[i] == 0x32)		/* the other key at the place of the backslash */
				report[i] = 0x31;
		}
		hid_kbd_report(old, report, sizeof(report), see, NULL);
	}
	REPORT(0);
	for (int i = 0; i < NR_KEYS; i++)
		held += seen.held[i];
	EXPECT_EQ(held, 0);
	EXPECT(!seen.wrong);
}
