/*
 * user/show.h - how the demos look at their own address space
 *
 * Purpose: everything comes from /proc, so that the demos say the same on Linux:
 *          /proc/PID/maps (areas), /proc/PID/pagemap (frame numbers, needs root),
 *          /proc/self/status (counters). /proc/PID/pagewalk, Quire's own, adds the entry
 *          of each page-table level.
 */
#ifndef _SHOW_H
#define _SHOW_H

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGE	4096UL

/* Page faults of this process that needed no device. */
static inline long minor_faults(void)
{
	struct rusage use;

	getrusage(RUSAGE_SELF, &use);
	return use.ru_minflt;
}

/* A line of /proc/self/status in KiB: "VmSize", "VmRSS", "RssAnon", ... */
static inline long status_kb(const char *name)
{
	FILE *f = fopen("/proc/self/status", "r");
	char line[256];
	long kb = -1;

	while (f && fgets(line, sizeof(line), f))
		if (!strncmp(line, name, strlen(name)) && line[strlen(name)] == ':')
			kb = strtol(line + strlen(name) + 1, NULL, 10);
	if (f)
		fclose(f);
	return kb;
}

/* The physical frame behind an address of a process, 0 if there is none (or no right). */
static inline unsigned long frame_of(int pid, const volatile void *addr)
{
	unsigned long entry = 0;
	char path[40];
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/pagemap", pid);
	fd = open(path, O_RDONLY);
	if (fd < 0)
		return 0;
	if (pread(fd, &entry, 8, (unsigned long)addr / PAGE * 8) != 8)
		entry = 0;
	close(fd);
	return entry >> 63 ? entry & ((1UL << 55) - 1) : 0;
}

/* Print the areas of a process that lie in [from, to). */
static inline void show_maps(int pid, const volatile void *from, const volatile void *to)
{
	char path[40], line[512];
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/maps", pid);
	f = fopen(path, "r");
	while (f && fgets(line, sizeof(line), f)) {
		unsigned long start, end;

		if (sscanf(line, "%lx-%lx", &start, &end) == 2 &&
		    end > (unsigned long)from && start < (unsigned long)to)
			printf("    %s", line);
	}
	if (f)
		fclose(f);
}

/*
 * Print the page-table entries on the way to an address, one line per level; where the
 * kernel does not show them (Linux), only the frame at their end.
 */
static inline void show_walk(int pid, const volatile void *addr)
{
	char path[40], text[1024], *rest = text, *line;
	unsigned long frame;
	ssize_t len;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/pagewalk", pid);
	fd = open(path, O_RDWR);
	if (fd < 0) {
		frame = frame_of(pid, addr);
		printf(frame ? "    page frame 0x%lx\n" : "    no page\n", frame);
		return;
	}
	dprintf(fd, "%lx\n", (unsigned long)addr);
	len = read(fd, text, sizeof(text) - 1);
	close(fd);
	text[len > 0 ? len : 0] = '\0';
	while ((line = strsep(&rest, "\n")))
		if (*line)
			printf("    %s\n", line);
}

/* Memory of our own, still without pages. */
static inline volatile char *fresh_pages(unsigned long count)
{
	void *mem = mmap(NULL, count * PAGE, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (mem == MAP_FAILED) {
		perror("mmap");
		exit(1);
	}
	return mem;
}

#endif
