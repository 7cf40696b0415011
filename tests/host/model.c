/*
 * tests/host/model.c - an executable specification of an address space
 *
 * Purpose:    say what Linux 6.1 promises about mmap and its family, in the plainest way that can
 *             be run: ranges in an array, pages in an array, no trees, no page tables, no laziness.
 * Invariants: areas are sorted and disjoint; slots are sorted, each inside a private area; refs of
 *             a page is the number of slots that name it.
 *             Every call is a row of steps.  Where memory may run out m_step() is asked; once it
 *             says no, the call answers as Linux documents for want of memory, and the steps before
 *             have been done: this is what "-ENOMEM" may leave behind, and nothing else.
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
#define ALIGN_PAGE(x) (((x) + PAGE - 1) & ~(PAGE - 1))
#define MIN_ADDR 65536UL

const unsigned int m_offset[M_WORDS] = { 0, 1024, 2048, 4088 };
struct m_state model;
unsigned long m_task_size, m_mmap_base, m_guard_gap, m_stack_limit;

bool m_step(bool page)
{
	if (model.budget == 0 && (page || model.shortage != M_NO_PAGES)) {
		model.exhausted = true;
		model.budget -= model.shortage == M_ONCE;
		return false;
	}
	if (model.budget > 0)
		model.budget--;
	return true;
}

static unsigned long max(unsigned long a, unsigned long b) { return a > b ? a : b; }
static unsigned long min(unsigned long a, unsigned long b) { return a < b ? a : b; }

/* ---- private pages ---- */

/* First slot at or above @vpn. */
static int slot_above(const struct m_space *s, unsigned long vpn)
{
	int i = 0;

	while (i < s->nr_slots && s->slot[i].vpn < vpn)
		i++;
	return i;
}

int m_page_at(const struct m_space *s, unsigned long vpn)
{
	int i = slot_above(s, vpn);

	return i < s->nr_slots && s->slot[i].vpn == vpn ? s->slot[i].page : -1;
}

static int new_page(void)
{
	for (int i = 0; i < M_PAGES; i++) {
		if (model.page[i].refs)
			continue;
		memset(&model.page[i], 0, sizeof(model.page[i]));
		model.page[i].refs = 1;
		return i;
	}
	__builtin_trap();			/* the caller keeps the machine small enough */
}

void m_set_page(struct m_space *s, unsigned long vpn, int page)
{
	int i = slot_above(s, vpn);

	if (i == s->nr_slots || s->slot[i].vpn != vpn) {
		if (s->nr_slots == M_SLOTS)
			__builtin_trap();
		memmove(&s->slot[i + 1], &s->slot[i], (s->nr_slots - i) * sizeof(s->slot[0]));
		s->nr_slots++;
	}
	s->slot[i] = (struct m_slot){ vpn, page };
}

/* The private pages of [start, end) are gone. */
void m_drop_pages(struct m_space *s, unsigned long start, unsigned long end)
{
	int from = slot_above(s, start / PAGE), to = slot_above(s, end / PAGE);

	for (int i = from; i < to; i++)
		if (s->slot[i].page >= 0)
			model.page[s->slot[i].page].refs--;
	memmove(&s->slot[from], &s->slot[to], (s->nr_slots - to) * sizeof(s->slot[0]));
	s->nr_slots -= to - from;
}

void m_move_pages(struct m_space *s, unsigned long from, unsigned long to, unsigned long len)
{
	static struct m_slot moving[M_SLOTS];
	int first = slot_above(s, from / PAGE), n = slot_above(s, (from + len) / PAGE) - first;

	memcpy(moving, &s->slot[first], n * sizeof(moving[0]));
	memmove(&s->slot[first], &s->slot[first + n], (s->nr_slots - first - n) * sizeof(moving[0]));
	s->nr_slots -= n;
	for (int i = 0; i < n; i++)
		m_set_page(s, moving[i].vpn - from / PAGE + to / PAGE, moving[i].page);
}

/* ---- areas ---- */

