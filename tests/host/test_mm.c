/* links: ALL_MM */
/*
 * tests/host/test_mm.c - whole address spaces on the host: areas, faults, fork, rmap, tables
 */
#include "mm_host.h"

static enum fake_fault touch(unsigned long addr, bool write)
{
	void *p;

	return fake_touch(addr, write, &p);
}

/* ---- areas ---- */

static void munmap_middle_splits_vma(void **state)
{
	map(BASE, 9, RW, PRIVATE);
	for (int i = 0; i < 9; i++)
		poke(BASE + PG(i), i + 1);
	assert_int_equal(sys_munmap(BASE + PG(3), PG(3)), 0);
	assert_int_equal(current->mm->map_count, 2);
	assert_int_equal(peek(BASE + PG(2)), 3);
	assert_int_equal(peek(BASE + PG(6)), 7);
	assert_int_equal(touch(BASE + PG(3), false), FAKE_SEGV);
	assert_int_equal(get_mm_counter(current->mm, MM_ANONPAGES), 6);
}

static void the_hole_filled_again_is_one_area_and_empty(void **state)
{
	map(BASE, 9, RW, PRIVATE);
	poke(BASE + PG(4), 5);
	assert_int_equal(sys_munmap(BASE + PG(4), PG(1)), 0);
	map(BASE + PG(4), 1, RW, PRIVATE);
	assert_int_equal(current->mm->map_count, 1);
	assert_int_equal(peek(BASE + PG(4)), 0);
}

