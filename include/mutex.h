/*
 * mutex.h - sleeping locks: mutex, and rw_semaphore (fair to writers)
 *
 * Process context only.  A mutex is released by the task that took it.
 * The waiters stand in one queue, so that a writer is not starved by readers.
 */
#ifndef MUTEX_H
#define MUTEX_H

#include <list.h>
#include <spinlock.h>

struct task_struct;

struct mutex {
	unsigned long owner;		/* task, or 0; bit 0: somebody waits.  Atomic. */
	spinlock_t lock;		/* protects ->waiters */
	struct list_head waiters;	/* in order of arrival */
#ifdef QUIRE_LOCKDEP
	u8 class;
#endif
};

struct rw_semaphore {
	int count;			/* readers; bit 31: a writer; bit 30: somebody waits.  Atomic. */
	spinlock_t lock;		/* protects ->waiters */
#ifdef QUIRE_LOCKDEP
	u8 class;
#endif
	struct task_struct *owner;	/* the writer, for asserts */
	struct list_head waiters;	/* in order of arrival */
};

#define MUTEX_INIT(name) { .lock = SPIN_LOCK_OF(LOCK_CLASS_MUTEX_QUEUE), .waiters = LIST_HEAD_INIT((name).waiters) }
#define DEFINE_MUTEX(name) struct mutex name = MUTEX_INIT(name); LOCK_NAME(name, name, #name)
#define RWSEM_INIT(name) { .lock = SPIN_LOCK_OF(LOCK_CLASS_RWSEM_QUEUE), .waiters = LIST_HEAD_INIT((name).waiters) }
#define DECLARE_RWSEM(name) struct rw_semaphore name = RWSEM_INIT(name); LOCK_NAME(name, name, #name)

/* Their class (lockdep.h) is called as the expression, or @class where that says too little. */
#define mutex_init(m) mutex_init_class(m, #m)
#define mutex_init_class(m, class) do { __mutex_init(m); set_lock_class(m, class); } while (0)
#define init_rwsem(s) init_rwsem_class(s, #s)
#define init_rwsem_class(s, class) do { __init_rwsem(s); set_lock_class(s, class); } while (0)

void __mutex_init(struct mutex *m);
void mutex_lock(struct mutex *m);
bool mutex_trylock(struct mutex *m);
void mutex_unlock(struct mutex *m);
bool mutex_is_locked(struct mutex *m);

void __init_rwsem(struct rw_semaphore *s);
/*
 * The second of two of a class that are held in an order of their own; @sub, 1 or 2, tells the
 * checker so (lockdep.h).
 */
void down_read_nested(struct rw_semaphore *s, unsigned int sub);
void down_write_nested(struct rw_semaphore *s, unsigned int sub);
void down_read(struct rw_semaphore *s);
bool down_read_trylock(struct rw_semaphore *s);
void up_read(struct rw_semaphore *s);
void down_write(struct rw_semaphore *s);
/* 0, or -EINTR when a fatal signal came first. */
int down_write_killable(struct rw_semaphore *s);
int down_read_killable(struct rw_semaphore *s);
bool down_write_trylock(struct rw_semaphore *s);
void up_write(struct rw_semaphore *s);
void downgrade_write(struct rw_semaphore *s);
bool rwsem_is_locked(struct rw_semaphore *s);
/* Held for writing by current. */
bool rwsem_is_write_locked(struct rw_semaphore *s);

#define RW_WRITER	((int)0x80000000)
#define RW_WAITERS	0x40000000

/* down_read() and up_read() where a call would be felt: without one if nobody else wants the lock. */
static __always_inline void down_read_fast(struct rw_semaphore *s)
{
#ifndef QUIRE_DEBUG
	int c = READ_ONCE(s->count);

	if (likely(!(c & (RW_WRITER | RW_WAITERS)) &&
		   __atomic_compare_exchange_n(&s->count, &c, c + 1, false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED)))
		return;
#endif
	down_read(s);
}
static __always_inline void up_read_fast(struct rw_semaphore *s)
{
#ifndef QUIRE_DEBUG
	int c = READ_ONCE(s->count);

	if (likely(!(c & RW_WAITERS) &&
		   __atomic_compare_exchange_n(&s->count, &c, c - 1, false, __ATOMIC_RELEASE, __ATOMIC_RELAXED)))
		return;
#endif
	up_read(s);
}

#endif
