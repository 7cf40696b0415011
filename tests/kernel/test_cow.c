/*
 * tests/kernel/test_cow.c - fork shares pages until somebody writes
 */
#include "mm_util.h"

MM_TEST(cow, fork_shares_every_page)
{
	struct mm_struct *child;

	map_at(0, 10, RW);
	for (int i = 0; i < 10; i++)
		poke(AT(i), 50 + i);
	child = dup_mm(mm);
	EXPECT(!IS_ERR(child));
	for (int i = 0; i < 10; i++) {
		EXPECT(page_at(child, AT(i)) == page_at(mm, AT(i)));
		EXPECT_EQ(page_mapcount(page_at(mm, AT(i))), 2);
		EXPECT(!pte_write(entry(mm, AT(i))) && !pte_write(entry(child, AT(i))));
	}
	EXPECT_EQ(get_mm_rss(child), 10);
	EXPECT_EQ(mm_verify_one(child), 0);
	mmput(child);
	EXPECT_EQ(page_mapcount(page_at(mm, AT(3))), 1);
}

MM_TEST(cow, write_in_child_leaves_parent_page)
{
	struct mm_struct *child;

	map_at(0, 1, RW);
	poke(AT(0), 1);
	child = dup_mm(mm);
	EXPECT(poke_mm(child, AT(0), 2));
	EXPECT_EQ(peek(AT(0)), 1);
	EXPECT_EQ(peek_mm(child, AT(0)), 2);
	EXPECT_EQ(page_mapcount(page_at(mm, AT(0))), 1);
	mmput(child);
	EXPECT_EQ(peek(AT(0)), 1);
}

MM_TEST(cow, write_in_parent_leaves_child_page)
{
	struct mm_struct *child;

	map_at(0, 1, RW);
	poke(AT(0), 1);
	child = dup_mm(mm);
	EXPECT(poke(AT(0), 3));
	EXPECT_EQ(peek_mm(child, AT(0)), 1);
	EXPECT_EQ(peek(AT(0)), 3);
	mmput(child);
}

MM_TEST(cow, last_owner_reuses_the_page)
{
	unsigned long copies, reuses;
	struct mm_struct *child;
	struct page *page;

	map_at(0, 1, RW);
	poke(AT(0), 1);
	child = dup_mm(mm);
	mmput(child);
	page = page_at(mm, AT(0));
	copies = vm_event_sum(COW_COPY);
	reuses = vm_event_sum(COW_REUSE);
	EXPECT(poke(AT(0), 2));
	EXPECT(page_at(mm, AT(0)) == page);
	EXPECT_EQ(vm_event_sum(COW_COPY), copies);
	EXPECT_EQ(vm_event_sum(COW_REUSE), reuses + 1);
}

MM_TEST(cow, a_page_somebody_holds_is_copied)
{
	struct page *held;

	map_at(0, 1, RW);
	poke(AT(0), 1);
	mmput(dup_mm(mm));
	down_read(&mm->mmap_sem);
	EXPECT_EQ(get_user_pages(mm, AT(0), 1, 0, &held), 1);
	up_read(&mm->mmap_sem);
	EXPECT(poke(AT(0), 2));
	EXPECT(page_at(mm, AT(0)) != held);
	EXPECT_EQ(*(u64 *)page_address(held), 1);
	put_page(held);
}

MM_TEST(cow, zero_page_is_shared_without_counting)
{
	int refs = page_count(empty_zero_page);
	struct mm_struct *child;

	map_at(0, 4, RW);
	peek(AT(0));
	peek(AT(1));
	child = dup_mm(mm);
	EXPECT_EQ(page_count(empty_zero_page), refs);
	EXPECT(poke_mm(child, AT(0), 4));
	EXPECT_EQ(peek(AT(0)), 0);
	EXPECT_EQ(*(u64 *)page_address(empty_zero_page), 0);
	mmput(child);
}

MM_TEST(cow, three_generations_keep_their_own)
{
	struct mm_struct *a, *b;

	map_at(0, 2, RW);
	poke(AT(0), 1);
	a = dup_mm(mm);
	poke_mm(a, AT(0), 2);
	b = dup_mm(a);
	poke_mm(b, AT(0), 3);
	EXPECT_EQ(peek(AT(0)), 1);
	EXPECT_EQ(peek_mm(a, AT(0)), 2);
	EXPECT_EQ(peek_mm(b, AT(0)), 3);
	mmput(a);
	EXPECT_EQ(peek_mm(b, AT(0)), 3);
	EXPECT_EQ(mm_verify_one(b), 0);
	mmput(b);
}

