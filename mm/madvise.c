/*
 * mm/madvise.c - what a program knows about its own memory
 *
 * Purpose:    advice that changes flags of VMAs (how to read ahead, what fork and core dumps
 *             do), and advice that acts on pages (drop, free lazily, punch, populate).
 * Invariants: an advice either does its work or is refused; holes are reported (-ENOMEM) after
 *             what is mapped was done, as on Linux.
 * Lock order: mmap_sem, for writing if VMAs change > i_mmap_rwsem > ptl
 * Simplified: no KSM, no huge pages, no memory failure: EINVAL, as Linux built without them.
 */
#include <asm/pkeys.h>
#include <fs.h>
#include <pagemap.h>
#include <pidfd.h>
#include <process_vm.h>
#include <sched.h>
#include <slab.h>
#include <syscalls_remote.h>
#include <uapi/fcntl.h>
#include <swap.h>
#include "internal.h"

static bool advice_known(int advice)
{
	switch (advice) {
	case MADV_NORMAL: case MADV_RANDOM: case MADV_SEQUENTIAL: case MADV_WILLNEED:
	case MADV_DONTNEED: case MADV_DONTNEED_LOCKED: case MADV_FREE: case MADV_REMOVE:
	case MADV_DONTFORK: case MADV_DOFORK: case MADV_DONTDUMP: case MADV_DODUMP:
	case MADV_WIPEONFORK: case MADV_KEEPONFORK: case MADV_COLD: case MADV_PAGEOUT:
	case MADV_POPULATE_READ: case MADV_POPULATE_WRITE:
		return true;
	}
	return false;
}

static bool changes_vmas(int advice)
{
	switch (advice) {
	case MADV_NORMAL: case MADV_RANDOM: case MADV_SEQUENTIAL: case MADV_DONTFORK:
	case MADV_DOFORK: case MADV_DONTDUMP: case MADV_DODUMP: case MADV_WIPEONFORK:
	case MADV_KEEPONFORK:
		return true;
	}
	return false;
}

/* ---- flags ---- */

/* The flags @vma shall have; -EINVAL in *err if the advice does not fit it. */
static unsigned long advised_flags(struct vm_area_struct *vma, int advice, int *err)
{
	unsigned long f = vma->vm_flags;

	switch (advice) {
	case MADV_NORMAL:
		return f & ~(VM_RAND_READ | VM_SEQ_READ);
	case MADV_SEQUENTIAL:
		return (f & ~VM_RAND_READ) | VM_SEQ_READ;
	case MADV_RANDOM:
		return (f & ~VM_SEQ_READ) | VM_RAND_READ;
	case MADV_DONTFORK:
		return f | VM_DONTCOPY;
	case MADV_DOFORK:
		*err = f & VM_IO ? -EINVAL : 0;
		return f & ~VM_DONTCOPY;
	case MADV_WIPEONFORK:
		*err = vma->vm_file || (f & VM_SHARED) ? -EINVAL : 0;
		return f | VM_WIPEONFORK;
	case MADV_KEEPONFORK:
		return f & ~VM_WIPEONFORK;
	case MADV_DONTDUMP:
		return f | VM_DONTDUMP;
	default:
		*err = f & VM_SPECIAL ? -EINVAL : 0;
		return f & ~VM_DONTDUMP;
	}
}

static int advise_flags(struct vm_area_struct **pvma, unsigned long start, unsigned long end,
			int advice)
{
	struct vm_area_struct *vma = *pvma;
	int err = 0;
	unsigned long flags = advised_flags(vma, advice, &err);

	if (err || flags == vma->vm_flags)
		return err;
	vma = vma_modify(vma, start, end, flags);
	if (IS_ERR(vma))
		return PTR_ERR(vma) == -ENOMEM ? -EAGAIN : PTR_ERR(vma);
	trace_vma_prot(vma->vm_mm, vma->vm_start, vma->vm_end, vma->vm_flags, flags);
	vma->vm_flags = flags;
	*pvma = vma;
	return 0;
}

/* ---- pages ---- */

