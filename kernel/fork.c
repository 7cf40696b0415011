/*
 * kernel/fork.c - how a task comes into being
 *
 * Purpose:    copy_process() makes a second task out of the first: for each thing that a
 *             task has, the clone flags say whether it is shared (one more reference) or
 *             copied.  fork is "copy all", a thread "share all", a kernel thread has no
 *             address space.
 * Invariants: check, prepare, commit: until attach_task() nobody else can see the child,
 *             and every step before it can fail and be undone; the parent is then as
 *             before.  From attach_task() on nothing fails.
 *             CLONE_VM: mm_users + 1.  Without: dup_mm(), pages shared copy-on-write.
 *             Kernel thread: mm == NULL, active_mm borrowed while it runs.
 *             usage of a new task is 2: one for who waits for it, one for the scheduler.
 *             nr_threads < max_threads, so kernel stacks can never eat all memory.
 * Lock order: tasklist_lock > siglock; mmap_sem of the parent inside dup_mm().
 * Simplified: no name spaces, no tracing.
 * Sources:    Love, "Process Creation"; Bovet & Cesati, "Creating Processes"; clone(2).
 */
#include <asm/processor.h>
#include <asm/uaccess.h>
#include <boot.h>
#include <bug.h>
#include <err.h>
#include <fs.h>
#include <futex.h>
#include <mm.h>
#include <pidfd.h>
#include <rseq.h>
#include <sched.h>
#include <slab.h>
#include <string.h>
#include <syscalls_proc.h>
#include <vmalloc.h>

#define CLONE_NAMESPACES (CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | \
			  CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWTIME)
#define CLONE_LEGACY_FLAGS 0xffffffffUL

DEFINE_SPINLOCK(tasklist_lock);
LIST_HEAD(task_list);
struct task_struct *init_process;
unsigned int nr_threads, max_threads;
unsigned long total_forks;

static struct kmem_cache *task_cachep, *signal_cachep;

/* ---- task 0: the boot context ---------------------------------------------------- */

static struct sighand_struct init_sighand = { .count = ATOMIC_INIT(1) };
LOCK_NAME(init_siglock, init_sighand.siglock, "sighand->siglock");

static struct signal_struct init_signal = {
	.refcount = ATOMIC_INIT(1),
	.nr_threads = 1,
	.live = ATOMIC_INIT(1),
	.threads = { &init_task.thread_node, &init_task.thread_node },
	.shared_pending = { .list = LIST_HEAD_INIT(init_signal.shared_pending.list) },
	.wait_chldexit = WAIT_QUEUE_HEAD_INIT(init_signal.wait_chldexit),
	.leader = &init_task,
	.flags = SIGNAL_UNKILLABLE,
	.rlim = {
		[RLIMIT_CPU] = { RLIM_INFINITY, RLIM_INFINITY },
		[RLIMIT_FSIZE] = { RLIM_INFINITY, RLIM_INFINITY },
		[RLIMIT_DATA] = { RLIM_INFINITY, RLIM_INFINITY },
		[RLIMIT_RSS] = { RLIM_INFINITY, RLIM_INFINITY },
		[RLIMIT_AS] = { RLIM_INFINITY, RLIM_INFINITY },
		[RLIMIT_LOCKS] = { RLIM_INFINITY, RLIM_INFINITY },
		[RLIMIT_RTTIME] = { RLIM_INFINITY, RLIM_INFINITY },
		[RLIMIT_STACK] = { 8UL << 20, RLIM_INFINITY },
		[RLIMIT_CORE] = { 0, RLIM_INFINITY },
		[RLIMIT_NOFILE] = { 1024, NR_OPEN_MAX },
		[RLIMIT_MEMLOCK] = { 8UL << 20, 8UL << 20 },
		[RLIMIT_MSGQUEUE] = { 819200, 819200 },
		[RLIMIT_NICE] = { 0, 0 },
		[RLIMIT_RTPRIO] = { 0, 0 },
	},
};

struct task_struct init_task = {
	.stack = boot_stack,
	.flags = PF_KTHREAD,
	.usage = ATOMIC_INIT(2),
	.group_leader = &init_task,
	.real_parent = &init_task,
	.parent = &init_task,
	.children = LIST_HEAD_INIT(init_task.children),
	.sibling = LIST_HEAD_INIT(init_task.sibling),
	.tasks = LIST_HEAD_INIT(init_task.tasks),
	.thread_node = { &init_signal.threads, &init_signal.threads },
	.comm = "swapper/0",
	.signal = &init_signal,
	.sighand = &init_sighand,
	.pending = { .list = LIST_HEAD_INIT(init_task.pending.list) },
	.exit_signal = -1,
	.cpus_allowed = ~0UL,
};
LOCK_NAME(init_alloc_lock, init_task.alloc_lock, "task->alloc_lock");

