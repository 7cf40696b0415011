/*
 * arch/x86_64/tlb.c - which address space a CPU runs in, and forgetting stale translations
 *
 * Purpose:    the TLB keeps what a page-table walk found, and nobody tells it when the
 *             tables change.  Whoever takes a right away or moves a page says so here.
 * Invariants: cpu->loaded_mm names the mm whose pgd is in CR3 (init_mm before the first
 *             process), and this CPU's bit is set in that mm's mask; a CPU whose bit is
 *             clear holds no translation of the mm's user half.
 *             CR3 is not written when the mm stays the same.
 *             After a flush_tlb_*() call no CPU uses an older translation of the range.
 * Lock order: none; interrupts are off while loaded_mm, mask and CR3 change together.
 *             A flush that reaches other CPUs needs interrupts on: they may be waiting for us.
 * Simplified: no PCID: TCG has none.
 * Sources:    Intel SDM vol. 3A, "Invalidation of TLBs and Paging-Structure Caches":
 *             a MOV to CR3 drops all but global entries; a change of CR4.PGE drops those
 *             too; INVLPG drops one page and all paging-structure caches.
 */
#include <asm/mmu_context.h>
#include <asm/processor.h>
#include <asm/smp.h>
#include <litmus.h>
#include <mm.h>
#include <sched.h>

static void load_cr3(const struct mm_struct *mm)
{
	count_vm_event(CR3_WRITES);
	write_cr3(__pa(mm->pgd));
}

static inline void mask_set(struct mm_struct *mm, unsigned int cpu)
{
	set_bit(cpu, mm->cpu_vm_mask_var.bits);
}

static inline void mask_clear(struct mm_struct *mm, unsigned int cpu)
{
	clear_bit(cpu, mm->cpu_vm_mask_var.bits);
}

/*
 * The bit in the new mask is set before CR3 is loaded, the old one cleared after: at no
 * time does this CPU hold translations of an mm that would not tell it of a change.
 */
void switch_mm(struct mm_struct *prev, struct mm_struct *next)
{
	struct cpu *cpu = this_cpu();
	struct mm_struct *loaded = cpu->loaded_mm;

	VM_BUG_ON(!irqs_disabled());
	if (loaded == next)
		return;
	mask_set(next, cpu->id);
	cpu->loaded_mm = next;
	load_cr3(next);
	trace_cr3(next, loaded);
	if (loaded)
		mask_clear(loaded, cpu->id);
}

void activate_mm(struct mm_struct *prev, struct mm_struct *next)
{
	unsigned long flags = local_irq_save();

	switch_mm(prev, next);
	local_irq_restore(flags);
}

/* ---- flushing -------------------------------------------------------------------- */

/* All entries of this CPU, global ones too. */
static void local_flush_global(void)
{
	unsigned long flags = local_irq_save(), cr4 = read_cr4();

	count_vm_event(TLB_FLUSH_ALL);
	if (cr4 & CR4_PGE) {
		write_cr4(cr4 & ~CR4_PGE);
		write_cr4(cr4);
	} else {
		count_vm_event(CR3_WRITES);
		write_cr3(read_cr3());
	}
	local_irq_restore(flags);
}

/* All user entries of this CPU. */
static void local_flush_user(void)
{
	count_vm_event(TLB_FLUSH_ALL);
	count_vm_event(CR3_WRITES);
	write_cr3(read_cr3());
}

static void local_flush_pages(unsigned long start, unsigned long end)
{
	unsigned long addr;

	for (addr = start; addr < end; addr += PAGE_SIZE) {
		count_vm_event(TLB_FLUSH_PAGE);
		invlpg(addr);
	}
}

struct flush {
	struct mm_struct *mm;			/* NULL: the kernel's */
	unsigned long start, end;
};

static bool by_pages(const struct flush *f)
{
	return (f->end - f->start) >> PAGE_SHIFT <= TLB_SINGLE_MAX;
}

/* On this CPU, if it is in that mm; interrupts off.  What was flushed, FLUSH_*. */
static inline u32 local_flush_mm(const struct flush *f)
{
	if (this_cpu()->loaded_mm != f->mm)
		return FLUSH_OTHERS;
	if (by_pages(f)) {
		local_flush_pages(f->start, f->end);
		return FLUSH_PAGES;
	}
	local_flush_user();
	return FLUSH_USER;
}

/*
 * Asked by another CPU.  A borrower has no use for the mm's translations: it goes to the kernel's own
 * tables, and is not asked again.
 */
static void remote_flush_mm(void *arg)
{
	const struct flush *f = arg;

	count_vm_event(TLB_IPIS);
	if (!current->mm && this_cpu()->loaded_mm == f->mm)
		switch_mm(f->mm, &init_mm);
	else
		local_flush_mm(f);
}

/* What was flushed here, FLUSH_*. */
static inline u32 flush_mm(struct mm_struct *mm, unsigned long start, unsigned long end)
{
	struct flush f = { mm, start, end };
	unsigned long flags;
	u32 what;

	litmus_point();
	flags = local_irq_save();
	count_vm_event(TLB_FLUSHES);
	what = local_flush_mm(&f);
	local_irq_restore(flags);
	if (nr_cpus > 1) {
		smp_mb();		/* the entries have changed before the mask is read: switch_mm() */
		smp_call_mask(mm->cpu_vm_mask_var.bits, remote_flush_mm, &f);
	}
	return what;
}

/* [start, end) of @mm, page aligned; TASK_SIZE_MAX as @end with start 0: all of it. */
void flush_tlb_mm_range(struct mm_struct *mm, unsigned long start, unsigned long end)
{
	u32 what = flush_mm(mm, start, end);

	trace_tlb_flush(mm, what, start, end);
}

void flush_tlb_mm(struct mm_struct *mm)
{
	flush_tlb_mm_range(mm, 0, TASK_SIZE_MAX);
}

void flush_tlb_range(struct vm_area_struct *vma, unsigned long start, unsigned long end)
{
	flush_tlb_mm_range(vma->vm_mm, start, end);
}

void flush_tlb_page(struct vm_area_struct *vma, unsigned long addr)
{
	addr &= PAGE_MASK;
	flush_mm(vma->vm_mm, addr, addr + PAGE_SIZE);	/* told by who changed the entry */
}

static void flush_kernel(const struct flush *f)
{
	unsigned long flags = local_irq_save();

	if (by_pages(f))
		local_flush_pages(f->start, f->end);
	else
		local_flush_global();
	local_irq_restore(flags);
}

static void remote_flush_kernel(void *arg)
{
	count_vm_event(TLB_IPIS);
	flush_kernel(arg);
}

/* Kernel addresses are the same in every mm and may be cached on every CPU. */
void flush_tlb_kernel_range(unsigned long start, unsigned long end)
{
	struct flush f = { NULL, start, end };

	count_vm_event(TLB_FLUSHES);
	flush_kernel(&f);
	smp_call_others(remote_flush_kernel, &f);
	trace_tlb_flush(NULL, FLUSH_GLOBAL, 0, 0);
}

void flush_tlb_all(void)
{
	flush_tlb_kernel_range(0, ~0UL & PAGE_MASK);
}
