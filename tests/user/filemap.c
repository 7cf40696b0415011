/*
 * tests/user/filemap.c - mappings of files
 */
#include <sys/stat.h>
#include "mem.h"

#define RW	(PROT_READ | PROT_WRITE)
#define FILE_NAME	"/tmp/filemap-test"

/* A file of size bytes whose byte at i is 'a' + page number. */
static int make_file(unsigned long size)
{
	static char buf[PAGE];
	int fd;

	unlink(FILE_NAME);
	fd = OK(open(FILE_NAME, O_RDWR | O_CREAT | O_EXCL, 0644));
	for (unsigned long i = 0; i < size; i += PAGE) {
		unsigned long n = size - i < PAGE ? size - i : PAGE;

		memset(buf, 'a' + i / PAGE, n);
		EQ(write(fd, buf, n), n);
	}
	return fd;
}

static char *map_file(int fd, unsigned long pages, int prot, int flags, long offset)
{
	char *p = mmap(NULL, pages * PAGE, prot, flags, fd, offset);

	if (p == MAP_FAILED)
		FAIL("mmap of a file: %s", strerrorname(errno));
	return p;
}

TEST(private_mapping_shows_the_file)
{
	int fd = make_file(3 * PAGE);
	char *p = map_file(fd, 3, PROT_READ, MAP_PRIVATE, 0);

	EQ(p[0], 'a');
	EQ(p[PAGE], 'b');
	EQ(p[3 * PAGE - 1], 'c');
}

TEST(offset_chooses_the_page)
{
	int fd = make_file(3 * PAGE);
	char *p = map_file(fd, 1, PROT_READ, MAP_PRIVATE, PAGE);

	EQ(p[0], 'b');
	ERR(mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, fd, 100), EINVAL);
}

TEST(writes_to_a_private_mapping_stay_there)
{
	int fd = make_file(PAGE);
	char *p = map_file(fd, 1, RW, MAP_PRIVATE, 0), *q = map_file(fd, 1, RW, MAP_PRIVATE, 0);
	char c;

	p[10] = 'P';
	EQ(q[10], 'a');
	EQ(pread(fd, &c, 1, 10), 1);
	EQ(c, 'a');
	EQ(p[11], 'a');
	EQ(p[10], 'P');
}

TEST(private_mapping_of_a_file_opened_read_only_can_be_written)
{
	int fd = make_file(PAGE), ro = OK(open(FILE_NAME, O_RDONLY));
	char *p = map_file(ro, 1, RW, MAP_PRIVATE, 0);

	close(fd);
	p[0] = 'x';
	EQ(p[0], 'x');
}

TEST(file_not_opened_for_reading_can_not_be_mapped)
{
	int fd = make_file(PAGE), wo = OK(open(FILE_NAME, O_WRONLY));

	close(fd);
	ERR(mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, wo, 0), EACCES);
}

TEST(rest_of_the_last_page_is_zero)
{
	int fd = make_file(PAGE + 100);
	char *p = map_file(fd, 2, PROT_READ, MAP_PRIVATE, 0);

	EQ(p[PAGE + 99], 'b');
	EQ(memchr_inv(p + PAGE + 100, 0, PAGE - 100), 0);
}

TEST(access_beyond_the_end_is_sigbus)
{
	int fd = make_file(PAGE + 1);
	char *p = map_file(fd, 4, RW, MAP_PRIVATE, 0);

	SIGBUS_AT(peek(p + 2 * PAGE), p + 2 * PAGE);
	SIGBUS_AT(poke(p + 3 * PAGE + 5, 1), p + 3 * PAGE + 5);
	poke(p + 2 * PAGE - 1, 1);
}

TEST(truncation_takes_mapped_pages_away)
{
	int fd = make_file(3 * PAGE);
	char *p = map_file(fd, 3, PROT_READ, MAP_PRIVATE, 0);

	EQ(p[2 * PAGE], 'c');
	OK(ftruncate(fd, PAGE));
	EQ(p[0], 'a');
	SIGBUS_AT(peek(p + 2 * PAGE), p + 2 * PAGE);
	OK(ftruncate(fd, 3 * PAGE));
	EQ(p[2 * PAGE], 0);
}

TEST(mapping_outlives_its_descriptor_and_its_name)
{
	int fd = make_file(PAGE);
	char *p = map_file(fd, 1, PROT_READ, MAP_PRIVATE, 0);

	close(fd);
	OK(unlink(FILE_NAME));
	EQ(p[0], 'a');
}

TEST(later_writes_to_the_file_show_in_untouched_private_pages)
{
	int fd = make_file(PAGE);
	char *p = map_file(fd, 1, PROT_READ, MAP_PRIVATE, 0);

	EQ(p[0], 'a');
	EQ(pwrite(fd, "z", 1, 0), 1);
	EQ(p[0], 'z');
}

