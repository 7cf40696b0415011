/*
 * libc/internal.h - what the files of the library share
 */
#ifndef _LIBC_INTERNAL_H
#define _LIBC_INTERNAL_H

#include <stddef.h>
#include <sys/syscall.h>

/*
 * The thread's own block; FS points to it. Each thread has one, so errno needs no lock.
 * Simplified: there are no __thread variables, hence no copy of a PT_TLS segment.
 */
struct tcb {
	struct tcb	*self;		/* what mov %fs:0 reads (AMD64 psABI, TLS) */
	int		err;		/* errno */
};

static inline struct tcb *tcb(void)
{
	struct tcb *t;

	asm("mov %%fs:0, %0" : "=r"(t));
	return t;
}

/* A call failed with -errno: remember it; -1. */
long __failed(long result);

/* Turn -errno into -1 and errno. */
static inline long __ret(long result)
{
	return __builtin_expect((unsigned long)result < -4095UL, 1) ? result : __failed(result);
}

extern const unsigned long *__auxv;

void __stdio_exit(void);
void __restore_rt(void);
long __clone_thread(unsigned long flags, void *stack, int *parent_tid, int *child_tid,
		    void *tls, void (*fn)(void *), void *arg);
void __unmap_and_exit(void *addr, size_t len) __attribute__((noreturn));

#endif
