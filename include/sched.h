/*
 * sched.h - tasks: what a process or thread is, and how it runs, sleeps and ends
 *
 * Locks: tasklist_lock protects the family tree, pid links, groups and sessions;
 *        the run-queue lock protects state changes to and from TASK_RUNNING;
 *        sighand->siglock protects signals (signal.h).
 * Order: tasklist_lock > siglock > wait queue > run queue lock; all with interrupts off.
 */
#ifndef SCHED_H
#define SCHED_H

#include <fail_nth.h>
#include <asm/percpu.h>
#include <asm/processor.h>
#include <list.h>
#include <mm_types.h>
#include <oom.h>
#include <signal.h>
#include <spinlock.h>
#include <time.h>
#include <trace.h>
#include <wait.h>
#include <uapi/resource.h>
#include <uapi/sched.h>

struct blk_plug;
struct files_struct;
struct fs_struct;
struct pt_regs;
struct tty_struct;
struct seq_file;
struct rseq;

/* task_struct.ti_flags: anything set here makes the return to user space take the slow way. */
#define TIF_SIGPENDING		0
#define TIF_NEED_RESCHED	1
#define TIF_RESTORE_SIGMASK	2	/* put saved_sigmask back if no handler runs */
#define TIF_NOTIFY_RESUME	3	/* look at the restartable sequence (rseq.h) */

#define TASK_RUNNING		0
#define TASK_INTERRUPTIBLE	1
#define TASK_UNINTERRUPTIBLE	2
#define TASK_STOPPED		4
#define TASK_DEAD		64	/* switched out for ever: the next task frees its stack */
#define TASK_WAKEKILL		128
#define TASK_KILLABLE		(TASK_WAKEKILL | TASK_UNINTERRUPTIBLE)
#define TASK_NORMAL		(TASK_INTERRUPTIBLE | TASK_UNINTERRUPTIBLE)
/* exit_state */
#define EXIT_ZOMBIE		16
#define EXIT_DEAD		32

#define PF_KTHREAD	BIT(0)
#define PF_EXITING	BIT(1)
#define PF_FORKNOEXEC	BIT(2)
#define PF_SIGNALED	BIT(3)
#define PF_MEMALLOC	BIT(4)		/* reclaims: its allocations may take all there is */
#define PF_OOM_ORIGIN	BIT(7)		/* swapoff: if memory runs out it is the one to go */
#define PF_DUMPCORE	BIT(5)		/* writes the core file of its process */
#define PF_POSTCOREDUMP	BIT(6)		/* too late to take part in one */
#define PF_RANDOMIZE	BIT(8)		/* chance places its areas: said at exec, goes to children */

#define TASK_COMM_LEN 16

struct cred_ids {			/* identity; plain copy, current's own unless tasklist_lock */
	uid_t uid, euid, suid, fsuid;
	gid_t gid, egid, sgid, fsgid;
	int ngroups;
	gid_t groups[32];
};

