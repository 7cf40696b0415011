/*
 * arch/x86_64/kasan_init.c - the shadow's page tables (make SAN=kasan)
 *
 * Purpose:    every address of the kernel's half has a shadow byte that can be read, since the
 *             compiler's checks read it without asking.
 *
 *   KASAN_SHADOW_START ..  direct map: memory of its own, an eighth of RAM, large pages
 *                          image: the same, small pages
 *                          vmalloc: when an area is made (kasan_populate_vmalloc)
 *                          all else: one page of zeroes, read-only, by tables shared at each level
 *
 * Invariants: the shared tables and the page of zeroes are never written after boot; the shadow's
 *             own tables are never freed.  Shadow pages of vmalloc stay when their area goes.
 * Lock order: kernel_map_lock is not needed: boot, or vmalloc's areas, one CPU and no sleep
 *             between look and change.
 * Sources:    "AddressSanitizer" (see mm/kasan.c); docs/memory-map.md.
 */
#include <asm/pgtable.h>
#include <kasan.h>
#include <memblock.h>
#include <mm.h>
#include <printk.h>
#include <sections.h>
#include <string.h>

#ifdef QUIRE_KASAN

#define EARLY_LIMIT (4UL << 30)		/* what the boot tables let us reach by __va() */

static u8 zero_shadow[PAGE_SIZE] __aligned(PAGE_SIZE) __section(".bss.page_aligned");
static pte_t zero_ptes[PTRS_PER_TABLE] __aligned(PAGE_SIZE) __section(".bss.page_aligned");
static pmd_t zero_pmds[PTRS_PER_TABLE] __aligned(PAGE_SIZE) __section(".bss.page_aligned");
static pud_t zero_puds[PTRS_PER_TABLE] __aligned(PAGE_SIZE) __section(".bss.page_aligned");

static unsigned long shadow_of(unsigned long addr)
{
	return addr / 8 + KASAN_SHADOW_OFFSET;
}

bool kasan_shared_table(const void *table)
{
	phys_addr_t pa = table >= (void *)KERNEL_VMA ? __pa(table) :
			 (unsigned long)table - PAGE_OFFSET;

	return pa == __pa(zero_ptes) || pa == __pa(zero_pmds) || pa == __pa(zero_puds);
}

static void fill_shared_tables(void)
{
	for (int i = 0; i < PTRS_PER_TABLE; i++) {
		set_pte(&zero_ptes[i], __pte(__pa(zero_shadow) | pgprot_val(PAGE_KERNEL_RO)));
		set_pmd(&zero_pmds[i], __pmd(__pa(zero_ptes) | _KERNPG_TABLE));
		set_pud(&zero_puds[i], __pud(__pa(zero_pmds) | _KERNPG_TABLE));
	}
}

/* ---- memory of its own ------------------------------------------------------------------ */

static bool is_mapped(unsigned long va)
{
	unsigned long entry;

	return walk_leaf(init_pgd, va, &entry) != 0;
}

/* Boot: map zeroed memory at the shadow addresses [va, end), in pages of @size at best. */
static void __init populate_boot(unsigned long va, unsigned long end, unsigned long size)
{
	for (; va < end; va += size) {
		bool large = size == PMD_SIZE;
		phys_addr_t pa;

		if (is_mapped(va))
			continue;
		pa = memblock_phys_alloc(size, size, EARLY_LIMIT);
		if (!pa || kernel_map(va, pa, size, PAGE_KERNEL, large))
			panic("too little RAM for KASAN's shadow");
		for (phys_addr_t p = pa; p < pa + size; p += PAGE_SIZE)
			clear_page(__va(p));
	}
}

/* The shadow of [from, to): whole 2 MiB in the middle, pages at the rims, which others may share. */
static void __init populate_range(unsigned long from, unsigned long to)
{
	unsigned long va = shadow_of(from) & PAGE_MASK, end = PAGE_ALIGN(shadow_of(to));
	unsigned long first = ALIGN_UP(va, PMD_SIZE), last = ALIGN_DOWN(end, PMD_SIZE);

	if (first >= last) {
		populate_boot(va, end, PAGE_SIZE);
		return;
	}
	populate_boot(va, first, PAGE_SIZE);
	populate_boot(first, last, PMD_SIZE);
	populate_boot(last, end, PAGE_SIZE);
}

/* ---- the rest ----------------------------------------------------------------------------- */

