/*
 * kernel/kallsyms.c - the kernel's table of its own function names, and backtraces
 *
 * Purpose:    tools/kallsyms.py makes the table from the linked kernel; the first link has none,
 *             so empty ones stand here.
 * Invariants: kallsyms_offsets ascends; offsets count from KERNEL_VMA, of addresses as linked.  A backtrace reads the stack by
 *             probes.  The debug build follows frame pointers, upwards only; a broken chain ends it.  Who was
 *             interrupted has called nobody: its name comes from the registers that entry.asm saved.
 *             The release build has none (they would cost three instructions a function): it lists
 *             what looks like a return address, among which may be some of calls that are over.
 * Sources:    AMD64 psABI, "The Stack Frame".
 */
#include <asm/extable.h>
#include <asm/memory_layout.h>
#include <asm/ptrace.h>
#include <kaslr.h>
#include <printk.h>
#include <sections.h>
#include <string.h>

const unsigned int kallsyms_num __weak = 0;
const unsigned int kallsyms_offsets[1] __weak = { 0 };
const unsigned int kallsyms_name_off[1] __weak = { 0 };
const char kallsyms_names[1] __weak = "";

#define MAX_FRAMES 32

static bool is_text(unsigned long addr)
{
	return (addr >= (unsigned long)_text && addr < (unsigned long)_etext) ||
	       (addr >= (unsigned long)__init_begin && addr < (unsigned long)__inittext_end);
}

/* Index of the last function that starts at or before @offset. */
static unsigned int find_function(const unsigned int *offsets, unsigned int num,
				  unsigned int offset)
{
	unsigned int low = 0, high = num;

	while (high - low > 1) {
		unsigned int mid = low + (high - low) / 2;

		if (offsets[mid] <= offset)
			low = mid;
		else
			high = mid;
	}
	return low;
}

const char *sprint_symbol(char *buf, size_t size, unsigned long addr)
{
	/* By pointers that the compiler cannot see through: the arrays above are replaced. */
	const unsigned int *offsets = kallsyms_offsets, *name_off = kallsyms_name_off;
	const char *names = kallsyms_names;
	unsigned int num = READ_ONCE(kallsyms_num), i, offset = link_address(addr) - KERNEL_VMA, end;

	asm("" : "+r"(offsets), "+r"(name_off), "+r"(names));
	if (!num || !is_text(addr) || offset < offsets[0]) {
		snprintf(buf, size, "%#lx", addr);
		return buf;
	}
	i = find_function(offsets, num, offset);
	end = i + 1 < num ? offsets[i + 1] : offset;
	snprintf(buf, size, "%s+0x%x/0x%x", names + name_off[i], offset - offsets[i],
		 end - offsets[i]);
	return buf;
}

static void show_return_address(unsigned long addr)
{
	char name[128];

	/* It may be the next function's first byte: name the call. */
	printk(KERN_ERR "  %016lx %s\n", addr, sprint_symbol(name, sizeof(name), addr - 1));
}

static bool readable(const unsigned long *word)
{
	return (unsigned long)word >= PAGE_OFFSET && !((unsigned long)word & 7) && !probe_read(word) &&
	       !probe_read((const char *)(word + 1) - 1);
}

#ifdef QUIRE_DEBUG

/* Return addresses of entry.asm's calls: the frame that holds one has a word and then struct pt_regs above it. */
extern const char exception_called[] asm("exception_entry.called"), irq_called[] asm("irq_entry.called"),
		  page_fault_called[] asm("page_fault_entry.called");

static void show_interrupted(const unsigned long *frame)
{
	const struct pt_regs *regs = (const struct pt_regs *)(frame + 3);
	const char *to = (const char *)frame[1];
	char name[128];

	if (to != exception_called && to != irq_called && to != page_fault_called)
		return;
	if (readable(&regs->ip) && is_text(regs->ip))
		printk(KERN_ERR "  %016lx %s, interrupted\n", regs->ip, sprint_symbol(name, sizeof(name), regs->ip));
}

void dump_stack(const struct pt_regs *regs)
{
	const unsigned long *frame = regs ? (const unsigned long *)regs->bp : __builtin_frame_address(0);

	printk(KERN_ERR "call trace:\n");
	for (int i = 0; i < MAX_FRAMES && readable(frame) && readable(frame + 1); i++) {
		const unsigned long *up = (const unsigned long *)frame[0];

		if (!is_text(frame[1]))
			break;
		show_return_address(frame[1]);
		show_interrupted(frame);
		if (up <= frame || (unsigned long)up - (unsigned long)frame > KERNEL_STACK_SIZE)
			break;
		frame = up;
	}
}

#else

/* Is the instruction before @addr a call: E8 and a distance, or FF /2 with a register or memory? */
static bool follows_call(unsigned long addr)
{
	const unsigned char *end = (const unsigned char *)addr;

	if (!is_text(addr) || !is_text(addr - 7))
		return false;
	if (end[-5] == 0xe8)
		return true;
	for (int len = 2; len <= 7; len++)
		if (end[-len] == 0xff && (end[1 - len] & 0x38) == 0x10)
			return true;
	return false;
}

void dump_stack(const struct pt_regs *regs)
{
	const unsigned long *word = regs ? (const unsigned long *)regs->sp : __builtin_frame_address(0);
	const unsigned long *end = word + KERNEL_STACK_SIZE / sizeof(*word);
	int shown = 0;

	printk(KERN_ERR "call trace:\n");
	for (; word < end && shown < MAX_FRAMES && readable(word); word++) {
		if (follows_call(*word)) {
			show_return_address(*word);
			shown++;
		}
	}
}

#endif
