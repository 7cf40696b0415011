/*
 * tests/user/zoneinfo.c - /proc/zoneinfo: the zones of memory, their marks and their sums
 */
#include "proc.h"

struct zone {
	char name[16];
	unsigned long free, min, low, high, spanned, present, managed, start;
};

static struct zone zones[8];
static int nr_zones;

static unsigned long value(const char *text, const char *key)
{
	const char *at = strstr(text, key);

	if (!at)
		FAIL("no %s", key);
	at += strlen(key);
	return strtoul(at + strspn(at, " :"), NULL, 10);
}

/* The zones with memory, in the order of the file. */
static void read_zones(void)
{
	static char text[65536];
	ssize_t n, len = 0;
	char *at, *next;
	int fd = OK(open("/proc/zoneinfo", O_RDONLY));

	while ((n = read(fd, text + len, sizeof(text) - 1 - len)) > 0)
		len += n;
	close(fd);
	text[len] = '\0';
	nr_zones = 0;
	for (at = strstr(text, "Node 0, zone"); at; at = next) {
		struct zone *z = &zones[nr_zones];

		next = strstr(at + 1, "Node 0, zone");
		if (next)
			next[-1] = '\0';
		z->managed = value(at, "\n        managed");
		if (!z->managed)
			continue;
		at += strlen("Node 0, zone");
		at += strspn(at, " ");
		strlcpy(z->name, at, strcspn(at, "\n") + 1);
		z->free = value(at, "\n  pages free");
		z->min = value(at, "\n        min");
		z->low = value(at, "\n        low");
		z->high = value(at, "\n        high");
		z->spanned = value(at, "\n        spanned");
		z->present = value(at, "\n        present");
		z->start = value(at, "\n  start_pfn");
		value(at, "\n        protection: (");
		value(at, "\n              batch");
		nr_zones++;
	}
}

TEST(marks_and_sizes_are_in_order)
{
	read_zones();
	CMP(nr_zones, >=, 2);
	for (int i = 0; i < nr_zones; i++) {
		struct zone *z = &zones[i];

		CMP(z->min, <=, z->low);
		CMP(z->low, <=, z->high);
		CMP(z->managed, <=, z->present);
		CMP(z->present, <=, z->spanned);
		CMP(z->free, <=, z->managed);
	}
}

TEST(dma_ends_at_16_mib_and_dma32_begins_there)
{
	read_zones();
	STREQ(zones[0].name, "DMA");
	CMP(zones[0].start + zones[0].spanned, <=, 4096);
	STREQ(zones[1].name, "DMA32");
	EQ(zones[1].start, 4096);
}

TEST(managed_pages_add_up_to_memtotal)
{
	unsigned long sum = 0;

	read_zones();
	for (int i = 0; i < nr_zones; i++)
		sum += zones[i].managed;
	EQ(sum * 4, meminfo_kb("MemTotal"));
}

/* Others take and give pages meanwhile: within 8 MiB. */
TEST(free_pages_add_up_to_memfree)
{
	long sum = 0, kb;

	read_zones();
	for (int i = 0; i < nr_zones; i++)
		sum += zones[i].free * 4;
	kb = meminfo_kb("MemFree");
	CMP(sum, >, kb - 8192);
	CMP(sum, <, kb + 8192);
}
