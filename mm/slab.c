/*
 * mm/slab.c - caches of equal objects, and kmalloc on top of them
 *
 * Purpose:    most kernel objects are far smaller than a page, and the same kinds come and
 *             go all the time.  A cache cuts pages into slots of one size.
 *
 *   CPU array:  [o][o][o][ ]   alloc pops, free pushes: interrupts off, no lock
 *                  |  a batch at a time, cache->lock
 *   slabs:      partial -> full -> ...  free list inside each slab's free slots
 *                  |
 *   page allocator
 *
 * Invariants: an object is in exactly one place: handed out, in one CPU's array, or on its
 *             slab's free list.
 *             page->inuse counts the objects that are not on the slab's free list; a slab
 *             is on the full list if inuse == objects, on the free list if 0, else on
 *             the partial list.  cache->inuse is their sum; handed out = that minus what
 *             lies in the arrays.
 *             With a constructor, an object that is not handed out is in constructed state.
 *             Debug: the bytes after each object are 0xcc while it is handed out and 0xbb
 *             while not; a free object without constructor is 0x6b to its last byte, 0xa5.
 * Lock order: caches_lock > cache->lock > zone->lock; interrupts off.
 * Simplified: an array belongs to its CPU for ever and is not shared; no colouring, no
 *             NUMA nodes; a cache keeps its few empty slabs until somebody shrinks it.
 *             kmalloc(2^n) is aligned to 64 bytes at most, Linux aligns it to 2^n.
 * Sources:    Bonwick, "The Slab Allocator: An Object-Caching Kernel Memory Allocator";
 *             Bonwick and Adams, "Magazines and Vmem".
 *
 * A slot in the debug build (release: the next pointer lies in the free object itself):
 *
 *   | object | red zone, 8..15 bytes | next free | allocated by | freed by | pad |
 */
#include <asm/smp.h>
#include <mm.h>
#include <printk.h>
#include <seq_file.h>
#include <slab.h>
#include <string.h>
#include <kasan.h>
#include "page_internal.h"

#define MAX_SLAB_ORDER 3
#define KEEP_FREE_SLABS 2
#define ARRAY_MAX 64
#define RED_ACTIVE 0xcc
#define RED_INACTIVE 0xbb
#define POISON_FREE 0x6b
#define POISON_END 0xa5
#define POISON_NEW 0x5a

/* One CPU's stock of a cache: interrupts off. */
struct array_cache {
	unsigned int avail;		/* entries filled */
	unsigned int limit;		/* 0: the cache has no arrays (yet) */
	unsigned int batch;		/* moved at a time from and to the slabs */
	void *entry[];
};

struct kmem_cache {
	const char *name;		/* lives as long as the cache */
	unsigned int object_size;	/* what the user asked for */
	unsigned int size;		/* a slot */
	unsigned int align;
	unsigned int off_next;		/* of the free list's link in a free slot */
	unsigned int order, num;	/* of a slab: pages 2^order, slots */
	unsigned long flags;
	void (*ctor)(void *);
	unsigned int limit, batch;	/* of the arrays to be */

	spinlock_t lock;		/* the rest but ->cpu */
	struct list_head partial, full, free;
	unsigned long nr_slabs, nr_free_slabs;
	unsigned long inuse;		/* objects out of the slabs */
	struct list_head list;		/* caches_lock */
	struct array_cache *cpu[NR_CPUS];	/* each its own CPU's */
};

/* Debug: who had the object. */
struct track {
	u32 alloc_caller, free_caller;
};

static struct kmem_cache cache_cache;	/* of struct kmem_cache */
static struct array_cache no_array;	/* avail 0, limit 0: every request takes the slow path */
static LIST_HEAD(caches);
static DEFINE_SPINLOCK(caches_lock);
unsigned int *slab_debug_trap;

#define KMALLOC_SHIFT_LOW 3
#define KMALLOC_SHIFT_HIGH 13
#define NR_KMALLOC (KMALLOC_SHIFT_HIGH - KMALLOC_SHIFT_LOW + 1)
static struct kmem_cache *kmalloc_caches[NR_KMALLOC];

#define CALLER ((unsigned long)__builtin_return_address(0))

/* ---- slots --------------------------------------------------------------------- */

static inline void **next_slot(const struct kmem_cache *c, void *obj)
{
	return (void **)((char *)obj + c->off_next);
}

static inline void *slab_base(const struct page *page)
{
	return page_address(page);
}

/* Does @obj begin a slot of @page? */
static bool is_slot(const struct kmem_cache *c, const struct page *page, const void *obj)
{
	unsigned long off = (unsigned long)obj - (unsigned long)slab_base(page);

	return off < (unsigned long)c->size * page->objects && off % c->size == 0;
}

/* ---- debug: red zones, poison, owners ---------------------------------------------- */

#ifdef QUIRE_DEBUG
static inline struct track *track_of(const struct kmem_cache *c, const void *obj)
{
	return (struct track *)((char *)obj + c->off_next + sizeof(void *));
}

static void dump_bytes(const void *p, unsigned int len)
{
	const u8 *b = p;
	unsigned int i, j;

	for (i = 0; i < len; i += 16) {
		char line[64];
		int n = 0;

		for (j = i; j < len && j < i + 16; j++)
			n += snprintf(line + n, sizeof(line) - n, "%02x ", b[j]);
		pr_err("  %p: %s\n", (const void *)(b + i), line);
	}
}

