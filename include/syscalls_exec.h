/*
 * syscalls_exec.h - the system call that starts programs (fs/exec.c)
 */
#ifndef SYSCALLS_EXEC_H
#define SYSCALLS_EXEC_H

#include <types.h>

/* Does not return to the caller on success: the new program's registers are set. */
long sys_execve(const char __user *filename, const char __user *const __user *argv,
		const char __user *const __user *envp);

#endif
