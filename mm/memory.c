/*
 * mm/memory.c - walks over page tables: make, copy, take down, free
 *
 * Purpose:    all code that goes through the tables of a process over a range.  One function
 *             a level: pgd, p4d, pud, pmd, pte.
 * Invariants: the pt_entries of a table equals its entries that are not none; a table is
 *             freed only when no VMA can use it; an entry is taken down by an atomic
 *             exchange; after copy_page_range no private page is writable in either mm.
 * Lock order: mmap_sem > i_mmap_rwsem > page_table_lock (upper levels) > ptl of a table.
 *             Copying holds the child's ptl, then the parent's.
 * Simplified: 4 KiB pages only; leaf entries higher up are a BUG in a user address space.
 * Sources:    Intel SDM vol. 3A, "4-Level Paging", "Accessed and Dirty Flags".
 */
#include <fs.h>
#include <pagemap.h>
#include <sched.h>
#include <swap.h>
#include "internal.h"

/* ---- down to a table ---- */

pmd_t *mm_find_pmd(struct mm_struct *mm, unsigned long addr)
{
	return walk_to_pmd(mm, addr);
}

/* Hang a new zeroed table at *@entry unless another thread was faster.  False: no memory. */
static bool make_table(struct mm_struct *mm, unsigned long *entry, u32 level, unsigned long addr)
{
	void *table = table_alloc_one(mm);

	if (!table)
		return false;
	spin_lock(&mm->page_table_lock);
	if (likely(!*entry)) {
		WRITE_ONCE(*entry, __pa(table) | _PAGE_TABLE);
		trace_pt_alloc(mm, level, addr, PFN_DOWN(__pa(table)));
		table = NULL;
	}
	spin_unlock(&mm->page_table_lock);
	if (table)
		table_free(mm, table);
	return true;
}

/* VmPTE counts a p4d as little as the pgd: Linux does not. */
static noinline bool make_p4d_table(struct mm_struct *mm, pgd_t *pgd, unsigned long addr)
{
	void *table = table_alloc_one(mm);

	if (!table)
		return false;
	spin_lock(&mm->page_table_lock);
	if (likely(!pgd_val(*pgd))) {
		set_pgd(pgd, __pgd(__pa(table) | _PAGE_TABLE));
		trace_pt_alloc(mm, 4, addr, PFN_DOWN(__pa(table)));
		atomic_long_dec(&mm->nr_tables);
		table = NULL;
	}
	spin_unlock(&mm->page_table_lock);
	if (table)
		table_free(mm, table);
	return true;
}

static bool make_pte_table(struct mm_struct *mm, pmd_t *pmd, unsigned long addr)
{
	struct page *table = pte_alloc_one(mm);

	if (!table)
		return false;
	spin_lock(&mm->page_table_lock);
	if (likely(pmd_none(*pmd))) {
		set_pmd(pmd, __pmd(page_to_phys(table) | _PAGE_TABLE));
		trace_pt_alloc(mm, 1, addr, page_to_pfn(table));
		table = NULL;
	}
	spin_unlock(&mm->page_table_lock);
	if (table)
		pte_free(mm, table);
	return true;
}

pmd_t *mm_alloc_pmd(struct mm_struct *mm, unsigned long addr)
{
	pgd_t *pgd = pgd_offset(mm, addr);
	p4d_t *p4d;
	pud_t *pud;
	pmd_t *pmd;

	if (unlikely(pgd_none(*pgd)) && !make_p4d_table(mm, pgd, addr))
		return NULL;
	p4d = p4d_offset(pgd, addr);
	if (unlikely(p4d_none(*p4d)) && !make_table(mm, &p4d->p4d, 3, addr))
		return NULL;
	pud = pud_offset(p4d, addr);
	if (unlikely(pud_none(*pud)) && !make_table(mm, &pud->pud, 2, addr))
		return NULL;
	pmd = pmd_offset(pud, addr);
	if (unlikely(pmd_none(*pmd)) && !make_pte_table(mm, pmd, addr))
		return NULL;
	return pmd;
}

/* ---- what an entry means ---- */

int mm_counter(const struct page *page)
{
	if (PageAnon(page))
		return MM_ANONPAGES;
	return PageSwapBacked(page) ? MM_SHMEMPAGES : MM_FILEPAGES;
}

