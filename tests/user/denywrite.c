/*
 * tests/user/denywrite.c - ETXTBSY both ways: a program that runs is not written, a file that
 * is written does not run
 *
 * The program runs copies of itself, in roles, while the case tries to write them.
 */
#include <sys/stat.h>
#include <uapi/elf.h>
#define TEST_OWN_MAIN
#include "mem.h"
#undef TEST_OWN_MAIN

#define COPY	"/tmp/copy"
#define PROGRAM	"/tmp/program"

static void copy_self(const char *to)
{
	static char buf[65536];
	int in = OK(open("/proc/self/exe", O_RDONLY)), out;
	ssize_t n;

	unlink(to);
	out = OK(open(to, O_WRONLY | O_CREAT | O_TRUNC, 0755));
	while ((n = OK(read(in, buf, sizeof(buf)))) > 0)
		EQ(write(out, buf, n), n);
	close(in);
	close(out);
}

/* A copy that runs in a role until its standard input ends. */
struct running {
	pid_t pid;
	int input, output;
};

static struct running start(const char *path, const char *role)
{
	char *argv[] = { (char *)path, (char *)role, NULL };
	int in[2], out[2];
	struct running r;
	char c;

	OK(pipe2(in, O_CLOEXEC));
	OK(pipe2(out, O_CLOEXEC));
	r.pid = OK(fork());
	if (!r.pid) {
		dup2(in[0], 0);
		dup2(out[1], 1);
		execve(path, argv, environ);
		_exit(98);
	}
	close(in[0]);
	close(out[1]);
	r.input = in[1];
	r.output = out[0];
	EQ(read(r.output, &c, 1), 1);		/* it is ready */
	return r;
}

static void stop(struct running *r)
{
	close(r->input);
	EXITS(r->pid, 0);
	close(r->output);
}

static int wait_for_end(void)
{
	char c;

	write(1, "r", 1);
	return read(0, &c, 1) != 0;
}

static void can_be_written(const char *path)
{
	int fd = OK(open(path, O_RDWR));

	close(fd);
	OK(truncate(path, 100000000));
}

static void is_busy(const char *path)
{
	ERR(open(path, O_WRONLY), ETXTBSY);
	ERR(open(path, O_RDWR), ETXTBSY);
	ERR(open(path, O_WRONLY | O_TRUNC), ETXTBSY);
	ERR(open(path, O_RDONLY | O_TRUNC), ETXTBSY);
	ERR(open(path, O_RDWR | O_CREAT, 0755), ETXTBSY);
	ERR(truncate(path, 0), ETXTBSY);
}

TEST(a_running_program_is_not_written_until_it_ends)
{
	struct running r;
	struct stat st, now;
	int fd;

	copy_self(COPY);
	OK(stat(COPY, &st));
	r = start(COPY, "-hold");
	is_busy(COPY);
	OK(stat(COPY, &now));
	EQ(now.st_size, st.st_size);
	fd = OK(open(COPY, O_RDONLY));
	close(fd);
	OK(chmod(COPY, 0700));
	stop(&r);
	can_be_written(COPY);
}

TEST(each_of_two_processes_protects_it)
{
	struct running a, b;

	copy_self(COPY);
	a = start(COPY, "-hold");
	b = start(COPY, "-hold");
	stop(&a);
	is_busy(COPY);
	stop(&b);
	can_be_written(COPY);
}

/* Its areas cut to pieces, joined and gone, in a child too. */
static int role_cut(void)
{
	unsigned long start, end;
	char *page;

	sscanf(maps_line(role_cut), "%lx-%lx", &start, &end);
	page = (char *)start + ((end - start) / 2 & ~(PAGE - 1));
	OK(mprotect(page, PAGE, PROT_READ | PROT_WRITE | PROT_EXEC));
	OK(mprotect(page, PAGE, PROT_READ | PROT_EXEC));
	EXITS(CHILD(OK(mprotect((char *)start, PAGE, PROT_READ | PROT_WRITE | PROT_EXEC))), 0);
	CHILD(OK(mprotect((char *)start, PAGE, PROT_READ | PROT_WRITE | PROT_EXEC)); wait_for_end());
	return 0;
}

TEST(a_child_protects_it_after_the_parent_has_ended)
{
	struct running r;
	char c;

	copy_self(COPY);
	r = start(COPY, "-cut");
	EXITS(r.pid, 0);
	is_busy(COPY);
	close(r.input);
	EQ(read(r.output, &c, 1), 0);		/* the child has ended, or is just ending */
	EVENTUALLY(!truncate(COPY, 100));
	can_be_written(COPY);
}

TEST(a_process_that_runs_another_program_lets_go)
{
	struct running r;

	copy_self(COPY);
	copy_self(PROGRAM);
	r = start(COPY, "-other");
	can_be_written(COPY);
	is_busy(PROGRAM);
	stop(&r);
	can_be_written(PROGRAM);
}

