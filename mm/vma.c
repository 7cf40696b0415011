/*
 * mm/vma.c - the areas of an address space: find, link, split, merge
 *
 * Purpose:    keep the VMAs of an mm in a list (for walking), in a red-black tree (for
 *             searching) and, if they map a file, in the file's interval tree (for rmap).
 * Invariants: list and tree hold the same map_count VMAs, sorted and disjoint;
 *             highest_vm_end is the end of the last; vm_gap of each is the usable gap left of
 *             it (at most GAP_LARGE), rb_subtree_gap the largest of those below; VMAs that
 *             could be merged are merged when they are made; a VMA with an anon_vma is in that
 *             anon_vma's list.
 * Lock order: mmap_sem (held for writing by all that change) > i_mmap_rwsem > anon_vma root.
 *             Both inner locks are held while bounds change, because rmap computes
 *             addresses from vm_start and vm_pgoff without mmap_sem.
 *             A VMA in a thread's vmacache is used only if the thread's seqnum equals the
 *             mm's; whoever takes a VMA out of the tree gives the mm a new one.
 * Simplified: as the notes have it; Linux 6.1 keeps all three in one maple tree.
 * Sources:    Gorman, "Understanding the Linux Virtual Memory Manager", "Memory Regions".
 *
 *      list    [ text ]--[ data ]--[ heap ]----[ lib ]----[ stack ]      vm_next, vm_prev
 *      tree                        [ heap ]
 *                       [ text ]            [ lib ]                      mm_rb
 *                            [ data ]            [ stack ]
 *      gap            ^0x400000            ^ between heap and lib        rb_subtree_gap
 */
#include <fs.h>
#include <pagemap.h>
#include <sched.h>
#include <slab.h>
#include <string.h>
#include <vmacache.h>
#include "internal.h"

unsigned long stack_guard_gap = STACK_GUARD_GAP;

static inline struct vm_area_struct *rb_vma(struct rb_node *n)
{
	return rb_entry(n, struct vm_area_struct, vm_rb);
}

/* ---- allocation ---- */

struct vm_area_struct *vm_area_alloc(struct mm_struct *mm)
{
	struct vm_area_struct *vma = kmem_cache_alloc(vm_area_cachep, GFP_KERNEL);

	if (!vma)
		return NULL;
	/* The caller sets bounds, flags and offset; who links it, what leads to its neighbours. */
	vma->vm_mm = mm;
	vma->vm_next = vma->vm_prev = NULL;
	vma->vm_page_prot = __pgprot(0);
	vma->vm_flags = 0;
	vma->vm_pgoff = 0;
	INIT_LIST_HEAD(&vma->anon_vma_chain);
	vma->anon_vma = NULL;
	vma->vm_ops = NULL;
	vma->vm_file = NULL;
	vma->vm_private_data = NULL;
	return vma;
}

/* A copy that is in no list or tree and holds no references yet. */
struct vm_area_struct *vm_area_dup(struct vm_area_struct *orig)
{
	struct vm_area_struct *vma = kmem_cache_alloc(vm_area_cachep, GFP_KERNEL);

	if (!vma)
		return NULL;
	*vma = *orig;
	INIT_LIST_HEAD(&vma->anon_vma_chain);
	vma->vm_next = vma->vm_prev = NULL;
	return vma;
}

void vm_area_free(struct vm_area_struct *vma)
{
	kmem_cache_free(vm_area_cachep, vma);
}

/* The VMA is out of list, tree and file: let go of what it holds. */
void remove_vma(struct vm_area_struct *vma)
{
	if (vma->vm_ops && vma->vm_ops->close)
		vma->vm_ops->close(vma);
	if (!list_empty(&vma->anon_vma_chain))
		unlink_anon_vmas(vma);
	if (vma->vm_file)
		fput(vma->vm_file);
	vm_area_free(vma);
}

/* ---- gaps ---- */

/*
 * What vm_gap should be: bytes that may be used left of @vma.  Guard gaps of stacks on its right
 * side count as taken.
 */
static inline unsigned long gap_before(const struct vm_area_struct *vma)
{
	long gap = vm_start_gap(vma);

	if (vma->vm_prev)
		gap -= vma->vm_prev->vm_end;
	return gap > 0 ? min((unsigned long)gap, GAP_LARGE) : 0;
}

static inline unsigned long subtree_gap(struct rb_node *n)
{
	unsigned long gap = rb_vma(n)->vm_gap;

	if (n->rb_left)
		gap = max(gap, rb_vma(n->rb_left)->rb_subtree_gap);
	if (n->rb_right)
		gap = max(gap, rb_vma(n->rb_right)->rb_subtree_gap);
	return gap;
}

static bool update_gap(struct rb_node *n)
{
	unsigned long gap = subtree_gap(n);

	if (rb_vma(n)->rb_subtree_gap == gap)
		return false;
	rb_vma(n)->rb_subtree_gap = gap;
	return true;
}

