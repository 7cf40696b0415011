/*
 * tests/user/badelf.c - damaged program files: an error, and the old process intact
 *
 * Each case builds a file from a good one by changing something. What the kernel must refuse
 * before it gives up the old program is an error of execve(); what it may only notice later
 * kills the new one. Never does the machine or another process suffer.
 */
#include <sys/stat.h>
#include <uapi/elf.h>
#include "mem.h"

#define BASE	0x10000000UL
#define FILE_NAME "/tmp/badelf"

static struct image {
	Elf64_Ehdr	eh;
	Elf64_Phdr	ph[3];
	unsigned char	code[64];
} good;

/* mov edi, 33; mov eax, 231; syscall */
static const unsigned char exit_33[] = { 0xbf, 33, 0, 0, 0, 0xb8, 231, 0, 0, 0, 0x0f, 0x05 };

/* The smallest program: one segment with everything in it. */
static struct image *make(void)
{
	good = (struct image){
		.eh = {
			.e_ident = { 0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT },
			.e_type = ET_EXEC, .e_machine = EM_X86_64, .e_version = EV_CURRENT,
			.e_entry = BASE + offsetof(struct image, code),
			.e_phoff = sizeof(Elf64_Ehdr), .e_ehsize = sizeof(Elf64_Ehdr),
			.e_phentsize = sizeof(Elf64_Phdr), .e_phnum = 1,
		},
		.ph = { {
			.p_type = PT_LOAD, .p_flags = PF_R | PF_X, .p_vaddr = BASE,
			.p_filesz = sizeof(good), .p_memsz = sizeof(good), .p_align = PAGE,
		} },
	};
	memcpy(good.code, exit_33, sizeof(exit_33));
	return &good;
}

static void store(const void *data, size_t size)
{
	int fd;

	unlink(FILE_NAME);
	fd = OK(open(FILE_NAME, O_WRONLY | O_CREAT | O_TRUNC, 0755));
	EQ(write(fd, data, size), size);
	close(fd);
}

/* The error of execve(), or -1 with the child's wait status in status. */
static int try(int *status)
{
	char *argv[] = { "badelf", NULL };
	int error = 0, fds[2];
	pid_t pid;

	OK(pipe2(fds, O_CLOEXEC));
	pid = OK(fork());
	if (!pid) {
		alarm(5);
		execve(FILE_NAME, argv, environ);
		write(fds[1], &errno, sizeof(errno));
		_exit(0);
	}
	close(fds[1]);
	if (read(fds[0], &error, sizeof(error)) != sizeof(error))
		error = -1;
	close(fds[0]);
	OK(waitpid(pid, status, 0));
	return error;
}

#define REFUSED(error) do {							\
	int st_;								\
	store(&good, sizeof(good));						\
	EQ(try(&st_), error);							\
	EQ(st_, 0);								\
} while (0)

/* Either execve() fails with one of the two errors, or the new program dies by a signal. */
#define NEVER_RUNS() do {							\
	int st_, err_;								\
	store(&good, sizeof(good));						\
	err_ = try(&st_);							\
	CHECK(err_ == ENOEXEC || err_ == EINVAL || err_ == ENOMEM || err_ == EFAULT || \
	      (err_ == -1 && WIFSIGNALED(st_)));				\
} while (0)

#define RUNS() do {								\
	int st_;								\
	store(&good, sizeof(good));						\
	EQ(try(&st_), -1);							\
	EQ(st_, 33 << 8);							\
} while (0)

TEST(the_small_program_runs_undamaged)
{
	make();
	RUNS();
}

/* The small program with so many pages of address space at most: the child's wait status. */
static pid_t run_in(unsigned long pages)
{
	return CHILD(
		struct rlimit r;
		r.rlim_cur = r.rlim_max = pages * PAGE;
		OK(setrlimit(RLIMIT_AS, &r));
		execve(FILE_NAME, (char *[]){ "x", NULL }, (char *[]){ NULL });
		_exit(errno);
	);
}

/* 32 pages of stack below the strings: a program that has not got these does not begin, even if it needs none. */
TEST(a_stack_that_its_limits_do_not_allow_kills_the_program)
{
	make();
	store(&good, sizeof(good));
	EXITS(run_in(60), 33);
	EXITS(run_in(36), 33);
	DIES(run_in(32), SIGSEGV);
	DIES(run_in(12), SIGSEGV);
}

