/*
 * ktest.h - in-kernel self tests
 *
 * KTEST(suite, claim) { ... } registers a case by itself.  The runner (kernel/ktest.c)
 * prints KTAP, and after every case runs mm_verify_all() and compares free pages and
 * slab objects with what they were before: a leak fails the case.
 * Cases run in a kernel thread, in process context, with interrupts on.
 */
#ifndef KTEST_H
#define KTEST_H

#include <types.h>

struct ktest_ctx;

struct ktest {
	const char *suite;
	const char *name;
	void (*fn)(struct ktest_ctx *t);
	unsigned long line;		/* cases run in the order of the file */
};

struct ktest_ctx {
	bool failed, skipped;
	char msg[256];
};

void ktest_fail(struct ktest_ctx *t, const char *file, int line, const char *fmt, ...) __printf(4, 5);
void ktest_skip(struct ktest_ctx *t, const char *why);
/*
 * Give the test a fresh, empty address space to play user with; NULL: no memory.  Every exit of
 * the case must give it back.
 */
struct mm_struct *ktest_use_mm(void);
void ktest_unuse_mm(struct mm_struct *mm);
/* From here on the case, and what it starts, stays on the CPU that runs it now: one that says why calls this. */
void ktest_stay_here(void);
/* Run the suites whose "suite.name" contains @pattern (NULL: all); what came of it is in @sum. */
struct report;
void ktest_run_all(const char *pattern, struct report *sum);

#define KTEST(_suite, _name)							\
	static void ktest_##_suite##_##_name(struct ktest_ctx *t);		\
	static const struct ktest ktest_entry_##_suite##_##_name		\
		__section(".ktests") __used __aligned(8) =			\
		{ #_suite, #_name, ktest_##_suite##_##_name, __LINE__ };			\
	static void ktest_##_suite##_##_name(struct ktest_ctx *t __attribute__((unused)))

/* One byte that is not ours to touch: the compiler's own checks (SAN=kasan) do not see it. */
static __attribute__((unused)) __no_kasan u8 forbidden_read(const volatile void *p) { return *(const volatile u8 *)p; }
static __attribute__((unused)) __no_kasan void forbidden_write(volatile void *p, u8 v) { *(volatile u8 *)p = v; }

/* End the case at the first broken claim. */
#define EXPECT(c) do { if (!(c)) { ktest_fail(t, __FILE__, __LINE__, "%s", #c); return; } } while (0)
#define EXPECT_EQ(a, b) do { long _a = (long)(a), _b = (long)(b); if (_a != _b) { \
	ktest_fail(t, __FILE__, __LINE__, "%s is %ld, %s is %ld", #a, _a, #b, _b); return; } } while (0)

#endif
