/*
 * mm.h - what the rest of the kernel may ask of memory management
 */
#ifndef MM_H
#define MM_H

#include <asm/pgtable.h>
#include <asm/tlbflush.h>
#include <bug.h>
#include <err.h>
#include <gfp.h>
#include <mm_types.h>
#include <trace.h>
#include <uapi/mman.h>

struct pt_regs;
struct seq_file;

/* ---- vm_flags: the notes' list, Linux's values ---- */
#define VM_NONE		0x00000000UL
#define VM_READ		0x00000001UL
#define VM_WRITE	0x00000002UL
#define VM_EXEC		0x00000004UL
#define VM_SHARED	0x00000008UL
#define VM_MAYREAD	0x00000010UL	/* limits for mprotect: MAYx >> 4 == x */
#define VM_MAYWRITE	0x00000020UL
#define VM_MAYEXEC	0x00000040UL
#define VM_MAYSHARE	0x00000080UL
#define VM_GROWSDOWN	0x00000100UL
#define VM_PFNMAP	0x00000400UL	/* frames without struct page, raw PFNs */
#define VM_DENYWRITE	0x00000800UL
#define VM_LOCKED	0x00002000UL
#define VM_IO		0x00004000UL
#define VM_SEQ_READ	0x00008000UL
#define VM_RAND_READ	0x00010000UL
#define VM_DONTCOPY	0x00020000UL
#define VM_DONTEXPAND	0x00040000UL
#define VM_LOCKONFAULT	0x00080000UL	/* mlock2: locked when touched, not populated */
#define VM_ACCOUNT	0x00100000UL
#define VM_NORESERVE	0x00200000UL
#define VM_HUGETLB	0x00400000UL
#define VM_NONLINEAR	0x00800000UL
#define VM_ARCH_1	0x01000000UL	/* x86: its memory type is reserved (PAT) */
#define VM_WIPEONFORK	0x02000000UL
#define VM_DONTDUMP	0x04000000UL
#define VM_SOFTDIRTY	0x08000000UL	/* new since the last clear_refs: all of it counts as written */
#define VM_PKEY_SHIFT	32		/* the protection key: four bits */
#define VM_PKEY_BIT0	0x100000000UL
#define VM_PKEY_BIT1	0x200000000UL
#define VM_PKEY_BIT2	0x400000000UL
#define VM_PKEY_BIT3	0x800000000UL
#define VM_PKEY_MASK	(VM_PKEY_BIT0 | VM_PKEY_BIT1 | VM_PKEY_BIT2 | VM_PKEY_BIT3)
#define VM_STACK	VM_GROWSDOWN
#define VM_ACCESS_FLAGS	(VM_READ | VM_WRITE | VM_EXEC)
#define VM_SPECIAL	(VM_IO | VM_DONTEXPAND | VM_PFNMAP)

#define DEFAULT_MAX_MAP_COUNT 65530
#define MMAP_MIN_ADDR 65536UL
#define STACK_GUARD_GAP (256UL << PAGE_SHIFT)
extern int sysctl_max_map_count;
#define OVERCOMMIT_GUESS	0	/* refuse what can never fit */
#define OVERCOMMIT_ALWAYS	1
#define OVERCOMMIT_NEVER	2	/* keep to vm_commit_limit() */
extern int sysctl_overcommit_memory, sysctl_overcommit_ratio;	/* ratio: percent of RAM */
extern unsigned long sysctl_overcommit_kbytes;			/* instead of the ratio if not 0 */
extern unsigned long sysctl_user_reserve_kbytes, sysctl_admin_reserve_kbytes;
extern unsigned long sysctl_mmap_min_addr;
extern int randomize_va_space;		/* 0 by norandmaps */
extern int sysctl_legacy_va_layout;	/* mappings go up, for all programs */
#define MMAP_RND_BITS_MIN	28
#define MMAP_RND_BITS_MAX	32
extern int sysctl_mmap_rnd_bits;
unsigned long mmap_rnd(void);		/* bytes: chance for where mappings, or a program, begin */
extern atomic_long_t vm_committed_as;	/* pages */

