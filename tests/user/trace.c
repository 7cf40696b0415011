/*
 * tests/user/trace.c - /proc/quire: mask, mark, trace, trace_pipe, and a ring in one's own memory
 *
 * Linux has no /proc/quire: there every case ends at once.  Its model for the ring is perf's: what is
 * pinned for a program counts in VmPin and against RLIMIT_MEMLOCK.
 */
#include <poll.h>
#include <sys/resource.h>
#include <uapi/quire/events.h>
#include "proc.h"

#define DIR "/proc/quire/"

/* Only where there is something to test; nothing traced yet, and nothing of others. */
static void begin(void)
{
	if (access(DIR "mask", F_OK))
		_exit(0);
	stay_on_one_cpu();		/* whose ring is the first in the file, and whose events have an order */
	EQ(put_text(DIR "mask", "0"), 1);
	CMP(put_text(DIR "pid", "0"), >, 0);
}

static void trace_me(const char *mask)
{
	char pid[16];

	snprintf(pid, sizeof(pid), "%d", getpid());
	CMP(put_text(DIR "pid", pid), >, 0);
	CMP(put_text(DIR "mask", mask), >, 0);
}

static const char *read_text(const char *path)
{
	static char text[64];
	int fd = OK(open(path, O_RDONLY));

	text[OK(read(fd, text, sizeof(text) - 1))] = '\0';
	close(fd);
	return text;
}

/* The rest of a trace file, to its end. */
static char *read_all(int fd)
{
	static char text[4 << 20];
	size_t n = 0;
	long got;

	while ((got = OK(read(fd, text + n, sizeof(text) - 1 - n))) > 0)
		n += got;
	text[n] = '\0';
	return text;
}

/* How many lines hold both words. */
static int lines_with(const char *text, const char *a, const char *b)
{
	/* each word's next place is looked for once: a trace may be long, and hold it nowhere */
	const char *x = strstr(text, a), *y = strstr(text, b);
	int n = 0;

	for (const char *p = text, *end; x && y && *p; p = end + 1) {
		end = strchr(p, '\n');
		x = x && x < p ? strstr(p, a) : x;
		y = y && y < p ? strstr(p, b) : y;
		n += x && y && x < end && y < end;
	}
	return n;
}

static int open_behind(const char *path, int flags)
{
	int fd = OK(open(path, O_RDONLY | flags));
	char buf[4096];

	while (flags & O_NONBLOCK ? read(fd, buf, sizeof(buf)) > 0 : OK(read(fd, buf, sizeof(buf))) > 0)
		;
	return fd;
}

TEST(mask_reads_back_and_refuses_nonsense)
{
	static const char *const bad[] = { "", "\n", "x", "0x", "g", "3ff 1", "-1", "800", "80000",
					   "100000000", "fffffffff" };

	begin();
	STREQ(read_text(DIR "mask"), "0\n");
	EQ(put_text(DIR "mask", "0x3FF\n"), 6);
	STREQ(read_text(DIR "mask"), "3ff\n");
	for (unsigned i = 1; i < sizeof(bad) / sizeof(bad[0]); i++)
		ERR(put_text(DIR "mask", bad[i]), EINVAL);
	STREQ(read_text(DIR "mask"), "3ff\n");
	EQ(put_text(DIR "mask", "703ff"), 5);
	EQ(put_text(DIR "mask", "0"), 1);
	for (unsigned i = 0; i < 5; i++)
		ERR(put_text(DIR "pid", (const char *[]){ "x", "-1", "32768", "1 2", "\n" }[i]), EINVAL);
}

TEST(only_root_may_look)
{
	static const char *const names[] = { "mask", "pid", "mark", "trace", "trace_pipe", "ring" };
	char path[40];

	begin();
	OK(setuid(1000));
	for (int i = 0; i < 6; i++) {
		snprintf(path, sizeof(path), DIR "%s", names[i]);
		ERR(open(path, i == 2 ? O_WRONLY : O_RDONLY), EACCES);
	}
}

