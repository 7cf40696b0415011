/*
 * fs/binfmt_elf_core.c - a core file: the ELF form of a dead process
 *
 * Purpose:    everything a debugger needs, in one file:
 *
 *                 ELF header (ET_CORE)
 *                 program headers: PT_NOTE, then a PT_LOAD for each VMA in order
 *                 notes: NT_PRSTATUS of the dumping thread, NT_PRPSINFO, NT_SIGINFO, NT_AUXV,
 *                        NT_FILE, NT_PRFPREG; then NT_PRSTATUS, NT_PRFPREG of each other thread
 *                 up to the next page boundary nothing, then the contents of the VMAs
 *
 * Invariants: all sizes are known before the first byte is written: p_offset of a segment is
 *             the sum of what stands before it.  All memory is allocated before, too: without
 *             it there is no core file and the process dies as it would have.
 *             p_filesz is 0 for a VMA that is not dumped, p_memsz always its length.
 * Lock order: tasklist_lock > siglock, to read ids and times.
 * Simplified: no NT_X86_XSTATE while there is no XSAVE: thread_notes() is its place.
 * Sources:    ELF specification, "Program Header", "Note Section"; core(5).
 */
#include <asm/processor.h>
#include <asm/ptrace.h>
#include <asm/uaccess.h>
#include <coredump.h>
#include <err.h>
#include <fs.h>
#include <mm.h>
#include <slab.h>
#include <string.h>
#include <uapi/core.h>
#include <uapi/elf.h>
#include <uapi/sigcontext.h>
#include <vmalloc.h>

struct memelfnote {
	const char *name;
	unsigned int type, size;
	void *data;
};

#define THREAD_NOTES 2			/* NT_PRSTATUS, NT_PRFPREG */

struct elf_thread {
	struct elf_thread *next;
	struct elf_prstatus status;
	struct _fpstate_64 fpu;
	struct memelfnote notes[THREAD_NOTES];
	int nr_notes;
};

struct elf_note_info {
	struct elf_thread *threads;	/* the dumping one first */
	struct elf_prpsinfo psinfo;
	siginfo_t siginfo;
	unsigned long auxv[AT_VECTOR_SIZE];
	unsigned long *files;		/* NT_FILE; vmalloc */
	struct memelfnote process_notes[4];
	int nr_process_notes;
	size_t size;			/* of all notes in the file */
};

static void fill_note(struct memelfnote *note, const char *name, unsigned int type,
		      void *data, size_t size)
{
	*note = (struct memelfnote){ .name = name, .type = type, .size = size, .data = data };
}

static size_t note_size(const struct memelfnote *note)
{
	return sizeof(struct elf64_note) + ALIGN_UP(strlen(note->name) + 1, 4) + ALIGN_UP(note->size, 4);
}

/* ---- one thread ---------------------------------------------------------------------- */

static void copy_regs(struct user_regs_struct *to, struct task_struct *t)
{
	_Static_assert(sizeof(struct pt_regs) == offsetof(struct user_regs_struct, fs_base), "regs");

	if (t == current)
		save_segment_bases();
	memset(to, 0, sizeof(*to));
	memcpy(to, task_pt_regs(t), sizeof(struct pt_regs));
	to->fs_base = t->thread.fsbase;
	to->gs_base = t->thread.gsbase;
}

static struct timeval to_timeval(u64 ns)
{
	return (struct timeval){ ns / NSEC_PER_SEC, ns % NSEC_PER_SEC / 1000 };
}

/* The leader's times are those of the whole process. */
static void fill_times(struct elf_prstatus *p, struct task_struct *t)
{
	struct signal_struct *s = t->signal;
	u64 utime = t->utime, stime = t->stime;
	struct task_struct *x;

	if (thread_group_leader(t)) {
		utime = s->utime;
		stime = s->stime;
		for_each_thread(t, x) {
			utime += x->utime;
			stime += x->stime;
		}
	}
	p->pr_utime = to_timeval(utime);
	p->pr_stime = to_timeval(stime);
	p->pr_cutime = to_timeval(s->cutime);
	p->pr_cstime = to_timeval(s->cstime);
}

