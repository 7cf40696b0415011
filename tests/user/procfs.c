/*
 * tests/user/procfs.c - /proc in Linux's formats
 */
#include <ctype.h>
#include <dirent.h>
#include <sys/stat.h>
#include <sys/sysinfo.h>
#include "mem.h"

static char text[65536];

/* The whole file; its length. */
static int slurp(const char *path)
{
	int fd = OK(open(path, O_RDONLY)), len = 0, n;

	while ((n = OK(read(fd, text + len, sizeof(text) - 1 - len))))
		len += n;
	text[len] = '\0';
	close(fd);
	return len;
}

/* The value after "key:" in text, NULL without it. */
static const char *value(const char *key)
{
	size_t len = strlen(key);

	for (char *p = text; p; p = strchr(p, '\n')) {
		p += *p == '\n';
		if (!strncmp(p, key, len) && p[len] == ':')
			return p + len + 1 + strspn(p + len + 1, " \t");
	}
	return NULL;
}

static const char *field(int number)
{
	static char copy[64];
	const char *p = strrchr(text, ')') + 2;

	for (number -= 3; number > 0; number--)
		p = strchr(p, ' ') + 1;
	strlcpy(copy, p, sizeof(copy));
	copy[strcspn(copy, " \n")] = '\0';
	return copy;
}

static long number(int f)
{
	return strtol(field(f), NULL, 10);
}

static int hex(const char *s, int n)
{
	while (n--)
		if (!strchr("0123456789abcdef", *s++))
			return 0;
	return 1;
}

TEST(maps_lines_have_linuxs_format)
{
	unsigned long last = 0, start, end, offset, inode;
	unsigned int major, minor;
	char perms[8], *next = text, *line;
	int at;

	slurp("/proc/self/maps");
	while ((line = strsep(&next, "\n")) && *line) {
		EQ(sscanf(line, "%lx-%lx %4s %lx %x:%x %lu%n", &start, &end, perms, &offset, &major,
			  &minor, &inode, &at), 7);
		CHECK(hex(line, 8) && strchr(line, '-') - line >= 8);
		CHECK(start >= last && end > start && !(start % PAGE) && !(end % PAGE));
		CHECK(strchr("r-", perms[0]) && strchr("w-", perms[1]));
		CHECK(strchr("x-", perms[2]) && strchr("ps", perms[3]));
		EQ(line[at], ' ');
		if (line[at + 1])
			CHECK(line[72] == ' ' && line[73] != ' ');
		last = end;
	}
}

TEST(maps_shows_program_heap_and_stack)
{
	char *p = sbrk(PAGE);
	int here;

	CHECK(strstr(maps_line((void *)maps_line), " r-xp "));
	CHECK(strchr(maps_line((void *)maps_line), '/'));
	CHECK(strstr(maps_line(p), "[heap]"));
	CHECK(strstr(maps_line(&here), "[stack]"));
	STREQ(strchr(maps_line(&here), '[') , "[stack]");
}

TEST(stat_has_52_fields)
{
	int spaces = 0;

	slurp("/proc/self/stat");
	for (char *p = strrchr(text, ')'); *p; p++)
		spaces += *p == ' ';
	EQ(spaces, 50);
	EQ(atoi(text), getpid());
	STREQ(field(3), "R");
	EQ(number(4), getppid());
	EQ(number(5), getpgrp());
	EQ(number(6), getsid(0));
	EQ(number(20), 1);
	CMP(number(22), >, 0);
	CMP(number(23), >, 100000);
	CMP(number(24), >, 0);
	CHECK(strstr(maps_line((void *)number(26)), "/"));
	CHECK(strstr(maps_line((void *)number(28)), "[stack]"));
}

TEST(stat_counts_faults_and_marks_the_layout)
{
	long before;
	char *p;

	slurp("/proc/self/stat");
	before = number(10);
	p = map_pages(10);
	for (int i = 0; i < 10; i++)
		poke(p + i * PAGE, 1);
	slurp("/proc/self/stat");
	CMP(number(10) - before, >=, 10);
	CMP(number(10) - before, <=, 30);
	CMP(number(45), <=, (long)&text);		/* start_data */
	CMP(number(47), >=, number(46));		/* start_brk above end_data */
	CMP(number(48), >, number(28));			/* arguments above start_stack */
	CMP(number(49), >=, number(48));
	EQ(number(50), number(49));
	CMP(number(51), >=, number(50));
}

TEST(statm_has_seven_numbers_in_pages)
{
	long v[7];

	slurp("/proc/self/statm");
	EQ(sscanf(text, "%ld %ld %ld %ld %ld %ld %ld", &v[0], &v[1], &v[2], &v[3], &v[4], &v[5],
		  &v[6]), 7);
	CHECK(v[0] >= v[1] && v[1] >= v[2]);
	EQ(v[4] + v[6], 0);
	CMP(v[3], >, 0);
	slurp("/proc/self/status");
	EQ(strtol(value("VmSize"), NULL, 10), v[0] * 4);
}

