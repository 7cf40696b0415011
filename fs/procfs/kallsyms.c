/*
 * fs/procfs/kallsyms.c - /proc/kallsyms: the kernel's functions, and for whom their addresses are
 *
 * Purpose:    the names are no secret, the addresses are: with one of them all are known (boot/kaslr.c).
 * Invariants: who opened the file decides, not who reads it.  Root sees addresses, unless
 *             kptr_restrict is 2; everybody else sees zeroes.
 * Simplified: kptr_restrict 0 is as 1: what it would let others see in Linux goes by rights to perf.
 * Sources:    Linux Documentation/admin-guide/sysctl/kernel.rst, "kptr_restrict".
 */
#include <fs.h>
#include <kaslr.h>
#include <printk.h>
#include <sched.h>

#include "internal.h"

int kptr_restrict;

static void show_symbols(struct seq_file *m, bool addresses)
{
	for (unsigned int i = 0; i < kallsyms_num; i++)
		seq_printf(m, "%016lx t %s\n",
			   addresses ? KERNEL_VMA + kaslr_offset() + kallsyms_offsets[i] : 0,
			   kallsyms_names + kallsyms_name_off[i]);
}

static int show_addresses(struct seq_file *m)
{
	show_symbols(m, true);
	return 0;
}

static int show_zeroes(struct seq_file *m)
{
	show_symbols(m, false);
	return 0;
}

static int kallsyms_open(struct inode *inode, struct file *file)
{
	return single_open(file, kptr_restrict < 2 && capable_root() ? show_addresses : show_zeroes, NULL);
}

static const struct file_operations kallsyms_fops = {
	.open = kallsyms_open,
	.read = seq_read,
	.llseek = seq_lseek,
	.release = single_release,
};

void proc_kallsyms_init(void)
{
	proc_create_fops("kallsyms", 0444, &kallsyms_fops);
}
