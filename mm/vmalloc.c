/*
 * mm/vmalloc.c - memory that is contiguous only virtually, device memory, kernel stacks
 *
 * Purpose:    large buffers from single page frames; device registers at any physical
 *             address; stacks whose overflow is noticed.
 *
 *   VMALLOC_START                                                      VMALLOC_END
 *   | area, pages ..... |guard| area |guard|   gap    |guard|stack|guard| ...
 *
 * Invariants: areas are disjoint and lie in [VMALLOC_START, VMALLOC_END), page aligned; the
 *             tree and the list hold the same areas in the order of their addresses.
 *             The last page of every area is never mapped (guard); a stack's area has one
 *             below the stack as well.
 *             subtree_gap of an area is the largest gap in front of any area of its subtree.
 *             Addresses are reused only after the TLB is flushed (kernel_unmap does it).
 * Lock order: vmap_lock > nothing; it is not held while memory is allocated or mapped.
 * Simplified: freed addresses are flushed at once; Linux gathers them and flushes lazily.
 * Sources:    Gorman, "Understanding the Linux Virtual Memory Manager", chapter
 *             "Noncontiguous Memory Allocation".
 */
#include <asm/memtype.h>
#include <asm/phys_range.h>
#include <asm/smp.h>
#include <fail_nth.h>
#include <kasan.h>
#include <memblock.h>
#include <mm.h>
#include <rbtree.h>
#include <slab.h>
#include <string.h>
#include <vmalloc.h>

enum vmap_kind { VMAP_ALLOC, VMAP_STACK, VMAP_IO };

struct vmap_area {
	unsigned long start, end;	/* all its pages, guards included */
	unsigned long gap;		/* free bytes in front of it: vmap_lock */
	unsigned long subtree_gap;	/* vmap_lock */
	struct rb_node node;		/* vmap_lock */
	struct list_head list;		/* vmap_lock */
	enum vmap_kind kind;
	unsigned long nr_pages;		/* of memory that we own; 0: VMAP_IO */
	phys_addr_t phys;		/* VMAP_IO: first byte mapped; its memory type is reserved */
	struct page **pages;
};

#define STACK_PAGES (KERNEL_STACK_SIZE / PAGE_SIZE)
#define STACK_CACHE 4

static struct kmem_cache *vmap_cachep;
static struct rb_root vmap_root = RB_ROOT;
static LIST_HEAD(vmap_list);
static DEFINE_SPINLOCK(vmap_lock);
static atomic_long_t used_pages, stacks_in_use;

/* Stacks of dead tasks for the next fork: own CPU, interrupts off. */
static struct stack_cache {
	unsigned int nr;
	void *stack[STACK_CACHE];
} stack_cache[NR_CPUS];

/* ---- addresses ------------------------------------------------------------------- */

static struct vmap_area *area_of(struct rb_node *n)
{
	return rb_entry(n, struct vmap_area, node);
}

static bool update_gap(struct rb_node *n)
{
	struct vmap_area *a = area_of(n);
	unsigned long gap = a->gap;

	if (n->rb_left)
		gap = max(gap, area_of(n->rb_left)->subtree_gap);
	if (n->rb_right)
		gap = max(gap, area_of(n->rb_right)->subtree_gap);
	if (gap == a->subtree_gap)
		return false;
	a->subtree_gap = gap;
	return true;
}

static unsigned long prev_end(const struct vmap_area *a)
{
	return a->list.prev == &vmap_list ? VMALLOC_START : list_prev_entry(a, list)->end;
}

static void refresh_gap(struct vmap_area *a)
{
	a->gap = a->start - prev_end(a);
	rb_augment_propagate(&a->node, update_gap);
}

/* The lowest area with at least @size free bytes in front of it; NULL if there is none. */
static struct vmap_area *first_gap(unsigned long size)
{
	struct rb_node *n = vmap_root.rb_node;

	if (!n || area_of(n)->subtree_gap < size)
		return NULL;
	for (;;) {
		if (n->rb_left && area_of(n->rb_left)->subtree_gap >= size)
			n = n->rb_left;
		else if (area_of(n)->gap >= size)
			return area_of(n);
		else
			n = n->rb_right;
	}
}

