/*
 * fs/procfs/root.c - the procfs file system: its root, and the registered entries below it
 *
 * Purpose:    /proc is a view of the kernel as files.  Nothing is stored: each file is
 *             written at the moment it is read.
 * Invariants: registered entries (struct proc_entry) exist from boot for ever, so they need
 *             no references.  The tree of them is changed only during boot.
 *             Names that do not exist are never cached: a pid may appear any time.
 */
#include <asm/uaccess.h>
#include <slab.h>
#include <string.h>

#include "internal.h"

#define PROC_SUPER_MAGIC 0x9fa0
#define PROC_WRITE_MAX 4096
/* Directory positions: 0, 1 are "." and "..", then the entries, then the tasks. */
#define FIRST_ENTRY_POS 2
#define FIRST_PID_POS 1024

struct proc_entry {
	const char *name;
	umode_t mode;
	int (*show)(struct seq_file *m);
	ssize_t (*write)(const char *buf, size_t len);
	const struct proc_number *number;
	const struct file_operations *fop;
	const char *target;			/* symlink */
	u64 ino;
	struct list_head children, sibling;	/* boot only */
};

static struct proc_entry proc_root = {
	.name = "", .mode = S_IFDIR | 0555, .ino = 1,
	.children = LIST_HEAD_INIT(proc_root.children),
};
static u64 next_entry_ino = 0xf0000000;

static struct proc_entry *find_entry(struct proc_entry *dir, const char *name, size_t len)
{
	struct proc_entry *e;

	list_for_each_entry(e, &dir->children, sibling)
		if (strlen(e->name) == len && !memcmp(e->name, name, len))
			return e;
	return NULL;
}

static struct proc_entry *add_entry(struct proc_entry *dir, const char *name, size_t len, umode_t mode)
{
	struct proc_entry *e = kzalloc(sizeof(*e), GFP_KERNEL);
	char *copy = kmalloc(len + 1, GFP_KERNEL);

	if (!e || !copy) {
		kfree(e);
		kfree(copy);
		return NULL;
	}
	memcpy(copy, name, len);
	copy[len] = '\0';
	e->name = copy;
	e->mode = mode;
	e->ino = next_entry_ino++;
	INIT_LIST_HEAD(&e->children);
	list_add_tail(&e->sibling, &dir->children);
	return e;
}

/* The entry for path @name below /proc, with the directories to it made on the way. */
static struct proc_entry *make_entry(const char *name, umode_t mode)
{
	struct proc_entry *dir = &proc_root;

	for (;;) {
		const char *slash = strchr(name, '/');
		size_t len = slash ? (size_t)(slash - name) : strlen(name);
		struct proc_entry *e = find_entry(dir, name, len);

		if (!slash)
			return e ? NULL : add_entry(dir, name, len, mode);
		if (!e)
			e = add_entry(dir, name, len, S_IFDIR | 0555);
		if (!e)
			return NULL;
		dir = e;
		name = slash + 1;
	}
}

int proc_create(const char *name, umode_t mode, int (*show)(struct seq_file *m),
		ssize_t (*write)(const char *buf, size_t len))
{
	struct proc_entry *e = make_entry(name, S_IFREG | mode);

	if (!e)
		return -ENOMEM;
	e->show = show;
	e->write = write;
	return 0;
}

void proc_create_numbers(const struct proc_number *numbers, size_t nr)
{
	for (; nr; nr--, numbers++) {
		struct proc_entry *e = make_entry(numbers->name, S_IFREG | (numbers->mode ? numbers->mode : 0644));

		if (!e)
			continue;
		e->show = proc_number_show;
		e->number = numbers;
	}
}

int proc_create_fops(const char *name, umode_t mode, const struct file_operations *fop)
{
	struct proc_entry *e = make_entry(name, S_IFREG | mode);

	if (!e)
		return -ENOMEM;
	e->fop = fop;
	return 0;
}

int proc_symlink(const char *name, const char *target)
{
	struct proc_entry *e = make_entry(name, S_IFLNK | 0777);

	if (!e)
		return -ENOMEM;
	e->target = target;
	return 0;
}

/* ---- a registered file ---------------------------------------------------------- */

