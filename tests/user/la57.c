/*
 * tests/user/la57.c - 57-bit addresses: five levels of page tables, and what four say to the same
 *
 * The processor is asked which of the two it runs with, not the kernel: a load from just above
 * 2^47 is a page fault with five levels, and not even an address with four.  Cases that begin with
 * "five" or "four" run in their mode only, so the recorded answers tell in which one Linux was.
 */
#define TEST_OWN_MAIN
#include "mem.h"
#include <sys/auxv.h>
#include <sys/shm.h>
#include <uapi/personality.h>
#include <uapi/uio.h>

#define WINDOW	((1UL << 47) - PAGE)	/* DEFAULT_MAP_WINDOW: above only by hint */
#define TOP	((1UL << 56) - PAGE)	/* end of user space with five levels */
#define HIGH	((char *)(1UL << 50))
#define RW	(PROT_READ | PROT_WRITE)
#define ANON	(MAP_PRIVATE | MAP_ANONYMOUS)

static int five_levels(void)
{
	EQ(FAULTS(peek((char *)((1UL << 47) + 8 * PAGE))), SIGSEGV);
	signal(SIGSEGV, SIG_DFL);
	return fault_code == SEGV_MAPERR;
}

static char *ask(unsigned long addr, unsigned long pages, int flags)
{
	return mmap((void *)addr, pages * PAGE, RW, ANON | MAP_NORESERVE | flags, -1, 0);
}

static int below_window(const void *p)
{
	return p != MAP_FAILED && (unsigned long)p < WINDOW;
}

static long tables(void)
{
	status_value("VmPTE");
	return status_value("VmPTE");
}

/* ---- both ---- */

TEST(both_without_a_hint_nothing_lies_above_the_window)
{
	int local;

	for (int i = 0; i < 20; i++)
		CHECK(below_window(ask(0, 1UL << i, 0)));
	CHECK(below_window(&local));
	CHECK(below_window(sbrk(0)));
	ERR(ask(0, WINDOW / PAGE + 1, 0), ENOMEM);
	ERR(ask(0, 1UL << 38, 0), ENOMEM);
}

TEST(both_a_hint_at_the_border_is_not_taken)
{
	CHECK(below_window(ask(WINDOW, 1, 0)));
	CHECK(below_window(ask(WINDOW - 2 * PAGE, 3, 0)));
	ERR(ask(1UL << 40, 1UL << 35, 0), ENOMEM);
}

TEST(both_a_hint_above_with_map_32bit_is_for_nothing)
{
	CHECK((unsigned long)ask(1UL << 48, 1, MAP_32BIT) < 1UL << 31);
}

TEST(both_nothing_is_mapped_at_or_above_two_to_the_56)
{
	ERR(ask(TOP, 1, MAP_FIXED), ENOMEM);
	ERR(ask(1UL << 56, 1, MAP_FIXED), ENOMEM);
	ERR(ask(1UL << 57, 1, MAP_FIXED), ENOMEM);
	ERR(ask(-PAGE, 1, MAP_FIXED), ENOMEM);
	ERR(ask(0xffff888000000000, 1, MAP_FIXED), ENOMEM);
	ERR(ask(TOP - PAGE, 2, MAP_FIXED), ENOMEM);
	ERR(ask(PAGE, TOP / PAGE, MAP_FIXED), ENOMEM);
}

