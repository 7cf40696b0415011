/*
 * arch/x86_64/pgtable.c - the kernel's own page tables, and tables for processes
 *
 * Purpose:    paging_init() replaces the boot tables by the final ones; later calls map and
 *             unmap kernel memory there; pgd_alloc() lends the kernel half to a process.
 *
 *   direct map   all RAM, RW NX, largest pages that fit; image alias: text, rodata R
 *   vmalloc      4 KiB pages, made and removed at run time (mm/vmalloc.c)
 *   vmemmap      the struct page array, where there is RAM
 *   image        text R X, rodata R, data RW NX; after boot .init gone, ro_after_init R
 *
 * Invariants: every PGD slot of the kernel half that will ever be used points to its table
 *             before the first process exists, and never changes: pgd_alloc() copies them.
 *             With 5 levels that is one slot, the last; its p4d table is shared by all.
 *             No kernel page is writable and executable, and no writable alias leads to the
 *             kernel's text or read-only data (check_wx()).
 *             kernel_map() maps the whole range or leaves nothing new mapped.
 *             A kernel mapping that is removed is flushed before its frame is given away.
 * Lock order: kernel_map_lock is innermost but for zone->lock.
 * Simplified: tables of the kernel half are never freed; large leaves are not split (what
 *             needs 4 KiB protections is mapped that way from the start).
 * Sources:    Intel SDM vol. 3A, "4-Level Paging and 5-Level Paging", "Access Rights"; the address map is
 *             Linux's (docs/memory-map.md).
 */
#include <asm/mmu_context.h>
#include <asm/processor.h>
#include <asm/smp.h>
#include <boot_info.h>
#include <fail_nth.h>
#include <kasan.h>
#include <memblock.h>
#include <mm.h>
#include <printk.h>
#include <sched.h>
#include <sections.h>
#include <string.h>

bool __pgtable_l5_enabled __ro_after_init;
unsigned long __task_size_max __ro_after_init = TASK_SIZE_L4;

pgd_t *init_pgd;
atomic_long_t nr_page_table_pages;

static pgd_t init_pgd_table[PTRS_PER_TABLE] __aligned(4096) __section(".bss.page_aligned");
static DEFINE_SPINLOCK(kernel_map_lock);
static bool use_gbpages;

#define EARLY_LIMIT (4UL << 30)		/* what the boot tables let us reach by __va() */

/* ---- walking down, making tables on the way --------------------------------------- */

/* A zeroed page for a kernel table; NULL when there is no memory. */
static void *kernel_table(void)
{
	struct page *page;
	phys_addr_t pa;

	if (unlikely(!page_alloc_ready)) {
		pa = memblock_phys_alloc(PAGE_SIZE, PAGE_SIZE, EARLY_LIMIT);
		if (!pa)
			panic("too little RAM for the kernel's page tables");
		clear_page(__va(pa));
		return __va(pa);
	}
	page = alloc_page(GFP_ATOMIC | __GFP_ZERO);
	return page ? page_address(page) : NULL;
}

/* The entry of each level for @va; NULL when a table is missing and cannot be made. */
static p4d_t *kernel_p4d(unsigned long va)
{
	pgd_t *pgd = pgd_offset_pgd(init_pgd, va);

	if (pgd_none(*pgd)) {
		void *table = kernel_table();

		if (!table)
			return NULL;
		set_pgd(pgd, __pgd(__pa(table) | _KERNPG_TABLE));
	}
	return p4d_offset(pgd, va);
}

static pud_t *kernel_pud(unsigned long va)
{
	p4d_t *p4d = kernel_p4d(va);

	if (!p4d)
		return NULL;
	if (p4d_none(*p4d)) {
		void *table = kernel_table();

		if (!table)
			return NULL;
		set_p4d(p4d, __p4d(__pa(table) | _KERNPG_TABLE));
	}
	return pud_offset(p4d, va);
}

