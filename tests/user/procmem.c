/*
 * tests/user/procmem.c - /proc/PID/mem: an address space read and written as a file
 */
#define TEST_OWN_MAIN
#include "proc.h"

static int mem_of(pid_t pid, int flags)
{
	char path[40];

	snprintf(path, sizeof(path), "/proc/%d/mem", pid);
	return OK(open(path, flags));
}

static int my_mem(void)
{
	return mem_of(getpid(), O_RDWR);
}

TEST(reads_and_writes_by_address)
{
	char *p = map_pages(3), buf[8] = "";
	int fd = my_mem();

	strcpy(p + PAGE - 3, "across");
	EQ(pread(fd, buf, 7, (long)p + PAGE - 3), 7);
	STREQ(buf, "across");
	EQ(pwrite(fd, "others", 7, (long)p + 2 * PAGE - 3), 7);
	STREQ(p + 2 * PAGE - 3, "others");
	EQ(lseek(fd, (long)p + PAGE - 3, SEEK_SET), (long)p + PAGE - 3);
	EQ(read(fd, buf, 3), 3);
	EQ(lseek(fd, 0, SEEK_CUR), (long)p + PAGE);
	EQ(lseek(fd, 0, SEEK_CUR), (long)p + PAGE);
}

TEST(read_of_an_untouched_page_maps_no_private_page)
{
	char *p = map_pages(2), c = 1;
	int fd = my_mem();

	EQ(pread(fd, &c, 1, (long)p), 1);
	EQ(c, 0);
	EQ(smaps_kb(p, "Anonymous"), 0);
	EQ(pwrite(fd, "x", 1, (long)p + PAGE), 1);
	EQ(peek(p + PAGE), 'x');
	EQ(smaps_kb(p, "Anonymous"), 4);
}

TEST(a_hole_ends_the_transfer)
{
	char *p = lonely(2), buf[3 * PAGE];
	int fd = my_mem();

	map_at(p, 1, PROT_READ | PROT_WRITE, MAP_FIXED);
	poke(p, 7);
	EQ(pread(fd, buf, sizeof(buf), (long)p), PAGE);
	EQ(buf[0], 7);
	EQ(pwrite(fd, buf, 2 * PAGE, (long)p), PAGE);
	ERR(pread(fd, buf, 1, (long)p + PAGE), EIO);
	ERR(pwrite(fd, buf, 1, (long)p + PAGE), EIO);
	ERR(pread(fd, buf, 1, 0), EIO);
	ERR(pread(fd, buf, 1, 0x7ffffffff000), EIO);
}

TEST(access_is_forced_where_the_area_might_allow_it)
{
	char *p = map_pages(3), c = 0;
	int fd = my_mem();

	poke(p, 'a');
	poke(p + PAGE, 'b');
	OK(mprotect(p, PAGE, PROT_NONE));
	OK(mprotect(p + PAGE, PAGE, PROT_READ));
	EQ(pread(fd, &c, 1, (long)p), 1);
	EQ(c, 'a');
	EQ(pwrite(fd, "n", 1, (long)p), 1);
	EQ(pwrite(fd, "r", 1, (long)p + PAGE), 1);
	EQ(peek(p + PAGE), 'r');
	SEGV(poke(p + PAGE, 1), SEGV_ACCERR, p + PAGE);
	SEGV(peek(p), SEGV_ACCERR, p);
	OK(mprotect(p, PAGE, PROT_READ));
	EQ(peek(p), 'n');
}

TEST(forced_write_to_a_mapped_file_is_a_private_copy)
{
	int file = OK(open("/tmp/procmem", O_RDWR | O_CREAT | O_TRUNC, 0600)), fd = my_mem();
	char *p, c;

	EQ(write(file, "file", 5), 5);
	p = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, file, 0);
	EQ(peek(p), 'f');
	EQ(pwrite(fd, "F", 1, (long)p), 1);
	STREQ(p, "File");
	EQ(pread(file, &c, 1, 0), 1);
	EQ(c, 'f');
	EQ(smaps_kb(p, "Anonymous"), 4);
	EQ(smaps_kb(p, "Private_Dirty"), 4);
	OK(unlink("/tmp/procmem"));
}

TEST(a_shared_area_that_is_read_only_refuses)
{
	char *p = map_shared(1), c;
	int fd = my_mem(), file = OK(open("/tmp/procmem2", O_RDWR | O_CREAT | O_TRUNC, 0600));
	char *q;

	poke(p, 's');
	OK(mprotect(p, PAGE, PROT_READ));
	ERR(pwrite(fd, "x", 1, (long)p), EIO);
	OK(mprotect(p, PAGE, PROT_NONE));
	EQ(pread(fd, &c, 1, (long)p), 1);
	EQ(c, 's');
	OK(ftruncate(file, PAGE));
	q = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
	EQ(pwrite(fd, "y", 1, (long)q), 1);
	EQ(pread(file, &c, 1, 0), 1);
	EQ(c, 'y');
	ERR(pread(fd, &c, 1, (long)q + PAGE), EIO);		/* beyond the end of the file */
	OK(unlink("/tmp/procmem2"));
}

