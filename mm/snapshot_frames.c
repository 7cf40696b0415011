/*
 * mm/snapshot_frames.c - frames and allocators as lines of a snapshot
 *
 * Purpose:    what each frame is used for, who maps it, and where the free ones are.
 * Invariants: runs while the machine stands (kernel/snapshot.c): takes no lock, allocates nothing.
 *             snap.page lines cover every frame below max_pfn once and in order.
 *             snap.rmap comes from the reverse map alone (anon_vma lists, i_mmap); that it
 *             agrees with the tables is for the reader to check.
 * Lock order: none.
 */
#include <fs.h>
#include <pagemap.h>
#include <seq_file.h>
#include <slab.h>
#include <snapshot.h>
#include <string.h>
#include <swap.h>
#include <vmalloc.h>
#include "internal.h"
#include "page_internal.h"

/* What a struct page alone does not tell is found first, from its owners, into snapshot->uses. */
enum snap_use {
	USE_UNKNOWN, USE_NONE, USE_RESERVED, USE_ZERO, USE_FREE, USE_PCP, USE_SLAB, USE_TABLE,
	USE_KEPT_TABLE, USE_ANON, USE_FILE, USE_SHMEM, USE_RING, USE_STACK, USE_VMALLOC, USE_KERNEL,
};
static const char *const use_names[] = {
	[USE_NONE] = "none", [USE_RESERVED] = "reserved", [USE_ZERO] = "zero", [USE_FREE] = "free",
	[USE_PCP] = "pcp", [USE_SLAB] = "slab", [USE_TABLE] = "table", [USE_KEPT_TABLE] = "kept_table",
	[USE_ANON] = "anon", [USE_FILE] = "file", [USE_SHMEM] = "shmem", [USE_RING] = "ring",
	[USE_STACK] = "stack", [USE_VMALLOC] = "vmalloc", [USE_KERNEL] = "kernel",
};

static u8 *use_at(const struct snapshot *s, const struct page *page)
{
	return &s->uses[frame_index(page_to_pfn(page))];
}

static void note_vmalloc(const struct page *page, bool stack, void *arg)
{
	struct snapshot *s = arg;

	*use_at(s, page) = stack ? USE_STACK : USE_VMALLOC;
}

static void note_kept_table(const struct page *page, void *arg)
{
	struct snapshot *s = arg;

	*use_at(s, page) = USE_KEPT_TABLE;
}

static void note_rings(struct snapshot *s)
{
	unsigned long each = trace_ring_nr_pages();

	for (unsigned int cpu = 0; cpu < nr_cpus; cpu++)
		for (unsigned long i = 0; i < each; i++)
			*use_at(s, trace_ring_page(cpu, i)) = USE_RING;
}

/* Before anything asks what a frame is. */
void snap_ask_owners(struct snapshot *s)
{
	memset(s->uses, USE_UNKNOWN, nr_frames());
	vmalloc_for_each_page(note_vmalloc, s);
	for_each_cached_table(note_kept_table, s);
	note_rings(s);
}

/* ---- one frame ---- */

/* Does page->mapping mean what its name says?  In other pages the place has other uses, or is stale. */
bool snap_has_mapping(const struct snapshot *s, const struct page *page)
{
	const unsigned long others = BIT(PG_reserved) | BIT(PG_buddy) | BIT(PG_pcp) | BIT(PG_slab) |
				     BIT(PG_table) | BIT(PG_compound);

	return !(page->flags & others) && page_count(page) > 0 && page->mapping &&
	       !*use_at(s, page);
}

/* How many frames from @pfn on are the same: the rest of a hole, a free block, one. */
static unsigned long frames_alike(unsigned long pfn)
{
	if (!pfn_valid(pfn))
		return next_valid_pfn(pfn) - pfn;
	return PageBuddy(pfn_to_page(pfn)) ? 1UL << pfn_to_page(pfn)->order : 1;
}

struct page *snap_next_mapped(const struct snapshot *s, unsigned long *pfn, unsigned long to)
{
	while (*pfn < to) {
		struct page *page = pfn_valid(*pfn) ? pfn_to_page(*pfn) : NULL;

		*pfn += frames_alike(*pfn);
		if (page && snap_has_mapping(s, page))
			return page;
	}
	return NULL;
}

static enum snap_use use_of(const struct snapshot *s, unsigned long pfn)
{
	struct page *page;
	enum snap_use noted;

	if (!pfn_valid(pfn))
		return USE_NONE;
	page = pfn_to_page(pfn);
	if (PageReserved(page))
		return is_zero_pfn(pfn) ? USE_ZERO : USE_RESERVED;
	if (PageBuddy(page))
		return USE_FREE;
	if (PagePcp(page))
		return USE_PCP;
	noted = *use_at(s, page);
	if (noted)
		return noted;
	if (PageSlab(compound_head(page)))
		return USE_SLAB;
	if (PageTable(page))
		return USE_TABLE;
	if (!snap_has_mapping(s, page))
		return USE_KERNEL;
	if (PageAnon(page))
		return USE_ANON;
	return mapping_is_shmem(page->mapping) ? USE_SHMEM : USE_FILE;
}

