/*
 * tests/host/model.c - an executable specification of an address space
 *
 * Purpose:    say what Linux 6.1 promises about mmap and its family, in the plainest way that can
 *             be run: ranges in an array, pages in an array, no trees, no page tables, no laziness.
 * Invariants: areas are sorted and disjoint; a space has at most one page at an address, inside an
 *             area; a page is shared by all spaces that have it.
 *             Every call is a row of steps.  Where memory may run out m_step() is asked; once it says
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
ulong m_task_size, m_mmap_base, m_guard_gap, m_stack_limit;

static ulong max(ulong a, ulong b) { return a > b ? a : b; }
static ulong min(ulong a, ulong b) { return a < b ? a : b; }

/* ---- pages ---- */

/* What the space has at @addr, or NULL. */
static struct m_page *page_at(const struct m_space *s, ulong addr)
{
	for (int i = 0; i < M_PAGES; i++)
		if (s->where[i] == addr)
			return &model.page[i];
	return NULL;
}

/* The pages from @start to @end go to @to, or away if that is M_NOWHERE. */
static void move_pages(struct m_space *s, ulong start, ulong end, ulong to)
{
	for (int i = 0; i < M_PAGES; i++)
		if (s->where[i] >= start && s->where[i] < end)
			s->where[i] = to == M_NOWHERE ? to : s->where[i] - start + to;
}

static void drop_pages(struct m_space *s, ulong start, ulong end) { move_pages(s, start, end, M_NOWHERE); }

/* How many spaces have the page; 0: nobody, it is free. */
int m_owners(const struct m_page *p)
{
	int n = 0;

	for (struct m_space *s = model.space; s < model.space + M_SPACES; s++)
		n += s->used && s->where[p - model.page] != M_NOWHERE;
	return n;
}

/* From now on a new page is at @addr instead of what was there. */
static struct m_page *put_page(struct m_space *s, ulong addr, struct m_page new)
{
	struct m_page *p = model.page;

	while (m_owners(p))
		p++;
	*p = new;
	drop_pages(s, addr, addr + PAGE);
	s->where[p - model.page] = addr;
	s->lazy[p - model.page] = false;
	return p;
}

/* ---- areas ---- */

/* The first that ends above @addr, perhaps M_NOTHING. */
static struct m_area *area_above(struct m_space *s, ulong addr)
{
	struct m_area *a = s->area;

	while (a->end <= addr)
		a++;
	return a;
}

static struct m_area *area_at(struct m_space *s, ulong addr)
{
	struct m_area *a = area_above(s, addr);

	return a->start <= addr ? a : NULL;
}

/* Where what must stay free below an area begins: a stack keeps some room to grow. */
static ulong start_gap(const struct m_area *a)
{
	return a->flags & M_DOWN ? a->start - min(a->start, m_guard_gap) : a->start;
}

static bool is_free(struct m_space *s, ulong start, ulong end) { return area_above(s, start)->start >= end; }
static bool has_room(struct m_space *s, ulong start, ulong end) { return start_gap(area_above(s, start)) >= end; }
static ulong linear_index(const struct m_area *a, ulong addr) { return a->pgoff + (addr - a->start) / PAGE; }

/* What @a is from @start to @end, or would be. */
static struct m_area part(const struct m_area *a, ulong start, ulong end)
{
	return (struct m_area){ start, end, a->flags, a->file, a->file < 0 ? 0 : linear_index(a, start) };
}

static void insert(struct m_space *s, struct m_area new)
{
	struct m_area *a = area_above(s, new.start);

	s->nr_areas++;
	memmove(a + 1, a, (s->area + s->nr_areas - a) * sizeof(*a));
	*a = new;
}

/* Let @addr be a border, if it lies inside an area. */
static void cut(struct m_space *s, ulong addr)
{
	struct m_area *a = area_above(s, addr), upper = part(a, addr, a->end);

	if (a->start >= addr)
		return;
	a->end = addr;
	insert(s, upper);
}

static void unmap(struct m_space *s, ulong start, ulong end)
{
	struct m_area *first, *next;

	cut(s, start);
	cut(s, end);
	drop_pages(s, start, end);
	first = area_above(s, start);
	next = area_above(s, end);
	memmove(first, next, (s->area + s->nr_areas + 1 - next) * sizeof(*first));
	s->nr_areas -= next - first;
}

