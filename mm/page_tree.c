/*
 * mm/page_tree.c - pages of a file by index: a radix tree of 64-way nodes
 *
 * Purpose:    find the page for (file, index) in one step per six bits of the index.
 * Invariants: height h holds indexes below 64^h; an inner slot is NULL or a node; a node
 *             counts its used slots and is freed when the last one is emptied; the root of
 *             height 0 is NULL (no pages).  A node's tag bit is set for a slot below which a page has
 *             the tag; so what is dirty in a large file is found without looking at the rest.  An odd slot of the lowest
 *             level is a value, no page, and is the one that has PAGE_TAG_SWAPPED.
 * Lock order: mapping->tree_lock, held by the caller; nodes are allocated GFP_ATOMIC.
 * Simplified: no lock-free lookup; the tree never loses height until it is empty.
 */
#include <pagemap.h>
#include <slab.h>
#include "internal.h"

#define BITS	6
#define SLOTS	(1U << BITS)
#define MAX_HEIGHT ((64 + BITS - 1) / BITS)

struct page_tree_node {
	unsigned int count;		/* slots in use */
	u64 tags[NR_PAGE_TAGS];		/* a bit for each slot */
	void *slots[SLOTS];
};

static struct kmem_cache *node_cachep;

void page_tree_init(void);
void page_tree_init(void)
{
	node_cachep = KMEM_CACHE(page_tree_node, SLAB_PANIC);
}

static struct page_tree_node *new_node(void)
{
	struct page_tree_node *n = kmem_cache_alloc(node_cachep, GFP_ATOMIC);

	if (n) {
		n->count = 0;
		for (int tag = 0; tag < NR_PAGE_TAGS; tag++)
			n->tags[tag] = 0;
		for (unsigned int i = 0; i < SLOTS; i++)
			n->slots[i] = NULL;
	}
	return n;
}

static inline unsigned int slot_of(pgoff_t index, unsigned int level)
{
	unsigned int shift = (level - 1) * BITS;

	return (index >> shift) & (SLOTS - 1);
}

/* Does @index lie below 64^height? */
static inline bool fits(pgoff_t index, unsigned int height)
{
	return height >= MAX_HEIGHT || !(index >> (height * BITS));
}

/* Grow upwards until @index fits: each new root has the old tree in slot 0. */
static int grow(struct page_tree *t, pgoff_t index)
{
	while (!t->height || !fits(index, t->height)) {
		struct page_tree_node *n;

		if (!t->root) {			/* empty: the right height at once, no chain yet */
			t->height++;
			continue;
		}
		n = new_node();
		if (!n)
			return -ENOMEM;
		n->slots[0] = t->root;
		n->count = 1;
		for (int tag = 0; tag < NR_PAGE_TAGS; tag++)
			n->tags[tag] = ((struct page_tree_node *)t->root)->tags[tag] != 0;
		t->root = n;
		t->height++;
	}
	return 0;
}

/* Free empty nodes on the way to @index, from below. */
static void prune(struct page_tree *t, pgoff_t index)
{
	void **path[MAX_HEIGHT + 1];
	void **slot = &t->root;
	unsigned int level = t->height;

	for (; level && *slot; level--) {
		path[level] = slot;
		slot = &((struct page_tree_node *)*slot)->slots[slot_of(index, level)];
	}
	for (level++; level <= t->height; level++) {
		struct page_tree_node *n = *path[level];

		if (n->count)
			return;
		kmem_cache_free(node_cachep, n);
		*path[level] = NULL;
		if (level < t->height)
			((struct page_tree_node *)*path[level + 1])->count--;
	}
	if (!t->root)
		t->height = 0;
}

int page_tree_insert(struct page_tree *t, pgoff_t index, struct page *page)
{
	struct page_tree_node *n = NULL;
	void **slot = &t->root;

	if (grow(t, index))
		return -ENOMEM;
	for (unsigned int level = t->height; level; level--) {
		if (!*slot) {
			*slot = new_node();
			if (!*slot) {
				prune(t, index);
				return -ENOMEM;
			}
			if (n)
				n->count++;
		}
		n = *slot;
		slot = &n->slots[slot_of(index, level)];
	}
	if (*slot)
		return -EEXIST;
	*slot = page;
	n->count++;
	return 0;
}

void *page_tree_lookup_entry(struct page_tree *t, pgoff_t index)
{
	void *p = t->root;

	if (!p || !fits(index, t->height))
		return NULL;
	for (unsigned int level = t->height; level && p; level--)
		p = ((struct page_tree_node *)p)->slots[slot_of(index, level)];
	return p;
}

