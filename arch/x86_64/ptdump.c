/*
 * arch/x86_64/ptdump.c - page tables as text
 *
 * Purpose:    the way of one address through the tables (/proc/PID/pagewalk, panics), and the
 *             kernel's whole map as ranges (/proc/kernel_page_tables).
 * Invariants: format_walk() follows an entry only if it leads to a frame of RAM, takes no lock and
 *             allocates nothing: it also runs in a panic, on tables that may be broken.
 *             Tables of the kernel are never freed, so that its map is read without a lock; a
 *             range that changes meanwhile is shown as it was or as it becomes.
 * Lock order: format_walk on a live address space: mmap_sem held by the caller.
 * Sources:    Intel SDM vol. 3A, "4-Level Paging", "5-Level Paging".
 */
#include <asm/pgtable.h>
#include <kasan.h>
#include <mm.h>
#include <sections.h>
#include <seq_file.h>
#include <string.h>

#define PKEY_SHIFT 59		/* a user page's protection key: bits 62:59 */

/* ---- one address -------------------------------------------------------------------------- */

struct text {
	char *buf;
	size_t size, len;
};

static __printf(2, 3) void put(struct text *t, const char *fmt, ...)
{
	va_list ap;
	int n;

	if (t->len + 1 >= t->size)
		return;
	va_start(ap, fmt);
	n = vsnprintf(t->buf + t->len, t->size - t->len, fmt, ap);
	va_end(ap);
	t->len = min(t->len + n, t->size - 1);
}

