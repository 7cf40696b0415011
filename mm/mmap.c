/*
 * mm/mmap.c - mmap, munmap, brk: areas come and go
 *
 * Purpose:    the calls that make and remove VMAs, their limits and their accounting.
 * Invariants: total_vm, exec_vm, stack_vm, data_vm, shared_vm and locked_vm are sums over the
 *             VMAs; what is writable and private is charged (mm/commit.c);
 *             an area is made with the same flags as its neighbour only if it cannot merge.
 *             What can fail comes before the first change, except that MAP_FIXED unmaps
 *             first, as on Linux.
 * Lock order: mmap_sem held for writing > all others
 * Sources:    the order in which errors are reported is Linux 6.1's, found by asking it;
 *             Gorman, "Understanding the Linux Virtual Memory Manager", "Memory Regions".
 */
#include <boot_info.h>
#include <fs.h>
#include <pagemap.h>
#include <sched.h>
#include <slab.h>
#include <uapi/personality.h>
#include <vmacache.h>
#include "internal.h"

int sysctl_max_map_count = DEFAULT_MAX_MAP_COUNT;

/* By VM_READ, VM_WRITE, VM_EXEC, VM_SHARED: private areas are never mapped writable at first. */
pgprot_t protection_map[16] = {
	PAGE_NONE, PAGE_READONLY, PAGE_READONLY, PAGE_READONLY,
	PAGE_READONLY_EXEC, PAGE_READONLY_EXEC, PAGE_READONLY_EXEC, PAGE_READONLY_EXEC,
	PAGE_NONE, PAGE_READONLY, PAGE_SHARED, PAGE_SHARED,
	PAGE_READONLY_EXEC, PAGE_READONLY_EXEC, PAGE_SHARED_EXEC, PAGE_SHARED_EXEC,
};

void mmap_init(void)
{
	commit_init();
	if (cmdline_has("norandmaps"))
		randomize_va_space = 0;
}

pgprot_t vm_get_page_prot(unsigned long vm_flags)
{
	pgprot_t prot = protection_map[vm_flags & (VM_READ | VM_WRITE | VM_EXEC | VM_SHARED)];

	return __pgprot(pgprot_val(prot) |
			(vm_flags & VM_PKEY_MASK) << (_PAGE_PKEY_SHIFT - VM_PKEY_SHIFT));
}

/* Shared pages whose first write somebody wants to hear of are mapped read-only. */
void vma_set_page_prot(struct vm_area_struct *vma)
{
	unsigned long flags = vma->vm_flags;

	if ((vma->vm_ops && vma->vm_ops->page_mkwrite) || !(flags & VM_SOFTDIRTY))
		flags &= ~VM_SHARED;
	/* a device's memory type stays */
	vma->vm_page_prot = pgprot_modify(vma->vm_page_prot, vm_get_page_prot(flags));
}

/* An area took over a new part: nobody can tell the parts apart, so all of it counts as new. */
static void mark_soft_dirty(struct vm_area_struct *vma)
{
	trace_vma_prot(vma->vm_mm, vma->vm_start, vma->vm_end, vma->vm_flags, vma->vm_flags | VM_SOFTDIRTY);
	vma->vm_flags |= VM_SOFTDIRTY;
	vma_set_page_prot(vma);
}

/* ---- accounting ---- */

void vm_stat_account(struct mm_struct *mm, unsigned long flags, bool file, long pages)
{
	mm->total_vm += pages;
	if (file)
		mm->shared_vm += pages;
	if (is_exec_mapping(flags))
		mm->exec_vm += pages;
	else if (is_stack_mapping(flags))
		mm->stack_vm += pages;
	else if (is_data_mapping(flags))
		mm->data_vm += pages;
}

bool may_expand_vm_of(const struct task_struct *tsk, const struct mm_struct *mm, unsigned long flags,
		      unsigned long pages)
{
	if (mm->total_vm + pages > task_rlimit(tsk, RLIMIT_AS) >> PAGE_SHIFT)
		return false;
	return !is_data_mapping(flags) || mm->data_vm + pages <= task_rlimit(tsk, RLIMIT_DATA) >> PAGE_SHIFT;
}

bool may_expand_vm(struct mm_struct *mm, unsigned long flags, unsigned long pages)
{
	return may_expand_vm_of(current, mm, flags, pages);
}