static void add_rss(struct mm_struct *mm, const long *rss)
{
#pragma GCC unroll 4			/* a loop is dearer than what it does: munmap of one page */
	for (int i = 0; i < NR_MM_COUNTERS; i++)
		if (rss[i])
			add_mm_counter(mm, i, rss[i]);
}

/* ---- fork: copy ---- */

struct copy {
	struct mm_struct *dst, *src;
	struct vm_area_struct *vma;	/* the parent's */
	unsigned long clear;		/* bits that the child's entry loses */
	bool cow;			/* private and may be written */
};

/*
 * One table's worth.  Enter: both locks held, the child's entries of the range are none.
 * The parent loses write permission only where it had it; its TLB is flushed by dup_mm.
 */
static int copy_ptes(struct copy *c, pte_t *dst, pte_t *src, unsigned long nr, long *rss)
{
	const unsigned long wrprotect = c->cow ? _PAGE_RW : 0;
	int used = 0;

	for (; nr; nr--, dst++, src++) {
		unsigned long e = src->pte;
		struct page *page;

		if (!e)
			continue;
		used++;
		if (unlikely(!(e & (_PAGE_PRESENT | _PAGE_PROTNONE)))) {
			dst->pte = e;		/* nonlinear offset, a slot of swap, a lost page */
			if (pte_swap(__pte(e))) {
				swap_duplicate(pte_to_swp_entry(__pte(e)));
				rss[MM_SWAPENTS]++;
			}
			continue;
		}
		if (e & wrprotect)
			ptep_set_wrprotect(src);
		if (likely(!(e & _PAGE_SPECIAL))) {
			page = pte_page(__pte(e));
			atomic_inc(&page->_refcount);
			atomic_inc(&page->_mapcount);
			if (likely(PageAnon(page)))
				rss[MM_ANONPAGES]++;
			else
				rss[mm_counter(page)]++;
		}
		dst->pte = e & ~c->clear;
	}
	return used;
}

/* The same, told: in one record, or one by one if each is asked for. */
static noinline int copy_ptes_traced(struct copy *c, pte_t *dst, pte_t *src, unsigned long addr,
				     unsigned long nr, long *rss)
{
	int used = 0;

	if (!trace_each_pte()) {
		trace_pte_batch(c->dst, BATCH_COPY, addr, nr, trace_mm_id(c->src), ~c->clear,
				c->cow ? _PAGE_RW : 0);
		return copy_ptes(c, dst, src, nr, rss);
	}
	for (; nr; nr--, dst++, src++, addr += PAGE_SIZE) {
		unsigned long old = src->pte;

		used += copy_ptes(c, dst, src, 1, rss);
		trace_pte_change(c->dst, addr, 0, dst->pte);
		trace_pte_change(c->src, addr, old, src->pte);
	}
	return used;
}

static int copy_pte_range(struct copy *c, pmd_t *dst_pmd, pmd_t *src_pmd, unsigned long addr,
			  unsigned long end)
{
	long rss[NR_MM_COUNTERS] = { 0 };
	spinlock_t *dst_ptl, *src_ptl;
	pte_t *dst, *src;
	int used;

	dst = pte_offset_map_lock(c->dst, dst_pmd, addr, &dst_ptl);
	src = pte_offset_map_lock_nested(c->src, src_pmd, addr, &src_ptl);
	if (trace_ptes())
		used = copy_ptes_traced(c, dst, src, addr, (end - addr) >> PAGE_SHIFT, rss);
	else
		used = copy_ptes(c, dst, src, (end - addr) >> PAGE_SHIFT, rss);
	pt_entries_add(dst_ptl, used);
	pte_unmap_unlock(src, src_ptl);
	pte_unmap_unlock(dst, dst_ptl);
	add_rss(c->dst, rss);
	cond_resched();
	return 0;
}

static int copy_pmd_range(struct copy *c, pud_t *src_pud, unsigned long addr, unsigned long end)
{
	pmd_t *src = pmd_offset(src_pud, addr), *dst;
	unsigned long next;

	for (; addr != end; src++, addr = next) {
		next = pmd_addr_end(addr, end);
		if (pmd_none(*src))
			continue;
		VM_BUG_ON_VMA(pmd_leaf(*src), c->vma);
		dst = mm_alloc_pmd(c->dst, addr);
		if (!dst)
			return -ENOMEM;
		copy_pte_range(c, dst, src, addr, next);
	}
	return 0;
}

