/*
 * fs/procfs/litmus.c - /proc/sys/kernel/litmus_seed: where CPUs yield from now on (kernel/litmus.c)
 *
 * Only in the debug build, and when the kernel was started with litmus.seed=: Linux has no such file.
 */
#include <litmus.h>
#include "internal.h"

void proc_litmus_init(void)
{
#ifdef QUIRE_DEBUG
	static const struct proc_number number[] = {
		{ "sys/kernel/litmus_seed", .word = &litmus_seed, .written = litmus_new_seed },
	};

	if (litmus_on)
		proc_create_numbers(number, 1);
#endif
}
