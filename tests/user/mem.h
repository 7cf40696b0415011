/*
 * tests/user/mem.h - looking at one's own address space
 */
#ifndef _MEM_H
#define _MEM_H

#include <setjmp.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include "test.h"

#define PAGE	4096UL

/* ---- faults ---- */

static jmp_buf fault_jump;
static volatile int fault_code;
static void *volatile fault_addr;

static inline void on_fault(int sig, siginfo_t *info, void *context)
{
	fault_code = info->si_code;
	fault_addr = info->si_addr;
	longjmp(fault_jump, sig);
}

/* Do it; the value is 0, or the signal it brought, with fault_code and fault_addr set. */
#define FAULTS(action) ({							\
	struct sigaction act_ = { .sa_sigaction = on_fault,			\
				  .sa_flags = SA_SIGINFO | SA_NODEFER };	\
	int sig_;								\
	sigaction(SIGSEGV, &act_, NULL);					\
	sigaction(SIGBUS, &act_, NULL);						\
	fault_code = 0;								\
	fault_addr = NULL;							\
	sig_ = setjmp(fault_jump);						\
	if (!sig_) {								\
		action;								\
	}									\
	sig_; })

/* The access must fault like this, at this address. */
#define SEGV(action, code, addr) do {						\
	EQ(FAULTS(action), SIGSEGV);						\
	EQ(fault_code, code);							\
	EQ(fault_addr, addr);							\
} while (0)
#define SIGBUS_AT(action, addr) do {						\
	EQ(FAULTS(action), SIGBUS);						\
	EQ(fault_code, BUS_ADRERR);						\
	EQ(fault_addr, addr);							\
} while (0)

static inline char peek(const volatile void *p)
{
	return *(const volatile char *)p;
}

static inline void poke(volatile void *p, char c)
{
	*(volatile char *)p = c;
}

/* ---- areas ---- */

/* How many of @pages pages from @p, 1,024 at most, mincore(2) calls resident. */
static inline int pages_in_memory(char *p, int pages)
{
	unsigned char in[1024];
	int n = 0;

	CMP(pages, <=, (int)sizeof(in));
	OK(mincore(p, pages * PAGE, in));
	for (int i = 0; i < pages; i++)
		n += in[i] & 1;
	return n;
}

static inline char *map_at(void *addr, unsigned long pages, int prot, int flags)
{
	char *p = mmap(addr, pages * PAGE, prot, MAP_PRIVATE | MAP_ANONYMOUS | flags, -1, 0);

	if (p == MAP_FAILED)
		FAIL("mmap %lu pages: %s", pages, strerrorname(errno));
	return p;
}

static inline char *map_pages(unsigned long pages)
{
	return map_at(NULL, pages, PROT_READ | PROT_WRITE, 0);
}

/*
 * A place in an address space where nothing else is near: pages in the middle of a
 * reservation that is given back, so that areas made there do not merge with others.
 */
static inline char *lonely(unsigned long pages)
{
	char *p = map_at(NULL, pages + 32, PROT_NONE, 0);

	OK(munmap(p, (pages + 32) * PAGE));
	return p + 16 * PAGE;
}

/*
 * The areas of [base, base + pages), in pages from base: "0+2 rw-p, 3+1 r--p". An area that
 * reaches beyond is cut. The text is valid until the next call.
 */
static inline const char *areas(const void *base, unsigned long pages)
{
	static char text[1000], line[512];
	unsigned long from = (unsigned long)base, to = from + pages * PAGE, start, end;
	FILE *f = fopen("/proc/self/maps", "r");
	char perms[8];
	int n = 0;

	if (!f)
		FAIL("/proc/self/maps: %s", strerrorname(errno));
	text[0] = '\0';
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%lx-%lx %4s", &start, &end, perms) != 3)
			FAIL("not a line of maps: %s", line);
		if (end <= from || start >= to)
			continue;
		start = start < from ? from : start;
		end = end > to ? to : end;
		n += snprintf(text + n, sizeof(text) - n, "%s%ld+%ld %s", n ? ", " : "",
			      (start - from) / PAGE, (end - start) / PAGE, perms);
	}
	fclose(f);
	return text;
}

/* The line of /proc/self/maps that holds an address, without its newline; "" if none. */
static inline const char *maps_line(const volatile void *addr)
{
	static char line[512];
	unsigned long start, end, a = (unsigned long)addr;
	FILE *f = fopen("/proc/self/maps", "r");

	while (f && fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%lx-%lx", &start, &end) == 2 && a >= start && a < end) {
			fclose(f);
			line[strcspn(line, "\n")] = '\0';
			return line;
		}
	}
	if (f)
		fclose(f);
	return "";
}

/* ---- counters ---- */

/* How far VmRSS may be off, in kB: Linux 6.1 adds up to 64 pages of each kind later. */
#define RSS_SLACK	512

static inline long minor_faults(void)
{
	struct rusage use;

	OK(getrusage(RUSAGE_SELF, &use));
	return use.ru_minflt;
}

/* How many minor faults the action brings. */
#define MINFLT(action) ({							\
	long n_;								\
	minor_faults();								\
	n_ = minor_faults();							\
	action;									\
	minor_faults() - n_; })

static inline long status_value(const char *name)
{
	static char line[256];
	FILE *f = fopen("/proc/self/status", "r");
	size_t len = strlen(name);
	long value = -1;

	while (f && fgets(line, sizeof(line), f))
		if (!strncmp(line, name, len) && line[len] == ':')
			value = strtol(line + len + 1, NULL, 10);
	if (f)
		fclose(f);
	return value;
}

/* Page frame number behind an address, 0 if there is no page. */
static inline unsigned long frame(const volatile void *addr)
{
	unsigned long entry = 0;
	int fd = OK(open("/proc/self/pagemap", O_RDONLY));

	EQ(pread(fd, &entry, 8, (unsigned long)addr / PAGE * 8), 8);
	close(fd);
	return entry >> 63 ? entry & ((1UL << 55) - 1) : 0;
}

#endif
