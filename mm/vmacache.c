/*
 * mm/vmacache.c - each thread remembers the VMAs it used last
 *
 * Purpose:    most faults hit one of few VMAs; a hit saves the walk down the tree.
 * Invariants: a cached VMA is used only if the thread's seqnum equals its mm's; whoever
 *             takes a VMA out of the tree bumps mm->vmacache_seqnum.
 * Lock order: mmap_sem is held by all callers (for writing in vmacache_invalidate).
 * Simplified: seqnums are drawn from one counter for all mms, so that a thread that changes
 *             its mm (fork, exec) needs no flush: another mm has another number.
 */
#include <sched.h>
#include "internal.h"

#define VMACACHE_SLOT(addr) (((addr) >> PAGE_SHIFT) & (VMACACHE_SIZE - 1))

static atomic_t next_seqnum = ATOMIC_INIT(0);

/*
 * Make all threads forget @mm's VMAs.  A fresh number never seen before; when the numbers
 * wrap round after four billion changes, zero is skipped (it means "nothing cached").
 */
void vmacache_invalidate(struct mm_struct *mm)
{
	u32 n = atomic_inc_return(&next_seqnum);

	if (unlikely(!n))
		n = atomic_inc_return(&next_seqnum);
	mm->vmacache_seqnum = n;
}

void vmacache_update(unsigned long addr, struct vm_area_struct *vma)
{
	struct task_struct *t = current;
	struct vmacache *vc = &t->vmacache;

	if (t->mm != vma->vm_mm)
		return;
	if (vc->seqnum != vma->vm_mm->vmacache_seqnum) {
		vc->seqnum = vma->vm_mm->vmacache_seqnum;
		for (int i = 0; i < VMACACHE_SIZE; i++)
			vc->vmas[i] = NULL;
	}
	vc->vmas[VMACACHE_SLOT(addr)] = vma;
}

/* The cached VMA that covers @addr, or NULL. */
struct vm_area_struct *vmacache_find(struct mm_struct *mm, unsigned long addr)
{
	struct vmacache *vc = &current->vmacache;
	unsigned int slot = VMACACHE_SLOT(addr);

	count_vm_event(VMACACHE_FIND);
	if (vc->seqnum != mm->vmacache_seqnum)
		return NULL;
	for (int i = 0; i < VMACACHE_SIZE; i++) {
		struct vm_area_struct *vma = vc->vmas[slot];

		if (vma && vma->vm_start <= addr && addr < vma->vm_end) {
			VM_BUG_ON_VMA(vma->vm_mm != mm, vma);
			count_vm_event(VMACACHE_HITS);
			return vma;
		}
		slot = (slot + 1) & (VMACACHE_SIZE - 1);
	}
	return NULL;
}
