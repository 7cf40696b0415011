/*
 * rbtree.h - red-black trees, plain and augmented
 *
 * The caller descends and links (rb_link_node), the tree colours and rotates
 * (rb_insert).  An augmented tree keeps in each node a value computed from the
 * node and its two children (the largest gap, the last end): pass a callback
 * that recomputes it for one node and says whether it changed.
 *
 * Sources: Cormen et al., "Introduction to Algorithms", chapter Red-Black Trees.
 */
#ifndef RBTREE_H
#define RBTREE_H

#include <types.h>

struct rb_node {
	unsigned long rb_parent_color;	/* parent pointer; bit 0: black */
	struct rb_node *rb_right, *rb_left;
} __aligned(8);

struct rb_root {
	struct rb_node *rb_node;
};

#define RB_ROOT ((struct rb_root){ NULL })
#define rb_entry(ptr, type, member) container_of(ptr, type, member)
#define rb_parent(n) ((struct rb_node *)((n)->rb_parent_color & ~3UL))
#define rb_is_black(n) ((n)->rb_parent_color & 1)

/* Recompute the augmented value of @node from itself and its children; true if it changed. */
typedef bool (*rb_augment_fn)(struct rb_node *node);

static inline bool RB_EMPTY_ROOT(const struct rb_root *root) { return !root->rb_node; }
static inline void RB_CLEAR_NODE(struct rb_node *n) { n->rb_parent_color = (unsigned long)n; }
static inline bool RB_EMPTY_NODE(const struct rb_node *n)
{
	return n->rb_parent_color == (unsigned long)n;
}

/* Hang @node, red, at the empty link *@link below @parent.  rb_insert() must follow. */
static inline void rb_link_node(struct rb_node *node, struct rb_node *parent,
				struct rb_node **link)
{
	node->rb_parent_color = (unsigned long)parent;
	node->rb_left = NULL;
	node->rb_right = NULL;
	*link = node;
}

/*
 * Rebalance after rb_link_node(), or remove @node.  @augment may be NULL; if
 * given, values are right from the changed node up to the root on return.
 */
void rb_insert(struct rb_root *root, struct rb_node *node, rb_augment_fn augment);
void rb_erase(struct rb_root *root, struct rb_node *node, rb_augment_fn augment);
/* The value of @node itself changed: carry it up as far as it matters. */
void rb_augment_propagate(struct rb_node *node, rb_augment_fn augment);
/* Put @new in the place of @old without rebalancing (same key, same value). */
void rb_replace_node(struct rb_root *root, struct rb_node *old, struct rb_node *new);

struct rb_node *rb_first(const struct rb_root *root);
struct rb_node *rb_last(const struct rb_root *root);
struct rb_node *rb_next(const struct rb_node *node);
struct rb_node *rb_prev(const struct rb_node *node);

/* Debug: is this a red-black tree?  Returns the number of nodes, or -1. */
long rb_check(const struct rb_root *root);

#endif
