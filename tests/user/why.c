/*
 * tests/user/why.c - /proc/quire/why says what an access comes to before it is made
 *
 * Ten thousand times: ask, look whether asking left a trace, make the access, and compare with the
 * fault.done in the ring, with the signal, or with no fault at all.  The zoo has an area of each
 * kind, whose pages come and go: given up, shared with a child, locked by a key, truncated.
 * Linux has no /proc/quire: there every case ends at once.
 */
#include <cpuid.h>
#include <sys/auxv.h>
#include <sys/shm.h>
#include <uapi/quire/events.h>
#include "proc.h"

#define RW	(PROT_READ | PROT_WRITE)
#define RX	(PROT_READ | PROT_EXEC)
#define RWX	(RW | PROT_EXEC)
#define AREA	8			/* pages of each, with as many between */
#define ROUNDS	10000

static int why_fd;

static void begin(void)
{
	if (access("/proc/quire/why", F_OK))
		_exit(0);
	why_fd = OK(open("/proc/quire/why", O_RDWR));
}

static long ask_text(const char *question)
{
	return write(why_fd, question, strlen(question));
}

static char answer[4096];

/* The outcome; the whole is in answer. */
static const char *why(pid_t tid, const volatile void *addr, char access)
{
	static char outcome[40];
	char question[64];
	const char *last;
	long n;

	snprintf(question, sizeof(question), "%d %lx %c", tid, (unsigned long)addr, access);
	EQ(ask_text(question), strlen(question));
	n = OK(read(why_fd, answer, sizeof(answer) - 1));
	CMP(n, >, 20);
	answer[n] = '\0';
	EQ(answer[n - 1], '\n');
	for (last = answer + n - 1; last > answer && last[-1] != '\n'; last--)
		;
	snprintf(outcome, sizeof(outcome), "%s", last);
	outcome[strcspn(outcome, ":")] = '\0';
	return outcome;
}

/* ---- what came of it: the ring ---- */

static struct { volatile struct quire_ring *ring; unsigned long seen; } rings[64];
static int nr_rings;

static void map_rings(void)
{
	int fd = OK(open("/proc/quire/ring", O_RDONLY));
	char text[16];
	volatile struct quire_ring *r = mmap(NULL, 2 * PAGE, PROT_READ, MAP_SHARED, fd, 0);
	unsigned long len;

	CHECK(r != MAP_FAILED);
	len = r->records * sizeof(struct quire_event) + PAGE;
	for (nr_rings = 0; nr_rings < 64; nr_rings++) {
		r = mmap(NULL, len, PROT_READ, MAP_SHARED | MAP_POPULATE, fd, nr_rings * len);
		if (r == MAP_FAILED)
			break;
		rings[nr_rings].ring = r;
	}
	CMP(nr_rings, >=, 1);
	snprintf(text, sizeof(text), "%d", getpid());
	CMP(put_text("/proc/quire/pid", text), >, 0);
	EQ(put_text("/proc/quire/mask", "10"), 2);
}

static void forget_events(void)
{
	for (int i = 0; i < nr_rings; i++)
		rings[i].seen = rings[i].ring->head;
}

/* The first fault of ours at this address since forget_events(); -1: none. */
static int told_outcome(const volatile void *addr)
{
	for (int i = 0; i < nr_rings; i++) {
		volatile struct quire_ring *r = rings[i].ring;
		volatile struct quire_event *ev = (void *)((char *)r + r->data_offset);

		for (unsigned long n = rings[i].seen; n < r->head; n++) {
			volatile struct quire_event *e = &ev[n % r->records];

			if (e->kind == EV_FAULT_DONE && e->a == (unsigned long)addr &&
			    e->tid == (unsigned int)getpid())
				return e->e;
		}
	}
	return -1;
}

static const char *const outcome_names[] = {
#define NAME_OF(NAME, text) [OUTCOME_##NAME] = text,
	QUIRE_OUTCOMES(NAME_OF)
};

/* ---- keys ---- */

static int key = -1;			/* of the area with a key; -1: the CPU has none */
static unsigned int rights;		/* to it, for the next access */

static void set_pkru(unsigned int bits)
{
	if (key > 0)
		asm volatile("wrpkru" : : "a"((0x55555554U & ~(3U << 2 * key)) | bits << 2 * key),
			     "c"(0), "d"(0) : "memory");
}

/* ---- the zoo ---- */

