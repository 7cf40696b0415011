/*
 * tests/kernel/test_vdso.c - [vvar] and [vdso] as the kernel sees them (arch/x86_64/vdso.c,
 * mm/special_mapping.c)
 */
#include <asm/vdso.h>
#include <asm/vvar.h>
#include <binfmts.h>
#include <special_mapping.h>
#include <time.h>
#include "mm_util.h"

/* Map both into current's mm; where the code begins, 0 on failure. */
static unsigned long map_vdso(void)
{
	struct linux_binprm bprm = { .p = AT(0) };
	unsigned long ehdr;

	return arch_setup_additional_pages(&bprm, &ehdr) ? 0 : ehdr;
}

static unsigned long vvar_of(unsigned long ehdr)
{
	return ehdr - VVAR_PAGES * PAGE_SIZE;
}

MM_TEST(vdso, all_address_spaces_share_the_frames)
{
	unsigned long a = map_vdso(), code, data;
	struct mm_struct *child;

	EXPECT(a && peek(a) != ~0UL && peek(vvar_of(a)) != ~0UL);
	code = pte_pfn(entry(mm, a));
	data = pte_pfn(entry(mm, vvar_of(a)));
	EXPECT(pte_special(entry(mm, vvar_of(a))) && !pte_special(entry(mm, a)));
	EXPECT(!pte_write(entry(mm, vvar_of(a))) && !pte_exec(entry(mm, vvar_of(a))));
	EXPECT_EQ(page_mapcount(pfn_to_page(code)), 1);
	EXPECT_EQ(get_mm_counter(mm, MM_FILEPAGES), 1);

	child = dup_mm(mm);
	EXPECT(child);
	EXPECT_EQ(pte_pfn(entry(child, vvar_of(a))), data);
	EXPECT_EQ(peek_mm(child, a), peek(a));
	EXPECT_EQ(pte_pfn(entry(child, a)), code);
	EXPECT_EQ(page_mapcount(pfn_to_page(code)), 2);
	mmput(child);
	EXPECT_EQ(page_mapcount(pfn_to_page(code)), 1);

	EXPECT_EQ(sys_munmap(vvar_of(a), (VVAR_PAGES + VDSO_PAGES) * PAGE_SIZE), 0);
	EXPECT_EQ(page_mapcount(pfn_to_page(code)), 0);
	a = map_vdso();			/* as the next exec would */
	EXPECT(a && peek(a) != ~0UL && peek(vvar_of(a)) != ~0UL);
	EXPECT_EQ(pte_pfn(entry(mm, a)), code);
	EXPECT_EQ(pte_pfn(entry(mm, vvar_of(a))), data);
}

MM_TEST(vdso, a_forced_write_makes_a_private_copy)
{
	unsigned long a = map_vdso();
	u64 was = peek(a);
	struct page *shared = page_at(mm, a);

	EXPECT(a && shared);
	EXPECT(!poke(a, 1));
	EXPECT_EQ(access_remote_vm(mm, a, &(u64){ 1 }, 8, FOLL_WRITE), 0);
	EXPECT_EQ(access_remote_vm(mm, a, &(u64){ 1 }, 8, FOLL_WRITE | FOLL_FORCE), 8);
	EXPECT_EQ(peek(a), 1);
	EXPECT(page_at(mm, a) != shared && PageAnon(page_at(mm, a)));
	EXPECT_EQ(*(u64 *)page_address(shared), was);
	EXPECT_EQ(get_mm_counter(mm, MM_FILEPAGES), 0);
	EXPECT_EQ(get_mm_counter(mm, MM_ANONPAGES), 1);
}

MM_TEST(vdso, the_data_has_no_pages_to_pin)
{
	unsigned long a = map_vdso();
	struct page *page;
	long n;

	down_read(&mm->mmap_sem);
	n = get_user_pages(mm, vvar_of(a), 1, 0, &page);
	EXPECT_EQ(n, -EFAULT);
	EXPECT_EQ(get_user_pages(mm, vvar_of(a), 1, FOLL_WRITE | FOLL_FORCE, &page), -EFAULT);
	EXPECT_EQ(get_user_pages(mm, a, 1, 0, &page), 1);
	up_read(&mm->mmap_sem);
	put_page(page);
}

MM_TEST(vdso, the_data_follow_the_kernels_clock)
{
	unsigned long a = map_vdso();
	struct vdso_data d;
	u64 before, after, ns;

	before = clock_read_ns();
	EXPECT(!copy_from_user(&d, (void __user *)vvar_of(a), sizeof(d)));
	ns = (unsigned __int128)(rdtsc() - d.tsc_base) * d.tsc_mult >> 32;
	after = clock_read_ns();
	EXPECT_EQ(d.clock_mode, VDSO_CLOCKMODE_TSC);
	EXPECT_EQ(d.seq & 1, 0);
	EXPECT(before <= ns && ns <= after);
	before = ktime_get_real();
	ns = ((unsigned __int128)(rdtsc() - d.tsc_base) * d.tsc_mult >> 32) + d.real_offset;
	EXPECT(before <= ns && ns <= ktime_get_real());
}

#ifdef QUIRE_DEBUG
MM_TEST(vdso, mapping_fails_cleanly_at_the_nth_allocation)
{
	unsigned long failed = 1, a = 0;

	for (int n = 1; n < 20 && failed; n++) {
		fail_alloc(n, true);
		a = map_vdso();
		failed = fail_alloc(0, false);
		EXPECT(!a == !!failed);
		EXPECT_EQ(mm_verify_one(mm), 0);
		if (failed)
			EXPECT_EQ(sys_munmap(0, mm->task_size - PAGE_SIZE), 0);
	}
	EXPECT(a);
	EXPECT_EQ(mm->map_count, 2);
}
#endif
