/*
 * mm/kasan.c - accesses to memory that is not there to be touched (make SAN=kasan)
 *
 * Purpose:    the compiler looks at the shadow before every load and store (and at red zones
 *             that it puts around variables); the allocators say in the shadow what is handed
 *             out.  An access to anything else is reported with the object it missed, and ends
 *             the kernel.
 *
 *   memory  | red zone | object, 13 bytes ...   | red zone | freed object | free page ...
 *   shadow  |    fc    |      00 05             |    fc    |      fb      | ff ...
 *
 * Invariants: nothing here is checked itself (the Makefile leaves this file out), nothing
 *             allocates, any context is good.  Only shadow of RAM, of the image and of vmalloc's
 *             areas is ever written: the rest is one page of zeroes that cannot be (kasan_init.c).
 *             Until kasan_start() and after kasan_stop() nothing is reported.
 *             A freed object waits in the quarantine, KASAN_QUARANTINE frees long, before its
 *             cache gets it back: until then its use is seen.
 * Lock order: quarantine_lock, innermost, interrupts off.
 * Simplified: one quarantine for the machine, counted in objects, not in bytes.
 * Sources:    Serebryany and others, "AddressSanitizer: A Fast Address Sanity Checker" (USENIX
 *             ATC 2012); GCC's asan.c comments on the layout of stack frames; the names of the
 *             functions are those that the compiler calls.
 */
#include <kasan.h>
#include <mm.h>
#include <printk.h>
#include <sched.h>
#include <sections.h>
#include <string.h>
#include "page_internal.h"

#ifdef QUIRE_KASAN

#define CALLER ((unsigned long)__builtin_return_address(0))
#define GRANULE 8UL
#define KERNEL_HALF 0xffff800000000000UL
#define FRAME_MAGIC 0x41b58ab3UL	/* the compiler's, at the bottom of a frame with red zones */

struct kasan_trap *kasan_trap;
static bool enabled;

static s8 *shadow_of(unsigned long addr)
{
	return (s8 *)(addr / GRANULE + KASAN_SHADOW_OFFSET);
}

void kasan_poison(const void *p, size_t size, u8 value)
{
	BUG_ON(((unsigned long)p | size) & (GRANULE - 1));
	memset(shadow_of((unsigned long)p), value, size / GRANULE);
}

void kasan_unpoison(const void *p, size_t size)
{
	memset(shadow_of((unsigned long)p), 0, size / GRANULE);
	if (size & (GRANULE - 1))
		*shadow_of((unsigned long)p + size) = size & (GRANULE - 1);
}

void kasan_stop(void)
{
	enabled = false;
}

/* ---- looking ----------------------------------------------------------------------- */

/* Whether the shadow forbids the byte at @addr. */
static bool forbidden(unsigned long addr)
{
	s8 s = *shadow_of(addr);

	return s && (s < 0 || (s8)(addr & (GRANULE - 1)) >= s);
}

/* The first byte of [addr, addr + size) that may not be touched, or 0. */
static unsigned long first_bad(unsigned long addr, size_t size)
{
	unsigned long end = addr + size;

	if (!size)
		return 0;
	if (addr < KERNEL_HALF || end < addr)
		return addr ?: 1;
	while (addr < end) {
		if (*shadow_of(addr) == 0) {
			addr = (addr | (GRANULE - 1)) + 1;
		} else {
			if (forbidden(addr))
				return addr;
			addr++;
		}
	}
	return 0;
}

/* ---- telling ------------------------------------------------------------------------ */

/* What the compiler says of each variable with a red zone. */
struct global {
	const char *start;
	size_t size, size_with_redzone;
	const char *name, *file;
	size_t has_dynamic_init;
	void *location, *odr_indicator;
};

#define MAX_FILES 512
static struct {
	const struct global *first;
	size_t nr;
} globals[MAX_FILES];
static unsigned int nr_files;

static const char *kind(unsigned long addr)
{
	s8 value;

	if (addr < PAGE_SIZE)
		return "null-ptr-deref";
	if (addr < KERNEL_HALF)
		return "user-memory-access";
	value = *shadow_of(addr);
	if (value > 0)			/* the red zone behind says what it is */
		value = *shadow_of(addr + GRANULE);
	switch ((u8)value) {
	case KASAN_FREE_PAGE:
		return "use-after-free of a page";
	case KASAN_PAGE_REDZONE:
		return "page-out-of-bounds";
	case KASAN_SLAB_FREE:
		return "slab-use-after-free";
	case KASAN_SLAB_REDZONE:
		return "slab-out-of-bounds";
	case KASAN_GLOBAL_REDZONE:
		return "global-out-of-bounds";
	case KASAN_VMALLOC_INVALID:
		return "vmalloc-out-of-bounds";
	case KASAN_STACK_LEFT:
	case KASAN_STACK_MID:
	case KASAN_STACK_RIGHT:
		return "stack-out-of-bounds";
	case KASAN_USE_AFTER_SCOPE:
		return "stack-use-after-scope";
	}
	return "slab-out-of-bounds";
}

struct text {
	char *at;
	size_t left;
};

