/*
 * asm/pgtable.h - page-table entries: what the hardware reads, what we add
 *
 * Purpose:    the only file that knows the bits of an x86-64 page-table entry.
 * Invariants: an entry with _PAGE_PRESENT clear is never looked at by the MMU, so
 *             the kernel keeps its own encodings there (the table below).
 *             A live PTE is changed only under its page-table lock, and taken down
 *             by an atomic exchange (ptep_get_and_clear), so that no accessed or
 *             dirty bit set by hardware meanwhile is lost.
 *             Every walker tests for leaf PUD and PMD entries (pud_leaf, pmd_leaf).
 *             The p4d level is in every walk.  With 4 levels it is folded: the pgd entry is
 *             never none and is itself the p4d; with 5 (la57) it is a table like the others.
 * Sources:    Intel SDM vol. 3A, "4-Level Paging and 5-Level Paging", "Accessed and Dirty Flags".
 *
 * All encodings of a PTE, in one place:
 *
 *   63  62..59 58..52 51..14   13..12 11 10 9  8  7  6 5 4 3 2 1 0
 *   NX  key    0      frame ........  SD -  SP G  PS D A . . U W 1   present: mapped
 *   NX  key    0      frame ........  SD -  SP 1  .  D A . . U W 0   PROT_NONE: page kept, MMU traps
 *   offset ...........  type(5) ..    13..9  0  0  0 0 0 0 SD 0 0  swap or migration entry
 *   file page offset .......... 12..9 0  1  0 0 0 0 SD 0 0         nonlinear offset
 *   0                                                          none: nothing here
 *
 *   Bits 7 (PAT), 4 (PCD) and 3 (PWT) of a present 4 KiB entry choose one of the eight memory
 *   types in the register IA32_PAT (arch/x86_64/memtype.c fills it as Linux does):
 *
 *   PAT PCD PWT   0 0 0  0 0 1  0 1 0  0 1 1   1 0 0  1 0 1  1 1 0  1 1 1
 *   type          WB     WC     UC-    UC      WB     WP     UC-    WT
 *
 *   SD = soft-dirty (bit 11 present, bit 2 otherwise), SP = special (zero page or
 *   PFN map: no reference, no rmap).  Types 0..27 are swap areas, 28..31 are kept
 *   for migration and poison entries.  Bit 8 set with bit 0 clear is PROT_NONE.
 */
#ifndef ASM_PGTABLE_H
#define ASM_PGTABLE_H

#include <asm/page.h>
#include <asm/atomic.h>

#define _PAGE_PRESENT	BIT(0)
#define _PAGE_RW	BIT(1)
#define _PAGE_USER	BIT(2)
#define _PAGE_PWT	BIT(3)
#define _PAGE_PCD	BIT(4)
#define _PAGE_ACCESSED	BIT(5)
#define _PAGE_DIRTY	BIT(6)
#define _PAGE_PSE	BIT(7)		/* leaf at PMD or PUD level */
#define _PAGE_PAT	BIT(7)		/* in a PTE: bit 2 of the index of the memory type */
#define _PAGE_GLOBAL	BIT(8)
#define _PAGE_PROTNONE	BIT(8)		/* when not present */
#define _PAGE_SPECIAL	BIT(9)
#define _PAGE_SOFT_DIRTY BIT(11)
#define _PAGE_PKEY_SHIFT 59		/* protection key, for user pages (asm/pkeys.h) */
#define _PAGE_PKEY_MASK	(15UL << _PAGE_PKEY_SHIFT)
#define _PAGE_NX	BIT(63)

#define PTE_PFN_MASK	0x000ffffffffff000UL
#define _PAGE_CACHE_MASK (_PAGE_PAT | _PAGE_PCD | _PAGE_PWT)
#define _PAGE_TABLE	(_PAGE_PRESENT | _PAGE_RW | _PAGE_USER | _PAGE_ACCESSED | _PAGE_DIRTY)
#define _KERNPG_TABLE	(_PAGE_PRESENT | _PAGE_RW | _PAGE_ACCESSED | _PAGE_DIRTY)

#define __pgprot(x)	((pgprot_t){ (x) })
#define pgprot_val(x)	((x).pgprot)
#define __pte(x)	((pte_t){ (x) })
#define pte_val(x)	((x).pte)
#define __pmd(x)	((pmd_t){ (x) })
#define pmd_val(x)	((x).pmd)
#define __pud(x)	((pud_t){ (x) })
#define pud_val(x)	((x).pud)
#define __p4d(x)	((p4d_t){ (x) })
#define p4d_val(x)	((x).p4d)
#define __pgd(x)	((pgd_t){ (x) })
#define pgd_val(x)	((x).pgd)