/*
 * @vma's start, or the end of its predecessor, has moved: carry its gap up as far as it matters.
 * What grew below makes an ancestor's value at least as large, without a look at the rest; what
 * shrank matters only to an ancestor whose value it was.
 */
static void gap_changed(struct vm_area_struct *vma)
{
	struct rb_node *n = &vma->vm_rb, *parent, *sibling;
	unsigned long old = vma->rb_subtree_gap, gap;

	vma->vm_gap = gap_before(vma);
	gap = subtree_gap(n);
	if (gap > old) {
		for (; n && rb_vma(n)->rb_subtree_gap < gap; n = rb_parent(n))
			rb_vma(n)->rb_subtree_gap = gap;
		return;
	}
	while (gap != old) {
		rb_vma(n)->rb_subtree_gap = gap;
		parent = rb_parent(n);
		if (!parent || rb_vma(parent)->rb_subtree_gap != old)
			return;
		sibling = parent->rb_left == n ? parent->rb_right : parent->rb_left;
		if (sibling)
			gap = max(gap, rb_vma(sibling)->rb_subtree_gap);
		gap = max(gap, rb_vma(parent)->vm_gap);
		n = parent;
	}
}

bool vma_gap_ok(struct vm_area_struct *vma)
{
	return vma->vm_gap == gap_before(vma) && vma->rb_subtree_gap == subtree_gap(&vma->vm_rb);
}

/* ---- find ---- */

/* Down the tree: the first VMA with addr < vm_end. */
noinline struct vm_area_struct *tree_find(const struct mm_struct *mm, unsigned long addr)
{
	struct rb_node *n = mm->mm_rb.rb_node;
	struct vm_area_struct *found = NULL;

	while (n) {
		struct vm_area_struct *v = rb_vma(n);

		if (addr < v->vm_end) {
			found = v;
			if (v->vm_start <= addr)
				break;
			n = n->rb_left;
		} else {
			n = n->rb_right;
		}
	}
	return found;
}

void vmacache_invalidate(struct mm_struct *mm)
{
	static atomic_t next_seqnum;
	u32 n = atomic_inc_return(&next_seqnum);

	if (unlikely(!n))		/* wrapped after four billion changes: 0 means "empty" */
		n = atomic_inc_return(&next_seqnum);
	mm->vmacache_seqnum = n;
}

void vmacache_update(struct task_struct *t, unsigned long addr, struct vm_area_struct *vma)
{
	struct vmacache *vc = &t->vmacache;

	if (t->mm != vma->vm_mm)
		return;
	if (vc->seqnum != vma->vm_mm->vmacache_seqnum) {
		vc->seqnum = vma->vm_mm->vmacache_seqnum;
		for (int i = 0; i < VMACACHE_SIZE; i++)
			vc->vmas[i] = NULL;
	}
	vc->vmas[VMACACHE_SLOT(addr)] = vma;
}

noinline struct vm_area_struct *find_vma_uncached(struct mm_struct *mm, unsigned long addr)
{
	struct vm_area_struct *vma = tree_find(mm, addr);

	if (vma && vma->vm_start <= addr)
		vmacache_update(current, addr, vma);
	return vma;
}

struct vm_area_struct *find_vma(struct mm_struct *mm, unsigned long addr)
{
	return find_vma_inline(current, mm, addr);
}

struct vm_area_struct *last_vma(const struct mm_struct *mm)
{
	struct rb_node *n = rb_last(&mm->mm_rb);

	return n ? rb_vma(n) : NULL;
}

/* As find_vma(), and *pprev is the VMA before that place (NULL if none). */
struct vm_area_struct *find_vma_prev(struct mm_struct *mm, unsigned long addr,
				     struct vm_area_struct **pprev)
{
	struct vm_area_struct *vma = find_vma(mm, addr);

	*pprev = vma ? vma->vm_prev : last_vma(mm);
	return vma;
}

struct vm_area_struct *find_vma_intersection(struct mm_struct *mm, unsigned long start,
					     unsigned long end)
{
	struct vm_area_struct *vma = find_vma(mm, start);

	return vma && vma->vm_start < end ? vma : NULL;
}

/* The VMA at @addr; a stack above it is grown down to it.  Enter: mmap_sem for writing. */
struct vm_area_struct *find_extend_vma(struct mm_struct *mm, unsigned long addr)
{
	struct vm_area_struct *vma;

	addr &= PAGE_MASK;
	vma = find_vma(mm, addr);
	if (!vma || vma->vm_start <= addr)
		return vma;
	if (!(vma->vm_flags & VM_GROWSDOWN) || expand_downwards(vma, addr))
		return NULL;
	return vma;
}

/* ---- the file's interval tree ---- */