static void gaps_are_found_from_the_top_down(void **state)
{
	unsigned long top = current->mm->mmap_base, a, b;

	a = sys_mmap(0, PG(4), RW, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	b = sys_mmap(0, PG(4), PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	assert_int_equal(a, top - PG(4));
	assert_int_equal(b, top - PG(8));
	assert_int_equal(sys_munmap(a + PG(1), PG(2)), 0);
	assert_int_equal(sys_mmap(0, PG(3), RW, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), top - PG(11));
	assert_int_equal(sys_mmap(0, PG(2), RW, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), top - PG(3));
}

static void mremap_moves_pages_not_contents(void **state)
{
	struct page *page;

	map(BASE, 4, RW, PRIVATE);
	poke(BASE + PG(1), 7);
	page = page_at(BASE + PG(1));
	assert_int_equal(sys_mremap(BASE, PG(4), PG(4), MREMAP_MAYMOVE | MREMAP_FIXED, BASE + PMD_SIZE),
			 BASE + PMD_SIZE);
	assert_ptr_equal(page_at(BASE + PMD_SIZE + PG(1)), page);
	assert_int_equal(touch(BASE + PG(1), false), FAKE_SEGV);
	assert_int_equal(page_referenced_count(page), 1);
}

static void mremap_that_fails_leaves_everything_at_nth_allocation(void **state)
{
	unsigned long far = BASE + PUD_SIZE;
	long ret = -ENOMEM;
	int n;

	map(BASE, 3, RW, PRIVATE);
	peek(BASE + PG(1));			/* tables, and still no anon_vma: what moves can merge */
	map(far, 1, RW, PRIVATE);
	map(far + PG(2), 1, RW, PRIVATE);
	fake_log_quiet = true;
	for (n = 1; ret == -ENOMEM; n++) {
		fail_alloc(n, true);
		ret = sys_mremap(BASE + PG(1), PG(1), PG(1), MREMAP_MAYMOVE | MREMAP_FIXED, far + PG(1));
		fail_alloc(0, false);
		check_machine();
		if (ret == -ENOMEM) {
			assert_null(find_vma_intersection(current->mm, far + PG(1), far + PG(2)));
			assert_non_null(find_vma_intersection(current->mm, BASE + PG(1), BASE + PG(2)));
		}
	}
	fake_log_quiet = false;
	assert_int_equal(ret, far + PG(1));
	assert_true(n > 3);
}

static void mremap_beside_itself_fails_cleanly_at_nth_allocation(void **state)
{
	long ret = -ENOMEM;
	int n;

	for (int up = 0; up < 2; up++) {
		unsigned long from = BASE + PG(up ? 0 : 2), to = BASE + PG(up ? 2 : 0);

		map(from, 2, RW, PRIVATE);	/* never written: old and new area can be one */
		peek(from);
		fake_log_quiet = true;
		for (n = 1, ret = -ENOMEM; ret == -ENOMEM; n++) {
			fail_alloc(n, true);
			ret = sys_mremap(from, PG(2), PG(2), MREMAP_MAYMOVE | MREMAP_FIXED, to);
			fail_alloc(0, false);
			check_machine();
		}
		fake_log_quiet = false;
		assert_int_equal(ret, to);
		assert_null(find_vma_intersection(current->mm, from, from + PG(2)));
		assert_int_equal(sys_munmap(to, PG(2)), 0);
	}
}

/* ---- faults ---- */

static void a_read_shows_the_zero_page_and_a_write_a_page_of_its_own(void **state)
{
	map(BASE, 2, RW, PRIVATE);
	assert_int_equal(peek(BASE), 0);
	assert_true(pte_special(*pte_at(BASE)) && !pte_write(*pte_at(BASE)));
	assert_int_equal(get_mm_counter(current->mm, MM_ANONPAGES), 0);
	poke(BASE, 1);
	assert_true(PageAnon(page_at(BASE)) && pte_dirty(*pte_at(BASE)));
	assert_int_equal(peek(BASE + PG(1)), 0);
}

static void what_the_area_forbids_is_a_segv(void **state)
{
	map(BASE, 1, PROT_READ, PRIVATE);
	map(BASE + PG(1), 1, PROT_NONE, PRIVATE);
	assert_int_equal(touch(BASE, true), FAKE_SEGV);
	assert_int_equal(touch(BASE + PG(1), false), FAKE_SEGV);
	assert_int_equal(touch(BASE + PG(2), false), FAKE_SEGV);
	assert_int_equal(sys_mprotect(BASE + PG(1), PG(1), RW), 0);
	poke(BASE + PG(1), 1);
	assert_int_equal(sys_mprotect(BASE + PG(1), PG(1), PROT_READ), 0);
	assert_int_equal(touch(BASE + PG(1), true), FAKE_SEGV);
	assert_int_equal(peek(BASE + PG(1)), 1);
}

static void a_stricter_translation_costs_one_spurious_fault(void **state)
{
	int spurious = 0;

	map(BASE, 1, RW, PRIVATE);
	for (int i = 0; i < 20; i++) {		/* the fake may forget an entry by itself */
		unsigned long faults;

		poke(BASE, 1);
		assert_int_equal(sys_mprotect(BASE, PG(1), PROT_READ), 0);
		peek(BASE);
		assert_int_equal(sys_mprotect(BASE, PG(1), RW), 0);
		assert_true(pte_write(*pte_at(BASE)));	/* its own page: at once, and without a flush */
		faults = vm_event_sum(PGFAULT);
		poke(BASE, 2);
		spurious += vm_event_sum(PGFAULT) - faults;
	}
	assert_true(spurious > 10);
}

static void mprotect_that_only_adds_rights_leaves_no_stale_translation(void **state)
{
	map(BASE, 1, PROT_WRITE, PRIVATE);
	for (int i = 0; i < 20; i++) {
		poke(BASE, 1);
		assert_int_equal(sys_madvise(BASE, PG(1), MADV_FREE), 0);	/* writable, and clean again */
		peek(BASE);
		assert_int_equal(sys_mprotect(BASE, PG(1), i & 1 ? PROT_WRITE : RW), 0);
		assert_int_equal(fake_tlb_stale(true), 0);
	}
}

static void a_file_is_shared_until_it_is_written_privately(void **state)
{
	struct file *f = fake_file("f", PG(4), true);
	int fd = fake_install(f);
	u8 was;

	assert_int_equal(sys_mmap(BASE, PG(4), RW, MAP_PRIVATE | MAP_FIXED, fd, 0), BASE);
	assert_int_equal(sys_mmap(BASE + PG(8), PG(4), RW, MAP_SHARED | MAP_FIXED, fd, 0), BASE + PG(8));
	was = peek(BASE + PG(2) + 2);
	assert_int_equal(was, 2);		/* disk_readpage(): index << 16 */
	assert_int_equal(peek(BASE + PG(10) + 2), 2);
	assert_ptr_equal(page_at(BASE + PG(2)), page_at(BASE + PG(10)));
	poke(BASE + PG(10), 9);
	assert_int_equal(peek(BASE + PG(2)), 9);
	poke(BASE + PG(2), 8);
	assert_int_equal(peek(BASE + PG(10)), 9);
	assert_int_equal(peek(BASE + PG(2) + 2), 2);
	fake_close(fd);
	fput(f);
}

static void beyond_the_end_of_the_file_is_a_bus_error(void **state)
{
	struct file *f = fake_file("f", PG(2), false);
	int fd = fake_install(f);

	assert_int_equal(sys_mmap(BASE, PG(4), RW, MAP_SHARED | MAP_FIXED, fd, 0), BASE);
	poke(BASE + PG(1) + 100, 3);
	assert_int_equal(touch(BASE + PG(2), false), FAKE_BUS);
	assert_int_equal(fake_truncate(f, PG(1) + 50), 0);
	assert_int_equal(peek(BASE + PG(1) + 100), 0);
	assert_int_equal(fake_truncate(f, PG(1)), 0);
	assert_int_equal(touch(BASE + PG(1), false), FAKE_BUS);
	fake_close(fd);
	fput(f);
}

/* ---- fork ---- */

static void cow_write_in_child_leaves_parent_page(void **state)
{
	struct task_struct *parent = current, *child;
	struct page *page;

	map(BASE, 2, RW, PRIVATE);
	poke(BASE, 1);
	page = page_at(BASE);
	child = fake_fork();
	assert_false(IS_ERR(child));
	assert_int_equal(page_mapcount(page), 2);
	assert_false(pte_write(*pte_at(BASE)));
	fake_switch(child);
	poke(BASE, 2);
	assert_int_equal(page_mapcount(page), 1);
	check_machine();
	fake_switch(parent);
	assert_int_equal(peek(BASE), 1);
	fake_exit(child);
	poke(BASE, 3);
	assert_ptr_equal(page_at(BASE), page);	/* the sole owner does not copy */
}

static void shared_and_wiped_and_dropped_areas_at_fork(void **state)
{
	struct task_struct *parent = current, *child;

	map(BASE, 1, RW, SHARED);
	map(BASE + PG(1), 1, RW, PRIVATE);
	map(BASE + PG(2), 1, RW, PRIVATE);
	for (int i = 0; i < 3; i++)
		poke(BASE + PG(i), 5);
	assert_int_equal(sys_madvise(BASE + PG(1), PG(1), MADV_WIPEONFORK), 0);
	assert_int_equal(sys_madvise(BASE + PG(2), PG(1), MADV_DONTFORK), 0);
	child = fake_fork();
	fake_switch(child);
	poke(BASE, 6);
	assert_int_equal(peek(BASE + PG(1)), 0);
	assert_int_equal(touch(BASE + PG(2), false), FAKE_SEGV);
	fake_switch(parent);
	fake_exit(child);
	assert_int_equal(peek(BASE), 6);
	assert_int_equal(peek(BASE + PG(1)), 5);
	assert_int_equal(peek(BASE + PG(2)), 5);
}

static void fork_fails_cleanly_at_nth_allocation(void **state)
{
	struct task_struct *child = ERR_PTR(-ENOMEM);
	int n;

	for (int i = 0; i < 5; i++) {
		map(BASE + PG(2 * i), 1, RW, i & 1 ? SHARED : PRIVATE);
		poke(BASE + PG(2 * i), i);
	}
	fake_log_quiet = true;
	for (n = 1; IS_ERR(child); n++) {
		fail_alloc(n, false);
		child = fake_fork();
		fail_alloc(0, false);
		check_machine();
		for (int i = 0; i < 5; i++)
			poke(BASE + PG(2 * i), i);
	}
	fake_log_quiet = false;
	assert_true(n > 8);
	fake_exit(child);
}

/* ---- from a page back to its entries ---- */

static void rmap_finds_a_page_in_every_descendant(void **state)
{
	struct task_struct *t[5] = { current };
	struct page *page;

	map(BASE, 3, RW, PRIVATE);
	poke(BASE + PG(1), 1);
	page = page_at(BASE + PG(1));
	for (int i = 1; i < 5; i++) {
		t[i] = fake_fork();
		fake_switch(t[i]);
		assert_int_equal(page_referenced_count(page), i + 1);
	}
	assert_int_equal(sys_mremap(BASE, PG(3), PG(3), MREMAP_MAYMOVE | MREMAP_FIXED, BASE + PG(50)),
			 BASE + PG(50));
	assert_int_equal(page_referenced_count(page), 5);
	fake_switch(t[2]);
	assert_int_equal(sys_munmap(BASE, PG(2)), 0);
	assert_int_equal(page_referenced_count(page), 4);
	assert_int_equal(page_mapcount(page), 4);
	fake_switch(t[0]);
	for (int i = 1; i < 5; i++)
		fake_exit(t[i]);
	assert_int_equal(page_referenced_count(page), 1);
}

static void truncation_finds_every_mapping_of_a_file(void **state)
{
	struct file *f = fake_file("f", PG(8), false);
	struct task_struct *parent = current, *child;
	int fd = fake_install(f);

	assert_int_equal(sys_mmap(BASE, PG(8), RW, MAP_SHARED | MAP_FIXED, fd, 0), BASE);
	assert_int_equal(sys_mmap(BASE + PG(20), PG(4), RW, MAP_PRIVATE | MAP_FIXED, fd, PG(4)),
			 BASE + PG(20));
	for (int i = 0; i < 8; i++)
		poke(BASE + PG(i), i);
	poke(BASE + PG(21), 1);
	child = fake_fork();
	assert_int_equal(fake_truncate(f, PG(5)), 0);
	for (int i = 0; i < 2; i++) {
		fake_switch(i ? parent : child);
		assert_int_equal(touch(BASE + PG(5), false), FAKE_BUS);
		assert_int_equal(touch(BASE + PG(21), false), FAKE_BUS);
		assert_int_equal(peek(BASE + PG(4)), 4);
		check_machine();
	}
	fake_exit(child);
	fake_close(fd);
	fput(f);
}

/* ---- tables ---- */

static void tables_go_with_the_last_area_they_serve(void **state)
{
	struct mm_struct *mm = current->mm;

	map(BASE, 1, RW, PRIVATE);
	map(BASE + PG(1), 1, RW, PRIVATE);
	map(BASE + PMD_SIZE, 1, RW, PRIVATE);
	map(BASE + PUD_SIZE, 1, RW, PRIVATE);
	poke(BASE, 1);
	poke(BASE + PG(1), 1);
	poke(BASE + PMD_SIZE, 1);
	poke(BASE + PUD_SIZE, 1);
	assert_int_equal(atomic_long_read(&mm->nr_ptes), 3);
	assert_int_equal(atomic_long_read(&mm->nr_tables), 3 + 2 + 1);
	assert_int_equal(sys_munmap(BASE, PG(1)), 0);
	assert_int_equal(atomic_long_read(&mm->nr_ptes), 3);
	assert_int_equal(sys_munmap(BASE + PG(1), PG(1)), 0);
	assert_int_equal(atomic_long_read(&mm->nr_ptes), 2);
	assert_int_equal(sys_munmap(BASE + PUD_SIZE, PG(1)), 0);
	assert_int_equal(atomic_long_read(&mm->nr_tables), 1 + 1 + 1);
}

static void a_walk_passes_over_what_is_not_there(void **state)
{
	unsigned long addr = BASE, far = BASE + (5UL << PGDIR_SHIFT);
	struct mm_struct *mm = current->mm;

	map(BASE, 1, RW, PRIVATE);
	map(far, 1, RW, PRIVATE);
	poke(far, 1);
	assert_ptr_equal(next_pte_table(mm, &addr, far + PG(1)), mm_find_pmd(mm, far));
	assert_int_equal(addr & PMD_MASK, far & PMD_MASK);
	assert_null(mm_find_pmd(mm, BASE));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(munmap_middle_splits_vma),
		CASE(the_hole_filled_again_is_one_area_and_empty),
		CASE(gaps_are_found_from_the_top_down),
		CASE(mremap_moves_pages_not_contents),
		CASE(mremap_that_fails_leaves_everything_at_nth_allocation),
		CASE(mremap_beside_itself_fails_cleanly_at_nth_allocation),
		CASE(a_read_shows_the_zero_page_and_a_write_a_page_of_its_own),
		CASE(what_the_area_forbids_is_a_segv),
		CASE(a_stricter_translation_costs_one_spurious_fault),
		CASE(mprotect_that_only_adds_rights_leaves_no_stale_translation),
		CASE(a_file_is_shared_until_it_is_written_privately),
		CASE(beyond_the_end_of_the_file_is_a_bus_error),
		CASE(cow_write_in_child_leaves_parent_page),
		CASE(shared_and_wiped_and_dropped_areas_at_fork),
		CASE(fork_fails_cleanly_at_nth_allocation),
		CASE(rmap_finds_a_page_in_every_descendant),
		CASE(truncation_finds_every_mapping_of_a_file),
		CASE(tables_go_with_the_last_area_they_serve),
		CASE(a_walk_passes_over_what_is_not_there),
	};

	return cmocka_run_group_tests(tests, machine_setup, NULL);
}