/* Put @new, whose neighbours are known from the list, into the tree. */
static void link_area(struct vmap_area *new)
{
	struct rb_node **link = &vmap_root.rb_node, *parent = NULL;

	while (*link) {
		parent = *link;
		link = new->start < area_of(parent)->start ? &parent->rb_left
							    : &parent->rb_right;
	}
	new->gap = new->start - prev_end(new);
	new->subtree_gap = 0;
	rb_link_node(&new->node, parent, link);
	rb_insert(&vmap_root, &new->node, update_gap);
	if (new->list.next != &vmap_list)
		refresh_gap(list_next_entry(new, list));
}

/* Give @new the lowest free addresses; false if the 512 GiB are full. */
static bool insert_area(struct vmap_area *new, unsigned long size)
{
	struct vmap_area *after;
	bool ok = true;

	spin_lock(&vmap_lock);
	after = first_gap(size);
	if (after) {
		new->start = prev_end(after);
		list_add_tail(&new->list, &after->list);
	} else {
		new->start = list_empty(&vmap_list) ? VMALLOC_START :
			     list_last_entry(&vmap_list, struct vmap_area, list)->end;
		if (VMALLOC_END - new->start < size)
			ok = false;
		else
			list_add_tail(&new->list, &vmap_list);
	}
	if (ok) {
		new->end = new->start + size;
		link_area(new);
	}
	spin_unlock(&vmap_lock);
	return ok;
}

static void remove_area(struct vmap_area *a)
{
	struct vmap_area *next;

	spin_lock(&vmap_lock);
	next = a->list.next == &vmap_list ? NULL : list_next_entry(a, list);
	rb_erase(&vmap_root, &a->node, update_gap);
	list_del(&a->list);
	if (next)
		refresh_gap(next);
	spin_unlock(&vmap_lock);
}

/* vmap_lock held: the area that holds @addr, or NULL. */
static struct vmap_area *find_area_locked(unsigned long addr)
{
	struct rb_node *n = vmap_root.rb_node;

	while (n) {
		struct vmap_area *a = area_of(n);

		if (addr < a->start)
			n = n->rb_left;
		else if (addr >= a->end)
			n = n->rb_right;
		else
			return a;
	}
	return NULL;
}

static struct vmap_area *find_area(unsigned long addr)
{
	struct vmap_area *a;

	spin_lock(&vmap_lock);
	a = find_area_locked(addr);
	spin_unlock(&vmap_lock);
	return a;
}

static unsigned long lead_guard(const struct vmap_area *a)
{
	return a->kind == VMAP_STACK ? PAGE_SIZE : 0;
}

/* The first byte the user sees. */
static unsigned long area_addr(const struct vmap_area *a)
{
	return a->start + lead_guard(a);
}

static struct vmap_area *new_area(unsigned long size, enum vmap_kind kind)
{
	struct vmap_area *a = kmem_cache_alloc(vmap_cachep, GFP_KERNEL);

	if (!a)
		return NULL;
	a->kind = kind;
	a->nr_pages = 0;
	a->pages = NULL;
	if (insert_area(a, lead_guard(a) + size + PAGE_SIZE))
		return a;
	kmem_cache_free(vmap_cachep, a);
	return NULL;
}

static void free_area(struct vmap_area *a)
{
	remove_area(a);
	kmem_cache_free(vmap_cachep, a);
}

/* ---- memory behind the addresses --------------------------------------------------------- */

/* Unmap, flush, and only then give the frames away. */
static void free_backing(struct vmap_area *a, unsigned long nr_mapped)
{
	unsigned long i;

	if (nr_mapped)
		kernel_unmap(area_addr(a), nr_mapped << PAGE_SHIFT);
	WRITE_ONCE(a->nr_pages, 0);	/* no snapshot of another CPU looks at them any more */
	barrier();
	for (i = 0; i < nr_mapped; i++)
		__free_page(a->pages[i]);
	atomic_long_sub(nr_mapped, &used_pages);
	kfree(a->pages);
}

static bool alloc_backing(struct vmap_area *a, unsigned long nr)
{
	unsigned long i;

	a->pages = kmalloc(nr * sizeof(*a->pages), GFP_KERNEL | __GFP_NOWARN);
	if (!a->pages)
		return false;
	for (i = 0; i < nr; i++) {
		struct page *page = alloc_page(GFP_KERNEL);

		if (!page)
			break;
		if (kernel_map(area_addr(a) + (i << PAGE_SHIFT), page_to_phys(page), PAGE_SIZE,
			       PAGE_KERNEL, false)) {
			__free_page(page);
			break;
		}
		a->pages[i] = page;
		atomic_long_inc(&used_pages);
	}
	if (i < nr) {
		free_backing(a, i);
		return false;
	}
	a->nr_pages = nr;
	return true;
}

