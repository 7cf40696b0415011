/*
 * tests/kernel/test_mm.c - the life of an mm_struct, and mm_verify seen to fail
 */
#include <uapi/personality.h>
#include "mm_util.h"

KTEST(mm, last_user_frees_memory_last_reference_the_structure)
{
	struct mm_struct *mm = ktest_use_mm();
	unsigned long mms = kmem_cache_active(mm_cachep);

	EXPECT(mm);
	map_at(0, 100, RW);
	for (int i = 0; i < 100; i++)
		poke(AT(i), i);
	mmgrab(mm);
	ktest_unuse_mm(mm);
	EXPECT_EQ(atomic_read(&mm->mm_users), 0);
	EXPECT_EQ(atomic_read(&mm->mm_count), 1);
	EXPECT_EQ(mm->map_count, 0);
	EXPECT_EQ(get_mm_rss(mm), 0);
	EXPECT_EQ(atomic_long_read(&mm->nr_tables), 0);
	EXPECT_EQ(kmem_cache_active(mm_cachep), mms);
	EXPECT(!mmget_not_zero(mm));
	mmdrop(mm);
	EXPECT_EQ(kmem_cache_active(mm_cachep), mms - 1);
}

MM_TEST(mm, every_mm_is_on_the_list)
{
	struct mm_struct *i;
	bool found = false;

	spin_lock(&mmlist_lock);
	list_for_each_entry(i, &init_mm.mmlist, mmlist)
		found |= i == mm;
	spin_unlock(&mmlist_lock);
	EXPECT(found);
}

MM_TEST(mm, a_child_has_its_own_identity)
{
	struct mm_struct *child;

	map_at(0, 4, RW);
	child = dup_mm(mm);
	EXPECT(!IS_ERR(child));
	EXPECT(child->id != mm->id && child->pgd != mm->pgd);
	EXPECT(child->vmacache_seqnum != mm->vmacache_seqnum);
	EXPECT_EQ(child->total_vm, 4);
	EXPECT_EQ(child->mmap_base, mm->mmap_base);
	EXPECT_EQ(atomic_read(&child->mm_users), 1);
	mmput(child);
}

/* The layout of a program with this limit on its stack, placed by chance or not.  Changes nothing of current's. */
static void pick_layout(struct mm_struct *mm, u64 stack, bool random)
{
	struct rlimit64 *limit = &current->signal->rlim[RLIMIT_STACK], was = *limit;
	unsigned int flags = current->flags, persona = current->personality;

	limit->rlim_cur = stack;
	current->personality &= ~ADDR_COMPAT_LAYOUT;
	current->flags &= ~PF_RANDOMIZE;
	if (random)
		current->flags |= PF_RANDOMIZE;
	arch_pick_mmap_layout(mm);
	current->flags = flags;
	current->personality = persona;
	*limit = was;
}

MM_TEST(mm, mappings_begin_below_the_room_that_the_stack_may_need)
{
	unsigned long top = DEFAULT_MAP_WINDOW;

	pick_layout(mm, 8UL << 20, false);
	EXPECT_EQ(mm->mmap_base, top - (128UL << 20));		/* never less */
	EXPECT_EQ(mm->mmap_legacy_base, PAGE_ALIGN(top / 3));
	pick_layout(mm, 1UL << 30, false);
	EXPECT_EQ(mm->mmap_base, top - (1UL << 30) - stack_guard_gap);
	pick_layout(mm, ~0UL, false);
	EXPECT_EQ(mm->mmap_base, PAGE_ALIGN(top - top / 6 * 5));	/* never more */
	EXPECT_EQ(mm->mmap_legacy_base, PAGE_ALIGN(top / 3));
}

/* The same place eight times in a row: once in 2 to the 224. */
MM_TEST(mm, chance_moves_both_ends_that_mappings_begin_at)
{
	unsigned long top = DEFAULT_MAP_WINDOW, reach = BIT(sysctl_mmap_rnd_bits) << PAGE_SHIFT;
	unsigned long stack_reach = 0x3fffffUL << PAGE_SHIFT;
	unsigned long highest = top - (1UL << 30) - stack_guard_gap - stack_reach;
	int moved = 0, moved_legacy = 0;

	for (int i = 0; i < 8; i++) {
		unsigned long base, legacy;

		pick_layout(mm, 1UL << 30, true);
		base = mm->mmap_base;
		legacy = mm->mmap_legacy_base;
		EXPECT(!offset_in_page(base) && !offset_in_page(legacy));
		EXPECT(base <= highest && base > highest - reach);
		EXPECT(legacy >= PAGE_ALIGN(top / 3) && legacy < PAGE_ALIGN(top / 3) + reach);
		pick_layout(mm, 1UL << 30, true);
		moved += base != mm->mmap_base;
		moved_legacy += legacy != mm->mmap_legacy_base;
	}
	EXPECT(moved && moved_legacy);
}

