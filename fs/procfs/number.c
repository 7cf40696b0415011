/*
 * fs/procfs/number.c - files of /proc/sys that are one number each
 *
 * Purpose:    a table says what is shown, what may be written and who is told; the code is here once.
 * Invariants: what is written is checked whole before anything changes: a number, by root, within
 *             its limits.
 * Sources:    proc(5).
 */
#include "internal.h"

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n';
}

/* Decimal digits after at most one '-', blanks around them (and zero bytes behind).  0 or -EINVAL. */
static int parse(const char *buf, size_t len, bool *negative, unsigned long *value)
{
	unsigned long n = 0;
	bool digits = false;
	size_t i = 0;

	while (i < len && is_blank(buf[i]))
		i++;
	*negative = i < len && buf[i] == '-';
	for (i += *negative; i < len && buf[i] >= '0' && buf[i] <= '9'; i++) {
		unsigned int d = buf[i] - '0';

		if (n > (~0UL - d) / 10)
			return -EINVAL;
		n = n * 10 + d;
		digits = true;
	}
	while (i < len && (is_blank(buf[i]) || buf[i] == '\0'))
		i++;
	if (!digits || i != len)
		return -EINVAL;
	*value = n;
	return 0;
}

int proc_parse_long(const char *buf, size_t len, long *value)
{
	unsigned long n;
	bool negative;
	int err = parse(buf, len, &negative, &n);

	if (err || n > ~0UL >> 1)
		return -EINVAL;
	*value = negative ? -(long)n : (long)n;
	return 0;
}

static int parse_ulong(const char *buf, size_t len, unsigned long *value)
{
	bool negative;
	int err = parse(buf, len, &negative, value);

	return err || negative ? -EINVAL : 0;
}

ssize_t write_int(const char *buf, size_t len, long low, long high, int *value)
{
	long n;
	int err = proc_parse_long(buf, len, &n);

	if (err)
		return err;
	if (!capable_root())
		return -EPERM;
	if (n < low || n > high)
		return -EINVAL;
	*value = n;
	return len;
}

static ssize_t write_ulong(const char *buf, size_t len, unsigned long *value)
{
	unsigned long n;
	int err = parse_ulong(buf, len, &n);

	if (err)
		return err;
	if (!capable_root())
		return -EPERM;
	*value = n;
	return len;
}

int proc_number_show(struct seq_file *m)
{
	const struct proc_number *n = m->private;

	if (n->word)
		seq_printf(m, "%lu\n", *n->word);
	else
		seq_printf(m, "%d\n", *n->value);
	return 0;
}

ssize_t proc_number_write(const struct proc_number *n, const char *buf, size_t len)
{
	ssize_t ret = n->word ? write_ulong(buf, len, n->word)
			      : write_int(buf, len, n->low, n->high, n->value);

	if (ret > 0 && n->written)
		n->written();
	return ret;
}
