/*
 * tests/user/pipe.c - pipes
 */
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include "test.h"

static int in, out;

static void make(int flags)
{
	int fds[2];

	OK(pipe2(fds, flags));
	in = fds[1];
	out = fds[0];
}

TEST(what_goes_in_comes_out_in_order)
{
	char buf[16] = "";

	make(0);
	EQ(write(in, "abc", 3), 3);
	EQ(write(in, "def", 3), 3);
	EQ(read(out, buf, 2), 2);
	EQ(read(out, buf + 2, 10), 4);
	STREQ(buf, "abcdef");
}

TEST(end_of_file_when_all_writers_are_gone)
{
	char buf[4];
	int second;

	make(0);
	second = OK(dup(in));
	EQ(write(in, "x", 1), 1);
	close(in);
	EQ(read(out, buf, 4), 1);
	CHILD(usleep(30000); _exit(0));
	close(second);
	EQ(read(out, buf, 4), 0);
	EQ(read(out, buf, 4), 0);
}

TEST(write_without_readers_is_sigpipe_and_epipe)
{
	make(0);
	close(out);
	DIES(CHILD(write(in, "x", 1)), SIGPIPE);
	signal(SIGPIPE, SIG_IGN);
	ERR(write(in, "x", 1), EPIPE);
}

TEST(reader_waits_for_a_writer)
{
	char c;

	make(0);
	CHILD(usleep(30000); write(in, "y", 1));
	EQ(read(out, &c, 1), 1);
	EQ(c, 'y');
}

TEST(writer_waits_for_room)
{
	static char buf[200000];
	long total = 0, n;
	pid_t pid;

	make(0);
	pid = CHILD(EQ(write(in, buf, sizeof(buf)), sizeof(buf)));
	close(in);
	while ((n = OK(read(out, buf, 3000))))
		total += n;
	EQ(total, sizeof(buf));
	EXITS(pid, 0);
}

TEST(nonblocking_ends_return_eagain)
{
	static char buf[65536];
	char c;

	make(O_NONBLOCK);
	ERR(read(out, &c, 1), EAGAIN);
	EQ(write(in, buf, sizeof(buf)), sizeof(buf));
	ERR(write(in, "x", 1), EAGAIN);
	EQ(read(out, buf, 4096), 4096);
	EQ(write(in, buf, 4096), 4096);
	ERR(write(in, "x", 1), EAGAIN);
}

TEST(fcntl_makes_an_end_nonblocking)
{
	char c;

	make(0);
	EQ(fcntl(out, F_GETFL) & O_ACCMODE, O_RDONLY);
	EQ(fcntl(in, F_GETFL) & O_ACCMODE, O_WRONLY);
	OK(fcntl(out, F_SETFL, O_NONBLOCK));
	CHECK(fcntl(out, F_GETFL) & O_NONBLOCK);
	ERR(read(out, &c, 1), EAGAIN);
}

TEST(a_write_of_4096_bytes_is_never_torn)
{
	static char buf[4096];
	pid_t pids[4];

	make(0);
	for (int i = 0; i < 4; i++)
		pids[i] = CHILD(
			memset(buf, 'a' + i, sizeof(buf));
			for (int k = 0; k < 20; k++)
				EQ(write(in, buf, sizeof(buf)), sizeof(buf))
		);
	close(in);
	for (int i = 0; i < 80; i++) {
		for (int n = 0; n < 4096;)
			n += OK(read(out, buf + n, sizeof(buf) - n));
		EQ(memchr_inv(buf, buf[0], sizeof(buf)), 0);
	}
	for (int i = 0; i < 4; i++)
		EXITS(pids[i], 0);
}

TEST(ends_are_one_way)
{
	char c;

	make(0);
	ERR(read(in, &c, 1), EBADF);
	ERR(write(out, &c, 1), EBADF);
}

TEST(pipes_can_not_seek)
{
	char c;

	make(0);
	ERR(lseek(out, 0, SEEK_CUR), ESPIPE);
	ERR(pread(out, &c, 1, 0), ESPIPE);
	ERR(pwrite(in, &c, 1, 0), ESPIPE);
}

TEST(stat_says_fifo_and_fionread_how_much)
{
	struct stat st;
	int n = -1;

	make(0);
	OK(fstat(out, &st));
	CHECK(S_ISFIFO(st.st_mode));
	EQ(write(in, "12345", 5), 5);
	OK(ioctl(out, FIONREAD, &n));
	EQ(n, 5);
}

TEST(readv_and_writev_scatter_and_gather)
{
	char a[3] = "", b[5] = "";
	struct iovec w[3] = { { "ab", 2 }, { "", 0 }, { "cdef", 4 } };
	struct iovec r[2] = { { a, 2 }, { b, 4 } };

	make(0);
	EQ(writev(in, w, 3), 6);
	EQ(readv(out, r, 2), 6);
	STREQ(a, "ab");
	STREQ(b, "cdef");
	ERR(writev(in, w, -1), EINVAL);
	ERR(writev(in, w, 1025), EINVAL);
	EQ(writev(in, w, 0), 0);
}

TEST(pipe2_flags_are_set_and_others_refused)
{
	int fds[2];

	make(O_CLOEXEC);
	EQ(fcntl(in, F_GETFD), FD_CLOEXEC);
	EQ(fcntl(out, F_GETFD), FD_CLOEXEC);
	ERR(pipe2(fds, O_CREAT), EINVAL);
}

TEST(a_pipeline_of_programs_works)
{
	char buf[16] = "";
	int status;
	pid_t pid;

	make(0);
	pid = OK(fork());
	if (!pid) {
		dup2(in, 1);
		execvp("sh", (char *[]){ "sh", "-c", "seq 1000 | tail -n 3 | wc -l", NULL });
		_exit(99);
	}
	close(in);
	CMP(read(out, buf, 15), >, 0);
	EQ(atoi(buf), 3);
	OK(waitpid(pid, &status, 0));
	EQ(status, 0);
}

TEST(a_fifo_joins_two_programs_by_name)
{
	char buf[8] = "";

	unlink("/tmp/fifo");
	OK(mknod("/tmp/fifo", S_IFIFO | 0600, 0));
	CHILD(
		int fd = OK(open("/tmp/fifo", O_WRONLY));

		write(fd, "named", 5)
	);
	out = OK(open("/tmp/fifo", O_RDONLY));
	EQ(read(out, buf, 7), 5);
	STREQ(buf, "named");
	EQ(read(out, buf, 7), 0);
	close(out);
	ERR(open("/tmp/fifo", O_WRONLY | O_NONBLOCK), ENXIO);
}
