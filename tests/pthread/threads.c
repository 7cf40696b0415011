/*
 * tests/pthread/threads.c - threads come and go: values, stacks, guards, their own data, signals
 */
#include "tap.h"
#include <limits.h>
#include <sys/syscall.h>

static volatile int ready, done;

static void *same(void *arg)
{
	return arg;
}

TEST(join_gives_what_the_thread_returned)
{
	EQ(join(start(same, (void *)1234)), 1234);
}

static void *set_done(void *arg)
{
	__atomic_add_fetch(&done, 1, __ATOMIC_SEQ_CST);
	return arg;
}

TEST(a_detached_thread_runs_to_its_end)
{
	pthread_attr_t a;
	pthread_t t;

	OK(pthread_attr_init(&a));
	OK(pthread_attr_setdetachstate(&a, PTHREAD_CREATE_DETACHED));
	for (int i = 0; i < 100; i++) {
		OK(pthread_create(&t, &a, set_done, NULL));
		OK(pthread_create(&t, NULL, set_done, NULL));
		OK(pthread_detach(t));
	}
	EVENTUALLY(done == 200);
}

TEST(hundreds_of_threads_one_after_the_other)
{
	for (long i = 0; i < 400; i++)
		EQ(join(start(same, (void *)i)), i);
}

static pthread_barrier_t all;

static void *meet(void *arg)
{
	pthread_barrier_wait(&all);
	return arg;
}

TEST(two_hundred_threads_at_once)
{
	pthread_t t[200];

	OK(pthread_barrier_init(&all, NULL, 201));
	for (long i = 0; i < 200; i++)
		t[i] = start(meet, (void *)i);
	pthread_barrier_wait(&all);
	for (long i = 0; i < 200; i++)
		EQ(join(t[i]), i);
}

static void *start_more(void *arg)
{
	long depth = (long)arg;

	if (depth)
		for (int i = 0; i < 3; i++)
			join(start(start_more, (void *)(depth - 1)));
	set_done(NULL);
	return arg;
}

TEST(threads_start_threads)
{
	join(start(start_more, (void *)4L));
	EQ(done, 1 + 3 + 9 + 27 + 81);
}

static void *exit_process_later(void *arg)
{
	usleep(20000);
	_exit(5);
}

TEST(the_process_lives_on_after_pthread_exit_of_main)
{
	EXITS(CHILD(start(exit_process_later, NULL); pthread_exit(NULL)), 5);
}

/* ---- stacks ---- */

static void *use_stack(void *arg)
{
	volatile char big[200 * 1024];

	for (size_t i = 0; i < sizeof(big); i += 1024)
		big[i] = i >> 10;
	return (void *)(long)big[5 * 1024];
}

TEST(a_stack_has_the_size_that_was_asked_for)
{
	pthread_attr_t a;
	pthread_t t;

	OK(pthread_attr_init(&a));
	EQ(pthread_attr_setstacksize(&a, 1), EINVAL);
	OK(pthread_attr_setstacksize(&a, 256 * 1024));
	OK(pthread_create(&t, &a, use_stack, NULL));
	EQ(join(t), 5);
}

static void *use_given(void *arg)
{
	return __builtin_frame_address(0);
}

TEST(a_given_stack_is_used)
{
	size_t len = 128 * 1024;
	char *stack = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), *in;
	pthread_attr_t a;
	pthread_t t;

	CHECK(stack != MAP_FAILED);
	OK(pthread_attr_init(&a));
	OK(pthread_attr_setstack(&a, stack, len));
	OK(pthread_create(&t, &a, use_given, NULL));
	in = join(t);
	CHECK(in >= stack && in < stack + len);
}

static void *overflow(void *arg)
{
	volatile char frame[1024];

	frame[0] = 1;
	frame[1023] = frame[0];
	return done ? arg : (char *)overflow(arg) + frame[1023];
}

TEST(an_overflow_meets_the_guard)
{
	pid_t pid = CHILD(
		pthread_attr_t a;
		pthread_t t;
		OK(pthread_attr_init(&a));
		OK(pthread_attr_setstacksize(&a, 64 * 1024));
		OK(pthread_attr_setguardsize(&a, 8192));
		OK(pthread_create(&t, &a, overflow, NULL));
		join(t);
	);

	DIES(pid, SIGSEGV);
}

/* ---- data of each thread ---- */

static __thread long mine = 42;
static __thread char zeroes[10000];
static pthread_key_t key;
static int destroyed;

static void *change_mine(void *arg)
{
	if (mine != 42 || zeroes[9999])
		return (void *)1;
	mine = (long)arg;
	zeroes[9999] = 1;
	sched_yield();
	return (void *)(long)(mine != (long)arg);
}

TEST(each_thread_has_its_own_variables)
{
	pthread_t t[20];

	for (long i = 0; i < 20; i++)
		t[i] = start(change_mine, (void *)i);
	for (int i = 0; i < 20; i++)
		EQ(join(t[i]), 0);
	EQ(mine, 42);
	EQ(zeroes[9999], 0);
}

static void destroy(void *value)
{
	__atomic_add_fetch(&destroyed, 1, __ATOMIC_SEQ_CST);
	if ((long)value > 1)
		pthread_setspecific(key, (void *)((long)value - 1));
}

