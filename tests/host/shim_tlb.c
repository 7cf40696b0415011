/*
 * tests/host/shim_tlb.c - the software TLB: a CPU that remembers, forgets and tells
 *
 * Purpose:    fake_access() is a user access: it translates as a processor would, sets accessed
 *             and dirty bits, and keeps what it found.  What a kernel must never do is reported:
 *             a translation used that the tables no longer give, a frame (or page table) freed
 *             to which a translation still leads.
 * Invariants: an entry is made by a walk alone and goes by a flush, by chance, or by a fault on
 *             its address (Intel SDM: the fault itself drops it).  A stricter entry than the
 *             table's is no error: it costs a fault.  One TLB serves all CPUs and all address
 *             spaces, told apart by their mm, as with PCIDs.
 * Sources:    Intel SDM vol. 3A, "Caching Translation Information".
 */
#include <mm.h>
#include <printk.h>
#include <string.h>
#include "mm/page_internal.h"
#include "shim.h"

#define TLB_SLOTS 256
#define LEVELS 6			/* the page itself, and at most five tables */
#define NR_FRAMES (FAKE_RAM_SIZE / PAGE_SIZE)

static struct tlb_entry {
	struct mm_struct *mm;
	unsigned long vpn;
	unsigned long pte;
	unsigned int frames[LEVELS];	/* that the walk went through; 0: none */
} fake_tlb[TLB_SLOTS];

static u16 frame_entries[NR_FRAMES + 1];	/* entries that lead through each frame */
unsigned long fake_stale_uses, fake_early_frees;
static u64 tlb_seed = 1;

static struct tlb_entry *tlb_slot(struct mm_struct *mm, unsigned long vpn)
{
	return &fake_tlb[(vpn ^ vpn >> 8 ^ (unsigned long)mm >> 6) % TLB_SLOTS];
}

static void count_frames(const struct tlb_entry *e, int sign)
{
	for (int i = 0; i < LEVELS; i++)
		frame_entries[e->frames[i]] += sign;
}

static void drop(struct tlb_entry *e)
{
	if (e->mm)
		count_frames(e, -1);
	e->mm = NULL;
}

/* The entry for @addr; the frames on the way in @frames. */
static pte_t *walk(struct mm_struct *mm, unsigned long addr, unsigned int *frames)
{
	pgd_t *pgd = pgd_offset(mm, addr);
	p4d_t *p4d;
	pud_t *pud;
	pmd_t *pmd;

	frames[1] = PFN_DOWN(__pa(mm->pgd));
	if (!pgd_present(*pgd))
		return NULL;
	p4d = p4d_offset(pgd, addr);
	if (pgtable_l5_enabled())
		frames[2] = pgd_pfn(*pgd);
	if (!p4d_present(*p4d))
		return NULL;
	pud = pud_offset(p4d, addr);
	frames[3] = p4d_pfn(*p4d);
	if (!pud_present(*pud) || pud_leaf(*pud))
		return NULL;
	pmd = pmd_offset(pud, addr);
	frames[4] = pud_pfn(*pud);
	if (!pmd_present(*pmd) || pmd_leaf(*pmd))
		return NULL;
	frames[5] = pmd_pfn(*pmd);
	return pte_offset_kernel(pmd, addr);
}

static void fill(struct tlb_entry *e, struct mm_struct *mm, unsigned long vpn, unsigned long pte,
		 const unsigned int *frames)
{
	drop(e);
	*e = (struct tlb_entry){ .mm = mm, .vpn = vpn, .pte = pte };
	memcpy(e->frames, frames, sizeof(e->frames));
	e->frames[0] = pte_pfn(__pte(pte));
	count_frames(e, 1);
}

/* An entry as good as @write needs, from the TLB or by a walk; NULL is a page fault. */
static struct tlb_entry *translate(struct mm_struct *mm, unsigned long addr, bool write)
{
	const unsigned long need = _PAGE_PRESENT | _PAGE_USER | (write ? _PAGE_RW : 0);
	const unsigned long marks = _PAGE_ACCESSED | (write ? _PAGE_DIRTY : 0);
	struct tlb_entry *e = tlb_slot(mm, addr >> PAGE_SHIFT);
	unsigned int frames[LEVELS] = { 0 };
	bool mine;
	pte_t *ptep;