/* ---- faults ---- */
#define FAULT_FLAG_WRITE	0x01
#define FAULT_FLAG_USER		0x02
#define FAULT_FLAG_INSTRUCTION	0x04
#define FAULT_FLAG_PRESENT	0x08	/* protection fault, not a missing page */
#define FAULT_FLAG_UNSHARE	0x400	/* a copy of a COW page, read-only and clean: it will be pinned */

typedef unsigned int vm_fault_t;
#define VM_FAULT_OOM		0x0001
#define VM_FAULT_SIGBUS		0x0002
#define VM_FAULT_MAJOR		0x0004
#define VM_FAULT_SIGSEGV	0x0040
#define VM_FAULT_NOPAGE		0x0100	/* ->fault installed the PTE itself */
#define VM_FAULT_LOCKED		0x0200	/* ->fault returned a locked page */
#define VM_FAULT_RETRY		0x0400
#define VM_FAULT_ERROR		(VM_FAULT_OOM | VM_FAULT_SIGBUS | VM_FAULT_SIGSEGV)

struct vm_fault {
	unsigned int flags;
	pgoff_t pgoff;			/* page offset in the file */
	unsigned long virtual_address;	/* page aligned */
	struct page *page;		/* ->fault's answer, with a reference */
	pgoff_t max_pgoff;		/* ->map_pages: last one wanted */
	pmd_t *pmd;			/* ->map_pages: where */
};

/* What makes one kind of VMA differ from another.  Context: mmap_sem held unless stated. */
struct vm_operations_struct {
	void (*open)(struct vm_area_struct *area);
	void (*close)(struct vm_area_struct *area);
	/* Does the object reach to page @index?  Asked before ->fault, which may still find it gone; NULL: yes. */
	bool (*has_page)(struct vm_area_struct *vma, pgoff_t index);
	/* A page is missing: set vmf->page (referenced, locked if VM_FAULT_LOCKED) or return an error bit. */
	int (*fault)(struct vm_area_struct *vma, struct vm_fault *vmf);
	/* Map cached neighbours of a read fault, none of them by I/O. */
	void (*map_pages)(struct vm_area_struct *vma, struct vm_fault *vmf);
	/* A read-only shared page is about to be written; an error is SIGBUS. */
	int (*page_mkwrite)(struct vm_area_struct *vma, struct vm_fault *vmf);
	/* remap_file_pages: [addr, addr + size) of a shared area shows the file from page @pgoff on. */
	int (*remap_pages)(struct vm_area_struct *vma, unsigned long addr, unsigned long size,
			   pgoff_t pgoff);
	/* access_process_vm where get_user_pages cannot go. */
	int (*access)(struct vm_area_struct *vma, unsigned long addr, void *buf, int len, int write);
	/* May the area be cut at @addr?  0 or -errno, which is the caller's answer. */
	int (*may_split)(struct vm_area_struct *vma, unsigned long addr);
	/* The name shown in /proc/PID/maps. */
	const char *(*name)(struct vm_area_struct *vma);
	/* Its pages are pinned while it is mapped: open and close count them in mm->pinned_vm. */
	bool pins_pages;
};

/* Enter: mmap_sem held for read, @vma covers @address.  mm/fault.c: one function per kind of fault. */
vm_fault_t handle_mm_fault(struct vm_area_struct *vma, unsigned long address, unsigned int flags);

/* ---- struct page ---- */
#define PAGE_FLAG(Name, bit)								\
static inline bool Page##Name(const struct page *p) { return test_bit(PG_##bit, &p->flags); }	\
static inline void SetPage##Name(struct page *p) { set_bit(PG_##bit, &p->flags); }	\
static inline void ClearPage##Name(struct page *p) { clear_bit(PG_##bit, &p->flags); }	\
static inline bool TestSetPage##Name(struct page *p) { return test_and_set_bit(PG_##bit, &p->flags); } \
static inline bool TestClearPage##Name(struct page *p) { return test_and_clear_bit(PG_##bit, &p->flags); }
PAGE_FLAG(Locked, locked)
PAGE_FLAG(Referenced, referenced)
PAGE_FLAG(Uptodate, uptodate)
PAGE_FLAG(Dirty, dirty)
PAGE_FLAG(LRU, lru)
PAGE_FLAG(Active, active)
PAGE_FLAG(Reserved, reserved)
PAGE_FLAG(Buddy, buddy)
PAGE_FLAG(Slab, slab)
PAGE_FLAG(Table, table)
PAGE_FLAG(Compound, compound)
PAGE_FLAG(SwapBacked, swapbacked)
PAGE_FLAG(Mlocked, mlocked)
PAGE_FLAG(Pcp, pcp)
PAGE_FLAG(Writeback, writeback)
PAGE_FLAG(Unevictable, unevictable)
PAGE_FLAG(SwapCache, swapcache)
PAGE_FLAG(Reclaim, reclaim)
PAGE_FLAG(Isolated, isolated)
PAGE_FLAG(Readahead, readahead)

