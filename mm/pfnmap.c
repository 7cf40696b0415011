/*
 * mm/pfnmap.c - VM_PFNMAP: areas that map bare frames, mostly of devices
 *
 * Purpose:    remap_pfn_range() lets a driver map physical memory that has no struct page, or
 *             none that is counted: no reference, no rmap, no rss.
 * Invariants: every entry of such an area is special (and then names a frame of the range), or
 *             an anonymous page that took a frame's place by copy-on-write; nothing is ever
 *             faulted in.
 *             VM_ARCH_1: the whole range was mapped at once and its memory type is reserved
 *             (asm/memtype.h) by this area alone: split with it, again for each child, moved by
 *             mremap, freed at unmap.  Such an area is linear: vm_private_data holds the
 *             frame that file page 0 would have, so that neither splitting nor moving changes
 *             it.
 * Lock order: mmap_sem held for writing > ptl > memtype_lock
 * Simplified: the range is 4 KiB pages, also where it is large.
 * Sources:    Linux Documentation/x86/pat.rst; Corbet, Rubini, Kroah-Hartman, "Linux Device
 *             Drivers", "Memory Mapping and DMA".
 */
#include <asm/io.h>
#include <asm/memtype.h>
#include <memblock.h>
#include <string.h>
#include <vmalloc.h>
#include "internal.h"

/* ---- the reservation of a linear area ---- */

unsigned long pfnmap_pfn(const struct vm_area_struct *vma)
{
	return (unsigned long)vma->vm_private_data + vma->vm_pgoff;
}

/* Physical address behind @addr of a VM_ARCH_1 area (or its end). */
static phys_addr_t phys_of(const struct vm_area_struct *vma, unsigned long addr)
{
	return PFN_PHYS(pfnmap_pfn(vma)) + (addr - vma->vm_start);
}

/* Reserve the type of the whole area as *prot has it; *prot gets what it must be. 0 or -errno. */
static int track(struct vm_area_struct *vma, unsigned long pfn, pgprot_t *prot)
{
	phys_addr_t start = PFN_PHYS(pfn);
	enum page_cache_mode mode = pgprot2cachemode(*prot);
	int err = memtype_reserve(start, start + (vma->vm_end - vma->vm_start), &mode);

	if (err)
		return err == -ENOMEM ? err : -EINVAL;
	*prot = pgprot_set_cachemode(*prot, mode);
	vma->vm_private_data = (void *)(pfn - vma->vm_pgoff);
	vma->vm_flags |= VM_ARCH_1;
	return 0;
}

void pfnmap_untrack(struct vm_area_struct *vma)
{
	memtype_free(phys_of(vma, vma->vm_start), phys_of(vma, vma->vm_end));
	vma->vm_flags &= ~VM_ARCH_1;
}

int pfnmap_split(struct vm_area_struct *vma, unsigned long at)
{
	return memtype_split(phys_of(vma, vma->vm_start), phys_of(vma, at),
			     phys_of(vma, vma->vm_end));
}

void pfnmap_join(struct vm_area_struct *vma, unsigned long at, unsigned long end)
{
	memtype_join(phys_of(vma, vma->vm_start), phys_of(vma, at), phys_of(vma, end));
}

int pfnmap_fork(struct vm_area_struct *vma)
{
	enum page_cache_mode mode = pgprot2cachemode(vma->vm_page_prot);
	int err = memtype_reserve(phys_of(vma, vma->vm_start), phys_of(vma, vma->vm_end), &mode);

	if (err)
		vma->vm_flags &= ~VM_ARCH_1;
	return err;
}

/* ---- mapping ---- */

static int map_frames(struct vm_area_struct *vma, unsigned long addr, unsigned long end,
		      unsigned long pfn, pgprot_t prot)
{
	struct mm_struct *mm = vma->vm_mm;

	for (; addr < end; addr += PAGE_SIZE, pfn++) {
		pmd_t *pmd = mm_alloc_pmd(mm, addr);
		spinlock_t *ptl;
		pte_t *pte;

		if (!pmd)
			return -ENOMEM;
		pte = pte_offset_map_lock(mm, pmd, addr, &ptl);
		VM_BUG_ON_VMA(!pte_none(*pte), vma);
		set_pte_at(mm, addr, pte, pte_mkspecial(pfn_pte(pfn, prot)));
		trace_pte_set(mm, addr, 0, pte->pte, OUTCOME_RETRY);
		pt_entries_add(ptl, 1);
		pte_unmap_unlock(pte, ptl);
	}
	return 0;
}

