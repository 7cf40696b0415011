/*
 * arch/x86_64/memtype.c - memory types: the PAT register and who maps what how
 *
 * Purpose:    a page mapped write-back at one address and uncached at another breaks both:
 *             a line stays in the cache and the device never sees it.  So every mapping of
 *             device memory (ioremap, remap_pfn_range) reserves its range here and gets the
 *             type that the range already has.
 * Invariants: IA32_PAT is the same on every CPU (the table in asm/pgtable.h).
 *             Reservations that overlap have one type; each belongs to one mapping, which
 *             frees exactly what it reserved; RAM has no entry: it is always write-back.
 *             A mapping of the area below 1 MiB that once held cards is always write-back: the
 *             fixed MTRRs decide there.
 * Lock order: memtype_lock is innermost; memory is allocated before it is taken.
 * Simplified: a sorted list; Linux keeps an interval tree.  The firmware's MTRRs are kept
 *             (mtrr.c); the fixed ranges (below 1 MiB) are not looked at.
 * Sources:    Intel SDM vol. 3A, "Memory Cache Control": "Page Attribute Table",
 *             "Memory Type Range Registers"; Linux Documentation/x86/pat.rst.
 *
 *   wanted   range is free, MTRR is WB   range is free, MTRR is not   others have it as T
 *   WB       WB                          UC-                          T
 *   other    as wanted                   as wanted                    T, but never WB
 */
#include <asm/memtype.h>
#include <asm/processor.h>
#include <boot_info.h>
#include <list.h>
#include <memblock.h>
#include <mm.h>
#include <printk.h>
#include <seq_file.h>
#include <slab.h>
#include <spinlock.h>

#define MSR_IA32_CR_PAT		0x277

#define ISA_START	0xa0000UL
#define ISA_END		0x100000UL
#define PAT(i, type) ((u64)(type) << (8 * (i)))

static const char *const mode_names[_PAGE_CACHE_MODE_NUM] = {
	"write-back", "write-combining", "uncached-minus", "uncached", "write-through",
	"write-protected",
};

static bool pat_enabled;
static bool pat_unwanted;		/* the word "nopat" */

/* ---- PTE bits ---------------------------------------------------------------------- */

unsigned long cachemode2protval(enum page_cache_mode mode)
{
	static const unsigned long bits[_PAGE_CACHE_MODE_NUM] = {
		[_PAGE_CACHE_MODE_WB] = 0,
		[_PAGE_CACHE_MODE_WC] = _PAGE_PWT,
		[_PAGE_CACHE_MODE_UC_MINUS] = _PAGE_PCD,
		[_PAGE_CACHE_MODE_UC] = _PAGE_PCD | _PAGE_PWT,
		[_PAGE_CACHE_MODE_WT] = _PAGE_PAT | _PAGE_PCD | _PAGE_PWT,
		[_PAGE_CACHE_MODE_WP] = _PAGE_PAT | _PAGE_PWT,
	};

	if (!pat_enabled && mode != _PAGE_CACHE_MODE_WB && mode != _PAGE_CACHE_MODE_UC)
		mode = _PAGE_CACHE_MODE_UC_MINUS;	/* what every CPU has, and is never wrong */
	return bits[mode];
}

enum page_cache_mode pgprot2cachemode(pgprot_t prot)
{
	for (int mode = 0; mode < _PAGE_CACHE_MODE_NUM; mode++)
		if (cachemode2protval(mode) == (pgprot_val(prot) & _PAGE_CACHE_MASK))
			return mode;
	return _PAGE_CACHE_MODE_UC_MINUS;
}

pgprot_t pgprot_set_cachemode(pgprot_t prot, enum page_cache_mode mode)
{
	return __pgprot((pgprot_val(prot) & ~_PAGE_CACHE_MASK) | cachemode2protval(mode));
}

pgprot_t pgprot_writecombine(pgprot_t prot)
{
	return pgprot_set_cachemode(prot, _PAGE_CACHE_MODE_WC);
}

