/*
 * fs/internal.h - what only the files of fs/ say to each other
 */
#ifndef FS_INTERNAL_H
#define FS_INTERNAL_H

#include <fs.h>
#include <uapi/dirent.h>
#include <uapi/unistd.h>

#define MAX_RW_COUNT (0x7fffffffL & PAGE_MASK)

/* dcache.c, inode.c, super.c, file_table.c: set up by vfs_init in this order */
void dcache_init(void);
void inode_init(void);
void namei_init(void);
void files_init(void);
void anon_inode_init(void);
void inode_lru_del(struct inode *i);		/* it is used: fs/inode.c's lock is held */
/* For fs-writeback.c: inode->i_state, the lists of inodes. */
void lock_inode_cache(void);
void unlock_inode_cache(void);
bool dir_emit_dots(struct file *f, struct dir_context *ctx);
/* The path of @p below @root (d_path's work); *unreachable: @root was not met on the way up. */
char *path_from(const struct path *p, const struct path *root, char *buf, int size,
		bool *unreachable);

static inline void inode_lock(struct inode *i) { down_write(&i->i_rwsem); }
/* The second of two directories, and what is removed from a directory that is locked. */
static inline void inode_lock_second(struct inode *i) { down_write_nested(&i->i_rwsem, 1); }
static inline void inode_lock_victim(struct inode *i)
{
	down_write_nested(&i->i_rwsem, S_ISDIR(i->i_mode) ? 2 : 0);
}
static inline void inode_unlock(struct inode *i) { up_write(&i->i_rwsem); }
static inline void inode_lock_shared(struct inode *i) { down_read(&i->i_rwsem); }
static inline void inode_unlock_shared(struct inode *i) { up_read(&i->i_rwsem); }

unsigned long writeback_inodes_sb(struct super_block *sb, u64 older_than);
void drop_pagecache_sb(struct super_block *sb);

/* super.c: free what a super block pins of a file system made of dentries */
void kill_litter_super(struct super_block *sb);

/* libfs.c: for file systems that do not care */
extern const struct file_operations dcache_dir_fops;
int simple_lookup(struct inode *dir, struct dentry *dentry);

/* tmpfs.c: shared with devtmpfs */
struct file_system_type *rootfs_init(void);
struct super_block *tmpfs_mount_sb(struct file_system_type *t, const char *data);
extern const struct super_operations tmpfs_super_ops;

/* namei.c */
int path_lookupat(int dfd, const char *name, unsigned int flags, struct path *path);

/* open.c */
struct super_block *pseudo_mount(struct file_system_type *t, unsigned long flags,
				 const char *source, const char *data);
int do_dentry_open(struct file *f, struct inode *inode);
struct file *dentry_open(const struct path *path, unsigned int flags);
struct file *alloc_empty_file(unsigned int flags);
void free_empty_file(struct file *f);

/* file.c */
void set_fs_path(struct path *slot, const struct path *path);
int dup_at_least(struct file *f, unsigned int start, int flags);
/* fcntl.c, sync.c */
void set_cloexec(unsigned int fd, bool on);
int noop_fsync(struct file *f, int datasync);
int do_truncate(struct inode *inode, loff_t len);
int truncate_opened(struct inode *inode);

/* char_dev.c */
void chrdev_make_nodes(void);

/* namespace.c */
int sb_write_allowed(const struct mount *m);

#endif
