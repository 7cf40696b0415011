/*
 * tests/user/map_files.c - /proc/PID/map_files: magic links to mapped files by address
 */
#include <dirent.h>
#include <sys/stat.h>
#include "proc.h"

static const char *name_of(const void *start, unsigned long pages)
{
	static char name[80];

	snprintf(name, sizeof(name), "/proc/self/map_files/%lx-%lx", (unsigned long)start,
		 (unsigned long)start + pages * PAGE);
	return name;
}

static char *map_file(const char *path, int flags, int prot, int map, unsigned long pages)
{
	int fd = OK(open(path, flags, 0600));
	char *at = lonely(pages), *p;

	OK(ftruncate(fd, 8 * PAGE));
	p = mmap(at, pages * PAGE, prot, map | MAP_FIXED, fd, 0);
	EQ(p, at);
	OK(close(fd));
	return p;
}

static const char *target(const char *name)
{
	static char text[200];
	long n = OK(readlink(name, text, sizeof(text) - 1));

	text[n] = '\0';
	return text;
}

TEST(each_mapped_file_has_a_link)
{
	char *p = map_file("/tmp/mf1", O_RDWR | O_CREAT, PROT_READ, MAP_SHARED, 4);
	struct stat st;

	STREQ(target(name_of(p, 4)), "/tmp/mf1");
	OK(lstat(name_of(p, 4), &st));
	EQ(st.st_mode, S_IFLNK | 0600);			/* as the file was opened */
	EQ(st.st_size, 64);
	OK(unlink("/tmp/mf1"));
	STREQ(target(name_of(p, 4)), "/tmp/mf1 (deleted)");
}

TEST(the_link_opens_the_file_also_without_a_name)
{
	char *p = map_file("/tmp/mf2", O_RDWR | O_CREAT, PROT_READ | PROT_WRITE, MAP_SHARED, 2), c = 0;
	int fd;

	OK(unlink("/tmp/mf2"));
	poke(p + PAGE, 'm');
	fd = OK(open(name_of(p, 2), O_RDWR));
	EQ(pread(fd, &c, 1, PAGE), 1);
	EQ(c, 'm');
	EQ(pwrite(fd, "w", 1, 0), 1);
	EQ(peek(p), 'w');
}

TEST(only_exact_borders_of_file_areas_are_names)
{
	char *p = map_file("/tmp/mf3", O_RDWR | O_CREAT, PROT_READ, MAP_PRIVATE, 4), *q = map_pages(2);
	char name[80];

	OK(unlink("/tmp/mf3"));
	ERR(readlink(name_of(p, 3), name, 10), ENOENT);
	ERR(readlink(name_of(p + PAGE, 3), name, 10), ENOENT);
	ERR(readlink(name_of(q, 2), name, 10), ENOENT);
	ERR(readlink("/proc/self/map_files/0-0", name, 10), ENOENT);
	ERR(readlink("/proc/self/map_files/x-y", name, 10), ENOENT);
	ERR(readlink("/proc/self/map_files/1000", name, 10), ENOENT);
	snprintf(name, sizeof(name), "/proc/self/map_files/0%lx-%lx", (long)p, (long)p + 4 * PAGE);
	ERR(readlink(name, name, 10), ENOENT);
	snprintf(name, sizeof(name), "/proc/self/map_files/%lx-%lx ", (long)p, (long)p + 4 * PAGE);
	ERR(readlink(name, name, 10), ENOENT);
	snprintf(name, sizeof(name), "/proc/self/map_files/%lX-%lX", 0xabcdef000UL, 0xabcdf0000UL);
	ERR(readlink(name, name, 10), ENOENT);
}

TEST(names_follow_the_areas)
{
	char *p = map_file("/tmp/mf4", O_RDWR | O_CREAT, PROT_READ, MAP_PRIVATE, 4), text[10];

	OK(unlink("/tmp/mf4"));
	OK(mprotect(p + PAGE, PAGE, PROT_NONE));
	ERR(readlink(name_of(p, 4), text, 10), ENOENT);
	STREQ(target(name_of(p, 1)), "/tmp/mf4 (deleted)");
	STREQ(target(name_of(p + PAGE, 1)), "/tmp/mf4 (deleted)");
	STREQ(target(name_of(p + 2 * PAGE, 2)), "/tmp/mf4 (deleted)");
	OK(munmap(p, 4 * PAGE));
	ERR(readlink(name_of(p + PAGE, 1), text, 10), ENOENT);
}

TEST(the_directory_lists_what_maps_says)
{
	char *p = map_file("/tmp/mf5", O_RDWR | O_CREAT, PROT_READ, MAP_PRIVATE, 4), line[512], name[80];
	int listed = 0, mapped = 0, found = 0;
	unsigned long start, end, inode;
	struct dirent *e;
	FILE *f;
	DIR *d;

	OK(unlink("/tmp/mf5"));
	d = opendir("/proc/self/map_files");
	while ((e = readdir(d))) {
		if (e->d_name[0] == '.')
			continue;
		listed++;
		EQ(e->d_type, DT_LNK);
		snprintf(name, sizeof(name), "%lx-%lx", (long)p, (long)p + 4 * PAGE);
		found += !strcmp(e->d_name, name);
	}
	closedir(d);
	f = fopen("/proc/self/maps", "r");
	while (fgets(line, sizeof(line), f))
		mapped += sscanf(line, "%lx-%lx %*s %*x %*x:%*x %lu", &start, &end, &inode) == 3 && inode;
	EQ(found, 1);
	EQ(listed, mapped);
}

TEST(shared_anonymous_memory_is_a_file_too)
{
	char *p = map_shared(3);
	int fd;
	char c;

	STREQ(target(name_of(p, 3)), "/dev/zero (deleted)");
	poke(p, 'z');
	fd = OK(open(name_of(p, 3), O_RDONLY));
	EQ(read(fd, &c, 1), 1);
	EQ(c, 'z');
}

TEST(others_may_neither_list_nor_follow)
{
	char *p = map_file("/tmp/mf6", O_RDWR | O_CREAT, PROT_READ, MAP_PRIVATE, 1), path[80], text[10];
	pid_t pid, parent = getpid();

	OK(chmod("/tmp/mf6", 0666));
	pid = CHILD({
		OK(setuid(1000));
		snprintf(path, sizeof(path), "/proc/%d/map_files", parent);
		ERR(open(path, O_RDONLY), EACCES);
		snprintf(path, sizeof(path), "/proc/%d/map_files/%lx-%lx", parent, (long)p,
			 (long)p + PAGE);
		ERR(readlink(path, text, 10), EACCES);
	});
	EXITS(pid, 0);
	OK(unlink("/tmp/mf6"));
}