TEST(both_calls_refuse_what_lies_beyond_user_space)
{
	unsigned char vec[4];

	ERR(munmap((void *)TOP, PAGE), EINVAL);
	ERR(munmap((void *)(1UL << 56), PAGE), EINVAL);
	ERR(munmap((void *)PAGE, TOP), EINVAL);
	ERR(munmap((void *)(TOP - PAGE), 2 * PAGE), EINVAL);
	ERR(mprotect((void *)TOP, PAGE, RW), ENOMEM);
	ERR(madvise((void *)TOP, PAGE, MADV_DONTNEED), ENOMEM);
	ERR(mincore((void *)TOP, PAGE, vec), ENOMEM);
	ERR(msync((void *)TOP, PAGE, MS_ASYNC), ENOMEM);
	ERR(mlock((void *)TOP, PAGE), ENOMEM);
	ERR(mremap((void *)TOP, PAGE, 2 * PAGE, MREMAP_MAYMOVE), EFAULT);
	ERR(mremap(map_pages(1), PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, (void *)TOP), EINVAL);
	ERR(mremap(map_pages(1), PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, (void *)-PAGE), EINVAL);
}

TEST(both_non_canonical_is_a_fault_without_address)
{
	EQ(FAULTS(peek((char *)(1UL << 56))), SIGSEGV);
	EQ(fault_code, SI_KERNEL);
	EQ(fault_addr, NULL);
	EQ(FAULTS(peek((char *)0xfe00000000000000)), SIGSEGV);
	EQ(fault_code, SI_KERNEL);
}

TEST(both_the_kernels_half_is_where_it_was)
{
	SEGV(peek((char *)0xffff888000001000), SEGV_MAPERR, (void *)0xffff888000001000);
	SEGV(peek((char *)0xffffffff80000000), SEGV_MAPERR, (void *)0xffffffff80000000);
}

TEST(both_bottom_up_layout_starts_at_a_third_of_the_window)
{
	char *argv[] = { "la57", "bottom-up", NULL };
	pid_t pid;

	pid = CHILD(
		syscall(__NR_personality, ADDR_COMPAT_LAYOUT | ADDR_NO_RANDOMIZE);
		execv("/proc/self/exe", argv);
	);
	EXITS(pid, 0);
}

/* The wish for a place above the stack has none below the window: the ordinary search answers, and not by chance. */
TEST(both_without_chance_the_vdso_lies_where_a_search_puts_it)
{
	char *argv[] = { "la57", "vdso", "7ffff7ffd000", NULL };
	pid_t pid;

	pid = CHILD(
		syscall(__NR_personality, ADDR_NO_RANDOMIZE);
		execv("/proc/self/exe", argv);
	);
	EXITS(pid, 0);
	argv[2] = "2aaaaaaaf000";
	pid = CHILD(
		syscall(__NR_personality, ADDR_COMPAT_LAYOUT | ADDR_NO_RANDOMIZE);
		execv("/proc/self/exe", argv);
	);
	EXITS(pid, 0);
}

/* After exec in the bottom-up layout: searches go up, past the window only for a high hint. */
static int bottom_up(void)
{
	char *low = ask(0, 1, 0), *high = ask(1UL << 50, 1, 0), *next;

	if (low < (char *)0x2aaaaaaab000 || !below_window(low))
		return 1;
	if (five_levels() ? high != HIGH : !below_window(high))
		return 2;
	next = ask(1UL << 50, 1, 0);	/* taken: the search begins at the bottom again */
	return next < low || !below_window(next) ? 3 : 0;
}

/* ---- four levels ---- */

TEST(four_a_hint_above_is_as_good_as_none)
{
	CHECK(below_window(ask(1UL << 47, 1, 0)));
	CHECK(below_window(ask(1UL << 50, 1, 0)));
	CHECK(below_window(ask(-PAGE, 1, 0)));
}

TEST(four_fixed_above_is_refused)
{
	unsigned char vec[1];

	ERR(ask(WINDOW, 1, MAP_FIXED), ENOMEM);
	ERR(ask(1UL << 47, 1, MAP_FIXED), ENOMEM);
	ERR(ask(1UL << 50, 1, MAP_FIXED), ENOMEM);
	ERR(ask(1UL << 50, 1, MAP_FIXED_NOREPLACE), ENOMEM);
	ERR(munmap(HIGH, PAGE), EINVAL);
	ERR(mremap(map_pages(1), PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, HIGH), EINVAL);
	ERR(mincore(HIGH, PAGE, vec), ENOMEM);
}

