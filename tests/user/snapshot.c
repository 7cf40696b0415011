/*
 * tests/user/snapshot.c - /proc/quire/snapshot: taken once, read in pieces, chosen by what is written
 *
 * Linux has no /proc/quire: there every case ends at once.  Whether all parts of a snapshot agree is
 * checked on the outside (tools/snapshot.py); here are the file, and what a program knows of itself.
 */
#include "proc.h"

#define FILE_NAME "/proc/quire/snapshot"
#define SIZE (8L << 20)

static char *text;			/* what was read last */

/* Only where there is something to test. */
static int begin(void)
{
	if (access(FILE_NAME, F_OK))
		_exit(0);
	text = map_shared(SIZE / PAGE);
	return OK(open(FILE_NAME, O_RDWR));
}

/* The whole, from the beginning; its length. */
static long whole(int fd, char *to)
{
	long n = 0, got;

	while ((got = OK(pread(fd, to + n, SIZE - 1 - n, n))) > 0)
		n += got;
	to[n] = '\0';
	return n;
}

/* Ask for a part; its length. */
static long part(int fd, const char *words)
{
	EQ(write(fd, words, strlen(words)), strlen(words));
	return whole(fd, text);
}

static int count(const char *word)
{
	int n = 0;

	for (const char *p = text; (p = strstr(p, word)); p++)
		n++;
	return n;
}

/* The number after @name in the line that holds @word. */
static unsigned long number(const char *word, const char *name)
{
	const char *p = strstr(text, word);

	if (!p)
		FAIL("no %s", word);
	p = strstr(p, name);
	if (!p || p > strchr(strstr(text, word), '\n'))
		FAIL("no %s with %s", name, word);
	return strtoul(p + strlen(name), NULL, 10);
}

static unsigned int my_mm(int fd)
{
	char me[40];

	part(fd, "all");
	snprintf(me, sizeof(me), "\"snap.task\",\"tid\":%d,", getpid());
	return number(me, "\"mm\":");
}

TEST(it_is_taken_at_the_first_read_and_stays)
{
	int fd = begin();
	char *again = map_shared(SIZE / PAGE);
	long n = 0, got;

	while ((got = OK(read(fd, text + n, 1000 + n % 777))) > 0)
		n += got;
	CMP(n, >, 10000);
	EQ(strncmp(text, "{\"k\":\"snap.begin\",\"version\":1,", 30), 0);
	EQ(read(fd, again, 1), 0);
	map_pages(100);				/* changes what there is to see */
	EQ(whole(fd, again), n);
	EQ(memcmp(text, again, n), 0);
	EQ(lseek(fd, 0, SEEK_SET), 0);
	EQ(read(fd, again, 100), 100);
	EQ(memcmp(text, again, 100), 0);
	EQ(pread(fd, again, 1, n), 0);
	EQ(pread(fd, again, 1, 1L << 62), 0);
	ERR(pread(fd, again, 1, -1), EINVAL);
	EQ(pread(fd, again, 0, 0), 0);
}

TEST(each_open_file_has_its_own_and_writing_makes_another)
{
	int fd = begin(), fd2 = OK(open(FILE_NAME, O_RDWR));
	unsigned long first, second, third;

	whole(fd, text);
	first = number("snap.begin", "\"t\":");
	whole(fd2, text);
	second = number("snap.begin", "\"t\":");
	CMP(second, >, first);
	whole(fd, text);
	EQ(number("snap.begin", "\"t\":"), first);
	part(fd, "all\n");
	third = number("snap.begin", "\"t\":");
	CMP(third, >, second);
	whole(fd2, text);
	EQ(number("snap.begin", "\"t\":"), second);
}

TEST(what_is_written_chooses_a_part_and_nonsense_changes_nothing)
{
	static const char *const bad[] = { "x", "mm", "mm 0", "mm -1", "mm 1 1", "pages 1", "pages 3 3", "pages 4 3",
					   "all all", "pages 1 99999999999999999999", "snap all",
					   "                                                                " };
	int fd = begin();
	long n;

	n = part(fd, "pages 0 16");
	EQ(count("snap.begin"), 1);
	EQ(count("snap.mm"), 0);
	CMP(count("snap.page"), >=, 1);
	EQ(number("snap.end", "\"lines\":"), count("\n") - 1);
	for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ERR(write(fd, bad[i], strlen(bad[i])), EINVAL);
	ERR(write(fd, "mm 1\0", 5), EINVAL);
	ERR(write(fd, text, 100), EINVAL);
	ERR(write(fd, (void *)8, 8), EFAULT);
	EQ(whole(fd, text), n);				/* still the one that was taken */
	OK(write(fd, "mm 4294967295", 13));
	ERR(read(fd, text, 1), ESRCH);
	ERR(read(fd, text, 1), ESRCH);
	OK(write(fd, "pages 0 18446744073709551615", 28));
	ERR(read(fd, text, 1), EINVAL);
	EQ(part(fd, "pages 0 16"), n);
	ERR(pread(fd, (void *)8, 8, 0), EFAULT);
	ERR(pread(fd, (void *)0xffff888000000000, 8, 0), EFAULT);
	EQ(whole(fd, text), n);
}

