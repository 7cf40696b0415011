/*
 * tests/bench/proc.c - what processes cost, in guest instructions
 *
 * Run it under "-accel tcg -icount shift=0,sleep=off", where one tick of the time stamp counter
 * is one instruction; as process 1 or from a shell.  Each line: name, the least of several runs.
 */
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGE 4096UL
#define RUNS 7
#define CLONE_VM 0x100

static inline unsigned long now(void)
{
	unsigned int lo, hi;

	__asm__ volatile("rdtsc" : "=a"(lo), "=d"(hi) :: "memory");
	return (unsigned long)hi << 32 | lo;
}

/* The least time that @fn takes. */
static unsigned long least(void (*fn)(void))
{
	unsigned long best = ~0UL;

	for (int r = 0; r < RUNS; r++) {
		unsigned long t = now();

		fn();
		t = now() - t;
		if (t < best)
			best = t;
	}
	return best;
}

static void fork_exit_wait(void)
{
	pid_t pid = fork();

	if (!pid)
		_exit(0);
	waitpid(pid, NULL, 0);
}

static void fork_exec_wait(void)
{
	char *argv[] = { "exec", "exit", NULL }, *envp[] = { NULL };
	pid_t pid = fork();

	if (!pid) {
		execve("/proc/self/exe", argv, envp);
		_exit(1);
	}
	waitpid(pid, NULL, 0);
}

/* The child has a stack of its own and ends at once: no C function of ours runs on it. */
static void clone_vm_wait(void)
{
	static char stack[4096] __attribute__((aligned(16)));
	register long r10 __asm__("r10") = 0, r8 __asm__("r8") = 0;
	long pid;

	__asm__ volatile("syscall\n\t"
			 "test %%eax, %%eax\n\t"
			 "jnz 1f\n\t"
			 "xor %%edi, %%edi\n\t"
			 "mov $60, %%eax\n\t"
			 "syscall\n"
			 "1:"
			 : "=a"(pid)
			 : "a"(56L), "D"((long)(CLONE_VM | SIGCHLD)), "S"(stack + sizeof(stack)),
			   "d"(0L), "r"(r10), "r"(r8)
			 : "rcx", "r11", "memory");
	waitpid(pid, NULL, 0);
}

static int there[2], back[2];

static void ping_pong(void)
{
	char c = 1;

	for (int i = 0; i < 100; i++) {
		write(there[1], &c, 1);
		read(back[0], &c, 1);
	}
}

static unsigned long pipe_one_way(void)
{
	unsigned long t;
	char c;
	pid_t pid;

	if (pipe(there) || pipe(back))
		return 0;
	pid = fork();
	if (!pid) {
		while (read(there[0], &c, 1) == 1)
			write(back[1], &c, 1);
		_exit(0);
	}
	t = least(ping_pong) / 200;
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	return t;
}

static unsigned long fork_per_area(int areas)
{
	unsigned long size = 2UL * areas * PAGE, few = least(fork_exit_wait), many;
	char *p = mmap(NULL, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	for (int i = 0; i < areas / 2; i++)
		mprotect(p + 4UL * i * PAGE, PAGE, PROT_READ);
	many = least(fork_exit_wait);
	munmap(p, size);
	return (many - few) / areas;
}

static void report(const char *name, unsigned long n)
{
	printf("%-40s %lu\n", name, n);
}

int main(int argc, char **argv)
{
	if (argc > 1)
		return 0;
	if (getpid() == 1)	/* "/proc/self/exe" needs it */
		mount("proc", "/proc", "proc", 0, NULL);
	report("P14 fork + exit + wait", least(fork_exit_wait));
	report("P15 fork + execve + exit + wait", least(fork_exec_wait));
	report("P16 clone(CLONE_VM) + exit + wait", least(clone_vm_wait));
	report("P17 pipe, one way", pipe_one_way());
	report("P18 fork + exit + wait, per area", fork_per_area(4000));
	if (getpid() == 1)
		reboot(RB_POWER_OFF);
	return 0;
}
