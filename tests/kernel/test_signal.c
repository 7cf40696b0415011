/*
 * tests/kernel/test_signal.c - the queues of signals
 *
 * The test thread sends to itself with everything blocked and looks at its own queues;
 * handlers and frames are tested from user space (tests/user).
 */
#include <ktest.h>
#include <sched.h>
#include <signal.h>
#include <string.h>

#define ALL (~0UL)

static void begin(void)
{
	flush_sigqueue(&current->pending);
	flush_sigqueue(&current->signal->shared_pending);
	set_current_blocked(ALL);
}

static void end(void)
{
	flush_sigqueue(&current->pending);
	flush_sigqueue(&current->signal->shared_pending);
	set_current_blocked(0);
}

static int send(int sig, int value, bool group)
{
	siginfo_t info;

	memset(&info, 0, sizeof(info));
	info.si_signo = sig;
	info.si_code = SI_QUEUE;
	info.si_int = value;
	return group ? group_send_sig_info(sig, &info, current) : send_sig_info(sig, &info, current);
}

static int take(siginfo_t *info)
{
	sigset_t none = 0;
	int sig;

	spin_lock_irq(&current->sighand->siglock);
	sig = dequeue_signal(current, &none, info);
	spin_unlock_irq(&current->sighand->siglock);
	return sig;
}

KTEST(signal, standard_signal_queues_once)
{
	siginfo_t info;
	int first, second;

	begin();
	send(SIGUSR1, 1, false);
	send(SIGUSR1, 2, false);
	first = take(&info);
	second = take(&info);
	end();
	EXPECT_EQ(first, SIGUSR1);
	EXPECT_EQ(second, 0);
}

KTEST(signal, realtime_signals_queue_in_order_with_their_values)
{
	siginfo_t info[4];
	int sig[4];

	begin();
	for (int i = 0; i < 3; i++)
		send(SIGRTMIN + 3, i + 10, false);
	for (int i = 0; i < 4; i++)
		sig[i] = take(&info[i]);
	end();
	for (int i = 0; i < 3; i++) {
		EXPECT_EQ(sig[i], SIGRTMIN + 3);
		EXPECT_EQ(info[i].si_int, i + 10);
	}
	EXPECT_EQ(sig[3], 0);
}

KTEST(signal, lower_numbers_come_first_but_faults_before_all)
{
	siginfo_t info;
	int a, b, c;

	begin();
	send(SIGTERM, 0, false);
	send(SIGHUP, 0, false);
	send(SIGSEGV, 0, false);
	a = take(&info);
	b = take(&info);
	c = take(&info);
	end();
	EXPECT_EQ(a, SIGSEGV);
	EXPECT_EQ(b, SIGHUP);
	EXPECT_EQ(c, SIGTERM);
}

KTEST(signal, own_queue_before_the_shared_one)
{
	siginfo_t info;
	int a, b;

	begin();
	send(SIGHUP, 0, true);
	send(SIGTERM, 0, false);
	a = take(&info);
	b = take(&info);
	end();
	EXPECT_EQ(a, SIGTERM);
	EXPECT_EQ(b, SIGHUP);
}

KTEST(signal, blocked_signal_waits_without_setting_the_flag)
{
	bool pending_blocked, pending_open;

	begin();
	send(SIGUSR2, 0, false);
	pending_blocked = signal_pending(current);
	set_current_blocked(ALL & ~sigmask(SIGUSR2));
	pending_open = signal_pending(current);
	end();
	EXPECT(!pending_blocked);
	EXPECT(pending_open);
	EXPECT(!signal_pending(current));
}

KTEST(signal, stop_and_continue_cancel_each_other)
{
	sigset_t after_stop, after_cont;

	begin();
	send(SIGCONT, 0, true);
	send(SIGTSTP, 0, true);
	after_stop = current->signal->shared_pending.signal;
	send(SIGCONT, 0, true);
	after_cont = current->signal->shared_pending.signal;
	end();
	EXPECT_EQ(after_stop, sigmask(SIGTSTP));
	EXPECT_EQ(after_cont, sigmask(SIGCONT));
}

KTEST(signal, kill_and_stop_cannot_be_blocked)
{
	sigset_t got;

	begin();
	got = current->blocked;
	end();
	EXPECT(!sigismember(&got, SIGKILL));
	EXPECT(!sigismember(&got, SIGSTOP));
	EXPECT(sigismember(&got, SIGTERM));
}

KTEST(signal, zero_and_wrong_numbers_queue_nothing)
{
	sigset_t left;
	int none, bad;

	begin();
	none = send(0, 0, false);
	bad = send(65, 0, false);
	left = current->pending.signal;
	end();
	EXPECT_EQ(none, 0);
	EXPECT_EQ(bad, -EINVAL);
	EXPECT_EQ(left, 0);
}
