/*
 * arch/x86_64/tlb.c - which address space a CPU runs in, and forgetting stale translations
 *
 * Purpose:    the TLB keeps what a page-table walk found, and nobody tells it when the
 *             tables change.  Whoever takes a right away or moves a page says so here.
 * Invariants: cpu->loaded_mm names the mm whose pgd is in CR3 (init_mm before the first
 *             process), and this CPU's bit is set in that mm's mask.
 *             mm->context.tlb_gen counts the changes that TLBs must hear of.  Under PCID n the
 *             TLB holds translations of the mm cpu->tlb[n].ctx_id only, and none older than its
 *             generation cpu->tlb[n].gen.  A CPU that runs a task of the mm has the mm's own
 *             generation once flush_tlb_*() has returned; one that borrows the mm, or has it
 *             under a PCID that is not in CR3, compares when it goes back to it.
 *             CR3 is not written when the mm stays the same.
 *             After a flush_tlb_*() call no CPU uses an older translation of the range.
 * Lock order: none; interrupts are off while loaded_mm, mask and CR3 change together.
 *             A flush that reaches other CPUs needs interrupts on: they may be waiting for us.
 * Sources:    Intel SDM vol. 3A, "Invalidation of TLBs and Paging-Structure Caches":
 *             a MOV to CR3 drops all but global entries, with PCIDs those of one PCID, and none
 *             if bit 63 is set; a change of CR4.PGE drops all; INVLPG drops one page, of this
 *             PCID or global, and this PCID's paging-structure caches.
 *
 * Who flushes and who switches meet without a lock.  Each writes first and looks then, so at least
 * one sees the other:
 *
 *     flush: entries; tlb_gen + 1; which CPUs are in the mask, and not lazy?   -> asks them
 *     CPU:   into the mask, or not lazy any more; tlb_gen as I know it?        -> flushes itself
 */
#include <asm/mmu_context.h>
#include <asm/processor.h>
#include <asm/smp.h>
#include <litmus.h>
#include <mm.h>
#include <sched.h>
#include <string.h>

static atomic_long_t last_ctx_id;

void init_new_context(struct mm_struct *mm)
{
	mm->context.ctx_id = atomic_long_add_return(1, &last_ctx_id);
	atomic_long_set(&mm->context.tlb_gen, 1);
}

static u64 mm_tlb_gen(const struct mm_struct *mm)
{
	return atomic_long_read(&mm->context.tlb_gen);
}

/* ---- switching --------------------------------------------------------------------- */

static inline void mask_set(struct mm_struct *mm, unsigned int cpu)
{
	set_bit(cpu, mm->cpu_vm_mask_var.bits);
}

static inline void mask_clear(struct mm_struct *mm, unsigned int cpu)
{
	clear_bit(cpu, mm->cpu_vm_mask_var.bits);
}

/* The kernel's own tables are in CR3, or will be at once. */
void tlb_cpu_init(struct cpu *cpu)
{
	if (!init_mm.context.ctx_id)
		init_new_context(&init_mm);
	cpu->loaded_mm = &init_mm;
	cpu->tlb[0] = (struct tlb_context){ init_mm.context.ctx_id, mm_tlb_gen(&init_mm) };
	cpu->next_asid = 1;
	mask_set(&init_mm, cpu->id);
}

unsigned int tlb_pick_asid(const struct tlb_context *slots, unsigned int *next, u64 ctx_id, u64 gen,
			   bool *flush)
{
	unsigned int asid;

	for (asid = 0; asid < TLB_NR_ASIDS; asid++)
		if (slots[asid].ctx_id == ctx_id) {
			*flush = slots[asid].gen != gen;
			return asid;
		}
	asid = *next;
	*next = (asid + 1) % TLB_NR_ASIDS;
	*flush = true;
	return asid;
}

/* @gen was read when the mm's mask had this CPU already. */
static void load_cr3(struct cpu *cpu, const struct mm_struct *mm, u64 gen)
{
	bool flush = true;

	if (cpu_features.pcid)
		cpu->asid = tlb_pick_asid(cpu->tlb, &cpu->next_asid, mm->context.ctx_id, gen, &flush);
	cpu->tlb[cpu->asid] = (struct tlb_context){ mm->context.ctx_id, gen };
	count_vm_event(CR3_WRITES);
	if (!flush)
		count_vm_event(CR3_NOFLUSHES);
	write_cr3(__pa(mm->pgd) | cpu->asid | (flush ? 0 : CR3_NOFLUSH));
}

/* All user entries of this CPU, under the PCID that is loaded. */
static void local_flush_user(void)
{
	count_vm_event(TLB_FLUSH_ALL);
	count_vm_event(CR3_WRITES);
	write_cr3(read_cr3());
}

/* Back to the mm that was borrowed meanwhile: what was not told must be found out. */
static noinline void leave_lazy_tlb(struct cpu *cpu)
{
	struct tlb_context *c = &cpu->tlb[cpu->asid];
	u64 gen;

	WRITE_ONCE(cpu->tlb_lazy, false);
	smp_mb();
	gen = mm_tlb_gen(cpu->loaded_mm);
	if (c->gen == gen)
		return;
	count_vm_event(TLB_LAZY_LATE);
	c->gen = gen;
	local_flush_user();
}

/*
 * The bit in the new mask is set before CR3 is loaded, the old one cleared after: at no
 * time does this CPU use translations of an mm that would not tell it of a change.
 */
