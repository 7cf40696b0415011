/*
 * tests/user/pfn_access.c - an address space as a file, where it shows a device: /proc/PID/mem and
 * process_vm_readv on mappings of /dev/mem, on [vvar] and on [vdso]
 */
#include <uapi/uio.h>
#include "proc.h"

#define RW	(PROT_READ | PROT_WRITE)
#define ROM	0xf0000UL		/* the BIOS */
#define VIDEO	0xb8000UL		/* text screen; far behind what the console shows: */
#define SPARE	0x7000UL

static int my_mem(void)
{
	return OK(open("/proc/self/mem", O_RDWR));
}

static char *map(unsigned long pa, unsigned long pages, int prot, int flags)
{
	return (char *)OK(mmap(NULL, pages * PAGE, prot, flags, OK(open("/dev/mem", O_RDWR)), pa));
}

static long vm_copy(long nr, void *local, const volatile void *remote, unsigned long len)
{
	struct iovec l = { local, len }, r = { (void *)remote, len };

	return syscall(nr, getpid(), &l, 1, &r, 1, 0);
}

/* Both ways to read n bytes there; /proc/PID/mem gives what the device has, the other nothing. */
static void reads_as(const volatile char *p, const char *want, long n)
{
	char buf[3 * PAGE];

	memset(buf, 0x55, sizeof(buf));
	EQ(pread(my_mem(), buf, n, (long)p), n);
	EQ(memcmp(buf, want, n), 0);
	ERR(vm_copy(__NR_process_vm_readv, buf, p, n), EFAULT);
}

TEST(mem_reads_the_device_and_process_vm_does_not)
{
	char *p = map(ROM, 3, PROT_READ, MAP_SHARED), copy[3 * PAGE];

	memcpy(copy, p, sizeof(copy));
	reads_as(p, copy, 16);
	reads_as(p + 5, copy + 5, 11);
	reads_as(p + PAGE - 3, copy + PAGE - 3, 7);
	reads_as(p, copy, 3 * PAGE);
	reads_as(p + 100, copy + 100, 2 * PAGE);
}

TEST(the_transfer_ends_with_the_area)
{
	char *p = map(ROM, 4, PROT_READ, MAP_SHARED), copy[2 * PAGE], buf[2 * PAGE], c;

	memcpy(copy, p, sizeof(copy));
	OK(munmap(p + 2 * PAGE, 2 * PAGE));
	EQ(pread(my_mem(), buf, 2 * PAGE, (long)p + PAGE), PAGE);
	EQ(memcmp(buf, copy + PAGE, PAGE), 0);
	ERR(pread(my_mem(), &c, 1, (long)p + 2 * PAGE), EIO);
}

TEST(no_permission_is_needed_to_read)
{
	char *p = map(ROM, 2, PROT_READ, MAP_SHARED), copy[2 * PAGE];

	memcpy(copy, p, sizeof(copy));
	OK(mprotect(p, PAGE, PROT_NONE));
	reads_as(p, copy, 16);
	reads_as(p + PAGE - 8, copy + PAGE - 8, 16);
	SEGV(peek(p), SEGV_ACCERR, p);
	reads_as(map(ROM, 1, PROT_NONE, MAP_SHARED), copy, 16);
	reads_as(map(ROM, 1, PROT_NONE, MAP_PRIVATE), copy, 16);
}

TEST(mem_writes_where_the_entry_allows_it)
{
	volatile char *p = map(VIDEO, 8, RW, MAP_SHARED), *spare = p + SPARE;
	char c = 'w';

	spare[0] = 1;
	EQ(pwrite(my_mem(), "Quire", 5, (long)spare), 5);
	EQ(memcmp((void *)spare, "Quire", 5), 0);
	ERR(vm_copy(__NR_process_vm_writev, &c, spare, 1), EFAULT);
	EQ(spare[0], 'Q');
	OK(mprotect((void *)p, 8 * PAGE, PROT_READ));
	ERR(pwrite(my_mem(), &c, 1, (long)spare), EIO);
	ERR(vm_copy(__NR_process_vm_writev, &c, spare, 1), EFAULT);
	EQ(spare[0], 'Q');
	OK(mprotect((void *)p, 8 * PAGE, PROT_NONE));
	ERR(pwrite(my_mem(), &c, 1, (long)spare), EIO);
	EQ(pread(my_mem(), &c, 1, (long)spare), 1);
	EQ(c, 'Q');
}

TEST(private_areas_are_not_copied_by_a_forced_write)
{
	char *p = map(ROM, 2, RW, MAP_PRIVATE), *q = map(ROM, 1, PROT_READ, MAP_PRIVATE), c = p[3], x = c + 1;

	ERR(pwrite(my_mem(), &x, 1, (long)p + 3), EIO);
	ERR(pwrite(my_mem(), &x, 1, (long)q + 3), EIO);
	EQ(p[3], c);
	EQ(q[3], c);
	reads_as(p + 3, &c, 1);
}

