/*
 * tests/user/litmus.c - one address space, several CPUs: what two do at the same time
 *
 * Purpose:    each case is a duel of two or three threads or processes, played many times.  After each
 *             round everything that they saw must be what some order of their steps explains.
 * Invariants: players start together, at a barrier, and never wait by sleeping.  All chance comes from
 *             the seed of the round; where the kernel has /proc/sys/kernel/litmus_seed it gets the seed
 *             too, and yields the CPU at its own points by it (kernel/litmus.c).
 * Interface:  litmus [-s SEED] [-n SEEDS] [-r ROUNDS of each] [CASE...]; without options the words
 *             litmus.seed=, litmus.seeds=, litmus.rounds= of the kernel's command line say so.
 */
#define TEST_OWN_MAIN
#include <sched.h>
#include <sys/uio.h>
#include <thread.h>
#include "proc.h"

/* A failure names its seed. */
#undef FAIL
#define FAIL(fmt, ...) do {							\
	table->failed = 1;							\
	test_fail(__FILE__, __LINE__, "litmus.seed=%lu: " fmt, playing, ##__VA_ARGS__); \
} while (0)
#define CASE(claim) TEST_LIMIT(claim, 120)

#define LOAD(x)		__atomic_load_n(&(x), __ATOMIC_ACQUIRE)
#define STORE(x, v)	__atomic_store_n(&(x), v, __ATOMIC_RELEASE)
#define ADD(x, v)	__atomic_add_fetch(&(x), v, __ATOMIC_ACQ_REL)

#define PLAYERS	4			/* at most */
#define N	4			/* pages of a duel */
#define LEN	(N * PAGE)

static unsigned long seed = 1, seeds = 1, rounds = 10;
static unsigned long playing;		/* the seed of this round */
static unsigned long turn;		/* the round, from 1 on: no two write the same values */
static unsigned int cpus = 1;
static int seed_file = -1;

/* What processes share. */
static struct table {
	struct { int come, phase; } meeting;
	int over;
	int failed;			/* somebody will not come to the barrier any more */
	unsigned long word[8];
	unsigned long playing;		/* for who prints it after a hang */
} *table;

/* ---- chance ---- */

static unsigned long chance[PLAYERS];

/* 0 ... n-1, by the player's own generator (xorshift, Marsaglia). */
static unsigned int rnd(int who, unsigned int n)
{
	unsigned long x = chance[who];

	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	chance[who] = x;
	return (x >> 24) % n;
}

static void begin_seed(unsigned long s)
{
	char text[24];

	playing = table->playing = s;
	for (int i = 0; i < PLAYERS; i++)
		chance[i] = (s * PLAYERS + i + 1) * 0x9e3779b97f4a7c15UL;
	if (seed_file >= 0)
		pwrite(seed_file, text, snprintf(text, sizeof(text), "%lu", s), 0);
}

static void pause_cpu(void)
{
	__asm__ volatile("pause" : : : "memory");
}

/* Nothing to do until another player has moved. */
static void relax(unsigned int *spins)
{
	if (cpus == 1 || ++*spins % 64 == 0)
		sched_yield();
	else
		pause_cpu();
}

/* From nothing to some hundred instructions, with or without letting another CPU run. */
static void jitter(int who)
{
	for (unsigned int n = rnd(who, 2) ? rnd(who, 6) : 0; n; n--)
		pause_cpu();
	for (volatile unsigned int n = rnd(who, 4) ? rnd(who, 30) : rnd(who, 1000); n; n--)
		;
	if (cpus == 1 && rnd(who, 2))
		sched_yield();
}

/* ---- players ---- */

struct game {
	int		players;		/* threads, the first being the case itself */
	int		guests;			/* processes that before() lets join */
	void		(*before)(void);
	void		(*play[3])(void);
	void		(*after)(void);
};

static const struct game *game;
static int party;			/* how many meet */

static void meet(void)
{
	int phase = LOAD(table->meeting.phase);
	unsigned int spins = 0;

	if (ADD(table->meeting.come, 1) == LOAD(party)) {
		table->meeting.come = 0;
		STORE(table->meeting.phase, phase + 1);
	}
	while (LOAD(table->meeting.phase) == phase) {
		if (LOAD(table->failed))
			_exit(98);
		relax(&spins);
	}
}

/* Each player has a CPU of its own, as far as there are enough. */
static void take_seat(int who)
{
	unsigned long mask = 1UL << ((seed + who) % cpus);

	if (cpus > 1)
		OK(syscall(__NR_sched_setaffinity, 0, sizeof(mask), &mask));
}

static int player(void *arg)
{
	int who = (long)arg;

	take_seat(who);
	for (;;) {
		meet();
		if (table->over)
			return 0;
		jitter(who);
		game->play[who]();
		meet();
	}
}