	tlb_seed = tlb_seed * 6364136223846793005UL + 1442695040888963407UL;
	if (tlb_seed >> 60 == 0)
		drop(e);		/* a CPU may forget at any time */
	mine = e->mm == mm && e->vpn == addr >> PAGE_SHIFT;
	if (mine && (e->pte & (need | marks)) == (need | marks))
		return e;
	if (mine && (e->pte & need) != need) {
		drop(e);		/* too strict: the fault comes although the table may allow it */
		return NULL;
	}
	ptep = walk(mm, addr, frames);
	if (!ptep || (pte_val(*ptep) & need) != need)
		return NULL;
	__atomic_fetch_or(&ptep->pte, marks, __ATOMIC_SEQ_CST);
	fill(e, mm, addr >> PAGE_SHIFT, pte_val(*ptep), frames);
	return e;
}

/* Does @e allow what the table @now does not? */
static bool is_stale(const struct tlb_entry *e)
{
	unsigned long differ;
	unsigned int frames[LEVELS] = { 0 };
	pte_t *ptep = walk(e->mm, e->vpn << PAGE_SHIFT, frames);

	if (!ptep)
		return true;
	differ = e->pte & ~pte_val(*ptep);
	/* A dirty bit taken away behind the entry's back: the next write would not set it again. */
	return (e->pte ^ pte_val(*ptep)) & PTE_PFN_MASK ||
	       (differ & (_PAGE_PRESENT | _PAGE_USER | _PAGE_RW | _PAGE_DIRTY)) ||
	       (~e->pte & pte_val(*ptep) & _PAGE_NX);
}

void *fake_access(struct mm_struct *mm, unsigned long addr, bool write)
{
	struct tlb_entry *e = translate(mm, addr, write);

	if (!e)
		return NULL;
	if (is_stale(e))
		fake_stale_uses++;
	return fake_ram + (e->pte & PTE_PFN_MASK) + offset_in_page(addr);
}

unsigned long fake_tlb_stale(bool log)
{
	unsigned long n = 0;

	for (struct tlb_entry *e = fake_tlb; e < fake_tlb + TLB_SLOTS; e++) {
		if (!e->mm || !is_stale(e))
			continue;
		n++;
		if (log)
			pr_err("stale translation: mm %u at %lx: %lx\n", e->mm->id,
			       e->vpn << PAGE_SHIFT, e->pte);
	}
	return n;
}

void arch_free_page(struct page *page, unsigned int order)
{
	unsigned long first = page_to_pfn(page), pfn;

	for (pfn = first; pfn < first + (1UL << order); pfn++) {
		if (likely(!frame_entries[pfn]))
			continue;
		fake_early_frees++;
		pr_err("frame %lx is freed while a translation leads to it\n", pfn);
	}
}

/* ---- flushes ---- */

void init_new_context(struct mm_struct *mm) { }

void flush_tlb_mm_range(struct mm_struct *mm, unsigned long start, unsigned long end, bool freed_tables)
{
	for (struct tlb_entry *e = fake_tlb; e < fake_tlb + TLB_SLOTS; e++)
		if (e->mm == mm && e->vpn >= start >> PAGE_SHIFT && e->vpn < PFN_UP(end))
			drop(e);
}

void flush_tlb_mm(struct mm_struct *mm)
{
	flush_tlb_mm_range(mm, 0, TASK_SIZE_MAX, true);
}

void flush_tlb_range(struct vm_area_struct *vma, unsigned long start, unsigned long end)
{
	flush_tlb_mm_range(vma->vm_mm, start, end, false);
}

void flush_tlb_page(struct vm_area_struct *vma, unsigned long addr)
{
	flush_tlb_mm_range(vma->vm_mm, addr & PAGE_MASK, (addr & PAGE_MASK) + PAGE_SIZE, false);
}

void flush_tlb_kernel_range(unsigned long start, unsigned long end) { }

void flush_tlb_all(void)
{
	for (struct tlb_entry *e = fake_tlb; e < fake_tlb + TLB_SLOTS; e++)
		drop(e);
}
