/*
 * tests/kernel/test_fail_alloc.c - operations whose nth allocation fails leave nothing behind
 *
 * Each operation is tried with its 1st, 2nd, ... allocation failing, once and for good, until
 * it runs through.  Failing, it must say so; the runner compares pages and objects.
 */
#include <ktest.h>
#include <mm.h>
#include <sched.h>
#include <slab.h>
#include <vmalloc.h>

#ifdef QUIRE_DEBUG

#define TRIES 200

/* Run @op with every allocation failing in turn; the number of the first try without, or -1. */
static int until_it_succeeds(bool (*op)(void), bool for_good)
{
	unsigned long nth, failed;
	bool done;

	for (nth = 1; nth < TRIES; nth++) {
		fail_alloc(nth, for_good);
		done = op();
		failed = fail_alloc(0, false);
		if (!failed)
			return done ? (int)nth : -1;
		if (done && for_good)
			return -1;	/* it did without memory that it needs */
	}
	return -1;
}

static bool try_page(void)
{
	struct page *page = alloc_page(GFP_KERNEL);

	if (page)
		__free_page(page);
	return page;
}

static bool try_vmalloc(void)
{
	void *p = vmalloc(5 * PAGE_SIZE);

	vfree(p);
	return p;
}

static bool try_stack(void)
{
	void *stack;

	drain_kernel_stacks();
	stack = alloc_kernel_stack();
	free_kernel_stack(stack);
	return stack;
}

static bool try_cache(void)
{
	struct kmem_cache *c = kmem_cache_create("t_fail", 96, 0, 0, NULL);
	void *obj = c ? kmem_cache_alloc(c, GFP_KERNEL) : NULL;

	if (obj)
		kmem_cache_free(c, obj);
	kmem_cache_destroy(c);
	return obj;
}

static bool try_mm(void)
{
	struct mm_struct *mm = mm_alloc();

	if (mm)
		mmput(mm);
	return mm;
}


static int ends_at_once(void *arg)
{
	return 0;
}

static bool try_thread(void)
{
	return !IS_ERR(kthread_run(ends_at_once, NULL, "t_fail"));
}

KTEST(fail_alloc, page_request_fails_with_null)
{
	EXPECT_EQ(until_it_succeeds(try_page, false), 2);
}

KTEST(fail_alloc, vmalloc_fails_cleanly_at_every_allocation)
{
	EXPECT(until_it_succeeds(try_vmalloc, false) > 5);
	EXPECT(until_it_succeeds(try_vmalloc, true) > 5);
}

KTEST(fail_alloc, kernel_stack_fails_cleanly_at_every_allocation)
{
	EXPECT(until_it_succeeds(try_stack, false) > 4);
	EXPECT(until_it_succeeds(try_stack, true) > 4);
}

KTEST(fail_alloc, cache_creation_fails_cleanly_at_every_allocation)
{
	EXPECT(until_it_succeeds(try_cache, false) > 2);
	EXPECT(until_it_succeeds(try_cache, true) > 2);
}

KTEST(fail_alloc, new_mm_fails_cleanly_at_every_allocation)
{
	EXPECT(until_it_succeeds(try_mm, false) > 1);
	EXPECT(until_it_succeeds(try_mm, true) > 1);
}

KTEST(fail_alloc, kernel_thread_fails_cleanly_at_every_allocation)
{
	drain_kernel_stacks();
	EXPECT(until_it_succeeds(try_thread, false) > 1);
	EXPECT(until_it_succeeds(try_thread, true) > 1);
}

KTEST(fail_alloc, only_the_task_that_asked_is_hit)
{
	bool first, second;

	fail_alloc(2, false);
	first = try_page();
	second = try_page();
	fail_alloc(0, false);
	EXPECT(first && !second);
	EXPECT(try_page());
}

#endif
