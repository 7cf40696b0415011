/*
 * mm/fault.c - handle_mm_fault: a page is missing, or may not be written yet
 *
 * Purpose:    decide what kind of fault it is and let one function per kind resolve it.
 * Invariants: whatever needs memory gets it before the pte lock is taken; after the lock the
 *             entry is compared with what the decision was based on, and if it changed the
 *             access is simply tried again; an anonymous fault takes the pte lock once, and
 *             no other lock besides the caller's mmap_sem; nothing is printed.
 * Lock order: mmap_sem (read, held by the caller) > page lock > ptl
 * Simplified: a page comes back from swap read-only unless it is written and nobody shares it.
 * Sources:    Intel SDM vol. 3A, "Page-Level Protection"; Gorman, "Understanding the Linux
 *             Virtual Memory Manager", "Page Faulting".
 *
 * The questions, one by one, are in fault_table.h, from which mm/explain.c is made as well.  In short:
 *
 *   entry          VMA         access   what happens                          function
 *   none           anonymous   read     the zero page, read-only              anon_read
 *   none           anonymous   write    a new zeroed page                     anon_write
 *   none           file        any      behind its end: SIGBUS                file_fault
 *   none           file        read     the cached page and its neighbours    file_read
 *   none           private     write    a private copy of the cached page     file_cow
 *   none           shared      write    the cached page, writable             file_shared
 *   read-only      private     write    sole owner: made writable             wp_reuse
 *                                       others look on: copied                wp_copy
 *   read-only      private     unshare  others look on: copied, stays clean   wp_copy
 *   read-only      shared      write    made writable, the file is told       wp_shared
 *   swap entry                          the page of the slot comes back       swap_in
 *   fits the access                     somebody was faster: nothing          spurious
 */
#include <fs.h>
#include <pagemap.h>
#include <rmap.h>
#include <swap.h>
#include "fault.h"

#define FAULT_AROUND_WINDOW 16	/* pages */

/* The entry, locked, if it still is what we decided on; else NULL, unlocked: try again. */
static inline pte_t *lock_same(struct fault *f)
{
	f->ptl = pte_lockptr(f->mm, f->pmd);
	spin_lock(f->ptl);
	if (likely(f->pte->pte == f->orig.pte))
		return f->pte;
	spin_unlock(f->ptl);
	return NULL;
}

/* Tracing: *@pte is no longer what we decided on, and this is what the fault comes to. */
static noinline TRACE_KEEPS_REGISTERS void __trace_entry(struct fault f, pte_t now, u32 outcome)
{
	trace_pte_set(f.mm, f.addr, f.orig.pte, now.pte, outcome);
	if (outcome == OUTCOME_WP_COPY)		/* flush_tlb_page() while the entry was none */
		trace_tlb_flush(f.mm, FLUSH_PAGES, f.addr, f.addr + PAGE_SIZE);
}
#define trace_entry(f, pte, outcome) do {						\
	if (trace_on(TRACE_BIT(PTE) | TRACE_BIT(FAULT) | TRACE_BIT(TLB) | QUIRE_MASK_RMAP))	\
		__trace_entry(*(f), *(pte), outcome);					\
} while (0)

/* ---- anonymous memory ---- */

static vm_fault_t anon_read(struct fault *f)
{
	pte_t entry = pte_mkspecial(mk_pte(empty_zero_page, f->vma->vm_page_prot));
	pte_t *pte = lock_same(f);

	if (unlikely(!pte))
		return 0;
	set_pte(pte, entry);
	trace_entry(f, pte, OUTCOME_ANON_READ_ZERO_PAGE);
	pt_entries_add(f->ptl, 1);
	pte_unmap_unlock(pte, f->ptl);
	count_vm_event(ZERO_PAGE_MAP);
	return 0;
}

