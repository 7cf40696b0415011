/*
 * tests/kernel/test_vma.c - areas: split, merge, find, gaps, limits, accounting
 */
#include "mm_util.h"

/* ---- against a model ---- */

#define WINDOW 64
#define STEPS 100000

struct model {
	s8 prot[WINDOW];		/* -1: nothing mapped */
};

static u64 seed;

static u32 rnd(u32 n)
{
	seed = seed * 6364136223846793005UL + 1442695040888963407UL;
	return (seed >> 33) % n;
}

static bool model_equals(const struct model *m, struct mm_struct *mm)
{
	struct vm_area_struct *v = mm->mmap;
	int i = 0, areas = 0;

	while (i < WINDOW) {
		int start = i, prot = m->prot[i];

		while (i < WINDOW && m->prot[i] == prot)
			i++;
		if (prot < 0)
			continue;
		areas++;
		if (!v || v->vm_start != AT(start) || v->vm_end != AT(i) ||
		    (v->vm_flags & VM_ACCESS_FLAGS) != (unsigned long)prot)
			return false;
		v = v->vm_next;
	}
	return !v && mm->map_count == areas;
}

static void random_step(struct model *m)
{
	static const int prots[] = { PROT_NONE, PROT_READ, PROT_READ | PROT_WRITE };
	int start = rnd(WINDOW), len = 1 + rnd(min(8, WINDOW - start)), prot = prots[rnd(3)];
	bool all = true;

	switch (rnd(3)) {
	case 0:
		map_at(start, len, prot);
		memset(m->prot + start, prot, len);
		break;
	case 1:
		unmap(start, len);
		memset(m->prot + start, -1, len);
		break;
	default:
		for (int i = start; i < start + len; i++)
			all &= m->prot[i] >= 0;
		if (!all)
			return;
		protect(start, len, prot);
		memset(m->prot + start, prot, len);
	}
}

/* Once writable private memory is charged for ever; with overcommit off that splits areas. */
MM_TEST(vma, random_steps_equal_a_model_of_pages)
{
	struct model m;
	int old = sysctl_overcommit_memory;

	memset(&m, -1, sizeof(m));
	seed = 42;
	for (int i = 0; i < STEPS; i++) {
		random_step(&m);
		if (i % 64)
			continue;
		/* VM_ACCOUNT may keep equal-looking neighbours apart: compare page by page */
		for (int p = 0; p < WINDOW; p++) {
			struct vm_area_struct *v = find_vma(mm, AT(p));
			bool mapped = v && v->vm_start <= AT(p);

			EXPECT_EQ(mapped, m.prot[p] >= 0);
			EXPECT(!mapped ||
			       (v->vm_flags & VM_ACCESS_FLAGS) == (unsigned long)m.prot[p]);
		}
		EXPECT_EQ(mm_verify_one(mm), 0);
	}
	sysctl_overcommit_memory = old;
}

MM_TEST(vma, areas_without_accounting_merge_to_the_least_number)
{
	struct model m;

	memset(&m, -1, sizeof(m));
	seed = 7;
	for (int i = 0; i < 5000; i++) {
		int start = rnd(WINDOW), len = 1 + rnd(min(8, WINDOW - start));

		if (rnd(2)) {
			map_at(start, len, PROT_READ);
			memset(m.prot + start, VM_READ, len);
		} else {
			unmap(start, len);
			memset(m.prot + start, -1, len);
		}
		EXPECT(model_equals(&m, mm));
	}
}

/* ---- split ---- */

MM_TEST(vma, munmap_middle_splits_vma)
{
	EXPECT_EQ(map_at(0, 10, RW), AT(0));
	EXPECT_EQ(unmap(4, 2), 0);
	EXPECT_EQ(mm->map_count, 2);
	EXPECT_EQ(mm->mmap->vm_end, AT(4));
	EXPECT_EQ(mm->mmap->vm_next->vm_start, AT(6));
	EXPECT_EQ(mm->mmap->vm_next->vm_pgoff, AT(6) >> PAGE_SHIFT);
	EXPECT_EQ(mm->total_vm, 8);
}

