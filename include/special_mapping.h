/*
 * special_mapping.h - areas whose pages come from the kernel itself (mm/special_mapping.c)
 */
#ifndef SPECIAL_MAPPING_H
#define SPECIAL_MAPPING_H

#include <mm.h>

/* What such an area is; vma->vm_private_data points to it.  Lives for ever. */
struct vm_special_mapping {
	const char *name;		/* in /proc/PID/maps */
	pgoff_t nr_pages;		/* that ->fault has; the area may be larger */
	/* As vm_operations_struct.fault; vmf->pgoff counts from the start of the area. */
	int (*fault)(const struct vm_special_mapping *sm, struct vm_area_struct *vma,
		     struct vm_fault *vmf);
};

/*
 * A special area at [addr, addr + len), which is free.  Enter: mmap_sem held for writing.
 * 0, -ENOMEM.
 */
int install_special_mapping(struct mm_struct *mm, unsigned long addr, unsigned long len,
			    unsigned long vm_flags, const struct vm_special_mapping *sm);

#endif
