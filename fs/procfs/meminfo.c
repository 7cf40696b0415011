/*
 * fs/procfs/meminfo.c - /proc/meminfo, vmstat, slabinfo, buddyinfo, zoneinfo, kpagecount
 *
 * The text is made where the numbers are (mm/); here it gets its names.  kpagecount and
 * kpageflags are arrays of words, one per page frame.
 */
#include <asm/uaccess.h>
#include <mm_proc.h>
#include <slab.h>

#include "internal.h"

/* kpagecount, kpageflags: a word per frame, by frame number. */
static ssize_t kpage_read(char __user *buf, size_t len, loff_t *pos, u64 (*entry)(unsigned long))
{
	size_t done = 0;

	if (*pos < 0 || *pos % sizeof(u64) || len % sizeof(u64))
		return -EINVAL;
	for (; done < len && (unsigned long)*pos / sizeof(u64) < max_pfn; done += sizeof(u64)) {
		u64 word = entry(*pos / sizeof(u64));

		if (put_user(word, (u64 __user *)(buf + done)))
			return -EFAULT;
		*pos += sizeof(u64);
		cond_resched();
	}
	return done;
}

static ssize_t kpagecount_read(struct file *file, char __user *buf, size_t len, loff_t *pos)
{
	return kpage_read(buf, len, pos, kpagecount_entry);
}

static ssize_t kpageflags_read(struct file *file, char __user *buf, size_t len, loff_t *pos)
{
	return kpage_read(buf, len, pos, kpageflags_entry);
}

static const struct file_operations kpagecount_fops = {
	.read = kpagecount_read, .llseek = generic_file_llseek,
};
static const struct file_operations kpageflags_fops = {
	.read = kpageflags_read, .llseek = generic_file_llseek,
};

void proc_mm_init(void)
{
	proc_create("meminfo", 0444, meminfo_show, NULL);
	proc_create("vmstat", 0444, vmstat_show, NULL);
	proc_create("slabinfo", 0400, slabinfo_show, NULL);
	proc_create("buddyinfo", 0444, buddyinfo_show, NULL);
	proc_create("zoneinfo", 0444, zoneinfo_show, NULL);
	proc_create("kernel_page_tables", 0400, kernel_page_tables_show, NULL);
	proc_create_fops("kpagecount", 0400, &kpagecount_fops);
	proc_create_fops("kpageflags", 0400, &kpageflags_fops);
}
