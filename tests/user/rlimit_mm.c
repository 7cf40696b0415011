/*
 * tests/user/rlimit_mm.c - limits on memory at their rims: exactly reached, one page too much
 *
 * RLIMIT_AS, DATA, STACK and MEMLOCK, for each call that makes, moves, opens or locks memory; what
 * is refused leaves the address space as it was.
 */
#include <sys/stat.h>
#include "mem.h"

#define RW		(PROT_READ | PROT_WRITE)
#define INFINITE	(~0UL)
#define MREMAP_DONTUNMAP_	4

static void limit(int what, unsigned long value)
{
	struct rlimit r = { value, value };

	OK(setrlimit(what, &r));
}

/* Bytes of a line of /proc/self/status.  Without stdio: no memory is asked for. */
static unsigned long used(const char *name)
{
	static char text[4096];
	int fd = OK(open("/proc/self/status", O_RDONLY));
	ssize_t n = OK(read(fd, text, sizeof(text) - 1));
	char *p;

	close(fd);
	text[n] = '\0';
	p = strstr(text, name);
	CHECK(p);
	return strtoul(p + strlen(name), NULL, 10) * 1024;
}

/* Each in a child of its own: the limit stays behind. */
#define ALONE(...) EXITS(CHILD(__VA_ARGS__), 0)

/* Pages, as the call gives them: MAP_FAILED and errno. */
static char *try_map(unsigned long pages, int prot, int flags)
{
	return mmap(NULL, pages * PAGE, prot, flags | MAP_ANONYMOUS, -1, 0);
}

/* The call fails like this, and no counter moves. */
#define REFUSED(call, error) do {						\
	unsigned long size_ = used("VmSize:"), data_ = used("VmData:"), lock_ = used("VmLck:"); \
	ERR(call, error);							\
	EQ(used("VmSize:"), size_);						\
	EQ(used("VmData:"), data_);						\
	EQ(used("VmLck:"), lock_);						\
} while (0)

/* ---- RLIMIT_AS ------------------------------------------------------------------------------ */

TEST(as_counts_every_kind_of_area)
{
	ALONE(
		limit(RLIMIT_AS, used("VmSize:") + 4 * PAGE);
		REFUSED(try_map(5, RW, MAP_PRIVATE), ENOMEM);
		OK(try_map(4, RW, MAP_PRIVATE));
		REFUSED(try_map(1, PROT_NONE, MAP_PRIVATE), ENOMEM);
		REFUSED(try_map(1, RW, MAP_SHARED), ENOMEM);
		REFUSED(try_map(1, PROT_READ, MAP_PRIVATE | MAP_NORESERVE), ENOMEM)
	);
}

TEST(as_is_in_whole_pages)
{
	ALONE(
		limit(RLIMIT_AS, used("VmSize:") + 2 * PAGE - 1);
		REFUSED(try_map(2, RW, MAP_PRIVATE), ENOMEM);
		OK(try_map(1, RW, MAP_PRIVATE))
	);
}

TEST(as_what_is_replaced_does_not_count_twice)
{
	ALONE(
		char *p = map_pages(8);

		limit(RLIMIT_AS, used("VmSize:"));
		OK(mmap(p, 8 * PAGE, RW, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0));
		OK(mmap(p + PAGE, 2 * PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0));
		OK(munmap(p, PAGE));
		OK(try_map(1, RW, MAP_PRIVATE));
		REFUSED(try_map(1, RW, MAP_PRIVATE), ENOMEM)
	);
}

TEST(as_below_what_is_used_forbids_only_growth)
{
	ALONE(
		char *p = map_pages(4);

		limit(RLIMIT_AS, PAGE);
		REFUSED(try_map(1, RW, MAP_PRIVATE), ENOMEM);
		p[3 * PAGE] = 1;
		OK(mprotect(p, PAGE, PROT_READ));
		OK(mremap(p, 4 * PAGE, 3 * PAGE, 0));
		REFUSED(mremap(p, 3 * PAGE, 4 * PAGE, MREMAP_MAYMOVE), EFAULT);
		REFUSED(mremap(p + PAGE, 2 * PAGE, 3 * PAGE, MREMAP_MAYMOVE), ENOMEM);
		OK(munmap(p, 3 * PAGE))
	);
}

