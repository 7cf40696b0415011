/*
 * fs/procfs/quire.c - /proc/quire: what Quire tells about itself beyond Linux
 *
 * verify   reading it checks every mm, VMA, table, page, free list and slab
 * walk     write "PID HEXADDR", read back the page-table walk of that address
 * pat_memtype_list  who maps which device memory how (on Linux in debugfs)
 */
#include <asm/memtype.h>
#include <asm/uaccess.h>
#include <slab.h>
#include <string.h>

#include "internal.h"

static int verify_show(struct seq_file *m)
{
	struct task_struct *p;
	unsigned long flags;
	unsigned int processes = 0;
	int bad;

	/* Shown again when the buffer was too small: check only once. */
	bad = mm_verify_all();
	spin_lock_irqsave(&tasklist_lock, flags);
	for_each_process(p)
		processes++;
	spin_unlock_irqrestore(&tasklist_lock, flags);
	if (bad)
		seq_printf(m, "%d violations (see dmesg)\n", bad);
	else
		seq_printf(m, "ok: %u processes, %lu frames, %lu of them free, %lu objects in slabs\n",
			   processes, totalram_pages(), nr_free_pages(), slab_total_active());
	return 0;
}

/* What was asked for, kept with the open file; the answer is made at each read. */
struct walk_request {
	pid_t pid;		/* 0: who reads */
	unsigned long addr;
	bool valid;
};

static int walk_open(struct inode *inode, struct file *file)
{
	file->private_data = kzalloc(sizeof(struct walk_request), GFP_KERNEL);
	return file->private_data ? 0 : -ENOMEM;
}

static void walk_release(struct inode *inode, struct file *file)
{
	kfree(file->private_data);
}

static bool hex_digit(char c, unsigned int *v)
{
	if (c >= '0' && c <= '9')
		*v = c - '0';
	else if (c >= 'a' && c <= 'f')
		*v = c - 'a' + 10;
	else if (c >= 'A' && c <= 'F')
		*v = c - 'A' + 10;
	else
		return false;
	return true;
}

static ssize_t walk_write(struct file *file, const char __user *ubuf, size_t len, loff_t *pos)
{
	struct walk_request *r = file->private_data;
	unsigned long pid = 0, addr = 0;
	unsigned int digit;
	char buf[64], *s = buf;

	if (len >= sizeof(buf))
		return -EINVAL;
	if (copy_from_user(buf, ubuf, len))
		return -EFAULT;
	buf[len] = '\0';
	if (*s < '0' || *s > '9')
		return -EINVAL;
	while (*s >= '0' && *s <= '9' && pid < 100000000)
		pid = pid * 10 + *s++ - '0';
	if (*s++ != ' ')
		return -EINVAL;
	if (s[0] == '0' && s[1] == 'x')
		s += 2;
	if (!hex_digit(*s, &digit))
		return -EINVAL;
	while (hex_digit(*s, &digit)) {
		addr = addr << 4 | digit;
		s++;
	}
	if (*s != '\0' && *s != '\n')
		return -EINVAL;
	*r = (struct walk_request){ pid, addr, true };
	*pos = 0;
	return len;
}

static ssize_t walk_read(struct file *file, char __user *ubuf, size_t len, loff_t *pos)
{
	struct walk_request *r = file->private_data;
	struct task_struct *task;
	struct mm_struct *mm;
	char text[768];
	size_t n;

	if (!r->valid)
		return -EINVAL;
	task = find_get_task(r->pid ? r->pid : current->tgid);
	if (!task)
		return -ESRCH;
	mm = get_task_mm(task);
	put_task_struct(task);
	if (!mm)
		return -ESRCH;
	down_read(&mm->mmap_sem);
	n = format_walk(mm->pgd, r->addr, text, sizeof(text));
	up_read(&mm->mmap_sem);
	mmput(mm);
	if (*pos < 0 || (size_t)*pos >= n)
		return 0;
	len = min(len, n - (size_t)*pos);
	if (copy_to_user(ubuf, text + *pos, len))
		return -EFAULT;
	*pos += len;
	return len;
}

static const struct file_operations walk_fops = {
	.open = walk_open,
	.release = walk_release,
	.read = walk_read,
	.write = walk_write,
	.llseek = generic_file_llseek,
};

void proc_quire_init(void)
{
	proc_create("quire/verify", 0444, verify_show, NULL);
	proc_create("quire/pat_memtype_list", 0400, memtype_show, NULL);
	proc_create_fops("quire/walk", 0600, &walk_fops);
}
