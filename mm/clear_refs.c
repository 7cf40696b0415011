/*
 * mm/clear_refs.c - /proc/PID/clear_refs: forget what was used, to see what is used next
 *
 * Purpose:    1, 2, 3: take back the accessed bits of all, of the anonymous, of the file pages.
 *             4: take back the soft-dirty bits.  Whoever saves a running program (CRIU) clears
 *             them, copies all pages, and later copies those that pagemap shows dirty again.
 *             5: the resident high-water mark becomes what is resident now.
 * Invariants: after 4 no entry of the address space is both writable and not soft-dirty, and no
 *             CPU has a writable translation: the first write to each page faults, and the fault
 *             path marks the entry (pte_mkdirty).  An area without VM_SOFTDIRTY gives new
 *             entries no write permission by itself (vma_set_page_prot).
 *             The accessed bits are taken without a flush: a page used through a translation
 *             that a CPU still has may look unused, which costs nothing but precision.
 * Lock order: mmap_sem for writing > ptl
 * Simplified: an entry of remap_file_pages that is not present keeps no soft-dirty bit.
 * Sources:    Documentation/admin-guide/mm/soft-dirty.rst; proc(5).
 */
#include <mm_proc.h>
#include <sched.h>
#include "internal.h"

static void make_old(struct vm_area_struct *vma, unsigned long addr, pte_t *pte)
{
	struct page *page = pte_present(*pte) ? vm_normal_page(vma, addr, *pte) : NULL;

	if (!page)
		return;
	ptep_test_and_clear_young(pte);
	ClearPageReferenced(page);
}

/* By compare-and-exchange: the hardware may set accessed and dirty bits meanwhile. */
static void make_soft_clean(pte_t *pte)
{
	unsigned long old = pte->pte;

	if (pte_swap(__pte(old)))
		set_pte(pte, __pte(old & ~_PAGE_SWP_SOFT_DIRTY));
	if (!pte_present(__pte(old)))
		return;
	while (!__atomic_compare_exchange_n(&pte->pte, &old, old & ~(_PAGE_RW | _PAGE_SOFT_DIRTY),
					    false, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED))
		;
}

static void clear_area(struct vm_area_struct *vma, enum clear_refs_type type)
{
	unsigned long addr = vma->vm_start, next;
	pmd_t *pmd;

	for (; (pmd = next_pte_table(vma->vm_mm, &addr, vma->vm_end)); addr = next) {
		spinlock_t *ptl;
		pte_t *first = pte_offset_map_lock(vma->vm_mm, pmd, addr, &ptl), *pte = first;

		next = pmd_addr_end(addr, vma->vm_end);
		for (; addr < next; addr += PAGE_SIZE, pte++) {
			unsigned long old = pte->pte;

			if (type == CLEAR_REFS_SOFT_DIRTY)
				make_soft_clean(pte);
			else
				make_old(vma, addr, pte);
			trace_pte_change(vma->vm_mm, addr, old, pte->pte);
		}
		pte_unmap_unlock(first, ptl);
		cond_resched();
	}
}

static bool wanted(const struct vm_area_struct *vma, enum clear_refs_type type)
{
	if (vma->vm_flags & VM_PFNMAP)
		return false;
	if (type == CLEAR_REFS_ANON)
		return !vma->vm_file;
	return type != CLEAR_REFS_MAPPED || vma->vm_file;
}

int mm_clear_refs(struct mm_struct *mm, enum clear_refs_type type)
{
	struct vm_area_struct *vma;

	if (down_write_killable(&mm->mmap_sem))
		return -EINTR;
	if (type == CLEAR_REFS_MM_HIWATER_RSS) {
		mm->hiwater_rss = get_mm_rss(mm);
		goto out;
	}
	for (vma = mm->mmap; vma; vma = vma->vm_next) {
		if (type == CLEAR_REFS_SOFT_DIRTY && (vma->vm_flags & VM_SOFTDIRTY)) {
			trace_vma_prot(mm, vma->vm_start, vma->vm_end, vma->vm_flags,
				       vma->vm_flags & ~VM_SOFTDIRTY);
			vma->vm_flags &= ~VM_SOFTDIRTY;
			vma_set_page_prot(vma);
		}
		if (wanted(vma, type))
			clear_area(vma, type);
	}
	if (type == CLEAR_REFS_SOFT_DIRTY)
		flush_tlb_mm(mm);
out:
	up_write(&mm->mmap_sem);
	return 0;
}