static int copy_pud_range(struct copy *c, p4d_t *src_p4d, unsigned long addr, unsigned long end)
{
	pud_t *src = pud_offset(src_p4d, addr);
	unsigned long next;

	for (; addr != end; src++, addr = next) {
		next = pud_addr_end(addr, end);
		if (!pud_none(*src) && copy_pmd_range(c, src, addr, next))
			return -ENOMEM;
	}
	return 0;
}

static int copy_p4d_range(struct copy *c, pgd_t *src_pgd, unsigned long addr, unsigned long end)
{
	p4d_t *src = p4d_offset(src_pgd, addr);
	unsigned long next;

	for (; addr != end; src++, addr = next) {
		next = p4d_addr_end(addr, end);
		if (!p4d_none(*src) && copy_pud_range(c, src, addr, next))
			return -ENOMEM;
	}
	return 0;
}

/* What a fault would bring back by itself (shared and clean file pages, the zero page) is not copied. */
static bool needs_copy(const struct vm_area_struct *vma)
{
	return vma->anon_vma || (vma->vm_flags & (VM_PFNMAP | VM_NONLINEAR));
}

static noinline int copy_area(struct mm_struct *dst, struct mm_struct *src, struct vm_area_struct *vma)
{
	unsigned long addr = vma->vm_start, end = vma->vm_end, next;
	pgd_t *pgd = pgd_offset(src, addr);
	struct copy c = { .dst = dst, .src = src, .vma = vma };

	c.cow = (vma->vm_flags & (VM_SHARED | VM_MAYWRITE)) == VM_MAYWRITE;
	c.clear = _PAGE_ACCESSED | (c.cow ? _PAGE_RW : 0) |
		  (vma->vm_flags & VM_SHARED ? _PAGE_DIRTY : 0);
	for (; addr != end; pgd++, addr = next) {
		next = pgd_addr_end(addr, end);
		if (!pgd_none(*pgd) && copy_p4d_range(&c, pgd, addr, next))
			return -ENOMEM;
	}
	return 0;
}

/*
 * Give @dst the entries that @src has in @vma.  Enter: both mmap_sems held for writing.
 * 0, or -ENOMEM with a part copied: the child is torn down by its mmput, the parent is right.
 */
int copy_page_range(struct mm_struct *dst, struct mm_struct *src, struct vm_area_struct *vma)
{
	return needs_copy(vma) ? copy_area(dst, src, vma) : 0;
}

/* ---- take down ---- */

struct zap {
	struct mmu_gather *tlb;
	struct vm_area_struct *vma;
	unsigned int keep;		/* ZAP_KEEP_* */
	pgoff_t first, last;		/* with ZAP_KEEP_OFFSETS: only these file pages */
};
#define ZAP_KEEP_ANON		1	/* only a file's pages: private copies stay */
#define ZAP_KEEP_SHARED		2	/* with ZAP_KEEP_ANON: nor what other entries map too */
#define ZAP_KEEP_OFFSETS	4	/* the area stays: nonlinear entries remember their page */

/* What stays in the entry of @addr when its page is taken away. */
static inline unsigned long left_behind(const struct zap *z, unsigned long addr,
					const struct page *page)
{
	if (likely(!(z->keep & ZAP_KEEP_OFFSETS)) || !page || page->index == linear_page_index(z->vma, addr))
		return 0;
	return pgoff_to_pte(page->index).pte;
}

/* With ZAP_KEEP_ANON: does the entry of @page (NULL: no normal page) stay? */
static bool stays(const struct zap *z, const struct page *page)
{
	return !page || PageAnon(page) || ((z->keep & ZAP_KEEP_SHARED) && page_mapcount(page) != 1);
}

/* An entry of @page, no anonymous one, is gone; @e is what it was. */
static noinline void unmap_file_page(struct zap *z, unsigned long e, struct page *page, long *rss)
{
	if (e & _PAGE_DIRTY)
		set_page_dirty(page);
	rss[mm_counter(page)]--;
	VM_BUG_ON_PAGE(!page_mapped(page), page);
	if (atomic_dec_return(&page->_mapcount) < 0)
		page_now_unmapped(page);
	gather_page(z->tlb, page);
}

/* No entry names the page any more, which is locked in memory or in the swap cache. */
static noinline void last_entry_of_special(struct zap *z, struct page *page)
{
	if (PageMlocked(page))
		munlock_unmapped_page(page);
	z->tlb->swapcache |= PageSwapCache(page);
}