static void i_mmap_insert(struct vm_area_struct *vma, struct address_space *m)
{
	if (vma->vm_flags & VM_NONLINEAR)
		list_add_tail(&vma->shared.nonlinear, &m->i_mmap_nonlinear);
	else
		vma_interval_tree_insert(vma, &m->i_mmap);
}

static void i_mmap_remove(struct vm_area_struct *vma, struct address_space *m)
{
	if (vma->vm_flags & VM_NONLINEAR)
		list_del_init(&vma->shared.nonlinear);
	else
		vma_interval_tree_remove(vma, &m->i_mmap);
}

static struct address_space *vma_mapping(const struct vm_area_struct *vma)
{
	return vma->vm_file ? vma->vm_file->f_inode->i_mapping : NULL;
}

/* Counts of the file: who may write through a mapping, who forbids writing. */
static void file_counts(struct vm_area_struct *vma, int sign)
{
	struct address_space *m = vma_mapping(vma);

	if ((vma->vm_flags & (VM_SHARED | VM_MAYWRITE)) == (VM_SHARED | VM_MAYWRITE))
		atomic_add(sign, &m->i_mmap_writable);
	if (vma->vm_flags & VM_DENYWRITE)
		atomic_sub(sign, &vma->vm_file->f_inode->i_writecount);
}

static void vma_file_link(struct vm_area_struct *vma)
{
	struct address_space *m = vma_mapping(vma);

	if (!m)
		return;
	down_write(&m->i_mmap_rwsem);
	file_counts(vma, 1);
	i_mmap_insert(vma, m);
	up_write(&m->i_mmap_rwsem);
}

noinline void vma_file_unlink(struct vm_area_struct *vma)
{
	struct address_space *m = vma_mapping(vma);

	if (!m)
		return;
	down_write(&m->i_mmap_rwsem);
	i_mmap_remove(vma, m);
	file_counts(vma, -1);
	up_write(&m->i_mmap_rwsem);
}

/* ---- link and unlink ---- */

/*
 * Into tree and list, after @prev (NULL: before all).  The place in the tree needs no search: of
 * two neighbours in order, either the first has no right child or the second has no left one.
 * The tree first, while @next still counts the whole gap: so the largest gap changes once on the
 * way up, when @next gives up its part, and not down and up again.
 */
static void link_after(struct mm_struct *mm, struct vm_area_struct *vma, struct vm_area_struct *prev)
{
	struct vm_area_struct *next = prev ? prev->vm_next : mm->mmap;

	VM_BUG_ON_VMA(prev && prev->vm_end > vma->vm_start, vma);
	VM_BUG_ON_VMA(next && next->vm_start < vma->vm_end, vma);
	vma->vm_prev = prev;
	vma->vm_next = next;
	vma->vm_gap = gap_before(vma);
	vma->rb_subtree_gap = 0;
	if (prev && !prev->vm_rb.rb_right)
		rb_link_node(&vma->vm_rb, &prev->vm_rb, &prev->vm_rb.rb_right);
	else if (next)
		rb_link_node(&vma->vm_rb, &next->vm_rb, &next->vm_rb.rb_left);
	else
		rb_link_node(&vma->vm_rb, NULL, &mm->mm_rb.rb_node);
	rb_insert(&mm->mm_rb, &vma->vm_rb, update_gap);
	if (prev)
		prev->vm_next = vma;
	else
		mm->mmap = vma;
	if (next) {
		next->vm_prev = vma;
		gap_changed(next);
	} else {
		mm->highest_vm_end = vma->vm_end;
	}
	mm->map_count++;
	trace_vma_add(vma);
}

void vma_link(struct mm_struct *mm, struct vm_area_struct *vma, struct vm_area_struct *prev)
{
	if (vma->vm_file)
		vma_file_link(vma);
	link_after(mm, vma, prev);
	vmacache_update(current, vma->vm_start, vma);	/* who maps it will touch it */
	mm_verify_range(mm, vma->vm_start, vma->vm_end);
}

void vma_append(struct mm_struct *mm, struct vm_area_struct *last, struct vm_area_struct *vma)
{
	VM_BUG_ON(last && last->vm_next);
	vma_file_link(vma);
	vma->vm_prev = last;
	vma->vm_next = NULL;
	if (last)
		last->vm_next = vma;
	else
		mm->mmap = vma;
	mm->highest_vm_end = vma->vm_end;
	mm->map_count++;
	trace_vma_add(vma);
}

/*
 * A balanced subtree of the next @nr VMAs from *@next on.  The first @black levels from here
 * are full, and black; what is below them is the last, incomplete level, and red.
 */
static struct rb_node *build_subtree(struct vm_area_struct **next, unsigned int nr, unsigned int black)
{
	struct rb_node *left, *right, *n;
	struct vm_area_struct *vma;
	unsigned long gap;

