/* links: mm/slab.c mm/page_alloc.c mm/lru.c mm/shrinker.c tests/host/no_reclaim.c mm/mm_init.c mm/memblock.c mm/debug.c mm/fail_alloc.c tests/host/shim.c tests/host/shim_tlb.c */
/*
 * tests/host/test_slab.c - slab caches against a model of what is handed out
 */
#include "cmocka_shim.h"
#include <mm.h>
#include <seq_file.h>
#include <slab.h>
#include <string.h>
#include "mm/page_internal.h"
#include "shim.h"

#define HELD 2000

static u64 seed = 23;

static u32 rnd(void)
{
	seed = seed * 6364136223846793005UL + 1442695040888963407UL;
	return seed >> 33;
}

static void objects_keep_their_stamps_over_random_steps(void **state)
{
	static const size_t sizes[] = { 8, 24, 64, 100, 333, 1500, 5000 };
	static struct { u8 *p; unsigned int cache; u8 stamp; } held[HELD];
	struct kmem_cache *c[ARRAY_SIZE(sizes)];
	unsigned long active[ARRAY_SIZE(sizes)] = { 0 }, step, i;

	nr_cpus = 1;
	for (i = 0; i < ARRAY_SIZE(sizes); i++)
		c[i] = kmem_cache_create("random", sizes[i], 0, i & 1 ? SLAB_HWCACHE_ALIGN : 0,
					 NULL);
	for (step = 0; step < 100000; step++) {
		unsigned long at = rnd() % HELD;

		if (held[at].p) {
			size_t size = sizes[held[at].cache];

			assert_int_equal(held[at].p[0], held[at].stamp);
			assert_int_equal(held[at].p[size - 1], held[at].stamp);
			kmem_cache_free(c[held[at].cache], held[at].p);
			active[held[at].cache]--;
			held[at].p = NULL;
		} else {
			held[at].cache = rnd() % ARRAY_SIZE(sizes);
			held[at].stamp = rnd();
			held[at].p = kmem_cache_alloc(c[held[at].cache], GFP_ATOMIC);
			if (!held[at].p)
				continue;
			if (held[at].cache & 1)
				assert_int_equal((unsigned long)held[at].p & 63, 0);
			memset(held[at].p, held[at].stamp, sizes[held[at].cache]);
			active[held[at].cache]++;
		}
		if (step % 2000 == 0) {
			assert_int_equal(slab_verify_all(), 0);
			for (i = 0; i < ARRAY_SIZE(sizes); i++)
				assert_int_equal(kmem_cache_active(c[i]), active[i]);
		}
	}
	for (i = 0; i < HELD; i++)
		kmem_cache_free(c[held[i].cache], held[i].p);
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		assert_int_equal(kmem_cache_active(c[i]), 0);
		kmem_cache_destroy(c[i]);
	}
}

static void everything_freed_and_shrunk_leaves_no_page_behind(void **state)
{
	static void *p[3000];
	unsigned long before, i;

	slab_shrink_all();
	drain_all_pages();
	before = nr_free_pages();
	for (i = 0; i < 3000; i++)
		p[i] = kmalloc(rnd() % 3000 + 1, GFP_KERNEL);
	for (i = 0; i < 3000; i++)
		kfree(p[i]);
	slab_shrink_all();
	assert_int_equal(nr_free_pages(), before);
}

static void memory_ends_with_null_and_comes_back(void **state)
{
	unsigned long before, n = 0;
	void **chain = NULL, **p;

	slab_shrink_all();
	before = nr_free_pages();
	while ((p = kmalloc(2048, GFP_KERNEL | __GFP_NOWARN))) {
		*p = chain;
		chain = p;
		n++;
	}
	while (chain) {
		p = *chain;
		kfree(chain);
		chain = p;
	}
	slab_shrink_all();
	assert_true(n > 10000);
	assert_int_equal(nr_free_pages(), before);
	assert_int_equal(slab_verify_all(), 0);
}

static int ctor_runs;
static void ctor(void *obj) { ctor_runs++; memset(obj, 0x42, 100); }

