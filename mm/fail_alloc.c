/*
 * mm/fail_alloc.c - allocations that fail because a test says so (debug build)
 *
 * Purpose:    memory runs out once in a year, in the one place nobody tried.  A test makes
 *             the first, second, ... nth allocation of an operation fail and looks whether
 *             everything is as before.
 * Invariants: only allocations of the task that asked are counted, and none in interrupts.
 * Simplified: one task at a time; Linux has a filter by address and a file per task.
 * Sources:    SQLite, "How SQLite Is Tested", section "Out-Of-Memory Testing".
 */
#include <mm.h>
#include <sched.h>
#include "page_internal.h"

#ifdef QUIRE_DEBUG

struct task_struct *fail_alloc_task;
static unsigned long fail_countdown, fail_count;
static bool fail_for_good;

bool __should_fail_alloc(gfp_t gfp)
{
	if (current != fail_alloc_task || in_interrupt() || (gfp & __GFP_NOFAIL))
		return false;
	if (fail_countdown > 1) {
		fail_countdown--;
		return false;
	}
	if (fail_count && !fail_for_good)
		return false;
	fail_count++;
	return true;
}

unsigned long fail_alloc(unsigned long nth, bool for_good)
{
	unsigned long failed = fail_count;

	fail_alloc_task = NULL;
	fail_count = 0;
	fail_countdown = nth;
	fail_for_good = for_good;
	if (nth)
		fail_alloc_task = current;
	return failed;
}

#endif
