/*
 * tests/user/signal.c - handlers, masks, delivery
 */
#include <sys/prctl.h>
#include <sys/time.h>
#include <time.h>
#include "mem.h"

static volatile int count, last;
static siginfo_t info;

static void counting(int sig)
{
	count++;
	last = sig;
}

static void noting(int sig, siginfo_t *i, void *context)
{
	count++;
	last = sig;
	info = *i;
}

static void handle(int sig, int flags, sigset_t mask)
{
	struct sigaction act = { .sa_flags = flags, .sa_mask = mask };

	if (flags & SA_SIGINFO)
		act.sa_sigaction = noting;
	else
		act.sa_handler = counting;
	OK(sigaction(sig, &act, NULL));
}

TEST(handler_runs_and_the_program_goes_on)
{
	handle(SIGUSR1, 0, 0);
	OK(raise(SIGUSR1));
	EQ(count, 1);
	EQ(last, SIGUSR1);
	OK(raise(SIGUSR1));
	EQ(count, 2);
}

TEST(siginfo_tells_who_sent_it)
{
	handle(SIGUSR1, SA_SIGINFO, 0);
	OK(kill(getpid(), SIGUSR1));
	EQ(info.si_signo, SIGUSR1);
	EQ(info.si_code, SI_USER);
	EQ(info.si_pid, getpid());
	EQ(info.si_uid, 0);
	OK(raise(SIGUSR1));
	EQ(info.si_code, SI_TKILL);
	EQ(info.si_pid, getpid());
}

TEST(sigqueue_carries_a_value)
{
	handle(SIGRTMIN + 2, SA_SIGINFO, 0);
	OK(sigqueue(getpid(), SIGRTMIN + 2, (union sigval){ .sival_int = 1234 }));
	EQ(info.si_code, SI_QUEUE);
	EQ(info.si_int, 1234);
	EQ(info.si_pid, getpid());
}

TEST(blocked_signal_waits_until_it_is_unblocked)
{
	sigset_t set = sigmask(SIGUSR1), pending;

	handle(SIGUSR1, 0, 0);
	OK(sigprocmask(SIG_BLOCK, &set, NULL));
	OK(raise(SIGUSR1));
	OK(raise(SIGUSR1));
	EQ(count, 0);
	OK(sigpending(&pending));
	EQ(pending, set);
	OK(sigprocmask(SIG_UNBLOCK, &set, NULL));
	EQ(count, 1);
	OK(sigpending(&pending));
	EQ(pending, 0);
}

TEST(realtime_signals_queue_in_order)
{
	sigset_t set = sigmask(SIGRTMIN) | sigmask(SIGRTMIN + 1);

	OK(sigprocmask(SIG_BLOCK, &set, NULL));
	for (int i = 0; i < 3; i++)
		OK(sigqueue(getpid(), SIGRTMIN + 1, (union sigval){ .sival_int = i }));
	OK(sigqueue(getpid(), SIGRTMIN, (union sigval){ .sival_int = 10 }));
	EQ(sigtimedwait(&set, &info, NULL), SIGRTMIN);
	EQ(info.si_int, 10);
	for (int i = 0; i < 3; i++) {
		EQ(sigtimedwait(&set, &info, NULL), SIGRTMIN + 1);
		EQ(info.si_int, i);
	}
	ERR(sigtimedwait(&set, &info, &(struct timespec){ 0, 0 }), EAGAIN);
}

static volatile int depth, deepest;

static void nesting(int sig)
{
	if (++depth > deepest)
		deepest = depth;
	if (count++ < 3)
		raise(SIGUSR1);
	depth--;
}

TEST(a_signal_is_blocked_in_its_own_handler)
{
	struct sigaction act = { .sa_handler = nesting };

	OK(sigaction(SIGUSR1, &act, NULL));
	OK(raise(SIGUSR1));
	EQ(count, 4);
	EQ(deepest, 1);
}

TEST(sa_nodefer_lets_a_handler_interrupt_itself)
{
	struct sigaction act = { .sa_handler = nesting, .sa_flags = SA_NODEFER };

	OK(sigaction(SIGUSR1, &act, NULL));
	OK(raise(SIGUSR1));
	EQ(count, 4);
	EQ(deepest, 4);
}

static volatile int seen_inside;

