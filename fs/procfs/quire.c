/*
 * fs/procfs/quire.c - /proc/quire: what is traced, and the events themselves
 *
 *   mask         which groups of events are written, hexadecimal (uapi/quire/events.h); 0: off
 *   pid          events of this process or thread only; 0: of all
 *   mark         what is written here becomes a meta.mark event
 *   trace        the events as JSON lines, oldest first, to the end that the first read found; then
 *                an empty read, as at the end of a file, and the next read goes on from there
 *   trace_pipe   the same without an end: a read waits for events (EAGAIN with O_NONBLOCK)
 *   ring         the records of each CPU as they are, for mmap()
 *
 * Invariants: every open trace file has a cursor of its own, so that readers do not take events
 *             from each other; who is too slow reads meta.lost in place of what was overwritten.
 *             A mapped ring is charged to mm->pinned_vm as long as it is mapped, against
 *             RLIMIT_MEMLOCK (root excepted), and is not inherited by fork.
 * Lock order: trace_file.lock > mmap_sem (copying to the reader).
 * Simplified: nobody is woken by an event, which would need a lock: who waits looks every 10 ms.
 */
#include <asm/uaccess.h>
#include <slab.h>
#include <string.h>
#include <trace.h>

#include "internal.h"

#define LOOK_NS	10000000UL
#define MARK_MAX 256

/* ---- waiting ---- */

static DECLARE_WAIT_QUEUE_HEAD(trace_wait);
static struct timer trace_timer;

static void look_again(struct timer *t)
{
	if (!waitqueue_active(&trace_wait))
		return;
	wake_up_all(&trace_wait);
	timer_start(t, clock_read_ns() + LOOK_NS);
}

static void start_looking(void)
{
	timer_start(&trace_timer, clock_read_ns() + LOOK_NS);
}

/* ---- trace, trace_pipe ---- */

struct trace_file {
	struct mutex lock;
	struct trace_cursor cursor, end;
	bool bounded;			/* to @end, and there an empty read */
	bool pipe;
	size_t len, done;		/* of the line that is given out */
	char line[TRACE_LINE_MAX];
};

static int open_trace(struct file *file, bool pipe)
{
	struct trace_file *f = kzalloc(sizeof(*f), GFP_KERNEL);

	if (!f)
		return -ENOMEM;
	mutex_init_class(&f->lock, "trace_file->lock");
	f->pipe = pipe;
	trace_cursor_oldest(&f->cursor);
	file->private_data = f;
	return 0;
}

static int trace_open(struct inode *inode, struct file *file)
{
	return open_trace(file, false);
}

static int trace_pipe_open(struct inode *inode, struct file *file)
{
	return open_trace(file, true);
}

static void trace_release(struct inode *inode, struct file *file)
{
	kfree(file->private_data);
}

/* Is there something for the reader?  The next line is made here. */
static bool next_line(struct trace_file *f)
{
	struct quire_event ev;

	if (f->done < f->len)
		return true;
	if (!trace_next(&f->cursor, f->bounded ? &f->end : NULL, &ev))
		return false;
	f->len = trace_format(&ev, f->line);
	f->done = 0;
	return true;
}

/* As many lines as fit and are there; the last one may be cut, and goes on at the next read. */
static ssize_t give_lines(struct trace_file *f, char __user *buf, size_t len)
{
	size_t total = 0;

	while (total < len && next_line(f)) {
		size_t n = min(len - total, f->len - f->done);
		size_t left = copy_to_user(buf + total, f->line + f->done, n);

		f->done += n - left;
		total += n - left;
		if (left)
			return total ? (ssize_t)total : -EFAULT;
		if (fatal_signal_pending(current))
			break;
	}
	return total;
}

static ssize_t read_to_end(struct trace_file *f, char __user *buf, size_t len)
{
	ssize_t n;

	if (!f->bounded)
		trace_cursor_newest(&f->end);
	f->bounded = true;
	n = give_lines(f, buf, len);
	if (!n && len)
		f->bounded = false;	/* this is the end; the next read looks for another */
	return n;
}

static ssize_t read_or_wait(struct trace_file *f, struct file *file, char __user *buf, size_t len)
{
	ssize_t n = give_lines(f, buf, len);
	int err;

	while (!n && len) {
		if (file->f_flags & O_NONBLOCK)
			return -EAGAIN;
		start_looking();
		err = wait_event_interruptible(trace_wait, next_line(f));
		if (err)
			return err;
		n = give_lines(f, buf, len);
	}
	return n;
}

static ssize_t trace_read(struct file *file, char __user *buf, size_t len, loff_t *pos)
{
	struct trace_file *f = file->private_data;
	ssize_t n;

	mutex_lock(&f->lock);
	n = f->pipe ? read_or_wait(f, file, buf, len) : read_to_end(f, buf, len);
	mutex_unlock(&f->lock);
	return n;
}

