/*
 * tests/kernel/test_kthread.c - kernel threads: no address space of their own
 */
#include <err.h>
#include <ktest.h>
#include <mm.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include "user_task.h"

struct look {
	struct mm_struct *mm, *active_mm, *loaded;
	unsigned int flags;
	bool stop;
	int rounds;
	struct completion done;
};

static int look_around(void *arg)
{
	struct look *l = arg;

	l->mm = current->mm;
	l->active_mm = current->active_mm;
	l->loaded = this_cpu()->loaded_mm;
	l->flags = current->flags;
	complete(&l->done);
	return 0;
}

KTEST(kthread, has_no_mm_and_borrows_the_one_that_is_loaded)
{
	struct look l = { .mm = (void *)1 };
	struct task_struct *k;

	init_completion(&l.done);
	k = kthread_run(look_around, &l, "look");
	EXPECT(!IS_ERR(k));
	wait_for_completion(&l.done);
	EXPECT(!l.mm);
	EXPECT(l.active_mm);
	EXPECT(l.active_mm == l.loaded);
	EXPECT(l.flags & PF_KTHREAD);
}

static int run_along(void *arg)
{
	struct look *l = arg;

	while (!READ_ONCE(l->stop)) {
		l->rounds++;
		yield();
	}
	complete(&l->done);
	return 0;
}

KTEST(kthread, switching_between_kernel_threads_never_writes_cr3)
{
	struct look l = { 0 };
	unsigned long before, after;
	struct task_struct *k;

	init_completion(&l.done);
	k = kthread_run(run_along, &l, "along");
	EXPECT(!IS_ERR(k));
	RUN_UNTIL(l.rounds > 0);
	before = vm_event_sum(CR3_WRITES);
	RUN_UNTIL(l.rounds > 100);
	after = vm_event_sum(CR3_WRITES);
	WRITE_ONCE(l.stop, true);
	wait_for_completion(&l.done);
	EXPECT(l.rounds > 100);
	EXPECT_EQ(after, before);
}

KTEST(kthread, has_its_name_and_ends_when_its_function_returns)
{
	struct look l = { 0 };
	unsigned int before = nr_threads;
	struct task_struct *k;
	pid_t pid;

	init_completion(&l.done);
	k = kthread_run(run_along, &l, "a-name");
	EXPECT(!IS_ERR(k));
	pid = k->pid;
	EXPECT(!strcmp(k->comm, "a-name"));
	EXPECT_EQ(nr_threads, before + 1);
	EXPECT(k->real_parent == &init_task);
	WRITE_ONCE(l.stop, true);
	wait_for_completion(&l.done);
	EXPECT(pid_is_gone(pid));
	EXPECT_EQ(nr_threads, before);
}

KTEST(kthread, nobody_can_kill_it)
{
	struct look l = { 0 };
	struct task_struct *k;
	int rounds;

	init_completion(&l.done);
	k = kthread_run(run_along, &l, "immortal");
	EXPECT(!IS_ERR(k));
	EXPECT_EQ(send_sig(SIGKILL, k, true), 0);
	EXPECT(!signal_pending(k));
	rounds = l.rounds;
	RUN_UNTIL(l.rounds > rounds + 10);
	EXPECT(l.rounds > rounds + 10);
	WRITE_ONCE(l.stop, true);
	wait_for_completion(&l.done);
}

USER_CODE(spin, "1: jmp 1b\n");

KTEST(kthread, holds_a_borrowed_mm_by_mm_count_when_its_owner_dies)
{
	struct task_struct *u;
	struct mm_struct *mm;
	int count;

	ktest_stay_here();		/* we borrow what ran before us on the same CPU */
	u = start_user(spin, spin_end, NULL, 0);
	EXPECT(!IS_ERR(u));
	mm = u->mm;
	mmgrab(mm);
	RUN_UNTIL(current->active_mm == mm);	/* the spinner ran just before us */
	EXPECT(current->active_mm == mm);
	EXPECT(atomic_read(&mm->mm_count) >= 3);	/* users, ours, the borrower's */
	send_sig(SIGKILL, u, true);
	EXPECT_EQ(wait_user(u), SIGKILL);
	EXPECT_EQ(atomic_read(&mm->mm_users), 0);
	EXPECT(!mm->mmap);
	count = atomic_read(&mm->mm_count);
	EXPECT(count == 1 || count == 2);
	mmdrop(mm);
}
