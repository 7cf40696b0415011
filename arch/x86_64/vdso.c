/*
 * arch/x86_64/vdso.c - a shared library from the kernel, and the page of time that it reads
 *
 * Purpose:    the time of day is asked for so often that entering the kernel for it is waste:
 *             map code and data for it into every process.
 * Invariants: one page of data (vvar) and one copy of the code for all processes; the data
 *             is written here alone, and no process can write it.  A debugger that writes
 *             into the code gets a private copy.
 *             The areas are one whole each: no part can be unmapped or changed alone, because
 *             the code finds the data by its distance.
 * Lock order: vvar_lock is innermost; mmap_sem is taken by arch_setup_additional_pages().
 * Simplified: no vDSO for 32-bit programs, no time namespaces, no option to switch it off.
 * Sources:    vdso(7); where the areas are put is Linux 6.1's, found by asking it.
 */
#include <asm/vdso.h>
#include <asm/vvar.h>
#include <binfmts.h>
#include <err.h>
#include <mm.h>
#include <random.h>
#include <sched.h>
#include <special_mapping.h>
#include <spinlock.h>
#include <string.h>

extern const char vdso_image_start[], vdso_image_end[];

static struct page *vdso_pages[VDSO_PAGES];	/* set once */

static union {
	struct vdso_data data;			/* vvar_lock to write */
	char page[PAGE_SIZE];			/* nothing else of the kernel's may lie in it */
} vvar __aligned(PAGE_SIZE);
static DEFINE_SPINLOCK(vvar_lock);

/* ---- the data ---- */

static unsigned long vvar_write_begin(void)
{
	unsigned long flags;

	spin_lock_irqsave(&vvar_lock, flags);
	__atomic_store_n(&vvar.data.seq, vvar.data.seq + 1, __ATOMIC_RELAXED);
	__atomic_thread_fence(__ATOMIC_RELEASE);
	return flags;
}

static void vvar_write_end(unsigned long flags)
{
	__atomic_store_n(&vvar.data.seq, vvar.data.seq + 1, __ATOMIC_RELEASE);
	spin_unlock_irqrestore(&vvar_lock, flags);
}

void vdso_set_clock(u64 base, u64 mult)
{
	unsigned long flags = vvar_write_begin();

	vvar.data.tsc_base = base;
	vvar.data.tsc_mult = mult;
	vvar.data.clock_mode = VDSO_CLOCKMODE_TSC;
	vvar_write_end(flags);
}

void vdso_set_real_offset(u64 ns)
{
	unsigned long flags = vvar_write_begin();

	vvar.data.real_offset = ns;
	vvar_write_end(flags);
}

/* ---- the areas ---- */

static int vvar_fault(const struct vm_special_mapping *sm, struct vm_area_struct *vma,
		      struct vm_fault *vmf)
{
	if (vmf->pgoff != 0)
		return VM_FAULT_SIGBUS;		/* see asm/vvar.h */
	return vmf_insert_pfn(vma, vmf->virtual_address, PFN_DOWN(__pa(&vvar)));
}

static int vdso_fault(const struct vm_special_mapping *sm, struct vm_area_struct *vma,
		      struct vm_fault *vmf)
{
	if (vmf->pgoff >= VDSO_PAGES)
		return VM_FAULT_SIGBUS;
	vmf->page = vdso_pages[vmf->pgoff];
	get_page(vmf->page);
	return 0;
}

static const struct vm_special_mapping vvar_mapping = { .name = "[vvar]", .nr_pages = 1, .fault = vvar_fault };
static const struct vm_special_mapping vdso_mapping = { .name = "[vdso]", .nr_pages = VDSO_PAGES,
							.fault = vdso_fault };

void __init vdso_init(void)
{
	size_t size = vdso_image_end - vdso_image_start;

	BUG_ON(size > VDSO_PAGES * PAGE_SIZE);
	for (unsigned int i = 0; i < VDSO_PAGES; i++) {
		vdso_pages[i] = alloc_page(GFP_KERNEL | __GFP_ZERO);
		if (!vdso_pages[i])
			panic("no memory for the vDSO");
		if (size > i * PAGE_SIZE)
			memcpy(page_address(vdso_pages[i]), vdso_image_start + i * PAGE_SIZE,
			       min(size - i * PAGE_SIZE, PAGE_SIZE));
	}
}

/*
 * A place for @len bytes above @start (the top of the stack's contents), by chance in the same
 * 2 MiB so that no page table more is needed, and below the window, above which only those land who
 * ask for it.  A wish: there may be no room, as there is none above a stack that chance has not moved.
 */
static unsigned long vdso_addr(unsigned long start, unsigned long len)
{
	unsigned long end;

	start = PAGE_ALIGN(start);
	end = (start + len + PMD_SIZE - 1) & PMD_MASK;
	end = min(end, DEFAULT_MAP_WINDOW) - len;
	if (end <= start)
		return start;
	return start + get_random_u64() % (((end - start) >> PAGE_SHIFT) + 1) * PAGE_SIZE;
}

int arch_setup_additional_pages(const struct linux_binprm *bprm, unsigned long *ehdr)
{
	const unsigned long vvar_len = VVAR_PAGES * PAGE_SIZE, vdso_len = VDSO_PAGES * PAGE_SIZE;
	struct mm_struct *mm = current->mm;
	unsigned long addr;
	int err;

	if (down_write_killable(&mm->mmap_sem))
		return -EINTR;
	addr = get_unmapped_area(NULL, vdso_addr(bprm->p, vvar_len + vdso_len),
				 vvar_len + vdso_len, 0, 0);
	err = IS_ERR_VALUE(addr) ? (int)addr : 0;
	if (!err)
		err = install_special_mapping(mm, addr + vvar_len, vdso_len,
					      VM_READ | VM_EXEC | VM_MAYREAD | VM_MAYWRITE |
					      VM_MAYEXEC, &vdso_mapping);
	if (!err)		/* if this fails exec does, and the process ends: nothing to undo */
		err = install_special_mapping(mm, addr, vvar_len,
					      VM_READ | VM_MAYREAD | VM_IO | VM_DONTDUMP |
					      VM_PFNMAP, &vvar_mapping);
	up_write(&mm->mmap_sem);
	*ehdr = addr + vvar_len;
	return err;
}
