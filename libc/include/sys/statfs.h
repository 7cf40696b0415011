/*
 * sys/statfs.h - what is known about a file system
 */
#ifndef _SYS_STATFS_H
#define _SYS_STATFS_H

#include <uapi/statfs.h>

int statfs(const char *path, struct statfs *st);

#endif
