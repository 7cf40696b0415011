/*
 * tests/kernel/test_lockdep.c - each mistake with locks is seen by the checker (kernel/lockdep.c)
 *
 * Purpose:    a checker that never speaks proves nothing: make each mistake once, alone, where nothing can
 *             hang, and read the report.
 * Invariants: every case has classes of its own, called "test ...": what it teaches stays known.  A case takes
 *             its steps again when it is run again: what is an error stays out of the graph.
 */
#include <ktest.h>
#include <lockdep.h>
#include <mm.h>
#include <mutex.h>
#include <sched.h>
#include <string.h>
#include <time.h>

#ifdef QUIRE_LOCKDEP

static struct lockdep_trap seen;

static void watch(void)
{
	memset(&seen, 0, sizeof(seen));
	WRITE_ONCE(lockdep_trap, &seen);
	barrier();
}

static void unwatch(void)
{
	barrier();
	WRITE_ONCE(lockdep_trap, NULL);
}

/* Was there exactly one report, with all these words? */
static bool reported(const char *kind, const char *words, const char *more)
{
	return seen.count == 1 && strstr(seen.text, kind) && strstr(seen.text, words) && strstr(seen.text, more);
}

#define EXPECT_REPORT(kind, words, more) do { if (!reported(kind, words, more)) { \
	ktest_fail(t, __FILE__, __LINE__, "%u reports: %s", seen.count, seen.text); return; } } while (0)

static noinline void take_both(spinlock_t *first, spinlock_t *second)
{
	spin_lock(first);
	spin_lock(second);
	spin_unlock(second);
	spin_unlock(first);
}

KTEST(lockdep, two_locks_in_both_orders_are_a_cycle)
{
	spinlock_t a, b;

	spin_lock_init_class(&a, "test cycle a");
	spin_lock_init_class(&b, "test cycle b");
	watch();
	take_both(&a, &b);
	take_both(&a, &b);
	if (!seen.count)
		take_both(&b, &a);
	unwatch();
	EXPECT_REPORT("two orders", "test cycle a > test cycle b: take_both", "test cycle b > test cycle a: take_both");
}

KTEST(lockdep, cycle_of_three_is_found_at_its_last_step)
{
	spinlock_t a, b, c;
	unsigned int early;

	spin_lock_init_class(&a, "test ring a");
	spin_lock_init_class(&b, "test ring b");
	spin_lock_init_class(&c, "test ring c");
	watch();
	take_both(&a, &b);
	take_both(&b, &c);
	take_both(&a, &c);
	early = seen.count;
	take_both(&c, &a);
	unwatch();
	EXPECT_EQ(early, 0);
	EXPECT_REPORT("two orders", "test ring c > test ring a", "held by process");
}

KTEST(lockdep, order_of_a_mutex_and_a_semaphore_is_checked_too)
{
	struct mutex m;
	struct rw_semaphore s;

	mutex_init_class(&m, "test mutex");
	init_rwsem_class(&s, "test semaphore");
	watch();
	mutex_lock(&m);
	down_read(&s);
	up_read(&s);
	mutex_unlock(&m);
	down_write(&s);
	mutex_lock(&m);
	mutex_unlock(&m);
	up_write(&s);
	unwatch();
	EXPECT_REPORT("two orders", "test mutex > test semaphore", "test semaphore > test mutex");
}

KTEST(lockdep, page_lock_has_its_place_in_the_order)
{
	struct page *page = alloc_page(GFP_KERNEL);
	struct mutex m;

	EXPECT(page);
	mutex_init_class(&m, "test page mutex");
	watch();
	lock_page(page);
	mutex_lock(&m);
	mutex_unlock(&m);
	unlock_page(page);
	mutex_lock(&m);
	lock_page(page);
	unlock_page(page);
	mutex_unlock(&m);
	unwatch();
	__free_page(page);
	EXPECT_REPORT("two orders", "page lock > test page mutex", "test page mutex > page lock");
}

KTEST(lockdep, trylock_does_not_wait_and_makes_no_order)
{
	spinlock_t a, b;
	bool got;

	spin_lock_init_class(&a, "test try a");
	spin_lock_init_class(&b, "test try b");
	watch();
	take_both(&a, &b);
	spin_lock(&b);
	got = spin_trylock(&a);
	spin_unlock(&a);
	spin_unlock(&b);
	unwatch();
	EXPECT(got);
	EXPECT_EQ(seen.count, 0);
}

