/*
 * tests/kernel/test_hardening.c - every protection is tried: the access that it forbids must trap, as this
 * vector, with these bits of the error code and this CR2, and the kernel goes on
 *
 * What only a program can try is in tests/user/sysret.c and tests/user/umip.c.
 */
#include <asm/desc.h>
#include <asm/extable.h>
#include <asm/processor.h>
#include <asm/smp.h>
#include <asm/uaccess.h>
#include <boot.h>
#include <boot_info.h>
#include <err.h>
#include <ktest.h>
#include <mm.h>
#include <nospec.h>
#include <sched.h>
#include <sections.h>
#include <signal.h>
#include <slab.h>
#include <string.h>
#include <syscall.h>
#include <vmalloc.h>
#include "user_task.h"

/* Bits of a page fault's error code. */
#define PRESENT	0x01
#define WRITE	0x02
#define FETCH	0x10

#define NON_CANONICAL	0x0000800000000000UL	/* the first, with 4 levels */
#define FAR_AWAY	0x8000000000000000UL	/* with 5 levels too */

static const char constant[64] = { 1, 2, 3 };
static u8 writable[64] = { 0xc3 };		/* RET */

static long read_at(const void *addr) { return probe_read(addr); }
static long write_at(const void *addr) { return probe_write((void *)addr); }
static long exec_at(const void *addr) { return probe_exec(addr); }

/* Make the access; CR2 must then be @addr if it was a page fault.  What the probe says, or -1. */
static long attempt(long (*access)(const void *), const void *addr)
{
	unsigned long flags = local_irq_save(), cr2;
	long r;

	r = access(addr);
	cr2 = read_cr2();
	local_irq_restore(flags);
	if ((r & PROBE_FAULTED) && cr2 != (unsigned long)addr)
		return -1;
	return r;
}

/* The access is a page fault with exactly these bits. */
#define TRAPS(access, addr, bits)	EXPECT_EQ(attempt(access, addr), PROBE_FAULTED | (bits))

/* @n bytes before @p: the compiler need not know what lies there. */
static const void *before(const void *p, unsigned long n)
{
	asm("" : "+r"(p));
	return (const char *)p - n;
}

static const void *alias_of(const void *symbol)
{
	return __va(__pa(symbol));
}

/* ---- what the kernel's pages allow --------------------------------------------------------- */

static struct cpu_state {
	unsigned long cr0, cr4, efer;
	struct desc_ptr gdtr, idtr;
} states[NR_CPUS];

static void read_state(void *unused)
{
	struct cpu_state *s = &states[smp_processor_id()];

	s->cr0 = read_cr0();
	s->cr4 = read_cr4();
	s->efer = rdmsr(MSR_EFER);
	asm volatile("sgdt %0" : "=m"(s->gdtr));
	asm volatile("sidt %0" : "=m"(s->idtr));
}

static void read_all_states(void)
{
	memset(states, 0, sizeof(states));
	read_state(NULL);
	smp_call_others(read_state, NULL);
}

KTEST(hardening, protections_of_every_cpu_are_on)
{
	read_all_states();
	for (unsigned int cpu = 0; cpu < nr_cpus; cpu++) {
		const struct cpu_state *s = &states[cpu];

		EXPECT(s->cr0 & CR0_WP);
		EXPECT_EQ(!!(s->cr4 & CR4_SMEP), cpu_features.smep);
		EXPECT_EQ(!!(s->cr4 & CR4_SMAP), cpu_features.smap);
		EXPECT_EQ(!!(s->cr4 & CR4_UMIP), cpu_features.umip);
		EXPECT(s->efer & EFER_NX);
	}
}

static bool in_direct_map(unsigned long addr)
{
	return addr >= PAGE_OFFSET && addr < VMALLOC_START;
}

