/*
 * spinlock.h - fair (ticket) spinlocks
 *
 * Invariants: a spinlock is held with preemption off and without sleeping; a
 *             lock that an interrupt handler takes is always taken with
 *             interrupts off (the _irqsave forms).
 * Debug:      the owner CPU is kept; taking a lock twice on one CPU or releasing
 *             another CPU's lock is a BUG.  The order in which locks are taken is
 *             learned and checked: lockdep.h.
 */
#ifndef SPINLOCK_H
#define SPINLOCK_H

#include <asm/atomic.h>
#include <asm/irqflags.h>
#include <asm/percpu.h>
#include <bug.h>
#include <litmus.h>
#include <lockdep.h>

typedef struct spinlock {
	u16 next;		/* ticket for the next comer */
	u16 owner;		/* ticket being served */
	u8 cpu;			/* debug: 1 + CPU that holds it, 0 if free */
	u8 class;		/* debug: lockdep.h */
	u16 unused;
} spinlock_t;

_Static_assert(NR_CPUS < 256, "a CPU's number fits");

/* By @class, one of enum lock_class_id; or found out by DEFINE_SPINLOCK's or LOCK_NAME's entry. */
#define SPIN_LOCK_OF(class) { 0, 0, 0, class, 0 }
#define SPIN_LOCK_UNLOCKED SPIN_LOCK_OF(LOCK_CLASS_UNKNOWN)
#define DEFINE_SPINLOCK(name) spinlock_t name = SPIN_LOCK_UNLOCKED; LOCK_NAME(name, name, #name)

/* Its class is called as the expression, or @class where that says too little. */
#define spin_lock_init(l) spin_lock_init_class(l, #l)
#define spin_lock_init_class(l, class) do { \
	*(l) = (spinlock_t)SPIN_LOCK_UNLOCKED; set_lock_class(l, class); } while (0)

static inline bool spin_is_locked(const spinlock_t *l)
{
	return READ_ONCE(l->next) != READ_ONCE(l->owner);
}

/*
 * The second of two of a class, where both are held in an order of their own (lower CPU, lower address):
 * @sub, 1 or 2, tells the checker so.
 */
static __always_inline void spin_lock_nested(spinlock_t *l, unsigned int sub)
{
	u16 me;

	litmus_point();
	preempt_disable();
	lockdep_spin_acquire(l, sub);
	VM_BUG_ON(spin_is_locked(l) && l->cpu == smp_processor_id() + 1);
	me = __atomic_fetch_add(&l->next, 1, __ATOMIC_ACQUIRE);
	while (__atomic_load_n(&l->owner, __ATOMIC_ACQUIRE) != me)
		cpu_relax();
#ifdef QUIRE_DEBUG
	l->cpu = smp_processor_id() + 1;
#endif
}

static __always_inline void spin_lock(spinlock_t *l) { spin_lock_nested(l, 0); }

/* Take the lock if it is free; true if taken. */
static __always_inline bool spin_trylock(spinlock_t *l)
{
	u16 o = READ_ONCE(l->owner);

	preempt_disable();
	if (__atomic_compare_exchange_n(&l->next, &o, (u16)(o + 1), false,
					__ATOMIC_ACQUIRE, __ATOMIC_RELAXED)) {
#ifdef QUIRE_DEBUG
		l->cpu = smp_processor_id() + 1;
#endif
		lockdep_spin_acquired_try(l);
		return true;
	}
	preempt_enable();
	return false;
}

static __always_inline void spin_unlock(spinlock_t *l)
{
	lockdep_spin_release(l);
#ifdef QUIRE_DEBUG
	BUG_ON(l->cpu != smp_processor_id() + 1);
	l->cpu = 0;
#endif
	__atomic_store_n(&l->owner, (u16)(l->owner + 1), __ATOMIC_RELEASE);
	preempt_enable();
	litmus_point();
}

static __always_inline void spin_lock_irq(spinlock_t *l) { local_irq_disable(); spin_lock(l); }
static __always_inline void spin_unlock_irq(spinlock_t *l) { spin_unlock(l); local_irq_enable(); }
#define spin_lock_irqsave(l, flags) do { (flags) = local_irq_save(); spin_lock(l); } while (0)
#define spin_unlock_irqrestore(l, flags) do { spin_unlock(l); local_irq_restore(flags); } while (0)
/* Who calls may sleep: no spinlock is held, no interrupt served, interrupts are on. */
#ifdef QUIRE_LOCKDEP
#define might_sleep() do { if (unlikely(in_atomic() || irqs_disabled())) \
	lockdep_sleeps_in_atomic((unsigned long)__builtin_return_address(0)); } while (0)
#else
#define might_sleep() VM_BUG_ON(in_atomic())
#endif
#define assert_spin_locked(l) VM_BUG_ON(!spin_is_locked(l))

#endif
