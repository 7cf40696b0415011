/*
 * kernel/ktest.c - running the self tests of the kernel
 *
 * Purpose:    every KTEST() of the image lies in one table; run those that match, suite by
 *             suite, and print KTAP.
 * Invariants: after every case the whole memory management is consistent (mm_verify_all) and
 *             as many pages and slab objects are in use as before.  A case that first grew a
 *             cache for ever (page tables of vmalloc, say) is run a second time: only what the
 *             second run loses is a leak.
 *             A case may run on any CPU and move; one that is about one CPU says so (ktest_stay_here), for itself
 *             alone.  A case that fails ends where it stood: what the next one would trip over is taken from it.
 *             Before anything is counted each CPU has been visited: what it still held of the dead is gone.
 * Sources:    KTAP version 1 (Linux Documentation/dev-tools/ktap.rst).
 */
#include <asm/mmu_context.h>
#include <fs.h>
#include <ktest.h>
#include <machine_facts.h>
#include <mm.h>
#include <printk.h>
#include <sched.h>
#include <slab.h>
#include <string.h>
#include <time.h>
#include <vmalloc.h>

extern const struct ktest __ktests_start[], __ktests_end[];

#define SETTLE_MS 200		/* tasks that have ended give their stacks back a little later */

struct usage {
	unsigned long pages;	/* free, or held by slab caches for later */
	unsigned long objects;
};

static void out(const char *fmt, ...) __printf(1, 2);

static void out(const char *fmt, ...)
{
	char line[400];
	va_list ap;
	int n, from = 0;

	va_start(ap, fmt);
	n = vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	n = min_t(size_t, n, sizeof(line) - 1);
	for (int i = 0; i < n; i++)		/* one record a line */
		if (line[i] == '\n' || i + 1 == n) {
			console_write_line(line + from, i + 1 - from);
			from = i + 1;
		}
}

void ktest_fail(struct ktest_ctx *t, const char *file, int line, const char *fmt, ...)
{
	va_list ap;
	size_t n;

	t->failed = true;
	n = snprintf(t->msg, sizeof(t->msg), "%s:%d: ", file, line);
	if (n >= sizeof(t->msg))
		return;
	va_start(ap, fmt);
	vsnprintf(t->msg + n, sizeof(t->msg) - n, fmt, ap);
	va_end(ap);
}

void ktest_skip(struct ktest_ctx *t, const char *why)
{
	t->skipped = true;
	strlcpy(t->msg, why, sizeof(t->msg));
}

/* Run in @mm, of which this thread becomes a user, instead of the borrowed one. */
static void switch_to_mm(struct mm_struct *mm, struct mm_struct *next_active)
{
	struct mm_struct *old = current->active_mm;
	unsigned long flags = local_irq_save();

	current->mm = mm;
	current->active_mm = next_active;
	switch_mm(old, next_active);
	local_irq_restore(flags);
}

struct mm_struct *ktest_use_mm(void)
{
	struct mm_struct *old = current->active_mm, *mm = mm_alloc();

	if (!mm)
		return NULL;
	arch_pick_mmap_layout(mm);
	switch_to_mm(mm, mm);
	mmdrop(old);			/* a kernel thread holds what it borrows */
	return mm;
}

void ktest_unuse_mm(struct mm_struct *mm)
{
	mmgrab(&init_mm);
	switch_to_mm(NULL, &init_mm);
	mmput(mm);
}

void ktest_stay_here(void)
{
	unsigned long flags = local_irq_save();		/* or it is another CPU's number by then */

	current->cpus_allowed = BIT(smp_processor_id());
	local_irq_restore(flags);
}

/* This CPU gives back an address space that it only borrows. */
static void leave_borrowed_mm(void)
{
	struct mm_struct *old = current->active_mm;

	if (old == &init_mm)
		return;
	mmgrab(&init_mm);
	switch_to_mm(NULL, &init_mm);
	mmdrop(old);
}

/*
 * Visit each CPU: who has died there is buried by then, and nobody borrows the address space of the dead any more.
 * A thread takes over what the CPU it comes to has borrowed, so it can be given back there.
 */
static void settle_cpus(void)
{
	u64 allowed = current->cpus_allowed;

	if (nr_cpus == 1)
		return;
	for (unsigned int cpu = 0; cpu < nr_cpus; cpu++) {
		set_cpus_allowed(current, BIT(cpu));
		leave_borrowed_mm();
	}
	set_cpus_allowed(current, allowed);
	drain_kernel_stacks();		/* on which CPU one is kept is chance */
}

static struct usage usage_now(void)
{
	drop_dcache();
	settle_cpus();
	return (struct usage){ nr_free_pages() + nr_cached_tables() + slab_total_pages(), slab_total_active() };
}

/* Wait until as much is in use as in @before; false if it never is. */
static bool settles_to(const struct usage *before, struct usage *now)
{
	for (int ms = 0; ms < SETTLE_MS; ms++) {
		*now = usage_now();
		if (now->pages == before->pages && now->objects == before->objects)
			return true;
		msleep(1);
	}
	return false;
}

/* What a failed case may have left in the thread: interrupts off, an address space, bios held back on its stack. */
static void clear_up(void)
{
	local_irq_enable();
	current->plug = NULL;
	if (current->mm)
		ktest_unuse_mm(current->mm);
}

