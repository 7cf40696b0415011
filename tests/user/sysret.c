/*
 * tests/user/sysret.c - every way to make the kernel return to an address that is none
 *
 * SYSRET to a non-canonical address faults in ring 0 on some CPUs, with the program's stack pointer.
 * Whatever a program tries, the fault must be its own: SIGSEGV, and the machine goes on.
 */
#include <uapi/elf.h>
#include <sys/stat.h>
#include "mem.h"

#define SYSCALL_INSN	"\x0f\x05"

/* With 4 levels of page tables: just above user space, in the hole, the kernel's first, its last. */
static const unsigned long nowhere[] = {
	0x7ffffffff000, 0x800000000000, 0xffff7fffffffffff, 0x8000000000000000, 0x1000000000000000,
	0xffff800000000000, 0xffffffff80200000, -1UL,
};
#define NR_NOWHERE	(sizeof(nowhere) / sizeof(*nowhere))

static volatile unsigned long go_to, seen_ip;
static volatile int usr1;

/* Return to go_to, with the registers as they are after SYSCALL: the kernel may think of SYSRET. */
static void go_away(int sig, siginfo_t *info, void *context)
{
	struct sigcontext_64 *sc = &((struct ucontext *)context)->uc_mcontext;

	usr1++;
	sc->ip = go_to;
	sc->cx = go_to;
	sc->r11 = sc->flags;
}

static void arrived(int sig, siginfo_t *info, void *context)
{
	seen_ip = ((struct ucontext *)context)->uc_mcontext.ip;
	on_fault(sig, info, context);
}

static void on(int sig, void (*handler)(int, siginfo_t *, void *))
{
	struct sigaction act = { .sa_sigaction = handler, .sa_flags = SA_SIGINFO | SA_NODEFER };

	OK(sigaction(sig, &act, NULL));
}

TEST(sigreturn_to_nowhere_is_a_segfault_there)
{
	on(SIGUSR1, go_away);
	on(SIGSEGV, arrived);
	for (volatile size_t i = 0; i < NR_NOWHERE; i++) {
		go_to = nowhere[i];
		seen_ip = 0;
		if (!setjmp(fault_jump)) {
			raise(SIGUSR1);
			FAIL("came back from %#lx", nowhere[i]);
		}
		EQ(usr1, i + 1);
		EQ(seen_ip, nowhere[i]);
	}
}

TEST(without_a_handler_it_kills)
{
	for (volatile size_t i = 0; i < NR_NOWHERE; i++) {
		DIES(CHILD(
			on(SIGUSR1, go_away);
			signal(SIGSEGV, SIG_DFL);
			go_to = nowhere[i];
			raise(SIGUSR1)
		), SIGSEGV);
	}
}

TEST(a_handler_may_lie_nowhere)
{
	for (volatile size_t i = 0; i < NR_NOWHERE; i++) {
		on(SIGSEGV, arrived);
		on(SIGUSR1, (void *)nowhere[i]);
		seen_ip = 0;
		if (!setjmp(fault_jump)) {
			raise(SIGUSR1);
			FAIL("came back from %#lx", nowhere[i]);
		}
		EQ(seen_ip, nowhere[i]);
	}
}

/*
 * The last page that a program can have: with 5 levels of page tables there is one above the 4-level one.
 * NULL if chance has put the vDSO there (once in a million programs), which is not to be changed in parts.
 */
static char *last_page(void)
{
	char *const four = (char *)0x7fffffffe000, *const five = (char *)0xffffffffffe000;
	char *last, *p = mmap(five, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);

	last = p == five ? five : four;
	p = mmap(last, PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
	if (p != last)
		EQ(errno, EEXIST);		/* the stack, whose last bytes are zeroes */
	if (strstr(maps_line(last), "[vdso]"))
		return NULL;
	OK(mprotect(last, PAGE, PROT_READ | PROT_WRITE | PROT_EXEC));
	return last;
}

/* SYSCALL in the last two bytes that a program can have: it would return to the byte after them. */
TEST(a_call_from_the_last_bytes_of_user_memory_does_not_come_back)
{
	char *end = last_page();

	if (!end)
		return;
	end += PAGE;
	memcpy(end - 2, SYSCALL_INSN, 2);
	on(SIGSEGV, arrived);
	for (volatile int nr = 39; nr < 4711; nr += 4000) {	/* one that is there, one that is not */
		if (!setjmp(fault_jump)) {
			asm volatile("jmp *%1" : : "a"(nr), "r"(end - 2) : "rcx", "r11", "memory");
			__builtin_unreachable();
		}
		EQ(seen_ip, end);
		EQ(fault_addr, end);
		EQ(fault_code, SEGV_MAPERR);
	}
}

TEST(nothing_can_be_mapped_up_to_the_hole)
{
	char *last = last_page();

	if (!last)
		return;
	ERR(mmap(last + PAGE, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0), ENOMEM);
	ERR(mmap(last, 2 * PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0), ENOMEM);
}

/* A program of one page that begins at ENTRY. */
static void write_program(const char *path, unsigned long entry)
{
	struct {
		Elf64_Ehdr e;
		Elf64_Phdr p;
	} file = {
		.e = { .e_ident = "\177ELF\2\1\1", .e_type = ET_EXEC, .e_machine = EM_X86_64, .e_version = 1,
		       .e_entry = entry, .e_phoff = sizeof(Elf64_Ehdr), .e_ehsize = sizeof(Elf64_Ehdr),
		       .e_phentsize = sizeof(Elf64_Phdr), .e_phnum = 1 },
		.p = { .p_type = PT_LOAD, .p_flags = PF_R | PF_X, .p_vaddr = 0x400000, .p_filesz = sizeof(file),
		       .p_memsz = sizeof(file), .p_align = PAGE },
	};
	int fd = OK(open(path, O_CREAT | O_TRUNC | O_WRONLY, 0755));

	EQ(write(fd, &file, sizeof(file)), sizeof(file));
	OK(close(fd));
}

TEST(a_program_may_begin_nowhere)
{
	char *const argv[] = { "nowhere", NULL };

	for (volatile size_t i = 0; i < NR_NOWHERE; i++) {
		write_program("/tmp/nowhere", nowhere[i]);
		DIES(CHILD(
			execve("/tmp/nowhere", argv, argv + 1);
			FAIL("execve: %s", strerrorname(errno))
		), SIGSEGV);
	}
}

TEST(a_stack_pointer_may_point_nowhere)
{
	unsigned long pid, expect = getpid();

	for (volatile size_t i = 0; i < NR_NOWHERE; i++) {
		asm volatile("mov %%rsp, %%r12; mov %2, %%rsp; syscall; mov %%r12, %%rsp"
			     : "=a"(pid) : "a"(__NR_getpid), "r"(nowhere[i]) : "rcx", "r11", "r12", "memory");
		EQ(pid, expect);
	}
}
