/*
 * tests/user/memfd.c - files without a name, and the seals that make them trustworthy
 */
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/mount.h>
#include "mem.h"

#define RW	(PROT_READ | PROT_WRITE)
#define ALL	(F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_FUTURE_WRITE)
#define PUNCH	(FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE)

static int make(size_t size)
{
	int fd = OK(memfd_create("test", MFD_ALLOW_SEALING | MFD_CLOEXEC));

	OK(ftruncate(fd, size));
	return fd;
}

static char *map(int fd, size_t size, int prot, int flags)
{
	return mmap(NULL, size, prot, flags, fd, 0);
}

static int seal(int fd, unsigned long seals)
{
	return fcntl(fd, F_ADD_SEALS, seals);
}

static int seals(int fd)
{
	return fcntl(fd, F_GET_SEALS);
}

static int reopen(int fd, int flags)
{
	char name[32];

	snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
	return open(name, flags);
}

static long size_of(int fd)
{
	struct stat st;

	OK(fstat(fd, &st));
	return st.st_size;
}

static long pages_of(int fd)
{
	struct stat st;

	OK(fstat(fd, &st));
	return st.st_blocks / 8;
}

TEST(flags_and_names_at_the_rims)
{
	char name[300];
	int fd = OK(memfd_create("", 0));

	EQ(fcntl(fd, F_GETFD), 0);
	EQ(fcntl(fd, F_GETFL), O_RDWR | O_LARGEFILE);
	EQ(seals(fd), F_SEAL_SEAL);
	fd = OK(memfd_create("x", MFD_CLOEXEC | MFD_ALLOW_SEALING));
	EQ(fcntl(fd, F_GETFD), FD_CLOEXEC);
	EQ(seals(fd), 0);
	ERR(memfd_create("x", 8), EINVAL);
	ERR(memfd_create("x", 1U << 31), EINVAL);
	ERR(memfd_create("x", 1U << 26), EINVAL);	/* a page size without MFD_HUGETLB */
	ERR(memfd_create((char *)1, 0), EFAULT);
	ERR(memfd_create((char *)1, 8), EINVAL);
	memset(name, 'n', sizeof(name));
	name[250] = '\0';
	ERR(memfd_create(name, 0), EINVAL);
	name[249] = '\0';
	OK(memfd_create(name, 0));
}

TEST(name_and_mode_are_shown)
{
	int fd = make(PAGE);
	char path[32], text[64] = "";
	struct stat st;
	char *p = map(fd, PAGE, RW, MAP_SHARED);

	OK(fstat(fd, &st));
	EQ(st.st_mode, S_IFREG | 0777);
	EQ(st.st_nlink, 0);
	CHECK(strstr(maps_line(p), " /memfd:test (deleted)"));
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	OK(readlink(path, text, sizeof(text) - 1));
	STREQ(text, "/memfd:test (deleted)");
}

TEST(contents_are_shared_with_whoever_has_the_descriptor)
{
	int fd = make(0);
	char buf[8] = "", *p;

	EQ(OK(write(fd, "hello", 5)), 5);
	p = map(fd, PAGE, RW, MAP_SHARED);
	EQ(strncmp(p, "hello", 6), 0);
	EXITS(CHILD({ OK(pwrite(fd, "J", 1, 0)); p[4] = '!'; }), 0);
	EQ(OK(pread(fd, buf, 8, 0)), 5);
	STREQ(buf, "Jell!");
}

TEST(shrink_seal)
{
	int fd = make(2 * PAGE);

	OK(seal(fd, F_SEAL_SHRINK));
	ERR(ftruncate(fd, 2 * PAGE - 1), EPERM);
	ERR(ftruncate(fd, 0), EPERM);
	EQ(size_of(fd), 2 * PAGE);
	OK(ftruncate(fd, 2 * PAGE));
	OK(ftruncate(fd, 3 * PAGE));
	OK(fallocate(fd, PUNCH, 0, PAGE));
	ERR(reopen(fd, O_RDWR | O_TRUNC), EPERM);
}

