/*
 * kernel/sys.c - system calls about the task itself: who it is, what it may use, what it used
 *
 * Locks: tasklist_lock for process groups, sessions and limits.  A task changes only its own
 *        identity, so reading its own needs no lock.
 * Simplified: no capabilities: effective uid 0 may everything.  No real-time scheduling
 *        classes, so the calls that would set them are not there (ENOSYS).
 * Sources: POSIX.1-2017; setuid(2), setpgid(2), getrlimit(2), prctl(2).
 */
#include <asm/uaccess.h>
#include <coredump.h>
#include <err.h>
#include <fs.h>
#include <mm.h>
#include <pagemap.h>
#include <printk.h>
#include <sched.h>
#include <swap.h>
#include <string.h>
#include <syscalls_sys.h>
#include <uapi/personality.h>
#include <uapi/prctl.h>
#include <uapi/reboot.h>
#include <utsname.h>

struct new_utsname init_uts = {
	.sysname = "Linux",		/* programs ask for it */
	.nodename = "quire",
	.release = "6.1.0-quire",
	.version = "#1 Quire",
	.machine = "x86_64",
	.domainname = "(none)",
};

/* ---- numbers of the task ----------------------------------------------------------- */

long sys_getpid(void)
{
	return current->tgid;
}

long sys_gettid(void)
{
	return current->pid;
}

long sys_getppid(void)
{
	/* One aligned word that changes only when the parent dies: no lock is needed to read it. */
	return READ_ONCE(current->real_parent)->tgid;
}

long sys_set_tid_address(int __user *tidptr)
{
	current->clear_child_tid = tidptr;
	return current->pid;
}

/* ---- identity ------------------------------------------------------------------------- */

long sys_getuid(void)
{
	return current->cred.uid;
}

long sys_geteuid(void)
{
	return current->cred.euid;
}

long sys_getgid(void)
{
	return current->cred.gid;
}

long sys_getegid(void)
{
	return current->cred.egid;
}

/* An id that is neither changed (-1) nor one of @a, @b, @c needs root. */
static bool id_allowed(unsigned int id, unsigned int a, unsigned int b, unsigned int c)
{
	return id == ~0U || id == a || id == b || id == c || capable_root();
}

/*
 * current's ids were @old.  Who has got another identity may hold what that one must not see:
 * no core file, no looking in through /proc.  Always 0.
 */
static long creds_changed(const struct cred_ids *old)
{
	const struct cred_ids *c = &current->cred;

	if (old->euid == c->euid && old->egid == c->egid && old->fsuid == c->fsuid &&
	    old->fsgid == c->fsgid)
		return 0;
	if (current->mm)
		set_dumpable(current->mm, suid_dumpable);
	current->pdeath_signal = 0;
	return 0;
}

long sys_setuid(uid_t uid)
{
	struct cred_ids *c = &current->cred, before = *c;

	if (uid == ~0U)
		return -EINVAL;
	if (capable_root())
		c->uid = c->suid = uid;
	else if (uid != c->uid && uid != c->suid)
		return -EPERM;
	c->euid = c->fsuid = uid;
	return creds_changed(&before);
}

long sys_setgid(gid_t gid)
{
	struct cred_ids *c = &current->cred, before = *c;

	if (gid == ~0U)
		return -EINVAL;
	if (capable_root())
		c->gid = c->sgid = gid;
	else if (gid != c->gid && gid != c->sgid)
		return -EPERM;
	c->egid = c->fsgid = gid;
	return creds_changed(&before);
}

long sys_setresuid(uid_t ruid, uid_t euid, uid_t suid)
{
	struct cred_ids *c = &current->cred, before = *c;

	if (!id_allowed(ruid, c->uid, c->euid, c->suid) ||
	    !id_allowed(euid, c->uid, c->euid, c->suid) ||
	    !id_allowed(suid, c->uid, c->euid, c->suid))
		return -EPERM;
	if (ruid != ~0U)
		c->uid = ruid;
	if (suid != ~0U)
		c->suid = suid;
	if (euid != ~0U)
		c->euid = euid;
	c->fsuid = c->euid;
	return creds_changed(&before);
}

