/*
 * tests/user/smaps.c - /proc/PID/smaps and smaps_rollup: exact sums after known actions
 */
#include "proc.h"

/* "Rss=8 Pss=8 ..." for the keys that are not 0. */
static const char *sums(const void *p)
{
	static const char *const keys[] = { "Size", "Rss", "Pss", "Pss_Dirty", "Shared_Clean",
		"Shared_Dirty", "Private_Clean", "Private_Dirty", "Referenced", "Anonymous", "LazyFree",
		"Swap", "SwapPss", "Locked" };
	static char text[400];
	int n = 0;

	text[0] = '\0';
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		long kb = smaps_kb(p, keys[i]);

		if (kb)
			n += snprintf(text + n, sizeof(text) - n, "%s%s=%ld", n ? " " : "", keys[i], kb);
	}
	return text;
}

/* The words after VmFlags. */
static const char *flags(const void *p)
{
	static char text[100];

	strlcpy(text, smaps_line(p, "VmFlags") + 1, sizeof(text));
	text[strcspn(text, "\n")] = '\0';
	return text;
}

static char *alone(unsigned long pages, int prot)
{
	return map_at(lonely(pages), pages, prot, MAP_FIXED);
}

TEST(keys_stand_in_linuxs_order)
{
	static const char *const keys[] = { "Size", "KernelPageSize", "MMUPageSize", "Rss", "Pss",
		"Pss_Dirty", "Shared_Clean", "Shared_Dirty", "Private_Clean", "Private_Dirty",
		"Referenced", "Anonymous", "LazyFree", "AnonHugePages", "ShmemPmdMapped",
		"FilePmdMapped", "Shared_Hugetlb", "Private_Hugetlb", "Swap", "SwapPss", "Locked",
		"THPeligible", "VmFlags" };
	FILE *f = fopen("/proc/self/smaps", "r");
	unsigned long start, end;
	char line[512];
	size_t next = sizeof(keys) / sizeof(keys[0]);

	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%lx-%lx ", &start, &end) == 2) {
			EQ(next, sizeof(keys) / sizeof(keys[0]));
			next = 0;
			continue;
		}
		if (!strncmp(line, "ProtectionKey:", 14))
			continue;			/* where the processor has them */
		if (strncmp(line, keys[next], strlen(keys[next])) || line[strlen(keys[next])] != ':')
			FAIL("%s instead of %s", line, keys[next]);
		if (strstr(line, " kB\n"))
			EQ(strlen(line), 28);
		next++;
	}
	EQ(next, sizeof(keys) / sizeof(keys[0]));
}

TEST(touched_pages_are_private_and_dirty)
{
	char *p = alone(10, PROT_READ | PROT_WRITE);

	STREQ(sums(p), "Size=40");
	poke(p, 1);
	poke(p + 4 * PAGE, 1);
	STREQ(sums(p), "Size=40 Rss=8 Pss=8 Pss_Dirty=8 Private_Dirty=8 Referenced=8 Anonymous=8");
	EQ(peek(p + 5 * PAGE), 0);			/* the zero page counts nowhere */
	STREQ(sums(p), "Size=40 Rss=8 Pss=8 Pss_Dirty=8 Private_Dirty=8 Referenced=8 Anonymous=8");
	OK(madvise(p, PAGE, MADV_DONTNEED));
	STREQ(sums(p), "Size=40 Rss=4 Pss=4 Pss_Dirty=4 Private_Dirty=4 Referenced=4 Anonymous=4");
}

TEST(pages_shared_by_fork_count_in_parts)
{
	char *p = alone(4, PROT_READ | PROT_WRITE), c;
	int ready[2], go[2];
	pid_t pid;

	memset(p, 1, 4 * PAGE);
	OK(pipe(ready));
	OK(pipe(go));
	pid = CHILD({
		poke(p, 2);
		write(ready[1], "r", 1);
		read(go[0], &c, 1);
	});
	EQ(read(ready[0], &c, 1), 1);
	STREQ(sums(p), "Size=16 Rss=16 Pss=10 Pss_Dirty=10 Shared_Dirty=12 Private_Dirty=4 "
	      "Referenced=16 Anonymous=16");
	write(go[1], "g", 1);
	EXITS(pid, 0);
	STREQ(sums(p), "Size=16 Rss=16 Pss=16 Pss_Dirty=16 Private_Dirty=16 Referenced=16 Anonymous=16");
}

