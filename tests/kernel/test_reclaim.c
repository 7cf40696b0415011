/*
 * tests/kernel/test_reclaim.c - what reclaim takes and what it leaves, seen from inside
 *
 * Purpose:    pages of a file that the test plays itself, and pages that MADV_FREE gave up: neither needs a disk.
 *             Swap, ext2 and whole loads: tests/user/reclaim.c, swap.c, vmload.c.
 */
#include <err.h>
#include <swap.h>
#include <time.h>
#include "../../mm/page_internal.h"
#include "fs_util.h"

/* ---- a file whose pages have a home that nobody writes to ---- */

static unsigned int writepages;

static int count_writepage(struct address_space *m, struct page *page)
{
	writepages++;
	unlock_page(page);
	return 0;
}

static const struct address_space_operations home_aops = { .writepage = count_writepage };
static struct inode host;

static void make_file(void)
{
	memset(&host, 0, sizeof(host));
	address_space_init(&host.i_data, &host, &home_aops);
	host.i_mapping = &host.i_data;
	writepages = 0;
}

/* Its pages [0, nr), clean.  How many there are. */
static unsigned long fill(unsigned long nr)
{
	for (unsigned long i = 0; i < nr; i++) {
		struct page *page = find_or_create_page(&host.i_data, i, GFP_HIGHUSER_MOVABLE);

		if (!page)
			break;
		SetPageUptodate(page);
		unlock_page(page);
		put_page(page);
	}
	return host.i_data.nrpages;
}

/* The cached page @i, without a reference: nobody else is there. */
static struct page *cached(unsigned long i)
{
	struct page *page = find_get_page(&host.i_data, i);

	if (page)
		put_page(page);
	return page;
}

static void empty_file(void)
{
	truncate_inode_pages(&host.i_data, 0);
}

/* Reclaim this one page: 1 if it went. */
static unsigned long reclaim_one(struct page *page)
{
	LIST_HEAD(taken);

	lru_take(page, &taken);
	return reclaim_pages(&taken);
}

/* ---- which page goes ---- */

KTEST(reclaim, clean_pages_go_and_those_that_somebody_needs_stay)
{
	unsigned long gone = 0;

	make_file();
	EXPECT_EQ(fill(8), 8);
	SetPageDirty(cached(3));
	get_page(cached(5));
	SetPageWriteback(cached(6));
	for (int i = 0; i < 8; i++)
		gone += reclaim_one(cached(i));
	EXPECT_EQ(gone, 5);
	EXPECT(cached(3) && cached(5) && cached(6));
	EXPECT_EQ(host.i_data.nrpages, 3);
	EXPECT_EQ(writepages, 0);		/* that is write-back's matter */
	EXPECT_EQ(lru_verify(), 0);
	ClearPageDirty(cached(3));
	put_page(cached(5));
	ClearPageWriteback(cached(6));
	EXPECT_EQ(reclaim_one(cached(5)), 1);
	empty_file();
}

MM_TEST(reclaim, pages_given_up_go_unless_they_were_used_or_written)
{
	unsigned long lazy = vm_event_sum(PGLAZYFREE), freed = vm_event_sum(PGLAZYFREED);
	struct page *old, *used, *written;

	map_at(0, 3, RW);
	for (int i = 0; i < 3; i++)
		EXPECT(poke(AT(i), 40 + i));
	EXPECT_EQ(sys_madvise(AT(0), 3 * PAGE_SIZE, MADV_FREE), 0);
	EXPECT_EQ(vm_event_sum(PGLAZYFREE) - lazy, 3);
	old = page_at(mm, AT(0));
	used = page_at(mm, AT(1));
	written = page_at(mm, AT(2));
	EXPECT_EQ(peek(AT(1)), 41);
	EXPECT(poke(AT(2), 52));
	EXPECT_EQ(reclaim_one(old), 1);
	EXPECT_EQ(reclaim_one(used), 0);	/* its accessed bit gives it a second chance */
	EXPECT_EQ(reclaim_one(written), 0);	/* the same */
	EXPECT_EQ(reclaim_one(written), 0);	/* it is dirty: its contents count again */
	EXPECT(pte_none(entry(mm, AT(0))) && page_at(mm, AT(1)) == used && page_at(mm, AT(2)) == written);
	EXPECT(!pte_young(entry(mm, AT(1))) && PageReferenced(used));
	EXPECT(PageSwapBacked(written) && !PageSwapBacked(used));
	EXPECT_EQ(reclaim_one(used), 1);	/* nobody took it */
	EXPECT_EQ(peek(AT(2)), 52);
	EXPECT_EQ(vm_event_sum(PGLAZYFREED) - freed, 2);
	EXPECT_EQ(get_mm_counter(mm, MM_ANONPAGES), 1);
	EXPECT_EQ(peek(AT(0)), 0);
}

