/*
 * tests/kernel/test_tlb.c - stale translations, and who writes CR3 when
 */
#include <asm/irqflags.h>
#include <asm/mmu_context.h>
#include <asm/processor.h>
#include <ktest.h>
#include <mm.h>
#include <sched.h>
#include <vmalloc.h>

#define OLD 0x1111111111111111UL
#define NEW 0x2222222222222222UL

/* Two frames, and a window in which either can be seen. */
struct window {
	volatile unsigned long *at;
	struct page *other;
	pte_t own_pte;
};

static bool open_window(struct window *w)
{
	w->at = vmalloc(PAGE_SIZE);
	w->other = alloc_page(GFP_KERNEL);
	if (!w->at || !w->other)
		return false;
	*w->at = OLD;
	*(unsigned long *)page_address(w->other) = NEW;
	w->own_pte = *kernel_pte((unsigned long)w->at);
	return true;
}

static void show_other(struct window *w)
{
	set_pte(kernel_pte((unsigned long)w->at), mk_pte(w->other, PAGE_KERNEL));
}

static void close_window(struct window *w)
{
	if (w->at) {
		set_pte(kernel_pte((unsigned long)w->at), w->own_pte);
		invlpg((unsigned long)w->at);
		vfree((void *)w->at);
	}
	if (w->other)
		__free_page(w->other);
}

/*
 * The point of the whole file: the table says the new frame, the CPU still reads the old
 * one, until it is told.
 */
KTEST(tlb, stale_translation_survives_until_invlpg)
{
	struct window w = { 0 };
	unsigned long flags, before = 0, stale = 0, fresh = 0;
	bool ok = open_window(&w);

	if (ok) {
		flags = local_irq_save();	/* an interrupt could flush by accident */
		before = *w.at;
		show_other(&w);
		stale = *w.at;
		invlpg((unsigned long)w.at);
		fresh = *w.at;
		local_irq_restore(flags);
	}
	close_window(&w);
	EXPECT(ok);
	EXPECT_EQ(before, OLD);
	EXPECT_EQ(stale, OLD);
	EXPECT_EQ(fresh, NEW);
}

KTEST(tlb, kernel_range_flush_drops_a_stale_translation)
{
	struct window w = { 0 };
	unsigned long small = 0, large = 0, va;
	bool ok = open_window(&w);

	if (ok) {
		va = (unsigned long)w.at;
		(void)*w.at;
		show_other(&w);
		flush_tlb_kernel_range(va, va + PAGE_SIZE);
		small = *w.at;
		set_pte(kernel_pte(va), w.own_pte);
		flush_tlb_kernel_range(va - 64 * PAGE_SIZE, va + 64 * PAGE_SIZE);
		large = *w.at;
	}
	close_window(&w);
	EXPECT(ok);
	EXPECT_EQ(small, NEW);
	EXPECT_EQ(large, OLD);
}

KTEST(tlb, flush_all_drops_global_translations)
{
	struct window w = { 0 };
	unsigned long seen = 0;
	bool ok = open_window(&w);

	if (ok) {
		(void)*w.at;
		show_other(&w);
		flush_tlb_all();
		seen = *w.at;
	}
	close_window(&w);
	EXPECT(ok);
	EXPECT_EQ(seen, NEW);
}

KTEST(tlb, loaded_mm_is_what_cr3_says)
{
	unsigned long flags = local_irq_save();
	bool same = (read_cr3() & PAGE_MASK) == __pa(this_cpu()->loaded_mm->pgd);

	local_irq_restore(flags);
	EXPECT(same);
}

KTEST(tlb, switch_to_the_same_mm_writes_no_cr3)
{
	unsigned long flags = local_irq_save();
	struct mm_struct *mm = this_cpu()->loaded_mm;
	unsigned long before = vm_event_sum(CR3_WRITES), after;

	switch_mm(mm, mm);
	after = vm_event_sum(CR3_WRITES);
	local_irq_restore(flags);
	EXPECT_EQ(after, before);
}

KTEST(tlb, switch_to_another_mm_writes_cr3_once_and_moves_the_mask)
{
	struct mm_struct *mm = mm_alloc(), *old;
	unsigned long flags, before, writes, cr3, in_new, in_old, id;

	EXPECT(mm);
	flags = local_irq_save();
	old = this_cpu()->loaded_mm;
	id = smp_processor_id();
	before = vm_event_sum(CR3_WRITES);
	switch_mm(old, mm);
	writes = vm_event_sum(CR3_WRITES) - before;
	cr3 = read_cr3() & PAGE_MASK;
	in_new = test_bit(id, mm->cpu_vm_mask_var.bits);
	in_old = test_bit(id, old->cpu_vm_mask_var.bits);
	switch_mm(mm, old);
	local_irq_restore(flags);
	before = __pa(mm->pgd);
	id = test_bit(id, mm->cpu_vm_mask_var.bits);
	mmput(mm);
	EXPECT_EQ(writes, 1);
	EXPECT_EQ(cr3, before);
	EXPECT(in_new && !in_old);
	EXPECT(!id);
}