/* Where a mapping of @len bytes goes: the hint, or the highest room below mmap_base.  Or -ENOMEM. */
static long find_room(struct m_space *s, ulong hint, ulong len)
{
	if (len > m_task_size)
		return -ENOMEM;
	if (hint && hint <= m_task_size - len && has_room(s, hint, hint + len))
		return hint;
	for (int i = s->nr_areas; i >= 0; i--) {
		ulong low = i ? s->area[i - 1].end : PAGE, high = min(start_gap(&s->area[i]), m_mmap_base);

		if (high > low && high - low >= len)
			return high - len;
	}
	return -ENOMEM;
}

/* Each area @a from @addr to @end, the part [addr, stop) of it.  Where nothing is it ends, with addr < end. */
#define for_each_part(s, a, addr, stop, end) \
	for (; (addr) < (end) && ((a) = area_above(s, addr))->start <= (addr) && ((stop) = min((a)->end, end)); (addr) = (stop))

/* [start, end) of one area gets other flags: a step, unless it is all of the area. */
static long set_flags(struct m_space *s, ulong start, ulong end, unsigned int flags)
{
	struct m_area *a = area_above(s, start);

	if (a->flags == flags)
		return 0;
	if ((a->start != start || a->end != end) && !m_step(false))
		return -ENOMEM;
	cut(s, start);
	cut(s, end);
	area_above(s, start)->flags = flags;
	return 0;
}

/* ---- accesses ---- */

static ulong file_index(const struct m_space *s, const struct m_area *a, ulong addr)
{
	const struct m_page *p = a->flags & M_SHARED ? page_at(s, addr) : NULL;

	return p ? p->shows : linear_index(a, addr);
}

/* What is seen at @addr. */
static word *words(struct m_space *s, const struct m_area *a, ulong addr)
{
	static word zeroes[M_WORDS];
	struct m_page *own = a->flags & M_SHARED ? NULL : page_at(s, addr);

	return own ? own->w : a->file >= 0 ? model.file[a->file].w[file_index(s, a, addr)] : zeroes;
}

/* Before a private area is written: the space has the page there alone. */
static void make_own(struct m_space *s, const struct m_area *a, ulong addr)
{
	const struct m_page *p = page_at(s, addr);
	struct m_page new = { 0 };

	if ((a->flags & M_SHARED) || (p && m_owners(p) == 1))
		return;
	memcpy(new.w, words(s, a, addr), sizeof(new.w));
	put_page(s, addr, new);
}

/* From @addr to @end there is something to read or write, whether or not the areas have these rights. */
static long bring_in(struct m_space *s, ulong addr, ulong end, bool write)
{
	for (; addr < end; addr += PAGE) {
		const struct m_area *a = area_at(s, addr);
		bool own = page_at(s, addr) && !(a->flags & M_SHARED);

		if (!m_step(true))
			return -ENOMEM;
		if (!own && a->file >= 0 && file_index(s, a, addr) >= ROUND_UP(model.file[a->file].size) / PAGE)
			return -EFAULT;
		if (write)
			make_own(s, a, addr);
	}
	return 0;
}

/* mlock and MAP_POPULATE: private memory that can be written is there to be written. */
static long populate(struct m_space *s, ulong addr, ulong end)
{
	long err = 0;

	for (; addr < end && !err; addr += PAGE) {
		const struct m_area *a = area_at(s, addr);

		if (a && !(a->flags & M_ONFAULT))
			err = a->flags & M_RIGHTS ? bring_in(s, addr, addr + PAGE, a->flags & M_W) : -EFAULT;
	}
	return err;
}

/* The area for an access at @addr, or NULL: a stack above it may grow down to it first. */
static struct m_area *reach(struct m_space *s, ulong addr)
{
	struct m_area *a = area_above(s, addr), *below = a > s->area ? a - 1 : NULL;

	if (a->start <= addr)
		return a;
	if (!(a->flags & M_DOWN) || addr < MIN_ADDR || a->end - addr > m_stack_limit)
		return NULL;
	if (below && !(below->flags & M_DOWN) && (below->flags & M_RIGHTS) && addr - below->end < m_guard_gap)
		return NULL;
	if (!m_step(false))
		return NULL;			/* no memory: it does not grow */
	a->start = addr;
	return a;
}

