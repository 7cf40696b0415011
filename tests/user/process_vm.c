/*
 * tests/user/process_vm.c - reading and writing another process's memory
 */
#include <sys/prctl.h>
#include <uapi/uio.h>
#include "mem.h"
#include "proc.h"

#define setresuid(r, e, s)	syscall(__NR_setresuid, r, e, s)
#define setresgid(r, e, s)	syscall(__NR_setresgid, r, e, s)

#define RW	(PROT_READ | PROT_WRITE)

static long readv_of(pid_t pid, struct iovec *l, unsigned long nl, struct iovec *r, unsigned long nr)
{
	return syscall(__NR_process_vm_readv, pid, l, nl, r, nr, 0);
}

static long writev_of(pid_t pid, struct iovec *l, unsigned long nl, struct iovec *r, unsigned long nr)
{
	return syscall(__NR_process_vm_writev, pid, l, nl, r, nr, 0);
}

static long pull(pid_t pid, void *to, const void *from, unsigned long len)
{
	struct iovec l = { to, len }, r = { (void *)from, len };

	return readv_of(pid, &l, 1, &r, 1);
}

static long push(pid_t pid, void *to, const void *from, unsigned long len)
{
	struct iovec l = { (void *)from, len }, r = { to, len };

	return writev_of(pid, &l, 1, &r, 1);
}

/* A child that waits until it is killed; what it has is ours from before. */
static pid_t sleeper(void)
{
	return CHILD(for (;;) pause());
}

static void stop(pid_t pid)
{
	OK(kill(pid, SIGKILL));
	DIES(pid, SIGKILL);
}

TEST(the_childs_copy_is_read_and_not_ours)
{
	char *p = map_pages(3), buf[16];
	pid_t pid;

	strcpy(p + PAGE - 4, "before");
	pid = sleeper();
	strcpy(p + PAGE - 4, "after!");
	EQ(pull(pid, buf, p + PAGE - 4, 7), 7);
	STREQ(buf, "before");
	EQ(push(pid, p + PAGE - 4, "middle", 7), 7);
	EQ(pull(pid, buf, p + PAGE - 4, 7), 7);
	STREQ(buf, "middle");
	STREQ(p + PAGE - 4, "after!");
	stop(pid);
}

/* Linux pins what it reads: the page must be one that a later write does not leave behind. */
TEST(reading_unshares_a_page_that_fork_shared)
{
	volatile char *p = map_pages(3), buf[2];

	p[0] = 1;
	p[PAGE] = 2;
	EXITS(CHILD(
		EQ(smaps_kb(p, "Shared_Dirty"), 8);
		EQ(pull(getpid(), (void *)buf, (void *)p, 1), 1);	/* ours alone now, and clean */
		EQ(buf[0], 1);
		EQ(smaps_kb(p, "Shared_Dirty"), 4);
		EQ(smaps_kb(p, "Private_Clean"), 4);
		EQ(smaps_kb(p, "Anonymous"), 8);
		p[0] = 3;
		EQ(smaps_kb(p, "Private_Dirty"), 4);
		EQ(pull(getpid(), (void *)buf, (void *)(p + 2 * PAGE), 1), 1);	/* the zero page stays */
		EQ(smaps_kb(p, "Rss"), 8);
		_exit(0);
	), 0);
	EQ(p[0], 1);
	EQ(p[PAGE], 2);
	EQ(smaps_kb(p, "Private_Dirty"), 8);
}

/* What the kernel wrote is marked on the page: MADV_FREE in one of two that share it leaves it. */
TEST(a_page_written_for_a_process_is_not_free_for_the_other_to_discard)
{
	volatile char *p = map_pages(2);
	char one = 1;

	p[0] = p[PAGE] = 5;
	EQ(push(getpid(), (void *)p, &one, 1), 1);
	EXITS(CHILD(
		EQ(madvise((void *)p, 2 * PAGE, MADV_FREE), 0);
		EQ(smaps_kb(p, "Shared_Dirty"), 4);
		EQ(smaps_kb(p, "Shared_Clean"), 4);
		_exit(0);
	), 0);
	EQ(madvise((void *)p, 2 * PAGE, MADV_FREE), 0);		/* shared no longer: both */
	EQ(smaps_kb(p, "Private_Dirty"), 0);
	EQ(smaps_kb(p, "Private_Clean"), 8);
	EQ(p[0], 1);
}

TEST(what_is_written_is_what_the_child_sees)
{
	volatile int *p = (volatile int *)map_pages(1);
	int one = 1;
	pid_t pid = CHILD(
		while (!*p)
			usleep(1000);
		_exit(*p);
	);

	EQ(push(pid, (void *)p, &one, sizeof(one)), sizeof(one));
	EXITS(pid, 1);
	EQ(*p, 0);
}

