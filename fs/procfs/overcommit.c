/*
 * fs/procfs/overcommit.c - /proc/sys/vm/overcommit_*: how much may be promised (mm/commit.c)
 *
 * overcommit_ratio and overcommit_kbytes are two ways to say one thing: writing one forgets
 * the other.
 */
#include "internal.h"

/* A whole number without sign.  0 or -EINVAL. */
static int parse_ulong(const char *buf, size_t len, unsigned long *value)
{
	unsigned long n = 0;
	bool digits = false;
	size_t i = 0;

	while (i < len && (buf[i] == ' ' || buf[i] == '\t' || buf[i] == '\n'))
		i++;
	for (; i < len && buf[i] >= '0' && buf[i] <= '9'; i++) {
		if (n > (~0UL - (buf[i] - '0')) / 10)
			return -EINVAL;
		n = n * 10 + buf[i] - '0';
		digits = true;
	}
	while (i < len && (buf[i] == '\n' || buf[i] == ' ' || buf[i] == '\0'))
		i++;
	if (!digits || i != len)
		return -EINVAL;
	*value = n;
	return 0;
}

ssize_t write_ulong(const char *buf, size_t len, unsigned long *value)
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

static int memory_show(struct seq_file *m)
{
	seq_printf(m, "%d\n", sysctl_overcommit_memory);
	return 0;
}

static ssize_t memory_write(const char *buf, size_t len)
{
	return write_int(buf, len, OVERCOMMIT_GUESS, OVERCOMMIT_NEVER,
			      &sysctl_overcommit_memory);
}

static int ratio_show(struct seq_file *m)
{
	seq_printf(m, "%d\n", sysctl_overcommit_ratio);
	return 0;
}

static ssize_t ratio_write(const char *buf, size_t len)
{
	ssize_t ret = write_int(buf, len, 0, 0x7fffffff, &sysctl_overcommit_ratio);

	if (ret > 0)
		sysctl_overcommit_kbytes = 0;
	return ret;
}

static int kbytes_show(struct seq_file *m)
{
	seq_printf(m, "%lu\n", sysctl_overcommit_kbytes);
	return 0;
}

static ssize_t kbytes_write(const char *buf, size_t len)
{
	ssize_t ret = write_ulong(buf, len, &sysctl_overcommit_kbytes);

	if (ret > 0)
		sysctl_overcommit_ratio = 0;
	return ret;
}

static int user_reserve_show(struct seq_file *m)
{
	seq_printf(m, "%lu\n", sysctl_user_reserve_kbytes);
	return 0;
}

static ssize_t user_reserve_write(const char *buf, size_t len)
{
	return write_ulong(buf, len, &sysctl_user_reserve_kbytes);
}

static int admin_reserve_show(struct seq_file *m)
{
	seq_printf(m, "%lu\n", sysctl_admin_reserve_kbytes);
	return 0;
}

static ssize_t admin_reserve_write(const char *buf, size_t len)
{
	return write_ulong(buf, len, &sysctl_admin_reserve_kbytes);
}

void proc_overcommit_init(void)
{
	proc_create("sys/vm/overcommit_memory", 0644, memory_show, memory_write);
	proc_create("sys/vm/overcommit_ratio", 0644, ratio_show, ratio_write);
	proc_create("sys/vm/overcommit_kbytes", 0644, kbytes_show, kbytes_write);
	proc_create("sys/vm/user_reserve_kbytes", 0644, user_reserve_show, user_reserve_write);
	proc_create("sys/vm/admin_reserve_kbytes", 0644, admin_reserve_show, admin_reserve_write);
}
