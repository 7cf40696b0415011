/*
 * tests/user/reclaim.c - what programs can see of reclaim: advice, locked memory, drop_caches, and the counters
 *
 * The fourth disk (tools/diskimage.py) is empty and becomes a swap area, as in swap.c; the third is read.  What happens
 * under a load larger than memory: vmload.c.
 */
#include "swap.h"

#define N	256
#define LATE	15			/* Linux counts some things for a handful of pages at once */

static long meminfo(const char *name) { return meminfo_kb(name) / 4; }

static long difference(long a, long b) { return a > b ? a - b : b - a; }

static char *filled(void)
{
	char *p = mmap(NULL, N * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	CHECK(p != MAP_FAILED);
	for (int i = 0; i < N; i++)
		p[i * PAGE] = i + 1;
	return p;
}

/* Pages that hold what filled() wrote. */
static int intact(const char *p)
{
	int n = 0;

	for (int i = 0; i < N; i++)
		n += p[i * PAGE] == (char)(i + 1);
	return n;
}

TEST(locked_pages_are_unevictable_and_come_back)
{
	long before = meminfo("Unevictable"), locked = meminfo("Mlocked"), listed = vmstat("nr_zone_unevictable");
	char *p = filled();

	OK(mlock(p, N * PAGE));
	CMP(meminfo("Unevictable") - before, >=, N - LATE);
	CMP(meminfo("Mlocked") - locked, >=, N - LATE);
	CMP(vmstat("nr_zone_unevictable") - listed, >=, N - LATE);
	OK(munlock(p, N * PAGE));
	CMP(meminfo("Unevictable") - before, <=, LATE);
	CMP(meminfo("Mlocked") - locked, <=, LATE);
	EQ(intact(p), N);
}

TEST(cold_pages_stay_and_count_as_not_used)
{
	char *p = filled();

	OK(madvise(p, N * PAGE, MADV_COLD));
	EQ(pages_in_memory(p, N), N);
	EQ(intact(p), N);
}

TEST(what_was_given_up_goes_and_what_was_written_since_stays)
{
	long lazy = vmstat("pglazyfree"), freed = vmstat("pglazyfreed"), there = 0;
	char *p = filled();

	OK(madvise(p, N * PAGE, MADV_FREE));
	CMP(vmstat("pglazyfree") - lazy, >=, N - LATE);
	for (int i = 0; i < N; i += 2)
		p[i * PAGE] = 7;
	for (int i = 0; i < 10; i++)
		OK(madvise(p, N * PAGE, MADV_PAGEOUT));
	for (int i = 0; i < N; i += 2)
		EQ(p[i * PAGE], 7);
	for (int i = 1; i < N; i += 2)
		there += p[i * PAGE] != 0;
	CMP(there, <=, LATE + 1);
	CMP(vmstat("pglazyfreed") - freed, >=, N / 2 - LATE - 1);
}

TEST(every_way_to_ask_for_swap_gives_the_same_answer)
{
	long out = vmstat("pswpout"), writes = vmstat("nr_vmscan_write"), used, in_swap;
	char *p;

	swap_on();
	used = meminfo("SwapTotal") - meminfo("SwapFree");
	EQ(used, 0);
	p = filled();
	for (int i = 0; i < 1000 && swapped(p, N) < N; i++)
		OK(madvise(p, N * PAGE, MADV_PAGEOUT));
	EQ(swapped(p, N), N);
	in_swap = number_in("/proc/self/status", "VmSwap") / 4;
	CMP(in_swap, >=, N);
	CMP(vmstat("pswpout") - out, >=, N);
	CMP(vmstat("nr_vmscan_write") - writes, >=, N - LATE);
	CMP(meminfo("SwapTotal") - meminfo("SwapFree"), >=, in_swap);
	EQ(intact(p), N);
	EQ(swapped(p, N), 0);
	OK(munmap(p, N * PAGE));
	OK(swapoff(SWAP));
	EQ(meminfo("SwapTotal"), 0);
}

#define SMALL	(100 << 8)		/* pages: on a machine with more it would take long to fill */

TEST(more_than_memory_holds_what_was_written)
{
	unsigned long pages = meminfo("MemTotal") > SMALL ? 16 * N : meminfo("MemAvailable") + 8 * N, wrong = 0;
	unsigned long *p;

	swap_on();
	p = mmap(NULL, pages * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	CHECK(p != MAP_FAILED);
	for (unsigned long i = 0; i < pages; i++)
		p[i * PAGE / 8] = i;
	for (int pass = 0; pass < 2; pass++)
		for (unsigned long i = 0; i < pages; i++)
			wrong += p[i * PAGE / 8] != i;
	EQ(wrong, 0);
	OK(munmap(p, pages * PAGE));
	OK(swapoff(SWAP));
}

TEST(drop_caches_2_leaves_pages_and_1_drops_them)
{
	static char buf[1 << 20];
	int fd = OK(open("/dev/vdc", O_RDONLY));
	long before = meminfo("Buffers"), pages = vmstat("drop_pagecache"), slabs = vmstat("drop_slab");

	EQ(read(fd, buf, sizeof(buf)), sizeof(buf));
	CMP(meminfo("Buffers") - before, >=, N - LATE);
	EQ(put_text("/proc/sys/vm/drop_caches", "2"), 1);
	EQ(vmstat("drop_slab") - slabs, 1);
	CMP(meminfo("Buffers") - before, >=, N - LATE);
	EQ(put_text("/proc/sys/vm/drop_caches", "1"), 1);
	EQ(vmstat("drop_pagecache") - pages, 1);
	CMP(meminfo("Buffers") - before, <=, LATE);
	close(fd);
}

TEST(vmstat_and_meminfo_and_zoneinfo_agree)
{
	static const char *const lists[] = { "inactive_anon", "active_anon", "inactive_file", "active_file", "unevictable" };
	static const char *const names[] = { "Inactive(anon)", "Active(anon)", "Inactive(file)", "Active(file)", "Unevictable" };
	char word[40];

	for (int i = 0; i < 5; i++) {
		snprintf(word, sizeof(word), "nr_zone_%s", lists[i]);
		CMP(difference(vmstat(word), meminfo(names[i])), <=, 64);
		CHECK(strstr(file_text("/proc/zoneinfo"), word));
		snprintf(word, sizeof(word), "nr_%s", lists[i]);
		CMP(difference(vmstat(word), meminfo(names[i])), <=, 64);
	}
	CMP(difference(vmstat("nr_free_pages"), meminfo("MemFree")), <=, 64);
	CMP(difference(vmstat("nr_slab_reclaimable"), meminfo("SReclaimable")), <=, 64);
	CMP(difference(meminfo("SReclaimable") + meminfo("SUnreclaim"), meminfo("Slab")), <=, 64);
}
