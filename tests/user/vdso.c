/*
 * tests/user/vdso.c - the kernel's shared library: found, called, looked at, taken away
 *
 * The functions are looked up as libc would: by AT_SYSINFO_EHDR, the dynamic section, the symbol's
 * name and its version. That a call does not enter the kernel is seen by single-stepping it: no
 * instruction on its way is SYSCALL.
 */
#include <sys/auxv.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <time.h>
#include <uapi/elf.h>
#define TEST_OWN_MAIN
#include "mem.h"
#undef TEST_OWN_MAIN

#define VVAR_PAGES	4
#define VDSO_PAGES	2

/* ---- looking up ---- */

static const char *vdso(void)
{
	return (const char *)getauxval(AT_SYSINFO_EHDR);
}

static char *vvar(void)
{
	return (char *)vdso() - VVAR_PAGES * PAGE;
}

static unsigned long dynamic_value(long tag)
{
	const Elf64_Ehdr *eh = (const void *)vdso();
	const Elf64_Phdr *ph = (const void *)(vdso() + eh->e_phoff);
	const Elf64_Dyn *d = NULL;

	for (int i = 0; i < eh->e_phnum; i++)
		if (ph[i].p_type == PT_DYNAMIC)
			d = (const void *)(vdso() + ph[i].p_offset);
	CHECK(d);
	for (; d->d_tag != DT_NULL; d++)
		if (d->d_tag == tag)
			return d->d_val;
	FAIL("no dynamic entry %ld", tag);
}

/* An address: not relocated, because the library's memory cannot be written. */
static const void *dynamic(long tag)
{
	return vdso() + dynamic_value(tag);
}

/* The version's name for index @ndx. */
static const char *version(int ndx)
{
	const Elf64_Verdef *v = dynamic(DT_VERDEF);
	const char *strings = dynamic(DT_STRTAB);

	for (;; v = (const void *)((const char *)v + v->vd_next)) {
		if (!(v->vd_flags & VER_FLG_BASE) && v->vd_ndx == (ndx & 0x7fff))
			return strings + ((const Elf64_Verdaux *)((const char *)v + v->vd_aux))->vda_name;
		if (!v->vd_next)
			FAIL("no version %d", ndx);
	}
}

/* The symbol, through the hash table's chain length; of @bind, defined, of version LINUX_2.6. */
static void *lookup(const char *name, int bind)
{
	const unsigned int *hash = dynamic(DT_HASH);
	const Elf64_Sym *sym = dynamic(DT_SYMTAB);
	const char *strings = dynamic(DT_STRTAB);
	const unsigned short *versym = dynamic(DT_VERSYM);

	for (unsigned int i = 0; i < hash[1]; i++) {
		if (strcmp(strings + sym[i].st_name, name))
			continue;
		CHECK(sym[i].st_shndx);
		EQ(ELF64_ST_TYPE(sym[i].st_info), STT_FUNC);
		EQ(ELF64_ST_BIND(sym[i].st_info), bind);
		STREQ(version(versym[i]), "LINUX_2.6");
		return (void *)(vdso() + sym[i].st_value);
	}
	FAIL("no symbol %s", name);
}

static int (*v_gettime)(int, struct timespec *);
static int (*v_getres)(int, struct timespec *);
static int (*v_gettimeofday)(struct timeval *, struct timezone *);
static long (*v_time)(long *);
static long (*v_getcpu)(unsigned int *, unsigned int *, void *);

static void find_all(void)
{
	v_gettime = lookup("__vdso_clock_gettime", STB_GLOBAL);
	v_getres = lookup("__vdso_clock_getres", STB_GLOBAL);
	v_gettimeofday = lookup("__vdso_gettimeofday", STB_GLOBAL);
	v_time = lookup("__vdso_time", STB_GLOBAL);
	v_getcpu = lookup("__vdso_getcpu", STB_GLOBAL);
}

