/*
 * mm/verify.c - the invariants of the whole, checked
 *
 * Purpose:    what the heads of the other files promise is recomputed here from the ground up:
 *             counters from VMAs, VMAs from the tree, map counts from page tables.
 * Invariants: checking changes nothing that is checked.  It holds one mm at a time; the sums
 *             over all mms are exact only while no other process runs.
 * Lock order: verify_mutex > mmap_sem for reading > ptl
 *
 *   per VMA    order, alignment, links both ways, gap, place in its file's tree and in its
 *              anon_vma's list, reserved memory type
 *   per mm     tree = list = map_count, red-black, highest_vm_end, all counters, marks, layout,
 *              def_flags, mm_users, place in the mmlist, protection keys handed out
 *   per table  owner, entries in use, how many there are
 *   per entry  inside a VMA, has its protection key, allows no more than it, no writable shared private page, page is
 *              not free, its mapping leads back here
 *   per page   mapcount = entries found, refcount >= mapcount, mlock_count = entries of locked areas
 *   overall    committed memory, pages mapped and locked, page allocator, slab
 *   links      between mms, files, tasks, anon_vmas: mm/verify_links.c
 */
#include <asm/memtype.h>
#include <asm/pkeys.h>
#include <asm/smp.h>
#include <fs.h>
#include <ipc_shm.h>
#include <pagemap.h>
#include <printk.h>
#include <sched.h>
#include <slab.h>
#include <string.h>
#include <swap.h>
#include "internal.h"
#include "verify.h"

#define LOG_MAX 50
static int complaints;			/* only how many are printed: no lock */

int mm_complain(struct mm_struct *mm, unsigned long addr, const char *what, unsigned long a,
		unsigned long b)
{
	if (complaints++ < LOG_MAX)
		pr_err("mm_verify: mm %u at %lx: %s (%lx, %lx)\n", mm ? mm->id : 0, addr, what, a, b);
	return 1;
}

static bool standing;			/* the other CPUs are parked: verify_mutex */
static bool disturbed;			/* a lock was taken meanwhile: verify_mutex */

bool verify_down_read(struct rw_semaphore *s)
{
	if (!standing) {
		down_read(s);
		return true;
	}
	if (down_read_trylock(s))
		return true;
	disturbed = true;
	return false;
}

bool mm_verify_lock(struct mutex *m)
{
	if (!standing) {
		mutex_lock(m);
		return true;
	}
	if (mutex_trylock(m))
		return true;
	disturbed = true;
	return false;
}

/* ---- one VMA ---- */

/* Flags that need or exclude each other. */
static bool flags_agree(const struct vm_area_struct *v)
{
	unsigned long f = v->vm_flags;

	if (f & VM_ACCESS_FLAGS & ~(f >> 4))			/* VM_READ needs VM_MAYREAD, and so on */
		return false;
	if ((f & VM_SHARED) && !(f & VM_MAYSHARE))
		return false;
	if ((f & VM_NONLINEAR) && (!v->vm_file || !(f & VM_SHARED)))
		return false;
	return !(f & VM_WIPEONFORK) || (!v->vm_file && !(f & VM_SHARED));
}

/* Not while mmap_region() is at work: the object has just said that the area is special. */
static bool lock_flags_agree(const struct vm_area_struct *v)
{
	unsigned long f = v->vm_flags;

	return !(f & VM_LOCKED) ? !(f & VM_LOCKONFAULT) : !(f & VM_SPECIAL);
}

/* A first write may be wanted to fault: then the entries of a shared area begin read-only. */
static bool prot_agrees(const struct vm_area_struct *v)
{
	unsigned long has = pgprot_val(v->vm_page_prot) & ~_PAGE_CACHE_MASK;

	return has == (pgprot_val(vm_get_page_prot(v->vm_flags)) & ~_PAGE_CACHE_MASK) ||
	       has == (pgprot_val(vm_get_page_prot(v->vm_flags & ~VM_SHARED)) & ~_PAGE_CACHE_MASK);
}

