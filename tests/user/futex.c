/*
 * tests/user/futex.c - futex(2): which words it takes, who meets whom, how a wait ends
 */
#include <sched.h>
#include <sys/time.h>
#include <thread.h>
#include <time.h>
#include <uapi/futex.h>
#include "proc.h"

#define PRIV(op)	((op) | FUTEX_PRIVATE_FLAG)

static int word, second;

static long futex(int *uaddr, int op, unsigned int val, const void *timeout, int *uaddr2, unsigned int val3)
{
	return syscall(__NR_futex, uaddr, op, val, timeout, uaddr2, val3);
}

static long futex2(int *uaddr, int op, unsigned int val, long val2, int *uaddr2, unsigned int val3)
{
	return futex(uaddr, op, val, (void *)val2, uaddr2, val3);
}

/* ---- waiters: threads and children, known to sleep by /proc ---- */

struct wait {
	int *word, op, value;
	unsigned int bitset;
	volatile int tid;
	long ret;
	struct thread *thread;
};

static int wait_in_thread(void *arg)
{
	struct wait *w = arg;

	w->tid = gettid();
	w->ret = futex(w->word, w->op, w->value, NULL, NULL, w->bitset);
	if (w->ret < 0)
		w->ret = -errno;
	return 0;
}

static void begin(struct wait *w, int *uaddr, int op, unsigned int bitset)
{
	*w = (struct wait){ .word = uaddr, .op = op, .value = *uaddr, .bitset = bitset };
	w->thread = thread_create(wait_in_thread, w);
	CHECK(w->thread);
	EVENTUALLY(w->tid && sleeps(w->tid));
}

static long end(struct wait *w)
{
	thread_join(w->thread);
	return w->ret;
}

/* ---- the words ---- */

static const int one_word[] = { FUTEX_WAIT, FUTEX_WAKE, FUTEX_WAIT_BITSET, FUTEX_WAKE_BITSET };

TEST(a_word_must_be_aligned_and_below_the_kernel)
{
	for (int i = 0; i < 4; i++) {
		for (int flag = 0; flag <= FUTEX_PRIVATE_FLAG; flag += FUTEX_PRIVATE_FLAG) {
			int op = one_word[i] | flag;

			for (int odd = 1; odd < 4; odd++)
				ERR(futex((int *)((char *)&word + odd), op, 1, NULL, NULL, ~0U), EINVAL);
			ERR(futex((int *)0xffff800000000000UL, op, 1, NULL, NULL, ~0U), EFAULT);
			ERR(futex((int *)-4096UL, op, 1, NULL, NULL, ~0U), EFAULT);
			ERR(futex((int *)-1UL, op, 1, NULL, NULL, ~0U), EINVAL);
		}
	}
}

TEST(a_word_that_is_not_mapped)
{
	int *hole = (int *)lonely(1);

	ERR(futex(hole, FUTEX_WAIT, 0, NULL, NULL, 0), EFAULT);
	ERR(futex(hole, PRIV(FUTEX_WAIT), 0, NULL, NULL, 0), EFAULT);
	ERR(futex(hole, FUTEX_WAKE, 1, NULL, NULL, 0), EFAULT);
	EQ(futex(hole, PRIV(FUTEX_WAKE), 1, NULL, NULL, 0), 0);
	ERR(futex(NULL, FUTEX_WAKE, 1, NULL, NULL, 0), EFAULT);
	EQ(futex(NULL, PRIV(FUTEX_WAKE), 1, NULL, NULL, 0), 0);
	EQ(futex2(hole, PRIV(FUTEX_REQUEUE), 1, 1, hole + 1, 0), 0);
	ERR(futex2(hole, FUTEX_REQUEUE, 1, 1, hole + 1, 0), EFAULT);
	ERR(futex2(hole, PRIV(FUTEX_CMP_REQUEUE), 1, 1, hole + 1, 0), EFAULT);
	EQ(futex2(hole, PRIV(FUTEX_WAKE_OP), 1, 1, &word, 0), 0);
	ERR(futex2(&word, PRIV(FUTEX_WAKE_OP), 1, 1, hole, 0), EFAULT);
	ERR(futex2(&word, PRIV(FUTEX_WAKE_OP), 1, 1, (int *)((char *)&word + 2), 0), EINVAL);
	STREQ(areas(hole, 1), "");
}

