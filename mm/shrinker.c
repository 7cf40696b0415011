/*
 * mm/shrinker.c - what the kernel keeps beside pages: names, inodes, idle slabs, and how much of it goes
 *
 * Purpose:    caches of the kernel's own must shrink as the page cache does, by the same pressure: a round of
 *             reclaim that looks at 1/2^priority of the lists looks at the same part of every such cache.
 *
 *               shrink_slab(priority) --> each shrinker: count_objects: how many could go?
 *                                                        scan_objects:  look at so many, oldest first
 *
 *             What is dear to make again counts for less: a cache with seeks 2 loses twice the part that seeks 4 loses.
 *             With seeks 0 it is only kept ready (an idle slab, a kernel stack): half of it goes each time.
 * Invariants: a shrinker waits for nothing and takes locks only if they are free: whoever asks for memory may hold
 *             others.  What is too little to begin with is remembered (nr_deferred) and added the next time, so that
 *             a small cache shrinks under a long, low pressure as well.
 *             Shrinkers are registered at boot and never go away: no lock to walk them.
 * Simplified: one node, no memory groups; pages that came free are told by the shrinker itself.
 * Sources:    Gorman, "Understanding the Linux Virtual Memory Manager", "Shrinking all caches".
 */
#include <mm.h>
#include <sched.h>

#define SHRINK_BATCH 128UL		/* objects looked at in one go */

static LIST_HEAD(shrinkers);
static DEFINE_SPINLOCK(shrinkers_lock);

void register_shrinker(struct shrinker *s)
{
	unsigned long flags;

	spin_lock_irqsave(&shrinkers_lock, flags);
	list_add_tail(&s->list, &shrinkers);
	spin_unlock_irqrestore(&shrinkers_lock, flags);
}

/* How many of @freeable objects are to be looked at, with what was put off before. */
static unsigned long objects_wanted(struct shrinker *s, unsigned long freeable, int priority)
{
	unsigned long want = s->seeks ? (freeable >> priority) * 4 / s->seeks : (freeable + 1) / 2;
	long deferred = atomic_long_read(&s->nr_deferred);

	atomic_long_sub(deferred, &s->nr_deferred);
	return min(want + deferred, 2 * freeable);
}

static unsigned long shrink_one(struct shrinker *s, int priority)
{
	struct shrink_control sc = { .priority = priority };
	unsigned long freeable = s->count_objects(s, &sc), want, scanned = 0, freed = 0;

	if (!freeable)
		return 0;
	want = objects_wanted(s, freeable, priority);
	while (want >= min(SHRINK_BATCH, freeable)) {
		unsigned long n;

		sc.nr_to_scan = min(want, SHRINK_BATCH);
		sc.nr_scanned = sc.nr_to_scan;
		n = s->scan_objects(s, &sc);
		if (n == SHRINK_STOP)
			break;
		freed += n;
		scanned += sc.nr_scanned;
		want -= min(want, sc.nr_scanned);
		if (!sc.nr_scanned)
			break;
		cond_resched();
	}
	if (want)
		atomic_long_add(want, &s->nr_deferred);
	if (scanned) {
		count_vm_events(SLABS_SCANNED, scanned);
		trace_shrink_slab(s->name, scanned, freed);
	}
	return sc.nr_pages;
}

unsigned long shrink_slab(int priority)
{
	unsigned long pages = 0;
	struct shrinker *s;

	list_for_each_entry(s, &shrinkers, list)
		pages += shrink_one(s, priority);
	return pages;
}

#define DROP_ROUNDS 10

void drop_slab(void)
{
	for (int i = 0; i < DROP_ROUNDS && shrink_slab(0); i++)
		cond_resched();
}
