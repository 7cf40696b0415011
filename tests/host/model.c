/*
 * tests/host/model.c - an executable specification of an address space
 *
 * Purpose:    say what Linux 6.1 promises about mmap and its family, in the plainest way that can
 *             be run: ranges in an array, pages in an array, no trees, no page tables, no laziness.
 * Invariants: areas are sorted and disjoint; slots are sorted, each inside an area; refs of a page
 *             is the number of slots that name it.
 *             Every call is a row of steps.  Where memory may run out step() is asked; once it says
 *             no, the call answers as Linux documents for want of memory, and the steps before have
 *             been done: this is what "-ENOMEM" may leave behind, and nothing else.
 * Simplified: what one program cannot tell from another is left to the kernel: which of two
 *             touching areas alike are one (refine.c adopts the kernel's borders), and where a page
 *             lies, as long as it stays there.  Not here: limits, protection keys, swap.
 * Sources:    the man pages; Linux 6.1 asked by tests/user.
 */
#include "model.h"
#include <string.h>
#include <uapi/errno.h>
#include <uapi/mman.h>

#define PAGE 4096UL
#define ROUND_DOWN(x) ((x) & -PAGE)
#define ROUND_UP(x) ROUND_DOWN((x) + PAGE - 1)
#define MIN_ADDR 65536UL
#define M_RIGHTS (M_R | M_W | M_X)	/* the same numbers as PROT_READ, PROT_WRITE, PROT_EXEC */
#define M_LOCKS (M_LOCKED | M_ONFAULT)

const unsigned int m_offset[M_WORDS] = { 0, 1024, 2048, 4088 };
struct m_state model;
unsigned long m_task_size, m_mmap_base, m_guard_gap, m_stack_limit;

static unsigned long max(unsigned long a, unsigned long b) { return a > b ? a : b; }
static unsigned long min(unsigned long a, unsigned long b) { return a < b ? a : b; }

/* The arrays are large enough: the caller sees to that. */
static void must(bool true_here)
{
	if (!true_here)
		__builtin_trap();
}

/* One step more, which needs a page (@page) or less.  false: there is no memory for it. */
static bool step(bool page)
{
	if (model.budget == 0 && (page || model.shortage != M_NO_PAGES)) {
		model.exhausted = true;
		model.budget -= model.shortage == M_ONCE;
		return false;
	}
	model.budget -= model.budget > 0;
	return true;
}

/* ---- slots: what is at an address ---- */

static int slot_above(const struct m_space *s, unsigned long addr)
{
	int i = 0;

	while (i < s->nr_slots && s->slot[i].addr < addr)
		i++;
	return i;
}

/* A private page, M_SHOWS(file page), or -1: what follows from the area. */
static int page_at(const struct m_space *s, unsigned long addr)
{
	int i = slot_above(s, addr);

	return i < s->nr_slots && s->slot[i].addr == addr ? s->slot[i].page : -1;
}

/* From now on @page is at @addr; what was there is let go. */
static void set_page(struct m_space *s, unsigned long addr, int page)
{
	int i = slot_above(s, addr), old = page_at(s, addr), was = old != -1, is = page != -1;

	if (page >= 0)
		model.page[page].refs++;
	if (old >= 0)
		model.page[old].refs--;
	must(s->nr_slots + is - was <= M_SLOTS);
	memmove(&s->slot[i + is], &s->slot[i + was], (s->nr_slots - i - was) * sizeof(s->slot[0]));
	s->nr_slots += is - was;
	if (is)
		s->slot[i] = (struct m_slot){ addr, page };
}

static void drop_pages(struct m_space *s, unsigned long start, unsigned long end)
{
	int i = slot_above(s, start);

	while (i < s->nr_slots && s->slot[i].addr < end)
		set_page(s, s->slot[i].addr, -1);
}

static int new_page(const word *w)
{
	int i = 0;

	while (i < M_PAGES && model.page[i].refs)
		i++;
	must(i < M_PAGES);
	model.page[i].frame = 0;
	memcpy(model.page[i].w, w, sizeof(model.page[i].w));
	return i;
}

/* ---- areas ---- */

/* The first that ends above @addr, perhaps M_NOTHING. */
static struct m_area *area_above(struct m_space *s, unsigned long addr)
{
	struct m_area *a = s->area;