/* Anonymous memory that may only be read: private operations look at the word, shared ones want its page. */
TEST(a_word_that_is_read_only)
{
	int *untouched = (int *)map_at(NULL, 1, PROT_READ, 0), *touched = (int *)map_pages(1);

	*touched = 1;
	OK(mprotect(touched, PAGE, PROT_READ));
	ERR(futex(untouched, PRIV(FUTEX_WAIT), 1, NULL, NULL, 0), EAGAIN);
	ERR(futex(touched, PRIV(FUTEX_WAIT), 0, NULL, NULL, 0), EAGAIN);
	ERR(futex(untouched, FUTEX_WAIT, 1, NULL, NULL, 0), EFAULT);
	ERR(futex(touched, FUTEX_WAIT, 0, NULL, NULL, 0), EFAULT);
	ERR(futex(touched, FUTEX_WAKE, 1, NULL, NULL, 0), EFAULT);
	EQ(futex(touched, PRIV(FUTEX_WAKE), 1, NULL, NULL, 0), 0);
	ERR(futex2(&word, PRIV(FUTEX_WAKE_OP), 1, 1, touched, 0), EFAULT);
	EQ(futex2(touched, PRIV(FUTEX_WAKE_OP), 1, 1, &word, 0), 0);
}

TEST(a_word_that_may_not_be_read)
{
	int *p = (int *)map_at(NULL, 1, PROT_NONE, 0);

	ERR(futex(p, PRIV(FUTEX_WAIT), 0, NULL, NULL, 0), EFAULT);
	ERR(futex(p, FUTEX_WAIT, 0, NULL, NULL, 0), EFAULT);
	ERR(futex(p, FUTEX_WAKE, 1, NULL, NULL, 0), EFAULT);
	EQ(futex(p, PRIV(FUTEX_WAKE), 1, NULL, NULL, 0), 0);
}

static int *map_file(int fd, int prot, int flags, unsigned long pages)
{
	int *p = mmap(NULL, pages * PAGE, prot, flags, fd, 0);

	CHECK(p != MAP_FAILED);
	return p;
}

static int new_file(const char *path)
{
	int fd = OK(open(path, O_RDWR | O_CREAT | O_TRUNC, 0600));

	OK(ftruncate(fd, PAGE));
	return fd;
}

TEST(a_word_in_a_file_that_is_read_only)
{
	int fd = new_file("/tmp/futex-ro");
	int *rw = map_file(fd, PROT_READ | PROT_WRITE, MAP_SHARED, 1);
	int *ro = map_file(fd, PROT_READ, MAP_SHARED, 1);
	int *priv = map_file(fd, PROT_READ, MAP_PRIVATE, 1);
	struct wait w;

	EQ(futex(ro, FUTEX_WAKE, 1, NULL, NULL, 0), 0);
	begin(&w, ro, FUTEX_WAIT, 0);
	EQ(futex(rw, FUTEX_WAKE, 1, NULL, NULL, 0), 1);
	EQ(end(&w), 0);
	/* A private mapping whose page is still the file's is the file's. */
	begin(&w, priv, FUTEX_WAIT, 0);
	EQ(futex(rw, FUTEX_WAKE, 1, NULL, NULL, 0), 1);
	EQ(end(&w), 0);
}

TEST(a_word_behind_the_end_of_a_file)
{
	int fd = new_file("/tmp/futex-end");
	int *p = map_file(fd, PROT_READ | PROT_WRITE, MAP_SHARED, 2);

	ERR(futex(p + 1024, FUTEX_WAIT, 0, NULL, NULL, 0), EFAULT);
	ERR(futex(p + 1024, FUTEX_WAKE, 1, NULL, NULL, 0), EFAULT);
	ERR(futex(p + 1024, PRIV(FUTEX_WAIT), 0, NULL, NULL, 0), EFAULT);
}