void fork_init(void)
{
	unsigned long pages = totalram_pages();

	task_cachep = KMEM_CACHE(task_struct, SLAB_PANIC | SLAB_HWCACHE_ALIGN);
	signal_cachep = KMEM_CACHE(signal_struct, SLAB_PANIC | SLAB_HWCACHE_ALIGN);
	/* Kernel stacks may take an eighth of memory. */
	max_threads = pages / (8 * (KERNEL_STACK_SIZE / PAGE_SIZE));
	max_threads = max(20U, min(max_threads, PID_MAX - 1U));
	init_signal.rlim[RLIMIT_NPROC] = (struct rlimit64){ max_threads / 2, max_threads / 2 };
	init_signal.rlim[RLIMIT_SIGPENDING] = init_signal.rlim[RLIMIT_NPROC];
	nr_threads = 1;
}

/* ---- the structures -------------------------------------------------------------------- */

void get_task_struct(struct task_struct *t)
{
	atomic_inc(&t->usage);
}

void put_signal(struct signal_struct *s)
{
	if (atomic_dec_and_test(&s->refcount))
		kmem_cache_free(signal_cachep, s);
}

void put_task_struct(struct task_struct *t)
{
	if (!atomic_dec_and_test(&t->usage))
		return;
	VM_BUG_ON(t == current || t->on_cpu || t->on_rq || t->stack || t->mm);
	if (t->thread.fpu)
		fpu_free(t->thread.fpu);
	put_signal(t->signal);
	kmem_cache_free(task_cachep, t);
}

void set_task_comm(struct task_struct *t, const char *name)
{
	task_lock(t);
	strlcpy(t->comm, name, sizeof(t->comm));
	task_unlock(t);
	trace_comm(t->pid, t->comm);
}

/* A copy of current with a stack of its own and nothing else; NULL when there is no memory. */
static struct task_struct *dup_task_struct(void)
{
	struct task_struct *t = kmem_cache_alloc(task_cachep, GFP_KERNEL);

	if (!t)
		return NULL;
	*t = *current;
	t->stack = alloc_kernel_stack();
	if (!t->stack) {
		kmem_cache_free(task_cachep, t);
		return NULL;
	}
	t->thread.fpu = NULL;
#ifdef QUIRE_DEBUG
	memset(&t->fail_nth, 0, sizeof(t->fail_nth));
#endif
	atomic_set(&t->usage, 2);
	return t;
}

static void free_new_task(struct task_struct *t)
{
	if (t->thread.fpu)
		fpu_free(t->thread.fpu);
	free_kernel_stack(t->stack);
	kmem_cache_free(task_cachep, t);
}

/* What a child never has from its parent. */
static void init_new_task(struct task_struct *t, const struct kernel_clone_args *args)
{
	t->ti_flags = 0;
	t->state = TASK_UNINTERRUPTIBLE;	/* until wake_up_new_task() */
	t->exit_state = 0;
	t->exit_code = 0;
	t->flags &= ~(PF_EXITING | PF_SIGNALED);
	t->flags |= PF_FORKNOEXEC;
	t->on_rq = false;
	t->on_cpu = false;
	t->in_load = false;
	t->ran_in_user = false;
	t->mm = NULL;
	t->active_mm = NULL;
	INIT_LIST_HEAD(&t->children);
	INIT_LIST_HEAD(&t->sibling);
	INIT_LIST_HEAD(&t->tasks);
	t->pid_node.pprev = NULL;
	t->pdeath_signal = 0;
	t->vfork_done = NULL;
	t->set_child_tid = args->flags & CLONE_CHILD_SETTID ? args->child_tid : NULL;
	t->clear_child_tid = args->flags & CLONE_CHILD_CLEARTID ? args->child_tid : NULL;
	t->robust_list = NULL;
	rseq_fork(t, args->flags);
	t->did_exec = false;
	t->trace = (struct task_trace){ 0 };
	spin_lock_init_class(&t->alloc_lock, "task->alloc_lock");
	lockdep_init_task(t);
	init_sigpending(&t->pending);
	t->real_blocked = 0;
	if ((args->flags & (CLONE_VM | CLONE_VFORK)) == CLONE_VM)
		t->sas_ss_sp = t->sas_ss_size = t->sas_ss_flags = 0;
	memset(&t->restart_block, 0, sizeof(t->restart_block));
	t->utime = t->stime = 0;
	t->min_flt = t->maj_flt = t->nvcsw = t->nivcsw = 0;
	t->start_time = ktime_get();
	if (args->fn) {
		t->flags |= PF_KTHREAD;
		t->blocked = 0;
		t->nice = 0;
	}
}