long sys_setresgid(gid_t rgid, gid_t egid, gid_t sgid)
{
	struct cred_ids *c = &current->cred, before = *c;

	if (!id_allowed(rgid, c->gid, c->egid, c->sgid) ||
	    !id_allowed(egid, c->gid, c->egid, c->sgid) ||
	    !id_allowed(sgid, c->gid, c->egid, c->sgid))
		return -EPERM;
	if (rgid != ~0U)
		c->gid = rgid;
	if (sgid != ~0U)
		c->sgid = sgid;
	if (egid != ~0U)
		c->egid = egid;
	c->fsgid = c->egid;
	return creds_changed(&before);
}

long sys_setreuid(uid_t ruid, uid_t euid)
{
	struct cred_ids *c = &current->cred, before = *c;
	uid_t old = c->uid;

	if (!id_allowed(ruid, c->uid, c->euid, c->uid) ||
	    !id_allowed(euid, c->uid, c->euid, c->suid))
		return -EPERM;
	if (ruid != ~0U)
		c->uid = ruid;
	if (euid != ~0U)
		c->euid = euid;
	if (ruid != ~0U || (euid != ~0U && euid != old))
		c->suid = c->euid;
	c->fsuid = c->euid;
	return creds_changed(&before);
}

long sys_setregid(gid_t rgid, gid_t egid)
{
	struct cred_ids *c = &current->cred, before = *c;
	gid_t old = c->gid;

	if (!id_allowed(rgid, c->gid, c->egid, c->gid) ||
	    !id_allowed(egid, c->gid, c->egid, c->sgid))
		return -EPERM;
	if (rgid != ~0U)
		c->gid = rgid;
	if (egid != ~0U)
		c->egid = egid;
	if (rgid != ~0U || (egid != ~0U && egid != old))
		c->sgid = c->egid;
	c->fsgid = c->egid;
	return creds_changed(&before);
}

long sys_getresuid(uid_t __user *ruid, uid_t __user *euid, uid_t __user *suid)
{
	const struct cred_ids *c = &current->cred;

	return put_user(c->uid, ruid) || put_user(c->euid, euid) || put_user(c->suid, suid) ? -EFAULT : 0;
}

long sys_getresgid(gid_t __user *rgid, gid_t __user *egid, gid_t __user *sgid)
{
	const struct cred_ids *c = &current->cred;

	return put_user(c->gid, rgid) || put_user(c->egid, egid) || put_user(c->sgid, sgid) ? -EFAULT : 0;
}

/* These two answer the old id, whether or not it was changed. */
long sys_setfsuid(uid_t uid)
{
	struct cred_ids *c = &current->cred, before = *c;
	uid_t old = c->fsuid;

	if (uid != ~0U && (id_allowed(uid, c->uid, c->euid, c->suid) || uid == old))
		c->fsuid = uid;
	creds_changed(&before);
	return old;
}

long sys_setfsgid(gid_t gid)
{
	struct cred_ids *c = &current->cred, before = *c;
	gid_t old = c->fsgid;

	if (gid != ~0U && (id_allowed(gid, c->gid, c->egid, c->sgid) || gid == old))
		c->fsgid = gid;
	creds_changed(&before);
	return old;
}

long sys_getgroups(int size, gid_t __user *list)
{
	const struct cred_ids *c = &current->cred;

	if (size < 0)
		return -EINVAL;
	if (size == 0)
		return c->ngroups;
	if (size < c->ngroups)
		return -EINVAL;
	return copy_to_user(list, c->groups, c->ngroups * sizeof(gid_t)) ? -EFAULT : c->ngroups;
}

long sys_setgroups(int size, const gid_t __user *list)
{
	struct cred_ids *c = &current->cred;
	gid_t groups[ARRAY_SIZE(c->groups)];

	if (!capable_root())
		return -EPERM;
	if (size < 0 || size > (int)ARRAY_SIZE(groups))
		return -EINVAL;
	if (copy_from_user(groups, list, size * sizeof(gid_t)))
		return -EFAULT;
	memcpy(c->groups, groups, size * sizeof(gid_t));
	c->ngroups = size;
	return 0;
}

