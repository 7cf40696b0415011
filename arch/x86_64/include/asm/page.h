/*
 * asm/page.h - the page: its size, and the conversions between addresses
 *
 * A physical address is a phys_addr_t; a page frame number (pfn) is that divided
 * by the page size; a kernel virtual address of RAM lies in the direct map.
 */
#ifndef ASM_PAGE_H
#define ASM_PAGE_H

#include <asm/memory_layout.h>
#include <types.h>

#define PAGE_SIZE	(1UL << PAGE_SHIFT)
#define PAGE_MASK	(~(PAGE_SIZE - 1))
#define PMD_SIZE	(1UL << PMD_SHIFT)
#define PMD_MASK	(~(PMD_SIZE - 1))
#define PUD_SIZE	(1UL << PUD_SHIFT)
#define PUD_MASK	(~(PUD_SIZE - 1))
#define P4D_SIZE	(1UL << P4D_SHIFT)
#define P4D_MASK	(~(P4D_SIZE - 1))
#define PGDIR_SIZE	(1UL << PGDIR_SHIFT)
#define PGDIR_MASK	(~(PGDIR_SIZE - 1))

#define PAGE_ALIGN(x)	ALIGN_UP(x, PAGE_SIZE)
#define offset_in_page(x) ((unsigned long)(x) & ~PAGE_MASK)

typedef struct { unsigned long pte; } pte_t;
typedef struct { unsigned long pmd; } pmd_t;
typedef struct { unsigned long pud; } pud_t;
typedef struct { unsigned long p4d; } p4d_t;
typedef struct { unsigned long pgd; } pgd_t;
typedef struct { unsigned long pgprot; } pgprot_t;
typedef struct page *pgtable_t;

struct page;

/* Physical minus virtual address of the image, counted from KERNEL_VMA; set by the boot code. */
extern unsigned long phys_base;
extern unsigned long max_pfn;		/* one past the last page frame of RAM */

/* Direct map: RAM only. */
static inline void *__va(phys_addr_t pa) { return (void *)(pa + PAGE_OFFSET); }

/* Physical address of a direct-map or kernel-image address (not vmalloc). */
static inline phys_addr_t __pa(const volatile void *p)
{
	unsigned long v = (unsigned long)p;

	if (v >= KERNEL_VMA)
		return v - KERNEL_VMA + phys_base;
	return v - PAGE_OFFSET;
}

#define vmemmap			((struct page *)VMEMMAP_START)
#define pfn_to_page(pfn)	(vmemmap + (pfn))
#define page_to_pfn(page)	((unsigned long)((page) - vmemmap))
#define PFN_DOWN(pa)		((unsigned long)((pa) >> PAGE_SHIFT))
#define PFN_UP(pa)		((unsigned long)(((pa) + PAGE_SIZE - 1) >> PAGE_SHIFT))
#define PFN_PHYS(pfn)		((phys_addr_t)(pfn) << PAGE_SHIFT)
/* The page of the frame that begins at @pa: a shift less, because no bit is to be cut off. */
#define frame_to_page(pa)	((struct page *)(VMEMMAP_START + (pa) / (PAGE_SIZE / sizeof(struct page))))
#define page_to_phys(page)	PFN_PHYS(page_to_pfn(page))
#define phys_to_page(pa)	pfn_to_page(PFN_DOWN(pa))
#define page_address(page)	__va(page_to_phys(page))
#define virt_to_page(p)		phys_to_page(__pa(p))
/* Is there a struct page for this frame?  (mm/page_alloc.c) */
bool pfn_valid(unsigned long pfn);
unsigned long next_valid_pfn(unsigned long pfn);	/* the first from @pfn on; max_pfn: none */
/* How many frames below @pfn have a struct page, as @pfn has: an index without the holes of the memory map. */
unsigned long frame_index(unsigned long pfn);
unsigned long nr_frames(void);				/* of those that have a struct page */

/* rep stosq / rep movsq: one counted instruction a word under TCG, fast strings on hardware. */
static inline void clear_page(void *page)
{
	unsigned long n = PAGE_SIZE / 8;

	asm volatile("rep stosq" : "+c"(n), "+D"(page) : "a"(0UL) : "memory");
}
static inline void copy_page(void *to, const void *from)
{
	unsigned long n = PAGE_SIZE / 8;

	asm volatile("rep movsq" : "+c"(n), "+D"(to), "+S"(from) :: "memory");
}

#endif
