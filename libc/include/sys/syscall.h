/*
 * sys/syscall.h - system calls by number
 */
#ifndef _SYS_SYSCALL_H
#define _SYS_SYSCALL_H

#include <uapi/unistd.h>

/* -1 and errno on failure */
long syscall(long nr, ...);

/* The bare calls: -Exxx on failure. The kernel destroys RCX and R11. */
static inline long syscall6(long nr, long a, long b, long c, long d, long e, long f)
{
	register long r10 asm("r10") = d, r8 asm("r8") = e, r9 asm("r9") = f;
	long ret;

	asm volatile("syscall"
		     : "=a"(ret)
		     : "a"(nr), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
		     : "rcx", "r11", "memory");
	return ret;
}

static inline long syscall5(long nr, long a, long b, long c, long d, long e)
{
	return syscall6(nr, a, b, c, d, e, 0);
}

static inline long syscall4(long nr, long a, long b, long c, long d)
{
	return syscall6(nr, a, b, c, d, 0, 0);
}

static inline long syscall3(long nr, long a, long b, long c)
{
	return syscall6(nr, a, b, c, 0, 0, 0);
}

static inline long syscall2(long nr, long a, long b)
{
	return syscall6(nr, a, b, 0, 0, 0, 0);
}

static inline long syscall1(long nr, long a)
{
	return syscall6(nr, a, 0, 0, 0, 0, 0);
}

static inline long syscall0(long nr)
{
	return syscall6(nr, 0, 0, 0, 0, 0, 0);
}

#endif