static char *zoo[32];			/* the first page of each area */
static int animals;
static char *stack_area, *keyed, *nonlinear;
static char *vvar, *vdso;
static int file, short_file;
static pid_t child;
static unsigned long random_state = 12345;

static unsigned long roll(unsigned long n)
{
	random_state = random_state * 6364136223846793005UL + 1442695040888963407UL;
	return (random_state >> 33) % n;
}

/* A file of so many pages full of `ret`; without a name. */
static int file_of_returns(int pages)
{
	static char page[PAGE];
	int fd = OK(open("/tmp/why", O_RDWR | O_CREAT | O_EXCL, 0600));

	OK(unlink("/tmp/why"));
	memset(page, 0xc3, PAGE);
	for (int i = 0; i < pages; i++)
		EQ(write(fd, page, PAGE), PAGE);
	return fd;
}

/* A place where mmap puts nothing by itself: what is there is ours to spoil. */
static char *place(unsigned long pages)
{
	static char *next = (char *)0x1000000000;
	char *p = next + 16 * PAGE;

	next = p + pages * PAGE;
	return p;
}

static char *house(int prot, int flags, int fd)
{
	char *p = mmap(place(AREA), AREA * PAGE, prot, flags | MAP_FIXED, fd, 0);

	CHECK(p != MAP_FAILED);
	zoo[animals++] = p;
	return p;
}

#define ANON	(MAP_PRIVATE | MAP_ANONYMOUS)

/* A stack with room for 400 pages, a guard gap, and a page that can be read. */
static void house_stack(void)
{
	static char *low;

	if (!low) {
		low = place(700);
		zoo[animals++] = low + 280 * PAGE;
	}
	munmap(low, 700 * PAGE);
	map_at(low, 1, PROT_READ, MAP_FIXED);
	stack_area = map_at(low + 690 * PAGE, 2, RW, MAP_FIXED | MAP_GROWSDOWN);
}

static void build_zoo(void)
{
	unsigned int a, b, c, d;
	char *p;

	vdso = (char *)getauxval(AT_SYSINFO_EHDR);
	for (vvar = vdso; strstr(maps_line(vvar - PAGE), "[vvar]"); vvar -= PAGE)
		;
	CMP(vdso - vvar, >, 0);
	file = file_of_returns(AREA);
	short_file = file_of_returns(3);
	house(RW, ANON, -1);
	house(PROT_READ, ANON, -1);
	house(PROT_NONE, ANON, -1);
	house(RWX, ANON, -1);
	house(PROT_WRITE, ANON, -1);
	house(RWX, MAP_PRIVATE, file);
	house(RX, MAP_PRIVATE, file);
	house(PROT_READ, MAP_PRIVATE, file);
	house(RW, MAP_SHARED, file);
	house(PROT_READ, MAP_SHARED, file);
	house(RW, MAP_PRIVATE, short_file);
	house(RW, MAP_SHARED, short_file);
	house(RW, MAP_SHARED | MAP_ANONYMOUS, -1);
	OK(mlock(house(RW, ANON, -1), AREA * PAGE));
	syscall(__NR_mlock2, house(RW, ANON, -1), AREA * PAGE, 1 /* MLOCK_ONFAULT */);
	nonlinear = house(RW, MAP_SHARED, file);
	house(RW, ANON, -1);
	p = place(AREA);
	CHECK(shmat(OK(shmget(IPC_PRIVATE, AREA * PAGE, IPC_CREAT | 0600)), p, 0) == p);
	zoo[animals++] = p;
	keyed = house(RW, ANON, -1);
	house_stack();
	if (__get_cpuid_count(7, 0, &a, &b, &c, &d) && (c & 1 << 4))
		key = OK(syscall(__NR_pkey_alloc, 0, 0));
	if (key > 0) {
		OK(syscall(__NR_pkey_mprotect, keyed, AREA * PAGE, RW, key));
		house(PROT_EXEC, ANON, -1);	/* execute-only: a key of the kernel's */
	}
}

static void end_child(void)
{
	if (child)
		kill(child, SIGKILL), waitpid(child, NULL, 0);
	child = 0;
}

