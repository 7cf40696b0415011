/*
 * user/swap.c - a page goes to swap and comes back; and a program larger than memory
 *
 * Shows: swap      what /proc says of one page while it is in memory, in swap, and back in another frame
 *        swap MB   fills that much memory, reads it all again, and prints the sum, which must be right
 *
 * Wants a swap area that is in use (/proc/swaps; make run DISK=1).
 */
#include "show.h"

#define MADV_PAGEOUT 21

static unsigned long entry_of(const volatile void *addr)
{
	unsigned long entry = 0;
	int fd = open("/proc/self/pagemap", O_RDONLY);

	if (fd >= 0) {
		pread(fd, &entry, 8, (unsigned long)addr / PAGE * 8);
		close(fd);
	}
	return entry;
}

static void look(const char *when, const volatile char *page)
{
	unsigned long e = entry_of(page);

	printf("%-28s ", when);
	if (e >> 63)
		printf("frame 0x%lx", e & ((1UL << 55) - 1));
	else if (e >> 62 & 1)
		printf("area %lu, slot %lu", e & 31, e >> 5 & ((1UL << 50) - 1));
	else
		printf("nowhere");
	printf(", VmSwap %ld kB\n", status_kb("VmSwap"));
	fflush(stdout);
}

static long major_faults(void)
{
	struct rusage use;

	getrusage(RUSAGE_SELF, &use);
	return use.ru_majflt;
}

static int one_page(void)
{
	volatile char *page = fresh_pages(1);
	long faults;
	int i;

	strcpy((char *)page, "written before it left");
	look("in memory:", page);
	for (i = 0; i < 100 && !(entry_of(page) >> 62 & 1); i++)
		madvise((void *)page, PAGE, MADV_PAGEOUT);
	look("after madvise(PAGEOUT):", page);
	if (!(entry_of(page) >> 62 & 1)) {
		printf("It stays: is there a swap area?  cat /proc/swaps\n");
		return 1;
	}
	faults = major_faults();
	printf("reading it: \"%s\"\n", (const char *)page);
	look("back, read-only:", page);
	printf("%-28s %ld fault(s) that asked the disk (0: it was still in the swap cache)\n", "that took", major_faults() - faults);
	*page = 'W';
	look("after a write:", page);
	return 0;
}

/* The words of page @n depend on nothing but @n. */
static unsigned long word(unsigned long n)
{
	n *= 0x9e3779b97f4a7c15UL;
	return n ^ n >> 29;
}

static int large(unsigned long mb)
{
	unsigned long pages = mb << 8, sum = 0, want = 0;
	unsigned long *p = mmap(NULL, pages * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED) {
		printf("swap: %lu MiB are more than memory and swap together\n", mb);
		return 1;
	}
	for (unsigned long n = 0; n < pages; n++)
		for (int i = 0; i < 512; i++)
			p[n * 512 + i] = word(n) + i;
	for (unsigned long n = 0; n < pages; n++) {
		want += 512 * word(n) + 511 * 256;
		for (int i = 0; i < 512; i++)
			sum += p[n * 512 + i];
	}
	printf("%lu MiB, sum %016lx: %s\n", mb, sum, sum == want ? "right" : "WRONG");
	return sum != want;
}

int main(int argc, char **argv)
{
	return argc > 1 ? large(strtoul(argv[1], NULL, 10)) : one_page();
}
