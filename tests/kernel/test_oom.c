/*
 * tests/kernel/test_oom.c - memory runs out: one process dies, the machine lives
 */
#include <ktest.h>
#include <list.h>
#include <mm.h>
#include <sched.h>
#include <signal.h>
#include "user_task.h"

#define LEAVE_PAGES 3000UL		/* what is left to play with */

/* Map 1 GiB and touch page after page; exit code 1 if there was enough of them. */
USER_CODE(hog,
	"xor %edi, %edi\n mov $0x40000000, %esi\n mov $3, %edx\n mov $0x4022, %r10d\n"
	"mov $-1, %r8\n xor %r9d, %r9d\n"
	SYS(9)
	"mov $0x40000, %ecx\n"
	"1: movb $1, (%rax)\n add $4096, %rax\n dec %ecx\n jnz 1b\n"
	"mov $1, %edi\n" EXIT_WITH_EDI);

/* Sleep until a signal comes. */
USER_CODE(sleeper, "1:\n" SYS(34) "jmp 1b\n");

/* Take memory until @leave pages are free; the blocks hang on @held. */
static void hold_memory(struct list_head *held, unsigned long leave)
{
	int order;

	for (order = MAX_ORDER - 1; order >= 0; order--) {
		while (nr_free_pages() > leave + (1UL << order)) {
			struct page *page = alloc_pages(__GFP_NOWARN, order);

			if (!page)
				break;
			page->private = order;
			list_add(&page->lru, held);
		}
	}
}

static void release_memory(struct list_head *held)
{
	while (!list_empty(held)) {
		struct page *page = list_first_entry(held, struct page, lru);

		list_del(&page->lru);
		__free_pages(page, page->private);
	}
}

static bool too_much_ram(struct ktest_ctx *t)
{
	if (totalram_pages() <= (2UL << 30) >> PAGE_SHIFT)
		return false;
	ktest_skip(t, "more RAM than a test should fill");
	return true;
}

KTEST(oom, init_and_kernel_threads_are_never_chosen)
{
	unsigned long flags, points = 0;
	struct task_struct *p;

	spin_lock_irqsave(&tasklist_lock, flags);
	for_each_process(p)
		if (p == init_process || (p->flags & PF_KTHREAD))
			points += oom_badness(p);
	spin_unlock_irqrestore(&tasklist_lock, flags);
	EXPECT_EQ(points, 0);
}

KTEST(oom, memory_hog_is_killed_and_its_memory_comes_back)
{
	unsigned long before, kills = vm_event_sum(OOM_KILL);
	LIST_HEAD(held);
	int status;

	if (too_much_ram(t))
		return;
	hold_memory(&held, LEAVE_PAGES);
	before = nr_free_pages();
	status = run_user(hog, hog_end);
	RUN_UNTIL(nr_free_pages() + 200 >= before);
	before -= min(before, nr_free_pages());
	release_memory(&held);
	EXPECT_EQ(status & 0x7f, SIGKILL);
	EXPECT(vm_event_sum(OOM_KILL) > kills);
	EXPECT(before < 200);
}

KTEST(oom, small_process_survives_beside_the_hog)
{
	struct task_struct *small;
	LIST_HEAD(held);
	int hog_status, small_status = -1;

	if (too_much_ram(t))
		return;
	small = start_user(sleeper, sleeper_end, NULL, 0);
	EXPECT(!IS_ERR(small));
	hold_memory(&held, LEAVE_PAGES);
	hog_status = run_user(hog, hog_end);
	release_memory(&held);
	send_sig(SIGTERM, small, true);
	small_status = wait_user(small);
	EXPECT_EQ(hog_status & 0x7f, SIGKILL);
	EXPECT_EQ(small_status & 0x7f, SIGTERM);
}
