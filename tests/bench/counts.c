/*
 * tests/bench/counts.c - C1 to C5: how often the processor is told, by /proc/vmstat
 *
 * A line "ID number goal what" for each.  Linux has most of these counters only in other builds.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <thread.h>
#include <unistd.h>
#include "bench.h"

#define NR	1000UL

static int there[2], back[2];
static volatile char *area;

static unsigned long counter(const char *name)
{
	return number_in("/proc/vmstat", name);
}

/* How much the counter rises by @fn, less what looking at it costs. */
static long rises(const char *name, void (*fn)(void))
{
	unsigned long a, b, c;

	counter(name);
	a = counter(name);
	b = counter(name);
	fn();
	c = counter(name);
	return (c - b) - (b - a);
}

/* In hundredths, so that what comes once in many does not look like nothing. */
static void count(const char *id, const char *name, void (*fn)(void), unsigned long by, unsigned long goal,
		  const char *what)
{
	long n = rises(name, fn);

	must(counter(name) != ~0UL, name);
	n = n < 0 ? 0 : n * 100 / (long)by;
	printf("%s %ld.%02ld %lu %s\n", id, n / 100, n % 100, goal, what);
}

static int echo(void *arg)
{
	char c;

	while (read(there[0], &c, 1) == 1 && c)
		write(back[1], &c, 1);
	return 0;
}

static void ping_pong(void)
{
	char c = 1;

	for (int i = 0; i < 100; i++)
		must(write(there[1], &c, 1) == 1 && read(back[0], &c, 1) == 1 && c == 1, "ping-pong");
}

static void end_echo(void)
{
	char c = 0;

	must(write(there[1], &c, 1) == 1, "write");
}

static void touch_all(void)
{
	sys.touch(area, NR);
	must(holds(area, NR), "touched");
}

static void unmap_few(void)
{
	must(!munmap((void *)area, 8 * PAGE), "munmap");
}

static void unmap_rest(void)
{
	must(!munmap((void *)(area + 8 * PAGE), (NR - 8) * PAGE), "munmap");
}

static void protect_all(void)
{
	must(!mprotect((void *)area, NR * PAGE, PROT_READ), "mprotect");
}

static void child(void)
{
	int status;
	pid_t pid = fork();

	if (!pid) {
		volatile char *p = map(16 * 512);

		sys.touch(p, 16 * 512);
		_exit(42);
	}
	must(waitpid(pid, &status, 0) == pid && status == 42 << 8, "a child");
}

void counts(void)
{
	struct thread *t;
	int status;
	pid_t pid;

	if (counter("cr3_writes") == ~0UL) {
		printf("no counters\n");
		return;
	}
	must(!pipe(there) && !pipe(back), "pipe");
	t = thread_create(echo, NULL);
	must(t != NULL, "a thread");
	ping_pong();
	count("C1", "cr3_writes", ping_pong, 200, 0, "CR3 writes, by switches between threads of one mm");
	end_echo();
	thread_join(t);
	pid = fork();
	if (!pid)
		_exit(echo(NULL));
	ping_pong();
	count("C1", "cr3_writes", ping_pong, 200, 1, "CR3 writes, by switches between processes");
	end_echo();
	waitpid(pid, &status, 0);
	area = map(NR);
	count("C2", "nr_tlb_flush_calls", touch_all, 1, 0, "flushes, touching 1,000 pages");
	count("C2", "nr_tlb_flush_calls", protect_all, 1, 1, "flushes, mprotect of 1,000 pages");
	count("C2", "nr_tlb_flush_calls", unmap_few, 1, 1, "flushes, munmap of 8 pages");
	count("C2", "nr_tlb_flush_calls", unmap_rest, 1, 1, "flushes, munmap of 992 pages");
	area = map(NR);
	count("C3", "nr_tlb_remote_flush", protect_all, 1, 0, "IPIs, mprotect by a process of one thread");
	munmap((void *)area, NR * PAGE);
	area = map(NR);
	count("C4", "pgfault", touch_all, NR, 1, "faults, by pages touched");
	munmap((void *)area, NR * PAGE);
	count("C5", "nr_page_table_pages", child, 1, 0, "page tables left by a process of 8,192 pages");
}