static int verify_vma(struct mm_struct *mm, struct vm_area_struct *v)
{
	struct anon_vma_chain *avc;
	bool own = !v->anon_vma;
	int bad = 0;

	if (v->vm_mm != mm)
		bad += mm_complain(mm, v->vm_start, "VMA of another mm", (long)v->vm_mm, 0);
	if (v->vm_start >= v->vm_end || offset_in_page(v->vm_start | v->vm_end) ||
	    v->vm_end > mm->task_size)
		bad += mm_complain(mm, v->vm_start, "VMA borders", v->vm_start, v->vm_end);
	if (v->vm_next && (v->vm_next->vm_prev != v || v->vm_next->vm_start < v->vm_end))
		bad += mm_complain(mm, v->vm_start, "VMA order or back link", v->vm_end,
				   v->vm_next->vm_start);
	if (v->vm_prev ? v->vm_prev->vm_next != v : mm->mmap != v)
		bad += mm_complain(mm, v->vm_start, "VMA forward link", 0, 0);
	if (!v->vm_next && mm->highest_vm_end != v->vm_end)
		bad += mm_complain(mm, v->vm_start, "highest_vm_end", mm->highest_vm_end, v->vm_end);
	if (!flags_agree(v))
		bad += mm_complain(mm, v->vm_start, "flags of a VMA", v->vm_flags, 0);
	if (!prot_agrees(v))
		bad += mm_complain(mm, v->vm_start, "vm_page_prot", pgprot_val(v->vm_page_prot), v->vm_flags);
	if (v->vm_file && atomic_read(&v->vm_file->f_count) <= 0)
		bad += mm_complain(mm, v->vm_start, "VMA of a closed file", 0, 0);
	if (vma_pkey(v) >= arch_max_pkey())
		bad += mm_complain(mm, v->vm_start, "protection key", vma_pkey(v), 0);
	if (!vma_gap_ok(v))
		bad += mm_complain(mm, v->vm_start, "rb_subtree_gap", v->rb_subtree_gap, 0);
	list_for_each_entry(avc, &v->anon_vma_chain, same_vma) {
		own |= avc->anon_vma == v->anon_vma;
		if (avc->vma != v)
			bad += mm_complain(mm, v->vm_start, "anon_vma_chain of another VMA", 0, 0);
	}
	if (!own)
		bad += mm_complain(mm, v->vm_start, "anon_vma not in its chain", 0, 0);
	if ((v->vm_flags & VM_ARCH_1) &&
	    !memtype_reserved(PFN_PHYS(pfnmap_pfn(v)), PFN_PHYS(pfnmap_pfn(v) + vma_pages(v))))
		bad += mm_complain(mm, v->vm_start, "memory type not reserved", pfnmap_pfn(v), 0);
	return bad;
}

#ifdef QUIRE_DEBUG
void mm_verify_range(struct mm_struct *mm, unsigned long start, unsigned long end)
{
	struct vm_area_struct *v = tree_find(mm, start);
	int bad = 0;

	if (v && v->vm_prev)
		v = v->vm_prev;
	for (; v; v = v->vm_next) {
		bad += verify_vma(mm, v);
		if (v->vm_start >= end)
			break;
	}
	if (mm->map_count < 0 || (mm->map_count == 0) != !mm->mmap)
		bad += mm_complain(mm, start, "map_count", mm->map_count, 0);
	VM_BUG_ON_MM(bad, mm);
}
#endif

/* Is the file's tree able to find @v? */
static bool in_i_mmap(struct vm_area_struct *v)
{
	struct address_space *m = v->vm_file->f_inode->i_mapping;
	pgoff_t last = v->vm_pgoff + vma_pages(v) - 1;
	struct vm_area_struct *i;
	bool found = false;

	if (!verify_down_read(&m->i_mmap_rwsem))
		return true;
	if (v->vm_flags & VM_NONLINEAR) {
		list_for_each_entry(i, &m->i_mmap_nonlinear, shared.nonlinear)
			found |= i == v;
	} else {
		for (i = vma_interval_tree_iter_first(&m->i_mmap, v->vm_pgoff, last); i && !found;
		     i = vma_interval_tree_iter_next(i, v->vm_pgoff, last))
			found = i == v;
	}
	up_read(&m->i_mmap_rwsem);
	return found;
}

/* ---- counters of one mm ---- */

struct sums {
	unsigned long total, shared, exec, stack, data, locked, pinned, committed;
	int count;
};

static void add_vma(struct sums *s, const struct vm_area_struct *v)
{
	unsigned long pages = vma_pages(v);

	s->count++;
	s->total += pages;
	s->shared += v->vm_file ? pages : 0;
	s->exec += is_exec_mapping(v->vm_flags) ? pages : 0;
	s->stack += is_stack_mapping(v->vm_flags) ? pages : 0;
	s->data += is_data_mapping(v->vm_flags) ? pages : 0;
	s->locked += v->vm_flags & VM_LOCKED ? pages : 0;
	s->pinned += v->vm_ops && v->vm_ops->pins_pages ? pages : 0;
	s->committed += v->vm_flags & VM_ACCOUNT ? pages : 0;
}

