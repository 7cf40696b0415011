/*
 * mm/mlock.c - memory that must stay in RAM
 *
 * Purpose:    VM_LOCKED areas are populated at once (or when touched, VM_LOCKONFAULT) and
 *             their pages carry PG_mlocked, which reclaim respects.
 * Invariants: locked_vm is the number of pages of VM_LOCKED areas; what is locked stays within
 *             RLIMIT_MEMLOCK except for root; def_flags carries mlockall(MCL_FUTURE).
 *             page->mlock_count is the number of entries in VM_LOCKED areas that name the page,
 *             changed with the entry (fault, zap) or with the area's flag; PG_mlocked says that
 *             it is not 0, and nr_mlock counts the pages that have it.
 * Lock order: mmap_sem held for writing > ptl > mlock_lock > zone->lru_lock
 * Simplified: Linux counts only pages on its list of unevictable ones, a batch at a time, and
 *             may lose count of a page that is isolated at that moment.
 */
#include <sched.h>
#include "internal.h"

#define LOCK_FLAGS (VM_LOCKED | VM_LOCKONFAULT)

int __mm_populate(unsigned long start, unsigned long len, bool ignore);

static bool may_mlock(void)
{
	return rlimit(RLIMIT_MEMLOCK) || capable_root();
}

/* ---- pages ---- */

static DEFINE_SPINLOCK(mlock_lock);	/* page->mlock_count with PG_mlocked, nr_mlock */
unsigned long nr_mlock;

void mlock_page(struct page *page)
{
	spin_lock(&mlock_lock);
	if (!page->mlock_count++) {
		SetPageMlocked(page);
		lru_set_unevictable(page, true);
		nr_mlock++;
	}
	spin_unlock(&mlock_lock);
}

/* Enter: mlock_lock held. */
static void no_longer_mlocked(struct page *page)
{
	page->mlock_count = 0;
	ClearPageMlocked(page);
	lru_set_unevictable(page, false);
	nr_mlock--;
}

/*
 * None left to take away: only while the page is truncated during an mlock of a part of its
 * areas, see mlock_fixup().
 */
void munlock_page(struct page *page)
{
	spin_lock(&mlock_lock);
	if (page->mlock_count == 1)
		no_longer_mlocked(page);
	else if (page->mlock_count)
		page->mlock_count--;
	spin_unlock(&mlock_lock);
}

void munlock_unmapped_page(struct page *page)
{
	spin_lock(&mlock_lock);
	if (page->mlock_count)
		no_longer_mlocked(page);
	spin_unlock(&mlock_lock);
}

/* Each page that [start, end) of @vma maps; absent ones follow when they are faulted in. */
static void for_present_pages(struct vm_area_struct *vma, unsigned long start, unsigned long end,
			      void (*fn)(struct page *))
{
	for (; start < end; start += PAGE_SIZE) {
		pmd_t *pmd = mm_find_pmd(vma->vm_mm, start);
		spinlock_t *ptl;
		struct page *page;
		pte_t *pte;

		if (!pmd) {
			start = (start | ~PMD_MASK) - (PAGE_SIZE - 1);
			continue;
		}
		pte = pte_offset_map_lock(vma->vm_mm, pmd, start, &ptl);
		page = pte_present(*pte) ? vm_normal_page(vma, start, *pte) : NULL;
		if (page)
			fn(page);
		pte_unmap_unlock(pte, ptl);
	}
}

void munlock_vma_pages(struct vm_area_struct *vma, unsigned long start, unsigned long end)
{
	for_present_pages(vma, start, end, munlock_page);
}

/* ---- areas ---- */

/*
 * Lock flags of [start, end) inside @vma.  Returns the VMA that covers it now; ERR_PTR.
 * Between the flag and the pages only truncation can take entries down, as it does not hold the
 * mmap_sem: it may count one lock too few or too many, but it unmaps the page everywhere, and
 * then nothing is left of the count (munlock_unmapped_page()).
 */
static struct vm_area_struct *mlock_fixup(struct vm_area_struct *vma, unsigned long start,
					  unsigned long end, unsigned long flags)
{
	unsigned long old = vma->vm_flags;
	long pages = (end - start) >> PAGE_SHIFT;

	if (flags == old || (old & VM_SPECIAL))
		return vma;
	vma = vma_modify(vma, start, end, flags);
	if (IS_ERR(vma))
		return vma;
	if (!(flags & VM_LOCKED))
		vma->vm_mm->locked_vm -= pages;
	else if (!(old & VM_LOCKED))
		vma->vm_mm->locked_vm += pages;
	trace_vma_prot(vma->vm_mm, vma->vm_start, vma->vm_end, vma->vm_flags, flags);
	vma->vm_flags = flags;
	if ((flags ^ old) & VM_LOCKED)
		for_present_pages(vma, start, end, flags & VM_LOCKED ? mlock_page : munlock_page);
	return vma;
}

