/*
 * tests/user/file.c - regular files on tmpfs, descriptors
 */
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include "test.h"

#define F	"/tmp/file-test"

static int fresh(int flags)
{
	unlink(F);
	return OK(open(F, O_RDWR | O_CREAT | O_EXCL | flags, 0644));
}

static long size_of(int fd)
{
	struct stat st;

	OK(fstat(fd, &st));
	return st.st_size;
}

TEST(written_bytes_are_read_back)
{
	static char a[20000], b[20000];
	int fd = fresh(0);

	for (int i = 0; i < 20000; i++)
		a[i] = i * 7 >> 3;
	EQ(write(fd, a, 20000), 20000);
	EQ(size_of(fd), 20000);
	EQ(lseek(fd, 0, SEEK_SET), 0);
	EQ(read(fd, b, 30000), 20000);
	EQ(memcmp(a, b, 20000), 0);
	EQ(read(fd, b, 10), 0);
}

TEST(open_flags_do_what_they_say)
{
	int fd = fresh(0);
	char c;

	ERR(open(F, O_RDWR | O_CREAT | O_EXCL, 0644), EEXIST);
	EQ(write(fd, "12345", 5), 5);
	fd = OK(open(F, O_RDONLY));
	ERR(write(fd, "x", 1), EBADF);
	fd = OK(open(F, O_WRONLY));
	ERR(read(fd, &c, 1), EBADF);
	EQ(size_of(fd), 5);
	fd = OK(open(F, O_WRONLY | O_TRUNC));
	EQ(size_of(fd), 0);
	ERR(open("/tmp/none/x", O_RDONLY), ENOENT);
	ERR(open("/tmp/none", O_RDONLY), ENOENT);
	ERR(open(F "/x", O_RDONLY), ENOTDIR);
	ERR(open(F, O_RDONLY | O_DIRECTORY), ENOTDIR);
	ERR(open("/tmp", O_RDWR), EISDIR);
	ERR(open("/tmp", O_RDONLY | O_CREAT, 0644), EISDIR);
	ERR(open("", O_RDONLY), ENOENT);
}

TEST(append_always_writes_at_the_end)
{
	int fd = fresh(O_APPEND), other = OK(open(F, O_WRONLY));
	char buf[8] = "";

	EQ(write(fd, "ab", 2), 2);
	EQ(lseek(fd, 0, SEEK_SET), 0);
	EQ(write(other, "X", 1), 1);
	EQ(write(fd, "cd", 2), 2);
	EQ(lseek(fd, 0, SEEK_CUR), 4);
	EQ(pread(fd, buf, 7, 0), 4);
	STREQ(buf, "Xbcd");
}

TEST(lseek_moves_and_refuses_nonsense)
{
	int fd = fresh(0);

	EQ(write(fd, "0123456789", 10), 10);
	EQ(lseek(fd, -3, SEEK_END), 7);
	EQ(lseek(fd, 1, SEEK_CUR), 8);
	ERR(lseek(fd, -9, SEEK_CUR), EINVAL);
	ERR(lseek(fd, 0, 99), EINVAL);
	EQ(lseek(fd, 100, SEEK_SET), 100);
	EQ(size_of(fd), 10);
	ERR(lseek(999, 0, SEEK_SET), EBADF);
}

TEST(a_hole_reads_as_zeros)
{
	char buf[9000];
	int fd = fresh(0);

	EQ(pwrite(fd, "x", 1, 100000), 1);
	EQ(size_of(fd), 100001);
	EQ(pread(fd, buf, sizeof(buf), 5000), sizeof(buf));
	EQ(memchr_inv(buf, 0, sizeof(buf)), 0);
	EQ(pread(fd, buf, 2, 99999), 2);
	EQ(buf[0], 0);
	EQ(buf[1], 'x');
}

TEST(pread_and_pwrite_leave_the_position)
{
	char buf[4] = "";
	int fd = fresh(0);

	EQ(write(fd, "abcdef", 6), 6);
	EQ(pwrite(fd, "X", 1, 1), 1);
	EQ(pread(fd, buf, 3, 0), 3);
	STREQ(buf, "aXc");
	EQ(lseek(fd, 0, SEEK_CUR), 6);
	ERR(pread(fd, buf, 3, -1), EINVAL);
}

TEST(truncate_cuts_and_extends_with_zeros)
{
	char buf[16];
	int fd = fresh(0);

	EQ(write(fd, "abcdefgh", 8), 8);
	OK(ftruncate(fd, 3));
	EQ(size_of(fd), 3);
	OK(truncate(F, 6));
	EQ(pread(fd, buf, 16, 0), 6);
	EQ(memcmp(buf, "abc\0\0\0", 6), 0);
	ERR(ftruncate(fd, -1), EINVAL);
	ERR(truncate("/tmp", 0), EISDIR);
	ERR(ftruncate(OK(open(F, O_RDONLY)), 0), EINVAL);
}

