/*
 * tests/user/mlock.c - memory that stays: what is locked, counted, limited
 */
#include "smaps.h"

#define RW	(PROT_READ | PROT_WRITE)
#define lock2(p, len, flags)	syscall(__NR_mlock2, p, len, flags)
#define lock_all(flags)		syscall(__NR_mlockall, flags)
#define unlock_all()		syscall(__NR_munlockall)

static char *fresh(int pages)
{
	return map_at(lonely(pages), pages, RW, MAP_FIXED);
}

/* As an ordinary user with this limit, in bytes. */
static void limited(unsigned long bytes)
{
	struct rlimit limit = { bytes, bytes };

	OK(setrlimit(RLIMIT_MEMLOCK, &limit));
	OK(syscall(__NR_setresuid, 1000, 1000, 1000));
}

TEST(mlock_brings_pages_in_and_counts_them)
{
	char *p = fresh(8);

	OK(mlock(p + PAGE, 2 * PAGE));
	STREQ(areas(p, 8), "0+1 rw-p, 1+2 rw-p, 3+5 rw-p");
	CHECK(has_flag(p + PAGE, "lo") && !has_flag(p, "lo"));
	EQ(smaps_kb(p + PAGE, "Locked"), 8);
	EQ(smaps_kb(p + PAGE, "Rss"), 8);
	EQ(smaps_kb(p, "Rss"), 0);
	EQ(status_value("VmLck"), 8);
	STREQ(resident(p, 8), "01100000");
	EQ(MINFLT(poke(p + PAGE, 1)), 0);
	OK(munlock(p, 8 * PAGE));
	CHECK(!has_flag(p + PAGE, "lo"));
	EQ(status_value("VmLck"), 0);
	EQ(smaps_kb(p + PAGE, "Locked"), 0);
	EQ(p[PAGE], 1);
}

TEST(mlock_rounds_to_pages)
{
	char *p = fresh(4);

	OK(mlock(p + PAGE + 4095, 2));
	EQ(status_value("VmLck"), 8);
	OK(munlock(p + PAGE + 1, 1));
	EQ(status_value("VmLck"), 4);
	CHECK(has_flag(p + 2 * PAGE, "lo") && !has_flag(p + PAGE, "lo"));
	OK(mlock(p + 1, 0));
	OK(mlock(p, 0));
	OK(mlock(lonely(1), 0));
	EQ(status_value("VmLck"), 8);
}

TEST(mlock_of_no_bytes_inside_memory_without_access_is_nothing)
{
	char *p = map_at(lonely(4), 4, PROT_NONE, MAP_FIXED);

	OK(mlock(p + PAGE, 0));
	ERR(mlock(p + PAGE, 1), ENOMEM);
	OK(munlock(p, 4 * PAGE));
}

TEST(mlock_twice_counts_once)
{
	char *p = fresh(4);

	OK(mlock(p, 4 * PAGE));
	OK(mlock(p, 4 * PAGE));
	EQ(status_value("VmLck"), 16);
	OK(munmap(p, PAGE));
	EQ(status_value("VmLck"), 12);
	OK(munlock(p + PAGE, 3 * PAGE));
	EQ(status_value("VmLck"), 0);
}

TEST(mlock2_onfault_waits_for_the_touch)
{
	char *p = fresh(4);

	OK(lock2(p, 4 * PAGE, MLOCK_ONFAULT));
	EQ(status_value("VmLck"), 16);
	EQ(smaps_kb(p, "Rss"), 0);
	CHECK(has_flag(p, "lo"));
	poke(p + PAGE, 1);
	STREQ(resident(p, 4), "0100");
	EQ(smaps_kb(p, "Locked"), 4);
	OK(lock2(p, 2 * PAGE, 0));
	STREQ(resident(p, 4), "1100");
	OK(munlock(p, 4 * PAGE));
	ERR(lock2(p, PAGE, 2), EINVAL);
	ERR(lock2(p, PAGE, -1), EINVAL);
	EQ(status_value("VmLck"), 0);
}

