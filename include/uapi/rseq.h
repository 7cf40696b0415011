/*
 * uapi/rseq.h - restartable sequences: the area a thread registers
 */
#ifndef _UAPI_RSEQ_H
#define _UAPI_RSEQ_H

#define RSEQ_FLAG_UNREGISTER		1
#define RSEQ_CPU_ID_UNINITIALIZED	-1
#define RSEQ_CPU_ID_REGISTRATION_FAILED	-2

struct rseq {
	unsigned int	cpu_id_start;
	unsigned int	cpu_id;
	unsigned long	rseq_cs;	/* address of struct rseq_cs, or 0 */
	unsigned int	flags;
	unsigned int	padding[3];
} __attribute__((aligned(32)));

struct rseq_cs {
	unsigned int	version;
	unsigned int	flags;
	unsigned long	start_ip;
	unsigned long	post_commit_offset;
	unsigned long	abort_ip;
} __attribute__((aligned(32)));

#endif
