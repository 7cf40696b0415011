/*
 * uapi/uio.h - scattered buffers of readv() and writev()
 */
#ifndef _UAPI_UIO_H
#define _UAPI_UIO_H

struct iovec {
	void		*iov_base;
	unsigned long	iov_len;
};

#define UIO_FASTIOV	8
#define UIO_MAXIOV	1024

/* preadv2(), pwritev2() */
#define RWF_HIPRI	0x01
#define RWF_DSYNC	0x02
#define RWF_SYNC	0x04
#define RWF_NOWAIT	0x08
#define RWF_APPEND	0x10

#endif