/* Protections of user pages; the table protection_map[] (mm/mmap.c) picks from these. */
#define PAGE_NONE	__pgprot(_PAGE_PROTNONE | _PAGE_ACCESSED)
#define PAGE_READONLY	__pgprot(_PAGE_PRESENT | _PAGE_USER | _PAGE_ACCESSED | _PAGE_NX)
#define PAGE_READONLY_EXEC __pgprot(_PAGE_PRESENT | _PAGE_USER | _PAGE_ACCESSED)
#define PAGE_SHARED	__pgprot(_PAGE_PRESENT | _PAGE_RW | _PAGE_USER | _PAGE_ACCESSED | _PAGE_NX)
#define PAGE_SHARED_EXEC __pgprot(_PAGE_PRESENT | _PAGE_RW | _PAGE_USER | _PAGE_ACCESSED)
/* Kernel pages. */
#define PAGE_KERNEL	__pgprot(_PAGE_PRESENT | _PAGE_RW | _PAGE_ACCESSED | _PAGE_DIRTY | _PAGE_GLOBAL | _PAGE_NX)
#define PAGE_KERNEL_RO	__pgprot(_PAGE_PRESENT | _PAGE_ACCESSED | _PAGE_DIRTY | _PAGE_GLOBAL | _PAGE_NX)
#define PAGE_KERNEL_ROX	__pgprot(_PAGE_PRESENT | _PAGE_ACCESSED | _PAGE_DIRTY | _PAGE_GLOBAL)

#define PTRS_PER_TABLE	512
#define USER_PGD_PTRS	256		/* the lower half belongs to the process */

static inline unsigned long pgd_index(unsigned long a) { return (a >> PGDIR_SHIFT) & 511; }
static inline unsigned long p4d_index(unsigned long a) { return (a >> P4D_SHIFT) & 511; }
static inline unsigned long pud_index(unsigned long a) { return (a >> PUD_SHIFT) & 511; }
static inline unsigned long pmd_index(unsigned long a) { return (a >> PMD_SHIFT) & 511; }
static inline unsigned long pte_index(unsigned long a) { return (a >> PAGE_SHIFT) & 511; }

/* The walk.  With 4 levels a pgd entry is only looked at as the p4d that it is. */
static inline bool pgd_none(pgd_t e) { return pgtable_l5_enabled() && e.pgd == 0; }
static inline bool p4d_none(p4d_t e) { return e.p4d == 0; }
static inline bool pud_none(pud_t e) { return e.pud == 0; }
static inline bool pmd_none(pmd_t e) { return e.pmd == 0; }
static inline bool pte_none(pte_t e) { return e.pte == 0; }
static inline bool pgd_present(pgd_t e) { return !pgtable_l5_enabled() || (e.pgd & _PAGE_PRESENT); }
static inline bool p4d_present(p4d_t e) { return e.p4d & _PAGE_PRESENT; }
static inline bool pud_present(pud_t e) { return e.pud & _PAGE_PRESENT; }
static inline bool pmd_present(pmd_t e) { return e.pmd & _PAGE_PRESENT; }
static inline bool pte_present(pte_t e) { return e.pte & (_PAGE_PRESENT | _PAGE_PROTNONE); }
static inline bool pud_leaf(pud_t e) { return e.pud & _PAGE_PSE; }
static inline bool pmd_leaf(pmd_t e) { return e.pmd & _PAGE_PSE; }

static inline unsigned long pgd_pfn(pgd_t e) { return (e.pgd & PTE_PFN_MASK) >> PAGE_SHIFT; }
static inline unsigned long p4d_pfn(p4d_t e) { return (e.p4d & PTE_PFN_MASK) >> PAGE_SHIFT; }
static inline unsigned long pud_pfn(pud_t e) { return (e.pud & PTE_PFN_MASK) >> PAGE_SHIFT; }
static inline unsigned long pmd_pfn(pmd_t e) { return (e.pmd & PTE_PFN_MASK) >> PAGE_SHIFT; }
static inline unsigned long pte_pfn(pte_t e) { return (e.pte & PTE_PFN_MASK) >> PAGE_SHIFT; }

static inline pgd_t *pgd_offset_pgd(pgd_t *pgd, unsigned long a) { return pgd + pgd_index(a); }
#define pgd_offset(mm, a) pgd_offset_pgd((mm)->pgd, a)
static inline p4d_t *p4d_offset(pgd_t *pgd, unsigned long a)
{
	if (!pgtable_l5_enabled())
		return (p4d_t *)pgd;
	return (p4d_t *)__va(PFN_PHYS(pgd_pfn(*pgd))) + p4d_index(a);
}
static inline pud_t *pud_offset(p4d_t *p4d, unsigned long a)
{
	return (pud_t *)__va(PFN_PHYS(p4d_pfn(*p4d))) + pud_index(a);
}
static inline pmd_t *pmd_offset(pud_t *pud, unsigned long a)
{
	return (pmd_t *)__va(PFN_PHYS(pud_pfn(*pud))) + pmd_index(a);
}
/* Without the lock: only where the table cannot change (kernel tables, exit).  See mm.h for pte_offset_map_lock. */
static inline pte_t *pte_offset_kernel(pmd_t *pmd, unsigned long a)
{
	return (pte_t *)__va(PFN_PHYS(pmd_pfn(*pmd))) + pte_index(a);
}