static vm_fault_t anon_write(struct fault *f)
{
	struct vm_area_struct *vma = f->vma;
	struct page *page;
	pte_t *pte;

	if (unlikely(!vma->anon_vma) && anon_vma_prepare(vma))
		return VM_FAULT_OOM;
	page = alloc_page(GFP_HIGHUSER_MOVABLE | __GFP_ZERO);
	if (unlikely(!page))
		return VM_FAULT_OOM;
	pte = lock_same(f);
	if (unlikely(!pte)) {
		put_page(page);
		return 0;
	}
	page_add_new_anon_rmap(page, vma, f->addr);
	mlock_vma_page(page, f->vma);
	add_mm_counter(f->mm, MM_ANONPAGES, 1);
	set_pte(pte, maybe_mkwrite(pte_mkdirty(mk_pte(page, vma->vm_page_prot)), vma));
	trace_entry(f, pte, OUTCOME_ANON_ZERO);
	pt_entries_add(f->ptl, 1);
	pte_unmap_unlock(pte, f->ptl);
	return 0;
}

/* ---- files ---- */

/* Ask the VMA's object for the page: on success referenced and locked in vmf->page. */
static vm_fault_t ask_file(struct fault *f, struct vm_fault *vmf)
{
	vm_fault_t ret;

	vmf->flags = f->flags;
	vmf->pgoff = fault_pgoff(f);
	vmf->virtual_address = f->addr;
	vmf->page = NULL;
	vmf->pmd = f->pmd;
	ret = f->vma->vm_ops->fault(f->vma, vmf);
	if (unlikely(ret & (VM_FAULT_ERROR | VM_FAULT_NOPAGE | VM_FAULT_RETRY)))
		return ret;
	if (!(ret & VM_FAULT_LOCKED))
		lock_page(vmf->page);
	return ret;
}

static void release_locked(struct page *page)
{
	unlock_page(page);
	put_page(page);
}

/* Map a locked cache page; its reference becomes the entry's.  False: the entry has changed. */
static bool map_file_page(struct fault *f, struct page *page, bool write)
{
	pte_t entry = mk_pte(page, f->vma->vm_page_prot), *pte = lock_same(f);

	if (!pte)
		return false;
	if (write)
		entry = maybe_mkwrite(pte_mkdirty(entry), f->vma);
	page_add_file_rmap(page);
	mlock_vma_page(page, f->vma);
	add_mm_counter(f->mm, mm_counter(page), 1);
	set_pte(pte, entry);
	trace_entry(f, pte, write ? OUTCOME_FILE_SHARED : OUTCOME_FILE_READ);
	if (pte_none(f->orig))
		pt_entries_add(f->ptl, 1);
	pte_unmap_unlock(pte, f->ptl);
	return true;
}

/* Let the object map what is cached around the address; true if ours is there now. */
static bool fault_around(struct fault *f)
{
	unsigned long window = (unsigned long)FAULT_AROUND_WINDOW << PAGE_SHIFT;
	unsigned long start = max(f->addr & ~(window - 1), f->vma->vm_start);
	unsigned long end = min(pmd_addr_end(start, f->vma->vm_end), start + window);
	struct vm_fault vmf = { .flags = f->flags, .virtual_address = start, .pmd = f->pmd };

	if (!f->vma->vm_ops->map_pages || (f->vma->vm_flags & (VM_RAND_READ | VM_NONLINEAR)))
		return false;
	vmf.pgoff = f->vma->vm_pgoff + ((start - f->vma->vm_start) >> PAGE_SHIFT);
	vmf.max_pgoff = vmf.pgoff + ((end - start) >> PAGE_SHIFT) - 1;
	count_vm_event(FAULT_AROUND);
	f->vma->vm_ops->map_pages(f->vma, &vmf);
	return !pte_none(ptep_get(f->pte));
}

static vm_fault_t file_read(struct fault *f)
{
	struct vm_fault vmf;
	vm_fault_t ret;

	if (pte_none(f->orig) && fault_around(f))
		return 0;
	ret = ask_file(f, &vmf);
	if (unlikely(!vmf.page || (ret & (VM_FAULT_ERROR | VM_FAULT_NOPAGE | VM_FAULT_RETRY))))
		return ret;
	if (map_file_page(f, vmf.page, false))
		unlock_page(vmf.page);
	else
		release_locked(vmf.page);
	return ret & VM_FAULT_MAJOR;
}

