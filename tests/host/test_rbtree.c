/* links: kernel/rbtree.c tests/host/shim_min.c */
/*
 * tests/host/test_rbtree.c - the tree against a sorted array, many random steps
 */
#include "cmocka_shim.h"
#include <rbtree.h>
#include <string.h>

#define NR 1000

struct item {
	struct rb_node node;
	unsigned long key, sum;		/* sum of keys of the subtree */
	bool in;
};

static struct item items[NR];
static struct rb_root root;
static u64 seed = 1;

static u32 rnd(void)
{
	seed = seed * 6364136223846793005UL + 1442695040888963407UL;
	return seed >> 33;
}

static struct item *item_of(struct rb_node *n) { return rb_entry(n, struct item, node); }

static bool update_sum(struct rb_node *n)
{
	unsigned long sum = item_of(n)->key;

	if (n->rb_left)
		sum += item_of(n->rb_left)->sum;
	if (n->rb_right)
		sum += item_of(n->rb_right)->sum;
	if (sum == item_of(n)->sum)
		return false;
	item_of(n)->sum = sum;
	return true;
}

static void insert(struct item *it, rb_augment_fn augment)
{
	struct rb_node **link = &root.rb_node, *parent = NULL;

	while (*link) {
		parent = *link;
		link = it->key < item_of(parent)->key ? &parent->rb_left : &parent->rb_right;
	}
	rb_link_node(&it->node, parent, link);
	rb_insert(&root, &it->node, augment);
	it->in = true;
}

static void check_against_flags(long n)
{
	struct rb_node *node = rb_first(&root);
	long i;

	assert_int_equal(rb_check(&root), n);
	for (i = 0; i < NR; i++) {
		if (!items[i].in)
			continue;
		assert_ptr_equal(node, &items[i].node);
		node = rb_next(node);
	}
	assert_null(node);
}

static void tree_equals_sorted_array_over_random_steps(void **state)
{
	long step, n = 0, i;

	root = RB_ROOT;
	for (i = 0; i < NR; i++)
		items[i] = (struct item){ .key = i };
	for (step = 0; step < 100000; step++) {
		struct item *it = &items[rnd() % NR];

		if (it->in) {
			rb_erase(&root, &it->node, NULL);
			it->in = false;
			n--;
		} else {
			insert(it, NULL);
			n++;
		}
		if (step % 500 == 0)
			check_against_flags(n);
	}
}

static void augmented_sum_is_exact_over_random_steps(void **state)
{
	unsigned long total = 0;
	long step, i;

	root = RB_ROOT;
	for (i = 0; i < NR; i++)
		items[i] = (struct item){ .key = i + 1, .sum = rnd() };
	for (step = 0; step < 100000; step++) {
		struct item *it = &items[rnd() % NR];

		if (it->in) {
			rb_erase(&root, &it->node, update_sum);
			it->in = false;
			total -= it->key;
		} else {
			insert(it, update_sum);
			total += it->key;
		}
		assert_int_equal(root.rb_node ? item_of(root.rb_node)->sum : 0, total);
	}
}

static void sorted_insertion_stays_balanced(void **state)
{
	long i, depth = 0;
	struct rb_node *n;

	root = RB_ROOT;
	for (i = 0; i < NR; i++) {
		items[i] = (struct item){ .key = i };
		insert(&items[i], NULL);
	}
	for (n = rb_last(&root); n; n = rb_parent(n))
		depth++;
	assert_true(depth <= 20);	/* 2 log2(1001) */
	assert_int_equal(rb_check(&root), NR);
}

static void replaced_node_is_found_by_its_neighbours(void **state)
{
	static struct item other;
	struct rb_node *old;
	long i;

	root = RB_ROOT;
	for (i = 0; i < 50; i++) {
		items[i] = (struct item){ .key = i };
		insert(&items[i], NULL);
	}
	old = &items[25].node;
	rb_replace_node(&root, old, &other.node);
	assert_ptr_equal(rb_next(&items[24].node), &other.node);
	assert_ptr_equal(rb_prev(&items[26].node), &other.node);
	assert_int_equal(rb_check(&root), 50);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tree_equals_sorted_array_over_random_steps),
		cmocka_unit_test(augmented_sum_is_exact_over_random_steps),
		cmocka_unit_test(sorted_insertion_stays_balanced),
		cmocka_unit_test(replaced_node_is_found_by_its_neighbours),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
