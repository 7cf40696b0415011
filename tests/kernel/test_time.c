/*
 * tests/kernel/test_time.c - clocks and timers (kernel/time.c, arch/x86_64/tsc.c)
 */
#include <asm/percpu.h>
#include <err.h>
#include <irq.h>
#include <ktest.h>
#include <sched.h>
#include <time.h>

#define MS 1000000UL

KTEST(time, clock_never_goes_back)
{
	u64 last = clock_read_ns();

	for (int i = 0; i < 100000; i++) {
		u64 now = clock_read_ns();

		EXPECT(now >= last);
		last = now;
	}
}

KTEST(time, counter_frequency_is_sane)
{
	EXPECT(tsc_khz >= 50000 && tsc_khz <= 20000000);
}

KTEST(time, real_clock_follows_monotonic)
{
	s64 drift = 0;

	for (int i = 0; i < 5; i++) {		/* once at least nothing comes between the two clocks' reading */
		u64 mono = clock_read_ns(), real = ktime_get_real();

		msleep(2);
		drift = (s64)(ktime_get_real() - real) - (s64)(clock_read_ns() - mono);
		if (drift < (s64)(100 * MS) && drift > -(s64)(100 * MS))
			return;
	}
	EXPECT_EQ(drift, 0);
}

static struct order_timer {
	struct timer t;
	int id;
	u64 fired_at;
} order_timers[5];
static int order[5];
static volatile int nr_fired;

static void note_order(struct timer *t)
{
	struct order_timer *o = container_of(t, struct order_timer, t);

	o->fired_at = clock_read_ns();
	order[nr_fired] = o->id;
	nr_fired = nr_fired + 1;
}

/* Interrupts are off while timers are set: however long the machine stands still, none fires before all are set. */
KTEST(time, timers_fire_in_order_of_expiry_and_never_early)
{
	static const int us[5] = { 8000, 2000, 6000, 2500, 10000 };	/* two near each other */
	static const int expected[5] = { 1, 3, 2, 0, 4 };
	unsigned long flags;
	u64 now;

	nr_fired = 0;
	flags = local_irq_save();
	now = clock_read_ns();
	for (int i = 0; i < 5; i++) {
		order_timers[i].id = i;
		timer_setup(&order_timers[i].t, note_order);
		timer_start(&order_timers[i].t, now + us[i] * 1000UL);
	}
	local_irq_restore(flags);
	for (int i = 0; i < 1000 && nr_fired < 5; i++)
		msleep(2);
	EXPECT_EQ(nr_fired, 5);
	for (int i = 0; i < 5; i++) {
		EXPECT_EQ(order[i], expected[i]);
		EXPECT(order_timers[i].fired_at >= now + us[i] * 1000UL);
		EXPECT(!order_timers[i].t.pending);
	}
}

KTEST(time, cancelled_timer_does_not_fire)
{
	struct order_timer o = { .id = 0 };
	unsigned long flags;
	bool first, second;

	nr_fired = 0;
	timer_setup(&o.t, note_order);
	flags = local_irq_save();
	timer_start(&o.t, clock_read_ns() + 5 * MS);
	first = timer_cancel(&o.t);
	second = timer_cancel(&o.t);
	local_irq_restore(flags);
	EXPECT(first);
	EXPECT(!second);
	msleep(10);
	EXPECT_EQ(nr_fired, 0);
}

KTEST(time, restarted_timer_fires_once_at_the_new_time)
{
	struct order_timer o = { .id = 0 };
	unsigned long flags;
	u64 now;

	nr_fired = 0;
	timer_setup(&o.t, note_order);
	flags = local_irq_save();
	now = clock_read_ns();
	timer_start(&o.t, now + 2 * MS);
	timer_start(&o.t, now + 12 * MS);
	local_irq_restore(flags);
	for (int i = 0; i < 1000 && !nr_fired; i++)
		msleep(2);
	msleep(30);
	timer_cancel(&o.t);
	EXPECT_EQ(nr_fired, 1);
	EXPECT(o.fired_at >= now + 12 * MS);
}

