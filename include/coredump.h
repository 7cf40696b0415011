/*
 * coredump.h - core files: who writes them, and what the loaders' core_dump() is given
 *
 * Code: fs/coredump.c (when, where, how much), fs/binfmt_elf_core.c (the ELF file).
 */
#ifndef COREDUMP_H
#define COREDUMP_H

#include <mm_types.h>
#include <sched.h>
#include <wait.h>

struct seq_file;

/* ---- mm->flags: may it be dumped, and which areas ---- */
#define MMF_DUMPABLE_MASK	3UL	/* SUID_DUMP_*; inherited by fork, set anew by exec */
#define SUID_DUMP_DISABLE	0
#define SUID_DUMP_USER		1	/* as the user that it is */
#define SUID_DUMP_ROOT		2	/* by root alone, under an absolute path */
#define MMF_DUMP_FILTER_SHIFT	2	/* /proc/PID/coredump_filter begins here; kept by exec */
#define MMF_DUMP_FILTER_BITS	9
#define MMF_DUMP_ANON_PRIVATE	2
#define MMF_DUMP_ANON_SHARED	3
#define MMF_DUMP_MAPPED_PRIVATE	4
#define MMF_DUMP_MAPPED_SHARED	5
#define MMF_DUMP_ELF_HEADERS	6
#define MMF_DUMP_HUGETLB_PRIVATE 7
#define MMF_DUMP_FILTER_MASK	(((1UL << MMF_DUMP_FILTER_BITS) - 1) << MMF_DUMP_FILTER_SHIFT)
#define MMF_DUMP_FILTER_DEFAULT	(0x33UL << MMF_DUMP_FILTER_SHIFT)
#define MMF_INIT_MASK		(MMF_DUMPABLE_MASK | MMF_DUMP_FILTER_MASK)	/* exec starts with these */

static inline int get_dumpable(const struct mm_struct *mm)
{
	return READ_ONCE(mm->flags) & MMF_DUMPABLE_MASK;
}
void set_dumpable(struct mm_struct *mm, int value);
/* May others look into @task as they may into any process of their own?  True without an mm. */
bool task_dumpable(struct task_struct *task);
extern int suid_dumpable;		/* what a process becomes that changes its identity */

/* ---- the threads of a dumping process ---- */

/* A thread that waits in do_exit() until the dump is written. */
struct core_thread {
	struct task_struct *task;	/* NULL: go on */
	struct core_thread *next;
};

struct core_state {
	int nr_threads;			/* still to come: siglock */
	struct core_thread dumper;	/* head of the list of all of them: siglock */
	struct completion startup;	/* the last one has come */
};

/* From do_exit(): if the process dumps core, stay until it has. */
void coredump_task_exit(struct task_struct *t);
/* current is to die by a signal that dumps core.  Afterwards group_exit_code says whether it did. */
void do_coredump(const siginfo_t *info);

/* ---- what core_dump() gets ---- */

/* A VMA as it was when the dump began. */
struct core_vma_metadata {
	unsigned long start, end;
	unsigned long flags;
	unsigned long dump_size;	/* bytes of it that go into the file */
	unsigned long pgoff;
	struct file *file;		/* referenced; NULL */
};

struct coredump_params {
	const siginfo_t *siginfo;
	struct core_state *core_state;
	struct file *file;
	unsigned long limit;		/* RLIMIT_CORE: bytes to be written, holes not counted */
	unsigned long written;
	loff_t pos;			/* in the file */
	loff_t to_skip;			/* a hole that begins at pos */
	unsigned long mm_flags;
	struct core_vma_metadata *vma_meta;
	int vma_count;
	unsigned long vma_data_size;	/* sum of dump_size */
};

/* False: no more can be written (limit, full file system, SIGKILL). */
bool dump_emit(struct coredump_params *cprm, const void *data, size_t len);
void dump_skip(struct coredump_params *cprm, size_t len);
/* The pages of [start, start + len) of current's memory; those that are not there become holes. */
bool dump_user_range(struct coredump_params *cprm, unsigned long start, unsigned long len);

/* fs/binfmt_elf_core.c: true if a core file was begun. */
bool elf_core_dump(struct coredump_params *cprm);

/* /proc/sys: fs/procfs/sysctl.c */
int core_pattern_show(struct seq_file *m);
ssize_t core_pattern_write(const char *buf, size_t len);
extern int core_uses_pid;

/* /proc/PID/coredump_filter: fs/coredump.c */
int proc_coredump_filter_show(struct seq_file *m, struct task_struct *task);
extern const struct file_operations proc_coredump_filter_fops;

#endif
