/*
 * sys/select.h - waiting for several descriptors, the older way
 */
#ifndef _SYS_SELECT_H
#define _SYS_SELECT_H

#include <uapi/select.h>
#include <uapi/time.h>

int select(int count, fd_set *readable, fd_set *writable, fd_set *urgent,
	   struct timeval *timeout);

#endif
