/*
 * tests/user/oom.c - memory has ended: who dies, who is spared, and what /proc says of it
 *
 * Each case protects itself (oom_score_adj -1000); its children say what they are worth.  The fourth disk
 * (tools/diskimage.py) becomes a swap area where a case wants one.  `oom hog`, `oom bomb`: what a shell runs
 * to see whether it survives (group oom of tools/test.py).
 */
#define TEST_OWN_MAIN
#include <sched.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <thread.h>
#include "swap.h"

#define SELF	"/proc/self/"
#define VM	"/proc/sys/vm/"
#define CHUNK	(16UL << 20)
#define MINUTE	60

static long get_number(const char *path) { return strtol(file_text(path), NULL, 10); }
static long oom_kills(void) { return number_in("/proc/vmstat", "oom_kill"); }

static long set_adj_of(pid_t pid, const char *file, const char *text)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, file);
	return put_text(path, text);
}

static long adj_of(pid_t pid)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/oom_score_adj", pid);
	return get_number(path);
}

static void be_worth(int adj)
{
	char text[16];

	snprintf(text, sizeof(text), "%d", adj);
	CHECK(put_text(SELF "oom_score_adj", text) > 0);
}

static void be_safe(void)
{
	be_worth(-1000);
}

static char *map(unsigned long bytes)
{
	char *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	return p == MAP_FAILED ? NULL : p;
}

static void touch(char *p, unsigned long bytes)
{
	for (unsigned long i = 0; i < bytes; i += PAGE)
		*(volatile unsigned long *)(p + i) = i + 1;
}

static int touched(const char *p, unsigned long bytes)
{
	for (unsigned long i = 0; i < bytes; i += PAGE)
		if (*(const volatile unsigned long *)(p + i) != i + 1)
			return 0;
	return 1;
}

/* Take memory until that is the end. */
__attribute__((noreturn)) static void hog(void)
{
	for (;;) {
		char *p = map(CHUNK);

		if (p)
			touch(p, CHUNK);
		else
			usleep(1000);
	}
}

/* A word of shared memory by which processes tell each other how far they are. */
static volatile int *shared_words(void)
{
	return (volatile int *)map_shared(1);
}

/* ---- the score ---- */

TEST(oom_score_adj_takes_what_linux_takes)
{
	static const struct {
		const char *text;
		int error, adj;
	} says[] = {
		{ "500", 0, 500 }, { "-1000", 0, -1000 }, { "1000\n", 0, 1000 }, { "0x10", 0, 16 }, { "010", 0, 8 },
		{ "+5", 0, 5 }, { "  7 \n", 0, 7 }, { "-0", 0, 0 }, { "-0x1f", 0, -31 },
		{ "1001", EINVAL, 0 }, { "-1001", EINVAL, 0 }, { "", EINVAL, 0 }, { "\n", EINVAL, 0 }, { "abc", EINVAL, 0 },
		{ "1 2", EINVAL, 0 }, { "0x", EINVAL, 0 }, { "08", EINVAL, 0 }, { "--1", EINVAL, 0 }, { "5x", EINVAL, 0 },
		{ "2147483648", ERANGE, 0 }, { "-2147483649", ERANGE, 0 }, { "99999999999", ERANGE, 0 },
		{ "2147483647", EINVAL, 0 }, { "-2147483648", EINVAL, 0 },
	};

	for (unsigned long i = 0; i < sizeof(says) / sizeof(says[0]); i++) {
		CHECK(put_text(SELF "oom_score_adj", "3") == 1);
		if (!says[i].text[0])
			continue;
		if (says[i].error) {
			ERR(put_text(SELF "oom_score_adj", says[i].text), says[i].error);
			EQ(get_number(SELF "oom_score_adj"), 3);
		} else {
			EQ(put_text(SELF "oom_score_adj", says[i].text), strlen(says[i].text));
			EQ(get_number(SELF "oom_score_adj"), says[i].adj);
		}
	}
	EQ(put_text(SELF "oom_score_adj", "4           99"), 12);	/* what is too long is cut */
	EQ(get_number(SELF "oom_score_adj"), 4);
	ERR(write(OK(open(SELF "oom_score_adj", O_WRONLY)), (void *)8, 3), EFAULT);
}

