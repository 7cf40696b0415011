/*
 * tests/user/differential.c - long random sequences of memory calls; the whole outcome in one number
 *
 * Purpose:    each case is a seed: thousands of random calls on an arena of pages, with odd arguments
 *             among them. What every call returns, every signal, and now and then the areas, the
 *             contents and the numbers of /proc go into a hash, which is part of the case's name.
 *             Linux's hashes are recorded in oracle/, so another outcome anywhere is another name.
 * Invariants: the calls depend on the seed and on earlier results only; addresses do not depend
 *             on chance (ADDR_NO_RANDOMIZE). Everything a sequence needs to go on lies in a shared
 *             page, so a forked child carries on where its parent stopped, and back.
 * Left out:   what differs for a reason, in docs/differences.md: MAP_GROWSDOWN (how far searches stay
 *             away from it), MAP_HUGETLB, MAP_SYNC, MADV_RANDOM, remap_file_pages,
 *             VmPTE, LazyFree, and what locks the rest of an area that MREMAP_DONTUNMAP took a part
 *             from.
 * Use:        differential -v SEED [FIRST LAST]   write each call down; compare two kernels'
 *             outputs line by line to find where they part (-V: and the areas after each).
 *             differential -r FIRST LAST          the hashes of a range of seeds
 */
#define TEST_OWN_MAIN
#include <sys/prctl.h>
#include <uapi/personality.h>
#include "mem.h"
#include "differential.h"

#define STEPS		5000
#define CHECK_EVERY	50
#define LOOK_EVERY	500

static struct universe *const u = (struct universe *)UNIVERSE;

/* ---- chance ---- */

unsigned long dice(unsigned long n)
{
	u->seed = u->seed * 6364136223846793005UL + 1442695040888963407UL;
	return (u->seed >> 33) % n;
}

static int chance(int percent)
{
	return (int)dice(100) < percent;
}

void mix(unsigned long value)
{
	u->hash = (u->hash ^ value) * 0x9e3779b97f4a7c15UL;
	u->hash ^= u->hash >> 29;
}

/* ---- arguments ---- */

/* Not a sensible address, and none where the program itself lives. */
static unsigned long odd_address(void)
{
	static const unsigned long odd[] = {
		0x7ffffffff000, 0x800000000000, 0xffff800000000000, 0xffffffff81000000,
		0xfffffffffffff000, 0xffffffffffffffff, 0x7ffffffffffff000, 0x0fffffffffff0000, 1,
	};

	return odd[dice(sizeof(odd) / sizeof(odd[0]))];
}

static unsigned long odd_length(void)
{
	static const unsigned long odd[] = {
		0, 1, 0x800000000000, 0xffffffffffffffff, 0xfffffffffffff000, 0x7fffffffffffffff,
		0x8000000000000000, 0xffffffffffffe001,
	};

	return odd[dice(sizeof(odd) / sizeof(odd[0]))];
}

/* A place in the arena, or in one of the areas that the kernel placed. */
static unsigned long some_address(void)
{
	unsigned long a = ARENA + dice(ARENA_PAGES) * PAGE;
	int slot = dice(FAR_AREAS);

	if (chance(15) && u->far[slot].start)
		a = u->far[slot].start + dice(u->far[slot].pages) * PAGE;
	if (chance(3))
		a += dice(PAGE);
	return a;
}

/* Bytes from @a on that stay within the arena; a few, mostly. */
static unsigned long some_length(unsigned long a)
{
	unsigned long room = a >= ARENA && a < ARENA_END ? (ARENA_END - a) / PAGE : 4, n;

	n = 1 + dice(chance(70) && room > 6 ? 6 : room ? room : 1);
	return n * PAGE - (chance(8) ? dice(PAGE) : 0);
}

static int some_prot(void)
{
	static const int prots[] = {
		PROT_READ | PROT_WRITE, PROT_READ | PROT_WRITE, PROT_READ | PROT_WRITE, PROT_READ,
		PROT_NONE, PROT_READ | PROT_EXEC, PROT_READ | PROT_WRITE | PROT_EXEC, PROT_WRITE,
		PROT_EXEC,
	};

	return prots[dice(sizeof(prots) / sizeof(prots[0]))];
}