	while (a->end <= addr)
		a++;
	return a;
}

static struct m_area *area_at(struct m_space *s, unsigned long addr)
{
	struct m_area *a = area_above(s, addr);

	return a->start <= addr ? a : NULL;
}

static bool is_free(struct m_space *s, unsigned long start, unsigned long end)
{
	return area_above(s, start)->start >= end;
}

/* Where what must stay free below an area begins: a stack keeps some room to grow. */
static unsigned long start_gap(const struct m_area *a)
{
	return a->flags & M_DOWN ? a->start - min(a->start, m_guard_gap) : a->start;
}

static bool has_room(struct m_space *s, unsigned long start, unsigned long end)
{
	return start_gap(area_above(s, start)) >= end;
}

static unsigned long linear_index(const struct m_area *a, unsigned long addr)
{
	return a->pgoff + (addr - a->start) / PAGE;
}

/* What @a is from @start to @end, or would be. */
static struct m_area part(const struct m_area *a, unsigned long start, unsigned long end)
{
	return (struct m_area){ start, end, a->flags, a->file, a->file < 0 ? 0 : linear_index(a, start) };
}

static void insert(struct m_space *s, struct m_area new)
{
	struct m_area *a = area_above(s, new.start);

	must(s->nr_areas < M_AREAS);
	s->nr_areas++;
	memmove(a + 1, a, (s->area + s->nr_areas - a) * sizeof(*a));
	*a = new;
}

/* Let @addr be a border, if it lies inside an area. */
static void cut(struct m_space *s, unsigned long addr)
{
	struct m_area *a = area_above(s, addr), upper = part(a, addr, a->end);

	if (a->start >= addr)
		return;
	a->end = addr;
	insert(s, upper);
}

static void unmap(struct m_space *s, unsigned long start, unsigned long end)
{
	struct m_area *a, *next;

	cut(s, start);
	cut(s, end);
	drop_pages(s, start, end);
	a = area_above(s, start);
	next = area_above(s, end);
	memmove(a, next, (s->area + s->nr_areas + 1 - next) * sizeof(*a));
	s->nr_areas -= next - a;
}

/* Where a mapping of @len bytes goes: the hint, or the highest room below mmap_base.  Or -ENOMEM. */
static long find_room(struct m_space *s, unsigned long hint, unsigned long len)
{
	if (len > m_task_size)
		return -ENOMEM;
	if (hint && hint <= m_task_size - len && has_room(s, hint, hint + len))
		return hint;
	for (int i = s->nr_areas; i >= 0; i--) {
		unsigned long low = i ? s->area[i - 1].end : PAGE;
		unsigned long high = min(start_gap(&s->area[i]), m_mmap_base);

		if (high > low && high - low >= len)
			return high - len;
	}
	return -ENOMEM;
}

/*
 * Let @change see each area from @addr to @end, one after the other; what was done before an error
 * stays done.  Where nothing is: -ENOMEM, at once or (@over_holes) after the rest.
 */
typedef long change_fn(struct m_space *s, struct m_area *a, unsigned long start, unsigned long end, unsigned long arg);
static long each(struct m_space *s, unsigned long addr, unsigned long end, bool over_holes,
		 change_fn *change, unsigned long arg)
{
	long hole = 0;

	while (addr < end) {
		struct m_area *a = area_above(s, addr);
		unsigned long stop = min(a->end, end);
		long err;

		if (a->start > addr) {
			hole = -ENOMEM;
			if (!over_holes)
				return hole;
			addr = a->start;
			continue;
		}
		err = change(s, a, addr, stop, arg);
		if (err)
			return err;
		addr = stop;
	}
	return hole;
}

/* [start, end) of one area gets other flags: a step, unless it has them. */
static long set_flags(struct m_space *s, unsigned long start, unsigned long end, unsigned int flags)
{
	struct m_area *a = area_above(s, start);

	if (a->flags == flags)
		return 0;
	if ((a->start != start || a->end != end) && !step(false))
		return -ENOMEM;
	cut(s, start);
	cut(s, end);
	area_above(s, start)->flags = flags;
	return 0;
}

/* ---- accesses ---- */

static unsigned long file_index(const struct m_space *s, const struct m_area *a, unsigned long addr)
{
	int page = page_at(s, addr);

	return page < -1 ? (unsigned long)M_SHOWS(page) : linear_index(a, addr);
}

