/*
 * libc/thread.c - threads over clone(), mutexes over futex()
 *
 * Purpose:    a thread is a task that shares everything with its creator: address space,
 *             files, signal handlers. It differs by its stack, its FS base and its id.
 * Invariants: a thread's mapping is, from below: guard page, stack, struct thread. The
 *             kernel clears thread->tid and wakes it when the thread is gone for good, so
 *             a joiner may unmap the stack after that and not before.
 * Sources:    Drepper, "Futexes Are Tricky" (the three-state mutex).
 */
#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <thread.h>
#include <uapi/futex.h>
#include <uapi/sched.h>
#include "internal.h"

#define GUARD	4096UL

struct thread {
	struct tcb	tcb;		/* FS points here */
	int		tid;		/* cleared by the kernel at exit, a futex */
	int		result;
	int		(*fn)(void *);
	void		*arg;
	void		*map;
	size_t		map_len;
};

int futex_wait(int *word, int value, const struct timespec *timeout)
{
	return __ret(syscall6(__NR_futex, (long)word, FUTEX_WAIT, value, (long)timeout, 0, 0));
}

int futex_wake(int *word, int count)
{
	return __ret(syscall6(__NR_futex, (long)word, FUTEX_WAKE, count, 0, 0, 0));
}

static void thread_main(void *data)
{
	struct thread *t = data;

	t->result = t->fn(t->arg);
	syscall1(__NR_exit, 0);
}

/* Start fn(arg) in a new thread. Returns NULL and sets errno if that is not possible. */
struct thread *thread_create(int (*fn)(void *), void *arg)
{
	size_t len = GUARD + THREAD_STACK_SIZE;
	char *map = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct thread *t;
	long err;

	if (map == MAP_FAILED)
		return NULL;
	t = (struct thread *)((unsigned long)(map + len - sizeof(*t)) & ~63UL);
	*t = (struct thread){ .tcb.self = &t->tcb, .fn = fn, .arg = arg, .map = map,
			      .map_len = len, .tid = -1 };
	mprotect(map, GUARD, PROT_NONE);
	err = __clone_thread(CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD |
			     CLONE_SYSVSEM | CLONE_SETTLS | CLONE_PARENT_SETTID |
			     CLONE_CHILD_CLEARTID, t, &t->tid, &t->tid, &t->tcb, thread_main, t);
	if (err < 0) {
		munmap(map, len);
		__ret(err);
		return NULL;
	}
	return t;
}

/* Wait until the thread has ended, free it, return what its function returned. */
int thread_join(struct thread *t)
{
	int tid, result;

	while ((tid = __atomic_load_n(&t->tid, __ATOMIC_ACQUIRE)))
		futex_wait(&t->tid, tid, NULL);
	result = t->result;
	munmap(t->map, t->map_len);
	return result;
}

/* The id that the kernel knows it by, 0 after its end. */
int thread_id(const struct thread *t)
{
	return __atomic_load_n(&t->tid, __ATOMIC_ACQUIRE);
}

/* Mutex states: 0 free, 1 taken, 2 taken and someone may be asleep. */

void mutex_lock(struct mutex *m)
{
	int state = 0;

	if (__atomic_compare_exchange_n(&m->state, &state, 1, 0, __ATOMIC_ACQUIRE,
					__ATOMIC_RELAXED))
		return;
	while (__atomic_exchange_n(&m->state, 2, __ATOMIC_ACQUIRE))
		futex_wait(&m->state, 2, NULL);
}

void mutex_unlock(struct mutex *m)
{
	if (__atomic_exchange_n(&m->state, 0, __ATOMIC_RELEASE) == 2)
		futex_wake(&m->state, 1);
}
