/*
 * fs/binfmt_elf.c - ELF programs: from program headers to areas of an address space
 *
 * Purpose:    check the file, throw the old address space away, map every PT_LOAD segment,
 *             make the bss, load the dynamic loader if the program names one, and write what
 *             the program finds on its stack: argc, argv, envp and the auxiliary vector.
 * Invariants: everything that the file itself can be guilty of is checked before
 *             begin_new_exec(): a corrupt program is refused and the caller lives on.  After
 *             that only memory can fail, and the process dies.
 *             For a segment: text and data are private mappings of the file; the part of its
 *             last page beyond p_filesz is zeroed; whole pages beyond are anonymous.
 * Lock order: takes mmap_sem inside vm_mmap() and its like; none is held here.
 * Sources:    ELF specification, "Program Loading"; AMD64 psABI, "Process Initialization".
 */
#include <asm/fpu.h>
#include <asm/uaccess.h>
#include <asm/vdso.h>
#include <binfmts.h>
#include <coredump.h>
#include <err.h>
#include <fs.h>
#include <mm.h>
#include <pagemap.h>
#include <random.h>
#include <sched.h>
#include <slab.h>
#include <string.h>
#include <uapi/elf.h>
#include <uapi/personality.h>

/* Position-independent programs with an interpreter start at two thirds of the address space. */
#define ELF_ET_DYN_BASE	(DEFAULT_MAP_WINDOW / 3 * 2)
#define ANYWHERE	1UL		/* no wish for an address: no page begins there */
#define MAX_PHDRS_SIZE	65536

/* One ELF file: the program or its interpreter. */
struct elf_image {
	struct file *file;
	unsigned int map_flags;		/* MAP_DENYWRITE for the program itself: nobody may write it */
	struct elf64_hdr hdr;
	struct elf64_phdr *phdrs;
	unsigned long low, high;	/* page-aligned bounds of all PT_LOAD, as linked */
	unsigned long bias;		/* where it is minus where it was linked */
	unsigned long phdr_addr;	/* of the program headers in memory, 0 if in no segment */
};

static int segment_prot(const struct elf64_phdr *ph)
{
	return (ph->p_flags & PF_R ? PROT_READ : 0) | (ph->p_flags & PF_W ? PROT_WRITE : 0) |
	       (ph->p_flags & PF_X ? PROT_EXEC : 0);
}

/* ---- checking: may fail, changes nothing -------------------------------------------- */

static bool header_ok(const struct elf64_hdr *h)
{
	return !memcmp(h->e_ident, "\177ELF", 4) && (h->e_type == ET_EXEC || h->e_type == ET_DYN) &&
	       h->e_machine == EM_X86_64 && h->e_phentsize == sizeof(struct elf64_phdr) &&
	       h->e_phnum > 0 && h->e_phnum * sizeof(struct elf64_phdr) <= MAX_PHDRS_SIZE;
}

/* Are the addresses of one segment possible at all? */
static bool segment_ok(const struct elf64_phdr *ph)
{
	if (ph->p_filesz > ph->p_memsz || ph->p_memsz > TASK_SIZE_MAX ||
	    ph->p_vaddr > TASK_SIZE_MAX - ph->p_memsz)
		return false;
	/* Congruent modulo the page size, or it cannot be mapped; no wrap of the file offset. */
	if (offset_in_page(ph->p_vaddr) != offset_in_page(ph->p_offset))
		return false;
	return ph->p_offset + ph->p_filesz >= ph->p_offset && (long)(ph->p_offset + ph->p_filesz) >= 0;
}

/* Read and check the program headers of @img.  0, -ENOEXEC, -EINVAL, -ENOMEM. */
static int read_phdrs(struct elf_image *img)
{
	const struct elf64_hdr *h = &img->hdr;
	size_t size = h->e_phnum * sizeof(struct elf64_phdr);
	bool any = false;

	if (h->e_phoff > (unsigned long)img->file->f_inode->i_size)
		return -ENOEXEC;
	img->phdrs = kmalloc(size, GFP_KERNEL);
	if (!img->phdrs)
		return -ENOMEM;
	if (kernel_read(img->file, img->phdrs, size, h->e_phoff) != (ssize_t)size)
		return -ENOEXEC;
	img->low = ~0UL;
	for (int i = 0; i < h->e_phnum; i++) {
		const struct elf64_phdr *ph = &img->phdrs[i];

		if (ph->p_type != PT_LOAD)
			continue;
		if (!segment_ok(ph))
			return -EINVAL;
		any = true;
		img->low = min(img->low, ph->p_vaddr & PAGE_MASK);
		img->high = max(img->high, PAGE_ALIGN(ph->p_vaddr + ph->p_memsz));
		if (h->e_phoff >= ph->p_offset && h->e_phoff - ph->p_offset < ph->p_filesz)
			img->phdr_addr = h->e_phoff - ph->p_offset + ph->p_vaddr;
	}
	return any ? 0 : -ENOEXEC;	/* the entry is looked at too late to refuse it, as in Linux: build_program() */
}

