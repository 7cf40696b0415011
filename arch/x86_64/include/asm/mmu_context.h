/*
 * asm/mmu_context.h - which address space a CPU runs in
 */
#ifndef ASM_MMU_CONTEXT_H
#define ASM_MMU_CONTEXT_H

#include <types.h>

struct cpu;
struct mm_struct;
struct task_struct;
struct tlb_context;

/* Before @cpu switches for the first time: it runs on the kernel's own tables. */
void tlb_cpu_init(struct cpu *cpu);
/* A new mm, or a copy of another: nothing of it is in any TLB.  Before it can be switched to. */
void init_new_context(struct mm_struct *mm);
/*
 * Load @next's tables into CR3 unless they are there already (threads of one mm: no write), and
 * forget what the TLB holds of them if they have changed meanwhile.  Interrupts off.
 */
void switch_mm(struct mm_struct *prev, struct mm_struct *next);
/*
 * This CPU goes on with a task that has no mm: the tables stay, its user half is not used, and
 * flushes of it need not reach us until switch_mm().  Interrupts off, or current gives up its mm.
 */
void enter_lazy_tlb(void);
/*
 * Under which PCID, 0 to TLB_NR_ASIDS - 1, to load the mm @ctx_id whose generation is @gen; *@flush:
 * entries made under that PCID do not fit.  @next: whose turn it is to be replaced.
 */
unsigned int tlb_pick_asid(const struct tlb_context *slots, unsigned int *next, u64 ctx_id, u64 gen,
			   bool *flush);
/* A new mm for current, now (exec).  Process context. */
void activate_mm(struct mm_struct *prev, struct mm_struct *next);

#endif
