/*
 * mm/internal.h - what only mm/ and its tests may see
 */
#ifndef MM_INTERNAL_H
#define MM_INTERNAL_H

#include <mm.h>
#include <rmap.h>

/* ---- page_lock.c: the last step of end_page_writeback() ---- */
void page_end_writeback_bit(struct page *page);
/* ---- rmap.c: write-protect and clean every entry of a shared mapping; any dirty?  Page locked. ---- */
bool page_mkclean(struct page *page);
/* ---- readahead.c: for a fault, mmap_sem held; true: the page was not cached, and may be on its way ---- */
bool fault_readahead(struct vm_area_struct *vma, struct address_space *m, pgoff_t index);
/* ---- page-writeback.c: set_page_dirty() for files that are written back ---- */
int mark_page_dirty(struct address_space *m, struct page *page);
/* Pages of @m that are found dirty by their tags: m->nr_dirty, says mm/verify.c.  tree_lock held. */
unsigned long count_dirty_tags(struct address_space *m);

/* ---- vma.c ---- */
extern unsigned long stack_guard_gap;	/* bytes kept free below a VMA that grows down */

/* First address that must stay free below @vma: its start, or the guard gap under a stack. */
static inline unsigned long vm_start_gap(const struct vm_area_struct *vma)
{
	unsigned long start = vma->vm_start;

	if (vma->vm_flags & VM_GROWSDOWN)
		start = start > stack_guard_gap ? start - stack_guard_gap : 0;
	return start;
}
/*
 * rb_subtree_gap does not tell gaps of this size and more apart: a search looks at the few there
 * can be (eight below 2^47) one by one.  So what is mapped at the edge of the largest gap, as
 * top-down mmap does all the time, changes no value on the way up to the root.
 */
#define GAP_LARGE (1UL << 44)

/* The first VMA that ends above @addr, as find_vma() says, by the tree alone: no trace in the cache. */
struct vm_area_struct *tree_find(const struct mm_struct *mm, unsigned long addr);
struct vm_area_struct *last_vma(const struct mm_struct *mm);	/* NULL: there is none */
/* Let @t (current) find @vma again, which covers @addr or follows the hole around it. */
void vmacache_update(struct task_struct *t, unsigned long addr, struct vm_area_struct *vma);
/* Hang @vma into list, tree, file and counters; the place is searched.  Cannot fail. */
void vma_link(struct mm_struct *mm, struct vm_area_struct *vma, struct vm_area_struct *prev);
/* At the end of the list alone: fork copies in order, then calls vma_build_tree(). */
void vma_append(struct mm_struct *mm, struct vm_area_struct *last, struct vm_area_struct *vma);
/* The tree of all VMAs in the list, in one go: each is touched once. */
void vma_build_tree(struct mm_struct *mm);
/* Take every VMA of [vma, end) out of list and tree; returns the first, chained by vm_next. */
struct vm_area_struct *detach_vmas(struct mm_struct *mm, struct vm_area_struct *vma,
				   unsigned long end);
/* @vma becomes [start, end); neighbours inside are swallowed, those partly covered trimmed. */
int vma_take_over(struct vm_area_struct *vma, unsigned long start, unsigned long end);
/* @vma, linked, becomes [start, end), less than it was.  Needs no memory.  The rest is not mapped any more. */
void vma_shrink(struct vm_area_struct *vma, unsigned long start, unsigned long end);
void remove_vma(struct vm_area_struct *vma);	/* close, drop file and anon_vmas, free */
void vma_set_page_prot(struct vm_area_struct *vma);
void vm_stat_account(struct mm_struct *mm, unsigned long flags, bool file, long pages);
int __split_vma(struct mm_struct *mm, struct vm_area_struct *vma, unsigned long addr, int new_below);
bool vma_has_anon_pages_possible(const struct vm_area_struct *vma);
struct anon_vma *find_mergeable_anon_vma(struct vm_area_struct *vma);
struct vm_area_struct *copy_vma(struct vm_area_struct *vma, unsigned long addr, unsigned long len,
				pgoff_t pgoff, bool keep);
void vma_file_unlink(struct vm_area_struct *vma);	/* leave i_mmap */
bool vma_gap_ok(struct vm_area_struct *vma);		/* recompute its rb_subtree_gap and compare */

