/*
 * tests/host asm/uaccess.h - user memory is reached through the software TLB and the fault path
 */
#ifndef ASM_UACCESS_H
#define ASM_UACCESS_H

#include <asm/memory_layout.h>
#include <types.h>
#include <err.h>

static inline bool access_ok(const void __user *p, size_t len)
{
	return len <= TASK_SIZE_MAX && (unsigned long)p <= TASK_SIZE_MAX - len;
}

/* Bytes that could not be copied, as on the target. */
size_t copy_to_user(void __user *to, const void *from, size_t n);
size_t copy_from_user(void *to, const void __user *from, size_t n);
size_t copy_from_user_partial(void *to, const void __user *from, size_t n);
#define copy_from_user_nofault copy_from_user_partial	/* nothing faults here */
size_t clear_user(void __user *to, size_t n);
long strncpy_from_user(char *to, const char __user *from, long n);

#define get_user(x, p) ({ __typeof__((__typeof__(*(p)))0) _g; \
	int _e = copy_from_user(&_g, (p), sizeof(_g)) ? -EFAULT : 0; \
	if (!_e) (x) = _g; \
	_e; })
#define put_user(x, p) ({ __typeof__((__typeof__(*(p)))0) _g = (x); \
	copy_to_user((p), &_g, sizeof(_g)) ? -EFAULT : 0; })

#endif
