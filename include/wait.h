/*
 * wait.h - wait queues and completions: sleep until somebody says that it happened
 *
 * The loop that never loses a wake-up: queue yourself and set the state, test the
 * condition, only then schedule().  wait_event() writes that loop for you.
 */
#ifndef WAIT_H
#define WAIT_H

#include <list.h>
#include <spinlock.h>
#include <err.h>

struct task_struct;
struct wait_queue_entry;

/* Called by a wake-up with the queue locked; returns true if it woke (counts as one of nr). */
typedef bool (*wait_fn)(struct wait_queue_entry *e, unsigned int state);

typedef struct wait_queue_head {
	spinlock_t lock;		/* taken from interrupts too */
	struct list_head head;
} wait_queue_head_t;

struct wait_queue_entry {
	struct task_struct *task;
	wait_fn func;			/* default: wake ->task */
	bool exclusive;
	struct list_head link;		/* wait_queue_head.lock */
};

#define WAIT_QUEUE_HEAD_INIT(name) { SPIN_LOCK_OF(LOCK_CLASS_WAIT_QUEUE), LIST_HEAD_INIT((name).head) }
#define DECLARE_WAIT_QUEUE_HEAD(name) wait_queue_head_t name = WAIT_QUEUE_HEAD_INIT(name)
#define DEFINE_WAIT(name) struct wait_queue_entry name = { .task = current, \
	.func = default_wake_function, .link = LIST_HEAD_INIT((name).link) }

void init_waitqueue_head(wait_queue_head_t *q);
bool default_wake_function(struct wait_queue_entry *e, unsigned int state);
/* Queue @e (once) and set current's state to @state (TASK_INTERRUPTIBLE ...). */
void prepare_to_wait(wait_queue_head_t *q, struct wait_queue_entry *e, unsigned int state);
/* Same, at the tail, and woken one at a time. */
void prepare_to_wait_exclusive(wait_queue_head_t *q, struct wait_queue_entry *e, unsigned int state);
/* Back to TASK_RUNNING and off the queue. */
void finish_wait(wait_queue_head_t *q, struct wait_queue_entry *e);
/* Plain queueing, for poll: state untouched. */
void add_wait_queue(wait_queue_head_t *q, struct wait_queue_entry *e);
void remove_wait_queue(wait_queue_head_t *q, struct wait_queue_entry *e);
/* Wake everybody that is not exclusive and at most @nr (0: all) exclusive waiters.  Any context. */
void __wake_up(wait_queue_head_t *q, unsigned int state, int nr);
static inline bool waitqueue_active(wait_queue_head_t *q) { return !list_empty(&q->head); }

#define wake_up(q)			__wake_up(q, TASK_NORMAL, 1)
#define wake_up_all(q)			__wake_up(q, TASK_NORMAL, 0)
#define wake_up_interruptible(q)	__wake_up(q, TASK_INTERRUPTIBLE, 1)

/* Sleep until @cond; not interruptible. */
#define wait_event(q, cond) do { \
	DEFINE_WAIT(_w); \
	for (;;) { \
		prepare_to_wait(&(q), &_w, TASK_UNINTERRUPTIBLE); \
		if (cond) \
			break; \
		schedule(); \
	} \
	finish_wait(&(q), &_w); \
} while (0)

#define __wait_event_state(q, cond, state, pending) ({ \
	DEFINE_WAIT(_w); \
	int _ret = 0; \
	for (;;) { \
		prepare_to_wait(&(q), &_w, state); \
		if (cond) \
			break; \
		if (pending(current)) { \
			_ret = -ERESTARTSYS; \
			break; \
		} \
		schedule(); \
	} \
	finish_wait(&(q), &_w); \
	_ret; })

/* Sleep until @cond (0), or until a signal is pending (-ERESTARTSYS). */
#define wait_event_interruptible(q, cond) \
	__wait_event_state(q, cond, TASK_INTERRUPTIBLE, signal_pending)
/* The same, but only a fatal signal ends the wait. */
#define wait_event_killable(q, cond) \
	__wait_event_state(q, cond, TASK_KILLABLE, fatal_signal_pending)

struct completion {
	unsigned int done;		/* wait.lock */
	wait_queue_head_t wait;
};

void init_completion(struct completion *c);
void complete(struct completion *c);
void complete_all(struct completion *c);
void wait_for_completion(struct completion *c);
/* 0, or -ERESTARTSYS on a fatal signal. */
int wait_for_completion_killable(struct completion *c);

#include <sched.h>

#endif
