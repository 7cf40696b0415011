/*
 * syscalls_remote.h - calls on the order of a mapping's pages, on other processes' memory, and
 * on processes by descriptor (mm/nonlinear.c, mm/process_vm.c, mm/madvise.c, kernel/pidfd.c)
 */
#ifndef SYSCALLS_REMOTE_H
#define SYSCALLS_REMOTE_H

#include <types.h>
#include <uapi/signal.h>
#include <uapi/uio.h>

long sys_remap_file_pages(unsigned long start, unsigned long size, unsigned long prot,
			  unsigned long pgoff, unsigned long flags);
long sys_process_vm_readv(pid_t pid, const struct iovec __user *lvec, unsigned long liovcnt,
			  const struct iovec __user *rvec, unsigned long riovcnt,
			  unsigned long flags);
long sys_process_vm_writev(pid_t pid, const struct iovec __user *lvec, unsigned long liovcnt,
			   const struct iovec __user *rvec, unsigned long riovcnt,
			   unsigned long flags);
long sys_process_madvise(int pidfd, const struct iovec __user *vec, size_t vlen, int advice,
			 unsigned int flags);
long sys_pidfd_open(pid_t pid, unsigned int flags);
long sys_pidfd_send_signal(int pidfd, int sig, siginfo_t __user *info, unsigned int flags);

#endif
