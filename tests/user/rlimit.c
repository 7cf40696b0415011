/*
 * tests/user/rlimit.c - limits: memory, files, processes; running out is a normal answer
 */
#include <sys/resource.h>
#include "mem.h"

static void limit(int what, unsigned long value)
{
	struct rlimit r = { value, value };

	OK(setrlimit(what, &r));
}

TEST(limits_are_read_and_set)
{
	struct rlimit r;

	OK(getrlimit(RLIMIT_STACK, &r));
	EQ(r.rlim_cur, 8 << 20);
	r.rlim_cur = 1 << 20;
	OK(setrlimit(RLIMIT_STACK, &r));
	OK(getrlimit(RLIMIT_STACK, &r));
	EQ(r.rlim_cur, 1 << 20);
	r.rlim_max = r.rlim_cur - 1;
	ERR(setrlimit(RLIMIT_STACK, &r), EINVAL);
	ERR(getrlimit(99, &r), EINVAL);
	OK(syscall(__NR_prlimit64, getpid(), RLIMIT_STACK, 0, &r));
	EQ(r.rlim_cur, 1 << 20);
}

TEST(limits_are_inherited)
{
	limit(RLIMIT_NOFILE, 50);
	EXITS(CHILD(
		struct rlimit r;

		OK(getrlimit(RLIMIT_NOFILE, &r));
		EQ(r.rlim_cur, 50)
	), 0);
}

TEST(only_root_raises_a_hard_limit)
{
	struct rlimit r = { 10, 100 };

	OK(setrlimit(RLIMIT_NOFILE, &r));
	EXITS(CHILD(
		OK(setuid(1000));
		r.rlim_cur = 100;
		OK(setrlimit(RLIMIT_NOFILE, &r));
		r.rlim_max = 101;
		ERR(setrlimit(RLIMIT_NOFILE, &r), EPERM)
	), 0);
}

TEST(rlimit_nofile_is_emfile)
{
	int fds[2];

	limit(RLIMIT_NOFILE, 20);
	while (open("/dev/null", O_RDONLY) >= 0)
		;
	EQ(errno, EMFILE);
	ERR(pipe(fds), EMFILE);
	ERR(dup(0), EMFILE);
	ERR(dup2(0, 20), EBADF);
	close(10);
	EQ(open("/dev/null", O_RDONLY), 10);
}

TEST(rlimit_as_is_enomem)
{
	limit(RLIMIT_AS, 64 << 20);
	ERR(mmap(NULL, 128 << 20, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), ENOMEM);
	map_at(NULL, 1000, PROT_READ, 0);
	CHECK(!malloc(100 << 20));
	EQ(errno, ENOMEM);
}

TEST(rlimit_data_bounds_private_writable_memory)
{
	limit(RLIMIT_DATA, 16 << 20);
	ERR(mmap(NULL, 32 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
	    ENOMEM);
	OK(mmap(NULL, 32 << 20, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
}

TEST(rlimit_fsize_is_sigxfsz_and_efbig)
{
	static char buf[10000];
	int fd = OK(open("/tmp/rlimit", O_RDWR | O_CREAT | O_TRUNC, 0644));

	limit(RLIMIT_FSIZE, 8192);
	EQ(write(fd, buf, 10000), 8192);
	DIES(CHILD(write(fd, buf, 1)), SIGXFSZ);
	signal(SIGXFSZ, SIG_IGN);
	ERR(write(fd, buf, 1), EFBIG);
	ERR(ftruncate(fd, 10000), EFBIG);
}

TEST(rlimit_nproc_contains_a_fork_bomb)
{
	/* As a user of its own, so that nobody else counts. */
	EXITS(CHILD(
		int made = 0;

		limit(RLIMIT_NPROC, 30);
		OK(setuid(4242));
		while (made < 100) {
			pid_t pid = fork();

			if (pid < 0)
				break;
			if (!pid) {
				pause();
				_exit(0);
			}
			made++;
		}
		EQ(errno, EAGAIN);
		EQ(made, 29);
		signal(SIGTERM, SIG_IGN);
		kill(0, SIGTERM);
		while (wait(NULL) > 0)
			;
		EXITS(CHILD(_exit(1)), 1)
	), 0);
}

/* Every child forks on: the bomb burns out at the limit and leaves nothing. */
TEST(a_real_fork_bomb_ends)
{
	EXITS(CHILD(
		limit(RLIMIT_NPROC, 60);
		OK(setuid(4243));
		for (int i = 0; i < 3; i++) {
			if (fork() < 0)
				EQ(errno, EAGAIN);
		}
		while (wait(NULL) > 0)
			;
	), 0);
}

TEST(a_memory_hog_alone_is_killed_or_refused)
{
	int status;
	pid_t pid = CHILD(
		limit(RLIMIT_AS, 200 << 20);
		for (;;) {
			char *p = malloc(1 << 20);

			if (!p)
				_exit(12);
			memset(p, 1, 1 << 20);
		}
	);

	OK(waitpid(pid, &status, 0));
	CHECK(status == 12 << 8 || status == SIGKILL);
}

TEST(fork_gives_its_memory_back_after_failure)
{
	long before = status_value("VmRSS");

	EXITS(CHILD(
		limit(RLIMIT_NPROC, 1);
		OK(setuid(4244));
		for (int i = 0; i < 200; i++)
			ERR(fork(), EAGAIN)
	), 0);
	CMP(status_value("VmRSS") - before, <=, RSS_SLACK);
}

TEST(getrusage_knows_the_largest_size)
{
	struct rusage use;
	char *p = map_pages(1024);

	memset(p, 1, 1024 * PAGE);
	OK(munmap(p, 1024 * PAGE));
	OK(getrusage(RUSAGE_SELF, &use));
	CMP(use.ru_maxrss, >=, 4096 - RSS_SLACK);
	ERR(getrusage(55, &use), EINVAL);
}