TEST(unlinked_file_lives_while_it_is_open)
{
	char buf[8] = "";
	struct stat st;
	int fd = fresh(0);

	EQ(write(fd, "alive", 5), 5);
	OK(unlink(F));
	ERR(stat(F, &st), ENOENT);
	EQ(pread(fd, buf, 5, 0), 5);
	STREQ(buf, "alive");
	OK(fstat(fd, &st));
	EQ(st.st_nlink, 0);
}

TEST(link_gives_a_second_name)
{
	struct stat a, b;
	int fd = fresh(0);

	unlink("/tmp/file-link");
	OK(link(F, "/tmp/file-link"));
	OK(fstat(fd, &a));
	OK(stat("/tmp/file-link", &b));
	EQ(a.st_ino, b.st_ino);
	EQ(a.st_nlink, 2);
	ERR(link(F, "/tmp/file-link"), EEXIST);
	ERR(link("/tmp", "/tmp/dir-link"), EPERM);
	ERR(link("/tmp/none", "/tmp/x"), ENOENT);
	ERR(link(F, "/dev/file-link"), EXDEV);
	OK(unlink(F));
	OK(stat("/tmp/file-link", &b));
	EQ(b.st_nlink, 1);
	OK(unlink("/tmp/file-link"));
}

TEST(symlink_is_followed_and_read)
{
	char buf[100] = "";
	struct stat st;
	int fd = fresh(0);

	unlink("/tmp/sym");
	EQ(write(fd, "x", 1), 1);
	OK(symlink("file-test", "/tmp/sym"));
	EQ(readlink("/tmp/sym", buf, 100), 9);
	STREQ(buf, "file-test");
	EQ(readlink("/tmp/sym", buf, 4), 4);
	OK(stat("/tmp/sym", &st));
	CHECK(S_ISREG(st.st_mode));
	OK(lstat("/tmp/sym", &st));
	CHECK(S_ISLNK(st.st_mode));
	EQ(st.st_size, 9);
	ERR(open("/tmp/sym", O_RDONLY | O_NOFOLLOW), ELOOP);
	ERR(readlink(F, buf, 10), EINVAL);
	ERR(symlink("x", "/tmp/sym"), EEXIST);
	OK(unlink("/tmp/sym"));
	OK(symlink("sym", "/tmp/sym"));
	ERR(open("/tmp/sym", O_RDONLY), ELOOP);
	OK(unlink("/tmp/sym"));
}

TEST(dup_shares_the_position)
{
	int fd = fresh(0), two = OK(dup(fd)), ten = OK(dup2(fd, 50));

	EQ(ten, 50);
	EQ(write(fd, "abc", 3), 3);
	EQ(lseek(two, 0, SEEK_CUR), 3);
	EQ(lseek(50, 1, SEEK_SET), 1);
	EQ(lseek(fd, 0, SEEK_CUR), 1);
	EQ(dup2(fd, fd), fd);
	ERR(dup2(999, 5), EBADF);
	ERR(dup3(fd, fd, 0), EINVAL);
	close(fd);
	EQ(lseek(two, 0, SEEK_CUR), 1);
}

TEST(two_opens_have_two_positions_and_fork_shares)
{
	int a = fresh(0), b = OK(open(F, O_RDONLY));

	EQ(write(a, "abc", 3), 3);
	EQ(lseek(b, 0, SEEK_CUR), 0);
	EXITS(CHILD(OK(lseek(a, 1, SEEK_SET))), 0);
	EQ(lseek(a, 0, SEEK_CUR), 1);
}

TEST(lowest_free_descriptor_is_used)
{
	int a = OK(open("/dev/null", O_RDONLY)), b = OK(open("/dev/null", O_RDONLY));

	CHECK(b > a);
	close(a);
	EQ(OK(open("/dev/null", O_RDONLY)), a);
	EQ(OK(fcntl(a, F_DUPFD, 77)), 77);
	ERR(close(999), EBADF);
	ERR(fcntl(999, F_GETFD), EBADF);
}

TEST(cloexec_belongs_to_the_descriptor)
{
	int fd = fresh(O_CLOEXEC), two = OK(dup(fd));

	EQ(fcntl(fd, F_GETFD), FD_CLOEXEC);
	EQ(fcntl(two, F_GETFD), 0);
	OK(fcntl(two, F_SETFD, FD_CLOEXEC));
	EQ(fcntl(two, F_GETFD), FD_CLOEXEC);
	EQ(fcntl(OK(dup3(fd, 60, O_CLOEXEC)), F_GETFD), FD_CLOEXEC);
}

