/*
 * fs/exec.c - execve: a process throws away its address space and becomes another program
 *
 * Purpose:    gather what the new program needs (file, arguments on the stack of a fresh mm)
 *             while the old one is still whole; let a loader (binfmt_elf.c, binfmt_script.c)
 *             check the file; then, in begin_new_exec(), change over.
 * Invariants: before begin_new_exec() any error leaves the caller as it was.  In it, after
 *             bprm->point_of_no_return, no errno is returned to user space any more: the
 *             process dies by SIGSEGV.  It does not fail between that point and reset_task(),
 *             so no handler of the old program can meet that signal.
 *             After it the process has one thread, its own files and signal handlers, and the
 *             process id it had before, whichever thread called.
 * Lock order: tasklist_lock > siglock; bprm->mm's mmap_sem is taken alone.
 * Sources:    execve(2); Bovet & Cesati, chapter Program Execution, "The exec Functions".
 */
#include <asm/pkeys.h>
#include <asm/mmu_context.h>
#include <asm/uaccess.h>
#include <binfmts.h>
#include <coredump.h>
#include <err.h>
#include <fs.h>
#include <mm.h>
#include <pagemap.h>
#include <random.h>
#include <sched.h>
#include <slab.h>
#include <string.h>
#include <syscalls_exec.h>
#include <uapi/mount.h>
#include <uapi/personality.h>

#define MAX_INTERPRETERS 5
#define ARG_MAX_SOFT	(128UL << 10)	/* always allowed for arguments and environment */
#define STACK_ROOM	(128UL << 10)	/* the stack's size at the start, beyond the strings */
#define SECURE_STACK	((u64)8 << 20)	/* the greatest stack limit that set-user-id programs inherit */
#define ARG_MAX_HARD	(6UL << 20)	/* never more, whatever the stack limit */

static const struct linux_binfmt *const formats[] = { &elf_format, &script_format };

/* An argument vector in user memory, or the kernel's own for process 1. */
struct arg_vector {
	const char __user *const __user *user;
	const char *const *kernel;
};

/* The page of the new stack that strings are being written to. */
struct arg_page {
	struct page *page;
	unsigned long addr;
};

/* ---- strings onto the new stack ------------------------------------------------------- */

static int get_arg(const struct arg_vector *v, int i, const char **str)
{
	if (v->kernel) {
		*str = v->kernel[i];
		return 0;
	}
	return copy_from_user(str, v->user + i, sizeof(*str)) ? -EFAULT : 0;
}

/* Number of strings up to the NULL; -EFAULT, -E2BIG. */
static int count_args(const struct arg_vector *v)
{
	const char *str;
	int n = 0;

	if (!v->kernel && !v->user)
		return 0;
	for (;;) {
		if (get_arg(v, n, &str))
			return -EFAULT;
		if (!str)
			return n;
		if (++n >= MAX_ARG_STRINGS / 8)
			return -E2BIG;
		if (fatal_signal_pending(current))
			return -EINTR;
		cond_resched();
	}
}

static void put_arg_page(struct arg_page *ap)
{
	if (ap->page)
		put_page(ap->page);
	ap->page = NULL;
}

/* Pin the stack page of @pos, growing the stack if need be.  0 or -E2BIG. */
static int get_arg_page(struct linux_binprm *bprm, struct arg_page *ap, unsigned long pos)
{
	struct mm_struct *mm = bprm->mm;
	long n = 1;

	if (ap->page && ap->addr == (pos & PAGE_MASK))
		return 0;
	put_arg_page(ap);
	if (pos < bprm->vma->vm_start) {
		int err;

		down_write(&mm->mmap_sem);
		err = expand_downwards(bprm->vma, pos);
		up_write(&mm->mmap_sem);
		if (err)
			return -E2BIG;
	}
	down_read(&mm->mmap_sem);
	n = get_user_pages(mm, pos & PAGE_MASK, 1, FOLL_WRITE | FOLL_FORCE, &ap->page);
	up_read(&mm->mmap_sem);
	if (n != 1) {
		ap->page = NULL;
		return -E2BIG;
	}
	ap->addr = pos & PAGE_MASK;
	return 0;
}

