/*
 * mm/unmapped_area.c - where there is room: the layout of an address space and its gaps
 *
 * Purpose:    choose an address for mmap without one, and check one that was asked for.
 * Invariants: rb_subtree_gap lets a search skip every subtree without a large enough gap, so
 *             it goes down the tree twice at most, whatever the number of VMAs; the answer lies
 *             in [low, high - len], is page aligned, overlaps no VMA and keeps the guard gap
 *             below stacks free.
 * Lock order: mmap_sem held by the caller.
 *             What lies above DEFAULT_MAP_WINDOW (la57) is given only to who asks for an
 *             address up there: old programs may keep tags in the upper bits of pointers.
 * Sources:    the layout is Linux's for x86-64 with 47-bit addresses:
 *
 *   0  64K                                mmap_base    gap = stack limit (128 MiB ..
 *   |..|text data bss|heap ->  ...  <- mmap|....|<- stack|   5/6 of all) + guard (+ random)
 */
#include <fs.h>
#include <random.h>
#include <sched.h>
#include <uapi/personality.h>
#include "internal.h"

int randomize_va_space = 2;
int sysctl_legacy_va_layout;
int sysctl_mmap_rnd_bits = MMAP_RND_BITS_MIN;
unsigned long sysctl_mmap_min_addr = MMAP_MIN_ADDR;

#define SIZE_128M		(128UL << 20)
#define STACK_RND_BYTES		(0x3fffffUL << PAGE_SHIFT)
#define MAP_32BIT_LOW		0x40000000UL
#define MAP_32BIT_HIGH		0x80000000UL
#define MAP_32BIT_RND		(32UL << 20)

/* ---- searches ---- */

static inline struct vm_area_struct *rb_vma(struct rb_node *n)
{
	return n ? rb_entry(n, struct vm_area_struct, vm_rb) : NULL;
}

/* May there be room for @len in the subtree?  Certainly, if @len is at most GAP_LARGE. */
static inline bool subtree_fits(struct rb_node *n, unsigned long len)
{
	return n && rb_vma(n)->rb_subtree_gap >= min(len, GAP_LARGE);
}

/*
 * The lowest fit: of a gap [gap_start, gap_end) only what lies in [low, high) counts.
 * Returns the aligned address or -ENOMEM.
 */
static unsigned long fit_low(unsigned long start, unsigned long end, unsigned long len,
			     unsigned long low, unsigned long high, unsigned long mask)
{
	start = max(start, low);
	end = min(end, high);
	start = (start + mask) & ~mask;
	return start < end && end - start >= len ? start : (unsigned long)-ENOMEM;
}

static unsigned long fit_high(unsigned long start, unsigned long end, unsigned long len,
			      unsigned long low, unsigned long high, unsigned long mask)
{
	unsigned long addr;

	start = max(start, low);
	end = min(end, high);
	if (end < start || end - start < len)
		return -ENOMEM;
	addr = (end - len) & ~mask;
	return addr >= start ? addr : (unsigned long)-ENOMEM;
}

static unsigned long gap_start(struct vm_area_struct *v)
{
	return v->vm_prev ? v->vm_prev->vm_end : 0;
}

static inline bool own_gap_fits(const struct vm_area_struct *v, unsigned long len)
{
	return v->vm_gap >= min(len, GAP_LARGE);
}

/*
 * In-order search from the left among nodes whose subtree has a gap of @len.  Where to stop is decided
 * by vm_start, which grows from left to right: a stack's guard gap may reach below its neighbours.
 */
static unsigned long search_up(struct rb_node *n, unsigned long len, unsigned long low,
			       unsigned long high, unsigned long mask)
{
	struct rb_node *child;
	unsigned long addr;

	if (!subtree_fits(n, len))
		return -ENOMEM;
	for (;;) {
		while (subtree_fits(n->rb_left, len) && rb_vma(n)->vm_start > low)
			n = n->rb_left;
visit:
		if (gap_start(rb_vma(n)) >= high)
			return -ENOMEM;
		if (own_gap_fits(rb_vma(n), len)) {
			addr = fit_low(gap_start(rb_vma(n)), vm_start_gap(rb_vma(n)), len, low, high,
				       mask);
			if (!IS_ERR_VALUE(addr))
				return addr;
		}
		if (subtree_fits(n->rb_right, len)) {
			n = n->rb_right;
			continue;
		}
		do {
			child = n;
			n = rb_parent(n);
			if (!n)
				return -ENOMEM;
		} while (n->rb_right == child);
		goto visit;
	}
}

