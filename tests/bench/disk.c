/*
 * tests/bench/disk.c - P25 to P29: a file of a disk read and mapped, a page back from the swap cache, reclaim; and what
 * a working set larger than memory costs
 *
 * Wants /dev/vda with an ext2 that holds `data`, 64 MiB of numbered words, and /dev/vdb as swap (tools/bench.py).
 *
 * Waiting for a disk is no work. But under -icount a processor that waits does not stand still: the clock jumps to the
 * next timer. So it never waits here: a process of the lowest priority counts its own rounds, of two instructions each,
 * and these are taken off. What is left are all instructions of everybody else, the kernel's threads too. What they
 * cost that the processor is given back and forth and that its timer ticks meanwhile is in the number.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include "bench.h"

#define MADV_PAGEOUT	21
#define SCHED_IDLE	5
#define CHUNK		(128UL << 10)
#define FILE_PAGES	16384UL

/* ---- work, without waiting ---- */

static volatile unsigned long *rounds;		/* of the process that has nothing to do */
static unsigned long rounds_before;
static pid_t idler;

static void start_idler(void)
{
	int param = 0;

	rounds = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	must(rounds != MAP_FAILED && !mlock((void *)rounds, PAGE), "a page to count in");
	idler = fork();
	if (!idler) {
		syscall(__NR_setpriority, 0, 0, 19);
		syscall(__NR_sched_setscheduler, 0, SCHED_IDLE, &param);
		__asm__ volatile("1: incq (%0)\n\tjmp 1b" :: "r"(rounds) : "memory");
	}
	while (!*rounds)
		usleep(1000);
}

static void work_start(void)
{
	rounds_before = *rounds;
	clock_start();
}

static unsigned long work_stop(void)
{
	unsigned long t = clock_stop();

	return t - 2 * (*rounds - rounds_before);
}

/* ---- questions ---- */

static unsigned long vmstat(const char *name)
{
	return number_in("/proc/vmstat", name);
}

/* Sectors read from the disk. */
static unsigned long sectors(const char *disk)
{
	char line[256], name[16];
	unsigned long n = ~0UL, reads, merged;
	FILE *f = fopen("/proc/diskstats", "r");

	must(f, "/proc/diskstats");
	while (n == ~0UL && fgets(line, sizeof(line), f)) {
		unsigned int major, minor;
		unsigned long read;

		if (sscanf(line, "%u %u %15s %lu %lu %lu", &major, &minor, name, &reads, &merged, &read) == 6 && !strcmp(name, disk))
			n = read;
	}
	fclose(f);
	must(n != ~0UL, "the disk is in /proc/diskstats");
	return n;
}

static void put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY);

	must(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text), path);
	close(fd);
}

/* How many of the pages have one of the @kinds in /proc/self/pagemap: 2 mapped, 1 in swap. */
static unsigned long pages_that_are(const volatile char *p, unsigned long pages, unsigned int kinds)
{
	unsigned long entry, n = 0;
	int fd = open("/proc/self/pagemap", O_RDONLY);

	for (unsigned long i = 0; i < pages; i++)
		n += pread(fd, &entry, 8, ((unsigned long)p / PAGE + i) * 8) == 8 && entry >> 62 & kinds;
	close(fd);
	return n;
}

static bool in_swap(const volatile char *p, unsigned long pages)
{
	return pages_that_are(p, pages, 1) == pages;
}

/* ---- the file ---- */

static int data_file(void)
{
	static int fd = -1;

	if (fd < 0) {
		mkdir("/mnt", 0755);
		mount("/dev/vda", "/mnt", "ext2", MS_RDONLY, NULL);
		fd = open("/mnt/data", O_RDONLY);
		must(fd >= 0, "/mnt/data");
	}
	return fd;
}

static volatile char *data_map(unsigned long pages)
{
	void *p = mmap(NULL, pages * PAGE, PROT_READ, MAP_SHARED, data_file(), 0);

	must(p != MAP_FAILED, "mmap of a file");
	return p;
}

static long cached(unsigned long pages)
{
	volatile char *p = data_map(pages);
	long n = resident(p, pages);

	munmap((void *)p, pages * PAGE);
	return n;
}

/* Is each word what tools/bench.py wrote?  @first: the number of the first. */
static bool numbered(const volatile unsigned long *p, unsigned long first, unsigned long words)
{
	for (unsigned long i = 0; i < words; i++)
		if (p[i] != first + i)
			return false;
	return true;
}

/* All of it with read(); the instructions of it. */
static unsigned long read_all(unsigned long pages)
{
	static unsigned long buf[CHUNK / sizeof(unsigned long)];
	int fd = data_file();
	bool right = true;
	unsigned long t;
	ssize_t bad = 0;

	memset(buf, 0, sizeof(buf));
	must(!lseek(fd, 0, SEEK_SET), "lseek");
	work_start();
	for (unsigned long at = 0; at < pages * PAGE; at += CHUNK)
		bad |= sys.read(fd, buf, CHUNK) ^ CHUNK;
	t = work_stop();
	must(!bad && numbered(buf, (pages * PAGE - CHUNK) / 8 + 1, CHUNK / 8), "the end of the file was read");
	for (unsigned long at = 0; right && at < pages * PAGE; at += CHUNK)
		right = pread(fd, buf, CHUNK, at) == CHUNK && numbered(buf, at / 8 + 1, CHUNK / 8);
	must(right && cached(pages) == (long)pages, "all of it is in the cache, and right");
	return t;
}

