/*
 * tests/user/mprotect.c - rights of areas, and the fault that each missing right brings
 */
#include "mem.h"

#define RW	(PROT_READ | PROT_WRITE)

TEST(read_only_page_can_be_read_and_not_written)
{
	char *p = map_pages(1);

	p[5] = 'x';
	OK(mprotect(p, PAGE, PROT_READ));
	EQ(p[5], 'x');
	SEGV(poke(p + 5, 'y'), SEGV_ACCERR, p + 5);
	EQ(p[5], 'x');
}

TEST(prot_none_page_can_not_be_touched_and_keeps_its_contents)
{
	char *p = map_pages(1);

	p[7] = 'x';
	OK(mprotect(p, PAGE, PROT_NONE));
	SEGV(peek(p + 7), SEGV_ACCERR, p + 7);
	SEGV(poke(p + 7, 'y'), SEGV_ACCERR, p + 7);
	OK(mprotect(p, PAGE, RW));
	EQ(p[7], 'x');
}

TEST(untouched_read_only_page_reads_zero)
{
	char *p = map_at(NULL, 1, PROT_READ, 0);

	EQ(p[0], 0);
	SEGV(poke(p, 1), SEGV_ACCERR, p);
}

TEST(page_becomes_writable_again)
{
	char *p = map_at(NULL, 1, PROT_READ, 0);

	EQ(p[0], 0);
	OK(mprotect(p, PAGE, RW));
	p[0] = 'w';
	EQ(p[0], 'w');
}

TEST(code_runs_only_from_executable_pages)
{
	static const unsigned char code[] = { 0xb8, 42, 0, 0, 0, 0xc3 };	/* mov eax, 42; ret */
	char *p = map_pages(1);
	int (*fn)(void) = (int (*)(void))p;

	memcpy(p, code, sizeof(code));
	SEGV(fn(), SEGV_ACCERR, p);
	OK(mprotect(p, PAGE, PROT_READ | PROT_EXEC));
	EQ(fn(), 42);
	SEGV(poke(p, 0), SEGV_ACCERR, p);
	OK(mprotect(p, PAGE, PROT_READ));
	SEGV(fn(), SEGV_ACCERR, p);
}

TEST(program_text_can_not_be_written)
{
	SEGV(poke((void *)peek, 0), SEGV_ACCERR, peek);
}

TEST(first_and_last_byte_of_an_area_are_its_own)
{
	char *p = map_at(lonely(2), 2, RW, MAP_FIXED);

	poke(p, 1);
	poke(p + 2 * PAGE - 1, 1);
	SEGV(poke(p - 1, 1), SEGV_MAPERR, p - 1);
	SEGV(poke(p + 2 * PAGE, 1), SEGV_MAPERR, p + 2 * PAGE);
	SEGV(peek(p - 1), SEGV_MAPERR, p - 1);
	SEGV(peek(p + 2 * PAGE), SEGV_MAPERR, p + 2 * PAGE);
}

TEST(access_across_two_pages_faults_at_the_second)
{
	char *p = map_at(lonely(2), 1, RW, MAP_FIXED);

	SEGV(*(volatile long *)(p + PAGE - 4) = 1, SEGV_MAPERR, p + PAGE);
}

TEST(null_pointer_faults_at_0)
{
	volatile char *volatile null = NULL;

	SEGV(peek(null), SEGV_MAPERR, 0);
	SEGV(poke(null + 8, 1), SEGV_MAPERR, 8);
}

TEST(kernel_addresses_fault_like_unmapped_ones)
{
	char *kernel = (char *)0xffffffff80000000;

	SEGV(peek(kernel), SEGV_MAPERR, kernel);
	SEGV(poke(kernel, 1), SEGV_MAPERR, kernel);
	kernel = (char *)0xffff888000001000;
	SEGV(peek(kernel), SEGV_MAPERR, kernel);
}

TEST(non_canonical_address_is_a_fault_without_address)
{
	EQ(FAULTS(peek((char *)0x8000000000000000)), SIGSEGV);
	EQ(fault_code, SI_KERNEL);
	EQ(fault_addr, 0);
}

TEST(jump_to_unmapped_memory_faults_there)
{
	char *p = lonely(1);

	SEGV(((void (*)(void))p)(), SEGV_MAPERR, p);
}

TEST(default_action_is_death_by_segv)
{
	pid_t pid = CHILD(poke(lonely(1), 1));

	DIES(pid, SIGSEGV);
}