static const struct elf64_phdr *find_phdr(const struct elf_image *img, unsigned int type)
{
	for (int i = 0; i < img->hdr.e_phnum; i++)
		if (img->phdrs[i].p_type == type)
			return &img->phdrs[i];
	return NULL;
}

/* Open and check the interpreter that @ph of @prog names.  0 or -errno; nothing open on failure. */
static int open_interpreter(const struct elf_image *prog, const struct elf64_phdr *ph,
			    struct elf_image *interp)
{
	char *path;
	int err = -ENOEXEC;

	if (ph->p_filesz > PATH_MAX || ph->p_filesz < 2)
		return -ENOEXEC;
	path = kmalloc(ph->p_filesz, GFP_KERNEL);
	if (!path)
		return -ENOMEM;
	if (kernel_read(prog->file, path, ph->p_filesz, ph->p_offset) != (ssize_t)ph->p_filesz ||
	    path[ph->p_filesz - 1] != '\0')
		goto out_free;
	interp->file = open_exec(path);
	if (IS_ERR(interp->file)) {
		err = PTR_ERR(interp->file);
		interp->file = NULL;
		goto out_free;
	}
	err = -ELIBBAD;
	if (kernel_read(interp->file, &interp->hdr, sizeof(interp->hdr), 0) == sizeof(interp->hdr) &&
	    header_ok(&interp->hdr) && read_phdrs(interp) == 0)
		err = 0;
out_free:
	kfree(path);
	return err;
}

/*
 * From now on the interpreter may be written while it runs, as any library may: only the program
 * file itself stays protected.  Its areas may hold the file open for long.
 */
static void close_interpreter(struct elf_image *interp)
{
	kfree(interp->phdrs);
	if (!interp->file)
		return;
	interp->file->f_mode &= ~FMODE_EXEC;
	allow_write_access(interp->file->f_inode);
	fput(interp->file);
}

/* ---- mapping: the old address space is gone -------------------------------------------- */

/* Map the file part of one segment.  With @total (first segment, address free) reserve that much. */
static unsigned long map_segment(struct elf_image *img, const struct elf64_phdr *ph, int flags,
				 unsigned long total)
{
	unsigned long addr = img->bias + (ph->p_vaddr & PAGE_MASK);
	unsigned long len = PAGE_ALIGN(ph->p_filesz + offset_in_page(ph->p_vaddr));
	unsigned long map;

	if (!ph->p_filesz)
		return addr;
	map = vm_mmap(img->file, addr, max(len, total), segment_prot(ph),
		      MAP_PRIVATE | img->map_flags | flags, ph->p_offset & PAGE_MASK);
	if (!IS_ERR_VALUE(map) && total > len)
		vm_munmap(map + len, total - len);
	return map;
}

/* Zero what lies between the end of the file part and the end of its page, then add pages. */
static int map_bss(struct elf_image *img, const struct elf64_phdr *ph)
{
	unsigned long start = img->bias + ph->p_vaddr + ph->p_filesz;
	unsigned long end = PAGE_ALIGN(img->bias + ph->p_vaddr + ph->p_memsz);
	unsigned long first = PAGE_ALIGN(start);

	if (ph->p_memsz == ph->p_filesz)
		return 0;
	if (ph->p_filesz && first > start && (ph->p_flags & PF_W) &&
	    clear_user((void __user *)start, first - start))
		return -EFAULT;
	if (!ph->p_filesz)
		first = start & PAGE_MASK;
	if (end <= first)
		return 0;
	return vm_brk_flags(first, end - first, ph->p_flags & PF_X ? VM_EXEC : 0);
}

/*
 * Map all segments of @img.  ET_EXEC goes where it was linked, ET_DYN to @base, or with ANYWHERE
 * where there is room.  0 or -errno.
 */
