/*
 * uapi/unistd.h - system call numbers as constants, and file descriptor words
 */
#ifndef _UAPI_UNISTD_H
#define _UAPI_UNISTD_H

enum syscall_nr {
#define SYSCALL(nr, name)	__NR_##name = nr,
#include <uapi/syscall_table.h>
#undef SYSCALL
	__NR_syscalls = 451,
};

#define STDIN_FILENO	0
#define STDOUT_FILENO	1
#define STDERR_FILENO	2

/* access() */
#define F_OK		0
#define X_OK		1
#define W_OK		2
#define R_OK		4

#define SEEK_SET	0
#define SEEK_CUR	1
#define SEEK_END	2
#define SEEK_DATA	3
#define SEEK_HOLE	4

#define CLOSE_RANGE_UNSHARE	2
#define CLOSE_RANGE_CLOEXEC	4

/* membarrier() */
#define MEMBARRIER_CMD_QUERY				0
#define MEMBARRIER_CMD_GLOBAL				1
#define MEMBARRIER_CMD_GLOBAL_EXPEDITED			2
#define MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED	4
#define MEMBARRIER_CMD_PRIVATE_EXPEDITED		8
#define MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED	16

/* getrandom() */
#define GRND_NONBLOCK	1
#define GRND_RANDOM	2
#define GRND_INSECURE	4

/* arch_prctl() */
#define ARCH_SET_GS	0x1001
#define ARCH_SET_FS	0x1002
#define ARCH_GET_FS	0x1003
#define ARCH_GET_GS	0x1004
#define ARCH_GET_CPUID	0x1011
#define ARCH_SET_CPUID	0x1012

#endif
