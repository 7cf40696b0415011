/*
 * kernel/rbtree.c - red-black trees, plain and augmented
 *
 * Purpose:    sorted sets with O(log n) insert, erase and search: VMAs, file mappings,
 *             vmalloc areas, timers, the run queue.
 * Invariants: the root is black; a red node has no red child; every path from a node down
 *             to an empty link passes the same number of black nodes.  Hence no path is
 *             longer than twice another.
 *             Augmented trees: each node's value is what the callback computes from the
 *             node and its two children.
 * Lock order: none; the caller's lock protects the tree.
 * Simplified: no leftmost cache; Linux keeps one for timers and the scheduler.
 * Sources:    Cormen, Leiserson, Rivest, Stein, "Introduction to Algorithms", chapters
 *             "Red-Black Trees" and "Augmenting Data Structures".
 *
 * A rotation keeps the order and the set of nodes below the pivot's old place, so only
 * the two nodes that change places need their augmented value again:
 *
 *          x                 y
 *         / \    left       / \
 *        a   y   ---->     x   c
 *           / \           / \
 *          b   c         a   b
 */
#include <bug.h>
#include <rbtree.h>

#define RB_RED   0UL
#define RB_BLACK 1UL

static inline bool is_red(const struct rb_node *n)
{
	return n && !rb_is_black(n);
}

static inline unsigned long color_of(const struct rb_node *n)
{
	return n->rb_parent_color & 1;
}

static inline void set_parent(struct rb_node *n, struct rb_node *parent)
{
	n->rb_parent_color = (unsigned long)parent | color_of(n);
}

static inline void set_color(struct rb_node *n, unsigned long color)
{
	n->rb_parent_color = (n->rb_parent_color & ~1UL) | color;
}

/* Make @new what @parent (or the root) points to instead of @old. */
static inline void replace_child(struct rb_root *root, struct rb_node *parent,
				 struct rb_node *old, struct rb_node *new)
{
	if (!parent)
		root->rb_node = new;
	else if (parent->rb_left == old)
		parent->rb_left = new;
	else
		parent->rb_right = new;
}

/* Walk up from @node while values change. */
void rb_augment_propagate(struct rb_node *node, rb_augment_fn augment)
{
	while (node && augment(node))
		node = rb_parent(node);
}

static void rotate_left(struct rb_root *root, struct rb_node *x, rb_augment_fn augment)
{
	struct rb_node *y = x->rb_right, *parent = rb_parent(x);

	x->rb_right = y->rb_left;
	if (y->rb_left)
		set_parent(y->rb_left, x);
	y->rb_left = x;
	replace_child(root, parent, x, y);
	set_parent(y, parent);
	set_parent(x, y);
	if (augment) {
		augment(x);
		augment(y);
	}
}

static void rotate_right(struct rb_root *root, struct rb_node *x, rb_augment_fn augment)
{
	struct rb_node *y = x->rb_left, *parent = rb_parent(x);

	x->rb_left = y->rb_right;
	if (y->rb_right)
		set_parent(y->rb_right, x);
	y->rb_right = x;
	replace_child(root, parent, x, y);
	set_parent(y, parent);
	set_parent(x, y);
	if (augment) {
		augment(x);
		augment(y);
	}
}

/*
 * @node is red; the only rule it may break is that its parent is red too.  A red uncle
 * lets the redness move two levels up; a black one ends the matter by rotation.
 */
static void insert_fixup(struct rb_root *root, struct rb_node *node, rb_augment_fn augment)
{
	struct rb_node *parent, *grand, *uncle;

	while ((parent = rb_parent(node)) && is_red(parent)) {
		bool left;

		grand = rb_parent(parent);	/* a red node is not the root */
		left = parent == grand->rb_left;
		uncle = left ? grand->rb_right : grand->rb_left;
		if (is_red(uncle)) {
			set_color(parent, RB_BLACK);
			set_color(uncle, RB_BLACK);
			set_color(grand, RB_RED);
			node = grand;
			continue;
		}
		if (node == (left ? parent->rb_right : parent->rb_left)) {
			/* inner grandchild: turn it outward first */
			if (left)
				rotate_left(root, parent, augment);
			else
				rotate_right(root, parent, augment);
			parent = node;
		}
		set_color(parent, RB_BLACK);
		set_color(grand, RB_RED);
		if (left)
			rotate_right(root, grand, augment);
		else
			rotate_left(root, grand, augment);
		break;
	}
	set_color(root->rb_node, RB_BLACK);
}

void rb_insert(struct rb_root *root, struct rb_node *node, rb_augment_fn augment)
{
	if (augment) {
		/* What the new node's own field held before means nothing: do not stop at it. */
		augment(node);
		rb_augment_propagate(rb_parent(node), augment);
	}
	insert_fixup(root, node, augment);
}

/*
 * Paths through @node (may be NULL, hence @parent) lack one black node.  Borrow a red
 * from the sibling's side, or recolour the sibling and carry the lack one level up.
 */
