/*
 * kernel/lock.c - the sleeping locks: mutex and rw_semaphore
 *
 * Purpose:    one atomic operation when nobody else wants the lock; a queue in order of
 *             arrival when somebody does.
 * Invariants: while the WAITERS bit is set nobody takes the lock by the fast path: the
 *             lock is handed to the first waiter, so that nobody starves.
 *             WAITERS is set and cleared, and the queue changed, under ->lock; other
 *             tasks may at the same time only release.
 *             A granter sets ->granted last: from then on the waiter's stack may be gone.
 * Lock order: ->lock > run-queue lock.
 * Simplified: no spinning on a running owner, no priority inheritance.
 * Sources:    Love, "Linux Kernel Development", chapter Kernel Synchronization Methods.
 */
#include <litmus.h>
#include <mutex.h>
#include <sched.h>

/* The checker is asked before anybody waits (lockdep.h). */
#define CALLER ((unsigned long)__builtin_return_address(0))
#define ASK(l, sub, flags) lockdep_acquire(l, &(l)->class, sub, flags, CALLER)

struct lock_waiter {
	struct list_head list;
	struct task_struct *task;
	bool writer;
	bool granted;
};

/* Hand the lock over: the last touch of @w. */
static void grant(struct lock_waiter *w)
{
	struct task_struct *t = w->task;

	list_del_init(&w->list);
	get_task_struct(t);
	__atomic_store_n(&w->granted, true, __ATOMIC_RELEASE);
	try_to_wake_up(t, TASK_NORMAL | TASK_WAKEKILL);
	put_task_struct(t);
}

/* Sleep until granted.  With @killable: false if a fatal signal came first. */
static bool sleep_until_granted(struct lock_waiter *w, bool killable)
{
	for (;;) {
		set_current_state(killable ? TASK_KILLABLE : TASK_UNINTERRUPTIBLE);
		if (__atomic_load_n(&w->granted, __ATOMIC_ACQUIRE))
			break;
		if (killable && fatal_signal_pending(current)) {
			set_current_state(TASK_RUNNING);
			return false;
		}
		schedule();
	}
	set_current_state(TASK_RUNNING);
	return true;
}

/* ---- mutex --------------------------------------------------------------- */

#define MUTEX_WAITERS 1UL

void __mutex_init(struct mutex *m)
{
	*m = (struct mutex)MUTEX_INIT(*m);
}

static bool mutex_try_fast(struct mutex *m)
{
	unsigned long free = 0;

	return __atomic_compare_exchange_n(&m->owner, &free, (unsigned long)current, false,
					   __ATOMIC_ACQUIRE, __ATOMIC_RELAXED);
}

bool mutex_trylock(struct mutex *m)
{
	if (!mutex_try_fast(m))
		return false;
	ASK(m, 0, HELD_TRY);
	return true;
}

static noinline void mutex_lock_slow(struct mutex *m)
{
	struct lock_waiter w = { .task = current };
	unsigned long old;

	VM_BUG_ON((m->owner & ~MUTEX_WAITERS) == (unsigned long)current);
	spin_lock(&m->lock);
	old = __atomic_fetch_or(&m->owner, MUTEX_WAITERS, __ATOMIC_ACQUIRE);
	if (!(old & ~MUTEX_WAITERS) && list_empty(&m->waiters)) {
		/* It was released meanwhile. */
		__atomic_store_n(&m->owner, (unsigned long)current, __ATOMIC_RELAXED);
		spin_unlock(&m->lock);
		return;
	}
	list_add_tail(&w.list, &m->waiters);
	spin_unlock(&m->lock);
	sleep_until_granted(&w, false);
}

void mutex_lock(struct mutex *m)
{
	might_sleep();
	litmus_point();
	ASK(m, 0, 0);
	if (unlikely(!mutex_try_fast(m)))
		mutex_lock_slow(m);
}

static noinline void mutex_unlock_slow(struct mutex *m)
{
	struct lock_waiter *w;

	spin_lock(&m->lock);
	w = list_first_entry_or_null(&m->waiters, struct lock_waiter, list);
	if (w) {
		bool more = w->list.next != &m->waiters;

		__atomic_store_n(&m->owner, (unsigned long)w->task | (more ? MUTEX_WAITERS : 0),
				 __ATOMIC_RELEASE);
		grant(w);
	} else {
		__atomic_store_n(&m->owner, 0UL, __ATOMIC_RELEASE);
	}
	spin_unlock(&m->lock);
}

void mutex_unlock(struct mutex *m)
{
	unsigned long me = (unsigned long)current;

	litmus_point();
	VM_BUG_ON((m->owner & ~MUTEX_WAITERS) != me);
	lockdep_release(m, CALLER);
	if (unlikely(!__atomic_compare_exchange_n(&m->owner, &me, 0UL, false, __ATOMIC_RELEASE,
						  __ATOMIC_RELAXED)))
		mutex_unlock_slow(m);
}

bool mutex_is_locked(struct mutex *m)
{
	return READ_ONCE(m->owner) & ~MUTEX_WAITERS;
}

/* ---- rw_semaphore ----------------------------------------------------------- */

void __init_rwsem(struct rw_semaphore *s)
{
	*s = (struct rw_semaphore)RWSEM_INIT(*s);
}

static bool read_try_fast(struct rw_semaphore *s)
{
	int c = READ_ONCE(s->count);

	while (!(c & (RW_WRITER | RW_WAITERS)))
		if (__atomic_compare_exchange_n(&s->count, &c, c + 1, true, __ATOMIC_ACQUIRE,
						__ATOMIC_RELAXED))
			return true;
	return false;
}