TEST(shared_mapping_and_read_write_see_one_file)
{
	int fd = make_file(2 * PAGE);
	char *p = map_file(fd, 2, RW, MAP_SHARED, 0), c;

	p[5] = 'S';
	EQ(pread(fd, &c, 1, 5), 1);
	EQ(c, 'S');
	EQ(pwrite(fd, "W", 1, PAGE + 7), 1);
	EQ(p[PAGE + 7], 'W');
}

/* The source is the page that is written to: bytes go in order, and what was just written is read. */
TEST(a_file_written_from_its_own_mapping_repeats_its_beginning)
{
	int fd = OK(open("/tmp/own", O_RDWR | O_CREAT | O_TRUNC, 0600));
	char *p;

	OK(ftruncate(fd, 2 * PAGE));
	p = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	CHECK(p != MAP_FAILED);
	for (int i = 0; i < 64; i++)
		p[i] = i + 1;
	EQ(pwrite(fd, p, PAGE, 64), PAGE);
	for (int i = 0; i < (int)PAGE + 64; i++)
		EQ(p[i], i % 64 + 1);
	OK(munmap(p, 2 * PAGE));
	close(fd);
	OK(unlink("/tmp/own"));
}

TEST(shared_mapping_is_shared_with_the_child)
{
	int fd = make_file(PAGE);
	char *p = map_file(fd, 1, RW, MAP_SHARED, 0);

	EXITS(CHILD(p[0] = 'C'), 0);
	EQ(p[0], 'C');
}

TEST(private_pages_of_a_file_are_cow_after_fork)
{
	int fd = make_file(PAGE);
	char *p = map_file(fd, 1, RW, MAP_PRIVATE, 0);

	p[0] = 'P';
	EXITS(CHILD(EQ(p[0], 'P'); p[0] = 'C'; EQ(p[1], 'a')), 0);
	EQ(p[0], 'P');
}

TEST(two_mappings_of_a_page_use_one_frame)
{
	int fd = make_file(PAGE);
	char *p = map_file(fd, 1, PROT_READ, MAP_PRIVATE, 0);
	char *q = map_file(fd, 1, PROT_READ, MAP_PRIVATE, 0);

	EQ(peek(p), peek(q));
	CHECK(frame(p));
	EQ(frame(p), frame(q));
}

TEST(maps_shows_offset_inode_and_name)
{
	int fd = make_file(3 * PAGE);
	char *p = map_file(fd, 2, PROT_READ, MAP_PRIVATE, PAGE), want[200];
	struct stat st;

	OK(fstat(fd, &st));
	snprintf(want, sizeof(want), "%lx-%lx r--p 00001000 %02lx:%02lx %lu ", (long)p,
		 (long)p + 2 * PAGE, st.st_dev >> 8 & 0xfff, st.st_dev & 0xff, st.st_ino);
	EQ(strncmp(maps_line(p), want, strlen(want)), 0);
	STREQ(maps_line(p) + 73, FILE_NAME);
	OK(unlink(FILE_NAME));
	STREQ(maps_line(p) + 73, FILE_NAME " (deleted)");
}

TEST(neighbouring_pages_of_a_file_merge_only_in_order)
{
	int fd = make_file(4 * PAGE);
	char *p = lonely(4);

	OK(mmap(p, PAGE, PROT_READ, MAP_PRIVATE | MAP_FIXED, fd, 0));
	OK(mmap(p + PAGE, PAGE, PROT_READ, MAP_PRIVATE | MAP_FIXED, fd, PAGE));
	STREQ(areas(p, 4), "0+2 r--p");
	OK(mmap(p + 2 * PAGE, PAGE, PROT_READ, MAP_PRIVATE | MAP_FIXED, fd, PAGE));
	STREQ(areas(p, 4), "0+2 r--p, 2+1 r--p");
}

TEST(split_file_area_keeps_its_offsets)
{
	int fd = make_file(4 * PAGE);
	char *p = map_file(fd, 4, PROT_READ, MAP_PRIVATE, 0);

	OK(munmap(p + PAGE, PAGE));
	EQ(p[0], 'a');
	EQ(p[2 * PAGE], 'c');
	EQ(p[3 * PAGE], 'd');
	CHECK(strstr(maps_line(p + 2 * PAGE), " r--p 00002000 "));
}

TEST(directory_and_pipe_can_not_be_mapped)
{
	int fds[2], fd = OK(open("/tmp", O_RDONLY));

	OK(pipe(fds));
	ERR(mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, fd, 0), ENODEV);
	ERR(mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, fds[0], 0), ENODEV);
}

TEST(dev_zero_maps_like_anonymous_memory)
{
	int fd = OK(open("/dev/zero", O_RDWR));
	char *p = map_file(fd, 2, RW, MAP_PRIVATE, 0);

	EQ(p[0], 0);
	p[PAGE] = 'x';
	EQ(p[PAGE], 'x');
}
