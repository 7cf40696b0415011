/*
 * process_vm.h - who may look into another process's memory, and vectors from user space
 */
#ifndef PROCESS_VM_H
#define PROCESS_VM_H

#include <types.h>
#include <uapi/uio.h>

struct mm_struct;
struct task_struct;

/*
 * May current look at @t as a debugger may?  All of @t's user and group ids must be current's
 * (the file system's ids if @fscreds, as for files of /proc; else the real ones), and @t dumpable;
 * root may always.
 */
bool ptrace_may_access(struct task_struct *t, bool fscreds);
/* @t's mm with a user reference, NULL if it has none, ERR_PTR(-EACCES) if current may not. */
struct mm_struct *mm_access(struct task_struct *t, bool fscreds);
/* A vector of @nr elements into *@pvec (kfree it whatever happens).  0, -EINVAL, -ENOMEM, -EFAULT. */
long copy_iovec(struct iovec **pvec, const struct iovec __user *uvec, unsigned long nr);
/* The same for current's own memory: addresses checked, cut to what one call moves.  Bytes or -errno. */
long import_iovec(struct iovec **pvec, const struct iovec __user *uvec, unsigned long nr);

#endif
