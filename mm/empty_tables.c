/*
 * mm/empty_tables.c - page tables that have become empty go back when memory is short
 *
 * Purpose:    reclaim, MADV_DONTNEED and truncation take entries down and leave the tables, because the next fault
 *             would only make them again.  A program that once touched a lot keeps a page of table for each 2 MiB of it.
 *             Under high pressure kswapd takes those of which no entry is left.
 * Invariants: a table goes only if one area covers all that it serves, the area stays as it is, and nobody can be on the
 *             way to the table: faults and walks through the address space hold mmap_sem, which is ours for writing;
 *             walks from a page to its entries hold the lock of the file's or the anon_vma's areas, which are
 *             ours too.  The page is freed after the flush, as in munmap.
 * Lock order: mmap_sem > i_mmap_rwsem > anon_vma root rwsem; each is only tried, for who reclaims waits for nobody.
 * Simplified: last-level tables alone; Linux 6.1 gives none back before munmap.
 */
#include <fs.h>
#include <mm.h>
#include <rmap.h>
#include <sched.h>
#include "internal.h"

static struct rw_semaphore *file_lock(const struct vm_area_struct *vma)
{
	return vma->vm_file ? &vma->vm_file->f_inode->i_mapping->i_mmap_rwsem : NULL;
}

/* Nobody comes from a page to an entry of @vma.  False: somebody may be under way. */
static bool lock_out_rmap(struct vm_area_struct *vma)
{
	struct rw_semaphore *file = file_lock(vma);

	if (file && !down_write_trylock(file))
		return false;
	if (!vma->anon_vma || down_write_trylock(&vma->anon_vma->root->rwsem))
		return true;
	if (file)
		up_write(file);
	return false;
}

static void let_in_rmap(struct vm_area_struct *vma)
{
	if (vma->anon_vma)
		up_write(&vma->anon_vma->root->rwsem);
	if (file_lock(vma))
		up_write(file_lock(vma));
}

/* mmap_sem held for writing.  Tables freed. */
static unsigned long free_empty_tables_of_area(struct mmu_gather *tlb, struct vm_area_struct *vma)
{
	unsigned long addr = ALIGN_UP(vma->vm_start, PMD_SIZE), end = vma->vm_end & PMD_MASK, n = 0;
	pmd_t *pmd;

	if (addr >= end || !lock_out_rmap(vma))
		return 0;
	for (; addr < end && (pmd = next_pte_table(tlb->mm, &addr, end)); addr += PMD_SIZE) {
		if (pmd_page(*pmd)->pt_entries)
			continue;
		free_table_range(tlb, addr, addr + PMD_SIZE, addr, addr + PMD_SIZE);
		n++;
	}
	let_in_rmap(vma);
	return n;
}

static unsigned long free_empty_tables_of(struct mm_struct *mm)
{
	struct mmu_gather tlb;
	unsigned long n = 0;

	if (!down_write_trylock(&mm->mmap_sem))
		return 0;
	tlb_gather_mmu(&tlb, mm, false);
	for (struct vm_area_struct *vma = mm->mmap; vma; vma = vma->vm_next)
		n += free_empty_tables_of_area(&tlb, vma);
	tlb_finish_mmu(&tlb);
	up_write(&mm->mmap_sem);
	return n;
}

unsigned long free_empty_tables(void)
{
	unsigned long n = 0;

	for (struct mm_struct *mm = next_mm(&init_mm); mm; mm = next_mm(mm)) {
		n += free_empty_tables_of(mm);
		cond_resched();
	}
	count_vm_events(EMPTY_TABLES, n);
	return n;
}
