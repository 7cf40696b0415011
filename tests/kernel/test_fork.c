/*
 * tests/kernel/test_fork.c - fork, vfork, threads: what is shared, what is copied
 */
#include <err.h>
#include <ktest.h>
#include <mm.h>
#include <sched.h>
#include <signal.h>
#include "user_task.h"

static struct task_struct *try_copy(u64 flags)
{
	struct kernel_clone_args args = { .flags = flags, .exit_signal = SIGCHLD };

	return copy_process(&args);
}

KTEST(fork, thread_without_sighand_or_vm_is_einval)
{
	EXPECT_EQ(PTR_ERR(try_copy(CLONE_THREAD)), -EINVAL);
	EXPECT_EQ(PTR_ERR(try_copy(CLONE_THREAD | CLONE_VM)), -EINVAL);
	EXPECT_EQ(PTR_ERR(try_copy(CLONE_SIGHAND)), -EINVAL);
	EXPECT_EQ(PTR_ERR(try_copy(CLONE_SIGHAND | CLONE_VM | CLONE_CLEAR_SIGHAND)), -EINVAL);
}

KTEST(fork, name_spaces_and_pidfds_of_threads_are_einval)
{
	EXPECT_EQ(PTR_ERR(try_copy(CLONE_NEWNS)), -EINVAL);
	EXPECT_EQ(PTR_ERR(try_copy(CLONE_NEWPID)), -EINVAL);
	EXPECT_EQ(PTR_ERR(try_copy(CLONE_PIDFD | CLONE_THREAD | CLONE_SIGHAND | CLONE_VM)),
		  -EINVAL);
}

static int nothing(void *unused)
{
	return 0;
}

KTEST(fork, too_many_tasks_is_eagain)
{
	unsigned int max = max_threads, before = nr_threads;
	struct task_struct *k;

	max_threads = nr_threads;
	k = kthread_run(nothing, NULL, "one-too-many");
	max_threads = max;
	EXPECT_EQ(PTR_ERR(k), -EAGAIN);
	EXPECT_EQ(nr_threads, before);
}

KTEST(fork, a_failure_at_the_last_step_undoes_all)
{
	struct kernel_clone_args args = {
		.fn = nothing, .set_tid = current->pid,		/* in use */
	};

	EXPECT_EQ(PTR_ERR(copy_process(&args)), -EEXIST);	/* leaks: the runner looks */
}

USER_CODE(fork_and_wait,
	SYS(57)
	"test %eax, %eax\n jnz 1f\n"
	"mov $33, %edi\n" EXIT_WITH_EDI
	"1: mov $-1, %rdi\n mov $0x10001000, %rsi\n xor %edx, %edx\n xor %r10d, %r10d\n"
	SYS(61)
	"mov 0x10001001, %dil\n movzbl %dil, %edi\n" EXIT_WITH_EDI);

KTEST(fork, the_child_runs_and_the_parent_gets_its_exit_code)
{
	EXPECT_EQ(run_user(fork_and_wait, fork_and_wait_end), 33 << 8);
}

/* Data word = 1; the child makes it 2 and ends; what does the parent see?  %ebx: the call. */
#define CHANGE_IN_CHILD(call)						\
	"movl $1, 0x10001100\n"						\
	call								\
	"test %eax, %eax\n jnz 1f\n"					\
	"movl $2, 0x10001100\n xor %edi, %edi\n" EXIT_WITH_EDI		\
	"1: mov %eax, %edi\n xor %esi, %esi\n xor %edx, %edx\n xor %r10d, %r10d\n" \
	SYS(61)								\
	"mov 0x10001100, %edi\n" EXIT_WITH_EDI

USER_CODE(fork_cow, CHANGE_IN_CHILD(SYS(57)));
USER_CODE(vfork_shares, CHANGE_IN_CHILD(SYS(58)));
/* clone(CLONE_VM | SIGCHLD, a stack of its own) */
USER_CODE(clone_vm, CHANGE_IN_CHILD("mov $0x111, %edi\n mov $0x10002800, %esi\n"
				    "xor %edx, %edx\n xor %r10d, %r10d\n xor %r8d, %r8d\n" SYS(56)));