/* The words at @addr, to look at or (@write) to change: a private area's page becomes its own first. */
static word *words(struct m_space *s, const struct m_area *a, unsigned long addr, bool write)
{
	static word zeroes[M_WORDS];
	int page = page_at(s, addr);
	struct m_file *f = a->file < 0 ? NULL : &model.file[a->file];
	word *old = page >= 0 ? model.page[page].w : f ? f->w[file_index(s, a, addr)] : zeroes;

	if (write && (a->flags & M_SHARED))
		f->dirty |= 1U << file_index(s, a, addr);
	if (!write || (a->flags & M_SHARED) || (page >= 0 && model.page[page].refs == 1))
		return old;
	page = new_page(old);
	set_page(s, addr, page);
	return model.page[page].w;
}

/* A page of @a is there for reading or writing, whether or not the area has these rights. */
static enum m_outcome bring_in(struct m_space *s, const struct m_area *a, unsigned long addr, bool write)
{
	if (!step(true))
		return M_OOM;
	if (page_at(s, addr) < 0 && a->file >= 0 && file_index(s, a, addr) >= ROUND_UP(model.file[a->file].size) / PAGE)
		return M_BUS;
	if (write && !(a->flags & M_SHARED))
		words(s, a, addr, true);
	return M_OK;
}

static long bring_in_all(struct m_space *s, unsigned long addr, unsigned long end, bool write)
{
	for (; addr < end; addr += PAGE) {
		enum m_outcome o = bring_in(s, area_at(s, addr), addr, write);

		if (o != M_OK)
			return o == M_OOM ? -ENOMEM : -EFAULT;
	}
	return 0;
}

/* mlock and MAP_POPULATE: private memory that can be written is there to be written. */
static long populate(struct m_space *s, unsigned long addr, unsigned long end)
{
	long err = 0;

	for (; addr < end && !err; addr += PAGE) {
		const struct m_area *a = area_at(s, addr);

		if (a && !(a->flags & M_ONFAULT))
			err = !(a->flags & M_RIGHTS) ? -EFAULT :
			      bring_in_all(s, addr, addr + PAGE, (a->flags & (M_W | M_SHARED)) == M_W);
	}
	return err;
}

/* The area for an access at @addr, or NULL: a stack above it may grow down to it first. */
static struct m_area *reach(struct m_space *s, unsigned long addr)
{
	struct m_area *a = area_above(s, addr), *below = a > s->area ? a - 1 : NULL;

	if (a->start <= addr)
		return a;
	if (!(a->flags & M_DOWN) || addr < MIN_ADDR || a->end - addr > m_stack_limit)
		return NULL;
	if (below && !(below->flags & M_DOWN) && (below->flags & M_RIGHTS) && addr - below->end < m_guard_gap)
		return NULL;
	if (!step(false))
		return NULL;			/* no memory: it does not grow */
	a->start = addr;
	return a;
}

/* A debugger may write private memory that the program may not. */
static bool allowed(const struct m_area *a, enum m_how how)
{
	if (how == M_LOAD)
		return a->flags & M_RIGHTS;
	return (a->flags & M_W) || (how == M_POKE && !(a->flags & (M_SHARED | M_FIXED_RO)));
}

enum m_outcome m_access(struct m_space *s, unsigned long addr, enum m_how how, unsigned int i, word *v)
{
	const struct m_area *a = reach(s, addr);
	enum m_outcome o;

	if (!a || !allowed(a, how))
		return M_SEGV;
	o = bring_in(s, a, addr, how != M_LOAD);
	if (o == M_OK && how == M_LOAD)
		*v = words(s, a, addr, false)[i];
	else if (o == M_OK)
		words(s, a, addr, true)[i] = *v;
	return o;
}

/* ---- mmap, munmap, brk ---- */

static int check_type(unsigned long prot, unsigned long flags, int file, bool ro)
{
	unsigned long type = flags & MAP_TYPE;

	if (file < 0)
		return type == MAP_PRIVATE || (type == MAP_SHARED && !(flags & MAP_GROWSDOWN)) ? 0 : -EINVAL;
	if (type != MAP_SHARED && type != MAP_PRIVATE && type != MAP_SHARED_VALIDATE)
		return -EINVAL;
	if (type == MAP_SHARED_VALIDATE && (flags & MAP_FIXED_NOREPLACE))
		return -EOPNOTSUPP;		/* a flag younger than this type */
	if (type != MAP_PRIVATE && ro && (prot & PROT_WRITE))
		return -EACCES;
	return flags & MAP_GROWSDOWN ? -EINVAL : 0;
}

