/*
 * user/threads.c - a thread is a process that shares its mm_struct
 *
 * Shows: threads have ids of their own and one process id; each has its stack, an ordinary
 *        area of the one address space; an area mapped by one is there for all; a variable
 *        has one frame whoever looks. clone(CLONE_VM) only counts mm_users up.
 */
#include <thread.h>
#include "show.h"

#define THREADS	3

static struct mutex lock;
static volatile int counter;
static volatile char *mapped_by_thread;

static int work(void *arg)
{
	int local = 0;

	for (int i = 0; i < 10000; i++) {
		mutex_lock(&lock);
		counter++;
		local++;
		mutex_unlock(&lock);
	}
	mutex_lock(&lock);
	printf("thread %ld: pid %d tid %d, counter at %p in frame 0x%lx, its stack:\n",
	       (long)arg, getpid(), gettid(), (void *)&counter, frame_of(getpid(), &counter));
	show_maps(getpid(), &local, &local + 1);
	if (!mapped_by_thread) {
		mapped_by_thread = fresh_pages(1);
		mapped_by_thread[0] = 'T';
	}
	mutex_unlock(&lock);
	return local;
}

int main(void)
{
	struct thread *t[THREADS];
	int sum = 0;

	printf("main:     pid %d tid %d, counter at %p in frame 0x%lx\n", getpid(), gettid(),
	       (void *)&counter, frame_of(getpid(), &counter));
	for (long i = 0; i < THREADS; i++) {
		t[i] = thread_create(work, (void *)i);
		if (!t[i]) {
			perror("thread_create");
			return 1;
		}
	}
	for (int i = 0; i < THREADS; i++)
		sum += thread_join(t[i]);
	printf("main: counter is %d, the threads counted %d\n", counter, sum);
	printf("main: finds '%c' in an area that a thread has mapped:\n", mapped_by_thread[0]);
	show_maps(getpid(), mapped_by_thread, mapped_by_thread + 1);
	return 0;
}
