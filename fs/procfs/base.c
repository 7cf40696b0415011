/*
 * fs/procfs/base.c - /proc/PID: one table of names, and how they become files
 *
 * Invariants: an inode of a task names it by number and start time, never by pointer, so
 *             that an open file keeps no dead task alive; who comes too late gets ESRCH.
 *             A cached name of a task that is gone is not used (pid_revalidate).
 */
#include <asm/uaccess.h>
#include <coredump.h>
#include <slab.h>
#include <string.h>

#include "internal.h"

/* ---- from inode to task ------------------------------------------------------------ */

static struct task_struct *task_of(const struct proc_inode *pi)
{
	struct task_struct *t = find_get_task(pi->pid);

	if (t && t->start_time != pi->start_time) {
		put_task_struct(t);
		return NULL;
	}
	return t;
}

struct task_struct *get_proc_task(struct inode *inode)
{
	return task_of(inode->i_private);
}

static bool pid_revalidate(struct dentry *dentry)
{
	struct task_struct *t;

	if (!dentry->d_inode)
		return false;
	t = get_proc_task(dentry->d_inode);
	if (!t)
		return false;
	put_task_struct(t);
	return true;
}

const struct dentry_operations pid_dentry_operations = {
	.revalidate = pid_revalidate,
	.uncached = true,
};

bool parse_number(const struct dentry *dentry, unsigned long *n)
{
	*n = 0;
	if (dentry->d_len == 0 || dentry->d_len > 9 ||
	    (dentry->d_name[0] == '0' && dentry->d_len > 1))
		return false;
	for (unsigned int i = 0; i < dentry->d_len; i++) {
		char c = dentry->d_name[i];

		if (c < '0' || c > '9')
			return false;
		*n = *n * 10 + c - '0';
	}
	return true;
}

/* ---- files made by a show function ---------------------------------------------------- */

static int pid_show(struct seq_file *m)
{
	struct proc_inode *pi = m->private;
	struct task_struct *task = task_of(pi);
	int err;

	if (!task)
		return -ESRCH;
	err = pi->entry->show(m, task);
	put_task_struct(task);
	return err;
}

int pid_open(struct inode *inode, struct file *file)
{
	struct proc_inode *pi = inode->i_private;
	struct task_struct *task;
	bool allowed;

	if (pi->entry->inspect) {
		task = task_of(pi);
		if (!task)
			return -ESRCH;
		allowed = may_inspect(task);
		put_task_struct(task);
		if (!allowed)
			return -EACCES;
	}
	return single_open(file, pid_show, inode->i_private);
}

static const struct file_operations pid_show_fops = {
	.open = pid_open,
	.read = seq_read,
	.llseek = seq_lseek,
	.release = single_release,
};

/* Linux's rule: its own threads always; others of the same user unless they hide; root everybody. */
bool may_inspect(struct task_struct *task)
{
	const struct cred_ids *t = &task->cred, *c = &current->cred;

	if (task->tgid == current->tgid || capable_root())
		return true;
	return c->fsuid == t->uid && c->fsuid == t->euid && c->fsuid == t->suid &&
	       c->fsgid == t->gid && c->fsgid == t->egid && c->fsgid == t->sgid && task_dumpable(task);
}

/* Show [start, end) of the task's memory as it stands: arguments, environment. */
static int show_memory(struct seq_file *m, struct mm_struct *mm, unsigned long start, unsigned long end)
{
	char *buf = (char *)__get_free_pages(GFP_KERNEL, 0);

	if (!buf)
		return -ENOMEM;
	while (start < end) {
		int n = access_remote_vm(mm, start, buf, min(end - start, PAGE_SIZE), FOLL_ANON);

		if (n <= 0)
			break;
		seq_write(m, buf, n);
		start += n;
	}
	free_page((unsigned long)buf);
	return 0;
}

/*
 * A title that the process wrote over its arguments (setproctitle): one string, which ends at
 * a NUL or with the page that was read; it may reach into the environment.
 */
