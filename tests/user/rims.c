/*
 * tests/user/rims.c - every argument of every memory call at its rim
 *
 * Purpose:    zero, minus one, unaligned, past the end of user space, the kernel's half, sums that wrap,
 *             descriptors of the wrong kind: one case a call. What each combination answers, and the
 *             areas after it, go into a hash, which is part of the case's name: Linux's is recorded.
 * Invariants: before each call the arena is as at the start. Combinations that would reach the program
 *             itself are left out by their addresses; so are huge pages and merging, which Quire has not.
 * Use:        rims -v   writes each combination down
 */
#define TEST_OWN_MAIN
#include <sys/resource.h>
#include <uapi/personality.h>
#include "differential.h"

#define AREA	ARENA
#define FILE_A	20		/* read and write */
#define FILE_R	21
#define FILE_W	22
#define PIPE_R	23
#define DIRECT	24
#define ZERO	25
#define NULLDEV	26

static struct universe state, *const u = &state;

unsigned long dice(unsigned long n)
{
	return n - 1;			/* differential.h: look at no page that is not there */
}

void mix(unsigned long value)
{
	u->hash = (u->hash ^ value) * 0x9e3779b97f4a7c15UL;
	u->hash ^= u->hash >> 29;
}

/* ---- values ---- */

static const unsigned long addresses[] = {
	AREA, 0, 1, AREA + 1, AREA + PAGE, AREA + 3 * PAGE, AREA + 4 * PAGE, AREA - PAGE, 0x7ffffffff000,
	0x800000000000, 0x7fffffffffffffff, 0x8000000000000000, 0xffff800000000000, 0xffffffff81000000,
	-PAGE, -1UL,
};
static const unsigned long lengths[] = {
	PAGE, 0, 1, PAGE - 1, PAGE + 1, 4 * PAGE, 5 * PAGE, 0x7ffffffff000, 0x800000000000,
	0x7fffffffffffffff, 0x8000000000000000, -PAGE, -PAGE + 1, -1UL,
};
static const unsigned long words[] = {
	0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 15, 16, 17, 20, 24, 25, 31, 32, 64, 0x1000000, 0x2000000, 0x3000000,
	0x80000000, 0xffffffff, -1UL,
};
static const unsigned long map_kinds[] = {
	0x22, 0, 1, 2, 3, 4, 0x12, 0x11, 0x13, 0x20, 0x21, 0x23, 0x32, 0x31, 0x100022, 0x8022, 0x10022, 0x4022,
	0x2022, 0x20022, 0x62, 0x2000022, 0x1022, 0x822, 0x80003, 0x100012, ~(unsigned long)MAP_HUGETLB,
};
static const unsigned long files[] = {
	FILE_A, FILE_R, FILE_W, PIPE_R, DIRECT, ZERO, NULLDEV, 999, 0x7fffffff, -1UL, 0xffffffff,
};
static const unsigned long offsets[] = { 0, PAGE, 1, -PAGE, 0x7ffffffffffff000, 0x8000000000000000, -1UL };

#define VALUES(list)	list, sizeof(list) / sizeof((list)[0])

/* A call: its number, and for each argument the values to try; the first is the sensible one. */
struct call {
	const char *name;
	long nr;
	int args;
	struct {
		const unsigned long *values;
		int count;
	} arg[6];
};

