/*
 * tests/user/failnth.c - every call about memory with its nth allocation or user copy failing
 *
 * Purpose:    /proc/self/fail-nth makes the nth fail; each operation runs with n = 1, 2, ... until
 *             nothing fails any more, once and from then on.  It must answer with an errno that
 *             its manual page knows (or a signal, for what has no answer), the contents of the
 *             caller's memory stay, a failed call changes no area, the kernel's invariants hold,
 *             and after all rounds nothing is lost.
 * Invariants: needs a kernel with fault injection: Quire's debug build.  Debian's Linux has none,
 *             nor has the release build: there each case holds without doing anything.
 * Interface:  /proc/sys/debug/fail_kinds, fail_for_good, fail_usercopy (docs/testing.md).
 */
#define TEST_OWN_MAIN
#include <sched.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <uapi/personality.h>
#include "fail_nth.h"
#include "mem.h"

#define ROUNDS 400			/* no operation here needs more */
#define PAGES 8

#define NEED_FAIL_NTH() do { if (!have_fail_nth()) return; } while (0)

static void put(const char *path, const char *text)
{
	int fd = OK(open(path, O_WRONLY));

	EQ(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

/* ---- what must stay ------------------------------------------------------------------- */

static char *area;			/* PAGES touched pages, each with its number */

static void make_area(void)
{
	area = (char *)OK(mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE,
			       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
	for (int i = 0; i < PAGES; i++)
		area[i * PAGE] = i + 1;
}

static void area_kept(void)
{
	for (int i = 0; i < PAGES; i++)
		EQ(area[i * PAGE], i + 1);
}

/*
 * A number for all areas of this process.  Neighbours with the same rights count as one: a call
 * that fails at its second split need not mend the first, nor does Linux.
 */
static unsigned long maps_hash(void)
{
	static char text[16384];
	unsigned long hash = 5381, start, end, last_end = 0;
	char *line, *rights, last[8] = "";
	ssize_t n, len = 0;
	int fd = OK(open("/proc/self/maps", O_RDONLY));

	while ((n = read(fd, text + len, sizeof(text) - 1 - len)) > 0)
		len += n;
	text[len] = '\0';
	close(fd);
	for (line = text; *line; line = strchr(line, '\n') + 1) {
		start = strtoul(line, &line, 16);
		end = strtoul(line + 1, &line, 16);
		rights = line + 1;
		if (start != last_end || strncmp(rights, last, 4))
			hash = (hash * 33 + last_end) * 33 + start + rights[0] + 2 * rights[1] + 4 * rights[2];
		strlcpy(last, rights, 5);
		last_end = end;
	}
	return hash * 33 + last_end;
}

static void verify(void)
{
	put("/proc/sys/vm/verify", "1");	/* EIO when something is broken */
}

struct usage {
	long committed, tables, stacks, objects;
};

static long number_after(const char *text, const char *word)
{
	const char *at = strstr(text, word);

	return at ? strtol(at + strlen(word), NULL, 10) : -1;
}

/* Objects of all slab caches that are handed out. */
static long slab_objects(void)
{
	static char text[32768];
	ssize_t n, len = 0;
	long sum = 0;
	int fd = OK(open("/proc/slabinfo", O_RDONLY));

	while ((n = read(fd, text + len, sizeof(text) - 1 - len)) > 0)
		len += n;
	text[len] = '\0';
	close(fd);
	for (char *line = strchr(text, '\n'); line && line[1]; line = strchr(line + 1, '\n')) {
		char *at = strchr(line + 1, ' ');

		if (line[1] != '#' && at)
			sum += strtol(at, NULL, 10);
	}
	return sum;
}

static struct usage usage_now(void)
{
	static char text[8192];
	struct usage u;
	ssize_t n;
	int fd = OK(open("/proc/meminfo", O_RDONLY));

	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	text[n > 0 ? n : 0] = '\0';
	u.committed = number_after(text, "Committed_AS:");
	u.tables = number_after(text, "PageTables:");
	u.stacks = number_after(text, "KernelStack:");
	u.objects = slab_objects();
	return u;
}

static int same_usage(const struct usage *a, const struct usage *b)
{
	return a->committed == b->committed && a->tables == b->tables && a->stacks == b->stacks &&
	       a->objects == b->objects;
}

/* ---- the sweep --------------------------------------------------------------------------- */

/*
 * An operation: 0 and everything as before (it took back what it did), or -errno.
 * It calls begin() right before and end() right after what may fail.
 */
typedef int (*operation)(void);

static int nth, hit;
static int last_errno;

static void begin(void)
{
	arm(nth);
}

/* Keeps errno. */
static void end(void)
{
	int was = errno;

	hit = disarm() == 0;
	errno = was;
}

/* -errno of a call that returned -1; to be called right after end(). */
static int error(long ret)
{
	return ret == -1 ? -errno : 0;
}

static int allowed_error(int err, const int *allowed)
{
	for (; *allowed; allowed++)
		if (err == -*allowed)
			return 1;
	return 0;
}

static void sweep_once(operation op, const int *allowed)
{
	unsigned long before = maps_hash();
	int ret;

	for (nth = 1; nth <= ROUNDS; nth++) {
		hit = -1;
		ret = op();
		if (hit < 0)
			FAIL("n = %d: the operation did not say whether it was hit", nth);
		if (ret && !allowed_error(ret, allowed))
			FAIL("n = %d: %s", nth, strerrorname(-ret));
		if (ret && !hit)
			FAIL("n = %d: %s although nothing failed", nth, strerrorname(-ret));
		if (maps_hash() != before)
			FAIL("n = %d (%s): other areas", nth, ret ? strerrorname(-ret) : "success");
		area_kept();
		if (!hit)
			break;
	}
	CMP(nth, <=, ROUNDS);
	last_errno = ret;
	EQ(ret, 0);
	verify();
}

/* Tasks that have ended give back what they had a moment later. */
static void settles_to(const struct usage *before)
{
	struct usage now;

	for (int i = 0; i < 100; i++) {
		now = usage_now();
		if (same_usage(before, &now))
			return;
		usleep(10000);
	}
	FAIL("lost: Committed_AS %ld -> %ld, PageTables %ld -> %ld, KernelStack %ld -> %ld, objects %ld -> %ld",
	     before->committed, now.committed, before->tables, now.tables, before->stacks, now.stacks,
	     before->objects, now.objects);
}

/* Once, and from then on; the second time nothing is in use that was not. */
static void sweep(operation op, const int *allowed)
{
	struct usage before = { 0 };

	make_area();
	for (int round = 0; round < 2; round++) {
		for (int good = 0; good < 2; good++) {
			put("/proc/sys/debug/fail_for_good", good ? "1" : "0");
			sweep_once(op, allowed);
		}
		if (round == 0)
			before = usage_now();
	}
	put("/proc/sys/debug/fail_for_good", "0");
	settles_to(&before);
}

static void choose(const char *kinds, const char *part)
{
	put("/proc/sys/debug/fail_kinds", kinds);
	put("/proc/sys/debug/fail_usercopy", part);
}

static void choose_allocations(void)
{
	choose("slab page table stack", "first");
}

#define ERRORS(...) ((const int[]){ __VA_ARGS__, 0 })
#define SWEEP_TEST(op, ...)							\
	TEST_LIMIT(op##_survives_every_failed_allocation, 120)			\
	{									\
		NEED_FAIL_NTH();						\
		choose_allocations();						\
		sweep(op, ERRORS(__VA_ARGS__));					\
	}

/* ---- the files themselves -------------------------------------------------------------- */

TEST(the_file_counts_down_and_reads_zero_when_it_has_failed)
{
	char text[16] = "";

	NEED_FAIL_NTH();
	choose_allocations();
	arm(1000);
	CHECK(mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED);
	CMP(pread(fail_fd, text, sizeof(text), 0), >, 1);
	CMP(atoi(text), >, 900);
	CMP(atoi(text), <, 1000);
	arm(1);
	EQ(mmap(NULL, PAGE, PROT_READ, MAP_SHARED | MAP_ANONYMOUS, -1, 0), MAP_FAILED);
	EQ(errno, ENOMEM);
	EQ(disarm(), 0);
	CHECK(mmap(NULL, PAGE, PROT_READ, MAP_SHARED | MAP_ANONYMOUS, -1, 0) != MAP_FAILED);
}

TEST(nonsense_in_the_files_is_refused)
{
	NEED_FAIL_NTH();
	ERR(pwrite(fail_fd, "x", 1, 0), EINVAL);
	ERR(pwrite(fail_fd, "-1", 2, 0), EINVAL);
	ERR(pwrite(fail_fd, "", 0, 0), EINVAL);
	ERR(pwrite(fail_fd, "4294967296", 10, 0), ERANGE);
	EQ(pwrite(fail_fd, "0x10\n", 5, 0), 5);
	EQ(disarm(), 16);
	for (int i = 0; i < 3; i++) {
		static const char *const paths[] = { "/proc/sys/debug/fail_kinds",
			"/proc/sys/debug/fail_for_good", "/proc/sys/debug/fail_usercopy" };
		int fd = OK(open(paths[i], O_RDWR));

		ERR(write(fd, "nonsense", 8), EINVAL);
		close(fd);
	}
}

TEST(a_child_is_not_marked)
{
	pid_t pid;

	NEED_FAIL_NTH();
	choose_allocations();
	arm(100000);
	pid = CHILD({
		char text[16] = "";
		int fd = OK(open("/proc/self/fail-nth", O_RDONLY));

		CMP(read(fd, text, sizeof(text)), >, 0);
		EQ(atoi(text), 0);
	});
	EXITS(pid, 0);
	CMP(disarm(), >, 1000);
}

TEST(another_task_is_marked_by_its_number)
{
	char path[64];
	int go[2], fd;
	pid_t pid;

	NEED_FAIL_NTH();
	choose_allocations();
	OK(pipe(go));
	pid = CHILD({
		char c;

		EQ(read(go[0], &c, 1), 1);
		EQ(mmap(NULL, PAGE, PROT_READ, MAP_SHARED | MAP_ANONYMOUS, -1, 0), MAP_FAILED);
		EQ(errno, ENOMEM);
	});
	snprintf(path, sizeof(path), "/proc/%d/task/%d/fail-nth", pid, pid);
	fd = OK(open(path, O_RDWR));
	EQ(write(fd, "1", 1), 1);
	EQ(write(go[1], "x", 1), 1);
	EXITS(pid, 0);
	close(fd);
}

/* ---- allocations ------------------------------------------------------------------------ */

static int do_mmap(void)
{
	char *p;

	begin();
	p = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	end();
	if (p == MAP_FAILED)
		return -errno;
	OK(munmap(p, 4 * PAGE));
	return 0;
}
SWEEP_TEST(do_mmap, ENOMEM)

/* In the middle of touched pages, so that areas split and pages go. */
static int do_mmap_over(void)
{
	char *p = (char *)OK(mmap(NULL, 8 * PAGE, PROT_READ | PROT_WRITE,
				  MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0));
	long ret;

	begin();
	ret = (long)mmap(p + 2 * PAGE, 3 * PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	end();
	ret = error(ret);
	OK(munmap(p, 8 * PAGE));
	return ret;
}
SWEEP_TEST(do_mmap_over, ENOMEM)

static int do_munmap(void)
{
	char *p = (char *)OK(mmap(NULL, 8 * PAGE, PROT_READ | PROT_WRITE,
				  MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0));
	long ret;

	p[5 * PAGE] = 7;
	begin();
	ret = munmap(p + 2 * PAGE, 2 * PAGE);
	end();
	ret = error(ret);
	EQ(p[5 * PAGE], 7);
	OK(munmap(p, 8 * PAGE));
	return ret;
}
SWEEP_TEST(do_munmap, ENOMEM)

static int do_mprotect(void)
{
	long ret;

	begin();
	ret = mprotect(area + PAGE, 2 * PAGE, PROT_READ);
	end();
	ret = error(ret);
	OK(mprotect(area, PAGES * PAGE, PROT_READ | PROT_WRITE));
	return ret;
}
SWEEP_TEST(do_mprotect, ENOMEM)

static int do_mremap(void)
{
	char *p = (char *)OK(mmap(NULL, 8 * PAGE, PROT_READ | PROT_WRITE,
				  MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0));
	char *to = (char *)OK(mmap(NULL, 1200 * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)), *q;
	int err;

	p[3 * PAGE] = 9;
	begin();
	q = mremap(p + 2 * PAGE, 3 * PAGE, 1000 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, to + 100 * PAGE);
	end();
	err = q == MAP_FAILED ? -errno : 0;
	EQ((q == MAP_FAILED ? p + 2 * PAGE : q)[PAGE], 9);
	OK(munmap(p, 8 * PAGE));
	OK(munmap(to, 1200 * PAGE));
	return err;
}
SWEEP_TEST(do_mremap, ENOMEM)

static int do_brk(void)
{
	char *old = sbrk(0), *now;

	begin();
	now = sbrk(3 * PAGE);
	end();
	if (now == (char *)-1)
		return -errno;
	EQ(now, old);
	CHECK(sbrk(-3 * (long)PAGE) != (char *)-1);
	return 0;
}
SWEEP_TEST(do_brk, ENOMEM)

static int advise(char *p, int advice)
{
	long ret;

	begin();
	ret = madvise(p, 2 * PAGE, advice);
	end();
	return error(ret);
}

static int do_madvise_split(void)
{
	int err = advise(area + PAGE, MADV_DONTFORK);

	OK(madvise(area, PAGES * PAGE, MADV_DOFORK));
	return err;
}
SWEEP_TEST(do_madvise_split, ENOMEM, EAGAIN)

static int do_madvise_populate(void)
{
	char *p = (char *)OK(mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE,
				  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
	int err = advise(p, MADV_POPULATE_WRITE);

	OK(munmap(p, 4 * PAGE));
	return err;
}
SWEEP_TEST(do_madvise_populate, ENOMEM)

static int do_mlock(void)
{
	char *p = (char *)OK(mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE,
				  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
	long ret;

	begin();
	ret = mlock(p + PAGE, 2 * PAGE);
	end();
	ret = error(ret);
	OK(munmap(p, 4 * PAGE));
	return ret;
}
SWEEP_TEST(do_mlock, ENOMEM, EAGAIN)

/* Attach, write, detach; a segment of its own, removed in between. */
static int do_shm(void)
{
	int id = -1, err = 0;
	char *p = (char *)-1;

	begin();
	id = shmget(IPC_PRIVATE, 3 * PAGE, IPC_CREAT | 0600);
	if (id >= 0)
		p = shmat(id, NULL, 0);
	err = id < 0 || p == (char *)-1 ? -errno : 0;
	end();
	if (p != (char *)-1) {
		p[PAGE] = 1;
		OK(shmdt(p));
	}
	if (id >= 0)
		OK(shmctl(id, IPC_RMID, NULL));
	return err;
}
SWEEP_TEST(do_shm, ENOMEM, ENOSPC)

/* A fault has no answer: it is tried again, or the process dies.  So it happens in a child. */
static int in_child(int (*access)(char *p), char *p)
{
	int status, err, report[2];
	char was_hit = 0;
	pid_t pid;

	OK(pipe(report));
	pid = OK(fork());
	if (!pid) {
		close(fail_fd);
		fail_fd = OK(open("/proc/self/fail-nth", O_RDWR));
		begin();
		err = access(p);
		end();
		was_hit = hit;
		EQ(write(report[1], &was_hit, 1), 1);
		_exit(err ? 100 - err : 0);
	}
	close(report[1]);
	if (read(report[0], &was_hit, 1) != 1)
		was_hit = 1;		/* it did not come that far */
	close(report[0]);
	OK(waitpid(pid, &status, 0));
	hit = was_hit;
	if (WIFSIGNALED(status) && (WTERMSIG(status) == SIGKILL || WTERMSIG(status) == SIGBUS))
		return -ENOMEM;
	CHECK(WIFEXITED(status));
	return status ? 100 - WEXITSTATUS(status) : 0;
}

static int write_pages(char *p)
{
	for (int i = 0; i < 3; i++)
		p[i * 600 * PAGE] = 3;
	return 0;
}

static int read_pages(char *p)
{
	for (int i = 0; i < 3; i++)
		EQ(p[i * 600 * PAGE], 0);
	return 0;
}

static int fault(int (*access)(char *p), int flags)
{
	char *p = (char *)OK(mmap(NULL, 1300 * PAGE, PROT_READ | PROT_WRITE, flags | MAP_ANONYMOUS, -1, 0));
	int err = in_child(access, p);

	OK(munmap(p, 1300 * PAGE));
	return err;
}

static int do_write_fault(void) { return fault(write_pages, MAP_PRIVATE); }
static int do_read_fault(void) { return fault(read_pages, MAP_PRIVATE); }
static int do_shared_fault(void) { return fault(write_pages, MAP_SHARED); }
SWEEP_TEST(do_write_fault, ENOMEM)
SWEEP_TEST(do_read_fault, ENOMEM)
SWEEP_TEST(do_shared_fault, ENOMEM)

/* The child writes to the parent's pages: the parent's stay. */
static int write_area(char *p)
{
	for (int i = 0; i < PAGES; i++)
		p[i * PAGE] = 100;
	return 0;
}

static int do_cow_fault(void) { return in_child(write_area, area); }
SWEEP_TEST(do_cow_fault, ENOMEM)

/* Pages of a file that a private mapping copies. */
static int touch_two(char *p)
{
	p[0] = 1;
	p[PAGE] = 1;
	return 0;
}

static int do_private_file_fault(void)
{
	int fd = OK(open("/proc/self/exe", O_RDONLY)), err;
	char *p = (char *)OK(mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0));

	close(fd);
	err = in_child(touch_two, p);
	OK(munmap(p, 2 * PAGE));
	return err;
}
SWEEP_TEST(do_private_file_fault, ENOMEM)

/* What became of fork or clone: 0 if the child there was ended well. */
static int outcome(pid_t pid)
{
	int status;

	if (pid < 0)
		return -errno;
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EFAULT)
			return -errno;
	return status ? -EINVAL : 0;
}

/* The parent's own copies after a fork are faults as well. */
static int fork_and_wait(char *p)
{
	pid_t pid = fork();

	if (!pid) {
		p[0] = 55;		/* its own copy */
		_exit(p[PAGE] == 2 ? 0 : 1);
	}
	return outcome(pid);
}

static int do_fork(void) { return in_child(fork_and_wait, area); }
SWEEP_TEST(do_fork, ENOMEM, EAGAIN)

static int clone_and_wait(char *p)
{
	pid_t pid = syscall(__NR_clone, SIGCHLD | CLONE_FS | CLONE_FILES, 0, 0, 0, 0);

	if (!pid)
		_exit(0);
	return outcome(pid);
}

static int do_clone_process(void) { return in_child(clone_and_wait, area); }
SWEEP_TEST(do_clone_process, ENOMEM, EAGAIN)

/* The library's own step into a thread: what thread_create() does around it must not fail here. */
long __clone_thread(unsigned long flags, void *stack, int *parent_tid, int *child_tid, void *tls,
		    void (*fn)(void *), void *data);

static char thread_stack[16384] __attribute__((aligned(16)));
static volatile int thread_there;

static void thread_body(void *unused)
{
	syscall(__NR_exit, 0);
}

static int do_clone_thread(void)
{
	long ret;

	memset(thread_stack, 1, sizeof(thread_stack));
	thread_there = 1;
	begin();
	ret = __clone_thread(CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD |
			     CLONE_SYSVSEM | CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID,
			     thread_stack + sizeof(thread_stack) - 64, (int *)&thread_there,
			     (int *)&thread_there, NULL, thread_body, NULL);
	end();
	if (ret < 0)
		return ret;
	while (thread_there)		/* the kernel clears it when the thread has ended */
		usleep(1000);
	return 0;
}
SWEEP_TEST(do_clone_thread, ENOMEM, EAGAIN)

static int refused;			/* what exec_file() saw was an answer of execve() */

/*
 * exec: up to the point of no return an errno, and the caller is as it was; after it the process dies.
 * The new program runs with what is left of the count, so it is told to disarm it, and reports by its status.
 */
static int exec_file(const char *path, unsigned long persona)
{
	static char *const argv[] = { "failnth", "@report", NULL };
	static char *const envp[] = { NULL };
	int status;
	pid_t pid = OK(fork());

	if (!pid) {
		int was;

		close(fail_fd);
		fail_fd = OK(open("/proc/self/fail-nth", O_RDWR));
		OK(syscall(__NR_personality, persona));
		begin();
		execve(path, argv, envp);
		was = errno;
		end();
		_exit((unsigned long)syscall(__NR_personality, 0xffffffff) == persona ? 100 + was : 99);
	}
	OK(waitpid(pid, &status, 0));
	hit = 1;
	refused = 0;
	if (WIFSIGNALED(status) && (WTERMSIG(status) == SIGKILL || WTERMSIG(status) == SIGSEGV))
		return -ENOMEM;
	CHECK(WIFEXITED(status));
	switch (WEXITSTATUS(status)) {
	case 20:			/* it ran, and nothing failed */
		hit = 0;
		return 0;
	case 21:			/* it ran although something failed */
		return 0;
	}
	CMP(WEXITSTATUS(status), >, 100);
	refused = 1;
	return -(WEXITSTATUS(status) - 100);
}

static int do_exec(void)
{
	return exec_file("/proc/self/exe", 0);
}
SWEEP_TEST(do_exec, ENOMEM, EAGAIN, E2BIG)	/* E2BIG: a page for the arguments, as on Linux */

/* A copy of this program with the set-user-id bit; it belongs to root as we do, so the rights stay. */
static const char *setid_copy(void)
{
	static const char path[] = "/tmp/failnth-setid";
	static char buf[64 << 10];
	int from, to;
	ssize_t n;

	if (access(path, X_OK) == 0)
		return path;
	from = OK(open("/proc/self/exe", O_RDONLY));
	to = OK(open(path, O_WRONLY | O_CREAT, 0755));
	while ((n = OK(read(from, buf, sizeof(buf)))) > 0)
		EQ(write(to, buf, n), n);
	close(to);
	close(from);
	OK(chmod(path, 04755));
	return path;
}

/* The stack was made without chance and has to move. */
static int do_exec_setid(void)
{
	return exec_file(setid_copy(), ADDR_NO_RANDOMIZE);
}
SWEEP_TEST(do_exec_setid, ENOMEM, EAGAIN, E2BIG)

/* How often execve() of the copy answers with an error when its nth allocation fails. */
static int refusals(unsigned long persona)
{
	int n = 0;

	for (nth = 1, hit = 1; hit && nth <= ROUNDS; nth++) {
		exec_file(setid_copy(), persona);
		n += refused;
	}
	EQ(hit, 0);
	return n;
}

/* Memory for that move is asked for while there is a caller to say no to. */
TEST_LIMIT(a_stack_that_can_not_move_is_an_error_of_execve, 120)
{
	int moved, stays;

	NEED_FAIL_NTH();
	choose_allocations();
	moved = refusals(ADDR_NO_RANDOMIZE);
	stays = refusals(0);
	CMP(stays, >, 0);
	CMP(moved, >, stays);
}

/* What the program does that exec_file() starts. */
static int report(void)
{
	char text[16] = "";
	int fd = open("/proc/self/fail-nth", O_RDWR);

	if (fd < 0)
		return 21;
	if (pread(fd, text, sizeof(text) - 1, 0) <= 0)
		return 22;
	pwrite(fd, "0", 1, 0);
	return atoi(text) ? 20 : 21;
}

/* exit needs no memory that it cannot do without. */
static int do_exit(void)
{
	int status;
	pid_t pid = OK(fork());

	if (!pid) {
		write_area(area);
		close(fail_fd);
		fail_fd = OK(open("/proc/self/fail-nth", O_RDWR));
		begin();
		_exit(nth < 30 ? 1 : 0);
	}
	OK(waitpid(pid, &status, 0));
	hit = status == 0x100;
	CHECK(WIFEXITED(status));
	return 0;
}
SWEEP_TEST(do_exit, ENOMEM)

static int do_file_write(void)
{
	int fd = OK(memfd_create("failnth", 0)), err;
	ssize_t n;

	begin();
	n = pwrite(fd, area, 3 * PAGE, 5 * PAGE);
	end();
	err = n < 0 ? -errno : 0;
	if (n > 0) {
		char back[1];

		EQ(pread(fd, back, 1, 5 * PAGE), 1);
		EQ(back[0], 1);
	}
	close(fd);
	return err;
}
SWEEP_TEST(do_file_write, ENOMEM, ENOSPC)

static int do_open_pipe(void)
{
	int fds[2];
	long ret;

	begin();
	ret = pipe(fds);
	end();
	ret = error(ret);
	if (!ret) {
		close(fds[0]);
		close(fds[1]);
	}
	return ret;
}
SWEEP_TEST(do_open_pipe, ENOMEM, ENFILE, EMFILE)

/* ---- user copies ------------------------------------------------------------------------- */

static const char *const copy_parts[] = { "first", "middle", "last" };

static void sweep_copies(operation op, const int *allowed)
{
	NEED_FAIL_NTH();
	for (int i = 0; i < 3; i++) {
		choose("usercopy", copy_parts[i]);
		sweep(op, allowed);
	}
	choose_allocations();
}

#define COPY_TEST(op, ...)							\
	TEST_LIMIT(op##_survives_every_failed_copy, 120)			\
	{									\
		sweep_copies(op, ERRORS(__VA_ARGS__));				\
	}

COPY_TEST(do_exec, ENOMEM, EFAULT)
COPY_TEST(do_fork, EFAULT, ECHILD)
COPY_TEST(do_clone_thread, EFAULT)
COPY_TEST(do_open_pipe, EFAULT)

/* Written is what the count says, and not a byte more. */
static int do_file_copy(void)
{
	int fd = OK(memfd_create("failnth", 0)), err;
	char back[3 * PAGE];
	ssize_t n;

	begin();
	n = pwrite(fd, area, 3 * PAGE, 0);
	end();
	err = n < 0 ? -errno : 0;
	if (n > 0) {
		EQ(lseek(fd, 0, SEEK_END), n);
		EQ(pread(fd, back, sizeof(back), 0), n);
		CHECK(!memcmp(back, area, n));
	}
	close(fd);
	return err;
}
COPY_TEST(do_file_copy, EFAULT)

static int do_file_read(void)
{
	int fd = OK(memfd_create("failnth", 0)), err;
	char back[3 * PAGE];
	ssize_t n;

	EQ(pwrite(fd, area, 3 * PAGE, 0), 3 * PAGE);
	begin();
	n = pread(fd, back, sizeof(back), 0);
	end();
	err = n < 0 ? -errno : 0;
	if (n > 0)
		CHECK(!memcmp(back, area, n));
	close(fd);
	return err;
}
COPY_TEST(do_file_read, EFAULT)

static int do_mincore(void)
{
	unsigned char vec[PAGES];
	long ret;

	begin();
	ret = mincore(area, PAGES * PAGE, vec);
	end();
	return error(ret);
}
COPY_TEST(do_mincore, EFAULT)

static int do_pipe_transfer(void)
{
	int fds[2], err = 0;
	char out[64], in[64] = "";
	ssize_t n;

	OK(pipe2(fds, O_NONBLOCK));
	memset(out, 'a', sizeof(out));
	begin();
	n = write(fds[1], out, sizeof(out));
	if (n > 0)
		n = read(fds[0], in, sizeof(in));
	err = n < 0 ? -errno : 0;
	end();
	if (n > 0)
		CHECK(!memcmp(in, out, n));
	close(fds[0]);
	close(fds[1]);
	return err;
}
COPY_TEST(do_pipe_transfer, EFAULT)

static volatile int delivered;

static void on_signal(int sig)
{
	delivered = 1;
}

/* A frame that cannot be written is a SIGSEGV; sigreturn that cannot read it too. */
static int do_signal_delivery(void)
{
	int status, report[2];
	char was_hit = 0;
	pid_t pid;

	OK(pipe(report));
	pid = OK(fork());
	if (!pid) {
		close(fail_fd);
		fail_fd = OK(open("/proc/self/fail-nth", O_RDWR));
		signal(SIGUSR1, on_signal);
		delivered = 0;
		begin();
		raise(SIGUSR1);
		end();
		was_hit = hit;
		CHECK(delivered || was_hit);
		EQ(write(report[1], &was_hit, 1), 1);
		_exit(0);
	}
	close(report[1]);
	if (read(report[0], &was_hit, 1) != 1)
		was_hit = 1;
	close(report[0]);
	OK(waitpid(pid, &status, 0));
	hit = was_hit;
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV)
		return -EFAULT;
	EQ(status, 0);
	return 0;
}
COPY_TEST(do_signal_delivery, EFAULT)

int main(int argc, char **argv)
{
	if (argc > 1 && !strcmp(argv[1], "@report"))
		return report();
	stay_on_one_cpu();	/* what an idle CPU elsewhere borrows or keeps ready looks lost */
	return test_main(argv);
}
