/*
 * sys/time.h - interval timers
 */
#ifndef _SYS_TIME_H
#define _SYS_TIME_H

#include <uapi/time.h>

int gettimeofday(struct timeval *now, void *zone);
int setitimer(int which, const struct itimerval *value, struct itimerval *old);
int getitimer(int which, struct itimerval *value);

#endif