MM_TEST(reclaim, a_page_that_the_kernel_holds_keeps_its_entry)
{
	struct page *page;

	map_at(0, 1, RW);
	EXPECT(poke(AT(0), 7));
	EXPECT_EQ(sys_madvise(AT(0), PAGE_SIZE, MADV_FREE), 0);
	page = page_at(mm, AT(0));
	get_page(page);
	EXPECT_EQ(reclaim_one(page), 0);
	EXPECT(page_at(mm, AT(0)) == page);
	put_page(page);
	EXPECT_EQ(reclaim_one(page), 1);
}

MM_TEST(reclaim, locked_pages_stand_aside_until_they_are_unlocked)
{
	unsigned long before = lru_pages(LRU_UNEVICTABLE);
	struct page *page;

	map_at(0, 1, RW);
	EXPECT(poke(AT(0), 7));
	EXPECT_EQ(sys_mlock(AT(0), PAGE_SIZE), 0);
	page = page_at(mm, AT(0));
	EXPECT_EQ(reclaim_one(page), 0);
	EXPECT(PageUnevictable(page) && PageLRU(page));
	EXPECT_EQ(lru_pages(LRU_UNEVICTABLE), before + 1);
	EXPECT_EQ(lru_verify(), 0);
	EXPECT_EQ(sys_munlock(AT(0), PAGE_SIZE), 0);
	EXPECT(!PageUnevictable(page) && PageLRU(page));
	EXPECT_EQ(lru_pages(LRU_UNEVICTABLE), before);
	EXPECT_EQ(lru_verify(), 0);
}

/* Reclaim has it in its hands: nobody else puts it on a list, nor takes it a second time. */
MM_TEST(reclaim, a_page_that_was_taken_and_is_locked_meanwhile_comes_back_as_such)
{
	unsigned long before = lru_pages(LRU_UNEVICTABLE);
	LIST_HEAD(taken);
	LIST_HEAD(again);
	struct page *page;

	map_at(0, 1, RW);
	EXPECT(poke(AT(0), 7));
	page = page_at(mm, AT(0));
	lru_take(page, &taken);
	lru_take(page, &again);
	EXPECT(list_empty(&again));
	lru_cache_add(page);
	EXPECT_EQ(sys_mlock(AT(0), PAGE_SIZE), 0);
	EXPECT(!PageLRU(page) && taken.next == &page->lru && taken.prev == &page->lru);
	EXPECT_EQ(lru_pages(LRU_UNEVICTABLE), before);
	EXPECT_EQ(reclaim_pages(&taken), 0);
	EXPECT(PageLRU(page) && PageUnevictable(page));
	EXPECT_EQ(lru_pages(LRU_UNEVICTABLE), before + 1);
	EXPECT_EQ(lru_verify(), 0);
	EXPECT_EQ(sys_munlock(AT(0), PAGE_SIZE), 0);
	EXPECT_EQ(lru_pages(LRU_UNEVICTABLE), before);
}

MM_TEST(reclaim, cold_pages_become_inactive)
{
	unsigned long before = vm_event_sum(PGDEACTIVATE);
	struct page *page;

	map_at(0, 1, RW);
	EXPECT(poke(AT(0), 7));
	page = page_at(mm, AT(0));
	SetPageReferenced(page);
	EXPECT_EQ(reclaim_one(page), 0);	/* it was used: to the active list */
	EXPECT(PageActive(page) && PageLRU(page));
	EXPECT_EQ(sys_madvise(AT(0), PAGE_SIZE, MADV_COLD), 0);
	EXPECT(!PageActive(page) && !pte_young(entry(mm, AT(0))));
	EXPECT_EQ(vm_event_sum(PGDEACTIVATE) - before, 1);
	EXPECT_EQ(lru_verify(), 0);
}

/* ---- rounds ---- */

static bool running, ended;

static int one_round(void *unused)
{
	WRITE_ONCE(running, true);
	shrink_round(RECLAIM_DIRECT, 0);
	WRITE_ONCE(ended, true);
	return 0;
}

