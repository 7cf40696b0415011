/*
 * tests/user/prctl_mm.c - the marks of an address space: where /proc shows them, and PR_SET_MM
 */
#include <sys/auxv.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include "mem.h"

#define KERNEL_ADDRESS	0xffff800000000000UL
#define UNMAPPED	0x20000000UL	/* nothing there, areas above */

static long set_mm(int op, unsigned long addr, unsigned long a4, unsigned long a5)
{
	return syscall(__NR_prctl, PR_SET_MM, op, addr, a4, a5);
}

#define SET(op, addr)	set_mm(PR_SET_MM_##op, (unsigned long)(addr), 0, 0)

static char text[8192];

static long read_proc(const char *path)
{
	int fd = OK(open(path, O_RDONLY));
	long n = 0, got;

	while ((got = OK(read(fd, text + n, sizeof(text) - 1 - n))) > 0)
		n += got;
	text[n] = '\0';
	close(fd);
	return n;
}

/* The marks of this process, from /proc/self/stat: numbers as proc(5) counts them. */
static struct prctl_mm_map marks(void)
{
	struct prctl_mm_map m = { .exe_fd = -1 };
	unsigned long field[53] = { 0 };
	char *p;

	read_proc("/proc/self/stat");
	p = strrchr(text, ')') + 2;
	for (int i = 3; i < 53 && p; i++) {
		field[i] = strtoul(p, NULL, 10);
		p = strchr(p, ' ');
		if (p)
			p++;
	}
	m.start_code = field[26];
	m.end_code = field[27];
	m.start_stack = field[28];
	m.start_data = field[45];
	m.end_data = field[46];
	m.start_brk = field[47];
	m.arg_start = field[48];
	m.arg_end = field[49];
	m.env_start = field[50];
	m.env_end = field[51];
	m.brk = (unsigned long)sbrk(0);
	return m;
}

static long set_map(const struct prctl_mm_map *m)
{
	return set_mm(PR_SET_MM_MAP, (unsigned long)m, sizeof(*m), 0);
}

static int data_word = 1;

/* ---- where the marks are ------------------------------------------------------------------ */

TEST(marks_lie_where_they_should)
{
	struct prctl_mm_map m = marks();
	unsigned long here = (unsigned long)&here;

	CMP((unsigned long)marks_lie_where_they_should, >=, m.start_code);
	CMP((unsigned long)marks_lie_where_they_should, <, m.end_code);
	CMP((unsigned long)&data_word, >=, m.start_data);
	CMP((unsigned long)&data_word, <, m.end_data);
	CMP(m.end_data, <=, m.start_brk);
	CMP(here, <, m.start_stack);
	CMP(m.start_stack, <, m.arg_start);
	EQ(m.arg_end, m.env_start);
	EQ(m.start_stack & 15, 0);
	/* argc is where the stack begins, the strings where arg_start is */
	EQ(*(long *)m.start_stack, 1);
	EQ(((char **)m.start_stack)[1], m.arg_start);
	EQ(read_proc("/proc/self/cmdline"), m.arg_end - m.arg_start);
	CHECK(!memcmp(text, (char *)m.arg_start, m.arg_end - m.arg_start));
	EQ(read_proc("/proc/self/environ"), m.env_end - m.env_start);
	EQ(getauxval(AT_EXECFN), m.env_end);
}

TEST(brk_moves_the_end_of_the_heap_only)
{
	struct prctl_mm_map before = marks(), after;

	CHECK(sbrk(5 * PAGE + 1) != (void *)-1);
	after = marks();
	EQ(after.brk, before.brk + 5 * PAGE + 1);
	after.brk = before.brk;
	CHECK(!memcmp(&after, &before, sizeof(after)));
}

/* ---- one mark ------------------------------------------------------------------------------- */

/* Set one mark in a child; it must show, and all others stay. */
#define MOVES(op, field, value) EXITS(CHILD(					\
	struct prctl_mm_map before_ = marks(), after_;				\
	unsigned long to_ = (value);						\
										\
	OK(SET(op, to_));							\
	after_ = marks();							\
	EQ(after_.field, to_);							\
	before_.field = to_;							\
	CHECK(!memcmp(&after_, &before_, sizeof(after_)))), 0)

