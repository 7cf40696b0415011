/*
 * user/lazy.c - mmap promises memory; pages come one by one, at the first touch
 *
 * Shows: VmSize grows at mmap(), VmRSS does not. A read is served by the one zero page of
 *        the kernel, whose frame is the same everywhere; the first write to a page gets a
 *        frame of its own. Each first touch is one page fault.
 */
#include "show.h"

#define PAGES	4096UL		/* 16 MiB */

static void look(const char *when)
{
	printf("%-30s VmSize %6ld kB   VmRSS %6ld kB   RssAnon %6ld kB   faults %5ld\n", when,
	       status_kb("VmSize"), status_kb("VmRSS"), status_kb("RssAnon"), minor_faults());
}

int main(void)
{
	volatile char *mem;
	char sum = 0;

	look("at the start:");
	look("once more:");		/* the first look itself has touched pages */
	mem = fresh_pages(PAGES);
	look("after mmap of 16384 kB:");

	for (unsigned long i = 0; i < 16; i++)
		sum |= mem[i * PAGE];
	look("after reading 16 pages:");
	printf("  pages 0 and 15 hold %d and share frame 0x%lx = 0x%lx, the zero page\n", sum,
	       frame_of(getpid(), mem), frame_of(getpid(), mem + 15 * PAGE));

	for (unsigned long i = 0; i < 16; i++)
		mem[i * PAGE] = 1;
	look("after writing to those 16:");
	printf("  pages 0 and 15 have frames 0x%lx and 0x%lx now\n",
	       frame_of(getpid(), mem), frame_of(getpid(), mem + 15 * PAGE));

	for (unsigned long i = 0; i < PAGES; i++)
		mem[i * PAGE] = 1;
	look("after writing to all 4096:");

	madvise((void *)mem, PAGES * PAGE, MADV_DONTNEED);
	look("after madvise(DONTNEED):");
	printf("  page 0 reads as %d again\n", mem[0]);
	return 0;
}