static void run_once(const struct ktest *test, struct ktest_ctx *t, struct usage *before)
{
	memset(t, 0, sizeof(*t));
	*before = usage_now();
	test->fn(t);
	if (t->failed)
		clear_up();
}

static void run_case(const struct ktest *test, struct ktest_ctx *t)
{
	struct usage before, now;
	int bad;

	set_cpus_allowed(current, ~0UL);
	run_once(test, t, &before);
	if (!t->failed && !settles_to(&before, &now)) {
		run_once(test, t, &before);
		if (!t->failed && !settles_to(&before, &now))
			ktest_fail(t, __FILE__, __LINE__, "leak: %ld pages, %ld objects",
				   (long)(before.pages - now.pages),
				   (long)(now.objects - before.objects));
	}
	bad = mm_verify_all();
	if (bad && !t->failed)
		ktest_fail(t, __FILE__, __LINE__, "mm_verify_all: %d violations", bad);
}

/* Is one of the words of @pattern, which commas part, in "suite.case"?  No pattern: yes. */
static bool matches(const struct ktest *test, const char *pattern)
{
	char full[160], word[80];

	if (!pattern || !*pattern)
		return true;
	snprintf(full, sizeof(full), "%s.%s", test->suite, test->name);
	for (size_t len; *pattern; pattern += len + (pattern[len] == ',')) {
		const char *comma = strchr(pattern, ',');

		len = comma ? (size_t)(comma - pattern) : strlen(pattern);
		strlcpy(word, pattern, min(len + 1, sizeof(word)));
		if (len && strstr(full, word))
			return true;
	}
	return false;
}

static bool same_suite(const struct ktest *a, const struct ktest *b)
{
	return !strcmp(a->suite, b->suite);
}

static unsigned int count_cases(const struct ktest *first, const char *pattern)
{
	unsigned int n = 0;

	for (const struct ktest *p = first; p < __ktests_end; p++)
		n += same_suite(p, first) && matches(p, pattern);
	return n;
}

/* Does the suite of @test begin here (its first matching case)? */
static bool begins_suite(const struct ktest *test, const char *pattern)
{
	if (!matches(test, pattern))
		return false;
	for (const struct ktest *p = __ktests_start; p < test; p++)
		if (same_suite(p, test) && matches(p, pattern))
			return false;
	return true;
}

/* Cases run in the order of their file; the compiler may have turned it round in the table. */
static unsigned long order_of(const struct ktest *test)
{
	return test->line << 16 | (test - __ktests_start);
}

/* The matching case of @suite that comes after @last. */
static const struct ktest *next_case(const struct ktest *suite, const char *pattern,
				     const struct ktest *last)
{
	const struct ktest *next = NULL;

	for (const struct ktest *p = __ktests_start; p < __ktests_end; p++)
		if (same_suite(p, suite) && matches(p, pattern) &&
		    (!last || order_of(p) > order_of(last)) &&
		    (!next || order_of(p) < order_of(next)))
			next = p;
	return next;
}

static void add_failed(struct report *r, const struct ktest *test)
{
	if (r->failed < REPORT_MAX_FAILED) {
		r->failed_cases[r->failed].suite = test->suite;
		r->failed_cases[r->failed].name = test->name;
	}
	r->failed++;
}

static unsigned int nr_run(const struct report *r)
{
	return r->passed + r->failed + r->skipped;
}

static void run_suite(const struct ktest *first, const char *pattern, unsigned int number, unsigned int total,
		      struct report *sum)
{
	static struct ktest_ctx t;
	unsigned int n = 0;
	int failed = 0;

	out("  KTAP version 1\n  # Subtest: %s\n  1..%u\n", first->suite,
	    count_cases(first, pattern));
	for (const struct ktest *p = next_case(first, pattern, NULL); p;
	     p = next_case(first, pattern, p)) {
		report_progress(nr_run(sum), total, sum->failed, p->suite, p->name);
		run_case(p, &t);
		if (t.failed)
			out("  # %s\n", t.msg);
		out("  %sok %u %s%s%s\n", t.failed ? "not " : "", ++n, p->name,
		    t.skipped && !t.failed ? " # SKIP " : "",
		    t.skipped && !t.failed ? t.msg : "");
		failed += t.failed;
		if (t.failed)
			add_failed(sum, p);
		sum->skipped += t.skipped && !t.failed;
		sum->passed += !t.failed && !t.skipped;
	}
	out("%sok %u %s\n", failed ? "not " : "", number, first->suite);
}

void ktest_run_all(const char *pattern, struct report *sum)
{
	unsigned int suites = 0, number = 0, total = 0;
	u64 start = ktime_get();

	memset(sum, 0, sizeof(*sum));
	for (const struct ktest *p = __ktests_start; p < __ktests_end; p++) {
		suites += begins_suite(p, pattern);
		total += matches(p, pattern);
	}
	out("KTAP version 1\n1..%u\n", suites);
	for (const struct ktest *p = __ktests_start; p < __ktests_end; p++)
		if (begins_suite(p, pattern))
			run_suite(p, pattern, ++number, total, sum);
	sum->ns = ktime_get() - start;
	report_progress(total, total, sum->failed, NULL, NULL);
	if (log_forgotten())
		out("# the log was too small: its first %lu KiB are gone\n", (unsigned long)DIV_ROUND_UP(log_forgotten(), 1024));
	out("# selftest: %u passed, %u failed, %u skipped\n", sum->passed, sum->failed, sum->skipped);
}
