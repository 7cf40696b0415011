/*
 * tests/host/model_change.c - the model's calls about areas that are there
 *
 * Purpose:    the second half of the specification (model.c): mprotect, mremap, madvise, mlock.
 * Invariants: as in model.c.  The areas of a range are treated one after the other; what was done
 *             before an error stays done, as on Linux.
 * Sources:    mprotect(2), mremap(2), madvise(2), mlock(2); Linux 6.1 asked by tests/user.
 */
#include "model.h"
#include <string.h>
#include <uapi/errno.h>
#include <uapi/mman.h>

#define PAGE 4096UL
#define ALIGN_PAGE(x) (((x) + PAGE - 1) & ~(PAGE - 1))

static unsigned long min(unsigned long a, unsigned long b) { return a < b ? a : b; }

/* [start, end) of one area becomes an area of its own: only if it is not one already is that a step. */
static bool cut_out(struct m_space *s, unsigned long start, unsigned long end)
{
	const struct m_area *a = m_area_at(s, start);

	if (a->start == start && a->end == end)
		return true;
	if (!m_step(false))
		return false;
	m_cut(s, start);
	m_cut(s, end);
	return true;
}

/* ---- mprotect ---- */

/* Private pages that became writable while locked get copies at once, as far as that goes. */
static void unshare_locked(struct m_space *s, unsigned long start, unsigned long end)
{
	for (unsigned long addr = start; addr < end; addr += PAGE)
		if (m_bring_in(s, m_area_at(s, addr), addr, true) != M_OK)
			return;
}

long m_mprotect(struct m_space *s, unsigned long addr, unsigned long len, unsigned long prot)
{
	unsigned long end = addr + ALIGN_PAGE(len);

	if (addr % PAGE)
		return -EINVAL;
	if (!len)
		return 0;
	if (end <= addr)
		return -ENOMEM;
	if (prot & ~(unsigned long)(PROT_READ | PROT_WRITE | PROT_EXEC))
		return -EINVAL;
	while (addr < end) {
		int i = m_area_above(s, addr);
		struct m_area *a = &s->area[i];
		unsigned long stop;
		unsigned int was;

		if (i == s->nr_areas || a->start > addr)
			return -ENOMEM;
		if ((prot & PROT_WRITE) && (a->flags & M_FIXED_RO))
			return -EACCES;
		was = a->flags;
		stop = min(a->end, end);
		if ((was & (M_R | M_W | M_X)) != prot) {
			if (!cut_out(s, addr, stop))
				return -ENOMEM;
			a = &s->area[m_area_above(s, addr)];
			a->flags = (was & ~(M_R | M_W | M_X)) | prot;
			if ((was & (M_W | M_SHARED | M_LOCKED | M_ONFAULT)) == M_LOCKED &&
			    (prot & PROT_WRITE))
				unshare_locked(s, addr, stop);
		}
		addr = stop;
	}
	return 0;
}

/* ---- mremap ---- */

/* May [addr, +old_len) of one area become @new_len long?  The area, or an error. */
static const struct m_area *resizable(const struct m_space *s, unsigned long addr, unsigned long old_len,
				      long *err)
{
	const struct m_area *a = m_area_at(s, addr);

	*err = !a ? -EFAULT : !old_len && !(a->flags & (M_SHARED | M_FIXED_RO)) ? -EINVAL :
	       old_len > a->end - addr ? -EFAULT : 0;
	return a;
}

/* [start, end) of @a shows the file from page @index on. */
static void show(struct m_space *s, const struct m_area *a, unsigned long start, unsigned long end,
		 unsigned long index)
{
	m_drop_pages(s, start, end);
	for (; start < end; start += PAGE, index++)
		if (index != m_linear_index(a, start))
			m_set_page(s, start / PAGE, M_SHOWS(index));
}