/* A process that plays one round; with @look it looks at the outcome too, else it ends without waiting. */
static pid_t guest(int who, void (*play)(void), void (*look)(void))
{
	pid_t pid = OK(fork());

	if (pid)
		return pid;
	take_seat(who);
	meet();
	jitter(who);
	play();
	if (look) {
		meet();
		look();
	}
	_exit(0);
}

static void round_of(const struct game *g)
{
	turn++;
	if (g->before)
		g->before();
	meet();
	jitter(0);
	g->play[0]();
	meet();
	if (g->after)
		g->after();
}

static void play_all(const struct game *g)
{
	struct thread *t[PLAYERS];

	game = g;
	party = g->players + g->guests;
	memset(table, 0, sizeof(*table));
	take_seat(0);
	for (long i = 1; i < g->players; i++) {
		t[i] = thread_create(player, (void *)i);
		CHECK(t[i]);
	}
	for (unsigned long s = 0; s < seeds; s++) {
		begin_seed(seed + s);
		for (unsigned long r = 0; r < rounds; r++)
			round_of(g);
	}
	table->over = 1;
	STORE(party, g->players);	/* no guests any more */
	meet();
	for (int i = 1; i < g->players; i++)
		thread_join(t[i]);
}

/* ---- accesses that may fault, in any thread ---- */

long probe_load(const volatile unsigned long *from, unsigned long *value);
long probe_store(volatile unsigned long *to, unsigned long value);
extern char probe_begin[], probe_out[];
__asm__(".text\n"
	"probe_begin:\n"
	"probe_load:	movq (%rdi), %rdx\n"
	"		movq %rdx, (%rsi)\n"
	"		xorl %eax, %eax\n"
	"		ret\n"
	"probe_store:	movq %rsi, (%rdi)\n"
	"		xorl %eax, %eax\n"
	"probe_out:	ret\n");

/* The access ends, and its value is the signal. */
static void on_probe(int sig, siginfo_t *info, void *context)
{
	struct sigcontext_64 *sc = &((struct ucontext *)context)->uc_mcontext;

	if (sc->ip < (unsigned long)probe_begin || sc->ip >= (unsigned long)probe_out)
		FAIL("signal %d at %lx for %p", sig, sc->ip, info->si_addr);
	sc->ip = (unsigned long)probe_out;
	sc->ax = sig;
}

static void catch_faults(void)
{
	struct sigaction act = { .sa_sigaction = on_probe, .sa_flags = SA_SIGINFO };

	OK(sigaction(SIGSEGV, &act, NULL));
	OK(sigaction(SIGBUS, &act, NULL));
}

/* Where the duel is: far from where the kernel puts what has no address, and at the start of a table. */
#define PLACE ((char *)0x7000000000)
static char *at;
static int cut;				/* what takes the pages away has returned */

/* A word of page @i at @p; word 0 is left alone: an entry of zeroes looks like any other. */
static volatile unsigned long *word(const char *p, int i, int n)
{
	return (unsigned long *)(p + i * PAGE) + 1 + n;
}

static unsigned long value(int i)
{
	return turn << 8 | (i + 1);
}

static void map_here(char *p, int prot)
{
	EQ(mmap(p, LEN, prot, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0), p);
}

/* Fill a random part of the pages. */
static void fill_some(char *p, unsigned long *old)
{
	for (int i = 0; i < N; i++) {
		old[i] = rnd(0, 3) ? value(i) : 0;
		if (old[i])
			*word(p, i, 0) = old[i];
	}
}

/*
 * Frames that were just given up have new owners: new pages are all zeroes, and nobody else writes into
 * them.  Where a translation has outlived its page, one of the two is wrong.
 */
static char *reuse(void)
{
	char *p = map_pages(N);

	for (int i = 0; i < N; i++) {
		for (int n = 0; n < 3; n++)
			EQ(*word(p, i, n), 0);
		*word(p, i, 0) = *word(p, i, 1) = ~0UL;
	}
	return p;
}

static void reused(char *p)
{
	for (int i = 0; i < N; i++)
		for (int n = 0; n < 3; n++)
			EQ(*word(p, i, n), n < 2 ? ~0UL : 0);
	OK(munmap(p, LEN));
}

static char *junk;
static unsigned long old[N];
static unsigned long counter;		/* of the only writer */

/* ---- fault against munmap ---- */

static void area_before(void)
{
	map_here(at, PROT_READ | PROT_WRITE);
	fill_some(at, old);
	cut = 0;
}

static void munmap_play(void)
{
	OK(munmap(at, LEN));
	STORE(cut, 1);
	junk = reuse();
}

