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
};

struct rw_semaphore {
	int count;			/* readers; bit 31: a writer; bit 30: somebody waits.  Atomic. */
	spinlock_t lock;		/* protects ->waiters */
	struct task_struct *owner;	/* the writer, for asserts */
	struct list_head waiters;	/* in order of arrival */
};

#define MUTEX_INIT(name) { 0, SPIN_LOCK_UNLOCKED, LIST_HEAD_INIT((name).waiters) }
#define DEFINE_MUTEX(name) struct mutex name = MUTEX_INIT(name)
#define RWSEM_INIT(name) { 0, SPIN_LOCK_UNLOCKED, NULL, LIST_HEAD_INIT((name).waiters) }
#define DECLARE_RWSEM(name) struct rw_semaphore name = RWSEM_INIT(name)

void mutex_init(struct mutex *m);
void mutex_lock(struct mutex *m);
bool mutex_trylock(struct mutex *m);
void mutex_unlock(struct mutex *m);
bool mutex_is_locked(struct mutex *m);

void init_rwsem(struct rw_semaphore *s);
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

#endif
