/*
 * tests/kernel/test_pid.c - process numbers
 */
#include <err.h>
#include <ktest.h>
#include <sched.h>

KTEST(pid, numbers_go_up_and_are_not_reused_at_once)
{
	pid_t a = alloc_pid(), b, c;

	EXPECT(a > 0);
	b = alloc_pid();
	EXPECT(b > a);
	free_pid(a);
	c = alloc_pid();
	EXPECT(c > b);
	free_pid(b);
	free_pid(c);
}

KTEST(pid, a_group_keeps_its_number_from_being_reused)
{
	pid_t a = alloc_pid();

	EXPECT(a > 0);
	hold_pid(a);		/* a process whose group it is */
	free_pid(a);		/* the leader has gone */
	EXPECT_EQ(alloc_pid_at(a), -EEXIST);
	free_pid(a);
	EXPECT_EQ(alloc_pid_at(a), 0);
	free_pid(a);
}

KTEST(pid, a_wanted_number_is_given_if_it_is_free)
{
	EXPECT_EQ(alloc_pid_at(current->pid), -EEXIST);
	EXPECT_EQ(alloc_pid_at(PID_MAX - 1), 0);
	EXPECT_EQ(alloc_pid_at(PID_MAX - 1), -EEXIST);
	free_pid(PID_MAX - 1);
}

KTEST(pid, numbers_run_out_with_eagain_and_come_back)
{
	static u64 taken[PID_MAX / 64];
	unsigned int n = 0;
	pid_t p;

	while ((p = alloc_pid()) > 0) {
		taken[p / 64] |= BIT(p % 64);
		n++;
	}
	EXPECT_EQ(p, -EAGAIN);
	EXPECT(n > PID_MAX / 2);
	for (pid_t i = 1; i < PID_MAX; i++)
		if (taken[i / 64] & BIT(i % 64))
			free_pid(i);
	for (size_t i = 0; i < PID_MAX / 64; i++)
		taken[i] = 0;
	p = alloc_pid();
	EXPECT(p > 0);
	free_pid(p);
}

KTEST(pid, a_task_is_found_by_its_number)
{
	struct task_struct *me = find_get_task(current->pid);

	EXPECT(me == current);
	put_task_struct(me);
	EXPECT(!find_get_task(PID_MAX - 1));
}
