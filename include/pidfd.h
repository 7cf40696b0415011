/*
 * pidfd.h - processes as file descriptors (kernel/pidfd.c)
 */
#ifndef PIDFD_H
#define PIDFD_H

struct file;
struct signal_struct;
struct task_struct;

/*
 * A descriptor number and the file for it, for the process of @s: fd_install() them, or
 * put_unused_fd() and fput().  @flags: O_NONBLOCK or 0.  The number or -errno.
 */
int pidfd_prepare(struct signal_struct *s, unsigned int flags, struct file **pfile);
/* The file of a pidfd, referenced; its private_data is the signal_struct.  NULL: EBADF. */
struct file *pidfd_get(unsigned int fd);
/* The leader of the process, referenced.  ERR_PTR: -EBADF, -ESRCH (it was waited for). */
struct task_struct *pidfd_get_task(unsigned int fd);

#endif
