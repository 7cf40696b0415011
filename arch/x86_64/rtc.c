/*
 * arch/x86_64/rtc.c - the battery clock: what time it was when the machine started
 *
 * Purpose:    a first value for the real-time clock; read once, at boot.
 * Simplified: the clock is taken to run on UTC.
 * Sources:    Motorola MC146818 datasheet; ACPI specification, "Fixed ACPI Description Table (FADT)", CENTURY.
 */
#include <asm/acpi.h>
#include <asm/processor.h>
#include <string.h>
#include <time.h>

static u8 cmos_read(u8 reg)
{
	outb(0x70, reg);
	return inb(0x71);
}

enum { SECOND, MINUTE, HOUR, DAY, MONTH, YEAR, CENTURY, NR_FIELDS };

/* The fields as the chip holds them, all of one moment; a century of 0: it has none. */
static void cmos_read_time(u8 v[NR_FIELDS])
{
	const u8 regs[NR_FIELDS] = { 0, 2, 4, 7, 8, 9, acpi_info.rtc_century };
	int nr = acpi_info.rtc_century ? NR_FIELDS : CENTURY;
	u8 again[NR_FIELDS];

	v[CENTURY] = again[CENTURY] = 0;

	for (int tries = 0; tries < 10; tries++) {
		for (int i = 0; i < 100000 && (cmos_read(10) & 0x80); i++)
			cpu_relax();		/* update in progress */
		for (int i = 0; i < nr; i++)
			v[i] = cmos_read(regs[i]);
		for (int i = 0; i < nr; i++)
			again[i] = cmos_read(regs[i]);
		if (!memcmp(v, again, NR_FIELDS))
			return;
	}
}

/* Days from 1970-01-01 to the given date of the Gregorian calendar. */
static u64 days_since_1970(unsigned int year, unsigned int month, unsigned int day)
{
	static const u16 before[12] = { 0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334 };
	unsigned int leaps = (year - 1) / 4 - (year - 1) / 100 + (year - 1) / 400
			   - (1969 / 4 - 1969 / 100 + 1969 / 400);
	bool leap = (year % 4 == 0 && year % 100) || year % 400 == 0;

	return (u64)(year - 1970) * 365 + leaps + before[month - 1] + day - 1 + (leap && month > 2);
}

/* A century is believed if it can be ours.  Else, as in the 19 that many clocks have kept, two digits mean 1970 to 2069. */
static unsigned int full_year(unsigned int century, unsigned int year)
{
	if (century == 20 || century == 21)
		return century * 100 + year;
	return year < 70 ? 2000 + year : 1900 + year;
}

u64 rtc_read_seconds(void)
{
	u8 v[NR_FIELDS], mode = cmos_read(11), hour12;

	if (mode == 0xff)		/* no such chip */
		return 0;
	cmos_read_time(v);
	hour12 = v[HOUR] & 0x80;
	v[HOUR] &= 0x7f;
	if (!(mode & 4))		/* binary-coded decimal */
		for (int i = 0; i < NR_FIELDS; i++)
			v[i] = (v[i] >> 4) * 10 + (v[i] & 15);
	if (!(mode & 2))		/* 12-hour clock */
		v[HOUR] = v[HOUR] % 12 + (hour12 ? 12 : 0);
	if (v[MONTH] < 1 || v[MONTH] > 12 || v[DAY] < 1 || v[DAY] > 31)
		return 0;
	return ((days_since_1970(full_year(v[CENTURY], v[YEAR]), v[MONTH], v[DAY]) * 24 + v[HOUR]) * 60 + v[MINUTE]) * 60
	       + v[SECOND];
}
