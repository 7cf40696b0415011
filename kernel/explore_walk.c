/*
 * kernel/explore_walk.c - the port's command `walk TID VA`: an address on its way through the tables
 *
 * Purpose:    each level with its table, its index, the entry as it is and its bits by name, as one
 *             line of JSON.  (As text, with the page at the end: /proc/PID/pagewalk.)
 * Invariants: looks while the machine stands, so it waits for nobody's mmap_sem: also where every
 *             task is stopped by `pause`.  Changes nothing.
 */
#include <mm.h>
#include <number.h>
#include <sched.h>
#include <snapshot.h>
#include <string.h>

#define LINE 1536

struct walk_line {
	size_t len;
	char text[LINE];
};

static __printf(2, 3) void put(struct walk_line *l, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	l->len += vsnprintf(l->text + l->len, LINE - l->len, fmt, ap);
	va_end(ap);
	l->len = min_t(size_t, l->len, LINE - 1);
}

static const struct { unsigned long bit; const char *name; } bits[] = {
	{ _PAGE_PRESENT, "present" }, { _PAGE_RW, "write" }, { _PAGE_USER, "user" }, { _PAGE_NX, "nx" },
	{ _PAGE_ACCESSED, "accessed" }, { _PAGE_DIRTY, "dirty" }, { _PAGE_PWT, "pwt" }, { _PAGE_PCD, "pcd" },
};

static void put_bits(struct walk_line *l, unsigned long e, int level)
{
	for (size_t i = 0; i < ARRAY_SIZE(bits); i++)
		put(l, ",\"%s\":%d", bits[i].name, !!(e & bits[i].bit));
	if (level > 1)
		return;
	put(l, ",\"special\":%d,\"soft_dirty\":%d,\"prot_none\":%d,\"pkey\":%d", pte_special(__pte(e)),
	    pte_present(__pte(e)) && pte_soft_dirty(__pte(e)), pte_protnone(__pte(e)),
	    e & _PAGE_PRESENT ? pte_pkey(__pte(e)) : 0);
}

/* Level by level; at the end the frame, or null. */
static void put_walk(struct walk_line *l, const struct mm_struct *mm, unsigned long va)
{
	unsigned long pfn = page_to_pfn(virt_to_page(mm->pgd)), e = 0;
	int level = pgtable_l5_enabled() ? 5 : 4;

	put(l, ",\"levels\":[");
	for (;; level--) {
		unsigned int i = va >> (PAGE_SHIFT + 9 * (level - 1)) & 511;

		e = READ_ONCE(((unsigned long *)__va(PFN_PHYS(pfn)))[i]);
		put(l, "{\"level\":%d,\"table\":%lu,\"index\":%u,\"raw\":\"%lx\"", level, pfn, i, e);
		put_bits(l, e, level);
		put(l, "}");
		if (level == 1 || !(e & _PAGE_PRESENT) || (e & _PAGE_PSE))
			break;
		put(l, ",");
		pfn = (e & PTE_PFN_MASK) >> PAGE_SHIFT;
	}
	if (level == 1 && pte_present(__pte(e)))
		put(l, "],\"pfn\":%lu}\n", pte_pfn(__pte(e)));
	else
		put(l, "],\"pfn\":null}\n");
}

/* The machine stands.  0, or -ESRCH: no such task, or it has no address space; -EINVAL: not a user's address. */
static int walk(struct walk_line *l, pid_t tid, unsigned long va)
{
	struct task_struct *t;
	struct mm_struct *mm;

	spin_lock(&tasklist_lock);
	t = find_task_by_pid(tid);
	mm = t ? t->mm : NULL;
	spin_unlock(&tasklist_lock);
	if (!mm)
		return -ESRCH;
	if (va >= mm->task_size)
		return -EINVAL;
	put(l, "{\"k\":\"walk\",\"tid\":%d,\"mm\":%u,\"va\":\"%lx\"", tid, mm->id, va);
	put_walk(l, mm, va);
	return 0;
}

/* A number to @base, ended by blanks or the end. */
static bool parse(const char **p, unsigned int base, unsigned long max, unsigned long *n)
{
	if (!take_number(p, base, max, n) || (**p && **p != ' '))
		return false;
	*p += strspn(*p, " ");
	return true;
}

int cmd_walk(struct explore_out *o, const char *args)
{
	static struct walk_line l;		/* the explore thread's own */
	unsigned long tid, va, irqs;
	int err;

	if (!parse(&args, 10, PID_MAX - 1, &tid) || !parse(&args, 16, ~0UL, &va) || *args)
		return -EINVAL;
	l.len = 0;
	irqs = snapshot_stop_machine();
	err = walk(&l, tid, va);
	snapshot_go_on(irqs);
	if (!err)
		explore_write(o, l.text, l.len);
	return err;
}
