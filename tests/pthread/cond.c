/*
 * tests/pthread/cond.c - condition variables, barriers, read-write locks, semaphores
 */
#include "tap.h"
#include <fcntl.h>
#include <sys/stat.h>

static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t c = PTHREAD_COND_INITIALIZER, back = PTHREAD_COND_INITIALIZER;
static int turn, waiting, go;

static void *answer(void *arg)
{
	for (int i = 0; i < 500; i++) {
		pthread_mutex_lock(&m);
		while (turn != 1)
			pthread_cond_wait(&c, &m);
		turn = 0;
		pthread_cond_signal(&back);
		pthread_mutex_unlock(&m);
	}
	return arg;
}

TEST(two_threads_take_turns_by_signals)
{
	pthread_t t = start(answer, &t);

	for (int i = 0; i < 500; i++) {
		pthread_mutex_lock(&m);
		turn = 1;
		pthread_cond_signal(&c);
		while (turn != 0)
			pthread_cond_wait(&back, &m);
		pthread_mutex_unlock(&m);
	}
	EQ(join(t), &t);
}

static void *wait_for_go(void *arg)
{
	pthread_mutex_lock(&m);
	waiting++;
	while (!go)
		pthread_cond_wait(&c, &m);
	waiting--;
	pthread_mutex_unlock(&m);
	return arg;
}

TEST(broadcast_wakes_all)
{
	pthread_t t[20];

	for (int round = 0; round < 5; round++) {
		go = 0;
		for (int i = 0; i < 20; i++)
			t[i] = start(wait_for_go, NULL);
		EVENTUALLY(__atomic_load_n(&waiting, __ATOMIC_ACQUIRE) == 20);
		pthread_mutex_lock(&m);
		go = 1;
		pthread_cond_broadcast(&c);
		pthread_mutex_unlock(&m);
		for (int i = 0; i < 20; i++)
			join(t[i]);
		EQ(waiting, 0);
	}
}

static int reached(clockid_t clock, const struct timespec *t)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return now.tv_sec > t->tv_sec || (now.tv_sec == t->tv_sec && now.tv_nsec >= t->tv_nsec);
}

TEST(timedwait_ends_by_the_wall_clock)
{
	struct timespec until = in_ms(CLOCK_REALTIME, 60);

	OK(pthread_mutex_lock(&m));
	EQ(pthread_cond_timedwait(&c, &m, &until), ETIMEDOUT);
	CHECK(reached(CLOCK_REALTIME, &until));
	EQ(pthread_cond_timedwait(&c, &m, &until), ETIMEDOUT);
	until.tv_nsec = -1;
	EQ(pthread_cond_timedwait(&c, &m, &until), EINVAL);
	OK(pthread_mutex_unlock(&m));
}

TEST(timedwait_ends_by_the_monotonic_clock)
{
	pthread_condattr_t a;
	pthread_cond_t mono;
	struct timespec until;

	OK(pthread_condattr_init(&a));
	OK(pthread_condattr_setclock(&a, CLOCK_MONOTONIC));
	OK(pthread_cond_init(&mono, &a));
	until = in_ms(CLOCK_MONOTONIC, 60);
	OK(pthread_mutex_lock(&m));
	EQ(pthread_cond_timedwait(&mono, &m, &until), ETIMEDOUT);
	CHECK(reached(CLOCK_MONOTONIC, &until));
}

struct ring {
	pthread_mutex_t m;
	pthread_cond_t full, empty;
	int items, sum;
};

static void produce(struct ring *r)
{
	for (int i = 1; i <= 500; i++) {
		pthread_mutex_lock(&r->m);
		while (r->items)
			pthread_cond_wait(&r->empty, &r->m);
		r->items = i;
		pthread_cond_signal(&r->full);
		pthread_mutex_unlock(&r->m);
	}
}

