/*
 * mm/explain.c - why an access faults: the fault handler's questions, asked without a fault
 *
 * Purpose:    walk the table of fault_table.h for any thread, address and kind of access, keeping each
 *             question and its answer.  /proc/quire/why, the command `why` of the port
 *             org.quire.explore, and the log of a program that an access ends.
 * Invariants: nothing changes by being asked: no page is faulted in, nothing is allocated, no table
 *             is made, the thread's cache of areas stays as it is.  The answers are of one moment:
 *             mmap_sem is held for reading, and the pte lock where there is a table.
 * Lock order: mmap_sem (read) > ptl
 * Simplified: the rights of another thread to protection keys are those it had when it last left the
 *             CPU.  What fails on the way (no memory) is not foreseen.
 */
#include <asm/pkeys.h>
#include <explain.h>
#include <fs.h>
#include <mm_proc.h>
#include <number.h>
#include <printk.h>
#include <sched.h>
#include <string.h>
#include "fault.h"

/* ---- what the CPU sees ---- */

static bool address_canonical(unsigned long addr)
{
	int unused = pgtable_l5_enabled() ? 64 - 57 : 64 - 48;

	return (unsigned long)((long)(addr << unused) >> unused) == addr;
}

static bool entry_present(pte_t entry)
{
	return pte_present(entry) && !pte_protnone(entry);
}

/* The key apart, which is asked for with the thread. */
static bool entry_permits(pte_t entry, char access)
{
	return access == 'r' || (access == 'w' ? pte_write(entry) : pte_exec(entry));
}

/* ---- the walk ---- */

/* The key of the entry, or of the area that would make one; fetches ask no key. */
static bool pkey_forbids(const struct task_struct *tsk, const struct vm_area_struct *vma, pte_t entry,
			 char access)
{
	if (access == 'x' || (!vma && !entry_present(entry)))
		return false;
	return !arch_task_pkey_permits(tsk, entry_present(entry) ? pte_pkey(entry) : vma_pkey(vma),
				       access == 'w');
}

static bool note(struct explanation *e, const char *question, bool yes)
{
	BUG_ON(e->nr == EXPLAIN_STEPS);
	e->steps[e->nr].question = question;
	e->steps[e->nr++].yes = yes;
	return yes;
}

#define WALK(label, question, condition, yes, no)	\
label:	__attribute__((unused));			\
	if (note(e, question, condition))		\
		goto yes;				\
	else						\
		goto no;
#define OUTCOME(label, NAME, text)			\
label:							\
	e->outcome = WHY_##NAME;			\
	e->what = text;					\
	return;

/*
 * From question to question, to an outcome.  Enter: mmap_sem held, f->orig the entry for the address (none:
 * there is not even a table), its lock held if there is one.
 */
static void walk(const struct task_struct *tsk, struct fault *f, unsigned long addr, char access,
		 struct explanation *e)
{
	struct vm_area_struct *vma = f->vma;
	const pte_t entry = f->orig;
	const bool key_forbids = pkey_forbids(tsk, vma, entry, access);
	const unsigned int needs = FAULT_NEEDS(access == 'w', access == 'x', entry_present(entry));
	const bool names_page = vma && vma->vm_start <= addr && pte_present(entry);
	struct page *page = names_page ? vm_normal_page(vma, f->addr, entry) : NULL;

	e->nr = 0;
	FAULT_CANONICAL_QUESTIONS(WALK)
	FAULT_HALF_QUESTIONS(WALK)
	FAULT_MAPPED_QUESTIONS(WALK)
	FAULT_AREA_QUESTIONS(WALK)
	FAULT_STACK_QUESTIONS(WALK)
	FAULT_KEY_QUESTIONS(WALK)
	FAULT_ALLOWED_QUESTIONS(WALK)
entry:
	FAULT_ENTRY_QUESTIONS(WALK)
file:
	FAULT_OBJECT_QUESTIONS(WALK)
	FAULT_EXISTS_QUESTIONS(WALK)
	FAULT_FILE_QUESTIONS(WALK)
write_protected:
	FAULT_WRITE_PROTECT_QUESTIONS(WALK)
	FAULT_OWN_COPY_QUESTIONS(WALK)
	FAULT_OUTCOMES(OUTCOME)
}

void explain_mm(const struct task_struct *tsk, struct mm_struct *mm, unsigned long addr, char access,
		struct explanation *e)
{
	struct fault f = { .mm = mm, .addr = addr & PAGE_MASK, .vma = tree_find(mm, addr),
			   .flags = FAULT_FLAG_USER | (access == 'w' ? FAULT_FLAG_WRITE : 0) |
				    (access == 'x' ? FAULT_FLAG_INSTRUCTION : 0) };
	pte_t *pte = NULL;

