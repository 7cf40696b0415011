/*
 * mm/zoneinfo.c - /proc/zoneinfo: each zone's frames, watermarks and lists
 *
 * Purpose:    where the free frames are, and how many must stay.
 * Invariants: managed <= present <= spanned; free counts the buddies and the CPUs' lists.
 *             The numbers are read without locks: each is true, they need not fit together.
 * Simplified: no watermark boost, no CMA: always 0, as on a Linux that does not use them.
 * Sources:    proc(5).
 */
#include <mm.h>
#include <seq_file.h>
#include "internal.h"
#include "page_internal.h"

/* What is counted for the machine as a whole stands with its first zone. */
static void show_node(struct seq_file *m)
{
	seq_puts(m, "  per-node stats\n");
	for (unsigned int i = 0; i < NR_NODE_COUNTS; i++)
		seq_printf(m, "      %-12s %lu\n", node_count_name(i), node_count(i));
}

/* Frames kept from who could have used a higher zone, for each zone wanted. */
static void show_protection(struct seq_file *m, const struct zone *z)
{
	seq_puts(m, "        protection: (");
	for (int i = 0; i < MAX_NR_ZONES; i++)
		seq_printf(m, "%s%lu", i ? ", " : "", &zones[i] > z ? z->lowmem_reserve : 0);
	seq_puts(m, ")\n");
}

static void show_cpus(struct seq_file *m, const struct zone *z)
{
	seq_puts(m, "  pagesets\n");
	for (unsigned int cpu = 0; cpu < nr_cpus; cpu++)
		seq_printf(m, "    cpu: %u\n              count: %d\n              high:  %d\n"
			   "              batch: %d\n", cpu, z->pcp[cpu].count, z->pcp[cpu].high,
			   z->pcp[cpu].batch);
}

static void show_zone(struct seq_file *m, const struct zone *z, bool first)
{
	unsigned long free = zone_free_pages(z);

	seq_printf(m, "Node 0, zone %8s\n", z->name);
	if (first)
		show_node(m);
	seq_printf(m, "  pages free     %lu\n        boost    0\n        min      %lu\n"
		   "        low      %lu\n        high     %lu\n        spanned  %lu\n"
		   "        present  %lu\n        managed  %lu\n        cma      0\n", free,
		   z->watermark[WMARK_MIN], z->watermark[WMARK_LOW], z->watermark[WMARK_HIGH],
		   z->spanned_pages, z->present_pages, z->managed_pages);
	show_protection(m, z);
	if (!z->managed_pages)
		return;
	seq_printf(m, "      nr_free_pages %lu\n", free);
	show_zone_lru(m, z, "      ");
	show_cpus(m, z);
	seq_printf(m, "  node_unreclaimable:  0\n  start_pfn:           %lu\n", z->start_pfn);
}

int zoneinfo_show(struct seq_file *m)
{
	bool first = true;

	for (int i = 0; i < MAX_NR_ZONES; i++) {
		show_zone(m, &zones[i], first && zones[i].managed_pages);
		first = first && !zones[i].managed_pages;
	}
	return 0;
}