TEST(conditions_in_shared_memory_work_between_processes)
{
	struct ring *r = shared(sizeof(*r));
	pthread_mutexattr_t ma;
	pthread_condattr_t ca;
	pid_t pid;

	OK(pthread_mutexattr_init(&ma));
	OK(pthread_mutexattr_setpshared(&ma, PTHREAD_PROCESS_SHARED));
	OK(pthread_mutex_init(&r->m, &ma));
	OK(pthread_condattr_init(&ca));
	OK(pthread_condattr_setpshared(&ca, PTHREAD_PROCESS_SHARED));
	OK(pthread_cond_init(&r->full, &ca));
	OK(pthread_cond_init(&r->empty, &ca));
	pid = CHILD(produce(r));
	for (int i = 1; i <= 500; i++) {
		pthread_mutex_lock(&r->m);
		while (!r->items)
			pthread_cond_wait(&r->full, &r->m);
		r->sum += r->items;
		r->items = 0;
		pthread_cond_signal(&r->empty);
		pthread_mutex_unlock(&r->m);
	}
	EXITS(pid, 0);
	EQ(r->sum, 500 * 501 / 2);
}

/* ---- barriers ---- */

static pthread_barrier_t barrier;
static int arrived[3], serial;

static void *pass(void *arg)
{
	for (int round = 0; round < 100; round++) {
		__atomic_add_fetch(&arrived[round % 3], 1, __ATOMIC_SEQ_CST);
		if (pthread_barrier_wait(&barrier) == PTHREAD_BARRIER_SERIAL_THREAD)
			__atomic_add_fetch(&serial, 1, __ATOMIC_SEQ_CST);
		if (__atomic_load_n(&arrived[round % 3], __ATOMIC_SEQ_CST) % 6)
			return (void *)1;
	}
	return arg;
}

TEST(a_barrier_holds_until_all_are_there)
{
	pthread_t t[6];

	OK(pthread_barrier_init(&barrier, NULL, 6));
	for (int i = 0; i < 6; i++)
		t[i] = start(pass, NULL);
	for (int i = 0; i < 6; i++)
		EQ(join(t[i]), 0);
	EQ(serial, 100);
	EQ(arrived[0] + arrived[1] + arrived[2], 6 * 100);
	OK(pthread_barrier_destroy(&barrier));
}

TEST(a_barrier_in_shared_memory_works_between_processes)
{
	pthread_barrier_t *b = shared(sizeof(*b));
	pthread_barrierattr_t a;
	pid_t pid;

	OK(pthread_barrierattr_init(&a));
	OK(pthread_barrierattr_setpshared(&a, PTHREAD_PROCESS_SHARED));
	OK(pthread_barrier_init(b, &a, 2));
	pid = CHILD(for (int i = 0; i < 200; i++) pthread_barrier_wait(b));
	for (int i = 0; i < 200; i++)
		pthread_barrier_wait(b);
	EXITS(pid, 0);
}

/* ---- read-write locks ---- */

static pthread_rwlock_t rw = PTHREAD_RWLOCK_INITIALIZER;
static int readers, writers, most_readers, broken;

static void *read_it(void *arg)
{
	for (int i = 0; i < 500; i++) {
		pthread_rwlock_rdlock(&rw);
		__atomic_add_fetch(&readers, 1, __ATOMIC_SEQ_CST);
		if (__atomic_load_n(&writers, __ATOMIC_SEQ_CST))
			broken = 1;
		__atomic_sub_fetch(&readers, 1, __ATOMIC_SEQ_CST);
		pthread_rwlock_unlock(&rw);
	}
	return arg;
}

static void *write_it(void *arg)
{
	for (int i = 0; i < 500; i++) {
		pthread_rwlock_wrlock(&rw);
		if (__atomic_add_fetch(&writers, 1, __ATOMIC_SEQ_CST) != 1 ||
		    __atomic_load_n(&readers, __ATOMIC_SEQ_CST))
			broken = 1;
		most_readers++;
		__atomic_sub_fetch(&writers, 1, __ATOMIC_SEQ_CST);
		pthread_rwlock_unlock(&rw);
	}
	return arg;
}