static int same(struct mm_struct *mm, const char *what, unsigned long has, unsigned long should)
{
	return has == should ? 0 : mm_complain(mm, 0, what, has, should);
}

/* Keys exist only with the CPU's feature; the execute-only one counts as handed out. */
static int verify_pkeys(struct mm_struct *mm)
{
	int key = mm->execute_only_pkey, bad = 0;

	if (key < -1 || key >= arch_max_pkey() || key == 0 ||
	    (key > 0 && !(mm->pkey_allocation_map & (1U << key))))
		bad += mm_complain(mm, 0, "execute_only_pkey", key, mm->pkey_allocation_map);
	if (!arch_pkeys_enabled() && mm->pkey_allocation_map)
		bad += mm_complain(mm, 0, "keys without the feature", mm->pkey_allocation_map, 0);
	return bad;
}

static int verify_counters(struct mm_struct *mm, const struct sums *s)
{
	return same(mm, "map_count", mm->map_count, s->count) +
	       same(mm, "nodes of mm_rb", rb_check(&mm->mm_rb), s->count) +
	       same(mm, "total_vm", mm->total_vm, s->total) +
	       same(mm, "shared_vm", mm->shared_vm, s->shared) +
	       same(mm, "exec_vm", mm->exec_vm, s->exec) +
	       same(mm, "stack_vm", mm->stack_vm, s->stack) +
	       same(mm, "data_vm", mm->data_vm, s->data) +
	       same(mm, "locked_vm", mm->locked_vm, s->locked) +
	       same(mm, "pinned_vm", mm->pinned_vm, s->pinned);
}

static int ordered(struct mm_struct *mm, const char *what, unsigned long low, unsigned long high)
{
	return low <= high ? 0 : mm_complain(mm, 0, what, low, high);
}

/* Where the parts of the program are, and where new areas go. */
static int verify_layout(struct mm_struct *mm)
{
	unsigned long last = mm->saved_auxv[AT_VECTOR_SIZE - 2] | mm->saved_auxv[AT_VECTOR_SIZE - 1];

	return ordered(mm, "start_code, end_code", mm->start_code, mm->end_code) +
	       ordered(mm, "start_data, end_data", mm->start_data, mm->end_data) +
	       ordered(mm, "start_brk, brk", mm->start_brk, mm->brk) +
	       ordered(mm, "arg_start, arg_end", mm->arg_start, mm->arg_end) +
	       ordered(mm, "env_start, env_end", mm->env_start, mm->env_end) +
	       ordered(mm, "mmap_base, task_size", mm->mmap_base, mm->task_size) +
	       ordered(mm, "mmap_legacy_base, task_size", mm->mmap_legacy_base, mm->task_size) +
	       ordered(mm, "highest_vm_end, task_size", mm->highest_vm_end, mm->task_size) +
	       same(mm, "last pair of saved_auxv", last, 0) +
	       same(mm, "mmap bases inside a page",
		    offset_in_page(mm->mmap_base) | offset_in_page(mm->mmap_legacy_base), 0) +
	       same(mm, "no get_unmapped_area", !mm->get_unmapped_area, 0) +
	       same(mm, "def_flags", mm->def_flags & ~(VM_LOCKED | VM_LOCKONFAULT), 0);
}

/*
 * The marks are noted before a count falls: what they miss is what the counts are now, so that
 * the two together (max) are the peak.  Pages never were more than areas had room for.
 */
static int verify_peaks(struct mm_struct *mm)
{
	return ordered(mm, "rss, total_vm", get_mm_rss(mm), mm->total_vm) +
	       ordered(mm, "peak of rss, peak of total_vm", get_mm_hiwater_rss(mm),
		       max(mm->hiwater_vm, mm->total_vm));
}

/* ---- page tables ---- */

/* How often each frame was found mapped, and by locked areas: pages of counters, made when needed. */
struct frame_count {
	u16 mapped, locked;
};
#define CHUNK_PAGES (PAGE_SIZE / sizeof(struct frame_count))
#define MAP_ORDER 4
#define MAX_CHUNKS ((PAGE_SIZE << MAP_ORDER) / sizeof(struct frame_count *))
unsigned long verify_max_chunks = MAX_CHUNKS;	/* 32 GiB: entries that lead further are not counted */
struct frame_counts {
	struct frame_count **chunk;
	bool no_memory;
};

