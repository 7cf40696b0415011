/*
 * utsname.h - the names of this system, as uname(2) and /proc/sys/kernel give them
 */
#ifndef UTSNAME_H
#define UTSNAME_H

#include <uapi/utsname.h>

extern struct new_utsname init_uts;	/* kernel/sys.c */

#ifdef QUIRE_DEBUG
#define QUIRE_BUILD "debug build"
#else
#define QUIRE_BUILD "release build"
#endif

#endif
