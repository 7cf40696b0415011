/*
 * fs/file.c - descriptors: a process's table of open files, and the open files themselves
 *
 * Purpose:    from a small number to a struct file; dup, fork and exec of the table.
 * Invariants: fd[n] != NULL implies bit n of open_fds; bit n without fd[n] is a descriptor that
 *             is being opened; next_fd is at most the lowest free descriptor;
 *             a struct file is freed by the last fput, after its release operation.
 * Lock order: files->lock is innermost; files are put after it is dropped.
 * Simplified: a table used by one thread alone is read without the lock.
 * Sources:    POSIX.1-2017, dup(), fork(), exec.
 */
#include <fs.h>
#include <mm.h>
#include <nospec.h>
#include <sched.h>
#include <slab.h>
#include <string.h>
#include <syscalls_fs.h>
#include "internal.h"

static struct kmem_cache *filp_cachep, *files_cachep, *fs_cachep;

struct files_struct init_files = {
	.count = ATOMIC_INIT(1),
	.lock = SPIN_LOCK_UNLOCKED,
	.max_fds = NR_OPEN_DEFAULT,
	.fd = init_files.fd_inline,
	.open_fds = init_files.open_inline,
	.close_on_exec = init_files.cloexec_inline,
};

struct fs_struct init_fs = {
	.count = ATOMIC_INIT(1),
	.lock = SPIN_LOCK_UNLOCKED,
	.umask = 022,
};
LOCK_NAME(init_files_lock, init_files.lock, "files->lock");
LOCK_NAME(init_fs_lock, init_fs.lock, "fs->lock");

/* ---- struct file ---- */

unsigned long nr_open_files(void)
{
	return kmem_cache_active(filp_cachep);
}

/* A tenth of memory, at about a kilobyte a file with its inode and dentry, as on Linux. */
unsigned long max_open_files(void)
{
	return max(totalram_pages() * (PAGE_SIZE / 1024) / 10, 8192UL);
}

/* A file without path or operations.  ERR_PTR(-ENFILE): as many as there may be; -ENOMEM. */
struct file *alloc_empty_file(unsigned int flags)
{
	struct file *f;

	if (!capable_root() && nr_open_files() >= max_open_files())
		return ERR_PTR(-ENFILE);
	f = kmem_cache_alloc(filp_cachep, GFP_KERNEL);
	if (!f)
		return ERR_PTR(-ENOMEM);
	memset(f, 0, sizeof(*f));
	atomic_set(&f->f_count, 1);
	mutex_init_class(&f->f_pos_lock, "file->f_pos_lock");
	f->f_flags = flags & ~(O_CREAT | O_EXCL | O_NOCTTY | O_TRUNC | O_CLOEXEC);
	if (flags & O_PATH)
		f->f_mode = FMODE_PATH;
	else
		f->f_mode = ((flags & O_ACCMODE) + 1) & (FMODE_READ | FMODE_WRITE);
	return f;
}

void free_empty_file(struct file *f)
{
	kmem_cache_free(filp_cachep, f);
}

/* An open file on @path (takes its own references) whose operations are @fop; ERR_PTR. */
struct file *alloc_file(const struct path *path, unsigned int flags,
			const struct file_operations *fop)
{
	struct file *f = alloc_empty_file(flags);

	if (IS_ERR(f))
		return f;
	path_get(path);
	f->f_path = *path;
	f->f_inode = path->dentry->d_inode;
	f->f_op = fop;
	if ((f->f_mode & FMODE_WRITE) && S_ISREG(f->f_inode->i_mode))
		atomic_inc(&f->f_inode->i_writecount);
	return f;
}

static void free_file(struct file *f)
{
	if (!(f->f_mode & FMODE_PATH)) {
		locks_remove_flock(f);
		if (f->f_op->release)
			f->f_op->release(f->f_inode, f);
		if ((f->f_mode & FMODE_WRITE) && S_ISREG(f->f_inode->i_mode))
			atomic_dec(&f->f_inode->i_writecount);
		if (f->f_mode & FMODE_EXEC)
			allow_write_access(f->f_inode);
	}
	path_put(&f->f_path);
	kmem_cache_free(filp_cachep, f);
}

