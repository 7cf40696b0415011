/*
 * tests/kernel/test_slab.c - slab caches and kmalloc
 */
#include <kasan.h>
#include <ktest.h>
#include <mm.h>
#include <slab.h>
#include <string.h>
#include "../../mm/page_internal.h"

#define NR 300
static void *objs[NR];

KTEST(slab, objects_are_distinct_and_keep_their_contents)
{
	struct kmem_cache *c = kmem_cache_create("t_distinct", 72, 0, 0, NULL);
	bool ok = true;
	int i, n;

	EXPECT(c);
	for (n = 0; n < NR && (objs[n] = kmem_cache_alloc(c, GFP_KERNEL)); n++)
		memset(objs[n], n, 72);
	for (i = 0; i < n; i++)
		ok = ok && *(u8 *)objs[i] == (u8)i && ((u8 *)objs[i])[71] == (u8)i;
	while (n--)
		kmem_cache_free(c, objs[n]);
	kmem_cache_destroy(c);
	EXPECT(ok);
}

KTEST(slab, active_count_is_exact_whatever_the_cpu_arrays_hold)
{
	struct kmem_cache *c = kmem_cache_create("t_active", 40, 0, 0, NULL);
	unsigned long full, half, none;
	int i;

	EXPECT(c);
	for (i = 0; i < NR; i++)
		objs[i] = kmem_cache_alloc(c, GFP_KERNEL | __GFP_NOFAIL);
	full = kmem_cache_active(c);
	for (i = 0; i < NR / 2; i++)
		kmem_cache_free(c, objs[i]);
	half = kmem_cache_active(c);
	for (; i < NR; i++)
		kmem_cache_free(c, objs[i]);
	none = kmem_cache_active(c);
	kmem_cache_destroy(c);
	EXPECT_EQ(full, NR);
	EXPECT_EQ(half, NR - NR / 2);
	EXPECT_EQ(none, 0);
}

KTEST(slab, last_object_freed_is_the_first_handed_out_again)
{
	struct kmem_cache *c = kmem_cache_create("t_lifo", 64, 0, 0, NULL);
	void *a, *b;

#ifdef QUIRE_KASAN
	kmem_cache_destroy(c);
	ktest_skip(t, "freed objects wait in KASAN's quarantine");
	return;
#endif
	EXPECT(c);
	a = kmem_cache_alloc(c, GFP_KERNEL);
	kmem_cache_free(c, a);
	b = kmem_cache_alloc(c, GFP_KERNEL);
	kmem_cache_free(c, b);
	kmem_cache_destroy(c);
	EXPECT(a && a == b);
}

KTEST(slab, hwcache_align_puts_every_object_on_a_cache_line)
{
	struct kmem_cache *c = kmem_cache_create("t_align", 40, 0, SLAB_HWCACHE_ALIGN, NULL);
	unsigned long misaligned = 0;
	int i;

	EXPECT(c);
	for (i = 0; i < 50; i++) {
		objs[i] = kmem_cache_alloc(c, GFP_KERNEL | __GFP_NOFAIL);
		misaligned |= (unsigned long)objs[i] & 63;
	}
	while (i--)
		kmem_cache_free(c, objs[i]);
	kmem_cache_destroy(c);
	EXPECT_EQ(misaligned, 0);
}

static int ctor_runs;

static void count_ctor(void *obj)
{
	ctor_runs++;
	*(unsigned long *)obj = 0xc0ffee;
}

KTEST(slab, constructor_runs_once_per_object_not_per_allocation)
{
	struct kmem_cache *c;
	int i, after_first, constructed = 0;

	ctor_runs = 0;
	c = kmem_cache_create("t_ctor", 48, 0, 0, count_ctor);
	EXPECT(c);
	objs[0] = kmem_cache_alloc(c, GFP_KERNEL | __GFP_NOFAIL);
	after_first = ctor_runs;
	kmem_cache_free(c, objs[0]);
	for (i = 0; i < 50; i++) {
		unsigned long *obj = kmem_cache_alloc(c, GFP_KERNEL | __GFP_NOFAIL);

		constructed += *obj == 0xc0ffee;
		kmem_cache_free(c, obj);
	}
	kmem_cache_destroy(c);
	EXPECT(after_first > 0);
	EXPECT_EQ(ctor_runs, after_first);
	EXPECT_EQ(constructed, 50);
}