static vm_fault_t file_cow(struct fault *f)
{
	struct vm_area_struct *vma = f->vma;
	struct vm_fault vmf;
	struct page *page;
	vm_fault_t ret;
	pte_t *pte;

	if (unlikely(anon_vma_prepare(vma)))
		return VM_FAULT_OOM;
	page = alloc_page(GFP_HIGHUSER_MOVABLE);
	if (unlikely(!page))
		return VM_FAULT_OOM;
	ret = ask_file(f, &vmf);
	if (unlikely(ret & (VM_FAULT_ERROR | VM_FAULT_NOPAGE | VM_FAULT_RETRY))) {
		put_page(page);
		return ret;
	}
	copy_page(page_address(page), page_address(vmf.page));
	pte = lock_same(f);
	if (pte) {
		page_add_new_anon_rmap(page, vma, f->addr);
		mlock_vma_page(page, f->vma);
		add_mm_counter(f->mm, MM_ANONPAGES, 1);
		set_pte(pte, maybe_mkwrite(pte_mkdirty(mk_pte(page, vma->vm_page_prot)), vma));
		trace_entry(f, pte, OUTCOME_FILE_COW);
		if (pte_none(f->orig))
			pt_entries_add(f->ptl, 1);
		pte_unmap_unlock(pte, f->ptl);
		count_vm_event(COW_COPY);
	} else {
		put_page(page);
	}
	release_locked(vmf.page);
	return ret & VM_FAULT_MAJOR;
}

/* The object may refuse a first write (no space).  Enter and leave: page locked. 0 or error. */
static vm_fault_t announce_write(struct fault *f, struct page *page)
{
	struct vm_fault vmf = { .flags = FAULT_FLAG_WRITE, .virtual_address = f->addr,
				.pgoff = page->index, .page = page, .pmd = f->pmd };
	struct address_space *m = page->mapping;
	vm_fault_t ret;

	if (!f->vma->vm_ops->page_mkwrite)
		return 0;
	unlock_page(page);
	ret = f->vma->vm_ops->page_mkwrite(f->vma, &vmf);
	if (!(ret & VM_FAULT_LOCKED))
		lock_page(page);
	if (ret & (VM_FAULT_ERROR | VM_FAULT_NOPAGE))
		return ret & (VM_FAULT_ERROR | VM_FAULT_NOPAGE);
	return page->mapping == m ? 0 : VM_FAULT_NOPAGE;	/* truncated meanwhile */
}

static vm_fault_t file_shared(struct fault *f)
{
	struct vm_fault vmf;
	vm_fault_t ret = ask_file(f, &vmf), err;

	if (unlikely(ret & (VM_FAULT_ERROR | VM_FAULT_NOPAGE | VM_FAULT_RETRY)))
		return ret;
	err = announce_write(f, vmf.page);
	if (unlikely(err) || !map_file_page(f, vmf.page, true)) {
		release_locked(vmf.page);
		return err & VM_FAULT_ERROR;
	}
	set_page_dirty(vmf.page);
	unlock_page(vmf.page);
	return ret & VM_FAULT_MAJOR;
}

static noinline vm_fault_t file_fault(struct fault by_value)
{
	struct fault *f = &by_value;

	FAULT_OBJECT_QUESTIONS(FAULT_ASK)
exists:					/* ask_file() finds out, after anon_vma_prepare() */
	FAULT_FILE_QUESTIONS(FAULT_ASK)
file_read:
	return file_read(f);
file_shared:
	return file_shared(f);
file_cow:
	return file_cow(f);
sigbus:
	return VM_FAULT_SIGBUS;
}

/* ---- swap ---- */

/* May the one who maps the page now write to it?  Page locked; then its slot goes, if no entry needs it. */
static bool sole_user(struct page *page)
{
	return !page_mapped(page) && page_count(page) == 2 && __swap_count(page_swap_entry(page)) == 1 &&
	       !PageWriteback(page);
}