TEST(four_pagemap_ends_at_the_window)
{
	unsigned long entry;
	int fd = OK(open("/proc/self/pagemap", O_RDONLY));

	EQ(pread(fd, &entry, 8, (WINDOW / PAGE - 1) * 8), 8);
	EQ(pread(fd, &entry, 8, WINDOW / PAGE * 8), 0);
}

TEST(four_an_address_above_is_none)
{
	EQ(FAULTS(peek(HIGH)), SIGSEGV);
	EQ(fault_code, SI_KERNEL);
	EQ(fault_addr, NULL);
	SEGV(peek((char *)WINDOW), SEGV_MAPERR, (void *)WINDOW);
}

/* ---- five levels ---- */

TEST(five_a_hint_above_is_taken)
{
	EQ(ask(1UL << 47, 1, 0), 1UL << 47);
	EQ(ask(1UL << 50, 3, 0), 1UL << 50);
	EQ(ask(TOP - PAGE, 1, 0), TOP - PAGE);
	EQ(ask(1UL << 51, 1UL << 38, 0), 1UL << 51);
}

TEST(five_a_hint_above_that_is_taken_already_searches_from_the_top)
{
	char *a = ask(1UL << 50, 1, 0), *b = ask(1UL << 50, 1, 0), *c = ask(-PAGE, 1, 0);

	EQ(a, HIGH);
	CHECK((unsigned long)b > 1UL << 55 && (unsigned long)b < TOP);
	EQ(c, b - PAGE);
	CHECK(below_window(ask(0, 1, 0)));	/* and it stays an exception */
}

TEST(five_fixed_above_is_made)
{
	EQ(ask(WINDOW, 1, MAP_FIXED), WINDOW);
	EQ(ask(1UL << 47, 1, MAP_FIXED), 1UL << 47);
	EQ(ask(TOP - PAGE, 1, MAP_FIXED_NOREPLACE), TOP - PAGE);
	ERR(ask(TOP - PAGE, 1, MAP_FIXED_NOREPLACE), EEXIST);
}

TEST(five_one_area_may_lie_across_the_border)
{
	char *p = ask(WINDOW - PAGE, 4, MAP_FIXED_NOREPLACE);

	if (p == MAP_FAILED)		/* the stack may lie there: then only above */
		p = ask(WINDOW, 4, MAP_FIXED);
	for (int i = 0; i < 4; i++)
		poke(p + i * PAGE, 'a' + i);
	for (int i = 0; i < 4; i++)
		EQ(peek(p + i * PAGE), 'a' + i);
	STREQ(areas(p, 4), "0+4 rw-p");
	OK(mprotect(p, 2 * PAGE, PROT_READ));
	STREQ(areas(p, 4), "0+2 r--p, 2+2 rw-p");
	SEGV(poke(p + PAGE, 1), SEGV_ACCERR, p + PAGE);
	OK(munmap(p, 4 * PAGE));
	STREQ(areas(p, 4), "");
}

TEST(five_the_last_page_holds_what_is_written)
{
	char *last = ask(TOP - PAGE, 1, 0);

	EQ(last, TOP - PAGE);
	poke(last + PAGE - 1, 77);
	EQ(peek(last + PAGE - 1), 77);
	SEGV(peek(last + PAGE), SEGV_MAPERR, last + PAGE);
	CHECK(frame(last));
	OK(munmap(last, PAGE));
	SEGV(peek(last), SEGV_MAPERR, last);
}

