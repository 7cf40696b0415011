/*
 * asm/vdso.h - the kernel's side of the vDSO (arch/x86_64/vdso.c)
 */
#ifndef ASM_VDSO_H
#define ASM_VDSO_H

#include <types.h>

struct linux_binprm;

/* Boot: the pages that all processes will share. */
void vdso_init(void);
/*
 * exec: map [vvar] and [vdso] into current's address space, with the stack's contents ending at
 * bprm->p and all else in place.  The address of the ELF header in *@ehdr.  0 or -errno.
 */
int arch_setup_additional_pages(const struct linux_binprm *bprm, unsigned long *ehdr);

/* The clock is kept by the TSC: ns = (TSC - @base) * @mult >> 32.  Before the first process. */
void vdso_set_clock(u64 base, u64 mult);
/* Real time minus monotonic time, ns.  Any context. */
void vdso_set_real_offset(u64 ns);

#endif
