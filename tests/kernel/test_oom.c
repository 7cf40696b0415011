/*
 * tests/kernel/test_oom.c - memory runs out: one process dies, the machine lives
 */
#include <err.h>
#include <list.h>
#include <oom.h>
#include <signal.h>
#include "mm_util.h"
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
	unsigned long flags;
	struct task_struct *p;
	int wrong = 0;

	spin_lock_irqsave(&tasklist_lock, flags);
	for_each_process(p)
		if (p == init_process || (p->flags & PF_KTHREAD))
			wrong += oom_badness(p, totalram_pages()) != OOM_NOT_THIS || oom_score(p);
	spin_unlock_irqrestore(&tasklist_lock, flags);
	EXPECT_EQ(wrong, 0);
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

/* ---- a victim that cannot get to its end ---- */

#define STUCK_PAGES 1024

/* Fill 4 MiB, write the address to USER_DATA + 256, and remove a directory: its path is the data. */
USER_CODE(stuck,
	"xor %edi, %edi\n mov $0x400000, %esi\n mov $3, %edx\n mov $0x22, %r10d\n"
	"mov $-1, %r8\n xor %r9d, %r9d\n"
	SYS(9)
	"mov $0x400, %ecx\n mov %rax, %rbx\n"
	"1: movb $7, (%rax)\n add $4096, %rax\n dec %ecx\n jnz 1b\n"
	"mov $0x10001100, %eax\n mov %rbx, (%rax)\n"
	"mov $0x10001000, %edi\n" SYS(84)
	"mov $1, %edi\n" EXIT_WITH_EDI);

static struct rw_semaphore *root_lock(void)
{
	return &current->fs->root.dentry->d_inode->i_rwsem;
}

/* It sleeps for the lock of the root directory, which the caller holds for writing.  NULL: it does not. */
static struct task_struct *start_stuck(int adj)
{
	struct task_struct *p = start_user(stuck, stuck_end, "/no-such-directory", 19);

	if (IS_ERR(p))
		return NULL;
	p->signal->oom_score_adj = adj;
	RUN_UNTIL(get_mm_counter(p->mm, MM_ANONPAGES) >= STUCK_PAGES && p->state == TASK_UNINTERRUPTIBLE && !p->on_rq);
	return p;
}

/* Where it has its memory; 0: that is gone. */
static unsigned long stuck_memory(struct task_struct *p)
{
	unsigned long addr = 0;

	return access_process_vm(p, USER_DATA + 256, &addr, sizeof(addr), 0) == sizeof(addr) ? addr : 0;
}

KTEST(oom, memory_of_a_victim_that_sleeps_comes_back_and_nobody_reads_zeroes)
{
	unsigned long kills = vm_event_sum(OOM_KILL), addr;
	struct task_struct *p;
	struct mm_struct *mm;
	char c = 1;

	down_write(root_lock());
	p = start_stuck(1000);
	mm = p->mm;
	mmgrab(mm);
	addr = stuck_memory(p);
	EXPECT(addr && access_process_vm(p, addr, &c, 1, 0) == 1 && c == 7);
	EXPECT(__out_of_memory(GFP_KERNEL, 0));
	EXPECT(tsk_is_oom_victim(p));
	EXPECT_EQ(vm_event_sum(OOM_KILL), kills + 1);
	EXPECT(__out_of_memory(GFP_KERNEL, 0));		/* the first has not let go: no second one */
	EXPECT_EQ(vm_event_sum(OOM_KILL), kills + 1);
	RUN_UNTIL(test_bit(MMF_OOM_SKIP, &mm->flags));
	EXPECT(p->state == TASK_UNINTERRUPTIBLE && p->mm == mm);
	EXPECT_EQ(get_mm_counter(mm, MM_ANONPAGES), 0);
	EXPECT_EQ(access_process_vm(p, addr, &c, 1, 0), 0);
	EXPECT_EQ(access_process_vm(p, addr, &c, 1, FOLL_WRITE), 0);
	EXPECT_EQ(mm_verify_one(mm), 0);
	up_write(root_lock());
	get_task_struct(p);
	EXPECT_EQ(wait_user(p) & 0x7f, SIGKILL);
	RUN_UNTIL(!READ_ONCE(p->signal->oom.mm));	/* the reaper has let go too */
	EXPECT(!p->signal->oom.mm);
	put_task_struct(p);
	mmdrop(mm);
}