static void fill_prstatus(struct elf_prstatus *p, struct task_struct *t, int sig)
{
	memset(p, 0, sizeof(*p));
	spin_lock_irq(&tasklist_lock);
	p->pr_info.si_signo = p->pr_cursig = sig;
	p->pr_sigpend = t->pending.signal;
	p->pr_sighold = t->blocked;
	p->pr_pid = t->pid;
	p->pr_ppid = t->real_parent->tgid;
	p->pr_pgrp = t->signal->pgrp;
	p->pr_sid = t->signal->session;
	fill_times(p, t);
	spin_unlock_irq(&tasklist_lock);
	copy_regs(&p->pr_reg, t);
}

/* The FXSAVE image; false if the thread has none. */
static bool copy_fpregs(struct _fpstate_64 *to, struct task_struct *t)
{
	if (!t->thread.fpu)
		return false;
	if (t == current)
		fpu_save(t->thread.fpu);
	memcpy(to, t->thread.fpu, sizeof(*to));
	return true;
}

/* All notes of one thread, NT_PRSTATUS first.  An XSAVE image (NT_X86_XSTATE, "LINUX") goes last. */
static void thread_notes(struct elf_thread *et, struct task_struct *t, int sig)
{
	fill_prstatus(&et->status, t, sig);
	et->status.pr_fpvalid = copy_fpregs(&et->fpu, t);
	fill_note(&et->notes[et->nr_notes++], "CORE", NT_PRSTATUS, &et->status, sizeof(et->status));
	if (et->status.pr_fpvalid)
		fill_note(&et->notes[et->nr_notes++], "CORE", NT_PRFPREG, &et->fpu,
			  sizeof(et->fpu));
}

/* 0 or -ENOMEM; what was made so far is in the list. */
static int collect_threads(struct elf_note_info *info, const struct coredump_params *cprm)
{
	struct elf_thread **link = &info->threads;

	for (struct core_thread *c = &cprm->core_state->dumper; c; c = c->next) {
		struct elf_thread *et = kzalloc(sizeof(*et), GFP_KERNEL);

		if (!et)
			return -ENOMEM;
		*link = et;
		link = &et->next;
		thread_notes(et, c->task, cprm->siginfo->si_signo);
		for (int i = 0; i < et->nr_notes; i++)
			info->size += note_size(&et->notes[i]);
	}
	return 0;
}

/* ---- the process ------------------------------------------------------------------------ */

static void fill_psinfo(struct elf_prpsinfo *p)
{
	struct mm_struct *mm = current->mm;
	size_t len = min_t(unsigned long, mm->arg_end - mm->arg_start, ELF_PRARGSZ - 1);

	memset(p, 0, sizeof(*p));
	if (copy_from_user(p->pr_psargs, (void __user *)mm->arg_start, len))
		len = 0;
	for (size_t i = 0; i < len; i++)
		if (!p->pr_psargs[i])
			p->pr_psargs[i] = ' ';
	p->pr_psargs[len] = '\0';
	p->pr_sname = 'R';		/* it runs: it writes this */
	p->pr_nice = current->nice;
	p->pr_flag = current->flags;
	p->pr_uid = current->cred.uid;
	p->pr_gid = current->cred.gid;
	spin_lock_irq(&tasklist_lock);
	p->pr_pid = current->tgid;
	p->pr_ppid = current->real_parent->tgid;
	p->pr_pgrp = current->signal->pgrp;
	p->pr_sid = current->signal->session;
	spin_unlock_irq(&tasklist_lock);
	memcpy(p->pr_fname, current->comm, sizeof(p->pr_fname));
}

/* Pairs up to and with AT_NULL; bytes. */
static size_t copy_auxv(unsigned long *to)
{
	const unsigned long *auxv = current->mm->saved_auxv;
	unsigned int n = 0;

	do {
		n += 2;
	} while (n < AT_VECTOR_SIZE && auxv[n - 2] != AT_NULL);
	memcpy(to, auxv, n * sizeof(*to));
	return n * sizeof(*to);
}

#define FILES_MAX (4UL << 20)

/*
 * Fill NT_FILE into @size bytes: numbers, then names.  Bytes used, 0: no files, -ENOSPC: try a
 * larger buffer.
 */
