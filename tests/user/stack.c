/*
 * tests/user/stack.c - the stack grows by faults, down to its limit
 */
#include "mem.h"

static char *stack_start(void)
{
	unsigned long start;
	char here;

	EQ(sscanf(maps_line(&here), "%lx-", &start), 1);
	return (char *)start;
}

/* The compiler must believe that somebody looks at all of room, before and after. */
#define LOOKED_AT(room)	asm volatile("" : : "r"(room) : "memory")

__attribute__((noinline))
static int deep(int levels)
{
	char room[1000];
	int sum;

	room[0] = levels;
	LOOKED_AT(room);
	sum = levels ? deep(levels - 1) : 0;
	LOOKED_AT(room);
	return sum + room[0];
}

TEST(a_program_begins_with_128_kib_of_stack)
{
	unsigned long start, end;
	char here;

	EQ(sscanf(maps_line(&here), "%lx-%lx", &start, &end), 2);
	CMP(end - start, >, 32 * PAGE);
	CMP(end - start, <=, 40 * PAGE);
}

TEST(stack_grows_when_it_is_used)
{
	char *before = stack_start();

	deep(1000);
	CMP(before - stack_start(), >, 800000);
	CHECK(strstr(maps_line(&before), "[stack]"));
}

TEST(stack_grows_at_an_access_far_below)
{
	char *start = stack_start(), *far = start - 200 * PAGE;

	poke(far, 1);
	EQ(stack_start(), (unsigned long)far & -PAGE);
}

TEST(stack_pages_in_between_are_not_made)
{
	char *start = stack_start();
	long rss = status_value("VmRSS");

	poke(start - 1000 * PAGE, 1);
	CMP(status_value("VmRSS") - rss, <=, RSS_SLACK);
}

TEST(stack_overflow_is_a_segv_on_the_alternate_stack)
{
	static char alt[32768];
	stack_t s = { .ss_sp = alt, .ss_size = sizeof(alt) };
	struct sigaction act = { .sa_sigaction = on_fault,
				 .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER };
	struct rlimit r = { 256 * 1024, 256 * 1024 };

	OK(setrlimit(RLIMIT_STACK, &r));
	OK(sigaltstack(&s, NULL));
	OK(sigaction(SIGSEGV, &act, NULL));
	if (!setjmp(fault_jump)) {
		deep(1 << 20);
		FAIL("still alive");
	}
	EQ(fault_code, SEGV_MAPERR);
	CHECK((char *)fault_addr < stack_start() && (char *)fault_addr > stack_start() - 8192);
}

TEST(stack_overflow_without_alternate_stack_kills)
{
	struct rlimit r = { 256 * 1024, 256 * 1024 };
	pid_t pid = CHILD(OK(setrlimit(RLIMIT_STACK, &r)); deep(1 << 20));

	DIES(pid, SIGSEGV);
}

TEST(stack_can_not_grow_beyond_rlimit_stack)
{
	struct rlimit r = { 1 << 20, 1 << 20 };
	char *p;

	OK(setrlimit(RLIMIT_STACK, &r));
	p = stack_start();
	SEGV(poke(p - (2 << 20), 1), SEGV_MAPERR, p - (2 << 20));
	poke(p - (1 << 19), 1);
}

TEST(a_gap_stays_between_the_stack_and_a_mapping_below)
{
	char *start = stack_start(), *below = start - 400 * PAGE, *p;
	unsigned long lowest;

	EQ(map_at(below, 1, PROT_READ | PROT_WRITE, MAP_FIXED_NOREPLACE), below);
	p = below + 2 * PAGE;
	SEGV(poke(p, 1), SEGV_MAPERR, p);
	lowest = (unsigned long)below + PAGE + 256 * PAGE;
	poke((char *)lowest, 1);
	SEGV(poke((char *)lowest - 1, 1), SEGV_MAPERR, lowest - 1);
}

TEST(map_growsdown_area_grows_too)
{
	char *p = lonely(300) + 299 * PAGE;

	EQ(mmap(p, PAGE, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_GROWSDOWN, -1, 0), p);
	poke(p, 1);
	poke(p - 1, 1);
	STREQ(areas(p - 4 * PAGE, 5), "3+2 rw-p");
}

TEST(stack_is_not_executable)
{
	unsigned char code[16] = { 0xc3 };

	SEGV(((void (*)(void))(void *)code)(), SEGV_ACCERR, code);
}

TEST(child_has_a_stack_of_its_own)
{
	volatile int x = 1;

	EXITS(CHILD(deep(500); x = 2), 0);
	EQ(x, 1);
}