TEST(marks_are_events)
{
	char text[300];
	int fd;

	begin();
	ERR(put_text(DIR "mark", "too early"), EBADF);
	fd = open_behind(DIR "trace", 0);
	trace_me("1");
	EQ(put_text(DIR "mark", "a \"mark\"\n"), 9);
	memset(text, 'x', sizeof(text));
	text[256] = '\0';
	EQ(put_text(DIR "mark", text), 256);
	memset(text, 'x', sizeof(text));
	text[257] = '\0';
	ERR(put_text(DIR "mark", text), EINVAL);
	ERR(put_text(DIR "mark", "\n"), EINVAL);
	put_text(DIR "mask", "0");
	read_all(fd);
	lseek(fd, 0, SEEK_SET);
	close(fd);
	fd = OK(open(DIR "trace", O_RDONLY));
	EQ(lines_with(read_all(fd), "meta.mark", "\"text\":\"a \\\"mark\\\"\""), 1);
}

TEST(a_trace_ends_and_goes_on)
{
	char *p;
	int fd;

	begin();
	fd = open_behind(DIR "trace", 0);
	trace_me("3f0");
	p = map_pages(3);
	poke(p, 1);
	peek(p + PAGE);
	poke(p + PAGE, 1);
	put_text(DIR "mask", "0");
	p = read_all(fd);
	CMP(lines_with(p, "fault.done", "anon_zero"), >=, 1);
	CMP(lines_with(p, "fault.done", "anon_read_zero_page"), >=, 1);
	CMP(lines_with(p, "fault.done", "wp_copy"), >=, 1);
	CMP(lines_with(p, "page.alloc", "\"order\":0"), >=, 2);
	EQ(lines_with(p, "vma.add", ""), 0);
	EQ(*read_all(fd), 0);
	EQ(*read_all(fd), 0);
	trace_me("8");
	map_pages(1);
	put_text(DIR "mask", "0");
	CMP(lines_with(read_all(fd), "\"k\":\"vma.", "\"tid\":"), >=, 1);
}

TEST(a_line_may_be_read_in_pieces)
{
	char whole[2000], piece[2000];
	int a, b, n = 0;

	begin();
	a = open_behind(DIR "trace", 0);
	b = open_behind(DIR "trace", 0);
	trace_me("1");
	put_text(DIR "mark", "in pieces");
	put_text(DIR "mask", "0");
	EQ(read(a, whole, 0), 0);
	ERR(read(a, (char *)8, 100), EFAULT);
	n = OK(read(a, whole, sizeof(whole)));
	for (int i = 0; i < n; i++)
		EQ(read(b, piece + i, 1), 1);
	EQ(read(b, piece, 1), 0);
	EQ(memcmp(whole, piece, n), 0);
	CMP(n, >, 100);
}

static void on_alarm(int sig)
{
}

TEST(trace_pipe_waits)
{
	struct sigaction sa = { .sa_handler = on_alarm };
	char buf[4096];
	struct pollfd p;
	pid_t child;
	int fd;

	begin();
	fd = open_behind(DIR "trace_pipe", O_NONBLOCK);
	ERR(read(fd, buf, sizeof(buf)), EAGAIN);
	p = (struct pollfd){ .fd = fd, .events = POLLIN };
	EQ(poll(&p, 1, 30), 0);
	fcntl(fd, F_SETFL, 0);
	sigaction(SIGUSR1, &sa, NULL);
	/* Again and again: the first may come before the call that it is to interrupt. */
	child = CHILD({ for (;;) { usleep(30000); kill(getppid(), SIGUSR1); } });
	ERR(read(fd, buf, sizeof(buf)), EINTR);
	signal(SIGUSR1, SIG_IGN);
	OK(kill(child, SIGKILL));
	DIES(child, SIGKILL);
	CMP(put_text(DIR "pid", "0"), >, 0);
	child = CHILD({ usleep(50000); put_text(DIR "mask", "1"); put_text(DIR "mark", "at last"); });
	CMP(read(fd, buf, sizeof(buf)), >, 0);
	EXITS(child, 0);
	put_text(DIR "mark", "and again");
	EQ(poll(&p, 1, 5000), 1);
	put_text(DIR "mask", "0");
}

TEST(who_is_too_slow_learns_what_was_lost)
{
	char *text, *lost, *p;
	long n, seq;
	int fd;

	begin();
	fd = open_behind(DIR "trace", 0);
	trace_me("3ff");
	for (int i = 0; i < 8000; i++) {
		p = map_pages(1);
		poke(p, 1);
		munmap(p, PAGE);
	}
	put_text(DIR "mask", "0");
	text = read_all(fd);
	lost = strstr(text, "\"k\":\"meta.lost\"");
	CHECK(lost);
	EQ(sscanf(strstr(lost, "\"seq\":"), "\"seq\":%ld", &seq), 1);
	EQ(sscanf(strstr(lost, "\"n\":"), "\"n\":%ld", &n), 1);
	CMP(n, >, 10000);
	EQ(sscanf(strstr(strchr(lost, '\n'), "\"seq\":"), "\"seq\":%ld", &n), 1);
	EQ(n, seq);
}

