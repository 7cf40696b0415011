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
 * Simplified: one CPU runs so far, so nobody else is in a mask; flush_others() is the one
 *             place where interprocessor interrupts will go.  No PCID: TCG has none.
 * Sources:    Intel SDM vol. 3A, "Invalidation of TLBs and Paging-Structure Caches":
 *             a MOV to CR3 drops all but global entries; a change of CR4.PGE drops those
 *             too; INVLPG drops one page and all paging-structure caches.
 */
#include <asm/mmu_context.h>
#include <asm/processor.h>
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

/*
 * The other CPUs in @mask: one interrupt each (TLB_IPIS), and wait until all have answered.
 * Until they are started none can be there.
 */
static void flush_others(const cpumask_t *mask, unsigned int self)
{
	unsigned int word;

	for (word = 0; word < ARRAY_SIZE(mask->bits); word++) {
		unsigned long others = READ_ONCE(mask->bits[word]);

		if (word == self / 64)
			others &= ~(1UL << (self % 64));
		BUG_ON(others);
	}
}

/* What was flushed, FLUSH_*. */
static inline u32 flush_mm(struct mm_struct *mm, unsigned long start, unsigned long end)
{
	unsigned long flags = local_irq_save();
	struct cpu *cpu = this_cpu();
	u32 what = FLUSH_OTHERS;

	count_vm_event(TLB_FLUSHES);
	if (cpu->loaded_mm == mm) {
		what = (end - start) >> PAGE_SHIFT <= TLB_SINGLE_MAX ? FLUSH_PAGES : FLUSH_USER;
		if (what == FLUSH_PAGES)
			local_flush_pages(start, end);
		else
			local_flush_user();
	}
	flush_others(&mm->cpu_vm_mask_var, cpu->id);
	local_irq_restore(flags);
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

/* Kernel addresses are the same in every mm and may be cached on every CPU. */
void flush_tlb_kernel_range(unsigned long start, unsigned long end)
{
	unsigned long flags = local_irq_save();

	count_vm_event(TLB_FLUSHES);
	if ((end - start) >> PAGE_SHIFT <= TLB_SINGLE_MAX)
		local_flush_pages(start, end);
	else
		local_flush_global();
	BUG_ON(nr_cpus > 1);	/* here an interrupt to each of the others */
	local_irq_restore(flags);
	trace_tlb_flush(NULL, FLUSH_GLOBAL, 0, 0);
}

void flush_tlb_all(void)
{
	count_vm_event(TLB_FLUSHES);
	local_flush_global();
	BUG_ON(nr_cpus > 1);	/* here an interrupt to each of the others */
}
