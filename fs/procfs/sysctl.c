/*
 * fs/procfs/sysctl.c - /proc/sys: the numbers that may be turned
 */
#include <gcov_dump.h>
#include <random.h>
#include <slab.h>
#include <genhd.h>
#include <pagemap.h>
#include <string.h>
#include <utsname.h>

#include <swap.h>
#include "internal.h"

static int ostype_show(struct seq_file *m)
{
	seq_printf(m, "%s\n", init_uts.sysname);
	return 0;
}

static int osrelease_show(struct seq_file *m)
{
	seq_printf(m, "%s\n", init_uts.release);
	return 0;
}

static int version_show(struct seq_file *m)
{
	seq_printf(m, "%s\n", init_uts.version);
	return 0;
}

static int hostname_show(struct seq_file *m)
{
	seq_printf(m, "%s\n", init_uts.nodename);
	return 0;
}

static ssize_t hostname_write(const char *buf, size_t len)
{
	size_t n = len && buf[len - 1] == '\n' ? len - 1 : len;

	if (!capable_root())
		return -EPERM;
	if (n > __NEW_UTS_LEN)
		return -EINVAL;
	memset(init_uts.nodename, 0, sizeof(init_uts.nodename));
	memcpy(init_uts.nodename, buf, n);
	return len;
}

static int pid_max_show(struct seq_file *m)
{
	seq_puts(m, "32768\n");
	return 0;
}

static int threads_max_show(struct seq_file *m)
{
	seq_printf(m, "%u\n", max_threads);
	return 0;
}

static int mmap_min_addr_show(struct seq_file *m)
{
	seq_printf(m, "%lu\n", sysctl_mmap_min_addr);
	return 0;
}

static int drop_caches_show(struct seq_file *m)
{
	seq_puts(m, "0\n");
	return 0;
}

/* 1: clean pages of files and disks (tmpfs pages have no other home and stay), 2: names, inodes, and what is kept ready. */
static ssize_t drop_caches_write(const char *buf, size_t len)
{
	int what = 0;
	ssize_t ret = write_int(buf, len, 1, 4, &what);

	if (ret > 0 && (what & 1)) {
		drop_pagecache();
		drop_blockdev_pages();
		count_vm_event(DROP_PAGECACHE);
	}
	if (ret > 0 && (what & 2)) {
		drop_slab();
		mm_drain_caches();
		count_vm_event(DROP_SLAB);
	}
	return ret;
}

/* ---- sys/vm/verify: check all that mm/ promises itself ---- */

static int last_verify = -1;		/* violations found; -1: nobody has asked yet */

static int verify_show(struct seq_file *m)
{
	if (last_verify < 0)
		seq_puts(m, "not checked yet: write to this file\n");
	else if (last_verify)
		seq_printf(m, "%d violations (see dmesg)\n", last_verify);
	else
		seq_printf(m, "ok: %lu frames, %lu of them free, %lu in slabs with %lu objects\n",
			   totalram_pages(), nr_free_pages(), slab_total_pages(), slab_total_active());
	return 0;
}

/* Whatever is written: every mm, VMA, table, page, free list and slab.  -EIO if one is wrong. */
static ssize_t verify_write(const char *buf, size_t len)
{
	last_verify = mm_verify_all();
	return last_verify ? -EIO : (ssize_t)len;
}

/* ---- sys/fs ---- */

static int file_nr_show(struct seq_file *m)
{
	seq_printf(m, "%lu\t0\t%lu\n", nr_open_files(), max_open_files());
	return 0;
}

static int file_max_show(struct seq_file *m)
{
	seq_printf(m, "%lu\n", max_open_files());
	return 0;
}

static int nr_open_show(struct seq_file *m)
{
	seq_printf(m, "%d\n", NR_OPEN_MAX);
	return 0;
}

static int inode_nr_show(struct seq_file *m)
{
	seq_printf(m, "%lu\t0\n", nr_inodes());
	return 0;
}

/* All, unused, age limit, wanted pages, negative ones, a spare: Linux's six numbers. */
static int dentry_state_show(struct seq_file *m)
{
	unsigned long unused, all = nr_dentries(&unused);

	seq_printf(m, "%lu\t%lu\t45\t0\t0\t0\n", all, unused);
	return 0;
}

static int pipe_max_show(struct seq_file *m)
{
	seq_printf(m, "%lu\n", PIPE_MAX_SIZE);
	return 0;
}

/* ---- sys/kernel/random ---- */

