/*
 * tests/kernel/test_mlock.c - how often a page is locked, and that a wrong count is noticed
 */
#include "mm_util.h"

MM_TEST(mlock, dontunmap_of_a_part_unlocks_the_pages_that_stay)
{
	unsigned long before = nr_mlock;
	struct page *stays, *moves;
	long to;

	map_at(0, 4, RW);
	EXPECT_EQ(sys_mlock(AT(0), 4 * PAGE_SIZE), 0);
	EXPECT_EQ(nr_mlock - before, 4);
	stays = page_at(mm, AT(3));
	moves = page_at(mm, AT(1));
	to = sys_mremap(AT(1), PAGE_SIZE, PAGE_SIZE, MREMAP_MAYMOVE | MREMAP_DONTUNMAP, 0);
	EXPECT(to > 0);
	EXPECT(page_at(mm, to) == moves);
	EXPECT_EQ(moves->mlock_count, 1);
	EXPECT_EQ(stays->mlock_count, 0);
	EXPECT(PageMlocked(moves) && !PageMlocked(stays));
	EXPECT_EQ(nr_mlock - before, 1);
	EXPECT_EQ(mm->locked_vm, 1);
	EXPECT_EQ(mm_verify_all(), 0);
	EXPECT_EQ(sys_munmap(to, PAGE_SIZE), 0);
	EXPECT_EQ(nr_mlock, before);
}

MM_TEST(mlock, every_locked_area_counts_once)
{
	struct file *f = new_file(2 * PAGE_SIZE);
	struct page *page;

	EXPECT_EQ(map_file(f, 0, 2, RW, MAP_SHARED), AT(0));
	EXPECT_EQ(map_file(f, 10, 2, RW, MAP_SHARED), AT(10));
	EXPECT_EQ(sys_mlock(AT(0), PAGE_SIZE), 0);
	EXPECT_EQ(sys_mlock(AT(10), 2 * PAGE_SIZE), 0);
	page = page_at(mm, AT(0));
	EXPECT_EQ(page->mlock_count, 2);
	EXPECT_EQ(sys_mlock(AT(0), 2 * PAGE_SIZE), 0);
	EXPECT_EQ(sys_mlock2(AT(0), PAGE_SIZE, MLOCK_ONFAULT), 0);
	EXPECT_EQ(page->mlock_count, 2);
	EXPECT_EQ(sys_munmap(AT(0), 2 * PAGE_SIZE), 0);
	EXPECT_EQ(page->mlock_count, 1);
	EXPECT(PageMlocked(page));
	truncate_setsize(f->f_inode, 0);
	EXPECT_EQ(mm_verify_all(), 0);
	fput(f);
}

MM_TEST(mlock, verify_all_sees_a_wrong_count)
{
	struct page *page;

	map_at(0, 1, RW);
	EXPECT_EQ(sys_mlock(AT(0), PAGE_SIZE), 0);
	page = page_at(mm, AT(0));
	page->mlock_count++;
	EXPECT(mm_verify_all());
	page->mlock_count--;
	ClearPageMlocked(page);
	EXPECT(mm_verify_all());
	SetPageMlocked(page);
	nr_mlock++;
	EXPECT(mm_verify_all());
	nr_mlock--;
	EXPECT_EQ(mm_verify_all(), 0);
}