long sys_capget(void __user *header, void __user *data)
{
	struct {
		u32 version;
		int pid;
	} h;
	struct {
		u32 effective, permitted, inheritable;
	} caps[2];
	u32 all = capable_root() ? ~0U : 0;

	if (copy_from_user(&h, header, sizeof(h)))
		return -EFAULT;
	if (h.version != 0x20080522) {
		h.version = 0x20080522;
		if (copy_to_user(header, &h, sizeof(h)))
			return -EFAULT;
		return data ? -EINVAL : 0;
	}
	if (h.pid < 0)
		return -EINVAL;
	memset(caps, 0, sizeof(caps));
	caps[0].effective = caps[0].permitted = all;
	caps[1].effective = caps[1].permitted = all & 0x1ff;
	return data && copy_to_user(data, caps, sizeof(caps)) ? -EFAULT : 0;
}

/* ---- process groups and sessions ---------------------------------------------------------- */

/* tasklist_lock held: the process @pid (0: current's), or NULL. */
static struct task_struct *find_process(pid_t pid)
{
	struct task_struct *t = pid ? find_task_by_pid(pid) : current->group_leader;

	return t && thread_group_leader(t) ? t : NULL;
}

static long may_setpgid(struct task_struct *p, pid_t pgid)
{
	struct task_struct *me = current->group_leader;

	if (!p)
		return -ESRCH;
	if (p != me) {
		if (p->real_parent->tgid != current->tgid)
			return -ESRCH;
		if (p->signal->session != me->signal->session)
			return -EPERM;
		if (p->did_exec)
			return -EACCES;
	}
	if (p->signal->leader_of_session)
		return -EPERM;
	if (pgid != p->pid && !pgrp_in_session(pgid, me->signal->session))
		return -EPERM;
	return 0;
}

long sys_setpgid(pid_t pid, pid_t pgid)
{
	struct task_struct *p;
	long err;

	if (!pid)
		pid = current->tgid;
	if (!pgid)
		pgid = pid;
	if (pgid < 0)
		return -EINVAL;
	spin_lock_irq(&tasklist_lock);
	p = find_process(pid);
	err = may_setpgid(p, pgid);
	if (!err)
		set_pgrp_session(p->signal, pgid, p->signal->session);
	spin_unlock_irq(&tasklist_lock);
	return err;
}

long sys_getpgid(pid_t pid)
{
	struct task_struct *t;
	long ret = -ESRCH;

	spin_lock_irq(&tasklist_lock);
	t = pid ? find_task_by_pid(pid) : current;
	if (t)
		ret = t->signal->pgrp;
	spin_unlock_irq(&tasklist_lock);
	return ret;
}

long sys_getpgrp(void)
{
	return current->signal->pgrp;
}

long sys_getsid(pid_t pid)
{
	struct task_struct *t;
	long ret = -ESRCH;

	spin_lock_irq(&tasklist_lock);
	t = pid ? find_task_by_pid(pid) : current;
	if (t)
		ret = t->signal->session;
	spin_unlock_irq(&tasklist_lock);
	return ret;
}

long sys_setsid(void)
{
	struct signal_struct *s = current->signal;
	struct task_struct *p;
	pid_t me = current->tgid;
	long ret = -EPERM;

	spin_lock_irq(&tasklist_lock);
	if (s->leader_of_session)
		goto out;
	for_each_process(p)
		if (p->signal->pgrp == me)
			goto out;
	s->leader_of_session = true;
	set_pgrp_session(s, me, me);
	s->tty = NULL;
	ret = me;
out:
	spin_unlock_irq(&tasklist_lock);
	return ret;
}

/* ---- names of the system --------------------------------------------------------------------- */

static DEFINE_SPINLOCK(uts_lock);	/* the names in init_uts, which may change */

long sys_newuname(struct new_utsname __user *buf)
{
	struct new_utsname uts;

	spin_lock(&uts_lock);
	uts = init_uts;
	spin_unlock(&uts_lock);
	return copy_to_user(buf, &uts, sizeof(uts)) ? -EFAULT : 0;
}

