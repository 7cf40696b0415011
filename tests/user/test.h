/*
 * tests/user/test.h - tests through system calls, answered in TAP
 *
 * Purpose:    a program holds cases, TEST(claim) { ... }. It runs them all, or those named
 *             by its arguments, and prints `1..N`, then `ok n - claim` or
 *             `not ok n - claim # file:line: what went wrong`.
 * Invariants: each case runs in a child of its own, in a process group of its own, with a
 *             limit that the parent's alarm keeps, so that a case may have its own timers: a
 *             crash or a hang is a failure of that case and not the end. What it leaves behind
 *             is killed.
 *             A claim must hold on Linux 6.1 for root; Linux decides when we are in doubt.
 */
#ifndef _TEST_H
#define _TEST_H

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

struct test {
	const char	*name;
	void		(*run)(void);
	long		line;		/* the linker may shuffle them: sorted by this */
	long		seconds;
};

#define TEST_SECONDS	20

/* The linker puts all of them side by side, from __start_tests to __stop_tests. */
#define TEST_LIMIT(claim, limit)						\
	static void claim(void);						\
	static struct test test_##claim						\
	__attribute__((section("tests"), used, aligned(8))) =			\
		{ #claim, claim, __LINE__, limit };				\
	static void claim(void)
#define TEST(claim)	TEST_LIMIT(claim, TEST_SECONDS)

extern struct test __start_tests[], __stop_tests[];

static int failure_pipe[2] = { -1, -1 };

/* End the case: what went wrong goes to the parent, also from a child of the case. */
__attribute__((noreturn, format(printf, 3, 4)))
static void test_fail(const char *file, int line, const char *fmt, ...)
{
	const char *base = strrchr(file, '/');
	char text[400];
	va_list ap;
	int n;

	n = snprintf(text, sizeof(text), "%s:%d: ", base ? base + 1 : file, line);
	va_start(ap, fmt);
	n += vsnprintf(text + n, sizeof(text) - n, fmt, ap);
	va_end(ap);
	write(failure_pipe[1], text, n < (int)sizeof(text) ? n : (int)sizeof(text) - 1);
	_exit(99);
}

/* For what counts what a second CPU would change: from here on this task and its children run on the first. */
static inline void stay_on_one_cpu(void)
{
	unsigned long first = 1;

	syscall(__NR_sched_setaffinity, 0, sizeof(first), &first);
}

#define FAIL(...)	test_fail(__FILE__, __LINE__, __VA_ARGS__)

#define CHECK(expr) do {							\
	if (!(expr))								\
		FAIL("%s (errno %s)", #expr, strerrorname(errno));		\
} while (0)

#define EQ(a, b) do {								\
	long a_ = (long)(a), b_ = (long)(b);					\
	if (a_ != b_)								\
		FAIL("%s == %s (%ld = 0x%lx, %ld = 0x%lx)", #a, #b, a_, a_, b_, b_); \
} while (0)

/* a OP b, for < <= > >= */
#define CMP(a, op, b) do {							\
	long a_ = (long)(a), b_ = (long)(b);					\
	if (!(a_ op b_))							\
		FAIL("%s %s %s (%ld, %ld)", #a, #op, #b, a_, b_);		\
} while (0)

#define STREQ(a, b) do {							\
	const char *a_ = (a), *b_ = (b);					\
	if (strcmp(a_, b_))							\
		FAIL("%s: \"%s\" instead of \"%s\"", #a, a_, b_);		\
} while (0)

/* The condition comes true within ten seconds. */
#define EVENTUALLY(expr) do {							\
	int tries_ = 0;								\
	while (!(expr)) {							\
		if (tries_++ == 1000)						\
			FAIL("never: %s", #expr);				\
		usleep(10000);							\
	}									\
} while (0)

/* The call succeeds; its value. */
#define OK(call) ({								\
	long r_ = (long)(call);							\
	if (r_ == -1)								\
		FAIL("%s: %s", #call, strerrorname(errno));			\
	r_; })

/* The call fails, and with this error. */
#define ERR(call, error) do {							\
	long r_ = (long)(call);							\
	if (r_ != -1)								\
		FAIL("%s returned %ld, not %s", #call, r_, #error);		\
	if (errno != (error))							\
		FAIL("%s: %s, not %s", #call, strerrorname(errno), #error);	\
} while (0)

/* Wait for a child that must exit with this status. */
#define EXITS(pid, code) do {							\
	int s_ = -1;								\
	OK(waitpid(pid, &s_, 0));						\
	if (!WIFEXITED(s_) || WEXITSTATUS(s_) != (code))			\
		FAIL("child: status 0x%x instead of exit %d", s_, (int)(code));	\
} while (0)