static void erase_fixup(struct rb_root *root, struct rb_node *node, struct rb_node *parent,
			rb_augment_fn augment)
{
	while (parent && !is_red(node)) {
		bool left = node == parent->rb_left;
		struct rb_node *sib = left ? parent->rb_right : parent->rb_left;
		struct rb_node *near, *far;

		if (is_red(sib)) {
			set_color(sib, RB_BLACK);
			set_color(parent, RB_RED);
			if (left)
				rotate_left(root, parent, augment);
			else
				rotate_right(root, parent, augment);
			sib = left ? parent->rb_right : parent->rb_left;
		}
		near = left ? sib->rb_left : sib->rb_right;
		far = left ? sib->rb_right : sib->rb_left;
		if (!is_red(near) && !is_red(far)) {
			set_color(sib, RB_RED);
			node = parent;
			parent = rb_parent(node);
			continue;
		}
		if (!is_red(far)) {
			set_color(near, RB_BLACK);
			set_color(sib, RB_RED);
			if (left)
				rotate_right(root, sib, augment);
			else
				rotate_left(root, sib, augment);
			far = sib;
			sib = near;
		}
		set_color(sib, color_of(parent));
		set_color(parent, RB_BLACK);
		set_color(far, RB_BLACK);
		if (left)
			rotate_left(root, parent, augment);
		else
			rotate_right(root, parent, augment);
		return;
	}
	if (node)
		set_color(node, RB_BLACK);
}

/* @node has at most one child: that child takes its place. */
static void erase_leaf(struct rb_root *root, struct rb_node *node, rb_augment_fn augment)
{
	struct rb_node *child = node->rb_left ? node->rb_left : node->rb_right;
	struct rb_node *parent = rb_parent(node);

	replace_child(root, parent, node, child);
	if (child)
		set_parent(child, parent);
	if (augment)
		rb_augment_propagate(parent, augment);
	if (rb_is_black(node))
		erase_fixup(root, child, parent, augment);
}

/* @node has two children: its successor, which has no left child, takes its place. */
static void erase_inner(struct rb_root *root, struct rb_node *node, rb_augment_fn augment)
{
	struct rb_node *succ = node->rb_right, *child, *hole;
	unsigned long removed_color;

	while (succ->rb_left)
		succ = succ->rb_left;
	child = succ->rb_right;
	removed_color = color_of(succ);
	if (succ == node->rb_right) {
		hole = succ;
	} else {
		hole = rb_parent(succ);
		hole->rb_left = child;
		if (child)
			set_parent(child, hole);
		succ->rb_right = node->rb_right;
		set_parent(succ->rb_right, succ);
	}
	succ->rb_left = node->rb_left;
	set_parent(succ->rb_left, succ);
	replace_child(root, rb_parent(node), node, succ);
	succ->rb_parent_color = node->rb_parent_color;
	if (augment) {
		struct rb_node *n;

		/* succ's own value is of its old place: go up to it whatever stays equal */
		for (n = hole; n != succ; n = rb_parent(n))
			augment(n);
		augment(succ);
		rb_augment_propagate(rb_parent(succ), augment);
	}
	if (removed_color == RB_BLACK)
		erase_fixup(root, child, hole, augment);
}

void rb_erase(struct rb_root *root, struct rb_node *node, rb_augment_fn augment)
{
	VM_BUG_ON(RB_EMPTY_NODE(node));
	if (node->rb_left && node->rb_right)
		erase_inner(root, node, augment);
	else
		erase_leaf(root, node, augment);
}

void rb_replace_node(struct rb_root *root, struct rb_node *old, struct rb_node *new)
{
	*new = *old;
	replace_child(root, rb_parent(old), old, new);
	if (new->rb_left)
		set_parent(new->rb_left, new);
	if (new->rb_right)
		set_parent(new->rb_right, new);
}

struct rb_node *rb_first(const struct rb_root *root)
{
	struct rb_node *n = root->rb_node;

	while (n && n->rb_left)
		n = n->rb_left;
	return n;
}

struct rb_node *rb_last(const struct rb_root *root)
{
	struct rb_node *n = root->rb_node;

	while (n && n->rb_right)
		n = n->rb_right;
	return n;
}

struct rb_node *rb_next(const struct rb_node *node)
{
	struct rb_node *n, *parent;

	if (node->rb_right) {
		for (n = node->rb_right; n->rb_left; n = n->rb_left)
			;
		return n;
	}
	while ((parent = rb_parent(node)) && node == parent->rb_right)
		node = parent;
	return parent;
}

struct rb_node *rb_prev(const struct rb_node *node)
{
	struct rb_node *n, *parent;

	if (node->rb_left) {
		for (n = node->rb_left; n->rb_right; n = n->rb_right)
			;
		return n;
	}
	while ((parent = rb_parent(node)) && node == parent->rb_left)
		node = parent;
	return parent;
}

/*
 * Check the subtree of @n below @parent; counts its nodes in *nr.  Returns its black
 * height, or -1.  Recursion is bounded by the height of a tree of 2^40 nodes.
 */
static int check_subtree(const struct rb_node *n, const struct rb_node *parent, long *nr,
			 int depth)
{
	int left, right;

	if (!n)
		return 0;
	if (rb_parent(n) != parent || depth > 80)
		return -1;
	if (!rb_is_black(n) && (!parent || !rb_is_black(parent)))
		return -1;
	++*nr;
	left = check_subtree(n->rb_left, n, nr, depth + 1);
	right = check_subtree(n->rb_right, n, nr, depth + 1);
	if (left < 0 || left != right)
		return -1;
	return left + rb_is_black(n);
}

long rb_check(const struct rb_root *root)
{
	long nr = 0;

	return check_subtree(root->rb_node, NULL, &nr, 0) < 0 ? -1 : nr;
}