	if (!nr)
		return NULL;
	left = build_subtree(next, (nr - 1) / 2, black - 1);
	vma = *next;
	*next = vma->vm_next;
	right = build_subtree(next, nr / 2, black - 1);

	n = &vma->vm_rb;
	n->rb_parent_color = black ? 1 : 0;
	n->rb_left = left;
	n->rb_right = right;
	gap = vma->vm_gap = gap_before(vma);
	if (left) {
		left->rb_parent_color |= (unsigned long)n;
		gap = max(gap, rb_vma(left)->rb_subtree_gap);
	}
	if (right) {
		right->rb_parent_color |= (unsigned long)n;
		gap = max(gap, rb_vma(right)->rb_subtree_gap);
	}
	vma->rb_subtree_gap = gap;
	return n;
}

void vma_build_tree(struct mm_struct *mm)
{
	struct vm_area_struct *next = mm->mmap;
	unsigned int nr = mm->map_count, black = 0;

	while ((2U << black) <= nr + 1)
		black++;
	mm->mm_rb.rb_node = build_subtree(&next, nr, black);
	VM_BUG_ON(next);
}

/* The VMAs between @prev and @next leave the list; first @next takes over their gaps. */
static void list_unlink(struct mm_struct *mm, struct vm_area_struct *prev,
			struct vm_area_struct *next)
{
	if (prev)
		prev->vm_next = next;
	else
		mm->mmap = next;
	if (next) {
		next->vm_prev = prev;
		gap_changed(next);
	} else {
		mm->highest_vm_end = prev ? prev->vm_end : 0;
	}
}

/* Out of list and tree; counters, file and anon_vmas are the caller's. */
static void tree_unlink(struct mm_struct *mm, struct vm_area_struct *vma)
{
	list_unlink(mm, vma->vm_prev, vma->vm_next);
	rb_erase(&mm->mm_rb, &vma->vm_rb, update_gap);
	mm->map_count--;
	trace_vma_del(mm, vma->vm_start, vma->vm_end);
}

/* 0, or -ENOMEM: overlaps, or there are too many, or no memory may be committed. */
int insert_vm_struct(struct mm_struct *mm, struct vm_area_struct *vma)
{
	struct vm_area_struct *next, *prev;

	next = find_vma_prev(mm, vma->vm_start, &prev);
	if (next && next->vm_start < vma->vm_end)
		return -ENOMEM;
	if ((vma->vm_flags & VM_ACCOUNT) && security_vm_enough_memory(vma_pages(vma)))
		return -ENOMEM;
	if (vma_is_anonymous(vma))
		vma->vm_pgoff = vma->vm_start >> PAGE_SHIFT;
	vma_link(mm, vma, prev);
	return 0;
}

struct vm_area_struct *detach_vmas(struct mm_struct *mm, struct vm_area_struct *vma,
				   unsigned long end)
{
	struct vm_area_struct *first = vma, *last = vma;

	while (last->vm_next && last->vm_next->vm_start < end)
		last = last->vm_next;
	list_unlink(mm, first->vm_prev, last->vm_next);
	last->vm_next = NULL;
	for (; vma; vma = vma->vm_next) {
		rb_erase(&mm->mm_rb, &vma->vm_rb, update_gap);
		mm->map_count--;
		trace_vma_del(mm, vma->vm_start, vma->vm_end);
	}
	vmacache_invalidate(mm);
	return first;
}

/* ---- moving borders ---- */

/* The locks under which borders move: the file's, and the anon_vma family's. */
struct border_lock {
	struct address_space *mapping;
	struct anon_vma *root;
};

static void border_lock(struct border_lock *l, struct vm_area_struct *a, struct vm_area_struct *b)
{
	l->mapping = vma_mapping(a);
	l->root = a->anon_vma ? a->anon_vma->root : b && b->anon_vma ? b->anon_vma->root : NULL;
	if (l->mapping)
		down_write(&l->mapping->i_mmap_rwsem);
	if (l->root)
		down_write(&l->root->rwsem);
}

static void border_unlock(struct border_lock *l)
{
	if (l->root)
		up_write(&l->root->rwsem);
	if (l->mapping)
		up_write(&l->mapping->i_mmap_rwsem);
}

/*
 * Change [start, end) of a linked VMA; its place in the order stays.  Enter: border_lock() held.  The gaps on both
 * sides are the caller's: gap_changed(), end_changed(), or link_after() where another VMA fills the place.
 */
static void set_borders(struct vm_area_struct *vma, unsigned long start, unsigned long end,
			struct address_space *m)
{
	if (m)
		i_mmap_remove(vma, m);
	vma->vm_pgoff += (long)(start - vma->vm_start) >> PAGE_SHIFT;
	vma->vm_start = start;
	vma->vm_end = end;
	if (m)
		i_mmap_insert(vma, m);
}