	if ((long)addr >= 0 && address_canonical(addr))
		f.pmd = walk_to_pmd(mm, addr);
	if (f.pmd) {
		pte = pte_offset_map_lock(mm, f.pmd, addr, &f.ptl);
		f.orig = ptep_get(pte);
	}
	walk(tsk, &f, addr, access, e);
	if (pte)
		pte_unmap_unlock(pte, f.ptl);
}

int explain(struct task_struct *task, unsigned long addr, char access, struct explanation *e)
{
	struct mm_struct *mm;
	int err = 0;

	if (access != 'r' && access != 'w' && access != 'x')
		return -EINVAL;
	mm = get_task_mm(task);
	if (!mm)
		return -ESRCH;
	if (down_read_killable(&mm->mmap_sem)) {
		err = -EINTR;
	} else {
		explain_mm(task, mm, addr, access, e);
		up_read(&mm->mmap_sem);
	}
	mmput(mm);
	return err;
}

static const char *const outcome_names[] = {
#define OUTCOME_NAME(NAME, text) [WHY_##NAME] = text,
	WHY_OUTCOMES(OUTCOME_NAME)
};

const char *explain_outcome_name(unsigned int outcome)
{
	return outcome < ARRAY_SIZE(outcome_names) ? outcome_names[outcome] : "?";
}

/* ---- into the log ---- */

/* As in maps; of a file its last name. */
static const char *area_name(struct vm_area_struct *vma)
{
	const char *name = vma_name(vma);

	if (name)
		return name;
	return vma->vm_file ? vma->vm_file->f_path.dentry->d_name : "";
}

static void log_area(const char *where, struct vm_area_struct *vma)
{
	unsigned long flags;

	if (!vma)
		return;
	flags = vma->vm_flags;
	pr_info("  %-6s %08lx-%08lx %c%c%c%c %08llx %s\n", where, vma->vm_start, vma->vm_end,
		flags & VM_READ ? 'r' : '-', flags & VM_WRITE ? 'w' : '-', flags & VM_EXEC ? 'x' : '-',
		flags & VM_MAYSHARE ? 's' : 'p', (unsigned long long)vma->vm_pgoff << PAGE_SHIFT,
		area_name(vma));
}

/* The area below, that at, and that above @addr. */
static void log_areas(const struct mm_struct *mm, unsigned long addr)
{
	struct vm_area_struct *vma = tree_find(mm, addr);
	bool covers = vma && vma->vm_start <= addr;

	log_area("below", vma ? vma->vm_prev : last_vma(mm));
	log_area("at", covers ? vma : NULL);
	log_area("above", covers ? vma->vm_next : vma);
}

static void log_explanation(unsigned long addr, char access, const struct explanation *e)
{
	char text[EXPLAIN_STEPS * 64];
	size_t n = 0;

	for (unsigned int i = 0; i < e->nr && n < sizeof(text); i++)
		n += snprintf(text + n, sizeof(text) - n, " %s? %s.", e->steps[i].question,
			      e->steps[i].yes ? "yes" : "no");
	pr_info("  why %d %lx %c:%s\n", current->pid, addr, access, text);
	pr_info("  so: %s: %s\n", explain_outcome_name(e->outcome), e->what);
}

void explain_to_log(unsigned long addr, char access)
{
	struct mm_struct *mm = current->mm;
	struct explanation e;

	if (down_read_killable(&mm->mmap_sem))
		return;
	explain_mm(current, mm, addr, access, &e);
	log_explanation(addr, access, &e);
	log_areas(mm, addr);
	up_read(&mm->mmap_sem);
}

/* ---- questions as text ---- */

/* A number to @base, blanks before it and behind it. */
static bool parse_word(const char **s, unsigned int base, unsigned long max, unsigned long *n)
{
	*s += strspn(*s, " ");
	return take_number(s, base, max, n) && **s == ' ';
}

int explain_parse(const char *text, struct explain_question *q)
{
	unsigned long tid;

	if (!parse_word(&text, 10, PID_MAX - 1, &tid) || !parse_word(&text, 16, ~0UL, &q->addr))
		return -EINVAL;
	text += strspn(text, " ");
	q->tid = tid;
	q->access = *text;
	if (q->access != 'r' && q->access != 'w' && q->access != 'x')
		return -EINVAL;
	text++;
	text += strspn(text, " ");
	return *text == '\0' || (*text == '\n' && !text[1]) ? 0 : -EINVAL;
}

int explain_ask(const struct explain_question *q, struct explanation *e)
{
	struct task_struct *task = find_get_task(q->tid);
	int err;

	if (!task)
		return -ESRCH;
	err = explain(task, q->addr, q->access, e);
	put_task_struct(task);
	return err;
}