static inline bool PageAnon(const struct page *p)
{
	return (unsigned long)p->mapping & PAGE_MAPPING_ANON;
}
static inline int page_count(const struct page *p) { return atomic_read(&p->_refcount); }
static inline int page_mapcount(const struct page *p) { return atomic_read(&p->_mapcount) + 1; }
static inline bool page_mapped(const struct page *p) { return page_mapcount(p) > 0; }
/* A page that several address spaces have since fork: a write in one of them copies it. */
bool anon_page_shared(const struct page *p);
static inline enum zone_type page_zonenum(const struct page *p) { return p->flags >> PAGE_ZONE_SHIFT; }
struct zone *page_zone(const struct page *p);

void __put_page(struct page *page);	/* last reference gone: free it (mm/swap.c-less: page_alloc.c) */
static inline void get_page(struct page *p)
{
	VM_BUG_ON_PAGE(page_count(p) <= 0, p);
	atomic_inc(&p->_refcount);
}
/* A reference, unless the last one is gone already. */
static inline bool get_page_unless_zero(struct page *p)
{
	int n = atomic_read(&p->_refcount);

	while (n > 0) {
		int was = atomic_cmpxchg(&p->_refcount, n, n + 1);

		if (was == n)
			return true;
		n = was;
	}
	return false;
}
static inline void put_page(struct page *p)
{
	VM_BUG_ON_PAGE(page_count(p) <= 0, p);
	if (atomic_dec_and_test(&p->_refcount))
		__put_page(p);
}
/* The page lock sleeps; it protects ->mapping, truncation and I/O. */
void lock_page(struct page *page);
bool trylock_page(struct page *page);
void lock_new_page(struct page *page);	/* that nobody else knows yet */
void unlock_page(struct page *page);
/*
 * Transfers to and from a disk end in an interrupt, where no task holds the page lock: page_io_begin() takes it
 * off current's account (the page stays locked), page_end_read() opens it from any context.
 */
void page_io_begin(struct page *page);
void page_end_read(struct page *page, int err);	/* 0: its contents are valid */
/* PG_writeback: the disk reads the page.  Set under the page lock; cleared, and waited for, without. */
void set_page_writeback(struct page *page);	/* mm/page-writeback.c */
void end_page_writeback(struct page *page);	/* any context */
void wait_on_page_writeback(struct page *page);

extern struct page *empty_zero_page;	/* the zero page: read faults of anonymous memory */
static inline bool is_zero_pfn(unsigned long pfn) { return pfn == page_to_pfn(empty_zero_page); }

/* ---- boot and zones (mm/page_alloc.c) ---- */
extern struct zone zones[MAX_NR_ZONES];
void mem_init(void);			/* struct page array, zones, buddies from memblock */
unsigned long nr_free_pages(void);	/* all zones, per-CPU lists included */
unsigned long min_free_pages(void);	/* the sum of all min watermarks: only __GFP_HIGH goes below */
unsigned long totalram_pages(void);
void drain_all_pages(void);		/* per-CPU lists back to the buddies */
int page_alloc_verify(void);		/* walk free lists; number of violations */
extern bool page_alloc_ready;		/* mem_init() is done: memblock hands out nothing any more */
/* Reserved at boot, needed no longer (.init, initrd): whole pages of [start, end) become free. */
void free_reserved_area(phys_addr_t start, phys_addr_t end);
/*
 * Give back all that is kept for speed (per-CPU pages, slab arrays and empty slabs, cached
 * kernel stacks), so that two readings of nr_free_pages() can be compared.
 */