TEST(only_root_may_look)
{
	close(begin());
	OK(setuid(1000));
	ERR(open(FILE_NAME, O_RDONLY), EACCES);
	ERR(open(FILE_NAME, O_WRONLY), EACCES);
}

TEST(my_areas_are_those_of_maps)
{
	int fd = begin(), maps = OK(open("/proc/self/maps", O_RDONLY)), areas = 0;
	char words[32], want[100], *lines = map_shared(4);
	unsigned int mm = my_mm(fd);
	long n = 0, got, kib = status_value("VmSize");
	unsigned long start, end;

	kib = status_value("VmSize");			/* now that stdio has its memory */
	while ((got = OK(read(maps, lines + n, 4 * PAGE - 1 - n))) > 0)
		n += got;
	snprintf(words, sizeof(words), "mm %u", mm);
	part(fd, words);
	EQ(count("snap.mm"), 1);
	for (char *line = lines; *line; line = strchr(line, '\n') + 1) {
		EQ(sscanf(line, "%lx-%lx", &start, &end), 2);
		snprintf(want, sizeof(want), "\"snap.vma\",\"mm\":%u,\"s\":\"%lx\",\"e\":\"%lx\",", mm, start, end);
		if (!strstr(text, want))
			FAIL("missing: %lx-%lx", start, end);
		areas++;
	}
	EQ(count("snap.vma"), areas);
	EQ(number("snap.mm", "\"map_count\":"), areas);
	start = number("snap.mm", "\"total_vm\":");
	EQ(start * PAGE / 1024, kib);
}

TEST(my_page_is_found_from_its_frame)
{
	int fd = begin();
	unsigned int mm = my_mm(fd);
	char *p = map_pages(1), words[64], want[160];
	unsigned long pfn;
	int child;

	poke(p, 1);
	pfn = pagemap(p) & ((1UL << 55) - 1);
	snprintf(words, sizeof(words), "pages %lu %lu", pfn, pfn + 1);
	part(fd, words);
	EQ(number("snap.page", "\"n\":"), 1);
	CHECK(strstr(text, "\"use\":\"anon\""));
	EQ(number("snap.page", "\"map\":"), 1);
	snprintf(want, sizeof(want), "\"snap.rmap\",\"pfn\":%lu,\"at\":[[%u,\"%lx\"]]", pfn, mm, (unsigned long)p);
	CHECK(strstr(text, want));
	child = CHILD({ for (;;) pause(); });
	part(fd, words);
	EQ(number("snap.page", "\"map\":"), 2);
	OK(kill(child, SIGKILL));
	DIES(child, SIGKILL);
	part(fd, words);
	EQ(number("snap.page", "\"map\":"), 1);
}

/* Processes that map, fault, fork and end while snapshots are taken. */
static void storm(void)
{
	for (;;) {
		int status, child = fork();

		if (!child) {
			char *p = mmap(NULL, 64 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

			for (int i = 0; i < 64; i += 3)
				p[i * PAGE] = 1;
			if (!fork())
				p[5 * PAGE] = 2;
			munmap(p + 7 * PAGE, 9 * PAGE);
			_exit(0);
		}
		waitpid(child, &status, 0);
	}
}

TEST_LIMIT(it_is_whole_in_a_storm_of_forks_and_leaves_nothing, 150)
{
	int fd = begin(), children[3], tasks;

	part(fd, "all");
	tasks = count("snap.task");
	for (int i = 0; i < 3; i++)
		children[i] = CHILD({ storm(); });
	for (int i = 0; i < 6; i++) {
		part(fd, "all");
		EQ(number("snap.end", "\"lines\":"), count("\n") - 1);
		usleep(20000);
	}
	for (int i = 0; i < 8; i++) {			/* readers that end in the middle */
		int child = CHILD({
			int own = OK(open(FILE_NAME, O_RDONLY));

			EQ(read(own, text, 100), 100);
		});

		EXITS(child, 0);
	}
	for (int i = 0; i < 3; i++) {
		OK(kill(children[i], SIGKILL));
		DIES(children[i], SIGKILL);
	}
	EVENTUALLY(part(fd, "all") && count("snap.task") == tasks);	/* theirs have ended too */
	EQ(put_text("/proc/sys/vm/verify", "1"), 1);
}
