/*
 * tests/user/affinity.c - which CPUs a task may use, how they are shared, and who is charged
 *
 * All holds on one CPU and on several.
 */
#include <sched.h>
#include <time.h>
#include "test.h"

#define BITS_SET(mask, n) ((mask) & (1UL << (n)))

static long set_mask(pid_t pid, unsigned long mask)
{
	return syscall(__NR_sched_setaffinity, pid, sizeof(mask), &mask);
}

static unsigned long get_mask(pid_t pid)
{
	unsigned long mask = 0;

	OK(syscall(__NR_sched_getaffinity, pid, sizeof(mask), &mask));
	return mask;
}

static unsigned int cpu_now(void)
{
	unsigned int cpu = 1000;

	OK(syscall(__NR_getcpu, &cpu, NULL, NULL));
	return cpu;
}

static int first_cpu(unsigned long mask)
{
	return __builtin_ctzl(mask);
}

/* For @ms of this thread's own CPU time. */
static void burn(long ms)
{
	struct timespec t;

	do
		OK(clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t));
	while (t.tv_sec * 1000 + t.tv_nsec / 1000000 < ms);
}

TEST(a_mask_without_a_cpu_is_refused_and_changes_nothing)
{
	unsigned long all = get_mask(0), many[16] = { 0 };

	ERR(set_mask(0, 0), EINVAL);
	ERR(syscall(__NR_sched_setaffinity, 0, 0, &all), EINVAL);
	ERR(syscall(__NR_sched_setaffinity, 0, sizeof(many), many), EINVAL);
	many[15] = 1UL << 63;		/* CPU 1023 */
	ERR(syscall(__NR_sched_setaffinity, 0, sizeof(many), many), EINVAL);
	if (!BITS_SET(all, 63))
		ERR(set_mask(0, 1UL << 63), EINVAL);
	EQ(get_mask(0), all);
}

TEST(cpus_that_are_not_there_are_left_out)
{
	unsigned long all = get_mask(0), many[16];

	memset(many, 0xff, sizeof(many));
	OK(syscall(__NR_sched_setaffinity, 0, sizeof(many), many));
	EQ(get_mask(0), all);
	OK(set_mask(0, ~0UL));
	EQ(get_mask(0), all);
	OK(set_mask(0, 1UL << first_cpu(all) | 1UL << 62));
	EQ(get_mask(0) & ~(1UL << 62), 1UL << first_cpu(all));
}

TEST(bad_pointers_pids_and_lengths)
{
	unsigned long mask = get_mask(0);

	ERR(syscall(__NR_sched_setaffinity, 0, 8, (void *)-8L), EFAULT);
	ERR(syscall(__NR_sched_setaffinity, 0, 8, NULL), EFAULT);
	ERR(syscall(__NR_sched_getaffinity, 0, 8, NULL), EFAULT);
	ERR(syscall(__NR_sched_getaffinity, 0, 8, (void *)-8L), EFAULT);
	ERR(set_mask(-1, mask), ESRCH);
	ERR(set_mask(32760, mask), ESRCH);
	ERR(syscall(__NR_sched_getaffinity, -1, 8, &mask), ESRCH);
	ERR(syscall(__NR_sched_getaffinity, 32760, 8, &mask), ESRCH);
	ERR(syscall(__NR_sched_getaffinity, 0, 0, &mask), EINVAL);
	ERR(syscall(__NR_sched_getaffinity, 0, 7, &mask), EINVAL);
	ERR(syscall(__NR_sched_getaffinity, 0, 12, &mask), EINVAL);
	EQ(get_mask(0), mask);
}

TEST(a_task_runs_where_it_may)
{
	unsigned long all = get_mask(0);

	for (int cpu = 0; cpu < 64; cpu++) {
		if (!BITS_SET(all, cpu))
			continue;
		OK(set_mask(0, 1UL << cpu));
		for (int i = 0; i < 20; i++) {
			EQ(cpu_now(), cpu);
			sched_yield();
		}
		burn(5);
		EQ(cpu_now(), cpu);
	}
}

TEST(a_child_inherits_the_mask)
{
	unsigned long one = 1UL << first_cpu(get_mask(0));

	OK(set_mask(0, one));
	EXITS(CHILD(EQ(get_mask(0), one)), 0);
}

/* The value of a line of /proc/self/status. */
static const char *status_line(const char *name)
{
	static char text[8192];
	int fd = OK(open("/proc/self/status", O_RDONLY));
	long n = OK(read(fd, text, sizeof(text) - 1));
	char *line;

	OK(close(fd));
	text[n] = '\0';
	line = strstr(text, name);
	CHECK(line);
	line += strlen(name);
	line[strcspn(line, "\n")] = '\0';
	return line;
}

TEST(proc_pid_status_shows_the_mask)
{
	unsigned long all = get_mask(0);
	char wanted[40];

	for (int cpu = 0; cpu < 32; cpu++) {
		if (!BITS_SET(all, cpu))
			continue;
		OK(set_mask(0, 1UL << cpu));
		snprintf(wanted, sizeof(wanted), "%d", cpu);
		EQ(strcmp(status_line("Cpus_allowed_list:\t"), wanted), 0);
		EQ(strtoul(status_line("Cpus_allowed:\t"), NULL, 16), 1UL << cpu);
	}
	OK(set_mask(0, all));
	if (all == 15) {
		EQ(strcmp(status_line("Cpus_allowed_list:\t"), "0-3"), 0);
		OK(set_mask(0, 13));
		EQ(strcmp(status_line("Cpus_allowed_list:\t"), "0,2-3"), 0);
		EQ(strcmp(status_line("Cpus_allowed:\t"), "d"), 0);
	}
}

