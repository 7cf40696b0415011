/*
 * explain.h - why an access faults, and what would come of it (mm/explain.c)
 */
#ifndef EXPLAIN_H
#define EXPLAIN_H

#include <types.h>

struct mm_struct;
struct task_struct;

#define EXPLAIN_STEPS 24

/* The questions of fault_table.h in the order they were asked, and where they led. */
struct explanation {
	unsigned int nr;
	struct {
		const char *question;		/* without its question mark */
		bool yes;
	} steps[EXPLAIN_STEPS];
	unsigned int outcome;			/* WHY_* */
	const char *what;			/* happens then */
};

/* A user access of @task to @addr, @access: 'r', 'w' or 'x'. 0, -EINVAL, -ESRCH: no mm; -EINTR. May sleep. */
int explain(struct task_struct *task, unsigned long addr, char access, struct explanation *e);
/* The same by the thread's rights and limits in @mm.  Enter: its mmap_sem held. */
void explain_mm(const struct task_struct *tsk, struct mm_struct *mm, unsigned long addr, char access,
		struct explanation *e);
/* The name of an outcome, as in fault.done. */
const char *explain_outcome_name(unsigned int outcome);
/* Into the log: why current's access failed, and the areas around @addr.  No lock held. */
void explain_to_log(unsigned long addr, char access);

/* A question as it is asked: "TID ADDR r|w|x", a number and a hexadecimal one. */
struct explain_question {
	pid_t tid;
	unsigned long addr;
	char access;
};
/* 0 or -EINVAL; blanks around, and a newline at the end, are allowed. */
int explain_parse(const char *text, struct explain_question *q);
/* explain() for the thread it names; errors as there, -ESRCH: no such thread. */
int explain_ask(const struct explain_question *q, struct explanation *e);

#endif