static unsigned int trace_poll(struct file *file, struct poll_table *pt)
{
	struct trace_file *f = file->private_data;
	bool ready;

	poll_wait(file, &trace_wait, pt);
	if (!mutex_trylock(&f->lock))
		return 0;		/* another thread reads what there is */
	ready = next_line(f);
	mutex_unlock(&f->lock);
	if (!ready)
		start_looking();
	return ready ? POLLIN | POLLRDNORM : 0;
}

static const struct file_operations trace_fops = {
	.open = trace_open, .read = trace_read, .llseek = no_llseek, .release = trace_release,
};
static const struct file_operations trace_pipe_fops = {
	.open = trace_pipe_open, .read = trace_read, .llseek = no_llseek, .poll = trace_poll,
	.release = trace_release,
};

/* ---- mask, pid, mark ---- */

static int mask_show(struct seq_file *m)
{
	seq_printf(m, "%x\n", trace_mask);
	return 0;
}

static ssize_t mask_write(const char *buf, size_t len)
{
	u32 mask;
	int err = trace_parse_mask(buf, len, &mask);

	if (!err)
		err = trace_set_mask(mask);
	return err ? err : (ssize_t)len;
}

static int pid_show(struct seq_file *m)
{
	seq_printf(m, "%d\n", trace_pid());
	return 0;
}

static ssize_t pid_write(const char *buf, size_t len)
{
	long pid;
	int err = proc_parse_long(buf, len, &pid);

	if (err || pid < 0 || pid >= PID_MAX)
		return -EINVAL;
	trace_set_pid(pid);
	return len;
}

static int mark_show(struct seq_file *m)
{
	return 0;
}

static ssize_t mark_write(const char *buf, size_t len)
{
	size_t n = len && buf[len - 1] == '\n' ? len - 1 : len;

	if (!n || n > MARK_MAX)
		return -EINVAL;
	if (!(trace_mask & TRACE_BIT(META)))
		return -EBADF;		/* as Linux's trace_marker says while tracing is off */
	trace_mark(buf, n);
	return len;
}

/* ---- ring ---- */

static void ring_vma_open(struct vm_area_struct *vma)
{
	vma->vm_mm->pinned_vm += vma_pages(vma);
}

static void ring_vma_close(struct vm_area_struct *vma)
{
	vma->vm_mm->pinned_vm -= vma_pages(vma);
}

/* What is charged for the whole is given back for the whole. */
static int ring_vma_may_split(struct vm_area_struct *vma, unsigned long addr)
{
	return -EINVAL;
}

static int ring_vma_fault(struct vm_area_struct *vma, struct vm_fault *vmf)
{
	unsigned long each = trace_ring_nr_pages();

	if (vmf->pgoff >= each * nr_cpus)
		return VM_FAULT_SIGBUS;
	vmf->page = trace_ring_page(vmf->pgoff / each, vmf->pgoff % each);
	get_page(vmf->page);
	return 0;
}

static const struct vm_operations_struct ring_vm_ops = {
	.open = ring_vma_open,
	.close = ring_vma_close,
	.may_split = ring_vma_may_split,
	.fault = ring_vma_fault,
	.pins_pages = true,
};

/* Read-only and shared.  -EPERM: more pages than RLIMIT_MEMLOCK lets be pinned, as for Linux's perf. */
static int ring_mmap(struct file *file, struct vm_area_struct *vma)
{
	struct mm_struct *mm = vma->vm_mm;
	unsigned long nr = vma_pages(vma), all;
	int err;

	if (!(vma->vm_flags & VM_MAYSHARE))
		return -EINVAL;
	if (vma->vm_flags & VM_WRITE)
		return -EACCES;
	err = trace_make_rings();
	if (err)
		return err;
	all = trace_ring_nr_pages() * nr_cpus;
	if (vma->vm_pgoff >= all || nr > all - vma->vm_pgoff)
		return -EINVAL;
	if (mm->pinned_vm + nr > rlimit(RLIMIT_MEMLOCK) >> PAGE_SHIFT && !capable_root())
		return -EPERM;
	vma->vm_flags = (vma->vm_flags & ~VM_MAYWRITE) | VM_DONTCOPY | VM_DONTEXPAND | VM_DONTDUMP;
	vma->vm_ops = &ring_vm_ops;
	mm->pinned_vm += nr;
	return 0;
}

static const struct file_operations ring_fops = { .mmap = ring_mmap, .llseek = no_llseek };

void proc_quire_init(void)
{
	timer_setup(&trace_timer, look_again);
	proc_create("quire/mask", 0600, mask_show, mask_write);
	proc_create("quire/pid", 0600, pid_show, pid_write);
	proc_create("quire/mark", 0200, mark_show, mark_write);
	proc_create_fops("quire/trace", 0400, &trace_fops);
	proc_create_fops("quire/trace_pipe", 0400, &trace_pipe_fops);
	proc_create_fops("quire/ring", 0400, &ring_fops);
	proc_create_fops("quire/snapshot", 0600, &proc_snapshot_fops);
}
