/*
 * mm_types.h - the structures of memory management
 *
 * struct page        one per page frame
 * vm_area_struct     one interval of an address space
 * mm_struct          one address space
 * address_space      the cached pages of one file, and who maps them
 * anon_vma           the VMAs that may map one anonymous page
 *
 * Beside each field: the lock that protects it.  Order of the locks:
 * mmap_sem > page lock > i_mmap > anon_vma > page_table_lock (pte lock) > zone, slab.
 */
#ifndef MM_TYPES_H
#define MM_TYPES_H

#include <asm/atomic.h>
#include <asm/mmu.h>
#include <asm/page.h>
#include <list.h>
#include <mutex.h>
#include <rbtree.h>
#include <spinlock.h>
#include <uapi/auxvec.h>

struct address_space;
struct anon_vma;
struct file;
struct inode;
struct kmem_cache;
struct linux_binfmt;
struct mm_struct;
struct task_struct;
struct vm_area_struct;

/* ---- page frames ---------------------------------------------------------- */

enum pageflags {
	PG_locked,		/* the page lock */
	PG_referenced,
	PG_uptodate,		/* contents are valid */
	PG_dirty,
	PG_lru,
	PG_active,
	PG_reserved,		/* not the allocator's: kernel image, firmware, holes */
	PG_buddy,		/* free, first page of a buddy block */
	PG_slab,
	PG_table,		/* a page table */
	PG_compound,		/* head or tail of a compound page */
	PG_swapbacked,		/* anonymous or shmem */
	PG_mlocked,
	PG_writeback,
	PG_pcp,			/* free, on a per-CPU list */
	PG_waiters,		/* somebody sleeps for PG_locked or PG_writeback */
	PG_readahead,		/* who comes here starts the next window (mm/readahead.c); in swap: mm/swap_readahead.c */
	PG_unevictable,		/* set aside by reclaim: locked in memory */
	PG_swapcache,		/* a slot of swap holds the same: page->private names it */
	PG_isolated,		/* taken off its LRU list by somebody who will put it back; lru_lock */
	PG_reclaim,		/* on its way to the disk, and reclaim waits for it: looked at first when it is there */
	NR_PAGEFLAGS,
};
#define PAGE_ZONE_SHIFT	56	/* zone number in flags[63:56] */

/* In page->mapping: bit 0 set means anon_vma instead of address_space. */
#define PAGE_MAPPING_ANON 1UL

struct page {
	unsigned long flags;			/* atomic bits */
	union {
		struct {			/* page cache and anonymous pages */
			struct list_head lru;	/* zone lock; free: whatever list */
			struct address_space *mapping;	/* page lock; or anon_vma | 1 */
			pgoff_t index;		/* page offset in the mapping, or in the VMA's space */
			unsigned long private;
		};
		struct {			/* PG_buddy, PG_pcp: zone->lock, or the CPU's */
			struct list_head buddy_list;
			unsigned int order;
		};
		struct {			/* PG_slab: cache->lock */
			struct list_head slab_list;
			struct kmem_cache *slab_cache;
			void *freelist;
			unsigned int inuse, objects;
		};
		struct {			/* PG_table */
			struct mm_struct *pt_mm;
			spinlock_t ptl;		/* the pte lock of this table */
			unsigned int pt_entries;	/* entries in use: ptl */
			atomic_t pt_share_count;
		};
		struct {			/* PG_compound, tail */
			struct page *compound_head;
			unsigned int compound_order;
		};
	};
	atomic_t _mapcount;			/* user PTEs that name the page, minus 1 */
	atomic_t _refcount;			/* 0: free */
	unsigned int mlock_count;		/* user PTEs of VM_LOCKED areas; PG_mlocked if any: mlock_lock */
} __aligned(64);				/* never two pages in one cache line */
_Static_assert(sizeof(struct page) == 64, "struct page must stay one cache line");

