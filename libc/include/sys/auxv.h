/*
 * sys/auxv.h - the auxiliary vector
 */
#ifndef _SYS_AUXV_H
#define _SYS_AUXV_H

#include <uapi/auxvec.h>

unsigned long getauxval(unsigned long type);

#endif
