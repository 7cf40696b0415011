/*
 * asm/tlbflush.h - throwing away stale translations
 *
 * The rules that mm/ relies on: after any of these returns no CPU uses an older
 * translation of the range.  Not-present -> present needs no flush.  Up to
 * TLB_SINGLE_MAX pages go page by page (invlpg), beyond that CR3 is rewritten.
 * A CPU that only borrows the mm is not asked: it may keep what it does not use, and
 * catches up when it goes back to the mm.  But it must not look at freed tables.
 * Sources: Intel SDM vol. 3A, "Invalidation of TLBs and Paging-Structure Caches".
 */
#ifndef ASM_TLBFLUSH_H
#define ASM_TLBFLUSH_H

#include <types.h>

struct mm_struct;
struct vm_area_struct;

#define TLB_SINGLE_MAX 32

void flush_tlb_page(struct vm_area_struct *vma, unsigned long addr);
void flush_tlb_range(struct vm_area_struct *vma, unsigned long start, unsigned long end);
void flush_tlb_mm(struct mm_struct *mm);
/* @freed_tables: page tables of the range will be freed, too. */
void flush_tlb_mm_range(struct mm_struct *mm, unsigned long start, unsigned long end, bool freed_tables);
void flush_tlb_kernel_range(unsigned long start, unsigned long end);
void flush_tlb_all(void);			/* this machine, global entries too */
/* This CPU only; user address of the loaded mm or kernel address. */
static inline void invlpg(unsigned long addr)
{
	asm volatile("invlpg (%0)" :: "r"(addr) : "memory");
}

#endif
