/* tests/host asm/processor.h - what a task keeps of a CPU that is not there */
#ifndef ASM_PROCESSOR_H
#define ASM_PROCESSOR_H

#include <types.h>
#include <asm/irqflags.h>

struct thread_struct {
	unsigned long cr2, error_code, trap_nr;
};

struct cpu_features {
	unsigned int phys_bits;
};
extern struct cpu_features cpu_features;

/* Does this CPU have all the physical addresses [pa, pa + size)?  A page table has room for 52 bits. */
static inline bool phys_range_ok(phys_addr_t pa, u64 size)
{
	u64 end = 1UL << min(cpu_features.phys_bits, 52U);

	return pa < end && size <= end - pa;
}

#endif
