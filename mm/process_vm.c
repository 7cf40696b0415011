/*
 * mm/process_vm.c - process_vm_readv, process_vm_writev: copy from and to another process
 *
 * Purpose:    one copy between two address spaces, without a pipe or a file between them.
 * Invariants: the other side's pages come from get_user_pages, with a reference each, and never
 *             with FOLL_FORCE: what the process may not do with its memory, the caller may not
 *             either.  Both vectors are copied in and checked before the first byte moves; the
 *             answer is the number of bytes moved, or an error if that is none.
 * Lock order: the other mm's mmap_sem (reading, for get_user_pages alone); our side is touched
 *             with no lock held, because it may fault.
 * Simplified: no ptrace, so being attached gives no rights; user ids and dumpable decide.
 * Sources:    process_vm_readv(2), ptrace(2) "Ptrace access mode checking".
 */
#include <asm/uaccess.h>
#include <coredump.h>
#include <fs.h>
#include <pagemap.h>
#include <process_vm.h>
#include <sched.h>
#include <slab.h>
#include <syscalls_remote.h>
#include "internal.h"

#define PAGES_AT_ONCE	(PAGE_SIZE / sizeof(struct page *))
#define MAX_TOTAL	(0x7fffffffUL & PAGE_MASK)	/* of our side, as in readv() */

/* ---- who may ---- */

bool ptrace_may_access(struct task_struct *t, bool fscreds)
{
	const struct cred_ids *me = &current->cred, *it = &t->cred;
	uid_t uid = fscreds ? me->fsuid : me->uid;
	gid_t gid = fscreds ? me->fsgid : me->gid;

	if (t->signal == current->signal || capable_root())
		return true;
	return uid == it->uid && uid == it->euid && uid == it->suid &&
	       gid == it->gid && gid == it->egid && gid == it->sgid && task_dumpable(t);
}

struct mm_struct *mm_access(struct task_struct *t, bool fscreds)
{
	struct mm_struct *mm = get_task_mm(t);

	if (mm && mm != current->mm && !ptrace_may_access(t, fscreds)) {
		mmput(mm);
		return ERR_PTR(-EACCES);
	}
	return mm;
}

/* ---- vectors ---- */

long copy_iovec(struct iovec **pvec, const struct iovec __user *uvec, unsigned long nr)
{
	struct iovec *vec;

	*pvec = NULL;
	if (nr > UIO_MAXIOV)
		return -EINVAL;
	if (!nr)
		return 0;
	vec = kmalloc(nr * sizeof(*vec), GFP_KERNEL);
	if (!vec)
		return -ENOMEM;
	*pvec = vec;
	if (copy_from_user(vec, uvec, nr * sizeof(*vec)))
		return -EFAULT;
	for (unsigned long i = 0; i < nr; i++)
		if ((ssize_t)vec[i].iov_len < 0)
			return -EINVAL;
	return 0;
}

long import_iovec(struct iovec **pvec, const struct iovec __user *uvec, unsigned long nr)
{
	unsigned long total = 0;
	long err;

	nr = (unsigned int)nr;		/* as on Linux, where this count has 32 bits */
	err = copy_iovec(pvec, uvec, nr);

	for (unsigned long i = 0; i < nr && !err; i++) {
		struct iovec *v = &(*pvec)[i];

		if (!access_ok(v->iov_base, v->iov_len))
			return -EFAULT;
		v->iov_len = min(v->iov_len, MAX_TOTAL - total);
		total += v->iov_len;
	}
	return err ? err : (long)total;
}

/* ---- the copy ---- */

struct transfer {
	struct mm_struct *mm;		/* the other side */
	bool write;			/* into it */
	struct page **pages;		/* room for PAGES_AT_ONCE */
	struct iovec *local;		/* what is left of our side, the first element shortened */
	size_t left;			/* bytes of it */
};

/* @len bytes between @kaddr and the front of our side.  How many could be moved. */
static size_t copy_local(struct transfer *x, char *kaddr, size_t len)
{
	size_t done = 0;

	len = min(len, x->left);
	while (done < len) {
		size_t n = min_t(size_t, x->local->iov_len, len - done), bad;

		if (!n) {
			x->local++;
			continue;
		}
		bad = x->write ? copy_from_user_partial(kaddr + done, x->local->iov_base, n)
			       : copy_to_user(x->local->iov_base, kaddr + done, n);
		n -= bad;
		x->local->iov_base = (char __user *)x->local->iov_base + n;
		x->local->iov_len -= n;
		x->left -= n;
		done += n;
		if (bad)
			break;
	}
	return done;
}

