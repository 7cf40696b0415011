/*
 * tests/kernel/test_files.c - descriptors, transfers between files, locks, the dentry cache
 */
#include "fs_util.h"

FS_TEST(files, lowest_descriptor_is_given_and_the_table_grows)
{
	long fd = k_open("/kt", O_RDONLY | O_DIRECTORY), hi;

	EXPECT(fd >= 0);
	EXPECT_EQ(sys_dup(fd), fd + 1);
	EXPECT_EQ(sys_dup(fd), fd + 2);
	sys_close(fd + 1);
	EXPECT_EQ(sys_fcntl(fd, F_DUPFD, 0), fd + 1);
	hi = sys_fcntl(fd, F_DUPFD_CLOEXEC, 200);
	EXPECT_EQ(hi, 200);
	EXPECT_EQ(sys_fcntl(hi, F_GETFD, 0), FD_CLOEXEC);
	EXPECT_EQ(sys_fcntl(fd, F_GETFD, 0), 0);
	EXPECT_EQ(sys_dup2(fd, 500), 500);
	EXPECT_EQ(sys_dup2(500, 500), 500);
	EXPECT_EQ(sys_dup3(500, 500, 0), -EINVAL);
	EXPECT_EQ(sys_dup2(499, 500), -EBADF);
	EXPECT_EQ(sys_dup2(fd, 1 << 20), -EBADF);
	EXPECT_EQ(sys_fcntl(fd, F_DUPFD, 1 << 20), -EINVAL);
	EXPECT_EQ(sys_close_range(fd, ~0U, 0), 0);
	EXPECT_EQ(sys_close(fd), -EBADF);
	EXPECT_EQ(sys_close(500), -EBADF);
}

FS_TEST(files, limit_of_open_files_is_emfile)
{
	struct rlimit64 old = current->signal->rlim[RLIMIT_NOFILE];
	long fd = k_open("/kt", O_RDONLY), err;

	EXPECT(fd >= 0);
	current->signal->rlim[RLIMIT_NOFILE].rlim_cur = fd + 1;
	err = k_open("/kt", O_RDONLY);
	current->signal->rlim[RLIMIT_NOFILE] = old;
	EXPECT_EQ(err, -EMFILE);
	sys_close(fd);
}

FS_TEST(files, duplicates_share_the_position)
{
	long fd, other;

	EXPECT_EQ(k_file("/kt/f", "abcdef"), 0);
	fd = k_open("/kt/f", O_RDONLY);
	other = sys_dup(fd);
	EXPECT_EQ(sys_read(fd, UBUF, 2), 2);
	EXPECT_EQ(sys_lseek(other, 0, SEEK_CUR), 2);
	EXPECT_EQ(sys_lseek(fd, -10, SEEK_CUR), -EINVAL);
	EXPECT_EQ(sys_lseek(fd, 0, 77), -EINVAL);
	EXPECT_EQ(sys_lseek(fd, 0, SEEK_END), 6);
	sys_close(fd);
	sys_close(other);
}

FS_TEST(files, vectors_are_checked_before_anything_moves)
{
	struct iovec v[2] = { { UBUF + 4096, 3 }, { UBUF + 8192, 3 } };
	long fd;

	EXPECT_EQ(k_file("/kt/f", "abcdef"), 0);
	fd = k_open("/kt/f", O_RDONLY);
	copy_to_user(UBUF, v, sizeof(v));
	EXPECT_EQ(sys_readv(fd, (void __user *)UBUF, 2), 6);
	EXPECT_EQ(sys_preadv(fd, (void __user *)UBUF, 2, 4), 2);
	EXPECT_EQ(sys_readv(fd, (void __user *)UBUF, 1025), -EINVAL);
	EXPECT_EQ(sys_readv(fd, (void __user *)8, 2), -EFAULT);
	v[1].iov_len = ~0UL;
	copy_to_user(UBUF, v, sizeof(v));
	sys_lseek(fd, 0, SEEK_SET);
	EXPECT_EQ(sys_readv(fd, (void __user *)UBUF, 2), -EINVAL);
	EXPECT_EQ(sys_lseek(fd, 0, SEEK_CUR), 0);
	sys_close(fd);
}

FS_TEST(files, sendfile_and_copy_file_range_copy)
{
	char buf[16];
	long in, out;

	EXPECT_EQ(k_file("/kt/in", "0123456789"), 0);
	in = k_open("/kt/in", O_RDONLY);
	out = k_open("/kt/out", O_RDWR | O_CREAT);
	EXPECT_EQ(sys_sendfile(out, in, NULL, 4), 4);
	EXPECT_EQ(sys_copy_file_range(in, NULL, out, NULL, 100, 0), 6);
	EXPECT_EQ(sys_copy_file_range(in, NULL, out, NULL, 100, 0), 0);
	EXPECT_EQ(sys_sendfile(in, out, NULL, 4), -EBADF);
	sys_close(in);
	sys_close(out);
	EXPECT_EQ(k_read("/kt/out", buf, sizeof(buf)), 10);
	EXPECT(!strcmp(buf, "0123456789"));
}