/* An entry is gone that kept a nonlinear offset or a slot of swap. */
static noinline void forget_absent(unsigned long e, long *rss)
{
	if (!pte_swap(__pte(e)))
		return;
	free_swap_entry(pte_to_swp_entry(__pte(e)));
	rss[MM_SWAPENTS]--;
}

/*
 * One table's worth, where every entry goes and no page is locked.  Enter: the table's lock held.  Returns
 * how many entries became none.  @exiting: nobody runs here, no bit can come any more.
 */
static __always_inline int zap_all_ptes(struct zap *z, pte_t *pte, unsigned long addr, unsigned long nr,
					long *rss, const bool exiting)
{
	pte_t *const begin = pte, *const end = pte + nr;
	pte_t *first = NULL, *last = NULL;
	long anon = 0, unmapped = 0;
	int freed = 0;

	for (; pte != end; pte++) {
		unsigned long e = pte->pte;
		struct page *page;

		if (!e)
			continue;
		freed++;
		if (unlikely(!(e & (_PAGE_PRESENT | _PAGE_PROTNONE)))) {
			pte->pte = 0;
			forget_absent(e, rss);
			continue;
		}
		if (exiting)
			pte->pte = 0;
		else
			e = xchg(&pte->pte, 0);
		last = pte;
		if (!first)
			first = pte;
		if (unlikely(e & _PAGE_SPECIAL))
			continue;
		page = pte_page(__pte(e));
		if (unlikely(!PageAnon(page))) {
			unmap_file_page(z, e, page, rss);
			continue;
		}
		anon++;
		VM_BUG_ON_PAGE(!page_mapped(page), page);
		if (atomic_dec_return(&page->_mapcount) < 0) {
			unmapped++;
			if (unlikely(page->flags & (BIT(PG_mlocked) | BIT(PG_swapcache))))
				last_entry_of_special(z, page);
		}
		gather_page(z->tlb, page);
	}
	rss[MM_ANONPAGES] -= anon;
	if (unmapped)
		atomic_long_sub(unmapped, &nr_anon_mapped);
	if (first)
		tlb_note_range(z->tlb, addr + ((first - begin) << PAGE_SHIFT),
			       addr + ((last + 1 - begin) << PAGE_SHIFT));
	return freed;
}

/* The same where the pages are locked, or some entries stay or leave something behind. */
static noinline int zap_some_ptes(struct zap *z, pte_t *pte, unsigned long addr, unsigned long end, long *rss)
{
	unsigned long first = ~0UL, last = 0;
	int freed = 0;

	for (; addr != end; pte++, addr += PAGE_SIZE) {
		unsigned long e = pte->pte, rest;
		struct page *page;

		if (!e)
			continue;
		if (!(e & (_PAGE_PRESENT | _PAGE_PROTNONE))) {
			if ((z->keep & ZAP_KEEP_OFFSETS) || ((z->keep & ZAP_KEEP_ANON) && pte_anon_absent(__pte(e))))
				continue;
			pte->pte = 0;		/* nonlinear offset, a slot of swap, a lost page */
			freed++;
			forget_absent(e, rss);
			continue;
		}
		page = e & _PAGE_SPECIAL ? NULL : pte_page(__pte(e));
		if ((z->keep & ZAP_KEEP_ANON) && stays(z, page))
			continue;
		if ((z->keep & ZAP_KEEP_OFFSETS) && page && (page->index < z->first || page->index > z->last))
			continue;
		rest = left_behind(z, addr, page);
		e = xchg(&pte->pte, rest);
		freed += !rest;
		if (first == ~0UL)
			first = addr;
		last = addr;
		if (!page)
			continue;
		munlock_vma_page(page, z->vma);
		if (!PageAnon(page)) {
			unmap_file_page(z, e, page, rss);
			continue;
		}
		rss[MM_ANONPAGES]--;
		VM_BUG_ON_PAGE(!page_mapped(page), page);
		if (atomic_dec_return(&page->_mapcount) < 0)
			page_now_unmapped(page);
		gather_page(z->tlb, page);
	}
	if (first != ~0UL)
		tlb_note_range(z->tlb, first, last + PAGE_SIZE);
	return freed;
}

static int zap_ptes(struct zap *z, pte_t *pte, unsigned long addr, unsigned long end, long *rss)
{
	unsigned long nr = (end - addr) >> PAGE_SHIFT;

	if (unlikely(z->keep) || vma_locks_pages(z->vma))
		return zap_some_ptes(z, pte, addr, end, rss);
	return z->tlb->fullmm ? zap_all_ptes(z, pte, addr, nr, rss, true)
			      : zap_all_ptes(z, pte, addr, nr, rss, false);
}

