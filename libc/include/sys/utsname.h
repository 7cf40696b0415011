/*
 * sys/utsname.h - names of the system
 */
#ifndef _SYS_UTSNAME_H
#define _SYS_UTSNAME_H

#include <uapi/utsname.h>

#define utsname	new_utsname

int uname(struct utsname *names);

#endif