TEST(oom_adj_is_the_same_on_an_older_scale)
{
	static const int from[][3] = {		/* written there, shown by the new file, shown by the old */
		{ 15, 1000, 15 }, { 14, 823, 13 }, { 1, 58, 0 }, { 0, 0, 0 }, { -16, -941, -15 }, { -17, -1000, -17 },
		{ 5, 294, 4 },
	};
	static const int to[][2] = { { 58, 0 }, { 59, 1 }, { 999, 15 }, { 1000, 15 }, { -58, 0 }, { -59, -1 }, { -999, -16 } };
	char text[16];

	for (unsigned long i = 0; i < sizeof(from) / sizeof(from[0]); i++) {
		snprintf(text, sizeof(text), "%d", from[i][0]);
		CHECK(put_text(SELF "oom_adj", text) > 0);
		EQ(get_number(SELF "oom_score_adj"), from[i][1]);
		EQ(get_number(SELF "oom_adj"), from[i][2]);
	}
	for (unsigned long i = 0; i < sizeof(to) / sizeof(to[0]); i++) {
		be_worth(to[i][0]);
		EQ(get_number(SELF "oom_adj"), to[i][1]);
	}
	ERR(put_text(SELF "oom_adj", "16"), EINVAL);
	ERR(put_text(SELF "oom_adj", "-18"), EINVAL);
	ERR(put_text(SELF "oom_adj", "x"), EINVAL);
	ERR(put_text(SELF "oom_adj", "99999999999"), ERANGE);
}

TEST(the_score_follows_memory_and_adjustment)
{
	long total = meminfo_kb("MemTotal") + meminfo_kb("SwapTotal"), before, after;
	unsigned long bytes = total / 10 * 1024;
	char *p = map(bytes);

	be_worth(0);
	before = get_number(SELF "oom_score");
	CMP(before, >=, 666);			/* two thirds of 1000: nothing, of -1000 .. 2000 */
	CMP(before, <=, 680);
	touch(p, bytes);
	after = get_number(SELF "oom_score");
	CMP(after - before, >=, 60);		/* a tenth, of which two thirds */
	CMP(after - before, <=, 70);
	munmap(p, bytes);
	be_worth(1000);
	CMP(get_number(SELF "oom_score"), >=, 1320);
	CMP(get_number(SELF "oom_score"), <=, 1345);
	be_worth(-500);
	CMP(get_number(SELF "oom_score"), >=, 333);
	CMP(get_number(SELF "oom_score"), <=, 345);
	be_worth(-1000);
	EQ(get_number(SELF "oom_score"), 0);
	EQ(get_number("/proc/1/oom_score"), 0);		/* never */
	EQ(get_number("/proc/2/oom_score"), 0);
}

static long write_text(int fd, const char *text) { return pwrite(fd, text, strlen(text), 0); }

/* Who has changed its user may no longer open its own: the descriptors are from before. */
TEST(without_privilege_not_below_what_root_has_set)
{
	int adj = OK(open(SELF "oom_score_adj", O_RDWR)), old = OK(open(SELF "oom_adj", O_RDWR));

	be_worth(0);
	EXITS(CHILD({
		int mine = OK(open(SELF "oom_score_adj", O_RDWR)), mine_old = OK(open(SELF "oom_adj", O_RDWR));

		OK(setuid(1000));
		EQ(write_text(mine, "500"), 3);
		EQ(write_text(mine, "0"), 1);			/* down again, to what it was given */
		ERR(write_text(mine, "-1"), EACCES);
		EQ(write_text(mine, "300"), 3);
		ERR(write_text(mine_old, "3"), EACCES);		/* the old file does not go down at all: 176 */
		EQ(get_number(SELF "oom_score_adj"), 300);
		EQ(write_text(mine_old, "6"), 1);
		EQ(get_number(SELF "oom_score_adj"), 352);
		ERR(open("/proc/1/oom_score_adj", O_WRONLY), EACCES);
	}), 0);
	be_worth(100);
	EXITS(CHILD({
		int mine = OK(open(SELF "oom_score_adj", O_RDWR));

		OK(setuid(1000));
		EQ(write_text(mine, "200"), 3);
		EQ(write_text(mine, "100"), 3);
		ERR(write_text(mine, "99"), EACCES);
		EQ(get_number(SELF "oom_score_adj"), 100);
	}), 0);
	close(adj);
	close(old);
}

