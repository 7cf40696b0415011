/*
 * tests/user/rseq.c - restartable sequences
 */
#include <sched.h>
#include <sys/time.h>
#include <thread.h>
#include <uapi/membarrier.h>
#include <uapi/rseq.h>
#include "mem.h"

#define SIGNATURE	0x53053053U
#define SIZE		32

static struct rseq area, other;

static volatile int handled, stop;

static void on_signal(int sig)
{
	handled++;
	stop = 1;
}

static long rseq(void *r, unsigned int len, int flags, unsigned int sig)
{
	return syscall(__NR_rseq, r, len, flags, sig);
}

static void registered(void)
{
	area.cpu_id = RSEQ_CPU_ID_UNINITIALIZED;
	OK(rseq(&area, SIZE, 0, SIGNATURE));
}

static unsigned int current_cpu(void)
{
	unsigned int cpu = -1U;

	OK(syscall(__NR_getcpu, &cpu, NULL, NULL));
	return cpu;
}

static int pin(int cpu)
{
	unsigned long mask = 1UL << cpu;

	return syscall(__NR_sched_setaffinity, 0, sizeof(mask), &mask);
}

TEST(the_arguments_are_checked)
{
	ERR(rseq(&area, SIZE, 2, SIGNATURE), EINVAL);
	ERR(rseq(&area, SIZE, -1, SIGNATURE), EINVAL);
	ERR(rseq(&area, 31, 0, SIGNATURE), EINVAL);
	ERR(rseq(&area, 0, 0, SIGNATURE), EINVAL);
	ERR(rseq(&area, 64, 0, SIGNATURE), EINVAL);
	ERR(rseq((char *)&area + 8, SIZE, 0, SIGNATURE), EINVAL);
	ERR(rseq((void *)0xffff800000000000UL, SIZE, 0, SIGNATURE), EFAULT);
	ERR(rseq((void *)-32UL, SIZE, 0, SIGNATURE), EFAULT);
	ERR(rseq((void *)-1UL, SIZE, 0, SIGNATURE), EINVAL);
	ERR(rseq(&area, SIZE, RSEQ_FLAG_UNREGISTER, SIGNATURE), EINVAL);
	ERR(rseq(NULL, SIZE, RSEQ_FLAG_UNREGISTER, 0), EINVAL);
}

TEST(the_number_of_the_cpu_is_written)
{
	registered();
	EQ(area.cpu_id, area.cpu_id_start);
	EQ(area.rseq_cs, 0);
	for (int i = 0; i < 1000; i++) {
		unsigned int before = area.cpu_id, cpu = current_cpu(), after = area.cpu_id;

		if (before == after)
			EQ(cpu, before);
	}
}

TEST(it_follows_the_thread_from_cpu_to_cpu)
{
	registered();
	for (int round = 0; round < 20; round++) {
		for (int cpu = 0; cpu < 64; cpu++) {
			if (pin(cpu))
				continue;
			EQ(area.cpu_id, cpu);
			EQ(area.cpu_id_start, cpu);
		}
	}
}

TEST(registering_twice_is_told_apart)
{
	registered();
	ERR(rseq(&area, SIZE, 0, SIGNATURE), EBUSY);
	ERR(rseq(&area, SIZE, 0, SIGNATURE + 1), EPERM);
	ERR(rseq(&area, 64, 0, SIGNATURE), EINVAL);
	ERR(rseq(&other, SIZE, 0, SIGNATURE), EINVAL);
}

TEST(unregistering_needs_the_same_arguments)
{
	registered();
	ERR(rseq(&other, SIZE, RSEQ_FLAG_UNREGISTER, SIGNATURE), EINVAL);
	ERR(rseq(&area, 31, RSEQ_FLAG_UNREGISTER, SIGNATURE), EINVAL);
	ERR(rseq(&area, SIZE, RSEQ_FLAG_UNREGISTER, SIGNATURE - 1), EPERM);
	ERR(rseq(&area, SIZE, RSEQ_FLAG_UNREGISTER | 2, SIGNATURE), EINVAL);
	OK(rseq(&area, SIZE, RSEQ_FLAG_UNREGISTER, SIGNATURE));
	EQ(area.cpu_id, -1U);
	EQ(area.cpu_id_start, 0);
	ERR(rseq(&area, SIZE, RSEQ_FLAG_UNREGISTER, SIGNATURE), EINVAL);
	OK(rseq(&other, SIZE, 0, 0));
	EQ(other.cpu_id, other.cpu_id_start);
	EQ(area.cpu_id, -1U);
}

