/*
 * tests/user/poll.c - poll() and select()
 */
#include <poll.h>
#include <sys/select.h>
#include <sys/time.h>
#include <time.h>
#include "test.h"

static int in, out;

static void make(void)
{
	int fds[2];

	OK(pipe2(fds, O_NONBLOCK));
	in = fds[1];
	out = fds[0];
}

static long now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static int poll_one(int fd, short events, int ms, short *revents)
{
	struct pollfd p = { fd, events, 0 };
	int n = OK(poll(&p, 1, ms));

	*revents = p.revents;
	return n;
}

TEST(poll_tells_what_is_ready)
{
	short r;

	make();
	EQ(poll_one(out, POLLIN, 0, &r), 0);
	EQ(r, 0);
	EQ(poll_one(in, POLLOUT, 0, &r), 1);
	EQ(r, POLLOUT);
	EQ(write(in, "x", 1), 1);
	EQ(poll_one(out, POLLIN, 0, &r), 1);
	EQ(r, POLLIN);
}

TEST(poll_tells_a_full_pipe)
{
	static char buf[65536];
	short r;

	make();
	EQ(write(in, buf, sizeof(buf)), sizeof(buf));
	EQ(poll_one(in, POLLOUT, 0, &r), 0);
	EQ(read(out, buf, 4096), 4096);
	EQ(poll_one(in, POLLOUT, 0, &r), 1);
}

TEST(poll_tells_hangup_and_error_unasked)
{
	short r;

	make();
	close(in);
	EQ(poll_one(out, 0, 0, &r), 1);
	EQ(r, POLLHUP);
	make();
	close(out);
	EQ(poll_one(in, 0, 0, &r), 1);
	EQ(r, POLLERR);
}

TEST(poll_tells_closed_and_skips_negative_descriptors)
{
	short r;

	EQ(poll_one(999, POLLIN, 0, &r), 1);
	EQ(r, POLLNVAL);
	EQ(poll_one(-1, POLLIN, 0, &r), 0);
	EQ(r, 0);
}

TEST(poll_waits_for_data)
{
	short r;

	make();
	CHILD(usleep(50000); write(in, "x", 1));
	EQ(poll_one(out, POLLIN, 5000, &r), 1);
	EQ(r, POLLIN);
}

TEST(poll_without_limit_waits_for_the_hangup)
{
	short r;

	make();
	CHILD(usleep(50000); _exit(0));
	close(in);
	EQ(poll_one(out, POLLIN, -1, &r), 1);
	EQ(r, POLLHUP);
}

TEST(poll_times_out)
{
	long start = now_ms();
	short r;

	make();
	EQ(poll_one(out, POLLIN, 60, &r), 0);
	CMP(now_ms() - start, >=, 60);
	EQ(poll(NULL, 0, 10), 0);
}

static void nothing(int sig)
{
}

TEST(poll_is_interrupted_even_with_sa_restart)
{
	/* again and again: the first may come before the call that it is to interrupt */
	struct itimerval t = { .it_value = { 0, 30000 }, .it_interval = { 0, 30000 } };
	struct pollfd p;

	make();
	p = (struct pollfd){ out, POLLIN, 0 };
	signal(SIGALRM, nothing);
	OK(setitimer(ITIMER_REAL, &t, NULL));
	ERR(poll(&p, 1, -1), EINTR);
}

TEST(regular_files_are_always_ready)
{
	short r;

	EQ(poll_one(OK(open("/proc/self/exe", O_RDONLY)), POLLIN | POLLOUT, 0, &r), 1);
	EQ(r, POLLIN | POLLOUT);
	EQ(poll_one(OK(open("/dev/null", O_RDWR)), POLLIN | POLLOUT, 0, &r), 1);
	EQ(r, POLLIN | POLLOUT);
}

TEST(poll_of_many_descriptors_counts_the_ready_ones)
{
	struct pollfd p[60];

	for (int i = 0; i < 60; i++) {
		make();
		if (i % 3 == 0)
			EQ(write(in, "x", 1), 1);
		p[i] = (struct pollfd){ out, POLLIN, 0 };
	}
	EQ(poll(p, 60, 0), 20);
	for (int i = 0; i < 60; i++)
		EQ(p[i].revents, i % 3 ? 0 : POLLIN);
	ERR(poll(p, 1 << 20, 0), EINVAL);
}

TEST(select_tells_what_is_ready)
{
	struct timeval zero = { 0, 0 };
	fd_set r, w;

	make();
	FD_ZERO(&r);
	FD_ZERO(&w);
	FD_SET(out, &r);
	FD_SET(in, &w);
	EQ(select(in + out + 1, &r, &w, NULL, &zero), 1);
	CHECK(!FD_ISSET(out, &r) && FD_ISSET(in, &w));
	EQ(write(in, "x", 1), 1);
	FD_SET(out, &r);
	EQ(select(in + out + 1, &r, &w, NULL, &zero), 2);
	CHECK(FD_ISSET(out, &r) && FD_ISSET(in, &w));
}

TEST(select_waits_and_leaves_the_rest_of_the_time)
{
	struct timeval t = { 5, 0 };
	fd_set r;

	make();
	FD_ZERO(&r);
	FD_SET(out, &r);
	CHILD(usleep(50000); write(in, "x", 1));
	EQ(select(out + 1, &r, NULL, NULL, &t), 1);
	CHECK(t.tv_sec >= 1 && t.tv_sec <= 4);
	t = (struct timeval){ 0, 20000 };
	EQ(select(0, NULL, NULL, NULL, &t), 0);
	EQ(t.tv_sec + t.tv_usec, 0);
}

TEST(select_with_a_closed_descriptor_is_ebadf)
{
	struct timeval zero = { 0, 0 };
	fd_set r;

	FD_ZERO(&r);
	FD_SET(50, &r);
	ERR(select(51, &r, NULL, NULL, &zero), EBADF);
	ERR(select(-1, NULL, NULL, NULL, &zero), EINVAL);
}

TEST(pselect_swaps_the_mask)
{
	sigset_t set = sigmask(SIGUSR1), none = 0;
	struct {
		sigset_t *mask;
		size_t size;
	} arg = { &none, sizeof(none) };

	signal(SIGUSR1, nothing);
	OK(sigprocmask(SIG_BLOCK, &set, NULL));
	OK(raise(SIGUSR1));
	ERR(syscall(__NR_pselect6, 0, NULL, NULL, NULL, NULL, &arg), EINTR);
	OK(sigprocmask(SIG_BLOCK, NULL, &none));
	EQ(none, set);
}
