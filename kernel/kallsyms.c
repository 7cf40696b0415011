/*
 * kernel/kallsyms.c - the kernel's table of its own function names, and backtraces
 *
 * Purpose:    tools/kallsyms.py makes the table from the linked kernel; the first link has none,
 *             so empty ones stand here.
 * Invariants: kallsyms_offsets ascends; offsets count from KERNEL_VMA.  A backtrace follows frame
 *             pointers (-fno-omit-frame-pointer) upwards only, and reads each by a probe: a
 *             broken chain ends it.
 * Sources:    AMD64 psABI, "The Stack Frame".
 */
#include <asm/extable.h>
#include <asm/memory_layout.h>
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
	unsigned int num = READ_ONCE(kallsyms_num), i, offset = addr - KERNEL_VMA, end;

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

static bool readable(const unsigned long *frame)
{
	return (unsigned long)frame >= PAGE_OFFSET && !((unsigned long)frame & 7) &&
	       !probe_read(frame) && !probe_read((const char *)(frame + 2) - 1);
}

void dump_stack(unsigned long rbp)
{
	const unsigned long *frame = rbp ? (const unsigned long *)rbp : __builtin_frame_address(0);
	char name[128];

	printk(KERN_ERR "call trace:\n");
	for (int i = 0; i < MAX_FRAMES && readable(frame); i++) {
		const unsigned long *up = (const unsigned long *)frame[0];

		if (!is_text(frame[1]))
			break;
		/* The return address may be the next function's first byte: name the call. */
		printk(KERN_ERR "  %016lx %s\n", frame[1],
		       sprint_symbol(name, sizeof(name), frame[1] - 1));
		if (up <= frame || (unsigned long)up - (unsigned long)frame > KERNEL_STACK_SIZE)
			break;
		frame = up;
	}
}
