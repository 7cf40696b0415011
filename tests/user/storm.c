/*
 * tests/user/storm.c - memory is pushed out at random, one's own and that of others, and nobody must notice
 *
 * Without arguments: cases, with the fourth disk (tools/diskimage.py) as swap where none is in use.
 * `storm -f SEED`:   until SIGTERM, pages of random areas of random processes are paged out or said to be cold, as
 *                    tests/user/run.c has it beside other programs. Its own memory keeps a sum; it ends with status 1
 *                    when that is wrong, or when a call says what it must not.
 */
#define TEST_OWN_MAIN
#include <dirent.h>
#include <stdbool.h>
#include <sched.h>
#include <sys/uio.h>
#include "swap.h"

#define OWN		256		/* pages of the storm's own */

static unsigned long state = 1;

static unsigned long chance(unsigned long below)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state % below;
}

/* ---- memory that knows what it holds ---- */

static unsigned long word(unsigned long page, unsigned long version, int i)
{
	unsigned long n = (page << 32 | version << 9 | i) * 0x9e3779b97f4a7c15UL;

	return n ^ n >> 31;
}

static void fill(unsigned long *p, unsigned long page, unsigned long version)
{
	for (int i = 0; i < 512; i++)
		p[i] = word(page, version, i);
}

/* 0, or what is wrong: the number of the word and one. */
static int differs(const volatile unsigned long *p, unsigned long page, unsigned long version)
{
	for (int i = 0; i < 512; i++)
		if (p[i] != (version ? word(page, version, i) : 0))
			return i + 1;
	return 0;
}

struct memory {
	unsigned long	*at, pages;
	unsigned int	version[OWN];
};

static void remember(struct memory *m, void *at, unsigned long pages)
{
	m->at = at;
	m->pages = pages;
	memset(m->version, 0, sizeof(m->version));
}

/* Look at some pages and write others; false when one is not as it was left. */
static bool use(struct memory *m, int times)
{
	while (times--) {
		unsigned long page = chance(m->pages), *p = m->at + page * 512;

		if (differs(p, page, m->version[page]))
			return false;
		if (chance(2))
			fill(p, page, ++m->version[page]);
	}
	return true;
}

static bool all_right(struct memory *m)
{
	for (unsigned long i = 0; i < m->pages; i++)
		if (differs(m->at + i * 512, i, m->version[i]))
			return false;
	return true;
}

/* ---- the storm ---- */

static const int advices[] = { MADV_PAGEOUT, MADV_PAGEOUT, MADV_PAGEOUT, MADV_COLD };

/* One call for a part of [start, end) of the process; the errors that a process on its way out explains are fine. */
static bool push(pid_t pid, unsigned long start, unsigned long end)
{
	unsigned long first = chance((end - start) / PAGE), pages = 1 + chance((end - start) / PAGE - first);
	struct iovec part = { (void *)(start + first * PAGE), pages * PAGE };
	int advice = advices[chance(4)], fd;
	long done;

	if (pid == getpid()) {
		done = madvise(part.iov_base, part.iov_len, advice);
		return !done || errno == EINVAL || errno == EAGAIN;	/* EINVAL: locked, or a device's */
	}
	fd = syscall(__NR_pidfd_open, pid, 0);
	if (fd < 0)
		return errno == ESRCH || errno == EINVAL || errno == EMFILE;	/* EINVAL: a thread */
	done = syscall(__NR_process_madvise, fd, &part, 1L, advice, 0L);
	close(fd);
	return done >= 0 ? done <= (long)part.iov_len :
	       errno == ESRCH || errno == EINVAL || errno == ENOMEM || errno == EINTR || errno == EPERM;
}

/* Some areas of the process, as /proc has them. */
static bool push_process(pid_t pid)
{
	static char text[32768];
	char path[64], *line = text, *next;
	unsigned long start, end;
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/maps", pid);
	fd = open(path, O_RDONLY);
	n = fd < 0 ? 0 : read(fd, text, sizeof(text) - 1);
	if (fd >= 0)
		close(fd);
	text[n > 0 ? n : 0] = 0;
	for (; (next = strchr(line, '\n')); line = next + 1) {
		start = strtoul(line, &line, 16);
		end = strtoul(line + 1, NULL, 16);
		if (end > start && end < 1UL << 47 && chance(3) && !push(pid, start, end)) {
			printf("not ok - storm: process %d, %lx-%lx: %s\n", pid, start, end, strerrorname(errno));
			return false;
		}
	}
	return true;
}

/* A process by chance; this one if chance finds none. */
static pid_t some_process(void)
{
	DIR *dir = opendir("/proc");
	pid_t found = getpid();
	struct dirent *e;
	int seen = 0;

	while (dir && (e = readdir(dir)))
		if (e->d_name[0] >= '1' && e->d_name[0] <= '9' && !chance(++seen))
			found = atoi(e->d_name);
	if (dir)
		closedir(dir);
	return found;
}

static volatile int told;

static void on_term(int sig)
{
	told = 1;
}