static void add(struct text *t, const char *fmt, ...) __printf(2, 3);

static void add(struct text *t, const char *fmt, ...)
{
	va_list ap;
	size_t n;

	va_start(ap, fmt);
	n = vsnprintf(t->at, t->left, fmt, ap);
	va_end(ap);
	n = min(n, t->left ? t->left - 1 : 0);
	t->at += n;
	t->left -= n;
}

static void add_place(struct text *t, const char *what, const char *start, size_t size,
		      unsigned long addr)
{
	unsigned long from = (unsigned long)start;

	if (addr < from)
		add(t, "%lu bytes before %s", from - addr, what);
	else if (addr >= from + size)
		add(t, "%lu bytes behind %s", addr - from - size, what);
	else
		add(t, "%lu bytes into %s", addr - from, what);
	add(t, " at %p, %zu bytes long\n", (const void *)start, size);
}

static bool describe_slab(struct text *t, unsigned long addr)
{
	struct kasan_object o;
	char what[64], who[80];

	if (!slab_describe((void *)addr, &o))
		return false;
	snprintf(what, sizeof(what), "an object of %s", o.cache);
	add_place(t, what, o.start, o.size, addr);
	add(t, "allocated by %s\n", sprint_symbol(who, sizeof(who), o.alloc_caller));
	if (o.free_caller)
		add(t, "freed by %s\n", sprint_symbol(who, sizeof(who), o.free_caller));
	return true;
}

static bool describe_global(struct text *t, unsigned long addr)
{
	char what[64];

	for (unsigned int f = 0; f < nr_files; f++) {
		for (size_t i = 0; i < globals[f].nr; i++) {
			const struct global *g = &globals[f].first[i];

			if (addr - (unsigned long)g->start >= g->size_with_redzone)
				continue;
			snprintf(what, sizeof(what), "%s of %s", g->name, g->file);
			add_place(t, what, g->start, g->size, addr);
			return true;
		}
	}
	return false;
}

/* The frame that @addr lies in begins with a mark and its variables: "count (offset size len name)...". */
static bool describe_stack(struct text *t, unsigned long addr)
{
	unsigned long sp = addr & ~(GRANULE - 1), low = (unsigned long)current->stack;
	char who[80];

	if (addr - low >= KERNEL_STACK_SIZE)
		return false;
	for (; sp >= low; sp -= GRANULE) {
		const unsigned long *frame = (const unsigned long *)sp;

		if (frame[0] != FRAME_MAGIC || *shadow_of(sp) != (s8)KASAN_STACK_LEFT)
			continue;
		add(t, "%lu bytes into a frame of %s, whose variables are: %s\n", addr - sp,
		    sprint_symbol(who, sizeof(who), frame[2]), (const char *)frame[1]);
		return true;
	}
	return false;
}

static void describe_page(struct text *t, unsigned long addr)
{
	const struct page_owner *o;
	unsigned long pfn = (addr - PAGE_OFFSET) >> PAGE_SHIFT;
	char who[80];

	if (addr < PAGE_OFFSET || addr >= VMALLOC_START || !pfn_valid(pfn))
		return;
	o = page_owner_of(pfn_to_page(pfn));
	add(t, "in page frame 0x%lx", pfn);
	if (o && o->alloc_caller)
		add(t, ", allocated by %s", sprint_symbol(who, sizeof(who),
							  owner_address(o->alloc_caller)));
	if (o && o->free_caller > 1)
		add(t, ", freed by %s", sprint_symbol(who, sizeof(who),
						      owner_address(o->free_caller)));
	add(t, "\n");
}

/* Five rows of shadow, the middle one with the byte of @addr in brackets. */
static void print_shadow(unsigned long addr)
{
	unsigned long row = addr & ~(16 * GRANULE - 1);

	if (addr < KERNEL_HALF)
		return;
	for (int r = -2; r <= 2; r++) {
		unsigned long at = row + r * 16 * (long)GRANULE;
		char line[120];
		int n = 0;

		for (int i = 0; i < 16; i++) {
			bool here = addr / GRANULE == at / GRANULE + i;

			n += snprintf(line + n, sizeof(line) - n, here ? "[%02x]" : " %02x ",
				      (u8)shadow_of(at)[i]);
		}
		pr_err("%c %016lx:%s\n", r ? ' ' : '>', at, line);
	}
}

static noinline void report(unsigned long addr, unsigned long bad, size_t size, bool write,
			    unsigned long ip)
{
	static char buf[400];
	struct text t = { buf, sizeof(buf) };
	char who[80];

	if (!enabled)
		return;
	enabled = false;		/* whatever is touched to tell it */
	add(&t, "KASAN: %s: %s of %zu bytes at %#lx by %s\n", kind(bad), write ? "write" : "read",
	    size, addr, sprint_symbol(who, sizeof(who), ip));
	if (bad >= KERNEL_HALF && !describe_slab(&t, bad) && !describe_global(&t, bad) &&
	    !describe_stack(&t, bad))
		describe_page(&t, bad);
	if (kasan_trap) {
		kasan_trap->count++;
		memcpy(kasan_trap->text, buf, sizeof(buf));
		enabled = true;
		return;
	}
	pr_err("%s", buf);
	print_shadow(bad);
	*strchr(buf, '\n') = '\0';
	panic("%s", buf);
}

