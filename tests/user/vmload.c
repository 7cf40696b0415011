/*
 * tests/user/vmload.c - a load with known amounts, and what /proc says of it: the same story on Linux and here
 *
 * Purpose:    write a file, read it twice, touch more memory than there is, read it again, go, drop, delete; after each
 *             step print what the counters did, as `@@ step counter value`.  Amounts are parts of what is available at
 *             first, and values percent of the amount, so that kernels that take different shares for themselves can be
 *             compared.
 *             tools/vmload.py runs it on both and compares; docs/vmload.md has the answers.
 * Needs:      a file system on /mnt with room for an eighth of the memory, and twice the memory of swap.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGE 4096UL
#define NAMES 1000
#define CHUNK (16 * PAGE)

static unsigned long ram, file_pages, anon_pages;	/* pages */

static void die(const char *what)
{
	printf("@@ failed %s: errno %d\n", what, errno);
	exit(1);
}

static const char *text_of(const char *path)
{
	static char text[32768];
	int fd = open(path, O_RDONLY);
	long n = 0, r;

	if (fd < 0)
		die(path);
	while ((r = read(fd, text + n, sizeof(text) - 1 - n)) > 0)
		n += r;
	close(fd);
	text[n] = '\0';
	return text;
}

/* The number after the word that begins a line; no such line: the story ends here. */
static long number(const char *path, const char *word)
{
	size_t len = strlen(word);

	for (const char *p = text_of(path); p; p = strchr(p, '\n')) {
		p += *p == '\n';
		if (!strncmp(p, word, len) && (p[len] == ':' || p[len] == ' '))
			return strtol(p + len + 1, NULL, 10);
	}
	die(word);
	return 0;
}

static long vmstat(const char *word) { return number("/proc/vmstat", word); }
static long meminfo(const char *word) { return number("/proc/meminfo", word) / 4; }	/* pages */

/* The sum of the column "Used" of /proc/swaps, pages. */
static long swaps_used(void)
{
	long sum = 0;

	for (const char *p = strchr(text_of("/proc/swaps"), '\n'); p && p[1]; p = strchr(p + 1, '\n')) {
		const char *q = strstr(p, "partition");

		if (!q)
			q = strstr(p, "file\t");
		if (!q)
			break;
		while (*q != ' ' && *q != '\t')
			q++;
		strtol(q, (char **)&q, 10);		/* Size */
		sum += strtol(q, NULL, 10);
	}
	return sum / 4;
}

static long swap_used(void) { return meminfo("SwapTotal") - meminfo("SwapFree"); }

static void say(const char *step, const char *counter, long n, unsigned long of)
{
	printf("@@ %s %s %ld\n", step, counter, of ? (n * 100 + (n < 0 ? -(long)of / 2 : (long)of / 2)) / (long)of : n);
	fflush(stdout);
}

static void put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY);

	if (fd < 0 || write(fd, text, strlen(text)) != (long)strlen(text))
		die(path);
	close(fd);
}

/* ---- a file ---- */

static char buf[CHUNK];

static void write_file(const char *path)
{
	int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0644);

	if (fd < 0)
		die(path);
	for (unsigned long i = 0; i < file_pages * PAGE; i += CHUNK) {
		memset(buf, i / CHUNK, CHUNK);
		if (write(fd, buf, CHUNK) != (long)CHUNK)
			die("write");
	}
	if (fsync(fd))
		die("fsync");
	close(fd);
}

static void read_file(const char *path)
{
	int fd = open(path, O_RDONLY);

	if (fd < 0)
		die(path);
	for (unsigned long i = 0; i < file_pages * PAGE; i += CHUNK)
		if (read(fd, buf, CHUNK) != (long)CHUNK || buf[5] != (char)(i / CHUNK))
			die("read");
	close(fd);
}

static void step_write(void)
{
	long cached = meminfo("Cached"), dirtied = vmstat("nr_dirtied"), written = vmstat("nr_written");
	long out = vmstat("pgpgout");

	write_file("/mnt/file");
	say("write", "Cached", meminfo("Cached") - cached, file_pages);
	say("write", "nr_dirtied", vmstat("nr_dirtied") - dirtied, file_pages);
	say("write", "nr_written", vmstat("nr_written") - written, file_pages);
	say("write", "pgpgout", (vmstat("pgpgout") - out) / 4, file_pages);
	say("write", "Dirty", meminfo("Dirty"), file_pages);
	say("write", "Writeback", meminfo("Writeback"), file_pages);
}