TEST(an_area_that_cannot_be_read_is_refused_one_that_cannot_be_written_kills)
{
	char *p = map_pages(1);

	ERR(rseq((void *)0x10000, SIZE, 0, SIGNATURE), EFAULT);
	ERR(rseq(&area, SIZE, RSEQ_FLAG_UNREGISTER, SIGNATURE), EINVAL);
	((struct rseq *)p)->rseq_cs = 0x10000;
	OK(mprotect(p, PAGE, PROT_READ));
	ERR(rseq(p, SIZE, 0, SIGNATURE), EFAULT);
	DIES(CHILD(rseq(map_at(NULL, 1, PROT_READ, 0), SIZE, 0, SIGNATURE)), SIGSEGV);
	DIES(CHILD(signal(SIGSEGV, SIG_IGN); rseq(map_at(NULL, 1, PROT_READ, 0), SIZE, 0, SIGNATURE)), SIGSEGV);
}

TEST(registration_clears_an_old_pointer)
{
	area.rseq_cs = 0x10000;
	registered();
	EQ(area.rseq_cs, 0);
}

TEST(an_area_that_goes_away_kills)
{
	char *p = map_pages(1);

	DIES(CHILD(
		OK(rseq(p, SIZE, 0, SIGNATURE));
		munmap(p, PAGE);
		signal(SIGUSR1, on_signal);
		raise(SIGUSR1);
	), SIGSEGV);
	DIES(CHILD(
		signal(SIGSEGV, SIG_IGN);
		OK(rseq(p, SIZE, 0, SIGNATURE));
		mprotect(p, PAGE, PROT_READ);
		signal(SIGUSR1, on_signal);
		raise(SIGUSR1);
	), SIGSEGV);
}

TEST(unregistering_an_area_that_is_gone_faults)
{
	char *p = map_pages(1);

	EXITS(CHILD(
		OK(rseq(p, SIZE, 0, SIGNATURE));
		syscall(__NR_mprotect, p, PAGE, PROT_READ);
		/* As long as nothing interrupts it nobody looks. */
		ERR(rseq(p, SIZE, RSEQ_FLAG_UNREGISTER, SIGNATURE), EFAULT);
		syscall(__NR_mprotect, p, PAGE, PROT_READ | PROT_WRITE);
		OK(rseq(p, SIZE, RSEQ_FLAG_UNREGISTER, SIGNATURE));
	), 0);
}

static int thread_begins_without(void *arg)
{
	static struct rseq mine;

	ERR(rseq(&area, SIZE, RSEQ_FLAG_UNREGISTER, SIGNATURE), EINVAL);
	OK(rseq(&mine, SIZE, 0, SIGNATURE));
	EQ(mine.cpu_id, mine.cpu_id_start);
	return 0;
}

TEST(a_thread_registers_for_itself_a_child_goes_on)
{
	registered();
	thread_join(thread_create(thread_begins_without, NULL));
	area.cpu_id = 1000;
	EXITS(CHILD(CMP(area.cpu_id, <, 64); OK(rseq(&area, SIZE, RSEQ_FLAG_UNREGISTER, SIGNATURE))), 0);
}

/*
 * A sequence: count up, do something, and either come to the end or be sent to the abort handler.  It
 * begins when rseq_cs is set.  Result: 1 aborted, 0 come through.
 */
#define SEQUENCE(cs, sig_text, body, result)						\
	asm volatile(									\
		".pushsection .data\n .balign 32\n"					\
		"771: .long 0, 0\n .quad 772f, 773f - 772f, 774f\n"			\
		".popsection\n"								\
		"lea 771b(%%rip), %%rax\n"						\
		"mov %%rax, %1\n"							\
		"772:\n" body								\
		"773: xor %0, %0\n"							\
		"jmp 775f\n"								\
		".long " sig_text "\n"							\
		"774: mov $1, %0\n"							\
		"775:\n"								\
		: "=&r"(result), "=m"(area.rseq_cs) :: "rax", "rcx", "rdx", "r11", "memory")

TEST(a_sequence_that_nothing_interrupts_comes_through)
{
	int aborted = -1, through = 0;

	registered();
	for (int i = 0; i < 100; i++) {
		SEQUENCE(area, "0x53053053", "nop\n", aborted);
		through += !aborted;
	}
	CMP(through, >, 50);
}

/* The signal comes in the sequence, which waits for it; after the handler the thread must be at abort_ip. */
TEST(a_signal_aborts_a_sequence)
{
	int aborted = -1;

	registered();
	signal(SIGALRM, on_signal);
	alarm(1);
	while (!handled) {
		SEQUENCE(area, "0x53053053", "1: pause\n cmpl $0, stop(%%rip)\n je 1b\n", aborted);
		if (!handled)
			EQ(aborted, 1);		/* preempted */
	}
	EQ(aborted, 1);
	EQ(area.rseq_cs, 0);
}