static long move(struct m_space *s, const struct m_area *from, unsigned long addr,
		 unsigned long old_len, unsigned long new_len, unsigned long to, bool keep)
{
	struct m_area a = *from;
	unsigned long kept_end = from->end, kept_start = from->start;

	if (!m_step(false))
		return -ENOMEM;
	if (a.file >= 0)
		a.pgoff += (addr - a.start) / PAGE;
	a.start = to;
	a.end = to + new_len;
	if (!old_len && (a.flags & M_NONLINEAR))
		show(s, &a, to, to + new_len, m_file_index(s, from, addr));
	m_move_pages(s, addr, to, min(old_len, new_len));
	m_insert(s, a);
	if (!keep && old_len)
		m_unmap(s, addr, addr + old_len);
	for (int i = 0; keep && i < s->nr_areas; i++)	/* what stays is locked no more: all of it */
		if (s->area[i].start >= kept_start && s->area[i].end <= kept_end)
			s->area[i].flags &= ~(M_LOCKED | M_ONFAULT);
	if ((a.flags & M_LOCKED) && new_len > old_len)
		m_populate(s, to + old_len, to + new_len);
	return to;
}

static long mremap_to(struct m_space *s, unsigned long addr, unsigned long old_len,
		      unsigned long new_len, unsigned long flags, unsigned long to)
{
	const struct m_area *a;
	long err;

	if (to % PAGE || new_len > m_task_size || to > m_task_size - new_len)
		return -EINVAL;
	if (addr + old_len > to && to + new_len > addr)
		return -EINVAL;
	if ((flags & MREMAP_FIXED) && !m_is_free(s, to, to + new_len)) {
		if (!m_step(false))
			return -ENOMEM;
		m_unmap(s, to, to + new_len);
	}
	if (old_len > new_len) {
		err = m_munmap(s, addr + new_len, old_len - new_len);
		if (err)
			return err;
		old_len = new_len;
	}
	a = resizable(s, addr, old_len, &err);
	if (err)
		return err;
	if (!(flags & MREMAP_FIXED)) {
		err = m_find_room(s, to, new_len);
		if (err < 0)
			return err;
		to = err;
	}
	return move(s, a, addr, old_len, new_len, to, flags & MREMAP_DONTUNMAP);
}

static long grow(struct m_space *s, const struct m_area *a, unsigned long delta)
{
	struct m_area more = *a;

	if (!m_step(false))
		return -ENOMEM;
	if (more.file >= 0)
		more.pgoff += (a->end - a->start) / PAGE;
	more.start = a->end;
	more.end = a->end + delta;
	m_insert(s, more);
	if (more.flags & M_LOCKED)
		m_populate(s, more.start, more.end);
	return 0;
}

long m_mremap(struct m_space *s, unsigned long addr, unsigned long old_len, unsigned long new_len,
	      unsigned long flags, unsigned long to)
{
	bool same = old_len == new_len;
	const struct m_area *a;
	int above;
	long err;

	if ((flags & ~(unsigned long)(MREMAP_MAYMOVE | MREMAP_FIXED | MREMAP_DONTUNMAP)) ||
	    ((flags & (MREMAP_FIXED | MREMAP_DONTUNMAP)) && !(flags & MREMAP_MAYMOVE)) ||
	    ((flags & MREMAP_DONTUNMAP) && !same) || addr % PAGE)
		return -EINVAL;
	old_len = ALIGN_PAGE(old_len);
	new_len = ALIGN_PAGE(new_len);
	if (!new_len)
		return -EINVAL;
	if (!m_area_at(s, addr))
		return -EFAULT;
	if (flags & (MREMAP_FIXED | MREMAP_DONTUNMAP))
		return mremap_to(s, addr, old_len, new_len, flags, to);
	if (old_len >= new_len) {
		err = old_len > new_len ? m_munmap(s, addr + new_len, old_len - new_len) : 0;
		return err ? err : (long)addr;
	}
	a = resizable(s, addr, old_len, &err);
	if (err)
		return err;
	if (new_len > m_task_size)
		return -ENOMEM;
	above = m_area_above(s, a->end);
	if (old_len == a->end - addr && a->end + (new_len - old_len) <= m_task_size &&
	    (above == s->nr_areas || m_start_gap(&s->area[above]) >= a->end + (new_len - old_len))) {
		err = grow(s, a, new_len - old_len);
		return err ? err : (long)addr;
	}
	if (!(flags & MREMAP_MAYMOVE))
		return -ENOMEM;
	err = m_find_room(s, 0, new_len);
	return err < 0 ? err : move(s, a, addr, old_len, new_len, err, false);
}