/* ---- zones ----------------------------------------------------------------- */

enum zone_type { ZONE_DMA, ZONE_DMA32, ZONE_NORMAL, MAX_NR_ZONES };
enum zone_watermarks { WMARK_MIN, WMARK_LOW, WMARK_HIGH, NR_WMARK };

struct free_area {
	struct list_head free_list;		/* zone->lock */
	unsigned long nr_free;
};

/* A CPU's own order-0 pages: no lock, interrupts off. */
struct per_cpu_pages {
	int count;
	int high;				/* at this many, @batch go back to the buddies */
	int batch;
	struct list_head list;
};

/* In pairs: the active one follows the inactive one. */
enum lru_list {
	LRU_INACTIVE_ANON, LRU_ACTIVE_ANON, LRU_INACTIVE_FILE, LRU_ACTIVE_FILE, LRU_UNEVICTABLE, NR_LRU_LISTS
};

struct zone {
	const char *name;
	spinlock_t lock;
	unsigned long start_pfn, spanned_pages, present_pages, managed_pages;
	unsigned long watermark[NR_WMARK];
	unsigned long lowmem_reserve;		/* pages kept from allocations that could go higher */
	atomic_long_t nr_free;			/* in the buddies; nr_free_pages() adds the CPUs' lists */
	struct free_area free_area[11];
	spinlock_t lru_lock;
	struct list_head lru[NR_LRU_LISTS];	/* lru_lock; newest first */
	unsigned long nr_lru[NR_LRU_LISTS];	/* lru_lock */
	struct per_cpu_pages pcp[NR_CPUS];
};

/* ---- address spaces ---------------------------------------------------------- */

enum { MM_FILEPAGES, MM_ANONPAGES, MM_SWAPENTS, MM_SHMEMPAGES, NR_MM_COUNTERS };

struct mm_rss_stat {
	atomic_long_t count[NR_MM_COUNTERS];
};

typedef struct { unsigned long bits[NR_CPUS / 64]; } cpumask_t;

#define AT_VECTOR_SIZE 48

/* One area of an address space: [vm_start, vm_end).  mmap_sem unless stated. */
struct vm_area_struct {
	unsigned long vm_start;
	unsigned long vm_end;			/* first byte after */
	struct vm_area_struct *vm_next, *vm_prev;	/* sorted by address */
	struct rb_node vm_rb;
	unsigned long vm_gap;			/* free bytes left of us, at most GAP_LARGE */
	unsigned long rb_subtree_gap;		/* the largest vm_gap of us and all below us in the tree */

	struct mm_struct *vm_mm;
	pgprot_t vm_page_prot;
	unsigned long vm_flags;

	union {					/* i_mmap lock of the file */
		struct {
			struct rb_node rb;
			unsigned long rb_subtree_last;
		} linear;			/* in address_space->i_mmap */
		struct list_head nonlinear;	/* in ->i_mmap_nonlinear */
	} shared;

	struct list_head anon_vma_chain;	/* mmap_sem and page_table_lock */
	struct anon_vma *anon_vma;		/* page_table_lock */

	const struct vm_operations_struct *vm_ops;
	unsigned long vm_pgoff;			/* offset in vm_file, in pages */
	struct file *vm_file;			/* may be NULL; holds a reference */
	void *vm_private_data;			/* vm_ops' own */
};

struct mm_struct {
	struct vm_area_struct *mmap;		/* list of VMAs: mmap_sem */
	struct rb_root mm_rb;			/* mmap_sem */
	u32 vmacache_seqnum;			/* bumped to drop every thread's cached VMAs: mmap_sem */
	unsigned long (*get_unmapped_area)(struct file *file, unsigned long addr,
					   unsigned long len, unsigned long pgoff,
					   unsigned long flags);
	unsigned long mmap_base;		/* top-down searches start here */
	unsigned long mmap_legacy_base;		/* bottom-up searches start here */
	unsigned long task_size;
	unsigned long highest_vm_end;		/* mmap_sem */
	pgd_t *pgd;
	atomic_t mm_users;			/* threads that run in it, and who looks in by get_task_mm */
	atomic_t mm_count;			/* references to this structure; all users count as one */
	atomic_long_t nr_ptes;			/* pages of last-level tables */
	atomic_long_t nr_tables;		/* tables but pgd and p4d (VmPTE) */
	int map_count;				/* mmap_sem */

