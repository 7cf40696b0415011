/*
 * tests/kernel/test_tmpfs.c - files in memory: contents, holes, limits
 */
#include "fs_util.h"

FS_TEST(tmpfs, append_writes_at_the_end)
{
	char buf[16];
	long fd;

	EXPECT_EQ(k_file("/kt/f", "one"), 0);
	fd = k_open("/kt/f", O_WRONLY | O_APPEND);
	EXPECT(fd >= 0);
	copy_to_user(UBUF, "two", 3);
	EXPECT_EQ(sys_lseek(fd, 0, 0), 0);
	EXPECT_EQ(sys_write(fd, UBUF, 3), 3);
	sys_close(fd);
	EXPECT_EQ(k_read("/kt/f", buf, sizeof(buf)), 6);
	EXPECT(!strcmp(buf, "onetwo"));
}

FS_TEST(tmpfs, holes_read_as_zeroes_and_take_no_page)
{
	struct stat st;
	long fd = k_open("/kt/f", O_RDWR | O_CREAT);
	char c = 'x';

	EXPECT(fd >= 0);
	copy_to_user(UBUF, "end", 3);
	EXPECT_EQ(sys_pwrite64(fd, UBUF, 3, 1 << 20), 3);
	EXPECT_EQ(k_lstat("/kt/f", &st), 0);
	EXPECT_EQ(st.st_size, (1 << 20) + 3);
	EXPECT_EQ(st.st_blocks, 8);
	EXPECT_EQ(sys_pread64(fd, UBUF, 1, 5000), 1);
	EXPECT(!copy_from_user(&c, UBUF, 1));
	EXPECT_EQ(c, 0);
	EXPECT_EQ(sys_lseek(fd, 0, SEEK_DATA), 1 << 20);
	EXPECT_EQ(sys_lseek(fd, 0, SEEK_HOLE), 0);
	EXPECT_EQ(sys_lseek(fd, 1 << 20, SEEK_HOLE), (1 << 20) + 3);
	EXPECT_EQ(sys_lseek(fd, 1 << 21, SEEK_DATA), -ENXIO);
	sys_close(fd);
}

FS_TEST(tmpfs, truncate_frees_pages_and_zeroes_the_tail)
{
	struct stat st;
	long fd = k_open("/kt/f", O_RDWR | O_CREAT);
	char c = 'x';

	EXPECT(fd >= 0);
	for (int i = 0; i < 4; i++)
		EXPECT_EQ(sys_write(fd, UBUF, PAGE_SIZE), PAGE_SIZE);
	copy_to_user(UBUF, "abc", 3);
	EXPECT_EQ(sys_pwrite64(fd, UBUF, 3, 0), 3);
	EXPECT_EQ(sys_ftruncate(fd, 1), 0);
	EXPECT_EQ(sys_ftruncate(fd, 100), 0);
	EXPECT_EQ(sys_pread64(fd, UBUF, 1, 1), 1);
	EXPECT(!copy_from_user(&c, UBUF, 1));
	EXPECT_EQ(c, 0);
	EXPECT_EQ(k_lstat("/kt/f", &st), 0);
	EXPECT_EQ(st.st_blocks, 8);
	EXPECT_EQ(sys_ftruncate(fd, -1), -EINVAL);
	EXPECT_EQ(sys_truncate(U("/kt"), 0), -EISDIR);
	sys_close(fd);
}

FS_TEST(tmpfs, size_limit_ends_in_enospc_and_comes_back)
{
	long fd;

	EXPECT_EQ(do_mkdirat(AT_FDCWD, "/kt/m", 0755), 0);
	EXPECT_EQ(do_mount("x", "/kt/m", "tmpfs", 0, "size=16k,nr_inodes=3"), 0);
	fd = k_open("/kt/m/f", O_RDWR | O_CREAT);
	EXPECT(fd >= 0);
	EXPECT_EQ(sys_write(fd, UBUF, 5 * PAGE_SIZE), 4 * PAGE_SIZE);
	EXPECT_EQ(sys_write(fd, UBUF, 1), -ENOSPC);
	EXPECT_EQ(sys_ftruncate(fd, 0), 0);
	EXPECT_EQ(sys_pwrite64(fd, UBUF, PAGE_SIZE, 0), PAGE_SIZE);
	sys_close(fd);
	EXPECT_EQ(do_mkdirat(AT_FDCWD, "/kt/m/d", 0755), 0);
	EXPECT_EQ(do_mkdirat(AT_FDCWD, "/kt/m/e", 0755), -ENOSPC);	/* root, f, d */
	EXPECT_EQ(do_rmdir(AT_FDCWD, "/kt/m/d"), 0);
	EXPECT_EQ(do_mkdirat(AT_FDCWD, "/kt/m/e", 0755), 0);
	EXPECT_EQ(sys_umount2(U("/kt/m"), 0), 0);
}