static int show_title(struct seq_file *m, struct mm_struct *mm, unsigned long start, unsigned long end)
{
	char *buf = (char *)__get_free_pages(GFP_KERNEL, 0);
	size_t len;
	int n;

	if (!buf)
		return -ENOMEM;
	n = access_remote_vm(mm, start, buf, PAGE_SIZE, FOLL_ANON);
	if (n > 0) {
		len = strnlen(buf, n);
		if (len < (size_t)n)
			len++;
		seq_write(m, buf, min(len, end - start));
	}
	free_page((unsigned long)buf);
	return 0;
}

static int show_cmdline(struct seq_file *m, struct task_struct *task)
{
	struct mm_struct *mm = get_task_mm(task);
	unsigned long start, end, limit;
	int err = 0;
	char last;

	if (!mm)
		return 0;
	down_read(&mm->mmap_sem);
	start = mm->arg_start;
	end = limit = mm->arg_end;
	/* Only the environment right behind the arguments may be overwritten by a title. */
	if (mm->env_start == end && mm->env_end > end)
		limit = mm->env_end;
	if (!mm->env_end)
		end = start;		/* exec has not come that far */
	up_read(&mm->mmap_sem);
	/* The last byte of untouched arguments is NUL. */
	if (end > start && access_remote_vm(mm, end - 1, &last, 1, FOLL_ANON) == 1 && last)
		err = show_title(m, mm, start, limit);
	else if (end > start)
		err = show_memory(m, mm, start, end);
	mmput(mm);
	return err;
}

static int show_environ(struct seq_file *m, struct task_struct *task)
{
	struct mm_struct *mm;
	int err = 0;

	mm = get_task_mm(task);
	if (!mm)
		return 0;
	if (mm->env_end)
		err = show_memory(m, mm, mm->env_start, mm->env_end);
	mmput(mm);
	return err;
}

static int show_auxv(struct seq_file *m, struct task_struct *task)
{
	struct mm_struct *mm;
	unsigned int n = 0;

	mm = get_task_mm(task);
	if (!mm)
		return 0;
	/* Pairs up to and with AT_NULL. */
	do {
		n += 2;
	} while (n < AT_VECTOR_SIZE && mm->saved_auxv[n - 2] != AT_NULL);
	seq_write(m, mm->saved_auxv, n * sizeof(mm->saved_auxv[0]));
	mmput(mm);
	return 0;
}

static int show_comm(struct seq_file *m, struct task_struct *task)
{
	seq_printf(m, "%s\n", task->comm);
	return 0;
}

static int show_wchan(struct seq_file *m, struct task_struct *task)
{
	seq_putc(m, '0');
	return 0;
}

static ssize_t comm_write(struct file *file, const char __user *ubuf, size_t len, loff_t *pos)
{
	struct task_struct *task;
	char name[TASK_COMM_LEN];
	size_t n = min(len, sizeof(name) - 1);
	ssize_t ret = len;

	memset(name, 0, sizeof(name));
	if (copy_from_user(name, ubuf, n))
		return -EFAULT;
	if (n && name[n - 1] == '\n')
		name[n - 1] = '\0';
	task = get_proc_task(file->f_inode);
	if (!task)
		return -ESRCH;
	if (task->tgid == current->tgid)
		set_task_comm(task, name);
	else
		ret = -EINVAL;
	put_task_struct(task);
	return ret;
}

static const struct file_operations comm_fops = {
	.open = pid_open,
	.read = seq_read,
	.write = comm_write,
	.llseek = seq_lseek,
	.release = single_release,
};

/* ---- magic links ---------------------------------------------------------------------- */

static int exe_link(struct task_struct *task, struct path *path)
{
	struct mm_struct *mm = get_task_mm(task);
	struct file *exe;

	if (!mm)
		return -ENOENT;
	exe = get_mm_exe_file(mm);
	mmput(mm);
	if (!exe)
		return -ENOENT;
	*path = exe->f_path;
	path_get(path);
	fput(exe);
	return 0;
}

static int fs_link(struct task_struct *task, struct path *path, bool root)
{
	int err = -ENOENT;

	task_lock(task);
	if (task->fs) {
		spin_lock(&task->fs->lock);
		*path = root ? task->fs->root : task->fs->pwd;
		path_get(path);
		spin_unlock(&task->fs->lock);
		err = 0;
	}
	task_unlock(task);
	return err;
}