KTEST(oom, a_victim_whose_lock_is_held_too_is_given_up_and_the_next_one_goes)
{
	struct task_struct *first, *second;
	struct mm_struct *mm;

	down_write(root_lock());
	first = start_stuck(1000);
	second = start_user(sleeper, sleeper_end, NULL, 0);
	EXPECT(!IS_ERR(second));
	second->signal->oom_score_adj = 900;
	mm = first->mm;
	mmgrab(mm);
	down_write(&mm->mmap_sem);
	EXPECT(__out_of_memory(GFP_KERNEL, 0));
	EXPECT(tsk_is_oom_victim(first) && !tsk_is_oom_victim(second));
	RUN_UNTIL(test_bit(MMF_OOM_SKIP, &mm->flags));
	EXPECT(get_mm_counter(mm, MM_ANONPAGES) >= STUCK_PAGES);
	EXPECT(__out_of_memory(GFP_KERNEL, 0));
	EXPECT(tsk_is_oom_victim(second));
	up_write(&mm->mmap_sem);
	up_write(root_lock());
	EXPECT_EQ(wait_user(second) & 0x7f, SIGKILL);
	EXPECT_EQ(wait_user(first) & 0x7f, SIGKILL);
	mmdrop(mm);
}

KTEST(oom, who_is_dying_already_is_waited_for_and_not_counted)
{
	unsigned long kills = vm_event_sum(OOM_KILL);
	struct task_struct *p;

	down_write(root_lock());
	p = start_stuck(1000);
	send_sig(SIGKILL, p, true);
	EXPECT(__out_of_memory(GFP_KERNEL, 0));
	EXPECT(tsk_is_oom_victim(p));
	EXPECT_EQ(vm_event_sum(OOM_KILL), kills);
	up_write(root_lock());
	EXPECT_EQ(wait_user(p) & 0x7f, SIGKILL);
}

static atomic_t callers;

static int call_out_of_memory(void *unused)
{
	for (int i = 0; i < 20; i++) {
		__out_of_memory(GFP_KERNEL, 0);
		yield();
	}
	atomic_dec(&callers);
	return 0;
}

KTEST(oom, all_at_once_kill_one)
{
	unsigned long kills = vm_event_sum(OOM_KILL);
	struct task_struct *victim, *other;

	down_write(root_lock());
	victim = start_stuck(1000);
	other = start_stuck(1000);
	atomic_set(&callers, 8);
	for (int i = 0; i < 8; i++)
		if (IS_ERR(kthread_run(call_out_of_memory, NULL, "oom-caller")))
			atomic_dec(&callers);
	RUN_UNTIL(!atomic_read(&callers));
	EXPECT_EQ(vm_event_sum(OOM_KILL), kills + 1);
	EXPECT(tsk_is_oom_victim(victim) != tsk_is_oom_victim(other));
	send_sig(SIGKILL, victim, true);
	send_sig(SIGKILL, other, true);
	up_write(root_lock());
	EXPECT_EQ(wait_user(victim) & 0x7f, SIGKILL);
	EXPECT_EQ(wait_user(other) & 0x7f, SIGKILL);
}

KTEST(oom, without_anybody_to_kill_it_says_so)
{
	EXPECT(!__out_of_memory(GFP_KERNEL, 0));
}

#ifdef QUIRE_DEBUG
KTEST(oom, killing_and_reporting_allocate_nothing)
{
	struct task_struct *p = start_user(sleeper, sleeper_end, NULL, 0);
	bool hope;

	EXPECT(!IS_ERR(p));
	fail_alloc(1, true);
	hope = __out_of_memory(GFP_KERNEL, 0);
	EXPECT_EQ(fail_alloc(0, false), 0);
	EXPECT(hope);
	EXPECT_EQ(wait_user(p) & 0x7f, SIGKILL);
}

MM_TEST(oom, reaping_allocates_nothing_and_leaves_pages_of_files_and_what_was_never_written)
{
	unsigned long pages = 3 * GATHER_BATCH, i;
	bool ok = true;

	EXPECT(map_at(0, pages + 2, RW) == (long)AT(0));
	for (i = 0; i < pages; i++)
		ok &= poke(AT(i), i);
	EXPECT(ok);
	set_bit(MMF_OOM_VICTIM, &mm->flags);
	fail_alloc(1, true);
	down_read(&mm->mmap_sem);
	oom_reap_areas(mm);
	up_read(&mm->mmap_sem);
	EXPECT_EQ(fail_alloc(0, false), 0);
	EXPECT_EQ(get_mm_counter(mm, MM_ANONPAGES), 0);
	for (i = 0; i < pages; i++)
		ok &= !poke(AT(i), i);
	EXPECT(ok);
	EXPECT(poke(AT(pages), 1));		/* there were zeros, there are zeros */
	EXPECT_EQ(mm_verify_one(mm), 0);
}
#endif
