/*
 * tests/user/avx.c - state beyond SSE: 256-bit registers over switches, signals, fork and exec
 *
 * On a CPU without AVX the cases use the lower halves, which FXSAVE keeps.
 */
#include <cpuid.h>
#include <sched.h>
#include <thread.h>
#include <sys/auxv.h>
#include <sys/time.h>
#include "mem.h"

static int have_avx(void)
{
	unsigned int a, b, c, d;

	__cpuid(1, a, b, c, d);
	return (c & 1 << 27) && (c & 1 << 28);
}

static int have_xsave(void)
{
	unsigned int a, b, c, d;

	__cpuid(1, a, b, c, d);
	return !!(c & 1 << 27);
}

/* 16 registers of 32 bytes; without AVX only the lower 16 bytes of each are loaded and stored. */
struct regs {
	unsigned long v[16][4];
};

static int avx;

#define EACH(m) m(0) m(1) m(2) m(3) m(4) m(5) m(6) m(7) m(8) m(9) m(10) m(11) m(12) m(13) m(14) m(15)
#define LOAD_Y(n) "vmovdqu " #n "*32(%[in]), %%ymm" #n "\n\t"
#define STORE_Y(n) "vmovdqu %%ymm" #n ", " #n "*32(%[out])\n\t"
#define LOAD_X(n) "movdqu " #n "*32(%[in]), %%xmm" #n "\n\t"
#define STORE_X(n) "movdqu %%xmm" #n ", " #n "*32(%[out])\n\t"

/* Load all registers from @in, make a system call, store them to @out.  Its result. */
static __attribute__((noinline)) long call_with(const struct regs *in, struct regs *out, long nr,
						long a, long b)
{
	register long r10 asm("r10") = 0;
	long ret = nr;

	if (avx)
		asm volatile(EACH(LOAD_Y) "syscall\n\t" EACH(STORE_Y) "vzeroupper"
			     : "+a"(ret) : [in] "r"(in), [out] "r"(out), "D"(a), "S"(b), "d"(0L), "r"(r10)
			     : "rcx", "r11", "memory", "xmm0", "xmm1", "xmm2", "xmm3", "xmm4",
			     "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm10", "xmm11", "xmm12",
			     "xmm13", "xmm14", "xmm15");
	else
		asm volatile(EACH(LOAD_X) "syscall\n\t" EACH(STORE_X)
			     : "+a"(ret) : [in] "r"(in), [out] "r"(out), "D"(a), "S"(b), "d"(0L), "r"(r10)
			     : "rcx", "r11", "memory", "xmm0", "xmm1", "xmm2", "xmm3", "xmm4",
			     "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm10", "xmm11", "xmm12",
			     "xmm13", "xmm14", "xmm15");
	return ret;
}

static void pattern(struct regs *r, unsigned long seed)
{
	avx = have_avx();
	memset(r, 0, sizeof(*r));
	for (int i = 0; i < 16; i++)
		for (int j = 0; j < (avx ? 4 : 2); j++)
			r->v[i][j] = seed * 1000003 + i * 101 + j + 1;
}

static int same(const struct regs *a, const struct regs *b)
{
	return !memcmp(a, b, sizeof(*a));
}

/* ---- switches ---- */

static int keep(void *arg)
{
	struct regs in, out;

	for (int i = 0; i < 100; i++) {
		pattern(&in, (long)arg * 1000 + i);
		memset(&out, 0, sizeof(out));
		call_with(&in, &out, __NR_sched_yield, 0, 0);
		if (!same(&in, &out))
			return 1;
	}
	return 0;
}

TEST(each_of_many_threads_keeps_its_registers)
{
	struct thread *t[16];

	for (long i = 0; i < 16; i++)
		CHECK(t[i] = thread_create(keep, (void *)i));
	EQ(keep((void *)99), 0);
	for (int i = 0; i < 16; i++)
		EQ(thread_join(t[i]), 0);
}

