/*
 * futex.h - sleeping on a user word
 */
#ifndef FUTEX_H
#define FUTEX_H

#include <types.h>
#include <uapi/futex.h>
#include <uapi/time.h>

struct task_struct;

void futex_init(void);
long sys_futex(u32 __user *uaddr, int op, u32 val, const struct timespec __user *utime,
	       u32 __user *uaddr2, u32 val3);
long sys_set_robust_list(void __user *head, size_t len);
long sys_get_robust_list(int pid, void __user **head, size_t __user *len);
/* Wake one waiter of @uaddr in current's mm (clear_child_tid). */
int futex_wake_one(u32 __user *uaddr);
/* The thread dies: mark its robust futexes FUTEX_OWNER_DIED and wake. */
void exit_robust_list(struct task_struct *t);

#endif