/*
 * A broken promise about @obj: show the object and end, or only count it if a
 * self test asked for that.
 */
static void object_violation(const struct kmem_cache *c, const void *obj, const char *what,
			     unsigned long caller)
{
	char who[80];

	if (slab_debug_trap) {
		++*slab_debug_trap;
		return;
	}
	pr_err("slab %s: %s: object %p of %u bytes, seen by %s\n", c->name, what, obj,
	       c->object_size, sprint_symbol(who, sizeof(who), caller));
	pr_err("  allocated by %s\n", sprint_symbol(who, sizeof(who),
	       owner_address(track_of(c, obj)->alloc_caller)));
	pr_err("  freed by %s\n", sprint_symbol(who, sizeof(who),
	       owner_address(track_of(c, obj)->free_caller)));
	dump_bytes(obj, min(c->object_size, 128U));
	pr_err(" red zone:\n");
	dump_bytes((const char *)obj + c->object_size, c->off_next - c->object_size);
	panic("slab %s: %s", c->name, what);
}

static void set_red_zone(const struct kmem_cache *c, void *obj, u8 value)
{
	memset((char *)obj + c->object_size, value, c->off_next - c->object_size);
}

static bool red_zone_is(const struct kmem_cache *c, const void *obj, u8 value)
{
	const u8 *p = (const u8 *)obj + c->object_size, *end = (const u8 *)obj + c->off_next;

	while (p < end && *p == value)
		p++;
	return p == end;
}

static void set_poison(const struct kmem_cache *c, void *obj)
{
	if (c->ctor)
		return;
	memset(obj, POISON_FREE, c->object_size - 1);
	((u8 *)obj)[c->object_size - 1] = POISON_END;
}

static bool poison_intact(const struct kmem_cache *c, const void *obj)
{
	const u8 *p = obj, *end = p + c->object_size - 1;

	if (c->ctor)
		return true;
	for (; p < end && ((unsigned long)p & 7); p++)
		if (*p != POISON_FREE)
			return false;
	for (; p + 8 <= end; p += 8)
		if (*(const u64 *)p != 0x6b6b6b6b6b6b6b6bUL)
			return false;
	for (; p < end; p++)
		if (*p != POISON_FREE)
			return false;
	return *end == POISON_END;
}

static void debug_new_slot(const struct kmem_cache *c, void *obj)
{
	set_red_zone(c, obj, RED_INACTIVE);
	set_poison(c, obj);
	*track_of(c, obj) = (struct track){ 0, 0 };
}

static void debug_alloc(const struct kmem_cache *c, void *obj, unsigned long caller)
{
	if (!red_zone_is(c, obj, RED_INACTIVE))
		object_violation(c, obj, "written behind its end while free", caller);
	if (!poison_intact(c, obj))
		object_violation(c, obj, "written to while free", caller);
	set_red_zone(c, obj, RED_ACTIVE);
	track_of(c, obj)->alloc_caller = caller;
	if (!c->ctor)
		memset(obj, POISON_NEW, c->object_size);
}

/* False if the object must not be queued: it is free already, or not ours. */
static bool debug_free(const struct kmem_cache *c, void *obj, unsigned long caller)
{
	struct page *page = virt_to_head_page(obj);

	if (!PageSlab(page) || page->slab_cache != c || !is_slot(c, page, obj)) {
		if (slab_debug_trap) {
			++*slab_debug_trap;
			return false;
		}
		dump_page(page, "freed object is not of this cache");
		panic("slab %s: %p is no object of it", c->name, obj);
	}
	if (red_zone_is(c, obj, RED_INACTIVE)) {
		object_violation(c, obj, "freed twice", caller);
		return false;
	}
	if (!red_zone_is(c, obj, RED_ACTIVE))
		object_violation(c, obj, "written behind its end", caller);
	set_red_zone(c, obj, RED_INACTIVE);
	set_poison(c, obj);
	track_of(c, obj)->free_caller = caller;
	return true;
}
#else
static inline void debug_new_slot(const struct kmem_cache *c, void *obj) { }
static inline void debug_alloc(const struct kmem_cache *c, void *obj, unsigned long caller) { }
static inline bool debug_free(const struct kmem_cache *c, void *obj, unsigned long caller)
{
	return true;
}
#endif

/* ---- SAN=kasan: what may be touched, and a wait for what was freed ----------------------- */

#ifdef QUIRE_KASAN
static inline void queue_object(struct kmem_cache *c, void *obj);

static void kasan_new_slab(const struct kmem_cache *c, struct page *page)
{
	kasan_poison(slab_base(page), PAGE_SIZE << c->order, KASAN_SLAB_REDZONE);
}

/* @size bytes of @obj are handed out; the rest of its slot is red zone. */
static void kasan_alloc(const struct kmem_cache *c, void *obj, size_t size)
{
	kasan_poison(obj, ALIGN_UP(c->object_size, 8U), KASAN_SLAB_REDZONE);
	kasan_unpoison(obj, size);
}

/* Interrupts off: those that have waited long enough, all but @keep, go back to their caches. */
static void release_quarantine(unsigned int keep)
{
	struct kmem_cache *c;
	void *obj;

	while ((obj = kasan_quarantine_take(keep, &c)))
		queue_object(c, obj);
}

/* Interrupts off.  True: @obj is taken care of. */
static bool kasan_free(struct kmem_cache *c, void *obj)
{
	kasan_poison(obj, ALIGN_UP(c->object_size, 8U), KASAN_SLAB_FREE);
	kasan_quarantine_put(c, obj);
	release_quarantine(KASAN_QUARANTINE);
	return true;
}

