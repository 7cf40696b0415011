/*
 * tests/bench/memory.c - P1 to P11: a system call, faults, mmap, munmap, mprotect, brk
 *
 * A sample whose operation undoes itself (mmap and munmap) checks the return values of each and
 * then does it once more, not measured, and looks in between.
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include "bench.h"

static volatile char *sys_map(unsigned long pages)
{
	return sys.mmap(NULL, pages * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

/* Is there an area with these permissions at @p, of at least so many pages? */
static bool mapped(const volatile char *p, unsigned long pages, const char *perms)
{
	struct area a;

	return area_of(p, &a) && (unsigned long)p + pages * PAGE <= a.end && !strcmp(a.perms, perms);
}

static bool unmapped(const volatile char *p, unsigned long pages)
{
	struct area a;

	for (unsigned long i = 0; i < pages; i++)
		if (resident(p + i * PAGE, 1) != -1)
			return false;
	return !area_of(p, &a);
}

static unsigned long system_call(unsigned long n)
{
	static pid_t parent;
	pid_t got = 0;
	unsigned long t;

	if (!parent)
		parent = number_in("/proc/self/status", "PPid");
	clock_start();
	for (unsigned long i = 0; i < n; i++)
		got = sys.getppid();
	t = clock_stop();
	must(got == parent, "getppid says who the parent is");
	return t;
}

static unsigned long write_fault(unsigned long n)
{
	volatile char *p = map(n + 1);
	unsigned long t;

	p[n * PAGE] = 1;	/* the page table */
	must(resident(p, n) == 0, "nothing is there before");
	clock_start();
	sys.touch(p, n);
	t = clock_stop();
	must(resident(p, n) == (long)n && holds(p, n), "every page is there and holds what was written");
	must(pfn_of(p) && pfn_of(p) != pfn_of(p + PAGE), "each page is a page of its own");
	must(!munmap((void *)p, (n + 1) * PAGE), "munmap");
	return t;
}

static unsigned long read_fault(unsigned long n)
{
	volatile char *p = map(n + 1);
	unsigned long t, sum;

	p[n * PAGE] = 1;
	clock_start();
	sum = sys.look(p, n);
	t = clock_stop();
	must(!sum, "zeroes were read");
	must(resident(p, n) == (long)n, "every page is there");
	must(pfn_of(p) == pfn_of(p + (n - 1) * PAGE), "all are the zero page");
	must(!munmap((void *)p, (n + 1) * PAGE), "munmap");
	return t;
}

/* A child that shares @n pages at @p, and at the end says by its status whether they are as they were. */
static pid_t sharer(volatile char *p, unsigned long n, int *go)
{
	pid_t pid;
	char c;

	must(!pipe(go), "pipe");
	pid = fork();
	if (!pid) {
		close(go[1]);
		read(go[0], &c, 1);
		_exit(holds(p, n) ? 42 : 1);
	}
	close(go[0]);
	return pid;
}

static void sharer_ends(pid_t pid, int *go)
{
	int status;

	close(go[1]);
	must(waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 42,
	     "the other process still has what it had");
}

/* The pages hold i + 1; the write puts i + 1 - n there, counted from another start. */
static bool rewritten(volatile char *p, unsigned long n)
{
	return holds(p, n / 2) && holds(p + n / 2 * PAGE, n / 2);
}

static unsigned long cow_copy(unsigned long n)
{
	volatile char *p = map(2 * n);
	unsigned long t, pfn;
	int go[2];
	pid_t pid;

	sys.touch(p, 2 * n);
	pid = sharer(p, 2 * n, go);
	pfn = pfn_of(p + n * PAGE);
	clock_start();
	sys.touch(p + n * PAGE, n);
	t = clock_stop();
	must(pfn_of(p + n * PAGE) != pfn, "another page");
	must(rewritten(p, 2 * n), "what was written is there");
	sharer_ends(pid, go);
	must(!munmap((void *)p, 2 * n * PAGE), "munmap");
	return t;
}

static unsigned long cow_reuse(unsigned long n)
{
	volatile char *p = map(2 * n);
	unsigned long t, pfn;
	int go[2];

	sys.touch(p, 2 * n);
	sharer_ends(sharer(p, 2 * n, go), go);
	pfn = pfn_of(p + n * PAGE);
	clock_start();
	sys.touch(p + n * PAGE, n);
	t = clock_stop();
	must(pfn && pfn_of(p + n * PAGE) == pfn, "the same page");
	must(rewritten(p, 2 * n), "what was written is there");
	must(!munmap((void *)p, 2 * n * PAGE), "munmap");
	return t;
}

static void check_map_unmap(void)
{
	volatile char *p = sys_map(1);

	must(mapped(p, 1, "rw-p") && resident(p, 1) == 0, "mmap makes an area");
	sys.touch(p, 1);
	must(holds(p, 1) && pfn_of(p), "which can be written");
	must(!sys.munmap((void *)p, PAGE) && unmapped(p, 1), "munmap takes it away");
}

static unsigned long map_unmap(unsigned long n)
{
	unsigned long t, bad = 0;

	check_map_unmap();
	clock_start();
	for (unsigned long i = 0; i < n; i++) {
		volatile char *p = sys_map(1);

		bad |= (unsigned long)p | sys.munmap((void *)p, PAGE);
	}
	t = clock_stop();
	must(!(bad & (PAGE - 1)), "every mmap and munmap");
	return t;
}

