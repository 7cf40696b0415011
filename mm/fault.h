/*
 * mm/fault.h - a fault on its way through mm/fault.c, and what its questions ask (fault_table.h)
 */
#ifndef MM_FAULT_H
#define MM_FAULT_H

#include <fault_table.h>
#include <swap.h>
#include "internal.h"

/* Passed by value to what is out of line: so the common cases, all inline, have it in registers. */
struct fault {
	struct vm_area_struct *vma;
	struct mm_struct *mm;
	unsigned long addr;		/* page aligned */
	unsigned int flags;
	pmd_t *pmd;
	pte_t *pte;
	pte_t orig;			/* what was there when the decision was taken */
	spinlock_t *ptl;
};

static inline bool wants_write(const struct fault *f)
{
	return f->flags & FAULT_FLAG_WRITE;
}

static inline bool wants_own_copy(const struct fault *f)
{
	return (f->flags & FAULT_FLAG_UNSHARE) && !pte_write(f->orig);
}

/* The page of the object: where the entry says, else where the area does (below a stack: as if grown). */
static inline pgoff_t fault_pgoff(const struct fault *f)
{
	if (pte_file(f->orig))
		return pte_to_pgoff(f->orig);
	return f->vma->vm_pgoff + ((long)(f->addr - f->vma->vm_start) >> PAGE_SHIFT);
}

/* An entry changes before its slot is freed: without a slot it is no longer what we read, or it is nonsense. */
static inline bool fault_slot_exists(const struct fault *f)
{
	return swap_count(pte_to_swp_entry(f->orig)) ||
	       (f->pmd && ptep_get(pte_offset_kernel(f->pmd, f->addr)).pte != f->orig.pte);
}

static inline bool fault_page_exists(const struct fault *f)
{
	return !f->vma->vm_ops->has_page || f->vma->vm_ops->has_page(f->vma, fault_pgoff(f));
}

/* @page is what the entry names: NULL if that is the zero page or a bare frame. */
static inline bool names_anon_page(const struct fault *f, const struct page *page)
{
	VM_BUG_ON(pte_special(f->orig) != !page);
	return !pte_special(f->orig) && PageAnon(page);
}

#endif