void fput(struct file *f)
{
	VM_BUG_ON(atomic_read(&f->f_count) <= 0);
	if (atomic_dec_and_test(&f->f_count))
		free_file(f);
}

int filp_close(struct file *f, struct files_struct *owner)
{
	int err = 0;

	if (!(f->f_mode & FMODE_PATH)) {
		if (f->f_op->flush)
			err = f->f_op->flush(f);
		locks_remove_posix(f, owner);
	}
	fput(f);
	return err;
}

/* ---- finding ---- */

static struct file *lookup_fd(struct files_struct *files, unsigned int fd, unsigned int refuse)
{
	bool shared = atomic_read(&files->count) > 1;
	struct file *f = NULL;

	if (shared)
		spin_lock(&files->lock);
	if (fd < files->max_fds)
		f = files->fd[array_index_nospec(fd, files->max_fds)];
	if (f) {
		if (f->f_mode & refuse)
			f = NULL;
		else
			get_file(f);
	}
	if (shared)
		spin_unlock(&files->lock);
	return f;
}

struct file *fget(unsigned int fd)
{
	return lookup_fd(current->files, fd, FMODE_PATH);
}

struct file *fget_raw(unsigned int fd)
{
	return lookup_fd(current->files, fd, 0);
}

struct file *fget_task(struct task_struct *t, unsigned int fd)
{
	struct file *f = NULL;

	task_lock(t);
	if (t->files) {
		spin_lock(&t->files->lock);
		if (fd < t->files->max_fds)
			f = t->files->fd[array_index_nospec(fd, t->files->max_fds)];
		if (f)
			get_file(f);
		spin_unlock(&t->files->lock);
	}
	task_unlock(t);
	return f;
}

/* ---- the table ---- */

static size_t table_bytes(unsigned int nr)
{
	return nr * sizeof(struct file *) + 2 * (nr / 8);
}

/* Room for @nr descriptors in one block: the pointers, then the two bitmaps. */
static void point_table(struct files_struct *files, void *block, unsigned int nr)
{
	files->fd = block;
	files->open_fds = (unsigned long *)(files->fd + nr);
	files->close_on_exec = files->open_fds + nr / 64;
	files->max_fds = nr;
}

static void free_table(struct files_struct *files)
{
	if (files->fd != files->fd_inline)
		kfree(files->fd);
}

/* Copy what is in @from to the (larger or equal, zeroed) table of @to. */
static void copy_table(struct files_struct *to, const struct files_struct *from, unsigned int nr)
{
	memcpy(to->fd, from->fd, nr * sizeof(struct file *));
	memcpy(to->open_fds, from->open_fds, nr / 8);
	memcpy(to->close_on_exec, from->close_on_exec, nr / 8);
}

static unsigned int round_table(unsigned int nr)
{
	unsigned int size = NR_OPEN_DEFAULT;

	while (size < nr)
		size *= 2;
	return size;
}

/* Make room for descriptor @fd.  0, -EMFILE, -ENOMEM.  files->lock is not held. */
static int expand_files(struct files_struct *files, unsigned int fd)
{
	unsigned int nr;
	void *block;

	if (fd >= NR_OPEN_MAX)
		return -EMFILE;
	nr = round_table(fd + 1);
	block = kzalloc(table_bytes(nr), GFP_KERNEL);
	if (!block)
		return -ENOMEM;
	spin_lock(&files->lock);
	if (files->max_fds < nr) {
		struct files_struct *old = files, tmp = { .fd = files->fd,
			.open_fds = files->open_fds, .close_on_exec = files->close_on_exec };
		unsigned int old_nr = files->max_fds;
		bool was_inline = files->fd == files->fd_inline;

		point_table(old, block, nr);
		copy_table(old, &tmp, old_nr);
		block = was_inline ? NULL : tmp.fd;
	}
	spin_unlock(&files->lock);
	kfree(block);
	return 0;
}

/* The lowest free descriptor from @start, or max_fds.  files->lock held. */
static unsigned int find_free(const struct files_struct *files, unsigned int start)
{
	for (unsigned int w = start / 64; w < files->max_fds / 64; w++) {
		unsigned long busy = files->open_fds[w];

		if (w == start / 64)
			busy |= (1UL << start % 64) - 1;
		if (~busy)
			return w * 64 + __builtin_ctzl(~busy);
	}
	return files->max_fds;
}

