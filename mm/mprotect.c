/*
 * mm/mprotect.c - change what may be done with mapped memory
 *
 * Purpose:    give [start, end) new permissions, in the VMAs and in the entries already there.
 * Invariants: no entry allows more than its VMA; permissions that are taken away are flushed
 *             once, at the end of the call, also from an entry whose VMA loses nothing; added ones
 *             need no flush (a stale, stricter translation faults once and is refreshed).
 * Lock order: mmap_sem held for writing > ptl
 * Sources:    Intel SDM vol. 3A, "Invalidation of TLBs and Paging-Structure Caches".
 */
#include <asm/pkeys.h>
#include <fs.h>
#include <pagemap.h>
#include <sched.h>
#include <uapi/personality.h>
#include "internal.h"

/* What one mprotect changes, collected over all its VMAs. */
struct protect {
	struct mm_struct *mm;
	pgprot_t prot;
	unsigned long try_write;	/* bits of an entry that may become writable without a fault; 0: none */
	bool takes_away;		/* the VMA loses a permission */
	unsigned long flush_start, flush_end;
};

/* Do no other entries or users lead to the page of a private entry?  Then it may be made writable at once. */
static inline bool sole_owner(unsigned long e)
{
	const struct page *page = pte_page(__pte(e));

	return PageAnon(page) && page_count(page) == 1;
}

/* What a change of protection leaves of an entry. */
#define PROTECT_KEEPS (PTE_PFN_MASK | _PAGE_ACCESSED | _PAGE_DIRTY | _PAGE_SPECIAL | \
		       _PAGE_SOFT_DIRTY | _PAGE_CACHE_MASK)
#define PROTECT_MAPPED (_PAGE_PRESENT | _PAGE_PROTNONE)

/* By compare-and-exchange: no accessed or dirty bit that the hardware sets meanwhile is lost. */
static __always_inline bool replace_pte(pte_t *pte, unsigned long old, unsigned long new)
{
	return likely(__atomic_compare_exchange_n(&pte->pte, &old, new, false, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED));
}

/*
 * One table's worth.  True if a flush is due: the area loses a right (@takes_away) and an entry changed,
 * or an entry is no longer writable although the area is.
 */
static bool protect_ptes(pte_t *pte, unsigned long nr, unsigned long bits, bool takes_away)
{
	unsigned long seen = 0;

	for (pte_t *end = pte + nr; pte != end; pte++) {
		unsigned long old;

		do {
			old = pte->pte;
			if (!(old & PROTECT_MAPPED))
				break;
			seen |= old;
		} while (!replace_pte(pte, old, (old & PROTECT_KEEPS) | bits));
	}
	return takes_away ? seen : seen & ~bits & _PAGE_RW;
}

/*
 * One entry, which may become writable without a fault if it has all bits of @need.  A clean page does not: its
 * next write is to be seen.  True if a flush is due.
 */
static noinline bool protect_pte(pte_t *pte, unsigned long bits, unsigned long need, bool takes_away)
{
	for (;;) {
		unsigned long old = pte->pte, new = (old & PROTECT_KEEPS) | bits;

		if (!(old & PROTECT_MAPPED))
			return false;
		if ((old & (_PAGE_SPECIAL | need)) == need && sole_owner(old))
			new |= _PAGE_RW;
		if (replace_pte(pte, old, new))
			return takes_away || (old & ~new & _PAGE_RW);
	}
}

/* Entries that do become writable and lose nothing, up to @end or the first other one, which is returned. */
static noinline pte_t *make_writable(pte_t *pte, pte_t *end, unsigned long bits, unsigned long need)
{
	const unsigned long own = _PAGE_PRESENT | need, writable = bits | _PAGE_RW;

	for (; pte != end; pte++) {
		unsigned long old = pte->pte;

		if ((old & (own | _PAGE_SPECIAL)) != own || !sole_owner(old) ||
		    !replace_pte(pte, old, (old & PROTECT_KEEPS) | writable))
			break;
	}
	return pte;
}

static bool protect_writable_ptes(pte_t *pte, unsigned long nr, unsigned long bits, unsigned long need,
				  bool takes_away)
{
	bool due = false;

	for (pte_t *end = pte + nr; pte != end; pte++) {
		if (!takes_away && (pte = make_writable(pte, end, bits, need)) == end)
			break;
		due |= protect_pte(pte, bits, need, takes_away);
	}
	return due;
}

static bool protect_table(struct protect *p, pte_t *pte, unsigned long addr, unsigned long end)
{
	unsigned long bits = pgprot_val(p->prot) & ~(PTE_PFN_MASK | _PAGE_CACHE_MASK);
	unsigned long nr = (end - addr) >> PAGE_SHIFT;

	return p->try_write ? protect_writable_ptes(pte, nr, bits, p->try_write, p->takes_away)
			    : protect_ptes(pte, nr, bits, p->takes_away);
}