TEST_LIMIT(losing_the_cpu_aborts_a_sequence, 60)
{
	unsigned long mask = 1;
	int aborted = -1;
	pid_t pid;

	OK(syscall(__NR_sched_setaffinity, 0, sizeof(mask), &mask));
	pid = CHILD(for (;;));
	registered();
	/* For ever, unless it is preempted. */
	SEQUENCE(area, "0x53053053", "1: pause\n jmp 1b\n", aborted);
	EQ(aborted, 1);
	kill(pid, SIGKILL);
}

TEST(outside_of_the_sequence_the_pointer_is_forgotten)
{
	int aborted = -1;

	registered();
	SEQUENCE(area, "0x53053053", "nop\n", aborted);
	signal(SIGUSR1, on_signal);
	raise(SIGUSR1);
	EQ(area.rseq_cs, 0);
	EQ(handled, 1);
}

static void raise_with(struct rseq_cs *cs)
{
	registered();
	area.rseq_cs = (unsigned long)cs;
	signal(SIGUSR1, on_signal);
	raise(SIGUSR1);
}

TEST(a_wrong_signature_kills)
{
	static const unsigned int code[2] = { SIGNATURE + 1, 0x90909090 };
	static struct rseq_cs cs = { .start_ip = 0x1000, .post_commit_offset = 16, .abort_ip = (unsigned long)&code[1] };

	DIES(CHILD(raise_with(&cs)), SIGSEGV);
	DIES(CHILD(signal(SIGSEGV, on_signal); raise_with(&cs)), SIGSEGV);
}

TEST(a_right_signature_outside_of_the_sequence_does_not)
{
	static const unsigned int code[2] = { SIGNATURE, 0x90909090 };
	static struct rseq_cs cs = { .start_ip = 0x1000, .post_commit_offset = 16, .abort_ip = (unsigned long)&code[1] };

	raise_with(&cs);
	EQ(handled, 1);
	EQ(area.rseq_cs, 0);
}

TEST(a_descriptor_that_makes_no_sense_kills)
{
	static const unsigned int code[2] = { SIGNATURE, 0x90909090 };
	unsigned long abort = (unsigned long)&code[1];
	struct rseq_cs bad[] = {
		{ .version = 1, .start_ip = 0x1000, .post_commit_offset = 16, .abort_ip = abort },
		{ .start_ip = 1UL << 63, .post_commit_offset = 16, .abort_ip = abort },
		{ .start_ip = 0x1000, .post_commit_offset = -1UL, .abort_ip = abort },
		{ .start_ip = 0x1000, .post_commit_offset = 1UL << 50, .abort_ip = abort },
		{ .start_ip = 0x1000, .post_commit_offset = 16, .abort_ip = 1UL << 63 },
		{ .start_ip = abort - 4, .post_commit_offset = 16, .abort_ip = abort },
		{ .start_ip = 0x1000, .post_commit_offset = 16, .abort_ip = 0x2000 },
	};

	for (unsigned int i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		DIES(CHILD(raise_with(&bad[i])), SIGSEGV);
	DIES(CHILD(raise_with((void *)0x10000)), SIGSEGV);
	DIES(CHILD(raise_with((void *)-4096UL)), SIGSEGV);
}

/* In a sequence only: outside nobody asks for the flags. */
TEST(flags_kill)
{
	DIES(CHILD(
		int aborted;
		registered();
		area.flags = 1;
		signal(SIGALRM, on_signal);
		/* again and again: outside of the sequence it says nothing */
		setitimer(ITIMER_REAL, &(struct itimerval){ { 1, 0 }, { 1, 0 } }, NULL);
		SEQUENCE(area, "0x53053053", "1: pause\n jmp 1b\n", aborted);
		_exit(aborted);
	), SIGSEGV);
}

TEST(exec_forgets_the_area)
{
	static char *const argv[] = { "sh", "-c", "exit 7", NULL };

	EXITS(CHILD(registered(); execv("/bin/sh", argv)), 7);
}

static int in_sequence(void *arg)
{
	int aborted = -1;

	OK(rseq(&area, SIZE, 0, SIGNATURE));
	stop = 1;
	SEQUENCE(area, "0x53053053", "1: pause\n jmp 1b\n", aborted);
	return aborted;
}

TEST_LIMIT(membarrier_aborts_the_sequences_of_others, 60)
{
	struct thread *t;

	OK(syscall(__NR_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_RSEQ, 0, 0));
	t = thread_create(in_sequence, NULL);
	while (!stop)
		sched_yield();
	OK(syscall(__NR_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED_RSEQ, 0, 0));
	EQ(thread_join(t), 1);
}