/* One of the two files; sometimes a descriptor that does not fit. */
static int some_file(void)
{
	if (chance(3))
		return chance(50) ? -1 : 999;
	return FILE_FD + dice(chance(85) ? 2 : NR_FILES);
}

/* ---- the calls ---- */

static long record(const char *name, long result, long a, long b, long c, long d, long e)
{
	if (result == -1)
		result = -errno;
	if (u->verbose && u->step >= u->first && u->step <= u->last)
		printf("%lu %s(%lx, %lx, %lx, %lx, %lx) = %lx\n", u->step, name, a, b, c, d, e, result);
	mix(result);
	return result;
}

static void remember(long start, unsigned long len)
{
	if (start > 0 && (unsigned long)start < UNIVERSE && (unsigned long)start >= ARENA_END)
		u->far[dice(FAR_AREAS)] = (struct far_area){ start, (len + PAGE - 1) / PAGE };
	else if (start > 0 && (unsigned long)start > UNIVERSE + UNIVERSE_SIZE)
		u->far[dice(FAR_AREAS)] = (struct far_area){ start, (len + PAGE - 1) / PAGE };
}

static unsigned long map_flags(void)
{
	static const unsigned long more[] = { MAP_NORESERVE, MAP_POPULATE, MAP_LOCKED, MAP_STACK,
		MAP_32BIT, MAP_DENYWRITE, MAP_EXECUTABLE, MAP_NONBLOCK,
		MAP_UNINITIALIZED, 0x2000000, MAP_FIXED_NOREPLACE };
	unsigned long f = chance(30) ? MAP_SHARED : MAP_PRIVATE;

	if (chance(2))
		f = dice(5);
	if (chance(65))
		f |= MAP_ANONYMOUS;
	if (chance(80))
		f |= chance(93) ? MAP_FIXED : MAP_FIXED_NOREPLACE;
	if (chance(25))
		f |= more[dice(sizeof(more) / sizeof(more[0]))];
	return f;
}

static void do_mmap(void)
{
	unsigned long a = some_address(), len = some_length(a), flags = map_flags();
	long off = chance(50) ? 0 : dice(12) * PAGE, r;
	int prot = some_prot(), fd = some_file();

	if (chance(2))
		a = odd_address();
	if (chance(2))
		len = odd_length();
	if (chance(2))
		off = chance(50) ? 100 : -PAGE;
	if (!(flags & (MAP_FIXED | MAP_FIXED_NOREPLACE)) && chance(60))
		a = 0;
	r = syscall(__NR_mmap, a, len, prot, flags, fd, off);
	r = record("mmap", r, a, len, prot, flags, off | (fd & 0xfff));
	if (!(flags & MAP_FIXED))
		remember(r, len);
}

static void do_munmap(void)
{
	unsigned long a = some_address(), len = some_length(a);
	int slot = dice(FAR_AREAS);

	if (chance(30) && u->far[slot].start) {
		a = u->far[slot].start;
		len = u->far[slot].pages * PAGE;
		u->far[slot].start = 0;
	}
	if (chance(2))
		a = odd_address();
	if (chance(2) && a > ARENA_END)
		len = odd_length();
	record("munmap", syscall(__NR_munmap, a, len), a, len, 0, 0, 0);
}

static void do_mprotect(void)
{
	unsigned long a = some_address(), len = some_length(a);
	int prot = some_prot();

	if (chance(2))
		a = odd_address();
	if (chance(2) && a > UNIVERSE + UNIVERSE_SIZE)
		len = odd_length();
	if (chance(4))
		prot |= chance(50) ? PROT_GROWSDOWN : PROT_GROWSUP;
	if (chance(2))
		prot |= 1 << dice(30);
	record("mprotect", syscall(__NR_mprotect, a, len, prot), a, len, prot, 0, 0);
}

