/*
 * fs/procfs/task_mmu.c - /proc/PID/maps, smaps, statm, pagemap, clear_refs
 *
 * The formats are Linux 6.1's to the column, so that pmap, a student's eye and a diff against
 * Linux find the same thing.  The areas are read with mmap_sem held; the numbers of smaps and
 * pagemap come from mm/proc.c, because only mm/ looks at page tables.
 * Sources: proc(5).
 */
#include <asm/pkeys.h>
#include <asm/uaccess.h>
#include <mm_proc.h>
#include <slab.h>
#include <string.h>

#include "internal.h"

#define NAME_COLUMN 72

/* ---- maps ------------------------------------------------------------------------ */

/*
 * The file's path, with newlines escaped as Linux does.  It is made at the end of the free part of
 * the buffer and moved to the front; the front must not overtake it.
 */
static void put_path(struct seq_file *m, const struct path *path)
{
	char *s = m->overflow ? NULL : d_path(path, m->buf + m->count, m->size - m->count);

	if (IS_ERR_OR_NULL(s)) {
		m->overflow = true;
		return;
	}
	for (; *s && !m->overflow; s++) {
		if (*s != '\n')
			seq_putc(m, *s);
		else if (m->buf + m->count + 4 <= s + 1)
			seq_puts(m, "\\012");
		else
			m->overflow = true;
	}
}

static void show_line(struct seq_file *m, struct vm_area_struct *vma)
{
	unsigned long flags = vma->vm_flags, ino = 0;
	unsigned long long offset = 0;
	size_t start = m->count;
	const char *name;
	dev_t dev = 0;

	if (vma->vm_file) {
		dev = vma->vm_file->f_inode->i_sb->s_dev;
		ino = vma->vm_file->f_inode->i_ino;
		offset = (unsigned long long)vma->vm_pgoff << PAGE_SHIFT;
	}
	seq_printf(m, "%08lx-%08lx %c%c%c%c %08llx %02x:%02x %lu ", vma->vm_start, vma->vm_end,
		   flags & VM_READ ? 'r' : '-', flags & VM_WRITE ? 'w' : '-',
		   flags & VM_EXEC ? 'x' : '-', flags & VM_MAYSHARE ? 's' : 'p', offset, MAJOR(dev),
		   MINOR(dev), ino);
	name = vma_name(vma);
	if (name || vma->vm_file)
		seq_pad(m, start, NAME_COLUMN + 1);
	if (name)
		seq_puts(m, name);
	else if (vma->vm_file)
		put_path(m, &vma->vm_file->f_path);
	seq_putc(m, '\n');
}

/*
 * maps and smaps are lists of areas: a record's place is the address where it starts, so that whatever
 * is mapped and unmapped between two reads, the addresses ascend and what stays is seen once.  Only
 * an area that has meanwhile become one with the last is shown whole, as on Linux.
 * The file belongs to the address space that was there at open, as /proc/PID/mem.
 */
#define AREAS_END (-1L)

struct areas_file {
	struct inode *inode;
	struct mm_struct *mm;		/* mm_count held; NULL: there was none */
	struct task_struct *task;	/* between start and stop, with mm_users and mmap_sem held */
};

static void *areas_start(struct seq_file *m, loff_t *pos)
{
	struct areas_file *f = m->private;

	if (*pos == AREAS_END)
		return NULL;
	f->task = get_proc_task(f->inode);
	if (!f->task)
		return ERR_PTR(-ESRCH);
	if (f->mm && mmget_not_zero(f->mm)) {
		if (!down_read_killable(&f->mm->mmap_sem))
			return find_vma(f->mm, *pos);
		mmput(f->mm);
		put_task_struct(f->task);
		f->task = NULL;
		return ERR_PTR(-EINTR);
	}
	put_task_struct(f->task);
	f->task = NULL;
	return NULL;
}

static void *areas_next(struct seq_file *m, void *v, loff_t *pos)
{
	struct vm_area_struct *next = ((struct vm_area_struct *)v)->vm_next;

	*pos = next ? (loff_t)next->vm_start : AREAS_END;
	return next;
}