static unsigned long read_cold(unsigned long n)
{
	unsigned long t, before;

	data_file();
	sync();
	put("/proc/sys/vm/drop_caches", "1\n");
	must(!cached(n), "nothing is cached before");
	before = sectors("vda");
	t = read_all(n);
	before = sectors("vda") - before;
	must(before >= n * 8 && before < n * 9, "it came from the disk, once");
	return t;
}

static unsigned long read_warm(unsigned long n)
{
	unsigned long before;
	unsigned long t;

	if (cached(n) != (long)n)
		read_all(n);
	before = sectors("vda");
	t = read_all(n);
	must(sectors("vda") == before, "nothing came from the disk");
	return t;
}

/* Of the words 512 i + 1. */
static unsigned long sum_of_pages(unsigned long n)
{
	return 512 * (n * (n - 1) / 2) + n;
}

static unsigned long look_at_map(unsigned long n)
{
	unsigned long t, sum;
	volatile char *p;

	if (cached(n) != (long)n)
		read_all(n);
	p = data_map(n);
	work_start();
	sum = sys.look(p, n);
	t = work_stop();
	must(sum == sum_of_pages(n), "the first word of each page");
	must(pages_that_are(p, n, 2) == n, "all are mapped");
	munmap((void *)p, n * PAGE);
	return t;
}

static unsigned long reclaim_pages(unsigned long n)
{
	volatile char *p = data_map(n);
	unsigned long t;
	int ret;

	must(sys.look(p, n) == sum_of_pages(n) && resident(p, n) == (long)n, "there is something to reclaim");
	work_start();
	ret = sys.madvise((void *)p, n * PAGE, MADV_PAGEOUT);
	t = work_stop();
	must(!ret && resident(p, n) <= (long)n / 64, "the pages have left");
	must(sys.look(p, n) == sum_of_pages(n), "and come back");
	munmap((void *)p, n * PAGE);
	return t;
}

/* ---- swap ---- */

static void some_swap(void)
{
	static bool on;

	if (!on)		/* EBUSY: another run of this program was here */
		must(!syscall(__NR_swapon, "/dev/vdb", 0) || errno == EBUSY, "swapon /dev/vdb");
	on = true;
}

static unsigned long swap_in(unsigned long n)
{
	unsigned long t, sum, major, in;
	volatile char *p;

	some_swap();
	p = map(n);
	sys.touch(p, n);
	for (int i = 0; i < 1000 && !(in_swap(p, n) && !vmstat("nr_writeback")); i++) {
		must(!madvise((void *)p, n * PAGE, MADV_PAGEOUT), "pageout");
		usleep(2000);
	}
	must(in_swap(p, n) && resident(p, n) == (long)n, "all are in swap, and in its cache");
	major = vmstat("pgmajfault");
	in = vmstat("pswpin");
	work_start();
	sum = sys.look(p, n);
	t = work_stop();
	must(sum == n * (n + 1) / 2 && holds(p, n), "all hold what they held");
	must(pfn_of(p) && pfn_of(p + (n - 1) * PAGE) && !in_swap(p, 1), "and are mapped");
	must(vmstat("pgmajfault") == major && vmstat("pswpin") == in, "nothing was read");
	munmap((void *)p, n * PAGE);
	return t;
}

const struct measure disk_measures[] = {
	{ "P25", "a 64 MiB file read, cold, per page", read_cold, FILE_PAGES, 0, 1, "read" },
	{ "P26", "the same, cached", read_warm, FILE_PAGES, 0, 1, "read" },
	{ "P27", "the same touched through mmap, cached", look_at_map, FILE_PAGES, 0, 1, "look" },
	{ "P28", "swap-in fault, page in the swap cache", swap_in, 1024, 0, 1, "touch look" },
	{ "P29", "reclaim of a clean mapped page", reclaim_pages, 4096, 0, 1, "look madvise" },
	{ }
};

void disks_start(void)
{
	start_idler();
}

void disks_stop(void)
{
	kill(idler, SIGKILL);
	waitpid(idler, NULL, 0);
}

/* ---- more than memory ---- */

static unsigned long word(unsigned long page)
{
	page *= 0x9e3779b97f4a7c15UL;
	return page ^ page >> 29;
}

static void report(const char *id, const char *what, unsigned long major, unsigned long in, unsigned long t, unsigned long n)
{
	printf("%s0 %lu faults that asked the disk, %s\n", id, vmstat("pgmajfault") - major, what);
	printf("%s1 %lu pages read from swap, %s\n", id, vmstat("pswpin") - in, what);
	printf("%s2 %lu instructions for each page, %s\n", id, t / n, what);
	fflush(stdout);
}

void walk_more_than_memory(unsigned long mib)
{
	unsigned long n = mib << 8, major, in, bad = 0, seed = 1, t;
	volatile char *p;

	some_swap();
	start_idler();
	p = map(n);
	for (unsigned long i = 0; i < n; i++)
		*(volatile unsigned long *)(p + i * PAGE) = word(i);
	for (int random = 0; random < 2; random++) {
		major = vmstat("pgmajfault");
		in = vmstat("pswpin");
		work_start();
		for (unsigned long i = 0; i < n; i++) {
			unsigned long page = i;

			if (random) {
				seed = seed * 6364136223846793005UL + 1442695040888963407UL;
				page = (seed >> 20) % n;
			}
			bad += *(volatile unsigned long *)(p + page * PAGE) != word(page);
		}
		t = work_stop();
		report(random ? "D2" : "D1", random ? "at random" : "in order", major, in, t, n);
	}
	must(!bad, "all pages hold what was written");
	must(vmstat("pswpout") > n / 2, "most of it went out");
	disks_stop();
}
