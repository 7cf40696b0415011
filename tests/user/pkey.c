/*
 * tests/user/pkey.c - memory protection keys
 *
 * On a CPU without them every case asks for the refusals only: no key can be allocated, and
 * pkey_mprotect() with key -1 is mprotect().
 */
#include <cpuid.h>
#include <sched.h>
#include <thread.h>
#define TEST_OWN_MAIN
#include "mem.h"

#define RW	(PROT_READ | PROT_WRITE)
#define NO_ACCESS PKEY_DISABLE_ACCESS
#define NO_WRITE PKEY_DISABLE_WRITE
#define PKRU_START 0x55555554U

static int pkey_alloc(unsigned long flags, unsigned long rights)
{
	return syscall(__NR_pkey_alloc, flags, rights);
}

static int pkey_free(long key)
{
	return syscall(__NR_pkey_free, key);
}

static int pkey_mprotect(void *p, unsigned long len, unsigned long prot, long key)
{
	return syscall(__NR_pkey_mprotect, p, len, prot, key);
}

static int have_keys(void)
{
	unsigned int a, b, c, d;

	return __get_cpuid_count(7, 0, &a, &b, &c, &d) && (c & 1 << 4);
}
#define NEED_KEYS	do { if (!have_keys()) return; } while (0)

static unsigned int rdpkru(void)
{
	unsigned int pkru, d;

	asm volatile("rdpkru" : "=a"(pkru), "=d"(d) : "c"(0));
	return pkru;
}

static void wrpkru(unsigned int pkru)
{
	asm volatile("wrpkru" : : "a"(pkru), "c"(0), "d"(0) : "memory");
}

static void set_rights(int key, unsigned int rights)
{
	wrpkru((rdpkru() & ~(3U << 2 * key)) | rights << 2 * key);
}

static unsigned int rights(int key)
{
	return rdpkru() >> 2 * key & 3;
}

static volatile int fault_key;
static volatile long fault_error;

static void on_key_fault(int sig, siginfo_t *info, void *context)
{
	fault_code = info->si_code;
	fault_addr = info->si_addr;
	fault_key = info->si_pkey;
	fault_error = ((struct ucontext *)context)->uc_mcontext.err;
	longjmp(fault_jump, sig);
}

/* As FAULTS(), with fault_key and fault_error.  A handler starts with its own PKRU: keep ours. */
#define KEY_FAULTS(action) ({							\
	struct sigaction act_ = { .sa_sigaction = on_key_fault,			\
				  .sa_flags = SA_SIGINFO | SA_NODEFER };	\
	unsigned int pkru_ = rdpkru();						\
	int sig_;								\
	sigaction(SIGSEGV, &act_, NULL);					\
	fault_code = fault_key = 0;						\
	sig_ = setjmp(fault_jump);						\
	if (!sig_) {								\
		action;								\
	}									\
	wrpkru(pkru_);								\
	sig_; })

#define DENIED(action, key, addr) do {						\
	EQ(KEY_FAULTS(action), SIGSEGV);					\
	EQ(fault_code, SEGV_PKUERR);						\
	EQ(fault_key, key);							\
	EQ(fault_addr, addr);							\
} while (0)

/* ProtectionKey of the area at @p in smaps, -1 if there is no such line. */
static int key_of(const void *p)
{
	unsigned long start, end, a = (unsigned long)p;
	FILE *f = fopen("/proc/self/smaps", "r");
	char line[512], perms[8];
	int in = 0, key = -1;

	while (f && fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%lx-%lx %4s", &start, &end, perms) == 3)
			in = a >= start && a < end;
		else if (in && !strncmp(line, "ProtectionKey:", 14))
			key = strtol(line + 14, NULL, 10);
	}
	if (f)
		fclose(f);
	return key;
}

/* Fresh pages under a key of their own, which has these rights. */
static char *keyed_pages(int pages, unsigned int rights, int *key)
{
	char *p = map_pages(pages);

	*key = OK(pkey_alloc(0, rights));
	OK(pkey_mprotect(p, pages * PAGE, RW, *key));
	return p;
}

/* ---- requests ---- */

