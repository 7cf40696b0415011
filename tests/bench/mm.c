/*
 * tests/bench/mm.c - what the operations of an address space cost, in guest instructions
 *
 * Run it as process 1 under "-accel tcg -icount shift=0,sleep=off", where one tick of the time
 * stamp counter is one instruction.  Each line: name, the least of seven runs per operation; of C7,
 * where it depends on the area, the mean over 2,000 at random.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/reboot.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGE 4096UL
#define N 256
#define RUNS 7

static inline unsigned long now(void)
{
	unsigned int lo, hi;

	__asm__ volatile("rdtsc" : "=a"(lo), "=d"(hi) :: "memory");
	return (unsigned long)hi << 32 | lo;
}

static volatile char *map(unsigned long pages)
{
	return mmap(NULL, pages * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

static void touch(volatile char *p, unsigned long pages)
{
	for (unsigned long i = 0; i < pages; i++)
		p[i * PAGE] = 1;
}

static unsigned long best;

static void start(void)
{
	best = ~0UL;
}

static void took(unsigned long t, unsigned long ops)
{
	if (t / ops < best)
		best = t / ops;
}

static void report(const char *name)
{
	printf("%-40s %lu\n", name, best);
}

static void write_fault(void)
{
	start();
	for (int r = 0; r < RUNS; r++) {
		volatile char *p = map(N);
		unsigned long t;

		p[0] = 1;
		t = now();
		touch(p + PAGE, N - 1);
		took(now() - t, N - 1);
		munmap((void *)p, N * PAGE);
	}
	report("P2 anonymous write fault");
}

static void read_fault(void)
{
	start();
	for (int r = 0; r < RUNS; r++) {
		volatile char *p = map(N);
		unsigned long t = now();

		for (int i = 0; i < N; i++)
			(void)p[i * PAGE];
		took(now() - t, N);
		munmap((void *)p, N * PAGE);
	}
	report("P3 anonymous read fault");
}

static void cow(void)
{
	unsigned long copy = ~0UL;

	start();
	for (int r = 0; r < RUNS; r++) {
		volatile char *p = map(N);
		unsigned long t;
		int pipefd[2];
		char c;
		pid_t pid;

		touch(p, N);
		if (pipe(pipefd))
			exit(1);
		pid = fork();
		if (!pid) {
			close(pipefd[1]);
			read(pipefd[0], &c, 1);
			_exit(0);
		}
		close(pipefd[0]);
		t = now();
		touch(p, N / 2);
		t = (now() - t) / (N / 2);
		if (t < copy)
			copy = t;
		close(pipefd[1]);
		waitpid(pid, NULL, 0);
		t = now();
		touch(p + N / 2 * PAGE, N / 2);
		took(now() - t, N / 2);
		munmap((void *)p, N * PAGE);
	}
	printf("%-40s %lu\n", "P4 COW fault that copies", copy);
	report("P5 COW fault, sole owner");
}

static void map_unmap(void)
{
	start();
	for (int r = 0; r < 50; r++) {
		unsigned long t = now();
		volatile char *p = map(1);

		munmap((void *)p, PAGE);
		took(now() - t, 1);
	}
	report("P6 mmap + munmap, untouched");
}

static void map_touch_unmap(void)
{
	start();
	for (int r = 0; r < 50; r++) {
		unsigned long t = now();
		volatile char *p = map(1);

		p[0] = 1;
		munmap((void *)p, PAGE);
		took(now() - t, 1);
	}
	report("P7 mmap + touch + munmap");
}

static void unmap_pages(void)
{
	start();
	for (int r = 0; r < RUNS; r++) {
		volatile char *p = map(4 * N);
		unsigned long t;

		touch(p, 4 * N);
		t = now();
		munmap((void *)p, 4 * N * PAGE);
		took(now() - t, 4 * N);
	}
	report("P8 munmap, per page");
}

static void protect(void)
{
	volatile char *p = map(4 * N);

	touch(p, 4 * N);
	start();
	for (int r = 0; r < RUNS; r++) {
		unsigned long t = now();

		mprotect((void *)p, 4 * N * PAGE, PROT_READ);
		mprotect((void *)p, 4 * N * PAGE, PROT_READ | PROT_WRITE);
		took(now() - t, 8 * N);
	}
	report("P9 mprotect, per page");
	start();
	for (int r = 0; r < 50; r++) {
		unsigned long t = now();

		mprotect((void *)(p + 7 * PAGE), PAGE, PROT_READ);
		mprotect((void *)(p + 7 * PAGE), PAGE, PROT_READ | PROT_WRITE);
		took(now() - t, 1);
	}
	report("P10 mprotect of one page and back");
	munmap((void *)p, 4 * N * PAGE);
}

static void heap(void)
{
	char *top = sbrk(0);

	start();
	for (int r = 0; r < 50; r++) {
		unsigned long t = now();

		sbrk(PAGE);
		sbrk(-(long)PAGE);
		took(now() - t, 1);
	}
	if (sbrk(0) != top)
		printf("brk did not come back\n");
	report("P11 brk +4 KiB, -4 KiB");
}

/* The differences between 8 Ki and 1 Ki pages, so that what a process costs falls out. */
static void process(void)
{
	unsigned long f[2] = { ~0UL, ~0UL }, e[2] = { ~0UL, ~0UL };

	for (int k = 0; k < 2; k++) {
		unsigned long pages = k ? 8192 : 1024;
		volatile char *p = map(pages);

		touch(p, pages);
		for (int r = 0; r < RUNS; r++) {
			unsigned long t0 = now(), t1, t2;
			pid_t pid = fork();

			if (!pid)
				_exit(0);
			t1 = now();
			waitpid(pid, NULL, 0);
			t2 = now();
			if (t1 - t0 < f[k])
				f[k] = t1 - t0;
			if (t2 - t1 < e[k])
				e[k] = t2 - t1;
		}
		munmap((void *)p, pages * PAGE);
	}
	printf("%-40s %lu\n", "P12 fork, per mapped page", (f[1] - f[0]) / (8192 - 1024));
	printf("%-40s %lu\n", "P13 exit, per mapped page", (e[1] - e[0]) / (8192 - 1024));
	printf("%-40s %lu\n", "fork + exit + wait with 1,024 pages", f[0] + e[0]);
}

