/*
 * tests/pthread/mutex.c - mutexes of every type, robust ones and those of several processes; spinlocks
 */
#include "tap.h"

#define ROUNDS 5000

static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
static pthread_spinlock_t spin;
static long counter;

static void make(pthread_mutex_t *mutex, int type, int robust, int pshared)
{
	pthread_mutexattr_t a;

	OK(pthread_mutexattr_init(&a));
	OK(pthread_mutexattr_settype(&a, type));
	OK(pthread_mutexattr_setrobust(&a, robust));
	OK(pthread_mutexattr_setpshared(&a, pshared));
	OK(pthread_mutex_init(mutex, &a));
	OK(pthread_mutexattr_destroy(&a));
}

static void *count(void *arg)
{
	for (int i = 0; i < ROUNDS; i++) {
		pthread_mutex_lock(&m);
		counter++;
		pthread_mutex_unlock(&m);
	}
	return arg;
}

TEST(a_mutex_lets_one_thread_in)
{
	pthread_t t[8];

	for (int i = 0; i < 8; i++)
		t[i] = start(count, &t[i]);
	for (int i = 0; i < 8; i++)
		EQ(join(t[i]), &t[i]);
	EQ(counter, 8 * ROUNDS);
}

static void *try_it(void *arg)
{
	return (void *)(long)pthread_mutex_trylock(arg);
}

TEST(trylock_of_a_taken_mutex_is_busy)
{
	OK(pthread_mutex_lock(&m));
	EQ(join(start(try_it, &m)), EBUSY);
	OK(pthread_mutex_unlock(&m));
	EQ(join(start(try_it, &m)), 0);
}

TEST(timedlock_gives_up_at_its_time)
{
	struct timespec until = in_ms(CLOCK_REALTIME, 50), now;

	OK(pthread_mutex_lock(&m));
	CHECK(pthread_mutex_timedlock(&m, &until) == ETIMEDOUT);
	clock_gettime(CLOCK_REALTIME, &now);
	CHECK(now.tv_sec > until.tv_sec || (now.tv_sec == until.tv_sec && now.tv_nsec >= until.tv_nsec));
	until.tv_nsec = 1000000000;
	EQ(pthread_mutex_timedlock(&m, &until), EINVAL);
}

TEST(a_recursive_mutex_counts)
{
	pthread_mutex_t r;

	make(&r, PTHREAD_MUTEX_RECURSIVE, PTHREAD_MUTEX_STALLED, PTHREAD_PROCESS_PRIVATE);
	for (int i = 0; i < 3; i++)
		OK(pthread_mutex_lock(&r));
	for (int i = 0; i < 2; i++) {
		OK(pthread_mutex_unlock(&r));
		EQ(join(start(try_it, &r)), EBUSY);
	}
	OK(pthread_mutex_unlock(&r));
	EQ(pthread_mutex_unlock(&r), EPERM);
	EQ(join(start(try_it, &r)), 0);
}

static void *unlock_it(void *arg)
{
	return (void *)(long)pthread_mutex_unlock(arg);
}

TEST(an_errorcheck_mutex_knows_its_owner)
{
	pthread_mutex_t e;

	make(&e, PTHREAD_MUTEX_ERRORCHECK, PTHREAD_MUTEX_STALLED, PTHREAD_PROCESS_PRIVATE);
	EQ(pthread_mutex_unlock(&e), EPERM);
	OK(pthread_mutex_lock(&e));
	EQ(pthread_mutex_lock(&e), EDEADLK);
	EQ(join(start(unlock_it, &e)), EPERM);
	OK(pthread_mutex_unlock(&e));
}

static void *die_holding(void *arg)
{
	pthread_mutex_lock(arg);
	return NULL;
}

TEST(a_robust_mutex_tells_that_its_owner_died)
{
	pthread_mutex_t r;

	make(&r, PTHREAD_MUTEX_NORMAL, PTHREAD_MUTEX_ROBUST, PTHREAD_PROCESS_PRIVATE);
	join(start(die_holding, &r));
	EQ(pthread_mutex_lock(&r), EOWNERDEAD);
	EQ(join(start(try_it, &r)), EBUSY);
	OK(pthread_mutex_consistent(&r));
	OK(pthread_mutex_unlock(&r));
	OK(pthread_mutex_lock(&r));
	OK(pthread_mutex_unlock(&r));
	EQ(pthread_mutex_consistent(&r), EINVAL);
}

TEST(a_robust_mutex_not_made_consistent_is_lost)
{
	pthread_mutex_t r;

	make(&r, PTHREAD_MUTEX_NORMAL, PTHREAD_MUTEX_ROBUST, PTHREAD_PROCESS_PRIVATE);
	join(start(die_holding, &r));
	EQ(pthread_mutex_trylock(&r), EOWNERDEAD);
	OK(pthread_mutex_unlock(&r));
	EQ(pthread_mutex_lock(&r), ENOTRECOVERABLE);
	EQ(pthread_mutex_trylock(&r), ENOTRECOVERABLE);
}

static pthread_barrier_t two;