/* Pages and entries change behind the areas' backs. */
static void stir(void)
{
	char *p = zoo[roll(animals)] + roll(AREA) * PAGE;

	switch (roll(9)) {
	case 0:
		madvise(p, PAGE, MADV_DONTNEED);	/* may be refused: a hole, locked */
		break;
	case 1:
		end_child();
		break;
	case 2:
		end_child();
		child = CHILD(pause());
		break;
	case 3:
		syscall(__NR_remap_file_pages, nonlinear + roll(AREA) * PAGE, PAGE, 0, roll(AREA), 0);
		break;
	case 4:
		madvise(nonlinear, AREA * PAGE, MADV_DONTNEED);
		break;
	case 5:
		OK(ftruncate(short_file, roll(AREA * PAGE)));
		break;
	case 6:
		rights = roll(4);
		break;
	case 7:
		if (!roll(4))
			house_stack();
		break;
	case 8:
		EQ(put_text("/proc/self/clear_refs", "4"), 1);	/* all entries are read-only */
		break;
	}
}

/* Most often in an area, sometimes beside it, and sometimes where nobody goes. */
static char *somewhere(void)
{
	static const unsigned long odd[] = {
		0, 8, 0x10000, 0x7ffffffff000, 0x7fffffffefff, 0x800000000000, 0x7fffffffffffffff,
		0x8000000000000000, 0xffff7fffffffffff, 0xffff800000000000, 0xffff888000001000,
		0xffffffff80000000, 0xffffffffff600000, 0xffffffffffffffff,
	};

	if (!roll(12))
		return (char *)odd[roll(sizeof(odd) / sizeof(odd[0]))];
	if (!roll(16))
		return stack_area - roll(700 * PAGE);
	if (!roll(24))
		return roll(2) ? vvar + roll(vdso - vvar) : vdso + roll(PAGE);
	return zoo[roll(animals)] + (long)roll((AREA + 4) * PAGE) - 2 * (long)PAGE;
}

static char scratch;

/* Jump there.  What is found is `ret`, or zeros, which add to a byte of ours until a page cannot be run. */
static void run_at(volatile void *p)
{
	asm volatile("call *%1" : : "a"(&scratch), "r"(p)
		     : "rbx", "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11", "memory", "cc");
}

/* 0, or the signal. */
static int make_access(volatile char *p, char how)
{
	int sig = setjmp(fault_jump);

	if (sig)
		return sig;
	if (how == 'r')
		peek(p);
	else if (how == 'w')
		poke(p, 0xc3);
	else
		run_at(p);
	return 0;
}

static void catch_signals(void)
{
	struct sigaction act = { .sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | SA_NODEFER };

	sigaction(SIGSEGV, &act, NULL);
	sigaction(SIGBUS, &act, NULL);
	sigaction(SIGILL, &act, NULL);
}

static unsigned long entry_of(int fd, unsigned long addr)
{
	unsigned long word = 0;

	if (addr < 0x7ffffffff000)
		EQ(pread(fd, &word, 8, addr / PAGE * 8), 8);
	return word;
}

static int count_of[64];

/* Did @expect come true?  @sig: what the access brought. */
static void compare(const char *expect, char *p, char how, int sig)
{
	int told = told_outcome(p);
	const char *was = told >= 0 ? outcome_names[told] : "no_fault";

	if (told < 0 && sig == SIGSEGV && fault_code == SI_KERNEL)
		was = "general_protection";
	if (strcmp(expect, was))
		FAIL("%c %lx: %s instead of %s; %s", how, (unsigned long)p, was, expect, answer);
	if (told < 0) {
		count_of[sig ? 62 : 63]++;
		return;
	}
	count_of[told]++;
	if (told == OUTCOME_SEGV_MAPERR || told == OUTCOME_SEGV_ACCERR || told == OUTCOME_SEGV_PKUERR ||
	    told == OUTCOME_SIGBUS)
		EQ(sig, told == OUTCOME_SIGBUS ? SIGBUS : SIGSEGV);
}

