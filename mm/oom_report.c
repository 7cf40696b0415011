/*
 * mm/oom_report.c - what the kernel says when memory has ended: who asked, what is left, who has it, who goes
 *
 * Purpose:    the log should answer why a process died to somebody who was not there.  docs/book/15-out-of-memory.md
 *             reads it line by line.
 * Invariants: nothing is allocated, and nothing is printed with a lock held: serial lines are slow, and a fork bomb has
 *             many tasks.  The table is sorted by process number; who comes or goes meanwhile may be in it or not.
 * Lock order: oom_lock (the caller's) > tasklist_lock > task->alloc_lock
 * Sources:    proc(5); Linux Documentation/admin-guide/sysctl/vm.rst, "oom_dump_tasks".
 */
#include <mm.h>
#include <oom.h>
#include <pagemap.h>
#include <printk.h>
#include <sched.h>
#include <slab.h>
#include <string.h>
#include <swap.h>
#include <vmalloc.h>
#include "internal.h"
#include "page_internal.h"

/* ---- who asked ---- */

struct gfp_name {
	gfp_t bits;
	const char *name;
};

/* What is made of others first. */
static const struct gfp_name gfp_names[] = {
	{ GFP_HIGHUSER_MOVABLE, "GFP_HIGHUSER_MOVABLE" },
	{ GFP_KERNEL, "GFP_KERNEL" },
	{ GFP_ATOMIC, "GFP_ATOMIC" },
	{ __GFP_DMA, "__GFP_DMA" },
	{ __GFP_DMA32, "__GFP_DMA32" },
	{ __GFP_ZERO, "__GFP_ZERO" },
	{ __GFP_NOWARN, "__GFP_NOWARN" },
	{ __GFP_NOFAIL, "__GFP_NOFAIL" },
	{ __GFP_MOVABLE, "__GFP_MOVABLE" },
	{ __GFP_COMP, "__GFP_COMP" },
};

/* As "GFP_KERNEL|__GFP_ZERO". */
static const char *gfp_words(gfp_t gfp, char *buf, size_t size)
{
	size_t n = 0;

	buf[0] = '\0';
	for (size_t i = 0; i < ARRAY_SIZE(gfp_names); i++) {
		const struct gfp_name *g = &gfp_names[i];

		if ((gfp & g->bits) != g->bits)
			continue;
		n += snprintf(buf + n, size - n, "%s%s", n ? "|" : "", g->name);
		gfp &= ~g->bits;
	}
	return buf;
}

static void report_who(const struct oom_control *oc)
{
	char words[160];

	pr_warn("%s invoked oom-killer: gfp_mask=0x%x(%s), order=%u, oom_score_adj=%d\n", current->comm, oc->gfp,
		gfp_words(oc->gfp, words, sizeof(words)), oc->order, current->signal->oom_score_adj);
	pr_warn("CPU: %u PID: %d, wants %lu kB in one piece, and reclaim has found nothing to free\n",
		smp_processor_id(), current->pid, 1UL << (oc->order + PAGE_SHIFT - 10));
}

/* ---- what is left ---- */

static void report_zones(void)
{
	for (int i = 0; i < MAX_NR_ZONES; i++) {
		const struct zone *z = &zones[i];

		if (z->managed_pages)
			pr_warn("%s free:%lu min:%lu low:%lu high:%lu managed:%lu, kept for this zone's own:%lu\n", z->name,
				zone_free_pages(z), z->watermark[WMARK_MIN], z->watermark[WMARK_LOW],
				z->watermark[WMARK_HIGH], z->managed_pages, z->lowmem_reserve);
	}
}

static void report_memory(void)
{
	pr_warn("Mem-Info (in pages of 4 kB):\n");
	pr_warn("active_anon:%lu inactive_anon:%lu active_file:%lu inactive_file:%lu unevictable:%lu\n",
		lru_pages(LRU_ACTIVE_ANON), lru_shown(NULL, LRU_INACTIVE_ANON), lru_pages(LRU_ACTIVE_FILE), lru_pages(LRU_INACTIVE_FILE),
		lru_pages(LRU_UNEVICTABLE));
	pr_warn("dirty:%lu writeback:%lu mapped:%lu shmem:%lu mlocked:%lu\n", count_of(&nr_dirty_pages),
		count_of(&nr_writeback_pages), count_of(&nr_file_mapped), count_of(&nr_shmem_pages),
		READ_ONCE(nr_mlock));
	pr_warn("slab:%lu pagetables:%lu kernel_stacks:%lu vmalloc:%lu free:%lu\n", slab_total_pages(),
		count_of(&nr_page_table_pages), nr_kernel_stacks() * (KERNEL_STACK_SIZE / PAGE_SIZE),
		vmalloc_used_pages(), nr_free_pages());
	report_zones();
	pr_warn("%lu total pagecache pages, %lu pages in swap cache\n", count_of(&nr_file_pages), nr_swapcache_pages());
	pr_warn("Free swap  = %lukB\n", nr_swap_pages() << (PAGE_SHIFT - 10));
	pr_warn("Total swap = %lukB\n", total_swap_pages() << (PAGE_SHIFT - 10));
	pr_warn("%lu pages RAM\n", totalram_pages());
}

