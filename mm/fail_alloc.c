/*
 * mm/fail_alloc.c - allocations and user copies that fail because a test says so (debug build)
 *
 * Purpose:    memory runs out once in a year, in the one place nobody tried.  A test makes
 *             the first, second, ... nth allocation of an operation fail and looks whether
 *             everything is as before.  Programs set it by /proc/self/fail-nth, as on Linux,
 *             and choose what counts in /proc/sys/debug; tests in the kernel call fail_alloc().
 * Invariants: only what the task does that is marked is counted, and nothing in interrupts nor
 *             with __GFP_NOFAIL.  A child is not marked.  Each task's own mark needs no lock: another
 *             task that writes its file may be lost against a count, as on Linux.
 * Simplified: Linux has attributes for each kind (probability, interval, stack filter) and the
 *             file make-it-fail; here a kind counts or does not, and failing is once or for good.
 * Sources:    Linux Documentation/fault-injection/fault-injection.rst; SQLite, "How SQLite Is
 *             Tested", section "Out-Of-Memory Testing".
 */
#include <mm.h>
#include <sched.h>
#include "page_internal.h"

#ifdef QUIRE_DEBUG

bool fail_nth_used;
unsigned int fail_kinds = FAIL_ALL;
int fail_for_good;
enum fail_part fail_usercopy_part = FAIL_FIRST;

/* Count one @kind of current's; true: this one fails. */
static bool count(unsigned int kind)
{
	struct fail_nth *f = &current->fail_nth;

	if (in_interrupt() || !(kind & f->kinds))
		return false;
	if (f->left) {
		if (--f->left)
			return false;
		f->for_good = f->want_for_good;
	} else if (!f->for_good) {
		return false;
	}
	f->failed++;
	return true;
}

bool __should_fail_alloc(gfp_t gfp, unsigned int kind)
{
	return !(gfp & __GFP_NOFAIL) && count(kind);
}

size_t __should_fail_usercopy(size_t n)
{
	if (!n || !count(FAIL_USERCOPY))
		return 0;
	switch (fail_usercopy_part) {
	case FAIL_MIDDLE:
		return n - n / 2;
	case FAIL_LAST:
		return 1;
	default:
		return n;
	}
}

void set_fail_nth(struct task_struct *t, unsigned int nth)
{
	fail_nth_used = true;
	t->fail_nth = (struct fail_nth){
		.left = nth, .kinds = fail_kinds, .want_for_good = fail_for_good,
	};
}

bool failure_injected(void)
{
	return fail_nth_used && current->fail_nth.failed;
}

bool fail_nth_is_for_good(void)
{
	return current->fail_nth.for_good;
}

unsigned long fail_alloc(unsigned long nth, bool for_good)
{
	unsigned long failed = current->fail_nth.failed;

	fail_nth_used = true;
	current->fail_nth = (struct fail_nth){
		.left = nth, .kinds = FAIL_ALLOCATIONS, .want_for_good = for_good,
	};
	return failed;
}

#endif
