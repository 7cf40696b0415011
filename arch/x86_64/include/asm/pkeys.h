/*
 * asm/pkeys.h - memory protection keys: which of 16 keys a page has, what a thread may do with it
 *
 * Purpose:    bits 62:59 of an entry name a key; PKRU, a register that user code itself writes,
 *             has two bits for each key: no access, no write.  Taking rights away and giving
 *             them back costs no system call and no flush.
 * Invariants: PKRU applies to data accesses to user pages, the kernel's as well, and never to
 *             instruction fetches.  Without the feature every key is 0 and PKRU is not touched.
 * Sources:    Intel SDM vol. 3A, "Protection Keys"; vol. 2, "RDPKRU", "WRPKRU".
 */
#ifndef ASM_PKEYS_H
#define ASM_PKEYS_H

#include <asm/processor.h>
#include <mm.h>

#define PKRU_AD_BIT	1U	/* no access */
#define PKRU_WD_BIT	2U	/* no write */
#define PKRU_BITS_PER_PKEY 2
#define PKRU_DEFAULT	0x55555554U	/* key 0 for everything, the others for nothing */

static inline u32 rdpkru(void)
{
	u32 pkru, d;

	asm volatile("rdpkru" : "=a"(pkru), "=d"(d) : "c"(0));
	return pkru;
}
static inline void wrpkru(u32 pkru)
{
	asm volatile("wrpkru" :: "a"(pkru), "c"(0), "d"(0) : "memory");
}

static inline bool arch_pkeys_enabled(void) { return cpu_features.ospke; }
static inline int arch_max_pkey(void) { return arch_pkeys_enabled() ? 16 : 1; }
/* exec: the new program's PKRU. */
static inline void pkru_write_default(void)
{
	if (arch_pkeys_enabled())
		wrpkru(PKRU_DEFAULT);
}
static inline bool pkru_allows_read(u32 pkru, int pkey)
{
	return !(pkru >> (pkey * PKRU_BITS_PER_PKEY) & PKRU_AD_BIT);
}
static inline bool pkru_allows(u32 pkru, int pkey, bool write)
{
	return !(pkru >> (pkey * PKRU_BITS_PER_PKEY) &
		 (write ? PKRU_AD_BIT | PKRU_WD_BIT : PKRU_AD_BIT));
}

/* arch/x86_64/pkeys.c.  May current do this with @vma's pages?  @foreign: for somebody else's sake. */
bool arch_vma_access_permitted(const struct vm_area_struct *vma, bool write, bool execute,
			       bool foreign);
/* May @t access data with @pkey?  Of another thread: when it was last seen off the CPU. */
bool arch_task_pkey_permits(const struct task_struct *t, int pkey, bool write);
/* What current may do with @pkey: PKEY_DISABLE_* in its own PKRU. */
void arch_set_user_pkey_access(int pkey, unsigned long init_val);
/* Boot: tell the fault handler, once cpu_features is known. */
void pkeys_init(void);
/* arch/x86_64/fault.c: from now on every fault asks arch_vma_access_permitted(). */
void fault_check_pkeys(void);

#endif
