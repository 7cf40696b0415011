/*
 * uapi/statfs.h - what statfs() fills, and the file systems' magic numbers
 */
#ifndef _UAPI_STATFS_H
#define _UAPI_STATFS_H

struct statfs {
	long	f_type;
	long	f_bsize;
	long	f_blocks;
	long	f_bfree;
	long	f_bavail;
	long	f_files;
	long	f_ffree;
	struct {
		int	val[2];
	}	f_fsid;
	long	f_namelen;
	long	f_frsize;
	long	f_flags;
	long	f_spare[4];
};
_Static_assert(sizeof(struct statfs) == 120, "x86-64 ABI");

#define TMPFS_MAGIC		0x01021994
#define RAMFS_MAGIC		0x858458f6
#define PROC_SUPER_MAGIC	0x9fa0
#define SYSFS_MAGIC		0x62656572
#define DEVPTS_SUPER_MAGIC	0x1cd1
#define PIPEFS_MAGIC		0x50495045
#define EXT2_SUPER_MAGIC	0xef53

#define ST_RDONLY	0x0001
#define ST_NOSUID	0x0002
#define ST_NODEV	0x0004
#define ST_NOEXEC	0x0008
#define ST_VALID	0x0020
#define ST_NOATIME	0x0400
#define ST_NODIRATIME	0x0800
#define ST_RELATIME	0x1000

#endif
