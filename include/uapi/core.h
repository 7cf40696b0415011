/*
 * uapi/core.h - what the notes of an ELF core file hold
 *
 * A PT_NOTE segment is a row of notes, each of them
 *     n_namesz n_descsz n_type | name, NUL, padded to 4 | contents, padded to 4
 *
 * Sources: "System V Application Binary Interface", "Note Section"; core(5); AMD64 psABI.
 */
#ifndef _UAPI_CORE_H
#define _UAPI_CORE_H

#include <uapi/time.h>

#define NT_PRSTATUS	1		/* one for each thread: signal, ids, times, registers */
#define NT_PRFPREG	2		/* FXSAVE image */
#define NT_PRPSINFO	3		/* the process: names, ids */
#define NT_AUXV		6
#define NT_X86_XSTATE	0x202		/* XSAVE image; the name is "LINUX" */
#define NT_SIGINFO	0x53494749
#define NT_FILE		0x46494c45	/* count, page size, {start, end, offset in pages}..., names */

#define PN_XNUM		0xffff		/* e_phnum: the real number is in section 0, sh_info */

/* The general registers in the order of debuggers. */
struct user_regs_struct {
	unsigned long	r15, r14, r13, r12, bp, bx;
	unsigned long	r11, r10, r9, r8, ax, cx, dx, si, di;
	unsigned long	orig_ax, ip, cs, flags, sp, ss;
	unsigned long	fs_base, gs_base, ds, es, fs, gs;
};

struct elf_siginfo {
	int	si_signo;
	int	si_code;
	int	si_errno;
};

struct elf_prstatus {
	struct elf_siginfo	pr_info;
	short			pr_cursig;
	unsigned long		pr_sigpend, pr_sighold;
	int			pr_pid, pr_ppid, pr_pgrp, pr_sid;
	struct timeval		pr_utime, pr_stime, pr_cutime, pr_cstime;
	struct user_regs_struct	pr_reg;
	int			pr_fpvalid;
};
_Static_assert(sizeof(struct elf_prstatus) == 336, "Linux ABI");

#define ELF_PRARGSZ 80

struct elf_prpsinfo {
	char		pr_state, pr_sname, pr_zomb, pr_nice;
	unsigned long	pr_flag;
	unsigned int	pr_uid, pr_gid;
	int		pr_pid, pr_ppid, pr_pgrp, pr_sid;
	char		pr_fname[16];
	char		pr_psargs[ELF_PRARGSZ];
};
_Static_assert(sizeof(struct elf_prpsinfo) == 136, "Linux ABI");

#endif
