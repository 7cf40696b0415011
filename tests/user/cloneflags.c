/*
 * tests/user/cloneflags.c - which flags of clone and clone3 go together
 *
 * A rule for each error, and a sweep over all pairs of flags on top of what a thread needs: the answer must
 * be the rule's.  Flags that make name spaces are left out where the rule lets them pass: Quire has none.
 */
#include <sched.h>
#include "mem.h"

#define NAMESPACES (CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | \
		    CLONE_NEWNET | CLONE_NEWTIME)

static int words[2];		/* parent's and child's tid, pidfd */
static struct clone_args args;

/* The child ends at once, without its stack: it may be the parent's. */
static long clone_exit(long nr, unsigned long a1, unsigned long a2, unsigned long a3, unsigned long a4)
{
	register unsigned long r10 asm("r10") = a4;
	register unsigned long r8 asm("r8") = 0;
	long ret;

	asm volatile("syscall\n"
		     "test %%rax, %%rax\n"
		     "jnz 1f\n"
		     "xor %%edi, %%edi\n"
		     "mov $60, %%eax\n"		/* exit */
		     "syscall\n"
		     "1:"
		     : "=a"(ret), "+r"(r10), "+r"(r8) : "0"(nr), "D"(a1), "S"(a2), "d"(a3) : "rcx", "r11", "memory");
	return ret;
}

static void reap(long pid, unsigned long flags)
{
	int status;

	if (pid > 0 && !(flags & (CLONE_THREAD | CLONE_PARENT)))
		while (waitpid(pid, &status, 0x40000000) < 0 && errno == EINTR)	/* __WALL */
			;
	if (pid > 0 && (flags & CLONE_PIDFD))
		close(words[0]);
}

static long try_clone(unsigned long flags)
{
	long ret = clone_exit(__NR_clone, flags, 0, (unsigned long)&words[0], (unsigned long)&words[1]);

	reap(ret, flags);
	return ret > 0 ? 0 : ret;
}

static long try_clone3(unsigned long flags, int exit_signal)
{
	long ret;

	memset(&args, 0, sizeof(args));
	args.flags = flags;
	args.exit_signal = exit_signal;
	args.pidfd = (unsigned long)&words[0];
	args.parent_tid = (unsigned long)&words[0];
	args.child_tid = (unsigned long)&words[1];
	ret = clone_exit(__NR_clone3, (unsigned long)&args, sizeof(args), 0, 0);
	reap(ret, flags & ~(flags & CLONE_PARENT_SETTID ? CLONE_PIDFD : 0));
	return ret > 0 ? 0 : ret;
}

/* What both calls want. */
static long rule(unsigned long f)
{
	if ((f & CLONE_FS) && (f & (CLONE_NEWNS | CLONE_NEWUSER)))
		return -EINVAL;
	if ((f & CLONE_THREAD) && !(f & CLONE_SIGHAND))
		return -EINVAL;
	if ((f & CLONE_SIGHAND) && !(f & CLONE_VM))
		return -EINVAL;
	if ((f & CLONE_THREAD) && (f & (CLONE_NEWUSER | CLONE_NEWPID)))
		return -EINVAL;
	if ((f & CLONE_NEWIPC) && (f & CLONE_SYSVSEM))
		return -EINVAL;
	if ((f & CLONE_PIDFD) && (f & (CLONE_DETACHED | CLONE_THREAD)))
		return -EINVAL;
	return 0;
}

static long rule_clone(unsigned long f)
{
	/* One argument for both. */
	if ((f & CLONE_PIDFD) && (f & CLONE_PARENT_SETTID))
		return -EINVAL;
	return rule(f);
}