MM_TEST(vma, munmap_of_nothing_succeeds)
{
	EXPECT_EQ(unmap(0, 10), 0);
	EXPECT_EQ(sys_munmap(AT(0) + 1, PAGE_SIZE), -EINVAL);
	EXPECT_EQ(sys_munmap(AT(0), 0), -EINVAL);
	EXPECT_EQ(sys_munmap(mm->task_size, PAGE_SIZE), -EINVAL);
	EXPECT_EQ(sys_munmap(0, mm->task_size + PAGE_SIZE), -EINVAL);
}

MM_TEST(vma, second_split_without_memory_undoes_the_first)
{
#ifdef QUIRE_DEBUG
	EXPECT_EQ(map_at(0, 10, RW), AT(0));
	for (int n = 1; n < 20; n++) {
		long ret;

		fail_alloc(n, true);
		ret = unmap(4, 2);
		fail_alloc(0, false);
		if (!ret)
			break;
		EXPECT_EQ(ret, -ENOMEM);
		EXPECT_EQ(mm->map_count, 1);
	}
	EXPECT_EQ(mm->map_count, 2);
#else
	ktest_skip(t, "debug build only");
#endif
}

/* ---- the eight merges ---- */

MM_TEST(vma, merge_1_hole_between_equals)
{
	map_at(0, 2, PROT_READ);
	map_at(4, 2, PROT_READ);
	EXPECT_EQ(mm->map_count, 2);
	map_at(2, 2, PROT_READ);
	EXPECT_EQ(mm->map_count, 1);
	EXPECT_EQ(mm->mmap->vm_end - mm->mmap->vm_start, 6 * PAGE_SIZE);
}

MM_TEST(vma, merge_2_hole_after_prev)
{
	map_at(0, 2, PROT_READ);
	map_at(2, 2, PROT_READ);
	EXPECT_EQ(mm->map_count, 1);
	EXPECT_EQ(mm->mmap->vm_end, AT(4));
}

MM_TEST(vma, merge_3_hole_before_next)
{
	map_at(2, 2, PROT_READ);
	map_at(0, 2, PROT_READ);
	EXPECT_EQ(mm->map_count, 1);
	EXPECT_EQ(mm->mmap->vm_start, AT(0));
	EXPECT_EQ(mm->mmap->vm_pgoff, AT(0) >> PAGE_SHIFT);
}

MM_TEST(vma, merge_4_end_of_prev_joins_next)
{
	map_at(0, 4, PROT_READ);
	map_at(4, 2, PROT_NONE);
	EXPECT_EQ(protect(2, 2, PROT_NONE), 0);
	EXPECT_EQ(mm->map_count, 2);
	EXPECT_EQ(mm->mmap->vm_end, AT(2));
}

MM_TEST(vma, merge_5_start_of_next_joins_prev)
{
	map_at(0, 2, PROT_READ);
	map_at(2, 4, PROT_NONE);
	EXPECT_EQ(protect(2, 2, PROT_READ), 0);
	EXPECT_EQ(mm->map_count, 2);
	EXPECT_EQ(mm->mmap->vm_end, AT(4));
}

MM_TEST(vma, merge_6_whole_area_joins_both)
{
	map_at(0, 2, PROT_READ);
	map_at(2, 2, PROT_NONE);
	map_at(4, 2, PROT_READ);
	EXPECT_EQ(protect(2, 2, PROT_READ), 0);
	EXPECT_EQ(mm->map_count, 1);
}

MM_TEST(vma, merge_7_whole_area_joins_prev)
{
	map_at(0, 2, PROT_READ);
	map_at(2, 2, PROT_NONE);
	EXPECT_EQ(protect(2, 2, PROT_READ), 0);
	EXPECT_EQ(mm->map_count, 1);
}

MM_TEST(vma, merge_8_whole_area_joins_next)
{
	map_at(2, 2, PROT_NONE);
	map_at(4, 2, PROT_READ);
	EXPECT_EQ(protect(2, 2, PROT_READ), 0);
	EXPECT_EQ(mm->map_count, 1);
	EXPECT_EQ(mm->mmap->vm_start, AT(2));
}

MM_TEST(vma, mprotect_and_back_leaves_one_area)
{
	map_at(0, 8, RW);
	for (int i = 0; i < 8; i++)
		EXPECT(poke(AT(i), i));
	EXPECT_EQ(protect(3, 1, PROT_READ), 0);
	EXPECT_EQ(mm->map_count, 3);
	EXPECT(!poke(AT(3), 9));
	EXPECT_EQ(protect(3, 1, RW), 0);
	EXPECT_EQ(mm->map_count, 1);
	EXPECT(poke(AT(3), 9));
	EXPECT_EQ(peek(AT(4)), 4);
}

