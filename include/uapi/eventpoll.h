/*
 * uapi/eventpoll.h - epoll and eventfd words
 */
#ifndef _UAPI_EVENTPOLL_H
#define _UAPI_EVENTPOLL_H

#define EPOLL_CTL_ADD	1
#define EPOLL_CTL_DEL	2
#define EPOLL_CTL_MOD	3
#define EPOLL_CLOEXEC	02000000
#define EPOLLET		(1U << 31)
#define EPOLLONESHOT	(1U << 30)

struct epoll_event {
	unsigned int	events;
	unsigned long	data;
} __attribute__((packed));

#define EFD_SEMAPHORE	1
#define EFD_CLOEXEC	02000000
#define EFD_NONBLOCK	00004000

#endif