TEST(grow_seal)
{
	int fd = make(PAGE + 10);
	char buf[2 * PAGE];

	memset(buf, 'x', sizeof(buf));
	OK(seal(fd, F_SEAL_GROW));
	ERR(ftruncate(fd, PAGE + 11), EPERM);
	EQ(OK(pwrite(fd, buf, PAGE, 0)), PAGE);
	EQ(OK(pwrite(fd, buf, 10, PAGE)), 10);
	ERR(pwrite(fd, buf, 11, PAGE), EPERM);
	ERR(pwrite(fd, buf, 1, PAGE + 10), EPERM);
	EQ(OK(pwrite(fd, buf, 2 * PAGE, 0)), PAGE);	/* what fits in whole pages */
	EQ(OK(pwrite(fd, buf, 0, 2 * PAGE)), 0);
	ERR(fallocate(fd, 0, 0, PAGE + 11), EPERM);
	ERR(fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, PAGE + 11), EPERM);
	OK(fallocate(fd, 0, 0, PAGE + 10));
	EQ(size_of(fd), PAGE + 10);
	OK(ftruncate(fd, 5));
}

TEST(write_seal_refuses_every_way_to_write)
{
	int fd = make(2 * PAGE), ro = OK(reopen(fd, O_RDONLY));
	char buf[4] = "", *p;

	OK(pwrite(fd, "abc", 3, 0));
	OK(seal(fd, F_SEAL_WRITE));
	EQ(seals(fd), F_SEAL_WRITE);
	ERR(pwrite(fd, "x", 1, 0), EPERM);
	ERR(write(fd, "x", 1), EPERM);
	ERR(fallocate(fd, PUNCH, 0, PAGE), EPERM);
	CHECK(map(fd, PAGE, RW, MAP_SHARED) == MAP_FAILED && errno == EPERM);
	p = map(fd, PAGE, PROT_READ, MAP_SHARED);
	CHECK(p != MAP_FAILED);
	EQ(p[0], 'a');
	ERR(mprotect(p, PAGE, RW), EACCES);
	p = map(ro, PAGE, PROT_READ, MAP_SHARED);
	CHECK(p != MAP_FAILED);
	ERR(mprotect(p, PAGE, RW), EACCES);
	EQ(p[0], 'a');
	p = map(fd, PAGE, RW, MAP_PRIVATE);
	p[0] = 'P';
	EQ(OK(pread(fd, buf, 3, 0)), 3);
	STREQ(buf, "abc");
	OK(ftruncate(fd, PAGE));			/* a size is not content */
	OK(ftruncate(fd, 3 * PAGE));
	OK(fallocate(fd, 0, 0, 4 * PAGE));
	EQ(size_of(fd), 4 * PAGE);
}

TEST(write_seal_waits_for_no_shared_writable_mapping)
{
	int fd = make(2 * PAGE), ro = OK(reopen(fd, O_RDONLY));
	char *p = map(fd, 2 * PAGE, RW, MAP_SHARED), *q;

	ERR(seal(fd, F_SEAL_WRITE | F_SEAL_GROW), EBUSY);
	EQ(seals(fd), 0);
	OK(mprotect(p, 2 * PAGE, PROT_READ));		/* could be made writable again */
	ERR(seal(fd, F_SEAL_WRITE), EBUSY);
	OK(munmap(p, PAGE));
	ERR(seal(fd, F_SEAL_WRITE), EBUSY);
	EXITS(CHILD({ OK(munmap(p + PAGE, PAGE)); ERR(seal(fd, F_SEAL_WRITE), EBUSY); }), 0);
	q = mremap(p + PAGE, PAGE, 2 * PAGE, MREMAP_MAYMOVE);
	CHECK(q != MAP_FAILED);
	ERR(seal(fd, F_SEAL_WRITE), EBUSY);
	OK(munmap(q, 2 * PAGE));
	CHECK(map(ro, PAGE, PROT_READ, MAP_SHARED) != MAP_FAILED);
	CHECK(map(fd, PAGE, RW, MAP_PRIVATE) != MAP_FAILED);
	OK(seal(fd, F_SEAL_WRITE));
	OK(seal(fd, F_SEAL_WRITE));			/* again: nothing to do */
	EQ(seals(fd), F_SEAL_WRITE);
}

TEST(shared_read_only_mapping_of_a_writable_descriptor_is_in_the_way)
{
	int fd = make(PAGE);
	char *p = map(fd, PAGE, PROT_READ, MAP_SHARED);

	ERR(seal(fd, F_SEAL_WRITE), EBUSY);
	OK(munmap(p, PAGE));
	OK(seal(fd, F_SEAL_WRITE));
}

