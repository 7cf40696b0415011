/*
 * asm/uaccess.h - touching user memory from the kernel
 *
 * Every access is bounds-checked against the user half first, is bracketed by
 * stac/clac where SMAP exists, and is listed in the exception table: a fault there
 * that no VMA can satisfy becomes a short count, never a kernel fault.  May sleep.
 */
#ifndef ASM_UACCESS_H
#define ASM_UACCESS_H

#include <asm/memory_layout.h>
#include <asm/percpu.h>
#include <types.h>
#include <err.h>
#include <fail_nth.h>
#include <kasan.h>
#include <string.h>

static inline bool access_ok(const void __user *p, size_t len)
{
	return len <= TASK_SIZE_MAX && (unsigned long)p <= TASK_SIZE_MAX - len;
}

/* uaccess.asm: what the functions below do but for tests (fail_nth.h) and checks (kasan.h). */
size_t __copy_to_user(void __user *to, const void *from, size_t n);
size_t __copy_from_user(void *to, const void __user *from, size_t n);
size_t __copy_from_user_partial(void *to, const void __user *from, size_t n);
size_t __clear_user(void __user *to, size_t n);
long __strncpy_from_user(char *to, const char __user *from, long n);

/* Bytes that could NOT be copied (0: all).  copy_from_user leaves the rest of @to zeroed. */
static inline size_t copy_to_user(void __user *to, const void *from, size_t n)
{
	size_t fail = should_fail_usercopy(n);

	kasan_check_read(from, n);
	return __copy_to_user(to, from, n - fail) + fail;
}
static inline size_t copy_from_user(void *to, const void __user *from, size_t n)
{
	size_t fail = should_fail_usercopy(n);

	kasan_check_write(to, n);
	if (unlikely(fail))
		memset((char *)to + (n - fail), 0, fail);
	return __copy_from_user(to, from, n - fail) + fail;
}
/* The rest of @to stays as it was: for memory that others see, where a fault must not tear holes. */
static inline size_t copy_from_user_partial(void *to, const void __user *from, size_t n)
{
	size_t fail = should_fail_usercopy(n);

	kasan_check_write(to, n);
	return __copy_from_user_partial(to, from, n - fail) + fail;
}
static inline size_t clear_user(void __user *to, size_t n)
{
	size_t fail = should_fail_usercopy(n);

	return __clear_user(to, n - fail) + fail;
}
/*
 * copy_from_user_partial() without sleeping: a page that is not there counts as a failure.  Locks
 * may be held.
 */
static inline size_t copy_from_user_nofault(void *to, const void __user *from, size_t n)
{
	size_t left;

	preempt_disable();	/* the fault handler does not resolve faults of atomic context */
	left = copy_from_user_partial(to, from, n);
	preempt_enable();
	return left;
}
/* Length including NUL copied, at most @n; -EFAULT; == n means no NUL was seen. */
static inline long strncpy_from_user(char *to, const char __user *from, long n)
{
	return should_fail_usercopy(n) ? -EFAULT : __strncpy_from_user(to, from, n);
}
/* Length including NUL, > @max if longer, 0 on a fault. */
long strnlen_user(const char __user *s, long max);
/* Atomic compare-and-exchange on a user word: 0 or -EFAULT; *old gets what was there. */
int cmpxchg_user_u32(u32 __user *p, u32 *old, u32 new);

/* One scalar: 0 or -EFAULT. */
#define get_user(x, p) ({ __typeof__((__typeof__(*(p)))0) _g; \
	int _e = copy_from_user(&_g, (p), sizeof(_g)) ? -EFAULT : 0; \
	if (!_e) (x) = _g; \
	_e; })
#define put_user(x, p) ({ __typeof__((__typeof__(*(p)))0) _g = (x); \
	copy_to_user((p), &_g, sizeof(_g)) ? -EFAULT : 0; })

/* Exception table entries are made in uaccess.asm; search by faulting address, 0 if none. */
unsigned long search_exception_table(unsigned long ip);

#endif
