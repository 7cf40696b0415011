/*
 * fs/procfs/array.c - /proc/PID/stat, status, limits: a task in numbers
 *
 * The formats are Linux 6.1's, field by field: ps and top read them.  What Quire does not
 * have (swap, seccomp, cgroups) shows the value it has on a Linux that does not use it.
 * Sources: proc(5).
 */
#include <string.h>
#include <tty.h>

#include "internal.h"

char task_state_letter(const struct task_struct *t)
{
	if (t->exit_state & EXIT_DEAD)
		return 'X';
	if (t->exit_state & EXIT_ZOMBIE)
		return 'Z';
	if (t->state & TASK_STOPPED)
		return 'T';
	if (t->state & TASK_UNINTERRUPTIBLE)
		return 'D';
	if (t->state & TASK_INTERRUPTIBLE)
		return 'S';
	return 'R';
}

static const char *state_word(char letter)
{
	switch (letter) {
	case 'R':
		return "R (running)";
	case 'S':
		return "S (sleeping)";
	case 'D':
		return "D (disk sleep)";
	case 'T':
		return "T (stopped)";
	case 'Z':
		return "Z (zombie)";
	}
	return "X (dead)";
}

/* What the family locks protect, copied in one go. */
struct family {
	pid_t ppid, pgrp, session, tpgid, tgid;
	int tty_nr, nr_threads;
	u64 utime, stime, cutime, cstime;
	unsigned long min_flt, maj_flt, cmin_flt, cmaj_flt;
	sigset_t pending, shared, blocked, ignored, caught;
	unsigned long sigq_limit, rss_limit;
	bool alive;		/* it still has signal and sighand */
};

static void collect_signals(struct task_struct *t, struct family *f)
{
	spin_lock(&t->sighand->siglock);
	f->pending = t->pending.signal;
	f->shared = t->signal->shared_pending.signal;
	f->blocked = t->blocked;
	for (int i = 0; i < _NSIG; i++) {
		void *h = t->sighand->action[i].handler;

		if (h == (void *)SIG_IGN)
			f->ignored |= 1UL << i;
		else if (h != (void *)SIG_DFL)
			f->caught |= 1UL << i;
	}
	spin_unlock(&t->sighand->siglock);
}

static void collect_times(struct task_struct *t, struct family *f, bool whole)
{
	struct signal_struct *s = t->signal;
	struct task_struct *x;

	if (!whole) {
		f->utime = t->utime;
		f->stime = t->stime;
		f->min_flt = t->min_flt;
		f->maj_flt = t->maj_flt;
	} else {
		f->utime = s->utime;
		f->stime = s->stime;
		f->min_flt = s->min_flt;
		f->maj_flt = s->maj_flt;
		for_each_thread(s->leader, x) {
			f->utime += x->utime;
			f->stime += x->stime;
			f->min_flt += x->min_flt;
			f->maj_flt += x->maj_flt;
		}
	}
	f->cutime = s->cutime;
	f->cstime = s->cstime;
	f->cmin_flt = s->cmin_flt;
	f->cmaj_flt = s->cmaj_flt;
}

static void collect(struct task_struct *t, struct family *f, bool whole)
{
	unsigned long flags;

	memset(f, 0, sizeof(*f));
	f->tpgid = -1;
	f->tgid = t->tgid;
	spin_lock_irqsave(&tasklist_lock, flags);
	if (t->sighand && t->signal) {
		struct signal_struct *s = t->signal;

		f->alive = true;
		f->ppid = t->real_parent ? t->real_parent->tgid : 0;
		f->pgrp = s->pgrp;
		f->session = s->session;
		f->nr_threads = s->nr_threads;
		if (s->tty) {
			f->tty_nr = new_encode_dev(tty_devnum(s->tty));
			f->tpgid = tty_foreground_pgrp(s->tty);
		}
		f->sigq_limit = s->rlim[RLIMIT_SIGPENDING].rlim_cur;
		f->rss_limit = s->rlim[RLIMIT_RSS].rlim_cur;
		collect_times(t, f, whole);
		collect_signals(t, f);
	}
	spin_unlock_irqrestore(&tasklist_lock, flags);
}

