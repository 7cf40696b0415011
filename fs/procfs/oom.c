/*
 * fs/procfs/oom.c - /proc/PID/oom_score, oom_score_adj, oom_adj, and /proc/sys/vm: who goes when memory ends
 *
 * Invariants: processes that share an address space (and do not only wait for their vfork child's exec) have the same
 *             value: killing one of them alone would give nothing back.
 *             Without privilege nobody goes below what root has set last (oom_score_adj_min; 0 to begin with).
 * Lock order: tasklist_lock > task->alloc_lock
 * Sources:    proc(5); Linux Documentation/filesystems/proc.rst, "Adjust the oom-killer score".
 */
#include <asm/uaccess.h>
#include <oom.h>
#include <sched.h>
#include <string.h>
#include "internal.h"

int proc_pid_oom_score(struct seq_file *m, struct task_struct *task)
{
	unsigned long flags, score = 0;

	spin_lock_irqsave(&tasklist_lock, flags);
	if (task->sighand)
		score = oom_score(task->group_leader);
	spin_unlock_irqrestore(&tasklist_lock, flags);
	seq_printf(m, "%lu\n", score);
	return 0;
}

int proc_pid_oom_score_adj(struct seq_file *m, struct task_struct *task)
{
	seq_printf(m, "%d\n", task->signal->oom_score_adj);
	return 0;
}

/* The old scale, -17 .. 15, which loses most of what the new one says. */
int proc_pid_oom_adj(struct seq_file *m, struct task_struct *task)
{
	int adj = task->signal->oom_score_adj;

	adj = adj == OOM_SCORE_ADJ_MAX ? OOM_ADJUST_MAX : adj * -OOM_DISABLE / OOM_SCORE_ADJ_MAX;
	seq_printf(m, "%d\n", min(adj, OOM_ADJUST_MAX));
	return 0;
}

/* ---- writing ---- */

static bool blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : 16;
}

/* A number as in C: decimal, 0 octal, 0x hexadecimal, after a sign; all of @s.  0, -EINVAL, -ERANGE. */
static int parse_c_int(const char *s, int *value)
{
	bool negative = *s == '-', range = false;
	const char *first;
	unsigned int base = 10;
	long n = 0;

	s += *s == '-' || *s == '+';
	if (s[0] == '0' && (s[1] | 0x20) == 'x' && digit(s[2]) < 16) {
		base = 16;
		s += 2;
	} else if (s[0] == '0') {
		base = 8;
	}
	for (first = s; (unsigned int)digit(*s) < base; s++) {
		n = n * base + digit(*s);
		range |= n > 0x80000000L;
		n = min(n, 1L << 40);
	}
	if (s == first || *s)
		return -EINVAL;
	n = negative ? -n : n;
	if (range || n > 0x7fffffffL)
		return -ERANGE;
	*value = n;
	return 0;
}

/* The text without blanks around it; what is too long is cut, as on Linux.  Bytes used or -errno. */
static ssize_t read_c_int(const char __user *ubuf, size_t len, int *value)
{
	char buf[13], *s = buf;
	size_t end;
	int err;

	memset(buf, 0, sizeof(buf));
	len = min(len, sizeof(buf) - 1);
	if (copy_from_user(buf, ubuf, len))
		return -EFAULT;
	for (end = strlen(buf); end && blank(buf[end - 1]); end--)
		buf[end - 1] = '\0';
	while (blank(*s))
		s++;
	err = parse_c_int(s, value);
	return err ? err : (ssize_t)len;
}

static void set_one(struct signal_struct *s, int adj, bool legacy)
{
	s->oom_score_adj = adj;
	if (!legacy && capable_root())
		s->oom_score_adj_min = adj;
}

/* Does a task of @p, which is no vfork child, run in @mm? */
static bool runs_in(struct task_struct *p, const struct mm_struct *mm)
{
	struct task_struct *t = find_lock_task_mm(p);
	bool same = t && t->mm == mm && !p->vfork_done;

	if (t)
		task_unlock(t);
	return same;
}

/* All other processes of the address space follow.  tasklist_lock held. */
static void set_sharers(struct task_struct *task, int adj, bool legacy)
{
	struct task_struct *t = task->vfork_done ? NULL : find_lock_task_mm(task), *p;
	struct mm_struct *mm;

	if (!t)
		return;
	mm = test_bit(MMF_MULTIPROCESS, &t->mm->flags) ? t->mm : NULL;
	task_unlock(t);
	if (!mm)
		return;
	for_each_process(p)
		if (p->signal != task->signal && p != init_process && !(p->flags & PF_KTHREAD) && runs_in(p, mm))
			set_one(p->signal, adj, legacy);
}

/* @legacy: it came in the old scale, which keeps no minimum.  0, -EACCES, -ESRCH. */
static int set_oom_adj(struct file *file, int adj, bool legacy)
{
	struct task_struct *task = get_proc_task(file->f_inode);
	unsigned long flags;
	int err = 0;

	if (!task)
		return -ESRCH;
	spin_lock_irqsave(&tasklist_lock, flags);
	if (adj < (legacy ? task->signal->oom_score_adj : task->signal->oom_score_adj_min) && !capable_root()) {
		err = -EACCES;
	} else if (task->sighand) {
		set_one(task->signal, adj, legacy);
		set_sharers(task->group_leader, adj, legacy);
	}
	spin_unlock_irqrestore(&tasklist_lock, flags);
	put_task_struct(task);
	return err;
}

static ssize_t oom_score_adj_write(struct file *file, const char __user *ubuf, size_t len, loff_t *pos)
{
	int adj, err;
	ssize_t n = read_c_int(ubuf, len, &adj);

	if (n < 0)
		return n;
	if (adj < OOM_SCORE_ADJ_MIN || adj > OOM_SCORE_ADJ_MAX)
		return -EINVAL;
	err = set_oom_adj(file, adj, false);
	return err ? err : n;
}

static ssize_t oom_adj_write(struct file *file, const char __user *ubuf, size_t len, loff_t *pos)
{
	int adj, err;
	ssize_t n = read_c_int(ubuf, len, &adj);

	if (n < 0)
		return n;
	if ((adj < -16 || adj > OOM_ADJUST_MAX) && adj != OOM_DISABLE)
		return -EINVAL;
	adj = adj == OOM_ADJUST_MAX ? OOM_SCORE_ADJ_MAX : adj * OOM_SCORE_ADJ_MAX / -OOM_DISABLE;
	err = set_oom_adj(file, adj, true);
	return err ? err : n;
}

const struct file_operations proc_oom_score_adj_fops = {
	.open = pid_open,
	.read = seq_read,
	.write = oom_score_adj_write,
	.llseek = seq_lseek,
	.release = single_release,
};

const struct file_operations proc_oom_adj_fops = {
	.open = pid_open,
	.read = seq_read,
	.write = oom_adj_write,
	.llseek = seq_lseek,
	.release = single_release,
};

/* ---- /proc/sys/vm ---- */

#define ANY	.low = -0x7fffffffL - 1, .high = 0x7fffffff
static const struct proc_number numbers[] = {
	{ "sys/vm/panic_on_oom", .value = &sysctl_panic_on_oom, .high = 2 },
	{ "sys/vm/oom_kill_allocating_task", .value = &sysctl_oom_kill_allocating_task, ANY },
	{ "sys/vm/oom_dump_tasks", .value = &sysctl_oom_dump_tasks, ANY },
};

void proc_oom_init(void)
{
	proc_create_numbers(numbers, ARRAY_SIZE(numbers));
}
