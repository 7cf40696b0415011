/*
 * kernel/prctl_mm.c - prctl(PR_SET_MM): a process moves the marks of its own address space
 *
 * Purpose:    a program that restores another one (checkpoints), or that has moved its
 *             arguments, tells the kernel where code, data, heap, stack, arguments and
 *             environment lie now; /proc/PID shows it, brk(2) works from it.  The auxiliary
 *             vector and the program's file (/proc/PID/exe) can be replaced as well.
 * Invariants: every mark is an address that user space may have; code, data, heap, arguments
 *             and environment begin no later than they end; whatever the call, the marks that
 *             result are checked as a whole before the first one changes.
 *             The last pair of saved_auxv is AT_NULL.
 *             A program file that is mapped cannot be exchanged for another.
 * Lock order: mmap_sem for writing around each change.
 * Simplified: effective uid 0 stands for CAP_SYS_RESOURCE and CAP_CHECKPOINT_RESTORE.
 * Sources:    prctl(2), PR_SET_MM.
 */
#include <asm/uaccess.h>
#include <err.h>
#include <fs.h>
#include <mm.h>
#include <sched.h>
#include <string.h>
#include <syscalls_sys.h>
#include <uapi/prctl.h>

/* ---- the marks: check, then commit ---------------------------------------------------- */

static void read_marks(const struct mm_struct *mm, struct prctl_mm_map *m)
{
	*m = (struct prctl_mm_map){
		.start_code = mm->start_code, .end_code = mm->end_code,
		.start_data = mm->start_data, .end_data = mm->end_data,
		.start_brk = mm->start_brk, .brk = mm->brk, .start_stack = mm->start_stack,
		.arg_start = mm->arg_start, .arg_end = mm->arg_end,
		.env_start = mm->env_start, .env_end = mm->env_end,
		.exe_fd = ~0U,
	};
}

static void write_marks(struct mm_struct *mm, const struct prctl_mm_map *m)
{
	mm->start_code = m->start_code;
	mm->end_code = m->end_code;
	mm->start_data = m->start_data;
	mm->end_data = m->end_data;
	mm->start_brk = m->start_brk;
	mm->brk = m->brk;
	mm->start_stack = m->start_stack;
	mm->arg_start = m->arg_start;
	mm->arg_end = m->arg_end;
	mm->env_start = m->env_start;
	mm->env_end = m->env_end;
}

/* Where each mark stands in the structure: PR_SET_MM_START_CODE ... PR_SET_MM_ENV_END. */
static const unsigned char mark_offset[] = {
	[PR_SET_MM_START_CODE] = offsetof(struct prctl_mm_map, start_code),
	[PR_SET_MM_END_CODE] = offsetof(struct prctl_mm_map, end_code),
	[PR_SET_MM_START_DATA] = offsetof(struct prctl_mm_map, start_data),
	[PR_SET_MM_END_DATA] = offsetof(struct prctl_mm_map, end_data),
	[PR_SET_MM_START_STACK] = offsetof(struct prctl_mm_map, start_stack),
	[PR_SET_MM_START_BRK] = offsetof(struct prctl_mm_map, start_brk),
	[PR_SET_MM_BRK] = offsetof(struct prctl_mm_map, brk),
	[PR_SET_MM_ARG_START] = offsetof(struct prctl_mm_map, arg_start),
	[PR_SET_MM_ARG_END] = offsetof(struct prctl_mm_map, arg_end),
	[PR_SET_MM_ENV_START] = offsetof(struct prctl_mm_map, env_start),
	[PR_SET_MM_ENV_END] = offsetof(struct prctl_mm_map, env_end),
};

static unsigned long *mark(struct prctl_mm_map *m, int op)
{
	return (unsigned long *)((char *)m + mark_offset[op]);
}

/* Heap and data together within RLIMIT_DATA?  As brk(2) asks. */
static bool within_data_limit(const struct prctl_mm_map *m)
{
	unsigned long limit = rlimit(RLIMIT_DATA);

	return limit == RLIM64_INFINITY ||
	       (m->brk - m->start_brk) + (m->end_data - m->start_data) <= limit;
}

static int check_marks(const struct mm_struct *mm, struct prctl_mm_map *m)
{
	for (int op = PR_SET_MM_START_CODE; op <= PR_SET_MM_ENV_END; op++)
		if (*mark(m, op) > mm->task_size || *mark(m, op) < sysctl_mmap_min_addr)
			return -EINVAL;
	if (m->start_code >= m->end_code || m->start_data > m->end_data ||
	    m->start_brk > m->brk || m->arg_start > m->arg_end || m->env_start > m->env_end ||
	    !within_data_limit(m))
		return -EINVAL;
	return 0;
}

/* Stack, arguments and environment must lie below the end of some area. */
static bool needs_area(int op)
{
	return op == PR_SET_MM_START_STACK ||
	       (op >= PR_SET_MM_ARG_START && op <= PR_SET_MM_ENV_END);
}

