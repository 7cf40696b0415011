/*
 * user/quire-probe.c - an address space as lines of JSON, from what /proc says
 *
 * Purpose:    the same program on Linux and on Quire, so that the two can be laid side by side.  It
 *             writes the lines of a snapshot (docs/snapshot.md) with what /proc knows and leaves the
 *             other fields out: tasks from stat, the mm from stat and status, areas from smaps,
 *             entries from pagemap, frames from kpagecount and kpageflags.
 * Invariants: a process is there whole or not at all: what was read of one that ended, or became
 *             another program, in the middle is dropped.  Between processes, and between the files of
 *             one that runs, time passes: stop it first (kill -STOP).
 * Simplified: an address space has the number of its process here; two processes that share one
 *             (vfork) appear as two.  pagemap is read for every page of every area: one of a TiB
 *             takes its time.
 * Sources:    proc(5), and Linux's Documentation/admin-guide/mm/pagemap.rst.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/utsname.h>
#include <unistd.h>

#define PAGE		4096UL
#define PAGE_SHIFT	12
#define PER_TABLE	512
#define TABLE_BYTES	(PER_TABLE * PAGE)
#define WORD		sizeof(unsigned long)	/* of pagemap and its like */

/* A word of pagemap. */
#define PM_PFN		((1UL << 55) - 1)
#define PM_SWAP		(1UL << 62)
#define PM_PRESENT	(1UL << 63)

/* ---- memory, lines ---------------------------------------------------------------------- */

static void *must(void *mem)
{
	if (!mem) {
		fprintf(stderr, "quire-probe: out of memory\n");
		exit(1);
	}
	return mem;
}

/* Text that grows. */
struct text {
	char	*data;
	size_t	len, size;
};

/* Room for @more bytes and a terminator. */
static void make_room(struct text *t, size_t more)
{
	if (t->len + more + 1 > t->size) {
		t->size = (t->len + more + 1) * 2;
		t->data = must(realloc(t->data, t->size));
	}
}

__attribute__((format(printf, 2, 3)))
static void put(struct text *t, const char *fmt, ...)
{
	char small[256];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(small, sizeof(small), fmt, ap);	/* enough: names go by put_name() */
	va_end(ap);
	make_room(t, n);
	memcpy(t->data + t->len, small, n);
	t->len += n;
}

/* A JSON string as in the kernel's snapshot: names are bytes, and what is not ASCII stands as its code. */
static void put_name(struct text *t, const char *s)
{
	put(t, "\"");
	for (; *s; s++) {
		if (*s == '"' || *s == '\\')
			put(t, "\\%c", *s);
		else if (*s < ' ' || *s > '~')
			put(t, "\\u%04x", (unsigned char)*s);
		else
			put(t, "%c", *s);
	}
	put(t, "\"");
}

/* The lines of each kind, and where those of the process being read begin. */
enum { TASKS, MMS, VMAS, TABLES, FRAMES, KINDS };
static struct text lines[KINDS];
static size_t marks[KINDS];

static void begin_process(void)
{
	for (int i = 0; i < KINDS; i++)
		marks[i] = lines[i].len;
}

static void drop_process(void)
{
	for (int i = 0; i < KINDS; i++)
		lines[i].len = marks[i];
}

/* ---- what goes out, counted and summed --------------------------------------------------- */

static unsigned long nr_lines;
static unsigned int crc = ~0U;

/* IEEE 802.3's CRC, a bit at a time. */
static unsigned int crc32(unsigned int sum, const char *data, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		sum ^= (unsigned char)data[i];
		for (int bit = 0; bit < 8; bit++)
			sum = sum >> 1 ^ (sum & 1 ? 0xedb88320 : 0);
	}
	return sum;
}

static void send(const struct text *t)
{
	if (!t->len)
		return;
	crc = crc32(crc, t->data, t->len);
	for (size_t i = 0; i < t->len; i++)
		nr_lines += t->data[i] == '\n';
	fwrite(t->data, 1, t->len, stdout);
}