/* What all threads of a process share. */
struct signal_struct {
	atomic_t refcount;
	int nr_threads;			/* tasklist_lock */
	atomic_t live;			/* threads that have not begun to exit */
	struct list_head threads;	/* task->thread_node: tasklist_lock */
	struct sigpending shared_pending;	/* siglock */
	wait_queue_head_t wait_chldexit;	/* wait4 sleeps here */
	wait_queue_head_t wait_pidfd;		/* poll of a pidfd: woken when the process has ended */
	struct task_struct *leader;
	struct task_struct *group_exit_task;	/* execve waits for the others: siglock */
	struct core_state *core_state;	/* a core file is being written: siglock */
	int group_exit_code;		/* siglock */
	bool group_exit;		/* siglock: all threads are on their way out */
	int group_stop_count;		/* threads still to stop: siglock */
	unsigned int flags;		/* SIGNAL_*: siglock */
	pid_t pgrp, session;		/* tasklist_lock */
	bool leader_of_session;
	struct tty_struct *tty;		/* controlling terminal: tasklist_lock */
	struct rlimit64 rlim[RLIM_NLIMITS];	/* tasklist_lock to change */
	/* times and faults of threads that have ended, and of children that were waited for */
	u64 utime, stime, cutime, cstime;	/* ns */
	unsigned long min_flt, maj_flt, cmin_flt, cmaj_flt;
	unsigned long maxrss, cmaxrss;		/* pages */
	struct timer real_timer;	/* ITIMER_REAL */
	u64 it_real_incr;
	u64 it_virt_expires, it_virt_incr, it_prof_expires, it_prof_incr;	/* ns of cpu time; siglock */
	short oom_score_adj, oom_score_adj_min;	/* what it is, and was last set to by root: tasklist_lock */
	bool oom_victim;		/* chosen to die for memory: may use the reserve; tasklist_lock */
	struct oom_victim oom;		/* until its memory is back */
};
#define SIGNAL_STOP_STOPPED	1
#define SIGNAL_STOP_CONTINUED	2
#define SIGNAL_CLD_STOPPED	4	/* wait(WUNTRACED) has not seen the stop yet; signal in group_exit_code */
#define SIGNAL_CLD_CONTINUED	8	/* wait(WCONTINUED) has not seen it yet */
#define SIGNAL_UNKILLABLE	16	/* init */
#define SIGNAL_NOTIFY_CONT	32	/* the first thread to run tells the parent CLD_CONTINUED */

struct task_struct {
	unsigned long ti_flags;		/* first: the entry code reads it; atomic bits */
	void *stack;			/* lowest address of the kernel stack */
	struct thread_struct thread;

	volatile unsigned int state;	/* run-queue lock, or own task going to sleep */
	unsigned int exit_state;	/* tasklist_lock */
	unsigned int flags;		/* PF_*: own task */
	atomic_t usage;			/* references to this structure */
	bool on_rq;			/* runnable, or running: run-queue lock */
	bool on_cpu;			/* its registers are in a CPU */
	bool ran_in_user;		/* what the last tick interrupted: where its time is charged */
	bool in_load;			/* sleeps uninterruptibly: counts in the load average */
	unsigned int cpu;		/* whose queue it is or was on: kernel/sched.c */
	u64 cpus_allowed;		/* bit n: CPU n; run-queue lock to change */
	int nice;			/* -20..19 */
	u64 vruntime;			/* ns of weighted run time: run-queue lock */
	u64 slice_start;		/* when it was last put on the CPU */
	u64 exec_start;			/* its time is charged up to here */
	struct rb_node run_node;	/* in the run queue while runnable but not running */

	struct mm_struct *mm;		/* NULL: kernel thread; own task, task_lock to look from outside */
	struct mm_struct *active_mm;	/* borrowed by kernel threads */
	struct vmacache vmacache;	/* own task */

	pid_t pid, tgid;
	struct hlist_node pid_node;	/* tasklist_lock */
	struct list_head tasks;		/* all process leaders: tasklist_lock */
	struct list_head thread_node;	/* signal->threads */
	struct task_struct *real_parent;
	struct task_struct *parent;
	struct list_head children, sibling;	/* tasklist_lock */
	struct task_struct *group_leader;
	int exit_code;			/* as wait reports it */
	int exit_signal;		/* to the parent; -1 for threads */
	int pdeath_signal;
	struct completion *vfork_done;
	int __user *set_child_tid;
	int __user *clear_child_tid;
	void __user *robust_list;
	struct rseq __user *rseq;	/* own task; NULL: not registered */
	u32 rseq_sig;
	bool rseq_event;		/* its sequence must begin again: atomic */

	char comm[TASK_COMM_LEN];
	struct cred_ids cred;
	bool did_exec, no_new_privs;
	unsigned int personality;

	struct blk_plug *plug;		/* bios held back (blkdev.h): own task */