static long rule_clone3(unsigned long f, int exit_signal)
{
	if (f & (CLONE_DETACHED | (CSIGNAL & ~CLONE_NEWTIME)))
		return -EINVAL;
	if ((f & CLONE_SIGHAND) && (f & CLONE_CLEAR_SIGHAND))
		return -EINVAL;
	if ((f & (CLONE_THREAD | CLONE_PARENT)) && exit_signal)
		return -EINVAL;
	/* Here the two have an argument each; these are the same on purpose. */
	if ((f & CLONE_PIDFD) && (f & CLONE_PARENT_SETTID))
		return -EINVAL;
	return rule(f);
}

static const unsigned long bases[] = { 0, CLONE_VM | CLONE_SIGHAND, CLONE_VM | CLONE_SIGHAND | CLONE_THREAD };

/* Children of CLONE_PARENT are the harness's: it does not mind. */
static void sweep_clone(int base)
{
	for (int a = 8; a < 32; a++) {
		for (int b = a; b < 32; b++) {
			unsigned long f = bases[base] | 1UL << a | 1UL << b;
			long want = rule_clone(f);

			if (!want && (f & NAMESPACES))
				continue;
			if (try_clone(f) != want)
				FAIL("flags 0x%lx: not %ld", f, want);
			if (!(f & CLONE_THREAD) && try_clone(f | SIGCHLD) != want)
				FAIL("flags 0x%lx: not %ld", f | SIGCHLD, want);
		}
	}
}

TEST_LIMIT(pairs_of_flags_of_a_process, 100) { sweep_clone(0); }
TEST_LIMIT(pairs_of_flags_with_shared_memory, 100) { sweep_clone(1); }
TEST_LIMIT(pairs_of_flags_of_a_thread, 100) { sweep_clone(2); }

static void sweep_clone3(int base, int exit_signal)
{
	for (int a = 0; a < 33; a++) {
		for (int b = a; b < 33; b++) {
			unsigned long f = bases[base] | 1UL << a | 1UL << b;
			long want = rule_clone3(f, exit_signal);

			if (!want && (f & NAMESPACES))
				continue;
			if (try_clone3(f, exit_signal) != want)
				FAIL("flags 0x%lx, signal %d: not %ld", f, exit_signal, want);
		}
	}
}

TEST_LIMIT(pairs_of_flags_of_clone3, 100)
{
	sweep_clone3(0, 0);
	sweep_clone3(0, SIGCHLD);
}
TEST_LIMIT(pairs_of_flags_of_clone3_with_shared_memory, 100)
{
	sweep_clone3(1, 0);
	sweep_clone3(1, SIGCHLD);
}
TEST_LIMIT(pairs_of_flags_of_clone3_for_a_thread, 100)
{
	sweep_clone3(2, 0);
	sweep_clone3(2, SIGCHLD);
}

TEST(flags_beyond_those_known_are_refused)
{
	for (int bit = 34; bit < 64; bit++)
		EQ(try_clone3(1UL << bit, 0), -EINVAL);
	/* clone looks at 32 bits */
	EQ(try_clone(SIGCHLD | 1UL << 40), 0);
}

TEST(the_exit_signal_is_checked_by_clone3_only)
{
	for (int sig = 1; sig <= 64; sig++)
		signal(sig, SIG_IGN);
	EQ(try_clone(64), 0);
	EQ(try_clone(65), 0);
	EQ(try_clone(255), 0);
	EQ(try_clone3(0, 64), 0);
	EQ(try_clone3(0, 65), -EINVAL);
	EQ(try_clone3(0, 255), -EINVAL);
	EQ(try_clone3(0, 256), -EINVAL);
	EQ(try_clone3(0, -1), -EINVAL);
}

static long raw_clone3(void *p, unsigned long size)
{
	long ret = clone_exit(__NR_clone3, (unsigned long)p, size, 0, 0);

	reap(ret, 0);
	return ret > 0 ? 0 : ret;
}