TEST(every_truncation_is_refused_or_dies)
{
	int status, error;

	make();
	for (size_t size = 0; size < offsetof(struct image, ph[1]); size++) {
		store(&good, size);
		error = try(&status);
		if (error != ENOEXEC && error != EIO && error != EINVAL)
			FAIL("cut to %zu bytes: error %d", size, error);
		EQ(status, 0);
	}
}

TEST(a_segment_beyond_the_end_of_the_file_dies_by_sigbus)
{
	int status;

	make();
	good.ph[0].p_filesz = good.ph[0].p_memsz = 3 * PAGE;
	good.eh.e_entry = BASE + 2 * PAGE;
	store(&good, sizeof(good));
	EQ(try(&status), -1);
	CHECK(WIFSIGNALED(status));
	EQ(WTERMSIG(status), SIGBUS);
}

TEST(wrong_magic_is_refused)
{
	make()->eh.e_ident[1] = 'e';
	REFUSED(ENOEXEC);
}

TEST(other_machine_and_other_type_are_refused)
{
	make()->eh.e_machine = 40;
	REFUSED(ENOEXEC);
	make()->eh.e_type = ET_REL;
	REFUSED(ENOEXEC);
	make()->eh.e_type = ET_CORE;
	REFUSED(ENOEXEC);
	make()->eh.e_type = 77;
	REFUSED(ENOEXEC);
}

TEST(wrong_size_or_number_of_program_headers_is_refused)
{
	make()->eh.e_phentsize = 55;
	REFUSED(ENOEXEC);
	make()->eh.e_phnum = 0;
	REFUSED(ENOEXEC);
	make()->eh.e_phnum = 0xffff;
	REFUSED(ENOEXEC);
}

TEST(program_headers_beyond_the_file_are_refused)
{
	int status, error;

	make()->eh.e_phoff = 1UL << 20;
	store(&good, sizeof(good));
	error = try(&status);
	CHECK(error == EIO || error == ENOEXEC || error == EINVAL);
	make()->eh.e_phoff = -1UL;
	store(&good, sizeof(good));
	error = try(&status);
	CHECK(error == EIO || error == ENOEXEC || error == EINVAL);
	make()->eh.e_phoff = 1UL << 63;
	store(&good, sizeof(good));
	error = try(&status);
	CHECK(error == EIO || error == ENOEXEC || error == EINVAL);
}

TEST(filesz_above_memsz_never_runs)
{
	make()->ph[0].p_memsz = 100;
	NEVER_RUNS();
	make()->ph[0].p_filesz = -1UL;
	NEVER_RUNS();
}

TEST(absurd_sizes_never_run)
{
	make()->ph[0].p_memsz = 1UL << 62;
	NEVER_RUNS();
	make()->ph[0].p_memsz = -1UL;
	NEVER_RUNS();
	make()->ph[0].p_memsz = 0x7fffffffffffUL;
	NEVER_RUNS();
	make();
	good.ph[0].p_filesz = good.ph[0].p_memsz = 1UL << 62;
	NEVER_RUNS();
}

TEST(kernel_addresses_never_run)
{
	make()->ph[0].p_vaddr = 0xffffffff80000000;
	NEVER_RUNS();
	make()->ph[0].p_vaddr = 0xffff888000000000;
	NEVER_RUNS();
	make()->ph[0].p_vaddr = 0x0000800000000000;
	good.ph[0].p_memsz = -PAGE;
	NEVER_RUNS();
	make()->ph[0].p_vaddr = -PAGE;
	NEVER_RUNS();
}

TEST(an_entry_outside_user_memory_never_runs)
{
	static const unsigned long nowhere[] = { 0x7ffffffff000, 0x800000000000, 0x8000000000000000, 0xffffffff80000000, -1 };
	int status;

	for (size_t i = 0; i < sizeof(nowhere) / sizeof(nowhere[0]); i++) {
		make()->eh.e_entry = nowhere[i];
		store(&good, sizeof(good));
		EQ(try(&status), -1);		/* too late for an error */
		EQ(status & 0x7f, SIGSEGV);
	}
}

TEST(an_entry_without_code_is_a_segv)
{
	int status;

	make()->eh.e_entry = BASE + 64 * PAGE;
	store(&good, sizeof(good));
	EQ(try(&status), -1);
	CHECK(WIFSIGNALED(status));
	EQ(WTERMSIG(status), SIGSEGV);
}