TEST(oneself_can_be_read_too)
{
	char from[] = "hello", to[6];

	EQ(pull(getpid(), to, from, 6), 6);
	STREQ(to, "hello");
}

TEST(vectors_need_not_match)
{
	char *p = map_pages(1), out[10];
	struct iovec l[4] = { { out, 2 }, { NULL, 0 }, { out + 2, 5 }, { out + 7, 3 } };
	struct iovec r[3] = { { p + 10, 4 }, { p + 5, 0 }, { p + 20, 3 } };
	pid_t pid;

	strcpy(p + 10, "abcd");
	strcpy(p + 20, "efgh");
	pid = sleeper();
	memset(out, '.', 10);
	EQ(readv_of(pid, l, 4, r, 3), 7);
	EQ(memcmp(out, "abcdefg...", 10), 0);
	l[0].iov_len = 3;
	EQ(readv_of(pid, l, 1, r, 3), 3);
	stop(pid);
}

TEST(a_hole_on_the_other_side_ends_the_transfer)
{
	char *p = map_at(lonely(4), 2, RW, MAP_FIXED), *buf = map_pages(4);
	struct iovec l = { buf, 3 * PAGE }, r[2] = { { p + PAGE, 2 * PAGE }, { p, PAGE } };
	pid_t pid;

	memset(p, 'x', 2 * PAGE);
	pid = sleeper();
	EQ(pull(pid, buf, p, 3 * PAGE), 2 * PAGE);
	EQ(buf[2 * PAGE - 1], 'x');
	EQ(buf[2 * PAGE], 0);
	EQ(readv_of(pid, &l, 1, r, 2), PAGE);
	ERR(pull(pid, buf, p + 2 * PAGE, 10), EFAULT);
	ERR(pull(pid, buf, NULL, 10), EFAULT);
	ERR(pull(pid, buf, (void *)0xffff800000000000UL, 10), EFAULT);
	ERR(pull(pid, buf, (void *)-16UL, 32), EFAULT);
	stop(pid);
}

TEST(a_hole_on_our_side_ends_the_transfer)
{
	char *buf = map_at(lonely(4), 2, RW, MAP_FIXED), *p = map_pages(4);
	pid_t pid;

	memset(p, 'x', 4 * PAGE);
	pid = sleeper();
	EQ(pull(pid, buf + PAGE + 100, p, PAGE), PAGE - 100);
	EQ(buf[2 * PAGE - 1], 'x');
	ERR(pull(pid, buf + 2 * PAGE, p, 1), EFAULT);
	EQ(push(pid, p, buf + PAGE + 100, PAGE), PAGE - 100);
	stop(pid);
}

TEST(large_transfers)
{
	enum { N = 100 };
	char *p = map_pages(N + 1), *buf = map_pages(N + 1);
	pid_t pid;

	for (int i = 0; i < N; i++)
		memset(p + i * PAGE, i, PAGE);
	pid = sleeper();
	EQ(pull(pid, buf + 1, p + 3, N * PAGE), N * PAGE);
	EQ(memcmp(buf + 1, p + 3, N * PAGE - 3), 0);
	memset(p, 0, N * PAGE);
	EQ(push(pid, p, buf + 1, N * PAGE), N * PAGE);
	EQ(pull(pid, p, p, N * PAGE), N * PAGE);
	EQ(memcmp(buf + 1, p, N * PAGE), 0);
	stop(pid);
}

TEST(protection_of_the_other_side_counts)
{
	char *p = map_pages(3), buf[8] = "12345678";
	pid_t pid;

	strcpy(p, "ro");
	OK(mprotect(p, PAGE, PROT_READ));
	OK(mprotect(p + PAGE, PAGE, PROT_NONE));
	pid = sleeper();
	ERR(push(pid, p, buf, 8), EFAULT);
	EQ(pull(pid, buf, p, 3), 3);
	STREQ(buf, "ro");
	ERR(pull(pid, buf, p + PAGE, 8), EFAULT);
	ERR(push(pid, p + PAGE, buf, 8), EFAULT);
	EQ(push(pid, p + 2 * PAGE, buf, 8), 8);
	stop(pid);
}

TEST(untouched_pages_read_zero_and_shared_ones_are_shared)
{
	char *p = mmap(NULL, 2 * PAGE, RW, MAP_SHARED | MAP_ANONYMOUS, -1, 0), *q = map_pages(1);
	char buf[2] = "x";
	pid_t pid = sleeper();

	EQ(pull(pid, buf, q, 1), 1);
	EQ(buf[0], 0);
	EQ(frame(q), 0);
	EQ(push(pid, p + PAGE, "s", 1), 1);
	EQ(p[PAGE], 's');
	stop(pid);
}

