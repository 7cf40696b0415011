/*
 * tests/kernel/test_rbtree.c - red-black trees: order, colours, augmented values
 */
#include <ktest.h>
#include <rbtree.h>
#include <string.h>

#define NR 200

struct item {
	struct rb_node node;
	long key;
	long max;		/* largest key of the subtree */
	bool in;
};

static struct item items[NR];
static struct rb_root root;
static u64 seed;

static struct item *item_of(struct rb_node *n)
{
	return rb_entry(n, struct item, node);
}

static u32 next_random(void)
{
	seed = seed * 6364136223846793005UL + 1442695040888963407UL;
	return seed >> 33;
}

static bool update_max(struct rb_node *n)
{
	long max = item_of(n)->key;

	if (n->rb_left && item_of(n->rb_left)->max > max)
		max = item_of(n->rb_left)->max;
	if (n->rb_right && item_of(n->rb_right)->max > max)
		max = item_of(n->rb_right)->max;
	if (max == item_of(n)->max)
		return false;
	item_of(n)->max = max;
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

static void erase(struct item *it, rb_augment_fn augment)
{
	rb_erase(&root, &it->node, augment);
	it->in = false;
}

static void reset(void)
{
	long i;

	root = RB_ROOT;
	seed = 42;
	memset(items, 0, sizeof(items));
	for (i = 0; i < NR; i++)
		items[i].key = (i * 7919) % NR;
}

KTEST(rbtree, empty_tree_has_no_first_and_no_last)
{
	reset();
	EXPECT(!rb_first(&root) && !rb_last(&root));
	EXPECT_EQ(rb_check(&root), 0);
}

KTEST(rbtree, inorder_walk_is_sorted_both_ways)
{
	struct rb_node *n;
	long i;

	reset();
	for (i = 0; i < NR; i++)
		insert(&items[i], NULL);
	EXPECT_EQ(rb_check(&root), NR);
	for (i = 0, n = rb_first(&root); n; n = rb_next(n), i++)
		EXPECT_EQ(item_of(n)->key, i);
	EXPECT_EQ(i, NR);
	for (n = rb_last(&root); n; n = rb_prev(n))
		EXPECT_EQ(item_of(n)->key, --i);
	EXPECT_EQ(i, 0);
}

KTEST(rbtree, colours_hold_after_every_insert_and_erase)
{
	long step, n = 0;

	reset();
	for (step = 0; step < 4000; step++) {
		struct item *it = &items[next_random() % NR];

		if (it->in) {
			erase(it, NULL);
			n--;
		} else {
			insert(it, NULL);
			n++;
		}
		EXPECT_EQ(rb_check(&root), n);
	}
}

KTEST(rbtree, augmented_maximum_is_right_in_every_node)
{
	long step;

	reset();
	for (step = 0; step < 1500; step++) {
		struct item *it = &items[next_random() % NR];
		struct rb_node *n;

		if (it->in)
			erase(it, update_max);
		else
			insert(it, update_max);
		for (n = rb_first(&root); n; n = rb_next(n))
			EXPECT(!update_max(n));
	}
}

KTEST(rbtree, stale_value_of_a_new_node_does_not_stop_the_propagation)
{
	reset();
	insert(&items[0], update_max);
	items[1].key = 1000;
	items[1].max = 1000;		/* as if left over from another tree */
	insert(&items[1], update_max);
	EXPECT_EQ(item_of(root.rb_node)->max, 1000);
}

KTEST(rbtree, changed_value_is_carried_to_the_root)
{
	long i;

	reset();
	for (i = 0; i < 50; i++)
		insert(&items[i], update_max);
	item_of(rb_last(&root))->key = 5000;
	rb_augment_propagate(rb_last(&root), update_max);
	EXPECT_EQ(item_of(root.rb_node)->max, 5000);
}

KTEST(rbtree, replaced_node_keeps_the_tree)
{
	static struct item stand_in;
	struct rb_node *old;
	long i;

	reset();
	for (i = 0; i < 100; i++)
		insert(&items[i], NULL);
	old = root.rb_node;
	stand_in.key = item_of(old)->key;
	rb_replace_node(&root, old, &stand_in.node);
	EXPECT(root.rb_node == &stand_in.node);
	EXPECT_EQ(rb_check(&root), 100);
}

KTEST(rbtree, check_notices_two_reds_in_a_row)
{
	long i;

	reset();
	for (i = 0; i < 3; i++)
		insert(&items[i], NULL);
	EXPECT_EQ(rb_check(&root), 3);
	root.rb_node->rb_parent_color &= ~1UL;
	EXPECT_EQ(rb_check(&root), -1);
}