/* ---- who meets whom ---- */

TEST(mappings_of_a_file_meet_at_the_same_place)
{
	int fd = new_file("/tmp/futex-file");
	int *a = map_file(fd, PROT_READ | PROT_WRITE, MAP_SHARED, 1);
	int *b = map_file(fd, PROT_READ | PROT_WRITE, MAP_SHARED, 1);
	struct wait w;

	begin(&w, a + 5, FUTEX_WAIT, 0);
	EQ(futex(b + 4, FUTEX_WAKE, 1, NULL, NULL, 0), 0);
	EQ(futex(b + 5, PRIV(FUTEX_WAKE), 1, NULL, NULL, 0), 0);
	EQ(futex(b + 5, FUTEX_WAKE, 1, NULL, NULL, 0), 1);
	EQ(end(&w), 0);
}

TEST(a_private_operation_means_the_address)
{
	int fd = new_file("/tmp/futex-priv");
	int *a = map_file(fd, PROT_READ | PROT_WRITE, MAP_SHARED, 1);
	struct wait w;

	begin(&w, a, PRIV(FUTEX_WAIT), 0);
	EQ(futex(a, FUTEX_WAKE, 1, NULL, NULL, 0), 0);
	EQ(futex(a, PRIV(FUTEX_WAKE), 1, NULL, NULL, 0), 1);
	EQ(end(&w), 0);
}

TEST(in_private_memory_too_the_two_kinds_do_not_meet)
{
	struct wait w;

	begin(&w, &word, PRIV(FUTEX_WAIT), 0);
	EQ(futex(&word, FUTEX_WAKE, 1, NULL, NULL, 0), 0);
	EQ(futex(&word, PRIV(FUTEX_WAKE), 1, NULL, NULL, 0), 1);
	EQ(end(&w), 0);
	begin(&w, &word, FUTEX_WAIT, 0);
	EQ(futex(&word, PRIV(FUTEX_WAKE), 1, NULL, NULL, 0), 0);
	EQ(futex(&word, FUTEX_WAKE, 1, NULL, NULL, 0), 1);
	EQ(end(&w), 0);
}

TEST(a_private_mapping_of_a_file_is_its_own)
{
	int fd = new_file("/tmp/futex-cow");
	int *s = map_file(fd, PROT_READ | PROT_WRITE, MAP_SHARED, 1);
	int *p = map_file(fd, PROT_READ | PROT_WRITE, MAP_PRIVATE, 1);
	struct wait w;

	begin(&w, p, FUTEX_WAIT, 0);
	EQ(futex(s, FUTEX_WAKE, 1, NULL, NULL, 0), 0);
	EQ(futex(p, FUTEX_WAKE, 1, NULL, NULL, 0), 1);
	EQ(end(&w), 0);
}

TEST(fork_parts_private_words_and_shared_ones_stay_together)
{
	int *s = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct wait w;

	begin(&w, &word, FUTEX_WAIT, 0);
	EXITS(CHILD(EQ(futex(&word, FUTEX_WAKE, 1, NULL, NULL, 0), 0)), 0);
	EQ(futex(&word, FUTEX_WAKE, 1, NULL, NULL, 0), 1);
	EQ(end(&w), 0);
	begin(&w, s, FUTEX_WAIT, 0);
	EXITS(CHILD(EQ(futex(s, FUTEX_WAKE, 1, NULL, NULL, 0), 1)), 0);
	EQ(end(&w), 0);
}

/* The word's page is copied while somebody waits: the address counts, not the page. */
TEST(copy_on_write_does_not_lose_a_waiter)
{
	struct wait w;
	pid_t pid;

	begin(&w, &word, FUTEX_WAIT, 0);
	pid = CHILD(pause());
	second = 1;
	EQ(futex(&word, FUTEX_WAKE, 1, NULL, NULL, 0), 1);
	EQ(end(&w), 0);
	kill(pid, SIGKILL);
}