void mm_drain_caches(void);
int buddyinfo_show(struct seq_file *m);
int zoneinfo_show(struct seq_file *m);
int meminfo_show(struct seq_file *m);	/* mm/vmstat.c */
int vmstat_show(struct seq_file *m);
/* ---- mm/shrinker.c: caches of the kernel's own, which reclaim makes smaller.  Process context ---- */
struct shrink_control {
	int priority;			/* of the round: 12 little pressure ... 0 all that can go */
	unsigned long nr_to_scan;	/* objects to look at */
	unsigned long nr_scanned;	/* those that were: set to nr_to_scan for scan_objects() */
	unsigned long nr_pages;		/* scan_objects() adds what came free */
};
struct shrinker {
	const char *name;
	/* Objects that could go now; 0 also: not at this pressure.  Cheap, and takes no sleeping lock. */
	unsigned long (*count_objects)(struct shrinker *s, struct shrink_control *sc);
	/* Free up to nr_to_scan of them, the oldest first: how many went.  SHRINK_STOP: not now, a lock is taken. */
	unsigned long (*scan_objects)(struct shrinker *s, struct shrink_control *sc);
	int seeks;			/* how dear it is to make one again: DEFAULT_SEEKS; 0: only kept ready */
	atomic_long_t nr_deferred;
	struct list_head list;
};
#define DEFAULT_SEEKS	2
#define SHRINK_STOP	(~0UL)
#define SHRINK_HARD	6		/* at this priority and below, CPUs are asked for what each keeps for itself */
void register_shrinker(struct shrinker *s);
unsigned long shrink_slab(int priority);	/* all of them, as a round at this priority does: pages freed */
void drop_slab(void);				/* until little comes: /proc/sys/vm/drop_caches */

/* ---- page tables (mm/memory.c; allocation in arch) ---- */
extern atomic_long_t nr_page_table_pages;	/* of all address spaces, all levels */
unsigned long nr_cached_tables(void);		/* empty ones that the CPUs keep for the next fault */
void drain_table_caches(void);
void for_each_cached_table(void (*fn)(const struct page *page, void *arg), void *arg);	/* machine stopped */
void pgtable_cache_init(void);			/* reclaim may take them */
/* These count mm->nr_tables (not the pgd, and not p4d tables) and mm->nr_ptes themselves. */
pgd_t *pgd_alloc(struct mm_struct *mm);		/* kernel half shared; NULL when there is no memory */
void pgd_free(struct mm_struct *mm, pgd_t *pgd);
struct page *pte_alloc_one(struct mm_struct *mm);	/* zeroed, PG_table, ptl ready */
void pte_free(struct mm_struct *mm, struct page *table);
void *table_alloc_one(struct mm_struct *mm);	/* zeroed upper-level table */
void table_free(struct mm_struct *mm, void *table);
static inline struct page *pte_page(pte_t e) { return frame_to_page(e.pte & PTE_PFN_MASK); }
static inline struct page *pmd_page(pmd_t e) { return frame_to_page(e.pmd & PTE_PFN_MASK); }
static inline spinlock_t *pte_lockptr(struct mm_struct *mm, pmd_t *pmd)
{
	(void)mm;
	return &pmd_page(*pmd)->ptl;
}
/* The one way to a PTE: its address, with the table's lock held. */
static inline pte_t *pte_offset_map_lock(struct mm_struct *mm, pmd_t *pmd, unsigned long addr,
					 spinlock_t **ptlp)
{
	spinlock_t *ptl = pte_lockptr(mm, pmd);

	spin_lock(ptl);
	*ptlp = ptl;
	return pte_offset_kernel(pmd, addr);
}
/* The same of a second table (spin_lock_nested()): at fork the parent's, under the child's. */
static inline pte_t *pte_offset_map_lock_nested(struct mm_struct *mm, pmd_t *pmd, unsigned long addr,
						spinlock_t **ptlp)
{
	spinlock_t *ptl = pte_lockptr(mm, pmd);

	spin_lock_nested(ptl, 1);
	*ptlp = ptl;
	return pte_offset_kernel(pmd, addr);
}
static inline void pte_unmap_unlock(pte_t *pte, spinlock_t *ptl)
{
	(void)pte;
	spin_unlock(ptl);
}
/* The pmd for @addr, NULL if no table leads there. */
pmd_t *mm_find_pmd(struct mm_struct *mm, unsigned long addr);
/* The pmd for @addr with tables made down to the last level; NULL when there is no memory. */
pmd_t *mm_alloc_pmd(struct mm_struct *mm, unsigned long addr);

