/*
 * tests/kernel/test_rmap.c - from a page to its PTEs
 */
#include "mm_util.h"

static bool note_mm(struct page *page, struct vm_area_struct *vma, unsigned long addr, void *arg)
{
	struct mm_struct **seen = arg;

	for (int i = 0; i < 4; i++) {
		if (seen[i])
			continue;
		seen[i] = vma->vm_mm;
		break;
	}
	return false;
}

MM_TEST(rmap, mapcount_is_what_a_walk_finds)
{
	struct mm_struct *a, *b;
	struct page *page;

	map_at(0, 1, RW);
	poke(AT(0), 1);
	page = page_at(mm, AT(0));
	EXPECT_EQ(page_referenced_count(page), 1);
	a = dup_mm(mm);
	b = dup_mm(a);
	EXPECT_EQ(page_mapcount(page), 3);
	EXPECT_EQ(page_referenced_count(page), 3);
	mmput(a);
	EXPECT_EQ(page_referenced_count(page), 2);
	mmput(b);
	EXPECT_EQ(page_referenced_count(page), 1);
}

MM_TEST(rmap, pages_made_after_fork_are_looked_for_in_the_child_alone)
{
	struct mm_struct *child, *seen[4] = { NULL };
	struct page *page;

	map_at(0, 2, RW);
	poke(AT(0), 1);
	child = dup_mm(mm);
	poke_mm(child, AT(1), 2);
	page = page_at(child, AT(1));
	rmap_walk(page, note_mm, seen);
	EXPECT(seen[0] == child && !seen[1]);
	mmput(child);
}

MM_TEST(rmap, split_and_moved_areas_are_still_found)
{
	struct page *page;
	long to;

	map_at(0, 4, RW);
	poke(AT(2), 1);
	page = page_at(mm, AT(2));
	unmap(1, 1);
	EXPECT_EQ(page_referenced_count(page), 1);
	map_at(4, 1, PROT_READ);
	to = sys_mremap(AT(2), 2 * PAGE_SIZE, 8 * PAGE_SIZE, MREMAP_MAYMOVE, 0);
	EXPECT(to > 0);
	EXPECT_EQ(page_referenced_count(page), 1);
}

MM_TEST(rmap, file_pages_are_found_in_every_mapping)
{
	struct file *f = new_file(4 * PAGE_SIZE);
	struct page *page;

	EXPECT_EQ(map_file(f, 0, 4, RW, MAP_SHARED), AT(0));
	EXPECT_EQ(map_file(f, 8, 4, RW, MAP_PRIVATE), AT(8));
	fput(f);
	poke(AT(2), 5);
	EXPECT_EQ(peek(AT(10)), 5);
	page = page_at(mm, AT(2));
	EXPECT_EQ(page_mapcount(page), 2);
	EXPECT_EQ(page_referenced_count(page), 2);
	EXPECT(poke(AT(10), 6));
	EXPECT_EQ(page_referenced_count(page), 1);
}

MM_TEST(rmap, neighbours_share_an_anon_vma)
{
	map_at(0, 2, RW);
	poke(AT(0), 1);
	map_at(2, 2, PROT_READ);
	protect(2, 2, RW | PROT_EXEC);
	poke(AT(2), 1);
	EXPECT(mm->mmap->anon_vma == mm->mmap->vm_next->anon_vma);
	EXPECT_EQ(mm->mmap->anon_vma->num_active_vmas, 2);
	protect(2, 2, RW);
	EXPECT_EQ(mm->map_count, 1);
	EXPECT_EQ(mm->mmap->anon_vma->num_active_vmas, 1);
}

MM_TEST(rmap, a_line_of_forks_reuses_dead_anon_vmas)
{
	struct mm_struct *gen = mm, *next;
	struct anon_vma_chain *avc;
	int links = 0;

	mmget(mm);
	map_at(0, 1, RW);
	poke(AT(0), 1);
	for (int i = 0; i < 20; i++) {
		next = dup_mm(gen);
		EXPECT(!IS_ERR(next));
		poke_mm(next, AT(0), i);
		mmput(gen);
		gen = next;
	}
	list_for_each_entry(avc, &gen->mmap->anon_vma_chain, same_vma)
		links++;
	EXPECT(links <= 4);
	EXPECT_EQ(mm_verify_one(gen), 0);
	mmput(gen);
}

MM_TEST(rmap, a_held_page_keeps_its_anon_vma)
{
	struct page *page;

	map_at(0, 1, RW);
	poke(AT(0), 1);
	down_read(&mm->mmap_sem);
	EXPECT_EQ(get_user_pages(mm, AT(0), 1, FOLL_WRITE, &page), 1);
	up_read(&mm->mmap_sem);
	unmap(0, 1);
	EXPECT(PageAnon(page));
	EXPECT_EQ(page_referenced_count(page), 0);
	put_page(page);
}

/* As long as it is in the swap cache, say: then mm_verify_all() looks at it, and at what it belonged to. */
MM_TEST(rmap, a_page_outlives_its_anon_vma_s_parent)
{
	struct mm_struct *child, *grandchild;
	struct page *page;

	map_at(0, 1, RW);
	poke(AT(0), 1);
	child = dup_mm(mm);
	poke_mm(child, AT(0), 2);
	grandchild = dup_mm(child);
	poke_mm(grandchild, AT(0), 3);
	down_read(&grandchild->mmap_sem);
	EXPECT_EQ(get_user_pages(grandchild, AT(0), 1, FOLL_WRITE, &page), 1);
	up_read(&grandchild->mmap_sem);
	mmput(grandchild);
	SetPageSwapCache(page);
	EXPECT_EQ(mm_verify_all(), 0);
	mmput(child);
	EXPECT_EQ(mm_verify_all(), 0);
	ClearPageSwapCache(page);
	put_page(page);
}

MM_TEST(rmap, interval_tree_equals_looking_at_every_area)
{
	struct vm_area_struct *v[60], *i;
	struct rb_root root = RB_ROOT;
	u64 s = 5;

	for (int n = 0; n < 60; n++) {
		v[n] = vm_area_alloc(mm);
		EXPECT(v[n]);
		s = s * 6364136223846793005UL + 1;
		v[n]->vm_pgoff = (s >> 33) % 100;
		v[n]->vm_end = (1 + (s >> 50) % 20) << PAGE_SHIFT;
		vma_interval_tree_insert(v[n], &root);
	}
	for (int round = 0; round < 2; round++) {
		for (unsigned long first = 0; first < 120; first++) {
			unsigned long last = first + first % 7;
			int found = 0, should = 0;

			for (i = vma_interval_tree_iter_first(&root, first, last); i;
			     i = vma_interval_tree_iter_next(i, first, last))
				found++;
			for (int n = round ? 30 : 0; n < 60; n++)
				should += v[n]->vm_pgoff <= last &&
					  v[n]->vm_pgoff + vma_pages(v[n]) - 1 >= first;
			EXPECT_EQ(found, should);
		}
		EXPECT_EQ(rb_check(&root), round ? 30 : 60);
		for (int n = 0; n < 30 && !round; n++)
			vma_interval_tree_remove(v[n], &root);
	}
	for (int n = 0; n < 60; n++)
		vm_area_free(v[n]);
}