TEST(five_pages_of_every_part_of_the_top_table_are_different_pages)
{
	/* the same indices below the p4d, different ones in it and in the pgd */
	static const unsigned long at[] = { 1UL << 47, 1UL << 48, 1UL << 49, 1UL << 55,
					    3UL << 39 | 1UL << 55, 5UL << 39 | 7UL << 48 };
	unsigned int n = sizeof(at) / sizeof(at[0]);
	unsigned long f[sizeof(at) / sizeof(at[0])];

	for (unsigned int i = 0; i < n; i++) {
		EQ(ask(at[i], 1, 0), at[i]);
		EQ(peek((char *)at[i]), 0);
		poke((char *)at[i], i + 1);
	}
	for (unsigned int i = 0; i < n; i++) {
		EQ(peek((char *)at[i]), i + 1);
		f[i] = frame((char *)at[i]);
		CHECK(f[i]);
		for (unsigned int j = 0; j < i; j++)
			CHECK(f[i] != f[j]);
	}
}

TEST(five_fork_copies_on_write_up_there)
{
	char *p = ask(1UL << 50, 2, 0);
	pid_t pid;

	EQ(p, HIGH);
	memset(p, 'x', 2 * PAGE);
	pid = CHILD(
		EQ(p[5], 'x');
		p[5] = 'y';
		EQ(p[5], 'y');
		EQ(p[PAGE], 'x');
	);
	EXITS(pid, 0);
	EQ(p[5], 'x');
}