	spinlock_t page_table_lock;		/* upper levels; anon_vma of VMAs */
	struct rw_semaphore mmap_sem;

	struct list_head mmlist;		/* all mms, strung from init_mm: mmlist_lock */

	unsigned long hiwater_rss;		/* pages */
	unsigned long hiwater_vm;

	/* pages, mmap_sem */
	unsigned long total_vm;
	unsigned long locked_vm;
	unsigned long pinned_vm;
	unsigned long shared_vm;		/* file-backed */
	unsigned long exec_vm;			/* VM_EXEC and not VM_WRITE */
	unsigned long stack_vm;			/* VM_GROWSDOWN */
	unsigned long data_vm;			/* private writable, not stack: VmData */
	unsigned long def_flags;		/* added to every new VMA (mlockall) */
	/* addresses, mmap_sem */
	unsigned long start_code, end_code, start_data, end_data;
	unsigned long start_brk, brk, start_stack;
	unsigned long arg_start, arg_end, env_start, env_end;

	unsigned long saved_auxv[AT_VECTOR_SIZE];	/* /proc/PID/auxv; set by exec */

	struct mm_rss_stat rss_stat;		/* atomic */
	const struct linux_binfmt *binfmt;	/* the loader that made it; set by exec */
	cpumask_t cpu_vm_mask_var;		/* CPUs with its tables in CR3: atomic bits */
	mm_context_t context;			/* arch/x86_64/tlb.c's */

	struct file *exe_file;			/* /proc/PID/exe */
	unsigned long flags;			/* MMF_*: atomic bits */
	u32 id;					/* small stable number for events and snapshots */

	unsigned int membarrier_state;		/* commands that may be used (kernel/membarrier.c): atomic bits */

	u16 pkey_allocation_map;		/* protection keys handed out: mmap_sem */
	s16 execute_only_pkey;			/* -1: none yet; mmap_sem */
};

/* ---- file pages ---------------------------------------------------------------- */

struct address_space_operations {
	/* Fill the locked, new @page with the file's contents and set PG_uptodate; 0 or -errno. */
	int (*readpage)(struct address_space *mapping, struct page *page);
	/*
	 * Start to read @nr new pages, locked, referenced and in order, which the ends of the transfers unlock and put
	 * (page_end_read()).  A page that could not be read stays, without PG_uptodate.  NULL: no read-ahead.
	 */
	void (*readahead)(struct address_space *mapping, struct page **pages, unsigned int nr);
	/*
	 * Put the locked, dirty @page where it belongs: clears PG_dirty, sets PG_writeback, unlocks it,
	 * starts the transfer; at its end end_page_writeback().  0, or -errno with the page unlocked and
	 * the error noted in the mapping.
	 */
	int (*writepage)(struct address_space *mapping, struct page *page);
	/*
	 * About to write [@from, @to) of the locked @page (it may not be uptodate: then fill what will
	 * not be written): find room on the disk.  0, or -ENOSPC, -EDQUOT, -EIO, -ENOMEM with nothing
	 * changed.  NULL: nothing to do but ->readpage.
	 */
	int (*prepare_write)(struct address_space *mapping, struct page *page, unsigned int from,
			     unsigned int to);
	void (*write_stopped)(struct address_space *mapping);	/* fewer bytes came than it was called for; page locked, i_rwsem */
	int (*set_page_dirty)(struct page *page);
	/*
	 * Up to @max blocks of the file from @block on that lie in a row on its disk, from block *@at of the disk on (0: a
	 * hole).  How many, or -errno.  NULL: its pages cannot be found without the file system, so it is no swap area.
	 */
	long (*bmap)(struct address_space *mapping, u64 block, unsigned long max, u64 *at);
};

