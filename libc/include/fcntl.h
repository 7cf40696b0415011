/*
 * fcntl.h - opening files
 */
#ifndef _FCNTL_H
#define _FCNTL_H

#include <sys/types.h>
#include <uapi/fcntl.h>

int open(const char *path, int flags, ...);
int openat(int dir, const char *path, int flags, ...);
int fcntl(int fd, int cmd, ...);
int fallocate(int fd, int mode, off_t from, off_t len);
int renameat2(int old_dir, const char *old, int dir, const char *path, unsigned int flags);

#endif