bool slab_describe(const void *p, struct kasan_object *o)
{
	unsigned long addr = (unsigned long)p;
	struct page *page;
	struct kmem_cache *c;

	if (addr < PAGE_OFFSET || addr >= VMALLOC_START || !pfn_valid((addr - PAGE_OFFSET) >> PAGE_SHIFT))
		return false;
	page = virt_to_head_page(p);
	if (!PageSlab(page))
		return false;
	c = page->slab_cache;
	o->cache = c->name;
	o->start = (char *)slab_base(page) + (addr - (unsigned long)slab_base(page)) / c->size * c->size;
	o->size = c->object_size;
	o->alloc_caller = owner_address(track_of(c, o->start)->alloc_caller);
	o->free_caller = owner_address(track_of(c, o->start)->free_caller);
	return true;
}
#else
static inline void kasan_new_slab(const struct kmem_cache *c, struct page *page) { }
static inline void kasan_alloc(const struct kmem_cache *c, void *obj, size_t size) { }
static inline void release_quarantine(unsigned int keep) { }
static inline bool kasan_free(struct kmem_cache *c, void *obj) { return false; }
static inline unsigned int kasan_quarantine_count(const struct kmem_cache *c) { return 0; }
#endif

/* ---- slabs: cache->lock held unless stated -------------------------------------------- */

/* A new slab, all slots free and constructed; no lock held, may sleep if @gfp says so. */
static struct page *new_slab(struct kmem_cache *c, gfp_t gfp)
{
	struct page *page;
	char *obj;
	unsigned int i;

	gfp &= ~__GFP_ZERO;
	page = alloc_pages(c->order ? gfp | __GFP_COMP : gfp, c->order);
	if (!page)
		return NULL;
	page->flags |= BIT(PG_slab);
	page->slab_cache = c;
	page->inuse = 0;
	page->objects = c->num;
	page->freelist = NULL;
	for (i = c->num; i--;) {
		obj = (char *)slab_base(page) + (unsigned long)i * c->size;
		if (c->ctor)
			c->ctor(obj);
		debug_new_slot(c, obj);
		*next_slot(c, obj) = page->freelist;
		page->freelist = obj;
	}
	kasan_new_slab(c, page);
	trace_slab_grow(c->name, page_to_pfn(page), c->order, c->num);
	return page;
}

/* An empty slab that is on no list goes back; any context. */
static void release_slab(struct kmem_cache *c, struct page *page)
{
	trace_slab_shrink(c->name, page_to_pfn(page), c->order);
	page->flags &= ~BIT(PG_slab);
	page->mapping = NULL;		/* was the cache's pointer */
	__free_pages(page, c->order);
}

static void add_slab(struct kmem_cache *c, struct page *page)
{
	list_add(&page->slab_list, &c->free);
	c->nr_slabs++;
	c->nr_free_slabs++;
}

/* Take one object off the fullest kind of slab there is; NULL if all are full. */
static void *take_object(struct kmem_cache *c)
{
	struct page *page;
	void *obj;

	page = list_first_entry_or_null(&c->partial, struct page, slab_list);
	if (!page) {
		page = list_first_entry_or_null(&c->free, struct page, slab_list);
		if (!page)
			return NULL;
		c->nr_free_slabs--;
		list_move(&page->slab_list, &c->partial);
	}
	obj = page->freelist;
	page->freelist = *next_slot(c, obj);
	c->inuse++;
	if (++page->inuse == page->objects)
		list_move(&page->slab_list, &c->full);
	return obj;
}

/* Put one object back.  A slab that became one empty slab too many goes to @surplus. */
static void put_object(struct kmem_cache *c, void *obj, struct list_head *surplus)
{
	struct page *page = virt_to_head_page(obj);
	bool was_full = page->inuse == page->objects;

	VM_BUG_ON_PAGE(!PageSlab(page) || page->slab_cache != c || !page->inuse, page);
	*next_slot(c, obj) = page->freelist;
	page->freelist = obj;
	c->inuse--;
	if (--page->inuse) {
		if (was_full)
			list_move(&page->slab_list, &c->partial);
	} else if (c->nr_free_slabs >= KEEP_FREE_SLABS) {
		c->nr_slabs--;
		list_move(&page->slab_list, surplus);
	} else {
		c->nr_free_slabs++;
		list_move(&page->slab_list, &c->free);
	}
}

static unsigned long release_list(struct kmem_cache *c, struct list_head *slabs)
{
	unsigned long freed = 0;

	while (!list_empty(slabs)) {
		struct page *page = list_first_entry(slabs, struct page, slab_list);

		list_del(&page->slab_list);
		release_slab(c, page);
		freed += 1UL << c->order;
	}
	return freed;
}

/* ---- the fast paths and what is behind them ---------------------------------------------- */

/*
 * Interrupts off: one object, and a batch more for the array while we are at it.  The array need not be
 * empty: a caller that slept may be on another CPU now.
 */
static void *refill(struct kmem_cache *c, struct array_cache *ac)
{
	void *obj, *more;
	unsigned int n;

	spin_lock(&c->lock);
	obj = take_object(c);
	for (n = 1; obj && n < ac->batch && ac->avail < ac->limit; n++) {
		more = take_object(c);
		if (!more)
			break;
		ac->entry[ac->avail++] = more;
	}
	spin_unlock(&c->lock);
	return obj;
}

