/*
 * tests/asm_contract.c - what mm/ may rely on of asm/, whoever provides it
 *
 * Purpose:    one list of claims, run by the kernel on the real asm/ and by the host on the
 *             fake one: a difference between the two shows here first.
 * Use:        included by tests/kernel/test_asm_contract.c and tests/host/test_asm_contract.c,
 *             which turn each CLAIM into a case of their own.  A claim returns NULL, or what
 *             was broken.
 */
#include <asm/atomic.h>
#include <asm/page.h>
#include <asm/pgtable.h>
#include <mm.h>

#define MUST(c) do { if (!(c)) return #c; } while (0)

static const char *claim_conversions_of_addresses_are_inverse(void)
{
	struct page *page = pfn_to_page(300);

	MUST(page_to_pfn(page) == 300);
	MUST(page_to_phys(page) == 300UL << PAGE_SHIFT);
	MUST(__pa(__va(0x12345)) == 0x12345);
	MUST(virt_to_page(page_address(page)) == page);
	MUST(PFN_UP(0x1001) == 2 && PFN_DOWN(0x1fff) == 1);
	return NULL;
}

static const char *claim_an_empty_entry_is_neither_present_nor_a_file_offset(void)
{
	pte_t none = __pte(0);

	MUST(pte_none(none) && !pte_present(none) && !pte_file(none) && !pte_protnone(none));
	MUST(p4d_none(__p4d(0)) && pud_none(__pud(0)) && pmd_none(__pmd(0)));
	MUST(!pud_present(__pud(0)) && !pmd_present(__pmd(0)));
	return NULL;
}

static const char *claim_an_entry_gives_back_its_frame_and_rights(void)
{
	pte_t rw = pfn_pte(0x1234, PAGE_SHARED), ro = pfn_pte(0x1234, PAGE_READONLY);

	MUST(pte_pfn(rw) == 0x1234 && pte_present(rw));
	MUST(pte_write(rw) && !pte_write(ro) && pte_user(rw));
	MUST(!pte_exec(rw) && pte_exec(pfn_pte(1, PAGE_READONLY_EXEC)));
	MUST(pte_write(pte_mkwrite(ro)) && !pte_write(pte_wrprotect(rw)));
	MUST(pte_dirty(pte_mkdirty(rw)) && !pte_dirty(pte_mkclean(pte_mkdirty(rw))));
	MUST(pte_young(pte_mkyoung(rw)) && !pte_young(pte_mkold(pte_mkyoung(rw))));
	MUST(pte_special(pte_mkspecial(ro)) && pte_pfn(pte_mkspecial(ro)) == 0x1234);
	return NULL;
}

static const char *claim_no_access_keeps_the_page_and_says_so(void)
{
	pte_t e = pte_modify(pte_mkdirty(pfn_pte(77, PAGE_SHARED)), PAGE_NONE);

	MUST(pte_present(e) && pte_protnone(e) && pte_pfn(e) == 77 && pte_dirty(e));
	e = pte_modify(e, PAGE_SHARED);
	MUST(!pte_protnone(e) && pte_write(e) && pte_pfn(e) == 77 && pte_dirty(e));
	return NULL;
}

static const char *claim_new_rights_keep_frame_and_software_bits(void)
{
	pte_t e = pte_mkspecial(pte_mkyoung(pte_mkdirty(pfn_pte(0xabcde, PAGE_SHARED))));
	pte_t ro = pte_modify(e, PAGE_READONLY);

	MUST(pte_pfn(ro) == 0xabcde && !pte_write(ro));
	MUST(pte_dirty(ro) && pte_young(ro) && pte_special(ro));
	return NULL;
}

static const char *claim_a_file_offset_survives_in_an_entry(void)
{
	pte_t e = pgoff_to_pte(0x123456789UL);

	MUST(pte_file(e) && !pte_present(e) && !pte_none(e));
	MUST(pte_to_pgoff(e) == 0x123456789UL);
	return NULL;
}

static const char *claim_taking_an_entry_down_returns_what_was_there(void)
{
	pte_t slot = pfn_pte(5, PAGE_SHARED), old;

	ptep_set_wrprotect(&slot);
	MUST(!pte_write(slot) && pte_pfn(slot) == 5);
	slot = pte_mkyoung(slot);
	MUST(ptep_test_and_clear_young(&slot));
	MUST(!ptep_test_and_clear_young(&slot));
	old = ptep_get_and_clear(&slot);
	MUST(pte_pfn(old) == 5 && pte_none(slot));
	return NULL;
}

