/*
 * tests/user/ext2swap.c - a file on ext2 as swap area, on /dev/vda (tools/ext2test.py)
 *
 * Pages go to the file and come back; and what one may do to a file that is in use as swap.
 */
#define TEST_OWN_MAIN
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include "ext2.h"
#include "fail_nth.h"
#include "swap.h"

#define F	M "/swapfile"
#define N	64
#define SLOTS	256
#define RW	(PROT_READ | PROT_WRITE)

/* A file of @pages pages with an area's header of @last_page, and @fill further bytes. */
static void make_file(const char *name, unsigned int pages, unsigned int last_page, unsigned int nr_bad, int fill)
{
	static char buf[PAGE];
	int fd;

	swapoff(name);
	unlink(name);
	fd = OK(open(name, O_RDWR | O_CREAT | O_TRUNC, 0600));
	memset(buf, 0x5a, sizeof(buf));
	for (unsigned int i = 0; i < pages; i++)
		EQ(write(fd, buf, PAGE), PAGE);
	EQ(write(fd, buf, fill), fill);
	fill_header(1, last_page, nr_bad);
	EQ(pwrite(fd, &header, sizeof(header), 0), sizeof(header));
	close(fd);
}

static void file_on(void)
{
	make_file(F, SLOTS, SLOTS - 1, 0, 0);
	OK(swapon(F, 0));
}

static void file_off(void)
{
	OK(swapoff(F));
	OK(unlink(F));
}

static char *numbered(int pages, int flags)
{
	char *p = mmap(NULL, pages * PAGE, RW, MAP_ANONYMOUS | flags, -1, 0);

	CHECK(p != MAP_FAILED);
	number(p, pages);
	return p;
}

static void push_out(char *p, int pages)
{
	for (int i = 0; i < 1000 && smaps_kb(p, "Swap") != pages * 4; i++) {
		OK(madvise(p, pages * PAGE, MADV_PAGEOUT));
		sched_yield();
	}
	EQ(smaps_kb(p, "Swap"), pages * 4);
}

/* The line of /proc/swaps for @name: type, size and used in KiB, priority.  0: none. */
static int swaps_line(const char *name, char type[16], long n[3])
{
	const char *at = strstr(file_text("/proc/swaps"), name);

	return at && sscanf(at + strlen(name), " %15s %ld %ld %ld", type, &n[0], &n[1], &n[2]) == 4;
}

/* ---- an area ---- */

TEST(pages_go_to_a_file_and_come_back)
{
	char *p = numbered(N, MAP_PRIVATE), *s = numbered(N, MAP_SHARED), type[16];
	long n[3];

	file_on();
	CHECK(swaps_line(F, type, n));
	EQ(strcmp(type, "file"), 0);
	CMP(n[0], <=, (SLOTS - 1) * 4);
	CMP(n[0], >=, (SLOTS - 16) * 4);		/* small blocks that do not lie in a row are left out */
	EQ(n[1], 0);
	EQ(n[2], -2);
	push_out(p, N);
	push_out(s, N);
	CHECK(swaps_line(F, type, n));
	CMP(n[1], >=, 2 * N * 4);
	EQ(wrong(p, N), 0);
	EQ(wrong(s, N), 0);
	push_out(p, N);
	push_out(s, N);
	OK(swapoff(F));
	EQ(swaps_line(F, type, n), 0);
	EQ(wrong(p, N), 0);
	EQ(wrong(s, N), 0);
	OK(unlink(F));
}

TEST(what_is_beside_the_file_stays)
{
	static char buf[PAGE], got[PAGE];
	int before = OK(open(M "/before", O_RDWR | O_CREAT, 0600)), after;
	char *p = numbered(200, MAP_PRIVATE);

	memset(buf, 'b', sizeof(buf));
	for (int i = 0; i < 32; i++)
		EQ(write(before, buf, PAGE), PAGE);
	make_file(F, SLOTS, SLOTS - 1, 0, 0);
	after = OK(open(M "/after", O_RDWR | O_CREAT, 0600));
	for (int i = 0; i < 32; i++)
		EQ(write(after, buf, PAGE), PAGE);
	OK(swapon(F, 0));
	push_out(p, 200);
	EQ(wrong(p, 200), 0);
	push_out(p, 200);
	sync();
	put_text("/proc/sys/vm/drop_caches", "3\n");
	for (int i = 0; i < 32; i++) {
		EQ(pread(before, got, PAGE, i * PAGE), PAGE);
		EQ(memcmp(got, buf, PAGE), 0);
		EQ(pread(after, got, PAGE, i * PAGE), PAGE);
		EQ(memcmp(got, buf, PAGE), 0);
	}
	EQ(wrong(p, 200), 0);
	close(before);
	close(after);
	OK(unlink(M "/before"));
	OK(unlink(M "/after"));
	file_off();
}