static void *die_while_others_wait(void *arg)
{
	pthread_mutex_lock(arg);
	pthread_barrier_wait(&two);
	usleep(50000);
	return NULL;
}

TEST(the_death_of_the_owner_wakes_who_sleeps)
{
	pthread_mutex_t r;
	pthread_t t;

	OK(pthread_barrier_init(&two, NULL, 2));
	make(&r, PTHREAD_MUTEX_NORMAL, PTHREAD_MUTEX_ROBUST, PTHREAD_PROCESS_PRIVATE);
	t = start(die_while_others_wait, &r);
	pthread_barrier_wait(&two);
	EQ(pthread_mutex_lock(&r), EOWNERDEAD);
	join(t);
}

TEST(a_thread_may_die_with_many_robust_mutexes)
{
	enum { N = 500 };
	pthread_mutex_t *r = shared(N * sizeof(*r));
	pid_t pid;

	for (int i = 0; i < N; i++)
		make(&r[i], PTHREAD_MUTEX_NORMAL, PTHREAD_MUTEX_ROBUST, PTHREAD_PROCESS_SHARED);
	pid = CHILD(for (int i = 0; i < N; i++) pthread_mutex_lock(&r[i]));
	EXITS(pid, 0);
	for (int i = 0; i < N; i++)
		EQ(pthread_mutex_lock(&r[i]), EOWNERDEAD);
}

struct page {
	pthread_mutex_t mutex;
	volatile long count;
};

TEST(a_mutex_in_shared_memory_works_between_processes)
{
	struct page *p = shared(sizeof(*p));
	pid_t pid[4];

	make(&p->mutex, PTHREAD_MUTEX_NORMAL, PTHREAD_MUTEX_STALLED, PTHREAD_PROCESS_SHARED);
	for (int k = 0; k < 4; k++)
		pid[k] = CHILD(for (int i = 0; i < ROUNDS; i++) {
			pthread_mutex_lock(&p->mutex);
			p->count++;
			pthread_mutex_unlock(&p->mutex);
		});
	for (int k = 0; k < 4; k++)
		EXITS(pid[k], 0);
	EQ(p->count, 4 * ROUNDS);
}

TEST(a_killed_process_leaves_its_robust_mutex)
{
	struct page *p = shared(sizeof(*p));
	pid_t pid;

	make(&p->mutex, PTHREAD_MUTEX_RECURSIVE, PTHREAD_MUTEX_ROBUST, PTHREAD_PROCESS_SHARED);
	pid = CHILD(pthread_mutex_lock(&p->mutex); p->count = 1; pause());
	EVENTUALLY(p->count);
	EQ(pthread_mutex_trylock(&p->mutex), EBUSY);
	kill(pid, SIGKILL);
	EQ(pthread_mutex_lock(&p->mutex), EOWNERDEAD);
	OK(pthread_mutex_consistent(&p->mutex));
	OK(pthread_mutex_unlock(&p->mutex));
	DIES(pid, SIGKILL);
}

TEST(exec_leaves_its_robust_mutex)
{
	struct page *p = shared(sizeof(*p));
	pid_t pid;

	make(&p->mutex, PTHREAD_MUTEX_NORMAL, PTHREAD_MUTEX_ROBUST, PTHREAD_PROCESS_SHARED);
	pid = CHILD(pthread_mutex_lock(&p->mutex); execl("/bin/sh", "sh", "-c", "exit 3", NULL));
	EXITS(pid, 3);
	EQ(pthread_mutex_lock(&p->mutex), EOWNERDEAD);
}

/* Without FUTEX_LOCK_PI in the kernel glibc says ENOTSUP, musl hands its ENOSYS on. */
TEST(priority_inheritance_works_or_is_said_to_be_missing)
{
	pthread_mutexattr_t a;
	pthread_mutex_t p;
	int err;

	OK(pthread_mutexattr_init(&a));
	err = pthread_mutexattr_setprotocol(&a, PTHREAD_PRIO_INHERIT);
	if (!err)
		err = pthread_mutex_init(&p, &a);
	if (err) {
		CHECK(err == ENOTSUP || err == ENOSYS);
		return;
	}
	OK(pthread_mutex_lock(&p));
	EQ(join(start(try_it, &p)), EBUSY);
	OK(pthread_mutex_unlock(&p));
	EQ(join(start(try_it, &p)), 0);
}

static void *count_spinning(void *arg)
{
	for (int i = 0; i < ROUNDS; i++) {
		pthread_spin_lock(&spin);
		counter++;
		pthread_spin_unlock(&spin);
	}
	return arg;
}

TEST(a_spinlock_lets_one_thread_in)
{
	pthread_t t[4];

	OK(pthread_spin_init(&spin, PTHREAD_PROCESS_PRIVATE));
	for (int i = 0; i < 4; i++)
		t[i] = start(count_spinning, NULL);
	for (int i = 0; i < 4; i++)
		join(t[i]);
	EQ(counter, 4 * ROUNDS);
	OK(pthread_spin_lock(&spin));
	EQ(pthread_spin_trylock(&spin), EBUSY);
}
