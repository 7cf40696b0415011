/*
 * fs/procfs/fail_nth.c - /proc/PID/fail-nth and /proc/sys/debug/fail_*: failure on request (debug build)
 *
 * Purpose:    a program makes its own nth allocation or user copy fail (mm/fail_alloc.c).
 *   fail-nth          write N: the Nth from now on fails; read: how many are left, 0 when it has
 *   fail_kinds        which count: words of slab, page, table, stack, usercopy
 *   fail_for_good     1: all that come after the Nth fail too, until 0 is written to fail-nth
 *   fail_usercopy     where a copy stops: first, middle or last (byte)
 * Invariants: the file's own copies are not counted.
 */
#include <asm/uaccess.h>
#include <fail_nth.h>
#include <mm.h>
#include <string.h>

#include "internal.h"

#ifdef QUIRE_DEBUG

/* A number as strtoul(s, NULL, 0) reads it, and a newline.  0, -EINVAL or -ERANGE. */
static int parse_uint(const char *s, size_t len, unsigned int *value)
{
	unsigned long n = 0;
	unsigned int base = 10, digit;
	size_t i = len && s[0] == '+';
	bool digits = false;

	if (len && s[len - 1] == '\n')
		len--;
	if (i + 1 < len && s[i] == '0') {
		bool hex = (s[i + 1] | 0x20) == 'x' && i + 2 < len;

		base = hex ? 16 : 8;
		i += hex ? 2 : 1;
	}
	for (; i < len; i++, digits = true) {
		char c = s[i] | 0x20;

		digit = s[i] >= '0' && s[i] <= '9' ? (unsigned int)(s[i] - '0') :
			c >= 'a' && c <= 'f' ? (unsigned int)(c - 'a' + 10) : 99;
		if (digit >= base)
			return -EINVAL;
		n = n * base + digit;
		if (n > ~0U)
			return -ERANGE;
	}
	*value = n;
	return digits ? 0 : -EINVAL;
}

/* While its own file is used, current's copies do not count. */
static struct fail_nth suspend(void)
{
	struct fail_nth was = current->fail_nth;

	current->fail_nth = (struct fail_nth){ 0 };
	return was;
}

static ssize_t fail_nth_write(struct file *file, const char __user *ubuf, size_t len, loff_t *pos)
{
	struct fail_nth was = suspend();
	struct task_struct *task;
	size_t n = min(len, (size_t)16);
	unsigned int value;
	char buf[16];
	int err;

	err = copy_from_user(buf, ubuf, n) ? -EFAULT : parse_uint(buf, n, &value);
	current->fail_nth = was;
	if (err)
		return err;
	task = get_proc_task(file->f_inode);
	if (!task)
		return -ESRCH;
	set_fail_nth(task, value);
	put_task_struct(task);
	return len;
}

static ssize_t fail_nth_read(struct file *file, char __user *ubuf, size_t len, loff_t *pos)
{
	struct task_struct *task = get_proc_task(file->f_inode);
	struct fail_nth was;
	char buf[16];
	ssize_t n;

	if (!task)
		return -ESRCH;
	n = snprintf(buf, sizeof(buf), "%u\n", task->fail_nth.left);
	put_task_struct(task);
	if (*pos < 0)
		return -EINVAL;
	if (*pos >= n)
		return 0;
	n = min(len, (size_t)(n - *pos));
	was = suspend();
	if (copy_to_user(ubuf, buf + *pos, n))
		n = -EFAULT;
	current->fail_nth = was;
	if (n > 0)
		*pos += n;
	return n;
}

const struct file_operations proc_fail_nth_fops = {
	.read = fail_nth_read,
	.write = fail_nth_write,
	.llseek = seq_lseek,
};

/* ---- /proc/sys/debug ---------------------------------------------------------------- */

static const struct {
	const char *name;
	unsigned int kind;
} kinds[] = {
	{ "slab", FAIL_SLAB }, { "page", FAIL_PAGE }, { "table", FAIL_TABLE },
	{ "stack", FAIL_STACK }, { "usercopy", FAIL_USERCOPY },
};
static const char *const parts[] = { "first", "middle", "last" };

static int kinds_show(struct seq_file *m)
{
	const char *blank = "";

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (fail_kinds & kinds[i].kind) {
			seq_printf(m, "%s%s", blank, kinds[i].name);
			blank = " ";
		}
	}
	seq_putc(m, '\n');
	return 0;
}

/* The next word of [*s, end), its length; 0 at the end. */
static size_t next_word(const char **s, const char *end)
{
	const char *p;

	while (*s < end && (**s == ' ' || **s == '\n'))
		++*s;
	for (p = *s; p < end && *p != ' ' && *p != '\n'; p++)
		;
	return p - *s;
}

static bool is_word(const char *s, size_t len, const char *word)
{
	return strlen(word) == len && !memcmp(s, word, len);
}

static ssize_t kinds_write(const char *buf, size_t len)
{
	const char *s = buf, *end = buf + len;
	unsigned int chosen = 0;
	size_t n, i;

	for (; (n = next_word(&s, end)); s += n) {
		for (i = 0; i < ARRAY_SIZE(kinds) && !is_word(s, n, kinds[i].name); i++)
			;
		if (i == ARRAY_SIZE(kinds))
			return -EINVAL;
		chosen |= kinds[i].kind;
	}
	if (!chosen)
		return -EINVAL;
	if (!capable_root())
		return -EPERM;
	fail_kinds = chosen;
	return len;
}

static int part_show(struct seq_file *m)
{
	seq_printf(m, "%s\n", parts[fail_usercopy_part]);
	return 0;
}

static ssize_t part_write(const char *buf, size_t len)
{
	const char *s = buf;
	size_t n = next_word(&s, buf + len);

	if (!capable_root())
		return -EPERM;
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		if (is_word(s, n, parts[i])) {
			fail_usercopy_part = i;
			return len;
		}
	}
	return -EINVAL;
}

static const struct proc_number numbers[] = {
	{ "sys/debug/fail_for_good", .value = &fail_for_good, .high = 1 },
};

void proc_fail_nth_init(void)
{
	proc_create_numbers(numbers, ARRAY_SIZE(numbers));
	proc_create("sys/debug/fail_kinds", 0644, kinds_show, kinds_write);
	proc_create("sys/debug/fail_usercopy", 0644, part_show, part_write);
}

#endif
