/*
 * tests/user/coredump.c - core files: who leaves one, and what is in it
 *
 * A child dies in a prepared way; the case takes its core file apart and compares every
 * segment and note with what it knows of the child.
 *
 * `coredump crash` is the program that a debugger looks at (tools/test.py, group core).
 */
#define TEST_OWN_MAIN
#include <sched.h>
#include <sys/auxv.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <thread.h>
#include <uapi/core.h>
#include <uapi/elf.h>
#include "mem.h"

#define UNLIMITED	(~0UL)
#define DUMPED(status)	((status) & 0x80)

/* ---- dying -------------------------------------------------------------------------- */

static void limit(int what, unsigned long value)
{
	struct rlimit r = { value, UNLIMITED };

	OK(setrlimit(what, &r));
}

static pid_t crashed;			/* who died last */

/* A child may dump core without limit, does this and dies by SIGABRT; its wait status. */
#define CRASH(...) ({								\
	int status_ = 0;							\
	unlink("core");								\
	crashed = CHILD(limit(RLIMIT_CORE, UNLIMITED); __VA_ARGS__; abort());	\
	OK(waitpid(crashed, &status_, 0));					\
	status_; })

/* The same; it must have left a core file. */
#define DUMPS(...) do {								\
	int dumps_ = CRASH(__VA_ARGS__);					\
	EQ(dumps_, 0x80 | SIGABRT);						\
	read_core("core");							\
} while (0)

/* Become this program again, with these arguments. */
#define RUN_SELF(...) do {							\
	execv("/proc/self/exe", (char *[]){ __VA_ARGS__, NULL });		\
	_exit(200);								\
} while (0)

/* Write to an address that the compiler cannot know to be bad. */
__attribute__((noinline)) static void crash_at(unsigned long address)
{
	asm volatile("" : "+r"(address));
	*(volatile int *)address = 1;
}