/* The same, told: in one record if all entries change in one way. */
static noinline bool protect_table_traced(struct protect *p, pte_t *pte, unsigned long addr,
					  unsigned long end)
{
	bool changed = false;

	if (!p->try_write && !trace_each_pte()) {
		trace_pte_batch(p->mm, BATCH_PROTECT, addr, (end - addr) >> PAGE_SHIFT, 0, PROTECT_KEEPS,
				pgprot_val(p->prot) & ~(PTE_PFN_MASK | _PAGE_CACHE_MASK));
		return protect_table(p, pte, addr, end);
	}
	for (; addr != end; addr += PAGE_SIZE, pte++) {
		unsigned long old = pte->pte;

		changed |= protect_table(p, pte, addr, addr + PAGE_SIZE);
		trace_pte_change(p->mm, addr, old, pte->pte);
	}
	return changed;
}

/* Entries of [start, end) lost a permission: they are flushed at the end of the call. */
static void note_flush(struct protect *p, unsigned long start, unsigned long end)
{
	p->flush_start = min(p->flush_start, start);
	p->flush_end = end;
}

static void protect_pte_range(struct protect *p, pmd_t *pmd, unsigned long addr, unsigned long end)
{
	spinlock_t *ptl;
	pte_t *pte = pte_offset_map_lock(p->mm, pmd, addr, &ptl);

	if (ptl_table(ptl)->pt_entries &&
	    (trace_ptes() ? protect_table_traced(p, pte, addr, end) : protect_table(p, pte, addr, end)))
		note_flush(p, addr, end);
	pte_unmap_unlock(pte, ptl);
	cond_resched();
}

static void protect_pmds(struct protect *p, pud_t *pud, unsigned long addr, unsigned long end)
{
	pmd_t *pmd = pmd_offset(pud, addr);
	unsigned long next;

	for (; addr != end; pmd++, addr = next) {
		next = pmd_addr_end(addr, end);
		if (!pmd_none(*pmd))
			protect_pte_range(p, pmd, addr, next);
	}
}

static void protect_puds(struct protect *p, p4d_t *p4d, unsigned long addr, unsigned long end)
{
	pud_t *pud = pud_offset(p4d, addr);
	unsigned long next;

	for (; addr != end; pud++, addr = next) {
		next = pud_addr_end(addr, end);
		if (!pud_none(*pud))
			protect_pmds(p, pud, addr, next);
	}
}

static noinline void protect_tables(struct protect *p, unsigned long addr, unsigned long end)
{
	unsigned long next;

	for (; addr != end; addr = next) {
		pgd_t *pgd = pgd_offset(p->mm, addr);
		p4d_t *p4d;

		next = pgd_addr_end(addr, end);
		if (pgd_none(*pgd))
			continue;
		p4d = p4d_offset(pgd, addr);
		next = p4d_addr_end(addr, next);
		if (!p4d_none(*p4d))
			protect_puds(p, p4d, addr, next);
	}
}

static void protect_range(struct protect *p, unsigned long addr, unsigned long end)
{
	pmd_t *pmd;

	if (!in_one_table(addr, end))
		protect_tables(p, addr, end);
	else if ((pmd = walk_to_pmd(p->mm, addr)))
		protect_pte_range(p, pmd, addr, end);
}

/* New flags for [start, end) of one VMA.  0 or -ENOMEM with nothing changed. */
static int protect_vma(struct protect *p, struct vm_area_struct *vma, unsigned long start,
		       unsigned long end, unsigned long flags, struct vm_area_struct **result)
{
	struct mm_struct *mm = vma->vm_mm;
	unsigned long old = vma->vm_flags, charged = 0;
	long pages = (end - start) >> PAGE_SHIFT;

	*result = vma;
	if (flags == old)
		return 0;
	if (flags & VM_WRITE) {
		if (!may_expand_vm(mm, flags, pages) && may_expand_vm(mm, old, pages))
			return -ENOMEM;
		if (!(old & (VM_ACCOUNT | VM_WRITE | VM_SHARED | VM_NORESERVE))) {
			if (security_vm_enough_memory(pages))
				return -ENOMEM;
			charged = pages;
			flags |= VM_ACCOUNT;
		}
	}
	vma = vma_modify(vma, start, end, flags);
	if (IS_ERR(vma)) {
		vm_unacct_memory(charged);
		return PTR_ERR(vma);
	}
	trace_vma_prot(mm, vma->vm_start, vma->vm_end, vma->vm_flags, flags);
	vma->vm_flags = flags;
	vma_set_page_prot(vma);
	vm_stat_account(mm, old, vma->vm_file, -pages);
	vm_stat_account(mm, flags, vma->vm_file, pages);
	p->prot = vma->vm_page_prot;
	p->try_write = 0;
	if ((flags & (VM_WRITE | VM_SHARED)) == VM_WRITE)	/* a write since clear_refs must fault */
		p->try_write = _PAGE_DIRTY | (flags & VM_SOFTDIRTY ? 0 : _PAGE_SOFT_DIRTY);
	/* What another key allows depends on each thread's PKRU: it may be less. */
	p->takes_away = (old & ~flags & VM_ACCESS_FLAGS) || ((old ^ flags) & VM_PKEY_MASK);
	protect_range(p, start, end);
	if ((old & (VM_WRITE | VM_SHARED | VM_LOCKED | VM_LOCKONFAULT)) == VM_LOCKED && (flags & VM_WRITE))
		populate_vma_range(vma, start, end, true);	/* locked: break COW now */
	*result = vma;
	return 0;
}

