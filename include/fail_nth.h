/*
 * fail_nth.h - a task's nth allocation or user copy fails because a test says so (debug build)
 */
#ifndef FAIL_NTH_H
#define FAIL_NTH_H

#include <types.h>

/* What can fail. */
#define FAIL_SLAB	BIT(0)		/* an object */
#define FAIL_PAGE	BIT(1)		/* pages */
#define FAIL_TABLE	BIT(2)		/* a page table, those kept for reuse too */
#define FAIL_STACK	BIT(3)		/* a kernel stack, those kept for reuse too */
#define FAIL_USERCOPY	BIT(4)		/* from or to user memory */
#define FAIL_ALLOCATIONS (FAIL_SLAB | FAIL_PAGE | FAIL_TABLE | FAIL_STACK)
#define FAIL_ALL	(FAIL_ALLOCATIONS | FAIL_USERCOPY)

/* Where a user copy stops. */
enum fail_part { FAIL_FIRST, FAIL_MIDDLE, FAIL_LAST };

#ifdef QUIRE_DEBUG

struct task_struct;

/* In each task; its own but for who writes its file. */
struct fail_nth {
	unsigned int left;		/* the one that fails; 0: none, or it has failed */
	unsigned int failed;
	u8 kinds;			/* FAIL_*: what counts */
	bool want_for_good, for_good;	/* after the first, all that follow fail */
};

extern bool fail_nth_used;		/* somebody has asked since boot */
/* What the next write to fail-nth takes over. */
extern unsigned int fail_kinds;
extern int fail_for_good;
extern enum fail_part fail_usercopy_part;

/* The @nth from now on of @t fails; 0: none any more. */
void set_fail_nth(struct task_struct *t, unsigned int nth);

bool __should_fail_alloc(gfp_t gfp, unsigned int kind);
static inline bool should_fail(gfp_t gfp, unsigned int kind)
{
	return unlikely(fail_nth_used) && __should_fail_alloc(gfp, kind);
}

/* How many of the @n bytes at the end of a copy are not to be copied. */
size_t __should_fail_usercopy(size_t n);
static inline size_t should_fail_usercopy(size_t n)
{
	return unlikely(fail_nth_used) ? __should_fail_usercopy(n) : 0;
}

/* Did a failure that current met come from here? */
bool failure_injected(void);
bool fail_nth_is_for_good(void);

#else
static inline bool failure_injected(void) { return false; }
static inline bool fail_nth_is_for_good(void) { return false; }
static inline bool should_fail(gfp_t gfp, unsigned int kind) { return false; }
static inline size_t should_fail_usercopy(size_t n) { return 0; }
#endif

#endif
