/*
 * tests/kernel/test_exec.c - execve: refused files leave the caller as it was
 */
#include <err.h>
#include <ktest.h>
#include <sched.h>
#include <string.h>
#include "user_task.h"

/* At USER_DATA: the path, at +64 the length of the contents, at +72 the contents. */
struct exec_case {
	char path[64];
	unsigned long len;
	char contents[256];
};

/* Make the file, try to run it, remove it; exit code: the error of execve. */
USER_CODE(try_exec,
	"mov $0x10001000, %edi\n mov $0x241, %esi\n mov $0755, %edx\n" SYS(2)
	"mov %eax, %edi\n mov %eax, %ebx\n mov $0x10001048, %esi\n mov 0x10001040, %edx\n" SYS(1)
	"mov %ebx, %edi\n" SYS(3)
	"movq $0x10001000, 0x10001400\n movq $0, 0x10001408\n"
	"mov $0x10001000, %edi\n mov $0x10001400, %esi\n mov $0x10001408, %edx\n" SYS(59)
	"mov %eax, %ebx\n"
	"mov $0x10001000, %edi\n" SYS(87)
	"neg %ebx\n mov %ebx, %edi\n" EXIT_WITH_EDI);

static int exec_error(const char *contents, size_t len)
{
	struct exec_case c = { .path = "/ktest-exec", .len = len };
	struct task_struct *u;

	memcpy(c.contents, contents, len);
	u = start_user(try_exec, try_exec_end, &c, sizeof(c));
	return IS_ERR(u) ? -1 : wait_user(u) >> 8;
}

KTEST(exec, an_empty_file_and_plain_text_are_enoexec)
{
	EXPECT_EQ(exec_error("", 0), ENOEXEC);
	EXPECT_EQ(exec_error("echo hello\n", 11), ENOEXEC);
}

KTEST(exec, an_elf_header_that_is_cut_is_enoexec)
{
	EXPECT_EQ(exec_error("\177ELF\2\1\1", 7), ENOEXEC);
}

KTEST(exec, a_script_without_interpreter_is_enoexec)
{
	EXPECT_EQ(exec_error("#!\n", 3), ENOEXEC);
	EXPECT_EQ(exec_error("#!   \n", 6), ENOEXEC);
}

KTEST(exec, a_script_of_a_missing_interpreter_is_enoent)
{
	EXPECT_EQ(exec_error("#!/not/there\n", 13), ENOENT);
}

KTEST(exec, a_script_that_is_its_own_interpreter_is_eloop)
{
	EXPECT_EQ(exec_error("#!/ktest-exec\n", 14), ELOOP);
}

USER_CODE(exec_bad_pointers,
	"mov $1, %edi\n xor %esi, %esi\n xor %edx, %edx\n" SYS(59)
	"neg %eax\n mov %eax, %edi\n" EXIT_WITH_EDI);

KTEST(exec, a_bad_path_pointer_is_efault)
{
	EXPECT_EQ(run_user(exec_bad_pointers, exec_bad_pointers_end), EFAULT << 8);
}

USER_CODE(unknown_call,
	"mov $400, %eax\n syscall\n"
	"neg %eax\n mov %eax, %edi\n" EXIT_WITH_EDI);

KTEST(exec, an_unknown_system_call_is_enosys)
{
	EXPECT_EQ(run_user(unknown_call, unknown_call_end), ENOSYS << 8);
}