/* What any program could read without UMIP: aliases, not where the image is; each CPU's GDT is its own. */
KTEST(hardening, tables_of_every_cpu_are_named_by_their_aliases)
{
	read_all_states();
	for (unsigned int cpu = 0; cpu < nr_cpus; cpu++) {
		EXPECT(in_direct_map(states[cpu].gdtr.base));
		EXPECT(in_direct_map(states[cpu].idtr.base));
		EXPECT(!cpu || states[cpu].gdtr.base != states[cpu - 1].gdtr.base);
		EXPECT_EQ(states[cpu].idtr.base, states[0].idtr.base);
		TRAPS(write_at, (void *)states[cpu].idtr.base, PRESENT | WRITE);
	}
}

KTEST(hardening, kernel_text_cannot_be_written)
{
	TRAPS(write_at, (void *)kernel_map, PRESENT | WRITE);
	TRAPS(write_at, _text, PRESENT | WRITE);
	TRAPS(write_at, before(_etext, 1), PRESENT | WRITE);
}

KTEST(hardening, alias_of_text_cannot_be_written_or_run)
{
	EXPECT_EQ(attempt(read_at, alias_of(kernel_map)), 0);
	TRAPS(write_at, alias_of(kernel_map), PRESENT | WRITE);
	TRAPS(exec_at, alias_of(kernel_map), PRESENT | FETCH);
}

KTEST(hardening, constants_cannot_be_written_nor_run)
{
	EXPECT_EQ(attempt(read_at, constant), 0);
	TRAPS(write_at, constant, PRESENT | WRITE);
	TRAPS(write_at, alias_of(constant), PRESENT | WRITE);
	TRAPS(exec_at, constant, PRESENT | FETCH);
	TRAPS(write_at, &cpu_features, PRESENT | WRITE);	/* constant since boot is over */
	TRAPS(write_at, alias_of(&cpu_features), PRESENT | WRITE);
	TRAPS(write_at, __kallsyms_start, PRESENT | WRITE);	/* names of functions, their first and last byte */
	TRAPS(write_at, alias_of(__kallsyms_start), PRESENT | WRITE);
	TRAPS(write_at, alias_of(before(__kallsyms_end, 1)), PRESENT | WRITE);
	TRAPS(exec_at, alias_of(__kallsyms_start), PRESENT | FETCH);
}

KTEST(hardening, data_heap_and_stack_cannot_be_run)
{
	u8 on_stack[16], *heap = kmalloc(64, GFP_KERNEL), *area = vmalloc(PAGE_SIZE);
	long h = 0, a = 0;

	on_stack[0] = 0xc3;
	asm volatile("" :: "r"(on_stack) : "memory");
	if (heap && area) {
		heap[0] = area[0] = 0xc3;
		h = attempt(exec_at, heap);
		a = attempt(exec_at, area);
	}
	kfree(heap);
	vfree(area);
	EXPECT_EQ(h, PROBE_FAULTED | PRESENT | FETCH);
	EXPECT_EQ(a, PROBE_FAULTED | PRESENT | FETCH);
	EXPECT_EQ(attempt(write_at, writable), 0);
	TRAPS(exec_at, writable, PRESENT | FETCH);
	TRAPS(exec_at, on_stack, PRESENT | FETCH);
}

KTEST(hardening, boot_code_is_gone)
{
	TRAPS(read_at, __init_begin, 0);
	TRAPS(exec_at, __init_begin, FETCH);
	TRAPS(read_at, (void *)__pa(_text), 0);		/* the identity map */
}

/* ---- a walk over all of the kernel's pages ------------------------------------------------------ */

struct census {
	unsigned long pages, text, rodata, direct;	/* leaves, of any size */
	unsigned long write_exec, user, text_bad, rodata_bad, direct_exec, stray_exec;
};

static bool within(unsigned long va, const char *from, const char *to)
{
	return va >= (unsigned long)from && va < (unsigned long)to;
}