MM_TEST(cow, shared_memory_stays_shared_over_fork)
{
	struct mm_struct *child;

	EXPECT_EQ(sys_mmap(AT(0), PAGE_SIZE, RW, MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED, -1UL, 0),
		  AT(0));
	poke(AT(0), 1);
	child = dup_mm(mm);
	EXPECT(poke_mm(child, AT(0), 9));
	EXPECT_EQ(peek(AT(0)), 9);
	mmput(child);
}

MM_TEST(cow, advice_on_fork_is_followed)
{
	struct mm_struct *child;

	map_at(0, 1, RW);
	map_at(2, 1, RW);
	poke(AT(0), 1);
	poke(AT(2), 2);
	EXPECT_EQ(sys_madvise(AT(0), PAGE_SIZE, MADV_DONTFORK), 0);
	EXPECT_EQ(sys_madvise(AT(2), PAGE_SIZE, MADV_WIPEONFORK), 0);
	child = dup_mm(mm);
	EXPECT_EQ(child->map_count, 1);
	EXPECT_EQ(child->total_vm, 1);
	EXPECT_EQ(peek_mm(child, AT(2)), 0);
	EXPECT_EQ(peek(AT(2)), 2);
	EXPECT_EQ(mm_verify_one(child), 0);
	mmput(child);
}

MM_TEST(cow, locks_are_not_inherited)
{
	struct mm_struct *child;

	map_at(0, 2, RW);
	EXPECT_EQ(sys_mlock(AT(0), PAGE_SIZE), 0);
	child = dup_mm(mm);
	EXPECT_EQ(child->locked_vm, 0);
	EXPECT_EQ(mm->locked_vm, 1);
	EXPECT_EQ(mm_verify_one(child), 0);
	mmput(child);
}

MM_TEST(cow, forced_write_to_read_only_memory_copies)
{
	u64 v = 8;

	map_at(0, 1, RW);
	poke(AT(0), 1);
	protect(0, 1, PROT_READ);
	EXPECT_EQ(access_remote_vm(mm, AT(0), &v, sizeof(v), FOLL_WRITE), 0);
	EXPECT_EQ(access_remote_vm(mm, AT(0), &v, sizeof(v), FOLL_WRITE | FOLL_FORCE), sizeof(v));
	EXPECT_EQ(peek(AT(0)), 8);
	EXPECT(!poke(AT(0), 2));
}

MM_TEST(cow, exclusive_pages_become_writable_by_mprotect)
{
	unsigned long faults;

	map_at(0, 4, RW);
	for (int i = 0; i < 4; i++)
		poke(AT(i), i);
	protect(0, 4, PROT_READ);
	protect(0, 4, RW);
	faults = vm_event_sum(PGFAULT);
	for (int i = 0; i < 4; i++)
		EXPECT(poke(AT(i), i));
	EXPECT_EQ(vm_event_sum(PGFAULT), faults);
}

#ifdef QUIRE_DEBUG
MM_TEST(cow, fork_fails_cleanly_at_nth_allocation)
{
	struct mm_struct *child = NULL;
	unsigned long committed;
	int n;

	for (int i = 0; i < 6; i++) {
		map_at(i * 600, 2, i & 1 ? RW : RW | PROT_EXEC);
		poke(AT(i * 600), i);
	}
	committed = atomic_long_read(&vm_committed_as);
	for (n = 1; n < 200; n++) {
		fail_alloc(n, true);
		child = dup_mm(mm);
		fail_alloc(0, false);
		if (!IS_ERR(child))
			break;
		EXPECT_EQ(PTR_ERR(child), -ENOMEM);
		EXPECT_EQ(atomic_long_read(&vm_committed_as), committed);
		EXPECT_EQ(mm_verify_one(mm), 0);
		for (int i = 0; i < 6; i++)
			EXPECT_EQ(page_mapcount(page_at(mm, AT(i * 600))), 1);
	}
	EXPECT(n > 10 && n < 200);
	mmput(child);
	EXPECT(poke(AT(0), 1));
}
#endif
