/*
 * tests/user/smaps.h - one area of /proc/self/smaps
 */
#ifndef _SMAPS_H
#define _SMAPS_H

#include "mem.h"

/* The line of an area that begins with a word and a colon: what follows; "" if there is none. */
static inline const char *smaps_text(const volatile void *addr, const char *word)
{
	static char text[512];
	unsigned long start, end, a = (unsigned long)addr;
	FILE *f = fopen("/proc/self/smaps", "r");
	size_t len = strlen(word);
	int inside = 0;

	CHECK(f);
	while (fgets(text, sizeof(text), f)) {
		if (sscanf(text, "%lx-%lx ", &start, &end) == 2) {
			inside = a >= start && a < end;
		} else if (inside && !strncmp(text, word, len) && text[len] == ':') {
			fclose(f);
			text[strcspn(text, "\n")] = '\0';
			return text + len + 1;
		}
	}
	fclose(f);
	return "";
}

/* A number of the area, kB. */
static inline long smaps_kb(const volatile void *addr, const char *word)
{
	return strtol(smaps_text(addr, word), NULL, 10);
}

/* Has the area this flag (two letters) in VmFlags? */
static inline int has_flag(const volatile void *addr, const char *flag)
{
	const char *text = smaps_text(addr, "VmFlags");
	char word[5];

	snprintf(word, sizeof(word), " %s ", flag);
	CHECK(*text);
	return strstr(text, word) != NULL;
}

/* mincore() as text, '1' for pages in memory. */
static inline const char *resident(const volatile void *p, int pages)
{
	static char text[257];
	unsigned char vec[256];

	OK(mincore((void *)p, pages * PAGE, vec));
	for (int i = 0; i < pages; i++)
		text[i] = vec[i] & 1 ? '1' : '0';
	text[pages] = '\0';
	return text;
}

/* A nameless file of some pages, page n full of 'a' + n, all of it in memory. */
static inline int file_of(int pages)
{
	static char page[PAGE];
	int fd = OK(open("/tmp/file_of", O_RDWR | O_CREAT | O_EXCL, 0600));

	OK(unlink("/tmp/file_of"));
	for (int i = 0; i < pages; i++) {
		memset(page, 'a' + i, PAGE);
		EQ(write(fd, page, PAGE), PAGE);
	}
	return fd;
}

static inline char *map_file(int fd, unsigned long pages, int prot, int flags)
{
	char *p = mmap(lonely(pages), pages * PAGE, prot, flags | MAP_FIXED, fd, 0);

	CHECK(p != MAP_FAILED);
	return p;
}

#endif