TEST(without_the_feature_there_are_no_keys)
{
	char *p = map_pages(2);

	if (have_keys())
		return;
	ERR(pkey_alloc(0, 0), ENOSPC);
	ERR(pkey_free(0), EINVAL);
	ERR(pkey_mprotect(p, PAGE, RW, 0), EINVAL);
	OK(pkey_mprotect(p, PAGE, PROT_READ, -1));
	STREQ(areas(p, 2), "0+1 r--p, 1+1 rw-p");
	EQ(key_of(p), -1);
}

TEST(wrong_requests_are_refused_and_change_nothing)
{
	char *p = map_pages(1);

	ERR(pkey_alloc(1, 0), EINVAL);
	ERR(pkey_alloc(-1, 0), EINVAL);
	ERR(pkey_alloc(1UL << 32, 0), EINVAL);
	ERR(pkey_alloc(0, 4), EINVAL);
	ERR(pkey_alloc(0, -1), EINVAL);
	ERR(pkey_alloc(0, 1UL << 32), EINVAL);
	ERR(pkey_free(1), EINVAL);
	ERR(pkey_free(15), EINVAL);
	ERR(pkey_free(16), EINVAL);
	ERR(pkey_free(-1), EINVAL);
	ERR(pkey_free(-2147483648L), EINVAL);
	ERR(pkey_mprotect(p, PAGE, PROT_READ, 1), EINVAL);
	ERR(pkey_mprotect(p, PAGE, PROT_READ, 16), EINVAL);
	ERR(pkey_mprotect(p, PAGE, PROT_READ, -2), EINVAL);
	ERR(pkey_mprotect(p + 1, PAGE, PROT_READ, 1), EINVAL);
	ERR(pkey_mprotect(p, -PAGE, PROT_READ, 1), ENOMEM);
	ERR(pkey_mprotect(p, PAGE, 0x100, 1), EINVAL);
	OK(pkey_mprotect(p, 0, PROT_READ, 1));
	ERR(pkey_mprotect((void *)-PAGE, 2 * PAGE, PROT_READ, -1), ENOMEM);
	ERR(pkey_mprotect((void *)0x7ffffffff000, PAGE, PROT_READ, -1), ENOMEM);
	ERR(pkey_mprotect((void *)0x800000000000, PAGE, PROT_READ, -1), ENOMEM);
	STREQ(areas(p, 1), "0+1 rw-p");
	poke(p, 1);
}

TEST(there_are_fifteen_keys_and_each_is_handed_out_once)
{
	unsigned int seen = 0;

	NEED_KEYS;
	for (int i = 0; i < 15; i++) {
		int key = OK(pkey_alloc(0, 0));

		CHECK(key > 0 && key < 16 && !(seen & 1 << key));
		seen |= 1 << key;
	}
	ERR(pkey_alloc(0, 0), ENOSPC);
	OK(pkey_free(7));
	ERR(pkey_free(7), EINVAL);
	EQ(pkey_alloc(0, 0), 7);
	ERR(pkey_alloc(0, 0), ENOSPC);
}

TEST(rights_at_allocation_are_in_pkru)
{
	NEED_KEYS;
	EQ(rdpkru(), PKRU_START);
	EQ(rights(OK(pkey_alloc(0, 0))), 0);
	EQ(rights(OK(pkey_alloc(0, NO_ACCESS))), 1);
	EQ(rights(OK(pkey_alloc(0, NO_WRITE))), 2);
	EQ(rights(OK(pkey_alloc(0, NO_ACCESS | NO_WRITE))), 3);
	EQ(rdpkru() & ~0x3fcU, PKRU_START & ~0x3fcU);
}

TEST(key_zero_can_be_used_and_freed)
{
	char *p = map_pages(1);

	NEED_KEYS;
	OK(pkey_mprotect(p, PAGE, PROT_READ, 0));
	EQ(key_of(p), 0);
	OK(pkey_free(0));
	ERR(pkey_mprotect(p, PAGE, RW, 0), EINVAL);
	EQ(pkey_alloc(0, 0), 0);
	OK(pkey_mprotect(p, PAGE, RW, 0));
	poke(p, 1);
}

/* ---- what a key does ---- */

TEST(a_key_denies_reads_and_writes)
{
	char *p = map_pages(2);
	int key;

	NEED_KEYS;
	key = OK(pkey_alloc(0, 0));
	p[0] = 42;
	OK(pkey_mprotect(p, 2 * PAGE, RW, key));
	EQ(p[0], 42);
	set_rights(key, NO_ACCESS);
	DENIED(peek(p), key, p);
	EQ(fault_error, 0x25);
	DENIED(poke(p + 5, 1), key, p + 5);
	EQ(fault_error, 0x27);
	set_rights(key, NO_WRITE);
	EQ(p[0], 42);
	DENIED(poke(p, 1), key, p);
	set_rights(key, 0);
	p[0]++;
	EQ(p[0], 43);
}

