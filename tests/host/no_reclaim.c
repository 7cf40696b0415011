/*
 * tests/host/no_reclaim.c - for tests of the page allocator without the rest of mm/: what gives back is shrinkers alone
 */
#include <mm.h>
#include <swap.h>

unsigned long try_to_free_pages(gfp_t gfp, unsigned int order)
{
	return shrink_slab(0);
}

void wakeup_kswapd(void) { }
