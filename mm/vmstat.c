/*
 * mm/vmstat.c - what memory management counts: /proc/vmstat and /proc/meminfo
 *
 * Purpose:    the goals in counts (CR3 writes, flushes, faults) can be read by anyone.
 * Invariants: an event is counted on the CPU where it happens, by that CPU only; the sum
 *             may be read at any time and never runs backwards on one CPU.
 *             A page is counted as free, slab, page table, vmalloc, cache or anonymous at
 *             most once.
 */
#include <memblock.h>
#include <mm.h>
#include <pagemap.h>
#include <seq_file.h>
#include <slab.h>
#include <swap.h>
#include <vmalloc.h>
#include "internal.h"
#include "page_internal.h"

/* Linux's names where Linux counts the same. */
static const char *const vm_event_names[NR_VM_EVENTS] = {
	[PGFAULT] = "pgfault",
	[PGMAJFAULT] = "pgmajfault",
	[PSWPIN] = "pswpin",
	[PSWPOUT] = "pswpout",
	[SWAP_RA] = "swap_ra",
	[SWAP_RA_HIT] = "swap_ra_hit",
	[PGSCAN_KSWAPD] = "pgscan_kswapd",
	[PGSCAN_DIRECT] = "pgscan_direct",
	[PGSCAN_ANON] = "pgscan_anon",
	[PGSCAN_FILE] = "pgscan_file",
	[PGSTEAL_KSWAPD] = "pgsteal_kswapd",
	[PGSTEAL_DIRECT] = "pgsteal_direct",
	[PGSTEAL_ANON] = "pgsteal_anon",
	[PGSTEAL_FILE] = "pgsteal_file",
	[PGACTIVATE] = "pgactivate",
	[PGDEACTIVATE] = "pgdeactivate",
	[PGREFILL] = "pgrefill",
	[PGROTATED] = "pgrotated",
	[PGLAZYFREE] = "pglazyfree",
	[PGLAZYFREED] = "pglazyfreed",
	[ALLOCSTALL_DMA] = "allocstall_dma",
	[ALLOCSTALL_DMA32] = "allocstall_dma32",
	[ALLOCSTALL_NORMAL] = "allocstall_normal",
	[ALLOCSTALL_MOVABLE] = "allocstall_movable",
	[PAGEOUTRUN] = "pageoutrun",
	[NR_VMSCAN_WRITE] = "nr_vmscan_write",
	[SLABS_SCANNED] = "slabs_scanned",
	[EMPTY_TABLES] = "empty_tables_freed",
	[DROP_PAGECACHE] = "drop_pagecache",
	[DROP_SLAB] = "drop_slab",
	[PGALLOC] = "pgalloc_normal",
	[PGFREE] = "pgfree",
	[CR3_WRITES] = "cr3_writes",
	[CR3_NOFLUSHES] = "cr3_noflush",
	[TLB_FLUSH_ALL] = "nr_tlb_local_flush_all",
	[TLB_FLUSH_PAGE] = "nr_tlb_local_flush_one",
	[TLB_FLUSHES] = "nr_tlb_flush_calls",
	[TLB_REMOTE_FLUSH] = "nr_tlb_remote_flush",
	[TLB_IPIS] = "nr_tlb_remote_flush_received",
	[TLB_LAZY_SKIPPED] = "tlb_lazy_skipped",
	[TLB_LAZY_LATE] = "tlb_lazy_late",
	[COW_COPY] = "cow_copy",
	[COW_REUSE] = "pgreuse",
	[ZERO_PAGE_MAP] = "zero_page_map",
	[VMACACHE_HITS] = "vmacache_find_hits",
	[VMACACHE_FIND] = "vmacache_find_calls",
	[PGCACHE_ADD] = "pgcache_add",
	[PGCACHE_DEL] = "pgcache_del",
	[OOM_KILL] = "oom_kill",
	[FAULT_AROUND] = "fault_around",
	[FAULT_AROUND_PAGES] = "fault_around_pages",
	[READAHEAD_PAGES] = "readahead_pages",
	[NR_DIRTIED] = "nr_dirtied",
	[NR_WRITTEN] = "nr_written",
	[PGPGIN] = "pgpgin",
	[PGPGOUT] = "pgpgout",
};

unsigned long vm_event_sum(enum vm_event e)
{
	unsigned long sum = 0;
	unsigned int cpu;

	for (cpu = 0; cpu < nr_cpus; cpu++)
		sum += READ_ONCE(cpus[cpu].vm_events[e]);
	return sum;
}

unsigned long count_of(const atomic_long_t *v)
{
	long n = atomic_long_read(v);

	return n < 0 ? 0 : n;
}