TEST(the_filter_names_one_process)
{
	char me[32];
	const char *text;
	pid_t child;
	int fd;

	begin();
	fd = open_behind(DIR "trace", 0);
	trace_me("303fe");
	child = CHILD(poke(map_pages(1), 1));
	EXITS(child, 0);
	poke(map_pages(1), 1);
	put_text(DIR "mask", "0");
	text = read_all(fd);
	snprintf(me, sizeof(me), "\"tid\":%d,", getpid());
	CMP(lines_with(text, "fault.done", me), >=, 1);
	snprintf(me, sizeof(me), "\"tid\":%d,", child);
	EQ(lines_with(text, "fault.done", me), 0);
	EQ(lines_with(text, "syscall.enter", me), 0);
}

TEST(ops_hold_together)
{
	unsigned long op[2] = { 0, 0 };
	char *text, *p;
	int fd;

	begin();
	fd = open_behind(DIR "trace", 0);
	trace_me("3fe");
	munmap(map_pages(1), PAGE);
	put_text(DIR "mask", "0");
	text = read_all(fd);
	p = strstr(text, "\"k\":\"vma.add\"");
	CHECK(p);
	EQ(sscanf(strstr(p, "\"op\":"), "\"op\":%lu", &op[0]), 1);
	p = strstr(text, "\"k\":\"vma.del\"");
	CHECK(p);
	EQ(sscanf(strstr(p, "\"op\":"), "\"op\":%lu", &op[1]), 1);
	CMP(op[0], <, op[1]);
	for (int i = 0; i < 2; i++) {
		char word[32];

		snprintf(word, sizeof(word), "\"op\":%lu,", op[i]);
		EQ(lines_with(text, "syscall.enter", word), 1);
		EQ(lines_with(text, "syscall.exit", word), 1);
	}
}

TEST(fork_storm_with_tracing_going_on_and_off)
{
	begin();
	for (int i = 0; i < 60; i++) {
		pid_t a = CHILD({ pid_t b = CHILD(poke(map_pages(8), 1)); EXITS(b, 0); });
		pid_t c = CHILD({ put_text(DIR "mask", i % 3 ? "703ff" : "3ff"); usleep(100); });

		poke(map_pages(4), 1);
		put_text(DIR "mask", "0");
		EXITS(a, 0);
		EXITS(c, 0);
	}
	put_text(DIR "mask", "0");
	CMP(put_text("/proc/sys/vm/verify", "1"), ==, 1);
}

/* ---- a ring in one's own memory ---- */

static int ring_fd;

/* How many pages there are: more cannot be mapped. */
static unsigned long ring_pages(void)
{
	volatile struct quire_ring *ring;
	unsigned long n;

	ring_fd = OK(open(DIR "ring", O_RDONLY));
	ring = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, ring_fd, 0);
	CHECK((void *)ring != MAP_FAILED);
	n = 1 + ring->records * 64 / PAGE;
	OK(munmap((void *)ring, PAGE));
	CMP(n, >, 1);
	return n;
}

/* One follows the other in the file, one for each CPU. */
static unsigned long nr_rings(unsigned long pages)
{
	unsigned long n = 0;
	void *p;

	while ((p = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, ring_fd, n * pages * PAGE)) != MAP_FAILED) {
		OK(munmap(p, PAGE));
		n++;
	}
	CMP(n, >=, 1);
	return n;
}

TEST(a_ring_is_mapped_and_shows_what_happens)
{
	unsigned long n, before, seen = 0;
	volatile struct quire_ring *ring;
	struct quire_event *ev;

	begin();
	n = ring_pages();
	ring = mmap(NULL, n * PAGE, PROT_READ, MAP_SHARED, ring_fd, 0);
	CHECK(ring != MAP_FAILED);
	EQ(ring->magic, QUIRE_RING_MAGIC);
	EQ(ring->version, QUIRE_EVENTS_VERSION);
	EQ(ring->mask, 0);
	EQ(ring->records, (n - 1) * PAGE / 64);
	EQ(ring->data_offset, PAGE);
	trace_me("3fe");
	EQ(ring->mask, 0x3fe);
	before = ring->head;
	munmap(map_pages(1), PAGE);
	CMP(ring->head, >, before);
	put_text(DIR "mask", "0");
	ev = (struct quire_event *)((char *)ring + ring->data_offset);
	for (unsigned long i = before; i < ring->head; i++) {
		struct quire_event *e = &ev[i % ring->records];

		EQ(e->seq, (unsigned int)i);
		seen += e->kind == EV_VMA_ADD && e->tid == (unsigned int)getpid() && e->b - e->a == PAGE;
	}
	EQ(seen, 1);
	EQ(put_text("/proc/sys/vm/verify", "1"), 1);
}

