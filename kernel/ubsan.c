/*
 * kernel/ubsan.c - reports of undefined behaviour (make SAN=ubsan)
 *
 * Purpose:    with -fsanitize=undefined the compiler puts a check before each operation whose
 *             result C leaves open, and calls one of the functions here when it fails.  Each
 *             says what happened, in which line, and ends the kernel: a test must not pass.
 * Invariants: nothing here is checked itself (the Makefile leaves this file out), nothing
 *             allocates, any context is good.  The structures are the compiler's: it writes one
 *             for each check, and passes a value of up to 64 bits itself, a wider one by address.
 * Simplified: no rate limit and no "already told": the first report is the last.
 * Sources:    GCC manual, "Program Instrumentation Options", -fsanitize=undefined; the layout of
 *             the structures is read off the compiler's output (gcc -S).
 */
#include <bug.h>
#include <printk.h>
#include <string.h>
#include <ubsan.h>

#ifdef QUIRE_UBSAN

struct source_location {
	const char *file;
	u32 line, column;
};

enum { KIND_INTEGER = 0 };

struct type_descriptor {
	u16 kind;
	u16 info;			/* integer: bit 0 signed, the rest log2 of its bits */
	char name[];			/* quoted: 'int' */
};

/* Each check's structure begins with the place; most go on with one type or two. */
struct check {
	struct source_location at;
	const struct type_descriptor *type[2];
};

struct mismatch {
	struct source_location at;
	const struct type_descriptor *type;
	u8 log_alignment;
	u8 access;			/* index of access_names */
};

struct nonnull_arg {
	struct source_location at, attribute;
	int arg;
};

struct ubsan_trap *ubsan_trap;

static const char *const access_names[] = {
	"load of", "store to", "reference binding to", "member access within", "member call on",
	"constructor call on", "downcast of", "downcast of", "upcast of", "cast to virtual base of",
	"nonnull binding to", "dynamic operation on",
};

static void report(const struct source_location *at, const char *what, const char *fmt, ...)
	__printf(3, 4);

static void report(const struct source_location *at, const char *what, const char *fmt, ...)
{
	static char text[200];
	va_list ap;
	int n;

	n = snprintf(text, sizeof(text), "UBSAN: %s in %s:%u:%u: ", what, at->file, at->line,
		     at->column);
	va_start(ap, fmt);
	vsnprintf(text + n, sizeof(text) - min_t(size_t, n, sizeof(text)), fmt, ap);
	va_end(ap);
	if (!ubsan_trap)
		panic("%s", text);
	ubsan_trap->count++;
	memcpy(ubsan_trap->text, text, sizeof(text));
}

/* ---- values ------------------------------------------------------------------------ */

static unsigned int bits_of(const struct type_descriptor *t)
{
	return 1U << (t->info >> 1);
}

static bool is_signed(const struct type_descriptor *t)
{
	return t->info & 1;
}

/* @value of type @t, sign extended if need be; of a wider type the low half. */
static long value_of(const struct type_descriptor *t, unsigned long value)
{
	unsigned int spare;

	if (t->kind != KIND_INTEGER)
		return value;
	if (bits_of(t) > 64)
		return *(const unsigned long *)value;
	spare = 64 - bits_of(t);
	return is_signed(t) ? (long)(value << spare) >> spare : (long)(value << spare >> spare);
}

static const char *value_text(char buf[32], const struct type_descriptor *t, unsigned long value)
{
	if (t->kind == KIND_INTEGER && is_signed(t))
		snprintf(buf, 32, "%ld", value_of(t, value));
	else
		snprintf(buf, 32, "%lu", (unsigned long)value_of(t, value));
	return buf;
}

/* ---- what the compiler calls: names and arguments are its own ------------------------- */

void __ubsan_handle_add_overflow(struct check *c, unsigned long a, unsigned long b);
void __ubsan_handle_sub_overflow(struct check *c, unsigned long a, unsigned long b);
void __ubsan_handle_mul_overflow(struct check *c, unsigned long a, unsigned long b);
void __ubsan_handle_negate_overflow(struct check *c, unsigned long a);
void __ubsan_handle_divrem_overflow(struct check *c, unsigned long a, unsigned long b);
void __ubsan_handle_shift_out_of_bounds(struct check *c, unsigned long a, unsigned long b);
void __ubsan_handle_out_of_bounds(struct check *c, unsigned long index);
void __ubsan_handle_type_mismatch_v1(struct mismatch *m, unsigned long ptr);
void __ubsan_handle_pointer_overflow(struct check *c, unsigned long base, unsigned long result);
void __ubsan_handle_load_invalid_value(struct check *c, unsigned long value);
void __ubsan_handle_nonnull_arg(struct nonnull_arg *n);
void __ubsan_handle_nonnull_return_v1(struct check *c, struct source_location *at);
void __ubsan_handle_vla_bound_not_positive(struct check *c, unsigned long bound);
void __ubsan_handle_invalid_builtin(struct check *c);
void __ubsan_handle_builtin_unreachable(struct check *c);
void __ubsan_handle_missing_return(struct check *c);

