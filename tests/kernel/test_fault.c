/*
 * tests/kernel/test_fault.c - one case per kind of fault
 */
#include "mm_util.h"

MM_TEST(fault, anonymous_read_maps_the_zero_page)
{
	map_at(0, 2, RW);
	EXPECT_EQ(peek(AT(0)), 0);
	EXPECT(is_zero_pfn(pte_pfn(entry(mm, AT(0)))));
	EXPECT(!pte_write(entry(mm, AT(0))));
	EXPECT_EQ(get_mm_rss(mm), 0);
}

MM_TEST(fault, anonymous_write_maps_a_zeroed_page)
{
	struct page *page;

	map_at(0, 1, RW);
	EXPECT(poke(AT(0) + 8, 77));
	page = page_at(mm, AT(0));
	EXPECT(PageAnon(page) && page_mapcount(page) == 1 && page_count(page) == 1);
	EXPECT_EQ(peek(AT(0)), 0);
	EXPECT_EQ(peek(AT(0) + 4088), 0);
	EXPECT_EQ(get_mm_counter(mm, MM_ANONPAGES), 1);
}

MM_TEST(fault, write_after_read_replaces_the_zero_page)
{
	map_at(0, 1, RW);
	EXPECT_EQ(peek(AT(0)), 0);
	EXPECT(poke(AT(0), 5));
	EXPECT(!is_zero_pfn(pte_pfn(entry(mm, AT(0)))));
	EXPECT_EQ(peek(AT(0)), 5);
}

MM_TEST(fault, one_fault_per_page_touched)
{
	unsigned long before;

	map_at(0, 100, RW);
	poke(AT(0), 1);
	before = vm_event_sum(PGFAULT);
	for (int i = 1; i < 100; i++)
		poke(AT(i), i);
	EXPECT_EQ(vm_event_sum(PGFAULT), before + 99);
	for (int i = 0; i < 100; i++)
		poke(AT(i), i);
	EXPECT_EQ(vm_event_sum(PGFAULT), before + 99);
}

MM_TEST(fault, absent_to_present_needs_no_flush)
{
	unsigned long before;

	map_at(0, 50, RW);
	before = vm_event_sum(TLB_FLUSHES);
	for (int i = 0; i < 50; i++)
		poke(AT(i), i);
	EXPECT_EQ(vm_event_sum(TLB_FLUSHES), before);
}

MM_TEST(fault, munmap_flushes_once)
{
	unsigned long before;

	map_at(0, 200, RW);
	for (int i = 0; i < 200; i++)
		poke(AT(i), i);
	before = vm_event_sum(TLB_FLUSHES);
	unmap(0, 200);
	EXPECT_EQ(vm_event_sum(TLB_FLUSHES), before + 1);
	map_at(0, 200, RW);
	before = vm_event_sum(TLB_FLUSHES);
	unmap(0, 200);
	EXPECT_EQ(vm_event_sum(TLB_FLUSHES), before);
}

MM_TEST(fault, munmap_frees_pages_and_tables)
{
	unsigned long tables = atomic_long_read(&mm->nr_tables), free;

	map_at(0, 1024, RW);
	free = nr_free_pages();
	for (int i = 0; i < 1024; i++)
		poke(AT(i), i);
	EXPECT(nr_free_pages() <= free - 1024);
	unmap(0, 1024);
	EXPECT_EQ(atomic_long_read(&mm->nr_tables), tables);
	EXPECT_EQ(atomic_long_read(&mm->nr_ptes), 0);
	EXPECT_EQ(get_mm_rss(mm), 0);
	EXPECT_EQ(mm->hiwater_rss, 1024);
}

MM_TEST(fault, no_access_outside_permissions)
{
	map_at(0, 1, PROT_READ);
	map_at(1, 1, PROT_NONE);
	EXPECT_EQ(peek(AT(0)), 0);
	EXPECT(!poke(AT(0), 1));
	EXPECT_EQ(peek(AT(1)), ~0UL);
	EXPECT_EQ(peek(AT(2)), ~0UL);
}

MM_TEST(fault, prot_none_keeps_the_page)
{
	struct page *page;

	map_at(0, 1, RW);
	poke(AT(0), 6);
	page = page_at(mm, AT(0));
	protect(0, 1, PROT_NONE);
	EXPECT_EQ(peek(AT(0)), ~0UL);
	EXPECT(pte_protnone(entry(mm, AT(0))));
	protect(0, 1, RW);
	EXPECT_EQ(peek(AT(0)), 6);
	EXPECT(page_at(mm, AT(0)) == page);
}

MM_TEST(fault, populate_maps_all_at_once)
{
	unsigned long before;

	EXPECT_EQ(sys_mmap(AT(0), 20 * PAGE_SIZE, RW, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED |
			   MAP_POPULATE, -1UL, 0), AT(0));
	EXPECT_EQ(get_mm_counter(mm, MM_ANONPAGES), 20);
	before = vm_event_sum(PGFAULT);
	for (int i = 0; i < 20; i++)
		EXPECT(poke(AT(i), i));
	EXPECT_EQ(vm_event_sum(PGFAULT), before);
}

