/*
 * tests/user/cow.c - fork shares pages until one side writes
 */
#include "mem.h"

TEST(cow_write_in_child_leaves_parent_page)
{
	char *p = map_pages(1);

	strcpy(p, "parent");
	EXITS(CHILD(
		STREQ(p, "parent");
		strcpy(p, "child");
		STREQ(p, "child")
	), 0);
	STREQ(p, "parent");
}

TEST(cow_write_in_parent_leaves_child_page)
{
	int go[2];
	char *p = map_pages(1), c = 0;
	pid_t pid;

	OK(pipe(go));
	strcpy(p, "before");
	pid = CHILD(
		read(go[0], &c, 1);
		STREQ(p, "before")
	);
	strcpy(p, "after");
	OK(write(go[1], &c, 1));
	EXITS(pid, 0);
	STREQ(p, "after");
}

TEST(fork_shares_the_frame_and_a_write_gives_a_new_one)
{
	char *p = map_pages(1);
	unsigned long old;

	p[0] = 1;
	old = frame(p);
	CHECK(old);
	EXITS(CHILD(
		EQ(frame(p), old);
		poke(p, 2);
		CHECK(frame(p) && frame(p) != old)
	), 0);
	EQ(frame(p), old);
}

TEST(the_last_user_of_a_page_keeps_it_without_a_copy)
{
	char *p = map_pages(1);
	unsigned long old;

	p[0] = 1;
	old = frame(p);
	EXITS(CHILD(EQ(p[0], 1)), 0);
	poke(p, 2);
	EQ(frame(p), old);
	EQ(p[0], 2);
}

TEST(a_cow_break_costs_one_minor_fault)
{
	char *p = map_pages(8);

	memset(p, 1, 8 * PAGE);
	EXITS(CHILD(
		EQ(MINFLT(poke(p, 2)), 1);
		EQ(MINFLT(poke(p + 1, 2)), 0);
		EQ(MINFLT(for (int i = 1; i < 8; i++) poke(p + i * PAGE, 2)), 7)
	), 0);
}

TEST(every_page_of_many_is_copied_on_its_own)
{
	char *p = map_pages(600);	/* more than one page table */

	for (int i = 0; i < 600; i++)
		p[i * PAGE] = i;
	EXITS(CHILD(
		for (int i = 0; i < 600; i += 2)
			p[i * PAGE] = 'c';
		for (int i = 1; i < 600; i += 2)
			EQ(p[i * PAGE], (char)i)
	), 0);
	for (int i = 0; i < 600; i++)
		EQ(p[i * PAGE], (char)i);
}

TEST(three_generations_keep_their_own_contents)
{
	char *p = map_pages(1);

	p[0] = 'a';
	EXITS(CHILD(
		p[0] = 'b';
		EXITS(CHILD(
			EQ(p[0], 'b');
			p[0] = 'c';
			EXITS(CHILD(EQ(p[0], 'c'); p[0] = 'd'), 0);
			EQ(p[0], 'c')
		), 0);
		EQ(p[0], 'b')
	), 0);
	EQ(p[0], 'a');
}

TEST(read_only_area_stays_read_only_after_fork)
{
	char *p = map_pages(1);

	p[0] = 'x';
	OK(mprotect(p, PAGE, PROT_READ));
	EXITS(CHILD(
		SEGV(poke(p, 'y'), SEGV_ACCERR, p);
		OK(mprotect(p, PAGE, PROT_READ | PROT_WRITE));
		poke(p, 'y')
	), 0);
	EQ(p[0], 'x');
}

TEST(write_by_the_kernel_breaks_cow_too)
{
	char *p = map_pages(1);
	int fds[2];

	strcpy(p, "parent");
	OK(pipe(fds));
	EQ(write(fds[1], "kernel", 7), 7);
	EXITS(CHILD(
		EQ(read(fds[0], p, 7), 7);
		STREQ(p, "kernel")
	), 0);
	STREQ(p, "parent");
}

TEST(global_data_stack_and_heap_are_private_to_each_process)
{
	static int global = 1;
	volatile int local = 2;
	int *heap = malloc(sizeof(int));

	*heap = 3;
	EXITS(CHILD(global = 10; local = 20; *heap = 30), 0);
	EQ(global, 1);
	EQ(local, 2);
	EQ(*heap, 3);
}

TEST(area_layout_is_inherited)
{
	char *p = map_at(lonely(3), 3, PROT_READ | PROT_WRITE, MAP_FIXED);

	OK(mprotect(p + PAGE, PAGE, PROT_READ));
	EXITS(CHILD(
		STREQ(areas(p, 3), "0+1 rw-p, 1+1 r--p, 2+1 rw-p");
		OK(munmap(p, 3 * PAGE))
	), 0);
	STREQ(areas(p, 3), "0+1 rw-p, 1+1 r--p, 2+1 rw-p");
}

TEST(madvise_dontfork_area_is_absent_in_the_child)
{
	char *p = map_at(lonely(2), 2, PROT_READ | PROT_WRITE, MAP_FIXED);

	OK(madvise(p, PAGE, MADV_DONTFORK));
	EXITS(CHILD(STREQ(areas(p, 2), "1+1 rw-p")), 0);
	OK(madvise(p, PAGE, MADV_DOFORK));
	EXITS(CHILD(STREQ(areas(p, 2), "0+2 rw-p")), 0);
}

TEST_LIMIT(a_thousand_forks_lose_no_memory, 120)
{
	char *p = map_pages(16);
	long rss;

	memset(p, 1, 16 * PAGE);
	EXITS(CHILD(p[0] = 2), 0);
	rss = status_value("VmRSS");
	for (int i = 0; i < 1000; i++)
		EXITS(CHILD(p[0] = 2), 0);
	EQ(p[0], 1);
	CMP(status_value("VmRSS") - rss, <=, RSS_SLACK);
}