/* May @len bytes more be locked?  0 or -EAGAIN. */
int mlock_future_check(struct mm_struct *mm, unsigned long flags, unsigned long len)
{
	unsigned long locked = (len >> PAGE_SHIFT) + mm->locked_vm;

	if (!(flags & VM_LOCKED) || capable_root())
		return 0;
	return locked > rlimit(RLIMIT_MEMLOCK) >> PAGE_SHIFT ? -EAGAIN : 0;
}

/* ---- mmap ---- */

static unsigned long prot_to_flags(unsigned long prot)
{
	return (prot & PROT_READ ? VM_READ : 0) | (prot & PROT_WRITE ? VM_WRITE : 0) |
	       (prot & PROT_EXEC ? VM_EXEC : 0);
}

static unsigned long map_to_flags(unsigned long map)
{
	return (map & MAP_GROWSDOWN ? VM_GROWSDOWN : 0) | (map & MAP_LOCKED ? VM_LOCKED : 0) |
	       (map & MAP_DENYWRITE ? VM_DENYWRITE : 0);
}

/* A hint below the lowest address that may be mapped means that address. */
static unsigned long round_hint(unsigned long hint)
{
	hint &= PAGE_MASK;
	if (hint && hint < sysctl_mmap_min_addr)
		return PAGE_ALIGN(sysctl_mmap_min_addr);
	return hint;
}

bool file_offset_ok(struct file *file, unsigned long pgoff, unsigned long len)
{
	unsigned long max = (file->f_inode->i_mode & S_IFMT) == S_IFREG ? ~0UL >> 1 : ~0UL;

	return len <= max && pgoff <= (max - len) >> PAGE_SHIFT;
}

/* As an int its top bit is the sign: bits 32 and up of the flags are let through, as on Linux. */
#define LEGACY_MAP_MASK (MAP_SHARED | MAP_PRIVATE | MAP_FIXED | MAP_ANONYMOUS | MAP_DENYWRITE | \
	MAP_EXECUTABLE | MAP_UNINITIALIZED | MAP_GROWSDOWN | MAP_LOCKED | MAP_NORESERVE | \
	MAP_POPULATE | MAP_NONBLOCK | MAP_STACK | MAP_HUGETLB | MAP_32BIT | \
	(int)((unsigned int)MAP_HUGE_MASK << MAP_HUGE_SHIFT))

/* What the file's mode allows of @prot and @flags; *vm_flags is completed.  0 or -errno. */
static int check_file_mapping(struct file *file, unsigned long prot, unsigned long flags,
			      unsigned long pgoff, unsigned long len, unsigned long *vm_flags)
{
	unsigned int type = flags & MAP_TYPE;

	if (!file_offset_ok(file, pgoff, len))
		return -EOVERFLOW;
	if (type != MAP_SHARED && type != MAP_SHARED_VALIDATE && type != MAP_PRIVATE)
		return -EINVAL;
	if (type == MAP_SHARED_VALIDATE && (flags & ~LEGACY_MAP_MASK & ~(unsigned long)MAP_TYPE))
		return -EOPNOTSUPP;
	if (type != MAP_PRIVATE) {
		if ((prot & PROT_WRITE) && !(file->f_mode & FMODE_WRITE))
			return -EACCES;
		if ((prot & PROT_WRITE) && IS_SWAPFILE(file->f_inode->i_mapping->host))
			return -ETXTBSY;
		*vm_flags |= VM_SHARED | VM_MAYSHARE;
		if (!(file->f_mode & FMODE_WRITE))
			*vm_flags &= ~(VM_MAYWRITE | VM_SHARED);
		if ((*vm_flags & VM_SHARED) && memfd_check_seals(file, vm_flags))
			return -EPERM;
	}
	if (!(file->f_mode & FMODE_READ))
		return -EACCES;
	if (!file->f_op->mmap)
		return -ENODEV;
	return *vm_flags & VM_GROWSDOWN ? -EINVAL : 0;
}

static int check_anon_mapping(unsigned long flags, unsigned long addr, unsigned long *vm_flags,
			      unsigned long *pgoff)
{
	switch (flags & MAP_TYPE) {
	case MAP_SHARED:
		if (*vm_flags & VM_GROWSDOWN)
			return -EINVAL;
		*pgoff = 0;
		*vm_flags |= VM_SHARED | VM_MAYSHARE;
		return 0;
	case MAP_PRIVATE:
		*pgoff = addr >> PAGE_SHIFT;
		return 0;
	default:
		return -EINVAL;
	}
}