TEST(the_vdso_is_a_shared_library_with_a_name)
{
	const Elf64_Ehdr *eh = (const void *)vdso();
	const Elf64_Phdr *ph = (const void *)(vdso() + eh->e_phoff);
	int loads = 0;

	CHECK(vdso());
	CHECK(!memcmp(eh->e_ident, "\177ELF", 4));
	EQ(eh->e_type, ET_DYN);
	EQ(eh->e_machine, EM_X86_64);
	for (int i = 0; i < eh->e_phnum; i++) {
		if (ph[i].p_type != PT_LOAD)
			continue;
		loads++;
		EQ(ph[i].p_offset, 0);
		EQ(ph[i].p_vaddr, 0);
		EQ(ph[i].p_flags, PF_R | PF_X);
		CMP(ph[i].p_memsz, <=, VDSO_PAGES * PAGE);
	}
	EQ(loads, 1);
	STREQ((const char *)dynamic(DT_STRTAB) + dynamic_value(DT_SONAME), "linux-vdso.so.1");
}

TEST(functions_have_a_version_and_weak_names_without_prefix)
{
	find_all();
	EQ(lookup("clock_gettime", STB_WEAK), v_gettime);
	EQ(lookup("clock_getres", STB_WEAK), v_getres);
	EQ(lookup("gettimeofday", STB_WEAK), v_gettimeofday);
	EQ(lookup("time", STB_WEAK), v_time);
	EQ(lookup("getcpu", STB_WEAK), v_getcpu);
}

/* ---- values ---- */

static const int timed[] = { CLOCK_REALTIME, CLOCK_MONOTONIC, CLOCK_MONOTONIC_RAW,
			     CLOCK_REALTIME_COARSE, CLOCK_MONOTONIC_COARSE, CLOCK_BOOTTIME, CLOCK_TAI };
static const int counted[] = { CLOCK_PROCESS_CPUTIME_ID, CLOCK_THREAD_CPUTIME_ID };

static long kernel_ns(int clk)
{
	struct timespec t;

	EQ(syscall2(__NR_clock_gettime, clk, (long)&t), 0);
	return t.tv_sec * 1000000000 + t.tv_nsec;
}

static long vdso_ns(int clk)
{
	struct timespec t = { -1, -1 };

	EQ(v_gettime(clk, &t), 0);
	CHECK(t.tv_nsec >= 0 && t.tv_nsec < 1000000000);
	return t.tv_sec * 1000000000 + t.tv_nsec;
}

/* The vDSO's answer lies between two of the kernel's, and the kernel's between two of its. */
static void agree(int clk)
{
	for (int i = 0; i < 300; i++) {
		long a = kernel_ns(clk), b = vdso_ns(clk), c = kernel_ns(clk), d = vdso_ns(clk);

		CMP(a, <=, b);
		CMP(b, <=, c);
		CMP(c, <=, d);
	}
}

TEST(every_clock_agrees_with_the_system_call)
{
	find_all();
	for (size_t i = 0; i < sizeof(timed) / sizeof(timed[0]); i++)
		agree(timed[i]);
	for (size_t i = 0; i < sizeof(counted) / sizeof(counted[0]); i++)
		agree(counted[i]);
}

TEST(the_monotonic_clock_never_goes_back)
{
	long last = 0, now, first;

	find_all();
	first = vdso_ns(CLOCK_MONOTONIC);
	for (int i = 0; i < 200000; i++, last = now) {
		now = vdso_ns(CLOCK_MONOTONIC);
		CMP(now, >=, last);
	}
	CMP(last, >, first);
}

TEST(unknown_clocks_get_the_kernels_error)
{
	struct timespec t;

	find_all();
	EQ(v_gettime(99, &t), -EINVAL);
	EQ(v_gettime(10, &t), -EINVAL);
	EQ(v_gettime(-3, &t), syscall2(__NR_clock_gettime, -3, (long)&t));
	EQ(v_getres(99, &t), -EINVAL);
	EQ(v_gettime(CLOCK_THREAD_CPUTIME_ID, NULL), -EFAULT);
}