static void raise_other(int sig)
{
	raise(SIGUSR2);
	seen_inside = count;
}

TEST(sa_mask_blocks_others_during_the_handler)
{
	struct sigaction act = { .sa_handler = raise_other, .sa_mask = sigmask(SIGUSR2) };

	handle(SIGUSR2, 0, 0);
	OK(sigaction(SIGUSR1, &act, NULL));
	OK(raise(SIGUSR1));
	EQ(seen_inside, 0);
	EQ(count, 1);
	act.sa_mask = 0;
	OK(sigaction(SIGUSR1, &act, NULL));
	OK(raise(SIGUSR1));
	EQ(seen_inside, 2);
}

TEST(sa_resethand_is_for_one_time)
{
	struct sigaction act;

	handle(SIGUSR1, SA_RESETHAND, 0);
	OK(raise(SIGUSR1));
	EQ(count, 1);
	OK(sigaction(SIGUSR1, NULL, &act));
	EQ(act.sa_handler, SIG_DFL);
	DIES(CHILD(raise(SIGUSR1)), SIGUSR1);
}

TEST(sigaction_returns_what_it_was_given)
{
	struct sigaction act;

	handle(SIGUSR1, SA_SIGINFO | SA_RESTART | SA_NODEFER, sigmask(SIGINT) | sigmask(SIGHUP));
	OK(sigaction(SIGUSR1, NULL, &act));
	EQ(act.sa_sigaction, noting);
	EQ(act.sa_flags, SA_SIGINFO | SA_RESTART | SA_NODEFER);
	EQ(act.sa_mask, sigmask(SIGINT) | sigmask(SIGHUP));
}

TEST(kill_and_stop_can_not_be_caught_or_blocked)
{
	struct sigaction act = { .sa_handler = counting };
	sigset_t all = ~0UL, now;

	ERR(sigaction(SIGKILL, &act, NULL), EINVAL);
	ERR(sigaction(SIGSTOP, &act, NULL), EINVAL);
	ERR(sigaction(65, &act, NULL), EINVAL);
	ERR(sigaction(0, &act, NULL), EINVAL);
	OK(sigprocmask(SIG_SETMASK, &all, NULL));
	OK(sigprocmask(SIG_SETMASK, NULL, &now));
	EQ(now, ~(sigmask(SIGKILL) | sigmask(SIGSTOP)));
	DIES(CHILD(kill(getpid(), SIGKILL); sleep(5)), SIGKILL);
}

TEST(ignored_signal_is_dropped_even_when_blocked_first)
{
	sigset_t set = sigmask(SIGUSR1), pending;

	OK(sigprocmask(SIG_BLOCK, &set, NULL));
	OK(raise(SIGUSR1));
	signal(SIGUSR1, SIG_IGN);
	OK(sigpending(&pending));
	EQ(pending, 0);
	OK(sigprocmask(SIG_UNBLOCK, &set, NULL));
}

TEST(default_actions_are_the_right_ones)
{
	static const int deadly[] = { SIGHUP, SIGINT, SIGQUIT, SIGILL, SIGTRAP, SIGABRT, SIGBUS,
		SIGFPE, SIGUSR1, SIGSEGV, SIGUSR2, SIGPIPE, SIGALRM, SIGTERM, SIGSTKFLT, SIGXCPU,
		SIGXFSZ, SIGVTALRM, SIGPROF, SIGIO, SIGPWR, SIGSYS, SIGRTMIN, SIGRTMAX };
	static const int harmless[] = { SIGCHLD, SIGURG, SIGWINCH, SIGCONT };

	for (size_t i = 0; i < sizeof(deadly) / sizeof(deadly[0]); i++)
		DIES(CHILD(raise(deadly[i])), deadly[i]);
	for (size_t i = 0; i < sizeof(harmless) / sizeof(harmless[0]); i++)
		EXITS(CHILD(raise(harmless[i])), 0);
}

static void interrupt_after(long usec)
{
	struct itimerval t = { .it_value = { 0, usec } };

	OK(setitimer(ITIMER_REAL, &t, NULL));
}

/* Again and again: the first may come before the call that it is to interrupt. */
static void interrupt_every(long usec)
{
	struct itimerval t = { .it_value = { 0, usec }, .it_interval = { 0, usec } };

	OK(setitimer(ITIMER_REAL, &t, NULL));
}