/* Push @len bytes, NUL included, below bprm->p.  @kernel: where @str lies.  0 or -errno. */
static int push_string(struct linux_binprm *bprm, struct arg_page *ap, const char *str, size_t len,
		       bool kernel)
{
	unsigned long end = bprm->p;

	bprm->p -= len;
	while (len > 0) {
		/* From the end backwards, one page at a time. */
		size_t part = min(len, offset_in_page(end) ? offset_in_page(end) : PAGE_SIZE);
		char *to;
		int err;

		end -= part;
		len -= part;
		err = get_arg_page(bprm, ap, end);
		if (err)
			return err;
		to = (char *)page_address(ap->page) + offset_in_page(end);
		if (kernel)
			memcpy(to, str + len, part);
		else if (copy_from_user(to, str + len, part))
			return -EFAULT;
	}
	return 0;
}

/* The lowest address that strings may reach: the rest of the limit is for the pointers. */
static unsigned long arg_floor(const struct linux_binprm *bprm)
{
	unsigned long limit = min(ARG_MAX_HARD, rlimit(RLIMIT_STACK) / 4);
	unsigned long pointers = (max(bprm->argc, 1) + bprm->envc) * sizeof(void *);

	limit = max(limit, ARG_MAX_SOFT);
	return limit > pointers ? bprm->vma->vm_end - (limit - pointers) : ~0UL;
}

static int copy_strings(int n, const struct arg_vector *v, struct linux_binprm *bprm)
{
	unsigned long floor = arg_floor(bprm);
	struct arg_page ap = { NULL, 0 };
	int err = 0;

	while (n-- > 0 && !err) {
		const char *str;
		long len;

		err = get_arg(v, n, &str);
		if (err || !str) {
			err = -EFAULT;
			break;
		}
		len = v->kernel ? (long)strlen(str) + 1 : strnlen_user(str, MAX_ARG_STRLEN);
		if (len <= 0)
			err = -EFAULT;
		else if (len > (long)MAX_ARG_STRLEN || bprm->p - len < floor || floor == ~0UL)
			err = -E2BIG;
		else
			err = push_string(bprm, &ap, str, len, v->kernel != NULL);
		if (!err && fatal_signal_pending(current))
			err = -EINTR;
		cond_resched();
	}
	put_arg_page(&ap);
	return err;
}

int copy_strings_kernel(int argc, const char *const *argv, struct linux_binprm *bprm)
{
	struct arg_vector v = { .kernel = argv };

	return copy_strings(argc, &v, bprm);
}

/* ---- the change-over -------------------------------------------------------------------- */

/* Other threads of current's process that have not ended. */
static int other_live_threads(void)
{
	struct task_struct *t;
	int n = 0;

	spin_lock_irq(&tasklist_lock);
	for_each_thread(current->signal->leader, t)
		if (t != current && !(t->exit_state && thread_group_leader(t)))
			n++;
	if (current->group_leader != current && !current->group_leader->exit_state)
		n++;
	spin_unlock_irq(&tasklist_lock);
	return n;
}

/*
 * Become the leader of the process: the old one is a zombie that keeps its pid for nobody
 * but us.  From now on it is the pid of this thread, and the zombie goes away.
 */
static void take_over_leader(void)
{
	struct task_struct *me = current, *old = me->group_leader;
	struct timer *alarm = &me->signal->real_timer;
	bool armed = timer_cancel(alarm);	/* it sends its signal to the leader */
	pid_t my_tid = me->pid;

	spin_lock_irq(&tasklist_lock);
	detach_pid(old);
	detach_pid(me);
	me->pid = old->pid;
	old->pid = my_tid;
	attach_pid(me);
	attach_pid(old);

	list_add(&me->tasks, &old->tasks);	/* me in its place, it off the lists */
	list_del_init(&old->tasks);
	list_add(&me->sibling, &old->sibling);
	list_del_init(&old->sibling);
	me->real_parent = old->real_parent;
	me->parent = old->parent;
	me->start_time = old->start_time;
	me->group_leader = me;
	old->group_leader = me;
	me->signal->leader = me;
	if (old == init_process)
		init_process = me;
	me->exit_signal = SIGCHLD;
	old->exit_signal = -1;
	old->exit_state = EXIT_DEAD;
	trace_trade_pids(me, old);
	spin_unlock_irq(&tasklist_lock);
	if (armed)
		timer_start(alarm, alarm->expires);
	release_task(old);
}

