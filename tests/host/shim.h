/* tests/host/shim.h - a machine inside a host process */
#ifndef TESTS_HOST_SHIM_H
#define TESTS_HOST_SHIM_H

#include <types.h>

struct file;
struct mm_struct;
struct task_struct;

void fake_boot(void);			/* memblock and page allocator of 64 MiB; once */
void fake_boot_frames(unsigned long frames);	/* the same of so many pages */
extern bool fake_log_quiet;		/* while a test provokes complaints */

/* ---- shim_tlb.c ---- */
extern unsigned long fake_early_frees;	/* frames that became free while a translation led to them */
/* Translations kept now that allow what the tables do not: there should be none after any call. */
unsigned long fake_tlb_stale(bool log);

/* ---- shim_os.c: only with all of mm/ ---- */
void fake_kernel_init(void);		/* after fake_boot*(): caches, as start_kernel() does */
struct task_struct *fake_task_new(struct mm_struct *mm);	/* takes over the reference on @mm */
struct task_struct *fake_fork(void);	/* current's copy; ERR_PTR(-ENOMEM) */
void fake_exit(struct task_struct *t);	/* its mm goes; current is the idle task if it was @t */
void fake_switch(struct task_struct *t);	/* becomes current */

/* What an access by current comes to. */
enum fake_fault { FAKE_OK, FAKE_SEGV, FAKE_BUS, FAKE_OOM };
/* The byte at @addr, through TLB, page tables and fault path; *p is where it is in fake_ram. */
enum fake_fault fake_touch(unsigned long addr, bool write, void **p);

/* ---- shim_vfs.c ---- */
/* A regular file of shmem pages (or, @disk, of pages that ->readpage fills) with a descriptor; ERR_PTR. */
struct file *fake_file(const char *name, unsigned long size, bool disk);
int fake_install(struct file *f);	/* a descriptor for one more reference on @f */
void fake_close(int fd);
int fake_truncate(struct file *f, unsigned long size);

#endif