/* The same, told: in one record if all entries go. */
static noinline int zap_ptes_traced(struct zap *z, pte_t *pte, unsigned long addr, unsigned long end,
				    long *rss)
{
	struct mm_struct *mm = z->vma->vm_mm;
	int freed = 0;

	if (!trace_each_pte() && !z->keep) {
		trace_pte_batch(mm, BATCH_ZAP, addr, (end - addr) >> PAGE_SHIFT, 0, 0, 0);
		return zap_ptes(z, pte, addr, end, rss);
	}
	for (; addr != end; addr += PAGE_SIZE, pte++) {
		unsigned long old = pte->pte;
		bool slot = pte_swap(*pte) && !(z->keep & (ZAP_KEEP_ANON | ZAP_KEEP_OFFSETS));

		if (slot)			/* before its slot is told to be free */
			trace_pte_change(mm, addr, old, 0);
		freed += zap_ptes(z, pte, addr, addr + PAGE_SIZE, rss);
		if (!slot)
			trace_pte_change(mm, addr, old, pte->pte);
	}
	return freed;
}

/* Without the lock: what comes in meanwhile came in afterwards. */
static inline bool table_is_empty(const pmd_t *pmd)
{
	return !READ_ONCE(pmd_page(*pmd)->pt_entries);
}

static noinline void zap_pte_range(struct zap *z, pmd_t *pmd, unsigned long addr, unsigned long end)
{
	long rss[NR_MM_COUNTERS] = { 0 };
	struct mm_struct *mm = z->vma->vm_mm;
	spinlock_t *ptl;
	pte_t *pte;

	update_hiwater_rss(mm);		/* before it gets less */
	pte = pte_offset_map_lock(mm, pmd, addr, &ptl);
	pt_entries_add(ptl, -(trace_ptes() ? zap_ptes_traced(z, pte, addr, end, rss)
					   : zap_ptes(z, pte, addr, end, rss)));
	add_rss(mm, rss);
	pte_unmap_unlock(pte, ptl);
}

static void zap_pmd_range(struct zap *z, pud_t *pud, unsigned long addr, unsigned long end)
{
	pmd_t *pmd = pmd_offset(pud, addr);
	unsigned long next;

	for (; addr != end; pmd++, addr = next) {
		next = pmd_addr_end(addr, end);
		if (pmd_none(*pmd))
			continue;
		VM_BUG_ON_VMA(pmd_leaf(*pmd), z->vma);
		if (!table_is_empty(pmd))
			zap_pte_range(z, pmd, addr, next);
		cond_resched();
	}
}

static void zap_pud_range(struct zap *z, p4d_t *p4d, unsigned long addr, unsigned long end)
{
	pud_t *pud = pud_offset(p4d, addr);
	unsigned long next;

	for (; addr != end; pud++, addr = next) {
		next = pud_addr_end(addr, end);
		if (!pud_none(*pud))
			zap_pmd_range(z, pud, addr, next);
	}
}

static void zap_p4d_range(struct zap *z, pgd_t *pgd, unsigned long addr, unsigned long end)
{
	p4d_t *p4d = p4d_offset(pgd, addr);
	unsigned long next;

	for (; addr != end; p4d++, addr = next) {
		next = p4d_addr_end(addr, end);
		if (!p4d_none(*p4d))
			zap_pud_range(z, p4d, addr, next);
	}
}

static noinline void zap_tables(struct zap *z, unsigned long addr, unsigned long end)
{
	pgd_t *pgd = pgd_offset(z->vma->vm_mm, addr);
	unsigned long next;

	for (; addr != end; pgd++, addr = next) {
		next = pgd_addr_end(addr, end);
		if (!pgd_none(*pgd))
			zap_p4d_range(z, pgd, addr, next);
	}
}

/* Returns the address up to which there is no table at all, as far as that was seen; else 0. */
static unsigned long zap_range(struct zap *z, unsigned long addr, unsigned long end)
{
	pmd_t *pmd;

	if (!in_one_table(addr, end)) {
		zap_tables(z, addr, end);
		return 0;
	}
	pmd = walk_to_pmd(z->vma->vm_mm, addr);
	if (!pmd)
		return (addr & PMD_MASK) + PMD_SIZE;
	if (!table_is_empty(pmd))
		zap_pte_range(z, pmd, addr, end);
	cond_resched();
	return 0;
}