/* End all other threads and wait until they are gone.  -EAGAIN if the process ends anyway. */
static int de_thread(void)
{
	struct signal_struct *sig = current->signal;
	struct sighand_struct *sh = current->sighand;

	spin_lock_irq(&sh->siglock);
	if (sig->group_exit || sig->group_exit_task) {
		spin_unlock_irq(&sh->siglock);
		return -EAGAIN;
	}
	sig->group_exit_task = current;
	zap_other_threads(current);
	spin_unlock_irq(&sh->siglock);

	/* The last of them wakes us (exit.c). */
	for (;;) {
		set_current_state(TASK_KILLABLE);
		if (!other_live_threads())
			break;
		if (fatal_signal_pending(current)) {
			set_current_state(TASK_RUNNING);
			sig->group_exit_task = NULL;
			return -EAGAIN;
		}
		schedule();
	}
	set_current_state(TASK_RUNNING);
	if (!thread_group_leader(current))
		take_over_leader();
	sig->group_exit_task = NULL;
	current->exit_signal = SIGCHLD;
	return 0;
}

/* Memory for handlers of one's own; NULL in *@new: nobody shares them.  0 or -ENOMEM. */
static int prepare_sighand(struct sighand_struct **new)
{
	*new = NULL;
	if (atomic_read(&current->sighand->count) == 1)
		return 0;
	*new = dup_sighand();
	return *new ? 0 : -ENOMEM;
}

/*
 * Handlers of one's own, if they are still shared: with another process (CLONE_SIGHAND).  Not before the
 * other threads have ended: their list, and that this process execs, is protected by the lock they share.
 */
static void unshare_sighand(struct sighand_struct *new)
{
	struct sighand_struct *old = current->sighand;

	if (!new)
		return;
	if (atomic_read(&old->count) == 1) {
		put_sighand(new);
		return;
	}
	spin_lock_irq(&tasklist_lock);
	spin_lock(&old->siglock);
	memcpy(new->action, old->action, sizeof(new->action));
	WRITE_ONCE(current->sighand, new);
	spin_unlock(&old->siglock);
	spin_unlock_irq(&tasklist_lock);
	put_sighand(old);
}

/* The new address space becomes current's.  Cannot fail. */
static void exec_mmap(struct mm_struct *mm)
{
	struct task_struct *tsk = current;
	struct mm_struct *old = tsk->mm, *active = tsk->active_mm;

	mm_release(tsk, old);
	if (old)
		tsk->signal->maxrss = max(tsk->signal->maxrss, get_mm_hiwater_rss(old));
	task_lock(tsk);
	memset(&tsk->vmacache, 0, sizeof(tsk->vmacache));
	tsk->mm = mm;
	tsk->active_mm = mm;
	activate_mm(active, mm);
	task_unlock(tsk);
	if (old)
		mmput(old);
	else if (active)
		mmdrop(active);
}

/*
 * Room for the program to start with: as much of it as the limit on stacks allows.  Where the other limits
 * do not allow that, the program does not begin: 0 or -EFAULT, as on Linux.
 */
static int make_stack_room(struct linux_binprm *bprm)
{
	struct vm_area_struct *vma = bprm->vma;
	unsigned long size = min(vma->vm_end - vma->vm_start + STACK_ROOM, rlimit(RLIMIT_STACK) & PAGE_MASK);
	int err;

	down_write(&current->mm->mmap_sem);
	err = expand_downwards(vma, vma->vm_end - size);
	up_write(&current->mm->mmap_sem);
	return err ? -EFAULT : 0;
}

/* Shall chance place the areas of a program with this persona? */
static bool wants_chance(unsigned int persona)
{
	return randomize_va_space && !(persona & ADDR_NO_RANDOMIZE);
}

static unsigned long stack_top(bool random)
{
	/* Linux chooses among 2^22 pages. */
	return DEFAULT_MAP_WINDOW - (random ? (get_random_u64() & 0x3fffff) << PAGE_SHIFT : 0);
}

/*
 * Who the program will be: the set-user-id and set-group-id bits of the file give it other rights, and take
 * from its persona what would help an attacker.  Changes @bprm only.
 */
