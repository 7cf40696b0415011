/*
 * libc/vsnprintf.c - formatted output into a buffer, for the kernel and for programs
 *
 * Purpose:    the one formatter under printk and printf.
 * Invariants: never writes beyond size bytes; if size > 0 the result ends with a NUL;
 *             returns the length the whole text would have.
 * Simplified: d i u x X o c s p %, flags - + space # 0, width, precision, hh h l ll z j t.
 *             No floating point, no %n.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

int vsnprintf(char *buf, size_t size, const char *fmt, va_list ap);
int snprintf(char *buf, size_t size, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

enum {
	LEFT	= 1 << 0,	/* '-' */
	PLUS	= 1 << 1,	/* '+' */
	SPACE	= 1 << 2,	/* ' ' */
	PREFIX	= 1 << 3,	/* '#' */
	ZERO	= 1 << 4,	/* '0' */
	UPPER	= 1 << 5,	/* digits ABCDEF */
};

struct out {
	char	*buf;
	size_t	size;
	size_t	len;		/* may exceed size */
};

struct spec {
	unsigned int	flags;
	int		width;
	int		precision;	/* -1: none given */
	int		bytes;		/* of an integer argument */
};

static void put(struct out *o, char c)
{
	if (o->len < o->size)
		o->buf[o->len] = c;
	o->len++;
}

static void pad(struct out *o, char c, int count)
{
	while (count-- > 0)
		put(o, c);
}

static void put_text(struct out *o, const struct spec *s, const char *text, int len)
{
	if (!(s->flags & LEFT))
		pad(o, ' ', s->width - len);
	for (int i = 0; i < len; i++)
		put(o, text[i]);
	if (s->flags & LEFT)
		pad(o, ' ', s->width - len);
}

static void put_string(struct out *o, const struct spec *s, const char *text)
{
	if (!text)
		text = "(null)";
	put_text(o, s, text, s->precision < 0 ? strlen(text) : strnlen(text, s->precision));
}

/* Digits go backward from end; returns the first one. No digit for 0 with precision 0. */
static char *digits(char *end, uint64_t value, unsigned int base, const struct spec *s)
{
	const char *set = s->flags & UPPER ? "0123456789ABCDEF" : "0123456789abcdef";

	if (!value && s->precision)
		*--end = '0';
	for (; value; value /= base)
		*--end = set[value % base];
	return end;
}

static void put_number(struct out *o, const struct spec *s, uint64_t value, unsigned int base,
		       const char *prefix)
{
	char buf[24], *end = buf + sizeof(buf), *first = digits(end, value, base, s);
	int len = end - first, plen = strlen(prefix), zeros = s->precision - len;

	if (base == 8 && (s->flags & PREFIX) && zeros < 1 && (!len || *first != '0'))
		zeros = 1;
	if (s->precision < 0 && (s->flags & ZERO) && !(s->flags & LEFT))
		zeros = s->width - len - plen;
	if (zeros < 0)
		zeros = 0;
	if (!(s->flags & LEFT))
		pad(o, ' ', s->width - plen - zeros - len);
	for (; *prefix; prefix++)
		put(o, *prefix);
	pad(o, '0', zeros);
	while (first < end)
		put(o, *first++);
	if (s->flags & LEFT)
		pad(o, ' ', s->width - plen - zeros - len);
}

/* Narrow a value passed as 64 bits to the size the format names. */
static uint64_t unsigned_arg(uint64_t v, int bytes)
{
	return bytes == 8 ? v : v & ((1UL << (bytes * 8)) - 1);
}

static int64_t signed_arg(uint64_t v, int bytes)
{
	int shift = 64 - bytes * 8;

	return (int64_t)(v << shift) >> shift;
}

static void put_signed(struct out *o, const struct spec *s, int64_t v)
{
	const char *sign = v < 0 ? "-" : s->flags & PLUS ? "+" : s->flags & SPACE ? " " : "";

	put_number(o, s, v < 0 ? -(uint64_t)v : (uint64_t)v, 10, sign);
}

