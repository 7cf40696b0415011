/*
 * tests/user/madvise.c - every advice by what it does
 */
#include <sys/auxv.h>
#include "smaps.h"

#define RW	(PROT_READ | PROT_WRITE)
#define SOME	8

/* Pages that nothing merges with, full of 'x'. */
static char *filled(int pages)
{
	char *p = map_at(lonely(pages), pages, RW, MAP_FIXED);

	memset(p, 'x', pages * PAGE);
	return p;
}

/* Linux collects pages on each CPU before it marks them; any advice about cold pages ends that. */
static void settle(void)
{
	OK(madvise(map_pages(1), PAGE, MADV_COLD));
}

static char *shared_memory(int pages)
{
	char *p = mmap(lonely(pages), pages * PAGE, RW, MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED, -1, 0);

	CHECK(p != MAP_FAILED);
	return p;
}

TEST(dontneed_drops_anonymous_pages_and_keeps_files)
{
	char *p = filled(SOME), *f = map_file(file_of(4), 4, RW, MAP_PRIVATE);
	char *s = shared_memory(4);

	OK(madvise(p + PAGE, 2 * PAGE, MADV_DONTNEED));
	EQ(smaps_kb(p, "Rss"), (SOME - 2) * 4);
	EQ(p[PAGE] | p[3 * PAGE - 1], 0);
	EQ(p[3 * PAGE], 'x');
	f[0] = 'z';
	peek(f + PAGE);
	OK(madvise(f, 4 * PAGE, MADV_DONTNEED));
	EQ(smaps_kb(f, "Rss"), 0);
	EQ(f[0], 'a');
	memset(s, 's', 4 * PAGE);
	OK(madvise(s, 4 * PAGE, MADV_DONTNEED));
	EQ(smaps_kb(s, "Rss"), 0);
	EQ(s[3 * PAGE], 's');
}

TEST(dontneed_of_locked_memory_needs_dontneed_locked)
{
	char *p = filled(SOME);

	OK(mlock(p, 2 * PAGE));
	ERR(madvise(p, PAGE, MADV_DONTNEED), EINVAL);
	ERR(madvise(p, PAGE, MADV_FREE), EINVAL);
	ERR(madvise(p, PAGE, MADV_COLD), EINVAL);
	ERR(madvise(p, PAGE, MADV_PAGEOUT), EINVAL);
	EQ(p[0], 'x');
	OK(madvise(p, PAGE, MADV_DONTNEED_LOCKED));
	EQ(frame(p), 0);
	EQ(p[0], 0);
	EQ(status_value("VmLck"), 8);
	OK(madvise(p + PAGE, 3 * PAGE, MADV_DONTNEED_LOCKED));
	EQ(p[PAGE] | p[3 * PAGE], 0);
	EQ(p[4 * PAGE], 'x');
}

TEST(free_marks_pages_lazy_until_they_are_written)
{
	char *p = filled(SOME);

	EQ(smaps_kb(p, "LazyFree"), 0);
	OK(madvise(p, 4 * PAGE, MADV_FREE));
	settle();
	EQ(smaps_kb(p, "LazyFree"), 16);
	EQ(smaps_kb(p, "Rss"), SOME * 4);
	EQ(p[0], 'x');
	EQ(smaps_kb(p, "LazyFree"), 16);
	p[PAGE] = 'y';
	EQ(smaps_kb(p, "LazyFree"), 12);
	EQ(p[PAGE + 1], 'x');
	EXITS(CHILD(EQ(p[0], 'x'); EQ(p[PAGE], 'y');), 0);
}

TEST(free_of_what_is_not_anonymous_is_refused)
{
	char *f = map_file(file_of(2), 2, RW, MAP_PRIVATE), *s = shared_memory(2);

	f[0] = 'z';
	ERR(madvise(f, PAGE, MADV_FREE), EINVAL);
	EQ(f[0], 'z');
	ERR(madvise(s, PAGE, MADV_FREE), EINVAL);
}