FS_TEST(files, executed_file_cannot_be_written)
{
	struct file *f;

	EXPECT_EQ(k_file("/kt/x", "#!x"), 0);
	EXPECT(IS_ERR(open_exec("/kt/x")));		/* no x bit */
	EXPECT_EQ(sys_chmod(U("/kt/x"), 0755), 0);
	f = open_exec("/kt/x");
	EXPECT(!IS_ERR(f));
	EXPECT_EQ(k_open("/kt/x", O_WRONLY), -ETXTBSY);
	EXPECT_EQ(sys_truncate(U("/kt/x"), 0), -ETXTBSY);
	fput(f);
	EXPECT_EQ(k_file("/kt/x", "new"), 0);
}

/* ---- locks ---- */

static long lock(int fd, int cmd, short type, long start, long len)
{
	struct flock fl = { .l_type = type, .l_start = start, .l_len = len };

	copy_to_user(UBUF, &fl, sizeof(fl));
	return sys_fcntl(fd, cmd, (unsigned long)UBUF);
}

static struct flock asked(void)
{
	struct flock fl;

	if (copy_from_user(&fl, UBUF, sizeof(fl)))
		fl.l_type = -1;
	return fl;
}

FS_TEST(locks, ranges_conflict_split_and_merge)
{
	long a, b;

	EXPECT_EQ(k_file("/kt/f", "x"), 0);
	a = k_open("/kt/f", O_RDWR);
	b = k_open("/kt/f", O_RDWR);
	EXPECT_EQ(lock(a, F_OFD_SETLK, F_WRLCK, 0, 100), 0);
	EXPECT_EQ(lock(b, F_OFD_SETLK, F_RDLCK, 99, 1), -EAGAIN);
	EXPECT_EQ(lock(b, F_OFD_SETLK, F_RDLCK, 100, 0), 0);
	EXPECT_EQ(lock(a, F_OFD_SETLK, F_UNLCK, 40, 20), 0);	/* a hole */
	EXPECT_EQ(lock(b, F_OFD_SETLK, F_WRLCK, 40, 20), 0);
	EXPECT_EQ(lock(b, F_OFD_GETLK, F_WRLCK, 0, 1000), 0);
	EXPECT_EQ(asked().l_start, 0);
	EXPECT_EQ(asked().l_len, 40);
	EXPECT_EQ(asked().l_pid, -1);
	EXPECT_EQ(lock(b, F_OFD_SETLK, F_UNLCK, 40, 20), 0);
	EXPECT_EQ(lock(a, F_OFD_SETLK, F_WRLCK, 40, 20), 0);	/* one lock again */
	EXPECT_EQ(lock(b, F_OFD_GETLK, F_RDLCK, 50, 1), 0);
	EXPECT_EQ(asked().l_len, 100);
	sys_close(a);						/* and all are gone */
	EXPECT_EQ(lock(b, F_OFD_SETLK, F_WRLCK, 0, 0), 0);
	sys_close(b);
}

FS_TEST(locks, posix_locks_are_the_process_s_and_go_with_any_close)
{
	long a, b, c;

	EXPECT_EQ(k_file("/kt/f", "x"), 0);
	a = k_open("/kt/f", O_RDWR);
	b = k_open("/kt/f", O_RDWR);
	c = k_open("/kt/f", O_RDONLY);
	EXPECT_EQ(lock(c, F_SETLK, F_WRLCK, 0, 1), -EBADF);
	EXPECT_EQ(lock(a, F_SETLK, F_WRLCK, 0, 10), 0);
	EXPECT_EQ(lock(b, F_SETLK, F_WRLCK, 0, 10), 0);		/* same owner */
	EXPECT_EQ(lock(b, F_OFD_SETLK, F_RDLCK, 5, 1), -EAGAIN);
	sys_close(c);
	EXPECT_EQ(lock(b, F_OFD_SETLK, F_RDLCK, 5, 1), 0);
	EXPECT_EQ(lock(a, F_SETLK, F_WRLCK, -1, 1), -EINVAL);
	EXPECT_EQ(lock(a, F_SETLK, 9, 0, 1), -EINVAL);
	sys_close(a);
	sys_close(b);
}

static int flock_waiter(void *arg)
{
	struct file *f = filp_open("/kt/f", O_RDONLY, 0);
	int fd;

	sys_close_range(0, ~0U, 0);	/* its copies of the test's descriptors */
	fd = IS_ERR(f) ? -1 : get_unused_fd(0, 0);
	if (fd >= 0) {
		fd_install(fd, f);
		((long *)arg)[0] = sys_flock(fd, LOCK_EX);
		close_fd(fd);
	}
	complete(((void **)arg)[1]);
	return 0;
}