/* Pages of [addr, end) that are mapped now. */
static unsigned long pages_mapped(struct mm_struct *mm, unsigned long addr, unsigned long end)
{
	struct vm_area_struct *vma = find_vma_intersection(mm, addr, end);
	unsigned long n = 0;

	for (; vma && vma->vm_start < end; vma = vma->vm_next)
		n += (min(vma->vm_end, end) - max(vma->vm_start, addr)) >> PAGE_SHIFT;
	return n;
}

/*
 * Let the file (or shared memory made for it) prepare the new VMA.  0 or -errno.  A shared one
 * that may be written counts as a writer of the file from here on, before vma_link() counts it for good: nobody can
 * seal the file in between.
 */
static noinline int map_backing(struct vm_area_struct *vma, struct file *file)
{
	bool shared = is_shared_maywrite(vma->vm_flags);
	int err;

	if (!file) {
		file = shmem_file_setup("dev/zero", vma->vm_end - vma->vm_start, vma->vm_flags);
		if (IS_ERR(file))
			return PTR_ERR(file);
		vma->vm_file = file;
		return file->f_op->mmap(file, vma);
	}
	if (shared && mapping_map_writable(file->f_inode->i_mapping))
		return -EPERM;
	vma->vm_file = get_file(file);
	err = file->f_op->mmap(file, vma);
	if (err) {
		if (shared)
			mapping_unmap_writable(file->f_inode->i_mapping);
		fput(file);
		vma->vm_file = NULL;
	}
	return err;
}

/* A VMA for [addr, addr+len), which is free, not linked yet.  ERR_PTR. */
static struct vm_area_struct *new_vma(struct mm_struct *mm, struct file *file, unsigned long addr,
				      unsigned long len, unsigned long vm_flags, unsigned long pgoff)
{
	struct vm_area_struct *vma = vm_area_alloc(mm);
	int err;

	if (!vma)
		return ERR_PTR(-ENOMEM);
	vma->vm_start = addr;
	vma->vm_end = addr + len;
	vma->vm_flags = vm_flags;
	vma->vm_pgoff = pgoff;
	vma->vm_page_prot = vm_get_page_prot(vm_flags);
	if (!file && !(vm_flags & VM_SHARED))
		return vma;
	err = map_backing(vma, file);
	if (err) {
		if (vma->vm_file)
			fput(vma->vm_file);
		if (vma->vm_flags & VM_ARCH_1)
			pfnmap_untrack(vma);
		if (vma->vm_start < vma->vm_end)	/* a driver may have mapped a part */
			zap_page_range(vma, vma->vm_start, vma->vm_end - vma->vm_start);
		vm_area_free(vma);
		return ERR_PTR(err);
	}
	vma_set_page_prot(vma);		/* the object has had its say */
	return vma;
}

/* Everything is decided: make room, account, merge or make the VMA. */
static unsigned long mmap_region(struct file *file, unsigned long addr, unsigned long len,
				 unsigned long vm_flags, unsigned long pgoff)
{
	struct mm_struct *mm = current->mm;
	unsigned long pages = len >> PAGE_SHIFT, charged = 0;
	struct vm_area_struct *vma, *prev;

	if (!may_expand_vm(mm, vm_flags, pages) &&
	    !may_expand_vm(mm, vm_flags, pages - pages_mapped(mm, addr, addr + len)))
		return -ENOMEM;
	vma = find_vma_inline(current, mm, addr);
	prev = vma ? vma->vm_prev : last_vma(mm);
	if (vma && vma->vm_start < addr + len) {
		if (do_munmap(mm, addr, len))
			return -ENOMEM;
		find_vma_prev(mm, addr, &prev);
	}
	if (accountable_mapping(file, vm_flags)) {
		charged = pages;
		if (security_vm_enough_memory(charged))
			return -ENOMEM;
		vm_flags |= VM_ACCOUNT;
	}
	vma = NULL;
	if (file || !(vm_flags & VM_SHARED))
		vma = vma_merge_new(mm, prev, addr, addr + len, vm_flags, file, pgoff);
	if (!vma) {
		vma = new_vma(mm, file, addr, len, vm_flags, pgoff);
		if (IS_ERR(vma)) {
			vm_unacct_memory(charged);
			return PTR_ERR(vma);
		}
		vma_link(mm, vma, prev);
		if (file && is_shared_maywrite(vm_flags))
			mapping_unmap_writable(file->f_inode->i_mapping);
	} else if (unlikely(!(vma->vm_flags & VM_SOFTDIRTY))) {
		mark_soft_dirty(vma);
	}
	vm_stat_account(mm, vm_flags, vma->vm_file, pages);
	if (vma->vm_flags & VM_LOCKED) {
		if (vma->vm_flags & VM_SPECIAL) {
			trace_vma_prot(mm, vma->vm_start, vma->vm_end, vma->vm_flags,
				       vma->vm_flags & ~(VM_LOCKED | VM_LOCKONFAULT));
			vma->vm_flags &= ~(VM_LOCKED | VM_LOCKONFAULT);
		} else {
			mm->locked_vm += pages;
		}
	}
	update_hiwater_vm(mm);
	return addr;
}