static long set_one_mark(struct mm_struct *mm, int op, unsigned long addr)
{
	struct prctl_mm_map m;
	int err;

	if (addr >= mm->task_size || addr < sysctl_mmap_min_addr)
		return -EINVAL;
	if (op < PR_SET_MM_START_CODE || op > PR_SET_MM_ENV_END)
		return -EINVAL;
	down_write(&mm->mmap_sem);
	read_marks(mm, &m);
	*mark(&m, op) = addr;
	err = check_marks(mm, &m);
	if (!err && needs_area(op) && !find_vma(mm, addr))
		err = -EFAULT;
	if (!err)
		write_marks(mm, &m);
	up_write(&mm->mmap_sem);
	return err;
}

/* ---- the auxiliary vector --------------------------------------------------------------- */

/* Fetch @len bytes into @auxv; the rest is zero, and so is the last pair. */
static long get_auxv(unsigned long *auxv, const void __user *from, size_t len)
{
	memset(auxv, 0, AT_VECTOR_SIZE * sizeof(*auxv));
	if (copy_from_user(auxv, from, len))
		return -EFAULT;
	auxv[AT_VECTOR_SIZE - 2] = AT_NULL;
	auxv[AT_VECTOR_SIZE - 1] = 0;
	return 0;
}

/* What lies behind the @len bytes becomes zero. */
static long set_auxv(struct mm_struct *mm, const void __user *from, size_t len)
{
	unsigned long auxv[AT_VECTOR_SIZE];
	long err;

	if (len > sizeof(auxv))
		return -EINVAL;
	err = get_auxv(auxv, from, len);
	if (err)
		return err;
	down_write(&mm->mmap_sem);
	memcpy(mm->saved_auxv, auxv, sizeof(auxv));
	up_write(&mm->mmap_sem);
	return 0;
}

/* ---- the program's file -------------------------------------------------------------------- */

static bool is_mapped(struct mm_struct *mm, const struct file *file)
{
	struct vm_area_struct *vma;

	down_read(&mm->mmap_sem);
	for (vma = mm->mmap; vma; vma = vma->vm_next)
		if (vma->vm_file && vma->vm_file->f_path.mnt == file->f_path.mnt &&
		    vma->vm_file->f_path.dentry == file->f_path.dentry)
			break;
	up_read(&mm->mmap_sem);
	return vma != NULL;
}

/* @file is what fd names; the mm gets an open file of its own, which keeps writers away. */
static long replace_exe_file(struct mm_struct *mm, struct file *file)
{
	struct inode *inode = file->f_inode;
	struct file *exe, *old;
	int err = -EACCES;
	bool busy;

	if (S_ISREG(inode->i_mode) && !(file->f_path.mnt->flags & MS_NOEXEC))
		err = inode_permission(inode, MAY_EXEC);
	if (err)
		return err;
	old = get_mm_exe_file(mm);
	busy = old && is_mapped(mm, old);
	if (old)
		fput(old);
	if (busy)
		return -EBUSY;
	exe = open_exec_path(&file->f_path);
	if (IS_ERR(exe))
		return PTR_ERR(exe) == -ETXTBSY ? -EACCES : PTR_ERR(exe);
	set_mm_exe_file(mm, exe);
	fput(exe);
	return 0;
}

static long set_exe_fd(struct mm_struct *mm, unsigned int fd)
{
	struct file *file = fget(fd);
	long err;

	if (!file)
		return -EBADF;
	err = replace_exe_file(mm, file);
	fput(file);
	return err;
}

/* ---- everything at once ------------------------------------------------------------------------ */

static long set_map(struct mm_struct *mm, const void __user *from, size_t size)
{
	unsigned long auxv[AT_VECTOR_SIZE];
	struct prctl_mm_map m;
	long err;

	if (size != sizeof(m))
		return -EINVAL;
	if (copy_from_user(&m, from, sizeof(m)))
		return -EFAULT;
	err = check_marks(mm, &m);
	if (err)
		return err;
	if (m.auxv_size) {
		if (!m.auxv || m.auxv_size > sizeof(auxv))
			return -EINVAL;
		err = get_auxv(auxv, (const void __user *)m.auxv, m.auxv_size);
		if (err)
			return err;
	}
	if (m.exe_fd != ~0U) {
		err = capable_root() ? set_exe_fd(mm, m.exe_fd) : -EPERM;
		if (err)
			return err;
	}
	down_write(&mm->mmap_sem);
	write_marks(mm, &m);
	if (m.auxv_size)
		memcpy(mm->saved_auxv, auxv, sizeof(auxv));
	up_write(&mm->mmap_sem);
	return 0;
}

/* Anybody may describe the whole; single marks are for root. */
long prctl_set_mm(int op, unsigned long addr, unsigned long arg4, unsigned long arg5)
{
	struct mm_struct *mm = current->mm;

	if (arg5 || (arg4 && op != PR_SET_MM_AUXV && op != PR_SET_MM_MAP && op != PR_SET_MM_MAP_SIZE))
		return -EINVAL;
	if (op == PR_SET_MM_MAP_SIZE)
		return put_user((unsigned int)sizeof(struct prctl_mm_map), (unsigned int __user *)addr);
	if (op == PR_SET_MM_MAP)
		return set_map(mm, (const void __user *)addr, arg4);
	if (!capable_root())
		return -EPERM;
	if (op == PR_SET_MM_EXE_FILE)
		return set_exe_fd(mm, addr);
	if (op == PR_SET_MM_AUXV)
		return set_auxv(mm, (const void __user *)addr, arg4);
	return set_one_mark(mm, op, addr);
}