TEST(writers_are_alone_readers_are_not)
{
	pthread_t t[8];

	for (int i = 0; i < 8; i++)
		t[i] = start(i % 2 ? read_it : write_it, NULL);
	for (int i = 0; i < 8; i++)
		join(t[i]);
	EQ(broken, 0);
	EQ(most_readers, 2000);
}

static void *try_write(void *arg)
{
	return (void *)(long)pthread_rwlock_trywrlock(&rw);
}

static void *try_read(void *arg)
{
	struct timespec until = in_ms(CLOCK_REALTIME, 30);

	return (void *)(long)pthread_rwlock_timedrdlock(&rw, &until);
}

TEST(a_rwlock_that_is_taken_says_so)
{
	OK(pthread_rwlock_rdlock(&rw));
	EQ(join(start(try_write, NULL)), EBUSY);
	EQ(join(start(try_read, NULL)), 0);
	OK(pthread_rwlock_unlock(&rw));
	OK(pthread_rwlock_unlock(&rw));
	OK(pthread_rwlock_wrlock(&rw));
	EQ(join(start(try_read, NULL)), ETIMEDOUT);
}

/* ---- semaphores ---- */

static sem_t sem;

static void *post_later(void *arg)
{
	for (int i = 0; i < 5; i++) {
		usleep(2000);
		sem_post(&sem);
	}
	return arg;
}

TEST(a_semaphore_counts_and_lets_wait)
{
	pthread_t t;
	int value;

	OK(sem_init(&sem, 0, 2));
	OK(sem_wait(&sem));
	OK(sem_trywait(&sem));
	EQ(sem_trywait(&sem), -1);
	EQ(errno, EAGAIN);
	t = start(post_later, NULL);
	for (int i = 0; i < 5; i++)
		OK(sem_wait(&sem));
	join(t);
	OK(sem_getvalue(&sem, &value));
	EQ(value, 0);
}

static void on_signal(int sig) { }

TEST(a_semaphore_gives_up_at_its_time_or_at_a_signal)
{
	struct timespec until = in_ms(CLOCK_REALTIME, 30);
	struct sigaction act = { .sa_handler = on_signal };

	OK(sem_init(&sem, 0, 0));
	EQ(sem_timedwait(&sem, &until), -1);
	EQ(errno, ETIMEDOUT);
	OK(sigaction(SIGALRM, &act, NULL));
	alarm(1);
	until = in_ms(CLOCK_REALTIME, 50000);
	EQ(sem_timedwait(&sem, &until), -1);
	EQ(errno, EINTR);
}

TEST(an_unnamed_semaphore_works_between_processes)
{
	sem_t *s = shared(2 * sizeof(*s));
	pid_t pid;

	OK(sem_init(&s[0], 1, 0));
	OK(sem_init(&s[1], 1, 0));
	pid = CHILD(for (int i = 0; i < 100; i++) { sem_wait(&s[0]); sem_post(&s[1]); });
	for (int i = 0; i < 100; i++) {
		OK(sem_post(&s[0]));
		OK(sem_wait(&s[1]));
	}
	EXITS(pid, 0);
}

TEST(a_named_semaphore_is_found_by_its_name)
{
	sem_t *s, *again;
	pid_t pid;

	mkdir("/dev/shm", 01777);
	s = sem_open("/quire-test", O_CREAT | O_EXCL, 0600, 0);
	CHECK(s != SEM_FAILED);
	pid = CHILD(
		again = sem_open("/quire-test", 0);
		CHECK(again != SEM_FAILED);
		OK(sem_post(again));
	);
	OK(sem_wait(s));
	EXITS(pid, 0);
	CHECK(sem_open("/quire-test", O_CREAT | O_EXCL, 0600, 0) == SEM_FAILED);
	EQ(errno, EEXIST);
	OK(sem_unlink("/quire-test"));
	CHECK(sem_open("/quire-test", 0) == SEM_FAILED);
	EQ(errno, ENOENT);
	OK(sem_close(s));
}
