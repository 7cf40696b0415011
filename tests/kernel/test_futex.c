/*
 * tests/kernel/test_futex.c - futexes: compare and sleep, wake, requeue, bit sets, robust lists
 *
 * The test thread takes an address space with one page of words in it; a second kernel thread
 * joins the same address space and waits there.  The order of events is made by looking at its
 * state, never by time.
 */
#include <asm/mmu_context.h>
#include <asm/uaccess.h>
#include <err.h>
#include <futex.h>
#include <ktest.h>
#include <mm.h>
#include <sched.h>

#define WORDS		0x10000000UL
#define WORD(n)		((u32 __user *)(WORDS + 64 * (n)))
#define PRIVATE(op)	((op) | FUTEX_PRIVATE_FLAG)

/* A waiter in a thread of its own. */
struct sleeper {
	struct mm_struct *mm;
	u32 __user *word;
	u32 value, bitset;
	long ret;
	bool ended;
	struct task_struct *task;
	struct completion done;
};

static struct mm_struct *open_words(void)
{
	struct mm_struct *mm = ktest_use_mm();

	if (mm && vm_mmap(NULL, WORDS, PAGE_SIZE, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, 0) != WORDS) {
		ktest_unuse_mm(mm);
		return NULL;
	}
	return mm;
}

static long futex(int op, int word, u32 val, const void *timeout_or_val2, int word2, u32 val3)
{
	return sys_futex(WORD(word), op, val, timeout_or_val2, WORD(word2), val3);
}

/* Become a user of @mm, as a thread made by CLONE_VM is. */
static void join_mm(struct mm_struct *mm)
{
	struct mm_struct *borrowed = current->active_mm;

	task_lock(current);
	current->mm = current->active_mm = mm;
	activate_mm(borrowed, mm);
	task_unlock(current);
	mmdrop(borrowed);
}

static int sleep_on_word(void *arg)
{
	struct sleeper *s = arg;

	join_mm(s->mm);
	s->ret = sys_futex(s->word, PRIVATE(FUTEX_WAIT_BITSET), s->value, NULL, NULL, s->bitset);
	WRITE_ONCE(s->ended, true);
	ktest_unuse_mm(s->mm);
	complete(&s->done);
	return 0;
}

/* Start a waiter on @word, which holds @value, and let it fall asleep. */
static bool start_sleeper(struct sleeper *s, struct mm_struct *mm, int word, u32 value, u32 bitset)
{
	*s = (struct sleeper){ .mm = mm, .word = WORD(word), .value = value, .bitset = bitset };
	init_completion(&s->done);
	mmget(mm);
	s->task = kthread_run(sleep_on_word, s, "futex-sleeper");
	if (IS_ERR(s->task)) {
		mmput(mm);
		return false;
	}
	for (int i = 0; i < 100000 && READ_ONCE(s->task->state) == TASK_RUNNING; i++)
		schedule();
	return !s->ended;
}

KTEST(futex, another_value_does_not_sleep)
{
	struct mm_struct *mm = open_words();
	long ret;

	EXPECT(mm);
	put_user(5U, WORD(0));
	ret = futex(PRIVATE(FUTEX_WAIT), 0, 4, NULL, 0, 0);
	ktest_unuse_mm(mm);
	EXPECT_EQ(ret, -EAGAIN);
}

KTEST(futex, bad_words_are_refused)
{
	struct mm_struct *mm = open_words();
	long odd, hole, kernel, unknown;

	EXPECT(mm);
	odd = sys_futex((u32 __user *)(WORDS + 1), PRIVATE(FUTEX_WAIT), 0, NULL, NULL, 0);
	hole = sys_futex((u32 __user *)(WORDS + 4 * PAGE_SIZE), PRIVATE(FUTEX_WAIT), 0, NULL, NULL, 0);
	kernel = sys_futex((u32 __user *)PAGE_OFFSET, PRIVATE(FUTEX_WAKE), 1, NULL, NULL, 0);
	unknown = futex(PRIVATE(FUTEX_LOCK_PI), 0, 0, NULL, 0, 0);
	ktest_unuse_mm(mm);
	EXPECT_EQ(odd, -EINVAL);
	EXPECT_EQ(hole, -EFAULT);
	EXPECT_EQ(kernel, -EFAULT);
	EXPECT_EQ(unknown, -ENOSYS);
}

KTEST(futex, wake_ends_a_wait_and_counts_it)
{
	struct mm_struct *mm = open_words();
	struct sleeper s;
	long nobody, other, woken;
	bool slept, still;

	EXPECT(mm);
	nobody = futex(PRIVATE(FUTEX_WAKE), 0, 1, NULL, 0, 0);
	slept = start_sleeper(&s, mm, 0, 0, FUTEX_BITSET_MATCH_ANY);
	other = futex(PRIVATE(FUTEX_WAKE), 1, 1, NULL, 0, 0);
	still = !READ_ONCE(s.ended);
	woken = futex(PRIVATE(FUTEX_WAKE), 0, 1, NULL, 0, 0);
	wait_for_completion(&s.done);
	ktest_unuse_mm(mm);
	EXPECT_EQ(nobody, 0);
	EXPECT(slept && still);
	EXPECT_EQ(other, 0);
	EXPECT_EQ(woken, 1);
	EXPECT_EQ(s.ret, 0);
}

