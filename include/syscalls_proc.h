/*
 * syscalls_proc.h - system calls that make and end tasks (kernel/fork.c, kernel/exit.c)
 */
#ifndef SYSCALLS_PROC_H
#define SYSCALLS_PROC_H

#include <types.h>
#include <uapi/resource.h>
#include <uapi/sched.h>
#include <uapi/signal.h>

long sys_fork(void);
long sys_vfork(void);
long sys_clone(unsigned long flags, unsigned long stack, int __user *parent_tid,
	       int __user *child_tid, unsigned long tls);
long sys_clone3(struct clone_args __user *args, size_t size);
long sys_exit(int code);
long sys_exit_group(int code);
long sys_wait4(pid_t pid, int __user *status, int options, struct rusage __user *ru);
long sys_waitid(int which, pid_t pid, siginfo_t __user *info, int options, struct rusage __user *ru);

#endif