static int storm(unsigned long seed)
{
	struct sigaction act = { .sa_handler = on_term };
	unsigned long rounds = 0;
	struct memory own;

	state = seed * 2 + 1;
	sigaction(SIGTERM, &act, NULL);
	remember(&own, mmap(NULL, OWN * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), OWN);
	if (own.at == MAP_FAILED)
		return 0;			/* who comes to a machine without memory has nothing to push out */
	while (!told) {
		if (!push_process(chance(4) ? some_process() : getpid()))
			return 1;
		if (!use(&own, 8)) {
			printf("not ok - storm: a page of its own is not what it was\n");
			return 1;
		}
		rounds++;
		usleep(500);			/* for the others */
	}
	if (!all_right(&own)) {
		printf("not ok - storm: a page of its own is not what it was, at the end\n");
		return 1;
	}
	printf("# storm: %lu rounds\n", rounds);
	fflush(stdout);
	return 0;
}

/* ---- cases ---- */

/* Swap of our own if there is none; then true, and end_swap() takes it away.  What is wrong with it is tests/user/swap.c's. */
static bool some_swap(void)
{
	if (strchr(file_text("/proc/swaps"), '/'))
		return false;
	swap_on();
	return true;
}

static void end_swap(bool ours)
{
	if (ours)
		OK(swapoff(SWAP));
}

static char *fresh(int pages, int flags)
{
	void *p = mmap(NULL, pages * PAGE, PROT_READ | PROT_WRITE, flags | MAP_ANONYMOUS, -1, 0);

	CHECK(p != MAP_FAILED);
	return p;
}

static long pages_out(void)
{
	return number_in("/proc/vmstat", "pswpout");
}

TEST(own_memory_comes_back_as_it_left)
{
	bool swap;
	struct memory m;
	long before;

	swap = some_swap();
	before = pages_out();
	remember(&m, fresh(OWN, MAP_PRIVATE), OWN);
	for (int round = 0; round < 300; round++) {
		CHECK(push(getpid(), (unsigned long)m.at, (unsigned long)m.at + OWN * PAGE));
		CHECK(use(&m, 16));
	}
	CHECK(all_right(&m));
	CMP(pages_out() - before, >, OWN);
	end_swap(swap);
}

TEST(anothers_memory_comes_back_as_it_left)
{
	volatile int *enough = (volatile int *)fresh(1, MAP_SHARED);
	bool swap;
	struct memory m;
	long before;
	int status = 0;
	pid_t pid;

	swap = some_swap();
	before = pages_out();
	remember(&m, fresh(OWN, MAP_PRIVATE), OWN);
	for (int i = 0; i < OWN; i++)
		fill(m.at + i * 512, i, ++m.version[i]);
	pid = OK(fork());
	if (!pid) {
		state = 99;
		for (int round = 0; round < 400 || !*enough; round++) {
			CHECK(use(&m, 8));
			sched_yield();
		}
		CHECK(all_right(&m));
		_exit(0);
	}
	while (!OK(waitpid(pid, &status, WNOHANG))) {
		CHECK(push_process(pid));
		*enough |= pages_out() > before;
		sched_yield();
	}
	EQ(status, 0);
	CHECK(all_right(&m));			/* the parent's, whose pages the child shared at first */
	CMP(pages_out() - before, >, 0);
	end_swap(swap);
}

TEST(threads_processes_and_storms_side_by_side)
{
	bool swap;
	enum { PROCESSES = 4 };
	pid_t pid[PROCESSES], storms[2];

	swap = some_swap();
	for (int i = 0; i < 2; i++)
		storms[i] = CHILD(_exit(storm(i)));
	for (int i = 0; i < PROCESSES; i++)
		pid[i] = CHILD({
			struct memory m;

			state = 1000 + i;
			remember(&m, fresh(OWN, MAP_PRIVATE), OWN);
			for (int round = 0; round < 100; round++) {
				CHECK(use(&m, 16));
				if (round % 25 == 24)	/* the family goes on in a child */
					EXITS(CHILD(CHECK(use(&m, 50)); CHECK(all_right(&m))), 0);
			}
			CHECK(all_right(&m));
		});
	for (int i = 0; i < PROCESSES; i++)
		EXITS(pid[i], 0);
	for (int i = 0; i < 2; i++) {
		OK(kill(storms[i], SIGTERM));
		EXITS(storms[i], 0);
	}
	end_swap(swap);
}

TEST(file_pages_that_leave_are_read_again)
{
	bool swap;
	int fd = OK(open("/proc/self/exe", O_RDONLY));
	char *p = mmap(NULL, 16 * PAGE, PROT_READ, MAP_PRIVATE, fd, 0), buf[PAGE];

	CHECK(p != MAP_FAILED);
	swap = some_swap();
	for (int round = 0; round < 50; round++)
		for (int i = 0; i < 16; i++) {
			EQ(pread(fd, buf, PAGE, i * PAGE), PAGE);
			CHECK(!memcmp(p + i * PAGE, buf, PAGE));
			OK(madvise(p, 16 * PAGE, advices[chance(4)]));
		}
	end_swap(swap);
}

int main(int argc, char **argv)
{
	if (argc > 2 && !strcmp(argv[1], "-f"))
		return storm(strtoul(argv[2], NULL, 10));
	return test_main(argv);
}
