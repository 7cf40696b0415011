/*
 * mm/proc.c - page tables as numbers for /proc
 *
 * Purpose:    smaps, pagemap, kpagecount, kpageflags: nobody outside mm/ looks at a PTE.
 * Invariants: the sums over a VMA's pages add up: resident = shared + private, and
 *             pss <= resident << PSS_SHIFT.
 * Lock order: mmap_sem for reading (held by the caller) > ptl
 */
#include <fs.h>
#include <mm_proc.h>
#include <pagemap.h>
#include <swap.h>
#include "internal.h"
#include "page_internal.h"

/* ---- the tables of a range ---- */

pmd_t *next_pte_table(struct mm_struct *mm, unsigned long *addr, unsigned long end)
{
	unsigned long a = *addr;

	while (a < end) {
		pgd_t *pgd = pgd_offset(mm, a);
		unsigned long pgd_end = pgd_addr_end(a, end);
		p4d_t *p4d = p4d_offset(pgd, a);
		pud_t *pud;
		pmd_t *pmd;

		if (pgd_none(*pgd)) {
			a = pgd_end;
			continue;
		}
		if (p4d_none(*p4d)) {
			a = p4d_addr_end(a, pgd_end);
			continue;
		}
		pud = pud_offset(p4d, a);
		if (pud_none(*pud)) {
			a = pud_addr_end(a, end);
			continue;
		}
		pmd = pmd_offset(pud, a);
		if (!pmd_none(*pmd)) {
			*addr = a;
			return pmd;
		}
		a = pmd_addr_end(a, end);
	}
	return NULL;
}

/* ---- smaps ---- */

static void account_page(struct mem_size_stats *s, struct vm_area_struct *vma, struct page *page,
			 pte_t e)
{
	int sharers = max(page_mapcount(page), 1);
	bool dirty = pte_dirty(e) || PageDirty(page);
	u64 pss = ((u64)PAGE_SIZE << PSS_SHIFT) / sharers;

	s->resident += PAGE_SIZE;
	s->pss += pss;
	if (PageAnon(page)) {
		s->anonymous += PAGE_SIZE;
		s->pss_anon += pss;
		if (!PageSwapBacked(page) && !dirty)
			s->lazyfree += PAGE_SIZE;
	} else if (PageSwapBacked(page)) {
		s->pss_shmem += pss;
	} else {
		s->pss_file += pss;
	}
	if (pte_young(e) || PageReferenced(page))
		s->referenced += PAGE_SIZE;
	if (vma->vm_flags & VM_LOCKED)
		s->pss_locked += pss;
	if (dirty)
		s->pss_dirty += pss;
	if (sharers > 1)
		*(dirty ? &s->shared_dirty : &s->shared_clean) += PAGE_SIZE;
	else
		*(dirty ? &s->private_dirty : &s->private_clean) += PAGE_SIZE;
}

static void account_swap(struct mem_size_stats *s, swp_entry_t e)
{
	s->swap += PAGE_SIZE;
	s->swap_pss += ((u64)PAGE_SIZE << PSS_SHIFT) / max(swap_count(e), 1U);
}

/* What the area would find in swap: all of its part of the file if it has no pages of its own, else where it maps nothing. */
static void account_shmem_swap(struct mem_size_stats *s, struct vm_area_struct *vma)
{
	struct address_space *m = vma->vm_file->f_inode->i_mapping;
	unsigned long addr = vma->vm_start, next;

	if ((vma->vm_flags & VM_SHARED) || !(vma->vm_flags & VM_WRITE)) {
		s->swap += shmem_swap_usage(vma);
		return;
	}
	for (; addr < vma->vm_end && READ_ONCE(m->nr_swapped); addr = next) {
		pmd_t *pmd = mm_find_pmd(vma->vm_mm, addr);

		next = addr + PAGE_SIZE;
		if (!pmd || pte_none(ptep_get(pte_offset_kernel(pmd, addr))))
			s->swap += shmem_partial_swap_usage(m, vma_page_index(vma, addr), vma_page_index(vma, addr) + 1);
	}
}

void smap_gather(struct vm_area_struct *vma, struct mem_size_stats *mss)
{
	unsigned long addr = vma->vm_start, next;
	pmd_t *pmd;

	if (vma->vm_flags & VM_PFNMAP)
		return;			/* as on Linux: not even what was copied on write */
	if (vma_is_shmem(vma))
		account_shmem_swap(mss, vma);
	for (; (pmd = next_pte_table(vma->vm_mm, &addr, vma->vm_end)); addr = next) {
		pte_t *pte, *first;
		spinlock_t *ptl;

		next = pmd_addr_end(addr, vma->vm_end);
		first = pte = pte_offset_map_lock(vma->vm_mm, pmd, addr, &ptl);
		for (; addr < next; addr += PAGE_SIZE, pte++) {
			struct page *page = pte_present(*pte) ? vm_normal_page(vma, addr, *pte) : NULL;

			if (page)
				account_page(mss, vma, page, *pte);
			else if (pte_swap(*pte))
				account_swap(mss, pte_to_swp_entry(*pte));
		}
		pte_unmap_unlock(first, ptl);
	}
}

/* ---- pagemap ---- */

