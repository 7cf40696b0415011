/*
 * fs/procfs/coredump.c - /proc/PID/coredump_filter, /proc/sys/kernel/core_*, fs/suid_dumpable
 *
 * Sources: core(5), "Controlling which mappings are written to the core dump".
 */
#include <asm/uaccess.h>
#include <coredump.h>
#include <string.h>

#include "internal.h"

int proc_coredump_filter_show(struct seq_file *m, struct task_struct *task)
{
	struct mm_struct *mm = get_task_mm(task);

	if (!mm)
		return 0;
	seq_printf(m, "%08lx\n", (mm->flags & MMF_DUMP_FILTER_MASK) >> MMF_DUMP_FILTER_SHIFT);
	mmput(mm);
	return 0;
}

/* 0x hexadecimal, 0 octal, else decimal, up to a newline: -EINVAL, -ERANGE beyond 32 bits. */
static int parse_unsigned(const char *s, unsigned int *value)
{
	unsigned long n = 0;
	unsigned int base = 10, digits = 0;

	if (*s == '+')
		s++;
	if (s[0] == '0' && (s[1] | 0x20) == 'x') {
		base = 16;
		s += 2;
	} else if (s[0] == '0') {
		base = 8;
	}
	for (; *s && *s != '\n'; s++, digits++) {
		unsigned int c = *s | 0x20, d = c >= 'a' ? c - 'a' + 10 : (unsigned int)*s - '0';

		if (d >= base)
			return -EINVAL;
		n = n * base + d;
		if (n > 0xffffffff)
			return -ERANGE;
	}
	if (!digits || (s[0] == '\n' && s[1]))
		return -EINVAL;
	*value = n;
	return 0;
}

static ssize_t filter_write(struct file *file, const char __user *ubuf, size_t len, loff_t *pos)
{
	struct task_struct *task;
	struct mm_struct *mm;
	unsigned int value;
	char buf[24] = "";
	int err;

	if (copy_from_user(buf, ubuf, min(len, sizeof(buf) - 1)))
		return -EFAULT;
	err = parse_unsigned(buf, &value);
	if (err)
		return err;
	task = get_proc_task(file->f_inode);
	if (!task)
		return -ESRCH;
	mm = get_task_mm(task);
	put_task_struct(task);
	if (!mm)
		return len;
	for (int i = 0; i < MMF_DUMP_FILTER_BITS; i++) {
		if (value & BIT(i))
			set_bit(MMF_DUMP_FILTER_SHIFT + i, &mm->flags);
		else
			clear_bit(MMF_DUMP_FILTER_SHIFT + i, &mm->flags);
	}
	mmput(mm);
	return len;
}

const struct file_operations proc_coredump_filter_fops = {
	.open = pid_open,
	.read = seq_read,
	.write = filter_write,
	.llseek = seq_lseek,
	.release = single_release,
};

/* ---- /proc/sys ---- */

static const struct proc_number numbers[] = {
	{ "sys/kernel/core_uses_pid", .value = &core_uses_pid, .high = 0x7fffffff },
	{ "sys/fs/suid_dumpable", .value = &suid_dumpable, .high = SUID_DUMP_ROOT },
};

void proc_coredump_init(void)
{
	proc_create("sys/kernel/core_pattern", 0644, core_pattern_show, core_pattern_write);
	proc_create_numbers(numbers, ARRAY_SIZE(numbers));
}