KTEST(reclaim, the_disk_is_waited_for_only_when_a_round_frees_nothing)
{
	struct page *slow;

	make_file();
	EXPECT_EQ(fill(64), 64);
	slow = cached(7);
	SetPageWriteback(slow);
	for (int i = 0; i < 10 && host.i_data.nrpages > 1; i++)
		shrink_round(RECLAIM_DIRECT, 0);	/* and comes back */
	EXPECT_EQ(host.i_data.nrpages, 1);
	running = ended = false;
	EXPECT(!IS_ERR(kthread_run(one_round, NULL, "round")));
	while (!READ_ONCE(running))
		msleep(1);
	msleep(50);
	get_page(slow);
	if (READ_ONCE(ended))			/* after the wait for it, which must be over before we fail */
		ktest_fail(t, __FILE__, __LINE__, "a barren round did not wait for the disk");
	page_end_writeback_bit(slow);
	for (int i = 0; i < 5000 && !READ_ONCE(ended); i++)
		msleep(1);
	put_page(slow);
	empty_file();
	EXPECT(ended);
}

KTEST(reclaim, dirty_pages_that_nobody_writes_hold_nobody_up)
{
	make_file();
	EXPECT_EQ(fill(64), 64);
	for (int i = 0; i < 64; i++)
		SetPageDirty(cached(i));
	try_to_free_pages(GFP_KERNEL, 0);	/* ends */
	EXPECT_EQ(host.i_data.nrpages, 64);
	EXPECT_EQ(writepages, 0);
	for (int i = 0; i < 64; i++)
		ClearPageDirty(cached(i));
	EXPECT(try_to_free_pages(GFP_KERNEL, 0) > 0);
	empty_file();
}

KTEST(reclaim, scans_and_pages_freed_are_counted)
{
	unsigned long scanned = vm_event_sum(PGSCAN_DIRECT), freed = vm_event_sum(PGSTEAL_DIRECT);
	unsigned long files = vm_event_sum(PGSTEAL_FILE), by_kswapd = vm_event_sum(PGSTEAL_KSWAPD);

	make_file();
	EXPECT_EQ(fill(64), 64);
	EXPECT(shrink_round(RECLAIM_DIRECT, 0) < 64);	/* no more than is wanted */
	for (int i = 0; i < 10 && host.i_data.nrpages; i++)
		shrink_round(RECLAIM_DIRECT, 0);
	by_kswapd = vm_event_sum(PGSTEAL_KSWAPD) - by_kswapd;
	EXPECT_EQ(vm_event_sum(PGSTEAL_DIRECT) - freed + by_kswapd, 64);
	EXPECT_EQ(vm_event_sum(PGSTEAL_FILE) - files, 64);
	EXPECT(vm_event_sum(PGSCAN_DIRECT) - scanned + by_kswapd >= 64);
	EXPECT_EQ(host.i_data.nrpages, 0);
}

/* ---- shrinkers ---- */

static struct task_struct *greedy_task;	/* for whom the shrinker below asks for memory; NULL: it has nothing */
static unsigned int greedy_calls, greedy_failures;
static bool greedy_unmarked;

static unsigned long greedy_count(struct shrinker *s, struct shrink_control *sc)
{
	return greedy_task == current;
}

static unsigned long greedy_scan(struct shrinker *s, struct shrink_control *sc)
{
	struct page *page = alloc_page(GFP_KERNEL | __GFP_NOWARN);

	greedy_calls++;
	greedy_unmarked |= !(current->flags & PF_MEMALLOC);
	if (page)
		__free_page(page);
	else
		greedy_failures++;
	return 0;
}

static unsigned long objects;		/* of the other one */

static unsigned long objects_count(struct shrinker *s, struct shrink_control *sc) { return objects; }

static unsigned long objects_scan(struct shrinker *s, struct shrink_control *sc)
{
	unsigned long n = min(sc->nr_to_scan, objects);

	objects -= n;
	sc->nr_scanned = n;
	return n;
}

static struct shrinker greedy = { .name = "greedy", .count_objects = greedy_count, .scan_objects = greedy_scan, .seeks = 2 };
static struct shrinker counted = { .name = "counted", .count_objects = objects_count, .scan_objects = objects_scan, .seeks = 2 };

static const char *const sysctls[] = {
	"swappiness", "overcommit_memory", "overcommit_ratio", "drop_caches", "max_map_count", "dirty_ratio",
};
#define NR_SYSCTLS ((int)ARRAY_SIZE(sysctls))

/* They stay for ever, as all do, and have nothing to free but in these cases. */
static void register_once(void)
{
	static bool done;

	if (!done) {
		register_shrinker(&greedy);
		register_shrinker(&counted);
	}
	done = true;
}

/* All zones look as empty as can be. */
static void raise_marks(unsigned long marks[MAX_NR_ZONES][NR_WMARK], bool up)
{
	for (int i = 0; i < MAX_NR_ZONES; i++)
		for (int w = 0; w < NR_WMARK; w++) {
			if (up)
				marks[i][w] = zones[i].watermark[w];
			zones[i].watermark[w] = up ? 1UL << 40 : marks[i][w];
		}
}

