/*
 * sys/prctl.h - operations on the calling process
 */
#ifndef _SYS_PRCTL_H
#define _SYS_PRCTL_H

#include <uapi/prctl.h>

int prctl(int option, unsigned long a, unsigned long b, unsigned long c, unsigned long d);

#endif
