/*
 * mm/special_mapping.c - areas whose pages come from the kernel itself: [vvar], [vdso]
 *
 * Purpose:    an area without a file, whose faults a small object answers.
 * Invariants: vm_private_data points to that object as long as the area lives, also in the
 *             copies that fork and mremap make; the area stays in one piece and keeps its
 *             length (VM_DONTEXPAND, may_split); it never merges; vm_pgoff is 0.
 * Lock order: mmap_sem held by the caller.
 */
#include <sched.h>
#include <special_mapping.h>
#include "internal.h"

static int special_fault(struct vm_area_struct *vma, struct vm_fault *vmf)
{
	const struct vm_special_mapping *sm = vma->vm_private_data;

	return sm->fault(sm, vma, vmf);
}

static bool special_has_page(struct vm_area_struct *vma, pgoff_t index)
{
	return index < ((const struct vm_special_mapping *)vma->vm_private_data)->nr_pages;
}

static const char *special_name(struct vm_area_struct *vma)
{
	return ((const struct vm_special_mapping *)vma->vm_private_data)->name;
}

static int special_may_split(struct vm_area_struct *vma, unsigned long addr)
{
	return -EINVAL;
}

static const struct vm_operations_struct special_mapping_vmops = {
	.has_page = special_has_page,
	.fault = special_fault,
	.name = special_name,
	.may_split = special_may_split,
};

int install_special_mapping(struct mm_struct *mm, unsigned long addr, unsigned long len,
			    unsigned long vm_flags, const struct vm_special_mapping *sm)
{
	struct vm_area_struct *vma = vm_area_alloc(mm);
	int err;

	if (!vma)
		return -ENOMEM;
	vma->vm_start = addr;
	vma->vm_end = addr + len;
	vma->vm_flags = vm_flags | mm->def_flags | VM_DONTEXPAND | VM_SOFTDIRTY;
	vma->vm_flags &= ~(VM_LOCKED | VM_LOCKONFAULT);		/* the kernel's pages stay anyway */
	vma->vm_page_prot = vm_get_page_prot(vma->vm_flags);
	vma->vm_ops = &special_mapping_vmops;
	vma->vm_private_data = (void *)sm;
	err = insert_vm_struct(mm, vma);
	if (err) {
		vm_area_free(vma);
		return err;
	}
	vm_stat_account(mm, vma->vm_flags, false, len >> PAGE_SHIFT);
	update_hiwater_vm(mm);
	return 0;
}