TEST(status_has_the_keys_that_programs_read)
{
	static const char *const keys[] = { "Name", "Umask", "State", "Tgid", "Pid", "PPid",
		"TracerPid", "Uid", "Gid", "FDSize", "VmPeak", "VmSize", "VmLck", "VmPin", "VmHWM",
		"VmRSS", "RssAnon", "RssFile", "RssShmem", "VmData", "VmStk", "VmExe", "VmLib",
		"VmPTE", "VmSwap", "Threads", "SigQ", "SigPnd", "ShdPnd", "SigBlk", "SigIgn",
		"SigCgt", "voluntary_ctxt_switches", "nonvoluntary_ctxt_switches" };

	slurp("/proc/self/status");
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (!value(keys[i]))
			FAIL("no %s", keys[i]);
	EQ(atoi(value("Pid")), getpid());
	EQ(atoi(value("Tgid")), getpid());
	EQ(atoi(value("PPid")), getppid());
	EQ(strncmp(value("Name"), "procfs\n", 7), 0);
	EQ(strncmp(value("State"), "R (running)\n", 12), 0);
	EQ(strncmp(value("Uid"), "0\t0\t0\t0\n", 8), 0);
	EQ(atoi(value("Threads")), 1);
	CHECK(strstr(value("VmRSS"), " kB\n"));
}

static void nothing(int sig)
{
}

TEST(status_shows_signal_masks)
{
	sigset_t set = sigmask(SIGUSR2);

	signal(SIGHUP, SIG_IGN);
	signal(SIGUSR1, nothing);
	OK(sigprocmask(SIG_BLOCK, &set, NULL));
	OK(raise(SIGUSR2));
	slurp("/proc/self/status");
	CHECK(strtoul(value("SigIgn"), NULL, 16) & sigmask(SIGHUP));
	CHECK(strtoul(value("SigCgt"), NULL, 16) & sigmask(SIGUSR1));
	EQ(strtoul(value("SigBlk"), NULL, 16), set);
	EQ(strtoul(value("SigPnd"), NULL, 16), set);
}

TEST(status_adds_up_the_memory)
{
	char *p = map_pages(512);
	long data, locked;

	slurp("/proc/self/status");
	data = strtol(value("VmData"), NULL, 10);
	map_pages(256);
	slurp("/proc/self/status");
	EQ(strtol(value("VmData"), NULL, 10) - data, 1024);
	EQ(strtol(value("VmRSS"), NULL, 10), strtol(value("RssAnon"), NULL, 10) +
	   strtol(value("RssFile"), NULL, 10) + strtol(value("RssShmem"), NULL, 10));
	locked = strtol(value("VmLck"), NULL, 10);
	OK(mlock(p, 16 * PAGE));
	slurp("/proc/self/status");
	EQ(strtol(value("VmLck"), NULL, 10) - locked, 64);
}

TEST(links_lead_to_program_directory_and_files)
{
	char link[200] = "", path[64];
	int fd;

	CMP(readlink("/proc/self/exe", link, 199), >, 0);
	CHECK(strstr(link, "/procfs"));
	OK(chdir("/tmp"));
	memset(link, 0, sizeof(link));
	EQ(readlink("/proc/self/cwd", link, 199), 4);
	STREQ(link, "/tmp");
	EQ(readlink("/proc/self/root", link, 199), 1);
	fd = OK(open("/dev/null", O_RDONLY));
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	memset(link, 0, sizeof(link));
	CMP(readlink(path, link, 199), >, 0);
	STREQ(link, "/dev/null");
	memset(link, 0, sizeof(link));
	CMP(readlink("/proc/self", link, 199), >, 0);
	EQ(atoi(link), getpid());
}

TEST(fd_shows_pipes_and_opens_them_again)
{
	char link[64] = "", path[64], c = 0;
	int fds[2], again;

	OK(pipe(fds));
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fds[1]);
	CMP(readlink(path, link, 63), >, 0);
	EQ(strncmp(link, "pipe:[", 6), 0);
	again = OK(open(path, O_WRONLY));
	EQ(write(again, "z", 1), 1);
	EQ(read(fds[0], &c, 1), 1);
	EQ(c, 'z');
}

TEST(cmdline_and_comm_name_the_program)
{
	slurp("/proc/self/cmdline");
	CHECK(strstr(text, "procfs"));
	slurp("/proc/self/comm");
	STREQ(text, "procfs\n");
}

TEST(environ_shows_the_first_environment)
{
	CHECK(slurp("/proc/self/environ") > 0);
	CHECK(memchr(text, '=', 200));
}

