/*
 * kernel/pidfd.c - a process as a file descriptor
 *
 * Purpose:    a pid may be another process by the time it is used; a descriptor goes on meaning
 *             the one it was made for: to wait for its end (poll, waitid), to signal it, to
 *             advise on its memory (process_madvise).
 * Invariants: the file holds a reference on the process's signal_struct, which is the same from
 *             fork to release, also when a thread's execve makes another task the leader.  The
 *             process is gone when it has no threads left; until then signal->leader is its
 *             leader.  Readable from the moment its end could be waited for.
 * Lock order: tasklist_lock > siglock; wait_pidfd is woken below tasklist_lock
 * Simplified: no name spaces; directories of /proc are not taken for pidfds.
 * Sources:    pidfd_open(2), pidfd_send_signal(2), clone(2) "CLONE_PIDFD".
 */
#include <asm/uaccess.h>
#include <fs.h>
#include <pidfd.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <syscalls_remote.h>

#define PIDFD_NONBLOCK	O_NONBLOCK

/* ---- the file ---- */

/* Its leader, NULL once it has been released.  Enter: tasklist_lock held. */
static struct task_struct *leader_of(const struct signal_struct *s)
{
	assert_spin_locked(&tasklist_lock);
	return s->nr_threads ? s->leader : NULL;
}

static bool has_ended(const struct signal_struct *s)
{
	struct task_struct *leader;
	bool ended;

	spin_lock_irq(&tasklist_lock);
	leader = leader_of(s);
	ended = !leader || (leader->exit_state && s->nr_threads == 1);
	spin_unlock_irq(&tasklist_lock);
	return ended;
}

static unsigned int pidfd_poll(struct file *f, struct poll_table *pt)
{
	struct signal_struct *s = f->private_data;

	poll_wait(f, &s->wait_pidfd, pt);
	return has_ended(s) ? POLLIN | POLLRDNORM : 0;
}

static void pidfd_release(struct inode *inode, struct file *f)
{
	put_signal(f->private_data);
}

static const struct file_operations pidfd_fops = {
	.poll = pidfd_poll,
	.release = pidfd_release,
	.llseek = noop_llseek,
};

int pidfd_prepare(struct signal_struct *s, unsigned int flags, struct file **pfile)
{
	int fd = get_unused_fd(0, O_CLOEXEC);
	struct file *f;

	if (fd < 0)
		return fd;
	atomic_inc(&s->refcount);
	f = alloc_anon_file("[pidfd]", &pidfd_fops, s, O_RDWR | flags);
	if (IS_ERR(f)) {
		put_signal(s);
		put_unused_fd(fd);
		return PTR_ERR(f);
	}
	*pfile = f;
	return fd;
}

struct file *pidfd_get(unsigned int fd)
{
	struct file *f = fget(fd);

	if (f && f->f_op != &pidfd_fops) {
		fput(f);
		f = NULL;
	}
	return f;
}

struct task_struct *pidfd_get_task(unsigned int fd)
{
	struct file *f = pidfd_get(fd);
	struct task_struct *t;

	if (!f)
		return ERR_PTR(-EBADF);
	spin_lock_irq(&tasklist_lock);
	t = leader_of(f->private_data);
	if (t)
		get_task_struct(t);
	spin_unlock_irq(&tasklist_lock);
	fput(f);
	return t ? t : ERR_PTR(-ESRCH);
}

/* ---- the calls ---- */

/* The process whose leader has this pid, referenced; ERR_PTR: -ESRCH, -EINVAL for a mere thread. */
static struct signal_struct *get_process(pid_t pid)
{
	struct signal_struct *s = ERR_PTR(-ESRCH);
	struct task_struct *t;

	spin_lock_irq(&tasklist_lock);
	t = find_task_by_pid(pid);
	if (t) {
		s = thread_group_leader(t) ? t->signal : ERR_PTR(-EINVAL);
		if (!IS_ERR(s))
			atomic_inc(&s->refcount);
	}
	spin_unlock_irq(&tasklist_lock);
	return s;
}

long sys_pidfd_open(pid_t pid, unsigned int flags)
{
	struct signal_struct *s;
	struct file *file;
	int fd;

	if ((flags & ~PIDFD_NONBLOCK) || pid <= 0)
		return -EINVAL;
	s = get_process(pid);
	if (IS_ERR(s))
		return PTR_ERR(s);
	fd = pidfd_prepare(s, flags, &file);
	put_signal(s);
	if (fd >= 0)
		fd_install(fd, file);
	return fd;
}

/* What is sent: kill(2)'s words, or the caller's, who may pretend only towards itself. */
static int signal_info(siginfo_t *info, const siginfo_t __user *uinfo, int sig, bool to_self)
{
	if (!uinfo) {
		memset(info, 0, sizeof(*info));
		info->si_signo = sig;
		info->si_code = SI_USER;
		info->si_pid = current->tgid;
		info->si_uid = current->cred.uid;
		return 0;
	}
	if (copy_from_user(info, uinfo, sizeof(*info)))
		return -EFAULT;
	if (info->si_signo != sig)
		return -EINVAL;
	if (!to_self && (info->si_code >= 0 || info->si_code == SI_TKILL))
		return -EPERM;
	return 0;
}

static int send_to_process(struct signal_struct *s, int sig, siginfo_t *info)
{
	struct task_struct *t;
	int err = -ESRCH;

	spin_lock_irq(&tasklist_lock);
	t = leader_of(s);
	if (t && (sig < 0 || sig > _NSIG))
		err = -EINVAL;
	else if (t)
		err = may_kill(t, sig) ? group_send_sig_info(sig, info, t) : -EPERM;
	spin_unlock_irq(&tasklist_lock);
	return err;
}

long sys_pidfd_send_signal(int pidfd, int sig, siginfo_t __user *uinfo, unsigned int flags)
{
	struct file *f;
	siginfo_t info;
	int err;

	if (flags)
		return -EINVAL;
	f = pidfd_get(pidfd);
	if (!f)
		return -EBADF;
	err = signal_info(&info, uinfo, sig, f->private_data == current->signal &&
			  thread_group_leader(current));
	if (!err)
		err = send_to_process(f->private_data, sig, &info);
	fput(f);
	return err;
}