TEST(a_waiter_outlives_its_mapping)
{
	int *p = (int *)map_pages(1);
	struct wait w;

	begin(&w, p, PRIV(FUTEX_WAIT), 0);
	OK(munmap(p, PAGE));
	EQ(futex(p, PRIV(FUTEX_WAKE), 1, NULL, NULL, 0), 1);
	EQ(end(&w), 0);
}

/* ---- wake, bitsets, requeue ---- */

TEST(at_least_one_is_woken)
{
	struct wait w[2];

	for (int count = -1; count <= 0; count++) {
		begin(&w[0], &word, PRIV(FUTEX_WAIT), 0);
		EQ(futex(&word, PRIV(FUTEX_WAKE), count, NULL, NULL, 0), 1);
		EQ(end(&w[0]), 0);
	}
}

TEST(waiters_are_woken_in_the_order_in_which_they_came)
{
	struct wait w[3];

	for (int i = 0; i < 3; i++)
		begin(&w[i], &word, PRIV(FUTEX_WAIT), 0);
	for (int i = 0; i < 3; i++) {
		EQ(futex(&word, PRIV(FUTEX_WAKE), 1, NULL, NULL, 0), 1);
		EQ(end(&w[i]), 0);
	}
}

TEST(an_empty_bitset_is_refused)
{
	ERR(futex(&word, FUTEX_WAIT_BITSET, 0, NULL, NULL, 0), EINVAL);
	ERR(futex(&word, FUTEX_WAKE_BITSET, 1, NULL, NULL, 0), EINVAL);
}

TEST(bitsets_must_meet)
{
	struct wait a, b;

	begin(&a, &word, PRIV(FUTEX_WAIT_BITSET), 1);
	begin(&b, &word, PRIV(FUTEX_WAIT_BITSET), 6);
	EQ(futex(&word, PRIV(FUTEX_WAKE_BITSET), 10, NULL, NULL, 8), 0);
	EQ(futex(&word, PRIV(FUTEX_WAKE_BITSET), 10, NULL, NULL, 4), 1);
	EQ(end(&b), 0);
	EQ(futex(&word, PRIV(FUTEX_WAKE), 10, NULL, NULL, 0), 1);
	EQ(end(&a), 0);
}

TEST(requeue_moves_who_is_not_woken)
{
	struct wait w[4];

	for (int i = 0; i < 4; i++)
		begin(&w[i], &word, PRIV(FUTEX_WAIT), 0);
	ERR(futex2(&word, PRIV(FUTEX_CMP_REQUEUE), 1, 2, &second, 77), EAGAIN);
	ERR(futex2(&word, PRIV(FUTEX_REQUEUE), -1, 2, &second, 0), EINVAL);
	ERR(futex2(&word, PRIV(FUTEX_REQUEUE), 1, -1, &second, 0), EINVAL);
	EQ(futex2(&word, PRIV(FUTEX_CMP_REQUEUE), 1, 2, &second, 0), 3);
	EQ(end(&w[0]), 0);
	EQ(futex(&word, PRIV(FUTEX_WAKE), 10, NULL, NULL, 0), 1);
	EQ(end(&w[3]), 0);
	EQ(futex(&second, PRIV(FUTEX_WAKE), 1, NULL, NULL, 0), 1);
	EQ(end(&w[1]), 0);
	EQ(futex(&second, PRIV(FUTEX_WAKE), 10, NULL, NULL, 0), 1);
	EQ(end(&w[2]), 0);
	EQ(futex2(&word, PRIV(FUTEX_REQUEUE), 0, 0, &second, 0), 0);
}

TEST(requeue_to_the_same_word_ends)
{
	struct wait w[3];

	for (int i = 0; i < 3; i++)
		begin(&w[i], &word, PRIV(FUTEX_WAIT), 0);
	EQ(futex2(&word, PRIV(FUTEX_REQUEUE), 0, 0x7fffffff, &word, 0), 3);
	EQ(futex(&word, PRIV(FUTEX_WAKE), 10, NULL, NULL, 0), 3);
	for (int i = 0; i < 3; i++)
		EQ(end(&w[i]), 0);
}

