/* links: mm/interval_tree.c kernel/rbtree.c tests/host/shim_min.c */
/*
 * tests/host/test_interval_tree.c - the tree of a file's mappings against looking at all
 */
#include "cmocka_shim.h"
#include <mm.h>
#include <rmap.h>
#include <rbtree.h>

#define NR 200
#define PAGES 500

static struct vm_area_struct vmas[NR];
static bool in[NR];
static struct rb_root root;
static u64 seed = 1;

static u32 rnd(u32 n)
{
	seed = seed * 6364136223846793005UL + 1442695040888963407UL;
	return (seed >> 33) % n;
}

static bool overlaps(const struct vm_area_struct *v, unsigned long first, unsigned long last)
{
	return v->vm_pgoff <= last && v->vm_pgoff + vma_pages(v) - 1 >= first;
}

static void searches_equal_looking_at_all_over_random_steps(void **state)
{
	for (int step = 0; step < 100000; step++) {
		int i = rnd(NR), found = 0, should = 0;
		unsigned long first = rnd(PAGES), last = first + rnd(30);
		struct vm_area_struct *v;

		if (in[i]) {
			vma_interval_tree_remove(&vmas[i], &root);
		} else {
			vmas[i].vm_pgoff = rnd(PAGES);
			vmas[i].vm_start = 0;
			vmas[i].vm_end = (1 + rnd(40)) << PAGE_SHIFT;
			vma_interval_tree_insert(&vmas[i], &root);
		}
		in[i] = !in[i];
		for (v = vma_interval_tree_iter_first(&root, first, last); v;
		     v = vma_interval_tree_iter_next(v, first, last)) {
			assert_true(overlaps(v, first, last));
			found++;
		}
		for (i = 0; i < NR; i++)
			should += in[i] && overlaps(&vmas[i], first, last);
		assert_int_equal(found, should);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(searches_equal_looking_at_all_over_random_steps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