static void do_mremap(void)
{
	unsigned long a = some_address(), old = some_length(a), new = some_length(a), to = some_address();
	unsigned long flags = chance(70) ? MREMAP_MAYMOVE : 0;
	long r;

	if (chance(40))
		flags |= MREMAP_MAYMOVE | MREMAP_FIXED;
	if (chance(10)) {
		flags |= MREMAP_DONTUNMAP | MREMAP_MAYMOVE;
		new = chance(80) ? old : new;
	}
	if (chance(5))
		old = 0;
	if (chance(2))
		flags = dice(16);
	if (chance(2))
		a = odd_address();
	if (chance(2))
		to = odd_address();
	if (chance(2))
		new = odd_length();
	if ((flags & MREMAP_FIXED) && to < ARENA_END && to + new > ARENA_END)
		to = ARENA;
	if (flags & MREMAP_DONTUNMAP)
		munlock((void *)a, old);	/* Linux would miscount what is locked */
	r = syscall(__NR_mremap, a, old, new, flags, to);
	r = record("mremap", r, a, old, new, flags, to);
	if (!(flags & MREMAP_FIXED) && (unsigned long)r != a)
		remember(r, new);
}

static void do_madvise(void)
{
	static const int advice[] = {
		MADV_NORMAL, MADV_SEQUENTIAL, MADV_WILLNEED, MADV_DONTNEED, MADV_DONTNEED,
		MADV_FREE, MADV_REMOVE, MADV_DONTFORK, MADV_DOFORK, MADV_DONTDUMP, MADV_DODUMP,
		MADV_WIPEONFORK, MADV_KEEPONFORK, MADV_COLD, MADV_PAGEOUT, MADV_POPULATE_READ,
		MADV_POPULATE_WRITE, MADV_DONTNEED_LOCKED,
	};
	unsigned long a = some_address(), len = some_length(a);
	int what = advice[dice(sizeof(advice) / sizeof(advice[0]))];

	if (chance(2))
		a = odd_address();
	if (chance(2))
		what = 30 + dice(60);
	record("madvise", syscall(__NR_madvise, a, len, what), a, len, what, 0, 0);
}

static void do_lock(void)
{
	unsigned long a = some_address(), len = some_length(a);
	int which = dice(20);

	if (chance(3))
		a = odd_address();
	if (chance(3) && a > UNIVERSE + UNIVERSE_SIZE)
		len = odd_length();
	if (which == 0) {
		len = dice(9);
		record("mlockall", syscall(__NR_mlockall, len), len, 0, 0, 0, 0);
	} else if (which < 3)
		record("munlockall", syscall(__NR_munlockall), 0, 0, 0, 0, 0);
	else if (which < 9)
		record("mlock", syscall(__NR_mlock, a, len), a, len, 0, 0, 0);
	else if (which < 12)
		record("mlock2", syscall(__NR_mlock2, a, len, dice(3)), a, len, 0, 0, 0);
	else
		record("munlock", syscall(__NR_munlock, a, len), a, len, 0, 0, 0);
}

static void do_msync(void)
{
	unsigned long a = some_address(), len = some_length(a);
	int flags = chance(90) ? 1 + dice(4) : dice(9);

	if (chance(3))
		a = odd_address();
	if (chance(3))
		len = odd_length();
	record("msync", syscall(__NR_msync, a, len, flags), a, len, flags, 0, 0);
}

static void do_mincore(void)
{
	unsigned long a = some_address(), len = some_length(a);
	unsigned char vec[ARENA_PAGES + 1] = { 0 };
	unsigned long sum = 0;
	long r;

	if (chance(3))
		a = odd_address();
	r = record("mincore", syscall(__NR_mincore, a, len, vec), a, len, 0, 0, 0);
	for (int i = 0; r == 0 && i < ARENA_PAGES; i++)
		sum = sum * 3 + (vec[i] & 1);
	record("core", sum, a, len, 0, 0, 0);
}

static void do_brk(void)
{
	unsigned long now = syscall(__NR_brk, 0), to = now + ((long)dice(17) - 8) * 3000;

	if (!u->heap)
		u->heap = now;
	if (to < u->heap || to > u->heap + 0x40000)
		to = u->heap + dice(16) * PAGE;
	if (chance(3))
		to = chance(50) ? 0 : odd_address();
	record("brk", syscall(__NR_brk, to), to, 0, 0, 0, 0);
}

static void do_touch(void)
{
	volatile char *p = (char *)some_address() + dice(PAGE);
	volatile int value = 0;
	int write = chance(60), sig;

	if (chance(2))
		p = (char *)odd_address();
	sig = write ? FAULTS(*p = dice(256)) : FAULTS(value = *p);
	record(write ? "write" : "read", sig ? -sig * 1000 - fault_code : (unsigned char)value,
	       (long)p, (long)fault_addr, 0, 0, 0);
	mix((long)fault_addr);
}