TEST(resolutions_are_those_of_the_system_call)
{
	struct timespec a, b;

	find_all();
	for (int clk = 0; clk < 12; clk++) {
		a = b = (struct timespec){ 7, 7 };
		EQ(v_getres(clk, &a), syscall2(__NR_clock_getres, clk, (long)&b));
		EQ(a.tv_sec, b.tv_sec);
		EQ(a.tv_nsec, b.tv_nsec);
	}
	EQ(v_getres(CLOCK_MONOTONIC, NULL), 0);
}

TEST(gettimeofday_and_time_follow_the_real_clock)
{
	struct timezone tz = { 5, 5 };
	struct timeval tv;
	long a, t;

	find_all();
	for (int i = 0; i < 300; i++) {
		a = kernel_ns(CLOCK_REALTIME) / 1000;
		EQ(v_gettimeofday(&tv, &tz), 0);
		CMP(a, <=, tv.tv_sec * 1000000 + tv.tv_usec);
		CMP(tv.tv_sec * 1000000 + tv.tv_usec, <=, kernel_ns(CLOCK_REALTIME) / 1000);
		a = syscall1(__NR_time, 0);
		EQ(v_time(&t), t);
		CMP(a, <=, t);
		CMP(v_time(NULL), <=, kernel_ns(CLOCK_REALTIME) / 1000000000);
	}
	EQ(tz.tz_minuteswest, 0);
	EQ(tz.tz_dsttime, 0);
	EQ(v_gettimeofday(NULL, NULL), 0);
}

TEST(a_clock_that_is_set_is_seen_at_once)
{
	struct timespec was, set;
	long mono;

	find_all();
	mono = vdso_ns(CLOCK_MONOTONIC);
	OK(clock_gettime(CLOCK_REALTIME, &was));
	set = was;
	set.tv_sec += 100000;
	EQ(syscall2(__NR_clock_settime, CLOCK_REALTIME, (long)&set), 0);
	CMP(vdso_ns(CLOCK_REALTIME) / 1000000000 - set.tv_sec, <, 10);
	agree(CLOCK_REALTIME);
	CHECK(v_time(NULL) >= set.tv_sec);
	EQ(syscall2(__NR_clock_settime, CLOCK_REALTIME, (long)&was), 0);
	CMP(vdso_ns(CLOCK_REALTIME) / 1000000000 - was.tv_sec, <, 10);
	CMP(vdso_ns(CLOCK_MONOTONIC) - mono, <, 10000000000);
}

TEST(getcpu_tells_where_we_run)
{
	unsigned int cpu = 9, node = 9, cpu2 = 8, node2 = 8;

	find_all();
	EQ(v_getcpu(&cpu, &node, NULL), 0);
	EQ(syscall3(__NR_getcpu, (long)&cpu2, (long)&node2, 0), 0);
	EQ(cpu, cpu2);
	EQ(node, node2);
	EQ(v_getcpu(NULL, NULL, NULL), 0);
}

/* ---- without the kernel ---- */

static volatile long steps_inside, system_calls;

static void step(int sig, siginfo_t *info, void *context)
{
	const unsigned char *ip = (void *)((struct ucontext *)context)->uc_mcontext.ip;

	if ((const char *)ip < vdso() || (const char *)ip >= vdso() + VDSO_PAGES * PAGE)
		return;
	steps_inside++;
	system_calls += ip[0] == 0x0f && (ip[1] == 0x05 || ip[1] == 0x34);
}

#define SET_TF(op) asm volatile("sub $128, %%rsp; pushfq; " op ", (%%rsp); popfq; add $128, %%rsp" \
				::: "memory", "cc")

/* Step through the call; how many system calls there were inside the vDSO. */
#define SYSTEM_CALLS_OF(call) ({						\
	steps_inside = system_calls = 0;					\
	SET_TF("orq $0x100");							\
	call;									\
	SET_TF("andq $~0x100");							\
	CMP(steps_inside, >, 4);						\
	system_calls; })