/* Frames that follow each other and have all this in common. */
struct run {
	unsigned long pfn, n;
	enum snap_use use;
	unsigned int order;
	unsigned long flags, mapping, index;
	int ref, map, mlock;
};

/* The owner as a number: inode, anon_vma, mm. */
static unsigned long mapping_of(const struct page *page, enum snap_use use)
{
	switch (use) {
	case USE_ANON:
		return ((struct anon_vma *)((unsigned long)page->mapping & ~PAGE_MAPPING_ANON))->id;
	case USE_FILE:
	case USE_SHMEM:
		return page->mapping->host ? page->mapping->host->i_ino : 0;
	case USE_TABLE:
		return page->pt_mm->id;
	default:
		return 0;
	}
}

static unsigned int order_of(struct page *page, enum snap_use use)
{
	if (use == USE_FREE)
		return page->order;
	return PageCompound(page) ? compound_order(compound_head(page)) : 0;
}

static bool has_index(const struct run *r)
{
	return r->use == USE_ANON || r->use == USE_FILE || r->use == USE_SHMEM;
}

/* The frame @pfn; a free block or a hole from there on. */
static struct run run_at(const struct snapshot *s, unsigned long pfn)
{
	struct run r = { .pfn = pfn, .use = use_of(s, pfn) };
	struct page *page;

	r.n = frames_alike(pfn);
	if (r.use == USE_NONE)
		return r;
	page = pfn_to_page(pfn);
	r.order = order_of(page, r.use);
	r.flags = page->flags & FLAGS_MASK;
	r.ref = page_count(page);
	r.map = page_mapcount(page);
	r.mlock = page->mlock_count;
	r.mapping = mapping_of(page, r.use);
	if (has_index(&r))
		r.index = page->index;
	return r;
}

static bool goes_on(const struct run *a, const struct run *b)
{
	return a->use == b->use && a->order == b->order && a->flags == b->flags && a->ref == b->ref &&
	       a->map == b->map && a->mlock == b->mlock && a->mapping == b->mapping &&
	       (!has_index(a) || b->index == a->index + a->n);
}

static void put_run(struct snapshot *s, const struct run *r)
{
	snap_printf(s, "{\"k\":\"snap.page\",\"pfn\":%lu,\"n\":%lu,\"use\":\"%s\",\"order\":%u,\"flags\":\"%lx\""
		    ",\"ref\":%d,\"map\":%d,\"mlock\":%d,\"mapping\":%lu,\"index\":\"%lx\"", r->pfn, r->n,
		    use_names[r->use], r->order, r->flags, r->ref, r->map, r->mlock, r->mapping, r->index);
	snap_line_end(s);
}

/* A frame inside of a free block whose beginning is not wanted: where the block begins, or @pfn. */
static unsigned long block_start(unsigned long pfn)
{
	for (unsigned int order = 0; order < MAX_ORDER; order++) {
		unsigned long start = pfn & ~((1UL << order) - 1);

		if (pfn_valid(start) && PageBuddy(pfn_to_page(start)) && pfn_to_page(start)->order >= order)
			return start;
	}
	return pfn;
}

static void put_runs(struct snapshot *s)
{
	unsigned long pfn = s->what.from, to = s->what.to;
	struct run now = { 0 };

	while (pfn < to) {
		struct run next = run_at(s, pfn == s->what.from ? block_start(pfn) : pfn);

		next.n -= pfn - next.pfn;	/* what lies before the first that is wanted, */
		next.pfn = pfn;
		next.n = min(next.n, to - pfn);	/* or behind the last */
		pfn += next.n;
		if (now.n && goes_on(&now, &next)) {
			now.n += next.n;
			continue;
		}
		if (now.n)
			put_run(s, &now);
		now = next;
	}
	put_run(s, &now);
}

/* ---- who maps it ---- */

static bool is_mapped_at(struct page *page, struct vm_area_struct *vma, unsigned long addr)
{
	pmd_t *pmd = mm_find_pmd(vma->vm_mm, addr);
	pte_t e = pmd ? *pte_offset_kernel(pmd, addr) : __pte(0);

	return pte_present(e) && !pte_special(e) && pte_pfn(e) == page_to_pfn(page);
}

struct rmap_line {
	struct snapshot *s;
	const char *comma;
};

static bool put_place(struct page *page, struct vm_area_struct *vma, unsigned long addr, void *arg)
{
	struct rmap_line *l = arg;

	if (!is_mapped_at(page, vma, addr))
		return false;
	snap_puts(l->s, l->comma);
	l->comma = ",";
	snap_char(l->s, '[');
	snap_dec(l->s, vma->vm_mm->id);
	snap_puts(l->s, ",\"");
	snap_hex(l->s, addr);
	snap_puts(l->s, "\"]");
	return false;
}

