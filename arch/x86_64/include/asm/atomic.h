/*
 * asm/atomic.h - atomic counters and bit operations
 *
 * Every read-modify-write here is a full memory barrier (the LOCK prefix;
 * Intel SDM vol. 3A, "Locked Atomic Operations"); plain reads and sets are not.
 */
#ifndef ASM_ATOMIC_H
#define ASM_ATOMIC_H

#include <litmus.h>
#include <types.h>

typedef struct { int counter; } atomic_t;
typedef struct { long counter; } atomic_long_t;

#define ATOMIC_INIT(i) { (i) }

#define DEFINE_ATOMIC(prefix, atype, vtype)						\
static inline vtype prefix##_read(const atype *v) { return READ_ONCE(v->counter); }	\
static inline void prefix##_set(atype *v, vtype i) { WRITE_ONCE(v->counter, i); }	\
static inline vtype prefix##_add_return(vtype i, atype *v)				\
{ litmus_point(); return __atomic_add_fetch(&v->counter, i, __ATOMIC_SEQ_CST); }			\
static inline vtype prefix##_sub_return(vtype i, atype *v)				\
{ litmus_point(); return __atomic_sub_fetch(&v->counter, i, __ATOMIC_SEQ_CST); }			\
static inline void prefix##_add(vtype i, atype *v)					\
{ litmus_point(); __atomic_fetch_add(&v->counter, i, __ATOMIC_SEQ_CST); }				\
static inline void prefix##_sub(vtype i, atype *v)					\
{ litmus_point(); __atomic_fetch_sub(&v->counter, i, __ATOMIC_SEQ_CST); }				\
static inline void prefix##_inc(atype *v) { prefix##_add(1, v); }			\
static inline void prefix##_dec(atype *v) { prefix##_sub(1, v); }			\
static inline vtype prefix##_inc_return(atype *v) { return prefix##_add_return(1, v); }	\
static inline vtype prefix##_dec_return(atype *v) { return prefix##_sub_return(1, v); }	\
static inline bool prefix##_dec_and_test(atype *v) { return prefix##_sub_return(1, v) == 0; } \
static inline vtype prefix##_xchg(atype *v, vtype n)					\
{ litmus_point(); return __atomic_exchange_n(&v->counter, n, __ATOMIC_SEQ_CST); }			\
/* Store @n if the value is @old; returns what was there. */				\
static inline vtype prefix##_cmpxchg(atype *v, vtype old, vtype n)			\
{ litmus_point(); __atomic_compare_exchange_n(&v->counter, &old, n, false, __ATOMIC_SEQ_CST,		\
			      __ATOMIC_SEQ_CST); return old; }				\
/* Add one unless the value is zero (an object on its way out); true if added. */	\
static inline bool prefix##_inc_not_zero(atype *v)					\
{											\
	vtype c = prefix##_read(v);							\
	litmus_point();									\
	while (c && !__atomic_compare_exchange_n(&v->counter, &c, c + 1, false,		\
					__ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))		\
		;									\
	return c != 0;									\
}

DEFINE_ATOMIC(atomic, atomic_t, int)
DEFINE_ATOMIC(atomic_long, atomic_long_t, long)

static inline bool test_bit(unsigned long nr, const unsigned long *addr)
{
	return (READ_ONCE(addr[nr / 64]) >> (nr % 64)) & 1;
}
static inline void set_bit(unsigned long nr, unsigned long *addr)
{
	litmus_point();
	__atomic_fetch_or(&addr[nr / 64], 1UL << (nr % 64), __ATOMIC_SEQ_CST);
}
static inline void clear_bit(unsigned long nr, unsigned long *addr)
{
	litmus_point();
	__atomic_fetch_and(&addr[nr / 64], ~(1UL << (nr % 64)), __ATOMIC_SEQ_CST);
}
static inline bool test_and_set_bit(unsigned long nr, unsigned long *addr)
{
	litmus_point();
	return (__atomic_fetch_or(&addr[nr / 64], 1UL << (nr % 64), __ATOMIC_SEQ_CST)
		>> (nr % 64)) & 1;
}
static inline bool test_and_clear_bit(unsigned long nr, unsigned long *addr)
{
	litmus_point();
	return (__atomic_fetch_and(&addr[nr / 64], ~(1UL << (nr % 64)), __ATOMIC_SEQ_CST)
		>> (nr % 64)) & 1;
}
/* Not atomic: the caller holds the lock of the word. */
static inline void __set_bit(unsigned long nr, unsigned long *addr)
{
	addr[nr / 64] |= 1UL << (nr % 64);
}
static inline void __clear_bit(unsigned long nr, unsigned long *addr)
{
	addr[nr / 64] &= ~(1UL << (nr % 64));
}

#define smp_mb() asm volatile("lock addl $0, -4(%%rsp)" ::: "memory", "cc")
#define smp_rmb() barrier()
#define smp_wmb() barrier()
#define xchg(ptr, v) ({ litmus_point(); __atomic_exchange_n(ptr, v, __ATOMIC_SEQ_CST); })

#endif