FS_TEST(tmpfs, unlinked_file_keeps_its_data_until_closed)
{
	struct stat st;
	long fd;

	EXPECT_EQ(k_file("/kt/f", "still"), 0);
	fd = k_open("/kt/f", O_RDONLY);
	EXPECT(fd >= 0);
	EXPECT_EQ(do_unlinkat(AT_FDCWD, "/kt/f"), 0);
	EXPECT_EQ(k_lstat("/kt/f", &st), -ENOENT);
	EXPECT_EQ(sys_read(fd, UBUF, 10), 5);
	EXPECT_EQ(sys_fstat(fd, (struct stat __user *)UBUF), 0);
	EXPECT(!copy_from_user(&st, UBUF, sizeof(st)));
	EXPECT_EQ(st.st_nlink, 0);
	sys_close(fd);
}

FS_TEST(tmpfs, tmpfile_has_no_name_until_it_is_linked)
{
	char buf[16], link[32];
	long fd = sys_openat(AT_FDCWD, U("/kt"), O_TMPFILE | O_RDWR, 0600);

	EXPECT(fd >= 0);
	copy_to_user(UBUF, "born", 4);
	EXPECT_EQ(sys_write(fd, UBUF, 4), 4);
	snprintf(link, sizeof(link), "named");
	EXPECT_EQ(do_linkat(fd, "", AT_FDCWD, "/kt/named", AT_EMPTY_PATH), 0);
	sys_close(fd);
	EXPECT_EQ(k_read("/kt/named", buf, sizeof(buf)), 4);
	EXPECT_EQ(sys_openat(AT_FDCWD, U("/kt"), O_TMPFILE | O_RDONLY, 0600), -EINVAL);
}

FS_TEST(tmpfs, directory_sizes_and_times_follow_the_names)
{
	struct stat a, b;

	EXPECT_EQ(k_lstat("/kt", &a), 0);
	EXPECT_EQ(a.st_size, 40);
	EXPECT_EQ(a.st_nlink, 2);
	EXPECT_EQ(do_mkdirat(AT_FDCWD, "/kt/d", 0755), 0);
	EXPECT_EQ(k_lstat("/kt", &b), 0);
	EXPECT_EQ(b.st_size, 60);
	EXPECT_EQ(b.st_nlink, 3);
	EXPECT(b.st_mtime > a.st_mtime ||
	       (b.st_mtime == a.st_mtime && b.st_mtime_nsec > a.st_mtime_nsec));
}

FS_TEST(tmpfs, fallocate_makes_pages_and_punches_them)
{
	struct stat st;
	long fd = k_open("/kt/f", O_RDWR | O_CREAT);

	EXPECT(fd >= 0);
	EXPECT_EQ(sys_fallocate(fd, 0, 0, 4 * PAGE_SIZE), 0);
	EXPECT_EQ(k_lstat("/kt/f", &st), 0);
	EXPECT_EQ(st.st_size, 4 * PAGE_SIZE);
	EXPECT_EQ(st.st_blocks, 32);
	EXPECT_EQ(sys_fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, PAGE_SIZE,
				PAGE_SIZE), 0);
	EXPECT_EQ(k_lstat("/kt/f", &st), 0);
	EXPECT_EQ(st.st_blocks, 24);
	EXPECT_EQ(sys_fallocate(fd, 0, 0, 0), -EINVAL);
	EXPECT_EQ(sys_fallocate(fd, 0x40, 0, 1), -EOPNOTSUPP);
	sys_close(fd);
}