static pmd_t *kernel_pmd(unsigned long va)
{
	pud_t *pud = kernel_pud(va);

	if (!pud)
		return NULL;
	BUG_ON(pud_leaf(*pud));
	if (pud_none(*pud)) {
		void *table = kernel_table();

		if (!table)
			return NULL;
		set_pud(pud, __pud(__pa(table) | _KERNPG_TABLE));
	}
	return pmd_offset(pud, va);
}

static pte_t *kernel_pte_alloc(unsigned long va)
{
	pmd_t *pmd = kernel_pmd(va);

	if (!pmd)
		return NULL;
	BUG_ON(pmd_leaf(*pmd));
	if (pmd_none(*pmd)) {
		void *table = kernel_table();

		if (!table)
			return NULL;
		set_pmd(pmd, __pmd(__pa(table) | _KERNPG_TABLE));
	}
	return pte_offset_kernel(pmd, va);
}

/* ---- kernel_map, kernel_unmap --------------------------------------------------------- */

static bool fits(unsigned long va, phys_addr_t pa, unsigned long size, unsigned long leaf)
{
	return size >= leaf && !((va | pa) & (leaf - 1));
}

/* Map one leaf at @va; returns its size, 0 when there is no memory for a table. */
static unsigned long map_one(unsigned long va, phys_addr_t pa, unsigned long size,
			     unsigned long prot, bool huge)
{
	pte_t *pte;

	if (huge && use_gbpages && fits(va, pa, size, PUD_SIZE)) {
		pud_t *pud = kernel_pud(va);

		if (!pud)
			return 0;
		BUG_ON(!pud_none(*pud));
		set_pud(pud, __pud(pa | prot | _PAGE_PSE));
		return PUD_SIZE;
	}
	if (huge && fits(va, pa, size, PMD_SIZE)) {
		pmd_t *pmd = kernel_pmd(va);

		if (!pmd)
			return 0;
		if (pmd_none(*pmd)) {
			set_pmd(pmd, __pmd(pa | prot | _PAGE_PSE));
			return PMD_SIZE;
		}
	}
	pte = kernel_pte_alloc(va);
	if (!pte)
		return 0;
	BUG_ON(!pte_none(*pte));
	set_pte(pte, __pte(pa | prot));
	return PAGE_SIZE;
}

/* Clear 4 KiB mappings without a flush: the range was never seen, or the caller flushes. */
static void clear_ptes(unsigned long va, unsigned long end)
{
	for (; va < end; va += PAGE_SIZE) {
		pte_t *pte = kernel_pte(va);

		if (pte)
			ptep_get_and_clear(pte);
	}
}

/* Take back [va, end) after a failure, large leaves included. */
static void unmap_leaves(unsigned long va, unsigned long end)
{
	while (va < end) {
		unsigned long entry;
		int level = walk_leaf(init_pgd, va, &entry);

		if (level == 3) {
			set_pud(kernel_pud(va), __pud(0));
			va += PUD_SIZE;
		} else if (level == 2) {
			set_pmd(kernel_pmd(va), __pmd(0));
			va += PMD_SIZE;
		} else {
			clear_ptes(va, va + PAGE_SIZE);
			va += PAGE_SIZE;
		}
	}
}

int kernel_map(unsigned long va, phys_addr_t pa, unsigned long size, pgprot_t prot, bool huge)
{
	unsigned long flags, done = 0;

	BUG_ON(va < PAGE_OFFSET || ((va | pa | size) & ~PAGE_MASK));
	spin_lock_irqsave(&kernel_map_lock, flags);
	while (done < size) {
		unsigned long n = map_one(va + done, pa + done, size - done, pgprot_val(prot),
					  huge);

		if (!n) {
			unmap_leaves(va, va + done);
			break;
		}
		done += n;
	}
	spin_unlock_irqrestore(&kernel_map_lock, flags);
	if (done < size) {
		flush_tlb_kernel_range(va, va + size);
		return -ENOMEM;
	}
	return 0;
}

void kernel_unmap(unsigned long va, unsigned long size)
{
	unsigned long flags;

	spin_lock_irqsave(&kernel_map_lock, flags);
	clear_ptes(va, va + size);
	spin_unlock_irqrestore(&kernel_map_lock, flags);
	flush_tlb_kernel_range(va, va + size);
}