/* A page that is gone stays gone, and what was written is read. */
static void store_until_gone(void)
{
	int gone[N] = { 0 }, last;
	unsigned int spins = 0;

	do {
		last = LOAD(cut);
		for (int i = 0; i < N; i++) {
			unsigned long got;
			int sig = probe_store(word(at, i, 0), ++counter);

			EQ(sig ? SIGSEGV : 0, sig);
			if (!sig && (gone[i] || last))
				FAIL("page %d is back", i);
			gone[i] = sig;
			if (!sig && !probe_load(word(at, i, 0), &got))
				EQ(got, counter);
		}
		relax(&spins);
	} while (!last);
}

static void munmap_after(void)
{
	unsigned char vec[N];

	ERR(mincore(at, LEN, vec), ENOMEM);
	reused(junk);
}

CASE(fault_against_munmap)
{
	static const struct game g = { 2, 0, area_before, { munmap_play, store_until_gone }, munmap_after };

	at = PLACE;
	play_all(&g);
}

/* ---- a system call that copies, against munmap ---- */

static int memfd, memfd_to;

static void copy_play(void)
{
	int last, out = rnd(1, 2);
	unsigned int spins = 0;

	do {
		long n;

		last = LOAD(cut);
		n = out ? pwrite(memfd_to, at, LEN, 0) : pread(memfd, at, LEN, 0);
		if (n < 0)
			EQ(errno, EFAULT);
		if (last)
			EQ(n, -1);
		if (n > (long)LEN || !n)
			FAIL("%ld bytes", n);
		relax(&spins);
	} while (!last);
}

static void copy_after(void)
{
	unsigned long got;

	munmap_after();
	for (int i = 0; i < N; i++) {
		EQ(pread(memfd, &got, 8, i * PAGE + 8), 8);
		EQ(got, i + 1);
	}
}

CASE(read_and_write_against_munmap)
{
	static const struct game g = { 2, 0, area_before, { munmap_play, copy_play }, copy_after };

	at = PLACE;
	memfd = OK(memfd_create("from", 0));
	memfd_to = OK(memfd_create("to", 0));
	for (unsigned long i = 0; i < N; i++) {
		unsigned long v = i + 1;

		EQ(pwrite(memfd, &v, 8, i * PAGE + 8), 8);
	}
	OK(ftruncate(memfd, LEN));
	play_all(&g);
}

/* ---- mlock against munmap ---- */

static void mlock_play(void)
{
	long r = rnd(1, 2) ? mlock(at, LEN) : madvise(at, LEN, MADV_POPULATE_WRITE);

	if (r)
		CHECK(errno == ENOMEM || errno == EFAULT);
}

static void mlock_after(void)
{
	munmap_after();
	if (rnd(0, 16) == 0)
		EQ(status_value("VmLck"), 0);
}

CASE(mlock_against_munmap)
{
	static const struct game g = { 2, 0, area_before, { munmap_play, mlock_play }, mlock_after };

	at = PLACE;
	play_all(&g);
}

/* ---- fork against fault ---- */

static pid_t child;

/*
 * The writer goes from page to page.  What the child sees is the memory of one moment: new pages, then
 * old ones; and it does not change any more.
 */
static void look_at_copy(void)
{
	unsigned long seen[N];
	int left = 0;

	for (int i = 0; i < N; i++) {
		seen[i] = *word(at, i, 0);
		if (seen[i] != counter && seen[i] != old[i])
			FAIL("child: page %d has %lx: neither %lx nor %lx", i, seen[i], old[i], counter);
		if (seen[i] == old[i])
			left = 1;
		else if (left)
			FAIL("child: page %d is newer than one before", i);
	}
	for (int k = 0; k < 3; k++) {
		pause_cpu();
		for (int i = 0; i < N; i++)
			EQ(*word(at, i, 0), seen[i]);
	}
	for (int i = 0; i < N; i++)	/* and the parent does not see this */
		*word(at, i, 0) = ~0UL;
	_exit(0);
}

static void fork_before(void)
{
	area_before();
	counter = turn << 8;
}

static void fork_play(void)
{
	child = OK(fork());
	if (!child)
		look_at_copy();
}

static void write_forward(void)
{
	for (int i = 0; i < N; i++) {
		*word(at, i, 0) = counter;
		if (rnd(1, 2))
			pause_cpu();
	}
	for (int i = 0; i < N; i++)
		*word(at, i, 1) = counter;
}

static void fork_after(void)
{
	EXITS(child, 0);
	for (int i = 0; i < N; i++)
		for (int n = 0; n < 2; n++)
			EQ(*word(at, i, n), counter);
}

CASE(fork_against_fault)
{
	static const struct game g = { 2, 0, fork_before, { fork_play, write_forward }, fork_after };

	at = PLACE;
	play_all(&g);
}

/* ---- fork against fork, both against a third writer ---- */

static void fork_play_1(void)
{
	pid_t pid = OK(fork());

	if (!pid)
		look_at_copy();
	EXITS(pid, 0);
}

CASE(fork_against_fork)
{
	static const struct game g = { 3, 0, fork_before, { fork_play, write_forward, fork_play_1 }, fork_after };

	at = PLACE;
	play_all(&g);
}