static void snap_rmap(struct snapshot *s, struct page *page)
{
	struct rmap_line l = { s, "" };

	snap_puts(s, "{\"k\":\"snap.rmap\",\"pfn\":");
	snap_dec(s, page_to_pfn(page));
	snap_puts(s, ",\"at\":[");
	rmap_walk_locked(page, put_place, &l);
	snap_char(s, ']');
	snap_line_end(s);
}

void snap_frames(struct snapshot *s)
{
	unsigned long pfn = s->what.from;
	struct page *page;

	put_runs(s);
	while ((page = snap_next_mapped(s, &pfn, s->what.to)))
		if (page_mapped(page))
			snap_rmap(s, page);
}

/* ---- allocators ---- */

static void put_pfns(struct snapshot *s, const struct list_head *list)
{
	const struct page *page;
	const char *comma = "";

	snap_puts(s, ",\"pfns\":[");
	list_for_each_entry(page, list, buddy_list) {
		snap_puts(s, comma);
		snap_dec(s, page_to_pfn(page));
		comma = ",";
	}
	snap_char(s, ']');
	snap_line_end(s);
}

static void snap_zone(struct snapshot *s, const struct zone *z)
{
	for (unsigned int order = 0; order < MAX_ORDER; order++) {
		snap_printf(s, "{\"k\":\"snap.buddy\",\"zone\":\"%s\",\"order\":%u", z->name, order);
		put_pfns(s, &z->free_area[order].free_list);
	}
	for (unsigned int cpu = 0; cpu < nr_cpus; cpu++) {
		snap_printf(s, "{\"k\":\"snap.pcp\",\"zone\":\"%s\",\"cpu\":%u,\"order\":0", z->name, cpu);
		put_pfns(s, &z->pcp[cpu].list);
	}
}

struct slab_line {
	struct snapshot *s;
	const char *comma;
};

static void begin_cache(const struct slab_counts *c, void *arg)
{
	struct slab_line *l = arg;

	snap_puts(l->s, "{\"k\":\"snap.slab\",\"cache\":");
	snap_text(l->s, c->cache);
	snap_printf(l->s, ",\"size\":%u,\"per\":%u,\"order\":%u,\"active\":%lu,\"total\":%lu,\"kept\":%lu,\"slabs\":[",
		    c->size, c->per, c->order, c->active, c->total, c->kept);
	l->comma = "";
}

/* The bitmap as one number: slot 0 is its lowest bit. */
static void put_slab(const struct page *page, const unsigned long *free, void *arg)
{
	struct slab_line *l = arg;
	int word = (page->objects + 63) / 64 - 1;

	while (word > 0 && !free[word])
		word--;
	snap_printf(l->s, "%s[%lu,%u,\"%lx", l->comma, page_to_pfn(page), page->inuse, free[word]);
	while (word-- > 0)
		snap_printf(l->s, "%016lx", free[word]);
	snap_puts(l->s, "\"]");
	l->comma = ",";
}

static void end_cache(void *arg)
{
	struct slab_line *l = arg;

	snap_char(l->s, ']');
	snap_line_end(l->s);
}

void snap_allocators(struct snapshot *s)
{
	static const struct slab_visitor visitor = { begin_cache, put_slab, end_cache };
	struct slab_line l = { s, "" };

	for (int i = 0; i < MAX_NR_ZONES; i++)
		if (zones[i].managed_pages)
			snap_zone(s, &zones[i]);
	slab_visit_all(&visitor, &l);
}

/* ---- swap ---- */

struct slot_list {
	struct snapshot *s;
	const char *comma;
};

/* A slot in use: [entry, how many refer to it, its frame in the swap cache or 0, 1: that is not written yet]. */
static void put_slot(swp_entry_t e, unsigned int count, void *arg)
{
	struct page *page = swap_cache_peek(e);
	struct slot_list *l = arg;

	snap_printf(l->s, "%s[\"%lx\",%u,%lu,%d]", l->comma, e.val, count, page ? page_to_pfn(page) : 0,
		    page && PageDirty(page));
	l->comma = ",";
}

void snap_swap(struct snapshot *s)
{
	struct slot_list l = { s, "" };

	snap_printf(s, "{\"k\":\"snap.swap\",\"total\":%lu,\"slots\":[", total_swap_pages());
	swap_visit_slots(put_slot, &l);
	snap_char(s, ']');
	snap_line_end(s);
}

/* ---- counters ---- */

/* The lines of /proc/vmstat, "name number". */
void snap_vmstat(struct snapshot *s)
{
	static char text[4096];			/* the machine stands: nobody else is here */
	struct seq_file m = { .buf = text, .size = sizeof(text) };

	vmstat_show(&m);
	VM_BUG_ON(m.overflow);
	snap_puts(s, "{\"k\":\"snap.vmstat\"");
	for (size_t i = 0; i < m.count; i++) {
		snap_puts(s, ",\"");
		for (; text[i] != ' '; i++)
			snap_char(s, text[i]);
		snap_puts(s, "\":");
		for (i++; text[i] != '\n'; i++)
			snap_char(s, text[i]);
	}
	snap_line_end(s);
}
