/* links: */
/*
 * tests/host/test_rtc.c - the battery clock (arch/x86_64/rtc.c) in all the ways in which it can be set
 */
#include "cmocka_shim.h"
#include <types.h>

static u8 inb(u16 port);
static void outb(u16 port, u8 v);
#include "arch/x86_64/rtc.c"

struct acpi_info acpi_info;

/* The C library's, whose time.h the kernel's hides. */
struct tm {
	int tm_sec, tm_min, tm_hour, tm_mday, tm_mon, tm_year, tm_wday, tm_yday, tm_isdst;
	long tm_gmtoff;
	const char *tm_zone;
};
struct tm *gmtime_r(const long *seconds, struct tm *out);

#define MODE_BINARY	4
#define MODE_24		2
#define UPDATING	0x80
#define WARNED		16		/* UPDATING is seen so many reads before: it is 244 us, long enough to read all */

bool fake_irqs_off;
static u8 mode, selected;
static bool absent;
static unsigned int century;		/* what its register holds */
static struct tm now, later;
static unsigned int reads;
static unsigned int warned;
static unsigned int tick_at, update_reads;	/* behind so many reads (0: never) the next second comes, and takes so many */

static u8 as_set(unsigned int v) { return mode & MODE_BINARY ? v : v / 10 << 4 | v % 10; }

static u8 hour(void)
{
	unsigned int h = now.tm_hour;

	if (mode & MODE_24)
		return as_set(h);
	return as_set(h % 12 ? h % 12 : 12) | (h >= 12 ? 0x80 : 0);
}

/* A register, as it is after @reads accesses of the time. */
static u8 inb(u16 port)
{
	bool updating = tick_at && reads + warned >= tick_at && reads < tick_at + update_reads;

	assert_int_equal(port, 0x71);
	if (absent)
		return 0xff;
	if (selected == 11)
		return mode;
	reads++;
	if (selected == 10)
		return updating ? UPDATING : 0;
	if (updating && reads >= tick_at)
		return 0x77;
	if (tick_at && reads > tick_at) {
		now = later;
		tick_at = 0;
	}
	switch (selected) {
	case 0: return as_set(now.tm_sec);
	case 2: return as_set(now.tm_min);
	case 4: return hour();
	case 7: return as_set(now.tm_mday);
	case 8: return as_set(now.tm_mon + 1);
	case 9: return as_set(now.tm_year % 100);
	case 50: return as_set(century);
	}
	fail_msg("register %u", selected);
	return 0;
}

static void outb(u16 port, u8 v)
{
	assert_int_equal(port, 0x70);
	selected = v;
}

static void set(u8 m, long seconds)
{
	mode = m;
	absent = false;
	acpi_info.rtc_century = 0;
	tick_at = update_reads = reads = 0;
	gmtime_r(&seconds, &now);
	century = 19 + now.tm_year / 100;
}

static const u8 modes[] = { MODE_24, MODE_24 | MODE_BINARY, 0, MODE_BINARY };

#define Y2000	946684800L
#define Y2026	1767225600L		/* 2026-01-01 00:00:00 */
#define Y2070	3155760000L
#define Y2200	7258118400L

static void every_mode_says_the_same(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(modes); i++)
		for (long hours = 0; hours < 24; hours++) {
			set(modes[i], Y2026 + hours * 3600 + 34 * 60 + 56);
			assert_int_equal(rtc_read_seconds(), Y2026 + hours * 3600 + 34 * 60 + 56);
		}
}

/* Leap years, the ends of months, and the year 2000, which was one; without a century, 1970 to 2069. */
static void every_day_is_right(void **state)
{
	for (long at = 0; at < Y2200; at += 86400) {
		set(modes[at / 86400 % 4], at + 86399);
		assert_true(at >= Y2070 || rtc_read_seconds() == (u64)at + 86399);
		acpi_info.rtc_century = 50;
		assert_int_equal(rtc_read_seconds(), at + 86399);
	}
}

/* Firmware that has not touched the register since 1999, or never; a register that is something else. */
static void a_century_that_cannot_be_is_passed_over(void **state)
{
	static const unsigned int values[] = { 0, 19, 22, 99, 165 };

	for (size_t i = 0; i < ARRAY_SIZE(values); i++) {
		set(modes[i % 4], Y2026);
		acpi_info.rtc_century = 50;
		century = values[i];
		assert_int_equal(rtc_read_seconds(), Y2026);
	}
}

/* One second before the new year, which comes at any moment of reading: it is the one year or the other. */
static void a_second_may_end_while_it_is_read(void **state)
{
	for (unsigned int length = 0; length < 40; length += 13)
		for (unsigned int at = 1; at < 80; at++) {
			long after = Y2026, got;

			set(MODE_24, Y2026 - 1);
			gmtime_r(&after, &later);
			tick_at = at;
			update_reads = length;
			warned = length ? WARNED : 0;	/* 0: the firmware held us up between the question and the time */
			got = rtc_read_seconds();
			if (got != Y2026 && got != Y2026 - 1)
				fail_msg("%ld, when the second ends after %u reads", got, at);
		}
}

static void no_clock_is_1970(void **state)
{
	set(MODE_24, Y2026);
	absent = true;
	assert_int_equal(rtc_read_seconds(), 0);
}

/* An empty battery leaves anything behind. */
static void dates_that_do_not_exist_are_1970(void **state)
{
	set(MODE_24, Y2026);
	now.tm_mon = -1;
	assert_int_equal(rtc_read_seconds(), 0);
	now.tm_mon = 12;
	assert_int_equal(rtc_read_seconds(), 0);
	now.tm_mon = 0;
	now.tm_mday = 0;
	assert_int_equal(rtc_read_seconds(), 0);
	now.tm_mday = 32;
	assert_int_equal(rtc_read_seconds(), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_mode_says_the_same),
		cmocka_unit_test(every_day_is_right),
		cmocka_unit_test(a_century_that_cannot_be_is_passed_over),
		cmocka_unit_test(a_second_may_end_while_it_is_read),
		cmocka_unit_test(no_clock_is_1970),
		cmocka_unit_test(dates_that_do_not_exist_are_1970),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