static u64 to_ticks(u64 ns)
{
	return ns / (NSEC_PER_SEC / USER_HZ);
}

static int show_stat(struct seq_file *m, struct task_struct *task, bool whole)
{
	struct mm_struct *mm = get_task_mm(task);
	bool permitted = mm && may_inspect(task);	/* else no addresses, and 1 for code */
	struct family f;

	collect(task, &f, whole);
	seq_printf(m, "%d (%s) %c %d %d %d %d %d %u %lu %lu %lu %lu", task->pid, task->comm,
		   task_state_letter(task), f.ppid, f.pgrp, f.session, f.tty_nr, f.tpgid, task->flags,
		   f.min_flt, f.cmin_flt, f.maj_flt, f.cmaj_flt);
	seq_printf(m, " %lu %lu %ld %ld %d %d %d 0 %lu", to_ticks(f.utime), to_ticks(f.stime),
		   (long)to_ticks(f.cutime), (long)to_ticks(f.cstime), 20 + task->nice, task->nice,
		   f.nr_threads, to_ticks(task->start_time));
	seq_printf(m, " %lu %lu %lu", mm ? mm->total_vm << PAGE_SHIFT : 0, mm ? get_mm_rss(mm) : 0,
		   f.rss_limit);
	/* kstkesp and kstkeip are 0 for everybody but a dumping process, as on Linux */
	seq_printf(m, " %lu %lu %lu 0 0", permitted ? mm->start_code : mm != NULL,
		   permitted ? mm->end_code : mm != NULL, permitted ? mm->start_stack : 0);
	seq_printf(m, " %lu %lu %lu %lu", f.pending & 0x7fffffff, f.blocked & 0x7fffffff,
		   f.ignored & 0x7fffffff, f.caught & 0x7fffffff);
	seq_printf(m, " 0 0 0 %d %d 0 0 0 0 0", task->exit_signal, task->cpu);
	seq_printf(m, " %lu %lu %lu %lu %lu %lu %lu %d\n", permitted ? mm->start_data : 0,
		   permitted ? mm->end_data : 0, permitted ? mm->start_brk : 0,
		   permitted ? mm->arg_start : 0, permitted ? mm->arg_end : 0,
		   permitted ? mm->env_start : 0, permitted ? mm->env_end : 0,
		   may_inspect(task) ? task->exit_code : 0);
	if (mm)
		mmput(mm);
	return 0;
}

int proc_pid_stat(struct seq_file *m, struct task_struct *task)
{
	return show_stat(m, task, true);
}

int proc_tid_stat(struct seq_file *m, struct task_struct *task)
{
	return show_stat(m, task, false);
}

/* The name with newline and backslash escaped, so that a line stays a line. */
static void put_name(struct seq_file *m, const char *name)
{
	for (; *name; name++) {
		if (*name == '\n')
			seq_puts(m, "\\n");
		else if (*name == '\\')
			seq_puts(m, "\\\\");
		else
			seq_putc(m, *name);
	}
}

static void status_ids(struct seq_file *m, struct task_struct *task, const struct family *f)
{
	const struct cred_ids *c = &task->cred;
	unsigned int umask = 0, max_fds = 0;

	task_lock(task);
	if (task->fs)
		umask = task->fs->umask;
	if (task->files)
		max_fds = task->files->max_fds;
	task_unlock(task);

	seq_puts(m, "Name:\t");
	put_name(m, task->comm);
	seq_printf(m, "\nUmask:\t%04o\nState:\t%s\nTgid:\t%d\nNgid:\t0\nPid:\t%d\nPPid:\t%d\nTracerPid:\t0\n",
		   umask, state_word(task_state_letter(task)), f->tgid, task->pid, f->ppid);
	seq_printf(m, "Uid:\t%u\t%u\t%u\t%u\nGid:\t%u\t%u\t%u\t%u\nFDSize:\t%u\nGroups:\t", c->uid, c->euid,
		   c->suid, c->fsuid, c->gid, c->egid, c->sgid, c->fsgid, max_fds);
	for (int i = 0; i < c->ngroups; i++)
		seq_printf(m, "%u ", c->groups[i]);
	if (!c->ngroups)
		seq_putc(m, ' ');
	seq_printf(m, "\nNStgid:\t%d\nNSpid:\t%d\nNSpgid:\t%d\nNSsid:\t%d\n", f->tgid, task->pid, f->pgrp,
		   f->session);
}