TEST(future_write_seal_leaves_what_is_mapped)
{
	int fd = make(2 * PAGE);
	char buf[4] = "", *p = map(fd, PAGE, RW, MAP_SHARED), *r = map(fd, PAGE, PROT_READ, MAP_SHARED),
	     *q;

	OK(seal(fd, F_SEAL_FUTURE_WRITE));
	EQ(seals(fd), F_SEAL_FUTURE_WRITE);
	p[0] = 'w';
	EQ(OK(pread(fd, buf, 1, 0)), 1);
	EQ(buf[0], 'w');
	OK(mprotect(r, PAGE, RW));			/* mapped before: may */
	r[1] = 'v';
	ERR(pwrite(fd, "x", 1, 0), EPERM);
	ERR(fallocate(fd, PUNCH, 0, PAGE), EPERM);
	q = lonely(2);
	CHECK(mmap(q, PAGE, RW, MAP_SHARED | MAP_FIXED, fd, 0) == MAP_FAILED && errno == EPERM);
	q = map(fd, PAGE, PROT_READ, MAP_SHARED);
	CHECK(q != MAP_FAILED);
	EQ(q[1], 'v');
	ERR(mprotect(q, PAGE, RW), EACCES);
	CHECK(map(fd, PAGE, RW, MAP_PRIVATE) != MAP_FAILED);
	OK(ftruncate(fd, 3 * PAGE));
	ERR(seal(fd, F_SEAL_WRITE), EBUSY);
	OK(munmap(p, PAGE));
	OK(munmap(r, PAGE));
	OK(seal(fd, F_SEAL_WRITE));			/* the read-only one is in nobody's way */
}

TEST(seal_seal_and_the_rims)
{
	int fd = make(PAGE), ro = OK(reopen(fd, O_RDONLY)), file, fds[2];

	ERR(seal(fd, 0x20), EINVAL);
	ERR(seal(fd, 1UL << 32), EINVAL);
	ERR(seal(ro, F_SEAL_SEAL), EPERM);
	ERR(seal(ro, 0x20), EPERM);
	EQ(seals(ro), 0);
	OK(seal(fd, 0));
	OK(seal(fd, F_SEAL_GROW));
	OK(seal(fd, F_SEAL_SHRINK | F_SEAL_SEAL));
	EQ(seals(fd), F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL);
	EQ(seals(ro), F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL);
	ERR(seal(fd, F_SEAL_WRITE), EPERM);
	ERR(seal(fd, 0), EPERM);
	OK(pwrite(fd, "x", 1, 0));
	OK(pipe(fds));
	ERR(seals(fds[0]), EINVAL);
	ERR(seal(fds[1], F_SEAL_SEAL), EINVAL);
	ERR(seal(fds[0], F_SEAL_SEAL), EPERM);
	file = OK(open("/proc/self/maps", O_RDONLY));
	ERR(seals(file), EINVAL);
}

TEST(all_seals_at_once)
{
	int fd = make(PAGE);

	OK(seal(fd, ALL));
	EQ(seals(fd), ALL);
	ERR(ftruncate(fd, 0), EPERM);
	ERR(ftruncate(fd, 2 * PAGE), EPERM);
	ERR(pwrite(fd, "x", 1, 0), EPERM);
	OK(ftruncate(fd, PAGE));
}

TEST(refused_mapping_of_a_sealed_file_leaves_what_was_there)
{
	int fd = make(PAGE);
	char *p = lonely(3);

	map_at(p, 3, RW, MAP_FIXED);
	OK(seal(fd, F_SEAL_WRITE));
	CHECK(mmap(p + PAGE, PAGE, RW, MAP_SHARED | MAP_FIXED, fd, 0) == MAP_FAILED);
	EQ(errno, EPERM);
	STREQ(areas(p, 3), "0+3 rw-p");
}

TEST(files_of_tmpfs_cannot_be_sealed)
{
	int fd;

	mkdir("/memfd_t", 0755);
	OK(mount("t", "/memfd_t", "tmpfs", 0, NULL));
	fd = OK(open("/memfd_t/f", O_RDWR | O_CREAT, 0600));
	EQ(seals(fd), F_SEAL_SEAL);
	ERR(seal(fd, F_SEAL_WRITE), EPERM);
	close(fd);
	OK(umount2("/memfd_t", 0));
	rmdir("/memfd_t");
}

/* ---- fallocate, holes ---- */