/* The array is empty.  Returns with interrupts as @irqflags say. */
static noinline void *alloc_slow(struct kmem_cache *c, gfp_t gfp, unsigned long irqflags)
{
	void *obj;

	while (!(obj = refill(c, c->cpu[smp_processor_id()]))) {
		struct page *page;

		local_irq_restore(irqflags);
		page = new_slab(c, gfp);
		if (!page)
			return NULL;
		local_irq_disable();
		spin_lock(&c->lock);
		add_slab(c, page);
		spin_unlock(&c->lock);
	}
	local_irq_restore(irqflags);
	return obj;
}

static noinline void trace_object(u32 kind, struct kmem_cache *c, const void *obj)
{
	struct page *page = virt_to_head_page(obj);

	__trace_text16(kind, ((unsigned long)obj - (unsigned long)slab_base(page)) / c->size,
		       page_to_pfn(page), 0, c->name);
}

static __always_inline void *slab_alloc(struct kmem_cache *c, gfp_t gfp, unsigned long caller)
{
	struct array_cache *ac;
	unsigned long flags;
	void *obj;

	VM_BUG_ON((gfp & __GFP_WAIT) && in_atomic());
	if (should_fail(gfp, FAIL_SLAB))
		return NULL;
	flags = local_irq_save();
	ac = c->cpu[smp_processor_id()];
	if (likely(ac->avail)) {
		obj = ac->entry[--ac->avail];
		local_irq_restore(flags);
	} else {
		obj = alloc_slow(c, gfp, flags);
		if (unlikely(!obj))
			return NULL;
	}
	debug_alloc(c, obj, caller);
	kasan_alloc(c, obj, c->object_size);
	if (trace_objects())
		trace_object(EV_SLAB_OBJ_ALLOC, c, obj);
	if (unlikely(gfp & __GFP_ZERO))
		memset(obj, 0, c->object_size);
	return obj;
}

/* Interrupts off: give the @n objects that lie longest in @ac back to their slabs. */
static void flush_array(struct kmem_cache *c, struct array_cache *ac, unsigned int n,
			struct list_head *surplus)
{
	unsigned int i;

	spin_lock(&c->lock);
	for (i = 0; i < n; i++)
		put_object(c, ac->entry[i], surplus);
	spin_unlock(&c->lock);
	ac->avail -= n;
	memmove(ac->entry, ac->entry + n, ac->avail * sizeof(ac->entry[0]));
}

/* The array is full, or there is none.  Interrupts off. */
static noinline void free_slow(struct kmem_cache *c, void *obj)
{
	struct array_cache *ac = c->cpu[smp_processor_id()];
	LIST_HEAD(surplus);

	if (ac->limit) {
		flush_array(c, ac, ac->batch, &surplus);
		ac->entry[ac->avail++] = obj;
	} else {
		spin_lock(&c->lock);
		put_object(c, obj, &surplus);
		spin_unlock(&c->lock);
	}
	release_list(c, &surplus);
}

/* Interrupts off: a freed object joins its CPU's array. */
static __always_inline void queue_object(struct kmem_cache *c, void *obj)
{
	struct array_cache *ac = c->cpu[smp_processor_id()];

	if (likely(ac->avail < ac->limit))
		ac->entry[ac->avail++] = obj;
	else
		free_slow(c, obj);
}

static __always_inline void slab_free(struct kmem_cache *c, void *obj, unsigned long caller)
{
	unsigned long flags;

	flags = local_irq_save();
	if (likely(debug_free(c, obj, caller)) && !kasan_free(c, obj)) {
		if (trace_objects())
			trace_object(EV_SLAB_OBJ_FREE, c, obj);
		queue_object(c, obj);
	}
	local_irq_restore(flags);
}

void *kmem_cache_alloc(struct kmem_cache *c, gfp_t gfp)
{
	return slab_alloc(c, gfp, CALLER);
}

void kmem_cache_free(struct kmem_cache *c, void *obj)
{
	if (unlikely(!obj))
		return;
	slab_free(c, obj, CALLER);
}

/* Interrupts off: this CPU's array. */
static void drain_array(struct kmem_cache *c)
{
	struct array_cache *ac = c->cpu[smp_processor_id()];
	LIST_HEAD(surplus);

	if (!ac->avail)
		return;
	flush_array(c, ac, ac->avail, &surplus);
	release_list(c, &surplus);
}

static void drain_one_cache(void *cache)
{
	release_quarantine(0);
	drain_array(cache);
}

static void drain_each_cache(void *unused)
{
	struct kmem_cache *c;

	release_quarantine(0);
	spin_lock(&caches_lock);
	list_for_each_entry(c, &caches, list)
		drain_array(c);
	spin_unlock(&caches_lock);
}

/* Interrupts off: all empty slabs go; pages freed. */
static unsigned long release_free_slabs(struct kmem_cache *c)
{
	LIST_HEAD(surplus);

	spin_lock(&c->lock);
	c->nr_slabs -= c->nr_free_slabs;
	c->nr_free_slabs = 0;
	list_splice_init(&c->free, &surplus);
	spin_unlock(&c->lock);
	return release_list(c, &surplus);
}

unsigned long kmem_cache_shrink(struct kmem_cache *c)
{
	unsigned long flags, freed;

	on_each_cpu(drain_one_cache, c);
	flags = local_irq_save();
	freed = release_free_slabs(c);
	local_irq_restore(flags);
	return freed;
}