static unsigned long map_touch_unmap(unsigned long n)
{
	unsigned long t, bad = 0;

	check_map_unmap();
	clock_start();
	for (unsigned long i = 0; i < n; i++) {
		volatile char *p = sys_map(1);

		bad |= (unsigned long)p | *p;
		sys.touch(p, 1);
		bad |= *(volatile unsigned long *)p - 1;
		bad |= sys.munmap((void *)p, PAGE);
	}
	t = clock_stop();
	must(!(bad & (PAGE - 1)), "every mmap, touch and munmap");
	return t;
}

static unsigned long unmap_pages(unsigned long n)
{
	volatile char *p = sys_map(n);
	unsigned long t, rss;
	int ret;

	sys.touch(p, n);
	must(resident(p, n) == (long)n && holds(p, n), "there is something to unmap");
	rss = number_in("/proc/self/status", "VmRSS");
	clock_start();
	ret = sys.munmap((void *)p, n * PAGE);
	t = clock_stop();
	must(!ret && unmapped(p, n), "nothing of it is mapped");
	rss -= number_in("/proc/self/status", "VmRSS");
	must(rss / 4 + 256 >= n, "the pages are no longer ours");	/* Linux counts roughly: to 64, twice */
	return t;
}

/* Read-only and back, of the first @pages of @total; looks after each. */
static void check_protect(volatile char *p, unsigned long pages)
{
	must(!sys.mprotect((void *)p, pages * PAGE, PROT_READ), "mprotect");
	must(mapped(p, pages, "r--p") && !writable(p) && !writable(p + (pages - 1) * PAGE), "read-only");
	must(!sys.mprotect((void *)p, pages * PAGE, PROT_READ | PROT_WRITE), "mprotect back");
	must(mapped(p, pages, "rw-p") && writable(p) && writable(p + (pages - 1) * PAGE), "writable again");
}

static unsigned long protect_pages(unsigned long n)
{
	volatile char *p = map(n);
	unsigned long t;
	int ret;

	sys.touch(p, n);
	check_protect(p, n);
	clock_start();
	ret = sys.mprotect((void *)p, n * PAGE, PROT_READ);
	ret |= sys.mprotect((void *)p, n * PAGE, PROT_READ | PROT_WRITE);
	t = clock_stop();
	must(!ret && resident(p, n) == (long)n && holds(p, n), "the pages are as before");
	must(!munmap((void *)p, n * PAGE), "munmap");
	return t;
}

#define MIDDLE 8

static unsigned long protect_one(unsigned long n)
{
	volatile char *p = map(2 * MIDDLE), *page = p + MIDDLE * PAGE;
	unsigned long t, before;
	int ret = 0;

	sys.touch(p, 2 * MIDDLE);
	before = areas();
	check_protect(page, 1);
	must(!sys.mprotect((void *)page, PAGE, PROT_READ) && areas() == before + 2, "one area becomes three");
	must(writable(page - 1) && !writable(page) && writable(page + PAGE), "and only the middle is read-only");
	must(!sys.mprotect((void *)page, PAGE, PROT_READ | PROT_WRITE) && areas() == before, "three become one");
	clock_start();
	for (unsigned long i = 0; i < n; i++) {
		ret |= sys.mprotect((void *)page, PAGE, PROT_READ);
		ret |= sys.mprotect((void *)page, PAGE, PROT_READ | PROT_WRITE);
	}
	t = clock_stop();
	must(!ret && areas() == before && holds(p, 2 * MIDDLE), "all is as before");
	must(!munmap((void *)p, 2 * MIDDLE * PAGE), "munmap");
	return t;
}

static unsigned long heap(unsigned long n)
{
	static char *top;
	unsigned long t;
	int bad = 0;

	if (!top) {
		areas();	/* what reading maps allocates is at the top of the heap, and stays */
		top = sbrk(PAGE - ((unsigned long)sbrk(0) & (PAGE - 1)));
		top = sbrk(0);
	}
	must(!sys.brk(top + PAGE) && mapped(top, 1, "rw-p") && resident(top, 1) == 0, "the heap grows");
	sys.touch(top, 1);
	must(holds(top, 1), "and can be written");
	must(!sys.brk(top) && unmapped(top, 1), "and shrinks");
	clock_start();
	for (unsigned long i = 0; i < n; i++) {
		bad |= sys.brk(top + PAGE);
		bad |= sys.brk(top);
	}
	t = clock_stop();
	must(!bad && sbrk(0) == top, "every brk");
	return t;
}

const struct measure memory_measures[] = {
	{ "P1", "null system call (getppid)", system_call, 100, 0, 1, "getppid" },
	{ "P2", "anonymous write fault", write_fault, 256, 0, 1, "touch" },
	{ "P3", "anonymous read fault (zero page)", read_fault, 256, 0, 1, "look" },
	{ "P4", "COW fault that copies", cow_copy, 128, 0, 1, "touch" },
	{ "P5", "COW fault, sole owner", cow_reuse, 128, 0, 1, "touch" },
	{ "P6", "mmap + munmap of 4 KiB, untouched", map_unmap, 100, 0, 1, "mmap munmap" },
	{ "P7", "mmap + touch + munmap of 4 KiB", map_touch_unmap, 100, 0, 1, "mmap munmap touch" },
	{ "P8", "munmap, per populated page", unmap_pages, 1024, 0, 1, "mmap munmap touch" },
	{ "P9", "mprotect, per populated page", protect_pages, 1024, 0, 2, "mprotect touch" },
	{ "P10", "mprotect of one page (split, then merge)", protect_one, 100, 0, 1, "mprotect touch" },
	{ "P11", "brk +4 KiB, then -4 KiB", heap, 100, 0, 1, "brk touch" },
	{ }
};