static int map_image(struct elf_image *img, unsigned long base)
{
	bool first = true, dyn = img->hdr.e_type == ET_DYN, anywhere = base == ANYWHERE;

	for (int i = 0; i < img->hdr.e_phnum; i++) {
		const struct elf64_phdr *ph = &img->phdrs[i];
		int flags = first && !(dyn && anywhere) ? MAP_FIXED_NOREPLACE : MAP_FIXED;
		unsigned long total = 0, map;
		int err;

		if (ph->p_type != PT_LOAD)
			continue;
		if (first && dyn) {
			/* The first call finds room for all segments, the others go into it. */
			total = img->high - img->low;
			img->bias = anywhere ? 0 : base - (ph->p_vaddr & PAGE_MASK);
			if (!ph->p_filesz)
				return -EINVAL;
		}
		if (first && dyn && anywhere) {
			struct elf64_phdr at_zero = *ph;

			at_zero.p_vaddr = offset_in_page(ph->p_vaddr);
			map = map_segment(img, &at_zero, 0, total);
			if (IS_ERR_VALUE(map))
				return map;
			img->bias = map - (ph->p_vaddr & PAGE_MASK);
		} else {
			map = map_segment(img, ph, flags, total);
			if (IS_ERR_VALUE(map))
				return map;
		}
		first = false;
		err = map_bss(img, ph);
		if (err)
			return err;
	}
	return 0;
}

/* The greatest alignment that a segment of @img wants; no less than a page. */
static unsigned long segment_align(const struct elf_image *img)
{
	unsigned long align = PAGE_SIZE;

	for (int i = 0; i < img->hdr.e_phnum; i++) {
		const struct elf64_phdr *ph = &img->phdrs[i];

		if (ph->p_type == PT_LOAD && ph->p_align && !(ph->p_align & (ph->p_align - 1)))
			align = max(align, ph->p_align);
	}
	return align;
}

/*
 * The base of a position-independent program, aligned as its segments want it: with an interpreter
 * as much chance as mappings have, else where there is room, or a little below for the alignment's sake.
 * ANYWHERE if nothing but room matters; -errno.
 */
static unsigned long dyn_base(const struct elf_image *img, bool has_interp)
{
	unsigned long align = segment_align(img), base = ELF_ET_DYN_BASE & PAGE_MASK;

	if (has_interp) {
		if (current->flags & PF_RANDOMIZE)
			base += mmap_rnd();
		return base & ~(align - 1);
	}
	if (align == PAGE_SIZE)
		return ANYWHERE;
	down_write(&current->mm->mmap_sem);
	base = get_unmapped_area(img->file, 0, img->high - img->low, 0, 0);
	up_write(&current->mm->mmap_sem);
	return IS_ERR_VALUE(base) ? base : base & ~(align - 1);
}

/* Remember where code, data and heap lie: /proc/PID/stat, brk(2). */
static void set_mm_marks(struct mm_struct *mm, const struct elf_image *img)
{
	unsigned long start_code = ~0UL, end_code = 0, start_data = 0, end_data = 0, brk = 0;
	bool elsewhere = img->hdr.e_type == ET_DYN && !find_phdr(img, PT_INTERP);

	for (int i = 0; i < img->hdr.e_phnum; i++) {
		const struct elf64_phdr *ph = &img->phdrs[i];

		if (ph->p_type != PT_LOAD)
			continue;
		if (ph->p_flags & PF_X) {
			start_code = min(start_code, ph->p_vaddr);
			end_code = max(end_code, ph->p_vaddr + ph->p_filesz);
		}
		start_data = max(start_data, ph->p_vaddr);
		end_data = max(end_data, ph->p_vaddr + ph->p_filesz);
		brk = max(brk, ph->p_vaddr + ph->p_memsz);
	}
	if (start_code == ~0UL)
		start_code = end_code = 0;
	mm->start_code = start_code + img->bias;
	mm->end_code = end_code + img->bias;
	mm->start_data = start_data + img->bias;
	mm->end_data = end_data + img->bias;
	/* What has no interpreter lies among the mappings, where a heap has no room to grow. */
	if (elsewhere)
		brk = PAGE_ALIGN(ELF_ET_DYN_BASE);
	else
		brk = PAGE_ALIGN(brk + img->bias);
	/* Up to 1 GiB of chance between bss and heap; they never touch. */
	if (randomize_va_space > 1 && (current->flags & PF_RANDOMIZE))
		brk += ((elsewhere ? 0 : 1) + (get_random_u64() & 0x3ffff)) << PAGE_SHIFT;
	mm->start_brk = brk;
	mm->brk = brk;
}

