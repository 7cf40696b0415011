/*
 * tests/user/kallsyms.c - the addresses of the kernel's functions are root's to know
 */
#include <sys/stat.h>
#include "mem.h"
#include "proc.h"

#define RESTRICT	"/proc/sys/kernel/kptr_restrict"

static void become(uid_t euid)
{
	OK(syscall(__NR_setresuid, -1, euid, -1));
}

/* The first lines from an open file: how many, and how many of them have an address. */
static int lines(int fd, int *with_address)
{
	static char text[32768 + 1];
	int n = 0, total = 0, r;

	while (total < 32768 && (r = OK(read(fd, text + total, 32768 - total))))
		total += r;
	text[total] = '\0';
	*with_address = 0;
	for (char *line = text, *end; (end = strchr(line, '\n')); line = end + 1, n++) {
		CHECK(end - line > 19 && line[16] == ' ' && line[18] == ' ');
		*with_address += memcmp(line, "0000000000000000", 16) != 0;
		if (memcmp(line, "00000000", 8))		/* Linux lists offsets of per-CPU data too */
			EQ(memcmp(line, "ffffffff", 8), 0);
	}
	OK(close(fd));
	return n;
}

static int open_it(void)
{
	return OK(open("/proc/kallsyms", O_RDONLY));
}

TEST(root_sees_addresses)
{
	int with_address, n = lines(open_it(), &with_address);

	CMP(n, >, 100);
	CMP(with_address, >, n / 2);
}

TEST(others_see_names_and_zeroes)
{
	int with_address;
	struct stat st;

	OK(stat("/proc/kallsyms", &st));
	EQ(st.st_mode, S_IFREG | 0444);
	OK(setuid(1000));
	CMP(lines(open_it(), &with_address), >, 100);
	EQ(with_address, 0);
}

TEST(who_opens_it_counts)
{
	int fd, with_address;

	become(1000);
	fd = open_it();
	become(0);
	lines(fd, &with_address);
	EQ(with_address, 0);
	fd = open_it();
	become(1000);
	lines(fd, &with_address);
	CMP(with_address, >, 50);
	become(0);
}

TEST(kptr_restrict_2_hides_them_from_root_too)
{
	int with_address;

	STREQ(file_text(RESTRICT), "0\n");
	EQ(put_text(RESTRICT, "2"), 1);
	CMP(lines(open_it(), &with_address), >, 100);
	EQ(put_text(RESTRICT, "1"), 1);
	EQ(with_address, 0);
	CMP(lines(open_it(), &with_address), >, 100);
	EQ(put_text(RESTRICT, "0"), 1);
	CMP(with_address, >, 50);
}

TEST(kptr_restrict_has_limits)
{
	ERR(put_text(RESTRICT, "3"), EINVAL);
	ERR(put_text(RESTRICT, "-1"), EINVAL);
	STREQ(file_text(RESTRICT), "0\n");
	become(1000);
	EQ(open(RESTRICT, O_WRONLY), -1);
	EQ(errno, EACCES);
	become(0);
}