/* ---- find ---- */

MM_TEST(vma, find_vma_gives_first_area_that_ends_above)
{
	map_at(4, 2, RW);
	map_at(10, 2, RW);
	EXPECT_EQ(find_vma(mm, AT(0))->vm_start, AT(4));
	EXPECT_EQ(find_vma(mm, AT(5))->vm_start, AT(4));
	EXPECT_EQ(find_vma(mm, AT(6))->vm_start, AT(10));
	EXPECT(!find_vma(mm, AT(12)));
	EXPECT(!find_vma_intersection(mm, AT(6), AT(10)));
}

MM_TEST(vma, vmacache_hits_and_forgets_when_an_area_goes)
{
	unsigned long hits;
	u32 seq;

	map_at(0, 1, RW);
	map_at(4, 1, RW);
	find_vma(mm, AT(0));
	hits = vm_event_sum(VMACACHE_HITS);
	EXPECT(find_vma(mm, AT(0)));
	EXPECT_EQ(vm_event_sum(VMACACHE_HITS), hits + 1);
	seq = mm->vmacache_seqnum;
	unmap(0, 1);
	EXPECT(mm->vmacache_seqnum != seq);
	hits = vm_event_sum(VMACACHE_HITS);
	EXPECT_EQ(find_vma(mm, AT(0))->vm_start, AT(4));
	EXPECT_EQ(vm_event_sum(VMACACHE_HITS), hits);
}

/* ---- gaps ---- */

MM_TEST(vma, top_down_takes_the_highest_gap_that_fits)
{
	unsigned long a = map_any(1, RW, MAP_PRIVATE), b, c;

	EXPECT_EQ(a + PAGE_SIZE, mm->mmap_base);
	b = map_any(4, PROT_READ, MAP_PRIVATE);
	EXPECT_EQ(b + 4 * PAGE_SIZE, a);
	c = map_any(1, PROT_NONE, MAP_PRIVATE);
	EXPECT_EQ(c + PAGE_SIZE, b);
	sys_munmap(b + PAGE_SIZE, 2 * PAGE_SIZE);
	EXPECT_EQ(map_any(3, RW, MAP_PRIVATE), c - 3 * PAGE_SIZE);
	EXPECT_EQ(map_any(2, PROT_EXEC, MAP_PRIVATE), b + PAGE_SIZE);
}

MM_TEST(vma, bottom_up_takes_the_lowest_gap_that_fits)
{
	map_at(0, 4, RW);
	map_at(6, 4, PROT_READ);
	map_at(20, 1, RW);
	EXPECT_EQ(vm_unmapped_area_bottomup(mm, 2 * PAGE_SIZE, AT(0), AT(100), 0), AT(4));
	EXPECT_EQ(vm_unmapped_area_bottomup(mm, 3 * PAGE_SIZE, AT(0), AT(100), 0), AT(10));
	EXPECT_EQ(vm_unmapped_area_bottomup(mm, 11 * PAGE_SIZE, AT(0), AT(100), 0), AT(21));
	EXPECT_EQ(vm_unmapped_area_bottomup(mm, 90 * PAGE_SIZE, AT(0), AT(100), 0), -ENOMEM);
	EXPECT_EQ(vm_unmapped_area_topdown(mm, PAGE_SIZE, AT(0), AT(20), 0), AT(19));
	EXPECT_EQ(vm_unmapped_area_topdown(mm, 2 * PAGE_SIZE, AT(0), AT(10), 0), AT(4));
}

MM_TEST(vma, searches_agree_with_looking_at_every_page)
{
	seed = 3;
	for (int i = 0; i < 40; i++)
		map_at(rnd(200) * 2, 1 + rnd(3), rnd(2) ? PROT_READ : PROT_NONE);
	for (int len = 1; len < 12; len++) {
		long low = -ENOMEM, high = -ENOMEM;

		for (int p = 0; p + len <= 300; p++) {
			if (find_vma_intersection(mm, AT(p), AT(p + len)))
				continue;
			if (low < 0)
				low = AT(p);
			high = AT(p);
		}
		EXPECT_EQ(vm_unmapped_area_bottomup(mm, len * PAGE_SIZE, AT(0), AT(300), 0), low);
		EXPECT_EQ(vm_unmapped_area_topdown(mm, len * PAGE_SIZE, AT(0), AT(300), 0), high);
	}
}