/* ---- COW against COW ---- */

static void cow_write(int n)
{
	int first = rnd(n, N);

	for (int i = 0; i < N; i++)
		*word(at, (first + i) % N, n) = value(n);
}

static void cow_play_0(void) { cow_write(0); }
static void cow_play_1(void) { cow_write(1); }
static void cow_play_2(void) { cow_write(2); }

/* Words of this process are new, those of the other one as they were. */
static void cow_check(int mine, int theirs)
{
	for (int i = 0; i < N; i++)
		for (int n = 0; n < 3; n++) {
			unsigned long want = mine >> n & 1 ? value(n) : theirs >> n & 1 ? old[i] : 0;

			if (*word(at, i, n) != want)
				FAIL("page %d, word %d: %lx, not %lx", i, n, *word(at, i, n), want);
		}
}

static void cow_look(void) { cow_check(4, 3); }

static void cow_before(void)
{
	map_here(at, PROT_READ | PROT_WRITE);
	for (int i = 0; i < N; i++) {
		old[i] = rnd(0, 4) ? turn : 0;
		for (int n = 0; old[i] && n < 3; n++)
			*word(at, i, n) = turn;
	}
	child = guest(2, cow_play_2, cow_look);
}

static void cow_after(void)
{
	cow_check(3, 4);
	EXITS(child, 0);
}

CASE(cow_against_cow)
{
	static const struct game g = { 2, 1, cow_before, { cow_play_0, cow_play_1 }, cow_after };

	at = PLACE;
	play_all(&g);
}

/* ---- fault against fault ---- */

static void touch_play_0(void)
{
	int first = rnd(0, N);

	for (int i = 0; i < N; i++)
		*word(at, (first + i) % N, 0) = value(0);
	STORE(cut, 1);
}

/* Reads what nobody has written: the zero page, which must not stay when somebody writes. */
static void touch_play_1(void)
{
	int seen[N] = { 0 }, last;
	unsigned int spins = 0;

	do {
		last = LOAD(cut);
		for (int i = 0; i < N; i++) {
			unsigned long v = *word(at, i, 0);

			if (v != value(0) && (v || seen[i] || last))
				FAIL("page %d: %lx", i, v);
			seen[i] = !!v;
		}
		relax(&spins);
	} while (!last);
	for (int i = 0; i < N; i++)
		*word(at, i, 1) = value(1);
}

static void touch_play_2(void)
{
	for (int i = N; i--;)
		*word(at, i, 2) = value(2);
}

static void touch_before(void)
{
	map_here(at, PROT_READ | PROT_WRITE);
	cut = 0;
}

static void touch_after(void)
{
	for (int i = 0; i < N; i++)
		for (int n = 0; n < 3; n++)
			EQ(*word(at, i, n), value(n));
}

CASE(fault_against_fault)
{
	static const struct game g = { 3, 0, touch_before, { touch_play_0, touch_play_1, touch_play_2 },
				       touch_after };

	at = PLACE;
	play_all(&g);
}

/* ---- mprotect against a writer on another CPU ---- */

static unsigned long stored[N];		/* what the writer knows to be written last */

static void protect_play(void)
{
	int none = rnd(0, 2), spin = rnd(0, 20);
	unsigned long v[N];

	OK(mprotect(at, LEN, none ? PROT_NONE : PROT_READ));
	for (int i = 0; i < N && !none; i++)
		v[i] = *word(at, i, 0);
	STORE(cut, 1);
	if (none)
		return;
	while (spin--)
		for (int i = 0; i < N; i++)
			EQ(*word(at, i, 0), v[i]);	/* no write lands any more */
}

static void store_until_refused(void)
{
	int refused[N] = { 0 }, last;
	unsigned int spins = 0;

	do {
		last = LOAD(cut);
		for (int i = 0; i < N; i++) {
			int sig = probe_store(word(at, i, 0), ++counter);

			EQ(sig ? SIGSEGV : 0, sig);
			if (!sig && (refused[i] || last))
				FAIL("page %d is written after mprotect", i);
			if (!sig)
				stored[i] = counter;
			refused[i] = sig;
		}
		relax(&spins);
	} while (!last);
}

static void protect_after(void)
{
	OK(mprotect(at, LEN, PROT_READ | PROT_WRITE));
	for (int i = 0; i < N; i++)
		EQ(*word(at, i, 0), stored[i]);
	for (int i = 0; i < N; i++)
		*word(at, i, 0) = stored[i] = turn;
	cut = 0;
}

CASE(mprotect_against_a_writer)
{
	static const struct game g = { 2, 0, NULL, { protect_play, store_until_refused }, protect_after };

	at = PLACE;
	map_here(at, PROT_READ | PROT_WRITE);
	play_all(&g);
}

/* ---- mremap against fault ---- */