static unsigned int new_flags(unsigned long prot, unsigned long flags, bool ro)
{
	return (prot & M_RIGHTS) | ((flags & MAP_TYPE) == MAP_PRIVATE ? 0 : ro ? M_FIXED_RO : M_SHARED) |
	       (flags & MAP_GROWSDOWN ? M_DOWN : 0) | (flags & MAP_LOCKED ? M_LOCKED : 0) |
	       (flags & MAP_NORESERVE ? M_NORESERVE : 0);
}

unsigned int m_files_in_use(void)
{
	unsigned int used = (1U << M_NAMED) - 1;

	for (struct m_space *s = model.space; s < model.space + M_SPACES; s++)
		for (int i = 0; i < s->nr_areas; i++)
			used |= s->area[i].file < 0 ? 0 : 1U << s->area[i].file;
	return used;
}

/* Shared memory without a name: a file of that size, which goes with its last area. */
static int new_object(unsigned long size)
{
	unsigned int i = M_NAMED, used = m_files_in_use();

	while (i < M_FILES && used >> i & 1)
		i++;
	must(i < M_FILES);
	model.file[i] = (struct m_file){ .birth = ++model.births, .size = size };
	return i;
}

long m_mmap(struct m_space *s, unsigned long addr, unsigned long len, unsigned long prot,
	    unsigned long flags, int file, bool ro, unsigned long off)
{
	struct m_area a;
	int err;

	if (off % PAGE || !len)
		return -EINVAL;
	len = ROUND_UP(len);
	if (!len || len > m_task_size)
		return -ENOMEM;
	if (!(flags & (MAP_FIXED | MAP_FIXED_NOREPLACE)))
		addr = find_room(s, ROUND_DOWN(addr) ? max(ROUND_DOWN(addr), MIN_ADDR) : 0, len);
	if (addr > -PAGE)
		return addr;			/* Linux takes a fixed address here for an error that it found, too */
	if (addr > m_task_size - len)
		return -ENOMEM;
	if (addr % PAGE)
		return -EINVAL;
	if ((flags & MAP_FIXED_NOREPLACE) && !is_free(s, addr, addr + len))
		return -EEXIST;
	err = check_type(prot, flags, file, ro);
	if (err)
		return err;
	if (m_munmap(s, addr, len) || !step(false))
		return -ENOMEM;
	a = (struct m_area){ addr, addr + len, new_flags(prot, flags, ro), file, file < 0 ? 0 : off / PAGE };
	if (a.flags & M_SHARED && file < 0)
		a.file = new_object(len);
	insert(s, a);
	if (flags & (MAP_LOCKED | MAP_POPULATE))
		populate(s, addr, addr + len);
	return addr;
}

long m_munmap(struct m_space *s, unsigned long addr, unsigned long len)
{
	if (addr % PAGE || addr > m_task_size || len > m_task_size - addr || !len)
		return -EINVAL;
	if (is_free(s, addr, addr + ROUND_UP(len)))
		return 0;
	if (!step(false))
		return -ENOMEM;
	unmap(s, addr, addr + ROUND_UP(len));
	return 0;
}

/* Answers where the heap ends now, moved or not. */
long m_brk(struct m_space *s, unsigned long brk)
{
	unsigned long old = ROUND_UP(s->brk), new = ROUND_UP(brk);

	if (brk < s->start_brk || new < brk || new > m_task_size)
		return s->brk;
	if (new < old ? is_free(s, new, old) : new > old && !has_room(s, old, new + PAGE))
		return s->brk;
	if (new != old && !step(false))
		return s->brk;
	if (new < old)
		unmap(s, new, old);
	if (new > old)
		insert(s, (struct m_area){ old, new, M_R | M_W, -1, 0 });
	return s->brk = brk;
}

/* ---- programs come and go ---- */

void m_start(struct m_space *s, unsigned long brk)
{
	*s = (struct m_space){ .used = true, .brk = brk, .start_brk = brk, .area = { M_NOTHING } };
}

