/*
 * tests/bench/process.c - P12 to P18: fork, exit, execve, clone, a pipe between processes
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include "bench.h"

/*
 * A process of @n touched pages forks; the child says whether it has them all, waits, and exits
 * when told.  Returns what the fork took, and by *@exit what exit and wait did.
 */
static unsigned long fork_pages(unsigned long n, unsigned long *exit)
{
	volatile char *p = map(n);
	int go[2], answer[2], status = 0;
	unsigned long t;
	pid_t pid;
	char c = 0;

	sys.touch(p, n);
	must(!pipe(go) && !pipe(answer), "pipe");
	clock_start();
	pid = sys.fork();
	if (!pid) {
		read(go[0], &c, 1);	/* nothing more before the parent has looked at the clock */
		c = resident(p, n) == (long)n && holds(p, n) ? 'y' : 'n';
		write(answer[1], &c, 1);
		read(go[0], &c, 1);
		_exit(42);
	}
	t = clock_stop();
	close(answer[1]);
	write(go[1], "1", 1);
	must(read(answer[0], &c, 1) == 1 && c == 'y', "the child has every page");
	clock_start();
	write(go[1], "2", 1);
	pid = sys.waitpid(pid, &status, 0);
	*exit = clock_stop();
	must(WIFEXITED(status) && WEXITSTATUS(status) == 42 && gone(pid), "the child is gone");
	must(resident(p, n) == (long)n && holds(p, n), "the pages are as before");
	close(go[0]);
	close(go[1]);
	close(answer[0]);
	munmap((void *)p, n * PAGE);
	return t;
}

static unsigned long fork_per_page(unsigned long n)
{
	unsigned long exit;

	return fork_pages(n, &exit);
}

static unsigned long exit_per_page(unsigned long n)
{
	unsigned long exit;

	fork_pages(n, &exit);
	return exit;
}

static unsigned long fork_exit_wait(unsigned long n)
{
	int status = 0, bad = 0;
	unsigned long t;
	pid_t pid = 0;

	clock_start();
	for (unsigned long i = 0; i < n; i++) {
		pid = sys.fork();
		if (!pid)
			_exit(42);
		bad |= sys.waitpid(pid, &status, 0) != pid;
		bad |= status ^ 42 << 8;
	}
	t = clock_stop();
	must(!bad && gone(pid), "every child exited and is gone");
	return t;
}

static unsigned long fork_exec_wait(unsigned long n)
{
	static char path[256];
	char *argv[] = { path, "exit", NULL }, *envp[] = { NULL };
	int status = 0, bad = 0;
	unsigned long t;
	pid_t pid = 0;

	if (!path[0])
		must(readlink("/proc/self/exe", path, sizeof(path) - 1) > 0, "/proc/self/exe");
	clock_start();
	for (unsigned long i = 0; i < n; i++) {
		pid = sys.fork();
		if (!pid) {
			sys.execve(path, argv, envp);
			_exit(1);
		}
		bad |= sys.waitpid(pid, &status, 0) != pid;
		bad |= status ^ 42 << 8;	/* what main() returns when told to exit */
	}
	t = clock_stop();
	must(!bad && gone(pid), "every child became the program, which exited and is gone");
	return t;
}

static unsigned long clone_vm_wait(unsigned long n)
{
	static char stack[4096] __attribute__((aligned(16)));
	unsigned int ran = 0;
	int status = 0, bad = 0;
	unsigned long t;
	pid_t pid = 0;

	clock_start();
	for (unsigned long i = 0; i < n; i++) {
		pid = sys.clone_vm(stack + sizeof(stack), &ran);
		bad |= sys.waitpid(pid, &status, 0) != pid;
		bad |= status;
	}
	t = clock_stop();
	must(!bad && gone(pid), "every child exited and is gone");
	must(ran == n, "every child wrote into our memory");
	return t;
}

/* A byte goes there and comes back one more, @n / 2 times; all @n ways with a switch of processes. */
static unsigned long pipe_one_way(unsigned long n)
{
	int there[2], back[2], status, bad = 0;
	unsigned char c = 0;
	unsigned long t;
	pid_t pid;

	must(!pipe(there) && !pipe(back), "pipe");
	pid = fork();
	if (!pid) {
		close(there[1]);
		while (read(there[0], &c, 1) == 1) {
			c++;
			write(back[1], &c, 1);
		}
		_exit(42);
	}
	close(there[0]);
	write(there[1], &c, 1);		/* once, so that the child is there and waits */
	read(back[0], &c, 1);
	clock_start();
	for (unsigned long i = 0; i < n / 2; i++) {
		bad |= sys.write(there[1], &c, 1);
		bad |= sys.read(back[0], &c, 1);
	}
	t = clock_stop();
	must(bad == 1 && c == (unsigned char)(n / 2 + 1), "the byte went there and back every time");
	close(there[1]);
	must(waitpid(pid, &status, 0) == pid && status == 42 << 8, "the other end exits");
	close(back[0]);
	close(back[1]);
	return t;
}

/* Does a child have at least @n areas, those at @p with our permissions? */
static bool child_has_areas(unsigned long n, const char *p)
{
	int status;
	pid_t pid = fork();

	if (!pid) {
		struct area a, b;

		_exit(areas() >= n && area_of(p, &a) && area_of(p + PAGE, &b) && !strcmp(a.perms, "r--p") &&
		      !strcmp(b.perms, "---p") ? 42 : 1);
	}
	return waitpid(pid, &status, 0) == pid && status == 42 << 8;
}

/* The same with @n more areas, untouched. */
static unsigned long fork_areas(unsigned long n)
{
	unsigned long t, size = 2 * n * PAGE, before = areas();
	char *p = mmap(NULL, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	must(p != MAP_FAILED, "mmap");
	for (unsigned long i = 0; i < n / 2; i++)
		must(!sys.mprotect(p + 4 * i * PAGE, PAGE, PROT_READ), "mprotect");
	must(areas() >= before + n - 1, "there are so many areas");
	must(child_has_areas(before + n - 1, p), "a child has them too");
	t = fork_exit_wait(1);
	must(!munmap(p, size) && areas() == before, "munmap");
	return t;
}

const struct measure process_measures[] = {
	{ "P12", "fork, per mapped page", fork_per_page, 8192, 1024, 1, "fork touch" },
	{ "P13", "exit, per mapped page", exit_per_page, 8192, 1024, 1, "fork touch waitpid" },
	{ "P14", "fork + exit + wait, tiny process", fork_exit_wait, 8, 0, 1, "fork waitpid" },
	{ "P15", "fork + execve + exit + wait, static", fork_exec_wait, 8, 0, 1, "fork execve waitpid" },
	{ "P16", "clone(CLONE_VM) + exit + wait", clone_vm_wait, 8, 0, 1, "clone_vm waitpid" },
	{ "P17", "pipe, one way, with a process switch", pipe_one_way, 200, 0, 1, "read write" },
	{ "P18", "fork + exit + wait, per area at 4,000", fork_areas, 4000, 2, 1, "fork mprotect waitpid" },
	{ }
};