static void show_uuid(struct seq_file *m, const u8 *b)
{
	for (int i = 0; i < 16; i++)
		seq_printf(m, "%s%02x", i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "", b[i]);
	seq_putc(m, '\n');
}

/* A random UUID, version 4 (RFC 4122). */
static void make_uuid(u8 *b)
{
	get_random_bytes(b, 16);
	b[6] = (b[6] & 0x0f) | 0x40;
	b[8] = (b[8] & 0x3f) | 0x80;
}

static int uuid_show(struct seq_file *m)
{
	u8 b[16];

	make_uuid(b);
	show_uuid(m, b);
	return 0;
}

static const struct proc_number numbers[] = {
	{ "sys/kernel/randomize_va_space", .value = &randomize_va_space, .high = 2 },
	{ "sys/vm/page-cluster", .value = &sysctl_page_cluster, .high = 31 },
	{ "sys/kernel/kptr_restrict", .value = &kptr_restrict, .high = 2 },
	{ "sys/vm/swappiness", .value = &vm_swappiness, .high = 200 },
	{ "sys/vm/dirty_background_ratio", .value = &dirty_background_ratio, .high = 100 },
	{ "sys/vm/dirty_ratio", .value = &vm_dirty_ratio, .high = 100 },
	{ "sys/vm/dirty_writeback_centisecs", .value = &dirty_writeback_centisecs, .low = -0x7fffffffL - 1, .high = 0x7fffffff,
	  .written = wakeup_flusher },
	{ "sys/vm/dirty_expire_centisecs", .value = &dirty_expire_centisecs, .high = 0x7fffffff },
	{ "sys/vm/legacy_va_layout", .value = &sysctl_legacy_va_layout, .high = 0x7fffffff },
	{ "sys/vm/mmap_rnd_bits", .value = &sysctl_mmap_rnd_bits, .low = MMAP_RND_BITS_MIN, .high = MMAP_RND_BITS_MAX,
	  .mode = 0600 },
	{ "sys/vm/max_map_count", .value = &sysctl_max_map_count, .high = 0x7fffffff },
};

static u8 boot_id[16];		/* made once, when /proc is */

static int boot_id_show(struct seq_file *m)
{
	show_uuid(m, boot_id);
	return 0;
}

#ifdef QUIRE_GCOV
/* The programs' machine is ended from user mode: before that, the counts leave. */
static ssize_t gcov_dump_write(const char *buf, size_t len)
{
	gcov_dump();
	return len;
}
#endif

void proc_sys_init(void)
{
#ifdef QUIRE_GCOV
	proc_create("sys/debug/gcov_dump", 0200, NULL, gcov_dump_write);
#endif
	make_uuid(boot_id);
	proc_coredump_init();
#ifdef QUIRE_DEBUG
	proc_fail_nth_init();
#endif
	proc_create("sys/fs/file-nr", 0444, file_nr_show, NULL);
	proc_create("sys/fs/file-max", 0444, file_max_show, NULL);
	proc_create("sys/fs/nr_open", 0444, nr_open_show, NULL);
	proc_create("sys/fs/inode-nr", 0444, inode_nr_show, NULL);
	proc_create("sys/fs/dentry-state", 0444, dentry_state_show, NULL);
	proc_create("sys/fs/pipe-max-size", 0444, pipe_max_show, NULL);
	proc_create("sys/kernel/random/uuid", 0444, uuid_show, NULL);
	proc_create("sys/kernel/random/boot_id", 0444, boot_id_show, NULL);
	proc_create("sys/kernel/ostype", 0444, ostype_show, NULL);
	proc_create("sys/kernel/osrelease", 0444, osrelease_show, NULL);
	proc_create("sys/kernel/version", 0444, version_show, NULL);
	proc_create("sys/kernel/hostname", 0644, hostname_show, hostname_write);
	proc_create("sys/kernel/pid_max", 0444, pid_max_show, NULL);
	proc_create("sys/kernel/threads-max", 0444, threads_max_show, NULL);
	proc_create_numbers(numbers, ARRAY_SIZE(numbers));
	proc_overcommit_init();
	proc_oom_init();
	proc_litmus_init();
	proc_ipc_init();
	proc_create("sys/vm/mmap_min_addr", 0444, mmap_min_addr_show, NULL);
	proc_create("sys/vm/verify", 0644, verify_show, verify_write);
	proc_create("sys/vm/drop_caches", 0200, drop_caches_show, drop_caches_write);
}