TEST(memory_that_may_not_be_touched_is_not_filled)
{
	char *p;
	int key;

	NEED_KEYS;
	p = keyed_pages(2, NO_ACCESS, &key);
	DENIED(peek(p), key, p);
	EQ(fault_error, 0x4);
	DENIED(poke(p + PAGE, 1), key, p + PAGE);
	EQ(fault_error, 0x6);
	EQ(frame(p), 0);
	EQ(frame(p + PAGE), 0);
	set_rights(key, NO_WRITE);
	EQ(peek(p), 0);
	DENIED(poke(p, 1), key, p);
	DENIED(poke(p + PAGE, 1), key, p + PAGE);
	EQ(frame(p + PAGE), 0);
}

TEST(the_key_is_named_before_the_permission)
{
	char *p = map_pages(1);
	int key;

	NEED_KEYS;
	key = OK(pkey_alloc(0, 0));
	OK(pkey_mprotect(p, PAGE, PROT_READ, key));
	EQ(KEY_FAULTS(poke(p, 1)), SIGSEGV);
	EQ(fault_code, SEGV_ACCERR);
	set_rights(key, NO_WRITE);
	DENIED(poke(p, 1), key, p);
	OK(pkey_mprotect(p, PAGE, PROT_NONE, key));
	set_rights(key, 0);
	EQ(KEY_FAULTS(peek(p)), SIGSEGV);
	EQ(fault_code, SEGV_ACCERR);
	set_rights(key, NO_ACCESS);
	DENIED(peek(p), key, p);
}

TEST(areas_with_different_keys_do_not_merge)
{
	char *p = lonely(4);
	int key;

	NEED_KEYS;
	map_at(p, 4, RW, MAP_FIXED);
	key = OK(pkey_alloc(0, 0));
	OK(pkey_mprotect(p + PAGE, 2 * PAGE, RW, key));
	STREQ(areas(p, 4), "0+1 rw-p, 1+2 rw-p, 3+1 rw-p");
	EQ(key_of(p), 0);
	EQ(key_of(p + PAGE), key);
	EQ(key_of(p + 3 * PAGE), 0);
	OK(pkey_mprotect(p, PAGE, RW, key));
	STREQ(areas(p, 4), "0+3 rw-p, 3+1 rw-p");
	OK(pkey_mprotect(p, 4 * PAGE, RW, 0));
	STREQ(areas(p, 4), "0+4 rw-p");
}

TEST(mprotect_keeps_the_key)
{
	char *p;
	int key;

	NEED_KEYS;
	p = keyed_pages(1, 0, &key);
	p[0] = 1;
	OK(mprotect(p, PAGE, PROT_READ));
	EQ(key_of(p), key);
	OK(mprotect(p, PAGE, PROT_NONE));
	OK(mprotect(p, PAGE, RW));
	EQ(key_of(p), key);
	OK(pkey_mprotect(p, PAGE, RW, -1));
	EQ(key_of(p), key);
	set_rights(key, NO_ACCESS);
	DENIED(peek(p), key, p);
}

TEST(a_new_key_counts_for_pages_that_are_there_at_once)
{
	char *p = map_pages(8);
	int open, closed;

	NEED_KEYS;
	open = OK(pkey_alloc(0, 0));
	closed = OK(pkey_alloc(0, NO_ACCESS));
	for (int i = 0; i < 50; i++) {
		memset(p, i, 8 * PAGE);
		OK(pkey_mprotect(p, 8 * PAGE, RW, closed));
		DENIED(peek(p + i % 8 * PAGE), closed, p + i % 8 * PAGE);
		OK(pkey_mprotect(p, 8 * PAGE, RW, open));
		EQ(p[i % 8 * PAGE], i);
	}
}

TEST(freeing_a_key_leaves_it_on_the_memory)
{
	char *p;
	int key;

	NEED_KEYS;
	p = keyed_pages(1, 0, &key);
	OK(pkey_free(key));
	EQ(key_of(p), key);
	OK(mprotect(p, PAGE, PROT_READ));
	EQ(key_of(p), key);
	ERR(pkey_mprotect(p, PAGE, RW, key), EINVAL);
	set_rights(key, NO_ACCESS);
	DENIED(peek(p), key, p);
	EQ(pkey_alloc(0, 0), key);
	EQ(peek(p), 0);
}

