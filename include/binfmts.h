/*
 * binfmts.h - program loaders
 */
#ifndef BINFMTS_H
#define BINFMTS_H

#include <mm_types.h>
#include <sched.h>
#include <types.h>

struct coredump_params;
struct pt_regs;
struct file;

#define BINPRM_BUF_SIZE 256
#define MAX_ARG_STRLEN (32 * PAGE_SIZE)
#define MAX_ARG_STRINGS 0x7fffffff

/* What execve has gathered for the loaders. */
struct linux_binprm {
	char buf[BINPRM_BUF_SIZE];	/* the first bytes of the file */
	struct mm_struct *mm;		/* the new address space; arguments are on its stack already */
	struct vm_area_struct *vma;	/* its stack */
	unsigned long p;		/* lowest byte of the strings */
	struct file *file;
	int argc, envc;
	const char *filename;		/* as given: AT_EXECFN */
	const char *interp;		/* what really runs */
	unsigned long exec;		/* address of the filename string */
	int depth;			/* #! nesting */
	struct cred_ids cred;		/* the program's, with the file's set-user-id bits ... */
	unsigned int persona;		/* ... and its persona: what begin_new_exec() will give it */
	int dumpable;
	bool secureexec;		/* AT_SECURE: it acts with other rights than its user's */
	bool new_rights;		/* that, or rights other than the caller's */
	bool chance;			/* chance places its areas */
	bool random_stack;		/* the stack's place was chosen by chance */
	bool point_of_no_return;
};

struct linux_binfmt {
	const char *name;
	/*
	 * 0: loaded, registers set.  -ENOEXEC: not mine.  -EAGAIN: bprm->file is another file
	 * now, ask again.  Another errno: mine, but bad.
	 */
	int (*load_binary)(struct linux_binprm *bprm, struct pt_regs *regs);
	/* Write current's memory and registers; true if a file was begun (fs/coredump.c).  May be NULL. */
	bool (*core_dump)(struct coredump_params *cprm);
};

extern const struct linux_binfmt elf_format, script_format;

/* From the loader, when nothing can fail for the file's sake any more: current takes bprm->mm. */
int begin_new_exec(struct linux_binprm *bprm);
/* Push strings (kernel memory) below bprm->p.  0, -E2BIG, -ENOMEM. */
int copy_strings_kernel(int argc, const char *const *argv, struct linux_binprm *bprm);

#endif