/* Take down all entries of the VMAs from @vma on inside [start, end).  Needs no memory. */
void unmap_vmas(struct mmu_gather *tlb, struct vm_area_struct *vma, unsigned long start,
		unsigned long end)
{
	unsigned long no_table = 0;		/* up to there, from the last area on */

	for (; vma && vma->vm_start < end; vma = vma->vm_next) {
		struct zap z;
		unsigned long s = max(vma->vm_start, start), e = min(vma->vm_end, end);

		if (vma->vm_flags & VM_ARCH_1)
			pfnmap_untrack(vma);
		if (s >= e || e <= no_table)
			continue;
		z.tlb = tlb;
		z.vma = vma;
		z.keep = 0;
		no_table = zap_range(&z, s, e);
	}
}

/* [start, end) of one area that stays, as @z says. */
static void zap_and_flush(struct zap *z, unsigned long start, unsigned long end)
{
	struct mmu_gather tlb;

	z->tlb = &tlb;
	tlb_gather_mmu(&tlb, z->vma->vm_mm, false);
	zap_range(z, start, end);
	tlb_finish_mmu(&tlb);
}

void zap_page_range(struct vm_area_struct *vma, unsigned long start, unsigned long size)
{
	struct zap z = { .vma = vma, .last = ~0UL, .keep = vma->vm_flags & VM_NONLINEAR ? ZAP_KEEP_OFFSETS : 0 };

	zap_and_flush(&z, start, start + size);
}

void zap_unshared_file_pages(struct vm_area_struct *vma, unsigned long start, unsigned long end)
{
	struct zap z = { .vma = vma, .keep = ZAP_KEEP_ANON | ZAP_KEEP_SHARED };

	zap_and_flush(&z, start, end);
}

/* File pages [first, last] wherever a nonlinear area shows them. */
static void zap_nonlinear(struct vm_area_struct *vma, pgoff_t first, pgoff_t last)
{
	struct zap z = { .vma = vma, .first = first, .last = last, .keep = ZAP_KEEP_OFFSETS };

	zap_and_flush(&z, vma->vm_start, vma->vm_end);
}

/* The part of @vma that maps file pages [first, last]. */
static void zap_file_pages(struct vm_area_struct *vma, pgoff_t first, pgoff_t last, bool even_cows)
{
	pgoff_t vma_last = vma->vm_pgoff + vma_pages(vma) - 1;
	struct mmu_gather tlb;
	struct zap z = { .tlb = &tlb, .vma = vma, .keep = even_cows ? 0 : ZAP_KEEP_ANON };

	first = max(first, vma->vm_pgoff);
	last = min(last, vma_last);
	tlb_gather_mmu(&tlb, vma->vm_mm, false);
	zap_range(&z, vma->vm_start + ((first - vma->vm_pgoff) << PAGE_SHIFT),
		  vma->vm_start + ((last - vma->vm_pgoff + 1) << PAGE_SHIFT));
	tlb_finish_mmu(&tlb);
}

/* @holelen 0: to the end of the file. */
void unmap_mapping_range(struct address_space *m, loff_t holebegin, loff_t holelen, bool even_cows)
{
	pgoff_t first = (holebegin + PAGE_SIZE - 1) >> PAGE_SHIFT;
	pgoff_t last = holelen ? (pgoff_t)(holebegin + holelen - 1) >> PAGE_SHIFT : ~0UL;
	struct vm_area_struct *vma;

	if (first > last)
		return;
	down_read(&m->i_mmap_rwsem);
	for (vma = vma_interval_tree_iter_first(&m->i_mmap, first, last); vma;
	     vma = vma_interval_tree_iter_next(vma, first, last))
		zap_file_pages(vma, first, last, even_cows);
	list_for_each_entry(vma, &m->i_mmap_nonlinear, shared.nonlinear)
		zap_nonlinear(vma, first, last);
	up_read(&m->i_mmap_rwsem);
}

/* ---- free tables ---- */

/* Tables lie between two VMAs (or the ends): one is free if all it covers lies in there. */
struct table_range {
	struct mmu_gather *tlb;
	unsigned long floor, last;	/* nothing below floor, nothing above last, is ours */
};

static bool all_ours(const struct table_range *r, unsigned long addr, unsigned long mask)
{
	return (addr & mask) >= r->floor && (addr | ~mask) <= r->last;
}

