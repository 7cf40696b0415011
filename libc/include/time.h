/*
 * time.h - clocks
 */
#ifndef _TIME_H
#define _TIME_H

#include <sys/types.h>
#include <uapi/time.h>

int clock_gettime(int clock, struct timespec *now);
int clock_getres(int clock, struct timespec *res);
int clock_nanosleep(int clock, int flags, const struct timespec *t, struct timespec *rest);
int nanosleep(const struct timespec *t, struct timespec *rest);
time_t time(time_t *t);

#endif
