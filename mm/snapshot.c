/*
 * mm/snapshot.c - address spaces as lines of a snapshot: mm_struct, areas, anon_vmas, tables
 *
 * Purpose:    every number and every link of an mm_struct and its areas, and its page tables entry by
 *             entry as the processor sees them, so that a reader needs nothing else to follow.
 * Invariants: runs while the machine stands (kernel/snapshot.c): takes no lock, allocates nothing.
 *             A task may sleep in the middle of a change, so an mm may be seen half made (fork) or
 *             half taken down (exit): its snap.mm then says mmap_sem -1 or users 0.  What is reached
 *             from here is whole at any sleep: lists of areas, the tree of an mm unless it is
 *             empty, tables from the pgd down, lists of anon_vmas.
 * Lock order: none.
 *
 * Links are told by what they lead to, never as pointers: an area by its first address, an mm and an
 * anon_vma by their ids.
 */
#include <binfmts.h>
#include <fs.h>
#include <mm_proc.h>
#include <pagemap.h>
#include <printk.h>
#include <sched.h>
#include <snapshot.h>
#include <string.h>
#include "internal.h"

bool snap_wants_mm(const struct snapshot *s, const struct mm_struct *mm)
{
	return s->what.kind == SNAP_ALL || s->what.mm == mm->id;
}

static void for_each_mm(struct snapshot *s, void (*fn)(struct snapshot *, struct mm_struct *))
{
	struct mm_struct *mm;

	list_for_each_entry(mm, &init_mm.mmlist, mmlist)
		if (snap_wants_mm(s, mm))
			fn(s, mm);
}

/* ---- mm_struct ---- */

static u32 id_at(const struct list_head *pos)
{
	return list_entry(pos, struct mm_struct, mmlist)->id;		/* init_mm's is 0 */
}

/* -1: somebody changes it; n: that many read; 0: free. */
static int sem_state(const struct rw_semaphore *sem)
{
	return sem->count & BIT(31) ? -1 : sem->count & 0xffff;
}

static void put_counts(struct snapshot *s, const struct mm_struct *mm)
{
	snap_printf(s, ",\"users\":%d,\"count\":%d,\"mmlist\":[%u,%u],\"mmap_sem\":%d,\"map_count\":%d"
		    ",\"vmacache_seqnum\":%u,\"nr_ptes\":%ld,\"nr_tables\":%ld",
		    atomic_read(&mm->mm_users), atomic_read(&mm->mm_count), id_at(mm->mmlist.prev),
		    id_at(mm->mmlist.next), sem_state(&mm->mmap_sem), mm->map_count, mm->vmacache_seqnum,
		    atomic_long_read(&mm->nr_ptes), atomic_long_read(&mm->nr_tables));
	snap_printf(s, ",\"total_vm\":%lu,\"locked_vm\":%lu,\"pinned_vm\":%lu,\"shared_vm\":%lu,\"exec_vm\":%lu"
		    ",\"stack_vm\":%lu,\"data_vm\":%lu,\"hiwater_rss\":%lu,\"hiwater_vm\":%lu",
		    mm->total_vm, mm->locked_vm, mm->pinned_vm, mm->shared_vm, mm->exec_vm, mm->stack_vm,
		    mm->data_vm, mm->hiwater_rss, mm->hiwater_vm);
	snap_printf(s, ",\"rss\":{\"anon\":%ld,\"file\":%ld,\"shmem\":%ld,\"swap\":%ld}",
		    atomic_long_read(&mm->rss_stat.count[MM_ANONPAGES]),
		    atomic_long_read(&mm->rss_stat.count[MM_FILEPAGES]),
		    atomic_long_read(&mm->rss_stat.count[MM_SHMEMPAGES]),
		    atomic_long_read(&mm->rss_stat.count[MM_SWAPENTS]));
}

static void put_addresses(struct snapshot *s, const struct mm_struct *mm)
{
	snap_printf(s, ",\"mmap_base\":\"%lx\",\"mmap_legacy_base\":\"%lx\",\"task_size\":\"%lx\""
		    ",\"highest_vm_end\":\"%lx\",\"code\":[\"%lx\",\"%lx\"],\"data\":[\"%lx\",\"%lx\"]"
		    ",\"brk\":[\"%lx\",\"%lx\"],\"stack\":\"%lx\",\"arg\":[\"%lx\",\"%lx\"],\"env\":[\"%lx\",\"%lx\"]",
		    mm->mmap_base, mm->mmap_legacy_base, mm->task_size, mm->highest_vm_end, mm->start_code,
		    mm->end_code, mm->start_data, mm->end_data, mm->start_brk, mm->brk, mm->start_stack,
		    mm->arg_start, mm->arg_end, mm->env_start, mm->env_end);
	snap_puts(s, ",\"auxv\":[");
	for (int i = 0; i < AT_VECTOR_SIZE && mm->saved_auxv[i]; i += 2)
		snap_printf(s, "%s[%lu,\"%lx\"]", i ? "," : "", mm->saved_auxv[i], mm->saved_auxv[i + 1]);
	snap_char(s, ']');
}

