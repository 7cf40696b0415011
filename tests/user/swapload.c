/*
 * tests/user/swapload.c - more memory than there is, and a swap area that goes away meanwhile
 *
 * Ballast is locked in memory until little is free; then two programs use more than that and look at every word of it, while a
 * third takes the area away as often as it can.  It may fail (ENOMEM, or killed: there is no room), but nothing may get lost.
 */
#include <stdlib.h>
#include "swap.h"

#define MIB	(1UL << 20)
#define ROOM	(24 * MIB)		/* that ballast leaves */
#define RW	(PROT_READ | PROT_WRITE)
#define SECONDS	180

static pid_t ballast_holder;

/* A process of its own has the ballast, so that it is nobody's who is to be killed. */
static void leave_little(void)
{
	long ballast = number_in("/proc/meminfo", "MemFree") * 1024 - (long)ROOM;
	int ready[2];
	char c;

	if (ballast <= 0)
		return;
	OK(pipe(ready));
	ballast_holder = OK(fork());
	if (!ballast_holder) {
		char *p = mmap(NULL, ballast, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		put_text("/proc/self/oom_score_adj", "-1000");
		if (p == MAP_FAILED || mlock(p, ballast))
			_exit(1);
		write(ready[1], "r", 1);
		for (;;)
			pause();
	}
	close(ready[1]);
	EQ(read(ready[0], &c, 1), 1);
	close(ready[0]);
}

static void drop_ballast(void)
{
	if (!ballast_holder)
		return;
	OK(kill(ballast_holder, SIGKILL));
	EQ(waitpid(ballast_holder, NULL, 0), ballast_holder);
}

/* ---- a program ---- */

struct load {
	unsigned long *words;
	unsigned long pages;
	unsigned char *round;		/* of each page: when it was written last; 0: never, or dropped */
	unsigned long seed;
};

static unsigned long next_random(struct load *l)
{
	l->seed = l->seed * 6364136223846793005UL + 1442695040888963407UL;
	return l->seed >> 33;
}

static unsigned long word_of(const struct load *l, unsigned long page, unsigned int i)
{
	return (page * 0x9e3779b97f4a7c15UL) ^ ((unsigned long)l->round[page] << 40) ^ (i * 0x12345UL);
}

#define WORDS	(PAGE / sizeof(unsigned long))
#define STEP	37			/* looked at: every so many words */

static void fill(struct load *l, unsigned long page)
{
	l->round[page] = l->round[page] % 250 + 1;
	for (unsigned int i = 0; i < WORDS; i += STEP)
		l->words[page * WORDS + i] = word_of(l, page, i);
}

static void look(struct load *l, unsigned long page)
{
	for (unsigned int i = 0; i < WORDS; i += STEP) {
		unsigned long want = l->round[page] ? word_of(l, page, i) : 0;

		if (l->words[page * WORDS + i] != want)
			FAIL("page %lu word %u: %#lx, not %#lx", page, i, l->words[page * WORDS + i], want);
	}
}

/* Of the 256 pages from @i on those that there are. */
static unsigned long min_pages(const struct load *l, unsigned long i)
{
	return l->pages - i < 256 ? l->pages - i : 256;
}

/* Where the two programs and the one that takes the area away meet: mapped by all. */
static volatile struct {
	int waiting, go;
} *gate;

static void wait_at_gate(void)
{
	int turn = gate->go;

	__atomic_fetch_add(&gate->waiting, 1, __ATOMIC_SEQ_CST);
	while (gate->go == turn)
		sched_yield();
}

/* Fill, look and write here and there, drop a half; @rounds times.  @push: see that pages leave while there is room. */
static void work(unsigned long bytes, int flags, unsigned long seed, int rounds, int push)
{
	struct load l = { .pages = bytes / PAGE, .seed = seed };
	int drop = flags & MAP_SHARED ? MADV_REMOVE : MADV_DONTNEED;

	l.words = mmap(NULL, bytes, RW, MAP_ANONYMOUS | flags, -1, 0);
	l.round = calloc(l.pages, 1);
	CHECK(l.words != MAP_FAILED && l.round);
	for (int r = 0; r < rounds; r++) {
		unsigned long half = l.pages / 2;

		for (unsigned long i = 0; i < l.pages; i++)
			fill(&l, i);
		for (unsigned long i = 0; i < l.pages; i++)
			look(&l, i);
		for (unsigned long i = 0; i < l.pages; i++) {
			unsigned long page = next_random(&l) % l.pages;

			look(&l, page);
			if (i & 1)
				fill(&l, page);
			if (push && i % 64 == 0)
				OK(madvise(l.words + i * WORDS, min_pages(&l, i) * PAGE, MADV_PAGEOUT));
		}
		OK(madvise(l.words + half * WORDS, (l.pages - half) * PAGE, drop));
		memset(l.round + half, 0, l.pages - half);
		for (unsigned long i = 0; i < l.pages; i += i < half ? 1 : 61)	/* the rest would all be pages of zeroes */
			look(&l, i);
		wait_at_gate();
	}
	_exit(0);
}

static pid_t program(unsigned long bytes, int flags, unsigned long seed, int rounds, int push)
{
	pid_t pid = OK(fork());

	if (!pid)
		work(bytes, flags, seed, rounds, push);
	return pid;
}

/* ---- swapoff ---- */

/* In a child, because it may be killed: 0, or the errno, or -1 if it was. */
static int try_swapoff(void)
{
	pid_t pid = OK(fork());
	int status;

	if (!pid)
		_exit(swapoff(SWAP) ? errno : 0);
	EQ(waitpid(pid, &status, 0), pid);
	if (WIFSIGNALED(status)) {
		EQ(WTERMSIG(status), SIGKILL);
		return -1;
	}
	return WEXITSTATUS(status);
}

static long in_use(void)
{
	const char *at = strstr(file_text("/proc/swaps"), SWAP);
	long used = 0;

	if (at)
		sscanf(at + strlen(SWAP), " partition %*d %ld", &used);
	return used;
}

/* In the middle of their work: 1 if the area went, and is back. */
static int off_and_on(int must)
{
	int err = try_swapoff();

	if (err == -1 && area_kb() < 0)		/* killed when it had just done it */
		err = 0;
	if (err && (must || (err != ENOMEM && err != EINTR && err != -1)))
		FAIL("swapoff: %d %s", err, err > 0 ? strerrorname(err) : "killed");
	if (!err)
		OK(swapon(SWAP, 0));
	CHECK(area_kb() > 0);
	return !err;
}

static void ends_well(pid_t pid)
{
	int status;

	EQ(waitpid(pid, &status, 0), pid);
	if (!WIFEXITED(status) || WEXITSTATUS(status))
		FAIL("a program ended with status %#x", status);
}

#define ROUNDS	2

/* @bytes for each of two programs.  @fit: there is room for both, so swapoff must succeed; else at the gate only. */
static void loads(unsigned long bytes, int flags, int fit)
{
	pid_t a, b, pid;
	int gone = 0, status;

	swap_on();
	gate = mmap(NULL, PAGE, RW, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	OK(mlock((void *)gate, PAGE));
	leave_little();
	a = program(bytes, flags, 1, ROUNDS, fit);
	b = program(bytes, flags, 2, ROUNDS, fit);
	for (int r = 0; r < ROUNDS; r++) {
		for (int tries = 0; gate->waiting < 2; ) {
			if (tries < (fit ? 8 : 2) && in_use() >= 256) {
				gone += off_and_on(fit);
				tries++;
			}
			pid = waitpid(a, &status, WNOHANG) ?: waitpid(b, &status, WNOHANG);
			if (pid > 0 && gone && !fit && WIFSIGNALED(status))
				return;		/* it went, and at that moment one needed it */
			if (pid)
				FAIL("a program ended: status %#x", status);
			sched_yield();
		}
		off_and_on(1);
		gate->waiting = 0;
		gate->go++;
	}
	ends_well(a);
	ends_well(b);
	CHECK(gone > 0 || !fit);
	drop_ballast();
	EQ(try_swapoff(), 0);
	EQ(area_kb(), -1);
}

TEST_LIMIT(swapoff_while_programs_push_pages_out, SECONDS)
{
	loads(5 * MIB, MAP_PRIVATE, 1);
}

TEST_LIMIT(swapoff_while_they_push_out_shared_memory, SECONDS)
{
	loads(5 * MIB, MAP_SHARED, 1);
}

TEST_LIMIT(swapoff_while_programs_use_more_than_there_is, SECONDS)
{
	loads(13 * MIB, MAP_PRIVATE, 0);
}

TEST_LIMIT(swapoff_while_they_use_more_shared_memory_than_there_is, SECONDS)
{
	loads(13 * MIB, MAP_SHARED, 0);
}

/* What a program has, is more than fits: swapoff fails, and all is there. */
TEST_LIMIT(swapoff_without_room_changes_nothing, SECONDS)
{
	struct load l = { .pages = (ROOM + 6 * MIB) / PAGE };
	unsigned long kb;

	swap_on();
	leave_little();
	l.words = mmap(NULL, l.pages * PAGE, RW, MAP_ANONYMOUS | MAP_PRIVATE, -1, 0);
	l.round = calloc(l.pages, 1);
	for (unsigned long i = 0; i < l.pages; i++)
		fill(&l, i);
	kb = area_kb();
	if (try_swapoff())
		EQ(area_kb(), kb);
	else				/* caches have made room; then it must be right, too */
		EQ(area_kb(), -1);
	for (unsigned long i = 0; i < l.pages; i++)
		look(&l, i);
	OK(munmap(l.words, l.pages * PAGE));
	drop_ballast();
	if (area_kb() > 0)
		EQ(try_swapoff(), 0);
}
