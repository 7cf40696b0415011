/*
 * tests/pthread/tap.h - cases of a program that is linked with somebody else's C library
 *
 * Purpose:    as tests/user/test.h: TEST(claim) { ... }, each case in a child with an alarm, answered in
 *             TAP.  Only what POSIX has is used, so that musl and glibc both compile it.
 * Invariants: a claim holds with both libraries on Linux 6.1, and on Quire.
 */
#ifndef TAP_H
#define TAP_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct test {
	const char *name;
	void (*run)(void);
	long line;
	long padding;
};

#define TEST(claim)								\
	static void claim(void);						\
	static struct test test_##claim						\
	__attribute__((section("tests"), used, aligned(8))) = { #claim, claim, __LINE__, 0 }; \
	static void claim(void)

extern struct test __start_tests[], __stop_tests[];

static char *why;		/* shared with the children: what went wrong */

#define FAIL(...) do {								\
	int n_ = snprintf(why, 64, "line %d: ", __LINE__);			\
	snprintf(why + n_, 3000, __VA_ARGS__);					\
	_exit(99);								\
} while (0)

#define CHECK(expr) do {							\
	if (!(expr))								\
		FAIL("%s (errno %d)", #expr, errno);				\
} while (0)

#define EQ(a, b) do {								\
	long a_ = (long)(a), b_ = (long)(b);					\
	if (a_ != b_)								\
		FAIL("%s == %s (%ld, %ld)", #a, #b, a_, b_);			\
} while (0)

/* A pthread function that succeeds. */
#define OK(call) EQ(call, 0)

#define EVENTUALLY(expr) do {							\
	int tries_ = 0;								\
	while (!(expr)) {							\
		if (tries_++ == 3000)						\
			FAIL("never: %s", #expr);				\
		usleep(10000);							\
	}									\
} while (0)

#define CHILD(...) ({								\
	pid_t p_ = fork();							\
	CHECK(p_ >= 0);								\
	if (!p_) {								\
		__VA_ARGS__;							\
		_exit(0);							\
	}									\
	p_; })

#define EXITS(pid, code) do {							\
	pid_t w_ = (pid);							\
	int s_ = -1;								\
	EQ(waitpid(w_, &s_, 0), w_);						\
	if (!WIFEXITED(s_) || WEXITSTATUS(s_) != (code))			\
		FAIL("child: status 0x%x instead of exit %d", s_, code);	\
} while (0)

#define DIES(pid, sig) do {							\
	pid_t w_ = (pid);							\
	int s_ = -1;								\
	EQ(waitpid(w_, &s_, 0), w_);						\
	if (!WIFSIGNALED(s_) || WTERMSIG(s_) != (sig))				\
		FAIL("child: status 0x%x instead of signal %d", s_, sig);	\
} while (0)

__attribute__((unused))
static pthread_t start(void *(*fn)(void *), void *arg)
{
	pthread_t t;

	OK(pthread_create(&t, NULL, fn, arg));
	return t;
}

__attribute__((unused))
static void *join(pthread_t t)
{
	void *value = NULL;

	OK(pthread_join(t, &value));
	return value;
}

/* Memory that a child of fork shares. */
__attribute__((unused))
static void *shared(size_t len)
{
	void *p = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	CHECK(p != MAP_FAILED);
	return p;
}

/* So many milliseconds from now on that clock. */
__attribute__((unused))
static struct timespec in_ms(clockid_t clock, long ms)
{
	struct timespec t;

	clock_gettime(clock, &t);
	t.tv_sec += ms / 1000;
	t.tv_nsec += ms % 1000 * 1000000;
	if (t.tv_nsec >= 1000000000) {
		t.tv_nsec -= 1000000000;
		t.tv_sec++;
	}
	return t;
}

static int holds(const struct test *t)
{
	int status = 0;
	pid_t pid;

	why[0] = '\0';
	pid = fork();
	if (!pid) {
		setpgid(0, 0);
		alarm(200);		/* several CPUs on a busy host take their time */
		t->run();
		_exit(0);
	}
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	kill(-pid, SIGKILL);
	if (status && !why[0])
		snprintf(why, 100, "status 0x%x", status);
	return !status;
}

static int by_line(const void *a, const void *b)
{
	const struct test *x = a, *y = b;

	return x->line < y->line ? -1 : x->line > y->line;
}

int main(int argc, char **argv)
{
	int number = 0, failed = 0;

	(void)argc;
	why = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	qsort(__start_tests, __stop_tests - __start_tests, sizeof(struct test), by_line);
	if (!argv[1])
		printf("1..%d\n", (int)(__stop_tests - __start_tests));
	for (struct test *t = __start_tests; t < __stop_tests; t++) {
		if (argv[1] && strcmp(argv[1], t->name))
			continue;
		fflush(stdout);
		number++;
		if (holds(t)) {
			printf("ok %d - %s\n", number, t->name);
		} else {
			printf("not ok %d - %s # %s\n", number, t->name, why);
			failed++;
		}
	}
	return !!failed;
}

#endif
