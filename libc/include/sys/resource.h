/*
 * sys/resource.h - limits and use
 */
#ifndef _SYS_RESOURCE_H
#define _SYS_RESOURCE_H

#include <uapi/resource.h>

int getrlimit(int what, struct rlimit *limit);
int setrlimit(int what, const struct rlimit *limit);
int getrusage(int who, struct rusage *use);

#endif