static void count_frame(struct frame_counts *c, unsigned long pfn, bool locked)
{
	unsigned long n = frame_index(pfn), i = n / CHUNK_PAGES;

	if (!c || !c->chunk || i >= verify_max_chunks)
		return;
	if (!c->chunk[i])
		c->chunk[i] = (struct frame_count *)get_zeroed_page(GFP_ATOMIC);
	if (c->chunk[i]) {
		c->chunk[i][n % CHUNK_PAGES].mapped++;
		c->chunk[i][n % CHUNK_PAGES].locked += locked;
	} else {
		c->no_memory = true;
	}
}

struct table_walk {
	struct mm_struct *mm;
	struct frame_counts *frames;
	struct vm_area_struct *vma;	/* first that ends above the address */
	long rss[NR_MM_COUNTERS];
	unsigned long ptes, tables;
	int bad;
};

static void complain_at(struct table_walk *w, unsigned long addr, const char *what, unsigned long a)
{
	w->bad += mm_complain(w->mm, addr, what, a, 0);
}

static bool chain_has(struct vm_area_struct *v, struct anon_vma *av)
{
	struct anon_vma_chain *avc;

	list_for_each_entry(avc, &v->anon_vma_chain, same_vma)
		if (avc->anon_vma == av)
			return true;
	return false;
}

static void verify_page(struct table_walk *w, unsigned long addr, pte_t e, struct page *page)
{
	struct vm_area_struct *v = w->vma;
	pgoff_t index = v->vm_pgoff + ((addr - v->vm_start) >> PAGE_SHIFT);

	if (page_count(page) < page_mapcount(page) || page_count(page) <= 0)
		complain_at(w, addr, "refcount below mapcount", pte_pfn(e));
	if (PageBuddy(page) || PagePcp(page) || PageSlab(page) || PageTable(page))
		complain_at(w, addr, "maps a page that is free or the kernel's", pte_pfn(e));
	if (PageAnon(page)) {
		struct anon_vma *av = (void *)((unsigned long)page->mapping & ~PAGE_MAPPING_ANON);

		if (!chain_has(v, av))
			complain_at(w, addr, "anon_vma does not reach the VMA", pte_pfn(e));
		if (v->vm_flags & VM_SHARED)
			complain_at(w, addr, "anonymous page in a shared VMA", pte_pfn(e));
	} else if (v->vm_file && page->mapping != v->vm_file->f_inode->i_mapping &&
		   (page->mapping || v->vm_file->f_inode->i_mapping->a_ops)) {	/* else a driver's page */
		complain_at(w, addr, "page of another file, or truncated", pte_pfn(e));
	}
	if (page->index != index && !(v->vm_flags & VM_NONLINEAR) && page->mapping)
		complain_at(w, addr, "page index", page->index);
	if (pte_write(e) && !(v->vm_flags & VM_SHARED) &&
	    (!PageAnon(page) || page_mapcount(page) != 1))
		complain_at(w, addr, "writable although shared by COW", pte_pfn(e));
	w->rss[mm_counter(page)]++;
	count_frame(w->frames, pte_pfn(e), vma_locks_pages(v));
}

/* Bare frames: only in VM_PFNMAP areas, with the memory type that everybody else uses. */
static void verify_pfnmap(struct table_walk *w, unsigned long addr, pte_t e)
{
	struct vm_area_struct *v = w->vma;
	bool bare = pte_special(e) && !is_zero_pfn(pte_pfn(e));
	unsigned long type = e.pte & _PAGE_CACHE_MASK;

	if (!(v->vm_flags & VM_PFNMAP)) {
		if (bare || !(pte_special(e) || pfn_valid(pte_pfn(e))))
			complain_at(w, addr, "bare frame outside VM_PFNMAP", e.pte);
		return;
	}
	if (!bare) {
		if (v->vm_flags & VM_SHARED)
			complain_at(w, addr, "counted page in a shared VM_PFNMAP area", e.pte);
		return;
	}
	if (type != (pgprot_val(v->vm_page_prot) & _PAGE_CACHE_MASK))
		complain_at(w, addr, "memory type differs from vm_page_prot", e.pte);
	if (!(v->vm_flags & VM_ARCH_1))
		return;
	if (pte_pfn(e) != pfnmap_pfn(v) + ((addr - v->vm_start) >> PAGE_SHIFT))
		complain_at(w, addr, "frame of a linear PFN map", e.pte);
	if (type != cachemode2protval(memtype_lookup(PFN_PHYS(pte_pfn(e)))))
		complain_at(w, addr, "memory type differs from the reserved one", e.pte);
}

