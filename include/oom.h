/*
 * oom.h - the last resort: memory has ended, and a process must go
 *
 * mm/oom.c chooses and kills, mm/oom_report.c tells why, mm/oom_reap.c takes the memory of who cannot let go.
 */
#ifndef OOM_H
#define OOM_H

#include <gfp.h>
#include <list.h>
#include <types.h>

struct mm_struct;
struct task_struct;

/* /proc/PID/oom_score_adj: thousandths of all memory that are added to what a process has. */
#define OOM_SCORE_ADJ_MIN	(-1000)		/* never this one */
#define OOM_SCORE_ADJ_MAX	1000
/* /proc/PID/oom_adj, the older scale of the same. */
#define OOM_DISABLE		(-17)
#define OOM_ADJUST_MAX		15

/* Bits of mm->flags, numbered as Linux's. */
#define MMF_OOM_SKIP		21	/* nothing more is to be had from it: look for another victim */
#define MMF_OOM_VICTIM		23	/* its process was chosen: set once, before it lets go of the mm */
#define MMF_MULTIPROCESS	26	/* more than one process runs in it, or did */

/* A process that was chosen, until its memory is back; part of signal_struct.  mm/oom_reap.c's victims_lock. */
struct oom_victim {
	struct list_head link;		/* in the reaper's queue */
	struct task_struct *task;	/* its leader, with a reference */
	struct mm_struct *mm;		/* mm_count held; NULL: not in the queue */
	u64 since;			/* monotonic ns */
};

/* What one process would give back, in pages; the sum is its badness. */
struct oom_points {
	unsigned long anon, file, shmem, swap, tables;
	long adj;			/* of oom_score_adj */
	long sum;			/* OOM_NOT_THIS: may not be chosen */
};
#define OOM_NOT_THIS	(-0x7fffffffffffffffL - 1)
#define OOM_FIRST	0x7fffffffffffffffL	/* has asked to be the first: swapoff */

/* One search for a victim. */
struct oom_control {
	gfp_t gfp;			/* of who asked, with ->order */
	unsigned int order;
	unsigned long totalpages;	/* memory and swap */
	struct task_struct *chosen;	/* its leader, with a reference; NULL: there is none */
	struct oom_points points;	/* of ->chosen */
};

/* /proc/sys/vm */
extern int sysctl_panic_on_oom, sysctl_oom_kill_allocating_task, sysctl_oom_dump_tasks;

void oom_init(void);			/* start the reaper */
/*
 * Nothing can be freed: have a process killed.  Process context, no spinlock held; allocates nothing.  True if it is
 * worth trying again, after the caller was given time to wait; false: nobody can be killed (boot), or there is
 * memory, only not 2^@order pages in a row.  Panics if programs run and none of them may be killed.
 */
bool out_of_memory(gfp_t gfp, unsigned int order);
/* The same without asking whether memory is really short, and without waiting; for it and for tests. */
bool __out_of_memory(gfp_t gfp, unsigned int order);
/* Pages that the death of @p would free, weighted by oom_score_adj; or OOM_NOT_THIS.  tasklist_lock held. */
long oom_badness(struct task_struct *p, unsigned long totalpages);
/* /proc/PID/oom_score: 0 .. 2000, 666 for nothing at all.  tasklist_lock held. */
unsigned long oom_score(struct task_struct *p);
/* May @t take from the reserve because it is dying to make memory free? */
bool tsk_is_oom_victim(const struct task_struct *t);
/* A thread of @p that still has the mm, with its alloc_lock held; NULL, and no lock, if there is none. */
struct task_struct *find_lock_task_mm(struct task_struct *p);
/* The last user has left a victim's address space: give back what can be had at once, send the reaper away. */
void oom_exit_mmap(struct mm_struct *mm);
void oom_exit_done(struct mm_struct *mm);	/* its pages and tables are free: who waits for them may go on */
bool mm_is_oom_victim(const struct mm_struct *mm);

/* ---- between the three files ---- */
void oom_report(struct oom_control *oc);	/* oom_lock held */
void oom_queue_victim(struct task_struct *leader, struct mm_struct *mm);	/* tasklist_lock held */
bool oom_victim_pending(void);
void oom_wait_for_victims(void);		/* until there is none, or current is to die */
/* Take down what only this mm has; mmap_sem held for reading, or no user left.  Allocates nothing. */
void oom_reap_areas(struct mm_struct *mm);

#endif