TEST(a_private_copy_is_not_reached)
{
	char *p = map(ROM, 3, RW, MAP_PRIVATE), copy[3 * PAGE], c;

	memcpy(copy, p, sizeof(copy));
	p[PAGE + 1]++;
	ERR(pread(my_mem(), &c, 1, (long)p + PAGE + 1), EIO);
	ERR(pwrite(my_mem(), &c, 1, (long)p + PAGE + 1), EIO);
	ERR(vm_copy(__NR_process_vm_readv, &c, p + PAGE + 1, 1), EFAULT);
	EQ(p[PAGE + 1], (char)(copy[PAGE + 1] + 1));
	EQ(pread(my_mem(), copy, 2 * PAGE, (long)p), PAGE);
	reads_as(p, copy, 16);
	reads_as(p + 2 * PAGE, copy + 2 * PAGE, 16);
}

TEST(the_first_page_copied_hides_only_itself)
{
	char *p = map(ROM, 2, RW, MAP_PRIVATE), copy[2 * PAGE], c;

	memcpy(copy, p, sizeof(copy));
	p[0]++;
	ERR(pread(my_mem(), &c, 1, (long)p), EIO);
	reads_as(p + PAGE, copy + PAGE, 16);
}

/* Linux looks up the memory type of the area by its first page and refuses once that is a copy. */
TEST(fork_after_the_first_page_was_copied)
{
	char *p = map(ROM, 2, RW, MAP_PRIVATE), c = p[0];
	pid_t pid;

	p[0]++;
	pid = fork();
	if (!pid) {
		EQ(p[0], (char)(c + 1));
		p[0] = 0x77;
		_exit(0);
	}
	if (pid < 0)
		EQ(errno, ENOMEM);
	else
		EXITS(pid, 0);
	EQ(p[0], (char)(c + 1));
}

TEST(another_process_is_read_the_same_way)
{
	char *p = map(ROM, 1, PROT_READ, MAP_SHARED), copy[16], buf[16], path[40];
	struct iovec l = { buf, 16 }, r = { p, 16 };
	pid_t pid;

	memcpy(copy, p, 16);
	pid = CHILD(pause());
	OK(munmap(p, PAGE));
	snprintf(path, sizeof(path), "/proc/%d/mem", pid);
	EQ(pread(OK(open(path, O_RDONLY)), buf, 16, (long)p), 16);
	EQ(memcmp(buf, copy, 16), 0);
	ERR(syscall(__NR_process_vm_readv, pid, &l, 1, &r, 1, 0), EFAULT);
	OK(kill(pid, SIGKILL));
	DIES(pid, SIGKILL);
}

/* ---- what the kernel maps ---- */

/* Start of the area of this name. */
static char *area(const char *name)
{
	char line[256];
	unsigned long start = 0;
	FILE *f = fopen("/proc/self/maps", "r");

	while (f && fgets(line, sizeof(line), f))
		if (strstr(line, name))
			EQ(sscanf(line, "%lx", &start), 1);
	fclose(f);
	CHECK(start);
	return (char *)start;
}

TEST(vvar_is_out_of_reach)
{
	char *p = area("[vvar]"), c = 1;

	peek(p);
	ERR(pread(my_mem(), &c, 1, (long)p), EIO);
	ERR(pwrite(my_mem(), &c, 1, (long)p), EIO);
	ERR(vm_copy(__NR_process_vm_readv, &c, p, 1), EFAULT);
	ERR(vm_copy(__NR_process_vm_writev, &c, p, 1), EFAULT);
	EQ(c, 1);
}

TEST(vdso_is_read_and_a_forced_write_makes_a_private_page)
{
	char *p = area("[vdso]"), buf[4], zero = 0;

	EQ(pread(my_mem(), buf, 4, (long)p), 4);
	EQ(memcmp(buf, "\177ELF", 4), 0);
	EQ(vm_copy(__NR_process_vm_readv, buf, p, 4), 4);
	EQ(memcmp(buf, "\177ELF", 4), 0);
	ERR(vm_copy(__NR_process_vm_writev, &zero, p + 15, 1), EFAULT);
	EQ(smaps_kb(p, "Anonymous"), 0);
	EXITS(CHILD(
		EQ(pwrite(my_mem(), "z", 1, (long)p + 15), 1);
		EQ(p[15], 'z');
		EQ(smaps_kb(p, "Anonymous"), 4);
		EQ(smaps_kb(p, "Private_Dirty"), 4);
		EQ(memcmp(p, "\177ELF", 4), 0);
		SEGV(poke(p + 15, 'y'), SEGV_ACCERR, p + 15);
	), 0);
	EQ(p[15], 0);				/* the others' code is as it was */
	EQ(smaps_kb(p, "Anonymous"), 0);
}