static void put_hex(struct out *o, struct spec *s, uint64_t v)
{
	const char *prefix = s->flags & UPPER ? "0X" : "0x";

	put_number(o, s, v, 16, (s->flags & PREFIX) && v ? prefix : "");
}

static const char *parse_flags(const char *f, struct spec *s)
{
	for (;; f++) {
		switch (*f) {
		case '-': s->flags |= LEFT; break;
		case '+': s->flags |= PLUS; break;
		case ' ': s->flags |= SPACE; break;
		case '#': s->flags |= PREFIX; break;
		case '0': s->flags |= ZERO; break;
		default: return f;
		}
	}
}

static const char *parse_int(const char *f, int *value)
{
	for (*value = 0; *f >= '0' && *f <= '9'; f++)
		*value = *value * 10 + (*f - '0');
	return f;
}

static const char *parse_length(const char *f, struct spec *s)
{
	s->bytes = sizeof(int);
	switch (*f) {
	case 'h':
		s->bytes = f[1] == 'h' ? 1 : 2;
		return f + (f[1] == 'h' ? 2 : 1);
	case 'l':
		s->bytes = 8;
		return f + (f[1] == 'l' ? 2 : 1);
	case 'z':
	case 'j':
	case 't':
		s->bytes = 8;
		return f + 1;
	default:
		return f;
	}
}

int vsnprintf(char *buf, size_t size, const char *fmt, va_list ap)
{
	struct out o = { buf, size, 0 };

	for (; *fmt; fmt++) {
		struct spec s = { 0, 0, -1, 4 };
		const char *percent = fmt;
		uint64_t v;
		char c;

		if (*fmt != '%') {
			put(&o, *fmt);
			continue;
		}
		fmt = parse_flags(fmt + 1, &s);
		if (*fmt == '*') {
			s.width = va_arg(ap, int);
			if (s.width < 0) {
				s.width = -s.width;
				s.flags |= LEFT;
			}
			fmt++;
		} else {
			fmt = parse_int(fmt, &s.width);
		}
		if (*fmt == '.' && fmt[1] == '*') {
			s.precision = va_arg(ap, int);
			fmt += 2;
		} else if (*fmt == '.') {
			fmt = parse_int(fmt + 1, &s.precision);
		}
		fmt = parse_length(fmt, &s);

		switch (*fmt) {
		case 'd':
		case 'i':
			v = s.bytes == 8 ? va_arg(ap, uint64_t) : va_arg(ap, unsigned int);
			put_signed(&o, &s, signed_arg(v, s.bytes));
			break;
		case 'u':
		case 'o':
		case 'X':
		case 'x':
			v = s.bytes == 8 ? va_arg(ap, uint64_t) : va_arg(ap, unsigned int);
			v = unsigned_arg(v, s.bytes);
			if (*fmt == 'X')
				s.flags |= UPPER;
			if (*fmt == 'x' || *fmt == 'X')
				put_hex(&o, &s, v);
			else
				put_number(&o, &s, v, *fmt == 'o' ? 8 : 10, "");
			break;
		case 'p':
			put_number(&o, &s, (uintptr_t)va_arg(ap, void *), 16, "0x");
			break;
		case 'c':
			c = (char)va_arg(ap, int);
			put_text(&o, &s, &c, 1);
			break;
		case 's':
			put_string(&o, &s, va_arg(ap, const char *));
			break;
		case '%':
			put(&o, '%');
			break;
		default:		/* unknown: show it as it stands */
			while (percent < fmt)
				put(&o, *percent++);
			if (!*fmt)
				goto out;
			put(&o, *fmt);
		}
	}
out:
	if (size)
		buf[o.len < size ? o.len : size - 1] = '\0';
	return (int)o.len;
}

int snprintf(char *buf, size_t size, const char *fmt, ...)
{
	va_list ap;
	int len;

	va_start(ap, fmt);
	len = vsnprintf(buf, size, fmt, ap);
	va_end(ap);
	return len;
}