static void count_leaf(struct census *c, unsigned long va, unsigned long entry)
{
	bool write = entry & _PAGE_RW, exec = !(entry & _PAGE_NX);

	c->pages++;
	c->write_exec += write && exec;
	c->user += !!(entry & _PAGE_USER);
	if (within(va, _text, _etext)) {
		c->text++;
		c->text_bad += write || !exec;
	} else {
		c->stray_exec += exec;			/* nothing else is code */
	}
	if (within(va, __rodata_start, __rodata_end) || within(va, __ro_after_init_start, __ro_after_init_end) ||
	    within(va, __kallsyms_start, __kallsyms_end)) {
		c->rodata++;
		c->rodata_bad += write || exec;
	}
	if (va >= PAGE_OFFSET && va < VMALLOC_START) {
		c->direct++;
		c->direct_exec += exec;
	}
}

/* @shift: 2^shift bytes for an entry of @table. */
static void walk_table(struct census *c, const unsigned long *table, unsigned long va, unsigned int shift)
{
	if (kasan_shared_table(table))
		return;
	for (unsigned int i = 0; i < 512; i++, va += 1UL << shift) {
		unsigned long e = READ_ONCE(table[i]);

		if (!(e & _PAGE_PRESENT))
			continue;
		if (shift == PAGE_SHIFT || (e & _PAGE_PSE))
			count_leaf(c, va, e);
		else
			walk_table(c, __va(e & PTE_PFN_MASK), va, shift - 9);
	}
}

static void take_census(struct census *c)
{
	const unsigned long *top = (const unsigned long *)init_pgd;

	memset(c, 0, sizeof(*c));
	for (unsigned long i = 256; i < 512; i++)
		if (top[i] & _PAGE_PRESENT)
			walk_table(c, __va(top[i] & PTE_PFN_MASK), (i | ~511UL) << PGDIR_SHIFT, PGDIR_SHIFT - 9);
}

KTEST(hardening, no_page_is_both_writable_and_executable)
{
	struct census c;

	take_census(&c);
	EXPECT_EQ(c.write_exec, 0);
	EXPECT_EQ(c.user, 0);
	EXPECT_EQ(c.text_bad, 0);
	EXPECT_EQ(c.rodata_bad, 0);
	EXPECT_EQ(c.direct_exec, 0);
	EXPECT_EQ(c.stray_exec, 0);
	EXPECT_EQ(c.text, (unsigned long)(_etext - _text) >> PAGE_SHIFT);
	EXPECT_EQ(c.rodata, (unsigned long)(__rodata_end - __rodata_start + __ro_after_init_end - __ro_after_init_start +
					    __kallsyms_end - __kallsyms_start) >> PAGE_SHIFT);
	EXPECT(c.direct > 0);
	check_wx();			/* what the boot asks: panics if it disagrees */
}

/* The walk sees what it is there to see. */
KTEST(hardening, walk_notices_a_page_that_is_both)
{
	char *p = vmalloc(PAGE_SIZE);
	struct census c;

	EXPECT(p);
	kernel_protect((unsigned long)p, PAGE_SIZE, __pgprot(pgprot_val(PAGE_KERNEL) & ~_PAGE_NX));
	take_census(&c);
	kernel_protect((unsigned long)p, PAGE_SIZE, PAGE_KERNEL);
	vfree(p);
	EXPECT_EQ(c.write_exec, 1);
	EXPECT_EQ(c.stray_exec, 1);
}

/* ---- addresses that are none --------------------------------------------------------------------- */

KTEST(hardening, null_page_is_not_there)
{
	TRAPS(read_at, NULL, 0);
	TRAPS(write_at, NULL, WRITE);
	TRAPS(exec_at, NULL, FETCH);
	TRAPS(read_at, (void *)(PAGE_SIZE - 1), 0);
	TRAPS(read_at, (void *)0xb8000, 0);
}

KTEST(hardening, non_canonical_address_is_a_general_protection_fault)
{
	EXPECT_EQ(attempt(read_at, (void *)FAR_AWAY), PROBE_GP);
	EXPECT_EQ(attempt(write_at, (void *)FAR_AWAY), PROBE_GP);
	if (!pgtable_l5_enabled())
		EXPECT_EQ(attempt(read_at, (void *)NON_CANONICAL), PROBE_GP);
}

