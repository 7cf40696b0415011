/*
 * kernel/gcov.c - which lines of the running kernel were executed (make coverage)
 *
 * Purpose:    with -fprofile-arcs the compiler counts every branch.  At the end of a run the
 *             counts leave by QEMU's debug console (port 0xe9), and tools/coverage.py makes .gcda
 *             files of them, as gcov reads them.
 *
 *   record:   kind (1 byte)  length (4 bytes)  bytes
 *             'N' the path of a .gcda file begins, 'D' some of its contents, 'E' the end of it
 *
 * Invariants: the compiler's library code was built for programs: it uses the red zone and perhaps
 *             vector registers.  So interrupts are off while it runs, and it runs only at the end.
 * Simplified: counters are not atomic: a count may be lost to an interrupt, a line is not.
 * Sources:    GCC manual, "Instrumentation Options" (-fprofile-info-section), and its gcov.h.
 */
#include <asm/processor.h>
#include <asm/irqflags.h>
#include <bug.h>
#include <gcov_dump.h>
#include <string.h>

#ifdef QUIRE_GCOV
#include <gcov.h>

#define DEBUGCON_PORT 0xe9

extern const struct gcov_info *const __gcov_info_start[], *const __gcov_info_end[];

/* What the library may call. */
void abort(void) __noreturn;
void *mmap(void *addr, size_t len, int prot, int flags, int fd, long offset);

static void send(const void *data, u32 len)
{
	for (const u8 *p = data; len--; p++)
		outb(DEBUGCON_PORT, *p);
}

static void record(u8 kind, const void *data, u32 len)
{
	send(&kind, 1);
	send(&len, sizeof(len));
	send(data, len);
}

static void send_name(const char *name, void *unused)
{
	record('N', name, strlen(name));
}

static void send_data(const void *data, unsigned int len, void *unused)
{
	record('D', data, len);
}

static void *no_memory(unsigned int len, void *unused)
{
	return NULL;
}

void gcov_dump(void)
{
	unsigned long flags = local_irq_save();

	for (const struct gcov_info *const *i = __gcov_info_start; i < __gcov_info_end; i++) {
		__gcov_info_to_gcda(*i, send_name, send_data, no_memory, NULL);
		record('E', NULL, 0);
	}
	local_irq_restore(flags);
}

/* The counts themselves are in the image; the library asks only to join those of earlier runs. */
void __gcov_merge_add(void);
void __gcov_merge_add(void)
{
}

void abort(void)
{
	panic("gcov: the library gave up");
}

void *mmap(void *addr, size_t len, int prot, int flags, int fd, long offset)
{
	return (void *)-1L;
}

#endif