u64 pagemap_entry(struct mm_struct *mm, unsigned long addr)
{
	struct vm_area_struct *vma = find_vma(mm, addr);
	struct page *page;
	spinlock_t *ptl;
	pmd_t *pmd;
	pte_t *pte, e;
	u64 word;

	if (!vma || vma->vm_start > addr)
		return 0;
	word = vma->vm_flags & VM_SOFTDIRTY ? PM_SOFT_DIRTY : 0;
	pmd = mm_find_pmd(mm, addr);
	if (!pmd || (vma->vm_flags & VM_PFNMAP))	/* bare frames look like holes, as on Linux */
		return word;
	pte = pte_offset_map_lock(mm, pmd, addr, &ptl);
	e = *pte;
	if (pte_present(e)) {
		word |= PM_PRESENT | pte_pfn(e);
		if (pte_soft_dirty(e))
			word |= PM_SOFT_DIRTY;
		page = vm_normal_page(vma, addr, e);
		if (page && !PageAnon(page))
			word |= PM_FILE;
		if (page && page_mapcount(page) == 1)
			word |= PM_MMAP_EXCLUSIVE;
	}
	if (pte_swap(e)) {		/* bits 0-4 the area, 5-54 the slot */
		word |= PM_SWAP | pte_swp_type(e) | (u64)pte_swp_offset(e) << 5;
		if (pte_swp_soft_dirty(e))
			word |= PM_SOFT_DIRTY;
	}
	pte_unmap_unlock(pte, ptl);
	return word;
}

/* ---- page frames ---- */

u64 kpagecount_entry(unsigned long pfn)
{
	const struct page *page;

	if (!pfn_valid(pfn))
		return 0;
	page = pfn_to_page(pfn);
	return PageSlab(page) || PageTable(page) ? 0 : max(page_mapcount(page), 0);
}

/* Linux's bit numbers (kernel-page-flags.h). */
enum {
	KPF_LOCKED, KPF_ERROR, KPF_REFERENCED, KPF_UPTODATE, KPF_DIRTY, KPF_LRU, KPF_ACTIVE,
	KPF_SLAB, KPF_WRITEBACK, KPF_RECLAIM, KPF_BUDDY, KPF_MMAP, KPF_ANON, KPF_SWAPCACHE,
	KPF_SWAPBACKED, KPF_COMPOUND_HEAD, KPF_COMPOUND_TAIL, KPF_NOPAGE = 20,
	KPF_ZERO_PAGE = 24, KPF_PGTABLE = 26, KPF_RESERVED = 32, KPF_MLOCKED = 33,
};

/* Linux marks every page of a free block, not only its first.  Without the zone's lock: a hint. */
static bool in_free_block(unsigned long pfn)
{
	for (unsigned int order = 0; order < MAX_ORDER; order++) {
		const struct page *head = pfn_to_page(pfn & ~((1UL << order) - 1));

		if (PageBuddy(head) && READ_ONCE(head->order) >= order)
			return true;
	}
	return false;
}

u64 kpageflags_entry(unsigned long pfn)
{
	static const struct { u8 flag, kpf; } map[] = {
		{ PG_locked, KPF_LOCKED }, { PG_referenced, KPF_REFERENCED },
		{ PG_uptodate, KPF_UPTODATE }, { PG_dirty, KPF_DIRTY }, { PG_lru, KPF_LRU },
		{ PG_active, KPF_ACTIVE }, { PG_slab, KPF_SLAB }, { PG_writeback, KPF_WRITEBACK },
		{ PG_swapbacked, KPF_SWAPBACKED }, { PG_swapcache, KPF_SWAPCACHE },
		{ PG_reclaim, KPF_RECLAIM },
		{ PG_table, KPF_PGTABLE }, { PG_reserved, KPF_RESERVED }, { PG_mlocked, KPF_MLOCKED },
	};
	const struct page *page;
	u64 word = 0;

	if (!pfn_valid(pfn))
		return 1ULL << KPF_NOPAGE;
	page = pfn_to_page(pfn);
	for (unsigned int i = 0; i < sizeof(map) / sizeof(map[0]); i++)
		if (test_bit(map[i].flag, &page->flags))
			word |= 1ULL << map[i].kpf;
	if (is_zero_pfn(pfn))
		word |= 1ULL << KPF_ZERO_PAGE;
	if (PageCompound(page))
		word |= 1ULL << (page_is_tail(page) ? KPF_COMPOUND_TAIL : KPF_COMPOUND_HEAD);
	if (in_free_block(pfn))
		return word | 1ULL << KPF_BUDDY;
	if (PageSlab(page) || PageTable(page) || PagePcp(page))
		return word;
	if (page_mapped(page))
		word |= 1ULL << KPF_MMAP;
	if (PageAnon(page))
		word |= 1ULL << KPF_ANON;
	return word;
}

/* ---- names ---- */

bool vma_is_stack(const struct vm_area_struct *vma)
{
	return vma->vm_start <= vma->vm_mm->start_stack && vma->vm_end >= vma->vm_mm->start_stack;
}

bool vma_is_heap(const struct vm_area_struct *vma)
{
	return vma->vm_start <= vma->vm_mm->brk && vma->vm_end >= vma->vm_mm->start_brk;
}

const char *vma_name(struct vm_area_struct *vma)
{
	if (vma->vm_ops && vma->vm_ops->name) {
		const char *name = vma->vm_ops->name(vma);

		if (name)
			return name;
	}
	if (vma->vm_file)
		return NULL;
	if (vma_is_heap(vma))
		return "[heap]";
	if (vma_is_stack(vma))
		return "[stack]";
	return NULL;
}