TEST(requeue_goes_from_a_file_to_another)
{
	int fd = new_file("/tmp/futex-a"), fd2 = new_file("/tmp/futex-b");
	int *a = map_file(fd, PROT_READ | PROT_WRITE, MAP_SHARED, 1);
	int *b = map_file(fd2, PROT_READ | PROT_WRITE, MAP_SHARED, 1);
	int *b2 = map_file(fd2, PROT_READ | PROT_WRITE, MAP_SHARED, 1);
	struct wait w;

	begin(&w, a, FUTEX_WAIT, 0);
	EQ(futex2(a, FUTEX_REQUEUE, 0, 1, b, 0), 1);
	EQ(futex(a, FUTEX_WAKE, 1, NULL, NULL, 0), 0);
	EQ(futex(b2, FUTEX_WAKE, 1, NULL, NULL, 0), 1);
	EQ(end(&w), 0);
}

#define OP(op, arg, cmp, cmparg)	((unsigned int)(op) << 28 | (cmp) << 24 | ((arg) & 0xfff) << 12 | ((cmparg) & 0xfff))

TEST(wake_op_calculates)
{
	static const struct {
		unsigned int code;
		int before, after;
	} t[] = {
		{ OP(FUTEX_OP_SET, 7, 0, 0), 3, 7 },
		{ OP(FUTEX_OP_SET, -1, 0, 0), 3, -1 },
		{ OP(FUTEX_OP_ADD, 5, 0, 0), 3, 8 },
		{ OP(FUTEX_OP_ADD, -5, 0, 0), 3, -2 },
		{ OP(FUTEX_OP_ADD, 1, 0, 0), 0x7fffffff, -0x7fffffff - 1 },
		{ OP(FUTEX_OP_OR, 12, 0, 0), 3, 15 },
		{ OP(FUTEX_OP_ANDN, 1, 0, 0), 3, 2 },
		{ OP(FUTEX_OP_XOR, 6, 0, 0), 3, 5 },
		{ OP(FUTEX_OP_OPARG_SHIFT | FUTEX_OP_OR, 4, 0, 0), 3, 19 },
		{ OP(FUTEX_OP_OPARG_SHIFT | FUTEX_OP_SET, 31, 0, 0), 3, -0x7fffffff - 1 },
		{ OP(FUTEX_OP_OPARG_SHIFT | FUTEX_OP_SET, 33, 0, 0), 3, 2 },
		{ OP(FUTEX_OP_OPARG_SHIFT | FUTEX_OP_SET, -1, 0, 0), 3, -0x7fffffff - 1 },
	};

	for (unsigned int i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		second = t[i].before;
		EQ(futex2(&word, PRIV(FUTEX_WAKE_OP), 1, 1, &second, t[i].code), 0);
		if (second != t[i].after)
			FAIL("%u: %d instead of %d", i, second, t[i].after);
	}
	for (int op = 5; op < 8; op++)
		ERR(futex2(&word, PRIV(FUTEX_WAKE_OP), 1, 1, &second, OP(op, 0, 0, 0)), ENOSYS);
	second = 3;
	ERR(futex2(&word, PRIV(FUTEX_WAKE_OP), 1, 1, &second, OP(FUTEX_OP_SET, 9, 6, 0)), ENOSYS);
	EQ(second, 9);
	ERR(futex2(&word, PRIV(FUTEX_WAKE_OP), 1, 1, (int *)lonely(1), OP(7, 0, 0, 0)), ENOSYS);
}

TEST(wake_op_compares_the_old_value)
{
	static const struct {
		int cmp, arg, old, passes;
	} t[] = {
		{ FUTEX_OP_CMP_EQ, 5, 5, 1 }, { FUTEX_OP_CMP_EQ, 5, 4, 0 }, { FUTEX_OP_CMP_NE, 5, 4, 1 },
		{ FUTEX_OP_CMP_LT, 0, -1, 1 }, { FUTEX_OP_CMP_LT, -1, 0, 0 }, { FUTEX_OP_CMP_LE, 3, 3, 1 },
		{ FUTEX_OP_CMP_GT, -1, 0, 1 }, { FUTEX_OP_CMP_GE, 3, 2, 0 }, { FUTEX_OP_CMP_GE, 3, 3, 1 },
	};

	for (unsigned int i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct wait a, b;

		second = t[i].old;
		begin(&a, &word, PRIV(FUTEX_WAIT), 0);
		begin(&b, &second, PRIV(FUTEX_WAIT), 0);
		if (futex2(&word, PRIV(FUTEX_WAKE_OP), 1, 1, &second,
			   OP(FUTEX_OP_ADD, 0, t[i].cmp, t[i].arg)) != 1 + t[i].passes)
			FAIL("comparison %u", i);
		EQ(end(&a), 0);
		EQ(futex(&second, PRIV(FUTEX_WAKE), 1, NULL, NULL, 0), !t[i].passes);
		EQ(end(&b), 0);
	}
}

