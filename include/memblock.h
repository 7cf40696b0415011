/*
 * memblock.h - physical memory before the page allocator
 *
 * Two sorted arrays of ranges: memory (what RAM there is) and reserved (what is
 * taken: kernel, initrd, boot data, early allocations).  Boot only; no locks.
 */
#ifndef MEMBLOCK_H
#define MEMBLOCK_H

#include <types.h>

struct memblock_region {
	phys_addr_t base;
	phys_addr_t size;
};

#define MEMBLOCK_MAX 256

struct memblock_type {
	unsigned int nr;
	struct memblock_region regions[MEMBLOCK_MAX];	/* sorted, disjoint, not adjacent */
};

struct memblock {
	struct memblock_type memory;
	struct memblock_type reserved;
};

extern struct memblock memblock;

void memblock_add(phys_addr_t base, phys_addr_t size);
void memblock_remove(phys_addr_t base, phys_addr_t size);	/* from memory: mem= */
void memblock_reserve(phys_addr_t base, phys_addr_t size);
void memblock_free(phys_addr_t base, phys_addr_t size);		/* un-reserve */
/* Free memory of @size aligned to @align below @limit (0: anywhere), reserved, zeroed by the caller; 0 if none. */
phys_addr_t memblock_phys_alloc(phys_addr_t size, phys_addr_t align, phys_addr_t limit);
bool memblock_is_memory(phys_addr_t pa);
bool memblock_is_reserved(phys_addr_t pa);
phys_addr_t memblock_end_of_ram(void);
phys_addr_t memblock_total(void);

#endif