TEST(each_mark_moves_alone)
{
	struct prctl_mm_map m = marks();

	MOVES(START_CODE, start_code, m.start_code + 5);
	MOVES(END_CODE, end_code, m.end_code + 1);
	MOVES(START_DATA, start_data, m.end_data);
	MOVES(END_DATA, end_data, m.end_data + 1);
	MOVES(START_STACK, start_stack, m.start_stack - 16);
	MOVES(START_STACK, start_stack, UNMAPPED);
	MOVES(START_BRK, start_brk, m.brk);
	MOVES(ARG_START, arg_start, m.arg_end);
	MOVES(ARG_END, arg_end, m.arg_start);
	MOVES(ENV_START, env_start, m.env_end);
	MOVES(ENV_END, env_end, m.env_start);
	MOVES(ENV_START, env_start, UNMAPPED);
}

/* Every mark refuses these, and nothing changes. */
TEST(bad_marks_change_nothing)
{
	struct prctl_mm_map before = marks(), after;

	for (int op = 0; op <= 17; op++) {
		if (op >= PR_SET_MM_AUXV && op <= PR_SET_MM_MAP_SIZE)
			continue;
		ERR(set_mm(op, 0, 0, 0), EINVAL);
		ERR(set_mm(op, 4096, 0, 0), EINVAL);
		ERR(set_mm(op, 65535, 0, 0), EINVAL);
		ERR(set_mm(op, KERNEL_ADDRESS, 0, 0), EINVAL);
		ERR(set_mm(op, -1, 0, 0), EINVAL);
		ERR(set_mm(op, before.start_code, 1, 0), EINVAL);
		ERR(set_mm(op, before.start_code, 0, 1), EINVAL);
	}
	after = marks();
	CHECK(!memcmp(&after, &before, sizeof(after)));
}

TEST(what_begins_does_not_end_before)
{
	struct prctl_mm_map before = marks(), after;

	ERR(SET(START_CODE, before.end_code), EINVAL);
	ERR(SET(END_CODE, before.start_code), EINVAL);
	ERR(SET(START_DATA, before.end_data + 1), EINVAL);
	ERR(SET(END_DATA, before.start_data - 1), EINVAL);
	ERR(SET(START_BRK, before.brk + 1), EINVAL);
	ERR(SET(BRK, before.start_brk - 1), EINVAL);
	ERR(SET(ARG_START, before.arg_end + 1), EINVAL);
	ERR(SET(ARG_END, before.arg_start - 1), EINVAL);
	ERR(SET(ENV_START, before.env_end + 1), EINVAL);
	ERR(SET(ENV_END, before.env_start - 1), EINVAL);
	after = marks();
	CHECK(!memcmp(&after, &before, sizeof(after)));
}

TEST(stack_arguments_and_environment_need_an_area_above)
{
	unsigned long last = 0x7fffffffe000;

	/* the last page below 2^47 is hardly ever taken */
	if (*maps_line((void *)last))
		return;
	ERR(SET(START_STACK, last), EFAULT);
	ERR(SET(ENV_END, last), EFAULT);
	OK(SET(END_CODE, last));
}

TEST(rlimit_data_bounds_the_marks)
{
	struct prctl_mm_map m = marks();
	unsigned long used = (m.brk - m.start_brk) + (m.end_data - m.start_data);
	struct rlimit r = { used + 100, used + 100 };

	OK(setrlimit(RLIMIT_DATA, &r));
	OK(SET(END_DATA, m.end_data + 100));
	ERR(SET(END_DATA, m.end_data + 101), EINVAL);
	ERR(SET(BRK, m.brk + 1), EINVAL);
	m.end_data += 101;
	ERR(set_map(&m), EINVAL);
}

/* Is there an area from start to end with this name?  Without stdio: no memory is asked for. */
static int has_area(unsigned long start, unsigned long end, const char *name)
{
	char range[64], *line;

	snprintf(range, sizeof(range), "%lx-%lx ", start, end);
	read_proc("/proc/self/maps");
	line = strstr(text, range);
	if (!line)
		return 0;
	line[strcspn(line, "\n")] = '\0';
	return strstr(line, name) != NULL;
}