static long set_name(char *field, const char __user *name, int len)
{
	char buf[__NEW_UTS_LEN + 1] = "";

	if (!capable_root())
		return -EPERM;
	if (len < 0 || len > __NEW_UTS_LEN)
		return -EINVAL;
	if (copy_from_user(buf, name, len))
		return -EFAULT;
	spin_lock(&uts_lock);
	memcpy(field, buf, sizeof(buf));
	spin_unlock(&uts_lock);
	return 0;
}

long sys_sethostname(const char __user *name, int len)
{
	return set_name(init_uts.nodename, name, len);
}

long sys_setdomainname(const char __user *name, int len)
{
	return set_name(init_uts.domainname, name, len);
}

/* ---- limits and resources ------------------------------------------------------------------------ */

/* Read and replace a limit of @t; tasklist_lock held. */
static long do_prlimit(struct task_struct *t, unsigned int which, const struct rlimit64 *new,
		       struct rlimit64 *old)
{
	struct rlimit64 *r = &t->signal->rlim[which];

	if (old)
		*old = *r;
	if (!new)
		return 0;
	if (new->rlim_cur > new->rlim_max)
		return -EINVAL;
	if (which == RLIMIT_NOFILE && new->rlim_max > NR_OPEN_MAX)
		return -EPERM;
	if (new->rlim_max > r->rlim_max && !capable_root())
		return -EPERM;
	*r = *new;
	return 0;
}

long sys_prlimit64(pid_t pid, unsigned int which, const struct rlimit64 __user *unew,
		   struct rlimit64 __user *uold)
{
	struct rlimit64 new, old;
	struct task_struct *t;
	long err = -ESRCH;

	if (which >= RLIM_NLIMITS)
		return -EINVAL;
	if (unew && copy_from_user(&new, unew, sizeof(new)))
		return -EFAULT;
	spin_lock_irq(&tasklist_lock);
	t = pid ? find_task_by_pid(pid) : current;
	if (t) {
		if (t != current && !capable_root() &&
		    (t->cred.uid != current->cred.uid || t->cred.euid != current->cred.uid))
			err = -EPERM;
		else
			err = do_prlimit(t, which, unew ? &new : NULL, &old);
	}
	spin_unlock_irq(&tasklist_lock);
	if (!err && uold && copy_to_user(uold, &old, sizeof(old)))
		err = -EFAULT;
	return err;
}

long sys_getrlimit(unsigned int which, struct rlimit __user *rlim)
{
	return sys_prlimit64(0, which, NULL, (struct rlimit64 __user *)rlim) ?
		       (which >= RLIM_NLIMITS ? -EINVAL : -EFAULT) : rlim ? 0 : -EFAULT;
}

long sys_setrlimit(unsigned int which, const struct rlimit __user *rlim)
{
	if (!rlim)
		return -EFAULT;
	return sys_prlimit64(0, which, (const struct rlimit64 __user *)rlim, NULL);
}

static struct timeval ns_to_timeval(u64 ns)
{
	return (struct timeval){ ns / NSEC_PER_SEC, ns % NSEC_PER_SEC / 1000 };
}

/* What was used; sums are made with tasklist_lock held. */
struct usage {
	u64 utime, stime;
	unsigned long min_flt, maj_flt, nvcsw, nivcsw, maxrss;
};

static void add_thread(struct usage *u, const struct task_struct *t)
{
	u->utime += t->utime;
	u->stime += t->stime;
	u->min_flt += t->min_flt;
	u->maj_flt += t->maj_flt;
	u->nvcsw += t->nvcsw;
	u->nivcsw += t->nivcsw;
}

/* All threads of @t's process, those that have ended included. */
static void process_usage(struct usage *u, struct task_struct *t)
{
	const struct signal_struct *s = t->signal;
	struct task_struct *x;

	u->utime += s->utime;
	u->stime += s->stime;
	u->min_flt += s->min_flt;
	u->maj_flt += s->maj_flt;
	u->maxrss = max(u->maxrss, s->maxrss);
	for_each_thread(s->leader, x)
		add_thread(u, x);
}

static void children_usage(struct usage *u, const struct task_struct *t)
{
	const struct signal_struct *s = t->signal;

	u->utime += s->cutime;
	u->stime += s->cstime;
	u->min_flt += s->cmin_flt;
	u->maj_flt += s->cmaj_flt;
	u->maxrss = max(u->maxrss, s->cmaxrss);
}