static void status_line(struct seq_file *m, const char *key, unsigned long pages)
{
	seq_printf(m, "%s\t%8lu kB\n", key, pages << (PAGE_SHIFT - 10));
}

static void status_mm(struct seq_file *m, struct mm_struct *mm)
{
	unsigned long text = (PAGE_ALIGN(mm->end_code) - (mm->start_code & PAGE_MASK)) >> PAGE_SHIFT;
	unsigned long exec = max(mm->exec_vm, text);

	text = min(text, mm->exec_vm);
	status_line(m, "VmPeak:", max(mm->hiwater_vm, mm->total_vm));
	status_line(m, "VmSize:", mm->total_vm);
	status_line(m, "VmLck:", mm->locked_vm);
	status_line(m, "VmPin:", mm->pinned_vm);
	status_line(m, "VmHWM:", get_mm_hiwater_rss(mm));
	status_line(m, "VmRSS:", get_mm_rss(mm));
	status_line(m, "RssAnon:", get_mm_counter(mm, MM_ANONPAGES));
	status_line(m, "RssFile:", get_mm_counter(mm, MM_FILEPAGES));
	status_line(m, "RssShmem:", get_mm_counter(mm, MM_SHMEMPAGES));
	status_line(m, "VmData:", mm->data_vm);
	status_line(m, "VmStk:", mm->stack_vm);
	status_line(m, "VmExe:", text);
	status_line(m, "VmLib:", exec - text);
	status_line(m, "VmPTE:", atomic_long_read(&mm->nr_tables));
	status_line(m, "VmSwap:", get_mm_counter(mm, MM_SWAPENTS));
	seq_puts(m, "HugetlbPages:\t       0 kB\nCoreDumping:\t0\nTHP_enabled:\t0\n");
}

static void status_signals(struct seq_file *m, const struct family *f, struct task_struct *task)
{
	u64 caps = task->cred.euid == 0 ? 0x1ffffffffffUL : 0;

	seq_printf(m, "Threads:\t%d\nSigQ:\t%lu/%lu\n", f->nr_threads, nr_queued_signals(), f->sigq_limit);
	seq_printf(m, "SigPnd:\t%016lx\nShdPnd:\t%016lx\nSigBlk:\t%016lx\nSigIgn:\t%016lx\nSigCgt:\t%016lx\n",
		   f->pending, f->shared, f->blocked, f->ignored, f->caught);
	seq_printf(m, "CapInh:\t%016x\nCapPrm:\t%016lx\nCapEff:\t%016lx\nCapBnd:\t%016lx\nCapAmb:\t%016x\n",
		   0, caps, caps, 0x1ffffffffffUL, 0);
	seq_printf(m, "NoNewPrivs:\t%d\nSeccomp:\t0\nSeccomp_filters:\t0\n", task->no_new_privs);
}

/* As 32-bit groups of hexadecimal digits, and as ranges. */
static void status_cpus(struct seq_file *m, u64 mask)
{
	const char *comma = "";

	seq_puts(m, "Cpus_allowed:\t");
	if (nr_cpus > 32)
		seq_printf(m, "%0*lx,%08lx", (nr_cpus - 32 + 3) / 4, mask >> 32, mask & ~0U);
	else
		seq_printf(m, "%0*lx", (nr_cpus + 3) / 4, mask);
	seq_puts(m, "\nCpus_allowed_list:\t");
	for (unsigned int cpu = 0, first; cpu < nr_cpus; cpu++) {
		if (!(mask & BIT(cpu)))
			continue;
		for (first = cpu; cpu + 1 < nr_cpus && (mask & BIT(cpu + 1)); cpu++)
			;
		seq_printf(m, "%s%u", comma, first);
		if (cpu > first)
			seq_printf(m, "-%u", cpu);
		comma = ",";
	}
	seq_puts(m, "\n");
}