/* Can any table of [start, end) be free?  The smallest covers PMD_SIZE: most areas share theirs. */
static bool may_free_tables(const struct table_range *r, unsigned long start, unsigned long end)
{
	return end - start > PMD_SIZE || all_ours(r, start, PMD_MASK) || all_ours(r, end - 1, PMD_MASK);
}

/* The last-level table of @addr, if it is ours alone. */
static void free_pte_table(struct table_range *r, pmd_t *pmd, unsigned long addr)
{
	void *table;

	if (!all_ours(r, addr, PMD_MASK))
		return;
	table = __va(PFN_PHYS(pmd_pfn(*pmd)));
	VM_BUG_ON_PAGE(virt_to_page(table)->pt_entries, virt_to_page(table));
	set_pmd(pmd, __pmd(0));
	trace_pt_free(r->tlb->mm, 1, addr & PMD_MASK, page_to_pfn(virt_to_page(table)));
	tlb_remove_table(r->tlb, table, true, addr);
}

static void free_pmd_range(struct table_range *r, pud_t *pud, unsigned long addr, unsigned long end)
{
	pmd_t *pmd = pmd_offset(pud, addr);
	unsigned long start = addr, next;

	for (; addr != end; pmd++, addr = next) {
		next = pmd_addr_end(addr, end);
		if (!pmd_none(*pmd))
			free_pte_table(r, pmd, addr);
	}
	if (all_ours(r, start, PUD_MASK)) {
		void *table = __va(PFN_PHYS(pud_pfn(*pud)));

		set_pud(pud, __pud(0));
		trace_pt_free(r->tlb->mm, 2, start & PUD_MASK, page_to_pfn(virt_to_page(table)));
		tlb_remove_table(r->tlb, table, false, start);
	}
}

static void free_pud_range(struct table_range *r, p4d_t *p4d, unsigned long addr, unsigned long end)
{
	pud_t *pud = pud_offset(p4d, addr);
	unsigned long start = addr, next;

	for (; addr != end; pud++, addr = next) {
		next = pud_addr_end(addr, end);
		if (!pud_none(*pud))
			free_pmd_range(r, pud, addr, next);
	}
	if (all_ours(r, start, P4D_MASK)) {
		void *table = __va(PFN_PHYS(p4d_pfn(*p4d)));

		set_p4d(p4d, __p4d(0));
		trace_pt_free(r->tlb->mm, 3, start & P4D_MASK, page_to_pfn(virt_to_page(table)));
		tlb_remove_table(r->tlb, table, false, start);
	}
}

static void free_p4d_range(struct table_range *r, pgd_t *pgd, unsigned long addr, unsigned long end)
{
	p4d_t *p4d = p4d_offset(pgd, addr);
	unsigned long start = addr, next;

	for (; addr != end; p4d++, addr = next) {
		next = p4d_addr_end(addr, end);
		if (!p4d_none(*p4d))
			free_pud_range(r, p4d, addr, next);
	}
	if (pgtable_l5_enabled() && all_ours(r, start, PGDIR_MASK)) {
		void *table = __va(PFN_PHYS(pgd_pfn(*pgd)));

		set_pgd(pgd, __pgd(0));
		trace_pt_free(r->tlb->mm, 4, start & PGDIR_MASK, page_to_pfn(virt_to_page(table)));
		atomic_long_inc(&r->tlb->mm->nr_tables);	/* not counted: make_p4d_table() */
		tlb_remove_table(r->tlb, table, false, start);
	}
}

static noinline void free_pgd_range(struct table_range *r, struct mm_struct *mm, unsigned long addr,
			   unsigned long end)
{
	pgd_t *pgd = pgd_offset(mm, addr);
	unsigned long next;

	if (in_one_table(addr, end) && !all_ours(r, addr, PUD_MASK)) {
		pmd_t *pmd = walk_to_pmd(mm, addr);	/* the levels above serve others too */

		if (pmd)
			free_pte_table(r, pmd, addr);
		return;
	}
	for (; addr != end; pgd++, addr = next) {
		next = pgd_addr_end(addr, end);
		if (!pgd_none(*pgd))
			free_p4d_range(r, pgd, addr, next);
	}
}

/* The tables that served only [start, end), of what lies between @floor and @ceiling (0: the end). */
void free_table_range(struct mmu_gather *tlb, unsigned long start, unsigned long end, unsigned long floor,
		      unsigned long ceiling)
{
	struct table_range r = { .tlb = tlb, .floor = floor, .last = ceiling - 1 };

	if (may_free_tables(&r, start, end))
		free_pgd_range(&r, tlb->mm, start, end);
}