/* ---- madvise ---- */

static unsigned int advised(unsigned int f, int advice)
{
	switch (advice) {
	case MADV_NORMAL:	return f & ~(M_SEQ | M_RAND);
	case MADV_SEQUENTIAL:	return (f & ~M_RAND) | M_SEQ;
	case MADV_RANDOM:	return (f & ~M_SEQ) | M_RAND;
	case MADV_DONTFORK:	return f | M_DONTFORK;
	case MADV_DOFORK:	return f & ~M_DONTFORK;
	case MADV_DONTDUMP:	return f | M_DONTDUMP;
	case MADV_DODUMP:	return f & ~M_DONTDUMP;
	case MADV_WIPEONFORK:	return f | M_WIPE;
	case MADV_KEEPONFORK:	return f & ~M_WIPE;
	default:		return f;
	}
}

static long punch(const struct m_space *s, const struct m_area *a, unsigned long start, unsigned long end)
{
	if (a->flags & M_LOCKED)
		return -EINVAL;
	if (a->file < 0)
		return -EINVAL;
	if (!(a->flags & M_SHARED))
		return -EACCES;
	if (model.file[a->file].disk)
		return -EOPNOTSUPP;
	for (; start < end; start += PAGE)
		if (m_file_index(s, a, start) < M_FILE_PAGES)
			m_wipe(&model.file[a->file], m_file_index(s, a, start));
	return 0;
}

static long populate_by_advice(struct m_space *s, const struct m_area *a, unsigned long start,
			       unsigned long end, bool write)
{
	if (!(a->flags & (write ? M_W : M_R)))
		return -EINVAL;
	for (; start < end; start += PAGE) {
		int r = m_bring_in(s, a, start, write);

		if (r != M_OK)
			return r == M_OOM ? -ENOMEM : -EFAULT;
	}
	return 0;
}

/* [start, end) of the one area @i. */
static long advise_one(struct m_space *s, int i, unsigned long start, unsigned long end, int advice)
{
	const struct m_area *a = &s->area[i];

	switch (advice) {
	case MADV_WILLNEED:
		return 0;
	case MADV_REMOVE:
		return punch(s, a, start, end);
	case MADV_POPULATE_READ:
	case MADV_POPULATE_WRITE:
		return populate_by_advice(s, a, start, end, advice == MADV_POPULATE_WRITE);
	case MADV_DONTNEED:
	case MADV_DONTNEED_LOCKED:
		if (advice == MADV_DONTNEED && (a->flags & M_LOCKED))
			return -EINVAL;
		if (!(a->flags & M_SHARED))
			m_drop_pages(s, start, end);
		return 0;
	case MADV_FREE:
	case MADV_COLD:
	case MADV_PAGEOUT:
		return (a->flags & M_LOCKED) || (advice == MADV_FREE && a->file >= 0) ? -EINVAL : 0;
	}
	if (advice == MADV_WIPEONFORK && a->file >= 0)
		return -EINVAL;
	if (advised(a->flags, advice) == a->flags)
		return 0;
	if (!cut_out(s, start, end))
		return -EAGAIN;
	i = m_area_above(s, start);
	s->area[i].flags = advised(s->area[i].flags, advice);
	return 0;
}