static inline void set_pte_at(struct mm_struct *mm, unsigned long addr, pte_t *ptep, pte_t pte)
{
	(void)mm;
	(void)addr;
	set_pte(ptep, pte);
}

/* mmu_gather: unmap, flush once, then free. */
#define GATHER_BATCH 62
struct mmu_gather_batch {
	struct mmu_gather_batch *older;	/* these are full */
	struct page *pages[GATHER_BATCH];
};
struct mmu_gather {
	struct mm_struct *mm;
	unsigned long start, end;	/* what must be flushed */
	bool fullmm;			/* exit: nobody runs in it */
	bool swapcache;			/* some of the pages are in the swap cache */
	struct page *tables;		/* page-table pages to free after the flush, by ->lru */
	struct mmu_gather_batch *newest;	/* the one that is being filled */
	struct page **slot, **slots_end;	/* where in it the next page goes */
	struct mmu_gather_batch local;	/* the oldest, on the caller's stack: no memory is needed */
};
void tlb_gather_mmu(struct mmu_gather *tlb, struct mm_struct *mm, bool fullmm);
void tlb_remove_page(struct mmu_gather *tlb, struct page *page);	/* takes over one reference */
void tlb_finish_mmu(struct mmu_gather *tlb);

int copy_page_range(struct mm_struct *dst, struct mm_struct *src, struct vm_area_struct *vma);
void unmap_vmas(struct mmu_gather *tlb, struct vm_area_struct *vma, unsigned long start, unsigned long end);
void free_pgtables(struct mmu_gather *tlb, struct vm_area_struct *vma, unsigned long floor, unsigned long ceiling);
void zap_page_range(struct vm_area_struct *vma, unsigned long start, unsigned long size);
/* Only file pages that no other entry maps; not for a nonlinear area.  mmap_sem held for reading. */
void zap_unshared_file_pages(struct vm_area_struct *vma, unsigned long start, unsigned long end);
/* Unmap pages [@holebegin, +@holelen) bytes of a file from every VMA (truncation). */
void unmap_mapping_range(struct address_space *mapping, loff_t holebegin, loff_t holelen, bool even_cows);
/* mm/pfnmap.c */
int remap_pfn_range(struct vm_area_struct *vma, unsigned long addr, unsigned long pfn,
		    unsigned long size, pgprot_t prot);
int vm_iomap_memory(struct vm_area_struct *vma, phys_addr_t start, unsigned long len);
int generic_access_phys(struct vm_area_struct *vma, unsigned long addr, void *buf, int len, int write);
int vm_insert_page(struct vm_area_struct *vma, unsigned long addr, struct page *page);
vm_fault_t vmf_insert_pfn(struct vm_area_struct *vma, unsigned long addr, unsigned long pfn);
/* The page behind a present entry that counts references; NULL for the zero page and PFN maps. */
static inline struct page *vm_normal_page(struct vm_area_struct *vma, unsigned long addr, pte_t pte)
{
	(void)vma;
	(void)addr;
	if (unlikely(pte_special(pte)))
		return NULL;
	VM_BUG_ON_VMA(!pfn_valid(pte_pfn(pte)), vma);
	return pte_page(pte);
}

static inline void add_mm_counter(struct mm_struct *mm, int member, long value)
{
	atomic_long_add(value, &mm->rss_stat.count[member]);
}
static inline unsigned long get_mm_counter(struct mm_struct *mm, int member)
{
	long v = atomic_long_read(&mm->rss_stat.count[member]);

	return v < 0 ? 0 : v;
}
static inline unsigned long get_mm_rss(struct mm_struct *mm)
{
	return get_mm_counter(mm, MM_FILEPAGES) + get_mm_counter(mm, MM_ANONPAGES) +
	       get_mm_counter(mm, MM_SHMEMPAGES);
}
int mm_counter(const struct page *page);	/* which rss counter a page belongs to */
unsigned long get_mm_hiwater_rss(struct mm_struct *mm);