TEST(five_shared_memory_is_shared_up_there)
{
	char *p = mmap(HIGH, PAGE, RW, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t pid;

	EQ(p, HIGH);
	pid = CHILD(p[5] = 'y');
	EXITS(pid, 0);
	EQ(p[5], 'y');
}

static int write_fails(char *p)
{
	return FAULTS(poke(p, 'w')) == SIGSEGV;
}

TEST(five_mprotect_over_the_border_of_a_p4d_and_of_a_pgd_entry)
{
	static const unsigned long border[] = { (1UL << 50) + (1UL << 39), 1UL << 51 };

	for (int i = 0; i < 2; i++) {
		char *p = ask(border[i] - 2 * PAGE, 4, 0);

		EQ(p, border[i] - 2 * PAGE);
		memset(p, 'q', 4 * PAGE);
		OK(mprotect(p + PAGE, 2 * PAGE, PROT_READ));
		for (int k = 0; k < 4; k++)
			EQ(write_fails(p + k * PAGE), k == 1 || k == 2);
		OK(mprotect(p, 4 * PAGE, RW));
		EQ(write_fails(p + 2 * PAGE), 0);
		EQ(peek(p + PAGE), 'q');
	}
}

/* Far apart, so that the walk passes whole empty tables of each level. */
TEST(five_mprotect_and_munmap_of_a_range_that_is_nearly_empty)
{
	unsigned long pages = 1UL << 40;	/* 2^52 bytes: sixteen entries of the pgd */
	char *p = ask(1UL << 52, pages, 0), *mid = p + (pages / 2 + 12345) * PAGE;
	char *end = p + (pages - 1) * PAGE;
	long before;

	EQ(p, 1UL << 52);
	before = tables();
	poke(p, 1);
	poke(mid, 2);
	poke(end, 3);
	EQ(tables() - before, 9 * 4);		/* pud, pmd, pte of each; no p4d, as no pgd */
	OK(mprotect(p, pages * PAGE, PROT_READ));
	EQ(peek(p) + peek(mid) + peek(end), 6);
	SEGV(poke(mid, 1), SEGV_ACCERR, mid);
	OK(munmap(p + PAGE, (pages - 2) * PAGE));
	EQ(tables() - before, 6 * 4);
	SEGV(peek(mid), SEGV_MAPERR, mid);
	EQ(peek(p) + peek(end), 4);
	OK(munmap(p, pages * PAGE));
	EQ(tables(), before);
}

TEST(five_tables_come_and_go_with_their_areas)
{
	long before;

	EQ(ask(1UL << 50, 1, 0), HIGH);
	before = tables();
	for (int i = 0; i < 3; i++) {
		poke(ask(1UL << 50, 1, MAP_FIXED), 1);
		EQ(tables() - before, 3 * 4);
		poke(ask((1UL << 50) + (1UL << 39), 1, MAP_FIXED), 1);	/* same pgd entry */
		EQ(tables() - before, 6 * 4);
		OK(munmap(HIGH, PAGE));
		EQ(tables() - before, 3 * 4);
		OK(munmap(HIGH + (1UL << 39), PAGE));
		EQ(tables(), before);
	}
}

TEST(five_mremap_carries_contents_up_and_down)
{
	char *low = map_pages(2), *up, *down;
	unsigned long f;

	memset(low, 'm', 2 * PAGE);
	f = frame(low);
	up = mremap(low, 2 * PAGE, 2 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, HIGH);
	EQ(up, HIGH);
	EQ(frame(up), f);
	EQ(up[PAGE], 'm');
	SEGV(peek(low), SEGV_MAPERR, low);
	EQ(mremap(up, 2 * PAGE, 4 * PAGE, 0), up);	/* grows in place */
	EQ(ask((unsigned long)up + 4 * PAGE, 1, MAP_FIXED_NOREPLACE), up + 4 * PAGE);
	down = mremap(up, 4 * PAGE, 8 * PAGE, MREMAP_MAYMOVE);	/* no hint: below again */
	CHECK(below_window(down));
	EQ(frame(down), f);
	EQ(down[PAGE], 'm');
	EQ(down[7 * PAGE], 0);
}

TEST(five_mremap_cannot_grow_past_the_end)
{
	char *last = ask(TOP - PAGE, 1, 0);

	EQ(last, TOP - PAGE);
	ERR(mremap(last, PAGE, 2 * PAGE, 0), ENOMEM);
	ERR(mremap(map_pages(2), 2 * PAGE, 2 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, last), EINVAL);
}

TEST(five_system_calls_take_buffers_from_up_there)
{
	char *p = ask(TOP - 2 * PAGE, 2, 0);
	unsigned char vec[2];
	int fds[2];

	EQ(p, TOP - 2 * PAGE);
	OK(pipe(fds));
	strcpy(p + 2 * PAGE - 6, "hello");
	EQ(write(fds[1], p + 2 * PAGE - 6, 6), 6);
	EQ(read(fds[0], p, 6), 6);
	STREQ(p, "hello");
	ERR(write(fds[1], p + 2 * PAGE - 6, 7), EFAULT);
	ERR(open(p + 2 * PAGE - 6, O_RDONLY), ENOENT);
	memset(p + 2 * PAGE - 6, 'x', 6);
	ERR(open(p + 2 * PAGE - 6, O_RDONLY), EFAULT);
	OK(madvise(p, PAGE, MADV_DONTNEED));
	OK(mincore(p, 2 * PAGE, vec));
	EQ(vec[0] & 1, 0);
	EQ(vec[1] & 1, 1);
	OK(mlock(p, 2 * PAGE));
	CHECK(frame(p));
	OK(munlock(p, 2 * PAGE));
	OK(msync(p, 2 * PAGE, MS_SYNC));
}

/* A segment of some pages that goes with its last attach, once there was one. */
static int segment(int pages)
{
	return OK(shmget(IPC_PRIVATE, pages * PAGE, IPC_CREAT | 0600));
}

TEST(five_a_segment_is_attached_up_there)
{
	int id = segment(2);
	char *low = (char *)OK(shmat(id, NULL, 0)), *p = shmat(id, HIGH, 0);
	struct shmid_ds d;

	CHECK(below_window(low));
	EQ(p, HIGH);
	OK(shmctl(id, IPC_RMID, NULL));
	poke(p + PAGE, 5);
	EQ(peek(low + PAGE), 5);
	EQ(frame(p + PAGE), frame(low + PAGE));
	OK(shmctl(id, IPC_STAT, &d));
	EQ(d.shm_nattch, 2);
	EQ(shmat(id, HIGH + PAGE, 0), (void *)-1);		/* taken */
	EQ(errno, EINVAL);
	EQ(shmat(id, (char *)TOP - PAGE, 0), (void *)-1);	/* reaches out */
	EQ(errno, ENOMEM);
	EQ(shmat(id, (char *)TOP - 2 * PAGE + 7, SHM_RND), (char *)TOP - 2 * PAGE);
	EQ(peek((char *)TOP - PAGE), 5);
	EQ(shmat(id, (char *)WINDOW - PAGE, SHM_REMAP), (char *)WINDOW - PAGE);	/* across */
	EQ(peek((char *)WINDOW), 5);
	EXITS(CHILD(poke(p, 6)), 0);
	EQ(peek(low), 6);
	OK(shmdt(p));
	SEGV(peek(p), SEGV_MAPERR, p);
	ERR(shmdt(p), EINVAL);
	OK(shmctl(id, IPC_STAT, &d));
	EQ(d.shm_nattch, 3);
}

TEST(four_a_segment_is_not_attached_above)
{
	int id = segment(1);

	EQ(shmat(id, HIGH, 0), (void *)-1);
	EQ(errno, ENOMEM);
	EQ(shmat(id, (char *)WINDOW, 0), (void *)-1);
	EQ(errno, ENOMEM);
	EQ(shmat(id, (char *)WINDOW - PAGE, 0), (char *)WINDOW - PAGE);
	OK(shmctl(id, IPC_RMID, NULL));
}

static long vm_read(void *local, const void *remote, unsigned long len)
{
	struct iovec l = { local, len }, r = { (void *)remote, len };

	return syscall(__NR_process_vm_readv, getpid(), &l, 1, &r, 1, 0);
}

TEST(five_proc_mem_and_process_vm_reach_up_there)
{
	char *p = ask((1UL << 50), 2, 0), *last = ask(TOP - PAGE, 1, 0), buf[16];
	int fd = OK(open("/proc/self/mem", O_RDWR));

	strcpy(p + PAGE - 3, "across");
	strcpy(last + PAGE - 4, "end");
	EQ(pread(fd, buf, 7, (long)p + PAGE - 3), 7);
	STREQ(buf, "across");
	EQ(vm_read(buf, p + PAGE - 2, 6), 6);
	STREQ(buf, "cross");
	EQ(pwrite(fd, "others", 7, (long)p + PAGE - 3), 7);
	STREQ(p + PAGE - 3, "others");
	EQ(lseek(fd, (long)last + PAGE - 4, SEEK_SET), (long)last + PAGE - 4);
	EQ(read(fd, buf, 16), 4);
	STREQ(buf, "end");
	EQ(lseek(fd, 0, SEEK_CUR), TOP);
	ERR(read(fd, buf, 1), EIO);
	EQ(vm_read(buf, last + PAGE - 4, 5), 4);
	ERR(vm_read(buf, (char *)TOP, 1), EFAULT);
	ERR(pread(fd, buf, 1, (long)p + 2 * PAGE), EIO);
	OK(mprotect(p, PAGE, PROT_READ));
	EQ(pwrite(fd, "f", 1, (long)p), 1);			/* forced */
	EQ(peek(p), 'f');
}

TEST(four_proc_mem_finds_nothing_above)
{
	int fd = OK(open("/proc/self/mem", O_RDWR));
	char c = 0;

	ERR(pread(fd, &c, 1, 1UL << 50), EIO);
	ERR(pwrite(fd, &c, 1, 1UL << 50), EIO);
	ERR(pread(fd, &c, 1, WINDOW), EIO);
	ERR(vm_read(&c, HIGH, 1), EFAULT);
}

TEST(five_maps_shows_wide_addresses)
{
	poke(ask(1UL << 50, 1, 0), 1);
	STREQ(maps_line(HIGH), "4000000000000-4000000001000 rw-p 00000000 00:00 0 ");
	EQ(ask(TOP - PAGE, 1, 0), TOP - PAGE);
	STREQ(maps_line((char *)TOP - PAGE), "ffffffffffe000-fffffffffff000 rw-p 00000000 00:00 0 ");
}

TEST(five_pagemap_goes_up_to_the_end)
{
	char *p = ask(1UL << 50, 1, 0);
	unsigned long entry = 1;
	int fd = OK(open("/proc/self/pagemap", O_RDONLY));

	poke(p, 1);
	EQ(pread(fd, &entry, 8, (unsigned long)p / PAGE * 8), 8);
	EQ(entry >> 63, 1);
	EQ(pread(fd, &entry, 8, (TOP / PAGE - 1) * 8), 8);
	EQ(entry, 0);
	EQ(pread(fd, &entry, 8, TOP / PAGE * 8), 0);
}

TEST(five_code_runs_up_there_and_makes_system_calls)
{
	/* mov eax, 39 (getpid); syscall; ret */
	static const unsigned char code[] = { 0xb8, 39, 0, 0, 0, 0x0f, 0x05, 0xc3 };
	long (*fn)(void) = (void *)mmap(HIGH, PAGE, RW | PROT_EXEC, ANON, -1, 0);

	EQ(fn, HIGH);
	memcpy((void *)fn, code, sizeof(code));
	for (int i = 0; i < 100; i++)
		EQ(fn(), getpid());
}

TEST(five_syscall_at_the_end_of_user_memory_does_not_hurt)
{
	char *last = mmap((void *)(TOP - PAGE), PAGE, RW | PROT_EXEC, ANON | MAP_FIXED, -1, 0);
	pid_t pid;

	EQ(last, TOP - PAGE);
	memcpy(last + PAGE - 2, "\x0f\x05", 2);
	pid = CHILD(
		__asm__ volatile("jmp *%1" : : "a"(39L), "r"(last + PAGE - 2)
				 : "rcx", "r11", "memory")
	);
	DIES(pid, SIGSEGV);
}

static volatile unsigned long handler_sp;

static void note_stack(int sig)
{
	int local;

	handler_sp = (unsigned long)&local;
}

TEST(five_a_signal_stack_may_lie_up_there)
{
	stack_t ss = { .ss_sp = ask(1UL << 50, 8, 0), .ss_size = 8 * PAGE };
	struct sigaction sa = { .sa_handler = note_stack, .sa_flags = SA_ONSTACK };

	OK(sigaltstack(&ss, NULL));
	OK(sigaction(SIGUSR1, &sa, NULL));
	OK(kill(getpid(), SIGUSR1));
	CHECK(handler_sp >> 47);
	CHECK(below_window(&ss));
}

TEST(five_a_stack_grows_up_there)
{
	char *volatile p = mmap(HIGH, PAGE, RW, ANON | MAP_GROWSDOWN, -1, 0);

	EQ(p, HIGH);
	poke(p - PAGE, 'g');
	EQ(peek(p - PAGE), 'g');
	STREQ(areas(p - PAGE, 2), "0+2 rw-p");
}

int main(int argc, char **argv)
{
	static char *names[100];
	int n = 1, five;

	if (argc == 3 && !strcmp(argv[1], "vdso"))
		return getauxval(AT_SYSINFO_EHDR) != strtoul(argv[2], NULL, 16);
	five = five_levels();
	if (argc == 2 && !strcmp(argv[1], "bottom-up"))
		return bottom_up();
	names[0] = argv[0];
	if (argc > 1)
		return test_main(argv);
	qsort(__start_tests, __stop_tests - __start_tests, sizeof(struct test), test_order);
	for (struct test *t = __start_tests; t < __stop_tests; t++)
		if (strncmp(t->name, five ? "four" : "five", 4))
			names[n++] = (char *)t->name;
	return test_main(names);
}
