/*
 * mm/mm.c - mm_struct: made, shared, copied, released
 *
 * Purpose:    the life of an address space, from mm_alloc (exec) or dup_mm (fork) to the last
 *             mmput (its memory goes) and the last mmdrop (the structure goes).
 * Invariants: mm_users counts threads that run in the mm and those who look in; when it falls
 *             to 0 all VMAs, pages and tables are freed and it never rises again.
 *             mm_count counts references to the structure, all users together as one: a
 *             kernel thread that borrows the tables holds one, so CR3 never points to freed
 *             tables.  Every mm is on the list that begins at init_mm.
 * Lock order: mmap_sem (parent before child) > mmlist_lock
 * Simplified: Linux keeps only mms with swap entries on mmlist; the notes' list of all mms is
 *             what mm_verify_all() walks.
 * Sources:    Love, "Linux Kernel Development", "The Process Address Space".
 */
#include <asm/mmu_context.h>
#include <coredump.h>
#include <fs.h>
#include <futex.h>
#include <pagemap.h>
#include <sched.h>
#include <slab.h>
#include <string.h>
#include "internal.h"

struct kmem_cache *mm_cachep, *vm_area_cachep;
DEFINE_SPINLOCK(mmlist_lock);
u32 mm_next_id = 1;

struct mm_struct init_mm = {
	.mm_users = ATOMIC_INIT(2),
	.mm_count = ATOMIC_INIT(1),
	.task_size = TASK_SIZE_L4,
	.mmlist = LIST_HEAD_INIT(init_mm.mmlist),
	.mmap_sem = RWSEM_INIT(init_mm.mmap_sem),
	.page_table_lock = SPIN_LOCK_UNLOCKED,
};
LOCK_NAME(init_mmap_sem, init_mm.mmap_sem, "mm->mmap_sem");
LOCK_NAME(init_page_table_lock, init_mm.page_table_lock, "mm->page_table_lock");

void page_tree_init(void);
void swap_cache_init(void);

void proc_caches_init(void)
{
	mm_cachep = kmem_cache_create("mm_struct", sizeof(struct mm_struct),
				      __alignof__(struct mm_struct),
				      SLAB_HWCACHE_ALIGN | SLAB_PANIC | SLAB_NOTRACK, NULL);
	vm_area_cachep = KMEM_CACHE(vm_area_struct, SLAB_PANIC);
	pgtable_cache_init();
	anon_vma_init();
	page_tree_init();
	swap_cache_init();
	mmap_init();
}

/* Fields that begin empty whether the mm is new or a copy; then the pgd and the list. */
static struct mm_struct *mm_init(struct mm_struct *mm)
{
	u32 from = mm->id;		/* what it was copied from */

	mm->mmap = NULL;
	mm->mm_rb = RB_ROOT;
	vmacache_invalidate(mm);
	mm->highest_vm_end = 0;
	mm->map_count = 0;
	atomic_set(&mm->mm_users, 1);
	atomic_set(&mm->mm_count, 1);
	atomic_long_set(&mm->nr_ptes, 0);
	atomic_long_set(&mm->nr_tables, 0);
	mm->locked_vm = mm->pinned_vm = 0;
	memset(&mm->rss_stat, 0, sizeof(mm->rss_stat));
	memset(&mm->cpu_vm_mask_var, 0, sizeof(mm->cpu_vm_mask_var));
	init_new_context(mm);
	mm->exe_file = NULL;
	spin_lock_init(&mm->page_table_lock);
	init_rwsem(&mm->mmap_sem);
	INIT_LIST_HEAD(&mm->mmlist);
	mm->pgd = pgd_alloc(mm);
	if (!mm->pgd) {
		kmem_cache_free(mm_cachep, mm);
		return NULL;
	}
	spin_lock(&mmlist_lock);
	mm->id = mm_next_id++;
	list_add_tail(&mm->mmlist, &init_mm.mmlist);
	spin_unlock(&mmlist_lock);
	trace_mm_new(mm, from, page_to_pfn(virt_to_page(mm->pgd)));
	return mm;
}

struct mm_struct *mm_alloc(void)
{
	struct mm_struct *mm = kmem_cache_alloc(mm_cachep, GFP_KERNEL);