static void tiny(void)
{
	start();
	for (int r = 0; r < 20; r++) {
		unsigned long t = now();
		pid_t pid = fork();

		if (!pid)
			_exit(0);
		waitpid(pid, NULL, 0);
		took(now() - t, 1);
	}
	report("P14 fork + exit + wait, tiny");
	start();
	for (int r = 0; r < 200; r++) {
		unsigned long t = now();

		getppid();
		took(now() - t, 1);
	}
	report("P1 getppid");
}

/* ---- C7: does it matter how many areas there are? ---- */

static unsigned int seed;

static unsigned int random_below(unsigned int n)
{
	seed = seed * 1103515245 + 12345;
	return (seed >> 8) % n;
}

/* @nr areas of one page, every other one writable, cut out of one in random order. */
static char *make_areas(int nr)
{
	char *p = mmap(NULL, nr * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	int *order = malloc(nr / 2 * sizeof(*order));

	seed = 1;
	for (int i = 0; i < nr / 2; i++) {
		int k = random_below(i + 1);

		order[i] = order[k];
		order[k] = i;
	}
	for (int i = 0; i < nr / 2; i++)
		if (mprotect(p + 2UL * order[i] * PAGE, PAGE, PROT_READ | PROT_WRITE))
			exit(1);
	free(order);
	return p;
}

/* The mean over @ops at random areas; with every area's page and table seen once before. */
static unsigned long at_random_areas(char *p, int nr, unsigned long (*op)(volatile char *page))
{
	unsigned long sum = 0, ops = 2000;

	for (unsigned long i = 0; i < ops; i++)
		sum += op(p + 2UL * random_below(nr / 2) * PAGE);
	return sum / ops;
}

/* Nobody remembers the area: unmapping another one has emptied the vmacache. */
static unsigned long fault_at(volatile char *page)
{
	unsigned long t;

	madvise((void *)page, PAGE, MADV_DONTNEED);
	munmap((void *)map(1), PAGE);
	t = now();
	*page = 1;
	return now() - t;
}

/* The hole that munmap leaves is the highest that fits: mmap finds it again. */
static unsigned long remap_at(volatile char *page)
{
	unsigned long t = now();
	volatile char *q;

	munmap((void *)page, PAGE);
	q = map(1);
	*q = 1;
	if (q != page)
		exit(1);
	return now() - t;
}

static unsigned long new_area(volatile char *page)
{
	unsigned long t = now();
	volatile char *q = map(1);

	*q = 1;
	munmap((void *)q, PAGE);
	return now() - t;
}

static void many_areas(void)
{
	static const struct {
		const char *name;
		unsigned long (*op)(volatile char *page);
	} ops[] = {
		{ "C7 touch an area of", fault_at }, { "C7 unmap, map, touch an area of", remap_at },
		{ "C7 map, touch, unmap one next to", new_area },
	};
	unsigned long cost[2][3];
	static const int counts[2] = { 10, 60000 };

	for (int k = 0; k < 2; k++) {
		char *p = make_areas(counts[k]);

		for (int i = 0; i < counts[k]; i += 2)
			p[i * PAGE] = 1;
		for (int i = 0; i < 3; i++)
			cost[k][i] = at_random_areas(p, counts[k], ops[i].op);
		munmap(p, counts[k] * PAGE);
	}
	for (int i = 0; i < 3; i++) {
		printf("%-36s %3d %lu\n", ops[i].name, counts[0], cost[0][i]);
		printf("%-34s %5d %lu\n", ops[i].name, counts[1], cost[1][i]);
		printf("%-40s %lu\n", "   the second as percent of the first", cost[1][i] * 100 / cost[0][i]);
	}
}

static const struct {
	const char *name;
	void (*fn)(void);
} benches[] = {
	{ "tiny", tiny }, { "write", write_fault }, { "read", read_fault }, { "cow", cow },
	{ "map", map_unmap },
	{ "touch", map_touch_unmap }, { "unmap", unmap_pages }, { "protect", protect }, { "brk", heap },
	{ "process", process }, { "areas", many_areas },
};

/* All, or those named as arguments. */
int main(int argc, char **argv)
{
	for (unsigned long i = 0; i < sizeof(benches) / sizeof(benches[0]); i++) {
		int wanted = argc < 2;

		for (int a = 1; a < argc; a++)
			wanted |= !strcmp(argv[a], benches[i].name);
		if (wanted)
			benches[i].fn();
	}
	fflush(stdout);
	if (getpid() == 1)
		reboot(RB_POWER_OFF);
	return 0;
}
