/*
 * fs/binfmt_script.c - files that begin with #!
 *
 * "#!interpreter optional-argument" makes execve start the interpreter with the argument (one,
 * blanks inside included) and the script's path put before the script's own arguments; argv[0]
 * of the caller is dropped.
 * Sources: execve(2), "Interpreter scripts".
 */
#include <asm/uaccess.h>
#include <binfmts.h>
#include <err.h>
#include <fs.h>
#include <mm.h>
#include <sched.h>
#include <slab.h>
#include <string.h>

static bool blank(char c)
{
	return c == ' ' || c == '\t';
}

/*
 * Split bprm->buf in place into *@name and *@arg (NULL: none).  -ENOEXEC if this is no script,
 * or if the line is cut so that the interpreter's name may be incomplete.
 */
static int parse_line(char *buf, char **name, char **arg)
{
	char *end = buf + BINPRM_BUF_SIZE, *eol, *s;

	if (buf[0] != '#' || buf[1] != '!')
		return -ENOEXEC;
	for (eol = buf + 2; eol < end && *eol != '\n' && *eol != '\0'; eol++)
		;
	for (s = buf + 2; s < eol && blank(*s); s++)
		;
	if (s == eol)
		return -ENOEXEC;
	*name = s;
	while (s < eol && !blank(*s))
		s++;
	if (s == end)
		return -ENOEXEC;
	if (eol == end)
		eol--;
	while (eol > s && blank(eol[-1]))
		eol--;
	*eol = '\0';
	*arg = NULL;
	if (s < eol) {
		*s++ = '\0';
		while (blank(*s))
			s++;
		*arg = s;
	}
	return 0;
}

/* Drop argv[0] from the stack: step over its bytes and its NUL. */
static int remove_arg_zero(struct linux_binprm *bprm)
{
	char c;

	if (!bprm->argc)
		return 0;
	do {
		if (access_remote_vm(bprm->mm, bprm->p, &c, 1, 0) != 1)
			return -EFAULT;
		bprm->p++;
	} while (c);
	bprm->argc--;
	return 0;
}

/* 0 is never returned: -EAGAIN asks exec.c to load bprm->file, which is the interpreter now. */
static int load_script(struct linux_binprm *bprm, struct pt_regs *regs)
{
	char *name, *arg, *interp;
	struct file *file;
	int err = parse_line(bprm->buf, &name, &arg);

	if (err)
		return err;
	err = remove_arg_zero(bprm);
	if (!err)
		err = copy_strings_kernel(1, &bprm->interp, bprm);
	if (!err && arg)
		err = copy_strings_kernel(1, (const char *const *)&arg, bprm);
	if (!err)
		err = copy_strings_kernel(1, (const char *const *)&name, bprm);
	if (err)
		return err;
	bprm->argc += arg ? 3 : 2;

	interp = kstrdup(name, GFP_KERNEL);
	if (!interp)
		return -ENOMEM;
	file = open_exec(interp);
	if (IS_ERR(file)) {
		kfree(interp);
		return PTR_ERR(file);
	}
	if (bprm->interp != bprm->filename)
		kfree(bprm->interp);
	bprm->interp = interp;
	fput(bprm->file);
	bprm->file = file;
	return -EAGAIN;
}

const struct linux_binfmt script_format = { .name = "script", .load_binary = load_script };