void vmacache_invalidate(struct mm_struct *mm);	/* all threads forget @mm's VMAs */

/* The VMAs of [start, end), all inside @vma, as one VMA that can be given @flags; ERR_PTR. */
struct vm_area_struct *vma_modify(struct vm_area_struct *vma, unsigned long start,
				  unsigned long end, unsigned long flags);

/* ---- pkey.c: mmap_sem held for writing ---- */
void mm_pkey_init(struct mm_struct *mm);	/* exec: key 0 alone; fork copies */
bool mm_pkey_is_allocated(const struct mm_struct *mm, int pkey);
int execute_only_pkey(struct mm_struct *mm);
int mprotect_pkey(const struct vm_area_struct *vma, unsigned long prot, int pkey);

/* ---- mmap.c ---- */
int mlock_future_check(struct mm_struct *mm, unsigned long flags, unsigned long len);
/* Split at both ends so that [start, end) is made of whole VMAs; 0 or -ENOMEM. */
int isolate_range(struct mm_struct *mm, unsigned long start, unsigned long end);
bool may_expand_vm(struct mm_struct *mm, unsigned long flags, unsigned long pages);
bool may_expand_vm_of(const struct task_struct *tsk, const struct mm_struct *mm, unsigned long flags,
		      unsigned long pages);	/* by the limits of @tsk */
static inline bool is_stack_mapping(unsigned long flags) { return flags & VM_GROWSDOWN; }
static inline bool is_exec_mapping(unsigned long flags)
{
	return (flags & (VM_EXEC | VM_WRITE | VM_GROWSDOWN)) == VM_EXEC;
}
static inline bool is_data_mapping(unsigned long flags)
{
	return (flags & (VM_WRITE | VM_SHARED | VM_GROWSDOWN)) == VM_WRITE;
}
void unmap_region(struct mm_struct *mm, struct vm_area_struct *vma, struct vm_area_struct *prev,
		  unsigned long start, unsigned long end);

/* ---- commit.c ---- */
bool accountable_mapping(struct file *file, unsigned long flags);
void commit_init(void);

/* ---- memory.c ---- */
/* mm_find_pmd() for the fault path: inline, because every fault walks here. */
static __always_inline pmd_t *walk_to_pmd(struct mm_struct *mm, unsigned long addr)
{
	pgd_t *pgd = pgd_offset(mm, addr);
	p4d_t *p4d;
	pud_t *pud;
	pmd_t *pmd;

	if (unlikely(pgd_none(*pgd)))
		return NULL;
	p4d = p4d_offset(pgd, addr);
	if (unlikely(p4d_none(*p4d)))
		return NULL;
	pud = pud_offset(p4d, addr);
	if (unlikely(pud_none(*pud)))
		return NULL;
	VM_BUG_ON_MM(pud_leaf(*pud), mm);
	pmd = pmd_offset(pud, addr);
	if (unlikely(pmd_none(*pmd)))
		return NULL;
	VM_BUG_ON_MM(pmd_leaf(*pmd), mm);
	return pmd;
}
/* Does one last-level table serve all of [addr, end)? */
static inline bool in_one_table(unsigned long addr, unsigned long end)
{
	return !((addr ^ (end - 1)) & PMD_MASK);
}
/* The table whose pte lock this is. */
static inline struct page *ptl_table(spinlock_t *ptl)
{
	return container_of(ptl, struct page, ptl);
}
/* The table has @n entries more in use.  Enter: its lock is held. */
static inline void pt_entries_add(spinlock_t *ptl, int n)
{
	ptl_table(ptl)->pt_entries += n;
}
static inline pte_t maybe_mkwrite(pte_t pte, const struct vm_area_struct *vma)
{
	return vma->vm_flags & VM_WRITE ? pte_mkwrite(pte) : pte;
}
static inline void update_hiwater_rss(struct mm_struct *mm)
{
	unsigned long rss = get_mm_rss(mm);

	if (mm->hiwater_rss < rss)
		mm->hiwater_rss = rss;
}
static inline void update_hiwater_vm(struct mm_struct *mm)
{
	if (mm->hiwater_vm < mm->total_vm)
		mm->hiwater_vm = mm->total_vm;
}
void free_unused_tables(struct mm_struct *mm, unsigned long start, unsigned long end);
void free_table_range(struct mmu_gather *tlb, unsigned long start, unsigned long end, unsigned long floor,
		      unsigned long ceiling);
