/*
 * mm/mremap.c - an area becomes longer or shorter, or moves with its pages
 *
 * Purpose:    realloc for mappings: entries of the page tables move, contents are not copied.
 * Invariants: a page is mapped at the old or at the new address, never at both; rmap finds it
 *             at one of them at every moment (the file's and the anon_vma's locks are held
 *             while entries move); the old range is flushed before its entries' lock is dropped.
 * Lock order: mmap_sem (writing) > i_mmap_rwsem > anon_vma root > ptl (old, then new)
 * Simplified: the rmap locks are always taken; whole tables are not moved in one step.
 */
#include <fs.h>
#include <pagemap.h>
#include <sched.h>
#include "internal.h"

struct move {
	struct mm_struct *mm;
	struct vm_area_struct *vma, *new_vma;
	unsigned long old, new, len;	/* @len: what moves */
	unsigned long new_len;
};

/* ---- page tables ---- */

/* In its new place an entry counts as changed. */
static pte_t moved_entry(pte_t e)
{
	if (pte_present(e))
		return pte_mksoft_dirty(e);
	return pte_swap(e) ? pte_swp_mksoft_dirty(e) : e;
}

/* @n entries; both tables locked (they may be one). */
static void move_ptes(struct move *m, pmd_t *old_pmd, pmd_t *new_pmd, pte_t *from, pte_t *to,
		      unsigned long n)
{
	int moved = 0;

	for (; n; n--, from++, to++) {
		pte_t e;

		if (pte_none(*from))
			continue;
		VM_BUG_ON_VMA(!pte_none(*to), m->new_vma);
		e = ptep_get_and_clear(from);
		set_pte(to, moved_entry(e));
		moved++;
	}
	pt_entries_add(pte_lockptr(m->new_vma->vm_mm, old_pmd), -moved);
	pt_entries_add(pte_lockptr(m->new_vma->vm_mm, new_pmd), moved);
}

/* Bytes up to the next border of a last-level table on either side. */
static unsigned long step(unsigned long old, unsigned long new, unsigned long left)
{
	unsigned long a = PMD_SIZE - (old & ~PMD_MASK), b = PMD_SIZE - (new & ~PMD_MASK);

	return min(left, min(a, b));
}

/* Before entries move, both locks held: what each of the two places will become. */
static noinline void trace_move(struct move *m, const pte_t *from, unsigned long old, unsigned long new,
				unsigned long n)
{
	for (; n; n--, from++, old += PAGE_SIZE, new += PAGE_SIZE) {
		trace_pte_change(m->mm, old, from->pte, 0);
		trace_pte_change(m->mm, new, 0, moved_entry(*from).pte);
	}
}

static void move_step(struct move *m, pmd_t *old_pmd, pmd_t *new_pmd, unsigned long old,
		      unsigned long new, unsigned long bytes)
{
	spinlock_t *old_ptl, *new_ptl = pte_lockptr(m->mm, new_pmd);
	pte_t *from = pte_offset_map_lock(m->mm, old_pmd, old, &old_ptl);

	if (new_ptl != old_ptl)
		spin_lock_nested(new_ptl, 1);	/* mmap_sem is held for writing: nobody takes two the other way */
	if (trace_ptes())
		trace_move(m, from, old, new, bytes >> PAGE_SHIFT);
	move_ptes(m, old_pmd, new_pmd, from, pte_offset_kernel(new_pmd, new), bytes >> PAGE_SHIFT);
	flush_tlb_mm_range(m->mm, old, old + bytes, false);
	if (new_ptl != old_ptl)
		spin_unlock(new_ptl);
	pte_unmap_unlock(from, old_ptl);
}

/* The rmap walkers' locks: they must not look at the new place before a page is there. */
static void lock_rmap(struct move *m)
{
	if (m->vma->vm_file)
		down_write(&m->vma->vm_file->f_inode->i_mapping->i_mmap_rwsem);
	if (m->vma->anon_vma)
		down_write(&m->vma->anon_vma->root->rwsem);
}

static void unlock_rmap(struct move *m)
{
	if (m->vma->anon_vma)
		up_write(&m->vma->anon_vma->root->rwsem);
	if (m->vma->vm_file)
		up_write(&m->vma->vm_file->f_inode->i_mapping->i_mmap_rwsem);
}

/* A second view of a nonlinear area: it shows the file from the page at @old on. */
static bool is_nonlinear_copy(const struct move *m)
{
	return !m->len && (m->vma->vm_flags & VM_NONLINEAR);
}

/*
 * Tables for the new place: all memory that moving needs.  0 or -ENOMEM.  No area is there yet: once one
 * is, it may have merged with others, and to cut it out again would need memory.
 */
