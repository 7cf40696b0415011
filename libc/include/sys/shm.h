#ifndef _SYS_SHM_H
#define _SYS_SHM_H

#include <sys/types.h>
#include <uapi/shm.h>

int shmget(int key, size_t size, int flags);
void *shmat(int id, const void *addr, int flags);
int shmdt(const void *addr);
int shmctl(int id, int cmd, void *buf);

#endif
