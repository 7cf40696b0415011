/*
 * kasan.h - which bytes of the kernel's memory may be touched (make SAN=kasan)
 *
 * One shadow byte for eight bytes of memory: 0, all eight may be touched; 1..7, only the first so
 * many; negative, none, and the value says why.  In other builds everything here is nothing.
 */
#ifndef KASAN_H
#define KASAN_H

#include <types.h>

struct kmem_cache;
struct page;

/* What a self test that breaks the rules on purpose wants to see. */
struct kasan_trap {
	unsigned int count;		/* reports so far */
	char text[400];			/* the last one's first lines */
};

#ifdef QUIRE_KASAN

/* Why memory may not be touched.  The compiler's own: the red zones of the stack, and scopes. */
#define KASAN_FREE_PAGE		0xff	/* free in the page allocator */
#define KASAN_PAGE_REDZONE	0xfe	/* behind a kmalloc() of pages */
#define KASAN_SLAB_REDZONE	0xfc	/* between objects */
#define KASAN_SLAB_FREE		0xfb	/* an object that was freed */
#define KASAN_GLOBAL_REDZONE	0xf9	/* behind a variable */
#define KASAN_VMALLOC_INVALID	0xf7	/* behind or after vmalloc(), or a stack that is not in use */
#define KASAN_STACK_LEFT	0xf1
#define KASAN_STACK_MID		0xf2
#define KASAN_STACK_RIGHT	0xf3
#define KASAN_USE_AFTER_SCOPE	0xf8

/* While not NULL, reports go here and the kernel lives on; one test at a time. */
extern struct kasan_trap *kasan_trap;

/* Boot: the shadow of all RAM and of the image, for the tables in init_pgd (kasan_init.c) ... */
void kasan_init(void);
/* ... and, when they are in CR3, the red zones of variables; from here accesses are reported. */
void kasan_start(void);
/* Is @table one of those that all of the shadow without memory shares?  A walk need not enter it. */
bool kasan_shared_table(const void *table);
/* Shadow memory of its own for [addr, addr + size) of vmalloc's; false: no memory. */
bool kasan_populate_vmalloc(unsigned long addr, unsigned long size);
/* A panic has begun: nothing is reported any more. */
void kasan_stop(void);

/* The shadow of [p, p + size) becomes @value, which is not 0; both are multiples of 8. */
void kasan_poison(const void *p, size_t size, u8 value);
/* [p, p + size) may be touched, and up to the next multiple of 8 nothing behind it. */
void kasan_unpoison(const void *p, size_t size);
/* Report @ip's access unless it may touch all of [addr, addr + size). */
void kasan_check(unsigned long addr, size_t size, bool write, unsigned long ip);

static inline void kasan_check_read(const void *p, size_t size)
{
	kasan_check((unsigned long)p, size, false, (unsigned long)__builtin_return_address(0));
}
static inline void kasan_check_write(const void *p, size_t size)
{
	kasan_check((unsigned long)p, size, true, (unsigned long)__builtin_return_address(0));
}

/* An object that a slab cache owns, for a report. */
struct kasan_object {
	const char *cache;
	const char *start;
	size_t size;
	unsigned long alloc_caller, free_caller;
};
bool slab_describe(const void *p, struct kasan_object *o);	/* mm/slab.c */

/*
 * Freed objects wait here before they can be handed out again.  Interrupts off.
 * put: @obj of @c joins.  take: the oldest, when more wait than @keep; NULL when not.
 */
void kasan_quarantine_put(struct kmem_cache *c, void *obj);
void *kasan_quarantine_take(unsigned int keep, struct kmem_cache **c);
unsigned int kasan_quarantine_count(const struct kmem_cache *c);
#define KASAN_QUARANTINE 256		/* objects */

/* Files that are not checked themselves use memset() on what may not be touched. */
#ifndef __SANITIZE_ADDRESS__
static inline void *kasan_memset(void *p, int byte, size_t n)
{
	void *d = p;

	asm volatile("rep stosb" : "+D"(d), "+c"(n) : "a"(byte) : "memory");
	return p;
}
#define memset(p, byte, n) kasan_memset(p, byte, n)
#endif

#else
static inline void kasan_init(void) { }
static inline void kasan_start(void) { }
static inline bool kasan_shared_table(const void *table) { return false; }
static inline bool kasan_populate_vmalloc(unsigned long addr, unsigned long size) { return true; }
static inline void kasan_stop(void) { }
static inline void kasan_check_read(const void *p, size_t size) { }
static inline void kasan_check_write(const void *p, size_t size) { }
#define kasan_poison(p, size, value) ((void)(p))
#define kasan_unpoison(p, size) ((void)(p))
#endif

#endif
