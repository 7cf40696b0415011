/*
 * dirent.h - reading directories
 */
#ifndef _DIRENT_H
#define _DIRENT_H

#include <sys/types.h>
#include <uapi/dirent.h>

typedef struct DIR DIR;
#define dirent	linux_dirent64

DIR *opendir(const char *path);
struct dirent *readdir(DIR *d);
void rewinddir(DIR *d);
int dirfd(DIR *d);
int closedir(DIR *d);
ssize_t getdents64(int fd, void *buf, size_t size);

#endif
