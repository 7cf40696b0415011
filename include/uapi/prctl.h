/*
 * uapi/prctl.h - prctl() options
 */
#ifndef _UAPI_PRCTL_H
#define _UAPI_PRCTL_H

#define PR_SET_PDEATHSIG	1
#define PR_GET_PDEATHSIG	2
#define PR_GET_DUMPABLE		3
#define PR_SET_DUMPABLE		4
#define PR_GET_KEEPCAPS		7
#define PR_SET_KEEPCAPS		8
#define PR_GET_TIMING		13
#define PR_SET_TIMING		14
#define PR_SET_NAME		15	/* 16 bytes, with the final NUL */
#define PR_GET_NAME		16
#define PR_GET_SECCOMP		21
#define PR_SET_SECCOMP		22
#define PR_CAPBSET_READ		23
#define PR_CAPBSET_DROP		24
#define PR_GET_TSC		25
#define PR_SET_TSC		26
#define PR_GET_SECUREBITS	27
#define PR_SET_SECUREBITS	28
#define PR_SET_TIMERSLACK	29
#define PR_GET_TIMERSLACK	30
#define PR_SET_MM		35
#define PR_SET_MM_START_CODE	1	/* arg3: the new address */
#define PR_SET_MM_END_CODE	2
#define PR_SET_MM_START_DATA	3
#define PR_SET_MM_END_DATA	4
#define PR_SET_MM_START_STACK	5
#define PR_SET_MM_START_BRK	6
#define PR_SET_MM_BRK		7
#define PR_SET_MM_ARG_START	8
#define PR_SET_MM_ARG_END	9
#define PR_SET_MM_ENV_START	10
#define PR_SET_MM_ENV_END	11
#define PR_SET_MM_AUXV		12	/* arg3: where, arg4: bytes */
#define PR_SET_MM_EXE_FILE	13	/* arg3: descriptor */
#define PR_SET_MM_MAP		14	/* arg3: struct prctl_mm_map, arg4: its size */
#define PR_SET_MM_MAP_SIZE	15	/* arg3: where to write the size */

struct prctl_mm_map {
	unsigned long	start_code, end_code;
	unsigned long	start_data, end_data;
	unsigned long	start_brk, brk;
	unsigned long	start_stack;
	unsigned long	arg_start, arg_end;
	unsigned long	env_start, env_end;
	unsigned long	*auxv;
	unsigned int	auxv_size;	/* bytes; 0: leave it */
	unsigned int	exe_fd;		/* -1: leave it */
};
_Static_assert(sizeof(struct prctl_mm_map) == 104, "Linux ABI");
#define PR_SET_CHILD_SUBREAPER	36
#define PR_GET_CHILD_SUBREAPER	37
#define PR_SET_NO_NEW_PRIVS	38
#define PR_GET_NO_NEW_PRIVS	39
#define PR_GET_TID_ADDRESS	40
#define PR_SET_THP_DISABLE	41
#define PR_GET_THP_DISABLE	42
#define PR_SET_PTRACER		0x59616d61
#define PR_SET_VMA		0x53564d41
#define PR_SET_VMA_ANON_NAME	0

#endif
