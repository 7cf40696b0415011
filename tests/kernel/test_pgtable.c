/*
 * tests/kernel/test_pgtable.c - the kernel's page tables: protections, walks, the shared half
 */
#include <asm/extable.h>
#include <boot_info.h>
#include <ktest.h>
#include <memblock.h>
#include <mm.h>
#include <sections.h>
#include <slab.h>
#include <string.h>
#include <vmalloc.h>

KTEST(pgtable, new_pgd_shares_the_kernel_half_and_has_no_user_half)
{
	struct mm_struct *mm = mm_alloc();
	bool same, empty = true;
	int i;

	EXPECT(mm);
	same = !memcmp(mm->pgd + USER_PGD_PTRS, init_pgd + USER_PGD_PTRS, PAGE_SIZE / 2);
	for (i = 0; i < USER_PGD_PTRS; i++)
		empty = empty && !pgd_val(mm->pgd[i]);
	mmput(mm);
	EXPECT(same && empty);
}

KTEST(pgtable, every_slot_the_kernel_may_need_is_filled)
{
	static const unsigned long start[] = { PAGE_OFFSET, VMALLOC_START, VMEMMAP_START,
					       KERNEL_VMA };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(start); i++) {
		pgd_t *pgd = pgd_offset_pgd(init_pgd, start[i]);

		EXPECT(pgd_val(*pgd) & _PAGE_PRESENT);
		EXPECT(p4d_present(*p4d_offset(pgd, start[i])));
	}
}

KTEST(pgtable, direct_map_uses_large_pages)
{
	unsigned long pfn, entry, large = 0, all = 0;

	for (pfn = 512; pfn < max_pfn; pfn += 512) {
		if (!memblock_is_memory(PFN_PHYS(pfn)))
			continue;
		all++;
		large += walk_leaf(init_pgd, (unsigned long)__va(PFN_PHYS(pfn)), &entry) >= 2;
	}
	EXPECT(all > 0);
	EXPECT(large + 8 >= all);	/* all but the image's and the edges */
}

KTEST(pgtable, direct_map_leads_to_the_frame_it_says)
{
	struct page *page = alloc_page(GFP_KERNEL);
	unsigned long entry, va;
	int level;

	EXPECT(page);
	va = (unsigned long)page_address(page);
	level = walk_leaf(init_pgd, va, &entry);
	__free_page(page);
	EXPECT(level >= 1 && level <= 3);
	entry &= PTE_PFN_MASK & ~((1UL << (12 + 9 * (level - 1))) - 1);
	EXPECT_EQ(entry + (va & ((1UL << (12 + 9 * (level - 1))) - 1)), page_to_phys(page));
}

KTEST(pgtable, walk_of_an_unmapped_address_finds_nothing)
{
	unsigned long entry;

	EXPECT_EQ(walk_leaf(init_pgd, VMALLOC_END - PAGE_SIZE, &entry), 0);
	EXPECT(!kernel_pte(VMALLOC_END - PAGE_SIZE));
}

KTEST(pgtable, formatted_walk_shows_every_level_of_a_small_page)
{
	static char buf[1024];
	char *p = vmalloc(PAGE_SIZE);
	size_t len;
	unsigned long lines = 0, i;

	EXPECT(p);
	len = format_walk(init_pgd, (unsigned long)p, buf, sizeof(buf));
	vfree(p);
	EXPECT_EQ(len, strlen(buf));
	for (i = 0; i < len; i++)
		lines += buf[i] == '\n';
	EXPECT_EQ(lines, 6);				/* five levels and the page */
	EXPECT(strstr(buf, "pgd[") && strstr(buf, "p4d") && strstr(buf, "pte["));
	EXPECT(strstr(buf, ": kernel, refcount 1, mapcount 0, flags "));
}

KTEST(pgtable, formatted_walk_never_overruns_its_buffer)
{
	static char buf[64];
	char *p = vmalloc(PAGE_SIZE);
	size_t size;

	EXPECT(p);
	for (size = 0; size < 40; size++) {
		size_t len;

		memset(buf, '#', sizeof(buf));
		len = format_walk(init_pgd, (unsigned long)p, buf, size);
		if (buf[size] != '#' || (size && len >= size)) {
			vfree(p);
			EXPECT(false);
		}
	}
	vfree(p);
}

KTEST(pgtable, read_only_page_refuses_writes_and_takes_them_again)
{
	char *p = vmalloc(PAGE_SIZE);
	long ro_read, ro_write, rw;

	EXPECT(p);
	kernel_protect((unsigned long)p, PAGE_SIZE, PAGE_KERNEL_RO);
	ro_read = probe_read(p);
	ro_write = probe_write(p);
	kernel_protect((unsigned long)p, PAGE_SIZE, PAGE_KERNEL);
	rw = probe_write(p);
	vfree(p);
	EXPECT_EQ(ro_read, 0);
	EXPECT(ro_write & PROBE_FAULTED);
	EXPECT_EQ(ro_write & 3, 3);	/* present, write */
	EXPECT_EQ(rw, 0);
}

KTEST(pgtable, table_pages_are_counted_and_marked)
{
	struct mm_struct *mm = mm_alloc();
	long ptes, tables;
	struct page *pte;
	void *upper;
	bool marked;

	EXPECT(mm);
	pte = pte_alloc_one(mm);
	upper = table_alloc_one(mm);
	ptes = atomic_long_read(&mm->nr_ptes);
	tables = atomic_long_read(&mm->nr_tables);
	marked = pte && PageTable(pte) && pte->pt_mm == mm && pte->pt_entries == 0;
	if (pte)
		pte_free(mm, pte);
	if (upper)
		table_free(mm, upper);
	EXPECT(pte && upper && marked);
	EXPECT_EQ(ptes, 1);
	EXPECT_EQ(tables, 2);
	EXPECT_EQ(atomic_long_read(&mm->nr_tables), 0);
	mmput(mm);
}

KTEST(pgtable, struct_pages_of_the_first_and_the_last_frame_are_there)
{
	EXPECT_EQ(probe_read(pfn_to_page(1)), 0);
	EXPECT_EQ(probe_read(pfn_to_page(max_pfn - 1)), 0);
}
