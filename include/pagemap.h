/*
 * pagemap.h - the page cache: pages of files by (mapping, index)
 */
#ifndef PAGEMAP_H
#define PAGEMAP_H

#include <mm_types.h>
#include <fs.h>

/* The tree itself (mm/page_tree.c); mapping->tree_lock held. */
int page_tree_insert(struct page_tree *t, pgoff_t index, struct page *page);	/* 0, -EEXIST, -ENOMEM (GFP_ATOMIC) */
struct page *page_tree_lookup(struct page_tree *t, pgoff_t index);
struct page *page_tree_delete(struct page_tree *t, pgoff_t index);
/* Up to @max pages with index >= @start in order; returns how many. */
unsigned int page_tree_gang_lookup(struct page_tree *t, pgoff_t start, struct page **pages, unsigned int max);
/* The same of those that have @tag; to mark the page at @index, which is there, or no more. */
unsigned int page_tree_gang_lookup_tag(struct page_tree *t, pgoff_t start, struct page **pages, unsigned int max,
				       enum page_tag tag);
void page_tree_tag_set(struct page_tree *t, pgoff_t index, enum page_tag tag);
void page_tree_tag_clear(struct page_tree *t, pgoff_t index, enum page_tag tag);
bool page_tree_tagged(const struct page_tree *t, enum page_tag tag);
/*
 * An entry of the tree is a page or, of shared memory that is in swap, a value: an odd word (include/swap.h says which).
 * All of the above look over values; these see them too.
 */
static inline bool page_tree_is_value(const void *entry) { return (unsigned long)entry & 1; }
void *page_tree_lookup_entry(struct page_tree *t, pgoff_t index);
/* @old at @index becomes @new (a value gets PAGE_TAG_SWAPPED; NULL: nothing is there).  False: it is not @old any more. */
bool page_tree_replace(struct page_tree *t, pgoff_t index, void *old, void *new);
/* Up to @max entries with index >= @start in order, and where they are; @tag -1: all. */
unsigned int page_tree_gang_entries(struct page_tree *t, pgoff_t start, void **entries, pgoff_t *indices,
				    unsigned int max, int tag);

void address_space_init(struct address_space *m, struct inode *host,
			const struct address_space_operations *a_ops);
/* Cached page with a reference, or NULL. */
struct page *find_get_page(struct address_space *m, pgoff_t index);
/* Cached or new page, locked and referenced; NULL when there is no memory.  A new one is not uptodate. */
struct page *find_or_create_page(struct address_space *m, pgoff_t index, gfp_t gfp);
/* Cached and uptodate page, read in if need be; referenced, not locked.  ERR_PTR(-EIO, -ENOMEM). */
struct page *read_mapping_page(struct address_space *m, pgoff_t index);
void delete_from_page_cache(struct page *page);		/* page locked, unmapped */
int set_page_dirty(struct page *page);
int set_page_dirty_lock(struct page *page);		/* for who has only a reference on it; sleeps */
void account_page_cleaned(struct address_space *m, struct page *page);	/* tree_lock held, it leaves the cache */
/* Page locked, its transfer about to begin (->writepage): the next write to it, also through a mapping, is seen. */
void clear_page_dirty(struct page *page);

/* ---- read-ahead (mm/readahead.c) ---- */
extern int read_ahead_pages;				/* of a window, for a new file */
/* @want pages from @index on are about to be read from @file: see that they come, and the next ones. */
void page_cache_readahead(struct file *file, struct address_space *m, pgoff_t index, unsigned long want);
/* Start to read all of [@start, @start + @nr) that is not cached. */
void force_page_cache_readahead(struct address_space *m, pgoff_t start, unsigned long nr);

