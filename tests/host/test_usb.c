/* links: drivers/usb/usb_parse.c */
/*
 * tests/host/test_usb.c - how khubd finds out what a device is (drivers/usb/usb.c)
 *
 * A simulated device, with a clock of its own: it does not answer before it has its new address.
 */
#include "cmocka_shim.h"
#include <string.h>
#pragma GCC diagnostic ignored "-Wformat-truncation"	/* the compiler cannot know how deep hubs may be */
#include "drivers/usb/usb.c"

void *calloc(size_t n, size_t size);
void free(void *p);

bool fake_irqs_off;
static u64 now, addressed_at, ready_ns;
static int devices, too_early, allocated, started;

/* ---- what the driver calls ---- */

int printk(const char *fmt, ...) { return 0; }
u64 clock_read_ns(void) { return now; }

void *kmalloc(size_t size, gfp_t gfp)
{
	allocated++;
	return calloc(1, size);
}

void *kzalloc(size_t size, gfp_t gfp) { return kmalloc(size, gfp); }

void kfree(const void *p)
{
	allocated -= p != NULL;
	free((void *)p);
}

void xhci_sleep(struct xhci *x, unsigned int ms) { now += ms * 1000000UL; }

int xhci_add_device(struct usb_device *d)
{
	devices++;
	now += 50000;
	addressed_at = now;
	return 0;
}

void xhci_remove_device(struct usb_device *d) { devices--; }
int xhci_set_max_packet0(struct usb_device *d, unsigned int bytes) { return 0; }
int hub_start(struct usb_device *d) { return -EIO; }
void keyboard_all_looked(void) { }
int xhci_start(struct xhci *x) { return -EIO; }
void xhci_handle_events(struct xhci *x) { }
void xhci_root_ports(struct xhci *x) { }
bool xhci_root_connected(struct xhci *x, unsigned int port) { return true; }
void xhci_idle(struct xhci *x, u64 until) { }
int xhci_recover(struct usb_device *d, struct usb_ring *r, unsigned int dci) { return 0; }
void xhci_ask_in(struct usb_device *d) { }

int hid_kbd_start(struct usb_device *d)
{
	started++;
	return 0;
}

static u8 device[] = { 18, USB_DT_DEVICE, 0, 2, 0, 0, 0, 0, 0x27, 6, 1, 0, 0, 0, 0, 0, 0, 1 };
static const u8 configuration[] = {
	9, USB_DT_CONFIG, 34, 0, 1, 1, 0, 0xa0, 50, 9, USB_DT_INTERFACE, 0, 0, 1, 3, 1, 1, 0,
	9, 0x21, 0x11, 1, 0, 1, 0x22, 63, 0, 7, USB_DT_ENDPOINT, 0x81, 3, 8, 0, 10,
};

int xhci_control(struct usb_device *d, u8 type, u8 request, u16 value, u16 index, void *data, u16 len)
{
	if (now < addressed_at + ready_ns) {
		too_early++;
		return -EIO;
	}
	now += 100000;
	if (request != USB_GET_DESCRIPTOR)
		return 0;
	if (value >> 8 == USB_DT_DEVICE) {
		len = min_t(u16, len, sizeof(device));
		memcpy(data, device, len);
	} else {
		len = min_t(u16, len, sizeof(configuration));
		memcpy(data, configuration, len);
	}
	return len;
}

/* ---- the tests ---- */

static struct usb_device *plug_in(u64 ready, enum usb_speed speed)
{
	static struct xhci x = { .number = 1 };

	now = 1000000000;
	devices = too_early = allocated = started = 0;
	ready_ns = ready;
	device[7] = speed == USB_HIGH ? 64 : speed >= USB_SUPER ? 9 : 8;	/* packets */
	return usb_new_device(&x, NULL, 1, speed);
}

static void a_device_has_time_to_know_its_address(void **state)
{
	for (enum usb_speed speed = USB_FULL; speed <= USB_SUPER_PLUS; speed++) {
		struct usb_device *d = plug_in(9900000, speed);

		assert_non_null(d);
		assert_int_equal(too_early, 0);
		assert_int_equal(started, 1);
		assert_int_equal(d->function.kind, USB_KEYBOARD);
		usb_disconnect(d);
		assert_int_equal(devices, 0);
		assert_int_equal(allocated, 0);
	}
}

static void one_that_takes_longer_is_given_up(void **state)
{
	assert_null(plug_in(10000000000, USB_LOW));
	assert_int_equal(too_early, 1);
	assert_int_equal(devices, 0);
	assert_int_equal(allocated, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_device_has_time_to_know_its_address),
		cmocka_unit_test(one_that_takes_longer_is_given_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