TEST(another_task_is_moved_by_its_pid)
{
	unsigned long all = get_mask(0), last = 1UL << (63 - __builtin_clzl(all));
	pid_t pid = CHILD(for (;;) burn(60000));

	OK(set_mask(pid, last));
	EQ(get_mask(pid), last);
	EQ(get_mask(0), all);
	OK(kill(pid, SIGKILL));
	DIES(pid, SIGKILL);
}

TEST(only_root_and_the_owner_may)
{
	unsigned long all = get_mask(0);
	pid_t me = getpid();

	EXITS(CHILD({
		OK(setuid(1000));
		ERR(set_mask(me, all), EPERM);
		OK(set_mask(0, all));
		EQ(get_mask(me), all);		/* to look is free */
	}), 0);
}

static long used_ms(pid_t pid)
{
	struct timespec t;

	OK(syscall(__NR_clock_gettime, ~pid << 3 | 2, &t));
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/*
 * Both want one CPU: 1024 to 335 is what five steps of nice mean. A pause of the host is charged to whoever had the CPU:
 * so a second and a half must fit, not necessarily the first.
 */
TEST_LIMIT(nice_shares_a_cpu_by_weight, 120)
{
	long of_a, of_b;
	int tries = 0;
	pid_t a, b;

	OK(set_mask(0, 1UL << first_cpu(get_mask(0))));
	a = CHILD(for (;;) burn(60000));
	b = CHILD({ OK(syscall(__NR_setpriority, PRIO_PROCESS, 0, 5)); for (;;) burn(60000); });
	do {
		long a_before = used_ms(a), b_before = used_ms(b);

		do {
			usleep(20000);
			of_a = used_ms(a) - a_before;
			of_b = used_ms(b) - b_before;
		} while (of_a + of_b < 1500);
	} while ((of_a <= 2 * of_b || of_a >= 5 * of_b) && ++tries < 10);
	CMP(of_a, >, 2 * of_b);
	CMP(of_a, <, 5 * of_b);
	OK(kill(a, SIGKILL));
	OK(kill(b, SIGKILL));
	DIES(a, SIGKILL);
	DIES(b, SIGKILL);
}

static void read_file(const char *path, char *buf, size_t size)
{
	int fd = OK(open(path, O_RDONLY));
	ssize_t n = OK(read(fd, buf, size - 1));

	buf[n] = 0;
	close(fd);
}

/* In ticks of 1/100 s: fields 14 and 15. */
static long stat_ticks(pid_t pid)
{
	char path[40], buf[1024], *p;
	long sum = 0;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	read_file(path, buf, sizeof(buf));
	p = strrchr(buf, ')') + 2;
	for (int i = 3; i < 16; i++) {
		if (i >= 14)
			sum += strtol(p, NULL, 10);
		p = strchr(p, ' ') + 1;
	}
	return sum;
}

TEST_LIMIT(cpu_time_in_proc_pid_stat, 60)
{
	pid_t pid = CHILD({ burn(300); pause(); });

	while (stat_ticks(pid) < 25)
		usleep(10000);
	CMP(stat_ticks(pid), >=, used_ms(pid) / 10 - 20);
	CMP(stat_ticks(pid), <=, used_ms(pid) / 10 + 20);
	OK(kill(pid, SIGKILL));
	DIES(pid, SIGKILL);
}

/* user + nice + system of the line "cpu", or of all lines "cpuN" together. */
static long busy_ticks(int each, int *lines)
{
	char buf[16384], *p;
	long sum = 0;

	*lines = 0;
	read_file("/proc/stat", buf, sizeof(buf));
	for (p = buf; !strncmp(p, "cpu", 3); p = strchr(p, '\n') + 1) {
		int numbered = p[3] != ' ';

		if (numbered != each)
			continue;
		++*lines;
		p = strchr(p, ' ');
		for (int i = 0; i < 3; i++)
			sum += strtol(p, &p, 10);
	}
	return sum;
}

/* Two processes burn at the same time: both are charged, whatever CPUs they ran on. */
TEST_LIMIT(cpu_time_in_proc_stat_is_the_sum_of_the_cpus, 60)
{
	int lines, cpus, n = 0;
	long before = busy_ticks(0, &lines), each;
	pid_t a, b;

	EQ(lines, 1);
	a = CHILD(for (;;) burn(60000));
	b = CHILD(for (;;) burn(60000));
	while (busy_ticks(0, &lines) - before < 20)
		usleep(10000);
	OK(kill(a, SIGKILL));
	OK(kill(b, SIGKILL));
	DIES(a, SIGKILL);
	DIES(b, SIGKILL);
	each = busy_ticks(1, &cpus);
	for (unsigned long mask = get_mask(0); mask; mask &= mask - 1)
		n++;
	EQ(cpus, n);
	CMP(each, >=, busy_ticks(0, &lines) - 20 - 2 * cpus);
	CMP(each, <=, busy_ticks(0, &lines) + 2 * cpus);
}
