/*
 * tests/kernel/test_why.c - explain(): what a program cannot see of it
 */
#include <explain.h>
#include <fault_table.h>
#include "mm_util.h"

/* The outcome of a user's access in @mm. */
static unsigned int outcome(struct mm_struct *mm, unsigned long addr, char access)
{
	struct explanation e;

	down_read(&mm->mmap_sem);
	explain_mm(current, mm, addr, access, &e);
	up_read(&mm->mmap_sem);
	return e.outcome;
}

MM_TEST(why, asking_leaves_no_trace)
{
	static const char how[] = "rwx";
	unsigned long tables, faults, free;
	struct vmacache cache;
	struct page *page;
	int refs;

	map_at(0, 4, RW);
	map_at(10, 4, PROT_READ);
	EXPECT(poke(AT(0), 1));
	page = page_at(mm, AT(0));
	refs = page_count(page);
	cache = current->vmacache;
	tables = atomic_long_read(&mm->nr_tables);
	faults = vm_event_sum(PGFAULT);
	free = nr_free_pages();
	for (unsigned long a = 0; a < 20; a++)
		for (int i = 0; i < 3; i++)
			outcome(mm, AT(a), how[i]);
	outcome(mm, AT(1UL << 20), 'w');	/* where there is no table */
	EXPECT(!memcmp(&cache, &current->vmacache, sizeof(cache)));
	EXPECT_EQ(atomic_long_read(&mm->nr_tables), tables);
	EXPECT_EQ(vm_event_sum(PGFAULT), faults);
	EXPECT_EQ(nr_free_pages(), free);
	EXPECT_EQ(page_count(page), refs);
	EXPECT(pte_none(entry(mm, AT(1))));
}

/* Entries that no program can make: there is no swap. */
MM_TEST(why, an_entry_that_names_no_page_is_sigbus)
{
	struct vm_area_struct *vma;
	pte_t *pte;

	map_at(0, 1, RW);
	EXPECT(poke(AT(0), 1));
	sys_madvise(AT(0), PAGE_SIZE, MADV_DONTNEED);
	pte = pte_offset_kernel(mm_find_pmd(mm, AT(0)), AT(0));
	set_pte(pte, __pte(1UL << 20));
	EXPECT_EQ(outcome(mm, AT(0), 'r'), WHY_SIGBUS);
	EXPECT_EQ(outcome(mm, AT(0), 'w'), WHY_SIGBUS);
	down_read(&mm->mmap_sem);
	vma = find_vma(mm, AT(0));
	EXPECT_EQ(handle_mm_fault(vma, AT(0), FAULT_FLAG_WRITE), VM_FAULT_SIGBUS);
	up_read(&mm->mmap_sem);
	set_pte(pte, __pte(0));
}

/* Who holds a page without mapping it counts as well. */
MM_TEST(why, a_pinned_page_has_two_owners)
{
	struct page *page;

	map_at(0, 1, RW);
	EXPECT(poke(AT(0), 1));
	page = page_at(mm, AT(0));
	protect(0, 1, PROT_READ);
	protect(0, 1, RW);
	EXPECT_EQ(outcome(mm, AT(0), 'w'), pte_write(entry(mm, AT(0))) ? WHY_NO_FAULT : WHY_WP_REUSE);
	set_pte(pte_offset_kernel(mm_find_pmd(mm, AT(0)), AT(0)), pte_wrprotect(entry(mm, AT(0))));
	flush_tlb_mm(mm);
	EXPECT_EQ(outcome(mm, AT(0), 'w'), WHY_WP_REUSE);
	get_page(page);
	EXPECT_EQ(outcome(mm, AT(0), 'w'), WHY_WP_COPY);
	EXPECT(poke(AT(0), 2));
	EXPECT(page_at(mm, AT(0)) != page);
	put_page(page);
}

KTEST(why, a_kernel_thread_has_nothing_to_explain)
{
	struct explanation e;

	EXPECT_EQ(explain(current, 0, 'r', &e), -ESRCH);
	EXPECT_EQ(explain(current, 0, 'q', &e), -EINVAL);
}

KTEST(why, outcomes_are_called_as_in_events)
{
	EXPECT_EQ(WHY_RETRY, OUTCOME_RETRY);
	EXPECT_EQ(WHY_KERNEL_FIXUP, OUTCOME_KERNEL_FIXUP);
	EXPECT(!strcmp(explain_outcome_name(OUTCOME_WP_COPY), "wp_copy"));
	EXPECT(!strcmp(explain_outcome_name(WHY_NO_FAULT), "no_fault"));
	EXPECT(!strcmp(explain_outcome_name(1000), "?"));
}