/* What a page in the tree may be marked with, so that those that are can be found. */
enum page_tag {
	PAGE_TAG_DIRTY,
	PAGE_TAG_WRITEBACK,		/* a transfer was begun; it may have ended */
	PAGE_TAG_SWAPPED,		/* no page: the slot of swap where it is */
	NR_PAGE_TAGS
};

/* Pages by index: a radix tree of 64-way nodes (mm/page_tree.c). */
struct page_tree {
	void *root;
	unsigned int height;
};

struct address_space {
	struct inode *host;
	struct page_tree page_tree;		/* tree_lock */
	spinlock_t tree_lock;
	unsigned long nrpages;			/* tree_lock */
	struct rw_semaphore i_mmap_rwsem;	/* the two below */
	struct rb_root i_mmap;			/* interval tree of VMAs */
	struct list_head i_mmap_nonlinear;
	atomic_t i_mmap_writable;		/* VM_SHARED mappings that may write */
	const struct address_space_operations *a_ops;
	unsigned long flags;			/* AS_*: atomic bits */
	unsigned long nr_dirty;			/* pages, of files that are written back: tree_lock */
	u64 dirtied_when;			/* monotonic ns: since when any is; tree_lock */
	pgoff_t writeback_index;		/* where a writer that must help goes on: hint */
	u32 wb_err;				/* what went wrong in write-back (mm/page-writeback.c): atomic */
	/* Of shared memory (mm/shmem.c): */
	unsigned long nr_swapped;		/* pages in swap, in the tree as values: tree_lock */
	unsigned long nr_lost;			/* pages that swap could not give back: the same */
	struct list_head swaplist;		/* all that ever had one: shmem_swaplist_lock */
	unsigned int unusers;			/* swapoff is at work here: shmem_swaplist_lock */
	struct shmem_falloc *falloc;		/* an fallocate(2) is: tree_lock */
};
#define AS_SHMEM 0		/* counts as MM_SHMEMPAGES; pages have no other home */
#define AS_BDEV 2		/* blocks of a device: their page lock is the innermost of them (kernel/lockdep.c) */
#define AS_UNEVICTABLE 3	/* SHM_LOCK: its pages stay in memory */
#define AS_SNAPPED 1		/* in the snapshot that is being written (fs/snapshot_files.c) */

/* ---- anonymous pages -------------------------------------------------------------- */

/* What a family of forked VMAs shares; lives as long as a VMA or a page refers to it. */
struct anon_vma {
	struct anon_vma *root;
	struct anon_vma *parent;
	struct rw_semaphore rwsem;		/* the root's is the one taken */
	atomic_t refcount;			/* VMAs' chains and anonymous pages */
	unsigned int num_children;		/* anon_vmas whose parent this is: root rwsem */
	unsigned int num_active_vmas;		/* VMAs whose ->anon_vma this is: root rwsem */
	struct list_head head;			/* of anon_vma_chain.same_anon_vma: root rwsem */
	u32 id;					/* small stable number for snapshots */
	u32 snapped;				/* the last snapshot that has shown it: kernel/snapshot.c's */
};

/* Links one VMA with one anon_vma that its pages may belong to. */
struct anon_vma_chain {
	struct vm_area_struct *vma;
	struct anon_vma *anon_vma;
	struct list_head same_vma;		/* mmap_sem and page_table_lock */
	struct list_head same_anon_vma;		/* anon_vma root rwsem */
};

#define VMACACHE_SIZE 4
struct vmacache {
	u32 seqnum;
	struct vm_area_struct *vmas[VMACACHE_SIZE];
};

extern struct mm_struct init_mm;

#endif