unsigned long slab_shrink_all(void)
{
	struct kmem_cache *c;
	unsigned long flags, freed = 0;

	on_each_cpu(drain_each_cache, NULL);
	spin_lock_irqsave(&caches_lock, flags);
	list_for_each_entry(c, &caches, list)
		freed += release_free_slabs(c);
	spin_unlock_irqrestore(&caches_lock, flags);
	return freed;
}

unsigned long kmem_cache_release_idle(struct kmem_cache *c)
{
	unsigned long flags = local_irq_save(), freed = release_free_slabs(c);

	local_irq_restore(flags);
	return freed;
}

/* Sum over the pages of each cache of @of. */
static unsigned long sum_pages(unsigned long (*of)(const struct kmem_cache *c))
{
	struct kmem_cache *c;
	unsigned long flags, n = 0;

	spin_lock_irqsave(&caches_lock, flags);
	list_for_each_entry(c, &caches, list)
		n += of(c) << c->order;
	spin_unlock_irqrestore(&caches_lock, flags);
	return n;
}

static unsigned long idle_slabs(const struct kmem_cache *c)
{
	return READ_ONCE(c->nr_free_slabs);
}

/* Pages of idle slabs; under high pressure at least one, to look into the CPUs' arrays as well. */
static unsigned long slab_count(struct shrinker *s, struct shrink_control *sc)
{
	return sum_pages(idle_slabs) + (sc->priority <= SHRINK_HARD);
}

static unsigned long slab_scan(struct shrinker *s, struct shrink_control *sc)
{
	unsigned long freed = 0, flags;
	struct kmem_cache *c;

	if (sc->priority <= SHRINK_HARD)
		on_each_cpu(drain_each_cache, NULL);
	spin_lock_irqsave(&caches_lock, flags);
	list_for_each_entry(c, &caches, list)
		if (freed < sc->nr_to_scan || sc->priority <= SHRINK_HARD)
			freed += release_free_slabs(c);
	spin_unlock_irqrestore(&caches_lock, flags);
	sc->nr_scanned = max(freed, sc->nr_to_scan);
	sc->nr_pages += freed;
	return freed;
}

static struct shrinker slab_shrinker = { .name = "idle slabs", .count_objects = slab_count, .scan_objects = slab_scan };

/* ---- counts ---------------------------------------------------------------------------------- */

size_t kmem_cache_size(const struct kmem_cache *c)
{
	return c->object_size;
}

/* cache->lock held. */
static unsigned long active_locked(const struct kmem_cache *c)
{
	unsigned long n = c->inuse - kasan_quarantine_count(c);
	unsigned int cpu;

	for (cpu = 0; cpu < nr_cpus; cpu++)
		n -= c->cpu[cpu]->avail;
	return n;
}

unsigned long kmem_cache_active(struct kmem_cache *c)
{
	unsigned long flags, n;

	spin_lock_irqsave(&c->lock, flags);
	n = active_locked(c);
	spin_unlock_irqrestore(&c->lock, flags);
	return n;
}

unsigned long slab_total_active(void)
{
	struct kmem_cache *c;
	unsigned long flags, n = 0;

	spin_lock_irqsave(&caches_lock, flags);
	list_for_each_entry(c, &caches, list)
		n += kmem_cache_active(c);
	spin_unlock_irqrestore(&caches_lock, flags);
	return n;
}

static unsigned long all_slabs(const struct kmem_cache *c)
{
	return READ_ONCE(c->nr_slabs);
}

static unsigned long reclaimable_slabs(const struct kmem_cache *c)
{
	return c->flags & SLAB_RECLAIM_ACCOUNT ? READ_ONCE(c->nr_slabs) : 0;
}

unsigned long slab_total_pages(void) { return sum_pages(all_slabs); }
unsigned long slab_reclaimable_pages(void) { return sum_pages(reclaimable_slabs); }

/* ---- making and unmaking caches ---------------------------------------------------------------- */

/* The slot's layout. */
static void lay_out_slot(struct kmem_cache *c)
{
	unsigned int end = ALIGN_UP(c->object_size, 8U);

	c->off_next = 0;
#ifdef QUIRE_DEBUG
	c->flags |= SLAB_RED_ZONE | SLAB_STORE_USER | (c->ctor ? 0 : SLAB_POISON);
	c->off_next = end + 8;
	end = c->off_next + sizeof(void *) + sizeof(struct track);
#else
	if (c->ctor) {			/* the link must not destroy what the constructor made */
		c->off_next = end;
		end += sizeof(void *);
	}
#endif
	c->size = ALIGN_UP(max(end, 8U), c->align);
}

/*
 * The smallest slab that loses at most an eighth, and for small objects holds at least
 * eight: small orders are found even when memory is in pieces.
 */
static bool choose_order(struct kmem_cache *c)
{
	unsigned int order, best = MAX_ORDER, best_waste = ~0U;

	for (order = 0; order <= MAX_SLAB_ORDER; order++) {
		unsigned int bytes = PAGE_SIZE << order, num = bytes / c->size;
		unsigned int waste;

		if (!num)
			continue;
		waste = (bytes - num * c->size) >> order;
		if (waste < best_waste) {
			best_waste = waste;
			best = order;
		}
		if (waste * 8 <= PAGE_SIZE && (num >= 8 || order > 0 || waste * 16 <= PAGE_SIZE)) {
			best = order;
			break;
		}
	}
	if (best == MAX_ORDER)
		return false;
	c->order = best;
	c->num = (PAGE_SIZE << best) / c->size;
	return true;
}

