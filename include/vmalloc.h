/*
 * vmalloc.h - memory that is contiguous only virtually, and device memory
 *
 * Every area is followed by an unmapped guard page.  Process context, may sleep.
 */
#ifndef VMALLOC_H
#define VMALLOC_H

#include <types.h>

void vmalloc_init(void);
void *vmalloc(size_t size);			/* page-rounded; NULL when there is no memory */
void *vzalloc(size_t size);
void vfree(const void *p);			/* NULL is fine */
/*
 * Map device registers, uncached.  Works for any physical address but RAM.  NULL on failure: no memory, or this CPU has
 * no such address, whoever said that something is there.
 */
void *ioremap(phys_addr_t pa, size_t size);
void *ioremap_wc(phys_addr_t pa, size_t size);		/* write-combining: frame buffers */
void *ioremap_cache(phys_addr_t pa, size_t size);	/* write-back, where the firmware's MTRRs allow it */
/* Map firmware tables or RAM read/write cached by physical address. */
void *memremap(phys_addr_t pa, size_t size);
void iounmap(void *p);
/* A kernel stack of KERNEL_STACK_SIZE with a guard page below; NULL when there is no memory. */
void *alloc_kernel_stack(void);
void free_kernel_stack(void *stack);
bool is_vmalloc_addr(const void *p);
/* Is @addr in the guard page of a kernel stack?  (the double fault handler asks) */
bool is_stack_guard(unsigned long addr);
/* Every page behind vmalloc() and kernel stacks; the machine is stopped (kernel/snapshot.c). */
struct page;
void vmalloc_for_each_page(void (*fn)(const struct page *page, bool stack, void *arg), void *arg);
unsigned long vmalloc_used_pages(void);
unsigned long nr_kernel_stacks(void);		/* in use, cached ones not counted */
/* Free the stacks kept for the next fork. */
void drain_kernel_stacks(void);

#endif
