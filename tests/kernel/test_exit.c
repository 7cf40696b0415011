/*
 * tests/kernel/test_exit.c - ends, zombies, orphans, wait
 */
#include <err.h>
#include <ktest.h>
#include <sched.h>
#include <signal.h>
#include <syscalls_proc.h>
#include <uapi/wait.h>
#include "user_task.h"

USER_CODE(exit_7, "mov $7, %edi\n" EXIT_WITH_EDI);
USER_CODE(exit_511, "mov $511, %edi\n" EXIT_WITH_EDI);
USER_CODE(spin_on, "1: jmp 1b\n");
USER_CODE(crash, "xor %eax, %eax\n mov (%rax), %eax\n");
USER_CODE(pause_on, "1: " SYS(34) "jmp 1b\n");

KTEST(exit, the_code_arrives_and_only_its_low_byte)
{
	EXPECT_EQ(run_user(exit_7, exit_7_end), 7 << 8);
	EXPECT_EQ(run_user(exit_511, exit_511_end), 255 << 8);
}

KTEST(exit, a_fault_ends_the_process_with_sigsegv)
{
	EXPECT_EQ(run_user(crash, crash_end) & 0x7f, SIGSEGV);
}

KTEST(exit, a_zombie_has_no_memory_and_keeps_its_number)
{
	struct task_struct *u = start_user(exit_7, exit_7_end, NULL, 0), *found;
	pid_t pid;

	EXPECT(!IS_ERR(u));
	pid = u->pid;
	RUN_UNTIL(u->exit_state == EXIT_ZOMBIE && !u->on_cpu);
	EXPECT_EQ(u->exit_state, EXIT_ZOMBIE);
	EXPECT(!u->mm && !u->files && !u->fs && !u->stack);
	found = find_get_task(pid);
	EXPECT(found == u);
	put_task_struct(found);
	EXPECT_EQ(alloc_pid_at(pid), -EEXIST);
	EXPECT_EQ(wait_user(u), 7 << 8);
	EXPECT(!find_get_task(pid));
}

KTEST(exit, wait_without_children_is_echild)
{
	EXPECT_EQ(sys_wait4(-1, NULL, WNOHANG, NULL), -ECHILD);
	EXPECT_EQ(sys_wait4(current->pid, NULL, 0, NULL), -ECHILD);
	EXPECT_EQ(sys_wait4(-1, NULL, 0x100, NULL), -EINVAL);
	EXPECT_EQ(sys_waitid(P_ALL, 0, NULL, 0, NULL), -EINVAL);
}

KTEST(exit, wnohang_answers_zero_while_the_child_runs)
{
	struct task_struct *u = start_user(spin_on, spin_on_end, NULL, 0);
	long running;

	EXPECT(!IS_ERR(u));
	running = sys_wait4(u->pid, NULL, WNOHANG, NULL);
	send_sig(SIGKILL, u, true);
	EXPECT_EQ(wait_user(u), SIGKILL);
	EXPECT_EQ(running, 0);
}

KTEST(exit, wnowait_leaves_the_zombie)
{
	struct task_struct *u = start_user(exit_7, exit_7_end, NULL, 0);
	long first;

	EXPECT(!IS_ERR(u));
	first = sys_waitid(P_PID, u->pid, NULL, WEXITED | WNOWAIT, NULL);
	EXPECT_EQ(first, 0);
	EXPECT_EQ(u->exit_state, EXIT_ZOMBIE);
	EXPECT_EQ(wait_user(u), 7 << 8);
}

KTEST(exit, wclone_chooses_children_by_their_signal)
{
	struct task_struct *u = start_user(spin_on, spin_on_end, NULL, 0);
	long wclone, wall;

	EXPECT(!IS_ERR(u));
	wclone = sys_wait4(u->pid, NULL, WNOHANG | __WCLONE, NULL);
	wall = sys_wait4(u->pid, NULL, WNOHANG | __WALL, NULL);
	send_sig(SIGKILL, u, true);
	wait_user(u);
	EXPECT_EQ(wclone, -ECHILD);
	EXPECT_EQ(wall, 0);
}

