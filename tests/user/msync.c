/*
 * tests/user/msync.c - changes go to the file; rims of the call
 */
#include "smaps.h"

#define RW	(PROT_READ | PROT_WRITE)

TEST(what_is_written_is_in_the_file)
{
	int fd = file_of(2);
	char *p = map_file(fd, 2, RW, MAP_SHARED), c;

	p[PAGE] = 'Z';
	OK(msync(p, 2 * PAGE, MS_SYNC));
	EQ(pread(fd, &c, 1, PAGE), 1);
	EQ(c, 'Z');
	OK(msync(p, 2 * PAGE, MS_ASYNC));
	OK(msync(p, 2 * PAGE, 0));
	OK(msync(p, 2 * PAGE, MS_SYNC | MS_INVALIDATE));
	EQ(p[PAGE], 'Z');
}

TEST(private_and_anonymous_memory_may_be_synced_too)
{
	char *p = map_pages(1), *f = map_file(file_of(1), 1, RW, MAP_PRIVATE);

	OK(msync(p, PAGE, MS_SYNC));
	OK(msync(p, PAGE, MS_ASYNC));
	f[0] = 'p';
	OK(msync(f, PAGE, MS_SYNC | MS_INVALIDATE));
	EQ(f[0], 'p');
}

TEST(locked_memory_is_busy_for_invalidate)
{
	char *p = map_file(file_of(2), 2, RW, MAP_SHARED);

	OK(mlock(p + PAGE, PAGE));
	ERR(msync(p, 2 * PAGE, MS_INVALIDATE), EBUSY);
	ERR(msync(p, 2 * PAGE, MS_SYNC | MS_INVALIDATE), EBUSY);
	OK(msync(p, PAGE, MS_INVALIDATE));
	OK(msync(p, 2 * PAGE, MS_SYNC));
}

TEST(holes_and_rims_of_msync)
{
	char *p = map_at(lonely(3), 3, RW, MAP_FIXED);

	OK(munmap(p + PAGE, PAGE));
	ERR(msync(p, 3 * PAGE, MS_SYNC), ENOMEM);
	ERR(msync(p, 3 * PAGE, MS_ASYNC), ENOMEM);
	ERR(msync(p, 3 * PAGE, 0), ENOMEM);
	ERR(msync(p + PAGE, PAGE, MS_SYNC), ENOMEM);
	ERR(msync(p + 1, PAGE, MS_SYNC), EINVAL);
	ERR(msync(p + 1, 0, MS_SYNC), EINVAL);
	ERR(msync(p, PAGE, MS_SYNC | MS_ASYNC), EINVAL);
	ERR(msync(p, PAGE, 8), EINVAL);
	ERR(msync(p, PAGE, -1), EINVAL);
	OK(msync(p, 0, MS_SYNC));
	OK(msync(lonely(1), 0, MS_SYNC));
	OK(msync((void *)0xffff800000000000UL, 0, MS_SYNC));
	OK(msync(p, 1, MS_SYNC));
	OK(msync(p, -1UL, MS_SYNC));
	ERR(msync(p, -PAGE, MS_SYNC), ENOMEM);
	ERR(msync((void *)0xffff800000000000UL, PAGE, MS_SYNC), ENOMEM);
	ERR(msync((void *)-PAGE, PAGE, MS_SYNC), ENOMEM);
	ERR(msync((void *)-PAGE, 2 * PAGE, MS_SYNC), ENOMEM);
}
