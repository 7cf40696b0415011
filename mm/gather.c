/*
 * mm/gather.c - mmu_gather: unmap, flush once, then free
 *
 * Purpose:    a page may be freed only when no TLB can lead to it any more.  Unmapping
 *             collects pages and tables here; one flush follows; then all are freed.
 * Invariants: every collected page carries one reference, the former PTE's; nothing is freed
 *             before the flush that covers its address has returned; if no entry was
 *             present there is no flush at all.
 * Lock order: none of its own; pages may be added under a pte lock.
 * Simplified: when there is no memory for another batch, flush and free early.
 * Sources:    Intel SDM vol. 3A, "Invalidation of TLBs and Paging-Structure Caches": also
 *             why a freed table needs a flush even if it mapped nothing.
 */
#include <slab.h>
#include <swap.h>
#include "internal.h"

static inline struct page *next_table(struct page *p)
{
	return (struct page *)p->lru.prev;
}

static void fill(struct mmu_gather *tlb, struct mmu_gather_batch *b)
{
	tlb->newest = b;
	tlb->slot = b->pages;
	tlb->slots_end = b->pages + GATHER_BATCH;
}

void tlb_gather_mmu(struct mmu_gather *tlb, struct mm_struct *mm, bool fullmm)
{
	tlb->mm = mm;
	tlb->fullmm = fullmm;
	tlb->swapcache = false;
	tlb->start = ~0UL;
	tlb->end = 0;
	tlb->tables = NULL;
	fill(tlb, &tlb->local);
}

void tlb_note_range(struct mmu_gather *tlb, unsigned long start, unsigned long end)
{
	if (start < tlb->start)
		tlb->start = start;
	if (end > tlb->end)
		tlb->end = end;
}

static void flush(struct mmu_gather *tlb)
{
	if (tlb->start >= tlb->end)
		return;
	if (tlb->fullmm) {
		tlb->start = 0;
		tlb->end = TASK_SIZE_MAX;
	}
	flush_tlb_mm_range(tlb->mm, tlb->start, tlb->end, tlb->tables);
	tlb->start = ~0UL;
	tlb->end = 0;
}

/* Drop the references; neighbours of one anon_vma give theirs on it back in one step. */
static void free_pages_of(struct page **pages, unsigned int nr, bool swapcache)
{
	struct address_space *run = NULL;
	unsigned int out = 0;
	int owed = 0;

	for (unsigned int i = 0; swapcache && i < nr; i++)
		if (PageSwapCache(pages[i]))
			free_swap_cache(pages[i]);
	for (unsigned int i = 0; i < nr; i++) {
		struct page *page = pages[i];

		VM_BUG_ON_PAGE(page_count(page) <= 0, page);
		if (!atomic_dec_and_test(&page->_refcount))
			continue;
		pages[out++] = page;
		if (!PageAnon(page))
			continue;
		if (page->mapping == run) {
			owed++;
			page->mapping = NULL;
		} else {
			/* the first of a run keeps its own reference: the rest need not be last */
			if (owed)
				atomic_sub(owed, &((struct anon_vma *)((unsigned long)run &
					~PAGE_MAPPING_ANON))->refcount);
			owed = 0;
			run = page->mapping;
		}
	}
	if (owed)
		atomic_sub(owed, &((struct anon_vma *)((unsigned long)run &
			~PAGE_MAPPING_ANON))->refcount);
	if (out)
		free_page_batch(pages, out);
}

static void free_gathered(struct mmu_gather *tlb)
{
	struct mmu_gather_batch *b = tlb->newest, *older;
	unsigned int nr = tlb->slot - b->pages;

	for (; b != &tlb->local; b = older, nr = GATHER_BATCH) {
		older = b->older;
		free_pages_of(b->pages, nr, tlb->swapcache);
		kfree(b);
	}
	if (nr)
		free_pages_of(b->pages, nr, tlb->swapcache);
	fill(tlb, &tlb->local);
}

static noinline void free_tables(struct mmu_gather *tlb)
{
	while (tlb->tables) {
		struct page *p = tlb->tables;

		tlb->tables = next_table(p);
		if (p->private)
			pte_free(tlb->mm, p);
		else
			table_free(tlb->mm, page_address(p));
	}
}

/* Room for one page more, at least.  Without memory everything so far is flushed and freed. */
void tlb_more_room(struct mmu_gather *tlb)
{
	struct mmu_gather_batch *b = kmalloc(sizeof(*b), GFP_ATOMIC | __GFP_NOWARN);

	if (b) {
		b->older = tlb->newest;
		fill(tlb, b);
		return;
	}
	flush_tlb_mm(tlb->mm);		/* the walk has not noted its range yet */
	free_gathered(tlb);
}

void tlb_remove_page(struct mmu_gather *tlb, struct page *page)
{
	gather_page(tlb, page);
}

/* An empty table that no entry points to any more.  @addr: something it covered. */
void tlb_remove_table(struct mmu_gather *tlb, void *table, bool last_level, unsigned long addr)
{
	struct page *p = virt_to_page(table);

	p->private = last_level;
	p->lru.prev = (struct list_head *)tlb->tables;
	tlb->tables = p;
	tlb_note_range(tlb, addr & PAGE_MASK, (addr & PAGE_MASK) + PAGE_SIZE);
}

static noinline void trace_gathered(const struct mmu_gather *tlb)
{
	unsigned long pages = tlb->slot - tlb->newest->pages, tables = 0;

	for (struct mmu_gather_batch *b = tlb->newest; b != &tlb->local; b = b->older)
		pages += GATHER_BATCH;
	for (struct page *p = tlb->tables; p; p = next_table(p))
		tables++;
	if (pages + tables)
		trace_tlb_defer(tlb->mm, pages, tables);
}

void tlb_finish_mmu(struct mmu_gather *tlb)
{
	if (trace_on(TRACE_BIT(TLB)))
		trace_gathered(tlb);
	flush(tlb);
	if (tlb->slot != tlb->local.pages)
		free_gathered(tlb);
	if (tlb->tables)
		free_tables(tlb);
}
