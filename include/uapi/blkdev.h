/*
 * uapi/blkdev.h - ioctls of block devices
 */
#ifndef _UAPI_BLKDEV_H
#define _UAPI_BLKDEV_H

#include <uapi/ioctl.h>

#define BLKROGET	_IO(0x12, 94)		/* int: read-only? */
#define BLKRRPART	_IO(0x12, 95)		/* read the table of partitions again */
#define BLKGETSIZE	_IO(0x12, 96)		/* unsigned long, of 512 bytes */
#define BLKFLSBUF	_IO(0x12, 97)		/* write and forget what is cached */
#define BLKSSZGET	_IO(0x12, 104)		/* int: bytes of a block of the disk */
#define BLKBSZGET	_IOR(0x12, 112, unsigned long)	/* int: bytes of a block of the cache */
#define BLKGETSIZE64	_IOR(0x12, 114, unsigned long)	/* u64, bytes */
#define BLKIOMIN	_IO(0x12, 120)		/* unsigned int, bytes */
#define BLKIOOPT	_IO(0x12, 121)
#define BLKPBSZGET	_IO(0x12, 123)		/* unsigned int: bytes of a physical block */

#endif