/* Wait for a child that must die by this signal. */
#define DIES(pid, sig) do {							\
	int s_ = -1;								\
	OK(waitpid(pid, &s_, 0));						\
	if (!WIFSIGNALED(s_) || WTERMSIG(s_) != (sig))				\
		FAIL("child: status 0x%x instead of %s", s_, strsignal(sig));	\
} while (0)

/* Run the statement in a child; the value is its process id. */
#define CHILD(...) ({								\
	pid_t p_ = OK(fork());							\
	if (!p_) {								\
		__VA_ARGS__;							\
		_exit(0);							\
	}									\
	p_; })

/* CPUs wait for each other, and the emulator's host may have fewer: whoever is to answer has to get a turn first. */
static int patience(void)
{
	unsigned long mask[16] = { 0 };

	syscall(__NR_sched_getaffinity, 0, sizeof(mask), mask);
	return mask[0] >> 2 ? 5 : 1;
}

static volatile pid_t test_running;
static volatile int test_late;

/* The parent's alarm: the case has had its time. Once more in a second, if it came before fork() said who that is. */
static void test_ends(int sig)
{
	test_late = 1;
	if (test_running > 0)
		kill(test_running, SIGKILL);
	else
		alarm(1);
}

static void test_child(const struct test *t)
{
	signal(SIGALRM, SIG_DFL);
	setpgid(0, 0);
	close(failure_pipe[0]);
	t->run();
	_exit(0);
}

/* Run one case; returns 1 if the claim holds, else says why in text. */
static int test_holds(const struct test *t, char *text, int size)
{
	int status = 0;
	ssize_t n;
	pid_t pid;

	if (pipe2(failure_pipe, O_NONBLOCK | O_CLOEXEC)) {
		snprintf(text, size, "pipe2: %s", strerrorname(errno));
		return 0;
	}
	test_running = test_late = 0;
	signal(SIGALRM, test_ends);
	alarm(t->seconds * patience());
	pid = fork();
	if (!pid)
		test_child(t);
	test_running = pid;
	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	alarm(0);
	kill(-pid, SIGKILL);
	n = read(failure_pipe[0], text, size - 1);
	text[n > 0 ? n : 0] = '\0';
	close(failure_pipe[0]);
	close(failure_pipe[1]);
	if (pid < 0)
		snprintf(text, size, "fork: %s", strerrorname(errno));
	else if (n > 0)
		return 0;
	else if (WIFSIGNALED(status))
		snprintf(text, size, "%s", test_late && WTERMSIG(status) == SIGKILL ? "took too long" :
			 strsignal(WTERMSIG(status)));
	else if (status)
		snprintf(text, size, "status 0x%x", status);
	else
		return 1;
	return 0;
}

static int test_wanted(const struct test *t, char **names)
{
	if (!*names)
		return 1;
	for (; *names; names++)
		if (!strcmp(t->name, *names))
			return 1;
	return 0;
}

static int test_order(const void *a, const void *b)
{
	long x = ((const struct test *)a)->line, y = ((const struct test *)b)->line;

	return x < y ? -1 : x > y;
}

static inline int test_main(char **argv)
{
	int total = 0, number = 0, failed = 0;
	char why[400];

	qsort(__start_tests, __stop_tests - __start_tests, sizeof(struct test), test_order);
	for (struct test *t = __start_tests; t < __stop_tests; t++)
		total += test_wanted(t, argv + 1);
	printf("1..%d\n", total);
	for (struct test *t = __start_tests; t < __stop_tests; t++) {
		if (!test_wanted(t, argv + 1))
			continue;
		fflush(stdout);
		if (test_holds(t, why, sizeof(why))) {
			printf("ok %d - %s\n", ++number, t->name);
		} else {
			printf("not ok %d - %s # %s\n", ++number, t->name, why);
			failed++;
		}
	}
	return !!failed;
}

#ifndef TEST_OWN_MAIN
int main(int argc, char **argv)
{
	return test_main(argv);
}
#endif

#endif