static const char *claim_loops_over_ranges_stop_at_borders_and_at_the_end(void)
{
	MUST(pmd_addr_end(0x1000UL, 0x400000UL) == PMD_SIZE);
	MUST(pmd_addr_end(0x1000UL, 0x3000UL) == 0x3000);
	MUST(pud_addr_end(PUD_SIZE, 3 * PUD_SIZE) == 2 * PUD_SIZE);
	MUST(pgd_addr_end(0UL, PGDIR_SIZE) == PGDIR_SIZE);
	MUST(pgd_addr_end(0xffffff8000000000UL, 0UL) == 0);	/* the end of all addresses */
	return NULL;
}

static const char *claim_indices_pick_nine_bits_a_level(void)
{
	unsigned long va = 3UL << PGDIR_SHIFT | 5UL << PUD_SHIFT | 7UL << PMD_SHIFT |
			   9UL << PAGE_SHIFT | 0x123;

	MUST(pgd_index(va) == 3 && pud_index(va) == 5 && pmd_index(va) == 7 &&
	     pte_index(va) == 9);
	MUST(pgd_index(TASK_SIZE_MAX - 1) == USER_PGD_PTRS - 1);
	return NULL;
}

static const char *claim_a_p4d_is_the_pgd_entry_or_lies_in_its_table(void)
{
	struct page *page = alloc_page(GFP_KERNEL | __GFP_ZERO);
	bool real = pgtable_l5_enabled(), in_table;
	p4d_t *p4d;
	pgd_t pgd;

	MUST(page);
	pgd = __pgd(page_to_phys(page) | _PAGE_TABLE);
	p4d = p4d_offset(&pgd, 5UL << P4D_SHIFT);
	in_table = p4d == (p4d_t *)page_address(page) + 5;
	__free_page(page);
	MUST(real ? in_table : p4d == (p4d_t *)&pgd);
	MUST(pgd_none(__pgd(0)) == real && pgd_present(__pgd(0)) == !real && !pgd_none(pgd));
	MUST(p4d_addr_end(0UL, 3 * P4D_SIZE) == (real ? P4D_SIZE : 3 * P4D_SIZE));
	return NULL;
}

static const char *claim_large_leaves_are_told_from_tables(void)
{
	MUST(pmd_leaf(__pmd(_PAGE_PRESENT | _PAGE_PSE)) && !pmd_leaf(__pmd(_PAGE_TABLE)));
	MUST(pud_leaf(__pud(_PAGE_PRESENT | _PAGE_PSE)) && !pud_leaf(__pud(_PAGE_TABLE)));
	return NULL;
}

static const char *claim_atomics_return_what_they_promise(void)
{
	atomic_t v = ATOMIC_INIT(1);
	unsigned long bits[2] = { 0, 0 };

	MUST(atomic_inc_return(&v) == 2 && !atomic_dec_and_test(&v) && atomic_dec_and_test(&v));
	MUST(!atomic_inc_not_zero(&v));
	MUST(atomic_cmpxchg(&v, 0, 9) == 0 && atomic_cmpxchg(&v, 0, 7) == 9);
	MUST(atomic_read(&v) == 9);
	MUST(!test_and_set_bit(70, bits) && test_and_set_bit(70, bits));
	MUST(bits[1] == 64 && test_and_clear_bit(70, bits) && !test_bit(70, bits));
	return NULL;
}

static const char *claim_pages_are_cleared_and_copied_whole(void)
{
	struct page *a = alloc_page(GFP_KERNEL), *b = alloc_page(GFP_KERNEL);
	unsigned long *x, *y, i, bad = 0;

	MUST(a && b);
	x = page_address(a);
	y = page_address(b);
	for (i = 0; i < PAGE_SIZE / 8; i++)
		x[i] = i + 1;
	copy_page(y, x);
	clear_page(x);
	for (i = 0; i < PAGE_SIZE / 8; i++)
		bad += x[i] != 0 || y[i] != i + 1;
	__free_page(a);
	__free_page(b);
	MUST(bad == 0);
	return NULL;
}

#define FOR_EACH_CLAIM(CLAIM) \
	CLAIM(conversions_of_addresses_are_inverse) \
	CLAIM(an_empty_entry_is_neither_present_nor_a_file_offset) \
	CLAIM(an_entry_gives_back_its_frame_and_rights) \
	CLAIM(no_access_keeps_the_page_and_says_so) \
	CLAIM(new_rights_keep_frame_and_software_bits) \
	CLAIM(a_file_offset_survives_in_an_entry) \
	CLAIM(taking_an_entry_down_returns_what_was_there) \
	CLAIM(loops_over_ranges_stop_at_borders_and_at_the_end) \
	CLAIM(indices_pick_nine_bits_a_level) \
	CLAIM(a_p4d_is_the_pgd_entry_or_lies_in_its_table) \
	CLAIM(large_leaves_are_told_from_tables) \
	CLAIM(atomics_return_what_they_promise) \
	CLAIM(pages_are_cleared_and_copied_whole)
