/* tests/host asm/processor.h - what a task keeps of a CPU that is not there */
#ifndef ASM_PROCESSOR_H
#define ASM_PROCESSOR_H

#include <types.h>
#include <asm/irqflags.h>

struct thread_struct {
	unsigned long cr2, error_code, trap_nr;
};

struct cpu_features {
	unsigned int phys_bits, family, model;
	char vendor[13];
};
extern struct cpu_features cpu_features;

#endif