static void choose_limit(struct kmem_cache *c)
{
	if (c->size >= 4096)
		c->limit = 4;
	else if (c->size >= 1024)
		c->limit = 16;
	else if (c->size >= 256)
		c->limit = 32;
	else
		c->limit = ARRAY_MAX;
	c->batch = c->limit / 2;
}

/* Everything but the arrays. */
static bool setup_cache(struct kmem_cache *c, const char *name, size_t size, size_t align,
			unsigned long flags, void (*ctor)(void *))
{
	unsigned int cpu;

	if (flags & SLAB_HWCACHE_ALIGN)
		align = max(align, 64UL);
	align = max(align, 8UL);
	if (!size || (align & (align - 1)) || align > PAGE_SIZE ||
	    size > PAGE_SIZE << MAX_SLAB_ORDER)
		return false;
	c->name = name;
	c->object_size = size;
	c->align = align;
	c->flags = flags;
	c->ctor = ctor;
	lay_out_slot(c);
	if (!choose_order(c))
		return false;
	choose_limit(c);
	spin_lock_init_class(&c->lock, "cache->lock");
	INIT_LIST_HEAD(&c->partial);
	INIT_LIST_HEAD(&c->full);
	INIT_LIST_HEAD(&c->free);
	c->nr_slabs = c->nr_free_slabs = c->inuse = 0;
	for (cpu = 0; cpu < NR_CPUS; cpu++)
		c->cpu[cpu] = &no_array;
	return true;
}

static struct array_cache *new_array(const struct kmem_cache *c)
{
	struct array_cache *ac = kmalloc(sizeof(*ac) + c->limit * sizeof(void *), GFP_KERNEL);

	if (ac) {
		ac->avail = 0;
		ac->limit = c->limit;
		ac->batch = c->batch;
	}
	return ac;
}

static void free_arrays(struct kmem_cache *c)
{
	unsigned int cpu;

	for (cpu = 0; cpu < NR_CPUS; cpu++) {
		struct array_cache *ac = c->cpu[cpu];

		c->cpu[cpu] = &no_array;
		if (ac != &no_array)
			kfree(ac);
	}
}

/* Give each CPU its array; false (and none) when there is no memory. */
static bool make_arrays(struct kmem_cache *c)
{
	unsigned int cpu;

	for (cpu = 0; cpu < nr_cpus; cpu++) {
		struct array_cache *ac = new_array(c);

		if (!ac) {
			free_arrays(c);
			return false;
		}
		c->cpu[cpu] = ac;
	}
	return true;
}

/* Boot: nobody else makes or destroys a cache while this one sleeps, so the list needs no lock. */
int kmem_cache_cpu_up(unsigned int cpu)
{
	struct kmem_cache *c;

	list_for_each_entry(c, &caches, list) {
		struct array_cache *ac;

		if (c->cpu[cpu] != &no_array)
			continue;
		ac = new_array(c);
		if (!ac)
			return -ENOMEM;
		c->cpu[cpu] = ac;
	}
	return 0;
}

static void publish(struct kmem_cache *c)
{
	unsigned long flags;

	spin_lock_irqsave(&caches_lock, flags);
	list_add_tail(&c->list, &caches);
	spin_unlock_irqrestore(&caches_lock, flags);
}

struct kmem_cache *kmem_cache_create(const char *name, size_t size, size_t align,
				     unsigned long flags, void (*ctor)(void *))
{
	struct kmem_cache *c = kmem_cache_alloc(&cache_cache, GFP_KERNEL);

	if (!c)
		goto fail;
	if (!setup_cache(c, name, size, align, flags, ctor))
		goto fail_free;
	if (!make_arrays(c))
		goto fail_free;
	publish(c);
	return c;

fail_free:
	kmem_cache_free(&cache_cache, c);
fail:
	if (flags & SLAB_PANIC)
		panic("slab: cannot make the cache %s", name);
	return NULL;
}

void kmem_cache_destroy(struct kmem_cache *c)
{
	unsigned long flags, active;

	if (!c)
		return;
	kmem_cache_shrink(c);
	active = kmem_cache_active(c);
	if (active) {
		pr_err("slab %s: destroyed with %lu objects in use: kept\n", c->name, active);
		return;
	}
	spin_lock_irqsave(&caches_lock, flags);
	list_del(&c->list);
	spin_unlock_irqrestore(&caches_lock, flags);
	free_arrays(c);
	kmem_cache_free(&cache_cache, c);
}

/*
 * The first caches live without arrays, because arrays come from kmalloc; when all of
 * kmalloc stands they get theirs.
 */
void kmem_cache_init(void)
{
	static const char *const names[NR_KMALLOC] = {
		"kmalloc-8", "kmalloc-16", "kmalloc-32", "kmalloc-64", "kmalloc-128",
		"kmalloc-256", "kmalloc-512", "kmalloc-1k", "kmalloc-2k", "kmalloc-4k",
		"kmalloc-8k",
	};
	struct kmem_cache *c;
	unsigned int i;

	if (!setup_cache(&cache_cache, "kmem_cache", sizeof(struct kmem_cache), 64, 0, NULL))
		BUG();
	publish(&cache_cache);
	for (i = 0; i < NR_KMALLOC; i++) {
		size_t size = 1UL << (i + KMALLOC_SHIFT_LOW);

		c = kmem_cache_alloc(&cache_cache, GFP_KERNEL | __GFP_NOFAIL);
		if (!setup_cache(c, names[i], size, min(size, 64UL), 0, NULL))
			BUG();
		publish(c);
		kmalloc_caches[i] = c;
	}
	list_for_each_entry(c, &caches, list)
		if (!make_arrays(c))
			panic("slab: no memory for the first caches");
	register_shrinker(&slab_shrinker);
}