TEST(as_bounds_mremap)
{
	ALONE(
		char *p = map_at(lonely(4), 4, RW, MAP_FIXED);

		limit(RLIMIT_AS, used("VmSize:") + PAGE);
		REFUSED(mremap(p, 4 * PAGE, 6 * PAGE, MREMAP_MAYMOVE), ENOMEM);
		OK(mremap(p, 4 * PAGE, 5 * PAGE, MREMAP_MAYMOVE));
		REFUSED(mremap(p, 5 * PAGE, 6 * PAGE, 0), ENOMEM)
	);
	/* a move needs no room; leaving the old place behind needs all of it */
	ALONE(
		char *p = map_at(lonely(4), 4, RW, MAP_FIXED);

		limit(RLIMIT_AS, used("VmSize:") + 3 * PAGE);
		REFUSED(mremap(p, 4 * PAGE, 4 * PAGE, MREMAP_MAYMOVE | MREMAP_DONTUNMAP_, 0), ENOMEM)
	);
}

TEST(as_bounds_brk)
{
	ALONE(
		unsigned long brk = (unsigned long)sbrk(PAGE) + PAGE;

		brk = (brk + PAGE - 1) & -PAGE;
		EQ(syscall(__NR_brk, brk), brk);
		limit(RLIMIT_AS, used("VmSize:") + PAGE);
		EQ(syscall(__NR_brk, brk + PAGE + 1), brk);
		EQ(syscall(__NR_brk, brk + PAGE), brk + PAGE);
		EQ(syscall(__NR_brk, brk + PAGE + 1), brk + PAGE);
		EQ(syscall(__NR_brk, brk), brk)
	);
}

TEST(infinity_is_no_limit)
{
	limit(RLIMIT_AS, INFINITE);
	limit(RLIMIT_DATA, INFINITE);
	OK(mmap(NULL, 1UL << 45, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0));
	limit(RLIMIT_AS, INFINITE - 1);
	OK(mmap(NULL, 1UL << 45, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0));
}

/* Limits hold for root as for anybody: only MEMLOCK does not. */
TEST(as_and_data_bind_users_too)
{
	ALONE(
		OK(setuid(1000));
		limit(RLIMIT_AS, used("VmSize:") + PAGE);
		REFUSED(try_map(2, RW, MAP_PRIVATE), ENOMEM);
		OK(try_map(1, RW, MAP_PRIVATE))
	);
}

/* ---- RLIMIT_DATA ---------------------------------------------------------------------------------- */

TEST(data_counts_private_writable_areas_only)
{
	ALONE(
		int fd = OK(open("/tmp/data", O_RDWR | O_CREAT, 0644));

		limit(RLIMIT_DATA, used("VmData:") + 4 * PAGE);
		REFUSED(try_map(5, RW, MAP_PRIVATE), ENOMEM);
		OK(try_map(4, RW, MAP_PRIVATE));
		REFUSED(try_map(1, RW, MAP_PRIVATE), ENOMEM);
		REFUSED(try_map(1, PROT_WRITE, MAP_PRIVATE), ENOMEM);
		REFUSED(try_map(1, RW | PROT_EXEC, MAP_PRIVATE), ENOMEM);
		REFUSED(mmap(NULL, PAGE, RW, MAP_PRIVATE, fd, 0), ENOMEM);
		OK(try_map(1, PROT_READ, MAP_PRIVATE));
		OK(try_map(1, PROT_NONE, MAP_PRIVATE));
		OK(try_map(1, RW, MAP_SHARED));
		OK(try_map(1, RW, MAP_PRIVATE | MAP_GROWSDOWN));
		OK(mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, fd, 0))
	);
	ALONE(
		limit(RLIMIT_DATA, used("VmData:") + PAGE - 1);
		REFUSED(try_map(1, RW, MAP_PRIVATE), ENOMEM)
	);
}