static void mark_fd(struct files_struct *files, unsigned int fd, int flags)
{
	__set_bit(fd, files->open_fds);
	if (flags & O_CLOEXEC)
		__set_bit(fd, files->close_on_exec);
	else
		__clear_bit(fd, files->close_on_exec);
}

int get_unused_fd(unsigned int start, int flags)
{
	struct files_struct *files = current->files;
	unsigned long limit = min(rlimit(RLIMIT_NOFILE), (unsigned long)NR_OPEN_MAX);

	for (;;) {
		unsigned int fd;
		int err;

		spin_lock(&files->lock);
		fd = find_free(files, max(start, files->next_fd));
		if (fd >= limit) {
			spin_unlock(&files->lock);
			return -EMFILE;
		}
		if (fd < files->max_fds) {
			mark_fd(files, fd, flags);
			if (start <= files->next_fd)
				files->next_fd = fd + 1;
			spin_unlock(&files->lock);
			return fd;
		}
		spin_unlock(&files->lock);
		err = expand_files(files, fd);
		if (err)
			return err;
	}
}

static void release_fd(struct files_struct *files, unsigned int fd)
{
	__clear_bit(fd, files->open_fds);
	__clear_bit(fd, files->close_on_exec);
	if (fd < files->next_fd)
		files->next_fd = fd;
}

void put_unused_fd(unsigned int fd)
{
	struct files_struct *files = current->files;

	spin_lock(&files->lock);
	release_fd(files, fd);
	spin_unlock(&files->lock);
}

void fd_install(unsigned int fd, struct file *f)
{
	struct files_struct *files = current->files;

	spin_lock(&files->lock);
	VM_BUG_ON(files->fd[fd]);
	files->fd[fd] = f;
	spin_unlock(&files->lock);
}

/* Take the file out of the table; NULL if there is none. */
static struct file *take_fd(struct files_struct *files, unsigned int fd)
{
	struct file *f = NULL;

	spin_lock(&files->lock);
	if (fd < files->max_fds)
		f = files->fd[array_index_nospec(fd, files->max_fds)];
	if (f) {
		files->fd[fd] = NULL;
		release_fd(files, fd);
	}
	spin_unlock(&files->lock);
	return f;
}

int close_fd(unsigned int fd)
{
	struct file *f = take_fd(current->files, fd);

	return f ? filp_close(f, current->files) : -EBADF;
}

/* ---- fork, exec, exit ---- */

static struct files_struct *alloc_files(unsigned int nr)
{
	struct files_struct *files = kmem_cache_alloc(files_cachep, GFP_KERNEL);
	void *block;

	if (!files)
		return NULL;
	memset(files, 0, sizeof(*files));
	spin_lock_init(&files->lock);
	atomic_set(&files->count, 1);
	if (nr <= NR_OPEN_DEFAULT) {
		files->fd = files->fd_inline;
		files->open_fds = files->open_inline;
		files->close_on_exec = files->cloexec_inline;
		files->max_fds = NR_OPEN_DEFAULT;
		return files;
	}
	block = kzalloc(table_bytes(nr), GFP_KERNEL);
	if (!block) {
		kmem_cache_free(files_cachep, files);
		return NULL;
	}
	point_table(files, block, nr);
	return files;
}

/* Slots up to the highest open descriptor, in whole words. */
static unsigned int used_slots(const struct files_struct *files)
{
	unsigned int w = files->max_fds / 64;

	while (w > 1 && !files->open_fds[w - 1])
		w--;
	return w * 64;
}

/* An equal table with references of its own; descriptors still being opened are left out. */
static struct files_struct *dup_files(struct files_struct *from)
{
	struct files_struct *to;
	unsigned int nr;