/* Enter: the subtree of @n has a gap of @len, at most GAP_LARGE.  The VMA right of its last one. */
static struct vm_area_struct *last_gap_in(struct rb_node *n, unsigned long len)
{
	for (;;) {
		if (subtree_fits(n->rb_right, len))
			n = n->rb_right;
		else if (own_gap_fits(rb_vma(n), len))
			return rb_vma(n);
		else
			n = n->rb_left;
	}
}

/*
 * The last gap of @len (at most GAP_LARGE) below @high: true, [*start, *end), and in *after the VMA
 * behind it or NULL.  One gap may reach across @high: it is cut there, and what it promises to the
 * nodes above it (it is below the stack, and large) misleads nobody, because the way down to it
 * only notes where the next one is.
 */
static bool last_gap_below(struct mm_struct *mm, unsigned long high, unsigned long len,
			   struct vm_area_struct **after, unsigned long *start, unsigned long *end)
{
	struct vm_area_struct *across = NULL, *v;
	struct rb_node *n = mm->mm_rb.rb_node, *next = NULL;

	while (n) {
		v = rb_vma(n);
		if (v->vm_start >= high) {
			across = v;
			n = n->rb_left;
			continue;
		}
		if (subtree_fits(n->rb_left, len) || own_gap_fits(v, len))
			next = n;
		n = n->rb_right;
	}
	*after = across;
	*start = across ? gap_start(across) : mm->highest_vm_end;
	*end = across ? min(high, vm_start_gap(across)) : high;
	if (*start + len <= *end)
		return true;
	if (!next)
		return false;
	v = rb_vma(next);
	if (!own_gap_fits(v, len))
		v = last_gap_in(next->rb_left, len);
	*after = v;
	*start = gap_start(v);
	*end = vm_start_gap(v);
	return true;
}

unsigned long vm_unmapped_area_bottomup(struct mm_struct *mm, unsigned long len, unsigned long low,
					unsigned long high, unsigned long align_mask)
{
	unsigned long addr = search_up(mm->mm_rb.rb_node, len, low, high, align_mask);

	if (IS_ERR_VALUE(addr))		/* above the last VMA */
		addr = fit_low(mm->highest_vm_end, high, len, low, high, align_mask);
	return addr;
}

unsigned long vm_unmapped_area_topdown(struct mm_struct *mm, unsigned long len, unsigned long low,
				       unsigned long high, unsigned long align_mask)
{
	unsigned long start, end, addr;
	struct vm_area_struct *after;

	/* again only if a gap is too short after all: aligned, or longer than GAP_LARGE */
	while (last_gap_below(mm, high, min(len, GAP_LARGE), &after, &start, &end)) {
		addr = fit_high(start, end, len, low, high, align_mask);
		if (!IS_ERR_VALUE(addr)) {
			if (after)
				vmacache_update(current, addr, after);	/* mmap looks for neighbours */
			return addr;
		}
		if (start <= low)
			break;
		high = start;
	}
	return -ENOMEM;
}

/* ---- the two layouts ---- */

/* Is [addr, addr + len) free, guard gap of the next stack included? */
static bool range_is_free(struct mm_struct *mm, unsigned long addr, unsigned long len)
{
	struct vm_area_struct *vma = find_vma(mm, addr);

	return !vma || addr + len <= vm_start_gap(vma);
}

/* The end of what a search may use when @hint was asked for. */
static unsigned long search_end(const struct mm_struct *mm, unsigned long hint)
{
	return hint > DEFAULT_MAP_WINDOW ? mm->task_size : min(mm->task_size, DEFAULT_MAP_WINDOW);
}

/* A hint is good below the border or above it, not across. */
static bool hint_is_valid(const struct mm_struct *mm, unsigned long hint, unsigned long len)
{
	if (mm->task_size - len < hint)
		return false;
	return (hint > DEFAULT_MAP_WINDOW) == (hint + len > DEFAULT_MAP_WINDOW);
}