static char *there;

static void mremap_play(void)
{
	int moves = 1 + 2 * rnd(0, 3);

	for (int k = 0; k < moves; k++) {
		char *from = k % 2 ? there : at, *to = k % 2 ? at : there;

		EQ(mremap(from, LEN, LEN, MREMAP_MAYMOVE | MREMAP_FIXED, to), to);
	}
	STORE(cut, 1);
}

/* Here or there, but always what was written last. */
static void follow(void)
{
	unsigned int spins = 0;
	int last;

	do {
		last = LOAD(cut);
		for (int i = 0; i < N; i++) {
			unsigned long got, v = ++counter;
			int sig = probe_store(word(at, i, 0), v);

			if (sig)
				sig = probe_store(word(there, i, 0), v);
			EQ(sig ? SIGSEGV : 0, sig);
			if (!sig)
				stored[i] = v;
			else if (last)
				FAIL("page %d is nowhere", i);
			sig = probe_load(word(there, i, 0), &got);
			if (sig)
				sig = probe_load(word(at, i, 0), &got);
			if (!sig && got != stored[i])
				FAIL("page %d: %lx instead of %lx", i, got, stored[i]);
		}
		relax(&spins);
	} while (!last);
}

static void mremap_before(void)
{
	map_here(at, PROT_READ | PROT_WRITE);
	memset(stored, 0, sizeof(stored));
	fill_some(at, stored);
	cut = 0;
}

static void mremap_after(void)
{
	for (int i = 0; i < N; i++)
		EQ(*word(there, i, 0), stored[i]);
	EQ(probe_load(word(at, 0, 0), &counter), SIGSEGV);
	OK(munmap(there, LEN));
}

CASE(mremap_against_fault)
{
	static const struct game g = { 2, 0, mremap_before, { mremap_play, follow }, mremap_after };

	at = PLACE;
	there = at + LEN + PAGE;
	play_all(&g);
}

/* ---- madvise(DONTNEED) against a reader, and a writer ---- */

static void dontneed_play(void)
{
	OK(madvise(at, LEN, MADV_DONTNEED));
	STORE(cut, 1);
	junk = reuse();
}

static void read_until_zero(void)
{
	int last, zero[N] = { 0 };
	unsigned int spins = 0;

	do {
		last = LOAD(cut);
		for (int i = 0; i < N; i++) {
			unsigned long v = *word(at, i, 0);

			if (v && (v != old[i] || zero[i] || last))
				FAIL("page %d: %lx", i, v);
			zero[i] = !v;
		}
		relax(&spins);
	} while (!last);
}

static void dontneed_after(void)
{
	for (int i = 0; i < N; i++)
		EQ(*word(at, i, 0), 0);
	reused(junk);
}

CASE(dontneed_against_a_reader)
{
	static const struct game g = { 2, 0, area_before, { dontneed_play, read_until_zero }, dontneed_after };

	at = PLACE;
	play_all(&g);
}

/* What is written is there, or all of the page is gone. */
static void store_and_look(void)
{
	int last;
	unsigned int spins = 0;

	do {
		last = LOAD(cut);
		for (int i = 0; i < N; i++) {
			unsigned long v;

			*word(at, i, 0) = stored[i] = ++counter;
			v = *word(at, i, 0);
			if (v != counter && (v || last))
				FAIL("page %d: %lx, not %lx", i, v, counter);
		}
		relax(&spins);
	} while (!last);
}

static void written_after(void)
{
	for (int i = 0; i < N; i++)
		EQ(*word(at, i, 0), stored[i]);
	reused(junk);
}

CASE(dontneed_against_a_writer)
{
	static const struct game g = { 2, 0, area_before, { dontneed_play, store_and_look }, written_after };

	at = PLACE;
	play_all(&g);
}

/* ---- truncate against fault ---- */

static char *private;

static void truncate_before(void)
{
	cut = 0;
	OK(ftruncate(memfd, LEN));
	for (int i = 0; i < N; i++) {
		old[i] = rnd(0, 3) ? value(i) : 0;
		if (old[i])
			*word(at, i, 0) = old[i];
		if (rnd(0, 3) == 0)
			*word(private, i, 1) = 1;	/* a copy of its own */
	}
}

static void truncate_play(void)
{
	OK(ftruncate(memfd, 0));
	STORE(cut, 1);
	junk = reuse();
}

/* @sig is right, and a page that is gone stays gone. */
static void bus(int sig, int *gone, int last, const char *what)
{
	EQ(sig ? SIGBUS : 0, sig);
	if (!sig && (*gone || last))
		FAIL("%s behind the end of the file", what);
	*gone |= sig;
}