static void verify_pte(struct table_walk *w, unsigned long addr, pte_t e)
{
	struct vm_area_struct *v;

	while (w->vma && w->vma->vm_end <= addr)
		w->vma = w->vma->vm_next;
	v = w->vma;
	if (!v || addr < v->vm_start) {
		complain_at(w, addr, "entry outside every VMA", e.pte);
		return;
	}
	if (pte_swap(e)) {
		w->rss[MM_SWAPENTS]++;
		if (!swap_count(pte_to_swp_entry(e)) || (v->vm_flags & VM_SHARED))
			complain_at(w, addr, "swap entry without a slot, or of a shared area", e.pte);
		return;
	}
	if (!pte_present(e)) {
		if (pte_poisoned(e) ? !v->anon_vma || (v->vm_flags & VM_SHARED) :
				      !pte_file(e) || !(v->vm_flags & VM_NONLINEAR))
			complain_at(w, addr, "unknown entry", e.pte);
		return;
	}
	if (pte_pkey(e) != vma_pkey(v))
		complain_at(w, addr, "protection key is not the VMA's", e.pte);
	if (pte_write(e) && !(v->vm_flags & VM_WRITE))
		complain_at(w, addr, "writable, the VMA is not", e.pte);
	if ((e.pte & _PAGE_PRESENT) && pte_exec(e) && !(v->vm_flags & VM_EXEC))
		complain_at(w, addr, "executable, the VMA is not", e.pte);
	if ((e.pte & _PAGE_PRESENT) && (!pte_user(e) || !(v->vm_flags & VM_ACCESS_FLAGS)))
		complain_at(w, addr, "present, the VMA allows no access", e.pte);
	verify_pfnmap(w, addr, e);
	if (!pte_special(e))
		verify_page(w, addr, e, pfn_to_page(pte_pfn(e)));
	else if (is_zero_pfn(pte_pfn(e)) && pte_write(e))
		complain_at(w, addr, "the zero page is writable", e.pte);
	else if (!is_zero_pfn(pte_pfn(e)) && !(v->vm_flags & VM_PFNMAP))
		complain_at(w, addr, "a bare frame outside a PFN map", e.pte);
}

static void walk_ptes(struct table_walk *w, pmd_t *pmd, unsigned long addr)
{
	struct page *table = pfn_to_page(pmd_pfn(*pmd));
	unsigned int used = 0;
	spinlock_t *ptl;
	pte_t *pte = pte_offset_map_lock(w->mm, pmd, addr, &ptl);

	w->ptes++;
	w->tables++;
	for (int i = 0; i < PTRS_PER_TABLE; i++, addr += PAGE_SIZE) {
		if (pte_none(pte[i]))
			continue;
		used++;
		verify_pte(w, addr, pte[i]);
	}
	if (!PageTable(table) || table->pt_mm != w->mm)
		complain_at(w, addr, "owner of a page table", (long)table->pt_mm);
	if (table->pt_entries != used)
		w->bad += mm_complain(w->mm, addr, "pt_entries", table->pt_entries, used);
	pte_unmap_unlock(pte, ptl);
}

static void walk_pmds(struct table_walk *w, pud_t *pud, unsigned long addr)
{
	pmd_t *pmd = pmd_offset(pud, addr);

	w->tables++;
	for (int i = 0; i < PTRS_PER_TABLE; i++, addr += PMD_SIZE)
		if (!pmd_none(pmd[i]))
			walk_ptes(w, &pmd[i], addr);
}

static void walk_puds(struct table_walk *w, p4d_t *p4d, unsigned long addr)
{
	pud_t *pud = pud_offset(p4d, addr);

	w->tables++;
	for (int i = 0; i < PTRS_PER_TABLE; i++, addr += PUD_SIZE)
		if (!pud_none(pud[i]))
			walk_pmds(w, &pud[i], addr);
}

