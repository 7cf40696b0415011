/*
 * arch/x86_64/pkeys.c - PKRU: a thread's own rights to the keys
 *
 * Purpose:    read and change the register for system calls, and foresee what it will forbid.
 * Invariants: the running thread's PKRU is in the CPU, a stopped one's in its thread.fpu; so
 *             these functions speak of current only.
 * Sources:    Intel SDM vol. 3A, "Protection Keys".
 */
#include <asm/fpu.h>
#include <asm/pkeys.h>
#include <sched.h>

bool arch_vma_access_permitted(const struct vm_area_struct *vma, bool write, bool execute,
			       bool foreign)
{
	if (!arch_pkeys_enabled() || execute || foreign)
		return true;
	/* Another process's keys mean nothing here: our PKRU is not about them. */
	if (!current->mm || current->mm != vma->vm_mm)
		return true;
	return pkru_allows(rdpkru(), vma_pkey(vma), write);
}

bool arch_task_pkey_permits(const struct task_struct *t, int pkey, bool write)
{
	if (!arch_pkeys_enabled())
		return true;
	return pkru_allows(t == current ? rdpkru() : fpu_saved_pkru(t->thread.fpu), pkey, write);
}

void arch_set_user_pkey_access(int pkey, unsigned long init_val)
{
	unsigned int shift = pkey * PKRU_BITS_PER_PKEY;
	u32 bits = (init_val & PKEY_DISABLE_ACCESS ? PKRU_AD_BIT : 0) |
		   (init_val & PKEY_DISABLE_WRITE ? PKRU_WD_BIT : 0);

	wrpkru((rdpkru() & ~((PKRU_AD_BIT | PKRU_WD_BIT) << shift)) | bits << shift);
}

void __init pkeys_init(void)
{
	if (arch_pkeys_enabled())
		fault_check_pkeys();
}
