/*
 * fs.h - files: inode, dentry, mount, open file, and the operations of each
 *
 * Locks: dcache_lock protects the tree of dentries (names, children, hash);
 *        inode->i_rwsem protects a directory's entries or a file's size and data
 *        against write and truncate; file->f_pos_lock the position.
 * Order: i_rwsem (parent before child) > mmap_sem > page lock > dcache_lock.
 *        A user copy under i_rwsem may fault and take mmap_sem; so mmap_sem is never
 *        held when i_rwsem is taken.
 */
#ifndef FS_H
#define FS_H

#include <list.h>
#include <mm_types.h>
#include <mutex.h>
#include <types.h>
#include <wait.h>
#include <uapi/fcntl.h>
#include <uapi/poll.h>
#include <uapi/stat.h>
#include <uapi/statfs.h>
#include <uapi/time.h>
#include <uapi/uio.h>
#include <uapi/mount.h>

struct dentry;
struct inode;
struct file;
struct mount;
struct path;
struct pipe_inode_info;
struct poll_table;
struct seq_file;
struct super_block;
struct file_system_type;

#define MKDEV(ma, mi)	((dev_t)((u64)(ma) << 20 | (mi)))
#define MAJOR(dev)	((unsigned int)((dev) >> 20))
#define MINOR(dev)	((unsigned int)((dev) & 0xfffff))
/* The encoding of st_dev and st_rdev in struct stat. */
static inline u64 new_encode_dev(dev_t d)
{
	return (MINOR(d) & 0xff) | (MAJOR(d) << 8) | ((u64)(MINOR(d) & ~0xffU) << 12);
}
static inline dev_t new_decode_dev(u64 d)
{
	return MKDEV((d >> 8) & 0xfff, (d & 0xff) | ((d >> 12) & 0xfff00));
}

#define MAX_SYMLINKS 40

struct inode_operations {
	/* Find @dentry's name in @dir: fill it by d_instantiate (or leave it negative).  0 or -errno. */
	int (*lookup)(struct inode *dir, struct dentry *dentry);
	int (*create)(struct inode *dir, struct dentry *dentry, umode_t mode);
	int (*link)(struct dentry *old, struct inode *dir, struct dentry *dentry);
	int (*unlink)(struct inode *dir, struct dentry *dentry);
	int (*symlink)(struct inode *dir, struct dentry *dentry, const char *target);
	int (*mkdir)(struct inode *dir, struct dentry *dentry, umode_t mode);
	int (*rmdir)(struct inode *dir, struct dentry *dentry);
	int (*mknod)(struct inode *dir, struct dentry *dentry, umode_t mode, dev_t dev);
	/* O_TMPFILE: a file without a name; NULL: EOPNOTSUPP. */
	int (*tmpfile)(struct inode *dir, struct dentry *dentry, umode_t mode);
	int (*rename)(struct inode *odir, struct dentry *old, struct inode *ndir,
		      struct dentry *new, unsigned int flags);
	/* The target of a symlink into @buf (not NUL counted); length or -errno. */
	ssize_t (*readlink)(struct inode *inode, char *buf, size_t size);
	/* /proc magic links: the object itself, referenced. */
	int (*get_path)(struct inode *inode, struct path *path);
	/* New size, under i_rwsem. */
	int (*truncate)(struct inode *inode, loff_t size);
	/* Before stat: refresh what is computed. */
	void (*getattr)(struct inode *inode);
};

/* Directory reading: the file system calls dir_emit for each entry. */
struct dir_context {
	bool (*actor)(struct dir_context *ctx, const char *name, int len, loff_t off, u64 ino,
		      unsigned int type);
	loff_t pos;
};
static inline bool dir_emit(struct dir_context *ctx, const char *name, int len, u64 ino,
			    unsigned int type)
{
	return ctx->actor(ctx, name, len, ctx->pos, ino, type);
}

