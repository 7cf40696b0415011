/*
 * tests/user/proc.h - reading what /proc says of an area or a page
 */
#ifndef _PROC_H
#define _PROC_H

#include "mem.h"

/* Write a text to a file of /proc: what write() gives. */
static inline long put_text(const char *path, const char *text)
{
	int fd = OK(open(path, O_WRONLY)), saved;
	long n = write(fd, text, strlen(text));

	saved = errno;
	close(fd);
	errno = saved;
	return n;
}

/* The whole of a text file. */
static inline const char *file_text(const char *path)
{
	static char text[16384];
	int fd = OK(open(path, O_RDONLY)), n = 0, r;

	while ((r = read(fd, text + n, sizeof(text) - 1 - n)) > 0)
		n += r;
	text[n] = '\0';
	close(fd);
	return text;
}

/* The number after a word at the beginning of a line ("Mlocked:  4 kB", "nr_mlock 1"); -1: no such line. */
static inline long number_in(const char *file, const char *word)
{
	const char *line = file_text(file);
	size_t len = strlen(word);

	for (; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (!strncmp(line, word, len) && (line[len] == ':' || line[len] == ' '))
			return strtol(line + len + 1, NULL, 10);
	}
	return -1;
}

/* A counter of /proc/vmstat. */
static inline long vmstat(const char *name)
{
	long n = number_in("/proc/vmstat", name);

	CMP(n, >=, 0);
	return n;
}

/* A line of /proc/meminfo, in kB. */
static inline long meminfo_kb(const char *name)
{
	long n = number_in("/proc/meminfo", name);

	CMP(n, >=, 0);
	return n;
}

/* Shared anonymous memory. */
static inline char *map_shared(unsigned long pages)
{
	char *p = mmap(NULL, pages * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		FAIL("mmap %lu pages shared: %s", pages, strerrorname(errno));
	return p;
}

/* Is the task asleep, to be woken by anything? */
static inline int sleeps(int tid)
{
	char path[64], text[256] = "", *p;
	int fd, n;

	snprintf(path, sizeof(path), "/proc/%d/stat", tid);
	fd = open(path, O_RDONLY);
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	p = strrchr(text, ')');
	return n > 0 && p && p[2] == 'S';
}

/* The word of pagemap for an address. */
static inline unsigned long pagemap(const volatile void *addr)
{
	unsigned long word = 0;
	int fd = OK(open("/proc/self/pagemap", O_RDONLY));

	EQ(pread(fd, &word, 8, (unsigned long)addr / PAGE * 8), 8);
	close(fd);
	return word;
}

/* A line of smaps for the area that holds an address, after "Key:"; "" without it. */
static inline const char *smaps_line(const volatile void *addr, const char *key)
{
	static char line[512];
	unsigned long start, end, a = (unsigned long)addr;
	FILE *f = fopen("/proc/self/smaps", "r");
	size_t len = strlen(key);
	int inside = 0;

	while (f && fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%lx-%lx", &start, &end) == 2)
			inside = a >= start && a < end;
		else if (inside && !strncmp(line, key, len) && line[len] == ':') {
			fclose(f);
			return line + len + 1;
		}
	}
	if (f)
		fclose(f);
	return "";
}

static inline long smaps_kb(const volatile void *addr, const char *key)
{
	const char *text = smaps_line(addr, key);

	return *text ? strtol(text, NULL, 10) : -1;
}

/* Does VmFlags have this word? */
static inline int vm_flag(const volatile void *addr, const char *flag)
{
	char want[8];

	snprintf(want, sizeof(want), " %s ", flag);
	return strstr(smaps_line(addr, "VmFlags"), want) != NULL;
}

#endif
