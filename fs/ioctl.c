/*
 * fs/ioctl.c - ioctl: what holds for every file here, the rest by its own operation
 */
#include <fs.h>
#include <asm/uaccess.h>
#include <syscalls_fs.h>
#include <uapi/termios.h>
#include "internal.h"

static long set_nonblock(struct file *f, int __user *arg)
{
	int on;

	if (get_user(on, arg))
		return -EFAULT;
	if (on)
		f->f_flags |= O_NONBLOCK;
	else
		f->f_flags &= ~O_NONBLOCK;
	return 0;
}

static long do_ioctl(unsigned int fd, struct file *f, unsigned int cmd, unsigned long arg)
{
	long ret;

	switch (cmd) {
	case FIOCLEX:
		set_cloexec(fd, true);
		return 0;
	case FIONCLEX:
		set_cloexec(fd, false);
		return 0;
	case FIONBIO:
		return set_nonblock(f, (int __user *)arg);
	}
	if (cmd == FIONREAD && S_ISREG(f->f_inode->i_mode))
		return put_user((int)(f->f_inode->i_size - f->f_pos), (int __user *)arg);
	if (!f->f_op->ioctl)
		return -ENOTTY;
	ret = f->f_op->ioctl(f, cmd, arg);
	return ret == -ENOSYS ? -ENOTTY : ret;
}

long sys_ioctl(unsigned int fd, unsigned int cmd, unsigned long arg)
{
	struct file *f = fget(fd);
	long ret;

	if (!f)
		return -EBADF;
	ret = do_ioctl(fd, f, cmd, arg);
	fput(f);
	return ret;
}
