/*
 * tests/user/time.c - clocks, sleeping, alarms
 */
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/times.h>
#include <time.h>
#include "test.h"

static long ns(int clock)
{
	struct timespec t;

	OK(clock_gettime(clock, &t));
	CHECK(t.tv_nsec >= 0 && t.tv_nsec < 1000000000);
	return t.tv_sec * 1000000000 + t.tv_nsec;
}

TEST(monotonic_clock_never_goes_back)
{
	long last = ns(CLOCK_MONOTONIC);

	for (int i = 0; i < 20000; i++) {
		long now = ns(CLOCK_MONOTONIC);

		CHECK(now >= last);
		last = now;
	}
}

TEST(clocks_are_much_finer_than_a_tick)
{
	long a, b, least = 1000000000;
	struct timespec res;

	for (int i = 0; i < 1000; i++) {
		a = ns(CLOCK_MONOTONIC);
		while ((b = ns(CLOCK_MONOTONIC)) == a)
			;
		least = b - a < least ? b - a : least;
	}
	CMP(least, <, 100000);
	OK(clock_getres(CLOCK_MONOTONIC, &res));
	EQ(res.tv_sec, 0);
	EQ(res.tv_nsec, 1);
}

TEST(real_time_is_after_2020_and_agrees_everywhere)
{
	struct timeval tv;
	long a = ns(CLOCK_REALTIME) / 1000000000, b;

	CMP(a, >, 1577836800L);
	OK(gettimeofday(&tv, NULL));
	b = time(NULL);
	CHECK(tv.tv_sec - a >= 0 && tv.tv_sec - a <= 1);
	CHECK(b - a >= 0 && b - a <= 1);
}

/* One reading of the real clock between two of the other: a pause of ours does not matter. */
struct reading {
	long before, real, after;
};

static struct reading read_both(void)
{
	struct reading r;

	r.before = ns(CLOCK_MONOTONIC);
	r.real = ns(CLOCK_REALTIME);
	r.after = ns(CLOCK_MONOTONIC);
	return r;
}

TEST(both_clocks_run_at_the_same_speed)
{
	struct reading a = read_both(), b;

	usleep(100000);
	b = read_both();
	CMP(b.after - a.before, >=, 100000000);
	CMP(b.real - a.real, >=, b.before - a.after - 1000000);
	CMP(b.real - a.real, <=, b.after - a.before + 1000000);
}

TEST(nanosleep_sleeps_at_least_as_long_as_asked)
{
	static const long times[] = { 1, 1000, 1000000, 50000000 };

	for (int i = 0; i < 4; i++) {
		struct timespec t = { 0, times[i] };
		long start = ns(CLOCK_MONOTONIC);

		OK(nanosleep(&t, NULL));
		CMP(ns(CLOCK_MONOTONIC) - start, >=, times[i]);
	}
}

TEST(nanosleep_refuses_bad_times)
{
	struct timespec t = { 0, 1000000000 };

	ERR(nanosleep(&t, NULL), EINVAL);
	t = (struct timespec){ -1, 0 };
	ERR(nanosleep(&t, NULL), EINVAL);
	t = (struct timespec){ 0, -1 };
	ERR(nanosleep(&t, NULL), EINVAL);
}

TEST(absolute_sleep_ends_at_its_time)
{
	struct timespec t;
	long until;

	OK(clock_gettime(CLOCK_MONOTONIC, &t));
	t.tv_nsec += 50000000;
	if (t.tv_nsec >= 1000000000) {
		t.tv_sec++;
		t.tv_nsec -= 1000000000;
	}
	until = t.tv_sec * 1000000000 + t.tv_nsec;
	EQ(clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL), 0);
	CMP(ns(CLOCK_MONOTONIC), >=, until);
	t = (struct timespec){ 0, 1 };
	EQ(clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL), 0);
}

static volatile int ticks;

static void tick(int sig)
{
	ticks++;
}

TEST(alarm_comes_once_and_tells_the_rest)
{
	long start = ns(CLOCK_MONOTONIC);

	signal(SIGALRM, tick);
	OK(sigprocmask(SIG_BLOCK, &(sigset_t){ 1UL << (SIGALRM - 1) }, NULL));
	EQ(alarm(100), 0);
	CMP(alarm(1), >=, 90);
	ERR(sigsuspend(&(sigset_t){ 0 }), EINTR);
	EQ(ticks, 1);
	CMP(ns(CLOCK_MONOTONIC) - start, >=, 1000000000);
	EQ(alarm(0), 0);
}

