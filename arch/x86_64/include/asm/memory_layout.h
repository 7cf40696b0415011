/*
 * asm/memory_layout.h - every address-space constant, typed once
 *
 * Purpose:    C, nasm (through the generated asm_offsets.inc) and linker.ld all
 *             take their addresses from here.  docs/memory-map.md draws it.
 * Invariants: kernel areas lie in the upper canonical half, do not overlap, and
 *             each begins on a P4D slot of its own (512 GiB), except the text.
 *             With 5 levels they stay where they are: all in the last PGD slot.
 * Sources:    the layout is Linux's own for 4-level paging, so that knowledge
 *             transfers; Intel SDM vol. 3A, "4-Level Paging and 5-Level Paging".
 */
#ifndef ASM_MEMORY_LAYOUT_H
#define ASM_MEMORY_LAYOUT_H

#ifdef __ASSEMBLY__
#define LAYOUT(x) x
#else
#define LAYOUT(x) x##UL
#endif

#define PAGE_SHIFT		12
#define PMD_SHIFT		21
#define PUD_SHIFT		30
#define P4D_SHIFT		39
#define PGDIR_SHIFT_L4		39		/* 4 levels: the p4d is folded into the pgd */
#define PGDIR_SHIFT_L5		48

/* One past the last user address: the last page below the hole is a guard. */
#define TASK_SIZE_L4		LAYOUT(0x00007ffffffff000)
#define TASK_SIZE_L5		LAYOUT(0x00fffffffffff000)
/* Stack, libraries and all that was placed without a hint above it lie below this one. */
#define DEFAULT_MAP_WINDOW	TASK_SIZE_L4

#define PAGE_OFFSET		LAYOUT(0xffff888000000000)	/* direct map, 64 TiB at most */
#define VMALLOC_START		LAYOUT(0xffffc90000000000)	/* vmalloc, ioremap, kernel stacks */
#define VMALLOC_END		LAYOUT(0xffffc98000000000)	/* one PGD slot: 512 GiB */
#define VMEMMAP_START		LAYOUT(0xffffea0000000000)	/* struct page array */
#define VMEMMAP_END		LAYOUT(0xffffea8000000000)
#define KASAN_SHADOW_START	LAYOUT(0xffffec0000000000)	/* make SAN=kasan: a byte for eight ... */
#define KASAN_SHADOW_END	LAYOUT(0xfffffc0000000000)	/* ... of the kernel's half: 32 slots */
#define KASAN_SHADOW_OFFSET	LAYOUT(0xdffffc0000000000)	/* shadow of a: a / 8 + this */
#define KERNEL_VMA		LAYOUT(0xffffffff80000000)	/* text, data: linked here + phys */
#define KERNEL_VMA_END		LAYOUT(0xffffffffc0000000)
#define PANIC_WINDOW		KERNEL_VMA_END			/* 1 GiB, in a panic alone: arch/x86_64/panic_map.c */
#define KERNEL_LINK_PHYS	LAYOUT(0x200000)			/* where linker.ld places us */

#ifdef QUIRE_KASAN			/* red zones between the variables */
#define KERNEL_STACK_ORDER	3
#define KERNEL_STACK_SIZE	LAYOUT(0x8000)
#else
#define KERNEL_STACK_ORDER	2
#define KERNEL_STACK_SIZE	LAYOUT(0x4000)			/* 16 KiB, a guard page below */
#endif

#ifndef __ASSEMBLY__
#include <types.h>

/* How many levels: decided at boot (boot/la57.c), the same on every CPU for ever. */
extern bool __pgtable_l5_enabled;
extern unsigned long __task_size_max;	/* TASK_SIZE_L4, or _L5 */

#define pgtable_l5_enabled()	unlikely(__pgtable_l5_enabled)
#define PGDIR_SHIFT		(pgtable_l5_enabled() ? PGDIR_SHIFT_L5 : PGDIR_SHIFT_L4)
#define TASK_SIZE_MAX		__task_size_max
#endif

#endif
