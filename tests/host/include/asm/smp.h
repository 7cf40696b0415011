/*
 * tests/host asm/smp.h - CPUs that take turns run a function one after the other
 */
#ifndef ASM_SMP_H
#define ASM_SMP_H

#include <asm/percpu.h>

static inline void on_each_cpu(void (*fn)(void *arg), void *arg)
{
	unsigned int me = fake_cpu;

	for (fake_cpu = 0; fake_cpu < nr_cpus; fake_cpu++)
		fn(arg);
	fake_cpu = me;
}

static inline void smp_park_others_quiet(void) { }
static inline void smp_unpark(void) { }

#endif