static void *set_key(void *arg)
{
	if (pthread_getspecific(key))
		return (void *)1;
	pthread_setspecific(key, arg);
	return NULL;
}

TEST(destructors_of_keys_run_again_while_there_are_values)
{
	OK(pthread_key_create(&key, destroy));
	OK(pthread_setspecific(key, (void *)1));
	EQ(join(start(set_key, (void *)1)), 0);
	EQ(destroyed, 1);
	EQ(join(start(set_key, (void *)3)), 0);
	EQ(destroyed, 4);
	EQ(join(start(set_key, (void *)100)), 0);
	EQ(destroyed, 4 + PTHREAD_DESTRUCTOR_ITERATIONS);
	OK(pthread_key_delete(key));
}

static pthread_once_t once = PTHREAD_ONCE_INIT;

static void slow_start(void)
{
	usleep(20000);
	set_done(NULL);
}

static void *need_start(void *arg)
{
	pthread_once(&once, slow_start);
	return (void *)(long)done;
}

TEST(once_is_once_and_all_wait_for_it)
{
	pthread_t t[10];

	for (int i = 0; i < 10; i++)
		t[i] = start(need_start, NULL);
	for (int i = 0; i < 10; i++)
		EQ(join(t[i]), 1);
}

static void *fail_a_call(void *arg)
{
	close(-1);
	sched_yield();
	return (void *)(long)errno;
}

TEST(errno_belongs_to_the_thread)
{
	errno = EDOM;
	EQ(join(start(fail_a_call, NULL)), EBADF);
	EQ(errno, EDOM);
}

/* ---- signals ---- */

static volatile pthread_t handled_by;

static void note(int sig)
{
	handled_by = pthread_self();
	done = 1;
}

static void *spin_until_done(void *arg)
{
	ready = 1;
	while (!done)
		sched_yield();
	return arg;
}

TEST(pthread_kill_reaches_that_thread)
{
	struct sigaction act = { .sa_handler = note };
	pthread_t t;

	OK(sigaction(SIGUSR1, &act, NULL));
	t = start(spin_until_done, NULL);
	EVENTUALLY(ready);
	OK(pthread_kill(t, SIGUSR1));
	CHECK(join(t) == NULL);
	CHECK(pthread_equal(handled_by, t));
}

static void *wait_signal(void *arg)
{
	int sig = 0;

	ready = 1;
	sigwait(arg, &sig);
	return (void *)(long)sig;
}

TEST(a_thread_waits_for_the_signals_of_the_process)
{
	sigset_t set;
	pthread_t t;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	OK(pthread_sigmask(SIG_BLOCK, &set, NULL));
	t = start(wait_signal, &set);
	EVENTUALLY(ready);
	kill(getpid(), SIGTERM);
	EQ(join(t), SIGTERM);
}

/* ---- fork, CPUs ---- */

static int prepared, in_parent, in_child;
static void prepare(void) { prepared++; }
static void parent(void) { in_parent++; }
static void child(void) { in_child++; }

static void *fork_in_thread(void *arg)
{
	pid_t pid = fork();
	int status = -1;

	if (!pid) {
		pthread_t t;

		/* The child has one thread, and may make more. */
		if (pthread_create(&t, NULL, same, (void *)9))
			_exit(1);
		join(t);
		_exit(in_child == 1 && prepared == 1 && !in_parent ? 0 : 1);
	}
	waitpid(pid, &status, 0);
	return (void *)(long)status;
}

TEST(fork_from_a_thread_copies_that_thread)
{
	OK(pthread_atfork(prepare, parent, child));
	start(spin_until_done, NULL);
	EQ(join(start(fork_in_thread, NULL)), 0);
	EQ(prepared + in_parent, 2);
	EQ(in_child, 0);
	done = 1;
}

static void *where(void *arg)
{
	cpu_set_t set;

	for (int i = 0; i < 1000; i++) {
		unsigned int cpu = -1U;
		int lib = sched_getcpu();

		if (lib < 0 || lib >= CPU_SETSIZE || syscall(SYS_getcpu, &cpu, NULL, NULL) || cpu >= CPU_SETSIZE)
			return (void *)1;
	}
	/* On one CPU only, the library and the kernel agree. */
	for (int cpu = 0; cpu < 64; cpu++) {
		CPU_ZERO(&set);
		CPU_SET(cpu, &set);
		if (sched_setaffinity(0, sizeof(set), &set))
			continue;
		for (int i = 0; i < 100; i++)
			if (sched_getcpu() != cpu)
				return (void *)2;
	}
	return arg;
}

TEST(a_thread_knows_its_cpu)
{
	pthread_t t[8];

	for (int i = 0; i < 8; i++)
		t[i] = start(where, NULL);
	for (int i = 0; i < 8; i++)
		EQ(join(t[i]), 0);
}

static void *burn(void *arg)
{
	clockid_t clock;
	struct timespec t;

	OK(pthread_getcpuclockid(pthread_self(), &clock));
	do
		OK(clock_gettime(clock, &t));
	while (!t.tv_sec && t.tv_nsec < 20000000);
	return arg;
}

TEST(a_thread_has_a_clock_of_its_own)
{
	struct timespec t;

	join(start(burn, NULL));
	OK(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t));
	CHECK(t.tv_sec || t.tv_nsec >= 20000000);
}