TEST(mprotect_middle_splits_vma_and_back_merges_it)
{
	char *p = map_at(lonely(3), 3, RW, MAP_FIXED);

	OK(mprotect(p + PAGE, PAGE, PROT_READ));
	STREQ(areas(p, 3), "0+1 rw-p, 1+1 r--p, 2+1 rw-p");
	OK(mprotect(p + PAGE, PAGE, RW));
	STREQ(areas(p, 3), "0+3 rw-p");
}

TEST(mprotect_ends_split_and_merge)
{
	char *p = map_at(lonely(4), 4, RW, MAP_FIXED);

	OK(mprotect(p, PAGE, PROT_READ));
	OK(mprotect(p + 3 * PAGE, PAGE, PROT_READ));
	STREQ(areas(p, 4), "0+1 r--p, 1+2 rw-p, 3+1 r--p");
	OK(mprotect(p + PAGE, 2 * PAGE, PROT_READ));
	STREQ(areas(p, 4), "0+4 r--p");
}

TEST(mprotect_over_a_hole_is_enomem_and_changes_what_came_before)
{
	char *p = lonely(3);

	map_at(p, 1, RW, MAP_FIXED);
	map_at(p + 2 * PAGE, 1, RW, MAP_FIXED);
	ERR(mprotect(p, 3 * PAGE, PROT_READ), ENOMEM);
	STREQ(areas(p, 3), "0+1 r--p, 2+1 rw-p");
}

TEST(mprotect_rejects_nonsense)
{
	char *p = map_pages(1);

	ERR(mprotect(p + 1, PAGE, RW), EINVAL);
	ERR(mprotect(p, PAGE, 0x10), EINVAL);
	ERR(mprotect(lonely(1), PAGE, RW), ENOMEM);
	OK(mprotect(p, 0, RW));
}

TEST(a_file_opened_for_reading_can_not_be_shared_for_writing)
{
	int fd = OK(open("/proc/self/exe", O_RDONLY));
	char *p;

	ERR(mmap(NULL, PAGE, RW, MAP_SHARED, fd, 0), EACCES);
	p = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, 0);
	CHECK(p != MAP_FAILED);
	ERR(mprotect(p, PAGE, RW), EACCES);
	EQ(p[1], 'E');
}

TEST(rims_of_mprotect)
{
	char *p = map_at(lonely(3), 3, PROT_READ | PROT_WRITE, MAP_FIXED);

	ERR(mprotect(p + 1, PAGE, PROT_READ), EINVAL);
	ERR(mprotect(p, PAGE, 0x10), EINVAL);
	ERR(mprotect(p, PAGE, -1), EINVAL);
	ERR(mprotect(p, PAGE, PROT_READ | PROT_GROWSDOWN | PROT_GROWSUP), EINVAL);
	ERR(mprotect(p, -PAGE, PROT_READ), ENOMEM);
	ERR(mprotect(p, -1UL, PROT_READ), ENOMEM);
	ERR(mprotect((void *)0xffff800000000000UL, PAGE, PROT_READ), ENOMEM);
	ERR(mprotect((void *)-PAGE, PAGE, PROT_READ), ENOMEM);
	ERR(mprotect(NULL, PAGE, PROT_READ), ENOMEM);
	ERR(mprotect((void *)0x7ffffffff000UL, PAGE, PROT_READ), ENOMEM);
	OK(mprotect(p, 0, PROT_NONE));
	OK(mprotect(p, 0, 0x10));
	OK(mprotect((void *)0xffff800000000000UL, 0, PROT_NONE));
	STREQ(areas(p, 3), "0+3 rw-p");
	OK(mprotect(p, 1, PROT_READ | 8));
	STREQ(areas(p, 3), "0+1 r--p, 1+2 rw-p");
}

TEST(growsdown_reaches_to_the_start_of_a_stack)
{
	char *p = map_at(lonely(4), 4, PROT_READ | PROT_WRITE, MAP_FIXED | MAP_GROWSDOWN);

	OK(mprotect(p + 2 * PAGE, PAGE, PROT_READ | PROT_GROWSDOWN));
	STREQ(areas(p, 4), "0+3 r--p, 3+1 rw-p");
	p = map_pages(4);
	ERR(mprotect(p, PAGE, PROT_READ | PROT_GROWSDOWN), EINVAL);
	ERR(mprotect(p, PAGE, PROT_READ | PROT_GROWSUP), EINVAL);
	ERR(mprotect(lonely(1), PAGE, PROT_READ | PROT_GROWSUP), ENOMEM);
	poke(p, 1);
}