static const struct call calls[] = {
	{ "mmap", __NR_mmap, 6, { { VALUES(addresses) }, { VALUES(lengths) }, { VALUES(words) },
	  { VALUES(map_kinds) }, { VALUES(files) }, { VALUES(offsets) } } },
	{ "munmap", __NR_munmap, 2, { { VALUES(addresses) }, { VALUES(lengths) } } },
	{ "mprotect", __NR_mprotect, 3, { { VALUES(addresses) }, { VALUES(lengths) }, { VALUES(words) } } },
	{ "mremap", __NR_mremap, 5, { { VALUES(addresses) }, { VALUES(lengths) }, { VALUES(lengths) },
	  { VALUES(words) }, { VALUES(addresses) } } },
	{ "madvise", __NR_madvise, 3, { { VALUES(addresses) }, { VALUES(lengths) }, { VALUES(words) } } },
	{ "msync", __NR_msync, 3, { { VALUES(addresses) }, { VALUES(lengths) }, { VALUES(words) } } },
	{ "mincore", __NR_mincore, 3, { { VALUES(addresses) }, { VALUES(lengths) }, { VALUES(addresses) } } },
	{ "mlock", __NR_mlock, 2, { { VALUES(addresses) }, { VALUES(lengths) } } },
	{ "mlock2", __NR_mlock2, 3, { { VALUES(addresses) }, { VALUES(lengths) }, { VALUES(words) } } },
	{ "munlock", __NR_munlock, 2, { { VALUES(addresses) }, { VALUES(lengths) } } },
	{ "mlockall", __NR_mlockall, 1, { { VALUES(words) } } },
	{ "brk", __NR_brk, 1, { { VALUES(addresses) } } },
	{ "memfd_create", __NR_memfd_create, 2, { { VALUES(addresses) }, { VALUES(words) } } },
	{ "ftruncate", __NR_ftruncate, 2, { { VALUES(files) }, { VALUES(offsets) } } },
	{ "fallocate", __NR_fallocate, 4, { { VALUES(files) }, { VALUES(words) }, { VALUES(offsets) },
	  { VALUES(lengths) } } },
	{ "pkey_mprotect", __NR_pkey_mprotect, 4, { { VALUES(addresses) }, { VALUES(lengths) },
	  { VALUES(words) }, { VALUES(words) } } },
	{ "pkey_alloc", __NR_pkey_alloc, 2, { { VALUES(words) }, { VALUES(words) } } },
	{ "pkey_free", __NR_pkey_free, 1, { { VALUES(words) } } },
	{ "process_vm_readv", __NR_process_vm_readv, 6, { { VALUES(words) }, { VALUES(addresses) },
	  { VALUES(lengths) }, { VALUES(addresses) }, { VALUES(lengths) }, { VALUES(words) } } },
	{ "shmget", __NR_shmget, 3, { { VALUES(words) }, { VALUES(lengths) }, { VALUES(words) } } },
	{ "shmat", __NR_shmat, 3, { { VALUES(words) }, { VALUES(addresses) }, { VALUES(words) } } },
	{ "shmdt", __NR_shmdt, 1, { { VALUES(addresses) } } },
};
#define NR_CALLS	((int)(sizeof(calls) / sizeof(calls[0])))

/* ---- the scene ---- */

static void open_at(int fd, const char *path, int flags)
{
	int got = OK(open(path, flags | O_CREAT * (path[1] == 't'), 0666));

	OK(dup2(got, fd));
	close(got);
}

static void open_files(void)
{
	int ends[2];

	open_at(FILE_A, "/tmp/rims", O_RDWR);
	open_at(FILE_R, "/tmp/rims", O_RDONLY);
	open_at(FILE_W, "/tmp/rims", O_WRONLY);
	open_at(DIRECT, "/proc", O_RDONLY);
	open_at(ZERO, "/dev/zero", O_RDWR);
	open_at(NULLDEV, "/dev/null", O_RDWR);
	OK(pipe(ends));
	OK(dup2(ends[0], PIPE_R));
	close(ends[0]);
}

/* Four pages, the second of the file; around them nothing. */
static void set_scene(void)
{
	OK(munmap((void *)(ARENA - 64 * PAGE), 256 * PAGE));
	OK(ftruncate(FILE_A, 3 * PAGE + 5));
	map_at((void *)AREA, 4, PROT_READ | PROT_WRITE, MAP_FIXED);
	CHECK(mmap((void *)(AREA + PAGE), PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, FILE_A, 0) !=
	      MAP_FAILED);
	*(volatile char *)AREA = 1;
	syscall(__NR_munlockall);
}

/* Would [a, a + len) reach what the program lives on? */
static int dangerous(unsigned long a, unsigned long len)
{
	unsigned long end = a + len;

	if (end < a || a >= 0x7ffffffff000)
		return 0;
	return end > AREA + (16UL << 20) || a < (1UL << 30);
}