/* The name of a function of the kernel. */
static void put_function(struct snapshot *s, unsigned long addr)
{
	char name[64] = "";

	if (addr)
		sprint_symbol(name, sizeof(name), addr);
	name[strcspn(name, "+")] = '\0';
	snap_text(s, name);
}

static void put_rest(struct snapshot *s, const struct mm_struct *mm)
{
	snap_printf(s, ",\"flags\":\"%lx\",\"def_flags\":\"%lx\",\"cpus\":\"%lx\",\"exe\":%lu"
		    ",\"pkeys\":\"%x\",\"execute_only_pkey\":%d,\"binfmt\":", mm->flags, mm->def_flags,
		    mm->cpu_vm_mask_var.bits[0], mm->exe_file ? (unsigned long)mm->exe_file->f_inode->i_ino : 0,
		    mm->pkey_allocation_map, mm->execute_only_pkey);
	snap_text(s, mm->binfmt ? mm->binfmt->name : "");
	snap_puts(s, ",\"get_unmapped_area\":");
	put_function(s, (unsigned long)mm->get_unmapped_area);
}

/* The first address of an area, or null. */
static void put_area(struct snapshot *s, const struct vm_area_struct *vma)
{
	if (vma)
		snap_printf(s, "\"%lx\"", vma->vm_start);
	else
		snap_puts(s, "null");
}

static struct vm_area_struct *area_of(struct rb_node *n)
{
	return n ? rb_entry(n, struct vm_area_struct, vm_rb) : NULL;
}

static void snap_mm(struct snapshot *s, struct mm_struct *mm)
{
	s->found = true;
	snap_printf(s, "{\"k\":\"snap.mm\",\"mm\":%u,\"pgd\":%lu,\"mmap\":", mm->id,
		    page_to_pfn(virt_to_page(mm->pgd)));
	put_area(s, mm->mmap);
	snap_puts(s, ",\"rb_root\":");
	put_area(s, area_of(mm->mm_rb.rb_node));
	put_counts(s, mm);
	put_addresses(s, mm);
	put_rest(s, mm);
	snap_line_end(s);
}

/* ---- areas ---- */

static void put_name(struct snapshot *s, struct vm_area_struct *vma)
{
	const char *name = vma_name(vma);

	if (name)
		snap_text(s, name);
	else if (vma->vm_file)
		snap_path(s, &vma->vm_file->f_path);
	else
		snap_puts(s, "\"\"");
}

static void put_anon_vmas(struct snapshot *s, const struct vm_area_struct *vma)
{
	const struct anon_vma_chain *avc;
	const char *comma = "";

	snap_printf(s, ",\"av\":%u,\"avc\":[", vma->anon_vma ? vma->anon_vma->id : 0);
	list_for_each_entry(avc, &vma->anon_vma_chain, same_vma) {
		snap_printf(s, "%s%u", comma, avc->anon_vma->id);
		comma = ",";
	}
	snap_char(s, ']');
}

/* A new mm has its tree when all areas are copied, a dying one has none: null then. */
static void put_tree_links(struct snapshot *s, const struct vm_area_struct *vma)
{
	if (RB_EMPTY_ROOT(&vma->vm_mm->mm_rb)) {
		snap_puts(s, ",\"rb\":null");
		return;
	}
	snap_puts(s, ",\"rb\":[");
	put_area(s, area_of(vma->vm_rb.rb_left));
	snap_char(s, ',');
	put_area(s, area_of(vma->vm_rb.rb_right));
	snap_printf(s, ",\"%s\",\"%lx\"]", rb_is_black(&vma->vm_rb) ? "b" : "r", vma->rb_subtree_gap);
}

static void snap_vma(struct snapshot *s, struct vm_area_struct *vma)
{
	unsigned long ino = vma->vm_file ? vma->vm_file->f_inode->i_ino : 0;

	snap_printf(s, "{\"k\":\"snap.vma\",\"mm\":%u,\"s\":\"%lx\",\"e\":\"%lx\",\"f\":\"%lx\",\"prot\":\"%lx\""
		    ",\"pgoff\":%lu,\"ino\":%lu,\"name\":", vma->vm_mm->id, vma->vm_start, vma->vm_end,
		    vma->vm_flags, pgprot_val(vma->vm_page_prot), vma->vm_pgoff, ino);
	put_name(s, vma);
	put_anon_vmas(s, vma);
	snap_printf(s, ",\"pins\":%d,\"gap\":\"%lx\"", vma->vm_ops && vma->vm_ops->pins_pages, vma->vm_gap);
	put_tree_links(s, vma);
	snap_line_end(s);
}

