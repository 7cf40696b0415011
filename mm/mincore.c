/*
 * mm/mincore.c - which pages of a range are in memory
 *
 * Purpose:    one byte per page: 1 if it is mapped, or would be without reading a device.
 * Invariants: the answer is copied out with no lock held, a page of bytes at a time.
 * Lock order: mmap_sem for reading > ptl; tree_lock
 */
#include <asm/uaccess.h>
#include <fs.h>
#include <pagemap.h>
#include <sched.h>
#include <string.h>
#include <swap.h>
#include "internal.h"

static bool in_cache(struct vm_area_struct *vma, unsigned long addr)
{
	struct page *page;
	bool ret;

	if (!vma->vm_file || !vma->vm_file->f_inode->i_mapping->a_ops)
		return false;
	page = find_get_page(vma->vm_file->f_inode->i_mapping, vma_page_index(vma, addr));
	if (!page)
		return shmem_in_swap_cache(vma->vm_file->f_inode->i_mapping, vma_page_index(vma, addr));
	ret = PageUptodate(page);
	put_page(page);
	return ret;
}

static bool in_swap_cache(swp_entry_t e)
{
	struct page *page = lookup_swap_cache(e);
	bool ret = page && PageUptodate(page);

	if (page)
		put_page(page);
	return ret;
}

static bool page_in_core(struct vm_area_struct *vma, unsigned long addr)
{
	pmd_t *pmd = mm_find_pmd(vma->vm_mm, addr);
	spinlock_t *ptl;
	pte_t *pte, entry;

	if (!pmd || (vma->vm_flags & VM_PFNMAP))
		return in_cache(vma, addr);
	pte = pte_offset_map_lock(vma->vm_mm, pmd, addr, &ptl);
	entry = *pte;
	pte_unmap_unlock(pte, ptl);
	if (pte_swap(entry))
		return in_swap_cache(pte_to_swp_entry(entry));
	return pte_present(entry) || in_cache(vma, addr);
}

bool may_know_residency(const struct vm_area_struct *vma)
{
	struct inode *inode = vma->vm_file ? vma->vm_file->f_inode : NULL;

	return !inode || inode_owner_or_root(inode) || !inode_permission(inode, MAY_WRITE);
}

/* Up to @max bytes into @vec for pages from @addr on; how many, or -ENOMEM at a hole. */
static long mincore_chunk(struct mm_struct *mm, unsigned long addr, unsigned char *vec, long max)
{
	struct vm_area_struct *vma = find_vma(mm, addr);
	long i;

	if (!vma || addr < vma->vm_start)
		return -ENOMEM;
	if (!may_know_residency(vma)) {
		i = min_t(long, max, (vma->vm_end - addr) >> PAGE_SHIFT);
		memset(vec, 1, i);
		return i;
	}
	for (i = 0; i < max && addr < vma->vm_end; i++, addr += PAGE_SIZE)
		vec[i] = page_in_core(vma, addr);
	return i;
}

long sys_mincore(unsigned long start, size_t len, unsigned char __user *vec)
{
	struct mm_struct *mm = current->mm;
	unsigned long pages = DIV_ROUND_UP(len, PAGE_SIZE);
	unsigned char *tmp;
	long n = 0;

	if (offset_in_page(start))
		return -EINVAL;
	if (!access_ok((void __user *)start, len))
		return -ENOMEM;
	if (!access_ok(vec, pages))
		return -EFAULT;
	tmp = (void *)__get_free_pages(GFP_USER, 0);
	if (!tmp)
		return -EAGAIN;
	while (pages) {
		down_read(&mm->mmap_sem);
		n = mincore_chunk(mm, start, tmp, min(pages, PAGE_SIZE));
		up_read(&mm->mmap_sem);
		if (n <= 0)
			break;
		if (copy_to_user(vec, tmp, n)) {
			n = -EFAULT;
			break;
		}
		pages -= n;
		vec += n;
		start += n << PAGE_SHIFT;
		n = 0;
	}
	free_page((unsigned long)tmp);
	return n;
}