static void areas_stop(struct seq_file *m, void *v)
{
	struct areas_file *f = m->private;

	if (!f->task)
		return;
	up_read(&f->mm->mmap_sem);
	mmput(f->mm);
	put_task_struct(f->task);
	f->task = NULL;
}

static int areas_open(struct inode *inode, struct file *file, const struct seq_operations *op)
{
	struct mm_struct *mm = proc_mem_open(inode);
	struct areas_file *f;
	int err = -ENOMEM;

	if (IS_ERR(mm))
		return PTR_ERR(mm);
	f = kmalloc(sizeof(*f), GFP_KERNEL);
	if (f) {
		*f = (struct areas_file){ .inode = inode, .mm = mm };
		err = seq_open(file, op, f);
	}
	if (err) {
		kfree(f);
		if (mm)
			mmdrop(mm);
	}
	return err;
}

static void areas_release(struct inode *inode, struct file *file)
{
	struct areas_file *f = ((struct seq_file *)file->private_data)->private;

	if (f->mm)
		mmdrop(f->mm);
	kfree(f);
	seq_release(inode, file);
}

static int maps_show(struct seq_file *m, void *v)
{
	show_line(m, v);
	return 0;
}

static const struct seq_operations maps_ops = {
	.start = areas_start, .next = areas_next, .stop = areas_stop, .show = maps_show,
};

static int maps_open(struct inode *inode, struct file *file)
{
	return areas_open(inode, file, &maps_ops);
}

const struct file_operations proc_maps_fops = {
	.open = maps_open,
	.read = seq_read,
	.llseek = seq_lseek,
	.release = areas_release,
};

/* ---- smaps ------------------------------------------------------------------------- */

static void kb(struct seq_file *m, const char *key, u64 bytes)
{
	seq_printf(m, "%-16s%8lu kB\n", key, (unsigned long)(bytes >> 10));
}

static void show_sizes(struct seq_file *m, const struct mem_size_stats *s, bool rollup)
{
	kb(m, "Rss:", s->resident);
	kb(m, "Pss:", s->pss >> PSS_SHIFT);
	kb(m, "Pss_Dirty:", s->pss_dirty >> PSS_SHIFT);
	if (rollup) {
		kb(m, "Pss_Anon:", s->pss_anon >> PSS_SHIFT);
		kb(m, "Pss_File:", s->pss_file >> PSS_SHIFT);
		kb(m, "Pss_Shmem:", s->pss_shmem >> PSS_SHIFT);
	}
	kb(m, "Shared_Clean:", s->shared_clean);
	kb(m, "Shared_Dirty:", s->shared_dirty);
	kb(m, "Private_Clean:", s->private_clean);
	kb(m, "Private_Dirty:", s->private_dirty);
	kb(m, "Referenced:", s->referenced);
	kb(m, "Anonymous:", s->anonymous);
	kb(m, "LazyFree:", s->lazyfree);
	kb(m, "AnonHugePages:", 0);
	kb(m, "ShmemPmdMapped:", 0);
	kb(m, "FilePmdMapped:", 0);
	kb(m, "Shared_Hugetlb:", 0);
	kb(m, "Private_Hugetlb:", 0);
	kb(m, "Swap:", s->swap);
	kb(m, "SwapPss:", s->swap_pss >> PSS_SHIFT);
	kb(m, "Locked:", s->pss_locked >> PSS_SHIFT);
}

static const struct {
	unsigned long flag;
	char name[3];
} flag_names[] = {
	{ VM_READ, "rd" }, { VM_WRITE, "wr" }, { VM_EXEC, "ex" }, { VM_SHARED, "sh" },
	{ VM_MAYREAD, "mr" }, { VM_MAYWRITE, "mw" }, { VM_MAYEXEC, "me" }, { VM_MAYSHARE, "ms" },
	{ VM_GROWSDOWN, "gd" }, { VM_PFNMAP, "pf" }, { VM_LOCKED, "lo" }, { VM_IO, "io" },
	{ VM_SEQ_READ, "sr" }, { VM_RAND_READ, "rr" }, { VM_DONTCOPY, "dc" },
	{ VM_DONTEXPAND, "de" }, { VM_LOCKONFAULT, "??" }, { VM_ACCOUNT, "ac" }, { VM_NORESERVE, "nr" },
	{ VM_HUGETLB, "ht" }, { VM_NONLINEAR, "nl" }, { VM_ARCH_1, "ar" },
	{ VM_WIPEONFORK, "wf" }, { VM_DONTDUMP, "dd" }, { VM_SOFTDIRTY, "sd" },
};