TEST(a_file_open_for_writing_does_not_run)
{
	char *argv[] = { COPY, "-hold", NULL };
	struct running r;
	int fd;

	copy_self(COPY);
	fd = OK(open(COPY, O_WRONLY));
	ERR(execve(COPY, argv, environ), ETXTBSY);
	EXITS(CHILD(ERR(execve(COPY, argv, environ), ETXTBSY)), 0);
	close(fd);
	r = start(COPY, "-hold");
	stop(&r);
}

TEST(a_shared_writable_mapping_does_not_keep_it_from_running)
{
	struct running r;
	char *p;
	int fd;

	copy_self(COPY);
	fd = OK(open(COPY, O_RDWR));
	p = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	CHECK(p != MAP_FAILED);
	close(fd);
	/* the mapping holds the open file */
	ERR(execve(COPY, (char *[]){ COPY, "-hold", NULL }, environ), ETXTBSY);
	OK(munmap(p, PAGE));
	r = start(COPY, "-hold");
	stop(&r);
}

TEST(a_users_denywrite_is_ignored)
{
	char *p;
	int fd;

	copy_self(COPY);
	fd = OK(open(COPY, O_RDONLY));
	p = mmap(NULL, PAGE, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_DENYWRITE, fd, 0);
	CHECK(p != MAP_FAILED);
	can_be_written(COPY);
	EQ(*p, 0x7f);
	OK(munmap(p, PAGE));
	can_be_written(COPY);
}

/* No program's area shows the flag, which /proc has no letters for. */
TEST(the_flag_is_not_shown)
{
	static char line[512];
	FILE *f = fopen("/proc/self/smaps", "r");
	int shown = 0;

	CHECK(f);
	while (fgets(line, sizeof(line), f)) {
		if (strncmp(line, "VmFlags: ", 9))
			continue;
		shown++;
		CHECK(!strstr(line, " dw"));
		CHECK(!strstr(line, "??"));
	}
	fclose(f);
	CMP(shown, >, 3);
}

/* ---- the interpreter ---- */

/* The smallest program that wants COPY to load it. */
static void make_program(void)
{
	static struct {
		Elf64_Ehdr	eh;
		Elf64_Phdr	ph[2];
		char		interp[sizeof(COPY)];
	} p = {
		.eh = {
			.e_ident = { 0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT },
			.e_type = ET_EXEC, .e_machine = EM_X86_64, .e_version = EV_CURRENT,
			.e_phoff = sizeof(Elf64_Ehdr), .e_ehsize = sizeof(Elf64_Ehdr),
			.e_phentsize = sizeof(Elf64_Phdr), .e_phnum = 2,
		},
		.interp = COPY,
	};
	int fd;

	p.eh.e_entry = 0x10000000;
	p.ph[0] = (Elf64_Phdr){ .p_type = PT_INTERP, .p_flags = PF_R,
		.p_offset = offsetof(__typeof__(p), interp), .p_filesz = sizeof(COPY),
		.p_memsz = sizeof(COPY), .p_align = 1 };
	p.ph[1] = (Elf64_Phdr){ .p_type = PT_LOAD, .p_flags = PF_R, .p_vaddr = 0x10000000,
		.p_filesz = sizeof(p), .p_memsz = sizeof(p), .p_align = PAGE };
	unlink(PROGRAM);
	fd = OK(open(PROGRAM, O_WRONLY | O_CREAT | O_TRUNC, 0755));
	EQ(write(fd, &p, sizeof(p)), sizeof(p));
	close(fd);
}

TEST(an_interpreter_may_be_written_while_it_runs)
{
	struct running r;
	int fd;

	copy_self(COPY);
	make_program();
	r = start(PROGRAM, "-hold");
	is_busy(PROGRAM);
	fd = OK(open(COPY, O_RDWR));
	close(fd);
	stop(&r);
	can_be_written(PROGRAM);
	can_be_written(COPY);
}

TEST(an_interpreter_that_is_open_for_writing_is_busy)
{
	int fd;

	copy_self(COPY);
	make_program();
	fd = OK(open(COPY, O_WRONLY));
	ERR(execve(PROGRAM, (char *[]){ PROGRAM, "-hold", NULL }, environ), ETXTBSY);
	close(fd);
	can_be_written(PROGRAM);
	can_be_written(COPY);
}

int main(int argc, char **argv)
{
	failure_pipe[1] = 2;
	if (argc > 1 && !strcmp(argv[1], "-hold"))
		return wait_for_end();
	if (argc > 1 && !strcmp(argv[1], "-cut"))
		return role_cut();
	if (argc > 1 && !strcmp(argv[1], "-other"))
		return execve(PROGRAM, (char *[]){ PROGRAM, "-hold", NULL }, environ);
	return test_main(argv);
}
