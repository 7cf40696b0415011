/*
 * asm/io.h - copies to and from device memory
 *
 * By aligned 32-bit words where possible: registers are made for that width, and the compiler
 * must not choose another.
 */
#ifndef ASM_IO_H
#define ASM_IO_H

#include <types.h>

static inline void memcpy_fromio(void *to, const volatile void *from, size_t len)
{
	const volatile u8 *s = from;
	u8 *d = to;

	while (len) {
		size_t n = !((unsigned long)s & 3) && len >= 4 ? 4 : 1;

		if (n == 4) {
			u32 v = *(const volatile u32 *)s;

			__builtin_memcpy(d, &v, 4);
		} else {
			*d = *s;
		}
		s += n;
		d += n;
		len -= n;
	}
}

static inline void memcpy_toio(volatile void *to, const void *from, size_t len)
{
	volatile u8 *d = to;
	const u8 *s = from;

	while (len) {
		size_t n = !((unsigned long)d & 3) && len >= 4 ? 4 : 1;

		if (n == 4) {
			u32 v;

			__builtin_memcpy(&v, s, 4);
			*(volatile u32 *)d = v;
		} else {
			*d = *s;
		}
		s += n;
		d += n;
		len -= n;
	}
}

#endif