/* The p4d table itself is not in nr_tables, as the pgd. */
static void walk_p4ds(struct table_walk *w, pgd_t *pgd, unsigned long addr, unsigned long end)
{
	p4d_t *p4d = p4d_offset(pgd, addr);

	for (unsigned long next; addr != end; p4d++, addr = next) {
		next = p4d_addr_end(addr, end);
		if (!p4d_none(*p4d))
			walk_puds(w, p4d, addr);
	}
	if (pgtable_l5_enabled() && pfn_to_page(pgd_pfn(*pgd))->pt_mm != w->mm)
		complain_at(w, addr, "owner of a p4d table", pgd_val(*pgd));
}

static int verify_tables(struct mm_struct *mm, struct frame_counts *frames)
{
	static const char *const names[] = { "rss file", "rss anon", "rss swap", "rss shmem" };
	struct table_walk w = { .mm = mm, .frames = frames, .vma = mm->mmap };

	for (unsigned long i = 0; i < USER_PGD_PTRS; i++) {
		unsigned long addr = i << PGDIR_SHIFT;

		if (!pgd_none(mm->pgd[i]))
			walk_p4ds(&w, &mm->pgd[i], addr, addr + PGDIR_SIZE);
	}
	if (memcmp(mm->pgd + USER_PGD_PTRS, init_pgd + USER_PGD_PTRS,
		   (PTRS_PER_TABLE - USER_PGD_PTRS) * sizeof(pgd_t)))
		w.bad += mm_complain(mm, 0, "kernel half differs from init_pgd", 0, 0);
	w.bad += same(mm, "nr_ptes", atomic_long_read(&mm->nr_ptes), w.ptes);
	w.bad += same(mm, "nr_tables", atomic_long_read(&mm->nr_tables), w.tables);
	for (int i = 0; i < NR_MM_COUNTERS; i++)
		w.bad += same(mm, names[i], atomic_long_read(&mm->rss_stat.count[i]), w.rss[i]);
	return w.bad;
}

/* Of a file that is written back: what is dirty is what its tree says. */
static int verify_dirty(const struct vm_area_struct *v)
{
	struct address_space *m = v->vm_file ? v->vm_file->f_inode->i_mapping : NULL;
	int bad;

	if (!m || !m->a_ops || !m->a_ops->writepage || spin_is_locked(&m->tree_lock))
		return 0;
	spin_lock(&m->tree_lock);
	bad = same(v->vm_mm, "nr_dirty of a file", m->nr_dirty, count_dirty_tags(m));
	spin_unlock(&m->tree_lock);
	return bad;
}

/* ---- one mm ---- */

/* @own: references of the caller's; @frames, *@committed: sums over all mms. */
static int verify_mm(struct mm_struct *mm, int own, struct frame_counts *frames,
		     unsigned long *committed)
{
	struct sums s = { 0 };
	int bad = 0;

	if (!verify_down_read(&mm->mmap_sem))
		return 0;
	for (struct vm_area_struct *v = mm->mmap; v; v = v->vm_next) {
		bad += verify_vma(mm, v);
		bad += verify_vma_links(v);
		bad += verify_dirty(v);
		if (!lock_flags_agree(v))
			bad += mm_complain(mm, v->vm_start, "lock flags of a VMA", v->vm_flags, 0);
		if (v->vm_file && !in_i_mmap(v))
			bad += mm_complain(mm, v->vm_start, "VMA not in its file's i_mmap", 0, 0);
		if ((v->vm_flags & VM_DENYWRITE) &&
		    (!v->vm_file || atomic_read(&v->vm_file->f_inode->i_writecount) >= 0))
			bad += mm_complain(mm, v->vm_start, "VM_DENYWRITE, but writing is allowed", 0, 0);
		add_vma(&s, v);
		if (s.count > mm->map_count + 1000000) {
			bad += mm_complain(mm, v->vm_start, "list does not end", s.count, 0);
			break;
		}
	}
	bad += verify_counters(mm, &s);
	bad += verify_layout(mm);
	bad += verify_peaks(mm);
	bad += verify_pkeys(mm);
	bad += verify_tables(mm, frames);
	bad += verify_users(mm, own);
	bad += verify_mmlist(mm);
	up_read(&mm->mmap_sem);
	*committed += s.committed;
	return bad;
}

int mm_verify_one(struct mm_struct *mm)
{
	unsigned long committed = 0;

	complaints = 0;
	return verify_mm(mm, 0, NULL, &committed);
}

/* ---- everything ---- */

