/*
 * tests/user/trap.c - exceptions: what the context tells about them, single steps, the FPU,
 * flags that must not reach the kernel
 */
#include "mem.h"

static volatile int steps;
static volatile unsigned long trap_no, trap_err, trap_cr2, last_ip;

static void record(int sig, siginfo_t *info, void *context)
{
	struct sigcontext_64 *sc = &((struct ucontext *)context)->uc_mcontext;

	trap_no = sc->trapno;
	trap_err = sc->err;
	trap_cr2 = sc->cr2;
	on_fault(sig, info, context);
}

/* Do it; the signal it brought (0: none), with the context's words about it. */
#define TRAPS(signal, action) ({						\
	struct sigaction act_ = { .sa_sigaction = record,			\
				  .sa_flags = SA_SIGINFO | SA_NODEFER };	\
	int sig_;								\
	OK(sigaction(signal, &act_, NULL));					\
	trap_no = trap_err = trap_cr2 = -1;					\
	sig_ = setjmp(fault_jump);						\
	if (!sig_) {								\
		action;								\
	}									\
	sig_; })

TEST(context_tells_trap_error_code_and_address)
{
	char *p = map_at(NULL, 1, PROT_READ, 0);
	volatile char *bad = lonely(1);

	EQ(TRAPS(SIGSEGV, poke(bad, 1)), SIGSEGV);
	EQ(trap_no, 14);
	EQ(trap_err, 6);		/* user, write */
	EQ(trap_cr2, bad);
	EQ(TRAPS(SIGSEGV, peek(bad)), SIGSEGV);
	EQ(trap_err, 4);
	peek(p);
	EQ(TRAPS(SIGSEGV, poke(p, 1)), SIGSEGV);
	EQ(trap_err, 7);		/* user, write, present */
	EQ(trap_cr2, p);
}

TEST(a_kernel_address_tells_nothing_about_what_is_there)
{
	volatile char *text = (char *)0xffffffff80200000, *hole = (char *)0xffffe00000000000;

	EQ(TRAPS(SIGSEGV, peek(text)), SIGSEGV);
	EQ(fault_code, SEGV_MAPERR);
	EQ(trap_err, 5);
	EQ(TRAPS(SIGSEGV, peek(hole)), SIGSEGV);
	EQ(fault_code, SEGV_MAPERR);
	EQ(trap_err, 5);
	EQ(trap_cr2, hole);
}

TEST(non_canonical_address_is_a_general_protection_fault)
{
	EQ(TRAPS(SIGSEGV, peek((char *)0x8000000000000000)), SIGSEGV);
	EQ(trap_no, 13);
	EQ(trap_err, 0);
	EQ(fault_code, SI_KERNEL);
	EQ(fault_addr, 0);
}

TEST(software_interrupts_of_the_kernel_are_refused)
{
	EQ(TRAPS(SIGSEGV, asm volatile("int $0x20")), SIGSEGV);
	EQ(trap_no, 13);
	EQ(trap_err & 7, 2);		/* it is an IDT entry (QEMU is off by two in its number) */
	EQ(TRAPS(SIGSEGV, asm volatile("int $14")), SIGSEGV);
	EQ(trap_err & 7, 2);
	EQ(TRAPS(SIGSEGV, asm volatile("int $2")), SIGSEGV);
	EQ(trap_err & 7, 2);
}

TEST(a_wrong_selector_is_named_in_the_error_code)
{
	EQ(TRAPS(SIGSEGV, asm volatile("mov %0, %%ds" :: "r"(0x10))), SIGSEGV);
	EQ(trap_no, 13);
	EQ(trap_err, 0x10);
}

TEST(a_jump_to_data_is_an_access_error)
{
	char *p = map_pages(1);

	p[0] = (char)0xc3;
	EQ(TRAPS(SIGSEGV, ((void (*)(void))p)()), SIGSEGV);
	EQ(fault_code, SEGV_ACCERR);
	EQ(trap_err, 0x15);
	EQ(fault_addr, p);
}

TEST(x87_division_by_zero_is_named)
{
	unsigned short unmasked = 0x37b;
	static volatile float zero;

	EQ(TRAPS(SIGFPE, asm volatile("fninit; fldcw %0; fld1; fdivs %1; fwait"
				      :: "m"(unmasked), "m"(zero))), SIGFPE);
	EQ(trap_no, 16);
	EQ(fault_code, FPE_FLTDIV);
	CHECK(strstr(maps_line(fault_addr), "r-xp"));
	asm volatile("fninit");
}

