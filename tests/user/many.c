/*
 * tests/user/many.c - a process of tens of thousands of areas, and the limit on their number
 */
#include <limits.h>
#include <sys/shm.h>
#include "proc.h"

#define MANY	60000
#define LIMIT	"/proc/sys/vm/max_map_count"
#define DEFAULT_LIMIT 65530

/* ---- maps and smaps, read in pieces ---- */

struct lines {
	int fd;
	size_t piece, have, at;
	char buf[1 << 16];
};

/* Read a file by @piece bytes at a time. */
static struct lines *open_lines(const char *path, size_t piece)
{
	static struct lines l;

	l.fd = OK(open(path, O_RDONLY));
	l.piece = piece;
	l.have = l.at = 0;
	return &l;
}

/* The next line without its end; NULL behind the last, and the file is closed. */
static char *next_line(struct lines *l)
{
	char *line, *end;

	while (!(end = memchr(l->buf + l->at, '\n', l->have - l->at))) {
		long n;

		memmove(l->buf, l->buf + l->at, l->have - l->at);
		l->have -= l->at;
		l->at = 0;
		n = OK(read(l->fd, l->buf + l->have, l->piece));
		if (!n) {
			close(l->fd);
			return NULL;
		}
		l->have += n;
	}
	*end = '\0';
	line = l->buf + l->at;
	l->at = end + 1 - l->buf;
	return line;
}

struct area {
	unsigned long start, end;
};

/* The area that a line of maps, or the first of smaps, describes; 0: another line. */
static int parse_area(const char *line, struct area *a)
{
	char *end;

	a->start = strtoul(line, &end, 16);
	if (end == line || *end != '-')
		return 0;
	a->end = strtoul(end + 1, NULL, 16);
	return !strstr(line, "[vsyscall]");		/* not an area of the process */
}

/* How many areas there are; each above the one before. */
static int count_areas(void)
{
	struct lines *l = open_lines("/proc/self/maps", 4096);
	unsigned long last = 0;
	struct area a;
	char *line;
	int n = 0;

	while ((line = next_line(l))) {
		if (!parse_area(line, &a))
			continue;
		CMP(a.start, >=, last);
		CMP(a.end, >, a.start);
		last = a.end;
		n++;
	}
	return n;
}

