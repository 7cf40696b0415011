/*
 * fs/procfs/fd.c - /proc/PID/fd and fdinfo: the open files of a task
 *
 * An entry of fd/ is a magic link: it leads to the open file's object itself, also when that
 * has no name any more.
 */
#include <slab.h>
#include <string.h>

#include "internal.h"

/* Open file @fd of @task with a reference, or NULL. */
static struct file *task_file(struct task_struct *task, unsigned int fd)
{
	struct file *f = NULL;

	task_lock(task);
	if (task->files) {
		spin_lock(&task->files->lock);
		if (fd < task->files->max_fds)
			f = task->files->fd[fd];
		if (f)
			get_file(f);
		spin_unlock(&task->files->lock);
	}
	task_unlock(task);
	return f;
}

/* The lowest open descriptor >= @fd, or -1. */
static int next_fd(struct task_struct *task, unsigned int fd)
{
	int found = -1;

	task_lock(task);
	if (task->files) {
		spin_lock(&task->files->lock);
		for (; fd < task->files->max_fds && found < 0; fd++)
			if (task->files->fd[fd])
				found = fd;
		spin_unlock(&task->files->lock);
	}
	task_unlock(task);
	return found;
}

static int fd_get_path(struct inode *inode, struct path *path)
{
	struct proc_inode *pi = inode->i_private;
	struct task_struct *task = get_proc_task(inode);
	struct file *f;

	if (!task)
		return -ESRCH;
	f = task_file(task, pi->fd);
	put_task_struct(task);
	if (!f)
		return -ENOENT;
	*path = f->f_path;
	path_get(path);
	fput(f);
	return 0;
}

static const struct inode_operations fd_link_iops = {
	.readlink = proc_readlink,
	.get_path = fd_get_path,
};

static int show_fdinfo(struct seq_file *m)
{
	struct proc_inode *pi = m->private;
	struct task_struct *task = find_get_task(pi->pid);
	struct files_struct *owner;
	struct file *f;

	if (!task)
		return -ESRCH;
	f = task->start_time == pi->start_time ? task_file(task, pi->fd) : NULL;
	owner = READ_ONCE(task->files);		/* only compared */
	put_task_struct(task);
	if (!f)
		return -ENOENT;
	seq_printf(m, "pos:\t%lli\nflags:\t0%o\nmnt_id:\t%i\nino:\t%lu\n", (long long)f->f_pos,
		   f->f_flags, f->f_path.mnt ? f->f_path.mnt->id : 0,
		   (unsigned long)f->f_inode->i_ino);
	locks_fdinfo(m, f, owner);
	fput(f);
	return 0;
}

static int fdinfo_open(struct inode *inode, struct file *file)
{
	return single_open(file, show_fdinfo, inode->i_private);
}

static const struct file_operations fdinfo_fops = {
	.open = fdinfo_open,
	.read = seq_read,
	.llseek = seq_lseek,
	.release = single_release,
};

static const struct pid_entry fd_entry = { .name = "fd", .mode = S_IFLNK, .iop = &fd_link_iops };
static const struct pid_entry fdinfo_entry = { .name = "fdinfo", .mode = S_IFREG, .fop = &fdinfo_fops };

/* An entry is there as long as the descriptor is open: check it at every use. */
static bool fd_revalidate(struct dentry *dentry)
{
	struct inode *inode = dentry->d_inode;
	struct task_struct *task = inode ? get_proc_task(inode) : NULL;
	struct file *f;

	if (!task)
		return false;
	f = task_file(task, ((struct proc_inode *)inode->i_private)->fd);
	put_task_struct(task);
	if (!f)
		return false;
	fput(f);
	return true;
}

static const struct dentry_operations fd_dentry_operations = {
	.revalidate = fd_revalidate,
	.uncached = true,		/* the descriptor may soon name another file */
};

static int lookup_fd(struct inode *dir, struct dentry *dentry, const struct pid_entry *e)
{
	struct task_struct *task = get_proc_task(dir);
	struct file *f = NULL;
	unsigned long fd;
	umode_t mode = e->mode;
	int err = -ENOENT;

	if (!task)
		return -ENOENT;
	if (parse_number(dentry, &fd))
		f = task_file(task, fd);
	if (f) {
		if (S_ISLNK(mode))
			mode |= (f->f_mode & FMODE_READ ? 0500 : 0) | (f->f_mode & FMODE_WRITE ? 0300 : 0);
		else
			mode |= 0444;
		err = proc_pid_instantiate(dir, dentry, task, e, mode, fd);
		dentry->d_op = &fd_dentry_operations;
		if (!err && S_ISLNK(mode))
			dentry->d_inode->i_size = 64;	/* what Linux says; its tools expect it */
		fput(f);
	}
	put_task_struct(task);
	return err;
}

static int fd_lookup(struct inode *dir, struct dentry *dentry)
{
	return lookup_fd(dir, dentry, &fd_entry);
}

static int fdinfo_lookup(struct inode *dir, struct dentry *dentry)
{
	return lookup_fd(dir, dentry, &fdinfo_entry);
}

static int readdir_fd(struct file *file, struct dir_context *ctx, unsigned int type)
{
	struct proc_inode *pi = file->f_inode->i_private;
	struct task_struct *task;
	char name[16];
	int fd;

	if (!dir_emit_dots(file, ctx))
		return 0;
	task = get_proc_task(file->f_inode);
	if (!task)
		return -ENOENT;
	while ((fd = next_fd(task, ctx->pos - 2)) >= 0) {
		int len = snprintf(name, sizeof(name), "%d", fd);

		ctx->pos = fd + 2;
		if (!dir_emit(ctx, name, len, ((u64)pi->pid << 13) + 68 + (fd & 0xfff), type))
			break;
		ctx->pos++;
	}
	put_task_struct(task);
	return 0;
}

static int fd_readdir(struct file *file, struct dir_context *ctx)
{
	return readdir_fd(file, ctx, DT_LNK);
}

static int fdinfo_readdir(struct file *file, struct dir_context *ctx)
{
	return readdir_fd(file, ctx, DT_REG);
}

const struct inode_operations proc_fd_iops = { .lookup = fd_lookup };
const struct inode_operations proc_fdinfo_iops = { .lookup = fdinfo_lookup };
const struct file_operations proc_fd_fops = { .iterate = fd_readdir, .llseek = generic_file_llseek };
const struct file_operations proc_fdinfo_fops = {
	.iterate = fdinfo_readdir, .llseek = generic_file_llseek,
};