enum m_outcome m_access(struct m_space *s, ulong addr, enum m_how how, unsigned int i, word *v)
{
	const struct m_area *a = reach(s, addr);
	bool write = how != M_LOAD, may;
	struct m_page *p;
	long err;

	may = a && a->flags & (write ? M_W : M_RIGHTS);
	if (how == M_POKE)		/* a debugger may write private memory that the program may not */
		may |= a && !(a->flags & (M_SHARED | M_FIXED_RO));
	if (!may)
		return M_SEGV;
	err = bring_in(s, addr, addr + PAGE, write);
	if (err)
		return err == -ENOMEM ? M_OOM : M_BUS;
	p = page_at(s, addr);
	if (write && p)
		s->lazy[p - model.page] = false;
	if (write && (a->flags & M_SHARED))
		model.file[a->file].dirty |= 1U << file_index(s, a, addr);
	if (write)
		words(s, a, addr)[i] = *v;
	else
		*v = words(s, a, addr)[i];
	return M_OK;
}

/* ---- mmap, munmap, brk ---- */

static int check_type(ulong prot, ulong flags, int file, bool ro)
{
	ulong type = flags & MAP_TYPE;

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

static unsigned int new_flags(ulong prot, ulong flags, bool ro)
{
	return (prot & M_RIGHTS) | ((flags & MAP_TYPE) == MAP_PRIVATE ? 0 : ro ? M_FIXED_RO : M_SHARED) |
	       (flags & MAP_GROWSDOWN ? M_DOWN : 0) | (flags & MAP_LOCKED ? M_LOCKED : 0) |
	       (flags & MAP_NORESERVE ? M_NORESERVE : 0);
}

/* Bit n: file n has a name or an area. */
unsigned int m_files_in_use(void)
{
	unsigned int used = (1U << M_NAMED) - 1;

	for (struct m_space *s = model.space; s < model.space + M_SPACES; s++)
		for (int i = 0; i < s->nr_areas; i++)
			used |= s->area[i].file < 0 ? 0 : 1U << s->area[i].file;
	return used;
}

/* Shared memory without a name: a file of that size, which goes with its last area. */
static int new_object(ulong size)
{
	unsigned int i = __builtin_ctz(~m_files_in_use());

	model.file[i] = (struct m_file){ .birth = ++model.births, .size = size };
	return i;
}

long m_mmap(struct m_space *s, ulong addr, ulong len, ulong prot, ulong flags, int file, bool ro, ulong off)
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
		return addr;			/* Linux takes a fixed address up there for an error, too */
	if (addr > m_task_size - len)
		return -ENOMEM;
	if (addr % PAGE)
		return -EINVAL;
	if ((flags & MAP_FIXED_NOREPLACE) && !is_free(s, addr, addr + len))
		return -EEXIST;
	err = check_type(prot, flags, file, ro);
	if (err)
		return err;
	if (m_munmap(s, addr, len) || !m_step(false))
		return -ENOMEM;
	a = (struct m_area){ addr, addr + len, new_flags(prot, flags, ro), file, file < 0 ? 0 : off / PAGE };
	if ((a.flags & M_SHARED) && file < 0)
		a.file = new_object(len);
	insert(s, a);
	if (flags & (MAP_LOCKED | MAP_POPULATE))
		populate(s, addr, addr + len);
	return addr;
}

long m_munmap(struct m_space *s, ulong addr, ulong len)
{
	if (addr % PAGE || addr > m_task_size || len > m_task_size - addr || !len)
		return -EINVAL;
	len = ROUND_UP(len);
	if (is_free(s, addr, addr + len))
		return 0;
	if (!m_step(false))
		return -ENOMEM;
	unmap(s, addr, addr + len);
	return 0;
}

/* Answers where the heap ends now, moved or not. */
long m_brk(struct m_space *s, ulong brk)
{
	ulong old = ROUND_UP(s->brk), new = ROUND_UP(brk);

	if (brk < s->start_brk || new < brk || new > m_task_size ||
	    (new < old && is_free(s, new, old)) || (new > old && !has_room(s, old, new + PAGE)) ||
	    (new != old && !m_step(false)))
		return s->brk;
	if (new < old)
		unmap(s, new, old);
	if (new > old)
		insert(s, (struct m_area){ old, new, M_R | M_W, -1, 0 });
	return s->brk = brk;
}

