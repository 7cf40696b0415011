/*
 * uapi/kdev_t.h - device numbers as user space sees them in st_rdev and mknod()
 *
 * Purpose: major 12 bits, minor 20 bits, minor's upper 12 above the major, so that the
 *          old 8:8 encoding stays valid.
 */
#ifndef _UAPI_KDEV_T_H
#define _UAPI_KDEV_T_H

#ifndef __KERNEL__	/* the kernel's own, on its dev_t, are in fs.h */
static inline unsigned int new_encode_dev(unsigned int major, unsigned int minor)
{
	return (minor & 0xff) | (major << 8) | ((minor & ~0xffU) << 12);
}

static inline unsigned int new_dev_major(unsigned int dev)
{
	return (dev & 0xfff00) >> 8;
}

static inline unsigned int new_dev_minor(unsigned int dev)
{
	return (dev & 0xff) | ((dev >> 12) & 0xfff00);
}

#endif

/* Device numbers that Linux fixes (Documentation/admin-guide/devices.txt). */
#define MEM_MAJOR	1	/* mem 1, null 3, port 4, zero 5, full 7, random 8, urandom 9, kmsg 11 */
#define TTY_MAJOR	4	/* tty0 0, tty1 1 .. ; ttyS0 64 */
#define TTYAUX_MAJOR	5	/* tty 0, console 1, ptmx 2 */
#define FB_MAJOR	29	/* fb0 0 */

#endif