extern pgprot_t protection_map[16];
extern u32 mm_next_id;

/* ---- proc.c ---- */
/*
 * The next last-level table of [*addr, end): its pmd, and in *@addr the first address of the range
 * that it maps; NULL when there is none.  Absent upper tables are passed over in one step.
 */
pmd_t *next_pte_table(struct mm_struct *mm, unsigned long *addr, unsigned long end);

/* ---- oom_reap.c ---- */
/*
 * An entry whose page is lost: taken by the reaper, or in a slot of swap that could not be read when its area went.  It looks
 * like an offset that no file has; only in private areas that have an anon_vma.  To touch it is SIGBUS.
 */
static inline pte_t pte_marker_poisoned(void) { return pgoff_to_pte(~0UL >> PAGE_SHIFT); }
static inline bool pte_poisoned(pte_t e) { return e.pte == pte_marker_poisoned().pte; }
/* An anonymous page that is not in memory: in swap, or lost. */
static inline bool pte_anon_absent(pte_t e) { return pte_swap(e) || pte_poisoned(e); }

/* ---- vmstat.c ---- */
/* Counts of the machine as a whole, in Linux's order and with its names. */
#define NR_NODE_COUNTS 19
/* Pages of a list, of one zone or (NULL) of all: what /proc shows. */
struct seq_file;
void show_zone_lru(struct seq_file *m, const struct zone *z, const char *indent);	/* nr_zone_*: of @z or all */
unsigned long lru_shown(const struct zone *z, enum lru_list l);
/* A counter that CPUs change at the same time, for a moment below 0 perhaps: not that. */
unsigned long count_of(const atomic_long_t *v);
const char *node_count_name(unsigned int i);
unsigned long node_count(unsigned int i);

/* ---- gather.c ---- */
void tlb_more_room(struct mmu_gather *tlb);	/* the batch is full */
/* tlb_remove_page(), inline for the loop over entries. */
static __always_inline void gather_page(struct mmu_gather *tlb, struct page *page)
{
	if (unlikely(tlb->slot == tlb->slots_end))
		tlb_more_room(tlb);
	*tlb->slot++ = page;
}
void tlb_remove_table(struct mmu_gather *tlb, void *table, bool last_level, unsigned long addr);
void tlb_note_range(struct mmu_gather *tlb, unsigned long start, unsigned long end);

/* ---- lru.c: any context, unless stated ---- */
extern bool lru_listing;			/* anonymous pages are put on lists: memory has been short */
void lru_cache_add(struct page *page);		/* unless it is on a list already; its flags are set */
void lru_forget(struct page *page);		/* it is about to be freed */
void deactivate_page(struct page *page);
void mark_page_accessed(struct page *page);	/* by read(2), or write(2) to shared memory: once, it is referenced; again, it is active */
void lru_rotate(struct page *page);		/* to the old end of its list: written because reclaim met it */
void lru_set_swapbacked(struct page *page);	/* its contents count: its place is swap */
void lru_lazyfree(struct page *page);		/* they do not: it may be dropped (MADV_FREE) */
void lru_set_unevictable(struct page *page, bool yes);
/* Up to @max pages from the old end of a list, each with a reference: put_back or free them. */
unsigned int lru_isolate(struct zone *z, enum lru_list l, unsigned int max, struct list_head *taken);
/* The one page, with a reference; nothing if somebody else has taken it.  Its ptl is held. */
void lru_take(struct page *page, struct list_head *taken);
void lru_putback(struct page *page);		/* on the list that its flags name; drops the reference */
unsigned long lru_pages(enum lru_list l);	/* of all zones */
int lru_verify(void);				/* number of violations */

/* ---- empty_tables.c ---- */
/* Of all address spaces, where no lock is taken: page tables without an entry go.  How many.  Drops references on mms. */
unsigned long free_empty_tables(void);