TEST(read_is_interrupted_without_sa_restart)
{
	int fds[2];
	char c;

	OK(pipe(fds));
	handle(SIGALRM, 0, 0);
	interrupt_every(30000);
	ERR(read(fds[0], &c, 1), EINTR);
	CMP(count, >=, 1);
}

static int full_end;

static void fifth_writes(int sig)
{
	if (++count == 5)
		write(full_end, "x", 1);
}

TEST(read_goes_on_with_sa_restart)
{
	int fds[2];
	char c = 0;

	OK(pipe(fds));
	full_end = fds[1];
	OK(sigaction(SIGALRM, &(struct sigaction){ .sa_handler = fifth_writes, .sa_flags = SA_RESTART }, NULL));
	interrupt_every(30000);
	EQ(read(fds[0], &c, 1), 1);
	EQ(c, 'x');
	CMP(count, >=, 5);
}

TEST(wait_goes_on_with_sa_restart_and_not_without)
{
	pid_t pid, other;
	int fds[2];
	char c;

	OK(pipe(fds));
	pid = CHILD(read(fds[0], &c, 1); _exit(3));
	handle(SIGALRM, 0, 0);
	interrupt_every(30000);
	ERR(wait(NULL), EINTR);
	handle(SIGALRM, SA_RESTART, 0);
	other = CHILD(usleep(200000); write(fds[1], "x", 1); _exit(0));
	EXITS(pid, 3);
	EXITS(other, 0);
	interrupt_every(0);
	CMP(count, >=, 2);
}

TEST(nanosleep_is_always_interrupted_and_tells_the_rest)
{
	struct timespec t = { 100, 0 }, rest = { 0, 0 };

	handle(SIGALRM, SA_RESTART, 0);
	interrupt_every(30000);
	ERR(nanosleep(&t, &rest), EINTR);
	CHECK(rest.tv_sec >= 1 && rest.tv_sec <= 99);
}

TEST(pause_returns_after_a_handler)
{
	handle(SIGALRM, SA_RESTART, 0);
	interrupt_every(30000);
	ERR(pause(), EINTR);
	CMP(count, >=, 1);
}

TEST(sigsuspend_swaps_the_mask_and_restores_it)
{
	sigset_t set = sigmask(SIGUSR1), none = 0, now;

	handle(SIGUSR1, 0, 0);
	OK(sigprocmask(SIG_BLOCK, &set, NULL));
	OK(raise(SIGUSR1));
	ERR(sigsuspend(&none), EINTR);
	EQ(count, 1);
	OK(sigprocmask(SIG_BLOCK, NULL, &now));
	EQ(now, set);
}

TEST(an_ignored_or_blocked_signal_does_not_interrupt)
{
	struct timespec t = { 0, 60000000 };
	sigset_t set = sigmask(SIGALRM);

	signal(SIGALRM, SIG_IGN);
	interrupt_after(20000);
	EQ(nanosleep(&t, NULL), 0);
	OK(sigprocmask(SIG_BLOCK, &set, NULL));
	interrupt_after(20000);
	EQ(nanosleep(&t, NULL), 0);
}

TEST(kill_checks_its_target)
{
	pid_t pid = CHILD();

	EXITS(pid, 0);
	ERR(kill(pid, 0), ESRCH);
	ERR(kill(getpid(), 65), EINVAL);
	ERR(kill(getpid(), -1), EINVAL);
	OK(kill(getpid(), 0));
	ERR(kill(0x7fffffff, SIGTERM), ESRCH);
}

TEST(zombie_can_be_signalled)
{
	pid_t pid = CHILD();
	siginfo_t i;

	OK(waitid(P_PID, pid, &i, WEXITED | WNOWAIT));
	OK(kill(pid, SIGKILL));
	EXITS(pid, 0);
}

TEST(child_inherits_handlers_and_mask_but_not_pending_signals)
{
	sigset_t set = sigmask(SIGUSR1);

	handle(SIGUSR1, 0, 0);
	OK(sigprocmask(SIG_BLOCK, &set, NULL));
	OK(raise(SIGUSR1));
	EXITS(CHILD(
		sigset_t pending;

		OK(sigpending(&pending));
		EQ(pending, 0);
		OK(raise(SIGUSR1));
		EQ(count, 0);
		OK(sigprocmask(SIG_UNBLOCK, &set, NULL));
		EQ(count, 1)
	), 0);
}

