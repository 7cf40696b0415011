/*
 * uapi/select.h - descriptor sets of select() and pselect6()
 */
#ifndef _UAPI_SELECT_H
#define _UAPI_SELECT_H

#define FD_SETSIZE	1024

typedef struct {
	unsigned long	fds_bits[FD_SETSIZE / (8 * sizeof(long))];
} fd_set;

#define __FD_WORD(fd)	((fd) / (8 * sizeof(long)))
#define __FD_BIT(fd)	(1UL << ((fd) % (8 * sizeof(long))))
#define FD_SET(fd, set)		((void)((set)->fds_bits[__FD_WORD(fd)] |= __FD_BIT(fd)))
#define FD_CLR(fd, set)		((void)((set)->fds_bits[__FD_WORD(fd)] &= ~__FD_BIT(fd)))
#define FD_ISSET(fd, set)	(((set)->fds_bits[__FD_WORD(fd)] & __FD_BIT(fd)) != 0)
#define FD_ZERO(set)		((void)(*(set) = (fd_set){ { 0 } }))

#endif