static int copy_signal(u64 clone_flags, struct task_struct *t)
{
	struct signal_struct *old = current->signal, *s;

	if (clone_flags & CLONE_THREAD) {
		atomic_inc(&old->refcount);
		return 0;
	}
	s = kmem_cache_alloc(signal_cachep, GFP_KERNEL);
	if (!s)
		return -ENOMEM;
	memset(s, 0, sizeof(*s));
	atomic_set(&s->refcount, 1);
	INIT_LIST_HEAD(&s->threads);
	init_sigpending(&s->shared_pending);
	init_waitqueue_head(&s->wait_chldexit);
	init_waitqueue_head(&s->wait_pidfd);
	timer_setup(&s->real_timer, real_timer_fn);
	s->leader = t;
	spin_lock_irq(&tasklist_lock);
	s->tty = old->tty;
	memcpy(s->rlim, old->rlim, sizeof(s->rlim));
	spin_unlock_irq(&tasklist_lock);
	if (t->flags & PF_KTHREAD)
		s->flags = SIGNAL_UNKILLABLE;
	t->signal = s;
	return 0;
}

/*
 * Give @tsk its address space: the parent's (CLONE_VM) or an equal copy.  A kernel thread has
 * none.  0 or -ENOMEM with the parent as it was.
 */
int copy_mm(u64 clone_flags, struct task_struct *tsk)
{
	struct mm_struct *mm = current->mm;

	if (!mm || (tsk->flags & PF_KTHREAD))
		return 0;
	if (clone_flags & CLONE_VM) {
		mmget(mm);
		if (!(clone_flags & (CLONE_THREAD | CLONE_VFORK)))
			set_bit(MMF_MULTIPROCESS, &mm->flags);
	} else {
		mm = dup_mm(mm);
		if (IS_ERR(mm))
			return PTR_ERR(mm);
	}
	tsk->mm = mm;
	tsk->active_mm = mm;
	memset(&tsk->vmacache, 0, sizeof(tsk->vmacache));
	tsk->vmacache.seqnum = mm->vmacache_seqnum;
	return 0;
}

/* ---- check --------------------------------------------------------------------------------- */

static int check_clone_flags(const struct kernel_clone_args *args)
{
	u64 f = args->flags;

	if (f & (CLONE_NAMESPACES | CLONE_INTO_CGROUP))
		return -EINVAL;
	if ((f & CLONE_PIDFD) && (f & (CLONE_DETACHED | CLONE_THREAD)))
		return -EINVAL;
	if ((f & CLONE_THREAD) && !(f & CLONE_SIGHAND))
		return -EINVAL;
	if ((f & CLONE_SIGHAND) && !(f & CLONE_VM))
		return -EINVAL;
	if ((f & CLONE_SIGHAND) && (f & CLONE_CLEAR_SIGHAND))
		return -EINVAL;
	/* init's children must not become its siblings: who would wait for them? */
	if ((f & CLONE_PARENT) && (current->signal->flags & SIGNAL_UNKILLABLE))
		return -EINVAL;
	return 0;
}

static unsigned int count_processes_of(uid_t uid)
{
	struct task_struct *p;
	unsigned int n = 0;

	for_each_process(p)
		if (p->cred.uid == uid)
			n += p->signal->nr_threads;
	return n;
}

static int check_limits(void)
{
	unsigned int n;

	if (READ_ONCE(nr_threads) >= max_threads)
		return -EAGAIN;
	if (current->cred.uid == 0)
		return 0;
	spin_lock_irq(&tasklist_lock);
	n = count_processes_of(current->cred.uid);
	spin_unlock_irq(&tasklist_lock);
	return n >= rlimit(RLIMIT_NPROC) ? -EAGAIN : 0;
}

/* ---- prepare ---------------------------------------------------------------------------------- */