static void overflow(const struct check *c, unsigned long a, char op, unsigned long b)
{
	char left[32], right[32];

	report(&c->at, "integer overflow", "%s %c %s is not representable in %s",
	       value_text(left, c->type[0], a), op, value_text(right, c->type[0], b),
	       c->type[0]->name);
}

void __ubsan_handle_add_overflow(struct check *c, unsigned long a, unsigned long b)
{
	overflow(c, a, '+', b);
}

void __ubsan_handle_sub_overflow(struct check *c, unsigned long a, unsigned long b)
{
	overflow(c, a, '-', b);
}

void __ubsan_handle_mul_overflow(struct check *c, unsigned long a, unsigned long b)
{
	overflow(c, a, '*', b);
}

void __ubsan_handle_negate_overflow(struct check *c, unsigned long a)
{
	char text[32];

	report(&c->at, "integer overflow", "-(%s) is not representable in %s",
	       value_text(text, c->type[0], a), c->type[0]->name);
}

void __ubsan_handle_divrem_overflow(struct check *c, unsigned long a, unsigned long b)
{
	if (value_of(c->type[0], b))
		overflow(c, a, '/', b);
	else
		report(&c->at, "division by zero", "of type %s", c->type[0]->name);
}

void __ubsan_handle_shift_out_of_bounds(struct check *c, unsigned long a, unsigned long b)
{
	unsigned long by = value_of(c->type[1], b);
	char left[32], right[32];

	value_text(left, c->type[0], a);
	value_text(right, c->type[1], b);
	if (by >= bits_of(c->type[0]))
		report(&c->at, "shift out of bounds", "%s places, and %s has %u bits", right,
		       c->type[0]->name, bits_of(c->type[0]));
	else
		report(&c->at, "shift out of bounds", "%s << %s is not representable in %s", left,
		       right, c->type[0]->name);
}

void __ubsan_handle_out_of_bounds(struct check *c, unsigned long index)
{
	char text[32];

	report(&c->at, "array index out of bounds", "index %s of type %s",
	       value_text(text, c->type[1], index), c->type[0]->name);
}

void __ubsan_handle_type_mismatch_v1(struct mismatch *m, unsigned long ptr)
{
	unsigned long align = 1UL << m->log_alignment;
	const char *access = m->access < ARRAY_SIZE(access_names) ? access_names[m->access] : "access to";

	if (!ptr)
		report(&m->at, "null pointer", "%s %s", access, m->type->name);
	else if (ptr & (align - 1))
		report(&m->at, "misaligned address", "%s %s at %#lx, which wants %lu bytes", access,
		       m->type->name, ptr, align);
	else
		report(&m->at, "object too small", "%s %s at %#lx", access, m->type->name, ptr);
}

void __ubsan_handle_pointer_overflow(struct check *c, unsigned long base, unsigned long result)
{
	report(&c->at, "pointer overflow", "from %#lx to %#lx", base, result);
}

void __ubsan_handle_load_invalid_value(struct check *c, unsigned long value)
{
	char text[32];

	report(&c->at, "invalid value", "%s for type %s", value_text(text, c->type[0], value),
	       c->type[0]->name);
}

void __ubsan_handle_nonnull_arg(struct nonnull_arg *n)
{
	report(&n->at, "null argument", "argument %d is declared never to be null", n->arg);
}

void __ubsan_handle_nonnull_return_v1(struct check *c, struct source_location *at)
{
	report(at, "null result", "of a function declared never to return null");
}

void __ubsan_handle_vla_bound_not_positive(struct check *c, unsigned long bound)
{
	char text[32];

	report(&c->at, "array of variable length", "%s elements",
	       value_text(text, c->type[0], bound));
}

void __ubsan_handle_invalid_builtin(struct check *c)
{
	report(&c->at, "invalid builtin", "argument zero");
}

void __ubsan_handle_builtin_unreachable(struct check *c)
{
	report(&c->at, "unreachable code", "reached");
	panic("UBSAN: unreachable code was reached");	/* there is nothing behind it */
}

void __ubsan_handle_missing_return(struct check *c)
{
	report(&c->at, "missing return", "the end of a function that has a value");
	panic("UBSAN: a function without its return value");
}

#endif