void kasan_check(unsigned long addr, size_t size, bool write, unsigned long ip)
{
	unsigned long bad = first_bad(addr, size);

	if (unlikely(bad))
		report(addr, bad, size, write, ip);
}

/* ---- what the compiler calls: names are its own ------------------------------------------ */

#define ACCESS(name, size, write)						\
	void __asan_##name##_noabort(unsigned long addr);			\
	void __asan_##name##_noabort(unsigned long addr)			\
	{									\
		kasan_check(addr, size, write, CALLER);			\
	}									\
	void __asan_report_##name##_noabort(unsigned long addr);		\
	void __asan_report_##name##_noabort(unsigned long addr)			\
	{									\
		kasan_check(addr, size, write, CALLER);			\
	}
ACCESS(load1, 1, false)
ACCESS(load2, 2, false)
ACCESS(load4, 4, false)
ACCESS(load8, 8, false)
ACCESS(load16, 16, false)
ACCESS(store1, 1, true)
ACCESS(store2, 2, true)
ACCESS(store4, 4, true)
ACCESS(store8, 8, true)
ACCESS(store16, 16, true)

#define ACCESS_N(name, write)							\
	void name(unsigned long addr, size_t size);				\
	void name(unsigned long addr, size_t size)				\
	{									\
		kasan_check(addr, size, write, CALLER);			\
	}
ACCESS_N(__asan_loadN_noabort, false)
ACCESS_N(__asan_storeN_noabort, true)
ACCESS_N(__asan_report_load_n_noabort, false)
ACCESS_N(__asan_report_store_n_noabort, true)

void __asan_handle_no_return(void);
void __asan_register_globals(const struct global *g, size_t nr);
void __asan_unregister_globals(const struct global *g, size_t nr);
void __asan_poison_stack_memory(const void *p, size_t size);
void __asan_unpoison_stack_memory(const void *p, size_t size);

/* A stack that is left without returning is cleaned when it is handed out again. */
void __asan_handle_no_return(void)
{
}

void __asan_register_globals(const struct global *g, size_t nr)
{
	if (nr_files < MAX_FILES) {
		globals[nr_files].first = g;
		globals[nr_files++].nr = nr;
	}
	for (; nr--; g++) {
		size_t used = ALIGN_UP(g->size, GRANULE);

		kasan_unpoison(g->start, g->size);
		kasan_poison(g->start + used, g->size_with_redzone - used, KASAN_GLOBAL_REDZONE);
	}
}

void __asan_unregister_globals(const struct global *g, size_t nr)
{
}

void __asan_poison_stack_memory(const void *p, size_t size)
{
	kasan_poison(p, ALIGN_UP(size, GRANULE), KASAN_USE_AFTER_SCOPE);
}

void __asan_unpoison_stack_memory(const void *p, size_t size)
{
	kasan_unpoison(p, size);
}

/* ---- the quarantine ------------------------------------------------------------------------ */

static DEFINE_SPINLOCK(quarantine_lock);		/* all of these */
static struct {
	struct kmem_cache *cache;
	void *obj;
} quarantine[KASAN_QUARANTINE + NR_CPUS];		/* each CPU may be about to take one out */
static unsigned int oldest, waiting;

void kasan_quarantine_put(struct kmem_cache *c, void *obj)
{
	unsigned int i;

	spin_lock(&quarantine_lock);
	i = (oldest + waiting++) % ARRAY_SIZE(quarantine);
	BUG_ON(waiting > ARRAY_SIZE(quarantine));
	quarantine[i].cache = c;
	quarantine[i].obj = obj;
	spin_unlock(&quarantine_lock);
}

void *kasan_quarantine_take(unsigned int keep, struct kmem_cache **c)
{
	void *obj = NULL;

	spin_lock(&quarantine_lock);
	if (waiting > keep) {
		obj = quarantine[oldest].obj;
		*c = quarantine[oldest].cache;
		oldest = (oldest + 1) % ARRAY_SIZE(quarantine);
		waiting--;
	}
	spin_unlock(&quarantine_lock);
	return obj;
}

unsigned int kasan_quarantine_count(const struct kmem_cache *c)
{
	unsigned long flags;
	unsigned int n = 0;

	spin_lock_irqsave(&quarantine_lock, flags);
	for (unsigned int i = 0; i < waiting; i++)
		n += quarantine[(oldest + i) % ARRAY_SIZE(quarantine)].cache == c;
	spin_unlock_irqrestore(&quarantine_lock, flags);
	return n;
}

/* ---- boot ------------------------------------------------------------------------------------ */

typedef void (*ctor_t)(void);
extern const ctor_t __ctors_start[], __ctors_end[];

void kasan_start(void)
{
	for (const ctor_t *c = __ctors_start; c < __ctors_end; c++)
		(*c)();
	enabled = true;
	pr_info("kasan: accesses are checked, red zones around the variables of %u files\n",
		nr_files);
}

#endif
