/*
 * arch/x86_64/extable.c - finding the fix-up of an instruction that faulted
 *
 * Invariants: sorted by instruction address from cpu_init() on; read-only after that.
 */
#include <asm/extable.h>
#include <asm/ptrace.h>
#include <asm/uaccess.h>

extern struct extable_entry __ex_table_start[], __ex_table_end[];

static unsigned long insn_of(const struct extable_entry *e)
{
	return (unsigned long)&e->insn + e->insn;
}

static unsigned long fixup_of(const struct extable_entry *e)
{
	return (unsigned long)&e->fixup + e->fixup;
}

/* The offsets count from the entry itself, so they change when it moves. */
static void swap_entries(struct extable_entry *a, struct extable_entry *b)
{
	s32 distance = (s32)((char *)b - (char *)a);
	struct extable_entry t = *a;

	a->insn = b->insn + distance;
	a->fixup = b->fixup + distance;
	a->type = b->type;
	b->insn = t.insn - distance;
	b->fixup = t.fixup - distance;
	b->type = t.type;
}

void __init sort_extable(void)
{
	for (struct extable_entry *e = __ex_table_start + 1; e < __ex_table_end; e++)
		for (struct extable_entry *p = e;
		     p > __ex_table_start && insn_of(p) < insn_of(p - 1); p--)
			swap_entries(p - 1, p);
}

const struct extable_entry *find_extable(unsigned long ip)
{
	const struct extable_entry *low = __ex_table_start, *high = __ex_table_end;

	while (low < high) {
		const struct extable_entry *mid = low + (high - low) / 2;

		if (insn_of(mid) == ip)
			return mid;
		if (insn_of(mid) < ip)
			low = mid + 1;
		else
			high = mid;
	}
	return NULL;
}

unsigned long search_exception_table(unsigned long ip)
{
	const struct extable_entry *e = find_extable(ip);

	return e ? fixup_of(e) : 0;
}

bool fixup_exception(struct pt_regs *regs, unsigned long result)
{
	const struct extable_entry *e = find_extable(regs->ip);

	if (!e)
		return false;
	if (e->type != EX_USER)
		regs->ax = result;
	regs->ip = fixup_of(e);
	return true;
}