TEST(free_of_pages_shared_with_a_child_leaves_the_childs_alone)
{
	char *p = filled(2), *go = shared_memory(1);
	pid_t pid = CHILD(
		EVENTUALLY(*go);
		EQ(smaps_kb(p, "LazyFree"), 0);
		EQ(p[0], 'x');
	);

	OK(madvise(p, 2 * PAGE, MADV_FREE));
	settle();
	EQ(smaps_kb(p, "LazyFree"), 8);
	*go = 1;
	EXITS(pid, 0);
	EQ(p[0], 'x');
}

TEST(cold_takes_the_accessed_bit_of_ones_own_pages)
{
	char *p = filled(SOME);
	pid_t pid;

	EQ(smaps_kb(p, "Referenced"), SOME * 4);
	OK(madvise(p, 4 * PAGE, MADV_COLD));
	EQ(smaps_kb(p, "Referenced"), (SOME - 4) * 4);
	EQ(p[0], 'x');
	EQ(smaps_kb(p, "Referenced"), (SOME - 3) * 4);
	EQ(smaps_kb(p, "Rss"), SOME * 4);
	pid = CHILD(for (;;) pause());
	OK(madvise(p + 4 * PAGE, 4 * PAGE, MADV_COLD));
	EQ(smaps_kb(p, "Referenced"), (SOME - 3) * 4);
	OK(kill(pid, SIGKILL));
	DIES(pid, SIGKILL);
}

TEST(pageout_keeps_contents)
{
	char *p = filled(SOME);

	OK(madvise(p, SOME * PAGE, MADV_PAGEOUT));
	for (int i = 0; i < SOME; i++)
		EQ(p[i * PAGE], 'x');
}

TEST(pageout_drops_pages_that_were_given_up_and_not_written_since)
{
	char *p = filled(40);

	OK(madvise(p, 40 * PAGE, MADV_FREE));
	settle();
	p[3 * PAGE] = 'y';
	OK(madvise(p + PAGE, 38 * PAGE, MADV_PAGEOUT));
	EQ(smaps_kb(p, "Rss"), 12);
	EQ(smaps_kb(p, "LazyFree"), 8);
	EQ(frame(p + 2 * PAGE), 0);
	EQ(p[0], 'x');
	EQ(p[2 * PAGE], 0);
	EQ(p[38 * PAGE] | p[17 * PAGE], 0);
	EQ(p[3 * PAGE], 'y');
	EQ(p[3 * PAGE + 1], 'x');
	OK(madvise(p + 3 * PAGE, PAGE, MADV_PAGEOUT));		/* a page like any other again */
	EQ(p[3 * PAGE], 'y');
}

TEST(pageout_leaves_pages_that_were_given_up_and_are_shared)
{
	char *p = filled(2);

	OK(madvise(p, 2 * PAGE, MADV_FREE));
	settle();
	EXITS(CHILD(OK(madvise(p, PAGE, MADV_PAGEOUT)); EQ(p[0], 'x');), 0);
	OK(madvise(p, PAGE, MADV_PAGEOUT));
	EQ(p[0], 0);
	EQ(p[PAGE], 'x');
}

/* Without swap reclaim can take a file's page from the tables and leave it in the file, no more. */
TEST(pageout_unmaps_file_pages_that_nobody_else_maps)
{
	int fd = file_of(4);
	char *p = map_file(fd, 4, RW, MAP_SHARED), *q;

	for (int i = 0; i < 4; i++)
		p[i * PAGE] = i + 1;
	OK(madvise(p + PAGE, 2 * PAGE, MADV_PAGEOUT));
	EQ(smaps_kb(p, "Rss"), 8);
	STREQ(resident(p, 4), "1111");
	EQ(p[PAGE] + p[2 * PAGE], 2 + 3);			/* one may not bring the other back */
	q = map_file(fd, 4, RW, MAP_PRIVATE);
	q[0] = 9;
	EQ(q[PAGE] + q[2 * PAGE] + q[3 * PAGE], 2 + 3 + 4);
	OK(madvise(q, 4 * PAGE, MADV_PAGEOUT));			/* mapped twice: left alone */
	EQ(smaps_kb(q, "Rss"), 16);
	OK(munmap(p, 4 * PAGE));
	OK(madvise(q, 4 * PAGE, MADV_PAGEOUT));
	EQ(smaps_kb(q, "Rss"), 4);				/* the private copy has no other home */
	EQ(q[0], 9);
	EQ(q[3 * PAGE], 4);
	OK(mprotect(q, 4 * PAGE, PROT_NONE));
	OK(madvise(q, 4 * PAGE, MADV_PAGEOUT));
	EQ(smaps_kb(q, "Rss"), 4);
}