static int assign_pid(struct task_struct *t, const struct kernel_clone_args *args)
{
	pid_t pid = args->set_tid;
	int err;

	if (pid) {
		err = alloc_pid_at(pid);
		if (err)
			return err;
	} else {
		pid = alloc_pid();
		if (pid < 0)
			return pid;
	}
	t->pid = pid;
	t->tgid = args->flags & CLONE_THREAD ? current->tgid : pid;
	return 0;
}

/* CLONE_PIDFD: a descriptor, and its number to the parent.  Its number (-1: not asked for) or -errno. */
static int make_pidfd(struct task_struct *t, const struct kernel_clone_args *args,
		      struct file **pfile)
{
	int fd;

	if (!(args->flags & CLONE_PIDFD))
		return -1;
	fd = pidfd_prepare(t->signal, 0, pfile);
	if (fd >= 0 && put_user(fd, args->pidfd)) {
		put_unused_fd(fd);
		fput(*pfile);
		return -EFAULT;
	}
	return fd;
}

/* ---- commit: cannot fail ------------------------------------------------------------------------ */

static void attach_leader(struct task_struct *t, const struct kernel_clone_args *args)
{
	t->group_leader = t;
	t->exit_signal = args->fn ? -1 : args->exit_signal;
	if (args->fn) {
		t->real_parent = &init_task;
	} else if (args->flags & CLONE_PARENT) {
		t->real_parent = current->real_parent;
		t->exit_signal = current->group_leader->exit_signal;
	} else {
		t->real_parent = current;
	}
	if (args->fn)
		set_pgrp_session(t->signal, 0, 0);
	else
		set_pgrp_session(t->signal, current->signal->pgrp, current->signal->session);
	t->signal->oom_score_adj = current->signal->oom_score_adj;
	t->signal->oom_score_adj_min = current->signal->oom_score_adj_min;
	list_add_tail(&t->sibling, &t->real_parent->children);
	list_add_tail(&t->tasks, &task_list);
	if (t->pid == 1)
		init_process = t;
}

static void attach_thread(struct task_struct *t)
{
	t->group_leader = current->group_leader;
	t->real_parent = current->real_parent;
	t->exit_signal = -1;
	/* A stop that has begun counts the new thread too: it will see it before user mode. */
	if (t->signal->group_stop_count > 0) {
		t->signal->group_stop_count++;
		set_tsk_flag(t, TIF_SIGPENDING);
	}
}

/* Make @t visible.  -ERESTARTNOINTR or -EAGAIN if a signal says that it must not come to be. */
static int attach_task(struct task_struct *t, const struct kernel_clone_args *args)
{
	int err = 0;

	spin_lock_irq(&tasklist_lock);
	spin_lock(&current->sighand->siglock);
	/* A signal sent to the group goes to parent and child alike: it must be handled first. */
	if (!args->fn) {
		recalc_sigpending();
		if (signal_pending(current))
			err = -ERESTARTNOINTR;
	}
	if (!err && nr_threads >= max_threads)
		err = -EAGAIN;
	if (err)
		goto out;
	if (args->flags & CLONE_THREAD)
		attach_thread(t);
	else
		attach_leader(t, args);
	t->parent = t->real_parent;
	list_add_tail(&t->thread_node, &t->signal->threads);
	t->signal->nr_threads++;
	atomic_inc(&t->signal->live);
	attach_pid(t);
	nr_threads++;
	total_forks++;
	trace_task_fork(t, args->flags);
out:
	spin_unlock(&current->sighand->siglock);
	spin_unlock_irq(&tasklist_lock);
	return err;
}

/*
 * A new task, not yet running: pass it to wake_up_new_task().  ERR_PTR on failure, with
 * everything as before.
 */
struct task_struct *copy_process(struct kernel_clone_args *args)
{
	struct file *pidfile = NULL;
	struct task_struct *t;
	int err = check_clone_flags(args), pidfd;

	if (!err)
		err = check_limits();
	if (err)
		return ERR_PTR(err);

