/*
 * rmap.h - from a page to every PTE that maps it
 */
#ifndef RMAP_H
#define RMAP_H

#include <mm_types.h>

void anon_vma_init(void);
/* Give @vma an anon_vma if it has none (first anonymous page).  0 or -ENOMEM. */
int anon_vma_prepare(struct vm_area_struct *vma);
/* fork: hang the child's @vma into all of @pvma's anon_vmas and give it one of its own. */
int anon_vma_fork(struct vm_area_struct *vma, struct vm_area_struct *pvma);
/* split, merge: @dst belongs wherever @src does. */
int anon_vma_clone(struct vm_area_struct *dst, struct vm_area_struct *src);
void unlink_anon_vmas(struct vm_area_struct *vma);
void put_anon_vma(struct anon_vma *av);

/* A new anonymous page is mapped for the first time / a page is mapped once more / once less (pte lock held). */
void page_add_new_anon_rmap(struct page *page, struct vm_area_struct *vma, unsigned long addr);
/* From swap: the page may be known to nobody yet (then it is locked); @exclusive: and to no other family member. */
void page_add_anon_rmap(struct page *page, struct vm_area_struct *vma, unsigned long addr, bool exclusive);
void page_add_file_rmap(struct page *page);
void page_dup_rmap(struct page *page);
void page_remove_rmap(struct page *page, struct vm_area_struct *vma);
/* The last PTE of a page is gone: the counts of mapped pages, and nobody locks it any more. */
void page_now_unmapped(struct page *page);
/* Called by free_page for a PageAnon page: drop its reference on the anon_vma. */
void page_anon_release(struct page *page);

/* Call @fn for every (vma, address) that may map @page.  Stops when it returns true. */
bool rmap_walk(struct page *page, bool (*fn)(struct page *, struct vm_area_struct *,
					     unsigned long addr, void *arg), void *arg);
/* The same if the lock can be had at once.  False: it cannot, or @fn stopped the walk. */
bool rmap_try_walk(struct page *page, bool (*fn)(struct page *, struct vm_area_struct *,
						 unsigned long addr, void *arg), void *arg);
/* The same, the lock of the anon_vma's root or of the file's tree held (or the machine stopped). */
bool rmap_walk_locked(struct page *page, bool (*fn)(struct page *, struct vm_area_struct *,
						    unsigned long addr, void *arg), void *arg);
/* How many PTEs really map @page: counted by walking (mm_verify_all, smaps). */
int page_referenced_count(struct page *page);

/* i_mmap interval tree (mm/interval_tree.c); i_mmap_rwsem held. */
void vma_interval_tree_insert(struct vm_area_struct *vma, struct rb_root *root);
void vma_interval_tree_remove(struct vm_area_struct *vma, struct rb_root *root);
struct vm_area_struct *vma_interval_tree_iter_first(struct rb_root *root, unsigned long first, unsigned long last);
struct vm_area_struct *vma_interval_tree_iter_next(struct vm_area_struct *vma, unsigned long first, unsigned long last);

#endif
