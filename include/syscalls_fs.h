/*
 * syscalls_fs.h - the system calls that work on files, one prototype each
 *
 * The system call table (kernel/syscall.c) takes them from here.  Each returns a value or
 * -errno.  A call of Linux's that is not listed stays empty in the table: ENOSYS.
 */
#ifndef SYSCALLS_FS_H
#define SYSCALLS_FS_H

#include <fs.h>
#include <uapi/dirent.h>
#include <uapi/poll.h>
#include <uapi/select.h>
#include <uapi/signal.h>

/* fs/read_write.c */
long sys_read(unsigned int fd, char __user *buf, size_t count);
long sys_write(unsigned int fd, const char __user *buf, size_t count);
long sys_pread64(unsigned int fd, char __user *buf, size_t count, loff_t pos);
long sys_pwrite64(unsigned int fd, const char __user *buf, size_t count, loff_t pos);
long sys_readv(unsigned long fd, const struct iovec __user *vec, unsigned long vlen);
long sys_writev(unsigned long fd, const struct iovec __user *vec, unsigned long vlen);
/* 64-bit callers put the whole offset in @pos; the word after it is ignored. */
long sys_preadv(unsigned long fd, const struct iovec __user *vec, unsigned long vlen, loff_t pos);
long sys_pwritev(unsigned long fd, const struct iovec __user *vec, unsigned long vlen, loff_t pos);
long sys_preadv2(unsigned long fd, const struct iovec __user *vec, unsigned long vlen, loff_t pos,
		 unsigned long pos_high, int flags);
long sys_pwritev2(unsigned long fd, const struct iovec __user *vec, unsigned long vlen, loff_t pos,
		  unsigned long pos_high, int flags);
long sys_lseek(unsigned int fd, loff_t off, unsigned int whence);
long sys_sendfile(int out_fd, int in_fd, loff_t __user *off, size_t count);	/* sendfile64's body */
long sys_copy_file_range(int fd_in, loff_t __user *off_in, int fd_out, loff_t __user *off_out,
			 size_t len, unsigned int flags);

/* fs/open.c, fs/file.c */
long sys_open(const char __user *name, int flags, umode_t mode);
long sys_openat(int dfd, const char __user *name, int flags, umode_t mode);
long sys_creat(const char __user *name, umode_t mode);
long sys_close(unsigned int fd);
long sys_close_range(unsigned int fd, unsigned int max_fd, unsigned int flags);
long sys_truncate(const char __user *name, loff_t len);
long sys_ftruncate(unsigned int fd, loff_t len);
long sys_fallocate(int fd, int mode, loff_t off, loff_t len);
long sys_access(const char __user *name, int mode);
long sys_faccessat(int dfd, const char __user *name, int mode);
long sys_faccessat2(int dfd, const char __user *name, int mode, int flags);
long sys_chdir(const char __user *name);
long sys_fchdir(unsigned int fd);
long sys_chroot(const char __user *name);
long sys_getcwd(char __user *buf, unsigned long size);
long sys_umask(int mask);
long sys_chmod(const char __user *name, umode_t mode);
long sys_fchmod(unsigned int fd, umode_t mode);
long sys_fchmodat(int dfd, const char __user *name, umode_t mode);
long sys_chown(const char __user *name, uid_t uid, gid_t gid);
long sys_lchown(const char __user *name, uid_t uid, gid_t gid);
long sys_fchown(unsigned int fd, uid_t uid, gid_t gid);
long sys_fchownat(int dfd, const char __user *name, uid_t uid, gid_t gid, int flags);

/* fs/namei.c */
long sys_mkdir(const char __user *name, umode_t mode);
long sys_mkdirat(int dfd, const char __user *name, umode_t mode);
long sys_mknod(const char __user *name, umode_t mode, unsigned int dev);
long sys_mknodat(int dfd, const char __user *name, umode_t mode, unsigned int dev);
long sys_rmdir(const char __user *name);
long sys_unlink(const char __user *name);
long sys_unlinkat(int dfd, const char __user *name, int flags);
long sys_symlink(const char __user *target, const char __user *name);
long sys_symlinkat(const char __user *target, int dfd, const char __user *name);
long sys_link(const char __user *old, const char __user *name);
long sys_linkat(int odfd, const char __user *old, int ndfd, const char __user *name, int flags);
long sys_rename(const char __user *old, const char __user *name);
long sys_renameat(int odfd, const char __user *old, int ndfd, const char __user *name);
long sys_renameat2(int odfd, const char __user *old, int ndfd, const char __user *name,
		   unsigned int flags);