static int prepare_tables(struct move *m)
{
	unsigned long end = m->new + (is_nonlinear_copy(m) ? m->new_len : 0);

	for (unsigned long at = m->new; at < end; at = pmd_addr_end(at, end))
		if (!mm_alloc_pmd(m->mm, at))
			return -ENOMEM;
	for (unsigned long off = 0, n; off < m->len; off += n) {
		n = step(m->old + off, m->new + off, m->len - off);
		if (mm_find_pmd(m->mm, m->old + off) && !mm_alloc_pmd(m->mm, m->new + off))
			return -ENOMEM;
		cond_resched();
	}
	return 0;
}

static void move_page_tables(struct move *m)
{
	lock_rmap(m);
	for (unsigned long off = 0, n; off < m->len; off += n) {
		pmd_t *old_pmd = mm_find_pmd(m->mm, m->old + off);

		n = step(m->old + off, m->new + off, m->len - off);
		if (old_pmd)
			move_step(m, old_pmd, mm_find_pmd(m->mm, m->new + off), m->old + off,
				  m->new + off, n);
	}
	unlock_rmap(m);
}

/* ---- moving a VMA ---- */

/*
 * The new area @vma has merged with the old one, [old, old + len), which is its first or its last part:
 * that part goes.  Its pages have moved, and an end is cut off without memory.
 */
static void cut_off_old(struct vm_area_struct *vma, unsigned long old, unsigned long len)
{
	struct mm_struct *mm = vma->vm_mm;
	long pages = len >> PAGE_SHIFT;
	bool first = vma->vm_start == old;

	VM_BUG_ON_VMA(!first && vma->vm_end != old + len, vma);
	if (vma_take_over(vma, first ? old + len : vma->vm_start, first ? vma->vm_end : old))
		BUG();				/* takes over nobody */
	vm_stat_account(mm, vma->vm_flags, vma->vm_file, -pages);
	if (vma->vm_flags & VM_LOCKED)
		mm->locked_vm -= pages;
	free_unused_tables(mm, old, old + len);
}

/*
 * Let [old, old+old_len) of @vma live at @new with @new_len bytes.  What goes away is one whole VMA,
 * isolated here; with MREMAP_DONTUNMAP the old area stays as it is, but for its pages and its lock.
 * The new address or -errno with nothing moved.
 */
static unsigned long move_vma(struct vm_area_struct *vma, unsigned long old, unsigned long old_len,
			      unsigned long new_len, unsigned long new, unsigned long flags,
			      bool *locked)
{
	struct mm_struct *mm = vma->vm_mm;
	bool keep = flags & MREMAP_DONTUNMAP;
	struct move m = { .mm = mm, .vma = vma, .old = old, .new = new, .len = min(old_len, new_len),
			  .new_len = new_len };
	unsigned long vm_flags = vma->vm_flags, hiwater = mm->hiwater_vm;
	long account = vm_flags & VM_ACCOUNT ?
		((long)new_len - (keep ? 0 : (long)old_len)) >> PAGE_SHIFT : 0;
	int err;

	if (mm->map_count >= sysctl_max_map_count - 3)
		return -ENOMEM;
	err = old_len && !keep ? isolate_range(mm, old, old + old_len) : 0;
	if (err)
		return err;
	vma = m.vma = find_vma(mm, old);
	if (account && security_vm_enough_memory(account))
		return -ENOMEM;
	if (!prepare_tables(&m))
		m.new_vma = copy_vma(vma, new, new_len,
				     vma->vm_pgoff + ((old - vma->vm_start) >> PAGE_SHIFT), keep);
	if (!m.new_vma) {
		free_unused_tables(mm, new, new + new_len);
		vm_unacct_memory(account);
		return -ENOMEM;
	}
	vma = m.vma = find_vma(mm, old);	/* the copy may have merged with it */
	vm_stat_account(mm, vm_flags, vma->vm_file, new_len >> PAGE_SHIFT);
	if (vm_flags & VM_LOCKED) {
		mm->locked_vm += new_len >> PAGE_SHIFT;
		*locked = true;
	}
	if (is_nonlinear_copy(&m) &&
	    vma->vm_ops->remap_pages(m.new_vma, new, new_len, vma_page_index(vma, old)))
		BUG();				/* the tables are there */
	move_page_tables(&m);
	trace_vma_prot(mm, vma->vm_start, vma->vm_end, vma->vm_flags, vma->vm_flags & ~VM_ARCH_1);
	vma->vm_flags &= ~VM_ARCH_1;		/* a device's memory type: now the new area's */
	if (keep) {
		if (vm_flags & VM_LOCKED)
			mm->locked_vm -= vma_pages(vma);
		trace_vma_prot(mm, vma->vm_start, vma->vm_end, vma->vm_flags,
			       vma->vm_flags & ~(VM_LOCKED | VM_LOCKONFAULT));
		vma->vm_flags &= ~(VM_LOCKED | VM_LOCKONFAULT);
		if (vm_flags & VM_LOCKED)	/* pages outside of what moved */
			munlock_vma_pages(vma, vma->vm_start, vma->vm_end);
		if (m.new_vma != vma && vma->vm_start == old && vma->vm_end == old + old_len)
			unlink_anon_vmas(vma);
		return new;
	}
	if (old_len && vma == m.new_vma) {
		cut_off_old(vma, old, old_len);
	} else if (old_len) {
		if (vm_flags & VM_ACCOUNT)	/* the reservation has moved: do not undo it */
			vm_acct_memory(old_len >> PAGE_SHIFT);
		if (do_munmap(mm, old, old_len))
			BUG();			/* whole VMAs: needs no memory */
	}
	mm->hiwater_vm = hiwater;
	return new;
}

