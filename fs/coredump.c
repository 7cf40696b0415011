/*
 * fs/coredump.c - a process that dies by certain signals leaves a picture of itself
 *
 * Purpose:    decide whether a core file is to be written, stop the other threads, make the
 *             file's name and the file, and hand it to the loader's core_dump(), which knows
 *             the format (binfmt_elf_core.c).  What that one needs to write is here too.
 *
 *             the dumping thread               every other thread
 *             zap_threads(): SIGKILL to all -> do_exit()
 *             wait for startup              <- coredump_task_exit(): join the list, sleep
 *             core_dump()                      (its registers lie on its kernel stack)
 *             coredump_finish(): wake them  -> goes on dying
 *             do_group_exit()
 *
 * Invariants: while the file is written no other thread of the process runs in user mode, and
 *             each keeps its task_struct: the list of core_state is complete.
 *             Only SIGKILL ends a dump, or a limit, or a full file system; what has been
 *             written stays.  The wait status has the core bit if a file was begun.
 *             An existing name is replaced, never written through: the file is new, regular,
 *             has one name, belongs to the process's user and only that user may read it.
 * Lock order: siglock alone; mmap_sem alone; i_rwsem of the file alone.
 * Simplified: no pipes to a program ("|prog" in core_pattern is refused).  A process with the
 *             same mm but another thread group goes on running and writing, as on Linux.
 *             A dump as root (fs.suid_dumpable 2) starts at the process's own root directory.
 * Sources:    core(5), "Naming of core dump files"; POSIX.1-2017, "Signal Actions".
 */
#include <asm/uaccess.h>
#include <binfmts.h>
#include <coredump.h>
#include <err.h>
#include <fs.h>
#include <mm.h>
#include <pagemap.h>
#include <printk.h>
#include <seq_file.h>
#include <slab.h>
#include <string.h>
#include <uapi/fcntl.h>
#include <utsname.h>
#include <vmalloc.h>

#include "internal.h"

#define CORENAME_SIZE	128		/* of core_pattern, as Linux's */
#define CORENAME_MAX	PATH_MAX
#define MIN_COREDUMP	PAGE_SIZE	/* below this limit no file is made */

int core_uses_pid;
int suid_dumpable;
static char core_pattern[CORENAME_SIZE] = "core";	/* pattern_lock */
static DEFINE_SPINLOCK(pattern_lock);

/* ---- may it be dumped? ---------------------------------------------------------------- */

void set_dumpable(struct mm_struct *mm, int value)
{
	unsigned long old, new;

	do {
		old = READ_ONCE(mm->flags);
		new = (old & ~MMF_DUMPABLE_MASK) | value;
	} while (!__atomic_compare_exchange_n(&mm->flags, &old, new, false, __ATOMIC_SEQ_CST,
					      __ATOMIC_SEQ_CST));
}

bool task_dumpable(struct task_struct *task)
{
	bool yes;

	task_lock(task);
	yes = !task->mm || get_dumpable(task->mm) == SUID_DUMP_USER;
	task_unlock(task);
	return yes;
}

/* ---- the name ---------------------------------------------------------------------------- */

int core_pattern_show(struct seq_file *m)
{
	char pattern[CORENAME_SIZE];

	spin_lock(&pattern_lock);
	memcpy(pattern, core_pattern, sizeof(pattern));
	spin_unlock(&pattern_lock);
	seq_printf(m, "%s\n", pattern);
	return 0;
}

ssize_t core_pattern_write(const char *buf, size_t len)
{
	char pattern[CORENAME_SIZE] = "";
	size_t n = 0;

	if (!capable_root())
		return -EPERM;
	/* One line; what is too long is cut. */
	while (n < len && n < sizeof(pattern) - 1 && buf[n] && buf[n] != '\n') {
		pattern[n] = buf[n];
		n++;
	}
	if (pattern[0] == '|')
		return -EOPNOTSUPP;
	spin_lock(&pattern_lock);
	memcpy(core_pattern, pattern, sizeof(pattern));
	spin_unlock(&pattern_lock);
	return len;
}

