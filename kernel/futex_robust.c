/*
 * kernel/futex_robust.c - robust lists: a thread dies with locks held
 *
 * Purpose:    a lock in user memory holds its owner's thread id.  When the owner dies without unlocking, nobody
 *             would ever do it; so each thread keeps a list of the locks it holds, and the kernel walks it at
 *             exit and exec: FUTEX_OWNER_DIED into the word, and one waiter is woken to see to the damage.
 * Invariants: the list is user memory and may be anything.  Each step reads with get_user(); a pointer that
 *             leads nowhere ends the walk, ROBUST_LIST_LIMIT ends a ring.
 *             A word that does not hold the dying thread's id is not touched.
 *             list_op_pending covers the moment between taking a lock and listing it, and between unlocking
 *             and FUTEX_WAKE; it is looked at last, and once.
 * Lock order: none held; mmap_sem and the bucket locks of futex.c are taken inside.
 * Sources:    get_robust_list(2); Linux's Documentation/locking/robust-futex-ABI.rst.
 */
#include <asm/uaccess.h>
#include <err.h>
#include <futex.h>
#include <mm.h>
#include <sched.h>

/*
 * @t died between unlocking in user space and FUTEX_WAKE, or woken and before it had the lock: is somebody to be
 * woken in its place?  Not if there is an owner who knows of waiters: its unlocking will wake.
 */
static bool wake_was_lost(u32 val, const struct task_struct *t)
{
	u32 owner = val & FUTEX_TID_MASK;

	return !owner || (owner != (u32)t->pid && !(val & FUTEX_WAITERS));
}

/* The futex at @uaddr belonged to the dying @t: say so in the word and wake one waiter. */
static int handle_futex_death(u32 __user *uaddr, struct task_struct *t, bool pi, bool pending)
{
	u32 val, seen;

	if ((unsigned long)uaddr % sizeof(u32) || get_user(val, uaddr))
		return -1;
	if (pending && !pi && wake_was_lost(val, t)) {
		futex_wake_one(uaddr);
		return 0;
	}
	for (;;) {
		if ((val & FUTEX_TID_MASK) != (u32)t->pid)
			return 0;
		seen = val;
		if (cmpxchg_user_u32(uaddr, &seen, (val & FUTEX_WAITERS) | FUTEX_OWNER_DIED))
			return -1;
		if (seen == val)
			break;
		val = seen;
	}
	if (!pi && (val & FUTEX_WAITERS))
		futex_wake_one(uaddr);
	return 0;
}

void exit_robust_list(struct task_struct *t)
{
	struct robust_list_head __user *head = t->robust_list;
	unsigned long entry, next, pending;
	long offset;
	int limit = ROBUST_LIST_LIMIT;

	if (!head)
		return;
	if (get_user(entry, (unsigned long __user *)&head->list.next) ||
	    get_user(offset, &head->futex_offset) ||
	    get_user(pending, (unsigned long __user *)&head->list_op_pending))
		return;
	while ((entry & ~1UL) != (unsigned long)&head->list && limit--) {
		/* Read the link first: the woken owner may free the entry. */
		int err = get_user(next, (unsigned long __user *)(entry & ~1UL));

		if ((entry & ~1UL) != (pending & ~1UL) &&
		    handle_futex_death((u32 __user *)((entry & ~1UL) + offset), t, entry & 1, false))
			return;
		if (err)
			return;
		entry = next;
		cond_resched();
	}
	if (pending & ~1UL)
		handle_futex_death((u32 __user *)((pending & ~1UL) + offset), t, pending & 1, true);
}

long sys_set_robust_list(void __user *head, size_t len)
{
	if (len != sizeof(struct robust_list_head))
		return -EINVAL;
	current->robust_list = head;
	return 0;
}

long sys_get_robust_list(int pid, void __user **uhead, size_t __user *ulen)
{
	struct task_struct *t = current;
	unsigned long flags;
	void __user *head;

	spin_lock_irqsave(&tasklist_lock, flags);
	if (pid)
		t = find_task_by_pid(pid);
	head = t ? t->robust_list : NULL;
	if (t && t != current && !capable_root() && t->cred.uid != current->cred.euid) {
		spin_unlock_irqrestore(&tasklist_lock, flags);
		return -EPERM;
	}
	spin_unlock_irqrestore(&tasklist_lock, flags);
	if (!t)
		return -ESRCH;
	if (put_user(sizeof(struct robust_list_head), ulen))
		return -EFAULT;
	return put_user(head, uhead) ? -EFAULT : 0;
}