TEST(fallocate_gives_pages_that_read_as_a_hole)
{
	int fd = make(0);
	char c = 1;

	OK(fallocate(fd, 0, PAGE + 1, 2 * PAGE));
	EQ(size_of(fd), 3 * PAGE + 1);
	EQ(pages_of(fd), 3);
	EQ(OK(pread(fd, &c, 1, PAGE)), 1);
	EQ(c, 0);
	ERR(lseek(fd, 0, SEEK_DATA), ENXIO);
	EQ(OK(lseek(fd, 5, SEEK_HOLE)), 5);
	OK(pwrite(fd, "x", 1, 2 * PAGE + 7));
	EQ(OK(lseek(fd, 0, SEEK_DATA)), 2 * PAGE);
	EQ(OK(lseek(fd, 2 * PAGE + 3, SEEK_DATA)), 2 * PAGE + 3);
	EQ(OK(lseek(fd, 2 * PAGE + 3, SEEK_HOLE)), 3 * PAGE);
	ERR(lseek(fd, 3 * PAGE, SEEK_DATA), ENXIO);
	EQ(OK(lseek(fd, 3 * PAGE, SEEK_HOLE)), 3 * PAGE);
	ERR(lseek(fd, 3 * PAGE + 1, SEEK_HOLE), ENXIO);
	ERR(lseek(fd, -1, SEEK_DATA), ENXIO);
	EQ(pages_of(fd), 3);
}

TEST(seek_in_an_immense_file_is_quick)
{
	int fd = make(0);

	OK(ftruncate(fd, 1UL << 50));
	ERR(lseek(fd, 0, SEEK_DATA), ENXIO);
	OK(pwrite(fd, "x", 1, 1UL << 49));
	EQ(OK(lseek(fd, 1, SEEK_DATA)), 1UL << 49);
	EQ(OK(lseek(fd, 1UL << 49, SEEK_HOLE)), (1UL << 49) + PAGE);
}

TEST(keep_size_reserves_beyond_the_end)
{
	int fd = make(10);
	char c = 1;

	OK(fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, 4 * PAGE));
	EQ(size_of(fd), 10);
	EQ(pages_of(fd), 4);
	EQ(OK(pread(fd, &c, 1, 10)), 0);
	OK(ftruncate(fd, 3 * PAGE));
	EQ(pages_of(fd), 4);
	EQ(OK(pread(fd, &c, 1, 2 * PAGE)), 1);
	EQ(c, 0);
	OK(ftruncate(fd, 3 * PAGE));			/* to the same size: drops the rest */
	EQ(pages_of(fd), 3);
}

TEST(punching_inside_pages_zeroes_and_whole_pages_go)
{
	int fd = make(0);
	char *p;

	OK(ftruncate(fd, 4 * PAGE));
	p = map(fd, 4 * PAGE, RW, MAP_SHARED);
	memset(p, 'x', 4 * PAGE);
	EQ(pages_of(fd), 4);
	OK(fallocate(fd, PUNCH, 100, 200));		/* inside one page */
	EQ(pages_of(fd), 4);
	EQ(p[99], 'x');
	EQ(p[100], 0);
	EQ(p[299], 0);
	EQ(p[300], 'x');
	OK(fallocate(fd, PUNCH, PAGE - 1, PAGE + 2));	/* one whole page and both its rims */
	EQ(pages_of(fd), 3);
	EQ(p[PAGE - 2], 'x');
	EQ(p[PAGE - 1], 0);
	EQ(p[PAGE], 0);
	EQ(p[2 * PAGE], 0);
	EQ(p[2 * PAGE + 1], 'x');
	EQ(pages_of(fd), 4);				/* looking made it a page again */
	OK(fallocate(fd, PUNCH, 3 * PAGE, 100 * PAGE));
	EQ(size_of(fd), 4 * PAGE);
	EQ(p[3 * PAGE], 0);
}

TEST(punching_leaves_private_copies)
{
	int fd = make(2 * PAGE);
	char *p;

	OK(pwrite(fd, "file", 4, 0));
	OK(pwrite(fd, "file", 4, PAGE));
	p = map(fd, 2 * PAGE, RW, MAP_PRIVATE);
	p[0] = 'F';
	EQ(p[PAGE], 'f');
	OK(fallocate(fd, PUNCH, 0, 2 * PAGE));
	EQ(p[0], 'F');
	EQ(p[1], 'i');
	EQ(p[PAGE], 0);
}

