/*
 * tests/user/membarrier.c - a barrier on all CPUs that run a process
 */
#include <sched.h>
#include <thread.h>
#include <uapi/membarrier.h>
#include "mem.h"

static long membarrier(int cmd, unsigned int flags, int cpu)
{
	return syscall(__NR_membarrier, cmd, flags, cpu);
}

TEST(query_names_the_commands)
{
	EQ(membarrier(MEMBARRIER_CMD_QUERY, 0, 0), 0x1ff);
	EQ(membarrier(MEMBARRIER_CMD_QUERY, 0, -1), 0x1ff);
	ERR(membarrier(MEMBARRIER_CMD_QUERY, 1, 0), EINVAL);
}

TEST(unknown_commands_and_flags_are_refused)
{
	for (int cmd = 1; cmd <= 256; cmd *= 2)
		if (cmd != MEMBARRIER_CMD_PRIVATE_EXPEDITED_RSEQ)
			ERR(membarrier(cmd, 1, 0), EINVAL);
	ERR(membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED_RSEQ, 2, 0), EINVAL);
	ERR(membarrier(3, 0, 0), EINVAL);
	ERR(membarrier(512, 0, 0), EINVAL);
	ERR(membarrier(-1, 0, 0), EINVAL);
	ERR(membarrier(1 << 31, 0, 0), EINVAL);
}

TEST(the_global_kinds_need_no_registration)
{
	OK(membarrier(MEMBARRIER_CMD_GLOBAL, 0, 0));
	OK(membarrier(MEMBARRIER_CMD_GLOBAL_EXPEDITED, 0, 0));
	OK(membarrier(MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED, 0, 0));
	OK(membarrier(MEMBARRIER_CMD_GLOBAL_EXPEDITED, 0, 0));
}

static const int kinds[] = { MEMBARRIER_CMD_PRIVATE_EXPEDITED, MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE,
			     MEMBARRIER_CMD_PRIVATE_EXPEDITED_RSEQ };

TEST(a_private_kind_must_be_registered_each_for_itself)
{
	for (int i = 0; i < 3; i++) {
		EXITS(CHILD(
			for (int k = 0; k < 3; k++)
				ERR(membarrier(kinds[k], 0, 0), EPERM);
			OK(membarrier(kinds[i] * 2, 0, 0));
			OK(membarrier(kinds[i] * 2, 0, 0));
			for (int k = 0; k < 3; k++) {
				if (k == i)
					OK(membarrier(kinds[k], 0, 0));
				else
					ERR(membarrier(kinds[k], 0, 0), EPERM);
			}
		), 0);
	}
}

TEST(a_forked_process_is_registered_too)
{
	OK(membarrier(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0));
	EXITS(CHILD(OK(membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0))), 0);
}

TEST(one_cpu_may_be_named_for_sequences)
{
	OK(membarrier(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_RSEQ, 0, 0));
	OK(membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED_RSEQ, MEMBARRIER_CMD_FLAG_CPU, 0));
	OK(membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED_RSEQ, MEMBARRIER_CMD_FLAG_CPU, 10000));
	OK(membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED_RSEQ, MEMBARRIER_CMD_FLAG_CPU, -1));
}

/*
 * Dekker: each side stores its flag and reads the other's; both reading 0 is what a barrier forbids.
 * The thread has none but the compiler's, the main program makes both sides' by membarrier.
 */
#define ROUNDS 200

static volatile int my_flag, their_flag, round_no, thread_saw, thread_done;

static int fast_side(void *arg)
{
	for (int i = 1; i <= ROUNDS; i++) {
		for (int spins = 0; round_no != i; spins++)
			if (spins > 2000)
				sched_yield();		/* there may be one CPU only */
		their_flag = 1;
		asm volatile("" ::: "memory");
		thread_saw = my_flag;
		asm volatile("" ::: "memory");
		__atomic_store_n(&thread_done, i, __ATOMIC_RELEASE);
	}
	return 0;
}