struct core_name {
	char *buf;
	size_t used;			/* without the NUL */
	bool pid_seen, too_long;
};

static __printf(2, 3) void cn_printf(struct core_name *cn, const char *fmt, ...)
{
	size_t room = CORENAME_MAX - cn->used;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(cn->buf + cn->used, room, fmt, ap);
	va_end(ap);
	if ((size_t)n >= room) {
		cn->too_long = true;
		n = room - 1;
	}
	cn->used += n;
}

/* A word of the process's choice: it must stay one component of the path, and not be "..". */
static void cn_word(struct core_name *cn, const char *word)
{
	size_t from = cn->used;

	cn_printf(cn, "%s", word);
	if (!strcmp(cn->buf + from, ".") || !strcmp(cn->buf + from, ".."))
		cn->buf[from] = '!';
	if (cn->used == from)
		cn_printf(cn, "!");
	for (; from < cn->used; from++)
		if (cn->buf[from] == '/')
			cn->buf[from] = '!';
}

/* The program's file: whole path, or the last name of it.  Without one the thread's name. */
static void cn_exe(struct core_name *cn, bool whole)
{
	struct file *exe = get_mm_exe_file(current->mm);
	char *page, *path;

	if (!exe) {
		cn_word(cn, current->comm);
		cn_printf(cn, " (path unknown)");
		return;
	}
	page = (char *)__get_free_pages(GFP_KERNEL, 0);
	path = page ? d_path(&exe->f_path, page, PAGE_SIZE) : ERR_PTR(-ENOMEM);
	if (IS_ERR(path)) {
		cn->too_long = true;
	} else {
		const char *last = strrchr(path, '/');

		cn_word(cn, whole || !last ? path : last + 1);
	}
	if (page)
		free_page((unsigned long)page);
	fput(exe);
}

static void cn_specifier(struct core_name *cn, char c, const struct coredump_params *cprm)
{
	switch (c) {
	case '%':
		cn_printf(cn, "%%");
		break;
	case 'p':
	case 'P':
		cn->pid_seen |= c == 'p';
		cn_printf(cn, "%d", current->tgid);
		break;
	case 'i':
	case 'I':
		cn_printf(cn, "%d", current->pid);
		break;
	case 'u':
		cn_printf(cn, "%u", current->cred.uid);
		break;
	case 'g':
		cn_printf(cn, "%u", current->cred.gid);
		break;
	case 'd':
		cn_printf(cn, "%d", (int)(cprm->mm_flags & MMF_DUMPABLE_MASK));
		break;
	case 's':
		cn_printf(cn, "%d", cprm->siginfo->si_signo);
		break;
	case 't':
		cn_printf(cn, "%lu", (unsigned long)(current_time_ns() / NSEC_PER_SEC));
		break;
	case 'h':
		cn_word(cn, init_uts.nodename);
		break;
	case 'e':
		cn_word(cn, current->comm);
		break;
	case 'f':
		cn_exe(cn, false);
		break;
	case 'E':
		cn_exe(cn, true);
		break;
	case 'c':
		cn_printf(cn, "%lu", cprm->limit);
		break;
	}
	/* anything else, and a % at the end, is nothing */
}

/* Write the name that core_pattern makes into @buf of CORENAME_MAX bytes; false: it does not fit. */
static bool format_corename(char *buf, const struct coredump_params *cprm)
{
	struct core_name cn = { .buf = buf };
	char pattern[CORENAME_SIZE];

	spin_lock(&pattern_lock);
	memcpy(pattern, core_pattern, sizeof(pattern));
	spin_unlock(&pattern_lock);
	buf[0] = '\0';
	for (const char *p = pattern; *p; p++) {
		if (*p != '%')
			cn_printf(&cn, "%c", *p);
		else if (p[1])
			cn_specifier(&cn, *++p, cprm);
	}
	if (!cn.pid_seen && core_uses_pid)
		cn_printf(&cn, ".%d", current->tgid);
	return !cn.too_long;
}

/* ---- stopping the others -------------------------------------------------------------------- */