TEST(priorities_say_which_area_is_used)
{
	char *p = numbered(N, MAP_PRIVATE), type[16];
	long a[3], b[3];

	make_file(F, SLOTS, SLOTS - 1, 0, 0);
	make_file(M "/second", SLOTS, SLOTS - 1, 0, 0);
	OK(swapon(F, 0x8000 | 3));
	OK(swapon(M "/second", 0x8000 | 5));
	push_out(p, N);
	CHECK(swaps_line(F, type, a) && swaps_line(M "/second", type, b));
	EQ(a[2], 3);
	EQ(b[2], 5);
	EQ(a[1], 0);
	CMP(b[1], >=, N * 4);
	OK(swapoff(M "/second"));
	push_out(p, N);
	CHECK(swaps_line(F, type, a));
	CMP(a[1], >=, N * 4);
	OK(unlink(M "/second"));
	file_off();
	EQ(wrong(p, N), 0);
}

TEST(flags_of_discard_are_taken)
{
	make_file(F, SLOTS, SLOTS - 1, 0, 0);
	OK(swapon(F, 0x10000));
	OK(swapoff(F));
	OK(swapon(F, 0x70000));
	OK(swapoff(F));
	ERR(swapon(F, 0x80000), EINVAL);
	OK(unlink(F));
}

TEST(swapoff_takes_any_name_of_the_file)
{
	file_on();
	OK(link(F, M "/other"));
	ERR(swapon(M "/other", 0), EBUSY);
	OK(swapoff(M "/other"));
	OK(unlink(M "/other"));
	ERR(swapoff(F), EINVAL);
	OK(unlink(F));
}

/* ---- headers ---- */

TEST(a_file_that_is_no_area_is_refused)
{
	int fd = OK(open(F, O_RDWR | O_CREAT | O_TRUNC, 0600));

	ERR(swapon(F, 0), EINVAL);				/* empty */
	OK(ftruncate(fd, SLOTS * PAGE));
	ERR(swapon(F, 0), EINVAL);				/* all a hole */
	fill_header(1, SLOTS - 1, 0);
	EQ(pwrite(fd, &header, sizeof(header), 0), sizeof(header));
	ERR(swapon(F, 0), EINVAL);				/* a header, and a hole */
	close(fd);
	make_file(F, SLOTS, SLOTS, 0, 0);
	ERR(swapon(F, 0), EINVAL);				/* more than there is */
	make_file(F, SLOTS, SLOTS, 0, PAGE - 1);
	ERR(swapon(F, 0), EINVAL);
	make_file(F, SLOTS, SLOTS - 1, 1, 0);
	ERR(swapon(F, 0), EINVAL);				/* bad pages are for devices */
	make_file(F, 1, 1, 0, 0);
	ERR(swapon(F, 0), EINVAL);
	make_file(F, SLOTS, SLOTS - 1, 0, 0);
	fd = OK(open(F, O_RDWR));
	EQ(pwrite(fd, "X", 1, 4086), 1);
	close(fd);
	ERR(swapon(F, 0), EINVAL);				/* no signature */
	ERR(swapon(M, 0), EISDIR);
	ERR(swapon("/proc/version", 0), EINVAL);
	OK(unlink(F));
}

TEST(a_tmpfs_file_is_no_area)
{
	mkdir("/tmp", 0777);
	mkdir("/tmp/ext2swap", 0777);
	OK(mount("none", "/tmp/ext2swap", "tmpfs", 0, NULL));
	make_file("/tmp/ext2swap/f", SLOTS, SLOTS - 1, 0, 0);
	ERR(swapon("/tmp/ext2swap/f", 0), EINVAL);
	ERR(swapoff("/tmp/ext2swap/f"), EINVAL);
	OK(umount2("/tmp/ext2swap", 0));
}