long m_fork(struct m_space *s, struct m_space *child)
{
	if (!step(false))
		return -ENOMEM;
	*child = *s;
	for (int i = 0; i < child->nr_slots; i++)
		if (child->slot[i].page >= 0)
			model.page[child->slot[i].page].refs++;
	for (int i = child->nr_areas - 1; i >= 0; i--) {
		struct m_area *a = &child->area[i];

		a->flags &= ~M_LOCKS;
		if (a->flags & M_DONTFORK)
			unmap(child, a->start, a->end);
		else if (a->flags & M_WIPE)
			drop_pages(child, a->start, a->end);
	}
	return 0;
}

void m_exit(struct m_space *s)
{
	unmap(s, 0, m_task_size);
	s->used = false;
}

/* ---- mprotect, mlock ---- */

static long protect(struct m_space *s, struct m_area *a, unsigned long start, unsigned long end, unsigned long prot)
{
	unsigned int was = a->flags;

	if ((prot & PROT_WRITE) && (was & M_FIXED_RO))
		return -EACCES;
	if (set_flags(s, start, end, (was & ~M_RIGHTS) | prot))
		return -ENOMEM;
	/* Locked private pages that became writable get copies at once, as far as that goes. */
	if ((prot & PROT_WRITE) && (was & (M_W | M_SHARED | M_LOCKS)) == M_LOCKED)
		bring_in_all(s, start, end, true);
	return 0;
}

long m_mprotect(struct m_space *s, unsigned long addr, unsigned long len, unsigned long prot)
{
	unsigned long end = addr + ROUND_UP(len);

	if (addr % PAGE)
		return -EINVAL;
	if (len && end <= addr)
		return -ENOMEM;
	if (len && prot & ~(unsigned long)M_RIGHTS)
		return -EINVAL;
	return each(s, addr, end, false, protect, prot);
}

static long lock_piece(struct m_space *s, struct m_area *a, unsigned long start, unsigned long end, unsigned long lock)
{
	return set_flags(s, start, end, (a->flags & ~M_LOCKS) | lock);
}

long m_mlock(struct m_space *s, unsigned long addr, unsigned long len, unsigned int lock)
{
	unsigned long start = ROUND_DOWN(addr), end = start + ROUND_UP(len + addr % PAGE);
	long err = end < start ? -EINVAL : each(s, start, end, false, lock_piece, lock);

	if (err || !lock)
		return err;
	err = populate(s, start, end);
	return err == -EFAULT ? -ENOMEM : err == -ENOMEM ? -EAGAIN : 0;
}

/* ---- remap_file_pages: one area, its pages in any order ---- */

/* [start, end) of @a shows the file from page @index on. */
static void show(struct m_space *s, const struct m_area *a, unsigned long start, unsigned long end, unsigned long index)
{
	for (; start < end; start += PAGE, index++)
		set_page(s, start, index == linear_index(a, start) ? -1 : M_SHOWS(index));
}

/* @shift: file page less page of memory */
static long show_piece(struct m_space *s, struct m_area *a, unsigned long start, unsigned long end, unsigned long shift)
{
	if (!step(false))
		return -ENOMEM;
	a->flags |= M_NONLINEAR;
	show(s, a, start, end, start / PAGE + shift);
	return 0;
}

long m_remap(struct m_space *s, unsigned long addr, unsigned long len, unsigned long pgoff, bool nonblock)
{
	unsigned long start = ROUND_DOWN(addr), end = start + ROUND_DOWN(len);
	struct m_area *first = area_at(s, start);
	long err;

	if (end <= start || pgoff + (end - start) / PAGE < pgoff || !first || !(first->flags & M_SHARED))
		return -EINVAL;
	for (struct m_area *a = first; a->end < end; a++)
		if (a[1].start != a->end || a[1].file != first->file || ((a[1].flags ^ first->flags) & ~M_NONLINEAR))
			return -EINVAL;
	err = each(s, start, end, false, show_piece, pgoff - start / PAGE);
	if (!err && (!nonblock || (first->flags & M_LOCKED)))
		populate(s, start, end);
	return err;
}

/* ---- mremap ---- */

