/*
 * thread.h - threads over clone(), mutexes over futex() (libc/thread.c)
 */
#ifndef _THREAD_H
#define _THREAD_H

#include <uapi/time.h>

#define THREAD_STACK_SIZE	(64 * 1024UL)

struct thread;
struct mutex {
	int	state;
};

struct thread *thread_create(int (*fn)(void *), void *arg);
int thread_join(struct thread *t);
int thread_id(const struct thread *t);

void mutex_lock(struct mutex *m);
void mutex_unlock(struct mutex *m);

int futex_wait(int *word, int value, const struct timespec *timeout);
int futex_wake(int *word, int count);

#endif