/* Index of the first area that ends above @addr. */
int m_area_above(const struct m_space *s, unsigned long addr)
{
	int i = 0;

	while (i < s->nr_areas && s->area[i].end <= addr)
		i++;
	return i;
}

const struct m_area *m_area_at(const struct m_space *s, unsigned long addr)
{
	int i = m_area_above(s, addr);

	return i < s->nr_areas && s->area[i].start <= addr ? &s->area[i] : NULL;
}

bool m_is_free(const struct m_space *s, unsigned long start, unsigned long end)
{
	int i = m_area_above(s, start);

	return i == s->nr_areas || s->area[i].start >= end;
}

bool m_same_kind(const struct m_area *a, const struct m_area *b)
{
	return a->flags == b->flags && a->file == b->file;
}

void m_insert(struct m_space *s, struct m_area a)
{
	int i = m_area_above(s, a.start);

	if (s->nr_areas == M_AREAS)
		__builtin_trap();
	memmove(&s->area[i + 1], &s->area[i], (s->nr_areas - i) * sizeof(a));
	s->area[i] = a;
	s->nr_areas++;
}

/* Let @addr be a border, if it lies inside an area. */
void m_cut(struct m_space *s, unsigned long addr)
{
	int i = m_area_above(s, addr);
	struct m_area upper;

	if (i == s->nr_areas || s->area[i].start >= addr)
		return;
	upper = s->area[i];
	upper.start = addr;
	if (upper.file >= 0)
		upper.pgoff += (addr - s->area[i].start) / PAGE;
	s->area[i].end = addr;
	m_insert(s, upper);
}

/* A file that only areas know of goes with the last of them. */
static void drop_file(int file)
{
	if (file < M_NAMED)
		return;
	for (int p = 0; p < M_SPACES; p++)
		for (int i = 0; i < model.space[p].nr_areas; i++)
			if (model.space[p].area[i].file == file)
				return;
	model.file[file].used = false;
}

void m_unmap(struct m_space *s, unsigned long start, unsigned long end)
{
	int i;

	m_cut(s, start);
	m_cut(s, end);
	m_drop_pages(s, start, end);
	i = m_area_above(s, start);
	while (i < s->nr_areas && s->area[i].start < end) {
		int file = s->area[i].file;

		s->nr_areas--;
		memmove(&s->area[i], &s->area[i + 1], (s->nr_areas - i) * sizeof(s->area[0]));
		drop_file(file);
	}
}

/* A stack keeps some room below it, to grow. */
unsigned long m_start_gap(const struct m_area *a)
{
	return a->flags & M_DOWN ? a->start - min(a->start, m_guard_gap) : a->start;
}

/* Where a mapping of @len bytes goes: the hint, or the highest room below mmap_base.  Or -ENOMEM. */
long m_find_room(const struct m_space *s, unsigned long hint, unsigned long len)
{
	int i = m_area_above(s, hint &= ~(PAGE - 1));

	if (len > m_task_size)
		return -ENOMEM;
	if (hint && hint <= m_task_size - len && (i == s->nr_areas || hint + len <= m_start_gap(&s->area[i])))
		return hint;
	for (i = s->nr_areas; i >= 0; i--) {
		unsigned long low = i ? s->area[i - 1].end : PAGE;
		unsigned long high = i < s->nr_areas ? min(m_start_gap(&s->area[i]), m_mmap_base) : m_mmap_base;

		if (high > low && high - low >= len)
			return high - len;
	}
	return -ENOMEM;
}

/* ---- accesses ---- */

unsigned long m_linear_index(const struct m_area *a, unsigned long addr)
{
	return a->pgoff + (addr - a->start) / PAGE;
}

unsigned long m_file_index(const struct m_space *s, const struct m_area *a, unsigned long addr)
{
	int page = m_page_at(s, addr / PAGE);

	return page < -1 ? (unsigned long)M_SHOWS(page) : m_linear_index(a, addr);
}

static bool beyond_eof(const struct m_space *s, const struct m_area *a, unsigned long addr)
{
	return a->file >= 0 && m_file_index(s, a, addr) >= ALIGN_PAGE(model.file[a->file].size) / PAGE;
}

