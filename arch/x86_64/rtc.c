/*
 * arch/x86_64/rtc.c - the battery clock: what time it was when the machine started
 *
 * Purpose:    a first value for the real-time clock; read once, at boot.
 * Simplified: the year is taken to be of this century; the clock is taken to run on UTC.
 * Sources:    Motorola MC146818 datasheet.
 */
#include <asm/processor.h>
#include <string.h>
#include <time.h>

static u8 cmos_read(u8 reg)
{
	outb(0x70, reg);
	return inb(0x71);
}

/* Seconds to years, as the chip holds them; all six belong to one moment. */
static void cmos_read_time(u8 v[6])
{
	static const u8 regs[6] = { 0, 2, 4, 7, 8, 9 };
	u8 again[6];

	for (int tries = 0; tries < 10; tries++) {
		for (int i = 0; i < 100000 && (cmos_read(10) & 0x80); i++)
			cpu_relax();		/* update in progress */
		for (int i = 0; i < 6; i++)
			v[i] = cmos_read(regs[i]);
		for (int i = 0; i < 6; i++)
			again[i] = cmos_read(regs[i]);
		if (!memcmp(v, again, 6))
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

u64 rtc_read_seconds(void)
{
	u8 v[6], mode = cmos_read(11), hour12;

	if (mode == 0xff)		/* no such chip */
		return 0;
	cmos_read_time(v);
	hour12 = v[2] & 0x80;
	v[2] &= 0x7f;
	if (!(mode & 4))		/* binary-coded decimal */
		for (int i = 0; i < 6; i++)
			v[i] = (v[i] >> 4) * 10 + (v[i] & 15);
	if (!(mode & 2))		/* 12-hour clock */
		v[2] = v[2] % 12 + (hour12 ? 12 : 0);
	if (v[4] < 1 || v[4] > 12 || v[3] < 1 || v[3] > 31)
		return 0;
	return ((days_since_1970(2000 + v[5], v[4], v[3]) * 24 + v[2]) * 60 + v[1]) * 60 + v[0];
}
