/*
 * tests/user/boot.c - the least that a booted machine must do
 */
#include <sys/utsname.h>
#include "test.h"

TEST(a_program_runs_and_can_fork)
{
	EXITS(CHILD(_exit(42)), 42);
}

TEST(uname_says_linux_on_x86_64)
{
	struct utsname u;

	OK(uname(&u));
	STREQ(u.sysname, "Linux");
	STREQ(u.machine, "x86_64");
}

TEST(proc_is_mounted_and_shows_process_1)
{
	char text[16] = "";
	int fd = OK(open("/proc/1/stat", O_RDONLY));

	CMP(read(fd, text, 15), >, 0);
	EQ(strncmp(text, "1 (", 3), 0);
}

TEST(dev_null_swallows_and_dev_zero_gives)
{
	char buf[100];
	int fd = OK(open("/dev/null", O_RDWR));

	EQ(write(fd, buf, 100), 100);
	EQ(read(fd, buf, 100), 0);
	fd = OK(open("/dev/zero", O_RDONLY));
	memset(buf, 1, 100);
	EQ(read(fd, buf, 100), 100);
	for (int i = 0; i < 100; i++)
		EQ(buf[i], 0);
}