TEST(brk_works_from_the_marks)
{
	char *p = map_at(lonely(20), 1, PROT_READ | PROT_WRITE, MAP_FIXED) + PAGE;
	unsigned long new = (unsigned long)p;

	OK(SET(BRK, new));
	OK(SET(START_BRK, new));
	EQ(syscall(__NR_brk, 0), new);
	EQ(syscall(__NR_brk, new - 1), new);
	EQ(syscall(__NR_brk, new + 3 * PAGE), new + 3 * PAGE);
	memset(p, 'h', 3 * PAGE);
	CHECK(has_area(new, new + 3 * PAGE, "[heap]"));
	EQ(syscall(__NR_brk, new + PAGE), new + PAGE);
	CHECK(has_area(new, new + PAGE, "[heap]"));
	EQ(syscall(__NR_brk, new), new);
	/* a mark above nothing cannot be lowered */
	OK(SET(BRK, new + 2 * PAGE));
	EQ(syscall(__NR_brk, new + PAGE), new + 2 * PAGE);
}

TEST(only_root_moves_single_marks)
{
	struct prctl_mm_map m = marks();
	unsigned int size = 0;

	OK(setuid(1000));
	ERR(SET(START_CODE, m.start_code), EPERM);
	ERR(set_mm(99, 0, 0, 0), EPERM);
	ERR(set_mm(PR_SET_MM_START_CODE, 0, 0, 1), EINVAL);
	ERR(SET(EXE_FILE, 0), EPERM);
	ERR(set_mm(PR_SET_MM_AUXV, (long)&m, 16, 0), EPERM);
	OK(SET(MAP_SIZE, &size));
	EQ(size, sizeof(m));
	OK(set_map(&m));
	m.exe_fd = 0;
	ERR(set_map(&m), EPERM);
}

/* ---- arguments and titles ------------------------------------------------------------------------ */

TEST(cmdline_and_environ_follow_the_marks)
{
	char *p = map_pages(2);

	strcpy(p, "moved");
	strcpy(p + 6, "arguments");
	strcpy(p + 100, "A=1");
	OK(SET(ARG_START, p));
	OK(SET(ARG_END, p + 16));
	OK(SET(ENV_START, p + 100));
	OK(SET(ENV_END, p + 104));
	EQ(read_proc("/proc/self/cmdline"), 16);
	CHECK(!memcmp(text, "moved\0arguments", 16));
	EQ(read_proc("/proc/self/environ"), 4);
	STREQ(text, "A=1");
}

TEST(a_title_ends_at_its_nul)
{
	char *p = map_pages(2);

	/* arguments of 8 bytes, environment right behind */
	OK(SET(ARG_START, p));
	OK(SET(ARG_END, p + 8));
	OK(SET(ENV_START, p + 8));
	OK(SET(ENV_END, p + 40));
	strcpy(p, "a\0b\0c\0d");
	EQ(read_proc("/proc/self/cmdline"), 8);
	/* longer than the arguments: into the environment */
	strcpy(p, "a long title of its own");
	EQ(read_proc("/proc/self/cmdline"), 24);
	STREQ(text, p);
	/* but not beyond it */
	memset(p, 't', 60);
	EQ(read_proc("/proc/self/cmdline"), 40);
	/* shorter: the last byte is NUL, so all of it is shown */
	strcpy(p, "sh");
	p[7] = 0;
	EQ(read_proc("/proc/self/cmdline"), 8);
	/* with a gap between the two the title ends with the arguments */
	memset(p, 't', 60);
	OK(SET(ENV_START, p + 16));
	EQ(read_proc("/proc/self/cmdline"), 8);
	/* a title is at most a page */
	memset(p, 'x', 2 * PAGE);
	OK(SET(ENV_START, p + 8));
	OK(SET(ENV_END, p + 2 * PAGE));
	EQ(read_proc("/proc/self/cmdline"), PAGE);
	OK(SET(ARG_END, p));
	EQ(read_proc("/proc/self/cmdline"), 0);
}