/* ---- mm_struct (mm/mm.c) ---- */
extern struct kmem_cache *mm_cachep, *vm_area_cachep;
extern spinlock_t mmlist_lock;
void proc_caches_init(void);		/* mm_cachep, vm_area_cachep, and mmap_init() */
void mmap_init(void);
struct mm_struct *mm_alloc(void);	/* empty, mm_users = mm_count = 1; NULL when there is no memory */
void mmput(struct mm_struct *mm);	/* drop a user; the last one unmaps everything */
void mmdrop(struct mm_struct *mm);	/* drop a reference; the last one frees the structure */
static inline void mmget(struct mm_struct *mm)
{
	atomic_inc(&mm->mm_users);
	trace_mm_get(mm, MMWHY_USERS);
}
static inline void mmgrab(struct mm_struct *mm)
{
	atomic_inc(&mm->mm_count);
	trace_mm_get(mm, MMWHY_COUNT);
}
static inline bool mmget_not_zero(struct mm_struct *mm)
{
	if (!atomic_inc_not_zero(&mm->mm_users))
		return false;
	trace_mm_get(mm, MMWHY_USERS);
	return true;
}
struct mm_struct *get_task_mm(struct task_struct *task);	/* with a user reference, or NULL */
/* fork: an equal copy of @old, pages shared copy-on-write.  ERR_PTR(-ENOMEM) leaves @old as it was. */
struct mm_struct *dup_mm(struct mm_struct *old);
void exit_mmap(struct mm_struct *mm);
void set_mm_exe_file(struct mm_struct *mm, struct file *file);
struct file *get_mm_exe_file(struct mm_struct *mm);

/* ---- VMAs (mm/vma.c): mmap_sem held, for writing where they change something ---- */
struct vm_area_struct *vm_area_alloc(struct mm_struct *mm);
struct vm_area_struct *vm_area_dup(struct vm_area_struct *orig);
void vm_area_free(struct vm_area_struct *vma);
struct vm_area_struct *find_vma(struct mm_struct *mm, unsigned long addr);	/* first with addr < vm_end */
struct vm_area_struct *find_vma_prev(struct mm_struct *mm, unsigned long addr, struct vm_area_struct **pprev);
struct vm_area_struct *find_vma_intersection(struct mm_struct *mm, unsigned long start, unsigned long end);
struct vm_area_struct *find_extend_vma(struct mm_struct *mm, unsigned long addr);
int insert_vm_struct(struct mm_struct *mm, struct vm_area_struct *vma);
int split_vma(struct mm_struct *mm, struct vm_area_struct *vma, unsigned long addr, int new_below);
struct vm_area_struct *vma_merge(struct mm_struct *mm, struct vm_area_struct *prev, unsigned long addr,
				 unsigned long end, unsigned long vm_flags, struct anon_vma *anon_vma,
				 struct file *file, pgoff_t pgoff);
struct vm_area_struct *vma_merge_new(struct mm_struct *mm, struct vm_area_struct *prev,
				     unsigned long addr, unsigned long end, unsigned long vm_flags,
				     struct file *file, pgoff_t pgoff);
/* Stack growth: @mm's mmap_sem held for writing.  0, -ENOMEM (limit, guard gap, memory). */
int expand_downwards(struct vm_area_struct *vma, unsigned long address);
static inline unsigned long vma_pages(const struct vm_area_struct *vma)
{
	return (vma->vm_end - vma->vm_start) >> PAGE_SHIFT;
}
static inline bool vma_is_anonymous(const struct vm_area_struct *vma) { return !vma->vm_ops; }
static inline int vma_pkey(const struct vm_area_struct *vma)
{
	return (vma->vm_flags & VM_PKEY_MASK) >> VM_PKEY_SHIFT;
}
pgprot_t vm_get_page_prot(unsigned long vm_flags);
/* The file page that a linear area shows at @addr. */
static inline pgoff_t linear_page_index(const struct vm_area_struct *vma, unsigned long addr)
{
	return vma->vm_pgoff + ((addr - vma->vm_start) >> PAGE_SHIFT);
}
/* The file page that @addr shows, in nonlinear areas too (mm/nonlinear.c).  mmap_sem held. */
pgoff_t vma_page_index(struct vm_area_struct *vma, unsigned long addr);