static void *alloc_area(unsigned long size, enum vmap_kind kind)
{
	struct vmap_area *a;

	if (!size || size > VMALLOC_END - VMALLOC_START)
		return NULL;
	size = PAGE_ALIGN(size);
	if (size >> PAGE_SHIFT > totalram_pages())
		return NULL;
	a = new_area(size, kind);
	if (!a)
		return NULL;
	if (!kasan_populate_vmalloc(a->start, a->end - a->start) ||
	    !alloc_backing(a, size >> PAGE_SHIFT)) {
		free_area(a);
		return NULL;
	}
	kasan_unpoison((void *)area_addr(a), size);
	return (void *)area_addr(a);
}

static void release_area(const void *p, enum vmap_kind kind)
{
	struct vmap_area *a = find_area((unsigned long)p);

	BUG_ON(!a || a->kind != kind || area_addr(a) != (unsigned long)p);
	kasan_poison(p, a->nr_pages << PAGE_SHIFT, KASAN_VMALLOC_INVALID);
	free_backing(a, a->nr_pages);
	free_area(a);
}

/* SAN=kasan: of the last page only what was asked for may be used. */
static void *trim(void *p, size_t size)
{
	if (p) {
		kasan_poison(p, PAGE_ALIGN(size), KASAN_VMALLOC_INVALID);
		kasan_unpoison(p, size);
	}
	return p;
}

void *vmalloc(size_t size)
{
	return trim(alloc_area(size, VMAP_ALLOC), size);
}

void *vzalloc(size_t size)
{
	void *p = alloc_area(size, VMAP_ALLOC);

	return p ? memset(p, 0, PAGE_ALIGN(size)) : NULL;
}

void vfree(const void *p)
{
	if (p)
		release_area(p, VMAP_ALLOC);
}

bool is_vmalloc_addr(const void *p)
{
	return (unsigned long)p >= VMALLOC_START && (unsigned long)p < VMALLOC_END;
}

void vmalloc_for_each_page(void (*fn)(const struct page *page, bool stack, void *arg), void *arg)
{
	struct vmap_area *a;

	list_for_each_entry(a, &vmap_list, list)
		for (unsigned long i = 0; i < a->nr_pages; i++)
			fn(a->pages[i], a->kind == VMAP_STACK, arg);
}

unsigned long vmalloc_used_pages(void)
{
	return atomic_long_read(&used_pages);
}

/* ---- device memory ----------------------------------------------------------------------------- */

/*
 * Map [pa, pa + size) as @mode, or as those who map it already do.  NULL: no memory, or no such address: an entry with
 * bits that this CPU does not have would fault at the first access, whatever firmware said that something is there.
 */
static void *map_physical(phys_addr_t pa, size_t size, enum page_cache_mode mode)
{
	unsigned long offset = pa & ~PAGE_MASK;
	struct vmap_area *a;

	if (!size || !phys_range_ok(pa, size))
		return NULL;
	pa -= offset;
	size = PAGE_ALIGN(size + offset);
	if (memtype_reserve(pa, pa + size, &mode))
		return NULL;
	a = new_area(size, VMAP_IO);
	if (!a)
		goto out_free_memtype;
	a->phys = pa;
	if (!kasan_populate_vmalloc(a->start, a->end - a->start))
		goto out_free_area;
	kasan_unpoison((void *)a->start, size);
	if (kernel_map(a->start, pa, size, pgprot_set_cachemode(PAGE_KERNEL, mode), false))
		goto out_free_area;
	return (void *)(a->start + offset);

out_free_area:
	free_area(a);
out_free_memtype:
	memtype_free(pa, pa + size);
	return NULL;
}

void *ioremap(phys_addr_t pa, size_t size)
{
	return map_physical(pa, size, _PAGE_CACHE_MODE_UC_MINUS);
}

void *ioremap_wc(phys_addr_t pa, size_t size)
{
	return map_physical(pa, size, _PAGE_CACHE_MODE_WC);
}

void *ioremap_cache(phys_addr_t pa, size_t size)
{
	return map_physical(pa, size, _PAGE_CACHE_MODE_WB);
}

/* RAM is in the direct map already; anything else is mapped here. */
void *memremap(phys_addr_t pa, size_t size)
{
	phys_addr_t at;

	if (!size || pa + size < pa)
		return NULL;
	for (at = pa & PAGE_MASK; at < pa + size; at += PAGE_SIZE)
		if (!memblock_is_memory(at) || !memblock_is_memory(at + PAGE_SIZE - 1))
			return ioremap_cache(pa, size);
	return __va(pa);
}