/* ---- programs come and go ---- */

void m_start(struct m_space *s, ulong brk)
{
	*s = (struct m_space){ .used = true, .brk = brk, .start_brk = brk, .area = { M_NOTHING } };
	drop_pages(s, 0, M_NOWHERE);
}

long m_fork(struct m_space *s, struct m_space *child)
{
	if (!m_step(false))
		return -ENOMEM;
	*child = *s;
	for (int i = child->nr_areas - 1; i >= 0; i--) {
		struct m_area *a = &child->area[i];

		a->flags &= ~M_LOCKS;
		if (a->flags & M_WIPE)
			drop_pages(child, a->start, a->end);
		if (a->flags & M_DONTFORK)
			unmap(child, a->start, a->end);
	}
	return 0;
}

void m_exit(struct m_space *s)
{
	unmap(s, 0, m_task_size);
	s->used = false;
}

/* ---- mprotect, mlock ---- */

long m_mprotect(struct m_space *s, ulong addr, ulong len, ulong prot)
{
	ulong end = addr + ROUND_UP(len), stop;
	struct m_area *a;

	if (addr % PAGE)
		return -EINVAL;
	if (!len)
		return 0;
	if (end <= addr)
		return -ENOMEM;
	if (prot & ~(ulong)M_RIGHTS)
		return -EINVAL;
	for_each_part(s, a, addr, stop, end) {
		unsigned int was = a->flags;

		if ((prot & PROT_WRITE) && (was & M_FIXED_RO))
			return -EACCES;
		if (set_flags(s, addr, stop, (was & ~M_RIGHTS) | prot))
			return -ENOMEM;
		/* Locked private pages that became writable get copies at once, as far as that goes. */
		if ((prot & PROT_WRITE) && (was & (M_W | M_SHARED | M_LOCKS)) == M_LOCKED)
			bring_in(s, addr, stop, true);
	}
	return addr < end ? -ENOMEM : 0;
}

long m_mlock(struct m_space *s, ulong addr, ulong len, unsigned int locks)
{
	ulong start = ROUND_DOWN(addr), end = start + ROUND_UP(len + addr % PAGE), stop;
	struct m_area *a;
	long err;

	if (end < start)
		return -EINVAL;
	addr = start;
	for_each_part(s, a, addr, stop, end)
		if (set_flags(s, addr, stop, (a->flags & ~M_LOCKS) | locks))
			return -ENOMEM;
	if (addr < end)
		return -ENOMEM;
	err = locks ? populate(s, start, end) : 0;
	return err == -EFAULT ? -ENOMEM : err == -ENOMEM ? -EAGAIN : 0;
}

/* ---- remap_file_pages: one area, its pages in any order ---- */

/* [start, end) of @a shows the file from page @index on. */
static void show(struct m_space *s, const struct m_area *a, ulong start, ulong end, ulong index)
{
	drop_pages(s, start, end);
	for (; start < end; start += PAGE, index++)
		if (index != linear_index(a, start))
			put_page(s, start, (struct m_page){ .shows = index });
}

long m_remap(struct m_space *s, ulong addr, ulong len, ulong pgoff, bool nonblock)
{
	ulong start = ROUND_DOWN(addr), end = start + ROUND_DOWN(len), stop;
	struct m_area *a = area_above(s, start), *first = a;

	if (end <= start || pgoff + (end - start) / PAGE < pgoff || a->start > start || !(a->flags & M_SHARED))
		return -EINVAL;
	for (; a->end < end; a++)
		if (a[1].start != a->end || a[1].file != a->file || ((a[1].flags ^ a->flags) & ~M_NONLINEAR))
			return -EINVAL;
	addr = start;
	for_each_part(s, a, addr, stop, end) {
		if (!m_step(false))
			return -ENOMEM;
		a->flags |= M_NONLINEAR;
		show(s, a, addr, stop, pgoff + (addr - start) / PAGE);
	}
	if (!nonblock || (first->flags & M_LOCKED))
		populate(s, start, end);
	return 0;
}

/* ---- mremap ---- */

/*
 * To @to, which may be where it is; with @keep leaving an empty area behind.  With no @old_len it is
 * a second view of the same.
 */