#define RUSAGE_BOTH (-2)	/* self and children: what wait4 reports of a child */

void getrusage(struct task_struct *t, int who, struct rusage *ru)
{
	struct usage u;
	struct mm_struct *mm = NULL;
	unsigned long flags;

	memset(&u, 0, sizeof(u));
	memset(ru, 0, sizeof(*ru));
	spin_lock_irqsave(&tasklist_lock, flags);
	if (t->sighand) {
		if (who == RUSAGE_THREAD)
			add_thread(&u, t);
		if (who == RUSAGE_SELF || who == RUSAGE_BOTH)
			process_usage(&u, t);
		if (who == RUSAGE_CHILDREN || who == RUSAGE_BOTH)
			children_usage(&u, t);
	}
	spin_unlock_irqrestore(&tasklist_lock, flags);
	if (who != RUSAGE_CHILDREN)
		mm = get_task_mm(t);
	if (mm) {
		u.maxrss = max(u.maxrss, get_mm_hiwater_rss(mm));
		mmput(mm);
	}
	ru->ru_utime = ns_to_timeval(u.utime);
	ru->ru_stime = ns_to_timeval(u.stime);
	ru->ru_maxrss = u.maxrss << (PAGE_SHIFT - 10);
	ru->ru_minflt = u.min_flt;
	ru->ru_majflt = u.maj_flt;
	ru->ru_nvcsw = u.nvcsw;
	ru->ru_nivcsw = u.nivcsw;
}

long sys_getrusage(int who, struct rusage __user *uru)
{
	struct rusage ru;

	if (who != RUSAGE_SELF && who != RUSAGE_CHILDREN && who != RUSAGE_THREAD)
		return -EINVAL;
	getrusage(current, who, &ru);
	return copy_to_user(uru, &ru, sizeof(ru)) ? -EFAULT : 0;
}

long sys_times(struct tms __user *buf)
{
	const u64 tick = NSEC_PER_SEC / USER_HZ;
	struct usage self, children;
	struct tms t;

	memset(&self, 0, sizeof(self));
	memset(&children, 0, sizeof(children));
	spin_lock_irq(&tasklist_lock);
	process_usage(&self, current);
	children_usage(&children, current);
	spin_unlock_irq(&tasklist_lock);
	t.tms_utime = self.utime / tick;
	t.tms_stime = self.stime / tick;
	t.tms_cutime = children.utime / tick;
	t.tms_cstime = children.stime / tick;
	if (buf && copy_to_user(buf, &t, sizeof(t)))
		return -EFAULT;
	return ktime_get() / tick;
}

long sys_sysinfo(struct sysinfo __user *uinfo)
{
	struct sysinfo info;

	memset(&info, 0, sizeof(info));
	info.uptime = ktime_get() / NSEC_PER_SEC;
	for (int i = 0; i < 3; i++)
		info.loads[i] = avenrun[i] << (SI_LOAD_SHIFT - 11);
	info.totalram = totalram_pages();
	info.freeram = nr_free_pages();
	info.totalswap = total_swap_pages();
	info.freeswap = nr_swap_pages();
	info.sharedram = atomic_long_read(&nr_shmem_pages);
	info.procs = nr_threads;
	info.mem_unit = PAGE_SIZE;
	/* As Linux does for small machines: bytes, when they fit. */
	if (info.totalram < (1UL << 50)) {
		info.totalram <<= PAGE_SHIFT;
		info.freeram <<= PAGE_SHIFT;
		info.sharedram <<= PAGE_SHIFT;
		info.totalswap <<= PAGE_SHIFT;
		info.freeswap <<= PAGE_SHIFT;
		info.mem_unit = 1;
	}
	return copy_to_user(uinfo, &info, sizeof(info)) ? -EFAULT : 0;
}

/* ---- prctl and personality --------------------------------------------------------------------------- */

static long set_name_of_thread(const char __user *uname)
{
	char name[TASK_COMM_LEN];

	if (strncpy_from_user(name, uname, sizeof(name) - 1) < 0)
		return -EFAULT;
	name[sizeof(name) - 1] = '\0';
	set_task_comm(current, name);
	return 0;
}