TEST(no_call_enters_the_kernel_except_for_clocks_that_only_it_knows)
{
	struct sigaction act = { .sa_sigaction = step, .sa_flags = SA_SIGINFO };
	struct timespec t;
	struct timeval tv;
	unsigned int cpu;

	find_all();
	OK(sigaction(SIGTRAP, &act, NULL));
	for (size_t i = 0; i < sizeof(timed) / sizeof(timed[0]); i++) {
		EQ(SYSTEM_CALLS_OF(v_gettime(timed[i], &t)), 0);
		EQ(SYSTEM_CALLS_OF(v_getres(timed[i], &t)), 0);
	}
	for (size_t i = 0; i < sizeof(counted) / sizeof(counted[0]); i++)
		EQ(SYSTEM_CALLS_OF(v_gettime(counted[i], &t)), 1);
	EQ(SYSTEM_CALLS_OF(v_gettimeofday(&tv, NULL)), 0);
	EQ(SYSTEM_CALLS_OF(v_time(NULL)), 0);
	EQ(SYSTEM_CALLS_OF(v_getcpu(&cpu, NULL, NULL)), 0);
}

/* ---- the areas ---- */

/* The line of maps, from its permissions on. */
static const char *tail(const void *addr)
{
	const char *line = maps_line(addr), *space = strchr(line, ' ');

	return space ? space + 1 : "";
}

TEST(both_areas_are_shown_by_name_side_by_side)
{
	STREQ(areas(vvar(), VVAR_PAGES + VDSO_PAGES), "0+4 r--p, 4+2 r-xp");
	STREQ(tail(vvar()), "r--p 00000000 00:00 0                          [vvar]");
	STREQ(tail(vdso()), "r-xp 00000000 00:00 0                          [vdso]");
	CHECK(!strstr(tail(vvar() - 1), "[vvar]"));
	CHECK(!strstr(tail(vdso() + VDSO_PAGES * PAGE), "[vdso]"));
}

/* A line of smaps for the area named @area: what follows @key. */
static const char *smaps(const char *area, const char *key)
{
	static char line[512];
	FILE *f = fopen("/proc/self/smaps", "r");
	int here = 0;

	CHECK(f);
	while (fgets(line, sizeof(line), f)) {
		line[strcspn(line, "\n")] = '\0';
		if (strstr(line, area))
			here = 1;
		else if (here && !strncmp(line, key, strlen(key))) {
			fclose(f);
			return line + strlen(key);
		}
	}
	FAIL("no %s of %s in smaps", key, area);
}

TEST(smaps_tells_their_flags_and_counts_only_the_code)
{
	find_all();
	vdso_ns(CLOCK_MONOTONIC);
	STREQ(smaps("[vvar]", "VmFlags: "), "rd mr pf io de dd sd ");
	STREQ(smaps("[vdso]", "VmFlags: "), "rd ex mr mw me de sd ");
	STREQ(smaps("[vvar]", "Rss:"), "                   0 kB");
	CMP(strtol(smaps("[vdso]", "Rss:"), NULL, 10), >=, 4);
	EQ(strtol(smaps("[vdso]", "Anonymous:"), NULL, 10), 0);
}

TEST(reading_works_and_everything_else_faults)
{
	char *code = (char *)vdso();

	EQ(FAULTS(peek(code)), 0);
	EQ(FAULTS(peek(vvar())), 0);
	SEGV(poke(code, 0), SEGV_ACCERR, code);
	SEGV(poke(vvar(), 0), SEGV_ACCERR, vvar());
	SEGV(((void (*)(void))vvar())(), SEGV_ACCERR, vvar());
	for (volatile int i = 1; i < VVAR_PAGES; i++)
		SIGBUS_AT(peek(vvar() + i * PAGE), vvar() + i * PAGE);
}

/* ---- shared by all ---- */

/* As another program: tell on standard output which frame of the code we see. */
static int role_frame(void)
{
	unsigned long f;

	peek(vdso());
	f = frame(vdso());
	return write(1, &f, sizeof(f)) != sizeof(f);
}

/* Frames of the data are not told: see tests/kernel/test_vdso.c. */
TEST(every_process_sees_the_same_frame_of_code)
{
	char *argv[] = { "vdso", "-frame", NULL };
	unsigned long mine, others;
	int fds[2];
	pid_t pid;

	peek(vdso());
	peek(vvar());
	mine = frame(vdso());
	CHECK(mine);
	EQ(frame(vvar()), 0);
	OK(pipe2(fds, 0));
	for (int program = 0; program < 2; program++) {
		pid = CHILD({
			dup2(fds[1], 1);
			if (program)
				execve("/proc/self/exe", argv, environ);
			_exit(role_frame());
		});
		EQ(read(fds[0], &others, sizeof(others)), sizeof(others));
		EXITS(pid, 0);
		EQ(others, mine);
	}
}

