/*
 * asm/vvar.h - the page through which the kernel tells every process the time
 *
 * Shared by the kernel, which writes it (vdso.c), and the vDSO (vdso/vgettime.c), which runs in
 * user mode and reads it: so nothing here but plain data.
 *
 *   at exec:   | vvar, VVAR_PAGES, r--p | vdso, VDSO_PAGES, r-xp |     lower addresses left
 *                ^ struct vdso_data       ^ ELF header
 *
 * The first page of the vvar area is the data.  The other three are where Linux 6.1 has the clock
 * pages of KVM and Hyper-V and the offsets of time namespaces; without them a touch is SIGBUS.
 */
#ifndef ASM_VVAR_H
#define ASM_VVAR_H

#include <stdint.h>

#define VVAR_PAGES	4
#define VDSO_PAGES	2

/* How a program may read the clock: not at all (it has to ask the kernel), or by the TSC. */
enum vdso_clock_mode { VDSO_CLOCKMODE_NONE, VDSO_CLOCKMODE_TSC };

/*
 * ns since boot = (TSC - tsc_base) * tsc_mult >> 32; real time is that plus real_offset.
 * A sequence counter instead of a lock, since readers cannot write here: odd while the kernel
 * writes; who finds it odd, or changed since he began, reads again.
 */
struct vdso_data {
	uint32_t seq;
	uint32_t clock_mode;	/* enum vdso_clock_mode */
	uint64_t tsc_base;
	uint64_t tsc_mult;	/* ns per count, << 32 */
	uint64_t real_offset;	/* ns */
};

#endif
