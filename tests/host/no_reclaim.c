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
void wait_for_lists(void) { }
bool throttle_direct_reclaim(void) { return true; }
void end_direct_reclaim(unsigned long freed) { }
bool tsk_is_oom_victim(const struct task_struct *t) { return false; }
unsigned long nr_swap_pages(void) { return 0; }
unsigned long swap_area_changes(void) { return 0; }
