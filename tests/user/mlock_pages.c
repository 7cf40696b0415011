/*
 * tests/user/mlock_pages.c - which page frames are locked: a page is while a locked area maps it
 */
#include "proc.h"

#define RW	(PROT_READ | PROT_WRITE)
#define KPF_MLOCKED	33
#define MADV_DONTNEED_LOCKED 24

static unsigned long frame_flags(const volatile void *p)
{
	unsigned long word = 0, pfn = frame(p);
	int fd = OK(open("/proc/kpageflags", O_RDONLY));

	CHECK(pfn);
	EQ(pread(fd, &word, 8, pfn * 8), 8);
	close(fd);
	return word;
}

/* 'L' for each page that is locked, '.' for one that is not, '-' where none is mapped. */
static const char *locked(const volatile char *p, int pages)
{
	static char text[65];

	for (int i = 0; i < pages; i++, p += PAGE)
		text[i] = !frame(p) ? '-' : frame_flags(p) >> KPF_MLOCKED & 1 ? 'L' : '.';
	text[pages] = '\0';
	return text;
}

static char *fresh(int pages)
{
	char *p = map_at(lonely(pages), pages, RW, MAP_FIXED);

	memset(p, 1, pages * PAGE);
	return p;
}

static int a_file(int pages)
{
	static char page[PAGE];
	int fd = OK(open("/tmp/mlock_pages", O_RDWR | O_CREAT | O_EXCL, 0600));

	OK(unlink("/tmp/mlock_pages"));
	for (int i = 0; i < pages; i++)
		EQ(write(fd, page, PAGE), PAGE);
	return fd;
}

/* A view of all pages of the file, each of them mapped. */
static char *view(int fd, int pages, int flags)
{
	char *p = mmap(lonely(pages), pages * PAGE, RW, flags | MAP_FIXED, fd, 0);

	CHECK(p != MAP_FAILED);
	for (int i = 0; i < pages; i++)
		peek(p + i * PAGE);
	return p;
}

/* The child looks at (or does) something while it has the parent's memory, not its locks. */
#define IN_CHILD(action)	EXITS(CHILD(action), 0)

TEST(a_page_of_two_areas_is_locked_while_either_is)
{
	int fd = a_file(2);
	char *p = view(fd, 2, MAP_SHARED), *q = view(fd, 2, MAP_SHARED);

	OK(mlock(p, 2 * PAGE));
	STREQ(locked(q, 2), "LL");
	OK(munlock(p, PAGE));
	STREQ(locked(q, 2), ".L");
	OK(mlock(q, 2 * PAGE));
	STREQ(locked(p, 2), "LL");
	OK(munlock(p, 2 * PAGE));
	STREQ(locked(p, 2), "LL");
	OK(munlock(q, 2 * PAGE));
	STREQ(locked(p, 2), "..");
}

TEST(unmapping_the_locked_area_unlocks)
{
	int fd = a_file(3);
	char *p = view(fd, 3, MAP_SHARED), *q = view(fd, 3, MAP_SHARED);

	OK(mlock(p, 3 * PAGE));
	OK(munmap(p, PAGE));
	STREQ(locked(q, 3), ".LL");
	OK(mlock(q + PAGE, PAGE));
	OK(munmap(p + PAGE, 2 * PAGE));
	STREQ(locked(q, 3), ".L.");
	OK(munmap(q, PAGE));
	STREQ(locked(q + PAGE, 2), "L.");
}

TEST(locking_twice_is_locking_once)
{
	char *p = fresh(2);
	int fd = a_file(1);
	char *q = view(fd, 1, MAP_SHARED), *r = view(fd, 1, MAP_SHARED);

	OK(mlock(p, 2 * PAGE));
	OK(mlock(p, 2 * PAGE));
	OK(syscall(__NR_mlock2, p, 2 * PAGE, MLOCK_ONFAULT));
	OK(mlock(p, PAGE));
	STREQ(locked(p, 2), "LL");
	OK(munlock(p, 2 * PAGE));
	STREQ(locked(p, 2), "..");
	OK(mlock(q, PAGE));
	OK(syscall(__NR_mlock2, q, PAGE, MLOCK_ONFAULT));
	OK(mlock(q, PAGE));
	OK(munlock(q, PAGE));
	STREQ(locked(r, 1), ".");
	OK(munlock(q, PAGE));
	STREQ(locked(r, 1), ".");
}

