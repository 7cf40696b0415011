/*
 * tests/user/thread.c - clone() and futex()
 */
#include <sched.h>
#include <thread.h>
#include <time.h>
#include <sys/prctl.h>
#include "proc.h"

static struct mutex lock;
static volatile int shared;

static int count_up(void *arg)
{
	for (int i = 0; i < 20000; i++) {
		mutex_lock(&lock);
		shared++;
		mutex_unlock(&lock);
	}
	return (long)arg;
}

static struct thread *start(int (*fn)(void *), void *arg)
{
	struct thread *t = thread_create(fn, arg);

	if (!t)
		FAIL("thread_create: %s", strerrorname(errno));
	return t;
}

TEST(threads_share_memory_and_a_mutex_orders_them)
{
	struct thread *t[8];

	for (long i = 0; i < 8; i++)
		t[i] = start(count_up, (void *)i);
	for (long i = 0; i < 8; i++)
		EQ(thread_join(t[i]), i);
	EQ(shared, 8 * 20000);
}

static volatile int tid_is_known;

static int ids(void *arg)
{
	int *id = arg;

	id[0] = getpid();
	id[1] = gettid();
	return 0;
}

/* At its end the kernel clears what thread_id() reads. */
static int ids_when_known(void *arg)
{
	while (!tid_is_known)
		sched_yield();
	return ids(arg);
}

TEST(threads_have_one_pid_and_different_tids)
{
	int id[2];
	struct thread *t = start(ids_when_known, id);
	int tid = thread_id(t);

	tid_is_known = 1;
	thread_join(t);
	EQ(id[0], getpid());
	EQ(id[1], tid);
	CHECK(id[1] != getpid());
	EQ(gettid(), getpid());
}

static int set_errno(void *arg)
{
	errno = EDOM;
	__atomic_store_n((int *)arg, 1, __ATOMIC_RELEASE);
	return errno;
}

TEST(each_thread_has_its_own_fs_base)
{
	struct thread *t;
	int is_set = 0;

	errno = ERANGE;
	t = start(set_errno, &is_set);
	while (!__atomic_load_n(&is_set, __ATOMIC_ACQUIRE))
		sched_yield();
	EQ(errno, ERANGE);		/* before thread_join(), whose futex_wait() may fail */
	EQ(thread_join(t), EDOM);
}

static int map_one(void *arg)
{
	char *p = map_pages(1);

	p[0] = 'T';
	*(char **)arg = p;
	return 0;
}

TEST(an_area_mapped_by_a_thread_is_there_for_all)
{
	char *p = NULL;

	thread_join(start(map_one, &p));
	EQ(p[0], 'T');
}

static int open_one(void *arg)
{
	return open("/dev/null", O_RDONLY);
}

TEST(descriptors_and_directory_are_shared)
{
	int fd = thread_join(start(open_one, NULL));

	OK(fcntl(fd, F_GETFD));
}

static int nap_then_wake(void *arg)
{
	usleep(20000);
	__atomic_store_n((int *)arg, 1, __ATOMIC_RELEASE);
	return futex_wake(arg, 1);
}

TEST(futex_wait_sleeps_until_wake)
{
	int word = 0;
	struct thread *t = start(nap_then_wake, &word);

	while (!__atomic_load_n(&word, __ATOMIC_ACQUIRE))
		futex_wait(&word, 0, NULL);
	CMP(thread_join(t), <=, 1);
}

TEST(futex_wait_with_another_value_returns_at_once)
{
	int word = 5;

	ERR(futex_wait(&word, 4, NULL), EAGAIN);
}

TEST(futex_wait_times_out)
{
	struct timespec t = { 0, 30000000 }, before, after;
	int word = 0;

	clock_gettime(CLOCK_MONOTONIC, &before);
	ERR(futex_wait(&word, 0, &t), ETIMEDOUT);
	clock_gettime(CLOCK_MONOTONIC, &after);
	CMP((after.tv_sec - before.tv_sec) * 1000000000 + after.tv_nsec - before.tv_nsec, >=,
	    30000000);
}

TEST(futex_wake_without_waiters_wakes_nobody)
{
	int word = 0;

	EQ(futex_wake(&word, 100), 0);
}

TEST(futex_rejects_a_misaligned_word)
{
	char buf[16];

	ERR(futex_wait((int *)(buf + 1), 0, NULL), EINVAL);
}

static int wait_word;

static int wait_for_it(void *arg)
{
	*(volatile int *)arg = gettid();
	return futex_wait(&wait_word, 0, NULL);
}

TEST(futex_wake_wakes_as_many_as_asked)
{
	volatile int tids[4] = { 0 };
	struct thread *t[4];

	for (int i = 0; i < 4; i++)
		t[i] = start(wait_for_it, (void *)&tids[i]);
	for (int i = 0; i < 4; i++)
		EVENTUALLY(tids[i] && sleeps(tids[i]));
	EQ(futex_wake(&wait_word, 1), 1);
	EQ(futex_wake(&wait_word, 100), 3);
	for (int i = 0; i < 4; i++)
		EQ(thread_join(t[i]), 0);
}

