/*
 * tests/user/swap.c - pages that go to swap and come back: contents, /proc, and the calls that meet them
 *
 * The fourth disk (tools/diskimage.py) is empty and becomes a swap area here, as mkswap(8) would make it.
 */
#include <stdlib.h>
#include "swap.h"

#define N	64

static char *numbered(int pages)
{
	char *p = mmap(NULL, pages * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	CHECK(p != MAP_FAILED);
	number(p, pages);
	return p;
}

/* Until all of them have left: a page may be busy for a moment. */
static void push_out(char *p, int pages)
{
	for (int i = 0; i < 1000 && swapped(p, pages) != pages; i++) {
		OK(madvise(p, pages * PAGE, MADV_PAGEOUT));
		sched_yield();
	}
	EQ(swapped(p, pages), pages);
}

TEST(swapon_wants_root_a_device_and_a_signature)
{
	ERR(swapon("/dev/nothing", 0), ENOENT);
	ERR(swapon("/dev/null", 0), EINVAL);
	ERR(swapon("/", 0), EISDIR);
	ERR(swapon(SWAP, ~0), EINVAL);
	ERR(swapon("/dev/vda", 0), EINVAL);
	ERR(swapon((char *)8, 0), EFAULT);
	ERR(swapoff(SWAP), EINVAL);
	ERR(swapoff("/dev/null"), EINVAL);
	ERR(swapoff((char *)8), EFAULT);
}

TEST(a_header_that_lies_is_refused)
{
	memset(&header, 0, sizeof(header));
	write_header();
	ERR(swapon(SWAP, 0), EINVAL);
	make_swap(2, PAGES - 1, 0);
	ERR(swapon(SWAP, 0), EINVAL);
	make_swap(1, 0, 0);
	ERR(swapon(SWAP, 0), EINVAL);
	make_swap(1, PAGES, 0);			/* more than there is */
	ERR(swapon(SWAP, 0), EINVAL);
	make_swap(1, PAGES - 1, 638);
	ERR(swapon(SWAP, 0), EINVAL);
	make_swap(1, PAGES - 1, 2);
	header.bad[1] = PAGES;
	write_header();
	ERR(swapon(SWAP, 0), EINVAL);
	make_swap(1, 3, 3);			/* all of them bad */
	ERR(swapon(SWAP, 0), EINVAL);
	EQ(area_kb(), -1);
}

TEST(bad_pages_and_the_header_are_no_slots)
{
	make_swap(1, 99, 9);
	OK(swapon(SWAP, 0));
	EQ(area_kb(), 90 * 4);
	OK(swapoff(SWAP));
	EQ(area_kb(), -1);
}

/* The last number of the area's line. */
static long priority(void)
{
	char *at = strstr(file_text("/proc/swaps"), SWAP);

	CHECK(at);
	*strchr(at, '\n') = 0;
	return strtol(strrchr(at, '\t') + 1, NULL, 10);
}

TEST(priorities_are_given_downwards_and_taken_back)
{
	swap_on();
	EQ(priority(), -2);
	OK(swapoff(SWAP));
	OK(swapon(SWAP, 0x8000 | 7));		/* SWAP_FLAG_PREFER */
	EQ(priority(), 7);
	OK(swapoff(SWAP));
	OK(swapon(SWAP, 0));
	EQ(priority(), -2);
	OK(swapoff(SWAP));
}

TEST(an_area_is_used_once)
{
	char c = 'x';
	int fd;

	swap_on();
	ERR(swapon(SWAP, 0), EBUSY);
	fd = OK(open(SWAP, O_RDWR));
	ERR(pwrite(fd, &c, 1, 100), ETXTBSY);
	EQ(pread(fd, &c, 1, 4086), 1);
	EQ(c, 'S');
	OK(swapoff(SWAP));
	EQ(pwrite(fd, &c, 1, 100), 1);
	close(fd);
	ERR(swapoff(SWAP), EINVAL);
}

TEST(pages_go_and_come_back)
{
	char *p = numbered(N);

	swap_on();
	push_out(p, N);
	EQ(smaps_kb(p, "Swap"), N * 4);
	EQ(smaps_kb(p, "SwapPss"), N * 4);
	EQ(smaps_kb(p, "Rss"), 0);
	EQ(wrong(p, N), 0);
	EQ(swapped(p, N), 0);
	EQ(smaps_kb(p, "Swap"), 0);
	OK(swapoff(SWAP));
	EQ(wrong(p, N), 0);
}

TEST(swapoff_brings_all_back)
{
	char *p = numbered(N);

	swap_on();
	push_out(p, N);
	OK(swapoff(SWAP));
	EQ(swapped(p, N), 0);
	EQ(wrong(p, N), 0);
}

TEST(a_child_has_its_own_copy_of_a_page_in_swap)
{
	char *p = numbered(N);
	pid_t pid;

	swap_on();
	push_out(p, N);
	pid = OK(fork());
	if (!pid) {
		for (int i = 0; i < N; i += 2)
			p[i * PAGE] = 'X';
		for (int i = 1; i < N; i += 2)
			EQ(p[i * PAGE], 'p');
		_exit(0);
	}
	EXITS(pid, 0);
	EQ(wrong(p, N), 0);
	OK(swapoff(SWAP));
	EQ(wrong(p, N), 0);
}

TEST(what_lies_in_swap_moves_and_goes_with_its_area)
{
	char *p = numbered(N), *q;

	swap_on();
	push_out(p, N);
	q = mmap(NULL, 2 * N * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	EQ(mremap(p, N * PAGE, N * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, q), q);
	EQ(swapped(q, N), N);
	OK(mprotect(q, N * PAGE, PROT_READ));
	EQ(swapped(q, N), N);
	OK(munmap(q + 8 * PAGE, 8 * PAGE));
	OK(madvise(q + 16 * PAGE, 8 * PAGE, MADV_DONTNEED));
	EQ(swapped(q, N), N - 16);
	EQ(wrong(q, 8), 0);
	EQ(q[16 * PAGE], 0);
	EQ(strcmp(q + 24 * PAGE, "page 24"), 0);
	EQ(FAULTS(*(volatile char *)q = 1), SIGSEGV);
	OK(swapoff(SWAP));
	EQ(strcmp(q + 63 * PAGE, "page 63"), 0);
}

TEST(locked_pages_stay)
{
	char *p = numbered(N);

	swap_on();
	OK(mlock(p, N * PAGE));
	ERR(madvise(p, N * PAGE, MADV_PAGEOUT), EINVAL);
	EQ(swapped(p, N), 0);
	OK(munlock(p, N * PAGE));
	push_out(p, N);
	OK(mlock(p, N * PAGE));			/* brings them back */
	EQ(swapped(p, N), 0);
	EQ(wrong(p, N), 0);
	OK(swapoff(SWAP));
}

TEST(the_disk_has_what_was_written_last)
{
	char *p = numbered(N);

	swap_on();
	for (int round = 1; round <= 5; round++) {
		push_out(p, N);
		for (int i = 0; i < N; i++) {
			EQ(p[i * PAGE + 100], (char)(round - 1));
			if (i % 2)
				p[i * PAGE + 100] = round;
			else
				p[i * PAGE + 100] += 1;
		}
	}
	push_out(p, N);
	OK(swapoff(SWAP));
	EQ(wrong(p, N), 0);
	for (int i = 0; i < N; i++)
		EQ(p[i * PAGE + 100], 5);
}
