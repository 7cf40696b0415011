/*
 * fs/namespace.c - the tree of mounts
 *
 * Purpose:    one tree of names made of several file systems.
 * Invariants: an attached mount stands in mount_list, which holds one reference on it, and holds
 *             references on its root, on its mountpoint and on its parent mount;
 *             d_mounted is set where at least one mount is attached.
 * Lock order: namespace_sem > mount_lock > dcache_lock.  A walker takes mount_lock only.
 * Simplified: one namespace for all; every mount is private; MS_MOVE, MS_SHARED and MNT_EXPIRE
 *             answer EINVAL; MS_BIND binds one mount, not what is mounted below it.
 * Sources:    mount(2), umount(2), proc(5).
 */
#include <fs.h>
#include <asm/uaccess.h>
#include <mm.h>
#include <sched.h>
#include <seq_file.h>
#include <slab.h>
#include <string.h>
#include <syscalls_fs.h>
#include "internal.h"

struct mount *root_mount;
DECLARE_RWSEM(namespace_sem);
DEFINE_SPINLOCK(mount_lock);
LIST_HEAD(mount_list);

#define MOUNT_FLAGS (MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_NOATIME | MS_NODIRATIME | \
		     MS_RELATIME | MS_STRICTATIME)

/* A mount of @root that nobody can reach yet; takes over one s_active of @sb.  NULL: no memory. */
static struct mount *alloc_mount(struct super_block *sb, struct dentry *root, const char *source,
				 unsigned int flags)
{
	static int next_id = 1;
	struct mount *m = kzalloc(sizeof(*m), GFP_KERNEL);

	if (!m)
		return NULL;
	m->source = kstrdup(source, GFP_KERNEL);
	if (!m->source) {
		kfree(m);
		return NULL;
	}
	atomic_set(&m->count, 1);
	m->sb = sb;
	m->root = dget(root);
	INIT_LIST_HEAD(&m->list);
	m->flags = flags & MOUNT_FLAGS;
	if (!(m->flags & (MS_NOATIME | MS_STRICTATIME)))
		m->flags |= MS_RELATIME;
	m->id = __atomic_fetch_add(&next_id, 1, __ATOMIC_RELAXED);
	return m;
}

struct mount *mntget(struct mount *m)
{
	VM_BUG_ON(atomic_read(&m->count) <= 0);
	atomic_inc(&m->count);
	return m;
}

/* The last reference is gone, and no lock is held that a file system takes to end. */
static int free_mount(void *mount)
{
	struct mount *m = mount;

	VM_BUG_ON(m->attached);
	dput(m->root);
	deactivate_super(m->sb);
	kfree(m->source);
	kfree(m);
	return 0;
}

/* For mount and umount, which are done only when the device is free again. */
static void mntput_now(struct mount *m)
{
	if (atomic_dec_and_test(&m->count))
		free_mount(m);
}

/*
 * Anywhere: what was unmounted lazily goes with its last file, and that may be given up under mmap_sem. To
 * take leave of a disk is then the work of a thread of its own.
 */
void mntput(struct mount *m)
{
	if (!m || !atomic_dec_and_test(&m->count))
		return;
	if (!m->sb->s_bdev || IS_ERR(kthread_run(free_mount, m, "umount")))
		free_mount(m);
}

struct mount *kern_mount(struct file_system_type *t)
{
	struct super_block *sb = t->mount(t, 0, t->name, NULL);
	struct mount *m;

	if (IS_ERR(sb))
		return ERR_PTR(PTR_ERR(sb));
	m = alloc_mount(sb, sb->s_root, t->name, 0);
	if (!m) {
		deactivate_super(sb);
		return ERR_PTR(-ENOMEM);
	}
	return m;
}

int sb_write_allowed(const struct mount *m)
{
	return (m->flags & MS_RDONLY) || sb_readonly(m->sb) ? -EROFS : 0;
}