struct file_operations {
	int (*open)(struct inode *inode, struct file *file);
	void (*release)(struct inode *inode, struct file *file);	/* last close */
	ssize_t (*read)(struct file *file, char __user *buf, size_t len, loff_t *pos);
	ssize_t (*write)(struct file *file, const char __user *buf, size_t len, loff_t *pos);
	/* From kernel memory, for sendfile; files of the page cache do not need it. */
	ssize_t (*kwrite)(struct file *file, const char *buf, size_t len, loff_t *pos);
	loff_t (*llseek)(struct file *file, loff_t off, int whence);
	int (*iterate)(struct file *file, struct dir_context *ctx);
	unsigned int (*poll)(struct file *file, struct poll_table *pt);	/* EPOLL/POLL bits ready now */
	long (*ioctl)(struct file *file, unsigned int cmd, unsigned long arg);
	int (*mmap)(struct file *file, struct vm_area_struct *vma);
	int (*fsync)(struct file *file, int datasync);
	int (*flush)(struct file *file);	/* every close(2) */
	long (*fallocate)(struct file *file, int mode, loff_t off, loff_t len);
	unsigned long (*get_unmapped_area)(struct file *file, unsigned long addr, unsigned long len,
					   unsigned long pgoff, unsigned long flags);
};

struct inode {
	umode_t i_mode;
	uid_t i_uid;
	gid_t i_gid;
	unsigned int i_nlink;		/* parent's i_rwsem */
	u64 i_ino;
	dev_t i_rdev;
	loff_t i_size;			/* i_rwsem to change */
	unsigned long i_blocks;		/* of 512 bytes */
	u64 i_atime, i_mtime, i_ctime;	/* Unix ns */
	atomic_t i_count;
	struct super_block *i_sb;
	const struct inode_operations *i_op;
	const struct file_operations *i_fop;
	struct address_space i_data;	/* its own pages */
	struct address_space *i_mapping;
	struct rw_semaphore i_rwsem;
	atomic_t i_writecount;		/* >0: open for writing; <0: executed, ETXTBSY on write */
	struct pipe_inode_info *i_pipe;
	struct dentry *i_alias;		/* of a directory: the one name it is cached under; dcache_lock */
	struct list_head i_locks;	/* fcntl byte-range locks (fs/locks.c) */
	unsigned int i_flags;		/* S_*: i_rwsem to change */
	bool i_linkable;		/* O_TMPFILE: link(2) may give it its first name */
	void *i_private;
	u32 i_generation;
	/* The cache of inodes (fs/inode.c): inode_cache_lock. */
	unsigned int i_state;		/* I_* */
	struct hlist_node i_hash;	/* by file system and number; unhashed: no other home */
	struct list_head i_sb_list;	/* in sb->s_inodes, if hashed */
	struct list_head i_lru;		/* nobody uses it: kept for the next one */
	struct list_head i_dirty;	/* in sb->s_dirty; oldest first */
	u64 i_dirtied_when;		/* monotonic ns */
};
#define S_SWAPFILE	0x100		/* in use as swap: not written, cut or unlinked */
#define IS_SWAPFILE(inode) ((inode)->i_flags & S_SWAPFILE)
#define I_NEW		1		/* being read: others wait */
#define I_FREEING	2		/* on its way out: others wait, and look again */
#define I_DIRTY_SYNC	4		/* times: fdatasync does without */
#define I_DIRTY_DATASYNC 8		/* what is needed to find the data again: size, blocks */
#define I_DIRTY_PAGES	16		/* some of its pages are dirty */
#define I_SYNC		32		/* somebody copies it to its block: others wait */
#define I_DIRTY		(I_DIRTY_SYNC | I_DIRTY_DATASYNC | I_DIRTY_PAGES)

struct dentry {
	atomic_t d_count;
	struct inode *d_inode;		/* NULL: negative */
	struct dentry *d_parent;	/* itself for a root */
	char *d_name;
	unsigned int d_len;
	u32 d_hashval;
	struct hlist_node d_hash;	/* dcache_lock */
	struct list_head d_child;	/* in parent's d_subdirs while hashed; newest first */
	u32 d_seq;			/* counts up in its directory: the position of readdir */
	u32 d_next_seq;			/* of a directory: the next child's d_seq */
	struct list_head d_lru;		/* unused but kept; dcache_lock */
	struct list_head d_subdirs;
	struct super_block *d_sb;
	bool d_unlinked;		/* no longer reachable by name */
	bool d_mounted;			/* something may be mounted here */
	const struct dentry_operations *d_op;
	void *d_private;
};