/* ---- time ---- */

static struct timespec now_and(int clock, long ms)
{
	struct timespec t;

	clock_gettime(clock, &t);
	t.tv_nsec += ms * 1000000;
	while (t.tv_nsec >= 1000000000) {
		t.tv_nsec -= 1000000000;
		t.tv_sec++;
	}
	return t;
}

static int passed(int clock, struct timespec t)
{
	struct timespec n;

	clock_gettime(clock, &n);
	return n.tv_sec > t.tv_sec || (n.tv_sec == t.tv_sec && n.tv_nsec >= t.tv_nsec);
}

TEST(wait_is_relative_wait_bitset_absolute)
{
	struct timespec t = { 0, 30000000 }, until = now_and(CLOCK_MONOTONIC, 30);

	ERR(futex(&word, FUTEX_WAIT, 0, &t, NULL, 0), ETIMEDOUT);
	CHECK(passed(CLOCK_MONOTONIC, until));
	ERR(futex(&word, FUTEX_WAIT_BITSET, 0, &t, NULL, 1), ETIMEDOUT);
	until = now_and(CLOCK_MONOTONIC, 30);
	ERR(futex(&word, FUTEX_WAIT_BITSET, 0, &until, NULL, 1), ETIMEDOUT);
	CHECK(passed(CLOCK_MONOTONIC, until));
	until = now_and(CLOCK_REALTIME, 30);
	ERR(futex(&word, FUTEX_WAIT_BITSET | FUTEX_CLOCK_REALTIME, 0, &until, NULL, 1), ETIMEDOUT);
	CHECK(passed(CLOCK_REALTIME, until));
}

TEST(the_value_is_looked_at_before_the_time)
{
	struct timespec past = { 0, 0 }, bad[] = { { -1, 0 }, { 0, -1 }, { 0, 1000000000 } };

	ERR(futex(&word, FUTEX_WAIT, 1, &past, NULL, 0), EAGAIN);
	ERR(futex(&word, FUTEX_WAIT, 0, &past, NULL, 0), ETIMEDOUT);
	ERR(futex(&word, FUTEX_WAIT_BITSET, 1, &past, NULL, 1), EAGAIN);
	ERR(futex(&word, FUTEX_WAIT_BITSET, 0, &past, NULL, 1), ETIMEDOUT);
	ERR(futex(&word, FUTEX_WAIT_BITSET | FUTEX_CLOCK_REALTIME, 0, &past, NULL, 1), ETIMEDOUT);
	for (int i = 0; i < 3; i++) {
		ERR(futex(&word, FUTEX_WAIT, 1, &bad[i], NULL, 0), EINVAL);
		ERR(futex(&word, FUTEX_WAIT_BITSET, 1, &bad[i], NULL, 1), EINVAL);
	}
	ERR(futex(&word, FUTEX_WAIT, 1, (void *)0x1000, NULL, 0), EFAULT);
	ERR(futex((int *)1, FUTEX_WAIT, 1, (void *)0x1000, NULL, 0), EFAULT);
	/* what takes no time does not look */
	EQ(futex(&word, FUTEX_WAKE, 1, (void *)0x1000, NULL, 0), 0);
}