TEST(a_third_is_rounded_down_once)
{
	char *p = alone(4, PROT_READ | PROT_WRITE), c;
	int ready[2], go[2];
	pid_t pid[2];

	memset(p, 1, 4 * PAGE);
	OK(pipe(ready));
	OK(pipe(go));
	for (int i = 0; i < 2; i++)
		pid[i] = CHILD({
			write(ready[1], "r", 1);
			read(go[0], &c, 1);
		});
	EQ(read(ready[0], &c, 1) + read(ready[0], &c, 1), 2);
	STREQ(sums(p), "Size=16 Rss=16 Pss=5 Pss_Dirty=5 Shared_Dirty=16 Referenced=16 Anonymous=16");
	write(go[1], "gg", 2);
	EXITS(pid[0], 0);
	EXITS(pid[1], 0);
}

TEST(locked_pages_show_as_locked)
{
	char *p = alone(6, PROT_READ | PROT_WRITE);

	OK(mlock(p, 6 * PAGE));
	STREQ(sums(p), "Size=24 Rss=24 Pss=24 Pss_Dirty=24 Private_Dirty=24 Referenced=24 Anonymous=24 "
	      "Locked=24");
	STREQ(flags(p), "rd wr mr mw me lo ac sd ");
	OK(munlock(p, 6 * PAGE));
	EQ(smaps_kb(p, "Locked"), 0);
	STREQ(flags(p), "rd wr mr mw me ac sd ");
}

TEST(madv_free_makes_pages_clean)
{
	char *p = alone(3, PROT_READ | PROT_WRITE);

	memset(p, 1, 3 * PAGE);
	OK(madvise(p, 2 * PAGE, MADV_FREE));
	EQ(smaps_kb(p, "Anonymous"), 12);		/* LazyFree follows later on Linux */
	EQ(smaps_kb(p, "Private_Clean"), 8);
	EQ(smaps_kb(p, "Private_Dirty"), 4);
	poke(p, 2);
	EQ(smaps_kb(p, "Private_Dirty"), 8);
}

TEST(file_pages_and_private_copies)
{
	int fd = OK(open("/tmp/smaps", O_RDWR | O_CREAT | O_TRUNC, 0600));
	char *p, page[4 * PAGE];

	OK(unlink("/tmp/smaps"));
	memset(page, 'x', sizeof(page));
	EQ(write(fd, page, sizeof(page)), sizeof(page));
	p = mmap(lonely(4), 4 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_FIXED, fd, 0);
	EQ(peek(p), 'x');				/* and what is cached around it */
	EQ(smaps_kb(p, "Rss"), 16);
	EQ(smaps_kb(p, "Anonymous"), 0);
	poke(p + PAGE, 'y');
	EQ(smaps_kb(p, "Rss"), 16);
	EQ(smaps_kb(p, "Anonymous"), 4);
	EQ(smaps_kb(p, "Pss"), 16);
	STREQ(flags(p), "rd wr mr mw me ac sd ");
}

