/*
 * uapi/auxvec.h - the auxiliary vector above envp on a new stack
 */
#ifndef _UAPI_AUXVEC_H
#define _UAPI_AUXVEC_H

#define AT_NULL			0
#define AT_IGNORE		1
#define AT_EXECFD		2
#define AT_PHDR			3	/* address of the program headers */
#define AT_PHENT		4
#define AT_PHNUM		5
#define AT_PAGESZ		6
#define AT_BASE			7	/* where the interpreter was loaded, 0 without */
#define AT_FLAGS		8
#define AT_ENTRY		9
#define AT_NOTELF		10
#define AT_UID			11
#define AT_EUID			12
#define AT_GID			13
#define AT_EGID			14
#define AT_PLATFORM		15	/* address of "x86_64" */
#define AT_HWCAP		16	/* CPUID 1, EDX */
#define AT_CLKTCK		17
#define AT_SECURE		23
#define AT_BASE_PLATFORM	24
#define AT_RANDOM		25	/* address of 16 random bytes */
#define AT_HWCAP2		26
#define HWCAP2_FSGSBASE		2	/* user mode may use RDFSBASE and its like */
#define AT_RSEQ_FEATURE_SIZE	27
#define AT_RSEQ_ALIGN		28
#define AT_EXECFN		31	/* address of the path given to execve */
#define AT_SYSINFO_EHDR		33	/* address of the vDSO */
#define AT_MINSIGSTKSZ		51

#endif