TEST(a_header_may_promise_less)
{
	char type[16];
	long n[3];

	make_file(F, SLOTS, 99, 0, 0);
	OK(swapon(F, 0));
	CHECK(swaps_line(F, type, n));
	EQ(n[0], 99 * 4);
	file_off();
}

TEST(a_file_without_a_name_is_refused)
{
	char path[32];
	int fd;

	make_file(F, SLOTS, SLOTS - 1, 0, 0);
	fd = OK(open(F, O_RDWR));
	OK(unlink(F));
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	ERR(swapon(path, 0), ENOENT);
	close(fd);
}

/* ---- in use ---- */

TEST(a_file_in_use_is_not_written)
{
	char buf[16];
	int fd;

	file_on();
	ERR(swapon(F, 0), EBUSY);
	fd = OK(open(F, O_RDWR));				/* opening is no harm */
	ERR(write(fd, "x", 1), ETXTBSY);
	ERR(pwrite(fd, "x", 1, SLOTS * PAGE), ETXTBSY);
	ERR(pwrite(fd, "x", 0, 0), ETXTBSY);
	EQ(pread(fd, buf, sizeof(buf), 4086), 16);
	EQ(memcmp(buf, "SWAPSPACE2", 10), 0);
	ERR(ftruncate(fd, 0), ETXTBSY);
	ERR(ftruncate(fd, SLOTS * PAGE), ETXTBSY);
	ERR(truncate(F, 5), ETXTBSY);
	ERR(open(F, O_RDWR | O_TRUNC), ETXTBSY);
	ERR(fallocate(fd, 0, 0, PAGE), ETXTBSY);
	ERR(mmap(NULL, PAGE, RW, MAP_SHARED, fd, 0), ETXTBSY);
	CHECK(mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, 0) != MAP_FAILED);
	CHECK(mmap(NULL, PAGE, RW, MAP_PRIVATE, fd, 0) != MAP_FAILED);
	OK(ftruncate(fd, (SLOTS + 4) * PAGE));			/* longer it may become */
	OK(fchmod(fd, 0640));
	OK(fsync(fd));
	OK(swapoff(F));
	EQ(pwrite(fd, "x", 1, 0), 1);
	OK(ftruncate(fd, 0));
	close(fd);
	OK(unlink(F));
}

TEST(a_file_in_use_keeps_its_name)
{
	file_on();
	ERR(unlink(F), EPERM);
	ERR(rename(F, M "/other"), EPERM);
	close(OK(open(M "/other", O_RDWR | O_CREAT, 0600)));
	ERR(rename(M "/other", F), EPERM);
	OK(unlink(M "/other"));
	ERR(umount2(M, 0), EBUSY);
	file_off();
}

TEST(a_disk_in_use_as_swap_is_not_written)
{
	ERR(swapon(DISK, 0), EBUSY);				/* mounted */
}

/* ---- out of memory ---- */

/* Each allocation of swapon fails once: ENOMEM, and the file is like any other. */
TEST(memory_ends_while_the_file_becomes_an_area)
{
	int fd;

	if (!have_fail_nth())
		return;
	make_file(F, SLOTS, SLOTS - 1, 0, 0);
	fd = OK(open(F, O_RDWR));
	for (int n = 1, left = 0; !left; n++) {
		long r, err;

		CMP(n, <, 200);
		put_text("/proc/sys/vm/drop_caches", "3\n");
		arm(n);
		r = swapon(F, 0);
		err = errno;
		left = disarm();
		if (!r) {
			OK(swapoff(F));
		} else if (left || (err != ENOMEM && err != EFAULT)) {
			FAIL("swapon at allocation %d: %s", n, strerrorname(err));
		}
		EQ(pwrite(fd, "SWAP", 4, 4086), 4);
	}
	close(fd);
	OK(unlink(F));
}

static void end_area(void)
{
	swapoff(F);
	unlink(F);
}

int main(int argc, char **argv)
{
	return main_on_disk(argv, NULL, end_area);
}