TEST(the_key_goes_with_the_memory)
{
	char *p = map_pages(4), *q;
	int key;

	NEED_KEYS;
	key = OK(pkey_alloc(0, 0));
	memset(p, 7, 4 * PAGE);
	OK(pkey_mprotect(p, 4 * PAGE, RW, key));
	q = mremap(p, 4 * PAGE, 8 * PAGE, MREMAP_MAYMOVE);
	CHECK(q != MAP_FAILED);
	EQ(key_of(q), key);
	q[5 * PAGE] = 7;
	set_rights(key, NO_ACCESS);
	DENIED(peek(q), key, q);
	DENIED(peek(q + 5 * PAGE), key, q + 5 * PAGE);
	OK(madvise(q, PAGE, MADV_DONTNEED));
	DENIED(peek(q), key, q);
	set_rights(key, 0);
	EQ(q[0], 0);
	EQ(q[PAGE], 7);
}

/* ---- execute-only ---- */

static char *code_page(void)
{
	char *p = map_pages(2);

	memcpy(p, "\xb8\x2a\x00\x00\x00\xc3", 6);	/* mov $42, %eax; ret */
	return p;
}

TEST(exec_alone_means_execute_only)
{
	char *p = code_page();
	int key;

	if (!have_keys()) {
		OK(mprotect(p, PAGE, PROT_EXEC));
		EQ(((int (*)(void))p)(), 42);
		EQ(peek(p) & 0xff, 0xb8);
		return;
	}
	OK(mprotect(p, PAGE, PROT_EXEC));
	key = key_of(p);
	CMP(key, >, 0);
	EQ(rights(key), NO_ACCESS);
	EQ(((int (*)(void))p)(), 42);
	DENIED(peek(p), key, p);
	DENIED(poke(p, 1), key, p);
	ERR(pkey_free(key), EINVAL);
	ERR(pkey_mprotect(p + PAGE, PAGE, RW, key), EINVAL);
	CHECK(pkey_alloc(0, 0) != key);
	OK(mprotect(p, PAGE, PROT_READ | PROT_EXEC));
	EQ(key_of(p), 0);
	EQ(peek(p) & 0xff, 0xb8);
}

TEST(execute_only_memory_by_mmap_has_the_same_key)
{
	char *p = code_page(), *q;

	NEED_KEYS;
	OK(mprotect(p, PAGE, PROT_EXEC));
	q = map_at(NULL, 1, PROT_EXEC, 0);
	EQ(key_of(q), key_of(p));
	DENIED(peek(q), key_of(p), q);
	EQ(frame(q), 0);
	set_rights(key_of(p), 0);
	EQ(peek(q), 0);
	OK(mprotect(q, PAGE, PROT_EXEC | PROT_SEM));
	OK(mprotect(p, PAGE, PROT_EXEC));		/* takes the right away again */
	EQ(rights(key_of(p)), NO_ACCESS);
}

TEST(without_a_free_key_exec_alone_can_be_read)
{
	char *p = code_page();

	NEED_KEYS;
	while (pkey_alloc(0, 0) >= 0)
		;
	OK(mprotect(p, PAGE, PROT_EXEC));
	EQ(key_of(p), 0);
	EQ(((int (*)(void))p)(), 42);
	EQ(peek(p) & 0xff, 0xb8);
}

TEST(a_key_given_with_exec_alone_is_kept)
{
	char *p = code_page();
	int key;

	NEED_KEYS;
	key = OK(pkey_alloc(0, 0));
	OK(pkey_mprotect(p, PAGE, PROT_EXEC, key));
	EQ(key_of(p), key);
	EQ(peek(p) & 0xff, 0xb8);
	set_rights(key, NO_ACCESS);
	EQ(((int (*)(void))p)(), 42);
	DENIED(peek(p), key, p);
}

/* ---- the kernel obeys too ---- */