TEST_LIMIT(ten_thousand_accesses_come_to_what_was_foretold, 110)
{
	static const int must[] = {
		OUTCOME_ANON_ZERO, OUTCOME_ANON_READ_ZERO_PAGE, OUTCOME_FILE_READ, OUTCOME_FILE_COW,
		OUTCOME_FILE_SHARED, OUTCOME_WP_COPY, OUTCOME_WP_REUSE, OUTCOME_WP_SHARED,
		OUTCOME_SEGV_MAPERR, OUTCOME_SEGV_ACCERR, OUTCOME_SIGBUS, 62, 63,
	};
	int pagemap_fd;

	begin();
	build_zoo();
	map_rings();
	catch_signals();
	pagemap_fd = OK(open("/proc/self/pagemap", O_RDONLY));
	for (int i = 0; i < ROUNDS; i++) {
		char how = "rrrwwwwx"[roll(8)], *p, expect[40];
		unsigned long entry;
		long faults;
		int sig;

		if (!roll(8))
			stir();
		p = somewhere();
		if (how == 'x' && strstr(maps_line(p), "[v"))
			how = 'r';		/* no functions of the vDSO from the middle */
		entry = entry_of(pagemap_fd, (unsigned long)p);
		set_pkru(rights);
		why(getpid(), p, how);		/* our own memory is ours again, after a fork */
		minor_faults();			/* so is its buffer */
		faults = minor_faults();
		strcpy(expect, why(getpid(), p, how));
		EQ(minor_faults(), faults);
		if (entry_of(pagemap_fd, (unsigned long)p) != entry)
			FAIL("%d %c %lx: entry %lx was %lx; %s", i, how, (unsigned long)p,
			     entry_of(pagemap_fd, (unsigned long)p), entry, answer);
		forget_events();
		sig = make_access(p, how);
		set_pkru(0);
		compare(expect, p, how, sig);
	}
	EQ(put_text("/proc/quire/mask", "0"), 1);
	end_child();
	for (unsigned int i = 0; i < sizeof(must) / sizeof(must[0]); i++)
		if (count_of[must[i]] < 20)
			FAIL("outcome %d came only %d times", must[i], count_of[must[i]]);
	if (key > 0)
		CMP(count_of[OUTCOME_SEGV_PKUERR], >=, 20);
	EQ(put_text("/proc/sys/vm/verify", "1"), 1);
}

/* All of a file of /proc. */
static char *all_of(const char *path, char *text, long size)
{
	int fd = OK(open(path, O_RDONLY));
	long n = 0, got;

	while ((got = OK(read(fd, text + n, size - 1 - n))) > 0)
		n += got;
	CMP(n, <, size - 1);
	text[n] = '\0';
	close(fd);
	return text;
}

TEST_LIMIT(asking_changes_nothing, 60)
{
	static char before[1 << 17], after[1 << 17];

	begin();
	build_zoo();
	for (int i = 0; i < animals; i++)
		FAULTS(poke(zoo[i] + roll(AREA) * PAGE, 0xc3));
	memset(before, 1, sizeof(before));
	for (int round = 0; round < 2; round++) {	/* the first brings in what the test itself needs */
		memset(after, 1, sizeof(after));
		all_of("/proc/self/smaps", round ? before : after, sizeof(after));
		for (int i = 0; i < 3000; i++)
			why(getpid(), somewhere(), "rwx"[roll(3)]);
		all_of("/proc/self/smaps", after, sizeof(after));
	}
	for (long i = 0; before[i] || after[i]; i++)
		if (before[i] != after[i])
			FAIL("smaps differ: ...%.120s... before: ...%.120s...", after + i, before + i);
}

TEST(another_process_is_explained_by_its_own_memory)
{
	char *p;
	pid_t pid;

	begin();
	p = map_pages(3);
	poke(p, 1);
	STREQ(why(getpid(), p, 'w'), "no_fault");
	pid = CHILD({ poke(p + PAGE, 1); munmap(p + 2 * PAGE, PAGE); kill(getpid(), SIGSTOP); });
	OK(waitpid(pid, NULL, WUNTRACED));
	STREQ(why(getpid(), p, 'w'), "wp_copy");
	STREQ(why(pid, p, 'w'), "wp_copy");
	STREQ(why(pid, p + PAGE, 'w'), "no_fault");
	STREQ(why(getpid(), p + PAGE, 'w'), "anon_zero");
	STREQ(why(pid, p + 2 * PAGE, 'r'), "segv_maperr");
	STREQ(why(getpid(), p + 2 * PAGE, 'r'), "anon_read_zero_page");
	kill(pid, SIGKILL);
	OK(waitpid(pid, NULL, 0));
	STREQ(why(getpid(), p, 'w'), "wp_reuse");
}