/* What an entry allows and says, in words. */
static void put_bits(struct text *t, unsigned long e, bool leaf)
{
	static const struct { unsigned long bit; const char *set, *clear; } words[] = {
		{ _PAGE_RW, " write", " read-only" }, { _PAGE_USER, " user", " kernel" },
		{ _PAGE_NX, " noexec", " exec" }, { _PAGE_ACCESSED, " accessed", "" },
		{ _PAGE_DIRTY, " dirty", "" }, { _PAGE_PCD, " uncached", "" },
		{ _PAGE_PWT, " write-through", "" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		put(t, "%s", e & words[i].bit ? words[i].set : words[i].clear);
	if (!leaf)
		return;
	put(t, "%s%s%s", e & _PAGE_GLOBAL ? " global" : "", e & _PAGE_SPECIAL ? " special" : "",
	    e & _PAGE_SOFT_DIRTY ? " soft-dirty" : "");
	if ((e & _PAGE_USER) && (e >> PKEY_SHIFT & 15))
		put(t, " key %lu", e >> PKEY_SHIFT & 15);
}

static void put_absent(struct text *t, unsigned long e)
{
	pte_t pte = __pte(e);

	if (!e)
		put(t, " none\n");
	else if (pte_protnone(pte))
		put(t, " PROT_NONE, page kept: pfn 0x%lx\n", pte_pfn(pte));
	else if (pte_file(pte))
		put(t, " not present: file page %lu (nonlinear)\n", pte_to_pgoff(pte));
	else
		put(t, " not present\n");
}

/* One level's line.  True if the walk goes on to the next table. */
static bool put_level(struct text *t, const char *name, const void *entry, unsigned long e,
		      bool may_be_leaf, bool last)
{
	bool leaf = last || (may_be_leaf && (e & _PAGE_PSE));
	phys_addr_t at = __pa(entry);

	put(t, "  %s[%3lu] at 0x%lx = 0x%016lx", name, (at & ~PAGE_MASK) / 8, (unsigned long)at, e);
	if (!(e & _PAGE_PRESENT)) {
		put_absent(t, e);
		return false;
	}
	put(t, " %s pfn 0x%lx", leaf ? "page" : "table", (e & PTE_PFN_MASK) >> PAGE_SHIFT);
	put_bits(t, e, leaf);
	put(t, "\n");
	return !leaf && pfn_valid((e & PTE_PFN_MASK) >> PAGE_SHIFT);
}

/* Down the levels; the frame of @va in *@pfn.  False: nothing is mapped there. */
static bool put_levels(struct text *t, pgd_t *pgd, unsigned long va, unsigned long *pfn)
{
	p4d_t *p4d;
	pud_t *pud;
	pmd_t *pmd;
	pte_t *pte;

	pgd = pgd_offset_pgd(pgd, va);
	if (!put_level(t, "pgd", pgd, READ_ONCE(pgd->pgd), false, false))
		return false;
	p4d = p4d_offset(pgd, va);
	if ((void *)p4d == (void *)pgd)
		put(t, "  p4d folded: with four levels the pgd's entry is the p4d's\n");
	else if (!put_level(t, "p4d", p4d, READ_ONCE(p4d->p4d), false, false))
		return false;
	pud = pud_offset(p4d, va);
	*pfn = pud_pfn(*pud) + ((va & ~PUD_MASK) >> PAGE_SHIFT);
	if (!put_level(t, "pud", pud, READ_ONCE(pud->pud), true, false))
		return pud_present(*pud) && pud_leaf(*pud);
	pmd = pmd_offset(pud, va);
	*pfn = pmd_pfn(*pmd) + ((va & ~PMD_MASK) >> PAGE_SHIFT);
	if (!put_level(t, "pmd", pmd, READ_ONCE(pmd->pmd), true, false))
		return pmd_present(*pmd) && pmd_leaf(*pmd);
	pte = pte_offset_kernel(pmd, va);
	put_level(t, "pte", pte, READ_ONCE(pte->pte), false, true);
	*pfn = pte_pfn(*pte);
	return pte_present(*pte);
}

/* Writes at most @size bytes with the final NUL; returns the length written. */
size_t format_walk(pgd_t *pgd, unsigned long va, char *buf, size_t size)
{
	struct text t = { .buf = buf, .size = size };
	unsigned long pfn;

	if (!size)
		return 0;
	buf[0] = '\0';
	if (put_levels(&t, pgd, va, &pfn))
		t.len += format_page(pfn, buf + t.len, size - t.len);
	return t.len;
}

/* ---- the kernel's map ---------------------------------------------------------------------- */

/* Sorted; each name holds up to the next. */
static const struct area {
	unsigned long start;
	const char *name;
} areas[] = {
	{ 0xffff800000000000UL, "below the direct map" },
	{ PAGE_OFFSET, "direct map" },
	{ VMALLOC_START, "vmalloc, device registers, kernel stacks" },
	{ VMALLOC_END, "above vmalloc" },
	{ VMEMMAP_START, "vmemmap: struct page of every frame" },
	{ VMEMMAP_END, "above vmemmap" },
	{ KASAN_SHADOW_START, "KASAN shadow" },
	{ KERNEL_VMA, "below the kernel image" },
	{ (unsigned long)_text, "kernel text" },
	{ (unsigned long)__init_begin, "boot-time code and data" },
	{ (unsigned long)__rodata_start, "kernel read-only data" },
	{ (unsigned long)__ro_after_init_start, "kernel data, read-only after boot" },
	{ (unsigned long)_data, "kernel data" },
	{ (unsigned long)__kallsyms_start, "names of functions" },
	{ (unsigned long)__relocs_free, "zeroed data" },
	{ (unsigned long)__bss_stop, "boot page tables" },
	{ (unsigned long)_end, "above the kernel image" },
};

static const struct area *area_at(unsigned long va)
{
	const struct area *a = areas;

	while (a + 1 < areas + ARRAY_SIZE(areas) && a[1].start <= va)
		a++;
	return a;
}

/* Neighbouring leaves that agree become one line. */
struct dump {
	struct seq_file *m;
	const struct area *area;	/* of the last line printed */
	unsigned long start, end;	/* the range so far; empty: none */
	unsigned long prot;
	int level;			/* 0: pte, 1: pmd, 2: pud */
	unsigned long *count;		/* if set: only count the pages of each level */
};

#define DUMP_BITS (_PAGE_RW | _PAGE_USER | _PAGE_NX | _PAGE_GLOBAL | _PAGE_PCD | _PAGE_PWT)

static void put_size(struct seq_file *m, unsigned long bytes)
{
	const char *unit = "KMGT";

	for (bytes >>= 10; !(bytes & 1023) && unit[1]; bytes >>= 10)
		unit++;
	seq_printf(m, "%8lu%c", bytes, *unit);
}

static const char *const level_names[] = { "pte", "pmd", "pud" };

static void flush_range(struct dump *d)
{
	const struct area *area = area_at(d->start);

	if (d->start == d->end)
		return;
	if (area != d->area)
		seq_printf(d->m, "---[ %s ]---\n", area->name);
	d->area = area;
	seq_printf(d->m, "0x%016lx-0x%016lx", d->start, d->end);
	put_size(d->m, d->end - d->start);
	seq_printf(d->m, " %s %s %s %s %s %s\n", d->prot & _PAGE_RW ? "RW" : "ro",
		   d->prot & _PAGE_NX ? "NX" : "x ", d->prot & _PAGE_USER ? "USR" : "   ",
		   d->prot & _PAGE_GLOBAL ? "GLB" : "   ", d->prot & _PAGE_PCD ? "UC" : "  ",
		   level_names[d->level]);
	d->start = d->end = 0;
}

static void note_leaf(struct dump *d, unsigned long va, unsigned long size, unsigned long e,
		      int level)
{
	unsigned long prot = e & DUMP_BITS;

	if (d->count) {
		d->count[level] += size >> PAGE_SHIFT;
		return;
	}
	if (d->start == d->end || d->end != va || d->prot != prot || d->level != level ||
	    area_at(d->start) != area_at(va)) {
		flush_range(d);
		d->start = va;
		d->prot = prot;
		d->level = level;
	}
	d->end = va + size;
}

static void dump_ptes(struct dump *d, pmd_t *pmd, unsigned long va, unsigned long end)
{
	pte_t *pte = pte_offset_kernel(pmd, va);

	if (kasan_shared_table(pte_offset_kernel(pmd, 0)))
		return;
	for (; va != end; va += PAGE_SIZE, pte++)
		if (pte->pte & _PAGE_PRESENT)
			note_leaf(d, va, PAGE_SIZE, pte->pte, 0);
}

static void dump_pmds(struct dump *d, pud_t *pud, unsigned long va, unsigned long end)
{
	pmd_t *pmd = pmd_offset(pud, va);
	unsigned long next;

	if (kasan_shared_table(pmd_offset(pud, 0)))
		return;
	for (; va != end; va = next, pmd++) {
		next = pmd_addr_end(va, end);
		if (!pmd_present(*pmd))
			continue;
		if (pmd_leaf(*pmd))
			note_leaf(d, va, PMD_SIZE, pmd->pmd, 1);
		else
			dump_ptes(d, pmd, va, next);
	}
}

static void dump_puds(struct dump *d, p4d_t *p4d, unsigned long va, unsigned long end)
{
	pud_t *pud = pud_offset(p4d, va);
	unsigned long next;

	if (kasan_shared_table(pud_offset(p4d, 0)))
		return;
	for (; va != end; va = next, pud++) {
		next = pud_addr_end(va, end);
		if (!pud_present(*pud))
			continue;
		if (pud_leaf(*pud))
			note_leaf(d, va, PUD_SIZE, pud->pud, 2);
		else
			dump_pmds(d, pud, va, next);
	}
}

static void dump_p4ds(struct dump *d, pgd_t *pgd, unsigned long va, unsigned long end)
{
	p4d_t *p4d = p4d_offset(pgd, va);
	unsigned long next;

	for (; va != end; va = next, p4d++) {
		next = p4d_addr_end(va, end);
		if (p4d_present(*p4d))
			dump_puds(d, p4d, va, next);
	}
}

static void dump_range(struct dump *d, unsigned long va, unsigned long end)
{
	unsigned long next;

	for (; va != end; va = next) {
		pgd_t *pgd = pgd_offset_pgd(init_pgd, va);

		next = pgd_addr_end(va, end);
		if (!pgd_none(*pgd))
			dump_p4ds(d, pgd, va, next);
	}
}

int kernel_page_tables_show(struct seq_file *m)
{
	struct dump d = { .m = m };

	dump_range(&d, areas[0].start, 0);		/* 0: to the end of the address space */
	flush_range(&d);
	return 0;
}

void direct_map_count(unsigned long pages[3])
{
	struct dump d = { .count = pages };

	pages[0] = pages[1] = pages[2] = 0;
	dump_range(&d, PAGE_OFFSET, PAGE_OFFSET + ALIGN_UP(PFN_PHYS(max_pfn), P4D_SIZE));
}