static long move(struct m_space *s, struct m_area *from, ulong addr, ulong old_len, ulong new_len, ulong to, bool keep)
{
	struct m_area a = part(from, addr, addr + new_len);

	if (!m_step(false))
		return -ENOMEM;
	if (keep)				/* what stays is locked no more: all of it */
		from->flags &= ~M_LOCKS;
	if (to == addr) {
		insert(s, part(from, from->end, a.end));
	} else {
		a.start = to;
		a.end = to + new_len;
		if (!old_len && (a.flags & M_NONLINEAR))
			show(s, &a, to, a.end, file_index(s, from, addr));
		insert(s, a);
		move_pages(s, addr, addr + old_len, to);
		if (!keep && old_len)
			unmap(s, addr, addr + old_len);
	}
	if (a.flags & M_LOCKED)
		populate(s, to + old_len, a.end);
	return to;
}

long m_mremap(struct m_space *s, ulong addr, ulong old_len, ulong new_len, ulong flags, ulong to)
{
	bool keep = flags & MREMAP_DONTUNMAP, fixed = flags & MREMAP_FIXED, moves = fixed || keep;
	struct m_area *a;

	if ((flags & ~(ulong)(MREMAP_MAYMOVE | MREMAP_FIXED | MREMAP_DONTUNMAP)) || addr % PAGE ||
	    (moves && !(flags & MREMAP_MAYMOVE)) || (keep && old_len != new_len))
		return -EINVAL;
	old_len = ROUND_UP(old_len);
	new_len = ROUND_UP(new_len);
	if (!new_len)
		return -EINVAL;
	if (!area_at(s, addr))
		return -EFAULT;
	if (moves && (to % PAGE || new_len > m_task_size || to > m_task_size - new_len ||
		      (addr + old_len > to && to + new_len > addr)))
		return -EINVAL;
	if (fixed && m_munmap(s, to, new_len))
		return -ENOMEM;
	if (old_len > new_len) {
		long err = m_munmap(s, addr + new_len, old_len - new_len);

		if (err)
			return err;
		old_len = new_len;
	}
	if (!moves && old_len == new_len)
		return addr;
	a = area_at(s, addr);
	if (a && !old_len && !(a->flags & (M_SHARED | M_FIXED_RO)))
		return -EINVAL;
	if (!a || old_len > a->end - addr)
		return -EFAULT;
	if (!moves && old_len == a->end - addr && new_len <= m_task_size - addr && has_room(s, a->end, addr + new_len))
		to = addr;
	else if (!(flags & MREMAP_MAYMOVE))
		return -ENOMEM;
	else if (!fixed)
		to = find_room(s, keep ? to : 0, new_len);
	return (long)to < 0 ? (long)to : move(s, a, addr, old_len, new_len, to, keep);
}

/* ---- madvise ---- */

enum { M_FILE = 1 << 15 };			/* no flag of an area: it has a file */

static const struct advice {
	int advice;
	unsigned int needs, refuses;		/* of an area, or -EINVAL */
	unsigned int clear, set;		/* its flags change like this */
} advices[] = {
	{ MADV_NORMAL, 0, 0, M_SEQ | M_RAND, 0 }, { MADV_SEQUENTIAL, 0, 0, M_RAND, M_SEQ },
	{ MADV_RANDOM, 0, 0, M_SEQ, M_RAND },
	{ MADV_DONTFORK, 0, 0, 0, M_DONTFORK }, { MADV_DOFORK, 0, 0, M_DONTFORK, 0 },
	{ MADV_DONTDUMP, 0, 0, 0, M_DONTDUMP }, { MADV_DODUMP, 0, 0, M_DONTDUMP, 0 },
	{ MADV_WIPEONFORK, 0, M_FILE, 0, M_WIPE }, { MADV_KEEPONFORK, 0, 0, M_WIPE, 0 },
	{ MADV_DONTNEED, 0, M_LOCKED, 0, 0 }, { MADV_DONTNEED_LOCKED, 0, 0, 0, 0 },
	{ MADV_POPULATE_READ, M_R, 0, 0, 0 }, { MADV_POPULATE_WRITE, M_W, 0, 0, 0 },
	{ MADV_REMOVE, M_FILE, M_LOCKED, 0, 0 }, { MADV_FREE, 0, M_LOCKED | M_FILE, 0, 0 },
	{ MADV_COLD, 0, M_LOCKED, 0, 0 }, { MADV_PAGEOUT, 0, M_LOCKED, 0, 0 }, { MADV_WILLNEED, 0, 0, 0, 0 },
	{ -1, 0, 0, 0, 0 },
};