TEST(holes_are_reported_after_what_came_before_was_done)
{
	char *p = fresh(4);

	OK(munmap(p + 2 * PAGE, PAGE));
	ERR(mlock(p, 4 * PAGE), ENOMEM);
	EQ(status_value("VmLck"), 8);
	CHECK(has_flag(p, "lo") && !has_flag(p + 3 * PAGE, "lo"));
	ERR(munlock(p, 4 * PAGE), ENOMEM);
	EQ(status_value("VmLck"), 0);
	ERR(mlock(p + 2 * PAGE, PAGE), ENOMEM);
	ERR(munlock(p + 2 * PAGE, PAGE), ENOMEM);
}

TEST(what_can_not_be_brought_in_is_an_error_and_locked_all_the_same)
{
	char *p = map_at(lonely(2), 2, PROT_NONE, MAP_FIXED), *f;

	ERR(mlock(p, 2 * PAGE), ENOMEM);
	EQ(status_value("VmLck"), 8);
	CHECK(has_flag(p, "lo"));
	OK(munlock(p, 2 * PAGE));
	f = map_file(file_of(1), 2, RW, MAP_SHARED);
	ERR(mlock(f, 2 * PAGE), ENOMEM);
	EQ(status_value("VmLck"), 8);
	EQ(smaps_kb(f, "Rss"), 4);
}

TEST(locking_a_private_writable_area_breaks_cow)
{
	char *p = map_file(file_of(4), 4, RW, MAP_PRIVATE), *q = map_file(file_of(4), 4, PROT_READ, MAP_PRIVATE);

	OK(mlock(p, 4 * PAGE));
	EQ(smaps_kb(p, "Anonymous"), 16);
	EQ(MINFLT(poke(p, 1)), 0);
	OK(mlock(q, 4 * PAGE));
	EQ(smaps_kb(q, "Anonymous"), 0);
	EQ(smaps_kb(q, "Rss"), 16);
	EQ(smaps_kb(q, "Locked"), 16);
}

TEST(the_child_of_fork_has_nothing_locked)
{
	char *p = fresh(2);

	OK(mlock(p, 2 * PAGE));
	EXITS(CHILD(
		EQ(status_value("VmLck"), 0);
		CHECK(!has_flag(p, "lo"));
	), 0);
	EQ(status_value("VmLck"), 8);
}

TEST(wraps_and_kernel_addresses)
{
	char *p = fresh(1);

	OK(mlock(p, -1UL));		/* rounded up: nothing */
	OK(munlock(p, -1UL));
	ERR(mlock(p, -PAGE), EINVAL);
	ERR(mlock((void *)-PAGE, PAGE), EINVAL);
	ERR(mlock((void *)0xffff800000000000UL, PAGE), ENOMEM);
	ERR(munlock((void *)0xffff800000000000UL, PAGE), ENOMEM);
	ERR(mlock((void *)0x7ffffffff000UL, PAGE), ENOMEM);
	OK(mlock((void *)0xffff800000000000UL, 0));
	EQ(status_value("VmLck"), 0);
}