struct vm_area_struct *move_stack_vma(struct vm_area_struct *vma, unsigned long end)
{
	struct mm_struct *mm = vma->vm_mm;
	unsigned long len = vma->vm_end - vma->vm_start, new;
	bool locked = false;

	down_write(&mm->mmap_sem);
	new = move_vma(vma, vma->vm_start, len, len, end - len, 0, &locked);
	vma = IS_ERR_VALUE(new) ? NULL : find_vma(mm, new);
	up_write(&mm->mmap_sem);
	return vma;
}

/* ---- checks ---- */

/* The VMA at @addr, if it may become @new_len long; ERR_PTR. */
static struct vm_area_struct *vma_to_resize(struct mm_struct *mm, unsigned long addr,
					    unsigned long old_len, unsigned long new_len,
					    unsigned long flags)
{
	struct vm_area_struct *vma = find_vma(mm, addr);
	unsigned long pgoff;

	if (!vma || vma->vm_start > addr)
		return ERR_PTR(-EFAULT);
	if (!old_len && !(vma->vm_flags & (VM_SHARED | VM_MAYSHARE)))
		return ERR_PTR(-EINVAL);
	if ((flags & MREMAP_DONTUNMAP) && (vma->vm_flags & (VM_DONTEXPAND | VM_PFNMAP)))
		return ERR_PTR(-EINVAL);
	if (old_len > vma->vm_end - addr)
		return ERR_PTR(-EFAULT);
	if (new_len == old_len)
		return vma;
	pgoff = ((addr - vma->vm_start) >> PAGE_SHIFT) + vma->vm_pgoff;
	if (pgoff + (new_len >> PAGE_SHIFT) < pgoff)
		return ERR_PTR(-EINVAL);
	if (vma->vm_flags & (VM_DONTEXPAND | VM_PFNMAP))
		return ERR_PTR(-EFAULT);
	if (mlock_future_check(mm, vma->vm_flags, new_len - old_len))
		return ERR_PTR(-EAGAIN);
	if (!may_expand_vm(mm, vma->vm_flags, (new_len - old_len) >> PAGE_SHIFT))
		return ERR_PTR(-ENOMEM);
	return vma;
}

static unsigned long map_flags_of(const struct vm_area_struct *vma)
{
	return vma->vm_flags & VM_MAYSHARE ? MAP_SHARED : 0;
}

/* MREMAP_FIXED, MREMAP_DONTUNMAP: to a given place, or away with the area kept. */
static unsigned long mremap_to(struct mm_struct *mm, unsigned long addr, unsigned long old_len,
			       unsigned long new_addr, unsigned long new_len, unsigned long flags,
			       bool *locked)
{
	unsigned long map_flags = flags & MREMAP_FIXED ? MAP_FIXED : 0, ret;
	struct vm_area_struct *vma;

	if (offset_in_page(new_addr) || new_len > mm->task_size ||
	    new_addr > mm->task_size - new_len)
		return -EINVAL;
	if (addr + old_len > new_addr && new_addr + new_len > addr)
		return -EINVAL;
	if (mm->map_count + 2 >= sysctl_max_map_count - 3)
		return -ENOMEM;
	if (flags & MREMAP_FIXED) {
		int err = do_munmap(mm, new_addr, new_len);

		if (err)
			return err;
	}
	if (old_len > new_len) {
		int err = do_munmap(mm, addr + new_len, old_len - new_len);

		if (err)
			return err;
		old_len = new_len;
	}
	vma = vma_to_resize(mm, addr, old_len, new_len, flags);
	if (IS_ERR(vma))
		return PTR_ERR(vma);
	if ((flags & MREMAP_DONTUNMAP) && !may_expand_vm(mm, vma->vm_flags, old_len >> PAGE_SHIFT))
		return -ENOMEM;
	ret = get_unmapped_area(vma->vm_file, new_addr, new_len,
				vma->vm_pgoff + ((addr - vma->vm_start) >> PAGE_SHIFT),
				map_flags | map_flags_of(vma));
	if (IS_ERR_VALUE(ret))
		return ret;
	if (!(flags & MREMAP_FIXED))
		new_addr = ret;
	return move_vma(vma, addr, old_len, new_len, new_addr, flags, locked);
}