static void touch_file(void)
{
	int gone[N][2] = { 0 }, last, write = rnd(1, 2);
	unsigned int spins = 0;

	do {
		last = LOAD(cut);
		for (int i = 0; i < N; i++) {
			unsigned long v = 0;
			int sig = probe_load(word(at, i, 0), &v);

			bus(sig, &gone[i][0], last, "a shared page");
			if (!sig && v != old[i] && (v || last))
				FAIL("page %d: %lx", i, v);
			if (write)
				bus(probe_store(word(at, i, 1), 1), &gone[i][0], last, "a shared write");
			bus(probe_load(word(private, i, 0), &v), &gone[i][1], last, "a private page");
			if (write)
				bus(probe_store(word(private, i, 1), 2), &gone[i][1], last, "a private write");
		}
		relax(&spins);
	} while (!last);
}

static void truncate_after(void)
{
	unsigned long v[3];

	OK(ftruncate(memfd, LEN));
	for (int i = 0; i < N; i++) {
		EQ(pread(memfd, v, sizeof(v), i * PAGE + 8), sizeof(v));
		for (int n = 0; n < 3; n++) {
			EQ(v[n], 0);
			EQ(*word(at, i, n), 0);
			EQ(*word(private, i, n), 0);
		}
	}
	reused(junk);
}

static void map_memfd(void)
{
	memfd = OK(memfd_create("litmus", 0));
	OK(ftruncate(memfd, LEN));
	at = mmap(NULL, LEN, PROT_READ | PROT_WRITE, MAP_SHARED, memfd, 0);
	private = mmap(NULL, LEN, PROT_READ | PROT_WRITE, MAP_PRIVATE, memfd, 0);
	CHECK(at != MAP_FAILED && private != MAP_FAILED);
}

CASE(truncate_against_fault)
{
	static const struct game g = { 2, 0, truncate_before, { truncate_play, touch_file }, truncate_after };

	map_memfd();
	play_all(&g);
}

/* ---- exit against rmap ---- */

static pid_t leavers[2];
static int how;

static void nothing(void)
{
}

static void touch_and_exit(void)
{
	for (int i = 0; i < N; i++) {
		unsigned long v;
		int sig = probe_load(word(at, i, 0), &v);

		if (!sig)
			sig = probe_store(word(private, i, 2), v + 1);
		if (sig && (sig != SIGBUS || how != 2 || !i))	/* the file is short for a moment */
			FAIL("signal %d at page %d", sig, i);
	}
	_exit(0);
}

static void leavers_before(void)
{
	for (int i = 0; i < N; i++) {
		old[i] = *word(at, i, 0) = value(i);
		*word(there, i, 0) = value(i);
	}
	how = rnd(0, 4);
	leavers[0] = guest(1, touch_and_exit, NULL);
	leavers[1] = guest(2, nothing, NULL);
}

/* Something that looks for all who map the pages. */
static void chase(void)
{
	switch (how) {
	case 0:
		OK(fallocate(memfd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, PAGE, 2 * PAGE));
		break;
	case 1:
		OK(madvise(at + PAGE, 2 * PAGE, MADV_REMOVE));
		break;
	case 2:
		OK(ftruncate(memfd, PAGE));
		OK(ftruncate(memfd, LEN));
		break;
	default:
		OK(madvise(at, LEN, MADV_PAGEOUT));
		OK(madvise(there, LEN, MADV_PAGEOUT));
	}
}

static void chase_after(void)
{
	EXITS(leavers[0], 0);
	EXITS(leavers[1], 0);
	for (int i = 0; i < N; i++) {
		int stays = how == 3 || i == 0 || (i == N - 1 && how != 2);

		EQ(*word(at, i, 0), stays ? old[i] : 0);
		EQ(*word(private, i, 0), stays ? old[i] : 0);
		EQ(*word(private, i, 2), 0);
		EQ(*word(there, i, 0), value(i));
	}
}

/* As play_all(), but nobody waits for the children at the end of a round: they are leaving. */
static void chase_rounds(const struct game *g)
{
	game = g;
	party = g->players + g->guests;
	memset(table, 0, sizeof(*table));
	take_seat(0);
	for (unsigned long s = 0; s < seeds; s++) {
		begin_seed(seed + s);
		for (unsigned long r = 0; r < rounds; r++) {
			turn++;
			g->before();
			meet();
			jitter(0);
			g->play[0]();
			g->after();
		}
	}
}

CASE(exit_against_rmap)
{
	static const struct game g = { 1, 2, leavers_before, { chase }, chase_after };

	map_memfd();
	there = map_pages(N);
	chase_rounds(&g);
}

/* ---- exit against those who look into the process ---- */

static int file;

static void onlookers_before(void)
{
	leavers_before();
	file = how;
	how = 3;				/* nothing goes away */
}

