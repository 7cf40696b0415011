/*
 * tests/user/differential.h - what a random sequence of calls keeps, and how it looks at itself
 */
#ifndef _DIFFERENTIAL_H
#define _DIFFERENTIAL_H

#include "mem.h"

/* Pages where most happens, over the border of two page tables; far from everything else. */
#define ARENA_PAGES	96
#define ARENA		(0x200000200000UL - 40 * PAGE)
#define ARENA_END	(ARENA + ARENA_PAGES * PAGE)
#define UNIVERSE	0x300000000000UL
#define UNIVERSE_SIZE	PAGE
#define FAR_AREAS	6
#define FILE_FD		20
#define NR_FILES	4

struct far_area {
	unsigned long start, pages;
};

/* In a page shared by parent and child. */
struct universe {
	unsigned long seed, hash, step, heap;
	struct far_area far[FAR_AREAS];		/* areas that the kernel placed */
	int depth, verbose;
	unsigned long first, last;		/* steps to write down */
};

unsigned long dice(unsigned long n);
void mix(unsigned long value);

static char text[1 << 18];

static inline int says(struct universe *u)
{
	return u->verbose && u->step >= u->first && u->step <= u->last;
}

static inline void mix_text(const char *s, long n)
{
	unsigned long h = 5381;

	for (; n > 0; n--)
		h = h * 33 + (unsigned char)*s++;
	mix(h);
}

static inline long read_text(const char *path)
{
	int fd = open(path, O_RDONLY);
	long n, got = 0;

	if (fd < 0)
		return 0;
	while (got < (long)sizeof(text) - 1 && (n = read(fd, text + got, sizeof(text) - 1 - got)) > 0)
		got += n;
	close(fd);
	text[got] = '\0';
	return got;
}

/* One line of maps without device and inode. */
static inline void mix_area(struct universe *u, const char *line, int len)
{
	const char *end = line + len, *name = line;
	int field;

	for (field = 0; field < 3 && name < end; name++)
		field += *name == ' ';
	mix_text(line, name - line);
	if (says(u))
		printf("  %.*s", (int)(name - line), line);
	for (; field < 5 && name < end; name++)
		field += *name == ' ';
	while (name < end && *name == ' ')
		name++;
	mix_text(name, end - name);
	if (says(u))
		printf("%.*s\n", (int)(end - name), name);
}

static inline void mix_maps(struct universe *u)
{
	char *line = text, *next;

	for (read_text("/proc/self/maps"); *line; line = next + 1) {
		next = strchr(line, '\n');
		mix_area(u, line, next - line);
	}
}

/* What pages of the arena hold, if they are there; sometimes of all, which brings them. */
static inline void mix_contents(struct universe *u)
{
	int fd = open("/proc/self/pagemap", O_RDONLY), all = dice(8) == 0;
	static unsigned long map[ARENA_PAGES];

	pread(fd, map, sizeof(map), ARENA / PAGE * 8);
	close(fd);
	for (int i = 0; i < ARENA_PAGES; i++) {
		volatile unsigned long *p = (unsigned long *)(ARENA + i * PAGE);
		volatile unsigned long sum = 0;
		int sig;

		mix(map[i] >> 56 & ~1UL);		/* present, file, exclusive */
		if (says(u) && map[i] >> 57)
			printf("  page %d: %lx", i, map[i] >> 56 & ~1UL);
		if (!all && !(map[i] >> 63)) {
			if (says(u) && map[i] >> 57)
				printf("\n");
			continue;
		}
		sig = FAULTS(for (int k = 0; k < 512; k++) sum = sum * 31 + p[k]);
		mix(sig ? (unsigned long)sig * 1000 + fault_code : sum);
		if (says(u))
			printf(" %d: %d %d %lx\n", i, sig, sig ? fault_code : 0, sum);
	}
}

static inline void check(struct universe *u)
{
	mix_maps(u);
	mix_contents(u);
	if (says(u))
		printf("  hash %lx\n", u->hash);
}

static inline int starts_with(const char *line, const char *word)
{
	return !strncmp(line, word, strlen(word));
}

/* The numbers of smaps, of the areas that are not the program's. */
static inline void mix_smaps(struct universe *u)
{
	static const char *const words[] = { "Size:", "Rss:", "Pss:", "Pss_Dirty:", "Shared_Clean:",
		"Shared_Dirty:", "Private_Clean:", "Private_Dirty:", "Anonymous:",
		"Locked:", "VmFlags:" };
	unsigned long start = 0;
	char *line = text, *next;

	for (read_text("/proc/self/smaps"); *line; line = next + 1) {
		next = strchr(line, '\n');
		*next = '\0';
		if (*line < 'A' || *line > 'Z')
			start = strtoul(line, NULL, 16);
		if (start < ARENA || start == UNIVERSE || start > 0x7ffff8000000)
			continue;
		for (unsigned int i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
			if (!starts_with(line, words[i]))
				continue;
			if (i == 10 && next - line > 3 && starts_with(next - 3, "sd "))
				next[-3] = '\0';
			mix_text(line, strlen(line));
			if (says(u))
				printf("  %lx %s\n", start, line);
		}
	}
}

static inline void mix_status(struct universe *u)
{
	static const char *const words[] = { "VmPeak:", "VmSize:", "VmLck:", "VmPin:", "VmData:",
		"VmStk:", "VmExe:", "VmLib:" };
	char *line = text, *next;

	for (read_text("/proc/self/status"); *line; line = next + 1) {
		next = strchr(line, '\n');
		for (unsigned int i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
			if (!starts_with(line, words[i]))
				continue;
			mix_text(line, next - line);
			if (says(u))
				printf("  %.*s\n", (int)(next - line), line);
		}
	}
}

static inline void look(struct universe *u)
{
	mix_smaps(u);
	mix_status(u);
	if (says(u))
		printf("  hash %lx\n", u->hash);
}

/* The vDSO goes: kernels place it differently, and it would shift what is mapped after it. */
static inline void prepare(void)
{
	char *line = text, *next;

	for (read_text("/proc/self/maps"); *line; line = next + 1) {
		unsigned long start = strtoul(line, &next, 16), end = strtoul(next + 1, NULL, 16);

		next = strchr(line, '\n');
		*next = '\0';
		if (strstr(line, "[vvar]") || strstr(line, "[vdso]"))
			munmap((void *)start, end - start);
	}
}

#endif