/* ---- files of /proc ---------------------------------------------------------------------- */

/* All of /proc/DIR/NAME as text, or NULL with errno.  An empty file may be that of a process without mm. */
static char *read_proc(const char *dir, const char *name)
{
	struct text t = { 0 };
	char path[64];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%s/%s", dir, name);
	fd = open(path, O_RDONLY);
	if (fd < 0)
		return NULL;
	do {
		make_room(&t, 4096);
		n = read(fd, t.data + t.len, 4096);
		t.len += n > 0 ? n : 0;
	} while (n > 0);
	close(fd);
	t.data[t.len] = '\0';
	if (!n)
		return t.data;
	free(t.data);
	return NULL;
}

/* stat in numbers, by proc(5)'s numbering: 3 is the state. */
struct stat_file {
	char	comm[64];
	char	state;
	unsigned long field[53];
};
enum { PPID = 4, START_TIME = 22, START_CODE = 26, END_CODE, START_STACK, CPU = 39, START_DATA = 45, END_DATA,
	START_BRK, ARG_START, ARG_END, ENV_START, ENV_END };

static int read_stat(const char *dir, struct stat_file *s)
{
	char *text = read_proc(dir, "stat"), *name, *end;
	size_t len;

	memset(s, 0, sizeof(*s));
	if (!text)
		return -1;
	name = strchr(text, '(');
	end = strrchr(text, ')');
	if (!name || !end) {
		free(text);
		errno = ESRCH;
		return -1;
	}
	len = end - name;
	strlcpy(s->comm, name + 1, len < sizeof(s->comm) ? len : sizeof(s->comm));
	s->state = end[2];
	end += 3;
	for (int i = PPID; i <= 52; i++)
		s->field[i] = strtoul(end, &end, 10);
	free(text);
	return 0;
}

/* The number after "NAME:" in status; -1 if it is not there. */
static long status_number(const char *status, const char *name)
{
	size_t len = strlen(name);

	for (const char *line = status; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (!strncmp(line, name, len) && line[len] == ':')
			return strtol(line + len + 1, NULL, 10);
	}
	return -1;
}

static long status_pages(const char *status, const char *name)
{
	long kb = status_number(status, name);

	return kb < 0 ? 0 : kb / (long)(PAGE / 1024);
}

/* ---- tasks -------------------------------------------------------------------------------- */

static int put_task(long tgid, const char *tid, long mm)
{
	struct stat_file s;
	char dir[48];

	snprintf(dir, sizeof(dir), "%ld/task/%s", tgid, tid);
	if (read_stat(dir, &s))
		return -1;
	put(&lines[TASKS], "{\"k\":\"snap.task\",\"tid\":%s,\"tgid\":%ld,\"ppid\":%lu,\"comm\":", tid, tgid,
	    s.field[PPID]);
	put_name(&lines[TASKS], s.comm);
	put(&lines[TASKS], ",\"mm\":%ld,\"state\":\"%c\",\"cpu\":%lu}\n", s.state == 'Z' || s.state == 'X' ? 0 : mm,
	    s.state, s.field[CPU]);
	return 0;
}

/* All threads.  One that ends meanwhile is not missed. */
static int put_tasks(long tgid, long mm)
{
	char path[32];
	struct dirent *e;
	int found = 0;
	DIR *d;

	snprintf(path, sizeof(path), "/proc/%ld/task", tgid);
	d = opendir(path);
	if (!d)
		return -1;
	while ((e = readdir(d)))
		if (e->d_name[0] != '.')
			found += !put_task(tgid, e->d_name, mm);
	closedir(d);
	errno = ESRCH;
	return found ? 0 : -1;
}

/* ---- the address space ---------------------------------------------------------------------- */

