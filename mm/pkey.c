/*
 * mm/pkey.c - protection keys of an address space: who has which
 *
 * Purpose:    sixteen keys per address space are handed out by pkey_alloc(2) and put on memory
 *             by pkey_mprotect(2).  What a key allows is each thread's own affair (PKRU).
 * Invariants: a key that no pkey_alloc() returned is refused by pkey_mprotect() and pkey_free();
 *             key 0 counts as handed out from the start.  Memory that may only be executed has
 *             the mm's execute-only key, taken at the first such request; programs can neither
 *             use nor free it.  Freeing a key does not look for memory that still has it.
 *             Without the CPU's feature there is no key at all: not even 0 is allocated.
 * Lock order: mmap_sem held for writing, for pkey_allocation_map and execute_only_pkey
 * Sources:    pkeys(7); the answers to wrong requests are Linux 6.1's, found by asking it.
 */
#include <asm/pkeys.h>
#include <sched.h>
#include "internal.h"

void mm_pkey_init(struct mm_struct *mm)
{
	mm->pkey_allocation_map = arch_pkeys_enabled() ? 1 : 0;
	mm->execute_only_pkey = -1;
}

bool mm_pkey_is_allocated(const struct mm_struct *mm, int pkey)
{
	if (pkey < 0 || pkey >= arch_max_pkey() || pkey == mm->execute_only_pkey)
		return false;
	return mm->pkey_allocation_map & (1U << pkey);
}

/* The lowest free key, or -1. */
static int mm_pkey_alloc(struct mm_struct *mm)
{
	unsigned int free = ~(unsigned int)mm->pkey_allocation_map & ((1U << arch_max_pkey()) - 1);
	int pkey;

	if (!arch_pkeys_enabled() || !free)
		return -1;
	pkey = __builtin_ctz(free);
	mm->pkey_allocation_map |= 1U << pkey;
	return pkey;
}

/* ---- execute-only memory ------------------------------------------------------------ */

/*
 * The key of memory that may be executed and not read, or 0 if there is none left.
 * Page tables have no bit for that: present means readable.  Enter: mmap_sem held for writing.
 */
int execute_only_pkey(struct mm_struct *mm)
{
	if (!arch_pkeys_enabled())
		return 0;
	if (mm->execute_only_pkey >= 0 && !pkru_allows_read(rdpkru(), mm->execute_only_pkey))
		return mm->execute_only_pkey;
	if (mm->execute_only_pkey < 0)
		mm->execute_only_pkey = mm_pkey_alloc(mm);
	if (mm->execute_only_pkey < 0)
		return 0;
	arch_set_user_pkey_access(mm->execute_only_pkey, PKEY_DISABLE_ACCESS);
	return mm->execute_only_pkey;
}

/* The key that mprotect(@prot) gives to (part of) @vma; @pkey -1: the program named none. */
int mprotect_pkey(const struct vm_area_struct *vma, unsigned long prot, int pkey)
{
	if (pkey != -1)
		return pkey;
	if (prot == PROT_EXEC) {
		pkey = execute_only_pkey(vma->vm_mm);
		if (pkey > 0)
			return pkey;
	} else if ((vma->vm_flags & VM_ACCESS_FLAGS) == VM_EXEC &&
		   vma_pkey(vma) == vma->vm_mm->execute_only_pkey) {
		return 0;		/* execute-only no more */
	}
	return vma_pkey(vma);
}

/* ---- the system calls ---------------------------------------------------------------- */

long sys_pkey_alloc(unsigned long flags, unsigned long init_val)
{
	struct mm_struct *mm = current->mm;
	int pkey;

	if (flags || (init_val & ~(unsigned long)PKEY_ACCESS_MASK))
		return -EINVAL;
	down_write(&mm->mmap_sem);
	pkey = mm_pkey_alloc(mm);
	if (pkey >= 0)
		arch_set_user_pkey_access(pkey, init_val);
	up_write(&mm->mmap_sem);
	return pkey >= 0 ? pkey : -ENOSPC;
}

long sys_pkey_free(int pkey)
{
	struct mm_struct *mm = current->mm;
	long err = -EINVAL;

	down_write(&mm->mmap_sem);
	if (mm_pkey_is_allocated(mm, pkey)) {
		mm->pkey_allocation_map &= ~(1U << pkey);
		err = 0;
	}
	up_write(&mm->mmap_sem);
	return err;
}

long sys_pkey_mprotect(unsigned long start, size_t len, unsigned long prot, int pkey)
{
	return do_mprotect_pkey(start, len, prot, pkey);
}
