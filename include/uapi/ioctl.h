/*
 * uapi/ioctl.h - how newer ioctl numbers are composed
 */
#ifndef _UAPI_IOCTL_H
#define _UAPI_IOCTL_H

#define _IOC_NONE	0U
#define _IOC_WRITE	1U
#define _IOC_READ	2U

/* nr in bits 0-7, type 8-15, size 16-29, direction 30-31 */
#define _IOC(dir, type, nr, size) \
	(((dir) << 30) | ((unsigned int)(size) << 16) | ((unsigned int)(type) << 8) | (nr))
#define _IO(type, nr)		_IOC(_IOC_NONE, type, nr, 0)
#define _IOR(type, nr, t)	_IOC(_IOC_READ, type, nr, sizeof(t))
#define _IOW(type, nr, t)	_IOC(_IOC_WRITE, type, nr, sizeof(t))
#define _IOWR(type, nr, t)	_IOC(_IOC_READ | _IOC_WRITE, type, nr, sizeof(t))

#endif
