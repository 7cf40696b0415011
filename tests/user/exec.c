/*
 * tests/user/exec.c - what a new program finds: arguments, environment, auxiliary vector
 *
 * The program runs itself with a word in ROLE that says what to look at.
 */
#include <sys/auxv.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <thread.h>
#define TEST_OWN_MAIN
#include "mem.h"
#undef TEST_OWN_MAIN

static int argc_now;
static char **argv_now;

static char *const no_env[] = { NULL };

/* Run this program as role with more arguments; exit status of the child. */
static int run_as(const char *role, char *const more[])
{
	char *argv[16] = { "exec-test", "-role", (char *)role };
	int n = 3, status;
	pid_t pid;

	while (more && *more)
		argv[n++] = *more++;
	argv[n] = NULL;
	pid = OK(fork());
	if (!pid) {
		execve("/proc/self/exe", argv, environ);
		_exit(98);
	}
	OK(waitpid(pid, &status, 0));
	return status;
}

TEST(arguments_arrive_in_order)
{
	EQ(run_as("args", (char *[]){ "one", "", "three three", NULL }), 0);
}

static void role_args(void)
{
	EQ(argc_now, 6);
	STREQ(argv_now[3], "one");
	STREQ(argv_now[4], "");
	STREQ(argv_now[5], "three three");
	CHECK(!argv_now[6]);
}

TEST(environment_arrives)
{
	setenv("EXEC_TEST", "a=b", 1);
	EQ(run_as("env", NULL), 0);
}

static void role_env(void)
{
	CHECK(getenv("EXEC_TEST"));
	STREQ(getenv("EXEC_TEST"), "a=b");
}

/* Run this program as role with a stack limit of so many bytes. */
static int run_limited(const char *role, unsigned long limit)
{
	struct rlimit old, r;
	char number[20];
	int status;

	snprintf(number, sizeof(number), "%lu", limit);
	OK(getrlimit(RLIMIT_STACK, &old));
	r = old;
	r.rlim_cur = limit;
	OK(setrlimit(RLIMIT_STACK, &r));
	status = run_as(role, (char *[]){ number, NULL });
	OK(setrlimit(RLIMIT_STACK, &old));
	return status;
}

TEST(the_stack_is_made_as_large_as_its_limit_allows)
{
	EQ(run_limited("stack-room", 32 << 10), 0);
	EQ(run_limited("stack-room", (100 << 10) + 5), 0);	/* whole pages of it */
	EQ(run_limited("stack-room", 8 << 20), 0);
}

/* 128 KiB below the strings, which lie in three pages at most. */
static void role_stack_room(void)
{
	unsigned long start = 0, end = 0, limit = strtoul(argv_now[3], NULL, 10) & -PAGE;

	sscanf(maps_line(&start), "%lx-%lx", &start, &end);
	if (limit < 128 << 10) {
		EQ(end - start, limit);
	} else {
		CMP(end - start, >, 128 << 10);
		CMP(end - start, <=, (128 << 10) + 3 * PAGE);
	}
}

TEST(auxiliary_vector_describes_the_program)
{
	EQ(run_as("auxv", NULL), 0);
}

static void role_auxv(void)
{
	const unsigned char *random = (void *)getauxval(AT_RANDOM);
	const char *name = (void *)getauxval(AT_EXECFN);
	int sum = 0;

	EQ(getauxval(AT_PAGESZ), PAGE);
	EQ(getauxval(AT_PHENT), 56);
	CMP(getauxval(AT_PHNUM), >=, 3);
	CHECK(strstr(maps_line((void *)getauxval(AT_PHDR)), "/"));
	CHECK(strstr(maps_line((void *)getauxval(AT_ENTRY)), " r-xp "));
	EQ(getauxval(AT_BASE), 0);
	EQ(getauxval(AT_UID), 0);
	EQ(getauxval(AT_EUID), 0);
	EQ(getauxval(AT_GID), 0);
	EQ(getauxval(AT_EGID), 0);
	EQ(getauxval(AT_SECURE), 0);
	EQ(getauxval(AT_CLKTCK), 100);
	STREQ((char *)getauxval(AT_PLATFORM), "x86_64");
	STREQ(name, "/proc/self/exe");
	CHECK(random);
	for (int i = 0; i < 16; i++)
		sum |= random[i];
	CHECK(sum);
	CHECK(getauxval(AT_HWCAP) & 1);		/* a CPU with an FPU */
}