/* An area of the kernel's own, with pages and without a file. */
TEST(the_vdso_can_be_advised_and_stays)
{
	static const int advices[] = { MADV_COLD, MADV_PAGEOUT, MADV_WILLNEED, MADV_DONTNEED };
	const char *vdso = (const char *)getauxval(AT_SYSINFO_EHDR);

	CHECK(vdso);
	for (unsigned int i = 0; i < sizeof(advices) / sizeof(*advices); i++) {
		OK(madvise((void *)vdso, PAGE, advices[i]));
		EQ(memcmp(vdso, "\177ELF", 4), 0);
	}
	OK(madvise((void *)vdso, PAGE, MADV_PAGEOUT));		/* these pages are on no list: it passes them by */
	CMP(smaps_kb(vdso, "Rss"), >=, 4);
	ERR(madvise((void *)vdso, PAGE, MADV_FREE), EINVAL);
	ERR(madvise((void *)vdso, PAGE, MADV_REMOVE), EINVAL);
}

/* A hole that was only read is as good as no page; what was written or allocated has no other home. */
TEST(pageout_drops_pages_that_were_never_written)
{
	int fd = file_of(0);
	char *p;

	OK(ftruncate(fd, 4 * PAGE));
	OK(syscall(__NR_fallocate, fd, 0, 3 * PAGE, PAGE));
	p = map_file(fd, 4, RW, MAP_SHARED);
	EQ(p[0] + p[PAGE] + p[3 * PAGE], 0);
	p[2 * PAGE] = 1;
	STREQ(resident(p, 4), "1111");
	OK(madvise(p + PAGE, 3 * PAGE, MADV_PAGEOUT));
	EQ(smaps_kb(p, "Rss"), 4);
	STREQ(resident(p, 4), "1011");
	OK(madvise(p, PAGE, MADV_DONTNEED));
	OK(madvise(p, PAGE, MADV_PAGEOUT));			/* not mapped here: left alone */
	STREQ(resident(p, 4), "1011");
	EQ(p[2 * PAGE], 1);
	EQ(p[PAGE] + p[3 * PAGE], 0);
}

TEST(willneed_succeeds_on_everything_mapped)
{
	char *p = filled(2), *f = map_file(file_of(4), 4, PROT_READ, MAP_SHARED);

	OK(madvise(p, 2 * PAGE, MADV_WILLNEED));
	OK(madvise(f, 4 * PAGE, MADV_WILLNEED));
	STREQ(resident(f, 4), "1111");
	OK(mprotect(p, PAGE, PROT_NONE));
	OK(madvise(p, PAGE, MADV_WILLNEED));
	ERR(madvise(p, 3 * PAGE, MADV_WILLNEED), ENOMEM);
}