/* ---- the new stack ---------------------------------------------------------------------- */

static unsigned long *add_aux(unsigned long *aux, unsigned long id, unsigned long value)
{
	aux[0] = id;
	aux[1] = value;
	return aux + 2;
}

/* Fill mm->saved_auxv in Linux's order; number of words used. */
static unsigned int fill_auxv(struct mm_struct *mm, const struct linux_binprm *bprm,
			      const struct elf_image *prog, const struct elf_image *interp,
			      unsigned long vdso, unsigned long platform, unsigned long random)
{
	const struct cred_ids *c = &current->cred;
	unsigned long *aux = mm->saved_auxv;
	u32 a, b, cx, hwcap;

	cpuid(1, 0, &a, &b, &cx, &hwcap);
	memset(mm->saved_auxv, 0, sizeof(mm->saved_auxv));
	aux = add_aux(aux, AT_SYSINFO_EHDR, vdso);
	aux = add_aux(aux, AT_MINSIGSTKSZ, get_sigframe_size());
	aux = add_aux(aux, AT_HWCAP, hwcap);
	aux = add_aux(aux, AT_PAGESZ, PAGE_SIZE);
	aux = add_aux(aux, AT_CLKTCK, USER_HZ);
	aux = add_aux(aux, AT_PHDR, prog->phdr_addr ? prog->phdr_addr + prog->bias : 0);
	aux = add_aux(aux, AT_PHENT, sizeof(struct elf64_phdr));
	aux = add_aux(aux, AT_PHNUM, prog->hdr.e_phnum);
	aux = add_aux(aux, AT_BASE, interp->file ? interp->bias : 0);
	aux = add_aux(aux, AT_FLAGS, 0);
	aux = add_aux(aux, AT_ENTRY, prog->hdr.e_entry + prog->bias);
	aux = add_aux(aux, AT_UID, c->uid);
	aux = add_aux(aux, AT_EUID, c->euid);
	aux = add_aux(aux, AT_GID, c->gid);
	aux = add_aux(aux, AT_EGID, c->egid);
	aux = add_aux(aux, AT_SECURE, bprm->secureexec);
	aux = add_aux(aux, AT_RANDOM, random);
	aux = add_aux(aux, AT_HWCAP2, cpu_features.fsgsbase ? HWCAP2_FSGSBASE : 0);
	aux = add_aux(aux, AT_EXECFN, bprm->exec);
	aux = add_aux(aux, AT_PLATFORM, platform);
	aux = add_aux(aux, AT_NULL, 0);
	return aux - mm->saved_auxv;
}

/* Write pointers to @n strings that lie one after the other from *@str; -EFAULT. */
static int put_strings(unsigned long __user **sp, int n, unsigned long *str)
{
	while (n-- > 0) {
		long len = strnlen_user((const char __user *)*str, MAX_ARG_STRLEN);

		if (put_user(*str, (*sp)++) || len == 0 || len > (long)MAX_ARG_STRLEN)
			return -EFAULT;
		*str += len;
	}
	return put_user(0UL, (*sp)++);
}

/*
 * Below the strings:  auxv | envp | argv | argc  <- the stack pointer, 16-byte aligned.
 * 0 or -EFAULT (no memory for the stack).
 */
static int create_elf_tables(struct linux_binprm *bprm, const struct elf_image *prog,
			     const struct elf_image *interp, unsigned long vdso)
{
	struct mm_struct *mm = current->mm;
	unsigned long p = bprm->p & ~15UL, platform, random, str = mm->arg_start;
	unsigned long __user *sp;
	unsigned int aux_words;
	u64 seed[2] = { get_random_u64(), get_random_u64() };

	if (current->flags & PF_RANDOMIZE)
		p = (p - (get_random_u64() & 0x1fff)) & ~15UL;
	p -= sizeof("x86_64");
	platform = p;
	p -= sizeof(seed);
	random = p;
	if (copy_to_user((void __user *)platform, "x86_64", sizeof("x86_64")) ||
	    copy_to_user((void __user *)random, seed, sizeof(seed)))
		return -EFAULT;

	aux_words = fill_auxv(mm, bprm, prog, interp, vdso, platform, random);
	p &= ~7UL;
	p -= (aux_words + bprm->envc + 1 + bprm->argc + 1 + 1) * sizeof(long);
	p &= ~15UL;
	bprm->p = p;
	mm->start_stack = p;

	sp = (unsigned long __user *)p;
	if (put_user((unsigned long)bprm->argc, sp++))
		return -EFAULT;
	if (put_strings(&sp, bprm->argc, &str))
		return -EFAULT;
	mm->arg_end = str;
	mm->env_start = str;
	if (put_strings(&sp, bprm->envc, &str))
		return -EFAULT;
	mm->env_end = str;
	return copy_to_user(sp, mm->saved_auxv, aux_words * sizeof(long)) ? -EFAULT : 0;
}

