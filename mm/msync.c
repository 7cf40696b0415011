/*
 * mm/msync.c - write a mapping's changes to its file
 *
 * Purpose:    MS_SYNC asks the file to make its data safe; the page cache is shared, so
 *             mappings and read() never differ and there is nothing else to do.
 * Invariants: no lock is held while the file works; holes in the range are reported (-ENOMEM)
 *             after what is mapped was done.
 * Lock order: mmap_sem for reading
 */
#include <fs.h>
#include <sched.h>
#include "internal.h"

static int sync_file(struct file *file)
{
	return file->f_op->fsync ? file->f_op->fsync(file, 0) : -EINVAL;
}

/* Enter and leave: mmap_sem held for reading; dropped in between. */
static int sync_vma(struct mm_struct *mm, struct vm_area_struct *vma)
{
	struct file *file = get_file(vma->vm_file);
	int err;

	up_read(&mm->mmap_sem);
	err = sync_file(file);
	fput(file);
	down_read(&mm->mmap_sem);
	return err;
}

long sys_msync(unsigned long start, size_t len, int flags)
{
	struct mm_struct *mm = current->mm;
	struct vm_area_struct *vma;
	unsigned long end;
	int err = 0, hole = 0;

	if ((flags & ~(MS_ASYNC | MS_INVALIDATE | MS_SYNC)) || offset_in_page(start) ||
	    ((flags & MS_ASYNC) && (flags & MS_SYNC)))
		return -EINVAL;
	end = start + PAGE_ALIGN(len);
	if (end < start)
		return -ENOMEM;
	down_read(&mm->mmap_sem);
	while (start < end && !err) {
		vma = find_vma(mm, start);
		if (!vma || (start < vma->vm_start && flags == MS_ASYNC)) {
			err = -ENOMEM;
			break;
		}
		if (start < vma->vm_start) {
			start = vma->vm_start;
			hole = -ENOMEM;
			if (start >= end)
				break;
		}
		if ((flags & MS_INVALIDATE) && (vma->vm_flags & VM_LOCKED)) {
			err = -EBUSY;
			break;
		}
		start = vma->vm_end;
		if ((flags & MS_SYNC) && vma->vm_file && (vma->vm_flags & VM_SHARED))
			err = sync_vma(mm, vma);
	}
	up_read(&mm->mmap_sem);
	return err ? err : hole;
}