int sb_writable(const struct path *p)
{
	return sb_write_allowed(p->mnt);
}

/* ---- crossing mounts ---- */

/* The newest mount on (@mnt, @dentry), referenced, or NULL.  mount_lock held. */
static struct mount *mount_at(const struct mount *mnt, const struct dentry *dentry)
{
	struct mount *m;

	list_for_each_entry_reverse(m, &mount_list, list)
		if (m->parent == mnt && m->mountpoint == dentry)
			return m;
	return NULL;
}

void follow_mounts(struct path *path)
{
	while (READ_ONCE(path->dentry->d_mounted)) {
		struct mount *m;
		struct path old = *path;

		spin_lock(&mount_lock);
		m = mount_at(path->mnt, path->dentry);
		if (m) {
			path->mnt = mntget(m);
			path->dentry = dget(m->root);
		}
		spin_unlock(&mount_lock);
		if (!m)
			return;
		path_put(&old);
	}
}

/* From the root of a mount to the place it is mounted on; false at the top of everything. */
bool follow_up(struct path *path)
{
	struct path old = *path;
	struct mount *parent;

	spin_lock(&mount_lock);
	parent = path->mnt->parent;
	if (parent) {
		path->dentry = dget(path->mnt->mountpoint);
		path->mnt = mntget(parent);
	}
	spin_unlock(&mount_lock);
	if (parent)
		path_put(&old);
	return parent != NULL;
}

bool is_mountpoint(struct dentry *d)
{
	return READ_ONCE(d->d_mounted);
}

/* ---- attach and detach; namespace_sem held for writing ---- */

/* Hang @m at @where: the list takes over the caller's reference on @m. */
static void attach_mount(struct mount *m, const struct path *where)
{
	spin_lock(&mount_lock);
	if (where) {
		m->parent = mntget(where->mnt);
		m->mountpoint = dget(where->dentry);
		m->mountpoint->d_mounted = true;
	}
	m->attached = true;
	list_add_tail(&m->list, &mount_list);
	spin_unlock(&mount_lock);
}

static bool mounted_anywhere(const struct dentry *d)
{
	struct mount *m;

	list_for_each_entry(m, &mount_list, list)
		if (m->mountpoint == d)
			return true;
	return false;
}

static void detach_mount(struct mount *m)
{
	struct path where = { m->parent, m->mountpoint };

	spin_lock(&mount_lock);
	list_del_init(&m->list);
	m->attached = false;
	m->parent = NULL;
	m->mountpoint = NULL;
	where.dentry->d_mounted = mounted_anywhere(where.dentry);
	spin_unlock(&mount_lock);
	path_put(&where);
	mntput(m);
}

/* A mount somewhere below @m, a deepest one; NULL when there is none. */
static struct mount *deepest_child(struct mount *m)
{
	struct mount *c, *found = NULL;

	for (;;) {
		struct mount *next = NULL;

		list_for_each_entry(c, &mount_list, list)
			if (c->parent == m)
				next = c;
		if (!next)
			return found;
		found = m = next;
	}
}

/* ---- mount(2) ---- */

static int graft(struct mount *m, const struct path *where)
{
	if (S_ISDIR(m->root->d_inode->i_mode) != S_ISDIR(where->dentry->d_inode->i_mode))
		return -ENOTDIR;
	if (where->dentry->d_unlinked)
		return -ENOENT;
	attach_mount(m, where);
	return 0;
}

static int do_new_mount(const struct path *where, const char *type, unsigned long flags,
			const char *source, const char *data)
{
	struct file_system_type *t;
	struct super_block *sb;
	struct mount *m;
	int err;

	if (!type)
		return -EINVAL;
	t = find_filesystem(type);
	if (!t || !t->mount)
		return -ENODEV;
	sb = t->mount(t, flags, source, data);
	if (IS_ERR(sb))
		return PTR_ERR(sb);
	m = alloc_mount(sb, sb->s_root, source ? source : "none", flags);
	if (!m) {
		deactivate_super(sb);
		return -ENOMEM;
	}
	/* not the same file system twice on itself */
	if (where->mnt->sb == sb && where->mnt->root == where->dentry)
		err = -EBUSY;
	else
		err = graft(m, where);
	if (err)
		mntput_now(m);
	return err;
}