static int left_out(const struct call *c, const unsigned long *v)
{
	switch (c->nr) {
	case __NR_mmap:
		return (v[3] & 0x10) && dangerous(v[0], v[1]);
	case __NR_mremap:
		return dangerous(v[0], v[1]) || ((v[3] & 2) && dangerous(v[4], v[2]));
	case __NR_madvise:		/* merging and huge pages are not built: EINVAL */
		if (v[2] == MADV_MERGEABLE || v[2] == MADV_HUGEPAGE || v[2] == MADV_NOHUGEPAGE ||
		    v[2] == MADV_COLLAPSE)
			return 1;
		break;
	case __NR_mincore:
		return v[2] != AREA;
	case __NR_brk:
		return v[0] == 0;
	case __NR_fallocate:
		return v[3] > 64 * PAGE && v[3] < 1UL << 63;	/* fills the memory */
	case __NR_memfd_create:
		return v[1] < 8 && (v[1] & MFD_HUGETLB);
	case __NR_process_vm_readv:
	case __NR_pkey_alloc:
	case __NR_shmget:
	case __NR_mlockall:
	case __NR_ftruncate:
	case __NR_pkey_free:
	case __NR_shmat:
	case __NR_shmdt:
		return 0;
	}
	return dangerous(v[0], v[1]);
}

static int verbose;

static void try(const struct call *c, const unsigned long *v)
{
	long r;

	if (left_out(c, v))
		return;
	set_scene();
	r = syscall(c->nr, v[0], v[1], v[2], v[3], v[4], v[5]);
	if (r == -1)
		r = -errno;
	if (verbose)
		printf("%s(%lx, %lx, %lx, %lx, %lx, %lx) = %lx\n", c->name, v[0], v[1], v[2], v[3], v[4], v[5], r);
	mix(r);
	mix_maps(u);
	if (c->nr == __NR_mmap && r > 0 && (r < (long)ARENA || r > (long)ARENA_END))
		munmap((void *)r, v[1]);
	if (c->nr == __NR_mremap && r > 0 && (r < (long)ARENA || r > (long)ARENA_END))
		munmap((void *)r, v[2]);
	if (c->nr == __NR_memfd_create && r > 0)
		close(r);
	if (c->nr == __NR_shmget && r >= 0)
		syscall(__NR_shmctl, r, 0, 0);
	if (c->nr == __NR_pkey_alloc && r > 0)
		syscall(__NR_pkey_free, r);
}

/* Each argument through its values, two at a time, the others sensible. */
static void run_call(const struct call *c)
{
	unsigned long v[6] = { 0 };

	for (int i = 0; i < c->args; i++)
		v[i] = c->arg[i].values[0];
	for (int i = 0; i < c->args; i++) {
		for (int a = 0; a < c->arg[i].count; a++) {
			v[i] = c->arg[i].values[a];
			if (i + 1 == c->args)
				try(c, v);
			for (int b = 0; i + 1 < c->args && b < c->arg[i + 1].count; b++) {
				v[i + 1] = c->arg[i + 1].values[b];
				try(c, v);
			}
			if (i + 1 < c->args)
				v[i + 1] = c->arg[i + 1].values[0];
		}
		v[i] = c->arg[i].values[0];
	}
}

static void run_case(int number)
{
	int status;
	pid_t pid;

	fflush(stdout);
	pid = OK(fork());
	if (!pid) {
		alarm(60);
		run_call(&calls[number]);
		printf("ok %d - %s: %016lx\n", number + 1, calls[number].name, u->hash);
		fflush(stdout);
		_exit(0);
	}
	OK(waitpid(pid, &status, 0));
	if (status)
		printf("not ok %d - %s # status 0x%x\n", number + 1, calls[number].name, status);
}

int main(int argc, char **argv)
{
	failure_pipe[1] = 2;
	if (syscall(__NR_personality, 0xffffffff) != ADDR_NO_RANDOMIZE) {
		syscall(__NR_personality, ADDR_NO_RANDOMIZE);
		execv("/proc/self/exe", argv);
		FAIL("cannot run itself again");
	}
	verbose = argc > 1;
	prepare();
	open_files();
	printf("1..%d\n", NR_CALLS);
	for (int i = 0; i < NR_CALLS; i++)
		run_case(i);
	unlink("/tmp/rims");
	return 0;
}
