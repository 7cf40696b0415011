/*
 * tests/pthread/cancel.c - ending another thread: at its next cancellation point, or anywhere
 */
#include "tap.h"
#include <sys/socket.h>

static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t c = PTHREAD_COND_INITIALIZER;
static volatile int ready, cleaned, order[3];
static int fds[2];

static void clean(void *arg)
{
	order[cleaned++] = (long)arg;
}

static void *read_for_ever(void *arg)
{
	char byte;

	pthread_cleanup_push(clean, (void *)1);
	pthread_cleanup_push(clean, (void *)2);
	ready = 1;
	read(fds[0], &byte, 1);
	pthread_cleanup_pop(0);
	pthread_cleanup_pop(0);
	return arg;
}

TEST(a_thread_in_read_is_cancelled_and_cleans_up_in_reverse)
{
	pthread_t t;

	OK(pipe(fds));
	t = start(read_for_ever, NULL);
	EVENTUALLY(ready);
	usleep(20000);
	OK(pthread_cancel(t));
	CHECK(join(t) == PTHREAD_CANCELED);
	EQ(cleaned, 2);
	EQ(order[0], 2);
	EQ(order[1], 1);
}

static void *sleep_long(void *arg)
{
	struct timespec t = { 1000, 0 };

	ready = 1;
	nanosleep(&t, NULL);
	return arg;
}

TEST(a_sleeping_thread_is_cancelled)
{
	pthread_t t = start(sleep_long, NULL);

	EVENTUALLY(ready);
	usleep(20000);
	OK(pthread_cancel(t));
	CHECK(join(t) == PTHREAD_CANCELED);
}

static void unlock(void *arg)
{
	cleaned = pthread_mutex_trylock(&m) == EBUSY;	/* the wait has taken it again */
	pthread_mutex_unlock(&m);
}

static void *wait_for_ever(void *arg)
{
	pthread_mutex_lock(&m);
	pthread_cleanup_push(unlock, NULL);
	ready = 1;
	for (;;)
		pthread_cond_wait(&c, &m);
	pthread_cleanup_pop(0);
	return arg;
}

TEST(a_cancelled_wait_holds_the_mutex_in_its_cleanup)
{
	pthread_t t = start(wait_for_ever, NULL);

	EVENTUALLY(ready);
	OK(pthread_mutex_lock(&m));
	OK(pthread_mutex_unlock(&m));
	OK(pthread_cancel(t));
	CHECK(join(t) == PTHREAD_CANCELED);
	EQ(cleaned, 1);
	OK(pthread_mutex_trylock(&m));
}

static void *disabled_for_a_while(void *arg)
{
	int old;

	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &old);
	ready = 1;
	while (ready != 2)
		usleep(1000);
	cleaned = 1;
	pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, &old);
	pthread_testcancel();
	return arg;
}

TEST(a_disabled_cancellation_waits)
{
	pthread_t t = start(disabled_for_a_while, NULL);

	EVENTUALLY(ready);
	OK(pthread_cancel(t));
	usleep(20000);
	ready = 2;
	CHECK(join(t) == PTHREAD_CANCELED);
	EQ(cleaned, 1);
}

static void *compute(void *arg)
{
	int old;

	pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, &old);
	ready = 1;
	for (;;)
		asm volatile("pause");
	return arg;
}

TEST(an_asynchronous_cancellation_ends_a_loop)
{
	pthread_t t = start(compute, NULL);

	EVENTUALLY(ready);
	OK(pthread_cancel(t));
	CHECK(join(t) == PTHREAD_CANCELED);
}

static void *exit_with(void *arg)
{
	pthread_cleanup_push(clean, (void *)7);
	pthread_exit(arg);
	pthread_cleanup_pop(0);
	return NULL;
}

TEST(pthread_exit_runs_the_cleanup)
{
	EQ(join(start(exit_with, &m)), &m);
	EQ(cleaned, 1);
	EQ(order[0], 7);
}

static void *accept_for_ever(void *arg)
{
	ready++;
	sem_wait(arg);
	return arg;
}

TEST(many_waiters_are_cancelled)
{
	pthread_t t[30];
	sem_t s;
	int value;

	OK(sem_init(&s, 0, 0));
	for (int i = 0; i < 30; i++)
		t[i] = start(accept_for_ever, &s);
	usleep(20000);
	for (int i = 0; i < 30; i++)
		OK(pthread_cancel(t[i]));
	for (int i = 0; i < 30; i++)
		CHECK(join(t[i]) == PTHREAD_CANCELED);
	OK(sem_post(&s));
	OK(sem_getvalue(&s, &value));
	EQ(value, 1);
}