	for (;;) {
		spin_lock(&from->lock);
		nr = round_table(used_slots(from));
		spin_unlock(&from->lock);
		to = alloc_files(nr);
		if (!to)
			return NULL;
		spin_lock(&from->lock);
		if (used_slots(from) <= to->max_fds)
			break;
		spin_unlock(&from->lock);	/* it grew meanwhile */
		free_table(to);
		kmem_cache_free(files_cachep, to);
	}
	nr = used_slots(from);
	copy_table(to, from, nr);
	to->next_fd = from->next_fd;
	for (unsigned int w = 0; w < nr / 64; w++) {
		for (unsigned long bits = to->open_fds[w]; bits; bits &= bits - 1) {
			unsigned int fd = w * 64 + __builtin_ctzl(bits);

			if (to->fd[fd])
				get_file(to->fd[fd]);
			else
				release_fd(to, fd);
		}
	}
	spin_unlock(&from->lock);
	return to;
}

static void close_all(struct files_struct *files)
{
	for (unsigned int w = 0; w < files->max_fds / 64; w++) {
		for (unsigned long bits = files->open_fds[w]; bits; bits &= bits - 1) {
			unsigned int fd = w * 64 + __builtin_ctzl(bits);
			struct file *f = files->fd[fd];

			if (f) {
				files->fd[fd] = NULL;
				filp_close(f, files);
			}
		}
	}
}

static void put_files(struct files_struct *files)
{
	if (!atomic_dec_and_test(&files->count))
		return;
	close_all(files);
	free_table(files);
	kmem_cache_free(files_cachep, files);
}

int copy_files(u64 clone_flags, struct task_struct *t)
{
	struct files_struct *from = current->files;

	if (!from) {
		t->files = NULL;
		return 0;
	}
	if (clone_flags & CLONE_FILES) {
		atomic_inc(&from->count);
		t->files = from;
		return 0;
	}
	t->files = dup_files(from);
	return t->files ? 0 : -ENOMEM;
}

void exit_files(struct task_struct *t)
{
	struct files_struct *files = t->files;

	if (!files)
		return;
	task_lock(t);
	t->files = NULL;
	task_unlock(t);
	put_files(files);
}

int unshare_files(void)
{
	struct files_struct *old = current->files, *new;

	if (!old || atomic_read(&old->count) == 1)
		return 0;
	new = dup_files(old);
	if (!new)
		return -ENOMEM;
	task_lock(current);
	current->files = new;
	task_unlock(current);
	put_files(old);
	return 0;
}

void do_close_on_exec(void)
{
	struct files_struct *files = current->files;

	for (unsigned int w = 0; w < files->max_fds / 64; w++) {
		for (unsigned long bits = files->close_on_exec[w] & files->open_fds[w]; bits;
		     bits &= bits - 1)
			close_fd(w * 64 + __builtin_ctzl(bits));
	}
}

/* ---- root, working directory, umask ---- */

void get_fs_root(struct path *path)
{
	struct fs_struct *fs = current->fs ? current->fs : &init_fs;

	spin_lock(&fs->lock);
	*path = fs->root;
	path_get(path);
	spin_unlock(&fs->lock);
}

void get_fs_pwd(struct path *path)
{
	struct fs_struct *fs = current->fs ? current->fs : &init_fs;

	spin_lock(&fs->lock);
	*path = fs->pwd;
	path_get(path);
	spin_unlock(&fs->lock);
}

/* Put @path (referenced by the caller) in place of @slot, fs->root or fs->pwd of current. */
void set_fs_path(struct path *slot, const struct path *path)
{
	struct path old;

	spin_lock(&current->fs->lock);
	old = *slot;
	*slot = *path;
	spin_unlock(&current->fs->lock);
	path_put(&old);
}

int copy_fs(u64 clone_flags, struct task_struct *t)
{
	struct fs_struct *from = current->fs ? current->fs : &init_fs, *fs;

	if (clone_flags & CLONE_FS) {
		atomic_inc(&from->count);
		t->fs = from;
		return 0;
	}
	fs = kmem_cache_alloc(fs_cachep, GFP_KERNEL);
	if (!fs)
		return -ENOMEM;
	atomic_set(&fs->count, 1);
	spin_lock_init(&fs->lock);
	spin_lock(&from->lock);
	fs->umask = from->umask;
	fs->root = from->root;
	fs->pwd = from->pwd;
	path_get(&fs->root);
	path_get(&fs->pwd);
	spin_unlock(&from->lock);
	t->fs = fs;
	return 0;
}