/* Put @page, locked and in the cache, where its swap entry was.  False: the entry has changed. */
static noinline bool map_swap_page(struct fault *f, struct page *page)
{
	bool alone = sole_user(page);
	swp_entry_t e = pte_to_swp_entry(f->orig);
	pte_t entry = mk_pte(page, f->vma->vm_page_prot), *pte = lock_same(f);

	if (!pte)
		return false;
	entry = pte_wrprotect(entry);
	if (pte_swp_soft_dirty(f->orig))
		entry = pte_mksoft_dirty(entry);
	if (alone && wants_write(f))
		entry = maybe_mkwrite(pte_mkdirty(entry), f->vma);
	page_add_anon_rmap(page, f->vma, f->addr, alone);
	get_page(page);			/* the entry's */
	mlock_vma_page(page, f->vma);
	add_mm_counter(f->mm, MM_SWAPENTS, -1);
	add_mm_counter(f->mm, MM_ANONPAGES, 1);
	set_pte(pte, entry);
	trace_entry(f, pte, OUTCOME_SWAP_IN);
	swap_free(e);
	pte_unmap_unlock(pte, f->ptl);
	if ((alone && wants_write(f)) || swap_is_scarce(e) || (f->vma->vm_flags & VM_LOCKED))
		try_to_free_swap(page);
	return true;
}

static noinline vm_fault_t swap_in(struct fault by_value)
{
	struct fault *f = &by_value;
	swp_entry_t e = pte_to_swp_entry(f->orig);
	struct page *page = lookup_swap_cache(e);
	vm_fault_t ret = 0;

	if (unlikely(anon_vma_prepare(f->vma))) {
		if (page)
			put_page(page);
		return VM_FAULT_OOM;
	}
	if (page) {
		swapin_used(page);
	} else {
		page = swapin_readahead(e);
		ret = VM_FAULT_MAJOR;
	}
	if (!page) {
		pte_t *pte = lock_same(f);	/* the slot may have been freed by who was faster */

		if (pte)
			pte_unmap_unlock(pte, f->ptl);
		return pte ? VM_FAULT_OOM : 0;
	}
	lock_page(page);
	if (!PageSwapCache(page) || page_swap_entry(page).val != e.val)
		ret = 0;			/* it has left the cache: look again */
	else if (!PageUptodate(page))
		ret = VM_FAULT_SIGBUS;		/* the disk could not read it */
	else
		map_swap_page(f, page);
	release_locked(page);
	return ret;
}

/*
 * A write to a page of the cache that this entry alone refers to: without its slot it is the entry's own, and
 * the next try reuses it.  Enter: ptl held.  True: it is dropped; false: others refer to it as well.
 */
static noinline bool leave_swap(pte_t *pte, spinlock_t *ptl, struct page *page)
{
	if (page_mapcount(page) != 1 || swap_count(page_swap_entry(page)))
		return false;
	get_page(page);
	pte_unmap_unlock(pte, ptl);
	lock_page(page);
	wait_on_page_writeback(page);
	try_to_free_swap(page);
	release_locked(page);
	return true;
}

/* ---- write to a read-only entry ---- */

/*
 * Nobody else has the page.  Enter: ptl held; leave: dropped.
 * More is allowed than before, so nothing is flushed: the fault itself has dropped this CPU's
 * translation, and another CPU's stricter one costs it a spurious fault at worst.
 */
static inline vm_fault_t wp_reuse(struct fault *f, pte_t *pte)
{
	set_pte(pte, maybe_mkwrite(pte_mkyoung(pte_mkdirty(f->orig)), f->vma));
	trace_entry(f, pte, f->vma->vm_flags & VM_SHARED ? OUTCOME_WP_SHARED : OUTCOME_WP_REUSE);
	pte_unmap_unlock(pte, f->ptl);
	count_vm_event(COW_REUSE);
	return 0;
}

/*
 * The entry of the private copy.  RAM is write-back, also where it takes the place of a device's
 * frame.  A copy made for a reader (unshare) is as writable and as dirty as the original was: not.
 */
static pte_t private_entry(struct fault *f, struct page *page)
{
	pte_t e = mk_pte(page, pgprot_modify(__pgprot(0), f->vma->vm_page_prot));

	if (wants_write(f))
		return maybe_mkwrite(pte_mkdirty(e), f->vma);
	return pte_soft_dirty(f->orig) ? pte_mksoft_dirty(e) : e;
}