/* ---- the loader ----------------------------------------------------------------------------- */

static int check_program(struct linux_binprm *bprm, struct elf_image *prog, struct elf_image *interp)
{
	const struct elf64_phdr *ph;
	int err;

	memcpy(&prog->hdr, bprm->buf, sizeof(prog->hdr));
	prog->file = bprm->file;
	prog->map_flags = MAP_DENYWRITE;
	if (!header_ok(&prog->hdr) || !bprm->file->f_op->mmap)
		return -ENOEXEC;
	err = read_phdrs(prog);
	if (err)
		return err;
	if (prog->hdr.e_type == ET_DYN) {
		/* The first segment finds the place for all. */
		ph = find_phdr(prog, PT_LOAD);
		if (!ph->p_filesz || (ph->p_vaddr & PAGE_MASK) != prog->low ||
		    prog->high - prog->low > DEFAULT_MAP_WINDOW / 2)
			return -EINVAL;
	} else if (prog->low < sysctl_mmap_min_addr) {
		return -EPERM;
	}
	ph = find_phdr(prog, PT_INTERP);
	return ph ? open_interpreter(prog, ph, interp) : 0;
}

/* With begin_new_exec() behind us: build the address space.  An error kills the process. */
static int build_program(struct linux_binprm *bprm, struct pt_regs *regs, struct elf_image *prog,
			 struct elf_image *interp)
{
	const struct elf64_phdr *stack = find_phdr(prog, PT_GNU_STACK);
	struct mm_struct *mm = current->mm;
	unsigned long entry, vdso, base = ANYWHERE;
	int err;

	mm->binfmt = &elf_format;
	mm->arg_start = bprm->p;
	current->personality &= ~READ_IMPLIES_EXEC;	/* for 32-bit programs of old */
	if (stack && (stack->p_flags & PF_X)) {
		err = do_mprotect(bprm->vma->vm_start, bprm->vma->vm_end - bprm->vma->vm_start,
				  PROT_READ | PROT_WRITE | PROT_EXEC);
		if (err)
			return err;
	}
	if (prog->hdr.e_type == ET_DYN)
		base = dyn_base(prog, interp->file != NULL);
	err = IS_ERR_VALUE(base) ? (int)base : map_image(prog, base);
	if (err)
		return err;
	set_mm_marks(mm, prog);
	entry = prog->hdr.e_entry + prog->bias;
	if (interp->file) {
		err = map_image(interp, ANYWHERE);
		if (err)
			return err;
		entry = interp->hdr.e_entry + interp->bias;
	}
	if (entry >= TASK_SIZE_MAX)
		return -EINVAL;
	err = arch_setup_additional_pages(bprm, &vdso);
	if (!err)
		err = create_elf_tables(bprm, prog, interp, vdso);
	if (err)
		return err;
	if (current->personality & MMAP_PAGE_ZERO)	/* as well as may be */
		vm_mmap(NULL, 0, PAGE_SIZE, PROT_READ | PROT_EXEC, MAP_FIXED | MAP_PRIVATE, 0);
	start_thread(regs, entry, bprm->p);
	return 0;
}

static int load_elf_binary(struct linux_binprm *bprm, struct pt_regs *regs)
{
	struct elf_image *prog = kzalloc(2 * sizeof(*prog), GFP_KERNEL), *interp = prog + 1;
	int err;

	if (!prog)
		return -ENOMEM;
	err = check_program(bprm, prog, interp);
	if (!err)
		err = begin_new_exec(bprm);
	if (!err)
		err = build_program(bprm, regs, prog, interp);
	close_interpreter(interp);
	kfree(prog->phdrs);
	kfree(prog);
	return err;
}

const struct linux_binfmt elf_format = {
	.name = "elf", .load_binary = load_elf_binary, .core_dump = elf_core_dump,
};
