/*
 * arch/x86_64/panic_map.c - one look at physical memory, when nothing may be asked for any more
 *
 * Purpose:    who shows a panic needs the screen's memory, at whatever point of the boot it comes: on the boot
 *             tables or on the final ones, before there is an allocator or while its lock is held.
 *
 *   PANIC_WINDOW                                       top of the address space
 *   |  1 GiB: the window, 2 MiB each entry                                    |
 *
 * Invariants: allocates nothing, waits for nothing, and cannot fail half way.  The GiB above the kernel's image
 *             is used by nobody else; its table hangs in the tree only once a panic has begun.
 * Lock order: none: one CPU runs in a panic.
 * Sources:    Intel SDM vol. 3A, "4-Level Paging and 5-Level Paging", "Memory Cache Control".
 */
#include <asm/pgtable.h>
#include <asm/phys_range.h>
#include <asm/processor.h>
#include <panic.h>

static pmd_t window[PTRS_PER_TABLE] __aligned(PAGE_SIZE) __section(".bss.page_aligned");

/* Uncached, whatever the PAT holds by now; not executable if the CPU can say so. */
static unsigned long window_prot(void)
{
	unsigned long prot = pgprot_val(PAGE_KERNEL) | _PAGE_PSE | _PAGE_PCD | _PAGE_PWT;

	return cpu_features.nx ? prot : prot & ~_PAGE_NX;
}

/* In the tables that are in use now, and so in all: every address space has the same one here. */
static pud_t *window_pud(void)
{
	pgd_t *pgd = __va(read_cr3() & PTE_PFN_MASK);

	return pud_offset(p4d_offset(pgd_offset_pgd(pgd, PANIC_WINDOW), PANIC_WINDOW), PANIC_WINDOW);
}

void *panic_map(phys_addr_t pa, size_t size)
{
	phys_addr_t first = pa & PMD_MASK;
	pud_t *pud = window_pud();

	if (!size || size > PUD_SIZE - (pa - first) || !phys_range_ok(pa, size) || !pud_none(*pud))
		return NULL;
	for (int i = 0; first < pa + size; i++, first += PMD_SIZE)
		set_pmd(&window[i], __pmd(first | window_prot()));
	set_pud(pud, __pud(__pa(window) | _KERNPG_TABLE));
	return (void *)(PANIC_WINDOW + (pa & ~PMD_MASK));
}