pte_t *kernel_pte(unsigned long va)
{
	pgd_t *pgd = pgd_offset_pgd(init_pgd, va);
	p4d_t *p4d;
	pud_t *pud;
	pmd_t *pmd;

	if (!pgd_present(*pgd))
		return NULL;
	p4d = p4d_offset(pgd, va);
	if (!p4d_present(*p4d))
		return NULL;
	pud = pud_offset(p4d, va);
	if (!pud_present(*pud) || pud_leaf(*pud))
		return NULL;
	pmd = pmd_offset(pud, va);
	if (!pmd_present(*pmd) || pmd_leaf(*pmd))
		return NULL;
	return pte_offset_kernel(pmd, va);
}

void kernel_protect(unsigned long va, unsigned long size, pgprot_t prot)
{
	unsigned long flags, addr;

	spin_lock_irqsave(&kernel_map_lock, flags);
	for (addr = va; addr < va + size; addr += PAGE_SIZE) {
		pte_t *pte = kernel_pte(addr);

		BUG_ON(!pte || pte_none(*pte));
		set_pte(pte, __pte((pte_val(*pte) & PTE_PFN_MASK) | pgprot_val(prot)));
	}
	spin_unlock_irqrestore(&kernel_map_lock, flags);
	flush_tlb_kernel_range(va, va + size);
}

/* ---- looking -------------------------------------------------------------------------------- */

/* The levels that the CPU walks, from the top. */
struct level {
	const char *name;
	unsigned int shift;
	bool may_be_leaf;
};

#define MAX_LEVELS 5
static const struct level five_levels[MAX_LEVELS] = {
	{ "pgd", PGDIR_SHIFT_L5, false }, { "p4d", P4D_SHIFT, false }, { "pud", PUD_SHIFT, true },
	{ "pmd", PMD_SHIFT, true }, { "pte", PAGE_SHIFT, true },
};
static const struct level four_levels[] = {
	{ "pgd", PGDIR_SHIFT_L4, false }, { "pud", PUD_SHIFT, true }, { "pmd", PMD_SHIFT, true },
	{ "pte", PAGE_SHIFT, true },
};

static const struct level *levels(void)
{
	return pgtable_l5_enabled() ? five_levels : four_levels;
}

static int nr_levels(void)
{
	return pgtable_l5_enabled() ? ARRAY_SIZE(five_levels) : ARRAY_SIZE(four_levels);
}

static bool is_leaf(const struct level *l, unsigned long entry)
{
	return l->shift == PAGE_SHIFT || (l->may_be_leaf && (entry & _PAGE_PSE));
}

/* The entries on the way to @va, as far as the walk gets; returns how many. */
static int walk_entries(pgd_t *pgd, unsigned long va, unsigned long entry[MAX_LEVELS])
{
	const unsigned long *table = (const unsigned long *)pgd;
	const struct level *l = levels();
	int i, n = nr_levels();

	for (i = 0; i < n; i++, l++) {
		phys_addr_t next;

		entry[i] = READ_ONCE(table[(va >> l->shift) & 511]);
		if (!(entry[i] & _PAGE_PRESENT) || is_leaf(l, entry[i]))
			return i + 1;
		next = entry[i] & PTE_PFN_MASK;
		if (!pfn_valid(PFN_DOWN(next)))
			return i + 1;	/* a corrupt table must not make a panic fault */
		table = __va(next);
	}
	return n;
}

int walk_leaf(pgd_t *pgd, unsigned long va, unsigned long *entry)
{
	unsigned long e[MAX_LEVELS];
	int n = walk_entries(pgd, va, e), level = nr_levels() + 1 - n;

	*entry = e[n - 1];
	if (!(*entry & _PAGE_PRESENT))
		return 0;
	if (level > 1 && !(*entry & _PAGE_PSE))
		return 0;
	return level;
}

/* ---- boot: the final tables -------------------------------------------------------------------- */

