/*
 * arch/x86_64/vdso/vgettime.c - asking for the time without entering the kernel
 *
 * Purpose:    the kernel maps this code, as a small shared library, into every process; libc
 *             finds it by AT_SYSINFO_EHDR and calls it instead of the system calls of these names.
 * Invariants: position independent, without writable data and without relocations, because all
 *             processes share its pages; the vvar area lies right below the ELF header.
 *             A reading never mixes two states of the data, and equals what the system call
 *             would have answered at that moment.
 *             A clock that is not known here, or not kept by the TSC, is asked of the kernel.
 * Simplified: coarse clocks are as fine as the others, as in the system calls.
 * Sources:    vdso(7); Intel SDM vol. 2B, "RDTSC" (on LFENCE before it); "LSL".
 */
#include <asm/vvar.h>
#include <uapi/time.h>

#define NSEC_PER_SEC	1000000000UL
#define TICK_NSEC	4000000UL	/* as the kernel's: what coarse clocks promise */
#define NR_CLOCK_GETRES		229
#define NR_CLOCK_GETTIME	228

#define CPUNODE_SEL	0x7b		/* its limit is the number of the CPU: gdt.c */
#define CPUNODE_CPU_MASK 0xfff
#define CPUNODE_NODE_SHIFT 12

/* The linker's name for the first byte of the library. */
extern const char __ehdr_start[] __attribute__((visibility("hidden")));

/* What a tool or libc reads from a note named Linux: the version that the system calls are those of. */
static const struct {
	uint32_t namesz, descsz, type;
	char name[8];
	uint32_t version;
} version_note __attribute__((section(".note.Linux"), used, aligned(4))) = {
	sizeof("Linux"), sizeof(uint32_t), 0, "Linux", 6 << 16 | 1 << 8,
};

static inline const struct vdso_data *vvar(void)
{
	const char *start = __ehdr_start;

	asm("" : "+r"(start));		/* the compiler must not reckon with the bounds of an array */
	return (const struct vdso_data *)(start - VVAR_PAGES * 4096L);
}

static inline long syscall2(long nr, long a, void *b)
{
	long ret;

	asm volatile("syscall" : "=a"(ret) : "0"(nr), "D"(a), "S"(b) : "rcx", "r11", "memory");
	return ret;
}

/* Not before everything that comes before it in the program. */
static inline uint64_t rdtsc_ordered(void)
{
	uint32_t lo, hi;

	asm volatile("lfence\n\trdtsc" : "=a"(lo), "=d"(hi) :: "memory");
	return (uint64_t)hi << 32 | lo;
}

/* Wait while the kernel writes; the count to compare with afterwards. */
static inline uint32_t read_begin(const struct vdso_data *d)
{
	uint32_t seq;

	while ((seq = __atomic_load_n(&d->seq, __ATOMIC_ACQUIRE)) & 1)
		asm volatile("pause");
	return seq;
}

static inline int read_retry(const struct vdso_data *d, uint32_t seq)
{
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	return __atomic_load_n(&d->seq, __ATOMIC_RELAXED) != seq;
}

/* ns since boot, or since 1970 if @real.  0 if the clock cannot be read here. */
static inline int read_ns(int real, uint64_t *ns)
{
	const struct vdso_data *d = vvar();
	uint32_t seq;

	do {
		int64_t counts;

		seq = read_begin(d);
		if (d->clock_mode != VDSO_CLOCKMODE_TSC)
			return 0;
		counts = rdtsc_ordered() - d->tsc_base;
		if (counts < 0)		/* another CPU's counter, a little behind */
			counts = 0;
		*ns = ((unsigned __int128)counts * d->tsc_mult >> 32) + (real ? d->real_offset : 0);
	} while (read_retry(d, seq));
	return 1;
}

/* Which clocks are read here: 0 none of them, else bits. */
enum { MONO = 1, REAL = 2, COARSE = 4 };

static inline int clock_kind(int clk)
{
	switch (clk) {
	case CLOCK_MONOTONIC:
	case CLOCK_MONOTONIC_RAW:
	case CLOCK_BOOTTIME:
		return MONO;
	case CLOCK_MONOTONIC_COARSE:
		return MONO | COARSE;
	case CLOCK_REALTIME:
	case CLOCK_TAI:
		return REAL;
	case CLOCK_REALTIME_COARSE:
		return REAL | COARSE;
	default:
		return 0;
	}
}

int __vdso_clock_gettime(int clk, struct timespec *ts)
{
	int kind = clock_kind(clk);
	uint64_t ns;

	if (!kind || !read_ns(kind & REAL, &ns))
		return syscall2(NR_CLOCK_GETTIME, clk, ts);
	ts->tv_sec = ns / NSEC_PER_SEC;
	ts->tv_nsec = ns % NSEC_PER_SEC;
	return 0;
}

int __vdso_clock_getres(int clk, struct timespec *res)
{
	int kind = clock_kind(clk);

	if (!kind)
		return syscall2(NR_CLOCK_GETRES, clk, res);
	if (res) {
		res->tv_sec = 0;
		res->tv_nsec = kind & COARSE ? TICK_NSEC : 1;
	}
	return 0;
}

/* The kernel knows no time zone but UTC. */
int __vdso_gettimeofday(struct timeval *tv, struct timezone *tz)
{
	struct timespec ts;
	int err;

	if (tv) {
		err = __vdso_clock_gettime(CLOCK_REALTIME, &ts);
		if (err)
			return err;
		tv->tv_sec = ts.tv_sec;
		tv->tv_usec = ts.tv_nsec / 1000;
	}
	if (tz)
		*tz = (struct timezone){ 0, 0 };
	return 0;
}

long __vdso_time(long *t)
{
	struct timespec ts;

	__vdso_clock_gettime(CLOCK_REALTIME, &ts);
	if (t)
		*t = ts.tv_sec;
	return ts.tv_sec;
}

/* A segment that nobody uses tells the CPU: reading a limit needs no privilege. */
long __vdso_getcpu(unsigned int *cpu, unsigned int *node, void *unused)
{
	unsigned int limit;

	asm volatile("lsl %1, %0" : "=r"(limit) : "r"(CPUNODE_SEL) : "cc");
	if (cpu)
		*cpu = limit & CPUNODE_CPU_MASK;
	if (node)
		*node = limit >> CPUNODE_NODE_SHIFT;
	return 0;
}

/* The names without prefix are for programs linked with the library itself. */
#define WEAK_ALIAS(name) extern __typeof__(__vdso_##name) name __attribute__((weak, alias("__vdso_" #name)))
WEAK_ALIAS(clock_gettime);
WEAK_ALIAS(clock_getres);
WEAK_ALIAS(gettimeofday);
WEAK_ALIAS(time);
WEAK_ALIAS(getcpu);