/* What ioremap() or memremap() returned. */
void iounmap(void *p)
{
	struct vmap_area *a;
	unsigned long size;

	if (!p || !is_vmalloc_addr(p))
		return;
	a = find_area((unsigned long)p);
	BUG_ON(!a || a->kind != VMAP_IO);
	size = a->end - PAGE_SIZE - a->start;
	kasan_poison((void *)a->start, size, KASAN_VMALLOC_INVALID);
	kernel_unmap(a->start, size);
	memtype_free(a->phys, a->phys + size);
	free_area(a);
}

/* ---- kernel stacks --------------------------------------------------------------------------------- */

/* A fork takes the stack of the task that ended last: mapped, and still in the cache. */
void *alloc_kernel_stack(void)
{
	void *stack = NULL;
	unsigned long flags;
	unsigned int cpu;

	if (should_fail(GFP_KERNEL, FAIL_STACK))
		return NULL;
	flags = local_irq_save();
	cpu = smp_processor_id();
	if (stack_cache[cpu].nr)
		stack = stack_cache[cpu].stack[--stack_cache[cpu].nr];
	local_irq_restore(flags);
	if (!stack)
		stack = alloc_area(KERNEL_STACK_SIZE, VMAP_STACK);
	if (stack) {
		kasan_unpoison(stack, KERNEL_STACK_SIZE);
		atomic_long_inc(&stacks_in_use);
	}
	return stack;
}

void free_kernel_stack(void *stack)
{
	unsigned long flags;
	unsigned int cpu;

	if (!stack)
		return;
	atomic_long_dec(&stacks_in_use);
	kasan_poison(stack, KERNEL_STACK_SIZE, KASAN_VMALLOC_INVALID);
	flags = local_irq_save();
	cpu = smp_processor_id();
	if (stack_cache[cpu].nr < STACK_CACHE) {
		stack_cache[cpu].stack[stack_cache[cpu].nr++] = stack;
		stack = NULL;
	}
	local_irq_restore(flags);
	if (stack)
		release_area(stack, VMAP_STACK);
}

/* Interrupts off: this CPU's are handed over as a chain, each linked by its first word. */
static void take_local_stacks(void *chain)
{
	struct stack_cache *c = &stack_cache[smp_processor_id()];

	while (c->nr) {
		void **stack = c->stack[--c->nr];
		void *next = READ_ONCE(*(void **)chain);

		kasan_unpoison(stack, sizeof(*stack));
		do
			*stack = next;
		while (!__atomic_compare_exchange_n((void **)chain, &next, stack, false,
						    __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE));
	}
}

/* Unmapped here, because that asks the other CPUs to flush, which they could not answer in an interrupt. */
void drain_kernel_stacks(void)
{
	void *chain = NULL;

	on_each_cpu(take_local_stacks, &chain);
	while (chain) {
		void *stack = chain;

		chain = *(void **)stack;
		release_area(stack, VMAP_STACK);
	}
}

unsigned long nr_kernel_stacks(void)
{
	return atomic_long_read(&stacks_in_use);
}

static unsigned long count_kept_stacks(struct shrinker *s, struct shrink_control *sc)
{
	return sc->priority <= SHRINK_HARD;	/* each CPU knows its own: one more question than there may be stacks */
}

static unsigned long shrink_stacks(struct shrinker *s, struct shrink_control *sc)
{
	unsigned long before = vmalloc_used_pages(), after;

	drain_kernel_stacks();
	after = vmalloc_used_pages();
	sc->nr_pages += after < before ? before - after : 0;
	return after < before;
}

static struct shrinker stack_shrinker = {
	.name = "kept stacks", .count_objects = count_kept_stacks, .scan_objects = shrink_stacks,
};

/* Asked by the double fault handler: if the lock is taken, the answer is no. */
bool is_stack_guard(unsigned long addr)
{
	struct vmap_area *a;
	bool guard = false;

	if (!is_vmalloc_addr((void *)addr) || !spin_trylock(&vmap_lock))
		return false;
	a = find_area_locked(addr);
	if (a && a->kind == VMAP_STACK)
		guard = addr < area_addr(a);
	spin_unlock(&vmap_lock);
	return guard;
}

void vmalloc_init(void)
{
	vmap_cachep = KMEM_CACHE(vmap_area, SLAB_PANIC);
	register_shrinker(&stack_shrinker);
}