static int in_thread(void *word)
{
	*(volatile int *)word = get_number(SELF "oom_score_adj");
	return 0;
}

TEST(children_inherit_it_and_threads_share_it)
{
	volatile int *word = shared_words();
	pid_t pid;

	be_worth(123);
	EXITS(CHILD(_exit(get_number(SELF "oom_score_adj") == 123 ? 7 : 1)), 7);
	thread_join(thread_create(in_thread, (void *)word));
	EQ(*word, 123);
	pid = CHILD(be_worth(321));
	EXITS(pid, 0);
	EQ(get_number(SELF "oom_score_adj"), 123);
}

/* A process in our memory: it sleeps, on @stack, until it is killed. */
static pid_t start_in_our_memory(void *stack, unsigned long flags)
{
	register unsigned long r10 asm("r10") = 0;
	register unsigned long r8 asm("r8") = 0;
	long ret;

	asm volatile("syscall\n"
		     "test %%rax, %%rax\n"
		     "jnz 2f\n"
		     "1: mov $34, %%eax\n"	/* pause */
		     "syscall\n"
		     "jmp 1b\n"
		     "2:"
		     : "=a"(ret), "+r"(r10), "+r"(r8) : "0"((long)__NR_clone), "D"(flags | SIGCHLD), "S"(stack), "d"(0)
		     : "rcx", "r11", "memory");
	return ret;
}

TEST(processes_in_one_memory_have_one_value_and_die_together)
{
	volatile int *pid = shared_words();
	pid_t other, parent;

	be_safe();
	parent = CHILD({
		be_worth(10);
		*pid = start_in_our_memory(map(CHUNK) + CHUNK / 2, CLONE_VM);
		EQ(adj_of(*pid), 10);
		be_worth(1000);
		EQ(adj_of(*pid), 1000);
		CHECK(set_adj_of(*pid, "oom_score_adj", "900") > 0);
		EQ(get_number(SELF "oom_score_adj"), 900);
		hog();
	});
	DIES(parent, SIGKILL);
	other = *pid;				/* it is an orphan now, and init's */
	CHECK(other > 0);
	EVENTUALLY(kill(other, 0) == -1 && errno == ESRCH);
}

TEST(a_child_of_vfork_may_have_a_value_of_its_own)
{
	pid_t pid;

	be_worth(10);
	pid = vfork();
	if (!pid) {
		be_worth(20);
		_exit(get_number(SELF "oom_score_adj") == 20 ? 5 : 1);
	}
	EXITS(pid, 5);
	EQ(get_number(SELF "oom_score_adj"), 10);
}

TEST(the_switches_of_sys_vm_take_what_linux_takes)
{
	EQ(get_number(VM "panic_on_oom"), 0);
	EQ(get_number(VM "oom_kill_allocating_task"), 0);
	EQ(get_number(VM "oom_dump_tasks"), 1);
	ERR(put_text(VM "panic_on_oom", "3"), EINVAL);
	ERR(put_text(VM "panic_on_oom", "-1"), EINVAL);
	EQ(put_text(VM "panic_on_oom", "2"), 1);
	EQ(get_number(VM "panic_on_oom"), 2);
	EQ(put_text(VM "panic_on_oom", "0"), 1);
	EQ(put_text(VM "oom_dump_tasks", "-5"), 2);
	EQ(get_number(VM "oom_dump_tasks"), -5);
	EQ(put_text(VM "oom_dump_tasks", "1"), 1);
	EQ(put_text(VM "oom_kill_allocating_task", "7"), 1);
	EQ(get_number(VM "oom_kill_allocating_task"), 7);
	EQ(put_text(VM "oom_kill_allocating_task", "0"), 1);
}