/* The words that a load at @addr sees; NULL: zeroes. */
static word *words_at(const struct m_space *s, const struct m_area *a, unsigned long addr)
{
	int page = m_page_at(s, addr / PAGE);

	if (page >= 0)
		return model.page[page].w;
	return a->file >= 0 ? model.file[a->file].w[m_file_index(s, a, addr)] : NULL;
}

/* The words that a store at @addr changes: a private area's page becomes its own first. */
static word *words_to_change(struct m_space *s, const struct m_area *a, unsigned long addr)
{
	int page = m_page_at(s, addr / PAGE), mine;
	const word *old;

	if (a->flags & M_SHARED) {
		model.file[a->file].dirty |= 1U << m_file_index(s, a, addr);
		return model.file[a->file].w[m_file_index(s, a, addr)];
	}
	if (page >= 0 && model.page[page].refs == 1)
		return model.page[page].w;
	old = words_at(s, a, addr);
	mine = new_page();
	if (old)
		memcpy(model.page[mine].w, old, sizeof(model.page[mine].w));
	if (page >= 0)
		model.page[page].refs--;
	m_set_page(s, addr / PAGE, mine);
	return model.page[mine].w;
}

/* A page of the area is there for reading or writing: M_OK, M_BUS, M_OOM.  Rights are not asked. */
int m_bring_in(struct m_space *s, const struct m_area *a, unsigned long addr, bool write)
{
	if (!m_step(true))
		return M_OOM;
	if (m_page_at(s, addr / PAGE) < 0 && beyond_eof(s, a, addr))
		return M_BUS;
	if (write && !(a->flags & M_SHARED))
		words_to_change(s, a, addr);
	return M_OK;
}

/* The area for an access at @addr: a stack above it may grow down to it first. */
static const struct m_area *reach(struct m_space *s, unsigned long addr)
{
	int i = m_area_above(s, addr);
	struct m_area *a = &s->area[i], *below = i ? a - 1 : NULL;

	addr &= ~(PAGE - 1);
	if (i == s->nr_areas || a->start <= addr)
		return i == s->nr_areas ? NULL : a;
	if (!(a->flags & M_DOWN) || addr < MIN_ADDR || a->end - addr > m_stack_limit)
		return NULL;
	if (below && !(below->flags & M_DOWN) && (below->flags & (M_R | M_W | M_X)) &&
	    addr - below->end < m_guard_gap)
		return NULL;
	if (!m_step(false))
		return NULL;			/* no memory: it does not grow */
	a->start = addr;
	return a;
}

int m_load(struct m_space *s, unsigned long addr, unsigned int i, word *v)
{
	const struct m_area *a = reach(s, addr);
	const word *w;
	int r;

	if (!a || !(a->flags & (M_R | M_W | M_X)))
		return M_SEGV;
	r = m_bring_in(s, a, addr, false);
	if (r != M_OK)
		return r;
	w = words_at(s, a, addr);
	*v = w ? w[i] : 0;
	return M_OK;
}

int m_store(struct m_space *s, unsigned long addr, unsigned int i, word v)
{
	const struct m_area *a = reach(s, addr);
	int r;

	if (!a || !(a->flags & M_W))
		return M_SEGV;
	r = m_bring_in(s, a, addr, true);
	if (r == M_OK)
		words_to_change(s, a, addr)[i] = v;
	return r;
}

/* By force: private memory can be written although its program may not. */
long m_poke(struct m_space *s, unsigned long addr, unsigned int i, word v)
{
	const struct m_area *a = reach(s, addr);

	if (!a || (!(a->flags & M_W) && (a->flags & (M_SHARED | M_FIXED_RO))))
		return 0;
	if (m_bring_in(s, a, addr, true) != M_OK)
		return 0;
	words_to_change(s, a, addr)[i] = v;
	return 8;
}