static int smaps_show(struct seq_file *m, void *v)
{
	struct vm_area_struct *vma = v;
	struct mem_size_stats s;

	memset(&s, 0, sizeof(s));
	smap_gather(vma, &s);
	show_line(m, vma);
	kb(m, "Size:", vma->vm_end - vma->vm_start);
	kb(m, "KernelPageSize:", PAGE_SIZE);
	kb(m, "MMUPageSize:", PAGE_SIZE);
	show_sizes(m, &s, false);
	seq_puts(m, "THPeligible:    0\n");
	if (arch_pkeys_enabled())
		seq_printf(m, "ProtectionKey:  %8u\n", vma_pkey(vma));
	seq_puts(m, "VmFlags: ");
	for (size_t i = 0; i < ARRAY_SIZE(flag_names); i++)
		if (vma->vm_flags & flag_names[i].flag)
			seq_printf(m, "%s ", flag_names[i].name);
	seq_putc(m, '\n');
	return 0;
}

static const struct seq_operations smaps_ops = {
	.start = areas_start, .next = areas_next, .stop = areas_stop, .show = smaps_show,
};

static int smaps_open(struct inode *inode, struct file *file)
{
	return areas_open(inode, file, &smaps_ops);
}

const struct file_operations proc_smaps_fops = {
	.open = smaps_open,
	.read = seq_read,
	.llseek = seq_lseek,
	.release = areas_release,
};

struct rollup {
	struct mem_size_stats sizes;
	unsigned long start, end;
};

/* The sum over all areas of @mm.  0 or -EINTR. */
static int rollup_gather(struct mm_struct *mm, struct rollup *r)
{
	if (down_read_killable(&mm->mmap_sem))
		return -EINTR;
	for (struct vm_area_struct *vma = mm->mmap; vma; vma = vma->vm_next) {
		if (!r->end)
			r->start = vma->vm_start;
		r->end = vma->vm_end;
		smap_gather(vma, &r->sizes);
	}
	up_read(&mm->mmap_sem);
	return 0;
}

int proc_pid_smaps_rollup(struct seq_file *m, struct task_struct *task)
{
	struct mm_struct *mm;
	struct rollup r;
	size_t start = m->count;
	int err = 0;

	memset(&r, 0, sizeof(r));
	if (!task->mm)
		return -ESRCH;
	mm = get_task_mm(task);
	if (mm) {
		err = rollup_gather(mm, &r);
		mmput(mm);
	}
	if (err)
		return err;
	seq_printf(m, "%08lx-%08lx ---p 00000000 00:00 0 ", r.start, r.end);
	seq_pad(m, start, NAME_COLUMN + 1);
	seq_puts(m, "[rollup]\n");
	show_sizes(m, &r.sizes, true);
	return 0;
}

/* ---- statm ---------------------------------------------------------------------------- */

int proc_pid_statm(struct seq_file *m, struct task_struct *task)
{
	struct mm_struct *mm = get_task_mm(task);
	unsigned long shared, text;

	if (!mm) {
		seq_puts(m, "0 0 0 0 0 0 0\n");
		return 0;
	}
	shared = get_mm_counter(mm, MM_FILEPAGES) + get_mm_counter(mm, MM_SHMEMPAGES);
	text = (PAGE_ALIGN(mm->end_code) - (mm->start_code & PAGE_MASK)) >> PAGE_SHIFT;
	seq_printf(m, "%lu %lu %lu %lu 0 %lu 0\n", mm->total_vm,
		   shared + get_mm_counter(mm, MM_ANONPAGES), shared, text, mm->data_vm + mm->stack_vm);
	mmput(mm);
	return 0;
}

/* ---- pagemap: one 64-bit word per page of the address space ----------------------------- */