unsigned long lru_shown(const struct zone *z, enum lru_list l)
{
	unsigned long n = z ? READ_ONCE(z->nr_lru[l]) : lru_pages(l);
	unsigned long anon = count_of(&nr_anon_mapped);

	if (l != LRU_INACTIVE_ANON || READ_ONCE(lru_listing))
		return n;
	if (z && z != zonelists[ZONE_NORMAL][0])
		return n;
	return n + anon - min(anon, lru_pages(LRU_UNEVICTABLE));	/* on no list yet (mm/lru.c): they would all be new */
}

static const char *const node_names[NR_NODE_COUNTS] = {
	"nr_inactive_anon", "nr_active_anon", "nr_inactive_file", "nr_active_file", "nr_unevictable",
	"nr_slab_reclaimable", "nr_slab_unreclaimable", "nr_anon_pages", "nr_mapped", "nr_file_pages", "nr_dirty",
	"nr_writeback", "nr_shmem", "nr_vmscan_write", "nr_dirtied", "nr_written", "nr_kernel_stack",
	"nr_page_table_pages", "nr_swapcached",
};

const char *node_count_name(unsigned int i)
{
	return node_names[i];
}

unsigned long node_count(unsigned int i)
{
	switch (i) {
	case 5:
		return slab_reclaimable_pages();
	case 6:
		return slab_total_pages() - slab_reclaimable_pages();
	case 7:
		return count_of(&nr_anon_mapped);
	case 8:
		return count_of(&nr_file_mapped);
	case 9:
		return count_of(&nr_file_pages) + nr_swapcache_pages();
	case 10:
		return count_of(&nr_dirty_pages);
	case 11:
		return count_of(&nr_writeback_pages);
	case 12:
		return count_of(&nr_shmem_pages);
	case 13:
		return vm_event_sum(NR_VMSCAN_WRITE);
	case 14:
		return vm_event_sum(NR_DIRTIED);
	case 15:
		return vm_event_sum(NR_WRITTEN);
	case 16:
		return nr_kernel_stacks() * (KERNEL_STACK_SIZE / 1024);		/* KiB, as on Linux */
	case 17:
		return count_of(&nr_page_table_pages);
	case 18:
		return nr_swapcache_pages();
	default:
		return lru_shown(NULL, i);
	}
}

/* Linux's events in its order; what only Quire counts follows. */
static const enum vm_event linux_events[] = {
	PGPGIN, PGPGOUT, PSWPIN, PSWPOUT, PGALLOC, ALLOCSTALL_DMA, ALLOCSTALL_DMA32,
	ALLOCSTALL_NORMAL, ALLOCSTALL_MOVABLE, PGFREE, PGACTIVATE, PGDEACTIVATE, PGLAZYFREE, PGFAULT, PGMAJFAULT,
	PGLAZYFREED, PGREFILL, COW_REUSE, PGSTEAL_KSWAPD, PGSTEAL_DIRECT, PGSCAN_KSWAPD, PGSCAN_DIRECT, PGSCAN_ANON,
	PGSCAN_FILE, PGSTEAL_ANON, PGSTEAL_FILE, SLABS_SCANNED, PAGEOUTRUN, PGROTATED,
	DROP_PAGECACHE, DROP_SLAB, OOM_KILL, TLB_REMOTE_FLUSH, TLB_IPIS, TLB_FLUSH_ALL, TLB_FLUSH_PAGE, VMACACHE_FIND,
	VMACACHE_HITS, SWAP_RA,
};

static void show_event(struct seq_file *m, enum vm_event e)
{
	unsigned long n = vm_event_sum(e);

	if (e == PGPGIN || e == PGPGOUT)
		n /= 2;			/* sectors are counted, KiB shown */
	seq_printf(m, "%s %lu\n", vm_event_names[e], n);
}

/* Shown already, by itself or among the counts of the node? */
static bool is_shown(enum vm_event e)
{
	for (size_t i = 0; i < ARRAY_SIZE(linux_events); i++)
		if (linux_events[i] == e)
			return true;
	return e == NR_VMSCAN_WRITE || e == NR_DIRTIED || e == NR_WRITTEN;
}

static const char *const lru_names[NR_LRU_LISTS] = {
	"inactive_anon", "active_anon", "inactive_file", "active_file", "unevictable",
};

void show_zone_lru(struct seq_file *m, const struct zone *z, const char *indent)
{
	for (int l = 0; l < NR_LRU_LISTS; l++)
		seq_printf(m, "%snr_zone_%s %lu\n", indent, lru_names[l], lru_shown(z, l));
}

int vmstat_show(struct seq_file *m)
{
	unsigned long background, limit;

	seq_printf(m, "nr_free_pages %lu\n", nr_free_pages());
	show_zone_lru(m, NULL, "");
	seq_printf(m, "nr_zone_write_pending %lu\nnr_mlock %lu\n",
		   count_of(&nr_dirty_pages) + count_of(&nr_writeback_pages), READ_ONCE(nr_mlock));
	for (unsigned int i = 0; i < NR_NODE_COUNTS; i++)
		seq_printf(m, "%s %lu\n", node_count_name(i), node_count(i));
	dirty_limits(&background, &limit);
	seq_printf(m, "nr_dirty_threshold %lu\nnr_dirty_background_threshold %lu\n", limit, background);
	for (size_t i = 0; i < ARRAY_SIZE(linux_events); i++)
		show_event(m, linux_events[i]);
	for (int e = 0; e < NR_VM_EVENTS; e++)
		if (!is_shown(e))
			show_event(m, e);
	return 0;
}

