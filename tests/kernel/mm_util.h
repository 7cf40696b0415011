/*
 * tests/kernel/mm_util.h - an address space of its own for a case, and words for using it
 */
#ifndef MM_UTIL_H
#define MM_UTIL_H

#include <asm/uaccess.h>
#include <fs.h>
#include <ktest.h>
#include <mm.h>
#include <pagemap.h>
#include <rmap.h>
#include <sched.h>
#include <slab.h>
#include <string.h>
#include "../../mm/internal.h"

#define RW (PROT_READ | PROT_WRITE)
#define BASE 0x20000000UL
#define AT(page) (BASE + (unsigned long)(page) * PAGE_SIZE)

/* A case that runs in a fresh mm; what it leaves mapped goes with it. */
#define MM_TEST(suite, name)							\
	static void suite##_##name(struct ktest_ctx *t, struct mm_struct *mm);	\
	KTEST(suite, name)							\
	{									\
		struct mm_struct *mm = ktest_use_mm();				\
										\
		EXPECT(mm);							\
		suite##_##name(t, mm);						\
		if (!t->failed && mm_verify_one(mm))				\
			ktest_fail(t, __FILE__, __LINE__, "mm_verify_one");	\
		ktest_unuse_mm(mm);						\
	}									\
	static void suite##_##name(struct ktest_ctx *t, struct mm_struct *mm)

static inline long map_at(unsigned long page, unsigned long pages, int prot)
{
	return sys_mmap(AT(page), pages * PAGE_SIZE, prot,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1UL, 0);
}

static inline long map_any(unsigned long pages, int prot, int flags)
{
	return sys_mmap(0, pages * PAGE_SIZE, prot, flags | MAP_ANONYMOUS, -1UL, 0);
}

static inline long unmap(unsigned long page, unsigned long pages)
{
	return sys_munmap(AT(page), pages * PAGE_SIZE);
}

static inline long protect(unsigned long page, unsigned long pages, int prot)
{
	return sys_mprotect(AT(page), pages * PAGE_SIZE, prot);
}

/* Store and load as a user would; false: a fault nothing could satisfy. */
static inline bool poke(unsigned long addr, u64 v)
{
	return !copy_to_user((void __user *)addr, &v, sizeof(v));
}

static inline u64 peek(unsigned long addr)
{
	u64 v = 0;

	return copy_from_user(&v, (void __user *)addr, sizeof(v)) ? ~0UL : v;
}

/* The same in an mm that nobody runs in. */
static inline u64 peek_mm(struct mm_struct *mm, unsigned long addr)
{
	u64 v = ~0UL;

	access_remote_vm(mm, addr, &v, sizeof(v), 0);
	return v;
}

static inline bool poke_mm(struct mm_struct *mm, unsigned long addr, u64 v)
{
	return access_remote_vm(mm, addr, &v, sizeof(v), FOLL_WRITE) == sizeof(v);
}

/* The entry of @addr; none if there is no table. */
static inline pte_t entry(struct mm_struct *mm, unsigned long addr)
{
	pmd_t *pmd = mm_find_pmd(mm, addr);

	return pmd ? *pte_offset_kernel(pmd, addr) : __pte(0);
}

static inline struct page *page_at(struct mm_struct *mm, unsigned long addr)
{
	pte_t e = entry(mm, addr);

	return pte_present(e) ? pfn_to_page(pte_pfn(e)) : NULL;
}

/* A file of @size bytes without a name, as shared anonymous memory uses. */
static inline struct file *new_file(loff_t size)
{
	return shmem_file_setup("dev/zero", size, VM_NORESERVE);
}

static inline long map_file(struct file *f, unsigned long page, unsigned long pages, int prot,
			    int flags)
{
	return vm_mmap(f, AT(page), pages * PAGE_SIZE, prot, flags | MAP_FIXED, 0);
}

#endif
