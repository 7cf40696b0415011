/*
 * libc/stdlib.c - numbers from text, sorting, and error texts
 */
#include <errno.h>
#include <ctype.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int digit(int c)
{
	if (isdigit(c))
		return c - '0';
	if (isalpha(c))
		return tolower(c) - 'a' + 10;
	return 99;
}

unsigned long strtoul(const char *s, char **end, int base)
{
	const char *p = s, *start;
	unsigned long v = 0;
	int neg = 0, overflow = 0;

	while (isspace(*p))
		p++;
	if (*p == '+' || *p == '-')
		neg = *p++ == '-';
	if ((base == 0 || base == 16) && p[0] == '0' && (p[1] | 32) == 'x' && digit(p[2]) < 16) {
		p += 2;
		base = 16;
	}
	if (base == 0)
		base = *p == '0' ? 8 : 10;
	for (start = p; digit(*p) < base; p++)
		if (__builtin_mul_overflow(v, (unsigned long)base, &v) ||
		    __builtin_add_overflow(v, (unsigned long)digit(*p), &v))
			overflow = 1;
	if (end)
		*end = (char *)(p == start ? s : p);
	if (overflow) {
		errno = ERANGE;
		return ULONG_MAX;
	}
	return neg ? -v : v;
}

/* Simplified: a value beyond long wraps instead of being cut to LONG_MAX. */
long strtol(const char *s, char **end, int base)
{
	return (long)strtoul(s, end, base);
}

int atoi(const char *s)
{
	return (int)strtol(s, NULL, 10);
}

char *strdup(const char *s)
{
	char *copy = malloc(strlen(s) + 1);

	return copy ? strcpy(copy, s) : NULL;
}

static void swap(char *a, char *b, size_t size)
{
	while (size--) {
		char c = *a;

		*a++ = *b;
		*b++ = c;
	}
}

static void sift_down(char *base, size_t root, size_t count, size_t size,
		      int (*cmp)(const void *, const void *))
{
	size_t child;

	while ((child = 2 * root + 1) < count) {
		if (child + 1 < count && cmp(base + child * size, base + (child + 1) * size) < 0)
			child++;
		if (cmp(base + root * size, base + child * size) >= 0)
			return;
		swap(base + root * size, base + child * size, size);
		root = child;
	}
}

/* Heap sort: no recursion, no memory, n log n always. */
void qsort(void *mem, size_t count, size_t size, int (*cmp)(const void *, const void *))
{
	char *base = mem;

	for (size_t i = count / 2; i-- > 0;)
		sift_down(base, i, count, size, cmp);
	for (size_t i = count; i-- > 1;) {
		swap(base, base + i * size, size);
		sift_down(base, 0, i, size, cmp);
	}
}

static const struct {
	int		err;
	const char	*name, *text;
} errors[] = {
	{ 0, "0", "success" },
	{ EPERM, "EPERM", "not permitted" },
	{ ENOENT, "ENOENT", "no such file or directory" },
	{ ESRCH, "ESRCH", "no such process" },
	{ EINTR, "EINTR", "interrupted by a signal" },
	{ EIO, "EIO", "input/output error" },
	{ ENXIO, "ENXIO", "no such device or address" },
	{ E2BIG, "E2BIG", "arguments too long" },
	{ ENOEXEC, "ENOEXEC", "not a program this kernel can run" },
	{ EBADF, "EBADF", "bad file descriptor" },
	{ ECHILD, "ECHILD", "no child to wait for" },
	{ EAGAIN, "EAGAIN", "try again" },
	{ ENOMEM, "ENOMEM", "out of memory" },
	{ EACCES, "EACCES", "permission denied" },
	{ EFAULT, "EFAULT", "bad address" },
	{ EBUSY, "EBUSY", "busy" },
	{ EEXIST, "EEXIST", "exists already" },
	{ EXDEV, "EXDEV", "on another file system" },
	{ ENODEV, "ENODEV", "no such device" },
	{ ENOTDIR, "ENOTDIR", "not a directory" },
	{ EISDIR, "EISDIR", "is a directory" },
	{ EINVAL, "EINVAL", "invalid argument" },
	{ ENFILE, "ENFILE", "too many open files in the system" },
	{ EMFILE, "EMFILE", "too many open files" },
	{ ENOTTY, "ENOTTY", "not a terminal, or no such ioctl" },
	{ ETXTBSY, "ETXTBSY", "program file is in use" },
	{ EFBIG, "EFBIG", "file too large" },
	{ ENOSPC, "ENOSPC", "no space left" },
	{ ESPIPE, "ESPIPE", "cannot seek here" },
	{ EROFS, "EROFS", "read-only file system" },
	{ EMLINK, "EMLINK", "too many links" },
	{ EPIPE, "EPIPE", "nobody reads this pipe" },
	{ EDOM, "EDOM", "outside the domain" },
	{ ERANGE, "ERANGE", "result too large" },
	{ EDEADLK, "EDEADLK", "would deadlock" },
	{ ENAMETOOLONG, "ENAMETOOLONG", "name too long" },
	{ ENOSYS, "ENOSYS", "no such system call" },
	{ ENOTEMPTY, "ENOTEMPTY", "directory not empty" },
	{ ELOOP, "ELOOP", "too many symbolic links" },
	{ EOVERFLOW, "EOVERFLOW", "value too large" },
	{ EOPNOTSUPP, "EOPNOTSUPP", "not supported" },
	{ ETIMEDOUT, "ETIMEDOUT", "timed out" },
};

/* What to show for an error number. Numbers not in the table are shown as numbers. */
static const char *describe(int err, int want_name)
{
	static char unknown[24];

	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
		if (errors[i].err == err)
			return want_name ? errors[i].name : errors[i].text;
	snprintf(unknown, sizeof(unknown), "error %d", err);
	return unknown;
}

const char *strerror(int err)
{
	return describe(err, 0);
}

const char *strerrorname(int err)
{
	return describe(err, 1);
}

const char *strsignal(int sig)
{
	static const char *const names[] = {
		"0", "SIGHUP", "SIGINT", "SIGQUIT", "SIGILL", "SIGTRAP", "SIGABRT", "SIGBUS",
		"SIGFPE", "SIGKILL", "SIGUSR1", "SIGSEGV", "SIGUSR2", "SIGPIPE", "SIGALRM",
		"SIGTERM", "SIGSTKFLT", "SIGCHLD", "SIGCONT", "SIGSTOP", "SIGTSTP", "SIGTTIN",
		"SIGTTOU", "SIGURG", "SIGXCPU", "SIGXFSZ", "SIGVTALRM", "SIGPROF", "SIGWINCH",
		"SIGIO", "SIGPWR", "SIGSYS",
	};
	static char realtime[24];

	if (sig >= 0 && sig < SIGRTMIN)
		return names[sig];
	snprintf(realtime, sizeof(realtime), "signal %d", sig);
	return realtime;
}

void perror(const char *what)
{
	fprintf(stderr, "%s: %s\n", what, strerror(errno));
}
