/*
 * tests/kernel/test_pipe.c - pipes and FIFOs
 */
#include <uapi/termios.h>
#include "fs_util.h"

FS_TEST(pipe, bytes_come_out_in_order)
{
	int fds[2], n;
	char buf[8];

	EXPECT_EQ(do_pipe(fds, 0), 0);
	copy_to_user(UBUF, "abcdef", 6);
	EXPECT_EQ(sys_write(fds[1], UBUF, 4), 4);
	EXPECT_EQ(sys_write(fds[1], UBUF + 4, 2), 2);
	EXPECT_EQ(sys_ioctl(fds[0], FIONREAD, (unsigned long)UBUF), 0);
	EXPECT(!copy_from_user(&n, UBUF, 4));
	EXPECT_EQ(n, 6);
	EXPECT_EQ(sys_read(fds[0], UBUF, 5), 5);
	EXPECT(!copy_from_user(buf, UBUF, 5));
	EXPECT(!memcmp(buf, "abcde", 5));
	EXPECT_EQ(sys_read(fds[0], UBUF, 5), 1);
	EXPECT_EQ(sys_lseek(fds[0], 0, 0), -ESPIPE);
	EXPECT_EQ(sys_pread64(fds[0], UBUF, 1, 0), -ESPIPE);
	EXPECT_EQ(sys_read(fds[1], UBUF, 1), -EBADF);
	EXPECT_EQ(sys_write(fds[0], UBUF, 1), -EBADF);
	sys_close(fds[1]);
	EXPECT_EQ(sys_read(fds[0], UBUF, 5), 0);	/* no writer: the end */
	sys_close(fds[0]);
}

FS_TEST(pipe, holds_64_kib_and_small_writes_whole)
{
	int fds[2];

	EXPECT_EQ(do_pipe(fds, O_NONBLOCK), 0);
	EXPECT_EQ(sys_read(fds[0], UBUF, 1), -EAGAIN);
	EXPECT_EQ(sys_write(fds[1], UBUF, 39 * PAGE_SIZE), 65536);
	EXPECT_EQ(sys_write(fds[1], UBUF, 1), -EAGAIN);
	EXPECT_EQ(sys_read(fds[0], UBUF, 4095), 4095);
	EXPECT_EQ(sys_write(fds[1], UBUF, 2), -EAGAIN);	/* no page is free yet */
	EXPECT_EQ(sys_read(fds[0], UBUF, 1), 1);
	EXPECT_EQ(sys_write(fds[1], UBUF, 4096), 4096);
	sys_close(fds[0]);
	sys_close(fds[1]);
}

FS_TEST(pipe, write_without_reader_is_epipe)
{
	int fds[2];

	EXPECT_EQ(do_pipe(fds, 0), 0);
	sys_close(fds[0]);
	EXPECT_EQ(sys_write(fds[1], UBUF, 1), -EPIPE);	/* kernel threads ignore the SIGPIPE */
	sys_close(fds[1]);
}

FS_TEST(pipe, poll_tells_both_ends)
{
	struct file *r, *w;
	int fds[2];

	EXPECT_EQ(do_pipe(fds, 0), 0);
	r = fget(fds[0]);
	w = fget(fds[1]);
	EXPECT_EQ(r->f_op->poll(r, NULL), 0);
	EXPECT_EQ(w->f_op->poll(w, NULL), POLLOUT | POLLWRNORM);
	EXPECT_EQ(sys_write(fds[1], UBUF, 1), 1);
	EXPECT_EQ(r->f_op->poll(r, NULL), POLLIN | POLLRDNORM);
	fput(w);
	sys_close(fds[1]);
	EXPECT_EQ(r->f_op->poll(r, NULL), POLLIN | POLLRDNORM | POLLHUP);
	fput(r);
	sys_close(fds[0]);
}