int proc_pid_status(struct seq_file *m, struct task_struct *task)
{
	struct mm_struct *mm = get_task_mm(task);
	struct family f;

	collect(task, &f, true);
	status_ids(m, task, &f);
	if (mm) {
		status_mm(m, mm);
		mmput(mm);
	}
	status_signals(m, &f, task);
	status_cpus(m, READ_ONCE(task->cpus_allowed) & all_cpus());
	seq_puts(m, "Mems_allowed:\t");		/* room for 1024 nodes, as Debian builds it */
	for (int i = 0; i < 31; i++)
		seq_puts(m, "00000000,");
	seq_printf(m, "00000001\nMems_allowed_list:\t0\n"
		   "voluntary_ctxt_switches:\t%lu\nnonvoluntary_ctxt_switches:\t%lu\n",
		   task->nvcsw, task->nivcsw);
	return 0;
}

static const struct {
	const char *name, *unit;
} limit_names[RLIM_NLIMITS] = {
	[RLIMIT_CPU] = { "Max cpu time", "seconds" },
	[RLIMIT_FSIZE] = { "Max file size", "bytes" },
	[RLIMIT_DATA] = { "Max data size", "bytes" },
	[RLIMIT_STACK] = { "Max stack size", "bytes" },
	[RLIMIT_CORE] = { "Max core file size", "bytes" },
	[RLIMIT_RSS] = { "Max resident set", "bytes" },
	[RLIMIT_NPROC] = { "Max processes", "processes" },
	[RLIMIT_NOFILE] = { "Max open files", "files" },
	[RLIMIT_MEMLOCK] = { "Max locked memory", "bytes" },
	[RLIMIT_AS] = { "Max address space", "bytes" },
	[RLIMIT_LOCKS] = { "Max file locks", "locks" },
	[RLIMIT_SIGPENDING] = { "Max pending signals", "signals" },
	[RLIMIT_MSGQUEUE] = { "Max msgqueue size", "bytes" },
	[RLIMIT_NICE] = { "Max nice priority", NULL },
	[RLIMIT_RTPRIO] = { "Max realtime priority", NULL },
	[RLIMIT_RTTIME] = { "Max realtime timeout", "us" },
};

static void put_limit(struct seq_file *m, unsigned long v)
{
	if (v == RLIM64_INFINITY)
		seq_printf(m, "%-20s ", "unlimited");
	else
		seq_printf(m, "%-20lu ", v);
}

int proc_pid_limits(struct seq_file *m, struct task_struct *task)
{
	struct rlimit64 rlim[RLIM_NLIMITS];
	unsigned long flags;
	bool alive;

	spin_lock_irqsave(&tasklist_lock, flags);
	alive = task->sighand != NULL;
	if (alive)
		memcpy(rlim, task->signal->rlim, sizeof(rlim));
	spin_unlock_irqrestore(&tasklist_lock, flags);
	if (!alive)
		return 0;
	seq_printf(m, "%-25s %-20s %-20s %-10s\n", "Limit", "Soft Limit", "Hard Limit", "Units");
	for (int i = 0; i < RLIM_NLIMITS; i++) {
		seq_printf(m, "%-25s ", limit_names[i].name);
		put_limit(m, rlim[i].rlim_cur);
		put_limit(m, rlim[i].rlim_max);
		if (limit_names[i].unit)
			seq_printf(m, "%-10s", limit_names[i].unit);
		seq_putc(m, '\n');
	}
	return 0;
}