/* The bytes [addr, addr + len) of @nr pages.  How many were moved. */
static size_t copy_pages(struct transfer *x, struct page **pages, unsigned long addr, size_t len)
{
	size_t done = 0;

	while (done < len && x->left) {
		size_t n = min_t(size_t, len - done, PAGE_SIZE - offset_in_page(addr)), want;

		want = min(n, x->left);
		n = copy_local(x, page_address(*pages) + offset_in_page(addr), n);
		pages++;
		done += n;
		addr += n;
		if (n < want)
			break;
	}
	return done;
}

/* One element of the other side's vector, added to *total.  0, or -EFAULT where it ended early. */
static int transfer_one(struct transfer *x, unsigned long addr, size_t len, ssize_t *total)
{
	struct page **pages = x->pages;

	while (len && x->left) {
		size_t span = min_t(size_t, len, PAGES_AT_ONCE * PAGE_SIZE - offset_in_page(addr));
		long want = DIV_ROUND_UP(offset_in_page(addr) + span, PAGE_SIZE), got;
		size_t n;

		down_read(&x->mm->mmap_sem);
		got = get_user_pages(x->mm, addr, want, FOLL_PIN | (x->write ? FOLL_WRITE : 0), pages);
		up_read(&x->mm->mmap_sem);
		if (got <= 0)
			return -EFAULT;
		if (got < want)
			span = got * PAGE_SIZE - offset_in_page(addr);
		span = min(span, x->left);
		n = copy_pages(x, pages, addr, span);
		for (long i = 0; i < got; i++) {
			if (x->write)
				set_page_dirty_lock(pages[i]);
			put_page(pages[i]);
		}
		*total += n;
		if (n < span)
			return -EFAULT;
		addr += n;
		len -= n;
		cond_resched();
	}
	return 0;
}

static long transfer_all(pid_t pid, struct transfer *x, const struct iovec *rvec, unsigned long nr)
{
	struct task_struct *t = find_get_task(pid);
	ssize_t total = 0;
	int err = 0;

	if (!t)
		return -ESRCH;
	x->mm = mm_access(t, false);
	put_task_struct(t);
	if (!x->mm || IS_ERR(x->mm))
		return x->mm ? -EPERM : -ESRCH;
	x->pages = (struct page **)__get_free_pages(GFP_KERNEL, 0);
	if (!x->pages)
		err = -ENOMEM;
	for (unsigned long i = 0; i < nr && x->left && !err; i++)
		err = transfer_one(x, (unsigned long)rvec[i].iov_base, rvec[i].iov_len, &total);
	free_page((unsigned long)x->pages);
	mmput(x->mm);
	return total ? total : err;
}

static bool nothing_there(const struct iovec *vec, unsigned long nr)
{
	while (nr--)
		if (vec[nr].iov_len)
			return false;
	return true;
}

static long process_vm_rw(pid_t pid, const struct iovec __user *lvec, unsigned long liovcnt,
			  const struct iovec __user *rvec, unsigned long riovcnt,
			  unsigned long flags, bool write)
{
	struct iovec *local = NULL, *remote = NULL;
	struct transfer x = { .write = write };
	long ret;

	if (flags)
		return -EINVAL;
	ret = import_iovec(&local, lvec, liovcnt);
	if (ret <= 0)
		goto out;
	x.local = local;
	x.left = ret;
	ret = copy_iovec(&remote, rvec, riovcnt);
	if (!ret && !nothing_there(remote, riovcnt))
		ret = transfer_all(pid, &x, remote, riovcnt);
out:
	kfree(remote);
	kfree(local);
	return ret;
}

long sys_process_vm_readv(pid_t pid, const struct iovec __user *lvec, unsigned long liovcnt,
			  const struct iovec __user *rvec, unsigned long riovcnt,
			  unsigned long flags)
{
	return process_vm_rw(pid, lvec, liovcnt, rvec, riovcnt, flags, false);
}

long sys_process_vm_writev(pid_t pid, const struct iovec __user *lvec, unsigned long liovcnt,
			   const struct iovec __user *rvec, unsigned long riovcnt,
			   unsigned long flags)
{
	return process_vm_rw(pid, lvec, liovcnt, rvec, riovcnt, flags, true);
}
