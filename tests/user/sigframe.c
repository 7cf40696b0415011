/*
 * tests/user/sigframe.c - the signal frame: registers, FPU state, alternate stack
 */
#include <sys/time.h>
#include "mem.h"

static volatile int count;
static volatile unsigned long handler_sp;
static struct ucontext seen;
static unsigned int xmm7_in_frame[4];

static void spoil(int sig, siginfo_t *i, void *context)
{
	handler_sp = (unsigned long)__builtin_frame_address(0);
	seen = *(struct ucontext *)context;
	memcpy(xmm7_in_frame, ((struct _fpstate_64 *)seen.uc_mcontext.fpstate)->xmm_space + 7 * 4,
	       16);
	count++;
	asm volatile("fninit; fldz; pxor %%xmm0, %%xmm0; pxor %%xmm7, %%xmm7; pxor %%xmm15, %%xmm15"
		     : : : "xmm0", "xmm7", "xmm15", "st");
	asm volatile("xor %%eax, %%eax; xor %%ecx, %%ecx; xor %%edx, %%edx; xor %%esi, %%esi;"
		     "xor %%edi, %%edi; xor %%r8d, %%r8d; xor %%r9d, %%r9d; xor %%r10d, %%r10d;"
		     "xor %%r11d, %%r11d; cmp %%eax, %%eax"
		     : : : "rax", "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11", "cc");
}

static void handle(int sig, int flags)
{
	struct sigaction act = { .sa_sigaction = spoil, .sa_flags = SA_SIGINFO | flags };

	OK(sigaction(sig, &act, NULL));
}

TEST(handler_gets_number_info_and_context)
{
	handle(SIGUSR1, 0);
	OK(raise(SIGUSR1));
	EQ(seen.uc_mcontext.cs & 3, 3);
	EQ(seen.uc_mcontext.ax, 0);		/* what tgkill will return */
	CHECK(seen.uc_mcontext.fpstate);
	CHECK(seen.uc_mcontext.sp > handler_sp);
	EQ(seen.uc_link, 0);
}

TEST(context_holds_the_interrupted_mask)
{
	sigset_t set = sigmask(SIGHUP);

	OK(sigprocmask(SIG_BLOCK, &set, NULL));
	handle(SIGUSR1, 0);
	OK(raise(SIGUSR1));
	EQ(seen.uc_sigmask, set);
}

/* An interrupt at any instruction: registers must be as they were. */
TEST(registers_survive_a_handler)
{
	struct itimerval t = { { 0, 5000 }, { 0, 5000 } };
	unsigned long bad = 0;

	handle(SIGVTALRM, 0);
	handle(SIGALRM, 0);
	OK(setitimer(ITIMER_REAL, &t, NULL));
	while (count < 10) {
		asm volatile(
			"mov $1, %%eax; mov $2, %%ecx; mov $3, %%edx; mov $4, %%esi; mov $5, %%edi\n\t"
			"mov $8, %%r8d; mov $9, %%r9d; mov $10, %%r10d; mov $11, %%r11d\n\t"
			"mov $12, %%r12d; mov $13, %%r13d; mov $14, %%r14d; mov $15, %%r15d\n\t"
			"mov $20000, %%ebx\n"
			"1:	dec %%ebx\n\t"
			"jnz 1b\n\t"
			"lea (%%rax, %%rcx), %%rbx\n\t"
			"add %%rdx, %%rbx; add %%rsi, %%rbx; add %%rdi, %%rbx; add %%r8, %%rbx\n\t"
			"add %%r9, %%rbx; add %%r10, %%rbx; add %%r11, %%rbx; add %%r12, %%rbx\n\t"
			"add %%r13, %%rbx; add %%r14, %%rbx; add %%r15, %%rbx\n\t"
			"sub $107, %%rbx\n\t"
			"or %%rbx, %0"
			: "+m"(bad) : : "rax", "rbx", "rcx", "rdx", "rsi", "rdi", "r8", "r9",
			"r10", "r11", "r12", "r13", "r14", "r15", "cc", "memory");
		EQ(bad, 0);
	}
}