/* Touch many, so that there is something to move, to share and to forget. */
static void do_fill(void)
{
	unsigned long a = some_address() & -PAGE, len = some_length(a);
	int written = 0;

	for (; len >= PAGE; a += PAGE, len -= PAGE)
		written += !FAULTS(*(volatile char *)a = dice(256));
	record("fill", written, a, 0, 0, 0, 0);
}

static void do_file(void)
{
	static char data[3 * PAGE];
	int fd = some_file();
	long off = dice(14 * PAGE), len = dice(3 * PAGE);
	unsigned long a = some_address();

	switch (dice(6)) {
	case 0:
		off -= chance(50) ? off % (long)PAGE : 0;
		record("ftruncate", ftruncate(fd, off), fd, off, 0, 0, 0);
		break;
	case 1:		/* not in the first page alone: then Linux unmaps the whole rest */
		off += off < (long)PAGE ? PAGE : 0;
		record("punch", syscall(__NR_fallocate, fd, 3, off, len), fd, off, len, 0, 0);
		break;
	case 2:
		record("fallocate", syscall(__NR_fallocate, fd, dice(2), off, len), fd, off, len, 0, 0);
		break;
	case 3:
		memset(data, dice(256), len);
		record("pwrite", pwrite(fd, data, len, off), fd, off, len, 0, 0);
		break;
	case 4:		/* the kernel reads from the arena ... */
		record("pwrite", pwrite(fd, (void *)a, len, off), fd, a, len, off, 0);
		break;
	default:	/* ... and writes to it */
		record("pread", pread(fd, (void *)a, len, off), fd, a, len, off, 0);
	}
}

static void do_move_data(void)
{
	unsigned long a = some_address(), b = some_address(), len = some_length(a);
	struct { unsigned long base, len; } from = { a, len }, to = { b, len };
	pid_t pid = getpid();

	if (chance(50))
		record("vm_readv", syscall(__NR_process_vm_readv, pid, &to, 1, &from, 1, 0), a, b, len, 0, 0);
	else
		record("vm_writev", syscall(__NR_process_vm_writev, pid, &from, 1, &to, 1, 0), a, b, len, 0, 0);
}

static void do_step(void);

/* A child goes on for a while, and ends; what it did to shared memory stays. */
static void do_fork(void)
{
	int steps = 1 + dice(30), status = 0;
	pid_t pid;

	if (u->depth >= 2)
		return;
	fflush(stdout);
	pid = fork();
	if (!pid) {
		u->depth++;
		while (steps--)
			do_step();
		look(u);
		fflush(stdout);
		_exit(u->hash & 0x7f);
	}
	if (pid < 0) {
		record("fork", -1, 0, 0, 0, 0, 0);
		return;
	}
	waitpid(pid, &status, 0);
	u->depth = u->depth ? u->depth - 1 : 0;
	record("child", status, steps, 0, 0, 0, 0);
}

static const struct {
	void (*run)(void);
	int weight;
} calls[] = {
	{ do_mmap, 16 }, { do_munmap, 10 }, { do_mprotect, 12 }, { do_mremap, 10 }, { do_madvise, 14 },
	{ do_lock, 5 }, { do_msync, 2 }, { do_mincore, 3 }, { do_brk, 2 }, { do_touch, 12 },
	{ do_fill, 6 }, { do_file, 6 }, { do_move_data, 2 }, { do_fork, 1 },
};

static void do_step(void)
{
	int at = dice(101), i = 0;

	u->step++;
	while (at >= calls[i].weight && i < (int)(sizeof(calls) / sizeof(calls[0])) - 1)
		at -= calls[i++].weight;
	calls[i].run();
	if (u->verbose > 1 && says(u))
		mix_maps(u);
	if (u->step % CHECK_EVERY == 0)
		check(u);
	if (u->step % LOOK_EVERY == 0)
		look(u);
}

/* ---- a sequence ---- */

static void set_limit(int what, unsigned long value)
{
	struct rlimit r = { value, value };

	OK(setrlimit(what, &r));
}