/* All threads but current are to die, and will meet in coredump_task_exit().  0 or -EAGAIN. */
static int zap_threads(struct core_state *state, int sig)
{
	struct signal_struct *s = current->signal;
	struct task_struct *x;
	int err = -EAGAIN;

	spin_lock_irq(&current->sighand->siglock);
	if (!s->group_exit && !s->group_exit_task) {
		err = 0;
		s->core_state = state;
		s->group_exit = true;
		s->group_exit_code = sig;
		zap_other_threads(current);
		for_each_thread(s->leader, x)
			if (x != current && !(x->flags & PF_POSTCOREDUMP))
				state->nr_threads++;
		clear_tsk_flag(current, TIF_SIGPENDING);
		current->flags |= PF_DUMPCORE;
	}
	spin_unlock_irq(&current->sighand->siglock);
	return err;
}

/* The registers of a thread are in memory when it is on no CPU any more. */
static void wait_inactive(const struct core_state *state)
{
	for (struct core_thread *c = state->dumper.next; c; c = c->next)
		while (READ_ONCE(c->task->on_cpu))
			yield();
}

static int coredump_wait(struct core_state *state, int sig)
{
	int err;

	init_completion(&state->startup);
	state->dumper.task = current;
	state->dumper.next = NULL;
	state->nr_threads = 0;
	err = zap_threads(state, sig);
	if (err)
		return err;
	if (READ_ONCE(state->nr_threads) > 0)
		wait_for_completion(&state->startup);
	wait_inactive(state);
	return 0;
}

/* Let the others die.  A dump that SIGKILL ended does not count. */
static void coredump_finish(struct core_state *state, bool dumped)
{
	struct signal_struct *s = current->signal;
	struct core_thread *c, *next;

	spin_lock_irq(&current->sighand->siglock);
	if (dumped && !sigismember(&current->pending.signal, SIGKILL))
		s->group_exit_code |= 0x80;
	s->core_state = NULL;
	next = state->dumper.next;
	spin_unlock_irq(&current->sighand->siglock);
	while ((c = next) != NULL) {
		struct task_struct *t = c->task;

		next = c->next;
		/* From here on @c, on the other's stack, is gone; the task is held. */
		get_task_struct(t);
		__atomic_store_n(&c->task, NULL, __ATOMIC_SEQ_CST);
		wake_up_process(t);
		put_task_struct(t);
	}
}

void coredump_task_exit(struct task_struct *t)
{
	struct core_thread self = { .task = t };
	struct core_state *state;

	if (!t->sighand || (t->flags & PF_KTHREAD))
		return;
	spin_lock_irq(&t->sighand->siglock);
	t->flags |= PF_POSTCOREDUMP;
	state = t->signal->core_state;
	if (state) {
		/* Who was already on its way out has no user registers worth showing. */
		if (t->flags & PF_SIGNALED) {
			self.next = state->dumper.next;
			state->dumper.next = &self;
		} else {
			self.task = NULL;
		}
		if (--state->nr_threads == 0)
			complete(&state->startup);
	}
	spin_unlock_irq(&t->sighand->siglock);
	if (!state)
		return;
	for (;;) {
		set_current_state(TASK_UNINTERRUPTIBLE);
		if (!READ_ONCE(self.task))
			break;
		schedule();
	}
	set_current_state(TASK_RUNNING);
}

/* ---- writing ----------------------------------------------------------------------------------- */

void dump_skip(struct coredump_params *cprm, size_t len)
{
	cprm->to_skip += len;
}

bool dump_emit(struct coredump_params *cprm, const void *data, size_t len)
{
	cprm->pos += cprm->to_skip;
	cprm->to_skip = 0;
	if (len > cprm->limit || cprm->written > cprm->limit - len ||
	    fatal_signal_pending(current))
		return false;
	if (kernel_write(cprm->file, data, len, cprm->pos) != (ssize_t)len)
		return false;
	cprm->pos += len;
	cprm->written += len;
	return true;
}

