/*
 * mm/interval_tree.c - which VMAs map pages [first, last] of a file
 *
 * Purpose:    truncation and rmap must find the VMAs over a range of a file without
 *             looking at all of them.
 * Invariants: ordered by first page (vm_pgoff); rb_subtree_last is the largest last page of
 *             the node and everything below it, so a subtree that ends before @first is skipped.
 * Lock order: address_space->i_mmap_rwsem, held by the caller (for writing to change).
 * Sources:    Cormen et al., "Introduction to Algorithms", "Interval trees".
 */
#include "internal.h"

static inline struct vm_area_struct *node_vma(struct rb_node *n)
{
	return rb_entry(n, struct vm_area_struct, shared.linear.rb);
}

static inline unsigned long first_page(const struct vm_area_struct *v)
{
	return v->vm_pgoff;
}

static inline unsigned long last_page(const struct vm_area_struct *v)
{
	return v->vm_pgoff + ((v->vm_end - v->vm_start) >> PAGE_SHIFT) - 1;
}

static bool update_subtree_last(struct rb_node *n)
{
	struct vm_area_struct *v = node_vma(n);
	unsigned long last = last_page(v);

	if (n->rb_left)
		last = max(last, node_vma(n->rb_left)->shared.linear.rb_subtree_last);
	if (n->rb_right)
		last = max(last, node_vma(n->rb_right)->shared.linear.rb_subtree_last);
	if (v->shared.linear.rb_subtree_last == last)
		return false;
	v->shared.linear.rb_subtree_last = last;
	return true;
}

void vma_interval_tree_insert(struct vm_area_struct *vma, struct rb_root *root)
{
	struct rb_node **link = &root->rb_node, *parent = NULL;

	while (*link) {
		parent = *link;
		link = first_page(vma) < first_page(node_vma(parent)) ? &parent->rb_left
								       : &parent->rb_right;
	}
	rb_link_node(&vma->shared.linear.rb, parent, link);
	rb_insert(root, &vma->shared.linear.rb, update_subtree_last);
}

void vma_interval_tree_remove(struct vm_area_struct *vma, struct rb_root *root)
{
	rb_erase(root, &vma->shared.linear.rb, update_subtree_last);
	RB_CLEAR_NODE(&vma->shared.linear.rb);
}

/* The leftmost VMA below @n that overlaps [first, last]. */
static struct vm_area_struct *subtree_first(struct rb_node *n, unsigned long first,
					    unsigned long last)
{
	while (n && node_vma(n)->shared.linear.rb_subtree_last >= first) {
		struct rb_node *l = n->rb_left;

		if (l && node_vma(l)->shared.linear.rb_subtree_last >= first) {
			n = l;		/* what reaches @first on the left also begins first */
			continue;
		}
		if (first_page(node_vma(n)) > last)
			return NULL;
		if (last_page(node_vma(n)) >= first)
			return node_vma(n);
		n = n->rb_right;
	}
	return NULL;
}

struct vm_area_struct *vma_interval_tree_iter_first(struct rb_root *root, unsigned long first,
						    unsigned long last)
{
	return subtree_first(root->rb_node, first, last);
}

/* The next one after @vma in order of first page. */
struct vm_area_struct *vma_interval_tree_iter_next(struct vm_area_struct *vma,
						   unsigned long first, unsigned long last)
{
	struct rb_node *n = &vma->shared.linear.rb;

	for (;;) {
		struct vm_area_struct *found = subtree_first(n->rb_right, first, last);
		struct rb_node *child;

		if (found)
			return found;
		do {			/* up, until we come from a left child */
			child = n;
			n = rb_parent(n);
			if (!n)
				return NULL;
		} while (n->rb_right == child);
		if (first_page(node_vma(n)) > last)
			return NULL;
		if (last_page(node_vma(n)) >= first)
			return node_vma(n);
	}
}