/* ---- queues of several CPUs ---- */

static struct placed_timer {
	struct timer t;
	volatile unsigned int cpu, fired;
} placed;

static void note_cpu(struct timer *t)
{
	placed.cpu = smp_processor_id();
	placed.fired++;
}

static void go_to(unsigned int cpu)
{
	set_cpus_allowed(current, BIT(cpu));
}

static bool has_fired(void)
{
	for (int i = 0; i < 5000 && !placed.fired; i++)
		msleep(1);
	return placed.fired == 1;
}

KTEST(time, timer_is_served_by_the_cpu_that_started_it_last)
{
	timer_setup(&placed.t, note_cpu);
	for (unsigned int cpu = 0; cpu < nr_cpus; cpu++) {
		placed.fired = 0;
		go_to((cpu + 1) % nr_cpus);
		timer_start(&placed.t, clock_read_ns() + 10000 * MS);
		go_to(cpu);
		timer_start(&placed.t, clock_read_ns() + 2 * MS);
		go_to((cpu + 1) % nr_cpus);
		EXPECT(has_fired());
		EXPECT_EQ(placed.cpu, cpu);
	}
}

KTEST(time, timer_is_cancelled_from_any_cpu)
{
	timer_setup(&placed.t, note_cpu);
	placed.fired = 0;
	for (unsigned int cpu = 0; cpu < nr_cpus; cpu++) {
		go_to(cpu);
		timer_start(&placed.t, clock_read_ns() + 10000 * MS);
		go_to((cpu + 1) % nr_cpus);
		EXPECT(timer_cancel(&placed.t));
		EXPECT(!timer_cancel(&placed.t));
	}
	EXPECT_EQ(placed.fired, 0);
}

#define HAMMERS 3000

/* Start it near and far, and cancel it, again and again, while others do the same. */
static void hammer(void)
{
	for (unsigned int i = 0; i < HAMMERS; i++) {
		if (i % 3 == 2)
			timer_cancel(&placed.t);
		else
			timer_start(&placed.t, clock_read_ns() + (i % 3 ? 20000 : 500000));
		if (i % 64 == 0)
			cond_resched();
	}
}

static int hammer_too(void *done)
{
	go_to(nr_cpus - 1);
	hammer();
	complete(done);
	return 0;
}

KTEST(time, timer_that_two_cpus_start_and_cancel_is_in_one_queue)
{
	struct completion done;
	unsigned int fired;

	init_completion(&done);
	timer_setup(&placed.t, note_cpu);
	go_to(0);
	EXPECT(!IS_ERR(kthread_run(hammer_too, &done, "hammer")));
	hammer();
	wait_for_completion(&done);
	timer_cancel(&placed.t);
	fired = placed.fired;
	EXPECT(!placed.t.pending);
	msleep(2);
	EXPECT_EQ(placed.fired, fired);
}

KTEST(time, msleep_sleeps_at_least_that_long)
{
	u64 start = clock_read_ns();

	msleep(20);
	EXPECT(clock_read_ns() - start >= 20 * MS);
}

KTEST(time, schedule_until_the_past_returns_at_once)
{
	set_current_state(TASK_INTERRUPTIBLE);
	EXPECT_EQ(schedule_until(1), 0);
	EXPECT_EQ(current->state, TASK_RUNNING);
}

KTEST(time, timespec_conversion_saturates)
{
	struct timespec far = { INT64_MAX, 0 }, ts = { 3, 5 }, bad = { 0, 1000000000 };

	EXPECT(timespec_to_ns(&far) == INT64_MAX);
	EXPECT(timespec_to_ns(&ts) == 3000000005UL);
	EXPECT_EQ(ns_to_timespec(3000000005UL).tv_nsec, 5);
	EXPECT(!timespec_valid(&bad));
}