static long put_files(const struct coredump_params *cprm, unsigned long *data, size_t size,
		      unsigned long count)
{
	unsigned long *row = data + 2;
	char *name = (char *)(row + 3 * count), *end = (char *)data + size;

	data[0] = count;
	data[1] = PAGE_SIZE;
	for (int i = 0; i < cprm->vma_count; i++) {
		const struct core_vma_metadata *m = &cprm->vma_meta[i];
		char *path;
		size_t len;

		if (!m->file)
			continue;
		if (name >= end)
			return -ENOSPC;
		/* d_path() writes at the end of the room; move it down. */
		path = d_path(&m->file->f_path, name, min_t(size_t, end - name, PAGE_SIZE));
		if (IS_ERR(path))
			return -ENOSPC;
		len = strlen(path) + 1;
		memmove(name, path, len);
		name += len;
		*row++ = m->start;
		*row++ = m->end;
		*row++ = m->pgoff;
	}
	return name - (char *)data;
}

/* NT_FILE's contents; bytes in it, 0 if there is nothing to say or no room to say it. */
static size_t collect_files(struct elf_note_info *info, const struct coredump_params *cprm)
{
	unsigned long count = 0;
	size_t size;

	for (int i = 0; i < cprm->vma_count; i++)
		count += cprm->vma_meta[i].file != NULL;
	if (!count)
		return 0;
	for (size = PAGE_ALIGN((2 + 3 * count) * 8 + count * 64); size <= FILES_MAX; size *= 2) {
		long n;

		info->files = vmalloc(size);
		if (!info->files)
			return 0;
		n = put_files(cprm, info->files, size, count);
		if (n > 0)
			return n;
		vfree(info->files);
		info->files = NULL;
	}
	return 0;
}

static void add_process_note(struct elf_note_info *info, unsigned int type, void *data, size_t size)
{
	struct memelfnote *note = &info->process_notes[info->nr_process_notes++];

	fill_note(note, "CORE", type, data, size);
	info->size += note_size(note);
}

/* 0 or -ENOMEM. */
static int fill_note_info(struct elf_note_info *info, const struct coredump_params *cprm)
{
	int err = collect_threads(info, cprm);
	size_t n;

	if (err)
		return err;
	fill_psinfo(&info->psinfo);
	add_process_note(info, NT_PRPSINFO, &info->psinfo, sizeof(info->psinfo));
	info->siginfo = *cprm->siginfo;
	add_process_note(info, NT_SIGINFO, &info->siginfo, sizeof(info->siginfo));
	add_process_note(info, NT_AUXV, info->auxv, copy_auxv(info->auxv));
	n = collect_files(info, cprm);
	if (n)
		add_process_note(info, NT_FILE, info->files, n);
	return 0;
}

static void free_note_info(struct elf_note_info *info)
{
	struct elf_thread *et = info->threads, *next;

	for (; et; et = next) {
		next = et->next;
		kfree(et);
	}
	vfree(info->files);
	kfree(info);
}

/* ---- writing ---------------------------------------------------------------------------------- */

static bool write_padded(struct coredump_params *cprm, const void *data, size_t len)
{
	if (!dump_emit(cprm, data, len))
		return false;
	dump_skip(cprm, ALIGN_UP(len, 4) - len);
	return true;
}

static bool write_note(struct coredump_params *cprm, const struct memelfnote *note)
{
	struct elf64_note h = {
		.n_namesz = strlen(note->name) + 1, .n_descsz = note->size, .n_type = note->type,
	};

	return dump_emit(cprm, &h, sizeof(h)) && write_padded(cprm, note->name, h.n_namesz) &&
	       write_padded(cprm, note->data, note->size);
}

static bool write_notes(struct coredump_params *cprm, const struct elf_note_info *info)
{
	for (const struct elf_thread *et = info->threads; et; et = et->next) {
		if (!write_note(cprm, &et->notes[0]))
			return false;
		/* what is said once stands after the dumping thread's status */
		for (int i = 0; et == info->threads && i < info->nr_process_notes; i++)
			if (!write_note(cprm, &info->process_notes[i]))
				return false;
		for (int i = 1; i < et->nr_notes; i++)
			if (!write_note(cprm, &et->notes[i]))
				return false;
	}
	return true;
}