/* Call @fn for every present normal page of the range, its ptl held; flush if one was changed. */
static void for_each_pte(struct vm_area_struct *vma, unsigned long start, unsigned long end,
			 bool (*fn)(pte_t *pte, struct page *page))
{
	unsigned long addr, next;
	bool changed = false;

	for (addr = start; addr < end; addr = next) {
		pmd_t *pmd = mm_find_pmd(vma->vm_mm, addr);
		spinlock_t *ptl;
		pte_t *pte, *first;

		next = pmd_addr_end(addr, end);
		if (!pmd)
			continue;
		first = pte = pte_offset_map_lock(vma->vm_mm, pmd, addr, &ptl);
		for (; addr < next; addr += PAGE_SIZE, pte++) {
			struct page *page = pte_present(*pte) ? vm_normal_page(vma, addr, *pte) : NULL;

			if (page) {
				unsigned long old = pte->pte;

				changed |= fn(pte, page);
				trace_pte_change(vma->vm_mm, addr, old, pte->pte);
			}
		}
		pte_unmap_unlock(first, ptl);
	}
	if (changed)
		flush_tlb_range(vma, start, end);
}

/*
 * Call @fn for each entry of [start, end) of an anonymous page that is not in memory: true, and the entry is taken down.
 * Its table's lock is not held.
 */
static void for_each_absent_entry(struct vm_area_struct *vma, unsigned long start, unsigned long end, bool (*fn)(pte_t e))
{
	for (unsigned long addr = start; addr < end; addr += PAGE_SIZE) {
		pmd_t *pmd = mm_find_pmd(vma->vm_mm, addr);
		spinlock_t *ptl;
		pte_t *pte, was;

		if (!pmd) {
			addr = pmd_addr_end(addr, end) - PAGE_SIZE;
			continue;
		}
		was = ptep_get(pte_offset_kernel(pmd, addr));
		if (!pte_anon_absent(was) || !fn(was))
			continue;
		pte = pte_offset_map_lock(vma->vm_mm, pmd, addr, &ptl);
		if (pte->pte == was.pte) {
			set_pte(pte, __pte(0));
			trace_pte_change(vma->vm_mm, addr, was.pte, 0);
			pt_entries_add(ptl, -1);
			if (pte_swap(was)) {
				add_mm_counter(vma->vm_mm, MM_SWAPENTS, -1);
				free_swap_entry(pte_to_swp_entry(was));
			}
		}
		pte_unmap_unlock(pte, ptl);
	}
}

static bool read_ahead(pte_t e)
{
	struct page *page = pte_swap(e) ? swapin_readahead(pte_to_swp_entry(e)) : NULL;

	if (page)
		put_page(page);
	cond_resched();
	return false;
}

static bool give_up(pte_t e)
{
	return true;
}

/* Not used lately: reclaim may look here first.  What others map too is not ours to judge. */
static bool make_cold(pte_t *pte, struct page *page)
{
	if (page_mapcount(page) != 1)
		return false;
	ClearPageReferenced(page);
	deactivate_page(page);
	return ptep_test_and_clear_young(pte);
}

/* The file page at @addr, referenced, if nothing else maps it; or NULL. */
static struct page *page_mapped_only_here(struct vm_area_struct *vma, unsigned long addr)
{
	pmd_t *pmd = mm_find_pmd(vma->vm_mm, addr);
	struct page *page;
	spinlock_t *ptl;
	pte_t *pte;

	if (!pmd)
		return NULL;
	pte = pte_offset_map_lock(vma->vm_mm, pmd, addr, &ptl);
	page = pte_present(*pte) ? vm_normal_page(vma, addr, *pte) : NULL;
	if (page && (PageAnon(page) || page_mapcount(page) != 1 || !READ_ONCE(page->mapping)))	/* or the kernel's own: [vdso] */
		page = NULL;
	if (page)
		get_page(page);
	pte_unmap_unlock(pte, ptl);
	return page;
}

#define PAGEOUT_BATCH 16

/* Unmap the file pages of [start, end), a batch at most, that nothing else maps; the clean ones go for good. */
static void pageout_file_pages(struct vm_area_struct *vma, unsigned long start, unsigned long end)
{
	struct page *pages[PAGEOUT_BATCH];
	unsigned int nr = 0;

	for (unsigned long addr = start; addr < end; addr += PAGE_SIZE) {
		pages[nr] = page_mapped_only_here(vma, addr);
		nr += pages[nr] != NULL;
	}
	if (nr)
		zap_unshared_file_pages(vma, start, end);
	while (nr) {
		drop_clean_page(pages[--nr]);
		put_page(pages[nr]);
	}
}

