/*
 * tests/user/truncate.c - a file becomes shorter and longer under the eyes of its readers
 *
 * Shared and private mappings, whole and partial pages, and the accesses that no longer have a
 * file behind them.
 */
#include <sys/mman.h>
#include <sys/stat.h>
#include "mem.h"

#define RW	(PROT_READ | PROT_WRITE)

static int make(size_t size, char fill)
{
	int fd = OK(memfd_create("truncate", 0));
	static char page[PAGE];

	memset(page, fill, PAGE);
	for (size_t at = 0; at < size; at += PAGE)
		OK(pwrite(fd, page, size - at < PAGE ? size - at : PAGE, at));
	return fd;
}

static char *map(int fd, size_t pages, int flags)
{
	char *p = mmap(NULL, pages * PAGE, RW, flags, fd, 0);

	CHECK(p != MAP_FAILED);
	return p;
}

static long pages_of(int fd)
{
	struct stat st;

	OK(fstat(fd, &st));
	return st.st_blocks / 8;
}

TEST(access_beyond_the_end_is_sigbus)
{
	int fd = make(3 * PAGE, 'x');
	volatile char *p = map(fd, 3, MAP_SHARED);

	EQ(p[2 * PAGE + 5], 'x');
	OK(ftruncate(fd, PAGE + 1));
	EQ(pages_of(fd), 2);
	SIGBUS_AT(peek(p + 2 * PAGE + 5), p + 2 * PAGE + 5);
	SIGBUS_AT(poke(p + 3 * PAGE - 1, 1), p + 3 * PAGE - 1);
	SIGBUS_AT(peek(p + 2 * PAGE), p + 2 * PAGE);
	EQ(p[PAGE], 'x');
	EQ(p[2 * PAGE - 1], 0);
	EQ(pages_of(fd), 2);
}

TEST(rest_of_the_last_page_is_zeroed)
{
	int fd = make(2 * PAGE, 'x');
	volatile char *p = map(fd, 2, MAP_SHARED);
	char c;

	OK(ftruncate(fd, 100));
	EQ(p[99], 'x');
	EQ(p[100], 0);
	EQ(p[PAGE - 1], 0);
	p[200] = 'y';					/* beyond the end but in its page */
	EQ(OK(pread(fd, &c, 1, 100)), 0);
	OK(ftruncate(fd, 150));
	EQ(p[200], 'y');				/* only shrinking zeroes */
	OK(ftruncate(fd, 140));
	EQ(p[200], 0);
}

TEST(what_grows_back_is_zero)
{
	int fd = make(3 * PAGE, 'x');
	volatile char *p = map(fd, 3, MAP_SHARED);
	char c = 1;

	EQ(p[2 * PAGE], 'x');
	OK(ftruncate(fd, PAGE));
	SIGBUS_AT(peek(p + PAGE), p + PAGE);
	OK(ftruncate(fd, 3 * PAGE));
	EQ(p[PAGE], 0);
	EQ(p[3 * PAGE - 1], 0);
	EQ(p[PAGE - 1], 'x');
	p[2 * PAGE] = 'n';
	EQ(OK(pread(fd, &c, 1, 2 * PAGE)), 1);
	EQ(c, 'n');
}

TEST(private_copies_beyond_the_end_go_too)
{
	int fd = make(3 * PAGE, 'x');
	volatile char *p = map(fd, 3, MAP_PRIVATE);

	p[0] = 'a';
	p[PAGE] = 'b';
	p[2 * PAGE] = 'c';
	OK(ftruncate(fd, 10));
	SIGBUS_AT(peek(p + PAGE), p + PAGE);
	SIGBUS_AT(poke(p + 2 * PAGE, 1), p + 2 * PAGE);
	EQ(p[0], 'a');					/* copied before: the file's end is no matter */
	EQ(p[20], 'x');
	OK(ftruncate(fd, 3 * PAGE));
	EQ(p[PAGE], 0);
	EQ(p[2 * PAGE], 0);
	EQ(p[0], 'a');
}

