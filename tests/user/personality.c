/*
 * tests/user/personality.c - what the persona of a process does to its memory
 */
#include <uapi/personality.h>
#define TEST_OWN_MAIN
#include "mem.h"
#include <sys/auxv.h>
#include <sys/prctl.h>
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
	_exit(99);
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

/* A copy of this program that belongs to @owner: /tmp/persona. */
static void install(uid_t owner, mode_t mode)
{
	static char buf[64 << 10];
	int from = OK(open("/proc/self/exe", O_RDONLY)), to;
	ssize_t n;

	unlink("/tmp/persona");
	to = OK(open("/tmp/persona", O_WRONLY | O_CREAT, 0755));
	while ((n = OK(read(from, buf, sizeof(buf)))) > 0)
		EQ(write(to, buf, n), n);
	close(to);
	close(from);
	OK(chown("/tmp/persona", owner, owner));
	OK(chmod("/tmp/persona", mode));
}

static void exec_copy(const char *role)
{
	execv("/tmp/persona", (char *[]){ "personality", (char *)role, NULL });
	_exit(99);
}

/* The exit status of a child; nothing is said about it, so that the caller can tidy up first. */
static int status_of(pid_t pid)
{
	int status;

	return waitpid(pid, &status, 0) == pid && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* Write a number to a file of /proc/sys; what it was before, or -errno. */
static int set_number(const char *path, int value)
{
	int fd = OK(open(path, O_RDWR)), n, old;
	char text[20] = "";

	OK(read(fd, text, sizeof(text) - 1));
	old = atoi(text);
	n = snprintf(text, sizeof(text), "%d", value);
	if (pwrite(fd, text, n, 0) != n)
		old = -errno;
	close(fd);
	return old;
}

static int randomize(int value)
{
	return set_number("/proc/sys/kernel/randomize_va_space", value);
}

TEST(exec_with_other_rights_clears_what_helps_an_attacker)
{
	install(1000, 04755);
	EXITS(CHILD(
		become(READ_IMPLIES_EXEC | ADDR_NO_RANDOMIZE | ADDR_COMPAT_LAYOUT | MMAP_PAGE_ZERO | SHORT_INODE);
		execv("/tmp/persona", (char *[]){ "personality", "-persona", NULL });
	), (SHORT_INODE >> 16) & 0xff);
	EXITS(CHILD(
		become(ADDR_NO_RANDOMIZE | ADDR_COMPAT_LAYOUT | MMAP_PAGE_ZERO);
		execv("/tmp/persona", (char *[]){ "personality", "-persona", NULL });
	), 0);
	EXITS(CHILD(exec_copy("-secure")), 1);
	OK(chmod("/tmp/persona", 0755));
	EXITS(CHILD(exec_copy("-secure")), 0);
	unlink("/tmp/persona");
}

/* The bits of the file do it, also when the rights are those that the caller has. */
TEST(exec_of_a_setid_file_of_ones_own_clears_it_too)
{
	install(0, 04755);
	EXITS(CHILD(become(ADDR_NO_RANDOMIZE | ADDR_COMPAT_LAYOUT | SHORT_INODE); exec_copy("-persona")),
	      (SHORT_INODE >> 16) & 0xff);
	OK(chmod("/tmp/persona", 02755));
	EXITS(CHILD(become(ADDR_COMPAT_LAYOUT); exec_copy("-persona")), 0);
	OK(chmod("/tmp/persona", 02745));	/* not executable for the group: no such bit */
	EXITS(CHILD(become(ADDR_COMPAT_LAYOUT); exec_copy("-persona")), ADDR_COMPAT_LAYOUT >> 16);
	OK(chmod("/tmp/persona", 04755));
	EXITS(CHILD(
		OK(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
		become(ADDR_COMPAT_LAYOUT);
		exec_copy("-persona")
	), ADDR_COMPAT_LAYOUT >> 16);
	unlink("/tmp/persona");
}

/*
 * The persona goes before places are chosen, the stack's too.  Its top may be where it is without chance,
 * by chance: once in 4 million times; not eight times in a row.
 */
TEST(a_setid_program_is_placed_by_chance_whatever_the_caller_wants)
{
	int before = randomize(1), fixed = -1;

	install(1000, 04755);
	for (int i = 0; i < 8 && fixed; i++)
		fixed = status_of(CHILD(become(ADDR_NO_RANDOMIZE); exec_copy("-stack")));
	randomize(before);
	EQ(fixed, 0);
	EXITS(CHILD(become(ADDR_NO_RANDOMIZE); exec_self("-stack")), 1);
	unlink("/tmp/persona");
}

/* The stack's limit decides where mappings begin. */
TEST(a_setid_program_gets_no_stack_limit_above_8_mib)
{
	struct rlimit none = { RLIM_INFINITY, RLIM_INFINITY };

	install(1000, 04755);
	EXITS(CHILD(OK(setrlimit(RLIMIT_STACK, &none)); exec_copy("-limit")), 8);
	EXITS(CHILD(
		struct rlimit one;
		one.rlim_cur = 1 << 20;
		one.rlim_max = RLIM_INFINITY;
		OK(setrlimit(RLIMIT_STACK, &one));
		exec_copy("-limit")
	), 1);
	OK(chmod("/tmp/persona", 0755));
	EXITS(CHILD(OK(setrlimit(RLIMIT_STACK, &none)); exec_copy("-limit")), 255);
	install(0, 04755);
	EXITS(CHILD(OK(setrlimit(RLIMIT_STACK, &none)); exec_copy("-limit")), 255);
	unlink("/tmp/persona");
}

/* ---- chance ---- */

#define LOW_32BIT	0x40000000UL
#define RND_32BIT	0x2000000UL
#define TRIES_32BIT	16UL

/*
 * Map pages with MAP_32BIT: 1 if each is right behind the one before, the first at 1 GiB: a search from there.
 * 0 if the searches began elsewhere within 32 MiB: what lies there already moves them by that much at most.
 */
static int fixed_32bit(void)
{
	int fixed = 1;

	for (unsigned long i = 0; i < TRIES_32BIT; i++) {
		unsigned long p = (unsigned long)map_at(NULL, 1, RW, MAP_32BIT);

		if (p < LOW_32BIT || p >= LOW_32BIT + RND_32BIT + TRIES_32BIT * PAGE)
			return 2;
		if (p != LOW_32BIT + i * PAGE)
			fixed = 0;
	}
	return fixed;
}

/* 0 with exec's chance, 1 without: what the persona says afterwards does not matter, and a child is as its parent. */
static int late_32bit(unsigned long persona)
{
	become(persona);
	return status_of(CHILD(_exit(fixed_32bit())));
}

/* 16 places chosen among 8,192 are not those of a search from one place: once in 2 to the 208. */
TEST(chance_places_what_shall_lie_below_2_gib)
{
	int before = randomize(1), result[4];

	result[0] = status_of(CHILD(exec_self("-32bit")));
	result[1] = status_of(CHILD(become(ADDR_NO_RANDOMIZE); exec_self("-32bit")));
	result[2] = status_of(CHILD(exec_self("-32bit-late")));
	result[3] = status_of(CHILD(become(ADDR_NO_RANDOMIZE); exec_self("-32bit-late")));
	randomize(before);
	EQ(result[0], 0);
	EQ(result[1], 1);
	EQ(result[2], 0);
	EQ(result[3], 1);
}

/*
 * Without chance the heap begins where the bss ends.  That it never does with it, not even when chance says
 * 0 pages, this test does not show: such a start is one of 262,144.
 */
TEST(chance_puts_the_heap_away_from_the_bss)
{
	int before = randomize(2), result;

	result = status_of(CHILD(exec_self("-heap")));
	randomize(before);
	EQ(result, 0);
	EXITS(CHILD(become(ADDR_NO_RANDOMIZE); exec_self("-heap")), 1);
}

/* Does the first page of the heap follow the bss? */
static int heap_follows_bss(void)
{
	extern char _end[];
	unsigned long start = 0;
	char line[1024], *p = line;
	int fd = OK(open("/proc/self/stat", O_RDONLY));
	ssize_t n = OK(read(fd, line, sizeof(line) - 1));

	line[n] = '\0';
	for (int field = 1; field < 47 && p; field++)	/* start_brk is the 47th */
		p = strchr(p + 1, ' ');
	CHECK(p);
	start = strtoul(p, NULL, 10);
	CMP(start, >=, ((unsigned long)_end + PAGE - 1) & -PAGE);
	return start == (((unsigned long)_end + PAGE - 1) & -PAGE);
}

static int stack_at_top(void)
{
	unsigned long start, end = 0;

	sscanf(maps_line(&start), "%lx-%lx", &start, &end);
	return end == 0x7ffffffff000;
}

#define LEGACY	"/proc/sys/vm/legacy_va_layout"
#define BITS	"/proc/sys/vm/mmap_rnd_bits"

TEST(one_number_makes_all_programs_map_upwards)
{
	int before = set_number(LEGACY, 1), result;

	result = status_of(CHILD(exec_self("-area")));
	set_number(LEGACY, before);
	EQ(result, 0x2a);
	result = status_of(CHILD(exec_self("-area")));
	CMP(result, >=, 0x7e);
	EQ(set_number(LEGACY, -1), -EINVAL);
}

/* The first 8 of the 47 bits of where an area is mapped; upwards it is a third, 0x2a, or one more by chance. */
static int high_bits_of_area(void)
{
	unsigned long high = (unsigned long)map_pages(1) >> 40;

	return high == 0x2b ? 0x2a : high;
}

/*
 * 28 bits of pages, as they are, reach 1 TiB below the stack; with 32 it is 16 TiB, and 7 programs of 8
 * lie below the first two.  That none of 50 does happens once in 2 to the 150.
 */
TEST(the_number_of_random_bits_can_be_chosen)
{
	int before = randomize(1), bits = set_number(BITS, 32), high = 0x7f;

	for (int i = 0; i < 50 && high >= 0x7e; i++)
		high = status_of(CHILD(exec_self("-area")));
	set_number(BITS, bits);
	randomize(before);
	CMP(bits, >=, 28);
	CMP(high, >=, 0x6e);
	CMP(high, <, 0x7e);
	EQ(set_number(BITS, 27), -EINVAL);
	EQ(set_number(BITS, 33), -EINVAL);
}

TEST(how_far_chance_reaches_is_for_root_alone_to_see)
{
	struct stat st;

	OK(stat(BITS, &st));
	EQ(st.st_mode, S_IFREG | 0600);
	EQ(st.st_uid, 0);
	OK(stat(LEGACY, &st));
	EQ(st.st_mode, S_IFREG | 0644);
	EXITS(CHILD(
		OK(setuid(1000));
		ERR(open(BITS, O_RDONLY), EACCES);
		OK(open(LEGACY, O_RDONLY));
	), 0);
}

static int stack_limit_mib(void)
{
	struct rlimit r;

	OK(getrlimit(RLIMIT_STACK, &r));
	return r.rlim_cur == RLIM_INFINITY ? 255 : r.rlim_cur >> 20;
}

int main(int argc, char **argv)
{
	if (argc > 1 && !strcmp(argv[1], "-zero"))
		return has_page_zero();
	if (argc > 1 && !strcmp(argv[1], "-persona"))
		return syscall(__NR_personality, 0xffffffff) >> 16;
	if (argc > 1 && !strcmp(argv[1], "-secure"))
		return getauxval(AT_SECURE);
	if (argc > 1 && !strcmp(argv[1], "-stack"))
		return stack_at_top();
	if (argc > 1 && !strcmp(argv[1], "-limit"))
		return stack_limit_mib();
	if (argc > 1 && !strcmp(argv[1], "-32bit"))
		return fixed_32bit();
	if (argc > 1 && !strcmp(argv[1], "-32bit-late"))
		return late_32bit(syscall(__NR_personality, 0xffffffff) ^ ADDR_NO_RANDOMIZE);
	if (argc > 1 && !strcmp(argv[1], "-area"))
		return high_bits_of_area();
	if (argc > 1 && !strcmp(argv[1], "-heap"))
		return heap_follows_bss();
	return test_main(argv);
}
