/*
 * uapi/dirent.h - what getdents64() fills
 */
#ifndef _UAPI_DIRENT_H
#define _UAPI_DIRENT_H

struct linux_dirent64 {
	unsigned long	d_ino;
	long		d_off;		/* where lseek() finds the next entry */
	unsigned short	d_reclen;	/* multiple of 8 */
	unsigned char	d_type;
	char		d_name[];
};

struct linux_dirent {			/* getdents(): the type is the last byte of d_reclen */
	unsigned long	d_ino;
	unsigned long	d_off;
	unsigned short	d_reclen;
	char		d_name[];
};

#define DT_UNKNOWN	0
#define DT_FIFO		1
#define DT_CHR		2
#define DT_DIR		4
#define DT_BLK		6
#define DT_REG		8
#define DT_LNK		10
#define DT_SOCK		12
#define DT_WHT		14

#endif