static phys_addr_t image_pa(const char *symbol)
{
	return (unsigned long)symbol - KERNEL_VMA + phys_base;
}

static void map_image(const char *from, const char *to, pgprot_t prot)
{
	if (from < to && kernel_map((unsigned long)from, image_pa(from), to - from, prot, false))
		panic("no memory for the kernel's page tables");
}

/* One row a protection, in the order of linker.ld.  The boot tables are left out. */
static void map_kernel_image(void)
{
	map_image(_text, _etext, PAGE_KERNEL_ROX);
	map_image(__init_begin, __inittext_end, PAGE_KERNEL_ROX);
	map_image(__inittext_end, __init_end, PAGE_KERNEL);
	map_image(__rodata_start, __rodata_end, PAGE_KERNEL_RO);
	map_image(__ro_after_init_start, __ro_after_init_end, PAGE_KERNEL);
	map_image(_data, _edata, PAGE_KERNEL);
	map_image(__kallsyms_start, __kallsyms_end, PAGE_KERNEL_RO);
	map_image(__kallsyms_end, __bss_stop, PAGE_KERNEL);
}

static void map_direct(phys_addr_t start, phys_addr_t end, bool huge)
{
	if (start < end && kernel_map(PAGE_OFFSET + start, start, end - start, PAGE_KERNEL, huge))
		panic("no memory for the kernel's page tables");
}

/*
 * All RAM, whole pages.  The 2 MiB blocks that hold the image get 4 KiB pages, because
 * parts of them become read-only.
 */
static void map_all_ram(void)
{
	phys_addr_t image = ALIGN_DOWN(image_pa(_text), PMD_SIZE);
	phys_addr_t image_end = ALIGN_UP(image_pa(_end), PMD_SIZE);
	unsigned int i;

	for (i = 0; i < memblock.memory.nr; i++) {
		phys_addr_t start = ALIGN_UP(memblock.memory.regions[i].base, PAGE_SIZE);
		phys_addr_t end = ALIGN_DOWN(memblock.memory.regions[i].base +
					     memblock.memory.regions[i].size, PAGE_SIZE);

		map_direct(start, min(end, image), true);
		map_direct(max(start, image), min(end, image_end), false);
		map_direct(max(start, image_end), end, true);
	}
}

static void protect_alias(const char *from, const char *to)
{
	kernel_protect((unsigned long)__va(image_pa(from)), to - from, PAGE_KERNEL_RO);
}

/* Slots for all that may come later, so that they are the same in every process for ever. */
static void fill_pgd_slots(void)
{
	phys_addr_t pa;

	for (pa = 0; pa < memblock_end_of_ram(); pa += P4D_SIZE)
		kernel_pud(PAGE_OFFSET + pa);
	kernel_pud(VMALLOC_START);
	kernel_pud(VMEMMAP_START);
	kernel_pud(KERNEL_VMA);
}

/*
 * Tables of the kernel half stay for ever.  Making those of the first areas now keeps
 * "free pages before == free pages after" exact for whatever uses little of vmalloc.
 */
static void make_first_vmalloc_tables(void)
{
	unsigned long va;

	for (va = VMALLOC_START; va < VMALLOC_START + 8 * PMD_SIZE; va += PMD_SIZE)
		kernel_pte_alloc(va);
}

/* RAM that the direct map cannot show, or for which there is no room in the struct page array, is not used. */
static void limit_ram(void)
{
	const phys_addr_t limit = min(VMALLOC_START - PAGE_OFFSET,
				      (VMEMMAP_END - VMEMMAP_START) / sizeof(struct page) * PAGE_SIZE);

	if (memblock_end_of_ram() > limit) {
		pr_warn("RAM above %lu TiB is not used\n", (unsigned long)(limit >> 40));
		memblock_remove(limit, memblock_end_of_ram() - limit);
	}
}

/*
 * Enter: boot tables in CR3, memblock filled, cpu_init() done (NX, WP, PGE, GS).
 * Leave: final tables in CR3; the identity map is gone.
 */
