/*
 * litmus.h - places where a test of several CPUs may let another one run (debug build)
 *
 * A point stands before every change that another CPU may see: at locks and atomics.  Off, it is a test
 * of one flag; in the release build it is nothing.  kernel/litmus.c says how the points are chosen.
 */
#ifndef LITMUS_H
#define LITMUS_H

#include <types.h>

#if defined(QUIRE_DEBUG) && defined(__KERNEL__)

extern bool litmus_on;
extern unsigned long litmus_seed;	/* /proc/sys/kernel/litmus_seed */

/* Perhaps yield this virtual CPU.  In any context; who calls it keeps what it has in registers. */
void __litmus_yield(void) __attribute__((no_caller_saved_registers));
static __always_inline void litmus_point(void)
{
	if (unlikely(litmus_on))
		__litmus_yield();
}

void litmus_init(void);			/* look for litmus.seed= */
void litmus_new_seed(void);		/* all CPUs begin anew with litmus_seed */
void litmus_report(void);		/* for a panic: the seed, and no more switches */

#else
static inline void litmus_point(void) { }
static inline void litmus_init(void) { }
static inline void litmus_report(void) { }
#endif

#endif