/* To @to, with @keep leaving an empty area behind.  With no @old_len it is a second view of the same. */
static long move(struct m_space *s, struct m_area *from, unsigned long addr, unsigned long old_len,
		 unsigned long new_len, unsigned long to, bool keep)
{
	struct m_area a = part(from, addr, addr + new_len);

	if (!step(false))
		return -ENOMEM;
	a.start = to;
	a.end = to + new_len;
	if (keep)				/* what stays is locked no more: all of it */
		from->flags &= ~M_LOCKS;
	if (!old_len && (a.flags & M_NONLINEAR))
		show(s, &a, to, a.end, file_index(s, from, addr));
	insert(s, a);
	for (unsigned long off = 0; off < old_len; off += PAGE)
		set_page(s, to + off, page_at(s, addr + off));
	drop_pages(s, addr, addr + old_len);
	if (!keep && old_len)
		unmap(s, addr, addr + old_len);
	if (a.flags & M_LOCKED)
		populate(s, to + old_len, a.end);
	return to;
}

static long grow(struct m_space *s, const struct m_area *a, unsigned long delta)
{
	struct m_area more = part(a, a->end, a->end + delta);

	if (!step(false))
		return -ENOMEM;
	insert(s, more);
	if (more.flags & M_LOCKED)
		populate(s, more.start, more.end);
	return 0;
}

/* What lies where it shall go makes room. */
static long clear_target(struct m_space *s, unsigned long addr, unsigned long old_len, unsigned long new_len,
			 unsigned long flags, unsigned long to)
{
	if (to % PAGE || new_len > m_task_size || to > m_task_size - new_len)
		return -EINVAL;
	if (addr + old_len > to && to + new_len > addr)
		return -EINVAL;
	return flags & MREMAP_FIXED ? m_munmap(s, to, new_len) : 0;
}

long m_mremap(struct m_space *s, unsigned long addr, unsigned long old_len, unsigned long new_len,
	      unsigned long flags, unsigned long to)
{
	bool moves = flags & (MREMAP_FIXED | MREMAP_DONTUNMAP);
	struct m_area *a;
	long err = 0;

	if ((flags & ~(unsigned long)(MREMAP_MAYMOVE | MREMAP_FIXED | MREMAP_DONTUNMAP)) || addr % PAGE ||
	    (moves && !(flags & MREMAP_MAYMOVE)) || ((flags & MREMAP_DONTUNMAP) && old_len != new_len))
		return -EINVAL;
	old_len = ROUND_UP(old_len);
	new_len = ROUND_UP(new_len);
	if (!new_len)
		return -EINVAL;
	if (!area_at(s, addr))
		return -EFAULT;
	if (moves)
		err = clear_target(s, addr, old_len, new_len, flags, to);
	if (!err && old_len > new_len) {
		err = m_munmap(s, addr + new_len, old_len - new_len);
		old_len = new_len;
	}
	if (err || (!moves && old_len == new_len))
		return err ? err : (long)addr;
	a = area_at(s, addr);
	if (a && !old_len && !(a->flags & (M_SHARED | M_FIXED_RO)))
		return -EINVAL;
	if (!a || old_len > a->end - addr)
		return -EFAULT;
	if (!moves && new_len <= m_task_size - addr && old_len == a->end - addr && has_room(s, a->end, addr + new_len)) {
		err = grow(s, a, new_len - old_len);
		return err ? err : (long)addr;
	}
	if (!(flags & MREMAP_MAYMOVE))
		return -ENOMEM;
	if (!(flags & MREMAP_FIXED))
		to = find_room(s, moves ? to : 0, new_len);
	return (long)to < 0 ? (long)to : move(s, a, addr, old_len, new_len, to, flags & MREMAP_DONTUNMAP);
}

/* ---- madvise ---- */

static const struct { int advice; unsigned int clear, set; } advices[] = {
	{ MADV_NORMAL, M_SEQ | M_RAND, 0 }, { MADV_SEQUENTIAL, M_RAND, M_SEQ }, { MADV_RANDOM, M_SEQ, M_RAND },
	{ MADV_DONTFORK, 0, M_DONTFORK }, { MADV_DOFORK, M_DONTFORK, 0 }, { MADV_DONTDUMP, 0, M_DONTDUMP },
	{ MADV_DODUMP, M_DONTDUMP, 0 }, { MADV_WIPEONFORK, 0, M_WIPE }, { MADV_KEEPONFORK, M_WIPE, 0 },
	{ MADV_WILLNEED, 0, 0 }, { MADV_DONTNEED, 0, 0 }, { MADV_DONTNEED_LOCKED, 0, 0 }, { MADV_FREE, 0, 0 },
	{ MADV_COLD, 0, 0 }, { MADV_PAGEOUT, 0, 0 }, { MADV_REMOVE, 0, 0 }, { MADV_POPULATE_READ, 0, 0 },
	{ MADV_POPULATE_WRITE, 0, 0 },
};
enum { NR_ADVICES = sizeof(advices) / sizeof(advices[0]) };