KTEST(lockdep, lock_below_a_trylock_still_has_an_order)
{
	spinlock_t a, b, c;

	spin_lock_init_class(&a, "test under a");
	spin_lock_init_class(&b, "test under b");
	spin_lock_init_class(&c, "test under c");
	watch();
	take_both(&c, &a);
	spin_lock(&a);
	if (spin_trylock(&b)) {
		spin_lock(&c);
		spin_unlock(&c);
		spin_unlock(&b);
	}
	spin_unlock(&a);
	unwatch();
	EXPECT_REPORT("two orders", "test under c > test under a", "test under a > test under c");
}

KTEST(lockdep, two_of_a_class_need_an_order_of_their_own)
{
	spinlock_t l[2];
	unsigned int nested;

	for (int i = 0; i < 2; i++)
		spin_lock_init_class(&l[i], "test pair");
	watch();
	spin_lock(&l[0]);
	spin_lock_nested(&l[1], 1);
	spin_unlock(&l[1]);
	spin_unlock(&l[0]);
	nested = seen.count;
	take_both(&l[0], &l[1]);
	unwatch();
	EXPECT_EQ(nested, 0);
	EXPECT_REPORT("a second lock of one class", "test pair > test pair", "take_both");
}

KTEST(lockdep, reader_may_not_come_in_twice)
{
	struct rw_semaphore s;

	init_rwsem_class(&s, "test reader");
	watch();
	down_read(&s);
	down_read(&s);		/* a writer between the two would wait for the first, and this one for it */
	up_read(&s);
	up_read(&s);
	unwatch();
	EXPECT_REPORT("held already", "test reader", "(read)");
}

KTEST(lockdep, sleep_under_a_spinlock_names_the_spinlock)
{
	struct mutex m;
	spinlock_t l;

	mutex_init_class(&m, "test slept for");
	spin_lock_init_class(&l, "test spinning");
	watch();
	spin_lock(&l);
	mutex_lock(&m);
	mutex_unlock(&m);
	spin_unlock(&l);
	unwatch();
	EXPECT(seen.count);
	EXPECT(strstr(seen.text, "may sleep who must not"));
	EXPECT(strstr(seen.text, "test spinning"));
}

KTEST(lockdep, sleep_with_interrupts_off_is_reported)
{
	struct rw_semaphore s;
	unsigned long flags;

	init_rwsem_class(&s, "test slept for, off");
	watch();
	flags = local_irq_save();
	down_read(&s);
	up_read(&s);
	local_irq_restore(flags);
	unwatch();
	EXPECT_REPORT("may sleep who must not", "interrupts off", "no lock is held");
}

/* ---- in an interrupt ---- */

static spinlock_t irq_lock, outer_lock;
static bool fired;

/* Let @fn run in the timer's interrupt. */
static void interrupt(void (*fn)(struct timer *t))
{
	struct timer timer;

	fired = false;
	timer_setup(&timer, fn);
	timer_start(&timer, clock_read_ns() + 100000);
	while (!READ_ONCE(fired))
		cpu_relax();
}

static void take_in_interrupt(struct timer *t)
{
	spin_lock(&irq_lock);
	spin_unlock(&irq_lock);
	WRITE_ONCE(fired, true);
}

static void keep_in_interrupt(struct timer *t)
{
	spin_lock(&irq_lock);
	WRITE_ONCE(fired, true);
}

KTEST(lockdep, lock_of_an_interrupt_is_not_held_with_interrupts_on)
{
	unsigned long flags;
	unsigned int off;

	spin_lock_init_class(&irq_lock, "test of interrupts");
	watch();
	interrupt(take_in_interrupt);
	spin_lock_irqsave(&irq_lock, flags);
	spin_unlock_irqrestore(&irq_lock, flags);
	off = seen.count;
	spin_lock(&irq_lock);
	spin_unlock(&irq_lock);
	unwatch();
	EXPECT_EQ(off, 0);
	EXPECT_REPORT("whose holder it interrupts", "is taken in interrupts: take_in_interrupt",
		      "is held with interrupts on: ktest_lockdep_lock_of");
}