KTEST(slab, shrink_gives_every_empty_slab_back)
{
	struct kmem_cache *c = kmem_cache_create("t_shrink", 200, 0, 0, NULL);
	unsigned long before, after;
	int i;

	EXPECT(c);
	mm_drain_caches();
	before = nr_free_pages();
	for (i = 0; i < NR; i++)
		objs[i] = kmem_cache_alloc(c, GFP_KERNEL | __GFP_NOFAIL);
	while (i--)
		kmem_cache_free(c, objs[i]);
	kmem_cache_shrink(c);
	after = nr_free_pages();
	kmem_cache_destroy(c);
	EXPECT_EQ(after, before);
}

KTEST(slab, destroying_a_cache_in_use_is_refused)
{
	struct kmem_cache *c = kmem_cache_create("t_busy", 32, 0, 0, NULL);
	void *obj;
	unsigned long active;

	EXPECT(c);
	obj = kmem_cache_alloc(c, GFP_KERNEL | __GFP_NOFAIL);
	kmem_cache_destroy(c);		/* says so in the log, and keeps it */
	active = kmem_cache_active(c);
	kmem_cache_free(c, obj);
	kmem_cache_destroy(c);
	EXPECT_EQ(active, 1);
}

KTEST(slab, kmalloc_gives_at_least_what_was_asked_for)
{
	size_t size;

	for (size = 1; size <= 64 * 1024; size = size * 3 / 2 + 1) {
		u8 *p = kmalloc(size, GFP_KERNEL);
		size_t real = ksize(p);

		if (p) {
			p[0] = 1;
			p[size - 1] = 2;
		}
		kfree(p);
		EXPECT(p && real >= size);
	}
}

KTEST(slab, kmalloc_of_64_bytes_and_more_is_cache_line_aligned)
{
	size_t size;

	for (size = 64; size <= 16384; size *= 2) {
		void *p = kmalloc(size, GFP_KERNEL);

		kfree(p);
		EXPECT(p && ((unsigned long)p & 63) == 0);
	}
}

KTEST(slab, kzalloc_memory_is_zero)
{
	u8 *p = kmalloc(500, GFP_KERNEL);
	int i, sum = 0;

	EXPECT(p);
	memset(p, 0x55, 500);
	kfree(p);
	p = kzalloc(500, GFP_KERNEL);
	EXPECT(p);
	for (i = 0; i < 500; i++)
		sum |= p[i];
	kfree(p);
	EXPECT_EQ(sum, 0);
}

KTEST(slab, kcalloc_refuses_a_product_that_overflows)
{
	EXPECT(!kcalloc(1UL << 33, 1UL << 33, GFP_KERNEL));
}

KTEST(slab, kmalloc_beyond_4_mib_is_refused)
{
	EXPECT(!kmalloc((4UL << 20) + 1, GFP_KERNEL));
}

KTEST(slab, kfree_of_null_is_fine_and_kstrdup_copies)
{
	char *s;
	bool same;

	kfree(NULL);
	s = kstrdup("address space", GFP_KERNEL);
	EXPECT(s);
	same = !strcmp(s, "address space");
	kfree(s);
	EXPECT(same);
}

KTEST(slab, random_alloc_and_free_keep_all_counts)
{
	static const size_t sizes[4] = { 24, 120, 700, 3000 };
	struct kmem_cache *c[4];
	static u8 kind[NR];
	u64 seed = 7;
	int i, n, bad;

	for (i = 0; i < 4; i++)
		c[i] = kmem_cache_create("t_random", sizes[i], 0, 0, NULL);
	memset(objs, 0, sizeof(objs));
	for (n = 0; n < 5000; n++) {
		seed = seed * 6364136223846793005UL + 1442695040888963407UL;
		i = (seed >> 40) % NR;
		if (objs[i]) {
			kmem_cache_free(c[kind[i]], objs[i]);
			objs[i] = NULL;
		} else {
			kind[i] = seed >> 62;
			objs[i] = kmem_cache_alloc(c[kind[i]], GFP_KERNEL);
		}
	}
	bad = slab_verify_all();
	for (i = 0; i < NR; i++)
		if (objs[i])
			kmem_cache_free(c[kind[i]], objs[i]);
	for (i = 0; i < 4; i++)
		kmem_cache_destroy(c[i]);
	EXPECT_EQ(bad, 0);
}