struct dentry_operations {
	/* May a cached dentry still be used?  (/proc/PID of a task that is gone: no) */
	bool (*revalidate)(struct dentry *dentry);
	/* The text of /proc/PID/fd/N for objects without a path (pipe:[7]), at the end of @buf. */
	char *(*dname)(struct dentry *dentry, char *buf, int size);
	bool uncached;			/* freed at the last dput, not kept for the next walk */
};

/* One mounted file system. */
struct mount {
	atomic_t count;
	struct super_block *sb;
	struct dentry *root;		/* of what is mounted */
	struct mount *parent;		/* where: NULL for the root */
	struct dentry *mountpoint;
	struct list_head list;		/* all mounts, in order */
	unsigned int flags;		/* MS_RDONLY, MS_NOSUID ... */
	int id;
	bool attached;			/* in mount_list: mount_lock */
	char *source;			/* the device word of mount(2) */
};

struct path {
	struct mount *mnt;
	struct dentry *dentry;
};

struct super_operations {
	/* Free the file system's part of an inode that goes; with no names left, on the disk too. */
	void (*evict_inode)(struct inode *inode);
	/* Copy an inode to its place among the cached blocks of the disk.  NULL: inodes have no other home. */
	int (*write_inode)(struct inode *inode);
	/* Hand everything but inodes and their data to the disk, and wait.  0 or -EIO. */
	int (*sync_fs)(struct super_block *sb);
	void (*put_super)(struct super_block *sb);	/* all inodes are gone; the device is still there */
	int (*statfs)(struct super_block *sb, struct statfs *buf);
	void (*show_options)(struct seq_file *m, struct super_block *sb);	/* ",size=64k" */
	/* New options and (MS_RDONLY of) *@flags; the VFS takes over what is in *@flags afterwards. */
	int (*remount)(struct super_block *sb, unsigned long *flags, const char *data);
};

struct super_block {
	struct file_system_type *s_type;
	const struct super_operations *s_op;
	struct dentry *s_root;
	dev_t s_dev;
	unsigned long s_flags;		/* MS_RDONLY: nobody may write, whatever the mount says */
	atomic_t s_active;		/* mounts */
	unsigned int s_blocksize;	/* bytes; 0: in memory */
	struct block_device *s_bdev;	/* NULL: none */
	struct list_head s_list;	/* of all that live on a device: supers_mutex */
	struct list_head s_inodes;	/* inode_cache_lock */
	struct list_head s_dirty;	/* inode_cache_lock */
	struct mutex s_sync_mutex;	/* one sync at a time */
	u64 s_next_ino;
	unsigned long s_magic;
	void *s_fs_info;
};

struct file_system_type {
	const char *name;
	/* A new (or shared) super block for one mount; ERR_PTR. */
	struct super_block *(*mount)(struct file_system_type *t, unsigned long flags,
				     const char *source, const char *data);
	void (*kill_sb)(struct super_block *sb);
	bool nodev;
	struct file_system_type *next;
};

/* How a file is being read (mm/readahead.c).  A hint: races make a window less good, no more. */
struct file_ra_state {
	pgoff_t start;			/* of the last window */
	unsigned int size, async_size;	/* its pages; the next one is begun so many before its end */
	unsigned int ra_pages;		/* the largest window; 0: none */
	pgoff_t prev_index;		/* where the last read ended */
};