TEST(system_calls_do_not_reach_what_the_key_denies)
{
	char *p = map_pages(2);
	int key, fd[2];

	NEED_KEYS;
	key = OK(pkey_alloc(0, 0));
	OK(pipe(fd));
	p[0] = 'x';
	OK(pkey_mprotect(p, 2 * PAGE, RW, key));
	set_rights(key, NO_WRITE);
	EQ(write(fd[1], p, 1), 1);
	ERR(read(fd[0], p, 1), EFAULT);
	ERR(read(fd[0], p + PAGE, 1), EFAULT);
	EQ(frame(p + PAGE), 0);
	set_rights(key, NO_ACCESS);
	ERR(write(fd[1], p, 1), EFAULT);
	ERR(write(fd[1], p + PAGE, 1), EFAULT);
	ERR(open(p, O_RDONLY), EFAULT);
	set_rights(key, 0);
	EQ(write(fd[1], p, 1), 1);
	EQ(read(fd[0], p + PAGE, 1), 1);
	EQ(p[PAGE], 'x');
}

TEST(a_copy_stops_where_the_key_denies)
{
	char *p = map_pages(2);
	int key, fd[2];

	NEED_KEYS;
	key = OK(pkey_alloc(0, NO_ACCESS));
	OK(pipe(fd));
	memset(p, 'a', 2 * PAGE);
	OK(pkey_mprotect(p + PAGE, PAGE, RW, key));
	CMP(write(fd[1], p + PAGE - 10, 20), <=, 10);
}

TEST(population_is_refused_where_the_key_denies)
{
	char *p = map_pages(2);
	int key;

	NEED_KEYS;
	key = OK(pkey_alloc(0, NO_ACCESS));
	OK(pkey_mprotect(p, 2 * PAGE, RW, key));
	ERR(madvise(p, PAGE, MADV_POPULATE_READ), EINVAL);
	ERR(madvise(p, PAGE, MADV_POPULATE_WRITE), EINVAL);
	ERR(mlock(p, PAGE), ENOMEM);
	EQ(frame(p), 0);
	set_rights(key, NO_WRITE);
	OK(madvise(p, PAGE, MADV_POPULATE_READ));
	ERR(madvise(p + PAGE, PAGE, MADV_POPULATE_WRITE), EINVAL);
	EQ(frame(p + PAGE), 0);
}

static char **main_argv;

/* Deep in the stack, so that no frame in use lies in the page of the arguments. */
static __attribute__((noinline)) void read_own_arguments(void)
{
	volatile char depth[2 * PAGE];
	char *page = (char *)((unsigned long)main_argv[0] & -PAGE), text[64] = "";
	int fd = OK(open("/proc/self/cmdline", O_RDONLY)), key = OK(pkey_alloc(0, NO_ACCESS)), n;

	memset((char *)depth, 0, sizeof(depth));
	OK(pkey_mprotect(page, PAGE, RW, key));
	n = read(fd, text, sizeof(text) - 1);
	set_rights(key, 0);
	CMP(n, >, 0);
	STREQ(text, main_argv[0]);
}

TEST(files_in_proc_show_memory_whatever_its_key)
{
	NEED_KEYS;
	read_own_arguments();
}

/* ---- whose PKRU ---- */

static volatile unsigned int pkru_inside;

static void look(int sig)
{
	pkru_inside = rdpkru();
	wrpkru(0);
}

TEST(a_handler_starts_with_the_default_and_sigreturn_restores)
{
	unsigned int mine = PKRU_START & ~0xcU;

	NEED_KEYS;
	signal(SIGUSR1, look);
	wrpkru(mine);
	OK(raise(SIGUSR1));
	EQ(pkru_inside, PKRU_START);
	EQ(rdpkru(), mine);
	wrpkru(0);
	OK(raise(SIGUSR1));
	EQ(pkru_inside, PKRU_START);
	EQ(rdpkru(), 0);
}

static void change_frame(int sig, siginfo_t *info, void *context)
{
	struct _fpstate_64 *fx = (void *)((struct ucontext *)context)->uc_mcontext.fpstate;
	unsigned int a, offset, c, d;

	__cpuid_count(0xd, 9, a, offset, c, d);
	pkru_inside = *(unsigned int *)((char *)fx + offset);
	*(unsigned int *)((char *)fx + offset) = PKRU_START & ~0xf0U;
}

TEST(pkru_is_in_the_frame_and_can_be_changed_there)
{
	struct sigaction act = { .sa_sigaction = change_frame, .sa_flags = SA_SIGINFO };

	NEED_KEYS;
	OK(sigaction(SIGUSR1, &act, NULL));
	wrpkru(PKRU_START & ~0xcU);
	OK(raise(SIGUSR1));
	EQ(pkru_inside, PKRU_START & ~0xcU);
	EQ(rdpkru(), PKRU_START & ~0xf0U);
}