static void put_mm(long mm, const struct stat_file *s, const char *status, long map_count)
{
	static const struct { const char *field, *name; } pages[] = {
		{ "total_vm", "VmSize" }, { "locked_vm", "VmLck" }, { "pinned_vm", "VmPin" },
		{ "stack_vm", "VmStk" }, { "data_vm", "VmData" }, { "hiwater_rss", "VmHWM" },
		{ "hiwater_vm", "VmPeak" }, { "tables", "VmPTE" },
	};
	struct text *t = &lines[MMS];
	const unsigned long *f = s->field;

	put(t, "{\"k\":\"snap.mm\",\"mm\":%ld,\"map_count\":%ld", mm, map_count);
	for (size_t i = 0; i < sizeof(pages) / sizeof(pages[0]); i++)
		put(t, ",\"%s\":%ld", pages[i].field, status_pages(status, pages[i].name));
	put(t, ",\"exec_vm\":%ld", status_pages(status, "VmExe") + status_pages(status, "VmLib"));
	put(t, ",\"rss\":{\"anon\":%ld,\"file\":%ld,\"shmem\":%ld,\"swap\":%ld}", status_pages(status, "RssAnon"),
	    status_pages(status, "RssFile"), status_pages(status, "RssShmem"), status_pages(status, "VmSwap"));
	put(t, ",\"code\":[\"%lx\",\"%lx\"],\"data\":[\"%lx\",\"%lx\"]", f[START_CODE], f[END_CODE], f[START_DATA],
	    f[END_DATA]);
	put(t, ",\"brk\":[\"%lx\",null],\"stack\":\"%lx\"", f[START_BRK], f[START_STACK]);
	put(t, ",\"arg\":[\"%lx\",\"%lx\"],\"env\":[\"%lx\",\"%lx\"]}\n", f[ARG_START], f[ARG_END], f[ENV_START],
	    f[ENV_END]);
}

/* ---- areas ------------------------------------------------------------------------------------ */

/* One area, as smaps has it. */
struct area {
	unsigned long start, end, offset, ino, flags;
	const char *name;
};

/* The words of VmFlags, in the order of their bits from VM_READ = 1 up; "" where no word stands for one. */
static const char flag_words[][3] = {
	"rd", "wr", "ex", "sh", "mr", "mw", "me", "ms", "gd", "um", "pf", "", "uw", "lo", "io", "sr",
	"rr", "dc", "de", "", "ac", "nr", "ht", "nl", "ar", "wf", "dd", "sd", "mm", "hg", "nh", "mg",
};
#define VM_SYNC		0x00800000UL	/* Linux's: where Quire has "nl" */
#define VM_LOCKONFAULT	0x00080000UL	/* both write "??" */
#define VM_PKEY_SHIFT	32

static unsigned long flag_of(const char *word)
{
	for (size_t i = 0; i < sizeof(flag_words) / sizeof(flag_words[0]); i++)
		if (!strncmp(word, flag_words[i], 2))
			return 1UL << i;
	if (!strncmp(word, "sf", 2))
		return VM_SYNC;
	return !strncmp(word, "??", 2) ? VM_LOCKONFAULT : 0;
}

static unsigned long flags_of(const char *words)
{
	unsigned long flags = 0;

	for (; *words > ' '; words += 3)
		flags |= flag_of(words);
	return flags;
}

/* The end of this line becomes the end of a string; where the next one begins. */
static char *cut_line(char *line)
{
	char *end = strchrnul(line, '\n');

	if (!*end)
		return end;
	*end = '\0';
	return end + 1;
}

/* "start-end rwxp offset dev ino   name" */
static void read_maps_line(char *line, struct area *a)
{
	char *p;

	a->start = strtoul(line, &p, 16);
	a->end = strtoul(p + 1, &p, 16);
	a->offset = strtoul(p + 6, &p, 16);
	p = strchrnul(p + 1, ' ');
	a->ino = strtoul(p, &p, 10);
	a->name = p + strspn(p, " ");
	a->flags = 0;
}