TEST(fpu_and_sse_state_survive_a_handler)
{
	unsigned long in[2] = { 0x1122334455667788, 0x99aabbccddeeff00 }, out0[2], out15[2];
	unsigned int mxcsr = 0x1fa0, mxcsr_after;
	double pi = 0;

	handle(SIGUSR1, 0);
	asm volatile("ldmxcsr %0" : : "m"(mxcsr));
	asm volatile(
		"movdqu %[in], %%xmm0; movdqu %[in], %%xmm15; fldpi\n\t"
		"syscall\n\t"
		"movdqu %%xmm0, %[o0]; movdqu %%xmm15, %[o15]; fstpl %[pi]; stmxcsr %[m]"
		: [o0] "=m"(out0), [o15] "=m"(out15), [pi] "=m"(pi), [m] "=m"(mxcsr_after)
		: [in] "m"(in), "a"(__NR_tgkill), "D"(getpid()), "S"(gettid()), "d"(SIGUSR1)
		: "rcx", "r11", "xmm0", "xmm15", "memory");
	EQ(count, 1);
	EQ(memcmp(in, out0, 16), 0);
	EQ(memcmp(in, out15, 16), 0);
	EQ(mxcsr_after, mxcsr);
	CHECK(pi > 3.14159 && pi < 3.1416);
}

TEST(fpu_state_is_in_the_frame)
{
	unsigned long in[2] = { 42, 43 };

	handle(SIGUSR1, 0);
	asm volatile("movdqu %0, %%xmm7; syscall"
		     : : "m"(in), "a"(__NR_tgkill), "D"(getpid()), "S"(gettid()), "d"(SIGUSR1)
		     : "rcx", "r11", "xmm7", "memory");
	EQ(seen.uc_mcontext.fpstate % 16, 0);
	EQ(memcmp(xmm7_in_frame, in, 16), 0);
}

TEST(fpu_state_is_private_to_each_process)
{
	unsigned long a[2] = { 1, 2 }, b[2] = { 3, 4 }, out[2];
	int status;

	if (!fork()) {
		for (int i = 0; i < 200; i++) {
			asm volatile("movdqu %1, %%xmm5; syscall; movdqu %%xmm5, %0"
				     : "=m"(out) : "m"(b), "a"(__NR_sched_yield)
				     : "rcx", "r11", "xmm5", "memory");
			if (memcmp(b, out, 16))
				_exit(1);
		}
		_exit(0);
	}
	for (int i = 0; i < 200; i++) {
		asm volatile("movdqu %1, %%xmm5; syscall; movdqu %%xmm5, %0"
			     : "=m"(out) : "m"(a), "a"(__NR_sched_yield)
			     : "rcx", "r11", "xmm5", "memory");
		EQ(memcmp(a, out, 16), 0);
	}
	OK(wait(&status));
	EQ(status, 0);
}

TEST(a_child_inherits_the_fpu_state)
{
	unsigned long in[2] = { 77, 78 }, out[2];
	long pid;

	asm volatile("movdqu %2, %%xmm9; syscall; movdqu %%xmm9, %1"
		     : "=a"(pid), "=m"(out) : "m"(in), "0"(__NR_fork)
		     : "rcx", "r11", "xmm9", "memory");
	if (!pid)
		_exit(!!memcmp(in, out, 16));
	EXITS(pid, 0);
}

static char alt[16384] __attribute__((aligned(16)));

TEST(sa_onstack_uses_the_alternate_stack)
{
	stack_t s = { .ss_sp = alt, .ss_size = sizeof(alt) }, old;

	OK(sigaltstack(&s, NULL));
	handle(SIGUSR1, SA_ONSTACK);
	OK(raise(SIGUSR1));
	CHECK(handler_sp >= (unsigned long)alt && handler_sp < (unsigned long)alt + sizeof(alt));
	EQ(seen.uc_stack.ss_sp, alt);
	EQ(seen.uc_stack.ss_size, sizeof(alt));
	OK(sigaltstack(NULL, &old));
	EQ(old.ss_sp, alt);
	EQ(old.ss_flags, 0);
	handle(SIGUSR1, 0);
	OK(raise(SIGUSR1));
	CHECK(handler_sp < (unsigned long)alt || handler_sp >= (unsigned long)alt + sizeof(alt));
}

