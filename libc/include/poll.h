/*
 * poll.h - waiting for several descriptors
 */
#ifndef _POLL_H
#define _POLL_H

#include <sys/types.h>
#include <uapi/poll.h>

int poll(struct pollfd *fds, nfds_t count, int timeout_ms);

#endif