/* A page of a file is a hole again. */
static void wipe(struct m_file *f, ulong index)
{
	memset(f->w[index], 0, sizeof(f->w[index]));
	f->dirty &= ~(1U << index);
}

static long punch(const struct m_space *s, const struct m_area *a, ulong start, ulong end)
{
	if (!(a->flags & M_SHARED))
		return -EACCES;
	if (model.file[a->file].disk)
		return -EOPNOTSUPP;
	for (; start < end; start += PAGE)
		if (file_index(s, a, start) < M_FILE_PAGES)
			wipe(&model.file[a->file], file_index(s, a, start));
	return 0;
}

static void give_up(struct m_space *s, ulong start, ulong end)
{
	for (; start < end; start += PAGE) {
		struct m_page *p = page_at(s, start);

		if (p)
			s->lazy[p - model.page] = true;
	}
}

/* [start, end) of one area. */
static long advise(struct m_space *s, struct m_area *a, ulong start, ulong end, const struct advice *v)
{
	unsigned int is = a->flags | (a->file < 0 ? 0 : M_FILE);

	if ((v->needs & ~is) || (v->refuses & is))
		return -EINVAL;
	if (v->advice == MADV_REMOVE)
		return punch(s, a, start, end);
	if (v->advice == MADV_POPULATE_READ || v->advice == MADV_POPULATE_WRITE)
		return bring_in(s, start, end, v->advice == MADV_POPULATE_WRITE);
	if ((v->advice == MADV_DONTNEED || v->advice == MADV_DONTNEED_LOCKED) && !(is & M_SHARED))
		drop_pages(s, start, end);
	if (v->advice == MADV_FREE)
		give_up(s, start, end);
	return set_flags(s, start, end, (a->flags & ~v->clear) | v->set) ? -EAGAIN : 0;
}

long m_madvise(struct m_space *s, ulong addr, ulong len, int advice)
{
	ulong end = addr + ROUND_UP(len), stop;
	const struct advice *v = advices;
	struct m_area *a;
	long hole = 0;

	while (v->advice != advice && v->advice != -1)
		v++;
	if (v->advice == -1 || addr % PAGE || (len && !ROUND_UP(len)) || end < addr)
		return -EINVAL;
	while (addr < end) {
		for_each_part(s, a, addr, stop, end) {
			long err = advise(s, a, addr, stop, v);

			if (err)
				return err;
		}
		if (addr < end) {		/* over the hole, which is told in the end */
			hole = -ENOMEM;
			addr = a->start;
		}
	}
	return hole;
}

/* ---- files ---- */

/* What lies at or behind @size is zero, and private copies of whole pages there are gone too. */
long m_truncate(int file, ulong size)
{
	struct m_file *f = &model.file[file];
	ulong first = ROUND_UP(size) / PAGE;
	bool shorter = size <= f->size;

	f->size = size;
	if (!shorter)
		return 0;
	for (int i = 0; i < M_WORDS && size; i++)
		if (ROUND_DOWN(size - 1) + m_offset[i] >= size)
			f->w[(size - 1) / PAGE][i] = 0;
	for (ulong i = first; i < M_FILE_PAGES; i++)
		wipe(f, i);
	for (struct m_space *s = model.space; s < model.space + M_SPACES; s++)
		for (struct m_area *a = s->area; a < s->area + s->nr_areas; a++)
			if (a->file == file && !(a->flags & M_SHARED))
				drop_pages(s, a->start + (max(first, a->pgoff) - a->pgoff) * PAGE, a->end);
	return 0;
}

long m_write(int file, ulong index, unsigned int i, word v)
{
	struct m_file *f = &model.file[file];

	if (!m_step(false))
		return -ENOMEM;
	f->w[index][i] = v;
	f->dirty |= 1U << index;
	f->size = max(f->size, index * PAGE + m_offset[i] + 8);
	return 8;
}