long sys_prctl(int option, unsigned long a2, unsigned long a3, unsigned long a4, unsigned long a5)
{
	char name[TASK_COMM_LEN] = "";

	switch (option) {
	case PR_SET_PDEATHSIG:
		if (a2 > _NSIG)
			return -EINVAL;
		current->pdeath_signal = a2;
		return 0;
	case PR_GET_PDEATHSIG:
		return put_user(current->pdeath_signal, (int __user *)a2);
	case PR_GET_DUMPABLE:
		return get_dumpable(current->mm);
	case PR_SET_DUMPABLE:
		if (a2 > 1)
			return -EINVAL;
		set_dumpable(current->mm, a2);
		return 0;
	case PR_SET_NAME:
		return set_name_of_thread((const char __user *)a2);
	case PR_GET_NAME:
		strlcpy(name, current->comm, sizeof(name));
		return copy_to_user((void __user *)a2, name, sizeof(name)) ? -EFAULT : 0;
	case PR_SET_MM:
		return prctl_set_mm(a2, a3, a4, a5);
	case PR_CAPBSET_READ:
		return a2 <= 40 ? 1 : -EINVAL;
	case PR_SET_NO_NEW_PRIVS:
		if (a2 != 1 || a3 || a4 || a5)
			return -EINVAL;
		current->no_new_privs = true;
		return 0;
	case PR_GET_NO_NEW_PRIVS:
		return a2 || a3 || a4 || a5 ? -EINVAL : current->no_new_privs;
	case PR_GET_TID_ADDRESS:
		return -EINVAL;		/* Debian's kernel has it only for checkpointing */
	case PR_GET_KEEPCAPS:
	case PR_GET_SECUREBITS:
		return 0;
	}
	return -EINVAL;
}

long sys_personality(unsigned int persona)
{
	unsigned int old = current->personality;

	if (persona != 0xffffffff)
		current->personality = persona;
	return old;
}

/* ---- scheduling --------------------------------------------------------------------------------------- */

/* Call for every process that @which and @who mean; false: nobody. */
static bool for_matching(int which, int who, void (*fn)(struct task_struct *, long *), long *arg)
{
	struct task_struct *p;
	bool any = false;

	if (which == PRIO_PROCESS) {
		p = who ? find_task_by_pid(who) : current;
		if (p)
			fn(p, arg);
		return p != NULL;
	}
	for_each_process(p) {
		bool match = which == PRIO_PGRP ?
			p->signal->pgrp == (who ? who : current->signal->pgrp) :
			p->cred.uid == (who ? (uid_t)who : current->cred.uid);

		if (match) {
			fn(p, arg);
			any = true;
		}
	}
	return any;
}

static void lowest_nice(struct task_struct *p, long *best)
{
	*best = max(*best, (long)(20 - p->nice));
}

static void apply_nice(struct task_struct *p, long *arg)
{
	int nice = arg[0];

	if (!capable_root() && p->cred.uid != current->cred.euid)
		arg[1] = -EPERM;
	else if (nice < p->nice && !capable_root() &&
		 20 - nice > (long)p->signal->rlim[RLIMIT_NICE].rlim_cur)
		arg[1] = -EACCES;
	else
		set_user_nice(p, nice);
}

long sys_getpriority(int which, int who)
{
	long best = 0;
	bool any;

	if (which < PRIO_PROCESS || which > PRIO_USER)
		return -EINVAL;
	spin_lock_irq(&tasklist_lock);
	any = for_matching(which, who, lowest_nice, &best);
	spin_unlock_irq(&tasklist_lock);
	return any ? best : -ESRCH;
}

long sys_setpriority(int which, int who, int nice)
{
	long arg[2] = { max(-20, min(nice, 19)), 0 };
	bool any;

	if (which < PRIO_PROCESS || which > PRIO_USER)
		return -EINVAL;
	spin_lock_irq(&tasklist_lock);
	any = for_matching(which, who, apply_nice, arg);
	spin_unlock_irq(&tasklist_lock);
	return any ? arg[1] : -ESRCH;
}

long sys_sched_yield(void)
{
	yield();
	return 0;
}