KTEST(lockdep, lock_held_with_interrupts_on_is_not_taken_by_one)
{
	spin_lock_init_class(&irq_lock, "test of processes");
	watch();
	spin_lock(&irq_lock);
	spin_unlock(&irq_lock);
	interrupt(take_in_interrupt);
	unwatch();
	EXPECT_REPORT("whose holder it interrupts", "is taken in interrupts: take_in_interrupt", "test of processes");
}

/* Interrupt takes A; somebody who holds A wants B; and who holds B is interrupted, and A is wanted. */
KTEST(lockdep, lock_under_that_of_an_interrupt_is_not_held_with_interrupts_on)
{
	unsigned long flags;
	unsigned int before;

	spin_lock_init_class(&irq_lock, "test safe");
	spin_lock_init_class(&outer_lock, "test unsafe");
	watch();
	interrupt(take_in_interrupt);
	spin_lock(&outer_lock);
	spin_unlock(&outer_lock);
	before = seen.count;
	flags = local_irq_save();
	take_both(&irq_lock, &outer_lock);
	local_irq_restore(flags);
	unwatch();
	EXPECT_EQ(before, 0);
	EXPECT_REPORT("whose holder it interrupts", "test safe is taken in interrupts",
		      "test safe > test unsafe: take_both");
}

KTEST(lockdep, interrupt_may_come_while_another_lock_is_held)
{
	spin_lock_init_class(&irq_lock, "test inner");
	spin_lock_init_class(&outer_lock, "test interrupted");
	watch();
	spin_lock(&outer_lock);
	interrupt(take_in_interrupt);		/* it does not wait because of us */
	spin_unlock(&outer_lock);
	local_irq_disable();
	spin_lock(&irq_lock);
	spin_unlock(&irq_lock);
	local_irq_enable();
	unwatch();
	EXPECT_EQ(seen.count, 0);
}

KTEST(lockdep, lock_that_an_interrupt_leaves_behind_is_reported)
{
	spin_lock_init_class(&irq_lock, "test left behind");
	watch();
	interrupt(keep_in_interrupt);
	unwatch();
	preempt_enable();			/* what the interrupt did not */
	spin_lock_init_class(&irq_lock, "test left behind");
	EXPECT_REPORT("an interrupt ends with a lock held", "test left behind", "keep_in_interrupt");
}

/* ---- left behind ---- */

KTEST(lockdep, lock_held_on_the_way_to_user_mode_is_reported)
{
	struct rw_semaphore s;

	init_rwsem_class(&s, "test taken along");
	watch();
	lockdep_return_to_user();
	down_write(&s);
	if (!seen.count)
		lockdep_return_to_user();
	up_write(&s);
	unwatch();
	EXPECT_REPORT("returns to user mode with a lock held", "test taken along", "taken in ktest_lockdep_lock_held");
}

KTEST(lockdep, task_that_ends_with_a_lock_held_is_reported)
{
	struct mutex m;

	mutex_init_class(&m, "test inherited");
	watch();
	lockdep_task_exit();
	mutex_lock(&m);
	if (!seen.count)
		lockdep_task_exit();
	mutex_unlock(&m);
	unwatch();
	EXPECT_REPORT("a task ends with a lock held", "test inherited", "held by process");
}

KTEST(lockdep, release_of_what_is_not_held_is_reported)
{
	struct page *page = alloc_page(GFP_KERNEL);

	EXPECT(page);
	SetPageLocked(page);		/* behind the checker's back */
	watch();
	unlock_page(page);
	unwatch();
	__free_page(page);
	EXPECT_REPORT("released that is not held", "ktest_lockdep_release", "no lock is held");
}

KTEST(lockdep, locks_may_be_released_in_any_order)
{
	spinlock_t a, b, c, d;

	spin_lock_init_class(&a, "test any a");
	spin_lock_init_class(&b, "test any b");
	spin_lock_init_class(&c, "test any c");
	spin_lock_init_class(&d, "test any d");
	watch();
	spin_lock(&a);
	spin_lock(&b);
	spin_lock(&c);
	spin_unlock(&a);
	spin_lock(&d);
	spin_unlock(&b);
	spin_unlock(&c);
	spin_unlock(&d);
	take_both(&d, &c);		/* but c > d was learned, when a had gone */
	unwatch();
	EXPECT_REPORT("two orders", "test any c > test any d", "test any d > test any c");
}

#endif