/* The gap behind @vma has changed. */
static void end_changed(struct vm_area_struct *vma)
{
	if (vma->vm_next)
		gap_changed(vma->vm_next);
	else
		vma->vm_mm->highest_vm_end = vma->vm_end;
}

void vma_shrink(struct vm_area_struct *vma, unsigned long start, unsigned long end)
{
	struct border_lock lock;
	unsigned long old_start = vma->vm_start;

	VM_BUG_ON_VMA(start < old_start || end > vma->vm_end || start >= end, vma);
	trace_vma_adjust(vma->vm_mm, old_start, vma->vm_end, start, end);
	border_lock(&lock, vma, NULL);
	set_borders(vma, start, end, lock.mapping);
	border_unlock(&lock);
	if (start != old_start)
		gap_changed(vma);
	else
		end_changed(vma);
}

/* Free a VMA that a neighbour has taken over; its pages live on.  Only a split undone has close. */
static void swallow(struct vm_area_struct *vma)
{
	if (vma->vm_ops && vma->vm_ops->close)
		vma->vm_ops->close(vma);
	unlink_anon_vmas(vma);
	if (vma->vm_file)
		fput(vma->vm_file);
	vm_area_free(vma);
}

/* A VMA other than @keep that [start, end) covers and that has an anon_vma. */
static struct vm_area_struct *anon_donor(struct vm_area_struct *keep, unsigned long start,
					 unsigned long end)
{
	struct vm_area_struct *p = keep->vm_prev, *n = keep->vm_next;

	for (; p && p->vm_end > start; p = p->vm_prev)
		if (p->anon_vma)
			return p;
	for (; n && n->vm_start < end; n = n->vm_next)
		if (n->anon_vma)
			return n;
	return NULL;
}

/*
 * Let @keep become [start, end).  Neighbours that lie inside disappear, those that reach out
 * are cut back: one step for all eight cases of merging, for growing and for shrinking.
 * The caller knows that @keep may stand for them (same flags, file, offsets, anon_vma).
 * 0, or -ENOMEM with nothing changed.
 */
int vma_take_over(struct vm_area_struct *keep, unsigned long start, unsigned long end)
{
	struct mm_struct *mm = keep->vm_mm;
	struct vm_area_struct *donor = keep->anon_vma ? NULL : anon_donor(keep, start, end);
	unsigned long old_start = keep->vm_start, old_end = keep->vm_end;
	struct vm_area_struct *v, *gone[2];
	struct border_lock lock;
	int nr_gone = 0;

	if (donor) {
		keep->anon_vma = donor->anon_vma;
		if (anon_vma_clone(keep, donor)) {
			keep->anon_vma = NULL;
			return -ENOMEM;
		}
	}
	border_lock(&lock, keep, NULL);
	/* The borders first: then no gap opens where a neighbour goes. */
	set_borders(keep, start, end, lock.mapping);
	while ((v = keep->vm_prev) && v->vm_start >= start) {
		BUG_ON(nr_gone == 2);
		if (lock.mapping)
			i_mmap_remove(v, lock.mapping);
		tree_unlink(mm, v);
		gone[nr_gone++] = v;
	}
	while ((v = keep->vm_next) && v->vm_end <= end) {
		BUG_ON(nr_gone == 2);
		if (lock.mapping)
			i_mmap_remove(v, lock.mapping);
		tree_unlink(mm, v);
		gone[nr_gone++] = v;
	}
	if (v && v->vm_start < end) {
		trace_vma_adjust(mm, v->vm_start, v->vm_end, end, v->vm_end);
		set_borders(v, end, v->vm_end, lock.mapping);
	}
	v = keep->vm_prev;
	if (v && v->vm_end > start) {
		trace_vma_adjust(mm, v->vm_start, v->vm_end, v->vm_start, start);
		set_borders(v, v->vm_start, start, lock.mapping);
	}
	trace_vma_adjust(mm, old_start, old_end, start, end);
	if (start != old_start)
		gap_changed(keep);
	if (end != old_end)
		end_changed(keep);
	for (int i = 0; i < nr_gone; i++)
		if (gone[i]->vm_file)
			file_counts(gone[i], -1);
	border_unlock(&lock);
	if (nr_gone)
		vmacache_invalidate(mm);
	while (nr_gone)
		swallow(gone[--nr_gone]);
	mm_verify_range(mm, start, end);
	return 0;
}

/* ---- split ---- */

/*
 * Cut @vma at @addr: the half below is the new VMA if @new_below.  No limit is checked.
 * 0, -ENOMEM, or what ->may_split says, with nothing changed.
 */