/* ---- kmalloc ------------------------------------------------------------------------------------- */

static inline unsigned int kmalloc_index(size_t size)
{
	if (size <= 1U << KMALLOC_SHIFT_LOW)
		return 0;
	return 64 - __builtin_clzl(size - 1) - KMALLOC_SHIFT_LOW;
}

static noinline void *kmalloc_pages(size_t size, gfp_t gfp, unsigned long caller)
{
	unsigned int order = 64 - __builtin_clzl((size - 1) >> PAGE_SHIFT);
	struct page *page;

	if (order >= MAX_ORDER)
		return NULL;
	page = __alloc_pages(gfp | __GFP_COMP, order, caller);
	if (!page)
		return NULL;
	kasan_poison(page_address(page), PAGE_SIZE << order, KASAN_PAGE_REDZONE);
	kasan_unpoison(page_address(page), size);
	return page_address(page);
}

static __always_inline void *do_kmalloc(size_t size, gfp_t gfp, unsigned long caller)
{
	struct kmem_cache *c;
	void *p;

	if (unlikely(size > 1UL << KMALLOC_SHIFT_HIGH))
		return kmalloc_pages(size, gfp, caller);
	c = kmalloc_caches[kmalloc_index(size)];
	p = slab_alloc(c, gfp, caller);
	if (p)
		kasan_alloc(c, p, size);
	return p;
}

void *kmalloc(size_t size, gfp_t gfp)
{
	return do_kmalloc(size, gfp, CALLER);
}

void *kzalloc(size_t size, gfp_t gfp)
{
	return do_kmalloc(size, gfp | __GFP_ZERO, CALLER);
}

void *kcalloc(size_t n, size_t size, gfp_t gfp)
{
	size_t bytes;

	if (__builtin_mul_overflow(n, size, &bytes))
		return NULL;
	return do_kmalloc(bytes, gfp | __GFP_ZERO, CALLER);
}

void kfree(const void *p)
{
	struct page *page;

	if (!p)
		return;
	page = virt_to_head_page(p);
	if (likely(PageSlab(page))) {
		slab_free(page->slab_cache, (void *)p, CALLER);
		return;
	}
	BUG_ON(!PageCompound(page) || page_address(page) != p);
	__free_pages(page, compound_order(page));
}

/* Who asks may use all of it. */
size_t ksize(const void *p)
{
	struct page *page;
	size_t size;

	if (!p)
		return 0;
	page = virt_to_head_page(p);
	size = PageSlab(page) ? page->slab_cache->object_size : PAGE_SIZE << compound_order(page);
	kasan_unpoison(p, size);
	return size;
}

char *kstrdup(const char *s, gfp_t gfp)
{
	return s ? kmemdup(s, strlen(s) + 1, gfp) : NULL;
}

void *kmemdup(const void *p, size_t len, gfp_t gfp)
{
	void *copy = do_kmalloc(len, gfp, CALLER);

	return copy ? memcpy(copy, p, len) : NULL;
}

/* ---- checks and pictures ----------------------------------------------------------------------------- */

static int complain(const struct kmem_cache *c, const void *what, const char *why)
{
	pr_err("slab %s: %p: %s\n", c->name, what, why);
	return 1;
}

#define MAX_SLOTS ((PAGE_SIZE << MAX_SLAB_ORDER) / 8)
static unsigned long slot_is_free[MAX_SLOTS / 64];	/* caches_lock */

/* Red zones and poison of the slots of @page, marked in slot_is_free. */
static int verify_slots(const struct kmem_cache *c, const struct page *page)
{
	int bad = 0;
#ifdef QUIRE_DEBUG
	unsigned int i;

	for (i = 0; i < page->objects; i++) {
		const void *obj = (char *)slab_base(page) + (unsigned long)i * c->size;
		bool inactive = red_zone_is(c, obj, RED_INACTIVE);

		if (!inactive && !red_zone_is(c, obj, RED_ACTIVE))
			bad += complain(c, obj, "red zone overwritten");
		else if (test_bit(i, slot_is_free) && !inactive)
			bad += complain(c, obj, "on the free list but handed out");
		else if (inactive && !poison_intact(c, obj))
			bad += complain(c, obj, "written to while free");
	}
#endif
	return bad;
}

/* One slab that should have between @min and @max objects in use. */
static int verify_slab(const struct kmem_cache *c, const struct page *page, unsigned int min_use,
		       unsigned int max_use)
{
	const void *obj;
	unsigned int nr_free = 0;
	int bad = 0;

	if (!PageSlab(page) || page->slab_cache != c || page->objects != c->num)
		return complain(c, page, "on a list but no slab of this cache");
	if (page->inuse < min_use || page->inuse > max_use)
		bad += complain(c, page, "slab on the wrong list");
	memset(slot_is_free, 0, sizeof(slot_is_free));
	for (obj = page->freelist; obj; obj = *next_slot(c, (void *)obj)) {
		unsigned int i;

		if (!is_slot(c, page, obj))
			return bad + complain(c, obj, "free list leaves the slab");
		i = ((unsigned long)obj - (unsigned long)slab_base(page)) / c->size;
		if (test_bit(i, slot_is_free))
			return bad + complain(c, obj, "free list runs in a circle");
		__set_bit(i, slot_is_free);
		nr_free++;
	}
	if (nr_free + page->inuse != page->objects)
		bad += complain(c, page, "objects lost or gained");
	return bad + verify_slots(c, page);
}