static int entry_open(struct inode *inode, struct file *file)
{
	struct proc_entry *e = inode->i_private;

	return single_open(file, e->show, (void *)e->number);
}

static ssize_t entry_write(struct file *file, const char __user *ubuf, size_t len, loff_t *pos)
{
	struct proc_entry *e = file->f_inode->i_private;
	ssize_t ret;
	char *buf;

	if (!e->write && !e->number)
		return -EACCES;
	if (len > PROC_WRITE_MAX)
		return -EINVAL;
	buf = kmalloc(len + 1, GFP_KERNEL);
	if (!buf)
		return -ENOMEM;
	if (copy_from_user(buf, ubuf, len)) {
		kfree(buf);
		return -EFAULT;
	}
	buf[len] = '\0';
	ret = e->number ? proc_number_write(e->number, buf, len) : e->write(buf, len);
	kfree(buf);
	if (ret > 0)
		*pos += ret;
	return ret;
}

static const struct file_operations entry_fops = {
	.open = entry_open,
	.read = seq_read,
	.write = entry_write,
	.llseek = seq_lseek,
	.release = single_release,
};

static ssize_t entry_readlink(struct inode *inode, char *buf, size_t size)
{
	struct proc_entry *e = inode->i_private;
	size_t len = min(strlen(e->target), size);

	memcpy(buf, e->target, len);
	return len;
}

static const struct inode_operations entry_link_iops = { .readlink = entry_readlink };
static const struct inode_operations entry_file_iops;

/* ---- directories of registered entries --------------------------------------------- */

static const struct inode_operations entry_dir_iops, root_iops;
static const struct file_operations entry_dir_fops, root_fops;

static struct inode *entry_inode(struct super_block *sb, struct proc_entry *e)
{
	struct inode *inode = new_inode(sb, e->mode);

	if (!inode)
		return NULL;
	inode->i_uid = inode->i_gid = 0;	/* whoever looked first */
	inode->i_ino = e->ino;
	inode->i_private = e;
	if (S_ISDIR(e->mode)) {
		inode->i_op = e == &proc_root ? &root_iops : &entry_dir_iops;
		inode->i_fop = e == &proc_root ? &root_fops : &entry_dir_fops;
		inode->i_nlink = 2;
	} else if (S_ISLNK(e->mode)) {
		inode->i_op = &entry_link_iops;
	} else {
		inode->i_op = &entry_file_iops;
		inode->i_fop = e->fop ? e->fop : &entry_fops;
	}
	return inode;
}

static int entry_lookup(struct inode *dir, struct dentry *dentry)
{
	struct proc_entry *e = find_entry(dir->i_private, dentry->d_name, dentry->d_len);
	struct inode *inode;

	if (!e)
		return -ENOENT;
	inode = entry_inode(dir->i_sb, e);
	if (!inode)
		return -ENOMEM;
	d_instantiate(dentry, inode);
	return 0;
}

/* "." and "..", then the children.  False when the caller's buffer is full. */
static bool entry_readdir_all(struct file *file, struct dir_context *ctx)
{
	struct proc_entry *dir = file->f_inode->i_private, *e;
	loff_t pos = FIRST_ENTRY_POS;

	if (ctx->pos == 0) {
		if (!dir_emit(ctx, ".", 1, dir->ino, DT_DIR))
			return false;
		ctx->pos = 1;
	}
	if (ctx->pos == 1) {
		if (!dir_emit(ctx, "..", 2, 1, DT_DIR))
			return false;
		ctx->pos = FIRST_ENTRY_POS;
	}
	list_for_each_entry(e, &dir->children, sibling) {
		if (pos++ < ctx->pos)
			continue;
		if (!dir_emit(ctx, e->name, strlen(e->name), e->ino, (e->mode & S_IFMT) >> 12))
			return false;
		ctx->pos = pos;
	}
	return true;
}

static int entry_readdir(struct file *file, struct dir_context *ctx)
{
	entry_readdir_all(file, ctx);
	return 0;
}

static const struct inode_operations entry_dir_iops = { .lookup = entry_lookup };
static const struct file_operations entry_dir_fops = {
	.iterate = entry_readdir,
	.llseek = generic_file_llseek,
};

/* ---- the root: registered entries and tasks ------------------------------------------ */

