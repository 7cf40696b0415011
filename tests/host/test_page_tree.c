/* links: mm/page_tree.c mm/slab.c mm/page_alloc.c mm/lru.c mm/shrinker.c tests/host/no_reclaim.c mm/mm_init.c mm/memblock.c mm/debug.c mm/fail_alloc.c tests/host/shim.c tests/host/shim_tlb.c */
/*
 * tests/host/test_page_tree.c - the radix tree against an array, many random steps
 */
#include "cmocka_shim.h"
#include <mm.h>
#include <pagemap.h>
#include <slab.h>
#include <string.h>
#include "shim.h"

#define NR 4000

void page_tree_init(void);

static bool has[NR], dirty[NR];
static u64 seed = 1;

static u32 rnd(u32 n)
{
	seed = seed * 6364136223846793005UL + 1442695040888963407UL;
	return (seed >> 33) % n;
}

/* Dense below, then thinner and thinner, so that all heights occur. */
static pgoff_t index_of(unsigned int i)
{
	return i < 2000 ? i : i < 3000 ? (pgoff_t)i * 977 : (pgoff_t)i << 40;
}

static void gang_is_in_order_and_complete(struct page_tree *t)
{
	struct page *pages[37];
	pgoff_t start = 0;
	unsigned int n, found = 0, should = 0;

	while ((n = page_tree_gang_lookup(t, start, pages, 37))) {
		for (unsigned int i = 0; i < n; i++) {
			assert_true(found == 0 || pages[i]->index >= start);
			start = pages[i]->index + 1;
			found++;
		}
	}
	for (unsigned int i = 0; i < NR; i++)
		should += has[i];
	assert_int_equal(found, should);
}

/* Those that have the tag, in order, and no others. */
static void tagged_gang_is_complete(struct page_tree *t)
{
	struct page *pages[37];
	pgoff_t start = 0;
	unsigned int n, found = 0, should = 0;

	while ((n = page_tree_gang_lookup_tag(t, start, pages, 37, PAGE_TAG_DIRTY))) {
		for (unsigned int i = 0; i < n; i++) {
			assert_true(found == 0 || pages[i]->index >= start);
			start = pages[i]->index + 1;
			found++;
		}
	}
	for (unsigned int i = 0; i < NR; i++)
		should += dirty[i];
	assert_int_equal(found, should);
	assert_int_equal(page_tree_tagged(t, PAGE_TAG_DIRTY), should != 0);
	assert_false(page_tree_tagged(t, PAGE_TAG_WRITEBACK));
}

static void tags_are_found_over_random_steps(void **state)
{
	struct page_tree t = { NULL, 0 };
	static struct page pages[NR];

	for (unsigned int step = 0; step < 100000; step++) {
		unsigned int i = rnd(NR);

		pages[i].index = index_of(i);
		switch (rnd(8)) {
		case 0:
			page_tree_delete(&t, index_of(i));
			has[i] = dirty[i] = false;
			break;
		case 1:
			page_tree_tag_clear(&t, index_of(i), PAGE_TAG_DIRTY);
			dirty[i] = false;
			break;
		case 2:
			if (has[i]) {
				page_tree_tag_set(&t, index_of(i), PAGE_TAG_DIRTY);
				dirty[i] = true;
			}
			break;
		default:
			if (!has[i] && rnd(3) == 0) {
				assert_int_equal(page_tree_insert(&t, index_of(i), &pages[i]), 0);
				has[i] = true;
			}
		}
		if (step % 5000 == 0)
			tagged_gang_is_complete(&t);
	}
	tagged_gang_is_complete(&t);
	for (unsigned int i = 0; i < NR; i++)
		page_tree_delete(&t, index_of(i));
	memset(has, 0, sizeof(has));
	memset(dirty, 0, sizeof(dirty));
	assert_true(t.root == NULL);
}

static void tree_equals_an_array_over_random_steps(void **state)
{
	struct page_tree t = { NULL, 0 };
	static struct page pages[NR];

	for (unsigned int step = 0; step < 100000; step++) {
		unsigned int i = rnd(NR);

		assert_true(page_tree_lookup(&t, index_of(i)) == (has[i] ? &pages[i] : NULL));
		pages[i].index = index_of(i);
		if (rnd(2)) {
			assert_int_equal(page_tree_insert(&t, index_of(i), &pages[i]),
					 has[i] ? -EEXIST : 0);
			has[i] = true;
		} else {
			assert_true(page_tree_delete(&t, index_of(i)) == (has[i] ? &pages[i] : NULL));
			has[i] = false;
		}
		if (step % 5000 == 0)
			gang_is_in_order_and_complete(&t);
	}
	for (unsigned int i = 0; i < NR; i++)
		page_tree_delete(&t, index_of(i));
	assert_null(t.root);
	assert_int_equal(t.height, 0);
}

/* Pages become values and pages again: the calls about pages look over values, the others see both. */
static void values_stand_where_pages_stood(void **state)
{
	static enum { NOTHING, PAGE_THERE, VALUE_THERE } what[NR];
	struct page_tree t = { NULL, 0 };
	static struct page pages[NR];

	for (unsigned int step = 0; step < 100000; step++) {
		unsigned int i = rnd(NR);
		pgoff_t at = index_of(i);
		void *value = (void *)((unsigned long)i << 1 | 1);
		void *now = what[i] == PAGE_THERE ? (void *)&pages[i] : what[i] == VALUE_THERE ? value : NULL;

		pages[i].index = at;
		assert_true(page_tree_lookup_entry(&t, at) == now);
		assert_true(page_tree_lookup(&t, at) == (what[i] == PAGE_THERE ? &pages[i] : NULL));
		switch (rnd(4)) {
		case 0:
			assert_int_equal(page_tree_insert(&t, at, &pages[i]), now ? -EEXIST : 0);
			what[i] = now ? what[i] : PAGE_THERE;
			break;
		case 1:
			assert_int_equal(page_tree_replace(&t, at, &pages[i], value), what[i] == PAGE_THERE);
			what[i] = what[i] == PAGE_THERE ? VALUE_THERE : what[i];
			break;
		case 2:
			assert_int_equal(page_tree_replace(&t, at, value, &pages[i]), what[i] == VALUE_THERE);
			what[i] = what[i] == VALUE_THERE ? PAGE_THERE : what[i];
			break;
		default:
			assert_int_equal(page_tree_replace(&t, at, value, NULL), what[i] == VALUE_THERE);
			what[i] = what[i] == VALUE_THERE ? NOTHING : what[i];
		}
		if (step % 5000)
			continue;
		for (int tag = -1; tag <= PAGE_TAG_SWAPPED; tag += PAGE_TAG_SWAPPED + 1) {
			unsigned int found = 0, should = 0, n;
			pgoff_t start = 0, indices[7];
			void *entries[7];

			while ((n = page_tree_gang_entries(&t, start, entries, indices, 7, tag))) {
				assert_true(indices[0] >= start);
				start = indices[n - 1] + 1;
				found += n;
			}
			for (unsigned int j = 0; j < NR; j++)
				should += what[j] == VALUE_THERE || (tag < 0 && what[j] == PAGE_THERE);
			assert_int_equal(found, should);
		}
	}
	for (unsigned int i = 0; i < NR; i++)
		page_tree_delete(&t, index_of(i));
	assert_null(t.root);
}

static int setup(void **state)
{
	fake_boot();
	kmem_cache_init();
	page_tree_init();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tags_are_found_over_random_steps),
		cmocka_unit_test(tree_equals_an_array_over_random_steps),
		cmocka_unit_test(values_stand_where_pages_stood),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
