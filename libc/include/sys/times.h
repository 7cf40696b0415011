/*
 * sys/times.h - processor time used
 */
#ifndef _SYS_TIMES_H
#define _SYS_TIMES_H

#include <uapi/time.h>

long times(struct tms *t);

#endif