/* A part of an area takes the type its frames have; -EINVAL if they have several. */
static int type_of_part(unsigned long pfn, unsigned long nr, pgprot_t *prot)
{
	enum page_cache_mode mode = memtype_lookup(PFN_PHYS(pfn));

	for (unsigned long i = 1; i < nr; i++)
		if (memtype_lookup(PFN_PHYS(pfn + i)) != mode)
			return -EINVAL;
	*prot = pgprot_set_cachemode(*prot, mode);
	return 0;
}

/*
 * Map @size bytes of frames from @pfn on at @addr, for ever: they are not faulted.  A private
 * writable area must be mapped whole, and its vm_pgoff becomes @pfn: so it can be told which
 * pages were copied.
 * Enter: mmap_sem held for writing.  0, -EINVAL (not in the area, conflicting memory types),
 * -ENOMEM; then the caller unmaps the part that is there.
 */
int remap_pfn_range(struct vm_area_struct *vma, unsigned long addr, unsigned long pfn,
		    unsigned long size, pgprot_t prot)
{
	unsigned long end = addr + PAGE_ALIGN(size);
	bool whole = addr == vma->vm_start && end == vma->vm_end;
	int err;

	if (addr < vma->vm_start || end > vma->vm_end || end <= addr || offset_in_page(addr))
		return -EINVAL;
	if (is_cow_mapping(vma->vm_flags)) {
		if (!whole)
			return -EINVAL;
		vma->vm_pgoff = pfn;
	}
	err = whole ? track(vma, pfn, &prot) : type_of_part(pfn, (end - addr) >> PAGE_SHIFT, &prot);
	if (err)
		return err;
	vma->vm_flags |= VM_IO | VM_PFNMAP | VM_DONTEXPAND | VM_DONTDUMP;
	vma->vm_page_prot = pgprot_modify(prot, vma->vm_page_prot);
	err = map_frames(vma, addr, end, pfn, prot);
	if (err && whole)
		pfnmap_untrack(vma);
	return err;
}

/*
 * For a driver's ->mmap: the area shows [start, start + len) from its page vm_pgoff on.
 * 0, -EINVAL where it reaches out of that.
 */
int vm_iomap_memory(struct vm_area_struct *vma, phys_addr_t start, unsigned long len)
{
	unsigned long pages, pfn = start >> PAGE_SHIFT;

	if (start + len < start)
		return -EINVAL;
	pages = PAGE_ALIGN(len + (start & ~PAGE_MASK)) >> PAGE_SHIFT;
	if (vma->vm_pgoff > pages || vma_pages(vma) > pages - vma->vm_pgoff)
		return -EINVAL;
	return remap_pfn_range(vma, vma->vm_start, pfn + vma->vm_pgoff,
			       vma->vm_end - vma->vm_start, vma->vm_page_prot);
}

/* ---- looking from outside ---- */

/* The entry at @addr; none if there is no table. */
static pte_t entry_at(struct vm_area_struct *vma, unsigned long addr)
{
	pmd_t *pmd = mm_find_pmd(vma->vm_mm, addr);
	spinlock_t *ptl;
	pte_t *pte, e;

	if (!pmd)
		return __pte(0);
	pte = pte_offset_map_lock(vma->vm_mm, pmd, addr, &ptl);
	e = *pte;
	pte_unmap_unlock(pte, ptl);
	return e;
}

/*
 * ->access of PFN maps: debuggers and /proc/PID/mem reach device memory, one page at a time.
 * RAM is refused, also a page that was copied on write.  Bytes done, -EINVAL, -ENOMEM.
 */
int generic_access_phys(struct vm_area_struct *vma, unsigned long addr, void *buf, int len,
			int write)
{
	pte_t e = entry_at(vma, addr & PAGE_MASK);
	unsigned long offset = offset_in_page(addr);
	char *io;

	if (!pte_present(e) || (write && !pte_write(e)) || !pte_special(e) ||
	    memblock_is_memory(PFN_PHYS(pte_pfn(e))))
		return -EINVAL;
	io = memremap(PFN_PHYS(pte_pfn(e)), PAGE_SIZE);
	if (!io)
		return -ENOMEM;
	len = min_t(int, len, PAGE_SIZE - offset);
	if (write)
		memcpy_toio(io + offset, buf, len);
	else
		memcpy_fromio(buf, io + offset, len);
	iounmap(io);
	return len;
}

/* Copy-on-write of a bare frame.  False: it cannot be mapped, no memory. */
bool pfnmap_copy_frame(struct page *to, unsigned long pfn)
{
	void *io = memremap(PFN_PHYS(pfn), PAGE_SIZE);

	if (!io)
		return false;
	memcpy_fromio(page_address(to), io, PAGE_SIZE);
	iounmap(io);
	return true;
}