TEST(a_child_of_fork_can_call_it)
{
	find_all();
	EXITS(CHILD({
		agree(CLOCK_MONOTONIC);
		STREQ(areas(vvar(), VVAR_PAGES + VDSO_PAGES), "0+4 r--p, 4+2 r-xp");
	}), 0);
}

/* In a new program nothing is seen of what another has written to its copy. */
static int role_clean(void)
{
	return *(vdso() + 3) != 'F';
}

/* ---- changing and taking away ---- */

TEST(no_part_can_be_unmapped)
{
	char *code = (char *)vdso();

	ERR(munmap(code, PAGE), EINVAL);
	ERR(munmap(code + PAGE, PAGE), EINVAL);
	ERR(munmap(vvar(), PAGE), EINVAL);
	ERR(munmap(vvar() + PAGE, 2 * PAGE), EINVAL);
	ERR(munmap(vvar() + PAGE, 4 * PAGE), EINVAL);
	CHECK(mmap(code, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == MAP_FAILED);
	EQ(errno, ENOMEM);
	STREQ(areas(vvar(), VVAR_PAGES + VDSO_PAGES), "0+4 r--p, 4+2 r-xp");
}

TEST(the_whole_can_be_unmapped)
{
	char *code = (char *)vdso();

	OK(munmap(code, VDSO_PAGES * PAGE));
	STREQ(areas(vvar(), VVAR_PAGES + VDSO_PAGES), "0+4 r--p");
	OK(munmap(vvar(), VVAR_PAGES * PAGE));
	STREQ(areas(vvar(), VVAR_PAGES + VDSO_PAGES), "");
	SEGV(peek(code), SEGV_MAPERR, code);
	EXITS(CHILD(_exit(FAULTS(peek(code)) == SIGSEGV ? 0 : 1)), 0);
}

TEST(protection_changes_for_the_whole_within_limits)
{
	char *code = (char *)vdso();

	find_all();
	ERR(mprotect(code, PAGE, PROT_READ), EINVAL);
	ERR(mprotect(vvar(), PAGE, PROT_NONE), EINVAL);
	ERR(mprotect(vvar(), VVAR_PAGES * PAGE, PROT_READ | PROT_WRITE), EACCES);
	ERR(mprotect(vvar(), VVAR_PAGES * PAGE, PROT_EXEC), EACCES);
	OK(mprotect(vvar(), VVAR_PAGES * PAGE, PROT_NONE));
	SEGV(v_gettime(CLOCK_MONOTONIC, &(struct timespec){ 0, 0 }), SEGV_ACCERR, fault_addr);
	CHECK((char *)fault_addr >= vvar() && (char *)fault_addr < vvar() + PAGE);
	OK(mprotect(vvar(), VVAR_PAGES * PAGE, PROT_READ));
	agree(CLOCK_MONOTONIC);
	OK(mprotect(code, VDSO_PAGES * PAGE, PROT_READ | PROT_WRITE | PROT_EXEC));
	poke(code + 3, 'G');
	EQ(peek(code + 3), 'G');
	STREQ(smaps("[vdso]", "VmFlags: "), "rd wr ex mr mw me de ac sd ");
	EXITS(CHILD(execve("/proc/self/exe", (char *[]){ "vdso", "-clean", NULL }, environ)), 0);
	OK(mprotect(code, VDSO_PAGES * PAGE, PROT_READ | PROT_EXEC));
	agree(CLOCK_MONOTONIC);
}

TEST(both_can_be_moved_together)
{
	char *to = lonely(VVAR_PAGES + VDSO_PAGES), *code = to + VVAR_PAGES * PAGE;
	struct timespec t;
	long offset;

	find_all();
	offset = (char *)v_gettime - vdso();
	peek(vvar());
	EQ(mremap(vvar(), VVAR_PAGES * PAGE, VVAR_PAGES * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, to), to);
	EQ(mremap((void *)vdso(), VDSO_PAGES * PAGE, VDSO_PAGES * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED,
		  code), code);
	STREQ(areas(vvar(), VVAR_PAGES + VDSO_PAGES), "");
	STREQ(areas(to, VVAR_PAGES + VDSO_PAGES), "0+4 r--p, 4+2 r-xp");
	STREQ(tail(to), "r--p 00000000 00:00 0                          [vvar]");
	STREQ(tail(code), "r-xp 00000000 00:00 0                          [vdso]");
	EQ(((int (*)(int, struct timespec *))(code + offset))(CLOCK_MONOTONIC, &t), 0);
	CMP(t.tv_sec * 1000000000 + t.tv_nsec, <=, kernel_ns(CLOCK_MONOTONIC));
}

TEST(length_stays_as_it_is)
{
	char *code = (char *)vdso();

	ERR(mremap(code, VDSO_PAGES * PAGE, (VDSO_PAGES + 1) * PAGE, MREMAP_MAYMOVE), EFAULT);
	ERR(mremap(code, VDSO_PAGES * PAGE, PAGE, 0), EINVAL);
	ERR(mremap(code, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, lonely(1)), EINVAL);
	ERR(mremap(code, VDSO_PAGES * PAGE, VDSO_PAGES * PAGE, MREMAP_MAYMOVE | MREMAP_DONTUNMAP, 0),
	    EINVAL);
	ERR(mremap(code, 0, PAGE, MREMAP_MAYMOVE), EINVAL);
	STREQ(areas(vvar(), VVAR_PAGES + VDSO_PAGES), "0+4 r--p, 4+2 r-xp");
}

TEST(advice_about_them)
{
	char *code = (char *)vdso();
	unsigned char vec[VVAR_PAGES];

	ERR(madvise(vvar(), VVAR_PAGES * PAGE, MADV_DONTNEED), EINVAL);
	OK(madvise(code, VDSO_PAGES * PAGE, MADV_DONTNEED));
	CHECK(!memcmp(code, "\177ELF", 4));
	ERR(madvise(code, PAGE, MADV_DONTDUMP), EINVAL);
	ERR(madvise(vvar(), VVAR_PAGES * PAGE, MADV_DODUMP), EINVAL);
	OK(mincore(code, VDSO_PAGES * PAGE, vec));
	OK(mincore(vvar(), VVAR_PAGES * PAGE, vec));
	OK(mlock(code, VDSO_PAGES * PAGE));
	EQ(status_value("VmLck"), 0);
	OK(msync(code, VDSO_PAGES * PAGE, MS_SYNC));
}

/* ---- the auxiliary vector ---- */

TEST(auxiliary_vector_has_linuxs_entries_in_its_order)
{
	static const unsigned long order[] = {
		AT_SYSINFO_EHDR, AT_MINSIGSTKSZ, AT_HWCAP, AT_PAGESZ, AT_CLKTCK, AT_PHDR, AT_PHENT,
		AT_PHNUM, AT_BASE, AT_FLAGS, AT_ENTRY, AT_UID, AT_EUID, AT_GID, AT_EGID, AT_SECURE,
		AT_RANDOM, AT_HWCAP2, AT_EXECFN, AT_PLATFORM, AT_NULL,
	};
	unsigned long aux[64][2];
	int fd = OK(open("/proc/self/auxv", O_RDONLY));

	EQ(OK(read(fd, aux, sizeof(aux))), sizeof(order) * 2);
	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
		EQ(aux[i][0], order[i]);
		if (order[i])
			EQ(aux[i][1], getauxval(order[i]));
	}
	EQ(aux[0][1], vdso());
}

int main(int argc, char **argv)
{
	failure_pipe[1] = 2;
	if (argc > 1 && !strcmp(argv[1], "-frame"))
		return role_frame();
	if (argc > 1 && !strcmp(argv[1], "-clean"))
		return role_clean();
	return test_main(argv);
}