struct file {
	atomic_t f_count;
	struct path f_path;
	struct inode *f_inode;
	const struct file_operations *f_op;
	unsigned int f_flags;		/* O_* */
	unsigned int f_mode;		/* FMODE_* */
	loff_t f_pos;			/* f_pos_lock */
	struct mutex f_pos_lock;
	void *private_data;
	pid_t f_owner;			/* F_SETOWN */
	struct file_ra_state f_ra;
	u32 f_wb_err;			/* the error of its mapping that was told last: own task */
};
#define FMODE_READ	1
#define FMODE_WRITE	2
#define FMODE_EXEC	4	/* opened by exec */
#define FMODE_PATH	8	/* O_PATH */
#define FMODE_RANDOM	64	/* POSIX_FADV_RANDOM */
#define FMODE_EXCL	32	/* a block device, claimed (O_EXCL) */
#define FMODE_UNSIGNED_OFFSET 16 /* positions are addresses: all 64 bits mean something */

#define NR_OPEN_DEFAULT 64
#define NR_OPEN_MAX 4096		/* no RLIMIT_NOFILE goes beyond */

/* A process's descriptors, shared by CLONE_FILES. */
struct files_struct {
	atomic_t count;
	spinlock_t lock;		/* the rest */
	unsigned int max_fds;		/* slots in fd[]: a multiple of 64 */
	unsigned int next_fd;		/* no free one below */
	struct file **fd;
	unsigned long *open_fds;	/* bitmap: taken, though fd[] may still be NULL */
	unsigned long *close_on_exec;
	struct file *fd_inline[NR_OPEN_DEFAULT];	/* where the three point at first */
	unsigned long open_inline[1], cloexec_inline[1];
};

/* Root, working directory, umask: shared by CLONE_FS. */
struct fs_struct {
	atomic_t count;
	spinlock_t lock;
	umode_t umask;
	struct path root, pwd;
};

/* ---- open files ---- */
struct file *filp_open(const char *path, int flags, umode_t mode);	/* kernel path; ERR_PTR */
struct file *do_filp_open(int dfd, const char *path, int flags, umode_t mode);
struct file *alloc_file(const struct path *path, unsigned int flags, const struct file_operations *fop);
struct file *alloc_anon_file(const char *name, const struct file_operations *fop, void *priv, int flags);
static inline struct file *get_file(struct file *f) { atomic_inc(&f->f_count); return f; }
void fput(struct file *f);
struct file *fget(unsigned int fd);		/* referenced; NULL: EBADF.  O_PATH files are refused. */
struct file *fget_raw(unsigned int fd);		/* O_PATH too */
int get_unused_fd(unsigned int start, int flags);	/* flags: O_CLOEXEC */
void put_unused_fd(unsigned int fd);
void fd_install(unsigned int fd, struct file *f);	/* takes over the reference */
int close_fd(unsigned int fd);
extern struct files_struct init_files;
/* Open files of the whole system, and how many there may be (for all but root). */
unsigned long nr_open_files(void);
unsigned long max_open_files(void);
struct file *fget_task(struct task_struct *t, unsigned int fd);	/* of another task; NULL */
int filp_close(struct file *f, struct files_struct *owner);	/* close(2) without the descriptor */
int copy_files(u64 clone_flags, struct task_struct *t);
void exit_files(struct task_struct *t);
void do_close_on_exec(void);
int unshare_files(void);			/* exec: own table */
int copy_fs(u64 clone_flags, struct task_struct *t);
void exit_fs(struct task_struct *t);
struct file *open_exec(const char *path);	/* checks x permission, denies writing until fput; ERR_PTR */
struct file *open_exec_path(const struct path *path);	/* the same for an object that was found */
static inline int deny_write_access(struct inode *i)
{
	int c = atomic_read(&i->i_writecount);

	while (c <= 0) {
		int was = atomic_cmpxchg(&i->i_writecount, c, c - 1);
		if (was == c)
			return 0;
		c = was;
	}
	return -26;	/* ETXTBSY */
}
static inline void allow_write_access(struct inode *i) { atomic_inc(&i->i_writecount); }

