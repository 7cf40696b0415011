/*
 * libc/sscanf.c - take a text apart, as far as /proc files need it
 *
 * Simplified: d u x s c n %, with width, '*', h hh l ll; no sets, no floating point.
 */
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *skip_space(const char *s)
{
	while (isspace(*s))
		s++;
	return s;
}

static void store(void *where, unsigned long v, int bytes)
{
	memcpy(where, &v, bytes);
}

static const char *scan_number(const char *s, int base, int width, unsigned long *v)
{
	char digits[72], *end;

	s = skip_space(s);
	if (width <= 0 || width >= (int)sizeof(digits))
		width = sizeof(digits) - 1;
	strlcpy(digits, s, width + 1);
	*v = strtoul(digits, &end, base);
	return end == digits ? NULL : s + (end - digits);
}

static const char *scan_word(const char *s, int width, char *to)
{
	s = skip_space(s);
	if (!*s)
		return NULL;
	for (; *s && !isspace(*s) && width--; s++)
		if (to)
			*to++ = *s;
	if (to)
		*to = '\0';
	return s;
}

int sscanf(const char *text, const char *fmt, ...)
{
	const char *s = text;
	int count = 0;
	va_list ap;

	va_start(ap, fmt);
	for (; *fmt; fmt++) {
		int drop = 0, width = 0, bytes = 4;
		unsigned long v;
		char *to;

		if (isspace(*fmt)) {
			s = skip_space(s);
			continue;
		}
		if (*fmt != '%' || fmt[1] == '%') {
			fmt += *fmt == '%';
			if (*s++ != *fmt)
				break;
			continue;
		}
		if (*++fmt == '*') {
			drop = 1;
			fmt++;
		}
		while (isdigit(*fmt))
			width = width * 10 + *fmt++ - '0';
		for (; *fmt == 'l' || *fmt == 'h'; fmt++)
			bytes = *fmt == 'l' ? 8 : bytes / 2;
		if (*fmt == 'n') {
			store(va_arg(ap, void *), s - text, bytes);
			continue;
		}
		switch (*fmt) {
		case 'd':
		case 'u':
		case 'x':
			s = scan_number(s, *fmt == 'x' ? 16 : 10, width, &v);
			if (s && !drop)
				store(va_arg(ap, void *), v, bytes);
			break;
		case 's':
			to = drop ? NULL : va_arg(ap, char *);
			s = scan_word(s, width ? width : -1, to);
			break;
		case 'c':
			if (!*s)
				s = NULL;
			else if (!drop)
				*va_arg(ap, char *) = *s++;
			else
				s++;
			break;
		default:
			s = NULL;
		}
		if (!s)
			break;
		count += !drop;
	}
	va_end(ap);
	return count ? count : s && *s ? 0 : EOF;
}