#ifdef QUIRE_DEBUG
KTEST(slab, double_free_is_caught)
{
	struct kmem_cache *c = kmem_cache_create("t_double", 56, 0, 0, NULL);
	unsigned int caught = 0;
	void *obj;

	EXPECT(c);
	obj = kmem_cache_alloc(c, GFP_KERNEL | __GFP_NOFAIL);
	kmem_cache_free(c, obj);
	slab_debug_trap = &caught;
	kmem_cache_free(c, obj);
	slab_debug_trap = NULL;
	kmem_cache_destroy(c);
	EXPECT_EQ(caught, 1);
}

KTEST(slab, one_byte_written_behind_an_object_is_caught_at_its_free)
{
	u8 *p = kmalloc(128, GFP_KERNEL);
	unsigned int caught = 0;

	EXPECT(p);
	forbidden_write(p + 128, 0);
	slab_debug_trap = &caught;
	kfree(p);
	slab_debug_trap = NULL;
	EXPECT_EQ(caught, 1);
}

KTEST(slab, write_after_free_is_caught_at_the_next_allocation)
{
	struct kmem_cache *c = kmem_cache_create("t_uaf", 88, 0, 0, NULL);
	unsigned int caught = 0;
	u8 *obj;

	EXPECT(c);
	obj = kmem_cache_alloc(c, GFP_KERNEL | __GFP_NOFAIL);
	kmem_cache_free(c, obj);
	forbidden_write(obj + 20, 1);
#ifdef QUIRE_KASAN
	for (int i = 0; i < KASAN_QUARANTINE; i++)	/* until it comes out of the quarantine */
		kfree(kmalloc(8, GFP_KERNEL));
#endif
	slab_debug_trap = &caught;
	obj = kmem_cache_alloc(c, GFP_KERNEL | __GFP_NOFAIL);
	slab_debug_trap = NULL;
	kmem_cache_free(c, obj);
	kmem_cache_destroy(c);
	EXPECT_EQ(caught, 1);
}

KTEST(slab, object_freed_to_the_wrong_cache_is_caught)
{
	struct kmem_cache *c = kmem_cache_create("t_mine", 64, 0, 0, NULL);
	struct kmem_cache *d = kmem_cache_create("t_other", 64, 0, 0, NULL);
	unsigned int caught = 0;
	void *obj;

	EXPECT(c && d);
	obj = kmem_cache_alloc(c, GFP_KERNEL | __GFP_NOFAIL);
	slab_debug_trap = &caught;
	kmem_cache_free(d, obj);
	kmem_cache_free(c, (char *)obj + 8);
	slab_debug_trap = NULL;
	kmem_cache_free(c, obj);
	kmem_cache_destroy(c);
	kmem_cache_destroy(d);
	EXPECT_EQ(caught, 2);
}

KTEST(slab, freed_memory_is_poisoned)
{
	u8 *p = kmalloc(64, GFP_KERNEL);
	bool ok;

	EXPECT(p);
	memset(p, 1, 64);
	kfree(p);
	ok = forbidden_read(p) == 0x6b && forbidden_read(p + 62) == 0x6b && forbidden_read(p + 63) == 0xa5;
	EXPECT(ok);
}

KTEST(slab, verify_finds_an_overrun_before_the_object_is_freed)
{
	u8 *p = kmalloc(256, GFP_KERNEL), was;
	int found;

	EXPECT(p);
	was = forbidden_read(p + 256);
	forbidden_write(p + 256, 0);
	found = slab_verify_all();
	forbidden_write(p + 256, was);
	kfree(p);
	EXPECT(found > 0);
	EXPECT_EQ(slab_verify_all(), 0);
}
#endif