KTEST(exit, stop_and_continue_are_reported_once)
{
	struct task_struct *u = start_user(pause_on, pause_on_end, NULL, 0);
	siginfo_t stop = { .si_signo = SIGSTOP, .si_code = SI_KERNEL };
	siginfo_t cont = { .si_signo = SIGCONT, .si_code = SI_KERNEL };
	long s1, s2, c1, c2;
	pid_t pid;

	EXPECT(!IS_ERR(u));
	pid = u->pid;
	group_send_sig_info(SIGSTOP, &stop, u);
	s1 = sys_wait4(pid, NULL, WUNTRACED, NULL);
	s2 = sys_wait4(pid, NULL, WUNTRACED | WNOHANG, NULL);
	group_send_sig_info(SIGCONT, &cont, u);
	c1 = sys_wait4(pid, NULL, WCONTINUED, NULL);
	c2 = sys_wait4(pid, NULL, WCONTINUED | WNOHANG, NULL);
	send_sig(SIGKILL, u, true);
	EXPECT_EQ(wait_user(u), SIGKILL);
	EXPECT_EQ(s1, pid);
	EXPECT_EQ(s2, 0);
	EXPECT_EQ(c1, pid);
	EXPECT_EQ(c2, 0);
}

/* The child forks and ends: its own child is an orphan. */
USER_CODE(make_orphan,
	SYS(57)
	"test %eax, %eax\n jz 2f\n"
	"mov $5, %edi\n" EXIT_WITH_EDI
	"2: " SYS(34) "jmp 2b\n");

KTEST(exit, an_orphan_goes_to_process_1)
{
	struct task_struct *u, *c;
	bool ours;

	if (current != init_process) {
		ktest_skip(t, "the runner is not process 1");
		return;
	}
	u = start_user(make_orphan, make_orphan_end, NULL, 0);
	EXPECT(!IS_ERR(u));
	EXPECT_EQ(wait_user(u), 5 << 8);
	EXPECT(!list_empty(&current->children));
	c = list_first_entry(&current->children, struct task_struct, sibling);
	get_task_struct(c);
	ours = c->real_parent == current && c->exit_signal == SIGCHLD;
	send_sig(SIGKILL, c, true);
	EXPECT_EQ(wait_user(c), SIGKILL);
	EXPECT(ours);
}

KTEST(exit, nobody_waits_for_children_of_who_ignores_sigchld)
{
	struct k_sigaction *ka = &current->sighand->action[SIGCHLD - 1];
	struct task_struct *u;
	long ret;
	pid_t pid;

	ka->handler = (void *)SIG_IGN;
	u = start_user(exit_7, exit_7_end, NULL, 0);
	if (IS_ERR(u)) {
		ka->handler = (void *)SIG_DFL;
		EXPECT(!IS_ERR(u));
	}
	pid = u->pid;
	ret = sys_wait4(pid, NULL, 0, NULL);	/* sleeps until it is gone, then ECHILD */
	ka->handler = (void *)SIG_DFL;
	put_task_struct(u);
	EXPECT_EQ(ret, -ECHILD);
	EXPECT(pid_is_gone(pid));
}

/* The first thread ends, the second goes on for a while and then ends the process with 9. */
USER_CODE(leader_first,
	"mov $0x50f00, %edi\n mov $0x10002800, %esi\n xor %edx, %edx\n"
	"xor %r10d, %r10d\n xor %r8d, %r8d\n" SYS(56)
	"test %eax, %eax\n jz 2f\n"
	"mov $3, %edi\n" SYS(60)
	"2: mov $20, %ebx\n"
	"3: " SYS(24) "dec %ebx\n jnz 3b\n"
	"mov $9, %edi\n" EXIT_WITH_EDI);

KTEST(exit, a_process_ends_with_its_last_thread)
{
	struct task_struct *u = start_user(leader_first, leader_first_end, NULL, 0);
	int group_code;

	EXPECT(!IS_ERR(u));
	EXPECT_EQ(sys_waitid(P_PID, u->pid, NULL, WEXITED | WNOWAIT, NULL), 0);
	group_code = u->signal->group_exit_code;
	EXPECT_EQ(u->signal->nr_threads, 1);
	EXPECT_EQ(wait_user(u), 3 << 8);	/* its own; wait4 reports the group's */
	EXPECT_EQ(group_code, 9 << 8);
}

KTEST(exit, times_of_a_child_are_added_when_it_is_waited_for)
{
	u64 before = current->signal->cutime + current->signal->cstime;

	EXPECT_EQ(run_user(exit_7, exit_7_end), 7 << 8);
	EXPECT(current->signal->cutime + current->signal->cstime > before);
}