/* ---- the kernel and user memory ---------------------------------------------------------------------- */

#define USER_ADDR ((char *)0x10000000)

/* An address space with a page at USER_ADDR that user mode may write and run: a RET. */
static struct mm_struct *user_page(void)
{
	struct mm_struct *mm = ktest_use_mm();
	const u8 ret = 0xc3;
	unsigned long addr;

	if (!mm)
		return NULL;
	addr = vm_mmap(NULL, (unsigned long)USER_ADDR, PAGE_SIZE, PROT_READ | PROT_WRITE | PROT_EXEC,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, 0);
	if (!IS_ERR_VALUE(addr) && !copy_to_user(USER_ADDR, &ret, 1))
		return mm;
	ktest_unuse_mm(mm);
	return NULL;
}

KTEST(hardening, smap_keeps_the_kernel_out_of_user_memory)
{
	struct mm_struct *mm;
	long r, w;

	if (!cpu_features.smap) {
		ktest_skip(t, "this CPU has no SMAP");
		return;
	}
	mm = user_page();
	EXPECT(mm);
	r = attempt(read_at, USER_ADDR);
	w = attempt(write_at, USER_ADDR);
	ktest_unuse_mm(mm);
	EXPECT_EQ(r, PROBE_FAULTED | PRESENT);
	EXPECT_EQ(w, PROBE_FAULTED | PRESENT | WRITE);
}

/* A program may set AC, which in the kernel is the key to its memory: on the way in it is taken back. */
USER_CODE(spin_with_ac, "pushf\n orl $0x40000, (%rsp)\n popf\n1: pause\n jmp 1b\n");

static unsigned long ac_seen, ac_kept;

/* On another CPU, as an interrupt of the program. */
static void look_for_ac(void *unused)
{
	if ((current->flags & PF_KTHREAD) || !(task_pt_regs(current)->flags & X86_EFLAGS_AC))
		return;
	if (local_save_flags() & X86_EFLAGS_AC)
		WRITE_ONCE(ac_kept, 1);
	WRITE_ONCE(ac_seen, 1);
}

KTEST(hardening, programs_ac_does_not_open_their_memory)
{
	struct task_struct *u;

	if (!cpu_features.smap || nr_cpus == 1) {
		ktest_skip(t, "needs SMAP and a second CPU");
		return;
	}
	u = start_user(spin_with_ac, spin_with_ac_end, NULL, 0);
	EXPECT(!IS_ERR(u));
	ac_seen = ac_kept = 0;
	RUN_UNTIL((smp_call_others(look_for_ac, NULL), READ_ONCE(ac_seen)));
	send_sig(SIGKILL, u, true);
	EXPECT_EQ(wait_user(u), SIGKILL);
	EXPECT_EQ(ac_seen, 1);
	EXPECT_EQ(ac_kept, 0);
}

KTEST(hardening, smep_keeps_the_kernel_from_running_user_code)
{
	struct mm_struct *mm;
	long r;

	if (!cpu_features.smep) {
		ktest_skip(t, "this CPU has no SMEP");
		return;
	}
	mm = user_page();
	EXPECT(mm);
	r = attempt(exec_at, USER_ADDR);
	ktest_unuse_mm(mm);
	EXPECT_EQ(r, PROBE_FAULTED | PRESENT | FETCH);
}

/* Exit with the upper half of IDTR's base, less what it is by Linux's dummy: 0. */
USER_CODE(read_idtr,
	  "sub $16, %rsp\n sidt (%rsp)\n mov 2(%rsp), %rdi\n"
	  "movabs $0xffffffffffff0000, %rax\n cmp %rax, %rdi\n setne %dil\n movzbl %dil, %edi\n"
	  EXIT_WITH_EDI);