TEST(each_of_many_processes_keeps_its_registers)
{
	pid_t pid[8];

	for (long i = 0; i < 8; i++)
		pid[i] = CHILD(_exit(keep((void *)i)));
	for (int i = 0; i < 8; i++)
		EXITS(pid[i], 0);
}

TEST(a_child_begins_with_a_copy_of_the_registers)
{
	static struct regs in, out;
	int me = getpid(), status;

	pattern(&in, 5);
	call_with(&in, &out, __NR_fork, 0, 0);
	if (getpid() != me)
		_exit(!same(&in, &out));
	EQ(same(&in, &out), 1);
	OK(wait(&status));
	EQ(status, 0);
}

/* ---- signals ---- */

static struct regs at_start, zero;
static unsigned int mxcsr_at_start;
static volatile int depth, handled;

static void spoil(int sig)
{
	struct regs mine, out;

	asm volatile("stmxcsr %0" : "=m"(mxcsr_at_start));
	pattern(&mine, 100 + sig + depth);
	if (depth++ == 0)
		raise(SIGUSR2);
	call_with(&mine, &out, __NR_sched_yield, 0, 0);
	if (same(&mine, &out))
		handled++;
}

TEST(registers_survive_handlers_in_handlers)
{
	struct regs in, out;

	signal(SIGUSR1, spoil);
	signal(SIGUSR2, spoil);
	pattern(&in, 6);
	memset(&out, 0, sizeof(out));
	call_with(&in, &out, __NR_kill, getpid(), SIGUSR1);
	EQ(handled, 2);
	EQ(same(&in, &out), 1);
}

static __attribute__((naked)) void note_registers(void)
{
	asm("lea at_start(%rip), %rax\n\t"
	    "movdqu %xmm0, (%rax); movdqu %xmm5, 16(%rax); movdqu %xmm15, 32(%rax)\n\t"
	    "stmxcsr mxcsr_at_start(%rip)\n\t"
	    "ret");
}

TEST(a_handler_starts_with_clean_registers)
{
	unsigned int mxcsr = 0x1fa0, after;
	struct regs in, out;

	signal(SIGUSR1, (void (*)(int))note_registers);
	pattern(&in, 7);
	memset(&at_start, 1, sizeof(at_start));
	memset(&zero, 1, sizeof(zero));
	memset(&zero, 0, 48);
	asm volatile("ldmxcsr %0" : : "m"(mxcsr));
	call_with(&in, &out, __NR_kill, getpid(), SIGUSR1);
	asm volatile("stmxcsr %0" : "=m"(after));
	EQ(same(&at_start, &zero), 1);
	EQ(mxcsr_at_start, 0x1f80);
	EQ(after, mxcsr);
}

TEST(registers_survive_a_timer_at_any_instruction)
{
	struct itimerval t = { { 0, 2000 }, { 0, 2000 } };
	struct regs in, out;

	signal(SIGVTALRM, spoil);
	signal(SIGUSR2, SIG_IGN);
	OK(setitimer(ITIMER_VIRTUAL, &t, NULL));
	for (int i = 0; handled < 10; i++) {
		pattern(&in, i);
		memset(&out, 0, sizeof(out));
		call_with(&in, &out, __NR_getppid, 0, 0);
		EQ(same(&in, &out), 1);
	}
}

/* ---- the frame ---- */

#define FX_SIZE 512
static int mode;
static volatile long frame_fp, frame_flags;
static struct _fpx_sw_bytes sw;
static unsigned int magic2, upper[4];

static struct _fpstate_64 *fp_of(void *context)
{
	return (void *)((struct ucontext *)context)->uc_mcontext.fpstate;
}

static void look(int sig, siginfo_t *info, void *context)
{
	struct _fpstate_64 *fx = fp_of(context);

	frame_fp = (long)fx;
	frame_flags = ((struct ucontext *)context)->uc_flags;
	sw = fx->sw_reserved;
	if (have_xsave())
		magic2 = *(unsigned int *)((char *)fx + sw.xstate_size);
	if (have_avx())		/* ymm5's upper half: the AVX component is at 576 */
		memcpy(upper, (char *)fx + 576 + 5 * 16, 16);
}