/* ---- the system calls' bodies; all take mmap_sem themselves unless stated ---- */
/* Enter: mmap_sem held for writing. Returns the address or -errno; *populate: bytes to fault in after unlock. */
unsigned long do_mmap(struct file *file, unsigned long addr, unsigned long len, unsigned long prot,
		      unsigned long flags, unsigned long pgoff, unsigned long *populate);
unsigned long vm_mmap(struct file *file, unsigned long addr, unsigned long len, unsigned long prot,
		      unsigned long flags, unsigned long offset);
int do_munmap(struct mm_struct *mm, unsigned long start, size_t len);	/* mmap_sem held for writing */
int vm_munmap(unsigned long start, size_t len);
int vm_brk_flags(unsigned long addr, unsigned long len, unsigned long vm_flags);	/* bss of exec */
int do_mprotect(unsigned long start, size_t len, unsigned long prot);
int do_mprotect_pkey(unsigned long start, size_t len, unsigned long prot, int pkey);	/* -1: none named */
void mm_populate(unsigned long addr, unsigned long len);
unsigned long get_unmapped_area(struct file *file, unsigned long addr, unsigned long len,
				unsigned long pgoff, unsigned long flags);
unsigned long vm_unmapped_area_topdown(struct mm_struct *mm, unsigned long len, unsigned long low,
				       unsigned long high, unsigned long align_mask);
unsigned long vm_unmapped_area_bottomup(struct mm_struct *mm, unsigned long len, unsigned long low,
					unsigned long high, unsigned long align_mask);
void arch_pick_mmap_layout(struct mm_struct *mm);	/* from current's limits and personality */
/* exec's stack: a VM_GROWSDOWN area of one page ending at @top in @mm (not yet current's). */
int setup_stack_vma(struct mm_struct *mm, unsigned long top, struct vm_area_struct **out);
/* exec: the new stack, with what is in it, shall end at @end, where nothing is.  The area there, or NULL: no memory. */
struct vm_area_struct *move_stack_vma(struct vm_area_struct *vma, unsigned long end);
/* Commit accounting: 0 or -ENOMEM. */
int security_vm_enough_memory(long pages);
static inline void vm_acct_memory(long pages) { atomic_long_add(pages, &vm_committed_as); }
static inline void vm_unacct_memory(long pages) { atomic_long_sub(pages, &vm_committed_as); }
unsigned long vm_commit_limit(void);

long sys_mmap(unsigned long addr, unsigned long len, unsigned long prot, unsigned long flags,
	      unsigned long fd, unsigned long off);
long sys_munmap(unsigned long addr, size_t len);
long sys_mprotect(unsigned long start, size_t len, unsigned long prot);
long sys_pkey_mprotect(unsigned long start, size_t len, unsigned long prot, int pkey);
long sys_pkey_alloc(unsigned long flags, unsigned long init_val);
long sys_pkey_free(int pkey);
long sys_brk(unsigned long brk);
long sys_mremap(unsigned long addr, unsigned long old_len, unsigned long new_len,
		unsigned long flags, unsigned long new_addr);
long sys_madvise(unsigned long start, size_t len, int advice);
long sys_mincore(unsigned long start, size_t len, unsigned char __user *vec);
long sys_msync(unsigned long start, size_t len, int flags);
long sys_mlock(unsigned long start, size_t len);
long sys_mlock2(unsigned long start, size_t len, int flags);
long sys_munlock(unsigned long start, size_t len);
long sys_mlockall(int flags);
long sys_munlockall(void);
long sys_memfd_create(const char __user *name, unsigned int flags);