TEST(copy_on_write_is_broken_for_the_target_alone)
{
	char *p = map_pages(1), path[40], c = 0;
	pid_t pid;
	int fd;

	strcpy(p, "parent");
	pid = CHILD(pause());
	snprintf(path, sizeof(path), "/proc/%d/mem", pid);
	fd = OK(open(path, O_RDWR));
	EQ(pwrite(fd, "c", 1, (long)p), 1);
	STREQ(p, "parent");
	EQ(pread(fd, &c, 1, (long)p), 1);
	EQ(c, 'c');
	OK(kill(pid, SIGKILL));
	DIES(pid, SIGKILL);
}

TEST(after_the_end_of_the_process_there_is_nothing)
{
	char *p = map_pages(1), c;
	pid_t pid = CHILD(pause());
	int fd = mem_of(pid, O_RDWR);

	EQ(pread(fd, &c, 1, (long)p), 1);
	OK(kill(pid, SIGKILL));
	DIES(pid, SIGKILL);
	EQ(pread(fd, &c, 1, (long)p), 0);
	EQ(pwrite(fd, &c, 1, (long)p), 0);
}

TEST(after_an_exec_the_file_belongs_to_what_was)
{
	char *p = map_pages(1), path[40], c;
	int pipes[2], fd, again;
	pid_t pid;

	poke(p, 'o');
	OK(pipe2(pipes, O_CLOEXEC));
	pid = CHILD({
		read(pipes[0], &c, 1);
		execv("/proc/self/exe", (char *[]){ "procmem", "--wait", NULL });
	});
	fd = mem_of(pid, O_RDWR);
	EQ(pread(fd, &c, 1, (long)p), 1);
	EQ(c, 'o');
	OK(close(pipes[0]));
	write(pipes[1], "g", 1);
	close(pipes[1]);
	EVENTUALLY(pread(fd, &c, 1, (long)p) == 0);
	snprintf(path, sizeof(path), "/proc/%d/mem", pid);
	again = OK(open(path, O_RDONLY));
	EQ(pread(again, &c, 1, (long)&peek & ~0xfffUL), 1);
	OK(kill(pid, SIGKILL));
	DIES(pid, SIGKILL);
}

TEST(seeking_knows_no_end_and_takes_any_address)
{
	int fd = my_mem();
	char c;

	ERR(lseek(fd, 0, SEEK_END), EINVAL);
	EQ(lseek(fd, 0x1000, SEEK_SET), 0x1000);
	EQ(lseek(fd, -0x800, SEEK_CUR), 0x800);
	EQ(lseek(fd, 0xffffffff80000000UL, SEEK_SET), 0xffffffff80000000UL);
	ERR(read(fd, &c, 1), EIO);
	ERR(write(fd, &c, 1), EIO);
	EQ(lseek(fd, 0, SEEK_CUR), 0xffffffff80000000UL);
	ERR(pread(fd, &c, 1, -4096), EINVAL);
}

TEST(bad_buffers_and_modes)
{
	char *p = map_pages(2), path[40];
	int fd = my_mem(), ro = mem_of(getpid(), O_RDONLY);

	ERR(pread(fd, (void *)1, 1, (long)p), EFAULT);
	ERR(pwrite(fd, (void *)1, 1, (long)p), EFAULT);
	ERR(pread(fd, (void *)0xffff800000000000UL, 1, (long)p), EFAULT);
	EQ(pread(fd, p, 0, (long)p), 0);
	EQ(pread(fd, p, 0, 0), 0);
	ERR(pwrite(ro, "x", 1, (long)p), EBADF);
	EQ(mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, fd, 0), MAP_FAILED);
	EQ(errno, ENODEV);
	snprintf(path, sizeof(path), "/proc/%d/mem", 999999);
	ERR(open(path, O_RDONLY), ENOENT);
}

TEST(another_user_may_not_look)
{
	char path[40], c;
	pid_t pid;

	snprintf(path, sizeof(path), "/proc/%d/mem", getpid());
	pid = CHILD({
		OK(setuid(1000));
		ERR(open(path, O_RDONLY), EACCES);
		snprintf(path, sizeof(path), "/proc/%d/maps", getppid());
		ERR(open(path, O_RDONLY), EACCES);
		snprintf(path, sizeof(path), "/proc/%d/pagemap", getppid());
		ERR(open(path, O_RDONLY), EACCES);
		snprintf(path, sizeof(path), "/proc/%d/status", getppid());
		CMP(open(path, O_RDONLY), >=, 0);
		CMP(open("/proc/self/maps", O_RDONLY), >=, 0);
		read(0, &c, 0);
	});
	EXITS(pid, 0);
}

/* What the exec case turns into waits to be killed. */
int main(int argc, char **argv)
{
	if (argc == 2 && !strcmp(argv[1], "--wait"))
		for (;;)
			pause();
	return test_main(argv);
}