static void snap_vmas(struct snapshot *s, struct mm_struct *mm)
{
	for (struct vm_area_struct *vma = mm->mmap; vma; vma = vma->vm_next)
		snap_vma(s, vma);
}

/* ---- anon_vmas ---- */

static void put_list(struct snapshot *s, const struct anon_vma *av)
{
	const struct anon_vma_chain *avc;
	const char *comma = "";

	snap_puts(s, ",\"list\":[");
	list_for_each_entry(avc, &av->head, same_anon_vma) {
		snap_printf(s, "%s[%u,\"%lx\"]", comma, avc->vma->vm_mm->id, avc->vma->vm_start);
		comma = ",";
	}
	snap_char(s, ']');
}

/*
 * @av and those it leads to, each once.  Its parent is there only as long as areas are (mm/rmap.c):
 * one that is kept by pages alone has none.
 */
static void snap_av(struct snapshot *s, struct anon_vma *av)
{
	bool orphan = list_empty(&av->head);

	if (av->snapped == s->number)
		return;
	av->snapped = s->number;
	snap_av(s, av->root);
	if (!orphan)
		snap_av(s, av->parent);
	snap_printf(s, "{\"k\":\"snap.av\",\"id\":%u,\"root\":%u,\"parent\":%u,\"vmas\":%u,\"children\":%u"
		    ",\"refs\":%d", av->id, av->root->id, orphan ? 0 : av->parent->id, av->num_active_vmas,
		    av->num_children, atomic_read(&av->refcount));
	put_list(s, av);
	snap_line_end(s);
}

static void snap_avs(struct snapshot *s, struct mm_struct *mm)
{
	const struct anon_vma_chain *avc;

	for (struct vm_area_struct *vma = mm->mmap; vma; vma = vma->vm_next)
		list_for_each_entry(avc, &vma->anon_vma_chain, same_vma)
			snap_av(s, avc->anon_vma);
}

/* Those that only pages keep. */
static void snap_avs_of_pages(struct snapshot *s)
{
	unsigned long pfn = 0;
	struct page *page;

	while ((page = snap_next_mapped(s, &pfn, max_pfn)))
		if (PageAnon(page))
			snap_av(s, (void *)((unsigned long)page->mapping & ~PAGE_MAPPING_ANON));
}

/* ---- tables ---- */

/* [i, raw], or [i, n, raw] for n entries whose frames (or offsets) follow each other. */
static void put_entries(struct snapshot *s, const u64 *table, unsigned int nr)
{
	const char *comma = "";

	for (unsigned int i = 0, n; i < nr; i += n) {
		u64 first = READ_ONCE(table[i]);

		for (n = 1; first && i + n < nr && READ_ONCE(table[i + n]) == first + n * PAGE_SIZE; n++)
			;
		if (!first)
			continue;
		snap_puts(s, comma);
		comma = ",";
		snap_char(s, '[');
		snap_dec(s, i);
		snap_char(s, ',');
		if (n > 1) {
			snap_dec(s, n);
			snap_char(s, ',');
		}
		snap_char(s, '"');
		snap_hex(s, first);
		snap_puts(s, "\"]");
	}
}

/* The table of @level at @pfn that serves @va and what follows, then those below it.  At most five deep. */
static void snap_table(struct snapshot *s, const struct mm_struct *mm, int level, unsigned long va,
		       unsigned long pfn, unsigned int nr)
{
	const u64 *table = __va(PFN_PHYS(pfn));
	unsigned int shift = PAGE_SHIFT + 9 * (level - 1);

	snap_printf(s, "{\"k\":\"snap.pt\",\"mm\":%u,\"level\":%d,\"va\":\"%lx\",\"pfn\":%lu,\"ents\":[", mm->id,
		    level, va, pfn);
	put_entries(s, table, nr);
	snap_char(s, ']');
	snap_line_end(s);
	if (level == 1)
		return;
	for (unsigned int i = 0; i < nr; i++)
		if ((table[i] & _PAGE_PRESENT) && !(table[i] & _PAGE_PSE))
			snap_table(s, mm, level - 1, va + ((unsigned long)i << shift),
				   (table[i] & PTE_PFN_MASK) >> PAGE_SHIFT, PTRS_PER_TABLE);
}

static void snap_tables(struct snapshot *s, struct mm_struct *mm)
{
	snap_table(s, mm, pgtable_l5_enabled() ? 5 : 4, 0, page_to_pfn(virt_to_page(mm->pgd)), USER_PGD_PTRS);
}

void snap_mms(struct snapshot *s)
{
	for_each_mm(s, snap_mm);
	for_each_mm(s, snap_vmas);
	for_each_mm(s, snap_avs);
	if (s->what.kind == SNAP_ALL)
		snap_avs_of_pages(s);
	for_each_mm(s, snap_tables);
}