/* ---- get_user_pages (mm/gup.c): the one way from a user address to its page ---- */
#define FOLL_WRITE 0x01
#define FOLL_FORCE 0x10		/* write to private read-only areas (debuggers, exec) */
#define FOLL_ANON 0x40		/* only from anonymous areas: a file may not pass for arguments */
#define FOLL_DUMP 0x20		/* core dump: -EFAULT instead of making an empty page */
#define FOLL_REMOTE 0x2000	/* for somebody else's sake: current's PKRU does not count */
#define FOLL_PIN 0x40000	/* contents count, also later: no page that COW would take away from us */
/* Touch every page of a buffer, so that an atomic copy finds it.  Bytes from the first bad page on. */
size_t fault_in_readable(const void __user *uaddr, size_t len);
/* mmap_sem held for read.  Pages get a reference each.  Returns how many, or -EFAULT/-ENOMEM. */
long get_user_pages(struct mm_struct *mm, unsigned long start, unsigned long nr, unsigned int flags,
		    struct page **pages);
/* Copy between @buf and another process's memory; returns bytes moved.  Takes mmap_sem. */
int access_process_vm(struct task_struct *tsk, unsigned long addr, void *buf, int len, unsigned int flags);
int access_remote_vm(struct mm_struct *mm, unsigned long addr, void *buf, int len, unsigned int flags);

/* ---- checks and pictures ---- */
/* One line about the frame @pfn: counts, kind, flags.  At most @size bytes with the NUL; the length (mm/debug.c). */
size_t format_page(unsigned long pfn, char *buf, size_t size);
/* Debug build: the VMAs and page tables of [start, end) and their neighbours keep all invariants; BUG otherwise. */
#ifdef QUIRE_DEBUG
void mm_verify_range(struct mm_struct *mm, unsigned long start, unsigned long end);
#else
static inline void mm_verify_range(struct mm_struct *mm, unsigned long start, unsigned long end)
{
	(void)mm; (void)start; (void)end;
}
#endif
/* Walk everything: every mm, VMA, table, page, free list, slab.  Number of violations, each logged. */
int mm_verify_all(void);
struct mutex;
/* In the middle of it: take a lock, or false if that would be for ever (mm/verify.c). */
bool mm_verify_lock(struct mutex *m);

/* Counters of /proc/vmstat. */
enum vm_event {
	PGFAULT, PGMAJFAULT, PGALLOC, PGFREE, CR3_WRITES, CR3_NOFLUSHES, TLB_FLUSH_ALL, TLB_FLUSH_PAGE,
	TLB_FLUSHES, TLB_REMOTE_FLUSH, TLB_IPIS, TLB_LAZY_SKIPPED, TLB_LAZY_LATE, COW_COPY, COW_REUSE,
	ZERO_PAGE_MAP, VMACACHE_HITS, VMACACHE_FIND, PGCACHE_ADD, PGCACHE_DEL, OOM_KILL, FAULT_AROUND,
	FAULT_AROUND_PAGES, PGPGIN, PGPGOUT, NR_DIRTIED, NR_WRITTEN, READAHEAD_PAGES,
	PSWPIN, PSWPOUT, SWAP_RA, SWAP_RA_HIT, PGSCAN_KSWAPD, PGSCAN_DIRECT, PGSCAN_ANON, PGSCAN_FILE,
	PGSTEAL_KSWAPD, PGSTEAL_DIRECT, PGSTEAL_ANON, PGSTEAL_FILE, PGACTIVATE, PGDEACTIVATE, PGREFILL,
	PGROTATED, PGLAZYFREE, PGLAZYFREED, ALLOCSTALL_DMA, ALLOCSTALL_DMA32, ALLOCSTALL_NORMAL, ALLOCSTALL_MOVABLE,
	PAGEOUTRUN, NR_VMSCAN_WRITE, SLABS_SCANNED, EMPTY_TABLES, DROP_PAGECACHE, DROP_SLAB,
	NR_VM_EVENTS
};
_Static_assert(NR_VM_EVENTS <= NR_VM_EVENT_SLOTS, "struct cpu has room for every event");
#define count_vm_events(event, n) this_cpu_add(vm_events[event], n)
#define count_vm_event(event) count_vm_events(event, 1)
unsigned long vm_event_sum(enum vm_event e);

#endif
