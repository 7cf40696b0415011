/*
 * tests/user/tlb.c - a changed table, and the CPUs that have to hear of it
 *
 * On two CPUs a second thread has a page in its TLB; then the first takes the page away.  What the second
 * sees is the same everywhere; how many interrupts that took is compared where /proc/vmstat counts them.
 */
#include <sched.h>
#include <stdlib.h>
#include <thread.h>
#include "proc.h"

#define LOAD(x)		__atomic_load_n(&(x), __ATOMIC_ACQUIRE)
#define STORE(x, v)	__atomic_store_n(&(x), v, __ATOMIC_RELEASE)

/* ---- counters ---- */

/* -1: not counted here. */
static long sent(void) { return number_in("/proc/vmstat", "nr_tlb_remote_flush"); }
static long received(void) { return number_in("/proc/vmstat", "nr_tlb_remote_flush_received"); }
static long skipped(void) { return number_in("/proc/vmstat", "tlb_lazy_skipped"); }

/* ---- the second thread ---- */

static char *page;
static int order, done;			/* futexes: the number of the order given, and of that carried out */
static int what;
static long saw;			/* what the access gave; -1: a fault */
enum { READ_SLEEPING, WRITE_SLEEPING, READ_SPINNING, WRITE_SPINNING, END };

static void carry_out(void)
{
	int write = what == WRITE_SLEEPING || what == WRITE_SPINNING;
	volatile char *p = page;

	saw = FAULTS({ if (write) *p = 77; saw = *p; }) ? -1 : saw;
}

static int second(void *arg)
{
	unsigned long cpu = 1UL << (long)arg;
	int spin = 0;

	OK(syscall(__NR_sched_setaffinity, 0, sizeof(cpu), &cpu));
	for (int n = 1;; n++) {
		while (LOAD(order) != n)
			if (!spin)
				futex_wait(&order, n - 1, NULL);
		if (what == END)
			return 0;
		carry_out();
		spin = what == READ_SPINNING || what == WRITE_SPINNING;
		STORE(done, n);
	}
}

/* Let the second thread do it; after it, it sleeps or spins in user mode. */
static long tell(int task)
{
	int n = order + 1;

	what = task;
	STORE(order, n);
	futex_wake(&order, 1);
	while (LOAD(done) != n)
		;
	return saw;
}

/* NULL: there is one CPU only. */
static struct thread *begin(char *at)
{
	unsigned long mask = 0, one;
	struct thread *t;
	int cpu;

	OK(syscall(__NR_sched_getaffinity, 0, sizeof(mask), &mask));
	if (!(mask & (mask - 1)))
		return NULL;		/* one CPU: nobody to tell */
	one = mask & -mask;
	OK(syscall(__NR_sched_setaffinity, 0, sizeof(one), &one));
	cpu = __builtin_ctzl(mask & ~one);
	order = done = 0;
	page = mmap(at, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	EQ(page, at);
	*page = 5;
	t = thread_create(second, (void *)(long)cpu);
	CHECK(t);
	return t;
}

static void end(struct thread *t)
{
	what = END;
	STORE(order, order + 1);
	futex_wake(&order, 1);
	thread_join(t);
}

/* Alone in its page table: who unmaps it frees the table. */
#define LONELY ((char *)0x300000000000UL)
#define ROUNDS 100

TEST(a_cpu_that_runs_the_process_is_interrupted_once)
{
	struct thread *t = begin(LONELY);
	long sends, receives;

	if (!t)
		return;
	EQ(tell(WRITE_SPINNING), 77);
	received();			/* its buffer's pages become ours now */
	sends = sent();
	receives = received();
	OK(mprotect(page, PAGE, PROT_READ));
	if (sends >= 0) {
		EQ(sent() - sends, 1);
		EQ(received() - receives, 1);
	}
	EQ(tell(WRITE_SPINNING), -1);
	EQ(tell(READ_SPINNING), 77);
	end(t);
	OK(munmap(page, PAGE));
}

/* It is idle, or nearly: in some round it has got so far before the page is taken away. */
TEST(an_idle_cpu_is_left_alone_and_hears_of_it_when_the_thread_wakes)
{
	struct thread *t = begin(LONELY);
	int round, alone = 0;

	if (!t)
		return;
	for (round = 0; round < ROUNDS && !alone; round++) {
		long receives, skips;

		OK(mprotect(page, PAGE, PROT_READ | PROT_WRITE));
		EQ(tell(WRITE_SLEEPING), 77);
		while (!sleeps(thread_id(t)))
			sched_yield();
		receives = received();
		skips = skipped();
		OK(mprotect(page, PAGE, PROT_READ));
		alone = skips < 0 || (received() == receives && skipped() > skips);
		EQ(tell(WRITE_SLEEPING), -1);		/* whether it was told or not */
		EQ(tell(READ_SLEEPING), 77);
	}
	CHECK(alone);
	end(t);
	OK(munmap(page, PAGE));
}

/* Even who does not use a table may walk it ahead of time: before it is freed, all must let go of it. */
TEST(an_idle_cpu_is_told_when_tables_are_freed)
{
	struct thread *t = begin(LONELY);
	long receives;

	if (!t)
		return;
	EQ(tell(WRITE_SLEEPING), 77);
	while (!sleeps(thread_id(t)))
		sched_yield();
	receives = received();
	OK(munmap(page, PAGE));
	if (receives >= 0)
		EQ(received() - receives, 1);
	EQ(tell(READ_SLEEPING), -1);
	EQ(mmap(page, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0), page);
	EQ(tell(READ_SLEEPING), 0);		/* the new page, by new tables */
	end(t);
	OK(munmap(page, PAGE));
}

TEST(two_processes_that_take_turns_on_a_cpu_see_their_own_pages)
{
	volatile char *mine = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	unsigned long mask = 0, one;
	pid_t child;

	OK(syscall(__NR_sched_getaffinity, 0, sizeof(mask), &mask));
	one = mask & -mask;
	OK(syscall(__NR_sched_setaffinity, 0, sizeof(one), &one));
	*mine = 1;
	child = OK(fork());
	for (int i = 0; i < 200; i++) {
		*mine = child ? i : ~i;
		if (i % 8 == 0)
			OK(madvise((void *)mine, PAGE, MADV_DONTNEED));
		else
			EQ(*mine, (char)(child ? i : ~i));
		sched_yield();
	}
	if (!child)
		_exit(0);
	EXITS(child, 0);
}

/* With PCIDs a CPU keeps what it knows of a process while another runs. */
TEST(a_page_taken_away_while_another_process_runs_is_gone)
{
	int fd = OK(memfd_create("page", 0)), go[2], did[2];
	volatile char *shared;
	char word;
	pid_t child;

	OK(ftruncate(fd, PAGE));
	OK(pipe(go));
	OK(pipe(did));
	shared = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	child = OK(fork());
	if (!child) {
		*shared = 1;
		EQ(write(did[1], "", 1), 1);
		EQ(read(go[0], &word, 1), 1);
		_exit(FAULTS(*shared = 2) == SIGBUS ? 0 : 1);
	}
	EQ(read(did[0], &word, 1), 1);
	OK(ftruncate(fd, 0));
	EQ(write(go[1], "", 1), 1);
	EXITS(child, 0);
}