/* The next area of smaps, whose text goes on at *@at.  0 at the end, or where the process ended. */
static int next_area(char **at, struct area *a)
{
	unsigned long key = 0;
	char *line = *at;

	if (!*line)
		return 0;
	*at = cut_line(line);
	read_maps_line(line, a);
	while (**at >= 'A' && **at <= 'Z') {		/* "Key: value"; an address is in small letters */
		line = *at;
		*at = cut_line(line);
		if (!strncmp(line, "VmFlags: ", 9))
			a->flags = flags_of(line + 9);
		else if (!strncmp(line, "ProtectionKey:", 14))
			key = strtoul(line + 14, NULL, 10);
	}
	a->flags |= key << VM_PKEY_SHIFT;
	return 1;
}

/* The vsyscall page belongs to no mm. */
static int is_gate(const struct area *a)
{
	return (long)a->start < 0;
}

static void put_area(long mm, const struct area *a)
{
	put(&lines[VMAS], "{\"k\":\"snap.vma\",\"mm\":%ld,\"s\":\"%lx\",\"e\":\"%lx\",\"f\":\"%lx\"", mm, a->start,
	    a->end, a->flags);
	put(&lines[VMAS], ",\"pgoff\":%lu,\"ino\":%lu,\"name\":", a->offset >> PAGE_SHIFT, a->ino);
	put_name(&lines[VMAS], a->name);
	put(&lines[VMAS], "}\n");
}

/* ---- entries ------------------------------------------------------------------------------------ */

/* The frames met: they are looked up at the end. */
static unsigned long *frames, nr_frames, max_frames;

static void meet_frame(unsigned long pfn)
{
	if (nr_frames == max_frames) {
		max_frames = max_frames ? 2 * max_frames : 1024;
		frames = must(realloc(frames, max_frames * sizeof(*frames)));
	}
	frames[nr_frames++] = pfn;
}

/* What pagemap says of the pages under one table. */
struct table {
	unsigned long va;		/* of its first page; PAGE: no table yet */
	unsigned long word[PER_TABLE];
};

static int is_none(unsigned long word)
{
	return !(word & (PM_PRESENT | PM_SWAP));
}

/* Does @word go on where a run of @n entries from @first on ends?  Frame numbers that are hidden are all 0. */
static int continues(unsigned long first, int n, unsigned long word)
{
	return first & PM_PRESENT && word == (first & PM_PFN ? first + n : first);
}

static void put_entries(const struct table *table)
{
	struct text *t = &lines[TABLES];
	const char *comma = "";

	for (int i = 0, n; i < PER_TABLE; i += n) {
		unsigned long first = table->word[i];

		for (n = 1; i + n < PER_TABLE && continues(first, n, table->word[i + n]); n++)
			;
		if (is_none(first)) {
			n = 1;
			continue;
		}
		put(t, "%s[%d,", comma, i);
		if (n > 1)
			put(t, "%d,", n);
		put(t, "\"%lx\"]", first);
		comma = ",";
		for (int k = 0; k < n && first & PM_PRESENT && first & PM_PFN; k++)
			meet_frame((first & PM_PFN) + k);
	}
}

/* The line of a table, if it has entries, and an empty one. */
static void put_table(long mm, struct table *table)
{
	for (int i = 0; table->va != PAGE && i < PER_TABLE; i++) {
		if (is_none(table->word[i]))
			continue;
		put(&lines[TABLES], "{\"k\":\"snap.pt\",\"mm\":%ld,\"level\":1,\"va\":\"%lx\"", mm, table->va);
		put(&lines[TABLES], ",\"form\":\"pagemap\",\"ents\":[");
		put_entries(table);
		put(&lines[TABLES], "]}\n");
		break;
	}
	memset(table, 0, sizeof(*table));
	table->va = PAGE;
}

/* The words of [addr, end) into @table and those after it.  -1 if the address space is gone. */
static int read_entries(int pagemap, long mm, struct table *table, unsigned long addr, unsigned long end)
{
	while (addr < end) {
		unsigned long va = addr & ~(TABLE_BYTES - 1);
		unsigned long stop = end - va < TABLE_BYTES ? end : va + TABLE_BYTES;
		ssize_t len = (stop - addr) / PAGE * WORD;

		if (va != table->va)
			put_table(mm, table);
		table->va = va;
		errno = ESRCH;
		if (pread(pagemap, &table->word[(addr - va) / PAGE], len, addr / PAGE * WORD) != len)
			return -1;
		addr = stop;
	}
	return 0;
}