unsigned long do_mmap(struct file *file, unsigned long addr, unsigned long len, unsigned long prot,
		      unsigned long flags, unsigned long pgoff, unsigned long *populate)
{
	struct mm_struct *mm = current->mm;
	unsigned long vm_flags;
	int err;

	*populate = 0;
	if (!len)
		return -EINVAL;
	if ((prot & PROT_READ) && (current->personality & READ_IMPLIES_EXEC))
		prot |= PROT_EXEC;
	if (flags & MAP_FIXED_NOREPLACE)
		flags |= MAP_FIXED;
	if (!(flags & MAP_FIXED))
		addr = round_hint(addr);
	len = PAGE_ALIGN(len);
	if (!len)
		return -ENOMEM;
	if (pgoff + (len >> PAGE_SHIFT) < pgoff)
		return -EOVERFLOW;
	if (mm->map_count > sysctl_max_map_count)
		return -ENOMEM;
	addr = get_unmapped_area(file, addr, len, pgoff, flags);
	if (IS_ERR_VALUE(addr))
		return addr;
	if ((flags & MAP_FIXED_NOREPLACE) && find_vma_intersection(mm, addr, addr + len))
		return -EEXIST;
	vm_flags = prot_to_flags(prot) | map_to_flags(flags) | mm->def_flags |
		   VM_MAYREAD | VM_MAYWRITE | VM_MAYEXEC | VM_SOFTDIRTY;
	if (prot == PROT_EXEC)
		vm_flags |= (unsigned long)execute_only_pkey(mm) << VM_PKEY_SHIFT;
	if ((flags & MAP_LOCKED) && !rlimit(RLIMIT_MEMLOCK) && !capable_root())
		return -EPERM;
	if (mlock_future_check(mm, vm_flags, len))
		return -EAGAIN;
	err = file ? check_file_mapping(file, prot, flags, pgoff, len, &vm_flags)
		   : check_anon_mapping(flags, addr, &vm_flags, &pgoff);
	if (err)
		return err;
	if ((flags & MAP_NORESERVE) && sysctl_overcommit_memory != 2)
		vm_flags |= VM_NORESERVE;
	addr = mmap_region(file, addr, len, vm_flags, pgoff);
	if (!IS_ERR_VALUE(addr) && ((vm_flags & VM_LOCKED) ||
				    (flags & (MAP_POPULATE | MAP_NONBLOCK)) == MAP_POPULATE))
		*populate = len;
	return addr;
}

/* do_mmap() under the lock, and what is to be populated then.  @pgoff: in pages. */
static unsigned long mmap_pgoff(struct file *file, unsigned long addr, unsigned long len, unsigned long prot,
				unsigned long flags, unsigned long pgoff)
{
	struct mm_struct *mm = current->mm;
	unsigned long ret, populate;

	if (down_write_killable(&mm->mmap_sem))
		return -EINTR;
	ret = do_mmap(file, addr, len, prot, flags, pgoff, &populate);
	up_write(&mm->mmap_sem);
	if (populate)
		mm_populate(ret, populate);
	return ret;
}

unsigned long vm_mmap(struct file *file, unsigned long addr, unsigned long len, unsigned long prot,
		      unsigned long flags, unsigned long offset)
{
	if (offset + PAGE_ALIGN(len) < offset || offset_in_page(offset))
		return -EINVAL;
	return mmap_pgoff(file, addr, len, prot, flags, offset >> PAGE_SHIFT);
}