TEST(the_structure_may_be_older_or_newer)
{
	unsigned char big[5000] = { 0 };

	EQ(raw_clone3(big, 0), -EINVAL);
	EQ(raw_clone3(big, 63), -EINVAL);
	EQ(raw_clone3(big, 64), 0);
	EQ(raw_clone3(big, 80), 0);
	EQ(raw_clone3(big, 81), 0);
	EQ(raw_clone3(big, 88), 0);
	EQ(raw_clone3(big, 4096), 0);
	EQ(raw_clone3(big, 4097), -E2BIG);
	big[200] = 1;
	EQ(raw_clone3(big, 200), 0);
	EQ(raw_clone3(big, 201), -E2BIG);
	EQ(raw_clone3(NULL, 64), -EFAULT);
	EQ(raw_clone3(NULL, 63), -EINVAL);
	EQ(raw_clone3((void *)-4096UL, 88), -EFAULT);
}

static long with_stack(unsigned long stack, unsigned long size)
{
	long ret;

	memset(&args, 0, sizeof(args));
	args.stack = stack;
	args.stack_size = size;
	ret = clone_exit(__NR_clone3, (unsigned long)&args, sizeof(args), 0, 0);
	reap(ret, 0);
	return ret > 0 ? 0 : ret;
}

TEST(the_stack_of_clone3_has_a_size)
{
	unsigned long p = (unsigned long)map_pages(1);

	EQ(with_stack(p, PAGE), 0);
	EQ(with_stack(p, 0), -EINVAL);
	EQ(with_stack(0, PAGE), -EINVAL);
	EQ(with_stack(-4096UL, PAGE), -EINVAL);
	EQ(with_stack(0x1000, PAGE), 0);		/* nobody looks whether it is there */
}

static long with_tids(unsigned long tids, unsigned long count)
{
	long ret;

	memset(&args, 0, sizeof(args));
	args.set_tid = tids;
	args.set_tid_size = count;
	ret = clone_exit(__NR_clone3, (unsigned long)&args, sizeof(args), 0, 0);
	reap(ret, 0);
	return ret;
}

TEST(a_chosen_tid_is_given_once)
{
	int tids[40] = { 20000, 20001 };

	EQ(with_tids((unsigned long)tids, 1), 20000);
	EQ(with_tids((unsigned long)tids, 2), -EINVAL);
	EQ(with_tids((unsigned long)tids, 33), -EINVAL);
	EQ(with_tids((unsigned long)tids, 0), -EINVAL);
	EQ(with_tids(0, 1), -EINVAL);
	EQ(with_tids(0x1000, 1), -EFAULT);
	tids[0] = getpid();
	EQ(with_tids((unsigned long)tids, 1), -EEXIST);
	tids[0] = 0;
	EQ(with_tids((unsigned long)tids, 1), -EINVAL);
	tids[0] = -1;
	EQ(with_tids((unsigned long)tids, 1), -EINVAL);
	tids[0] = 1 << 30;
	EQ(with_tids((unsigned long)tids, 1), -EINVAL);
}

TEST(a_pidfd_goes_where_it_was_asked_for)
{
	words[0] = -1;
	EQ(clone_exit(__NR_clone, CLONE_PIDFD | SIGCHLD, 0, 0x1000, 0), -EFAULT);
	CMP(clone_exit(__NR_clone, CLONE_PIDFD | SIGCHLD, 0, (unsigned long)&words[0], 0), >, 0);
	CMP(words[0], >, 2);
	OK(fcntl(words[0], F_GETFD));
}

TEST(tids_at_bad_addresses_are_the_callers_loss)
{
	CMP(clone_exit(__NR_clone, CLONE_PARENT_SETTID | SIGCHLD, 0, 0x1000, 0), >, 0);
	CMP(clone_exit(__NR_clone, CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID | SIGCHLD, 0, 0, 0x1000), >, 0);
	CMP(clone_exit(__NR_clone, CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID | SIGCHLD, 0, 0, -8UL), >, 0);
	EXITS(-1, 0);
	EXITS(-1, 0);
	EXITS(-1, 0);
}
