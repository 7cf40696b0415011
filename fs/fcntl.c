/*
 * fs/fcntl.c - fcntl: small properties of a descriptor or an open file
 *
 * Simplified: no leases and no directory notification.
 * Sources:    fcntl(2).
 */
#include <fs.h>
#include <asm/uaccess.h>
#include <pagemap.h>
#include <sched.h>
#include <syscalls_fs.h>
#include "internal.h"

#define SETFL_FLAGS (O_APPEND | O_NONBLOCK | O_NDELAY | O_DIRECT | O_NOATIME | FASYNC)

struct f_owner_ex {
	int type;
	pid_t pid;
};
#define F_OWNER_PID	1
#define F_OWNER_PGRP	2

static long get_cloexec(unsigned int fd)
{
	struct files_struct *files = current->files;
	long set;

	spin_lock(&files->lock);
	set = test_bit(fd, files->close_on_exec) ? FD_CLOEXEC : 0;
	spin_unlock(&files->lock);
	return set;
}

void set_cloexec(unsigned int fd, bool on)
{
	struct files_struct *files = current->files;

	spin_lock(&files->lock);
	if (fd < files->max_fds && on)
		__set_bit(fd, files->close_on_exec);
	else if (fd < files->max_fds)
		__clear_bit(fd, files->close_on_exec);
	spin_unlock(&files->lock);
}

static long set_flags(struct file *f, unsigned long arg)
{
	if ((arg & O_NOATIME) && !(f->f_flags & O_NOATIME) && !inode_owner_or_root(f->f_inode))
		return -EPERM;
	if ((arg & O_DIRECT) && !S_ISFIFO(f->f_inode->i_mode))
		return -EINVAL;
	arg &= SETFL_FLAGS & ~FASYNC;	/* no SIGIO is ever sent: the flag does not stick */
	f->f_flags = (f->f_flags & ~(SETFL_FLAGS & ~FASYNC)) | arg;
	return 0;
}

static long set_owner(struct file *f, long who)
{
	struct task_struct *t;

	if (who > 0) {
		t = find_get_task(who);
		if (!t)
			return -ESRCH;
		put_task_struct(t);
	}
	f->f_owner = who;
	return 0;
}

static long owner_ex(struct file *f, unsigned int cmd, struct f_owner_ex __user *uex)
{
	struct f_owner_ex ex;

	if (cmd == F_GETOWN_EX) {
		ex.type = f->f_owner < 0 ? F_OWNER_PGRP : F_OWNER_PID;
		ex.pid = f->f_owner < 0 ? -f->f_owner : f->f_owner;
		return copy_to_user(uex, &ex, sizeof(ex)) ? -EFAULT : 0;
	}
	if (copy_from_user(&ex, uex, sizeof(ex)))
		return -EFAULT;
	if (ex.type != F_OWNER_PID && ex.type != F_OWNER_PGRP)
		return -EINVAL;
	return set_owner(f, ex.type == F_OWNER_PGRP ? -ex.pid : ex.pid);
}

static long do_fcntl(unsigned int fd, struct file *f, unsigned int cmd, unsigned long arg)
{
	switch (cmd) {
	case F_DUPFD:
	case F_DUPFD_CLOEXEC:
		if (arg >= rlimit(RLIMIT_NOFILE))
			return -EINVAL;
		return dup_at_least(get_file(f), arg, cmd == F_DUPFD_CLOEXEC ? O_CLOEXEC : 0);
	case F_GETFD:
		return get_cloexec(fd);
	case F_SETFD:
		set_cloexec(fd, arg & FD_CLOEXEC);
		return 0;
	case F_GETFL:
		return f->f_flags;
	case F_SETFL:
		return set_flags(f, arg);
	case F_GETLK:
	case F_OFD_GETLK:
		return fcntl_getlk(f, cmd, (struct flock __user *)arg);
	case F_SETLK:
	case F_SETLKW:
	case F_OFD_SETLK:
	case F_OFD_SETLKW:
		return fcntl_setlk(fd, f, cmd, (struct flock __user *)arg);
	case F_GETOWN:
		return f->f_owner;
	case F_SETOWN:
		return set_owner(f, (int)arg);
	case F_GETOWN_EX:
	case F_SETOWN_EX:
		return owner_ex(f, cmd, (struct f_owner_ex __user *)arg);
	case F_GETSIG:
		return 0;
	case F_GETLEASE:
		return F_UNLCK;			/* nobody has one */
	case F_GET_SEALS:
	case F_ADD_SEALS:
		return memfd_fcntl(f, cmd, arg);
	case F_SETPIPE_SZ:
	case F_GETPIPE_SZ:
		return pipe_fcntl(f, cmd, arg);
	default:
		return -EINVAL;
	}
}

/* What an O_PATH descriptor still can do. */
static bool allowed_on_path(unsigned int cmd)
{
	return cmd == F_DUPFD || cmd == F_DUPFD_CLOEXEC || cmd == F_GETFD || cmd == F_SETFD ||
	       cmd == F_GETFL;
}

long sys_fcntl(unsigned int fd, unsigned int cmd, unsigned long arg)
{
	struct file *f = fget_raw(fd);
	long ret = -EBADF;

	if (!f)
		return -EBADF;
	if (!(f->f_mode & FMODE_PATH) || allowed_on_path(cmd))
		ret = do_fcntl(fd, f, cmd, arg);
	fput(f);
	return ret;
}