	if (!mm)
		return NULL;
	memset(mm, 0, sizeof(*mm));
	mm->task_size = TASK_SIZE_MAX;
	/* exec keeps the filter of core dumps; begin_new_exec() decides about dumpable */
	mm->flags = current->mm ? current->mm->flags & MMF_INIT_MASK : MMF_DUMP_FILTER_DEFAULT;
	mm_pkey_init(mm);
	arch_pick_mmap_layout(mm);
	return mm_init(mm);
}

struct mm_struct *next_mm(struct mm_struct *mm)
{
	struct list_head *pos;
	struct mm_struct *next = NULL;

	spin_lock(&mmlist_lock);
	for (pos = mm->mmlist.next; pos != &init_mm.mmlist; pos = pos->next) {
		next = list_entry(pos, struct mm_struct, mmlist);
		if (mmget_not_zero(next))
			break;
		next = NULL;
	}
	spin_unlock(&mmlist_lock);
	if (mm != &init_mm)
		mmput(mm);
	return next;
}

void mmdrop(struct mm_struct *mm)
{
	trace_mm_put(mm, MMWHY_COUNT);
	if (!atomic_dec_and_test(&mm->mm_count))
		return;
	VM_BUG_ON_MM(mm == &init_mm || mm->mmap, mm);
	trace_mm_free(mm, page_to_pfn(virt_to_page(mm->pgd)));
	pgd_free(mm, mm->pgd);
	spin_lock(&mmlist_lock);
	list_del(&mm->mmlist);
	spin_unlock(&mmlist_lock);
	kmem_cache_free(mm_cachep, mm);
}

void mmput(struct mm_struct *mm)
{
	trace_mm_put(mm, MMWHY_USERS);
	if (!atomic_dec_and_test(&mm->mm_users))
		return;
	exit_mmap(mm);
	set_mm_exe_file(mm, NULL);
	mmdrop(mm);
}

struct mm_struct *get_task_mm(struct task_struct *task)
{
	struct mm_struct *mm;

	task_lock(task);
	mm = task->mm;
	if (mm && (task->flags & PF_KTHREAD))
		mm = NULL;
	if (mm)
		mmget(mm);
	task_unlock(task);
	return mm;
}

void set_mm_exe_file(struct mm_struct *mm, struct file *file)
{
	struct file *old;

	if (file)
		get_file(file);
	spin_lock(&mm->page_table_lock);
	old = mm->exe_file;
	mm->exe_file = file;
	spin_unlock(&mm->page_table_lock);
	if (old)
		fput(old);
}

struct file *get_mm_exe_file(struct mm_struct *mm)
{
	struct file *f;

	spin_lock(&mm->page_table_lock);
	f = mm->exe_file;
	if (f)
		get_file(f);
	spin_unlock(&mm->page_table_lock);
	return f;
}

unsigned long get_mm_hiwater_rss(struct mm_struct *mm)
{
	return max(mm->hiwater_rss, get_mm_rss(mm));
}

/* ---- the end: everything is unmapped ---- */

/* Enter: no user is left, so nobody can fault or look in.  Needs no memory. */
void exit_mmap(struct mm_struct *mm)
{
	struct vm_area_struct *vma = mm->mmap, *next;
	unsigned long accounted = 0;
	struct mmu_gather tlb;

	if (unlikely(mm_is_oom_victim(mm)))
		oom_exit_mmap(mm);
	if (vma) {
		tlb_gather_mmu(&tlb, mm, true);
		unmap_vmas(&tlb, vma, 0, ~0UL);
		free_pgtables(&tlb, vma, 0, 0);
		tlb_finish_mmu(&tlb);
	}
	if (unlikely(mm_is_oom_victim(mm)))
		oom_exit_done(mm);
	mm->mm_rb = RB_ROOT;
	while (vma) {
		next = vma->vm_next;
		if (vma->vm_flags & VM_ACCOUNT)
			accounted += vma_pages(vma);
		trace_vma_del(mm, vma->vm_start, vma->vm_end);
		mm->mmap = next;	/* a snapshot may look while remove_vma() sleeps */
		remove_vma(vma);
		vma = next;
	}
	mm->map_count = 0;
	mm->highest_vm_end = 0;
	mm->total_vm = mm->shared_vm = mm->exec_vm = mm->stack_vm = mm->data_vm = 0;
	mm->locked_vm = 0;
	vmacache_invalidate(mm);
	vm_unacct_memory(accounted);
	for (int i = 0; i < NR_MM_COUNTERS; i++)
		VM_BUG_ON_MM(atomic_long_read(&mm->rss_stat.count[i]), mm);
	VM_BUG_ON_MM(atomic_long_read(&mm->nr_ptes), mm);
}

