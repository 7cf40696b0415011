/*
 * slab.h - caches of equal objects, and kmalloc on top of them
 */
#ifndef SLAB_H
#define SLAB_H

#include <types.h>
#include <gfp.h>

struct kmem_cache;

#define SLAB_HWCACHE_ALIGN	BIT(0)	/* objects start on a cache line */
#define SLAB_PANIC		BIT(1)	/* panic if the cache cannot be made (boot) */
#define SLAB_POISON		BIT(2)	/* set for all caches in the debug build ... */
#define SLAB_RED_ZONE		BIT(3)
#define SLAB_STORE_USER		BIT(4)
#define SLAB_RECLAIM_ACCOUNT	BIT(5)	/* a shrinker frees its objects: SReclaimable */
#define SLAB_NOTRACK		0	/* Linux's kmemcheck flag: nothing to do here */

/*
 * A cache of objects of @size bytes aligned to @align (0: 8).  @ctor runs once per
 * object when its slab is made, not per allocation; a freed object must be handed
 * back in constructed state.  NULL on failure unless SLAB_PANIC.
 */
struct kmem_cache *kmem_cache_create(const char *name, size_t size, size_t align,
				     unsigned long flags, void (*ctor)(void *));
void kmem_cache_destroy(struct kmem_cache *c);	/* all objects must be back: else reported, kept */
void *kmem_cache_alloc(struct kmem_cache *c, gfp_t gfp);
void kmem_cache_free(struct kmem_cache *c, void *obj);
/* Give completely free slabs back to the page allocator; returns pages freed. */
unsigned long kmem_cache_shrink(struct kmem_cache *c);
size_t kmem_cache_size(const struct kmem_cache *c);
/* Objects handed out and not freed: exact, for leak checks. */
unsigned long kmem_cache_active(struct kmem_cache *c);

#define KMEM_CACHE(s, flags) \
	kmem_cache_create(#s, sizeof(struct s), __alignof__(struct s), flags, NULL)

/* kmalloc-8 .. kmalloc-8192 from caches, larger from the page allocator (up to 4 MiB). */
void *kmalloc(size_t size, gfp_t gfp);
void *kzalloc(size_t size, gfp_t gfp);
void *kcalloc(size_t n, size_t size, gfp_t gfp);	/* NULL on overflow too */
void kfree(const void *p);				/* NULL is fine */
size_t ksize(const void *p);
char *kstrdup(const char *s, gfp_t gfp);
void *kmemdup(const void *p, size_t len, gfp_t gfp);

void kmem_cache_init(void);
/* Total objects handed out over all caches (leak checks), and all pages held by slabs. */
unsigned long slab_total_active(void);
unsigned long slab_total_pages(void);
unsigned long slab_reclaimable_pages(void);		/* of these, of caches with SLAB_RECLAIM_ACCOUNT */
/* Completely free slabs of @c alone, without asking CPUs for the objects they keep: pages freed. */
unsigned long kmem_cache_release_idle(struct kmem_cache *c);
/* kmem_cache_shrink() of every cache; returns pages freed. */
unsigned long slab_shrink_all(void);
/* Walk all caches and check free lists, red zones and poison; returns the number of violations. */
int slab_verify_all(void);

struct seq_file;
int slabinfo_show(struct seq_file *m);		/* /proc/slabinfo, version 2.1 */

/* Boot: arrays of CPU @cpu in all caches, before it runs.  0 or -ENOMEM. */
int kmem_cache_cpu_up(unsigned int cpu);

#endif