/* mlock and MAP_POPULATE: 0, -EFAULT at what cannot be there, -ENOMEM. */
int m_populate(struct m_space *s, unsigned long start, unsigned long end)
{
	for (unsigned long addr = start; addr < end; addr += PAGE) {
		const struct m_area *a = m_area_at(s, addr);
		int r;

		if (!a || (a->flags & M_ONFAULT))
			continue;
		if (!(a->flags & (M_R | M_W | M_X)))
			return -EFAULT;
		r = m_bring_in(s, a, addr, (a->flags & M_W) && !(a->flags & M_SHARED));
		if (r != M_OK)
			return r == M_OOM ? -ENOMEM : -EFAULT;
	}
	return 0;
}

/* ---- mmap, munmap ---- */

static int check_type(unsigned long prot, unsigned long flags, int file, bool ro)
{
	unsigned long type = flags & MAP_TYPE;

	if (file < 0)
		return type == MAP_PRIVATE || (type == MAP_SHARED && !(flags & MAP_GROWSDOWN)) ? 0 : -EINVAL;
	if (type != MAP_SHARED && type != MAP_PRIVATE && type != MAP_SHARED_VALIDATE)
		return -EINVAL;
	if (type == MAP_SHARED_VALIDATE && (flags & MAP_FIXED_NOREPLACE))
		return -EOPNOTSUPP;	/* a flag younger than this type */
	if (type != MAP_PRIVATE && ro && (prot & PROT_WRITE))
		return -EACCES;
	return flags & MAP_GROWSDOWN ? -EINVAL : 0;
}

static unsigned int new_flags(unsigned long prot, unsigned long flags, bool ro)
{
	unsigned int f = prot & (PROT_READ | PROT_WRITE | PROT_EXEC);	/* M_R, M_W, M_X */

	if ((flags & MAP_TYPE) != MAP_PRIVATE)
		f |= ro ? M_FIXED_RO : M_SHARED;
	f |= flags & MAP_GROWSDOWN ? M_DOWN : 0;
	return f | (flags & MAP_LOCKED ? M_LOCKED : 0) | (flags & MAP_NORESERVE ? M_NORESERVE : 0);
}

/* Shared memory without a name: a file of that size. */
static int new_object(unsigned long size)
{
	for (int i = M_NAMED; i < M_FILES; i++) {
		if (model.file[i].used)
			continue;
		memset(&model.file[i], 0, sizeof(model.file[i]));
		model.file[i].used = true;
		model.file[i].birth = ++model.births;
		model.file[i].size = size;
		return i;
	}
	__builtin_trap();
}

long m_mmap(struct m_space *s, unsigned long addr, unsigned long len, unsigned long prot,
	    unsigned long flags, int file, bool ro, unsigned long off)
{
	bool fixed = flags & (MAP_FIXED | MAP_FIXED_NOREPLACE);
	struct m_area a;
	int err;

	if (off % PAGE || !len)
		return -EINVAL;
	if (!fixed) {
		addr &= ~(PAGE - 1);
		if (addr && addr < MIN_ADDR)
			addr = MIN_ADDR;
	}
	len = ALIGN_PAGE(len);
	if (!len || len > m_task_size)
		return -ENOMEM;
	if (!fixed) {
		long room = m_find_room(s, addr, len);

		if (room < 0)
			return room;
		addr = room;
	}
	if (addr > -PAGE)
		return addr;		/* Linux takes it for an error that it found itself */
	if (addr > m_task_size - len)
		return -ENOMEM;
	if (addr % PAGE)
		return -EINVAL;
	if ((flags & MAP_FIXED_NOREPLACE) && !m_is_free(s, addr, addr + len))
		return -EEXIST;
	err = check_type(prot, flags, file, ro);
	if (err)
		return err;
	if (!m_is_free(s, addr, addr + len)) {
		if (!m_step(false))
			return -ENOMEM;
		m_unmap(s, addr, addr + len);
	}
	if (!m_step(false))
		return -ENOMEM;
	a = (struct m_area){ addr, addr + len, new_flags(prot, flags, ro), file, off / PAGE };
	if (file < 0) {
		a.file = a.flags & M_SHARED ? new_object(len) : -1;
		a.pgoff = 0;
	}
	m_insert(s, a);
	if (flags & (MAP_LOCKED | MAP_POPULATE))
		m_populate(s, addr, addr + len);
	return addr;
}