static void step_read(void)
{
	long cached = meminfo("Cached"), in = vmstat("pgpgin"), drops = vmstat("drop_pagecache");

	put("/proc/sys/vm/drop_caches", "1");
	say("drop", "Cached", meminfo("Cached") - cached, file_pages);
	say("drop", "drop_pagecache", vmstat("drop_pagecache") - drops, 0);
	cached = meminfo("Cached");
	read_file("/mnt/file");
	say("read", "pgpgin", (vmstat("pgpgin") - in) / 4, file_pages);
	say("read", "Cached", meminfo("Cached") - cached, file_pages);
	say("read", "Active(file)+Inactive(file)", meminfo("Active(file)") + meminfo("Inactive(file)"), file_pages);
	in = vmstat("pgpgin");
	read_file("/mnt/file");
	say("read", "pgpgin-again", (vmstat("pgpgin") - in) / 4, file_pages);
}

/* ---- memory ---- */

static long status(const char *word) { return number("/proc/self/status", word) / 4; }

static void run_free(void)
{
	static char *argv[] = { "free", NULL };
	int state;
	pid_t pid = fork();

	if (!pid) {
		execve("/bin/busybox", argv, NULL);
		_exit(1);
	}
	waitpid(pid, &state, 0);
}

/* In a child: the memory goes with it. */
static void use_memory(void)
{
	unsigned long *p = mmap(NULL, anon_pages * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	long fault = vmstat("pgfault"), out = vmstat("pswpout"), in, major, wrong = 0;
	long stolen = vmstat("pgsteal_anon"), by_all = vmstat("pgsteal_kswapd") + vmstat("pgsteal_direct");
	long scanned = vmstat("pgscan_kswapd") + vmstat("pgscan_direct"), parts = vmstat("pgscan_anon") + vmstat("pgscan_file");

	if (p == MAP_FAILED)
		die("mmap");
	for (unsigned long i = 0; i < anon_pages; i++)
		p[i * PAGE / 8] = i + 1;
	by_all = vmstat("pgsteal_kswapd") + vmstat("pgsteal_direct") - by_all;
	scanned = vmstat("pgscan_kswapd") + vmstat("pgscan_direct") - scanned;
	parts = vmstat("pgscan_anon") + vmstat("pgscan_file") - parts;
	say("anon", "pgfault", vmstat("pgfault") - fault, anon_pages);
	say("anon", "pswpout", vmstat("pswpout") - out, anon_pages);
	say("anon", "pgsteal_anon", vmstat("pgsteal_anon") - stolen, anon_pages);
	say("anon", "pgscan>=pgsteal", scanned >= by_all, 0);
	say("anon", "pgscan_anon+pgscan_file", parts, scanned);
	say("anon", "SwapUsed", swap_used(), anon_pages);
	say("anon", "swaps", swaps_used(), anon_pages);
	say("anon", "VmSwap", status("VmSwap"), anon_pages);
	say("anon", "VmRSS", status("VmRSS"), ram);
	say("anon", "AnonPages", meminfo("AnonPages"), ram);
	say("anon", "Active(anon)+Inactive(anon)", meminfo("Active(anon)") + meminfo("Inactive(anon)"), ram);
	say("anon", "MemFree", meminfo("MemFree"), ram);
	say("anon", "MemAvailable", meminfo("MemAvailable"), ram);
	run_free();
	in = vmstat("pswpin");
	major = vmstat("pgmajfault");
	for (unsigned long i = 0; i < anon_pages; i++)
		wrong += p[i * PAGE / 8] != i + 1;
	say("again", "wrong", wrong, 0);
	say("again", "pswpin", vmstat("pswpin") - in, anon_pages);
	say("again", "pgmajfault>0", vmstat("pgmajfault") > major, 0);
	say("again", "pgmajfault<=pswpin", vmstat("pgmajfault") - major <= vmstat("pswpin") - in, 0);
}

static void step_anon(void)
{
	int state;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (!pid) {
		use_memory();
		exit(0);
	}
	if (waitpid(pid, &state, 0) != pid || state)
		die("the child");
	say("exit", "SwapUsed", swap_used(), anon_pages);
	say("exit", "swaps", swaps_used(), anon_pages);
	say("exit", "SwapCached", meminfo("SwapCached"), anon_pages);
	say("exit", "AnonPages", meminfo("AnonPages"), ram);
	say("exit", "Inactive(file)+Active(file)<file", meminfo("Active(file)") + meminfo("Inactive(file)") < (long)file_pages, 0);
	say("exit", "MemFree", meminfo("MemFree"), ram);
}

/* ---- names ---- */

static long dentries(void) { return strtol(text_of("/proc/sys/fs/dentry-state"), NULL, 10); }

static long inodes(void) { return strtol(text_of("/proc/sys/fs/inode-nr"), NULL, 10); }

static int held;			/* a file that stays open */

static void name_of(char *name, int i)
{
	snprintf(name, 32, "/mnt/name-%d", i);
}

static void make_names(void)
{
	char name[32];

	for (int i = 0; i < NAMES; i++) {
		name_of(name, i);
		close(open(name, O_RDWR | O_CREAT, 0644));
	}
	sync();
}

/* Names of an ext2 directory that nobody uses, before memory runs short; and some of a tmpfs. */
static long before_names, before_inodes;

static void step_names(void)
{
	long slab = meminfo("SReclaimable");
	char name[32];

	before_names = dentries();
	before_inodes = inodes();
	make_names();
	say("names", "dentries", dentries() - before_names, NAMES);
	say("names", "inodes", inodes() - before_inodes, NAMES);
	say("names", "SReclaimable>", meminfo("SReclaimable") > slab, 0);
	name_of(name, NAMES / 2);
	held = open(name, O_RDWR);
	for (int i = 0; i < 100; i++) {
		snprintf(name, sizeof(name), "/tmp/name-%d", i);
		close(open(name, O_RDWR | O_CREAT, 0644));
	}
}

/* After it was short: names that nobody used went, those of tmpfs and the open file are there. */
static void step_names_after(void)
{
	int there = 0, fd;
	char name[32];

	say("exit", "names-that-went", before_names + NAMES - dentries() >= NAMES / 4, 0);
	say("exit", "inodes-that-went", before_inodes + NAMES - inodes() >= NAMES / 4, 0);
	for (int i = 0; i < 100; i++) {
		snprintf(name, sizeof(name), "/tmp/name-%d", i);
		fd = open(name, O_RDWR);
		there += fd >= 0;
		close(fd);
		unlink(name);
	}
	say("exit", "names-of-tmpfs", there, 100);
	say("exit", "open-file-works", write(held, "x", 1) == 1, 0);
	close(held);
}

static void step_drop(void)
{
	long slab, drops = vmstat("drop_slab"), scanned, before, before_i;

	make_names();
	slab = meminfo("SReclaimable");
	scanned = vmstat("slabs_scanned");
	before = dentries();
	before_i = inodes();
	put("/proc/sys/vm/drop_caches", "2");
	say("drop2", "dentries-dropped", before - dentries() >= NAMES * 9 / 10, 0);
	say("drop2", "inodes-dropped", before_i - inodes() >= NAMES * 9 / 10, 0);
	say("drop2", "drop_slab", vmstat("drop_slab") - drops, 0);
	say("drop2", "slabs_scanned>=", vmstat("slabs_scanned") - scanned >= NAMES, 0);
	say("drop2", "SReclaimable<", meminfo("SReclaimable") < slab, 0);
}

static void step_delete(void)
{
	long cached = meminfo("Cached"), before = cached;

	write_file("/mnt/file");
	cached = meminfo("Cached");
	if (unlink("/mnt/file"))
		die("unlink");
	say("delete", "Cached", meminfo("Cached") - cached, file_pages);
	say("delete", "Cached-all", meminfo("Cached") - before, file_pages);
	say("delete", "Dirty", meminfo("Dirty"), file_pages);
}

int main(void)
{
	ram = meminfo("MemAvailable");		/* what the kernel itself has taken at boot is no part of the load */
	file_pages = ram / 8 / 16 * 16;
	anon_pages = ram * 5 / 4;
	step_write();
	step_read();
	step_names();
	step_anon();
	step_names_after();
	step_drop();
	step_delete();
	printf("@@ end\n");
	return 0;
}