KTEST(fork, a_write_in_the_child_leaves_the_parent_as_it_was)
{
	EXPECT_EQ(run_user(fork_cow, fork_cow_end), 1 << 8);
}

KTEST(fork, vfork_lends_the_parents_memory_until_the_child_ends)
{
	EXPECT_EQ(run_user(vfork_shares, vfork_shares_end), 2 << 8);
}

KTEST(fork, clone_vm_shares_memory)
{
	EXPECT_EQ(run_user(clone_vm, clone_vm_end), 2 << 8);
}

/* A thread as pthread_create makes it; it waits for its child_tid to become 0. */
USER_CODE(thread,
	"mov $0x3d0f00, %edi\n mov $0x10002800, %esi\n mov $0x10001200, %edx\n"
	"mov $0x10001200, %r10d\n xor %r8d, %r8d\n"
	SYS(56)
	"test %eax, %eax\n jnz 1f\n"
	"movl $44, 0x10001100\n xor %edi, %edi\n" SYS(60)
	"1: mov 0x10001200, %edx\n test %edx, %edx\n jz 2f\n"
	"mov $0x10001200, %edi\n xor %esi, %esi\n xor %r10d, %r10d\n" SYS(202)
	"jmp 1b\n"
	"2: mov 0x10001100, %edi\n" EXIT_WITH_EDI);

KTEST(fork, a_thread_shares_memory_and_clears_its_tid_at_the_end)
{
	EXPECT_EQ(run_user(thread, thread_end), 44 << 8);
}

/* Another that spins, so that the counters can be looked at. */
USER_CODE(two_threads,
	"mov $0x50f00, %edi\n mov $0x10002800, %esi\n xor %edx, %edx\n"
	"xor %r10d, %r10d\n xor %r8d, %r8d\n"
	SYS(56)
	"1: jmp 1b\n");

KTEST(fork, mm_users_counts_threads_and_exit_group_ends_all)
{
	unsigned int before = nr_threads;
	struct task_struct *u = start_user(two_threads, two_threads_end, NULL, 0);
	struct mm_struct *mm;
	int users, threads;

	EXPECT(!IS_ERR(u));
	RUN_UNTIL(u->signal->nr_threads == 2);
	threads = u->signal->nr_threads;
	mm = u->mm;
	users = atomic_read(&mm->mm_users);
	group_send_sig_info(SIGKILL, &(siginfo_t){ .si_signo = SIGKILL, .si_code = SI_KERNEL }, u);
	EXPECT_EQ(wait_user(u), SIGKILL);
	EXPECT_EQ(threads, 2);
	EXPECT_EQ(users, 2);
	EXPECT_EQ(nr_threads, before);
}

USER_CODE(fork_and_spin, SYS(57) "1: jmp 1b\n");

KTEST(fork, a_forked_child_has_an_mm_of_its_own)
{
	struct task_struct *u = start_user(fork_and_spin, fork_and_spin_end, NULL, 0), *c;
	bool own;
	int users;

	EXPECT(!IS_ERR(u));
	RUN_UNTIL(!list_empty(&u->children));
	EXPECT(!list_empty(&u->children));
	c = list_first_entry(&u->children, struct task_struct, sibling);
	get_task_struct(c);
	own = c->mm != u->mm && c->pid != u->pid && c->tgid == c->pid &&
	      c->signal->pgrp == u->signal->pgrp;
	users = atomic_read(&u->mm->mm_users);
	send_sig(SIGKILL, u, true);
	wait_user(u);
	send_sig(SIGKILL, c, true);
	EXPECT_EQ(wait_user(c), SIGKILL);	/* an orphan: ours now, if we are process 1 */
	EXPECT(own);
	EXPECT_EQ(users, 1);
}