/* In an mm that no other CPU is in: with one that is, flushing needs interrupts on. */
KTEST(tlb, up_to_32_pages_go_by_invlpg_and_more_by_one_full_flush)
{
	struct mm_struct *mm = ktest_use_mm();
	unsigned long small_pages, small_all, large_pages, large_all, pages, all, flags;

	EXPECT(mm);
	flags = local_irq_save();
	pages = vm_event_sum(TLB_FLUSH_PAGE);
	all = vm_event_sum(TLB_FLUSH_ALL);
	flush_tlb_mm_range(mm, 0x100000, 0x100000 + 32 * PAGE_SIZE, false);
	small_pages = vm_event_sum(TLB_FLUSH_PAGE) - pages;
	small_all = vm_event_sum(TLB_FLUSH_ALL) - all;
	flush_tlb_mm_range(mm, 0x100000, 0x100000 + 33 * PAGE_SIZE, false);
	large_pages = vm_event_sum(TLB_FLUSH_PAGE) - pages - small_pages;
	large_all = vm_event_sum(TLB_FLUSH_ALL) - all - small_all;
	local_irq_restore(flags);
	ktest_unuse_mm(mm);
	EXPECT_EQ(small_pages, 32);
	EXPECT_EQ(small_all, 0);
	EXPECT_EQ(large_pages, 0);
	EXPECT_EQ(large_all, 1);
}

KTEST(tlb, flush_of_an_mm_that_runs_nowhere_touches_no_tlb)
{
	struct mm_struct *mm = mm_alloc();
	unsigned long flags, before, after;

	EXPECT(mm);
	flags = local_irq_save();
	before = vm_event_sum(TLB_FLUSH_PAGE) + vm_event_sum(TLB_FLUSH_ALL) +
		 vm_event_sum(TLB_IPIS);
	flush_tlb_mm(mm);
	flush_tlb_mm_range(mm, 0x1000, 0x2000, false);
	after = vm_event_sum(TLB_FLUSH_PAGE) + vm_event_sum(TLB_FLUSH_ALL) +
		vm_event_sum(TLB_IPIS);
	local_irq_restore(flags);
	mmput(mm);
	EXPECT_EQ(after, before);
}

/* ---- generations ---- */

/* The mm that is loaded, as if its tables had changed on another CPU that did not tell us. */
static unsigned long change_unheard(struct mm_struct *mm)
{
	return atomic_long_add_return(1, &mm->context.tlb_gen);
}

struct events {
	unsigned long cr3, all, page, late;
};

static struct events events_now(void)
{
	return (struct events){ vm_event_sum(CR3_WRITES), vm_event_sum(TLB_FLUSH_ALL),
				vm_event_sum(TLB_FLUSH_PAGE), vm_event_sum(TLB_LAZY_LATE) };
}

KTEST(tlb, a_borrower_that_goes_back_catches_up_with_what_it_missed)
{
	struct mm_struct *mm = ktest_use_mm();
	struct events before, nothing, missed;
	unsigned long flags;

	EXPECT(mm);
	flags = local_irq_save();
	before = events_now();
	enter_lazy_tlb();
	switch_mm(mm, mm);
	nothing = events_now();
	enter_lazy_tlb();
	change_unheard(mm);
	switch_mm(mm, mm);
	missed = events_now();
	local_irq_restore(flags);
	ktest_unuse_mm(mm);
	EXPECT_EQ(nothing.cr3, before.cr3);
	EXPECT_EQ(missed.cr3, before.cr3 + 1);
	EXPECT_EQ(missed.late, before.late + 1);
}

KTEST(tlb, a_cpu_that_is_behind_by_more_than_one_change_flushes_all)
{
	struct mm_struct *mm = ktest_use_mm();
	struct events before, one, behind;
	unsigned long flags;

	EXPECT(mm);
	flags = local_irq_save();
	before = events_now();
	flush_tlb_mm_range(mm, 0x1000, 0x2000, false);
	one = events_now();
	change_unheard(mm);
	flush_tlb_mm_range(mm, 0x1000, 0x2000, false);
	behind = events_now();
	local_irq_restore(flags);
	ktest_unuse_mm(mm);
	EXPECT_EQ(one.page, before.page + 1);
	EXPECT_EQ(one.all, before.all);
	EXPECT_EQ(behind.page, one.page);
	EXPECT_EQ(behind.all, one.all + 1);
}

KTEST(tlb, pcids_are_found_again_and_the_oldest_is_replaced)
{
	struct tlb_context slots[TLB_NR_ASIDS] = { { 1, 1 } };
	unsigned int next = 1, asid, wrong = 0;
	bool flush;

	for (u64 ctx = 2; ctx <= TLB_NR_ASIDS; ctx++) {		/* fills the others */
		asid = tlb_pick_asid(slots, &next, ctx, 1, &flush);
		wrong += asid != ctx - 1 || !flush;
		slots[asid] = (struct tlb_context){ ctx, 1 };
	}
	EXPECT_EQ(wrong, 0);
	EXPECT_EQ(tlb_pick_asid(slots, &next, 3, 1, &flush), 2);
	EXPECT(!flush);
	EXPECT_EQ(tlb_pick_asid(slots, &next, 3, 2, &flush), 2);	/* changed meanwhile */
	EXPECT(flush);
	EXPECT_EQ(tlb_pick_asid(slots, &next, 99, 1, &flush), 0);	/* the first of all has to go */
	EXPECT(flush);
	EXPECT_EQ(tlb_pick_asid(slots, &next, 98, 1, &flush), 1);
	EXPECT(flush);
}

KTEST(tlb, a_new_mm_is_not_taken_for_another)
{
	struct mm_struct *a = mm_alloc(), *b = mm_alloc();
	u64 first = a ? a->context.ctx_id : 0, second = b ? b->context.ctx_id : 0;

	if (a)
		mmput(a);
	if (b)
		mmput(b);
	EXPECT(first && second && first != second);
}