KTEST(reclaim, who_reclaims_takes_from_the_reserve_and_does_not_reclaim_again)
{
	unsigned long marks[MAX_NR_ZONES][NR_WMARK], stalls = vm_event_sum(ALLOCSTALL_NORMAL);

	register_once();
	greedy_calls = greedy_failures = 0;
	greedy_unmarked = false;
	greedy_task = current;
	raise_marks(marks, true);
	try_to_free_pages(GFP_KERNEL, 0);
	raise_marks(marks, false);
	greedy_task = NULL;
	EXPECT(greedy_calls > 0);
	EXPECT(!greedy_unmarked);
	EXPECT_EQ(greedy_failures, 0);
	EXPECT_EQ(vm_event_sum(ALLOCSTALL_NORMAL) - stalls, 1);
	EXPECT(!(current->flags & PF_MEMALLOC));
}

KTEST(reclaim, caches_shrink_by_as_much_as_is_looked_at)
{
	register_once();
	objects = 10000;
	atomic_long_set(&counted.nr_deferred, 0);
	for (int i = 0; i < 31; i++)
		shrink_slab(12);		/* 4 a time: put off */
	EXPECT_EQ(objects, 10000);
	shrink_slab(12);
	EXPECT_EQ(objects, 10000 - 128);
	objects = 12800;
	shrink_slab(2);
	EXPECT_EQ(objects, 12800 - 6400);
	counted.seeks = 8;			/* dearer to make again */
	shrink_slab(2);
	EXPECT_EQ(objects, 6400 - 6 * 128);	/* an eighth, in whole steps */
	counted.seeks = 2;
	shrink_slab(0);
	EXPECT_EQ(objects, 0);
	atomic_long_set(&counted.nr_deferred, 0);
}

FS_TEST(reclaim, names_that_nobody_uses_go_under_pressure_and_used_ones_stay)
{
	unsigned long before, with, after, inodes;
	char name[32];
	long fd;

	do_mkdirat(AT_FDCWD, "/kt/p", 0755);
	EXPECT_EQ(do_mount("p", "/kt/p", "proc", 0, NULL), 0);
	fd = k_open("/kt/p/meminfo", O_RDONLY);
	nr_dentries(&before);
	for (int i = 0; i < NR_SYSCTLS; i++) {
		snprintf(name, sizeof(name), "/kt/p/sys/vm/%s", sysctls[i]);
		sys_close(k_open(name, O_RDONLY));
	}
	inodes = nr_inodes();
	nr_dentries(&with);
	EXPECT(with >= before + NR_SYSCTLS);
	shrink_slab(0);
	nr_dentries(&after);
	EXPECT(after <= before);
	EXPECT(nr_inodes() <= inodes - NR_SYSCTLS);
	EXPECT(sys_read(fd, UBUF, 100) == 100);	/* of the one that is open nothing went */
	sys_close(fd);
	k_file("/kt/f", "text");
	shrink_slab(0);				/* tmpfs: the name is the file */
	fd = k_open("/kt/f", O_RDONLY);
	EXPECT(fd >= 0);
	sys_close(fd);
	EXPECT_EQ(sys_umount2(U("/kt/p"), 0), 0);
}

/* ---- page tables ---- */

#define TABLE (PMD_SIZE / PAGE_SIZE)		/* pages that one table serves */

MM_TEST(reclaim, empty_tables_go_and_those_with_an_entry_stay)
{
	long before;

	EXPECT_EQ(map_at(0, 3 * TABLE, RW), AT(0));
	EXPECT_EQ(map_at(8 * TABLE, 10, RW), AT(8 * TABLE));	/* covers no table */
	for (int i = 0; i < 3; i++)
		EXPECT(poke(AT(i * TABLE + 5), 70 + i));
	EXPECT(poke(AT(8 * TABLE), 9));
	before = atomic_long_read(&mm->nr_ptes);
	sys_madvise(AT(TABLE), TABLE * PAGE_SIZE, MADV_DONTNEED);
	sys_madvise(AT(8 * TABLE), 10 * PAGE_SIZE, MADV_DONTNEED);
	EXPECT_EQ(atomic_long_read(&mm->nr_ptes), before);	/* as on Linux */
	down_read(&mm->mmap_sem);
	free_empty_tables();
	up_read(&mm->mmap_sem);
	EXPECT_EQ(atomic_long_read(&mm->nr_ptes), before);	/* somebody may be on the way */
	EXPECT(free_empty_tables() >= 1);
	EXPECT_EQ(atomic_long_read(&mm->nr_ptes), before - 1);
	EXPECT(!mm_find_pmd(mm, AT(TABLE)) && mm_find_pmd(mm, AT(8 * TABLE)));
	EXPECT_EQ(peek(AT(5)), 70);
	EXPECT_EQ(peek(AT(2 * TABLE + 5)), 72);
	EXPECT(poke(AT(TABLE + 5), 71));
	EXPECT_EQ(peek(AT(TABLE + 5)), 71);
	EXPECT_EQ(mm_verify_one(mm), 0);
}