static int root_lookup(struct inode *dir, struct dentry *dentry)
{
	int err = entry_lookup(dir, dentry);

	return err == -ENOENT ? proc_pid_lookup(dir, dentry) : err;
}

static int root_readdir(struct file *file, struct dir_context *ctx)
{
	if (ctx->pos < FIRST_PID_POS) {
		if (!entry_readdir_all(file, ctx))
			return 0;
		ctx->pos = FIRST_PID_POS;
	}
	return proc_pid_readdir(file, ctx, FIRST_PID_POS);
}

static const struct inode_operations root_iops = { .lookup = root_lookup };
static const struct file_operations root_fops = {
	.iterate = root_readdir,
	.llseek = generic_file_llseek,
};

/* "self" and "thread-self": symlinks whose target depends on who reads them. */
static ssize_t self_readlink(struct inode *inode, char *buf, size_t size)
{
	return min((size_t)snprintf(buf, size, "%d", current->tgid), size);
}

static ssize_t thread_self_readlink(struct inode *inode, char *buf, size_t size)
{
	return min((size_t)snprintf(buf, size, "%d/task/%d", current->tgid, current->pid), size);
}

static const struct inode_operations self_iops = { .readlink = self_readlink };
static const struct inode_operations thread_self_iops = { .readlink = thread_self_readlink };

static int link_entry(struct dentry *dentry, struct super_block *sb, const struct inode_operations *iop,
		      u64 ino)
{
	struct inode *inode = new_inode(sb, S_IFLNK | 0777);

	if (!inode)
		return -ENOMEM;
	inode->i_ino = ino;
	inode->i_op = iop;
	d_instantiate(dentry, inode);
	return 0;
}

static bool name_is(const struct dentry *d, const char *name)
{
	return d->d_len == strlen(name) && !memcmp(d->d_name, name, d->d_len);
}

int proc_pid_lookup(struct inode *dir, struct dentry *dentry)
{
	struct task_struct *task;
	unsigned long pid;
	int err;

	if (name_is(dentry, "self"))
		return link_entry(dentry, dir->i_sb, &self_iops, 2);
	if (name_is(dentry, "thread-self"))
		return link_entry(dentry, dir->i_sb, &thread_self_iops, 3);
	if (!parse_number(dentry, &pid))
		return -ENOENT;
	task = find_get_task(pid);
	if (!task)
		return -ENOENT;
	err = proc_pid_instantiate(dir, dentry, task, NULL, S_IFDIR | 0555, 0);
	put_task_struct(task);
	return err;
}

/* ---- the file system -------------------------------------------------------------------- */

static void proc_evict_inode(struct inode *inode)
{
	/* Below /proc/PID the private data is the inode's own. */
	if (inode->i_private && inode->i_ino < 0xf0000000 && inode->i_ino > 3)
		kfree(inode->i_private);
}

static int proc_statfs(struct super_block *sb, struct statfs *buf)
{
	buf->f_type = PROC_SUPER_MAGIC;
	buf->f_bsize = PAGE_SIZE;
	buf->f_namelen = NAME_MAX;
	return 0;
}

static const struct super_operations proc_sops = {
	.evict_inode = proc_evict_inode,
	.statfs = proc_statfs,
};

static struct super_block *proc_mount(struct file_system_type *t, unsigned long flags,
				      const char *source, const char *data)
{
	struct super_block *sb = alloc_super(t);
	struct inode *root;

	if (!sb)
		return ERR_PTR(-ENOMEM);
	sb->s_op = &proc_sops;
	sb->s_magic = PROC_SUPER_MAGIC;
	root = entry_inode(sb, &proc_root);
	if (!root)
		goto fail;
	sb->s_root = d_alloc_root(sb, root);
	if (sb->s_root)
		return sb;
	iput(root);
fail:
	free_super(sb);
	return ERR_PTR(-ENOMEM);
}

static struct file_system_type proc_fs_type = {
	.name = "proc",
	.mount = proc_mount,
	.nodev = true,
};

void procfs_init(void)
{
	proc_symlink("mounts", "self/mounts");
	proc_kernel_init();
	proc_mm_init();
	proc_sys_init();
	proc_quire_init();
	proc_why_init();
	register_filesystem(&proc_fs_type);
}