TEST(madvise_remove_punches)
{
	int fd = make(3 * PAGE);
	char *p = map(fd, 3 * PAGE, RW, MAP_SHARED), *r;

	memset(p, 'x', 3 * PAGE);
	OK(madvise(p + PAGE, PAGE, MADV_REMOVE));
	EQ(pages_of(fd), 2);
	EQ(p[PAGE - 1], 'x');
	EQ(p[PAGE], 0);
	EQ(p[2 * PAGE], 'x');
	r = map(fd, PAGE, PROT_READ, MAP_SHARED);
	OK(madvise(r, PAGE, MADV_REMOVE));		/* could be made writable: good enough */
	EQ(p[0], 0);
	p[0] = 'x';
	OK(mprotect(r, PAGE, PROT_NONE));
	OK(munmap(r, PAGE));
	r = map(fd, PAGE, RW, MAP_PRIVATE);
	ERR(madvise(r, PAGE, MADV_REMOVE), EACCES);
	r = map_pages(1);
	ERR(madvise(r, PAGE, MADV_REMOVE), EINVAL);
	OK(seal(fd, F_SEAL_FUTURE_WRITE));
	ERR(madvise(p, PAGE, MADV_REMOVE), EPERM);
	EQ(p[0], 'x');
}

TEST(modes_and_ranges_at_the_rims)
{
	int fd = make(PAGE), ro = OK(reopen(fd, O_RDONLY)), fds[2];

	ERR(fallocate(fd, FALLOC_FL_PUNCH_HOLE, 0, PAGE), EOPNOTSUPP);
	ERR(fallocate(fd, FALLOC_FL_ZERO_RANGE, 0, PAGE), EOPNOTSUPP);
	ERR(fallocate(fd, FALLOC_FL_COLLAPSE_RANGE, 0, PAGE), EOPNOTSUPP);
	ERR(fallocate(fd, FALLOC_FL_INSERT_RANGE, 0, PAGE), EOPNOTSUPP);
	ERR(fallocate(fd, 0x80, 0, PAGE), EOPNOTSUPP);
	ERR(fallocate(fd, 0, -1, PAGE), EINVAL);
	ERR(fallocate(fd, 0, 0, 0), EINVAL);
	ERR(fallocate(fd, 0, 0, -1), EINVAL);
	ERR(fallocate(fd, 0, 1UL << 62, 1UL << 62), EFBIG);
	ERR(fallocate(ro, 0, 0, PAGE), EBADF);
	ERR(fallocate(-1, 0, 0, PAGE), EBADF);
	OK(pipe(fds));
	ERR(fallocate(fds[1], 0, 0, PAGE), ESPIPE);
	EQ(size_of(fd), PAGE);
	EQ(pages_of(fd), 0);
}

static volatile int xfsz;

static void on_xfsz(int sig)
{
	xfsz++;
}

TEST(file_size_limit)
{
	struct rlimit limit = { 2 * PAGE, 2 * PAGE };
	int fd = make(0), big = make(4 * PAGE);
	char buf[64] = "";

	signal(SIGXFSZ, on_xfsz);
	OK(setrlimit(RLIMIT_FSIZE, &limit));
	ERR(fallocate(fd, 0, 0, 2 * PAGE + 1), EFBIG);
	EQ(xfsz, 1);
	ERR(fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, 2 * PAGE + 1), EFBIG);
	EQ(xfsz, 2);
	EQ(pages_of(fd), 0);
	OK(fallocate(fd, 0, 0, 2 * PAGE));
	ERR(ftruncate(fd, 2 * PAGE + 1), EFBIG);
	EQ(xfsz, 3);
	OK(fallocate(big, 0, 0, 4 * PAGE));		/* it is so big already */
	OK(ftruncate(big, 3 * PAGE));
	EQ(OK(pwrite(fd, buf, 64, 2 * PAGE - 10)), 10);
	ERR(pwrite(fd, buf, 64, 2 * PAGE), EFBIG);
	EQ(xfsz, 4);
}

TEST(no_space_is_undone)
{
	struct stat st;
	int fd;

	mkdir("/memfd_t", 0755);
	OK(mount("t", "/memfd_t", "tmpfs", 0, "size=32k"));
	fd = OK(open("/memfd_t/f", O_RDWR | O_CREAT, 0600));
	OK(pwrite(fd, "kept", 4, 3 * PAGE));
	ERR(fallocate(fd, 0, 0, 9 * PAGE), ENOSPC);	/* can never fit */
	ERR(fallocate(fd, 0, 4 * PAGE, 8 * PAGE), ENOSPC);	/* seven do */
	OK(fstat(fd, &st));
	EQ(st.st_blocks, 8);
	EQ(st.st_size, 3 * PAGE + 4);
	OK(fallocate(fd, 0, 0, 8 * PAGE));
	EQ(OK(lseek(fd, 0, SEEK_DATA)), 3 * PAGE);
	close(fd);
	OK(umount2("/memfd_t", 0));
	rmdir("/memfd_t");
}