/* The file is as long as it says, also if it ends with a hole. */
static void dump_end(struct coredump_params *cprm)
{
	if (cprm->to_skip) {
		cprm->to_skip--;
		dump_emit(cprm, "", 1);
	}
}

/* The page at @addr of current's memory with a reference; NULL: nothing is there. */
static struct page *get_dump_page(unsigned long addr)
{
	struct mm_struct *mm = current->mm;
	struct page *page;
	long n;

	down_read(&mm->mmap_sem);
	n = get_user_pages(mm, addr, 1, FOLL_FORCE | FOLL_DUMP, &page);
	up_read(&mm->mmap_sem);
	return n == 1 ? page : NULL;
}

bool dump_user_range(struct coredump_params *cprm, unsigned long start, unsigned long len)
{
	for (unsigned long addr = start; addr < start + len; addr += PAGE_SIZE) {
		struct page *page = get_dump_page(addr);
		bool ok = true;

		if (page) {
			ok = dump_emit(cprm, page_address(page), PAGE_SIZE);
			put_page(page);
		} else {
			dump_skip(cprm, PAGE_SIZE);
		}
		if (!ok || fatal_signal_pending(current))
			return false;
		cond_resched();
	}
	return true;
}

/* ---- the VMAs ------------------------------------------------------------------------------------- */

#define DUMP_IF_ELF (~0UL)		/* dump_size until the first bytes have been looked at */

static bool filter(unsigned long mm_flags, int bit)
{
	return mm_flags & BIT(bit);
}

/* A file's private mapping that nobody wrote to: in the filter, or its first page if a program. */
static unsigned long mapped_file_size(const struct vm_area_struct *vma, unsigned long mm_flags)
{
	if (filter(mm_flags, MMF_DUMP_MAPPED_PRIVATE))
		return vma->vm_end - vma->vm_start;
	if (!filter(mm_flags, MMF_DUMP_ELF_HEADERS) || vma->vm_pgoff || !(vma->vm_flags & VM_READ))
		return 0;
	return vma->vm_file->f_inode->i_mode & 0111 ? PAGE_SIZE : DUMP_IF_ELF;
}

/* How many bytes of @vma go into the file; or DUMP_IF_ELF. */
static unsigned long vma_dump_size(const struct vm_area_struct *vma, unsigned long mm_flags)
{
	unsigned long whole = vma->vm_end - vma->vm_start;

	/* What has a name of its own: vDSO and vvar.  A debugger needs them. */
	if (vma->vm_ops && vma->vm_ops->name &&
	    vma->vm_ops->name((struct vm_area_struct *)vma))
		return whole;
	if (vma->vm_flags & (VM_DONTDUMP | VM_IO))
		return 0;
	if (vma->vm_flags & VM_SHARED) {
		bool named = vma->vm_file->f_inode->i_nlink != 0;

		return filter(mm_flags, named ? MMF_DUMP_MAPPED_SHARED : MMF_DUMP_ANON_SHARED) ?
			       whole : 0;
	}
	/* Private pages: heap, stack, bss, and what was written to data and text. */
	if (vma->anon_vma && filter(mm_flags, MMF_DUMP_ANON_PRIVATE))
		return whole;
	return vma->vm_file ? mapped_file_size(vma, mm_flags) : 0;
}

static bool starts_with_elf_magic(unsigned long addr)
{
	char magic[4];

	return !copy_from_user(magic, (void __user *)addr, sizeof(magic)) &&
	       !memcmp(magic, "\177ELF", sizeof(magic));
}

static void free_vma_snapshot(struct coredump_params *cprm)
{
	for (int i = 0; i < cprm->vma_count; i++)
		if (cprm->vma_meta[i].file)
			fput(cprm->vma_meta[i].file);
	vfree(cprm->vma_meta);
	cprm->vma_meta = NULL;
	cprm->vma_count = 0;
}

