/*
 * fs/procfs/internal.h - what the files of procfs share
 *
 * Two kinds of entries: global ones (/proc/meminfo), registered once by proc_create(),
 * and those of a task (/proc/PID/maps), made from tables when they are looked up.
 */
#ifndef PROCFS_INTERNAL_H
#define PROCFS_INTERNAL_H

#include <err.h>
#include <fs.h>
#include <mm.h>
#include <sched.h>
#include <seq_file.h>
#include <uapi/dirent.h>

#include "../internal.h"

struct proc_inode;

/* One name in /proc/PID or /proc/PID/task/TID. */
struct pid_entry {
	const char *name;
	umode_t mode;				/* type and permissions */
	int (*show)(struct seq_file *m, struct task_struct *task);
	int (*link)(struct task_struct *task, struct path *path);	/* magic link */
	const struct inode_operations *iop;	/* anything else */
	const struct file_operations *fop;
	bool inspect;				/* open() only for who may look into the task */
};

/* In inode->i_private of everything below /proc/PID; freed with the inode. */
struct proc_inode {
	pid_t pid;
	u64 start_time;				/* tells a task from a later one with its number */
	const struct pid_entry *entry;		/* NULL: the directory of the task itself */
	unsigned int fd;			/* in fd/ and fdinfo/ */
	unsigned long start, end;		/* in map_files/ */
};

/* The task of @inode with a reference; NULL if it is gone. */
struct task_struct *get_proc_task(struct inode *inode);
/* Make @dentry an entry of @task; -ENOMEM. */
int proc_pid_instantiate(struct inode *dir, struct dentry *dentry, struct task_struct *task,
			 const struct pid_entry *e, umode_t mode, unsigned int fd);
extern const struct dentry_operations pid_dentry_operations;

/* base.c: /proc/PID.  Number words only; -ENOENT otherwise. */
int proc_pid_lookup(struct inode *dir, struct dentry *dentry);
int proc_pid_readdir(struct file *file, struct dir_context *ctx, loff_t first);
bool parse_number(const struct dentry *dentry, unsigned long *n);

/* May current look into the memory of @task? */
bool may_inspect(struct task_struct *task);
/*
 * The address space of the task of @inode for the life of an open file: with a reference on the
 * structure (mmdrop), not on its users.  NULL: it has none; ERR_PTR(-ESRCH, -EACCES).
 */
struct mm_struct *proc_mem_open(struct inode *inode);	/* mem.c */

/* @path as text, its reference dropped; length or -errno. */
ssize_t proc_path_text(struct path *path, char *buf, size_t size);
/* The text of a magic link: the path of what ->get_path leads to. */
ssize_t proc_readlink(struct inode *inode, char *buf, size_t size);

/* fd.c */
extern const struct inode_operations proc_fd_iops, proc_fdinfo_iops;
extern const struct file_operations proc_fd_fops, proc_fdinfo_fops;

/* map_files.c, mem.c, pagewalk.c */
extern const struct inode_operations proc_map_files_iops;
extern const struct file_operations proc_map_files_fops;
extern const struct file_operations proc_mem_fops, proc_pagewalk_fops;

/* snapshot.c: /proc/quire/snapshot */
extern const struct file_operations proc_snapshot_fops;

/* array.c, task_mmu.c: one show function per file of a task */
int proc_pid_stat(struct seq_file *m, struct task_struct *task);
int proc_tid_stat(struct seq_file *m, struct task_struct *task);
int proc_pid_status(struct seq_file *m, struct task_struct *task);
/* May current look into the memory of @task, and know its addresses?  (base.c) */
bool may_inspect(struct task_struct *task);
int pid_open(struct inode *inode, struct file *file);	/* base.c: for files with a show function */
int proc_pid_statm(struct seq_file *m, struct task_struct *task);
int proc_pid_limits(struct seq_file *m, struct task_struct *task);
int proc_pid_smaps_rollup(struct seq_file *m, struct task_struct *task);
extern const struct file_operations proc_maps_fops, proc_smaps_fops;
extern const struct file_operations proc_pagemap_fops, proc_clear_refs_fops;

/* Registration of the global files. */
void proc_kernel_init(void);	/* kernel.c: version, uptime, stat, cpuinfo ... */
void proc_mm_init(void);	/* meminfo.c: meminfo, vmstat, slabinfo, buddyinfo ... */
void proc_sys_init(void);	/* sysctl.c: /proc/sys */
void proc_overcommit_init(void);	/* overcommit.c: /proc/sys/vm/overcommit_* */
/* oom.c */
void proc_oom_init(void);		/* files of /proc/sys/vm */
int proc_pid_oom_score(struct seq_file *m, struct task_struct *task);
int proc_pid_oom_score_adj(struct seq_file *m, struct task_struct *task);
int proc_pid_oom_adj(struct seq_file *m, struct task_struct *task);
extern const struct file_operations proc_oom_score_adj_fops, proc_oom_adj_fops;
void proc_litmus_init(void);	/* litmus.c: /proc/sys/kernel/litmus_seed */
void proc_ipc_init(void);	/* ipc.c: /proc/sysvipc, /proc/sys/kernel/shm* */
void proc_quire_init(void);	/* quire.c: /proc/quire */
void proc_why_init(void);	/* why.c: /proc/quire/why */
void proc_coredump_init(void);	/* coredump.c: core_pattern and its like */
#ifdef QUIRE_DEBUG
void proc_fail_nth_init(void);	/* fail_nth.c: /proc/sys/debug */
extern const struct file_operations proc_fail_nth_fops;
#endif

/* A global file with operations of its own (walk, kmsg). */
int proc_create_fops(const char *name, umode_t mode, const struct file_operations *fop);
/* A global symlink with a fixed target. */
int proc_symlink(const char *name, const char *target);

/* number.c: a file that is one number, an int within limits or an unsigned long of any size. */
struct proc_number {
	const char *name;		/* path below /proc */
	int *value;
	unsigned long *word;		/* in place of @value */
	long low, high;			/* what may be written to *@value */
	umode_t mode;			/* who may read and write the file; 0 means 0644 */
	void (*written)(void);		/* after each write; may be NULL */
};
void proc_create_numbers(const struct proc_number *numbers, size_t nr);
int proc_number_show(struct seq_file *m);
ssize_t proc_number_write(const struct proc_number *n, const char *buf, size_t len);

/* A number written by echo: decimal, surrounding blanks allowed.  0 or -EINVAL. */
int proc_parse_long(const char *buf, size_t len, long *value);
/* Write a number within limits into an int; the length, or -errno. */
ssize_t write_int(const char *buf, size_t len, long low, long high, int *value);

/* kallsyms.c: 2: no address for root either. */
extern int kptr_restrict;
void proc_kallsyms_init(void);

#endif
