/*
 * tests/kernel/test_sched.c - who runs, for how long, and who wakes whom
 */
#include <err.h>
#include <ktest.h>
#include <sched.h>
#include <signal.h>
#include <time.h>
#include <wait.h>
#include "user_task.h"

USER_CODE(spin_for_ever, "1: jmp 1b\n");

static struct task_struct *spinner(int nice)
{
	struct task_struct *t = start_user(spin_for_ever, spin_for_ever_end, NULL, 0);

	if (!IS_ERR(t))
		set_user_nice(t, nice);
	return t;
}

static int end(struct task_struct *t)
{
	send_sig(SIGKILL, t, true);
	return wait_user(t);
}

KTEST(sched, user_code_that_never_sleeps_is_preempted)
{
	struct task_struct *t_ = spinner(0);

	EXPECT(!IS_ERR(t_));
	msleep(20);		/* we come back although it spins */
	EXPECT(t_->utime > 0);
	EXPECT_EQ(end(t_), SIGKILL);
}

/*
 * Run two spinners of the given niceness for @ms; what each got and their clocks.
 * A busy host may take the CPU away in the middle of a slice, which is then charged to one of
 * them: the callers try several times.
 */
static bool race(int nice_a, int nice_b, unsigned int ms, u64 *ta, u64 *tb, s64 *lag)
{
	struct task_struct *a, *b;
	bool ok;

	ktest_stay_here();		/* it is one CPU that they share */
	a = spinner(nice_a);
	b = spinner(nice_b);
	ok = !IS_ERR(a) && !IS_ERR(b);
	if (ok) {
		msleep(ms);
		*ta = task_cputime(a);
		*tb = task_cputime(b);
		*lag = (s64)(a->vruntime - b->vruntime);
	}
	if (!IS_ERR(a))
		end(a);
	if (!IS_ERR(b))
		end(b);
	return ok;
}
#define TRIES 6

KTEST(sched, equal_tasks_get_equal_time)
{
	bool fair = false;
	u64 ta, tb;
	s64 lag;

	for (int i = 0; i < TRIES && !fair; i++) {
		EXPECT(race(0, 0, 200, &ta, &tb, &lag));
		fair = ta > tb / 2 && tb > ta / 2;
	}
	EXPECT(fair);
}

KTEST(sched, five_steps_of_nice_are_a_factor_of_three)
{
	bool fair = false;
	u64 ta, tb;
	s64 lag;

	/* Weights 1024 and 335; their clocks stay together. */
	for (int i = 0; i < TRIES && !fair; i++) {
		EXPECT(race(0, 5, 400, &ta, &tb, &lag));
		fair = 2 * ta > 3 * tb && ta < 6 * tb && lag < 150000000L && lag > -150000000L;
	}
	EXPECT(fair);
}

KTEST(sched, sleeping_does_not_save_up_cpu_time)
{
	struct task_struct *t_;
	u64 lag;

	ktest_stay_here();		/* clocks of one queue are compared */
	t_ = spinner(0);
	EXPECT(!IS_ERR(t_));
	msleep(100);
	lag = t_->vruntime - current->vruntime;
	end(t_);
	/* Woken, we are at most half a latency behind the one that ran all the time. */
	EXPECT((s64)lag < 50L * 1000000);
}

struct sleeper {
	struct completion asleep, woken;
	struct task_struct *task;
};

static int sleep_once(void *arg)
{
	struct sleeper *s = arg;

	set_current_state(TASK_UNINTERRUPTIBLE);
	complete(&s->asleep);
	schedule();
	complete(&s->woken);
	return 0;
}

KTEST(sched, a_sleeper_runs_only_after_its_wake_up)
{
	struct sleeper s;

	init_completion(&s.asleep);
	init_completion(&s.woken);
	s.task = kthread_run(sleep_once, &s, "sleeper");
	EXPECT(!IS_ERR(s.task));
	wait_for_completion(&s.asleep);
	RUN_UNTIL(!s.task->on_rq);
	EXPECT(!s.task->on_rq);
	EXPECT(!try_to_wake_up(s.task, TASK_INTERRUPTIBLE));	/* another kind of sleep */
	EXPECT_EQ(s.woken.done, 0);
	EXPECT(wake_up_process(s.task));
	EXPECT(!wake_up_process(s.task));			/* it runs already */
	wait_for_completion(&s.woken);
}

KTEST(sched, a_wake_up_before_the_sleep_is_not_lost)
{
	set_current_state(TASK_UNINTERRUPTIBLE);
	EXPECT(wake_up_process(current));
	EXPECT_EQ(current->state, TASK_RUNNING);
	schedule();
}

static int count_rounds(void *arg)
{
	int *rounds = arg;

	for (int i = 0; i < 50; i++) {
		++*rounds;
		yield();
	}
	return 0;
}

KTEST(sched, yield_lets_the_others_run)
{
	int rounds = 0;
	struct task_struct *k;
	pid_t pid;

	ktest_stay_here();		/* who yields gives up his CPU to who waits for it */
	k = kthread_run(count_rounds, &rounds, "rounds");
	EXPECT(!IS_ERR(k));
	pid = k->pid;
	for (int i = 0; i < 100; i++)
		yield();
	EXPECT(rounds >= 49);
	EXPECT(pid_is_gone(pid));
}

KTEST(sched, time_is_charged_to_user_or_system)
{
	struct task_struct *t_ = spinner(0);
	u64 user, sys;

	EXPECT(!IS_ERR(t_));
	msleep(100);
	user = t_->utime;
	sys = t_->stime;
	end(t_);
	EXPECT(user > 40UL * 1000000);
	EXPECT(sys < user / 2);
}

/* The kernel's own threads wake now and then: asked again, @n can run. */
static bool can_run(unsigned int n)
{
	for (int i = 0; i < 1000; i++) {
		if (nr_running() == n)
			return true;
		msleep(1);
	}
	return false;
}

KTEST(sched, the_run_queue_counts_who_can_run)
{
	unsigned int before = nr_running();
	struct task_struct *t_;

	for (int i = 0; i < 10; i++) {
		msleep(1);
		before = min(before, nr_running());
	}
	t_ = spinner(0);
	EXPECT(!IS_ERR(t_));
	EXPECT(can_run(before + 1));
	end(t_);
	EXPECT(can_run(before));
}
