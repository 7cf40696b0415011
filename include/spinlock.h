/*
 * spinlock.h - fair (ticket) spinlocks
 *
 * Invariants: a spinlock is held with preemption off and without sleeping; a
 *             lock that an interrupt handler takes is always taken with
 *             interrupts off (the _irqsave forms).
 * Debug:      the owner CPU is kept; taking a lock twice on one CPU or releasing
 *             another CPU's lock is a BUG.
 */
#ifndef SPINLOCK_H
#define SPINLOCK_H

#include <asm/atomic.h>
#include <asm/irqflags.h>
#include <asm/percpu.h>
#include <bug.h>
#include <litmus.h>

typedef struct spinlock {
	u16 next;		/* ticket for the next comer */
	u16 owner;		/* ticket being served */
	u32 cpu;		/* debug: 1 + CPU that holds it, 0 if free */
} spinlock_t;

#define SPIN_LOCK_UNLOCKED { 0, 0, 0 }
#define DEFINE_SPINLOCK(name) spinlock_t name = SPIN_LOCK_UNLOCKED

static inline void spin_lock_init(spinlock_t *l)
{
	*l = (spinlock_t)SPIN_LOCK_UNLOCKED;
}

static inline bool spin_is_locked(const spinlock_t *l)
{
	return READ_ONCE(l->next) != READ_ONCE(l->owner);
}

static inline void spin_lock(spinlock_t *l)
{
	u16 me;

	litmus_point();
	preempt_disable();
	VM_BUG_ON(spin_is_locked(l) && l->cpu == smp_processor_id() + 1);
	me = __atomic_fetch_add(&l->next, 1, __ATOMIC_ACQUIRE);
	while (__atomic_load_n(&l->owner, __ATOMIC_ACQUIRE) != me)
		cpu_relax();
#ifdef QUIRE_DEBUG
	l->cpu = smp_processor_id() + 1;
#endif
}

/* Take the lock if it is free; true if taken. */
static inline bool spin_trylock(spinlock_t *l)
{
	u16 o = READ_ONCE(l->owner);

	preempt_disable();
	if (__atomic_compare_exchange_n(&l->next, &o, (u16)(o + 1), false,
					__ATOMIC_ACQUIRE, __ATOMIC_RELAXED)) {
#ifdef QUIRE_DEBUG
		l->cpu = smp_processor_id() + 1;
#endif
		return true;
	}
	preempt_enable();
	return false;
}

static inline void spin_unlock(spinlock_t *l)
{
#ifdef QUIRE_DEBUG
	BUG_ON(l->cpu != smp_processor_id() + 1);
	l->cpu = 0;
#endif
	__atomic_store_n(&l->owner, (u16)(l->owner + 1), __ATOMIC_RELEASE);
	preempt_enable();
	litmus_point();
}

static inline void spin_lock_irq(spinlock_t *l) { local_irq_disable(); spin_lock(l); }
static inline void spin_unlock_irq(spinlock_t *l) { spin_unlock(l); local_irq_enable(); }
#define spin_lock_irqsave(l, flags) do { (flags) = local_irq_save(); spin_lock(l); } while (0)
#define spin_unlock_irqrestore(l, flags) do { spin_unlock(l); local_irq_restore(flags); } while (0)
#define assert_spin_locked(l) VM_BUG_ON(!spin_is_locked(l))

#endif
