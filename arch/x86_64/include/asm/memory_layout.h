/*
 * asm/memory_layout.h - every address-space constant, typed once
 *
 * Purpose:    C, nasm (through the generated asm_offsets.inc) and linker.ld all
 *             take their addresses from here.  docs/memory-map.md draws it.
 * Invariants: kernel areas lie in the upper canonical half, do not overlap, and
 *             each begins on a PGD slot of its own (512 GiB), except the text.
 * Sources:    the layout is Linux's own for 4-level paging, so that knowledge
 *             transfers; Intel SDM vol. 3A, "4-Level Paging".
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
#define PGDIR_SHIFT		39		/* p4d folded; 48 with LA57 */

/* One past the last user address: the last page below the hole is a guard. */
#define TASK_SIZE_MAX		LAYOUT(0x00007ffffffff000)

#define PAGE_OFFSET		LAYOUT(0xffff888000000000)	/* direct map, 64 TiB at most */
#define VMALLOC_START		LAYOUT(0xffffc90000000000)	/* vmalloc, ioremap, kernel stacks */
#define VMALLOC_END		LAYOUT(0xffffc98000000000)	/* one PGD slot: 512 GiB */
#define VMEMMAP_START		LAYOUT(0xffffea0000000000)	/* struct page array */
#define VMEMMAP_END		LAYOUT(0xffffea8000000000)
#define KASAN_SHADOW_START	LAYOUT(0xffffec0000000000)	/* reserved for SAN=kasan */
#define KERNEL_VMA		LAYOUT(0xffffffff80000000)	/* text, data: linked here + phys */
#define KERNEL_VMA_END		LAYOUT(0xffffffffc0000000)
#define KERNEL_LINK_PHYS	LAYOUT(0x200000)			/* where linker.ld places us */

#define KERNEL_STACK_ORDER	2
#define KERNEL_STACK_SIZE	LAYOUT(0x4000)			/* 16 KiB, a guard page below */

#endif