static void __init fill_pmd(pmd_t *pmd)
{
	pte_t *pte;

	if (pmd_none(*pmd)) {
		set_pmd(pmd, __pmd(__pa(zero_ptes) | _KERNPG_TABLE));
		return;
	}
	if (pmd_leaf(*pmd))
		return;
	pte = pte_offset_kernel(pmd, 0);
	for (int i = 0; i < PTRS_PER_TABLE; i++)
		if (pte_none(pte[i]))
			set_pte(&pte[i], zero_ptes[0]);
}

static void __init fill_pud(pud_t *pud)
{
	pmd_t *pmd;

	if (pud_none(*pud)) {
		set_pud(pud, __pud(__pa(zero_pmds) | _KERNPG_TABLE));
		return;
	}
	pmd = pmd_offset(pud, 0);
	for (int i = 0; i < PTRS_PER_TABLE; i++)
		fill_pmd(&pmd[i]);
}

static void __init fill_p4d(p4d_t *p4d)
{
	pud_t *pud;

	if (p4d_none(*p4d)) {
		set_p4d(p4d, __p4d(__pa(zero_puds) | _KERNPG_TABLE));
		return;
	}
	pud = pud_offset(p4d, 0);
	for (int i = 0; i < PTRS_PER_TABLE; i++)
		fill_pud(&pud[i]);
}

/*
 * Enter: the boot tables in CR3, init_pgd nearly complete, all slots of the kernel's half filled
 * but the shadow's (with 5 levels those lie in a table that is there already).
 */
void __init kasan_init(void)
{
	unsigned long va;

	BUG_ON(shadow_of(0xffff800000000000UL) != KASAN_SHADOW_START);
	fill_shared_tables();
	for (unsigned int i = 0; i < memblock.memory.nr; i++) {
		const struct memblock_region *r = &memblock.memory.regions[i];

		populate_range(PAGE_OFFSET + r->base, PAGE_OFFSET + r->base + r->size);
	}
	populate_range((unsigned long)_text & PAGE_MASK, PAGE_ALIGN((unsigned long)_end));
	populate_boot(shadow_of(VMALLOC_START), shadow_of(VMALLOC_START) + PAGE_SIZE, PAGE_SIZE);
	for (va = KASAN_SHADOW_START; va < KASAN_SHADOW_END; va += P4D_SIZE)
		fill_p4d(p4d_offset(pgd_offset_pgd(init_pgd, va), va));
}

/* ---- vmalloc -------------------------------------------------------------------------------- */

static void *new_table(const void *contents)
{
	struct page *page = alloc_page(GFP_KERNEL);

	return page ? memcpy(page_address(page), contents, PAGE_SIZE) : NULL;
}

/* The entry of shadow address @va in a table of its own; NULL when there is no memory. */
static pte_t *own_pte(unsigned long va)
{
	pud_t *pud = pud_offset(p4d_offset(pgd_offset_pgd(init_pgd, va), va), va);
	pmd_t *pmd = pmd_offset(pud, va);
	void *table;

	if (kasan_shared_table(pmd_offset(pud, 0))) {
		table = new_table(zero_pmds);
		if (!table)
			return NULL;
		set_pud(pud, __pud(__pa(table) | _KERNPG_TABLE));
		pmd = pmd_offset(pud, va);
	}
	if (kasan_shared_table(pte_offset_kernel(pmd, 0))) {
		table = new_table(zero_ptes);
		if (!table)
			return NULL;
		set_pmd(pmd, __pmd(__pa(table) | _KERNPG_TABLE));
	}
	return pte_offset_kernel(pmd, va);
}

bool kasan_populate_vmalloc(unsigned long addr, unsigned long size)
{
	unsigned long va = shadow_of(addr) & PAGE_MASK, end = PAGE_ALIGN(shadow_of(addr + size));

	for (; va < end; va += PAGE_SIZE) {
		pte_t *pte = own_pte(va);
		struct page *page;

		if (!pte)
			return false;
		if (pte_pfn(*pte) != PFN_DOWN(__pa(zero_shadow)))
			continue;
		page = alloc_page(GFP_KERNEL);
		if (!page)
			return false;
		memset(page_address(page), KASAN_VMALLOC_INVALID, PAGE_SIZE);
		set_pte(pte, __pte(page_to_phys(page) | pgprot_val(PAGE_KERNEL)));
		flush_tlb_kernel_range(va, va + PAGE_SIZE);
	}
	return true;
}

#endif