/* ---- fork: a copy ---- */

/* A child's VMA equal to @mpnt, with references but not linked yet.  NULL: no memory. */
static struct vm_area_struct *dup_vma(struct mm_struct *mm, struct vm_area_struct *mpnt)
{
	struct vm_area_struct *vma = vm_area_dup(mpnt);

	if (!vma)
		return NULL;
	vma->vm_mm = mm;
	vma->vm_flags &= ~(VM_LOCKED | VM_LOCKONFAULT);
	if (vma->vm_flags & VM_WIPEONFORK) {
		vma->anon_vma = NULL;		/* begins empty: no page of the parent's */
	} else if (anon_vma_fork(vma, mpnt)) {
		vm_area_free(vma);
		return NULL;
	}
	if (vma->vm_file)
		get_file(vma->vm_file);
	return vma;
}

/*
 * Copy all VMAs and page tables.  Enter: both mmap_sems held for writing.
 * 0 or -ENOMEM; then @mm holds what was copied so far, for mmput to release.
 */
static int dup_mmap(struct mm_struct *mm, struct mm_struct *old)
{
	struct vm_area_struct *last = NULL, *vma;

	for (struct vm_area_struct *mpnt = old->mmap; mpnt; mpnt = mpnt->vm_next) {
		unsigned long charge = mpnt->vm_flags & VM_ACCOUNT ? vma_pages(mpnt) : 0;

		if (mpnt->vm_flags & VM_DONTCOPY) {
			vm_stat_account(mm, mpnt->vm_flags, mpnt->vm_file, -vma_pages(mpnt));
			continue;
		}
		if (charge && security_vm_enough_memory(charge))
			return -ENOMEM;
		vma = dup_vma(mm, mpnt);
		if (!vma) {
			vm_unacct_memory(charge);
			return -ENOMEM;
		}
		vma_append(mm, last, vma);
		last = vma;
		if (vma->vm_ops && vma->vm_ops->open)
			vma->vm_ops->open(vma);
		if ((vma->vm_flags & VM_ARCH_1) && pfnmap_fork(vma))
			return -ENOMEM;
		if (!(vma->vm_flags & VM_WIPEONFORK) && copy_page_range(mm, old, mpnt))
			return -ENOMEM;
	}
	return 0;
}

struct mm_struct *dup_mm(struct mm_struct *old)
{
	struct mm_struct *mm = kmem_cache_alloc(mm_cachep, GFP_KERNEL);
	int err;

	if (!mm)
		return ERR_PTR(-ENOMEM);
	down_write(&old->mmap_sem);
	*mm = *old;
	mm->def_flags &= ~(VM_LOCKED | VM_LOCKONFAULT);		/* memory locks are not inherited */
	mm->flags &= MMF_INIT_MASK;
	mm = mm_init(mm);
	if (!mm) {
		up_write(&old->mmap_sem);
		return ERR_PTR(-ENOMEM);
	}
	down_write_nested(&mm->mmap_sem, 1);	/* nobody else knows it yet */
	err = mm_is_oom_victim(old) ? -ENOMEM : dup_mmap(mm, old);	/* what the reaper leaves is nobody's inheritance */
	vma_build_tree(mm);		/* of what there is, also after a failure */
	up_write(&mm->mmap_sem);
	/* The parent's writable entries were made read-only: no CPU may go on writing. */
	flush_tlb_mm(old);
	if (old->exe_file)
		set_mm_exe_file(mm, old->exe_file);
	up_write(&old->mmap_sem);
	mm->hiwater_rss = get_mm_rss(mm);
	mm->hiwater_vm = mm->total_vm;
	if (!err) {
		mm_verify_range(mm, 0, mm->task_size);
		return mm;
	}
	mmput(mm);
	return ERR_PTR(err);
}