static noinline long mmap_fd(unsigned long addr, unsigned long len, unsigned long prot, unsigned long flags,
			     unsigned long fd, unsigned long pgoff)
{
	struct file *file = fget(fd);
	long ret;

	if (!file)
		return -EBADF;
	ret = flags & MAP_HUGETLB ? -EINVAL : (long)mmap_pgoff(file, addr, len, prot, flags, pgoff);
	fput(file);
	return ret;
}

long sys_mmap(unsigned long addr, unsigned long len, unsigned long prot, unsigned long flags,
	      unsigned long fd, unsigned long off)
{
	if (offset_in_page(off))
		return -EINVAL;
	flags &= ~(unsigned long)MAP_DENYWRITE;		/* exec's alone: anybody could lock out writers */
	if (!(flags & MAP_ANONYMOUS))
		return mmap_fd(addr, len, prot, flags, fd, off >> PAGE_SHIFT);
	if (flags & MAP_HUGETLB)
		return -ENOMEM;			/* no huge pages are set aside */
	return mmap_pgoff(NULL, addr, len, prot, flags, off >> PAGE_SHIFT);
}

/* ---- munmap ---- */

/* The detached VMAs from @vma on, all of [start, end), lose pages and tables. */
void unmap_region(struct mm_struct *mm, struct vm_area_struct *vma, struct vm_area_struct *prev,
		  unsigned long start, unsigned long end)
{
	struct vm_area_struct *next = prev ? prev->vm_next : mm->mmap;
	struct mmu_gather tlb;

	tlb_gather_mmu(&tlb, mm, false);
	unmap_vmas(&tlb, vma, start, end);
	free_pgtables(&tlb, vma, prev ? prev->vm_end : 0, next ? next->vm_start : 0);
	tlb_finish_mmu(&tlb);
}

/*
 * Make [start, end) consist of whole VMAs.  First the check that Linux makes: a hole in the
 * middle of one VMA makes one more.  0, -ENOMEM or ->may_split's; a first cut is undone if the
 * second fails.
 */
int isolate_range(struct mm_struct *mm, unsigned long start, unsigned long end)
{
	struct vm_area_struct *vma = find_vma_intersection(mm, start, end), *last;
	int err;

	if (!vma)
		return 0;
	if (start > vma->vm_start) {
		if (end < vma->vm_end && mm->map_count >= sysctl_max_map_count)
			return -ENOMEM;
		err = __split_vma(mm, vma, start, 0);
		if (err)
			return err;
	}
	last = find_vma(mm, end - 1);
	if (last && last->vm_start < end && end < last->vm_end &&
	    (err = __split_vma(mm, last, end, 1))) {
		if (start > vma->vm_start) {
			if (vma->vm_flags & VM_ARCH_1)
				pfnmap_join(vma, start, vma->vm_next->vm_end);
			if (vma_take_over(vma, vma->vm_start, vma->vm_next->vm_end))
				BUG();
		}
		return err;
	}
	return 0;
}

/* Account for the VMAs that are gone and free them. */
static void remove_vma_list(struct mm_struct *mm, struct vm_area_struct *vma)
{
	unsigned long accounted = 0;

	update_hiwater_vm(mm);
	while (vma) {
		struct vm_area_struct *next = vma->vm_next;
		long pages = vma_pages(vma);

		if (vma->vm_flags & VM_ACCOUNT)
			accounted += pages;
		if (vma->vm_flags & VM_LOCKED)
			mm->locked_vm -= pages;
		vm_stat_account(mm, vma->vm_flags, vma->vm_file, -pages);
		remove_vma(vma);
		vma = next;
	}
	if (accounted)
		vm_unacct_memory(accounted);
}

/*
 * Does [start, end) take away the head or the tail of @vma, and nothing else?  Then the area only gets smaller,
 * which needs no memory.  Where its object wants to hear of it, or it is a range of frames, it is cut in two.
 */
static bool only_trims(const struct vm_area_struct *vma, unsigned long start, unsigned long end)
{
	const struct vm_operations_struct *ops = vma->vm_ops;

	if (start > vma->vm_start ? end < vma->vm_end : end >= vma->vm_end)
		return false;		/* a hole in its middle; all of it */
	if (vma->vm_next && vma->vm_next->vm_start < end)
		return false;
	return !(vma->vm_flags & VM_ARCH_1) && !(ops && (ops->open || ops->close || ops->may_split));
}