static noinline unsigned long get_area_bottomup(struct file *file, unsigned long addr, unsigned long len,
				       unsigned long pgoff, unsigned long flags)
{
	struct mm_struct *mm = current->mm;
	unsigned long begin = mm->mmap_legacy_base, end = search_end(mm, addr);

	if (flags & MAP_FIXED)
		return addr;
	if (flags & MAP_32BIT) {
		begin = MAP_32BIT_LOW;
		end = MAP_32BIT_HIGH;
		if (current->flags & PF_RANDOMIZE)	/* each time anew */
			begin += get_random_u64() % (MAP_32BIT_RND >> PAGE_SHIFT) << PAGE_SHIFT;
	}
	if (len > end)
		return -ENOMEM;
	if (addr) {
		addr = PAGE_ALIGN(addr);
		if (end - len >= addr && range_is_free(mm, addr, len))
			return addr;
	}
	return vm_unmapped_area_bottomup(mm, len, begin, end, 0);
}

static unsigned long get_area_topdown(struct file *file, unsigned long addr, unsigned long len,
				      unsigned long pgoff, unsigned long flags)
{
	struct mm_struct *mm = current->mm;
	unsigned long hint = addr & PAGE_MASK, high = mm->mmap_base, found;

	if (len > mm->task_size)
		return -ENOMEM;
	if (flags & MAP_FIXED)
		return addr;
	if (flags & MAP_32BIT)
		return get_area_bottomup(file, addr, len, pgoff, flags);
	if (hint && hint_is_valid(mm, hint, len) && range_is_free(mm, hint, len))
		return hint;
	if (addr > DEFAULT_MAP_WINDOW)
		high += mm->task_size - DEFAULT_MAP_WINDOW;
	found = vm_unmapped_area_topdown(mm, len, PAGE_SIZE, high, 0);
	/* A huge stack limit leaves little below mmap_base: try everything above too. */
	return IS_ERR_VALUE(found) ? get_area_bottomup(file, addr, len, pgoff, flags) : found;
}

/*
 * An address for a new mapping of current's mm: page aligned, or -errno.
 * -ENOMEM no room, -EINVAL MAP_FIXED not aligned, -EPERM below mmap_min_addr.
 */
unsigned long get_unmapped_area(struct file *file, unsigned long addr, unsigned long len,
				unsigned long pgoff, unsigned long flags)
{
	struct mm_struct *mm = current->mm;

	if (len > mm->task_size)
		return -ENOMEM;
	if (file && file->f_op->get_unmapped_area)
		addr = file->f_op->get_unmapped_area(file, addr, len, pgoff, flags);
	else
		addr = mm->get_unmapped_area(file, addr, len, pgoff, flags);
	if (IS_ERR_VALUE(addr))
		return addr;
	if (addr > mm->task_size - len)
		return -ENOMEM;
	if (offset_in_page(addr))
		return -EINVAL;
	if (addr < sysctl_mmap_min_addr && !capable_root())
		return -EPERM;
	trace_vma_gap(mm, len, addr);
	return addr;
}

unsigned long mmap_rnd(void)
{
	return (get_random_u64() & (BIT(READ_ONCE(sysctl_mmap_rnd_bits)) - 1)) << PAGE_SHIFT;
}

void arch_pick_mmap_layout(struct mm_struct *mm)
{
	bool random = current->flags & PF_RANDOMIZE;
	unsigned long gap = rlimit(RLIMIT_STACK);
	unsigned long pad = stack_guard_gap + (random ? STACK_RND_BYTES : 0);
	unsigned long rnd = random ? mmap_rnd() : 0;
	unsigned long window = search_end(mm, 0), max_gap = window / 6 * 5;

	if (gap + pad > gap)
		gap += pad;
	gap = gap < SIZE_128M ? SIZE_128M : gap > max_gap ? max_gap : gap;
	mm->mmap_base = PAGE_ALIGN(window - gap - rnd);
	mm->mmap_legacy_base = PAGE_ALIGN(window / 3) + rnd;
	mm->get_unmapped_area = get_area_topdown;
	if ((current->personality & ADDR_COMPAT_LAYOUT) || sysctl_legacy_va_layout) {
		mm->get_unmapped_area = get_area_bottomup;
		mm->mmap_base = mm->mmap_legacy_base;
	}
}
