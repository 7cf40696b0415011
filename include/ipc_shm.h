/*
 * ipc_shm.h - System V shared memory (kernel/ipc_shm.c)
 */
#ifndef IPC_SHM_H
#define IPC_SHM_H

#include <types.h>
#include <uapi/shm.h>

struct seq_file;
struct task_struct;

extern unsigned long shm_ctlmax;	/* bytes of one segment */
extern unsigned long shm_ctlall;	/* pages of all */
extern int shm_ctlmni;			/* segments */
extern int shm_rmid_forced;		/* 1: what nobody has attached goes */
extern int shm_next_id;			/* -1, or what the next segment's id shall be */

long sys_shmget(int key, size_t size, int flags);
long sys_shmat(int id, unsigned long addr, int flags);
long sys_shmdt(unsigned long addr);
long sys_shmctl(int id, int cmd, void __user *buf);

void exit_shm(struct task_struct *t);	/* called once by each task that ends */
void shm_destroy_orphaned(void);
int sysvipc_shm_show(struct seq_file *m);

/* mm_verify_all(): count the areas of every segment anew; the violations found. */
struct vm_area_struct;
void shm_recount_begin(void);
void shm_recount_vma(const struct vm_area_struct *vma);
int shm_recount_end(void);

#endif