void paging_init(void)
{
	struct cpu *cpu = this_cpu();

	if (!cpu_features.nx)
		panic("this processor cannot mark pages as not executable (NX): enable it in the firmware");
	limit_ram();
	use_gbpages = cpu_features.gbpages;
	init_pgd = init_pgd_table;
	init_mm.pgd = init_pgd;
	fill_pgd_slots();
	make_first_vmalloc_tables();
	map_all_ram();
	map_kernel_image();
	kasan_init();
	tlb_cpu_init(cpu);
	count_vm_event(CR3_WRITES);
	write_cr3(__pa(init_pgd));
	flush_tlb_all();	/* the boot tables may have had global entries */
	kasan_start();
	protect_alias(_text, _etext);
	protect_alias(__rodata_start, __rodata_end);
	protect_alias(__kallsyms_start, __kallsyms_end);
}

/*
 * Where all 128 MiB of RAM behind one 2 MiB block of struct pages exist, one large page;
 * else small ones, so that a little RAM costs little.
 */
void vmemmap_populate(unsigned long start_pfn, unsigned long end_pfn)
{
	unsigned long va = (unsigned long)pfn_to_page(start_pfn);
	unsigned long end = (unsigned long)pfn_to_page(end_pfn);

	BUG_ON((va | end) & ~PAGE_MASK);
	while (va < end) {
		unsigned long size = fits(va, 0, end - va, PMD_SIZE) ? PMD_SIZE : PAGE_SIZE;
		phys_addr_t pa = memblock_phys_alloc(size, size, 0), p;

		if (!pa && size == PMD_SIZE) {
			size = PAGE_SIZE;
			pa = memblock_phys_alloc(size, size, 0);
		}
		if (!pa || kernel_map(va, pa, size, PAGE_KERNEL, true))
			panic("too little RAM for the struct page array");
		for (p = pa; p < pa + size; p += PAGE_SIZE)
			clear_page(__va(p));
		va += size;
	}
}

/* ---- after boot -------------------------------------------------------------------------------- */

/* The list of boot/kaslr.c. */
static void free_relocs(void)
{
	unsigned long size = __relocs_free - (char *)__relocs_start;

	if (!size)
		return;
	kernel_unmap((unsigned long)__relocs_start, size);
	free_reserved_area(image_pa((char *)__relocs_start), image_pa(__relocs_free));
}

void mark_rodata_ro(void)
{
	unsigned long ro = (unsigned long)__ro_after_init_start;
	unsigned long ro_size = __ro_after_init_end - __ro_after_init_start;

	if (ro_size) {
		kernel_protect(ro, ro_size, PAGE_KERNEL_RO);
		protect_alias(__ro_after_init_start, __ro_after_init_end);
	}
	kernel_unmap((unsigned long)__init_begin, __init_end - __init_begin);
	free_reserved_area(image_pa(__init_begin), image_pa(__init_end));
	free_reserved_area(image_pa(__boot_tables_start), image_pa(__boot_tables_end));
	free_relocs();
	pr_info("Freed %luK of boot code and data; kernel text and constants are read-only\n",
		(unsigned long)(__init_end - __init_begin + __boot_tables_end - __boot_tables_start +
				__relocs_free - (char *)__relocs_start) >> 10);
}

static void check_leaf(unsigned long va, unsigned long entry)
{
	if ((entry & _PAGE_RW) && !(entry & _PAGE_NX))
		panic("W^X: kernel address 0x%lx is writable and executable (0x%lx)", va, entry);
	if (entry & _PAGE_USER)
		panic("kernel address 0x%lx is open to user mode (0x%lx)", va, entry);
}

/* Walk the tables below @table, whose entries span 2^shift bytes each. */
static void check_table(const unsigned long *table, unsigned long va, unsigned int shift)
{
	unsigned long i;

	if (kasan_shared_table(table))
		return;
	for (i = 0; i < PTRS_PER_TABLE; i++, va += 1UL << shift) {
		unsigned long e = table[i];

		if (!(e & _PAGE_PRESENT))
			continue;
		if (shift == PAGE_SHIFT || (e & _PAGE_PSE))
			check_leaf(va, e);
		else
			check_table(__va(e & PTE_PFN_MASK), va, shift - 9);
	}
}