	t = dup_task_struct();
	if (!t)
		return ERR_PTR(-ENOMEM);
	init_new_task(t, args);
	err = copy_files(args->flags, t);
	if (err)
		goto out_task;
	err = copy_fs(args->flags, t);
	if (err)
		goto out_files;
	err = copy_sighand(args->flags, t);
	if (err)
		goto out_fs;
	if (args->fn || (args->flags & CLONE_CLEAR_SIGHAND))
		flush_signal_handlers(t, args->fn != NULL);
	err = copy_signal(args->flags, t);
	if (err)
		goto out_sighand;
	err = copy_mm(args->flags, t);
	if (err)
		goto out_signal;
	err = copy_thread(t, args->stack, args->tls, args->flags & CLONE_SETTLS, args->fn,
			  args->fn_arg);
	if (err)
		goto out_mm;
	err = assign_pid(t, args);
	if (err)
		goto out_mm;
	pidfd = err = make_pidfd(t, args, &pidfile);
	if (err < -1)
		goto out_pid;
	err = attach_task(t, args);
	if (err)
		goto out_pidfd;
	if (pidfile)
		fd_install(pidfd, pidfile);
	return t;

out_pidfd:
	if (pidfile) {
		put_unused_fd(pidfd);
		fput(pidfile);
	}
out_pid:
	free_pid(t->pid);
out_mm:
	if (t->mm)
		mmput(t->mm);
out_signal:
	put_signal(t->signal);
out_sighand:
	put_sighand(t->sighand);
out_fs:
	exit_fs(t);
out_files:
	exit_files(t);
out_task:
	free_new_task(t);
	return ERR_PTR(err);
}

/* ---- vfork, and the end of using an mm ---------------------------------------------------------- */

static void complete_vfork_done(struct task_struct *t)
{
	struct completion *vfork;

	if (!t->vfork_done)
		return;
	task_lock(t);
	vfork = t->vfork_done;
	if (vfork) {
		t->vfork_done = NULL;
		complete(vfork);
	}
	task_unlock(t);
}

/* The parent sleeps until the child lets go of their mm, or until it is killed itself. */
static void wait_for_vfork_done(struct task_struct *child, struct completion *vfork)
{
	if (wait_for_completion_killable(vfork)) {
		task_lock(child);
		child->vfork_done = NULL;	/* our stack frame goes away */
		task_unlock(child);
	}
	put_task_struct(child);
}

void mm_release(struct task_struct *tsk, struct mm_struct *mm)
{
	if (tsk->robust_list) {
		exit_robust_list(tsk);
		tsk->robust_list = NULL;
	}
	tsk->rseq = NULL;
	if (tsk->clear_child_tid) {
		int __user *tid = tsk->clear_child_tid;

		tsk->clear_child_tid = NULL;
		/* Nobody else can look: spare the page. */
		if (atomic_read(&mm->mm_users) > 1 && !put_user(0, tid))
			futex_wake_one((u32 __user *)tid);
	}
	complete_vfork_done(tsk);
}

/* ---- the ways in ----------------------------------------------------------------------------------- */

pid_t kernel_clone(struct kernel_clone_args *args)
{
	struct task_struct *t;
	struct completion vfork;
	pid_t pid;

	/* clone() has one pointer for both */
	if ((args->flags & CLONE_PIDFD) && (args->flags & CLONE_PARENT_SETTID) &&
	    args->pidfd == args->parent_tid)
		return -EINVAL;
	t = copy_process(args);
	if (IS_ERR(t))
		return PTR_ERR(t);
	pid = t->pid;
	if (args->flags & CLONE_PARENT_SETTID)
		put_user(pid, args->parent_tid);	/* a bad pointer is the caller's loss */
	if (args->flags & CLONE_VFORK) {
		init_completion(&vfork);
		t->vfork_done = &vfork;
		get_task_struct(t);
	}
	wake_up_new_task(t);
	if (args->flags & CLONE_VFORK)
		wait_for_vfork_done(t, &vfork);
	return pid;
}

/* The idle task of CPU @cpu, which nobody finds and nothing wakes.  Or -ENOMEM. */
struct task_struct *fork_idle(unsigned int cpu)
{
	struct task_struct *t = kmem_cache_alloc(task_cachep, GFP_KERNEL);

	if (!t)
		return ERR_PTR(-ENOMEM);
	*t = init_task;
	t->stack = alloc_kernel_stack();
	if (!t->stack) {
		kmem_cache_free(task_cachep, t);
		return ERR_PTR(-ENOMEM);
	}
	t->ti_flags = 0;
	t->state = TASK_RUNNING;
	t->group_leader = t;
	INIT_LIST_HEAD(&t->children);
	INIT_LIST_HEAD(&t->sibling);
	INIT_LIST_HEAD(&t->tasks);
	INIT_LIST_HEAD(&t->thread_node);
	init_sigpending(&t->pending);
	spin_lock_init_class(&t->alloc_lock, "task->alloc_lock");
	lockdep_init_task(t);
	t->trace = (struct task_trace){ 0 };
	t->utime = t->stime = 0;
	t->min_flt = t->maj_flt = t->nvcsw = t->nivcsw = 0;
	t->cpus_allowed = BIT(cpu);
	mmgrab(&init_mm);
	t->active_mm = &init_mm;
	snprintf(t->comm, sizeof(t->comm), "swapper/%u", cpu);
	return t;
}

