/*
 * tests/kernel/test_lock.c - spinlocks, mutexes, rw_semaphores, wait queues, completions
 *
 * The other party is a kernel thread; the order of events is made by waiting for state,
 * never by time.
 */
#include <ktest.h>
#include <mutex.h>
#include <sched.h>
#include <wait.h>

/* A second thread that does one thing under a lock and counts its steps. */
struct party {
	struct mutex *mutex;
	struct rw_semaphore *sem;
	wait_queue_head_t *queue;
	bool *condition;
	bool writer;
	int got;			/* it holds, or has held, the lock */
	struct task_struct *task;
	struct completion done;
};

/* Run other tasks until @c holds: it must, soon. */
#define RUN_UNTIL(c) do { for (int _i = 0; !(c) && _i < 100000; _i++) schedule(); } while (0)

static bool sleeps(struct party *p)
{
	return READ_ONCE(p->task->state) != TASK_RUNNING;
}

static int start(struct party *p, int (*fn)(void *))
{
	init_completion(&p->done);
	p->task = kthread_run(fn, p, "party");
	return IS_ERR(p->task) ? PTR_ERR(p->task) : 0;
}

static int take_mutex(void *arg)
{
	struct party *p = arg;

	mutex_lock(p->mutex);
	WRITE_ONCE(p->got, p->got + 1);
	mutex_unlock(p->mutex);
	complete(&p->done);
	return 0;
}

static int take_sem(void *arg)
{
	struct party *p = arg;

	if (p->writer)
		down_write(p->sem);
	else
		down_read(p->sem);
	WRITE_ONCE(p->got, p->got + 1);
	if (p->writer)
		up_write(p->sem);
	else
		up_read(p->sem);
	complete(&p->done);
	return 0;
}

static int wait_condition(void *arg)
{
	struct party *p = arg;

	wait_event(*p->queue, READ_ONCE(*p->condition));
	WRITE_ONCE(p->got, p->got + 1);
	complete(&p->done);
	return 0;
}

KTEST(lock, spinlock_is_a_queue_of_tickets)
{
	spinlock_t l = SPIN_LOCK_UNLOCKED;
	bool locked, atomic, second;

	EXPECT(!spin_is_locked(&l));
	spin_lock(&l);
	locked = spin_is_locked(&l);
	atomic = in_atomic();
	second = spin_trylock(&l);
	spin_unlock(&l);
	EXPECT(locked && atomic && !second);
	EXPECT(!spin_is_locked(&l));
	EXPECT(!in_atomic());
	EXPECT(spin_trylock(&l));
	spin_unlock(&l);
	EXPECT_EQ(l.next, l.owner);
}

KTEST(lock, irqsave_restores_the_interrupt_flag)
{
	spinlock_t l = SPIN_LOCK_UNLOCKED;
	unsigned long outer, inner;
	bool off, still_off;

	EXPECT(!irqs_disabled());
	spin_lock_irqsave(&l, outer);
	off = irqs_disabled();
	inner = local_irq_save();
	local_irq_restore(inner);
	still_off = irqs_disabled();
	spin_unlock_irqrestore(&l, outer);
	EXPECT(off && still_off);
	EXPECT(!irqs_disabled());
}

KTEST(lock, mutex_keeps_the_second_out_until_unlock)
{
	struct mutex m = MUTEX_INIT(m);
	struct party p = { .mutex = &m };
	int got;

	mutex_lock(&m);
	EXPECT(!mutex_trylock(&m));
	EXPECT_EQ(start(&p, take_mutex), 0);
	RUN_UNTIL(sleeps(&p));
	got = p.got;
	mutex_unlock(&m);
	wait_for_completion(&p.done);
	EXPECT_EQ(got, 0);
	EXPECT_EQ(p.got, 1);
	EXPECT(!mutex_is_locked(&m));
	EXPECT_EQ(m.owner, 0);
}