MM_TEST(vma, guard_gap_below_a_stack_stays_free)
{
	unsigned long guard = stack_guard_gap >> PAGE_SHIFT, got;

	EXPECT_EQ(sys_mmap(AT(1000), PAGE_SIZE, RW, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED |
			   MAP_GROWSDOWN, -1UL, 0), AT(1000));
	got = vm_unmapped_area_topdown(mm, PAGE_SIZE, AT(0), AT(1000), 0);
	EXPECT_EQ(got, AT(1000 - guard - 1));
	EXPECT_EQ(map_at(1000 - guard - 10, 10, RW), AT(1000 - guard - 10));
	EXPECT_EQ(expand_downwards(find_vma(mm, AT(1000)), AT(999)), -ENOMEM);
	unmap(1000 - guard - 10, 10);
	EXPECT_EQ(expand_downwards(find_vma(mm, AT(1000)), AT(990)), 0);
	EXPECT_EQ(mm->stack_vm, 11);
}

MM_TEST(vma, hints_are_taken_when_free)
{
	EXPECT_EQ(sys_mmap(AT(5) + 123, PAGE_SIZE, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1UL, 0), AT(5));
	EXPECT(sys_mmap(AT(5), PAGE_SIZE, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1UL, 0) !=
	       (long)AT(5));
	EXPECT_EQ(sys_mmap(AT(5), PAGE_SIZE, RW, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE,
			   -1UL, 0), -EEXIST);
	EXPECT(sys_mmap(0, PAGE_SIZE, RW, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1UL, 0) <
	       0x80000000L);
}

/* ---- errors, limits, accounting ---- */

MM_TEST(vma, mmap_refuses_in_the_order_of_linux)
{
	int anon = MAP_PRIVATE | MAP_ANONYMOUS;

	EXPECT_EQ(sys_mmap(0, 0, RW, anon, -1UL, 0), -EINVAL);
	EXPECT_EQ(sys_mmap(0, PAGE_SIZE, RW, anon, -1UL, 1), -EINVAL);
	EXPECT_EQ(sys_mmap(0, PAGE_SIZE, RW, MAP_ANONYMOUS, -1UL, 0), -EINVAL);
	EXPECT_EQ(sys_mmap(0, ~0UL, RW, anon, -1UL, 0), -ENOMEM);
	EXPECT_EQ(sys_mmap(0, mm->task_size + PAGE_SIZE, RW, anon, -1UL, 0), -ENOMEM);
	EXPECT_EQ(sys_mmap(AT(0) + 1, PAGE_SIZE, RW, anon | MAP_FIXED, -1UL, 0), -EINVAL);
	EXPECT_EQ(sys_mmap(mm->task_size, PAGE_SIZE, RW, anon | MAP_FIXED, -1UL, 0), -ENOMEM);
	EXPECT_EQ(sys_mmap(0, PAGE_SIZE, RW, MAP_SHARED | MAP_ANONYMOUS | MAP_GROWSDOWN, -1UL, 0),
		  -EINVAL);
	EXPECT_EQ(mm->map_count, 0);
}

MM_TEST(vma, mprotect_refuses_as_linux)
{
	map_at(0, 2, RW);
	EXPECT_EQ(sys_mprotect(AT(0) + 1, PAGE_SIZE, RW), -EINVAL);
	EXPECT_EQ(sys_mprotect(AT(0), PAGE_SIZE, 0x100), -EINVAL);
	EXPECT_EQ(sys_mprotect(AT(0), 0, 0x100), 0);
	EXPECT_EQ(protect(0, 3, PROT_READ), -ENOMEM);
	EXPECT_EQ(mm->mmap->vm_flags & VM_WRITE, 0);	/* what is mapped was done */
	EXPECT_EQ(sys_mprotect(AT(0), PAGE_SIZE, RW | PROT_GROWSDOWN), -EINVAL);
}

