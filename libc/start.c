/*
 * libc/start.c - from the kernel's stack to main(), and exit
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>
#include "internal.h"
#include <uapi/elf.h>

int main(int argc, char **argv, char **envp);

char **environ;
const unsigned long *__auxv;
static struct tcb main_tcb = { &main_tcb, 0 };

#define ATEXIT_MAX	32
static void (*at_exit[ATEXIT_MAX])(void);
static int nr_at_exit;

int *__errno_location(void)
{
	return &tcb()->err;
}

long __failed(long result)
{
	errno = -result;
	return -1;
}

/*
 * A static PIE is loaded anywhere, and nobody but itself adds the difference to the
 * addresses in its data. The list of those is found by PT_DYNAMIC; a program linked to a
 * fixed address has none.
 */
static void relocate(const unsigned long *auxv)
{
	unsigned long at[32] = { 0 }, bias, rela = 0, size = 0;
	const Elf64_Ehdr *elf;
	const Elf64_Phdr *ph;
	const Elf64_Dyn *dyn = NULL;

	for (; auxv[0]; auxv += 2)
		if (auxv[0] < 32)
			at[auxv[0]] = auxv[1];
	ph = (const Elf64_Phdr *)at[AT_PHDR];
	elf = (const Elf64_Ehdr *)ph - 1;	/* as our linkers lay it out */
	bias = at[AT_ENTRY] - elf->e_entry;
	for (unsigned long i = 0; i < at[AT_PHNUM]; i++)
		if (ph[i].p_type == PT_DYNAMIC)
			dyn = (const Elf64_Dyn *)(ph[i].p_vaddr + bias);
	for (; dyn && dyn->d_tag != DT_NULL; dyn++) {
		if (dyn->d_tag == DT_RELA)
			rela = dyn->d_val + bias;
		if (dyn->d_tag == DT_RELASZ)
			size = dyn->d_val;
	}
	for (const Elf64_Rela *r = (void *)rela; (unsigned long)r < rela + size; r++)
		if (r->r_info == R_X86_64_RELATIVE)
			*(unsigned long *)(r->r_offset + bias) = r->r_addend + bias;
}

/* stack: argc, argv[], NULL, envp[], NULL, auxv pairs */
__attribute__((noreturn)) void __libc_start(long *stack)
{
	int argc = stack[0];
	char **argv = (char **)(stack + 1);
	char **env = argv + argc + 1;

	while (*env)
		env++;
	relocate((unsigned long *)(env + 1));
	syscall2(__NR_arch_prctl, ARCH_SET_FS, (long)&main_tcb);
	environ = argv + argc + 1;
	__auxv = (unsigned long *)(env + 1);
	exit(main(argc, argv, environ));
}

/* Value of an entry of the auxiliary vector, 0 if it is not there. */
unsigned long getauxval(unsigned long type)
{
	for (const unsigned long *a = __auxv; a[0]; a += 2)
		if (a[0] == type)
			return a[1];
	errno = ENOENT;
	return 0;
}

int atexit(void (*fn)(void))
{
	if (nr_at_exit == ATEXIT_MAX)
		return -1;
	at_exit[nr_at_exit++] = fn;
	return 0;
}

void exit(int status)
{
	while (nr_at_exit)
		at_exit[--nr_at_exit]();
	__stdio_exit();
	_exit(status);
}

void _exit(int status)
{
	for (;;)
		syscall1(__NR_exit_group, status);
}

void abort(void)
{
	raise(SIGABRT);
	_exit(127);
}

char *getenv(const char *name)
{
	size_t len = strlen(name);

	for (char **e = environ; *e; e++)
		if (!strncmp(*e, name, len) && (*e)[len] == '=')
			return *e + len + 1;
	return NULL;
}

/* Simplified: the old string is not freed, it may be the kernel's. */
int setenv(const char *name, const char *value, int overwrite)
{
	size_t count = 0, len = strlen(name);
	char **env, *entry;

	if (getenv(name) && !overwrite)
		return 0;
	entry = malloc(len + strlen(value) + 2);
	if (!entry)
		return -1;
	strcpy(entry, name);
	strcat(entry, "=");
	strcat(entry, value);
	for (; environ[count]; count++) {
		if (!strncmp(environ[count], entry, len + 1)) {
			environ[count] = entry;
			return 0;
		}
	}
	env = malloc((count + 2) * sizeof(*env));
	if (!env)
		return -1;
	memcpy(env, environ, count * sizeof(*env));
	env[count] = entry;
	env[count + 1] = NULL;
	environ = env;
	return 0;
}
