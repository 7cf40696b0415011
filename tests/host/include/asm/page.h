/*
 * tests/host asm/page.h - pages of an array that stands for physical memory
 *
 * Purpose:    mm/ runs on the host: physical address 0 is the first byte of fake_ram, and
 *             the direct map is that array.
 * Invariants: a physical address beyond FAKE_RAM_SIZE does not exist.
 */
#ifndef ASM_PAGE_H
#define ASM_PAGE_H

#include <asm/memory_layout.h>
#include <types.h>

#define FAKE_RAM_SIZE	(64UL << 20)

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

extern unsigned char fake_ram[FAKE_RAM_SIZE];
extern struct page *vmemmap;
extern unsigned long phys_base, max_pfn;

void fake_bad_address(const volatile void *p) __noreturn;

static inline void *__va(phys_addr_t pa) { return fake_ram + pa; }
static inline phys_addr_t __pa(const volatile void *p)
{
	unsigned long off = (unsigned long)p - (unsigned long)fake_ram;

	if (off > FAKE_RAM_SIZE)
		fake_bad_address(p);
	return off;
}

#define pfn_to_page(pfn)	(vmemmap + (pfn))
#define page_to_pfn(page)	((unsigned long)((page) - vmemmap))
#define PFN_DOWN(pa)		((unsigned long)((pa) >> PAGE_SHIFT))
#define PFN_UP(pa)		((unsigned long)(((pa) + PAGE_SIZE - 1) >> PAGE_SHIFT))
#define PFN_PHYS(pfn)		((phys_addr_t)(pfn) << PAGE_SHIFT)
#define frame_to_page(pa)	pfn_to_page(PFN_DOWN(pa))
#define page_to_phys(page)	PFN_PHYS(page_to_pfn(page))
#define phys_to_page(pa)	pfn_to_page(PFN_DOWN(pa))
#define page_address(page)	__va(page_to_phys(page))
#define virt_to_page(p)		phys_to_page(__pa(p))
bool pfn_valid(unsigned long pfn);
unsigned long next_valid_pfn(unsigned long pfn);	/* the first from @pfn on; max_pfn: none */
/* How many frames below @pfn have a struct page, as @pfn has: an index without the holes of the memory map. */
unsigned long frame_index(unsigned long pfn);
unsigned long nr_frames(void);				/* of those that have a struct page */

/* Before a frame becomes free: does the software TLB still lead to it? (shim_tlb.c) */
#define HAVE_ARCH_FREE_PAGE
void arch_free_page(struct page *page, unsigned int order);

static inline void clear_page(void *page) { __builtin_memset(page, 0, PAGE_SIZE); }
static inline void copy_page(void *to, const void *from)
{
	__builtin_memcpy(to, from, PAGE_SIZE);
}

#endif