MM_TEST(mm, gup_of_another_address_space)
{
	char text[100] = "seen from outside";
	char back[100];

	map_at(0, 2, RW);
	EXPECT_EQ(access_remote_vm(mm, AT(1) - 50, text, 100, FOLL_WRITE), 100);
	EXPECT_EQ(access_remote_vm(mm, AT(1) - 50, back, 100, 0), 100);
	EXPECT(!memcmp(text, back, 100));
	EXPECT_EQ(access_remote_vm(mm, AT(2) - 50, back, 100, 0), 50);
	EXPECT_EQ(access_remote_vm(mm, AT(9), back, 100, 0), 0);
}

MM_TEST(mm, mincore_tells_what_is_there)
{
	unsigned char vec[4];

	map_at(0, 4, RW);
	map_at(10, 1, RW);
	poke(AT(1), 1);
	EXPECT_EQ(sys_mincore(AT(0), 4 * PAGE_SIZE, (void __user *)AT(10)), 0);
	EXPECT(!copy_from_user(vec, (void __user *)AT(10), 4));
	EXPECT(!vec[0] && vec[1] && !vec[2] && !vec[3]);
	EXPECT_EQ(sys_mincore(AT(0), 6 * PAGE_SIZE, (void __user *)AT(10)), -ENOMEM);
	EXPECT_EQ(sys_mincore(AT(0) + 1, PAGE_SIZE, (void __user *)AT(10)), -EINVAL);
	EXPECT_EQ(sys_mincore(AT(0), PAGE_SIZE, (void __user *)AT(50)), -EFAULT);
}

/* ---- mm_verify must see each of these ---- */

/* Break *@field, look, mend.  True if the damage was seen and is gone. */
static bool seen(struct mm_struct *mm, unsigned long *field, unsigned long damage)
{
	unsigned long was = *field;
	int bad;

	*field ^= damage;
	bad = mm_verify_one(mm);
	*field = was;
	return bad && !mm_verify_one(mm);
}

MM_TEST(mm, verify_sees_wrong_counters)
{
	map_at(0, 4, RW);
	poke(AT(0), 1);
	EXPECT(seen(mm, &mm->total_vm, 1));
	EXPECT(seen(mm, &mm->data_vm, 1));
	EXPECT(seen(mm, &mm->locked_vm, 1));
	EXPECT(seen(mm, &mm->shared_vm, 1));
	EXPECT(seen(mm, &mm->exec_vm, 1));
	EXPECT(seen(mm, &mm->stack_vm, 1));
	EXPECT(seen(mm, &mm->highest_vm_end, PAGE_SIZE));
	EXPECT(seen(mm, (unsigned long *)&mm->rss_stat.count[MM_ANONPAGES], 2));
	EXPECT(seen(mm, (unsigned long *)&mm->nr_ptes, 2));
	EXPECT(seen(mm, (unsigned long *)&mm->nr_tables, 8));
	mm->map_count++;
	EXPECT(mm_verify_one(mm));
	mm->map_count--;
}

MM_TEST(mm, verify_sees_a_wrong_gap_and_order)
{
	map_at(0, 1, RW);
	map_at(4, 1, RW);
	EXPECT(seen(mm, &mm->mmap->rb_subtree_gap, PAGE_SIZE));
	EXPECT(seen(mm, &mm->mmap->vm_end, 8 * PAGE_SIZE));
	EXPECT(seen(mm, (unsigned long *)&mm->mmap->vm_mm, 64));
}

MM_TEST(mm, verify_sees_wrong_entries)
{
	pte_t *pte;

	map_at(0, 2, RW);
	poke(AT(0), 1);
	peek(AT(1));
	pte = pte_offset_kernel(mm_find_pmd(mm, AT(0)), AT(0));
	EXPECT(seen(mm, &pte[0].pte, _PAGE_NX));		/* executable */
	EXPECT(seen(mm, &pte[0].pte, _PAGE_USER));
	EXPECT(seen(mm, &pte[1].pte, _PAGE_RW));		/* zero page writable */
	EXPECT(seen(mm, &pte[5].pte, pte[1].pte));		/* outside every VMA */
	EXPECT(seen(mm, &page_at(mm, AT(0))->index, 1));
	pfn_to_page(pmd_pfn(*mm_find_pmd(mm, AT(0))))->pt_entries++;
	EXPECT(mm_verify_one(mm));
	pfn_to_page(pmd_pfn(*mm_find_pmd(mm, AT(0))))->pt_entries--;
}

MM_TEST(mm, verify_sees_a_writable_cow_page)
{
	struct mm_struct *child;
	pte_t *pte;

	map_at(0, 1, RW);
	poke(AT(0), 1);
	child = dup_mm(mm);
	pte = pte_offset_kernel(mm_find_pmd(mm, AT(0)), AT(0));
	EXPECT(seen(mm, &pte->pte, _PAGE_RW));
	mmput(child);
}

MM_TEST(mm, verify_all_sees_a_wrong_mapcount)
{
	struct page *page;

	map_at(0, 1, RW);
	poke(AT(0), 1);
	page = page_at(mm, AT(0));
	get_page(page);
	atomic_inc(&page->_mapcount);
	EXPECT(mm_verify_all());
	atomic_dec(&page->_mapcount);
	put_page(page);
	EXPECT_EQ(mm_verify_all(), 0);
}