MM_TEST(vma, map_count_stops_at_its_limit)
{
	int old = sysctl_max_map_count;

	sysctl_max_map_count = 4;
	for (int i = 0; i < 5; i++)
		EXPECT_EQ(map_at(i * 2, 1, RW), AT(i * 2));
	EXPECT_EQ(map_at(20, 1, RW), -ENOMEM);
	sysctl_max_map_count = old;
	EXPECT_EQ(mm->map_count, 5);
}

MM_TEST(vma, counters_follow_kinds_of_areas)
{
	map_at(0, 1, RW);
	map_at(2, 2, PROT_READ | PROT_EXEC);
	map_at(6, 4, PROT_READ);
	EXPECT_EQ(mm->total_vm, 7);
	EXPECT_EQ(mm->data_vm, 1);
	EXPECT_EQ(mm->exec_vm, 2);
	EXPECT(map_any(3, RW, MAP_SHARED) > 0);
	EXPECT_EQ(mm->shared_vm, 3);
	EXPECT_EQ(mm->hiwater_vm, 10);
	unmap(0, 10);
	EXPECT_EQ(mm->total_vm, 3);
	EXPECT_EQ(mm->hiwater_vm, 10);
}

MM_TEST(vma, writable_private_memory_is_committed_and_given_back)
{
	long before = atomic_long_read(&vm_committed_as);

	map_at(0, 8, RW);
	map_at(8, 8, PROT_READ);
	EXPECT_EQ(atomic_long_read(&vm_committed_as), before + 8);
	protect(8, 4, RW);
	EXPECT_EQ(atomic_long_read(&vm_committed_as), before + 12);
	unmap(0, 16);
	EXPECT_EQ(atomic_long_read(&vm_committed_as), before);
}

MM_TEST(vma, strict_overcommit_refuses_beyond_the_limit)
{
	unsigned long limit = vm_commit_limit();

	sysctl_overcommit_memory = 2;
	EXPECT_EQ(map_any(limit + 1, RW, MAP_PRIVATE), -ENOMEM);
	sysctl_overcommit_memory = 1;
	EXPECT(map_any(limit * 4, RW, MAP_PRIVATE) > 0);
	sysctl_overcommit_memory = 0;
	EXPECT_EQ(map_any(totalram_pages() + 1, RW, MAP_PRIVATE), -ENOMEM);
	EXPECT(map_any(totalram_pages() + 1, RW, MAP_PRIVATE | MAP_NORESERVE) > 0);
}

/* ---- brk, mremap, mlock ---- */

MM_TEST(vma, brk_grows_and_shrinks_one_area)
{
	mm->start_brk = mm->brk = AT(0);
	EXPECT_EQ(sys_brk(0), AT(0));
	EXPECT_EQ(sys_brk(AT(4)), AT(4));
	EXPECT(poke(AT(3), 5));
	EXPECT_EQ(sys_brk(AT(5)), AT(5));
	EXPECT_EQ(mm->map_count, 1);
	EXPECT_EQ(sys_brk(AT(2)), AT(2));
	EXPECT_EQ(mm->total_vm, 2);
	map_at(10, 1, RW);
	EXPECT_EQ(sys_brk(AT(12)), AT(2));
	EXPECT_EQ(sys_brk(AT(4)), AT(4));
	EXPECT_EQ(peek(AT(3)), 0);
}

MM_TEST(vma, mremap_grows_in_place_when_it_can)
{
	map_at(0, 2, RW);
	EXPECT_EQ(sys_mremap(AT(0), 2 * PAGE_SIZE, 4 * PAGE_SIZE, 0, 0), AT(0));
	EXPECT_EQ(mm->map_count, 1);
	map_at(6, 1, PROT_READ);
	EXPECT_EQ(sys_mremap(AT(0), 4 * PAGE_SIZE, 8 * PAGE_SIZE, 0, 0), -ENOMEM);
	EXPECT_EQ(sys_mremap(AT(0), 4 * PAGE_SIZE, PAGE_SIZE, 0, 0), AT(0));
	EXPECT_EQ(mm->total_vm, 2);
}

