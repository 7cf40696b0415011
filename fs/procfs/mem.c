/*
 * fs/procfs/mem.c - /proc/PID/mem: an address space as a file
 *
 * Purpose:    read and write another process's memory by its own addresses, as debuggers do.
 * Invariants: the file belongs to the address space that was there when it was opened, not to
 *             the process: after an exec or the end of the process it reads as empty.  It keeps
 *             the structure (mm_count), not the memory (mm_users), while nobody reads.
 *             Access is forced: read-only private areas are written as copies, areas without
 *             PROT_READ are read; areas that may never be written (shared, read-only) are not.
 * Lock order: mmap_sem is taken by access_remote_vm, and no user memory is touched meanwhile.
 * Sources:    proc(5).
 */
#include <asm/uaccess.h>

#include "internal.h"

struct mm_struct *proc_mem_open(struct inode *inode)
{
	struct task_struct *task = get_proc_task(inode);
	struct mm_struct *mm;

	if (!task)
		return ERR_PTR(-ESRCH);
	if (!may_inspect(task)) {
		put_task_struct(task);
		return ERR_PTR(-EACCES);
	}
	mm = get_task_mm(task);
	put_task_struct(task);
	if (mm) {
		mmgrab(mm);
		mmput(mm);
	}
	return mm;
}

static int mem_open(struct inode *inode, struct file *file)
{
	struct mm_struct *mm = proc_mem_open(inode);

	if (IS_ERR(mm))
		return PTR_ERR(mm);
	file->private_data = mm;
	file->f_mode |= FMODE_UNSIGNED_OFFSET;
	return 0;
}

static void mem_release(struct inode *inode, struct file *file)
{
	struct mm_struct *mm = file->private_data;

	if (mm)
		mmdrop(mm);
}

/* At most a page, through @page; bytes moved or -errno. */
static ssize_t mem_part(struct mm_struct *mm, char *page, char __user *buf, size_t len,
			unsigned long addr, bool write)
{
	int n;

	if (write && copy_from_user(page, buf, len))
		return -EFAULT;
	n = access_remote_vm(mm, addr, page, len, FOLL_FORCE | (write ? FOLL_WRITE : 0));
	if (!n)
		return -EIO;
	return !write && copy_to_user(buf, page, n) ? -EFAULT : n;
}

static ssize_t mem_rw(struct file *file, char __user *buf, size_t len, loff_t *pos, bool write)
{
	struct mm_struct *mm = file->private_data;
	ssize_t done = 0, n = 0;
	char *page;

	if (!mm)
		return 0;
	page = (char *)__get_free_pages(GFP_KERNEL, 0);
	if (!page)
		return -ENOMEM;
	if (!mmget_not_zero(mm)) {
		free_page((unsigned long)page);
		return 0;
	}
	while (len) {
		n = mem_part(mm, page, buf + done, min(len, PAGE_SIZE), *pos, write);
		if (n < 0)
			break;
		done += n;
		len -= n;
		*pos += n;
		cond_resched();
	}
	mmput(mm);
	free_page((unsigned long)page);
	return n == -EFAULT || (n < 0 && !done) ? n : done;
}

static ssize_t mem_read(struct file *file, char __user *buf, size_t len, loff_t *pos)
{
	return mem_rw(file, buf, len, pos, false);
}

static ssize_t mem_write(struct file *file, const char __user *buf, size_t len, loff_t *pos)
{
	return mem_rw(file, (char __user *)buf, len, pos, true);
}

/* Any address is a position, those of the kernel too; there is no end to seek from. */
static loff_t mem_llseek(struct file *file, loff_t off, int whence)
{
	switch (whence) {
	case SEEK_SET:
		file->f_pos = off;
		break;
	case SEEK_CUR:
		file->f_pos += off;
		break;
	default:
		return -EINVAL;
	}
	return file->f_pos;
}

const struct file_operations proc_mem_fops = {
	.open = mem_open,
	.release = mem_release,
	.read = mem_read,
	.write = mem_write,
	.llseek = mem_llseek,
};
