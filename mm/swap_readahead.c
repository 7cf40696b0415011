/*
 * mm/swap_readahead.c - how many slots are read with the one that is wanted
 *
 * Purpose:    what was written to swap together is wanted together, by who walks through memory in order; who jumps about
 *             wants one page, and each other one that is read for him pushes out one that he may need.
 * Invariants: PG_readahead in a page of the swap cache: it was read for the sake of another, and nobody has come to it yet.
 * Locks:      none; two who fault at the same time may spoil each other's guess.
 * Simplified: one guess for all processes and areas; a page-cluster of more than 8 is as 8.
 * Sources:    Gorman, "Understanding the Linux Virtual Memory Manager", "Swap Management"; the counters are Linux's
 *             swap_ra and swap_ra_hit.
 */
#include <mm.h>
#include <swap.h>
#include "internal.h"

#define LARGEST		8		/* of page-cluster: a mebibyte */

int sysctl_page_cluster = 3;
static atomic_t hits = ATOMIC_INIT(8);	/* pages that somebody came to, since the last window */
static unsigned long last_offset;		/* of the slot that the last window was for */
static unsigned int last_window = 1;		/* its slots */

/*
 * Slots to be read for @e, itself among them: 1, 2, 4 ... 1 << page_cluster, those of its aligned group.  As many as the
 * last time if somebody came to what was read then, or more if that was most of it; half as many if nobody did, in the
 * end one alone, until neighbours are asked for again.
 */
unsigned int swapin_window(swp_entry_t e)
{
	unsigned long off = swp_offset(e), last = READ_ONCE(last_offset);
	unsigned int used = atomic_xchg(&hits, 0), n = READ_ONCE(last_window);
	unsigned int most = 1U << min(READ_ONCE(sysctl_page_cluster), LARGEST);

	if (most == 1)
		return 1;
	if (!used)
		n = max(n / 2, 1U);
	while (used && n < most && n < used + 2)
		n *= 2;
	n = min(n, most);
	if (n == 1 && (off == last + 1 || off + 1 == last))
		n = 2;
	WRITE_ONCE(last_offset, off);
	WRITE_ONCE(last_window, n);
	return n;
}

/* Somebody came to @page of the swap cache. */
void swapin_used(struct page *page)
{
	if (!PageReadahead(page) || !TestClearPageReadahead(page))
		return;
	atomic_inc(&hits);
	count_vm_event(SWAP_RA_HIT);
}