TEST(futex_in_shared_memory_works_between_processes)
{
	int *word = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t pid;

	CHECK(word != MAP_FAILED);
	pid = CHILD(usleep(20000); *word = 1; futex_wake(word, 1));
	while (!*(volatile int *)word)
		futex_wait(word, 0, NULL);
	EXITS(pid, 0);
}

static int sleep_long(void *arg)
{
	sleep(100);
	return 0;
}

TEST(exit_group_ends_all_threads)
{
	pid_t pid = CHILD(
		start(sleep_long, NULL);
		start(sleep_long, NULL);
		_exit(7)
	);

	EXITS(pid, 7);
}

static int exit_from_thread(void *arg)
{
	_exit(9);
}

TEST(exit_group_from_a_thread_ends_the_process)
{
	EXITS(CHILD(start(exit_from_thread, NULL); sleep(100)), 9);
}

static int crash(void *arg)
{
	*(volatile int *)arg = 1;
	return 0;
}

TEST(a_fault_in_a_thread_kills_the_process)
{
	DIES(CHILD(start(crash, NULL); sleep(100)), SIGSEGV);
}

TEST(a_process_lives_until_its_last_thread_ends)
{
	int fds[2];
	char c = 0;
	pid_t pid;

	OK(pipe(fds));
	pid = CHILD(
		start(nap_then_wake, &wait_word);
		syscall1(__NR_exit, 0)
	);
	close(fds[1]);
	EQ(read(fds[0], &c, 1), 0);
	EXITS(pid, 0);
}

TEST(fork_in_a_threaded_process_copies_one_thread)
{
	start(sleep_long, NULL);
	EXITS(CHILD(EQ(status_value("Threads"), 1)), 0);
	EQ(status_value("Threads"), 2);
}

TEST(execve_ends_the_other_threads)
{
	static char *const argv[] = { "sh", "-c", "exit 5", NULL };

	EXITS(CHILD(start(sleep_long, NULL); execv("/bin/sh", argv)), 5);
}

static int exec_in_thread(void *arg)
{
	static char *const argv[] = { "sh", "-c", "exit $(($$ == P ? 6 : 1))", NULL };
	char text[16];

	snprintf(text, sizeof(text), "%d", getpid());
	setenv("P", text, 1);
	execv("/bin/sh", argv);
	_exit(99);
}

TEST(execve_by_a_thread_keeps_the_process_id)
{
	EXITS(CHILD(start(exec_in_thread, NULL); sleep(100)), 6);
}

static volatile int handled_by;

static void note_thread(int sig)
{
	handled_by = gettid();
}

static int spin_until_handled(void *arg)
{
	while (!handled_by)
		usleep(1000);
	return handled_by;
}

TEST(tgkill_reaches_just_that_thread)
{
	struct thread *t;
	int tid;

	signal(SIGUSR1, note_thread);
	t = start(spin_until_handled, NULL);
	tid = thread_id(t);
	OK(tgkill(getpid(), tid, SIGUSR1));
	EQ(thread_join(t), tid);
	EVENTUALLY(tgkill(getpid(), tid, 0) == -1 && errno == ESRCH);
}

TEST(a_signal_to_the_process_goes_to_a_thread_that_lets_it)
{
	sigset_t set = sigmask(SIGUSR1);
	struct thread *t;
	int tid;

	signal(SIGUSR1, note_thread);
	t = start(spin_until_handled, NULL);
	tid = thread_id(t);
	OK(sigprocmask(SIG_BLOCK, &set, NULL));
	OK(kill(getpid(), SIGUSR1));
	EQ(thread_join(t), tid);
}

TEST(threads_show_in_proc_task)
{
	struct thread *t = start(sleep_long, NULL);
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/task/%d/stat", thread_id(t));
	OK(access(path, R_OK));
	snprintf(path, sizeof(path), "/proc/self/task/%d", getpid());
	OK(access(path, R_OK));
}

TEST(prctl_names_one_thread)
{
	char name[16];

	OK(prctl(PR_SET_NAME, (long)"a-name-that-is-too-long", 0, 0, 0));
	OK(prctl(PR_GET_NAME, (long)name, 0, 0, 0));
	STREQ(name, "a-name-that-is-");
}

TEST(clone_checks_that_its_flags_fit_together)
{
	ERR(syscall(__NR_clone, CLONE_THREAD | CLONE_VM, 0, 0, 0, 0), EINVAL);
	ERR(syscall(__NR_clone, CLONE_SIGHAND, 0, 0, 0, 0), EINVAL);
}

TEST(clone_sets_the_parents_and_the_childs_tid)
{
	int parent_tid = 0, child_tid = 0;
	pid_t pid = syscall(__NR_clone, CLONE_PARENT_SETTID | CLONE_CHILD_SETTID | SIGCHLD, 0,
			    &parent_tid, &child_tid, 0);

	if (!pid)
		_exit(child_tid == getpid() ? 0 : 1);
	EQ(parent_tid, pid);
	EQ(child_tid, 0);
	EXITS(pid, 0);
}

TEST_LIMIT(five_hundred_threads_come_and_go, 60)
{
	for (int i = 0; i < 50; i++) {
		struct thread *t[10];

		for (int k = 0; k < 10; k++)
			t[k] = start(ids, (int[2]){ 0 });
		for (int k = 0; k < 10; k++)
			thread_join(t[k]);
	}
	EVENTUALLY(status_value("Threads") == 1);
}