TEST(process_directories_come_and_go)
{
	char path[64];
	int found = 0;
	pid_t pid = CHILD(pause());
	struct dirent *e;
	struct stat st;
	DIR *d;

	snprintf(path, sizeof(path), "/proc/%d", pid);
	OK(stat(path, &st));
	CHECK(S_ISDIR(st.st_mode));
	d = opendir("/proc");
	while ((e = readdir(d)))
		found += atoi(e->d_name) == pid;
	EQ(found, 1);
	OK(kill(pid, SIGKILL));
	DIES(pid, SIGKILL);
	ERR(stat(path, &st), ENOENT);
	ERR(stat("/proc/999999", &st), ENOENT);
}

TEST(meminfo_numbers_fit_together)
{
	long total, free, available;
	struct sysinfo info;

	slurp("/proc/meminfo");
	total = strtol(value("MemTotal"), NULL, 10);
	free = strtol(value("MemFree"), NULL, 10);
	available = strtol(value("MemAvailable"), NULL, 10);
	CHECK(free > 0 && free < total && available <= total);
	CHECK(value("Buffers") && value("Cached") && value("SwapTotal") && value("Slab"));
	CHECK(value("PageTables") && value("AnonPages") && value("Mapped"));
	OK(sysinfo(&info));
	EQ(info.totalram * info.mem_unit / 1024, total);
	CMP(info.procs, >, 1);
}

TEST(memory_that_is_used_and_given_back_shows_in_meminfo)
{
	long before, during;
	char *p = map_pages(5120);

	slurp("/proc/meminfo");
	before = strtol(value("MemFree"), NULL, 10);
	memset(p, 1, 5120 * PAGE);
	slurp("/proc/meminfo");
	during = strtol(value("MemFree"), NULL, 10);
	CMP(before - during, >, 15000);
	OK(munmap(p, 5120 * PAGE));
	slurp("/proc/meminfo");
	CMP(strtol(value("MemFree"), NULL, 10) - during, >, 15000);
}

TEST(system_files_have_linuxs_form)
{
	long a, b;

	slurp("/proc/uptime");
	EQ(sscanf(text, "%ld.%ld", &a, &b), 2);
	slurp("/proc/loadavg");
	CHECK(isdigit(text[0]) && text[1] == '.' && strchr(text, '/'));
	slurp("/proc/stat");
	EQ(strncmp(text, "cpu  ", 5), 0);
	CHECK(strstr(text, "\ncpu0 ") && strstr(text, "\nctxt ") && strstr(text, "\nbtime "));
	CHECK(strstr(text, "\nprocesses ") && strstr(text, "\nprocs_running "));
	slurp("/proc/cpuinfo");
	CHECK(strstr(text, "processor\t: 0\n") && strstr(text, "flags\t\t: "));
	slurp("/proc/mounts");
	CHECK(strstr(text, " /proc proc ") && strstr(text, " /tmp tmpfs "));
	slurp("/proc/version");
	EQ(strncmp(text, "Linux version ", 14), 0);
	slurp("/proc/filesystems");
	CHECK(strstr(text, "nodev\tproc\n") && strstr(text, "nodev\ttmpfs\n"));
	slurp("/proc/vmstat");
	CHECK(strstr(text, "nr_free_pages ") && strstr(text, "pgfault "));
	slurp("/proc/buddyinfo");
	EQ(strncmp(text, "Node 0, zone ", 13), 0);
}

TEST(pagemap_says_which_pages_are_there)
{
	char *p = map_pages(2);

	poke(p, 1);
	CHECK(frame(p));
	EQ(frame(p + PAGE), 0);
}

TEST(another_processs_maps_can_be_read)
{
	char *p = map_at(lonely(1), 1, PROT_READ, MAP_FIXED), path[64], want[64];
	pid_t pid = CHILD(pause());

	snprintf(path, sizeof(path), "/proc/%d/maps", pid);
	snprintf(want, sizeof(want), "%lx-%lx r--p", (long)p, (long)p + PAGE);
	slurp(path);
	CHECK(strstr(text, want));
	OK(kill(pid, SIGKILL));
	DIES(pid, SIGKILL);
}

TEST(a_file_read_in_small_pieces_is_the_same)
{
	static char pieces[65536];
	int fd = OK(open("/proc/self/maps", O_RDONLY)), n = 0, r;

	while ((r = OK(read(fd, pieces + n, 7))))
		n += r;
	EQ(slurp("/proc/self/maps"), n);
	EQ(memcmp(text, pieces, n), 0);
}

TEST(proc_files_can_not_be_made_or_removed)
{
	EQ(open("/proc/new", O_WRONLY | O_CREAT, 0644), -1);
	EQ(unlink("/proc/self/stat"), -1);
	EQ(errno, EPERM);
	EQ(mkdir("/proc/new", 0755), -1);
}
