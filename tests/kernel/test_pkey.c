/*
 * tests/kernel/test_pkey.c - protection keys in VMAs and entries, and mm_verify seen to fail
 *
 * On a CPU without keys the cases end at once, except those about having none.
 */
#include <asm/pkeys.h>
#include "mm_util.h"

#define NEED_KEYS	do { if (!arch_pkeys_enabled()) return; } while (0)

MM_TEST(pkey, without_the_feature_nothing_is_handed_out)
{
	if (arch_pkeys_enabled())
		return;
	EXPECT_EQ(arch_max_pkey(), 1);
	EXPECT_EQ(mm->pkey_allocation_map, 0);
	EXPECT_EQ(sys_pkey_alloc(0, 0), -ENOSPC);
	map_at(0, 1, PROT_EXEC);
	EXPECT_EQ(vma_pkey(find_vma(mm, AT(0))), 0);
	EXPECT_EQ(mm->execute_only_pkey, -1);
	EXPECT_EQ(read_cr4() & CR4_PKE, 0);
}

MM_TEST(pkey, protection_of_a_page_names_the_key_in_bits_59_to_62)
{
	EXPECT_EQ(pgprot_val(vm_get_page_prot(VM_READ | 5UL << VM_PKEY_SHIFT)),
		  pgprot_val(PAGE_READONLY) | 5UL << 59);
	EXPECT_EQ(pgprot_val(vm_get_page_prot(VM_PKEY_MASK)), pgprot_val(PAGE_NONE) | 15UL << 59);
	EXPECT_EQ(pgprot_val(vm_get_page_prot(VM_READ)), pgprot_val(PAGE_READONLY));
}

KTEST(pkey, pte_modify_takes_the_new_key)
{
	pte_t e = pfn_pte(77, __pgprot(pgprot_val(PAGE_SHARED) | 15UL << 59));

	e = pte_modify(pte_mkdirty(e), __pgprot(pgprot_val(PAGE_READONLY) | 2UL << 59));
	EXPECT_EQ(pte_pkey(e), 2);
	EXPECT_EQ(pte_pfn(e), 77);
	EXPECT(pte_dirty(e) && !pte_write(e));
	EXPECT_EQ(pte_pkey(pte_modify(e, PAGE_NONE)), 0);
}

MM_TEST(pkey, entries_follow_their_vma)
{
	int key;

	NEED_KEYS;
	EXPECT(read_cr4() & CR4_PKE);
	map_at(0, 4, RW);
	EXPECT(poke(AT(0), 1) && poke(AT(2), 3));
	key = sys_pkey_alloc(0, 0);
	EXPECT_EQ(key, 1);
	EXPECT_EQ(sys_pkey_mprotect(AT(0), 2 * PAGE_SIZE, RW, key), 0);
	EXPECT_EQ(pte_pkey(entry(mm, AT(0))), key);
	EXPECT_EQ(pte_pkey(entry(mm, AT(2))), 0);
	EXPECT(poke(AT(1), 2));
	EXPECT_EQ(pte_pkey(entry(mm, AT(1))), key);
	EXPECT_EQ(protect(0, 4, PROT_NONE), 0);
	EXPECT_EQ(pte_pkey(entry(mm, AT(0))), key);
	EXPECT_EQ(mm->map_count, 2);
	EXPECT_EQ(sys_pkey_mprotect(AT(0), 4 * PAGE_SIZE, RW, 0), 0);
	EXPECT_EQ(pte_pkey(entry(mm, AT(0))), 0);
	EXPECT_EQ(mm->map_count, 1);
}

MM_TEST(pkey, a_child_has_the_map_and_the_entries)
{
	struct mm_struct *child;
	bool same;

	NEED_KEYS;
	map_at(0, 1, RW);
	map_at(1, 1, PROT_EXEC);
	EXPECT(poke(AT(0), 1));
	EXPECT_EQ(mm->execute_only_pkey, 1);
	EXPECT_EQ(sys_pkey_alloc(0, 0), 2);
	EXPECT_EQ(sys_pkey_mprotect(AT(0), PAGE_SIZE, RW, 2), 0);
	child = dup_mm(mm);
	EXPECT(!IS_ERR(child));
	same = child->pkey_allocation_map == 7 && child->execute_only_pkey == 1 &&
	       pte_pkey(entry(child, AT(0))) == 2 && !mm_verify_one(child);
	mmput(child);
	EXPECT(same);
}

MM_TEST(pkey, another_mm_is_reached_whatever_its_keys)
{
	struct page *page;
	u64 v = 0;

	NEED_KEYS;
	map_at(0, 1, RW);
	EXPECT(poke(AT(0), 5));
	EXPECT_EQ(sys_pkey_alloc(0, PKEY_DISABLE_ACCESS), 1);
	EXPECT_EQ(sys_pkey_mprotect(AT(0), PAGE_SIZE, RW, 1), 0);
	EXPECT(!poke(AT(0), 6));
	EXPECT_EQ(get_user_pages(mm, AT(0), 1, 0, &page), -EFAULT);
	EXPECT_EQ(access_remote_vm(mm, AT(0), &v, sizeof(v), 0), sizeof(v));
	EXPECT_EQ(v, 5);
}

MM_TEST(pkey, verify_finds_a_foreign_key_and_a_lost_one)
{
	pte_t *pte, right;
	int found;

	map_at(0, 1, RW);
	EXPECT(poke(AT(0), 1));
	pte = pte_offset_kernel(mm_find_pmd(mm, AT(0)), AT(0));
	right = *pte;
	set_pte(pte, __pte(right.pte | 1UL << _PAGE_PKEY_SHIFT));
	found = mm_verify_one(mm);
	set_pte(pte, right);
	EXPECT_EQ(found, 1);
	mm->execute_only_pkey = 3;
	found = mm_verify_one(mm);
	mm->execute_only_pkey = -1;
	EXPECT_EQ(found, 1);
}