TEST(remove_punches_a_hole_in_the_file)
{
	int fd = file_of(4);
	char *p = map_file(fd, 4, RW, MAP_SHARED), c = 1, path[64];
	int ro;

	EQ(p[PAGE], 'b');
	OK(madvise(p + PAGE, 2 * PAGE, MADV_REMOVE));
	EQ(p[PAGE] | p[2 * PAGE], 0);
	EQ(p[0], 'a');
	EQ(p[3 * PAGE], 'd');
	EQ(pread(fd, &c, 1, PAGE), 1);
	EQ(c, 0);
	ERR(madvise(map_file(fd, 4, RW, MAP_PRIVATE), PAGE, MADV_REMOVE), EACCES);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	ro = OK(open(path, O_RDONLY));
	ERR(madvise(map_file(ro, 4, PROT_READ, MAP_SHARED), PAGE, MADV_REMOVE), EACCES);
	ERR(madvise(map_pages(1), PAGE, MADV_REMOVE), EINVAL);
	OK(madvise(map_file(fd, 4, PROT_READ, MAP_SHARED) + 3 * PAGE, PAGE, MADV_REMOVE));
	EQ(p[3 * PAGE], 0);
	OK(mlock(p, PAGE));
	ERR(madvise(p, PAGE, MADV_REMOVE), EINVAL);
	EQ(p[0], 'a');
}

TEST(remove_works_on_shared_anonymous_memory)
{
	char *p = shared_memory(4);

	memset(p, 's', 4 * PAGE);
	OK(madvise(p, 2 * PAGE, MADV_REMOVE));
	STREQ(resident(p, 4), "0011");
	EQ(p[0], 0);
	EQ(p[2 * PAGE], 's');
}

TEST(dontfork_areas_are_not_in_the_child)
{
	char *p = filled(4);

	OK(madvise(p + PAGE, PAGE, MADV_DONTFORK));
	CHECK(has_flag(p + PAGE, "dc"));
	CHECK(!has_flag(p, "dc"));
	EXITS(CHILD(
		STREQ(areas(p, 4), "0+1 rw-p, 2+2 rw-p");
		SEGV(peek(p + PAGE), SEGV_MAPERR, p + PAGE);
	), 0);
	OK(madvise(p, 4 * PAGE, MADV_DOFORK));
	CHECK(!has_flag(p + PAGE, "dc"));
	STREQ(areas(p, 4), "0+4 rw-p");
	EXITS(CHILD(EQ(p[PAGE], 'x');), 0);
}

TEST(wipeonfork_areas_are_zero_in_the_child)
{
	char *p = filled(4);

	OK(madvise(p, 2 * PAGE, MADV_WIPEONFORK));
	CHECK(has_flag(p, "wf"));
	EXITS(CHILD(
		EQ(p[0] | p[PAGE], 0);
		EQ(p[2 * PAGE], 'x');
		CHECK(has_flag(p, "wf"));
		p[0] = 'c';
		EXITS(CHILD(EQ(p[0], 0);), 0);
	), 0);
	EQ(p[0], 'x');
	OK(madvise(p, PAGE, MADV_KEEPONFORK));
	CHECK(!has_flag(p, "wf"));
	EXITS(CHILD(EQ(p[0], 'x'); EQ(p[PAGE], 0);), 0);
	ERR(madvise(shared_memory(1), PAGE, MADV_WIPEONFORK), EINVAL);
	ERR(madvise(map_file(file_of(1), 1, RW, MAP_PRIVATE), PAGE, MADV_WIPEONFORK), EINVAL);
	OK(madvise(map_file(file_of(1), 1, RW, MAP_PRIVATE), PAGE, MADV_KEEPONFORK));
}

TEST(dontdump_is_a_flag)
{
	char *p = filled(2);

	OK(madvise(p, PAGE, MADV_DONTDUMP));
	CHECK(has_flag(p, "dd"));
	CHECK(!has_flag(p + PAGE, "dd"));
	OK(madvise(p, PAGE, MADV_DODUMP));
	CHECK(!has_flag(p, "dd"));
	STREQ(areas(p, 2), "0+2 rw-p");
}

TEST(the_way_of_reading_is_a_flag)
{
	char *p = filled(4);

	OK(madvise(p + PAGE, PAGE, MADV_RANDOM));
	CHECK(has_flag(p + PAGE, "rr") && !has_flag(p + PAGE, "sr") && !has_flag(p, "rr"));
	STREQ(areas(p, 4), "0+1 rw-p, 1+1 rw-p, 2+2 rw-p");
	OK(madvise(p + PAGE, PAGE, MADV_SEQUENTIAL));
	CHECK(!has_flag(p + PAGE, "rr") && has_flag(p + PAGE, "sr"));
	OK(madvise(p + PAGE, PAGE, MADV_NORMAL));
	CHECK(!has_flag(p + PAGE, "rr") && !has_flag(p + PAGE, "sr"));
	STREQ(areas(p, 4), "0+4 rw-p");
}