static int cwd_link(struct task_struct *task, struct path *path)
{
	return fs_link(task, path, false);
}

static int root_link(struct task_struct *task, struct path *path)
{
	return fs_link(task, path, true);
}

static int pid_get_path(struct inode *inode, struct path *path)
{
	struct proc_inode *pi = inode->i_private;
	struct task_struct *task = task_of(pi);
	int err;

	if (!task)
		return -ESRCH;
	err = may_inspect(task) ? pi->entry->link(task, path) : -EACCES;
	put_task_struct(task);
	return err;
}

ssize_t proc_path_text(struct path *path, char *buf, size_t size)
{
	char *page = (char *)__get_free_pages(GFP_KERNEL, 0), *text;
	ssize_t len;

	if (!page) {
		path_put(path);
		return -ENOMEM;
	}
	text = d_path(path, page, PAGE_SIZE);
	path_put(path);
	if (IS_ERR(text)) {
		len = PTR_ERR(text);
	} else {
		len = min(strlen(text), size);
		memcpy(buf, text, len);
	}
	free_page((unsigned long)page);
	return len;
}

ssize_t proc_readlink(struct inode *inode, char *buf, size_t size)
{
	struct path path;
	int err = inode->i_op->get_path(inode, &path);

	return err ? err : proc_path_text(&path, buf, size);
}

static const struct inode_operations pid_link_iops = {
	.readlink = proc_readlink,
	.get_path = pid_get_path,
};

/* ---- the tables --------------------------------------------------------------------------- */

static const struct inode_operations task_dir_iops;
static const struct file_operations task_dir_fops;

static int show_mounts(struct seq_file *m, struct task_struct *task)
{
	return mounts_show(m);
}

static int show_mountinfo(struct seq_file *m, struct task_struct *task)
{
	return mountinfo_show(m);
}

#define FILE(n, m, s)		{ .name = n, .mode = S_IFREG | (m), .show = s }
#define FILE_OPS(n, m, s, f)	{ .name = n, .mode = S_IFREG | (m), .show = s, .fop = f }
#define FILE_MM(n, m, s)		{ .name = n, .mode = S_IFREG | (m), .show = s, .inspect = true }
#define LINK(n, l)		{ .name = n, .mode = S_IFLNK | 0777, .link = l, .iop = &pid_link_iops }
#define DIR(n, m, i, f)		{ .name = n, .mode = S_IFDIR | (m), .iop = i, .fop = f }

/* Common to processes and threads; "task" is left out in the directory of a thread. */
static const struct pid_entry pid_entries[] = {
	DIR("task", 0555, &task_dir_iops, &task_dir_fops),
	DIR("fd", 0500, &proc_fd_iops, &proc_fd_fops),
	DIR("fdinfo", 0555, &proc_fdinfo_iops, &proc_fdinfo_fops),
	DIR("map_files", 0500, &proc_map_files_iops, &proc_map_files_fops),
	FILE_MM("environ", 0400, show_environ),
	FILE_MM("auxv", 0400, show_auxv),
	FILE("status", 0444, proc_pid_status),
	FILE("limits", 0444, proc_pid_limits),
	FILE_OPS("comm", 0644, show_comm, &comm_fops),
	FILE("cmdline", 0444, show_cmdline),
	FILE("stat", 0444, proc_pid_stat),
	FILE("statm", 0444, proc_pid_statm),
	FILE_OPS("maps", 0444, NULL, &proc_maps_fops),
	FILE_OPS("mem", 0600, NULL, &proc_mem_fops),
	FILE_OPS("clear_refs", 0200, NULL, &proc_clear_refs_fops),
	FILE_OPS("smaps", 0444, NULL, &proc_smaps_fops),
	FILE_MM("smaps_rollup", 0444, proc_pid_smaps_rollup),
	FILE_OPS("pagemap", 0400, NULL, &proc_pagemap_fops),
	FILE_OPS("pagewalk", 0600, NULL, &proc_pagewalk_fops),
	LINK("cwd", cwd_link),
	LINK("root", root_link),
	LINK("exe", exe_link),
	FILE("mounts", 0444, show_mounts),
	FILE("mountinfo", 0444, show_mountinfo),
	FILE("wchan", 0444, show_wchan),
	FILE_OPS("coredump_filter", 0644, proc_coredump_filter_show, &proc_coredump_filter_fops),
	FILE("oom_score", 0444, proc_pid_oom_score),
	FILE_OPS("oom_adj", 0644, proc_pid_oom_adj, &proc_oom_adj_fops),
	FILE_OPS("oom_score_adj", 0644, proc_pid_oom_score_adj, &proc_oom_score_adj_fops),
#ifdef QUIRE_DEBUG
	FILE_OPS("fail-nth", 0644, NULL, &proc_fail_nth_fops),
#endif
};
#define NR_PID_ENTRIES ARRAY_SIZE(pid_entries)

