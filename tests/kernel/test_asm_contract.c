/*
 * tests/kernel/test_asm_contract.c - tests/asm_contract.c on the real asm/, and what a CPU adds
 */
#include "../asm_contract.c"
#include <ktest.h>
#include <vmalloc.h>

#define CLAIM(name)						\
	KTEST(asm_contract, name)				\
	{							\
		const char *broken = claim_##name();		\
								\
		if (broken)					\
			ktest_fail(t, __FILE__, __LINE__, "%s", broken);	\
	}
FOR_EACH_CLAIM(CLAIM)

KTEST(asm_contract, the_cpu_sets_accessed_on_a_read_and_dirty_on_a_write)
{
	volatile char *p = vmalloc(PAGE_SIZE);
	pte_t *pte, start, read, written;

	EXPECT(p);
	pte = kernel_pte((unsigned long)p);
	start = ptep_get(pte);
	set_pte(pte, pte_mkold(pte_mkclean(start)));
	flush_tlb_kernel_range((unsigned long)p, (unsigned long)p + PAGE_SIZE);
	(void)*p;
	read = ptep_get(pte);
	*p = 1;
	written = ptep_get(pte);
	set_pte(pte, start);
	vfree((void *)p);
	EXPECT(pte_young(read) && !pte_dirty(read));
	EXPECT(pte_young(written) && pte_dirty(written));
}