/*
 * The VMAs from @vma on are gone; so are the tables that served only them.  First nobody must
 * find them by rmap any more.  @floor, @ceiling: end and start of the VMAs that stay around
 * them, 0: none.
 */
void free_pgtables(struct mmu_gather *tlb, struct vm_area_struct *vma, unsigned long floor,
		   unsigned long ceiling)
{
	for (struct vm_area_struct *v = vma; v; v = v->vm_next) {
		if (!list_empty(&v->anon_vma_chain))
			unlink_anon_vmas(v);
		if (v->vm_file)
			vma_file_unlink(v);
	}
	for (; vma; vma = vma->vm_next) {
		unsigned long start = vma->vm_start, end = vma->vm_end;

		/* VMAs that share a last-level table are one range */
		while (vma->vm_next && vma->vm_next->vm_start <= end + PMD_SIZE) {
			vma = vma->vm_next;
			end = vma->vm_end;
		}
		/* what the next VMA needs is freed with it, not before */
		free_table_range(tlb, start, end, floor, vma->vm_next ? vma->vm_next->vm_start : ceiling);
	}
}

/*
 * Tables were made for [start, end), where no area is: those that serve no area around go again.
 * Enter: mmap_sem held for writing.
 */
void free_unused_tables(struct mm_struct *mm, unsigned long start, unsigned long end)
{
	struct vm_area_struct *prev, *next = find_vma_prev(mm, start, &prev);
	struct mmu_gather tlb;

	tlb_gather_mmu(&tlb, mm, false);
	free_table_range(&tlb, start, end, prev ? prev->vm_end : 0, next ? next->vm_start : 0);
	tlb_finish_mmu(&tlb);
}

/* ---- single pages ---- */

/* Map one page that a driver owns; the PTE takes its own reference.  0, -EFAULT, -EINVAL, -ENOMEM, -EBUSY. */
int vm_insert_page(struct vm_area_struct *vma, unsigned long addr, struct page *page)
{
	struct mm_struct *mm = vma->vm_mm;
	spinlock_t *ptl;
	int err = -EBUSY;
	pmd_t *pmd;
	pte_t *pte;

	if (addr < vma->vm_start || addr >= vma->vm_end)
		return -EFAULT;
	if (!page_count(page) || PageAnon(page))
		return -EINVAL;
	pmd = mm_alloc_pmd(mm, addr);		/* not outside: nobody would free the table */
	if (!pmd)
		return -ENOMEM;
	pte = pte_offset_map_lock(mm, pmd, addr, &ptl);
	if (pte_none(*pte)) {
		get_page(page);
		page_add_file_rmap(page);
		mlock_vma_page(page, vma);
		add_mm_counter(mm, mm_counter(page), 1);
		set_pte_at(mm, addr, pte, mk_pte(page, vma->vm_page_prot));
		trace_pte_set(mm, addr, 0, pte->pte, OUTCOME_RETRY);
		pt_entries_add(ptl, 1);
		err = 0;
	}
	pte_unmap_unlock(pte, ptl);
	return err;
}

/*
 * For a ->fault of a VM_PFNMAP area: map the frame @pfn, which counts no references.
 * Enter: mmap_sem held for read.  VM_FAULT_NOPAGE: it, or what another thread put there, is mapped.
 */
vm_fault_t vmf_insert_pfn(struct vm_area_struct *vma, unsigned long addr, unsigned long pfn)
{
	pmd_t *pmd = mm_alloc_pmd(vma->vm_mm, addr);
	spinlock_t *ptl;
	pte_t *pte;

	VM_BUG_ON_VMA(!(vma->vm_flags & VM_PFNMAP), vma);
	if (!pmd)
		return VM_FAULT_OOM;
	pte = pte_offset_map_lock(vma->vm_mm, pmd, addr, &ptl);
	if (pte_none(*pte)) {
		set_pte_at(vma->vm_mm, addr, pte, pte_mkspecial(pfn_pte(pfn, vma->vm_page_prot)));
		trace_pte_set(vma->vm_mm, addr, 0, pte->pte, OUTCOME_FILE_READ);
		pt_entries_add(ptl, 1);
	}
	pte_unmap_unlock(pte, ptl);
	return VM_FAULT_NOPAGE;
}