static void write_text(const char *path, const char *text)
{
	int fd = OK(open(path, O_WRONLY | O_CREAT, 0644));

	EQ(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

static const char *read_text(const char *path)
{
	static char text[512];
	int fd = OK(open(path, O_RDONLY));
	ssize_t n = OK(read(fd, text, sizeof(text) - 1));

	text[n] = '\0';
	close(fd);
	return text;
}

static int exists(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0;
}

/* ---- taking a core file apart ----------------------------------------------------------- */

static struct {
	const char	*data;
	struct stat	st;
	Elf64_Ehdr	*header;
	Elf64_Phdr	*segments;
	int		count;
} core;

/* Map it and check what every core file must fulfil. */
static void read_core(const char *path)
{
	int fd = OK(open(path, O_RDONLY));
	unsigned long offset;

	OK(fstat(fd, &core.st));
	core.data = (char *)OK(mmap(NULL, core.st.st_size, PROT_READ, MAP_PRIVATE, fd, 0));
	close(fd);
	core.header = (Elf64_Ehdr *)core.data;
	core.segments = (Elf64_Phdr *)(core.data + core.header->e_phoff);
	core.count = core.header->e_phnum;
	CHECK(!memcmp(core.header->e_ident, "\177ELF\2\1\1", 7));
	EQ(core.header->e_type, ET_CORE);
	EQ(core.header->e_machine, EM_X86_64);
	EQ(core.header->e_phentsize, sizeof(Elf64_Phdr));
	EQ(core.header->e_phoff, sizeof(Elf64_Ehdr));
	EQ(core.segments[0].p_type, PT_NOTE);
	EQ(core.segments[0].p_offset, 64 + core.count * sizeof(Elf64_Phdr));
	offset = core.segments[0].p_offset + core.segments[0].p_filesz;
	offset = (offset + PAGE - 1) & -PAGE;
	for (int i = 1; i < core.count; i++) {
		EQ(core.segments[i].p_type, PT_LOAD);
		EQ(core.segments[i].p_align, PAGE);
		EQ(core.segments[i].p_offset, offset);
		CMP(core.segments[i].p_filesz, <=, core.segments[i].p_memsz);
		if (i > 1)
			CMP(core.segments[i].p_vaddr, >=,
			    core.segments[i - 1].p_vaddr + core.segments[i - 1].p_memsz);
		offset += core.segments[i].p_filesz;
	}
	EQ(core.st.st_size, offset);
}

/* The segment that holds an address. */
static Elf64_Phdr *segment(const volatile void *addr)
{
	unsigned long a = (unsigned long)addr;

	for (int i = 1; i < core.count; i++) {
		Elf64_Phdr *p = &core.segments[i];

		if (a >= p->p_vaddr && a < p->p_vaddr + p->p_memsz)
			return p;
	}
	FAIL("no segment holds %p", addr);
}

/* Bytes in the file of the area that begins at an address. */
static long dumped(const volatile void *addr)
{
	EQ(segment(addr)->p_vaddr, addr);
	return segment(addr)->p_filesz;
}

/* Memory of the dead: where its byte at an address is in the file. */
static const char *memory(const volatile void *addr)
{
	Elf64_Phdr *p = segment(addr);
	unsigned long at = (unsigned long)addr - p->p_vaddr;

	CMP(at, <, p->p_filesz);
	return core.data + p->p_offset + at;
}

/* Contents of the nth note of a type, its size in *size; NULL: there is none. */
static const void *note(unsigned int type, int nth, unsigned long *size)
{
	const char *p = core.data + core.segments[0].p_offset;
	const char *end = p + core.segments[0].p_filesz;

	while (p < end) {
		const Elf64_Nhdr *h = (const Elf64_Nhdr *)p;
		const char *desc = p + sizeof(*h) + ((h->n_namesz + 3) & -4UL);

		if (h->n_type == type && nth-- == 0) {
			STREQ(p + sizeof(*h), type == NT_X86_XSTATE ? "LINUX" : "CORE");
			if (size)
				*size = h->n_descsz;
			return desc;
		}
		p = desc + ((h->n_descsz + 3) & -4UL);
	}
	EQ(p, end);
	return NULL;
}

/* ---- which signals ------------------------------------------------------------------------ */

TEST(ten_signals_dump_core_and_no_others)
{
	const unsigned long dump = 1UL << SIGQUIT | 1UL << SIGILL | 1UL << SIGTRAP | 1UL << SIGABRT |
		1UL << SIGBUS | 1UL << SIGFPE | 1UL << SIGSEGV | 1UL << SIGSYS | 1UL << SIGXCPU |
		1UL << SIGXFSZ;
	const unsigned long harmless = 1UL << SIGCHLD | 1UL << SIGURG | 1UL << SIGWINCH |
		1UL << SIGCONT | 1UL << SIGSTOP | 1UL << SIGTSTP | 1UL << SIGTTIN | 1UL << SIGTTOU;

	for (int sig = 1; sig <= SIGRTMAX; sig++) {
		int status;

		if (sig < 32 && (harmless & 1UL << sig))
			continue;
		status = CRASH(signal(sig, SIG_DFL); kill(getpid(), sig));
		EQ(WTERMSIG(status), sig);
		EQ(!!DUMPED(status), sig < 32 && (dump & 1UL << sig));
		EQ(exists("core"), !!DUMPED(status));
	}
}

TEST(waitid_says_dumped)
{
	siginfo_t info;

	unlink("core");
	crashed = CHILD(limit(RLIMIT_CORE, UNLIMITED); abort());
	OK(waitid(P_PID, crashed, &info, WEXITED));
	EQ(info.si_code, CLD_DUMPED);
	EQ(info.si_status, SIGABRT);
}

/* ---- the segments ------------------------------------------------------------------------- */

/* Shared with the child, so that what it writes can be read after its death. */
static char *shared_pages(unsigned long pages)
{
	return (char *)OK(mmap(NULL, pages * PAGE, PROT_READ | PROT_WRITE,
			       MAP_SHARED | MAP_ANONYMOUS, -1, 0));
}

static void copy_file(const char *path, char *to, unsigned long size)
{
	int fd = OK(open(path, O_RDONLY));
	ssize_t n, done = 0;

	while ((n = OK(read(fd, to + done, size - done - 1))) > 0)
		done += n;
	to[done] = '\0';
	close(fd);
}

TEST(every_area_is_a_segment)
{
	char *maps = shared_pages(4), *line = maps;
	int n = 1;

	map_at(lonely(4), 4, PROT_NONE, MAP_FIXED);
	map_at(lonely(2), 2, PROT_READ | PROT_EXEC, MAP_FIXED);
	DUMPS(copy_file("/proc/self/maps", maps, 4 * PAGE));
	for (; *line; line += strcspn(line, "\n") + 1, n++) {
		Elf64_Phdr *p = &core.segments[n];
		unsigned long start, end;
		char perms[8];

		EQ(sscanf(line, "%lx-%lx %4s", &start, &end, perms), 3);
		CMP(n, <, core.count);
		EQ(p->p_vaddr, start);
		EQ(p->p_memsz, end - start);
		EQ(p->p_flags, (perms[0] == 'r' ? PF_R : 0) | (perms[1] == 'w' ? PF_W : 0) |
		   (perms[2] == 'x' ? PF_X : 0));
	}
	EQ(n, core.count);
}

static int data_mark = 17, bss_mark;

TEST(contents_are_those_of_the_moment_of_death)
{
	volatile int local = 0;
	char *p = map_pages(8);

	DUMPS(
		for (int i = 0; i < 8; i += 2)
			memset(p + i * PAGE, 'a' + i, PAGE);
		data_mark = 18;
		bss_mark = 19;
		local = 20
	);
	for (int i = 0; i < 8; i++)
		for (unsigned long k = 0; k < PAGE; k++)
			EQ(memory(p)[i * PAGE + k], i % 2 ? 0 : 'a' + i);
	EQ(*(int *)memory(&data_mark), 18);
	EQ(*(int *)memory(&bss_mark), 19);
	EQ(*(int *)memory(&local), 20);
	EQ(data_mark, 17);
}

TEST(pages_never_written_are_holes)
{
	unsigned long pages = 16384, sum = 0;
	char *p = map_pages(pages);

	DUMPS(
		p[5 * PAGE] = 1;
		p[9000 * PAGE] = 2;
		for (unsigned long i = 0; i < pages; i += 64)
			sum += p[i * PAGE];	/* the zero page is not worth a block either */
		p[sum] = 3
	);
	CMP(core.st.st_size, >, pages * PAGE);
	CMP(core.st.st_blocks, <, 2000);
	EQ(memory(p + 5 * PAGE)[0], 1);
	EQ(memory(p + 9000 * PAGE)[0], 2);
	EQ(memory(p + 9001 * PAGE)[0], 0);
}

TEST(an_area_without_access_is_dumped_all_the_same)
{
	char *p = map_at(lonely(2), 2, PROT_READ | PROT_WRITE, MAP_FIXED);

	DUMPS(memset(p, 'x', 2 * PAGE); mprotect(p, 2 * PAGE, PROT_NONE));
	EQ(dumped(p), 2 * PAGE);
	EQ(memory(p)[PAGE + 77], 'x');
	EQ(segment(p)->p_flags, 0);
}

/* ---- which areas ----------------------------------------------------------------------------- */

static char *anon_written, *anon_untouched, *anon_shared, *file_untouched, *file_written,
	*file_shared, *program_file, *elf_file;

static int test_file(const char *path, const char *start, int mode)
{
	int fd;

	unlink(path);
	fd = OK(open(path, O_RDWR | O_CREAT, mode));
	EQ(pwrite(fd, start, strlen(start), 0), strlen(start));
	OK(ftruncate(fd, 2 * PAGE));
	OK(fchmod(fd, mode));
	return fd;
}

static char *map_file(int fd, int prot, int flags)
{
	return (char *)OK(mmap(lonely(2), 2 * PAGE, prot, flags | MAP_FIXED, fd, 0));
}

/* Two pages of each kind, far from each other. */
static void one_of_each_kind(void)
{
	int rw = PROT_READ | PROT_WRITE;
	int fd = test_file("/tmp/data", "data", 0644);
	int program = test_file("/tmp/program", "#!", 0755);
	int elf = test_file("/tmp/elf", "\177ELF", 0644);

	anon_written = map_at(lonely(2), 2, rw, MAP_FIXED);
	memset(anon_written, 'A', 2 * PAGE);
	anon_untouched = map_at(lonely(2), 2, rw, MAP_FIXED);
	anon_shared = (char *)OK(mmap(lonely(2), 2 * PAGE, rw, MAP_FIXED | MAP_SHARED | MAP_ANONYMOUS,
				      -1, 0));
	memset(anon_shared, 'S', 2 * PAGE);
	file_untouched = map_file(fd, rw, MAP_PRIVATE);
	peek(file_untouched);
	file_written = map_file(fd, rw, MAP_PRIVATE);
	file_written[PAGE] = 'w';
	file_shared = map_file(fd, rw, MAP_SHARED);
	file_shared[PAGE + 1] = 's';
	program_file = map_file(program, PROT_READ, MAP_PRIVATE);
	elf_file = map_file(elf, PROT_READ, MAP_PRIVATE);
}

static void set_filter(const char *value)
{
	write_text("/proc/self/coredump_filter", value);
}

/* Pages of each kind in the core file, with this filter. */
static const char *pages_dumped(const char *value)
{
	static char text[100];

	DUMPS(set_filter(value));
	snprintf(text, sizeof(text), "anon %ld %ld shared %ld file %ld %ld shared %ld x %ld elf %ld",
		 dumped(anon_written) / PAGE, dumped(anon_untouched) / PAGE,
		 dumped(anon_shared) / PAGE, dumped(file_untouched) / PAGE,
		 dumped(file_written) / PAGE, dumped(file_shared) / PAGE,
		 dumped(program_file) / PAGE, dumped(elf_file) / PAGE);
	return text;
}

TEST(the_filter_chooses_by_kind)
{
	one_of_each_kind();
	STREQ(pages_dumped("0x33"), "anon 2 0 shared 2 file 0 2 shared 0 x 1 elf 1");
	STREQ(pages_dumped("0"), "anon 0 0 shared 0 file 0 0 shared 0 x 0 elf 0");
	STREQ(pages_dumped("1"), "anon 2 0 shared 0 file 0 2 shared 0 x 0 elf 0");
	STREQ(pages_dumped("2"), "anon 0 0 shared 2 file 0 0 shared 0 x 0 elf 0");
	STREQ(pages_dumped("4"), "anon 0 0 shared 0 file 2 2 shared 0 x 2 elf 2");
	STREQ(pages_dumped("8"), "anon 0 0 shared 0 file 0 0 shared 2 x 0 elf 0");
	STREQ(pages_dumped("16"), "anon 0 0 shared 0 file 0 0 shared 0 x 1 elf 1");
	STREQ(pages_dumped("0x1ff"), "anon 2 0 shared 2 file 2 2 shared 2 x 2 elf 2");
}

TEST(files_are_dumped_with_their_contents)
{
	one_of_each_kind();
	DUMPS(set_filter("0x3f"));
	EQ(memory(anon_written)[PAGE], 'A');
	EQ(memory(anon_shared)[PAGE], 'S');
	CHECK(!memcmp(memory(file_untouched), "data", 5));
	CHECK(!memcmp(memory(file_written), "data", 5));
	EQ(memory(file_written)[PAGE], 'w');
	EQ(memory(file_untouched)[PAGE + 1], 's');
	EQ(memory(file_shared)[PAGE + 1], 's');
}

TEST(pages_beyond_the_end_of_a_file_are_holes)
{
	int fd = test_file("/tmp/short", "short", 0644);
	char *p = map_file(fd, PROT_READ, MAP_PRIVATE);

	DUMPS(set_filter("4"); ftruncate(fd, 100));
	EQ(dumped(p), 2 * PAGE);
	EQ(memory(p)[0], 's');
	EQ(memory(p)[PAGE], 0);
}

TEST(vdso_is_always_dumped)
{
	unsigned long vdso = getauxval(AT_SYSINFO_EHDR);

	DUMPS(set_filter("0"));
	if (vdso) {
		EQ(dumped((void *)vdso), segment((void *)vdso)->p_memsz);
		CHECK(!memcmp(memory((void *)vdso), "\177ELF", 4));
	}
}

TEST(dontdump_keeps_an_area_out)
{
	char *p = map_at(lonely(6), 6, PROT_READ | PROT_WRITE, MAP_FIXED);

	memset(p, 'd', 6 * PAGE);
	OK(madvise(p + 2 * PAGE, 2 * PAGE, MADV_DONTDUMP));
	DUMPS();
	EQ(dumped(p), 2 * PAGE);
	EQ(dumped(p + 2 * PAGE), 0);
	EQ(segment(p + 2 * PAGE)->p_memsz, 2 * PAGE);
	EQ(dumped(p + 4 * PAGE), 2 * PAGE);
	OK(madvise(p + 2 * PAGE, 2 * PAGE, MADV_DODUMP));
	DUMPS();
	EQ(dumped(p), 6 * PAGE);
	EQ(memory(p)[3 * PAGE], 'd');
	/* Also what is shared, or a file. */
	one_of_each_kind();
	OK(madvise(anon_shared, 2 * PAGE, MADV_DONTDUMP));
	OK(madvise(file_shared, 2 * PAGE, MADV_DONTDUMP));
	STREQ(pages_dumped("0x3f"), "anon 2 0 shared 0 file 2 2 shared 0 x 2 elf 2");
}

TEST(wiped_on_fork_is_not_there)
{
	char *p = map_at(lonely(2), 2, PROT_READ | PROT_WRITE, MAP_FIXED);

	memset(p, 'w', 2 * PAGE);
	OK(madvise(p, 2 * PAGE, MADV_WIPEONFORK));
	DUMPS();
	EQ(dumped(p), 0);
	DUMPS(p[1] = 'n');
	EQ(dumped(p), 2 * PAGE);
	EQ(memory(p)[0], 0);
	EQ(memory(p)[1], 'n');
}

/* ---- the filter file ---------------------------------------------------------------------------- */

static int write_filter(const char *value)
{
	int fd = OK(open("/proc/self/coredump_filter", O_WRONLY));
	int n = write(fd, value, strlen(value)), error = errno;

	close(fd);
	errno = error;
	return n;
}

TEST(coredump_filter_reads_and_takes_numbers)
{
	const char *path = "/proc/self/coredump_filter";

	STREQ(read_text(path), "00000033\n");
	EQ(write_filter("0x3f\n"), 5);
	STREQ(read_text(path), "0000003f\n");
	EQ(write_filter("010"), 3);
	STREQ(read_text(path), "00000008\n");
	EQ(write_filter("+7"), 2);
	STREQ(read_text(path), "00000007\n");
	/* bits beyond the nine are nothing */
	EQ(write_filter("0xfffffe01"), 10);
	STREQ(read_text(path), "00000001\n");
	ERR(write_filter("0x100000000"), ERANGE);
	ERR(write_filter("-1"), EINVAL);
	ERR(write_filter("0x"), EINVAL);
	ERR(write_filter("09"), EINVAL);
	ERR(write_filter("1 2"), EINVAL);
	ERR(write_filter(" 1"), EINVAL);
	ERR(write_filter("1\n\n"), EINVAL);
	ERR(write_filter("x"), EINVAL);
	STREQ(read_text(path), "00000001\n");
}

TEST(coredump_filter_lives_through_fork_and_exec)
{
	set_filter("0x11");
	EXITS(CHILD(
		STREQ(read_text("/proc/self/coredump_filter"), "00000011\n");
		RUN_SELF("coredump", "filter")
	), 0x11);
	EXITS(CHILD(set_filter("0")), 0);
	STREQ(read_text("/proc/self/coredump_filter"), "00000011\n");
}

/* ---- the notes -------------------------------------------------------------------------------------- */

TEST(prstatus_tells_signal_ids_and_registers)
{
	const struct elf_prstatus *s;
	unsigned long size;

	EQ(CRASH(asm volatile(
		"lea 1f(%%rip), %%rbx; mov $0x1213141516171819, %%r12; mov $-2, %%r13\n"
		"1: ud2" ::: "rbx", "r12", "r13")), 0x80 | SIGILL);
	read_core("core");
	s = note(NT_PRSTATUS, 0, &size);
	CHECK(s && !note(NT_PRSTATUS, 1, NULL));
	EQ(size, sizeof(*s));
	EQ(s->pr_info.si_signo, SIGILL);
	EQ(s->pr_cursig, SIGILL);
	EQ(s->pr_pid, crashed);
	EQ(s->pr_ppid, getpid());
	EQ(s->pr_pgrp, getpgrp());
	EQ(s->pr_sid, getsid(0));
	EQ(s->pr_fpvalid, 1);
	EQ(s->pr_reg.ip, s->pr_reg.bx);
	EQ(s->pr_reg.r12, 0x1213141516171819);
	EQ(s->pr_reg.r13, -2);
	EQ(s->pr_reg.cs, 0x33);
	EQ(s->pr_reg.ss, 0x2b);
	EQ(s->pr_reg.orig_ax, -1);
	/* the stack pointer leads to the frame, which is in the file */
	CMP(segment((void *)s->pr_reg.sp)->p_filesz, >, 0);
}

TEST(prstatus_tells_blocked_and_pending)
{
	const struct elf_prstatus *s;

	DUMPS(
		sigset_t set = 1UL << (SIGUSR1 - 1) | 1UL << (SIGTERM - 1);

		sigprocmask(SIG_BLOCK, &set, NULL);
		syscall(__NR_tgkill, getpid(), getpid(), SIGUSR1)
	);
	s = note(NT_PRSTATUS, 0, NULL);
	EQ(s->pr_sigpend & 1UL << (SIGUSR1 - 1), 1UL << (SIGUSR1 - 1));
	EQ(s->pr_sighold & (1UL << (SIGTERM - 1)), 1UL << (SIGTERM - 1));
}

TEST(prpsinfo_names_the_program)
{
	const struct elf_prpsinfo *p;
	unsigned long size;

	EQ(CRASH(RUN_SELF("a program", "crash", "", "arguments")), 0x80 | SIGSEGV);
	read_core("core");
	p = note(NT_PRPSINFO, 0, &size);
	EQ(size, sizeof(*p));
	STREQ(p->pr_psargs, "a program crash  arguments ");
	STREQ(p->pr_fname, "exe");
	EQ(p->pr_sname, 'R');
	EQ(p->pr_uid, 0);
	EQ(p->pr_pgrp, getpgrp());
}

TEST(siginfo_tells_code_and_address)
{
	const siginfo_t *info;
	unsigned long size;

	EQ(CRASH(crash_at(0x1230)), 0x80 | SIGSEGV);
	read_core("core");
	info = note(NT_SIGINFO, 0, &size);
	EQ(size, sizeof(*info));
	EQ(info->si_signo, SIGSEGV);
	EQ(info->si_code, SEGV_MAPERR);
	EQ(info->si_addr, 0x1230);
	/* sent by somebody: who */
	EQ(CRASH(kill(getpid(), SIGQUIT)), 0x80 | SIGQUIT);
	read_core("core");
	info = note(NT_SIGINFO, 0, NULL);
	EQ(info->si_code, SI_USER);
	EQ(info->si_pid, crashed);
}

TEST(auxv_is_that_of_proc)
{
	char auxv[1024];
	unsigned long size;
	const void *in_core;
	int fd = OK(open("/proc/self/auxv", O_RDONLY));
	ssize_t n = OK(read(fd, auxv, sizeof(auxv)));

	DUMPS();
	in_core = note(NT_AUXV, 0, &size);
	EQ(size, n);
	CHECK(!memcmp(in_core, auxv, n));
}

TEST(file_note_lists_the_mapped_files)
{
	const unsigned long *n;
	const char *name;
	int found = 0;

	one_of_each_kind();
	DUMPS();
	n = note(NT_FILE, 0, NULL);
	CHECK(n);
	EQ(n[1], PAGE);
	name = (const char *)(n + 2 + 3 * n[0]);
	for (unsigned long i = 0; i < n[0]; i++, name += strlen(name) + 1) {
		const unsigned long *row = n + 2 + 3 * i;

		if (row[0] != (unsigned long)file_shared)
			continue;
		EQ(row[1], (unsigned long)file_shared + 2 * PAGE);
		EQ(row[2], 0);
		STREQ(name, "/tmp/data");
		found++;
	}
	EQ(found, 1);
}

TEST(fp_registers_are_there)
{
	static const unsigned long pattern[2] = { 0x1122334455667788, 0x99aabbccddeeff00 };
	const char *fx;
	unsigned long size;

	EQ(CRASH(asm volatile("movdqu %0, %%xmm9; ud2" :: "m"(pattern) : "xmm9")), 0x80 | SIGILL);
	read_core("core");
	fx = note(NT_PRFPREG, 0, &size);
	EQ(size, 512);
	CHECK(!memcmp(fx + 160 + 9 * 16, pattern, 16));
	EQ(*(unsigned short *)fx, 0x37f);
	EQ(*(unsigned int *)(fx + 24) & 0xffc0, 0x1f80);
}

/* ---- threads --------------------------------------------------------------------------------------------- */

static volatile int *tids;		/* shared with the case */

/* Say who we are, then keep a mark in r12 for ever. */
static int spin(void *arg)
{
	long n = (long)arg;

	tids[n] = syscall(__NR_gettid);
	asm volatile("mov %0, %%r12; 1: pause; jmp 1b" :: "r"(0x7000 + n) : "r12");
	return 0;
}

static int sleeper(void *arg)
{
	tids[(long)arg] = syscall(__NR_gettid);
	for (;;)
		pause();
	return 0;
}

static int crasher(void *arg)
{
	tids[(long)arg] = syscall(__NR_gettid);
	crash_at(8);
	return 0;
}

static const struct elf_prstatus *thread_status(int tid)
{
	const struct elf_prstatus *s;

	for (int i = 0; (s = note(NT_PRSTATUS, i, NULL)) != NULL; i++)
		if (s->pr_pid == tid)
			return s;
	FAIL("no thread %d", tid);
}

TEST(every_thread_is_in_the_file_the_guilty_one_first)
{
	const struct elf_prstatus *s;

	tids = (volatile int *)shared_pages(1);
	EQ(CRASH(
		thread_create(spin, (void *)1);
		thread_create(spin, (void *)2);
		thread_create(sleeper, (void *)3);
		while (!tids[1] || !tids[2] || !tids[3])
			sched_yield();
		thread_create(crasher, (void *)4);
		for (;;)
			pause()
	), 0x80 | SIGSEGV);
	read_core("core");
	s = note(NT_PRSTATUS, 0, NULL);
	EQ(s->pr_pid, tids[4]);
	EQ(s->pr_cursig, SIGSEGV);
	CHECK(note(NT_PRSTATUS, 4, NULL) && !note(NT_PRSTATUS, 5, NULL));
	CHECK(note(NT_PRFPREG, 4, NULL) && !note(NT_PRFPREG, 5, NULL));
	EQ(thread_status(tids[1])->pr_reg.r12, 0x7001);
	EQ(thread_status(tids[2])->pr_reg.r12, 0x7002);
	EQ(thread_status(tids[3])->pr_reg.orig_ax, __NR_pause);
	EQ(thread_status(crashed)->pr_reg.orig_ax, __NR_pause);
	CMP(segment((void *)thread_status(tids[1])->pr_reg.sp)->p_filesz, >, 0);
	/* what belongs to the process stands there once */
	CHECK(note(NT_PRPSINFO, 0, NULL) && !note(NT_PRPSINFO, 1, NULL));
	CHECK(note(NT_AUXV, 0, NULL) && !note(NT_AUXV, 1, NULL));
}

TEST(two_threads_crash_at_once_one_core)
{
	tids = (volatile int *)shared_pages(1);
	for (int i = 0; i < 20; i++) {
		EQ(CRASH(
			thread_create(crasher, (void *)1);
			thread_create(crasher, (void *)2);
			crash_at(8)
		), 0x80 | SIGSEGV);
		read_core("core");
		OK(munmap((void *)core.data, core.st.st_size));
	}
}

/* ---- limits --------------------------------------------------------------------------------------------------- */

TEST(below_a_page_of_rlimit_core_there_is_no_file)
{
	EQ(CRASH(limit(RLIMIT_CORE, 0)), SIGABRT);
	CHECK(!exists("core"));
	EQ(CRASH(limit(RLIMIT_CORE, 4095)), SIGABRT);
	CHECK(!exists("core"));
	EQ(CRASH(limit(RLIMIT_CORE, 4096)), 0x80 | SIGABRT);
	CHECK(exists("core"));
}

TEST(rlimit_core_cuts_the_file)
{
	char *p = map_pages(64);
	struct stat st;

	memset(p, 'l', 64 * PAGE);
	for (unsigned long max = 2 * PAGE; max <= 48 * PAGE; max += 23 * PAGE) {
		EQ(CRASH(limit(RLIMIT_CORE, max)), 0x80 | SIGABRT);
		OK(stat("core", &st));
		CMP(st.st_size, >, 0);
		CMP(st.st_blocks * 512, <=, max + PAGE);
	}
	/* Holes cost nothing: a limit above what is written, below the size, cuts nothing. */
	map_pages(1000);
	p = map_pages(1000);
	EQ(CRASH(p[0] = 1; limit(RLIMIT_CORE, 1000 * PAGE)), 0x80 | SIGABRT);
	read_core("core");
	CMP(core.st.st_size, >, 1000 * PAGE);
}

TEST(a_full_file_system_ends_the_dump)
{
	char *p = map_pages(64);
	struct stat st;

	memset(p, 'f', 64 * PAGE);
	mkdir("/tmp/small", 0755);
	OK(mount("none", "/tmp/small", "tmpfs", 0, "size=64k"));
	OK(chdir("/tmp/small"));
	EQ(CRASH(), 0x80 | SIGABRT);
	OK(stat("core", &st));
	CMP(st.st_size, >, 0);
	CMP(st.st_blocks * 512, <=, 64 << 10);
	unlink("core");
	OK(chdir("/tmp"));
	OK(umount2("/tmp/small", 0));
}

TEST(sigkill_ends_a_dump)
{
	unsigned long size = 96 << 20;
	struct stat st = { 0 };
	int status;
	char *p = map_pages(size / PAGE);

	crashed = CHILD(
		limit(RLIMIT_CORE, UNLIMITED);
		memset(p, 'k', size);
		unlink("core");
		abort()
	);
	while (stat("core", &st) || !st.st_size)
		sched_yield();
	OK(kill(crashed, SIGKILL));
	OK(waitpid(crashed, &status, 0));
	EQ(status, SIGKILL);
	OK(stat("core", &st));
	CMP(st.st_blocks * 512, <, size);
	unlink("core");
}

/* ---- dumpable -------------------------------------------------------------------------------------------------- */

static long prctl1(int what, unsigned long a)
{
	return syscall(__NR_prctl, what, a, 0, 0, 0);
}

TEST(dumpable_is_0_or_1)
{
	EQ(prctl1(PR_GET_DUMPABLE, 0), 1);
	OK(prctl1(PR_SET_DUMPABLE, 0));
	EQ(prctl1(PR_GET_DUMPABLE, 0), 0);
	ERR(prctl1(PR_SET_DUMPABLE, 2), EINVAL);
	ERR(prctl1(PR_SET_DUMPABLE, -1), EINVAL);
	EQ(prctl1(PR_GET_DUMPABLE, 0), 0);
	/* fork copies it, exec sets it anew */
	EXITS(CHILD(EQ(prctl1(PR_GET_DUMPABLE, 0), 0)), 0);
	EXITS(CHILD(RUN_SELF("coredump", "dumpable")), 1);
	OK(prctl1(PR_SET_DUMPABLE, 1));
	EQ(prctl1(PR_GET_DUMPABLE, 0), 1);
}

TEST(who_is_not_dumpable_leaves_no_core)
{
	EQ(CRASH(prctl1(PR_SET_DUMPABLE, 0)), SIGABRT);
	CHECK(!exists("core"));
}

TEST(a_new_identity_is_not_dumpable)
{
	EXITS(CHILD(OK(setuid(1000)); EQ(prctl1(PR_GET_DUMPABLE, 0), 0)), 0);
	EXITS(CHILD(OK(setgid(1000)); EQ(prctl1(PR_GET_DUMPABLE, 0), 0)), 0);
	EXITS(CHILD(OK(syscall(__NR_setreuid, 1000, -1)); EQ(prctl1(PR_GET_DUMPABLE, 0), 1)), 0);
	EXITS(CHILD(syscall(__NR_setfsuid, 1000); EQ(prctl1(PR_GET_DUMPABLE, 0), 0)), 0);
	EXITS(CHILD(
		OK(setuid(1000));
		RUN_SELF("coredump", "dumpable")
	), 1);
	EQ(CRASH(OK(setuid(1000))), SIGABRT);
}

TEST(a_program_that_may_not_be_read_is_not_dumpable)
{
	static char buf[64 << 10];
	int from = OK(open("/proc/self/exe", O_RDONLY)), to;
	ssize_t n;

	unlink("/tmp/secret");
	to = OK(open("/tmp/secret", O_WRONLY | O_CREAT, 0755));
	while ((n = OK(read(from, buf, sizeof(buf)))) > 0)
		EQ(write(to, buf, n), n);
	OK(fchmod(to, 0711));
	close(to);
	EXITS(CHILD(
		OK(setuid(1000));
		execv("/tmp/secret", (char *[]){ "coredump", "dumpable", NULL });
		_exit(200)
	), 0);
}

TEST(a_core_belongs_to_its_user)
{
	mkdir("/tmp/user", 0777);
	OK(chmod("/tmp/user", 0777));
	OK(chdir("/tmp/user"));
	EQ(CRASH(OK(setuid(1000)); OK(prctl1(PR_SET_DUMPABLE, 1))), 0x80 | SIGABRT);
	read_core("core");
	EQ(core.st.st_uid, 1000);
	EQ(core.st.st_mode & 07777, 0600);
	/* where it may not make files there is none */
	OK(chmod("/tmp/user", 0755));
	EQ(CRASH(OK(setuid(1000)); OK(prctl1(PR_SET_DUMPABLE, 1))), SIGABRT);
	CHECK(!exists("core"));
}

/* ---- the name --------------------------------------------------------------------------------------------------- */

#define PATTERN "/proc/sys/kernel/core_pattern"

static void set_pattern(const char *pattern)
{
	int fd = OK(open(PATTERN, O_WRONLY));

	OK(write(fd, pattern, strlen(pattern)));
	close(fd);
}

TEST(core_pattern_makes_the_name)
{
	char name[100], text[200];

	STREQ(read_text(PATTERN), "core\n");
	set_pattern("/tmp/c.%s.%u.%g.%d.%%.%e.%Zq%\n");
	STREQ(read_text(PATTERN), "/tmp/c.%s.%u.%g.%d.%%.%e.%Zq%\n");
	EQ(CRASH(prctl1(PR_SET_NAME, (long)"a/b")), 0x80 | SIGABRT);
	CHECK(exists("/tmp/c.6.0.0.1.%.a!b.q"));
	EQ(CRASH(prctl1(PR_SET_NAME, (long)"..")), 0x80 | SIGABRT);
	CHECK(exists("/tmp/c.6.0.0.1.%.!..q"));
	set_pattern("k.%p.%i.%c");
	EQ(CRASH(), 0x80 | SIGABRT);
	snprintf(name, sizeof(name), "k.%d.%d.%lu", crashed, crashed, UNLIMITED);
	CHECK(exists(name));
	set_pattern("/tmp/%f/%h");
	mkdir("/tmp/coredump", 0755);
	EQ(CRASH(), 0x80 | SIGABRT);
	strcpy(text, read_text("/proc/sys/kernel/hostname"));
	text[strcspn(text, "\n")] = '\0';
	snprintf(name, sizeof(name), "/tmp/coredump/%s", text);
	CHECK(exists(name));
	set_pattern("%E");
	EQ(CRASH(), 0x80 | SIGABRT);
	CHECK(exists("!tests!coredump"));
	set_pattern("core");
}

TEST(core_uses_pid_appends_it)
{
	char name[100];

	write_text("/proc/sys/kernel/core_uses_pid", "1");
	EQ(CRASH(), 0x80 | SIGABRT);
	CHECK(!exists("core"));
	snprintf(name, sizeof(name), "core.%d", crashed);
	CHECK(exists(name));
	set_pattern("p%p");
	EQ(CRASH(), 0x80 | SIGABRT);
	snprintf(name, sizeof(name), "p%d", crashed);
	CHECK(exists(name));
	write_text("/proc/sys/kernel/core_uses_pid", "0");
	set_pattern("core");
}

TEST(an_old_name_is_replaced_never_written_through)
{
	struct stat st;
	int fd;

	/* another name of the old file keeps the old contents */
	unlink("core");
	unlink("/tmp/other");
	fd = test_file("core", "old", 0644);
	close(fd);
	OK(link("core", "/tmp/other"));
	crashed = CHILD(limit(RLIMIT_CORE, UNLIMITED); abort());
	EQ(waitpid(crashed, NULL, 0), crashed);
	read_core("core");
	OK(stat("/tmp/other", &st));
	EQ(st.st_size, 2 * PAGE);
	/* a symbolic link is not followed */
	unlink("core");
	OK(symlink("/tmp/other", "core"));
	crashed = CHILD(limit(RLIMIT_CORE, UNLIMITED); abort());
	EQ(waitpid(crashed, NULL, 0), crashed);
	read_core("core");
	OK(lstat("core", &st));
	CHECK(S_ISREG(st.st_mode));
	OK(stat("/tmp/other", &st));
	EQ(st.st_size, 2 * PAGE);
	/* a directory stays */
	unlink("core");
	OK(mkdir("core", 0755));
	EQ(CRASH(), SIGABRT);
	OK(rmdir("core"));
	/* the umask takes away too much */
	EQ(CRASH(umask(0400)), SIGABRT);
	EQ(CRASH(umask(077)), 0x80 | SIGABRT);
}

TEST(core_files_of_root_need_an_absolute_name)
{
	struct stat st;

	write_text("/proc/sys/fs/suid_dumpable", "2");
	EQ(CRASH(OK(setuid(1000))), SIGABRT);
	CHECK(!exists("core"));
	unlink("/tmp/rootcore");
	set_pattern("/tmp/rootcore");
	EQ(CRASH(OK(setuid(1000)); EQ(prctl1(PR_GET_DUMPABLE, 0), 2)), 0x80 | SIGABRT);
	OK(stat("/tmp/rootcore", &st));
	EQ(st.st_uid, 0);
	EQ(st.st_mode & 07777, 0600);
	/* and what is there already is not removed */
	EQ(CRASH(OK(setuid(1000))), SIGABRT);
	set_pattern("core");
	write_text("/proc/sys/fs/suid_dumpable", "0");
}

/* ---- the program that a debugger looks at -------------------------------------------------------------------------- */

static int depth_reached;

__attribute__((noinline)) static void recurse(int depth)
{
	volatile int here = depth * 11;

	depth_reached++;
	if (depth)
		recurse(depth - 1);
	else
		crash_at(0x40 + here);
	depth_reached--;
}

int main(int argc, char **argv)
{
	OK(chdir("/tmp"));
	if (argc > 1 && !strcmp(argv[1], "filter"))
		return strtol(read_text("/proc/self/coredump_filter"), NULL, 16);
	if (argc > 1 && !strcmp(argv[1], "dumpable"))
		return prctl1(PR_GET_DUMPABLE, 0);
	if (argc > 1 && !strcmp(argv[1], "crash")) {
		limit(RLIMIT_CORE, UNLIMITED);
		recurse(3);
	}
	return test_main(argv);
}