bool down_read_trylock(struct rw_semaphore *s)
{
	if (!read_try_fast(s))
		return false;
	ASK(s, 0, HELD_TRY | HELD_READ);
	return true;
}

static bool write_try_fast(struct rw_semaphore *s)
{
	int free = 0;

	if (!__atomic_compare_exchange_n(&s->count, &free, RW_WRITER, false, __ATOMIC_ACQUIRE,
					 __ATOMIC_RELAXED))
		return false;
	s->owner = current;
	return true;
}

bool down_write_trylock(struct rw_semaphore *s)
{
	if (!write_try_fast(s))
		return false;
	ASK(s, 0, HELD_TRY);
	return true;
}

/*
 * Let in whoever may come: the first waiter if it is a writer and nobody is inside, or all
 * readers up to the next writer.  ->lock held, WAITERS set: others can only leave.
 */
static void rwsem_grant(struct rw_semaphore *s)
{
	struct lock_waiter *w, *next;

	list_for_each_entry_safe(w, next, &s->waiters, list) {
		int c = READ_ONCE(s->count);

		if (c & RW_WRITER)
			break;
		if (w->writer) {
			if (c & ~RW_WAITERS)
				break;
			__atomic_fetch_or(&s->count, RW_WRITER, __ATOMIC_ACQUIRE);
			s->owner = w->task;
			grant(w);
			break;
		}
		__atomic_fetch_add(&s->count, 1, __ATOMIC_ACQUIRE);
		grant(w);
	}
	if (list_empty(&s->waiters))
		__atomic_fetch_and(&s->count, ~RW_WAITERS, __ATOMIC_RELEASE);
}

/* Queue behind the others and sleep.  0, or -EINTR if @killable and a fatal signal came. */
static noinline int rwsem_down_slow(struct rw_semaphore *s, bool writer, bool killable)
{
	struct lock_waiter w = { .task = current, .writer = writer };

	VM_BUG_ON(s->owner == current);
	spin_lock(&s->lock);
	__atomic_fetch_or(&s->count, RW_WAITERS, __ATOMIC_SEQ_CST);
	list_add_tail(&w.list, &s->waiters);
	rwsem_grant(s);
	spin_unlock(&s->lock);
	if (sleep_until_granted(&w, killable))
		return 0;

	spin_lock(&s->lock);
	if (w.granted) {
		spin_unlock(&s->lock);
		return 0;
	}
	list_del_init(&w.list);
	rwsem_grant(s);		/* who stood behind us may go now */
	spin_unlock(&s->lock);
	return -EINTR;
}

static noinline void rwsem_wake(struct rw_semaphore *s)
{
	spin_lock(&s->lock);
	rwsem_grant(s);
	spin_unlock(&s->lock);
}

void down_read(struct rw_semaphore *s)
{
	might_sleep();
	litmus_point();
	ASK(s, 0, HELD_READ);
	if (unlikely(!read_try_fast(s)))
		rwsem_down_slow(s, false, false);
}

void down_read_nested(struct rw_semaphore *s, unsigned int sub)
{
	might_sleep();
	litmus_point();
	ASK(s, sub, HELD_READ);
	if (unlikely(!read_try_fast(s)))
		rwsem_down_slow(s, false, false);
}

int down_read_killable(struct rw_semaphore *s)
{
	int err = 0;

	might_sleep();
	litmus_point();
	ASK(s, 0, HELD_READ);
	if (unlikely(!read_try_fast(s)))
		err = rwsem_down_slow(s, false, true);
	if (unlikely(err))
		lockdep_release(s, CALLER);
	return err;
}

void up_read(struct rw_semaphore *s)
{
	int c;

	litmus_point();
	c = __atomic_sub_fetch(&s->count, 1, __ATOMIC_RELEASE);

	VM_BUG_ON(c & RW_WRITER);
	lockdep_release(s, CALLER);
	if (unlikely(c == RW_WAITERS))
		rwsem_wake(s);
}

void down_write(struct rw_semaphore *s)
{
	might_sleep();
	litmus_point();
	ASK(s, 0, 0);
	if (unlikely(!write_try_fast(s)))
		rwsem_down_slow(s, true, false);
}

void down_write_nested(struct rw_semaphore *s, unsigned int sub)
{
	might_sleep();
	litmus_point();
	ASK(s, sub, 0);
	if (unlikely(!write_try_fast(s)))
		rwsem_down_slow(s, true, false);
}

int down_write_killable(struct rw_semaphore *s)
{
	int err = 0;

	might_sleep();
	litmus_point();
	ASK(s, 0, 0);
	if (unlikely(!write_try_fast(s)))
		err = rwsem_down_slow(s, true, true);
	if (unlikely(err))
		lockdep_release(s, CALLER);
	return err;
}

void up_write(struct rw_semaphore *s)
{
	VM_BUG_ON(s->owner != current);
	litmus_point();
	lockdep_release(s, CALLER);
	s->owner = NULL;
	if (unlikely(__atomic_fetch_and(&s->count, ~RW_WRITER, __ATOMIC_RELEASE) & RW_WAITERS))
		rwsem_wake(s);
}

void downgrade_write(struct rw_semaphore *s)
{
	VM_BUG_ON(s->owner != current);
	litmus_point();
	s->owner = NULL;
	/* From WRITER to one reader in one step: nobody slips in between. */
	if (__atomic_add_fetch(&s->count, (int)(1U - (unsigned int)RW_WRITER),
			       __ATOMIC_RELEASE) & RW_WAITERS)
		rwsem_wake(s);
}

bool rwsem_is_locked(struct rw_semaphore *s)
{
	return READ_ONCE(s->count) & ~RW_WAITERS;
}

bool rwsem_is_write_locked(struct rw_semaphore *s)
{
	return READ_ONCE(s->owner) == current;
}