TEST(stack_pointer_is_aligned_and_the_stack_is_in_order)
{
	EQ(run_as("stack", NULL), 0);
}

static void role_stack(void)
{
	unsigned long argc_at = (unsigned long)argv_now - 8;

	EQ(argc_at % 16, 0);
	EQ(*(long *)argc_at, argc_now);
	EQ(environ, argv_now + argc_now + 1);
	CHECK(argv_now[0] > (char *)environ);
	CHECK(strstr(maps_line(argv_now[0]), "[stack]"));
	for (int i = 1; i < argc_now; i++)
		EQ(argv_now[i], argv_now[i - 1] + strlen(argv_now[i - 1]) + 1);
}

TEST(process_id_and_open_files_stay)
{
	int fd = OK(open("/proc/self/exe", O_RDONLY)), cloexec;
	char a[16], b[16], c[16];

	cloexec = OK(fcntl(fd, F_DUPFD_CLOEXEC, 0));
	snprintf(a, sizeof(a), "%d", fd);
	snprintf(b, sizeof(b), "%d", cloexec);
	snprintf(c, sizeof(c), "%d", getpid());
	EQ(run_as("files", (char *[]){ a, b, c, NULL }), 0);
}

static void role_files(void)
{
	char c;

	EQ(read(atoi(argv_now[3]), &c, 1), 1);
	ERR(read(atoi(argv_now[4]), &c, 1), EBADF);
	EQ(getppid(), atoi(argv_now[5]));
}

static void ignore(int sig)
{
}

TEST(handlers_are_reset_and_ignored_signals_stay_ignored)
{
	sigset_t set = sigmask(SIGUSR2);

	signal(SIGUSR1, ignore);
	signal(SIGHUP, SIG_IGN);
	OK(sigprocmask(SIG_BLOCK, &set, NULL));
	EQ(run_as("signals", NULL), 0);
}

static void role_signals(void)
{
	struct sigaction act;
	sigset_t set;

	OK(sigaction(SIGUSR1, NULL, &act));
	EQ(act.sa_handler, SIG_DFL);
	OK(sigaction(SIGHUP, NULL, &act));
	EQ(act.sa_handler, SIG_IGN);
	OK(sigprocmask(SIG_BLOCK, NULL, &set));
	CHECK(sigismember(&set, SIGUSR2));
}

TEST(nothing_of_the_old_address_space_is_left)
{
	char *p = map_pages(1), text[32];

	snprintf(text, sizeof(text), "%lx", (long)p);
	strcpy(p, "old");
	EQ(run_as("space", (char *[]){ text, NULL }), 0);
}

static void role_space(void)
{
	char *p = (char *)strtoul(argv_now[3], NULL, 16);

	if (*maps_line(p))
		CHECK(memcmp(p, "old", 3));
	STREQ(areas((void *)0x10000, 16), "");
}

TEST(proc_names_follow_the_program)
{
	EQ(run_as("names", NULL), 0);
}

static void role_names(void)
{
	char name[16], text[64];
	ssize_t n;
	int fd;

	OK(prctl(PR_GET_NAME, (long)name, 0, 0, 0));
	STREQ(name, "exe");
	fd = OK(open("/proc/self/cmdline", O_RDONLY));
	n = read(fd, text, sizeof(text));
	EQ(n, sizeof("exec-test\0-role\0names"));
	EQ(memcmp(text, "exec-test\0-role\0names", n), 0);
}

