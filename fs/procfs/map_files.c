/*
 * fs/procfs/map_files.c - /proc/PID/map_files: the mapped files, by the addresses they are at
 *
 * Purpose:    an entry "START-END" for each area that maps a file is a magic link to the file
 *             itself, also when that has no name any more (deleted, memfd, shared anonymous).
 * Invariants: an entry is good as long as an area with exactly these borders maps a file; every
 *             use asks again.  Reading a link is for those who may look into the process;
 *             following one only for root, because it leads past the path to the file.
 * Lock order: mmap_sem for reading; never held while a name is copied to user memory.
 * Sources:    proc(5).
 */
#include <string.h>

#include "internal.h"

/* Hexadecimal without leading zeros, up to @stop.  False if it is not that. */
static bool parse_hex(const char **s, const char *end, char stop, unsigned long *value)
{
	const char *p = *s;
	unsigned long v = 0;

	for (; p < end && *p != stop; p++) {
		unsigned int digit = *p >= '0' && *p <= '9' ? *p - '0' :
				     *p >= 'a' && *p <= 'f' ? *p - 'a' + 10 : 16;

		if (digit > 15 || p - *s == 16)
			return false;
		v = v << 4 | digit;
	}
	if (p == *s || (**s == '0' && p - *s > 1))
		return false;
	*s = p;
	*value = v;
	return true;
}

static bool parse_range(const struct dentry *d, unsigned long *start, unsigned long *end)
{
	const char *s = d->d_name, *stop = s + d->d_len;

	return parse_hex(&s, stop, '-', start) && s < stop && *s++ == '-' &&
	       parse_hex(&s, stop, '\0', end) && s == stop;
}

/* The file that exactly [start, end) of @task maps: its path referenced, and its mode. */
static int mapped_file(struct task_struct *task, unsigned long start, unsigned long end,
		       struct path *path, unsigned int *f_mode)
{
	struct mm_struct *mm = get_task_mm(task);
	struct vm_area_struct *vma;
	int err = -ENOENT;

	if (!mm)
		return -ENOENT;
	if (down_read_killable(&mm->mmap_sem)) {
		mmput(mm);
		return -EINTR;
	}
	vma = find_vma(mm, start);
	if (vma && vma->vm_start == start && vma->vm_end == end && vma->vm_file) {
		*path = vma->vm_file->f_path;
		path_get(path);
		*f_mode = vma->vm_file->f_mode;
		err = 0;
	}
	up_read(&mm->mmap_sem);
	mmput(mm);
	return err;
}

static int link_target(struct inode *inode, struct path *path)
{
	struct proc_inode *pi = inode->i_private;
	struct task_struct *task = get_proc_task(inode);
	unsigned int mode;
	int err;

	if (!task)
		return -ESRCH;
	err = may_inspect(task) ? mapped_file(task, pi->start, pi->end, path, &mode) : -EACCES;
	put_task_struct(task);
	return err;
}

static ssize_t map_file_readlink(struct inode *inode, char *buf, size_t size)
{
	struct path path;
	int err = link_target(inode, &path);

	return err ? err : proc_path_text(&path, buf, size);
}

static int map_file_get_path(struct inode *inode, struct path *path)
{
	return capable_root() ? link_target(inode, path) : -EPERM;
}

static const struct inode_operations map_file_iops = {
	.readlink = map_file_readlink,
	.get_path = map_file_get_path,
};

static const struct pid_entry map_file_entry = {
	.name = "map_files", .mode = S_IFLNK, .iop = &map_file_iops,
};

static bool map_file_revalidate(struct dentry *dentry)
{
	struct path path;

	if (!dentry->d_inode || link_target(dentry->d_inode, &path))
		return false;
	path_put(&path);
	return true;
}

static const struct dentry_operations map_file_dentry_operations = {
	.revalidate = map_file_revalidate,
	.uncached = true,
};

/* Enter: the task may be inspected. */
static int make_link(struct inode *dir, struct dentry *dentry, struct task_struct *task)
{
	struct proc_inode *pi;
	unsigned long start, end;
	unsigned int f_mode;
	umode_t mode = S_IFLNK;
	struct path path;
	int err;

	if (!parse_range(dentry, &start, &end))
		return -ENOENT;
	err = mapped_file(task, start, end, &path, &f_mode);
	if (err)
		return err;
	path_put(&path);
	mode |= (f_mode & FMODE_READ ? 0400 : 0) | (f_mode & FMODE_WRITE ? 0200 : 0);
	err = proc_pid_instantiate(dir, dentry, task, &map_file_entry, mode, start >> PAGE_SHIFT);
	if (err)
		return err;
	dentry->d_op = &map_file_dentry_operations;
	dentry->d_inode->i_size = 64;
	pi = dentry->d_inode->i_private;
	pi->start = start;
	pi->end = end;
	return 0;
}

static int map_files_lookup(struct inode *dir, struct dentry *dentry)
{
	struct task_struct *task = get_proc_task(dir);
	int err;

	if (!task)
		return -ENOENT;
	err = may_inspect(task) ? make_link(dir, dentry, task) : -EACCES;
	put_task_struct(task);
	return err;
}

/* The first area at or above @addr that maps a file; its borders.  False: no more. */
static bool next_mapped(struct mm_struct *mm, unsigned long addr, unsigned long *start,
			unsigned long *end)
{
	struct vm_area_struct *vma;

	down_read(&mm->mmap_sem);
	for (vma = find_vma(mm, addr); vma; vma = vma->vm_next)
		if (vma->vm_file && vma->vm_start >= addr)
			break;
	if (vma) {
		*start = vma->vm_start;
		*end = vma->vm_end;
	}
	up_read(&mm->mmap_sem);
	return vma;
}

/* A position is 2 + the page number from which on to look. */
static void emit_areas(struct dir_context *ctx, pid_t pid, struct mm_struct *mm)
{
	unsigned long start, end;
	char name[40];

	while (next_mapped(mm, (unsigned long)(ctx->pos - 2) << PAGE_SHIFT, &start, &end)) {
		int len = snprintf(name, sizeof(name), "%lx-%lx", start, end);

		ctx->pos = 2 + (start >> PAGE_SHIFT);
		if (!dir_emit(ctx, name, len, ((u64)pid << 13) + 68 + ((start >> PAGE_SHIFT) & 0xfff),
			      DT_LNK))
			return;
		ctx->pos++;
	}
}

static int map_files_readdir(struct file *file, struct dir_context *ctx)
{
	struct task_struct *task = get_proc_task(file->f_inode);
	struct mm_struct *mm;
	int err = 0;

	if (!task)
		return -ENOENT;
	if (!may_inspect(task))
		err = -EACCES;
	else if (dir_emit_dots(file, ctx) && (mm = get_task_mm(task))) {
		emit_areas(ctx, task->pid, mm);
		mmput(mm);
	}
	put_task_struct(task);
	return err;
}

const struct inode_operations proc_map_files_iops = { .lookup = map_files_lookup };
const struct file_operations proc_map_files_fops = {
	.iterate = map_files_readdir, .llseek = generic_file_llseek,
};
