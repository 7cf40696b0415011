/*
 * tests/host/shim_min.c - panic for code that needs nothing else of the kernel
 */
#include <bug.h>

void abort(void) __noreturn;
int vprintf(const char *fmt, va_list ap);

void panic(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	abort();
}

void __bug(const char *file, int line, const char *expr)
{
	panic("BUG at %s:%d: %s\n", file, line, expr);
}