TEST(a_program_that_is_not_dumpable_is_closed_to_others)
{
	char *p = map_pages(2), buf[4];
	volatile char *ready = mmap(NULL, PAGE, RW, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t pid = CHILD(
		OK(setresgid(1000, 1000, 1000));
		OK(setresuid(1000, 1000, 1000));
		OK(prctl(PR_SET_DUMPABLE, 1, 0, 0, 0));
		ready[0] = 1;
		while (!ready[1])
			usleep(1000);
		OK(prctl(PR_SET_DUMPABLE, 0, 0, 0, 0));
		ready[2] = 1;
		for (;;)
			pause();
	);

	EVENTUALLY(ready[0]);
	EQ(pull(pid, buf, p, 4), 4);
	EXITS(CHILD(
		OK(setresgid(1000, 1000, 1000));
		OK(setresuid(1000, 1000, 1000));
		EQ(pull(pid, buf, p, 4), 4);
		ready[1] = 1;
		EVENTUALLY(ready[2]);
		ERR(pull(pid, buf, p, 4), EPERM);
		ERR(push(pid, p, buf, 4), EPERM);
		EQ(pull(getpid(), buf, p, 4), 4);
		OK(prctl(PR_SET_DUMPABLE, 0, 0, 0, 0));
		EQ(pull(getpid(), buf, p, 4), 4);
	), 0);
	EQ(pull(pid, buf, p, 4), 4);
	stop(pid);
}

TEST(another_user_is_closed)
{
	char *p = map_pages(1), buf[4];
	pid_t pid = sleeper();

	EXITS(CHILD(
		OK(setresgid(1000, 1000, 1000));
		OK(setresuid(1000, 1000, 1000));
		ERR(pull(pid, buf, p, 4), EPERM);
		ERR(pull(1, buf, p, 4), EPERM);
	), 0);
	EXITS(CHILD(
		OK(setresuid(1000, 0, 0));
		EQ(pull(pid, buf, p, 4), 4);
	), 0);
	stop(pid);
}

TEST(dead_processes_have_no_memory)
{
	char *p = map_pages(1), buf[4];
	siginfo_t info;
	pid_t pid = CHILD(_exit(0));

	OK(waitid(P_PID, pid, &info, WEXITED | WNOWAIT));
	ERR(pull(pid, buf, p, 4), ESRCH);
	EXITS(pid, 0);
	ERR(pull(pid, buf, p, 4), ESRCH);
	ERR(pull(0, buf, p, 4), ESRCH);
	ERR(pull(-1, buf, p, 4), ESRCH);
}

TEST(process_vm_rejects_nonsense)
{
	static struct iovec many[1025];
	char buf[8];
	struct iovec v = { buf, 4 }, bad = { buf, -1UL }, zero = { NULL, 0 };
	struct iovec kernel = { (void *)0xffff800000000000UL, 4 };
	pid_t me = getpid();

	for (int i = 0; i < 1025; i++)
		many[i] = (struct iovec){ buf, 1 };
	ERR(syscall(__NR_process_vm_readv, me, &v, 1, &v, 1, 1), EINVAL);
	ERR(syscall(__NR_process_vm_writev, me, &v, 1, &v, 1, -1UL), EINVAL);
	ERR(readv_of(me, many, 1025, &v, 1), EINVAL);
	ERR(readv_of(me, &v, 1, many, 1025), EINVAL);
	ERR(readv_of(me, &v, -1UL, &v, 1), EINVAL);
	ERR(readv_of(me, &v, 1, &v, -1UL), EINVAL);
	EQ(readv_of(me, many, 1024, many, 1024), 1024);
	ERR(readv_of(me, NULL, 1, &v, 1), EFAULT);
	ERR(readv_of(me, &v, 1, NULL, 1), EFAULT);
	ERR(readv_of(me, &bad, 1, &v, 1), EINVAL);
	ERR(readv_of(me, &v, 1, &bad, 1), EINVAL);
	ERR(readv_of(me, &kernel, 1, &v, 1), EFAULT);
	ERR(readv_of(me, &v, 1, &kernel, 1), EFAULT);
	EQ(readv_of(me, NULL, 0, &v, 1), 0);
	EQ(readv_of(me, &v, 1, NULL, 0), 0);
	EQ(readv_of(me, &zero, 1, &v, 1), 0);
	EQ(readv_of(me, &v, 1, &zero, 1), 0);
	EQ(readv_of(12345678, &v, 1, &zero, 1), 0);
	EQ(readv_of(12345678, &zero, 1, &v, 1), 0);
	ERR(readv_of(12345678, &v, 1, &v, 1), ESRCH);
	ERR(readv_of(12345678, &v, 1, &kernel, 1), ESRCH);
}