/* Take [start, end), head or tail, from @vma: first the pages, as long as rmap finds them; then the tables. */
static void trim_vma(struct mm_struct *mm, struct vm_area_struct *vma, unsigned long start, unsigned long end)
{
	unsigned long floor, ceiling;
	struct mmu_gather tlb;
	long pages;

	start = max(start, vma->vm_start);
	end = min(end, vma->vm_end);
	pages = (end - start) >> PAGE_SHIFT;
	update_hiwater_vm(mm);
	tlb_gather_mmu(&tlb, mm, false);
	unmap_vmas(&tlb, vma, start, end);
	if (start > vma->vm_start) {
		vma_shrink(vma, vma->vm_start, start);
		floor = start;
		ceiling = vma->vm_next ? vma->vm_next->vm_start : 0;
	} else {
		vma_shrink(vma, end, vma->vm_end);
		floor = vma->vm_prev ? vma->vm_prev->vm_end : 0;
		ceiling = end;
	}
	free_table_range(&tlb, start, end, floor, ceiling);
	tlb_finish_mmu(&tlb);
	if (vma->vm_flags & VM_ACCOUNT)
		vm_unacct_memory(pages);
	if (vma->vm_flags & VM_LOCKED)
		mm->locked_vm -= pages;
	vm_stat_account(mm, vma->vm_flags, vma->vm_file, -pages);
}

int do_munmap(struct mm_struct *mm, unsigned long start, size_t len)
{
	struct vm_area_struct *vma, *prev;
	unsigned long end;

	if (offset_in_page(start) || start > mm->task_size || len > mm->task_size - start)
		return -EINVAL;
	end = start + PAGE_ALIGN(len);
	if (end == start)
		return -EINVAL;
	vma = find_vma_inline(current, mm, start);
	if (!vma || vma->vm_start >= end)
		return 0;
	if (only_trims(vma, start, end)) {
		trim_vma(mm, vma, start, end);
		mm_verify_range(mm, start, end);
		return 0;
	}
	if (start > vma->vm_start || end < vma->vm_end || vma->vm_end < end) {
		int err = isolate_range(mm, start, end);

		if (err)
			return err;
		vma = find_vma(mm, start);
	}
	prev = vma->vm_prev;
	vma = detach_vmas(mm, vma, end);
	unmap_region(mm, vma, prev, start, end);
	remove_vma_list(mm, vma);
	mm_verify_range(mm, start, end);
	return 0;
}

int vm_munmap(unsigned long start, size_t len)
{
	struct mm_struct *mm = current->mm;
	int ret;

	if (down_write_killable(&mm->mmap_sem))
		return -EINTR;
	ret = do_munmap(mm, start, len);
	up_write(&mm->mmap_sem);
	return ret;
}

long sys_munmap(unsigned long addr, size_t len)
{
	return vm_munmap(addr, len);
}

/* ---- brk ---- */

/* An anonymous area at [addr, addr+len), page aligned and free, behind @prev.  0 or -errno. */
static int do_brk_flags(struct mm_struct *mm, struct vm_area_struct *prev, unsigned long addr,
			unsigned long len, unsigned long flags)
{
	struct vm_area_struct *vma = NULL;
	unsigned long pages = len >> PAGE_SHIFT;

	flags |= VM_READ | VM_WRITE | VM_MAYREAD | VM_MAYWRITE | VM_MAYEXEC | VM_ACCOUNT |
		 VM_SOFTDIRTY | mm->def_flags;
	if (current->personality & READ_IMPLIES_EXEC)
		flags |= VM_EXEC;
	if (mlock_future_check(mm, flags, len))
		return -EAGAIN;
	if (!may_expand_vm(mm, flags, pages) || mm->map_count > sysctl_max_map_count ||
	    security_vm_enough_memory(pages))
		return -ENOMEM;
	/* The heap never becomes one with the bss before it: what lies below start_brk is not its. */
	if (addr != PAGE_ALIGN(mm->start_brk))
		vma = vma_merge(mm, prev, addr, addr + len, flags, NULL, NULL, addr >> PAGE_SHIFT);
	if (!vma) {
		vma = new_vma(mm, NULL, addr, len, flags, addr >> PAGE_SHIFT);
		if (IS_ERR(vma)) {
			vm_unacct_memory(pages);
			return -ENOMEM;
		}
		vma_link(mm, vma, prev);
	}
	trace_vma_prot(mm, vma->vm_start, vma->vm_end, vma->vm_flags, vma->vm_flags | VM_SOFTDIRTY);
	vma->vm_flags |= VM_SOFTDIRTY;
	vm_stat_account(mm, flags, false, pages);
	if (flags & VM_LOCKED)
		mm->locked_vm += pages;
	update_hiwater_vm(mm);
	return 0;
}

