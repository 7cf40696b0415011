/*
 * unistd.h - files and processes (libc/unistd.c, libc/start.c)
 */
#ifndef _UNISTD_H
#define _UNISTD_H

#include <sys/types.h>
#include <uapi/unistd.h>

extern char **environ;

ssize_t read(int fd, void *buf, size_t len);
ssize_t write(int fd, const void *buf, size_t len);
ssize_t pread(int fd, void *buf, size_t len, off_t pos);
ssize_t pwrite(int fd, const void *buf, size_t len, off_t pos);
int close(int fd);
off_t lseek(int fd, off_t pos, int whence);
int dup(int fd);
int dup2(int fd, int to);
int dup3(int fd, int to, int flags);
int pipe(int *fds);
int pipe2(int *fds, int flags);
int access(const char *path, int mode);
int truncate(const char *path, off_t size);
int ftruncate(int fd, off_t size);
int fsync(int fd);
int link(const char *old, const char *path);
int symlink(const char *target, const char *path);
ssize_t readlink(const char *path, char *buf, size_t size);
int unlink(const char *path);
int unlinkat(int dir, const char *path, int flags);
int rmdir(const char *path);
int chown(const char *path, uid_t uid, gid_t gid);
int chdir(const char *path);
int fchdir(int fd);
int chroot(const char *path);
char *getcwd(char *buf, size_t size);
void sync(void);
int isatty(int fd);

void *sbrk(intptr_t by);
int brk(void *end);

pid_t fork(void);
__attribute__((returns_twice)) pid_t vfork(void);
int execve(const char *path, char *const *argv, char *const *envp);
int execv(const char *path, char *const *argv);
int execvp(const char *name, char *const *argv);
__attribute__((noreturn)) void _exit(int status);
pid_t getpid(void);
pid_t getppid(void);
pid_t gettid(void);
pid_t getpgrp(void);
pid_t getpgid(pid_t pid);
int setpgid(pid_t pid, pid_t pgrp);
pid_t getsid(pid_t pid);
pid_t setsid(void);
pid_t tcgetpgrp(int fd);
int tcsetpgrp(int fd, pid_t pgrp);
uid_t getuid(void);
uid_t geteuid(void);
gid_t getgid(void);
gid_t getegid(void);
int setuid(uid_t uid);
int setgid(gid_t gid);
int sethostname(const char *name, size_t len);
ssize_t getrandom(void *buf, size_t len, unsigned int flags);

unsigned int alarm(unsigned int seconds);
unsigned int sleep(unsigned int seconds);
int usleep(unsigned int usec);
int pause(void);

#endif