static volatile int flags_inside, error_inside;

static void look_at_stack(int sig)
{
	stack_t s = { .ss_flags = SS_DISABLE }, old;

	sigaltstack(NULL, &old);
	flags_inside = old.ss_flags;
	error_inside = sigaltstack(&s, NULL) < 0 ? errno : 0;
}

TEST(alternate_stack_can_not_be_changed_while_in_use)
{
	stack_t s = { .ss_sp = alt, .ss_size = sizeof(alt) };
	struct sigaction act = { .sa_handler = look_at_stack, .sa_flags = SA_ONSTACK };

	OK(sigaltstack(&s, NULL));
	OK(sigaction(SIGUSR1, &act, NULL));
	OK(raise(SIGUSR1));
	EQ(flags_inside, SS_ONSTACK);
	EQ(error_inside, EPERM);
}

TEST(alternate_stack_must_be_large_enough)
{
	stack_t s = { .ss_sp = alt, .ss_size = 1000 }, old;

	ERR(sigaltstack(&s, NULL), ENOMEM);
	OK(sigaltstack(NULL, &old));
	EQ(old.ss_flags, SS_DISABLE);
	s.ss_flags = 12345;
	ERR(sigaltstack(&s, NULL), EINVAL);
}

static void skip_instruction(int sig, siginfo_t *i, void *context)
{
	struct ucontext *uc = context;

	uc->uc_mcontext.ip += 2;	/* over ud2 */
	uc->uc_mcontext.bx = 4711;
	uc->uc_sigmask |= sigmask(SIGHUP);
}

TEST(what_a_handler_writes_into_the_context_becomes_true)
{
	struct sigaction act = { .sa_sigaction = skip_instruction, .sa_flags = SA_SIGINFO };
	unsigned long b = 1;
	sigset_t now;

	OK(sigaction(SIGILL, &act, NULL));
	asm volatile("ud2" : "+b"(b));
	EQ(b, 4711);
	OK(sigprocmask(SIG_BLOCK, NULL, &now));
	EQ(now, sigmask(SIGHUP));
}

static void evil(int sig, siginfo_t *i, void *context)
{
	struct ucontext *uc = context;

	uc->uc_mcontext.flags |= 0x3000 | 0x4000;	/* IOPL, NT */
	uc->uc_mcontext.cs = 0x10;
	uc->uc_mcontext.ss = 0x18;
}

TEST(a_context_with_kernel_segments_stays_in_user_mode_or_dies)
{
	int status;
	pid_t pid = CHILD(
		struct sigaction act = { .sa_sigaction = evil, .sa_flags = SA_SIGINFO };

		sigaction(SIGUSR1, &act, NULL);
		raise(SIGUSR1);
		asm volatile("cli");
		_exit(77)
	);

	OK(waitpid(pid, &status, 0));
	CHECK(WIFSIGNALED(status));
	EQ(WTERMSIG(status), SIGSEGV);
}

static void far_away(int sig, siginfo_t *i, void *context)
{
	((struct ucontext *)context)->uc_mcontext.ip = 0x8000000000000000;
}

TEST(a_context_with_non_canonical_ip_kills_the_process_alone)
{
	DIES(CHILD(
		struct sigaction act = { .sa_sigaction = far_away, .sa_flags = SA_SIGINFO };

		sigaction(SIGUSR1, &act, NULL);
		raise(SIGUSR1);
		_exit(77)
	), SIGSEGV);
}

TEST(sigreturn_from_a_bad_stack_kills_the_process_alone)
{
	DIES(CHILD(
		asm volatile("mov $16, %%esp; mov $15, %%eax; syscall" : : : "memory", "rax")
	), SIGSEGV);
}

TEST(no_room_for_a_frame_kills_the_process_alone)
{
	DIES(CHILD(
		handle(SIGUSR1, 0);
		asm volatile("mov %%rsp, %%rbx; mov $4096, %%esp; syscall; mov %%rbx, %%rsp"
			     : : "a"(__NR_tgkill), "D"(getpid()), "S"(gettid()), "d"(SIGUSR1)
			     : "rbx", "rcx", "r11", "memory")
	), SIGSEGV);
}