/* The task that a scheduling call means is there: 0 or -ESRCH. */
static long check_pid(pid_t pid)
{
	struct task_struct *t;

	if (pid < 0)
		return -EINVAL;
	if (!pid)
		return 0;
	spin_lock_irq(&tasklist_lock);
	t = find_task_by_pid(pid);
	spin_unlock_irq(&tasklist_lock);
	return t ? 0 : -ESRCH;
}

long sys_sched_setaffinity(pid_t pid, unsigned int len, const unsigned long __user *umask)
{
	struct task_struct *t;
	unsigned long mask = 0;
	long err;

	if (copy_from_user(&mask, umask, min_t(unsigned int, len, sizeof(mask))))
		return -EFAULT;
	t = pid ? find_get_task(pid) : current;
	if (!t)
		return -ESRCH;
	if (!capable_root() && current->cred.euid != t->cred.euid && current->cred.euid != t->cred.uid)
		err = -EPERM;
	else
		err = set_cpus_allowed(t, mask);
	if (pid)
		put_task_struct(t);
	return err;
}

long sys_sched_getaffinity(pid_t pid, unsigned int len, unsigned long __user *umask)
{
	unsigned long mask = all_cpus();
	struct task_struct *t;

	if (len < sizeof(mask) || len % sizeof(mask))
		return -EINVAL;
	t = pid ? find_get_task(pid) : current;
	if (!t)
		return -ESRCH;
	mask &= t->cpus_allowed;
	if (pid)
		put_task_struct(t);
	return put_user(mask, umask) ? -EFAULT : (long)sizeof(mask);
}

long sys_sched_getscheduler(pid_t pid)
{
	long err = check_pid(pid);

	return err ? err : SCHED_NORMAL;
}

long sys_sched_getparam(pid_t pid, int __user *param)
{
	long err = param ? check_pid(pid) : -EINVAL;

	return err ? err : put_user(0, param);
}

static long priority_bound(int policy, long realtime)
{
	switch (policy) {
	case SCHED_FIFO:
	case SCHED_RR:
		return realtime;
	case SCHED_NORMAL:
	case SCHED_BATCH:
	case SCHED_IDLE:
		return 0;
	}
	return -EINVAL;
}

long sys_sched_get_priority_max(int policy)
{
	return priority_bound(policy, 99);
}

long sys_sched_get_priority_min(int policy)
{
	return priority_bound(policy, 1);
}

long sys_getcpu(unsigned int __user *cpu, unsigned int __user *node, void __user *unused)
{
	if (cpu && put_user(smp_processor_id(), cpu))
		return -EFAULT;
	return node && put_user(0U, node) ? -EFAULT : 0;
}

/* ---- the machine ------------------------------------------------------------------------------------------ */

long sys_arch_prctl(int code, unsigned long addr)
{
	return do_arch_prctl(code, addr);
}

long sys_syslog(int type, char __user *buf, int len)
{
	return do_syslog(type, buf, len);
}

long sys_reboot(int magic1, int magic2, unsigned int cmd, void __user *arg)
{
	if (!capable_root())
		return -EPERM;
	if ((unsigned int)magic1 != LINUX_REBOOT_MAGIC1 ||
	    (magic2 != LINUX_REBOOT_MAGIC2 && magic2 != LINUX_REBOOT_MAGIC2A &&
	     magic2 != LINUX_REBOOT_MAGIC2B && magic2 != LINUX_REBOOT_MAGIC2C))
		return -EINVAL;
	switch (cmd) {
	case LINUX_REBOOT_CMD_RESTART:
	case LINUX_REBOOT_CMD_RESTART2:
		pr_emerg("reboot: Restarting system\n");
		machine_restart();
	case LINUX_REBOOT_CMD_HALT:
		pr_emerg("reboot: System halted\n");
		machine_halt();
	case LINUX_REBOOT_CMD_POWER_OFF:
		pr_emerg("reboot: Power down\n");
		machine_power_off();
	case LINUX_REBOOT_CMD_CAD_OFF:
		return 0;	/* Ctrl-Alt-Del is never handled; it cannot be switched on either */
	}
	return -EINVAL;
}