#define PAGEMAP_CHUNK 64

/* The address space at open, as with /proc/PID/mem; NULL in @mm: there was none. */
struct pagemap_file {
	struct mm_struct *mm;
	bool show_pfn;		/* frame numbers are for root: they help attacks on the hardware */
};

static int pagemap_open(struct inode *inode, struct file *file)
{
	struct mm_struct *mm = proc_mem_open(inode);
	struct pagemap_file *p;

	if (IS_ERR(mm))
		return PTR_ERR(mm);
	p = kmalloc(sizeof(*p), GFP_KERNEL);
	if (!p) {
		if (mm)
			mmdrop(mm);
		return -ENOMEM;
	}
	*p = (struct pagemap_file){ mm, capable_root() };
	file->private_data = p;
	return 0;
}

static void pagemap_release(struct inode *inode, struct file *file)
{
	struct pagemap_file *p = file->private_data;

	if (p->mm)
		mmdrop(p->mm);
	kfree(p);
}

/* @n words from page number @page on. */
static void pagemap_words(const struct pagemap_file *p, unsigned long page, u64 *words, size_t n)
{
	down_read(&p->mm->mmap_sem);
	for (size_t i = 0; i < n; i++) {
		words[i] = pagemap_entry(p->mm, (page + i) << PAGE_SHIFT);
		if (!p->show_pfn)
			words[i] &= ~PM_PFRAME_MASK;
	}
	up_read(&p->mm->mmap_sem);
}

static ssize_t pagemap_copy(const struct pagemap_file *p, char __user *buf, size_t len, loff_t *pos)
{
	unsigned long end = p->mm->task_size >> PAGE_SHIFT;
	u64 words[PAGEMAP_CHUNK];
	size_t done = 0;

	while (done < len && (unsigned long)*pos / sizeof(u64) < end) {
		unsigned long page = *pos / sizeof(u64);
		size_t n = min((len - done) / sizeof(u64), (size_t)PAGEMAP_CHUNK);

		n = min(n, end - page);
		pagemap_words(p, page, words, n);
		if (copy_to_user(buf + done, words, n * sizeof(u64)))
			return -EFAULT;
		done += n * sizeof(u64);
		*pos += n * sizeof(u64);
		cond_resched();
	}
	return done;
}

static ssize_t pagemap_read(struct file *file, char __user *buf, size_t len, loff_t *pos)
{
	struct pagemap_file *p = file->private_data;
	ssize_t ret = -EINVAL;

	if (!p->mm || !mmget_not_zero(p->mm))
		return 0;
	if (*pos % (loff_t)sizeof(u64) == 0 && len % sizeof(u64) == 0)
		ret = pagemap_copy(p, buf, len, pos);
	mmput(p->mm);
	return ret;
}

const struct file_operations proc_pagemap_fops = {
	.open = pagemap_open,
	.release = pagemap_release,
	.read = pagemap_read,
	.llseek = generic_file_llseek,
};

/* ---- clear_refs --------------------------------------------------------------------------- */

#define CLEAR_REFS_TEXT 13

static ssize_t clear_refs_write(struct file *file, const char __user *ubuf, size_t len, loff_t *pos)
{
	size_t n = min(len, (size_t)CLEAR_REFS_TEXT - 1);
	struct task_struct *task;
	char buf[CLEAR_REFS_TEXT];
	struct mm_struct *mm;
	long type;
	int err;

	if (copy_from_user(buf, ubuf, n))
		return -EFAULT;
	err = proc_parse_long(buf, n, &type);
	if (err)
		return err;
	if (type < CLEAR_REFS_ALL || type >= CLEAR_REFS_LAST)
		return -EINVAL;
	task = get_proc_task(file->f_inode);
	if (!task)
		return -ESRCH;
	mm = get_task_mm(task);
	put_task_struct(task);
	if (mm) {
		err = mm_clear_refs(mm, type);
		mmput(mm);
	}
	return err ? err : (ssize_t)len;
}

const struct file_operations proc_clear_refs_fops = {
	.write = clear_refs_write,
	.llseek = generic_file_llseek,
};
