/*
 * tests/user/personality.c - what the persona of a process does to its memory
 */
#include <uapi/personality.h>
#define TEST_OWN_MAIN
#include "mem.h"
#include <sys/stat.h>

#define RW	(PROT_READ | PROT_WRITE)

static void become(unsigned long persona) { OK(syscall(__NR_personality, persona)); }

TEST(read_implies_exec_for_mmap)
{
	char *p = lonely(8);

	become(READ_IMPLIES_EXEC);
	map_at(p, 1, PROT_READ, MAP_FIXED);
	map_at(p + PAGE, 1, RW, MAP_FIXED);
	map_at(p + 2 * PAGE, 1, PROT_WRITE, MAP_FIXED);
	map_at(p + 3 * PAGE, 1, PROT_NONE, MAP_FIXED);
	STREQ(areas(p, 4), "0+1 r-xp, 1+1 rwxp, 2+1 -w-p, 3+1 ---p");
	become(0);
	map_at(p + 5 * PAGE, 1, RW, MAP_FIXED);
	STREQ(areas(p, 6), "0+1 r-xp, 1+1 rwxp, 2+1 -w-p, 3+1 ---p, 5+1 rw-p");
}

TEST(read_implies_exec_for_mprotect)
{
	char *p = map_at(lonely(4), 4, PROT_NONE, MAP_FIXED);

	become(READ_IMPLIES_EXEC);
	OK(mprotect(p, PAGE, PROT_READ));
	OK(mprotect(p + PAGE, PAGE, RW));
	OK(mprotect(p + 2 * PAGE, PAGE, PROT_WRITE));
	STREQ(areas(p, 4), "0+1 r-xp, 1+1 rwxp, 2+1 -w-p, 3+1 ---p");
	OK(mprotect(p, 4 * PAGE, PROT_NONE));
	STREQ(areas(p, 4), "0+1 ---p, 1+2 ---p, 3+1 ---p");	/* those that could be written count as committed */
}

TEST(read_implies_exec_for_the_heap)
{
	unsigned long end = (syscall(__NR_brk, 0) + PAGE - 1) & -PAGE;

	EQ(syscall(__NR_brk, end), end);
	become(READ_IMPLIES_EXEC);
	EQ(syscall(__NR_brk, end + 2 * PAGE), end + 2 * PAGE);
	STREQ(areas((char *)end, 2), "0+2 rwxp");
}

TEST(read_implies_exec_goes_to_a_child)
{
	become(READ_IMPLIES_EXEC);
	EXITS(CHILD(STREQ(areas(map_at(lonely(1), 1, RW, MAP_FIXED), 1), "0+1 rwxp")), 0);
}

TEST(hint_below_the_lowest_address_means_that_address)
{
	char *low = mmap((void *)1000, PAGE, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), *p;

	CHECK(low > (char *)1000);		/* rounded down it is no hint */
	p = mmap((void *)0x1000, PAGE, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	EQ((unsigned long)p, 0x10000);
	p = mmap((void *)0x2000, PAGE, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	CHECK(p != MAP_FAILED && p > (char *)0x10000);
}

/* ---- after exec ---- */

static void exec_self(const char *role)
{
	char *argv[] = { "personality", (char *)role, NULL };

	execv("/proc/self/exe", argv);
}

static int has_page_zero(void)
{
	const char *found = areas(NULL, 2);

	return !strcmp(found, "0+1 r-xp") ? 0 : 1;
}

TEST(exec_maps_page_zero_if_asked)
{
	EXITS(CHILD(become(MMAP_PAGE_ZERO); exec_self("-zero")), 0);
	EXITS(CHILD(become(0); exec_self("-zero")), 1);
}

TEST(exec_ends_read_implies_exec)
{
	EXITS(CHILD(become(READ_IMPLIES_EXEC); exec_self("-persona")), 0);
	EXITS(CHILD(become(READ_IMPLIES_EXEC | ADDR_NO_RANDOMIZE); exec_self("-persona")), ADDR_NO_RANDOMIZE >> 16);
	EXITS(CHILD(become(ADDR_NO_RANDOMIZE | ADDR_COMPAT_LAYOUT); exec_self("-persona")),
	      (ADDR_NO_RANDOMIZE | ADDR_COMPAT_LAYOUT) >> 16);
}

TEST(exec_with_other_rights_clears_what_helps_an_attacker)
{
	static char buf[64 << 10];
	int from = OK(open("/proc/self/exe", O_RDONLY)), to;
	ssize_t n;

	unlink("/tmp/persona");
	to = OK(open("/tmp/persona", O_WRONLY | O_CREAT, 0755));
	while ((n = OK(read(from, buf, sizeof(buf)))) > 0)
		EQ(write(to, buf, n), n);
	close(to);
	OK(chown("/tmp/persona", 1000, 1000));
	OK(chmod("/tmp/persona", 04755));
	EXITS(CHILD(
		become(READ_IMPLIES_EXEC | ADDR_NO_RANDOMIZE | ADDR_COMPAT_LAYOUT | MMAP_PAGE_ZERO | SHORT_INODE);
		execv("/tmp/persona", (char *[]){ "personality", "-persona", NULL });
	), (SHORT_INODE >> 16) & 0xff);
	EXITS(CHILD(
		become(ADDR_NO_RANDOMIZE | ADDR_COMPAT_LAYOUT | MMAP_PAGE_ZERO);
		execv("/tmp/persona", (char *[]){ "personality", "-persona", NULL });
	), 0);
	unlink("/tmp/persona");
}

int main(int argc, char **argv)
{
	if (argc > 1 && !strcmp(argv[1], "-zero"))
		return has_page_zero();
	if (argc > 1 && !strcmp(argv[1], "-persona"))
		return syscall(__NR_personality, 0xffffffff) >> 16;
	return test_main(argv);
}
