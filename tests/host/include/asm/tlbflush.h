/*
 * tests/host asm/tlbflush.h - flushes of a TLB made of software
 *
 * Purpose:    fake_access() translates through fake_tlb as a CPU would: it sets accessed
 *             and dirty bits in the tables, keeps what it found, drops entries at random,
 *             and counts every use of an entry that the tables no longer say.
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
void flush_tlb_mm_range(struct mm_struct *mm, unsigned long start, unsigned long end, bool freed_tables);
void flush_tlb_kernel_range(unsigned long start, unsigned long end);
void flush_tlb_all(void);

/* A user access: where in fake_ram it leads, or NULL for a fault. */
void *fake_access(struct mm_struct *mm, unsigned long addr, bool write);
extern unsigned long fake_stale_uses;

#endif