/* A page of a file is a hole again. */
static void wipe(struct m_file *f, unsigned long index)
{
	memset(f->w[index], 0, sizeof(f->w[index]));
	f->dirty &= ~(1U << index);
}

static long punch(const struct m_space *s, const struct m_area *a, unsigned long start, unsigned long end)
{
	if ((a->flags & M_LOCKED) || a->file < 0)
		return -EINVAL;
	if (!(a->flags & M_SHARED))
		return -EACCES;
	if (model.file[a->file].disk)
		return -EOPNOTSUPP;
	for (; start < end; start += PAGE)
		if (file_index(s, a, start) < M_FILE_PAGES)
			wipe(&model.file[a->file], file_index(s, a, start));
	return 0;
}

static long advise(struct m_space *s, struct m_area *a, unsigned long start, unsigned long end, unsigned long i)
{
	unsigned int flags = (a->flags & ~advices[i].clear) | advices[i].set;

	switch (advices[i].advice) {
	case MADV_REMOVE:
		return punch(s, a, start, end);
	case MADV_POPULATE_READ:
		return a->flags & M_R ? bring_in_all(s, start, end, false) : -EINVAL;
	case MADV_POPULATE_WRITE:
		return a->flags & M_W ? bring_in_all(s, start, end, true) : -EINVAL;
	case MADV_DONTNEED:
	case MADV_DONTNEED_LOCKED:
		if ((a->flags & M_LOCKED) && advices[i].advice == MADV_DONTNEED)
			return -EINVAL;
		if (!(a->flags & M_SHARED))
			drop_pages(s, start, end);
		return 0;
	case MADV_FREE:
	case MADV_COLD:
	case MADV_PAGEOUT:
		return (a->flags & M_LOCKED) || (advices[i].advice == MADV_FREE && a->file >= 0) ? -EINVAL : 0;
	case MADV_WIPEONFORK:
		if (a->file >= 0)
			return -EINVAL;
	}
	return set_flags(s, start, end, flags) ? -EAGAIN : 0;
}

long m_madvise(struct m_space *s, unsigned long addr, unsigned long len, int advice)
{
	unsigned long i = 0, end = addr + ROUND_UP(len);

	while (i < NR_ADVICES && advices[i].advice != advice)
		i++;
	if (i == NR_ADVICES || addr % PAGE || (len && !ROUND_UP(len)) || end < addr)
		return -EINVAL;
	return each(s, addr, end, true, advise, i);
}

/* ---- files ---- */

/* What lies at or behind @size is zero, and private copies of whole pages there are gone too. */
long m_truncate(int file, unsigned long size)
{
	struct m_file *f = &model.file[file];
	unsigned long first = ROUND_UP(size) / PAGE;
	bool shorter = size <= f->size;

	f->size = size;
	if (!shorter)
		return 0;
	for (int i = 0; i < M_WORDS && size; i++)
		if (ROUND_DOWN(size - 1) + m_offset[i] >= size)
			f->w[(size - 1) / PAGE][i] = 0;
	for (unsigned long i = first; i < M_FILE_PAGES; i++)
		wipe(f, i);
	for (struct m_space *s = model.space; s < model.space + M_SPACES; s++)
		for (struct m_area *a = s->area; a < s->area + s->nr_areas; a++)
			if (a->file == file && !(a->flags & M_SHARED))
				drop_pages(s, a->start + (max(first, a->pgoff) - a->pgoff) * PAGE, a->end);
	return 0;
}

long m_write(int file, unsigned long index, unsigned int i, word v)
{
	struct m_file *f = &model.file[file];

	if (!step(false))
		return -ENOMEM;
	f->w[index][i] = v;
	f->dirty |= 1U << index;
	f->size = max(f->size, index * PAGE + m_offset[i] + 8);
	return 8;
}
