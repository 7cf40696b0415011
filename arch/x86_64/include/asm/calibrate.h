/*
 * asm/calibrate.h - how fast a counter runs, told by the CPU or measured by another one
 */
#ifndef ASM_CALIBRATE_H
#define ASM_CALIBRATE_H

#include <types.h>

/* A counter of known frequency, which wraps at mask. */
struct reference {
	const char *name;
	bool (*init)(void);		/* is it there, and does it run? */
	u32 (*read)(void);
	u64 hz;				/* not 0 when init() has said yes */
	u32 mask;
};

/*
 * The frequency of @counter in kHz, measured by @ref; 0: @ref stopped, or nothing of what came out is possible.
 * @sure: two measurements agreed; else it is the median of them.
 */
u64 calibrate(const struct reference *ref, u64 (*counter)(void), bool *sure);

/* What CPUID leaf 15H says, in kHz; 0: nothing (a processor may leave each of the three 0). */
u64 crystal_khz(u32 denominator, u32 numerator, u32 crystal_hz);

/*
 * Of two answers, each 0 if there is none: what was told is exact, and taken if what was measured does not
 * contradict.
 */
u64 calibrate_pick(u64 told_khz, u64 measured_khz);

#endif