TEST(interval_timer_repeats)
{
	struct itimerval t = { { 0, 10000 }, { 0, 20000 } }, now;

	signal(SIGALRM, tick);
	OK(setitimer(ITIMER_REAL, &t, NULL));
	while (ticks < 5)
		pause();
	OK(getitimer(ITIMER_REAL, &now));
	EQ(now.it_interval.tv_usec, 10000);
	CMP(now.it_value.tv_usec, <=, 10000);
	t = (struct itimerval){ { 0, 0 }, { 0, 0 } };
	OK(setitimer(ITIMER_REAL, &t, &now));
	OK(getitimer(ITIMER_REAL, &now));
	EQ(now.it_value.tv_usec, 0);
	t.it_value.tv_usec = 1000000;
	ERR(setitimer(ITIMER_REAL, &t, NULL), EINVAL);
	ERR(setitimer(3, &now, NULL), EINVAL);
}

TEST(process_time_counts_work_and_not_sleep)
{
	long used = 1000000000, wall = ns(CLOCK_MONOTONIC), start;

	for (int i = 0; i < 3; i++) {		/* the least: what the host takes away counts as work */
		start = ns(CLOCK_PROCESS_CPUTIME_ID);
		usleep(200000);
		start = ns(CLOCK_PROCESS_CPUTIME_ID) - start;
		used = start < used ? start : used;
	}
	CMP(used, <, 100000000);
	start = ns(CLOCK_PROCESS_CPUTIME_ID);
	while (ns(CLOCK_PROCESS_CPUTIME_ID) - start < 50000000)
		CMP(ns(CLOCK_MONOTONIC) - wall, <, 15000000000L);
}

TEST(work_shows_in_rusage_and_times)
{
	struct rusage use;
	struct tms t;
	long a, b;

	for (a = ns(CLOCK_MONOTONIC); ns(CLOCK_MONOTONIC) - a < 300000000;)
		;
	OK(getrusage(RUSAGE_SELF, &use));
	CMP(use.ru_utime.tv_sec * 1000000 + use.ru_utime.tv_usec + use.ru_stime.tv_sec * 1000000 +
	    use.ru_stime.tv_usec, >, 100000);
	b = OK(times(&t));
	CMP(t.tms_utime + t.tms_stime, >, 10);
	usleep(50000);
	CMP(times(&t) - b, >=, 5);
}

TEST(a_busy_process_does_not_stop_others)
{
	int fds[2];
	char c;
	pid_t busy = CHILD(for (;;) ;);

	OK(pipe(fds));
	CHILD(
		for (int i = 0; i < 5; i++) {
			usleep(5000);
			write(fds[1], "x", 1);
		}
	);
	for (int i = 0; i < 5; i++)
		EQ(read(fds[0], &c, 1), 1);
	OK(kill(busy, SIGKILL));
	DIES(busy, SIGKILL);
}

/* What a process has used of CPUs: a clock by its number (clock_getcpuclockid(3)). */
static long used_by(pid_t pid)
{
	return ns(~pid << 3 | 2);
}

TEST_LIMIT(two_busy_processes_share_the_cpu, 60)
{
	long used[2], before[2];
	struct rusage use;
	int status, tries = 0;
	pid_t pids[2];

	for (int i = 0; i < 2; i++)
		pids[i] = CHILD(for (;;) ;);
	do {		/* a pause of the host is charged to whoever had the CPU */
		for (int i = 0; i < 2; i++)
			before[i] = used_by(pids[i]);
		do {
			usleep(10000);
			for (int i = 0; i < 2; i++)
				used[i] = used_by(pids[i]) - before[i];
		} while (used[0] + used[1] < 1000000000);
	} while ((used[0] > 3 * used[1] || used[1] > 3 * used[0]) && ++tries < 10);
	CMP(used[0], <=, 3 * used[1]);
	CMP(used[1], <=, 3 * used[0]);
	for (int i = 0; i < 2; i++) {
		OK(kill(pids[i], SIGKILL));
		EQ(wait4(pids[i], &status, 0, &use), pids[i]);
		CMP(use.ru_utime.tv_sec * 1000000 + use.ru_utime.tv_usec, >, 100000);
	}
}