static int verify_frame(const struct page *page, struct frame_count found)
{
	unsigned long pa = page_to_pfn(page) << PAGE_SHIFT;
	int bad = 0;

	if (page_mapcount(page) != found.mapped)
		bad += mm_complain(NULL, pa, "mapcount, entries found", page_mapcount(page),
				   found.mapped);
	if (page->mlock_count != found.locked)
		bad += mm_complain(NULL, pa, "mlock_count, entries of locked areas",
				   page->mlock_count, found.locked);
	if (PageMlocked(page) != !!page->mlock_count)
		bad += mm_complain(NULL, pa, "PG_mlocked, mlock_count", PageMlocked(page),
				   page->mlock_count);
	return bad;
}

static int verify_frames(struct frame_counts *c)
{
	unsigned long mlocked = 0, anon = 0, file = 0;
	int bad = 0;

	for (unsigned long pfn = next_valid_pfn(0); pfn < max_pfn; pfn = next_valid_pfn(pfn + 1)) {
		unsigned long n = frame_index(pfn), i = n / CHUNK_PAGES;
		struct frame_count *chunk = i < verify_max_chunks ? c->chunk[i] : NULL, found = { 0 };
		struct page *page = pfn_to_page(pfn);

		if (chunk)
			found = chunk[n % CHUNK_PAGES];
		if (!found.mapped && !page_mapped(page) && !page->mlock_count && !PageMlocked(page) &&
		    !PageSwapCache(page))
			continue;
		mlocked += PageMlocked(page);
		anon += page_mapped(page) && PageAnon(page);
		file += page_mapped(page) && !PageAnon(page);
		if (i < verify_max_chunks)
			bad += verify_frame(page, found);
		verify_family_page(page);
	}
	return bad + same(NULL, "nr_mlock", nr_mlock, mlocked) +
	       same(NULL, "nr_anon_mapped", atomic_long_read(&nr_anon_mapped), anon) +
	       same(NULL, "nr_file_mapped", atomic_long_read(&nr_file_mapped), file);
}

static void free_counts(struct frame_counts *c)
{
	for (unsigned long i = 0; i < MAX_CHUNKS; i++)
		free_page((unsigned long)c->chunk[i]);
	free_pages((unsigned long)c->chunk, MAP_ORDER);
}

static DEFINE_MUTEX(verify_mutex);	/* one run over everything at a time */

/* One run over everything. */
static int verify_everything(void)
{
	struct frame_counts c = { .chunk = (struct frame_count **)__get_free_pages(GFP_ATOMIC | __GFP_ZERO, MAP_ORDER) };
	unsigned long committed, swapped = 0;
	struct mm_struct *mm;
	bool frames_counted;
	unsigned long in_files;
	int bad = 0;

	complaints = 0;
	committed = shmem_recount();
	verify_families_begin();
	shm_recount_begin();
	for (mm = next_mm(&init_mm); mm; mm = next_mm(mm)) {
		bad += verify_mm(mm, 1, &c, &committed);
		swapped += get_mm_counter(mm, MM_SWAPENTS);
	}
	frames_counted = c.chunk && !c.no_memory && !disturbed;
	if (!disturbed)
		bad += shmem_verify_swap(&in_files) +
		       same(NULL, "references to slots of swap", swap_references(), swapped + in_files);
	if (!disturbed) {	/* else something is missing in what was counted */
		bad += shm_recount_end();
		bad += same(NULL, "vm_committed_as", atomic_long_read(&vm_committed_as), committed);
	}
	if (frames_counted)
		bad += verify_frames(&c);
	if (!disturbed)
		bad += verify_families_end(frames_counted);
	else
		verify_families_drop();
	if (c.chunk)
		free_counts(&c);
	bad += page_alloc_verify();
	bad += lru_verify();
	bad += slab_verify_all();
	return bad;
}

/*
 * With several CPUs the others are parked where their tasks are in the middle of nothing, as they are when one
 * CPU switches to us; only tasks that sleep may hold locks.  If one is in the way: let them run, and again.
 */
int mm_verify_all(void)
{
	int bad;

	mutex_lock(&verify_mutex);
	for (;;) {
		disturbed = false;
		standing = nr_cpus > 1;
		if (standing)
			smp_park_others_quiet();
		bad = verify_everything();
		if (standing)
			smp_unpark();
		standing = false;
		if (!disturbed)
			break;
		msleep(1);
	}
	mutex_unlock(&verify_mutex);
	return bad;
}
