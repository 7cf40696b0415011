/*
 * mm/oom_reap.c - a victim's memory comes back, whatever the victim does
 *
 * Purpose:    a process that was killed gives its memory back when it gets to its end.  It may sleep on the way,
 *             for a disk or for a lock whose holder waits for memory.  So a thread takes down what only it can have:
 *             private anonymous pages, and its slots of swap.
 *
 *               kill --> OOM_REAPER_DELAY --> mmap_sem for reading? -- 10 tries, no --> give up
 *                 |   (most have ended)           yes: take down                          |
 *                 v                               v                                       v
 *               end of exit_mmap() --------> MMF_OOM_SKIP: the next victim may be chosen, if one is needed still
 *
 * Invariants: an entry whose contents were taken says so (pte_marker_poisoned()): who touches the page gets SIGBUS
 *             or EFAULT, never a page of zeros.  A system call that the victim is in, or another process
 *             that reads its memory, cannot take nothing for something.
 *             A victim is in the queue until its mm has MMF_OOM_SKIP.
 *             The thread allocates nothing, and takes a lock only if nobody has to be waited for.
 * Lock order: mmap_sem (tried) > ptl; victims_lock is innermost.
 * Simplified: page tables and pages of files stay until the victim gets to its end.
 * Sources:    Linux Documentation/admin-guide/sysctl/vm.rst; the idea: M. Hocko, "mm, oom: introduce oom reaper", 2016.
 */
#include <err.h>
#include <mm.h>
#include <oom.h>
#include <panic.h>
#include <printk.h>
#include <sched.h>
#include <swap.h>
#include <wait.h>
#include "internal.h"

#define OOM_REAPER_DELAY	(2 * NSEC_PER_SEC)	/* its own exit is better: it tells who waits for its robust futexes */
#define MAX_OOM_REAP_RETRIES	10
#define RETRY_MS		100
#define LOOK_MS			10	/* how often we look whether it has ended by itself */

static DEFINE_SPINLOCK(victims_lock);	/* interrupts off */
static LIST_HEAD(victims);		/* oom_victim.link, first chosen first */
static DECLARE_WAIT_QUEUE_HEAD(reaper_wait);
static DECLARE_WAIT_QUEUE_HEAD(done_wait);	/* who needs what a victim has */

/* ---- taking down ---- */

/* One entry, its table locked.  An anonymous page goes to @tlb. */
static void reap_entry(struct mmu_gather *tlb, struct vm_area_struct *vma, unsigned long addr, pte_t *pte, long *rss)
{
	pte_t e = *pte;
	struct page *page;

	if (pte_swap(e)) {
		set_pte(pte, pte_marker_poisoned());
		trace_pte_change(vma->vm_mm, addr, e.pte, pte->pte);
		free_swap_entry(pte_to_swp_entry(e));
		rss[MM_SWAPENTS]--;
		return;
	}
	page = pte_present(e) ? vm_normal_page(vma, addr, e) : NULL;
	if (!page || !PageAnon(page))
		return;
	e = ptep_get_and_clear(pte);
	set_pte(pte, pte_marker_poisoned());
	tlb_note_range(tlb, addr, addr + PAGE_SIZE);
	page_remove_rmap(page, vma);
	trace_pte_change(vma->vm_mm, addr, e.pte, pte->pte);
	tlb->swapcache |= PageSwapCache(page);
	tlb_remove_page(tlb, page);
	rss[MM_ANONPAGES]--;
}

/* At most GATHER_BATCH entries of one table: so many pages have room in a gather that allocates nothing. */
static void reap_batch(struct vm_area_struct *vma, pmd_t *pmd, unsigned long addr, unsigned long end)
{
	struct mm_struct *mm = vma->vm_mm;
	long rss[NR_MM_COUNTERS] = { 0 };
	struct mmu_gather tlb;
	pte_t *first, *pte;
	spinlock_t *ptl;

	update_hiwater_rss(mm);
	tlb_gather_mmu(&tlb, mm, false);
	first = pte = pte_offset_map_lock(mm, pmd, addr, &ptl);
	for (; addr < end; addr += PAGE_SIZE, pte++)
		reap_entry(&tlb, vma, addr, pte, rss);
	add_mm_counter(mm, MM_ANONPAGES, rss[MM_ANONPAGES]);
	add_mm_counter(mm, MM_SWAPENTS, rss[MM_SWAPENTS]);
	pte_unmap_unlock(first, ptl);
	tlb_finish_mmu(&tlb);
	cond_resched();
}

static void reap_area(struct vm_area_struct *vma)
{
	unsigned long addr = vma->vm_start, next;
	pmd_t *pmd;

	for (; (pmd = next_pte_table(vma->vm_mm, &addr, vma->vm_end)); addr = next) {
		next = pmd_addr_end(addr, vma->vm_end);
		for (; addr < next; addr = min(next, addr + GATHER_BATCH * PAGE_SIZE))
			reap_batch(vma, pmd, addr, min(next, addr + GATHER_BATCH * PAGE_SIZE));
	}
}

