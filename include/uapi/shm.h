/*
 * uapi/shm.h - System V shared memory, and the part of IPC that it needs
 */
#ifndef _UAPI_SHM_H
#define _UAPI_SHM_H

/* ---- IPC ---- */

#define IPC_PRIVATE	0

/* flags of shmget(), above the permissions */
#define IPC_CREAT	00001000
#define IPC_EXCL	00002000

/* commands of shmctl() */
#define IPC_RMID	0
#define IPC_SET		1
#define IPC_STAT	2
#define IPC_INFO	3
#define SHM_LOCK	11
#define SHM_UNLOCK	12
#define SHM_STAT	13
#define SHM_INFO	14
#define SHM_STAT_ANY	15

struct ipc_perm {
	int		key;
	unsigned int	uid, gid;
	unsigned int	cuid, cgid;
	unsigned int	mode;
	unsigned short	seq;
	unsigned short	__pad2;
	unsigned long	__unused1, __unused2;
};

/* ---- shared memory ---- */

/* flags of shmget() */
#define SHM_HUGETLB	04000
#define SHM_NORESERVE	010000
#define SHM_HUGE_SHIFT	26
#define SHM_HUGE_MASK	0x3f

/* flags of shmat() */
#define SHM_RDONLY	010000
#define SHM_RND		020000
#define SHM_REMAP	040000
#define SHM_EXEC	0100000

/* in shm_perm.mode, beside the permissions */
#define SHM_DEST	01000	/* goes at the last detach */
#define SHM_LOCKED	02000

struct shmid_ds {
	struct ipc_perm	shm_perm;
	unsigned long	shm_segsz;	/* bytes */
	long		shm_atime, shm_dtime, shm_ctime;	/* Unix seconds */
	int		shm_cpid, shm_lpid;
	unsigned long	shm_nattch;
	unsigned long	__unused4, __unused5;
};

struct shminfo {
	unsigned long	shmmax, shmmin, shmmni, shmseg, shmall;
	unsigned long	__unused[4];
};

struct shm_info {
	int		used_ids;
	unsigned long	shm_tot, shm_rss, shm_swp;	/* pages */
	unsigned long	swap_attempts, swap_successes;
};

#endif
