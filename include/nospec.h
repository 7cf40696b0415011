/*
 * nospec.h - an index from user mode, also where the CPU guesses
 *
 * After "if (i < n)" the CPU may go on with i >= n before it knows better, read what lies outside of the
 * table, and leave traces of it in its caches (Spectre, variant 1).  The mask below hangs on a comparison,
 * not on a guessed branch.
 *
 * Sources: CVE-2017-5753; Intel, "Speculative Execution Side Channel Mitigations", "Bounds Check Bypass".
 */
#ifndef NOSPEC_H
#define NOSPEC_H

#include <types.h>

/* @index if it is less than @size, else 0.  Two instructions and an AND; the caller checks as well. */
static inline unsigned long array_index_nospec(unsigned long index, unsigned long size)
{
	unsigned long mask;

	asm volatile("cmp %1, %2; sbb %0, %0" : "=r"(mask) : "er"(size), "r"(index) : "cc");
	return index & mask;
}

#endif