TEST(the_wall_clock_is_for_wait_bitset_only)
{
	static const int ops[] = { FUTEX_WAIT, FUTEX_WAKE, FUTEX_REQUEUE, FUTEX_CMP_REQUEUE, FUTEX_WAKE_OP,
				   FUTEX_WAKE_BITSET };
	struct timespec t = { 0, 0 }, bad = { 0, -1 };

	for (unsigned int i = 0; i < sizeof(ops) / sizeof(ops[0]); i++)
		ERR(futex(&word, ops[i] | FUTEX_CLOCK_REALTIME, 0, &t, &second, 1), ENOSYS);
	ERR(futex(&word, FUTEX_WAIT | FUTEX_CLOCK_REALTIME, 0, &bad, NULL, 0), EINVAL);
	ERR(futex(&word, FUTEX_WAIT | FUTEX_CLOCK_REALTIME, 0, (void *)0x1000, NULL, 0), EFAULT);
}

TEST(unknown_operations)
{
	ERR(futex(&word, FUTEX_FD, 0, NULL, NULL, 0), ENOSYS);
	for (int op = 14; op < 128; op++)
		ERR(futex(&word, op, 0, NULL, &second, 1), ENOSYS);
	ERR(futex(&word, 512, 0, NULL, &second, 1), ENOSYS);
	ERR(futex(&word, -1, 0, NULL, &second, 1), ENOSYS);
}

/* ---- signals ---- */

static volatile int handled;

static void on_alarm(int sig)
{
	handled++;
}

/* Again and again: the first may come before the wait that it is to end. */
static void alarm_each_second(int flags)
{
	struct sigaction act = { .sa_handler = on_alarm, .sa_flags = flags };
	struct itimerval t = { .it_value = { 1, 0 }, .it_interval = { 1, 0 } };

	OK(sigaction(SIGALRM, &act, NULL));
	OK(setitimer(ITIMER_REAL, &t, NULL));
}

TEST(a_handler_ends_a_wait)
{
	alarm_each_second(0);
	ERR(futex(&word, FUTEX_WAIT, 0, NULL, NULL, 0), EINTR);
	CMP(handled, >=, 1);
}

TEST(a_wait_with_a_time_ends_by_a_handler_also_with_sa_restart)
{
	struct timespec t = { 100, 0 };

	alarm_each_second(SA_RESTART);
	ERR(futex(&word, FUTEX_WAIT, 0, &t, NULL, 0), EINTR);
	CMP(handled, >=, 1);
}

static int wake_until_woken(void *arg)
{
	while (!handled)
		usleep(10000);
	while (!futex(&word, FUTEX_WAKE, 1, NULL, NULL, 0))
		usleep(10000);
	return 0;
}

TEST(sa_restart_begins_a_wait_without_a_time_again)
{
	struct thread *t;
	sigset_t set = sigmask(SIGALRM);

	OK(sigprocmask(SIG_BLOCK, &set, NULL));
	t = thread_create(wake_until_woken, NULL);
	OK(sigprocmask(SIG_UNBLOCK, &set, NULL));
	alarm_each_second(SA_RESTART);
	OK(futex(&word, FUTEX_WAIT, 0, NULL, NULL, 0));
	CMP(handled, >=, 1);
	thread_join(t);
}

TEST(a_stop_does_not_end_a_wait_nor_lengthen_it)
{
	int *s = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t pid = CHILD(
		struct timespec t = { 1, 0 };
		struct timespec until = now_and(CLOCK_MONOTONIC, 1000);
		s[1] = 1;
		ERR(futex(s, FUTEX_WAIT, 0, &t, NULL, 0), ETIMEDOUT);
		CHECK(passed(CLOCK_MONOTONIC, until));
		s[1] = 2;
	);
	int status;

	EVENTUALLY(s[1] && sleeps(pid));
	for (int i = 0; i < 3; i++) {
		OK(kill(pid, SIGSTOP));
		OK(waitpid(pid, &status, WUNTRACED));
		OK(kill(pid, SIGCONT));
		usleep(20000);
	}
	EXITS(pid, 0);
	EQ(s[1], 2);
}

TEST(restart_syscall_of_ones_own_is_interrupted)
{
	ERR(syscall(__NR_restart_syscall), EINTR);
}
