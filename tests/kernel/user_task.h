/*
 * tests/kernel/user_task.h - a few machine instructions as a process of its own
 *
 * A case writes its user program with USER_CODE and starts it with start_user(): a child of
 * the test thread with a fresh address space.  The first page of data is at USER_DATA.
 */
#ifndef USER_TASK_H
#define USER_TASK_H

#include <types.h>

#define USER_BASE	0x10000000UL	/* code, one page, writable too */
#define USER_DATA	0x10001000UL	/* data and, growing down from its end, the stack */
#define USER_TOP	0x10003000UL

struct task_struct;

/* Machine code between name and name_end, in AT&T syntax, position independent. */
#define USER_CODE(name, text)						\
	extern const char name[], name##_end[];				\
	asm(".pushsection .rodata\n" #name ":\n" text #name "_end:\n.popsection\n")

#define EXIT_WITH_EDI	"mov $231, %eax\n syscall\n"
#define SYS(nr)		"mov $" #nr ", %eax\n syscall\n"

/* The running process with a reference, or ERR_PTR.  @data (may be NULL) is copied to USER_DATA. */
struct task_struct *start_user(const char *code, const char *end, const void *data, size_t len);
/* Wait for its end and drop the reference; the status word as wait4 gives it, or -errno. */
int wait_user(struct task_struct *t);
/* Both at once. */
int run_user(const char *code, const char *end);
/* Has the task with this number gone, after letting others run for a while? */
bool pid_is_gone(int pid);

/* Run other tasks until @c holds: it must, soon, if need be when another CPU gets to it. */
#define RUN_UNTIL(c) do { for (unsigned int _i = 0; !(c) && let_others_run(_i); _i++) ; } while (0)
/* For the @round-th time, from 0; false: this has been long enough. */
bool let_others_run(unsigned int round);

#endif