TEST(one_read_maps_its_neighbours)
{
	int fd = file_of(26);
	char *p = map_file(fd, 26, PROT_READ, MAP_SHARED);
	long kb;

	EQ(p[0], 'a');
	kb = smaps_kb(p, "Rss");
	CMP(kb, >, 4);
	CMP(kb, <=, 64);
	OK(madvise(p, 26 * PAGE, MADV_DONTNEED));
	EQ(smaps_kb(p, "Rss"), 0);
	OK(madvise(p, 26 * PAGE, MADV_SEQUENTIAL));
	EQ(p[0], 'a');
	EQ(smaps_kb(p, "Rss"), kb);
	OK(madvise(p, 26 * PAGE, MADV_DONTNEED));
	OK(madvise(p, 26 * PAGE, MADV_RANDOM));
	EQ(p[0], 'a');
	CMP(smaps_kb(p, "Rss"), <=, kb);	/* Linux 6.1 goes on, Quire maps one page */
}

TEST(populate_read_brings_pages_in_read_only)
{
	char *p = map_at(lonely(4), 4, RW, MAP_FIXED), *f = map_file(file_of(4), 4, RW, MAP_PRIVATE);

	OK(madvise(p, 4 * PAGE, MADV_POPULATE_READ));
	CHECK(frame(p));
	EQ(frame(p), frame(p + 3 * PAGE));
	EQ(MINFLT(peek(p + PAGE)), 0);
	EQ(MINFLT(poke(p + PAGE, 1)), 1);
	OK(madvise(f, 4 * PAGE, MADV_POPULATE_READ));
	EQ(smaps_kb(f, "Rss"), 16);
	EQ(smaps_kb(f, "Anonymous"), 0);
}

TEST(populate_write_breaks_cow_and_writes_nothing)
{
	char *p = map_at(lonely(4), 4, RW, MAP_FIXED), *f = map_file(file_of(4), 4, RW, MAP_PRIVATE);
	char *s = shared_memory(4);

	OK(madvise(p, 2 * PAGE, MADV_POPULATE_WRITE));
	EQ(smaps_kb(p, "Anonymous"), 8);
	EQ(MINFLT(poke(p, 1)), 0);
	EQ(MINFLT(poke(p + 2 * PAGE, 1)), 1);
	OK(madvise(f, 4 * PAGE, MADV_POPULATE_WRITE));
	EQ(smaps_kb(f, "Anonymous"), 16);
	EQ(f[PAGE], 'b');
	OK(madvise(s, 3 * PAGE, MADV_POPULATE_WRITE));
	STREQ(resident(s, 4), "1110");
	EQ(s[0], 0);
}

