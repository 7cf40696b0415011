/*
 * mm/commit.c - how much memory has been promised, and how much may be
 *
 * Purpose:    memory is given out page by page when it is touched, long after mmap() said yes.
 *             Each promise is counted here, so that a careful system can say no in time.
 * Invariants: vm_committed_as = pages of all VM_ACCOUNT areas + sizes of the shared objects
 *             charged at their birth + pages of the files charged page by page
 *             (shmem_recount(); mm_verify_all() adds it all up again).
 * Lock order: none; one atomic counter.
 * Simplified: Linux counts on each CPU and adds up when it must know.
 * Sources:    proc(5), /proc/sys/vm; Linux's Documentation/mm/overcommit-accounting.
 *
 *   charged                            private and writable now or once; shared memory without a
 *                                      name (all of it at its creation)
 *   charged page by page               files of tmpfs, memfd, MAP_SHARED|MAP_NORESERVE
 *   not charged                        read-only, other files, MAP_PRIVATE|MAP_NORESERVE
 */
#include <mm.h>
#include <sched.h>
#include <swap.h>
#include "internal.h"

int sysctl_overcommit_memory;			/* OVERCOMMIT_* */
int sysctl_overcommit_ratio = 50;
unsigned long sysctl_overcommit_kbytes;
unsigned long sysctl_user_reserve_kbytes, sysctl_admin_reserve_kbytes;
atomic_long_t vm_committed_as;

#define KB_TO_PAGES(kb) ((kb) >> (PAGE_SHIFT - 10))

/* Of what is free at boot: a 32nd, at most 128 MiB and 8 MiB. */
void commit_init(void)
{
	unsigned long free_kb = nr_free_pages() << (PAGE_SHIFT - 10);

	atomic_long_set(&vm_committed_as, 0);
	sysctl_user_reserve_kbytes = min(free_kb / 32, 1UL << 17);
	sysctl_admin_reserve_kbytes = min(free_kb / 32, 1UL << 13);
}

/* Pages that mode 2 allows: the part of RAM that the ratio names, or just so many kilobytes. */
unsigned long vm_commit_limit(void)
{
	if (sysctl_overcommit_kbytes)
		return KB_TO_PAGES(sysctl_overcommit_kbytes) + total_swap_pages();
	return totalram_pages() * sysctl_overcommit_ratio / 100 + total_swap_pages();
}

/*
 * Mode 2: something is kept for root, who must be able to log in and kill, and from a big
 * process something for its user, who must be able to do so too.
 */
static bool within_limit(void)
{
	long allowed = vm_commit_limit();

	if (!capable_root())
		allowed -= KB_TO_PAGES(sysctl_admin_reserve_kbytes);
	if (current->mm)
		allowed -= min(current->mm->total_vm / 32, KB_TO_PAGES(sysctl_user_reserve_kbytes));
	return atomic_long_read(&vm_committed_as) < allowed;
}

/* Charge @pages.  0, or -ENOMEM with nothing charged. */
int security_vm_enough_memory(long pages)
{
	bool ok = true;

	vm_acct_memory(pages);
	if (sysctl_overcommit_memory == OVERCOMMIT_GUESS)
		ok = pages <= (long)(totalram_pages() + total_swap_pages());	/* refuse only what can never fit */
	else if (sysctl_overcommit_memory == OVERCOMMIT_NEVER)
		ok = within_limit();
	if (ok)
		return 0;
	vm_unacct_memory(pages);
	return -ENOMEM;
}

/* Is an area with these flags charged?  What is shared is the object's matter. */
bool accountable_mapping(struct file *file, unsigned long flags)
{
	return (flags & (VM_NORESERVE | VM_SHARED | VM_WRITE)) == VM_WRITE;
}