/* Areas of one page, every other one writable: @nr of them. */
static char *make_areas(int nr)
{
	char *p = mmap(NULL, nr * PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	CHECK(p != MAP_FAILED);
	for (int i = 0; i < nr; i += 2)
		OK(mprotect(p + i * PAGE, PAGE, PROT_READ | PROT_WRITE));
	return p;
}

TEST_LIMIT(a_process_of_sixty_thousand_areas_maps_faults_and_unmaps, 100)
{
	int before = count_areas();
	char *p = make_areas(MANY);

	CMP(count_areas() - before, >=, MANY - 1);
	for (long i = 0; i < MANY; i += 2)
		*(long *)(p + i * PAGE) = i;
	for (long i = 1; i < MANY; i += 2)
		EQ(*(long *)(p + i * PAGE), 0);
	for (long i = 1; i < MANY; i += 2)		/* holes */
		OK(munmap(p + i * PAGE, PAGE));
	CMP(count_areas() - before, <=, MANY / 2);
	for (long i = 0; i < MANY; i += 2)
		EQ(*(long *)(p + i * PAGE), i);
	SEGV(peek(p + 777 * PAGE), SEGV_MAPERR, p + 777 * PAGE);
	for (long i = 1; i < MANY; i += 200) {		/* the highest hole is found first */
		char *q = map_at(NULL, 1, PROT_READ | PROT_WRITE, 0);

		EQ(q, p + (MANY - 1 - (i / 200) * 2) * PAGE);
		EQ(*q, 0);
	}
	OK(munmap(p, MANY * PAGE));
	EQ(count_areas(), before);
}

TEST_LIMIT(smaps_of_thirty_thousand_areas_is_read_to_its_end, 100)
{
	enum { NR = 30000 };
	char *p = make_areas(NR);
	unsigned long from = (unsigned long)p, last = 0, bytes = 0;
	long headers = 0, rss = 0, flags = 0;
	struct lines *l;
	struct area a;
	char *line;
	int inside = 0;

	for (long i = 0; i < NR; i += 20)
		p[i * PAGE] = 1;
	l = open_lines("/proc/self/smaps", 32768);
	while ((line = next_line(l))) {
		bytes += strlen(line) + 1;
		if (parse_area(line, &a)) {
			CMP(a.start, >=, last);
			last = a.end;
			inside = a.start >= from && a.end <= from + NR * PAGE;
			headers += inside;
		} else if (inside && !strncmp(line, "Rss:", 4)) {
			rss += strtol(line + 4, NULL, 10);
		} else if (inside && !strncmp(line, "VmFlags:", 8)) {
			flags++;
		}
	}
	CMP(bytes, >, 16UL << 20);
	CMP(headers, >=, NR - 1);
	EQ(flags, headers);
	EQ(rss, NR / 20 * 4);
}

/* The whole text of maps, by reads of @piece bytes. */
static size_t whole_maps(int fd, char *buf, size_t size, size_t piece)
{
	size_t n = 0;
	long r;

	while ((r = OK(read(fd, buf + n, n + piece < size ? piece : size - n))))
		n += r;
	return n;
}

TEST(maps_is_the_same_by_the_byte_by_the_page_and_from_anywhere)
{
	static char a[1 << 16], b[1 << 16], c[100];
	int fd;
	size_t n;

	make_areas(300);
	fd = OK(open("/proc/self/maps", O_RDONLY));
	n = whole_maps(fd, a, sizeof(a), sizeof(a));
	CMP(n, >, 4096 * 3);
	EQ(read(fd, b, 1), 0);
	EQ(lseek(fd, 0, SEEK_SET), 0);
	EQ(whole_maps(fd, b, sizeof(b), 1), n);
	CHECK(!memcmp(a, b, n));
	EQ(lseek(fd, 0, SEEK_SET), 0);
	EQ(whole_maps(fd, b, sizeof(b), 4099), n);
	CHECK(!memcmp(a, b, n));
	for (size_t at = 0; at < n - sizeof(c); at += 997) {
		EQ(pread(fd, c, sizeof(c), at) > 0, 1);
		CHECK(c[0] == a[at]);
		EQ(lseek(fd, at, SEEK_SET), at);
		EQ(read(fd, c, 10), 10);
		CHECK(!memcmp(c, a + at, 10));
	}
	EQ(pread(fd, c, sizeof(c), n), 0);
	EQ(pread(fd, c, sizeof(c), n + 5000), 0);
	EQ(lseek(fd, n + 100, SEEK_SET), n + 100);
	EQ(read(fd, c, sizeof(c)), 0);
	EQ(lseek(fd, 0, SEEK_SET), 0);
	ERR(read(fd, (void *)-4096UL, 10), EFAULT);
	EQ(whole_maps(fd, b, sizeof(b), 5000), n);	/* nothing was lost */
	CHECK(!memcmp(a, b, n));
}

/* Areas come and go while maps is read: what stays is seen once, in order. */
TEST(a_reader_of_maps_sees_each_area_once_while_others_come_and_go)
{
	enum { NR = 1000 };
	char *p = make_areas(NR), *line;
	unsigned char seen[NR];
	unsigned long last = 0;
	struct lines *l;
	struct area a;
	int step = 0;

	memset(seen, 0, sizeof(seen));
	l = open_lines("/proc/self/maps", 300);
	while ((line = next_line(l))) {
		long page;

		if (!parse_area(line, &a))
			continue;
		CMP(a.start, >=, last);
		last = a.end;
		page = (long)(a.start - (unsigned long)p) / (long)PAGE;
		if (a.start < (unsigned long)p || page >= NR)
			continue;
		seen[page]++;
		/* behind the reader and far ahead of it, in tens of which the first five stay */
		step++;
		if (page % 10 == 0 && page >= 20)
			OK(munmap(p + (page - 15 + step % 3) * PAGE, PAGE));
		if (page % 10 == 0 && page + 45 < NR)
			OK(munmap(p + (page + 45 + step % 3) * PAGE, PAGE));
	}
	for (int i = 0; i < NR - 1; i++) {
		CMP(seen[i], <=, 1);
		if (i % 10 < 5)
			EQ(seen[i], 1);
	}
}

/*
 * maps, read by the byte up to the end of the area that ends at @end.  The line after it is made by
 * then; the reader stands before the one after that.
 */
static int read_up_to(const char *end)
{
	int fd = OK(open("/proc/self/maps", O_RDONLY)), n = 0;
	char word[40], line[200];

	snprintf(word, sizeof(word), "-%lx ", (unsigned long)end);
	for (;;) {
		EQ(read(fd, line + n, 1), 1);
		if (line[n] != '\n') {
			n++;
			continue;
		}
		line[n] = '\0';
		if (strstr(line, word))
			return fd;
		n = 0;
	}
}

/* The next line must be that of pages [from, to) from @p. */
static void next_area_is(int fd, const char *p, int from, int to)
{
	char line[200], word[60];
	int n = 0;

	do {
		EQ(read(fd, line + n, 1), 1);
	} while (line[n++] != '\n');
	line[n - 1] = '\0';
	snprintf(word, sizeof(word), "%08lx-%08lx ", (unsigned long)p + from * PAGE,
		 (unsigned long)p + to * PAGE);
	if (strncmp(line, word, strlen(word)))
		FAIL("%s instead of %s", line, word);
}

TEST(a_reader_whose_next_area_is_gone_goes_on_with_the_one_after)
{
	char *p = lonely(8);
	int fd;

	for (int i = 0; i < 8; i += 2)
		map_at(p + i * PAGE, 1, PROT_READ, MAP_FIXED);
	fd = read_up_to(p + PAGE);
	OK(munmap(p + 4 * PAGE, PAGE));
	next_area_is(fd, p, 2, 3);
	next_area_is(fd, p, 6, 7);
}

TEST(a_reader_whose_next_area_joined_the_last_sees_all_of_it)
{
	char *p = lonely(8);
	int fd;

	map_at(p, 8, PROT_NONE, MAP_FIXED);
	OK(mprotect(p, PAGE, PROT_READ));
	OK(mprotect(p + 3 * PAGE, 3 * PAGE, PROT_READ));
	fd = read_up_to(p + PAGE);
	OK(mprotect(p + 3 * PAGE, 2 * PAGE, PROT_NONE));
	next_area_is(fd, p, 1, 3);
	next_area_is(fd, p, 1, 5);
	next_area_is(fd, p, 5, 6);
}

TEST(maps_belongs_to_the_address_space_of_open)
{
	static char buf[64];
	int go[2], fd;
	char path[40];
	pid_t pid;

	OK(pipe(go));
	pid = CHILD({
		char c;

		close(go[1]);
		read(go[0], &c, 1);
	});
	snprintf(path, sizeof(path), "/proc/%d/maps", pid);
	fd = OK(open(path, O_RDONLY));
	CMP(read(fd, buf, 30), ==, 30);
	close(go[1]);
	close(go[0]);
	OK(waitid(P_PID, pid, NULL, WEXITED | WNOWAIT));
	EQ(lseek(fd, 0, SEEK_SET), 0);
	EQ(read(fd, buf, sizeof(buf)), 0);		/* a zombie: no memory any more */
	EXITS(pid, 0);
	ERR(read(fd, buf, sizeof(buf)), ESRCH);
	ERR(open(path, O_RDONLY), ENOENT);
}

/* ---- gaps ---- */

#define TiB (1UL << 40)

/* From 1 TiB up gaps of 40, 20, 30, 10, 10 and 8 TiB; nine at most are left above. */
TEST(a_search_passes_by_a_large_gap_that_is_too_small)
{
	static const int at[] = { 0, 40, 60, 90, 100, 110, 118 };
	char *base = (char *)TiB, *p;

	for (int i = 0; i < 7; i++)
		map_at(base + at[i] * TiB, 1, PROT_READ, MAP_FIXED);
	for (int i = 0; i < 100; i++)
		map_at(base + 119 * TiB + 2 * i * PAGE, 1, PROT_READ, MAP_FIXED);
	p = mmap(NULL, 35 * TiB, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	EQ(p, base + 5 * TiB);
	OK(munmap(p, 35 * TiB));
	p = mmap(NULL, 25 * TiB, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	EQ(p, base + 65 * TiB);
	p = mmap(NULL, 18 * TiB, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	EQ(p, base + 42 * TiB);
	ERR(mmap(NULL, 50 * TiB, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0), ENOMEM);
}

/* ---- the limit ---- */

static void set_limit(int n)
{
	char text[20];

	snprintf(text, sizeof(text), "%d", n);
	EQ(put_text(LIMIT, text), strlen(text));
}

/* Eight writable pages with a hole above, and another area of the same kind after the hole. */
static char *room;

static long do_mmap_new(void)
{
	return (long)mmap(NULL, PAGE, PROT_READ, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
}

static long do_mmap_that_merges(void)
{
	return (long)mmap(room + 8 * PAGE, PAGE, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
}

static long do_mmap_over_the_middle(void)
{
	return (long)mmap(room + 3 * PAGE, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
}

static long do_mmap_over_all(void)
{
	return (long)mmap(room, 8 * PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
}

static long do_munmap_middle(void) { return munmap(room + 3 * PAGE, PAGE); }
static long do_munmap_head(void) { return munmap(room, PAGE); }
static long do_munmap_tail(void) { return munmap(room + 7 * PAGE, PAGE); }
static long do_munmap_all(void) { return munmap(room, 8 * PAGE); }
static long do_munmap_end_to_end(void) { return munmap(room + 7 * PAGE, 18 * PAGE); }
static long do_mprotect_middle(void) { return mprotect(room + 3 * PAGE, PAGE, PROT_READ); }
static long do_mprotect_head(void) { return mprotect(room, PAGE, PROT_READ); }
static long do_mprotect_tail(void) { return mprotect(room + 7 * PAGE, PAGE, PROT_READ); }
static long do_mprotect_all(void) { return mprotect(room, 8 * PAGE, PROT_READ); }

/* The page joins the read-only area above: no area more. */
static long do_mprotect_that_merges(void) { return mprotect(room + 31 * PAGE, PAGE, PROT_READ); }

static long do_mlock_middle(void) { return mlock(room + 3 * PAGE, PAGE); }
static long do_mlock_head(void) { return mlock(room, PAGE); }
static long do_dontfork_middle(void) { return madvise(room + 3 * PAGE, PAGE, MADV_DONTFORK); }
static long do_dontfork_head(void) { return madvise(room, PAGE, MADV_DONTFORK); }
static long do_dontfork_all(void) { return madvise(room, 8 * PAGE, MADV_DONTFORK); }
static long do_dontneed_middle(void) { return madvise(room + 3 * PAGE, PAGE, MADV_DONTNEED); }

static long do_mremap_grow(void) { return (long)mremap(room, 8 * PAGE, 10 * PAGE, 0); }
static long do_mremap_shrink(void) { return (long)mremap(room, 8 * PAGE, 4 * PAGE, 0); }
static long do_mremap_cut(void) { return (long)mremap(room, 4 * PAGE, 2 * PAGE, 0); }

static long do_mremap_move(void)
{
	return (long)mremap(room, 8 * PAGE, 100 * PAGE, MREMAP_MAYMOVE);
}

static long do_mremap_move_middle(void)
{
	return (long)mremap(room + 3 * PAGE, PAGE, 2 * PAGE, MREMAP_MAYMOVE);
}

static long do_mremap_fixed(void)
{
	return (long)mremap(room, 8 * PAGE, 8 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, room + 100 * PAGE);
}

static long do_mremap_dontunmap(void)
{
	return (long)mremap(room, 8 * PAGE, 8 * PAGE, MREMAP_MAYMOVE | MREMAP_DONTUNMAP, NULL);
}

static long do_brk(void) { return sbrk(PAGE) == (void *)-1 ? -1 : 0; }

static long do_shmat(void)
{
	int id = shmget(IPC_PRIVATE, PAGE, IPC_CREAT | 0600);
	long r = (long)shmat(id, NULL, 0);
	int saved = errno;

	shmctl(id, IPC_RMID, NULL);
	errno = saved;
	return r;
}

/*
 * What each call says when -1, 0, 1 ... 7 areas more were allowed than there are ('.': done), as
 * Linux 6.1 has it.
 */
static const struct {
	const char *name;
	long (*call)(void);
	const char *want;
} at_limit[] = {
#define CALL(name, want) { #name, do_##name, want }
	CALL(mmap_new, "M........"),
	CALL(mmap_that_merges, "M........"),
	CALL(mmap_over_the_middle, "MM......."),
	CALL(mmap_over_all, "M........"),
	CALL(munmap_middle, "MM......."),
	CALL(munmap_head, "........."),
	CALL(munmap_tail, "........."),
	CALL(munmap_all, "........."),
	CALL(munmap_end_to_end, "........."),
	CALL(mprotect_middle, "MMM......"),
	CALL(mprotect_head, "MM......."),
	CALL(mprotect_tail, "MM......."),
	CALL(mprotect_all, "........."),
	CALL(mprotect_that_merges, "........."),
	CALL(mlock_middle, "MMM......"),
	CALL(mlock_head, "MM......."),
	CALL(dontfork_middle, "AAA......"),
	CALL(dontfork_head, "AA......."),
	CALL(dontfork_all, "........."),
	CALL(dontneed_middle, "........."),
	CALL(mremap_grow, "........."),
	CALL(mremap_shrink, "........."),
	CALL(mremap_cut, "MM......."),
	CALL(mremap_move, "MMMMM...."),
	CALL(mremap_move_middle, "MMMMM...."),
	CALL(mremap_fixed, "MMMMMMM.."),
	CALL(mremap_dontunmap, "MMMMMMM.."),
	CALL(brk, "M........"),
	CALL(shmat, "M........"),
};

/* One letter: done, no memory, try again, or something else. */
static int outcome(long (*call)(void))
{
	int status = 0;
	pid_t pid = CHILD({
		long r = call();

		_exit(r != -1 ? '.' : errno == ENOMEM ? 'M' : errno == EAGAIN ? 'A' : 'x');
	});

	OK(waitpid(pid, &status, 0));
	return WIFEXITED(status) ? WEXITSTATUS(status) : '!';
}

TEST(every_call_keeps_to_the_limit_as_linux_does)
{
	char got[10] = "";
	int count, wrong = 0;

	set_limit(DEFAULT_LIMIT);
	room = lonely(200);
	map_at(room, 8, PROT_READ | PROT_WRITE, MAP_FIXED);
	map_at(room + 16 * PAGE, 17, PROT_READ | PROT_WRITE, MAP_FIXED);
	memset(room, 1, 8 * PAGE);
	OK(mprotect(room + 32 * PAGE, PAGE, PROT_READ));
	sbrk(PAGE);
	count = count_areas();
	for (size_t i = 0; i < sizeof(at_limit) / sizeof(at_limit[0]); i++) {
		for (int d = -1; d <= 7; d++) {
			set_limit(count + d);
			got[d + 1] = outcome(at_limit[i].call);
		}
		set_limit(DEFAULT_LIMIT);
		if (strcmp(got, at_limit[i].want)) {
			printf("# %s: %s, not %s\n", at_limit[i].name, got, at_limit[i].want);
			wrong++;
		}
	}
	fflush(stdout);
	EQ(wrong, 0);
}

/* Up to the default limit itself, by calls that make one area each; then one more by mmap. */
TEST_LIMIT(the_last_areas_below_the_limit, 100)
{
	char *p;
	int n = 0;

	set_limit(DEFAULT_LIMIT);
	p = mmap(NULL, 2UL * DEFAULT_LIMIT * PAGE, PROT_NONE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	while (!mprotect(p + (2 * n + 1) * PAGE, PAGE, PROT_READ))
		n++;
	EQ(errno, ENOMEM);
	EQ(count_areas(), DEFAULT_LIMIT);		/* the first of two cuts may have been made */
	ERR(mprotect(p + (2 * n + 1) * PAGE, PAGE, PROT_READ), ENOMEM);
	while ((void *)mmap(NULL, PAGE, PROT_READ, MAP_SHARED | MAP_ANONYMOUS, -1, 0) != MAP_FAILED)
		;
	EQ(errno, ENOMEM);
	EQ(count_areas(), DEFAULT_LIMIT + 1);
	EXITS(CHILD(EQ(count_areas(), DEFAULT_LIMIT + 1)), 0);	/* fork does not ask */
	OK(munmap(p, 2UL * DEFAULT_LIMIT * PAGE));
	CMP(count_areas(), <, 100);
}

TEST(the_limit_is_any_number_from_zero_up)
{
	set_limit(0);
	ERR(mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), ENOMEM);
	ERR(put_text(LIMIT, "-1"), EINVAL);
	ERR(put_text(LIMIT, "4294967296"), EINVAL);
	set_limit(INT_MAX);
	set_limit(DEFAULT_LIMIT);
}

/* ---- C5: tables ---- */

/* Pages that are page tables now, exactly. */
static long table_pages(void)
{
	static char text[32768];
	int fd = open("/proc/sys/vm/stat_refresh", O_WRONLY);	/* Linux counts by CPU */
	char *at;
	long n;

	if (fd >= 0) {
		OK(write(fd, "1", 1));
		close(fd);
	}
	fd = OK(open("/proc/vmstat", O_RDONLY));
	n = 0;
	for (long r; (r = OK(read(fd, text + n, sizeof(text) - 1 - n))); n += r)
		;
	text[n] = '\0';
	close(fd);
	at = strstr(text, "nr_page_table_pages ");
	CHECK(at);
	return strtol(at + 20, NULL, 10);
}

/* A page in each of many tables, of every level: its own 2 MiB, 1 GiB, 512 GiB. */
static void use_many_tables(void)
{
	static const unsigned long steps[] = { 1UL << 21, 1UL << 30, 1UL << 39 };

	for (int s = 0; s < 3; s++)
		for (unsigned long i = 0; i < 60; i++)
			poke(map_at((char *)0x100000000000UL + i * steps[s] + s * PAGE, 1,
				    PROT_READ | PROT_WRITE, MAP_FIXED), 1);
}

TEST(no_table_is_left_of_a_process_that_forked_executed_or_ended)
{
	static char *argv[] = { "many", "none", NULL }, *envp[] = { NULL };
	long before;

	stay_on_one_cpu();	/* an idle CPU elsewhere may borrow a process's top table for long */
	table_pages();
	before = table_pages();
	EXITS(CHILD({
		use_many_tables();
		CMP(table_pages() - before, >=, 60 * 3);
		EXITS(CHILD(CMP(table_pages() - before, >=, 60 * 6)), 0);
		close(1);				/* the program runs no case and says so */
		EXITS(CHILD(execve("/proc/self/exe", argv, envp)), 0);
		execve("/proc/self/exe", argv, envp);
	}), 0);
	EVENTUALLY(table_pages() == before);
	DIES(CHILD({ use_many_tables(); raise(SIGKILL); }), SIGKILL);
	EVENTUALLY(table_pages() == before);
	use_many_tables();
	for (int s = 0; s < 3; s++)
		OK(munmap((char *)0x100000000000UL, 60UL << 39));
	EVENTUALLY(table_pages() == before);
}