TEST(populate_says_what_is_wrong)
{
	char *p = map_at(lonely(4), 4, PROT_NONE, MAP_FIXED);
	int fd = file_of(1);

	ERR(madvise(p, PAGE, MADV_POPULATE_READ), EINVAL);
	ERR(madvise(p, PAGE, MADV_POPULATE_WRITE), EINVAL);
	OK(mprotect(p, PAGE, PROT_READ));
	OK(madvise(p, PAGE, MADV_POPULATE_READ));
	ERR(madvise(p, PAGE, MADV_POPULATE_WRITE), EINVAL);
	ERR(madvise(p, 2 * PAGE, MADV_POPULATE_READ), EINVAL);
	OK(mprotect(p, PAGE, PROT_WRITE));
	ERR(madvise(p, PAGE, MADV_POPULATE_READ), EINVAL);
	OK(madvise(p, PAGE, MADV_POPULATE_WRITE));
	OK(mprotect(p, PAGE, PROT_EXEC));
	ERR(madvise(p, PAGE, MADV_POPULATE_READ), EINVAL);
	ERR(madvise(lonely(1), PAGE, MADV_POPULATE_READ), ENOMEM);
	OK(munmap(p + PAGE, PAGE));
	OK(mprotect(p, PAGE, RW));
	ERR(madvise(p, 2 * PAGE, MADV_POPULATE_WRITE), ENOMEM);
	p = map_file(fd, 2, RW, MAP_SHARED);
	ERR(madvise(p, 2 * PAGE, MADV_POPULATE_READ), EFAULT);
	ERR(madvise(p + PAGE, PAGE, MADV_POPULATE_WRITE), EFAULT);
	EQ(p[0], 'a');
	p = map_at(lonely(2), 2, RW, MAP_FIXED);
	OK(mlock(p, PAGE));
	OK(madvise(p, 2 * PAGE, MADV_POPULATE_WRITE));
}

/* Every advice that has an effect here, for the rims. */
static const int advices[] = {
	MADV_NORMAL, MADV_RANDOM, MADV_SEQUENTIAL, MADV_WILLNEED, MADV_DONTNEED, MADV_FREE,
	MADV_REMOVE, MADV_DONTFORK, MADV_DOFORK, MADV_DONTDUMP, MADV_DODUMP, MADV_WIPEONFORK,
	MADV_KEEPONFORK, MADV_COLD, MADV_PAGEOUT, MADV_POPULATE_READ, MADV_POPULATE_WRITE,
	MADV_DONTNEED_LOCKED,
};
#define COUNT	(sizeof(advices) / sizeof(advices[0]))

TEST(rims_of_the_range)
{
	char *p = filled(3);

	OK(munmap(p + PAGE, PAGE));
	for (unsigned i = 0; i < COUNT; i++) {
		int a = advices[i];

		if (a == MADV_REMOVE || a == MADV_DONTNEED)
			continue;
		ERR(madvise(p + 1, PAGE, a), EINVAL);
		ERR(madvise(p, -1UL, a), EINVAL);
		ERR(madvise(p, -PAGE, a), EINVAL);
		ERR(madvise((void *)-PAGE, 2 * PAGE, a), EINVAL);
		OK(madvise(p, 0, a));
		OK(madvise((void *)0xffff800000000000UL, 0, a));
		ERR(madvise((void *)0xffff800000000000UL, PAGE, a), ENOMEM);
		ERR(madvise((void *)0x7ffffffff000UL, PAGE, a), ENOMEM);
		ERR(madvise(p + PAGE, PAGE, a), ENOMEM);
		ERR(madvise(p, 3 * PAGE, a), ENOMEM);
		OK(madvise(p, 1, a));
	}
	STREQ(areas(p, 3), "0+1 rw-p, 2+1 rw-p");
}

TEST(beyond_a_hole_the_advice_is_followed)
{
	char *p = filled(3);

	OK(munmap(p + PAGE, PAGE));
	ERR(madvise(p, 3 * PAGE, MADV_DONTNEED), ENOMEM);
	EQ(p[0] | p[2 * PAGE], 0);
	ERR(madvise(p, 3 * PAGE, MADV_DONTFORK), ENOMEM);
	CHECK(has_flag(p, "dc") && has_flag(p + 2 * PAGE, "dc"));
}

TEST(unknown_advice_is_refused)
{
	char *p = filled(1);

	for (int i = 5; i < 8; i++)
		ERR(madvise(p, PAGE, i), EINVAL);
	for (int i = 26; i < 100; i++)
		ERR(madvise(p, PAGE, i), EINVAL);
	ERR(madvise(p, PAGE, -1), EINVAL);
	ERR(madvise(p, PAGE, 102), EINVAL);
	ERR(madvise(p, 0, 102), EINVAL);
	ERR(madvise(p + 1, 0, MADV_NORMAL), EINVAL);
	EQ(p[0], 'x');
}
