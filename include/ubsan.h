/*
 * ubsan.h - undefined behaviour that the compiler's checks found (make SAN=ubsan)
 */
#ifndef UBSAN_H
#define UBSAN_H

#include <types.h>

/* What a self test that breaks the rules on purpose wants to see. */
struct ubsan_trap {
	unsigned int count;		/* reports so far */
	char text[200];			/* the last one */
};

/* While not NULL, reports go here and the kernel lives on; one test at a time. */
extern struct ubsan_trap *ubsan_trap;

#endif
