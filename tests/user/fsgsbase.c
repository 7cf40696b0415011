/*
 * tests/user/fsgsbase.c - segment bases that a program writes by itself
 *
 * Where the CPU has no FSGSBASE the cases only ask that nobody says so.
 */
#include <cpuid.h>
#include <sched.h>
#include <thread.h>
#include <sys/auxv.h>
#define TEST_OWN_MAIN
#include "mem.h"

#define KERNEL_LIKE	0xffff888000001000UL

static int have_it(void)
{
	unsigned int a, b, c, d;

	return __get_cpuid_count(7, 0, &a, &b, &c, &d) && (b & 1);
}
#define NEED_IT		do { if (!have_it()) return; } while (0)

static unsigned long rdgsbase(void)
{
	unsigned long v;

	asm volatile("rdgsbase %0" : "=r"(v));
	return v;
}

static void wrgsbase(unsigned long v)
{
	asm volatile("wrgsbase %0" : : "r"(v));
}

static unsigned long rdfsbase(void)
{
	unsigned long v;

	asm volatile("rdfsbase %0" : "=r"(v));
	return v;
}

static unsigned long get_gs(void)
{
	unsigned long v = 1;

	OK(syscall(__NR_arch_prctl, ARCH_GET_GS, &v));
	return v;
}

static unsigned long get_fs(void)
{
	unsigned long v = 1;

	OK(syscall(__NR_arch_prctl, ARCH_GET_FS, &v));
	return v;
}

TEST(the_auxiliary_vector_says_whether_it_works)
{
	EQ(getauxval(AT_HWCAP2) & HWCAP2_FSGSBASE, have_it() ? HWCAP2_FSGSBASE : 0);
}

TEST(what_is_written_is_read_and_the_kernel_knows_it)
{
	static unsigned long word = 4711;
	unsigned long v;

	NEED_IT;
	EQ(rdgsbase(), 0);
	EQ(rdfsbase(), get_fs());
	wrgsbase((unsigned long)&word);
	asm volatile("movq %%gs:0, %0" : "=r"(v));
	EQ(v, 4711);
	EQ(get_gs(), (unsigned long)&word);
	EQ(rdgsbase(), (unsigned long)&word);
	OK(syscall(__NR_arch_prctl, ARCH_SET_GS, 0x5000));
	EQ(rdgsbase(), 0x5000);
	wrgsbase(0x6000);
	OK(syscall(__NR_arch_prctl, ARCH_SET_GS, 0x5000));	/* as before the write */
	EQ(rdgsbase(), 0x5000);
	wrgsbase(0x7000);
	ERR(syscall(__NR_arch_prctl, ARCH_SET_GS, KERNEL_LIKE), EPERM);
	EQ(rdgsbase(), 0x7000);
}

TEST(fs_is_written_too)
{
	unsigned long was, seen, known, said;

	NEED_IT;
	was = rdfsbase();
	asm volatile("wrfsbase %4\n\t"		/* no C between: it may want the old base */
		     "rdfsbase %0\n\t"
		     "mov %5, %%eax\n\tmov %6, %%edi\n\tmov %7, %%rsi\n\tsyscall\n\t"
		     "rdfsbase %1\n\t"
		     "mov %%rax, %2\n\t"
		     "wrfsbase %3"
		     : "=&r"(seen), "=&r"(known), "=&r"(said)
		     : "r"(was), "r"(0x123450UL), "i"(__NR_arch_prctl), "i"(ARCH_GET_FS),
		       "r"(&known)
		     : "rax", "rdi", "rsi", "rcx", "r11", "memory");
	EQ(said, 0);
	EQ(seen, 0x123450);
	EQ(known, 0x123450);
	EQ(get_fs(), was);
}

TEST(a_child_begins_with_it_and_changes_its_own)
{
	NEED_IT;
	wrgsbase(0x1000);
	EXITS(CHILD(
		EQ(rdgsbase(), 0x1000);
		wrgsbase(0x2000);
		sched_yield();
		EQ(get_gs(), 0x2000);
	), 0);
	EQ(rdgsbase(), 0x1000);
}

TEST(processes_that_take_turns_keep_their_own)
{
	pid_t pids[3];

	NEED_IT;
	for (int i = 0; i < 3; i++)
		pids[i] = CHILD(
			for (unsigned long n = 0; n < 300; n++) {
				wrgsbase(n << 12 | i);
				sched_yield();
				EQ(rdgsbase(), n << 12 | i);
			}
		);
	for (int i = 0; i < 3; i++)
		EXITS(pids[i], 0);
	EQ(rdgsbase(), 0);
}

static int thread_body(void *arg)
{
	unsigned long own = (unsigned long)arg;

	for (unsigned long n = 1; n < 200; n++) {
		wrgsbase(own + n);
		sched_yield();
		if (rdgsbase() != own + n)
			return 1;
	}
	return 0;
}

TEST(threads_have_one_each)
{
	struct thread *t[2];

	NEED_IT;
	wrgsbase(0x9000);
	t[0] = thread_create(thread_body, (void *)0x100000);
	t[1] = thread_create(thread_body, (void *)0x200000);
	for (int i = 0; i < 2; i++)
		EQ(thread_join(t[i]), 0);
	EQ(rdgsbase(), 0x9000);
}

TEST(exec_begins_with_none)
{
	NEED_IT;
	wrgsbase(KERNEL_LIKE);
	EXITS(CHILD(execv("/proc/self/exe", (char *[]){ "fsgsbase", "--base", NULL })), 0);
	EQ(rdgsbase(), KERNEL_LIKE);
}

/* ---- the kernel's addresses are as good as any ---- */

static volatile int steps;

static void on_step(int sig)
{
	steps++;
}

TEST(an_address_of_the_kernel_does_not_confuse_it)
{
	char *p = map_pages(64);

	NEED_IT;
	wrgsbase(KERNEL_LIKE);
	for (int i = 0; i < 64; i++)
		poke(p + i * PAGE, 1);			/* page faults */
	for (int i = 0; i < 100; i++)
		EQ(getppid(), getppid());		/* system calls */
	EQ(get_gs(), KERNEL_LIKE);
	signal(SIGTRAP, on_step);
	asm volatile("int3");				/* exceptions on the task's stack */
	EQ(steps, 1);
	/* single steps: exceptions on a stack of their own */
	asm volatile("pushfq; orl $0x100, (%%rsp); popfq; nop; nop; nop; pushfq; andl $~0x100, (%%rsp); popfq"
		     : : : "cc", "memory");
	CMP(steps, >, 4);
	EQ(rdgsbase(), KERNEL_LIKE);
	SEGV(asm volatile("movb %%gs:0, %%al" : : : "rax"), SEGV_MAPERR, (void *)KERNEL_LIKE);
	EQ(rdgsbase(), KERNEL_LIKE);
	wrgsbase(0);
}

/* What the exec case turns into tells with which base it began. */
int main(int argc, char **argv)
{
	if (argc == 2 && !strcmp(argv[1], "--base"))
		return rdgsbase() != 0;
	return test_main(argv);
}