int __split_vma(struct mm_struct *mm, struct vm_area_struct *vma, unsigned long addr,
		       int new_below)
{
	struct vm_area_struct *new;
	struct border_lock lock;
	int err;

	VM_BUG_ON_VMA(addr <= vma->vm_start || addr >= vma->vm_end, vma);
	err = vma->vm_ops && vma->vm_ops->may_split ? vma->vm_ops->may_split(vma, addr) : 0;
	if (err)
		return err;
	if ((vma->vm_flags & VM_ARCH_1) && pfnmap_split(vma, addr))
		return -ENOMEM;
	new = vm_area_dup(vma);
	if (!new)
		goto out_join;
	if (new_below) {
		new->vm_end = addr;
	} else {
		new->vm_start = addr;
		new->vm_pgoff += (addr - vma->vm_start) >> PAGE_SHIFT;
	}
	if (anon_vma_clone(new, vma)) {
		vm_area_free(new);
		goto out_join;
	}
	if (new->vm_file)
		get_file(new->vm_file);
	if (new->vm_ops && new->vm_ops->open)
		new->vm_ops->open(new);
	trace_vma_split(mm, addr);
	border_lock(&lock, vma, NULL);
	if (new_below) {
		trace_vma_adjust(mm, vma->vm_start, vma->vm_end, addr, vma->vm_end);
		set_borders(vma, addr, vma->vm_end, lock.mapping);
	} else {
		trace_vma_adjust(mm, vma->vm_start, vma->vm_end, vma->vm_start, addr);
		set_borders(vma, vma->vm_start, addr, lock.mapping);
	}
	if (lock.mapping) {
		file_counts(new, 1);
		i_mmap_insert(new, lock.mapping);
	}
	border_unlock(&lock);
	link_after(mm, new, new_below ? vma->vm_prev : vma);
	mm_verify_range(mm, min(vma->vm_start, new->vm_start), max(vma->vm_end, new->vm_end));
	return 0;

out_join:
	if (vma->vm_flags & VM_ARCH_1)
		pfnmap_join(vma, addr, vma->vm_end);
	return -ENOMEM;
}

/* As __split_vma(); -ENOMEM also for map_count at its limit. */
int split_vma(struct mm_struct *mm, struct vm_area_struct *vma, unsigned long addr, int new_below)
{
	if (mm->map_count >= sysctl_max_map_count)
		return -ENOMEM;
	return __split_vma(mm, vma, addr, new_below);
}

/* ---- merge ---- */

/* What a new area must have in common with a VMA to become one with it. */
struct merge_key {
	unsigned long flags;
	struct file *file;
	struct anon_vma *anon_vma;
};

static bool anon_vmas_mergeable(struct anon_vma *a, struct anon_vma *b,
				struct vm_area_struct *vma)
{
	/* A VMA in several anon_vmas (forked) may only meet its own: the other's chain is shorter. */
	if ((!a || !b) && (!vma || (!list_empty(&vma->anon_vma_chain) &&
				    vma->anon_vma_chain.next->next == &vma->anon_vma_chain)))
		return true;
	return a == b;
}

static bool mergeable(struct vm_area_struct *vma, const struct merge_key *k)
{
	return !((vma->vm_flags ^ k->flags) & ~VM_SOFTDIRTY) && vma->vm_file == k->file &&
	       !(vma->vm_ops && vma->vm_ops->close) &&
	       anon_vmas_mergeable(k->anon_vma, vma->anon_vma, vma);
}

/* Could an area at @addr, showing its object from @pgoff, be more of the VMA below it? */
static bool continues(struct vm_area_struct *prev, unsigned long addr, pgoff_t pgoff,
		      const struct merge_key *k)
{
	return prev && prev->vm_end == addr && mergeable(prev, k) &&
	       prev->vm_pgoff + vma_pages(prev) == pgoff;
}

/* Could an area that ends at @end and before @pgoff_end be the beginning of the VMA above it? */
static bool precedes(struct vm_area_struct *next, unsigned long end, pgoff_t pgoff_end,
		     const struct merge_key *k)
{
	return next && next->vm_start == end && mergeable(next, k) && next->vm_pgoff == pgoff_end;
}

/*
 * A new or changed area [addr, end) whose neighbour below is @prev: let a neighbour take it
 * over if everything but the address is the same.  P prev, N next, X the area, which is a hole
 * or (part of) existing VMAs whose flags are about to change:
 *
 *   1  PPPPXXXXNNNN -> PPPPPPPPPPPP   hole, both sides      6  the same, X was one whole VMA
 *   2  PPPPXXXX     -> PPPPPPPP       hole, prev only       7  the same, X was one whole VMA
 *   3      XXXXNNNN -> NNNNNNNN       hole, next only       8  the same, X was one whole VMA
 *   4  PPPPXXXXNNNN -> PPPPNNNNNNNN   X was the end of prev
 *   5  PPPPXXXXNNNN -> PPPPPPPPNNNN   X was the start of next
 *
 * Returns the VMA that now covers the area, or NULL (nothing to merge, or no memory).
 */