/*
 * A page that MADV_FREE gave up and that only this entry knows: take it out of the entry.  NULL: not
 * such a page, or written since, which makes it a page like any other.  Enter: ptl held.
 */
static struct page *take_lazyfree(struct vm_area_struct *vma, unsigned long addr, pte_t *pte)
{
	struct page *page = pte_present(*pte) ? vm_normal_page(vma, addr, *pte) : NULL;
	pte_t e;

	if (!page || !PageAnon(page) || PageSwapBacked(page) || PageDirty(page) ||
	    page_count(page) != 1)
		return NULL;
	e = ptep_get_and_clear(pte);	/* no CPU can make it dirty after this */
	if (pte_dirty(e)) {
		SetPageDirty(page);
		lru_set_swapbacked(page);
		set_pte(pte, e);
		return NULL;
	}
	return page;
}

/* Drop those of [start, end), a batch at most, all served by one table. */
static void pageout_lazyfree(struct vm_area_struct *vma, unsigned long start, unsigned long end)
{
	struct page *pages[PAGEOUT_BATCH];
	pmd_t *pmd = mm_find_pmd(vma->vm_mm, start);
	pte_t *pte, *first;
	spinlock_t *ptl;
	int nr = 0;

	if (!pmd)
		return;
	first = pte = pte_offset_map_lock(vma->vm_mm, pmd, start, &ptl);
	for (unsigned long addr = start; addr < end; addr += PAGE_SIZE, pte++) {
		unsigned long old = pte->pte;
		struct page *page = take_lazyfree(vma, addr, pte);

		if (!page)
			continue;
		trace_pte_change(vma->vm_mm, addr, old, 0);
		page_remove_rmap(page, vma);
		pages[nr++] = page;
	}
	pt_entries_add(ptl, -nr);
	add_mm_counter(vma->vm_mm, MM_ANONPAGES, -nr);
	pte_unmap_unlock(first, ptl);
	count_vm_events(PGLAZYFREED, nr);
	if (nr)
		flush_tlb_range(vma, start, end);
	while (nr)
		put_page(pages[--nr]);
}

/* The pages of [start, end), a batch at most, that have their home in swap and that nothing else maps: there. */
static void pageout_swapbacked(struct vm_area_struct *vma, unsigned long start, unsigned long end)
{
	pmd_t *pmd = mm_find_pmd(vma->vm_mm, start);
	pte_t *pte, *first;
	LIST_HEAD(taken);
	spinlock_t *ptl;

	if (!pmd)
		return;
	first = pte = pte_offset_map_lock(vma->vm_mm, pmd, start, &ptl);
	for (unsigned long addr = start; addr < end; addr += PAGE_SIZE, pte++) {
		struct page *page = pte_present(*pte) ? vm_normal_page(vma, addr, *pte) : NULL;

		if (page && (PageAnon(page) || PageSwapBacked(page)) && page_mapcount(page) == 1)
			lru_take(page, &taken);
	}
	pte_unmap_unlock(first, ptl);
	reclaim_pages(&taken);
}

/*
 * Reclaim these pages now: file pages leave the tables, if the file
 * is one that the caller could write to (others would notice by mincore), and the file too where they
 * were never written; anonymous ones go if MADV_FREE gave them up, else to swap, as shared memory does.
 */
static void advise_pageout(struct vm_area_struct *vma, unsigned long start, unsigned long end)
{
	if (!may_know_residency(vma))
		return;
	for_each_pte(vma, start, end, make_cold);
	if (vma->vm_flags & VM_NONLINEAR)
		return;
	for (unsigned long next; start < end; start = next) {
		next = min(ALIGN_DOWN(start, PAGEOUT_BATCH * PAGE_SIZE) + PAGEOUT_BATCH * PAGE_SIZE, end);
		if (vma_is_anonymous(vma)) {
			pageout_lazyfree(vma, start, next);
			pageout_swapbacked(vma, start, next);
		} else {
			if (vma_is_shmem(vma))
				pageout_swapbacked(vma, start, next);
			if (!vma->vm_file || !mapping_unevictable(vma->vm_file->f_inode->i_mapping))
				pageout_file_pages(vma, start, next);
		}
		cond_resched();
	}
}