/* All areas and their entries; how many areas, or -1. */
static long put_areas(int pagemap, long mm, char *smaps)
{
	static struct table table = { .va = PAGE };
	struct area a;
	long n = 0;
	int err = 0;

	while (!err && next_area(&smaps, &a)) {
		if (is_gate(&a))
			continue;
		put_area(mm, &a);
		err = read_entries(pagemap, mm, &table, a.start, a.end);
		n++;
	}
	put_table(mm, &table);
	return err ? -1 : n;
}

/* ---- frames ---------------------------------------------------------------------------------------- */

static int by_number(const void *a, const void *b)
{
	unsigned long x = *(const unsigned long *)a, y = *(const unsigned long *)b;

	return x < y ? -1 : x > y;
}

static unsigned long frame_word(int fd, unsigned long pfn)
{
	unsigned long word = 0;

	pread(fd, &word, sizeof(word), pfn * sizeof(word));
	return word;
}

static void put_frames(void)
{
	int counts = open("/proc/kpagecount", O_RDONLY), flags = open("/proc/kpageflags", O_RDONLY);
	unsigned long first = 0, n = 0, map = 0, word = 0;

	qsort(frames, nr_frames, sizeof(frames[0]), by_number);
	for (unsigned long i = 0; counts >= 0 && flags >= 0 && i <= nr_frames; i++) {
		unsigned long pfn = i < nr_frames ? frames[i] : 0;
		unsigned long m = frame_word(counts, pfn), w = frame_word(flags, pfn);

		if (n && pfn == first + n - 1)
			continue;			/* met twice */
		if (n && pfn == first + n && m == map && w == word) {
			n++;
			continue;
		}
		if (n)
			put(&lines[FRAMES], "{\"k\":\"snap.page\",\"pfn\":%lu,\"n\":%lu,\"map\":%lu"
			    ",\"form\":\"kpageflags\",\"flags\":\"%lx\"}\n", first, n, map, word);
		first = pfn;
		n = 1;
		map = m;
		word = w;
	}
	close(counts);
	close(flags);
}

/* ---- a process -------------------------------------------------------------------------------------- */

static int complain(long pid)
{
	int status = errno;

	if (status == ENOENT || status == ESRCH)
		fprintf(stderr, "quire-probe: %ld: there is no such process\n", pid);
	else
		fprintf(stderr, "quire-probe: %ld: %s\n", pid, strerror(status));
	return -1;
}

/* Is it still the process and the program that @before was read of? */
static int unchanged(const char *dir, const struct stat_file *before)
{
	static const int fields[] = { START_TIME, START_CODE, START_STACK, START_DATA, ARG_START, ENV_END };
	struct stat_file now;

	errno = ESRCH;
	if (read_stat(dir, &now) || now.state == 'Z' || now.state == 'X')
		return 0;
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		if (now.field[fields[i]] != before->field[fields[i]])
			return 0;
	return 1;
}

/* The lines of a process with an address space; -1 with errno. */
static int put_space(long pid, const char *dir, const struct stat_file *s, const char *status)
{
	char path[32], *smaps;
	int pagemap, err = -1;
	long n = -1;

	snprintf(path, sizeof(path), "/proc/%s/pagemap", dir);
	pagemap = open(path, O_RDONLY);
	if (pagemap < 0)
		return -1;
	smaps = read_proc(dir, "smaps");
	if (smaps) {
		n = put_areas(pagemap, pid, smaps);
		free(smaps);
	}
	close(pagemap);
	if (n >= 0) {
		put_mm(pid, s, status, n);
		if (!put_tasks(pid, pid) && unchanged(dir, s))
			err = 0;
	}
	return err;
}