/* Next boundary of a level after @a, not beyond @end: for loops over ranges. */
#define __addr_end(a, end, SIZE, MASK) ({ unsigned long _b = ((a) + (SIZE)) & (MASK); \
	(_b - 1 < (end) - 1) ? _b : (end); })
#define pgd_addr_end(a, end) __addr_end(a, end, PGDIR_SIZE, PGDIR_MASK)
/* A folded p4d covers what its pgd entry covers: one step. */
#define p4d_addr_end(a, end) (pgtable_l5_enabled() ? __addr_end(a, end, P4D_SIZE, P4D_MASK) : (end))
#define pud_addr_end(a, end) __addr_end(a, end, PUD_SIZE, PUD_MASK)
#define pmd_addr_end(a, end) __addr_end(a, end, PMD_SIZE, PMD_MASK)

static inline pte_t pfn_pte(unsigned long pfn, pgprot_t prot)
{
	return __pte(PFN_PHYS(pfn) | pgprot_val(prot));
}
#define mk_pte(page, prot) pfn_pte(page_to_pfn(page), prot)

static inline bool pte_write(pte_t e) { return e.pte & _PAGE_RW; }
static inline bool pte_dirty(pte_t e) { return e.pte & _PAGE_DIRTY; }
static inline bool pte_young(pte_t e) { return e.pte & _PAGE_ACCESSED; }
static inline bool pte_exec(pte_t e) { return !(e.pte & _PAGE_NX); }
static inline bool pte_user(pte_t e) { return e.pte & _PAGE_USER; }
static inline int pte_pkey(pte_t e) { return (e.pte & _PAGE_PKEY_MASK) >> _PAGE_PKEY_SHIFT; }
static inline bool pte_soft_dirty(pte_t e) { return e.pte & _PAGE_SOFT_DIRTY; }
static inline bool pte_special(pte_t e) { return e.pte & _PAGE_SPECIAL; }
static inline bool pte_protnone(pte_t e)
{
	return (e.pte & (_PAGE_PRESENT | _PAGE_PROTNONE)) == _PAGE_PROTNONE;
}
static inline pte_t pte_mkwrite(pte_t e) { return __pte(e.pte | _PAGE_RW); }
static inline pte_t pte_wrprotect(pte_t e) { return __pte(e.pte & ~_PAGE_RW); }
static inline pte_t pte_mkdirty(pte_t e) { return __pte(e.pte | _PAGE_DIRTY | _PAGE_SOFT_DIRTY); }
static inline pte_t pte_mksoft_dirty(pte_t e) { return __pte(e.pte | _PAGE_SOFT_DIRTY); }
static inline pte_t pte_mkclean(pte_t e) { return __pte(e.pte & ~_PAGE_DIRTY); }
static inline pte_t pte_mkyoung(pte_t e) { return __pte(e.pte | _PAGE_ACCESSED); }
static inline pte_t pte_mkold(pte_t e) { return __pte(e.pte & ~_PAGE_ACCESSED); }
static inline pte_t pte_mkspecial(pte_t e) { return __pte(e.pte | _PAGE_SPECIAL); }
/* Same frame, memory type and A/D/software bits, permissions and protection key from @prot. */
static inline pte_t pte_modify(pte_t e, pgprot_t prot)
{
	const unsigned long keep = PTE_PFN_MASK | _PAGE_ACCESSED | _PAGE_DIRTY | _PAGE_SPECIAL |
				   _PAGE_SOFT_DIRTY | _PAGE_CACHE_MASK;

	return __pte((e.pte & keep) |
		     (pgprot_val(prot) & ~((PTE_PFN_MASK & keep) | _PAGE_CACHE_MASK)));
}

/* Permissions of @new, memory type of @old. */
static inline pgprot_t pgprot_modify(pgprot_t old, pgprot_t new)
{
	return __pgprot((pgprot_val(old) & _PAGE_CACHE_MASK) |
			(pgprot_val(new) & ~_PAGE_CACHE_MASK));
}