TEST(a_file_cannot_pass_for_arguments)
{
	int fd = OK(open("/proc/self/exe", O_RDONLY));
	char *p = (char *)OK(mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, fd, 0));

	OK(SET(ARG_START, p));
	OK(SET(ARG_END, p + 100));
	EQ(read_proc("/proc/self/cmdline"), 0);
	OK(SET(ENV_START, p));
	OK(SET(ENV_END, p + 100));
	EQ(read_proc("/proc/self/environ"), 0);
	OK(munmap(p, PAGE));
	EQ(read_proc("/proc/self/environ"), 0);
}

TEST(strangers_see_no_addresses)
{
	char path[64];
	pid_t pid = CHILD(pause());

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	EXITS(CHILD(
		unsigned long field[53];
		char *p;

		OK(setuid(1000));
		read_proc(path);
		p = strrchr(text, ')') + 2;
		for (int i = 3; i < 53; i++, p = strchr(p, ' ') ? strchr(p, ' ') + 1 : p)
			field[i] = strtoul(p, NULL, 10);
		EQ(field[26], 1);
		EQ(field[27], 1);
		EQ(field[28], 0);
		for (int i = 45; i <= 51; i++)
			EQ(field[i], 0)
	), 0);
	kill(pid, SIGKILL);
}

/* ---- the auxiliary vector --------------------------------------------------------------------------- */

TEST(auxv_is_replaced_as_a_whole)
{
	unsigned long v[60] = { AT_PAGESZ, 4096, 77, 78, AT_NULL, 0 }, *shown = (unsigned long *)text;

	OK(set_mm(PR_SET_MM_AUXV, (long)v, 48, 0));
	EQ(read_proc("/proc/self/auxv"), 48);
	CHECK(!memcmp(text, v, 48));
	ERR(set_mm(PR_SET_MM_AUXV, 8, 16, 0), EFAULT);
	ERR(set_mm(PR_SET_MM_AUXV, (long)v, sizeof(v), 0), EINVAL);
	ERR(set_mm(PR_SET_MM_AUXV, (long)v, -1, 0), EINVAL);
	ERR(set_mm(PR_SET_MM_AUXV, (long)v, 8, 1), EINVAL);
	EQ(read_proc("/proc/self/auxv"), 48);
	/* what is not given is zero; the length is in bytes */
	v[0] = 5;
	OK(set_mm(PR_SET_MM_AUXV, (long)v, 8, 0));
	EQ(read_proc("/proc/self/auxv"), 32);
	EQ(shown[0], 5);
	EQ(shown[1], 0);
	v[0] = 0x010203;
	OK(set_mm(PR_SET_MM_AUXV, (long)v, 2, 0));
	EQ(read_proc("/proc/self/auxv"), 32);
	EQ(shown[0], 0x0203);
	/* nothing is nothing, wherever */
	OK(set_mm(PR_SET_MM_AUXV, KERNEL_ADDRESS, 0, 0));
	EQ(read_proc("/proc/self/auxv"), 16);
	/* the last pair is always AT_NULL */
	for (int i = 0; i < 60; i++)
		v[i] = i + 1;
	ERR(set_mm(PR_SET_MM_AUXV, (long)v, 385, 0), EINVAL);
	OK(set_mm(PR_SET_MM_AUXV, (long)v, 384, 0));
	EQ(read_proc("/proc/self/auxv"), 384);
	EQ(shown[45], 46);
	EQ(shown[46], 0);
	EQ(shown[47], 0);
}

/* ---- the program's file ------------------------------------------------------------------------------- */

TEST(exe_file_is_refused)
{
	int fds[2];

	mkdir("/tmp/dir", 0755);
	OK(pipe(fds));
	ERR(SET(EXE_FILE, -1), EBADF);
	ERR(SET(EXE_FILE, 99), EBADF);
	ERR(SET(EXE_FILE, fds[0]), EACCES);
	ERR(SET(EXE_FILE, OK(open("/tmp/dir", O_RDONLY))), EACCES);
	ERR(SET(EXE_FILE, OK(open("/dev/null", O_RDONLY))), EACCES);
	ERR(SET(EXE_FILE, OK(open("/tmp/plain", O_RDWR | O_CREAT, 0644))), EACCES);
	/* a program, but ours is mapped */
	ERR(SET(EXE_FILE, OK(open("/proc/self/exe", O_RDONLY))), EBUSY);
	ERR(SET(EXE_FILE, OK(open("/tmp/prog", O_RDWR | O_CREAT, 0755))), EBUSY);
	ERR(set_mm(PR_SET_MM_EXE_FILE, 0, 1, 0), EINVAL);
}