struct vm_area_struct *vma_merge(struct mm_struct *mm, struct vm_area_struct *prev,
				 unsigned long addr, unsigned long end, unsigned long vm_flags,
				 struct anon_vma *anon_vma, struct file *file, pgoff_t pgoff)
{
	struct merge_key key = { vm_flags, file, anon_vma };
	struct vm_area_struct *next = prev ? prev->vm_next : mm->mmap;
	pgoff_t pages = (end - addr) >> PAGE_SHIFT;
	bool join_prev, join_next, whole = false;

	if (vm_flags & VM_SPECIAL)
		return NULL;
	if (next && next->vm_start < end && next->vm_end == end) {
		next = next->vm_next;			/* the area is one whole VMA: 6, 7, 8 */
		whole = true;
	}
	VM_BUG_ON(prev && addr <= prev->vm_start);

	join_prev = continues(prev, addr, pgoff, &key);
	join_next = precedes(next, end, pgoff + pages, &key);
	if (join_prev && join_next &&
	    anon_vmas_mergeable(prev->anon_vma, next->anon_vma, NULL)) {
		trace_vma_merge(mm, addr, end, whole ? 6 : 1);
		return vma_take_over(prev, prev->vm_start, next->vm_end) ? NULL : prev;
	}
	if (join_prev) {
		trace_vma_merge(mm, addr, end, whole ? 7 : next && next->vm_start < end ? 5 : 2);
		return vma_take_over(prev, prev->vm_start, end) ? NULL : prev;
	}
	if (join_next) {
		trace_vma_merge(mm, addr, end, whole ? 8 : prev && prev->vm_end > addr ? 4 : 3);
		return vma_take_over(next, addr, next->vm_end) ? NULL : next;
	}
	return NULL;
}

/*
 * The same for a hole that mmap fills: cases 1 to 3, and the neighbour above has the first word.
 * Where each side would take the area but the two are strangers (they were forked at different
 * times), it becomes part of the upper one, as since Linux 6.1.
 */
struct vm_area_struct *vma_merge_new(struct mm_struct *mm, struct vm_area_struct *prev,
				     unsigned long addr, unsigned long end, unsigned long vm_flags,
				     struct file *file, pgoff_t pgoff)
{
	struct merge_key key = { vm_flags, file, NULL };
	struct vm_area_struct *next = prev ? prev->vm_next : mm->mmap;
	bool join_next;

	if (vm_flags & VM_SPECIAL)
		return NULL;
	join_next = precedes(next, end, pgoff + ((end - addr) >> PAGE_SHIFT), &key);
	if (join_next)
		key.anon_vma = next->anon_vma;
	if (continues(prev, addr, pgoff, &key))
		return vma_take_over(prev, prev->vm_start, join_next ? next->vm_end : end) ? NULL : prev;
	if (join_next)
		return vma_take_over(next, addr, next->vm_end) ? NULL : next;
	return NULL;
}

/*
 * [start, end) of @vma is about to get @flags: join it to neighbours that have them already, or
 * cut it off.  The caller sets the flags.  ERR_PTR, as split_vma().
 */
struct vm_area_struct *vma_modify(struct vm_area_struct *vma, unsigned long start,
				  unsigned long end, unsigned long flags)
{
	struct mm_struct *mm = vma->vm_mm;
	struct vm_area_struct *merged;
	int err = 0;

	merged = vma_merge(mm, start > vma->vm_start ? vma : vma->vm_prev, start, end, flags,
			   vma->anon_vma, vma->vm_file,
			   vma->vm_pgoff + ((start - vma->vm_start) >> PAGE_SHIFT));
	if (merged)
		return merged;
	if (start > vma->vm_start)
		err = split_vma(mm, vma, start, 1);
	if (!err && end < vma->vm_end)
		err = split_vma(mm, vma, end, 0);
	return err ? ERR_PTR(err) : vma;
}

/* May two neighbours share an anon_vma, so that they can merge after an mprotect? */
static bool anon_vma_compatible(struct vm_area_struct *a, struct vm_area_struct *b)
{
	return a->vm_end == b->vm_start && a->vm_file == b->vm_file &&
	       !((a->vm_flags ^ b->vm_flags) & ~(VM_ACCESS_FLAGS | VM_SOFTDIRTY)) &&
	       b->vm_pgoff == a->vm_pgoff + vma_pages(a);
}

static struct anon_vma *reusable_anon_vma(struct vm_area_struct *from, struct vm_area_struct *a,
					  struct vm_area_struct *b)
{
	if (!anon_vma_compatible(a, b))
		return NULL;
	/* Only one that was never forked: the list of the new VMA then has one link too. */
	if (from->anon_vma && from->anon_vma_chain.next->next == &from->anon_vma_chain)
		return from->anon_vma;
	return NULL;
}