/* In task/TID the times of "stat" are the thread's own. */
static const struct pid_entry tid_stat_entry = FILE("stat", 0444, proc_tid_stat);

static const struct inode_operations pid_dir_iops, tid_dir_iops;
static const struct file_operations pid_dir_fops, tid_dir_fops;
static const struct inode_operations no_iops;

/* Inode numbers: stable while the task lives, above those of the links, below the registered. */
static u64 pid_ino(pid_t pid, const struct pid_entry *e, unsigned int fd)
{
	u64 n = e ? (u64)(e - pid_entries) + 1 : 0;

	if (e < pid_entries || e >= pid_entries + NR_PID_ENTRIES)
		n = e ? 64 + (fd & 0xfff) : 0;
	return ((u64)pid << 13) + n + 4;
}

int proc_pid_instantiate(struct inode *dir, struct dentry *dentry, struct task_struct *task,
			 const struct pid_entry *e, umode_t mode, unsigned int fd)
{
	struct proc_inode *pi = kzalloc(sizeof(*pi), GFP_KERNEL);
	struct inode *inode;
	bool hides;

	if (!pi)
		return -ENOMEM;
	inode = new_inode(dir->i_sb, mode);
	if (!inode) {
		kfree(pi);
		return -ENOMEM;
	}
	pi->pid = task->pid;
	pi->start_time = task->start_time;
	pi->entry = e;
	pi->fd = fd;
	inode->i_private = pi;
	inode->i_ino = pid_ino(task->pid, e, fd);
	/* What could tell a secret of a process that hides it belongs to root. */
	hides = !task_dumpable(task) && mode != (S_IFDIR | 0555);
	inode->i_uid = hides ? 0 : task->cred.euid;
	inode->i_gid = hides ? 0 : task->cred.egid;
	if (!e) {
		bool thread = dir->i_op == &task_dir_iops;

		inode->i_op = thread ? &tid_dir_iops : &pid_dir_iops;
		inode->i_fop = thread ? &tid_dir_fops : &pid_dir_fops;
	} else {
		inode->i_op = e->iop ? e->iop : &no_iops;
		inode->i_fop = e->fop ? e->fop : e->show ? &pid_show_fops : NULL;
	}
	if (S_ISDIR(mode))
		inode->i_nlink = 2;
	dentry->d_op = &pid_dentry_operations;
	d_instantiate(dentry, inode);
	return 0;
}

/* Not in task/TID: the threads of a thread, and the files it maps. */
static bool in_thread_dir(const struct pid_entry *e)
{
	return e->iop != &task_dir_iops && e->iop != &proc_map_files_iops;
}

static int pid_dir_lookup_in(struct inode *dir, struct dentry *dentry, bool thread)
{
	const struct pid_entry *e = pid_entries;
	struct task_struct *task;
	int err = -ENOENT;

	for (; e < pid_entries + NR_PID_ENTRIES; e++)
		if (strlen(e->name) == dentry->d_len && !memcmp(e->name, dentry->d_name, dentry->d_len))
			break;
	if (e == pid_entries + NR_PID_ENTRIES || (thread && !in_thread_dir(e)))
		return -ENOENT;
	if (thread && !strcmp(e->name, "stat"))
		e = &tid_stat_entry;
	task = get_proc_task(dir);
	if (task) {
		err = proc_pid_instantiate(dir, dentry, task, e, e->mode, 0);
		put_task_struct(task);
	}
	return err;
}