void switch_mm(struct mm_struct *prev, struct mm_struct *next)
{
	struct cpu *cpu = this_cpu();
	struct mm_struct *loaded = cpu->loaded_mm;

	VM_BUG_ON(!irqs_disabled());
	if (loaded == next) {
		if (cpu->tlb_lazy)
			leave_lazy_tlb(cpu);
		return;
	}
	WRITE_ONCE(cpu->tlb_lazy, false);
	mask_set(next, cpu->id);		/* a locked operation: a full barrier */
	cpu->loaded_mm = next;
	load_cr3(cpu, next, mm_tlb_gen(next));
	trace_cr3(next, loaded);
	mask_clear(loaded, cpu->id);
}

void enter_lazy_tlb(void)
{
	WRITE_ONCE(this_cpu()->tlb_lazy, true);
}

void activate_mm(struct mm_struct *prev, struct mm_struct *next)
{
	unsigned long flags = local_irq_save();

	switch_mm(prev, next);
	local_irq_restore(flags);
}

/* ---- flushing -------------------------------------------------------------------- */

/* All entries of this CPU, global ones and those of all PCIDs too. */
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
	u64 gen;				/* that this change made */
};

static bool by_pages(const struct flush *f)
{
	return (f->end - f->start) >> PAGE_SHIFT <= TLB_SINGLE_MAX;
}

/*
 * On this CPU, if it is in that mm.  What was flushed, FLUSH_*.  Page by page only if this is the one
 * change that the CPU has not seen; behind by more, it catches up with all of them.  Another CPU's
 * interrupt in the middle may bring the generation further than we write: then it is flushed once more.
 */
static inline u32 local_flush_mm(const struct flush *f)
{
	struct cpu *cpu = this_cpu();
	struct tlb_context *c = &cpu->tlb[cpu->asid];

	if (cpu->loaded_mm != f->mm || c->gen >= f->gen)
		return FLUSH_OTHERS;
	if (c->gen + 1 == f->gen && by_pages(f)) {
		c->gen = f->gen;
		local_flush_pages(f->start, f->end);
		return FLUSH_PAGES;
	}
	c->gen = mm_tlb_gen(f->mm);
	local_flush_user();
	return FLUSH_USER;
}

/*
 * Asked by another CPU.  A borrower is asked only when tables go that its processor might still look at:
 * it has no use for them, goes to the kernel's own, and is not asked again.
 */
static void remote_flush_mm(void *arg)
{
	const struct flush *f = arg;
	struct cpu *cpu = this_cpu();

	count_vm_event(TLB_IPIS);
	if (cpu->tlb_lazy && cpu->loaded_mm == f->mm)
		switch_mm(f->mm, &init_mm);
	else
		local_flush_mm(f);
}

/* The other CPUs that have the mm's tables loaded, but for borrowers unless tables are freed. */
static noinline void flush_others(struct flush f, bool freed_tables)
{
	unsigned long ask[ARRAY_SIZE(f.mm->cpu_vm_mask_var.bits)];
	unsigned int me = smp_processor_id();
	bool any = false;

	memcpy(ask, f.mm->cpu_vm_mask_var.bits, sizeof(ask));
	for (unsigned int cpu = 0; cpu < nr_cpus; cpu++) {
		if (cpu == me || !(ask[cpu / 64] & BIT(cpu % 64)))
			continue;
		if (!freed_tables && READ_ONCE(cpus[cpu].tlb_lazy)) {
			count_vm_event(TLB_LAZY_SKIPPED);
			ask[cpu / 64] &= ~BIT(cpu % 64);
			continue;
		}
		any = true;
	}
	if (!any)
		return;
	count_vm_event(TLB_REMOTE_FLUSH);
	smp_call_mask(ask, remote_flush_mm, &f);
}

/* What was flushed here, FLUSH_*. */
static inline u32 flush_mm(struct mm_struct *mm, unsigned long start, unsigned long end, bool freed_tables)
{
	struct flush f = { mm, start, end, 0 };
	u32 what;

	litmus_point();
	f.gen = atomic_long_add_return(1, &mm->context.tlb_gen);	/* a full barrier: masks are read after it */
	count_vm_event(TLB_FLUSHES);
	what = local_flush_mm(&f);
	if (nr_cpus > 1)
		flush_others(f, freed_tables);
	return what;
}

/* [start, end) of @mm, page aligned; TASK_SIZE_MAX as @end with start 0: all of it. */
void flush_tlb_mm_range(struct mm_struct *mm, unsigned long start, unsigned long end, bool freed_tables)
{
	u32 what = flush_mm(mm, start, end, freed_tables);

	trace_tlb_flush(mm, what, start, end);
}

void flush_tlb_mm(struct mm_struct *mm)
{
	flush_tlb_mm_range(mm, 0, TASK_SIZE_MAX, false);
}

void flush_tlb_range(struct vm_area_struct *vma, unsigned long start, unsigned long end)
{
	flush_tlb_mm_range(vma->vm_mm, start, end, false);
}

void flush_tlb_page(struct vm_area_struct *vma, unsigned long addr)
{
	addr &= PAGE_MASK;
	flush_mm(vma->vm_mm, addr, addr + PAGE_SIZE, false);	/* told by who changed the entry */
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
	struct flush f = { NULL, start, end, 0 };

	count_vm_event(TLB_FLUSHES);
	flush_kernel(&f);
	smp_call_others(remote_flush_kernel, &f);
	trace_tlb_flush(NULL, FLUSH_GLOBAL, 0, 0);
}

void flush_tlb_all(void)
{
	flush_tlb_kernel_range(0, ~0UL & PAGE_MASK);
}