TEST(the_limit_holds_for_ordinary_users)
{
	char *p = fresh(8), *q;

	limited(4 * PAGE);
	OK(mlock(p, 3 * PAGE));
	ERR(mlock(p + 4 * PAGE, 2 * PAGE), ENOMEM);
	OK(mlock(p + 4 * PAGE, PAGE));
	OK(mlock(p, 3 * PAGE));
	ERR(mlock(p, 4 * PAGE), ENOMEM);
	EQ(status_value("VmLck"), 16);
	q = mmap(NULL, PAGE, RW, MAP_PRIVATE | MAP_ANONYMOUS | MAP_LOCKED, -1, 0);
	EQ(q, MAP_FAILED);
	EQ(errno, EAGAIN);
	ERR(mremap(p + 4 * PAGE, PAGE, 2 * PAGE, MREMAP_MAYMOVE), EAGAIN);
	ERR(lock_all(MCL_CURRENT), ENOMEM);
	OK(munlock(p, PAGE));
	q = mmap(NULL, PAGE, RW, MAP_PRIVATE | MAP_ANONYMOUS | MAP_LOCKED, -1, 0);
	CHECK(q != MAP_FAILED);
	STREQ(resident(q, 1), "1");
	OK(munmap(q, PAGE));
	OK(lock_all(MCL_FUTURE));
	CHECK(mmap(NULL, PAGE, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED);
	EQ(mmap(NULL, PAGE, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), MAP_FAILED);
	EQ(errno, EAGAIN);
}

TEST(a_limit_of_nothing_is_eperm)
{
	char *p = fresh(1), *q;

	limited(0);
	ERR(mlock(p, PAGE), EPERM);
	ERR(mlock(p, 0), EPERM);
	ERR(lock2(p, PAGE, MLOCK_ONFAULT), EPERM);
	ERR(lock_all(MCL_CURRENT), EPERM);
	ERR(lock_all(MCL_FUTURE), EPERM);
	OK(munlock(p, PAGE));
	OK(unlock_all());
	q = mmap(NULL, PAGE, RW, MAP_PRIVATE | MAP_ANONYMOUS | MAP_LOCKED, -1, 0);
	EQ(q, MAP_FAILED);
	EQ(errno, EPERM);
}

TEST(root_has_no_limit)
{
	struct rlimit none = { 0, 0 };
	char *p = fresh(8);

	OK(setrlimit(RLIMIT_MEMLOCK, &none));
	OK(mlock(p, 8 * PAGE));
	EQ(status_value("VmLck"), 32);
}

TEST(mlockall_current_locks_what_is_there)
{
	char *p = fresh(4), *q;

	OK(lock_all(MCL_CURRENT));
	CHECK(has_flag(p, "lo"));
	STREQ(resident(p, 4), "1111");
	CMP(status_value("VmLck"), >=, 16);
	q = map_pages(2);
	STREQ(resident(q, 2), "00");
	OK(unlock_all());
	EQ(status_value("VmLck"), 0);
	CHECK(!has_flag(p, "lo"));
}

TEST(mlockall_future_locks_what_comes)
{
	char *p = fresh(4), *q;
	long before;

	OK(lock_all(MCL_FUTURE));
	CHECK(!has_flag(p, "lo"));
	before = status_value("VmLck");		/* opening a file may have mapped a buffer */
	q = fresh(3);
	CHECK(has_flag(q, "lo"));
	STREQ(resident(q, 3), "111");
	EQ(status_value("VmLck") - before, 12);
	OK(lock_all(MCL_FUTURE | MCL_ONFAULT));
	p = map_at(lonely(3), 3, PROT_READ, MAP_FIXED);
	STREQ(resident(p, 3), "000");
	EQ(status_value("VmLck") - before, 24);
	EXITS(CHILD(EQ(status_value("VmLck"), 0); STREQ(resident(fresh(1), 1), "0");), 0);
	OK(unlock_all());
	STREQ(resident(fresh(3), 3), "000");
	EQ(status_value("VmLck"), 0);
}

TEST(mlockall_onfault_current)
{
	char *p = fresh(4);

	OK(lock_all(MCL_CURRENT | MCL_ONFAULT));
	CHECK(has_flag(p, "lo"));
	STREQ(resident(p, 4), "0000");
	OK(lock_all(MCL_CURRENT));
	STREQ(resident(p, 4), "1111");
}

TEST(mlockall_rejects_nonsense)
{
	ERR(lock_all(0), EINVAL);
	ERR(lock_all(MCL_ONFAULT), EINVAL);
	ERR(lock_all(8), EINVAL);
	ERR(lock_all(-1), EINVAL);
	EQ(status_value("VmLck"), 0);
}

TEST(mremap_of_locked_memory_brings_in_what_is_new)
{
	char *p = fresh(6), *q;

	OK(munmap(p + 2 * PAGE, 4 * PAGE));
	OK(mlock(p, 2 * PAGE));
	EQ(mremap(p, 2 * PAGE, 4 * PAGE, 0), p);
	STREQ(resident(p, 4), "1111");
	EQ(status_value("VmLck"), 16);
	q = mremap(p, 4 * PAGE, 5 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, lonely(5));
	CHECK(q != MAP_FAILED);
	STREQ(resident(q, 5), "11111");
	EQ(status_value("VmLck"), 20);
	EQ(mremap(q, 5 * PAGE, PAGE, 0), q);
	EQ(status_value("VmLck"), 4);
}

TEST(a_locked_area_made_writable_is_copied_at_once)
{
	char *p = map_file(file_of(2), 2, PROT_READ, MAP_PRIVATE);

	OK(mlock(p, 2 * PAGE));
	EQ(smaps_kb(p, "Anonymous"), 0);
	OK(mprotect(p, 2 * PAGE, RW));
	EQ(smaps_kb(p, "Anonymous"), 8);
	EQ(p[PAGE], 'b');
}
