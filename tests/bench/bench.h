/*
 * tests/bench/bench.h - one program that measures the same operations on Quire and on Linux
 *
 * Every call that is measured goes through `sys`, so that a call can be replaced by one that claims
 * success and does nothing (bench -x): the check of its measure must notice.
 */
#ifndef BENCH_H
#define BENCH_H

#include <stdbool.h>
#include <sys/types.h>

#define PAGE		4096UL
#define RUNS		7

/* ---- what is measured ---- */

struct measure {
	const char *id, *name;
	/*
	 * Prepare, do the operation @n times between clock_start() and clock_stop(), check that it
	 * did its work, clean up.  Returns what clock_stop() said.
	 */
	unsigned long (*sample)(unsigned long n);
	unsigned long n;	/* the value is the least of RUNS samples, divided by n * per ... */
	unsigned long few;	/* ... or, unless 0, the difference to samples of `few`, by (n - few) * per */
	unsigned long per;
	const char *calls;	/* the members of `sys` it depends on */
};

extern const struct measure memory_measures[], process_measures[], disk_measures[];	/* end with a NULL id */
extern const struct measure *running;

const struct measure *measure_named(const char *id);

/* The least of RUNS samples, in ticks. */
unsigned long least(unsigned long (*sample)(unsigned long n), unsigned long n);

/* ---- the clock: ticks of the TSC, under -icount shift=0 one for each instruction of the guest ---- */

void clock_start(void);
unsigned long clock_stop(void);		/* ticks since clock_start(), less those of an empty measurement */

/* ---- the calls ---- */

struct calls {
	pid_t (*getppid)(void);
	void *(*mmap)(void *addr, size_t len, int prot, int flags, int fd, off_t offset);
	int (*munmap)(void *addr, size_t len);
	int (*mprotect)(void *addr, size_t len, int prot);
	int (*brk)(void *end);
	pid_t (*fork)(void);
	int (*execve)(const char *path, char *const *argv, char *const *envp);
	pid_t (*waitpid)(pid_t pid, int *status, int options);
	pid_t (*clone_vm)(char *stack, unsigned int *count);
	ssize_t (*read)(int fd, void *buf, size_t len);
	ssize_t (*write)(int fd, const void *buf, size_t len);
	int (*madvise)(void *addr, size_t len, int advice);
	void (*touch)(volatile char *p, unsigned long pages);	/* write i + 1 to page i */
	unsigned long (*look)(volatile char *p, unsigned long pages);	/* read them; the sum */
};
extern struct calls sys;

/* Make member @name of `sys` a call that does nothing; false when there is no such member. */
bool break_call(const char *name);

/* A child that shares the address space, increments *@count on @stack (its end) and is gone. */
pid_t clone_vm(char *stack, unsigned int *count);

/* ---- checks ---- */

/* Ends the program with a line "FAIL ..." unless @ok. */
void must(bool ok, const char *what);

struct area {
	unsigned long start, end;
	char perms[5];
};
bool area_of(const volatile void *p, struct area *a);	/* by /proc/self/maps */
unsigned long areas(void);				/* how many there are */
long resident(const volatile void *p, unsigned long pages);	/* by mincore; -1: not all is mapped */
unsigned long pfn_of(const volatile void *p);		/* by /proc/self/pagemap, 0: not present */
bool writable(volatile void *p);			/* could the kernel write here on our behalf? */
bool holds(volatile char *p, unsigned long pages);	/* does page i hold i + 1, and else zeroes? */
bool gone(pid_t pid);
unsigned long number_in(const char *path, const char *name);	/* the number after the word */

/* ---- other things the program can do ---- */

volatile char *map(unsigned long pages);	/* private, anonymous, writable; not to be measured */
void curves(const char *which, unsigned long largest);	/* NULL: all */
void counts(void);
void disks_start(void), disks_stop(void);	/* around disk_measures */
void walk_more_than_memory(unsigned long mib);

#endif