static int pid_dir_lookup(struct inode *dir, struct dentry *dentry)
{
	return pid_dir_lookup_in(dir, dentry, false);
}

static int tid_dir_lookup(struct inode *dir, struct dentry *dentry)
{
	return pid_dir_lookup_in(dir, dentry, true);
}

static int pid_dir_readdir_in(struct file *file, struct dir_context *ctx, bool thread)
{
	struct proc_inode *pi = file->f_inode->i_private;

	if (!dir_emit_dots(file, ctx))
		return 0;
	for (unsigned long i = ctx->pos - 2; i < NR_PID_ENTRIES; i++) {
		const struct pid_entry *e = &pid_entries[i];

		if (!(thread && !in_thread_dir(e)) &&
		    !dir_emit(ctx, e->name, strlen(e->name), pid_ino(pi->pid, e, 0),
			      (e->mode & S_IFMT) >> 12))
			return 0;
		ctx->pos = i + 3;
	}
	return 0;
}

static int pid_dir_readdir(struct file *file, struct dir_context *ctx)
{
	return pid_dir_readdir_in(file, ctx, false);
}

static int tid_dir_readdir(struct file *file, struct dir_context *ctx)
{
	return pid_dir_readdir_in(file, ctx, true);
}

static const struct inode_operations pid_dir_iops = { .lookup = pid_dir_lookup };
static const struct inode_operations tid_dir_iops = { .lookup = tid_dir_lookup };
static const struct file_operations pid_dir_fops = {
	.iterate = pid_dir_readdir, .llseek = generic_file_llseek,
};
static const struct file_operations tid_dir_fops = {
	.iterate = tid_dir_readdir, .llseek = generic_file_llseek,
};

/* ---- lists of tasks: /proc itself, and /proc/PID/task ------------------------------------ */

/* The smallest pid >= @from that is a process (or a thread of @leader); 0 if none. */
static pid_t next_pid(pid_t from, struct task_struct *leader)
{
	struct task_struct *t;
	unsigned long flags;
	pid_t best = 0;

	spin_lock_irqsave(&tasklist_lock, flags);
	if (leader) {
		if (leader->sighand)
			for_each_thread(leader, t)
				if (t->pid >= from && (!best || t->pid < best))
					best = t->pid;
	} else {
		for_each_process(t)
			if (t->pid >= from && (!best || t->pid < best))
				best = t->pid;
	}
	spin_unlock_irqrestore(&tasklist_lock, flags);
	return best;
}

static void emit_pids(struct dir_context *ctx, loff_t first, struct task_struct *leader)
{
	char name[16];
	pid_t pid;

	while ((pid = next_pid(ctx->pos - first, leader)) != 0) {
		int len = snprintf(name, sizeof(name), "%d", pid);

		ctx->pos = first + pid;
		if (!dir_emit(ctx, name, len, pid_ino(pid, NULL, 0), DT_DIR))
			return;
		ctx->pos++;
	}
}

int proc_pid_readdir(struct file *file, struct dir_context *ctx, loff_t first)
{
	emit_pids(ctx, first, NULL);
	return 0;
}

static int task_dir_lookup(struct inode *dir, struct dentry *dentry)
{
	struct task_struct *leader = get_proc_task(dir), *task = NULL;
	unsigned long tid;
	int err = -ENOENT;

	if (!leader)
		return -ENOENT;
	if (parse_number(dentry, &tid))
		task = find_get_task(tid);
	if (task && task->tgid == leader->tgid)
		err = proc_pid_instantiate(dir, dentry, task, NULL, S_IFDIR | 0555, 0);
	if (task)
		put_task_struct(task);
	put_task_struct(leader);
	return err;
}

static int task_dir_readdir(struct file *file, struct dir_context *ctx)
{
	struct task_struct *leader;

	if (!dir_emit_dots(file, ctx))
		return 0;
	leader = get_proc_task(file->f_inode);
	if (!leader)
		return -ENOENT;
	emit_pids(ctx, 2, leader);
	put_task_struct(leader);
	return 0;
}

static const struct inode_operations task_dir_iops = { .lookup = task_dir_lookup };
static const struct file_operations task_dir_fops = {
	.iterate = task_dir_readdir, .llseek = generic_file_llseek,
};