/* The working file system view of current, referenced. */
void get_fs_root(struct path *path);
void get_fs_pwd(struct path *path);
extern struct fs_struct init_fs;
/* Kernel and user forms of the calls that initramfs and devtmpfs make too; names in kernel memory. */
int do_mkdirat(int dfd, const char *name, umode_t mode);
int do_mknodat(int dfd, const char *name, umode_t mode, dev_t dev);
int do_symlinkat(const char *target, int dfd, const char *name);
int do_linkat(int odfd, const char *old, int ndfd, const char *name, int flags);
int do_unlinkat(int dfd, const char *name);
int do_rmdir(int dfd, const char *name);

ssize_t vfs_read(struct file *f, char __user *buf, size_t len, loff_t *pos);
ssize_t vfs_write(struct file *f, const char __user *buf, size_t len, loff_t *pos);
loff_t generic_file_llseek(struct file *f, loff_t off, int whence);
loff_t no_llseek(struct file *f, loff_t off, int whence);	/* -ESPIPE */
loff_t noop_llseek(struct file *f, loff_t off, int whence);	/* stays where it is */
loff_t dcache_llseek(struct file *f, loff_t off, int whence);	/* directories */
ssize_t generic_read_dir(struct file *f, char __user *buf, size_t len, loff_t *pos);	/* -EISDIR */
int dcache_iterate(struct file *f, struct dir_context *ctx);	/* entries that are dentries (tmpfs) */
bool dcache_empty(struct dentry *dir);
void file_accessed(struct file *f);	/* atime after a read, by the rules of relatime */
void path_accessed(const struct path *p);
void file_update_time(struct file *f);	/* mtime and ctime after a write */

/* ---- names ---- */
#define LOOKUP_FOLLOW	1
#define LOOKUP_DIRECTORY 2
#define LOOKUP_EMPTY	4
#define LOOKUP_CREATE	16		/* the last name may be missing: for mkdir and friends */
/* User or kernel path to an object; referenced path in *@path.  0 or -errno. */
int kern_path(int dfd, const char *name, unsigned int flags, struct path *path);
int user_path_at(int dfd, const char __user *name, unsigned int flags, struct path *path);
char *getname(const char __user *name);		/* ERR_PTR(-ENAMETOOLONG, -EFAULT, -ENOENT); putname frees */
void putname(char *name);
void path_get(const struct path *p);
void path_put(const struct path *p);
/* Absolute path of @p as current sees it, written at the end of @buf; " (deleted)" appended if unlinked. */
char *d_path(const struct path *p, char *buf, int size);
int inode_permission(struct inode *inode, int mask);	/* MAY_*: 0 or -EACCES */
int sb_writable(const struct path *p);	/* 0 or -EROFS */
bool inode_owner_or_root(const struct inode *inode);
bool in_group(gid_t gid);
#define MAY_EXEC 1
#define MAY_WRITE 2
#define MAY_READ 4

/* What chmod, chown and utimes change: the fields named in @valid. */
struct iattr {
	unsigned int valid;
	umode_t mode;
	uid_t uid;
	gid_t gid;
	u64 atime, mtime;
};
#define ATTR_MODE	1
#define ATTR_UID	2
#define ATTR_GID	4
#define ATTR_ATIME	8
#define ATTR_MTIME	16
#define ATTR_TOUCH	32		/* both to now: who may write may do it */

/* ---- dentries and inodes ---- */
struct dentry *d_alloc(struct dentry *parent, const char *name, unsigned int len);
struct dentry *d_alloc_root(struct super_block *sb, struct inode *root);
void d_instantiate(struct dentry *d, struct inode *inode);	/* takes over the inode reference */
/*
 * The same for a directory that a disk says is there; -ELOOP (with nothing taken over): it is cached under
 * another name already, and what has two names could be its own ancestor.
 */