static void prepare_creds(struct linux_binprm *bprm)
{
	const struct inode *inode = bprm->file->f_inode;
	const struct cred_ids *old = &current->cred;
	struct cred_ids *new = &bprm->cred;
	bool readable = inode_permission(bprm->file->f_inode, MAY_READ) == 0;

	*new = *old;
	bprm->persona = current->personality;
	if (!current->no_new_privs && !(bprm->file->f_path.mnt->flags & MS_NOSUID)) {
		if (inode->i_mode & S_ISUID) {
			new->euid = inode->i_uid;
			bprm->persona &= ~PER_CLEAR_ON_SETID;
		}
		if ((inode->i_mode & (S_ISGID | 0010)) == (S_ISGID | 0010)) {
			new->egid = inode->i_gid;
			bprm->persona &= ~PER_CLEAR_ON_SETID;
		}
	}
	new->suid = new->fsuid = new->euid;
	new->sgid = new->fsgid = new->egid;
	bprm->secureexec = new->uid != new->euid || new->gid != new->egid;
	bprm->new_rights = bprm->secureexec || old->euid != new->euid || old->egid != new->egid;
	/* What the user may not read in the file shall not be read in a core file either. */
	bprm->dumpable = bprm->new_rights || !readable ? suid_dumpable : SUID_DUMP_USER;
}

/*
 * Set-user-id programs lose a persona without chance, which the caller had when the stack was made:
 * the stack, still the only area, moves.  0 or -ENOMEM.
 */
static int place_stack(struct linux_binprm *bprm)
{
	unsigned long end = bprm->vma->vm_end, len = end - bprm->vma->vm_start, top;
	struct vm_area_struct *vma;

	bprm->chance = wants_chance(bprm->persona);
	if (!bprm->chance || bprm->random_stack)
		return 0;
	top = stack_top(true);
	if (top > end - len)		/* not onto itself */
		top -= len;
	vma = move_stack_vma(bprm->vma, top);
	if (!vma)
		return -ENOMEM;
	bprm->vma = vma;
	bprm->random_stack = true;
	bprm->p -= end - top;
	bprm->exec -= end - top;
	return 0;
}