static void check_alias(const char *from, const char *to)
{
	const char *p;

	for (p = from; p < to; p += PAGE_SIZE) {
		unsigned long entry;

		if (walk_leaf(init_pgd, (unsigned long)__va(image_pa(p)), &entry) &&
		    (entry & (_PAGE_RW | _PAGE_NX)) != _PAGE_NX)
			panic("the direct map can change or run kernel code at 0x%lx",
			      (unsigned long)p);
	}
}

void check_wx(void)
{
	unsigned long i;

	/* An address of the kernel half has ones above the bits that the pgd index fills. */
	for (i = USER_PGD_PTRS; i < PTRS_PER_TABLE; i++)
		if (pgd_val(init_pgd[i]) & _PAGE_PRESENT)
			check_table(__va(pgd_val(init_pgd[i]) & PTE_PFN_MASK),
				    (i | ~511UL) << PGDIR_SHIFT, PGDIR_SHIFT - 9);
	check_alias(_text, _etext);
	check_alias(__rodata_start, __rodata_end);
	check_alias(__ro_after_init_start, __ro_after_init_end);
	check_alias(__kallsyms_start, __kallsyms_end);
}

/* ---- tables for processes ------------------------------------------------------------------------ */

/*
 * A table comes back empty: every entry was taken down before it was freed.  So each CPU keeps
 * some and hands them out again without zeroing; pgds keep their kernel half too.  Only their
 * CPU touches them, with interrupts off: another one may ask for them back by an interrupt.
 */
#define TABLE_CACHE_MAX 32
struct table_cache {
	struct page *first;		/* chained by ->private */
	unsigned int nr;
};
static struct table_cache table_caches[NR_CPUS], pgd_caches[NR_CPUS];

static struct page *cache_take(struct table_cache *caches)
{
	unsigned long flags = local_irq_save();
	struct table_cache *c = &caches[smp_processor_id()];
	struct page *page = c->first;

	if (page) {
		c->first = (struct page *)page->private;
		c->nr--;
	}
	local_irq_restore(flags);
	return page;
}

static bool cache_put(struct table_cache *caches, struct page *page)
{
	unsigned long flags = local_irq_save();
	struct table_cache *c = &caches[smp_processor_id()];
	bool room = c->nr < TABLE_CACHE_MAX;

	if (room) {
		page->private = (unsigned long)c->first;
		c->first = page;
		c->nr++;
	}
	local_irq_restore(flags);
	return room;
}

static void __free_table_page(struct page *page)
{
	page->flags &= ~BIT(PG_table);
	page->mapping = NULL;		/* was the entry and share counts */
	__free_page(page);
}

/* Tables kept for speed: pages that are as good as free. */
unsigned long nr_cached_tables(void)
{
	unsigned long sum = 0;

	for (unsigned int i = 0; i < nr_cpus; i++)
		sum += READ_ONCE(table_caches[i].nr) + READ_ONCE(pgd_caches[i].nr);
	return sum;
}

void for_each_cached_table(void (*fn)(const struct page *page, void *arg), void *arg)
{
	for (unsigned int i = 0; i < nr_cpus; i++) {
		for (struct page *p = table_caches[i].first; p; p = (struct page *)p->private)
			fn(p, arg);
		for (struct page *p = pgd_caches[i].first; p; p = (struct page *)p->private)
			fn(p, arg);
	}
}

/* This CPU's go back to the page allocator. */
static void drain_local_tables(void *unused)
{
	struct page *page;

	while ((page = cache_take(table_caches)))
		__free_table_page(page);
	while ((page = cache_take(pgd_caches)))
		__free_table_page(page);
}

void drain_table_caches(void)
{
	on_each_cpu(drain_local_tables, NULL);
}

static unsigned long count_cached_tables(struct shrinker *s, struct shrink_control *sc)
{
	return sc->priority <= SHRINK_HARD ? nr_cached_tables() : 0;
}