TEST(stat_describes_a_new_file)
{
	struct stat st;
	int fd;

	umask(022);
	unlink(F);
	fd = OK(open(F, O_RDWR | O_CREAT, 0666));
	EQ(write(fd, "hello", 5), 5);
	OK(fstat(fd, &st));
	EQ(st.st_mode, S_IFREG | 0644);
	EQ(st.st_nlink, 1);
	EQ(st.st_uid, 0);
	EQ(st.st_size, 5);
	EQ(st.st_blksize, 4096);
	EQ(st.st_blocks, 8);
	CMP(st.st_mtime, >, 0);
}

TEST(chmod_and_umask_set_the_mode)
{
	struct stat st;
	int fd = fresh(0);

	OK(chmod(F, 0600));
	OK(fstat(fd, &st));
	EQ(st.st_mode, S_IFREG | 0600);
	OK(fchmod(fd, 04755));
	OK(fstat(fd, &st));
	EQ(st.st_mode, S_IFREG | 04755);
	umask(077);
	EQ(umask(022), 077);
}

TEST(statx_says_the_same_as_stat)
{
	struct statx x;
	struct stat st;
	int fd = fresh(0);

	EQ(write(fd, "hello", 5), 5);
	OK(fstat(fd, &st));
	OK(statx(AT_FDCWD, F, 0, STATX_BASIC_STATS, &x));
	EQ(x.stx_mask & STATX_BASIC_STATS, STATX_BASIC_STATS);
	EQ(x.stx_ino, st.st_ino);
	EQ(x.stx_size, 5);
	EQ(x.stx_mode, st.st_mode);
	OK(statx(fd, "", AT_EMPTY_PATH, STATX_BASIC_STATS, &x));
	EQ(x.stx_ino, st.st_ino);
}

TEST(access_answers_by_rights)
{
	fresh(0);
	OK(access(F, F_OK));
	OK(access(F, R_OK | W_OK));
	ERR(access(F, X_OK), EACCES);	/* also for root: nobody may execute it */
	ERR(access("/tmp/none", F_OK), ENOENT);
	ERR(access(F, 8), EINVAL);
}

TEST(another_user_is_kept_out)
{
	fresh(0);
	OK(chmod(F, 0600));
	EXITS(CHILD(
		OK(setuid(1000));
		ERR(open(F, O_RDONLY), EACCES);
		ERR(chmod(F, 0666), EPERM);
		ERR(kill(1, SIGTERM), EPERM);
		ERR(setuid(0), EPERM)
	), 0);
	OK(chmod(F, 0644));
	EXITS(CHILD(
		OK(setuid(1000));
		OK(open(F, O_RDONLY));
		ERR(open(F, O_WRONLY), EACCES)
	), 0);
}

TEST(special_files_give_what_they_promise)
{
	char buf[64];
	int fd = OK(open("/dev/full", O_RDWR));

	ERR(write(fd, "x", 1), ENOSPC);
	EQ(read(fd, buf, 64), 64);
	EQ(memchr_inv(buf, 0, 64), 0);
	fd = OK(open("/dev/urandom", O_RDONLY));
	EQ(read(fd, buf, 64), 64);
	CHECK(memchr_inv(buf, buf[0], 64));
	EQ(getrandom(buf, 32, 0), 32);
	ERR(getrandom(buf, 32, 0x100), EINVAL);
}

TEST(at_calls_work_from_a_directory)
{
	int dir = OK(open("/tmp", O_RDONLY | O_DIRECTORY)), fd;

	fresh(0);
	fd = OK(openat(dir, "file-test", O_RDONLY));
	ERR(openat(fd, "file-test", O_RDONLY), ENOTDIR);
	ERR(openat(999, "file-test", O_RDONLY), EBADF);
	OK(openat(999, F, O_RDONLY));
	OK(unlinkat(dir, "file-test", 0));
	ERR(access(F, F_OK), ENOENT);
}

TEST(memfd_is_a_file_without_a_name)
{
	char buf[4] = "", link[64] = "", path[32];
	int fd = OK(memfd_create("thing", 0));

	EQ(write(fd, "abc", 3), 3);
	EQ(pread(fd, buf, 3, 0), 3);
	STREQ(buf, "abc");
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	CMP(readlink(path, link, 63), >, 0);
	STREQ(link, "/memfd:thing (deleted)");
}

TEST(large_file_keeps_every_page)
{
	static unsigned int page[1024];
	int fd = fresh(0);

	for (unsigned int i = 0; i < 2048; i++) {
		for (int k = 0; k < 1024; k++)
			page[k] = i * 1024 + k;
		EQ(write(fd, page, 4096), 4096);
	}
	EQ(size_of(fd), 8 << 20);
	for (unsigned int i = 0; i < 2048; i += 61) {
		EQ(pread(fd, page, 4096, i * 4096L), 4096);
		EQ(page[0], i * 1024);
		EQ(page[1023], i * 1024 + 1023);
	}
	OK(unlink(F));
}