struct anon_vma *find_mergeable_anon_vma(struct vm_area_struct *vma)
{
	struct anon_vma *av = NULL;

	if (vma->vm_next)
		av = reusable_anon_vma(vma->vm_next, vma, vma->vm_next);
	if (!av && vma->vm_prev)
		av = reusable_anon_vma(vma->vm_prev, vma->vm_prev, vma);
	return av;
}

/* ---- stack growth ---- */

/* The limits of @tsk on a stack of @size bytes that grows by @grow pages. */
static bool stack_within_limits(const struct task_struct *tsk, const struct vm_area_struct *vma,
				unsigned long size, unsigned long grow)
{
	const struct mm_struct *mm = vma->vm_mm;

	if (!may_expand_vm_of(tsk, mm, vma->vm_flags, grow) || size > task_rlimit(tsk, RLIMIT_STACK))
		return false;
	return !(vma->vm_flags & VM_LOCKED) || !tsk->cred.euid ||
	       (mm->locked_vm + grow) << PAGE_SHIFT <= task_rlimit(tsk, RLIMIT_MEMLOCK);
}

bool stack_may_grow(const struct task_struct *tsk, const struct vm_area_struct *vma, unsigned long address)
{
	const struct vm_area_struct *prev = vma->vm_prev;
	unsigned long grow;

	address &= PAGE_MASK;
	grow = (vma->vm_start - address) >> PAGE_SHIFT;
	if (address < sysctl_mmap_min_addr)
		return false;
	/* The guard gap: only another stack, or something that cannot be reached, may be nearer. */
	if (prev && !(prev->vm_flags & VM_GROWSDOWN) && (prev->vm_flags & VM_ACCESS_FLAGS) &&
	    address - prev->vm_end < stack_guard_gap)
		return false;
	if (prev && address < prev->vm_end)
		return false;
	return grow <= vma->vm_pgoff && stack_within_limits(tsk, vma, vma->vm_end - address, grow);
}

/*
 * Let a VM_GROWSDOWN area begin at the page of @address.
 * Enter: mmap_sem held for writing.  0, -EPERM below mmap_min_addr, -ENOMEM.
 */
int expand_downwards(struct vm_area_struct *vma, unsigned long address)
{
	struct mm_struct *mm = vma->vm_mm;
	unsigned long grow, flags = vma->vm_flags;

	address &= PAGE_MASK;
	if (!(flags & VM_GROWSDOWN))
		return -EFAULT;
	if (address < sysctl_mmap_min_addr)
		return -EPERM;
	if (address >= vma->vm_start)
		return 0;
	grow = (vma->vm_start - address) >> PAGE_SHIFT;
	if (!stack_may_grow(current, vma, address) || anon_vma_prepare(vma) ||
	    ((flags & VM_ACCOUNT) && security_vm_enough_memory(grow)))
		return -ENOMEM;
	if (vma_take_over(vma, address, vma->vm_end))
		BUG();			/* takes over nobody: needs no memory */
	vm_stat_account(mm, flags, vma->vm_file, grow);
	if (flags & VM_LOCKED)
		mm->locked_vm += grow;
	return 0;
}

/* ---- mremap's copy ---- */

/*
 * A VMA like @vma at @addr, merged into a neighbour where possible; not if @vma stays (@keep) and would
 * be one of those merged: it and its copy are two areas, as on Linux.  NULL: no memory.
 */
struct vm_area_struct *copy_vma(struct vm_area_struct *vma, unsigned long addr, unsigned long len,
				pgoff_t pgoff, bool keep)
{
	struct mm_struct *mm = vma->vm_mm;
	bool untouched = vma_is_anonymous(vma) && !vma->vm_file && !vma->anon_vma;
	bool beside = vma->vm_end == addr || vma->vm_start == addr + len;
	struct vm_area_struct *prev, *new = NULL;

	/* Never touched: offsets may follow the new address, as if it had been mapped there. */
	if (untouched)
		pgoff = addr >> PAGE_SHIFT;
	if (find_vma_prev(mm, addr, &prev) && find_vma(mm, addr)->vm_start < addr + len)
		return NULL;
	if (!(keep && untouched && beside))
		new = vma_merge(mm, prev, addr, addr + len, vma->vm_flags, vma->anon_vma,
				vma->vm_file, pgoff);
	if (new)
		return new;
	new = vm_area_dup(vma);
	if (!new)
		return NULL;
	new->vm_start = addr;
	new->vm_end = addr + len;
	new->vm_pgoff = pgoff;
	if (anon_vma_clone(new, vma)) {
		vm_area_free(new);
		return NULL;
	}
	if (new->vm_file)
		get_file(new->vm_file);
	if (new->vm_ops && new->vm_ops->open)
		new->vm_ops->open(new);
	vma_link(mm, new, prev);
	return new;
}