/* The limits that hold are those of the thread asked about. */
TEST(a_stack_grows_by_its_owners_limit)
{
	struct rlimit r = { 16 * PAGE, 16 * PAGE };
	pid_t pid;

	begin();
	house_stack();
	STREQ(why(getpid(), stack_area - 40 * PAGE, 'w'), "anon_zero");
	CHECK(strstr(answer, "grow so far? yes"));
	pid = CHILD({ setrlimit(RLIMIT_STACK, &r); kill(getpid(), SIGSTOP); });
	OK(waitpid(pid, NULL, WUNTRACED));
	STREQ(why(pid, stack_area - 40 * PAGE, 'w'), "segv_maperr");
	CHECK(strstr(answer, "grow so far? no"));
	STREQ(why(pid, stack_area - 8 * PAGE, 'w'), "anon_zero");
	kill(pid, SIGKILL);
}

TEST(each_question_is_answered_and_the_file_can_be_read_again)
{
	static const char want[] =
		"is the address canonical? yes\n"
		"is it in the programs' half? yes\n"
		"does an entry map the page? no\n"
		"does an area end above it? yes\n"
		"does that area begin at or below it? yes\n"
		"does the thread's protection key forbid it? no\n"
		"does the area allow the access? yes\n"
		"is the entry empty? yes\n"
		"is the area anonymous? yes\n"
		"is it a write? yes\n"
		"anon_zero: a new page of zeros is mapped\n";
	char *p, text[2048];
	long n;

	begin();
	p = map_pages(1);
	why(getpid(), p, 'w');
	STREQ(answer, want);
	EQ(read(why_fd, text, sizeof(text)), 0);
	poke(p, 1);
	EQ(lseek(why_fd, 0, SEEK_SET), 0);
	for (n = 0; read(why_fd, text + n, 1) == 1; n++)
		;
	text[n] = '\0';
	CHECK(strstr(text, "\nno_fault: "));
	CHECK(!strstr(text, "anon_zero"));
}