void oom_reap_areas(struct mm_struct *mm)
{
	for (struct vm_area_struct *vma = mm->mmap; vma; vma = vma->vm_next)
		if (vma->anon_vma && !(vma->vm_flags & (VM_SHARED | VM_PFNMAP)))
			reap_area(vma);
}

static void set_done(struct mm_struct *mm)
{
	set_bit(MMF_OOM_SKIP, &mm->flags);
	wake_up_all(&done_wait);
}

void oom_exit_mmap(struct mm_struct *mm)
{
	oom_reap_areas(mm);
	down_write(&mm->mmap_sem);	/* the reaper may be in here: its tables are about to go */
	up_write(&mm->mmap_sem);
}

void oom_exit_done(struct mm_struct *mm)
{
	set_done(mm);
}

/* ---- the queue ---- */

static void wake_reaper(void)
{
	wake_up(&reaper_wait);
}

void oom_queue_victim(struct task_struct *leader, struct mm_struct *mm)
{
	struct oom_victim *v = &leader->signal->oom;
	unsigned long flags;
	bool added = false;

	spin_lock_irqsave(&victims_lock, flags);
	if (!v->mm) {
		mmgrab(mm);
		get_task_struct(leader);
		v->mm = mm;
		v->task = leader;
		v->since = ktime_get();
		list_add_tail(&v->link, &victims);
		added = true;
	}
	spin_unlock_irqrestore(&victims_lock, flags);
	if (added)
		wake_reaper();
}

bool oom_victim_pending(void)
{
	struct oom_victim *v;
	unsigned long flags;
	bool pending = false;

	spin_lock_irqsave(&victims_lock, flags);
	list_for_each_entry(v, &victims, link)
		pending |= !test_bit(MMF_OOM_SKIP, &v->mm->flags);
	spin_unlock_irqrestore(&victims_lock, flags);
	return pending;
}

void oom_wait_for_victims(void)
{
	wait_event_killable(done_wait, !oom_victim_pending());
}

/* Only the reaper takes away: what it found stays until it does. */
static struct oom_victim *first_victim(void)
{
	struct oom_victim *v;

	spin_lock_irq(&victims_lock);
	v = list_empty(&victims) ? NULL : list_first_entry(&victims, struct oom_victim, link);
	spin_unlock_irq(&victims_lock);
	return v;
}

static void forget_victim(struct oom_victim *v)
{
	struct task_struct *task = v->task;
	struct mm_struct *mm = v->mm;

	spin_lock_irq(&victims_lock);
	list_del(&v->link);
	v->mm = NULL;
	spin_unlock_irq(&victims_lock);
	mmdrop(mm);
	put_task_struct(task);		/* @v may be gone */
}

/* ---- the thread ---- */

static bool is_done(const struct oom_victim *v)
{
	return test_bit(MMF_OOM_SKIP, &v->mm->flags);
}

static unsigned long kib(struct mm_struct *mm, int counter)
{
	return get_mm_counter(mm, counter) << (PAGE_SHIFT - 10);
}

/* False: somebody changes the address space, or takes it down; try again. */
static bool reap(struct oom_victim *v)
{
	struct mm_struct *mm = v->mm;

	if (!down_read_trylock(&mm->mmap_sem))
		return false;
	if (!atomic_read(&mm->mm_users)) {	/* exit_mmap() is at it, and oom_exit_mmap() has waited for this lock */
		up_read(&mm->mmap_sem);
		return false;
	}
	if (!is_done(v)) {
		oom_reap_areas(mm);
		pr_info("oom_reaper: reaped process %d (%s), now anon-rss:%lukB, file-rss:%lukB, shmem-rss:%lukB\n",
			v->task->pid, v->task->comm, kib(mm, MM_ANONPAGES), kib(mm, MM_FILEPAGES),
			kib(mm, MM_SHMEMPAGES));
	}
	up_read(&mm->mmap_sem);
	return true;
}

/* Until its memory is back, or as good as: then MMF_OOM_SKIP is set. */
static void see_to(struct oom_victim *v)
{
	while (!is_done(v) && ktime_get() - v->since < OOM_REAPER_DELAY)
		msleep(LOOK_MS);
	for (int n = 0; !is_done(v) && !reap(v); n++) {
		if (n == MAX_OOM_REAP_RETRIES) {
			pr_info("oom_reaper: unable to reap pid:%d (%s)\n", v->task->pid, v->task->comm);
			break;
		}
		msleep(RETRY_MS);
	}
	set_done(v->mm);
}

static int oom_reaper(void *unused)
{
	struct oom_victim *v;

	for (;;) {
		wait_event(reaper_wait, (v = first_victim()));
		see_to(v);
		forget_victim(v);
	}
	return 0;
}

void __init oom_init(void)
{
	if (IS_ERR(kthread_run(oom_reaper, NULL, "oom_reaper")))
		panic("oom_reaper: no memory for the thread without which the last resort may wait for ever");
}