TEST(a_ring_counts_as_pinned_while_it_is_mapped)
{
	unsigned long n;
	pid_t child;
	char *p, *place;

	begin();
	n = ring_pages();
	EQ(status_value("VmPin"), 0);
	p = mmap(NULL, n * PAGE, PROT_READ, MAP_SHARED, ring_fd, 0);
	CHECK(p != MAP_FAILED);
	EQ(status_value("VmPin"), n * PAGE / 1024);
	EQ(status_value("VmLck"), 0);
	child = CHILD({ EQ(status_value("VmPin"), 0); peek(p); });
	DIES(child, SIGSEGV);			/* not inherited */
	place = lonely(n);
	p = mremap(p, n * PAGE, n * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, place);
	EQ(p, place);
	EQ(status_value("VmPin"), n * PAGE / 1024);
	peek(p);
	OK(madvise(p, n * PAGE, MADV_DONTNEED));
	EQ(*(unsigned int *)p, QUIRE_RING_MAGIC);
	OK(munmap(p, n * PAGE));
	EQ(status_value("VmPin"), 0);
	EQ(put_text("/proc/sys/vm/verify", "1"), 1);
}

TEST(a_ring_respects_the_limit_of_locked_memory)
{
	unsigned long n;
	struct rlimit r;

	begin();
	n = ring_pages();
	r.rlim_cur = r.rlim_max = (n - 1) * PAGE;
	OK(setrlimit(RLIMIT_MEMLOCK, &r));
	CHECK(mmap(NULL, n * PAGE, PROT_READ, MAP_SHARED, ring_fd, 0) != MAP_FAILED);	/* root */
	EQ(status_value("VmPin"), n * PAGE / 1024);
	OK(setuid(1000));
	ERR(mmap(NULL, PAGE, PROT_READ, MAP_SHARED, ring_fd, 0), EPERM);
	EQ(status_value("VmPin"), n * PAGE / 1024);
}

TEST(a_ring_is_read_only_shared_and_whole)
{
	unsigned long n;
	char *p;

	begin();
	n = ring_pages();
	n *= nr_rings(n);
	ERR(mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, ring_fd, 0), EINVAL);
	ERR(mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, ring_fd, 0), EACCES);
	ERR(mmap(NULL, (n + 1) * PAGE, PROT_READ, MAP_SHARED, ring_fd, 0), EINVAL);
	ERR(mmap(NULL, PAGE, PROT_READ, MAP_SHARED, ring_fd, n * PAGE), EINVAL);
	ERR(mmap(NULL, PAGE, PROT_READ, MAP_SHARED, ring_fd, 1L << 40), EINVAL);
	EQ(status_value("VmPin"), 0);
	p = mmap(NULL, 2 * PAGE, PROT_READ, MAP_SHARED, ring_fd, 0);
	CHECK(p != MAP_FAILED);
	ERR(mprotect(p, 2 * PAGE, PROT_READ | PROT_WRITE), EACCES);
	ERR(munmap(p, PAGE), EINVAL);
	ERR(mremap(p, 2 * PAGE, 4 * PAGE, MREMAP_MAYMOVE), EFAULT);
	EQ(status_value("VmPin"), 8);
	OK(munmap(p, 2 * PAGE));
	EQ(status_value("VmPin"), 0);
	close(ring_fd);
	ring_fd = OK(open(DIR "ring", O_RDWR));
	ERR(mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, ring_fd, 0), EACCES);
	p = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, ring_fd, 0);
	CHECK(p != MAP_FAILED);
	ERR(mprotect(p, PAGE, PROT_READ | PROT_WRITE), EACCES);
	OK(munmap(p, PAGE));
	ERR(read(ring_fd, p, 1), EINVAL);
}
