/*
 * mm/debug.c - say what an object of memory management holds
 *
 * Purpose:    a failing assert shows its object, not only a line number.
 * Invariants: these functions take no lock, allocate nothing and follow no pointer that
 *             they have not looked at first: they run when things are already broken.
 */
#include <mm.h>
#include <printk.h>
#include <sched.h>
#include <string.h>
#include "page_internal.h"

static const char *const page_flag_names[NR_PAGEFLAGS] = {
	[PG_locked] = "locked",		[PG_referenced] = "referenced",
	[PG_uptodate] = "uptodate",	[PG_dirty] = "dirty",
	[PG_lru] = "lru",		[PG_active] = "active",
	[PG_reserved] = "reserved",	[PG_buddy] = "buddy",
	[PG_slab] = "slab",		[PG_table] = "table",
	[PG_compound] = "compound",	[PG_swapbacked] = "swapbacked",
	[PG_mlocked] = "mlocked",	[PG_writeback] = "writeback",
	[PG_pcp] = "pcp",		[PG_waiters] = "waiters",	[PG_readahead] = "readahead",
	[PG_unevictable] = "unevictable", [PG_swapcache] = "swapcache", [PG_reclaim] = "reclaim", [PG_isolated] = "isolated",
};

static void format_page_flags(unsigned long flags, char *buf, size_t size)
{
	size_t n = 0;
	int i;

	buf[0] = '\0';
	for (i = 0; i < NR_PAGEFLAGS; i++)
		if ((flags & BIT(i)) && n + 1 < size)
			n += snprintf(buf + n, size - n, "%s%s", n ? "|" : "",
				      page_flag_names[i]);
}

/* What a frame holds, as far as its struct page says. */
static const char *page_kind(const struct page *page)
{
	if (is_zero_pfn(page_to_pfn(page)))
		return "zero page";
	if (PageSlab(page))
		return "slab";
	if (PageTable(page))
		return "page table";
	if (PageBuddy(page) || PagePcp(page))
		return "free";
	if (PageReserved(page))
		return "reserved";
	if (PageAnon(page))
		return "anonymous";
	if (!page->mapping)
		return "kernel";
	return PageSwapBacked(page) ? "shmem" : "file";
}

size_t format_page(unsigned long pfn, char *buf, size_t size)
{
	const struct page *page;
	char names[128];
	int n;

	if (!size)
		return 0;
	if (!pfn_valid(pfn)) {
		n = snprintf(buf, size, "  page pfn 0x%lx: no RAM\n", pfn);
	} else {
		page = pfn_to_page(pfn);
		format_page_flags(page->flags & FLAGS_MASK, names, sizeof(names));
		n = snprintf(buf, size, "  page pfn 0x%lx: %s, refcount %d, mapcount %d, flags %s\n", pfn,
			     page_kind(page), page_count(page), page_mapcount(page),
			     names[0] ? names : "none");
	}
	return min((size_t)n, size - 1);
}

static void dump_owner(const struct page *page)
{
	const struct page_owner *owner = page_owner_of(page);
	char who[80];

	if (!owner)
		return;
	pr_err("  allocated by %s\n", sprint_symbol(who, sizeof(who),
	       owner_address(owner->alloc_caller)));
	if (owner->free_caller)
		pr_err("  freed by %s\n", sprint_symbol(who, sizeof(who),
		       owner_address(owner->free_caller)));
}

void dump_page(const struct page *page, const char *why)
{
	unsigned long pfn = page_to_pfn(page);
	char names[128];

	if (!page || !pfn_valid(pfn)) {
		pr_err("page %p (no frame): %s\n", (const void *)page, why ? why : "");
		return;
	}
	format_page_flags(page->flags, names, sizeof(names));
	pr_err("page %p pfn 0x%lx zone %d flags %s: %s\n", (const void *)page, pfn,
	       (int)page_zonenum(page), names, why ? why : "");
	pr_err("  refcount %d mapcount %d", page_count(page), page_mapcount(page));
	if (PageBuddy(page))
		printk(" order %u\n", page->order);
	else if (PageSlab(page))
		printk(" cache %p free %p inuse %u of %u\n", (void *)page->slab_cache,
		       page->freelist, page->inuse, page->objects);
	else if (PageTable(page))
		printk(" mm %p entries %u\n", (void *)page->pt_mm, page->pt_entries);
	else
		printk(" mapping %p index 0x%lx private 0x%lx\n", (void *)page->mapping,
		       page->index, page->private);
	dump_owner(page);
}

void dump_vma(const struct vm_area_struct *vma)
{
	pr_err("vma %p 0x%lx-0x%lx flags 0x%lx prot 0x%lx pgoff 0x%lx file %p\n",
	       (const void *)vma, vma->vm_start, vma->vm_end, vma->vm_flags,
	       pgprot_val(vma->vm_page_prot), vma->vm_pgoff, (void *)vma->vm_file);
	pr_err("  mm %p prev %p next %p gap 0x%lx anon_vma %p ops %p\n", (void *)vma->vm_mm,
	       (void *)vma->vm_prev, (void *)vma->vm_next, vma->rb_subtree_gap,
	       (void *)vma->anon_vma, (const void *)vma->vm_ops);
}

void dump_mm(const struct mm_struct *mm)
{
	const struct vm_area_struct *vma;
	int n = 0;

	pr_err("mm %p id %u pgd %p users %d count %d maps %d\n", (const void *)mm, mm->id,
	       (void *)mm->pgd, atomic_read(&mm->mm_users), atomic_read(&mm->mm_count),
	       mm->map_count);
	pr_err("  total %lu locked %lu pinned %lu shared %lu exec %lu stack %lu data %lu\n",
	       mm->total_vm, mm->locked_vm, mm->pinned_vm, mm->shared_vm, mm->exec_vm,
	       mm->stack_vm, mm->data_vm);
	pr_err("  rss file %ld anon %ld swap %ld shmem %ld ptes %ld tables %ld\n",
	       atomic_long_read(&mm->rss_stat.count[MM_FILEPAGES]),
	       atomic_long_read(&mm->rss_stat.count[MM_ANONPAGES]),
	       atomic_long_read(&mm->rss_stat.count[MM_SWAPENTS]),
	       atomic_long_read(&mm->rss_stat.count[MM_SHMEMPAGES]),
	       atomic_long_read(&mm->nr_ptes), atomic_long_read(&mm->nr_tables));
	pr_err("  code 0x%lx-0x%lx data 0x%lx-0x%lx brk 0x%lx-0x%lx stack 0x%lx base 0x%lx\n",
	       mm->start_code, mm->end_code, mm->start_data, mm->end_data, mm->start_brk,
	       mm->brk, mm->start_stack, mm->mmap_base);
	for (vma = mm->mmap; vma && n < 64; vma = vma->vm_next, n++)
		dump_vma(vma);
}