KTEST(hardening, umip_keeps_the_tables_addresses_from_programs)
{
	if (!cpu_features.umip) {
		ktest_skip(t, "this CPU has no UMIP");
		return;
	}
	EXPECT_EQ(run_user(read_idtr, read_idtr_end), 0);
}

/* ---- stacks ---------------------------------------------------------------------------------------- */

KTEST(hardening, task_stack_has_a_guard_page)
{
	char *stack = current->stack;

	EXPECT_EQ(attempt(read_at, stack), 0);
	TRAPS(read_at, stack - 1, 0);
	TRAPS(write_at, stack - 1, WRITE);
	TRAPS(write_at, stack - PAGE_SIZE, WRITE);
	EXPECT(is_stack_guard((unsigned long)stack - 1));
	EXPECT(!is_stack_guard((unsigned long)stack));
}

KTEST(hardening, exception_stacks_of_all_cpus_have_guard_pages)
{
	for (unsigned int cpu = 0; cpu < nr_cpus; cpu++) {
		for (int i = 0; i < 4; i++) {
			char *top = (char *)cpus[cpu].tss->ist[i], *bottom = top - KERNEL_STACK_SIZE;

			EXPECT_EQ(attempt(write_at, top - 1), 0);
			EXPECT_EQ(attempt(write_at, bottom), 0);
			TRAPS(write_at, bottom - 1, WRITE);
			EXPECT(is_stack_guard((unsigned long)bottom - 1));
		}
	}
}

KTEST(hardening, first_stack_of_the_boot_has_a_guard_page)
{
	TRAPS(write_at, before(boot_stack, 1), WRITE);
	TRAPS(read_at, before(boot_stack, PAGE_SIZE), 0);
}

/* Down to the last byte of this thread's stack and one push further. */
KTEST(hardening, stack_overflow_is_a_double_fault_on_a_stack_of_its_own)
{
	unsigned long flags = local_irq_save(), cr2;
	long r;

	r = probe_stack_overflow();
	cr2 = read_cr2();
	local_irq_restore(flags);
	EXPECT_EQ(r, PROBE_DF);
	EXPECT_EQ(cr2, (unsigned long)current->stack - sizeof(long));
	EXPECT(is_stack_guard(cr2));
	EXPECT(rdmsr(MSR_GS_BASE) == (u64)this_cpu());
}

/* ---- where the CPU guesses ----------------------------------------------------------------------------- */

KTEST(hardening, index_out_of_range_becomes_0_without_a_branch)
{
	EXPECT_EQ(array_index_nospec(0, 5), 0);
	EXPECT_EQ(array_index_nospec(4, 5), 4);
	EXPECT_EQ(array_index_nospec(5, 5), 0);
	EXPECT_EQ(array_index_nospec(-1UL, 5), 0);
	EXPECT_EQ(array_index_nospec(1UL << 32, 5), 0);
	EXPECT_EQ(array_index_nospec(3, 0), 0);
}

/*
 * The entry code has no C that could be called: its bytes are read (arch/x86_64/entry.asm, from the first entry to the
 * end of the stubs).
 */
extern const u8 entry_syscall[], ret_from_fork[];

static const u8 swapgs[] = { 0x0f, 0x01, 0xf8 }, lfence[] = { 0x0f, 0xae, 0xe8 };

static bool is_short_jcc(u8 opcode) { return opcode >= 0x70 && opcode < 0x80; }

static const u8 *target(const u8 *jump) { return jump + 2 + (s8)jump[1]; }

/* What the entry code may do between a jump over SWAPGS and the LFENCE: nothing with memory of GS, no call, no way out. */
static const struct { u8 len, opcode[4], nr_opcode; } before_fence[] = {
	{ 3, { 0x0f, 0x01, 0xf8 }, 3 },		/* swapgs */
	{ 8, { 0x80, 0x3c, 0x25 }, 3 },		/* cmp byte [address], n */
	{ 12, { 0x48, 0x81, 0xbc, 0x24 }, 4 },	/* cmp qword [rsp + n], n */
	{ 2, { 0x31, 0xdb }, 2 },		/* xor ebx, ebx */
	{ 5, { 0xb9 }, 1 },			/* mov ecx, n */
	{ 2, { 0x0f, 0x32 }, 2 },		/* rdmsr */
	{ 2, { 0x85, 0xd2 }, 2 },		/* test edx, edx */
	{ 2, { 0xff, 0xc3 }, 2 },		/* inc ebx */
};