/* ---- who dies ---- */

TEST_LIMIT(a_hog_dies_by_sigkill_is_counted_and_its_memory_is_there_again, MINUTE)
{
	long kills = oom_kills(), available = meminfo_kb("MemAvailable");

	be_safe();
	DIES(CHILD(be_worth(0); hog()), SIGKILL);
	EQ(oom_kills(), kills + 1);
	EVENTUALLY(meminfo_kb("MemAvailable") > available * 9 / 10);
}

/* Has so much, and says so in *@word; then sleeps. */
__attribute__((noreturn)) static void sit_on(unsigned long bytes, int adj, volatile int *word)
{
	char *p = map(bytes);

	be_worth(adj);
	touch(p, bytes);
	*word = 1;
	while (*word != 2)
		usleep(1000);
	_exit(touched(p, bytes) ? 5 : 6);
}

/* Has half of what there is. */
__attribute__((noreturn)) static void sit_on_most(int adj, volatile int *word)
{
	sit_on(meminfo_kb("MemAvailable") / 3 * 2 * 1024, adj, word);
}

TEST_LIMIT(who_has_minus_1000_is_spared_whatever_it_has, MINUTE)
{
	volatile int *word = shared_words();
	pid_t big;

	be_safe();
	big = CHILD(sit_on_most(-1000, word));
	EVENTUALLY(*word == 1);
	DIES(CHILD(be_worth(0); hog()), SIGKILL);
	*word = 2;
	EXITS(big, 5);
}

TEST_LIMIT(the_larger_one_dies, MINUTE)
{
	volatile int *word = shared_words();
	long kills = oom_kills();
	pid_t big, hungry;

	be_safe();
	big = CHILD(sit_on_most(0, word));
	EVENTUALLY(*word == 1);
	hungry = CHILD({
		be_worth(0);
		while (oom_kills() == kills)	/* it asks, and it has less */
			touch(map(CHUNK >> 2), CHUNK >> 2);
	});
	DIES(big, SIGKILL);
	EXITS(hungry, 0);
}

TEST_LIMIT(who_has_plus_1000_is_taken_first, MINUTE)
{
	volatile int *word = shared_words();
	long kills = oom_kills();
	pid_t small, large;

	be_safe();
	small = CHILD({
		be_worth(1000);
		*word = 1;
		for (;;)
			usleep(1000000);
	});
	EVENTUALLY(*word == 1);
	large = CHILD(be_worth(0); hog());
	DIES(large, SIGKILL);
	DIES(small, SIGKILL);
	EQ(oom_kills(), kills + 2);
}

TEST_LIMIT(oom_kill_allocating_task_takes_who_asks, MINUTE)
{
	volatile int *word = shared_words();
	pid_t big;

	be_safe();
	big = CHILD(sit_on_most(500, word));
	EVENTUALLY(*word == 1);
	EQ(put_text(VM "oom_kill_allocating_task", "1"), 1);
	DIES(CHILD(be_worth(-999); hog()), SIGKILL);
	EQ(put_text(VM "oom_kill_allocating_task", "0"), 1);
	*word = 2;
	EXITS(big, 5);
}

static int hog_thread(void *unused)
{
	hog();
}

TEST_LIMIT(all_threads_of_a_hog_die, MINUTE)
{
	be_safe();
	DIES(CHILD({
		be_worth(0);
		for (int i = 0; i < 16; i++)
			thread_create(hog_thread, NULL);
		hog();
	}), SIGKILL);
}

