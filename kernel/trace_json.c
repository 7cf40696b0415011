/*
 * kernel/trace_json.c - events as lines of JSON
 *
 * Purpose:    {"k":"fault.done","seq":812,"cpu":0,"t":123456789,"tid":7,"mm":3,"op":91,"fl":2,
 *             "outcome":"wp_copy","addr":"7ffff7ff3000","pfn":7686}
 *             The names and formats of the fields come from the list in uapi/quire/events.h.
 * Invariants: addresses and other wide values are strings of hexadecimal digits, because numbers of
 *             JavaScript end at 2^53.  A line fits into TRACE_LINE_MAX bytes.
 *             Used by those who read: never where events are made.
 */
#include <err.h>
#include <number.h>
#include <string.h>
#include <trace.h>

enum format { DEC, SDEC, HEX, TEXT16, TEXT32, MMWHY, OUTCOME, FLUSH, BATCH, LRU, RECLAIMER };

struct field {
	const char *name;
	u8 offset, size;		/* of the slot in the record */
	u8 format;
};

#define MAX_FIELDS 7
struct kind {
	u16 kind;
	const char *name;
	struct field fields[MAX_FIELDS];
};

#define SLOT_e	offsetof(struct quire_event, e), 4
#define SLOT_a	offsetof(struct quire_event, a), 8
#define SLOT_b	offsetof(struct quire_event, b), 8
#define SLOT_c	offsetof(struct quire_event, c), 8
#define SLOT_d	offsetof(struct quire_event, d), 8
#define SLOT_al	offsetof(struct quire_event, a), 4
#define SLOT_ah	offsetof(struct quire_event, a) + 4, 4
#define SLOT_bl	offsetof(struct quire_event, b), 4
#define SLOT_bh	offsetof(struct quire_event, b) + 4, 4
#define SLOT_cl	offsetof(struct quire_event, c), 4
#define SLOT_ch	offsetof(struct quire_event, c) + 4, 4
#define SLOT_dl	offsetof(struct quire_event, d), 4
#define SLOT_dh	offsetof(struct quire_event, d) + 4, 4

#define FIELD(slot, name, format) { #name, SLOT_##slot, format },
#define KIND(GROUP, NAME, nr, text, says, ...) { EV_##GROUP##_##NAME, text, { __VA_ARGS__ } },
static const struct kind kinds[] = { QUIRE_EVENTS(KIND, FIELD) };

#define NAME_OF(NAME, text) text,
static const char *const mmwhys[] = { QUIRE_MMWHYS(NAME_OF) };
static const char *const outcomes[] = { QUIRE_OUTCOMES(NAME_OF) };
static const char *const flushes[] = { QUIRE_FLUSHES(NAME_OF) };
static const char *const batches[] = { QUIRE_BATCHES(NAME_OF) };
static const char *const lrus[] = { QUIRE_LRUS(NAME_OF) };
static const char *const reclaimers[] = { QUIRE_RECLAIMERS(NAME_OF) };

static const struct kind *find_kind(u16 kind)
{
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (kinds[i].kind == kind)
			return &kinds[i];
	return NULL;
}

/* ---- writing: each moves the end of the line on ---- */

static char *put(char *p, const char *s)
{
	while (*s)
		*p++ = *s++;
	return p;
}

static char *put_number(char *p, u64 v, unsigned int base)
{
	char digits[24];
	int n = 0;

	do {
		digits[n++] = "0123456789abcdef"[v % base];
		v /= base;
	} while (v);
	while (n)
		*p++ = digits[--n];
	return p;
}

static char *put_named(char *p, const char *name, u64 v)
{
	*p++ = ',';
	*p++ = '"';
	p = put(p, name);
	p = put(p, "\":");
	return put_number(p, v, 10);
}

/* Characters up to a NUL; what JSON does not allow becomes '?'. */
static char *put_text(char *p, const char *s, size_t max)
{
	*p++ = '"';
	for (size_t i = 0; i < max && s[i]; i++) {
		unsigned char c = s[i];

		if (c == '"' || c == '\\')
			*p++ = '\\';
		*p++ = c < ' ' || c > '~' ? '?' : c;
	}
	*p++ = '"';
	return p;
}

static char *put_name(char *p, const char *const *names, size_t nr, u64 v)
{
	return v < nr ? put_text(p, names[v], 32) : put_number(p, v, 10);
}

static char *put_field(char *p, const struct quire_event *ev, const struct field *f)
{
	const char *slot = (const char *)ev + f->offset;
	u64 v = f->size == 4 ? *(const u32 *)slot : *(const u64 *)slot;

	*p++ = ',';
	*p++ = '"';
	p = put(p, f->name);
	p = put(p, "\":");
	switch (f->format) {
	case SDEC:
		if ((s64)v < 0)
			*p++ = '-';
		return put_number(p, (s64)v < 0 ? -v : v, 10);
	case HEX:
		*p++ = '"';
		p = put_number(p, v, 16);
		*p++ = '"';
		return p;
	case TEXT16:
		return put_text(p, slot, 16);
	case TEXT32:
		return put_text(p, slot, 32);
	case MMWHY:
		return put_name(p, mmwhys, ARRAY_SIZE(mmwhys), v);
	case OUTCOME:
		return put_name(p, outcomes, ARRAY_SIZE(outcomes), v);
	case FLUSH:
		return put_name(p, flushes, ARRAY_SIZE(flushes), v);
	case BATCH:
		return put_name(p, batches, ARRAY_SIZE(batches), v);
	case LRU:
		return put_name(p, lrus, ARRAY_SIZE(lrus), v);
	case RECLAIMER:
		return put_name(p, reclaimers, ARRAY_SIZE(reclaimers), v);
	default:
		return put_number(p, v, 10);
	}
}

size_t trace_format(const struct quire_event *ev, char *buf)
{
	const struct kind *k = find_kind(ev->kind);
	char *p = put(buf, "{\"k\":");

	p = k ? put_text(p, k->name, 32) : put_number(p, ev->kind, 10);
	p = put_named(p, "seq", ev->seq);
	p = put_named(p, "cpu", ev->cpu);
	p = put_named(p, "t", ev->tsc);
	p = put_named(p, "tid", ev->tid);
	p = put_named(p, "mm", ev->mm);
	p = put_named(p, "op", ev->op);
	if (ev->flags)
		p = put_named(p, "fl", ev->flags);
	for (const struct field *f = k ? k->fields : NULL; f && f < k->fields + MAX_FIELDS && f->name; f++)
		p = put_field(p, ev, f);
	p = put(p, "}\n");
	return p - buf;
}

int trace_parse_mask(const char *buf, size_t len, u32 *mask)
{
	u64 v = 0;
	size_t i = 0, first;

	while (len && (buf[len - 1] == '\n' || buf[len - 1] == ' '))
		len--;
	if (len > 2 && buf[0] == '0' && (buf[1] | 32) == 'x')
		i = 2;
	for (first = i; i < len; i++) {
		unsigned int digit = digit_value(buf[i]);

		if (digit == 16 || i - first >= 8)
			return -EINVAL;
		v = v << 4 | digit;
	}
	if (i == first)
		return -EINVAL;
	*mask = v;
	return 0;
}