/* What differs from seed to seed: limits, rights, layout (chosen before exec: see main). */
static void set_scene(unsigned long seed)
{
	for (int i = 0; i < NR_FILES; i++) {
		int flags = i == 2 ? O_RDONLY : i == 3 ? O_WRONLY : O_RDWR, fd;
		char path[40];

		snprintf(path, sizeof(path), "%s/differential.%d", getenv("TMPDIR") ?: "/tmp", i);
		fd = OK(open(path, O_RDWR | O_CREAT | O_TRUNC, 0666));
		OK(ftruncate(fd, 5 * PAGE + 100));
		close(fd);
		fd = OK(open(path, flags));
		OK(dup2(fd, FILE_FD + i));
		if (fd != FILE_FD + i)
			close(fd);
		unlink(path);
	}
	if (seed % 5 == 1)
		set_limit(RLIMIT_AS, 700 * PAGE);
	if (seed % 5 == 2)
		set_limit(RLIMIT_DATA, 300 * PAGE);
	if (seed % 4 == 3) {
		set_limit(RLIMIT_MEMLOCK, 24 * PAGE);
		OK(setgid(1000));
		OK(setuid(1000));
		OK(prctl(PR_SET_DUMPABLE, 1, 0, 0, 0));		/* so that pagemap stays its own */
	}
}

/* The sequences of `make test`; -r 1 200 runs a million calls, all the same on Quire and Linux. */
#define SEEDS	12

static void run(unsigned long seed, unsigned long first, unsigned long steps, int verbose)
{
	void *p = mmap((void *)UNIVERSE, UNIVERSE_SIZE, PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	int status;
	pid_t pid;

	CHECK(p == (void *)UNIVERSE);
	*u = (struct universe){ .seed = seed * 0x9e3779b97f4a7c15UL, .verbose = verbose, .first = first,
				.last = steps };
	prepare();
	fflush(stdout);
	pid = OK(fork());
	if (!pid) {
		signal(SIGALRM, SIG_DFL);
		alarm(300);
		set_scene(seed);
		while (u->step < steps)
			do_step();
		check(u);
		look(u);
		fflush(stdout);
		_exit(0);
	}
	OK(waitpid(pid, &status, 0));
	printf("%s %d - seed %lu: %lu steps, hash %016lx\n", status ? "not ok" : "ok", (int)seed, seed,
	       u->step, u->hash);
	if (status)
		printf("# status 0x%x\n", status);
}

/* Begin again with the layout that the seed asks for. */
static void choose_layout(char **argv, unsigned long seed)
{
	unsigned long want = ADDR_NO_RANDOMIZE | (seed % 3 == 1 ? ADDR_COMPAT_LAYOUT : 0);

	if ((unsigned long)syscall(__NR_personality, 0xffffffff) == want)
		return;
	syscall(__NR_personality, want);
	execv("/proc/self/exe", argv);
	FAIL("cannot run itself again");
}

/* A program of its own for a seed: it begins with a fresh address space. */
static void run_alone(char *name, int seed)
{
	char number[24];
	char *argv[] = { name, "-s", number, NULL };
	pid_t pid;

	snprintf(number, sizeof(number), "%d", seed);
	fflush(stdout);
	pid = OK(fork());
	if (!pid)
		execv("/proc/self/exe", argv);
	waitpid(pid, NULL, 0);
}

int main(int argc, char **argv)
{
	failure_pipe[1] = 2;
	if (argc == 4 && argv[1][1] == 'r') {
		for (int seed = atoi(argv[2]); seed <= atoi(argv[3]); seed++)
			run_alone(argv[0], seed);
		return 0;
	}
	if (argc > 2) {
		unsigned long seed = strtoul(argv[2], NULL, 0);
		unsigned long steps = argc > 4 ? strtoul(argv[4], NULL, 0) : STEPS;

		choose_layout(argv, seed);
		run(seed, argc > 3 ? strtoul(argv[3], NULL, 0) : 0, steps,
		    argv[1][1] == 'v' ? 1 : argv[1][1] == 'V' ? 2 : 0);
		return 0;
	}
	printf("1..%d\n", SEEDS);
	for (int seed = 1; seed <= SEEDS; seed++)
		run_alone(argv[0], seed);
	return 0;
}
