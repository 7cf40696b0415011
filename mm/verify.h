/*
 * mm/verify.h - between mm/verify.c and mm/verify_links.c
 */
#ifndef MM_VERIFY_H
#define MM_VERIFY_H

#include <mm_types.h>
#include <mutex.h>

/* Each returns how many violations it has found.  mmap_sem held for reading. */
int verify_vma_links(struct vm_area_struct *v);
int verify_users(struct mm_struct *mm, int own);
int verify_mmlist(struct mm_struct *mm);

extern unsigned long verify_max_chunks;		/* of counts of frames; a test makes it small */

/*
 * Take a lock to look at what it protects.  While the machine stands still its holder cannot let it go: then
 * false, and the whole run will be done again.
 */
bool verify_down_read(struct rw_semaphore *s);

/* Around a run over all mms; verify_family_page() is told of every frame. */
void verify_families_begin(void);
void verify_family_page(const struct page *page);
int verify_families_end(bool pages_counted);	/* no: references of pages are not compared */
void verify_families_drop(void);		/* instead: the run was disturbed */

#endif