static int do_bind_mount(const struct path *where, const char *source)
{
	struct path from;
	struct mount *m;
	int err;

	if (!source || !*source)
		return -EINVAL;
	err = kern_path(AT_FDCWD, source, LOOKUP_FOLLOW, &from);
	if (err)
		return err;
	atomic_inc(&from.mnt->sb->s_active);
	m = alloc_mount(from.mnt->sb, from.dentry, from.mnt->source, from.mnt->flags);
	if (!m) {
		deactivate_super(from.mnt->sb);
		err = -ENOMEM;
		goto out;
	}
	err = graft(m, where);
	if (err)
		mntput(m);
out:
	path_put(&from);
	return err;
}

/* The file system itself: options, and whether it may be written at all. */
static int remount_sb(struct super_block *sb, unsigned long flags, const char *data)
{
	int err;

	if (sb->s_bdev && (flags & MS_RDONLY) && !sb_readonly(sb)) {
		if (sb_busy_writing(sb))
			return -EBUSY;
		sync_filesystem(sb);
	}
	err = sb->s_op->remount(sb, &flags, data);
	if (!err && sb->s_bdev)
		sb->s_flags = (sb->s_flags & ~MS_RDONLY) | (flags & MS_RDONLY);
	return err;
}

static int do_remount(const struct path *where, unsigned long flags, const char *data)
{
	struct mount *m = where->mnt;
	unsigned int keep = m->flags & (MS_NOATIME | MS_NODIRATIME | MS_RELATIME | MS_STRICTATIME);
	int err = 0;

	if (where->dentry != m->root)
		return -EINVAL;
	if (!(flags & MS_BIND) && m->sb->s_op->remount)
		err = remount_sb(m->sb, flags, data);
	if (err)
		return err;
	flags &= MOUNT_FLAGS;
	if (!(flags & (MS_NOATIME | MS_NODIRATIME | MS_RELATIME | MS_STRICTATIME)))
		flags |= keep;
	m->flags = flags;
	return 0;
}

int do_mount(const char *source, const char *dir, const char *type, unsigned long flags,
	     const char *data)
{
	struct path where;
	int err;

	if ((flags & MS_MGC_MSK) == MS_MGC_VAL)
		flags &= ~MS_MGC_MSK;
	err = kern_path(AT_FDCWD, dir, LOOKUP_FOLLOW, &where);
	if (err)
		return err;
	err = -EPERM;
	if (!capable_root())
		goto out;
	down_write(&namespace_sem);
	if (flags & MS_REMOUNT)
		err = do_remount(&where, flags, data);
	else if (flags & MS_BIND)
		err = do_bind_mount(&where, source);
	else if (flags & (MS_PRIVATE | MS_UNBINDABLE))	/* mounts are private anyhow */
		err = (flags & MS_PRIVATE) && where.dentry == where.mnt->root ? 0 : -EINVAL;
	else if (flags & (MS_SHARED | MS_SLAVE | MS_MOVE))
		err = -EINVAL;
	else
		err = do_new_mount(&where, type, flags, source, data);
	up_write(&namespace_sem);
out:
	path_put(&where);
	return err;
}

/* A string argument of mount(2): NULL stays NULL; ERR_PTR. */
static char *mount_string(const char __user *s)
{
	char *buf;
	long len;

	if (!s)
		return NULL;
	buf = kmalloc(PATH_MAX, GFP_KERNEL);
	if (!buf)
		return ERR_PTR(-ENOMEM);
	len = strncpy_from_user(buf, s, PATH_MAX);
	if (len < 0 || len >= PATH_MAX) {
		kfree(buf);
		return ERR_PTR(len < 0 ? len : -EINVAL);
	}
	return buf;
}

