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

KTEST(sched, equal_tasks_get_equal_time)
{
	struct task_struct *a = spinner(0), *b = spinner(0);
	u64 ta, tb;

	EXPECT(!IS_ERR(a) && !IS_ERR(b));
	msleep(200);
	ta = task_cputime(a);
	tb = task_cputime(b);
	end(a);
	end(b);
	EXPECT(ta > tb / 2 && tb > ta / 2);
}

KTEST(sched, five_steps_of_nice_are_a_factor_of_three)
{
	struct task_struct *a = spinner(0), *b = spinner(5);
	u64 ta, tb, va, vb;

	EXPECT(!IS_ERR(a) && !IS_ERR(b));
	msleep(400);
	ta = task_cputime(a);
	tb = task_cputime(b);
	va = a->vruntime;
	vb = b->vruntime;
	end(a);
	end(b);
	/* Weights 1024 and 335; their clocks stay together. */
	EXPECT(2 * ta > 3 * tb && ta < 6 * tb);
	EXPECT((s64)(va - vb) < 150 * 1000000L && (s64)(vb - va) < 150 * 1000000L);
}

KTEST(sched, sleeping_does_not_save_up_cpu_time)
{
	struct task_struct *t_ = spinner(0);
	u64 lag;

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
	struct task_struct *k = kthread_run(count_rounds, &rounds, "rounds");
	pid_t pid;

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

KTEST(sched, the_run_queue_counts_who_can_run)
{
	unsigned int before = nr_running();
	struct task_struct *t_ = spinner(0);

	EXPECT(!IS_ERR(t_));
	EXPECT_EQ(nr_running(), before + 1);
	end(t_);
	EXPECT_EQ(nr_running(), before);
}