/* A page in the swap cache is not given up unless it can leave it at once. */
static bool leaves_swap(struct page *page)
{
	bool ok;

	if (likely(!PageSwapCache(page)))
		return true;
	if (!trylock_page(page))
		return false;
	ok = try_to_free_swap(page);
	unlock_page(page);
	return ok;
}

/*
 * Contents may be thrown away until they are written again: clean, and no longer swap backed.
 * Another process's entry stays dirty and says that its contents count; a page that the kernel
 * wrote for one of several processes (get_user_pages) stays as it is.
 */
static bool make_lazyfree(pte_t *pte, struct page *page)
{
	pte_t e;

	if (!PageAnon(page) || (PageDirty(page) && page_mapcount(page) != 1) || !leaves_swap(page))
		return false;
	ClearPageDirty(page);
	e = ptep_get_and_clear(pte);
	set_pte(pte, pte_mkclean(pte_mkold(e)));
	lru_lazyfree(page);
	return true;
}

/*
 * Punch the file pages that [start, *end) shows, or the first ones that follow each other in the
 * file: *end says how far.  Dropped: mmap_sem, because the file's lock comes before it.
 * *dropped tells the caller.
 */
static int advise_remove(struct vm_area_struct *vma, unsigned long start, unsigned long *end,
			 bool *dropped)
{
	struct mm_struct *mm = vma->vm_mm;
	struct file *file = vma->vm_file;
	loff_t off;
	int err;

	if (vma->vm_flags & VM_LOCKED)
		return -EINVAL;
	if (!file)
		return -EINVAL;
	if (!is_shared_maywrite(vma->vm_flags))
		return -EACCES;
	if (!S_ISREG(file->f_inode->i_mode))
		return -ENODEV;
	if (!file->f_op->fallocate)
		return -EOPNOTSUPP;
	off = (loff_t)vma_page_index(vma, start) << PAGE_SHIFT;
	*end = vma_run_end(vma, start, *end);
	get_file(file);
	up_read(&mm->mmap_sem);
	err = file->f_op->fallocate(file, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, off,
				    *end - start);
	fput(file);
	down_read(&mm->mmap_sem);
	*dropped = true;
	return err;
}

/* What exists in memory only is there; a file on a disk is read ahead. */
static int advise_willneed(struct vm_area_struct *vma, unsigned long start, unsigned long end)
{
	for_each_absent_entry(vma, start, end, read_ahead);
	if (vma_is_shmem(vma) && !(vma->vm_flags & VM_NONLINEAR))
		shmem_swapin_range(vma->vm_file->f_inode->i_mapping, linear_page_index(vma, start),
				   linear_page_index(vma, end));
	else if (vma->vm_file && !(vma->vm_flags & VM_NONLINEAR))
		force_page_cache_readahead(vma->vm_file->f_inode->i_mapping, linear_page_index(vma, start),
					   (end - start) >> PAGE_SHIFT);
	return 0;
}

static int populate_errno(long err)
{
	return err == -ENOMEM || err == -EINTR ? err : -EFAULT;
}

static int advise_populate(struct vm_area_struct *vma, unsigned long start, unsigned long end,
			   bool write)
{
	unsigned long need = write ? VM_WRITE : VM_READ;
	long n;

	if ((vma->vm_flags & (VM_IO | VM_PFNMAP)) || !(vma->vm_flags & need) ||
	    !arch_vma_access_permitted(vma, write, false, false))
		return -EINVAL;
	n = populate_vma_range(vma, start, end, write);
	return n < 0 ? populate_errno(n) : 0;
}

/* *pend comes back smaller if only a part was done. */
static int advise_pages(struct vm_area_struct *vma, unsigned long start, unsigned long *pend,
			int advice, bool *dropped)
{
	unsigned long no = VM_PFNMAP | VM_HUGETLB, end = *pend;

	if (advice == MADV_WILLNEED)
		return advise_willneed(vma, start, end);
	if (advice == MADV_POPULATE_READ || advice == MADV_POPULATE_WRITE)
		return advise_populate(vma, start, end, advice == MADV_POPULATE_WRITE);
	if (advice == MADV_REMOVE)
		return advise_remove(vma, start, pend, dropped);
	if (advice != MADV_DONTNEED_LOCKED)
		no |= VM_LOCKED;
	if (vma->vm_flags & no)
		return -EINVAL;
	switch (advice) {
	case MADV_DONTNEED:
	case MADV_DONTNEED_LOCKED:
		zap_page_range(vma, start, end - start);
		return 0;
	case MADV_FREE:
		if (!vma_is_anonymous(vma))
			return -EINVAL;
		for_each_absent_entry(vma, start, end, give_up);
		for_each_pte(vma, start, end, make_lazyfree);
		return 0;
	case MADV_PAGEOUT:
		advise_pageout(vma, start, end);
		return 0;
	default:			/* COLD */
		for_each_pte(vma, start, end, make_cold);
		return 0;
	}
}