static int verify_list(const struct kmem_cache *c, const struct list_head *head,
		       unsigned int min_use, unsigned int max_use, unsigned long *slabs,
		       unsigned long *inuse)
{
	const struct page *page;
	int bad = 0;

	list_for_each_entry(page, head, slab_list) {
		bad += verify_slab(c, page, min_use, max_use);
		*inuse += page->inuse;
		if (++*slabs > c->nr_slabs || bad > 10)
			break;
	}
	return bad;
}

/* What lies in the arrays is not on its slab's free list, and of this cache. */
static int verify_arrays(const struct kmem_cache *c)
{
	unsigned int cpu, i;
	int bad = 0;

	for (cpu = 0; cpu < nr_cpus; cpu++) {
		const struct array_cache *ac = c->cpu[cpu];

		if (ac->avail > ac->limit)
			return bad + complain(c, ac, "array overfilled");
		for (i = 0; i < ac->avail; i++) {
			const struct page *page = virt_to_head_page(ac->entry[i]);

			if (!PageSlab(page) || page->slab_cache != c ||
			    !is_slot(c, page, ac->entry[i]))
				bad += complain(c, ac->entry[i], "array holds a stranger");
		}
	}
	return bad;
}

static int verify_cache(struct kmem_cache *c)
{
	unsigned long slabs = 0, inuse = 0, nr_free;
	int bad;

	spin_lock(&c->lock);
	bad = verify_list(c, &c->free, 0, 0, &slabs, &inuse);
	nr_free = slabs;
	bad += verify_list(c, &c->partial, 1, c->num - 1, &slabs, &inuse);
	bad += verify_list(c, &c->full, c->num, c->num, &slabs, &inuse);
	if (slabs != c->nr_slabs || nr_free != c->nr_free_slabs)
		bad += complain(c, c, "slabs lost or gained");
	if (inuse != c->inuse)
		bad += complain(c, c, "objects in use miscounted");
	bad += verify_arrays(c);
	spin_unlock(&c->lock);
	return bad;
}

int slab_verify_all(void)
{
	struct kmem_cache *c;
	unsigned long flags;
	int bad = 0;

	spin_lock_irqsave(&caches_lock, flags);
	list_for_each_entry(c, &caches, list)
		bad += verify_cache(c);
	spin_unlock_irqrestore(&caches_lock, flags);
	return bad;
}

/* Slots of @page on its free list or in a CPU's array, into slot_is_free. */
static void find_free_slots(const struct kmem_cache *c, const struct page *page)
{
	memset(slot_is_free, 0, sizeof(slot_is_free));
	for (void *obj = page->freelist; obj; obj = *next_slot(c, obj))
		__set_bit(((unsigned long)obj - (unsigned long)slab_base(page)) / c->size, slot_is_free);
	for (unsigned int cpu = 0; cpu < nr_cpus; cpu++)
		for (unsigned int i = 0; i < c->cpu[cpu]->avail; i++)
			if (is_slot(c, page, c->cpu[cpu]->entry[i]))
				__set_bit(((unsigned long)c->cpu[cpu]->entry[i] -
					   (unsigned long)slab_base(page)) / c->size, slot_is_free);
}

static void visit_list(const struct kmem_cache *c, const struct list_head *head,
		       const struct slab_visitor *v, void *arg)
{
	const struct page *page;

	list_for_each_entry(page, head, slab_list) {
		find_free_slots(c, page);
		v->slab(page, slot_is_free, arg);
	}
}

void slab_visit_all(const struct slab_visitor *v, void *arg)
{
	struct kmem_cache *c;

	list_for_each_entry(c, &caches, list) {
		struct slab_counts n = {
			.cache = c->name, .size = c->size, .per = c->num, .order = c->order,
			.active = active_locked(c), .total = c->nr_slabs * c->num,
			.kept = c->inuse - active_locked(c),
		};

		v->begin(&n, arg);
		visit_list(c, &c->full, v, arg);
		visit_list(c, &c->partial, v, arg);
		visit_list(c, &c->free, v, arg);
		v->end(arg);
	}
}

int slabinfo_show(struct seq_file *m)
{
	struct kmem_cache *c;
	unsigned long flags;

	seq_printf(m, "slabinfo - version: 2.1\n"
		   "# name            <active_objs> <num_objs> <objsize> <objperslab> <pagesperslab>"
		   " : tunables <limit> <batchcount> <sharedfactor>"
		   " : slabdata <active_slabs> <num_slabs> <sharedavail>\n");
	spin_lock_irqsave(&caches_lock, flags);
	list_for_each_entry(c, &caches, list) {
		spin_lock(&c->lock);
		seq_printf(m, "%-17s %6lu %6lu %6u %4u %4d : tunables %4u %4u %4u"
			   " : slabdata %6lu %6lu %6lu\n", c->name, active_locked(c),
			   c->nr_slabs * c->num, c->size, c->num, 1 << c->order, c->limit,
			   c->batch, 0U, c->nr_slabs - c->nr_free_slabs, c->nr_slabs, 0UL);
		spin_unlock(&c->lock);
	}
	spin_unlock_irqrestore(&caches_lock, flags);
	return 0;
}
