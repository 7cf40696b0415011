/*
 * kernel/resource.c - which driver works with which device memory
 *
 * Purpose:    /dev/mem must not let a program change registers under a driver that uses them.
 * Invariants: entries are only added, at boot: drivers stay for ever.
 * Lock order: none; written while one CPU runs.
 * Simplified: a table; Linux keeps a tree of all of physical memory (/proc/iomem).
 */
#include <bug.h>
#include <ioport.h>

#define MAX_REGIONS 16

static struct {
	phys_addr_t start, end;
} regions[MAX_REGIONS];
static unsigned int nr_regions;

void request_mem_region(phys_addr_t start, phys_addr_t size)
{
	BUG_ON(nr_regions == MAX_REGIONS);
	regions[nr_regions].start = start;
	regions[nr_regions++].end = start + size;
}

bool iomem_is_exclusive(phys_addr_t start, phys_addr_t size)
{
	for (unsigned int i = 0; i < nr_regions; i++)
		if (start < regions[i].end && start + size > regions[i].start)
			return true;
	return false;
}