static void constructed_state_survives_free_and_alloc(void **state)
{
	struct kmem_cache *c = kmem_cache_create("ctor", 100, 0, 0, ctor);
	u8 *p[200];
	int i, round, runs = 0;

	for (round = 0; round < 5; round++) {
		for (i = 0; i < 200; i++) {
			p[i] = kmem_cache_alloc(c, GFP_KERNEL);
			assert_int_equal(p[i][0], 0x42);
			assert_int_equal(p[i][99], 0x42);
		}
		if (!round)
			runs = ctor_runs;
		for (i = 0; i < 200; i++)
			kmem_cache_free(c, p[i]);
	}
	assert_true(runs >= 200 && ctor_runs < 3 * runs);
	kmem_cache_destroy(c);
}

static void each_cpu_has_an_array_of_its_own(void **state)
{
	struct kmem_cache *c;
	void *a, *b;

	nr_cpus = 2;
	c = kmem_cache_create("cpus", 64, 0, 0, NULL);
	fake_cpu = 0;
	a = kmem_cache_alloc(c, GFP_KERNEL);
	kmem_cache_free(c, a);
	fake_cpu = 1;
	b = kmem_cache_alloc(c, GFP_KERNEL);
	assert_ptr_not_equal(a, b);
	kmem_cache_free(c, b);
	assert_int_equal(kmem_cache_active(c), 0);
	kmem_cache_shrink(c);
	fake_cpu = 0;
	kmem_cache_destroy(c);
	nr_cpus = 1;
}

static void provoked_violations_are_counted(void **state)
{
	unsigned int caught = 0;
	u8 *p = kmalloc(100, GFP_KERNEL);

	slab_debug_trap = &caught;
	kfree(p);
	kfree(p);
	assert_int_equal(caught, 1);
	p[3] = 1;
	p = kmalloc(100, GFP_KERNEL);
	assert_int_equal(caught, 2);
	p[128] = 1;
	kfree(p);
	assert_int_equal(caught, 3);
	slab_debug_trap = NULL;
}

static void verify_finds_a_broken_free_list(void **state)
{
	struct kmem_cache *c = kmem_cache_create("broken", 64, 0, 0, NULL);
	void *p = kmem_cache_alloc(c, GFP_KERNEL), *first;
	struct page *page = virt_to_head_page(p);

	first = page->freelist;
	assert_non_null(first);
	fake_log_quiet = true;
	page->freelist = (char *)first + 4;
	assert_true(slab_verify_all() > 0);
	page->freelist = NULL;
	assert_true(slab_verify_all() > 0);
	page->freelist = first;
	page->inuse++;
	assert_true(slab_verify_all() > 0);
	page->inuse--;
	fake_log_quiet = false;
	assert_int_equal(slab_verify_all(), 0);
	kmem_cache_free(c, p);
	kmem_cache_destroy(c);
}

static void impossible_caches_are_refused(void **state)
{
	assert_null(kmem_cache_create("zero", 0, 0, 0, NULL));
	assert_null(kmem_cache_create("odd", 64, 48, 0, NULL));
	assert_null(kmem_cache_create("huge", 1UL << 20, 0, 0, NULL));
}

static void slabinfo_is_version_2_1(void **state)
{
	static char buf[16384];
	struct seq_file m = { .buf = buf, .size = sizeof(buf) };

	slabinfo_show(&m);
	assert_int_equal(strncmp(buf, "slabinfo - version: 2.1\n# name ", 31), 0);
	assert_non_null(strstr(buf, "\nkmalloc-64 "));
	assert_non_null(strstr(buf, " : slabdata "));
}

static int setup(void **state)
{
	fake_boot();
	kmem_cache_init();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(objects_keep_their_stamps_over_random_steps),
		cmocka_unit_test(everything_freed_and_shrunk_leaves_no_page_behind),
		cmocka_unit_test(memory_ends_with_null_and_comes_back),
		cmocka_unit_test(constructed_state_survives_free_and_alloc),
		cmocka_unit_test(each_cpu_has_an_array_of_its_own),
		cmocka_unit_test(provoked_violations_are_counted),
		cmocka_unit_test(verify_finds_a_broken_free_list),
		cmocka_unit_test(impossible_caches_are_refused),
		cmocka_unit_test(slabinfo_is_version_2_1),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
