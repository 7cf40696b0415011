/*
 * tests/user/swap.h - a swap area on the fourth disk (tools/diskimage.py), as mkswap(8) would make it
 */
#ifndef _SWAP_H
#define _SWAP_H

#include <sched.h>
#include "proc.h"

#define SWAP	"/dev/vdd"
#define PAGES	4096			/* of the disk */

static inline long swapon(const char *path, int flags) { return syscall(__NR_swapon, path, flags); }
static inline long swapoff(const char *path) { return syscall(__NR_swapoff, path); }

/* ---- pages that say which they are ---- */

static inline void number(char *p, int pages)
{
	for (int i = 0; i < pages; i++)
		snprintf(p + i * PAGE, 32, "page %d", i);
}

/* How many of them do not. */
static inline int wrong(const char *p, int pages)
{
	char want[32];
	int n = 0;

	for (int i = 0; i < pages; i++) {
		snprintf(want, sizeof(want), "page %d", i);
		n += strcmp(p + i * PAGE, want) != 0;
	}
	return n;
}

/* In how many pages pagemap shows a swap entry. */
static inline int swapped(const char *p, int pages)
{
	int n = 0;

	for (int i = 0; i < pages; i++)
		n += pagemap(p + i * PAGE) >> 62 & 1;
	return n;
}

/* ---- the header, version 1 ---- */

static struct swap_header {
	char boot[1024];
	unsigned int version, last_page, nr_bad;
	char names[32];
	unsigned int padding[117], bad[637];
	char unused[2], magic[10];
} header;

static inline void write_header_to(const char *path)
{
	int fd = OK(open(path, O_RDWR));

	EQ(pwrite(fd, &header, sizeof(header), 0), sizeof(header));
	OK(fsync(fd));
	close(fd);
}

static inline void write_header(void)
{
	write_header_to(SWAP);
}

/* In header, to be written. */
static inline void fill_header(unsigned int version, unsigned int last_page, unsigned int nr_bad)
{
	memset(&header, 0, sizeof(header));
	header.version = version;
	header.last_page = last_page;
	header.nr_bad = nr_bad;
	for (unsigned int i = 0; i < nr_bad && i < 637; i++)
		header.bad[i] = 1 + i;
	memcpy(header.magic, "SWAPSPACE2", 10);
}

static inline void make_swap(unsigned int version, unsigned int last_page, unsigned int nr_bad)
{
	fill_header(version, last_page, nr_bad);
	write_header();
}

static inline void swap_on(void)
{
	swapoff(SWAP);			/* what a case that failed has left */
	make_swap(1, PAGES - 1, 0);
	OK(swapon(SWAP, 0));
}

/* The size that /proc/swaps gives, in KiB; -1: no such area. */
static inline long area_kb(void)
{
	char *at = strstr(file_text("/proc/swaps"), SWAP);

	at = at ? strstr(at, "partition") : NULL;
	return at ? strtol(at + 9, NULL, 10) : -1;
}

#endif