static void handle(void (*fn)(int, siginfo_t *, void *))
{
	struct sigaction act = { .sa_sigaction = fn, .sa_flags = SA_SIGINFO };

	OK(sigaction(SIGUSR1, &act, NULL));
}

TEST(the_frame_says_what_it_holds)
{
	unsigned int a = 0, size = FX_SIZE, c, d;
	struct regs in, out;

	handle(look);
	pattern(&in, 8);
	call_with(&in, &out, __NR_kill, getpid(), SIGUSR1);
	if (have_xsave())
		__cpuid_count(0xd, 0, a, size, c, d);
	EQ(frame_fp % 64, 0);
	EQ(sw.magic1, FP_XSTATE_MAGIC1);
	EQ(sw.xstate_size, size);
	EQ(sw.extended_size, size + 4);
	EQ(sw.xfeatures, a);
	EQ(frame_flags & UC_FP_XSTATE, have_xsave() ? UC_FP_XSTATE : 0);
	if (have_xsave())
		EQ(magic2, FP_XSTATE_MAGIC2);
	if (have_avx())
		EQ(memcmp(upper, &in.v[5][2], 16), 0);
}

TEST(the_vector_says_how_large_a_frame_can_be)
{
	struct regs in, out;
	long size = getauxval(AT_MINSIGSTKSZ);

	handle(look);
	pattern(&in, 8);
	call_with(&in, &out, __NR_kill, getpid(), SIGUSR1);
	CMP(size, >=, sw.extended_size + sizeof(struct rt_sigframe));
	EQ(size % 16, 0);
	EQ(size, (sw.xstate_size + (have_xsave() ? 4 : 0) + 928 + 15) / 16 * 16);
}

TEST(an_alternate_stack_too_small_for_the_frame_kills)
{
	if (getauxval(AT_MINSIGSTKSZ) < MINSIGSTKSZ + 512)
		return;			/* it may fit */
	DIES(CHILD(
		stack_t s = { .ss_sp = map_pages(1), .ss_size = MINSIGSTKSZ };
		struct sigaction act = { .sa_sigaction = look, .sa_flags = SA_ONSTACK | SA_SIGINFO };

		sigaltstack(&s, NULL);
		sigaction(SIGUSR1, &act, NULL);
		raise(SIGUSR1)
	), SIGSEGV);
}

enum { NO_MAGIC1, NO_MAGIC2, TOO_SMALL, TOO_LARGE, LARGER_THAN_ALL, ONLY_SSE, FIRST_STATE, EXTRA,
       UNKNOWN_COMPONENT, COMPACTED, RESERVED, UNALIGNED, KERNEL_HALF, UNMAPPED, NONE };

static void damage(int sig, siginfo_t *info, void *context)
{
	struct _fpstate_64 *fx = fp_of(context);
	unsigned long *header = (unsigned long *)(fx + 1);
	struct ucontext *uc = context;
	struct regs junk;

	pattern(&junk, 1234);
	if (avx)		/* what the handler leaves must not show through either */
		asm volatile("vmovdqu %0, %%ymm5" : : "m"(junk.v[5]) : "xmm5");
	switch (mode) {
	case NO_MAGIC1: fx->sw_reserved.magic1 = 0; break;
	case NO_MAGIC2: *(int *)((char *)fx + fx->sw_reserved.xstate_size) = 0; break;
	case TOO_SMALL: fx->sw_reserved.xstate_size = 100; break;
	case TOO_LARGE: fx->sw_reserved.xstate_size = 1000000; break;
	case LARGER_THAN_ALL: fx->sw_reserved.extended_size = 0; break;
	case ONLY_SSE: fx->sw_reserved.xfeatures = 3; break;
	case FIRST_STATE: header[0] = 0; break;
	case EXTRA: fx->sw_reserved.xfeatures = -1; break;
	case UNKNOWN_COMPONENT: header[0] |= 1UL << 62; break;
	case COMPACTED: header[1] = 1; break;
	case RESERVED: header[2] = 1; break;
	case UNALIGNED: uc->uc_mcontext.fpstate++; break;
	case KERNEL_HALF: uc->uc_mcontext.fpstate = 0xffff800000000000; break;
	case UNMAPPED: uc->uc_mcontext.fpstate = 64; break;
	case NONE: uc->uc_mcontext.fpstate = 0; break;
	}
}

