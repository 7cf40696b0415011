/*
 * number.h - numbers in what people write to the kernel
 */
#ifndef NUMBER_H
#define NUMBER_H

#include <types.h>

/* The value of a hexadecimal digit of either case; 16: it is none. */
static inline unsigned int digit_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? (unsigned int)(c - 'a') + 10 : 16;
}

/*
 * The number to @base (10 or 16, there with or without 0x) at *@s, which is behind its digits afterwards.
 * False: there is no digit, or it is more than @max.
 */
static inline bool take_number(const char **s, unsigned int base, unsigned long max, unsigned long *n)
{
	const char *p = *s;

	if (base == 16 && p[0] == '0' && (p[1] == 'x' || p[1] == 'X'))
		p += 2;
	*s = p;
	for (*n = 0; digit_value(*p) < base; p++) {
		if (*n > (max - digit_value(*p)) / base)
			return false;
		*n = *n * base + digit_value(*p);
	}
	if (p == *s)
		return false;
	*s = p;
	return true;
}

#endif