TEST(a_forked_page_is_locked_by_the_parent_alone)
{
	char *p = fresh(3);
	int go[2], done[2], status;
	char c;
	pid_t pid;

	OK(pipe(go));
	OK(pipe(done));
	OK(mlock(p, 3 * PAGE));
	pid = OK(fork());
	if (!pid) {
		STREQ(locked(p, 3), "LLL");
		OK(munlock(p, 3 * PAGE));		/* not its own */
		STREQ(locked(p, 3), "LLL");
		OK(munmap(p + 2 * PAGE, PAGE));
		EQ(write(done[1], "1", 1), 1);
		EQ(read(go[0], &c, 1), 1);
		STREQ(locked(p, 2), "..");
		OK(mlock(p, PAGE));
		_exit(0);
	}
	EQ(read(done[0], &c, 1), 1);
	STREQ(locked(p, 3), "LLL");
	OK(munlock(p, 2 * PAGE));
	STREQ(locked(p, 3), "..L");
	EQ(write(go[1], "1", 1), 1);
	OK(waitpid(pid, &status, 0));
	EQ(status, 0);
	STREQ(locked(p, 3), "..L");
}

TEST(the_end_of_a_process_unlocks)
{
	int fd = a_file(2);
	char *p = view(fd, 2, MAP_SHARED);

	IN_CHILD(
		char *q = view(fd, 2, MAP_SHARED);

		OK(mlock(q, 2 * PAGE));
		STREQ(locked(q, 2), "LL");
	);
	STREQ(locked(p, 2), "..");
}

TEST(a_copy_on_write_takes_the_lock_from_the_original)
{
	int fd = a_file(2);
	char *p = view(fd, 2, MAP_SHARED), *q;

	q = mmap(lonely(2), 2 * PAGE, PROT_READ, MAP_PRIVATE | MAP_FIXED, fd, 0);
	OK(mlock(q, 2 * PAGE));
	STREQ(locked(p, 2), "LL");
	OK(mprotect(q, 2 * PAGE, RW));
	q[PAGE] = 1;
	STREQ(locked(q, 2), "LL");
	OK(munlock(q, PAGE));
	OK(munlock(q + PAGE, PAGE));
	STREQ(locked(p, 2), "..");
	STREQ(locked(q, 2), "..");
}

TEST(onfault_locks_what_is_touched)
{
	int fd = a_file(2);
	char *p = view(fd, 2, MAP_SHARED), *q;

	q = mmap(lonely(2), 2 * PAGE, RW, MAP_SHARED | MAP_FIXED, fd, 0);
	OK(madvise(q, 2 * PAGE, MADV_RANDOM));
	OK(syscall(__NR_mlock2, q, 2 * PAGE, MLOCK_ONFAULT));
	STREQ(locked(p, 2), "..");
	q[PAGE] = 1;
	EQ(locked(p, 2)[1], 'L');
	OK(munlock(q, 2 * PAGE));
	STREQ(locked(p, 2), "..");
}

TEST(a_moved_area_stays_locked)
{
	int fd = a_file(4);
	char *q = view(fd, 4, MAP_SHARED), *p = fresh(2), *to = lonely(4);

	OK(mlock(p, 2 * PAGE));
	p = mremap(p, 2 * PAGE, 2 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, to);
	EQ(p, to);
	STREQ(locked(p, 2), "LL");
	OK(munlock(p, 2 * PAGE));
	STREQ(locked(p, 2), "..");
	p = view(fd, 4, MAP_SHARED);
	OK(mlock(p, 4 * PAGE));
	to = mremap(p + PAGE, 2 * PAGE, 2 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, lonely(2));
	STREQ(locked(q, 4), "LLLL");
	OK(munlock(p, PAGE));
	STREQ(locked(q, 4), ".LLL");
	OK(munlock(to, PAGE));
	STREQ(locked(q, 4), "..LL");
	OK(munmap(to, 2 * PAGE));
	STREQ(locked(q, 4), "...L");
}