KTEST(lock, mutex_is_handed_to_the_longest_waiter)
{
	struct mutex m = MUTEX_INIT(m);
	struct party a = { .mutex = &m }, b = { .mutex = &m };
	bool barged;

	mutex_lock(&m);
	EXPECT_EQ(start(&a, take_mutex), 0);
	RUN_UNTIL(sleeps(&a));
	EXPECT_EQ(start(&b, take_mutex), 0);
	RUN_UNTIL(sleeps(&b));
	mutex_unlock(&m);
	/* It belongs to a already, although a has not run: nobody can barge in. */
	barged = mutex_trylock(&m);
	wait_for_completion(&a.done);
	wait_for_completion(&b.done);
	EXPECT(!barged);
	EXPECT_EQ(a.got + b.got, 2);
	EXPECT_EQ(m.owner, 0);
}

KTEST(lock, rwsem_admits_many_readers_or_one_writer)
{
	struct rw_semaphore s = RWSEM_INIT(s);

	down_read(&s);
	EXPECT(down_read_trylock(&s));
	EXPECT(!down_write_trylock(&s));
	up_read(&s);
	up_read(&s);
	EXPECT(down_write_trylock(&s));
	EXPECT(rwsem_is_write_locked(&s));
	EXPECT(!down_read_trylock(&s));
	up_write(&s);
	EXPECT(!rwsem_is_locked(&s));
	EXPECT_EQ(s.count, 0);
}

KTEST(lock, rwsem_waiting_writer_stops_new_readers)
{
	struct rw_semaphore s = RWSEM_INIT(s);
	struct party w = { .sem = &s, .writer = true }, r = { .sem = &s };
	bool slipped_in;
	int early;

	down_read(&s);
	EXPECT_EQ(start(&w, take_sem), 0);
	RUN_UNTIL(sleeps(&w));
	slipped_in = down_read_trylock(&s);
	EXPECT_EQ(start(&r, take_sem), 0);
	RUN_UNTIL(sleeps(&r));
	early = w.got + r.got;
	up_read(&s);
	wait_for_completion(&w.done);
	wait_for_completion(&r.done);
	EXPECT(!slipped_in);
	EXPECT_EQ(early, 0);
	EXPECT_EQ(w.got, 1);
	EXPECT_EQ(r.got, 1);
	EXPECT_EQ(s.count, 0);
}

KTEST(lock, rwsem_downgrade_lets_waiting_readers_in)
{
	struct rw_semaphore s = RWSEM_INIT(s);
	struct party r = { .sem = &s };
	int early;

	down_write(&s);
	EXPECT_EQ(start(&r, take_sem), 0);
	RUN_UNTIL(sleeps(&r));
	early = r.got;
	downgrade_write(&s);
	wait_for_completion(&r.done);
	EXPECT_EQ(early, 0);
	EXPECT_EQ(r.got, 1);
	EXPECT(!down_write_trylock(&s));
	up_read(&s);
	EXPECT_EQ(s.count, 0);
}

KTEST(wait, wake_up_without_condition_does_not_end_the_wait)
{
	DECLARE_WAIT_QUEUE_HEAD(q);
	bool condition = false;
	struct party p = { .queue = &q, .condition = &condition };
	int early;

	EXPECT_EQ(start(&p, wait_condition), 0);
	RUN_UNTIL(sleeps(&p));
	wake_up(&q);
	for (int i = 0; i < 20; i++)
		schedule();
	RUN_UNTIL(sleeps(&p));
	early = p.got;
	condition = true;
	wake_up(&q);
	wait_for_completion(&p.done);
	EXPECT_EQ(early, 0);
	EXPECT_EQ(p.got, 1);
	EXPECT(list_empty(&q.head));
}

KTEST(wait, condition_set_before_the_wait_never_sleeps)
{
	DECLARE_WAIT_QUEUE_HEAD(q);
	bool condition = true;

	wait_event(q, condition);
	EXPECT_EQ(current->state, TASK_RUNNING);
	EXPECT(list_empty(&q.head));
}

KTEST(wait, completion_counts_and_complete_all_stays)
{
	struct completion c;

	init_completion(&c);
	complete(&c);
	complete(&c);
	EXPECT_EQ(c.done, 2);
	wait_for_completion(&c);
	EXPECT_EQ(wait_for_completion_killable(&c), 0);
	EXPECT_EQ(c.done, 0);
	complete_all(&c);
	wait_for_completion(&c);
	wait_for_completion(&c);
	EXPECT(c.done != 0);
}
