/*
 * tests/bench/main.c - what operations cost: the clock, the arguments, the report
 *
 *   bench              every measure: a line "ID ticks name" each, the least of seven samples
 *   bench ID...        these
 *   bench -s           one sample of each and the first points of the curves: the checks matter, as in make test
 *   bench -x           break each call that each measure depends on: the checks must notice
 *   bench -l ID [N]    samples of N operations without end, a line "sample ticks" after each: for tools/profile.py
 *   bench -c CURVE     a line "CURVE size ticks series" for each size: areas, pages, threads
 *   bench -k           counters of /proc/vmstat around operations (Quire only): lines "ID number goal what"
 *   bench -d           the measures that want disks; bench -D: break their calls; bench -m MIB: walk so much memory
 *   bench -w           as without arguments, but the median of the samples and not the least
 *
 * Run it under "-accel tcg -icount shift=0,sleep=off": then a tick is one instruction of the guest.
 * tools/bench.py does, on both kernels, and knows the goals.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "bench.h"

/* ---- the clock ---- */

static unsigned long begun, empty;

#define TSC(label) ({							\
	unsigned int lo, hi;						\
	__asm__ volatile("rdtsc\n" label : "=a"(lo), "=d"(hi) :: "memory");	\
	(unsigned long)hi << 32 | lo; })

#ifdef __clang__
#define ONCE __attribute__((noinline))
#else
#define ONCE __attribute__((noinline, noclone))
#endif

/* tools/profile.py counts from clock_started to clock_stopped: labels that may stand once only. */
ONCE void clock_start(void)
{
	begun = TSC("clock_started:");
}

ONCE unsigned long clock_stop(void)
{
	return TSC("clock_stopped:") - begun - empty;
}

static void measure_nothing(void)
{
	unsigned long best = ~0UL;

	empty = 0;
	for (int i = 0; i < RUNS; i++) {
		unsigned long t;

		clock_start();
		t = clock_stop();
		if (t < best)
			best = t;
	}
	empty = best;
}

/* ---- measuring ---- */

const struct measure *running;
static bool medians;

unsigned long least(unsigned long (*sample)(unsigned long n), unsigned long n)
{
	unsigned long sorted[RUNS];

	for (int i = 0; i < RUNS; i++) {
		unsigned long t = sample(n);
		int k = i;

		for (; k > 0 && sorted[k - 1] > t; k--)
			sorted[k] = sorted[k - 1];
		sorted[k] = t;
	}
	return sorted[medians ? RUNS / 2 : 0];
}

/* In tenths of a tick. */
static void measure(const struct measure *m)
{
	unsigned long t, ops = (m->n - m->few) * m->per;

	running = m;
	t = least(m->sample, m->n);
	if (m->few)
		t -= least(m->sample, m->few);
	t = t * 10 / ops;
	printf("%s %lu.%lu %s\n", m->id, t / 10, t % 10, m->name);
	fflush(stdout);
}

static void for_each_disk_measure(void (*fn)(const struct measure *m))
{
	disks_start();
	for (const struct measure *m = disk_measures; m->id; m++)
		fn(m);
	disks_stop();
}

static void for_each_measure(void (*fn)(const struct measure *m))
{
	for (const struct measure *m = memory_measures; m->id; m++)
		fn(m);
	for (const struct measure *m = process_measures; m->id; m++)
		fn(m);
}

static const char *wanted;
static const struct measure *found;

static void is_wanted(const struct measure *m)
{
	if (!strcmp(m->id, wanted))
		found = m;
}

const struct measure *measure_named(const char *id)
{
	wanted = id;
	found = NULL;
	for_each_measure(is_wanted);
	if (!found) {
		fprintf(stderr, "bench: no measure %s\n", id);
		exit(2);
	}
	return found;
}

static void check_once(const struct measure *m)
{
	running = m;
	if (m->few)
		m->sample(m->few);
	m->sample(m->n);
	printf("%s done and checked: %s\n", m->id, m->name);
}

/* Samples until somebody has seen enough. */
__attribute__((noreturn)) static void loop(const struct measure *m, unsigned long n)
{
	running = m;
	m->sample(n);
	for (;;) {
		printf("sample %lu\n", m->sample(n) + empty);
		fflush(stdout);
	}
}

/* ---- are the checks any good? ---- */

static unsigned int unnoticed;

/* In a child, with a call that does nothing: it must end by a check, or by a signal. */
static bool notices(const struct measure *m, const char *call)
{
	int status;
	pid_t pid = fork();

	if (!pid) {
		close(1);
		close(2);
		alarm(20);	/* what waits for a byte that nobody wrote */
		running = m;
		if (!break_call(call))
			_exit(0);
		m->sample(m->n);
		_exit(0);
	}
	waitpid(pid, &status, 0);
	return status != 0;
}

static void break_each_call(const struct measure *m)
{
	char calls[128], *name = calls;

	strcpy(calls, m->calls);
	while (*name) {
		char *end = name;
		bool more;

		while (*end && *end != ' ')
			end++;
		more = *end;
		*end = 0;
		if (notices(m, name)) {
			printf("%s notices a %s that does nothing\n", m->id, name);
		} else {
			printf("FAIL %s does not notice a %s that does nothing\n", m->id, name);
			unnoticed++;
		}
		name = end + more;
	}
}

/* ---- arguments ---- */

/* Ticks in a microsecond, for those who measure time: the TSC beside the clock over a while. */
static void report_rate(void)
{
	struct timespec a, b;
	unsigned long t, ns;

	clock_gettime(CLOCK_MONOTONIC, &a);
	t = TSC("");
	do {
		clock_gettime(CLOCK_MONOTONIC, &b);
		ns = (b.tv_sec - a.tv_sec) * 1000000000UL + b.tv_nsec - a.tv_nsec;
	} while (ns < 200000000);
	printf("ticks %lu in a microsecond\n", (TSC("") - t) * 1000 / ns);
}

int main(int argc, char **argv)
{
	char option = argc > 1 && argv[1][0] == '-' ? argv[1][1] : 0;

	if (argc > 1 && !strcmp(argv[1], "exit"))	/* P15: the new program */
		return 42;
	measure_nothing();
	switch (option) {
	case 's':
		for_each_measure(check_once);
		running = NULL;
		curves(NULL, 30);
		return 0;
	case 'x':
		for_each_measure(break_each_call);
		return unnoticed != 0;
	case 'l':
		measure_named(argv[2]);
		loop(found, argc > 3 ? (unsigned long)atoi(argv[3]) : found->n);
	case 'c':
		curves(argv[2], ~0UL);
		return 0;
	case 'k':
		counts();
		return 0;
	case 'd':
		for_each_disk_measure(measure);
		return 0;
	case 'D':
		for_each_disk_measure(check_once);
		for_each_disk_measure(break_each_call);
		return unnoticed != 0;
	case 'm':
		walk_more_than_memory(strtoul(argv[2], NULL, 10));
		return 0;
	case 'w':
		medians = true;
		report_rate();
		for_each_measure(measure);
		return 0;
	}
	if (argc < 2)
		for_each_measure(measure);
	for (int i = 1; i < argc; i++)
		measure(measure_named(argv[i]));
	return 0;
}