TEST(execve_says_why_it_can_not)
{
	char *argv[] = { "x", NULL };
	int fd;

	ERR(execve("/no/such/file", argv, no_env), ENOENT);
	ERR(execve("", argv, no_env), ENOENT);
	ERR(execve("/tmp", argv, no_env), EACCES);
	ERR(execve("/dev/null", argv, no_env), EACCES);
	ERR(execve("/proc/self/exe/x", argv, no_env), ENOTDIR);
	fd = OK(open("/tmp/not-executable", O_WRONLY | O_CREAT | O_TRUNC, 0644));
	OK(write(fd, "#!/bin/sh\n", 10));
	close(fd);
	ERR(execve("/tmp/not-executable", argv, no_env), EACCES);
	ERR(execve((char *)8, argv, no_env), EFAULT);
	ERR(execve("/proc/self/exe", (char **)8, no_env), EFAULT);
	ERR(execve("/proc/self/exe", (char *[]){ "x", (char *)8, NULL }, no_env), EFAULT);
}

TEST(a_busy_program_file_can_not_be_written_nor_a_written_one_run)
{
	char *argv[] = { "x", NULL };
	int fd;

	ERR(open("/proc/self/exe", O_WRONLY), ETXTBSY);
	fd = OK(open("/tmp/busy", O_WRONLY | O_CREAT | O_TRUNC, 0755));
	ERR(execve("/tmp/busy", argv, no_env), ETXTBSY);
	close(fd);
}