TEST(a_frame_on_a_stack_that_the_key_denies_kills)
{
	NEED_KEYS;
	DIES(CHILD(
		stack_t s = { .ss_sp = map_pages(8), .ss_size = 8 * PAGE };
		struct sigaction act = { .sa_handler = look, .sa_flags = SA_ONSTACK };
		int key = pkey_alloc(0, NO_ACCESS);

		pkey_mprotect(s.ss_sp, 8 * PAGE, RW, key);
		sigaltstack(&s, NULL);
		sigaction(SIGUSR1, &act, NULL);
		raise(SIGUSR1)
	), SIGSEGV);
}

TEST(a_child_has_the_keys_and_the_rights_of_its_parent)
{
	char *p = map_pages(1);
	int key;
	pid_t pid;

	NEED_KEYS;
	key = OK(pkey_alloc(0, 0));
	p[0] = 1;
	OK(pkey_mprotect(p, PAGE, RW, key));
	set_rights(key, NO_WRITE);
	pid = CHILD(
		EQ(rights(key), NO_WRITE);
		EQ(key_of(p), key);
		DENIED(poke(p, 1), key, p);
		set_rights(key, 0);
		p[0] = 9;
		CHECK(pkey_alloc(0, 0) != key);
		OK(pkey_free(key))
	);
	EXITS(pid, 0);
	EQ(rights(key), NO_WRITE);
	EQ(p[0], 1);
	OK(pkey_free(key));
}

static int key_of_threads;
static char *page_of_threads;

static int other_thread(void *arg)
{
	unsigned int start = rdpkru();

	for (int i = 0; i < 200; i++) {
		set_rights(key_of_threads, 0);
		sched_yield();
		if (rights(key_of_threads))
			return -1;
		page_of_threads[1]++;
		set_rights(key_of_threads, NO_WRITE);
		sched_yield();
		if (rights(key_of_threads) != NO_WRITE)
			return -2;
	}
	return start >> 2 * key_of_threads & 3;
}

TEST(each_thread_has_its_own_rights)
{
	struct thread *t[4];

	NEED_KEYS;
	key_of_threads = OK(pkey_alloc(0, NO_ACCESS));
	page_of_threads = map_pages(1);
	OK(pkey_mprotect(page_of_threads, PAGE, RW, key_of_threads));
	for (int i = 0; i < 4; i++)
		t[i] = thread_create(other_thread, NULL);
	for (int i = 0; i < 200; i++) {
		EQ(rights(key_of_threads), NO_ACCESS);
		sched_yield();
	}
	DENIED(peek(page_of_threads), key_of_threads, page_of_threads);
	for (int i = 0; i < 4; i++)
		EQ(thread_join(t[i]), NO_ACCESS);	/* what it began with: its creator's */
	set_rights(key_of_threads, 0);
	EQ(page_of_threads[1], (char)800);
}

/* The program that exec starts: 0 if it finds everything as it should be. */
static int after_exec(void)
{
	unsigned int pkru = rdpkru();

	for (int i = 0; i < 15; i++)
		if (pkey_alloc(0, 0) < 0)
			return 2;
	return pkru != PKRU_START;
}

TEST(exec_starts_with_all_keys_free_and_the_default)
{
	NEED_KEYS;
	EXITS(CHILD(
		char *argv[] = { "pkey", "--after-exec", NULL };

		while (pkey_alloc(0, 0) >= 0)
			;
		/* The old program may not even write to its own stack: that is not the new one's. */
		asm volatile("wrpkru\n\t"
			     "mov %4, %%eax\n\t"
			     "syscall\n\t"
			     "mov $77, %%edi\n\t"
			     "mov %5, %%eax\n\t"
			     "syscall"
			     : : "a"(2), "c"(0), "d"(0), "D"("/proc/self/exe"),
			       "i"(__NR_execve), "i"(__NR_exit), "S"(argv)
			     : "memory", "r11")
	), 0);
}

int main(int argc, char **argv)
{
	main_argv = argv;
	if (argc > 1 && !strcmp(argv[1], "--after-exec"))
		return after_exec();
	return test_main(argv);
}