TEST(dontunmap_takes_the_locked_pages_along)
{
	char *p = fresh(2), *to;

	OK(mlock(p, 2 * PAGE));
	to = mremap(p, 2 * PAGE, 2 * PAGE, MREMAP_MAYMOVE | MREMAP_DONTUNMAP, NULL);
	CHECK(to != MAP_FAILED);
	STREQ(locked(to, 2), "LL");
	CHECK(vm_flag(to, "lo") && !vm_flag(p, "lo"));
	OK(munlock(to, 2 * PAGE));
	STREQ(locked(to, 2), "..");
}

TEST(truncation_and_dontneed_let_go)
{
	int fd = a_file(3);
	char *p = view(fd, 3, MAP_SHARED), *q = view(fd, 3, MAP_SHARED);

	OK(mlock(p, 3 * PAGE));
	OK(madvise(p, PAGE, MADV_DONTNEED_LOCKED));
	STREQ(locked(q, 3), ".LL");
	OK(ftruncate(fd, 2 * PAGE));
	STREQ(locked(q, 3), ".L-");
	OK(ftruncate(fd, 3 * PAGE));
	peek(p + 2 * PAGE);
	STREQ(locked(p + 2 * PAGE, 1), "L");
	OK(munlock(p, 3 * PAGE));
	peek(p);
	STREQ(locked(p, 3), "...");
}

TEST(the_zero_page_is_nobodys)
{
	char *p = map_at(lonely(2), 2, PROT_READ, MAP_FIXED);

	OK(mlock(p, 2 * PAGE));
	STREQ(locked(p, 2), "..");
	OK(mprotect(p, 2 * PAGE, RW));
	*p = 1;
	STREQ(locked(p, 2), "LL");		/* mprotect brought both in */
	OK(munlock(p, 2 * PAGE));
	STREQ(locked(p, 2), "..");
}

TEST(mlockall_locks_pages_and_munlockall_frees_them)
{
	int fd = a_file(2);
	char *p = fresh(2), *q = view(fd, 2, MAP_SHARED);

	OK(syscall(__NR_mlockall, MCL_CURRENT));
	STREQ(locked(p, 2), "LL");
	STREQ(locked(q, 2), "LL");
	OK(syscall(__NR_munlockall));
	STREQ(locked(p, 2), "..");
	STREQ(locked(q, 2), "..");
}

/* ---- counters ---- */

/* Linux counts on each CPU and adds up later, or now. */
static void add_up(void)
{
	int fd = open("/proc/sys/vm/stat_refresh", O_WRONLY);

	if (fd >= 0) {
		EQ(write(fd, "1", 1), 1);
		close(fd);
	}
}

static long mlocked(void)
{
	long kb, pages;

	add_up();
	kb = number_in("/proc/meminfo", "Mlocked");
	pages = number_in("/proc/vmstat", "nr_mlock");
	EQ(kb, pages * 4);
	return pages;
}

TEST(mlocked_counts_pages_not_areas)
{
	int fd = a_file(8);
	char *p = view(fd, 8, MAP_SHARED), *q = view(fd, 8, MAP_SHARED), *r = fresh(8);
	long before = mlocked();

	CMP(before, >=, 0);
	OK(mlock(p, 8 * PAGE));
	EQ(mlocked() - before, 8);
	OK(mlock(q, 8 * PAGE));
	EQ(mlocked() - before, 8);
	OK(mlock(r, 4 * PAGE));
	EQ(mlocked() - before, 12);
	OK(munmap(r, 2 * PAGE));
	EQ(mlocked() - before, 10);
	OK(munlock(p, 8 * PAGE));
	EQ(mlocked() - before, 10);
	OK(munlock(q, 8 * PAGE));
	EQ(mlocked() - before, 2);
	OK(munlock(r + 2 * PAGE, 6 * PAGE));
	EQ(mlocked(), before);
}
