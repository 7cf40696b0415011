/*
 * vmacache.h - find_vma() without a search: each thread remembers the VMAs it used last
 *
 * By 2 MiB of address.  The numbers that say whether what a thread remembers still holds are drawn from one
 * counter for all mms, so a thread that changes its mm (fork, exec) needs no flush: another mm has another number.
 */
#ifndef VMACACHE_H
#define VMACACHE_H

#include <mm.h>
#include <sched.h>

#define VMACACHE_SLOT(addr) (((addr) >> PMD_SHIFT) & (VMACACHE_SIZE - 1))

/* Does @addr lie in the hole before @vma? */
static inline bool in_hole_before(const struct vm_area_struct *vma, unsigned long addr)
{
	return addr < vma->vm_start && (!vma->vm_prev || vma->vm_prev->vm_end <= addr);
}

/* The cached VMA that covers @addr, or has it in the hole before it; NULL: not known. */
static inline struct vm_area_struct *vmacache_find(struct task_struct *t, struct mm_struct *mm, unsigned long addr)
{
	struct vm_area_struct *vma = t->vmacache.vmas[VMACACHE_SLOT(addr)];

	count_vm_event(VMACACHE_FIND);
	if (t->vmacache.seqnum != mm->vmacache_seqnum || !vma)
		return NULL;
	if (addr >= vma->vm_end || (addr < vma->vm_start && !in_hole_before(vma, addr)))
		return NULL;
	VM_BUG_ON_VMA(vma->vm_mm != mm, vma);
	count_vm_event(VMACACHE_HITS);
	return vma;
}

/* mm/vma.c: the search; what covers @addr is remembered. */
struct vm_area_struct *find_vma_uncached(struct mm_struct *mm, unsigned long addr);

/* find_vma() where a call would be felt.  @t is current. */
static __always_inline struct vm_area_struct *find_vma_inline(struct task_struct *t, struct mm_struct *mm,
							      unsigned long addr)
{
	struct vm_area_struct *vma = vmacache_find(t, mm, addr);

	return likely(vma) ? vma : find_vma_uncached(mm, addr);
}

#endif