pgprot_t pgprot_noncached(pgprot_t prot)
{
	return pgprot_set_cachemode(prot, _PAGE_CACHE_MODE_UC_MINUS);
}

/*
 * Indices 0 and 3 keep the type that they have after reset, 1 and 2 are not used by any mapping
 * yet: nothing needs to be flushed.
 */
void pat_cpu_init(void)
{
	u32 a, b, c, d;

	if (pat_unwanted)
		return;
	if (cmdline_has("nopat")) {
		pr_info("memtype: nopat: the page attribute table stays as it is, write-combining is uncached\n");
		pat_unwanted = true;
		return;
	}
	cpuid(1, 0, &a, &b, &c, &d);
	if (!(d & BIT(16)))
		return;
	wrmsr(MSR_IA32_CR_PAT, PAT(0, HW_WB) | PAT(1, HW_WC) | PAT(2, HW_UC_MINUS) |
	      PAT(3, HW_UC) | PAT(4, HW_WB) | PAT(5, HW_WP) | PAT(6, HW_UC_MINUS) | PAT(7, HW_WT));
	if (!pat_enabled)
		pr_info("x86/PAT: Configuration [0-7]: WB  WC  UC- UC  WB  WP  UC- WT\n");
	pat_enabled = true;
}

/* ---- the list of reservations ---------------------------------------------------------- */

struct memtype {
	phys_addr_t start, end;
	enum page_cache_mode type;
	struct list_head list;		/* by start: memtype_lock */
};

static LIST_HEAD(memtypes);
static DEFINE_SPINLOCK(memtype_lock);

static bool is_isa(phys_addr_t start, phys_addr_t end)
{
	return start >= ISA_START && end <= ISA_END;
}

/* RAM that the kernel uses by its direct map: 1 all, 0 nothing, -1 a part. */
static int range_is_ram(phys_addr_t start, phys_addr_t end)
{
	phys_addr_t top = min(end, memblock_end_of_ram());
	bool ram = false, other = end > top;

	for (phys_addr_t pa = start; pa < top; pa += PAGE_SIZE) {
		if (pa >= ISA_END && memblock_is_memory(pa))
			ram = true;
		else
			other = true;
	}
	return ram && other ? -1 : ram;
}

/* Enter: memtype_lock held. */
static void insert(struct memtype *new)
{
	struct memtype *m;

	list_for_each_entry(m, &memtypes, list)
		if (m->start > new->start || (m->start == new->start && m->end > new->end))
			break;
	list_add_tail(&new->list, &m->list);
}

static struct memtype *find_exact(phys_addr_t start, phys_addr_t end)
{
	struct memtype *m;

	list_for_each_entry(m, &memtypes, list)
		if (m->start == start && m->end == end)
			return m;
	return NULL;
}

/* The one type that reservations in [start, end) have; @none if there are none; -1: several. */
static int type_in_use(phys_addr_t start, phys_addr_t end, int none)
{
	int type = none;
	bool found = false;
	struct memtype *m;

	list_for_each_entry(m, &memtypes, list) {
		if (m->end <= start || m->start >= end)
			continue;
		if (found && (int)m->type != type)
			return -1;
		type = m->type;
		found = true;
	}
	return type;
}

/* Who asked not to be cached relies on it. */
static bool acceptable(enum page_cache_mode wanted, enum page_cache_mode got)
{
	return wanted == got || wanted == _PAGE_CACHE_MODE_WB || got != _PAGE_CACHE_MODE_WB;
}

static int reserve_entry(struct memtype *new, enum page_cache_mode *type)
{
	enum page_cache_mode wanted = *type;
	int got;

	if (is_isa(new->start, new->end))
		wanted = _PAGE_CACHE_MODE_WB;
	else if (wanted == _PAGE_CACHE_MODE_WB && !mtrr_write_back(new->start, new->end))
		wanted = _PAGE_CACHE_MODE_UC_MINUS;
	spin_lock(&memtype_lock);
	got = type_in_use(new->start, new->end, wanted);
	if (got >= 0 && acceptable(wanted, got)) {
		*type = new->type = got;
		insert(new);
		new = NULL;
	}
	spin_unlock(&memtype_lock);
	kfree(new);
	return new ? -EBUSY : 0;
}

