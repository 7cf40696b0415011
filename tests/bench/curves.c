/*
 * tests/bench/curves.c - cost against size: areas 10 to 60,000, pages 1 to 65,536, threads 1 to 8
 *
 * A line "CURVE size ticks series" for each point.  The numbers of areas and pages must not matter:
 * C7 of the goals.  Where the cost depends on the area, the mean over areas by chance is shown.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <thread.h>
#include <unistd.h>
#include "bench.h"

static const char *curve;

static void point(unsigned long size, unsigned long ticks, const char *series)
{
	printf("%s %lu %lu %s\n", curve, size, ticks, series);
	fflush(stdout);
}

static unsigned long least_of_three(unsigned long (*sample)(unsigned long n), unsigned long n)
{
	unsigned long best = ~0UL;

	for (int i = 0; i < 3; i++) {
		unsigned long t = sample(n);

		if (t < best)
			best = t;
	}
	return best;
}

/* ---- areas ---- */

static unsigned int seed;

static unsigned int random_below(unsigned int n)
{
	seed = seed * 1103515245 + 12345;
	return (seed >> 8) % n;
}

/* @nr areas of one page, every other one writable and touched, cut out of one in random order. */
static char *make_areas(unsigned long nr)
{
	unsigned long before = areas();
	char *p = mmap(NULL, nr * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	int *order = malloc(nr / 2 * sizeof(*order));

	must(p != MAP_FAILED && order, "mmap");
	seed = 1;
	for (unsigned long i = 0; i < nr / 2; i++) {
		unsigned int k = random_below(i + 1);

		order[i] = order[k];
		order[k] = i;
	}
	for (unsigned long i = 0; i < nr / 2; i++)
		must(!mprotect(p + 2UL * order[i] * PAGE, PAGE, PROT_READ | PROT_WRITE), "mprotect");
	free(order);
	for (unsigned long i = 0; i < nr; i += 2)
		p[i * PAGE] = 1;
	must(areas() >= before + nr - 1, "there are so many areas");
	return p;
}

/* Nobody remembers the area: another one was just unmapped. */
static unsigned long fault_at(volatile char *page)
{
	unsigned long t;

	must(!madvise((void *)page, PAGE, MADV_DONTNEED), "madvise");
	must(!munmap((void *)map(1), PAGE), "munmap");
	must(resident(page, 1) == 0, "the page is not there");
	clock_start();
	*page = 1;
	t = clock_stop();
	must(resident(page, 1) == 1, "the page is there");
	return t;
}

/* The hole that munmap leaves is the highest that fits: mmap finds it again. */
static unsigned long remap_at(volatile char *page)
{
	volatile char *q;
	unsigned long t;
	int ret, old;

	*page = 2;
	clock_start();
	ret = munmap((void *)page, PAGE);
	q = map(1);
	old = *q;
	*q = 1;
	t = clock_stop();
	must(!ret && q == page && !old, "a new page in the old hole");
	return t;
}

static unsigned long new_area(volatile char *page)
{
	volatile char *q;
	unsigned long t;
	int ret;

	clock_start();
	q = map(1);
	*q = 1;
	ret = munmap((void *)q, PAGE);
	t = clock_stop();
	must(!ret && resident(q, 1) == -1, "it came and went");
	return t;
}

static unsigned long fork_exit(void)
{
	unsigned long t;
	int status;
	pid_t pid;

	clock_start();
	pid = fork();
	if (!pid)
		_exit(42);
	pid = waitpid(pid, &status, 0);
	t = clock_stop();
	must(pid > 0 && status == 42 << 8, "a child");
	return t;
}

static const struct {
	const char *name;
	unsigned long (*op)(volatile char *page);
} area_ops[] = {
	{ "touch a page", fault_at }, { "unmap, map and touch an area", remap_at },
	{ "map, touch and unmap another", new_area },
};

static void with_areas(unsigned long nr)
{
	char *p = make_areas(nr);

	for (int i = 0; i < 3; i++) {
		unsigned long sum = 0, ops = 500;

		area_ops[i].op(p);
		for (unsigned long k = 0; k < ops; k++)
			sum += area_ops[i].op(p + 2UL * random_below(nr / 2) * PAGE);
		point(nr, sum / ops, area_ops[i].name);
	}
	point(nr, fork_exit() / nr, "fork, exit and wait, by areas");
	must(!munmap(p, nr * PAGE), "munmap");
}

/* ---- pages ---- */

static void with_pages(unsigned long nr)
{
	static const struct {
		const char *id, *name;
	} all[] = {
		{ "P2", "write fault" }, { "P9", "mprotect" }, { "P8", "munmap" }, { "P12", "fork" }, { "P13", "exit" },
	};

	for (int i = 0; i < 5; i++) {
		const struct measure *m = running = measure_named(all[i].id);

		point(nr, least_of_three(m->sample, nr) / (nr * m->per), all[i].name);
	}
	running = NULL;
}

/* ---- threads ---- */

#define HOPS	100

static int ring[8][2];		/* a pipe from each to the next */
static unsigned long in_ring;

static int pass_on(void *arg)
{
	unsigned long i = (unsigned long)arg;
	unsigned char c;

	while (read(ring[i][0], &c, 1) == 1 && c) {
		c++;
		write(ring[(i + 1) % in_ring][1], &c, 1);
	}
	c = 0;
	write(ring[(i + 1) % in_ring][1], &c, 1);
	return 42;
}

/* A byte goes round, each of @n adds one; a zero ends them. */
static unsigned long go_round(unsigned long n)
{
	unsigned long t, bad = 0;
	unsigned char c = 1, end = 0;

	write(ring[1 % n][1], &c, 1);
	read(ring[0][0], &c, 1);
	must(c == n, "everybody has seen the byte");
	clock_start();
	for (int i = 0; i < HOPS; i++) {
		c = 1;
		bad |= write(ring[1 % n][1], &c, 1) ^ 1;
		bad |= read(ring[0][0], &c, 1) ^ 1;
		bad |= c ^ n;
	}
	t = clock_stop();
	must(!bad, "everybody has seen each byte");
	write(ring[1 % n][1], &end, 1);
	return t / (HOPS * n);
}

static unsigned long another_area(unsigned long n)
{
	return new_area(NULL);
}

static void with_threads(unsigned long n)
{
	struct thread *threads[8];
	pid_t pids[8];
	unsigned long best, status;

	in_ring = n;
	for (unsigned long i = 0; i < n; i++)
		must(!pipe(ring[i]), "pipe");
	for (unsigned long i = 1; i < n; i++)
		must((threads[i] = thread_create(pass_on, (void *)i)) != NULL, "a thread");
	point(n, least_of_three(another_area, 0), "map, touch and unmap by one of them");
	point(n, go_round(n), "one hop round a ring of threads");
	for (unsigned long i = 1; i < n; i++)
		must(thread_join(threads[i]) == 42, "the thread ends");
	read(ring[0][0], &status, 1);
	for (unsigned long i = 1; i < n; i++) {
		pids[i] = fork();
		if (!pids[i])
			_exit(pass_on((void *)i));
	}
	best = go_round(n);
	for (unsigned long i = 1; i < n; i++) {
		int s;

		must(waitpid(pids[i], &s, 0) == pids[i] && s == 42 << 8, "the process ends");
	}
	point(n, best, "one hop round a ring of processes");
	for (unsigned long i = 0; i < n; i++) {
		close(ring[i][0]);
		close(ring[i][1]);
	}
}

/* ---- all ---- */

static const struct {
	const char *name;
	void (*fn)(unsigned long size);
	unsigned long sizes[10];
} all[] = {
	{ "areas", with_areas, { 10, 30, 100, 300, 1000, 3000, 10000, 30000, 60000 } },
	{ "pages", with_pages, { 1, 4, 16, 64, 256, 1024, 4096, 16384, 65536 } },
	{ "threads", with_threads, { 1, 2, 3, 4, 5, 6, 7, 8 } },
};

void curves(const char *which, unsigned long largest)
{
	for (unsigned long i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		if (which && strcmp(which, all[i].name))
			continue;
		curve = all[i].name;
		for (const unsigned long *size = all[i].sizes; *size && *size <= largest; size++)
			all[i].fn(*size);
	}
}