TEST(every_process_loses_its_mapping_of_what_is_cut)
{
	int fd = make(2 * PAGE, 'x'), up[2], down[2];
	volatile char *p = map(fd, 2, MAP_SHARED);
	pid_t child;
	char c;

	OK(pipe(up));
	OK(pipe(down));
	child = CHILD({
		EQ(p[PAGE], 'x');
		OK(write(up[1], "1", 1));
		OK(read(down[0], &c, 1));
		SIGBUS_AT(peek(p + PAGE), p + PAGE);
		OK(write(up[1], "2", 1));
		OK(read(down[0], &c, 1));
		EQ(p[PAGE], 0);
	});
	OK(read(up[0], &c, 1));
	OK(ftruncate(fd, PAGE));
	OK(write(down[1], "1", 1));
	OK(read(up[0], &c, 1));
	OK(ftruncate(fd, 2 * PAGE));
	OK(write(down[1], "2", 1));
	EXITS(child, 0);
}

TEST(counters_follow_the_pages)
{
	int fd = make(8 * PAGE, 'x');
	volatile char *p = map(fd, 8, MAP_SHARED), *q = map(fd, 8, MAP_PRIVATE);
	unsigned char in[8];

	for (int i = 0; i < 8; i++) {
		p[i * PAGE] = 1;
		q[i * PAGE] = 2;
	}
	CHECK(frame(p + 5 * PAGE) && frame(q + 5 * PAGE));
	OK(ftruncate(fd, 2 * PAGE));
	CHECK(frame(p + PAGE) && frame(q + PAGE));
	for (int i = 2; i < 8; i++) {
		EQ(frame(p + i * PAGE), 0);
		EQ(frame(q + i * PAGE), 0);
	}
	OK(mincore((void *)p, 8 * PAGE, in));
	EQ(in[1] & 1, 1);
	EQ(in[2] & 1, 0);
	EQ(pages_of(fd), 2);
}

TEST(system_calls_into_what_is_gone_return_efault)
{
	int fd = make(2 * PAGE, 'x'), pipes[2];
	char *p = map(fd, 2, MAP_SHARED);

	OK(pipe(pipes));
	OK(ftruncate(fd, PAGE));
	ERR(write(pipes[1], p + PAGE, 1), EFAULT);
	EQ(OK(write(pipes[1], p, 4)), 4);
	ERR(read(pipes[0], p + PAGE, 1), EFAULT);
	EQ(OK(write(fd, p + PAGE - 3, 0)), 0);
}

TEST(locked_pages_beyond_the_end_go_too)
{
	int fd = make(2 * PAGE, 'x');
	volatile char *p = map(fd, 2, MAP_SHARED);

	OK(mlock((void *)p, 2 * PAGE));
	OK(ftruncate(fd, PAGE));
	SIGBUS_AT(peek(p + PAGE), p + PAGE);
	EQ(p[0], 'x');
	OK(munlock((void *)p, 2 * PAGE));
}

TEST(mapping_made_beyond_the_end_wakes_when_the_file_grows)
{
	int fd = make(0, 0);
	volatile char *p = map(fd, 2, MAP_SHARED);

	SIGBUS_AT(peek(p), p);
	OK(ftruncate(fd, 1));
	EQ(p[0], 0);
	p[PAGE - 1] = 'z';
	SIGBUS_AT(peek(p + PAGE), p + PAGE);
	OK(pwrite(fd, "w", 1, PAGE));
	EQ(p[PAGE], 'w');
	EQ(p[PAGE - 1], 'z');
}

TEST(sizes_at_the_rims)
{
	int fd = make(PAGE, 'x'), ro, fds[2];
	struct stat st;
	char name[32];

	ERR(ftruncate(fd, -1), EINVAL);
	OK(ftruncate(fd, ~0UL >> 1));
	OK(fstat(fd, &st));
	EQ(st.st_size, ~0UL >> 1);
	EQ(pages_of(fd), 1);
	OK(ftruncate(fd, (~0UL >> 1) - 1));
	OK(ftruncate(fd, 0));
	EQ(pages_of(fd), 0);
	snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
	ro = OK(open(name, O_RDONLY));
	ERR(ftruncate(ro, 0), EINVAL);
	ERR(ftruncate(-1, 0), EBADF);
	OK(pipe(fds));
	ERR(ftruncate(fds[1], 0), EINVAL);
}

TEST(open_with_o_trunc_cuts_under_a_mapping)
{
	int fd = make(PAGE, 'x');
	volatile char *p = map(fd, 1, MAP_SHARED);
	char name[32];

	EQ(p[0], 'x');
	snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
	OK(open(name, O_RDWR | O_TRUNC));
	SIGBUS_AT(peek(p), p);
}