/* Put the private copy in place of @old (NULL: the zero page or a bare frame). */
static inline bool wp_install(struct fault *f, struct page *page, struct page *old)
{
	struct vm_area_struct *vma = f->vma;
	pte_t *pte = lock_same(f);

	if (unlikely(!pte))
		return false;
	ptep_get_and_clear(pte);
	flush_tlb_page(vma, f->addr);		/* no CPU may go on reading the old page */
	page_add_new_anon_rmap(page, vma, f->addr);
	mlock_vma_page(page, f->vma);
	if (!old || !PageAnon(old))
		add_mm_counter(f->mm, MM_ANONPAGES, 1);
	if (old && !PageAnon(old))
		add_mm_counter(f->mm, mm_counter(old), -1);
	set_pte(pte, private_entry(f, page));
	if (old)
		page_remove_rmap(old, vma);
	trace_entry(f, pte, OUTCOME_WP_COPY);
	pte_unmap_unlock(pte, f->ptl);
	count_vm_event(COW_COPY);
	return true;
}

/* A copy of what the entry names; @old is referenced by the caller if it is a normal page. */
static struct page *wp_copied_page(pte_t orig, struct page *old)
{
	bool zero = !old && is_zero_pfn(pte_pfn(orig));
	struct page *page;

	page = alloc_page(zero ? GFP_HIGHUSER_MOVABLE | __GFP_ZERO : GFP_HIGHUSER_MOVABLE);
	if (!page || zero)
		return page;
	if (old) {
		copy_page(page_address(page), page_address(old));
	} else if (!pfnmap_copy_frame(page, pte_pfn(orig))) {
		put_page(page);
		return NULL;
	}
	return page;
}

/* Enter: no lock held, a reference on @old taken under the ptl. */
static noinline vm_fault_t wp_copy(struct fault by_value, struct page *old)
{
	struct fault *f = &by_value;
	struct page *page;

	if ((unlikely(!f->vma->anon_vma) && anon_vma_prepare(f->vma)) || !(page = wp_copied_page(f->orig, old))) {
		if (old)
			put_page(old);
		return VM_FAULT_OOM;
	}
	if (unlikely(!wp_install(f, page, old)))
		put_page(page);
	else if (old)
		put_page(old);			/* the entry's reference */
	if (old)
		put_page(old);
	return 0;
}

/* First write to a shared page mapped read-only.  Enter: ptl held. */
static noinline vm_fault_t wp_shared(struct fault by_value, pte_t *pte, struct page *page)
{
	struct fault *f = &by_value;
	vm_fault_t err;

	if (!page || !f->vma->vm_ops || !f->vma->vm_ops->page_mkwrite) {
		if (page)
			set_page_dirty(page);	/* seen by other mappings too, unlike the entry's bit */
		return wp_reuse(f, pte);
	}
	get_page(page);
	pte_unmap_unlock(pte, f->ptl);
	lock_page(page);
	err = announce_write(f, page);
	if (!err && (pte = lock_same(f)))
		wp_reuse(f, pte);
	if (!err)
		set_page_dirty(page);
	release_locked(page);
	return err & VM_FAULT_ERROR;
}

/* A write where the entry is read-only. */
static vm_fault_t write_protected(struct fault *f)
{
	pte_t *pte = lock_same(f);
	struct page *page;

	if (unlikely(!pte))
		return 0;
	page = vm_normal_page(f->vma, f->addr, f->orig);
	if (page && unlikely(PageSwapCache(page)) && leave_swap(pte, f->ptl, page))
		return 0;
	FAULT_WRITE_PROTECT_QUESTIONS(FAULT_ASK)
wp_shared:
	return wp_shared(*f, pte, page);
wp_reuse:
	return wp_reuse(f, pte);
wp_copy:
	if (page)
		get_page(page);
	pte_unmap_unlock(pte, f->ptl);
	return wp_copy(*f, page);
}

/* A reader wishes for a copy of its own (unshare). */
static noinline vm_fault_t own_copy(struct fault by_value)
{
	struct fault *f = &by_value;
	pte_t *pte = lock_same(f);
	struct page *page;

	if (unlikely(!pte))
		return 0;
	page = vm_normal_page(f->vma, f->addr, f->orig);
	FAULT_OWN_COPY_QUESTIONS(FAULT_ASK)
spurious:
	pte_unmap_unlock(pte, f->ptl);
	return 0;
wp_copy:
	get_page(page);
	pte_unmap_unlock(pte, f->ptl);
	return wp_copy(*f, page);
}