/* Write down all VMAs, so that offsets stay true whatever happens to them.  False: no memory. */
static bool dump_vma_snapshot(struct coredump_params *cprm)
{
	struct mm_struct *mm = current->mm;
	struct core_vma_metadata *m;

	down_read(&mm->mmap_sem);
	m = cprm->vma_meta = vmalloc(max(mm->map_count, 1) * sizeof(*m));
	for (struct vm_area_struct *vma = m ? mm->mmap : NULL; vma; vma = vma->vm_next, m++) {
		m->start = vma->vm_start;
		m->end = vma->vm_end;
		m->flags = vma->vm_flags;
		m->pgoff = vma->vm_pgoff;
		m->dump_size = vma_dump_size(vma, cprm->mm_flags);
		m->file = vma->vm_file ? get_file(vma->vm_file) : NULL;
		cprm->vma_count++;
	}
	up_read(&mm->mmap_sem);
	if (!m)
		return false;
	/* The rest looks at user memory, which may fault: not under mmap_sem. */
	for (m = cprm->vma_meta; m < cprm->vma_meta + cprm->vma_count; m++) {
		if (m->dump_size == DUMP_IF_ELF)
			m->dump_size = starts_with_elf_magic(m->start) ? PAGE_SIZE : 0;
		cprm->vma_data_size += m->dump_size;
	}
	return true;
}

/* ---- the file -------------------------------------------------------------------------------------- */

/* Is it what we made, and ours? */
static bool core_file_ok(const struct file *f)
{
	const struct inode *i = f->f_inode;

	return i->i_nlink == 1 && !f->f_path.dentry->d_unlinked && S_ISREG(i->i_mode) &&
	       i->i_uid == current->cred.fsuid && (i->i_mode & 0677) == 0600 &&
	       i->i_mapping->a_ops;
}

/* A new file @name, opened for writing; NULL if there can be none.  @as_root: SUID_DUMP_ROOT. */
static struct file *open_core_file(const char *name, bool as_root)
{
	struct file *f;

	if (as_root && name[0] != '/') {
		pr_warn("%s: core dump not written: the path must be absolute\n", current->comm);
		return NULL;
	}
	/* As root nothing is removed: the name may be a trap of the user's. */
	if (!as_root)
		do_unlinkat(AT_FDCWD, name);
	f = filp_open(name, O_CREAT | O_WRONLY | O_NOFOLLOW | O_LARGEFILE | O_EXCL, 0600);
	if (IS_ERR(f))
		return NULL;
	if (core_file_ok(f))
		return f;
	fput(f);
	return NULL;
}

/* Open the file and have it written.  True if a core file was begun. */
static bool write_core(struct coredump_params *cprm)
{
	const struct linux_binfmt *binfmt = current->mm->binfmt;
	uid_t fsuid = current->cred.fsuid;
	bool as_root = (cprm->mm_flags & MMF_DUMPABLE_MASK) == SUID_DUMP_ROOT, dumped = false;
	char *name = kmalloc(CORENAME_MAX, GFP_KERNEL);

	if (as_root)
		current->cred.fsuid = 0;
	if (name && cprm->limit >= MIN_COREDUMP && format_corename(name, cprm))
		cprm->file = open_core_file(name, as_root);
	kfree(name);
	if (cprm->file) {
		if (!unshare_files() && dump_vma_snapshot(cprm) && !fatal_signal_pending(current)) {
			dumped = binfmt->core_dump(cprm);
			dump_end(cprm);
		}
		free_vma_snapshot(cprm);
		fput(cprm->file);
	}
	current->cred.fsuid = fsuid;
	return dumped;
}

/* Enter: no lock.  The caller goes on to do_group_exit(). */
void do_coredump(const siginfo_t *info)
{
	struct mm_struct *mm = current->mm;
	struct core_state state;
	struct coredump_params cprm = {
		.siginfo = info,
		.core_state = &state,
		.limit = rlimit(RLIMIT_CORE),
		.mm_flags = mm ? READ_ONCE(mm->flags) : 0,
	};

	if (!mm || !mm->binfmt || !mm->binfmt->core_dump || !get_dumpable(mm))
		return;
	if (coredump_wait(&state, info->si_signo))
		return;
	coredump_finish(&state, write_core(&cprm));
}