/* All lines of process @pid, or none: -1 with errno. */
static int put_process(long pid)
{
	unsigned long met = nr_frames;
	struct stat_file s;
	int err = -1;
	char dir[24], *status;

	snprintf(dir, sizeof(dir), "%ld", pid);
	begin_process();
	status = read_stat(dir, &s) ? NULL : read_proc(dir, "status");
	if (status && status_number(status, "Tgid") != pid)
		errno = ESRCH;				/* a thread: the others are under the name of the first */
	else if (status && status_number(status, "VmSize") < 0)
		err = put_tasks(pid, 0);		/* the kernel's own, or it has ended */
	else if (status)
		err = put_space(pid, dir, &s, status);
	if (err) {
		drop_process();
		nr_frames = met;
	}
	free(status);
	return err;
}

/* Every process; one that ends meanwhile is not missed. */
static int put_everybody(void)
{
	struct dirent *e;
	int err = 0;
	DIR *d = opendir("/proc");

	if (!d) {
		perror("quire-probe: /proc");
		return -1;
	}
	while ((e = readdir(d))) {
		long pid = atoi(e->d_name);

		if (pid > 0 && put_process(pid) && errno != ESRCH && errno != ENOENT)
			err = complain(pid);
	}
	closedir(d);
	return err;
}

/* ---- the whole --------------------------------------------------------------------------------------- */

/* Five levels of tables: an address above 2^47 is given to who asks for one. */
static int nr_levels(void)
{
	void *high = mmap((void *)(1UL << 48), PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int five = high != MAP_FAILED && (unsigned long)high >> 47;

	if (high != MAP_FAILED)
		munmap(high, PAGE);
	return five ? 5 : 4;
}

static int nr_cpus(void)
{
	char *stat = read_proc(".", "stat");
	int n = 0;

	for (char *line = stat; line && *line; line = cut_line(line))
		n += !strncmp(line, "cpu", 3) && line[3] != ' ';
	free(stat);
	return n;
}

static void put_begin(struct text *t, const char *what)
{
	char build[160];
	struct utsname u;

	uname(&u);
	snprintf(build, sizeof(build), "%s %s", u.sysname, u.release);
	put(t, "{\"k\":\"snap.begin\",\"version\":1,\"from\":\"proc\",\"build\":");
	put_name(t, build);
	put(t, ",\"t\":%llu,\"cpus\":%d,\"levels\":%d,\"page_size\":%lu,\"what\":\"%s\"}\n",
	    __builtin_ia32_rdtsc(), nr_cpus(), nr_levels(), PAGE, what);
}

/* All lines in a snapshot's order.  -1 if they could not be written. */
static int send_all(const char *what)
{
	struct text begin = { 0 }, end = { 0 };

	put_frames();
	put_begin(&begin, what);
	send(&begin);
	for (int i = 0; i < KINDS; i++)
		send(&lines[i]);
	put(&end, "{\"k\":\"snap.end\",\"lines\":%lu,\"crc32\":\"%08x\"}\n", nr_lines, ~crc);
	send(&end);
	if (fflush(stdout) || ferror(stdout)) {
		perror("quire-probe: cannot write");
		return -1;
	}
	return 0;
}

static int usage(void)
{
	fputs("usage: quire-probe [-p | PID...]\n"
	      "Writes what /proc says of the processes PID, of its parent (-p), or of all, as the lines of a\n"
	      "snapshot.  Frame numbers and foreign processes are for root.\n"
	      "Status: 0; 1 if a process is missing; 2 for arguments that make no sense.\n", stderr);
	return 2;
}

int main(int argc, char **argv)
{
	int err = 0;

	if (argc == 2 && !strcmp(argv[1], "-p")) {
		if (put_process(getppid()))
			err = complain(getppid());
		return send_all("parent") || err;
	}
	for (int i = 1; i < argc; i++) {
		char *end;
		long pid = strtol(argv[i], &end, 10);

		if (end == argv[i] || *end || pid <= 0)
			return usage();
	}
	if (argc == 1)
		err = put_everybody();
	for (int i = 1; i < argc; i++)
		if (put_process(atoi(argv[i])))
			err = complain(atoi(argv[i]));
	return send_all(argc == 1 ? "all" : "processes") || err;
}