/* ---- all at once ------------------------------------------------------------------------------------------ */

TEST(the_whole_map_is_set)
{
	unsigned long v[4] = { AT_PAGESZ, 4096, AT_NULL, 0 };
	struct prctl_mm_map m, after;

	sbrk(100);
	m = marks();
	m.start_code += 16;
	m.end_code -= 16;
	m.start_data += 4;
	m.end_data -= 4;
	m.start_brk += 1;
	m.start_stack = UNMAPPED;
	m.arg_start += 1;
	m.env_end -= 1;
	m.auxv = v;
	m.auxv_size = sizeof(v);
	OK(set_map(&m));
	EQ(read_proc("/proc/self/auxv"), 32);
	after = marks();
	m.auxv = NULL;
	m.auxv_size = 0;
	CHECK(!memcmp(&m, &after, sizeof(m)));
}

/* The map with one field changed. */
#define MAP_ERR(field, value, error) do {					\
	struct prctl_mm_map m_ = m;						\
	m_.field = (value);							\
	ERR(set_map(&m_), error);						\
} while (0)

TEST(a_bad_map_changes_nothing)
{
	struct prctl_mm_map m = marks(), after;
	unsigned long v[60] = { 0 };

	ERR(set_mm(PR_SET_MM_MAP, (long)&m, sizeof(m) - 1, 0), EINVAL);
	ERR(set_mm(PR_SET_MM_MAP, (long)&m, sizeof(m) + 8, 0), EINVAL);
	ERR(set_mm(PR_SET_MM_MAP, (long)&m, 0, 0), EINVAL);
	ERR(set_mm(PR_SET_MM_MAP, 0, sizeof(m), 0), EFAULT);
	ERR(set_mm(PR_SET_MM_MAP, (long)&m, sizeof(m), 1), EINVAL);
	ERR(set_mm(PR_SET_MM_MAP_SIZE, 0, 0, 0), EFAULT);
	ERR(set_mm(PR_SET_MM_MAP_SIZE, KERNEL_ADDRESS, 0, 0), EFAULT);
	MAP_ERR(start_code, 0, EINVAL);
	MAP_ERR(start_code, m.end_code, EINVAL);
	MAP_ERR(start_data, m.end_data + 1, EINVAL);
	MAP_ERR(start_brk, m.brk + 1, EINVAL);
	MAP_ERR(arg_start, m.arg_end + 1, EINVAL);
	MAP_ERR(env_start, m.env_end + 1, EINVAL);
	MAP_ERR(start_stack, 0, EINVAL);
	MAP_ERR(start_stack, KERNEL_ADDRESS, EINVAL);
	MAP_ERR(brk, -1, EINVAL);
	MAP_ERR(exe_fd, 99, EBADF);
	MAP_ERR(auxv_size, 16, EINVAL);
	m.auxv = (void *)8;
	MAP_ERR(auxv_size, 16, EFAULT);
	m.auxv = v;
	MAP_ERR(auxv_size, sizeof(v), EINVAL);
	m.auxv = NULL;
	after = marks();
	CHECK(!memcmp(&m, &after, sizeof(m)));
}

TEST(fork_copies_the_marks)
{
	struct prctl_mm_map m = marks();

	OK(SET(START_STACK, m.start_stack - 64));
	OK(SET(START_CODE, m.start_code + 3));
	EXITS(CHILD(
		struct prctl_mm_map child = marks();

		EQ(child.start_stack, m.start_stack - 64);
		EQ(child.start_code, m.start_code + 3)
	), 0);
}

/* Debian's kernel has no names for anonymous memory. */
TEST(anonymous_memory_has_no_names)
{
	char *p = map_pages(1);

	ERR(syscall(__NR_prctl, PR_SET_VMA, PR_SET_VMA_ANON_NAME, p, PAGE, "name"), EINVAL);
	CHECK(!strstr(maps_line(p), "anon:"));
}