/* Option data is a page that may end before its 4096 bytes do: copy what can be read. */
static char *mount_data(const void __user *data)
{
	unsigned long left = TASK_SIZE_MAX - min((unsigned long)data, TASK_SIZE_MAX);
	size_t n = min(left, PAGE_SIZE - 1);
	char *buf;

	if (!data)
		return NULL;
	buf = kzalloc(PAGE_SIZE, GFP_KERNEL);
	if (!buf)
		return ERR_PTR(-ENOMEM);
	if (copy_from_user(buf, data, n) == n) {
		kfree(buf);
		return ERR_PTR(-EFAULT);
	}
	return buf;
}

long sys_mount(char __user *usource, char __user *udir, char __user *utype, unsigned long flags,
	       void __user *udata)
{
	char *type = mount_string(utype), *source = NULL, *data = NULL, *dir = NULL;
	long err;

	if (IS_ERR(type))
		return PTR_ERR(type);
	source = mount_string(usource);
	err = PTR_ERR(source);
	if (IS_ERR(source))
		goto out_type;
	data = mount_data(udata);
	err = PTR_ERR(data);
	if (IS_ERR(data))
		goto out_source;
	dir = getname(udir);
	err = PTR_ERR(dir);
	if (IS_ERR(dir))
		goto out_data;
	err = do_mount(source, dir, type, flags, data);
	putname(dir);
out_data:
	kfree(data);
out_source:
	kfree(source);
out_type:
	kfree(type);
	return err;
}

/* Two references are fine: the list's, and the one of the path that was just looked up. */
static bool mount_busy(struct mount *m)
{
	return atomic_read(&m->count) > 2;
}

static long do_umount(const struct path *path, int flags)
{
	struct mount *m = path->mnt, *c;

	if (!capable_root())
		return -EPERM;
	if (path->dentry != m->root || !m->attached)
		return -EINVAL;
	if ((flags & MNT_EXPIRE) || m == root_mount)
		return -EINVAL;
	if (!(flags & MNT_DETACH) && mount_busy(m))
		return -EBUSY;
	while ((c = deepest_child(m)))
		detach_mount(c);
	detach_mount(m);
	return 0;
}

long sys_umount2(char __user *name, int flags)
{
	struct path path;
	long err;

	if (flags & ~(MNT_FORCE | MNT_DETACH | MNT_EXPIRE | UMOUNT_NOFOLLOW))
		return -EINVAL;
	err = user_path_at(AT_FDCWD, name, flags & UMOUNT_NOFOLLOW ? 0 : LOOKUP_FOLLOW, &path);
	if (err)
		return err;
	follow_mounts(&path);		/* "." stands below what is mounted on it */
	down_write(&namespace_sem);
	err = do_umount(&path, flags);
	up_write(&namespace_sem);
	dput(path.dentry);
	mntput_now(path.mnt);
	return err;
}

/* ---- /proc/PID/mounts and mountinfo ---- */

/* Blanks and backslashes as octal, so that the fields stay apart. */
static void seq_escaped(struct seq_file *m, const char *s)
{
	for (; *s; s++) {
		if (strchr(" \t\n\\#", *s))
			seq_printf(m, "\\%03o", *s);
		else
			seq_putc(m, *s);
	}
}

static void show_mount_options(struct seq_file *m, const struct mount *mnt)
{
	static const struct { unsigned int flag; const char *name; } opts[] = {
		{ MS_NOSUID, ",nosuid" }, { MS_NODEV, ",nodev" }, { MS_NOEXEC, ",noexec" },
		{ MS_NOATIME, ",noatime" }, { MS_NODIRATIME, ",nodiratime" },
		{ MS_RELATIME, ",relatime" },
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(opts); i++)
		if (mnt->flags & opts[i].flag)
			seq_puts(m, opts[i].name);
}