/* Is there room for @delta bytes behind the VMA? */
static bool can_grow(struct vm_area_struct *vma, unsigned long delta)
{
	unsigned long end = vma->vm_end + delta;

	if (end < vma->vm_end || end > vma->vm_mm->task_size)
		return false;
	if (vma->vm_next && vm_start_gap(vma->vm_next) < end)
		return false;
	return true;
}

/* @vma becomes @delta bytes longer where it is.  0 or -ENOMEM with nothing changed. */
static int grow_in_place(struct vm_area_struct *vma, unsigned long delta)
{
	struct mm_struct *mm = vma->vm_mm;
	unsigned long pages = delta >> PAGE_SHIFT, end = vma->vm_end + delta, flags = vma->vm_flags;
	struct file *file = vma->vm_file;

	if ((flags & VM_ACCOUNT) && security_vm_enough_memory(pages))
		return -ENOMEM;
	if (!vma_merge(mm, vma, vma->vm_end, end, flags, vma->anon_vma, file,
		       vma->vm_pgoff + vma_pages(vma)) &&
	    vma_take_over(vma, vma->vm_start, end)) {
		if (flags & VM_ACCOUNT)
			vm_unacct_memory(pages);
		return -ENOMEM;
	}
	vm_stat_account(mm, flags, file, pages);
	if (flags & VM_LOCKED)
		mm->locked_vm += pages;
	update_hiwater_vm(mm);
	return 0;
}

/* The default and MREMAP_MAYMOVE.  Enter: mmap_sem held for writing. */
static unsigned long mremap_here(struct mm_struct *mm, unsigned long addr, unsigned long old_len,
				 unsigned long new_len, unsigned long flags, bool *locked)
{
	struct vm_area_struct *vma;
	unsigned long new_addr;

	if (old_len >= new_len) {
		int err = old_len > new_len ? do_munmap(mm, addr + new_len, old_len - new_len) : 0;

		return err ? (unsigned long)err : addr;
	}
	vma = vma_to_resize(mm, addr, old_len, new_len, flags);
	if (IS_ERR(vma))
		return PTR_ERR(vma);
	if (old_len == vma->vm_end - addr && can_grow(vma, new_len - old_len)) {
		*locked = vma->vm_flags & VM_LOCKED;
		return grow_in_place(vma, new_len - old_len) ? (unsigned long)-ENOMEM : addr;
	}
	if (!(flags & MREMAP_MAYMOVE))
		return -ENOMEM;
	new_addr = get_unmapped_area(vma->vm_file, 0, new_len,
				     vma->vm_pgoff + ((addr - vma->vm_start) >> PAGE_SHIFT),
				     map_flags_of(vma));
	if (IS_ERR_VALUE(new_addr))
		return new_addr;
	return move_vma(vma, addr, old_len, new_len, new_addr, flags, locked);
}

long sys_mremap(unsigned long addr, unsigned long old_len, unsigned long new_len,
		unsigned long flags, unsigned long new_addr)
{
	struct mm_struct *mm = current->mm;
	struct vm_area_struct *vma;
	unsigned long ret = -EFAULT;
	bool locked = false;

	if (flags & ~(unsigned long)(MREMAP_FIXED | MREMAP_MAYMOVE | MREMAP_DONTUNMAP))
		return -EINVAL;
	if ((flags & MREMAP_FIXED) && !(flags & MREMAP_MAYMOVE))
		return -EINVAL;
	if ((flags & MREMAP_DONTUNMAP) && (!(flags & MREMAP_MAYMOVE) || old_len != new_len))
		return -EINVAL;
	if (offset_in_page(addr))
		return -EINVAL;
	old_len = PAGE_ALIGN(old_len);
	new_len = PAGE_ALIGN(new_len);
	if (!new_len)
		return -EINVAL;
	if (down_write_killable(&mm->mmap_sem))
		return -EINTR;
	vma = find_vma(mm, addr);
	if (vma && vma->vm_start <= addr) {
		if (flags & (MREMAP_FIXED | MREMAP_DONTUNMAP))
			ret = mremap_to(mm, addr, old_len, new_addr, new_len, flags, &locked);
		else
			ret = mremap_here(mm, addr, old_len, new_len, flags, &locked);
	}
	up_write(&mm->mmap_sem);
	if (locked && !IS_ERR_VALUE(ret) && new_len > old_len)
		mm_populate(ret + old_len, new_len - old_len);
	return ret;
}
