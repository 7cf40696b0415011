/*
 * tests/user/model.c - random changes of an address space, compared with a model
 *
 * The model knows of each page of an arena: is it there, what may be done with it, and the
 * value of its first byte. After every few steps, in this process and in children, each page
 * must be what the model says.
 */
#include "mem.h"

#define PAGES	48
#define RW	(PROT_READ | PROT_WRITE)

static struct model {
	int mapped, prot, value;
} model[PAGES];

static char *arena;
static unsigned long seed;

static unsigned long dice(unsigned long n)
{
	seed = seed * 6364136223846793005UL + 1442695040888963407UL;
	return (seed >> 33) % n;
}

static char *at(int page)
{
	return arena + page * PAGE;
}

/* Is the page what the model says?  Tried by reading and by writing back what is there. */
static void check_page(int i)
{
	struct model *m = &model[i];
	volatile int value = 0;
	int sig = FAULTS(value = (unsigned char)peek(at(i)));

	EQ(sig, m->mapped && (m->prot & PROT_READ) ? 0 : SIGSEGV);
	if (sig)
		EQ(fault_code, m->mapped ? SEGV_ACCERR : SEGV_MAPERR);
	else
		EQ(value, m->value);
	sig = FAULTS(poke(at(i), m->value));
	EQ(sig, m->mapped && (m->prot & PROT_WRITE) ? 0 : SIGSEGV);
}

static void check_all(void)
{
	for (int i = 0; i < PAGES; i++)
		check_page(i);
}

static int all_mapped(int first, int count)
{
	for (int i = first; i < first + count; i++)
		if (!model[i].mapped)
			return 0;
	return 1;
}

static int some_prot(void)
{
	static const int prots[] = { RW, RW, RW, PROT_READ, PROT_NONE };

	return prots[dice(5)];
}

static void do_map(int first, int count)
{
	int prot = some_prot();

	map_at(at(first), count, prot, MAP_FIXED);
	for (int i = first; i < first + count; i++)
		model[i] = (struct model){ 1, prot, 0 };
}

static void do_unmap(int first, int count)
{
	OK(munmap(at(first), count * PAGE));
	for (int i = first; i < first + count; i++)
		model[i] = (struct model){ 0 };
}

static void do_protect(int first, int count)
{
	int prot = some_prot();

	if (!all_mapped(first, count))
		return;
	OK(mprotect(at(first), count * PAGE, prot));
	for (int i = first; i < first + count; i++)
		model[i].prot = prot;
}

static void do_write(int first, int count)
{
	for (int i = first; i < first + count; i++) {
		if (!(model[i].prot & PROT_WRITE))
			continue;
		model[i].value = dice(256);
		poke(at(i), model[i].value);
	}
}

static void do_forget(int first, int count)
{
	if (!all_mapped(first, count))
		return;
	OK(madvise(at(first), count * PAGE, MADV_DONTNEED));
	for (int i = first; i < first + count; i++)
		model[i].value = 0;
}

/* Move an area, which must be one: same rights all along.  What it lands on is replaced. */
static void do_move(int first, int count)
{
	struct model moved[PAGES];
	int to = dice(PAGES - count + 1);

	if (!all_mapped(first, count) || (to < first + count && first < to + count))
		return;
	for (int i = first; i < first + count; i++)
		if (model[i].prot != model[first].prot)
			return;
	/* Areas that were moved before may look alike and still be two; then it is EFAULT. */
	if (mremap(at(first), count * PAGE, count * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, at(to)) ==
	    MAP_FAILED) {
		EQ(errno, EFAULT);
		do_unmap(to, count);
		return;
	}
	memcpy(moved, model + first, count * sizeof(*model));
	memset(model + first, 0, count * sizeof(*model));
	memcpy(model + to, moved, count * sizeof(*model));
}

/* A child sees the same, and what it changes stays with it. */
static void do_fork(int first, int count)
{
	EXITS(CHILD(
		check_all();
		do_write(first, count);
		if (dice(2))
			do_unmap(first, count);
		check_all()
	), 0);
}

static void run(unsigned long start, int steps)
{
	static void (*const ops[])(int, int) = { do_map, do_map, do_unmap, do_protect, do_protect,
		do_write, do_write, do_write, do_forget, do_move };

	seed = start;
	memset(model, 0, sizeof(model));
	arena = lonely(PAGES);
	for (int i = 0; i < steps; i++) {
		int first = dice(PAGES), count = 1 + dice(PAGES - first);

		if (count > 1 && dice(2))
			count = 1 + dice(count < 5 ? count : 5);
		if (dice(25) == 0)
			do_fork(first, count);
		else
			ops[dice(sizeof(ops) / sizeof(ops[0]))](first, count);
		if (i % 20 == 0)
			check_all();
	}
	check_all();
}

TEST_LIMIT(address_space_follows_the_model_a, 60) { run(1, 3000); }
TEST_LIMIT(address_space_follows_the_model_b, 60) { run(2, 3000); }
TEST_LIMIT(address_space_follows_the_model_c, 60) { run(3, 3000); }

/* The same with less of it than of pages: every step splits or merges. */
TEST_LIMIT(every_step_checked, 60)
{
	for (unsigned long s = 10; s < 40; s++)
		run(s, 60);
}