int d_instantiate_dir(struct dentry *d, struct inode *inode);
void dput(struct dentry *d);
struct dentry *dget(struct dentry *d);
void d_rehash(struct dentry *d);			/* under its name in its parent */
void d_move(struct dentry *d, struct dentry *target);	/* rename: takes @target's name and place */
void d_exchange(struct dentry *a, struct dentry *b);
void d_kill_tree(struct dentry *root);			/* drop the pins of a whole file system */
struct dentry *d_lookup(struct dentry *parent, const char *name, unsigned int len);
struct dentry *d_alloc_pseudo(struct super_block *sb, const struct dentry_operations *op);
bool is_subdir(struct dentry *d, struct dentry *ancestor);
extern spinlock_t dcache_lock;
/* Forget every name that nobody uses (drop_caches, leak checks); returns how many. */
unsigned long drop_dcache(void);
unsigned long nr_dentries(unsigned long *unused);
unsigned long nr_inodes(void);
void d_drop(struct dentry *d);				/* forget the name: the next lookup asks the file system */
struct inode *new_inode(struct super_block *sb, umode_t mode);	/* i_count 1; NULL when there is no memory */
/*
 * The inode of this number, referenced.  With I_NEW in i_state it is empty, and only the caller has it until
 * it calls unlock_new_inode() or iget_failed().  NULL: no memory.
 */
struct inode *iget_locked(struct super_block *sb, u64 ino);
void unlock_new_inode(struct inode *inode);
void iget_failed(struct inode *inode);		/* takes the reference too */
/* A new_inode() that got its number: findable by it.  -EEXIST: that number is in use. */
int insert_inode_hash(struct inode *inode);
/* Free what nobody uses, is clean and has no pages but clean ones; never waits.  How many. */
unsigned long prune_inodes(void);
/* The file system goes away: free all its inodes.  False: some are in use. */
bool evict_inodes(struct super_block *sb);
bool sb_busy_writing(struct super_block *sb);	/* a file is open for writing, or open and without a name */
/* fs/fs-writeback.c: what in the inode has changed.  Any context that may take a spinlock. */
void __mark_inode_dirty(struct inode *inode, unsigned int flags);
static inline void mark_inode_dirty(struct inode *i) { __mark_inode_dirty(i, I_DIRTY_SYNC | I_DIRTY_DATASYNC); }
static inline void mark_inode_dirty_sync(struct inode *i) { __mark_inode_dirty(i, I_DIRTY_SYNC); }
/* Its data to the disk, and itself to the cached blocks; waits.  0 or the first error. */
int write_inode_now(struct inode *inode);
/* Only itself, and only if @flags of it have changed. */
int sync_inode_metadata(struct inode *inode, unsigned int flags);
/* Inodes that have been dirty since before @older_than (monotonic ns) of all file systems; how many. */
unsigned long writeback_inodes(u64 older_than);
int sync_filesystem(struct super_block *sb);	/* all of it, down to the medium.  0 or -EIO */
int sync_all_filesystems(void);
void drop_pagecache(void);	/* clean pages of files on disks: drop_caches */
void iput(struct inode *inode);
static inline void ihold(struct inode *i) { atomic_inc(&i->i_count); }
int vfs_truncate(struct path *path, loff_t len);
int inode_newsize_ok(const struct inode *i, loff_t len);	/* RLIMIT_FSIZE: 0, or -EFBIG and SIGXFSZ */
u64 current_time_ns(void);
int notify_change(struct path *path, const struct iattr *attr);

/* ---- file systems and mounts ---- */
int register_filesystem(struct file_system_type *t);
void free_super(struct super_block *sb);	/* one that was never mounted */
/* Call @one for each word of "a,b=1,c" (NULL: none), which it may write to, until it says -errno. */
int for_each_option(const char *data, int (*one)(void *arg, char *word), void *arg);
int do_mount(const char *source, const char *dir, const char *type, unsigned long flags, const char *data);
struct file_system_type *find_filesystem(const char *name);
int filesystems_show(struct seq_file *m);
/* A super block with a device number of its own and no root yet, s_active 1; NULL: no memory. */
struct super_block *alloc_super(struct file_system_type *t);
void deactivate_super(struct super_block *sb);
/*
 * Mount what is on the device @source: @fill_super reads it into a new super block with s_bdev set (and
 * sets s_root), or the one that is there already is shared.  ERR_PTR.
 */
