/*
 * tests/user/direct.c - O_DIRECT: past the page cache, or not at all
 *
 * Whether a file system has it differs (on Linux tmpfs has not, ext2 has; here none has: docs/differences.md). That one
 * which has it not says so, and does not take the flag and use the cache all the same, is the same everywhere.
 */
#include <sys/stat.h>
#include "mem.h"

#ifndef O_DIRECT
#define O_DIRECT	040000
#endif

static int exists(const char *path)
{
	struct stat st;

	return !stat(path, &st);
}

TEST(files_in_memory_refuse_it)
{
	unlink("/tmp/direct");
	ERR(open("/tmp/direct", O_RDWR | O_DIRECT), ENOENT);
	ERR(open("/tmp/direct", O_RDWR | O_CREAT | O_DIRECT, 0644), EINVAL);
	CHECK(exists("/tmp/direct"));		/* it was made before it was asked */
	ERR(open("/tmp/direct", O_RDONLY | O_DIRECT), EINVAL);
	ERR(open("/tmp/direct", O_RDWR | O_CREAT | O_EXCL | O_DIRECT, 0644), EEXIST);
	close(OK(open("/tmp/direct", O_RDWR)));
	unlink("/tmp/direct");
}

TEST(so_do_directories_and_what_is_no_file)
{
	ERR(open("/tmp", O_RDONLY | O_DIRECT), EINVAL);
	ERR(open("/proc/self/maps", O_RDONLY | O_DIRECT), EINVAL);
	ERR(open("/proc", O_RDONLY | O_DIRECTORY | O_DIRECT), EINVAL);
	ERR(open("/dev/null", O_RDWR | O_DIRECT), EINVAL);
	ERR(open("/dev/zero", O_RDONLY | O_DIRECT), EINVAL);
	close(OK(open("/tmp", O_PATH | O_DIRECT)));
	ERR(open("/tmp", O_RDWR | O_TMPFILE | O_DIRECT, 0600), EINVAL);
}

TEST(what_is_refused_is_not_cut)
{
	int fd = OK(open("/tmp/direct", O_RDWR | O_CREAT, 0644));
	struct stat st;

	EQ(write(fd, "1234", 4), 4);
	ERR(open("/tmp/direct", O_RDWR | O_TRUNC | O_DIRECT), EINVAL);
	OK(fstat(fd, &st));
	EQ(st.st_size, 4);
	unlink("/tmp/direct");
}

TEST(fcntl_refuses_it_too)
{
	int fd = OK(open("/tmp/direct", O_RDWR | O_CREAT, 0644)), flags = OK(fcntl(fd, F_GETFL));

	ERR(fcntl(fd, F_SETFL, flags | O_DIRECT), EINVAL);
	EQ(fcntl(fd, F_GETFL), flags);
	unlink("/tmp/direct");
}

TEST(so_does_a_named_pipe_once_it_is_open)
{
	unlink("/tmp/direct");
	OK(mknod("/tmp/direct", S_IFIFO | 0644, 0));
	ERR(open("/tmp/direct", O_RDWR | O_DIRECT), EINVAL);
	ERR(open("/tmp/direct", O_WRONLY | O_NONBLOCK | O_DIRECT), ENXIO);
	unlink("/tmp/direct");
}