static void show_sb_options(struct seq_file *m, const struct mount *mnt)
{
	if (mnt->sb->s_op && mnt->sb->s_op->show_options)
		mnt->sb->s_op->show_options(m, mnt->sb);
}

/* Call @show for each mount that current's root can reach, with its path. */
static int for_each_visible(struct seq_file *m,
			    void (*show)(struct seq_file *m, struct mount *mnt, const char *at))
{
	char *buf = kmalloc(PATH_MAX, GFP_KERNEL);
	struct path root;
	struct mount *mnt;

	if (!buf)
		return -ENOMEM;
	get_fs_root(&root);
	down_read(&namespace_sem);
	list_for_each_entry(mnt, &mount_list, list) {
		struct path top = { mnt, mnt->root };
		bool unreachable;
		char *at = path_from(&top, &root, buf, PATH_MAX, &unreachable);

		if (!IS_ERR(at) && !unreachable)
			show(m, mnt, at);
	}
	up_read(&namespace_sem);
	path_put(&root);
	kfree(buf);
	return 0;
}

static void mounts_line(struct seq_file *m, struct mount *mnt, const char *at)
{
	seq_escaped(m, mnt->source);
	seq_putc(m, ' ');
	seq_escaped(m, at);
	seq_printf(m, " %s %s", mnt->sb->s_type->name, sb_write_allowed(mnt) ? "ro" : "rw");
	if (mnt != root_mount)
		show_mount_options(m, mnt);
	show_sb_options(m, mnt);
	seq_puts(m, " 0 0\n");
}

int mounts_show(struct seq_file *m)
{
	return for_each_visible(m, mounts_line);
}

static void mountinfo_line(struct seq_file *m, struct mount *mnt, const char *at)
{
	struct path fs_top = { mnt, mnt->sb->s_root }, sub = { mnt, mnt->root };
	char *buf = kmalloc(PATH_MAX, GFP_KERNEL);
	bool unreachable;
	char *in_fs = buf ? path_from(&sub, &fs_top, buf, PATH_MAX, &unreachable) : NULL;

	seq_printf(m, "%i %i %u:%u ", mnt->id, mnt->parent ? mnt->parent->id : mnt->id,
		   MAJOR(mnt->sb->s_dev), MINOR(mnt->sb->s_dev));
	seq_escaped(m, IS_ERR_OR_NULL(in_fs) || mnt->root == mnt->sb->s_root ? "/" : in_fs);
	seq_putc(m, ' ');
	seq_escaped(m, at);
	seq_puts(m, mnt->flags & MS_RDONLY ? " ro" : " rw");
	if (mnt != root_mount)
		show_mount_options(m, mnt);
	seq_printf(m, " - %s ", mnt->sb->s_type->name);
	seq_escaped(m, mnt->source);
	seq_puts(m, mnt->flags & MS_RDONLY || sb_readonly(mnt->sb) ? " ro" : " rw");
	show_sb_options(m, mnt);
	seq_putc(m, '\n');
	kfree(buf);
}

int mountinfo_show(struct seq_file *m)
{
	return for_each_visible(m, mountinfo_line);
}

/* ---- the beginning ---- */

/* The root of all names: a tmpfs that initramfs will fill. */
static void __init mount_root(void)
{
	struct path root;

	root_mount = kern_mount(rootfs_init());
	if (IS_ERR(root_mount))
		panic("no memory for the root file system");
	attach_mount(root_mount, NULL);
	root.mnt = root_mount;
	root.dentry = root_mount->root;
	path_get(&root);
	init_fs.root = root;
	path_get(&root);
	init_fs.pwd = root;
	init_task.fs = &init_fs;
	init_task.files = &init_files;
}

void __init vfs_init(void)
{
	dcache_init();
	inode_init();
	namei_init();
	files_init();
	mount_root();
	anon_inode_init();
	pipe_init();
}