	spinlock_t alloc_lock;		/* task_lock: mm, files, fs, comm seen from outside */
	struct fs_struct *fs;
	struct files_struct *files;

	struct signal_struct *signal;
	struct sighand_struct *sighand;
	struct sigpending pending;	/* siglock */
	sigset_t blocked, saved_sigmask, real_blocked;	/* siglock to change */
	unsigned long sas_ss_sp;	/* sigaltstack */
	size_t sas_ss_size;
	unsigned int sas_ss_flags;
	struct restart_block restart_block;

	u64 utime, stime;		/* ns: own CPU */
	u64 start_time;			/* monotonic ns */
	unsigned long min_flt, maj_flt, nvcsw, nivcsw;
#ifdef QUIRE_DEBUG
	struct fail_nth fail_nth;	/* which of its allocations fails */
#endif
#ifdef QUIRE_LOCKDEP
	struct held_sleeps held;	/* own task */
#endif
	struct task_trace trace;	/* own task */
	unsigned long logged_syscalls[8];	/* bitmap: unknown calls already logged */
};

extern struct task_struct init_task;	/* pid 0, the boot context, later idle of CPU 0 */
extern spinlock_t tasklist_lock;
extern struct list_head task_list;	/* process leaders, by ->tasks, init_task excluded */
extern struct task_struct *init_process;	/* pid 1 */
extern unsigned int nr_threads, max_threads;
extern unsigned long total_forks;

#define for_each_process(p) list_for_each_entry(p, &task_list, tasks)
#define for_each_thread(leader, t) list_for_each_entry(t, &(leader)->signal->threads, thread_node)

static inline void task_lock(struct task_struct *t) { spin_lock(&t->alloc_lock); }
static inline void task_unlock(struct task_struct *t) { spin_unlock(&t->alloc_lock); }
static inline bool thread_group_leader(const struct task_struct *t) { return t->group_leader == t; }
static inline void set_tsk_flag(struct task_struct *t, int flag) { set_bit(flag, &t->ti_flags); }
static inline void clear_tsk_flag(struct task_struct *t, int flag) { clear_bit(flag, &t->ti_flags); }
static inline bool test_tsk_flag(const struct task_struct *t, int flag) { return test_bit(flag, &t->ti_flags); }
static inline bool need_resched(void) { return test_tsk_flag(current, TIF_NEED_RESCHED); }
static inline unsigned long task_rlimit(const struct task_struct *t, int which)
{
	return READ_ONCE(t->signal->rlim[which].rlim_cur);
}
static inline unsigned long rlimit(int which) { return READ_ONCE(current->signal->rlim[which].rlim_cur); }
void get_task_struct(struct task_struct *t);
void put_task_struct(struct task_struct *t);
void put_signal(struct signal_struct *s);

/* ---- kernel/sched.c ---- */
void sched_init(void);
/* Give up the CPU; returns when running again.  State set by the caller decides whether it sleeps. */
void schedule(void);
/* Make @t runnable if its state is in @mask; true if it was asleep.  Any context. */
bool try_to_wake_up(struct task_struct *t, unsigned int mask);
static inline bool wake_up_process(struct task_struct *t) { return try_to_wake_up(t, TASK_NORMAL); }
void wake_up_new_task(struct task_struct *t);
/* The first thing a new task does (entry.asm): finish the switch from @prev, as schedule() does after it. */
void schedule_tail(struct task_struct *prev);
/* Let the others run once; returns soon if there are none. */
void yield(void);
/* Set the state before testing the condition: a full barrier. */
static inline void set_current_state(unsigned int s)
{
	__atomic_store_n(&current->state, s, __ATOMIC_SEQ_CST);
}
/* From the timer interrupt: account one tick, end a used-up slice. */
void sched_tick(bool user);
void cpu_idle(void) __noreturn;
void set_user_nice(struct task_struct *t, int nice);
static inline void cond_resched(void)
{
	if (need_resched() && !in_atomic())
		schedule();
}
u64 task_cputime(struct task_struct *t);	/* utime + stime + what is running now, ns */
struct cpu_times { u64 user, system, idle; };	/* ns */
struct cpu_times sched_cpu_times(unsigned int cpu);
unsigned long nr_context_switches(void);
/* Before CPU @cpu begins to schedule: @idle is what runs there. */
void sched_cpu_up(unsigned int cpu, struct task_struct *idle);
/* Let @t run on the CPUs of @mask only, and no more on others.  -EINVAL: there is none of them. */
static inline u64 all_cpus(void) { return ~0UL >> (64 - nr_cpus); }	/* a bit for each, as in cpus_allowed */
int set_cpus_allowed(struct task_struct *t, u64 mask);
/* If @t is running in user mode on another CPU, make it enter the kernel: it has something to look at. */
void kick_process(struct task_struct *t);
unsigned int nr_running(void);
void calc_load_tick(void);
extern unsigned long avenrun[3];		/* load averages << 11 */

