/*
 * asm/mmu_context.h - which address space a CPU runs in
 */
#ifndef ASM_MMU_CONTEXT_H
#define ASM_MMU_CONTEXT_H

struct mm_struct;
struct task_struct;

/*
 * Load @next's tables into CR3 unless they are there already (threads of one mm,
 * kernel threads and idle borrow: no write).  Interrupts off.  Keeps the CPU masks.
 */
void switch_mm(struct mm_struct *prev, struct mm_struct *next);
/* A new mm for current, now (exec).  Process context. */
void activate_mm(struct mm_struct *prev, struct mm_struct *next);

#endif