static void write_script(const char *path, const char *text)
{
	int fd;

	unlink(path);
	fd = OK(open(path, O_WRONLY | O_CREAT | O_TRUNC, 0755));
	EQ(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

/* Run a file through execve and return its wait status. */
static int run_file(const char *path, char *const argv[])
{
	int status;
	pid_t pid = OK(fork());

	if (!pid) {
		execve(path, argv, environ);
		_exit(errno);
	}
	OK(waitpid(pid, &status, 0));
	return status;
}

TEST(script_gets_its_interpreter_argument_and_path)
{
	char *argv[] = { "zero", "one", "two", NULL };

	write_script("/tmp/script", "#! /bin/sh  \ntest \"$0 $1 $2 $#\" = '/tmp/script one two 2'\n");
	EQ(run_file("/tmp/script", argv), 0);
	write_script("/tmp/script", "#!/bin/sh -e \nfalse\nexit 7\n");
	EQ(run_file("/tmp/script", argv), 1 << 8);
}

TEST(script_of_a_script_works_to_a_depth_of_five)
{
	char *argv[] = { "x", NULL };

	write_script("/tmp/s1", "#!/bin/sh\nexit 3\n");
	write_script("/tmp/s2", "#!/tmp/s1\n");
	write_script("/tmp/s3", "#!/tmp/s2\n");
	write_script("/tmp/s4", "#!/tmp/s3\n");
	write_script("/tmp/s5", "#!/tmp/s4\n");
	write_script("/tmp/s6", "#!/tmp/s5\n");
	EQ(run_file("/tmp/s5", argv), 3 << 8);
	EQ(run_file("/tmp/s6", argv), ELOOP << 8);
}

TEST(script_without_interpreter_is_an_error)
{
	char *argv[] = { "x", NULL };

	write_script("/tmp/script", "#!/no/such/interpreter\n");
	EQ(run_file("/tmp/script", argv), ENOENT << 8);
	write_script("/tmp/script", "#!\n");
	EQ(run_file("/tmp/script", argv), ENOEXEC << 8);
	write_script("/tmp/script", "exit 0\n");
	EQ(run_file("/tmp/script", argv), ENOEXEC << 8);
	write_script("/tmp/script", "");
	EQ(run_file("/tmp/script", argv), ENOEXEC << 8);
}

TEST(arguments_may_take_a_quarter_of_the_stack_limit)
{
	struct rlimit r = { 1 << 20, RLIM_INFINITY };
	static char *argv[200];
	static char big[4000];

	memset(big, 'x', sizeof(big) - 1);
	for (int i = 0; i < 199; i++)
		argv[i] = big;
	OK(setrlimit(RLIMIT_STACK, &r));
	ERR(execve("/bin/true", argv, no_env), E2BIG);
	argv[40] = NULL;
	EQ(run_file("/bin/busybox", (char *[]){ "true", big, big, NULL }), 0);
}

TEST(one_argument_may_have_128_kib)
{
	unsigned long limit = 32 * PAGE;
	char *big = malloc(limit + 1);
	char *argv[] = { "true", big, NULL };

	memset(big, 'x', limit);
	big[limit] = '\0';
	ERR(execve("/bin/busybox", argv, no_env), E2BIG);
	big[limit - 1] = '\0';
	EQ(run_file("/bin/busybox", argv), 0);
}

TEST(many_small_arguments_arrive)
{
	static char *argv[5003];

	argv[0] = "sh";
	argv[1] = "-c";
	argv[2] = "test $# = 4998";
	for (int i = 3; i < 5002; i++)
		argv[i] = "x";
	EQ(run_file("/bin/sh", argv), 0);
}

TEST(failed_execve_leaves_the_process_as_it_was)
{
	char *p = map_pages(1), *argv[] = { "x", NULL };

	strcpy(p, "still here");
	signal(SIGUSR1, ignore);
	write_script("/tmp/script", "no program\n");
	ERR(execve("/tmp/script", argv, no_env), ENOEXEC);
	STREQ(p, "still here");
	OK(raise(SIGUSR1));
}

/* ---- by a thread that is not the first ---- */

static int exec_alarm_role(void *fd)
{
	static char text[8];
	static char *argv[] = { "exec-test", "-role", "alarm", text, NULL };

	snprintf(text, sizeof(text), "%d", (int)(long)fd);
	execve("/proc/self/exe", argv, environ);
	return 98;
}

/* Tell the one who holds the other end of the pipe that the alarm is still to come; wait for it. */
static void role_alarm(void)
{
	struct itimerval left;

	EQ(gettid(), getpid());
	OK(getitimer(ITIMER_REAL, &left));
	CHECK(left.it_value.tv_sec || left.it_value.tv_usec);
	CHECK(!left.it_interval.tv_sec && !left.it_interval.tv_usec);
	EQ(write(atoi(argv_now[3]), "x", 1), 1);
	for (;;)
		pause();
}

/* The alarm of the process goes on; it may have rung before the new program ran: then once more, later. */
TEST_LIMIT(an_alarm_still_rings_after_execve_by_another_thread, 100)
{
	int fds[2], seen = 0;
	char c;

	for (long ms = 200; !seen && ms <= 12800; ms *= 2) {
		struct itimerval soon = { .it_value = { ms / 1000, ms % 1000 * 1000 } };
		pid_t pid;

		OK(pipe(fds));
		pid = CHILD({
			OK(setitimer(ITIMER_REAL, &soon, NULL));
			CHECK(thread_create(exec_alarm_role, (void *)(long)fds[1]));
			for (;;)
				pause();
		});
		close(fds[1]);
		seen = OK(read(fds[0], &c, 1));
		close(fds[0]);
		DIES(pid, SIGALRM);
	}
	CHECK(seen);
}

static const struct {
	const char	*name;
	void		(*run)(void);
} roles[] = {
	{ "args", role_args }, { "stack-room", role_stack_room }, { "env", role_env }, { "auxv", role_auxv },
	{ "stack", role_stack }, { "files", role_files }, { "signals", role_signals },
	{ "space", role_space }, { "names", role_names },
	{ "alarm", role_alarm },
};

/* In a role: what went wrong goes to standard error. */
static int play(const char *role)
{
	failure_pipe[1] = 2;
	for (size_t i = 0; i < sizeof(roles) / sizeof(roles[0]); i++) {
		if (!strcmp(roles[i].name, role)) {
			roles[i].run();
			return 0;
		}
	}
	return 97;
}

int main(int argc, char **argv)
{
	argc_now = argc;
	argv_now = argv;
	if (argc > 2 && !strcmp(argv[1], "-role"))
		return play(argv[2]);
	return test_main(argv);
}