void exit_fs(struct task_struct *t)
{
	struct fs_struct *fs = t->fs;

	if (!fs)
		return;
	task_lock(t);
	t->fs = NULL;
	task_unlock(t);
	if (!atomic_dec_and_test(&fs->count))
		return;
	path_put(&fs->root);
	path_put(&fs->pwd);
	kmem_cache_free(fs_cachep, fs);
}

/* ---- close, dup ---- */

long sys_close(unsigned int fd)
{
	long err = close_fd(fd);

	/* a file is closed even if flushing it was interrupted: never restart */
	if (err == -ERESTARTSYS || err == -ERESTARTNOINTR || err == -ERESTARTNOHAND)
		err = -EINTR;
	return err;
}

#define CLOSE_RANGE_UNSHARE	2
#define CLOSE_RANGE_CLOEXEC	4

long sys_close_range(unsigned int fd, unsigned int max_fd, unsigned int flags)
{
	struct files_struct *files;
	int err;

	if (flags & ~(CLOSE_RANGE_UNSHARE | CLOSE_RANGE_CLOEXEC))
		return -EINVAL;
	if (fd > max_fd)
		return -EINVAL;
	if (flags & CLOSE_RANGE_UNSHARE) {
		err = unshare_files();
		if (err)
			return err;
	}
	files = current->files;
	max_fd = min(max_fd, files->max_fds - 1);
	for (; fd <= max_fd; fd++) {
		struct file *f;

		if (flags & CLOSE_RANGE_CLOEXEC) {
			spin_lock(&files->lock);
			if (test_bit(fd, files->open_fds))
				__set_bit(fd, files->close_on_exec);
			spin_unlock(&files->lock);
			continue;
		}
		f = take_fd(files, fd);
		if (f)
			filp_close(f, files);
	}
	return 0;
}

/* Give current another descriptor, at least @start, for @f; takes over the reference. */
int dup_at_least(struct file *f, unsigned int start, int flags)
{
	int fd = get_unused_fd(start, flags);

	if (fd < 0)
		fput(f);
	else
		fd_install(fd, f);
	return fd;
}

long sys_dup(unsigned int fd)
{
	struct file *f = fget_raw(fd);

	return f ? dup_at_least(f, 0, 0) : -EBADF;
}

static long do_dup2(unsigned int oldfd, unsigned int newfd, int flags)
{
	struct files_struct *files = current->files;
	struct file *f, *replaced;
	int err;

	if (newfd >= rlimit(RLIMIT_NOFILE))
		return -EBADF;
	if (newfd >= files->max_fds) {
		err = expand_files(files, newfd);
		if (err)
			return err == -EMFILE ? -EBADF : err;
	}
	spin_lock(&files->lock);
	f = oldfd < files->max_fds ? files->fd[oldfd] : NULL;
	if (!f) {
		spin_unlock(&files->lock);
		return -EBADF;
	}
	replaced = files->fd[newfd];
	if (!replaced && test_bit(newfd, files->open_fds)) {	/* being opened by another thread */
		spin_unlock(&files->lock);
		return -EBUSY;
	}
	files->fd[newfd] = get_file(f);
	mark_fd(files, newfd, flags);
	spin_unlock(&files->lock);
	if (replaced)
		filp_close(replaced, files);
	return newfd;
}

long sys_dup3(unsigned int oldfd, unsigned int newfd, int flags)
{
	if (flags & ~O_CLOEXEC)
		return -EINVAL;
	if (oldfd == newfd)
		return -EINVAL;
	return do_dup2(oldfd, newfd, flags);
}

long sys_dup2(unsigned int oldfd, unsigned int newfd)
{
	struct file *f;

	if (oldfd != newfd)
		return do_dup2(oldfd, newfd, 0);
	f = fget_raw(oldfd);
	if (!f)
		return -EBADF;
	fput(f);
	return newfd;
}

void __init files_init(void)
{
	filp_cachep = kmem_cache_create("filp", sizeof(struct file), 0,
					SLAB_HWCACHE_ALIGN | SLAB_PANIC, NULL);
	files_cachep = KMEM_CACHE(files_struct, SLAB_HWCACHE_ALIGN | SLAB_PANIC);
	fs_cachep = KMEM_CACHE(fs_struct, SLAB_HWCACHE_ALIGN | SLAB_PANIC);
}
