/*
 * tests/kernel/test_nonlinear.c - nonlinear areas from inside: one VMA, its list, its entries, rmap
 */
#include <syscalls_remote.h>
#include "mm_util.h"

static long remap(unsigned long page, unsigned long pages, pgoff_t pgoff, unsigned long flags)
{
	return sys_remap_file_pages(AT(page), pages * PAGE_SIZE, 0, pgoff, flags);
}

/* A shared area of @pages pages of a new file, each holding 100 + its number. */
static struct file *numbered(unsigned long pages)
{
	struct file *f = new_file(pages * PAGE_SIZE);

	map_file(f, 0, pages, RW, MAP_SHARED);
	for (unsigned long i = 0; i < pages; i++)
		poke(AT(i), 100 + i);
	return f;
}

static int list_length(struct address_space *m)
{
	struct vm_area_struct *vma;
	int n = 0;

	list_for_each_entry(vma, &m->i_mmap_nonlinear, shared.nonlinear)
		n++;
	return n;
}

MM_TEST(nonlinear, remapping_makes_one_area_nonlinear_and_changes_lists)
{
	struct file *f = numbered(8);
	struct address_space *m = f->f_inode->i_mapping;

	EXPECT_EQ(list_length(m), 0);
	EXPECT_EQ(remap(1, 2, 5, 0), 0);
	EXPECT_EQ(remap(7, 1, 0, 0), 0);
	EXPECT_EQ(mm->map_count, 1);
	EXPECT(mm->mmap->vm_flags & VM_NONLINEAR);
	EXPECT_EQ(list_length(m), 1);
	EXPECT(!vma_interval_tree_iter_first(&m->i_mmap, 0, ~0UL));
	EXPECT_EQ(peek(AT(1)), 105);
	EXPECT_EQ(peek(AT(2)), 106);
	EXPECT_EQ(peek(AT(7)), 100);
	unmap(0, 8);
	EXPECT_EQ(list_length(m), 0);
	fput(f);
}

MM_TEST(nonlinear, entries_hold_offsets_until_the_page_is_mapped)
{
	struct file *f = numbered(4);

	EXPECT_EQ(remap(0, 4, 2, MAP_NONBLOCK), 0);
	EXPECT(pte_file(entry(mm, AT(0))) && pte_to_pgoff(entry(mm, AT(0))) == 2);
	EXPECT_EQ(remap(2, 1, 2, MAP_NONBLOCK), 0);
	EXPECT(pte_none(entry(mm, AT(2))));		/* linear: says itself */
	EXPECT_EQ(peek(AT(0)), 102);
	EXPECT(pte_present(entry(mm, AT(0))));
	EXPECT_EQ(sys_madvise(AT(0), 4 * PAGE_SIZE, MADV_DONTNEED), 0);
	EXPECT(pte_file(entry(mm, AT(0))) && pte_to_pgoff(entry(mm, AT(0))) == 2);
	EXPECT_EQ(get_mm_rss(mm), 0);
	fput(f);
}

MM_TEST(nonlinear, rmap_finds_a_page_wherever_it_is_shown)
{
	struct file *f = numbered(8);
	struct mm_struct *child;
	struct page *page;

	EXPECT_EQ(map_file(f, 16, 8, RW, MAP_SHARED), AT(16));
	EXPECT_EQ(peek(AT(16 + 3)), 103);
	EXPECT_EQ(remap(0, 1, 3, 0), 0);
	EXPECT_EQ(remap(6, 1, 3, 0), 0);
	page = page_at(mm, AT(0));
	EXPECT(page && page == page_at(mm, AT(6)) && page == page_at(mm, AT(3)));
	EXPECT_EQ(page_mapcount(page), 4);
	EXPECT_EQ(page_referenced_count(page), 4);
	child = dup_mm(mm);
	EXPECT(!IS_ERR(child));
	EXPECT_EQ(peek_mm(child, AT(6)), 103);
	EXPECT_EQ(page_mapcount(page), page_referenced_count(page));
	EXPECT_EQ(page_mapcount(page), 7);
	mmput(child);
	EXPECT_EQ(page_referenced_count(page), 4);
	EXPECT_EQ(remap(6, 1, 6, 0), 0);
	EXPECT_EQ(page_referenced_count(page), 3);
	fput(f);
}

MM_TEST(nonlinear, truncation_unmaps_what_rmap_finds_and_keeps_offsets)
{
	struct file *f = numbered(8);
	struct inode *inode = f->f_inode;

	EXPECT_EQ(remap(0, 2, 6, 0), 0);
	EXPECT_EQ(peek(AT(2)), 102);
	down_write(&inode->i_rwsem);
	truncate_setsize(inode, 4 * PAGE_SIZE);
	up_write(&inode->i_rwsem);
	EXPECT_EQ(inode->i_mapping->nrpages, 4);
	EXPECT(pte_file(entry(mm, AT(0))) && pte_to_pgoff(entry(mm, AT(0))) == 6);
	EXPECT(pte_present(entry(mm, AT(2))));
	EXPECT_EQ(peek(AT(0)), ~0UL);
	EXPECT_EQ(peek(AT(2)), 102);
	fput(f);
}

MM_TEST(nonlinear, split_halves_are_nonlinear_and_merge_again)
{
	struct file *f = numbered(8);

	EXPECT_EQ(remap(0, 4, 4, 0), 0);
	EXPECT_EQ(protect(3, 2, PROT_READ), 0);
	EXPECT_EQ(mm->map_count, 3);
	EXPECT_EQ(list_length(f->f_inode->i_mapping), 3);
	EXPECT_EQ(mm_verify_one(mm), 0);
	EXPECT_EQ(protect(3, 2, RW), 0);
	EXPECT_EQ(mm->map_count, 1);
	EXPECT_EQ(list_length(f->f_inode->i_mapping), 1);
	EXPECT_EQ(peek(AT(3)), 107);
	EXPECT_EQ(peek(AT(4)), 104);
	fput(f);
}

MM_TEST(nonlinear, a_linear_neighbour_does_not_merge)
{
	struct file *f = numbered(8);

	EXPECT_EQ(unmap(4, 4), 0);
	EXPECT_EQ(remap(0, 1, 2, 0), 0);
	EXPECT_EQ(vm_mmap(f, AT(4), 4 * PAGE_SIZE, RW, MAP_SHARED | MAP_FIXED, 4 * PAGE_SIZE), AT(4));
	EXPECT_EQ(mm->map_count, 2);
	EXPECT_EQ(peek(AT(0)), 102);
	EXPECT_EQ(peek(AT(4)), 104);
	fput(f);
}

#ifdef QUIRE_DEBUG
MM_TEST(nonlinear, without_memory_for_tables_nothing_changes)
{
	struct file *f = new_file(4 * PAGE_SIZE);
	long err;

	EXPECT_EQ(map_file(f, 0, 4, RW, MAP_SHARED), AT(0));
	drain_table_caches();			/* ready ones need no memory */
	fail_alloc(1, true);
	err = remap(0, 1, 3, MAP_NONBLOCK);
	fail_alloc(0, false);
	EXPECT_EQ(err, -ENOMEM);
	EXPECT(!(mm->mmap->vm_flags & VM_NONLINEAR));
	fput(f);
}
#endif