MM_TEST(fault, file_read_maps_cached_neighbours)
{
	struct file *f = new_file(64 * PAGE_SIZE);

	EXPECT(!IS_ERR(f));
	for (int i = 0; i < 64; i++)
		EXPECT_EQ(kernel_write(f, &i, sizeof(i), (loff_t)i << PAGE_SHIFT), sizeof(i));
	EXPECT_EQ(map_file(f, 0, 64, PROT_READ, MAP_PRIVATE), AT(0));
	fput(f);
	EXPECT_EQ(peek(AT(17)), 17);
	EXPECT_EQ(get_mm_counter(mm, MM_SHMEMPAGES), 16);
	EXPECT(pte_present(entry(mm, AT(16))) && pte_present(entry(mm, AT(31))));
	EXPECT(pte_none(entry(mm, AT(15))) && pte_none(entry(mm, AT(32))));
	EXPECT_EQ(sys_madvise(AT(0), 64 * PAGE_SIZE, MADV_RANDOM), 0);
	EXPECT_EQ(peek(AT(40)), 40);
	EXPECT_EQ(get_mm_counter(mm, MM_SHMEMPAGES), 17);
}

MM_TEST(fault, private_file_write_copies)
{
	struct file *f = new_file(PAGE_SIZE);
	u64 v = 11;

	EXPECT_EQ(kernel_write(f, &v, sizeof(v), 0), sizeof(v));
	EXPECT_EQ(map_file(f, 0, 1, RW, MAP_PRIVATE), AT(0));
	EXPECT_EQ(peek(AT(0)), 11);
	EXPECT(poke(AT(0), 12));
	EXPECT_EQ(peek(AT(0)), 12);
	EXPECT_EQ(kernel_read(f, &v, sizeof(v), 0), sizeof(v));
	EXPECT_EQ(v, 11);
	EXPECT_EQ(get_mm_counter(mm, MM_ANONPAGES), 1);
	EXPECT_EQ(get_mm_counter(mm, MM_SHMEMPAGES), 0);
	fput(f);
}

MM_TEST(fault, shared_file_write_is_seen_by_read)
{
	struct file *f = new_file(PAGE_SIZE);
	u64 v = 0;

	EXPECT_EQ(map_file(f, 0, 1, RW, MAP_SHARED), AT(0));
	EXPECT(poke(AT(0), 13));
	EXPECT_EQ(kernel_read(f, &v, sizeof(v), 0), sizeof(v));
	EXPECT_EQ(v, 13);
	EXPECT(PageDirty(page_at(mm, AT(0))));
	fput(f);
}

MM_TEST(fault, beyond_the_end_of_a_file_is_sigbus)
{
	struct file *f = new_file(PAGE_SIZE + 1);
	struct vm_area_struct *vma;

	EXPECT_EQ(map_file(f, 0, 3, RW, MAP_SHARED), AT(0));
	fput(f);
	EXPECT(poke(AT(1) + 4080, 1));
	EXPECT(!poke(AT(2), 1));
	down_read(&mm->mmap_sem);
	vma = find_vma(mm, AT(2));
	EXPECT_EQ(handle_mm_fault(vma, AT(2), FAULT_FLAG_WRITE), VM_FAULT_SIGBUS);
	up_read(&mm->mmap_sem);
}

MM_TEST(fault, present_entry_is_only_refreshed)
{
	struct vm_area_struct *vma;

	map_at(0, 1, RW);
	poke(AT(0), 1);
	down_read(&mm->mmap_sem);
	vma = find_vma(mm, AT(0));
	EXPECT_EQ(handle_mm_fault(vma, AT(0), FAULT_FLAG_WRITE), 0);
	up_read(&mm->mmap_sem);
	EXPECT_EQ(peek(AT(0)), 1);
	EXPECT_EQ(page_count(page_at(mm, AT(0))), 1);
}

#ifdef QUIRE_DEBUG
MM_TEST(fault, without_memory_nothing_changes)
{
	struct vm_area_struct *vma;
	int n;

	map_at(0, 1, RW);
	for (n = 1; n < 20; n++) {
		vm_fault_t ret;

		down_read(&mm->mmap_sem);
		vma = find_vma(mm, AT(0));
		fail_alloc(n, true);
		ret = handle_mm_fault(vma, AT(0), FAULT_FLAG_WRITE);
		fail_alloc(0, false);
		up_read(&mm->mmap_sem);
		if (!ret)
			break;
		EXPECT_EQ(ret, VM_FAULT_OOM);
		EXPECT(pte_none(entry(mm, AT(0))));
		EXPECT_EQ(get_mm_rss(mm), 0);
	}
	EXPECT(n > 3 && n < 20);
}
#endif
