/*
 * tests/user/clear_refs.c - /proc/PID/clear_refs: accessed and soft-dirty bits taken back
 */
#include "proc.h"

#define SD	(1UL << 55)

static void clear(const char *what)
{
	EQ(put_text("/proc/self/clear_refs", what), strlen(what));
}

/* Which of the pages pagemap calls soft-dirty: bit per page. */
static unsigned long soft_dirty(const volatile void *p, int pages)
{
	unsigned long mask = 0;

	for (int i = 0; i < pages; i++)
		if (pagemap((const char *)p + i * PAGE) & SD)
			mask |= 1UL << i;
	return mask;
}

static char *touched(int pages)
{
	char *p = map_at(lonely(pages), pages, PROT_READ | PROT_WRITE, MAP_FIXED);

	for (int i = 0; i < pages; i++)
		poke(p + i * PAGE, i);
	return p;
}

TEST(new_areas_are_soft_dirty_touched_or_not)
{
	char *p = map_at(lonely(4), 4, PROT_READ | PROT_WRITE, MAP_FIXED);

	EQ(soft_dirty(p, 4), 0xf);
	EQ(vm_flag(p, "sd"), 1);
	EQ(pagemap(p - PAGE), 0);
}

TEST(after_clearing_only_what_is_written_is_dirty)
{
	char *p = touched(8);

	clear("4");
	EQ(vm_flag(p, "sd"), 0);
	EQ(soft_dirty(p, 8), 0);
	for (int i = 0; i < 8; i++)
		EQ(peek(p + i * PAGE), i);		/* reading is not writing */
	EQ(soft_dirty(p, 8), 0);
	poke(p + 2 * PAGE, 1);
	poke(p + 5 * PAGE, 1);
	EQ(soft_dirty(p, 8), 1 << 2 | 1 << 5);
	clear("4\n");
	EQ(soft_dirty(p, 8), 0);
	poke(p + 2 * PAGE, 1);
	EQ(soft_dirty(p, 8), 1 << 2);
}

TEST(the_first_write_after_clearing_faults_once)
{
	char *p = touched(4);

	EQ(MINFLT(poke(p, 1)), 0);
	clear("4");
	EQ(MINFLT(poke(p, 1)), 1);
	EQ(MINFLT(poke(p, 1)), 0);
	EQ(MINFLT(peek(p + PAGE)), 0);
}

TEST(a_new_page_in_a_cleared_area_is_dirty_when_written)
{
	char *p = map_at(lonely(3), 3, PROT_READ | PROT_WRITE, MAP_FIXED);

	clear("4");
	EQ(soft_dirty(p, 3), 0);
	EQ(peek(p), 0);					/* the zero page */
	EQ(soft_dirty(p, 3), 0);
	poke(p, 1);
	poke(p + PAGE, 1);
	EQ(soft_dirty(p, 3), 3);
}

TEST(a_read_of_shared_memory_leaves_the_first_write_to_be_seen)
{
	char *p = map_shared(4);

	memset(p, 1, 4 * PAGE);
	OK(madvise(p, 4 * PAGE, MADV_DONTNEED));
	clear("4");
	EQ(peek(p) + peek(p + PAGE), 2);		/* mapped again, by reading */
	EQ(soft_dirty(p, 4), 0);
	poke(p + PAGE, 2);
	EQ(soft_dirty(p, 4), 2);
}

TEST(mprotect_does_not_make_a_clean_page_writable_unseen)
{
	char *p = touched(2);

	clear("4");
	OK(mprotect(p, 2 * PAGE, PROT_READ));
	OK(mprotect(p, 2 * PAGE, PROT_READ | PROT_WRITE));
	EQ(soft_dirty(p, 2), 0);
	EQ(vm_flag(p, "sd"), 0);
	poke(p + PAGE, 1);
	EQ(soft_dirty(p, 2), 2);
	OK(mprotect(p, 2 * PAGE, PROT_NONE));
	EQ(soft_dirty(p, 2), 2);
}

TEST(mremap_makes_moved_pages_dirty)
{
	char *p = touched(4), *to = lonely(8), *q;

	OK(madvise(p + 3 * PAGE, PAGE, MADV_DONTNEED));
	clear("4");
	q = mremap(p, 4 * PAGE, 4 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, to);
	EQ(q, to);
	EQ(soft_dirty(q, 4), 7);
	EQ(vm_flag(q, "sd"), 0);
}