TEST(data_bounds_mprotect)
{
	ALONE(
		char *p = map_at(lonely(4), 4, PROT_READ, MAP_FIXED);
		char *s = mmap(NULL, 4 * PAGE, PROT_READ, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

		limit(RLIMIT_DATA, used("VmData:") + 2 * PAGE);
		REFUSED(mprotect(p, 3 * PAGE, RW), ENOMEM);
		EQ(FAULTS(p[0] = 1), SIGSEGV);
		OK(mprotect(p, 2 * PAGE, RW));
		REFUSED(mprotect(p + 2 * PAGE, PAGE, RW), ENOMEM);
		OK(mprotect(s, 4 * PAGE, RW));
		/* what is writable already costs nothing more; what is closed again is free */
		OK(mprotect(p, 2 * PAGE, RW | PROT_EXEC));
		OK(mprotect(p, 2 * PAGE, PROT_READ));
		OK(mprotect(p + 2 * PAGE, 2 * PAGE, RW));
		REFUSED(mprotect(p, PAGE, RW), ENOMEM)
	);
}

TEST(data_bounds_mremap)
{
	ALONE(
		char *p = map_at(lonely(4), 4, RW, MAP_FIXED);
		char *r = map_at(lonely(4), 4, PROT_READ, MAP_FIXED);

		limit(RLIMIT_DATA, used("VmData:") + PAGE);
		REFUSED(mremap(p, 4 * PAGE, 6 * PAGE, MREMAP_MAYMOVE), ENOMEM);
		OK(mremap(p, 4 * PAGE, 5 * PAGE, MREMAP_MAYMOVE));
		OK(mremap(r, 4 * PAGE, 9 * PAGE, MREMAP_MAYMOVE))
	);
}

TEST(data_zero_lets_nothing_new_be_written)
{
	ALONE(
		long brk = syscall(__NR_brk, 0);

		limit(RLIMIT_DATA, 0);
		EQ(syscall(__NR_brk, brk + 1), brk);
		REFUSED(try_map(1, RW, MAP_PRIVATE), ENOMEM);
		OK(try_map(1, PROT_READ, MAP_PRIVATE));
		OK(try_map(1, RW, MAP_SHARED))
	);
}

/* ---- RLIMIT_MEMLOCK ---------------------------------------------------------------------------------- */

static void be_user(unsigned long lock_pages)
{
	OK(setuid(1000));
	limit(RLIMIT_MEMLOCK, lock_pages * PAGE);
}

TEST(memlock_does_not_bind_root)
{
	ALONE(
		char *p = map_pages(4);

		limit(RLIMIT_MEMLOCK, 0);
		OK(mlock(p, 4 * PAGE));
		OK(syscall(__NR_mlockall, MCL_CURRENT | MCL_FUTURE))
	);
}

TEST(memlock_bounds_mlock)
{
	ALONE(
		char *p = map_pages(16);

		be_user(4);
		REFUSED(mlock(p, 5 * PAGE), ENOMEM);
		OK(mlock(p, 4 * PAGE));
		EQ(used("VmLck:"), 4 * PAGE);
		REFUSED(mlock(p + 4 * PAGE, PAGE), ENOMEM);
		OK(mlock(p, 4 * PAGE));		/* what is locked counts once */
		REFUSED(mlock(p + 3 * PAGE, 2 * PAGE), ENOMEM);
		OK(munlock(p, PAGE));
		OK(mlock(p + 4 * PAGE, 1));
		OK(mlock(p + PAGE + 1, 1));
		EQ(used("VmLck:"), 4 * PAGE);
		REFUSED(try_map(1, RW, MAP_PRIVATE | MAP_LOCKED), EAGAIN)
	);
	/* whole pages */
	ALONE(
		char *p = map_pages(4);

		OK(setuid(1000));
		limit(RLIMIT_MEMLOCK, 4 * PAGE - 1);
		REFUSED(mlock(p, 4 * PAGE), ENOMEM);
		OK(mlock(p, 3 * PAGE))
	);
}

TEST(memlock_zero_is_eperm)
{
	ALONE(
		char *p = map_pages(4);

		be_user(0);
		REFUSED(mlock(p, PAGE), EPERM);
		REFUSED(mlock(p, 0), EPERM);
		REFUSED(mlock((void *)0x10000, PAGE), EPERM);
		REFUSED(syscall(__NR_mlockall, MCL_CURRENT), EPERM);
		REFUSED(syscall(__NR_mlockall, MCL_CURRENT | MCL_ONFAULT), EPERM);
		REFUSED(syscall(__NR_mlockall, 0), EINVAL);
		REFUSED(try_map(1, RW, MAP_PRIVATE | MAP_LOCKED), EPERM);
		OK(munlock(p, PAGE));
		OK(syscall(__NR_munlockall))
	);
}

TEST(memlock_bounds_mlockall)
{
	ALONE(
		unsigned long size = used("VmSize:");

		be_user(size / PAGE);
		OK(syscall(__NR_mlockall, MCL_CURRENT));
		OK(syscall(__NR_munlockall));
		limit(RLIMIT_MEMLOCK, size - PAGE);
		REFUSED(syscall(__NR_mlockall, MCL_CURRENT), ENOMEM);
		OK(syscall(__NR_mlockall, MCL_FUTURE))
	);
}

TEST(memlock_bounds_what_is_locked_from_birth)
{
	ALONE(
		long brk = syscall(__NR_brk, 0);

		be_user(64);
		OK(syscall(__NR_mlockall, MCL_FUTURE));
		REFUSED(try_map(65, RW, MAP_PRIVATE), EAGAIN);
		OK(try_map(64, RW, MAP_PRIVATE));
		EQ(used("VmLck:"), 64 * PAGE);
		REFUSED(try_map(1, RW, MAP_PRIVATE), EAGAIN);
		REFUSED(try_map(1, PROT_NONE, MAP_PRIVATE), EAGAIN);
		EQ(syscall(__NR_brk, brk + 2 * PAGE), brk)
	);
}

TEST(memlock_bounds_mremap)
{
	ALONE(
		char *p = map_at(lonely(7), 7, RW, MAP_FIXED);

		be_user(8);
		OK(mlock(p, 7 * PAGE));
		REFUSED(mremap(p, 7 * PAGE, 9 * PAGE, MREMAP_MAYMOVE), EAGAIN);
		OK(mremap(p, 7 * PAGE, 8 * PAGE, MREMAP_MAYMOVE));
		EQ(used("VmLck:"), 8 * PAGE)
	);
}

/* ---- RLIMIT_STACK -------------------------------------------------------------------------------------- */

/* The area that grows down from @top: how many pages below it can be touched. */
static int grows(char *top, int most)
{
	static volatile int n;

	for (n = 0; n < most; n++)
		if (FAULTS(top[-(n + 1) * (long)PAGE] = 1))
			break;
	return n;
}

/* A stack of one page, which nobody runs on, with room below. */
static char *small_stack(void)
{
	char *p = map_at(NULL, 600, PROT_NONE, 0);

	OK(munmap(p, 600 * PAGE));
	return (char *)OK(mmap(p + 599 * PAGE, PAGE, RW,
			       MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_GROWSDOWN, -1, 0));
}

TEST(stack_grows_to_its_limit_exactly)
{
	ALONE(
		char *top = small_stack();

		limit(RLIMIT_STACK, 16 * PAGE);
		EQ(grows(top, 100), 15);
		STREQ(areas(top - 20 * PAGE, 21), "5+16 rw-p");
		EQ(fault_code, SEGV_MAPERR)
	);
	/* bytes count: a limit within a page does not hold that page */
	ALONE(
		char *top = small_stack();

		limit(RLIMIT_STACK, 17 * PAGE - 1);
		EQ(grows(top, 100), 15)
	);
	/* the limit of now, not of the beginning */
	ALONE(
		struct rlimit r = { 4 * PAGE, 64 * PAGE };
		char *top = small_stack();

		OK(setrlimit(RLIMIT_STACK, &r));
		EQ(grows(top, 100), 3);
		r.rlim_cur = 10 * PAGE;
		OK(setrlimit(RLIMIT_STACK, &r));
		EQ(grows(top, 100), 9)
	);
}

TEST(stack_grows_within_as)
{
	ALONE(
		char *top = small_stack();

		grows(top, 1);
		limit(RLIMIT_AS, used("VmSize:") + 5 * PAGE);
		EQ(grows(top, 100), 6)
	);
}

TEST(locked_stack_grows_within_memlock)
{
	ALONE(
		char *top = small_stack();

		be_user(4);
		OK(mlock(top, PAGE));
		EQ(grows(top, 100), 3);
		EQ(used("VmLck:"), 4 * PAGE)
	);
}

TEST(stack_does_not_count_as_data)
{
	ALONE(
		char *top = small_stack();

		limit(RLIMIT_DATA, 0);
		EQ(grows(top, 20), 20)
	);
}