static bool known(int advice)
{
	return (advice >= 0 && advice <= 4) || (advice >= MADV_FREE && advice <= MADV_DOFORK) ||
	       (advice >= MADV_DONTDUMP && advice <= MADV_DONTNEED_LOCKED);
}

long m_madvise(struct m_space *s, unsigned long addr, unsigned long len, int advice)
{
	unsigned long end = addr + ALIGN_PAGE(len);
	long hole = 0;

	if (!known(advice) || addr % PAGE || (len && !ALIGN_PAGE(len)) || end < addr)
		return -EINVAL;
	while (addr < end) {
		int i = m_area_above(s, addr);
		unsigned long stop;
		long err;

		if (i == s->nr_areas)
			return -ENOMEM;
		if (addr < s->area[i].start) {
			hole = -ENOMEM;
			addr = s->area[i].start;
			continue;
		}
		stop = min(s->area[i].end, end);
		err = advise_one(s, i, addr, stop, advice);
		if (err)
			return err;
		addr = stop;
	}
	return hole;
}

/* ---- mlock ---- */

static long set_lock(struct m_space *s, unsigned long addr, unsigned long end, unsigned int lock)
{
	if (end < addr)
		return -EINVAL;
	while (addr < end) {
		int i = m_area_above(s, addr);
		unsigned long stop;
		unsigned int flags;

		if (i == s->nr_areas || s->area[i].start > addr)
			return -ENOMEM;
		stop = min(s->area[i].end, end);
		flags = (s->area[i].flags & ~(M_LOCKED | M_ONFAULT)) | lock;
		if (flags != s->area[i].flags) {
			if (!cut_out(s, addr, stop))
				return -ENOMEM;
			s->area[m_area_above(s, addr)].flags = flags;
		}
		addr = stop;
	}
	return 0;
}

long m_mlock(struct m_space *s, unsigned long addr, unsigned long len, bool onfault)
{
	long err;

	len = ALIGN_PAGE(len + addr % PAGE);
	addr &= ~(PAGE - 1);
	err = set_lock(s, addr, addr + len, M_LOCKED | (onfault ? M_ONFAULT : 0));
	if (err)
		return err;
	err = m_populate(s, addr, addr + len);
	return err == -EFAULT ? -ENOMEM : err == -ENOMEM ? -EAGAIN : 0;
}

long m_munlock(struct m_space *s, unsigned long addr, unsigned long len)
{
	len = ALIGN_PAGE(len + addr % PAGE);
	addr &= ~(PAGE - 1);
	return set_lock(s, addr, addr + len, 0);
}

/* ---- remap_file_pages: one area, its pages in any order ---- */

long m_remap(struct m_space *s, unsigned long addr, unsigned long len, unsigned long pgoff, bool nonblock)
{
	unsigned long end, start = addr &= ~(PAGE - 1);
	int first = m_area_above(s, addr), i = first;

	len &= ~(PAGE - 1);
	end = addr + len;
	if (end <= addr || pgoff + len / PAGE < pgoff)
		return -EINVAL;
	if (i == s->nr_areas || s->area[i].start > addr || !(s->area[i].flags & M_SHARED))
		return -EINVAL;
	for (; s->area[i].end < end; i++)
		if (i + 1 == s->nr_areas || s->area[i + 1].start != s->area[i].end ||
		    s->area[i + 1].file != s->area[first].file ||
		    ((s->area[i + 1].flags ^ s->area[first].flags) & ~M_NONLINEAR))
			return -EINVAL;
	for (i = first; addr < end; i++) {
		struct m_area *a = &s->area[i];
		unsigned long stop = min(a->end, end);

		if (!m_step(false))
			return -ENOMEM;
		a->flags |= M_NONLINEAR;
		show(s, a, addr, stop, pgoff + (addr - start) / PAGE);
		addr = stop;
	}
	if (!nonblock || (s->area[first].flags & M_LOCKED))
		m_populate(s, start, end);
	return 0;
}