static unsigned long shrink_table_caches(struct shrinker *s, struct shrink_control *sc)
{
	unsigned long before = nr_cached_tables(), after, freed;

	drain_table_caches();
	after = nr_cached_tables();
	freed = after < before ? before - after : 0;
	sc->nr_pages += freed;
	sc->nr_scanned = max(freed, sc->nr_to_scan);
	return freed;
}

static struct shrinker table_shrinker = {
	.name = "kept tables", .count_objects = count_cached_tables, .scan_objects = shrink_table_caches,
};

/* Boot: memory that runs short takes the kept tables back. */
void pgtable_cache_init(void)
{
	register_shrinker(&table_shrinker);
}

static void init_table_page(struct mm_struct *mm, struct page *page)
{
	page->pt_mm = mm;
	page->pt_entries = 0;
	atomic_set(&page->pt_share_count, 0);
	spin_lock_init(&page->ptl);
	page->flags |= BIT(PG_table);
	atomic_long_inc(&nr_page_table_pages);
}

/* An empty table. */
static struct page *alloc_table_page(struct mm_struct *mm)
{
	struct page *page;

	if (should_fail(GFP_KERNEL, FAIL_TABLE))
		return NULL;
	page = cache_take(table_caches);
	if (!page)
		page = alloc_page(GFP_KERNEL | __GFP_ZERO);
	if (!page)
		return NULL;
	init_table_page(mm, page);
	return page;
}

static void check_empty(struct page *page, unsigned int entries)
{
#ifdef QUIRE_DEBUG
	const unsigned long *e = page_address(page);

	for (unsigned int i = 0; i < entries; i++)
		VM_BUG_ON_PAGE(e[i], page);
#endif
}

static void free_table_page(struct page *page)
{
	VM_BUG_ON_PAGE(!PageTable(page), page);
	check_empty(page, PTRS_PER_TABLE);
	atomic_long_dec(&nr_page_table_pages);
	if (!cache_put(table_caches, page))
		__free_table_page(page);
}

pgd_t *pgd_alloc(struct mm_struct *mm)
{
	struct page *page;
	pgd_t *pgd;

	if (should_fail(GFP_KERNEL, FAIL_TABLE))
		return NULL;
	page = cache_take(pgd_caches);
	if (page) {
		init_table_page(mm, page);
		return page_address(page);
	}
	page = alloc_page(GFP_KERNEL);
	if (!page)
		return NULL;
	init_table_page(mm, page);
	pgd = page_address(page);
	memset(pgd, 0, USER_PGD_PTRS * sizeof(*pgd));
	memcpy(pgd + USER_PGD_PTRS, init_pgd + USER_PGD_PTRS,
	       (PTRS_PER_TABLE - USER_PGD_PTRS) * sizeof(*pgd));
	return pgd;
}

void pgd_free(struct mm_struct *mm, pgd_t *pgd)
{
	struct page *page = virt_to_page(pgd);

	VM_BUG_ON(this_cpu()->loaded_mm == mm);
	check_empty(page, USER_PGD_PTRS);
	atomic_long_dec(&nr_page_table_pages);
	if (!cache_put(pgd_caches, page))
		__free_table_page(page);
}

struct page *pte_alloc_one(struct mm_struct *mm)
{
	struct page *page = alloc_table_page(mm);

	if (page) {
		atomic_long_inc(&mm->nr_ptes);
		atomic_long_inc(&mm->nr_tables);
	}
	return page;
}

void pte_free(struct mm_struct *mm, struct page *table)
{
	atomic_long_dec(&mm->nr_ptes);
	atomic_long_dec(&mm->nr_tables);
	free_table_page(table);
}

void *table_alloc_one(struct mm_struct *mm)
{
	struct page *page = alloc_table_page(mm);

	if (!page)
		return NULL;
	atomic_long_inc(&mm->nr_tables);
	return page_address(page);
}

void table_free(struct mm_struct *mm, void *table)
{
	atomic_long_dec(&mm->nr_tables);
	free_table_page(virt_to_page(table));
}