MM_TEST(vma, mremap_moves_pages_not_contents)
{
	struct page *page;
	long to;

	map_at(0, 3, RW);
	for (int i = 0; i < 3; i++)
		EXPECT(poke(AT(i), 100 + i));
	page = page_at(mm, AT(1));
	map_at(3, 1, PROT_READ);
	to = sys_mremap(AT(0), 3 * PAGE_SIZE, 600 * PAGE_SIZE, MREMAP_MAYMOVE, 0);
	EXPECT(to > 0 && to != (long)AT(0));
	EXPECT_EQ(peek(to + 2 * PAGE_SIZE), 102);
	EXPECT(page_at(mm, to + PAGE_SIZE) == page);
	EXPECT_EQ(page_mapcount(page), 1);
	EXPECT_EQ(page_referenced_count(page), 1);
	EXPECT_EQ(peek(AT(0)), ~0UL);
}

MM_TEST(vma, mremap_dontunmap_leaves_an_empty_area)
{
	long to;

	map_at(0, 2, RW);
	EXPECT(poke(AT(0), 7));
	to = sys_mremap(AT(0), 2 * PAGE_SIZE, 2 * PAGE_SIZE, MREMAP_MAYMOVE | MREMAP_DONTUNMAP, 0);
	EXPECT(to > 0);
	EXPECT_EQ(peek(to), 7);
	EXPECT_EQ(peek(AT(0)), 0);
	EXPECT_EQ(mm->total_vm, 4);
}

MM_TEST(vma, mlock_populates_and_counts)
{
	map_at(0, 8, RW);
	EXPECT_EQ(sys_mlock(AT(2), 3 * PAGE_SIZE), 0);
	EXPECT_EQ(mm->locked_vm, 3);
	EXPECT_EQ(get_mm_counter(mm, MM_ANONPAGES), 3);
	EXPECT(PageMlocked(page_at(mm, AT(3))));
	EXPECT_EQ(sys_mlock(AT(0), 9 * PAGE_SIZE), -ENOMEM);
	EXPECT_EQ(sys_munlock(AT(0), 8 * PAGE_SIZE), 0);
	EXPECT_EQ(mm->locked_vm, 0);
	EXPECT(!PageMlocked(page_at(mm, AT(3))));
	EXPECT_EQ(mm->map_count, 1);
	EXPECT_EQ(sys_mlockall(MCL_FUTURE), 0);
	map_at(20, 2, RW);
	EXPECT_EQ(mm->locked_vm, 2);
	EXPECT(page_at(mm, AT(21)));
	EXPECT_EQ(sys_munlockall(), 0);
	EXPECT_EQ(mm->def_flags, 0);
}

MM_TEST(vma, madvise_dontneed_drops_and_free_keeps)
{
	map_at(0, 4, RW);
	poke(AT(0), 1);
	poke(AT(1), 2);
	EXPECT_EQ(sys_madvise(AT(0), PAGE_SIZE, MADV_DONTNEED), 0);
	EXPECT_EQ(peek(AT(0)), 0);
	EXPECT_EQ(sys_madvise(AT(1), PAGE_SIZE, MADV_FREE), 0);
	EXPECT_EQ(peek(AT(1)), 2);
	EXPECT(!pte_dirty(entry(mm, AT(1))));
	EXPECT_EQ(sys_madvise(AT(0), PAGE_SIZE, MADV_MERGEABLE), -EINVAL);
	EXPECT_EQ(sys_madvise(AT(0), 8 * PAGE_SIZE, MADV_DONTNEED), -ENOMEM);
	EXPECT_EQ(sys_madvise(AT(1), PAGE_SIZE, MADV_RANDOM), 0);
	EXPECT_EQ(mm->map_count, 3);
	EXPECT_EQ(sys_madvise(AT(1), PAGE_SIZE, MADV_NORMAL), 0);
	EXPECT_EQ(mm->map_count, 1);
}

MM_TEST(vma, cost_of_a_search_does_not_grow_with_areas)
{
	for (int i = 0; i < 2000; i++)
		EXPECT_EQ(map_at(i * 2, 1, i & 1 ? PROT_READ : PROT_NONE), AT(i * 2));
	EXPECT_EQ(mm->map_count, 2000);
	EXPECT_EQ(vm_unmapped_area_bottomup(mm, 2 * PAGE_SIZE, AT(0), AT(9000), 0), AT(3999));
	EXPECT_EQ(vm_unmapped_area_topdown(mm, PAGE_SIZE, AT(0), AT(3998), 0), AT(3997));
	EXPECT_EQ(sys_munmap(AT(0), 4000 * PAGE_SIZE), 0);
	EXPECT_EQ(mm->map_count, 0);
}