/* The entry already allows the access: a stale translation, or another thread was faster. */
static vm_fault_t spurious(struct fault *f)
{
	pte_t *pte = lock_same(f);

	if (!pte)
		return 0;
	set_pte(pte, pte_mkyoung(wants_write(f) ? pte_mkdirty(f->orig) : f->orig));
	trace_entry(f, pte, OUTCOME_SPURIOUS);
	pte_unmap_unlock(pte, f->ptl);
	return 0;
}

/* ---- the list of cases ---- */

static inline vm_fault_t handle_pte_fault(struct fault *f)
{
	f->pte = pte_offset_kernel(f->pmd, f->addr);
	f->orig = ptep_get(f->pte);
	FAULT_ENTRY_QUESTIONS(FAULT_ASK)
anon_read:
	return anon_read(f);
anon_write:
	return anon_write(f);
file:
	return file_fault(*f);
write_protected:
	return write_protected(f);
own_copy:
	return own_copy(*f);
spurious:
	return spurious(f);
swap_in:
	return swap_in(*f);
sigbus:
	return VM_FAULT_SIGBUS;		/* an entry that nobody has made */
}

vm_fault_t handle_mm_fault(struct vm_area_struct *vma, unsigned long address, unsigned int flags)
{
	struct fault f;
	vm_fault_t ret;

	f.vma = vma;
	f.mm = vma->vm_mm;
	f.addr = address & PAGE_MASK;
	f.flags = flags;
	VM_BUG_ON_VMA(address < vma->vm_start || address >= vma->vm_end, vma);
	count_vm_event(PGFAULT);
	f.pmd = walk_to_pmd(f.mm, address);
	if (unlikely(!f.pmd)) {
		f.pmd = mm_alloc_pmd(f.mm, address);
		if (!f.pmd)
			return VM_FAULT_OOM;
	}
	ret = handle_pte_fault(&f);
	if (unlikely(ret & VM_FAULT_MAJOR))
		count_vm_event(PGMAJFAULT);
	return ret;
}

/* ---- swapoff ---- */

/* The disk could not read the page of this entry: the slot goes, and who touches the page gets SIGBUS for good. */
static void lose_page(struct fault *f)
{
	pte_t *pte = lock_same(f);

	if (!pte)
		return;
	set_pte(pte, pte_marker_poisoned());
	trace_pte_change(f->mm, f->addr, f->orig.pte, pte->pte);
	add_mm_counter(f->mm, MM_SWAPENTS, -1);
	free_swap_entry(pte_to_swp_entry(f->orig));
	pte_unmap_unlock(pte, f->ptl);
}

/* The swap entry at @addr, if it is of @type: bring its page back, or give it up if it cannot be read.  0, -ENOMEM, -EINTR. */
static int unuse_entry(struct vm_area_struct *vma, pmd_t *pmd, unsigned long addr, unsigned int type)
{
	for (;;) {
		struct fault f = { .vma = vma, .mm = vma->vm_mm, .addr = addr, .pmd = pmd };

		f.pte = pte_offset_kernel(pmd, addr);
		f.orig = ptep_get(f.pte);
		if (!pte_swap(f.orig) || swp_type(pte_to_swp_entry(f.orig)) != type)
			return 0;
		switch (swap_in(f) & VM_FAULT_ERROR) {
		case 0:
			break;
		case VM_FAULT_SIGBUS:
			lose_page(&f);
			break;
		default:
			return -ENOMEM;
		}
		if (fatal_signal_pending(current))
			return -EINTR;
	}
}

static int unuse_vma(struct vm_area_struct *vma, unsigned int type)
{
	for (unsigned long addr = vma->vm_start, next; addr < vma->vm_end; addr = next) {
		pmd_t *pmd = mm_find_pmd(vma->vm_mm, addr);

		next = pmd_addr_end(addr, vma->vm_end);
		for (; pmd && addr < next; addr += PAGE_SIZE) {
			int err = unuse_entry(vma, pmd, addr, type);

			if (err)
				return err;
		}
		cond_resched();
	}
	return 0;
}

int unuse_mm(struct mm_struct *mm, unsigned int type)
{
	struct vm_area_struct *vma;
	int err = 0;

	down_read(&mm->mmap_sem);
	for (vma = mm->mmap; vma && !err; vma = vma->vm_next)
		if (vma->anon_vma)
			err = unuse_vma(vma, type);
	up_read(&mm->mmap_sem);
	return err;
}
