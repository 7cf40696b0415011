/*
 * tests/kernel/user_task.c - a few machine instructions as a process of its own
 */
#include <asm/mmu_context.h>
#include <asm/uaccess.h>
#include <err.h>
#include <mm.h>
#include <sched.h>
#include <string.h>
#include <syscalls_proc.h>
#include <time.h>
#include "user_task.h"

struct user_program {
	const void *code, *data;
	size_t code_len, data_len;
	struct completion ready;	/* the program has been copied */
	int err;
};

/* A kernel thread takes an address space of its own, as exec does. */
static int take_mm(void)
{
	struct mm_struct *mm = mm_alloc(), *borrowed = current->active_mm;

	if (!mm)
		return -ENOMEM;
	task_lock(current);
	current->mm = current->active_mm = mm;
	activate_mm(borrowed, mm);
	task_unlock(current);
	mmdrop(borrowed);
	arch_pick_mmap_layout(mm);
	return 0;
}

static int load(const struct user_program *p)
{
	unsigned long at = vm_mmap(NULL, USER_BASE, USER_TOP - USER_BASE,
				   PROT_READ | PROT_WRITE | PROT_EXEC,
				   MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, 0);

	if (at != USER_BASE)
		return (int)at;
	if (copy_to_user((void __user *)USER_BASE, p->code, p->code_len) ||
	    (p->data && copy_to_user((void __user *)USER_DATA, p->data, p->data_len)))
		return -EFAULT;
	return 0;
}

static int become_user(void *arg)
{
	struct user_program *p = arg;

	p->err = take_mm();
	if (!p->err)
		p->err = load(p);
	current->flags &= ~PF_KTHREAD;
	current->signal->flags &= ~SIGNAL_UNKILLABLE;
	if (p->err) {
		complete(&p->ready);
		return 0;
	}
	start_thread(task_pt_regs(current), USER_BASE, USER_TOP);
	complete(&p->ready);
	return 0;
}

/* Kernel threads belong to task 0: this one is ours, and we want to wait for it. */
static void adopt(struct task_struct *t)
{
	spin_lock_irq(&tasklist_lock);
	t->real_parent = t->parent = current;
	t->exit_signal = SIGCHLD;
	list_move_tail(&t->sibling, &current->children);
	spin_unlock_irq(&tasklist_lock);
}

struct task_struct *start_user(const char *code, const char *end, const void *data, size_t len)
{
	struct user_program p = {
		.code = code, .code_len = end - code, .data = data, .data_len = len,
	};
	struct kernel_clone_args args = { .fn = become_user, .fn_arg = &p };
	struct task_struct *t = copy_process(&args);

	if (IS_ERR(t))
		return t;
	init_completion(&p.ready);
	set_task_comm(t, "user-test");
	adopt(t);
	get_task_struct(t);
	wake_up_new_task(t);
	wait_for_completion(&p.ready);
	if (p.err) {
		wait_user(t);
		return ERR_PTR(p.err);
	}
	return t;
}

int wait_user(struct task_struct *t)
{
	long pid = sys_wait4(t->pid, NULL, 0, NULL);
	int status = pid == t->pid ? t->exit_code : (int)pid;

	put_task_struct(t);
	return status;
}

int run_user(const char *code, const char *end)
{
	struct task_struct *t = start_user(code, end, NULL, 0);

	return IS_ERR(t) ? (int)PTR_ERR(t) : wait_user(t);
}

/* Yielding orders the tasks of this CPU; another CPU may need time, on a busy host a lot. */
bool let_others_run(unsigned int round)
{
	enum { YIELDS = 1000, SLEEPS = 5000 };

	if (round < YIELDS)
		yield();
	else
		msleep(1);
	return round < YIELDS + SLEEPS;
}

bool pid_is_gone(int pid)
{
	struct task_struct *t;

	for (unsigned int i = 0; (t = find_get_task(pid)); i++) {
		put_task_struct(t);
		if (!let_others_run(i))
			return false;
	}
	return true;
}
