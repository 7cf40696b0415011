/*
 * lockdep.h - the lock checker of the debug build: who holds what, and in which order locks are taken
 *
 * A lock belongs to a class: all page table locks are one, all mmap_sems another.  Each lock carries the
 * number of its class; 0: not known yet, found when the lock is taken first.  kernel/lockdep.c says
 * what is checked, docs/locking.md which order is right.
 * Absent from the release build and from the tests on the host, where everything here is empty.
 */
#ifndef LOCKDEP_H
#define LOCKDEP_H

#include <types.h>

#if defined(QUIRE_DEBUG) && !defined(QUIRE_HOST) && defined(__KERNEL__)
#define QUIRE_LOCKDEP
#endif

struct page;
struct spinlock;
struct task_struct;

/* Classes whose locks are made by initialisers, which cannot ask for a number. */
enum lock_class_id {
	LOCK_CLASS_UNKNOWN,
	LOCK_CLASS_PAGE,		/* PG_locked, which has no room for a class */
	LOCK_CLASS_BDEV_PAGE,		/* the same of cached blocks of a device */
	LOCK_CLASS_WAIT_QUEUE,
	LOCK_CLASS_MUTEX_QUEUE,		/* mutex.lock */
	LOCK_CLASS_RWSEM_QUEUE,		/* rw_semaphore.lock */
	NR_FIXED_LOCK_CLASSES
};

#ifdef QUIRE_LOCKDEP

#define NR_LOCK_CLASSES	192		/* a multiple of 64, at most 256 */
#define MAX_HELD_SPIN	24		/* of one CPU, interrupts included */
#define MAX_HELD_SLEEP	16		/* of one task */

#define HELD_TRY	1		/* by a trylock, which never waits: no order to keep */
#define HELD_READ	2

struct held_lock {
	const void *lock;
	u32 ip;				/* who took it: low half of a kernel address */
	u8 class;
	u8 flags;			/* HELD_* */
	u16 count;			/* pages: so many, of which ->lock was the first */
};

/* The spinlocks that a CPU holds, in order. */
struct held_spins {
	unsigned int n;
	unsigned int base;		/* where those of the interrupt begin; 0: none is served */
	struct held_lock lock[MAX_HELD_SPIN];
	u32 taken[NR_LOCK_CLASSES];	/* how often, by class */
};

/* The sleeping locks that a task holds, in order. */
struct held_sleeps {
	unsigned int n;
	struct held_lock lock[MAX_HELD_SLEEP];
};

/* The class of a lock that is made by an initialiser: looked up when it is taken first. */
struct lock_name {
	const void *lock;
	const char *name;
};
#define LOCK_NAME(id, object, text) \
	static const struct lock_name lock_name_##id __used __section(".lock_names") __aligned(8) = \
		{ &object, text }

/*
 * The number of the class called @name, made if it is new; a leading "&" is not part of the name.
 * Any context.  0 if there are too many: such locks are not checked.
 */
u8 lockdep_class(const char *name);
/* The same, asked for once at each place in the code. */
#define lock_class_of(name) ({ static u8 _class; \
	if (unlikely(!READ_ONCE(_class))) \
		WRITE_ONCE(_class, lockdep_class(name)); \
	READ_ONCE(_class); })
#define set_lock_class(l, name) ((void)((l)->class = lock_class_of(name)))

/* Before a spinlock is waited for, or after a trylock has got it; preemption off.  @sub: see spin_lock_nested(). */
void lockdep_spin_acquire(struct spinlock *l, unsigned int sub);
void lockdep_spin_acquired_try(struct spinlock *l);
void lockdep_spin_release(struct spinlock *l);

/* The same for sleeping locks; @ip: who asks. */
void lockdep_acquire(const void *lock, u8 *class, unsigned int sub, unsigned int flags, unsigned long ip);
void lockdep_release(const void *lock, unsigned long ip);
void lockdep_page_acquire(const struct page *page, unsigned int flags, unsigned long ip);
void lockdep_page_release(const struct page *page, unsigned long ip);

/* Around the handler of an interrupt; the interrupted context's locks are not those of the handler. */
unsigned int lockdep_irq_enter(void);
void lockdep_irq_exit(unsigned int base);

/* Somebody may sleep who must not: an atomic section, or interrupts off.  Reports. */
void lockdep_sleeps_in_atomic(unsigned long ip);
/* On the way to user mode, and at the end of a task: nothing may be held. */
void lockdep_return_to_user(void);
void lockdep_task_exit(void);
void lockdep_init_task(struct task_struct *t);
/* No more checks, for good: a panic breaks locks. */
void lockdep_off(void);
/* Interrupts are on for the first time: to sleep with interrupts off is wrong from now on. */
void lockdep_boot_done(void);

struct seq_file;
int lockdep_show(struct seq_file *m);		/* /proc/lockdep */
int lockdep_chains_show(struct seq_file *m);	/* /proc/lockdep_chains */

/* Locks taken since boot, by all CPUs: for those who count them. */
unsigned long lockdep_taken(void);

/* Tests: reports are put down here in place of a panic. */
struct lockdep_trap {
	unsigned int count;
	char text[2048];		/* of the last one */
};
extern struct lockdep_trap *lockdep_trap;

#else

#define LOCK_NAME(id, object, text) struct lock_name
#define set_lock_class(l, name) ((void)0)

static inline unsigned long lockdep_taken(void) { return 0; }
static inline void lockdep_spin_acquire(struct spinlock *l, unsigned int sub) { }
static inline void lockdep_spin_acquired_try(struct spinlock *l) { }
static inline void lockdep_spin_release(struct spinlock *l) { }
#define lockdep_acquire(lock, class, sub, flags, ip) ((void)0)
static inline void lockdep_release(const void *lock, unsigned long ip) { }
static inline void lockdep_page_acquire(const struct page *page, unsigned int flags, unsigned long ip) { }
static inline void lockdep_page_release(const struct page *page, unsigned long ip) { }
static inline unsigned int lockdep_irq_enter(void) { return 0; }
static inline void lockdep_irq_exit(unsigned int base) { }
static inline void lockdep_return_to_user(void) { }
static inline void lockdep_task_exit(void) { }
static inline void lockdep_init_task(struct task_struct *t) { }
static inline void lockdep_off(void) { }
static inline void lockdep_boot_done(void) { }
#define HELD_TRY	1
#define HELD_READ	2

#endif
#endif
