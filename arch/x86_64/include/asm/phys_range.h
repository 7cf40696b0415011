/*
 * asm/phys_range.h - which physical addresses there can be, and whether two ranges meet
 */
#ifndef ASM_PHYS_RANGE_H
#define ASM_PHYS_RANGE_H

#include <asm/processor.h>

/*
 * Does this CPU have all the physical addresses [pa, pa + size)?  A page table has room for 52 bits; each CPU has 32, also
 * one that has not been asked yet.
 */
static inline bool phys_range_ok(phys_addr_t pa, u64 size)
{
	u64 end = 1UL << min(cpu_features.phys_bits ?: 32U, 52U);

	return pa < end && size <= end - pa;
}

/* Neither wraps: phys_range_ok() is asked too.  By differences, so that an end at 2^64 is none that is 0. */
static inline bool phys_ranges_overlap(phys_addr_t base, u64 size, phys_addr_t base2, u64 size2)
{
	return base < base2 ? base2 - base < size : base - base2 < size2;
}

#endif
