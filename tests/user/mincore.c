/*
 * tests/user/mincore.c - which pages are in memory, and who may know
 */
#include <sys/stat.h>
#include "smaps.h"

#define RW	(PROT_READ | PROT_WRITE)

TEST(anonymous_pages_are_there_once_touched)
{
	char *p = map_pages(4);

	STREQ(resident(p, 4), "0000");
	poke(p + PAGE, 1);
	peek(p + 2 * PAGE);
	STREQ(resident(p, 4), "0110");
	OK(mprotect(p, 4 * PAGE, PROT_NONE));
	STREQ(resident(p, 4), "0110");
	OK(madvise(p, 2 * PAGE, MADV_DONTNEED));
	STREQ(resident(p, 4), "0010");
}

TEST(file_pages_are_there_while_they_are_cached)
{
	int fd = file_of(2);
	char *p;

	OK(ftruncate(fd, 5 * PAGE));
	p = map_file(fd, 4, RW, MAP_SHARED);
	STREQ(resident(p, 4), "1100");
	EQ(pwrite(fd, "x", 1, 3 * PAGE), 1);
	STREQ(resident(p, 4), "1101");
	OK(ftruncate(fd, PAGE));
	STREQ(resident(p, 4), "1000");
	p = map_file(fd, 1, RW, MAP_PRIVATE);
	STREQ(resident(p, 1), "1");
	EQ(smaps_kb(p, "Rss"), 0);
}

TEST(shared_memory_is_there_for_everyone_once_one_has_touched_it)
{
	char *p = mmap(NULL, 4 * PAGE, RW, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	EXITS(CHILD(poke(p + PAGE, 1);), 0);
	STREQ(resident(p, 4), "0100");
}

TEST(a_file_one_may_not_write_seems_to_be_there)
{
	int fd = OK(open("/tmp/mincore", O_RDWR | O_CREAT | O_EXCL, 0644));
	char *p, *q;

	OK(ftruncate(fd, 4 * PAGE));
	p = map_file(fd, 4, PROT_READ, MAP_SHARED);
	q = map_pages(1);
	STREQ(resident(p, 4), "0000");
	EXITS(CHILD(
		OK(syscall(__NR_setresuid, 1000, 1000, 1000));
		STREQ(resident(p, 4), "1111");
		STREQ(resident(q, 1), "0");
	), 0);
	OK(syscall(__NR_fchown, fd, 1000, 1000));
	EXITS(CHILD(
		OK(syscall(__NR_setresuid, 1000, 1000, 1000));
		STREQ(resident(p, 4), "0000");
	), 0);
	OK(syscall(__NR_fchown, fd, 0, 0));
	OK(syscall(__NR_fchmod, fd, 0666));
	EXITS(CHILD(
		OK(syscall(__NR_setresuid, 1000, 1000, 1000));
		STREQ(resident(p, 4), "0000");
	), 0);
	OK(unlink("/tmp/mincore"));
}

TEST(only_the_bytes_asked_for_are_written)
{
	char *p = map_pages(4);
	unsigned char vec[6];

	memset(vec, 7, 6);
	OK(mincore(p, 2 * PAGE + 1, vec + 1));
	EQ(vec[0], 7);
	EQ(vec[1] | vec[2] | vec[3], 0);
	EQ(vec[4], 7);
	OK(mincore(p, 0, vec));
	EQ(vec[0], 7);
}

TEST(many_pages_take_more_than_one_page_of_answers)
{
	enum { N = 5000 };
	char *p = map_pages(N);
	unsigned char *vec = (void *)map_pages(2);

	poke(p, 1);
	poke(p + 4096 * PAGE, 1);
	poke(p + (N - 1) * PAGE, 1);
	OK(mincore(p, N * PAGE, vec));
	for (int i = 0; i < N; i++)
		EQ(vec[i], i == 0 || i == 4096 || i == N - 1);
}

TEST(holes_and_rims)
{
	char *p = map_at(lonely(3), 3, RW, MAP_FIXED);
	unsigned char vec[4];

	OK(munmap(p + PAGE, PAGE));
	ERR(mincore(p, 3 * PAGE, vec), ENOMEM);
	ERR(mincore(p + PAGE, PAGE, vec), ENOMEM);
	ERR(mincore(p + 1, PAGE, vec), EINVAL);
	ERR(mincore(p + 1, 0, vec), EINVAL);
	ERR(mincore(p, PAGE, NULL), EFAULT);
	ERR(mincore(p, PAGE, (void *)0xffff800000000000UL), EFAULT);
	ERR(mincore(p, PAGE, (void *)(p + PAGE)), EFAULT);
	ERR(mincore(p, -1UL, vec), ENOMEM);
	ERR(mincore((void *)0xffff800000000000UL, PAGE, vec), ENOMEM);
	ERR(mincore((void *)-PAGE, PAGE, vec), ENOMEM);
	ERR(mincore((void *)0x7ffffffff000UL, PAGE, vec), ENOMEM);
	OK(mincore(lonely(1), 0, NULL));
	ERR(mincore((void *)0xffff800000000000UL, 0, vec), ENOMEM);
}