TEST(fork_hands_the_bits_on)
{
	char *p = touched(3);
	pid_t pid;

	clear("4");
	poke(p + PAGE, 1);
	pid = CHILD({
		EQ(soft_dirty(p, 3), 2);
		EQ(vm_flag(p, "sd"), 0);
		poke(p + 2 * PAGE, 1);
		EQ(soft_dirty(p, 3), 6);
	});
	EXITS(pid, 0);
	EQ(soft_dirty(p, 3), 2);
}

TEST(an_area_that_grows_by_merging_is_dirty_as_a_whole)
{
	char *p = map_at(lonely(4), 2, PROT_READ | PROT_WRITE, MAP_FIXED);

	poke(p, 1);
	clear("4");
	map_at(p + 2 * PAGE, 2, PROT_READ | PROT_WRITE, MAP_FIXED);
	STREQ(areas(p, 4), "0+4 rw-p");
	EQ(soft_dirty(p, 4), 0xf);
	EQ(vm_flag(p, "sd"), 1);
}

TEST(the_heap_that_grows_is_dirty_and_the_stack_never_was)
{
	char *p = sbrk(PAGE), here;

	EQ(vm_flag(&here, "sd"), 0);
	clear("4");
	EQ(vm_flag(p, "sd"), 0);
	sbrk(PAGE);
	EQ(vm_flag(p, "sd"), 1);
}

TEST(clearing_another_process_leaves_us_alone)
{
	char *p = touched(2), path[40];
	int ready[2], go[2];
	char c;
	pid_t pid;

	OK(pipe(ready));
	OK(pipe(go));
	pid = CHILD({
		write(ready[1], "r", 1);
		read(go[0], &c, 1);
		EQ(soft_dirty(p, 2), 0);
		poke(p, 1);
		EQ(soft_dirty(p, 2), 1);
	});
	EQ(read(ready[0], &c, 1), 1);
	snprintf(path, sizeof(path), "/proc/%d/clear_refs", pid);
	EQ(put_text(path, "4"), 1);
	write(go[1], "g", 1);
	EXITS(pid, 0);
	EQ(soft_dirty(p, 2), 3);
}

TEST(one_clears_the_accessed_bits_of_all_areas)
{
	char *p = touched(6), *f = map_shared(2);

	memset(f, 1, 2 * PAGE);
	EQ(smaps_kb(p, "Referenced"), 24);
	EQ(smaps_kb(f, "Referenced"), 8);
	clear("1");
	EQ(smaps_kb(p, "Referenced"), 0);
	EQ(smaps_kb(f, "Referenced"), 0);
	EQ(smaps_kb(p, "Rss"), 24);
	EQ(soft_dirty(p, 6), 0x3f);			/* another matter */
}

TEST(two_clears_anonymous_and_three_file_areas)
{
	char *p = touched(2), *f = map_shared(2);

	memset(f, 1, 2 * PAGE);
	clear("3");
	EQ(smaps_kb(p, "Referenced"), 8);
	EQ(smaps_kb(f, "Referenced"), 0);
	memset(f, 2, 2 * PAGE);
	clear("1");
	memset(p, 2, 2 * PAGE);
	clear("2");
	EQ(smaps_kb(p, "Referenced"), 0);
}

TEST(five_resets_the_high_water_mark)
{
	char *p = map_pages(2048);
	long high;

	memset(p, 1, 2048 * PAGE);
	OK(munmap(p, 2048 * PAGE));
	high = status_value("VmHWM");
	CMP(high, >=, status_value("VmRSS") + 8192 - RSS_SLACK);
	clear("5");
	CMP(status_value("VmHWM"), <=, high - 8192 + 2 * RSS_SLACK);
}

TEST(other_words_are_refused)
{
	static const char *const bad[] = { "0", "6", "-1", "x", "4x", "0x4", "\n", " ", "99999999999" };
	char *p = touched(1);
	int fd;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (put_text("/proc/self/clear_refs", bad[i]) != -1)
			FAIL("\"%s\" was taken", bad[i]);
	EQ(soft_dirty(p, 1), 1);
	clear(" 4 ");
	EQ(soft_dirty(p, 1), 0);
	poke(p, 1);
	clear("04");
	EQ(soft_dirty(p, 1), 0);
	fd = OK(open("/proc/self/clear_refs", O_WRONLY));
	ERR(write(fd, (void *)1, 1), EFAULT);
	ERR(write(fd, "6", 1), EINVAL);
	close(fd);
	fd = OK(open("/proc/self/clear_refs", O_RDWR));
	ERR(read(fd, p, 1), EINVAL);
}