/* ---- vmscan.c ---- */
/* One round over the lists of all zones and the kernel's caches, by a part of 2^-@priority: pages freed.  May wait. */
unsigned long shrink_round(enum quire_reclaimer by, int priority);
/* Has any zone from which all may take as much as it should?  That of the kernel's devices alone may stay short. */
bool is_balanced(void);

/* ---- mlock.c, gup.c ---- */
/* Fault in [start, end) of @vma as it may be accessed; pages done or -errno. mmap_sem for read. */
long populate_vma_range(struct vm_area_struct *vma, unsigned long start, unsigned long end,
			bool write);
/* One VM_LOCKED area's entry more, or less, names @page (pte lock held). */
void mlock_page(struct page *page);
void munlock_page(struct page *page);
void munlock_unmapped_page(struct page *page);	/* no entry names it any more */
extern unsigned long nr_mlock;			/* pages with PG_mlocked */
static inline bool vma_locks_pages(const struct vm_area_struct *vma)
{
	return unlikely((vma->vm_flags & (VM_LOCKED | VM_SPECIAL)) == VM_LOCKED);
}
static inline void mlock_vma_page(struct page *page, const struct vm_area_struct *vma)
{
	if (vma_locks_pages(vma))
		mlock_page(page);
}
static inline void munlock_vma_page(struct page *page, const struct vm_area_struct *vma)
{
	if (vma_locks_pages(vma))
		munlock_page(page);
}
void munlock_vma_pages(struct vm_area_struct *vma, unsigned long start, unsigned long end);

/* ---- filemap.c, truncate.c, shmem.c ---- */
/* Up to @max cached pages of [@first, @last], in order, with a reference each. */
unsigned int find_get_pages(struct address_space *m, pgoff_t first, pgoff_t last, struct page **pages, unsigned int max);
/* Page locked: out of its file if it is clean, mapped by nobody, and only the cache and the caller refer to it. */
bool drop_locked_page(struct page *page);
bool mapping_is_shmem(const struct address_space *m);
int add_to_page_cache(struct address_space *m, pgoff_t index, struct page *page);
void truncate_inode_range(struct address_space *m, loff_t start, loff_t end);
/* Cached or new page, locked, perhaps not filled yet; ERR_PTR(-ENOMEM, -ENOSPC). */
struct page *grab_page(struct address_space *m, pgoff_t index, gfp_t gfp);
unsigned long shmem_recount(void);		/* pages charged by shmem.c, counted anew */
int shmem_may_write(struct inode *inode, loff_t pos, size_t n);
unsigned int *shmem_seals(struct inode *inode);
/* A shared mapping of a file sealed against writing: -EPERM if writable, else never to be. */
int memfd_check_seals(struct file *file, unsigned long *vm_flags);
static inline bool is_shared_maywrite(unsigned long flags)
{
	return (flags & (VM_SHARED | VM_MAYWRITE)) == (VM_SHARED | VM_MAYWRITE);
}
/* A shared mapping that may write: 0, or -EPERM if the file is sealed (mm/memfd.c). */
int mapping_map_writable(struct address_space *m);
void mapping_unmap_writable(struct address_space *m);
bool vma_is_shmem(const struct vm_area_struct *vma);
static inline bool mapping_unevictable(const struct address_space *m)
{
	return test_bit(AS_UNEVICTABLE, &m->flags);
}
/* The page of @m, in memory or brought back from swap, with a reference; NULL: a hole.  ERR_PTR(-ENOMEM, -EIO). */
struct page *shmem_get_page(struct address_space *m, pgoff_t index);
/* If the page is in swap: brought back, locked and referenced, or ERR_PTR as above; NULL: it is not. */
struct page *shmem_swapin_page(struct address_space *m, pgoff_t index);
bool shmem_needs_disk(struct address_space *m, pgoff_t index);	/* would it have to be read? */
bool shmem_in_swap_cache(struct address_space *m, pgoff_t index);
/*
 * For reclaim: a page of @page->mapping, locked, dirty, mapped by nobody, and nobody's but the caller's, once, and the cache's.
 * True: its slot is in its place, it is on its way and unlocked.  False: it stays, locked.
 */