/* ---- kernel/fork.c ---- */
struct task_struct *fork_idle(unsigned int cpu);
struct kernel_clone_args {
	u64 flags;
	int __user *child_tid, *parent_tid;
	int __user *pidfd;
	int exit_signal;
	unsigned long stack;		/* the child's user stack pointer; 0: the parent's */
	unsigned long tls;
	int (*fn)(void *);		/* kernel thread */
	void *fn_arg;
	pid_t set_tid;
};
void fork_init(void);
pid_t kernel_clone(struct kernel_clone_args *args);
/* A kernel thread (mm == NULL) that runs fn(arg); ends when it returns.  ERR_PTR on failure. */
struct task_struct *kthread_run(int (*fn)(void *), void *arg, const char *name);
struct task_struct *copy_process(struct kernel_clone_args *args);
int copy_mm(u64 clone_flags, struct task_struct *tsk);
void set_task_comm(struct task_struct *t, const char *name);
/* exec and exit: let go of the mm, wake a vfork parent, clear child_tid. */
void mm_release(struct task_struct *tsk, struct mm_struct *mm);

/* ---- kernel/exit.c ---- */
void do_exit(long code) __noreturn;		/* this thread; @code as wait reports it */
void do_group_exit(int code) __noreturn;	/* the whole process */
void release_task(struct task_struct *t);

/* ---- kernel/pid.c ---- */
#define PID_MAX 32768
pid_t alloc_pid(void);			/* -EAGAIN when none is left */
int alloc_pid_at(pid_t pid);		/* that number: 0 or -EEXIST */
void hold_pid(pid_t pid);		/* one user more of the number, which is in use */
void free_pid(pid_t pid);		/* one user less; the last one makes it free */
/* Move a process to another group and session; the numbers stay in use.  tasklist_lock held. */
void set_pgrp_session(struct signal_struct *s, pid_t pgrp, pid_t session);
struct task_struct *find_task_by_pid(pid_t pid);	/* tasklist_lock held */
struct task_struct *find_get_task(pid_t pid);		/* with a reference, or NULL */
void attach_pid(struct task_struct *t);			/* tasklist_lock held */
void detach_pid(struct task_struct *t);
bool pgrp_is_orphaned(pid_t pgrp, struct task_struct *ignored);	/* tasklist_lock held */
bool pgrp_in_session(pid_t pgrp, pid_t session);	/* tasklist_lock held */
char task_state_letter(const struct task_struct *t);	/* as in /proc/PID/stat (fs/procfs/array.c) */

/* ---- exec (fs/exec.c) ---- */
/* Start a program from the kernel, as process 1 does; does not return on success. */
int kernel_execve(const char *path, const char *const *argv, const char *const *envp);

/* Capabilities are not modelled: effective uid 0 may everything. */
static inline bool capable_root(void) { return current->cred.euid == 0; }

#endif