/* 0, or -ENOMEM (a hole, or no memory: a part may be done), -EINVAL (wraps). */
static int apply_lock(unsigned long start, unsigned long len, unsigned long lock)
{
	struct mm_struct *mm = current->mm;
	unsigned long end = start + len, at = start;
	struct vm_area_struct *vma;

	if (end < start)
		return -EINVAL;
	if (end == start)
		return 0;
	vma = find_vma(mm, start);
	if (!vma || vma->vm_start > start)
		return -ENOMEM;
	for (;;) {
		unsigned long stop = min(vma->vm_end, end);

		vma = mlock_fixup(vma, at, stop, (vma->vm_flags & ~LOCK_FLAGS) | lock);
		if (IS_ERR(vma))
			return PTR_ERR(vma);
		at = stop;
		if (at >= end)
			break;
		if (at >= vma->vm_end)
			vma = vma->vm_next;
		if (!vma || vma->vm_start > at)
			return -ENOMEM;
	}
	mm_verify_range(mm, start, end);
	return 0;
}

/* Pages of the range that are locked already: they do not count twice against the limit. */
static unsigned long locked_already(struct mm_struct *mm, unsigned long start, unsigned long len)
{
	unsigned long end = start + len, n = 0;
	struct vm_area_struct *vma;

	if (end < start)
		end = ~0UL;
	for (vma = find_vma(mm, start); vma && vma->vm_start < end; vma = vma->vm_next)
		if (vma->vm_flags & VM_LOCKED)
			n += (min(end, vma->vm_end) - max(start, vma->vm_start)) >> PAGE_SHIFT;
	return n;
}

static long do_mlock(unsigned long start, size_t len, unsigned long lock)
{
	struct mm_struct *mm = current->mm;
	unsigned long limit = rlimit(RLIMIT_MEMLOCK) >> PAGE_SHIFT, locked;
	int err = -ENOMEM;

	if (!may_mlock())
		return -EPERM;
	len = PAGE_ALIGN(len + offset_in_page(start));
	start &= PAGE_MASK;
	locked = len >> PAGE_SHIFT;
	if (down_write_killable(&mm->mmap_sem))
		return -EINTR;
	locked += mm->locked_vm;
	if (locked > limit && !capable_root())
		locked -= locked_already(mm, start, len);
	if (locked <= limit || capable_root())
		err = apply_lock(start, len, lock);
	up_write(&mm->mmap_sem);
	if (err)
		return err;
	err = __mm_populate(start, len, false);
	return err == -EFAULT ? -ENOMEM : err == -ENOMEM ? -EAGAIN : err;
}

long sys_mlock(unsigned long start, size_t len)
{
	return do_mlock(start, len, VM_LOCKED);
}

long sys_mlock2(unsigned long start, size_t len, int flags)
{
	if (flags & ~MLOCK_ONFAULT)
		return -EINVAL;
	return do_mlock(start, len, flags & MLOCK_ONFAULT ? LOCK_FLAGS : VM_LOCKED);
}

long sys_munlock(unsigned long start, size_t len)
{
	struct mm_struct *mm = current->mm;
	int err;

	len = PAGE_ALIGN(len + offset_in_page(start));
	start &= PAGE_MASK;
	if (down_write_killable(&mm->mmap_sem))
		return -EINTR;
	err = apply_lock(start, len, 0);
	up_write(&mm->mmap_sem);
	return err;
}

/* All areas, and by MCL_FUTURE all that come. */
static void apply_mlockall(struct mm_struct *mm, int flags)
{
	unsigned long lock = flags & MCL_ONFAULT ? LOCK_FLAGS : VM_LOCKED;
	struct vm_area_struct *vma;

	mm->def_flags &= ~LOCK_FLAGS;
	if (flags & MCL_FUTURE)
		mm->def_flags |= lock;
	if ((flags & MCL_FUTURE) && !(flags & MCL_CURRENT))
		return;
	if (!(flags & MCL_CURRENT))
		lock = 0;
	for (vma = mm->mmap; vma; vma = vma->vm_next) {
		struct vm_area_struct *now = mlock_fixup(vma, vma->vm_start, vma->vm_end,
							 (vma->vm_flags & ~LOCK_FLAGS) | lock);
		if (!IS_ERR(now))
			vma = now;	/* merged; an area that cannot be changed is left as it is */
	}
}

long sys_mlockall(int flags)
{
	struct mm_struct *mm = current->mm;
	long err = -ENOMEM;

	if (!flags || (flags & ~(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT)) || flags == MCL_ONFAULT)
		return -EINVAL;
	if (!may_mlock())
		return -EPERM;
	if (down_write_killable(&mm->mmap_sem))
		return -EINTR;
	if (!(flags & MCL_CURRENT) || capable_root() ||
	    mm->total_vm <= rlimit(RLIMIT_MEMLOCK) >> PAGE_SHIFT) {
		apply_mlockall(mm, flags);
		err = 0;
	}
	up_write(&mm->mmap_sem);
	if (!err && (flags & MCL_CURRENT))
		mm_populate(0, mm->task_size);
	return err;
}

long sys_munlockall(void)
{
	struct mm_struct *mm = current->mm;

	if (down_write_killable(&mm->mmap_sem))
		return -EINTR;
	apply_mlockall(mm, 0);
	up_write(&mm->mmap_sem);
	return 0;
}