TEST(offset_and_address_that_differ_within_the_page_never_run)
{
	make()->ph[0].p_offset = 8;
	NEVER_RUNS();
}

TEST(a_later_overlapping_segment_replaces_pages_or_is_refused)
{
	int status, error;

	make()->eh.e_phnum = 2;
	good.ph[1] = good.ph[0];
	store(&good, sizeof(good));
	error = try(&status);
	CHECK(error > 0 || status == 33 << 8 || WIFSIGNALED(status));
}

TEST(segments_in_wrong_order_do_not_hurt)
{
	int status, error;

	make()->eh.e_phnum = 2;
	good.ph[1] = good.ph[0];
	good.ph[0].p_vaddr = BASE + 16 * PAGE;
	store(&good, sizeof(good));
	error = try(&status);
	CHECK(error > 0 || status == 33 << 8 || WIFSIGNALED(status));
}

TEST(an_interpreter_that_is_not_there_is_enoent)
{
	make()->eh.e_phnum = 2;
	good.ph[1].p_type = PT_INTERP;
	good.ph[1].p_offset = offsetof(struct image, code) + 32;
	good.ph[1].p_filesz = 9;
	strcpy((char *)good.code + 32, "/no/such");
	REFUSED(ENOENT);
}

TEST(an_interpreter_path_that_is_none_is_refused)
{
	make()->eh.e_phnum = 2;
	good.ph[1].p_type = PT_INTERP;
	good.ph[1].p_offset = offsetof(struct image, code) + 32;
	good.ph[1].p_filesz = 5000;
	REFUSED(ENOEXEC);
	good.ph[1].p_filesz = 1;
	REFUSED(ENOEXEC);
	good.ph[1].p_filesz = 4;		/* without NUL at the end */
	memcpy(good.code + 32, "abcd", 4);
	REFUSED(ENOEXEC);
}

TEST(a_program_without_a_segment_never_runs)
{
	make()->ph[0].p_type = PT_NOTE;
	NEVER_RUNS();
}

TEST(memory_beyond_the_file_part_is_zero)
{
	/* cmp dword [BASE + 0x3ff0], 0; setne dil; movzx edi, dil; mov eax, 231; syscall */
	static const unsigned char code[] = {
		0x83, 0x3c, 0x25, 0xf0, 0x3f, 0x00, 0x10, 0x00, 0x40, 0x0f, 0x95, 0xc7,
		0x40, 0x0f, 0xb6, 0xff, 0x83, 0xc7, 0x21, 0xb8, 231, 0, 0, 0, 0x0f, 0x05,
	};

	make()->ph[0].p_memsz = 4 * PAGE;
	good.ph[0].p_flags |= PF_W;
	memcpy(good.code, code, sizeof(code));
	RUNS();
}

/* Not damaged: it says itself whether it lies at a multiple of 2 MiB. */
TEST(a_program_without_an_interpreter_lies_as_its_segment_is_aligned)
{
	/* lea rdi, [image]; test edi, 0x1fffff; setne dil; exit_group(33 + dil) */
	unsigned char code[] = {
		0x48, 0x8d, 0x3d, 0, 0, 0, 0, 0xf7, 0xc7, 0xff, 0xff, 0x1f, 0x00, 0x40, 0x0f, 0x95, 0xc7,
		0x40, 0x0f, 0xb6, 0xff, 0x83, 0xc7, 0x21, 0xb8, 231, 0, 0, 0, 0x0f, 0x05,
	};
	int back = -(int)(offsetof(struct image, code) + 7);

	memcpy(code + 3, &back, sizeof(back));
	make()->eh.e_type = ET_DYN;
	good.eh.e_entry = offsetof(struct image, code);
	good.ph[0].p_vaddr = 0;
	good.ph[0].p_align = 2UL << 20;
	memcpy(good.code, code, sizeof(code));
	RUNS();
}

/* Any byte of the headers may be anything: the machine survives. */
TEST_LIMIT(random_damage_hurts_nobody, 120)
{
	unsigned int r = 20260101;
	int status;

	for (int i = 0; i < 400; i++) {
		make();
		for (int k = 0; k < 1 + i % 3; k++) {
			r = r * 1103515245 + 12345;
			((unsigned char *)&good)[(r >> 16) % offsetof(struct image, ph[1])] = r >> 8;
		}
		store(&good, sizeof(good));
		try(&status);
	}
	make();
	RUNS();
}
