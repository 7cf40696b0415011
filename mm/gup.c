/*
 * mm/gup.c - get_user_pages: the one way from a user address to its page
 *
 * Purpose:    another process's memory, exec's argument pages, population by mlock and
 *             MAP_POPULATE: all fault pages in as the owner would and take a reference.
 * Invariants: for writing the page returned is one that the mm alone sees through this
 *             mapping (COW is broken first, also with FOLL_FORCE); a page returned stays
 *             allocated until put_page, mapped or not.
 * Lock order: mmap_sem held for read by the caller > ptl
 * Sources:    the COW class of bugs: CVE-2016-5195, "Dirty COW".
 */
#include <asm/pkeys.h>
#include <asm/uaccess.h>
#include <fs.h>
#include <pagemap.h>
#include <sched.h>
#include <string.h>
#include "internal.h"

/* With FOLL_DUMP: is there nothing at @e worth writing down, and nothing to fault in? */
static bool dump_hole(struct vm_area_struct *vma, pte_t e)
{
	if (pte_none(e))
		return !vma->vm_ops || !vma->vm_ops->fault;
	return pte_present(e) && pte_special(e);	/* the zero page */
}

/*
 * A pinned page must stay the one that the mm maps.  A page shared with another mm since fork would
 * not: the first write in ours copies it, and who pinned it would look at the other mm's.
 */
static bool must_unshare(const struct page *page, unsigned int flags)
{
	return (flags & (FOLL_PIN | FOLL_WRITE)) == FOLL_PIN && page && anon_page_shared(page);
}

/* May the entry be used for this access as it is?  Enter: ptl held. */
static bool pte_serves(struct vm_area_struct *vma, pte_t e, unsigned int flags)
{
	struct page *page;

	if (!pte_present(e))
		return false;
	if (pte_write(e))
		return true;
	page = vm_normal_page(vma, 0, e);
	if (!(flags & FOLL_WRITE))
		return !must_unshare(page, flags);
	/* forced write to a read-only private area: only to a page copied for this mm alone */
	return (flags & FOLL_FORCE) && !(vma->vm_flags & (VM_SHARED | VM_WRITE)) && page &&
	       PageAnon(page) && page_mapcount(page) == 1 && pte_dirty(e);
}

/*
 * Whoever asks for a page to write to it will write past the entry: what the hardware would note
 * there is noted in the page, which all that map it see (MADV_FREE leaves such a page alone).
 */
static void note_write(struct vm_area_struct *vma, pte_t e)
{
	struct page *page = pte_dirty(e) ? NULL : vm_normal_page(vma, 0, e);

	if (page)
		set_page_dirty(page);
}

/*
 * The page at @addr with a reference (in *@page, if not NULL).  1 done, 0 a fault is needed,
 * -EFAULT if there is no struct page behind it.
 */
static int follow_page(struct vm_area_struct *vma, unsigned long addr, unsigned int flags,
		       struct page **page)
{
	pmd_t *pmd = mm_find_pmd(vma->vm_mm, addr);
	spinlock_t *ptl;
	int ret = 0;
	pte_t *pte;

	if (!pmd)
		return (flags & FOLL_DUMP) && dump_hole(vma, __pte(0)) ? -EFAULT : 0;
	pte = pte_offset_map_lock(vma->vm_mm, pmd, addr, &ptl);
	if ((flags & FOLL_DUMP) && dump_hole(vma, *pte)) {
		ret = -EFAULT;
	} else if (pte_serves(vma, *pte, flags)) {
		ret = 1;
		if (flags & FOLL_WRITE)
			note_write(vma, *pte);
		if (page && pte_special(*pte) && !is_zero_pfn(pte_pfn(*pte))) {
			ret = -EFAULT;
		} else if (page) {
			*page = pte_page(*pte);
			get_page(*page);
		}
	}
	pte_unmap_unlock(pte, ptl);
	return ret;
}

static int fault_errno(vm_fault_t ret)
{
	return ret & VM_FAULT_OOM ? -ENOMEM : -EFAULT;
}

static int check_vma(struct vm_area_struct *vma, unsigned int flags)
{
	unsigned long need = flags & FOLL_WRITE ? VM_WRITE : VM_READ;

	if (vma->vm_flags & (VM_IO | VM_PFNMAP))
		return -EFAULT;
	if ((flags & FOLL_ANON) && !vma_is_anonymous(vma))
		return -EFAULT;
	if (!arch_vma_access_permitted(vma, flags & FOLL_WRITE, false, flags & FOLL_REMOTE))
		return -EFAULT;
	if (vma->vm_flags & need)
		return 0;
	if (!(flags & FOLL_FORCE) || !(vma->vm_flags & (need << 4)))
		return -EFAULT;
	if ((flags & FOLL_WRITE) && (vma->vm_flags & VM_SHARED))
		return -EFAULT;
	return 0;
}

/* The fault that makes the page fit for @flags.  UNSHARE does nothing where no page is. */
static unsigned int fault_flags(unsigned int flags)
{
	if (flags & FOLL_WRITE)
		return FAULT_FLAG_WRITE;
	return flags & FOLL_PIN ? FAULT_FLAG_UNSHARE : 0;
}

/* One page: 0 or -errno. */
static int get_one(struct vm_area_struct *vma, unsigned long addr, unsigned int flags,
		   struct page **page)
{
	for (;;) {
		int ret = follow_page(vma, addr, flags, page);
		vm_fault_t fault;

		if (ret)
			return ret < 0 ? ret : 0;
		fault = handle_mm_fault(vma, addr, fault_flags(flags));
		if (fault & VM_FAULT_ERROR)
			return fault_errno(fault);
		cond_resched();
	}
}