static unsigned int segment_flags(unsigned long vm_flags)
{
	return (vm_flags & VM_READ ? PF_R : 0) | (vm_flags & VM_WRITE ? PF_W : 0) |
	       (vm_flags & VM_EXEC ? PF_X : 0);
}

static bool write_phdrs(struct coredump_params *cprm, size_t notes_offset, size_t notes_size)
{
	struct elf64_phdr ph = { .p_type = PT_NOTE, .p_offset = notes_offset, .p_filesz = notes_size };
	unsigned long offset = ALIGN_UP(notes_offset + notes_size, PAGE_SIZE);

	if (!dump_emit(cprm, &ph, sizeof(ph)))
		return false;
	for (int i = 0; i < cprm->vma_count; i++) {
		const struct core_vma_metadata *m = &cprm->vma_meta[i];

		ph = (struct elf64_phdr){
			.p_type = PT_LOAD, .p_flags = segment_flags(m->flags), .p_offset = offset,
			.p_vaddr = m->start, .p_filesz = m->dump_size, .p_memsz = m->end - m->start,
			.p_align = PAGE_SIZE,
		};
		offset += m->dump_size;
		if (!dump_emit(cprm, &ph, sizeof(ph)))
			return false;
	}
	return true;
}

static void fill_header(struct elf64_hdr *h, unsigned long segments, unsigned long shoff)
{
	memset(h, 0, sizeof(*h));
	memcpy(h->e_ident, ELFMAG, SELFMAG);
	h->e_ident[EI_CLASS] = ELFCLASS64;
	h->e_ident[EI_DATA] = ELFDATA2LSB;
	h->e_ident[EI_VERSION] = EV_CURRENT;
	h->e_type = ET_CORE;
	h->e_machine = EM_X86_64;
	h->e_version = EV_CURRENT;
	h->e_phoff = sizeof(*h);
	h->e_ehsize = sizeof(*h);
	h->e_phentsize = sizeof(struct elf64_phdr);
	h->e_phnum = min(segments, (unsigned long)PN_XNUM);
	if (segments >= PN_XNUM) {
		h->e_shoff = shoff;
		h->e_shentsize = sizeof(struct elf64_shdr);
		h->e_shnum = 1;
	}
}

/* More segments than e_phnum can say: section 0, at the end of the file, has their number. */
static bool write_section0(struct coredump_params *cprm, const struct elf64_hdr *h,
			   unsigned long segments)
{
	struct elf64_shdr sh = { .sh_type = SHT_NULL, .sh_size = 1, .sh_info = segments };

	return !h->e_shnum || dump_emit(cprm, &sh, sizeof(sh));
}

static bool write_file(struct coredump_params *cprm, const struct elf_note_info *info)
{
	unsigned long segments = cprm->vma_count + 1;
	size_t notes = sizeof(struct elf64_hdr) + segments * sizeof(struct elf64_phdr);
	size_t data = ALIGN_UP(notes + info->size, PAGE_SIZE);
	struct elf64_hdr h;

	fill_header(&h, segments, data + cprm->vma_data_size);
	if (!dump_emit(cprm, &h, sizeof(h)) || !write_phdrs(cprm, notes, info->size) ||
	    !write_notes(cprm, info))
		return false;
	dump_skip(cprm, data - (notes + info->size));
	for (int i = 0; i < cprm->vma_count; i++) {
		const struct core_vma_metadata *m = &cprm->vma_meta[i];

		if (!dump_user_range(cprm, m->start, m->dump_size))
			return false;
	}
	return write_section0(cprm, &h, segments);
}

bool elf_core_dump(struct coredump_params *cprm)
{
	struct elf_note_info *info = kzalloc(sizeof(*info), GFP_KERNEL);
	bool begun;

	if (!info)
		return false;
	begun = fill_note_info(info, cprm) == 0;
	/* A file that could not be written to its end counts as well. */
	if (begun)
		write_file(cprm, info);
	free_note_info(info);
	return begun;
}