/*
 * What a new program could have without swapping: free pages but the reserve, and of file pages and reclaimable
 * slabs all but a part that works better in memory.
 */
unsigned long meminfo_available(void)
{
	unsigned long free = nr_free_pages(), reserve = 0, low = 0;
	unsigned long file = lru_shown(NULL, LRU_ACTIVE_FILE) + lru_shown(NULL, LRU_INACTIVE_FILE);
	unsigned long slab = slab_reclaimable_pages();

	for (int i = 0; i < MAX_NR_ZONES; i++) {
		reserve += min(zones[i].watermark[WMARK_HIGH] + zones[i].lowmem_reserve, zones[i].managed_pages);
		low += zones[i].watermark[WMARK_LOW];
	}
	return (free > reserve ? free - reserve : 0) + file - min(file / 2, low) + slab - min(slab / 2, low);
}

static void show_kb(struct seq_file *m, const char *name, unsigned long pages)
{
	seq_printf(m, "%-15s %8lu kB\n", name, pages << (PAGE_SHIFT - 10));
}

static void show_lru(struct seq_file *m)
{
	unsigned long n[NR_LRU_LISTS];

	for (int l = 0; l < NR_LRU_LISTS; l++)
		n[l] = lru_shown(NULL, l);
	show_kb(m, "Active:", n[LRU_ACTIVE_ANON] + n[LRU_ACTIVE_FILE]);
	show_kb(m, "Inactive:", n[LRU_INACTIVE_ANON] + n[LRU_INACTIVE_FILE]);
	show_kb(m, "Active(anon):", n[LRU_ACTIVE_ANON]);
	show_kb(m, "Inactive(anon):", n[LRU_INACTIVE_ANON]);
	show_kb(m, "Active(file):", n[LRU_ACTIVE_FILE]);
	show_kb(m, "Inactive(file):", n[LRU_INACTIVE_FILE]);
	show_kb(m, "Unevictable:", n[LRU_UNEVICTABLE]);
}

int meminfo_show(struct seq_file *m)
{
	unsigned long file = count_of(&nr_file_pages), shmem = count_of(&nr_shmem_pages);
	unsigned long slab = slab_total_pages(), reclaimable = slab_reclaimable_pages(), direct[3];

	show_kb(m, "MemTotal:", totalram_pages());
	show_kb(m, "MemFree:", nr_free_pages());
	show_kb(m, "MemAvailable:", meminfo_available());
	show_kb(m, "Buffers:", nr_blockdev_pages());
	show_kb(m, "Cached:", file - min(file, nr_blockdev_pages()));
	show_kb(m, "SwapCached:", nr_swapcache_pages());
	show_lru(m);
	show_kb(m, "Mlocked:", READ_ONCE(nr_mlock));
	show_kb(m, "SwapTotal:", total_swap_pages());
	show_kb(m, "SwapFree:", nr_swap_pages());
	show_kb(m, "Dirty:", count_of(&nr_dirty_pages));
	show_kb(m, "Writeback:", count_of(&nr_writeback_pages));
	show_kb(m, "AnonPages:", count_of(&nr_anon_mapped));
	show_kb(m, "Mapped:", count_of(&nr_file_mapped));
	show_kb(m, "Shmem:", shmem);
	show_kb(m, "KReclaimable:", reclaimable);
	show_kb(m, "Slab:", slab);
	show_kb(m, "SReclaimable:", reclaimable);
	show_kb(m, "SUnreclaim:", slab - min(slab, reclaimable));
	show_kb(m, "KernelStack:", nr_kernel_stacks() * (KERNEL_STACK_SIZE / PAGE_SIZE));
	show_kb(m, "PageTables:", count_of(&nr_page_table_pages));
	show_kb(m, "CommitLimit:", vm_commit_limit());
	show_kb(m, "Committed_AS:", count_of(&vm_committed_as));
	show_kb(m, "VmallocTotal:", (VMALLOC_END - VMALLOC_START) >> PAGE_SHIFT);
	show_kb(m, "VmallocUsed:", vmalloc_used_pages());
	show_kb(m, "VmallocChunk:", 0);		/* Linux has not counted it for long */
	direct_map_count(direct);
	show_kb(m, "DirectMap4k:", direct[0]);
	show_kb(m, "DirectMap2M:", direct[1]);
	if (direct[2])
		show_kb(m, "DirectMap1G:", direct[2]);
	return 0;
}

void mm_drain_caches(void)
{
	drain_kernel_stacks();
	drain_table_caches();
	slab_shrink_all();
	drain_all_pages();
}