/* clone3 asks for process number 1, which is in use: fails after the mm was copied. */
USER_CODE(clone3_fails,
	"movl $1, 0x10001000\n"
	"movq $17, 0x10001120\n"		/* exit_signal */
	"movq $0x10001000, 0x10001140\n movq $1, 0x10001148\n"
	"mov $0x10001100, %edi\n mov $88, %esi\n" SYS(435)
	"neg %eax\n mov %eax, %edi\n" EXIT_WITH_EDI);

KTEST(fork, clone3_with_a_number_in_use_is_eexist_and_leaks_nothing)
{
	EXPECT_EQ(run_user(clone3_fails, clone3_fails_end), EEXIST << 8);
}

USER_CODE(clone3_grows,
	"movl $1, 0x10001160\n"			/* beyond what we know, and not zero */
	"mov $0x10001100, %edi\n mov $104, %esi\n" SYS(435)
	"neg %eax\n mov %eax, %edi\n" EXIT_WITH_EDI);

KTEST(fork, clone3_refuses_what_it_does_not_know)
{
	EXPECT_EQ(run_user(clone3_grows, clone3_grows_end), E2BIG << 8);
}

/* 100 children one after the other. */
USER_CODE(fork_loop,
	"mov $100, %ebx\n"
	"1: " SYS(57)
	"test %eax, %eax\n jnz 2f\n xor %edi, %edi\n" EXIT_WITH_EDI
	"2: mov $-1, %rdi\n xor %esi, %esi\n xor %edx, %edx\n xor %r10d, %r10d\n" SYS(61)
	"test %eax, %eax\n js 3f\n"
	"dec %ebx\n jnz 1b\n"
	"3: mov %ebx, %edi\n" EXIT_WITH_EDI);

KTEST(fork, a_hundred_forks_leave_nothing_behind)
{
	unsigned int before = nr_threads;

	EXPECT_EQ(run_user(fork_loop, fork_loop_end), 0);
	EXPECT_EQ(nr_threads, before);
}

/* Fork until it fails; every child waits for its end.  Exit code: the error. */
USER_CODE(fork_bomb,
	"1: " SYS(57)
	"test %eax, %eax\n js 2f\n jnz 1b\n"
	"3: " SYS(34) "jmp 3b\n"
	"2: neg %eax\n mov %eax, %edi\n" EXIT_WITH_EDI);

KTEST(fork, a_bomb_ends_with_eagain)
{
	unsigned int before = nr_threads, max = max_threads;
	struct task_struct *u, *c, *next;
	int status;

	max_threads = nr_threads + 30;
	u = start_user(fork_bomb, fork_bomb_end, NULL, 0);
	EXPECT(!IS_ERR(u));
	status = wait_user(u);
	max_threads = max;
	/* The orphans are process 1's: ours. */
	list_for_each_entry_safe(c, next, &current->children, sibling) {
		get_task_struct(c);
		send_sig(SIGKILL, c, true);
		wait_user(c);
	}
	EXPECT_EQ(status, EAGAIN << 8);
	EXPECT_EQ(nr_threads, before);
}

KTEST(fork, the_tree_of_a_copied_mm_is_right_for_every_number_of_areas)
{
	struct mm_struct *mm = ktest_use_mm(), *copy;
	long nodes = 0, wanted = 0;

	EXPECT(mm);
	for (unsigned long i = 0; i < 70 && nodes == wanted; i++) {
		vm_mmap(NULL, USER_BASE + i * 2 * PAGE_SIZE, PAGE_SIZE, PROT_READ,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, 0);
		copy = dup_mm(mm);
		if (IS_ERR(copy))
			break;
		nodes = rb_check(&copy->mm_rb);		/* -1: order of colours broken */
		wanted = i + 1;
		mmput(copy);
	}
	ktest_unuse_mm(mm);
	EXPECT_EQ(wanted, 70);
	EXPECT_EQ(nodes, wanted);
}