static size_t harmless(const u8 *p)
{
	for (size_t i = 0; i < ARRAY_SIZE(before_fence); i++)
		if (!memcmp(p, before_fence[i].opcode, before_fence[i].nr_opcode))
			return before_fence[i].len;
	return 0;
}

/* Does every path from @p on come to an LFENCE before anything that is not harmless? */
static bool is_fenced(const u8 *p)
{
	while (memcmp(p, lfence, sizeof(lfence))) {
		if (is_short_jcc(*p)) {
			if (!is_fenced(target(p)))
				return false;
			p += 2;
		} else if (harmless(p)) {
			p += harmless(p);
		} else {
			return false;
		}
	}
	return true;
}

/*
 * "From user mode?" guessed wrongly would let the kernel go on with the program's GS.  Looked at is SWAPGS behind a jump
 * over it.
 */
KTEST(hardening, after_a_conditional_swapgs_there_is_a_fence_on_both_ways)
{
	unsigned int found = 0;

	for (const u8 *p = entry_syscall; p < ret_from_fork; p++) {
		if (!is_short_jcc(*p) || memcmp(p + 2, swapgs, sizeof(swapgs)))
			continue;
		found++;
		if (!is_fenced(p))
			ktest_fail(t, __FILE__, __LINE__, "SWAPGS at entry_syscall+%#lx is not fenced",
				   (unsigned long)(p + 2 - entry_syscall));
	}
	EXPECT_EQ(found, 6);		/* exceptions and an IRETQ that faulted, interrupts, page faults, two with a stack of their own */
}

/* cmp eax, NR_SYSCALLS; jae; sbb ecx, ecx; and eax, ecx; mov rax, [sys_call_table + rax * 8] */
KTEST(hardening, number_of_a_system_call_is_masked_before_the_table_is_read)
{
	static const u8 mask[] = { 0x19, 0xc9, 0x21, 0xc8 }, load[] = { 0x48, 0x8b, 0x04, 0xc5 };
	const u32 table = (unsigned long)sys_call_table, nr = NR_SYSCALLS;
	unsigned int found = 0;

	for (const u8 *p = entry_syscall + 32; p < ret_from_fork; p++) {
		const u8 *jae;

		if (memcmp(p + sizeof(load), &table, sizeof(table)))
			continue;
		found++;
		EXPECT(!memcmp(p, load, sizeof(load)));
		EXPECT(!memcmp(p - sizeof(mask), mask, sizeof(mask)));
		jae = p - sizeof(mask) - 2;		/* with an offset of 1 byte, or of 4 */
		if (jae[0] != 0x73)
			jae -= 4;
		EXPECT(jae[0] == 0x73 || (jae[0] == 0x0f && jae[1] == 0x83));
		EXPECT(jae[-5] == 0x3d && !memcmp(jae - 4, &nr, sizeof(nr)));
	}
	EXPECT_EQ(found, 1);
}

/* ---- ends the kernel: tools/test.py boots with the word "provoke" ------------------------------------- */

static bool provoked(struct ktest_ctx *t)
{
	if (cmdline_has("provoke"))
		return true;
	ktest_skip(t, "needs the word provoke on the command line");
	return false;
}

static noinline unsigned long go_deeper(volatile unsigned long *above)
{
	volatile unsigned long here[16] = { *above + 1 };

	return here[0] ? go_deeper(here) + here[0] : 0;
}

KTEST(hardening, endless_recursion_is_explained)
{
	volatile unsigned long zero = 0;

	if (provoked(t))
		EXPECT_EQ(go_deeper(&zero), 0);
}