TEST(bad_questions_are_refused)
{
	static const char *const bad[] = {
		"", "\n", "1", "1 0", "1 0 ", "1 0 q", "1 0 rw", "1 0 r x", "x 0 r", "1 xyz r", "-1 0 r", "1 -1 r",
		"32768 0 r", "1 0x r", "1 10000000000000000 r", "1 0 r\n\n", "1,0,r", "10 r",
		"99999999999999999999999 0 r",
	};
	char text[100];
	pid_t zombie;

	begin();
	ERR(read(why_fd, text, sizeof(text)), EINVAL);
	for (unsigned int i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (ask_text(bad[i]) != -1 || errno != EINVAL)
			FAIL("\"%s\" was not refused", bad[i]);
	memset(text, ' ', sizeof(text));
	ERR(write(why_fd, text, 100), EINVAL);
	ERR(write(why_fd, "1 0 r\0", 6), EINVAL);
	ERR(write(why_fd, (void *)8, 5), EFAULT);
	ERR(read(why_fd, text, sizeof(text)), EINVAL);
	ERR(ask_text("32767 0 r"), ESRCH);
	ERR(ask_text("0 0 r"), ESRCH);
	zombie = CHILD();
	EVENTUALLY(snprintf(text, sizeof(text), "%d 0 r", zombie) && ask_text(text) == -1);
	EQ(errno, ESRCH);
	snprintf(text, sizeof(text), " %d  0x%lX  r \n", getpid(), (unsigned long)&text);
	EQ(ask_text(text), strlen(text));
	ERR(read(why_fd, (void *)8, 5), EFAULT);
	CMP(read(why_fd, text, sizeof(text)), >, 0);
	OK(setuid(1000));
	ERR(open("/proc/quire/why", O_RDWR), EACCES);
}

/* ---- the log ---- */

/* The log from the last line with @from on; NULL: no such line. */
static char *log_from(const char *from)
{
	static char text[1 << 18];
	char *found = NULL;

	text[OK(syscall(__NR_syslog, 3, text, sizeof(text) - 1))] = '\0';
	for (char *p = text; (p = strstr(p, from)); p++)
		found = p;
	return found;
}

/* Does the @nr-th line from @p on hold the text? */
static int line_has(const char *p, int nr, const char *want)
{
	const char *end, *found;

	while (p && nr--)
		p = strchr(p, '\n') ? strchr(p, '\n') + 1 : NULL;
	if (!p)
		return 0;
	end = strchr(p, '\n');
	found = strstr(p, want);
	return found && (!end || found < end);
}

static char *died(pid_t pid, int sig, const char *what)
{
	char line[64];
	char *log;

	DIES(pid, sig);
	snprintf(line, sizeof(line), "why[%d]: %s at ", pid, what);
	log = log_from(line);
	if (!log)
		FAIL("no line \"%s\" in the log", line);
	return log;
}

/* Ten in five seconds are told: wait for the next five. */
TEST(the_log_says_why_a_program_ended)
{
	sigset_t all;
	char line[64], *p, *log;
	pid_t pid;
	int fd;

	begin();
	sleep(6);
	pid = CHILD(poke(NULL, 1));
	log = died(pid, SIGSEGV, "segfault");
	CHECK(line_has(log, 0, "segfault at 0 ip ") && line_has(log, 0, " error 6"));
	snprintf(line, sizeof(line), "  why %d 0 w: is the address canonical? yes. is it", pid);
	CHECK(line_has(log, 1, line) && line_has(log, 1, " may the area grow down, as a stack? no."));
	CHECK(line_has(log, 2, "  so: segv_maperr: SIGSEGV, SEGV_MAPERR: "));
	CHECK(line_has(log, 3, "  above  00400000-00401000 r--p 00000000 why"));
	CHECK(!line_has(log, 4, "  at ") && !line_has(log, 4, "  below "));

	p = place(4);
	map_at(p, 1, RW, MAP_FIXED);
	map_at(p + PAGE, 1, PROT_READ, MAP_FIXED);
	map_at(p + 3 * PAGE, 1, PROT_NONE, MAP_FIXED);
	log = died(CHILD(poke(p + PAGE + 5, 1)), SIGSEGV, "segfault");
	CHECK(line_has(log, 1, " does the area allow the access? no.") && line_has(log, 2, "  so: segv_accerr: "));
	CHECK(line_has(log, 3, "  below  ") && line_has(log, 3, " rw-p "));
	snprintf(line, sizeof(line), "  at     %lx-%lx r--p ", (unsigned long)p + PAGE, (unsigned long)p + 2 * PAGE);
	CHECK(line_has(log, 4, line));
	CHECK(line_has(log, 5, "  above  ") && line_has(log, 5, " ---p "));

	fd = OK(open("/tmp/why-log", O_RDWR | O_CREAT, 0600));
	p = mmap(p, PAGE, RW, MAP_SHARED | MAP_FIXED, fd, 0);
	log = died(CHILD(peek(p)), SIGBUS, "bus error");
	CHECK(line_has(log, 1, " does the object reach to this page? no.") && line_has(log, 2, "  so: sigbus: "));
	CHECK(line_has(log, 3, "  at     ") || line_has(log, 4, "  at     "));
	unlink("/tmp/why-log");

	died(CHILD({ signal(SIGSEGV, SIG_IGN); poke(NULL, 1); }), SIGSEGV, "segfault");
	sigfillset(&all);
	died(CHILD({ catch_signals(); sigprocmask(SIG_BLOCK, &all, NULL); poke(NULL, 1); }), SIGSEGV,
	     "segfault");
	pid = CHILD(EQ(FAULTS(poke(NULL, 1)), SIGSEGV));
	EXITS(pid, 0);
	snprintf(line, sizeof(line), "why[%d]:", pid);
	CHECK(!log_from(line));			/* that one had a plan */
}

/* Another thread changes the areas while it is asked about them. */
TEST(asking_in_the_middle_of_changes)
{
	pid_t pid;
	char *p;

	begin();
	p = lonely(64);
	pid = CHILD({
		for (;;) {
			map_at(p, 64, RW, MAP_FIXED);
			for (int i = 0; i < 64; i += 3)
				poke(p + i * PAGE, 1);
			munmap(p + 7 * PAGE, 50 * PAGE);
			EXITS(CHILD(poke(p, 2)), 0);
		}
	});
	for (int i = 0; i < 3000; i++) {
		const char *o = why(pid, p + roll(64 * PAGE), "rwx"[roll(3)]);

		CHECK(!strcmp(o, "segv_maperr") || !strcmp(o, "segv_accerr") || !strcmp(o, "anon_zero") ||
		      !strcmp(o, "anon_read_zero_page") || !strcmp(o, "no_fault") || !strcmp(o, "wp_copy") ||
		      !strcmp(o, "wp_reuse"));
	}
	kill(pid, SIGKILL);
	OK(waitpid(pid, NULL, 0));
	EQ(put_text("/proc/sys/vm/verify", "1"), 1);
}
