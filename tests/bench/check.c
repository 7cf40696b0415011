/*
 * tests/bench/check.c - did the measured call do its work?  And calls that do not.
 *
 * The questions are asked by other means than the measured call: /proc/self/maps, pagemap, mincore,
 * what memory holds, what a child sees.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include "bench.h"

/* ---- the calls, as they are ---- */

static void touch(volatile char *p, unsigned long pages)
{
	for (unsigned long i = 0; i < pages; i++)
		*(volatile unsigned long *)(p + i * PAGE) = i + 1;
}

static unsigned long look(volatile char *p, unsigned long pages)
{
	unsigned long sum = 0;

	for (unsigned long i = 0; i < pages; i++)
		sum += *(volatile unsigned long *)(p + i * PAGE);
	return sum;
}

/* No C function of ours runs on the child's stack. */
pid_t clone_vm(char *stack, unsigned int *count)
{
	register long r10 __asm__("r10") = 0, r8 __asm__("r8") = 0;
	long pid;

	__asm__ volatile("syscall\n\t"
			 "test %%eax, %%eax\n\t"
			 "jnz 1f\n\t"
			 "incl (%%rbx)\n\t"
			 "xor %%edi, %%edi\n\t"
			 "mov $60, %%eax\n\t"
			 "syscall\n"
			 "1:"
			 : "=a"(pid)
			 : "a"(56L), "D"(0x100L | SIGCHLD), "S"(stack), "d"(0L), "r"(r10), "r"(r8), "b"(count)
			 : "rcx", "r11", "memory");
	return pid;
}

struct calls sys = {
	.getppid = getppid, .mmap = mmap, .munmap = munmap, .mprotect = mprotect, .brk = brk,
	.fork = fork, .execve = execve, .waitpid = waitpid, .clone_vm = clone_vm,
	.read = read, .write = write, .madvise = madvise, .touch = touch, .look = look,
};

/* ---- the same, doing nothing and saying that all is well ---- */

static pid_t no_getppid(void) { return 1; }
static int no_munmap(void *addr, size_t len) { return 0; }
static int no_mprotect(void *addr, size_t len, int prot) { return 0; }
static int no_brk(void *end) { return 0; }
static pid_t no_fork(void) { return 30000; }
static int no_execve(const char *path, char *const *argv, char *const *envp) { _exit(0); }
static pid_t no_waitpid(pid_t pid, int *status, int options) { *status = 0; return pid; }
static pid_t no_clone_vm(char *stack, unsigned int *count) { return 30000; }
static ssize_t no_read(int fd, void *buf, size_t len) { return len; }
static ssize_t no_write(int fd, const void *buf, size_t len) { return len; }
static int no_madvise(void *addr, size_t len, int advice) { return 0; }
static void no_touch(volatile char *p, unsigned long pages) { }
static unsigned long no_look(volatile char *p, unsigned long pages) { return 0; }

static void *no_mmap(void *addr, size_t len, int prot, int flags, int fd, off_t offset)
{
	return (void *)0x600000000000;
}

bool break_call(const char *name)
{
	struct {
		const char *name;
		void **call, *nothing;
	} all[] = {
#define CALL(c)	{ #c, (void **)&sys.c, (void *)no_ ## c }
		CALL(getppid), CALL(mmap), CALL(munmap), CALL(mprotect), CALL(brk), CALL(fork),
		CALL(execve), CALL(waitpid), CALL(clone_vm), CALL(read), CALL(write), CALL(madvise), CALL(touch), CALL(look),
	};

	for (unsigned long i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		if (!strcmp(all[i].name, name)) {
			*all[i].call = all[i].nothing;
			return true;
		}
	}
	return false;
}

/* ---- questions ---- */

void must(bool ok, const char *what)
{
	if (ok)
		return;
	printf("FAIL %s: %s (errno %d)\n", running ? running->id : "bench", what, errno);
	fflush(stdout);
	exit(1);
}

/* Calls @fn for every line of /proc/self/maps until it says true. */
static bool find_area(bool (*fn)(const struct area *a, unsigned long arg), unsigned long arg, struct area *a)
{
	FILE *maps = fopen("/proc/self/maps", "r");
	char line[256];
	bool found = false;

	must(maps, "/proc/self/maps");
	while (!found && fgets(line, sizeof(line), maps)) {
		if (sscanf(line, "%lx-%lx %4s", &a->start, &a->end, a->perms) != 3)
			must(false, "a line of /proc/self/maps");
		found = fn(a, arg);
	}
	fclose(maps);
	return found;
}

static bool contains(const struct area *a, unsigned long p)
{
	return p >= a->start && p < a->end;
}

bool area_of(const volatile void *p, struct area *a)
{
	return find_area(contains, (unsigned long)p, a);
}

static bool count_area(const struct area *a, unsigned long count)
{
	++*(unsigned long *)count;
	return false;
}

unsigned long areas(void)
{
	unsigned long n = 0;
	struct area a;

	find_area(count_area, (unsigned long)&n, &a);
	return n;
}

long resident(const volatile void *p, unsigned long pages)
{
	unsigned char vec[256];
	long n = 0;

	for (unsigned long i = 0; i < pages; i += sizeof(vec)) {
		unsigned long k = pages - i < sizeof(vec) ? pages - i : sizeof(vec);

		if (mincore((char *)p + i * PAGE, k * PAGE, vec))
			return -1;
		while (k--)
			n += vec[k] & 1;
	}
	return n;
}

unsigned long pfn_of(const volatile void *p)
{
	unsigned long entry;
	int fd = open("/proc/self/pagemap", O_RDONLY);

	must(pread(fd, &entry, 8, (unsigned long)p / PAGE * 8) == 8, "/proc/self/pagemap");
	close(fd);
	return entry >> 63 ? entry & ((1UL << 55) - 1) : 0;
}

/* The kernel copies a byte of a pipe there, which is the byte that is there: nothing changes. */
bool writable(volatile void *p)
{
	int fds[2];
	bool ok;

	must(!pipe(fds), "pipe");
	must(write(fds[1], (void *)p, 1) == 1, "the page can be read");
	ok = read(fds[0], (void *)p, 1) == 1;
	must(ok || errno == EFAULT, "EFAULT and nothing else");
	close(fds[0]);
	close(fds[1]);
	return ok;
}

bool holds(volatile char *p, unsigned long pages)
{
	for (unsigned long i = 0; i < pages; i++) {
		volatile unsigned long *word = (void *)(p + i * PAGE);

		if (word[0] != i + 1)
			return false;
		for (unsigned int k = 1; k < PAGE / sizeof(*word); k++)
			if (word[k])
				return false;
	}
	return true;
}

bool gone(pid_t pid)
{
	return kill(pid, 0) == -1 && errno == ESRCH && waitpid(pid, NULL, 0) == -1 && errno == ECHILD;
}

unsigned long number_in(const char *path, const char *name)
{
	FILE *f = fopen(path, "r");
	char line[256];
	unsigned long n = ~0UL, len = strlen(name);

	must(f, path);
	while (n == ~0UL && fgets(line, sizeof(line), f))
		if (!strncmp(line, name, len) && strchr(" :\t", line[len]))
			n = strtoul(line + len + 1, NULL, 10);
	fclose(f);
	return n;
}

volatile char *map(unsigned long pages)
{
	void *p = mmap(NULL, pages * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	must(p != MAP_FAILED, "mmap");
	return p;
}
