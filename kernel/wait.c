/*
 * kernel/wait.c - wait queues and completions
 *
 * Purpose:    let a task sleep until a condition holds, without losing the wake-up
 *             that comes between testing and sleeping.
 * Invariants: a task sets its state to sleeping while it is queued and before it
 *             tests the condition; a waker changes the condition before it looks at
 *             the queue.  So one of the two sees the other.
 *             An entry is on at most one queue; an entry off all queues points to itself.
 * Lock order: wait queue lock > run-queue lock.  Interrupts off: handlers wake too.
 * Sources:    Love, "Linux Kernel Development", chapter Process Scheduling,
 *             "Sleeping and Waking Up".
 */
#include <sched.h>
#include <wait.h>

void init_waitqueue_head(wait_queue_head_t *q)
{
	q->lock = (spinlock_t)SPIN_LOCK_OF(LOCK_CLASS_WAIT_QUEUE);
	INIT_LIST_HEAD(&q->head);
}

bool default_wake_function(struct wait_queue_entry *e, unsigned int state)
{
	return try_to_wake_up(e->task, state);
}

void prepare_to_wait(wait_queue_head_t *q, struct wait_queue_entry *e, unsigned int state)
{
	unsigned long flags;

	spin_lock_irqsave(&q->lock, flags);
	if (list_empty(&e->link))
		list_add(&e->link, &q->head);
	set_current_state(state);
	spin_unlock_irqrestore(&q->lock, flags);
}

void prepare_to_wait_exclusive(wait_queue_head_t *q, struct wait_queue_entry *e, unsigned int state)
{
	unsigned long flags;

	spin_lock_irqsave(&q->lock, flags);
	e->exclusive = true;
	if (list_empty(&e->link))
		list_add_tail(&e->link, &q->head);
	set_current_state(state);
	spin_unlock_irqrestore(&q->lock, flags);
}

void finish_wait(wait_queue_head_t *q, struct wait_queue_entry *e)
{
	set_current_state(TASK_RUNNING);
	remove_wait_queue(q, e);
}

void add_wait_queue(wait_queue_head_t *q, struct wait_queue_entry *e)
{
	unsigned long flags;

	spin_lock_irqsave(&q->lock, flags);
	list_add(&e->link, &q->head);
	spin_unlock_irqrestore(&q->lock, flags);
}

void remove_wait_queue(wait_queue_head_t *q, struct wait_queue_entry *e)
{
	unsigned long flags;

	spin_lock_irqsave(&q->lock, flags);
	if (!list_empty(&e->link))
		list_del_init(&e->link);
	spin_unlock_irqrestore(&q->lock, flags);
}

void __wake_up(wait_queue_head_t *q, unsigned int state, int nr)
{
	struct wait_queue_entry *e, *next;
	unsigned long flags;

	spin_lock_irqsave(&q->lock, flags);
	list_for_each_entry_safe(e, next, &q->head, link) {
		bool exclusive = e->exclusive;

		if (e->func(e, state) && exclusive && nr && --nr == 0)
			break;
	}
	spin_unlock_irqrestore(&q->lock, flags);
}

#define COMPLETE_ALL 0x80000000U	/* complete_all(): every later wait passes too */

void init_completion(struct completion *c)
{
	c->done = 0;
	init_waitqueue_head(&c->wait);
}

static void complete_add(struct completion *c, bool all)
{
	unsigned long flags;

	spin_lock_irqsave(&c->wait.lock, flags);
	if (all)
		c->done = COMPLETE_ALL;
	else if (c->done != COMPLETE_ALL)
		c->done++;
	/* Wake under the lock: the waiter may free @c as soon as it can take the lock. */
	struct wait_queue_entry *e, *next;
	list_for_each_entry_safe(e, next, &c->wait.head, link) {
		if (e->func(e, TASK_NORMAL | TASK_WAKEKILL) && !all)
			break;
	}
	spin_unlock_irqrestore(&c->wait.lock, flags);
}

void complete(struct completion *c)
{
	complete_add(c, false);
}

void complete_all(struct completion *c)
{
	complete_add(c, true);
}

/* Take one completion if there is any.  Under the lock, so that complete() is done with @c. */
static bool try_wait_for_completion(struct completion *c)
{
	unsigned long flags;
	bool got;

	spin_lock_irqsave(&c->wait.lock, flags);
	got = c->done != 0;
	if (got && c->done != COMPLETE_ALL)
		c->done--;
	spin_unlock_irqrestore(&c->wait.lock, flags);
	return got;
}

void wait_for_completion(struct completion *c)
{
	wait_event(c->wait, try_wait_for_completion(c));
}

int wait_for_completion_killable(struct completion *c)
{
	return wait_event_killable(c->wait, try_wait_for_completion(c));
}