/* ---- who has it ---- */

struct task_row {
	pid_t pid, tgid;
	uid_t uid;
	unsigned long total_vm, anon, file, shmem, tables, swap;
	int adj;
	char comm[TASK_COMM_LEN];
};
#define ROWS 16
static struct task_row rows[ROWS];	/* oom_lock */

/* @t's alloc_lock is held. */
static void fill_row(struct task_row *r, const struct task_struct *p, const struct task_struct *t)
{
	struct mm_struct *mm = t->mm;

	r->pid = t->pid;
	r->tgid = p->tgid;
	r->uid = p->cred.uid;
	r->total_vm = mm->total_vm;
	r->anon = get_mm_counter(mm, MM_ANONPAGES);
	r->file = get_mm_counter(mm, MM_FILEPAGES);
	r->shmem = get_mm_counter(mm, MM_SHMEMPAGES);
	r->tables = atomic_long_read(&mm->nr_tables);
	r->swap = get_mm_counter(mm, MM_SWAPENTS);
	r->adj = p->signal->oom_score_adj;
	memcpy(r->comm, t->comm, sizeof(r->comm));
}

/* Its place among rows[0..n), which are sorted; ROWS: behind all there is room for. */
static unsigned int place_of(pid_t tgid, unsigned int n)
{
	unsigned int i = n;

	while (i && rows[i - 1].tgid > tgid)
		i--;
	return i;
}

/* The processes with the lowest numbers above @last that have memory, sorted; how many. */
static unsigned int take_rows(pid_t last)
{
	struct task_struct *p, *t;
	unsigned int n = 0, i;
	unsigned long flags;

	spin_lock_irqsave(&tasklist_lock, flags);
	for_each_process(p) {
		if (p->tgid <= last || (p->flags & PF_KTHREAD) || (i = place_of(p->tgid, n)) == ROWS)
			continue;
		t = find_lock_task_mm(p);
		if (!t)
			continue;
		n = min(n + 1, (unsigned int)ROWS);
		memmove(&rows[i + 1], &rows[i], (n - 1 - i) * sizeof(rows[0]));
		fill_row(&rows[i], p, t);
		task_unlock(t);
	}
	spin_unlock_irqrestore(&tasklist_lock, flags);
	return n;
}

static void report_tasks(void)
{
	pid_t last = 0;
	unsigned int n;

	pr_warn("Tasks state (memory values in pages):\n");
	pr_warn("[  pid  ]   uid  tgid total_vm      rss rss_anon rss_file rss_shmem pgtables_bytes swapents oom_score_adj name\n");
	do {
		n = take_rows(last);
		for (unsigned int i = 0; i < n; i++) {
			const struct task_row *r = &rows[i];

			pr_warn("[%7d] %5d %5d %8lu %8lu %8lu %8lu %9lu %14lu %8lu %13d %s\n", r->pid, (int)r->uid, r->tgid,
				r->total_vm, r->anon + r->file + r->shmem, r->anon, r->file, r->shmem,
				r->tables << PAGE_SHIFT, r->swap, r->adj, r->comm);
			last = r->tgid;
		}
	} while (n == ROWS);
}

/* ---- who goes, and why ---- */

static void report_choice(const struct oom_control *oc)
{
	const struct task_struct *p = oc->chosen;
	const struct oom_points *n = &oc->points;

	pr_warn("oom-kill:constraint=CONSTRAINT_NONE,task=%s,pid=%d,uid=%u\n", p->comm, p->pid, p->cred.uid);
	if (n->sum == OOM_FIRST)
		pr_warn("chosen: %d (%s), which has asked to be the first (swapoff)\n", p->pid, p->comm);
	else
		pr_warn("chosen: %d (%s), badness %ld = rss %lu (anon %lu, file %lu, shmem %lu) + swap %lu + page tables %lu "
			"%+ld for oom_score_adj %d (thousandths of %lu pages)\n", p->pid, p->comm, n->sum,
			n->anon + n->file + n->shmem, n->anon, n->file, n->shmem, n->swap, n->tables, n->adj,
			p->signal->oom_score_adj, oc->totalpages);
}

void oom_report(struct oom_control *oc)
{
	report_who(oc);
	report_memory();
	if (sysctl_oom_dump_tasks)
		report_tasks();
	if (oc->chosen)
		report_choice(oc);
}
