/*
 * asm/mmu.h - what the processor's part keeps in an mm_struct
 */
#ifndef ASM_MMU_H
#define ASM_MMU_H

#include <asm/atomic.h>
#include <types.h>

typedef struct {
	u64 ctx_id;			/* never used again: names the mm in a CPU's list of what its TLB may hold */
	atomic_long_t tlb_gen;		/* one more with each change that TLBs must hear of */
} mm_context_t;

#endif
