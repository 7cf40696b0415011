/*
 * tests/user/robust.c - robust lists: what the kernel does with the locks of a thread that dies
 */
#include <sched.h>
#include <thread.h>
#include <uapi/futex.h>
#include "proc.h"

/* A lock in memory that the dying process and the others share. */
struct lock {
	struct robust_list list;
	unsigned int word;
	unsigned int pad;
};

#define OFFSET	((long)&((struct lock *)0)->word)
#define MAX	3000

static struct robust_list_head *head;
static struct lock *locks;

static void set_up(void)
{
	head = mmap(NULL, PAGE + MAX * sizeof(struct lock), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	CHECK(head != MAP_FAILED);
	locks = (struct lock *)((char *)head + PAGE);
	head->list.next = &head->list;
	head->futex_offset = OFFSET;
}

static long set_list(void *h, unsigned long len)
{
	return syscall(__NR_set_robust_list, h, len);
}

/* In the child: hold locks[0..n), in a list. */
static void hold(int n)
{
	OK(set_list(head, sizeof(*head)));
	for (int i = 0; i < n; i++) {
		locks[i].word = gettid();
		locks[i].list.next = i + 1 < n ? &locks[i + 1].list : &head->list;
	}
	head->list.next = n ? &locks[0].list : &head->list;
}

/* Sleep until the word changes: what a wake-up that does not come would not end. */
static int wait_for_change(unsigned int *word, unsigned int value)
{
	struct timespec limit = { 10, 0 };

	return syscall(__NR_futex, word, FUTEX_WAIT, value, &limit, NULL, 0);
}

TEST(the_arguments_are_checked)
{
	static struct robust_list_head h;
	void *got = NULL;
	unsigned long len = 0;

	ERR(set_list(&h, 23), EINVAL);
	ERR(set_list(&h, 25), EINVAL);
	ERR(set_list(NULL, 0), EINVAL);
	OK(set_list((void *)0xffff800000000000UL, sizeof(h)));
	OK(syscall(__NR_get_robust_list, 0, &got, &len));
	EQ(got, 0xffff800000000000UL);
	EQ(len, sizeof(h));
	OK(set_list(&h, sizeof(h)));
	OK(syscall(__NR_get_robust_list, getpid(), &got, &len));
	EQ(got, &h);
	ERR(syscall(__NR_get_robust_list, 99999, &got, &len), ESRCH);
	ERR(syscall(__NR_get_robust_list, -1, &got, &len), ESRCH);
	ERR(syscall(__NR_get_robust_list, 0, &got, NULL), EFAULT);
	ERR(syscall(__NR_get_robust_list, 0, NULL, &len), EFAULT);
}

TEST(another_user_may_not_look)
{
	void *got;
	unsigned long len;

	EXITS(CHILD(
		OK(syscall(__NR_setresuid, 1000, 1000, 1000));
		ERR(syscall(__NR_get_robust_list, 1, &got, &len), EPERM);
		OK(syscall(__NR_get_robust_list, getpid(), &got, &len));
	), 0);
}

TEST(a_forked_child_has_no_list)
{
	void *got = (void *)1;
	unsigned long len;

	set_up();
	OK(set_list(head, sizeof(*head)));
	EXITS(CHILD(OK(syscall(__NR_get_robust_list, 0, &got, &len)); EQ(got, 0)), 0);
}

TEST(the_locks_of_the_dead_say_so)
{
	set_up();
	EXITS(CHILD(hold(10)), 0);
	for (int i = 0; i < 10; i++)
		EQ(locks[i].word, FUTEX_OWNER_DIED);
}

TEST(the_bit_for_waiters_stays_and_one_is_woken)
{
	unsigned int value;
	pid_t pid, waiter[2];

	set_up();
	pid = CHILD(hold(1); locks[0].word |= FUTEX_WAITERS; pause());
	EVENTUALLY(locks[0].word & FUTEX_WAITERS);
	value = locks[0].word;
	for (int i = 0; i < 2; i++)
		waiter[i] = CHILD(_exit(wait_for_change(&locks[0].word, value) ? errno : 0));
	for (int i = 0; i < 2; i++)
		EVENTUALLY(sleeps(waiter[i]));
	kill(pid, SIGKILL);
	DIES(pid, SIGKILL);
	EQ(locks[0].word, FUTEX_WAITERS | FUTEX_OWNER_DIED);
	EXITS(-1, 0);
	EQ(syscall(__NR_futex, &locks[0].word, FUTEX_WAKE, 10, NULL, NULL, 0), 1);
	EXITS(-1, 0);
}

TEST(a_lock_of_somebody_else_is_left_alone)
{
	set_up();
	EXITS(CHILD(hold(3); locks[1].word = 1; locks[2].word = 0), 0);
	EQ(locks[0].word, FUTEX_OWNER_DIED);
	EQ(locks[1].word, 1);
	EQ(locks[2].word, 0);
}

TEST(the_lock_just_being_taken_is_seen_too)
{
	set_up();
	EXITS(CHILD(hold(1); locks[5].word = gettid(); head->list_op_pending = &locks[5].list), 0);
	EQ(locks[0].word, FUTEX_OWNER_DIED);
	EQ(locks[5].word, FUTEX_OWNER_DIED);
}

TEST(a_pending_lock_that_is_in_the_list_is_handled_once)
{
	set_up();
	EXITS(CHILD(hold(3); head->list_op_pending = &locks[1].list), 0);
	for (int i = 0; i < 3; i++)
		EQ(locks[i].word, FUTEX_OWNER_DIED);
}

/* Unlocked, but died before FUTEX_WAKE: the kernel wakes for it. */
static void pending_wakes(unsigned int value, int expected)
{
	pid_t pid, waiter;

	set_up();
	locks[0].word = value;
	pid = CHILD(OK(set_list(head, sizeof(*head))); head->list_op_pending = &locks[0].list; pause());
	waiter = CHILD(_exit(wait_for_change(&locks[0].word, value) ? errno : 0));
	EVENTUALLY(head->list_op_pending && sleeps(waiter));
	kill(pid, SIGKILL);
	DIES(pid, SIGKILL);
	EQ(locks[0].word, value);
	if (!expected)
		EQ(syscall(__NR_futex, &locks[0].word, FUTEX_WAKE, 10, NULL, NULL, 0), 1);
	EXITS(waiter, 0);
}

TEST(a_lock_just_released_wakes) { pending_wakes(0, 1); }
TEST(a_lock_just_released_with_waiters_wakes) { pending_wakes(FUTEX_WAITERS, 1); }
TEST(a_lock_just_released_whose_owner_died_before_wakes) { pending_wakes(FUTEX_OWNER_DIED | FUTEX_WAITERS, 1); }
TEST(a_lock_that_another_took_meanwhile_wakes) { pending_wakes(1, 1); }
TEST(also_after_a_death) { pending_wakes(FUTEX_OWNER_DIED | 1, 1); }
TEST(not_if_the_new_owner_knows_of_waiters) { pending_wakes(FUTEX_WAITERS | 1, 0); }

TEST(bit_0_of_a_pointer_marks_a_priority_inheriting_lock)
{
	set_up();
	EXITS(CHILD(
		hold(2);
		head->list.next = (void *)((long)&locks[0].list | 1);
		locks[0].word |= FUTEX_WAITERS;
	), 0);
	EQ(locks[0].word, FUTEX_OWNER_DIED | FUTEX_WAITERS);
	EQ(locks[1].word, FUTEX_OWNER_DIED);
}

TEST(a_ring_of_locks_ends)
{
	set_up();
	EXITS(CHILD(hold(3); locks[2].list.next = &locks[0].list), 0);
	EQ(locks[2].word, FUTEX_OWNER_DIED);
}

TEST(only_so_many_locks_are_looked_at)
{
	set_up();
	EXITS(CHILD(hold(MAX)), 0);
	for (int i = 0; i < MAX; i++)
		CHECK((locks[i].word == FUTEX_OWNER_DIED) == (i < ROBUST_LIST_LIMIT));
}

TEST(a_list_that_leads_nowhere_ends_there)
{
	static const unsigned long bad[] = { 0, 8, 0x10000, 0xffff800000000000UL, -8UL, 1UL << 47, -1UL };

	for (unsigned int i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		set_up();
		EXITS(CHILD(hold(2); locks[0].list.next = (void *)bad[i]), 0);
		EQ(locks[0].word, FUTEX_OWNER_DIED);
		EXITS(CHILD(hold(2); head->list.next = (void *)bad[i]), 0);
		EXITS(CHILD(OK(set_list((void *)bad[i], sizeof(*head)))), 0);
		EXITS(CHILD(hold(1); head->list_op_pending = (void *)bad[i]), 0);
		EQ(locks[0].word, FUTEX_OWNER_DIED);
	}
}

TEST(a_word_that_cannot_be_used_ends_the_walk)
{
	static const long offset[] = { OFFSET + 1, OFFSET + 2, 1L << 46, -(1L << 50) };

	for (unsigned int i = 0; i < 4; i++) {
		set_up();
		EXITS(CHILD(hold(2); head->futex_offset = offset[i]), 0);
		CMP(locks[0].word, >, 0);
		CHECK(!(locks[0].word & FUTEX_OWNER_DIED));
	}
}

TEST(a_word_in_memory_that_is_read_only_stays)
{
	unsigned int *word = (unsigned int *)map_pages(1);

	set_up();
	EXITS(CHILD(
		hold(2);
		*word = gettid();
		OK(mprotect(word, PAGE, PROT_READ));
		head->list.next = (void *)((char *)word - OFFSET);
	), 0);
	CHECK(!(locks[1].word & FUTEX_OWNER_DIED));
}

static int die_holding(void *arg)
{
	hold(4);
	return 0;
}

TEST(a_thread_leaves_its_locks_too)
{
	set_up();
	thread_join(thread_create(die_holding, NULL));
	for (int i = 0; i < 4; i++)
		EQ(locks[i].word, FUTEX_OWNER_DIED);
}

TEST(exec_is_a_death)
{
	static char *const argv[] = { "sh", "-c", "exit 4", NULL };

	set_up();
	EXITS(CHILD(hold(4); execv("/bin/sh", argv)), 4);
	for (int i = 0; i < 4; i++)
		EQ(locks[i].word, FUTEX_OWNER_DIED);
}

/* ---- the end of a thread: clear_child_tid ---- */

static volatile int tid_word;

static int set_tid_and_end(void *arg)
{
	EQ(syscall(__NR_set_tid_address, arg), gettid());
	return 0;
}

static void end_with_tid_at(void *where)
{
	struct thread *t = thread_create(set_tid_and_end, where);

	CHECK(t);
	EVENTUALLY(status_value("Threads") == 1);
}

TEST(the_word_of_set_tid_address_is_cleared_and_woken)
{
	tid_word = 1;
	end_with_tid_at((void *)&tid_word);
	EQ(tid_word, 0);
	end_with_tid_at((void *)0x10000);
	end_with_tid_at((void *)0xffff800000000000UL);
	end_with_tid_at(map_at(NULL, 1, PROT_READ, 0));
	end_with_tid_at(NULL);
}

TEST(the_word_of_the_last_thread_is_spared)
{
	set_up();
	locks[0].word = 5;
	EXITS(CHILD(syscall(__NR_set_tid_address, &locks[0].word)), 0);
	EQ(locks[0].word, 5);
}