struct super_block *mount_bdev(struct file_system_type *t, unsigned long flags, const char *source,
			       const char *data,
			       int (*fill_super)(struct super_block *sb, const char *data));
void kill_block_super(struct super_block *sb);	/* ->kill_sb of such */
bool sb_readonly(const struct super_block *sb);
struct mount *kern_mount(struct file_system_type *t);	/* not reachable by name; ERR_PTR */
struct mount *mntget(struct mount *m);
void mntput(struct mount *m);
/* Cross into whatever is mounted at @path; out of the root of a mount: false at the top. */
void follow_mounts(struct path *path);
bool follow_up(struct path *path);
bool is_mountpoint(struct dentry *d);
/* /proc files about mounts and drivers (namespace.c, super.c, char_dev.c). */
int mounts_show(struct seq_file *m);
int mountinfo_show(struct seq_file *m);
void vfs_init(void);		/* caches, root tmpfs mounted on / */
extern struct mount *root_mount;
extern struct rw_semaphore namespace_sem;	/* mount and umount */
extern spinlock_t mount_lock;			/* the list and the tree, for walkers */
extern struct list_head mount_list;
void tmpfs_init(void);
void ext2_init(void);
/* What one tmpfs may hold, and holds. */
struct tmpfs_sb_info {
	long max_pages, max_inodes;	/* 0: no limit */
	atomic_long_t used_pages;	/* counted by shmem_acct_pages */
	atomic_long_t used_inodes;
	umode_t mode;
	uid_t uid;
	gid_t gid;
};
int devices_show(struct seq_file *m);
void devtmpfs_init(void);
void procfs_init(void);
/* Unpack newc archives over /: entries made; *error (NULL: none) tells what is wrong at *offset. */
unsigned int unpack_cpio(const char *buf, size_t len, const char **error, size_t *offset);
bool mount_root_device(void);	/* root=: mounted, and process 1 stands in it; false: no such word */
void populate_rootfs(void);	/* unpack boot_info's initrd over / */

/* ---- devices ---- */
/* Register a character device range; it appears in devtmpfs as @name if not NULL ("tty%u" style names by caller). */
int register_chrdev(unsigned int major, unsigned int minor, const char *name, umode_t mode,
		    const struct file_operations *fop);
const struct file_operations *chrdev_fops(dev_t dev);
int devtmpfs_create(const char *name, umode_t mode, dev_t dev);
void devtmpfs_remove(const char *name);		/* the node of a device that is gone */
extern const struct file_operations def_blk_fops;	/* fs/block_dev.c */

/* ---- poll ---- */
struct poll_table_entry {
	struct wait_queue_entry wait;
	wait_queue_head_t *q;
	struct file *file;		/* referenced while queued */
};
/* A file's ->poll calls poll_wait for each queue that may announce a change. */
struct poll_table {
	void (*qproc)(struct file *file, wait_queue_head_t *q, struct poll_table *pt);
	void *private;
};
static inline void poll_wait(struct file *file, wait_queue_head_t *q, struct poll_table *pt)
{
	if (pt && pt->qproc)
		pt->qproc(file, q, pt);
}

/* ---- pipes ---- */
int do_pipe(int fds[2], int flags);
ssize_t pipe_writev(struct file *f, const struct iovec *iov, unsigned long nr);
long pipe_fcntl(struct file *f, unsigned int cmd, unsigned long arg);
void pipe_free(struct pipe_inode_info *p);
void pipe_init(void);
#define PIPE_MAX_SIZE (1UL << 20)	/* what an ordinary user may ask for */
extern const struct file_operations pipefifo_fops;

/* ---- locks ---- */
int fcntl_getlk(struct file *f, unsigned int cmd, struct flock __user *ufl);
int fcntl_setlk(unsigned int fd, struct file *f, unsigned int cmd, struct flock __user *ufl);
void locks_remove_flock(struct file *f);	/* last close */
void locks_fdinfo(struct seq_file *m, struct file *f, struct files_struct *files);
void locks_remove_posix(struct file *f, struct files_struct *owner);

#endif