static void look_inside(void)
{
	unsigned long v[2] = { 0 };
	struct iovec to = { v, sizeof(v) }, from = { (void *)word(there, 0, 0), sizeof(v) };
	char path[40], text[256];
	long n = syscall(__NR_process_vm_readv, (long)leavers[0], &to, 1L, &from, 1L, 0L);

	if (n < 0)
		CHECK(errno == ESRCH || errno == EFAULT);
	else if (n)
		EQ(v[0], value(0));
	snprintf(path, sizeof(path), "/proc/%d/%s", leavers[1],
		 (const char *[]){ "maps", "smaps", "pagemap", "status" }[file]);
	n = open(path, O_RDONLY);
	if (n < 0) {
		CHECK(errno == ENOENT || errno == ESRCH);
		return;
	}
	while (read(n, text, sizeof(text)) > 0 && rnd(0, 8))
		;
	close(n);
}

CASE(exit_against_who_looks_inside)
{
	static const struct game g = { 1, 2, onlookers_before, { look_inside }, chase_after };

	map_memfd();
	there = map_pages(N);
	chase_rounds(&g);
}

/* ---- mmap against mmap ---- */

/* Areas come and go beside each other: so do the tables that they share. */
static void come_and_go(int who)
{
	for (int k = 0; k < 4; k++) {
		char *p = at + (who + 3 * rnd(who, 2) * 200) * PAGE;
		unsigned long got;

		EQ(mmap(p, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0), p);
		EQ(*word(p, 0, 0), 0);
		*word(p, 0, 0) = value(k);
		EQ(*word(p, 0, 0), value(k));
		OK(munmap(p, PAGE));
		EQ(probe_load(word(p, 0, 0), &got), SIGSEGV);
	}
}

static void come_play_0(void) { come_and_go(0); }
static void come_play_1(void) { come_and_go(1); }
static void come_play_2(void) { come_and_go(2); }

CASE(mmap_against_mmap)
{
	static const struct game g = { 3, 0, NULL, { come_play_0, come_play_1, come_play_2 }, NULL };

	at = PLACE;
	play_all(&g);
}

/* ---- execve by one of many ---- */

static int busy(void *arg)
{
	int who = (long)arg;

	take_seat(who);
	ADD(table->word[0], 1);
	for (;;) {
		char *p = map_pages(2);

		*word(p, 0, 0) = 1;
		OK(munmap(p, 2 * PAGE));
	}
}

static int exec_self(void *arg)
{
	char pid[16];
	char *argv[] = { "litmus", "-x", pid, NULL };
	unsigned int spins = 0;

	snprintf(pid, sizeof(pid), "%d", getpid());
	while (LOAD(table->word[0]) < 2)
		relax(&spins);
	jitter(0);
	execv("/proc/self/exe", argv);
	FAIL("execv: %s", strerrorname(errno));
}

/* What is left of a process with three threads: this one, with the process's own id. */
static int after_exec(const char *pid)
{
	return getpid() == atoi(pid) && gettid() == getpid() && status_value("Threads") == 1 ? 42 : 43;
}

static void exec_play(void)
{
	int leader = rnd(0, 2);

	take_seat(0);
	CHECK(thread_create(busy, (void *)1L));
	CHECK(thread_create(leader ? busy : exec_self, (void *)2L));
	if (leader)
		exec_self(NULL);
	else
		busy((void *)0L);
}

#define EXEC_EVERY 8			/* it takes as long as ten others: of many seeds not each */

CASE(execve_by_one_of_many)
{
	for (unsigned long s = 0; s < seeds; s++) {
		if (seeds > 1 && (seed + s) % EXEC_EVERY)
			continue;
		begin_seed(seed + s);
		for (unsigned long r = 0; r < (rounds + 3) / 4; r++) {
			table->word[0] = 0;
			child = CHILD(exec_play());
			EXITS(child, 42);
		}
	}
}

/* ---- clone against exit_group ---- */

__attribute__((noreturn)) static int count_up(void *arg)
{
	for (;;) {
		ADD(table->word[1], 1);
		pause_cpu();
	}
}

static int breed(void *arg)
{
	take_seat(1);
	STORE(table->word[0], 1);
	for (int i = 0; i < 20; i++)
		if (!thread_create(count_up, NULL))
			break;
	count_up(NULL);
}

static void exit_play(void)
{
	unsigned int spins = 0;

	take_seat(0);
	CHECK(thread_create(breed, NULL));
	while (!LOAD(table->word[0]))
		relax(&spins);
	jitter(0);
	_exit(7);
}

CASE(clone_against_exit_group)
{
	for (unsigned long s = 0; s < seeds; s++) {
		begin_seed(seed + s);
		for (unsigned long r = 0; r < (rounds + 3) / 4; r++) {
			unsigned long v;

			table->word[0] = table->word[1] = 0;
			child = CHILD(exit_play());
			EXITS(child, 7);
			v = LOAD(table->word[1]);	/* none of them runs any more */
			for (int i = 0; i < 5; i++) {
				sched_yield();
				EQ(LOAD(table->word[1]), v);
			}
			ERR(kill(child, 0), ESRCH);
		}
	}
}

