/*
 * tests/kernel/test_ubsan.c - each kind of undefined behaviour is seen (make SAN=ubsan)
 *
 * Purpose:    a checker that never speaks proves nothing: break each rule once and read the report.
 * Invariants: operands come through volatile variables, so that the compiler cannot know them.
 */
#include <boot_info.h>
#include <ktest.h>
#include <string.h>
#include <ubsan.h>

#ifdef QUIRE_UBSAN

static struct ubsan_trap seen;

static void watch(void)
{
	memset(&seen, 0, sizeof(seen));
	WRITE_ONCE(ubsan_trap, &seen);	/* volatile, as the operands: the order stays */
}

/* Was there exactly one report, of this kind, that names this file? */
static bool reported(const char *kind)
{
	WRITE_ONCE(ubsan_trap, NULL);
	return seen.count == 1 && strstr(seen.text, kind) && strstr(seen.text, "test_ubsan.c:");
}

#define EXPECT_REPORT(kind) do { if (!reported(kind)) { \
	ktest_fail(t, __FILE__, __LINE__, "%u reports: %s", seen.count, seen.text); return; } } while (0)

static volatile int int_max = 0x7fffffff, zero, thirty_two = 32, minus_one = -1;

/* What is computed must be used, or nothing is. */
static volatile long sink;

KTEST(ubsan, shift_by_the_width_is_reported)
{
	watch();
	sink = 1 << thirty_two;
	EXPECT_REPORT("shift out of bounds");
	watch();
	sink = 1 << minus_one;
	EXPECT_REPORT("shift out of bounds");
	watch();
	sink = int_max << 1;		/* gnu17: fine up to the sign bit, and this is past it */
	EXPECT_REPORT("not representable");
}

KTEST(ubsan, signed_overflow_is_reported)
{
	watch();
	sink = int_max + 1;
	EXPECT_REPORT("2147483647 + 1 is not representable in 'int'");
	watch();
	sink = -int_max - 2;
	EXPECT_REPORT("integer overflow");
	watch();
	sink = int_max * 2;
	EXPECT_REPORT("2147483647 * 2");
	watch();
	zero = -int_max - 1;
	sink = -zero;
	zero = 0;
	EXPECT_REPORT("-(-2147483648)");
}

KTEST(ubsan, unsigned_overflow_is_no_error)
{
	volatile unsigned int top = ~0U;

	watch();
	sink = top + 1;
	WRITE_ONCE(ubsan_trap, NULL);
	EXPECT_EQ(seen.count, 0);
}

KTEST(ubsan, index_past_an_array_is_reported)
{
	static struct { int before[4], table[4], behind[4]; } s;
	volatile int four = 4;

	watch();
	sink = s.table[four];
	EXPECT_REPORT("index 4 of type 'int [4]'");
	watch();
	sink = s.table[minus_one];
	EXPECT_REPORT("index -1");
}

KTEST(ubsan, misaligned_access_is_reported)
{
	static char bytes[16] __aligned(8);
	char *volatile odd = bytes + 1;

	watch();
	sink = *(long *)odd;
	EXPECT_REPORT("load of 'long int' at");
	watch();
	*(int *)odd = 1;
	EXPECT_REPORT("store to 'int'");
}

struct pair {
	long first, second;
};

/* Only the address is computed: a load would fault as well. */
KTEST(ubsan, member_of_null_is_reported)
{
	struct pair *volatile none = NULL;

	watch();
	sink = (long)&none->second;
	EXPECT_REPORT("member access within 'struct pair'");
}

KTEST(ubsan, bool_that_is_neither_is_reported)
{
	static unsigned char two = 2;
	volatile bool *odd = (volatile bool *)&two;

	watch();
	sink = *odd;
	EXPECT_REPORT("2 for type");
}

KTEST(ubsan, wrapping_pointer_is_reported)
{
	char *volatile top = (char *)-16L;
	volatile unsigned long step = 32;

	watch();
	sink = (long)(top + step);
	EXPECT_REPORT("pointer overflow");
}

/* For tools/test.py, which boots with the word "provoke" and wants to see the kernel end. */
KTEST(ubsan, report_ends_the_kernel)
{
	char word[8];

	if (!cmdline_get("provoke", word, sizeof(word))) {
		ktest_skip(t, "needs the word provoke on the command line");
		return;
	}
	sink = 1 << thirty_two;
	EXPECT(!"the kernel went on");
}

#endif