struct task_struct *kthread_run(int (*fn)(void *), void *arg, const char *name)
{
	struct kernel_clone_args args = {
		.flags = CLONE_FS, .fn = fn, .fn_arg = arg,
	};
	struct task_struct *t = copy_process(&args);

	if (IS_ERR(t))
		return t;
	set_task_comm(t, name);
	wake_up_new_task(t);
	return t;
}

long sys_fork(void)
{
	struct kernel_clone_args args = { .exit_signal = SIGCHLD };

	return kernel_clone(&args);
}

long sys_vfork(void)
{
	struct kernel_clone_args args = {
		.flags = CLONE_VFORK | CLONE_VM, .exit_signal = SIGCHLD,
	};

	return kernel_clone(&args);
}

long sys_clone(unsigned long flags, unsigned long stack, int __user *parent_tid,
	       int __user *child_tid, unsigned long tls)
{
	struct kernel_clone_args args = {
		.flags = (flags & CLONE_LEGACY_FLAGS) & ~CSIGNAL,
		.exit_signal = flags & CSIGNAL,
		.stack = stack,
		.parent_tid = parent_tid,
		.pidfd = parent_tid,
		.child_tid = child_tid,
		.tls = tls,
	};

	return kernel_clone(&args);
}

/* A structure that may grow: a longer one is fine if what we do not know is zero. */
static int copy_clone_args(struct clone_args *a, const void __user *uargs, size_t size)
{
	size_t known = min(size, sizeof(*a));

	if (size > PAGE_SIZE)
		return -E2BIG;
	if (size < CLONE_ARGS_SIZE_VER0)
		return -EINVAL;
	memset(a, 0, sizeof(*a));
	for (size_t i = known; i < size; i++) {
		unsigned char c;

		if (get_user(c, (const unsigned char __user *)uargs + i))
			return -EFAULT;
		if (c)
			return -E2BIG;
	}
	return copy_from_user(a, uargs, known) ? -EFAULT : 0;
}

static int get_set_tid(const struct clone_args *a, pid_t *tid)
{
	*tid = 0;
	if (!a->set_tid != !a->set_tid_size || a->set_tid_size > 1)
		return -EINVAL;
	if (!a->set_tid)
		return 0;
	if (get_user(*tid, (const pid_t __user *)a->set_tid))
		return -EFAULT;
	if (*tid < 1 || *tid >= PID_MAX)
		return -EINVAL;
	return capable_root() ? 0 : -EPERM;
}

static int check_clone3(const struct clone_args *a)
{
	const u64 allowed = CLONE_LEGACY_FLAGS | CLONE_CLEAR_SIGHAND | CLONE_INTO_CGROUP;

	if ((a->flags & ~allowed) || (a->flags & (CLONE_DETACHED | (CSIGNAL & ~CLONE_NEWTIME))))
		return -EINVAL;
	if (a->exit_signal > _NSIG)
		return -EINVAL;
	if ((a->flags & (CLONE_THREAD | CLONE_PARENT)) && a->exit_signal)
		return -EINVAL;
	if (!a->stack != !a->stack_size)
		return -EINVAL;
	if (a->stack && !access_ok((void __user *)a->stack, a->stack_size))
		return -EINVAL;
	return 0;
}

long sys_clone3(struct clone_args __user *uargs, size_t size)
{
	struct kernel_clone_args args;
	struct clone_args a;
	pid_t tid;
	int err = copy_clone_args(&a, uargs, size);

	if (!err)
		err = get_set_tid(&a, &tid);
	if (!err)
		err = check_clone3(&a);
	if (err)
		return err;
	args = (struct kernel_clone_args){
		.flags = a.flags,
		.exit_signal = a.exit_signal,
		.stack = a.stack ? a.stack + a.stack_size : 0,
		.parent_tid = (int __user *)a.parent_tid,
		.pidfd = (int __user *)a.pidfd,
		.child_tid = (int __user *)a.child_tid,
		.tls = a.tls,
		.set_tid = tid,
	};
	return kernel_clone(&args);
}
