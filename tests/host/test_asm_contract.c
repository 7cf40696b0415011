/* links: mm/page_alloc.c mm/lru.c mm/shrinker.c tests/host/no_reclaim.c mm/mm_init.c mm/memblock.c mm/debug.c mm/fail_alloc.c tests/host/shim.c tests/host/shim_tlb.c */
/*
 * tests/host/test_asm_contract.c - tests/asm_contract.c on the fake asm/, and its software TLB
 */
#include "cmocka_shim.h"
#include "tests/asm_contract.c"
#include <string.h>
#include "shim.h"

#define CLAIM(name)						\
	static void name(void **state)				\
	{							\
		const char *broken = claim_##name();		\
								\
		if (broken)					\
			fail_msg("%s", broken);			\
	}							\
	static void five_levels_##name(void **state)		\
	{							\
		use_levels(5);					\
		name(state);					\
	}

static void use_levels(int n)
{
	__pgtable_l5_enabled = n == 5;
	__task_size_max = n == 5 ? TASK_SIZE_L5 : TASK_SIZE_L4;
}

FOR_EACH_CLAIM(CLAIM)

/* One mm with one page mapped at @addr; its PTE. */
static pte_t *map_one_page(struct mm_struct *mm, unsigned long addr, struct page *page)
{
	pgd_t *pgd;
	void *table[4];
	int i;

	for (i = 0; i < 4; i++)
		table[i] = page_address(alloc_page(GFP_KERNEL | __GFP_ZERO));
	mm->pgd = table[0];
	pgd = pgd_offset(mm, addr);
	if (pgtable_l5_enabled())
		set_pgd(pgd, __pgd(page_to_phys(alloc_page(GFP_KERNEL | __GFP_ZERO)) | _PAGE_TABLE));
	set_p4d(p4d_offset(pgd, addr), __p4d(__pa(table[1]) | _PAGE_TABLE));
	set_pud((pud_t *)table[1] + pud_index(addr), __pud(__pa(table[2]) | _PAGE_TABLE));
	set_pmd((pmd_t *)table[2] + pmd_index(addr), __pmd(__pa(table[3]) | _PAGE_TABLE));
	set_pte((pte_t *)table[3] + pte_index(addr), mk_pte(page, PAGE_SHARED));
	return (pte_t *)table[3] + pte_index(addr);
}

static void the_fake_cpu_sets_accessed_and_dirty(void **state)
{
	static struct mm_struct mm;
	struct page *page = alloc_page(GFP_KERNEL | __GFP_ZERO);
	unsigned long addr = 0x7fff12345000UL;
	pte_t *pte = map_one_page(&mm, addr, page);

	set_pte(pte, pte_mkold(pte_mkclean(*pte)));
	assert_ptr_equal(fake_access(&mm, addr + 8, false), (char *)page_address(page) + 8);
	assert_true(pte_young(*pte) && !pte_dirty(*pte));
	assert_non_null(fake_access(&mm, addr, true));
	assert_true(pte_dirty(*pte));
	assert_null(fake_access(&mm, addr + PAGE_SIZE, false));
	set_pte(pte, pte_wrprotect(*pte));
	flush_tlb_mm(&mm);
	assert_null(fake_access(&mm, addr, true));
}

static void the_fake_cpu_walks_five_levels(void **state)
{
	static struct mm_struct mm;
	struct page *page = alloc_page(GFP_KERNEL | __GFP_ZERO);
	unsigned long addr = 1UL << 50 | 3UL << 39 | 0x5000;

	use_levels(5);
	map_one_page(&mm, addr, page);
	assert_ptr_equal(fake_access(&mm, addr + 8, false), (char *)page_address(page) + 8);
	assert_null(fake_access(&mm, addr ^ 1UL << 50, false));
	assert_null(fake_access(&mm, addr ^ 1UL << 39, false));
}

static void a_forgotten_flush_is_reported(void **state)
{
	static struct mm_struct mm;
	struct page *a = alloc_page(GFP_KERNEL | __GFP_ZERO);
	struct page *b = alloc_page(GFP_KERNEL | __GFP_ZERO);
	unsigned long addr = 0x400000, stale = 0;
	pte_t *pte = map_one_page(&mm, addr, a);
	int i;

	for (i = 0; i < 20; i++) {	/* the fake may forget an entry by itself */
		set_pte(pte, mk_pte(a, PAGE_SHARED));
		flush_tlb_mm(&mm);
		fake_access(&mm, addr, false);
		set_pte(pte, mk_pte(b, PAGE_SHARED));
		fake_stale_uses = 0;
		fake_access(&mm, addr, false);
		stale += fake_stale_uses;
		flush_tlb_mm_range(&mm, addr, addr + PAGE_SIZE, false);
		fake_stale_uses = 0;
		assert_ptr_equal(fake_access(&mm, addr, false), page_address(b));
		assert_int_equal(fake_stale_uses, 0);
	}
	assert_true(stale > 10);
}

static void a_page_freed_before_its_flush_is_reported(void **state)
{
	static struct mm_struct mm;
	unsigned long addr = 0x600000, early = 0;
	pte_t *pte = map_one_page(&mm, addr, alloc_page(GFP_KERNEL | __GFP_ZERO));
	int i;

	fake_log_quiet = true;
	for (i = 0; i < 20; i++) {
		struct page *page = alloc_page(GFP_KERNEL | __GFP_ZERO);

		set_pte(pte, mk_pte(page, PAGE_SHARED));
		flush_tlb_mm(&mm);
		fake_access(&mm, addr, true);
		set_pte(pte, __pte(0));
		fake_early_frees = 0;
		if (i & 1)
			flush_tlb_mm_range(&mm, addr, addr + PAGE_SIZE, false);
		__free_page(page);
		if (i & 1)
			assert_int_equal(fake_early_frees, 0);
		early += fake_early_frees;
	}
	fake_log_quiet = false;
	assert_true(early > 5);
}

static int setup(void **state)
{
	fake_boot();
	return 0;
}

static int four_levels_again(void **state)
{
	use_levels(4);
	return 0;
}

#define CASE(name) cmocka_unit_test(name), cmocka_unit_test_teardown(five_levels_##name, four_levels_again),

int main(void)
{
	const struct CMUnitTest tests[] = {
		FOR_EACH_CLAIM(CASE)
		cmocka_unit_test(the_fake_cpu_sets_accessed_and_dirty),
		cmocka_unit_test_teardown(the_fake_cpu_walks_five_levels, four_levels_again),
		cmocka_unit_test(a_forgotten_flush_is_reported),
		cmocka_unit_test(a_page_freed_before_its_flush_is_reported),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