static void both_sides(int cmd)
{
	struct thread *t = thread_create(fast_side, NULL);
	int saw;

	CHECK(t);
	for (int i = 1; i <= ROUNDS; i++) {
		my_flag = their_flag = 0;
		__atomic_store_n(&round_no, i, __ATOMIC_SEQ_CST);
		my_flag = 1;
		OK(membarrier(cmd, 0, 0));
		saw = their_flag;
		while (__atomic_load_n(&thread_done, __ATOMIC_ACQUIRE) != i)
			sched_yield();
		CHECK(saw || thread_saw);
	}
	thread_join(t);
}

TEST_LIMIT(the_barrier_reaches_a_thread_that_makes_none, 100)
{
	OK(membarrier(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0));
	both_sides(MEMBARRIER_CMD_PRIVATE_EXPEDITED);
}

TEST_LIMIT(so_does_the_one_for_code, 100)
{
	OK(membarrier(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE, 0, 0));
	both_sides(MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE);
}

/* ---- who runs the process is interrupted, seen in the kernel's own count ---- */

static int runs_on(int cpu)
{
	unsigned long mask = 1UL << cpu;

	return !syscall(__NR_sched_setaffinity, 0, sizeof(mask), &mask);
}

/* How often another CPU has had CPU 1 call a function. */
static unsigned long calls_of_cpu_1(void)
{
	unsigned long n[2] = { 0, 0 };
	FILE *f = fopen("/proc/interrupts", "r");
	char line[2048], *at;

	CHECK(f);
	while (fgets(line, sizeof(line), f)) {
		at = strstr(line, "CAL:");
		for (int cpu = 0; at && cpu < 2; cpu++)
			n[cpu] = strtoul(cpu ? at : at + 4, &at, 10);
	}
	fclose(f);
	return n[1];
}

static volatile int on_cpu_1, enough;

static int stay_in_user_mode(void *unused)
{
	on_cpu_1 = runs_on(1) ? 1 : -1;
	while (!enough)
		asm volatile("pause");
	return 0;
}

static void every_call_interrupts(int cmd)
{
	struct thread *t = thread_create(stay_in_user_mode, NULL);
	unsigned long before;

	CHECK(t);
	while (!on_cpu_1)
		sched_yield();
	EQ(on_cpu_1, 1);
	before = calls_of_cpu_1();
	for (int i = 0; i < 20; i++)
		OK(membarrier(cmd, 0, 0));
	CMP(calls_of_cpu_1() - before, >=, 10);		/* it may have had to run something else meanwhile */
	enough = 1;
	thread_join(t);
}

TEST_LIMIT(every_kind_interrupts_the_cpu_that_runs_another_thread, 100)
{
	static const int all[] = { MEMBARRIER_CMD_PRIVATE_EXPEDITED, MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE,
				   MEMBARRIER_CMD_PRIVATE_EXPEDITED_RSEQ, MEMBARRIER_CMD_GLOBAL_EXPEDITED };

	if (!runs_on(1))
		return;			/* there is one CPU */
	CHECK(runs_on(0));
	for (int i = 0; i < 4; i++)
		EXITS(CHILD({
			OK(membarrier(all[i] * 2, 0, 0));	/* register */
			every_call_interrupts(all[i]);
		}), 0);
}

TEST(exec_forgets_the_registration)
{
	static char *const argv[] = { "/proc/self/exe", "a_private_kind_must_be_registered_each_for_itself", NULL };
	int fds[2];
	char text[200] = "";
	pid_t pid;

	OK(pipe(fds));
	OK(membarrier(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0));
	pid = CHILD(OK(dup2(fds[1], 1)); OK(execv(argv[0], argv)));
	EXITS(pid, 0);
	CHECK(read(fds[0], text, sizeof(text) - 1) > 0);
	CHECK(!strncmp(text, "1..1\nok 1", 9));
}