/* ---- the call ---- */

/* Enter: mmap_sem held as the advice needs it. */
static int advise_range(struct mm_struct *mm, unsigned long start, unsigned long end, int advice)
{
	struct vm_area_struct *vma = find_vma(mm, start);
	int hole = 0, err;

	while (start < end) {
		unsigned long stop;
		bool dropped = false;

		if (!vma)
			return -ENOMEM;
		if (start < vma->vm_start) {
			hole = -ENOMEM;
			start = vma->vm_start;
			if (start >= end)
				break;
		}
		stop = min(vma->vm_end, end);
		err = changes_vmas(advice) ? advise_flags(&vma, start, stop, advice)
					   : advise_pages(vma, start, &stop, advice, &dropped);
		if (err)
			return err;
		start = stop;
		if (dropped)
			vma = find_vma(mm, start);
		else if (start >= vma->vm_end)
			vma = vma->vm_next;
	}
	return hole;
}

/* What is said of @mm, which need not be current's.  Takes mmap_sem. */
static int do_madvise(struct mm_struct *mm, unsigned long start, size_t len, int advice)
{
	unsigned long end;
	int err;

	if (!advice_known(advice) || offset_in_page(start))
		return -EINVAL;
	end = start + PAGE_ALIGN(len);
	if ((len && !PAGE_ALIGN(len)) || end < start)
		return -EINVAL;
	if (end == start)
		return 0;
	if (changes_vmas(advice)) {
		if (down_write_killable(&mm->mmap_sem))
			return -EINTR;
		err = advise_range(mm, start, end, advice);
		mm_verify_range(mm, start, end);
		up_write(&mm->mmap_sem);
	} else {
		down_read(&mm->mmap_sem);
		err = advise_range(mm, start, end, advice);
		up_read(&mm->mmap_sem);
	}
	return err;
}

long sys_madvise(unsigned long start, size_t len, int advice)
{
	return do_madvise(current->mm, start, len, advice);
}

/* ---- about another process ---- */

/* Only what changes no contents may be said of others. */
static bool advice_for_others(int advice)
{
	return advice == MADV_COLD || advice == MADV_PAGEOUT || advice == MADV_WILLNEED;
}

/* The mm that @pidfd's process has, with a user reference; ERR_PTR. */
static struct mm_struct *mm_to_advise(int pidfd, int advice)
{
	struct task_struct *t = pidfd_get_task(pidfd);
	struct mm_struct *mm;

	if (IS_ERR(t))
		return ERR_PTR(PTR_ERR(t));
	mm = advice_for_others(advice) ? mm_access(t, true) : ERR_PTR(-EINVAL);
	put_task_struct(t);
	if (!mm)
		return ERR_PTR(-ESRCH);
	if (!IS_ERR(mm) && !capable_root()) {
		mmput(mm);
		return ERR_PTR(-EPERM);
	}
	return mm;
}

/* The bytes of the elements that were advised on, or the error of the first. */
long sys_process_madvise(int pidfd, const struct iovec __user *uvec, size_t vlen, int advice,
			 unsigned int flags)
{
	struct iovec *vec = NULL;
	struct mm_struct *mm;
	long ret, done = 0;

	if (flags)
		return -EINVAL;
	ret = import_iovec(&vec, uvec, vlen);
	if (ret < 0)
		goto out;
	mm = mm_to_advise(pidfd, advice);
	ret = IS_ERR(mm) ? PTR_ERR(mm) : 0;
	if (ret)
		goto out;
	for (size_t i = 0; i < vlen && !ret; i++) {
		ret = do_madvise(mm, (unsigned long)vec[i].iov_base, vec[i].iov_len, advice);
		if (!ret)
			done += vec[i].iov_len;
	}
	mmput(mm);
	if (done)
		ret = done;
out:
	kfree(vec);
	return ret;
}
