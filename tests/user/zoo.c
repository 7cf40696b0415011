/*
 * tests/user/zoo.c - an address space with an area of every kind, at addresses that never change
 *
 * `zoo hold` makes it, forks, says "@@ zoo PARENT CHILD", and both stop: for others to look at
 * (tools/probe.py, tools/gdbcheck.py).  The same tables must be there on Linux.  `zoo nobody PROGRAM WORD...`
 * runs a program that is not root.
 */
#define TEST_OWN_MAIN
#include "proc.h"

#define ZOO		0x100000000UL		/* above what brk may become */
#define CAGE		0x200000UL		/* each kind has its own 2 MiB, so its own table */
#define PAGES		16

static int memfd;

static char *cage(int number)
{
	return (char *)(ZOO + number * CAGE);
}

static char *put_at(char *where, unsigned long pages, int prot, int flags, int fd, long offset)
{
	void *p = mmap(where, pages * PAGE, prot, flags | MAP_FIXED_NOREPLACE, fd, offset * PAGE);

	EQ(p, where);
	return p;
}

static char *anon_at(int number, int prot, int flags)
{
	return put_at(cage(number), PAGES, prot, MAP_PRIVATE | MAP_ANONYMOUS | flags, -1, 0);
}

#define RW (PROT_READ | PROT_WRITE)

/* How an area of private memory came to its entries. */
static void private_areas(void)
{
	char *p = anon_at(0, RW, 0);		/* written, read, never touched */

	poke(p, 1);
	poke(p + PAGE, 1);
	poke(p + 5 * PAGE, 1);
	CHECK(!peek(p + 7 * PAGE) && !peek(p + 8 * PAGE));
	p = anon_at(1, RW, 0);			/* cut in three by mprotect */
	for (int i = 0; i < PAGES; i++)
		poke(p + i * PAGE, i);
	OK(mprotect(p + 4 * PAGE, 4 * PAGE, PROT_READ));
	OK(mprotect(p + 8 * PAGE, 4 * PAGE, PROT_NONE));
	put_at(cage(2), 3 * CAGE / PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	p = anon_at(5, RW | PROT_EXEC, 0);	/* a hole, and a page given back */
	for (int i = 0; i < PAGES; i++)
		poke(p + i * PAGE, i);
	OK(munmap(p + 3 * PAGE, 2 * PAGE));
	OK(madvise(p + 9 * PAGE, PAGE, MADV_DONTNEED));
	/* over the edge of a table */
	p = put_at(cage(7) - 2 * PAGE, 4, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	for (int i = 0; i < 4; i++)
		poke(p + i * PAGE, i);
}

/* Areas that differ in their flags. */
static void flagged_areas(void)
{
	static const int advice[] = { MADV_DONTFORK, MADV_WIPEONFORK, MADV_DONTDUMP, MADV_SEQUENTIAL, MADV_RANDOM };
	char *p;

	for (int i = 0; i < 5; i++) {
		p = anon_at(8 + i, RW, 0);
		poke(p + i * PAGE, 1);
		OK(madvise(p, PAGES * PAGE, advice[i]));
	}
	p = anon_at(13, RW, 0);
	OK(mlock(p, 3 * PAGE));
	p = anon_at(14, RW, MAP_GROWSDOWN);
	poke(p + PAGE, 1);
	anon_at(15, RW, MAP_NORESERVE);
}

/* A file, shared and private, through two windows. */
static void file_areas(void)
{
	char *p, *q;

	memfd = OK(memfd_create("zoo", 0));
	OK(ftruncate(memfd, 8 * PAGE));
	p = put_at(cage(16), 8, RW, MAP_SHARED, memfd, 0);
	for (int i = 0; i < 6; i++)
		poke(p + i * PAGE, i);
	q = put_at(cage(17), 8, PROT_READ, MAP_SHARED, memfd, 2);	/* its end lies behind that of the file */
	EQ(peek(q), 2);
	p = put_at(cage(18), 8, RW, MAP_PRIVATE, memfd, 0);
	EQ(peek(p + PAGE), 1);
	poke(p + 3 * PAGE, 7);
	p = put_at(cage(19), PAGES, RW, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	poke(p + 2 * PAGE, 1);
}

static void make_zoo(void)
{
	private_areas();
	flagged_areas();
	file_areas();
}

/* How many areas lie in the zoo. */
static int count_areas(void)
{
	FILE *f = fopen("/proc/self/maps", "r");
	unsigned long start;
	char line[300];
	int n = 0;

	while (fgets(line, sizeof(line), f))
		n += sscanf(line, "%lx-", &start) == 1 && start >= ZOO && start < ZOO + 32 * CAGE;
	fclose(f);
	return n;
}

TEST(an_area_of_every_kind)
{
	make_zoo();
	EQ(count_areas(), 22);
	CHECK(pagemap(cage(0)) >> 63 && pagemap(cage(0) + 7 * PAGE) >> 63);
	CHECK(!(pagemap(cage(0) + 9 * PAGE) >> 63));
	EQ(pagemap(cage(16) + 2 * PAGE) & ((1UL << 55) - 1), pagemap(cage(17)) & ((1UL << 55) - 1));
}

TEST(a_second_zoo_does_not_fit)
{
	make_zoo();
	ERR(mmap(cage(0), PAGE, RW, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0), EEXIST);
	EQ(count_areas(), 22);
}

/* Both stop; what each wrote after the fork has a frame of its own. */
static void hold(void)
{
	int status;
	pid_t child;

	make_zoo();
	child = CHILD(poke(cage(0), 2); raise(SIGSTOP));
	OK(waitpid(child, &status, WUNTRACED));
	poke(cage(0) + PAGE, 3);
	printf("@@ zoo %d %d\n", getpid(), child);
	fflush(stdout);
	raise(SIGSTOP);
}

int main(int argc, char **argv)
{
	if (argc == 2 && !strcmp(argv[1], "hold")) {
		hold();
		return 0;
	}
	if (argc > 2 && !strcmp(argv[1], "nobody")) {
		OK(setuid(1000));
		OK(execv(argv[2], argv + 2));
	}
	return test_main(argv);
}