TEST_LIMIT(many_hogs_at_once_all_die_in_the_end, MINUTE)
{
	pid_t pid[8];

	be_safe();
	for (int i = 0; i < 8; i++)
		pid[i] = CHILD(be_worth(i * 100); hog());
	for (int i = 0; i < 8; i++)
		DIES(pid[i], SIGKILL);
}

/* ---- other ways to have all memory ---- */

TEST_LIMIT(a_hog_of_page_tables_dies, MINUTE)
{
	be_safe();
	DIES(CHILD({
		be_worth(0);
		for (;;) {
			char *p = mmap(NULL, 64UL << 30, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

			CHECK(p != MAP_FAILED);
			for (unsigned long i = 0; i < 64UL << 30; i += 2 << 20)
				peek(p + i);		/* the zero page: only its table costs */
		}
	}), SIGKILL);
}

TEST_LIMIT(a_hog_that_locks_its_memory_dies, MINUTE)
{
	be_safe();
	DIES(CHILD({
		be_worth(0);
		for (;;) {
			char *p = map(CHUNK);

			CHECK(p);
			mlock(p, CHUNK);
			touch(p, CHUNK);
		}
	}), SIGKILL);
	EVENTUALLY(meminfo_kb("Mlocked") == 0);
}

TEST_LIMIT(a_hog_of_shared_memory_dies, MINUTE)
{
	be_safe();
	DIES(CHILD({
		be_worth(1000);
		for (;;) {
			char *p = mmap(NULL, CHUNK, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

			CHECK(p != MAP_FAILED);
			touch(p, CHUNK);
		}
	}), SIGKILL);
}

/* A file without a size limit, gone with its descriptor. */
TEST_LIMIT(a_hog_of_file_pages_in_memory_dies, MINUTE)
{
	static char text[1 << 16];

	be_safe();
	DIES(CHILD({
		int fd = OK(memfd_create("hog", 0));

		be_worth(1000);
		for (;;)
			CHECK(write(fd, text, sizeof(text)) > 0);
	}), SIGKILL);
}

/* The kernel's memory is nobody's: the adjustment says who has it. */
TEST_LIMIT(a_hog_of_pipes_dies, MINUTE)
{
	static char text[1 << 20];

	be_safe();
	DIES(CHILD({
		int fds[2];

		be_worth(1000);
		for (;;) {
			OK(pipe(fds));
			OK(fcntl(fds[1], 1031, sizeof(text)));		/* F_SETPIPE_SZ */
			EQ(write(fds[1], text, sizeof(text)), sizeof(text));
		}
	}), SIGKILL);
}

TEST_LIMIT(a_tmpfs_with_a_size_says_enospc_and_nobody_dies, MINUTE)
{
	static char text[1 << 16];
	long kills = oom_kills();
	char size[32];
	ssize_t n;
	int fd;

	be_safe();
	mkdir("/tmp/full", 0755);
	snprintf(size, sizeof(size), "size=%ldk", meminfo_kb("MemAvailable") / 2 & ~3L);
	OK(mount("full", "/tmp/full", "tmpfs", 0, size));
	fd = OK(open("/tmp/full/file", O_RDWR | O_CREAT, 0600));
	while ((n = write(fd, text, sizeof(text))) > 0)
		;
	EQ(n, -1);
	EQ(errno, ENOSPC);
	EQ(oom_kills(), kills);
	close(fd);
	OK(umount2("/tmp/full", 0));
	rmdir("/tmp/full");
}

/* ---- bombs ---- */

/* Each has two children and some memory, for ever; @beats counts how often they came round. */
__attribute__((noreturn)) static void bomb(volatile int *beats)
{
	for (int children = 0;;) {
		char *p = map(1 << 18);

		if (p)
			touch(p, 1 << 18);
		if (children < 2 && fork() == 0)
			children = 0;
		else
			children++;
		__atomic_fetch_add(beats, 1, __ATOMIC_RELAXED);
		if (children >= 2)
			usleep(50000);		/* no attack on the CPU */
	}
}

/* All processes of user @uid end, who count in @*beats while they live.  Ours have another. */
static void end_of_user(int uid, volatile int *beats)
{
	for (int before = *beats - 1, quiet = 0; quiet < 3; before = *beats) {
		pid_t pid = CHILD(setuid(uid); kill(-1, SIGKILL));
		int status;

		OK(waitpid(pid, &status, 0));
		usleep(100000);
		quiet = *beats == before ? quiet + 1 : 0;
	}
}

TEST_LIMIT(a_fork_bomb_leaves_who_is_spared, 2 * MINUTE)
{
	volatile int *word = shared_words(), *beats = shared_words();
	long kills = oom_kills();
	pid_t good = CHILD(sit_on_most(-1000, word));

	be_safe();
	EVENTUALLY(*word == 1);
	CHILD({
		be_worth(500);
		setpgid(0, 0);
		OK(setuid(1234));
		bomb(beats);
	});
	while (oom_kills() < kills + 5)
		usleep(1000);
	end_of_user(1234, beats);
	*word = 2;
	EXITS(good, 5);
	EXITS(CHILD(_exit(3)), 3);		/* a fork works again */
}

TEST_LIMIT(a_fork_bomb_under_rlimit_nproc_kills_nobody, MINUTE)
{
	struct rlimit few = { 20, 20 };
	volatile int *word = shared_words(), *beats = shared_words();
	long kills = oom_kills();

	be_safe();
	CHILD({
		setpgid(0, 0);
		OK(setrlimit(RLIMIT_NPROC, &few));
		OK(setuid(1235));
		for (;;) {
			if (fork() < 0 && errno == EAGAIN)
				*word = 1;
			__atomic_fetch_add(beats, 1, __ATOMIC_RELAXED);
			usleep(10000);
		}
	});
	EVENTUALLY(*word == 1);
	end_of_user(1235, beats);
	EQ(oom_kills(), kills);
}

/* ---- with swap ---- */

static void swap_off(void)
{
	OK(swapoff(SWAP));
}

TEST_LIMIT(swap_fills_before_a_hog_dies, MINUTE)
{
	long out = number_in("/proc/vmstat", "pswpout");

	be_safe();
	swap_on();
	DIES(CHILD(be_worth(0); hog()), SIGKILL);
	CMP(number_in("/proc/vmstat", "pswpout") - out, >, PAGES / 2);
	EVENTUALLY(meminfo_kb("SwapFree") > meminfo_kb("SwapTotal") / 2);
	swap_off();
}

/* Read whole disks, 13 MiB, several times. */
static void read_disks(void)
{
	static const char *const disks[] = { "/dev/vda", "/dev/vdb", "/dev/vdc" };
	static char text[1 << 16];

	for (int i = 0; i < 60; i++) {
		int fd = OK(open(disks[i % 3], O_RDONLY));

		while (read(fd, text, sizeof(text)) > 0)
			;
		close(fd);
	}
}

/* Nearly all memory belongs to who does not use it; files go through the rest. */
static long pages_out_while_files_are_read(const char *swappiness)
{
	volatile int *word = shared_words();
	long out;
	pid_t idle;

	CHECK(put_text(VM "swappiness", swappiness) > 0);
	put_text(VM "drop_caches", "3");
	idle = CHILD(sit_on((meminfo_kb("MemFree") - 8192) * 1024UL, -1000, word));
	EVENTUALLY(*word == 1);
	out = number_in("/proc/vmstat", "pswpout");
	read_disks();
	out = number_in("/proc/vmstat", "pswpout") - out;
	*word = 2;
	EXITS(idle, 5);
	CHECK(put_text(VM "swappiness", "60") > 0);
	return out;
}

TEST_LIMIT(with_swappiness_0_files_go_and_with_200_what_nobody_uses, MINUTE)
{
	be_safe();
	swap_on();
	EQ(pages_out_while_files_are_read("0"), 0);
	CMP(pages_out_while_files_are_read("200"), >, 200);
	swap_off();
}

/* Most of the area is full of the pages of a child, which then waits for *@word. */
__attribute__((noreturn)) static void fill_swap(volatile int *word)
{
	int pages = PAGES - 256;
	char *p = map(pages * PAGE);

	touch(p, pages * PAGE);
	for (int i = 0; i < 100 && swapped(p, pages) < pages * 9 / 10; i++) {
		madvise(p, pages * PAGE, 21);		/* MADV_PAGEOUT */
		usleep(1000);
	}
	*word = swapped(p, pages) >= pages * 9 / 10 ? 1 : -1;
	while (*word != 2)
		usleep(1000);
	_exit(touched(p, pages * PAGE) ? 5 : 6);
}

/* Lock all but about @leave KiB, say so in *@word, and stay. */
__attribute__((noreturn)) static void lock_all_but(long leave, volatile int *word)
{
	long kb;

	put_text(VM "drop_caches", "3");
	/* what has a slot and is still in memory comes free as soon as somebody needs it */
	while ((kb = meminfo_kb("MemFree") + meminfo_kb("SwapCached") - leave) > 0) {
		unsigned long bytes = (kb > 8192 ? 4096UL : 128UL) << 10;
		char *p = map(bytes);

		CHECK(p && !mlock(p, bytes));
	}
	*word = 1;
	for (;;)
		usleep(1000000);
}

TEST_LIMIT(swapoff_without_room_fails_or_dies_and_everything_is_still_there, MINUTE)
{
	volatile int *swap = shared_words(), *locked = shared_words();
	pid_t owner, locker, off;
	long kills;
	int status;

	be_safe();
	swap_on();
	owner = CHILD(fill_swap(swap));
	EVENTUALLY(*swap);
	EQ(*swap, 1);
	locker = CHILD(lock_all_but(7168, locked));
	EVENTUALLY(*locked);
	kills = oom_kills();
	off = CHILD(_exit(swapoff(SWAP) ? (errno == ENOMEM ? 5 : 6) : 7));
	OK(waitpid(off, &status, 0));
	/* It has oom_score_adj -1000, and goes all the same: it has asked for what there is not. */
	if (WIFSIGNALED(status)) {
		EQ(WTERMSIG(status), SIGKILL);
		EQ(oom_kills(), kills + 1);
	} else {
		EQ(WEXITSTATUS(status), 5);
	}
	EQ(meminfo_kb("SwapTotal"), (PAGES - 1) * 4);
	kill(locker, SIGKILL);
	DIES(locker, SIGKILL);
	*swap = 2;
	EXITS(owner, 5);
	swap_off();
}

/* Quire's debug build makes an allocation fail (/proc/self/fail-nth): a swapped page must come back, or the process end. */
TEST_LIMIT(swap_in_without_a_frame_is_no_sigbus, MINUTE)
{
	char *p = map(16 * PAGE);
	int fail = open(SELF "fail-nth", O_WRONLY), read = 0;

	be_safe();
	if (fail < 0)
		return;
	swap_on();
	for (int n = 1; n < 4; n++) {
		char nth[2] = { '0' + n, 0 };
		unsigned char there = 1;

		touch(p, 16 * PAGE);
		for (int i = 0; i < 1000 && swapped(p, 16) < 16; i++)
			madvise(p, 16 * PAGE, 21);
		DIES(CHILD(be_worth(0); hog()), SIGKILL);	/* no page has two places any more */
		OK(mincore(p + 5 * PAGE, PAGE, &there));
		read += !there;
		EQ(write(fail, nth, 1), 1);
		EQ(*(volatile unsigned long *)(p + 5 * PAGE), 5 * PAGE + 1);
		EQ(write(fail, "0", 1), 1);
		CHECK(touched(p, 16 * PAGE));
	}
	CMP(read, >, 0);
	swap_off();
}

int main(int argc, char **argv)
{
	if (argc == 2 && !strcmp(argv[1], "hog"))
		hog();
	if (argc == 2 && !strcmp(argv[1], "bomb"))
		bomb(shared_words());
	be_safe();
	return test_main(argv);
}