TEST(sigchld_tells_how_the_child_ended)
{
	sigset_t set = sigmask(SIGCHLD);
	pid_t pid;

	OK(sigprocmask(SIG_BLOCK, &set, NULL));
	handle(SIGCHLD, SA_SIGINFO, 0);
	pid = CHILD(_exit(5));
	EQ(sigtimedwait(&set, &info, NULL), SIGCHLD);
	EQ(info.si_code, CLD_EXITED);
	EQ(info.si_pid, pid);
	EQ(info.si_status, 5);
	EXITS(pid, 5);
	pid = CHILD(raise(SIGKILL));
	EQ(sigtimedwait(&set, &info, NULL), SIGCHLD);
	EQ(info.si_code, CLD_KILLED);
	EQ(info.si_status, SIGKILL);
	DIES(pid, SIGKILL);
}

TEST(sigchld_ignored_means_no_zombies)
{
	signal(SIGCHLD, SIG_IGN);
	CHILD(_exit(5));
	ERR(wait(NULL), ECHILD);
}

TEST(parent_death_signal_is_sent)
{
	int fds[2];
	char c = 0;

	OK(pipe(fds));
	handle(SIGUSR1, 0, 0);
	EXITS(CHILD(
		CHILD(
			OK(prctl(PR_SET_PDEATHSIG, SIGUSR1, 0, 0, 0));
			write(fds[1], "r", 1);
			while (!count)
				usleep(10000);
			write(fds[1], "d", 1)
		);
		read(fds[0], &c, 1)
	), 0);
	EQ(read(fds[0], &c, 1), 1);
	EQ(c, 'd');
}

TEST(divide_error_is_sigfpe_with_its_address)
{
	struct sigaction act = { .sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | SA_NODEFER };
	int sig;

	OK(sigaction(SIGFPE, &act, NULL));
	sig = setjmp(fault_jump);
	if (!sig)
		asm volatile("xor %%edx, %%edx; xor %%ecx, %%ecx; div %%ecx" : : "a"(1) : "ecx", "edx");
	EQ(sig, SIGFPE);
	EQ(fault_code, FPE_INTDIV);
	CHECK(strstr(maps_line(fault_addr), "r-xp"));
}

TEST(undefined_instruction_is_sigill_and_breakpoint_is_sigtrap)
{
	struct sigaction act = { .sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | SA_NODEFER };
	int sig;

	OK(sigaction(SIGILL, &act, NULL));
	OK(sigaction(SIGTRAP, &act, NULL));
	sig = setjmp(fault_jump);
	if (!sig)
		asm volatile("ud2");
	EQ(sig, SIGILL);
	EQ(fault_code, ILL_ILLOPN);
	sig = setjmp(fault_jump);
	if (!sig)
		asm volatile("int3");
	EQ(sig, SIGTRAP);
	EQ(fault_code, SI_KERNEL);
}

TEST(privileged_instruction_is_a_segv_without_address)
{
	EQ(FAULTS(asm volatile("hlt")), SIGSEGV);
	EQ(fault_code, SI_KERNEL);
	EQ(fault_addr, 0);
	EQ(FAULTS(asm volatile("cli")), SIGSEGV);
	EQ(FAULTS(asm volatile("mov %%cr3, %%rax" : : : "rax")), SIGSEGV);
	EQ(FAULTS(asm volatile("in $0x80, %%al" : : : "rax")), SIGSEGV);
}

TEST(a_blocked_fault_kills)
{
	DIES(CHILD(
		sigset_t set = sigmask(SIGSEGV);

		handle(SIGSEGV, 0, 0);
		sigprocmask(SIG_BLOCK, &set, NULL);
		poke(lonely(1), 1)
	), SIGSEGV);
}

TEST(a_fault_with_sigsegv_ignored_kills)
{
	DIES(CHILD(signal(SIGSEGV, SIG_IGN); poke(lonely(1), 1)), SIGSEGV);
}

TEST(a_handler_address_that_is_none_kills)
{
	DIES(CHILD(signal(SIGUSR1, (sighandler_t)0x1234); raise(SIGUSR1)), SIGSEGV);
}