/* Raw stores.  Permission or frame changes of a live entry go through the ptep_ forms. */
static inline void set_pte(pte_t *p, pte_t e) { WRITE_ONCE(p->pte, e.pte); }
static inline void set_pmd(pmd_t *p, pmd_t e) { WRITE_ONCE(p->pmd, e.pmd); }
static inline void set_pud(pud_t *p, pud_t e) { WRITE_ONCE(p->pud, e.pud); }
static inline void set_p4d(p4d_t *p, p4d_t e) { WRITE_ONCE(p->p4d, e.p4d); }
static inline void set_pgd(pgd_t *p, pgd_t e) { WRITE_ONCE(p->pgd, e.pgd); }	/* 5 levels only */
static inline pte_t ptep_get(const pte_t *p) { return __pte(READ_ONCE(p->pte)); }
static inline pte_t ptep_get_and_clear(pte_t *p) { return __pte(xchg(&p->pte, 0UL)); }
static inline void ptep_set_wrprotect(pte_t *p)
{
	__atomic_fetch_and(&p->pte, ~_PAGE_RW, __ATOMIC_SEQ_CST);
}
static inline bool ptep_test_and_clear_young(pte_t *p)
{
	return __atomic_fetch_and(&p->pte, ~_PAGE_ACCESSED, __ATOMIC_SEQ_CST) & _PAGE_ACCESSED;
}

/* Nonlinear offsets (remap_file_pages): a page offset kept in a PTE that maps nothing. */
#define _PAGE_NONLINEAR	BIT(7)
static inline bool pte_file(pte_t e)
{
	return !pte_present(e) && (e.pte & _PAGE_NONLINEAR);
}
static inline unsigned long pte_to_pgoff(pte_t e) { return e.pte >> 12; }
static inline pte_t pgoff_to_pte(unsigned long off) { return __pte((off << 12) | _PAGE_NONLINEAR); }

/* Swap entries: which area, which page of it (never 0: the header), and soft-dirty. */
#define _PAGE_SWP_SOFT_DIRTY BIT(2)
static inline bool pte_swap(pte_t e)
{
	return e.pte && !pte_present(e) && !(e.pte & _PAGE_NONLINEAR);
}
static inline unsigned int pte_swp_type(pte_t e) { return (e.pte >> 9) & 31; }
static inline unsigned long pte_swp_offset(pte_t e) { return e.pte >> 14; }
static inline pte_t swp_pte(unsigned int type, unsigned long offset)
{
	return __pte(offset << 14 | (unsigned long)type << 9);
}
static inline bool pte_swp_soft_dirty(pte_t e) { return e.pte & _PAGE_SWP_SOFT_DIRTY; }
static inline pte_t pte_swp_mksoft_dirty(pte_t e) { return __pte(e.pte | _PAGE_SWP_SOFT_DIRTY); }

/* The kernel's own tables: slots above USER_PGD_PTRS are the same in every mm. */
extern pgd_t *init_pgd;

/*
 * arch/x86_64/pgtable.c.  Map [va, va+size) to @pa in the kernel's tables, with the
 * largest leaf that fits if @huge.  0 or -ENOMEM (nothing half done is left mapped).
 */
int kernel_map(unsigned long va, phys_addr_t pa, unsigned long size, pgprot_t prot, bool huge);
/* Unmap 4 KiB kernel pages; returns after the TLB is flushed. */
void kernel_unmap(unsigned long va, unsigned long size);
/* Change the protection of kernel memory mapped by 4 KiB pages; returns after the flush. */
void kernel_protect(unsigned long va, unsigned long size, pgprot_t prot);
/* The PTE of a kernel address mapped by 4 KiB pages, or NULL. */
pte_t *kernel_pte(unsigned long va);
/* Leaf entry of any kernel or user address in @pgd: raw value in *entry, level 1 (PTE) to 3 (PUD) returned, 0 if unmapped. */
int walk_leaf(pgd_t *pgd, unsigned long va, unsigned long *entry);
/* The walk of @va, a line for each level and one for the page (panic, /proc/PID/pagewalk): ptdump.c. */
size_t format_walk(pgd_t *pgd, unsigned long va, char *buf, size_t size);
struct seq_file;
int kernel_page_tables_show(struct seq_file *m);	/* /proc/kernel_page_tables */
/* Pages of the direct map by the size of what maps them: 4 KiB, 2 MiB, 1 GiB. */
void direct_map_count(unsigned long pages[3]);
/* Put zeroed memory behind the struct pages of [start_pfn, end_pfn), multiples of 64 (boot). */
void vmemmap_populate(unsigned long start_pfn, unsigned long end_pfn);
/* Build the final tables: direct map, vmemmap slots, text RX, rodata R, rest NX; load CR3. */
void paging_init(void);
/* After init: free .init, check that no kernel PTE is writable and executable. */
void mark_rodata_ro(void);
void check_wx(void);

#endif