KTEST(futex, bit_sets_choose_the_waiter)
{
	struct mm_struct *mm = open_words();
	struct sleeper one, two;
	long first, second;
	bool slept, only_two;

	EXPECT(mm);
	slept = start_sleeper(&one, mm, 0, 0, 1);
	slept &= start_sleeper(&two, mm, 0, 0, 2);
	first = futex(PRIVATE(FUTEX_WAKE_BITSET), 0, 10, NULL, 0, 2);
	wait_for_completion(&two.done);
	only_two = !READ_ONCE(one.ended);
	second = futex(PRIVATE(FUTEX_WAKE_BITSET), 0, 10, NULL, 0, 1);
	wait_for_completion(&one.done);
	ktest_unuse_mm(mm);
	EXPECT(slept && only_two);
	EXPECT_EQ(first, 1);
	EXPECT_EQ(second, 1);
}

KTEST(futex, requeued_waiter_is_woken_at_the_second_word)
{
	struct mm_struct *mm = open_words();
	struct sleeper s;
	long wrong, moved, at_first, at_second;
	bool slept;

	EXPECT(mm);
	slept = start_sleeper(&s, mm, 0, 0, FUTEX_BITSET_MATCH_ANY);
	wrong = futex(PRIVATE(FUTEX_CMP_REQUEUE), 0, 0, (void *)1, 1, 7);
	moved = futex(PRIVATE(FUTEX_CMP_REQUEUE), 0, 0, (void *)1, 1, 0);
	at_first = futex(PRIVATE(FUTEX_WAKE), 0, 1, NULL, 0, 0);
	at_second = futex(PRIVATE(FUTEX_WAKE), 1, 1, NULL, 0, 0);
	wait_for_completion(&s.done);
	ktest_unuse_mm(mm);
	EXPECT(slept);
	EXPECT_EQ(wrong, -EAGAIN);
	EXPECT_EQ(moved, 1);
	EXPECT_EQ(at_first, 0);
	EXPECT_EQ(at_second, 1);
	EXPECT_EQ(s.ret, 0);
}

KTEST(futex, wake_op_changes_the_second_word_and_tests_the_old_value)
{
	const u32 add_3_if_was_5 = FUTEX_OP_ADD << 28 | FUTEX_OP_CMP_EQ << 24 | 3 << 12 | 5;
	struct mm_struct *mm = open_words();
	struct sleeper a, b;
	long ret;
	u32 word = 0;
	bool slept;

	EXPECT(mm);
	put_user(5U, WORD(1));
	slept = start_sleeper(&a, mm, 0, 0, FUTEX_BITSET_MATCH_ANY);
	slept &= start_sleeper(&b, mm, 1, 5, FUTEX_BITSET_MATCH_ANY);
	ret = futex(PRIVATE(FUTEX_WAKE_OP), 0, 1, (void *)1, 1, add_3_if_was_5);
	wait_for_completion(&a.done);
	wait_for_completion(&b.done);
	get_user(word, WORD(1));
	ktest_unuse_mm(mm);
	EXPECT(slept);
	EXPECT_EQ(ret, 2);
	EXPECT_EQ(word, 8);
}

KTEST(futex, wait_ends_at_its_time)
{
	struct mm_struct *mm = open_words();
	struct timespec __user *ts = (struct timespec __user *)WORD(8);
	struct timespec two_ms = { 0, 2000000 };
	u64 begin, waited;
	long ret;

	EXPECT(mm);
	copy_to_user(ts, &two_ms, sizeof(two_ms));
	begin = ktime_get();
	ret = futex(PRIVATE(FUTEX_WAIT), 0, 0, ts, 0, 0);
	waited = ktime_get() - begin;
	ktest_unuse_mm(mm);
	EXPECT_EQ(ret, -ETIMEDOUT);
	EXPECT(waited >= 2000000);
}

KTEST(futex, robust_list_marks_what_a_dead_thread_held)
{
	struct mm_struct *mm = open_words();
	struct robust_list_head head;
	unsigned long list = WORDS + 1024, entry = WORDS + 2048;
	u32 mine = 0, other = 0;

	EXPECT(mm);
	/* head -> entry -> head; the word lies 16 bytes behind the entry */
	head.list.next = (struct robust_list *)entry;
	head.futex_offset = 16;
	head.list_op_pending = NULL;
	copy_to_user((void __user *)list, &head, sizeof(head));
	put_user(list, (unsigned long __user *)entry);
	put_user((u32)current->pid | FUTEX_WAITERS, (u32 __user *)(entry + 16));
	put_user((u32)current->pid, WORD(3));
	current->robust_list = (void __user *)list;
	exit_robust_list(current);
	current->robust_list = NULL;
	get_user(mine, (u32 __user *)(entry + 16));
	get_user(other, WORD(3));
	ktest_unuse_mm(mm);
	EXPECT_EQ(mine, (u32)(FUTEX_WAITERS | FUTEX_OWNER_DIED));
	EXPECT_EQ(other, (u32)current->pid);
}