FS_TEST(locks, flock_waits_and_belongs_to_the_open_file)
{
	struct completion done;
	void *arg[2] = { (void *)-1L, &done };
	long a, b;

	init_completion(&done);
	EXPECT_EQ(k_file("/kt/f", "x"), 0);
	a = k_open("/kt/f", O_RDONLY);
	b = k_open("/kt/f", O_RDONLY);
	EXPECT_EQ(sys_flock(a, LOCK_SH), 0);
	EXPECT_EQ(sys_flock(b, LOCK_SH | LOCK_NB), 0);
	EXPECT_EQ(sys_flock(b, LOCK_EX | LOCK_NB), -EAGAIN);
	EXPECT(!IS_ERR(kthread_run(flock_waiter, arg, "flock-waiter")));
	msleep(20);
	EXPECT_EQ((long)arg[0], -1);
	sys_close(a);
	EXPECT_EQ(sys_flock(b, LOCK_UN), 0);
	wait_for_completion(&done);
	EXPECT_EQ((long)arg[0], 0);
	EXPECT_EQ(sys_flock(b, 0), -EINVAL);
	sys_close(b);
}

FS_TEST(dcache, unused_names_can_all_be_dropped)
{
	struct path p;
	unsigned long objects;

	EXPECT_EQ(do_mkdirat(AT_FDCWD, "/kt/p", 0755), 0);
	EXPECT_EQ(do_mount("p", "/kt/p", "proc", 0, NULL), 0);
	drop_dcache();
	objects = slab_total_active();
	EXPECT_EQ(kern_path(AT_FDCWD, "/kt/p/sys/kernel/ostype", 0, &p), 0);
	path_put(&p);
	EXPECT(drop_dcache() >= 3);
	EXPECT_EQ(slab_total_active(), objects);
	EXPECT_EQ(kern_path(AT_FDCWD, "/kt/p/sys/kernel/no-such", 0, &p), -ENOENT);
	drop_dcache();
	EXPECT_EQ(slab_total_active(), objects);
	EXPECT_EQ(sys_umount2(U("/kt/p"), 0), 0);
}

/* ---- no memory: a call fails cleanly at each of its allocations ---- */

#ifdef QUIRE_DEBUG

static bool try_create(void)
{
	struct file *f = filp_open("/kt/new", O_RDWR | O_CREAT, 0600);
	bool done = !IS_ERR(f) && kernel_write(f, "text", 4, 0) == 4;

	if (!IS_ERR(f))
		fput(f);
	return !do_unlinkat(AT_FDCWD, "/kt/new") && done;
}

static bool try_names(void)
{
	bool done = !do_mkdirat(AT_FDCWD, "/kt/d", 0755) &&
		    !do_symlinkat("target", AT_FDCWD, "/kt/d/l") &&
		    !do_linkat(AT_FDCWD, "/kt/f", AT_FDCWD, "/kt/d/f", 0);

	fail_alloc(0, false);		/* what was made must go again */
	do_unlinkat(AT_FDCWD, "/kt/d/l");
	do_unlinkat(AT_FDCWD, "/kt/d/f");
	do_rmdir(AT_FDCWD, "/kt/d");
	return done;
}

static bool try_pipe(void)
{
	int fds[2];

	if (do_pipe(fds, 0))
		return false;
	close_fd(fds[0]);
	close_fd(fds[1]);
	return true;
}

static bool try_mount(void)
{
	if (do_mount("x", "/kt/m", "tmpfs", 0, "size=1m"))
		return false;
	fail_alloc(0, false);
	return !sys_umount2(U("/kt/m"), 0);
}

static bool try_growing_table(void)
{
	struct file *f = filp_open("/kt/f", O_RDONLY, 0);
	int fd = IS_ERR(f) ? -1 : get_unused_fd(900, 0);

	if (fd >= 0)
		put_unused_fd(fd);
	if (!IS_ERR(f))
		fput(f);
	return fd >= 0;
}

static bool try_proc(void)
{
	struct path p;

	drop_dcache();
	if (kern_path(AT_FDCWD, "/kt/p/self/fd", LOOKUP_FOLLOW, &p))
		return false;
	path_put(&p);
	return true;
}

/* Some try must run through, and it is not the first: memory was asked for. */
static bool survives(bool (*op)(void))
{
	for (unsigned long nth = 1; nth < 100; nth++) {
		bool done;

		fail_alloc(nth, false);
		done = op();
		if (!fail_alloc(0, false) && done)
			return nth > 1;
	}
	return false;
}

FS_TEST(files, fail_cleanly_at_each_allocation)
{
	EXPECT_EQ(k_file("/kt/f", "x"), 0);
	EXPECT_EQ(do_mkdirat(AT_FDCWD, "/kt/m", 0755), 0);
	EXPECT_EQ(do_mkdirat(AT_FDCWD, "/kt/p", 0755), 0);
	EXPECT_EQ(do_mount("p", "/kt/p", "proc", 0, NULL), 0);
	EXPECT(survives(try_create));
	EXPECT(survives(try_names));
	EXPECT(survives(try_pipe));
	EXPECT(survives(try_mount));
	EXPECT(survives(try_growing_table));
	EXPECT(survives(try_proc));
	EXPECT_EQ(sys_umount2(U("/kt/p"), 0), 0);
}

#endif