long get_user_pages(struct mm_struct *mm, unsigned long start, unsigned long nr, unsigned int flags,
		    struct page **pages)
{
	struct vm_area_struct *vma = NULL;
	unsigned long i;
	int err = 0;

	start &= PAGE_MASK;
	for (i = 0; i < nr; i++, start += PAGE_SIZE) {
		if (!vma || start >= vma->vm_end) {
			vma = find_vma(mm, start);
			if (!vma || vma->vm_start > start)
				err = -EFAULT;
			else
				err = check_vma(vma, flags);
			if (err)
				break;
		}
		err = get_one(vma, start, flags, pages ? &pages[i] : NULL);
		if (err)
			break;
	}
	return i ? (long)i : err;
}

/* ---- population ---- */

long populate_vma_range(struct vm_area_struct *vma, unsigned long start, unsigned long end,
			bool write)
{
	long n = 0;

	if (!arch_vma_access_permitted(vma, write, false, false))
		return -EFAULT;
	for (; start < end; start += PAGE_SIZE, n++) {
		int err = get_one(vma, start, write ? FOLL_WRITE : 0, NULL);

		if (err)
			return err;
		if (fatal_signal_pending(current))
			return -EINTR;
	}
	return n;
}

/* Copy-on-write areas are populated by writing, so that the first store does not fault again. */
static long populate_as_used(struct vm_area_struct *vma, unsigned long start, unsigned long end)
{
	unsigned long flags = vma->vm_flags;

	if (flags & (VM_IO | VM_PFNMAP | VM_LOCKONFAULT))
		return 0;
	if (!(flags & VM_ACCESS_FLAGS))
		return -EFAULT;
	return populate_vma_range(vma, start, end, (flags & (VM_WRITE | VM_SHARED)) == VM_WRITE);
}

/* 0, or the first area's error unless @ignore: -ENOMEM where nothing is mapped. */
int __mm_populate(unsigned long start, unsigned long len, bool ignore);
int __mm_populate(unsigned long start, unsigned long len, bool ignore)
{
	struct mm_struct *mm = current->mm;
	unsigned long end = start + len;
	struct vm_area_struct *vma;
	long ret = 0;

	if (!len)
		return 0;		/* not even the area at @start is asked */
	down_read(&mm->mmap_sem);
	for (vma = find_vma(mm, start); vma && vma->vm_start < end; vma = vma->vm_next) {
		ret = populate_as_used(vma, max(start, vma->vm_start), min(end, vma->vm_end));
		if (ret < 0 && !ignore)
			break;
	}
	up_read(&mm->mmap_sem);
	return ret < 0 && !ignore ? ret : 0;
}

void mm_populate(unsigned long addr, unsigned long len)
{
	__mm_populate(addr, len, true);
}

size_t fault_in_readable(const void __user *uaddr, size_t len)
{
	unsigned long addr = (unsigned long)uaddr, end = addr + len;
	u8 c;

	if (!access_ok(uaddr, len))
		return len;
	for (; addr < end; addr = (addr & PAGE_MASK) + PAGE_SIZE)
		if (copy_from_user(&c, (void __user *)addr, 1))
			return end - addr;
	return 0;
}

/* ---- copies ---- */

/* Between @buf and one page's part; @addr is inside the page. */
static void copy_part(struct page *page, unsigned long addr, void *buf, int len, bool write)
{
	void *p = page_address(page) + offset_in_page(addr);

	if (write) {
		memcpy(p, buf, len);
		set_page_dirty(page);
	} else {
		memcpy(buf, p, len);
	}
}

/* Bytes through ->access, for areas without struct pages; 0 if there is none. */
static int access_special(struct mm_struct *mm, unsigned long addr, void *buf, int len, bool write)
{
	struct vm_area_struct *vma = find_vma(mm, addr);
	int n;

	if (!vma || vma->vm_start > addr || !vma->vm_ops || !vma->vm_ops->access)
		return 0;
	n = vma->vm_ops->access(vma, addr, buf, len, write);
	return n > 0 ? n : 0;
}

/* A page below a stack that may still grow: grow it.  True if there is an area now. */
static bool grow_stack_to(struct mm_struct *mm, unsigned long addr)
{
	bool ok;

	down_write(&mm->mmap_sem);
	ok = find_extend_vma(mm, addr) != NULL;
	up_write(&mm->mmap_sem);
	return ok;
}

int access_remote_vm(struct mm_struct *mm, unsigned long addr, void *buf, int len,
		     unsigned int flags)
{
	bool write = flags & FOLL_WRITE, grown = false;
	int done = 0;

	while (done < len) {
		int part = min_t(unsigned long, len - done, PAGE_SIZE - offset_in_page(addr));
		struct page *page;

		down_read(&mm->mmap_sem);
		if (get_user_pages(mm, addr, 1, flags | FOLL_REMOTE, &page) == 1) {
			copy_part(page, addr, buf + done, part, write);
			put_page(page);
		} else {
			part = access_special(mm, addr, buf + done, part, write);
		}
		up_read(&mm->mmap_sem);
		if (part <= 0) {
			if (grown || !grow_stack_to(mm, addr))
				break;
			grown = true;
			continue;
		}
		grown = false;
		done += part;
		addr += part;
	}
	return done;
}

int access_process_vm(struct task_struct *tsk, unsigned long addr, void *buf, int len,
		      unsigned int flags)
{
	struct mm_struct *mm = get_task_mm(tsk);
	int n;

	if (!mm)
		return 0;
	n = access_remote_vm(mm, addr, buf, len, flags);
	mmput(mm);
	return n;
}
