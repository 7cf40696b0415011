/*
 * mm/nonlinear.c - remap_file_pages: one area whose pages lie in any order in the file
 *
 * Purpose:    a program shows a window of file pages in an order of its own without one VMA for
 *             each piece: the page tables carry the order.
 * Invariants: only shared areas of a file become nonlinear, and stay so; such an area hangs in
 *             its file's i_mmap_nonlinear list and not in the i_mmap tree, because no interval
 *             of the file describes it.  What an address shows is said by its entry:
 *             mapped - the page's index; an offset (pte_file) - that page; none - the page that
 *             a linear area would show there.  So whoever takes a mapped page away while the area stays
 *             (truncation, MADV_DONTNEED) leaves its offset behind.
 * Lock order: mmap_sem (writing, to change the order) > i_mmap_rwsem > ptl
 * Simplified: finding a page's entries in such an area means looking at all of the area's
 *             tables.  Linux removed nonlinear areas in 4.0 and imitates the call with several VMAs.
 * Sources:    Corbet, "The possible demise of remap_file_pages()" (LWN); remap_file_pages(2).
 *
 *      file      0  1  2  3              area   [ . . . . ]      remap page 0 to 3, page 2 to 1:
 *      entries   [offset 3][none][page, index 1][none]    shows file pages 3 1 1 3
 */
#include <fs.h>
#include <pagemap.h>
#include <sched.h>
#include <syscalls_remote.h>
#include "internal.h"

/* ---- what an address shows ---- */

/* File page that @e, the entry of @addr in @vma, stands for.  Enter: ptl held if it is mapped. */
static pgoff_t entry_pgoff(struct vm_area_struct *vma, unsigned long addr, pte_t e)
{
	if (pte_file(e))
		return pte_to_pgoff(e);
	if (pte_present(e) && vm_normal_page(vma, addr, e))
		return vm_normal_page(vma, addr, e)->index;
	return linear_page_index(vma, addr);
}

pgoff_t vma_page_index(struct vm_area_struct *vma, unsigned long addr)
{
	pgoff_t index = linear_page_index(vma, addr);
	spinlock_t *ptl;
	pmd_t *pmd;
	pte_t *pte;

	if (!(vma->vm_flags & VM_NONLINEAR))
		return index;
	pmd = mm_find_pmd(vma->vm_mm, addr);
	if (!pmd)
		return index;
	pte = pte_offset_map_lock(vma->vm_mm, pmd, addr, &ptl);
	index = entry_pgoff(vma, addr, *pte);
	pte_unmap_unlock(pte, ptl);
	return index;
}

unsigned long vma_run_end(struct vm_area_struct *vma, unsigned long start, unsigned long end)
{
	pgoff_t first = vma_page_index(vma, start);
	unsigned long addr = start + PAGE_SIZE;

	if (!(vma->vm_flags & VM_NONLINEAR))
		return end;
	while (addr < end && vma_page_index(vma, addr) == first + ((addr - start) >> PAGE_SHIFT))
		addr += PAGE_SIZE;
	return addr;
}

/* ---- rmap ---- */

bool rmap_walk_nonlinear(struct page *page, struct vm_area_struct *vma,
			 bool (*fn)(struct page *, struct vm_area_struct *, unsigned long, void *),
			 void *arg)
{
	unsigned long addr, next;

	for (addr = vma->vm_start; addr < vma->vm_end; addr = next) {
		pmd_t *pmd = mm_find_pmd(vma->vm_mm, addr);

		next = pmd_addr_end(addr, vma->vm_end);
		for (; pmd && addr < next; addr += PAGE_SIZE) {
			spinlock_t *ptl;
			pte_t *pte = pte_offset_map_lock(vma->vm_mm, pmd, addr, &ptl);
			bool here = pte_present(*pte) && !pte_special(*pte) &&
				    pte_pfn(*pte) == page_to_pfn(page);

			pte_unmap_unlock(pte, ptl);
			if (here && fn(page, vma, addr, arg))
				return true;
		}
	}
	return false;
}

/* ---- remapping ---- */

/* From the tree to the list: from now on entries say what is where. */
static void make_nonlinear(struct vm_area_struct *vma)
{
	struct address_space *m = vma->vm_file->f_inode->i_mapping;

	if (vma->vm_flags & VM_NONLINEAR)
		return;
	down_write(&m->i_mmap_rwsem);
	vma_interval_tree_remove(vma, &m->i_mmap);
	trace_vma_prot(vma->vm_mm, vma->vm_start, vma->vm_end, vma->vm_flags, vma->vm_flags | VM_NONLINEAR);
	vma->vm_flags |= VM_NONLINEAR;
	list_add_tail(&vma->shared.nonlinear, &m->i_mmap_nonlinear);
	up_write(&m->i_mmap_rwsem);
}

