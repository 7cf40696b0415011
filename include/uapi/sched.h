/*
 * uapi/sched.h - clone flags and scheduling policies
 */
#ifndef _UAPI_SCHED_H
#define _UAPI_SCHED_H

#define CSIGNAL			0x000000ff	/* signal sent to the parent at exit */
#define CLONE_NEWTIME		0x00000080	/* clone3 and unshare only: overlaps CSIGNAL */
#define CLONE_VM		0x00000100
#define CLONE_FS		0x00000200
#define CLONE_FILES		0x00000400
#define CLONE_SIGHAND		0x00000800
#define CLONE_PIDFD		0x00001000
#define CLONE_PTRACE		0x00002000
#define CLONE_VFORK		0x00004000
#define CLONE_PARENT		0x00008000
#define CLONE_THREAD		0x00010000
#define CLONE_NEWNS		0x00020000
#define CLONE_SYSVSEM		0x00040000
#define CLONE_SETTLS		0x00080000
#define CLONE_PARENT_SETTID	0x00100000
#define CLONE_CHILD_CLEARTID	0x00200000
#define CLONE_DETACHED		0x00400000	/* ignored */
#define CLONE_UNTRACED		0x00800000
#define CLONE_CHILD_SETTID	0x01000000
#define CLONE_NEWCGROUP		0x02000000
#define CLONE_NEWUTS		0x04000000
#define CLONE_NEWIPC		0x08000000
#define CLONE_NEWUSER		0x10000000
#define CLONE_NEWPID		0x20000000
#define CLONE_NEWNET		0x40000000
#define CLONE_IO		0x80000000
#define CLONE_CLEAR_SIGHAND	0x100000000UL	/* clone3 only */
#define CLONE_INTO_CGROUP	0x200000000UL	/* clone3 only */

struct clone_args {
	unsigned long	flags;
	unsigned long	pidfd;
	unsigned long	child_tid;
	unsigned long	parent_tid;
	unsigned long	exit_signal;
	unsigned long	stack;		/* lowest byte, unlike clone() */
	unsigned long	stack_size;
	unsigned long	tls;
	unsigned long	set_tid;
	unsigned long	set_tid_size;
	unsigned long	cgroup;
};
#define CLONE_ARGS_SIZE_VER0	64
#define CLONE_ARGS_SIZE_VER1	80
#define CLONE_ARGS_SIZE_VER2	88

#define SCHED_NORMAL		0
#define SCHED_OTHER		SCHED_NORMAL
#define SCHED_FIFO		1
#define SCHED_RR		2
#define SCHED_BATCH		3
#define SCHED_IDLE		5
#define SCHED_DEADLINE		6
#define SCHED_RESET_ON_FORK	0x40000000

struct sched_param {
	int	sched_priority;
};

/* getpriority() */
#define PRIO_PROCESS	0
#define PRIO_PGRP	1
#define PRIO_USER	2

#endif
