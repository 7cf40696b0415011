/*
 * tests/host asm/pkeys.h - a CPU without protection keys
 */
#ifndef ASM_PKEYS_H
#define ASM_PKEYS_H

#include <mm.h>

static inline bool arch_pkeys_enabled(void) { return false; }
static inline int arch_max_pkey(void) { return 1; }
static inline bool arch_vma_access_permitted(const struct vm_area_struct *vma, bool write,
					     bool execute, bool foreign)
{
	return true;
}
static inline bool arch_task_pkey_permits(const struct task_struct *t, int pkey, bool write) { return true; }
static inline void arch_set_user_pkey_access(int pkey, unsigned long init_val) { }
static inline u32 rdpkru(void) { return 0; }
static inline bool pkru_allows_read(u32 pkru, int pkey) { return true; }

#endif