struct page *page_tree_lookup(struct page_tree *t, pgoff_t index)
{
	void *p = page_tree_lookup_entry(t, index);

	return unlikely(page_tree_is_value(p)) ? NULL : p;
}

void page_tree_tag_set(struct page_tree *t, pgoff_t index, enum page_tag tag)
{
	struct page_tree_node *n = t->root;

	for (unsigned int level = t->height; level; level--) {
		n->tags[tag] |= 1UL << slot_of(index, level);
		n = n->slots[slot_of(index, level)];
		VM_BUG_ON(!n);
	}
}

void page_tree_tag_clear(struct page_tree *t, pgoff_t index, enum page_tag tag)
{
	struct page_tree_node *path[MAX_HEIGHT + 1], *n = t->root;

	if (!n || !fits(index, t->height))
		return;
	for (unsigned int level = t->height; level; level--) {
		if (!n)
			return;
		path[level] = n;
		n = n->slots[slot_of(index, level)];
	}
	for (unsigned int level = 1; level <= t->height; level++) {
		path[level]->tags[tag] &= ~(1UL << slot_of(index, level));
		if (path[level]->tags[tag])
			return;
	}
}

bool page_tree_tagged(const struct page_tree *t, enum page_tag tag)
{
	return t->root && ((struct page_tree_node *)t->root)->tags[tag];
}

struct page *page_tree_delete(struct page_tree *t, pgoff_t index)
{
	struct page_tree_node *n = NULL;
	void **slot = &t->root;
	void *entry;

	if (!t->root || !fits(index, t->height))
		return NULL;
	for (int tag = 0; tag < NR_PAGE_TAGS; tag++)
		page_tree_tag_clear(t, index, tag);
	for (unsigned int level = t->height; level; level--) {
		n = *slot;
		if (!n)
			return NULL;
		slot = &n->slots[slot_of(index, level)];
	}
	entry = *slot;
	if (!entry)
		return NULL;
	*slot = NULL;
	n->count--;
	if (!n->count)
		prune(t, index);
	return page_tree_is_value(entry) ? NULL : entry;
}

bool page_tree_replace(struct page_tree *t, pgoff_t index, void *old, void *new)
{
	void **slot = &t->root;

	if (page_tree_lookup_entry(t, index) != old || !old)
		return false;
	if (!new) {
		page_tree_delete(t, index);
		return true;
	}
	for (unsigned int level = t->height; level; level--)
		slot = &((struct page_tree_node *)*slot)->slots[slot_of(index, level)];
	*slot = new;
	if (page_tree_is_value(new))
		page_tree_tag_set(t, index, PAGE_TAG_SWAPPED);
	else
		page_tree_tag_clear(t, index, PAGE_TAG_SWAPPED);
	return true;
}

struct gang {
	void **entries;
	pgoff_t *indices;		/* NULL: pages only, they know theirs */
	unsigned int nr, max;
	int tag;			/* only entries that have it; -1: all */
	pgoff_t start;
};

static void gang_take(struct gang *g, void *entry, pgoff_t index)
{
	if (g->indices)
		g->indices[g->nr] = index;
	else if (page_tree_is_value(entry))
		return;
	g->entries[g->nr++] = entry;
}

/* Collect the entries of one subtree that begins at index @base. */
static void gang_node(struct gang *g, struct page_tree_node *n, unsigned int level, pgoff_t base)
{
	unsigned int shift = (level - 1) * BITS;
	unsigned int i = g->start > base ? (g->start - base) >> shift : 0;

	for (; i < SLOTS && g->nr < g->max; i++) {
		if (!n->slots[i] || (g->tag >= 0 && !(n->tags[g->tag] >> i & 1)))
			continue;
		if (level == 1)
			gang_take(g, n->slots[i], base + i);
		else
			gang_node(g, n->slots[i], level - 1, base + ((pgoff_t)i << shift));
	}
}

unsigned int page_tree_gang_entries(struct page_tree *t, pgoff_t start, void **entries, pgoff_t *indices,
				    unsigned int max, int tag)
{
	struct gang g = { entries, indices, 0, max, tag, start };

	if (t->root && fits(start, t->height))
		gang_node(&g, t->root, t->height, 0);
	return g.nr;
}

unsigned int page_tree_gang_lookup(struct page_tree *t, pgoff_t start, struct page **pages,
				   unsigned int max)
{
	return page_tree_gang_entries(t, start, (void **)pages, NULL, max, -1);
}

unsigned int page_tree_gang_lookup_tag(struct page_tree *t, pgoff_t start, struct page **pages,
				       unsigned int max, enum page_tag tag)
{
	return page_tree_gang_entries(t, start, (void **)pages, NULL, max, tag);
}
