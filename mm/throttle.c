/*
 * mm/throttle.c - direct reclaim by turns
 *
 * Purpose:    when memory ends, everybody who needs some reclaims for himself.  Hundreds at once find nothing
 *             that a few would not find, and leave no CPU to who could make memory free: the disk's interrupt,
 *             kswapd, a victim on its way out.  So at most one task for each CPU does, and one alone once there was next to
 *             nothing to find; the others sleep for their turn.
 * Invariants: who sleeps holds no turn; each end of a turn wakes one who sleeps.
 *             A task that is to die does not wait: it gets what it needs to get to its end from the reserve.
 *             Who has a turn waits for no lock (mm/vmscan.c only tries them) and not for other turns.
 * Simplified: Linux slows reclaimers down by what they wait for (too many isolated pages, write-back).
 */
#include <sched.h>
#include <swap.h>
#include <wait.h>

#define ENOUGH	32		/* pages: what a turn should bring */

static atomic_t turns = ATOMIC_INIT(0);		/* in use */
static bool poor;				/* the last one has brought less */
static DECLARE_WAIT_QUEUE_HEAD(turn_wait);

/* False: somebody has one whose end is still to come, and will wake us. */
static bool take_turn(void)
{
	int n = atomic_read(&turns);

	while (n < (READ_ONCE(poor) ? 1 : (int)nr_cpus)) {
		int was = atomic_cmpxchg(&turns, n, n + 1);

		if (was == n)
			return true;
		n = was;
	}
	return false;
}

bool throttle_direct_reclaim(void)
{
	DEFINE_WAIT(wait);
	bool mine = take_turn();

	if (mine)
		return true;
	for (;;) {
		prepare_to_wait_exclusive(&turn_wait, &wait, TASK_KILLABLE);
		mine = take_turn();
		if (mine || fatal_signal_pending(current))
			break;
		schedule();
	}
	finish_wait(&turn_wait, &wait);
	return mine;
}

void end_direct_reclaim(unsigned long freed)
{
	WRITE_ONCE(poor, freed < ENOUGH);
	atomic_dec(&turns);
	wake_up(&turn_wait);
}