/* ---- kswapd ---- */

#define SMALL_MACHINE	(128UL << (20 - PAGE_SHIFT))	/* pages: to fill more would take long */

static unsigned long zone_marks(enum zone_watermarks mark)
{
	unsigned long sum = 0;

	for (int i = 0; i < MAX_NR_ZONES; i++)
		sum += zones[i].watermark[mark] + (mark == WMARK_LOW ? zones[i].lowmem_reserve : 0);
	return sum;
}

static bool all_above(enum zone_watermarks mark)
{
	for (int i = 0; i < MAX_NR_ZONES; i++)
		if (zones[i].managed_pages && zone_free_pages(&zones[i]) < zones[i].watermark[mark])
			return false;
	return true;
}

KTEST(reclaim, kswapd_wakes_at_the_low_mark_and_stops_at_the_high_one)
{
	unsigned long runs = vm_event_sum(PAGEOUTRUN), free = 0, left, scanned;
	LIST_HEAD(taken);

	if (totalram_pages() > SMALL_MACHINE) {
		ktest_skip(t, "only on a small machine");
		return;
	}
	make_file();
	left = fill(2000);
	while (vm_event_sum(PAGEOUTRUN) == runs) {
		struct page *page;

		free = nr_free_pages();
		page = alloc_page(GFP_KERNEL | __GFP_NOWARN);
		if (!page)
			break;
		list_add(&page->lru, &taken);
		cond_resched();
	}
	for (int i = 0; i < 5000 && !all_above(WMARK_HIGH); i++)
		msleep(1);
	do {
		scanned = vm_event_sum(PGSCAN_KSWAPD);
		msleep(20);
	} while (scanned != vm_event_sum(PGSCAN_KSWAPD));	/* until it sleeps */
	runs = vm_event_sum(PAGEOUTRUN) - runs;
	left -= host.i_data.nrpages;		/* what it took */
	while (!list_empty(&taken)) {
		struct page *page = list_first_entry(&taken, struct page, lru);

		list_del(&page->lru);
		__free_page(page);
	}
	EXPECT(host.i_data.nrpages > 0);	/* it did not take all */
	empty_file();
	EXPECT(runs >= 1);
	EXPECT(free <= zone_marks(WMARK_LOW) + 64);
	EXPECT(free >= zone_marks(WMARK_MIN));
	EXPECT(left > 0);
}

/* ---- all of it at random ---- */

static u32 dice;

static u32 roll(u32 n)
{
	dice = dice * 1664525 + 1013904223;
	return (dice >> 8) % n;
}

#define NR_ANON 32
#define NR_FILE 32

static void do_something(struct mm_struct *mm)
{
	unsigned long at = AT(roll(NR_ANON));
	struct page *page = page_at(mm, at), *file = cached(roll(NR_FILE));

	switch (roll(10)) {
	case 0: poke(at, 1); break;
	case 1: sys_madvise(at, PAGE_SIZE, MADV_FREE); break;
	case 2: sys_madvise(at, PAGE_SIZE, MADV_COLD); break;
	case 3: sys_madvise(at, 4 * PAGE_SIZE, MADV_PAGEOUT); break;
	case 4: sys_mlock(at, PAGE_SIZE); break;
	case 5: sys_munlock(at, PAGE_SIZE); break;
	case 6: sys_madvise(at, PAGE_SIZE, MADV_DONTNEED); break;
	case 7: shrink_round(RECLAIM_DIRECT, roll(13)); break;
	case 8: if (page) reclaim_one(page); break;
	default:
		if (file)
			reclaim_one(file);
		else
			fill(NR_FILE);
	}
}

MM_TEST(reclaim, the_lists_hold_whatever_happens)
{
	map_at(0, NR_ANON + 4, RW);
	make_file();
	fill(NR_FILE);
	dice = 1;
	for (int i = 0; i < 3000; i++) {
		do_something(mm);
		EXPECT_EQ(lru_verify(), 0);
	}
	empty_file();
	sys_munlock(AT(0), (NR_ANON + 4) * PAGE_SIZE);
}