long m_munmap(struct m_space *s, unsigned long addr, unsigned long len)
{
	if (addr % PAGE || addr > m_task_size || len > m_task_size - addr || !len)
		return -EINVAL;
	if (m_is_free(s, addr, addr + ALIGN_PAGE(len)))
		return 0;
	if (!m_step(false))
		return -ENOMEM;
	m_unmap(s, addr, addr + ALIGN_PAGE(len));
	return 0;
}

/* ---- brk, fork, exit ---- */

long m_brk(struct m_space *s, unsigned long brk)
{
	unsigned long old = ALIGN_PAGE(s->brk), new = ALIGN_PAGE(brk);

	if (brk < s->start_brk || new < brk || new > m_task_size)
		return s->brk;
	if (new < old) {
		if (m_is_free(s, new, old) || !m_step(false))
			return s->brk;
		m_unmap(s, new, old);
	} else if (new > old) {
		int next = m_area_above(s, old);

		if (next < s->nr_areas && new + PAGE > m_start_gap(&s->area[next]))
			return s->brk;
		if (!m_step(false))
			return s->brk;
		m_insert(s, (struct m_area){ old, new, M_R | M_W, -1, 0 });
	}
	return s->brk = brk;
}

long m_fork(struct m_space *s, struct m_space *child)
{
	if (!m_step(false))
		return -ENOMEM;
	*child = *s;
	for (int i = 0; i < child->nr_slots; i++)
		if (child->slot[i].page >= 0)
			model.page[child->slot[i].page].refs++;
	for (int i = child->nr_areas - 1; i >= 0; i--) {
		struct m_area *a = &child->area[i];

		a->flags &= ~(M_LOCKED | M_ONFAULT);
		if (a->flags & M_DONTFORK)
			m_unmap(child, a->start, a->end);
		else if (a->flags & M_WIPE)
			m_drop_pages(child, a->start, a->end);
	}
	return 0;
}

void m_exit(struct m_space *s)
{
	m_unmap(s, 0, max(m_task_size, PAGE));
	s->used = false;
}

/* ---- files ---- */

/* A page of a file is a hole again. */
void m_wipe(struct m_file *f, unsigned long index)
{
	memset(f->w[index], 0, sizeof(f->w[index]));
	f->dirty &= ~(1U << index);
}

/* What lies at or behind @size is zero, and private copies of whole pages there are gone too. */
long m_truncate(int file, unsigned long size)
{
	struct m_file *f = &model.file[file];
	unsigned long first = ALIGN_PAGE(size) / PAGE;
	bool shorter = size <= f->size;

	f->size = size;
	if (!shorter)
		return 0;
	for (int i = 0; i < M_WORDS && size; i++)
		if ((size - 1) / PAGE * PAGE + m_offset[i] >= size)
			f->w[(size - 1) / PAGE][i] = 0;
	for (unsigned long i = first; i < M_FILE_PAGES; i++)
		m_wipe(f, i);
	for (int p = 0; p < M_SPACES; p++) {
		struct m_space *s = &model.space[p];

		for (int i = 0; i < s->nr_areas; i++) {
			const struct m_area *a = &s->area[i];
			unsigned long skip = first > a->pgoff ? first - a->pgoff : 0;

			if (a->file == file && !(a->flags & M_SHARED) && skip < (a->end - a->start) / PAGE)
				m_drop_pages(s, a->start + skip * PAGE, a->end);
		}
	}
	return 0;
}

long m_write(int file, unsigned long index, unsigned int i, word v)
{
	struct m_file *f = &model.file[file];

	if (!m_step(false))
		return -ENOMEM;
	f->w[index][i] = v;
	f->dirty |= 1U << index;
	f->size = max(f->size, index * PAGE + m_offset[i] + 8);
	return 8;
}