/* What comes back from a handler that damages the frame: 4 words of ymm5, or the child's death. */
static int come_back(int how, unsigned long *word)
{
	static struct regs in, *out;
	int status;
	pid_t pid;

	out = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid = CHILD(
		mode = how;
		handle(damage);
		pattern(&in, 9);
		call_with(&in, out, __NR_kill, getpid(), SIGUSR1)
	);
	OK(waitpid(pid, &status, 0));
	memcpy(word, out->v[5], 32);
	return status;
}

static unsigned long word[4];

#define COMES_BACK(how, low, high) do {						\
	struct regs r_;								\
	pattern(&r_, 9);							\
	EQ(come_back(how, word), 0);						\
	EQ(word[0], (low) ? r_.v[5][0] : 0);					\
	EQ(word[3], (high) ? r_.v[5][3] : 0);					\
} while (0)

TEST(a_frame_that_does_not_say_what_it_holds_is_taken_for_sse)
{
	int high = !have_xsave();	/* then nothing is lost: there is nothing more */

	COMES_BACK(NO_MAGIC1, 1, high);
	COMES_BACK(TOO_SMALL, 1, high);
	COMES_BACK(TOO_LARGE, 1, high);
	COMES_BACK(LARGER_THAN_ALL, 1, high);
	COMES_BACK(ONLY_SSE, 1, high);
	if (have_xsave())
		COMES_BACK(NO_MAGIC2, 1, 0);
}

TEST(components_not_in_the_header_return_to_their_first_state)
{
	if (have_xsave())
		COMES_BACK(FIRST_STATE, 0, 0);
	COMES_BACK(NONE, 0, 0);
	COMES_BACK(EXTRA, 1, 1);
}

TEST(a_frame_that_is_no_state_kills_the_process)
{
	EQ(come_back(UNALIGNED, word) & 127, SIGSEGV);
	EQ(come_back(KERNEL_HALF, word) & 127, SIGSEGV);
	EQ(come_back(UNMAPPED, word) & 127, SIGSEGV);
	if (!have_xsave())
		return;
	EQ(come_back(UNKNOWN_COMPONENT, word) & 127, SIGSEGV);
	EQ(come_back(COMPACTED, word) & 127, SIGSEGV);
	EQ(come_back(RESERVED, word) & 127, SIGSEGV);
}

/*
 * The frame's state is moved to a file's pages that are not there.  Its first 448 bytes are in a
 * page of their own, which nothing else of the frame would bring in.
 */
#define STATE_AT (PAGE - 448)
static int state_file;

static void move_state(int sig, siginfo_t *info, void *context)
{
	struct _fpstate_64 *fx = fp_of(context);
	unsigned long size = fx->sw_reserved.extended_size;
	char *to;

	if (pwrite(state_file, fx, size, STATE_AT) != (long)size)
		_exit(1);
	to = mmap(NULL, 4 * PAGE, PROT_READ, MAP_PRIVATE, state_file, 0);
	madvise(to, 4 * PAGE, MADV_RANDOM);		/* no neighbours */
	madvise(to, 4 * PAGE, MADV_DONTNEED);
	((struct ucontext *)context)->uc_mcontext.fpstate = (unsigned long)to + STATE_AT;
}

TEST(a_state_in_pages_that_must_come_in_first_is_loaded)
{
	struct regs in, out;

	state_file = OK(memfd_create("state", 0));
	handle(move_state);
	pattern(&in, 10);
	memset(&out, 0, sizeof(out));
	call_with(&in, &out, __NR_kill, getpid(), SIGUSR1);
	EQ(same(&in, &out), 1);
}