bool shmem_writepage(struct page *page);
/* Does its tree hold anything but pages?  Without lock: the caller looks again under tree_lock. */
static inline bool shmem_has_values(const struct address_space *m)
{
	return READ_ONCE(m->nr_swapped) || READ_ONCE(m->nr_lost);
}
/* Truncation found @entry, a value, at @index: gone.  False: it has changed. */
bool shmem_free_swap(struct address_space *m, pgoff_t index, void *entry);
/* Up to @max entries of [@first, @last], pages with a reference; more than one can be had of a place only by asking again. */
unsigned int find_get_entries(struct address_space *m, pgoff_t first, pgoff_t last, void **entries, pgoff_t *indices,
			      unsigned int max);
unsigned long shmem_swap_usage(const struct vm_area_struct *vma);	/* bytes of swap that smaps says it has */
unsigned long shmem_partial_swap_usage(struct address_space *m, pgoff_t first, pgoff_t end);
void shmem_swapin_range(struct address_space *m, pgoff_t first, pgoff_t end);	/* MADV_WILLNEED */
/* An fallocate(2) is under way: what it has made and nobody has used is not swapped, because it may have to go again. */
struct shmem_falloc {
	pgoff_t first;
	unsigned long refused;		/* pages that reclaim wanted: more than were made is a sign that there is no room */
};
void shmem_falloc_begin(struct address_space *m, struct shmem_falloc *f);	/* NULL: it is over */
bool shmem_charged_by_page(const struct inode *inode);	/* of an object that is not charged as a whole */
unsigned long shmem_swapped_pages(bool (*of)(const struct inode *inode));	/* in swap, of the files that @of takes */
int shmem_verify_swap(unsigned long *entries);	/* values in the trees, and what they name */

/* ---- nonlinear.c ---- */
/* First address in (start, end] where the file pages no longer follow each other. */
unsigned long vma_run_end(struct vm_area_struct *vma, unsigned long start, unsigned long end);
/* rmap_walk() in one nonlinear area: @fn is called where @page is mapped.  i_mmap_rwsem held. */
bool rmap_walk_nonlinear(struct page *page, struct vm_area_struct *vma,
			 bool (*fn)(struct page *, struct vm_area_struct *, unsigned long, void *),
			 void *arg);
int generic_file_remap_pages(struct vm_area_struct *vma, unsigned long addr, unsigned long size,
			     pgoff_t pgoff);
bool file_offset_ok(struct file *file, unsigned long pgoff, unsigned long len);	/* mmap.c */

/* ---- pfnmap.c: VM_ARCH_1 areas, mmap_sem held for writing ---- */
/* The first frame of a linear PFN map. */
unsigned long pfnmap_pfn(const struct vm_area_struct *vma);
/* The area goes: free its memory type.  Needs no memory. */
void pfnmap_untrack(struct vm_area_struct *vma);
/* Before the area is cut at @at: 0 or -ENOMEM.  Undone by pfnmap_join. */
int pfnmap_split(struct vm_area_struct *vma, unsigned long at);
void pfnmap_join(struct vm_area_struct *vma, unsigned long at, unsigned long end);
/* A child's copy of an area reserves for itself: 0, or -ENOMEM with VM_ARCH_1 cleared. */
int pfnmap_fork(struct vm_area_struct *vma);
bool pfnmap_copy_frame(struct page *to, unsigned long pfn);
/* Private and may be written: pages can be copied on write. */
static inline bool is_cow_mapping(unsigned long flags)
{
	return (flags & (VM_SHARED | VM_MAYWRITE)) == VM_MAYWRITE;
}

/* ---- mm.c ---- */
/* The next mm of the list after @mm (at first &init_mm) with a user reference; drops the one on @mm.  NULL at the end. */
struct mm_struct *next_mm(struct mm_struct *mm);

/* ---- verify.c ---- */
int mm_verify_one(struct mm_struct *mm);	/* what can be checked in one mm alone */
/* One violation, logged (the first 50 of a run). Returns 1. */
int mm_complain(struct mm_struct *mm, unsigned long addr, const char *what, unsigned long a,
		unsigned long b);

/*
 * What others have read of a file is not for everyone: only who owns it or may write it learns which
 * of its pages are in memory (mincore; MADV_PAGEOUT, which would tell by timing).
 */
bool may_know_residency(const struct vm_area_struct *vma);

#endif