int memtype_reserve(phys_addr_t start, phys_addr_t end, enum page_cache_mode *type)
{
	struct memtype *new;
	int ram;

	if (start >= end || ((start | end) & ~PAGE_MASK))
		return -EINVAL;
	ram = range_is_ram(start, end);
	if (ram && *type != _PAGE_CACHE_MODE_WB)
		return -EINVAL;
	if (ram > 0)
		return 0;
	new = kmalloc(sizeof(*new), GFP_KERNEL);
	if (!new)
		return -ENOMEM;
	new->start = start;
	new->end = end;
	return reserve_entry(new, type);
}

void memtype_free(phys_addr_t start, phys_addr_t end)
{
	struct memtype *m;

	if (range_is_ram(start, end) > 0)
		return;
	spin_lock(&memtype_lock);
	m = find_exact(start, end);
	BUG_ON(!m);
	list_del(&m->list);
	spin_unlock(&memtype_lock);
	kfree(m);
}

int memtype_split(phys_addr_t start, phys_addr_t at, phys_addr_t end)
{
	struct memtype *m, *new;

	if (range_is_ram(start, end) > 0)
		return 0;
	new = kmalloc(sizeof(*new), GFP_KERNEL);
	if (!new)
		return -ENOMEM;
	spin_lock(&memtype_lock);
	m = find_exact(start, end);
	BUG_ON(!m);
	*new = (struct memtype){ .start = at, .end = end, .type = m->type };
	list_del(&m->list);
	m->end = at;
	insert(m);
	insert(new);
	spin_unlock(&memtype_lock);
	return 0;
}

void memtype_join(phys_addr_t start, phys_addr_t at, phys_addr_t end)
{
	struct memtype *a, *b;

	if (range_is_ram(start, end) > 0)
		return;
	spin_lock(&memtype_lock);
	a = find_exact(start, at);
	b = find_exact(at, end);
	BUG_ON(!a || !b);
	list_del(&a->list);
	list_del(&b->list);
	a->end = end;
	insert(a);
	spin_unlock(&memtype_lock);
	kfree(b);
}

enum page_cache_mode memtype_lookup(phys_addr_t pa)
{
	phys_addr_t start = pa & PAGE_MASK, end = start + PAGE_SIZE;
	enum page_cache_mode none = _PAGE_CACHE_MODE_WB;
	int type;

	if (is_isa(start, end) || range_is_ram(start, end) > 0)
		return _PAGE_CACHE_MODE_WB;
	if (!mtrr_write_back(start, end))
		none = _PAGE_CACHE_MODE_UC_MINUS;
	spin_lock(&memtype_lock);
	type = type_in_use(start, end, none);
	spin_unlock(&memtype_lock);
	BUG_ON(type < 0);
	return type;
}

bool memtype_reserved(phys_addr_t start, phys_addr_t end)
{
	bool found;

	if (range_is_ram(start, end) > 0)
		return true;
	spin_lock(&memtype_lock);
	found = find_exact(start, end) != NULL;
	spin_unlock(&memtype_lock);
	return found;
}

int memtype_show(struct seq_file *m)
{
	struct memtype *e;

	seq_puts(m, "PAT memtype list:\n");
	spin_lock(&memtype_lock);
	list_for_each_entry(e, &memtypes, list)
		if (!is_isa(e->start, e->end))
			seq_printf(m, "PAT: [mem 0x%016lx-0x%016lx] %s\n", (unsigned long)e->start,
				   (unsigned long)e->end, mode_names[e->type]);
	spin_unlock(&memtype_lock);
	return 0;
}