TEST(vm_flags_name_what_was_asked_for)
{
	char *p = alone(20, PROT_READ | PROT_WRITE), *s = map_shared(2);

	STREQ(flags(s), "rd wr sh mr mw me ms sd ");
	OK(mprotect(p, PAGE, PROT_NONE));
	STREQ(flags(p), "mr mw me ac sd ");
	OK(mprotect(p + PAGE, PAGE, PROT_READ | PROT_EXEC));
	STREQ(flags(p + PAGE), "rd ex mr mw me ac sd ");
	OK(madvise(p + 2 * PAGE, PAGE, MADV_SEQUENTIAL));
	STREQ(flags(p + 2 * PAGE), "rd wr mr mw me sr ac sd ");
	OK(madvise(p + 3 * PAGE, PAGE, MADV_DONTFORK));
	STREQ(flags(p + 3 * PAGE), "rd wr mr mw me dc ac sd ");
	OK(madvise(p + 4 * PAGE, PAGE, MADV_DONTDUMP));
	STREQ(flags(p + 4 * PAGE), "rd wr mr mw me ac dd sd ");
	OK(madvise(p + 5 * PAGE, PAGE, MADV_WIPEONFORK));
	STREQ(flags(p + 5 * PAGE), "rd wr mr mw me ac wf sd ");
	p = map_at(lonely(2), 2, PROT_READ | PROT_WRITE, MAP_FIXED | MAP_NORESERVE);
	STREQ(flags(p), "rd wr mr mw me nr sd ");
	p = map_at(NULL, 2, PROT_READ | PROT_WRITE, MAP_GROWSDOWN);
	STREQ(flags(p), "rd wr mr mw me gd ac sd ");
}

TEST(locked_on_fault_has_no_name_of_its_own)
{
	char *p = alone(2, PROT_READ | PROT_WRITE);

	OK(syscall(__NR_mlock2, p, 2 * PAGE, 1));
	STREQ(flags(p), "rd wr mr mw me lo ?? ac sd ");
	EQ(smaps_kb(p, "Rss"), 0);
	poke(p, 1);
	EQ(smaps_kb(p, "Locked"), 4);
}

/* The same keys summed over all areas of smaps. */
TEST(rollup_is_the_sum)
{
	static char all[65536 * 2];
	long rss = 0, anon = 0, locked = 0, dirty = 0, pss_dirty = 0;
	char *p = alone(32, PROT_READ | PROT_WRITE), line[512];
	int fd, len = 0, n;
	FILE *f;

	memset(p, 1, 32 * PAGE);
	OK(mlock(p, 8 * PAGE));
	fd = OK(open("/proc/self/smaps", O_RDONLY));
	while ((n = OK(read(fd, all + len, sizeof(all) - 1 - len))))
		len += n;
	for (char *s = all; (s = strchr(s, '\n')); ) {
		s++;
		rss += !strncmp(s, "Rss:", 4) ? strtol(s + 4, NULL, 10) : 0;
		anon += !strncmp(s, "Anonymous:", 10) ? strtol(s + 10, NULL, 10) : 0;
		locked += !strncmp(s, "Locked:", 7) ? strtol(s + 7, NULL, 10) : 0;
		dirty += !strncmp(s, "Private_Dirty:", 14) ? strtol(s + 14, NULL, 10) : 0;
		pss_dirty += !strncmp(s, "Pss_Anon:", 9);
	}
	EQ(pss_dirty, 0);				/* only in the rollup */
	EQ(locked, 32);
	f = fopen("/proc/self/smaps_rollup", "r");
	CHECK(fgets(line, sizeof(line), f));
	CHECK(strstr(line, " ---p 00000000 00:00 0 "));
	STREQ(line + 73, "[rollup]\n");
	while (fgets(line, sizeof(line), f)) {
		long kb = strtol(strchr(line, ':') + 1, NULL, 10);

		if (!strncmp(line, "Rss:", 4))
			CMP(kb - rss, <=, 32);		/* the stdio buffer, the stack */
		if (!strncmp(line, "Anonymous:", 10))
			CMP(kb - anon, <=, 32);
		if (!strncmp(line, "Locked:", 7))
			EQ(kb, locked);
		if (!strncmp(line, "Private_Dirty:", 14))
			CMP(kb - dirty, <=, 32);
	}
	fclose(f);
}

TEST(nobody_left_nothing_to_sum)
{
	pid_t pid = CHILD(pause());
	char path[40], c;
	int smaps, rollup;

	snprintf(path, sizeof(path), "/proc/%d/smaps", pid);
	smaps = OK(open(path, O_RDONLY));
	snprintf(path, sizeof(path), "/proc/%d/smaps_rollup", pid);
	rollup = OK(open(path, O_RDONLY));
	OK(kill(pid, SIGKILL));
	DIES(pid, SIGKILL);
	ERR(read(smaps, &c, 1), ESRCH);
	ERR(read(rollup, &c, 1), ESRCH);
}
