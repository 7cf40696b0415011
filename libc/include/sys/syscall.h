/*
 * sys/syscall.h - system calls by number
 */
#ifndef _SYS_SYSCALL_H
#define _SYS_SYSCALL_H

#include <uapi/unistd.h>

/* -1 and errno on failure */
long syscall(long nr, ...);

/*
 * The bare calls: -Exxx on failure. The kernel destroys RCX and R11, and looks at no argument that the
 * call does not have.
 */
#define __SYSCALL(nr, ...) ({					\
	long __result;						\
								\
	asm volatile("syscall" : "=a"(__result)			\
		     : "a"((long)(nr)) __VA_OPT__(,) __VA_ARGS__	\
		     : "rcx", "r11", "memory");			\
	__result; })

static inline long syscall0(long nr)
{
	return __SYSCALL(nr);
}

static inline long syscall1(long nr, long a)
{
	return __SYSCALL(nr, "D"(a));
}

static inline long syscall2(long nr, long a, long b)
{
	return __SYSCALL(nr, "D"(a), "S"(b));
}

static inline long syscall3(long nr, long a, long b, long c)
{
	return __SYSCALL(nr, "D"(a), "S"(b), "d"(c));
}

static inline long syscall4(long nr, long a, long b, long c, long d)
{
	register long r10 asm("r10") = d;

	return __SYSCALL(nr, "D"(a), "S"(b), "d"(c), "r"(r10));
}

static inline long syscall5(long nr, long a, long b, long c, long d, long e)
{
	register long r10 asm("r10") = d, r8 asm("r8") = e;

	return __SYSCALL(nr, "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8));
}

static inline long syscall6(long nr, long a, long b, long c, long d, long e, long f)
{
	register long r10 asm("r10") = d, r8 asm("r8") = e, r9 asm("r9") = f;

	return __SYSCALL(nr, "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9));
}

#endif