/* The flags that mprotect(@prot) with @pkey (-1: none named) gives to @vma. */
static unsigned long protected_flags(const struct vm_area_struct *vma, unsigned long prot, int pkey,
				     bool read_implies_exec)
{
	unsigned long flags = vma->vm_flags & ~(VM_ACCESS_FLAGS | VM_PKEY_MASK);

	if (arch_pkeys_enabled())
		flags |= (unsigned long)mprotect_pkey(vma, prot, pkey) << VM_PKEY_SHIFT;
	if (read_implies_exec && (vma->vm_flags & VM_MAYEXEC))
		prot |= PROT_EXEC;
	return flags | (prot & PROT_READ ? VM_READ : 0) | (prot & PROT_WRITE ? VM_WRITE : 0) |
	       (prot & PROT_EXEC ? VM_EXEC : 0);
}

/* Every VMA of the range in turn.  Enter: @vma covers @start.  0 or -errno; a part may be done. */
static int protect_all(struct protect *p, struct vm_area_struct *vma, unsigned long start,
		       unsigned long end, unsigned long prot, int pkey, bool read_implies_exec)
{
	while (start < end) {
		unsigned long stop = min(vma->vm_end, end);
		unsigned long flags = protected_flags(vma, prot, pkey, read_implies_exec);
		int err;

		if (flags & ~(flags >> 4) & VM_ACCESS_FLAGS)
			return -EACCES;
		err = protect_vma(p, vma, start, stop, flags, &vma);
		if (err)
			return err;
		start = stop;
		if (start >= end)
			return 0;
		if (start >= vma->vm_end)
			vma = vma->vm_next;
		if (!vma || vma->vm_start > start)
			return -ENOMEM;
	}
	return 0;
}

/* Which range PROT_GROWSDOWN and GROWSUP mean; 0 or -errno. */
static int adjust_growing(struct vm_area_struct *vma, unsigned long grows, unsigned long *start,
			  unsigned long *end)
{
	if (!vma)
		return -ENOMEM;
	if (grows & PROT_GROWSDOWN) {
		if (vma->vm_start >= *end)
			return -ENOMEM;
		*start = vma->vm_start;
		return vma->vm_flags & VM_GROWSDOWN ? 0 : -EINVAL;
	}
	if (vma->vm_start > *start)
		return -ENOMEM;
	if (grows & PROT_GROWSUP) {
		*end = vma->vm_end;
		return -EINVAL;			/* no area grows upwards on x86 */
	}
	return 0;
}

int do_mprotect_pkey(unsigned long start, size_t len, unsigned long prot, int pkey)
{
	unsigned long grows = prot & (PROT_GROWSDOWN | PROT_GROWSUP), end;
	struct mm_struct *mm = current->mm;
	struct protect p = { .mm = mm, .flush_start = ~0UL };
	struct vm_area_struct *vma;
	int err;

	prot &= ~(PROT_GROWSDOWN | PROT_GROWSUP);
	if (grows == (PROT_GROWSDOWN | PROT_GROWSUP) || offset_in_page(start))
		return -EINVAL;
	if (!len)
		return 0;
	end = start + PAGE_ALIGN(len);
	if (end <= start)
		return -ENOMEM;
	if (prot & ~(PROT_READ | PROT_WRITE | PROT_EXEC | PROT_SEM))
		return -EINVAL;
	if (down_write_killable(&mm->mmap_sem))
		return -EINTR;
	if (pkey != -1 && !mm_pkey_is_allocated(mm, pkey)) {
		up_write(&mm->mmap_sem);
		return -EINVAL;
	}
	vma = find_vma(mm, start);
	err = adjust_growing(vma, grows, &start, &end);
	if (!err)
		err = protect_all(&p, vma, start, end, prot, pkey,
				  (prot & PROT_READ) && (current->personality & READ_IMPLIES_EXEC));
	if (p.flush_start < p.flush_end)
		flush_tlb_mm_range(mm, p.flush_start, p.flush_end, false);
	mm_verify_range(mm, start, end);
	up_write(&mm->mmap_sem);
	return err;
}

int do_mprotect(unsigned long start, size_t len, unsigned long prot)
{
	return do_mprotect_pkey(start, len, prot, -1);
}

long sys_mprotect(unsigned long start, size_t len, unsigned long prot)
{
	return do_mprotect(start, len, prot);
}