/* ---- single steps ---- */

#define TF 0x100UL

static void step(int sig, siginfo_t *info, void *context)
{
	struct sigcontext_64 *sc = &((struct ucontext *)context)->uc_mcontext;

	steps++;
	fault_code = info->si_code;
	fault_addr = info->si_addr;
	last_ip = sc->ip;
	trap_no = sc->trapno;
}

#define STEP_BY_STEP(code, ...)							\
	asm volatile("sub $128, %%rsp; pushfq; orq $0x100, (%%rsp); popfq;"	\
		     code							\
		     "; pushfq; andq $~0x100, (%%rsp); popfq; add $128, %%rsp"	\
		     __VA_ARGS__)

TEST(each_instruction_of_a_stepped_program_traps)
{
	struct sigaction act = { .sa_sigaction = step, .sa_flags = SA_SIGINFO };

	OK(sigaction(SIGTRAP, &act, NULL));
	STEP_BY_STEP("nop; nop; nop", ::: "memory", "cc");
	/* three nops, pushfq, andq, and popfq, which traps once more when it is done */
	EQ(steps, 6);
	EQ(fault_code, TRAP_TRACE);
	EQ(trap_no, 1);
	EQ(fault_addr, last_ip);
}

TEST(a_system_call_can_be_stepped_over)
{
	struct sigaction act = { .sa_sigaction = step, .sa_flags = SA_SIGINFO };
	long pid = __NR_getpid, expect = getpid();

	OK(sigaction(SIGTRAP, &act, NULL));
	STEP_BY_STEP("syscall; nop", : "+a"(pid) :: "rcx", "r11", "memory", "cc");
	EQ(pid, expect);
	CMP(steps, >=, 4);
	EQ(fault_code, TRAP_TRACE);
}

TEST(a_page_fault_can_be_stepped_over)
{
	struct sigaction act = { .sa_sigaction = step, .sa_flags = SA_SIGINFO };
	char *p = map_pages(1);

	OK(sigaction(SIGTRAP, &act, NULL));
	STEP_BY_STEP("movb $7, (%0)", :: "r"(p) : "memory", "cc");
	EQ(*p, 7);
	EQ(steps, 4);
}

TEST(an_unhandled_step_kills)
{
	DIES(CHILD(STEP_BY_STEP("nop", ::: "memory", "cc")), SIGTRAP);
}

/* ---- flags ---- */

static unsigned long flags_with(unsigned long set)
{
	unsigned long f;

	asm volatile("sub $128, %%rsp; pushfq; orq %1, (%%rsp); popfq; pushfq; pop %0; add $128, %%rsp"
		     : "=r"(f) : "r"(set) : "memory", "cc");
	return f;
}

TEST(the_nested_task_flag_does_not_hurt)
{
	char *p = map_pages(2);

	CHECK(flags_with(0x4000) & 0x4000);
	poke(p, 1);			/* a fault returns by IRETQ */
	OK(syscall(__NR_getppid));
	poke(p + PAGE, 1);
	usleep(20000);			/* and interrupts */
}

TEST(alignment_check_flag_does_not_open_user_memory_to_the_kernel)
{
	char *p = map_pages(1);

	CHECK(flags_with(0x40000) & 0x40000);
	poke(p, 1);
	ERR(read(0, (void *)0xffffffff80200000, 1), EFAULT);
	asm volatile("sub $128, %%rsp; pushfq; andq $~0x40000, (%%rsp); popfq; add $128, %%rsp"
		     ::: "memory", "cc");
}

TEST(io_privilege_can_not_be_taken)
{
	CHECK(!(flags_with(0x3000) & 0x3000));
}

/* Nobody catches it: what is written to the log about it must not disturb either. */
TEST(kernel_addresses_kill_who_has_no_handler)
{
	static char *const addr[] = { (char *)-1, (char *)-8, (char *)0xffff888000000000, (char *)0xffffffff80200000 };

	for (size_t i = 0; i < sizeof(addr) / sizeof(*addr); i++) {
		pid_t pid = OK(fork());

		if (!pid) {
			signal(SIGSEGV, SIG_DFL);
			*(volatile char *)addr[i] = 1;
			_exit(0);
		}
		DIES(pid, SIGSEGV);
	}
}