/* ---- what is left ---- */

/* Objects in use of the caches that address spaces are made of. */
static long live_objects(const char *cache)
{
	char line[256], name[64];
	FILE *f = fopen("/proc/slabinfo", "r");
	long n = -1, active;

	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "%63s %ld", name, &active) == 2 && !strcmp(name, cache))
			n = active;
	if (f)
		fclose(f);
	return n;
}

static const char *const caches[] = { "vm_area_struct", "mm_struct", "anon_vma", "anon_vma_chain", "task_struct" };
#define NR_CACHES 5

static long free_memory(void)
{
	char line[128];
	FILE *f = fopen("/proc/meminfo", "r");
	long kb = -1;

	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "MemFree: %ld", &kb) == 1)
			break;
	if (f)
		fclose(f);
	return kb;
}

/*
 * An idle CPU borrows the address space of who ran there last, even if he has ended: run there.  And each keeps
 * pages, tables and stacks ready: have them given back.
 */
static void settle(void)
{
	unsigned long all = ~0UL;

	for (unsigned long cpu = 1; cpu; cpu <<= 1)
		syscall(__NR_sched_setaffinity, 0, sizeof(cpu), &cpu);
	syscall(__NR_sched_setaffinity, 0, sizeof(all), &all);
	put_text("/proc/sys/vm/drop_caches", "2");
}

static void count_objects(long *n)
{
	settle();
	for (int i = 0; i < NR_CACHES; i++)
		n[i] = live_objects(caches[i]);
}

/* Play every other case once. */
static void whole_tournament(void)
{
	int report[2] = { failure_pipe[0], failure_pipe[1] };	/* ours: each case makes its own */
	char why[400];

	for (struct test *t = __start_tests; t < __stop_tests; t++)
		if (strcmp(t->name, "nothing_is_left") && !test_holds(t, why, sizeof(why))) {
			memcpy(failure_pipe, report, sizeof(report));
			FAIL("%s: %s", t->name, why);
		}
	memcpy(failure_pipe, report, sizeof(report));
}

/* Only where slabs are counted exactly, and the kernel checks itself: in Quire. */
CASE(nothing_is_left)
{
	long before[NR_CACHES], now[NR_CACHES], free_kb;
	char text[16] = "";
	int fd = open("/proc/sys/vm/verify", O_RDWR);

	if (fd < 0)
		return;
	rounds = 1;
	seeds = 2;
	whole_tournament();
	count_objects(before);
	free_kb = free_memory();
	whole_tournament();
	EVENTUALLY(({ count_objects(now); !memcmp(before, now, sizeof(now)); }));
	CMP(free_memory(), >, free_kb - 256);
	EQ(write(fd, "1", 1), 1);
	pread(fd, text, 2, 0);
	STREQ(text, "ok");
}

/* ---- main ---- */

/* The number of a word of the kernel's command line, or @value. */
static unsigned long kernel_word(const char *name, unsigned long value)
{
	static char line[2048];
	char *p;
	int fd;

	if (!*line && (fd = open("/proc/cmdline", O_RDONLY)) >= 0) {
		line[0] = ' ';
		read(fd, line + 1, sizeof(line) - 2);
		close(fd);
	}
	p = strstr(line, name);
	return p ? strtoul(p + strlen(name), NULL, 10) : value;
}

static unsigned int count_cpus(void)
{
	unsigned long mask[16] = { 0 };
	unsigned int n = 0;

	syscall(__NR_sched_getaffinity, 0, sizeof(mask), mask);
	for (unsigned int i = 0; i < 64; i++)
		n += mask[0] >> i & 1;
	return n ? n : 1;
}

int main(int argc, char **argv)
{
	int failed;

	if (argc == 3 && !strcmp(argv[1], "-x"))
		return after_exec(argv[2]);
	seed = kernel_word(" litmus.seed=", seed);
	seeds = kernel_word(" litmus.seeds=", seeds);
	rounds = kernel_word(" litmus.rounds=", rounds);
	for (; argc > 2 && argv[1][0] == '-'; argv += 2, argc -= 2) {
		unsigned long n = strtoul(argv[2], NULL, 10);

		if (argv[1][1] == 's')
			seed = n;
		else if (argv[1][1] == 'n')
			seeds = n;
		else if (argv[1][1] == 'r')
			rounds = n;
	}
	for (struct test *t = __start_tests; t < __stop_tests; t++)
		t->seconds *= seeds;
	cpus = count_cpus();
	table = (struct table *)map_shared(1);
	seed_file = open("/proc/sys/kernel/litmus_seed", O_WRONLY);
	catch_faults();
	failed = test_main(argv);
	if (failed)
		printf("# last: litmus.seed=%lu on %u CPUs\n", table->playing, cpus);
	return failed;
}
