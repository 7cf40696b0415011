/*
 * mm_proc.h - what only mm can know and /proc shows: smaps, pagemap
 *
 * The text is made in fs/procfs; the numbers come from a walk of the page tables here
 * (mm/proc.c), so that no file system ever looks at a PTE.
 */
#ifndef MM_PROC_H
#define MM_PROC_H

#include <types.h>

struct mm_struct;
struct page;
struct vm_area_struct;

/*
 * One VMA's pages for /proc/PID/smaps: bytes, pss* in bytes << PSS_SHIFT (a page shared by n
 * counts 1/n).  Add up several VMAs by gathering into the same structure (smaps_rollup).
 */
#define PSS_SHIFT 12
struct mem_size_stats {
	u64 resident;
	u64 shared_clean, shared_dirty, private_clean, private_dirty;
	u64 referenced, anonymous, lazyfree;
	u64 swap, swap_pss;
	u64 pss, pss_dirty, pss_anon, pss_file, pss_shmem, pss_locked;
};

/* Enter: mmap_sem held for read.  Adds @vma's pages to *@mss. */
void smap_gather(struct vm_area_struct *vma, struct mem_size_stats *mss);

/* /proc/PID/pagemap, Linux's format. */
#define PM_PFRAME_MASK	((1ULL << 55) - 1)	/* page frame number */
#define PM_SOFT_DIRTY	(1ULL << 55)
#define PM_MMAP_EXCLUSIVE (1ULL << 56)		/* mapped by this PTE alone */
#define PM_FILE		(1ULL << 61)		/* file page or shared anonymous */
#define PM_SWAP		(1ULL << 62)
#define PM_PRESENT	(1ULL << 63)
/* Enter: mmap_sem held for read.  The entry for the page of @addr; 0 outside every VMA. */
u64 pagemap_entry(struct mm_struct *mm, unsigned long addr);

/* /proc/PID/clear_refs: what is written there. */
enum clear_refs_type {
	CLEAR_REFS_ALL = 1, CLEAR_REFS_ANON, CLEAR_REFS_MAPPED, CLEAR_REFS_SOFT_DIRTY,
	CLEAR_REFS_MM_HIWATER_RSS, CLEAR_REFS_LAST
};
/* Takes mmap_sem; 0, or -EINTR if the caller is killed while it waits (mm/clear_refs.c). */
int mm_clear_refs(struct mm_struct *mm, enum clear_refs_type type);

/* /proc/kpagecount and /proc/kpageflags: one word per page frame. */
u64 kpagecount_entry(unsigned long pfn);
u64 kpageflags_entry(unsigned long pfn);

/* Is @vma the main stack of its mm, or its heap?  (the names in /proc/PID/maps) */
bool vma_is_stack(const struct vm_area_struct *vma);
bool vma_is_heap(const struct vm_area_struct *vma);
/* The name of @vma where that is not its file's; NULL: it is, or there is none. */
const char *vma_name(struct vm_area_struct *vma);

#endif