/* fs/stat.c */
long sys_stat(const char __user *name, struct stat __user *st);
long sys_lstat(const char __user *name, struct stat __user *st);
long sys_fstat(unsigned int fd, struct stat __user *st);
long sys_newfstatat(int dfd, const char __user *name, struct stat __user *st, int flags);
long sys_statx(int dfd, const char __user *name, unsigned int flags, unsigned int mask,
	       struct statx __user *buf);
long sys_readlink(const char __user *name, char __user *buf, int size);
long sys_readlinkat(int dfd, const char __user *name, char __user *buf, int size);

/* fs/statfs.c */
long sys_statfs(const char __user *name, struct statfs __user *buf);
long sys_fstatfs(unsigned int fd, struct statfs __user *buf);

/* fs/utimes.c */
long sys_utime(const char __user *name, const long __user *times);
long sys_utimes(const char __user *name, const struct timeval __user *tv);
long sys_futimesat(int dfd, const char __user *name, const struct timeval __user *tv);
long sys_utimensat(int dfd, const char __user *name, const struct timespec __user *ts, int flags);

/* fs/readdir.c */
long sys_getdents(unsigned int fd, struct linux_dirent __user *dirent, unsigned int count);
long sys_getdents64(unsigned int fd, struct linux_dirent64 __user *dirent, unsigned int count);

/* fs/file.c, fs/fcntl.c, fs/locks.c, fs/ioctl.c */
long sys_dup(unsigned int fd);
long sys_dup2(unsigned int oldfd, unsigned int newfd);
long sys_dup3(unsigned int oldfd, unsigned int newfd, int flags);
long sys_fcntl(unsigned int fd, unsigned int cmd, unsigned long arg);
long sys_flock(unsigned int fd, unsigned int cmd);
long sys_ioctl(unsigned int fd, unsigned int cmd, unsigned long arg);

/* fs/pipe.c */
long sys_pipe(int __user *fds);
long sys_pipe2(int __user *fds, int flags);

/* fs/select.c */
long sys_poll(struct pollfd __user *ufds, unsigned int nfds, int timeout_ms);
long sys_ppoll(struct pollfd __user *ufds, unsigned int nfds, struct timespec __user *ts,
	       const sigset_t __user *mask, size_t size);
long sys_select(int n, fd_set __user *in, fd_set __user *out, fd_set __user *ex,
		struct timeval __user *tv);
long sys_pselect6(int n, fd_set __user *in, fd_set __user *out, fd_set __user *ex,
		  struct timespec __user *ts, void __user *sig);

/* fs/sync.c */
long sys_sync(void);
long sys_syncfs(int fd);
long sys_fsync(unsigned int fd);
long sys_fdatasync(unsigned int fd);
long sys_sync_file_range(int fd, loff_t off, loff_t len, unsigned int flags);
long sys_fadvise64(int fd, loff_t off, size_t len, int advice);
long sys_readahead(int fd, loff_t off, size_t count);

/* fs/namespace.c */
long sys_mount(char __user *source, char __user *dir, char __user *type, unsigned long flags,
	       void __user *data);
long sys_swapon(const char __user *path, int flags);
long sys_swapoff(const char __user *path);
long sys_umount2(char __user *name, int flags);

/* fs/xattr.c */
long sys_setxattr(const char __user *path, const char __user *name, const void __user *value,
		  size_t size, int flags);
long sys_lsetxattr(const char __user *path, const char __user *name, const void __user *value,
		   size_t size, int flags);
long sys_fsetxattr(int fd, const char __user *name, const void __user *value, size_t size,
		   int flags);
long sys_getxattr(const char __user *path, const char __user *name, void __user *value,
		  size_t size);
long sys_lgetxattr(const char __user *path, const char __user *name, void __user *value,
		   size_t size);
long sys_fgetxattr(int fd, const char __user *name, void __user *value, size_t size);
long sys_listxattr(const char __user *path, char __user *list, size_t size);
long sys_llistxattr(const char __user *path, char __user *list, size_t size);
long sys_flistxattr(int fd, char __user *list, size_t size);
long sys_removexattr(const char __user *path, const char __user *name);
long sys_lremovexattr(const char __user *path, const char __user *name);
long sys_fremovexattr(int fd, const char __user *name);

#endif