/* ---- write-back (mm/page-writeback.c); process context unless stated ---- */
extern atomic_long_t nr_dirty_pages, nr_writeback_pages;	/* of files that have another home */
/* Percents and hundredths of a second: /proc/sys/vm. */
extern int dirty_background_ratio, vm_dirty_ratio, dirty_writeback_centisecs, dirty_expire_centisecs;
void dirty_limits(unsigned long *background, unsigned long *limit);	/* pages */
/* Somebody makes pages of @m dirty: if there are too many in all, he helps to write, and waits.  No page lock held. */
void balance_dirty_pages(struct address_space *m);
void wakeup_flusher(void);				/* fs/flusher.c */
unsigned long nr_blockdev_pages(void);			/* cached blocks of disks: Buffers */
/* Up to @nr pages of @m from its writeback_index on; how many were begun. */
unsigned long filemap_write_some(struct address_space *m, unsigned long nr);
/* Start to write what is dirty in the bytes [@start, @end]: 0 or -errno. */
int filemap_fdatawrite_range(struct address_space *m, loff_t start, loff_t end);
void filemap_fdatawait_range(struct address_space *m, loff_t start, loff_t end);
/* Both; 0 or an error of these pages, which files that are open will be told too. */
int filemap_write_and_wait_range(struct address_space *m, loff_t start, loff_t end);
int filemap_write_and_wait(struct address_space *m);
/* A transfer failed: who asks by fsync is told, once for each open file.  Any context. */
void mapping_set_error(struct address_space *m, int err);
u32 mapping_sample_wb_err(const struct address_space *m);	/* for file->f_wb_err at open */
/* The error that this open file has not been told yet: 0 or -errno. */
int file_check_wb_err(struct file *f);

/* Whole-file operations for any file whose pages live in the cache. */
ssize_t generic_file_read(struct file *file, char __user *buf, size_t len, loff_t *pos);
ssize_t generic_file_write(struct file *file, const char __user *buf, size_t len, loff_t *pos);
extern const struct vm_operations_struct generic_file_vm_ops;
int generic_file_mmap(struct file *file, struct vm_area_struct *vma);
/* Set i_size, unmap and drop pages beyond, zero the tail of the last page.  inode lock held. */
int truncate_setsize(struct inode *inode, loff_t newsize);
void truncate_inode_pages(struct address_space *m, loff_t from);
/* Drop pages [@first, @last] that are clean, not mapped and not in use; how many. */
unsigned long invalidate_mapping_pages(struct address_space *m, pgoff_t first, pgoff_t last);
void drop_clean_page(struct page *page);		/* the caller's reference on it stays */
/* Kernel-side read and write at @pos (exec, initramfs): bytes moved or -errno. */
ssize_t kernel_read(struct file *file, void *buf, size_t len, loff_t pos);
ssize_t kernel_write(struct file *file, const void *buf, size_t len, loff_t pos);

extern atomic_long_t nr_file_pages, nr_shmem_pages, nr_anon_mapped, nr_file_mapped;

/* shmem (mm/shmem.c): file pages with no other home: tmpfs files, MAP_SHARED|MAP_ANONYMOUS. */
extern const struct address_space_operations shmem_aops;
/* An unlinked tmpfs file of @size bytes, for shared anonymous memory; ERR_PTR. */
struct file *shmem_file_setup(const char *name, loff_t size, unsigned long flags);
/* fallocate(2): make pages, or punch a hole; other modes -EOPNOTSUPP.  Takes i_rwsem. */
long shmem_fallocate(struct file *file, int mode, loff_t off, loff_t len);
/* Charge pages of a file (negative: give back): commitment and size of the mount; 0 or -ENOSPC. */
int shmem_acct_pages(struct inode *inode, long pages);
int shmem_truncate(struct inode *inode, loff_t size);	/* ->truncate */
loff_t shmem_file_llseek(struct file *f, loff_t off, int whence);
void shmem_evict(struct inode *inode);			/* from ->evict_inode: its pages are gone */
void shmem_lock(struct inode *inode, bool lock);	/* SHM_LOCK: what is in memory stays there */
/* F_GET_SEALS, F_ADD_SEALS (mm/memfd.c); takes i_rwsem. */
long memfd_fcntl(struct file *file, unsigned int cmd, unsigned long arg);

#endif