/* Grow the heap from @old to @new, both page aligned.  0 or -errno. */
static int brk_grow(struct mm_struct *mm, unsigned long old, unsigned long new)
{
	struct vm_area_struct *prev, *next = find_vma_prev(mm, old, &prev);

	/* one page stays free up to what follows, and the guard gap of a stack */
	if (next && new + PAGE_SIZE > vm_start_gap(next))
		return -ENOMEM;
	if (new > mm->task_size)
		return -ENOMEM;
	return do_brk_flags(mm, prev, old, new - old, 0);
}

static bool brk_within_limit(struct mm_struct *mm, unsigned long brk)
{
	unsigned long limit = rlimit(RLIMIT_DATA);

	return limit == RLIM_INFINITY ||
	       (brk - mm->start_brk) + (mm->end_data - mm->start_data) <= limit;
}

/* The new break, or the old one if it cannot be had. */
long sys_brk(unsigned long brk)
{
	struct mm_struct *mm = current->mm;
	unsigned long old, new, ret;
	bool populate = false;

	if (down_write_killable(&mm->mmap_sem))
		return -EINTR;
	ret = mm->brk;
	new = PAGE_ALIGN(brk);
	if (brk < mm->start_brk || new < brk || !brk_within_limit(mm, brk))
		goto out;
	old = PAGE_ALIGN(mm->brk);
	if (new < old) {
		/* nothing there: somebody moved the mark (PR_SET_MM) */
		if (!find_vma_intersection(mm, new, old) || do_munmap(mm, new, old - new))
			goto out;
	} else if (new > old) {
		if (brk_grow(mm, old, new))
			goto out;
		populate = mm->def_flags & VM_LOCKED;
	}
	ret = mm->brk = brk;
out:
	up_write(&mm->mmap_sem);
	if (populate)
		mm_populate(old, new - old);
	return ret;
}

/* exec: zeroed memory at a fixed place (bss).  0 or -errno. */
int vm_brk_flags(unsigned long addr, unsigned long len, unsigned long vm_flags)
{
	struct mm_struct *mm = current->mm;
	unsigned long end = PAGE_ALIGN(addr + len);
	struct vm_area_struct *prev;
	bool populate;
	int err;

	addr &= PAGE_MASK;
	if (end < addr)
		return -ENOMEM;
	if (end == addr)
		return 0;
	if (vm_flags & ~VM_EXEC)
		return -EINVAL;
	if (end > mm->task_size)
		return -ENOMEM;
	down_write(&mm->mmap_sem);
	err = do_munmap(mm, addr, end - addr);
	find_vma_prev(mm, addr, &prev);
	if (!err)
		err = do_brk_flags(mm, prev, addr, end - addr, vm_flags);
	populate = mm->def_flags & VM_LOCKED;
	up_write(&mm->mmap_sem);
	if (populate && !err)
		mm_populate(addr, end - addr);
	return err;
}

/* ---- exec's stack ---- */

int setup_stack_vma(struct mm_struct *mm, unsigned long top, struct vm_area_struct **out)
{
	struct vm_area_struct *vma = vm_area_alloc(mm);
	int err = -ENOMEM;

	if (!vma)
		return -ENOMEM;
	down_write(&mm->mmap_sem);
	vma->vm_end = top;
	vma->vm_start = top - PAGE_SIZE;
	vma->vm_flags = VM_READ | VM_WRITE | VM_MAYREAD | VM_MAYWRITE | VM_MAYEXEC |
			VM_GROWSDOWN | VM_ACCOUNT | mm->def_flags;
	vma->vm_page_prot = vm_get_page_prot(vma->vm_flags);
	err = insert_vm_struct(mm, vma);
	if (err) {
		up_write(&mm->mmap_sem);
		vm_area_free(vma);
		return err;
	}
	vm_stat_account(mm, vma->vm_flags, false, 1);
	update_hiwater_vm(mm);
	mm->start_stack = top;
	up_write(&mm->mmap_sem);
	*out = vma;
	return 0;
}