/* Offsets from @pgoff on into one table's entries, none of which is mapped. */
static void set_offsets(struct vm_area_struct *vma, pmd_t *pmd, unsigned long addr,
			unsigned long end, pgoff_t pgoff)
{
	spinlock_t *ptl;
	pte_t *first, *pte;
	int used = 0;

	first = pte = pte_offset_map_lock(vma->vm_mm, pmd, addr, &ptl);
	for (; addr < end; addr += PAGE_SIZE, pte++, pgoff++) {
		unsigned long old = pte->pte;

		VM_BUG_ON_VMA(pte_present(*pte), vma);
		used -= !pte_none(*pte);
		set_pte(pte, pgoff == linear_page_index(vma, addr) ? __pte(0) : pgoff_to_pte(pgoff));
		used += !pte_none(*pte);
		trace_pte_change(vma->vm_mm, addr, old, pte->pte);
	}
	pt_entries_add(ptl, used);
	pte_unmap_unlock(first, ptl);
}

/*
 * ->remap_pages of everything whose pages live in the page cache: [addr, addr + size) shows the
 * file from page @pgoff on.  Enter: mmap_sem held for writing.  0, or -ENOMEM with nothing changed.
 */
int generic_file_remap_pages(struct vm_area_struct *vma, unsigned long addr, unsigned long size,
			     pgoff_t pgoff)
{
	unsigned long end = addr + size, at, next;

	VM_BUG_ON_VMA(addr < vma->vm_start || end > vma->vm_end || !(vma->vm_flags & VM_SHARED), vma);
	for (at = addr; at < end; at = pmd_addr_end(at, end)) {	/* prepare: all memory */
		if (!mm_alloc_pmd(vma->vm_mm, at))
			return -ENOMEM;
		cond_resched();
	}
	make_nonlinear(vma);
	zap_page_range(vma, addr, size);
	for (at = addr; at < end; at = next) {
		next = pmd_addr_end(at, end);
		set_offsets(vma, mm_find_pmd(vma->vm_mm, at), at, next,
			    pgoff + ((at - addr) >> PAGE_SHIFT));
	}
	return 0;
}

/* ---- the call ---- */

/* Do the areas of [start, end) follow each other, all like @vma, and can they be remapped? */
static bool all_alike(struct vm_area_struct *vma, unsigned long end)
{
	const unsigned long ignored = VM_NONLINEAR;
	struct vm_area_struct *v = vma;

	if (!vma->vm_ops || !vma->vm_ops->remap_pages)
		return false;
	for (; v->vm_end < end; v = v->vm_next)
		if (!v->vm_next || v->vm_next->vm_start != v->vm_end ||
		    v->vm_next->vm_file != vma->vm_file ||
		    ((v->vm_next->vm_flags ^ vma->vm_flags) & ~ignored))
			return false;
	return true;
}

/* Enter: mmap_sem held for writing.  *lock: the pages must be brought in. */
static int remap_range(unsigned long start, unsigned long end, pgoff_t pgoff, bool *lock)
{
	struct vm_area_struct *vma = find_vma(current->mm, start);
	int err = 0;

	if (!vma || vma->vm_start > start || !(vma->vm_flags & VM_SHARED) || !all_alike(vma, end))
		return -EINVAL;
	if (!file_offset_ok(vma->vm_file, pgoff, end - start))
		return -EOVERFLOW;
	*lock = vma->vm_flags & VM_LOCKED;
	while (start < end && !err) {
		unsigned long stop = min(vma->vm_end, end);

		err = vma->vm_ops->remap_pages(vma, start, stop - start, pgoff);
		pgoff += (stop - start) >> PAGE_SHIFT;
		start = stop;
		vma = vma->vm_next;
	}
	return err;
}

long sys_remap_file_pages(unsigned long start, unsigned long size, unsigned long prot,
			  unsigned long pgoff, unsigned long flags)
{
	struct mm_struct *mm = current->mm;
	bool lock = false;
	int err;

	start &= PAGE_MASK;
	size &= PAGE_MASK;
	if (prot || start + size <= start || pgoff + (size >> PAGE_SHIFT) < pgoff)
		return -EINVAL;
	if (down_write_killable(&mm->mmap_sem))
		return -EINTR;
	err = remap_range(start, start + size, pgoff, &lock);
	mm_verify_range(mm, start, start + size);
	up_write(&mm->mmap_sem);
	if (!err && (lock || !(flags & MAP_NONBLOCK)))
		mm_populate(start, size);
	return err;
}