/* What prepare_creds() and place_stack() found.  Cannot fail. */
static void commit_creds(const struct linux_binprm *bprm)
{
	struct rlimit64 *stack = &current->signal->rlim[RLIMIT_STACK];

	current->cred = bprm->cred;
	current->personality = bprm->persona;
	current->flags &= ~PF_RANDOMIZE;
	if (bprm->chance)
		current->flags |= PF_RANDOMIZE;
	set_dumpable(current->mm, bprm->dumpable);
	if (bprm->new_rights)
		current->pdeath_signal = 0;
	if (bprm->secureexec) {		/* no layout of the caller's choice */
		spin_lock_irq(&tasklist_lock);
		stack->rlim_cur = min(stack->rlim_cur, SECURE_STACK);
		spin_unlock_irq(&tasklist_lock);
	}
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* What a program starts with: no alternate stack, default handlers, few open files ... (registers: start_thread) */
static void reset_task(const struct linux_binprm *bprm)
{
	struct task_struct *me = current;

	me->flags &= ~(PF_FORKNOEXEC | PF_KTHREAD);
	me->did_exec = true;
	me->sas_ss_sp = me->sas_ss_size = me->sas_ss_flags = 0;
	me->robust_list = NULL;
	me->restart_block.fn = NULL;
	set_task_comm(me, base_name(bprm->filename));
	do_close_on_exec();
	spin_lock_irq(&me->sighand->siglock);
	flush_signal_handlers(me, false);
	spin_unlock_irq(&me->sighand->siglock);
}

int begin_new_exec(struct linux_binprm *bprm)
{
	struct sighand_struct *sighand = NULL;
	void *fpu = NULL;
	int err;

	/* Prepare: all that may fail, the place of the stack too. */
	prepare_creds(bprm);
	err = place_stack(bprm);
	if (err)
		return err;
	if (!current->thread.fpu) {
		fpu = fpu_alloc();
		if (!fpu)
			return -ENOMEM;
	}
	err = unshare_files();
	if (!err)
		err = prepare_sighand(&sighand);
	if (!err)
		err = de_thread();
	if (err) {
		if (sighand)
			put_sighand(sighand);
		if (fpu)
			fpu_free(fpu);
		return err;
	}

	/* Commit. */
	bprm->point_of_no_return = true;
	unshare_sighand(sighand);
	if (fpu)
		current->thread.fpu = fpu;
	set_mm_exe_file(bprm->mm, bprm->file);
	trace_task_exec(current->mm, bprm->mm, bprm->filename);
	exec_mmap(bprm->mm);
	pkru_write_default();	/* the old program's rights are not for the new one's stack */
	bprm->mm = NULL;
	commit_creds(bprm);
	arch_pick_mmap_layout(current->mm);
	reset_task(bprm);
	/* From here on the program is the new one: what goes wrong kills it, whatever handlers the old one had. */
	return make_stack_room(bprm);
}

/* ---- gathering ------------------------------------------------------------------------------ */

/* A fresh address space with one thing in it: the stack. */
static int make_mm(struct linux_binprm *bprm)
{
	int err;

	bprm->mm = mm_alloc();
	if (!bprm->mm)
		return -ENOMEM;
	bprm->random_stack = wants_chance(current->personality);
	err = setup_stack_vma(bprm->mm, stack_top(bprm->random_stack), &bprm->vma);
	if (err)
		return err;
	bprm->p = bprm->vma->vm_end - sizeof(void *);
	return 0;
}

static int copy_all_strings(struct linux_binprm *bprm, const struct arg_vector *argv,
			    const struct arg_vector *envp)
{
	static const char *const empty[] = { "" };
	int err;

	bprm->argc = count_args(argv);
	if (bprm->argc < 0)
		return bprm->argc;
	bprm->envc = count_args(envp);
	if (bprm->envc < 0)
		return bprm->envc;
	err = copy_strings_kernel(1, &bprm->filename, bprm);
	if (err)
		return err;
	bprm->exec = bprm->p;
	err = copy_strings(bprm->envc, envp, bprm);
	if (err)
		return err;
	/* Programs rely on argv[0]; execve with none gets an empty one, as on Linux since 5.18. */
	if (bprm->argc == 0) {
		bprm->argc = 1;
		return copy_strings_kernel(1, empty, bprm);
	}
	return copy_strings(bprm->argc, argv, bprm);
}

/* Ask the loaders until one takes the file; scripts name another file and we ask again. */
static int search_formats(struct linux_binprm *bprm, struct pt_regs *regs)
{
	for (bprm->depth = 0; bprm->depth <= MAX_INTERPRETERS; bprm->depth++) {
		int err = -ENOEXEC;
		ssize_t n;

		memset(bprm->buf, 0, sizeof(bprm->buf));
		n = kernel_read(bprm->file, bprm->buf, sizeof(bprm->buf), 0);
		if (n < 0)
			return n;
		for (size_t i = 0; i < ARRAY_SIZE(formats) && err == -ENOEXEC; i++)
			err = formats[i]->load_binary(bprm, regs);
		if (err != -EAGAIN || bprm->point_of_no_return)
			return err;
	}
	return -ELOOP;
}

static void free_bprm(struct linux_binprm *bprm)
{
	if (bprm->mm)
		mmput(bprm->mm);
	if (bprm->file)
		fput(bprm->file);
	if (bprm->interp != bprm->filename)
		kfree(bprm->interp);
	kfree(bprm);
}

static int do_execve(const char *filename, const struct arg_vector *argv, const struct arg_vector *envp)
{
	struct linux_binprm *bprm = kzalloc(sizeof(*bprm), GFP_KERNEL);
	int err;

	if (!bprm)
		return -ENOMEM;
	bprm->filename = bprm->interp = filename;
	bprm->file = open_exec(filename);
	if (IS_ERR(bprm->file)) {
		err = PTR_ERR(bprm->file);
		bprm->file = NULL;
		goto out;
	}
	err = make_mm(bprm);
	if (!err)
		err = copy_all_strings(bprm, argv, envp);
	if (!err)
		err = search_formats(bprm, task_pt_regs(current));
	/* There is no old program to return to. */
	if (err && bprm->point_of_no_return)
		force_sig(SIGSEGV);
out:
	free_bprm(bprm);
	return err;
}

int kernel_execve(const char *path, const char *const *argv, const char *const *envp)
{
	struct arg_vector a = { .kernel = argv }, e = { .kernel = envp };

	return do_execve(path, &a, &e);
}

long sys_execve(const char __user *ufilename, const char __user *const __user *argv,
		const char __user *const __user *envp)
{
	struct arg_vector a = { .user = argv }, e = { .user = envp };
	char *filename = getname(ufilename);
	int err;

	if (IS_ERR(filename))
		return PTR_ERR(filename);
	err = do_execve(filename, &a, &e);
	putname(filename);
	return err;
}