FS_TEST(pipe, size_can_be_set_but_not_below_its_contents)
{
	int fds[2];

	EXPECT_EQ(do_pipe(fds, O_NONBLOCK), 0);
	EXPECT_EQ(sys_fcntl(fds[0], F_GETPIPE_SZ, 0), 65536);
	EXPECT_EQ(sys_fcntl(fds[0], F_SETPIPE_SZ, 5000), 8192);
	EXPECT_EQ(sys_write(fds[1], UBUF, 10000), 8192);
	EXPECT_EQ(sys_fcntl(fds[0], F_SETPIPE_SZ, 4096), -EBUSY);
	EXPECT_EQ(sys_fcntl(fds[0], F_SETPIPE_SZ, 1 << 17), 1 << 17);
	EXPECT_EQ(sys_read(fds[0], UBUF, 10000), 8192);
	sys_close(fds[0]);
	sys_close(fds[1]);
}

FS_TEST(pipe, bad_user_memory_is_efault)
{
	int fds[2];

	EXPECT_EQ(do_pipe(fds, 0), 0);
	EXPECT_EQ(sys_write(fds[1], (char __user *)8, 10), -EFAULT);
	EXPECT_EQ(sys_write(fds[1], UBUF, 10), 10);
	EXPECT_EQ(sys_read(fds[0], (char __user *)8, 10), -EFAULT);
	EXPECT_EQ(sys_read(fds[0], UBUF, 10), 10);
	EXPECT_EQ(sys_pipe((int __user *)8), -EFAULT);
	sys_close(fds[0]);
	sys_close(fds[1]);
}

static int fifo_writer(void *done)
{
	struct file *f = filp_open("/kt/fifo", O_WRONLY, 0);

	if (!IS_ERR(f)) {
		f->f_op->kwrite(f, "ping", 4, &f->f_pos);
		fput(f);
	}
	complete(done);
	return 0;
}

FS_TEST(pipe, fifo_open_waits_for_the_other_side)
{
	struct completion done;
	long fd;

	init_completion(&done);
	EXPECT_EQ(do_mknodat(AT_FDCWD, "/kt/fifo", S_IFIFO | 0600, 0), 0);
	EXPECT_EQ(k_open("/kt/fifo", O_WRONLY | O_NONBLOCK), -ENXIO);
	EXPECT(!IS_ERR(kthread_run(fifo_writer, &done, "fifo-writer")));
	fd = k_open("/kt/fifo", O_RDONLY);
	EXPECT(fd >= 0);
	EXPECT_EQ(sys_read(fd, UBUF, 10), 4);
	EXPECT_EQ(sys_read(fd, UBUF, 10), 0);
	wait_for_completion(&done);
	sys_close(fd);
}

static int pipe_reader(void *arg)
{
	struct file *f = ((void **)arg)[0];
	struct mm_struct *mm = ktest_use_mm();
	long sum = 0, n;
	loff_t pos = 0;

	sys_close_range(0, ~0U, 0);	/* its copy of the writing end */
	if (mm && map_at(0, 1, RW) > 0)
		while ((n = vfs_read(f, (char __user *)AT(0), 1000, &pos)) > 0)
			sum += n;
	if (mm)
		ktest_unuse_mm(mm);
	((long *)arg)[1] = sum;
	complete(((void **)arg)[2]);
	return 0;
}

FS_TEST(pipe, writer_sleeps_while_full_and_nothing_is_lost)
{
	struct completion done;
	void *arg[3];
	int fds[2];

	init_completion(&done);
	EXPECT_EQ(do_pipe(fds, 0), 0);
	arg[0] = fget(fds[0]);
	arg[2] = &done;
	EXPECT(!IS_ERR(kthread_run(pipe_reader, arg, "pipe-reader")));
	for (int i = 0; i < 8; i++)
		EXPECT_EQ(sys_write(fds[1], UBUF, 39 * PAGE_SIZE), 39 * PAGE_SIZE);
	sys_close(fds[1]);
	wait_for_completion(&done);
	EXPECT_EQ(((long *)arg)[1], 8 * 39 * PAGE_SIZE);
	fput(arg[0]);
	sys_close(fds[0]);
}
